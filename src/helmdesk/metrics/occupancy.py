"""Of the time agents are ready for customers, the share they are handling one.

It follows from demand and staffing in the interval, not from anybody's effort: small teams are less
occupied at the same service level. Sustained values above the high eighties wear people out.
"""

from datetime import date

from helmdesk.catalogue.kinds.sum_ratio import SumRatio
from helmdesk.catalogue.metric import Change, Metric, Reference

metric = Metric(
    key="occupancy",
    name="Occupancy",
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
    value=SumRatio("handling_seconds", "handling_seconds + available_seconds", "agent_day"),
    where="handling_seconds + available_seconds > 0",
    where_words="time in which an agent handled a customer or was ready for one",
    formula="time handling ÷ (time handling + time available)",
    evidence=(
        "stretch_id",
        "agent",
        "team",
        "started_at",
        "ended_at",
        "state",
        "handling_seconds",
        "available_seconds",
    ),
    rewards="hiding in other states when it is quiet",
    exposes="intervals with too few or too many people",
    supports=("staffing", "scheduling"),
    needs=("state_changed",),
    read_with=("service_level", "utilization"),
    references=(
        Reference("85% is a usual ceiling for a sustained day", "wfm practice, research/wfm.md"),
    ),
)
