"""What a later export says takes the place of what an earlier one said, in whatever order they are
loaded.
"""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from desks import late_desk
from helmdesk.desk.desk import Desk

HEADER = "id,created_at,status,updated_at,requester_id,priority,assignee_id,group_id,type\n"
MONDAY = (
    HEADER + "1,2026-01-05 09:00:00,open,2026-01-05 10:00:00,10,low,20,70,question\n2,2026-01-05"
    " 10:00:00,solved,2026-01-05 11:00:00,11,low,20,70,\n"
)
TUESDAY = (
    HEADER + "1,2026-01-05 09:00:00,solved,2026-01-06 15:00:00,10,high,21,71,problem\n2,2026-01-05"
    " 10:00:00,open,2026-01-06 11:00:00,11,low,20,70,\n"
    + "3,2026-01-06 10:00:00,open,2026-01-06 16:00:00,11,low,,70,\n"
)
MAPPING = """
name = "shop"
key = ["No"]
[[record]]
type = "created"
[record.columns]
ticket_id = "No"
occurred_at = "Opened"
agent_id = "Agent"
priority = "Priority"
[[record]]
type = "status_changed"
[record.columns]
ticket_id = "No"
occurred_at = "Updated"
status = { column = "State", values = { Open = "open", Done = "solved" } }
"""
SOLVED = """
name = "snow"
key = ["No"]
[[record]]
type = "created"
[record.columns]
ticket_id = "No"
occurred_at = "Opened"
agent_id = "Agent"
[[record]]
type = "status_changed"
optional = true
[record.columns]
ticket_id = "No"
occurred_at = "Solved"
status = { constant = "solved" }
[[record]]
type = "responded"
optional = true
[record.columns]
survey_id = "No"
ticket_id = "No"
occurred_at = "Rated"
instrument_id = { constant = "shop_csat" }
answer = "Score"
[[instrument]]
id = "shop_csat"
kind = "csat"
positive = ["4", "5"]
negative = ["1", "2"]
"""


def folder(path: Path, **tables: str) -> Path:
    path.mkdir()
    for table, content in tables.items():
        (path / f"{table}.csv").write_text(content, encoding="utf-8")
    return path


def file(path: Path, content: str) -> Path:
    path.write_text(content, encoding="utf-8")
    return path


def tickets(desk: Desk, *columns: str) -> dict[str, tuple[Any, ...]]:
    with desk.engine() as engine:
        rows = engine.run(f"select ticket_id, {', '.join(columns)} from tickets order by ticket_id")
    return {row[0]: row[1:] for row in rows}


def value(desk: Desk, key: str, **question: Any) -> float | None:
    return desk.measure(key, **question)[0].value


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_zendesk_tables_without_a_history(tmp_path: Path, order: tuple[int, int]) -> None:
    desk = late_desk(tmp_path / "desk")
    exports = [
        folder(tmp_path / "monday", ticket=MONDAY),
        folder(tmp_path / "tuesday", ticket=TUESDAY),
    ]
    reports = [desk.load("zendesk", [exports[place]]) for place in order]
    found = tickets(
        desk,
        "status",
        "priority",
        "agent_id",
        "team_id",
        "transfers",
        "reopens",
        "issue_type",
        "last_solved_at",
        "first_assigned_at",
    )
    created = datetime(2026, 1, 5, 9)
    assert found["1"] == (
        "solved",
        "high",
        "21",
        "71",
        1,
        0,
        "problem",
        datetime(2026, 1, 6, 15),
        created,
    )
    assert found["2"][:7] == ("open", "low", "20", "70", 0, 1, None)
    assert found["3"][:6] == ("open", "low", None, "70", 0, 0)
    assert value(desk, "backlog") == 2
    with desk.engine() as engine:
        states = engine.run(
            "select started_at, status, priority, agent_id from ticket_states where ticket_id = '1'"
            " order by started_at"
        )
    assert states == [
        (created, "new", "low", "20"),
        (datetime(2026, 1, 5, 10), "open", "low", "20"),
        (datetime(2026, 1, 6, 15), "solved", "high", "21"),
    ]
    assert reports[0].tickets == (
        {"new": 2, "updated": 0, "unchanged": 0}
        if order == (0, 1)
        else {"new": 3, "updated": 0, "unchanged": 0}
    )
    assert reports[1].tickets == (
        {"new": 1, "updated": 2, "unchanged": 0}
        if order == (0, 1)
        else {"new": 0, "updated": 2, "unchanged": 0}
    )


def test_the_same_rows_again_change_nothing(tmp_path: Path) -> None:
    desk = late_desk(tmp_path / "desk")
    desk.load("zendesk", [folder(tmp_path / "monday", ticket=MONDAY)])
    columns = ("status", "agent_id", "transfers", "reopens", "solves", "touches", "open_seconds")
    before = tickets(desk, *columns)
    report = desk.load(
        "zendesk",
        [
            folder(
                tmp_path / "again",
                ticket=MONDAY + "3,2026-01-05 10:30:00,open,2026-01-05 10:30:00,11,low,20,70,\n",
            )
        ],
    )
    after = tickets(desk, *columns)
    assert report.tickets == {"new": 1, "updated": 0, "unchanged": 2}
    assert {ticket: after[ticket] for ticket in before} == before


