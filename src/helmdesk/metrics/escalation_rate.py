"""How many of the tickets that ended were declared to need a higher tier, a specialist team or a
manager.

Passing a ticket sideways is not an escalation. Pushing this number down keeps hard cases with
people who cannot solve them.
"""

from datetime import date

from helmdesk.catalogue.kinds.share import Share
from helmdesk.catalogue.metric import Change, Metric, Reference, Variant

metric = Metric(
    key="escalation_rate",
    name="Escalation rate",
    version=1,
    owner="support operations",
    changes=(Change(1, date(2026, 11, 22), "first definition"),),
    pillar="team_performance",
    category="resolution_quality",
    unit="share",
    direction="band",
    fact="tickets",
    anchor="last_solved_at",
    value=Share("escalations > 0"),
    where="is_counted and last_solved_at < forever()",
    where_words=(
        "tickets that ended, however they did (solved, closed by a rule, declined, a duplicate"
        " ...), placed at their last end"
    ),
    formula="tickets with a declared escalation ÷ tickets that ended",
    evidence=(
        "ticket_id",
        "created_at",
        "last_solved_at",
        "outcome",
        "escalations",
        "team_changes",
        "issue_type",
        "team",
        "agent",
    ),
    rewards="keeping tickets, also too long",
    exposes="missing permissions, missing knowledge, or intake that sends work to the wrong queue",
    supports=("tooling", "routing", "coaching"),
    needs=("escalated",),
    read_with=("resolution_time", "reopen_rate"),
    variants=(
        Variant(
            "any_group_change",
            "moved to another team at least once, declared or not",
            "teams without escalation events",
            value=Share("team_changes > 0"),
            needs=("assigned",),
        ),
    ),
    references=(
        Reference("above 15-20% is bad, under 5-10% good", "seed 003, key metrics overview"),
    ),
)
