"""Event logs: CSV and XES tell the same story."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from desks import make_desk
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
            f'<event><string key="concept:name" value="{activity}"/><string key="org:resource" value="{resource}"/>'
            f'<date key="time:timestamp" value="{time}"/></event>'
        )
    traces = "\n".join(f'<trace><string key="concept:name" value="{case}"/>{"".join(events)}</trace>' for case, events in cases.items())
    return XES.format(traces)


@pytest.mark.parametrize("form", ["csv", "xes"])
def test_both_forms(tmp_path: Path, form: str) -> None:
    path = tmp_path / f"log.{form}"
    path.write_text(CSV if form == "csv" else xes(CSV))
    desk = make_desk(tmp_path / "desk")
    report = desk.load("eventlog", [path])
    assert "2 cases, 6 events" in report.notes
    assert any("Juggle (1)" in note for note in report.notes)
    with desk.engine() as engine:
        rows = engine.run("select status, hour(started_at), agent from intervals where ticket_id = 'C1' order by started_at")
    assert rows == [("new", 8, "ann"), ("open", 9, "bob"), ("waiting_customer", 10, "bob"), ("open", 11, "bob"), ("solved", 12, "bob")]
    assert desk.measure("backlog")[0].value == 1


def test_a_mapping_extends_the_words(tmp_path: Path) -> None:
    (tmp_path / "log.csv").write_text(CSV)
    (tmp_path / "words.toml").write_text('[status]\n"juggle" = "waiting_third_party"\n')
    desk = make_desk(tmp_path / "desk")
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
        make_desk(tmp_path / "desk").load("eventlog", [tmp_path / name])


def test_a_missing_time_goes_to_quarantine_with_its_line(tmp_path: Path) -> None:
    log = xes(CSV).replace("2026-01-06T09:00:00+01:00", "yesterday")
    (tmp_path / "log.xes").write_text(log)
    report = make_desk(tmp_path / "desk", quarantine_limit=1.0).load("eventlog", [tmp_path / "log.xes"])
    assert report.quarantine_examples == [f"{tmp_path / 'log.xes'}, line 2, occurred_text = 'yesterday': not a time written as ISO 8601"]


def test_the_real_log_in_both_forms(tmp_path: Path, shared_data: Callable[[str], Path]) -> None:
    numbers = []
    for name in ("helpdesk.csv.gz", "helpdesk.xes.gz"):
        desk = make_desk(tmp_path / name)
        report = desk.load("eventlog", [shared_data(f"helpdesk-italy/{name}")])
        assert (report.rows, report.records["created"], report.records["status_changed"]) == (21_348, 4_580, 21_348)
        numbers.append(desk.measure("ticket_volume", "resolution_time", "reopen_rate", "transfers", "backlog").as_rows())
    assert numbers[0] == numbers[1]
