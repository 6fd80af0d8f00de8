"""Values that judge people: whose work stands behind each, and which are withheld from those who
may not compare people.

A value is withheld when fewer than five people stand behind it, and when taking values that are
shown from each other would give such a one: in every row and column of what was asked, and in its
totals, either nothing is withheld or at least two cells with five people between them; and no
values of another dimension lie inside it, or around it, but for one to four people, as a region may
hold a team and two people more. Of a group that has fewer than five altogether, all of them are
enough: a small team's own numbers, and everybody's own, are theirs. What nobody narrowed is never
withheld, except for part of a day.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import replace
from datetime import date, datetime, timedelta
from itertools import combinations
from typing import Any

from helmdesk.catalogue.metric import Metric
from helmdesk.engines.engine import Engine
from helmdesk.errors import NotPermittedError, TooLargeError, UsageError
from helmdesk.query.bounds import Bounds
from helmdesk.query.compile import compile_people, judges, person_of
from helmdesk.query.dimensions import metric_dimensions
from helmdesk.query.filters import dimensions_used, find_dimension
from helmdesk.query.request import Request
from helmdesk.query.windows import AskedWindow

LEAST = 5
MOST_DIMENSIONS = 5
MOST_ROWS = 200_000
AROUND = timedelta(days=28)
A_DAY = timedelta(hours=23)
# Dimensions that often follow from each other, as teams from regions.
ORDER = (
    "team",
    "channel",
    "region",
    "tier",
    "priority",
    "severity",
    "issue_type",
    "queue",
    "tenure",
    "account",
)

Cell = tuple[Any, ...]
Withheld = frozenset[Cell]
"""Cells as the values of the dimensions grouped by, then the period's first day."""
NOTHING_WITHHELD: Withheld = frozenset()
TOO_FEW_PEOPLE = (
    "speak of fewer than five people, or let them be worked out; take fewer conditions or a longer"
    " window"
)


def is_guarded(metric: Metric, request: Request, bounds: Bounds) -> bool:
    """Whether values may have to be withheld: they judge people, are narrowed, and the reader may
    not compare people.
    """
    if request.policy.may_compare_people or not judges(metric):
        return False
    is_narrowed = bool(request.by) or request.where is not None or _is_part_of_day(request)
    return is_narrowed and person_of(metric, request, bounds) is not None


def _is_part_of_day(request: Request) -> bool:
    return (
        request.start is not None
        and request.end is not None
        and request.end - request.start < A_DAY
    )


def find_withheld(
    engine: Engine, metric: Metric, windows: Sequence[AskedWindow], bounds: Bounds
) -> list[Withheld]:
    """Return the cells of each window whose values are withheld.

    Raises:
        NotFoundError: the filter asks by what this metric does not know.
        UsageError, TooLargeError: so many dimensions or cells that nobody can tell what would give
        whom away.
    """
    request = windows[0].request
    known = metric_dimensions(metric, request, bounds)
    used = dimensions_used(request.where) if request.where is not None else set()
    # Being nobody's is asked of people's names, too: that does not tell people apart.
    names = (
        *request.by,
        *sorted(
            name
            for name in used
            if name not in request.by and not find_dimension(name, known)[0].is_person
        ),
    )
    if len(names) > MOST_DIMENSIONS:
        raise UsageError(
            f"{metric.name} is asked by {len(names)} dimensions at once; use at most"
            f" {MOST_DIMENSIONS}"
        )
    others = _others(
        names,
        [
            name
            for name in known
            if not known[name][0].is_of_ticket and request.policy.may_see(name)
        ],
    )
    rows = _run(engine, metric, compile_people(metric, windows, names, bounds, MOST_ROWS))
    beside = (
        _run(engine, metric, compile_people(metric, windows, request.by, bounds, MOST_ROWS, others))
        if others
        else []
    )
    found = []
    for number, window in enumerate(windows):
        here = [row[1:] for row in rows if row[0] == number]
        everybody = {row[-1] for row in here}
        least = (
            LEAST
            if len(everybody) >= LEAST
            else min(LEAST, max(_around(engine, metric, window, bounds), 1))
        )
        telling = _telling((row[1:] for row in beside if row[0] == number), least)
        found.append(
            _withheld(
                here,
                telling,
                len(request.by),
                least,
                is_part_of_day=_is_part_of_day(window.request),
            )
        )
    return found


def _run(engine: Engine, metric: Metric, house_sql: Any) -> list[Cell]:
    rows = engine.run(engine.runnable(house_sql))
    if len(rows) >= MOST_ROWS:
        raise TooLargeError(
            f"{metric.name} is asked in too many parts at once; take a shorter window, a coarser"
            " grain or fewer groups"
        )
    return rows


