"""How long one look of routing takes, beside the same solver on a bare matrix of that size.

python benchmarks/routing.py
"""

from __future__ import annotations

import random
import sys
from pathlib import Path

import numpy as np
from scipy.optimize import linear_sum_assignment

sys.path.insert(0, str(Path(__file__).parent))

from measuring import keep, run_here, write_results

from helmdesk.act.routing.assign import decide
from helmdesk.act.routing.rules import Rules
from helmdesk.act.routing.snapshot import Agent, Contact, Need, Snapshot

NOW = 1_800_000_000.0
SKILLS = ("german", "english", "french", "billing", "network")
SIZES = ((50, 20), (500, 100), (2000, 200))
BAR = 0.050


def desk(contacts: int, people: int) -> Snapshot:
    """Return a busy desk: four queues, five skills, everybody in two queues."""
    draw = random.Random(contacts)
    names = [f"p{i:03}" for i in range(people)]

    def contact(number: int) -> Contact:
        needs = tuple(Need(s, draw.randint(1, 3)) for s in draw.sample(SKILLS, draw.randint(0, 2)))
        return Contact(
            f"c{number:05}",
            f"q{draw.randrange(4)}",
            draw.choice(["email", "email", "chat", "phone"]),
            NOW - 7200 * draw.random(),
            3600.0,
            draw.randint(1, 4),
            needs,
            tuple(draw.sample(names, draw.randint(0, 2))),
        )

    def agent(name: str) -> Agent:
        return Agent(
            name,
            tuple(f"q{k}" for k in draw.sample(range(4), 2)),
            {skill: draw.randint(1, 5) for skill in draw.sample(SKILLS, 4)},
            used=draw.choice([0.0, 0.0, 2.0, 4.0]),
            is_there=draw.random() > 0.1,
            takes_calls=draw.random() > 0.3,
            owed=draw.uniform(-1, 1),
        )

    return Snapshot(NOW, tuple(map(contact, range(contacts))), tuple(map(agent, names)))


def main() -> None:
    rules = Rules(voice_reserve=0.1)
    for contacts, people in SIZES:
        snapshot = desk(contacts, people)
        found = decide(snapshot, rules, NOW)
        places = sum(int((each.capacity - each.used) // 2) for each in snapshot.agents)
        bare = np.random.default_rng(0).random((contacts, max(1, places)))
        ours = run_here(lambda s=snapshot: decide(s, rules, NOW), 9)
        theirs = run_here(lambda m=bare: linear_sum_assignment(m, maximize=True), 9)
        keep(
            f"one look of routing, {contacts:,} contacts, {people} people",
            ours,
            "scipy's solver alone on a matrix of that size",
            theirs,
            f"{BAR * 1000:.0f} ms of CPU" if (contacts, people) == (500, 100) else "",
            ours.cpu <= BAR if (contacts, people) == (500, 100) else None,
            f"{1000 * ours.cpu:.0f} ms of CPU; {sum(bool(d.agent) for d in found.decisions)} given",
        )
    write_results()


if __name__ == "__main__":
    main()
