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
from pathlib import Path

from helmdesk.errors import InputError
from helmdesk.records.staging import Staging, name, text
from helmdesk.sources.parts.columns import Layout, Sheet, meanings_of, sheet_of, times_of
from helmdesk.sources.parts.instruments import stage_instrument
from helmdesk.sources.parts.queue_log import calls_of, queue_log_of, read_call_table
from helmdesk.sources.parts.source import Options, Source, named_paths
from helmdesk.sources.reading.durations import seconds, seconds_fault
from helmdesk.sources.reading.flags import flag, flag_fault
from helmdesk.sources.reading.times import NO_TIME, TimeReader
from helmdesk.sources.reading.words import with_own_words, worded

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
    "sequence": ("sequence", "seq", "leg", "leg_number", "segment", "segment_id", "attempt"),
    "channel": ("channel", "media", "media_type", "contact_type"),
    "direction": ("direction", "call_direction"),
    "queue_id": ("queue_id", "queue", "skill", "split"),
    "agent_id": ("agent_id", "agent", "agent_name", "operator"),
    "customer_id": ("customer_id", "customer", "caller", "caller_id", "contact"),
    "topic": ("topic", "issue_type", "reason", "category"),
    "is_answered": (
        "answered_y_n",
        "answered",
        "is_answered",
        "outcome",
        "disposition",
        "status",
        "call_status",
        "result",
    ),
    "is_resolved": ("resolved", "resolved_y_n", "is_resolved"),
    "rating": ("satisfaction_rating", "csat", "rating"),
    "ivr": ("ivr_seconds", "ivr_time", "ivr"),
    "wait": (
        "wait_seconds",
        "speed_of_answer_in_seconds",
        "speed_of_answer",
        "queue_time",
        "wait_time",
        "waiting_time",
        "wait",
        "queue_wait",
    ),
    "talk": (
        "talk_seconds",
        "billsec",
        "bill_sec",
        "billed_seconds",
        "avgtalkduration",
        "talk_time",
        "talk_duration",
        "conversation_time",
        "talk",
    ),
    "duration": (
        "duration",
        "duration_seconds",
        "call_duration",
        "total_duration",
        "total_time",
        "call_length",
    ),
    "hold": ("hold_seconds", "hold_time", "hold"),
    "wrap": ("wrap_seconds", "wrap_time", "after_call_work", "acw", "acw_seconds", "wrap"),
    "answered_at": ("answered_at", "answer_time"),
    "ended_at": ("ended_at", "end_time"),
}
# In the systems and languages they come in; without accents, everything but letters and digits is
# one blank.
OUTCOMES = {
    "answered": (
        "answer",
        "y",
        "yes",
        "true",
        "1",
        "handled",
        "connected",
        "connect",
        "completed",
        "complete",
        "completeagent",
        "completecaller",
        "complete agent",
        "complete caller",
        "served",
        "accepted",
        "talked",
        "success",
        "successful",
        "answered elsewhere",
        "atendida",
        "atendido",
        "contestada",
        "contestado",
        "respondida",
        "si",
        "sim",
        "ja",
        "oui",
        "beantwortet",
        "angenommen",
        "repondu",
        "repondue",
        "beantwoord",
        "risposta",
        "completada",
        "completado",
    ),
    "transferred": (
        "transfer",
        "attendedtransfer",
        "blindtransfer",
        "attended transfer",
        "blind transfer",
        "transferida",
        "transferido",
        "weitergeleitet",
        "verbunden",
        "transfere",
        "transferee",
    ),
    "abandoned": (
        "abandon",
        "abandoned in queue",
        "abandoned by caller",
        "caller abandoned",
        "hung up",
        "hangup",
        "caller hung up",
        "caller hangup",
        "customer hung up",
        "cancel",
        "cancelled",
        "canceled",
        "originator cancel",
        "exitwithkey",
        "exit with key",
        "abandonada",
        "abandonado",
        "aufgelegt",
        "abgebrochen",
        "verlassen",
        "abandonne",
        "abandonnee",
        "opgehangen",
        "abbandonata",
    ),
    "missed": (
        "n",
        "no",
        "false",
        "0",
        "not answered",
        "unanswered",
        "no answer",
        "noanswer",
        "rona",
        "rna",
        "ring no answer",
        "ringnoanswer",
        "busy",
        "failed",
        "failure",
        "congestion",
        "chanunavail",
        "unavailable",
        "no agents",
        "missed call",
        "lost",
        "rejected",
        "declined",
        "refused",
        "timeout",
        "time out",
        "timed out",
        "exitwithtimeout",
        "exit with timeout",
        "exitempty",
        "exit empty",
        "joinempty",
        "overflow",
        "overflowed",
        "overflow out",
        "voicemail",
        "voice mail",
        "to voicemail",
        "left voicemail",
        "not handled",
        "perdida",
        "no contestada",
        "no atendida",
        "nao atendida",
        "nao",
        "nein",
        "non",
        "ocupado",
        "nicht angenommen",
        "nicht beantwortet",
        "verpasst",
        "besetzt",
        "manque",
        "manquee",
        "non repondu",
        "non repondue",
        "occupe",
        "gemist",
        "niet beantwoord",
        "persa",
    ),
}
DIRECTIONS = {
    "inbound": (
        "in",
        "incoming",
        "i",
        "incoming call",
        "inbound call",
        "entrante",
        "recebida",
        "eingehend",
        "entrant",
    ),
    "outbound": (
        "out",
        "outgoing",
        "o",
        "outgoing call",
        "outbound call",
        "dialed",
        "saliente",
        "realizada",
        "ausgehend",
        "sortant",
    ),
}
LENGTHS = ("ivr", "wait", "talk", "duration", "hold", "wrap")
RATING = "telephony_rating"
# Nobody waits three hours for an answer: 3:15 in a call log is minutes and seconds.
SHORT = "m:ss"


