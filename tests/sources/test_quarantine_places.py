"""Whatever is in quarantine can be found in its file: line, the file's own name of the column, the
cell as it stands there.
"""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from desks import late_desk

# A comment over two lines stands above the bad rows, so that lines are not rows plus one.
TWO_LINES = '"one\ntwo"'
MAPPING = """
name = "shop"
key = ["No"]
[[record]]
type = "created"
[record.columns]
ticket_id = "No"
occurred_at = "Opened"
[[record]]
type = "message"
optional = true
[record.columns]
ticket_id = "No"
occurred_at = "Answered"
direction = { constant = "outbound" }
visibility = { constant = "public" }
actor_kind = { constant = "human" }
[[record]]
type = "reviewed"
optional = true
[record.columns]
occurred_at = "Checked"
ticket_id = "No"
agent_id = "Who"
points = "Points"
possible_points = "Of"
"""
# Source, file, its content, columns with a bad cell.
FILES: dict[str, tuple[str, str, set[tuple[str, str]]]] = {
    "mapping": (
        "table.csv",
        (
            "No,Opened,Answered,Checked,Who,Points,Of,Note\n1,2026-01-05"
            f" 09:00,,,,,,{TWO_LINES}\n2,2026-01-05 09:00,2026-01-05 08:00,,,,,\n3,2026-01-05"
            " 09:00,,2026-01-06 09:00,ann,130 %,20,\n4,soon,,,,,,\n5,1889-01-05"
            " 09:00,,,,,,\n6,2026-01-05 09:00,,2026-01-06 09:00,,5,20,\n"
        ),
        {
            ("Answered", "2026-01-05 08:00"),
            ("Points", "130 %"),
            ("Opened", "soon"),
            ("Opened", "1889-01-05 09:00"),
            ("Who", ""),
        },
    ),
    "eventlog": (
        "log.csv",
        (
            "Case ID,Activity,Start Timestamp,Complete Timestamp,Note\nA,create,2026-01-05"
            f" 09:00:00,2026-01-05 09:10:00,{TWO_LINES}\n,create,2026-01-05 09:00:00,2026-01-05"
            " 09:10:00,\nB,,2026-01-05 09:00:00,2026-01-05 09:10:00,\nC,create,soon,2026-01-05"
            " 09:10:00,\nD,create,2026-01-05 09:00:00,later,\n"
        ),
        {
            ("Case ID", ""),
            ("Activity", ""),
            ("Start Timestamp", "soon"),
            ("Complete Timestamp", "later"),
        },
    ),
    "telephony": (
        "calls.csv",
        (
            "Call ID,Started At,Answered,Queue,Wait Seconds,Note\nc1,2026-01-05"
            f" 09:00:00,yes,q,10,{TWO_LINES}\n,2026-01-05"
            " 09:00:00,yes,q,10,\nc2,soon,yes,q,10,\nc3,2026-01-05"
            " 09:00:00,yes,q,-5,\nc4,2026-01-05 09:00:00,yes,q,ages,\n"
        ),
        {("Call ID", ""), ("Started At", "soon"), ("Wait Seconds", "-5"), ("Wait Seconds", "ages")},
    ),
    "survey": (
        "answers.csv",
        (
            "CSAT Score,Responded At,Sent At,Note\n5,2026-01-05 09:00:00,2026-01-05"
            f" 08:00:00,{TWO_LINES}\n4,soon,,\nmaybe,2026-01-05 09:00:00,,\n3,2026-01-05"
            " 09:00:00,then,\n"
        ),
        {("Responded At", "soon"), ("CSAT Score", "maybe"), ("Sent At", "then")},
    ),
    "states": (
        "states.csv",
        (
            "Agent,At,State,Note\nann,2026-01-05"
            f" 09:00:00,ready,{TWO_LINES}\nann,soon,break,\n,2026-01-05 09:00:00,break,\n"
        ),
        {("At", "soon"), ("Agent", "")},
    ),
    "roster": (
        "plan.csv",
        (
            "Agent,Start,End,Note\nann,2026-01-05 09:00,2026-01-05"
            f" 17:00,{TWO_LINES}\nann,soon,2026-01-06 17:00,\nann,2026-01-07 17:00,2026-01-06"
            " 09:00,\n"
        ),
        {("Start", "soon"), ("End", "2026-01-06 09:00")},
    ),
    "transcript": (
        "chats.csv",
        (
            "Conversation ID,Role,Timestamp,Text\n1,customer,2026-01-05"
            f" 09:00:00,{TWO_LINES}\n1,agent,soon,hello\n"
        ),
        {("Timestamp", "soon")},
    ),
    "servicenow": (
        "incidents.csv",
        (
            "number,incident_state,sys_updated_at,opened_at,sla_due,note\nA,New,2026-01-05"
            f" 09:00:00,2026-01-05 09:00:00,,{TWO_LINES}\nB,New,soon,2026-01-05"
            " 09:00:00,,\n,New,2026-01-05 09:00:00,2026-01-05 09:00:00,,\nC,New,2026-01-05"
            " 09:00:00,2026-01-05 09:00:00,then,\nD,Dreaming,2026-01-05 09:00:00,2026-01-05"
            " 09:00:00,,\n"
        ),
        {
            ("sys_updated_at", "soon"),
            ("number", ""),
            ("sla_due", "then"),
            ("incident_state", "Dreaming"),
        },
    ),
    "zendesk": (
        "ticket.csv",
        (
            "id,created_at,status,updated_at,due_at,subject\n1,2026-01-05 09:00:00,open,2026-01-05"
            f" 09:00:00,,{TWO_LINES}\n2,soon,open,2026-01-05 09:00:00,,\n3,2026-01-05"
            " 09:00:00,dreaming,2026-01-05 09:00:00,,\n4,2026-01-05 09:00:00,open,2026-01-05"
            " 09:00:00,then,\n"
        ),
        {("created_at", "soon"), ("status", "dreaming"), ("due_at", "then")},
    ),
}


