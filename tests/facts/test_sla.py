"""SLA clocks of random tickets under random policies, against loops that walk from event to event on the pure calendar."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from desks import Event, load_events, make_desk, stage
from helmdesk.clocks.calendar import Calendar, WorkClock, open_spans
from helmdesk.desk import Desk
from helmdesk.engines.duckdb import DuckDB
from helmdesk.facts.build import build_facts
from helmdesk.records.staging import Staging
from helmdesk.settings import Settings

START = datetime(2026, 3, 26, 9, 0)  # Thursday before the clocks go forward in Berlin
FOREVER = datetime(9999, 12, 31)
WEEKLY = [[540, 1020], [1980, 2460], [3420, 3900], [4860, 5340], [6300, 6780]]
CALENDAR = Calendar("office", "Europe/Berlin", tuple((s, e) for s, e in WEEKLY), {date(2026, 3, 27): ((540, 720),)})
CLOCK = WorkClock(open_spans(CALENDAR, date(2026, 3, 1), date(2027, 6, 1)))
WAITING = ("waiting_customer", "waiting_third_party")
TARGETS = {"high": 3600, "default": 4 * 3600}


@st.composite
def cases(draw: st.DrawFn) -> tuple[list[Event], dict[str, Any]]:
    """One ticket's life, and one policy."""
    policy = {
        "reopen": draw(st.sampled_from(["resume", "restart", "new_clock"])),
        "clocks": [
            {"clock": clock, "targets": TARGETS, "hours": draw(st.sampled_from(["business", "calendar"])),
             "pausing": draw(st.lists(st.sampled_from(WAITING), unique=True)) if clock in ("resolution", "periodic_update") else []}
            for clock in ("first_response", "next_response", "resolution", "periodic_update")
        ],
    }  # fmt: skip
    created = START + timedelta(minutes=draw(st.integers(0, 600)))
    events: list[Event] = [
        {"type": "created", "ticket_id": "T", "occurred_at": created, "priority": draw(st.sampled_from(["high", "low", None])), "seq": -1},
        {"type": "policy_applied", "ticket_id": "T", "occurred_at": created, "policy_id": "p"},
        {
            "type": "message",
            "ticket_id": "T",
            "occurred_at": created,
            "direction": "inbound",
            "visibility": "public",
            "actor_kind": "customer",
            "seq": -1,
        },
    ]
    at = created
    for step in range(draw(st.integers(0, 8))):
        at += timedelta(minutes=draw(st.integers(1, 1500)), seconds=draw(st.integers(0, 59)))
        kind = draw(st.sampled_from(["status", "status", "reply", "customer"]))
        if kind == "status":
            status = draw(st.sampled_from(["open", *WAITING, "solved"]))
            events.append({"type": "status_changed", "ticket_id": "T", "occurred_at": at, "status": status, "seq": step})
        else:
            side = (
                {"direction": "outbound", "actor_kind": "human"} if kind == "reply" else {"direction": "inbound", "actor_kind": "customer"}
            )
            events.append({"type": "message", "ticket_id": "T", "occurred_at": at, "visibility": "public", "seq": step, **side})
    # The end of the data: something else happens, to somebody else.
    events.append({"type": "created", "ticket_id": "Z", "occurred_at": at + timedelta(minutes=draw(st.integers(1, 900)))})
    return events, policy


