"""Calls that customers booked: when they asked for one, when it was to be, how often it was moved
and by whom, and what became of it.

Instants are UTC, durations whole seconds. A customer asked when a booking link was given out to
them: for this call, or for its ticket before it was booked; where no link was told of, when they
booked. A call was held when the team said so. Where a source never says that any call was held, a
call whose time has come counts as held unless it was cancelled or the customer stayed away;
elsewhere nobody knows (`untold`).
"""

from helmdesk.facts.build.fact import TICKET_DIMENSIONS, Dimension, Fact, Whole

# An answer that names no ticket is about the scheduled call of its customer that began within so
# many days before it.
ANSWERED_WITHIN_DAYS = 7
# Who tries a spent link again and books within so long got through with it.
BOOKED_WITHIN_SECONDS = 3600
_KEPT = "case when {0}moves > 0 or {0}is_reassigned then 'changed' else 'kept' end"


def booking_dimension(fact_name: str, anchor: str) -> Dimension:
    """Return the dimension that tells answers about scheduled calls apart by whether the call kept
    its time and its agent.
    """
    kept = _KEPT.format("b.")
    # Looked up, not stored: a booking may be told of after the answer.
    return Dimension(
        "booking",
        f"""coalesce(
            (select arg_max({kept}, b.start_at) from bookings as b
                where b.ticket_id = {fact_name}.ticket_id and not b.is_cancelled),
            (select arg_max({kept}, b.start_at) from bookings as b
                where b.customer_id = {fact_name}.customer_id and not b.is_cancelled
                and b.start_at <= {fact_name}.{anchor}
                    and b.start_at >= {fact_name}.{anchor} - days({ANSWERED_WITHIN_DAYS})))""",
        "of answers about a scheduled call: whether it kept its time and its agent, or was changed",
    )


OWN = {
    "agent": Dimension("agent", "agent", "who held the call, or was to hold it", is_person=True),
    "team": Dimension("team", "team", "team the call was booked with, else the ticket's"),
}
# Facts about calls are sliced by what the call says of itself, and else by its ticket.
CALL_DIMENSIONS = tuple(OWN.get(each.name, each) for each in TICKET_DIMENSIONS)
# What calls and links look up: columns of their own and of their ticket, and the joins for them.
LOOKED_UP = """coalesce(n.name, {0}.agent_id, t.agent) as agent,
        coalesce(e.name, {0}.team_id, h.name, g.team_id, t.team) as team,
        coalesce({0}.channel, t.channel) as channel, t.priority, t.severity, t.issue_type,
        coalesce({0}.customer_id, t.customer_id) as customer_id,
        coalesce(t.account_id, {0}.account_id) as account_id,
        coalesce(t.account, c.name, {0}.account_id) as account, coalesce(t.tier, c.tier) as tier,
        coalesce(t.region, c.region) as region,
        coalesce(not (t.is_spam or t.is_deleted), true) as is_counted"""
LOOK_UPS = """left join tickets t on t.ticket_id = {0}.ticket_id
    left join latest_agents n on n.entity_id = {0}.agent_id
    left join latest_teams e on e.entity_id = {0}.team_id
    left join agent_versions g on g.entity_id = {0}.agent_id and {0}.{1} >= g.valid_from
        and {0}.{1} < g.valid_to
    left join latest_teams h on h.entity_id = g.team_id
    left join account_versions c on c.entity_id = {0}.account_id and {0}.{1} >= c.valid_from
        and {0}.{1} < c.valid_to"""

