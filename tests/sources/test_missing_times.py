"""A time that is missing is said loudly, by every source: in which file, line and column, and what
to do.
"""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import pytest

from desks import late_desk
from helmdesk.desk.desk import Desk

MAPPING = """
name = "shop"
key = ["No"]
[[record]]
type = "created"
[record.columns]
ticket_id = "No"
occurred_at = "Opened"
[[record]]
type = "status_changed"
optional = true
[record.columns]
ticket_id = "No"
occurred_at = "Closed"
status = { column = "State", values = { Done = "solved", Open = "open" } }
"""


class Export(NamedTuple):
    """Tables of one source; of one of its rows the time is missing."""

    source: str
    tables: dict[str, str]
    table: str
    line: int
    column: str
    mapping: str = ""


EXPORTS = (
    Export(
        "zendesk",
        {
            "ticket": (
                "id,created_at,status,updated_at\n1,2026-01-05 09:00:00,open,2026-01-05"
                " 10:00:00\n2,,open,2026-01-05 10:00:00\n"
            )
        },
        "ticket",
        3,
        "created_at",
    ),
    Export(
        "zendesk",
        {
            "ticket": (
                "id,created_at,status,updated_at\n1,2026-01-05 09:00:00,open,2026-01-05 10:00:00\n"
            ),
            "ticket_field_history": (
                "ticket_id,field_name,value,updated\n1,status,open,2026-01-05"
                " 09:00:00\n1,status,solved,\n"
            ),
        },
        "ticket_field_history",
        3,
        "updated",
    ),
    Export(
        "jira",
        {
            "issue": "id,created,status\n1,2026-01-05 09:00:00,1\n2,,1\n",
            "status": "id,name,status_category_id\n1,Open,2\n",
        },
        "issue",
        3,
        "created",
    ),
    Export(
        "intercom",
        {
            "conversation_history": (
                "id,created_at,updated_at,state\n1,2026-01-05 09:00:00,2026-01-05"
                " 10:00:00,open\n2,,2026-01-05 10:00:00,open\n"
            )
        },
        "conversation_history",
        3,
        "created_at",
    ),
    Export(
        "intercom",
        {
            "conversation_history": (
                "id,created_at,updated_at,state\n1,2026-01-05 09:00:00,2026-01-05"
                " 10:00:00,open\n2,2026-01-05 10:00:00,,closed\n"
            )
        },
        "conversation_history",
        3,
        "updated_at",
    ),
    Export(
        "servicenow",
        {
            "log": (
                "number,incident_state,sys_updated_at,opened_at\nA,New,2026-01-05"
                " 09:00:00,2026-01-05 09:00:00\nB,New,2026-01-05 09:00:00,\n"
            )
        },
        "log",
        3,
        "opened_at",
    ),
    Export(
        "servicenow",
        {
            "log": (
                "number,incident_state,sys_updated_at,opened_at\nA,New,2026-01-05"
                " 09:00:00,2026-01-05 09:00:00\nB,Closed,,2026-01-05 09:00:00\n"
            )
        },
        "log",
        3,
        "sys_updated_at",
    ),
    Export(
        "eventlog",
        {
            "log": (
                "case_id,activity,timestamp\nA,create ticket,2026-01-05 09:00:00\nB,create"
                " ticket,\n"
            )
        },
        "log",
        3,
        "timestamp",
    ),
    Export(
        "mapping",
        {
            "table": (
                "No,Opened,Closed,State\n1,2026-01-05 09:00:00,2026-01-05"
                " 10:00:00,Done\n2,,2026-01-05 11:00:00,Done\n"
            )
        },
        "table",
        3,
        "Opened",
        MAPPING,
    ),
    Export(
        "mapping",
        {
            "table": (
                "No,Opened,Closed,State\n1,2026-01-05 09:00:00,2026-01-05"
                " 10:00:00,Done\n2,2026-01-05 09:00:00,,Done\n"
            )
        },
        "table",
        3,
        "Closed",
        MAPPING.replace("optional = true\n", ""),
    ),
    Export(
        "telephony",
        {
            "calls": (
                "call_id,started_at,answered,queue,wait_seconds\nc1,2026-01-05"
                " 09:00:00,yes,q,10\nc2,,yes,q,10\n"
            )
        },
        "calls",
        3,
        "started_at",
    ),
    Export(
        "survey",
        {"answers": "csat_score,responded_at\n5,2026-01-05 09:00:00\n4,\n"},
        "answers",
        3,
        "responded_at",
    ),
    Export(
        "states",
        {"log": "agent,at,state\nann,2026-01-05 09:00:00,ready\nann,,break\n"},
        "log",
        3,
        "at",
    ),
    Export(
        "roster",
        {
            "plan": (
                "agent,start,end\nann,2026-01-05 09:00:00,2026-01-05 17:00:00\nann,,2026-01-06"
                " 17:00:00\n"
            )
        },
        "plan",
        3,
        "start",
    ),
    Export(
        "transcript",
        {
            "chats": (
                "conversation_id,role,timestamp,text\n1,customer,2026-01-05"
                " 09:00:00,hi\n1,agent,,hello\n"
            )
        },
        "chats",
        3,
        "timestamp",
    ),
    Export(
        "qualtrics",
        {
            "survey_response": "id,survey_id,recorded_date\nr1,s,2026-01-05 09:00:00\nr2,s,\n",
            "question": "id,survey_id,question_text\nq,s,How satisfied are you?\n",
            "question_response": "response_id,question_id,value\nr1,q,5\nr2,q,4\n",
        },
        "survey_response",
        3,
        "recorded_date",
    ),
)


