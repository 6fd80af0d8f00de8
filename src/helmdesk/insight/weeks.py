"""The weeks of a metric, and the one verdict on their course: `verdict_of` judges, and nothing else
does.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

import numpy as np

from helmdesk.catalogue.metric import Metric
from helmdesk.insight.context import NEAR_DAYS, Annotation, delivered_annotations
from helmdesk.insight.movement import LEAST_PART, LEAST_SHARE
from helmdesk.insight.study import WEEK, Span, Study
from helmdesk.insight.verdict import Episode, State, Verdict
from helmdesk.query.judgement import Judgement
from helmdesk.query.measurement import SMALL, Measurement
from helmdesk.query.periods import local_midnight
from helmdesk.query.words import SHARES
from helmdesk.statistics.course import LEAST, Stretch, alarms_a_year, course, memory_of
from helmdesk.statistics.proportion import Z95
from helmdesk.statistics.season import year_profile
from helmdesk.statistics.signals import RECENT

EPISODE_WEEKS = 4
"""What is over within so many weeks was an episode; a level that has lasted longer has settled."""
RECALL_WEEKS = 13
"""What ended longer ago than a quarter is history, and no news."""
ALIKE = 2.0
ORDINARY = 2.0
"""Weeks within so many standard deviations of a level are ordinary ones."""
LONGEST_EVENT = 60
# "after Version 5 released" is said without the verb.
HAPPENED = r"(?i)\s+(?:(?:is|was|goes|went) )?(?:released|launched|shipped|rolled out|live)$"


def verdict_of(study: Study, key: str, others: Sequence[Annotation] = ()) -> Verdict:
    """Return the verdict on a metric, as its card shows it, up to the study's last complete week.

    Args:
        others: annotations written on the site; those of the records are known.
    """
    weeks = CompleteWeeks.of(study, key, others)
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
    weeks = CompleteWeeks.of(study, key, ())
    if not weeks.are_enough:
        return None
    return alarms_a_year(memory_of(weeks.levels, course(weeks.levels, weeks.weights))) * (
        1 if weeks.metric.direction in ("higher", "lower") else 2
    )


@dataclass(frozen=True)
class CompleteWeeks:
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
    def of(cls, study: Study, key: str, others: Sequence[Annotation]) -> CompleteWeeks:
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
