"""Reports: their numbers are those of the desk, their receipts verify, nothing becomes code."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Callable
from dataclasses import fields, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from pypdf import PdfReader, PdfWriter
from python_calamine import CalamineWorkbook

from helmdesk.catalogue.discovery import load_catalogue
from helmdesk.desk.desk import Desk
from helmdesk.errors import InputError, NotFoundError, TooLargeError, UsageError
from helmdesk.query.filters import Compare
from helmdesk.query.measurement import Measurement
from helmdesk.query.policy import OWNER
from helmdesk.reports import workbook
from helmdesk.reports.document import (
    Cell,
    Column,
    Document,
    Figure,
    Items,
    Paragraph,
    Section,
    Table,
)
from helmdesk.reports.figures import parts_figure
from helmdesk.reports.make import make_report, written
from helmdesk.reports.pdf import WITHOUT, as_pdf, receipts_of
from helmdesk.reports.scorecard import cover
from helmdesk.reports.source import source_of
from helmdesk.reports.workbook import as_workbook, table_as_workbook

MADE = datetime(2026, 7, 1, 12, tzinfo=UTC)
MONTH = {"start": "2026-05-01", "end": "2026-06-01"}


@pytest.fixture(scope="module")
def scorecard(small_desk: Desk) -> Document:
    return make_report(source_of(small_desk), "scorecard", **MONTH)


def hostile(text: str) -> Document:
    """A report whose every text is `text`."""
    table = Table(text, (Column(text), Column(text, is_number=True)), ((Cell(text), Cell(text)),))
    blocks = (Paragraph(text, text), Items((text, text)), table)
    return Document(
        title=text or "x",
        subtitle=text,
        desk=text,
        is_sample=False,
        cover=text,
        sections=(Section(text, blocks),),
        receipts=(),
        definitions=(),
        lake_version=1,
        as_of=datetime(2026, 7, 1),
        zone="UTC",
        made_for=text,
    )


def pages(content: bytes) -> str:
    return "\n".join(page.extract_text() for page in PdfReader(io.BytesIO(content)).pages)


def sheets(content: bytes) -> dict[str, list[list[Any]]]:
    book = CalamineWorkbook.from_filelike(io.BytesIO(content))
    return {name: book.get_sheet_by_name(name).to_python() for name in book.sheet_names}


def test_numbers_are_those_of_the_desk(small_desk: Desk, scorecard: Document) -> None:
    table = {
        row[0].text: row
        for section in scorecard.sections
        for block in section.blocks
        if isinstance(block, Table)
        for row in block.rows
    }
    for key in ("csat", "first_response_time", "ticket_volume", "sla_compliance", "backlog"):
        (measured,) = small_desk.measure(key, **MONTH)
        row = table[small_desk.find_metric(key).metric.title]
        assert (row[1].raw, row[3].raw) == (measured.value, measured.n)
    assert [entry.metric.title for entry in scorecard.definitions] == list(
        dict.fromkeys(entry.metric.title for entry in scorecard.definitions)
    )
    assert set(table) == {entry.metric.title for entry in scorecard.definitions}


def test_every_number_has_a_receipt_that_holds_it(scorecard: Document) -> None:
    (_, now), (_, before), *_ = scorecard.receipts
    recorded = {row["metric"]: row["value"] for row in now.results}
    earlier = {row["metric"]: row["value"] for row in before.results}
    shown = {
        row[0].text: row
        for section in scorecard.sections
        for block in section.blocks
        if isinstance(block, Table)
        for row in block.rows
    }
    for entry in scorecard.definitions:
        row = shown[entry.metric.title]
        assert recorded[entry.metric.key] == pytest.approx(row[1].raw, rel=1e-11), entry.metric.key
        if row[4].raw is not None:
            assert earlier[entry.metric.key] == pytest.approx(row[4].raw, rel=1e-11)


def test_a_pdf_is_tagged_and_carries_its_receipts(scorecard: Document) -> None:
    content = written(scorecard, "pdf", MADE)
    read = PdfReader(io.BytesIO(content))
    root = read.trailer["/Root"]
    assert root["/MarkInfo"]["/Marked"] is not None and "/StructTreeRoot" in root
    assert root["/Lang"] == "en"
    assert b"pdfuaid" in root["/Metadata"].get_data()
    assert "Scorecard" in [mark.title for mark in read.outline if not isinstance(mark, list)]
    assert receipts_of(content, "x.pdf") == [receipt for _, receipt in scorecard.receipts]
    assert written(scorecard, "pdf", MADE) == content
    text = pages(content)
    assert scorecard.cover.split("(")[0][:30] in " ".join(text.split())
    assert "Sample data" in text


def figures_of(report: Document) -> list[Figure]:
    return [
        block
        for section in report.sections
        for block in section.blocks
        if isinstance(block, Figure)
    ]


def tagged(content: bytes) -> list[dict[str, Any]]:
    """Every element of a PDF's structure, as a screen reader walks it."""
    found: list[dict[str, Any]] = []
    waiting = [PdfReader(io.BytesIO(content)).trailer["/Root"]["/StructTreeRoot"]]
    while waiting:
        each = waiting.pop()
        each = each.get_object() if hasattr(each, "get_object") else each
        if isinstance(each, list):
            waiting += reversed(each)
        elif isinstance(each, dict):
            found.append(each)
            waiting.append(each.get("/K"))
    return found