def walk(events: list[Event], policy: dict[str, Any]) -> dict[tuple[str, datetime], tuple[str, int, datetime]]:
    """Return state, elapsed seconds and due time of every clock, by name and start."""
    mine = [event for event in events if event["ticket_id"] == "T"]
    as_of = max(event["occurred_at"] for event in events)
    created, priority = mine[0]["occurred_at"], mine[0]["priority"]
    target = TARGETS["high"] if priority == "high" else TARGETS["default"]
    states = [(created, "new")] + [(e["occurred_at"], e["status"]) for e in mine if e["type"] == "status_changed"]
    stretches = [(at, states[n + 1][0] if n + 1 < len(states) else FOREVER, status) for n, (at, status) in enumerate(states)]
    starts, ends, was_solved = [created], [], False
    for at, status in states:
        if status == "solved" and not was_solved:
            ends.append(at)
        elif was_solved and status != "solved":
            starts.append(at)
        was_solved = status == "solved"
    episodes = [(start, ends[n] if n < len(ends) else FOREVER) for n, start in enumerate(starts)]
    replies = [e["occurred_at"] for e in mine if e["type"] == "message" and e["direction"] == "outbound"]
    asked, waiting = [], False
    for event in mine:
        if event["type"] == "message":
            if event["direction"] == "inbound" and not waiting:
                asked.append(event["occurred_at"])
            waiting = event["direction"] == "inbound"
    first_stop = min([*replies, episodes[0][1]])
    found = {}
    for clock in policy["clocks"]:
        name, pausing = clock["clock"], clock["pausing"]
        spans: list[tuple[datetime, datetime]] = []
        if name == "first_response":
            spans = [(created, first_stop)]
        elif name == "next_response" and replies:
            for turn in asked:
                if turn > replies[0]:
                    spans += [(turn, min([r for r in replies if r > turn] + [end])) for start, end in episodes if start <= turn < end]
        elif name == "periodic_update":
            for n, reply in enumerate(replies):
                following = replies[n + 1] if n + 1 < len(replies) else FOREVER
                spans += [(reply, min(following, end)) for start, end in episodes if start <= reply < end]
        elif name == "resolution":
            if policy["reopen"] == "resume":
                spans = [(created, episodes[-1][1])]
            elif policy["reopen"] == "restart":
                spans = [episodes[-1]]
            else:
                spans = episodes
        for start, stop in spans:
            if name in ("resolution", "periodic_update"):
                runs = [(max(a, start), min(b, stop)) for a, b, status in stretches
                        if a < stop and b > start and status != "solved" and status not in pausing]  # fmt: skip
            else:
                runs = [(start, stop)]
            found[(name, start)] = judge(runs, stop, as_of, target, clock["hours"] == "business")
    return found


def judge(
    runs: list[tuple[datetime, datetime]], stop: datetime, as_of: datetime, target: int, is_business: bool
) -> tuple[str, int, datetime]:
    between: Callable[[datetime, datetime], int] = (
        (lambda a, b: CLOCK.between(a.replace(tzinfo=UTC), b.replace(tzinfo=UTC)))
        if is_business
        else (lambda a, b: int((b - a).total_seconds()))
    )
    elapsed, due = 0, FOREVER
    for number, (begin, end) in enumerate(runs):
        passed = between(begin, min(end, as_of))
        is_last = number == len(runs) - 1
        reaches = elapsed + passed >= target
        # Where it would be due: known once reached, or while it runs, or where the stop came first.
        if due == FOREVER and elapsed < target and (reaches or (is_last and end in (stop, FOREVER))):
            rest = target - elapsed
            due = CLOCK.after(begin.replace(tzinfo=UTC), rest).replace(tzinfo=None) if is_business else begin + timedelta(seconds=rest)
        elapsed += passed
    if stop < FOREVER:
        state = "met" if elapsed <= target else "breached"
    elif elapsed > target:
        state = "overdue"
    else:
        state = "running" if runs and runs[-1][1] == FOREVER else "paused"
    return state, elapsed, due


