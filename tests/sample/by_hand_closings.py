"""What solved tickets cost their customers, and how long solves hold, ticket by ticket."""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

from by_hand import aware, gone, rows
from figures import Figures

OURS = ("new", "open", "waiting_third_party")
WINDOW = timedelta(days=7)


def lives(figures: Figures) -> dict[str, list[tuple[Any, ...]]]:
    """Return what happened to each ticket that counts, in order."""
    absent, found = gone(figures), defaultdict(list)
    for ticket, *what in rows(
        figures,
        "select ticket_id, occurred_at, coalesce(seq, 0), type, status, agent_id, team_id from"
        " ticket where type in ('created', 'assigned', 'status_changed') order by 2, 3",
    ):
        if ticket not in absent:
            found[ticket].append((aware(what[0]), *what[2:]))
    return found


def last_solve(life: list[tuple[Any, ...]]) -> datetime | None:
    """Return when it was last solved; None for what is open again, or never was."""
    solved = None
    for at, _, status, *_ in life:
        if status in ("solved", "closed"):
            solved = solved or at
        elif status:
            solved = None
    return solved


def effort(figures: Figures) -> float:
    """Return the mean points of effort."""
    came = defaultdict(list)
    for ticket, at, channel in rows(
        figures,
        "select ticket_id, occurred_at, null from message where actor_kind = 'customer' and"
        " visibility = 'public' union all select ticket_id, min(occurred_at), any_value(channel)"
        " from leg where type <> 'ivr_entered' group by leg_id, ticket_id",
    ):
        came[ticket].append((aware(at), channel))
    channels = dict(rows(figures, "select ticket_id, channel from ticket where type = 'created'"))
    points = []
    for ticket, life in lives(figures).items():
        if (solved := last_solve(life)) is None:
            continue
        here = sorted(
            (at, channel or channels[ticket]) for at, channel in came[ticket] if at <= solved
        )
        steps = list(pairwise(here))
        total = sum(after[0] - before[0] > timedelta(hours=1) for before, after in steps)
        total += sum(after[1] != before[1] for before, after in steps)
        points.append(total + hand_overs(life) + min(waited(life) / 86_400, 5))
    return sum(points) / len(points)


def hand_overs(life: list[tuple[Any, ...]]) -> int:
    """Return how often it went from somebody to somebody or somewhere else."""
    held = [(agent, team) for _, kind, _, agent, team in life if kind != "status_changed"]
    return sum(bool(before[0]) and after != before for before, after in pairwise(held))


def waited(life: list[tuple[Any, ...]]) -> float:
    """Return the seconds in which it was ours to do something."""
    moves = [(at, "new" if kind == "created" else status) for at, kind, status, *_ in life]
    moves = [(at, status) for at, status in moves if status]
    return sum(
        (after[0] - before[0]).total_seconds()
        for before, after in pairwise(moves)
        if before[1] in OURS
    )


def so_far(figures: Figures, as_of: datetime) -> float:
    """Return the share of solves that hold for a week, by Kaplan and Meier, in a plain loop."""
    end, born, by_whom = aware(as_of), {}, defaultdict(list)
    absent, said = gone(figures), defaultdict(list)
    for ticket, at, customer, about in rows(
        figures,
        "select ticket_id, occurred_at, customer_id, issue_type from ticket where type ="
        " 'created' order by 2",
    ):
        if ticket not in absent:
            born[ticket] = (customer, about)
            by_whom[customer, about].append(aware(at))
    for ticket, kind, who, at in rows(
        figures,
        "select ticket_id, actor_kind, actor_id, occurred_at from message where visibility ="
        " 'public' and actor_kind in ('human', 'customer') order by occurred_at, seq",
    ):
        said[ticket].append((kind, who, aware(at)))
    watched = []
    for ticket, life in lives(figures).items():
        turns = [("customer", "", end), *said[ticket]]
        rounds = sum(
            now[0] == "human" and (before[0] == "customer" or before[1] != now[1])
            for before, now in pairwise(turns)
        )
        if (solved := last_solve(life)) is None or not rounds:
            continue
        later = by_whom[born[ticket]]
        place = bisect_right(later, solved)
        back = later[place] if place < len(later) and later[place] <= solved + WINDOW else None
        if rounds > 1 or is_woken(life, said[ticket]):
            watched.append((0.0, True))
        else:
            until = back or min(solved + WINDOW, end)
            watched.append((float(int((until - solved).total_seconds())), back is not None))
    return lasting(watched)


def is_woken(life: list[tuple[Any, ...]], said: list[tuple[Any, ...]]) -> bool:
    """Whether it was opened again within a week of its first solve, and somebody wrote again."""
    first = min(at for at, _, status, *_ in life if status in ("solved", "closed"))
    woken = [at for at, _, status, *_ in life if status == "open" and at > first]
    return (
        bool(woken)
        and woken[0] < first + WINDOW
        and any(kind == "human" and at > woken[0] for kind, _, at in said)
    )


def lasting(watched: list[tuple[float, bool]]) -> float:
    """Return the share that lasts."""
    ordered, share = sorted(watched, key=lambda each: (each[0], not each[1])), 1.0
    for place, (_, has_ended) in enumerate(ordered):
        # Those that end together may as well end one after the other.
        share *= 1 - has_ended / (len(ordered) - place)
    return share
