"""Desks with a live account, and what their lakes hold in the end."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import duckdb
import pytest

from helmdesk.connectors.parts.api import Api
from helmdesk.connectors.parts.pace import Clock
from helmdesk.desk.connections import Connection, Connections
from helmdesk.desk.desk import Desk
from helmdesk.desk.sync import SyncReport, sync
from helmdesk.lake.lake import Lake
from helmdesk.quoting import text
from helmdesk.records.staging import Staging
from helmdesk.sources.parts.source import Options, Source

# What says when and how a record came, not what it says.
BOOKKEEPING = ("recorded_at", "batch_id", "seq")


class Killed(BaseException):
    """What a kill looks like from within."""


class QuickClock(Clock):
    """Time in which waiting takes none."""

    def __init__(self) -> None:
        super().__init__()
        self.time = 0.0

    def now(self) -> float:
        return self.time

    def sleep(self, seconds: float) -> None:
        self.on_wait()
        self.time += seconds


def bring(desk: Desk, name: str, **said: Any) -> SyncReport:
    return sync(desk, name, refresh=False, **{"clock": QuickClock(), **said})


def connect(desk: Desk, system: str, secrets: dict[str, str], **said: str) -> None:
    since = said.pop("since", "")
    Connections(desk.path).add(Connection(system, system, said, since), secrets)


def content(desk: Desk) -> dict[str, dict[str, Any]]:
    """Return the newest version of every record, without what tells how it came."""
    found: dict[str, dict[str, Any]] = {}
    for family, files in desk.lake.snapshot().files.items():
        if family == "batch":
            continue
        with duckdb.connect() as connection:
            connection.execute("set timezone = 'UTC'")
            rows = connection.execute(
                "select columns(*)::varchar from read_parquet(?, union_by_name=true,"
                " hive_partitioning=false)",
                [list(files)],
            )
            names = [column[0] for column in rows.description]
            told = [dict(zip(names, row, strict=True)) for row in rows.fetchall()]
        told.sort(
            key=lambda each: (each.get("stated_at") or each["recorded_at"], each["recorded_at"])
        )
        for each in told:
            found[f"{family} {each['record_id']}"] = {
                key: value
                for key, value in each.items()
                if value is not None and key not in BOOKKEEPING
            }
    return found


def read_plainly(staging: Staging, paths: Sequence[Path], _options: Options) -> None:
    """Make one record of each row of Zendesk's tables. The true source does more with them, and
    takes a hundred times as long for a handful of tickets.
    """
    for path in [file for each in paths for file in each.iterdir()]:
        rows = f"(select *, 0 as _file, 0 as _row from read_parquet({text(str(path))})) r"
        at = "timestamptz '2025-01-01 00:00:00+00'"
        if path.stem == "ticket":
            own = {"source_id": "id", "ticket_id": "id", "stated_at": "updated_at::timestamptz"}
            created = {
                **own,
                "record_id": "id || ':created'",
                "occurred_at": "created_at::timestamptz",
            }
            staging.add("created", {**created, "status": "'new'", "extra": "to_json(r)"}, rows)
            gone = {
                **own,
                "record_id": "id || ':deleted'",
                "occurred_at": "updated_at::timestamptz",
            }
            staging.add("deleted", gone, f"{rows} where status = 'deleted'")
        elif path.stem in ("ticket_field_history", "ticket_comment", "ticket_tag"):
            told = {"field": text(path.stem), "value": "to_json(r)", "ticket_id": "ticket_id"}
            same = {"record_id": "md5(to_json(r)::varchar)", "occurred_at": at}
            staging.add("field_changed", {**told, **same}, rows)
        else:
            same = {"record_id": f"'{path.stem}' || md5(to_json(r)::varchar)", "occurred_at": at}
            kind = {"entity_id": "id", "name": "to_json(r)", "valid_from": at}
            if path.stem == "user":
                staging.add("agent", {**same, **kind}, rows)


PLAIN = Source("zendesk", "rows as they are", read_plainly, lambda _paths: {}, reads_folders=True)


@contextmanager
def killed_after(monkeypatch: pytest.MonkeyPatch, requests: int, *, at: str) -> Iterator[None]:
    """Let the process end: at a request, or before or after a batch is committed."""
    left = iter(range(requests, -1, -1))

    def is_over() -> bool:
        return next(left, 0) == 0

    with monkeypatch.context() as patch:
        if at == "request":
            ask = Api._try

            def asked(self: Api, *given: Any) -> Any:
                if is_over():
                    raise Killed
                return ask(self, *given)

            patch.setattr(Api, "_try", asked)
        else:
            append = Lake.append

            def appended(self: Lake, *given: Any) -> Any:
                if at == "before":
                    raise Killed
                append(self, *given)
                raise Killed

            patch.setattr(Lake, "append", appended)
        with suppress(Killed):
            yield