def test_both_versions_in_one_file(tmp_path: Path) -> None:
    desk = late_desk(tmp_path / "desk")
    rows = MONDAY + TUESDAY.removeprefix(HEADER)
    report = desk.load("zendesk", [folder(tmp_path / "both", ticket=rows)])
    assert report.quarantined_rows == 0
    assert (
        report.older_versions == 2
    )  # what does not belong to a time: when it was created, by whom
    assert tickets(desk, "status", "agent_id", "transfers")["1"] == ("solved", "21", 1)
    assert value(desk, "backlog") == 2


def test_a_history_rules_over_what_rows_show(tmp_path: Path) -> None:
    desk = late_desk(tmp_path / "desk")
    desk.load("zendesk", [folder(tmp_path / "monday", ticket=MONDAY)])
    history = """ticket_id,field_name,value,updated,user_id
1,status,new,2026-01-05 09:00:00,
1,status,open,2026-01-05 09:10:00,20
1,status,solved,2026-01-06 15:00:00,21
1,assignee_id,20,2026-01-05 09:10:00,
1,assignee_id,21,2026-01-06 12:00:00,
1,group_id,70,2026-01-05 09:10:00,
1,group_id,71,2026-01-06 12:00:00,
"""
    desk.load(
        "zendesk", [folder(tmp_path / "tuesday", ticket=TUESDAY, ticket_field_history=history)]
    )
    assert tickets(desk, "agent_id", "transfers", "first_assigned_at")["1"] == (
        "21",
        1,
        datetime(2026, 1, 5, 9, 10),
    )
    with desk.engine() as engine:
        held = engine.run(
            "select started_at from ticket_states where ticket_id = '1' and agent_id = '21' order"
            " by started_at limit 1"
        )
    assert held == [(datetime(2026, 1, 6, 12),)]


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_jira_issues_without_a_history(tmp_path: Path, order: tuple[int, int]) -> None:
    header = "id,key,created,status,reporter,assignee,priority,updated,resolved\n"
    vocabulary = {
        "status": "id,name,status_category_id\n1,In Progress,2\n2,To Do,1\n3,Resolved,3\n",
        "status_category": "id,name\n1,To Do\n2,In Progress\n3,Done\n",
    }
    first = (
        header
        + "100,SD-1,2026-01-05 09:00:00,1,cara,abe,Low,2026-01-05 09:30:00,\n101,SD-2,2026-01-05"
        " 09:00:00,3,cara,abe,Low,2026-01-05 12:00:00,2026-01-05 11:00:00\n"
    )
    later = (
        header + "100,SD-1,2026-01-05 09:00:00,3,cara,bea,High,2026-01-06 12:30:00,2026-01-06"
        " 12:00:00\n101,SD-2,2026-01-05 09:00:00,2,cara,abe,Low,2026-01-06 13:00:00,\n"
    )
    desk = late_desk(tmp_path / "desk")
    exports = [
        folder(tmp_path / "monday", issue=first, **vocabulary),
        folder(tmp_path / "tuesday", issue=later, **vocabulary),
    ]
    for place in order:
        desk.load("jira", [exports[place]])
    found = tickets(desk, "status", "priority", "transfers", "reopens", "first_solved_at")
    assert found["100"] == ("solved", "High", 1, 0, datetime(2026, 1, 6, 12))
    assert found["101"] == ("new", "Low", 0, 1, datetime(2026, 1, 5, 11))


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_a_mapped_table_that_shows_the_present(tmp_path: Path, order: tuple[int, int]) -> None:
    header = "No,Opened,State,Updated,Agent,Priority\n"
    files = [
        file(
            tmp_path / "monday.csv",
            header
            + "1,2026-01-05 09:00,Open,2026-01-05 09:30,abe,low\n2,2026-01-05 09:00,Done,2026-01-05"
            " 10:00,abe,low\n",
        ),
        file(
            tmp_path / "tuesday.csv",
            header + "1,2026-01-05 09:00,Done,2026-01-06 09:30,bea,high\n2,2026-01-05"
            " 09:00,Open,2026-01-06 10:00,abe,low\n",
        ),
    ]
    mapping = file(tmp_path / "shop.toml", MAPPING)
    desk = late_desk(tmp_path / "desk")
    for place in order:
        desk.load("mapping", [files[place]], mapping=mapping)
    found = tickets(desk, "status", "agent_id", "priority", "transfers", "reopens")
    assert found == {"1": ("solved", "bea", "high", 1, 0), "2": ("open", "abe", "low", 0, 1)}


