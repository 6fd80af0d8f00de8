"""Exports of known systems are recognised by their columns, loaded without a mapping, and updated
by the next export.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from commands import Run
from desks import late_desk
from helmdesk.desk.desk import Desk
from helmdesk.errors import InputError
from helmdesk.records.schema import CHOICES
from helmdesk.sources.parts.call_words import tells_calls
from helmdesk.sources.parts.profile import profiles, recognise, status_of
from helmdesk.sources.parts.suggestion import suggest_mapping
from helmdesk.sources.roster import tells_shifts

# Headers as exports have them, and what must be found in them.
HEADERS = {
    "servicenow": (
        (
            "Number,Opened,Short description,Caller,Priority,State,Category,Assignment"
            " group,Assigned to,Updated,Updated by"
        ),
        {
            "ticket_id": "Number",
            "created": "Opened",
            "updated": "Updated",
            "status": "State",
            "team_id": "Assignment group",
            "agent_id": "Assigned to",
        },
    ),
    "freshdesk": (
        (
            "Ticket ID,Subject,Status,Priority,Source,Type,Agent,Group,Created time,Due by"
            " Time,Resolved time,Closed time,Last update time,Initial response time,Time"
            " tracked,First response time (in hrs),Resolution time (in hrs),Agent"
            " interactions,Customer interactions,Resolution status,First response"
            " status,Tags,Survey results"
        ),
        {
            "created": "Created time",
            "solved": "Resolved time",
            "closed": "Closed time",
            "replied": "Initial response time",
            "channel": "Source",
            "answer": "Survey results",
        },
    ),
    "zendesk_export": (
        (
            "Summation column,Id,Requester,Requester id,Requester external id,Requester"
            " email,Requester"
            " domain,Submitter,Assignee,Group,Subject,Tags,Status,Priority,Via,Ticket type,Created"
            " at,Updated at,Assigned at,Organization,Due date,Initially assigned at,Solved"
            " at,Resolution time,Satisfaction Score"
        ),
        {
            "ticket_id": "Id",
            "created": "Created at",
            "solved": "Solved at",
            "channel": "Via",
            "customer_id": "Requester id",
            "account_id": "Organization",
        },
    ),
    "jira_export": (
        (
            "Summary,Issue key,Issue id,Issue Type,Status,Project"
            " key,Priority,Resolution,Assignee,Reporter,Created,Updated,Resolved,Status Category"
        ),
        {
            "ticket_id": "Issue key",
            "created": "Created",
            "solved": "Resolved",
            "status": "Status Category",
            "customer_id": "Reporter",
        },
    ),
    "glpi": (
        (
            "ID,Titre,Statut,Dernière modification,Date d'ouverture,Priorité,Demandeur -"
            " Demandeur,Attribué à - Technicien,Catégorie,Date de résolution"
        ),
        {
            "created": "Date d'ouverture",
            "solved": "Date de résolution",
            "status": "Statut",
            "agent_id": "Attribué à - Technicien",
        },
    ),
    "hubspot": (
        (
            "Ticket ID,Ticket name,Pipeline,Ticket status,Create date,Priority,Source,Ticket"
            " owner,Close date"
        ),
        {
            "ticket_id": "Ticket ID",
            "created": "Create date",
            "closed": "Close date",
            "status": "Ticket status",
            "agent_id": "Ticket owner",
        },
    ),
    "osticket": (
        (
            "Ticket Number,Date Created,Subject,From,From Email,Priority,Department,Help"
            " Topic,Source,Current Status,Last Updated,SLA Due Date,Overdue,Answered,Agent Assigned"
        ),
        {
            "ticket_id": "Ticket Number",
            "created": "Date Created",
            "updated": "Last Updated",
            "issue_type": "Help Topic",
            "team_id": "Department",
        },
    ),
    "zammad": (
        "id,number,title,group,state,priority,owner,customer,organization,create_article_type,first_response_at,close_at,last_contact_customer_at,created_at,updated_at",
        {
            "ticket_id": "number",
            "created": "created_at",
            "closed": "close_at",
            "replied": "first_response_at",
            "status": "state",
            "team_id": "group",
        },
    ),
    "salesforce": (
        (
            "Case Number,Case Owner,Account Name,Contact Name,Subject,Status,Priority,Case"
            " Origin,Date/Time Opened,Date/Time Closed"
        ),
        {
            "ticket_id": "Case Number",
            "created": "Date/Time Opened",
            "closed": "Date/Time Closed",
            "account_id": "Account Name",
            "channel": "Case Origin",
        },
    ),
    "intercom_export": (
        (
            "Conversation ID,Conversation started at (UTC),Conversation last closed at"
            " (UTC),Conversation state,Channel,Teammate currently assigned,Team currently"
            " assigned,User ID"
        ),
        {
            "created": "Conversation started at (UTC)",
            "closed": "Conversation last closed at (UTC)",
            "agent_id": "Teammate currently assigned",
        },
    ),
    "topdesk": (
        (
            "Incidentnummer,Aanmaakdatum,Aanmelder,Behandelaar,Behandelaarsgroep,Status,Categorie,Prioriteit,Soort"
            " binnenkomst,Datum gereed"
        ),
        {
            "ticket_id": "Incidentnummer",
            "created": "Aanmaakdatum",
            "solved": "Datum gereed",
            "team_id": "Behandelaarsgroep",
            "customer_id": "Aanmelder",
        },
    ),
    "help_scout": (
        "id,number,threads,type,folderId,status,subject,mailboxId,createdAt,closedAt,userUpdatedAt,"
        "assignee.id,assignee.email,primaryCustomer.id,primaryCustomer.email",
        {
            "ticket_id": "number",
            "created": "createdAt",
            "closed": "closedAt",
            "agent_id": "assignee.email",
            "channel": "type",
            "customer_id": "primaryCustomer.id",
        },
    ),
    "chatwoot": (
        "id,account_id,inbox_id,status,assignee_id,created_at,updated_at,contact_id,display_id,contact_last_seen_at,agent_last_seen_at,team_id,first_reply_created_at,priority",
        {
            "ticket_id": "display_id",
            "created": "created_at",
            "replied": "first_reply_created_at",
            "agent_id": "assignee_id",
        },
    ),
}
LIST = """\
number,opened_at,short_description,caller_id,priority,state,category,assignment_group,assigned_to,sys_updated_on
INC1,3/17/2025 6:04,null,Ada,3 - Moderate,Closed,Software,Desk,Ben,3/17/2025 8:04
INC2,3/18/2025 5:18,null,Ada,3 - Moderate,In Progress,Software,Desk,Ben,3/18/2025 6:00
INC3,3/19/2025 5:18,null,Eve,1 - Critical,On Hold,Network,Desk,Cleo,3/19/2025 9:00
"""


def value(desk: Desk, key: str) -> float | None:
    return desk.measure(key, start="2025-03-01", end="2025-04-01")[0].value


TICKETS = [name for name, profile in profiles().items() if profile.kind == "tickets"]


@pytest.mark.parametrize("name", TICKETS)
def test_every_profile_has_a_header_that_is_recognised(name: str) -> None:
    header, expected = HEADERS[name]
    found = recognise(header.split(","))
    assert found is not None and found.name == name
    assert {meaning: found.found.get(meaning) for meaning in expected} == expected
    assert len(found.because) >= 3


@pytest.mark.parametrize("name", profiles())
def test_words_for_states_are_states(name: str) -> None:
    profile = profiles()[name]
    assert set(profile.statuses.values()) <= set(CHOICES["status"])
    assert {status_of(profile, word.upper()) for word in profile.statuses} == set(
        profile.statuses.values()
    )


@pytest.mark.parametrize(
    "header",
    [
        "id,created_at,status,owner,group,priority",
        (
            "Unique id,channel_name,category,Sub-category,Customer Remarks,Order_id,Issue_reported"
            " at,issue_responded,Agent_name,CSAT Score"
        ),
        "number,opened_at,priority,resolved_at",
        "Ticket ID,Opened,Closed,Agent,Rating",
        "Number,Opened,Opened by",
        "id,timestamp,status,category,contact,duration",
        "name,from,to",
    ],
)
def test_what_is_nobodys_is_not_recognised(header: str) -> None:
    columns = header.split(",")
    assert recognise(columns) is None and not tells_calls(columns) and not tells_shifts(columns)


def test_a_list_of_incidents_is_loaded_as_it_is_and_updated_by_the_next(tmp_path: Path) -> None:
    for source in ("file", "servicenow"):
        desk = late_desk(tmp_path / source, time_zone="America/Chicago")
        first, second = tmp_path / f"{source}-monday.csv", tmp_path / f"{source}-tuesday.csv"
        first.write_text(LIST, encoding="utf-8")
        report = desk.load(source, [first])
        assert report.quarantined_rows == 0 and any(
            "ServiceNow list (it has" in note for note in report.notes
        )
        assert (
            value(desk, "ticket_volume"),
            value(desk, "resolution_time"),
            value(desk, "backlog"),
        ) == (3, 7200, 2)
        second.write_text(
            LIST.replace(
                "In Progress,Software,Desk,Ben,3/18/2025 6:00",
                "Resolved,Software,Desk,Ben,3/18/2025 9:18",
            ),
            encoding="utf-8",
        )
        desk.load(source, [second])
        assert (
            value(desk, "ticket_volume"),
            value(desk, "resolution_time"),
            value(desk, "backlog"),
        ) == (3, 10_800, 1)
        with desk.engine() as engine:
            ((opened,),) = engine.run("select created_at from tickets where ticket_id = 'INC1'")
        assert opened.isoformat() == "2025-03-17T11:04:00"  # Chicago


def test_ends_that_one_column_dates_are_not_called_undated(tmp_path: Path) -> None:
    rows = [
        (
            "1,Closed,Low,Email,Ada,Desk,2025-03-03 09:00:00,,2025-03-03 11:00:00,,2025-03-03"
            " 09:30:00,,,"
        ),
        "2,Closed,Low,Email,Ada,Desk,2025-03-04 09:00:00,,,2025-03-04 13:00:00,,,,",
        "3,Closed,Low,Email,Ada,Desk,2025-03-05 09:00:00,,,,,,,",
        "4,Open,Low,Email,Ada,Desk,2025-03-06 09:00:00,,,,,,,",
    ]
    header = (
        "Ticket ID,Status,Priority,Source,Agent,Group,Created time,Due by Time,Resolved time,Closed"
        " time,Initial response time,Time tracked,Agent interactions,Survey results"
    )
    path = tmp_path / "tickets.csv"
    path.write_text("\n".join([header, *rows]) + "\n", encoding="utf-8")
    desk = late_desk(tmp_path / "desk")
    report = desk.load("file", [path])
    assert value(desk, "resolution_time") == 3 * 3600 and value(desk, "backlog") == 1
    assert [note for note in report.notes if "nothing says since when" in note] == [
        "1 of these are closed, but nothing says since when: not in the backlog, and in no duration"
    ]


ANSWERED = (
    "Ticket ID,Status,Priority,Source,Agent,Group,Created time,Due by Time,Resolved time,Initial"
    " response time,Time tracked,Agent interactions,Survey results"
)


@pytest.mark.parametrize(
    ("weeks", "expected", "said"),
    [
        ([["Extremely satisfied", "Mostly satisfied", "Mostly dissatisfied", ""]], (2 / 3, 3), ""),
        # Each week's file has some of the words; the survey has all of them.
        ([["Extremely satisfied", "Neutral"], ["Very unhappy"]], (1 / 3, 3), ""),
        ([["Super duper happy", "Rather bad service"]], (1 / 2, 2), ""),
        (
            [["Extremely satisfied", "Purple"]],
            (None, 0),
            (
                "left out Survey results: answers, of which nothing tells whether 'Purple' is good"
                " or bad"
            ),
        ),
        ([["", ""]], (None, 0), ""),
    ],
)
def test_what_an_answer_means_is_known_or_left_out(
    tmp_path: Path, weeks: list[list[str]], expected: tuple[float | None, int], said: str
) -> None:
    desk = late_desk(tmp_path / "desk")
    notes = []
    for week, answers in enumerate(weeks):
        rows = [
            f"{week}{place},Closed,Low,Email,Ada,Desk,2025-03-0{3 + week}"
            f" 09:00:00,,2025-03-0{3 + week} 11:00:00,2025-03-0{3 + week} 09:30:00,,,{answer}"
            for place, answer in enumerate(answers)
        ]
        path = tmp_path / f"week{week}.csv"
        path.write_text("\n".join([ANSWERED, *rows]) + "\n", encoding="utf-8")
        notes += desk.load("file", [path]).notes
    found = desk.measure("csat", start="2025-03-01", end="2025-04-01")[0]
    assert (found.value and round(found.value, 6), found.n) == (
        expected[0] and round(expected[0], 6),
        expected[1],
    )
    assert said in " ".join(notes) and ("left out" in " ".join(notes)) == bool(said)


def test_several_files_of_one_system_at_once_but_not_of_two(tmp_path: Path) -> None:
    lines = LIST.splitlines(keepends=True)
    (tmp_path / "a.csv").write_text("".join(lines[:2]), encoding="utf-8")
    (tmp_path / "b.csv").write_text("".join([lines[0], *lines[2:]]), encoding="utf-8")
    (tmp_path / "jira.csv").write_text(
        HEADERS["jira_export"][0]
        + "\n"
        + "x,K-1,1,Bug,Done,K,Low,,a,b,2025-03-03 09:00,2025-03-03 10:00,,Done\n",
        encoding="utf-8",
    )
    desk = late_desk(tmp_path / "desk")
    with pytest.raises(
        InputError, match=r"jira.csv: Jira issue export, but a.csv is another system's"
    ):
        desk.load("file", [tmp_path / "a.csv", tmp_path / "jira.csv"])
    desk.load("file", [tmp_path / "a.csv", tmp_path / "b.csv"])
    assert (value(desk, "ticket_volume"), value(desk, "backlog")) == (3, 2)
    desk.load("file", [tmp_path / "jira.csv"])
    assert (value(desk, "ticket_volume"), value(desk, "backlog")) == (4, 2)


def test_a_state_that_is_guessed_is_told(tmp_path: Path) -> None:
    path = tmp_path / "list.csv"
    path.write_text(
        LIST.replace("In Progress", "Fixed by vendor").replace("On Hold", "Parked"),
        encoding="utf-8",
    )
    notes = " ".join(late_desk(tmp_path / "desk").load("file", [path]).notes)
    assert (
        "were taken by their words: 'Fixed by vendor' for solved, 'Parked' for open; a mapping can"
        " say otherwise" in notes
    )
    path.write_text(LIST, encoding="utf-8")
    assert "taken by their words" not in " ".join(
        late_desk(tmp_path / "other").load("file", [path]).notes
    )


def test_an_unknown_file_says_what_to_do(tmp_path: Path) -> None:
    path = tmp_path / "odd.csv"
    path.write_text("when,what\n2025-03-03,x\n", encoding="utf-8")
    with pytest.raises(
        InputError,
        match=(
            r"odd\.csv: its columns are of no system known here .*helmdesk load mapping --suggest"
            r" odd\.csv"
        ),
    ):
        late_desk(tmp_path / "desk").load("file", [path])


def test_a_suggestion_says_what_it_recognised(tmp_path: Path) -> None:
    path = tmp_path / "whatever.csv"
    path.write_text(LIST, encoding="utf-8")
    text = suggest_mapping(path)
    assert (
        "# recognised as: ServiceNow list, by the columns" in text and 'name = "servicenow"' in text
    )
    assert [line for line in text.splitlines() if line.endswith("offset")] == [
        line for line in text.splitlines() if "# ?" in line
    ]


def test_the_word_for_the_source_may_be_left_out(tmp_path: Path, helmdesk: Run) -> None:
    path = tmp_path / "incident.csv"
    path.write_text(LIST, encoding="utf-8")
    desk = late_desk(tmp_path / "desk")
    said = helmdesk("load", path, "--desk", desk.path, "--dry-run").stdout
    assert "3 tickets" in said and "is read as: ServiceNow list" in said
    assert "load what?" in helmdesk("load", "zendesk", "--desk", desk.path, code=2).stderr


def test_call_logs_and_rosters_go_to_their_sources(tmp_path: Path) -> None:
    calls, roster = tmp_path / "calls.csv", tmp_path / "shifts.csv"
    calls.write_text(
        "call_id,start_time,queue,agent,wait_time,talk_time,disposition\n1,2025-03-03"
        " 09:00:00,sales,Ada,20,60,ANSWERED\n",
        encoding="utf-8",
    )
    roster.write_text(
        "agent,shift_start,shift_end\nAda,2025-03-03 09:00,2025-03-03 17:00\n", encoding="utf-8"
    )
    desk = late_desk(tmp_path / "desk", time_zone="America/Chicago")
    with pytest.raises(
        InputError, match=r"shifts\.csv: not of the kind of calls\.csv, which is for 'telephony'"
    ):
        desk.load("file", [calls, roster])
    assert (
        "read as by helmdesk load telephony, by the columns; times without an offset in"
        " America/Chicago" in " ".join(desk.load("file", [calls]).notes)
    )
    desk.load("file", [roster])
    with desk.engine() as engine:
        ((began,),) = engine.run("select offered_at from legs")
        ((start,),) = engine.run("select start_at from shifts")
    assert began.isoformat() == start.isoformat() == "2025-03-03T15:00:00"


def test_front_messages_become_conversations(tmp_path: Path) -> None:
    path = tmp_path / "messages.csv"
    path.write_text(
        "Message ID,Segment ID,Conversation ID,Segment,Direction,Status,Inbox,Message date,"
        "Autoreply,Reaction time,Response time,Assignee,Author,Contact name,Contact handle,"
        "New Conversation,Segment start,Segment end,Segment closed\n"
        "m1,s1,c1,1,Inbound,Archived,Support,2026-01-05 09:00:00,No,,,Ada,,Eve,eve@x,Yes,"
        "2026-01-05 09:00:00,2026-01-05 11:00:00,Yes\n"
        "m2,s1,c1,1,Outbound,Archived,Support,2026-01-05 09:01:00,Yes,,,Ada,Rule,Eve,eve@x,No,"
        "2026-01-05 09:00:00,2026-01-05 11:00:00,Yes\n"
        "m3,s1,c1,1,Outbound,Archived,Support,2026-01-05 09:30:00,No,,1800,Ada,Ben,Eve,eve@x,No,"
        "2026-01-05 09:00:00,2026-01-05 11:00:00,Yes\n"
        "m4,s2,c2,1,Inbound,Assigned,Support,2026-01-06 09:00:00,No,,,Ada,,Bob,bob@x,Yes,"
        "2026-01-06 09:00:00,,No\n",
        encoding="utf-8",
    )
    desk = late_desk(tmp_path / "desk", time_zone="UTC")
    report = desk.load("file", [path])
    assert report.quarantined_rows == 0 and "Front messages" in " ".join(report.notes)

    def of(key: str) -> float | None:
        return desk.measure(key, start="2026-01-01", end="2026-02-01")[0].value

    # Two conversations, one solved after two hours; the automatic answer is no answer.
    assert (of("ticket_volume"), of("resolution_time"), of("backlog")) == (2, 7200, 1)
    assert of("first_response_time") == 1800


def test_a_view_of_few_columns_is_offered(tmp_path: Path) -> None:
    path = tmp_path / "view.csv"
    path.write_text(
        "Ticket ID,Subject,Status,Priority,Agent,Created time,Resolved time\n"
        "1,Help,Waiting on Customer,Low,Ada,2025-03-03 09:00:00,\n",
        encoding="utf-8",
    )
    with pytest.raises(
        InputError, match=r"view\.csv: it looks like Freshdesk ticket export \(Ticket ID, Created"
    ):
        late_desk(tmp_path / "desk").load("file", [path])
    text = suggest_mapping(path)
    assert 'name = "freshdesk"' in text and "it looks most like: Freshdesk ticket export" in text
    # What that system means by a state is used; that it is that system is a guess.
    assert '"Waiting on Customer" = "waiting_customer"' in text
    assert 'agent_id = "Agent"  # ?' in text
