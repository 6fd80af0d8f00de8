"""Zendesk as connector tables: ticket, ticket_field_history, ticket_comment, user, group and more.

A folder holds one file per table, ``NAME.csv`` or ``NAME_data.csv`` (gzip or Parquet too). Only
``ticket`` is needed; every other table adds what it knows. Histories of tickets that are not in the
ticket table are kept in the lake and counted once their ticket arrives. All times are UTC.

Who is who: the role of the user table; whoever was ever assigned a ticket was an agent then, also
if the account was made an end user's since. User -1 is Zendesk itself: a trigger or an automation.
The requester is the customer of the ticket; anybody else is unknown.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from helmdesk.quoting import text
from helmdesk.records.staging import Staging
from helmdesk.sources.parts.instruments import stage_instrument
from helmdesk.sources.parts.source import Options, Source
from helmdesk.sources.parts.tables import (
    find_tables,
    note_undated,
    open_tables,
    seen_columns,
)
from helmdesk.sources.parts.zendesk_promises import (
    DUE_DATE,
    SLA_METRICS,
    stage_policies,
    stage_promises,
    stage_ticket_policies,
)
from helmdesk.sources.parts.zendesk_schedules import stage_schedules
from helmdesk.sources.parts.zendesk_tables import (
    OPTIONAL,
    REQUIRED,
    TIMES,
    at,
    entity,
    has_table,
    reject_time,
    tickets_told,
)
from helmdesk.sources.reading.flags import flag, flag_fault
from helmdesk.sources.reading.outcome_words import WORDS
from helmdesk.sources.reading.outcomes import outcome, own_outcomes, tag_outcomes, words_of
from helmdesk.sources.reading.raw_tables import RawTable
from helmdesk.sources.reading.roles import AUTOMATED, UNKNOWN
from helmdesk.sources.reading.words import Vocabulary, with_own_words

STATUS = {
    "new": "new", "open": "open", "pending": "waiting_customer", "hold": "waiting_third_party",
    "on-hold": "waiting_third_party", "solved": "solved", "closed": "closed",
}  # fmt: skip
PRIORITIES = ("low", "normal", "medium", "high", "urgent")
RENAMED = {"type": "issue_type", "organization_id": "account_id", "requester_id": "customer_id"}
TEAM_ROLES = ("agent", "admin")
MERGED_TAG = "closed_by_merge"
RULES = "'-1'"
"""The user that triggers and automations act as."""
SATISFACTION = "zendesk_satisfaction"
# With and without a comment is one score.
SCORES = (
    "case when lower({0}) like 'good%' then 'good' when lower({0}) like 'bad%' then 'bad' else"
    " lower({0}) end"
)


def find_zendesk_tables(paths: Sequence[Path]) -> dict[str, Path]:
    """Return the files of known tables by name; there must be a ticket table."""
    return find_tables(paths, REQUIRED, "ticket")


def read(staging: Staging, paths: Sequence[Path], options: Options) -> None:
    """Stage the records of an export; times are UTC. What tags mean for how tickets ended may stand
    in `options.mapping`.
    """
    tables = open_tables(staging, paths, REQUIRED, OPTIONAL, "ticket", "z", options)
    _people(staging, tables)
    _endings(
        staging,
        tables,
        with_own_words({"outcomes": dict.fromkeys(WORDS, ())}, options.mapping, "zendesk")[
            "outcomes"
        ],
    )
    for table, raw in tables.items():
        STAGERS[table](staging, tables)
        staging.on_step(f"read {table} ({raw.rows:,} rows)")


def _people(staging: Staging, tables: Mapping[str, RawTable]) -> None:
    """Create ``z_people``, the side of everybody of whom the export tells it; what tells more goes
    before what tells less.
    """
    told = [(1, "automation", f"select {RULES}"), (3, "human", "select assignee_id from z_ticket")]
    if has_table(tables, "user"):
        roles = ", ".join(text(role) for role in TEAM_ROLES)
        told += [
            (2, "human", f"select id from z_user where role in ({roles})"),
            (4, "customer", "select id from z_user where role = 'end-user'"),
        ]
    if has_table(tables, "ticket_field_history"):
        told.append(
            (
                3,
                "human",
                "select value from z_ticket_field_history where field_name = 'assignee_id'",
            )
        )
    rows = " union all ".join(
        f"select {rank} as rank, '{kind}' as kind, id from ({people}) t(id)"
        for rank, kind, people in told
    )
    staging.connection.execute(
        f"create temp table z_people as select id, arg_min(kind, rank) as kind from ({rows}) where"
        " id is not null group by id"
    )


def _endings(staging: Staging, tables: Mapping[str, RawTable], words: Vocabulary) -> None:
    """Create ``z_endings``: what custom statuses, by id, and tags say of how tickets ended.

    The tag of a merge is Zendesk's own; any other is a word of the desk's, of topics too, and means
    what somebody says it does.
    """
    own = own_outcomes(words)
    told = ["select null::varchar as ticket_id, null::varchar as outcome where false"]
    if has_table(tables, "custom_status"):
        ended = outcome("agent_label", words_of(staging, "z_custom_status", "agent_label"), own)
        staging.connection.execute(
            f"create temp table z_status_endings as select id, {ended} as outcome from"
            " z_custom_status"
        )
        told.append(
            "select z.id, e.outcome from z_ticket z join z_status_endings e on e.id ="
            " z.custom_status_id"
        )
    if has_table(tables, "ticket_tag"):
        tags = words_of(staging, "z_ticket_tag", "tag")
        meant = tag_outcomes(
            staging, {tag: count for tag, count in tags.items() if tag != MERGED_TAG}, own
        ) | {MERGED_TAG: "merged"}
        cases = " ".join(f"when {text(tag)} then {text(means)}" for tag, means in meant.items())
        told.append(f"select ticket_id, case tag {cases} end from z_ticket_tag")
    staging.connection.execute(
        "create temp table z_endings as select ticket_id, min(outcome) as outcome from"
        f" ({' union all '.join(told)}) where outcome is not null group by ticket_id"
    )


def _side(person: str, requester: str) -> str:
    """Return SQL of the side of a person on the ticket of a requester; null of nobody."""
    side = f"(select p.kind from z_people p where p.id = {person})"
    return (
        f"case when {person} is null then null else coalesce({side}, case when {person} ="
        f" {requester} then 'customer' end, '{UNKNOWN}') end"
    )


def _tickets(staging: Staging, tables: Mapping[str, RawTable]) -> None:
    reject_time(staging, "ticket", "created_at")
    # The ticket row shows today's values; where a history tells them, the field had its first
    # recorded value at creation.
    columns = {
        "priority": "priority",
        "agent_id": "assignee_id",
        "team_id": "group_id",
        "issue_type": "type",
    }
    untold = {
        field: f"z.id not in ({tickets_told(tables, column)})" for field, column in columns.items()
    }
    first = {
        field: f"case when {untold[field]} then z.{column} end" for field, column in columns.items()
    }
    shown = {
        field: f"case when {untold[field]} then coalesce(z.{column}, '') end"
        for field, column in columns.items()
    }
    shown["outcome"] = "(select e.outcome from z_endings e where e.ticket_id = z.id)"
    own = "'zendesk:ticket:' || z.id"
    cases = " ".join(f"when {text(raw)} then {text(status)}" for raw, status in STATUS.items())
    # Closed at a time that nothing tells: neither open nor of any duration.
    undated = (
        f"{at('z.updated_at')} is null and case z.status {cases} end in ('solved', 'closed') and"
        f" z.id not in ({tickets_told(tables, 'status')})"
    )
    note_undated(staging, f"z_ticket z where {undated}", "updated_at")
    staging.add(
        "created",
        {
            "record_id": f"{own} || ':created'",
            "source_id": "z.id",
            "occurred_at": at("z.created_at"),
            "seq": "0",
            "ticket_id": "z.id",
            "actor_id": "z.submitter_id",
            "actor_kind": f"coalesce({_side('z.submitter_id', 'z.requester_id')}, 'customer')",
            "channel": "z.via_channel",
            "subject": "z.subject",
            "priority": first["priority"],
            "issue_type": first["issue_type"],
            "agent_id": f"coalesce({first['agent_id']}, '')",
            "team_id": f"coalesce({first['team_id']}, '')",
            "customer_id": "z.requester_id",
            "account_id": "z.organization_id",
            "status": f"case when {undated} then case z.status {cases} end else 'new' end",
            "extra": "z.extra",
            "stated_at": at("z.updated_at"),
            "_file": "z._file",
            "_row": "z._row",
        },
        "z_ticket z",
    )
    staging.add(
        "seen",
        {
            **seen_columns(own, at("z.updated_at"), shown),
            "source_id": "z.id",
            "seq": "0",
            "ticket_id": "z.id",
            "_file": "z._file",
            "_row": "z._row",
        },
        f"z_ticket z where {at('z.updated_at')} is not null and ({' or '.join(untold.values())} or"
        f" {shown['outcome']} is not null)",
    )
    # Without a status history the present state is all there is; it is dated by the last change.
    known = f"z.status in ({', '.join(text(status) for status in STATUS)})"
    staging.add(
        "status_changed",
        {
            "record_id": (
                f"{own} || ':status:' || epoch_us({at('z.updated_at')}) || ':' || z.status"
            ),
            "source_id": "z.id",
            "occurred_at": at("z.updated_at"),
            "seq": "0",
            "ticket_id": "z.id",
            "status": f"case z.status {cases} end",
            "status_raw": "z.status",
            "fidelity": "'derived'",
            "_file": "z._file",
            "_row": "z._row",
        },
        f"z_ticket z where {known} and z.status <> 'new' and not coalesce({undated}, false) and"
        f" z.id not in ({tickets_told(tables, 'status')})",
    )
    gone = "select null::varchar where false"
    if has_table(tables, "ticket_field_history"):
        last = f"arg_max(value, ({at('updated')}, _row))"
        gone = (
            "select ticket_id from z_ticket_field_history where field_name = 'status' group by"
            f" ticket_id having {last} = 'deleted' and ticket_id is not null"
        )
    staging.add(
        "deleted",
        {
            "record_id": f"{own} || ':deleted'",
            "source_id": "z.id",
            "occurred_at": at("z.updated_at"),
            "ticket_id": "z.id",
            "fidelity": "'derived'",
            "_file": "z._file",
            "_row": "z._row",
        },
        f"z_ticket z where z.status = 'deleted' and z.id not in ({gone})",
    )
    fault = TIMES.fault("due_at")
    staging.reject("due_at", "due_at", fault, f"z_ticket where {fault} is not null")
    staging.add(
        "policy_applied",
        {
            "record_id": f"{own} || ':due'",
            "stated_at": at("z.updated_at"),
            "source_id": "z.id",
            "occurred_at": at("z.created_at"),
            "ticket_id": "z.id",
            "policy_id": text(DUE_DATE),
            "clock": text(DUE_DATE),
            "due_at": at("z.due_at"),
            "_file": "z._file",
            "_row": "z._row",
        },
        f"z_ticket z where {at('z.due_at')} is not null"
        f" and z.id not in ({tickets_told(tables, 'due_at')})",
    )
    staging.reject(
        "status",
        "status",
        "'unknown status'",
        f"z_ticket z where not ({known}) and z.status <> 'deleted'",
    )
    staging.add(
        "merged_into",
        {
            "record_id": "'zendesk:merge:' || z.merged || ':' || z.id",
            "source_id": "z.merged",
            "occurred_at": at("z.updated_at"),
            "ticket_id": "z.merged",
            "target_ticket_id": "z.id",
            "cause": "'merge'",
            "fidelity": "'derived'",
            "_file": "z._file",
            "_row": "z._row",
        },
        "(select *, unnest(regexp_extract_all(merged_ticket_ids, '[0-9]+')) as merged from z_ticket"
        " where merged_ticket_ids is not null) z",
    )


def _history(staging: Staging, tables: Mapping[str, RawTable]) -> None:
    reject_time(staging, "ticket_field_history", "updated")
    cases = " ".join(f"when {text(raw)} then {text(status)}" for raw, status in STATUS.items())
    requester = "(select max(requester_id) from z_ticket t where t.id = h.ticket_id)"
    base = {
        "record_id": (
            "'zendesk:history:' || h.ticket_id || ':' || h.field_name || ':' || h.updated || ':' ||"
            " coalesce(h.value, '')"
        ),
        "source_id": "h.ticket_id",
        "occurred_at": at("h.updated"),
        "ticket_id": "h.ticket_id",
        "actor_id": "h.user_id",
        "actor_kind": f"coalesce({_side('h.user_id', requester)}, 'automation')",
        "cause": (
            f"case when coalesce(h.user_id, {RULES}) = {RULES} then 'automation' else 'manual' end"
        ),
        "_file": "h._file",
        "_row": "h._row",
    }
    rows = "z_ticket_field_history h where h.field_name"
    staging.reject(
        "value",
        "value",
        "'not a status'",
        f"{rows} = 'status' and h.value is not null and h.value <> 'deleted' and (case h.value"
        f" {cases} end) is null",
    )
    staging.add(
        "status_changed",
        {**base, "status": f"case h.value {cases} end", "status_raw": "h.value"},
        f"{rows} = 'status' and h.value is distinct from 'deleted'",
    )
    staging.add("deleted", base, f"{rows} = 'status' and h.value = 'deleted'")
    # Any status after a deletion means that the ticket was brought back.
    after = (
        f"select *, lag(value) over (partition by ticket_id order by {at('updated')}, _row) as"
        " last_value from z_ticket_field_history where field_name = 'status'"
    )
    after += (
        " and ticket_id in (select ticket_id from z_ticket_field_history where field_name ="
        " 'status' and value = 'deleted')"
    )
    staging.add(
        "restored",
        {**base, "record_id": f"{base['record_id']} || ':restored'"},
        f"({after}) h where h.value <> 'deleted' and h.last_value = 'deleted'",
    )
    staging.add(
        "assigned", {**base, "agent_id": "coalesce(h.value, '')"}, f"{rows} = 'assignee_id'"
    )
    staging.add("assigned", {**base, "team_id": "coalesce(h.value, '')"}, f"{rows} = 'group_id'")
    listed = ", ".join(text(priority) for priority in PRIORITIES)
    staging.reject(
        "value",
        "value",
        "'not a priority'",
        f"{rows} = 'priority' and h.value not in ({listed})",
        is_whole_row=True,
    )
    renamed = " ".join(f"when {text(raw)} then {text(field)}" for raw, field in RENAMED.items())
    staging.add(
        "field_changed",
        {**base, "field": f"case h.field_name {renamed} else h.field_name end", "value": "h.value"},
        f"{rows} not in ('status', 'assignee_id', 'group_id', 'satisfaction_score', 'due_at',"
        f" {', '.join(text(metric) for metric in SLA_METRICS)}) and not (h.field_name = 'priority'"
        f" and h.value is not null and h.value not in ({listed}))",
    )
    if has_table(tables, "custom_status"):
        staging.add(
            "field_changed",
            {
                **base,
                "record_id": f"{base['record_id']} || ':outcome'",
                "field": "'outcome'",
                "value": (
                    "coalesce((select e.outcome from z_status_endings e where e.id = h.value), '')"
                ),
            },
            f"{rows} = 'custom_status_id'",
        )
    stage_promises(staging, base)
    _satisfaction(
        staging,
        f"(select ticket_id, updated as happened_at, {SCORES.format('value')} as score,"
        " null::varchar as comment, _file, _row from z_ticket_field_history where field_name ="
        " 'satisfaction_score')",
    )
    if not has_table(tables, "ticket"):
        return
    (orphans,) = staging.connection.execute(
        "select count(distinct ticket_id) from z_ticket_field_history where ticket_id not in"
        " (select id from z_ticket)"
    ).fetchone() or (0,)
    if orphans:
        staging.note(
            f"{orphans:,} tickets have a history but are not in the ticket table; kept, and counted"
            " once they arrive"
        )


def _satisfaction(staging: Staging, rows: str) -> None:
    """Offered means asked; good or bad means answered. One survey a ticket, every change a
    revision.
    """
    base = {
        "source_id": "s.ticket_id",
        "occurred_at": at("s.happened_at"),
        "ticket_id": "s.ticket_id",
        "instrument_id": text(SATISFACTION),
        "survey_id": "'zendesk:' || s.ticket_id",
        "_file": "s._file",
        "_row": "s._row",
    }
    identity = "'zendesk:satisfaction:' || s.ticket_id || ':' || s.happened_at || ':' || s.score"
    (found,) = staging.connection.execute(f"select count(*) from {rows}").fetchone() or (0,)
    if not found:
        return
    staging.reject(
        "score",
        "score",
        "'not a satisfaction score (good, bad, offered or unoffered)'",
        f"{rows} where score not in ('good', 'bad', 'offered', 'unoffered')",
        is_whole_row=True,
    )
    staging.add("sent", {**base, "record_id": identity}, f"{rows} s where s.score = 'offered'")
    staging.add(
        "responded",
        {
            **base,
            "record_id": identity,
            "answer": "s.score",
            "comment": "s.comment",
            "actor_kind": "'customer'",
            "seq": "s._row",
            "revision": (
                f"row_number() over (partition by s.ticket_id order by {at('s.happened_at')},"
                " s._row)"
            ),
        },
        f"{rows} s where s.score in ('good', 'bad')",
    )
    stage_instrument(
        staging,
        SATISFACTION,
        "csat",
        positive=["good"],
        negative=["bad"],
        name="Zendesk satisfaction",
    )


def _ratings(staging: Staging, tables: Mapping[str, RawTable]) -> None:
    if has_table(tables, "ticket_field_history"):
        staging.note(
            "satisfaction_rating was not read: the field history holds the same answers with their"
            " revisions"
        )
        return
    _satisfaction(
        staging,
        "(select ticket_id, coalesce(updated_at, created_at) as happened_at,"
        f" {SCORES.format('score')} as score, comment, _file, _row from z_satisfaction_rating)",
    )


def _comments(staging: Staging, tables: Mapping[str, RawTable]) -> None:
    reject_time(staging, "ticket_comment", "created")
    kind = f"coalesce({_side('c.user_id', 't.requester_id')}, '{UNKNOWN}')"
    # Whether the customer could read it decides what it counts for, so that nothing is assumed.
    staging.reject(
        "public",
        "public",
        f"coalesce({flag_fault('public')}, 'empty: neither yes nor no')",
        f"z_ticket_comment where {flag('public')} is null",
        is_whole_row=True,
    )
    staging.add(
        "message",
        {
            "record_id": "'zendesk:comment:' || c.id",
            "source_id": "c.id",
            "occurred_at": at("c.created"),
            "ticket_id": "c.ticket_id",
            "actor_id": "c.user_id",
            "actor_kind": "c.kind",
            "direction": (
                f"case when c.kind in ('customer', '{UNKNOWN}') then 'inbound' else 'outbound' end"
            ),
            "visibility": f"case when {flag('c.public')} then 'public' else 'internal' end",
            "is_automated": f"c.kind in {AUTOMATED}",
            "text": "c.body",
            "_file": "c._file",
            "_row": "c._row",
        },
        f"(select c.*, {kind} as kind from z_ticket_comment c left join z_ticket t on t.id ="
        f" c.ticket_id) c where {flag('c.public')} is not null",
    )


def _users(staging: Staging, _tables: Mapping[str, RawTable]) -> None:
    is_ours = "coalesce((select p.kind = 'human' from z_people p where p.id = z.id), false)"
    staging.add(
        "agent", entity("user", {"name": "z.name", "role": "z.role"}), f"z_user z where {is_ours}"
    )
    staging.add(
        "customer",
        entity("user", {"name": "z.name", "account_id": "z.organization_id"}),
        f"z_user z where not {is_ours}",
    )


def _groups(staging: Staging, _tables: Mapping[str, RawTable]) -> None:
    staging.add("team", entity("group", {"name": "z.name"}), "z_group z")


def _organizations(staging: Staging, _tables: Mapping[str, RawTable]) -> None:
    staging.add("account", entity("organization", {"name": "z.name"}), "z_organization z")


def _ticket_schedules(staging: Staging, _tables: Mapping[str, RawTable]) -> None:
    reject_time(staging, "ticket_schedule", "created_at")
    staging.add(
        "field_changed",
        {
            "record_id": (
                "'zendesk:ticket_schedule:' || z.ticket_id || ':' || z.created_at || ':' ||"
                " z.schedule_id"
            ),
            "source_id": "z.ticket_id",
            "occurred_at": at("z.created_at"),
            "ticket_id": "z.ticket_id",
            "actor_kind": "'automation'",
            "cause": "'automation'",
            "field": "'calendar_id'",
            "value": "z.schedule_id",
            "_file": "z._file",
            "_row": "z._row",
        },
        "z_ticket_schedule z",
    )


def _nothing(_staging: Staging, _tables: Mapping[str, RawTable]) -> None:
    """Holidays are read with their schedules; tags and custom statuses with the tickets."""


STAGERS: dict[str, Callable[[Staging, Mapping[str, RawTable]], None]] = {
    "ticket": _tickets,
    "ticket_field_history": _history,
    "ticket_comment": _comments,
    "user": _users,
    "group": _groups,
    "organization": _organizations,
    "schedule": lambda staging, tables: stage_schedules(
        staging, has_holidays="schedule_holiday" in tables
    ),
    "schedule_holiday": _nothing,
    "ticket_schedule": _ticket_schedules,
    "sla_policy_metric_history": stage_policies,
    "ticket_sla_policy": stage_ticket_policies,
    "satisfaction_rating": _ratings,
    "ticket_tag": _nothing,
    "custom_status": _nothing,
}

source = Source(
    "zendesk",
    "Zendesk connector tables: a folder of CSV or Parquet files",
    read,
    find_zendesk_tables,
    reads_folders=True,
)
