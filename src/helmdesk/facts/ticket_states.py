"""Every stretch of a ticket's life with its calendar; the skeleton of `intervals`.

``worked_before`` is the business time from creation to the stretch's start; ``calendar_offset`` plus the
calendar's cumulative working time at any instant within the stretch is the business time from creation to it.
Both are null where no calendar was in force at some earlier moment.
"""

from helmdesk.facts.fact import Fact

fact = Fact(
    name="ticket_states",
    grain="one stretch of a ticket's life during which status, assignee, team and priority did not change",
    key="ticket_id",
    depends=("ticket_life", "life_working_times"),
    sql="""
    select l.* exclude (own_calendar_id), w.calendar_id, w.business_seconds, w.worked_before, w.calendar_offset
    from ticket_life l
    left join life_working_times w on w.ticket_id = l.ticket_id and w.started_at = l.started_at
    """,
)