def _others(names: Sequence[str], known: Sequence[str]) -> tuple[str, ...]:
    """Return the dimensions whose values might lie inside what is asked, or around it: of two, the
    later one is checked against the earlier.
    """
    listed = [name for name in ORDER if name in known]
    if len(names) == 1 and names[0] in listed:
        return tuple(listed[: listed.index(names[0])])
    return tuple(name for name in listed if name not in names) if names else ()


def withheld_of(engine: Engine, metric: Metric, request: Request, bounds: Bounds) -> Withheld:
    """Return the withheld cells of one request; none where nothing is withheld from its reader."""
    if not is_guarded(metric, request, bounds) or bounds.missing(metric):
        return NOTHING_WITHHELD
    return find_withheld(engine, metric, [AskedWindow.of(request, bounds)], bounds)[0]


def refuse_few(engine: Engine, metric: Metric, request: Request, bounds: Bounds) -> None:
    """Refuse rows that speak of too few people.

    Raises:
        NotPermittedError: any part of what is asked would be withheld as a value.
    """
    if withheld_of(engine, metric, request, bounds):
        raise NotPermittedError(f"{metric.name}: these rows {TOO_FEW_PEOPLE}")


def crowded_periods(
    engine: Engine, metric: Metric, request: Request, bounds: Bounds
) -> set[date | None]:
    """Return the periods of a request in which enough people stand behind what is asked: a part of
    the check, for single periods told alone.
    """
    window = AskedWindow.of(request, bounds)
    people: dict[date | None, set[Any]] = defaultdict(set)
    everybody = set()
    for _, period, is_asked, person in _run(
        engine, metric, compile_people(metric, [window], (), bounds, MOST_ROWS)
    ):
        everybody.add(person)
        if is_asked:
            people[_day(period)].add(person)
    return {
        period
        for period, members in people.items()
        if len(members) >= min(LEAST, max(len(everybody), 1))
    }


def _around(engine: Engine, metric: Metric, window: AskedWindow, bounds: Bounds) -> int:
    """Count the people whom the reader may see at all in a window and the four weeks before it."""
    request = window.request
    start = request.start - AROUND if request.start is not None else None
    wide = AskedWindow(replace(request, by=(), where=None, grain=None, start=start))
    return len(engine.run(engine.runnable(compile_people(metric, [wide], (), bounds, LEAST))))


People = dict[Cell, set[Any]]


def _day(period: datetime | None) -> date | None:
    return None if period is None else period.date()


def _withheld(
    rows: Iterable[Cell], telling: Set[Cell], width: int, least: int, *, is_part_of_day: bool
) -> Withheld:
    """Return the withheld cells among (values..., period, whether it was asked for, person).

    Args:
        telling: cells to withhold because of another dimension, by the values grouped by and the
        period. width: how many values are grouped by; the others are those that the filter speaks
        of.
    """
    people: People = defaultdict(set)
    asked: set[Cell] = set()
    for *values, period, is_asked, person in rows:
        cell = (*values, _day(period))
        people[cell].add(person)
        if is_asked:
            asked.add(cell)
    if len(asked) == len(people):
        # The filter leaves nobody out: it might as well not be there.
        if not width and not is_part_of_day:
            return NOTHING_WITHHELD
        people = _together(people, (*range(width), -1))
        return frozenset(
            hidden_cells(people, least, telling & people.keys(), is_part_of_day=is_part_of_day)
        )
    hidden = hidden_cells(people, least, is_part_of_day=is_part_of_day)
    answers = {(*cell[:width], cell[-1]) for cell in asked}
    return frozenset({(*cell[:width], cell[-1]) for cell in asked & hidden} | (telling & answers))


def _telling(rows: Iterable[Cell], least: int) -> set[Cell]:
    """Return the cells that tell of fewer than `least` people beside values of another dimension.

    Args:
        rows: (values..., period, whether it was asked for, dimension, value, person).
    """
    # By dimension and period: the people of every value in each cell, what was not asked for being
    # one more cell.
    tables: dict[Any, dict[Cell | None, dict[Any, set[Any]]]] = defaultdict(
        lambda: defaultdict(lambda: defaultdict(set))
    )
    for *values, period, is_asked, other, value, person in rows:
        day = _day(period)
        cell = (*values, day) if is_asked else None
        tables[other, day][cell][value].add(person)
    found: set[Cell] = set()
    for table in tables.values():
        everybody: dict[Any, Counter[Any]] = defaultdict(Counter)
        for part in table.values():
            for value, members in part.items():
                everybody[value].update(members)
        withheld = {
            value
            for (value,) in hidden_cells(
                {(value,): set(members) for value, members in everybody.items()}, least
            )
        }
        found |= {
            cell
            for cell, here in table.items()
            if cell is not None and _tells(here, everybody, withheld, least)
        }
    return found


