"""Connector tables, with the awkward values that the real ones have."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from desks import late_desk
from helmdesk.desk.desk import Desk
from helmdesk.errors import InputError, NotFoundError
from helmdesk.records.staging import LoadReport

TABLES = {
    "ticket": (
        """id,created_at,updated_at,status,priority,type,via_channel,assignee_id,group_id,requester_id,submitter_id,organization_id,merged_ticket_ids
1,2026-01-05 09:00:00,2026-01-07 09:00:00,open,high,problem,email,12,70,20,20,50,[3]
2,2026-01-05 09:00:00,2026-01-06 09:00:00,solved,,,web,11,70,21,21,50,
3,2026-01-05 10:00:00,2026-01-05 10:30:00,closed,,,email,,70,20,20,50,[]
4,2026-01-05 11:00:00,2026-01-05 12:00:00,deleted,,,email,,,20,20,,
5,2026-01-05 11:00:00,2026-01-05 12:00:00,open,,,email,11,70,20,11,50,
"""
    ),
    "ticket_field_history": (
        """ticket_id,field_name,value,updated,user_id
1,status,new,2026-01-05 09:00:00,20
1,status,open,2026-01-05 09:30:00,11
1,assignee_id,11,2026-01-05 09:30:00,11
1,group_id,70,2026-01-05 09:00:00,
1,status,on-hold,2026-01-05 10:00:00,11
1,status,solved,2026-01-05 12:00:00,11
1,status,open,2026-01-06 12:00:00,
1,assignee_id,12,2026-01-06 12:00:00,
1,priority,normal,2026-01-05 09:00:00,20
1,priority,high,2026-01-05 11:00:00,11
1,priority,solved,2026-01-05 11:30:00,11
1,satisfaction_score,offered,2026-01-05 12:30:00,
1,satisfaction_score,bad,2026-01-05 13:00:00,20
1,satisfaction_score,good,2026-01-05 13:30:00,20
9,status,solved,2026-01-05 12:00:00,11
9,status,solved,2026-01-05 12:00:00,11
"""
    ),
    "ticket_comment": (
        """id,ticket_id,user_id,created,public,body
100,1,20,2026-01-05 09:00:00,TRUE,help
101,1,11,2026-01-05 09:40:00,FALSE,note
102,1,11,2026-01-05 09:50:00,TRUE,"hello
there"
103,2,11,2026-01-05 10:00:00,TRUE,hi
104,5,11,2026-01-05 11:00:00,TRUE,we noticed
105,5,20,2026-01-05 12:00:00,TRUE,thanks
106,5,11,2026-01-05 12:10:00,TRUE,done
107,1,99,2026-01-05 12:10:00,TRUE,who
"""
    ),
    "user": "id,role,name,organization_id\n11,agent,Ann,\n12,admin,Bob,\n20,end-user,Cy,50\n",
    "group": "id,name\n70,Front\n",
    "organization": (
        "id,name,created_at,updated_at\n50,Acme,2025-01-01 00:00:00,2025-02-01 00:00:00\n"
    ),
    "schedule": (
        """id,start_time,end_time,time_zone,name,created_at,_fivetran_deleted
800,1980,2460,Pacific Time (US & Canada),Office,2020-01-01 00:00:00,FALSE
800,3420,3900,Pacific Time (US & Canada),Office,2020-01-01 00:00:00,FALSE
801,100,50,London,Broken,2020-01-01 00:00:00,FALSE
"""
    ),
    "schedule_holiday": (
        "schedule_id,start_date,end_date\n800,2026-01-19,2026-01-20\n999,2026-01-01,2026-01-01\n"
    ),
    "ticket_schedule": "ticket_id,schedule_id,created_at\n1,800,2026-01-05 09:00:01\n",
    "sla_policy_metric_history": (
        """sla_policy_id,sla_policy_updated_at,metric,priority,target,business_hours
