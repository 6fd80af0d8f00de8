"""Two accounts on one desk may use the same numbers; each keeps its own, and a later export finds
its account again.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from desks import late_desk
from helmdesk.desk.desk import Desk
from helmdesk.desk.erasure import erase
from helmdesk.errors import ConflictError, NotFoundError, UsageError
from helmdesk.presets.parts.preset import find_preset
from helmdesk.records.staging import LoadReport

TICKETS = "id,created_at,status,updated_at,requester_id,assignee_id\n"
# Two brands with a Zendesk each, and a Jira: all begin with ticket 1, Zendesk's agents with 7.
A = {
    "ticket": (
        TICKETS + "1,2026-01-05 09:00:00,solved,2026-01-05 12:00:00,10,7\n2,2026-01-05"
        " 10:00:00,open,2026-01-05 12:00:00,10,7\n"
    ),
    "user": "id,role,name\n7,agent,Ann Able\n10,end-user,Cara\n",
}
B = {
    "ticket": (
        TICKETS + "1,2026-01-06 09:00:00,open,2026-01-06 12:00:00,10,7\n2,2026-01-06"
        " 10:00:00,open,2026-01-06 12:00:00,11,7\n3,2026-01-06 11:00:00,open,2026-01-06"
        " 12:00:00,11,7\n"
    ),
    "user": "id,role,name\n7,agent,Bob Best\n10,end-user,Dora\n",
}
JIRA = {
    "issue": (
        "id,key,created,status,reporter,updated\n1,SD-1,2026-01-07 09:00:00,1,cara,2026-01-07"
        " 09:30:00\n"
    ),
    "status": "id,name,status_category_id\n1,Waiting for support,2\n",
    "status_category": "id,name\n2,In Progress\n",
}


def folder(path: Path, tables: dict[str, str]) -> Path:
    path.mkdir(parents=True)
    for name, content in tables.items():
        (path / f"{name}.csv").write_text(content, encoding="utf-8")
    return path


class Loader:
    """Loads small exports into one desk; the facts are made when somebody asks."""

    def __init__(self, path: Path) -> None:
        self.path, self.desk, self.number = path, late_desk(path / "desk"), 0

    def __call__(self, source: str, tables: dict[str, str] | str, **said: Any) -> LoadReport:
        self.number += 1
        place = self.path / str(self.number)
        if isinstance(tables, str):
            place.mkdir()
            file = place / ("file.toml" if source == "definitions" else "file.csv")
            file.write_text(tables, encoding="utf-8")
            return self.desk.load(source, [file], refresh=False, **said)
        return self.desk.load(source, [folder(place, tables)], refresh=False, **said)

    def run(self, sql: str) -> list[tuple[Any, ...]]:
        self.desk.refresh()
        with self.desk.engine() as engine:
            return engine.run(sql)

    def csat(self) -> int:
        self.desk.refresh()
        return int(self.desk.measure("csat").as_rows()[0]["n"])

    def tickets(self) -> list[tuple[Any, ...]]:
        return self.run("select ticket_id, source, status from tickets order by ticket_id")


@pytest.fixture
def load(tmp_path: Path) -> Loader:
    return Loader(tmp_path)


def by_source(desk: Desk, key: str) -> dict[str, float]:
    desk.refresh()
    return {row["source"]: row["value"] for row in desk.measure(key, by="source").as_rows()}


def test_two_accounts_of_one_system_stand_whole_and_are_found_again(load: Loader) -> None:
    assert load("zendesk", A).notes == []
    report = load("zendesk", B)
    assert (report.account, report.prefix) == ("zendesk-2", "zendesk-2:")
    assert (
        "ticket 1 was created 2026-01-06 09:00 UTC in these files and 2026-01-05 09:00 UTC in"
        " zendesk" in report.notes[0]
    )
    assert report.tickets == {"new": 3, "updated": 0, "unchanged": 0}
    assert by_source(load.desk, "ticket_volume") == {"zendesk": 2, "zendesk-2": 3}
    assert by_source(load.desk, "backlog") == {"zendesk": 1, "zendesk-2": 3}
    assert load.desk.measure("ticket_volume", by="agent").as_rows()[0]["agent"] == "Ann Able"

    later = load(
        "zendesk",
        {
            "ticket": (
                B["ticket"].replace(
                    "1,2026-01-06 09:00:00,open,2026-01-06",
                    "1,2026-01-06 09:00:00,solved,2026-01-08",
                )
                + "4,2026-01-08 09:00:00,open,2026-01-08 09:00:00,12,7\n"
            )
        },
    )
    assert (later.account, later.tickets) == ("zendesk-2", {"new": 1, "updated": 1, "unchanged": 2})
    first = load(
        "zendesk",
        {"ticket": A["ticket"].replace("10:00:00,open,2026-01-05", "10:00:00,solved,2026-01-09")},
    )
    assert (
        later.notes[0] == "of the account 'zendesk-2': 3 of 3 tickets that both have are the same"
    )
    assert (first.account, first.prefix, first.tickets) == (
        "zendesk",
        "",
        {"new": 0, "updated": 1, "unchanged": 1},
    )
    assert load.tickets() == [
        ("1", "zendesk", "solved"),
        ("2", "zendesk", "solved"),
        ("zendesk-2:1", "zendesk-2", "solved"),
        ("zendesk-2:2", "zendesk-2", "open"),
        ("zendesk-2:3", "zendesk-2", "open"),
        ("zendesk-2:4", "zendesk-2", "open"),
    ]
    load.desk.refresh()
    assert load.desk.measure("ticket_volume")[0].value == 6
    assert {batch.source for batch in load.desk.batches()} == {"zendesk", "zendesk-2"}


@pytest.mark.parametrize("is_jira_first", [True, False])
def test_two_systems_with_the_same_numbers(load: Loader, is_jira_first: bool) -> None:
    for source, tables in (
        (("jira", JIRA), ("zendesk", A)) if is_jira_first else (("zendesk", A), ("jira", JIRA))
    ):
        load(source, tables)
    assert by_source(load.desk, "ticket_volume") == {"jira": 1, "zendesk": 2}
    load(
        "jira",
        {
            **JIRA,
            "issue": JIRA["issue"] + "2,SD-2,2026-01-08 09:00:00,1,cara,2026-01-08 09:30:00\n",
        },
    )
    load(
        "zendesk", {"ticket": A["ticket"] + "3,2026-01-09 09:00:00,open,2026-01-09 09:00:00,10,7\n"}
    )
    assert by_source(load.desk, "ticket_volume") == {"jira": 2, "zendesk": 3}


def test_a_second_system_keeps_its_numbers_to_itself_before_they_meet(load: Loader) -> None:
    """Jira's issue 9 is there before Zendesk reaches ticket 9."""
    load("zendesk", A)
    report = load("jira", {**JIRA, "issue": JIRA["issue"].replace("1,SD-1,", "9,SD-9,")})
    assert report.prefix == "jira:"
    load(
        "zendesk", {"ticket": A["ticket"] + "9,2026-01-09 09:00:00,open,2026-01-09 09:00:00,10,7\n"}
    )
    assert by_source(load.desk, "ticket_volume") == {"jira": 1, "zendesk": 3}


