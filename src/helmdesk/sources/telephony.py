"""Calls and chats from a telephony system: one row a call, or totals by interval.

A row a call needs when it began; whether it was answered, and how long everything took, are read where given.
Totals need a time and a count: they are demand nobody can drill into, and only volume is measured on them.
Times without an offset are in ``--time-zone``.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from helmdesk.errors import InputError
from helmdesk.records.staging import Staging, text
from helmdesk.sources.columns import Layout, Sheet, duration, flag, open_sheet, times_of, worded
from helmdesk.sources.instruments import stage_instrument
from helmdesk.sources.reading.raw_tables import locate_lines
from helmdesk.sources.reading.times import TimeReader
from helmdesk.sources.source import Options, Source, named_paths

LAYOUT: Layout = {
    "call_id": ("call_id", "leg_id", "contact_id", "session_id", "chat_id", "id"),
    "started_at": (
        "offered_at",
        "started_at",
        "start_time",
        "call_start",
        "datetime",
        "date_time",
        "timestamp",
        "interval_start",
        "interval",
    ),
    "date": ("date", "call_date", "day"),
    "time": ("time", "call_time"),
    "calls": ("calls", "contacts", "offered", "offered_calls", "incoming_calls", "volume"),
    "ticket_id": ("ticket_id", "case_id", "ticket"),
    "channel": ("channel", "media", "media_type", "contact_type"),
    "direction": ("direction", "call_direction"),
    "queue_id": ("queue_id", "queue", "skill", "split"),
    "agent_id": ("agent_id", "agent", "agent_name", "operator"),
    "customer_id": ("customer_id", "customer", "caller", "caller_id", "contact"),
    "topic": ("topic", "issue_type", "reason", "category"),
    "is_answered": ("answered_y_n", "answered", "is_answered", "outcome", "status", "disposition"),
    "is_resolved": ("resolved", "resolved_y_n", "is_resolved"),
    "rating": ("satisfaction_rating", "csat", "rating"),
    "ivr": ("ivr_seconds", "ivr_time", "ivr"),
    "wait": ("wait_seconds", "speed_of_answer_in_seconds", "speed_of_answer", "queue_time", "wait_time", "waiting_time"),
    "talk": ("talk_seconds", "avgtalkduration", "talk_time", "talk_duration", "duration"),
    "hold": ("hold_seconds", "hold_time"),
    "wrap": ("wrap_seconds", "wrap_time", "after_call_work", "acw", "acw_seconds"),
    "answered_at": ("answered_at", "answer_time"),
    "ended_at": ("ended_at", "end_time"),
}
OUTCOMES = {
    "answered": ("y", "yes", "true", "1", "handled", "connected", "completed"),
    "abandoned": ("abandon", "abandoned in queue", "hung up", "hangup"),
    "missed": ("n", "no", "false", "0", "not answered", "unanswered", "no answer", "rona", "busy"),
}
RATING = "telephony_rating"


def read(staging: Staging, paths: Sequence[Path], options: Options) -> None:
    """Stage legs, or totals by interval, from CSV files."""
    sheets = []
    for place, path in enumerate(paths):
        sheet = open_sheet(staging, path, LAYOUT, (), place)
        if sheet.has("calls") and not sheet.has("call_id"):
            _stage_totals(staging, sheet, options)
        else:
            _need(sheet, "call_id")
            _stage_legs(staging, sheet, options)
        sheets.append(sheet.raw)
    locate_lines(staging, sheets)


def _need(sheet: Sheet, meaning: str) -> None:
    """Refuse a sheet without a column of one meaning, in words."""
    if not sheet.has(meaning):
        raise InputError(
            f"{sheet.raw.path}: no column for {meaning.replace('_', ' ')}; name it one of: {', '.join(LAYOUT[meaning])}"
            " (or give a time and a number of calls for totals)"
        )


def _moment(staging: Staging, sheet: Sheet, options: Options) -> tuple[str, TimeReader]:
    """Return the expression of a row's beginning and how it is written; date and time may stand in two columns."""
    zone = options.time_zone or "UTC"
    if not sheet.has("started_at"):
        _need(sheet, "date")
    # Hours without their zero ("9:12:58") are read as with it.
    both = "date || ' ' || lpad(time, 8, '0')" if sheet.has("time") else "date"
    cell = "started_at" if sheet.has("started_at") else f"({both})"
    return cell, times_of(staging, sheet, cell, zone)


