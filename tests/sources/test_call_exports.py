"""Exports of telephone systems, as they write them: whose they are, what becomes of each row."""

from __future__ import annotations

import json
from typing import Any

import pytest

from desks import late_desk
from helmdesk.desk.desk import Desk
from helmdesk.records.staging import LoadReport


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Desk:
    """Return one desk for all exports: their calls have ids of their own."""
    return late_desk(
        tmp_path_factory.mktemp("calls") / "desk",
        time_zone="America/Chicago",
        quarantine_limit=1.0,
    )


def load(desk: Desk, content: str, name: str) -> LoadReport:
    path = desk.path.parent / name
    path.write_text(content, encoding="utf-8")
    return desk.load("file", [path])


def legs(
    desk: Desk,
    ids: str,
    columns: str = "outcome, wait_seconds, handle_seconds, direction, customer_id",
) -> list[tuple[Any, ...]]:
    with desk.engine() as engine:
        return [
            tuple(row)
            for row in engine.run(
                f"select {columns} from legs where leg_id like 'telephony:{ids}%' order by leg_id"
            )
        ]


def told(report: LoadReport) -> str:
    return " ".join(report.notes)


def test_aircall_history(desk: Desk) -> None:
    report = load(
        desk,
        "line,datetime (TZ offset incl.),number timezone,datetime (UTC),country_code,direction,"
        "from,to,answered,missed_call_reason,user,duration (total),duration (in call),voicemail,"
        "customer number,in-call duration,call id,waiting time,time in ivr\n"
        "Support,2026-01-05 03:00:00,America/Chicago,2026-01-05 09:00:00,US,inbound,"
        "+1555,+1999,Yes,,Ada,100,60,,+1555,60,c1,20,20\n"
        "Support,2026-01-05 03:10:00,America/Chicago,2026-01-05 09:10:00,US,inbound,"
        "+1556,+1999,No,no_available_agent,,45,0,,+1556,0,c2,45,0\n"
        "Support,2026-01-05 03:20:00,America/Chicago,2026-01-05 09:20:00,US,outbound,"
        "+1999,+1557,Yes,,Ben,40,30,,+1557,30,c3,10,\n",
        "aircall.csv",
    )
    assert "Aircall call history" in told(report) and report.quarantined_rows == 0
    assert legs(desk, "c") == [
        ("answered", 20.0, 60.0, "inbound", "+1555"),
        ("abandoned", 45.0, None, "inbound", "+1556"),
        ("answered", 10.0, 30.0, "outbound", "+1557"),
    ]
    # 20 seconds of menus after nine o'clock UTC, whatever the desk's zone.
    assert legs(desk, "c", "offered_at")[0][0].isoformat() == "2026-01-05T09:00:20"


def test_aircall_interface(desk: Desk) -> None:
    call = {
        "id": 91,
        "direct_link": "https://api",
        "direction": "inbound",
        "status": "done",
        "missed_call_reason": None,
        "started_at": 1767603600,
        "answered_at": 1767603615,
        "ended_at": 1767603675,
        "duration": 75,
        "raw_digits": "+1 555",
        "user": {"id": 7, "name": "Ada"},
        "number": {"id": 3, "name": "Support"},
    }
    lost = {
        **call,
        "id": 92,
        "missed_call_reason": "abandoned_in_classic",
        "answered_at": None,
        "ended_at": 1767603630,
        "user": None,
    }
    load(desk, json.dumps({"meta": {"total": 2}, "calls": [call, lost]}), "aircall.json")
    assert legs(desk, "9") == [
        ("answered", 15.0, 60.0, "inbound", "+1 555"),
        ("missed", 30.0, None, "inbound", "+1 555"),
    ]


def test_amazon_connect_waits_begin_in_the_queue(desk: Desk) -> None:
    def record(contact: str, **more: Any) -> dict[str, Any]:
        return {
            "ContactId": f"ctr-{contact}",
            "Channel": "VOICE",
            "InitiationMethod": "INBOUND",
            "InitiationTimestamp": "2026-01-05T09:00:00Z",
            "ConnectedToSystemTimestamp": "2026-01-05T09:00:00Z",
            "DisconnectTimestamp": "2026-01-05T09:05:00Z",
            "CustomerEndpoint": {"Type": "TELEPHONE_NUMBER", "Address": "+1555"},
            "Queue": None,
            "Agent": None,
            **more,
        }

    queue = {"Name": "Support", "EnqueueTimestamp": "2026-01-05T09:01:00Z", "Duration": 30}
    agent = {
        "Username": "ada",
        "ConnectedToAgentTimestamp": "2026-01-05T09:01:30Z",
        "AgentInteractionDuration": 180,
        "CustomerHoldDuration": 20,
        "AfterContactWorkDuration": 15,
    }
    lines = [
        record("answered", Queue=queue, Agent=agent),
        record("lost", Queue=queue),
        record("menu"),
    ]
    report = load(desk, "".join(json.dumps(line) + "\n" for line in lines), "ctr.json")
    assert legs(
        desk, "ctr-", "split_part(leg_id, ':', 2), outcome, wait_seconds, queue_id, channel"
    ) == [
        ("ctr-answered", "answered", 30.0, "Support", "phone"),
        ("ctr-lost", "missed", 240.0, "Support", "phone"),
    ]
    # Talk 180, hold 20, after-call work 15.
    assert legs(desk, "ctr-", "handle_seconds")[0] == (215.0,)
    assert "1 contacts that never came to a queue or an agent are left out" in told(report)


