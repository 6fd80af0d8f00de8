"""Telephony, rosters, states, surveys and transcripts: columns are recognised, oddities refused
with their line.
"""

from __future__ import annotations

import csv
import gzip
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from desks import late_desk
from helmdesk.desk.desk import Desk
from helmdesk.errors import InputError
from helmdesk.records.staging import LoadReport


def load(
    tmp_path: Path, source: str, *texts: str, zone: str | None = None, dates: str | None = None
) -> tuple[Desk, LoadReport]:
    desk = late_desk(tmp_path / "desk", quarantine_limit=1.0)
    paths = []
    for place, content in enumerate(texts):
        path = tmp_path / f"file{place}.csv"
        path.write_text(content, encoding="utf-8")
        paths.append(path)
    return desk, desk.load(source, paths, time_zone=zone, dates=dates)


def test_telephony_rows(tmp_path: Path) -> None:
    desk, report = load(
        tmp_path,
        "telephony",
        "Call ID,Queue,Agent,Date,Time,Answered,IVR seconds,Wait seconds,Talk time,Hold time,Wrap"
        " time,Colour\n"
        "1,Sales,Ann,2026-07-01,9:00:00,Y,20,10,0:03:00,30,60,red\n"
        "2,Sales,,2026-07-01,9:05:00,abandoned,0,45,,,,red\n"
        "3,Sales,Bob,2026-07-01,9:10:00,N,,,,,,red\n"
        "4,Sales,Bob,2026-07-01,9:20:00,perhaps,,5,soon,,,red\n"
        "5,Sales,Bob,2026-13-01,9:20:00,Y,,5,10,,,red\n"
        ",Sales,Bob,2026-07-01,9:20:00,Y,,5,10,,,red\n",
        zone="Europe/Berlin",
    )
    rows = {
        row["leg_id"].split(":")[1]: row
        for row in desk.drill("ticket_volume", variant="contacts").to_pylist()
    }
    assert rows["1"]["offered_at"] == datetime(2026, 7, 1, 7, 0, 20, tzinfo=UTC)
    assert {key: row["outcome"] for key, row in rows.items()} == {
        "1": "answered",
        "2": "abandoned",
        "3": "missed",
    }
    (handled,) = desk.drill("average_handle_time").to_pylist()
    assert (
        handled["talk_seconds"],
        handled["hold_seconds"],
        handled["wrap_seconds"],
        handled["handle_seconds"],
    ) == (180, 30, 60, 270)
    assert desk.measure("average_speed_of_answer", variant="with_ivr")[0].value == 30
    lines = "\n".join(report.quarantine_examples)
    assert (
        "line 5, Answered = 'perhaps': an outcome nobody knows: say which of answered, transferred,"
        " abandoned, missed it is" in lines
    )
    assert "line 5, Talk time = 'soon': not a duration" in lines
    assert "line 6, Date = '2026-13-01 09:20:00'" in lines
    assert "line 7, Call ID: no identity" in lines
    assert report.notes == [
        "1 unanswered calls have no waiting time: they count as unanswered, not by how long they"
        " waited"
    ]


def test_telephony_totals(tmp_path: Path) -> None:
    desk, report = load(
        tmp_path,
        "telephony",
        "DateTime,Calls\n2026-07-01 09:00:00,12\n2026-07-01 09:05:00,3.0\n2026-07-01"
        " 09:10:00,many\n",
        zone="UTC",
    )
    assert report.records == {"interval_total": 2}
    assert report.quarantine_examples[0].endswith(
        "line 4, DateTime = '2026-07-01 09:10:00 / many': not a number of calls"
    )
    found = desk.measure("ticket_volume", variant="contacts")[0]
    assert (found.value, found.n, found.asserted) == (15, 2, 2)


def test_totals_of_agents_are_told_apart(tmp_path: Path) -> None:
    """One row an agent and month: all of them count; two that say different things of the same are
    asked about.
    """
    desk, report = load(
        tmp_path,
        "telephony",
        "agent,calls,talk_time,direction,date\nann,611,07:30,in,2026-03-01\nbob,157,05:38,in,2026-03-01\nbob,20,05:38,out,2026-03-01\nann,500,07:00,in,2026-04-01\n"
        "cat,3,01:00,in,2026-03-01\ncat,4,01:00,in,2026-03-01\n",
    )
    assert desk.measure("ticket_volume", variant="contacts")[0].value == 611 + 157 + 500
    assert [
        (row.group[0][1], row.value)
        for row in desk.measure("ticket_volume", variant="contacts", by="agent")
    ] == [
        ("ann", 1111),
        ("bob", 157),
    ]
    assert [line.split(".csv, ")[1].split(": ")[0] for line in report.quarantine_examples] == [
        "line 6, calls = '3'",
        "line 7, calls = '4'",
    ]
    assert report.notes == [
        "file0.csv: totals of calls have no lengths of their own: left out talk_time"
    ]