def _stage_totals(staging: Staging, sheet: Sheet, options: Options) -> None:
    cell, times = _moment(staging, sheet, options)
    fault = f"coalesce({times.fault(cell)}, case when try_cast(calls as double) is null or try_cast(calls as double) < 0 then 'not a number of calls' end)"
    column = sheet.given.get("started_at", "date")
    staging.reject(column, f"concat_ws(' / ', {cell}, calls)", fault, f"{sheet.view} where {fault} is not null", is_whole_row=True)
    # The interval lasts until the next one begins, but no longer than most do: nights are not intervals.
    staging.connection.execute(
        f"""create temp table totals as
        with read as (select {times.instant(cell)} as start_at, cast(try_cast(calls as double) as bigint) as contacts, channel, queue_id, _file, _row
            from {sheet.view} where {fault} is null),
        gaps as (select mode(gap) as usual from (select lead(start_at) over (order by start_at) - start_at as gap from read) where gap > interval 0 second)
        select *, start_at + coalesce((select usual from gaps), interval 1 day) as end_at from read"""
    )
    staging.add(
        "interval_total",
        {"record_id": "'telephony:total:' || coalesce(queue_id, '') || ':' || coalesce(channel, '') || ':' || epoch_us(start_at)", "source_id": "null",
         "occurred_at": "end_at", "start_at": "start_at", "end_at": "end_at", "contacts": "contacts", "queue_id": "queue_id",
         "channel": "coalesce(channel, 'phone')", "fidelity": "'asserted'", "_file": "_file", "_row": "_row"},
        "totals",
    )  # fmt: skip
    staging.connection.execute("drop table totals")


