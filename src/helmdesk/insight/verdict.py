"""One verdict on the course of a metric, and the one sentence that tells it everywhere.

Cards, metric pages, the brief, explanations, the API and the command line ask `verdict_of` and
print `Verdict.words`; none of them judges a course of its own.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from enum import StrEnum
from typing import Any

import numpy as np

from helmdesk.catalogue.metric import Metric
from helmdesk.insight.context import NEAR_DAYS, Annotation, delivered_annotations
from helmdesk.insight.dismissals import Dismissal
from helmdesk.insight.movement import LEAST_PART, LEAST_SHARE
from helmdesk.insight.study import WEEK, Span, Study
from helmdesk.query.judgement import Judgement
from helmdesk.query.measurement import SMALL, Measurement
from helmdesk.query.periods import local_midnight
from helmdesk.query.words import DURATIONS, SHARES, show_size, show_value
from helmdesk.statistics.course import LEAST, Stretch, alarms_a_year, course, memory_of
from helmdesk.statistics.proportion import Z95
from helmdesk.statistics.season import year_profile
from helmdesk.statistics.signals import RECENT

EPISODE_WEEKS = 4
"""What is over within so many weeks was an episode; a level that has lasted longer has settled."""
RECALL_WEEKS = 13
"""What ended longer ago than a quarter is history, and no news."""
NUMBERS = (
    "no",
    "one",
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
    "ten",
    "eleven",
    "twelve",
)
ALIKE = 2.0
ORDINARY = 2.0
"""Weeks within so many standard deviations of a level are ordinary ones."""
MOST_LEFT = 2 / 3
LONGEST_EVENT = 60
# "after Version 5 released" is said without the verb.
HAPPENED = r"(?i)\s+(?:(?:is|was|goes|went) )?(?:released|launched|shipped|rolled out|live)$"


class State(StrEnum):
    """Where a course stands at the end of the last complete week."""

    NEW = "new"
    GOING_ON = "going on"
    SETTLED = "settled"
    STEADY = "steady"
    UNKNOWN = "unknown"


class Tone(StrEnum):
    """What a verdict means to its reader: the sign and the colour that it is shown with."""

    WORSE = "worse"
    BETTER = "better"
    RECOVERING = "recovering"
    MOVED = "moved"
    NORMAL = "normal"
    STEADY = "steady"
    FEW = "few"


TONES = {
    Judgement.WORSE: Tone.WORSE,
    Judgement.BETTER: Tone.BETTER,
    Judgement.HIGHER: Tone.MOVED,
    Judgement.LOWER: Tone.MOVED,
}


@dataclass(frozen=True)
class Episode:
    """Weeks away from the levels around them.

    Attributes:
        start, end: local dates, half-open.
        value: of the metric over them.
        side: against the level before.
        event: what was written down for that time; empty when nothing was.
    """

    start: date
    end: date
    value: float
    side: Judgement
    event: str

    @property
    def weeks(self) -> int:
        """How many weeks it lasted."""
        return (self.end - self.start).days // 7


@dataclass(frozen=True)
class Verdict:
    """What a metric's weeks say up to the last complete one.

    Attributes:
        state: see `State`.
        side: of the present level against the one that lasted before; same where nothing is worth
        telling. now, before: the metric over the present level and over that one; None where
        unknown. since: first local day of the present level; None when unknown. error: standard
        error of the difference of the two levels, from how much weeks differ. episode: the weeks
        between the two levels; None without any. event: what was written down for the beginning of
        the present level. unit: of the values. dismissed: who wants to hear no more of it, until it
        changes; None while it is told.
        normal: between what the metric lies in ordinary weeks of the level that lasted: two
            standard deviations about it; None without one, and for counts that follow the time of
            the year.
    """

    key: str
    state: State
    side: Judgement
    now: float | None
    before: float | None
    since: date | None
    error: float | None
    episode: Episode | None
    event: str
    unit: str
    until: date
    dismissed: Dismissal | None = None
    normal: tuple[float, float] | None = None

    def unless(self, dismissed: Mapping[str, Dismissal]) -> Verdict:
        """Return the verdict, marked where its identity is among the dismissed."""
        return replace(self, dismissed=dismissed.get(self.identity)) if self.is_told else self

    @property
    def tone(self) -> Tone:
        """What it means to its reader."""
        if self.dismissed is not None or self.state is State.STEADY:
            return Tone.STEADY
        if self.state is State.UNKNOWN:
            return Tone.FEW
        if self._is_recovering:
            return Tone.RECOVERING
        return TONES.get(self.side, Tone.NORMAL)

    @property
    def word(self) -> str:
        """The verdict in a few words, for a badge, a row or a mail."""
        if self.dismissed is not None:
            return "Dismissed"
        tone = self.tone
        if tone is Tone.STEADY or self.since is None:
            return "Too few to say" if tone is Tone.FEW else "Steady"
        if tone is Tone.RECOVERING:
            return "Recovering"
        if tone is Tone.NORMAL:
            return f"Back to normal since {self._short(self.since)}"
        side = str(self.side).capitalize()
        if self.state is State.NEW:
            return f"{side} last week"
        return f"{side} since {self._short(self.beginning)}"

    def headline(self, name: str) -> str:
        """The verdict on a metric of that name as a sentence with its anchors: where it is, and
        where it was before.
        """
        if self.since is None or self.now is None:
            return f"{name}: too few weeks to tell"
        now = show_value(self.now, self.unit)
        if self.before is None or self.tone in (Tone.STEADY, Tone.FEW):
            return f"{name} is steady at {now}"
        if self.tone is Tone.NORMAL:
            return f"{name} is back to normal since {self._day(self.since)}: {now}"
        before = show_value(self.before, self.unit)
        if self.state is State.NEW:
            return f"{name} was {now} last week, usually {before}"
        return f"{name} is {now}; before {self._day(self.beginning)} it was {before}"

    @property
    def weeks(self) -> int:
        """For how many weeks it has lain on this side; none where nothing is told."""
        return 0 if self.since is None else (self.until - self.beginning).days // 7

    @property
    def _is_recovering(self) -> bool:
        """Whether it is still worse than before, and by at most two thirds of what it was, since so
        few weeks that it may go on getting better.
        """
        if (
            self.state is not State.GOING_ON
            or self.side is not Judgement.WORSE
            or self.episode is None
            or self.episode.side is not Judgement.WORSE
            or self.now is None
            or self.before is None
        ):
            return False
        return abs(self.now - self.before) <= MOST_LEFT * abs(self.episode.value - self.before)

    @property
    def beginning(self) -> date:
        """Since when it lies on this side: from an episode on the same side, if one led to it."""
        assert self.since is not None
        is_one = self.side is not Judgement.SAME
        if is_one and self.episode is not None and self.episode.side is self.side:
            return self.episode.start
        return self.since

    @property
    def words(self) -> str:
        """The verdict as the one sentence that every surface prints."""
        if self.state is State.UNKNOWN or self.since is None or self.now is None:
            return f"too few weeks to tell: it takes {LEAST} complete ones with enough cases"
        if self.state is State.STEADY or self.before is None:
            return f"steady since {self._day(self.since)}: nothing beyond chance"
        after = f" after {self.event}" if self.event else ""
        now, before = show_value(self.now, self.unit), show_value(self.before, self.unit)
        if self.state is State.NEW:
            return f"new in the week of {self._day(self.since)}{after}: {now} instead of {before}"
        if self.state is State.GOING_ON and self.episode is not None:
            return (
                f"{self._episode(self.episode)}; since {self._day(self.since)} {now}, not settled"
                f" yet ({before} before)"
            )
        if self.state is State.GOING_ON:
            weeks = (self.until - self.since).days // 7
            return (
                f"going on since {self._day(self.since)}{after}, for {_number(weeks)} weeks: {now}"
                f" instead of {before}"
            )
        lasting = (
            ""
            if self.side is Judgement.SAME
            else (
                f", about {show_size(self.now - self.before, self.unit)} {self._compared()} than"
                " before"
            )
        )
        if self.episode is None:
            return f"steady since {self._day(self.since)}{after}{lasting}"
        if not lasting:
            return f"{self._episode(self.episode)}; as before since {self._day(self.since)}"
        return f"{self._episode(self.episode)}; steady since {self._day(self.since)}{lasting}"

    @property
    def identity(self) -> str:
        """What a dismissal holds to: the same course keeps it, a new level or episode is
        another.
        """
        is_open = self.state in (State.NEW, State.GOING_ON)
        return f"{self.key}:{self.state if is_open else State.SETTLED}:{self.since}:{self.side}"

    @property
    def is_known(self) -> bool:
        """Whether there are weeks enough for a verdict."""
        return self.state is not State.UNKNOWN

    @property
    def is_bad(self) -> bool:
        """Whether the present level is the worse one."""
        return self.side is Judgement.WORSE

    @property
    def is_moving(self) -> bool:
        """Whether it is new, or going on."""
        return self.state in (State.NEW, State.GOING_ON)

    @property
    def is_told(self) -> bool:
        """Whether there is anything to tell: something new, going on, or settled within the last
        quarter, and not dismissed.
        """
        return self.dismissed is None and self.state in (State.NEW, State.GOING_ON, State.SETTLED)

    def as_dict(self) -> dict[str, Any]:
        """Return plain values for JSON; dates are local, values in the metric's unit."""
        return {
            "metric": self.key,
            "state": str(self.state),
            "side": str(self.side),
            "word": self.word,
            "tone": str(self.tone),
            "words": self.words,
            "now": self.now,
            "before": self.before,
            "standard_error": self.error,
            "unit": self.unit,
            "since": self.since and self.since.isoformat(),
            "event": self.event,
            "identity": self.identity,
            "dismissed": self.dismissed and self.dismissed.as_dict(),
            "episode": (
                None
                if self.episode is None
                else {
                    "start": self.episode.start.isoformat(),
                    "end": self.episode.end.isoformat(),
                    "value": self.episode.value,
                    "side": str(self.episode.side),
                    "event": self.episode.event,
                }
            ),
        }

    def _compared(self) -> str:
        assert self.now is not None and self.before is not None
        rose = self.now > self.before
        if self.unit in DURATIONS:
            return "slower" if rose else "faster"
        return "higher" if rose else "lower"

    def _episode(self, episode: Episode) -> str:
        kind = {
            Judgement.WORSE: "bad",
            Judgement.BETTER: "good",
            Judgement.HIGHER: "high",
            Judgement.LOWER: "low",
        }.get(episode.side, "unusual")
        after = f" after {episode.event}" if episode.event else ""
        weeks = f"{_number(episode.weeks)} {kind} week{'' if episode.weeks == 1 else 's'}"
        return f"{weeks}{after} ({self._days(episode.start, episode.end)})"

    def _day(self, day: date) -> str:
        return f"{day:%-d %B}" if day.year == self.until.year else f"{day:%-d %B %Y}"

    def _short(self, day: date) -> str:
        return f"{day:%-d %b}" if day.year == self.until.year else f"{day:%-d %b %Y}"

    def _days(self, start: date, end: date) -> str:
        last = end - timedelta(days=1)
        return (
            f"{start.day}–{self._day(last)}"
            if (start.year, start.month) == (last.year, last.month)
            else f"{self._day(start)} – {self._day(last)}"
        )


