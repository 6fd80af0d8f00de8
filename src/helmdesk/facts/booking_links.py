"""Booking links: each that was given out, and each try to use one again that was spent, expired or
taken back. Instants are UTC.
"""

from helmdesk.facts.bookings import BOOKED_WITHIN_SECONDS, CALL_DIMENSIONS, LOOK_UPS, LOOKED_UP
from helmdesk.facts.build.fact import Dimension, Fact, Whole

fact = Fact(
    name="booking_links",
    grain="one booking link given out, or one try to use one again",
    refresh=Whole(with_tickets=True),
    families=("booking",),
    refers={"account": "account_id"},
    only_if="select 1 from booking_records where type in ('link_issued', 'link_reused')",
    depends=("tickets",),
    dimensions=(
        *CALL_DIMENSIONS,
        Dimension("link_use", "link_use", "issued: given out; reused: tried again"),
    ),
    sql=f"""
    with links as (
        select r.record_id as link_use_id, coalesce(r.link_id, r.booking_id) as link_id,
            r.occurred_at as used_at, cast(null as varchar) as agent_id,
            case when r.type = 'link_issued' then 'issued' else 'reused' end as link_use,
            r.source, r.fidelity
        from booking_records r
        where r.type in ('link_issued', 'link_reused')
    ),
    -- A try says only which link it was; whose that was, the link's other records say.
    owners as (
        select coalesce(link_id, booking_id) as link_id, max(ticket_id) as ticket_id,
            max(customer_id) as customer_id, max(account_id) as account_id,
            max(team_id) as team_id, max(channel) as channel
        from booking_records
        group by 1
    ),
    reached as (
        select distinct l.link_use_id
        from links l
        join booking_records k on coalesce(k.link_id, k.booking_id) = l.link_id
            and k.type = 'booked' and k.occurred_at >= l.used_at
            and seconds(l.used_at, k.occurred_at) <= {BOOKED_WITHIN_SECONDS}
        where l.link_use = 'reused'
    ),
    owned as (
        select l.link_use_id, l.link_id, l.used_at, l.link_use, l.agent_id, o.ticket_id,
            o.customer_id, o.account_id, o.team_id, o.channel, l.source, l.fidelity,
            -- With tools whose links never end, the second use is a booking like the first.
            k.link_use_id is not null as is_reached
        from links l
        join owners o on o.link_id = l.link_id
        left join reached k on k.link_use_id = l.link_use_id
    )
    select l.link_use_id, l.link_id, l.ticket_id, l.used_at, l.link_use, l.is_reached,
        {LOOKED_UP.format("l")}, l.source, l.fidelity
    from owned l
    {LOOK_UPS.format("l", "used_at")}
    """,
)
