"""Calls as rows of text become calls: each once, with what is known of its outcome and moments."""

from __future__ import annotations

from helmdesk.errors import InputError
from helmdesk.quoting import name, text
from helmdesk.records.staging import Staging
from helmdesk.sources.parts.call_words import (
    DIRECTIONS,
    INTERNAL,
    LAYOUT,
    LENGTHS,
    OUTCOMES,
    VOICE,
)
from helmdesk.sources.parts.columns import Sheet, times_of
from helmdesk.sources.parts.source import Options
from helmdesk.sources.reading.durations import seconds, seconds_fault
from helmdesk.sources.reading.flags import flag_fault
from helmdesk.sources.reading.spelled_times import once
from helmdesk.sources.reading.times import NO_TIME, TimeReader
from helmdesk.sources.reading.words import taking, with_own_words, worded

# Nobody waits three hours for an answer: 3:15 in a call log is minutes and seconds.
SHORT = "m:ss"
NO_INSTANT = "null::timestamptz"
MOMENTS = ("queued_at", "answered_at", "ended_at")


def need(sheet: Sheet, meaning: str) -> None:
    """Refuse a sheet without a column of one meaning, in words."""
    if not sheet.has(meaning):
        raise InputError(
            f"{sheet.raw.path}: no column for {meaning.replace('_', ' ')}; name it one of:"
            f" {', '.join(LAYOUT[meaning])} (or give a time and a number of calls for totals)"
        )


def moment(staging: Staging, sheet: Sheet, options: Options) -> tuple[str, TimeReader]:
    """Return the expression of a row's beginning and how it is written; date and time may stand in
    two columns.
    """
    if not sheet.has("started_at"):
        need(sheet, "date")
    # Hours without their zero ("9:12:58") are read as with it.
    both = "date || ' ' || lpad(time, 8, '0')" if sheet.has("time") else "date"
    cell = "started_at" if sheet.has("started_at") else f"({both})"
    return cell, times_of(staging, sheet, cell, options, beside=MOMENTS)


def read_calls(staging: Staging, sheet: Sheet, options: Options) -> None:
    """Create ``read_calls``: every row once, with its cells as what they mean; what cannot be read
    is told apart.
    """
    cell, times = moment(staging, sheet, options)
    fault = times.fault(cell)
    column = sheet.given.get("started_at", sheet.given.get("date", "date"))
    staging.reject(
        column,
        cell,
        f"coalesce({fault}, {text(NO_TIME)})",
        f"{sheet.view} where {cell} is null or {fault} is not null",
        is_whole_row=True,
    )
    staging.reject(
        sheet.given["call_id"],
        "call_id",
        "'no identity'",
        f"{sheet.view} where call_id is null",
        is_whole_row=True,
    )
    for meaning in LENGTHS:
        if sheet.has(meaning):
            bad = seconds_fault(meaning, SHORT)
            staging.reject(
                sheet.given[meaning], meaning, bad, f"{sheet.view} where {bad} is not null"
            )
    lengths = [f"{_length(meaning, sheet)} as {meaning}_s" for meaning in LENGTHS]
    if sheet.has("is_resolved"):
        bad = flag_fault("is_resolved")
        staging.reject(
            sheet.given["is_resolved"], "is_resolved", bad, f"{sheet.view} where {bad} is not null"
        )
    stated = []
    for meaning in MOMENTS:
        reader = times_of(staging, sheet, meaning, options, beside=(cell,))
        if sheet.has(meaning):
            staging.reject(
                sheet.given[meaning],
                meaning,
                reader.fault(meaning),
                f"{sheet.view} where {reader.fault(meaning)} is not null",
            )
        # A column that is not there costs nothing to read.
        read = sheet.has(meaning)
        stated += [
            f"{reader.instant(meaning) if read else NO_INSTANT} as {meaning}_1",
            f"{reader.second(meaning) if read else NO_INSTANT} as {meaning}_2",
        ]
    way = worded(
        "direction",
        taking({**DIRECTIONS, "internal": INTERNAL}, sheet.words.get("directions", {})),
    )
    if sheet.has("direction"):
        staging.reject(
            sheet.given["direction"],
            "direction",
            "'neither inbound nor outbound: counted as inbound'",
            f"{sheet.view} where direction is not null and ({way}) is null",
        )
    # A call may wait in several queues, and ring at several agents: what tells its legs apart is
    # part of their identity. Times are part of it as they are written: read once more in another
    # zone they are the same call.
    apart = f"coalesce(sequence, {cell} || ':' || coalesce(agent_id, ''))"
    # Without the time of day: some systems begin their ids anew every day.
    day = f"coalesce(sequence, regexp_replace({cell}, '[T ]*[0-9]{{1,2}}:[0-9]{{2}}.*$', ''))"
    told = (
        "case when is_answered is null then null else "
        + worded(
            "is_answered",
            with_own_words(
                {"outcomes": taking(OUTCOMES, sheet.words.get("outcomes", {}))},
                options.mapping,
                "telephony",
            )["outcomes"],
        )
        + " end"
    )
    staging.connection.execute(f"""create temp table read_calls as
        with cells as (select * replace (
                case when channel is null or lower(channel) in ({", ".join(map(text, VOICE))})
                    then 'phone'
                    else lower(channel) end as channel,
                coalesce(customer_id, case when ({way}) = 'outbound' then callee else caller end)
                    as customer_id),
            {times.instant(cell)} as began_1, {times.second(cell)} as began_2,
                {told} as told, {way} as way, {", ".join([*stated, *lengths])}
            from {sheet.view} where call_id is not null and {cell} is not null and {fault} is null)
        select *, 'telephony:' || call_id || ':' || coalesce(queue_id,
            '') || ':' || {apart} as leg_id,
            -- Who took a call, or when it began, may be known better later: a leg that is alone in
            -- its queue that day is the same leg.
            case when count(*) over (partition by call_id, queue_id, {day}) = 1
                then 'telephony:' || call_id || ':' || coalesce(queue_id, '') || ':' || {day}
                    else leg_id end as row_id
        from cells""")
    alike = "partition by leg_id order by _file, _row"
    content = ", ".join(name(meaning) for meaning in (*LAYOUT, "extra"))
    staging.connection.execute(
        f"create temp table repeats as select *, hash(({content})) = first_value(hash(({content})))"
        f" over same as is_same from read_calls window same as ({alike}) qualify row_number() over"
        " same > 1"
    )
    staging.reject(
        sheet.given["call_id"],
        "call_id",
        "'the same call, queue, start and agent as an earlier row, with another content; if both"
        " are legs of the call, number them in a column sequence'",
        "repeats where not is_same",
        is_whole_row=True,
    )
    _leave_out(staging, sheet)
    (same,) = staging.connection.execute(
        "select count(*) from repeats where is_same"
    ).fetchone() or (0,)
    staging.report.duplicates += same
    staging.connection.execute(
        "delete from read_calls where (_file, _row) in (select (_file, _row) from repeats); drop"
        " table repeats"
    )


