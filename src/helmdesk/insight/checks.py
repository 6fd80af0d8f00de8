"""The tests that patterns share: two metrics together, who changed, one segment against the
rest.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from helmdesk.errors import HelmdeskError
from helmdesk.insight.finding import ByTest, Test
from helmdesk.insight.form import Form
from helmdesk.insight.location import filter_of, plain
from helmdesk.insight.movement import Movement, Signal, least_change, level, move_of
from helmdesk.insight.pattern import Found, Quiet, Verdict
from helmdesk.insight.study import Span, Study
from helmdesk.query.filters import Filter
from helmdesk.query.words import show_value
from helmdesk.statistics.normal import normal_tail
from helmdesk.statistics.pair import Dose, Move, dose_response, standardised_move, unit_changes

MIX = ("channel", "issue_type")
WEEKS, WEEKS_BEFORE = 4, 8
# A segment against its own past is asked of many segments every week: rarer than a pair.
CERTAIN = 0.0005
FLAT = 0.10

# A further test between two stretches, earlier first; None where it does not apply.
Further = Callable[[Study, Span, Span], Test | None]


@dataclass(frozen=True)
class Takers:
    """How contacts are told apart by who takes them.

    Attributes:
        kind: the dimension, "team" or "queue". teams: of each queue, the team that answers more
        than half of what is answered of it.
    """

    kind: str
    teams: dict[Any, Any] = field(default_factory=dict)

    def team_of(self, who: Any) -> Any:
        """Return the team that takes them; None where none takes most."""
        return who if self.kind == "team" else self.teams.get(who)


def takers_of(study: Study, form: Form, span: Span) -> Takers:
    """Return by what contacts are told apart: by team; by queue where contacts that were lost
    belong to no team.

    A call that nobody answered was nobody's, and belongs to those who should have answered it.
    """
    table = study.table(form, span, ("queue", "team"))
    if all(team is not None or queue is None for queue, team in table.groups):
        return Takers("team")
    taken: dict[Any, dict[Any, float]] = {}
    for (queue, team), n in zip(table.groups, table.n, strict=True):
        if queue is not None and team is not None:
            taken.setdefault(queue, {})[team] = float(n)
    most = {queue: max(of, key=lambda team: of[team]) for queue, of in taken.items()}
    return Takers(
        "queue",
        {
            queue: team
            for queue, team in most.items()
            if taken[queue][team] > sum(taken[queue].values()) / 2
        },
    )


def windows(study: Study, *forms: Form) -> tuple[Span, Span]:
    """Return the stretch to look at and the one before: since the first flagged metric shifted,
    else four weeks and eight.
    """
    for form in forms:
        moved = move_of(study, form)
        if moved is not None and moved.signal is Signal.SHIFT:
            return moved.now, moved.before
    now = study.last(WEEKS)
    return now, study.before(now, WEEKS_BEFORE)


def has_past(before: Span) -> bool:
    """Whether there are at least four weeks to compare with."""
    return before.days >= 7 * WEEKS - 1


def mix_of(study: Study, *forms: Form) -> list[str]:
    """Return the dimensions of the usual mix that all forms carry."""
    return [
        name for name in MIX if all(name in study.dimensions(form, MIX, len(MIX)) for form in forms)
    ]


def move_at_constant_mix(
    study: Study, form: Form, before: Span, now: Span, unit: str = "agent"
) -> Move | None:
    """Return the change with the mix held still; the error knows that cases of one unit resemble
    each other.
    """
    segment = mix_of(study, form)
    for who in (unit, *segment, "team"):
        try:
            cells = study.cells(
                form, before, now, [name for name in segment if name != who], (who,)
            )
        except HelmdeskError:
            continue
        if len(np.unique(cells.unit)) >= 2:
            return standardised_move(cells)
    return None


@dataclass(frozen=True)
class Side:
    """One metric of a pair and the way it is expected to go."""

    key: str
    direction: int


def together(
    *sides: Side,
    flat: Sequence[str] = (),
    dose: str = "",
    extra: Further | None = None,
) -> Callable[[Study], Verdict]:
    """Return a check that all sides moved their way beyond chance, at constant mix, in the same
    stretch.

    Args:
        flat: metrics that must not have moved for the worse.
        dose: unit (agent) in which those that changed more in the first side must have changed more
            in the last.
        extra: one further test; a failed one leaves the pattern quiet, None does not count.
    """

    def check(study: Study) -> Verdict:
        forms = [study.form(side.key) for side in sides]
        now, before = windows(study, *forms)
        if not has_past(before):
            return Quiet("fewer than four weeks to compare with")
        case = _Case(study, now, before)
        return (
            case.refuse_unmoved(sides, forms)
            or case.refuse_worse(flat)
            or (case.refuse_others(sides, forms, dose) if dose else None)
            or (case.refuse_further(extra) if extra is not None else None)
            or Found(
                _sentence(case.told),
                now,
                before,
                ByTest(case.p),
                affected=_affected(study, forms[-1], now, before),
                tests=tuple(case.tests),
            )
        )

    return check


@dataclass
class _Case:
    """What speaks for sides that moved together: each step adds its tests, and returns why the
    pattern stays quiet where one failed.
    """

    study: Study
    now: Span
    before: Span
    tests: list[Test] = field(default_factory=list)
    told: list[str] = field(default_factory=list)
    p: float = 0.0

    def refuse_unmoved(self, sides: Sequence[Side], forms: Sequence[Form]) -> Quiet | None:
        for side, form in zip(sides, forms, strict=True):
            move = move_at_constant_mix(self.study, form, self.before, self.now)
            if move is None:
                return Quiet(f"{form.describe()} has too few cases to compare")
            least = least_change(form, move.before)
            is_moved = move.p(side.direction) < 0.025 and side.direction * move.change >= least
            way, words = "up" if side.direction > 0 else "down", _move_words(form, move, side)
            self.tests.append(Test(f"{side.key} {way}", is_moved, words))
            if not is_moved:
                return self._quiet(f"{form.metric.name} did not go {way}")
            self.p = max(self.p, move.p(side.direction))
            self.told.append(words)
        return None

    def refuse_worse(self, flat: Sequence[str]) -> Quiet | None:
        for key in flat:
            test = not_worse(self.study, key, self.before, self.now)
            self.tests.append(test)
            if not test.is_passed:
                return self._quiet(test.words)
        return None

    def refuse_others(
        self, sides: Sequence[Side], forms: Sequence[Form], unit: str
    ) -> Quiet | None:
        found = who_changed(
            self.study,
            forms[0],
            forms[-1],
            sides[0].direction,
            sides[-1].direction,
            self.before,
            self.now,
            unit,
        )
        words = _dose_words(found, unit)
        self.tests.append(Test(f"the same {unit}s changed in both", found.is_present, words))
        if not found.is_present:
            return self._quiet(f"both moved, but not in the same {unit}s: {words}")
        self.told.append(words)
        return None

    def refuse_further(self, extra: Further) -> Quiet | None:
        test = extra(self.study, self.before, self.now)
        if test is None:
            return None
        self.tests.append(test)
        if not test.is_passed:
            return self._quiet(test.words)
        self.told.append(test.words)
        return None

    def _quiet(self, why: str) -> Quiet:
        return Quiet(why, tuple(self.tests))


def _affected(study: Study, form: Form, now: Span, before: Span) -> float:
    """Return about how many cases a week the change of a level touches; 0 where it has none."""
    value, _, cases = level(study, form, now)
    weekly = cases / max(now.days / 7, 1)
    earlier = level(study, form, before)[0]
    change = abs(value - earlier)
    if not form.is_share:
        change /= max(abs(earlier), 1e-9)
    return float(np.nan_to_num(weekly * change))


def _sentence(parts: Sequence[str]) -> str:
    text = "; ".join(parts)
    return text[:1].upper() + text[1:] + "."


def _move_words(form: Form, move: Move, side: Side) -> str:
    unit = form.metric.unit
    after = move.before + move.change
    shown = show_value(move.before, unit), show_value(after, unit)
    return (
        f"{form.describe()} went from {shown[0]} to {shown[1]} at constant mix (p"
        f" {_p(move.p(side.direction))})"
    )


def _p(p: float) -> str:
    return "< 0.001" if p < 0.001 else f"= {p:.3f}"


def _dose_words(dose: Dose, unit: str) -> str:
    if dose.correlation is None:
        return f"only {dose.units} {unit}s have enough cases to see who changed"
    return (
        f"among {dose.units} {unit}s, changes in both go together with a rank correlation of"
        f" {dose.correlation:.2f} (p {_p(dose.p)})"
    )


def who_changed(
    study: Study,
    a: Form,
    b: Form,
    direction_a: int,
    direction_b: int,
    before: Span,
    now: Span,
    unit: str = "agent",
) -> Dose:
    """Return whether the units that moved further in one metric moved further in the other."""
    changes = []
    for form in (a, b):
        cells = study.cells(form, before, now, mix_of(study, form), (unit,))
        names = _names(study, form, before, now, unit)
        changes.append(
            {names[place]: change for place, change in unit_changes(cells).items()} if names else {}
        )
    common = {
        name: place for place, name in enumerate(sorted(changes[0].keys() & changes[1].keys()))
    }
    return dose_response(
        {place: changes[0][name] for name, place in common.items()},
        {place: changes[1][name] for name, place in common.items()},
        direction_a,
        direction_b,
    )


def _names(study: Study, form: Form, before: Span, now: Span, unit: str) -> list[Any]:
    """Return the units in the order in which `Study.cells` numbers them."""
    segment = mix_of(study, form)
    names: dict[Any, None] = {}
    for span in (before, now):
        for group in study.table(form, span, (*segment, unit)).groups:
            if group[-1] is not None:
                names.setdefault(group[-1])
    return list(names)


def not_worse(study: Study, key: str, before: Span, now: Span) -> Test:
    """Test that a metric did not clearly move for the worse; one without data does not count
    against it.
    """
    if study.lacks(key):
        return Test(f"{key} not worse", True, f"{key} is not recorded here")
    form = study.form(key)
    move = move_at_constant_mix(study, form, before, now)
    if move is None:
        return Test(f"{key} not worse", True, f"{form.metric.name} has too few cases")
    is_worse = (
        form.good != 0
        and move.p(-form.good) < 0.025
        and -form.good * move.change >= least_change(form, move.before)
    )
    return Test(
        f"{key} not worse",
        not is_worse,
        f"{form.metric.name} {'got worse too' if is_worse else 'did not get worse'}",
    )


@dataclass(frozen=True)
class Contrast:
    """A segment in two stretches, or against the rest in one.

    Attributes:
        value, other: of the segment and what it is compared with.
        p: one-sided, of the difference in the direction asked, corrected for how many segments were
        asked. cases: of the segment now.
    """

    group: tuple[Any, ...]
    value: float
    other: float
    p: float
    cases: float


def segments_that_moved(
    study: Study,
    form: Form,
    before: Span,
    now: Span,
    by: Sequence[str],
    direction: int,
    least_cases: float = 20,
) -> list[Contrast]:
    """Return the segments that moved in `direction` beyond chance, corrected for how many were
    asked, strongest first.
    """
    tables = study.table(form, before, by), study.table(form, now, by)
    earlier = {group: row for row, group in enumerate(tables[0].groups)}
    asked = [
        (group, row, earlier[group])
        for row, group in enumerate(tables[1].groups)
        if group in earlier and min(tables[1].n[row], tables[0].n[earlier[group]]) >= least_cases
    ]
    found = []
    for group, row, old in asked:
        value, other, single = _difference(form, tables[1], row, tables[0], old, direction)
        p = min(1.0, single * len(asked))
        if p < CERTAIN * 4 and direction * (value - other) >= 2 * least_change(form, other):
            found.append(Contrast(group, value, other, p, float(tables[1].n[row])))
    return sorted(found, key=lambda each: each.p)


def against_the_rest(
    study: Study, form: Form, span: Span, by: Sequence[str], direction: int, least_cases: float = 50
) -> list[Contrast]:
    """Return the segments that lie beyond all others together, corrected for how many were asked,
    furthest first.
    """
    table = study.table(form, span, by)
    found = []
    for row, group in enumerate(table.groups):
        rest = np.arange(len(table.groups)) != row
        if (
            table.n[row] < least_cases
            or table.n[rest].sum() < least_cases
            or any(part is None for part in group)
        ):
            continue
        top, base = table.top[rest].sum(), table.base[rest].sum()
        if not base or not table.base[row]:
            continue
        value, other = table.values[row], top / base
        error = math.sqrt(
            _variance(form, table.top[row], table.base[row], table.error[row])
            + _variance(form, top, base, float(np.nan))
        )
        p = (
            min(1.0, normal_tail(direction * (value - other) / error) * len(table.groups))
            if error > 0
            else 1.0
        )
        if p < CERTAIN:
            found.append(Contrast(group, float(value), float(other), p, float(table.n[row])))
    return sorted(found, key=lambda each: -direction * (each.value - each.other))


def _difference(
    form: Form, table: Any, row: int, other: Any, old: int, direction: int
) -> tuple[float, float, float]:
    value, earlier = float(table.values[row]), float(other.values[old])
    variance = _variance(form, table.top[row], table.base[row], table.error[row]) + _variance(
        form, other.top[old], other.base[old], other.error[old]
    )
    return (
        value,
        earlier,
        normal_tail(direction * (value - earlier) / math.sqrt(variance)) if variance > 0 else 1.0,
    )


def _variance(form: Form, top: float, base: float, error: float) -> float:
    if form.kind == "ratio":
        share = (top + 1) / (base + 2)
        return float(share * (1 - share) / base)
    if form.kind == "count":
        return float(top)
    # The rest of a mean has no error of its own here; its cases are many.
    return float(error**2) if np.isfinite(error) else 0.0


def show(form: Form, value: float) -> str:
    """Return a value in the form's unit."""
    return show_value(value, form.metric.unit)


def place(by: Sequence[str], group: Sequence[Any]) -> tuple[Filter, str]:
    """Return a segment as a filter and in words."""
    terms = tuple(zip(by, group, strict=True))
    return filter_of(terms), plain(terms)


def per_week(cases: float, span: Span) -> float:
    """Return cases a week."""
    return cases / max(span.days / 7, 1.0)


def moved(study: Study, key: str) -> Movement | None:
    """Return a metric's movement, or None."""
    return move_of(study, study.form(key))
