"""People with context: how a group varies, and what one person's own mix of work would lead one to
expect.

Nobody is put beside anybody. A dispersion is three quantiles of a group of at least five, without
names; a case-mix benchmark is what the whole group reaches on the kinds of work this person had.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from helmdesk.catalogue.metric import Metric
from helmdesk.facts.build.build import ensure_fact
from helmdesk.query.compile import check_dimensions, resolve
from helmdesk.query.filters import All, Compare, Filter
from helmdesk.query.measurement import SMALL, Measurement
from helmdesk.query.people import refuse_few
from helmdesk.query.policy import Policy
from helmdesk.query.reader import Reader
from helmdesk.query.request import Request
from helmdesk.query.run import Answer
from helmdesk.statistics.smooth_quantile import smooth_quantile

Group = tuple[tuple[str, object], ...]


@dataclass(frozen=True)
class Dispersion:
    """How a metric lies between the members of a group; values are None for groups under five.

    Attributes:
        people: members with at least five rows behind their value.
        low, middle, high: smoothed quartiles between members: nobody's own values.
    """

    people: int
    low: float | None
    middle: float | None
    high: float | None


@dataclass(frozen=True)
class CaseMixBenchmark:
    """One person's value beside what the group reaches on the same mix of work.

    Attributes:
        own: the person's measurement.
        expected: the group's value on this person's mix; None when too little of the mix is known
        from five or more others' rows. covered: share of the person's rows whose kind of work the
        group knows well enough. mix: (segment, share of the person's rows, share of the group's
        rows), in order of the segments' names.
    """

    metric: Metric
    own: Measurement
    expected: float | None
    covered: float
    mix: tuple[tuple[str, float, float], ...]

    @property
    def differs(self) -> bool:
        """Whether there are enough rows to tell, and the expectation lies outside the interval of
        the own value.
        """
        low, high = self.own.low, self.own.high
        if self.expected is None or low is None or high is None or self.own.n < SMALL:
            return False
        return not low <= self.expected <= high

    @property
    def verdict(self) -> str:
        """Say how own value and expectation compare, by the interval of the own value."""
        if self.own.value is None:
            return "no data"
        if self.expected is None or self.own.low is None or self.own.high is None:
            return "nothing to compare"
        if self.own.n < SMALL:
            return "too few"
        if self.own.low <= self.expected <= self.own.high:
            return "as expected"
        return (
            "above what the mix predicts"
            if self.own.value > self.expected
            else "below what the mix predicts"
        )


LEAST_COVERED = 0.5


def dispersion(reader: Reader, request: Request) -> Dispersion:
    """Return how a metric varies between the agents of a group, itself asked for by the request's
    filter and policy.

    Raises:
        NotPermittedError: a filter that names people, or leaves too few of them.
    """
    metric = resolve(request)
    check_dimensions(metric, request, reader.bounds)
    if not reader.bounds.missing(metric):
        ensure_fact(reader.engine, metric.fact)
        refuse_few(reader.engine, metric, request, reader.bounds)
    # Single people are looked at in here only; nothing but smoothed quartiles of five or more
    # leaves: no one's own value.
    inside = replace(
        request, by=("agent",), policy=replace(request.policy, may_compare_people=True)
    )
    answer = reader.answer(inside)
    values = sorted(
        m.value
        for m in answer.measurements
        if m.value is not None and m.n >= SMALL and m.group[0][1] is not None
    )
    if len(values) < SMALL:
        return Dispersion(len(values), None, None, None)
    return Dispersion(len(values), *(smooth_quantile(values, q) for q in (0.25, 0.5, 0.75)))


def can_be_expected(metric: Metric) -> bool:
    """Whether a metric's value over a mix is the weighted sum of its values over the parts: shares
    and means are.
    """
    return metric.value.is_mixed_by_weight


def case_mix_benchmark(
    reader: Reader, request: Request, agent: str, mix_by: Sequence[str], team: Filter | None
) -> CaseMixBenchmark:
    """Return one agent's value beside what the agent's mix predicts.

    Args:
        request: metric, window, time zone; its policy must already allow the agent's own rows.
        mix_by: dimensions that make a kind of work.
        team: whose rows make up the expectation; None takes the whole desk.
    """
    mine = Compare("agent", "=", agent)
    own_request = replace(
        request,
        where=_both(request.where, mine),
        policy=replace(request.policy, may_compare_people=True),
    )
    own = reader.answer(own_request)
    parts = {m.group: m for m in reader.answer(replace(own_request, by=tuple(mix_by))).measurements}
    # What the whole group reaches, of whom the person may not see a single row.
    everybody = replace(request, policy=Policy("expectation of a group"))
    # What a smaller group reaches would tell what single colleagues reach: then the whole desk, or
    # nothing.
    groups = [
        condition
        for condition in (team, None)
        if _people(reader, replace(everybody, where=_both(request.where, condition))) > SMALL
    ]
    if not groups:
        return CaseMixBenchmark(own.metric, own.measurements[0], None, 0.0, ())
    group = replace(everybody, where=_both(request.where, groups[0]))
    others = reader.answer(replace(group, by=tuple(mix_by)))
    colleagues: Counter[Group] = Counter(
        m.group[:-1]
        for m in reader.answer(replace(group, by=(*mix_by, "agent"))).measurements
        if m.n and m.group[-1][1] not in (None, agent)
    )
    return _expect(own, parts, others, colleagues)


def _people(reader: Reader, request: Request) -> int:
    """Count the agents with rows behind a measurement."""
    return sum(
        m.n > 0 and m.group[0][1] is not None
        for m in reader.answer(replace(request, by=("agent",))).measurements
    )


def _expect(
    own: Answer, parts: dict[Group, Measurement], others: Answer, colleagues: Mapping[Group, int]
) -> CaseMixBenchmark:
    everyone = {m.group: m for m in others.measurements}
    total, everybody = sum(m.n for m in parts.values()), sum(m.n for m in everyone.values())
    weight = expected = 0.0
    for group, mine in parts.items():
        rest = everyone.get(group)
        # The person's own rows must not be what they are compared with, nor those of one or two
        # colleagues.
        if (
            rest is None
            or rest.value is None
            or mine.value is None
            or rest.n - mine.n < SMALL
            or colleagues.get(group, 0) < SMALL
        ):
            continue
        without = (rest.value * rest.n - mine.value * mine.n) / (rest.n - mine.n)
        weight += mine.n
        expected += mine.n * without
    covered = weight / total if total else 0.0
    names = sorted(everyone, key=lambda group: [str(value) for _, value in group])
    mix = tuple(
        (
            " · ".join("(none)" if value is None else str(value) for _, value in group),
            parts[group].n / total if total and group in parts else 0.0,
            everyone[group].n / everybody if everybody else 0.0,
        )
        for group in names
    )
    return CaseMixBenchmark(
        own.metric,
        own.measurements[0],
        expected / weight if covered >= LEAST_COVERED and weight else None,
        covered,
        mix,
    )


def _both(one: Filter | None, other: Filter | None) -> Filter | None:
    if one is None or other is None:
        return one or other
    return All((one, other))
