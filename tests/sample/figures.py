"""The planted figures, measured from the records with SQL that knows nothing of the generator or
the compiler.
"""

from __future__ import annotations

from datetime import date
from typing import Any

import duckdb

from helmdesk.desk.desk import Desk


class Figures:
    """One in-memory view per record family of a desk's lake; times in UTC."""

    def __init__(self, desk: Desk) -> None:
        self.connection = duckdb.connect()
        self.connection.execute("set timezone = 'UTC'")
        for family, files in desk.lake.snapshot().files.items():
            self.connection.execute(
                f"create view {family} as from read_parquet({list(files)!r}, union_by_name=true)"
            )

    def one(self, sql: str, *values: Any) -> float:
        ((found,),) = self.connection.execute(sql, list(values)).fetchall()
        return float(found)

    def csat(self, start: date, end: date) -> float:
        return self.one(
            "select avg((answer in ('4', '5'))::int) from survey where type = 'responded' and"
            " instrument_id = 'larkspur-csat' and occurred_at >= ? and occurred_at < ?",
            start,
            end,
        )

    def legs(self) -> str:
        return """(select leg_id, any_value(channel) as channel, any_value(queue_id) as queue,
            min(occurred_at) filter (where type = 'offered') as offered_at,
                min(occurred_at) filter (where type = 'answered') as answered_at,
            min(occurred_at) filter (where type = 'wrap_ended') as wrapped_at,
                count(*) filter (where type = 'missed') > 0 as is_missed,
            count(*) filter (where type = 'abandoned') > 0 as is_abandoned from leg
                group by leg_id)"""

    def handle_seconds(self, channel: str, start: date, end: date) -> float:
        return self.one(
            f"select avg(epoch(wrapped_at - answered_at)) from {self.legs()} where channel = ? and"
            " answered_at >= ? and answered_at < ?",
            channel,
            start,
            end,
        )

    def answer_seconds(self, start: date, end: date) -> float:
        return self.one(
            f"select avg(epoch(answered_at - offered_at)) from {self.legs()} where answered_at >= ?"
            " and answered_at < ?",
            start,
            end,
        )

    def missed_at_lunch(self, start: date, end: date) -> float:
        return self.one(
            f"select avg(is_missed::int) from {self.legs()} where queue = 'chat-berlin' and"
            " offered_at >= ? and offered_at < ? and hour(offered_at at time zone 'Europe/Berlin')"
            " in (12, 13)",
            start,
            end,
        )

    def first_contact_resolution(self, start: date, end: date) -> float:
        """One public human reply, no declared escalation, solved once, among solved human
        tickets.
        """
        return self.one(
            """with told as (select ticket_id, count(*) as replies from message
                where actor_kind = 'human' and visibility = 'public' group by 1),
            events as (select ticket_id, min(occurred_at) filter (where type = 'created')
                as created_at,
                count(*) filter (where type = 'status_changed' and status = 'solved') as solves,
                    count(*) filter (where type = 'escalated') as escalations
                from ticket group by 1)
            select avg((replies = 1 and solves = 1 and escalations = 0)::int) from events
                join told using (ticket_id)
            where solves > 0 and created_at >= ? and created_at < ?""",
            start,
            end,
        )

    def ease(self, channel: str, start: date, end: date) -> float:
        return self.one(
            "select avg((answer in ('5', '6', '7'))::int) from survey join (select ticket_id,"
            " channel as via from ticket where type = 'created') using (ticket_id) where type ="
            " 'responded' and instrument_id = 'larkspur-ces' and via = ? and occurred_at >= ? and"
            " occurred_at < ?",
            channel,
            start,
            end,
        )

    def abandoned(self, channel: str, start: date, end: date) -> float:
        return self.one(
            f"select avg(is_abandoned::int) from {self.legs()} where channel = ? and offered_at >="
            " ? and offered_at < ?",
            channel,
            start,
            end,
        )

    def open_tickets(self, at: str) -> float:
        return self.one(
            """with last as (select ticket_id, arg_max(status, (occurred_at, seq)) as status
                from ticket
                where type in ('created', 'status_changed')
                    and occurred_at <= ?::timestamptz group by 1),
            gone as (select ticket_id from ticket where type in ('spam_marked', 'merged_into'))
            select count(*) from last where status not in ('solved', 'closed')
                and ticket_id not in (from gone)""",
            at,
        )

    def utilization(self, start: date, end: date) -> float:
        return self.one(
            """with logged as (select agent_id, state, occurred_at,
                lead(occurred_at) over (partition by agent_id order by occurred_at) as until
                from workforce where type = 'state_changed'),
            handled as (select sum(epoch(until - occurred_at)) as seconds from logged
                where state = 'handling' and occurred_at >= ? and occurred_at < ?),
            paid as (select sum(epoch(end_at - start_at)) as seconds from workforce
                where type = 'shift_planned' and activity = 'work' and start_at >= ?
                and start_at < ?)
            select handled.seconds / paid.seconds from handled, paid""",
            start,
            end,
            start,
            end,
        )

    def favourable(self, start: date, end: date) -> float:
        return self.one(
            "select avg((answer in ('4', '5'))::int) from pulse where instrument_id ="
            " 'larkspur-esat' and occurred_at >= ? and occurred_at < ?",
            start,
            end,
        )

    def cost_per_ticket(self, channel: str) -> float:
        return self.one(
            "select (select sum(amount) from money where scope = 'channel:' || ?) / (select"
            " count(*) from ticket where type = 'created' and channel = ?)",
            channel,
            channel,
        )

    def net_promoters(self) -> float:
        return self.one(
            "select avg(case when score >= 9 then 1 when score <= 6 then -1 else 0 end) from survey"
            " where type = 'responded' and instrument_id = 'larkspur-nps'"
        )

    def calls(self) -> str:
        """One row a booked call: the time first agreed, whether it was moved, its ticket's
        answer.
        """
        return """(select b.ticket_id, min(b.start_at) filter (where b.type = 'booked') as first_at,
            count(*) filter (where b.type = 'moved') > 0 as is_moved,
            count(*) filter (where b.type = 'cancelled') > 0 as is_cancelled,
            any_value(s.answer) as answer
            from booking b left join survey s on s.ticket_id = b.ticket_id
                and s.type = 'responded' and s.instrument_id = 'larkspur-csat'
            where b.type in ('booked', 'moved', 'cancelled') group by b.ticket_id)"""

    def moved_calls(self, start: date, end: date) -> float:
        return self.one(
            f"select avg(is_moved::int) from {self.calls()} where first_at >= ? and first_at < ?",
            start,
            end,
        )

    def csat_of_calls(self, is_moved: bool, start: date, end: date) -> float:
        return self.one(
            f"""select avg((answer in ('4', '5'))::int) from {self.calls()} where is_moved = ?
            and not is_cancelled and answer is not null and first_at >= ? and first_at < ?""",
            is_moved,
            start,
            end,
        )
