"""Where did it move, and is it mix or rate?

The change is taken apart exactly, one dimension at a time: what each segment changed in itself
(rate), and what more or fewer of it did (mix). Then all slices of up to three dimensions are
searched for one that carries the change; they may all fail, and then no slice explains it. What
stays unexplained is always shown.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from helmdesk.insight.form import Form, beyond
from helmdesk.insight.study import Span, Study, Table
from helmdesk.query.filters import Filter, all_of, is_value
from helmdesk.statistics.decomposition import (
    RateAndMix,
    mix_by_dimension,
    product_parts,
    rate_and_mix,
)
from helmdesk.statistics.slices import Leaves, Search, search_slices

SIGNIFICANT = 0.05
OTHERS = "fewer than five people each"
KEY = re.compile(r"[a-z0-9]+(_[a-z0-9]+)+")


@dataclass(frozen=True)
class Part:
    """One segment's part in a change, in the form's unit; a count has no mix."""

    group: tuple[Any, ...]
    rate: float
    mix: float
    before: float
    now: float
    share_before: float
    share_now: float


@dataclass(frozen=True)
class Breakdown:
    """A change taken apart by one dimension; rate and mix of all parts add up to `change`.

    Attributes:
        is_simpson: the whole moved against what its segments clearly did.
    """

    dimension: str
    parts: tuple[Part, ...]
    change: float
    rate: float
    mix: float
    is_simpson: bool


@dataclass(frozen=True)
class Place:
    """A slice that carries a change.

    Attributes:
        terms: dimension values that its rows have.
        share: of the whole excess that lies in it.
        hits, expected, cases: now, and as its own history leads one to expect.
    """

    terms: tuple[tuple[str, Any], ...]
    share: float
    hits: float
    expected: float
    cases: float

    @property
    def where(self) -> Filter:
        """The filter that gives its rows."""
        return filter_of(self.terms)


@dataclass(frozen=True)
class Location:
    """Where a change lies.

    Attributes:
        breakdowns: by dimension, the one whose segments differ most first.
        mix_by: (dimension, its share in the mix of all dimensions together).
        places: slices that stand out; empty when none does.
        p: how often one common change would give a slice this strong; None where slices cannot be
        searched. unexplained: share of the excess outside the places; None where slices cannot be
        searched.
    """

    breakdowns: tuple[Breakdown, ...]
    mix_by: tuple[tuple[str, float], ...]
    places: tuple[Place, ...]
    p: float | None
    unexplained: float | None

    @property
    def is_mix(self) -> bool:
        """Whether more than half of the change, by some dimension, is mix."""
        return any(
            abs(each.mix) > abs(each.rate) and each.mix * each.change > 0
            for each in self.breakdowns
        )

    def breakdown(self, dimension: str) -> Breakdown | None:
        """Return the breakdown by one dimension."""
        return next((each for each in self.breakdowns if each.dimension == dimension), None)

    def describe(self) -> str:
        """Return where, in words."""
        if self.places:
            first = self.places[0]
            more = f", and {len(self.places) - 1} more" if len(self.places) > 1 else ""
            return f"{min(first.share, 1):.0%} of it lies in {plain(first.terms)}{more}"
        return "no part of the work stands out: it is common to all" if self.p is not None else ""


def locate(
    study: Study,
    form: Form,
    before: Span,
    now: Span,
    dimensions: Sequence[str] | None = None,
    redraws: int = 99,
) -> Location:
    """Return where the change between two spans lies."""
    names = list(dimensions) if dimensions is not None else study.dimensions(form)
    breakdowns = [
        _told(study, form, found, (before, now))
        for name in names
        if (found := _break_down(study, form, before, now, name))
    ]
    breakdowns.sort(key=lambda each: -_spread(each))
    if not names:
        return Location((), (), (), None, None)
    codes, tables = joined(study.table(form, before, names), study.table(form, now, names))
    mix = (
        mix_by_dimension(codes, *tables)
        if form.kind != "count" and tables[1].sum() > 0 and tables[3].sum() > 0
        else np.zeros(0)
    )
    shares = tuple(zip(names, mix.tolist(), strict=False))
    searched = _search(study, form, before, now, names, redraws)
    if searched is None:
        return Location(tuple(breakdowns), shares, (), None, None)
    search, groups = searched
    is_clear = search.p <= SIGNIFICANT
    places = tuple(_places(search, groups, names)) if is_clear else ()
    places = tuple(place for place in places if study.may_tell(form, (before, now), place.where))
    return Location(
        tuple(breakdowns), shares, places, search.p, search.unexplained if is_clear else 1.0
    )


def joined(
    before: Table, now: Table
) -> tuple[np.ndarray, tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]]:
    """Return codes of the groups of two tables together, and their sums: before top and base, now
    top and base.
    """
    groups = list(dict.fromkeys((*before.groups, *now.groups)))
    place = {group: row for row, group in enumerate(groups)}
    sums = [np.zeros(len(groups)) for _ in range(4)]
    for table, (top, base) in ((before, sums[:2]), (now, sums[2:])):
        rows = [place[group] for group in table.groups]
        top[rows], base[rows] = table.top, table.base
    width = len(groups[0]) if groups else 0
    codes = np.zeros((len(groups), width), dtype=int)
    for column in range(width):
        known: dict[Any, int] = {}
        codes[:, column] = [known.setdefault(group[column], len(known)) for group in groups]
    return codes, (sums[0], sums[1], sums[2], sums[3])


def _break_down(study: Study, form: Form, before: Span, now: Span, name: str) -> Breakdown | None:
    tables = study.table(form, before, (name,)), study.table(form, now, (name,))
    _, (before_top, before_base, now_top, now_base) = joined(*tables)
    groups = list(dict.fromkeys((*tables[0].groups, *tables[1].groups)))
    if not groups or not before_base.any() or not now_base.any():
        return None
    if form.kind == "count":
        # Counts add up: every segment's own change is its part; windows of unequal length count per
        # week.
        scale = (1.0, 1.0) if form.is_level else (7 / max(before.days, 1.0), 7 / max(now.days, 1.0))
        old, new = before_top * scale[0], now_top * scale[1]
        shares = old / max(old.sum(), 1e-12), new / max(new.sum(), 1e-12)
        parts = [
            Part(
                group,
                float(new[row] - old[row]),
                0.0,
                float(old[row]),
                float(new[row]),
                float(shares[0][row]),
                float(shares[1][row]),
            )
            for row, group in enumerate(groups)
        ]
        change = float(new.sum() - old.sum())
        return Breakdown(name, tuple(parts), change, change, 0.0, False)
    found: RateAndMix = rate_and_mix(before_top, before_base, now_top, now_base)
    values = [
        np.divide(top, base, out=np.full(len(top), np.nan), where=base > 0)
        for top, base in ((before_top, before_base), (now_top, now_base))
    ]
    shares = before_base / before_base.sum(), now_base / now_base.sum()
    parts = [
        Part(
            group,
            float(found.rate[row]),
            float(found.mix[row]),
            float(values[0][row]),
            float(values[1][row]),
            float(shares[0][row]),
            float(shares[1][row]),
        )
        for row, group in enumerate(groups)
    ]
    is_simpson = found.is_simpson if form.kind == "ratio" else False
    return Breakdown(
        name,
        tuple(parts),
        found.change,
        float(found.rate.sum()),
        float(found.mix.sum()),
        is_simpson,
    )


def _told(study: Study, form: Form, found: Breakdown, spans: Sequence[Span]) -> Breakdown:
    """Return a breakdown in which the segments that too few people work in are one."""
    withheld = {
        cell[:1] for span in spans for cell in study.withheld(form, span, (found.dimension,))
    }
    small = [part for part in found.parts if part.group in withheld]
    if not small:
        return found
    rest = Part(
        (OTHERS,),
        sum(part.rate for part in small),
        sum(part.mix for part in small),
        math.nan,
        math.nan,
        sum(part.share_before for part in small),
        sum(part.share_now for part in small),
    )
    return replace(
        found, parts=(*(part for part in found.parts if part.group not in withheld), rest)
    )


def _spread(each: Breakdown) -> float:
    """How unlike its segments are in what they did."""
    terms = np.array([part.rate + part.mix for part in each.parts])
    return float(np.abs(terms - terms.mean()).max()) if len(terms) else 0.0


def _search(
    study: Study, form: Form, before: Span, now: Span, names: Sequence[str], redraws: int
) -> tuple[Search, tuple[tuple[Any, ...], ...]] | None:
    """Search the slices; None where the metric's rows do not add up to hits of cases."""
    searched = _searchable(study, form, before)
    if searched is None:
        return None
    tables = study.table(searched, before, names), study.table(searched, now, names)
    codes, (before_top, before_base, now_top, now_base) = joined(*tables)
    groups = tuple(dict.fromkeys((*tables[0].groups, *tables[1].groups)))
    if not groups:
        return None
    if searched.kind == "count":
        scale = 1.0 if form.is_level else now.days / max(before.days, 1e-9)
        leaves = Leaves(codes, before_top, before_top, now_top, before_top * scale)
        direction = 1 if now_top.sum() >= before_top.sum() * scale else -1
    else:
        leaves = Leaves(codes, before_top, before_base, now_top, now_base)
        direction = (
            1 if now_top.sum() * before_base.sum() >= before_top.sum() * now_base.sum() else -1
        )
        if now_top.sum() > 0.5 * now_base.sum():
            # The scan is made for the rarer outcome.
            leaves = Leaves(
                codes, before_base - before_top, before_base, now_base - now_top, now_base
            )
            direction = -direction
    return search_slices(leaves, direction, redraws), groups


