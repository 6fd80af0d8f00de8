"""Receipts verify after further loads, and an edited one never does."""

from __future__ import annotations

import json
import shutil
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import pytest

from desks import load_events, make_desk, ticket
from helmdesk.desk.desk import SETTINGS_FILE, Desk
from helmdesk.desk.live import LiveDesk
from helmdesk.desk.marts import silent
from helmdesk.errors import HelmdeskError, InputError, NotFoundError, ReceiptMismatch, SettingError
from helmdesk.query.receipt import Receipt, read_receipt
from helmdesk.settings import ACTS, Settings, read_settings, write_settings

DAY = "2026-01-{:02d}T{:02d}:00:00Z"


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    desk = make_desk(tmp_path / "desk")
    load_events(
        desk,
        [
            event
            for day in range(1, 11)
            for event in ticket(f"T{day}", DAY.format(day, 9), DAY.format(day, 9 + day % 5))
        ],
    )
    return desk


def saved(receipt: Receipt, path: Path, change: Any = None) -> Path:
    content = json.loads(receipt.to_json())
    if change:
        change(content)
    path.write_text(json.dumps(content))
    return path


def test_verifies_after_two_further_loads(desk: Desk, tmp_path: Path) -> None:
    found = desk.measure(
        "resolution_time", "ticket_volume", "backlog", grain="day", where="channel = 'email'"
    )
    path = saved(found.receipt, tmp_path / "receipt.json")
    load_events(desk, ticket("late", DAY.format(3, 9), DAY.format(4, 9)))
    load_events(desk, ticket("later", DAY.format(5, 9), DAY.format(20, 9)))
    assert desk.measure("ticket_volume")[0].value == 12
    desk.verify(read_receipt(path))


def test_what_a_receipt_holds(desk: Desk) -> None:
    content = desk.measure("resolution_time").receipt.content
    assert content["lake_version"] == 1
    assert content["engine"]["name"] == "duckdb"
    assert content["queries"][0]["metric"] == "resolution_time@3"
    assert content["queries"][0]["sql"].startswith("SELECT")
    assert content["queries"][0]["rows_behind"] == 10
    assert set(content["packages"]) == {"duckdb", "deltalake", "sqlglot"}
    with desk.engine() as engine:
        assert engine.run(content["queries"][0]["sql"])[0][1] == 10
        assert len(engine.run(content["queries"][0]["drill_sql"])) == 10


def test_what_a_reader_of_a_part_was_told_is_verified_as_they_saw_it(
    desk: Desk, tmp_path: Path
) -> None:
    from helmdesk.query.filters import Compare
    from helmdesk.query.policy import Policy

    part = Policy("a part", Compare("channel", "=", "nothing has it"), may_compare_people=False)
    found = desk.as_seen_by(part).measure("ticket_volume")
    assert (found[0].value, desk.measure("ticket_volume")[0].value) == (0, 10)
    path = saved(found.receipt, tmp_path / "part.json")
    desk.verify(read_receipt(path))
    for wider in ("", "channel = 'email'", "(("):
        edited = saved(found.receipt, path, lambda c, wider=wider: c["reader"].update(where=wider))
        with pytest.raises(HelmdeskError):
            desk.verify(read_receipt(edited))


EDITS = {
    "a better value": lambda c: c["results"][0].update(value=1.0),
    "another window": lambda c: c["request"].update(end="2026-01-05"),
    "another filter": lambda c: c["request"].update(where="channel = 'chat'"),
    "another version": lambda c: c.update(lake_version=0),
    "another definition": lambda c: c["queries"][0].update(definition="0" * 16),
    "a word": lambda c: c.update(note="trust me"),
}


@pytest.mark.parametrize("name", EDITS)
def test_an_edited_receipt_is_refused(desk: Desk, tmp_path: Path, name: str) -> None:
    path = saved(desk.measure("resolution_time").receipt, tmp_path / "r.json", EDITS[name])
    with pytest.raises(ReceiptMismatch, match="was edited after it was made"):
        desk.verify(read_receipt(path))


@pytest.mark.parametrize(
    "change",
    [
        lambda c: c["request"].update(where="1 = 1; drop table tickets"),
        lambda c: c["request"].update(metrics=["nothing"]),
        lambda c: c["request"].update(extra=1),
        lambda c: c["settings"].update(reopen_days=-1),
        lambda c: c["settings"].update(unknown=1),
        lambda c: c.update(lake_version=999),
    ],
)
def test_a_malicious_receipt_is_an_error_not_a_query(
    desk: Desk, tmp_path: Path, change: Any
) -> None:
    path = saved(desk.measure("resolution_time").receipt, tmp_path / "r.json", change)
    with pytest.raises(HelmdeskError):
        desk.verify(read_receipt(path))


