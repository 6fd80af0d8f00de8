"""Calls that customers of the contact centre book with a team: a few a day, by a link they got the
day before, most of them kept.

Drawn by a generator of its own, so that nothing else in the centre depends on it.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from datetime import date, datetime, timedelta

from helmdesk.sample.writer import Writer

FIRST_MINUTE, LAST_MINUTE, LENGTH = 9 * 60, 16 * 60 + 30, timedelta(minutes=20)
MOST_A_DAY = 4
MOVED, CANCELLED, NO_SHOW = 0.12, 0.06, 0.06


def book_callbacks(
    seed: int,
    team: str,
    days: Sequence[date],
    people: Callable[[date], list[str]],
    at: Callable[[date, float], datetime],
    writer: Writer,
) -> None:
    """Write the booked calls of one team.

    Args:
        days: working days in order; calls are booked on one and held on a later one.
        people: identities of those who work on a day.
        at: the instant of local seconds of a day.
    """
    rng, number = random.Random(f"{seed} callbacks"), 0
    for place, day in enumerate(days[1:-2], start=1):
        minutes = rng.sample(range(FIRST_MINUTE, LAST_MINUTE, 30), rng.randint(1, MOST_A_DAY))
        for minute in sorted(minutes):
            number += 1
            asked_at = at(days[place - 1], 60 * rng.randint(FIRST_MINUTE, LAST_MINUTE))
            start, later = at(day, 60 * minute), at(days[place + 1], 60 * minute)
            agent = rng.choice(people(day))
            _call(rng, writer, f"callback-{number}", team, agent, asked_at, start, later)


def _call(
    rng: random.Random,
    writer: Writer,
    booking: str,
    team: str,
    agent: str,
    asked_at: datetime,
    start: datetime,
    later: datetime,
) -> None:
    """Write one call; a moved one is held a day later."""

    def say(kind: str, when: datetime, actor: str, **columns: object) -> None:
        key = f"{booking}:{kind}"
        writer.add(kind, key, when, booking_id=booking, actor_kind=actor, **columns)

    whose = {"team_id": team, "channel": "phone", "customer_id": f"{booking}-customer"}
    booked_at = asked_at + timedelta(minutes=rng.randint(2, 40))
    say("link_issued", asked_at, "human", **whose)
    say("booked", booked_at, "customer", **whose, start_at=start, end_at=start + LENGTH)
    roll = rng.random()
    if roll < CANCELLED:
        say("cancelled", booked_at + (start - booked_at) / 2, "customer", reason="no longer needed")
    elif roll < CANCELLED + NO_SHOW:
        say("no_show", start + timedelta(minutes=10), "human", reason="not reached")
    else:
        if roll > 1 - MOVED:
            actor = "customer" if rng.random() < 0.5 else "human"
            moved_at = booked_at + (start - booked_at) / 2
            say("moved", moved_at, actor, start_at=later, end_at=later + LENGTH)
            start = later
        held_at = start + timedelta(seconds=rng.randint(0, 120))
        say("held_booking", held_at, "human", agent_id=agent)