def test_numbers_shown_and_found(load: Loader) -> None:
    load("zendesk", A)
    load("zendesk", B, account="brand-b")
    load.desk.refresh()
    rows = load.desk.drill("ticket_volume", by="source")
    assert sorted(rows.column("ticket_id").to_pylist()) == [
        "3",
        "brand-b:1",
        "brand-b:2",
        "zendesk:1",
        "zendesk:2",
    ]
    desk = load.desk
    assert [
        desk.ticket(number).ticket["source"]
        for number in ("1", "zendesk:1", "brand-b:1", "3", "brand-b:3")
    ] == [
        "zendesk",
        "zendesk",
        "brand-b",
        "brand-b",
        "brand-b",
    ]
    assert desk.ticket("brand-b:3").ticket["ticket_id"] == "3"
    with pytest.raises(NotFoundError, match="no ticket 'brand-b:9'"):
        desk.ticket("brand-b:9")
    measured = desk.measure("ticket_volume", where="source = 'brand-b'")
    assert measured[0].value == 3
    desk.verify(measured.receipt)


def test_answers_that_name_tickets_by_plain_numbers(load: Loader) -> None:
    load("zendesk", A)
    load("zendesk", B, account="brand-b")
    answers = (
        "response_id,csat_score,responded_at,ticket_id\nr1,5,2026-01-08 09:00:00,3\nr2,1,2026-01-08"
        " 09:00:00,1\n"
    )
    report = load("survey", answers)
    assert report.quarantined == {
        "ticket_id: responded: ticket 1 is in several accounts (brand-b, zendesk): write such as"
        " zendesk:1 in the file, or load it with --as NAME (on the site: the field 'account')": (1)
    }
    assert "line 3, ticket_id = '1'" in report.quarantine_examples[0]
    about = "select survey_id, ticket_id, source from responses order by score"
    assert load.run(about) == [("survey:r2", None, "survey"), ("survey:r1", "brand-b:3", "survey")]
    assert load.csat() == 2
    # Said later, the same file takes the place of what it said before.
    assert load("survey", answers, account="brand-b").quarantined == {}
    assert load.run(about) == [
        ("brand-b:survey:r2", "brand-b:1", "brand-b"),
        ("brand-b:survey:r1", "brand-b:3", "brand-b"),
    ]
    assert load.csat() == 2
    # Another brand's answers have the same numbers.
    load(
        "survey",
        "response_id,csat_score,responded_at,ticket_id\nr1,4,2026-01-09 09:00:00,1\n",
        account="zendesk",
    )
    assert load.csat() == 3
    load(
        "survey",
        "response_id,csat_score,responded_at,ticket_id\nx1,4,2026-01-09"
        " 09:00:00,brand-b:2\nx2,4,2026-01-09 09:00:00,zendesk:2\n",
    )
    assert load.run(
        "select ticket_id from responses where survey_id like '%x%' order by survey_id"
    ) == [("brand-b:2",), ("2",)]


