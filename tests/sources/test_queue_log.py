"""Asterisk's queue log: events become calls, in whichever form the log is handed over."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from desks import late_desk
from helmdesk.desk.desk import Desk
from helmdesk.errors import InputError
from helmdesk.records.staging import LoadReport

# Answered after two people did not; given up; sent on to a second queue; lost to a timeout;
# transferred; still waiting.
LOG = """\
1767600000|NONE|NONE|NONE|QUEUESTART|
1767603600|c1|sales|NONE|ENTERQUEUE||0301234|1
1767603605|c1|sales|SIP/10|RINGNOANSWER|5000
1767603612|c1|sales|SIP/11|CONNECT|12|c1b|3
1767603912|c1|sales|SIP/11|COMPLETECALLER|12|300|1
1767603700|c2|sales|NONE|ENTERQUEUE||0305678|2
1767603745|c2|sales|NONE|ABANDON|1|2|45
1767603800|c3|sales|NONE|ENTERQUEUE||anonymous|1
1767603860|c3|sales|NONE|EXITWITHTIMEOUT|1|1|60
1767603861|c3|overflow|NONE|ENTERQUEUE||anonymous|1
1767603881|c3|overflow|SIP/12|CONNECT|20|c3b|2
1767603981|c3|overflow|SIP/12|BLINDTRANSFER|200|default|20|100|1
1767604000|c4|sales|NONE|ENTERQUEUE||030777|1
1767604090|c4|sales|NONE|EXITWITHTIMEOUT|1|1|90
1767604100|c4|sales|NONE|ENTERQUEUE||030777|1
1767604110|c4|sales|SIP/10|CONNECT|10|c4b|2
1767604140|c4|sales|SIP/10|ATTENDEDTRANSFER|300
1767604150|a1|NONE|SIP/10|PAUSE|lunch
1767604200|c5|sales|NONE|ENTERQUEUE||030888|1
"""
CALLS = [
    ("c1", "sales", "answered", 12.0, 300.0, "SIP/11"),
    ("c2", "sales", "abandoned", 45.0, None, None),
    ("c3", "sales", "abandoned", 60.0, None, None),
    ("c3", "overflow", "answered", 20.0, 100.0, "SIP/12"),
    ("c4", "sales", "abandoned", 90.0, None, None),
    ("c4", "sales", "answered", 10.0, 30.0, "SIP/10"),
]


def load(tmp_path: Path, *files: tuple[str, str]) -> tuple[Desk, LoadReport]:
    desk = late_desk(tmp_path / "desk", quarantine_limit=1.0)
    paths = []
    for name, content in files:
        paths.append(tmp_path / name)
        paths[-1].write_text(content, encoding="utf-8")
    return desk, desk.load("telephony", paths)


def calls(desk: Desk) -> list[tuple[Any, ...]]:
    columns = "split_part(leg_id, ':', 2), queue_id, outcome, wait_seconds, talk_seconds, agent_id"
    with desk.engine() as engine:
        return engine.run(f"select {columns} from legs order by offered_at, leg_id")


def as_table(log: str, header: str, *, is_joined: bool = False) -> str:
    lines = [header]
    for line in log.splitlines():
        cells = line.split("|")
        data = cells[5:] + [""] * (10 - len(cells))
        lines.append(",".join([*cells[:5], *(["|".join(data).rstrip("|")] if is_joined else data)]))
    return "\n".join(lines) + "\n"


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("queue_log", LOG),
        ("queue_log.1", LOG.replace("\n", "\r\n")),
        (
            "table.csv",
            as_table(LOG, "time,callid,queuename,agent,event,data1,data2,data3,data4,data5"),
        ),
        ("joined.csv", as_table(LOG, "time,callid,queue_name,agent,event,data", is_joined=True)),
    ],
)
def test_every_form_gives_the_same_calls(tmp_path: Path, name: str, content: str) -> None:
    desk, report = load(tmp_path, (name, content))
    assert calls(desk) == CALLS
    assert "2 events are about agents and the system, not about calls" in report.notes
    # Nobody knows what became of the one that still waits.
    ((line, raw),) = [(each.line, each.reason) for each in desk.quarantine()]
    assert "no outcome" in raw and line == 19 + (not name.startswith("queue"))


def test_a_copy_with_the_lengths_in_columns_of_their_own(tmp_path: Path) -> None:
    rows = [
        "1,1767603600,c1,sales,NONE,ENTERQUEUE,0301234,,,1,0,0,0,2026-01-05 10:00:00",
        "2,1767603612,c1,sales,SIP/11,CONNECT,,c1b,3,0,0,12,0,2026-01-05 10:00:12",
        "3,1767603912,c1,sales,SIP/11,COMPLETECALLER,0301234,,,1,0,12,300,2026-01-05 10:05:12",
        "4,1767603700,c2,sales,NONE,ENTERQUEUE,0305678,,,2,0,0,0,2026-01-05 10:01:40",
        "5,1767603745,c2,sales,NONE,ABANDON,1,2,,2,1,45,0,2026-01-05 10:02:25",
    ]
    header = (
        "uid,date_time,callid,queue_name,type,event,param1,param2,param3,entpos,expos,htime,ttime,"
        "time"
    )
    desk, _ = load(tmp_path, ("log.csv", "\n".join([header, *rows]) + "\n"))
    assert calls(desk) == CALLS[:2]


def test_a_call_may_begin_in_one_log_and_end_in_the_next(tmp_path: Path) -> None:
    lines = LOG.splitlines(keepends=True)
    first, second = "".join(lines[:3]), "".join(lines[3:18])
    (tmp_path / "both").mkdir()
    desk, _ = load(tmp_path / "both", ("queue_log.1", first), ("queue_log", second))
    assert calls(desk) == CALLS
    (tmp_path / "one").mkdir()
    desk, report = load(tmp_path / "one", ("queue_log", second))
    assert calls(desk) == CALLS[1:]
    assert (
        "1 calls entered their queue before this log begins and were left out: load it together"
        " with the log before it" in report.notes
    )


def test_a_log_without_calls_says_what_it_lacks(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no call enters a queue in it"):
        load(
            tmp_path,
            (
                "queue_log",
                "1767600000|NONE|NONE|NONE|QUEUESTART|\n1767604150|a1|NONE|SIP/10|PAUSE|lunch\n",
            ),
        )


def test_the_report_names_columns_of_each_file_as_its_own(tmp_path: Path) -> None:
    call = "call_id,start_time,talk,mood\n1,2026-01-05 09:00:00,60,good\n"
    _, report = load(tmp_path, ("calls.csv", call), ("queue_log", LOG))
    assert [file.unknown_columns for file in report.files] == [("mood",), ()]