def test_every_figure_is_told_in_words(scorecard: Document, tell: Any) -> None:
    """Each picture is a figure of the PDF's structure, with the words that stand for it."""
    drawn = figures_of(scorecard)
    assert {figure.kind for figure in drawn} >= {"trend"}
    elements = tagged(written(scorecard, "pdf", MADE))
    told = [str(each.get("/Alt", "")) for each in elements if each.get("/S") == "/Figure"]
    assert told == [figure.alt for figure in drawn]
    tell(
        "every figure of a PDF/UA report says in words what it shows",
        f"{len(told)} of {len(drawn)}",
    )
    for figure in drawn:
        (least, most) = (
            f([p.value for p in figure.points if p.value is not None]) for f in (min, max)
        )
        assert figure.ticks[0][0] <= least and most <= figure.ticks[-1][0]
        known = [point for point in figure.points if point.value is not None and point.is_whole]
        assert all(known[end].text in figure.alt for end in (0, -1)), "first and last are told"


def test_what_is_drawn_is_in_a_receipt(small_desk: Desk, scorecard: Document) -> None:
    """The weeks of each trend are those that the desk gives, and a receipt holds them."""
    receipts = dict(scorecard.receipts)
    titles = {entry.metric.title: entry.metric.key for entry in scorecard.definitions}
    trends = [figure for figure in figures_of(scorecard) if figure.kind == "trend"]
    for figure in trends:
        rows = receipts[f"{figure.name}, drawn"].results
        held = {(row["metric"], row["period_start"]): row["value"] for row in rows}
        key = titles[figure.name.removesuffix(" by week")]
        asked = {"start": "2025-12-01", "end": "2026-06-01", "grain": "week"}
        own = {f"{m.period_start:%-d %b %Y}": m for m in small_desk.measure(key, **asked)}
        for point in figure.points:
            m = own[point.name]
            assert (point.value, point.low, point.high) == (m.value, m.low, m.high)
            if point.value is not None:
                assert held[key, str(m.period_start)] == pytest.approx(point.value, rel=1e-11)


def test_parts_are_drawn_with_the_days_before() -> None:
    """Two parts, worked out by hand; one that is withheld is left out, and said."""
    volume = load_catalogue()["ticket_volume"].metric
    (now, other), gone = (part("email", 8.0), part("chat", 12.0)), part("phone", None)
    drawn = parts_figure(volume, "channel", [now, other, gone], [part("email", 6.0)])
    assert drawn is not None and drawn.kind == "bars"
    assert [(p.name, p.value, p.before) for p in drawn.points] == [
        ("chat", 12.0, None),
        ("email", 8.0, 6.0),
    ]
    assert drawn.ticks[0][0] == 0.0
    assert "chat 12; email 8 (before 6)" in drawn.alt
    assert "1 part" in drawn.caption
    assert parts_figure(volume, "channel", [now, gone], []) is None