def test_calls_and_shifts_that_name_people_by_plain_numbers(load: Loader) -> None:
    load("zendesk", A)
    load("zendesk", {**B, "user": B["user"] + "8,agent,Eve\n"}, account="brand-b")
    calls = (
        "call_id,started_at,outcome,agent,wait_seconds,talk_seconds\nc1,2026-01-05"
        " 09:00:00,answered,8,5,60\nc2,2026-01-05 10:00:00,answered,7,5,60\n"
    )
    report = load("telephony", calls)
    assert list(report.quarantined) == [
        "agent_id: answered: agent 7 is in several accounts (brand-b, zendesk): write such as"
        " zendesk:7 in the file, or load it with --as NAME (on the site: the field 'account')"
    ]
    assert load.run("select source, outcome, agent from contacts order by offered_at") == [
        ("telephony", "answered", "Eve"),
        ("telephony", "answered", None),
    ]
    load("telephony", calls, account="brand-b")
    assert load.run("select source, agent from contacts order by offered_at") == [
        ("brand-b", "Eve"),
        ("brand-b", "Bob Best"),
    ]
    report = load(
        "roster",
        "agent,start,end\n7,2026-01-05 09:00,2026-01-05 17:00\n8,2026-01-05 09:00,2026-01-05"
        " 17:00\n",
    )
    assert report.records == {
        "shift_planned": 1,
    }
    assert report.quarantined_rows == 1


def test_merges_and_people_stay_inside_an_account(load: Loader) -> None:
    load("zendesk", A)
    history = "ticket_id,field_name,value,updated,user_id\n3,problem_id,1,2026-01-06 11:30:00,7\n"
    merged = (
        B["ticket"]
        .replace("assignee_id\n", "assignee_id,merged_ticket_ids\n")
        .replace(
            "09:00:00,open,2026-01-06 12:00:00,10,7\n",
            "09:00:00,open,2026-01-06 12:00:00,10,7,[2]\n",
        )
    )
    merged = merged.replace(",11,7\n", ",11,7,\n")
    comments = "id,ticket_id,user_id,created,public,body\n1,1,7,2026-01-06 09:30:00,true,hello\n"
    load(
        "zendesk",
        {**B, "ticket": merged, "ticket_field_history": history, "ticket_comment": comments},
    )
    assert load.run("select ticket_id, survivor_ticket_id from tickets where is_merged") == [
        ("zendesk-2:2", "zendesk-2:1")
    ]
    assert load.run("select entity_id, name from latest_agents order by entity_id") == [
        ("7", "Ann Able"),
        ("zendesk-2:7", "Bob Best"),
    ]
    assert load.run("select ticket_id, actor_id from messages") == [("zendesk-2:1", "zendesk-2:7")]
    assert load.run("select distinct customer_id from tickets order by 1") == [
        ("10",),
        ("zendesk-2:10",),
        ("zendesk-2:11",),
    ]
    load.desk.refresh()
    assert load.desk.measure("ticket_volume")[0].value == 4