fact = Fact(
    name="bookings",
    grain="one scheduled call",
    refresh=Whole(with_time="bookings", with_tickets=True),
    families=("booking",),
    refers={"agent": "agent_id", "account": "account_id"},
    only_if="select 1 from booking_records",
    depends=("tickets",),
    dimensions=(
        *CALL_DIMENSIONS,
        Dimension(
            "booking",
            _KEPT.format(""),
            "whether the call kept its time and its agent, or was changed",
        ),
        Dimension(
            "call_outcome",
            "call_outcome",
            "what became of the call: ahead, held, no_show, cancelled; untold where nobody said",
        ),
        Dimension("call_reason", "reason", "why it was cancelled, or the customer stayed away"),
    ),
    sql=f"""
    with told as (
        select b.booking_id, max(b.ticket_id) as ticket_id, max(b.customer_id) as customer_id,
            max(b.account_id) as account_id, max(b.team_id) as team_id, max(b.channel) as channel,
            max(b.link_id) as link_id,
            arg_max(b.agent_id, (b.occurred_at, b.type_order, b.record_id))
                filter (where b.agent_id is not null) as agent_id,
            arg_max(b.reason, (b.occurred_at, b.type_order, b.record_id))
                filter (where b.reason is not null) as reason,
            min(case when b.type = 'booked' then b.occurred_at end) as booked_at,
            arg_min(b.start_at, (b.occurred_at, b.type_order, b.record_id))
                filter (where b.type = 'booked') as first_start_at,
            arg_max(b.start_at, (b.occurred_at, b.type_order, b.record_id))
                filter (where b.start_at is not null) as start_at,
            arg_max(b.end_at, (b.occurred_at, b.type_order, b.record_id))
                filter (where b.end_at is not null) as end_at,
            count_if(b.type = 'moved') as moves,
            count_if(b.type = 'moved' and b.actor_kind = 'customer') as customer_moves,
            count_if(b.type = 'moved' and coalesce(b.actor_kind, 'unknown') = 'unknown')
                as unknown_moves,
            count(distinct b.agent_id) > 1 as is_reassigned,
            max(case when b.type in ('booked', 'moved') then b.occurred_at end) as set_at,
            max(case when b.type = 'cancelled' then b.occurred_at end) as cancelled_at,
            max(case when b.type = 'no_show' then b.occurred_at end) as no_show_at,
            max(case when b.type = 'held_booking' then b.occurred_at end) as held_said_at,
            min(b.source) as source, min(b.fidelity) as fidelity
        from booking_records b
        group by b.booking_id
        having count_if(b.type = 'booked') > 0
    ),
    -- A link on a page for everybody was not given to whoever books by it.
    links as (
        select booking_id, max(ticket_id) as ticket_id, max(customer_id) as customer_id,
            min(occurred_at) as issued_at
        from booking_records
        where type = 'link_issued'
        group by booking_id
    ),
    asked as (
        select b.booking_id, max(l.issued_at) as issued_at
        from (select booking_id, booked_at, coalesce(link_id, booking_id) as link_id from told) b
        join links l on l.booking_id = b.link_id
        where l.issued_at <= b.booked_at and coalesce(l.ticket_id, l.customer_id) is not null
        group by b.booking_id
    ),
    asked_by_ticket as (
        select b.booking_id, max(l.issued_at) as issued_at
        from told b
        join links l on l.ticket_id = b.ticket_id
        where l.issued_at <= b.booked_at
        group by b.booking_id
    ),
    -- Who never says that a call was held cannot deny one.
    sayers as (
        select distinct source from booking_records where type = 'held_booking'
    ),
    reused as (
        select distinct b.booking_id
        from (select booking_id, booked_at, coalesce(link_id, booking_id) as link_id from told) b
        join booking_records r on coalesce(r.link_id, r.booking_id) = b.link_id
        where r.type = 'link_reused' and r.occurred_at <= b.booked_at
            and seconds(r.occurred_at, b.booked_at) <= {BOOKED_WITHIN_SECONDS}
    ),
    -- Who never names the link of a booking cannot say that one was made without.
    linkers as (
        select distinct b.source
        from told b
        join links i on i.booking_id = coalesce(b.link_id, b.booking_id)
    ),
    judged as (
        select b.*, coalesce(l.issued_at, t.issued_at, b.booked_at) as asked_at,
            i.booking_id is not null or t.issued_at is not null as is_by_link,
            y.source is not null as is_source_linking,
            u.booking_id is not null as is_by_reused_link,
            coalesce(b.cancelled_at >= b.set_at, false) as is_cancelled,
            -- A call that was held after all was no no-show, unless it was another appointment.
            coalesce(b.no_show_at is not null and (b.held_said_at is null
                or b.held_said_at < b.no_show_at or b.set_at > b.no_show_at),
                false) as is_no_show,
            coalesce(b.held_said_at >= b.no_show_at, b.held_said_at is not null) as is_said_held,
            s.source is not null as is_source_telling,
            coalesce(b.end_at, b.start_at) <= z.as_of as is_over
        from told b
        cross join watermark z
        left join asked l on l.booking_id = b.booking_id
        left join asked_by_ticket t on t.booking_id = b.booking_id
        left join links i on i.booking_id = coalesce(b.link_id, b.booking_id)
        left join reused u on u.booking_id = b.booking_id
        left join linkers y on y.source = b.source
        left join sayers s on s.source = b.source
    ),
    ended as (
        select j.*, case when j.is_said_held then 'held'
            when j.is_no_show and j.no_show_at >= j.set_at
                and coalesce(j.no_show_at >= j.cancelled_at, true) then 'no_show'
            when j.is_cancelled then 'cancelled'
            when not j.is_over then 'ahead'
            when j.is_source_telling then 'untold' else 'held' end as call_outcome
        from judged j
    ),
    timed as (
        select f.*, f.call_outcome = 'held' as is_held,
            -- Whoever notes it in the evening does not move the call to the evening.
            case when f.call_outcome <> 'held' then forever()
                when f.held_said_at <= coalesce(f.end_at, f.start_at) then f.held_said_at
                else f.start_at end as held_at
        from ended f
    )
    select b.booking_id, b.ticket_id, b.agent_id, b.asked_at, b.booked_at,
        b.first_start_at, b.start_at, b.end_at, b.moves, b.customer_moves, b.unknown_moves,
        b.is_reassigned,
        b.is_cancelled, b.is_no_show, b.is_held, b.is_by_link,
        b.is_source_linking, b.is_by_reused_link, b.call_outcome, b.reason, b.cancelled_at,
        b.held_at, b.first_start_at <= z.as_of as is_due,
        case when b.first_start_at >= b.booked_at
            then seconds(b.booked_at, b.first_start_at) end as lead_seconds,
        case when b.is_held and b.held_at >= b.asked_at
            then seconds(b.asked_at, b.held_at) end as wait_seconds,
        case when b.is_held and b.held_at >= b.booked_at
            then seconds(b.booked_at, b.held_at) end as booked_wait_seconds,
        {LOOKED_UP.format("b")}, b.source, b.fidelity
    from timed b
    cross join watermark z
    {LOOK_UPS.format("b", "booked_at")}
    """,
)
