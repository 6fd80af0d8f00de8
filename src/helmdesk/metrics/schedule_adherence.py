"""Share of planned time that agents spent in what was planned.

Approved changes re-plan, they do not excuse. Time in a system outage is left out by rule. It asks
about timing: the right amount at the wrong hour is `conformance`.
"""

from datetime import date

from helmdesk.catalogue.kinds.sum_ratio import SumRatio
from helmdesk.catalogue.metric import Change, Metric, Reference, Variant

metric = Metric(
    key="schedule_adherence",
    name="Schedule adherence",
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
    value=SumRatio("adherent_seconds", "judged_seconds", "agent_day"),
    where="judged_seconds > 0",
    where_words="planned time but time off, without system outages",
    formula="time in the planned activity ÷ planned time",
    evidence=(
        "stretch_id",
        "agent",
        "team",
        "started_at",
        "ended_at",
        "activity",
        "state",
        "adherent_seconds",
        "judged_seconds",
    ),
    rewards="leaving customers on the minute",
    exposes="plans that do not fit the work, calls booked around the plan, meetings nobody entered",
    supports=("scheduling", "coaching"),
    needs=("state_changed", "shift_planned"),
    read_with=("service_level", "missed_contact_rate"),
    variants=(
        Variant(
            "conformance",
            "time worked ÷ time planned to work: the amount, whenever it was",
            value=SumRatio("worked_seconds", "planned_work_seconds", "agent_day"),
            where="true",
            evidence=(
                "stretch_id",
                "agent",
                "team",
                "started_at",
                "ended_at",
                "activity",
                "state",
                "worked_seconds",
                "planned_work_seconds",
            ),
        ),
    ),
    references=(
        Reference("above 90% is usual where plans are realistic", "seed 003, key metrics overview"),
    ),
)
