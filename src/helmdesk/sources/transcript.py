"""Chats, tweets or letters as messages: one row a message, with who spoke and when.

A second file with one row a conversation may give when it began and how long it took; the last
answer of a conversation that has no time of its own is dated by it. Nothing is said about solving,
so nothing is assumed. A message dated before the first of its conversation, by turn or by the order
of a file that is in order, cannot be: it is left out and told, and the conversation stays. A
speaker whose word nobody knows is unknown: neither a reply nor the customer's word. Words for
speakers that are not known here stand in a ``--mapping``:

    [roles]
    human = ["Moderatorin"]
    bot = ["Clippy"]
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from helmdesk.errors import InputError
from helmdesk.records.staging import Staging
from helmdesk.sources.parts.columns import Layout, Sheet, open_sheet, times_of
from helmdesk.sources.parts.source import Options, Source, named_paths
from helmdesk.sources.reading.durations import seconds, seconds_fault
from helmdesk.sources.reading.roles import AUTOMATED, ROLES, UNKNOWN, role
from helmdesk.sources.reading.words import Vocabulary, with_own_words

LAYOUT: Layout = {
    "conversation_id": (
        "conversation_id",
        "session_id",
        "chat_id",
        "ticket_id",
        "thread_id",
        "case_id",
    ),
    "role": ("role", "author_type", "sender_type", "speaker", "from"),
    "author": ("author", "author_id", "sender", "user", "name"),
    "at": ("datetime", "created_at", "sent_at", "timestamp", "time", "date"),
    "message": ("message", "text", "body", "content"),
    "turn": ("turn", "seq", "index", "position"),
    "channel": ("channel", "source"),
    "company": ("company", "brand", "account"),
    "began": ("conversationdatetime", "conversation_started_at", "started_at"),
    "took": ("duration", "duration_seconds"),
}
AT = '"at"'
"""`at` is a word of SQL's own."""


def read(staging: Staging, paths: Sequence[Path], options: Options) -> None:
    """Stage one ticket for each conversation and its messages."""
    sheets = [
        open_sheet(staging, path, LAYOUT, ("conversation_id",), place)
        for place, path in enumerate(paths)
    ]
    spoken = [sheet for sheet in sheets if sheet.has("role", "at")]
    headed = [sheet for sheet in sheets if sheet.has("began", "took")]
    if not spoken:
        raise InputError(
            f"{paths[0]}: no messages: a file needs columns for conversation, role and time"
        )
    if headed:
        heading = headed[0]
        began = times_of(staging, heading, "began", options).instant("began")
        fault = seconds_fault("took")
        staging.reject(
            heading.given["took"], "took", fault, f"{heading.view} where {fault} is not null"
        )
        staging.connection.execute(
            f"create temp table endings as select conversation_id, max({began} +"
            f" to_microseconds(({seconds('took')} * 1000000)::bigint)) as end_at from"
            f" {heading.view} group by conversation_id"
        )
    else:
        staging.connection.execute(
            "create temp table endings as select null::varchar as conversation_id,"
            " null::timestamptz as end_at where false"
        )
    roles = with_own_words({"roles": ROLES}, options.mapping, "transcript")["roles"]
    for sheet in spoken:
        _stage(staging, sheet, options, roles)


