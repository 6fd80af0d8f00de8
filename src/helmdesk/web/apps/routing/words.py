"""What the pages of routing say: the report of a queue in sentences, a decision beside the rest."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from helmdesk.act.routing.decision import Bar, Candidate
from helmdesk.act.routing.modes import LEAST_DECISIONS, Mode
from helmdesk.act.routing.words import BARS
from helmdesk.plan.routing.report import LEAST_TOLD, Compared, Report
from helmdesk.query.words import MINUS, show_count, show_duration
from helmdesk.web.apps.routing.models import Decision

MODES: Mapping[Mode, tuple[str, str]] = {
    Mode.OFF: ("Off", "Nothing is looked at."),
    Mode.SHADOW: ("Shadow", "Decides and notes it here; nobody else notices anything."),
    Mode.SUGGEST: ("Suggest", "Writes whom it would name into an internal note of the ticket."),
    Mode.ASSIGN: ("Assign", "Gives tickets that nobody has to the person it names."),
}
PARTS = {
    "priority": "Priority",
    "age": "Waited, of its promise",
    "risk": "Risk to miss it",
    "continuity": "Knows the customer",
    "rank": "Knows the topic",
    "fairness": "Turn",
    "room": "Room left",
}


@dataclass(frozen=True)
class Number:
    """One number of the report: name, value, and what stands beside it."""

    name: str
    value: str
    beside: str


def compared(decision: Decision) -> Compared:
    """Return a decision as the report takes it."""
    taken, due = decision.taken_at, decision.due_at
    return Compared(
        decision.entered_at.timestamp(),
        decision.at.timestamp(),
        decision.agent,
        decision.taken_by,
        taken.timestamp() if taken else math.inf,
        decision.knows,
        decision.takes_knows,
        decision.was_late,
        due.timestamp() if due else math.inf,
        decision.is_before,
    )


def headline(report: Report, *, is_withheld: bool = False) -> str:
    """Return the report in one sentence.

    Args:
        is_withheld: whether fewer than five people stand behind it, and the reader may not compare
        people.
    """
    if is_withheld and report.is_told:
        return "Fewer than five people took these cases; what they did together is not shown."
    if not report.decisions:
        return "Nothing was decided yet."
    if not report.is_told:
        return (
            f"{show_count(report.decisions, 'decision')} so far, {report.settled:,} of them beside"
            f" what people did; from {LEAST_TOLD} on there is something to tell."
        )
    assert report.agreed is not None
    said = f"Routing named the person who took the case in {_of_100(report.agreed[0])} of 100"
    if report.wait is not None and report.wait.is_clear:
        return (
            f"{said}, after {show_duration(report.named)} where people took"
            f" {show_duration(report.taken)}."
        )
    return f"{said}, about as soon as people took it."


def numbers(report: Report) -> list[Number]:
    """Return the numbers of the report, each with its likely range."""
    if not report.is_told:
        return []
    assert report.agreed is not None
    found = [
        Number(
            "The same person",
            f"{_of_100(report.agreed[0])} of 100",
            _range(report.agreed[1:], f"{report.settled:,} cases"),
        ),
        Number(
            "Somebody named within",
            show_duration(report.named),
            f"half of them; people took half within {show_duration(report.taken)}",
        ),
    ]
    if report.wait is not None and not math.isnan(report.wait.change):
        found.append(
            Number(
                "Change, week by week",
                _signed(report.wait.change),
                f"likely {_signed(report.wait.low)} to {_signed(report.wait.high)}",
            )
        )
    if report.knows is not None and not math.isnan(report.knows.change):
        known = report.knows
        found.append(
            Number(
                "Knows the customer",
                f"{_of_100(known.then)} of 100",
                f"people: {_of_100(known.now)}; likely {_points(known.low)} to"
                f" {_points(known.high)} points",
            )
        )
    if report.promised and report.in_time is not None:
        found.append(
            Number(
                "Late, but named in time",
                f"{_of_100(report.in_time[0])} of 100",
                _range(report.in_time[1:], f"{report.late:,} late first replies"),
            )
        )
    return found


def caveats(report: Report, *, infers: bool = True) -> list[str]:
    """Return what a reader has to know before believing the report."""
    found = []
    if report.decisions and report.since < report.decisions:
        before = report.decisions - report.since
        found.append(
            f"{before:,} of these cases came before the queue was in shadow and were looked at"
            " afterwards, from what was known when each came; they do not count for the switch to"
            f" Assign ({report.since:,} of {LEAST_DECISIONS})."
        )
    elif report.decisions:
        found.append(f"{report.since:,} of the {LEAST_DECISIONS} decisions it takes for Assign.")
    if report.is_told:
        found.append(
            "Being named is not beginning: people may start no sooner than now. What would have"
            " been is told by a replay: helmdesk route --replay."
        )
    if infers and report.is_told:
        found.append(
            "Where neither a log nor a plan holds when people were there, it is taken from their"
            " work of that day."
        )
    return found


def beside(decision: Decision, reader: str = "") -> str:
    """Return what people did, beside what routing said: either whose work it was, or how it went.

    Args:
        reader: the agent who reads it, to whom others are not named; empty: a lead, who is told
        who has a ticket, as on its page, and how things went only of all together.
    """
    if not decision.taken_by:
        return "Nobody took it yet"
    assert decision.taken_at is not None
    waited = show_duration((decision.taken_at - decision.entered_at).total_seconds())
    if not reader:
        same = decision.taken_by == decision.agent
        return f"{'The same person' if same else decision.taken_name} took it after {waited}"
    who = "You" if decision.taken_name == reader else "Somebody else"
    said = f"{who} took it after {waited}"
    if decision.handed_on:
        said += ", and handed it on"
    return said + (", first reply late" if decision.was_late else "")


def bars(barred: Mapping[str, int]) -> list[str]:
    """Return how many people could not have it, and why."""
    return [
        f"{count} {BARS[Bar(name)][0 if count == 1 else 1]}"
        for name, count in barred.items()
        if name != Bar.OTHER_QUEUE.value
    ]


def cells(candidate: Candidate) -> list[str]:
    """Return what each reason gave a candidate, in the order of `PARTS`."""
    return [f"{candidate.parts[part] / 1e6:.2f}" for part in PARTS]


def _range(interval: Sequence[float], cases: str) -> str:
    low, high = interval
    return f"likely {_of_100(low)} to {_of_100(high)}, of {cases}"


def _of_100(share: float) -> str:
    return f"{100 * share:.0f}"


def _points(share: float) -> str:
    points = round(100 * share)
    return f"{'+' if points > 0 else MINUS if points < 0 else ''}{abs(points)}"


def _signed(seconds: float) -> str:
    return f"+{show_duration(seconds)}" if round(seconds) > 0 else show_duration(seconds)
