"""Calls and chats from a telephony system: one row a call and queue, or totals by interval.

A row needs an id and when it began; whether it was answered, and how long everything took, are read
where given. Talk is talk (``billsec``); a duration runs from the offer to the end, waiting
included. A call that passed through two queues, or rang at two agents, has a row for each: they are
legs of their own. What a row does not tell stays unknown: a call without a waiting time was
answered, not answered at once. The events of Asterisk's ``queue_log`` become calls first; several
logs of one load are read as one. Totals need a time and a count: they are demand nobody can drill
into, and only volume is measured on them. Times without an offset are in ``--time-zone``. Words for
outcomes that are not known here stand in a ``--mapping``:

    [outcomes]
    answered = ["erledigt"]
    missed = ["weg"]
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from helmdesk.quoting import text
from helmdesk.records.staging import Staging
from helmdesk.sources.parts.call_words import DIRECTIONS, LAYOUT, LENGTHS, VOICE
from helmdesk.sources.parts.calls import moment, need, place_moments, read_calls, tell_outcomes
from helmdesk.sources.parts.columns import Sheet, sheet_of
from helmdesk.sources.parts.instruments import stage_instrument
from helmdesk.sources.parts.profile import TELEPHONY, recognise
from helmdesk.sources.parts.queue_log import calls_of, queue_log_of, read_call_table
from helmdesk.sources.parts.source import Options, Source, named_paths
from helmdesk.sources.reading.flags import flag
from helmdesk.sources.reading.words import worded

RATING = "telephony_rating"
VOICES = ", ".join(map(text, VOICE))


def read(staging: Staging, paths: Sequence[Path], options: Options) -> None:
    """Stage legs, or totals by interval, from files of calls and from queue logs."""
    tables = [read_call_table(staging, path) for path in paths]
    logs = [log for table in tables if (log := queue_log_of(staging, table))]
    logged = [log.raw for log in logs]
    calls = [table for table in tables if table not in logged] + (
        [calls_of(staging, logs)] if logs else []
    )
    for place, table in enumerate(calls):
        known = recognise(table.columns)
        known = known if known and known.profile.kind in TELEPHONY else None
        sheet = sheet_of(staging, table, LAYOUT, place, known)
        if sheet.has("calls") and not sheet.has("call_id"):
            _stage_totals(staging, sheet, options)
        else:
            need(sheet, "call_id")
            zone = options.time_zone or (known.profile.zone if known else "") or None
            _stage_legs(staging, sheet, replace(options, time_zone=zone))


def _stage_totals(staging: Staging, sheet: Sheet, options: Options) -> None:
    cell, times = moment(staging, sheet, options)
    fault = (
        f"coalesce({times.fault(cell)}, case when try_cast(calls as double) is null or"
        " try_cast(calls as double) < 0 then 'not a number of calls' end)"
    )
    column = sheet.given.get("started_at", "date")
    staging.reject(
        column,
        f"concat_ws(' / ', {cell}, calls)",
        fault,
        f"{sheet.view} where {fault} is not null",
        is_whole_row=True,
    )
    # Everything that tells totals of one interval apart; what is not given leaves the identity as
    # it was.
    told = "".join(
        f" || coalesce(':{column}:' || {column}, '')"
        for column in ("agent_id", "direction", "topic")
    )
    identity = (
        "'telephony:total:' || coalesce(queue_id, '') || ':' || coalesce(channel, '') || ':' ||"
        f" epoch_us(start_at){told}"
    )
    # The interval lasts until the next one begins, but no longer than most do: nights are not
    # intervals.
    staging.connection.execute(
        f"""create temp table totals as
        with read as (select {times.instant(cell)} as start_at,
            cast(try_cast(calls as double) as bigint) as contacts, channel, queue_id,
                agent_id, {worded("direction", DIRECTIONS)} as direction, topic, _file, _row
            from {sheet.view} where {fault} is null),
        gaps as (select mode(gap) as usual
            from (select lead(start_at) over (order by start_at) - start_at as gap from read)
            where gap > interval 0 second)
        select *, {identity} as record_id,
            start_at + coalesce((select usual from gaps), interval 1 day) as end_at from read"""
    )
    _reject_conflicts(staging, sheet)
    staging.add(
        "interval_total",
        {
            "record_id": "record_id",
            "source_id": "null",
            "occurred_at": "end_at",
            "start_at": "start_at",
            "end_at": "end_at",
            "contacts": "contacts",
            "queue_id": "queue_id",
            "agent_id": "agent_id",
            "direction": "direction",
            "issue_type": "topic",
            "channel": f"case when lower(channel) in ({VOICES}) then 'phone' else coalesce(channel,"
            " 'phone') end",
            "fidelity": "'asserted'",
            "_file": "_file",
            "_row": "_row",
        },
        "totals",
    )
    staging.connection.execute("drop table totals")


def _reject_conflicts(staging: Staging, sheet: Sheet) -> None:
    """Quarantine totals of one interval that contradict each other: a column we do not know tells
    them apart, or one of them is wrong.
    """
    several = (
        "(select record_id from totals group by record_id having min(contacts) <> max(contacts))"
    )
    reason = (
        "'several numbers of calls for one interval and queue: name what tells them apart queue,"
        " channel, agent, direction or topic'"
    )
    staging.reject(
        sheet.given["calls"],
        "contacts",
        reason,
        f"totals where record_id in {several}",
        is_whole_row=True,
    )
    staging.connection.execute(f"delete from totals where record_id in {several}")
    if lengths := [sheet.given[meaning] for meaning in LENGTHS if sheet.has(meaning)]:
        staging.note(
            f"{sheet.raw.path.name}: totals of calls have no lengths of their own: left out"
            f" {', '.join(lengths)}"
        )


def _stage_legs(staging: Staging, sheet: Sheet, options: Options) -> None:
    read_calls(staging, sheet, options)
    tell_outcomes(staging, sheet)
    place_moments(staging, sheet)
    _stage_records(staging, sheet)
    if sheet.has("rating"):
        _stage_ratings(staging, sheet)
    for table in ("read_calls", "told_calls", "calls"):
        staging.connection.execute(f"drop table {table}")


def _stage_records(staging: Staging, sheet: Sheet) -> None:
    """Stage what happened to every leg; a moment that nobody told is ``asserted``, and no wait is
    measured to it.
    """
    base = {
        "source_id": "call_id",
        "row_id": "row_id",
        "leg_id": "leg_id",
        "ticket_id": "ticket_id",
        "channel": "channel",
        "_file": "_file",
        "_row": "_row",
    }

    def stage(kind: str, at: str, where: str, **columns: str) -> None:
        staging.add(
            kind,
            {**base, "record_id": f"leg_id || ':{kind}'", "occurred_at": at, **columns},
            f"calls where {where}",
        )

    who = {"queue_id": "queue_id", "direction": "way"}
    if sheet.has("ivr") or sheet.has("queued_at"):
        stage("ivr_entered", "began_at", "ivr_s > 0", **who, customer_id="customer_id")
    stage(
        "offered",
        "offered_at",
        "true",
        **who,
        customer_id="customer_id",
        issue_type="topic",
        extra="extra",
    )
    stage(
        "answered",
        "met_at",
        "outcome = 'answered'",
        agent_id="agent_id",
        is_resolved=flag("is_resolved"),
        fidelity="case when is_undated then 'asserted' end",
    )
    # Where in the call the hold was is not told; its end is as good as any place.
    held = "over_at - to_microseconds((hold_s * 1000000)::bigint)"
    stage(
        "held",
        held,
        "met_at is not null and hold_s > 0 and over_at is not null",
        agent_id="agent_id",
        fidelity="'derived'",
    )
    stage(
        "transferred",
        "over_at",
        "is_passed_on and outcome = 'answered' and over_at is not null",
        agent_id="agent_id",
    )
    stage(
        "ended",
        "over_at",
        "met_at is not null and over_at is not null",
        is_resolved=flag("is_resolved"),
    )
    stage(
        "wrap_ended",
        "over_at + to_microseconds((wrap_s * 1000000)::bigint)",
        "met_at is not null and over_at is not null and wrap_s is not null",
        agent_id="agent_id",
    )
    stage(
        "abandoned",
        "coalesce(left_at, offered_at)",
        "outcome = 'abandoned' or (outcome = 'missed' and wait_s is not null)",
        fidelity="case when left_at is null then 'asserted' else 'derived' end",
    )
    # Lost at an unknown moment: it is known to be lost, not how long it waited.
    stage(
        "missed",
        "coalesce(left_at, offered_at)",
        "outcome = 'missed' and wait_s is null",
        agent_id="agent_id",
        fidelity="case when left_at is null then 'asserted' else 'derived' end",
    )
    for condition, sentence in (
        (
            "outcome in ('missed', 'abandoned') and left_at is null",
            (
                "unanswered calls have no waiting time: they count as unanswered, not by how long"
                " they waited"
            ),
        ),
        (
            "is_undated",
            (
                "answered calls have neither a waiting time nor a time of answer: they count as"
                " answered, not by how long they waited"
            ),
        ),
        (
            "outcome = 'answered' and over_at is null",
            "answered calls have neither a talk time nor an end: they have no handle time",
        ),
        (
            "outcome = 'answered' and agent_id is null",
            "answered calls name no agent: they count as answered, by nobody known",
        ),
    ):
        (found,) = staging.connection.execute(
            f"select count(*) from calls where {condition}"
        ).fetchone() or (0,)
        if found:
            staging.note(f"{found:,} {sentence}")


def _stage_ratings(staging: Staging, sheet: Sheet) -> None:
    valid = "rating in ('1', '2', '3', '4', '5')"
    staging.reject(
        sheet.given["rating"],
        "rating",
        "'not a rating from 1 to 5'",
        f"calls where rating is not null and not {valid}",
    )
    # The call's one answer may stand on the row of each of its legs.
    answers = (
        f"select * from calls where {valid} qualify row_number() over (partition by call_id, rating"
        " order by offered_at desc) = 1"
    )
    staging.add(
        "responded",
        {
            "record_id": "leg_id || ':rating'",
            "row_id": "row_id",
            "source_id": "call_id",
            "survey_id": "leg_id",
            "occurred_at": "coalesce(over_at, met_at, offered_at)",
            "ticket_id": "ticket_id",
            "leg_id": "leg_id",
            "channel": "channel",
            "instrument_id": text(RATING),
            "answer": "rating",
            "score": "rating::double",
            "agent_id": "agent_id",
            "customer_id": "customer_id",
            "actor_kind": "'customer'",
            "extra": "extra",
            "_file": "_file",
            "_row": "_row",
        },
        f"({answers})",
    )
    stage_instrument(
        staging, RATING, "csat", positive=["4", "5"], negative=["1", "2"], scale=[1, 5]
    )


source = Source(
    "telephony", "calls and chats, one row each, or totals by interval (CSV)", read, named_paths
)