def part(name: str, value: float | None) -> Measurement:
    blank: dict[str, Any] = {each.name: None for each in fields(Measurement)}
    given = {
        "metric": "ticket_volume",
        "unit": "tickets",
        "n": int(value or 0),
        "group": (("channel", name),),
        "reason": "" if value else "withheld",
    }
    return Measurement(**{**blank, **given, "value": value})


def test_a_brief_and_a_review_are_told(small_desk: Desk) -> None:
    source = source_of(small_desk)
    brief = make_report(source, "brief", end="2025-10-27")
    found = small_desk.brief(end="2025-10-27")
    assert [section.title for section in brief.sections[: len(found.findings)]] == [
        f"{place}. {each.title}" for place, each in enumerate(found.findings, 1)
    ]
    name = str(
        max(
            small_desk.measure("ticket_volume", by="account", **MONTH),
            key=lambda each: each.n if each.group[0][1] else 0,
        ).group[0][1]
    )
    review = make_report(source, "review", account=name, **MONTH)
    (volume,) = small_desk.measure("ticket_volume", where=f"account = '{name}'", **MONTH)
    assert f"{name} wrote or called {volume.value:,.0f} times" in review.cover
    (about,) = (section for section in review.sections if section.title == "What it was about")
    (table,) = (block for block in about.blocks if isinstance(block, Table))
    assert sum(row[1].raw for row in table.rows) == volume.value  # type: ignore[misc]
    assert pages(written(review, "pdf", MADE)).count(name) > 1
    everybody = make_report(source, "review", **MONTH)
    assert everybody.title == "Business review"


def test_a_review_of_nobody_says_who_there_is(small_desk: Desk) -> None:
    source = source_of(small_desk)
    name = small_desk.accounts(**MONTH)[0].name
    with pytest.raises(NotFoundError, match=name):
        make_report(source, "review", account=name[:-1] + "x", **MONTH)


def test_what_a_report_does_not_take(small_desk: Desk) -> None:
    source = source_of(small_desk)
    with pytest.raises(UsageError, match="a brief takes no account; it takes end, where"):
        make_report(source, "brief", account="Rivora")
    with pytest.raises(UsageError, match="there is no report 'poem'"):
        make_report(source, "poem")


def test_a_reader_gets_what_the_policy_lets_through(small_desk: Desk) -> None:
    """A policy without metrics leaves them out, and one with rows of its own counts those alone."""
    team = small_desk.segments()["team"][0]
    policy = replace(OWNER, name="lead", predicate=Compare("team", "=", team))
    mine = replace(source_of(small_desk), ask=small_desk.as_seen_by(policy))
    report = make_report(mine, "scorecard", **MONTH)
    (volume,) = small_desk.measure("ticket_volume", where=f"team = '{team}'", **MONTH)
    shown = {
        row[0].text: row[1].raw
        for section in report.sections
        for block in section.blocks
        if isinstance(block, Table)
        for row in block.rows
    }
    assert shown["Ticket volume"] == volume.value
    assert report.made_for == "lead"


@pytest.mark.parametrize(
    "text",
    [
        "#panic()",
        '"); #read("/etc/passwd") //',
        "= heading\n- list $x$ `code` *b* _i_ @ref <label>",
        "\\ ] ) } { # 'quote' \"double\"",
        "=1+1",
        "Gülşen & Ørsted 東京 العربية 🙂",
        "",
    ],
)
def test_text_stays_text(text: str) -> None:
    report = hostile(text)
    content = as_pdf(report, MADE)
    shown = "".join(pages(content).split())
    if text.isascii():
        assert "".join(text.split())[:6] in shown
    else:
        assert WITHOUT.replace(" ", "") in shown or "東" in shown
    cells = [cell for rows in sheets(as_workbook(report)).values() for row in rows for cell in row]
    assert text in cells


