"""The scorecard: a few cards per pillar, each with its change, a verdict in a word, and its
guards.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Protocol

from helmdesk.catalogue.discovery import Entry
from helmdesk.catalogue.metric import Metric
from helmdesk.errors import MixedCurrencies, NotFoundError, NotPermittedError
from helmdesk.query.judgement import Badge, Judgement, Standing
from helmdesk.query.measurement import SMALL, Measurement
from helmdesk.query.periods import (
    day_start,
    local_date,
    local_midnight,
    period_start,
    previous_period,
)
from helmdesk.query.reader import Reader
from helmdesk.query.request import Request
from helmdesk.query.window import TICK, Window, plain
from helmdesk.query.words import show_reason
from helmdesk.settings import Target
from helmdesk.statistics.difference import mover

PILLARS = ("customer_quality", "operational_efficiency", "team_performance")
TREND_BUCKETS = 13
TREND_WEEKS = 26
"""Half a year: what verdicts look back at."""


TOO_FEW = Badge("Too few to say", "few", "few")
"""What is said where there is no verdict on the weeks."""


class Dismissed(Protocol):
    """Who dismissed a verdict, when and why."""

    @property
    def by(self) -> str:
        """Who."""
        ...

    @property
    def at(self) -> datetime:
        """When, in UTC."""
        ...

    @property
    def reason(self) -> str:
        """Why; may be empty."""
        ...

    def words(self, zone: str) -> str:
        """Say all of it, the day in a zone."""
        ...


class Course(Protocol):
    """A verdict on the course of a metric's weeks."""

    @property
    def word(self) -> str:
        """In a word or two."""
        ...

    @property
    def badge(self) -> Badge:
        """As it is shown in a row."""
        ...

    @property
    def words(self) -> str:
        """In a sentence."""
        ...

    @property
    def tone(self) -> str:
        """What it means to its reader, for a sign and a colour."""
        ...

    @property
    def side(self) -> Judgement:
        """Which way it lies: better, worse, higher, lower or same."""
        ...

    @property
    def normal(self) -> tuple[float, float] | None:
        """Between what its ordinary weeks lie; None where unknown."""
        ...

    @property
    def is_known(self) -> bool:
        """Whether there are weeks enough for one."""
        ...

    @property
    def is_told(self) -> bool:
        """Whether there is anything to tell beyond that it is steady."""
        ...

    @property
    def dismissed(self) -> Dismissed | None:
        """Who wants to hear no more of it, until it changes."""
        ...


@dataclass(frozen=True)
class Change:
    """What a value moved by, in its own unit; low and high bound it at 95% where both sides have an
    interval.
    """

    value: float
    low: float | None
    high: float | None


@dataclass(frozen=True)
class Card:
    """One metric on the scorecard.

    Attributes:
        judged: how the two windows lie to each other.
        reason: why there is no data; empty otherwise.
        guards: keys of metrics that must be read beside it.
        change: None where there is nothing to compare.
        target: what the desk wants to reach; `standing` is open when the interval holds it.
        at: the instant at which a level stands; None for what happens over a window.
        course: the verdict on the metric's weeks. None for cards without a value.
        trend: the latest periods up to the window's end, when they were asked for.
    """

    metric: Metric
    now: Measurement
    before: Measurement
    judged: Judgement
    reason: str
    guards: tuple[str, ...]
    change: Change | None = None
    target: Target | None = None
    standing: Standing = Standing.UNKNOWN
    trend: tuple[Measurement, ...] = ()
    at: datetime | None = None
    course: Course | None = None

    @property
    def verdict(self) -> str:
        """The verdict in a word: on the metric's weeks, or on the two windows where there are too
        few weeks.
        """
        return self.course.word if self.course and self.course.is_known else str(self.judged)

    @property
    def story(self) -> str:
        """The verdict on the metric's weeks in a sentence; empty without one, and where it is
        dismissed.
        """
        return self.course.words if self.course and self.dismissed is None else ""

    @property
    def dismissed(self) -> Dismissed | None:
        """Who dismissed the verdict; None while it is told."""
        return self.course.dismissed if self.course else None

    @property
    def side(self) -> Judgement:
        """Which way the verdict lies, for a sign and a colour."""
        if self.dismissed is not None:
            return Judgement.DISMISSED
        return self.course.side if self.course and self.course.is_known else self.judged

    @property
    def is_steady(self) -> bool:
        """Whether the verdict is that nothing moved."""
        return self.side in (Judgement.SAME, Judgement.NO_CLEAR_CHANGE)

    @property
    def tone(self) -> str:
        """What the verdict on the weeks means to its reader; two windows are no verdict."""
        return self.badge.tone

    @property
    def badge(self) -> Badge:
        """The verdict on the weeks as it is shown; two windows are no verdict."""
        return self.course.badge if self.course else TOO_FEW

    @property
    def is_silent(self) -> bool:
        """Whether there is nothing to show beside its value."""
        return self.course is not None and self.course.is_known and not self.course.is_told

    @property
    def normal(self) -> tuple[float, float] | None:
        """Between what its ordinary weeks lie; None where unknown."""
        return self.course.normal if self.course else None

    @property
    def missed_by(self) -> float | None:
        """How far the value lies beyond its target; None where it lies within it, and without one.

        A target that is only just missed may still be open: see `standing`.
        """
        if self.target is None or self.now.value is None:
            return None
        low, high = self.target if isinstance(self.target, tuple) else (self.target, self.target)
        is_least = not isinstance(self.target, tuple) and self.metric.direction != "lower"
        is_most = not isinstance(self.target, tuple) and self.metric.direction == "lower"
        if self.now.value < low and not is_most:
            return low - self.now.value
        if self.now.value > high and not is_least:
            return self.now.value - high
        return None

    @property
    def is_withheld(self) -> bool:
        """Whether its reader may not see it."""
        return bool(self.reason) and self.judged is Judgement.NOT_PERMITTED

    def as_row(self) -> dict[str, Any]:
        """Return the card as one flat row."""
        return {
            "metric": self.metric.key,
            "name": self.metric.name,
            "pillar": self.metric.pillar,
            "value": self.now.value,
            "low": self.now.low,
            "high": self.now.high,
            "unit": self.now.unit,
            "statistic": self.metric.statistic,
            "n": self.now.n,
            "pending": self.now.pending,
            "previous": self.before.value,
            "previous_n": self.before.n,
            "change": self.change.value if self.change else None,
            "change_low": self.change.low if self.change else None,
            "change_high": self.change.high if self.change else None,
            "verdict": self.verdict,
            "story": self.story,
            "dismissed_by": self.dismissed.by if self.dismissed else None,
            "dismissed_at": self.dismissed.at if self.dismissed else None,
            "dismissed_reason": self.dismissed.reason if self.dismissed else None,
            "reason": self.reason,
            "target": str(self.target) if self.target is not None else None,
            "standing": str(self.standing),
            "read_with": ", ".join(self.guards),
        }