def tells_calls(columns: Sequence[str]) -> bool:
    """Whether a header is that of a call log and of nothing else: a call, its beginning, and
    lengths that only calls have.
    """
    given = meanings_of(columns, LAYOUT).keys()
    lengths = given & {"wait", "talk", "hold", "wrap"}
    around = given & {"ivr", "duration", "direction", "is_answered", "queue_id", "agent_id"}
    return (
        "call_id" in given
        and bool(given & {"started_at", "date"})
        and bool(lengths)
        and len(lengths) + len(around) >= 3
    )


def read(staging: Staging, paths: Sequence[Path], options: Options) -> None:
    """Stage legs, or totals by interval, from files of calls and from queue logs."""
    tables = [read_call_table(staging, path) for path in paths]
    logs = [log for table in tables if (log := queue_log_of(staging, table))]
    logged = [log.raw for log in logs]
    calls = [table for table in tables if table not in logged] + (
        [calls_of(staging, logs)] if logs else []
    )
    for place, table in enumerate(calls):
        sheet = sheet_of(staging, table, LAYOUT, place)
        if sheet.has("calls") and not sheet.has("call_id"):
            _stage_totals(staging, sheet, options)
        else:
            _need(sheet, "call_id")
            _stage_legs(staging, sheet, options)


def _need(sheet: Sheet, meaning: str) -> None:
    """Refuse a sheet without a column of one meaning, in words."""
    if not sheet.has(meaning):
        raise InputError(
            f"{sheet.raw.path}: no column for {meaning.replace('_', ' ')}; name it one of:"
            f" {', '.join(LAYOUT[meaning])} (or give a time and a number of calls for totals)"
        )


def _moment(staging: Staging, sheet: Sheet, options: Options) -> tuple[str, TimeReader]:
    """Return the expression of a row's beginning and how it is written; date and time may stand in
    two columns.
    """
    if not sheet.has("started_at"):
        _need(sheet, "date")
    # Hours without their zero ("9:12:58") are read as with it.
    both = "date || ' ' || lpad(time, 8, '0')" if sheet.has("time") else "date"
    cell = "started_at" if sheet.has("started_at") else f"({both})"
    return cell, times_of(staging, sheet, cell, options, beside=("answered_at", "ended_at"))


def _stage_totals(staging: Staging, sheet: Sheet, options: Options) -> None:
    cell, times = _moment(staging, sheet, options)
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
            "channel": "coalesce(channel, 'phone')",
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
    _read_calls(staging, sheet, options)
    _tell_outcomes(staging, sheet)
    _place_moments(staging, sheet)
    _stage_records(staging, sheet)
    if sheet.has("rating"):
        _stage_ratings(staging, sheet)
    for table in ("read_calls", "told_calls", "calls"):
        staging.connection.execute(f"drop table {table}")


def _read_calls(staging: Staging, sheet: Sheet, options: Options) -> None:
    """Create ``read_calls``: every row once, with its cells as what they mean; what cannot be read
    is told apart.
    """
    cell, times = _moment(staging, sheet, options)
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
    lengths = [
        f"case when {seconds(meaning, SHORT)} >= 0 then {seconds(meaning, SHORT)} end as"
        f" {meaning}_s"
        for meaning in LENGTHS
    ]
    if sheet.has("is_resolved"):
        bad = flag_fault("is_resolved")
        staging.reject(
            sheet.given["is_resolved"], "is_resolved", bad, f"{sheet.view} where {bad} is not null"
        )
    stated = []
    for meaning in ("answered_at", "ended_at"):
        reader = times_of(staging, sheet, meaning, options, beside=(cell,))
        if sheet.has(meaning):
            staging.reject(
                sheet.given[meaning],
                meaning,
                reader.fault(meaning),
                f"{sheet.view} where {reader.fault(meaning)} is not null",
            )
        stated += [
            f"{reader.instant(meaning)} as {meaning}_1",
            f"{reader.second(meaning)} as {meaning}_2",
        ]
    way = worded("direction", DIRECTIONS)
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
            with_own_words({"outcomes": OUTCOMES}, options.mapping, "telephony")["outcomes"],
        )
        + " end"
    )
    staging.connection.execute(f"""create temp table read_calls as
        with cells as (select * replace (coalesce(lower(channel), 'phone') as channel),
            {times.instant(cell)} as began_1, {times.second(cell)} as began_2,
                {told} as told, {way} as way, {", ".join([*lengths, *stated])}
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
    (same,) = staging.connection.execute(
        "select count(*) from repeats where is_same"
    ).fetchone() or (0,)
    staging.report.duplicates += same
    staging.connection.execute(
        "delete from read_calls where (_file, _row) in (select (_file, _row) from repeats); drop"
        " table repeats"
    )


def _tell_outcomes(staging: Staging, sheet: Sheet) -> None:
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


def _place_moments(staging: Staging, sheet: Sheet) -> None:
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
                        began_at + {microseconds("duration_s")}) - {microseconds("talk_s")} - {held}), offered_at) end as met_at
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
    if sheet.has("ivr"):
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
