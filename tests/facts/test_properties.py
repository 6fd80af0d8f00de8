"""What must hold for any history: life is tiled, levels equal flows, order of arrival does not
matter.
"""

from __future__ import annotations

import itertools
import random
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from desks import Event, identified, stage
from effort import tries
from helmdesk.engines.duckdb import DuckDB
from helmdesk.facts.build.build import build_facts, ensure_fact
from helmdesk.facts.build.fact import load_facts
from helmdesk.records.schema import SOLVED_STATUSES, STATUSES
from helmdesk.records.staging import Staging
from helmdesk.settings import Settings

START = datetime(2026, 1, 5, 9, tzinfo=UTC)
FOREVER = datetime(9999, 12, 31)
# What is dropped along the way shows in what was made of it.
TABLES = [name for name in load_facts() if not load_facts()[name].is_internal]
CALMLY: dict[str, Any] = {
    "deadline": None,
    "suppress_health_check": [HealthCheck.function_scoped_fixture],
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path


def facts(folder: Path, *batches: list[Event], only: tuple[str, ...] = ()) -> DuckDB:
    """Build facts from batches exactly as a desk would, without the Delta log between."""
    files: dict[str, list[str]] = {}
    for number, events in enumerate(batches):
        connection = duckdb.connect()
        connection.execute("set timezone = 'UTC'")
        staging = Staging(
            connection, "test", f"batch{number}", START + timedelta(days=400, seconds=number)
        )
        stage(staging, events)
        staging.check()
        for family, rows in staging.records("{}").items():
            path = folder / f"{family}-{number}-{random.random()}.parquet"
            rows.write_parquet(str(path))
            files.setdefault(family, []).append(str(path))
    engine = DuckDB.create()
    build_facts(engine, files, Settings().for_facts(), 1, only=only)
    return engine


@st.composite
def histories(draw: st.DrawFn) -> list[Event]:
    """A few tickets with changes at whole minutes, many of them at the same instant."""
    events: list[Event] = []
    minute = st.integers(0, 3000)
    for number in range(draw(st.integers(1, 6))):
        key = f"T{number}"
        created = START + timedelta(minutes=draw(minute))
        events.append(
            {
                "type": "created",
                "ticket_id": key,
                "occurred_at": created,
                "channel": "email",
                "team_id": "front",
            }
        )
        for step in range(draw(st.integers(0, 9))):
            base: Event = {
                "ticket_id": key,
                "occurred_at": created + timedelta(minutes=draw(st.integers(-5, 3000))),
                "seq": step,
            }
            kind = draw(st.sampled_from(["status", "assigned", "priority", "message"]))
            if kind == "status":
                events.append(
                    {**base, "type": "status_changed", "status": draw(st.sampled_from(STATUSES))}
                )
            elif kind == "assigned":
                events.append(
                    {
                        **base,
                        "type": "assigned",
                        "agent_id": draw(st.sampled_from(["", "ann", "bob"])),
                        "team_id": draw(st.sampled_from([None, "front", "back"])),
                    }
                )
            elif kind == "priority":
                events.append(
                    {
                        **base,
                        "type": "field_changed",
                        "field": "priority",
                        "value": draw(st.sampled_from(["low", "high"])),
                    }
                )
            else:
                inbound = draw(st.booleans())
                events.append(
                    {
                        **base,
                        "type": "message",
                        "direction": "inbound" if inbound else "outbound",
                        "visibility": "public",
                        "actor_kind": "customer" if inbound else "human",
                        "actor_id": "ann",
                    }
                )
    return events


def unsolved_at(events: list[Event], instant: datetime) -> set[str]:
    """Replay events in order up to an instant: an independent reading of the backlog."""
    created = {
        event["ticket_id"]: event["occurred_at"] for event in events if event["type"] == "created"
    }
    state: dict[str, str] = {key: "new" for key, at in created.items() if at <= instant}
    changes = [event for event in events if event["type"] == "status_changed"]
    for event in sorted(
        changes,
        key=lambda e: (max(e["occurred_at"], created[e["ticket_id"]]), e["occurred_at"], e["seq"]),
    ):
        if max(event["occurred_at"], created[event["ticket_id"]]) <= instant:
            state[event["ticket_id"]] = event["status"]
    return {key for key, status in state.items() if status not in SOLVED_STATUSES}


@settings(max_examples=tries(12, 150), **CALMLY)
@given(histories(), st.lists(st.integers(-60, 7000), min_size=1, max_size=6))
def test_any_history(folder: Path, events: list[Event], minutes: list[int]) -> None:
    """Three properties of one build, which is what takes time."""
    engine = facts(folder, events, only=("tickets", "intervals", "episodes"))
    intervals_tile_each_life(engine)
    backlog_is_opens_minus_closes(engine, events, minutes)
    durations_are_never_negative_and_agree(engine)


def intervals_tile_each_life(engine: DuckDB) -> None:
    created = dict(engine.run("select ticket_id, created_at from tickets"))
    rows = engine.run(
        "select ticket_id, started_at, ended_at, status, agent_id, team_id, priority from intervals"
        " order by ticket_id, started_at"
    )
    assert {row[0] for row in rows} == set(created)
    for key, created_at in created.items():
        life = [row for row in rows if row[0] == key]
        assert life[0][1] == created_at
        assert life[-1][2] == FOREVER
        for before, after in itertools.pairwise(life):
            assert before[2] == after[1]
            assert before[3:] != after[3:]
        assert all(start < end for _, start, end, *_ in life)


def backlog_is_opens_minus_closes(engine: DuckDB, events: list[Event], minutes: list[int]) -> None:
    for minute in minutes:
        instant = START + timedelta(minutes=minute)
        moment = f"timestamp '{instant:%Y-%m-%d %H:%M:%S}'"
        ((level,),) = engine.run(
            f"select count(*) from intervals where is_unsolved and started_at <= {moment} and"
            f" {moment} < ended_at"
        )
        ((flow,),) = engine.run(
            f"""select (select count(*) from episodes
                where started_at <= {moment}) - (select count(*) from episodes
                where ended_at <= {moment})"""
        )
        assert level == flow == len(unsolved_at(events, instant))


def durations_are_never_negative_and_agree(engine: DuckDB) -> None:
    assert engine.run(
        """select count(*) from tickets where first_reply_seconds < 0 or resolution_seconds < 0
            or open_seconds < 0
        or first_solve_seconds > resolution_seconds or agent_work_seconds > open_seconds"""
    ) == [(0,)]
    summed: list[Any] = engine.run(
        """select t.ticket_id, t.open_seconds, sum(date_diff('second', e.started_at, e.ended_at))
        from tickets t join episodes e using (ticket_id)
            where t.last_solved_at < timestamp '9999-12-31' group by all"""
    )
    assert all(open_seconds == episodes for _, open_seconds, episodes in summed)


@settings(max_examples=tries(6, 60), **CALMLY)
@given(histories(), st.randoms(use_true_random=False))
def test_order_repetition_and_lateness_change_nothing(
    folder: Path, events: list[Event], rng: random.Random
) -> None:
    ids = [identified(event) for event in events]
    shuffled = ids * 2
    rng.shuffle(shuffled)
    cut = rng.randint(0, len(shuffled))
    expected, found = facts(folder, ids), facts(folder, shuffled[:cut], shuffled[cut:])
    for table in TABLES:
        ensure_fact(expected, table)
        ensure_fact(found, table)
        query = f"select * from {table} order by all"
        assert found.run(query) == expected.run(query), table
