"""How tickets ended: words for "not done" in every system, their own class, out of resolution
unless asked.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from desks import late_desk
from helmdesk.desk.desk import Desk
from helmdesk.errors import MappingError
from helmdesk.records.staging import LoadReport
from helmdesk.sources.reading.outcomes import outcome_of

FOLDERS = ("jira", "zendesk", "intercom")


def load(
    tmp_path: Path, source: str, tables: dict[str, str], mapping: str = ""
) -> tuple[Desk, LoadReport]:
    folder = tmp_path / "export"
    folder.mkdir(exist_ok=True)
    for name, content in tables.items():
        (folder / f"{name}.csv").write_text(content.strip() + "\n", encoding="utf-8")
    own = tmp_path / "own.toml"
    own.write_text(mapping, encoding="utf-8")
    desk = late_desk(tmp_path / "desk", quarantine_limit=1.0)
    return desk, desk.load(
        source,
        [folder] if source in FOLDERS else sorted(folder.iterdir()),
        mapping=own if mapping else None,
    )


def outcomes(desk: Desk) -> dict[str, str | None]:
    with desk.engine() as engine:
        return dict(engine.run("select ticket_id, outcome from tickets order by 1"))


def resolved(desk: Desk) -> set[str]:
    return {row["ticket_id"] for row in desk.drill("resolution_time").to_pylist()}


@pytest.mark.parametrize(
    ("word", "meant"),
    [
        ("Won't Do", "declined"),
        ("Won’t fix", "declined"),
        ("WONTFIX", "declined"),
        ("Closed - Won't Do", "declined"),
        ("Rejected", "declined"),
        ("Abgelehnt", "declined"),
        ("Zurückgewiesen", "declined"),
        ("Rechazado", "declined"),
        ("却下", "declined"),
        ("Отклонено", "declined"),
        ("Canceled", "cancelled"),
        ("Cancelled by customer", "cancelled"),
        ("Closed/Cancelled", "cancelled"),
        ("Storniert", "cancelled"),
        ("Annulé", "cancelled"),
        ("Withdrawn", "cancelled"),
        ("Closed Skipped", "cancelled"),
        ("Duplicate", "duplicate"),
        ("Closed as duplicate", "duplicate"),
        ("Resolved (Duplicate)", "duplicate"),
        ("Duplikat", "duplicate"),
        ("Cancelled - Duplicate", "duplicate"),
        ("Cannot Reproduce", "invalid"),
        ("Not Solved (Not Reproducible)", "invalid"),
        ("Invalid", "invalid"),
        ("Closed Incomplete", "unsolved"),
        ("Not Solved", "unsolved"),
        ("Nicht gelöst", "unsolved"),
        ("Auto-closed", "auto_closed"),
        ("Closed - No response", "auto_closed"),
        ("Spam", "spam"),
        ("Merged", "merged"),
        ("Deleted", "deleted"),
        ("Done", "solved"),
        ("Solved (Permanently)", "solved"),
        ("Solved Remotely (Work Around)", "solved"),
        ("Closed", None),
        ("Unresolved", None),
        ("", None),
        (None, None),
        ("code 6", None),
        ("Subscription cancelled", None),
        ("The spam filter was wrong", None),
        ("Cancellation of the contract", None),
    ],
)
def test_words(word: str | None, meant: str | None) -> None:
    assert outcome_of(word) == meant


# -- Jira
# --------------------------------------------------------------------------------------------------

STATUSES = {
    "status": "id,name,status_category_id\n1,Open,2\n3,Done,3\n4,Declined,3\n5,Canceled,3",
    "status_category": "id,name\n2,To Do\n3,Done",
    "resolution": "id,name\n10,Done\n11,Won't Do\n12,Duplicate\n13,Cannot Reproduce\n14,Zu teuer",
}
ISSUES = """
id,key,created,status,resolution,reporter,updated,resolved
1,D-1,2026-01-05 09:00:00,3,10,c,2026-01-05 12:00:00,2026-01-05 12:00:00
2,D-2,2026-01-05 09:00:00,3,11,c,2026-01-05 13:00:00,2026-01-05 13:00:00
3,D-3,2026-01-05 09:00:00,3,12,c,2026-01-05 14:00:00,2026-01-05 14:00:00
4,D-4,2026-01-05 09:00:00,4,10,c,2026-01-05 15:00:00,2026-01-05 15:00:00
5,D-5,2026-01-05 09:00:00,5,,c,2026-01-05 16:00:00,2026-01-05 16:00:00
6,D-6,2026-01-05 09:00:00,3,14,c,2026-01-05 17:00:00,2026-01-05 17:00:00
7,D-7,2026-01-05 09:00:00,1,,c,2026-01-05 09:00:00,
8,D-8,2026-01-05 09:00:00,3,13,c,2026-01-05 18:00:00,2026-01-05 18:00:00
"""


def test_jira_resolutions_and_statuses(tmp_path: Path) -> None:
    desk, report = load(tmp_path, "jira", {"issue": ISSUES, **STATUSES})
    assert outcomes(desk) == {
        "1": "solved",
        "2": "declined",
        "3": "duplicate",
        "4": "declined",
        "5": "cancelled",
        "6": "solved",
        "7": None,
        "8": "invalid",
    }
    assert any(
        note.startswith("resolutions: words that nobody knows count as solved: Zu teuer (1)")
        for note in report.notes
    )
    assert resolved(desk) == {"1", "6"}
    assert desk.measure("resolution_time")[0].value == 5.5 * 3600  # 3 h and 8 h
    assert desk.measure("resolution_time", variant="with_not_done")[0].n == 7
    assert desk.measure("resolution_rate")[0].value == 2 / 8
    assert desk.measure("resolution_rate", variant="with_not_done")[0].value == 7 / 8
    assert desk.measure("ticket_volume", "backlog").as_rows()[0]["value"] == 8
    assert desk.measure("backlog")[0].value == 1
    by = {row.group[0][1]: row.value for row in desk.measure("ticket_volume", by="outcome")}
    assert by == {
        "solved": 2,
        "declined": 2,
        "duplicate": 1,
        "cancelled": 1,
        "invalid": 1,
        "open": 1,
    }


def test_jira_the_users_own_words(tmp_path: Path) -> None:
    desk, report = load(
        tmp_path,
        "jira",
        {"issue": ISSUES, **STATUSES},
        '[outcomes]\ndeclined = ["zu teuer"]\nsolved = ["duplicate"]\n',
    )
    assert {name: outcomes(desk)[name] for name in "36"} == {"3": "solved", "6": "declined"}
    assert not any("nobody knows" in note for note in report.notes)


def test_jira_histories_tell_each_end(tmp_path: Path) -> None:
    """Declined, reopened and done; done, reopened without a new resolution; relabelled after the
    end.
    """
    issue = "id,key,created,status,resolution,reporter,updated\n" + "\n".join(
        f"{n},D-{n},2026-01-05 09:00:00,3,10,c,2026-01-06 09:00:00" for n in (1, 2, 3)
    )
    history = """
