"""A table of a database, live: whatever ties, late rows and kills there are, each row once.

The table is SQLite's here; with ``HELMDESK_TEST_DATABASE`` it is one of that PostgreSQL server.
"""

from __future__ import annotations

import os
import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from connectors.live import bring, connect, content, killed_after
from effort import tries
from helmdesk import Desk
from helmdesk.connectors import sql
from helmdesk.connectors.parts.access import ConnectError, GoneError
from helmdesk.desk.connections import Connections
from helmdesk.desk.described import describe
from helmdesk.errors import MappingError, UsageError
from helmdesk.records.limits import Limits

SERVER = os.environ.get("HELMDESK_TEST_DATABASE", "")
MAPPING = """
name = "cases"
key = ["id"]
time_zone = "UTC"
date_format = "iso"
[[record]]
type = "created"
[record.columns]
ticket_id = "id"
occurred_at = "opened_at"
priority = "priority"
[[record]]
type = "status_changed"
[record.columns]
ticket_id = "id"
occurred_at = "changed_at"
status = { column = "state", values = { "open" = "open", "done" = "solved" } }
"""
BEGIN = datetime(2026, 3, 1, 8, tzinfo=UTC)


class Cases:
    """A table that somebody works in."""

    def __init__(self, engine: sa.Engine, seed: int = 1) -> None:
        self.engine, self.random, self.now = engine, random.Random(seed), BEGIN
        self.table = sa.Table(
            "cases",
            sa.MetaData(),
            sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
            sa.Column("opened_at", sa.DateTime(timezone=True)),
            sa.Column("changed_at", sa.DateTime(timezone=True)),
            sa.Column("priority", sa.Text),
            sa.Column("state", sa.Text),
        )
        self.table.drop(engine, checkfirst=True)
        self.table.create(engine)
        self.number = 0

    def live(self, steps: int) -> None:
        for _ in range(steps):
            self.now += timedelta(seconds=self.random.choice((0, 0, 0, 40, 400)))
            if not self.number or self.random.random() < 0.5:
                self.open(self.now)
            else:
                state = self.random.choice(("open", "done"))
                self.change(self.random.randrange(1, self.number + 1), state, self.now)

    def open(self, at: datetime | None) -> int:
        self.number += 1
        row = {"id": self.number, "opened_at": BEGIN, "changed_at": at, "priority": "high"}
        with self.engine.begin() as connection:
            connection.execute(self.table.insert().values(**row, state="open"))
        return self.number

    def change(self, number: int, state: str, at: datetime) -> None:
        rows = self.table.update().where(self.table.c.id == number)
        with self.engine.begin() as connection:
            connection.execute(rows.values(state=state, changed_at=at))


@pytest.fixture
def cases(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Cases]:
    if SERVER:
        url = sa.make_url(SERVER).set(drivername="postgresql+psycopg")
        monkeypatch.setattr(sql, "_arguments", lambda _url, _tls: {})
    else:
        url = sa.make_url(f"sqlite:///{tmp_path}/cases.db")
        monkeypatch.setattr(sql, "_arguments", lambda _url, _tls: {"timeout": 5})
    monkeypatch.setattr(sql, "address_of", lambda _given: url)
    monkeypatch.setattr(sql, "_now", lambda _base: made.now)
    engine = sa.create_engine(url)
    made = Cases(engine)
    yield made
    made.table.drop(engine)
    engine.dispose()


SAID = {"address": "x", "table": "cases", "cursor": "changed_at", "key": "id", "encrypted": "no"}


def desk_with(path: Path, **said: str) -> Desk:
    desk = Desk.create(path)
    connect(desk, "sql", {}, **{**SAID, "mapping": MAPPING, **said})
    return desk


def shown(desk: Desk) -> dict[str, Any]:
    """Return what the newest version of every ticket says."""
    return {
        each["ticket_id"]: (each["status"], each["occurred_at"])
        for each in sorted(content(desk).values(), key=lambda each: str(each.get("occurred_at")))
        if each["type"] == "status_changed"
    }


