"""Erasing a person: no byte of the desk holds what named the person; the numbers stay."""

from __future__ import annotations

import hashlib
import json
import re
from pathlib import Path

import duckdb
import pytest

from desks import load_events, make_desk, ticket
from helmdesk.desk.desk import Desk
from helmdesk.desk.erasure import erase
from helmdesk.errors import NotFoundError
from helmdesk.records.privacy import TREATMENTS, Treatment
from helmdesk.records.schema import CHOICES, COLUMNS

CANARY = "Zvxq7canary"
DAY = "2026-02-{:02d}T{:02d}:00:00Z"


def export(folder: Path, day: int = 2) -> Path:
    """Tickets of two customers; the first one's canary stands wherever an export can hold text."""
    folder.mkdir(parents=True)
    (folder / "user.csv").write_text(
        f"id,role,name,organization_id,created_at\nC-{CANARY},end-user,{CANARY}"
        " Smith,9,2025-01-01\n200,end-user,Other Person,9,2025-01-01\n300,agent,Ann,,2025-01-01\n",
        encoding="utf-8",
    )
    (folder / "organization.csv").write_text(
        "id,name,created_at\n9,Company,2025-01-01\n", encoding="utf-8"
    )
    lines, history, comments = [], [], []
    for number in range(1, 41):
        theirs = number % 4 == 0
        customer = f"C-{CANARY}" if theirs else "200"
        word = CANARY if theirs else "words"
        at = DAY.format(
            2 + number % 20, 9
        )  # whenever it is exported, a ticket was created when it was
        ticket = f"T{CANARY}{number}" if theirs else f"T{number}"
        lines.append(
            f"{ticket},{at},solved,{DAY.format(day + number % 20, 15)},{word}"
            f" subject,{customer},question,{word} in a custom field"
        )
        history.append(f"{ticket},status,solved,{DAY.format(day + number % 20, 14)},300")
        history.append(
            f"{ticket},satisfaction_score,offered,{DAY.format(day + number % 20, 15)},300"
        )
        history.append(
            f"{ticket},satisfaction_score,good,{DAY.format(day + number % 20, 16)},{customer}"
        )
        history.append(f"{ticket},nickname,{word} value,{DAY.format(day + number % 20, 12)},300")
        comments.append(f"{number}0,{ticket},{customer},{at},true,{word} wrote this")
        comments.append(
            f"{number}1,{ticket},300,{DAY.format(day + number % 20, 11)},true,dear {word}"
        )
        comments.append(
            f"{number}2,{ticket},999{word},{DAY.format(day + number % 20, 11)},true,unknown author"
            f" {word}"
        )
    comments.append(
        f"7777,T1,C-{CANARY},{DAY.format(day + 1, 12)},true,{CANARY} meddles in another's ticket"
    )
    (folder / "ticket.csv").write_text(
        "id,created_at,status,updated_at,subject,requester_id,type,nickname\n"
        + "\n".join(lines)
        + "\n",
        encoding="utf-8",
    )
    (folder / "ticket_field_history.csv").write_text(
        "ticket_id,field_name,value,updated,user_id\n" + "\n".join(history) + "\n", encoding="utf-8"
    )
    (folder / "ticket_comment.csv").write_text(
        "id,ticket_id,user_id,created,public,body\n" + "\n".join(comments) + "\n", encoding="utf-8"
    )
    return folder


def places_with(word: str, folder: Path) -> list[str]:
    """Every file below `folder` whose name or bytes, packed or not, hold `word`."""
    found = []
    for path in sorted(folder.rglob("*")):
        if not path.is_file():
            continue
        if word in path.name or word.encode() in path.read_bytes():
            found.append(str(path))
        elif path.suffix == ".parquet":
            rows = duckdb.execute(
                f"select columns(*)::varchar from read_parquet('{path}', hive_partitioning=false)"
            ).fetchall()
            meta = duckdb.execute(f"select * from parquet_metadata('{path}')").fetchall()
            if word in repr(rows) or word in repr(meta):
                found.append(str(path))
        elif path.suffix == ".duckdb":
            connection = duckdb.connect(str(path), read_only=True)
            for (table,) in connection.execute("select table_name from duckdb_tables()").fetchall():
                if word in repr(
                    connection.execute(f'select columns(*)::varchar from "{table}"').fetchall()
                ):
                    found.append(f"{path}: {table}")
            connection.close()
    return found


