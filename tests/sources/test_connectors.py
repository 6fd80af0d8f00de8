"""Intercom, Jira and Qualtrics tables: a small export worked out by hand, and the published
seeds.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from desks import late_desk
from helmdesk.desk.desk import Desk
from helmdesk.errors import MappingError, NotFoundError
from helmdesk.records.staging import LoadReport


def export(folder: Path, tables: dict[str, str]) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in tables.items():
        (folder / f"{name}.csv").write_text(content.strip() + "\n", encoding="utf-8")
    return folder


def load(
    tmp_path: Path, source: str, tables: dict[str, str], mapping: Path | None = None
) -> tuple[Desk, LoadReport]:
    desk = late_desk(tmp_path / "desk", quarantine_limit=1.0)
    return desk, desk.load(source, [export(tmp_path / "export", tables)], mapping=mapping)


INTERCOM = {
    "conversation_history": (
        """
id,updated_at,created_at,state,assignee_id,assignee_type,source_author_id,source_author_type,source_type,priority,conversation_rating_value,conversation_rating_created_at,sla_name,sla_status
1,2026-01-05 09:00:00,2026-01-05 09:00:00,open,,,u1,user,conversation,not_priority,,,,
1,2026-01-05 10:00:00,2026-01-05 09:00:00,open,a1,admin,u1,user,conversation,priority,,,gold,active
1,2026-01-05 12:00:00,2026-01-05 09:00:00,closed,a1,admin,u1,user,conversation,priority,5,2026-01-05 13:00:00,gold,hit
2,2026-01-05 09:00:00,2026-01-05 09:00:00,open,,,a1,admin,email,not_priority,,,,
2,2026-01-06 09:00:00,2026-01-05 09:00:00,snoozed,a1,admin,a1,admin,email,not_priority,,,,
3,2026-01-06 09:00:00,2026-01-05 09:00:00,melted,,,u1,user,email,not_priority,,,,
"""
    ),
    "conversation_part_history": (
        """
id,conversation_id,part_type,created_at,author_id,author_type,body
p1,1,comment,2026-01-05 09:00:30,b1,bot,hello
p2,1,note,2026-01-05 09:10:00,a1,admin,look
p3,1,comment,2026-01-05 09:45:00,a1,admin,answer
p4,1,close,2026-01-05 11:00:00,a1,admin,
p5,9,close,2026-01-05 11:00:00,a1,admin,
"""
    ),
    "admin": "id,name\na1,Ann",
    "contact_history": "id,updated_at,name,role\nu1,2026-01-01 00:00:00,Uma,user",
    "contact_company_history": "contact_id,company_id\nu1,c1",
    "company_history": "id,updated_at,name,plan_name\nc1,2026-01-01 00:00:00,Acme,gold",
}


def test_intercom(tmp_path: Path) -> None:
    desk, report = load(tmp_path, "intercom", INTERCOM)
    assert (
        "unknown state" in report.quarantine_examples[0]
        and "line 7, state = 'melted'" in report.quarantine_examples[0]
    )
    assert any(
        "1 conversations have parts but are not in the history" in note for note in report.notes
    )
    rows = {row["ticket_id"]: row for row in desk.drill("first_response_time").to_pylist()}
    assert rows["1"]["first_reply_seconds"] == 45 * 60  # not the bot's 30 s, not the note
    assert "2" not in rows  # an outbound message is nobody's reply
    (solved,) = desk.drill("resolution_time").to_pylist()
    assert (
        solved["resolution_seconds"] == 2 * 3600
    )  # the part says when, the history's row comes later
    assert desk.measure("csat")[0].value == 1
    assert desk.measure("sla_compliance")[0].asserted == 1
    assert desk.measure("ticket_volume", by="account", where="tier = 'gold'")[0].group == (
        ("account", "Acme"),
    )
    with desk.engine() as engine:
        states = engine.run(
            "select status, agent_id from ticket_states where ticket_id = '2' order by started_at"
        )
    assert states == [("open", ""), ("waiting_customer", "a1")]


JIRA = {
    "issue": (
        """
id,key,created,status,reporter,assignee,priority,issue_type,project,summary,updated,resolved
1,HD-1,2026-01-05 09:00:00,30,cus,ann,1,7,P,Help,2026-01-06 09:00:00,
2,HD-2,2026-01-05 09:00:00,30,cus,,2,7,P,Also,2026-01-06 09:00:00,2026-01-05 21:00:00
3,HD-3,2026-01-05 09:00:00,99,cus,,2,7,P,Odd,2026-01-06 09:00:00,
"""
    ),
    "issue_field_history": (
        """
