"""Who is who: agents, customers, bots and people of whom nobody knows, told by what each source
says of them.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from desks import late_desk
from helmdesk.desk.desk import Desk
from helmdesk.records.staging import LoadReport

UNKNOWN = "count neither as replies nor as customers' words"


def load(
    tmp_path: Path, source: str, tables: dict[str, str], mapping: str = ""
) -> tuple[Desk, LoadReport]:
    folder = tmp_path / "export"
    folder.mkdir()
    for name, content in tables.items():
        (folder / f"{name}.csv").write_text(content.strip() + "\n", encoding="utf-8")
    own = tmp_path / "own.toml"
    own.write_text(mapping, encoding="utf-8")
    desk = late_desk(tmp_path / "desk", quarantine_limit=1.0)
    files = [folder] if source in ("jira", "zendesk", "intercom") else sorted(folder.iterdir())
    return desk, desk.load(source, files, mapping=own if mapping else None)


def kinds(desk: Desk) -> dict[str, str]:
    with desk.engine() as engine:
        return dict(engine.run("select distinct actor_id, actor_kind from messages order by all"))


def waits(desk: Desk) -> dict[str, int]:
    return {
        row["ticket_id"]: row["first_reply_seconds"]
        for row in desk.drill("first_response_time").to_pylist()
    }


def unknown_authors(report: LoadReport) -> list[str]:
    return [note for note in report.notes if UNKNOWN in note]


# -- Jira
# --------------------------------------------------------------------------------------------------

JIRA = {
    "issue": (
        """
id,key,created,status,reporter,creator,assignee,project
100,SD-1,2026-01-05 09:00:00,3,cara,cara,abe,10
101,SD-2,2026-01-05 09:00:00,1,colin,abe,,10
102,SD-3,2026-01-05 09:00:00,1,abe,abe,,10
"""
    ),
    "issue_field_history": (
        """
field_id,issue_id,time,value,author_id
status,100,2026-01-05 09:00:00,1,cara
status,100,2026-01-05 15:00:00,3,ben
assignee,100,2026-01-05 10:00:00,abe,abe
"""
    ),
    "comment": (
        """