def test_what_is_neither_calls_nor_totals_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"no column for call id; name it one of: call_id"):
        load(tmp_path, "telephony", "who,when\nann,2026-01-01\n")


def test_roster_and_states(tmp_path: Path) -> None:
    desk, report = load(
        tmp_path,
        "roster",
        "Agent,Date,Start,End,Activity,Shift ID,Approved by,Changed at\n"
        "ann,2026-01-05,22:00,02:00,phones,s1,,\n"
        "ann,2026-01-05,23:00,23:15,Lunch,s1,,\n"
        "bob,2026-01-05,09:00,10:00,Shift,s2,,\n"
        "bob,2026-01-05,10:00,11:00,Shift,s2,lead,2026-01-04 12:00\n"
        "cat,2026-01-05,09:00,10:00,juggling,s3,,\n"
        "cat,2026-01-05,nine,10:00,Shift,s3,,\n",
    )
    assert report.records == {"shift_planned": 3, "shift_changed": 1}
    assert [line.split(".csv, ")[1].split(":")[0] for line in report.quarantine_examples] == [
        "line 6, Activity = 'juggling'",
        "line 7, Start = '2026-01-05 nine'",
    ]
    log = tmp_path / "states.csv"
    log.write_text(
        "agent,timestamp,state\nann,2026-01-05 22:00,Ready\nann,2026-01-05 23:00,Lunch"
        " break\nann,2026-01-05 23:15,On call\nann,2026-01-06 02:00,Logged out\nbob,2026-01-05"
        " 10:00,Flying\nbob,2026-01-05 11:00,Log out\n",
        encoding="utf-8",
    )
    assert desk.load("states", [log]).notes == ["states nobody knows count as auxiliary: Flying"]
    assert desk.measure("schedule_adherence", where="agent = 'ann'")[0].value == 1
    assert desk.measure("schedule_adherence", where="agent = 'bob'")[0].value == 0
    assert desk.measure("utilization", where="agent = 'ann'")[0].value == pytest.approx(165 / 225)


def test_survey_scales_and_kinds(tmp_path: Path) -> None:
    desk, report = load(
        tmp_path,
        "survey",
        "Response ID,Response date,Sent at,NPS score,Remarks,Company\n1,05-Jan-26,2026-01-04"
        " 10:00,10,great,Acme\n2,06-Jan-26,,3,,Acme\n3,sometime,,5,,\n4,07-Jan-26,,high,,\n",
    )
    assert report.notes == ["read as nps on 0 to 10 (as every such survey); 9, 10 count as good"]
    assert desk.measure("nps")[0].value == 0
    assert report.records["sent"] == 1
    assert [line.rsplit(": ", 1)[1] for line in report.quarantine_examples] == [
        "not a time written as a date with the name of its month",
        "not a number",
    ]


def test_scores_that_fit_no_scale_and_dates_that_may_be_either(tmp_path: Path) -> None:
    first, other = tmp_path / "a", tmp_path / "b"
    first.mkdir()
    other.mkdir()
    with pytest.raises(InputError, match="fit no csat scale"):
        load(first, "survey", "csat,date\n70,2026-01-05\n")
    with pytest.raises(InputError, match="may be day/month or month/day"):
        load(other, "survey", "csat,date\n5,03/04/2026\n")


def test_whoever_knows_says_what_a_date_begins_with_or_another_column_does(tmp_path: Path) -> None:
    told, shown = tmp_path / "told", tmp_path / "shown"
    told.mkdir()
    shown.mkdir()
    desk, _ = load(told, "survey", "csat,date\n5,03/04/2026\n", dates="month-first")
    other, _ = load(shown, "survey", "csat,sent_at,date\n5,02/28/2026,03/04/2026\n")
    for each in (desk, other):
        with each.engine() as engine:
            assert engine.run(
                "select strftime(responded_at, '%Y-%m-%d') from responses where is_answer"
            ) == [("2026-03-04",)]


