"""Event logs: CSV and XES tell the same story."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import pytest

from desks import late_desk
from helmdesk.errors import InputError, MappingError

CSV = """case_id,concept:name,org:resource,time:timestamp
C1,Assign seriousness,ann,2026-01-05T09:00:00+01:00
C1,Take in charge ticket,bob,2026-01-05T10:00:00+01:00
C1,Wait,bob,2026-01-05T11:00:00+01:00
C1,Juggle,bob,2026-01-05T12:00:00+01:00
C1,Resolve ticket,bob,2026-01-05T13:00:00+01:00
C2,Assign seriousness,ann,2026-01-06T09:00:00+01:00
"""
XES = """<?xml version='1.0'?><log><string key="concept:name" value="not a case"/>{}</log>"""


def xes(rows: str) -> str:
    cases: dict[str, list[str]] = {}
    for line in rows.strip().splitlines()[1:]:
        case, activity, resource, time = line.split(",")
        cases.setdefault(case, []).append(
            f'<event><string key="concept:name" value="{activity}"/><string key="org:resource"'
            f' value="{resource}"/><date key="time:timestamp" value="{time}"/></event>'
        )
    traces = "\n".join(
        f'<trace><string key="concept:name" value="{case}"/>{"".join(events)}</trace>'
        for case, events in cases.items()
    )
    return XES.format(traces)


@pytest.mark.parametrize("form", ["csv", "xes"])
def test_both_forms(tmp_path: Path, form: str) -> None:
    path = tmp_path / f"log.{form}"
    path.write_text(CSV if form == "csv" else xes(CSV))
    desk = late_desk(tmp_path / "desk")
    report = desk.load("eventlog", [path])
    assert "2 cases, 6 events" in report.notes
    assert any("Juggle (1)" in note for note in report.notes)
    with desk.engine() as engine:
        rows = engine.run(
            "select status, hour(started_at), agent from intervals where ticket_id = 'C1' order by"
            " started_at"
        )
    assert rows == [
        ("new", 8, "ann"),
        ("open", 9, "bob"),
        ("waiting_customer", 10, "bob"),
        ("open", 11, "bob"),
        ("solved", 12, "bob"),
    ]
    assert desk.measure("backlog")[0].value == 1


def test_a_mapping_extends_the_words(tmp_path: Path) -> None:
    (tmp_path / "log.csv").write_text(CSV)
    (tmp_path / "words.toml").write_text('[status]\n"juggle" = "waiting_third_party"\n')
    desk = late_desk(tmp_path / "desk")
    desk.load("eventlog", [tmp_path / "log.csv"], mapping=tmp_path / "words.toml")
    with desk.engine() as engine:
        assert ("waiting_third_party",) in engine.run("select status from intervals")
    (tmp_path / "bad.toml").write_text('[status]\n"juggle" = "waiting"\n')
    with pytest.raises(MappingError, match="'juggle' is 'waiting'"):
        desk.load("eventlog", [tmp_path / "log.csv"], mapping=tmp_path / "bad.toml")


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("x.xes", "<log><trace>", "line 1: not XES"),
        ("x.xes", "<log/>", "no events"),
        ("x.csv", "case,when\n1,2\n", "missing column 'concept:name'"),
    ],
)
def test_what_is_no_event_log(tmp_path: Path, name: str, content: str, message: str) -> None:
    (tmp_path / name).write_text(content)
    with pytest.raises(InputError, match=message):
        late_desk(tmp_path / "desk").load("eventlog", [tmp_path / name])


def test_a_missing_time_goes_to_quarantine_with_its_line(tmp_path: Path) -> None:
    log = xes(CSV).replace("2026-01-06T09:00:00+01:00", "yesterday")
    (tmp_path / "log.xes").write_text(log)
    report = late_desk(tmp_path / "desk", quarantine_limit=1.0).load(
        "eventlog", [tmp_path / "log.xes"]
    )
    assert report.quarantine_examples == [
        f"{tmp_path / 'log.xes'}, line 2, time:timestamp = 'yesterday': not a time written as ISO"
        " 8601"
    ]


def test_the_real_log_in_both_forms(tmp_path: Path, shared_data: Callable[[str], Path]) -> None:
    numbers = []
    for name in ("helpdesk.csv.gz", "helpdesk.xes.gz"):
        desk = late_desk(tmp_path / name)
        report = desk.load("eventlog", [shared_data(f"helpdesk-italy/{name}")])
        assert (report.rows, report.records["created"], report.records["status_changed"]) == (
            21_348,
            4_580,
            21_348,
        )
        numbers.append(
            desk.measure(
                "ticket_volume", "resolution_time", "reopen_rate", "transfers", "backlog"
            ).as_rows()
        )
    assert numbers[0] == numbers[1]


def test_the_lifecycle_tells_who_worked_and_how_long(tmp_path: Path) -> None:
    """Two hours from the first to the last event; 18 minutes of work with a pause, and an hour's
    wait that is none.
    """
    (tmp_path / "log.csv").write_text(
        """case_id,concept:name,lifecycle:transition,org:resource,org:group,impact,time:timestamp
