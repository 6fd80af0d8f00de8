"""Facts from one lake snapshot: the same tables whether they go to a mart, to memory or to a test."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from helmdesk.engines.duckdb import DuckDB
from helmdesk.errors import SettingError
from helmdesk.facts.entities import LOOKUPS, create_entity_lookups
from helmdesk.facts.events import create_record_views, record_types_sql
from helmdesk.facts.fact import load_facts
from helmdesk.facts.working_time import create_working_time

# Tables a metric never reads; kept out of the mart.
INTERNAL = ("ticket_clocks", "ticket_working_times")


def facts_hash() -> str:
    """Return the identity of the fact definitions: a mart or a receipt made by others differs in it."""
    digest = hashlib.sha256(repr(LOOKUPS).encode())
    for fact in load_facts().values():
        digest.update(fact.name.encode() + fact.sql.encode())
    return digest.hexdigest()[:16]


def build_facts(
    engine: DuckDB,
    files: Mapping[str, Sequence[str]],
    settings: Mapping[str, Any],
    lake_version: int,
    on_step: Callable[[str], None] = lambda _step: None,
) -> None:
    """Create every fact and the table ``mart`` (one row: what this is made of).

    Args:
        files: Parquet files by record family, of one snapshot.
        settings: ``default_calendar`` and ``reopen_days``.

    Raises:
        SettingError: a default calendar that the lake does not hold.
    """
    engine.use_threads(sum(Path(file).stat().st_size for paths in files.values() for file in paths))
    on_step("reading records")
    create_record_views(engine, files)
    create_entity_lookups(engine)
    engine.connection.execute(f"create table record_types as {record_types_sql()}")
    ((latest,),) = engine.run("select max(latest) from record_types")
    calendars = create_working_time(engine, latest)
    default = settings["default_calendar"]
    if default and calendars and default not in calendars:
        raise SettingError(f"default_calendar = '{default}' is not in the lake (it has: {', '.join(calendars)})")
    if not default and len(calendars) == 1:
        default = calendars[0]
    engine.connection.execute(
        "create temp table horizon as select ?::timestamp as as_of, ?::integer as reopen_days, nullif(?, '') as default_calendar",
        [latest, settings["reopen_days"], default],
    )
    for fact in load_facts().values():
        on_step(f"building {fact.name}")
        scope = "view" if fact.is_view else "temp table" if fact.name in INTERNAL else "table"
        engine.connection.execute(f"create {scope} {fact.name} as {engine.translate(fact.sql)}")
    engine.connection.execute(
        "create table mart as select ?::bigint as lake_version, ?::timestamp as as_of, ?::varchar as facts_hash, ?::varchar as settings",
        [lake_version, latest, facts_hash(), json.dumps(dict(settings), sort_keys=True)],
    )
