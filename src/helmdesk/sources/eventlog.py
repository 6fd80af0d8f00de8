"""Event logs of process mining: one row an activity (CSV), or XES.

The first activity of a case creates its ticket. Activities are read as states by a table of words
that a mapping file may extend: ``[status] "Wait" = "waiting_customer"``. An activity that no table
knows means that somebody works on the case: open. The load report names those. Words that mean "not
done" ("Cancelled", "Rejected", "Duplicate") are that way of ending, and end the case where they are
its last activity; a mapping may add to them: ``[outcomes] declined = ["Too dear"]``.

The lifecycle of an activity is read too. Words of the XES standard (start, suspend, resume,
complete, ...) tell when somebody worked; any other word ("In Progress", "Wait - User") says more
closely than the activity in which state the case is. The group is the team; every other column is
kept as a dimension of the ticket.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from helmdesk.errors import InputError, MappingError, nearest
from helmdesk.quoting import text
from helmdesk.records.schema import STATUSES
from helmdesk.records.staging import Staging
from helmdesk.sources.parts.columns import Sheet, open_sheet, sheet_of, times_of
from helmdesk.sources.parts.source import Options, Source, named_paths
from helmdesk.sources.reading.outcome_words import WORDS
from helmdesk.sources.reading.outcomes import outcome, own_outcomes, words_of
from helmdesk.sources.reading.times import NO_TIME, TimeReader
from helmdesk.sources.reading.words import own_words
from helmdesk.sources.reading.xes import read_xes
from helmdesk.toml_file import read_document

STATUS = {
    "assign seriousness": "new",
    "create ticket": "new",
    "insert ticket": "new",
    "take in charge ticket": "open",
    "wait": "waiting_customer",
    "wait - user": "waiting_customer",
    "wait - customer": "waiting_customer",
    "awaiting user info": "waiting_customer",
    "wait - vendor": "waiting_third_party",
    "wait - implementation": "waiting_third_party",
    "require upgrade": "waiting_third_party",
    "resolve ticket": "solved",
    "resolved": "solved",
    "completed": "solved",
    "cancelled": "closed",
    "queued": "new",
    "awaiting assignment": "new",
    "accepted": "open",
    "assigned": "open",
    "in progress": "open",
    "in call": "open",
    "closed": "closed",
    "invalid": "closed",
    "duplicate": "closed",
}
# What the XES standard says of an activity; 'unknown' says nothing.
BEGINS, ENDS = ("start", "resume"), ("complete", "suspend", "ate_abort", "pi_abort")
# The activity is planned, paused or not done: the case stays in the state it is in.
STANDS = (
    "schedule",
    "assign",
    "reassign",
    "suspend",
    "manualskip",
    "autoskip",
    "withdraw",
    "ate_abort",
    "pi_abort",
)
STANDARD = (*BEGINS, *ENDS, *STANDS, "unknown")
LAYOUT = {
    "case_id": ("case_concept_name", "case_id", "caseid", "case", "trace_id"),
    "activity": ("concept_name", "activity", "activity_name", "task"),
    "occurred_text": (
        "time_timestamp",
        "timestamp",
        "complete_timestamp",
        "end_timestamp",
        "end_time",
        "event_time",
        "time",
    ),
    "start_text": ("start_timestamp", "start_time"),
    "resource": ("org_resource", "resource"),
    "team": ("org_group", "group", "team", "assignment_group"),
    "lifecycle": ("lifecycle_transition", "lifecycle", "transition"),
    "priority": ("priority", "case_priority"),
    "severity": ("severity", "case_severity"),
    "channel": ("channel", "case_channel"),
    # The same once more, under the name another tool gave it.
    "activity_again": ("activity",),
    "resource_again": ("resource",),
    "creator": ("case_creator",),
}
REQUIRED = {"case_id": "case_id", "activity": "concept:name", "occurred_text": "time:timestamp"}
SHOWN = 12


def read(staging: Staging, paths: Sequence[Path], options: Options) -> None:
    """Stage the records of event logs in CSV or XES, gzip or not."""
    own, endings = _own_words(options.mapping)
    sheets = [_open(staging, path, place) for place, path in enumerate(paths)]
    times = [_times(staging, sheet, options) for sheet in sheets]
    rows = " union all ".join(map(_rows, sheets, times))
    staging.connection.execute(f"create table log_rows as {rows}")
    for sheet, reader in zip(sheets, times, strict=True):
        _reject_cells(staging, sheet, reader)
    staging.on_step("ordering activities of each case")
    _order(staging, own, endings)
    has_team = any(sheet.has("team") for sheet in sheets)
    _stage(staging, has_team)
    _describe(staging, sheets)


def _own_words(mapping: Path | None) -> tuple[dict[str, str], dict[str, str]]:
    """Return the user's own statuses of activities, and outcomes of words."""
    if mapping is None:
        return {}, {}
    content, place = read_document(mapping, MappingError)
    own = content.pop("status", {} if "outcomes" in content else None)
    if not isinstance(own, dict):
        raise place.of("status").wrong(
            "an event log's mapping has one table, [status], of activity = status"
        )
    for activity, status in own.items():
        if status not in STATUSES:
            raise place.of("status", activity).wrong(
                f"status of '{activity}' is '{status}'{nearest(str(status), STATUSES)}"
                f" (known: {', '.join(STATUSES)})"
            )
    words = (
        own_words({"outcomes": WORDS}, content, place, "eventlog")["outcomes"] if content else {}
    )
    return {activity.lower(): status for activity, status in own.items()}, own_outcomes(words)


