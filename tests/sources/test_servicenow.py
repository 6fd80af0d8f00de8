"""Snapshot rows into changes: on a small log, and on the real one."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from desks import late_desk
from helmdesk.desk.desk import Desk
from helmdesk.errors import InputError

HEADER = (
    "number,incident_state,reassignment_count,reopen_count,sys_mod_count,made_sla,opened_at,"
    "sys_updated_at,assignment_group,assigned_to,priority,resolved_at,closed_at"
)
ROWS = """
I1,New,0,0,0,true,5/1/2026 09:00,5/1/2026 09:05,front,?,3 - Moderate,5/1/2026 12:00,8/1/2026 12:00
I1,Active,1,0,1,true,5/1/2026 09:00,5/1/2026 10:00,back,ann,3 - Moderate,5/1/2026 12:00,8/1/2026 12:00
I1,-100,1,0,2,true,5/1/2026 09:00,5/1/2026 11:00,back,ann,2 - High,5/1/2026 12:00,8/1/2026 12:00
I1,Resolved,1,0,3,false,5/1/2026 09:00,5/1/2026 12:00,back,ann,2 - High,5/1/2026 12:00,8/1/2026 12:00
I1,Closed,1,0,4,false,5/1/2026 09:00,8/1/2026 12:00,back,ann,2 - High,5/1/2026 12:00,8/1/2026 12:00
I2,Active,0,1,0,true,6/1/2026 09:00,32/1/2026 09:05,front,bob,4 - Low,?,?
I2,Awaiting User Info,0,1,1,true,6/1/2026 09:00,6/1/2026 10:00,front,bob,4 - Low,?,?
"""


def log(tmp_path: Path, rows: str = ROWS) -> Path:
    path = tmp_path / "log.csv"
    path.write_text(f"{HEADER}\n{rows.strip()}\n")
    return path


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return late_desk(tmp_path / "desk", quarantine_limit=1.0)


def test_changes_are_derived(desk: Desk, tmp_path: Path) -> None:
    report = desk.load("servicenow", [log(tmp_path)], dates="day-first")
    assert report.records == {
        "asserted_value": 4,
        "assigned": 1,
        "created": 2,
        "field_changed": 1,
        "seen": 2,
        "source_verdict": 3,
        "status_changed": 4,
    }
    with desk.engine() as engine:
        rows = engine.run(
            "select status, strftime(started_at, '%Y-%m-%d %H:%M'), team, agent, priority from"
            " intervals where ticket_id = 'I1' order by started_at"
        )
    assert rows == [
        ("new", "2026-01-05 09:00", "front", None, "3 - Moderate"),
        ("open", "2026-01-05 10:00", "back", "ann", "3 - Moderate"),
        ("open", "2026-01-05 11:00", "back", "ann", "2 - High"),
        ("solved", "2026-01-05 12:00", "back", "ann", "2 - High"),
        ("closed", "2026-01-08 12:00", "back", "ann", "2 - High"),
    ]


def test_final_times_do_not_leak_into_earlier_states(desk: Desk, tmp_path: Path) -> None:
    """The first row already shows resolved_at; at 11:00 the incident is open all the same."""
    desk.load("servicenow", [log(tmp_path)], dates="day-first")
    assert desk.measure("backlog", end="2026-01-05T11:00")[0].value == 1
    assert desk.measure("backlog", end="2026-01-05T12:01")[0].value == 0


def test_oddities_are_reported_with_their_lines(desk: Desk, tmp_path: Path) -> None:
    report = desk.load("servicenow", [log(tmp_path)], dates="day-first")
    path = tmp_path / "log.csv"
    assert report.quarantined_rows == 2
    assert report.quarantine_examples == [
        (
            f"{path}, line 4, incident_state = '-100': unknown state; the row was kept and the"
            " state left as it was before"
        ),
        (
            f"{path}, line 7, sys_updated_at = '32/1/2026 09:05': not a time written as day, month,"
            " year"
        ),
    ]


def test_counters_and_verdict_are_asserted(desk: Desk, tmp_path: Path) -> None:
    desk.load("servicenow", [log(tmp_path)], dates="day-first")
    assert desk.measure("sla_compliance")[0].value == 0.5
    assert desk.measure("sla_compliance")[0].asserted == 2
    assert desk.measure("reopen_rate", variant="as_reported")[0].value == 0.5
    assert desk.measure("transfers", variant="as_reported")[0].value == 0.5


def test_the_due_time_is_a_clock_and_the_verdict_on_it_is_told_once(
    desk: Desk, tmp_path: Path
) -> None:
    path = tmp_path / "log.csv"
    dues = [
        "5/1/2026 11:00",
        "5/1/2026 13:00",
        "5/1/2026 13:00",
        "5/1/2026 13:00",
        "5/1/2026 13:00",
        "?",
        "UNKNOWN",
    ]
    path.write_text(
        "\n".join(
            f"{line},{due}"
            for line, due in zip(
                [HEADER, *ROWS.strip().splitlines()], ["sla_due", *dues], strict=True
            )
        )
        + "\n"
    )
    report = desk.load("servicenow", [path], dates="day-first")
    assert (
        f"{path}, line 8, sla_due = 'UNKNOWN': not a time written as day, month, year"
        in report.quarantine_examples
    )
    with desk.engine() as engine:
        rows = engine.run(
            "select clock, state, strftime(due_at, '%H:%M') from sla_measured where ticket_id ="
            " 'I1' order by applied_at"
        )
    assert rows == [("due_date", "cancelled", "00:00"), ("due_date", "met", "13:00")]
    # Its made_sla says false; what we measure ourselves goes before it. I2 has a verdict and no due
    # time.
    assert (desk.measure("sla_compliance")[0].value, desk.measure("sla_compliance")[0].n) == (1, 2)


def test_a_time_zone_can_be_named(desk: Desk, tmp_path: Path) -> None:
    desk.load("servicenow", [log(tmp_path)], time_zone="Europe/Rome", dates="day-first")
    with desk.engine() as engine:
        assert engine.run("select min(created_at)::varchar from tickets") == [
            ("2026-01-05 08:00:00",)
        ]


def test_a_missing_column_is_named(desk: Desk, tmp_path: Path) -> None:
    path = tmp_path / "log.csv"
    path.write_text("number,incident_stat,sys_updated_at,opened_at\n1,2,3,4\n")
    with pytest.raises(
        InputError, match="missing column 'incident_state'; did you mean 'incident_stat'"
    ):
        desk.load("servicenow", [path], dates="day-first")
    assert desk.lake.version() == 0


def test_the_real_log(tmp_path: Path, shared_data: Callable[[str], Path]) -> None:
    desk = late_desk(tmp_path / "desk")
    report = desk.load("servicenow", [shared_data("uci-incident-log/incident_event_log.csv.gz")])
    assert report.rows == 141_712
    assert report.records["created"] == 24_918
    assert report.quarantined == {
        "incident_state: unknown state; the row was kept and the state left as it was before": 5
    }
    assert any(
        "63.42% within SLA" in note and "1.10% reopened" in note and "45.63% reassigned" in note
        for note in report.notes
    )
    assert any(note.startswith("1 row earlier") for note in report.notes)
    desk.check_quality(report)
    assert desk.measure("ticket_volume")[0].value == 24_918
    assert round(desk.measure("sla_compliance")[0].value, 4) == 0.6342
    assert round(desk.measure("reopen_rate", variant="as_reported")[0].value, 4) == 0.0110
    assert round(desk.measure("transfers", variant="as_reported")[0].value, 4) == 0.4563


def test_days_and_months_are_told_apart_over_the_file_or_asked_for(
    desk: Desk, tmp_path: Path
) -> None:
    row = "I1,New,0,0,0,true,{0} 09:00,{0} 09:05,front,?,3 - Moderate,?,?"
    undecided = log(tmp_path, row.format("05/06/2026"))
    with pytest.raises(
        InputError,
        match=(
            "'05/06/2026 09:05' may be day/month or month/day and no row tells; say which with"
            " --dates day-first"
        ),
    ):
        desk.load("servicenow", [undecided])
    with pytest.raises(InputError, match="dates 'dmy': not day-first or month-first"):
        desk.load("servicenow", [undecided], dates="dmy")
    told = log(
        tmp_path, row.format("05/06/2026") + "\n" + row.format("05/13/2026").replace("I1", "I2")
    )
    desk.load("servicenow", [told])
    with desk.engine() as engine:
        rows = engine.run(
            "select ticket_id, strftime(created_at, '%Y-%m-%d %H:%M') from tickets order by 1"
        )
    assert rows == [("I1", "2026-05-06 09:00"), ("I2", "2026-05-13 09:00")]


def test_times_of_another_form_are_read(desk: Desk, tmp_path: Path) -> None:
    desk.load(
        "servicenow",
        [
            log(
                tmp_path,
                "I1,New,0,0,0,true,2026-05-06 09:00:07,2026-05-06 09:05:00,front,?,3 -"
                " Moderate,?,?",
            )
        ],
    )
    with desk.engine() as engine:
        assert engine.run("select strftime(created_at, '%Y-%m-%d %H:%M:%S') from tickets") == [
            ("2026-05-06 09:00:07",)
        ]