def test_another_lake_gives_another_answer(desk: Desk, tmp_path: Path) -> None:
    receipt = desk.measure("resolution_time").receipt
    other = make_desk(tmp_path / "other")
    load_events(other, ticket("X", DAY.format(1, 9), DAY.format(2, 9)))
    with pytest.raises(ReceiptMismatch, match=r"row 1 \(resolution_time\): value recorded 7200"):
        other.verify(receipt)


def test_what_is_not_a_receipt(tmp_path: Path) -> None:
    with pytest.raises(NotFoundError, match="no such receipt"):
        read_receipt(tmp_path / "none.json")
    for text, message in (
        ("not json", "not a receipt"),
        ("[]", "'receipt' is missing"),
        ("{}", "'receipt' is missing"),
    ):
        (tmp_path / "bad.json").write_text(text)
        with pytest.raises(InputError, match=message):
            read_receipt(tmp_path / "bad.json")


def test_an_unknown_format_is_named(desk: Desk, tmp_path: Path) -> None:
    path = saved(
        desk.measure("resolution_time").receipt, tmp_path / "r.json", lambda c: c.update(receipt=99)
    )
    with pytest.raises(InputError, match="format 99"):
        read_receipt(path)


# -- settings -------------------------------------------------------------------------------------

FLIPPED: dict[str, Any] = {
    "name": "Another desk",
    "time_zone": "Asia/Kathmandu",
    "week_start": "sunday",
    "currency": "CHF",
    "default_calendar": "night",
    "reopen_days": 30,
    "repeat_days": 1,
    "response_days": 1,
    "nps_days": 1,
    "service_level_seconds": 60,
    "short_abandon_seconds": 30,
    "fcr_escalation_fails": True,
    "longest_state_hours": 3,
    "quarantine_limit": 0.5,
    "engine": "spark",
    "spark_master": "local[1]",
    "memory_gb": 1.0,
    "limit_megabytes": 50_000,
    "limit_rows": 1_000_000,
    "limit_columns": 500,
    "limit_cells": 50_000_000,
    "limit_cell_megabytes": 4,
    "limit_ratio": 100,
    "limit_entries": 10_000,
    "fields_without_people": ("Product area",),
    "scorecard": ("csat",),
    "targets": {"csat": 0.9},
    "is_sample": True,
}
# What a setting that acts on facts must move in the desk below.
MOVED = {
    "default_calendar": "first_response_time",
    "reopen_days": "reopen_rate",
    "repeat_days": "fcr",
    "response_days": "csat",
    "nps_days": "nps",
    "service_level_seconds": "service_level",
    "short_abandon_seconds": "missed_contact_rate",
    "fcr_escalation_fails": "fcr",
    "longest_state_hours": "occupancy",
}
PAST = "2020-01-01T00:00:00Z"


def calendar(name: str, opens: int, closes: int) -> dict[str, Any]:
    """Open every day between two minutes of the day."""
    definition = json.dumps(
        {"weekly": [[1440 * day + opens, 1440 * day + closes] for day in range(7)]}
    )
    begin = {"occurred_at": PAST, "valid_from": PAST, "definition": definition}
    return {"type": "calendar", "entity_id": name, "time_zone": "UTC", **begin}


def instrument(kind: str, good: list[str], bad: list[str], about: str) -> dict[str, Any]:
    definition = json.dumps({"positive": good, "negative": bad})
    begin = {"occurred_at": PAST, "valid_from": PAST, "definition": definition}
    return {
        "type": "instrument",
        "entity_id": kind,
        "instrument_kind": kind,
        "about": about,
        **begin,
    }