def _number(count: int) -> str:
    return NUMBERS[count] if count < len(NUMBERS) else str(count)


def verdict_of(study: Study, key: str, others: Sequence[Annotation] = ()) -> Verdict:
    """Return the verdict on a metric, as its card shows it, up to the study's last complete week.

    Args:
        others: annotations written on the site; those of the records are known.
    """
    weeks = _Weeks.of(study, key, others)
    unknown = Verdict(
        key,
        State.UNKNOWN,
        Judgement.SAME,
        None,
        None,
        None,
        None,
        None,
        "",
        weeks.metric.unit,
        weeks.until,
    )
    return weeks.judged(unknown) if weeks.are_enough else unknown


def false_alarms_a_year(study: Study, key: str) -> float | None:
    """Return how often a year a metric's verdict turns although nothing changes; None where there
    are too few weeks to tell.

    A metric without a good direction turns either way, twice as often.
    """
    weeks = _Weeks.of(study, key, ())
    if not weeks.are_enough:
        return None
    return alarms_a_year(memory_of(weeks.levels, course(weeks.levels, weeks.weights))) * (
        1 if weeks.metric.direction in ("higher", "lower") else 2
    )


@dataclass(frozen=True)
class _Weeks:
    """The complete weeks of a metric that have a value to rely on, oldest first.

    Attributes:
        starts: local first days; weeks without enough cases are not among them.
        values: as a card of the week would show them.
        season: what the time of the year makes of a typical week, for counts with two years;
        otherwise ones. weights: how much each week says. until: the local day after the last
        complete week.
    """

    study: Study
    metric: Metric
    others: Sequence[Annotation]
    starts: tuple[date, ...]
    values: np.ndarray
    season: np.ndarray
    weights: np.ndarray
    until: date

    @classmethod
    def of(cls, study: Study, key: str, others: Sequence[Annotation]) -> _Weeks:
        """Ask for the weeks of a metric."""
        metric = study.find(key).metric
        weeks = [week for week in study.by_week(key) if is_reliable(week, metric)]
        starts = [week.period_start for week in weeks if week.period_start is not None]
        count = sum(local_midnight(start + WEEK, study.zone) <= study.end for start in starts)
        values = np.array([week.value for week in weeks[:count]], dtype=float)
        sizes = np.array([week.n for week in weeks[:count]], dtype=float)
        season, weights = None, np.ones(count)
        if _adds_up(metric):
            has_gaps = count > 0 and starts[count - 1] - starts[0] != (count - 1) * WEEK
            season = None if has_gaps or metric.value.is_level else year_profile(values, RECENT)
        elif count:
            weights = np.clip(sizes / np.median(sizes), 0.25, 4.0)
        seasons = np.ones(count) if season is None else season
        return cls(
            study,
            metric,
            others,
            tuple(starts[:count]),
            values,
            seasons,
            weights,
            study.day(study.end),
        )

    @property
    def are_enough(self) -> bool:
        """Whether there are weeks enough, and recent ones."""
        return (
            len(self.starts) >= LEAST and self.until - self.starts[-1] <= (EPISODE_WEEKS + 2) * WEEK
        )

    @property
    def levels(self) -> np.ndarray:
        """The values with the season taken out."""
        return np.asarray(self.values / self.season)

    def judged(self, unknown: Verdict) -> Verdict:
        """Return the verdict: what lasts now, what lasted before, and the short stretches
        between.
        """
        stretches = self._stretches()
        place = between = len(stretches) - 1
        while between > 0 and len(stretches[between - 1]) <= EPISODE_WEEKS:
            between -= 1
        earlier = stretches[between - 1] if between > 0 else None
        is_short = len(stretches[-1]) <= EPISODE_WEEKS
        while (
            earlier is not None
            and is_short
            and place > between
            and _is_alike(stretches[place - 1], stretches[place], earlier.level)
        ):
            place -= 1
        first, end = stretches[place].start, len(self.starts)
        now = self._value(first, end)
        verdict = replace(
            unknown,
            state=State.STEADY,
            now=now,
            since=self.starts[first],
            normal=self._normal(stretches, stretches[place]),
        )
        if earlier is None or self.starts[first] + RECALL_WEEKS * WEEK < self.until:
            return verdict
        before, error = self._before(earlier, first, end), self._error(earlier, stretches[place:])
        is_other = self._is_worth(now - before, before) and abs(now - before) > Z95 * error
        side = self._side(now, before) if is_other else Judgement.SAME
        episode = self._episode(earlier, first) if between < place else None
        if episode is not None and min(now, before) < episode.value < max(now, before):
            episode = None  # weeks on the way from one level to the other are no weeks of their own
        if side is Judgement.SAME and episode is None:
            return verdict
        state = State.GOING_ON
        if not is_short or side is Judgement.SAME:
            state = State.SETTLED  # what is as it was before needs no weeks to settle
        elif episode is None and self.starts[first] + WEEK == self.until:
            state = State.NEW
        event = "" if episode is not None else self._event(self.starts[first])
        return replace(
            verdict,
            state=state,
            side=side,
            before=before,
            error=error,
            episode=episode,
            event=event,
            normal=self._normal(stretches, earlier),
        )

    def _stretches(self) -> list[Stretch]:
        """Return the levels; neighbours that differ by less than anybody would act on are one."""
        found = course(self.levels, self.weights)
        joined = found[:1]
        for stretch in found[1:]:
            last = joined[-1]
            if self._is_worth(stretch.level - last.level, last.level):
                joined.append(stretch)
            else:
                whole = slice(last.start, stretch.end)
                joined[-1] = Stretch(
                    last.start,
                    stretch.end,
                    float(np.average(self.levels[whole], weights=self.weights[whole])),
                )
        return joined

    def _value(self, first: int, end: int) -> float:
        """Return the metric over weeks as its card would show it; what adds up or stands at an
        instant as a typical week.
        """
        typical = float(self.values[first:end].mean())
        if _adds_up(self.metric) or self.metric.value.is_level:
            return typical
        zone = self.study.zone
        span = Span(
            local_midnight(self.starts[first], zone),
            local_midnight(self.starts[end - 1] + WEEK, zone),
        )
        value = self.study.original(self.metric.key, span).value
        return typical if value is None else value

    def _before(self, earlier: Stretch, first: int, end: int) -> float:
        """Return the level before; of a count with a season, what it would be at the time of year
        of other weeks.
        """
        return (
            self._value(earlier.start, earlier.end)
            if (self.season == 1).all()
            else earlier.level * float(self.season[first:end].mean())
        )

    def _error(self, earlier: Stretch, present: Sequence[Stretch]) -> float:
        """Return the standard error of the difference of two levels, from how much weeks differ
        around theirs.
        """
        left = np.concatenate(
            [(self.levels[each.start : each.end] - each.level) for each in (earlier, *present)]
        )
        return float(np.std(left)) * float(np.sqrt(1 / len(earlier) + 1 / sum(map(len, present))))

    def _normal(self, stretches: Sequence[Stretch], usual: Stretch) -> tuple[float, float] | None:
        """Return between what ordinary weeks of a level lie; shares stay within their bounds, and
        what cannot be negative above nought.
        """
        if not (self.season == 1).all():
            return None
        left = np.concatenate(
            [self.levels[each.start : each.end] - each.level for each in stretches]
        )
        half = ORDINARY * float(np.std(left))
        low, high = usual.level - half, usual.level + half
        if self.metric.unit != "net_share":
            low = max(low, 0.0)
        return low, min(high, 1.0) if self.metric.unit == "share" else high

    def _episode(self, earlier: Stretch, end: int) -> Episode:
        """Return the weeks between the level before and the present one."""
        first, start = earlier.end, self.starts[earlier.end]
        value = self._value(first, end)
        side = self._side(value, self._before(earlier, first, end))
        return Episode(start, self.starts[end - 1] + WEEK, value, side, self._event(start))

    def _is_worth(self, change: float, before: float) -> bool:
        """Whether a change is large enough for anybody to act on it."""
        return abs(change) >= (
            LEAST_SHARE if self.metric.unit in SHARES else LEAST_PART * abs(before)
        )

    def _side(self, now: float, before: float) -> Judgement:
        if now == before:
            return Judgement.SAME
        rose = now > before
        if self.metric.direction not in ("higher", "lower"):
            return Judgement.HIGHER if rose else Judgement.LOWER
        return Judgement.BETTER if rose == (self.metric.direction == "higher") else Judgement.WORSE

    def _event(self, start: date) -> str:
        """Return what was written down nearest to the beginning of a stretch: in its first week, or
        shortly before it.
        """
        # Annotations of the records may name other accounts: who sees a part of the columns only is
        # not told them.
        known = () if self.study.base.policy.is_outsider else delivered_annotations(self.study)
        near = [
            annotation
            for annotation in (*known, *self.others)
            if annotation.metric in ("", self.metric.key)
            and start - timedelta(days=NEAR_DAYS) <= annotation.day < start + WEEK
        ]
        if not near:
            return ""
        text = (
            min(near, key=lambda annotation: (abs((annotation.day - start).days), annotation.day))
            .text.strip()
            .rstrip(".")
        )
        text = re.sub(HAPPENED, "", text)
        return text if len(text) <= LONGEST_EVENT else f"{text[:LONGEST_EVENT].rstrip()}…"


def _adds_up(metric: Metric) -> bool:
    """Whether values are how many or how much, and not a share or a mean."""
    return metric.value.form == "count"


def is_reliable(week: Measurement, metric: Metric) -> bool:
    """Whether a period is whole, and of enough cases to be judged."""
    is_total = metric.value.is_total
    is_whole = (
        week.value is not None
        and week.period_start is not None
        and not week.is_partial
        and not week.is_suppressed
    )
    return is_whole and (is_total or week.n >= SMALL)


def _is_alike(one: Stretch, other: Stretch, before: float) -> bool:
    """Whether two neighbouring short stretches are one thing: they lie off the level before by
    about as much.
    """
    off = one.level - before, other.level - before
    return off[0] * off[1] > 0 and max(map(abs, off)) <= ALIKE * min(map(abs, off))
