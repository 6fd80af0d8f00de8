"""Jira Service Management as connector tables: issue, issue_field_history, comment, status, priority, user and more.

Statuses are read by their category (to do, in progress, done) and, within progress, by name: waiting for a customer,
pending, waiting for a vendor. The reporter is the customer; everybody else who comments is of the team. Times are UTC.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from helmdesk.records.staging import Staging
from helmdesk.sources.reading.flags import flag, flag_fault
from helmdesk.sources.reading.raw_tables import RawTable, locate_lines
from helmdesk.sources.reading.times import TimeReader
from helmdesk.sources.source import Options, Source
from helmdesk.sources.tables import entity_columns, find_tables, open_tables, reject_times, seen_columns

TIMES = TimeReader("UTC")
REQUIRED: dict[str, tuple[str, ...]] = {
    "issue": ("id", "created", "status"),
    "issue_field_history": ("field_id", "issue_id", "time", "value"),
    "comment": ("id", "issue_id", "author_id", "created"),
    "status": ("id", "name", "status_category_id"),
    "status_category": ("id", "name"),
    "priority": ("id", "name"),
    "issue_type": ("id", "name"),
    "user": ("id", "name"),
    "project": ("id", "name"),
}
OPTIONAL: dict[str, tuple[str, ...]] = {
    "issue": ("key", "summary", "assignee", "reporter", "creator", "priority", "issue_type", "project", "updated", "resolved",
              "status_category_changed", "_fivetran_deleted"),
    "issue_field_history": ("author_id",),
    "comment": ("body", "is_public"),
}  # fmt: skip


def find_jira_tables(paths: Sequence[Path]) -> dict[str, Path]:
    """Return the files of known tables by name; there must be an issue table."""
    return find_tables(paths, REQUIRED, "issue")


def read(staging: Staging, paths: Sequence[Path], options: Options) -> None:
    """Stage the records of an export; options are not used."""
    tables = open_tables(staging, paths, REQUIRED, OPTIONAL, "issue", "j")
    _vocabularies(staging, tables)
    _issues(staging, tables)
    if "issue_field_history" in tables:
        _history(staging, tables)
    if "comment" in tables:
        _comments(staging)
    if "user" in tables:
        # Whoever reports is a customer; people who do both are of the team.
        staging.add("agent", entity_columns("jira", "agent", {"name": "z.name"}, "null::timestamptz"),
                    "j_user z where z.id in (select author_id from j_team)")  # fmt: skip
        staging.add("customer", entity_columns("jira", "customer", {"name": "z.name"}, "null::timestamptz"),
                    "j_user z where z.id in (select reporter from j_issue) and z.id not in (select author_id from j_team)")  # fmt: skip
    if "project" in tables:
        staging.add("team", entity_columns("jira", "team", {"name": "z.name"}, "null::timestamptz"), "j_project z")
    locate_lines(staging, list(tables.values()))


def _at(column: str) -> str:
    return TIMES.instant(column)


def _vocabularies(staging: Staging, tables: Mapping[str, RawTable]) -> None:
    """Create look-ups of names and of canonical statuses; a status nobody describes has none."""
    run = staging.connection.execute
    for table in ("priority", "issue_type"):
        rows = f"select id, name from j_{table}" if table in tables else "select null::varchar as id, null::varchar as name where false"
        run(f"create temp table j_{table}_names as {rows}")
    if "status" in tables:
        category = (
            "(select name from j_status_category c where c.id = s.status_category_id)" if "status_category" in tables else "null::varchar"
        )
        run(f"""create temp table j_statuses as select id, name, case
            when regexp_matches(lower(name), 'waiting for customer|awaiting customer|waiting for reporter|pending customer') then 'waiting_customer'
            when lower(name) in ('waiting for support', 'waiting for agent') then 'open'
            when regexp_matches(lower(name), 'pending|on hold|waiting for|vendor|third party') then 'waiting_third_party'
            when lower({category}) = 'done' then 'solved' when lower({category}) = 'to do' then 'new'
            when lower({category}) = 'in progress' then 'open'
            when lower(name) in ('done', 'resolved', 'closed', 'canceled', 'cancelled') then 'solved'
            when lower(name) in ('to do', 'open', 'new') then 'new' when {category} is null then 'open' end as status from j_status s""")
    else:
        run("create temp table j_statuses as select null::varchar as id, null::varchar as name, null::varchar as status where false")
    history = (
        "union select author_id from j_issue_field_history where field_id in ('status', 'assignee')"
        if "issue_field_history" in tables
        else ""
    )
    run(f"""create temp table j_team as select distinct author_id from (select assignee as author_id from j_issue {history}
        ) where author_id is not null and author_id not in (select coalesce(reporter, '') from j_issue)""")


def _issues(staging: Staging, tables: Mapping[str, RawTable]) -> None:
    reject_times(staging, "j_issue", "created", TIMES)
    staging.reject("status", "status", "'a status that the status table does not describe'",
                   "j_issue where status is not null and status not in (select id from j_statuses where status is not null)")  # fmt: skip
    untold = dict.fromkeys(("status", "assignee", "priority", "issuetype"), "true")
    if "issue_field_history" in tables:
        rows = "select issue_id from j_issue_field_history where issue_id is not null and field_id"
        untold = {field: f"j.id not in ({rows} = '{field}')" for field in untold}

    def first(field: str, value: str) -> str:
        """A row shows today's value; where its history is told, the first value comes from there."""
        return f"case when {untold[field]} then {value} end"

    fault = flag_fault("_fivetran_deleted")
    staging.reject("_fivetran_deleted", "_fivetran_deleted", fault, f"j_issue where {fault} is not null")
    priority = "coalesce((select name from j_priority_names p where p.id = j.priority), j.priority)"
    issue_type = "coalesce((select name from j_issue_type_names t where t.id = j.issue_type), j.issue_type)"
    changed = f"coalesce({_at('j.updated')}, {_at('j.created')})"
    own = "'jira:issue:' || j.id"
    base = {"source_id": "j.key", "ticket_id": "j.id", "_file": "j._file", "_row": "j._row"}
    staging.add(
        "created",
        {**base, "record_id": f"{own} || ':created'", "occurred_at": _at("j.created"), "seq": "0", "actor_id": "coalesce(j.reporter, j.creator)",
         "actor_kind": "'customer'", "channel": "'portal'", "subject": "j.summary", "priority": first("priority", priority),
         "issue_type": issue_type,
         "agent_id": f"coalesce({first('assignee', 'j.assignee')}, '')", "team_id": "j.project", "customer_id": "coalesce(j.reporter, j.creator)",
         "status": "'new'", "extra": "j.extra", "stated_at": changed},
        "j_issue j",
    )  # fmt: skip
    shown = {field: first(told, f"coalesce({value}, '')") for field, told, value in
             (("agent_id", "assignee", "j.assignee"), ("priority", "priority", priority), ("issue_type", "issuetype", issue_type))}  # fmt: skip
    staging.add(
        "seen",
        {**base, **seen_columns(own, changed, {**shown, "team_id": "coalesce(j.project, '')"}), "seq": "0"},
        f"j_issue j where {changed} is not null",
    )
    since = f"coalesce({_at('j.resolved')}, {_at('j.status_category_changed')}, {changed})"
    staging.add(
        "status_changed",
        {**base, "record_id": f"{own} || ':status:' || epoch_us({since}) || ':' || j.status", "seq": "0", "fidelity": "'derived'",
         "occurred_at": since,
         "status": "s.status", "status_raw": "s.name"},
        f"j_issue j join j_statuses s on s.id = j.status where s.status is not null and {untold['status']}",
    )  # fmt: skip
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
        "record_id": "'jira:history:' || h.issue_id || ':' || h.field_id || ':' || h.time || ':' || coalesce(h.value, '')",
        "source_id": "h.issue_id", "occurred_at": _at("h.time"), "ticket_id": "h.issue_id", "actor_id": "h.author_id",
        "actor_kind": "case when h.author_id is null then 'automation' else 'human' end", "_file": "h._file", "_row": "h._row",
    }  # fmt: skip
    rows = "j_issue_field_history h"
    staging.reject("value", "h.value", "'a status that the status table does not describe'",
                   f"{rows} where h.field_id = 'status' and h.value is not null and h.value not in (select id from j_statuses where status is not null)",
                   is_whole_row=True)  # fmt: skip
    staging.add("status_changed", {**base, "status": "s.status", "status_raw": "s.name"},
                f"{rows} join j_statuses s on s.id = h.value where h.field_id = 'status' and s.status is not null")  # fmt: skip
    staging.add("assigned", {**base, "agent_id": "coalesce(h.value, '')"}, f"{rows} where h.field_id = 'assignee'")
    staging.add(
        "field_changed",
        {**base, "field": "case h.field_id when 'issuetype' then 'issue_type' else h.field_id end",
         "value": "case h.field_id when 'priority' then coalesce((select name from j_priority_names p where p.id = h.value), h.value)"
                  " when 'issuetype' then coalesce((select name from j_issue_type_names t where t.id = h.value), h.value) else h.value end"},
        f"{rows} where h.field_id not in ('status', 'assignee', 'created')",
    )  # fmt: skip
    (orphans,) = staging.connection.execute(
        "select count(distinct issue_id) from j_issue_field_history where issue_id not in (select id from j_issue)"
    ).fetchone() or (0,)
    if orphans:
        staging.note(f"{orphans:,} issues have a history but are not in the issue table; kept, and counted once they arrive")


def _comments(staging: Staging) -> None:
    reject_times(staging, "j_comment", "created", TIMES)
    # Projects without a portal have no such column: there, everybody who sees the issue sees the comment.
    fault = flag_fault("is_public")
    staging.reject("is_public", "is_public", fault, f"j_comment where {fault} is not null", is_whole_row=True)
    kind = "case when c.author_id = (select max(reporter) from j_issue i where i.id = c.issue_id) then 'customer' else 'human' end"
    staging.add(
        "message",
        {"record_id": "'jira:comment:' || c.id", "source_id": "c.id", "occurred_at": _at("c.created"), "ticket_id": "c.issue_id", "actor_id": "c.author_id",
         "actor_kind": kind, "direction": f"case when {kind} = 'customer' then 'inbound' else 'outbound' end",
         "visibility": f"case when coalesce({flag('c.is_public')}, true) then 'public' else 'internal' end", "is_automated": "false",
         "text": "c.body", "_file": "c._file", "_row": "c._row"},
        f"j_comment c where {fault} is null",
    )  # fmt: skip


source = Source("jira", "Jira Service Management connector tables: a folder of CSV or Parquet files", read, find_jira_tables)