def _searchable(study: Study, form: Form, before: Span) -> Form | None:
    """Return the form whose hits are counted: a mean becomes the share of its rows over the mean
    before.
    """
    if form.kind in ("ratio", "count"):
        return form
    if form.metric.value.splits_at_its_value:
        mean = study.measure(form, before).value
        return None if mean is None else beyond(form.entry, float(f"{mean:.4g}"))
    return None


def _places(
    search: Search, groups: tuple[tuple[Any, ...], ...], names: Sequence[str]
) -> list[Place]:
    codes: list[dict[int, Any]] = []
    for column in range(len(names)):
        known: dict[Any, int] = {}
        for group in groups:
            known.setdefault(group[column], len(known))
        codes.append({code: value for value, code in known.items()})
    found = []
    for each in search.slices:
        terms = tuple((names[column], codes[column][code]) for column, code in each.terms)
        found.append(Place(terms, each.share, each.hits, each.expected, each.cases))
    return found


def filter_of(terms: Sequence[tuple[str, Any]]) -> Filter:
    """Return the filter of dimension values, at least one."""
    found = all_of(*(is_value(name, value) for name, value in terms))
    assert found is not None
    return found


def plain(terms: Sequence[tuple[str, Any]]) -> str:
    """Return dimension values as people say them."""
    return ", ".join(
        f"{name.replace('_', ' ')} {'(none)' if value is None else _spoken(name, value)}"
        for name, value in terms
    )