field_id,issue_id,time,value,author_id
status,1,2026-01-05 10:00:00,3,a
resolution,1,2026-01-05 10:00:00,11,a
status,1,2026-01-05 11:00:00,1,c
resolution,1,2026-01-05 11:00:00,,c
status,1,2026-01-05 12:00:00,3,a
resolution,1,2026-01-05 12:00:00,10,a
resolution,2,2026-01-05 09:59:59,11,a
status,2,2026-01-05 10:00:00,3,a
status,2,2026-01-05 11:00:00,1,c
status,2,2026-01-05 12:00:00,3,a
status,3,2026-01-05 10:00:00,3,a
resolution,3,2026-01-05 10:00:00,10,a
resolution,3,2026-01-07 10:00:00,12,a
"""
    desk, _ = load(tmp_path, "jira", {"issue": issue, "issue_field_history": history, **STATUSES})
    assert outcomes(desk) == {"1": "solved", "2": "solved", "3": "duplicate"}
    with desk.engine() as engine:
        ends = engine.run("select ticket_id, episode, outcome from episodes order by 1, 2")
    assert ends == [
        ("1", 1, "declined"),
        ("1", 2, "solved"),
        ("2", 1, "declined"),
        ("2", 2, "solved"),
        ("3", 1, "duplicate"),
    ]
    # What was declined first was not solved: it comes back, but not from a solution.
    (reopened,) = desk.measure("reopen_rate", variant="any_time")
    assert reopened.value is None


# -- ServiceNow, Zendesk, Intercom, event logs
# --------------------------------------------------------------------------------------------------


def test_servicenow_states_and_close_codes(tmp_path: Path) -> None:
    rows = """