@dataclass(frozen=True)
class Scorecard:
    """Cards over a window.

    Attributes:
        cards: in the desk's order.
        guards: cards of metrics that those on the scorecard must be read with, by key; those on it
        are among them. notes: what is out of balance, in words.
    """

    window: Window
    cards: tuple[Card, ...]
    guards: Mapping[str, Card]
    notes: tuple[str, ...]

    def told(self, courses: Mapping[str, Course]) -> Scorecard:
        """Return the same cards with the verdicts on their courses, by metric; a card without a
        value keeps its own.
        """

        def with_course(card: Card) -> Card:
            course = courses.get(card.metric.key)
            if course is None or card.reason:
                return card
            return replace(card, course=course)

        return replace(
            self,
            cards=tuple(map(with_course, self.cards)),
            guards={key: with_course(card) for key, card in self.guards.items()},
        )

    def as_rows(self, zone: str) -> list[dict[str, Any]]:
        """Return the cards as flat rows, each with the window it speaks of and the one it is
        compared with.
        """
        given = self.window.as_dict(zone)
        names = ("start", "end", "previous_start", "previous_end", "comparison", "is_unfinished")
        return [
            {
                **card.as_row(),
                **{name: given[name] for name in names},
                "at": card.at and plain(card.at, zone),
            }
            for card in self.cards
        ]


def judge(metric: Metric, now: Measurement, before: Measurement) -> Judgement:
    """Return the verdict on a change: only an interval that excludes zero is called a change."""
    if now.value is None:
        return Judgement.NO_DATA
    if before.value is None:
        return Judgement.NOTHING_TO_COMPARE
    if (now.n < SMALL or before.n < SMALL) and not metric.value.is_total:
        return Judgement.TOO_FEW
    change = change_between(metric, now, before)
    if change is None or change.low is None or change.high is None:
        if now.value == before.value:
            return Judgement.NO_CHANGE
        return Judgement.HIGHER if now.value > before.value else Judgement.LOWER
    if change.low <= 0 <= change.high:
        return Judgement.NO_CLEAR_CHANGE
    went_up = change.low > 0
    if metric.direction not in ("higher", "lower"):
        return Judgement.HIGHER if went_up else Judgement.LOWER
    return Judgement.BETTER if went_up == (metric.direction == "higher") else Judgement.WORSE


def change_between(metric: Metric, now: Measurement, before: Measurement) -> Change | None:
    """Return what a value moved by, with its interval where both sides have one."""
    if now.value is None or before.value is None:
        return None
    intervals = _interval(metric, now), _interval(metric, before)
    if intervals[0] is None or intervals[1] is None:
        return Change(now.value - before.value, None, None)
    return Change(
        now.value - before.value, *mover(now.value, intervals[0], before.value, intervals[1])
    )