def test_a_corrected_row_takes_the_place_of_all_it_said_before(tmp_path: Path) -> None:
    header = "No,Opened,Solved,Agent,Rated,Score\n"
    mapping = file(tmp_path / "snow.toml", SOLVED)
    desk = late_desk(tmp_path / "desk")
    desk.load(
        "mapping",
        [
            file(
                tmp_path / "a.csv",
                header + "1,2026-01-05 09:00,2026-01-05 10:00,Ann,2026-01-05 11:00,1\n2,2026-01-05"
                " 09:00,2026-01-06 10:00,Ann,,\n",
            )
        ],
        mapping=mapping,
    )
    first = desk.measure("csat")
    assert first[0].value == 0
    desk.load(
        "mapping",
        [
            file(
                tmp_path / "b.csv",
                header + "1,2026-01-05 09:00,2026-01-05 12:00,Bob,2026-01-05 11:00,5\n2,2026-01-05"
                " 09:00,,Ann,,\n",
            )
        ],
        mapping=mapping,
    )
    assert tickets(desk, "agent", "resolution_seconds") == {
        "1": ("Bob", 3 * 3600),
        "2": ("Ann", None),
    }
    assert value(desk, "csat") == 1
    assert value(desk, "backlog") == 1
    desk.verify(first.receipt)
    assert value(desk, "csat", as_of=first.receipt.content["lake_version"]) == 0


def test_a_call_whose_outcome_is_known_now(tmp_path: Path) -> None:
    header = "call_id,started_at,outcome,agent,wait_seconds,talk_seconds\n"
    desk = late_desk(tmp_path / "desk")
    desk.load(
        "telephony",
        [
            file(
                tmp_path / "a.csv",
                header + "c1,2026-01-05 09:00:00,abandoned,,20,\nc2,2026-01-05"
                " 10:00:00,answered,Ann,5,60\n",
            )
        ],
    )
    desk.load(
        "telephony",
        [file(tmp_path / "b.csv", header + "c1,2026-01-05 09:00:00,answered,Bea,20,90\n")],
    )
    with desk.engine() as engine:
        found = engine.run("select outcome, agent_id, wait_seconds from legs order by offered_at")
    assert found == [("answered", "Bea", 20), ("answered", "Ann", 5)]


def test_a_corrected_answer_of_a_survey(tmp_path: Path) -> None:
    header = "response_id,csat_score,responded_at,ticket_id\n"
    desk = late_desk(tmp_path / "desk")
    desk.load(
        "survey",
        [
            file(
                tmp_path / "a.csv",
                header + "r1,1,2026-01-05 09:00:00,1\nr2,5,2026-01-05 09:00:00,2\n",
            )
        ],
    )
    desk.load(
        "survey",
        [
            file(
                tmp_path / "b.csv",
                header + "r1,4,2026-01-05 09:00:00,1\nr3,5,2026-01-06 09:00:00,3\n",
            )
        ],
    )
    assert value(desk, "csat") == 1


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_people_who_change_team_between_exports(tmp_path: Path, order: tuple[int, int]) -> None:
    header = "id,created_at,updated_at,state,assignee_id,assignee_type\n"
    first = {
        "conversation_history": header + "1,2026-01-05 09:00:00,2026-01-05 10:00:00,open,7,admin\n"
    }
    later = {
        "conversation_history": header + "2,2026-01-12 09:00:00,2026-01-12 10:00:00,open,7,admin\n"
    }
    teams = {"admin": "id,name\n7,Ann\n", "team": "id,name\n1,Front\n2,Back\n"}
    exports = [
        folder(tmp_path / "a", **first, **teams, team_admin="admin_id,team_id\n7,1\n"),
        folder(tmp_path / "b", **later, **teams, team_admin="admin_id,team_id\n7,2\n"),
    ]
    desk = late_desk(tmp_path / "desk")
    for place in order:
        desk.load("intercom", [exports[place]])
    with desk.engine() as engine:
        found = engine.run(
            "select team_id, valid_from, is_latest from agent_versions where entity_id = '7' order"
            " by valid_from"
        )
    assert found == [("1", datetime(1900, 1, 1), False), ("2", datetime(2026, 1, 12, 10), True)]


def test_a_column_that_was_empty_last_week_makes_no_ticket_another(tmp_path: Path) -> None:
    """A drafted mapping knows the columns that hold something; a ticket that stays as it is stays
    one, and its present status one event, when this week's export fills another column.
    """
    header = (
        "Ticket ID,Subject,Status,Created time,Resolved time,Last update time,Due by Time,"
        "Resolution status,Agent interactions,Customer interactions,Survey results\n"
    )
    first = "1,x,Open,2026-03-02 09:00,,2026-03-02 10:00,2026-03-03 09:00,Within SLA,1,1,\n"
    second = first + (
        "2,y,Closed,2026-03-02 09:00,2026-03-02 11:00,2026-03-02 11:00,2026-03-03 09:00,"
        "Within SLA,1,1,Very happy\n"
    )
    desk = late_desk(tmp_path / "desk")
    desk.load("file", [file(tmp_path / "last.csv", header + first)], refresh=False)
    report = desk.load("file", [file(tmp_path / "this.csv", header + second)], refresh=False)
    assert report.tickets == {"new": 1, "updated": 0, "unchanged": 1}
    desk.refresh()
    with desk.engine() as engine:
        states = engine.run("select status from ticket_states where ticket_id = '1'")
    assert [status for (status,) in states][-1] == "open"