def measured(folder: Path, events: list[Event], policy: dict[str, Any]) -> DuckDB:
    import uuid

    import duckdb

    given = [
        *events,
        {"type": "calendar", "entity_id": "office", "occurred_at": "2020-01-01", "valid_from": "2020-01-01", "time_zone": "Europe/Berlin",
         "definition": json.dumps({"weekly": WEEKLY, "exceptions": {"2026-03-27": [[540, 720]]}})},
        {"type": "sla_policy", "entity_id": "p", "occurred_at": "2020-01-01", "valid_from": "2020-01-01", "calendar_id": "office", "definition": json.dumps(policy)},
    ]  # fmt: skip
    connection = duckdb.connect()
    connection.execute("set timezone = 'UTC'")
    staging = Staging(connection, "test", "batch")
    stage(staging, given)
    staging.check()
    files = {}
    for family, relation in staging.records("{}").items():
        path = folder / f"{uuid.uuid4().hex}-{family}.parquet"
        relation.write_parquet(str(path))
        files[family] = [str(path)]
    engine = DuckDB.create()
    build_facts(engine, files, Settings().for_facts(), 1)
    return engine


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(cases())
def test_every_clock_equals_the_walk(tmp_path: Path, case: tuple[list[Event], dict[str, Any]]) -> None:
    events, policy = case
    engine = measured(tmp_path, events, policy)
    rows = engine.run("select clock, started_at, state, elapsed_seconds, due_at from sla_measured")
    found = {(clock, start): (state, elapsed, due) for clock, start, state, elapsed, due in rows}
    assert len(found) == len(rows)
    assert found == walk(events, policy)


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return make_desk(tmp_path / "desk")


def policy(entity_id: str, **definition: Any) -> Event:
    clocks = [{"clock": "resolution", "targets": definition.pop("targets", {"default": 3600}), "hours": "calendar"}]
    return {"type": "sla_policy", "entity_id": entity_id, "occurred_at": "2020-01-01", "valid_from": definition.pop("valid_from", "2020-01-01"),
            "definition": json.dumps({"clocks": clocks, **definition})}  # fmt: skip


def clocks(desk: Desk) -> list[tuple[Any, ...]]:
    with desk.engine() as engine:
        return engine.run("select ticket_id, policy_id, target_seconds, state from sla_measured order by ticket_id, applied_at")


def test_rules_choose_by_contract_then_order(desk: Desk) -> None:
    load_events(desk, [
        policy("gold", match={"tier": ["gold"]}, order=1), policy("pro", match={"custom.plan": ["pro"], "channel": "email"}, order=2),
        policy("rest", match={}, order=9), policy("own"), policy("never"),
        {"type": "account", "entity_id": "big", "occurred_at": "2020-01-01", "valid_from": "2020-01-01", "tier": "gold", "name": "Big"},
        {"type": "account", "entity_id": "vip", "occurred_at": "2020-01-01", "valid_from": "2020-01-01", "tier": "gold"},
        {"type": "contract", "entity_id": "c1", "occurred_at": "2020-01-01", "valid_from": "2020-01-01", "account_id": "vip", "policy_id": "own"},
        {"type": "created", "ticket_id": "A", "occurred_at": "2026-01-05T09:00", "account_id": "big", "channel": "email"},
        {"type": "created", "ticket_id": "B", "occurred_at": "2026-01-05T09:00", "channel": "email", "extra": '{"plan": "pro"}'},
        {"type": "created", "ticket_id": "C", "occurred_at": "2026-01-05T09:00", "channel": "chat", "extra": '{"plan": "pro"}'},
        {"type": "created", "ticket_id": "D", "occurred_at": "2026-01-05T09:00", "account_id": "vip", "channel": "email"},
        {"type": "created", "ticket_id": "E", "occurred_at": "2026-01-05T09:30", "channel": "email"},
        {"type": "policy_applied", "ticket_id": "E", "occurred_at": "2026-01-05T09:30", "policy_id": "gold"},
    ])  # fmt: skip
    assert [row[:2] for row in clocks(desk)] == [("A", "gold"), ("B", "pro"), ("C", "rest"), ("D", "own"), ("E", "gold")]


def test_a_new_priority_applies_the_policy_anew(desk: Desk) -> None:
    load_events(desk, [
        policy("p", match={}, targets={"urgent": "30m", "default": "4h"}),
        {"type": "created", "ticket_id": "A", "occurred_at": "2026-01-05T09:00", "priority": "low"},
        {"type": "field_changed", "ticket_id": "A", "occurred_at": "2026-01-05T09:20", "field": "priority", "value": "urgent"},
        {"type": "status_changed", "ticket_id": "A", "occurred_at": "2026-01-05T10:00", "status": "solved"},
    ])  # fmt: skip
    assert clocks(desk) == [("A", "p", 4 * 3600, "cancelled"), ("A", "p", 1800, "breached")]
    assert desk.measure("sla_compliance")[0].value == 0