def test_people_tell_an_account_whose_tickets_have_other_numbers(load: Loader) -> None:
    load("zendesk", A)
    far = {
        **B,
        "ticket": (
            B["ticket"]
            .replace("\n1,", "\n101,")
            .replace("\n2,", "\n102,")
            .replace("\n3,", "\n103,")
        ),
    }
    assert load("zendesk", far).account == "zendesk-2"
    # Ann married; the tickets after the last export are those of her account.
    next_week = {
        "ticket": TICKETS + "5,2026-01-12 09:00:00,open,2026-01-12 09:00:00,10,7\n",
        "user": "id,role,name\n7,agent,Ann Best\n",
    }
    report = load("zendesk", next_week)
    assert (report.account, report.notes) == (
        "zendesk",
        ["of the account 'zendesk': the same records as before"],
    ) or report.account == "zendesk"
    assert load.run("select entity_id, name from latest_agents order by entity_id") == [
        ("7", "Ann Best"),
        ("zendesk-2:7", "Bob Best"),
    ]
    with pytest.raises(
        ConflictError, match=r"several accounts of zendesk \(zendesk, zendesk-2\).*--as NAME"
    ):
        load(
            "zendesk", {"ticket": TICKETS + "6,2026-01-12 09:00:00,open,2026-01-12 09:00:00,10,7\n"}
        )
    assert (
        load(
            "zendesk",
            {"ticket": TICKETS + "6,2026-01-12 09:00:00,open,2026-01-12 09:00:00,10,7\n"},
            account="zendesk-2",
        ).account
        == "zendesk-2"
    )


MAPPING = """
name = "shop"
key = ["No"]
[[record]]
type = "created"
[record.columns]
ticket_id = "No"
occurred_at = "Opened"
agent_id = "Agent"
customer_id = "Customer"
[[record]]
type = "status_changed"
optional = true
[record.columns]
ticket_id = "No"
occurred_at = "Closed"
status = { constant = "solved" }
"""


def test_files_with_a_mapping(load: Loader, tmp_path: Path) -> None:
    (tmp_path / "shop.toml").write_text(MAPPING, encoding="utf-8")
    header, said = "No,Opened,Closed,Agent,Customer\n", {"mapping": tmp_path / "shop.toml"}
    load("mapping", header + "1,2026-01-05 09:00,,Ann,c1\n2,2026-01-05 10:00,,Ann,c2\n", **said)
    report = load(
        "mapping", header + "1,2026-01-06 09:00,,Ann,c1\n2,2026-01-06 10:00,,Bob,c2\n", **said
    )
    assert report.account == "shop-2"
    report = load("mapping", header + "1,2026-01-06 09:00,2026-01-06 11:00,Ann,c1\n", **said)
    assert report.account == "shop-2"
    assert by_source(load.desk, "backlog") == {"shop": 2, "shop-2": 1}
    # A name is a name in both; a number is not.
    assert load.run("select distinct agent from tickets order by 1") == [("Ann",), ("Bob",)]
    assert load.run("select count(distinct customer_id) from tickets") == [(4,)]


def test_a_later_log_is_no_other_account(load: Loader) -> None:
    log = "case,activity,time\n1,Opened,2026-01-05 09:00\n1,Worked,2026-01-05 10:00\n"
    load("eventlog", log)
    assert (
        load(
            "eventlog", "case,activity,time\n1,Closed,2026-01-06 10:00\n2,Opened,2026-01-06 10:00\n"
        ).prefix
        == ""
    )
    assert (
        load(
            "eventlog", "case,activity,time\n1,Opened,2026-01-05 09:30\n1,Closed,2026-01-05 09:45\n"
        ).account
        == "eventlog-2"
    )


def test_the_same_calls_and_other_calls(load: Loader) -> None:
    header = "call_id,sequence,started_at,outcome,agent,wait_seconds,talk_seconds\n"
    load("telephony", header + "1,1,2026-01-05 09:00:00,abandoned,,20,\n")
    assert load("telephony", header + "1,1,2026-01-05 09:00:00,answered,Bea,20,60\n").prefix == ""
    assert (
        load("telephony", header + "1,1,2026-01-07 09:00:00,answered,Bea,20,60\n").account
        == "telephony-2"
    )
    assert load.run("select source, outcome from legs order by offered_at") == [
        ("telephony", "answered"),
        ("telephony-2", "answered"),
    ]


