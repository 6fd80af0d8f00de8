"""Every stretch of a ticket's life with its calendar; the skeleton of `intervals`.

In force is the ticket's own calendar, else that of the team holding it, else the desk's default;
what is set within `SETTLING` of creation is in force from the start. The calendar's hours are those
of the version valid at each moment (`as_scheduled`). How long a solved ticket has been lying solved
is nobody's time: that last stretch has none.

``worked_before`` is the business time from creation to the stretch's start; ``calendar_offset``
plus the calendar's cumulative working time at any instant within the stretch is the business time
from creation to it. Both are null where no calendar was in force at some earlier moment.
``missing_calendar_id`` names a calendar that should have been in force and was never loaded.
"""

from helmdesk.facts.build.fact import ByTicket, Fact
from helmdesk.facts.ticket_life import SETTLING

LIFE = (
    "ticket_id, started_at, ended_at, status, is_unsolved, agent_id, team_id, priority,"
    " is_transfer, is_team_change, is_status_change"
)

fact = Fact(
    name="ticket_states",
    grain=(
        "one stretch of a ticket's life during which status, assignee, team and priority did not"
        " change"
    ),
    refresh=ByTicket(),
    families=(),
    refers={"agent": "agent_id"},
    key="ticket_id",
    depends=("ticket_life",),
    only_if="select 1 from working_time",
    otherwise=f"""
    select {LIFE}, cast(null as varchar) as calendar_id, own_calendar_id as missing_calendar_id,
        cast(null as bigint) as business_seconds, cast(null as bigint) as worked_before,
        cast(null as bigint) as calendar_offset
    from ticket_life
    """,
    sql=f"""
    with stated as (
        select l.*, case when l.is_unsolved then least(l.ended_at, z.as_of) else l.ended_at
            end as until_at,
            coalesce(l.own_calendar_id, e.calendar_id,
                z.default_calendar) as own_or_team_calendar_id
        from ticket_life l
        cross join watermark z
        left join team_versions e on e.entity_id = l.team_id and l.started_at >= e.valid_from
            and l.started_at < e.valid_to
    ),
    -- The schedule that a trigger sets seconds after creation, or the team it finds, brings its
    -- calendar from the start.
    settled as (
        select ticket_id, arg_max(own_or_team_calendar_id, started_at) as calendar_id
        from stated
        where started_at < created_at + {SETTLING}
        group by ticket_id
        having count(*) > 1
    ),
    placed as (
        select s.*, case when s.started_at < s.created_at + {SETTLING}
            then coalesce(t.calendar_id, s.own_or_team_calendar_id)
            else s.own_or_team_calendar_id end as stated_calendar_id
        from stated s
        left join settled t on t.ticket_id = s.ticket_id
    ),
    looked_up as (
        select p.*, c.calendar_id, case when c.calendar_id is null then p.stated_calendar_id
            end as missing_calendar_id,
            case when c.calendar_id is not null
                then coalesce(a.seconds_before + seconds(a.start_at, least(p.started_at, a.end_at)),
                0) end as at_start,
            case when c.calendar_id is not null
                then coalesce(b.seconds_before + seconds(b.start_at, least(p.until_at, b.end_at)),
                0) end as at_end
        from placed p
        left join (select distinct calendar_id from working_time) c
            on c.calendar_id = p.stated_calendar_id
        left join working_days a on a.calendar_id = p.stated_calendar_id
            and a.day_at = date_trunc('day', p.started_at) and a.from_at <= p.started_at
            and a.until_at > p.started_at
        left join working_days b on b.calendar_id = p.stated_calendar_id
            and b.day_at = date_trunc('day', p.until_at) and b.from_at <= p.until_at
            and b.until_at > p.until_at
    ),
    summed as (
        select {LIFE}, calendar_id, missing_calendar_id, at_start, case when until_at < forever()
            then greatest(at_end - at_start, 0) end as business_seconds,
            -- A stretch without a calendar makes everything after it unknown, not zero.
            case when count(*) over earlier = count(at_start) over earlier
                then cast(coalesce(sum(at_end - at_start) over earlier, 0) as bigint)
                    end as worked_before
        from looked_up
        window earlier as (partition by ticket_id order by started_at
            rows between unbounded preceding and 1 preceding)
    )
    select {LIFE}, calendar_id, missing_calendar_id, business_seconds, worked_before,
        worked_before - at_start as calendar_offset
    from summed
    """,
)