id,issue_id,author_id,created,body,is_public
1,100,colin,2026-01-05 09:05:00,same here,true
2,100,dora,2026-01-05 09:06:00,me too,true
3,100,rule,2026-01-05 09:07:00,we got it,true
4,100,eve,2026-01-05 09:08:00,who takes it?,false
5,100,fay,2026-01-05 09:09:00,not me,true
6,100,abe,2026-01-05 11:00:00,fixed,true
7,101,abe,2026-01-05 09:00:30,Colin called,true
8,101,ben,2026-01-05 09:30:00,on it,true
9,102,abe,2026-01-05 10:00:00,any news?,true
10,102,eve,2026-01-05 11:00:00,soon,true
"""
    ),
    "status": "id,name,status_category_id\n1,Waiting for support,2\n3,Resolved,3",
    "status_category": "id,name\n2,In Progress\n3,Done",
    "user": (
        "id,name,account_type\ncara,Cara,atlassian\ncolin,Colin,customer\nrule,Automation for"
        " Jira,app\nabe,Abe,atlassian\nfay,Fay,atlassian"
    ),
    "user_group": (
        "user_id,group_name\nfay,jira-servicemanagement-users-acme\ncara,jira-software-users"
    ),
}


def test_jira_people_are_what_the_export_says(tmp_path: Path) -> None:
    desk, report = load(tmp_path, "jira", JIRA)
    (note,) = unknown_authors(report)
    assert (
        note.startswith("1 messages of unknown authors")
        and "dora: 1" in note
        and '[[agent]] id = "dora"' in note
    )
    with desk.engine() as engine:
        rows = engine.run(
            "select actor_id, actor_kind from messages where ticket_id = '100' order by sent_at"
        )
        own = engine.run(
            "select actor_id, is_customer, is_human_reply from messages where ticket_id = '102'"
            " order by sent_at"
        )
        people = engine.run("select people_replying from tickets where ticket_id = '100'")
    assert rows == [
        ("colin", "customer"),
        ("dora", "unknown"),
        ("rule", "automation"),
        ("eve", "human"),
        ("fay", "human"),
        ("abe", "human"),
    ]
    assert own == [
        ("abe", True, False),
        ("eve", False, True),
    ]  # an agent is the customer of what he reports
    assert people == [(2,)]
    # What Abe wrote down for Colin is demand; his own note of it is no reply to Colin.
    assert waits(desk) == {"100": 9 * 60, "101": 30 * 60, "102": 2 * 3600}
    assert desk.measure("ticket_volume")[0].value == 3


def test_who_reports_and_changes_others_issues_is_unknown(tmp_path: Path) -> None:
    """An agent with an issue of his own, or a customer who closed a colleague's: nothing tells
    which.
    """
    desk, report = load(
        tmp_path,
        "jira",
        {**JIRA, "issue": JIRA["issue"] + "103,SD-4,2026-01-05 09:00:00,1,ben,ben,,10\n"},
    )
    assert kinds(desk)["ben"] == "unknown"
    assert "ben: 1" in unknown_authors(report)[0] and unknown_authors(report)[0].startswith(
        "2 messages"
    )
    assert "101" not in waits(desk)


def test_an_author_named_as_agent_later_replies_from_then_on(tmp_path: Path) -> None:
    desk, _ = load(tmp_path, "jira", JIRA)
    people = tmp_path / "people.toml"
    people.write_text('[[agent]]\nid = "dora"\nname = "Dora"\n', encoding="utf-8")
    desk.load("definitions", [people])
    assert kinds(desk)["dora"] == "human"
    assert waits(desk)["100"] == 6 * 60
    comments = tmp_path / "export" / "comment.csv"
    comments.write_text(comments.read_text() + "11,101,dora,2026-01-05 12:00:00,done,true\n")
    assert not unknown_authors(desk.load("jira", [tmp_path / "export"]))


def test_a_bot_can_be_named_as_one(tmp_path: Path) -> None:
    desk, _ = load(tmp_path, "jira", JIRA)
    people = tmp_path / "people.toml"
    people.write_text('[[agent]]\nid = "dora"\nrole = "bot"\n', encoding="utf-8")
    desk.load("definitions", [people])
    assert kinds(desk)["dora"] == "bot"
    assert waits(desk)["100"] == 9 * 60


# -- Zendesk
# --------------------------------------------------------------------------------------------------

ZENDESK = {
    "ticket": (
        """
id,created_at,updated_at,status,requester_id,submitter_id,assignee_id,via_channel
1,2026-01-05 09:00:00,2026-01-06 09:00:00,open,10,10,30,email
2,2026-01-05 09:00:00,2026-01-06 09:00:00,open,11,31,,web
"""
    ),
    "ticket_field_history": (
        """
ticket_id,field_name,value,updated,user_id
1,assignee_id,31,2026-01-05 09:10:00,30
1,assignee_id,30,2026-01-05 09:20:00,-1
1,status,open,2026-01-05 09:10:00,30
"""
    ),
    "ticket_comment": (
        """