def test_the_canary_is_in_no_byte_and_the_numbers_stay(tmp_path: Path) -> None:
    desk = Desk.create(tmp_path / "desk")
    desk.load("zendesk", [export(tmp_path / "first")])
    desk.load("zendesk", [export(tmp_path / "second", day=4)])
    desk.lake.compact()
    assert len(places_with(CANARY, desk.path)) > 5
    keys = (
        "ticket_volume",
        "csat",
        "first_response_time",
        "resolution_time",
        "reopen_rate",
        "fcr",
        "replies_per_ticket",
        "touches",
    )
    before = {key: desk.measure(key, grain="week").as_rows() for key in keys}
    receipt = desk.measure("csat").receipt

    done = erase(desk, [f"C-{CANARY}"])

    assert done.tickets == 10
    assert places_with(CANARY, desk.path) == []
    for key in keys:
        assert desk.measure(key, grain="week").as_rows() == before[key], key
    other = desk.measure("ticket_volume", where="customer = '200'")
    assert other[0].value == 30
    with pytest.raises(NotFoundError, match="no version"):
        desk.verify(receipt)
    desk.verify(desk.measure("csat").receipt)

    # The batches are still known, and an export of later days does not bring the person back.
    assert desk.load("zendesk", [tmp_path / "first"]).is_already_loaded
    report = desk.load("zendesk", [export(tmp_path / "third", day=7)])
    assert any("erased" in note for note in report.notes)
    assert desk.measure("ticket_volume")[0].value == 40
    assert erase(desk, [f"C-{CANARY}"]).records == 0
    with pytest.raises(NotFoundError, match="no record names"):
        erase(desk, ["C-nobody"])


def test_what_is_kept_of_an_erasure_is_not_the_id(tmp_path: Path) -> None:
    desk = Desk.create(tmp_path / "desk")
    desk.load("zendesk", [export(tmp_path / "first")])
    erase(desk, [f"C-{CANARY}"])
    known = json.loads((desk.path / "erased.json").read_text(encoding="utf-8"))
    assert known["people"] == [hashlib.sha256(f"{known['salt']}C-{CANARY}".encode()).hexdigest()]
    assert all(re.fullmatch(r"[0-9a-f]{64}", digest) for digest in known["tickets"])


def test_every_column_of_the_records_says_what_an_erasure_does_with_it() -> None:
    left = sorted(set(COLUMNS) - set(TREATMENTS))
    assert not left, (
        f"{', '.join(left)}: say in helmdesk/records/privacy.py whether it is kept, names a record"
        " or somebody, or is emptied"
    )
    assert set(TREATMENTS) == set(COLUMNS)
    # A word of a closed list says nothing about a person.
    assert {column for column in CHOICES if TREATMENTS[column] is not Treatment.KEPT} == set()


def test_how_a_ticket_ended_and_what_was_promised_stay(tmp_path: Path) -> None:
    """A declined ticket of somebody erased became a solved one, and a promise in calendar time one
    in business time.
    """
    desk = make_desk(tmp_path / "desk")
    promise = {
        "type": "policy_applied",
        "occurred_at": DAY.format(2, 9),
        "policy_id": "gold",
        "clock": "resolution",
        "target_seconds": 3600,
    }
    events = [
        *ticket("A", DAY.format(2, 9), customer_id=CANARY),
        {
            "type": "status_changed",
            "ticket_id": "A",
            "occurred_at": DAY.format(2, 11),
            "status": "solved",
            "outcome": "declined",
            "actor_kind": "human",
        },
        {**promise, "ticket_id": "A", "is_business": False},
        *ticket("B", DAY.format(2, 9), DAY.format(2, 10), customer_id="other"),
        {**promise, "ticket_id": "B", "is_business": True},
    ]
    load_events(desk, events)

    def told() -> tuple[object, object]:
        outcomes = {row.group: row.value for row in desk.measure("ticket_volume", by="outcome")}
        promises = duckdb.execute(
            f"select is_business, count(*) from read_parquet('{desk.path}/lake/**/*.parquet',"
            " union_by_name=true) where type = 'policy_applied' group by all order by 1"
        )
        return outcomes, promises.fetchall()

    before = told()
    assert before[0] == {(("outcome", "declined"),): 1, (("outcome", "solved"),): 1}
    erase(desk, [CANARY])
    assert told() == before
