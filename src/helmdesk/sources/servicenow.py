"""ServiceNow incident log: one row per saved version of an incident; changes are what differs.

Rows are ordered by their own time, the system's save counter and the file's order. Final times
(``resolved_at``, ``closed_at``) stand on every row of an incident, so they never become events: a
state changes when a row first shows it. The close code says how the incident ended. Counters and
the SLA verdict are kept as what the source asserts.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from helmdesk.quoting import name, text
from helmdesk.records.staging import Staging
from helmdesk.sources.parts.recognition import read_recognised, recognised
from helmdesk.sources.parts.source import Options, Source, named_paths
from helmdesk.sources.parts.tables import seen_columns
from helmdesk.sources.reading.flags import flag, flag_fault
from helmdesk.sources.reading.outcome_words import WORDS
from helmdesk.sources.reading.outcomes import (
    outcome,
    outcome_of,
    own_outcomes,
    tell_unknown,
    words_of,
)
from helmdesk.sources.reading.preview import first_rows
from helmdesk.sources.reading.raw_tables import RawTable, read_table
from helmdesk.sources.reading.spelled_times import ISO
from helmdesk.sources.reading.times import MEND, NO_TIME, TimeReader, spelling_of
from helmdesk.sources.reading.words import with_own_words

STATUS = {
    "New": "new",
    "Active": "open",
    "Awaiting User Info": "waiting_customer",
    "Awaiting Vendor": "waiting_third_party",
    "Awaiting Problem": "waiting_third_party",
    "Awaiting Evidence": "waiting_third_party",
    "Resolved": "solved",
    "Closed": "closed",
    "Canceled": "closed",
    "Cancelled": "closed",
    "Closed Complete": "closed",
    "Closed Incomplete": "closed",
    "Closed Skipped": "closed",
}
REQUIRED = ("number", "incident_state", "sys_updated_at", "opened_at")
COUNTERS = {"reassignment_count": "transfers", "reopen_count": "reopens"}
KNOWN = (
    "number",
    "incident_state",
    "active",
    "reassignment_count",
    "reopen_count",
    "sys_mod_count",
    "made_sla",
    "sla_due",
    "caller_id",
    "opened_by",
    "opened_at",
    "sys_created_by",
    "sys_created_at",
    "sys_updated_by",
    "sys_updated_at",
    "contact_type",
    "location",
    "category",
    "subcategory",
    "u_symptom",
    "cmdb_ci",
    "impact",
    "urgency",
    "priority",
    "assignment_group",
    "assigned_to",
    "knowledge",
    "u_priority_confirmation",
    "notify",
    "problem_id",
    "rfc",
    "vendor",
    "caused_by",
    "closed_code",
    "close_code",
    "resolved_by",
    "resolved_at",
    "closed_at",
)
KEPT = (
    "subcategory",
    "u_symptom",
    "cmdb_ci",
    "impact",
    "urgency",
    "knowledge",
    "notify",
    "opened_by",
    "close_code",
)
# Columns that change nothing here and say nothing that the others do not.
UNUSED = (
    "active",
    "sys_created_by",
    "sys_created_at",
    "u_priority_confirmation",
    "problem_id",
    "rfc",
    "vendor",
    "caused_by",
    "resolved_by",
    "closed_at",
)
MISSING = "?"
# The first decides how all are written; the others tell day from month where it does not.
TIMES = ("sys_updated_at", "opened_at", "resolved_at", "sla_due")


def read(staging: Staging, paths: Sequence[Path], options: Options) -> None:
    """Stage the records of one or more incident logs (CSV, gzip or not).

    A list view, which shows every incident once as it stands, is read by its profile. Times without
    a zone of a log are UTC unless `options.time_zone` names one.
    """
    if not {"incident_state", "sys_updated_at"} <= {
        *first_rows(paths[0], 1, staging.limits, options.sheets)[0]
    } and recognised(paths[0], staging, options):
        read_recognised(staging, paths, options, only="servicenow")
        return
    tables = [
        read_table(staging, path, required=REQUIRED, known=KNOWN, skip=UNUSED) for path in paths
    ]
    if options.time_zone is None:
        staging.note("times carry no zone and were read as UTC; --time-zone names another")
    extra = _combine(staging, tables)
    spelling = spelling_of(staging, "incident_rows", TIMES, str(paths[0]), MEND, options.dates)
    times = TimeReader(options.time_zone or "UTC", spelling or ISO)
    staging.on_step("comparing versions of each incident")
    own = own_outcomes(
        with_own_words({"outcomes": WORDS}, options.mapping, "servicenow")["outcomes"]
    )
    # "Canceled by caller" is a state of a desk's own: what says how an incident ended, ends it.
    states = {
        word: found
        for word in words_of(staging, "incident_rows", "incident_state")
        if (found := outcome_of(word, own))
    }
    statuses = {
        word: "solved" if found == "solved" else "closed" for word, found in states.items()
    } | STATUS
    _versions(staging, times, statuses)
    _reject_cells(staging, times)
    staging.on_step("writing down what changed")
    _stage_records(
        staging, times, extra, _closings(staging, own), outcome("incident_state", states, own)
    )
    _describe(staging)


def _combine(staging: Staging, tables: Sequence[RawTable]) -> str:
    """One view over all files, '?' as null, absent optional columns as null.

    Returns SQL that gives the columns no field stands for as JSON.
    """
    known = [column for column in KNOWN if column not in UNUSED]
    unknown = sorted({column for table in tables for column in table.columns} - set(KNOWN))
    selects = []
    for table in tables:
        cells = [
            (
                f"nullif({name(column)}, '{MISSING}') as {name(column)}"
                if column in table.columns
                else f"null::varchar as {name(column)}"
            )
            for column in [*known, *unknown]
        ]
        selects.append(f"select {', '.join(cells)}, _file, _row from {table.table}")
    staging.connection.execute("create view incident_rows as " + " union all ".join(selects))
    return (
        "to_json(struct_pack("
        + ", ".join(f"{name(column)} := r.{name(column)}" for column in [*KEPT, *unknown])
        + "))"
    )


def _versions(staging: Staging, times: TimeReader, known: Mapping[str, str]) -> None:
    """Order the versions of each incident and put each beside the one before: one sort of the few
    columns that change.
    """
    statuses = " ".join(f"when {text(raw)} then {text(status)}" for raw, status in known.items())
    staging.connection.execute(f"""create table versions as
        with parsed as (
            select number, _file, _row, sys_updated_at,
                {times.instant("sys_updated_at")} as seen_at,
                try_cast(sys_mod_count as bigint) as save_number,
                incident_state, case incident_state {statuses} end as status,
                assignment_group, assigned_to, priority, category, made_sla,
                {times.instant("sla_due")} as due_at, sys_updated_by,
                try_cast(reassignment_count as bigint) as transfers,
                try_cast(reopen_count as bigint) as reopens
            from incident_rows)
        select *, row_number() over life as version,
            lag(_file) over life = _file and lag(_row) over life > _row as is_out_of_order,
            last_value(status ignore nulls) over before as last_status,
            lag(assignment_group) over life as last_group,
            lag(assigned_to) over life as last_assignee,
            lag(priority) over life as last_priority, lag(category) over life as last_category,
            lag(made_sla) over life as last_verdict, lag(due_at) over life as last_due_at,
            coalesce(lag(transfers) over life, 0) as last_transfers,
            coalesce(lag(reopens) over life, 0) as last_reopens
        from parsed where seen_at is not null and number is not null
        window life as (partition by number order by seen_at, save_number, _file, _row),
            before as (partition by number order by seen_at, save_number, _file, _row
                rows between unbounded preceding and 1 preceding)""")


def _reject_cells(staging: Staging, times: TimeReader) -> None:
    run = staging.connection.execute
    ((rows, kept),) = run(
        "select (select count(*) from incident_rows), (select count(*) from versions)"
    ).fetchall()
    if kept < rows:
        fault = times.fault("sys_updated_at")
        for column, reason, where in (
            ("sys_updated_at", fault, f"{fault} is not null"),
            ("sys_updated_at", text(NO_TIME), "sys_updated_at is null"),
            ("number", "'no incident number'", "number is null"),
        ):
            staging.reject(
                column, column, reason, f"incident_rows where {where}", is_whole_row=True
            )
    # Few different times of these columns stand on many rows: look at each once.
    for column in ("opened_at", "sla_due"):
        fault = times.fault(column)
        bad = (
            f"(select {column} from (select distinct {column} from incident_rows) where {fault} is"
            " not null)"
        )
        ((any_bad,),) = run(f"select count(*) from {bad}").fetchall()
        if any_bad:
            staging.reject(column, column, fault, f"incident_rows where {column} in {bad}")
    staging.reject(
        "opened_at",
        "null",
        text(NO_TIME),
        "versions v where version = 1 and (_file, _row) in (select (_file, _row) from incident_rows"
        " where opened_at is null)",
    )
    fault = flag_fault("made_sla")
    staging.reject("made_sla", "made_sla", fault, f"versions where {fault} is not null")
    staging.reject(
        "incident_state",
        "incident_state",
        "'unknown state; the row was kept and the state left as it was before'",
        "versions where status is null and incident_state is not null",
    )


def _closings(staging: Staging, own: dict[str, str]) -> str:
    """Create ``closings``, the last close code of each incident; return SQL of the outcome it
    means.
    """
    staging.connection.execute(
        "create temp table closings as select v.number, arg_max(coalesce(r.close_code,"
        " r.closed_code), v.version) as code from versions v join incident_rows r on r._file ="
        " v._file and r._row = v._row where coalesce(r.close_code, r.closed_code) is not null group"
        " by v.number"
    )
    words = words_of(staging, "closings", "code")
    tell_unknown(
        staging,
        "close codes",
        words,
        "say in a file with [outcomes] what they mean, and load with --mapping FILE",
        own,
    )
    return outcome("e.code", words, own)


def _stage_records(
    staging: Staging, times: TimeReader, extra: str, ended: str, state_outcome: str
) -> None:
    # The save counter is not unique, so the row itself is the identity: its incident, save and
    # time.
    prefix = (
        "'servicenow:' || number || ':' || coalesce(save_number, -1) || ':' || epoch_us(seen_at) //"
        " 60000000"
    )
    here = {
        "occurred_at": "seen_at",
        "seq": "version",
        "ticket_id": "number",
        "actor_id": "sys_updated_by",
        "fidelity": "'derived'",
        "_file": "_file",
        "_row": "_row",
    }

    def change(type_name: str, tag: str, columns: dict[str, str], where: str) -> None:
        ids = {"record_id": f"{prefix} || ':{tag}'"}
        staging.add(type_name, {**ids, **here, **columns}, f"versions where {where}")

    staging.add(
        "created",
        {
            "record_id": "'servicenow:' || v.number || ':created'",
            "ticket_id": "v.number",
            "_file": "v._file",
            "_row": "v._row",
            "occurred_at": times.instant("r.opened_at"),
            "seq": "0",
            "fidelity": "'native'",
            "actor_kind": "'customer'",
            "channel": "lower(r.contact_type)",
            "priority": "v.priority",
            "issue_type": "v.category",
            "customer_id": "r.caller_id",
            "region": "r.location",
            "agent_id": "coalesce(v.assigned_to, '')",
            "team_id": "coalesce(v.assignment_group, '')",
            "status": "'new'",
            "outcome": ended,
            "extra": extra,
            "stated_at": "v.seen_at",
        },
        "versions v join incident_rows r on r._file = v._file and r._row = v._row left join"
        " closings e on e.number = v.number where v.version = 1",
    )
    change(
        "status_changed",
        "status",
        {
            "status": "status",
            "status_raw": "incident_state",
            "outcome": f"case when status in ('solved', 'closed') then {state_outcome} end",
        },
        "status is distinct from coalesce(last_status, 'new') and status is not null",
    )
    shown = {
        column: f"coalesce({value}, '')"
        for column, value in (
            ("agent_id", "assigned_to"),
            ("team_id", "assignment_group"),
            ("priority", "priority"),
            ("issue_type", "category"),
        )
    }
    staging.add(
        "seen",
        {**here, **seen_columns("'servicenow:' || number", "seen_at", shown, "sys_updated_at")},
        "versions where version = 1",
    )
    change(
        "assigned",
        "assigned",
        {"agent_id": "coalesce(assigned_to, '')", "team_id": "coalesce(assignment_group, '')"},
        "version > 1 and (assignment_group is distinct from last_group or assigned_to is distinct"
        " from last_assignee)",
    )
    for field, column, before in (
        ("priority", "priority", "last_priority"),
        ("issue_type", "category", "last_category"),
    ):
        change("field_changed", field, {"field": f"'{field}'", "value": column, "previous": before},
               f"version > 1 and {column} is distinct from {before}")  # fmt: skip
    change(
        "source_verdict",
        "verdict",
        {"clock": "'source'", "is_met": flag("made_sla"), "fidelity": "'asserted'"},
        f"{flag('made_sla')} is not null and (version = 1 or made_sla is distinct from"
        " last_verdict)",
    )
    change(
        "policy_applied",
        "due",
        {"policy_id": "'sla_due'", "clock": "'due_date'", "due_at": "due_at"},
        "due_at is not null and due_at is distinct from last_due_at",
    )
    change(
        "policy_removed",
        "not_due",
        {"policy_id": "'sla_due'", "clock": "'due_date'"},
        "due_at is null and last_due_at is not null",
    )
    # Counters begin at zero, so only changes are written; one explicit value says that the source
    # keeps the counter.
    first = staging.connection.execute(
        "select _file, _row from versions order by _file, _row limit 1"
    ).fetchone() or (0, 0)
    anyone = f"(_file = {first[0]} and _row = {first[1]})"
    for metric in COUNTERS.values():
        change(
            "asserted_value",
            metric,
            {"metric": f"'{metric}'", "number": metric, "fidelity": "'asserted'"},
            f"{metric} is not null and ({metric} <> last_{metric} or {anyone})",
        )


def _describe(staging: Staging) -> None:
    """Say what a reader of this log should know, in figures."""
    row = staging.connection.execute(
        f"""with last as (select number, arg_max(made_sla, version) as met, arg_max(reopens,
            version) as reopens,
               arg_max(transfers, version) as transfers from versions group by number)
           select count(*), avg({flag("met")}::int), avg((reopens > 0)::int),
               avg((transfers > 0)::int) from last"""
    ).fetchone()
    if row and row[0]:
        labels = (
            "within SLA by the source's verdict",
            "reopened at least once",
            "reassigned at least once",
        )
        shares = [
            f"{share:.2%} {label}"
            for share, label in zip(row[1:], labels, strict=True)
            if share is not None
        ]
        staging.note(
            f"{row[0]:,} incidents; at the last event of each:"
            f" {', '.join(shares) or 'no verdict and no counters'}"
        )
    for sentence, rows in (
        (
            "earlier than the row before it in its incident; ordered by time",
            "versions where is_out_of_order",
        ),
        (
            "opened after its first saved version; the opening time was kept",
            (
                "versions v join staged_ticket s on s.ticket_id = v.number and s.type = 'created'"
                " where v.version = 1 and s.occurred_at > v.seen_at"
            ),
        ),
    ):
        (count,) = staging.connection.execute(f"select count(*) from {rows}").fetchone() or (0,)
        if count:
            staging.note(f"{count:,} row{'s' if count != 1 else ''} {sentence}")
    (count,) = staging.connection.execute(
        "select count(*) from incident_rows where resolved_at is null"
    ).fetchone() or (0,)
    if count:
        staging.note(
            f"{count:,} rows without resolved_at (not needed: solving is read from the state)"
        )


source = Source("servicenow", "ServiceNow incident log (CSV of saved versions)", read, named_paths)