def _length(meaning: str, sheet: Sheet) -> str:
    """Return SQL of a length in seconds; before a queue is what lies before its time, where the
    file has it.
    """
    told = "null::double"
    if sheet.has(meaning):
        told = once(seconds(meaning, SHORT), "length", "case when length >= 0 then length end")
    if meaning != "ivr" or not sheet.has("queued_at"):
        return told
    before = "date_diff('microsecond', began_1, queued_at_1) / 1000000.0"
    return f"case when queued_at_1 >= began_1 then {before} else {told} end"


def _leave_out(staging: Staging, sheet: Sheet) -> None:
    """Take out what no customer's contact with anybody is, and say so: calls among colleagues, and
    contacts that came to no queue where the file says when others did.
    """
    reasons = {"way is not distinct from 'internal'": "calls among colleagues are left out"}
    if sheet.has("queued_at"):
        reasons[
            "queued_at_1 is null and answered_at_1 is null and way is distinct from 'outbound'"
        ] = "contacts that never came to a queue or an agent are left out: nobody could answer them"
    for condition, reason in reasons.items():
        found = staging.connection.execute(
            f"delete from read_calls where {condition} returning 1"
        ).fetchall()
        if found:
            staging.note(f"{sheet.raw.path.name}: {len(found):,} {reason}")