def _stage(staging: Staging, sheet: Sheet, options: Options, roles: Vocabulary) -> None:
    times = times_of(staging, sheet, AT, options)
    kind = role("role", roles)
    fault = times.fault(AT)
    staging.reject(
        sheet.given["at"], AT, fault, f"{sheet.view} where {fault} is not null", is_whole_row=True
    )
    rows = f"{sheet.raw.table}_spoken"
    staging.connection.execute(f"""create temp table {rows} as
        select *, coalesce({times.instant(AT)}, e.end_at) as said_at,
            {times.second(AT)} as second_at, coalesce(try_cast(turn as bigint), _row) as place,
            -- Without a turn the time as it is written tells messages apart, in whatever part of
            -- the conversation an export holds.
            row_number() over (partition by conversation_id, "at" order by _row) as nth,
            "at" is null as is_dated_by_end, {kind} as kind
        from {sheet.view} left join endings e using (conversation_id) where ({fault}) is null""")
    staging.reject(
        sheet.given["at"],
        "null",
        "'a message without a time, and no end of its conversation'",
        f"{rows} where said_at is null",
        is_whole_row=True,
    )
    words = staging.connection.execute(
        f"select coalesce(role, 'none given'), count(*) from {rows} where kind = '{UNKNOWN}' group"
        " by 1 order by 2 desc, 1 limit 8"
    ).fetchall()
    if words:
        listed = ", ".join(f"{word} ({count:,})" for word, count in words)
        staging.note(
            f"speakers that no list knows: {listed}; say in a file with [roles] what they are, and"
            " load with --mapping FILE"
        )
    _leave_out_impossible(staging, sheet, rows)
    staging.add(
        "created",
        {
            "record_id": "'transcript:' || conversation_id || ':created:' || coalesce(\"at\", '')",
            "source_id": "conversation_id",
            "occurred_at": "said_at",
            "seq": "0",
            "ticket_id": "conversation_id",
            "actor_id": "author",
            "actor_kind": "kind",
            "channel": "coalesce(lower(channel), 'chat')",
            "fidelity": "'derived'",
            "extra": "case when company is not null then json_object('company', company) end",
            "_file": "_file",
            "_row": "_row",
        },
        f"(select * from {rows} where said_at is not null and conversation_id is not null qualify"
        " row_number() over (partition by conversation_id order by said_at, place) = 1)",
    )
    staging.add(
        "message",
        {
            "record_id": (
                "'transcript:' || conversation_id || ':' || coalesce(turn, coalesce(\"at\", '') ||"
                " ':' || nth)"
            ),
            "source_id": "conversation_id",
            "occurred_at": "said_at",
            "seq": "place",
            "ticket_id": "conversation_id",
            "actor_id": "author",
            "actor_kind": "kind",
            "channel": "coalesce(lower(channel), 'chat')",
            "direction": (
                f"case when kind in ('customer', '{UNKNOWN}') then 'inbound' else 'outbound' end"
            ),
            "visibility": "'public'",
            "is_automated": f"kind in {AUTOMATED}",
            "text": "message",
            "fidelity": "case when is_dated_by_end then 'derived' else 'native' end",
            "_file": "_file",
            "_row": "_row",
        },
        f"{rows} where said_at is not null and conversation_id is not null",
    )


def _leave_out_impossible(staging: Staging, sheet: Sheet, rows: str) -> None:
    """Quarantine messages dated before the first one of their conversation, where the order of the
    conversation is known.
    """
    pair = "partition by conversation_id order by place, _row"
    pairs, forward = staging.connection.execute(
        "select count(*), count(*) filter (where said_at > last_at) from (select said_at,"
        f" lag(said_at) over ({pair}) as last_at from {rows} where said_at is not null) where"
        " said_at <> last_at"
    ).fetchone() or (0, 0)
    # Turns count from the first message, or from the last; rows without turns may stand in any
    # order.
    is_ordered = (
        forward * 2 >= pairs or pairs < 10 if sheet.has("turn") else forward * 3 >= pairs * 2
    )
    if not is_ordered:
        return
    staging.connection.execute(
        "create temp table begun as select conversation_id, arg_min(said_at, (place, _row)) as"
        f" begun_at from {rows} where said_at is not null group by conversation_id"
    )
    early = (
        f"from begun b where b.conversation_id = {rows}.conversation_id and {rows}.said_at <="
        " b.begun_at - interval 1 second"
    )
    # In the hour that comes twice the second passing makes sense.
    staging.connection.execute(
        f"update {rows} set said_at = second_at {early} and second_at >= b.begun_at"
    )
    staging.reject(
        sheet.given["at"],
        AT,
        "strftime(begun_at, 'before the first message of its conversation (%Y-%m-%d %H:%M:%S UTC):"
        " the conversation counts, this message does not')",
        f"(select r.*, b.begun_at from {rows} r join begun b using (conversation_id) where"
        " r.said_at <= b.begun_at - interval 1 second)",
    )
    staging.connection.execute(
        f"delete from {rows} where rowid in (select {rows}.rowid from {rows} join begun b using"
        f" (conversation_id) where {rows}.said_at <= b.begun_at - interval 1 second); drop table"
        " begun"
    )


source = Source(
    "transcript",
    "chats or tweets, one row a message (CSV: conversation, role, time, text)",
    read,
    named_paths,
)
