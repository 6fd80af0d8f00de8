"""Look-ups of versioned entities: who and what something was at the time.

The first known version of an entity also stands for the time before it: exports give attributes
from the day they were last changed, and "unknown tier" for all earlier tickets would help nobody.
"""

from __future__ import annotations

import json
from dataclasses import astuple

from helmdesk.engines.engine import Engine
from helmdesk.facts.build.empty import without_rows
from helmdesk.facts.build.rows import put_rows
from helmdesk.records.answers import FORM_COLUMNS, read_form

# House SQL of every look-up, in order.
LOOKUPS: dict[str, str] = {
    "account_versions": "account|name, tier, region, contract_value, owner",
    "contract_versions": "contract|account_id, policy_id",
    "customer_versions": "customer|name, account_id",
    "agent_versions": "agent|name, team_id, role, tier, tenure_start, skills",
    "team_versions": "team|name, tier, calendar_id",
    "instrument_versions": "instrument|name, instrument_kind, about, definition",
    "calendar_versions": "calendar|name, time_zone, definition",
    "sla_policy_versions": "sla_policy|name, calendar_id, definition",
    "queue_versions": "queue|name, channel, threshold_seconds, short_abandon_seconds, calendar_id",
}

# Tables of the mart that hold the present version of each entity.
LATEST = {
    "latest_accounts": "account",
    "latest_agents": "agent",
    "latest_calendars": "calendar",
    "latest_contracts": "contract",
    "latest_instruments": "instrument",
    "latest_queues": "queue",
    "latest_sla_policies": "sla_policy",
    "latest_teams": "team",
}


def create_entity_lookups(engine: Engine) -> None:
    """Create ``<entity>_versions`` (half-open validity), ``latest_*`` and ``instruments``."""
    present = {kind for (kind,) in engine.ask("select distinct type from entity_records")}
    for table, described in LOOKUPS.items():
        sql = versions_sql(table)
        is_known = described.split("|")[0] in present
        engine.make(table, sql if is_known else without_rows(engine, sql))
    create_latest(engine)
    create_instruments(engine)


def versions_sql(table: str) -> str:
    """Return house SQL of one look-up, from ``entity_records``."""
    entity, columns = LOOKUPS[table].split("|")
    return f"""
        with ordered as (
            select entity_id, valid_from, valid_to as stated_end, {columns},
                row_number() over w as version_number, lead(valid_from) over w as next_from
            from entity_records
            where type = '{entity}'
            window w as (partition by entity_id order by valid_from, recorded_at, record_id)
        )
        select entity_id, {columns},
            case when version_number = 1 then timestamp '1900-01-01 00:00:00' else valid_from
                end as valid_from,
            coalesce(next_from, stated_end, forever()) as valid_to,
            next_from is null as is_latest
        from ordered
        where next_from is null or next_from > valid_from
        """


def create_latest(engine: Engine) -> None:
    """Create the present version of each entity, from the look-ups."""
    for latest, entity in LATEST.items():
        engine.make(latest, f"select * from {entity}_versions where is_latest")


def create_instruments(engine: Engine) -> None:
    """Create how the answers of each instrument are read."""
    rows = engine.ask(
        "select entity_id, name, instrument_kind, about, definition from instrument_versions where"
        " is_latest"
    )
    listed = []
    for *plain, definition in rows:
        read = json.loads(definition) if definition else {}
        listed.append([*plain, *astuple(read_form(plain[2], read))])
    columns = {
        "entity_id": "text",
        "name": "text",
        "instrument_kind": "text",
        "about": "text",
        **FORM_COLUMNS,
    }
    put_rows(engine, "instruments", columns, listed)
