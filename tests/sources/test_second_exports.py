"""A second export of overlapping data counts nothing twice: the desk is as if the truth alone had
been loaded.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from desks import late_desk
from helmdesk.desk.desk import Desk

FOLDERS = ("zendesk", "jira", "intercom", "qualtrics")
TICKETS = ("ticket_volume", "backlog", "resolution_time", "reopen_rate", "transfers")
PRESENT = """
name = "shop"
key = ["No"]
[[record]]
type = "created"
[record.columns]
ticket_id = "No"
occurred_at = "Opened"
agent_id = "Agent"
[[record]]
type = "status_changed"
[record.columns]
ticket_id = "No"
occurred_at = "Updated"
status = { column = "State", values = { Open = "open", Done = "solved" } }
"""


@dataclass(frozen=True)
class Story:
    """Two exports of one source, and one that holds the truth.

    Attributes:
        first, second, truth: tables by name; a source of one file has one.
        facts: tables whose number of rows must be that of the truth.
        again: options of the second load; the truth is loaded with them too.
    """

    source: str
    about: str
    first: dict[str, str]
    second: dict[str, str]
    truth: dict[str, str]
    metrics: tuple[str, ...] = TICKETS
    facts: tuple[str, ...] = ("ticket_states",)
    mapping: str = ""
    again: tuple[tuple[str, str], ...] = ()


def sheet(header: str, *rows: str, name: str = "table") -> dict[str, str]:
    return {name: "\n".join((header, *rows)) + "\n"}


ZENDESK = "id,created_at,status,updated_at,assignee_id"
JIRA = "id,key,created,status,updated,assignee"
JIRA_WORDS = {
    **sheet("id,name,status_category_id", "1,Open,2", "9,Done,3", name="status"),
    **sheet("id,name", "2,In Progress", "3,Done", name="status_category"),
}
INTERCOM = "id,created_at,updated_at,state,conversation_rating_value"
SERVICENOW = "number,incident_state,sys_mod_count,sys_updated_at,opened_at,assigned_to"
LOG = "case_id,activity,timestamp,resource"
CALLS = "call_id,started_at,answered,queue,agent,wait_seconds,talk_seconds"
CHATS = "conversation_id,role,timestamp,text"
STATES, PLAN = "agent,at,state", "agent,start,end,activity"
SURVEY = "response_id,csat_score,responded_at,ticket_id"
QUESTIONS = {**sheet("id,survey_id,question_text", "q,s,How satisfied are you?", name="question")}
PHONES = (
    "ticket_volume:contacts",
    "missed_contact_rate",
    "average_speed_of_answer",
    "average_handle_time",
)
EVENTS = (
    "A,create ticket,2026-01-05 09:00:00,ann",
    "A,take in charge ticket,2026-01-05 09:30:00,ann",
    "A,wait,2026-01-05 10:00:00,ann",
    "A,take in charge ticket,2026-01-05 11:00:00,bob",
    "A,resolve ticket,2026-01-05 12:00:00,bob",
)
SPOKEN = (
    "A,customer,2026-01-05 09:00:00,hi",
    "A,agent,2026-01-05 09:01:00,hello",
    "A,customer,2026-01-05 09:02:00,it broke",
    "A,agent,2026-01-05 09:10:00,try this",
)

STORIES = (
    Story(
        "zendesk",
        "solved since, another agent",
        sheet(
            ZENDESK,
            "1,2026-01-05 09:00:00,open,2026-01-05 10:00:00,20",
            "2,2026-01-05 09:00:00,open,2026-01-05 10:00:00,20",
            name="ticket",
        ),
        sheet(
            ZENDESK,
            "2,2026-01-05 09:00:00,solved,2026-01-06 10:00:00,20",
            "3,2026-01-06 09:00:00,open,2026-01-06 10:00:00,20",
            name="ticket",
        ),
        sheet(
            ZENDESK,
            "1,2026-01-05 09:00:00,open,2026-01-05 10:00:00,20",
            "2,2026-01-05 09:00:00,solved,2026-01-06 10:00:00,20",
            "3,2026-01-06 09:00:00,open,2026-01-06 10:00:00,20",
            name="ticket",
        ),
        facts=("tickets",),
    ),
    Story(
        "jira",
        "done since",
        {
            **sheet(JIRA, "1,SD-1,2026-01-05 09:00:00,1,2026-01-05 10:00:00,ann", name="issue"),
            **JIRA_WORDS,
        },
        {
            **sheet(
                JIRA,
                "1,SD-1,2026-01-05 09:00:00,9,2026-01-06 10:00:00,ann",
                "2,SD-2,2026-01-06 09:00:00,1,2026-01-06 10:00:00,ann",
                name="issue",
            ),
            **JIRA_WORDS,
        },
        {
            **sheet(
                JIRA,
                "1,SD-1,2026-01-05 09:00:00,9,2026-01-06 10:00:00,ann",
                "2,SD-2,2026-01-06 09:00:00,1,2026-01-06 10:00:00,ann",
                name="issue",
            ),
            **JIRA_WORDS,
        },
        facts=("tickets",),
    ),
    Story(
        "intercom",
        "closed and rated since",
        sheet(
            INTERCOM, "1,2026-01-05 09:00:00,2026-01-05 10:00:00,open,", name="conversation_history"
        ),
        sheet(
            INTERCOM,
            "1,2026-01-05 09:00:00,2026-01-05 10:00:00,open,",
            "1,2026-01-05 09:00:00,2026-01-05 12:00:00,closed,5",
            name="conversation_history",
        ),
        sheet(
            INTERCOM,
            "1,2026-01-05 09:00:00,2026-01-05 10:00:00,open,",
            "1,2026-01-05 09:00:00,2026-01-05 12:00:00,closed,5",
            name="conversation_history",
        ),
        (*TICKETS, "csat"),
        ("tickets", "messages", "responses"),
    ),
    Story(
        "servicenow",
        "closed since, by another",
        sheet(
            SERVICENOW,
            "A,Active,1,2026-01-05 09:30:00,2026-01-05 09:00:00,ann",
            "A,Resolved,2,2026-01-05 10:00:00,2026-01-05 09:00:00,ann",
        ),
        sheet(
            SERVICENOW,
            "A,Active,1,2026-01-05 09:30:00,2026-01-05 09:00:00,ann",
            "A,Resolved,2,2026-01-05 10:00:00,2026-01-05 09:00:00,ann",
            "A,Closed,3,2026-01-06 10:00:00,2026-01-05 09:00:00,ann",
        ),
        sheet(
            SERVICENOW,
            "A,Active,1,2026-01-05 09:30:00,2026-01-05 09:00:00,ann",
            "A,Resolved,2,2026-01-05 10:00:00,2026-01-05 09:00:00,ann",
            "A,Closed,3,2026-01-06 10:00:00,2026-01-05 09:00:00,ann",
        ),
    ),
    Story(
        "mapping",
        "read once more in the right zone",
        sheet("No,Opened,Updated,State,Agent", "1,2026-01-05 09:00,2026-01-05 10:00,Done,ann"),
        sheet("No,Opened,Updated,State,Agent", "1,2026-01-05 09:00,2026-01-05 10:00,Done,ann"),
        sheet("No,Opened,Updated,State,Agent", "1,2026-01-05 09:00,2026-01-05 10:00,Done,ann"),
        facts=("ticket_states",),
        mapping=PRESENT,
        again=(("time_zone", "America/New_York"),),
    ),
    Story(
        "eventlog",
        "the second begins within the case",
        sheet(LOG, *EVENTS[:3]),
        sheet(LOG, *EVENTS[2:]),
        sheet(LOG, *EVENTS),
    ),
    Story(
        "eventlog",
        "one event more before the others",
        sheet(LOG, EVENTS[0], *EVENTS[2:]),
        sheet(LOG, *EVENTS),
        sheet(LOG, *EVENTS),
    ),
    Story(
        "eventlog",
        "read once more in the right zone",
        sheet(LOG, *EVENTS),
        sheet(LOG, *EVENTS),
        sheet(LOG, *EVENTS),
        again=(("time_zone", "America/New_York"),),
    ),
    Story(
        "transcript",
        "the second begins within the conversation",
        sheet(CHATS, *SPOKEN[:3]),
        sheet(CHATS, *SPOKEN[2:]),
        sheet(CHATS, *SPOKEN),
        ("ticket_volume", "first_response_time", "next_response_time", "replies_per_ticket"),
        ("messages", "tickets"),
    ),
    Story(
        "transcript",
        "other conversations stand before it now",
        sheet(CHATS, *SPOKEN),
        sheet(CHATS, "B,customer,2026-01-06 09:00:00,hi", *SPOKEN),
        sheet(CHATS, "B,customer,2026-01-06 09:00:00,hi", *SPOKEN),
        ("ticket_volume", "first_response_time", "replies_per_ticket"),
        ("messages", "tickets"),
    ),
    Story(
        "telephony",
        "corrected start, agent and talk",
        sheet(CALLS, "c1,2026-01-05 09:00:00,yes,q,,10,60", "c2,2026-01-05 09:10:00,no,q,,30,"),
        sheet(
            CALLS, "c1,2026-01-05 09:00:04,yes,q,ann,12,90", "c3,2026-01-05 09:20:00,yes,q,ann,5,30"
        ),
        sheet(
            CALLS,
            "c1,2026-01-05 09:00:04,yes,q,ann,12,90",
            "c2,2026-01-05 09:10:00,no,q,,30,",
            "c3,2026-01-05 09:20:00,yes,q,ann,5,30",
        ),
        PHONES,
        ("contacts", "legs"),
    ),
    Story(
        "telephony",
        "ids begin anew every day",
        sheet(CALLS, "1,2026-01-05 09:00:00,yes,q,ann,10,60"),
        sheet(CALLS, "1,2026-01-06 09:00:00,yes,q,ann,20,60"),
        sheet(
            CALLS, "1,2026-01-05 09:00:00,yes,q,ann,10,60", "1,2026-01-06 09:00:00,yes,q,ann,20,60"
        ),
        PHONES,
        ("legs",),
    ),
    Story(
        "telephony",
        "read once more in the right zone",
        sheet(CALLS, "c1,2026-01-05 21:00:00,yes,q,ann,10,60"),
        sheet(CALLS, "c1,2026-01-05 21:00:00,yes,q,ann,10,60"),
        sheet(CALLS, "c1,2026-01-05 21:00:00,yes,q,ann,10,60"),
        PHONES,
        ("contacts", "legs"),
        again=(("time_zone", "America/New_York"),),
    ),
    Story(
        "telephony",
        "totals of intervals",
        sheet("queue,interval_start,calls", "q,2026-01-05 09:00,5", "q,2026-01-05 09:30,7"),
        sheet("queue,interval_start,calls", "q,2026-01-05 09:30,8", "q,2026-01-05 10:00,2"),
        sheet(
            "queue,interval_start,calls",
            "q,2026-01-05 09:00,5",
            "q,2026-01-05 09:30,8",
            "q,2026-01-05 10:00,2",
        ),
        ("ticket_volume:contacts",),
        (),
    ),
    Story(
        "roster",
        "a shift was moved, another day stands",
        sheet(
            PLAN,
            "ann,2026-01-05 09:00,2026-01-05 17:00,work",
            "ann,2026-01-05 12:00,2026-01-05 12:30,meal",
            "ann,2026-01-06 09:00,2026-01-06 17:00,work",
        ),
        sheet(
            PLAN,
            "ann,2026-01-05 10:00,2026-01-05 18:00,work",
            "ann,2026-01-05 13:00,2026-01-05 13:30,meal",
            "bob,2026-01-05 09:00,2026-01-05 17:00,work",
        ),
        sheet(
            PLAN,
            "ann,2026-01-05 10:00,2026-01-05 18:00,work",
            "ann,2026-01-05 13:00,2026-01-05 13:30,meal",
            "ann,2026-01-06 09:00,2026-01-06 17:00,work",
            "bob,2026-01-05 09:00,2026-01-05 17:00,work",
        ),
        (),
        ("shifts",),
    ),
    Story(
        "states",
        "a corrected word",
        sheet(
            STATES,
            "ann,2026-01-05 09:00,ready",
            "ann,2026-01-05 10:00,break",
            "ann,2026-01-05 10:15,ready",
        ),
        sheet(
            STATES,
            "ann,2026-01-05 10:00,meeting",
            "ann,2026-01-05 10:15,ready",
            "ann,2026-01-05 11:00,logged out",
        ),
        sheet(
            STATES,
            "ann,2026-01-05 09:00,ready",
            "ann,2026-01-05 10:00,meeting",
            "ann,2026-01-05 10:15,ready",
            "ann,2026-01-05 11:00,logged out",
        ),
        (),
        ("agent_states",),
    ),
    Story(
        "survey",
        "a corrected answer",
        sheet(SURVEY, "r1,1,2026-01-05 09:00,1", "r2,5,2026-01-05 09:00,2"),
        sheet(SURVEY, "r1,4,2026-01-05 09:05,1", "r3,5,2026-01-06 09:00,3"),
        sheet(
            SURVEY, "r1,4,2026-01-05 09:05,1", "r2,5,2026-01-05 09:00,2", "r3,5,2026-01-06 09:00,3"
        ),
        ("csat",),
        ("responses",),
    ),
    Story(
        "qualtrics",
        "a corrected answer",
        {
            **sheet(
                "id,survey_id,recorded_date", "r1,s,2026-01-05 09:00:00", name="survey_response"
            ),
            **sheet("response_id,question_id,value", "r1,q,1", name="question_response"),
            **QUESTIONS,
        },
        {
            **sheet(
                "id,survey_id,recorded_date",
                "r1,s,2026-01-05 09:01:00",
                "r2,s,2026-01-06 09:00:00",
                name="survey_response",
            ),
            **sheet("response_id,question_id,value", "r1,q,5", "r2,q,5", name="question_response"),
            **QUESTIONS,
        },
        {
            **sheet(
                "id,survey_id,recorded_date",
                "r1,s,2026-01-05 09:01:00",
                "r2,s,2026-01-06 09:00:00",
                name="survey_response",
            ),
            **sheet("response_id,question_id,value", "r1,q,5", "r2,q,5", name="question_response"),
            **QUESTIONS,
        },
        ("csat",),
        ("responses",),
    ),
)


def load(
    desk: Desk,
    path: Path,
    story: Story,
    tables: dict[str, str],
    options: tuple[tuple[str, str], ...],
) -> None:
    path.mkdir()
    for name, content in tables.items():
        (path / f"{name}.csv").write_text(content, encoding="utf-8")
    files = [path] if story.source in FOLDERS else [path / f"{name}.csv" for name in tables]
    given: dict[str, Any] = dict(options)
    if story.mapping:
        given["mapping"] = path.with_suffix(".toml")
        given["mapping"].write_text(story.mapping, encoding="utf-8")
    report = desk.load(story.source, files, **given)
    assert not report.quarantined_rows, report.quarantine_examples


def figures(desk: Desk, story: Story) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for each in story.metrics:
        key, _, variant = each.partition(":")
        measured = desk.measure(key, variant=variant or None)[0]
        found[each] = (measured.value, measured.n)
    with desk.engine() as engine:
        for fact in story.facts:
            ((found[fact],),) = engine.run(f"select count(*) from {fact}")
        if "shifts" in story.facts:
            found["plan"] = sorted(
                engine.run("select agent_id, start_at, end_at, activity from shifts")
            )
    return found


@pytest.mark.parametrize("story", STORIES, ids=lambda story: f"{story.source}: {story.about}")
def test_overlapping_exports_count_nothing_twice(tmp_path: Path, story: Story) -> None:
    desk, alone = late_desk(tmp_path / "desk"), late_desk(tmp_path / "alone")
    load(desk, tmp_path / "first", story, story.first, ())
    load(desk, tmp_path / "second", story, story.second, story.again)
    load(alone, tmp_path / "truth", story, story.truth, story.again)
    expected = figures(alone, story)
    assert figures(desk, story) == expected
    # A comparison of nothing with nothing would prove nothing.
    assert any(amount for amount in expected.values() if amount not in ((None, 0), 0))