def _open(staging: Staging, path: Path, place: int) -> Sheet:
    is_xes = ".xes" in [suffix.lower() for suffix in path.suffixes]
    sheet = (
        sheet_of(staging, read_xes(staging, path), LAYOUT, place)
        if is_xes
        else open_sheet(staging, path, LAYOUT, (), place)
    )
    for meaning, standard in REQUIRED.items():
        if not sheet.has(meaning):
            raise InputError(
                f"{path}: missing column '{standard}'{nearest(standard, sheet.raw.columns)} (the"
                f" file has: {', '.join(sheet.raw.columns)})"
            )
    return sheet


def _times(staging: Staging, sheet: Sheet, options: Options) -> TimeReader:
    """Return how a file's times are written; ISO 8601 where a cell is none, so that it is
    quarantined and not the file.
    """
    is_iso = TimeReader(options.time_zone or "UTC")
    (readable,) = staging.connection.execute(
        f"select count({is_iso.instant('occurred_text')}) from {sheet.view}"
    ).fetchone() or (0,)
    return (
        is_iso
        if readable
        else times_of(staging, sheet, "occurred_text", options, beside=("start_text",))
    )


def _reject_cells(staging: Staging, sheet: Sheet, times: TimeReader) -> None:
    """Quarantine rows that are no event, and starts that cannot be read."""
    for column, label in (("case_id", "no case"), ("activity", "no activity")):
        staging.reject(
            sheet.given[column],
            column,
            text(label),
            f"{sheet.view} where {column} is null",
            is_whole_row=True,
        )
    unread = (
        f"coalesce({times.fault('occurred_text')}, case when occurred_text is null then"
        f" {text(NO_TIME)} end)"
    )
    staging.reject(
        sheet.given["occurred_text"],
        "occurred_text",
        unread,
        f"{sheet.view} where {unread} is not null",
        is_whole_row=True,
    )
    if sheet.has("start_text"):
        fault = times.fault("start_text")
        staging.reject(
            sheet.given["start_text"],
            "start_text",
            fault,
            f"{sheet.view} where {fault} is not null",
        )


def _rows(sheet: Sheet, times: TimeReader) -> str:
    """Return SQL of a file's events; a row with the times of both start and end is two of them."""
    kept = (
        "case_id, activity, resource, team, priority, severity, channel, extra, occurred_text,"
        " _file, _row"
    )
    ends = (
        f"select {kept}, lower(lifecycle) as lifecycle, {times.instant('occurred_text')} as"
        f" occurred_at from {sheet.view}"
    )
    if not sheet.has("start_text"):
        return ends
    begins = (
        f"select {kept}, 'start' as lifecycle, {times.instant('start_text')} as occurred_at from"
        f" {sheet.view}"
    )
    done = ends.replace("lower(lifecycle)", "coalesce(lower(lifecycle), 'complete')")
    return (
        f"{begins} where {times.instant('start_text')} < {times.instant('occurred_text')} union all"
        f" {done}"
    )


