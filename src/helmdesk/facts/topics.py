"""What a ticket was about at each time, for tickets of which it was said more than once.

`tickets` holds what was said last; whoever foretells what will become of a ticket may only know
what was said by then.
"""

from helmdesk.facts.build.fact import ByTicket, Fact

_SAID = "(type = 'field_changed' and field = 'issue_type') or (type = 'seen' and issue_type <> '')"

fact = Fact(
    name="topics",
    grain="one time at which it was said what a ticket is about, where that was said again",
    refresh=ByTicket(),
    families=("ticket",),
    key="ticket_id",
    only_if=f"select 1 from ticket_records where {_SAID}",
    sql=f"""
    with later as (
        select distinct ticket_id from ticket_records where {_SAID}
    )
    select r.ticket_id, r.occurred_at as said_at,
        nullif(case when r.type = 'field_changed' then r.value else r.issue_type end, '')
            as issue_type
    from ticket_records r
    join later l on l.ticket_id = r.ticket_id
    where r.type = 'created' or (r.type = 'field_changed' and r.field = 'issue_type')
        or (r.type = 'seen' and r.issue_type <> '')
    """,
)
