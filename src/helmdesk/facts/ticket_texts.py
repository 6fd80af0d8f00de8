"""What a customer said when a ticket was opened: its subject and the first public message that is
the customer's.

After an erasure both are empty, and so is this.
"""

from helmdesk.facts.build.fact import ByTicket, Fact

fact = Fact(
    name="ticket_texts",
    grain="one ticket of which a source kept a subject or a text",
    refresh=ByTicket(),
    families=("message",),
    is_internal=True,
    key="ticket_id",
    depends=("messages", "ticket_openings"),
    sql="""
    with spoken as (
        select r.ticket_id, arg_min(r.text, (r.occurred_at, coalesce(r.seq, 0), r.record_id))
            as words
        from message_records r
        join messages m on m.ticket_id = r.ticket_id and m.message_id = r.record_id
        where m.is_customer and coalesce(trim(r.text), '') <> ''
        group by r.ticket_id
    )
    select o.ticket_id,
        trim(coalesce(o.subject, '') || ' ' || coalesce(substr(s.words, 1, 2000), '')) as words
    from ticket_openings o
    left join spoken s on s.ticket_id = o.ticket_id
    where o.subject is not null or s.words is not null
    """,
)
