"""Reports as PDF/UA: tagged, with bookmarks, and with the receipts attached."""

from __future__ import annotations

import io
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from importlib.resources import files
from typing import Any, Literal

from helmdesk.errors import HelmdeskError, InputError, UsageError
from helmdesk.query.receipt import Receipt, receipt_from
from helmdesk.reports.document import Block, Cell, Column, Document, Figure, Items, Paragraph, Table

ATTACHED = "receipts.json"
WITHOUT = "not whole for screen readers"
NEEDS = "reports as PDF need: pip install 'helmdesk[reports]'"


def as_pdf(report: Document, made_at: datetime) -> bytes:
    """Return a report as a PDF/UA-1 file; where no font here has some of its letters, as a tagged
    PDF that says so.

    Args:
        made_at: when it is made, with its offset; the same report and moment give the same bytes.

    Raises:
        UsageError: the extra `reports` is not installed.
    """
    try:
        import typst
    except ImportError as error:
        raise UsageError(NEEDS) from error

    plain = _plain(report)
    moment = int(made_at.astimezone(UTC).timestamp())

    def make(standard: Literal["ua-1"] | None) -> bytes:
        given = json.dumps(plain, ensure_ascii=False, allow_nan=False)
        made: bytes = typst.compile(
            files(__package__).joinpath("report.typ").read_bytes(),
            sys_inputs={"report": given},
            pdf_standards=standard,
            timestamp=moment,
        )
        return made

    try:
        return make("ua-1")
    except typst.TypstError as error:
        # A name in letters that no font here has must not cost the report: it says so instead.
        plain["foot"] += f"; {WITHOUT} ({error})"
    try:
        return make(None)
    except typst.TypstError as error:
        raise HelmdeskError(f"the PDF could not be set: {error}") from error


def receipts_of(content: bytes, name: str) -> list[Receipt]:
    """Return the receipts that a PDF report carries.

    Raises:
        InputError: it is no PDF, or none that carries receipts.
    """
    try:
        from pypdf import PdfReader
        from pypdf.errors import PyPdfError
    except ImportError as error:
        raise UsageError(NEEDS) from error
    try:
        attached = PdfReader(io.BytesIO(content)).attachments.get(ATTACHED)
    except (PyPdfError, ValueError, KeyError, RecursionError) as error:
        raise InputError(f"{name}: not a PDF that can be read: {error}") from error
    if not attached:
        raise InputError(f"{name}: carries no receipts; is it a report of Helmdesk?")
    try:
        return [receipt_from(each, name) for each in json.loads(attached[0])]
    except (ValueError, TypeError) as error:
        raise InputError(f"{name}: its receipts cannot be read: {error}") from error


def _plain(report: Document) -> dict[str, Any]:
    receipts = [receipt.content for _, receipt in report.receipts]
    return {
        "title": report.title,
        "subtitle": report.subtitle,
        "desk": report.desk,
        "language": "en",
        "keywords": ["Helmdesk", report.title],
        "is_sample": report.is_sample,
        "cover": report.cover,
        "foot": (
            f"Data until {report.as_of:%d %B %Y, %H:%M} ({report.zone}); lake version"
            f" {report.lake_version}; made for {report.made_for}"
        ),
        "lake_version": report.lake_version,
        "sections": [
            {"title": section.title, "blocks": [_block(block) for block in section.blocks]}
            for section in report.sections
        ],
        "definitions": [
            {
                "name": entry.metric.title,
                "key": entry.metric.key,
                "version": entry.metric.version,
                "text": _first_paragraph(entry.description),
            }
            for entry in report.definitions
        ],
        "receipts": [name for name, _ in report.receipts],
        "receipt_table": _block(_receipt_table(report)),
        "attached": json.dumps(receipts, ensure_ascii=False),
    }


def _first_paragraph(text: str) -> str:
    return " ".join(text.strip().split("\n\n")[0].split())


def _receipt_table(report: Document) -> Table:
    return Table(
        "Receipts",
        (Column("Numbers of", width=1.2), Column("Metrics", True, 0.6), Column("Digest", width=4)),
        tuple(
            (
                Cell(name),
                Cell(str(len(receipt.content["queries"]))),
                Cell(str(receipt.content["digest"])),
            )
            for name, receipt in report.receipts
        ),
    )


def _figure(figure: Figure) -> Mapping[str, Any]:
    return {
        "kind": figure.kind,
        "name": figure.name,
        "alt": figure.alt,
        "caption": figure.caption,
        "points": [
            {
                **{"name": each.name, "text": each.text, "is_whole": each.is_whole},
                **{"value": each.value, "low": each.low, "high": each.high, "before": each.before},
            }
            for each in figure.points
        ],
        "ticks": [{"value": value, "text": text} for value, text in figure.ticks],
        "marks": [{"place": place, "text": text} for place, text in figure.marks],
        "levels": [
            {"start": each.start, "end": each.end, "value": each.value, "text": each.text}
            for each in figure.levels
        ],
        "band": list(figure.band or ()),
        "target": list(figure.target),
    }


def _block(block: Block) -> Mapping[str, Any]:
    if isinstance(block, Paragraph):
        return {"kind": "text", "text": block.text, "lead": block.lead, "tone": block.tone}
    if isinstance(block, Items):
        return {"kind": "items", "texts": list(block.texts)}
    if isinstance(block, Figure):
        return _figure(block)
    return {
        "kind": "table",
        "columns": [
            {"name": column.name, "is_number": column.is_number, "width": column.width}
            for column in block.columns
        ],
        "rows": [
            [{"text": cell.text, "tone": cell.tone, "course": list(cell.course)} for cell in row]
            for row in block.rows
        ],
        "note": block.note,
    }