@pytest.mark.parametrize("seed", range(tries(2, 60)))
def test_kills_and_a_table_that_lives_change_nothing(
    seed: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, cases: Cases
) -> None:
    monkeypatch.setattr(sql, "PER_PAGE", (2, 3, 1000)[seed % 3])
    cases.random = drawn = random.Random(seed)
    cases.live(drawn.randrange(10, 30))
    desk = desk_with(tmp_path / "desk")
    for _ in range(3):
        with killed_after(monkeypatch, 0, at=drawn.choice(("before", "after"))):
            bring(desk, "sql", for_seconds=0 if drawn.random() < 0.5 else None)
        cases.live(drawn.randrange(5))
    while not bring(desk, "sql").is_caught_up:
        pass
    with cases.engine.connect() as connection:
        rows = connection.execute(sa.select(cases.table)).mappings().all()
    stands = {"open": "open", "done": "solved"}
    assert {ticket: status for ticket, (status, _) in shown(desk).items()} == {
        str(row["id"]): stands[row["state"]] for row in rows
    }
    status = Connections(desk.path).status("sql")
    assert status and status.completeness
    assert status.completeness.ours == status.completeness.theirs == len(rows)


def test_rows_that_are_seen_late_or_lie_in_the_future_are_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, cases: Cases
) -> None:
    monkeypatch.setattr(sql, "PER_PAGE", 2)
    desk = desk_with(tmp_path / "desk")
    for _ in range(5):
        cases.open(cases.now)  # more than two pages of one instant
    ahead = cases.open(cases.now + timedelta(hours=3))  # somebody's clock is wrong
    assert bring(desk, "sql").tickets == 6
    late = cases.open(cases.now - timedelta(minutes=2))  # committed after what is newer
    cases.now += timedelta(minutes=1)
    cases.change(1, "done", cases.now)
    cases.open(None)
    report = bring(desk, "sql")
    assert report.tickets == 2 and str(late) in shown(desk) and str(ahead) in shown(desk)
    assert shown(desk)["1"][0] == "solved"
    assert list(report.status.missing) == ["1 rows without changed_at"]
    assert bring(desk, "sql").tickets == 0


def test_what_does_not_fit_is_said_before_anything_is_fetched(tmp_path: Path, cases: Cases) -> None:
    for _ in range(3):
        cases.open(cases.now)
    desk = Desk.create(tmp_path / "desk")

    def tried(**said: str) -> dict[str, str]:
        base = sql.open_account({**SAID, "mapping": MAPPING, **said})
        try:
            list(sql.rights(base))
            return describe(sql.connector, base, base.said, Limits())
        finally:
            base.close()

    assert tried()["mapping"] == MAPPING
    with pytest.raises(GoneError, match="did you mean 'cases'"):
        tried(table="cass")
    with pytest.raises(GoneError, match="did you mean 'changed_at'"):
        tried(cursor="changd_at")
    with pytest.raises(MappingError, match="'prio'"):
        tried(mapping=MAPPING.replace('"priority"', '"prio"'))
    connect(desk, "sql", {}, **{**SAID, "key": "priority", "mapping": MAPPING})
    with pytest.raises(ConnectError, match="tell rows apart"):
        bring(desk, "sql")


@pytest.mark.parametrize(
    ("address", "why"),
    [
        ("sqlite:////etc/passwd", "not a database"),
        ("postgresql://reader:geheim@db.example/x", "password"),
        ("postgresql://reader@db.example/x?sslkey=/etc/own.key", "options"),
        ("nothing", "not the address"),
    ],
)
def test_addresses_that_are_refused(address: str, why: str) -> None:
    with pytest.raises(UsageError, match=why) as told:
        sql.address_of(address)
    assert "geheim" not in str(told.value)
