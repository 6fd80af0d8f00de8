"""Facts from one lake snapshot: the same tables whether they go to a mart, to memory or to a
test.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import nullcontext
from datetime import datetime
from pathlib import Path
from typing import Any

from helmdesk.engines.duckdb import SIMPLE, SMALL_PACKED_BYTES, DuckDB
from helmdesk.engines.engine import Engine
from helmdesk.errors import SettingError
from helmdesk.facts.build.empty import without_rows
from helmdesk.facts.build.entities import LATEST, LOOKUPS, create_entity_lookups
from helmdesk.facts.build.events import FACT_FAMILIES, create_record_views, record_types_sql
from helmdesk.facts.build.fact import Fact, load_facts
from helmdesk.facts.build.taxonomy import USUAL, create_themes, themes_of
from helmdesk.facts.build.working_time import create_working_time
from helmdesk.quoting import text
from helmdesk.settings import FACT_SETTINGS

# Settings that facts read as columns of ``watermark``.
WATERMARK = tuple(name for name in FACT_SETTINGS if name != "default_calendar")


def facts_hash() -> str:
    """Return the identity of the fact definitions: a mart or a receipt made by others differs in
    it.
    """
    digest = hashlib.sha256(repr((LOOKUPS, LATEST, WATERMARK, SIMPLE, USUAL)).encode())
    for fact in load_facts().values():
        digest.update(fact.name.encode() + fact.sql.encode() + fact.otherwise.encode())
    return digest.hexdigest()[:16]


def ensure_fact(engine: Engine, name: str) -> None:
    """Make a rare view in this connection, if a question is about to ask it."""
    if load_facts()[name].is_rare:
        engine.make(name, load_facts()[name].sql, "temp view if not exists")


def _resting_on(names: Collection[str]) -> set[str]:
    facts = load_facts()
    return (
        {name for given in names for name in (given, *_resting_on(facts[given].depends))}
        if names
        else set()
    )


def sql_for(fact: Fact, engine: Engine) -> str:
    """Return the house SQL that makes a fact here: its simpler form, or no rows, where what it
    rests on is not there.
    """
    if not fact.only_if or engine.ask(f"select 1 from ({fact.only_if}) q limit 1"):
        return fact.sql
    return fact.otherwise or without_rows(engine, fact.sql)


def create_views(engine: Engine) -> None:
    """Make the facts that are views over others, in tables that were made before."""
    for fact in load_facts().values():
        if fact.is_view and not fact.is_rare:
            engine.make(fact.name, fact.sql, "view")


def build_facts(
    engine: Engine,
    files: Mapping[str, Sequence[str]],
    settings: Mapping[str, Any],
    lake_version: int,
    on_step: Callable[[str], None] = lambda _step: None,
    batches: Collection[str] | None = None,
    only: Collection[str] | None = None,
    *,
    log: str = "",
) -> None:
    """Create every fact and the table ``mart`` (one row: what this is made of).

    Args:
        files: Parquet files by record family, of one snapshot.
        settings: those that change facts, see `Settings.for_facts`.
        batches: those that count; None: all in the files.
        only: these facts and those they rest on; None: all.
        log: digest of the lake's log up to that version.

    Raises:
        SettingError: a default calendar that the lake does not hold.
        InputError: a calendar that is never open.
    """
    size = sum(Path(file).stat().st_size for paths in files.values() for file in paths)
    engine.use_threads(size, SMALL_PACKED_BYTES)
    with (
        engine.at_once()
        if isinstance(engine, DuckDB) and size < SMALL_PACKED_BYTES
        else nullcontext()
    ):
        _build(engine, files, settings, lake_version, on_step, batches, only, log)


def _build(
    engine: Engine,
    files: Mapping[str, Sequence[str]],
    settings: Mapping[str, Any],
    lake_version: int,
    on_step: Callable[[str], None],
    batches: Collection[str] | None,
    only: Collection[str] | None,
    log: str,
) -> None:
    on_step("reading records")
    engine.define_functions()
    create_record_views(engine, files, batches=batches, is_first=True)
    create_entity_lookups(engine)
    # A family without files has no types of records.
    engine.make(
        "record_types",
        record_types_sql([name for name in FACT_FAMILIES if files.get(name)] or FACT_FAMILIES),
    )
    ((first, latest),) = engine.ask(
        "select coalesce(min(earliest) filter (where is_observed), min(earliest)),"
        " coalesce(max(latest) filter (where is_observed), max(latest)) from record_types where"
        " is_dated"
    )
    create_watermark(engine, latest, create_working_time(engine, first, latest), settings)
    create_themes(engine, themes_of(settings))
    wanted = _resting_on(only) if only else load_facts()
    ordered = [fact for fact in load_facts().values() if not fact.is_rare and fact.name in wanted]
    for place, fact in enumerate(ordered):
        on_step(f"building {fact.name}")
        if fact.prepare:
            fact.prepare(engine)
        scope = "view" if fact.is_view else "temp table" if fact.is_internal else "table"
        engine.make(fact.name, sql_for(fact, engine), scope)
        if isinstance(engine, DuckDB):
            # What nothing rests on any more would only be written to disk to make room.
            for name in fact.depends:
                if load_facts()[name].is_internal and not any(
                    name in later.depends for later in ordered[place + 1 :]
                ):
                    engine.run(f"drop table {name}")
    create_custom_fields(engine)
    create_mart_table(engine, latest, settings, lake_version, log)
    # A mart is brought up to newer versions, see `incremental`; this says how often it was.
    engine.make(
        "refreshes",
        "select cast(0 as bigint) as from_version, cast(0 as bigint) as to_version where false",
    )


def create_watermark(
    engine: Engine, latest: datetime | None, calendars: Sequence[str], settings: Mapping[str, Any]
) -> None:
    """Create ``watermark``, one row: the end of the data and the settings that facts read.

    Raises:
        SettingError: a default calendar that the lake does not hold.
    """
    default = settings["default_calendar"]
    if default and calendars and default not in calendars:
        raise SettingError(
            f"default_calendar = '{default}' is not in the lake (it has: {', '.join(calendars)});"
            " correct it in helmdesk.toml, then: helmdesk refresh"
        )
    if not default and len(calendars) == 1:
        default = calendars[0]
    limits = ", ".join(f"{str(settings[name]).lower()} as {name}" for name in WATERMARK)
    named = f"cast({text(default)} as varchar)" if default else "cast(null as varchar)"
    engine.make(
        "watermark", f"select {instant(latest)} as as_of, {named} as default_calendar, {limits}"
    )


def instant(moment: datetime | None) -> str:
    """Return house SQL of a naive UTC instant."""
    return (
        "cast(null as timestamp)"
        if moment is None
        else f"timestamp '{moment:%Y-%m-%d %H:%M:%S.%f}'"
    )


def create_custom_fields(engine: Engine) -> None:
    """Create the names by which custom dimensions are known: what sources kept of their tickets
    beyond our columns.
    """
    engine.make(
        "custom_fields",
        "select distinct unnest(json_keys(custom)) as name from tickets where custom is not null",
    )


def settings_text(settings: Mapping[str, Any]) -> str:
    """Return settings as a mart keeps them: equal texts are equal settings."""
    return json.dumps(dict(settings), sort_keys=True)


def create_mart_table(
    engine: Engine,
    latest: datetime | None,
    settings: Mapping[str, Any],
    lake_version: int,
    log: str,
) -> None:
    """Create ``mart``, one row: what this is made of."""
    kept = text(settings_text(settings))
    engine.make(
        "mart",
        f"select cast({lake_version} as bigint) as lake_version, {instant(latest)} as as_of,"
        f" '{facts_hash()}' as facts_hash, {kept} as settings, '{log}' as lake_log",
    )
