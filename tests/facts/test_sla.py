"""SLA clocks of random tickets under random policies, against loops that walk from event to event
on the pure calendar.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from desks import Event, load_events, make_desk, stage
from effort import tries
from helmdesk.clocks.calendar import Calendar, WorkClock, open_spans
from helmdesk.desk.desk import Desk
from helmdesk.engines.duckdb import DuckDB
from helmdesk.facts.build.build import build_facts
from helmdesk.records.staging import Staging
from helmdesk.settings import Settings

START = datetime(2026, 3, 26, 9, 0)  # Thursday before the clocks go forward in Berlin
FOREVER = datetime(9999, 12, 31)
WEEKLY = [[540, 1020], [1980, 2460], [3420, 3900], [4860, 5340], [6300, 6780]]
CALENDAR = Calendar(
    "office", "Europe/Berlin", tuple((s, e) for s, e in WEEKLY), {date(2026, 3, 27): ((540, 720),)}
)
CLOCK = WorkClock(open_spans(CALENDAR, date(2026, 3, 1), date(2027, 6, 1)))
WAITING = ("waiting_customer", "waiting_third_party")
TARGETS = {"high": 3600, "default": 4 * 3600}


@st.composite
def cases(draw: st.DrawFn) -> tuple[list[Event], dict[str, Any]]:
    """One ticket's life, and one policy."""
    policy = {
        "reopen": draw(st.sampled_from(["resume", "restart", "new_clock"])),
        "clocks": [
            {
                "clock": clock,
                "targets": TARGETS,
                "hours": draw(st.sampled_from(["business", "calendar"])),
                "pausing": (
                    draw(st.lists(st.sampled_from(WAITING), unique=True))
                    if clock in ("resolution", "periodic_update")
                    else []
                ),
            }
            for clock in ("first_response", "next_response", "resolution", "periodic_update")
        ],
    }
    created = START + timedelta(minutes=draw(st.integers(0, 600)))
    events: list[Event] = [
        {
            "type": "created",
            "ticket_id": "T",
            "occurred_at": created,
            "priority": draw(st.sampled_from(["high", "low", None])),
            "seq": -1,
        },
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
            events.append(
                {
                    "type": "status_changed",
                    "ticket_id": "T",
                    "occurred_at": at,
                    "status": status,
                    "seq": step,
                }
            )
        else:
            side = (
                {"direction": "outbound", "actor_kind": "human"}
                if kind == "reply"
                else {"direction": "inbound", "actor_kind": "customer"}
            )
            events.append(
                {
                    "type": "message",
                    "ticket_id": "T",
                    "occurred_at": at,
                    "visibility": "public",
                    "seq": step,
                    **side,
                }
            )
    # The end of the data: something else happens, to somebody else.
    events.append(
        {
            "type": "created",
            "ticket_id": "Z",
            "occurred_at": at + timedelta(minutes=draw(st.integers(1, 900))),
        }
    )
    return events, policy


Span = tuple[datetime, datetime]


def walk(
    events: list[Event], policy: dict[str, Any]
) -> dict[tuple[str, datetime], tuple[str, int, datetime]]:
    """Return state, elapsed seconds and due time of every clock, by name and start."""
    mine = [event for event in events if event["ticket_id"] == "T"]
    as_of = max(event["occurred_at"] for event in events)
    created, priority = mine[0]["occurred_at"], mine[0]["priority"]
    target = TARGETS["high"] if priority == "high" else TARGETS["default"]
    states = [(created, "new")] + [
        (e["occurred_at"], e["status"]) for e in mine if e["type"] == "status_changed"
    ]
    stretches = [
        (at, states[n + 1][0] if n + 1 < len(states) else FOREVER, status)
        for n, (at, status) in enumerate(states)
    ]
    found = {}
    for clock in policy["clocks"]:
        name, pausing = clock["clock"], clock["pausing"]
        for start, stop in spans_of(name, mine, lives(states), policy["reopen"]):
            if name in ("resolution", "periodic_update"):
                runs = [
                    (max(a, start), min(b, stop))
                    for a, b, status in stretches
                    if a < stop and b > start and status != "solved" and status not in pausing
                ]
            else:
                runs = [(start, stop)]
            found[(name, start)] = judge(runs, stop, as_of, target, clock["hours"] == "business")
    return found


def lives(states: list[tuple[datetime, str]]) -> list[Span]:
    """Return from when to when a ticket was not solved."""
    starts, ends, was_solved = [states[0][0]], [], False
    for at, status in states:
        if status == "solved" and not was_solved:
            ends.append(at)
        elif was_solved and status != "solved":
            starts.append(at)
        was_solved = status == "solved"
    return [(start, ends[n] if n < len(ends) else FOREVER) for n, start in enumerate(starts)]


def asked_at(mine: list[Event]) -> list[datetime]:
    """Return when a customer wrote who was not waiting already."""
    asked, waiting = [], False
    for event in mine:
        if event.get("status") == "solved":
            waiting = False  # a solve ends the wait; who writes again asks anew
        if event["type"] == "message":
            if event["direction"] == "inbound" and not waiting:
                asked.append(event["occurred_at"])
            waiting = event["direction"] == "inbound"
    return asked


def spans_of(name: str, mine: list[Event], episodes: list[Span], reopen: str) -> list[Span]:
    """Return from when to when each run of a clock is asked for, pauses left in."""
    created = mine[0]["occurred_at"]
    replies = [
        e["occurred_at"] for e in mine if e["type"] == "message" and e["direction"] == "outbound"
    ]
    if name == "first_response":
        return [(created, min([*replies, episodes[0][1]]))]
    if name == "next_response":
        return [
            (turn, min([r for r in replies if r > turn] + [end]))
            for turn in asked_at(mine)
            for start, end in episodes
            if replies and turn > replies[0] and start <= turn < end
        ]
    if name == "periodic_update":
        return [
            (reply, min(following, end))
            for reply, following in pairwise([*replies, FOREVER])
            for start, end in episodes
            if start <= reply < end
        ]
    assert name == "resolution"
    if reopen == "resume":
        return [(created, episodes[-1][1])]
    return [episodes[-1]] if reopen == "restart" else episodes


def judge(
    runs: list[tuple[datetime, datetime]],
    stop: datetime,
    as_of: datetime,
    target: int,
    is_business: bool,
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
        if (
            due == FOREVER
            and elapsed < target
            and (reaches or (is_last and end in (stop, FOREVER)))
        ):
            rest = target - elapsed
            due = (
                CLOCK.after(begin.replace(tzinfo=UTC), rest).replace(tzinfo=None)
                if is_business
                else begin + timedelta(seconds=rest)
            )
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
        {
            "type": "calendar",
            "entity_id": "office",
            "occurred_at": "2020-01-01",
            "valid_from": "2020-01-01",
            "time_zone": "Europe/Berlin",
            "definition": json.dumps(
                {"weekly": WEEKLY, "exceptions": {"2026-03-27": [[540, 720]]}}
            ),
        },
        {
            "type": "sla_policy",
            "entity_id": "p",
            "occurred_at": "2020-01-01",
            "valid_from": "2020-01-01",
            "calendar_id": "office",
            "definition": json.dumps(policy),
        },
    ]
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
    build_facts(engine, files, Settings().for_facts(), 1, only=("sla_measured",))
    return engine


@settings(
    max_examples=tries(25, 400),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(cases())
def test_every_clock_equals_the_walk(
    tmp_path: Path, case: tuple[list[Event], dict[str, Any]]
) -> None:
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
    clocks = [
        {
            "clock": "resolution",
            "targets": definition.pop("targets", {"default": 3600}),
            "hours": "calendar",
        }
    ]
    return {
        "type": "sla_policy",
        "entity_id": entity_id,
        "occurred_at": "2020-01-01",
        "valid_from": definition.pop("valid_from", "2020-01-01"),
        "definition": json.dumps({"clocks": clocks, **definition}),
    }


def clocks(desk: Desk) -> list[tuple[Any, ...]]:
    with desk.engine() as engine:
        return engine.run(
            "select ticket_id, policy_id, target_seconds, state from sla_measured order by"
            " ticket_id, applied_at"
        )


def test_rules_choose_by_contract_then_order(desk: Desk) -> None:
    load_events(
        desk,
        [
            policy("gold", match={"tier": ["gold"]}, order=1),
            policy("pro", match={"custom.plan": ["pro"], "channel": "email"}, order=2),
            policy("rest", match={}, order=9),
            policy("own"),
            policy("never"),
            {
                "type": "account",
                "entity_id": "big",
                "occurred_at": "2020-01-01",
                "valid_from": "2020-01-01",
                "tier": "gold",
                "name": "Big",
            },
            {
                "type": "account",
                "entity_id": "vip",
                "occurred_at": "2020-01-01",
                "valid_from": "2020-01-01",
                "tier": "gold",
            },
            {
                "type": "contract",
                "entity_id": "c1",
                "occurred_at": "2020-01-01",
                "valid_from": "2020-01-01",
                "account_id": "vip",
                "policy_id": "own",
            },
            {
                "type": "created",
                "ticket_id": "A",
                "occurred_at": "2026-01-05T09:00",
                "account_id": "big",
                "channel": "email",
            },
            {
                "type": "created",
                "ticket_id": "B",
                "occurred_at": "2026-01-05T09:00",
                "channel": "email",
                "extra": '{"plan": "pro"}',
            },
            {
                "type": "created",
                "ticket_id": "C",
                "occurred_at": "2026-01-05T09:00",
                "channel": "chat",
                "extra": '{"plan": "pro"}',
            },
            {
                "type": "created",
                "ticket_id": "D",
                "occurred_at": "2026-01-05T09:00",
                "account_id": "vip",
                "channel": "email",
            },
            {
                "type": "created",
                "ticket_id": "E",
                "occurred_at": "2026-01-05T09:30",
                "channel": "email",
            },
            {
                "type": "policy_applied",
                "ticket_id": "E",
                "occurred_at": "2026-01-05T09:30",
                "policy_id": "gold",
            },
        ],
    )
    assert [row[:2] for row in clocks(desk)] == [
        ("A", "gold"),
        ("B", "pro"),
        ("C", "rest"),
        ("D", "own"),
        ("E", "gold"),
    ]


def test_a_new_priority_applies_the_policy_anew(desk: Desk) -> None:
    load_events(
        desk,
        [
            policy("p", match={}, targets={"urgent": "30m", "default": "4h"}),
            {
                "type": "created",
                "ticket_id": "A",
                "occurred_at": "2026-01-05T09:00",
                "priority": "low",
            },
            {
                "type": "field_changed",
                "ticket_id": "A",
                "occurred_at": "2026-01-05T09:20",
                "field": "priority",
                "value": "urgent",
            },
            {
                "type": "status_changed",
                "ticket_id": "A",
                "occurred_at": "2026-01-05T10:00",
                "status": "solved",
            },
        ],
    )
    assert clocks(desk) == [("A", "p", 4 * 3600, "cancelled"), ("A", "p", 1800, "breached")]
    assert desk.measure("sla_compliance")[0].value == 0


def test_policy_versions_hold_as_of_application(desk: Desk) -> None:
    load_events(
        desk,
        [
            policy("p", targets={"default": "1h"}),
            policy("p", targets={"default": "2h"}, valid_from="2026-01-10"),
            *(
                event
                for ticket, day in (("A", "09"), ("B", "10"))
                for event in (
                    {"type": "created", "ticket_id": ticket, "occurred_at": f"2026-01-{day}T09:00"},
                    {
                        "type": "policy_applied",
                        "ticket_id": ticket,
                        "occurred_at": f"2026-01-{day}T09:00",
                        "policy_id": "p",
                    },
                    {
                        "type": "status_changed",
                        "ticket_id": ticket,
                        "occurred_at": f"2026-01-{day}T10:30",
                        "status": "solved",
                    },
                )
            ),
        ],
    )
    assert clocks(desk) == [("A", "p", 3600, "breached"), ("B", "p", 7200, "met")]


def test_removed_and_unmeasurable_clocks_stand_apart(desk: Desk) -> None:
    load_events(
        desk,
        [
            policy("p"),
            {
                **policy("q"),
                "definition": json.dumps(
                    {"clocks": [{"clock": "resolution", "targets": {"default": "1h"}}]}
                ),
            },
            {"type": "created", "ticket_id": "A", "occurred_at": "2026-01-05T09:00"},
            {
                "type": "policy_applied",
                "ticket_id": "A",
                "occurred_at": "2026-01-05T09:00",
                "policy_id": "p",
            },
            {
                "type": "policy_removed",
                "ticket_id": "A",
                "occurred_at": "2026-01-05T09:30",
                "policy_id": "p",
            },
            {"type": "created", "ticket_id": "B", "occurred_at": "2026-01-05T09:00"},
            {
                "type": "policy_applied",
                "ticket_id": "B",
                "occurred_at": "2026-01-05T09:00",
                "policy_id": "q",
            },
            {"type": "created", "ticket_id": "C", "occurred_at": "2026-01-05T11:00"},
        ],
    )
    # B's target is in business time and there is no calendar: unknown, not zero.
    assert [(row[0], row[3]) for row in clocks(desk)] == [("A", "cancelled"), ("B", "no_calendar")]
    assert desk.measure("sla_compliance")[0].n == 0


def test_time_left_at_any_instant(desk: Desk) -> None:
    load_events(
        desk,
        [
            {
                **policy("p"),
                "definition": json.dumps(
                    {
                        "clocks": [
                            {
                                "clock": "resolution",
                                "targets": {"default": "2h"},
                                "hours": "calendar",
                                "pausing": ["waiting_customer"],
                            }
                        ]
                    }
                ),
            },
            {"type": "created", "ticket_id": "A", "occurred_at": "2026-01-05T09:00"},
            {
                "type": "policy_applied",
                "ticket_id": "A",
                "occurred_at": "2026-01-05T09:00",
                "policy_id": "p",
            },
            {
                "type": "status_changed",
                "ticket_id": "A",
                "occurred_at": "2026-01-05T10:00",
                "status": "waiting_customer",
            },
            {
                "type": "status_changed",
                "ticket_id": "A",
                "occurred_at": "2026-01-05T12:00",
                "status": "open",
            },
            {
                "type": "status_changed",
                "ticket_id": "A",
                "occurred_at": "2026-01-05T14:00",
                "status": "solved",
            },
            {"type": "created", "ticket_id": "Z", "occurred_at": "2026-01-06T09:00"},
        ],
    )
    expected = {
        "09:30": ("running", 5400),
        "11:00": ("paused", 3600),
        "12:30": ("running", 1800),
        "13:30": ("overdue", -1800),
    }
    for at, (state, left) in expected.items():
        (row,) = desk.sla_at(f"2026-01-05T{at}")
        assert (row["state"], row["time_left_seconds"]) == (state, left), at
    assert desk.sla_at("2026-01-05T14:00") == desk.sla_at("2026-01-05T08:00") == desk.sla_at() == []
    assert desk.sla_at("2026-01-05T09:30", where="channel = 'phone'") == []


def opened(ticket_id: str = "A", at: str = "09:00", **columns: Any) -> Event:
    return {
        "type": "created",
        "ticket_id": ticket_id,
        "occurred_at": f"2026-01-05T{at}",
        "channel": "email",
        **columns,
    }


def solved(ticket_id: str = "A", at: str = "11:00") -> Event:
    return {
        "type": "status_changed",
        "ticket_id": ticket_id,
        "occurred_at": f"2026-01-05T{at}",
        "status": "solved",
    }


def changed(field: str, value: str | None, at: str = "09:20", ticket_id: str = "A") -> Event:
    return {
        "type": "field_changed",
        "ticket_id": ticket_id,
        "occurred_at": f"2026-01-05T{at}",
        "field": field,
        "value": value,
    }


def handed(team: str, at: str = "09:20", ticket_id: str = "A") -> Event:
    return {
        "type": "assigned",
        "ticket_id": ticket_id,
        "occurred_at": f"2026-01-05T{at}",
        "team_id": team,
    }


ACCOUNTS = [
    {
        "type": "account",
        "entity_id": entity,
        "occurred_at": at,
        "valid_from": at,
        "tier": tier,
        "region": tier,
        "name": entity.upper(),
    }
    for entity, at, tier in (
        ("x", "2020-01-01", "fast"),
        ("y", "2020-01-01", "slow"),
        ("z", "2020-01-01", "fast"),
        ("z", "2026-01-05T09:20", "slow"),
    )
]
CONTRACTS = [
    {
        "type": "contract",
        "entity_id": entity,
        "occurred_at": "2020-01-01",
        "valid_from": "2020-01-01",
        "account_id": account,
    }
    for entity, account in (("fast", "x"), ("slow", "y"))
]
# A rule on each thing a rule can name; the ticket as it comes, and what changes at 09:20.
CHANGES = {
    "team": ("team", {"team_id": "fast"}, handed("slow")),
    "priority": ("priority", {"priority": "fast"}, changed("priority", "slow")),
    "issue_type": ("issue_type", {"issue_type": "fast"}, changed("issue_type", "slow")),
    "channel": ("channel", {"channel": "fast"}, changed("channel", "slow")),
    "severity": ("severity", {"severity": "fast"}, changed("severity", "slow")),
    "customer": ("customer", {"customer_id": "fast"}, changed("customer_id", "slow")),
    "custom field": ("custom.plan", {"extra": '{"plan": "fast"}'}, changed("plan", "slow")),
    "region": ("region", {"region": "fast"}, changed("region", "slow")),
    "tier by account": ("tier", {"account_id": "x"}, changed("account_id", "y")),
    "tier by version": ("tier", {"account_id": "z"}, changed("note", "anything")),
    "contract": ("contract", {"account_id": "x"}, changed("account_id", "y")),
}


@pytest.mark.parametrize("name", CHANGES)
def test_rules_are_tried_again_when_what_they_read_changes(desk: Desk, name: str) -> None:
    """An hour for the fast, eight for the slow: at two hours the slow promise is kept, in whatever
    order they come.
    """
    field, first, change = CHANGES[name]
    rules = [
        policy(word, match={field: [word]}, targets={"default": hours})
        for word, hours in (("fast", "1h"), ("slow", "8h"))
    ]
    load_events(desk, [*rules, *ACCOUNTS, *CONTRACTS, opened(**first), change, solved()])
    assert clocks(desk) == [("A", "fast", 3600, "cancelled"), ("A", "slow", 8 * 3600, "met")]
    assert (desk.measure("sla_compliance")[0].value, desk.measure("sla_compliance")[0].n) == (1, 1)


def test_the_new_promise_counts_from_the_tickets_start(desk: Desk) -> None:
    rules = [
        policy(word, match={"team": [word]}, targets={"default": hours})
        for word, hours in (("fast", "1h"), ("slow", "8h"))
    ]
    load_events(desk, [*rules, opened(team_id="slow"), handed("fast"), solved()])
    assert clocks(desk) == [("A", "slow", 8 * 3600, "cancelled"), ("A", "fast", 3600, "breached")]
    (row,) = desk.drill("sla_compliance").to_pylist()
    assert f"{row['due_at']:%H:%M}" == "10:00"


def test_what_was_late_before_the_hand_over_stays_late(desk: Desk) -> None:
    rules = [
        policy(word, match={"team": [word]}, targets={"default": hours})
        for word, hours in (("fast", "1h"), ("slow", "8h"))
    ]
    load_events(desk, [*rules, opened(team_id="fast"), handed("slow", "10:30"), solved()])
    assert clocks(desk) == [("A", "fast", 3600, "breached"), ("A", "slow", 8 * 3600, "met")]
    # While it was the fast team's, at 09:30 and at 10:15, its promise held; then the other's.
    seen = {
        at: [(row["state"], row["target_seconds"]) for row in desk.sla_at(f"2026-01-05T{at}")]
        for at in ("09:30", "10:15", "10:45")
    }
    assert seen == {
        "09:30": [("running", 3600)],
        "10:15": [("overdue", 3600)],
        "10:45": [("running", 8 * 3600)],
    }


def test_a_cancelled_clock_ran_until_it_was_cancelled(desk: Desk) -> None:
    load_events(
        desk,
        [
            policy("fast", match={"team": ["fast"]}),
            opened(team_id="fast"),
            handed("nobody"),
            solved(),
        ],
    )
    assert clocks(desk) == [("A", "fast", 3600, "cancelled")]
    assert [row["time_left_seconds"] for row in desk.sla_at("2026-01-05T09:15")] == [2700]
    assert desk.sla_at("2026-01-05T09:30") == []


def test_the_same_promise_is_late_once(desk: Desk) -> None:
    """Passed on twice under a rule for everybody, and given another priority with the same target:
    one promise, broken once.
    """
    load_events(
        desk,
        [
            policy("all", match={"team": ["a", "b"]}),
            policy("p", match={}),
            opened(team_id="a", priority="low"),
            handed("b"),
            changed("priority", "normal", "10:30"),
            handed("a", "10:40"),
            solved(),
        ],
    )
    assert clocks(desk) == [("A", "all", 3600, "breached")]


def test_passing_on_and_answering_in_one_go_keeps_the_promise_that_held(desk: Desk) -> None:
    rules = [
        policy(word, match={"team": [word]}, targets={"default": hours})
        for word, hours in (("fast", "1h"), ("slow", "8h"))
    ]
    load_events(desk, [*rules, opened(team_id="fast"), handed("slow", "09:30"), solved(at="09:30")])
    assert clocks(desk) == [("A", "fast", 3600, "met")]


def test_what_is_set_within_a_minute_holds_from_the_start(desk: Desk) -> None:
    """A trigger sets team, priority and schedule some seconds after creation: one clock, on that
    schedule, from creation.
    """
    seconds = "2026-01-05T09:00:{}"
    load_events(
        desk,
        [
            *(
                {
                    "type": "calendar",
                    "entity_id": name,
                    "occurred_at": "2020-01-01",
                    "valid_from": "2020-01-01",
                    "time_zone": "UTC",
                    "definition": f'{{"weekly": [[{start}, {end}]]}}',
                }
                for name, start, end in (("early", 480, 600), ("day", 480, 1080))
            ),
            {
                "type": "team",
                "entity_id": "t",
                "occurred_at": "2020-01-01",
                "valid_from": "2020-01-01",
                "calendar_id": "day",
            },
            {
                **policy("p", match={"team": ["t"]}),
                "definition": json.dumps(
                    {
                        "match": {"team": ["t"]},
                        "clocks": [{"clock": "resolution", "targets": {"high": "3h"}}],
                    }
                ),
            },
            opened("A"),
            {**handed("t"), "occurred_at": seconds.format("02")},
            {**changed("priority", "high"), "occurred_at": seconds.format("05")},
            {**changed("calendar_id", "early"), "occurred_at": seconds.format("20")},
            solved("A"),
            # No schedule of its own: the team's, though the team came a few seconds later.
            opened("B"),
            {**handed("t", ticket_id="B"), "occurred_at": seconds.format("03")},
            {**changed("priority", "high", ticket_id="B"), "occurred_at": seconds.format("05")},
            solved("B"),
            # What the source applies at creation finds the priority that the trigger sets.
            opened("C"),
            {
                "type": "policy_applied",
                "ticket_id": "C",
                "occurred_at": seconds.format("00"),
                "policy_id": "p",
            },
            {**changed("priority", "high", ticket_id="C"), "occurred_at": seconds.format("01")},
            {**changed("calendar_id", "day", ticket_id="C"), "occurred_at": seconds.format("01")},
            solved("C"),
        ],
    )
    with desk.engine() as engine:
        rows = engine.run("select ticket_id, state, elapsed_seconds from sla_measured order by all")
        assert rows == [("A", "met", 3600), ("B", "met", 7200), ("C", "met", 7200)]
        assert engine.run(
            "select ticket_id, resolution_business_seconds from tickets order by all"
        ) == [
            ("A", 3600),
            ("B", 7200),
            ("C", 7200),
        ]


def test_later_schedules_hold_from_when_they_are_set(desk: Desk) -> None:
    load_events(
        desk,
        [
            *(
                {
                    "type": "calendar",
                    "entity_id": name,
                    "occurred_at": "2020-01-01",
                    "valid_from": "2020-01-01",
                    "time_zone": "UTC",
                    "definition": f'{{"weekly": [[{start}, {end}]]}}',
                }
                for name, start, end in (("day", 480, 1080), ("early", 480, 600))
            ),
            opened(calendar_id="day"),
            changed("calendar_id", "early", "09:01"),
            solved(),
        ],
    )
    with desk.engine() as engine:
        assert engine.run("select calendar_id from ticket_states order by started_at") == [
            ("day",),
            ("early",),
            ("early",),
        ]


def due(
    at: str | None, set_at: str = "09:00", clock: str = "resolution", ticket_id: str = "A"
) -> Event:
    kind = "policy_removed" if at is None else "policy_applied"
    return {
        "type": kind,
        "ticket_id": ticket_id,
        "occurred_at": f"2026-01-05T{set_at}",
        "policy_id": "theirs",
        "clock": clock,
        **({"due_at": f"2026-01-05T{at}"} if at else {}),
    }


@pytest.mark.parametrize(
    ("events", "state", "due_at"),
    [
        ([due("12:00")], "met", "12:00"),
        ([due("10:00")], "breached", "10:00"),
        ([due("08:00")], "breached", "08:00"),
        (
            [
                due("10:00"),
                {
                    "type": "status_changed",
                    "ticket_id": "A",
                    "occurred_at": "2026-01-05T09:10",
                    "status": "waiting_customer",
                },
            ],
            "breached",
            "10:00",
        ),
        (
            [
                due("10:00", clock="first_reply_time"),
                {
                    "type": "message",
                    "ticket_id": "A",
                    "occurred_at": "2026-01-05T09:50",
                    "actor_kind": "human",
                    "direction": "outbound",
                    "visibility": "public",
                },
            ],
            "met",
            "10:00",
        ),
    ],
    ids=[
        "kept",
        "broken",
        "due before it came",
        "nothing pauses it",
        "first reply, by the name the source uses",
    ],
)
def test_a_due_time_of_the_source_is_a_clock(
    desk: Desk, events: list[Event], state: str, due_at: str
) -> None:
    load_events(desk, [opened(), *events, solved()])
    (row,) = desk.drill("sla_compliance").to_pylist()
    assert (row["policy_id"], row["state"], f"{row['due_at']:%H:%M}", row["basis"]) == (
        "theirs",
        state,
        due_at,
        "measured",
    )


def test_a_due_time_that_moves(desk: Desk) -> None:
    """Moved in time it is another promise; moved when it had passed it was broken; taken away it is
    none.
    """
    load_events(desk, [
        opened("A"), due("10:00", ticket_id="A"), due("12:00", "09:30", ticket_id="A"), solved("A"),
        opened("B"), due("10:00", ticket_id="B"), due("12:00", "10:30", ticket_id="B"), solved("B"),
        opened("C"), due("10:00", ticket_id="C"), due(None, "09:30", ticket_id="C"), solved("C"),
        opened("D"), due("12:00", ticket_id="D"), opened("Z", "13:00"),
    ])  # fmt: skip
    assert [(row[0], row[3]) for row in clocks(desk)] == [
        ("A", "cancelled"),
        ("A", "met"),
        ("B", "breached"),
        ("B", "met"),
        ("C", "cancelled"),
        ("D", "overdue"),
    ]
    assert [
        (row["ticket_id"], row["time_left_seconds"]) for row in desk.sla_at("2026-01-05T10:45")
    ] == [(ticket_id, 4500) for ticket_id in "ABD"]


def test_a_due_time_stands_for_the_rules_promise_on_that_clock_alone(desk: Desk) -> None:
    both = {
        **policy("rule"),
        "definition": json.dumps(
            {
                "match": {},
                "clocks": [
                    {"clock": clock, "targets": {"default": "1h"}, "hours": "calendar"}
                    for clock in ("first_response", "resolution")
                ],
            }
        ),
    }
    load_events(desk, [both, opened("A"), due("12:00"), solved("A"), opened("B"), solved("B")])
    with desk.engine() as engine:
        rows = engine.run(
            "select ticket_id, clock, policy_id, state from sla_measured order by all"
        )
    assert rows == [
        ("A", "first_response", "rule", "breached"),
        ("A", "resolution", "theirs", "met"),
        ("B", "first_response", "rule", "breached"),
        ("B", "resolution", "rule", "breached"),
    ]


def test_a_verdict_on_a_due_time_is_told_once(desk: Desk) -> None:
    load_events(
        desk,
        [
            opened(),
            due("10:00"),
            solved(),
            {
                "type": "source_verdict",
                "ticket_id": "A",
                "occurred_at": "2026-01-05T11:00",
                "clock": "source",
                "is_met": False,
            },
        ],
    )
    assert (
        desk.measure("sla_compliance")[0].n
        == desk.measure("sla_compliance", variant="as_reported")[0].n
        == 1
    )


def test_the_answer_that_takes_a_promise_away_keeps_it(desk: Desk) -> None:
    """Sources clear a target in the very change that meets it."""
    load_events(desk, [opened(), due("10:00"), due(None, "09:40"), solved(at="09:40")])
    assert [row[3] for row in clocks(desk)] == ["met"]