def _order(staging: Staging, own: dict[str, str], endings: dict[str, str]) -> None:
    """Make ``activities``: the events of each case in order, each with the state it leaves the case
    in.
    """

    def read_as(words: dict[str, str], cell: str) -> str:
        cases = " ".join(f"when {text(word)} then {text(status)}" for word, status in words.items())
        return f"case lower(trim({cell})) {cases} end" if words else "null"

    standard = ", ".join(text(word) for word in STANDARD)
    finer = f"case when lifecycle not in ({standard}) then lifecycle end"
    # Some tools write activity and lifecycle as one: "Accepted-In Progress".
    cells = (
        "activity || '-' || lifecycle",
        finer,
        "activity",
        "substr(activity, strpos(activity, '-') + 1)",
        "left(activity, strpos(activity, '-') - 1)",
    )
    known = ", ".join(
        [*(read_as(own, cell) for cell in cells[:3]), *(read_as(STATUS, cell) for cell in cells)]
    )
    words = {
        word: None
        for cell in ("activity", "lifecycle")
        for word in words_of(staging, "log_rows", cell)
    }
    # "Completed", "Closed" after "Completed", "Cancelled": the finer word counts, and this one says
    # nothing new.
    ended = (
        f"case when {finer} is null then {outcome('activity', words, endings)} else"
        f" {outcome('lifecycle', words, endings)} end"
    )
    stands, begins, ends = (
        f"coalesce(lifecycle in ({', '.join(map(text, words))}), false)"
        for words in (STANDS, BEGINS, ENDS)
    )
    staging.connection.execute(f"""create table activities as
        with known as (
            select *, coalesce({known}) as known_as, {ended} as outcome, {stands} as stands,
                {begins} as begins, {ends} as ends
            from log_rows where case_id is not null and activity is not null
                and occurred_at is not null
        ),
        placed as (
            select *, row_number() over life as place,
                row_number() over (partition by case_id, occurred_text, activity, lifecycle, _file
                    order by _row, ends) as nth,
                coalesce(known_as, case when outcome <> 'solved'
                    and lead(activity) over life is null then 'closed' end) as meant,
                    lag(resource) over life as last_resource, lag(team) over life as last_team,
                lag(priority) over life as last_priority,
                lag(occurred_at) over (partition by case_id order by _file, _row,
                    ends) as earlier_in_file,
                coalesce(lag(begins) over same, false) as had_begun,
                lag(resource) over same as begun_by
            from known
            window life as (partition by case_id order by occurred_at, _file, _row, ends),
                same as (partition by case_id, activity order by occurred_at, _file, _row, ends)
        )
        select *,
            case when stands then null
                when begins and meant in ('solved', 'closed') then 'open'
                when ends and had_begun and meant in ('waiting_customer', 'waiting_third_party')
                    then 'open'
                else coalesce(meant, 'open') end as status,
            meant is null and not stands as is_unknown,
            coalesce(meant in ('waiting_customer', 'waiting_third_party'), false) as is_wait
        from placed""")


