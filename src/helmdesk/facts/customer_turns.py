"""Customers' turns with the business time from the ticket's creation to each; what `replies` and
`waits` measure from.
"""

from helmdesk.facts.build.fact import ByTicket, Fact

fact = Fact(
    name="customer_turns",
    grain="one customer turn on a ticket, answered, ended otherwise or still waiting",
    refresh=ByTicket(),
    families=(),
    is_internal=True,
    key="ticket_id",
    only_if="select 1 from reply_turns",
    depends=("reply_turns", "ticket_states"),
    sql="""
    select s.*, q.calendar_offset + coalesce(w.seconds_before + seconds(w.start_at,
        least(s.sent_at, w.end_at)), 0) as worked_seconds
    from reply_turns s
    left join ticket_states q on q.ticket_id = s.ticket_id and q.started_at <= s.sent_at
        and q.ended_at > s.sent_at
    left join working_days w on w.calendar_id = q.calendar_id
        and w.day_at = date_trunc('day', s.sent_at) and w.from_at <= s.sent_at
        and w.until_at > s.sent_at
    """,
)
