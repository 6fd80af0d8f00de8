"""Quality reviews: points given of points possible, by a person or by a machine."""

from helmdesk.facts.build.fact import TICKET_DIMENSIONS, ByKey, Dimension, Fact

OWN = {
    "agent": Dimension("agent", "agent", "whose work was reviewed", is_person=True),
    "team": Dimension("team", "team", "team of that agent"),
    "tenure": Dimension("tenure", "tenure", "how long that agent had been there"),
}

fact = Fact(
    name="reviews",
    grain="one review of one piece of work",
    dated="reviewed_at",
    refresh=ByKey("touched_reviews"),
    families=("review",),
    refers={"agent": "agent"},
    key="review_id",
    only_if="select 1 from review_records",
    depends=("tickets",),
    dimensions=tuple(OWN.get(dimension.name, dimension) for dimension in TICKET_DIMENSIONS),
    sql="""
    select r.record_id as review_id, r.ticket_id, r.occurred_at as reviewed_at, r.points,
        r.possible_points, r.comment,
        coalesce(r.actor_kind, 'human') = 'human' as is_by_person,
        coalesce(n.name, r.agent_id) as agent, coalesce(e.name, g.team_id, t.team) as team,
        coalesce(r.channel, t.channel) as channel, t.priority, t.severity, t.issue_type,
        t.customer_id, t.account, t.tier, t.region, r.source,
        tenure(g.tenure_start, r.occurred_at) as tenure, coalesce(t.is_counted, true) as is_counted,
        r.fidelity
    from review_records r
    left join tickets t on t.ticket_id = r.ticket_id
    left join latest_agents n on n.entity_id = r.agent_id
    left join agent_versions g on g.entity_id = r.agent_id and r.occurred_at >= g.valid_from
        and r.occurred_at < g.valid_to
    left join latest_teams e on e.entity_id = g.team_id
    where r.type = 'reviewed'
    """,
)