def _stage_legs(staging: Staging, sheet: Sheet, options: Options) -> None:
    cell, times = _moment(staging, sheet, options)
    fault = times.fault(cell)
    column = sheet.given.get("started_at", sheet.given.get("date", "date"))
    staging.reject(column, cell, fault, f"{sheet.view} where {fault} is not null", is_whole_row=True)
    staging.reject(sheet.given["call_id"], "call_id", "'no identity'", f"{sheet.view} where call_id is null", is_whole_row=True)
    for meaning in ("ivr", "wait", "talk", "hold", "wrap"):
        if sheet.has(meaning):
            bad = f"{meaning} is not null and ({duration(meaning)} is null or {duration(meaning)} < 0)"
            staging.reject(sheet.given[meaning], meaning, "'not a duration'", f"{sheet.view} where {bad}")
    seconds = {
        meaning: f"case when {duration(meaning)} >= 0 then {duration(meaning)} end" for meaning in ("ivr", "wait", "talk", "hold", "wrap")
    }
    zone = times.time_zone
    stated = {meaning: times_of(staging, sheet, meaning, zone).instant(meaning) if sheet.has(meaning) else "null::timestamptz"
              for meaning in ("answered_at", "ended_at")}  # fmt: skip
    answer = worded("is_answered", OUTCOMES)
    if sheet.has("is_answered"):
        staging.reject(sheet.given["is_answered"], "is_answered", "'neither answered nor missed nor abandoned'",
                       f"{sheet.view} where is_answered is not null and ({answer}) is null")  # fmt: skip
    staging.connection.execute(
        f"""create temp table calls as
        with read as (select *, {times.instant(cell)} as began_at, {answer} as told, {stated["answered_at"]} as told_answer, {stated["ended_at"]} as told_end,
                {", ".join(f"{expression} as {meaning}_s" for meaning, expression in seconds.items())}
            from {sheet.view} where call_id is not null and {fault} is null),
        offered as (select *, began_at + to_microseconds((coalesce(ivr_s, 0) * 1000000)::bigint) as offered_at from read),
        judged as (select *, coalesce(told, case when told_answer is not null or talk_s is not null then 'answered' else 'missed' end) as outcome from offered),
        met as (select *, case when outcome = 'answered' then coalesce(told_answer, offered_at + to_microseconds((coalesce(wait_s, 0) * 1000000)::bigint)) end as met_at from judged)
        select *, coalesce(told_end, met_at + to_microseconds(((coalesce(talk_s, 0) + coalesce(hold_s, 0)) * 1000000)::bigint)) as over_at from met"""
    )
    base = {"source_id": "call_id", "leg_id": "'telephony:' || call_id", "ticket_id": "ticket_id", "channel": "coalesce(lower(channel), 'phone')",
            "_file": "_file", "_row": "_row"}  # fmt: skip

    def stage(kind: str, at: str, where: str, **columns: str) -> None:
        staging.add(
            kind, {**base, "record_id": f"'telephony:' || call_id || ':{kind}'", "occurred_at": at, **columns}, f"calls where {where}"
        )

    who = {"queue_id": "queue_id", "direction": worded("direction", {"inbound": ("in", "incoming"), "outbound": ("out", "outgoing")})}
    if sheet.has("ivr"):
        stage("ivr_entered", "began_at", "ivr_s > 0", **who, customer_id="customer_id")
    stage("offered", "offered_at", "true", **who, customer_id="customer_id", issue_type="topic", extra="extra")
    stage("answered", "met_at", "outcome = 'answered' and agent_id is not null", agent_id="agent_id")
    staging.reject(sheet.given.get("agent_id", "agent"), "null", "'answered by nobody: no agent named'",
                   "calls where outcome = 'answered' and agent_id is null")  # fmt: skip
    # Where in the call the hold was is not told; its end is as good as any place.
    held = "over_at - to_microseconds((hold_s * 1000000)::bigint)"
    stage("held", held, "met_at is not null and hold_s > 0", agent_id="agent_id", fidelity="'derived'")
    stage("ended", "over_at", "met_at is not null", is_resolved=flag("is_resolved"))
    stage(
        "wrap_ended",
        "over_at + to_microseconds((wrap_s * 1000000)::bigint)",
        "met_at is not null and wrap_s is not null",
        agent_id="agent_id",
    )
    left = "offered_at + to_microseconds((wait_s * 1000000)::bigint)"
    stage("abandoned", left, "outcome = 'abandoned' or (outcome = 'missed' and wait_s is not null)", fidelity="'derived'")
    # Lost at an unknown moment: it is known to be lost, not how long it waited.
    stage("missed", "offered_at", "outcome = 'missed' and wait_s is null", agent_id="agent_id", fidelity="'derived'")
    (unknown,) = staging.connection.execute("select count(*) from calls where outcome = 'missed' and wait_s is null").fetchone() or (0,)
    if unknown:
        staging.note(f"{unknown:,} unanswered calls have no waiting time: they count as missed, not by how long they waited")
    if sheet.has("rating"):
        _stage_ratings(staging, sheet)
    staging.connection.execute("drop table calls")


def _stage_ratings(staging: Staging, sheet: Sheet) -> None:
    valid = "rating in ('1', '2', '3', '4', '5')"
    staging.reject(sheet.given["rating"], "rating", "'not a rating from 1 to 5'", f"calls where rating is not null and not {valid}")
    staging.add(
        "responded",
        {"record_id": "'telephony:' || call_id || ':rating'", "source_id": "call_id", "survey_id": "'telephony:' || call_id", "occurred_at": "over_at",
         "ticket_id": "ticket_id", "leg_id": "'telephony:' || call_id", "channel": "coalesce(lower(channel), 'phone')", "instrument_id": text(RATING),
         "answer": "rating", "score": "rating::double", "agent_id": "agent_id", "customer_id": "customer_id", "actor_kind": "'customer'",
         "extra": "extra", "_file": "_file", "_row": "_row"},
        f"calls where {valid} and over_at is not null",
    )  # fmt: skip
    stage_instrument(staging, RATING, "csat", positive=["4", "5"], negative=["1", "2"], scale=[1, 5])


source = Source("telephony", "calls and chats, one row each, or totals by interval (CSV)", read, named_paths)