field_id,issue_id,time,value,author_id
status,1,2026-01-05 10:00:00,20,ann
status,1,2026-01-05 12:00:00,21,ann
status,1,2026-01-05 14:00:00,22,ann
status,1,2026-01-05 15:00:00,30,ann
assignee,1,2026-01-05 10:00:00,ann,ann
priority,1,2026-01-05 10:00:00,2,
customfield_1,1,2026-01-05 10:00:00,x,ann
"""
    ),
    "comment_redshift": (
        """
id,issue_id,author_id,created,body,is_public
c1,1,ann,2026-01-05 09:30:00,note,false
c2,1,ann,2026-01-05 10:00:00,hi,true
c3,1,cus,2026-01-05 11:00:00,thanks,true
"""
    ),
    "status": (
        "id,name,status_category_id\n10,To Do,2\n20,Waiting for support,4\n21,Waiting for"
        " customer,4\n22,Waiting for supplier,4\n30,Done,3"
    ),
    "status_category": "id,name\n2,To Do\n4,In Progress\n3,Done",
    "priority": "id,name\n1,High\n2,Low",
    "issue_type": "id,name\n7,Bug",
    "user": "id,name\nann,Ann\ncus,Cus",
}


def test_jira(tmp_path: Path) -> None:
    desk, report = load(tmp_path, "jira", JIRA)
    assert report.quarantine_examples == [
        f"{tmp_path}/export/issue.csv, line 4, status = '99': a status that the status table does"
        " not describe"
    ]
    rows = {
        row["ticket_id"]: row
        for row in desk.drill("resolution_time", variant="agent_wait_time").to_pylist()
    }
    assert rows["1"]["pending_seconds"] == 2 * 3600
    assert (
        desk.measure(
            "resolution_time",
            variant="on_hold_time",
            where="priority = 'Low' and issue_type = 'Bug'",
        )[0].n
        == 2
    )
    with desk.engine() as engine:
        states = engine.run(
            "select status from ticket_states where ticket_id = '1' order by started_at"
        )
    assert [status for (status,) in states] == [
        "new",
        "open",
        "waiting_customer",
        "waiting_third_party",
        "solved",
    ]
    assert {
        key: row["resolution_seconds"]
        for key, row in ((r["ticket_id"], r) for r in desk.drill("resolution_time").to_pylist())
    } == {
        "1": 6 * 3600,
        "2": 12 * 3600,
    }
    (reply,) = desk.drill("first_response_time").to_pylist()
    assert reply["first_reply_seconds"] == 3600
    assert {m.group[0][1] for m in desk.measure("ticket_volume", by="priority")} == {"Low"}
    assert desk.measure("ticket_volume", by="issue_type")[0].group == (("issue_type", "Bug"),)


QUALTRICS = {
    "survey_response": (
        "id,survey_id,recorded_date,distribution_channel\nR1,S,2026-01-05"
        " 09:00:00,email\nR2,S,2026-01-05 10:00:00,email"
    ),
    "question": (
        "id,survey_id,question_text,question_type,selector\nQ1,S,How likely are you to recommend"
        " us?,MC,NPS\nQ2,S,Which drink?,MC,X"
    ),
    "question_response": (
        "question_id,response_id,value,text\nQ1,R1,10,\nQ1,R2,3,\nQ2,R1,2,tea\nQ1,R9,9,"
    ),
    "distribution": "id,survey_link_survey_id\nD,S",
    "distribution_contact": (
        "contact_id,distribution_id,sent_at,response_id\nC1,D,2026-01-04"
        " 09:00:00,R1\nC2,D,2026-01-04 09:00:00,"
    ),
}


def test_qualtrics(tmp_path: Path) -> None:
    desk, report = load(tmp_path, "qualtrics", QUALTRICS)
    assert desk.measure("nps")[0].value == 0
    assert any("1 answers belong to questions of no known kind" in note for note in report.notes)
    assert report.quarantine_examples[0].endswith(
        "line 5, response_id = 'R9': an answer of a response that is not in survey_response"
    )
    assert report.records == {"instrument": 1, "responded": 2, "sent": 2}


def test_qualtrics_questions_can_be_named(tmp_path: Path) -> None:
    mapping = tmp_path / "questions.toml"
    mapping.write_text('[[question]]\nsurvey = "S"\nid = "Q2"\nkind = "csat"\npositive = ["2"]\n')
    desk, _ = load(tmp_path, "qualtrics", QUALTRICS, mapping)
    assert desk.measure("csat")[0].value == 1
    mapping.write_text('[[question]]\nsurvey = "S"\nid = "Q2"\nkind = "mood"\npositive = ["2"]\n')
    with pytest.raises(MappingError, match="question 1: kind 'mood' is not one of"):
        load(tmp_path / "again", "qualtrics", QUALTRICS, mapping)


@pytest.mark.parametrize(
    ("source", "table"),
    [("intercom", "conversation_history"), ("jira", "issue"), ("qualtrics", "survey_response")],
)
def test_the_needed_table_is_named(tmp_path: Path, source: str, table: str) -> None:
    with pytest.raises(NotFoundError, match=f"no {table} table"):
        load(tmp_path, source, {"other": "a\n1"})


@pytest.mark.shared_data
@pytest.mark.parametrize(
    ("source", "folder", "records"),
    [
        (
            "intercom",
            "intercom-seeds",
            {"created": 2, "message": 3, "account": 9, "agent": 4, "team": 3},
        ),
        ("jira", "jira-seeds", {"created": 4, "message": 5, "field_changed": 9}),
        ("qualtrics", "qualtrics-seeds", {}),
        ("zendesk", "zendesk-seeds", {"created": 10, "sla_policy": 3, "policy_applied": 10}),
    ],
)
def test_published_seeds(
    tmp_path: Path,
    shared_data: Callable[[str], Path],
    source: str,
    folder: str,
    records: dict[str, int],
) -> None:
    desk = late_desk(tmp_path / "desk", quarantine_limit=1.0)
    report = desk.load(source, [shared_data(folder)])
    assert {name: report.records[name] for name in records} == records


@pytest.mark.shared_data
def test_zendesk_policies_become_clocks(tmp_path: Path, shared_data: Callable[[str], Path]) -> None:
    """Ticket 11071 has priority and policy 1002; nine others have no priority, and Zendesk's
    targets are by priority.
    """
    desk = late_desk(tmp_path / "desk", quarantine_limit=1.0)
    desk.load("zendesk", [shared_data("zendesk-seeds")])
    with desk.engine() as engine:
        rows = engine.run(
            "select ticket_id, clock, target_seconds from sla_measured order by clock"
        )
    assert rows == [("11071", "first_response", 57_600), ("11071", "requester_wait", 115_200)]


def test_one_unknown_sla_metric_does_not_take_the_policy_with_it(tmp_path: Path) -> None:
    tables = {
        "ticket": (
            "id,created_at,updated_at,status,priority\n1,2026-01-05 09:00:00,2026-01-05"
            " 12:00:00,open,high"
        ),
        "sla_policy_metric_history": (
            "sla_policy_id,sla_policy_updated_at,metric,priority,target,business_hours\np,2026-01-01"
            " 00:00:00,total_resolution_time,high,60,false\np,2026-01-01"
            " 00:00:00,group_ownership_time,high,30,false\np,2026-01-01"
            " 00:00:00,first_reply_time,high,0,false"
        ),
        "ticket_sla_policy": "ticket_id,sla_policy_id,policy_applied_at\n1,p,2026-01-05 09:00:00",
    }
    desk, report = load(tmp_path, "zendesk", tables)
    assert [line.split(".csv, ")[1] for line in report.quarantine_examples] == [
        "line 3, metric = 'group_ownership_time': an SLA metric that cannot be measured here",
        "line 4, target = '0': target is not a number of minutes",
    ]
    with desk.engine() as engine:
        assert engine.run("select clock, target_seconds, state from sla_measured") == [
            ("resolution", 3600, "overdue")
        ]


@pytest.mark.parametrize(
    ("source", "table", "content"),
    [
        (
            "zendesk",
            "ticket",
            "id,created_at,updated_at,status\n1,2026-01-05 09:00:00,2026-01-05 12:00:00,solved",
        ),
        (
            "intercom",
            "conversation_history",
            "id,created_at,updated_at,state\n1,2026-01-05 09:00:00,2026-01-05 12:00:00,closed",
        ),
        ("jira", "issue", "id,created,status\n1,2026-01-05 09:00:00,3"),
    ],
)
def test_the_needed_table_is_enough(tmp_path: Path, source: str, table: str, content: str) -> None:
    desk, _ = load(tmp_path, source, {table: content})
    assert desk.measure("ticket_volume")[0].value == 1
