"""A mart brought up to date by new records alone is the mart that a build from nothing would give,
row for row.
"""

from __future__ import annotations

import json
import random
import shutil
from datetime import UTC, datetime
from pathlib import Path

import duckdb
import pytest

from desks import Event, load_events, make_desk
from effort import IS_LONG
from helmdesk.desk.desk import Desk
from helmdesk.engines.duckdb import DuckDB
from helmdesk.facts.build import incremental
from helmdesk.facts.build.build import build_facts
from helmdesk.facts.build.events import FullRebuildRequired
from helmdesk.facts.build.incremental import refresh_facts
from helmdesk.records.schema import FAMILIES
from helmdesk.sample.generate import create_sample
from helmdesk.settings import Settings

# A year of some four hundred tickets has everything that is refreshed.
SCALE = 0.01
SETTINGS = Settings().for_facts()
Files = dict[str, tuple[str, ...]]


class Splitter:
    """The sample desk's records dealt out to batches by an SQL expression that gives each record's
    batch number.
    """

    def __init__(self, desk: Desk, folder: Path) -> None:
        self.files, self.folder = desk.lake.snapshot().files, folder

    def split(self, number_of: dict[str, str], batches: int) -> list[Files]:
        parts: list[Files] = []
        for number in range(batches):
            found: Files = {}
            for family in FAMILIES:
                if family in ("quarantine", "batch") or family not in self.files:
                    continue
                path = self.folder / f"{family}-{number}.parquet"
                chosen = number_of.get(family, number_of[""])
                reader = (
                    f"read_parquet({list(self.files[family])!r}, union_by_name=true,"
                    " hive_partitioning=false)"
                )
                duckdb.execute(
                    f"copy (select * exclude (batch_id, recorded_at), 'batch{number}' as batch_id,"
                    f" timestamptz '2026-08-01 00:00:00+00' + to_minutes({number}) as recorded_at"
                    f" from {reader} where ({chosen}) = {number}) to '{path}' (format parquet)"
                )
                if duckdb.execute(f"select count(*) from '{path}'").fetchone() != (0,):
                    found[family] = (str(path),)
            parts.append(found)
        return parts


def together(*parts: Files) -> Files:
    families = dict.fromkeys(family for part in parts for family in part)
    return {
        family: tuple(path for part in parts for path in part.get(family, ()))
        for family in families
    }


def differences(one: Path | None, other: Path | None) -> dict[str, list[object]]:
    """Compare two marts, row for row and column for column; return what only one of them has, by
    table.
    """
    with duckdb.connect(config={"threads": 1}) as connection:
        for name, path in (("one", one), ("other", other)):
            connection.execute(f"attach '{path}' as {name} (read_only)")
        listed = (
            "select table_name, list(column_name || ' ' || data_type order by column_index) from"
            " duckdb_columns() where database_name = ? and table_name in (select table_name from"
            " duckdb_tables()) and table_name <> 'refreshes' group by all"
        )
        tables, theirs = (
            dict(connection.execute(listed, [name]).fetchall()) for name in ("one", "other")
        )
        found: dict[str, list[object]] = {
            name: ["other columns"]
            for name in tables.keys() | theirs
            if tables.get(name) != theirs.get(name)
        }
        for table in tables.keys() - found.keys():
            digest = "(select (count(*), sum(hash(t)::hugeint)) from {}.{} t)"
            same = f"select {digest.format('one', table)} = {digest.format('other', table)}"
            if connection.execute(same).fetchone() != (True,):
                ours, their = f"from one.{table}", f"from other.{table}"
                found[table] = connection.execute(
                    f"({ours} except all {their}) union all ({their} except all {ours}) limit 6"
                ).fetchall()
        assert len(tables) > 30
        return found


def check(parts: list[Files], folder: Path) -> list[str]:
    """Build from the first part, renew with each other, compare with a build of all; return what
    could not be refreshed.

    The long form compares at every step; else at the last, where whatever went wrong on the way
    still shows.
    """
    refused = []
    mart = folder / "mart.duckdb"
    engine = DuckDB.create(mart)
    build_facts(engine, parts[0], SETTINGS, 0)
    engine.close()
    for number in range(1, len(parts)):
        files = together(*parts[: number + 1])
        copy = folder / "copy.duckdb"
        shutil.copyfile(mart, copy)
        engine = DuckDB.edit(copy)
        try:
            engine.run("begin")
            refresh_facts(engine, files, parts[number], (f"batch{number}",), SETTINGS, number)
            engine.run("commit")
        except FullRebuildRequired as reason:
            refused.append(str(reason))
            break
        finally:
            engine.close()
        copy.replace(mart)
        if IS_LONG or number == len(parts) - 1:
            expected = folder / f"expected{number}.duckdb"
            engine = DuckDB.create(expected)
            build_facts(engine, files, SETTINGS, number)
            engine.close()
            assert differences(mart, expected) == {}, f"after batch {number}"
    return refused