number,incident_state,sys_updated_at,opened_at,close_code
A,New,29/02/2016 09:00,29/02/2016 09:00,
A,Resolved,29/02/2016 11:00,29/02/2016 09:00,Solved (Permanently)
B,Resolved,29/02/2016 11:00,29/02/2016 09:00,Not Solved (Too Costly)
C,Canceled,29/02/2016 11:00,29/02/2016 09:00,
D,Closed,29/02/2016 11:00,29/02/2016 09:00,Duplicate
E,Closed Incomplete,29/02/2016 11:00,29/02/2016 09:00,
F,Closed,29/02/2016 11:00,29/02/2016 09:00,code 6
G,Cancelled by caller,29/02/2016 11:00,29/02/2016 09:00,
"""
    desk, report = load(tmp_path, "servicenow", {"incident": rows})
    assert outcomes(desk) == {
        "A": "solved",
        "B": "declined",
        "C": "cancelled",
        "D": "duplicate",
        "E": "unsolved",
        "F": "solved",
        "G": "cancelled",
    }
    assert report.quarantined == {}
    assert any(
        "close codes: words that nobody knows count as solved: code 6 (1)" in note
        for note in report.notes
    )
    assert resolved(desk) == {"A", "F"}


ZENDESK = {
    "ticket": (
        """
id,created_at,updated_at,status,requester_id,custom_status_id
1,2026-01-05 09:00:00,2026-01-05 12:00:00,solved,c,7
2,2026-01-05 09:00:00,2026-01-05 12:00:00,solved,c,8
3,2026-01-05 09:00:00,2026-01-05 12:00:00,closed,c,7
4,2026-01-05 09:00:00,2026-01-05 12:00:00,solved,c,7
"""
    ),
    "ticket_tag": "ticket_id,tag\n3,closed_by_merge\n4,duplicate\n1,vip",
    "custom_status": "id,agent_label\n7,Solved\n8,Rejected",
}


def test_zendesk_custom_statuses_merges_and_tags(tmp_path: Path) -> None:
    desk, report = load(tmp_path, "zendesk", ZENDESK)
    assert outcomes(desk) == {"1": "solved", "2": "declined", "3": "merged", "4": "solved"}
    assert desk.measure("ticket_volume")[0].value == 3  # the merged one is out
    assert any(
        "tags that may mean that nobody solved a ticket were not read so: duplicate (1)" in note
        for note in report.notes
    )


def test_zendesk_tags_mean_what_somebody_says(tmp_path: Path) -> None:
    desk, report = load(tmp_path, "zendesk", ZENDESK, '[outcomes]\nduplicate = ["duplicate"]\n')
    assert outcomes(desk)["4"] == "duplicate"
    assert not any("tags that may" in note for note in report.notes)


def test_zendesk_what_a_rule_solves_is_auto_closed(tmp_path: Path) -> None:
    history = (
        "ticket_id,field_name,value,updated,user_id\n1,status,solved,2026-01-05"
        " 12:00:00,-1\n2,status,solved,2026-01-05 12:00:00,30"
    )
    desk, _ = load(
        tmp_path, "zendesk", {"ticket": ZENDESK["ticket"], "ticket_field_history": history}
    )
    assert {name: outcomes(desk)[name] for name in "12"} == {"1": "auto_closed", "2": "solved"}


def test_intercom_tags_mean_what_somebody_says(tmp_path: Path) -> None:
    tables = {
        "conversation_history": (
            "id,updated_at,created_at,state,source_author_id,source_author_type\n1,2026-01-05"
            " 09:00:00,2026-01-05 09:00:00,open,u,user\n1,2026-01-05 10:00:00,2026-01-05"
            " 09:00:00,closed,u,user\n2,2026-01-05 09:00:00,2026-01-05"
            " 09:00:00,open,u,user\n2,2026-01-05 10:00:00,2026-01-05 09:00:00,closed,u,user"
        ),
        "conversation_tag_history": "conversation_id,tag_id\n1,t1",
        "tag": "id,name\nt1,Spam",
    }
    desk, report = load(tmp_path, "intercom", tables)
    assert outcomes(desk) == {"1": "solved", "2": "solved"}
    assert any("not read so: Spam (1)" in note for note in report.notes)
    (tmp_path / "said").mkdir()
    said, _ = load(tmp_path / "said", "intercom", tables, '[outcomes]\nspam = ["spam"]\n')
    assert outcomes(said) == {"1": "spam", "2": "solved"}
    assert said.measure("ticket_volume")[0].value == 1


def test_event_logs(tmp_path: Path) -> None:
    log = """
case,activity,time,resource
A,Open,2026-01-05T09:00:00,ann
A,Resolve ticket,2026-01-05T10:00:00,ann
B,Open,2026-01-05T09:00:00,ann
B,Cancelled,2026-01-05T10:00:00,ann
C,Open,2026-01-05T09:00:00,ann
C,Rejected,2026-01-05T10:00:00,ann
C,Rework,2026-01-05T11:00:00,ann
D,Open,2026-01-05T09:00:00,ann
D,Rejected,2026-01-05T10:00:00,ann
E,Open,2026-01-05T09:00:00,ann
E,Zu teuer,2026-01-05T10:00:00,ann
"""
    desk, _ = load(tmp_path, "eventlog", {"log": log}, '[outcomes]\ndeclined = ["Zu teuer"]\n')
    assert outcomes(desk) == {
        "A": "solved",
        "B": "cancelled",
        "C": None,
        "D": "declined",
        "E": "declined",
    }
    assert resolved(desk) == {"A"}


def test_event_logs_whose_lifecycle_says_more_closely(tmp_path: Path) -> None:
    log = """
