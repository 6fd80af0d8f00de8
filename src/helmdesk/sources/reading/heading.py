"""The line with the names of the columns, below titles and above the rows; and what stands under
each name.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from statistics import median

from helmdesk.csv_text import LOOKED_AT
from helmdesk.sources.reading.survey_heading import survey_heading

FOLLOWING = 20


@dataclass(frozen=True)
class Heading:
    """Where a table begins and what its columns are called.

    Attributes:
        place: how many rows stand above the first row of data.
        names: the columns, each once.
        cells: for each of them the places of its cells in a row: several where a name is repeated.
        width: how many cells a row of the table has.
        further: how many rows below the names say more of them, and are no data.
        titles: what stands above the names.
    """

    place: int
    names: tuple[str, ...]
    cells: tuple[tuple[int, ...], ...]
    width: int
    further: int = 0
    titles: tuple[str, ...] = ()

    @property
    def is_plain(self) -> bool:
        """Whether the names stand in the first row, one for every cell."""
        return self.place == 1 and len(self.names) == self.width

    @property
    def repeated(self) -> dict[str, int]:
        """Names that stand several times, and how often."""
        return {
            name: len(places)
            for name, places in zip(self.names, self.cells, strict=True)
            if len(places) > 1
        }

    def gather(self, row: Sequence[str | None]) -> list[str | None]:
        """Return the cells of a row by name; what stands under a repeated name becomes a list,
        where it is more than one.
        """
        return [
            (
                row[places[0]] or None
                if len(places) == 1
                else _listed([row[place] for place in places])
            )
            for places in self.cells
        ]


def _listed(cells: Sequence[str | None]) -> str | None:
    said = [cell for cell in cells if cell]
    return (said[0] if len(said) == 1 else json.dumps(said, ensure_ascii=False)) if said else None


def find_heading(
    rows: Sequence[Sequence[str]], used: Collection[int] | None = None
) -> Heading | None:
    """Return the heading of a table by its first rows; None where nothing stands in them.

    The names are the first row that is as wide as what follows it and as well filled: titles and
    filters above a table are narrower, or stand apart from it.

    Args:
        used: the columns of a sheet that hold anything below its titles: nameless ones that do not
        are left out. None for text.
    """
    tidy = [[(cell or "").strip() for cell in row] for row in rows[:LOOKED_AT]]
    filled = [sum(map(bool, row)) for row in tidy]
    widths = [max((place for place, cell in enumerate(row, 1) if cell), default=0) for row in tidy]
    # "Report:" is a title and what it is about.
    place = next(
        (
            place
            for place, row in enumerate(tidy)
            if _is_heading(filled, widths, place) and not (row and row[0].endswith(":"))
        ),
        None,
    )
    if place is None:
        place = next((place for place, count in enumerate(filled) if count), None)
        if place is None:
            return None
    place = _wider_names(tidy, filled, widths, place)
    survey = survey_heading(tidy)
    names, after = (
        (survey.names, survey.after) if survey else _levels(tidy, place, used is not None)
    )
    width = max(at for at, word in enumerate(names, 1) if word)
    width = max(width, max(used, default=0) + 1) if used else width
    names = [*names, *[""] * (width - len(names))][:width]
    found: dict[str, list[int]] = {}
    for at, word in enumerate(names):
        if word or used is None or at in used:
            found.setdefault(word or f"column_{at + 1}", []).append(at)
    return Heading(
        after,
        told_apart(found),
        tuple(map(tuple, found.values())),
        width,
        survey.further if survey else 0,
        tuple(cell for row in tidy[: max(place, 0)] for cell in row if cell),
    )


def told_apart(names: Iterable[str]) -> tuple[str, ...]:
    """Return names that differ in more than capital letters, and from our own: to a database ID and
    id are one.
    """
    taken = {"_file", "_row", "_line"}
    apart = []
    for name in names:
        number, own = 1, name
        while own.lower() in taken:
            number += 1
            own = f"{name} ({number})"
        taken.add(own.lower())
        apart.append(own)
    return tuple(apart)


def _is_heading(filled: Sequence[int], widths: Sequence[int], place: int) -> bool:
    """Whether a row may hold the names of what follows it."""
    following = [
        at for at in range(place + 1, min(place + 1 + FOLLOWING, len(filled))) if filled[at]
    ]
    if not filled[place]:
        return False
    if not following:
        return True
    if not filled[place + 1] and widths[place] < max(widths[at] for at in following):
        return False  # a title stands apart
    wider = sum(widths[at] > max(widths[place] + 1, 1.25 * widths[place]) for at in following)
    return (
        wider * 2 <= len(following)
        and filled[place] >= min(2, max(filled))
        and filled[place] * 2 >= median(filled[at] for at in following)
    )


def _wider_names(
    rows: Sequence[Sequence[str]], filled: Sequence[int], widths: Sequence[int], place: int
) -> int:
    """Return a later row that is nothing but names and as wide as all that follows, where what is
    above it is narrower; else `place`.
    """
    for at in range(place + 1, min(place + FOLLOWING, len(rows) - 1)):
        after = [widths[below] for below in range(at + 1, len(rows)) if filled[below]]
        is_names = filled[at] == widths[at] and all(
            any(map(str.isalpha, cell)) and not cell[0].isdigit() for cell in rows[at] if cell
        )
        if (
            is_names
            and after
            and max(widths[:at]) < widths[at] >= max(after)
            and 2 * sum(wide > widths[place] for wide in after) >= len(after)
        ):
            return at
    return place


def _levels(rows: Sequence[Sequence[str]], place: int, is_sheet: bool) -> tuple[list[str], int]:
    """Return the names and where the data begin; names under common headings are named after
    both.
    """
    names = list(rows[place])
    below, first = [*rows[place + 1 : place + 3], [], []][:2]
    if is_sheet and _is_second_level(names, below, first):
        return _joined(names, below), place + 2
    above = rows[place - 1] if place else []
    repeats = max(Counter(filter(None, names)).values(), default=1) > 1
    if repeats and sum(map(bool, above)) > 1:
        return _joined(above, names), place + 1
    return names, place + 1


def _is_second_level(names: Sequence[str], below: Sequence[str], first: Sequence[str]) -> bool:
    """Whether the row below says what each of several cells under one heading is, and the first row
    of data is the one after it.
    """
    named = {at for at, word in enumerate(names) if word}
    under = {at for at, word in enumerate(below) if word}
    grouped = {at for at in range(1, max(len(names), len(below))) if at not in named}
    begins = {at - 1 for at in grouped if at - 1 in named}
    single = named - begins
    is_text = all(any(character.isalpha() for character in below[at]) for at in under)
    return (
        bool(grouped and single)
        and is_text
        and under == grouped | begins
        and all(at < len(first) and first[at] for at in single)
    )


def _joined(groups: Sequence[str], names: Sequence[str]) -> list[str]:
    joined, group = [], ""
    for at in range(max(len(groups), len(names))):
        own, word = (groups[at] if at < len(groups) else ""), (names[at] if at < len(names) else "")
        group = own or (group if word else "")
        joined.append(f"{group} {word}".strip())
    return joined