def busy_events() -> list[dict[str, Any]]:
    """Events by which every setting that acts on facts moves a number."""
    at = "2026-01-{:02d}T{:02d}:{:02d}:{:02d}Z".format
    events = [calendar("day", 540, 1020), calendar("night", 0, 545)]
    events += [
        instrument("csat", ["5"], ["1"], "transactional"),
        instrument("nps", ["10"], ["0"], "relationship"),
    ]
    for number, waited in enumerate((10, 40, 50), 1):
        leg = {"leg_id": f"L{number}", "channel": "phone"}
        end = {"type": "abandoned"} if number == 1 else {"type": "answered", "agent_id": "ann"}
        events += [
            {"type": "offered", "occurred_at": at(3, 10, number, 0), **leg},
            {**end, "occurred_at": at(3, 10, number, waited), **leg},
        ]
    for name, customer, day in (
        ("A", "c1", 5),
        ("B", "c1", 8),
        ("C", "c2", 6),
        ("D", "c3", 5),
        ("E", "c3", 9),
    ):
        events += ticket(
            name, at(day, 9, 0, 0), at(day, 12, 0, 0), customer_id=customer, issue_type="printer"
        )
        reply = {
            "ticket_id": name,
            "actor_kind": "human",
            "actor_id": "ann",
            "direction": "outbound",
            "visibility": "public",
        }
        events.append({"type": "message", "occurred_at": at(day, 11, 0, 0), **reply})
    events.append(
        {
            "type": "status_changed",
            "ticket_id": "A",
            "occurred_at": at(25, 9, 0, 0),
            "status": "open",
        }
    )
    events.append(
        {
            "type": "escalated",
            "ticket_id": "C",
            "occurred_at": at(6, 10, 0, 0),
            "escalation_kind": "functional",
        }
    )
    for hour, state in ((8, "handling"), (9, "available")):
        events.append(
            {
                "type": "state_changed",
                "agent_id": "ann",
                "occurred_at": at(3, hour, 0, 0),
                "state": state,
            }
        )
    csat = {"survey_id": "s1", "instrument_id": "csat", "ticket_id": "C", "customer_id": "c2"}
    events.append({"type": "sent", "occurred_at": at(6, 13, 0, 0), **csat})
    for revision, (day, score) in enumerate(((6, 5), (12, 1)), 1):
        answer = {"answer": str(score), "score": float(score), "revision": revision}
        events.append({"type": "responded", "occurred_at": at(day, 14, 0, 0), **answer, **csat})
    for number, (day, score) in enumerate(((6, 10), (16, 0)), 1):
        nps = {
            "survey_id": f"n{number}",
            "instrument_id": "nps",
            "customer_id": "c1",
            "answer": str(score),
            "score": float(score),
        }
        events.append({"type": "responded", "occurred_at": at(day, 14, 0, 0), **nps})
    return [*events, *ticket("last", "2026-03-20T09:00:00Z")]


