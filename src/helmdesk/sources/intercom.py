"""Intercom as connector tables: conversation_history, conversation_part_history, admin, team,
contact and company.

The first message stands outside the parts and is added. States and assignees come from the parts;
for conversations whose parts are not in the export, from the changes between the rows of their
history (derived). All times are UTC.

Who is who: the author's type; where there is none, the tables of admins and contacts. Who started a
conversation is what ``source_delivered_as`` says, where the export has it; else what an admin
begins is outreach, but for calls.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from helmdesk.quoting import text
from helmdesk.records.staging import Staging
from helmdesk.sources.parts.instruments import stage_instrument
from helmdesk.sources.parts.source import Options, Source
from helmdesk.sources.parts.tables import (
    entity_columns,
    find_tables,
    open_tables,
    reject_times,
    seen_columns,
)
from helmdesk.sources.reading.outcome_words import WORDS
from helmdesk.sources.reading.outcomes import own_outcomes, tag_outcomes, words_of
from helmdesk.sources.reading.raw_tables import RawTable
from helmdesk.sources.reading.roles import UNKNOWN
from helmdesk.sources.reading.times import TimeReader
from helmdesk.sources.reading.words import with_own_words

TIMES = TimeReader("UTC")
STATES = {"open": "open", "closed": "solved", "snoozed": "waiting_customer"}
PARTS = {"close": "solved", "open": "open", "snoozed": "waiting_customer", "unsnoozed": "open"}
KINDS = {
    "admin": "human",
    "team": "human",
    "bot": "bot",
    "user": "customer",
    "lead": "customer",
    "contact": "customer",
}
CALLS = "('phone_call', 'phone_switch')"
RATING = "intercom_rating"
PRIORITY = "case h.priority when 'priority' then 'high' when 'not_priority' then 'normal' end"

REQUIRED: dict[str, tuple[str, ...]] = {
    "conversation_history": ("id", "created_at", "updated_at", "state"),
    "conversation_part_history": ("id", "conversation_id", "part_type", "created_at"),
    "conversation_contact_history": ("conversation_id", "contact_id"),
    "conversation_tag_history": ("conversation_id", "tag_id"),
    "tag": ("id", "name"),
    "admin": ("id", "name"),
    "team": ("id", "name"),
    "team_admin": ("admin_id", "team_id"),
    "contact_history": ("id", "updated_at"),
    "contact_company_history": ("contact_id", "company_id"),
    "company_history": ("id", "updated_at"),
}
OPTIONAL: dict[str, tuple[str, ...]] = {
    "conversation_history": (
        "assignee_id",
        "assignee_type",
        "conversation_rating_created_at",
        "conversation_rating_remark",
        "conversation_rating_value",
        "priority",
        "sla_name",
        "sla_status",
        "source_author_id",
        "source_author_type",
        "source_type",
        "source_subject",
        "source_body",
        "source_delivered_as",
    ),
    "conversation_part_history": (
        "author_id",
        "author_type",
        "assigned_to_id",
        "assigned_to_type",
        "body",
    ),
    "contact_history": ("name", "role"),
    "company_history": ("name", "plan_name", "monthly_spend"),
}


def find_intercom_tables(paths: Sequence[Path]) -> dict[str, Path]:
    """Return the files of known tables by name; there must be a conversation_history table."""
    return find_tables(paths, REQUIRED, "conversation_history")


def read(staging: Staging, paths: Sequence[Path], options: Options) -> None:
    """Stage the records of an export; times are UTC. What tags mean for how conversations ended may
    stand in `options.mapping`.
    """
    tables = open_tables(staging, paths, REQUIRED, OPTIONAL, "conversation_history", "i", options)
    _conversations(staging, tables)
    if "conversation_part_history" in tables:
        _parts(staging, tables)
    if "tag" in tables and "conversation_tag_history" in tables:
        own = own_outcomes(
            with_own_words({"outcomes": dict.fromkeys(WORDS, ())}, options.mapping, "intercom")[
                "outcomes"
            ]
        )
        _endings(staging, own)
    _people(staging, tables)


def _at(column: str) -> str:
    return TIMES.instant(column)


def _conversations(staging: Staging, tables: Mapping[str, RawTable]) -> None:
    for column in ("created_at", "updated_at"):
        reject_times(staging, "i_conversation_history", column, TIMES)
    known = ", ".join(text(state) for state in STATES)
    staging.reject(
        "state",
        "state",
        "'unknown state'",
        f"i_conversation_history where state not in ({known}) or state is null",
    )
    contact = "null::varchar"
    if "conversation_contact_history" in tables:
        contact = (
            "(select min(contact_id) from i_conversation_contact_history c where c.conversation_id"
            " = h.id)"
        )
    is_ours = "coalesce(h.side = 'human', false)"
    is_begun_by_us = (
        f"coalesce(h.source_delivered_as <> 'customer_initiated', {is_ours} and"
        f" coalesce(h.source_type, '') not in {CALLS})"
    )
    staging.connection.execute(
        f"""create temp table i_rows as select h.*, {_at("created_at")} as born_at,
            {_at("updated_at")} as known_at,
            {_side(tables, "h.source_author_id", "h.source_author_type")} as side
        from i_conversation_history h where {_at("created_at")} is not null
            and {_at("updated_at")} is not null"""
    )
    # Nobody knows what a conversation looked like at its start but by its first row; what changed
    # later is not that.
    staging.connection.execute(
        "create temp table i_first as select * from i_rows qualify row_number() over (partition by"
        " id order by known_at, _row) = 1"
    )
    own = "'intercom:conversation:' || h.id"
    base = {"source_id": "h.id", "ticket_id": "h.id", "_file": "h._file", "_row": "h._row"}
    staging.add(
        "created",
        {
            **base,
            "record_id": f"{own} || ':created'",
            "occurred_at": "h.born_at",
            "seq": "0",
            "actor_id": "h.source_author_id",
            "actor_kind": "h.side",
            "is_outbound": is_begun_by_us,
            "channel": "coalesce(h.source_type, 'conversation')",
            "subject": "h.source_subject",
            "priority": PRIORITY,
            "status": "'new'",
            "customer_id": (
                f"case when {is_ours} then {contact} else coalesce(h.source_author_id,"
                f" {contact}) end"
            ),
            "agent_id": "''",
            "extra": "h.extra",
            "stated_at": "h.known_at",
        },
        "i_first h",
    )
    staging.add(
        "message",
        {
            **base,
            "record_id": f"{own} || ':first'",
            "occurred_at": "h.born_at",
            "seq": "0",
            "actor_id": "h.source_author_id",
            "actor_kind": "h.side",
            "direction": _direction("h.side"),
            "visibility": "'public'",
            "is_automated": "false",
            "text": "h.source_body",
        },
        "i_first h",
    )
    told = "select null::varchar"
    if "conversation_part_history" in tables:
        changes = ", ".join(text(part) for part in PARTS)
        told = (
            "select conversation_id from i_conversation_part_history where part_type in"
            f" ({changes})"
        )
    cases = " ".join(f"when {text(state)} then {text(status)}" for state, status in STATES.items())
    staging.connection.execute(
        """create temp table i_changes as select *, lag(state) over w as last_state,
            lag(assignee_id) over w as last_assignee,
            row_number() over w = 1 or priority is distinct
                from lag(priority) over w as is_new_priority
        from i_rows window w as (partition by id order by known_at, _row)"""
    )
    staging.add(
        "status_changed",
        {
            **base,
            "record_id": f"{own} || ':state:' || epoch_us(h.known_at) || ':' || h.state",
            "occurred_at": "h.known_at",
            "status": f"case h.state {cases} end",
            "status_raw": "h.state",
            "fidelity": "'derived'",
        },
        f"i_changes h where h.state in ({known}) and h.state is distinct from h.last_state"
        f" and h.id not in (select * from ({told}) t(id) where id is not null)",
    )
    staging.add(
        "assigned",
        {
            **base,
            "record_id": (
                f"{own} || ':assigned:' || epoch_us(h.known_at) || ':' ||"
                " coalesce(h.assignee_id, '')"
            ),
            "occurred_at": "h.known_at",
            "agent_id": (
                "case when h.assignee_type = 'team' then null else coalesce(h.assignee_id, '') end"
            ),
            "team_id": "case when h.assignee_type = 'team' then h.assignee_id end",
            "fidelity": "'derived'",
        },
        "i_changes h where h.assignee_id is distinct from h.last_assignee",
    )
    staging.add(
        "seen",
        {**base, **seen_columns(own, "h.known_at", {"priority": f"coalesce({PRIORITY}, '')"})},
        "i_changes h where h.is_new_priority",
    )
    _ratings_and_verdicts(staging, base, own)


def _ratings_and_verdicts(staging: Staging, base: Mapping[str, str], own: str) -> None:
    rated = "i_rows h where h.conversation_rating_value is not null"
    (ratings,) = staging.connection.execute(f"select count(*) from {rated}").fetchone() or (0,)
    if ratings:
        stage_instrument(
            staging,
            RATING,
            "csat",
            positive=["4", "5"],
            negative=["1", "2"],
            scale=[1, 5],
            name="Intercom conversation rating",
        )
        staging.add(
            "responded",
            # A changed rating keeps the time of the first; which came last is told by the row of
            # the history that shows it.
            {
                **base,
                "record_id": f"{own} || ':rating:' || epoch_us(h.known_at)",
                "survey_id": own,
                "instrument_id": text(RATING),
                "revision": "epoch_us(h.known_at)",
                "seq": "h._row",
                "occurred_at": f"coalesce({_at('h.conversation_rating_created_at')}, h.known_at)",
                "answer": "h.conversation_rating_value",
                "comment": "h.conversation_rating_remark",
                "actor_kind": "'customer'",
            },
            f"(select * from {rated} qualify (h.conversation_rating_value,"
            " h.conversation_rating_remark) is distinct from lag((h.conversation_rating_value,"
            " h.conversation_rating_remark)) over (partition by h.id order by h.known_at,"
            " h._row)) h",
        )
    staging.add(
        "source_verdict",
        {
            **base,
            "record_id": f"{own} || ':sla:' || h.sla_name || ':' || h.sla_status",
            "occurred_at": "h.known_at",
            "clock": "'source'",
            "is_met": "h.sla_status = 'hit'",
            "fidelity": "'asserted'",
        },
        "(select * from i_rows h where h.sla_name is not null and h.sla_status in ('hit', 'missed')"
        " qualify row_number() over (partition by h.id, h.sla_name, h.sla_status order by"
        " h.known_at) = 1) h",
    )


def _endings(staging: Staging, own: Mapping[str, str]) -> None:
    """Stage what tags say of how conversations ended, as far as the user says what they mean: a tag
    may be a topic, too.
    """
    tagged = (
        "(select t.conversation_id, g.name from i_conversation_tag_history t join i_tag g on g.id ="
        " t.tag_id)"
    )
    tags = words_of(staging, tagged, "name")
    meant = tag_outcomes(staging, tags, own)
    if meant:
        cases = " ".join(f"when {text(tag)} then {text(means)}" for tag, means in meant.items())
        staging.add(
            "seen",
            {
                "record_id": (
                    "'intercom:conversation:' || h.id || ':ended:' || h.outcome || ':' ||"
                    " epoch_us(h.known_at)"
                ),
                "source_id": "h.id",
                "ticket_id": "h.id",
                "occurred_at": "h.known_at",
                "outcome": "h.outcome",
                "fidelity": "'derived'",
                "_file": "h._file",
                "_row": "h._row",
            },
            f"(select r.id, r.known_at, r._file, r._row, min(case t.name {cases} end) as outcome"
            " from (select * from i_rows qualify row_number() over (partition by id order by"
            f" known_at desc, _row desc) = 1) r join {tagged} t on t.conversation_id = r.id group"
            " by all) h where h.outcome is not null",
        )


def _side(tables: Mapping[str, RawTable], author: str, kind: str) -> str:
    """Return SQL of the side of an author: by type, where there is none by the tables of people."""
    by_type = " ".join(f"when {text(word)} then {text(side)}" for word, side in KINDS.items())
    by_table = "".join(
        f" when {author} in (select id from i_{table}) then '{side}'"
        for table, side in (("admin", "human"), ("contact_history", "customer"))
        if table in tables
    )
    found = f"case when {kind} is not null then null{by_table} end" if by_table else "null"
    return f"coalesce(case {kind} {by_type} end, {found}, '{UNKNOWN}')"


def _direction(side: str) -> str:
    return f"case when {side} in ('customer', '{UNKNOWN}') then 'inbound' else 'outbound' end"


def _parts(staging: Staging, tables: Mapping[str, RawTable]) -> None:
    reject_times(staging, "i_conversation_part_history", "created_at", TIMES)
    at = _at("p.created_at")
    kind = _side(tables, "p.author_id", "p.author_type")
    base = {
        "source_id": "p.id",
        "occurred_at": at,
        "ticket_id": "p.conversation_id",
        "actor_id": "p.author_id",
        "actor_kind": kind,
        "_file": "p._file",
        "_row": "p._row",
    }
    rows = "i_conversation_part_history p where p.part_type"
    staging.add(
        "message",
        {
            **base,
            "record_id": "'intercom:part:' || p.id",
            "direction": _direction(kind),
            "visibility": "case when p.part_type = 'note' then 'internal' else 'public' end",
            "is_automated": "false",
            "text": "p.body",
        },
        f"{rows} in ('comment', 'note') or (p.part_type in ('close', 'open', 'assignment') and"
        " p.body is not null)",
    )
    cases = " ".join(f"when {text(part)} then {text(status)}" for part, status in PARTS.items())
    listed = ", ".join(text(part) for part in PARTS)
    staging.add(
        "status_changed",
        {
            **base,
            "record_id": "'intercom:part:' || p.id || ':state'",
            "status": f"case p.part_type {cases} end",
            "status_raw": "p.part_type",
        },
        f"{rows} in ({listed})",
    )
    staging.add(
        "assigned",
        {
            **base,
            "record_id": "'intercom:part:' || p.id || ':assigned'",
            "agent_id": (
                "case when p.assigned_to_type = 'team' then null else coalesce(p.assigned_to_id,"
                " '') end"
            ),
            "team_id": "case when p.assigned_to_type = 'team' then p.assigned_to_id end",
        },
        f"{rows} in ('assignment', 'assign_and_reopen')",
    )
    (orphans,) = staging.connection.execute(
        "select count(distinct conversation_id) from i_conversation_part_history where"
        " conversation_id not in (select id from i_conversation_history)"
    ).fetchone() or (0,)
    if orphans:
        staging.note(
            f"{orphans:,} conversations have parts but are not in the history; kept, and counted"
            " once they arrive"
        )


def _people(staging: Staging, tables: Mapping[str, RawTable]) -> None:
    def entity(
        kind: str, columns: Mapping[str, str], rows: str, since: str = "null::timestamptz"
    ) -> None:
        staging.add(kind, entity_columns("intercom", kind, columns, since), rows)

    if "admin" in tables:
        team = (
            "(select min(team_id) from i_team_admin t where t.admin_id = z.id)"
            if "team_admin" in tables
            else "null::varchar"
        )
        entity("agent", {"name": "z.name", "role": "'admin'", "team_id": team}, "i_admin z")
    if "team" in tables:
        entity("team", {"name": "z.name"}, "i_team z")
    if "contact_history" in tables:
        company = (
            "(select min(company_id) from i_contact_company_history c where c.contact_id = z.id)"
            if "contact_company_history" in tables
            else "null::varchar"
        )
        entity(
            "customer",
            {"name": "z.name", "account_id": company},
            "i_contact_history z",
            _at("z.updated_at"),
        )
    if "company_history" in tables:
        entity(
            "account",
            {"name": "z.name", "tier": "z.plan_name"},
            "i_company_history z",
            _at("z.updated_at"),
        )


source = Source(
    "intercom",
    "Intercom connector tables: a folder of CSV or Parquet files",
    read,
    find_intercom_tables,
    reads_folders=True,
)