def against_target(metric: Metric, now: Measurement, target: Target | None) -> Standing:
    """Return how a value stands to its target; an interval that holds the target decides
    nothing.
    """
    if target is None or now.value is None:
        return Standing.UNKNOWN
    low = now.value if now.low is None else now.low
    high = now.value if now.high is None else now.high
    if isinstance(target, tuple):
        if target[0] <= low and high <= target[1]:
            return Standing.MET
        return Standing.MISSED if high < target[0] or low > target[1] else Standing.OPEN
    wants_more = metric.direction != "lower"
    if (low >= target) if wants_more else (high <= target):
        return Standing.MET
    return Standing.MISSED if ((high < target) if wants_more else (low > target)) else Standing.OPEN


def _interval(metric: Metric, measurement: Measurement) -> tuple[float, float] | None:
    return metric.value.drawn(measurement.n, measurement.low, measurement.high)


def make_scorecard(
    reader: Reader,
    entries: Sequence[Entry],
    guards: Sequence[Entry],
    window: Window,
    base: Request,
    targets: Mapping[str, Target],
    trend_grain: str | None = None,
) -> Scorecard:
    """Return the cards of a window.

    Args:
        entries: metrics on the scorecard, in order.
        guards: further metrics that those must be read with.
        base: carries time zone, week, filter and policy.
        trend_grain: length of the periods of each card's trend; None leaves trends out.
    """
    cards = tuple(
        make_card(reader, entry, window, base, targets.get(entry.metric.key), trend_grain)
        for entry in entries
    )
    others = (
        make_card(reader, entry, window, base, targets.get(entry.metric.key)) for entry in guards
    )
    return Scorecard(
        window, cards, {card.metric.key: card for card in (*cards, *others)}, _imbalance(cards)
    )


def make_card(
    reader: Reader,
    entry: Entry,
    window: Window,
    base: Request,
    target: Target | None = None,
    trend_grain: str | None = None,
) -> Card:
    """Return one card; a filter or a policy that its rows cannot be narrowed by leaves it empty and
    says why.
    """
    asked = replace(base, key=entry.metric.key, entry=entry, start=window.start, end=window.end)
    windows = [
        replace(asked, is_unfinished=window.is_unfinished),
        replace(asked, start=window.previous_start, end=window.previous_end),
    ]
    if trend_grain:
        windows += trend_requests(reader, asked, trend_grain)
    try:
        now, before, *trend = reader.answers(windows)
    except (NotPermittedError, NotFoundError, MixedCurrencies) as error:
        judged = (
            Judgement.NOT_PERMITTED if isinstance(error, NotPermittedError) else Judgement.NO_DATA
        )
        nothing = nothing_measured(entry.metric)
        return Card(
            entry.metric, nothing, nothing, judged, error.what, tuple(entry.metric.read_with)
        )
    current, earlier = now.measurements[0], before.measurements[0]
    reason = show_reason(current.reason) if current.value is None else ""
    if window.previous_start < day_start(reader.bounds.first, base.time_zone):
        # The data begin inside the earlier window: a change against it would be an artefact.
        earlier = replace(earlier, value=None, low=None, high=None)
    judged = Judgement.NO_DATA if reason else judge(now.metric, current, earlier)
    return Card(
        now.metric,
        current,
        earlier,
        judged,
        reason,
        tuple(now.metric.read_with),
        change_between(now.metric, current, earlier),
        target,
        against_target(now.metric, current, target),
        tuple(measurement for answer in trend for measurement in answer.measurements),
        min(window.end, reader.bounds.as_of) if now.metric.value.is_level else None,
    )


def trend_requests(reader: Reader, asked: Request, grain: str) -> list[Request]:
    """Return what asks for the latest periods up to the end of a window, the unfinished one last;
    nothing where the data begin later.
    """
    assert asked.end is not None
    zone = asked.time_zone
    first = period_start(local_date(asked.end - TICK, zone), grain, asked.week_start)
    for _ in range((TREND_WEEKS if grain == "week" else TREND_BUCKETS) - 1):
        first = previous_period(first, grain)
    start = max(local_midnight(first, zone), day_start(reader.bounds.first, zone))
    return [replace(asked, start=start, grain=grain)] if start < asked.end else []


def nothing_measured(metric: Metric) -> Measurement:
    """Return a measurement without a value."""
    return Measurement(
        metric.key,
        metric.version,
        "",
        (),
        None,
        None,
        None,
        None,
        metric.unit,
        0,
        None,
        None,
        0,
        0,
        0,
        0,
        False,
        True,
        False,
    )


def _imbalance(cards: Sequence[Card]) -> tuple[str, ...]:
    """Say what is out of balance: a pillar that nothing measures, a metric shown without any of its
    guards.
    """
    shown = {card.metric.key for card in cards if not card.reason}
    pillars = {card.metric.pillar for card in cards if not card.reason}
    missing = [pillar.replace("_", " ") for pillar in PILLARS if pillar not in pillars]
    notes = [f"nothing measured for {' and '.join(missing)}"] if missing else []
    alone = [
        card for card in cards if not card.reason and card.guards and not shown & set(card.guards)
    ]
    notes += [
        f"{card.metric.name} stands without a metric to read it with ({', '.join(card.guards)})"
        for card in alone
    ]
    return tuple(notes)