5,2026-01-01 00:00:00,first_reply_time,high,60,TRUE
5,2026-01-01 00:00:00,first_reply_time,low,480,TRUE
5,2026-02-01 00:00:00,first_reply_time,high,30,FALSE
"""
    ),
    "ticket_sla_policy": "ticket_id,sla_policy_id,policy_applied_at\n1,5,2026-01-05 09:00:00\n",
    "brand": "id\n1\n",
}


def exported(folder: Path, **tables: str) -> Path:
    folder.mkdir()
    for name, content in {**TABLES, **tables}.items():
        (folder / f"{name}_data.csv").write_text(content)
    return folder


@pytest.fixture(scope="module")
def loaded(tmp_path_factory: pytest.TempPathFactory) -> tuple[Desk, LoadReport]:
    """Read-only: every test of this file looks at the same desk."""
    path = tmp_path_factory.mktemp("zendesk")
    desk = late_desk(path / "desk", quarantine_limit=1.0)
    return desk, desk.load("zendesk", [exported(path / "export")])


def test_counts(loaded: tuple[Desk, LoadReport]) -> None:
    _, report = loaded
    assert report.records == {
        "account": 1,
        "agent": 2,
        "assigned": 3,
        "calendar": 1,
        "created": 5,
        "customer": 1,
        "deleted": 1,
        "field_changed": 3,
        "instrument": 1,
        "merged_into": 1,
        "message": 8,
        "policy_applied": 1,
        "responded": 2,
        "seen": 5,
        "sent": 1,
        "sla_policy": 2,
        "status_changed": 9,
        "team": 1,
    }
    assert report.duplicates == 1
    assert report.quarantined == {
        "schedule_id: holiday of a schedule that is not in the schedule table": 1,
        "end_time: impossible hours 100 to 50 (minutes since Sunday)": 1,
        "value: not a priority": 1,
    }
    assert "tables left alone: brand_data.csv" in report.notes
    assert any(
        note.startswith("1 messages of unknown authors count neither as replies")
        for note in report.notes
    )
    assert any(note.startswith("1 tickets have a history") for note in report.notes)


def test_history_rules_over_the_present_row(loaded: tuple[Desk, LoadReport]) -> None:
    desk, _ = loaded
    with desk.engine() as engine:
        rows = engine.run(
            "select status, agent, team, priority from intervals where ticket_id = '1' order by"
            " started_at"
        )
    assert rows == [
        # The second "new" is the stretch from when the schedule was set, a second after creation.
        ("new", None, "Front", "normal"),
        ("new", None, "Front", "normal"),
        ("open", "Ann", "Front", "normal"),
        ("waiting_third_party", "Ann", "Front", "normal"),
        ("waiting_third_party", "Ann", "Front", "high"),
        ("solved", "Ann", "Front", "high"),
        ("open", "Bob", "Front", "high"),
    ]


def test_numbers(loaded: tuple[Desk, LoadReport]) -> None:
    desk, _ = loaded
    assert desk.measure("ticket_volume")[0].value == 2  # 3 merged, 4 deleted, 5 opened by an agent
    assert desk.measure("csat")[0].value == 1
    assert desk.measure("csat", variant="first_answer")[0].value == 0
    assert desk.measure("csat_response_rate")[0].value == 1
    waits = {
        row["ticket_id"]: row["first_reply_seconds"]
        for row in desk.drill("first_response_time").to_pylist()
    }
    assert waits == {"1": 50 * 60, "2": 60 * 60, "5": 10 * 60}
    solved = {
        row["ticket_id"]: row["resolution_seconds"]
        for row in desk.drill("resolution_time").to_pylist()
    }
    assert solved == {"2": 24 * 3600}
    assert desk.measure("ticket_volume", by="account")[0].group == (("account", "Acme"),)


SPELLINGS: dict[str, Callable[[datetime], str]] = {
    "PostgreSQL": lambda at: f"{at:%Y-%m-%d %H:%M:%S}+00",
    "BigQuery": lambda at: f"{at:%Y-%m-%d %H:%M:%S} UTC",
    "epoch seconds": lambda at: str(int(at.timestamp())),
    "epoch milliseconds": lambda at: str(int(at.timestamp()) * 1000),
    "a spreadsheet": lambda at: f"{at.month}/{at.day}/{at.year} {at:%I:%M:%S %p}",
    "a spreadsheet's numbers": lambda at: (
        f"{(at - datetime(1899, 12, 30, tzinfo=UTC)) / timedelta(days=1):.6f}"
    ),
}


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_times_as_others_pass_the_tables_on(
    loaded: tuple[Desk, LoadReport], tmp_path: Path, spelling: str
) -> None:
    def spelled(found: re.Match[str]) -> str:
        return SPELLINGS[spelling](datetime.fromisoformat(found[0]).replace(tzinfo=UTC))

    folder = tmp_path / "passed on"
    folder.mkdir()
    for table, content in TABLES.items():
        (folder / f"{table}.csv").write_text(
            re.sub(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d", spelled, content)
        )
    desk = late_desk(tmp_path / "other", quarantine_limit=1.0)
    asked = {"dates": "month-first"} if spelling == "a spreadsheet" else {}
    report = desk.load("zendesk", [folder], **asked)
    whole, first = loaded
    assert report.records == first.records
    for metric in ("first_response_time", "resolution_time", "backlog", "csat", "ticket_volume"):
        assert desk.measure(metric).as_rows() == whole.measure(metric).as_rows(), metric
    if asked:
        with pytest.raises(
            InputError,
            match="may be day/month or month/day and no row tells; say which with --dates",
        ):
            late_desk(tmp_path / "third").load("zendesk", [folder])


def test_schedule_becomes_a_calendar(loaded: tuple[Desk, LoadReport]) -> None:
    """Monday 09:00 to 17:00 and Tuesday 09:00 to 17:00 in Los Angeles."""
    desk, _ = loaded
    with desk.engine() as engine:
        rows = engine.run(
            "select start_at::varchar, end_at::varchar from working_time where start_at >="
            " '2026-01-05' and start_at < '2026-01-08'"
        )
        assert rows == [
            ("2026-01-05 17:00:00", "2026-01-06 01:00:00"),
            ("2026-01-06 17:00:00", "2026-01-07 01:00:00"),
        ]
        assert engine.run(
            "select count(*) from working_time where start_at >= '2026-01-19' and start_at <"
            " '2026-01-22'"
        ) == [(0,)]


def test_loading_again_with_one_more_table_adds_only_what_is_new(
    loaded: tuple[Desk, LoadReport], tmp_path: Path
) -> None:
    desk = Desk(shutil.copytree(loaded[0].path, tmp_path / "desk"))
    before = desk.measure("ticket_volume", "first_response_time", "csat", "backlog").as_rows()
    report = desk.load(
        "zendesk", [exported(tmp_path / "export", user=TABLES["user"] + "99,agent,Dee,\n")]
    )
    assert not report.is_already_loaded
    assert report.records["message"] == 8
    assert (
        desk.measure("ticket_volume", "first_response_time", "csat", "backlog").as_rows() == before
    )


def test_no_ticket_table(tmp_path: Path) -> None:
    desk = late_desk(tmp_path / "desk")
    (tmp_path / "x").mkdir()
    with pytest.raises(NotFoundError, match=r"no ticket table; expected a file named ticket\.csv"):
        desk.load("zendesk", [tmp_path / "x"])


def test_the_published_seeds(tmp_path: Path, shared_data: Callable[[str], Path]) -> None:
    folder = shared_data("zendesk-seeds/ticket_data.csv").parent
    desk = late_desk(tmp_path / "desk")
    report = desk.load("zendesk", [folder])
    rows = {Path(file.path).name.removesuffix("_data.csv"): file.rows for file in report.files}
    assert rows == {
        "ticket": 10,
        "ticket_field_history": 38,
        "ticket_comment": 20,
        "user": 10,
        "organization": 10,
        "group": 8,
        "schedule": 5,
        "schedule_holiday": 2,
        "ticket_schedule": 10,
        "sla_policy_metric_history": 22,
        "ticket_sla_policy": 10,
        "ticket_tag": 10,
    }
    assert report.records["created"] == 10
    assert report.duplicates == 3  # ticket 102: four identical rows at one second
    assert report.quarantined["value: not a priority"] == 1  # ticket 980
    assert (report.quarantined_rows, report.rows) == (3, 155)
    with desk.engine() as engine:
        history = engine.run(
            "select status from intervals where ticket_id = '11071' order by started_at"
        )
    assert ("waiting_third_party",) in history  # written on-hold


HISTORY = {
    "ticket": (
        """id,created_at,updated_at,status,priority,type,via_channel,requester_id,due_at