C1,Create ticket,complete,,Line 1,High,2026-01-05T09:00:00Z
C1,Analyse,schedule,,Line 1,High,2026-01-05T09:00:00Z
C1,Analyse,start,ann,Line 1,High,2026-01-05T09:10:00Z
C1,Analyse,suspend,ann,Line 1,High,2026-01-05T09:20:00Z
C1,Analyse,resume,ann,Line 1,High,2026-01-05T09:30:00Z
C1,Analyse,complete,ann,Line 1,High,2026-01-05T09:33:00Z
C1,Wait,start,ann,Line 1,High,2026-01-05T09:33:00Z
C1,Wait,complete,ann,Line 1,High,2026-01-05T10:33:00Z
C1,Approve,withdraw,bob,Line 2,Low,2026-01-05T10:40:00Z
C1,Resolve ticket,start,bob,Line 2,Low,2026-01-05T10:55:00Z
C1,Resolve ticket,complete,bob,Line 2,Low,2026-01-05T11:00:00Z
"""
    )
    desk = late_desk(tmp_path / "desk")
    report = desk.load("eventlog", [tmp_path / "log.csv"])
    with desk.engine() as engine:
        states = engine.run(
            "select status, hour(started_at) * 60 + minute(started_at), agent, team from intervals"
            " order by started_at"
        )
        assert engine.run("select last_solved_at from tickets") == [(datetime(2026, 1, 5, 11),)]
    assert [(status, minute) for status, minute, *_ in states if status == "waiting_customer"] == [
        ("waiting_customer", 573)
    ]
    assert states[-1] == ("solved", 660, "bob", "Line 2")
    assert desk.measure("average_handle_time", variant="per_ticket")[0].value == 18 * 60
    assert desk.measure("ticket_volume", by="custom.impact")[0].group == (
        ("custom.impact", "High"),
    )
    assert desk.measure("resolution_time", by="team")[0].group == (("team", "Line 2"),)
    said = " ".join(report.notes)
    assert "kept as dimensions, with their value at each case's first event: custom.impact" in said
    assert "only the first value is kept: impact (in 1 cases)" in said
    assert "Approve" not in said, "what was withdrawn never happened"


def test_a_row_with_start_and_end_is_work(tmp_path: Path) -> None:
    (tmp_path / "log.csv").write_text(
        """Case ID,Activity,Resource,Start Timestamp,Complete Timestamp,Priority
C1,Analyse,ann,05/01/2026 09:00:00,05/01/2026 09:30:00,Low
C1,Analyse,ann,13/01/2026 10:00:00,13/01/2026 10:15:00,High
C1,Resolve ticket,ann,13/01/2026 12:00:00,13/01/2026 12:05:00,High
"""
    )
    desk = late_desk(tmp_path / "desk")
    desk.load("eventlog", [tmp_path / "log.csv"])
    assert desk.measure("average_handle_time", variant="per_ticket")[0].value == 50 * 60
    assert desk.measure("ticket_volume", by="priority")[0].group == (("priority", "High"),)


@pytest.mark.parametrize("activity", ["Accepted,Wait - User", "Accepted-Wait - User,complete"])
def test_a_finer_state_beside_or_within_the_activity(tmp_path: Path, activity: str) -> None:
    (tmp_path / "log.csv").write_text(
        "case:concept:name,concept:name,lifecycle:transition,time:timestamp\n"
        "C1,Accepted,In Progress,2026-01-05T09:00:00Z\n"
        f"C1,{activity},2026-01-05T10:00:00Z\nC1,Completed,Closed,2026-01-05T12:00:00Z\n"
    )
    desk = late_desk(tmp_path / "desk")
    desk.load("eventlog", [tmp_path / "log.csv"])
    assert desk.measure("resolution_time", variant="agent_work_time")[0].value == 3600
    (tmp_path / "words.toml").write_text(
        '[status]\n"accepted-in progress" = "waiting_third_party"\n"accepted" ='
        ' "waiting_third_party"\n'
    )
    other = late_desk(tmp_path / "other")
    other.load("eventlog", [tmp_path / "log.csv"], mapping=tmp_path / "words.toml")
    assert other.measure("resolution_time", variant="agent_work_time")[0].value == 0


def test_the_closed_problems_in_both_forms(
    tmp_path: Path, shared_data: Callable[[str], Path]
) -> None:
    """Work is the time accepted and in progress: waits of the sub-status are none."""
    found = []
    for name in ("bpi2013_closed_problems.csv.gz", "bpi2013_closed_problems.xes.gz"):
        desk = late_desk(tmp_path / name)
        report = desk.load("eventlog", [shared_data(f"bpi2013-closed-problems/{name}")])
        unknown = [note for note in report.notes if "no status is known" in note]
        assert len(unknown) == 1 and "Unmatched" in unknown[0] and "," not in unknown[0]
        found.append(
            (
                report.records["created"],
                desk.measure("ticket_volume", by="team").as_rows()[0]["n"],
                desk.measure("resolution_time", variant="agent_work_time")[0].value,
            )
        )
    assert found[0] == found[1]