id,ticket_id,user_id,created,public,body
1,1,10,2026-01-05 09:00:00,true,help
2,1,-1,2026-01-05 09:00:01,true,we got it
3,1,99,2026-01-05 09:01:00,true,who am I
4,1,11,2026-01-05 09:02:00,true,me too
5,1,31,2026-01-05 09:30:00,true,try this
6,1,30,2026-01-05 10:00:00,true,done
"""
    ),
    "user": (
        "id,role,name\n10,end-user,Uma\n11,end-user,Ugo\n30,agent,Ann\n31,end-user,Bob who left"
    ),
}


def test_zendesk_people_are_what_the_export_says(tmp_path: Path) -> None:
    desk, report = load(tmp_path, "zendesk", ZENDESK)
    assert kinds(desk) == {
        "-1": "automation",
        "10": "customer",
        "11": "customer",
        "30": "human",
        "31": "human",
        "99": "unknown",
    }
    assert "99: 1" in unknown_authors(report)[0]
    assert report.quarantined == {}
    assert waits(desk)["1"] == 30 * 60
    assert desk.measure("ticket_volume")[0].value == 2


def test_zendesk_without_a_user_table_knows_requesters_and_assignees(tmp_path: Path) -> None:
    desk, report = load(
        tmp_path, "zendesk", {name: content for name, content in ZENDESK.items() if name != "user"}
    )
    assert kinds(desk) == {
        "-1": "automation",
        "10": "customer",
        "11": "unknown",
        "30": "human",
        "31": "human",
        "99": "unknown",
    }
    assert unknown_authors(report)[0].startswith("2 messages of unknown authors")
    assert waits(desk) == {"1": 30 * 60}


@pytest.mark.parametrize(
    "channel", ["phone", "voice", "web", "chat", "Phone call (inbound)", "Telefon"]
)
def test_what_an_agent_writes_down_for_a_caller_is_demand(tmp_path: Path, channel: str) -> None:
    tickets = (
        "id,created_at,updated_at,status,requester_id,submitter_id,via_channel\n1,2026-01-05"
        f" 09:00:00,2026-01-05 09:00:00,new,10,30,{channel}"
    )
    desk, _ = load(tmp_path, "zendesk", {"ticket": tickets, "user": ZENDESK["user"]})
    assert desk.measure("ticket_volume", "backlog").as_rows()[0]["value"] == 1
    assert desk.measure("ticket_volume", by="channel")[0].group == (("channel", channel),)


@pytest.mark.parametrize(
    ("channel", "demand"),
    [
        ("phone", 1),
        ("Telefon", 1),
        ("Phone call (inbound)", 1),
        ("Phone call (outbound)", 0),
        ("Outbound Email", 0),
        ("email", 0),
    ],
)
def test_a_ticket_that_begins_with_the_agents_own_message(
    tmp_path: Path, channel: str, demand: int
) -> None:
    """On channels on which customers come to us it is what the agent heard; else we wrote to the
    customer first.
    """
    tickets = (
        "id,created_at,updated_at,status,requester_id,submitter_id,via_channel\n1,2026-01-05"
        f" 09:00:00,2026-01-05 09:00:00,new,10,30,{channel}"
    )
    said = (
        "id,ticket_id,user_id,created,public\n1,1,30,2026-01-05 09:00:00,true\n2,1,30,2026-01-05"
        " 11:00:00,true"
    )
    desk, _ = load(
        tmp_path, "zendesk", {"ticket": tickets, "user": ZENDESK["user"], "ticket_comment": said}
    )
    assert (desk.measure("ticket_volume")[0].value or 0) == demand
    assert waits(desk) == ({"1": 7200} if demand else {})


def test_a_channel_called_outbound_is_outreach_whoever_opened_it(tmp_path: Path) -> None:
    mapping = """