def cells_of(file: Path) -> dict[tuple[int, str], str]:
    """Return the cells of a file by the line on which their row begins, and their column."""
    with file.open(encoding="utf-8", newline="") as handle:
        reader = csv.reader(handle)
        header, cells, line = next(reader), {}, reader.line_num + 1
        for row in reader:
            cells |= {(line, column): cell for column, cell in zip(header, row, strict=True)}
            line = reader.line_num + 1
    return cells


@pytest.mark.parametrize("source", FILES)
def test_what_is_in_quarantine_is_found_in_its_file(tmp_path: Path, source: str) -> None:
    file, content, bad = FILES[source]
    export = tmp_path / "export"
    export.mkdir()
    (export / file).write_text(content, encoding="utf-8")
    (tmp_path / "map.toml").write_text(MAPPING, encoding="utf-8")
    desk = late_desk(tmp_path / "desk", quarantine_limit=1)
    path = export if source == "zendesk" else export / file
    desk.load(
        source,
        [path],
        mapping=tmp_path / "map.toml" if source == "mapping" else None,
        refresh=False,
    )
    cells = cells_of(export / file)
    apart = desk.quarantine()
    assert {(each.column, each.raw or "") for each in apart} == bad
    for each in apart:
        assert each.line and each.column and cells[each.line, each.column] == (each.raw or "")


def test_hours_of_a_schedule_that_cannot_be_are_found_in_their_column(tmp_path: Path) -> None:
    (tmp_path / "ticket.csv").write_text(
        "id,created_at,status,updated_at\n1,2026-01-05 09:00:00,open,2026-01-05 09:00:00\n",
        encoding="utf-8",
    )
    rows = (
        f"1,{TWO_LINES},2000,2460,London\n2,Office,1920,1000,London\n3,Office,1920,2460,Atlantis\n"
        "4,Office,nine,2460,London\n5,Office,1920,2460,London\n"
    )
    (tmp_path / "schedule.csv").write_text(
        "id,name,start_time,end_time,time_zone\n" + rows, encoding="utf-8"
    )
    desk = late_desk(tmp_path / "desk", quarantine_limit=1)
    report = desk.load("zendesk", [tmp_path], refresh=False)
    assert report.records["calendar"] == 2
    assert [(each.line, each.column, each.raw) for each in desk.quarantine()] == [
        (4, "end_time", "1000"),
        (5, "time_zone", "Atlantis"),
        (6, "start_time", "nine"),
    ]
