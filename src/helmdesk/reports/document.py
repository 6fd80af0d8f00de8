"""A report before it has a form: headings, paragraphs and tables, the same for PDF and workbook."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

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


Block = Table | Paragraph | Items


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