def test_what_is_said_must_be_true(load: Loader) -> None:
    with pytest.raises(UsageError, match="a name has small letters"):
        load("zendesk", A, account="Brand A")
    load("zendesk", A, account="brand-a")
    assert load.tickets()[0] == ("1", "brand-a", "solved")
    with pytest.raises(
        ConflictError, match=r"ticket 1 was created .* not the tickets of the account 'brand-a'"
    ):
        load("zendesk", B, account="brand-a")
    with pytest.raises(ConflictError, match="in the account 'brand-a'; nothing was loaded"):
        load("zendesk", A, account="brand-b")
    with pytest.raises(UsageError, match=r"no account 'brand-x'.*known: brand-a"):
        load(
            "survey",
            "csat_score,responded_at,ticket_id\n5,2026-01-08 09:00:00,1\n",
            account="brand-x",
        )
    assert load("zendesk", {"ticket": A["ticket"]}).account == "brand-a"
    load.desk.refresh()
    assert load.desk.measure("ticket_volume")[0].value == 2


def test_a_dry_run_says_which_account(load: Loader) -> None:
    load("zendesk", A)
    assert load("zendesk", B, is_dry_run=True).account == "zendesk-2"
    load.desk.refresh()
    assert load.desk.measure("ticket_volume")[0].value == 2


def test_one_person_with_another_name_is_no_other_account(load: Loader) -> None:
    load("zendesk", A)
    report = load(
        "zendesk",
        {
            "ticket": TICKETS + "5,2026-01-12 09:00:00,open,2026-01-12 09:00:00,10,7\n",
            "user": "id,role,name\n10,end-user,Deleted\n",
        },
    )
    assert report.account == "zendesk"
    assert (
        "customer 10 is Deleted in these files and somebody else in zendesk: taken for a new name"
        in report.notes[0]
    )


def test_a_desk_that_was_loaded_before_accounts_were_known(load: Loader, tmp_path: Path) -> None:
    """Its batches say nothing of accounts."""
    from helmdesk.sources.parts.source import Options, find_source

    place = folder(tmp_path / "old", A)
    load.desk.load_with(
        lambda staging: find_source("zendesk").read(staging, [place], Options()),
        "zendesk",
        "zendesk-old",
    )
    assert load("zendesk", B).account == "zendesk-2"
    assert (
        load(
            "zendesk",
            {
                "ticket": (
                    A["ticket"].replace("10:00:00,open,2026-01-05", "10:00:00,solved,2026-01-09")
                )
            },
        ).account
        == "zendesk"
    )
    assert by_source(load.desk, "backlog") == {"zendesk-2": 3}


def test_what_files_say_of_people_they_say_of_those_that_are_there(load: Loader) -> None:
    load("zendesk", {"ticket": A["ticket"]})
    load("zendesk", {"ticket": B["ticket"].replace("11,7\n", "11,8\n")}, account="brand-b")
    load(
        "definitions",
        '[[agent]]\nid = "8"\nname = "Eve"\n[[agent]]\nid = "brand-b:7"\nname ='
        ' "Bob"\n[[agent]]\nid = "zendesk:7"\nname = "Ann"\n',
    )
    assert load.run("select ticket_id, agent from tickets order by ticket_id") == [
        ("1", "Ann"),
        ("2", "Ann"),
        ("brand-b:1", "Bob"),
        ("brand-b:2", "Eve"),
        ("brand-b:3", "Eve"),
    ]
    assert load("definitions", '[[agent]]\nid = "7"\nname = "Who"\n').quarantined_rows == 1


def test_an_erased_customer_of_one_account(load: Loader) -> None:
    load("zendesk", A)
    load("zendesk", B)
    assert erase(load.desk, ["zendesk-2:10"]).tickets == 1
    again = load("zendesk", {**B, "ticket": B["ticket"].replace("open", "pending")})
    assert again.account == "zendesk-2"
    assert any("erased" in note for note in again.notes)
    customers = load.run(
        "select customer_id, count(*) from tickets where customer_id not like 'erased%' group by"
        " all order by all"
    )
    assert customers == [("10", 2), ("zendesk-2:11", 2)]
    assert load.desk.measure("ticket_volume")[0].value == 5