def load(desk: Desk, path: Path, export: Export) -> list[str]:
    """Load an export and return the notes of its report."""
    for table, content in export.tables.items():
        (path / f"{table}.csv").write_text(content, encoding="utf-8")
    if export.mapping:
        (path / "mapping.toml").write_text(export.mapping, encoding="utf-8")
    is_folder = export.source in ("zendesk", "jira", "intercom", "qualtrics")
    files = [path] if is_folder else [path / f"{export.table}.csv"]
    return desk.load(
        export.source, files, mapping=path / "mapping.toml" if export.mapping else None
    ).notes


@pytest.mark.parametrize("export", EXPORTS, ids=lambda export: f"{export.source}: {export.column}")
def test_a_missing_time_is_named(tmp_path: Path, export: Export) -> None:
    desk = late_desk(tmp_path / "desk")
    path = tmp_path / "export"
    path.mkdir()
    load(desk, path, export)
    (apart,) = [each for each in desk.quarantine() if each.column == export.column]
    assert (Path(apart.file).stem, apart.line) == (export.table, export.line)
    assert "empty" in apart.reason or "no start" in apart.reason or "without a time" in apart.reason


UNDATED = (
    Export(
        "zendesk",
        {
            "ticket": (
                "id,created_at,status,updated_at\n1,2026-01-05 09:00:00,closed,\n2,2026-01-05"
                " 09:00:00,solved,2026-01-05 10:00:00\n3,2026-01-05 09:00:00,open,\n4,2026-01-06"
                " 09:00:00,open,2026-01-06 10:00:00\n"
            )
        },
        "ticket",
        0,
        "",
    ),
    Export(
        "jira",
        {
            "issue": (
                "id,created,status,resolved,updated\n1,2026-01-05 09:00:00,9,,\n2,2026-01-05"
                " 09:00:00,9,2026-01-05 10:00:00,\n3,2026-01-05 09:00:00,1,,\n4,2026-01-06"
                " 09:00:00,1,,2026-01-06 10:00:00\n"
            ),
            "status": "id,name,status_category_id\n1,Open,2\n9,Done,3\n",
            "status_category": "id,name\n2,In Progress\n3,Done\n",
        },
        "issue",
        0,
        "",
    ),
    Export(
        "mapping",
        {
            "table": (
                "No,Opened,Closed,State\n1,2026-01-05 09:00:00,,Done\n2,2026-01-05"
                " 09:00:00,2026-01-05 10:00:00,Done\n3,2026-01-05 09:00:00,,Open\n4,2026-01-06"
                " 09:00:00,,Open\n"
            )
        },
        "table",
        0,
        "",
        MAPPING,
    ),
    Export(
        "mapping",
        {
            "table": (
                "No,Opened,Closed,State\n1,2026-01-05 09:00:00,,Done\n2,2026-01-05"
                " 09:00:00,2026-01-05 10:00:00,Done\n3,2026-01-05 09:00:00,2026-01-05"
                " 09:30:00,Open\n4,2026-01-06 09:00:00,2026-01-06 09:30:00,Open\n"
            )
        },
        "table",
        0,
        "",
        MAPPING.replace("optional = true\n", ""),
    ),
)


@pytest.mark.parametrize(
    "export", UNDATED, ids=lambda export: f"{export.source}: {len(export.mapping)}"
)
def test_closed_without_a_date_is_neither_open_nor_as_old_as_its_creation(
    tmp_path: Path, export: Export
) -> None:
    desk = late_desk(tmp_path / "desk")
    path = tmp_path / "export"
    path.mkdir()
    notes = load(desk, path, export)
    assert desk.measure("ticket_volume")[0].value == 4
    assert desk.measure("backlog")[0].value == 2
    solved = desk.measure("resolution_time")[0]
    assert (solved.n, solved.value) == (1, 3600)
    assert any("nothing says since when" in note for note in notes) or desk.quarantine()


def test_an_intercom_row_without_its_last_change_is_told(tmp_path: Path) -> None:
    """It cannot be placed in the history of its conversation; the conversation is not open for ever
    because of it.
    """
    desk = late_desk(tmp_path / "desk")
    rows = "1,2026-01-05 09:00:00,2026-01-05 10:00:00,open\n2,2026-01-05 09:00:00,,closed\n"
    (tmp_path / "conversation_history.csv").write_text(
        "id,created_at,updated_at,state\n" + rows, encoding="utf-8"
    )
    desk.load("intercom", [tmp_path])
    assert desk.measure("backlog")[0].value == 1