def test_five9_call_log(desk: Desk) -> None:
    header = (
        "CALL ID,TIMESTAMP,CAMPAIGN,CALL TYPE,AGENT,DISPOSITION,ANI,DNIS,SESSION ID,IVR TIME,"
        "QUEUE WAIT TIME,TALK TIME,HOLD TIME,AFTER CALL WORK TIME\n"
    )
    rows = (
        '51,"Mon, 05 Jan 2026 09:00:00",Help,Inbound,ada@x,Resolved,555,800,S1,00:00:10,00:00:20,'
        "00:01:00,00:00:05,00:00:30\n"
        '52,"Mon, 05 Jan 2026 09:10:00",Help,Inbound,[None],Abandon,556,800,S2,00:00:00,00:00:40,'
        "00:00:00,00:00:00,00:00:00\n"
        '53,"Mon, 05 Jan 2026 09:20:00",Help,Manual,ben@x,Answering Machine,800,557,S3,,,00:00:20,'
        ",\n"
        '54,"Mon, 05 Jan 2026 09:30:00",[None],Internal,ben@x,,101,102,S4,,,00:00:20,,\n'
    )
    report = load(desk, header + rows, "five9.csv")
    assert legs(desk, "5", "outcome, wait_seconds, handle_seconds, agent_id, customer_id") == [
        ("answered", 20.0, 95.0, "ada@x", "555"),
        ("abandoned", 40.0, None, None, "556"),
        ("answered", None, 20.0, "ben@x", "557"),
    ]
    assert "1 calls among colleagues are left out" in told(report)
    assert legs(desk, "5", "offered_at")[0][0].isoformat() == "2026-01-05T15:00:10"


def test_genesys_cloud_interactions(desk: Desk) -> None:
    header = (
        '"Full Export Completed","Partial Result Timestamp","Filters","Media Type","Users",'
        '"Remote","Date","End Date","Duration","Direction","ANI","DNIS","Queue","Wrap-up","Flow",'
        '"Conversation ID","Total Queue","Total Talk","Total Hold","Total ACW"\n'
    )
    rows = (
        '"YES","","Queue: A","voice","Ada","Eve","1/13/26 9:00 AM","1/13/26 9:03 AM","180000",'
        '"Inbound","tel:1","tel:2","Billing","Done","F","ga","20000","90000","10000","5000"\n'
        '"YES","","Queue: A","voice","Ada; Ben","Eve","1/13/26 9:10 AM","1/13/26 9:12 AM",'
        '"120000","Inbound","tel:1","tel:2","Billing","","F","gb","15000","60000","0","0"\n'
        '"YES","","Queue: A","voice","","Bob","1/13/26 9:20 AM","1/13/26 9:21 AM","60000",'
        '"Inbound","tel:1","tel:2","Billing","","F","gc","45000","0","0","0"\n'
    )
    load(desk, header + rows, "genesys.csv")
    assert legs(
        desk, "g", "outcome, wait_seconds, handle_seconds, agent_id, channel, queue_id"
    ) == [
        ("answered", 20.0, 105.0, "Ada", "phone", "Billing"),
        ("answered", 15.0, 60.0, None, "phone", "Billing"),
        ("abandoned", 45.0, None, None, "phone", "Billing"),
    ]