@pytest.fixture(scope="module")
def busy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A desk whose settings are about to change; its default calendar is named."""
    desk = make_desk(tmp_path_factory.mktemp("busy") / "desk", default_calendar="day")
    load_events(desk, busy_events())
    return desk.path


def measured(desk: Desk) -> tuple[dict[str, Any], Receipt]:
    """The number of every metric that a setting moves, and the receipt of them."""
    keys = [key for key in dict.fromkeys(MOVED.values()) if key != "first_response_time"]
    found = desk.measure(*keys)
    waits = desk.measure("first_response_time", clock="business")
    return {row.metric: row.value for row in [*found, *waits]}, found.receipt


def change(folder: Path, name: str, value: Any) -> None:
    settings = replace(read_settings(folder / SETTINGS_FILE), **{name: value})
    write_settings(folder / SETTINGS_FILE, settings)


def test_every_setting_acts_at_one_time() -> None:
    named = [name for names in ACTS.values() for name in names]
    assert sorted(named) == sorted(field.name for field in fields(Settings)), (
        "each setting stands in one line of ACTS"
    )
    assert set(FLIPPED) == set(named)
    assert set(MOVED) == set(ACTS["facts"])


@pytest.mark.parametrize("name", ACTS["facts"])
def test_a_changed_setting_changes_number_and_receipt_together(
    busy: Path, tmp_path: Path, name: str
) -> None:
    folder = tmp_path / "desk"
    shutil.copytree(busy, folder)
    asking, before = Desk(folder), Desk(folder).settings
    numbers, receipt = measured(asking)
    change(folder, name, FLIPPED[name])
    changed, later = measured(asking)
    assert changed[MOVED[name]] != numbers[MOVED[name]]
    assert receipt.content["settings"] == before.for_facts()
    assert later.content["settings"] == before.for_facts() | {name: FLIPPED[name]}
    anew = make_desk(tmp_path / "anew", **{"default_calendar": "day", name: FLIPPED[name]})
    load_events(anew, busy_events())
    assert changed == measured(anew)[0]
    for each in (receipt, later):
        asking.verify(each)


def test_other_settings_leave_facts_and_numbers_alone(busy: Path, tmp_path: Path) -> None:
    folder = tmp_path / "desk"
    shutil.copytree(busy, folder)
    asking, before = Desk(folder), Desk(folder).marts.published_path()
    numbers, receipt = measured(asking)
    others = [name for name in FLIPPED if name not in ACTS["facts"] and name != "engine"]
    for name in others:
        change(folder, name, FLIPPED[name])
    changed, later = measured(asking)
    assert changed == numbers
    assert asking.marts.published_path() == before, "the mart was made anew for nothing"
    assert {name: later.content["request"][name] for name in ACTS["question"]} == {
        name: FLIPPED[name] for name in ACTS["question"]
    }
    for each in (receipt, later):
        asking.verify(each)


def test_the_rows_behind_a_number_are_those_of_its_settings(busy: Path, tmp_path: Path) -> None:
    folder = tmp_path / "desk"
    shutil.copytree(busy, folder)
    desk = Desk(folder)
    found = desk.measure("missed_contact_rate")
    assert found[0].n == 3
    change(folder, "short_abandon_seconds", 30)
    assert desk.measure("missed_contact_rate")[0].n == 2
    assert found.drill("missed_contact_rate").num_rows == 3


def test_why_a_mart_is_made_anew_is_announced(busy: Path, tmp_path: Path) -> None:
    folder = tmp_path / "desk"
    shutil.copytree(busy, folder)
    desk, said = Desk(folder), []

    @contextmanager
    def announce(reason: str) -> Iterator[Any]:
        said.append(reason)
        yield silent

    desk.marts.announce = announce
    desk.measure("service_level")
    assert said == []
    change(folder, "service_level_seconds", 45)
    assert desk.measure("service_level")[0].value == desk.measure("service_level")[0].value
    assert said == ["service_level_seconds was 20, is now 45"]


def test_settings_that_facts_cannot_be_made_with_give_no_answer(busy: Path, tmp_path: Path) -> None:
    folder = tmp_path / "desk"
    shutil.copytree(busy, folder)
    change(folder, "default_calendar", "nowhere")
    with pytest.raises(SettingError, match="default_calendar = 'nowhere' is not in the lake"):
        Desk(folder).measure("ticket_volume")


def test_a_desk_that_stays_open_tells_old_numbers_from_new(busy: Path, tmp_path: Path) -> None:
    folder = tmp_path / "desk"
    shutil.copytree(busy, folder)
    live = LiveDesk(folder)
    numbers, _ = measured(live)
    assert live.notice() == ""
    begin, go = live.marts.bring_up, threading.Event()

    def bring_up(reason: str) -> None:
        go.wait(60)
        begin(reason)

    live.marts.bring_up = bring_up  # type: ignore[method-assign]
    change(folder, "service_level_seconds", 60)
    live.follow()
    again, receipt = measured(live)
    assert again == numbers
    assert receipt.content["settings"]["service_level_seconds"] == 20
    assert live.notice().startswith(
        "Settings have changed (service_level_seconds was 20, is now 60). The numbers are being"
        " made anew"
    )
    go.set()
    waited_for(live)
    assert live.notice() == ""
    changed, later = measured(live)
    assert changed["service_level"] != numbers["service_level"]
    assert later.content["settings"]["service_level_seconds"] == 60
    for each in (receipt, later):
        live.verify(each)


def test_a_desk_that_stays_open_says_why_it_cannot_follow(busy: Path, tmp_path: Path) -> None:
    folder = tmp_path / "desk"
    shutil.copytree(busy, folder)
    live = LiveDesk(folder)
    numbers, _ = measured(live)
    change(folder, "default_calendar", "nowhere")
    live.follow()
    waited_for(live)
    assert (
        "could not be made anew" in live.notice()
        and "'nowhere' is not in the lake" in live.notice()
    )
    tried = live.marts.bringing_up
    live.follow()
    assert live.marts.bringing_up is tried, "it tries again only when something has changed"
    assert measured(live)[0] == numbers
    change(folder, "default_calendar", "night")
    live.follow()
    waited_for(live)
    assert live.notice() == ""


def waited_for(live: LiveDesk) -> None:
    assert live.marts.bringing_up is not None
    live.marts.bringing_up.join(60)


def test_a_desk_without_facts_opens_and_stays_open(tmp_path: Path) -> None:
    desk = LiveDesk(Desk.create(tmp_path / "new").path)
    assert desk.measure("ticket_volume")[0].n == 0
    made_of = desk.marts.made_of()
    assert made_of is not None
    assert (made_of.lake_version, desk.notice()) == (0, "")
