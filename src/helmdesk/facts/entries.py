"""Every way in which a customer came to a person of the team, by the team's door or round it.

By the door: a call or chat that waited in a queue, a scheduled call booked by a link that the team
gave out. Round it: a call or chat that rang at a person without a queue, a scheduled call put
straight into a calendar, a spent link that booked again. A system that names no queue on a channel,
or gives out no links, cannot tell the two apart: what it says of that channel, or of bookings, is
not here. A try with a spent link that led nowhere is here too, with ``is_reached`` false.
"""

from helmdesk.facts.bookings import CALL_DIMENSIONS
from helmdesk.facts.build.fact import Dimension, Fact, View

SHARED = """{0}.agent, {0}.team, {0}.channel, {0}.priority, {0}.severity, {0}.issue_type,
        {0}.customer_id, {0}.account_id, {0}.account, {0}.tier, {0}.region, {0}.source,
        {0}.fidelity, {0}.is_counted"""

fact = Fact(
    name="entries",
    grain="one call, chat, booking or tried link by which a customer came to a person, or tried to",
    refresh=View(),
    families=(),
    depends=("contacts", "bookings", "booking_links"),
    dimensions=(
        *CALL_DIMENSIONS,
        Dimension("entry", "entry", "call_or_chat, scheduled_call or link"),
        Dimension(
            "went_round",
            "coalesce(went_round, 'no')",
            "how it went round the queue: direct_contact, own_calendar, reused_link; else no",
        ),
    ),
    sql=f"""
    with queued as (
        select distinct source, coalesce(channel, '') as channel
        from contacts
        where queue_id is not null and direction is distinct from 'outbound'
    )
    select c.leg_id as entry_id, c.ticket_id, c.offered_at as entered_at,
        'call_or_chat' as entry, c.outcome = 'answered' as is_reached,
        case when c.queue_id is null then 'direct_contact' end as went_round,
        {SHARED.format("c")}
    from contacts c
    join queued q on q.source = c.source and q.channel = coalesce(c.channel, '')
    where c.direction is distinct from 'outbound'
    union all
    select b.booking_id, b.ticket_id, b.booked_at, 'scheduled_call', true,
        case when b.is_by_reused_link then 'reused_link'
            when not b.is_by_link then 'own_calendar' end,
        {SHARED.format("b")}
    from bookings b
    where b.is_source_linking or b.is_by_reused_link
    union all
    select l.link_use_id, l.ticket_id, l.used_at, 'link', false, 'reused_link',
        {SHARED.format("l")}
    from booking_links l
    where l.link_use = 'reused' and not l.is_reached
    """,
)