def test_two_accounts_of_intercom(load: Loader) -> None:
    header = "id,created_at,updated_at,state,assignee_id,assignee_type\n"
    admins = "id,name\n7,{}\n"
    load(
        "intercom",
        {
            "conversation_history": (
                header + "1,2026-01-05 09:00:00,2026-01-05 10:00:00,open,7,admin\n"
            ),
            "admin": admins.format("Ann"),
        },
    )
    load(
        "intercom",
        {
            "conversation_history": (
                header + "1,2026-01-06 09:00:00,2026-01-06 10:00:00,closed,7,admin\n"
            ),
            "admin": admins.format("Bob"),
        },
    )
    load(
        "intercom",
        {
            "conversation_history": (
                header + "1,2026-01-05 09:00:00,2026-01-07 10:00:00,closed,7,admin\n"
            ),
            "admin": admins.format("Ann"),
        },
    )
    assert load.run("select source, status, agent from tickets order by source") == [
        ("intercom", "solved", "Ann"),
        ("intercom-2", "solved", "Bob"),
    ]


CSAT = """
name = "csat export"
key = ["Ticket"]
[[record]]
type = "responded"
[record.columns]
survey_id = "Ticket"
ticket_id = "Ticket"
occurred_at = "Rated"
answer = "Score"
instrument_id = { constant = "shop_csat" }
[[instrument]]
id = "shop_csat"
kind = "csat"
positive = ["4", "5"]
negative = ["1", "2"]
"""


def test_a_mapping_that_names_tickets_of_others(load: Loader, tmp_path: Path) -> None:
    (tmp_path / "csat.toml").write_text(CSAT, encoding="utf-8")
    load("zendesk", A)
    load(
        "jira",
        {
            **JIRA,
            "issue": JIRA["issue"] + "44,SD-2,2026-01-08 09:00:00,1,cara,2026-01-08 09:30:00\n",
        },
    )
    file = "Ticket,Rated,Score\n1,2026-01-09 09:00,5\n44,2026-01-09 09:00,1\n2,2026-01-09 10:00,4\n"
    assert load("mapping", file, mapping=tmp_path / "csat.toml").quarantined_rows == 1
    assert load.run("select ticket_id from responses order by responded_at, score") == [
        ("jira:44",),
        (None,),
        ("2",),
    ]
    with pytest.raises(ConflictError, match="is one of zendesk"):
        load(
            "jira",
            {**JIRA, "issue": JIRA["issue"].replace("1,SD-1", "77,SD-77")},
            account="zendesk",
        )


def test_another_tools_file_is_of_one_account(load: Loader, tmp_path: Path) -> None:
    """Its plain numbers are those of the account that is said; the second account's user table
    counts like the first's.
    """
    preset = find_preset("dbt_zendesk")
    file = tmp_path / "ticket_metrics.csv"
    file.write_text("ticket_id,first_resolution_calendar_minutes\n1,180\n2,\n", encoding="utf-8")
    number = ["first_resolution_calendar_minutes"]
    load("zendesk", A)
    load("jira", JIRA)
    (found,) = load.desk.compare(preset, number, export=file)
    assert (found.ours, found.theirs, found.differing) == (180, 180, 0)  # the Jira is none of it
    load("zendesk", B, account="brand-b")
    load.desk.refresh()
    with pytest.raises(
        UsageError,
        match=r"several accounts this file may be of \(brand-b, zendesk\); say which: --as zendesk",
    ):
        load.desk.compare(preset, number, export=file)
    with pytest.raises(
        NotFoundError, match="no account 'brandb' with tickets; did you mean 'brand-b'"
    ):
        load.desk.compare(preset, number, export=file, account="brandb")
    (found,) = load.desk.compare(preset, number, export=file, account="zendesk")
    assert (found.ours, found.theirs, found.differing) == (180, 180, 0)
    (found,) = load.desk.compare(preset, number, export=file, account="brand-b")
    assert [(row["ticket_id"], row["ours"], row["theirs"]) for row in found.rows] == [
        ("brand-b:1", None, 180)
    ]
    # Tickets 2 and 3 of brand-b were asked by somebody who is not in its user table: the package
    # drops them.
    (created,) = load.desk.compare(preset, ["tickets_created"], account="brand-b")
    assert (created.n_ours, created.n_theirs) == (3, 1)