def tell_outcomes(staging: Staging, sheet: Sheet) -> None:
    """Create ``told_calls``: calls whose outcome is known; a row whose word nobody knows is asked
    for, never guessed.
    """
    was_met = "(answered_at_1 is not null or coalesce(talk_s, 0) > 0)"
    if sheet.has("is_answered"):
        words = ", ".join(OUTCOMES)
        staging.reject(
            sheet.given["is_answered"],
            "is_answered",
            f"'an outcome nobody knows: say which of {words} it is in a file with [outcomes], and"
            " load with --mapping FILE'",
            "read_calls where is_answered is not null and told is null",
            is_whole_row=True,
        )
        staging.reject(
            sheet.given["is_answered"],
            "null",
            "'no outcome, and neither a time of answer nor a talk time tells whether it was"
            " answered'",
            f"read_calls where is_answered is null and not {was_met} and talk_s is null",
            is_whole_row=True,
        )
    is_told = sheet.has("talk") or sheet.has("answered_at")
    if not sheet.has("is_answered") and not is_told:
        staging.note(
            "no column says whether calls were answered: only their volume can be measured (name"
            f" one: {', '.join(LAYOUT['is_answered'][:4])})"
        )
    by_time = f"case when {was_met} then 'answered' else 'missed' end" if is_told else "null"
    # Handed on before anybody answered is not answered.
    passed_on = (
        f"case when {was_met} then 'answered' else 'missed' end" if is_told else "'answered'"
    )
    staging.connection.execute(
        f"""create temp table told_calls as
        select *, told is not distinct from 'transferred' as is_passed_on,
            case told when 'transferred' then {passed_on} else coalesce(told, {by_time})
                end as outcome
        from read_calls
        where told is not null or (is_answered is null
            and {f"({was_met} or talk_s is not null)" if sheet.has("is_answered") else "true"})"""
    )


def place_moments(staging: Staging, sheet: Sheet) -> None:
    """Create ``calls``: when each was offered, answered and over.

    Of a time that exists twice the second passing counts where the row makes sense with it alone,
    or is shorter. An order that cannot be is told apart and the moment is unknown; less than a
    second is the clocks' rounding.
    """
    staging.connection.execute("""create temp table ordered as
        with known as (select *, coalesce(case when answered_at_2 is null then answered_at_1 end,
            case when ended_at_2 is null then ended_at_1 end) as sure_at
            from told_calls),
        begun as (select *, case when began_2 <= sure_at then began_2 else began_1 end as began_at
            from known),
        offered as (select *, began_at + to_microseconds((coalesce(ivr_s,
            0) * 1000000)::bigint) as offered_at from begun),
        met as (select *, case when answered_at_1 < offered_at - interval 1 second
            and answered_at_2 >= offered_at then answered_at_2 else answered_at_1 end as read_answer
            from offered),
        judged as (select *, read_answer <= offered_at - interval 1 second as is_answer_impossible,
            greatest(read_answer, offered_at) as good_answer from met),
        answered as (select *, case when not is_answer_impossible then good_answer
            end as told_answer from judged),
        closed as (select *, coalesce(told_answer, offered_at) as after_at from answered),
        ended as (select *, case when ended_at_1 < after_at - interval 1 second
            and ended_at_2 >= after_at then ended_at_2 else ended_at_1 end as read_end from closed)
        select *, read_end <= after_at - interval 1 second as is_end_impossible,
            case when read_end > after_at - interval 1 second then greatest(read_end, after_at)
                end as told_end
        from ended""")
    for meaning, flagged, reason in (
        (
            "answered_at",
            "is_answer_impossible",
            "answered before it was offered: the call counts, when it was answered is unknown",
        ),
        (
            "ended_at",
            "is_end_impossible",
            "ended before it was offered or answered: the call counts, when it ended is unknown",
        ),
    ):
        staging.reject(
            sheet.given.get(meaning, meaning), meaning, text(reason), f"ordered where {flagged}"
        )

    def microseconds(sql: str) -> str:
        return f"to_microseconds((({sql}) * 1000000)::bigint)"

    held = microseconds("coalesce(hold_s, 0)")
    staging.connection.execute(f"""create temp table calls as
        with dated as (select *, coalesce(told_answer,
            offered_at + {microseconds("wait_s")}) as known_answer from ordered),
        -- Answered, nobody knows when: the talk before the end is as good a place as any for what
        -- follows.
        placed as (select *, outcome = 'answered' and known_answer is null as is_undated,
                coalesce(told_end, began_at + {microseconds("duration_s")}) as known_end,
                case when outcome = 'answered' then coalesce(known_answer,
                    greatest(offered_at, coalesce(told_end,
                        began_at + {microseconds("duration_s")}) - {microseconds("talk_s")}
                            - {held}), offered_at) end as met_at
            from dated)
        select *, case
                -- Where it was held within its talk, the end says so.
                when talk_s is not null and not is_undated
                    and told_end >= met_at + {microseconds("talk_s")}
                    then least(told_end, met_at + {microseconds("talk_s")} + {held})
                when talk_s is not null then met_at + {microseconds("talk_s")} + {held}
                when not is_undated and known_end >= met_at then known_end end as over_at,
            coalesce(offered_at + {microseconds("wait_s")},
                {"told_end" if sheet.has("answered_at") else "null"}) as left_at
        from placed""")
    staging.connection.execute("drop table ordered")
