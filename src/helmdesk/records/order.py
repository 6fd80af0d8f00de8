"""What cannot have happened in this order, in records of any source: told apart before it becomes a
negative wait.

Only the moment that cannot be goes to quarantine, with its file, line and value. Where the event
itself is not in doubt (a call was answered, a ticket solved) it stays as ``asserted``: it happened,
and nobody knows when. Less than a second is the rounding of clocks.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from helmdesk.quoting import text
from helmdesk.records.schema import SOLVED_STATUSES, family_columns
from helmdesk.records.staging import Staging

EARLIER = "r.occurred_at <= {} - interval 1 second"


@dataclass(frozen=True)
class _Rule:
    """One order that cannot be.

    Attributes:
        reason: what is said of it.
        rows: SQL of the records' ``rowid`` with ``limit_at``, the moment they may not precede.
        is_kept: whether the event stays, at that moment, as asserted; else the record is left out.
    """

    family: str
    reason: str
    rows: str
    is_kept: bool


def reject_impossible_orders(staging: Staging) -> None:
    """Quarantine moments that cannot be; the tickets and calls they belong to stay."""
    for family in tuple(staging.families):
        _reject_reversed(staging, family)
    for rule in _rules(staging):
        table = f"staged_{rule.family}"
        staging.connection.execute(f"create or replace temp table out_of_order as {rule.rows}")
        if not staging.connection.execute("select 1 from out_of_order limit 1").fetchone():
            continue
        found = f"{table} r join out_of_order o on o.id = r.rowid"
        _reject(
            staging,
            "occurred_at",
            "r.occurred_at",
            f"{text(rule.reason)} || strftime(o.limit_at, ' (%Y-%m-%d %H:%M:%S UTC)')",
            found,
        )
        if rule.is_kept:
            staging.connection.execute(
                f"update {table} set occurred_at = o.limit_at, fidelity = 'asserted' from"
                f" out_of_order o where o.id = {table}.rowid"
            )
            if rule.family == "leg":
                # From an answer at an unknown moment to the end is no handle time.
                staging.connection.execute(
                    "update staged_leg set fidelity = 'asserted' where type = 'ended' and leg_id in"
                    " (select leg_id from staged_leg where type = 'answered' and rowid in (select"
                    " id from out_of_order))"
                )
        else:
            staging.connection.execute(
                f"delete from {table} where rowid in (select id from out_of_order)"
            )


def _rules(staging: Staging) -> Iterator[_Rule]:
    given = staging.families
    if "ticket" in given:
        created = _created(given["ticket"])
        solved = ", ".join(text(status) for status in SOLVED_STATUSES)
        if "status" in given["ticket"]:
            yield _Rule(
                "ticket",
                "solved before it was created: it counts as solved, how long it took is unknown",
                "select r.rowid as id, c.created_at as limit_at from staged_ticket r join"
                f" {created} c using (ticket_id) where r.type = 'status_changed' and r.status in"
                f" ({solved}) and {EARLIER.format('c.created_at')}",
                is_kept=True,
            )
        if {"ticket_id", "direction", "visibility", "actor_kind"} <= given.get("message", set()):
            asked = (
                "(select ticket_id, min(occurred_at) as asked_at from staged_message where"
                " direction = 'inbound' group by ticket_id)"
            )
            # A chat may be older than the ticket made of it; then its first question is older too.
            begun = "least(c.created_at, coalesce(a.asked_at, c.created_at))"
            yield _Rule(
                "message",
                "a reply before its ticket was created: the ticket counts, the reply does not",
                f"select r.rowid as id, {begun} as limit_at from staged_message r join {created} c"
                f" using (ticket_id) left join {asked} a using (ticket_id) where r.direction ="
                " 'outbound' and r.visibility = 'public' and not c.is_ours and"
                f" {EARLIER.format(begun)}",
                is_kept=False,
            )
    if "leg_id" in given.get("leg", set()):
        yield from _leg_rules()


def _created(given: set[str]) -> str:
    """SQL of when tickets of this batch were created, and whether one of ours opened them."""
    kind = "actor_kind" if "actor_kind" in given else "null"
    outbound = "is_outbound" if "is_outbound" in given else "null"
    return (
        f"(select ticket_id, min(occurred_at) as created_at, bool_or(coalesce({outbound}, false) or"
        f" coalesce({kind} = 'human', false)) as is_ours from staged_ticket where type = 'created'"
        " group by ticket_id)"
    )


def _leg_rules() -> Iterator[_Rule]:
    for kinds, before, reason, is_kept in (
        (
            ("answered",),
            "offered",
            "answered before it was offered: the call counts, when it was answered is unknown",
            True,
        ),
        (
            ("missed", "abandoned"),
            "offered",
            "lost before it was offered: the call counts, how long it waited is unknown",
            True,
        ),
        (
            ("ended",),
            "answered",
            "ended before it was answered: the call counts, when it ended is unknown",
            False,
        ),
        (
            ("wrap_ended",),
            "ended",
            "wrapped up before it ended: the call counts, the wrap-up does not",
            False,
        ),
    ):
        listed = ", ".join(text(kind) for kind in kinds)
        yield _Rule(
            "leg",
            reason,
            "select r.rowid as id, b.limit_at from staged_leg r join (select leg_id,"
            f" min(occurred_at) as limit_at from staged_leg where type = {text(before)} group by"
            f" leg_id) b using (leg_id) where r.type in ({listed}) and"
            f" {EARLIER.format('b.limit_at')}",
            is_kept,
        )


def _reject_reversed(staging: Staging, family: str) -> None:
    """Shifts, bookings, intervals and validity that end before they start have no length anybody
    could use.
    """
    known = family_columns(family)
    for start, end in (("start_at", "end_at"), ("valid_from", "valid_to")):
        if start in known and {start, end} <= staging.families[family]:
            rows = f"staged_{family} r where r.{end} < r.{start}"
            _reject(
                staging,
                end,
                f"r.{end}",
                f"r.type || ': ends before it starts' || strftime(r.{start}, ' (%Y-%m-%d %H:%M:%S"
                " UTC)')",
                rows,
            )
            staging.connection.execute(f"delete from staged_{family} where {end} < {start}")


def _reject(staging: Staging, column: str, raw: str, reason: str, rows: str) -> None:
    """Quarantine a moment."""
    staging.reject_record(column, f"strftime({raw}, '%Y-%m-%d %H:%M:%S UTC')", reason, rows)
