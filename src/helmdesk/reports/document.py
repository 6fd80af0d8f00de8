"""A report before it has a form: headings, paragraphs and tables, the same for PDF and workbook."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from helmdesk.catalogue.discovery import Entry
from helmdesk.query.receipt import Receipt

# A verdict's tone as `helmdesk.insight.verdict.Tone` names it; "" where nothing is judged.
Tone = str
Raw = str | float | int | datetime | None


@dataclass(frozen=True)
class Cell:
    """One cell of a table.

    Attributes:
        text: what a reader sees.
        raw: the value itself, for a workbook; None: the text is all there is.
        unit: of a number, as in the catalogue: share, seconds, EUR ...
        tone: what a verdict means to its reader.
        course: values of the latest periods, oldest first; None where a period has none.
    """

    text: str
    raw: Raw = None
    unit: str = ""
    tone: Tone = ""
    course: tuple[float | None, ...] = ()


@dataclass(frozen=True)
class Column:
    """A column of a table; `is_number` sets it flush right."""

    name: str
    is_number: bool = False
    width: float = 1.0


@dataclass(frozen=True)
class Table:
    """Rows under a heading; every row has a cell for each column."""

    name: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]
    note: str = ""


@dataclass(frozen=True)
class Paragraph:
    """Text, with what stands in bold before it."""

    text: str
    lead: str = ""
    tone: Tone = ""


@dataclass(frozen=True)
class Items:
    """A list of short texts."""

    texts: tuple[str, ...]


@dataclass(frozen=True)
class Point:
    """One value of a figure: of a period, or of one part of the work.

    Attributes:
        name: of the period or part.
        value, low, high: the value and its 95% interval; None where there is none.
        before: the value of the days compared with, where the figure compares.
        text, range_text: value and interval as a reader sees them.
        cases: how many it rests on.
        is_whole: False for a period that is not over.
    """

    name: str
    value: float | None
    low: float | None = None
    high: float | None = None
    before: float | None = None
    text: str = ""
    range_text: str = ""
    cases: int = 0
    is_whole: bool = True


@dataclass(frozen=True)
class Level:
    """A value over several periods; `start` and `end` are places among them, from 0 on."""

    start: float
    end: float
    value: float
    text: str


@dataclass(frozen=True)
class Figure:
    """A picture of numbers, with all that it shows in words.

    Attributes:
        kind: "trend" draws points over time; "bars" and "dots" one for each part of the work.
        name: what is drawn.
        alt: what it shows, for who does not see it: plain words with the numbers that matter.
        caption: how it is read.
        ticks: values of the axis with their words.
        marks: places along a trend with the words below them.
        band: between what ordinary periods lie.
        target: what the desk wants to reach: nothing, one value, or two ends.
    """

    kind: Literal["trend", "bars", "dots"]
    name: str
    alt: str
    caption: str
    unit: str
    points: tuple[Point, ...]
    ticks: tuple[tuple[float, str], ...]
    marks: tuple[tuple[float, str], ...] = ()
    levels: tuple[Level, ...] = ()
    band: tuple[float, float] | None = None
    target: tuple[float, ...] = ()

    @property
    def table(self) -> Table:
        """What is drawn, as a table."""
        is_trend = self.kind == "trend"
        columns = (
            Column("Week" if is_trend else "Part"),
            Column("Value", is_number=True),
            Column("95% interval", is_number=True),
            Column("Cases", is_number=True),
            *(() if is_trend else (Column("Before", is_number=True),)),
        )
        return Table(self.name, columns, tuple(self._row(each, is_trend) for each in self.points))

    def _row(self, point: Point, is_trend: bool) -> tuple[Cell, ...]:
        before = () if is_trend else (Cell("", point.before, self.unit),)
        value = Cell(point.text, point.value, self.unit)
        cases = Cell(f"{point.cases:,}", point.cases)
        return (Cell(point.name), value, Cell(point.range_text), cases, *before)


Block = Table | Paragraph | Items | Figure


@dataclass(frozen=True)
class Section:
    """Blocks under one heading."""

    title: str
    blocks: tuple[Block, ...]


@dataclass(frozen=True)
class Document:
    """A report, frozen to the lake version that its receipts name.

    Attributes:
        title, subtitle: what it is, and which days it looks at.
        desk: the desk's name.
        is_sample: whether the data are invented; it says so on every page then.
        cover: a sentence or two that a leader would write above it.
        receipts: what its numbers are computed again from, by name.
        definitions: of the metrics it shows, in their order.
        lake_version: of the records that it was made from.
        as_of: where the data end, a wall time of `zone`.
        made_for: who may see it: the name of the policy it was asked under.
    """

    title: str
    subtitle: str
    desk: str
    is_sample: bool
    cover: str
    sections: tuple[Section, ...]
    receipts: tuple[tuple[str, Receipt], ...]
    definitions: tuple[Entry, ...]
    lake_version: int
    as_of: datetime
    zone: str
    made_for: str