1,2026-01-05 09:00:00,2026-01-05 15:00:00,solved,,task,email,20,2026-01-05 14:00:00
2,2026-01-05 09:00:00,2026-01-05 15:00:00,solved,,task,email,20,2026-01-05 18:00:00
3,2026-01-05 09:00:00,2026-01-05 15:00:00,solved,,,email,20,tomorrow
"""
    ),
    "ticket_field_history": (
        """ticket_id,field_name,value,updated,user_id
1,sla_policy,VIP,2026-01-05 09:00:01,
1,first_reply_time,"{""minutes"": 60, ""in_business_hours"": false}",2026-01-05 09:00:01,
1,agent_work_time,"{""minutes"": 240, ""in_business_hours"": true}",2026-01-05 09:00:01,
1,first_reply_time,,2026-01-05 09:30:00,11
1,status,pending,2026-01-05 12:00:00,11
1,status,open,2026-01-05 14:00:00,20
1,status,solved,2026-01-05 15:00:00,11
2,first_reply_time,"{""minutes"": 60, ""in_business_hours"": false}",2026-01-05 09:00:00,
2,first_reply_time,"{""minutes"": 15, ""in_business_hours"": false}",2026-01-05 09:10:00,
2,due_at,2026-01-05 12:00:00,2026-01-05 09:00:00,20
2,due_at,2026-01-05 18:00:00,2026-01-05 10:00:00,20
2,status,solved,2026-01-05 15:00:00,11
3,next_reply_time,soon,2026-01-05 09:00:00,
3,status,solved,2026-01-05 15:00:00,11
"""
    ),
    "ticket_comment": (
        """id,ticket_id,user_id,created,public
