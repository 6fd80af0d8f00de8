"""What was said in public on tickets, word for word, where a source kept it: for quotes and for
summaries of a case.

At most 4,000 characters of each message. After an erasure its texts are gone.
"""

from helmdesk.facts.build.fact import ByTicket, Fact

fact = Fact(
    name="texts",
    grain="one public message whose text a source kept",
    refresh=ByTicket(),
    families=("message",),
    key="ticket_id",
    depends=("messages",),
    only_if="select 1 from message_records where text is not null",
    sql="""
    select m.ticket_id, m.message_id, m.sent_at, m.seq, m.is_customer, m.is_automated,
        substr(r.text, 1, 4000) as words
    from message_records r
    join messages m on m.ticket_id = r.ticket_id and m.message_id = r.record_id
    where m.is_public and coalesce(trim(r.text), '') <> ''
    """,
)