def _stage(staging: Staging, has_team: bool) -> None:
    # An export may begin within a case, so its place there is no identity. The time as it is
    # written is: read once more in another zone it is the same event. Cases repeat activities
    # within a second.
    prefix = (
        "concat_ws(':', 'eventlog', case_id, occurred_text, activity, coalesce(lifecycle, ''), nth)"
    )
    here = {
        "occurred_at": "occurred_at",
        "ticket_id": "case_id",
        "actor_id": "resource",
        "_file": "_file",
        "_row": "_row",
    }
    owner = {
        "agent_id": "coalesce(resource, '')",
        **({"team_id": "coalesce(team, '')"} if has_team else {}),
    }
    staging.add(
        "created",
        {
            **here,
            **owner,
            "record_id": f"{prefix} || ':created'",
            "seq": "0",
            "fidelity": "'derived'",
            "actor_id": "null",
            "actor_kind": "'customer'",
            "status": "'new'",
            "priority": "priority",
            "severity": "severity",
            "channel": "lower(channel)",
            "extra": "extra",
        },
        "activities where place = 1",
    )
    staging.add(
        "status_changed",
        {
            **here,
            "record_id": f"{prefix} || ':status'",
            "seq": "place",
            "actor_kind": "case when resource is null then 'unknown' else 'human' end",
            "status": "status",
            "status_raw": "concat_ws(', ', activity, lifecycle)",
            "outcome": "case when status in ('solved', 'closed') then outcome end",
        },
        "activities where status is not null",
    )
    staging.add(
        "assigned",
        {
            **here,
            **owner,
            "record_id": f"{prefix} || ':assigned'",
            "seq": "place",
            "fidelity": "'derived'",
            "actor_kind": "'human'",
        },
        "activities where place > 1 and (resource is distinct from last_resource or team is"
        " distinct from last_team)",
    )
    staging.add(
        "field_changed",
        {
            **here,
            "record_id": f"{prefix} || ':priority'",
            "seq": "place",
            "fidelity": "'derived'",
            "actor_kind": "'human'",
            "field": "'priority'",
            "value": "priority",
            "previous": "last_priority",
        },
        "activities where place > 1 and priority is distinct from last_priority",
    )
    work = {**here, "seq": "place", "actor_kind": "'human'"}
    staging.add(
        "work_started",
        {**work, "record_id": f"{prefix} || ':work_started'", "agent_id": "resource"},
        "activities where begins and not is_wait and resource is not null",
    )
    staging.add(
        "work_ended",
        {**work, "record_id": f"{prefix} || ':work_ended'", "agent_id": "begun_by"},
        "activities where ends and had_begun and not is_wait and begun_by is not null",
    )


def _describe(staging: Staging, sheets: Sequence[Sheet]) -> None:
    """Say how the log was read, and what of it is known in part only."""

    def counted(rows: str) -> int:
        (found,) = staging.connection.execute(f"select count(*) from {rows}").fetchone() or (0,)
        return int(found)

    cases, events = counted("(select distinct case_id from activities)"), counted("activities")
    staging.note(f"{cases:,} cases, {events:,} events")
    unknown = staging.connection.execute(
        "select activity, count(*) from activities where is_unknown group by activity order by"
        " count(*) desc, activity"
    ).fetchall()
    if unknown:
        listed = ", ".join(f"{activity} ({count:,})" for activity, count in unknown[:8])
        staging.note(f"activities read as 'open' because no status is known for them: {listed}")
    back = counted("activities where occurred_at < earlier_in_file")
    if back:
        staging.note(
            f"{back:,} events earlier than the one before them in their case; ordered by time"
        )
    begun = counted("activities where begins and not is_wait")
    if begun:
        staging.note(
            f"{begun:,} starts of activities read as work, until the same activity is suspended or"
            " complete"
        )
        nameless = counted("activities where begins and not is_wait and resource is null")
        if nameless:
            staging.note(
                f"{nameless:,} of them name no resource: nobody's work, left out of handle time"
            )
    kept = sorted({column for sheet in sheets for column in sheet.kept})
    if kept:
        more = f" and {len(kept) - SHOWN} more" if len(kept) > SHOWN else ""
        staging.note(
            "kept as dimensions, with their value at each case's first event:"
            f" {', '.join(f'custom.{c}' for c in kept[:SHOWN])}{more}"
        )
        differing = {
            column: counted(
                "(select case_id from activities group by case_id having count(distinct"
                f" coalesce(extra ->> {text(column)}, '')) > 1)"
            )
            for column in kept
        }
        changing = ", ".join(
            f"{column} (in {cases:,} cases)" for column, cases in differing.items() if cases
        )
        if changing:
            staging.note(
                f"these change within a case, and only the first value is kept: {changing}"
            )


source = Source(
    "eventlog",
    "event log of process mining (CSV or XES: case, activity, time, resource)",
    read,
    named_paths,
)
