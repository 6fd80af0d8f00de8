"""What an alert watches: a rule in a sentence over a governed metric, the promises that are running
out, or the data themselves; and what it saw, period by period.

The past that is shown before a rule is kept, and the state that it has once it is, come of the same
readings by the same steps (`helmdesk.act.alerts`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, fields, replace
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any

from helmdesk.act.alerts import Change, Levels, Memory, Patience, Sight, step
from helmdesk.analysis.scorecard import against_target
from helmdesk.analysis.sla_at import ClockState
from helmdesk.catalogue.metric import Metric
from helmdesk.errors import UsageError
from helmdesk.insight.context import Annotation
from helmdesk.insight.study import Study
from helmdesk.insight.verdict import State as Course
from helmdesk.insight.weeks import is_reliable, verdict_of
from helmdesk.query.judgement import Judgement, Standing
from helmdesk.query.measurement import Measurement
from helmdesk.query.periods import local_midnight, next_period, period_start
from helmdesk.query.words import SHARES, show_count, show_duration, show_value
from helmdesk.settings import Target

GRAINS = ("day", "week", "month")
LENGTHS = {"day": timedelta(days=1), "week": timedelta(days=7), "month": timedelta(days=31)}
RUN_UP = 4
DAYS = 90
MOST_DAYS = 730
DAYS_OF_PROMISES = 30
"""Each needs the promises of its moment; one moment a day is looked at."""
LATEST = timedelta(hours=24)
"""So long after a period ends its data may still be coming before that counts as not seen."""
SIGHTS = {
    Standing.MISSED: Sight.BEYOND,
    Standing.MET: Sight.WITHIN,
    Standing.OPEN: Sight.BETWEEN,
    Standing.UNKNOWN: Sight.NOTHING,
}
Clocks = Callable[[datetime], Sequence[Mapping[str, Any]]]
DAYS_AHEAD = 7
NO_PLANS_OF_THEN = (
    "It has no past to be tried on yet: no forecast was kept in these days. From now on one is kept"
    " each day, with who is planned."
)
NO_DATES_OF_DATA = "When data came in the past is not known well enough to try it."


class Kind(StrEnum):
    """What a rule goes by."""

    VERDICT = "verdict"
    TARGET = "target"
    LEVEL = "level"
    PROMISES = "promises"
    LATENESS = "lateness"
    SHORTFALL = "shortfall"


WITHOUT_METRIC = (Kind.PROMISES, Kind.LATENESS, Kind.SHORTFALL)


@dataclass(frozen=True)
class Shortage:
    """How far the people who are planned fall short of those that the forecast needs, on the days
    to come.

    Attributes:
        team: whose.
        hours: of people that are missing; None where nobody is planned.
        service_level: share that is expected to be answered in time; None where it cannot be told.
        first_day: of those days; None for those after the end of the data.
    """

    team: str
    hours: float | None
    service_level: float | None
    first_day: date | None = None


@dataclass(frozen=True)
class Watch:
    """What is watched.

    Attributes:
        metric: key; empty for promises, lateness and shortfall.
        where: filter, as on every page.
        grain: day, week or month, for a level.
        is_above: whether a level is passed upwards.
        enter, leave: levels in the metric's unit; promises, hours without data, or hours of people.
        hold: how many evaluations in a row it takes to begin, and to end.
        hours: promises count that run out within so many; 0 counts those that are overdue.
        team: of a shortfall; empty for the busiest.
    """

    kind: Kind
    metric: str = ""
    where: str = ""
    grain: str = "week"
    is_above: bool = True
    enter: float = 0.0
    leave: float = 0.0
    hold: int = 1
    hours: float = 0.0
    team: str = ""

    def __post_init__(self) -> None:
        if (self.kind in WITHOUT_METRIC) == bool(self.metric):
            raise UsageError(
                f"a rule about {self.kind} goes by no metric"
                if self.metric
                else "name the metric that the rule goes by"
            )
        if self.grain not in GRAINS:
            raise UsageError(f"a rule looks at each {', '.join(GRAINS)}, not at each {self.grain}")
        if not 1 <= self.hold <= 30:
            raise UsageError("a rule waits for 1 to 30 evaluations in a row")
        if self.kind in WITHOUT_METRIC and not 0 < self.enter <= 1e6:
            raise UsageError("the number at which the rule begins is above 0")
        try:
            _ = self.levels
        except ValueError as error:
            side = "above" if self.is_above else "below"
            raise UsageError(
                f"a rule that begins {side} {self.enter:g} cannot end at {self.leave:g}: it would"
                " begin and end at once"
            ) from error

    @property
    def levels(self) -> Levels:
        """Where it begins and ends."""
        return Levels(self.enter, self.leave, self.is_above)

    @property
    def patience(self) -> Patience:
        """How long it waits; the verdict and lateness need no waiting."""
        held = 1 if self.kind in (Kind.VERDICT, Kind.LATENESS) else self.hold
        return Patience(held, held)

    @property
    def period(self) -> str:
        """The length of what is looked at each time; verdicts and targets go by weeks."""
        return self.grain if self.kind is Kind.LEVEL else "week"

    @property
    def run_up(self) -> timedelta:
        """So far before a stretch readings begin, so that what had begun then is not begun anew."""
        before = 1 if self.kind is Kind.VERDICT else 2 * self.hold + RUN_UP
        return before * LENGTHS[self.period]

    @property
    def is_of_periods(self) -> bool:
        """Whether whole periods are looked at, and not this moment."""
        return self.kind in (Kind.VERDICT, Kind.TARGET, Kind.LEVEL)

    def as_dict(self) -> dict[str, Any]:
        """Return it as plain values; `read_watch` takes them back."""
        kept = {**asdict(self), "kind": str(self.kind)}
        if not self.team:
            del kept["team"]
        return kept

    def sentence(self, metric: Metric | None, target: Target | None = None) -> str:
        """Return the rule as it is read.

        Args:
            metric: the one it goes by.
            target: of that metric.
        """
        within = f" Only where {self.where}." if self.where else ""
        return self._told(metric, target) + within

    def _told(self, metric: Metric | None, target: Target | None) -> str:
        row = "" if self.hold == 1 else f", {self.hold} {self.period}s in a row"
        if self.kind is Kind.PROMISES:
            what = f"due within {show_count_of_hours(self.hours)}" if self.hours else "overdue"
            return f"Tell me when {self.enter:,.0f} promises or more are {what}."
        if self.kind is Kind.LATENESS:
            return f"Tell me when no data have come for {show_count_of_hours(self.enter)}."
        if self.kind is Kind.SHORTFALL:
            whose = f" of {self.team}" if self.team else ""
            return (
                f"Tell me when {show_count_of_hours(self.enter)} of people{whose} or more are"
                f" missing in the next {DAYS_AHEAD} days."
            )
        assert metric is not None
        if self.kind is Kind.VERDICT:
            way = (
                "turns for the worse"
                if metric.direction in ("higher", "lower")
                else "tells of another level"
            )
            return f"Tell me when the verdict on “{metric.name}” {way}."
        if self.kind is Kind.TARGET:
            said = f" of {target_words(target, metric.unit)}" if target is not None else ""
            return f"Tell me when a week of “{metric.name}” has missed its target{said}{row}."
        side = "at or above" if self.is_above else "at or below"
        end = (
            f" It is over at {show_value(self.leave, metric.unit)}."
            if self.leave != self.enter
            else ""
        )
        return (
            f"Tell me when a {self.grain}’s “{metric.name}” is {side}"
            f" {show_value(self.enter, metric.unit)}{row}.{end}"
        )


def read_watch(said: Mapping[str, Any]) -> Watch:
    """Return what plain values say is watched.

    Raises:
        UsageError: they name no rule.
    """
    known = {field.name for field in fields(Watch)}
    if strange := sorted(set(said) - known):
        raise UsageError(f"a rule has no {strange[0]!r}")
    try:
        return Watch(**{**said, "kind": Kind(said["kind"])})
    except (KeyError, ValueError) as error:
        raise UsageError(f"a rule goes by one of {', '.join(Kind)}") from error


@dataclass(frozen=True)
class Reading:
    """One evaluation.

    Attributes:
        until: end of what was looked at, naive UTC. period: its local first day; None for a moment.
        words: what was seen, with its interval where it has one, or why nothing was. is_news: a
        verdict that has turned anew: another alert, even where one is open.
        is_late: its data have not come; they may yet, and then it is looked at anew.
    """

    until: datetime
    period: date | None
    sight: Sight
    words: str
    is_news: bool = False
    is_late: bool = False


@dataclass(frozen=True)
class Stepped:
    """A reading, and what the alert knew after it."""

    reading: Reading
    memory: Memory
    change: Change | None


@dataclass(frozen=True)
class Past:
    """What a rule would have told.

    Attributes:
        sentence: the rule.
        steps: oldest first.
        days: that were looked at.
        untried: why its past cannot be known; empty where it can.
        unknown_days: of these days, on so many nothing was kept that tells what stood then.
    """

    sentence: str
    steps: tuple[Stepped, ...]
    days: int
    untried: str = ""
    unknown_days: int = 0

    @property
    def can_be_tried(self) -> bool:
        """Whether its past can be known at all."""
        return not self.untried

    @property
    def begun(self) -> tuple[Reading, ...]:
        """Readings at which it would have spoken."""
        return tuple(each.reading for each in self.steps if each.change is Change.BEGAN)

    def describe(self) -> str:
        """Return the back-test in words."""
        if not self.can_be_tried:
            return self.untried
        if not self.steps:
            return "There is nothing complete to try it on yet."
        but = f" On {self.unknown_days} of them no forecast was kept." if self.unknown_days else ""
        if not self.begun:
            return f"It would not have spoken in {self.days} days.{but}"
        times = {1: "once", 2: "twice"}.get(len(self.begun), f"{len(self.begun)} times")
        return f"It would have spoken {times} in {self.days} days.{but}"


def follow(
    readings: Sequence[Reading], patience: Patience, memory: Memory | None = None
) -> tuple[Stepped, ...]:
    """Return what an alert knows after each of several readings."""
    now, found = memory or Memory(), []
    for reading in readings:
        if reading.is_news and now.is_open:
            now = Memory()  # what was told is over by being told anew
        now, change = step(now, reading.sight, patience)
        found.append(Stepped(reading, now, change))
    return tuple(found)


def readings(
    study: Study,
    watch: Watch,
    first: datetime,
    now: datetime,
    clocks: Clocks,
    others: Sequence[Annotation] = (),
    shortage: Callable[[], Shortage] | None = None,
) -> tuple[Reading, ...]:
    """Return what a rule saw in every complete period since `first`, or sees at `now`.

    Args:
        study: up to the end of the data.
        first, now: naive UTC; periods without data up to `now` show nothing.
        clocks: the promises that are running at an instant.
        others: annotations written on the site.
        shortage: of the days to come, for a rule about it.
    """
    if watch.kind is Kind.LATENESS:
        return (_lateness(study, watch, now),)
    if watch.kind is Kind.SHORTFALL:
        assert shortage is not None
        return (_shortfall(watch, study.reader.bounds.as_of, now, shortage),)
    if watch.kind is Kind.PROMISES:
        return (_promises(watch, study.reader.bounds.as_of, now, clocks),)
    metric = study.find(watch.metric).metric
    as_of = study.reader.bounds.as_of
    found = []
    for period in study.by_period(watch.metric, watch.period):
        start = period.period_start
        if start is None or period.is_partial:
            continue
        until = local_midnight(next_period(start, watch.period), study.zone)
        if first < until <= min(as_of, now):
            found.append(_period(study, watch, metric, period, until, others))
    return (*found, *_unseen(study, watch, first, now))


def past(
    study: Study,
    watch: Watch,
    days: int,
    now: datetime,
    clocks: Clocks,
    others: Sequence[Annotation] = (),
    kept: Callable[[], Sequence[Shortage]] | None = None,
) -> Past:
    """Return what a rule would have told in so many days before `now`, which is not later than the
    end of the data.

    Args:
        kept: what was kept of days to come, for a rule about them.

    Raises:
        NotFoundError, FilterError: what it goes by is not known here.
    """
    first = now - timedelta(days=days)
    if watch.kind is Kind.LATENESS:
        return Past(watch.sentence(None), (), days, NO_DATES_OF_DATA)
    if watch.kind is Kind.SHORTFALL:
        return _past_shortfall(study, watch, days, now, kept() if kept else ())
    if watch.kind is Kind.PROMISES:
        days = min(days, DAYS_OF_PROMISES)
        moments = [now - timedelta(days=back) for back in range(days, -1, -1)]
        seen = tuple(
            _promises(watch, now, moment, clocks)
            for moment in moments
            if moment >= study.reader.bounds.first
        )
        return Past(watch.sentence(None), follow(seen, watch.patience), days)
    seen = readings(study, watch, first - watch.run_up, now, clocks, others)
    found = follow(seen, watch.patience)
    metric = study.find(watch.metric).metric
    sentence = watch.sentence(metric, study.targets.get(metric.key))
    return Past(sentence, tuple(each for each in found if each.reading.until > first), days)


def _period(
    study: Study,
    watch: Watch,
    metric: Metric,
    period: Measurement,
    until: datetime,
    others: Sequence[Annotation],
) -> Reading:
    if watch.kind is Kind.VERDICT:
        verdict = verdict_of(study.at(until), metric.key, others)
        is_beyond = verdict.is_told and verdict.side in _sides(metric)
        sight = (
            Sight.NOTHING
            if verdict.state is Course.UNKNOWN
            else Sight.BEYOND
            if is_beyond
            else Sight.WITHIN
        )
        is_news = is_beyond and verdict.state is Course.NEW
        return Reading(until, period.period_start, sight, verdict.words, is_news)
    if period.value is None or not is_reliable(period, metric):
        why = f"{show_count(period.n, 'case')}: too few to say"
        return Reading(until, period.period_start, Sight.NOTHING, why)
    if watch.kind is Kind.TARGET:
        sight = SIGHTS[against_target(metric, period, study.targets.get(metric.key))]
    else:
        sight = watch.levels.sight(period.value)
    return Reading(until, period.period_start, sight, value_words(period))


def _unseen(study: Study, watch: Watch, first: datetime, now: datetime) -> list[Reading]:
    """Return a reading of nothing for every period that is long over, and of which the data do not
    know the end.
    """
    zone, day = study.zone, study.day(study.reader.bounds.as_of)
    start, found = period_start(day, watch.period, study.base.week_start), []
    while (until := local_midnight(next_period(start, watch.period), zone)) + LATEST <= now:
        if until > first:
            words = f"the data end on {day:%-d %B %Y}"
            found.append(Reading(until, start, Sight.NOTHING, words, is_late=True))
        start = next_period(start, watch.period)
    return found


def _promises(watch: Watch, as_of: datetime, now: datetime, clocks: Clocks) -> Reading:
    if now - as_of > LATEST:
        words = f"the data end {show_duration((now - as_of).total_seconds())} ago"
        return Reading(now, None, Sight.NOTHING, words)
    count = sum(
        row["state"] == ClockState.OVERDUE
        if not watch.hours
        else row["state"] == ClockState.RUNNING
        and 0 <= row["time_left_seconds"] <= 3600 * watch.hours
        for row in clocks(min(now, as_of))
    )
    what = f"due within {show_count_of_hours(watch.hours)}" if watch.hours else "overdue"
    return Reading(
        now, None, watch.levels.sight(float(count)), f"{show_count(count, 'promise')} {what}"
    )


def _past_shortfall(
    study: Study, watch: Watch, days: int, now: datetime, kept: Sequence[Shortage]
) -> Past:
    """Return what a rule about days to come would have told, each day by what was kept last that
    was about that day's morrow; nothing is known of a day on which nothing was kept.
    """
    by_day = {each.first_day: each for each in kept}
    seen, last = [], study.day(now)
    for back in range(days - 1, -1, -1):
        morrow = last - timedelta(days=back)
        found = by_day.get(morrow)
        if found is not None:
            until = local_midnight(morrow, study.zone)
            seen.append(_missing(watch, until, found))
    if not seen:
        return Past(watch.sentence(None), (), days, NO_PLANS_OF_THEN)
    steps = follow(seen, watch.patience)
    return Past(watch.sentence(None), steps, days, unknown_days=days - len(seen))


def _shortfall(
    watch: Watch, as_of: datetime, now: datetime, shortage: Callable[[], Shortage]
) -> Reading:
    if now - as_of > LATEST:
        words = f"the data end {show_duration((now - as_of).total_seconds())} ago"
        return Reading(now, None, Sight.NOTHING, words)
    return _missing(watch, now, shortage())


def _missing(watch: Watch, now: datetime, found: Shortage) -> Reading:
    if found.hours is None:
        words = f"{found.team}: nobody is planned in the next {DAYS_AHEAD} days"
        return Reading(now, None, Sight.NOTHING, words)
    missing = round(found.hours, 1)
    words = f"{found.team}: {show_count_of_hours(missing)} of people missing in {DAYS_AHEAD} days"
    if found.service_level is not None:
        words += f"; {show_value(found.service_level, 'share')} answered in time expected"
    return Reading(now, None, watch.levels.sight(missing), words)


def _lateness(study: Study, watch: Watch, now: datetime) -> Reading:
    passed = max(0.0, (now - study.reader.bounds.as_of).total_seconds())
    sight = watch.levels.sight(passed / 3600)
    return Reading(now, None, sight, f"the data end {show_duration(passed)} ago")


def _sides(metric: Metric) -> tuple[Judgement, ...]:
    return (
        (Judgement.WORSE,)
        if metric.direction in ("higher", "lower")
        else (Judgement.HIGHER, Judgement.LOWER)
    )


def value_words(found: Measurement) -> str:
    """Return a value with its interval and what it is made of."""
    assert found.value is not None
    unit = found.unit
    said = show_value(found.value, unit)
    if found.low is not None and found.high is not None and found.low < found.high:
        said += f" (95% interval {show_value(found.low, unit)} to {show_value(found.high, unit)})"
    return f"{said}, {show_count(found.n, 'case')}"


def show_count_of_hours(hours: float) -> str:
    """Return hours as a person says them: "1 hour", "36 hours", "1.5 hours"."""
    return f"{hours:g} hour{'' if hours == 1 else 's'}"


def target_words(target: Target | None, unit: str) -> str:
    """Return a target as it is read."""
    if isinstance(target, tuple):
        return f"{show_value(target[0], unit)} to {show_value(target[1], unit)}"
    return "" if target is None else show_value(target, unit)


def in_unit(number: float, unit: str) -> float:
    """Return a number that a person wrote down as the metric's values are kept: percent as a share,
    minutes as seconds.
    """
    if unit in SHARES:
        return number / 100
    return 60 * number if unit in ("seconds", "business_seconds") else number


def no_clocks(at: datetime) -> Sequence[Mapping[str, Any]]:
    """Return no promises: for rules that go by none."""
    return ()


def with_leave(watch: Watch, leave: float | None) -> Watch:
    """Return a rule that ends where somebody said, or else where it begins."""
    return replace(watch, leave=watch.enter if leave is None else leave)