def test_a_workbook_has_typed_cells(scorecard: Document) -> None:
    book = sheets(written(scorecard, "xlsx"))
    shown = {row[0]: row for row in book["Customer quality"][1:]}
    (csat,) = (
        row
        for section in scorecard.sections
        for block in section.blocks
        if isinstance(block, Table)
        for row in block.rows
        if row[0].text == "Customer satisfaction"
    )
    assert shown["Customer satisfaction"][1] == pytest.approx(csat[1].raw)
    waits = {row[0]: row for row in book["Operational efficiency"][1:]}
    value = waits["First response time (median)"][1]
    assert isinstance(value, timedelta)
    assert {row[0] for row in book["Definitions"][1:]} == {
        entry.metric.key for entry in scorecard.definitions
    }
    whole = "".join(str(cell) for cell in book["Receipts"][1][3:])
    assert json.loads(whole)["digest"] == book["Receipts"][1][2]


def test_any_table_is_a_workbook() -> None:
    table = pa.table(
        {
            "id": pa.array([2**60, 7]),
            "said": ["=1+1", None],
            "at": pa.array([datetime(2026, 7, 1, 22, 30), None], pa.timestamp("us")),
            "day": [date(2026, 7, 1), date(1850, 1, 1)],
            "share": [0.25, float("nan")],
            "is_open": [True, False],
        }
    )
    rows = sheets(table_as_workbook(table, "a/b:c" * 20, "Europe/Berlin"))
    ((name, found),) = rows.items()
    assert name == ("a b c" * 20)[:31]
    assert found[0] == ["id", "said", "at (Europe/Berlin)", "day", "share", "is_open"]
    assert found[1] == [
        str(2**60),
        "=1+1",
        datetime(2026, 7, 2, 0, 30),
        date(2026, 7, 1),
        0.25,
        True,
    ]
    assert found[2] == [7.0, "", "", "1850-01-01", "", False]


def test_more_rows_than_a_sheet_holds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workbook, "MOST_ROWS", 3)
    with pytest.raises(TooLargeError, match="narrow the filter, or take CSV or Parquet"):
        table_as_workbook(pa.table({"a": [1, 2, 3]}))


def test_two_sheets_of_one_name() -> None:
    book = workbook.Book()
    assert [
        book.sheet("Weeks of the very long name that nobody reads").get_name() for _ in "ab"
    ] == [
        "Weeks of the very long name tha",
        "Weeks of the very long name (2)",
    ]


def test_nothing_to_say_is_said() -> None:
    assert cover([]) == "There is nothing to show for these days."


def test_a_report_is_written_and_verified(
    small_desk: Desk, helmdesk: Callable[..., Any], tmp_path: Path
) -> None:
    out = tmp_path / "review.pdf"
    args = ("report", "review", "--start", "2026-05-01", "--end", "2026-06-01", "--out", out)
    said = helmdesk(*args, "--desk", small_desk.path).stdout
    count = int(re.search(r"(\d+) receipts, lake version 1", said)[1])  # type: ignore[index]
    told = helmdesk("verify", out, "--desk", small_desk.path).stdout
    assert told.count("equal: ") == count >= 4
    assert helmdesk(*args[:-1], tmp_path / "x.docx", "--desk", small_desk.path, code=2)


def test_what_is_no_report(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"x.pdf: not a PDF that can be read"):
        receipts_of(b"%PDF-1.7 nothing", "x.pdf")
    empty, sink = PdfWriter(), io.BytesIO()
    empty.add_blank_page(100, 100)
    empty.write(sink)
    with pytest.raises(InputError, match="carries no receipts"):
        receipts_of(sink.getvalue(), "x.pdf")