def _spoken(name: str, value: Any) -> str:
    if value == OTHERS:
        return f"of {OTHERS}"
    return f"{int(value):02d}:00" if name == "hour" else f"“{in_words(value)}”"


def in_words(value: Any) -> str:
    """Return a value as people say it: a key such as ``password_reset`` in words, any other as it
    is.
    """
    text = str(value)
    return text.replace("_", " ") if KEY.fullmatch(text) else text


def workload_parts(
    study: Study, before: Span, now: Span, by: str = "channel"
) -> tuple[float, float, float] | None:
    """Return what volume, mix and handle time each changed in handled hours a week; None where
    contacts are not recorded.
    """
    if study.lacks("average_handle_time"):
        return None
    form = study.form("average_handle_time")
    _, (before_seconds, before_count, now_seconds, now_count) = joined(
        study.table(form, before, (by,)), study.table(form, now, (by,))
    )
    if not before_count.any() or not now_count.any():
        return None
    weeks = max(before.days, 1.0) / 7, max(now.days, 1.0) / 7
    factors = []
    for seconds, count, length in (
        (before_seconds, before_count, weeks[0]),
        (now_seconds, now_count, weeks[1]),
    ):
        total = np.full(len(count), count.sum() / length)
        handle = np.divide(seconds, count, out=np.zeros(len(count)), where=count > 0)
        factors.append([total, count / count.sum(), handle / 3600])
    volume, mix, handle_time = product_parts(factors[0], factors[1])
    return float(volume), float(mix), float(handle_time)
