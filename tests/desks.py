"""Desks for tests: events as plain dicts go through the same staging, lake and facts as any
load.
"""

from __future__ import annotations

import hashlib
import random
from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from helmdesk.desk.desk import Desk
from helmdesk.desk.folder import Folder
from helmdesk.desk.marts import Marts, Step, silent
from helmdesk.engines.duckdb import DuckDB
from helmdesk.quoting import name
from helmdesk.records.schema import RECORD_TYPES, family_columns
from helmdesk.records.staging import LoadReport, Staging
from helmdesk.settings import Settings

KINDS = {
    "text": pa.string(),
    "json": pa.string(),
    "number": pa.float64(),
    "integer": pa.int64(),
    "flag": pa.bool_(),
    "instant": pa.timestamp("us", tz="UTC"),
}
Event = dict[str, Any]


def instant(text: str | datetime) -> datetime:
    moment = datetime.fromisoformat(text) if isinstance(text, str) else text
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def make_desk(path: Path, **settings: Any) -> Desk:
    """Make a desk that takes whatever can be loaded, unless its `quarantine_limit` is said."""
    return Desk.create(path, Settings(**{"quarantine_limit": 1.0, **settings}))


def identified(event: Event) -> Event:
    """Give an event a stable id from its content, and times from text."""
    given = {
        key: (
            instant(value)
            if key.endswith("_at") or key.startswith("valid_") or key == "tenure_start"
            else value
        )
        for key, value in event.items()
    }
    digest = hashlib.sha256(repr(sorted(given.items(), key=str)).encode()).hexdigest()[:20]
    return {"record_id": f"test:{digest}", **given}


def stage(staging: Staging, events: Iterable[Event]) -> None:
    by_type: dict[str, list[Event]] = defaultdict(list)
    for event in events:
        given = identified(event)
        by_type[given.pop("type")].append(given)
    for type_name, rows in by_type.items():
        types = family_columns(RECORD_TYPES[type_name].family)
        columns = sorted({column for row in rows for column in row})
        arrays = [
            pa.array([row.get(column) for row in rows], KINDS[types[column]]) for column in columns
        ]
        staging.connection.register("given_events", pa.table(arrays, names=columns))
        staging.add(type_name, {column: name(column) for column in columns}, "given_events")
        staging.connection.unregister("given_events")


def load_events(
    desk: Desk,
    events: Iterable[Event],
    batch: str = "",
    refresh: bool = True,
    recorded_at: datetime | None = None,
) -> LoadReport:
    listed = list(events)
    batch_id = batch or "test-" + hashlib.sha256(repr(listed).encode()).hexdigest()[:16]
    return desk.load_with(
        lambda staging: stage(staging, listed),
        "test",
        batch_id,
        refresh=refresh,
        recorded_at=recorded_at,
        accepts_quarantine=True,
    )


def ticket(
    ticket_id: str, created_at: str, solved_at: str | None = None, **columns: Any
) -> list[Event]:
    """One ticket, and its solve when it has one."""
    events = [
        {
            "type": "created",
            "ticket_id": ticket_id,
            "occurred_at": created_at,
            "channel": "email",
            "actor_kind": "customer",
            **columns,
        }
    ]
    if solved_at:
        events.append(
            {
                "type": "status_changed",
                "ticket_id": ticket_id,
                "occurred_at": solved_at,
                "status": "solved",
            }
        )
    return events


def weekly_desk(
    tmp_path: Path, minutes: list[float], annotation: tuple[int, str] | None = None
) -> Desk:
    """Make a desk with forty tickets a week that are answered after so many minutes, more or
    less.
    """
    chance = random.Random(7)
    desk = make_desk(tmp_path / "desk", time_zone="UTC")
    events: list[Event] = []
    for week, typical in enumerate(minutes):
        for number in range(40):
            at = datetime(2025, 6, 2, 8, tzinfo=UTC) + timedelta(
                days=7 * week + number % 5, minutes=number
            )
            key = f"T{week}-{number}"
            events += [
                {
                    "type": "created",
                    "ticket_id": key,
                    "occurred_at": at.isoformat(),
                    "customer_id": f"c{number}",
                    "channel": "email",
                    "actor_kind": "customer",
                },
                {
                    "type": "message",
                    "ticket_id": key,
                    "occurred_at": at.isoformat(),
                    "visibility": "public",
                    "direction": "inbound",
                    "actor_kind": "customer",
                },
                {
                    "type": "message",
                    "ticket_id": key,
                    "occurred_at": (
                        (at + timedelta(minutes=typical * chance.uniform(0.6, 1.4))).isoformat()
                    ),
                    "visibility": "public",
                    "direction": "outbound",
                    "actor_kind": "human",
                    "actor_id": "a",
                },
            ]
    end = datetime(2025, 6, 2, 8, tzinfo=UTC) + timedelta(days=7 * len(minutes))
    events.append(
        {
            "type": "created",
            "ticket_id": "last",
            "occurred_at": end.isoformat(),
            "actor_kind": "customer",
        }
    )
    if annotation is not None:
        at = datetime(2025, 6, 2, tzinfo=UTC) + timedelta(days=7 * annotation[0])
        events.append(
            {
                "type": "annotation",
                "annotation_kind": "release",
                "occurred_at": at.isoformat(),
                "start_at": at.isoformat(),
                "end_at": at.isoformat(),
                "title": annotation[1],
            }
        )
    load_events(desk, events)
    return desk


def kept_open(desk: Desk) -> Iterator[Desk]:
    """Keep the mart open: whoever opens it again, a hundred times a second, finds it so."""
    with duckdb.connect(str(desk.marts.published_path()), read_only=True):
        yield desk


class LateMarts(Marts):
    """Marts that are made when somebody asks, not after every load."""

    def __init__(self, folder: Folder) -> None:
        super().__init__(folder)
        self._is_behind, self._waits = False, True

    def refresh(
        self, *, is_forced: bool = False, accepts_loss: bool = False, on_step: Step = silent
    ) -> int:
        if self._waits and not is_forced and not accepts_loss:
            self._is_behind = True
            return self.lake.version()
        return super().refresh(is_forced=is_forced, accepts_loss=accepts_loss, on_step=on_step)

    def open_published(self, *, is_other_settings_fine: bool = False) -> DuckDB:
        self._waits = False
        try:
            if self._is_behind:
                self.refresh()
            self._is_behind = False
            return super().open_published(is_other_settings_fine=is_other_settings_fine)
        finally:
            self._waits = True


class LateDesk(Desk):
    def _make_marts(self) -> Marts:
        return LateMarts(self.folder)


def late_desk(path: Path, **settings: Any) -> Desk:
    """Make a desk as `make_desk` does, whose facts are made when they are asked for: where several
    loads follow each other, or nobody asks.
    """
    return LateDesk.create(path, Settings(**{"quarantine_limit": 1.0, **settings}))