1,1,11,2026-01-05 09:30:00,true
2,2,11,2026-01-05 09:40:00,true
"""
    ),
    "user": "id,role\n11,agent\n20,end-user\n",
    "ticket_sla_policy": (
        "ticket_id,sla_policy_id,policy_applied_at\n1,5,2026-01-05 09:00:01\n3,5,2026-01-05"
        " 09:00:01\n"
    ),
    "sla_policy_metric_history": (
        "sla_policy_id,sla_policy_updated_at,metric,priority,target,business_hours\n5,2020-01-01"
        " 00:00:00,total_resolution_time,,600,false\n"
    ),
    "schedule": (
        "id,start_time,end_time,time_zone,name,created_at\n800,1920,2460,London,Office,2020-01-01"
        " 00:00:00\n"
    ),
}


def test_targets_and_due_dates_of_the_history_are_clocks(tmp_path: Path) -> None:
    """The targets a history holds go before what the policy says; due dates are clocks of their
    own.
    """
    folder = tmp_path / "export"
    folder.mkdir()
    for name, content in HISTORY.items():
        (folder / f"{name}.csv").write_text(content)
    desk = late_desk(tmp_path / "desk", quarantine_limit=1.0)
    report = desk.load("zendesk", [folder])
    assert report.quarantined == {
        'value: not an SLA target such as {"minutes": 60, "in_business_hours": true}': 1,
        "due_at: not a time written as ISO 8601": 1,
    }
    with desk.engine() as engine:
        rows = engine.run(
            "select ticket_id, clock, policy_id, target_seconds, state, elapsed_seconds from"
            " sla_measured order by ticket_id, clock, applied_at"
        )
    assert rows == [
        # Open 3 h, pending 2 h, open 1 h: 240 minutes of work and not one more; the reply after
        # half an hour clears its target.
        ("1", "agent_work", "VIP", 14400, "met", 14400),
        ("1", "due_date", "due_date", 18000, "breached", 21600),
        ("1", "first_response", "VIP", 3600, "met", 1800),
        # The due date was moved from 12:00 to 18:00 in time; the new target of 15 minutes counts
        # from creation.
        ("2", "due_date", "due_date", 10800, "cancelled", 3600),
        ("2", "due_date", "due_date", 32400, "met", 21600),
        ("2", "first_response", "zendesk", 3600, "cancelled", 600),
        ("2", "first_response", "zendesk", 900, "breached", 2400),
        ("3", "resolution", "5", 36000, "met", 21600),
    ]
    assert desk.measure("sla_compliance")[0].value == pytest.approx(4 / 6)