case,activity,lifecycle,time,resource
A,Completed,Cancelled,2026-01-05T10:00:00,ann
A,Completed,Closed,2026-01-05T11:00:00,ann
B,Completed,Closed,2026-01-05T11:00:00,ann
C,Completed,complete,2026-01-05T11:00:00,ann
"""
    desk, _ = load(tmp_path, "eventlog", {"log": log})
    assert outcomes(desk) == {"A": "cancelled", "B": "solved", "C": "solved"}


def test_a_file_of_own_words_is_checked(tmp_path: Path) -> None:
    with pytest.raises(MappingError, match="unknown word 'declind'; did you mean 'declined'"):
        load(tmp_path, "jira", {"issue": ISSUES, **STATUSES}, '[outcomes]\ndeclind = ["x"]\n')


# -- mappings
# --------------------------------------------------------------------------------------------------

ROWS = """
No,Opened,Closed,Status,Resolution
1,2026-01-05 09:00,2026-01-05 11:00,Closed,Fixed
2,2026-01-05 09:00,2026-01-05 12:00,Closed,Won't do
3,2026-01-05 09:00,2026-01-05 13:00,Cancelled,
4,2026-01-05 09:00,2026-01-05 14:00,Closed,No budget
5,2026-01-05 09:00,2026-01-05 15:00,Spam,
"""
MAPPING = """
key = ["No"]
[[record]]
type = "created"
[record.columns]
ticket_id = "No"
occurred_at = "Opened"
[[record]]
type = "status_changed"
[record.columns]
ticket_id = "No"
occurred_at = "Closed"
"""


@pytest.mark.parametrize(
    "status",
    [
        '"solved" }',
        '"Status", values = { Closed = "closed", Cancelled = "closed", Spam = "closed" } }',
    ],
)
def test_a_mapping_reads_the_words_that_the_file_uses(tmp_path: Path, status: str) -> None:
    word = "column" if "values" in status else "constant"
    desk, report = load(
        tmp_path, "mapping", {"tickets": ROWS}, f"{MAPPING}status = {{ {word} = {status}\n"
    )
    assert outcomes(desk) == {
        "1": "solved",
        "2": "declined",
        "3": "cancelled",
        "4": "solved",
        "5": "spam",
    }
    assert desk.measure("ticket_volume")[0].value == 4
    assert resolved(desk) == {"1", "4"}
    assert any(
        "words of 'Resolution' mean that nobody solved it, and count so: Won't do (declined, 1)"
        in note
        for note in report.notes
    )


def test_a_mapping_says_what_words_mean(tmp_path: Path) -> None:
    mapping = (
        MAPPING
        + 'status = { constant = "solved" }\noutcome = { column = "Resolution", values = { "No'
        ' budget" = "declined", "Won\'t do" = "solved" } }\n'
    )
    desk, _ = load(tmp_path, "mapping", {"tickets": ROWS}, mapping)
    assert {name: outcomes(desk)[name] for name in "124"} == {
        "1": "solved",
        "2": "solved",
        "4": "declined",
    }


def test_a_mapping_asks_for_words_that_nobody_knows(tmp_path: Path) -> None:
    _, report = load(
        tmp_path,
        "mapping",
        {"tickets": ROWS},
        MAPPING + 'status = { constant = "solved" }\noutcome = "Resolution"\n',
    )
    assert any(
        "tickets.csv, Resolution: words that nobody knows count as solved: No budget (1)" in note
        for note in report.notes
    )


def test_a_later_export_declines(tmp_path: Path) -> None:
    mapping = (
        MAPPING.replace('"Closed"', '"Updated"')
        + 'status = { column = "Status", values = { Closed = "closed", Open = "open", Declined ='
        ' "closed" } }\n'
    )
    head = "No,Opened,Updated,Status\n"
    desk, _ = load(
        tmp_path, "mapping", {"tickets": head + "1,2026-01-05 09:00,2026-01-05 10:00,Open"}, mapping
    )
    assert outcomes(desk) == {"1": None}
    (tmp_path / "later.csv").write_text(head + "1,2026-01-05 09:00,2026-01-06 10:00,Declined\n")
    desk.load("mapping", [tmp_path / "later.csv"], mapping=tmp_path / "own.toml")
    assert outcomes(desk) == {"1": "declined"}
