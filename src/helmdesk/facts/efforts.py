"""What a solved ticket cost its customer: how often they had to turn to us, be passed on, change
the channel, answer what they had answered, and wait. Nothing after the last solve counts.

A contact is a message or call of the customer more than an hour after the one before: ten lines of
one chat are one. A question was asked again where two replies by people ask with mostly the same
words; sources that give no text say nothing of that, and count none.
"""

from helmdesk.facts.build.fact import ByTicket, Fact
from helmdesk.facts.ticket_repeats import SIMILARITY

SAME_CONTACT_SECONDS = 3600
MOST_WAITING = 5
"""Days of waiting, beyond which more of them make nothing worse."""

fact = Fact(
    name="efforts",
    grain="one solved ticket",
    refresh=ByTicket(),
    families=("message",),
    key="ticket_id",
    depends=("messages", "legs", "tickets"),
    sql=f"""
    with solved as (
        select ticket_id, last_solved_at, channel, transfers, requester_wait_seconds
        from tickets
        where last_solved_at < forever()
    ),
    written as (
        select m.ticket_id, m.message_id, m.sent_at, m.is_customer, m.is_human_reply,
            coalesce(r.channel, s.channel) as channel,
            nullif(trim(r.text), '') is not null as has_text,
            lower(regexp_extract(r.text, '[^.!?]*[?]')) as question
        from messages m
        join solved s on s.ticket_id = m.ticket_id and m.sent_at <= s.last_solved_at
        left join message_records r on r.record_id = m.message_id
        where m.is_customer or m.is_human_reply
    ),
    came as (
        select ticket_id, sent_at as came_at, channel from written where is_customer
        union all
        select l.ticket_id, l.offered_at, l.channel
        from legs l
        join solved s on s.ticket_id = l.ticket_id and l.offered_at <= s.last_solved_at
        where l.direction is distinct from 'outbound'
    ),
    ordered as (
        select ticket_id, channel, lag(channel) over w as channel_before,
            seconds(lag(came_at) over w, came_at) as since_seconds
        from came
        window w as (partition by ticket_id order by came_at, channel)
    ),
    contacts as (
        select ticket_id,
            count_if(since_seconds > {SAME_CONTACT_SECONDS}) as further_contacts,
            count_if(channel <> channel_before) as channel_switches
        from ordered
        group by ticket_id
    ),
    texts as (
        select ticket_id, bool_or(has_text) as has_text from written group by ticket_id
    ),
    questions as (
        select ticket_id, message_id, sent_at, question
        from written
        where is_human_reply and length(question) > 1
    ),
    repeated as (
        select b.ticket_id, count(distinct b.message_id) as questions_again
        from questions b
        join questions a on a.ticket_id = b.ticket_id and a.message_id <> b.message_id
            and (a.sent_at < b.sent_at or (a.sent_at = b.sent_at and a.message_id < b.message_id))
            and similarity(a.question, b.question) >= {SIMILARITY!r}
        group by b.ticket_id
    )
    select s.ticket_id, coalesce(c.further_contacts, 0) as further_contacts,
        coalesce(s.transfers, 0) as handovers,
        coalesce(c.channel_switches, 0) as channel_switches,
        coalesce(q.questions_again, 0) as questions_again,
        least(coalesce(s.requester_wait_seconds, 0) / 86400.0, {MOST_WAITING}) as waiting_days,
        coalesce(x.has_text, false) as has_text
    from solved s
    left join texts x on x.ticket_id = s.ticket_id
    left join contacts c on c.ticket_id = s.ticket_id
    left join repeated q on q.ticket_id = s.ticket_id
    """,
)