def differs_from_one_made_anew(desk: Desk, folder: Path) -> dict[str, list[object]]:
    refreshed = desk.marts.published_path()
    assert refreshed is not None
    kept = Path(shutil.copy(refreshed, folder / "refreshed.duckdb"))
    desk.refresh(is_forced=True)
    return differences(kept, desk.marts.published_path())


@pytest.fixture(scope="module")
def dealt(tmp_path_factory: pytest.TempPathFactory) -> Desk:
    desk, _ = create_sample(tmp_path_factory.mktemp("dealt") / "desk", scale=SCALE)
    return desk


@pytest.fixture
def splitter(dealt: Desk, tmp_path: Path) -> Splitter:
    return Splitter(dealt, tmp_path)


@pytest.fixture(autouse=True)
def whatever_the_share(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(incremental, "MOST", 100.0)


@pytest.mark.parametrize("seed", range(1, 3 if IS_LONG else 2))
def test_records_that_arrive_day_by_day(splitter: Splitter, tmp_path: Path, seed: int) -> None:
    last = datetime(2026, 6, 1 + seed * 9, 9, 30, tzinfo=UTC)
    days = (
        f"case when occurred_at < timestamptz '{last}' then 0 else least(4, 1 + epoch(occurred_at -"
        f" timestamptz '{last}')::bigint // 86400) end"
    )
    parts = splitter.split(
        {"": days, "entity": f"case when type = 'customer' then {days} else 0 end"}, 5
    )
    assert check(parts, tmp_path) == []


@pytest.mark.parametrize("seed", range(1, 4 if IS_LONG else 2))
def test_records_that_arrive_late_and_out_of_order(
    splitter: Splitter, tmp_path: Path, seed: int
) -> None:
    late = (
        f"case when hash(record_id || '{seed}') % 100 < 97 then 0 else 1 + hash(record_id ||"
        f" '{seed}') % 3 end"
    )
    parts = splitter.split({"": late, "entity": "0"}, 4)
    assert check(parts, tmp_path) == []


def test_repeated_records_and_changed_customers(splitter: Splitter, tmp_path: Path) -> None:
    rng = random.Random(5)
    parts = splitter.split(
        {"": "case when hash(record_id) % 50 = 0 then 1 else 0 end", "entity": "0"}, 2
    )
    # A second batch repeats a part of the first, and some customers move to another company.
    for family in ("ticket", "message", "survey", "leg", "workforce"):
        again = tmp_path / f"{family}-again.parquet"
        duckdb.execute(
            "copy (select * replace ('batch1' as batch_id, recorded_at + interval 1 hour as"
            f" recorded_at) from read_parquet({[*parts[0][family], *parts[1][family]]!r},"
            f" union_by_name=true) where hash(record_id) % 97 = {rng.randrange(97)} or batch_id ="
            f" 'batch1') to '{again}' (format parquet)"
        )
        parts[1][family] = (str(again),)
    moved = tmp_path / "moved.parquet"
    duckdb.execute(
        "copy (select * replace (record_id || ':moved' as record_id, 'batch1' as batch_id,"
        " occurred_at + interval 200 day as occurred_at, valid_from + interval 200 day as"
        f" valid_from, null as account_id) from '{parts[0]['entity'][0]}' where type = 'customer'"
        f" and hash(entity_id) % 40 = 1) to '{moved}' (format parquet)"
    )
    parts[1]["entity"] = (str(moved),)
    assert check(parts, tmp_path) == []


def test_what_reaches_too_far_is_built_anew(splitter: Splitter, tmp_path: Path) -> None:
    parts = splitter.split(
        {
            "": "case when occurred_at > timestamptz '2026-06-20' then 1 else 0 end",
            "entity": "case when type = 'team' then 1 else 0 end",
        },
        2,
    )
    assert check(parts, tmp_path) == ["a team has changed"]


def test_a_desk_renews_and_says_when_it_does_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk = Desk.create(tmp_path / "desk")
    (tmp_path / "first.csv").write_text(
        "id,created_at,status,updated_at\n1,2026-01-05T09:00:00Z,open,2026-01-05T10:00:00Z\n",
        encoding="utf-8",
    )
    (tmp_path / "second.csv").write_text(
        "id,created_at,status,updated_at\n2,2026-01-05T11:00:00Z,solved,2026-01-06T10:00:00Z\n",
        encoding="utf-8",
    )
    for name in ("first", "second"):
        folder = tmp_path / name
        folder.mkdir()
        shutil.move(tmp_path / f"{name}.csv", folder / "ticket.csv")
    steps: list[str] = []
    desk.load("zendesk", [tmp_path / "first"])
    desk.load("zendesk", [tmp_path / "second"], on_step=steps.append)
    assert any(step.startswith("refreshing") for step in steps)
    assert not any("anew" in step for step in steps)
    assert differs_from_one_made_anew(desk, tmp_path) == {}
    monkeypatch.setattr(incremental, "MOST", 0.0)
    (tmp_path / "second" / "ticket.csv").write_text(
        "id,created_at,status,updated_at\n3,2026-01-07T11:00:00Z,solved,2026-01-08T10:00:00Z\n",
        encoding="utf-8",
    )
    steps.clear()
    desk.load("zendesk", [tmp_path / "second"], on_step=steps.append)
    assert any("building the mart anew" in step for step in steps)


def test_promises_that_follow_the_ticket_are_renewed(tmp_path: Path) -> None:
    """Batch by batch a ticket passes to another team, another account, whose tier is told later
    still, and is solved.
    """
    at = "2026-01-05T{}"
    desk = make_desk(tmp_path / "desk")
    rules = [({"tier": ["gold"]}, "1h"), ({"team": ["sales"]}, "8h"), ({}, "2h")]
    first: list[Event] = [
        *(
            {
                "type": "sla_policy",
                "entity_id": f"p{place}",
                "occurred_at": "2020-01-01",
                "valid_from": "2020-01-01",
                "definition": json.dumps(
                    {
                        "match": match,
                        "order": place,
                        "clocks": [
                            {
                                "clock": "resolution",
                                "targets": {"default": target},
                                "hours": "calendar",
                            }
                        ],
                    }
                ),
            }
            for place, (match, target) in enumerate(rules)
        ),
        *(
            {
                "type": "created",
                "ticket_id": f"T{number}",
                "occurred_at": at.format("09:00"),
                "team_id": "support",
            }
            for number in range(20)
        ),
        {
            "type": "field_changed",
            "ticket_id": "T1",
            "occurred_at": at.format("09:10"),
            "field": "account_id",
            "value": "acme",
        },
    ]
    load_events(desk, first)
    batches: list[list[Event]] = [
        [
            {
                "type": "assigned",
                "ticket_id": "T0",
                "occurred_at": at.format("09:20"),
                "team_id": "sales",
            }
        ],
        [
            {
                "type": "account",
                "entity_id": "acme",
                "occurred_at": "2020-01-01",
                "valid_from": "2020-01-01",
                "tier": "gold",
            }
        ],
        [
            {
                "type": "policy_applied",
                "ticket_id": "T2",
                "occurred_at": at.format("09:30"),
                "policy_id": "theirs",
                "clock": "due_date",
                "due_at": at.format("10:00"),
            }
        ],
        [
            {
                "type": "status_changed",
                "ticket_id": "T1",
                "occurred_at": at.format("11:00"),
                "status": "solved",
            }
        ],
    ]
    for batch in batches:
        load_events(desk, batch)
        assert differs_from_one_made_anew(desk, tmp_path) == {}
    with desk.engine() as engine:
        rows = engine.run(
            "select ticket_id, policy_id, state from sla_clocks where ticket_id in ('T0', 'T1',"
            " 'T2') order by all"
        )
    assert rows == [
        ("T0", "p1", "running"),
        ("T0", "p2", "cancelled"),
        ("T1", "p0", "breached"),
        ("T1", "p2", "cancelled"),
        ("T2", "p2", "running"),
        ("T2", "theirs", "overdue"),
    ]
