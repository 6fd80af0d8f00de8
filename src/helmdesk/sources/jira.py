"""Jira Service Management as connector tables: issue, issue_field_history, comment, status,
priority, user and more.

Statuses are read by their category (to do, in progress, done) and, within progress, by name:
waiting for a customer, pending, waiting for a vendor. Times are UTC. How an issue ended is told by
its status ("Declined") and by its resolution ("Won't Do"); words that are not known here stand in a
``--mapping``: ``[outcomes]``, then ``declined = ["Too dear"]``.

Who is who: the reporter is the customer of his issue. Of the team are members of a service desk's
own groups, whoever was ever assigned an issue or wrote an internal comment, and who changed the
status of others' issues without reporting any (who does both is unknown). Accounts of customers and
apps are what their type says. Whoever reports issues else is a customer, anybody else unknown. An
issue whose creator is of the team, and not its reporter, was written down for the reporter.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from helmdesk.records.staging import Staging
from helmdesk.sources.parts.source import Options, Source
from helmdesk.sources.parts.tables import (
    entity_columns,
    find_tables,
    note_undated,
    open_tables,
    reject_times,
    seen_columns,
)
from helmdesk.sources.reading.flags import flag, flag_fault
from helmdesk.sources.reading.outcome_words import WORDS
from helmdesk.sources.reading.outcomes import outcome, own_outcomes, tell_unknown, words_of
from helmdesk.sources.reading.raw_tables import RawTable
from helmdesk.sources.reading.roles import AUTOMATED, UNKNOWN
from helmdesk.sources.reading.times import TimeReader
from helmdesk.sources.reading.words import with_own_words

TIMES = TimeReader("UTC")
ENDED = "case when s.status = 'solved' then s.outcome end"
REQUIRED: dict[str, tuple[str, ...]] = {
    "issue": ("id", "created", "status"),
    "issue_field_history": ("field_id", "issue_id", "time", "value"),
    "comment": ("id", "issue_id", "author_id", "created"),
    "status": ("id", "name", "status_category_id"),
    "status_category": ("id", "name"),
    "priority": ("id", "name"),
    "resolution": ("id", "name"),
    "issue_type": ("id", "name"),
    "user": ("id", "name"),
    "user_group": ("user_id", "group_name"),
    "project": ("id", "name"),
}
OPTIONAL: dict[str, tuple[str, ...]] = {
    "issue": (
        "key",
        "summary",
        "assignee",
        "reporter",
        "creator",
        "priority",
        "issue_type",
        "project",
        "resolution",
        "updated",
        "resolved",
        "status_category_changed",
        "_fivetran_deleted",
    ),
    "issue_field_history": ("author_id",),
    "comment": ("body", "is_public"),
    "user": ("account_type",),
}


def find_jira_tables(paths: Sequence[Path]) -> dict[str, Path]:
    """Return the files of known tables by name; there must be an issue table."""
    return find_tables(paths, REQUIRED, "issue")


def read(staging: Staging, paths: Sequence[Path], options: Options) -> None:
    """Stage the records of an export; `options.mapping` may hold the user's own words for
    outcomes.
    """
    tables = open_tables(staging, paths, REQUIRED, OPTIONAL, "issue", "j", options)
    _vocabularies(
        staging,
        tables,
        own_outcomes(with_own_words({"outcomes": WORDS}, options.mapping, "jira")["outcomes"]),
    )
    _people(staging, tables)
    _issues(staging, tables)
    if "issue_field_history" in tables:
        _history(staging, tables)
    if "comment" in tables:
        _comments(staging)
    if "user" in tables:
        for kind, sides in (("agent", "'human'"), ("customer", f"'customer', '{UNKNOWN}'")):
            staging.add(
                kind,
                entity_columns("jira", kind, {"name": "z.name"}, "null::timestamptz"),
                f"j_user z where z.id in (select id from j_people where kind in ({sides}))",
            )
    if "project" in tables:
        staging.add(
            "team",
            entity_columns("jira", "team", {"name": "z.name"}, "null::timestamptz"),
            "j_project z",
        )


def _at(column: str) -> str:
    return TIMES.instant(column)


def _vocabularies(staging: Staging, tables: Mapping[str, RawTable], own: Mapping[str, str]) -> None:
    """Create look-ups of names, of canonical statuses and of outcomes; a status nobody describes
    has none.
    """
    run = staging.connection.execute
    for table in ("priority", "issue_type", "resolution"):
        rows = (
            f"select id, name from j_{table}"
            if table in tables
            else "select null::varchar as id, null::varchar as name where false"
        )
        run(f"create temp table j_{table}_names as {rows}")
    if "status" in tables:
        category = (
            "(select name from j_status_category c where c.id = s.status_category_id)"
            if "status_category" in tables
            else "null::varchar"
        )
        ended = outcome("name", words_of(staging, "j_status", "name"), own)
        run(
            f"""create temp table j_statuses as select id, name, {ended} as outcome,
                case when lower({category}) = 'done' then 'solved'
            when regexp_matches(lower(name),
                'waiting for customer|awaiting customer|waiting for reporter|pending customer')
                then 'waiting_customer'
            when lower(name) in ('waiting for support', 'waiting for agent') then 'open'
            when regexp_matches(lower(name), 'pending|on hold|waiting for|vendor|third party')
                then 'waiting_third_party'
            when lower({category}) = 'to do' then 'new'
            when lower({category}) = 'in progress' then 'open'
            when lower(name) in ('done', 'resolved', 'closed') or {ended} is not null then 'solved'
            when lower(name) in ('to do', 'open', 'new') then 'new' when {category} is null
                then 'open' end as status from j_status s"""
        )
    else:
        run(
            "create temp table j_statuses as select * from (select null::varchar as id,"
            " null::varchar as name, null::varchar as outcome, null::varchar as status) where false"
        )
    told = ["select resolution as id from j_issue"]
    if "issue_field_history" in tables:
        told.append("select value from j_issue_field_history where field_id = 'resolution'")
    run(f"""create temp table j_resolved as select id, name as word, count(*) as issues
        from (select t.id, coalesce(n.name, t.id) as name from ({" union all ".join(told)}) t
            left join j_resolution_names n on n.id = t.id)
        where id is not null and lower(name) <> 'unresolved' group by all""")
    words = dict(
        run(
            "select word, sum(issues)::bigint from j_resolved group by 1 order by 2 desc, 1"
        ).fetchall()
    )
    run(
        f"create temp table j_resolutions as select id, coalesce({outcome('word', words, own)},"
        " 'solved') as outcome from j_resolved"
    )
    tell_unknown(
        staging,
        "resolutions",
        words,
        "say in a file with [outcomes] what they mean, and load with --mapping FILE",
        own,
    )


SERVICE_DESK_GROUP = "servicedesk|service desk|servicemanagement|service management"


def _people(staging: Staging, tables: Mapping[str, RawTable]) -> None:
    """Create ``j_people``, the side of everybody of whom the export tells it; what tells more of a
    person goes before what tells less.
    """
    told = [
        (4, "human", "select assignee from j_issue"),
        (7, "customer", "select reporter from j_issue"),
    ]
    if "user" in tables:
        told += [
            (1, "customer", "select id from j_user where lower(account_type) = 'customer'"),
            (1, "automation", "select id from j_user where lower(account_type) = 'app'"),
        ]
    if "user_group" in tables:
        group = "regexp_replace(lower(group_name), '[^a-z]+', ' ', 'g')"
        told += [
            (
                2,
                "customer",
                (
                    f"select user_id from j_user_group where regexp_matches({group},"
                    f" '{SERVICE_DESK_GROUP}') and {group} like '%customer%'"
                ),
            ),
            (
                3,
                "human",
                (
                    f"select user_id from j_user_group where regexp_matches({group},"
                    f" '{SERVICE_DESK_GROUP}') and {group} not like '%customer%'"
                ),
            ),
        ]
    if "comment" in tables:
        told.append((5, "human", f"select author_id from j_comment where not {flag('is_public')}"))
    if "issue_field_history" in tables:
        changers = (
            "select h.author_id as id from j_issue_field_history h where h.field_id = 'status' and"
            " h.author_id is distinct from (select max(reporter) from j_issue i where i.id ="
            " h.issue_id)"
        )
        told += [
            (4, "human", "select value from j_issue_field_history where field_id = 'assignee'"),
            # An agent with an issue of his own, or a customer who closed a colleague's: nothing
            # tells which.
            (6, UNKNOWN, f"select id from ({changers}) where id in (select reporter from j_issue)"),
            (8, "human", changers),
        ]
    rows = " union all ".join(
        f"select {rank} as rank, '{kind}' as kind, id from ({people}) t(id)"
        for rank, kind, people in told
    )
    staging.connection.execute(
        f"create temp table j_people as select id, arg_min(kind, rank) as kind from ({rows}) where"
        " id is not null group by id"
    )


def _side(person: str, issue: str) -> str:
    """Return SQL of the side of a person on an issue."""
    return (
        f"case when {person} = (select max(reporter) from j_issue i where i.id = {issue}) then"
        f" 'customer' else coalesce((select p.kind from j_people p where p.id = {person}),"
        f" '{UNKNOWN}') end"
    )


def _issues(staging: Staging, tables: Mapping[str, RawTable]) -> None:
    reject_times(staging, "j_issue", "created", TIMES)
    staging.reject(
        "status",
        "status",
        "'a status that the status table does not describe'",
        "j_issue where status is not null and status not in (select id from j_statuses where status"
        " is not null)",
    )
    untold = dict.fromkeys(("status", "assignee", "priority", "issuetype", "resolution"), "true")
    if "issue_field_history" in tables:
        rows = "select issue_id from j_issue_field_history where issue_id is not null and field_id"
        untold = {field: f"j.id not in ({rows} = '{field}')" for field in untold}

    def first(field: str, value: str) -> str:
        """A row shows today's value; where its history is told, the first value comes from
        there.
        """
        return f"case when {untold[field]} then {value} end"

    fault = flag_fault("_fivetran_deleted")
    staging.reject(
        "_fivetran_deleted", "_fivetran_deleted", fault, f"j_issue where {fault} is not null"
    )
    priority = "coalesce((select name from j_priority_names p where p.id = j.priority), j.priority)"
    issue_type = (
        "coalesce((select name from j_issue_type_names t where t.id = j.issue_type), j.issue_type)"
    )
    changed = f"coalesce({_at('j.updated')}, {_at('j.created')})"
    is_typed = (
        "coalesce(j.creator <> j.reporter and j.creator in (select id from j_people where kind ="
        " 'human'), false)"
    )
    own = "'jira:issue:' || j.id"
    base = {"source_id": "j.key", "ticket_id": "j.id", "_file": "j._file", "_row": "j._row"}
    since = f"coalesce({_at('j.resolved')}, {_at('j.status_category_changed')}, {_at('j.updated')})"
    # Done at a time that nothing tells: neither open nor of any duration.
    present = "(select s.status from j_statuses s where s.id = j.status)"
    undated = f"({since} is null and {present} in ('solved', 'closed') and {untold['status']})"
    note_undated(
        staging, f"j_issue j where {undated}", "resolved, status_category_changed or updated"
    )
    staging.add(
        "created",
        {
            **base,
            "record_id": f"{own} || ':created'",
            "occurred_at": _at("j.created"),
            "seq": "0",
            "actor_id": (
                f"case when {is_typed} then j.creator else coalesce(j.reporter, j.creator) end"
            ),
            "actor_kind": f"case when {is_typed} then 'human' else 'customer' end",
            "is_outbound": "false",
            "channel": "'portal'",
            "subject": "j.summary",
            "priority": first("priority", priority),
            "issue_type": issue_type,
            "agent_id": f"coalesce({first('assignee', 'j.assignee')}, '')",
            "team_id": "j.project",
            "customer_id": "coalesce(j.reporter, j.creator)",
            "status": f"case when {undated} then {present} else 'new' end",
            "extra": "j.extra",
            "stated_at": changed,
        },
        "j_issue j",
    )
    shown = {
        field: first(told, f"coalesce({value}, '')")
        for field, told, value in (
            ("agent_id", "assignee", "j.assignee"),
            ("priority", "priority", priority),
            ("issue_type", "issuetype", issue_type),
        )
    }
    shown["outcome"] = first(
        "resolution", "(select e.outcome from j_resolutions e where e.id = j.resolution)"
    )
    staging.add(
        "seen",
        {
            **base,
            **seen_columns(own, changed, {**shown, "team_id": "coalesce(j.project, '')"}),
            "seq": "0",
        },
        f"j_issue j where {changed} is not null",
    )
    since = f"coalesce({since}, {_at('j.created')})"
    staging.add(
        "status_changed",
        {
            **base,
            "record_id": f"{own} || ':status:' || epoch_us({since}) || ':' || j.status",
            "seq": "0",
            "fidelity": "'derived'",
            "occurred_at": since,
            "status": "s.status",
            "status_raw": "s.name",
            "outcome": ENDED,
        },
        "j_issue j join j_statuses s on s.id = j.status where s.status is not null and not"
        f" coalesce({undated}, false) and {untold['status']}",
    )
    staging.add(
        "deleted",
        {
            **base,
            "record_id": f"{own} || ':deleted'",
            "occurred_at": changed,
            "fidelity": "'derived'",
        },
        f"j_issue j where {flag('j._fivetran_deleted')}",
    )


def _history(staging: Staging, tables: Mapping[str, RawTable]) -> None:
    reject_times(staging, "j_issue_field_history", "time", TIMES)
    base = {
        "record_id": (
            "'jira:history:' || h.issue_id || ':' || h.field_id || ':' || h.time || ':' ||"
            " coalesce(h.value, '')"
        ),
        "source_id": "h.issue_id",
        "occurred_at": _at("h.time"),
        "ticket_id": "h.issue_id",
        "actor_id": "h.author_id",
        "actor_kind": (
            "case when h.author_id is null then 'automation' else"
            f" {_side('h.author_id', 'h.issue_id')} end"
        ),
        "_file": "h._file",
        "_row": "h._row",
    }
    rows = "j_issue_field_history h"
    staging.reject(
        "value",
        "h.value",
        "'a status that the status table does not describe'",
        f"{rows} where h.field_id = 'status' and h.value is not null and h.value not in (select id"
        " from j_statuses where status is not null)",
        is_whole_row=True,
    )
    staging.add(
        "status_changed",
        {**base, "status": "s.status", "status_raw": "s.name", "outcome": ENDED},
        f"{rows} join j_statuses s on s.id = h.value where h.field_id = 'status' and s.status is"
        " not null",
    )
    staging.add(
        "assigned",
        {**base, "agent_id": "coalesce(h.value, '')"},
        f"{rows} where h.field_id = 'assignee'",
    )
    staging.add(
        "field_changed",
        {
            **base,
            "field": "case h.field_id when 'issuetype' then 'issue_type' else h.field_id end",
            "value": (
                "case h.field_id when 'priority' then coalesce((select name from j_priority_names p"
                " where p.id = h.value), h.value) when 'issuetype' then coalesce((select name from"
                " j_issue_type_names t where t.id = h.value), h.value) else h.value end"
            ),
        },
        f"{rows} where h.field_id not in ('status', 'assignee', 'created')",
    )
    staging.add(
        "field_changed",
        {
            **base,
            "record_id": f"{base['record_id']} || ':outcome'",
            "field": "'outcome'",
            "value": "coalesce((select e.outcome from j_resolutions e where e.id = h.value), '')",
        },
        f"{rows} where h.field_id = 'resolution'",
    )
    (orphans,) = staging.connection.execute(
        "select count(distinct issue_id) from j_issue_field_history where issue_id not in (select"
        " id from j_issue)"
    ).fetchone() or (0,)
    if orphans:
        staging.note(
            f"{orphans:,} issues have a history but are not in the issue table; kept, and counted"
            " once they arrive"
        )


def _comments(staging: Staging) -> None:
    reject_times(staging, "j_comment", "created", TIMES)
    # Projects without a portal have no such column: there, everybody who sees the issue sees the
    # comment.
    fault = flag_fault("is_public")
    staging.reject(
        "is_public", "is_public", fault, f"j_comment where {fault} is not null", is_whole_row=True
    )
    staging.add(
        "message",
        {
            "record_id": "'jira:comment:' || c.id",
            "source_id": "c.id",
            "occurred_at": _at("c.created"),
            "ticket_id": "c.issue_id",
            "actor_id": "c.author_id",
            "actor_kind": "c.kind",
            "direction": (
                f"case when c.kind in ('customer', '{UNKNOWN}') then 'inbound' else 'outbound' end"
            ),
            "visibility": (
                f"case when coalesce({flag('c.is_public')}, true) then 'public' else 'internal' end"
            ),
            "is_automated": f"c.kind in {AUTOMATED}",
            "text": "c.body",
            "_file": "c._file",
            "_row": "c._row",
        },
        f"(select c.*, {_side('c.author_id', 'c.issue_id')} as kind from j_comment c) c where"
        f" {fault} is null",
    )


source = Source(
    "jira",
    "Jira Service Management connector tables: a folder of CSV or Parquet files",
    read,
    find_jira_tables,
    reads_folders=True,
)