def test_policy_versions_hold_as_of_application(desk: Desk) -> None:
    load_events(desk, [
        policy("p", targets={"default": "1h"}), policy("p", targets={"default": "2h"}, valid_from="2026-01-10"),
        *(event for ticket, day in (("A", "09"), ("B", "10")) for event in (
            {"type": "created", "ticket_id": ticket, "occurred_at": f"2026-01-{day}T09:00"},
            {"type": "policy_applied", "ticket_id": ticket, "occurred_at": f"2026-01-{day}T09:00", "policy_id": "p"},
            {"type": "status_changed", "ticket_id": ticket, "occurred_at": f"2026-01-{day}T10:30", "status": "solved"})),
    ])  # fmt: skip
    assert clocks(desk) == [("A", "p", 3600, "breached"), ("B", "p", 7200, "met")]


def test_removed_and_unmeasurable_clocks_stand_apart(desk: Desk) -> None:
    load_events(desk, [
        policy("p"), {**policy("q"), "definition": json.dumps({"clocks": [{"clock": "resolution", "targets": {"default": "1h"}}]})},
        {"type": "created", "ticket_id": "A", "occurred_at": "2026-01-05T09:00"},
        {"type": "policy_applied", "ticket_id": "A", "occurred_at": "2026-01-05T09:00", "policy_id": "p"},
        {"type": "policy_removed", "ticket_id": "A", "occurred_at": "2026-01-05T09:30", "policy_id": "p"},
        {"type": "created", "ticket_id": "B", "occurred_at": "2026-01-05T09:00"},
        {"type": "policy_applied", "ticket_id": "B", "occurred_at": "2026-01-05T09:00", "policy_id": "q"},
        {"type": "created", "ticket_id": "C", "occurred_at": "2026-01-05T11:00"},
    ])  # fmt: skip
    # B's target is in business time and there is no calendar: unknown, not zero.
    assert [(row[0], row[3]) for row in clocks(desk)] == [("A", "cancelled"), ("B", "no_calendar")]
    assert desk.measure("sla_compliance")[0].n == 0


def test_time_left_at_any_instant(desk: Desk) -> None:
    load_events(desk, [
        {**policy("p"), "definition": json.dumps({"clocks": [{"clock": "resolution", "targets": {"default": "2h"}, "hours": "calendar", "pausing": ["waiting_customer"]}]})},
        {"type": "created", "ticket_id": "A", "occurred_at": "2026-01-05T09:00"},
        {"type": "policy_applied", "ticket_id": "A", "occurred_at": "2026-01-05T09:00", "policy_id": "p"},
        {"type": "status_changed", "ticket_id": "A", "occurred_at": "2026-01-05T10:00", "status": "waiting_customer"},
        {"type": "status_changed", "ticket_id": "A", "occurred_at": "2026-01-05T12:00", "status": "open"},
        {"type": "status_changed", "ticket_id": "A", "occurred_at": "2026-01-05T14:00", "status": "solved"},
        {"type": "created", "ticket_id": "Z", "occurred_at": "2026-01-06T09:00"},
    ])  # fmt: skip
    expected = {"09:30": ("running", 5400), "11:00": ("paused", 3600), "12:30": ("running", 1800), "13:30": ("overdue", -1800)}
    for at, (state, left) in expected.items():
        (row,) = desk.sla_at(f"2026-01-05T{at}")
        assert (row["state"], row["time_left_seconds"]) == (state, left), at
    assert desk.sla_at("2026-01-05T14:00") == desk.sla_at("2026-01-05T08:00") == desk.sla_at() == []
    assert desk.sla_at("2026-01-05T09:30", where="channel = 'phone'") == []