key = ["id"]
[[record]]
type = "created"
[record.columns]
ticket_id = "id"
occurred_at = "opened"
channel = "source"
"""
    rows = "id,opened,source\n1,2026-01-05 09:00,Outbound Email\n2,2026-01-05 09:00,Email\n"
    desk, _ = load(tmp_path, "mapping", {"tickets": rows}, mapping)
    assert desk.measure("ticket_volume")[0].value == 1


# -- Intercom
# --------------------------------------------------------------------------------------------------


def test_intercom_authors_without_a_type_and_who_began(tmp_path: Path) -> None:
    head = (
        "id,updated_at,created_at,state,source_author_id,source_author_type,source_type,"
        "source_delivered_as"
    )
    at = "2026-01-05 09:00:00,2026-01-05 09:00:00,open"
    desk, report = load(
        tmp_path,
        "intercom",
        {
            "conversation_history": (
                f"{head}\n1,{at},u1,,conversation,\n2,{at},a1,admin,phone_call,\n3,{at},a1,admin,email,\n"
                f"4,{at},a1,admin,conversation,customer_initiated\n5,{at},x9,,conversation,\n6,{at},u1,user,push,campaigns_initiated"
            ),
            "conversation_part_history": (
                "id,conversation_id,part_type,created_at,author_id,author_type,body\np1,1,comment,2026-01-05"
                " 09:10:00,a1,,answer\np2,5,comment,2026-01-05"
                " 09:20:00,a1,admin,who?\np3,1,comment,2026-01-05 09:05:00,x9,,hm"
            ),
            "admin": "id,name\na1,Ann",
            "contact_history": "id,updated_at,name\nu1,2026-01-01 00:00:00,Uma",
        },
    )
    with desk.engine() as engine:
        assert engine.run("select ticket_id from tickets where is_outbound order by 1") == [
            ("3",),
            ("6",),
        ]
    assert kinds(desk) == {"a1": "human", "u1": "customer", "x9": "unknown"}
    assert unknown_authors(report)[0].startswith("2 messages of unknown authors")
    assert waits(desk)["1"] == 600


# -- transcripts, mappings
# --------------------------------------------------------------------------------------------------

CHAT = """
chat_id,role,author,time,text
A,agent,ann,2026-01-05T09:00:00Z,how can I help?
A,customer,uma,2026-01-05T09:00:20Z,it broke
A,agent,ann,2026-01-05T09:00:50Z,turn it round
B,system,,2026-01-05T09:00:00Z,welcome
B,visitor,uli,2026-01-05T09:05:00Z,hello
B,Moderatorin,mo,2026-01-05T09:06:00Z,hello
C,,who,2026-01-05T09:00:00Z,?
"""


def test_a_chat_that_begins_with_a_greeting_is_demand_and_its_clock_starts_with_the_customer(
    tmp_path: Path,
) -> None:
    desk, report = load(tmp_path, "transcript", {"chat": CHAT})
    assert desk.measure("ticket_volume")[0].value == 3
    assert waits(desk) == {"A": 30}
    assert any("Moderatorin (1), none given (1)" in note for note in report.notes)
    assert unknown_authors(report)[0].startswith("2 messages of unknown authors")


def test_words_for_speakers_can_be_said(tmp_path: Path) -> None:
    desk, _ = load(tmp_path, "transcript", {"chat": CHAT}, '[roles]\nhuman = ["moderatorin"]\n')
    assert waits(desk) == {"A": 30, "B": 360}


def test_a_mapping_reads_the_words_for_authors(tmp_path: Path) -> None:
    mapping = """
key = ["id"]
[[record]]
type = "created"
[record.columns]
ticket_id = "ticket"
occurred_at = "opened"
[[record]]
type = "message"
optional = true
[record.columns]
ticket_id = "ticket"
occurred_at = "at"
actor_id = "who"
actor_kind = "role"
direction.column = "role"
direction.values = { "End-User" = "inbound", Agent = "outbound", Clippy = "outbound" }
visibility = { constant = "public" }
"""
    rows = "id,ticket,opened,at,who,role\n1,A,2026-01-05 09:00,2026-01-05 09:00,uma,End-User\n"
    rows += (
        "2,A,2026-01-05 09:00,2026-01-05 09:10,clippy,Clippy\n3,A,2026-01-05 09:00,2026-01-05"
        " 09:30,ann,Agent\n"
    )
    desk, report = load(tmp_path, "mapping", {"messages": rows}, mapping)
    assert kinds(desk) == {"ann": "human", "clippy": "unknown", "uma": "customer"}
    assert waits(desk) == {"A": 1800}
    assert "clippy: 1" in unknown_authors(report)[0]


def test_where_no_author_is_known_replies_are_unknown_not_zero(tmp_path: Path) -> None:
    rows = "id,created_at,status,updated_at\n1,2026-01-05 09:00:00,solved,2026-01-05 12:00:00\n"
    (tmp_path / "ticket.csv").write_text(rows, encoding="utf-8")
    (tmp_path / "ticket_comment.csv").write_text(
        "id,ticket_id,user_id,created,public,body\n5,1,77,2026-01-05 10:00:00,true,hi\n",
        encoding="utf-8",
    )
    desk = late_desk(tmp_path / "desk")
    desk.load("zendesk", [tmp_path])
    for key in ("replies_per_ticket", "touches", "first_response_time"):
        (found,) = desk.measure(key)
        assert (found.value, found.reason) == (None, "not_recorded")
    (tmp_path / "user.csv").write_text("id,role,name\n77,agent,Ann\n", encoding="utf-8")
    desk.load("zendesk", [tmp_path])
    assert desk.measure("replies_per_ticket")[0].value == 1