def _tells(
    here: Mapping[Any, set[Any]],
    everybody: Mapping[Any, Counter[Any]],
    withheld: Set[Any],
    least: int,
) -> bool:
    """Whether values of another dimension lie around a cell or all the rest, or inside one of them,
    but for fewer than `least` people.

    Args:
        here: who stands behind the cell, by value.
        everybody: in how many cells each person stands, by value.
        withheld: values that are told to nobody.
    """
    rest = {
        value: {
            person for person, cells in members.items() if cells > (person in here.get(value, ()))
        }
        for value, members in everybody.items()
    }
    rest = {value: members for value, members in rest.items() if members}
    for inside, outside in ((here, rest), (rest, here)):
        if withheld.isdisjoint(inside):
            around = set().union(*(outside.get(value, ()) for value in inside))
            if 0 < len(around) < least:
                return True
        within = {value for value in inside if value not in outside and value not in withheld}
        left = set().union(*(members for value, members in inside.items() if value not in within))
        if within and 0 < len(left) < least:
            return True
    return False


def hidden_cells(
    people: Mapping[Cell, set[Any]],
    least: int,
    also: Set[Cell] = frozenset(),
    *,
    is_part_of_day: bool = False,
) -> set[Cell]:
    """Return the cells of a table that must be withheld.

    Args:
        people: who stands behind each cell; a cell is named by its values, the period last.
        least: how many people a value must speak of.
        also: cells to withhold for another reason.
        is_part_of_day: then not even the totals of periods are shown to everybody.
    """
    if not also and all(len(members) >= least for members in people.values()):
        return set()
    width = len(next(iter(people)))
    places = [place for place in range(width) if len({cell[place] for cell in people}) > 1]
    open_totals: set[tuple[int, ...]] = set() if is_part_of_day else {(), (width - 1,)}
    # From the totals to the cells: what is withheld of a total need not be protected in its line.
    levels: dict[tuple[int, ...], set[Cell]] = {}
    for size in range(len(places) + 1):
        for kept in combinations(places, size):
            few = (
                {tuple(cell[place] for place in kept) for cell in also}
                if size == len(places)
                else set()
            )
            levels[kept] = (
                set()
                if kept in open_totals and size < len(places)
                else _hidden(_together(people, kept), kept, levels, least, few)
            )
    found = levels[tuple(places)]
    return {cell for cell in people if tuple(cell[place] for place in places) in found}


def _hidden(
    people: Mapping[Cell, set[Any]],
    kept: tuple[int, ...],
    levels: Mapping[tuple[int, ...], set[Cell]],
    least: int,
    also: set[Cell],
) -> set[Cell]:
    """Return the hidden cells of one level, its totals being known."""
    hidden = {cell for cell, members in people.items() if len(members) < least} | also
    if not hidden:
        return hidden
    lines: list[list[Cell]] = []
    for total, withheld in levels.items():
        if len(total) == len(kept) or not set(total) <= set(kept):
            continue
        at = [kept.index(place) for place in total]
        table: dict[Cell, list[Cell]] = defaultdict(list)
        for cell in people:
            table[tuple(cell[place] for place in at)].append(cell)
        lines += [line for name, line in table.items() if name not in withheld]
    # A cell that is all there is of a line is told by that line's total.
    told = {line[0] for line in lines if len(line) == 1}
    is_changed = True
    while is_changed:
        is_changed = False
        for line in lines:
            inside = [cell for cell in line if cell in hidden]
            if (
                not inside
                or len(inside) == len(line)
                or (
                    len(inside) > 1
                    and len(set().union(*(people[cell] for cell in inside))) >= least
                )
            ):
                continue
            others = [cell for cell in line if cell not in hidden and cell not in told]
            if not others:
                return set(people)
            hidden.add(min(others, key=lambda cell: (len(people[cell]), repr(cell))))
            is_changed = True
    return hidden


def _together(people: Mapping[Cell, set[Any]], kept: Sequence[int]) -> dict[Cell, set[Any]]:
    """Return the people of each cell of fewer dimensions."""
    found: dict[Cell, set[Any]] = defaultdict(set)
    for cell, members in people.items():
        found[tuple(cell[place] for place in kept)] |= members
    return found
