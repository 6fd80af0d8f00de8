"""Share of paid time that agents spend handling customers.

The name has three formulas in use; this one divides by paid, scheduled time, without meals and time
off. Above the healthy band replies slow down and people leave; the rest of the time is not idleness
but training, breaks and readiness.
"""

from datetime import date

from helmdesk.catalogue.kinds.sum_ratio import SumRatio
from helmdesk.catalogue.metric import Change, Metric, Reference, Variant

metric = Metric(
    key="utilization",
    name="Utilization",
    version=2,
    owner="workforce planning",
    changes=(
        Change(1, date(2026, 11, 22), "first definition"),
        Change(
            2,
            date(2026, 11, 26),
            "a state that nobody ended ends with the shift it began in, or after"
            " longest_state_hours",
        ),
    ),
    pillar="team_performance",
    category="team_health",
    unit="share",
    direction="band",
    fact="agent_time",
    anchor="started_at",
    value=SumRatio("handling_seconds", "paid_seconds", "agent_day"),
    where="true",
    where_words="planned and actual time of all agents with a plan or a state, in quarter-hours",
    formula="time handling ÷ paid scheduled time",
    evidence=(
        "stretch_id",
        "agent",
        "team",
        "started_at",
        "ended_at",
        "activity",
        "state",
        "handling_seconds",
        "paid_seconds",
    ),
    rewards="looking busy; leaving no time to learn",
    exposes="too few or too many people for the work",
    supports=("staffing", "scheduling"),
    needs=("state_changed", "shift_planned"),
    read_with=("occupancy", "csat", "esat"),
    variants=(
        Variant(
            "of_logged_in",
            "of the time logged in",
            "call-centre software",
            value=SumRatio("handling_seconds", "logged_in_seconds", "agent_day"),
            needs=("state_changed",),
            evidence=(
                "stretch_id",
                "agent",
                "team",
                "started_at",
                "ended_at",
                "state",
                "handling_seconds",
                "logged_in_seconds",
            ),
        ),
        Variant(
            "copc",
            "(handling + available) ÷ paid time",
            "COPC",
            value=SumRatio("handling_seconds + available_seconds", "paid_seconds", "agent_day"),
            evidence=(
                "stretch_id",
                "agent",
                "team",
                "started_at",
                "ended_at",
                "activity",
                "state",
                "handling_seconds",
                "available_seconds",
                "paid_seconds",
            ),
        ),
    ),
    references=(
        Reference(
            "75-85% is healthy; two months at 95% slowed replies and raised errors",
            "seed 000, section 8",
        ),
        Reference("70-85%", "seed 003, key metrics overview"),
    ),
)
