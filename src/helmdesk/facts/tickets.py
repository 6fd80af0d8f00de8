"""One row a ticket: its instants, durations on both clocks, counts and dimensions.

An instant that has not come is the sentinel `forever()`; its duration is null. Durations are whole
seconds. Columns ending in ``_business_seconds`` use the ticket's calendar and are null without one.
"""

from helmdesk.facts.fact import TICKET_DIMENSIONS, Fact

fact = Fact(
    name="tickets",
    grain="one ticket",
    depends=("ticket_clocks", "ticket_working_times"),
    dimensions=TICKET_DIMENSIONS,
    sql="""
    select k.*,
        seconds(k.clock_started_at, nullif(k.first_reply_at, forever())) as first_reply_seconds,
        seconds(k.created_at, nullif(k.first_reply_at, forever())) as first_reply_from_created_seconds,
        seconds(k.first_assigned_at, nullif(k.first_reply_at, forever())) as first_reply_from_assignment_seconds,
        seconds(k.created_at, nullif(k.first_any_reply_at, forever())) as first_any_reply_seconds,
        seconds(k.created_at, nullif(k.first_solved_at, forever())) as first_solve_seconds,
        seconds(k.created_at, nullif(k.last_solved_at, forever())) as resolution_seconds,
        w.first_reply_business_seconds, w.first_reply_from_created_business_seconds,
        w.first_solve_business_seconds, w.resolution_business_seconds,
        -- For survival: how long it has been watched, solved or not, as of the data.
        seconds(k.created_at, least(k.first_solved_at, h.as_of)) as watched_seconds,
        k.first_solved_at + days(h.reopen_days) <= h.as_of as is_reopen_mature
    from ticket_clocks k
    cross join horizon h
    left join ticket_working_times w on w.ticket_id = k.ticket_id
    """,
)