def test_transcript(tmp_path: Path) -> None:
    desk, report = load(
        tmp_path,
        "transcript",
        "session_id,turn,role,author,datetime,message\nA,0,client,u1,2026-01-05T09:00:00Z,help\nA,1,agent,a1,2026-01-05T09:10:00Z,try\n"
        "A,2,agent_final_url,a1,,done\nB,0,ghost,u2,2026-01-05T09:00:00Z,boo\nC,0,client,u3,2026-01-05T09:00:00Z,hi\nC,1,agent,a1,,late\n",
        "session_id,conversationDateTime,duration\nA,2026-01-05T09:00:00Z,0:30:00\n",
    )
    assert report.records == {"created": 3, "message": 5}
    assert len(report.quarantine_examples) == 1
    assert any("speakers that no list knows: ghost (1)" in note for note in report.notes)
    assert desk.measure("first_response_time")[0].value == 600
    # A transcript never says "solved": no answer rather than none solved.
    assert desk.measure("resolution_time")[0].value is None


# -- the real files, against plain Python over the same rows
# ----------------------------------------------------------


def rows_of(path: Path) -> list[dict[str, str]]:
    with gzip.open(path, "rt", encoding="utf-8-sig", newline="") as handle:
        return list(csv.DictReader(handle))


@pytest.mark.shared_data
def test_pwc_call_centre(tmp_path: Path, shared_data: Callable[[str], Path]) -> None:
    path = shared_data("pwc-call-centre/call_center_dataset.csv.gz")
    desk = late_desk(tmp_path / "desk")
    desk.load("telephony", [path])
    answered = [row for row in rows_of(path) if row["Answered (Y/N)"] == "Y"]
    talk = [
        int(h) * 3600 + int(m) * 60 + int(s)
        for h, m, s in (row["AvgTalkDuration"].split(":") for row in answered)
    ]
    waits = [int(row["Speed of answer in seconds"]) for row in answered]
    by_hand = {
        "average_speed_of_answer": sum(waits) / len(waits),
        "average_handle_time": sum(talk) / len(talk),
        "csat": sum(int(row["Satisfaction rating"]) >= 4 for row in answered) / len(answered),
        "missed_contact_rate": 946 / 5000,
    }
    for key, value in by_hand.items():
        assert desk.measure(key)[0].value == pytest.approx(value), key
    declared = desk.measure("fcr", variant="agent_declared")[0].value
    assert declared == pytest.approx(
        sum(row["Resolved"] == "Y" for row in answered) / len(answered)
    )


@pytest.mark.shared_data
def test_bank_calls_shopzilla_and_tweets(
    tmp_path: Path, shared_data: Callable[[str], Path]
) -> None:
    bank, shop = (
        shared_data("bank-calls-5min/bank_calls.csv.gz"),
        shared_data("shopzilla-csat/customer_support_dev.csv.gz"),
    )
    calls = late_desk(tmp_path / "bank", time_zone="America/New_York")
    calls.load("telephony", [bank], time_zone="America/New_York")
    march = sum(
        float(row["Calls"]) for row in rows_of(bank) if row["DateTime"].startswith("2003-04")
    )
    assert (
        calls.measure("ticket_volume", variant="contacts", start="2003-04-01", end="2003-05-01")[
            0
        ].value
        == march
    )
    surveys = late_desk(tmp_path / "shop")
    surveys.load("survey", [shop], time_zone="Asia/Kolkata")
    rows = rows_of(shop)
    assert surveys.measure("csat")[0].value == pytest.approx(
        sum(int(row["CSAT Score"]) >= 4 for row in rows) / len(rows)
    )
    assert surveys.measure("csat", variant="mean_score")[0].value == pytest.approx(
        sum(int(row["CSAT Score"]) for row in rows) / len(rows)
    )
    tweets = late_desk(tmp_path / "tweets")
    tweets.load(
        "transcript",
        [
            shared_data("ibm-twitter-care/messages.csv.gz"),
            shared_data("ibm-twitter-care/conversations.csv.gz"),
        ],
    )
    assert tweets.measure("ticket_volume", variant="all")[0].value == 525
    # Where the conversation has two messages, its duration is the first response.
    two = [
        row
        for row in rows_of(shared_data("ibm-twitter-care/conversations.csv.gz"))
        if row["messageCount"] == "2"
    ]
    waits = {
        row["ticket_id"]: row["first_reply_seconds"]
        for row in tweets.drill("first_response_time").to_pylist()
    }
    assert len({row["session_id"] for row in two} & set(waits)) > 400
    for row in (row for row in two if row["session_id"] in waits):
        hours, minutes, seconds = row["duration"].split(":")
        assert waits[row["session_id"]] == int(hours) * 3600 + int(minutes) * 60 + int(
            float(seconds)
        )
