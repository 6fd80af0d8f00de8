"""What a replay says: how far to believe it, what it stood on, the numbers in rows."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from helmdesk.plan.routing.duty import Known
from helmdesk.plan.routing.replay import LEAST_WEEKS, Check, Replayed
from helmdesk.plan.simulation.what_if import Moved
from helmdesk.query.words import MINUS, show_count, show_duration

FROM_WHERE: Mapping[Known, str] = {
    Known.LOG: "the log of what they did",
    Known.PLAN: "their planned shifts",
    Known.WORK: "what they did with tickets, since no log or plan holds most of what they took",
}


def check_sentence(check: Check) -> str:
    """Return what a reader has to know before any number."""
    if not check.is_enough:
        had = show_count(len(check.weeks), "week")
        return (
            f"Not checked: {had} before these days had enough cases and weeks to learn from;"
            f" {LEAST_WEEKS} are needed. Do not rely on these numbers."
        )
    said = (
        f"the {len(check.weeks)} weeks before were lived through again as people worked then; the"
        " share of cases that somebody had within the usual wait was off by"
        f" {100 * check.mean_off:.1f} points on average"
    )
    if check.is_reliable:
        return f"Checked first: {said}, no more than chance explains."
    way = "shorter" if check.bias > 0 else "longer"
    if abs(check.bias) < 0.02:
        return (
            f"Do not rely on these numbers. Checked first: {said}, more than chance explains. Waits"
            " differed from week to week, as they do around holidays, in a way the weeks before do"
            " not tell."
        )
    return (
        f"Do not rely on these numbers. Checked first: {said}, more than chance explains; it sees"
        f" waits {way} than they were. The way people worked changed, or they were there at other"
        " times than is known."
    )


def missed_sentence(found: Replayed) -> str:
    """Return how far to believe what is said of late first replies; empty where it may be, or the
    whole may not be.
    """
    if not found.promised:
        return "Nothing is said of promises: none of these cases has a first reply with a due time."
    if not found.check.is_reliable or found.check.is_missed_reliable:
        return ""
    bias = found.check.missed_bias
    way = "more" if bias > 0 else "fewer"
    return (
        "Do not rely on what is said of late first replies: on the weeks before, the model saw"
        f" {100 * abs(bias):.1f} of 100 {way} than there were."
    )


def ground_sentence(found: Replayed) -> str:
    """Return what it stood on."""
    where = "; ".join(
        f"{show_count(count, 'person') if count == 1 else f'{count:,} people'} by"
        f" {FROM_WHERE[kind]}"
        for kind, count in found.known.items()
        if kind in FROM_WHERE
    )
    return (
        f"{show_count(found.cases, 'case')} came without a person. When people were there is known"
        f" of {where}."
    )


@dataclass(frozen=True)
class Row:
    """One number: as it really was, as people do it by the model, with routing, the change."""

    key: str
    name: str
    was: str
    now: str
    then: str
    change: str
    likely: str


ROWS: tuple[tuple[str, str], ...] = (
    ("wait", "Half have somebody within"),
    ("long_wait", "Nine of ten have somebody within"),
    ("missed", "First reply late"),
    ("missed_late", "First reply late, if people begin as late as now"),
    ("known", "Go to somebody who knows the customer"),
    ("handed_on", "Handed on to somebody else, by what is usual"),
)


def rows_of(found: Replayed) -> list[Row]:
    """Return the numbers that there are."""
    rows = []
    for key, name in ROWS:
        moved = found.moved.get(key)
        if moved is None or math.isnan(moved.change):
            continue
        show, sign = _forms(key)
        was = found.measured.get("missed" if key == "missed_late" else key, math.nan)
        rows.append(
            Row(
                key,
                name,
                "–" if math.isnan(was) else show(was),
                show(moved.now),
                show(moved.then),
                sign(moved.change),
                f"{sign(moved.low)} to {sign(moved.high)}",
            )
        )
    return rows


def _forms(key: str) -> tuple[Callable[[float], str], Callable[[float], str]]:
    if key in ("wait", "long_wait"):
        return show_duration, _signed_duration
    return (lambda share: f"{100 * share:.1f}%"), _signed_points


def _signed_duration(seconds: float) -> str:
    return f"+{show_duration(seconds)}" if round(seconds) > 0 else show_duration(seconds)


def _signed_points(share: float) -> str:
    points = round(100 * share, 1)
    sign = "+" if points > 0 else MINUS if points < 0 else ""
    return f"{sign}{abs(points):.1f} points"


def verdict_sentence(found: Replayed) -> str:
    """Return what would have been, in a sentence; where the past is not given again, that nothing
    is concluded.
    """
    if not found.check.is_reliable:
        return (
            "The numbers are shown for looking only; nothing is concluded from them. Choose days"
            " after weeks like them, or queues whose people are logged."
        )
    said = [_of_wait(found.moved["wait"])]
    if found.promised and found.check.is_missed_reliable:
        said.append(_of_missed(found))
    known = found.moved["known"]
    if known.is_clear:
        said.append(
            f"{_hundred(known.then)} of 100 would have gone to somebody who knows the customer,"
            f" instead of {_hundred(known.now)}"
        )
    moved = found.moved["handed_on"]
    if not moved.is_clear:
        said.append("hand-offs would have been about the same")
    else:
        fewer = "fewer" if moved.change < 0 else "more"
        said.append(f"{abs(100 * moved.change):.1f} of 100 {fewer} would have been handed on")
    return "; ".join(said) + "."


def _of_wait(moved: Moved) -> str:
    if not moved.is_clear:
        return "Cases would have had somebody about as soon as they did"
    return (
        f"Half of the cases would have had somebody within {show_duration(moved.then)}, instead of"
        f" {show_duration(moved.now)}"
    )


def _of_missed(found: Replayed) -> str:
    best, late = found.moved["missed"], found.moved["missed_late"]
    if not best.is_clear:
        return "late first replies would have been about as many"
    return (
        f"{_hundred(best.then)} of 100 first replies would have been late instead of"
        f" {_hundred(best.now)} if people begin when they are named,"
        f" {_hundred(late.then)} if they begin as late as now"
    )


def _hundred(share: float) -> str:
    return f"{100 * share:.0f}" if share >= 0.1 or not share else f"{100 * share:.1f}"