def test_talkdesk_calls(desk: Desk) -> None:
    header = (
        "Interaction ID,Call Type,Start Time,End Time,Talkdesk Phone Number,Customer Phone Number,"
        "Talk Time,Record,Hangup,In Business Hours?,Callback From Queue?,Waiting Time,Agent Speed"
        " To Answer,Holding Time,Rating,Agent Name,Disposition Code,Transfer?,Handling Agent,Tags,"
        "Team,CSAT Score\n"
    )
    rows = (
        "i1,inbound,2026-01-05 09:00:00,2026-01-05 09:02:00,+1,+1555,00:01:00,,agent,Yes,No,"
        "00:00:30,00:00:05,00:00:10,1,Ada,Billing,No,Ada,,T,5\n"
        "i2,abandoned,2026-01-05 09:10:00,2026-01-05 09:10:40,+1,+1556,00:00:00,,caller,Yes,No,"
        "00:00:40,,,,,,No,,,T,\n"
        "i3,missed,2026-01-05 09:20:00,2026-01-05 09:21:00,+1,+1557,00:00:00,,,Yes,No,00:01:00,"
        ",,,,,No,,,T,\n"
        "i4,outbound,2026-01-05 09:30:00,2026-01-05 09:31:00,+1,+1558,00:00:50,,,Yes,No,,,,,Ben,,"
        "No,Ben,,T,\n"
    )
    report = load(desk, header + rows, "talkdesk.csv")
    assert report.quarantined_rows == 0
    assert legs(desk, "i") == [
        ("answered", 30.0, 70.0, "inbound", "+1555"),
        ("abandoned", 40.0, None, "inbound", "+1556"),
        ("abandoned", 60.0, None, "inbound", "+1557"),
        ("answered", None, 50.0, "outbound", "+1558"),
    ]
    # The agent's rating of the line, 1, is no customer's.
    (csat,) = desk.measure("csat", start="2026-01-01", end="2026-02-01")
    assert (csat.value, csat.n) == (1.0, 1)


def test_threecx_call_log(desk: Desk) -> None:
    report = load(
        desk,
        "Call Time,Call ID,From,To,Direction,Status,Ringing,Talking,Cost\n"
        "2026-01-05T09:00:00,71,+1555,Ada (101),Inbound,Answered,00:00:12,00:02:00,\n"
        "2026-01-05T09:10:00,72,+1556,Queue (800),Inbound,Redirected,00:00:20,,\n"
        "2026-01-05T09:10:20,72,+1556,Ben (102),Inbound,Answered,00:00:05,00:01:00,\n"
        "2026-01-05T09:20:00,73,+1557,Ada (101),Inbound,Unanswered,00:00:30,,\n"
        "2026-01-05T09:30:00,74,Ada (101),+1558,Outbound,Answered,00:00:08,00:00:30,0.1\n"
        "2026-01-05T09:40:00,75,Ada (101),Ben (102),Internal,Answered,00:00:03,00:00:30,\n",
        "3cx.csv",
    )
    assert legs(desk, "7") == [
        ("answered", 12.0, 120.0, "inbound", "+1555"),
        ("abandoned", 20.0, None, "inbound", "+1556"),
        ("answered", 5.0, 60.0, "inbound", "+1556"),
        ("abandoned", 30.0, None, "inbound", "+1557"),
        ("answered", 8.0, 30.0, "outbound", "+1558"),
    ]
    assert "1 calls among colleagues are left out" in told(report)


def test_twilio_says_nothing_of_people(desk: Desk) -> None:
    def call(sid: str, direction: str, **more: Any) -> dict[str, Any]:
        return {
            "sid": sid,
            "account_sid": "AC",
            "parent_call_sid": None,
            "phone_number_sid": "PN",
            "from": "+1555",
            "to": "+1800",
            "direction": direction,
            "status": "completed",
            "start_time": "Mon, 05 Jan 2026 09:00:00 +0000",
            "end_time": "Mon, 05 Jan 2026 09:02:00 +0000",
            "duration": "120",
            "price_unit": "USD",
            **more,
        }

    calls = [
        call("CA1", "inbound"),
        call("CA2", "outbound-dial", parent_call_sid="CA1"),
        call("CA3", "outbound-api", **{"from": "+1800", "to": "+1556"}),
    ]
    report = load(desk, json.dumps({"calls": calls, "page": 0}), "calls.json")
    # A completed call reached the application: whether a person took it is not known.
    assert legs(desk, "CA", "outcome, direction, customer_id") == [
        ("waiting", "inbound", "+1555"),
        ("waiting", "outbound", "+1556"),
    ]
    assert "1 calls among colleagues are left out" in told(report)
    assert "only their volume can be measured" in told(report)


def test_queues_by_interval_are_demand(desk: Desk) -> None:
    report = load(
        desk,
        "Interval Start,Interval End,Interval Complete,Filters,Media Type,Queue Id,Queue Name,"
        "Offer,Answer,Abandon,Avg Handle\n"
        "1/13/27 9:00 AM,1/13/27 9:30 AM,YES,,voice,q1,Billing,12,10,2,60000\n"
        "1/13/27 9:30 AM,1/13/27 10:00 AM,YES,,voice,q1,Billing,7,7,0,60000\n",
        "queues.csv",
    )
    assert "Genesys Cloud queues by interval" in told(report)
    with desk.engine() as engine:
        rows = engine.run(
            "select queue_id, channel, strftime(offered_at, '%d %H:%M'), contacts from legs"
            " where outcome = 'total' order by offered_at"
        )
    # Nine in Chicago is three in the afternoon.
    assert [tuple(row) for row in rows] == [
        ("Billing", "phone", "13 15:00", 12),
        ("Billing", "phone", "13 15:30", 7),
    ]
