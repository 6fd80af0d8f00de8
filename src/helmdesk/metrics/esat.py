"""Share of favourable answers to the team's own pulse survey.

Anonymous by construction: answers are kept by team and month, and a team with fewer than five
answers in a month is not in the data at all. It tends to move before customer satisfaction does.
"""

from datetime import date

from helmdesk.catalogue.kinds.mean import Mean
from helmdesk.catalogue.kinds.share import Share
from helmdesk.catalogue.metric import Change, Metric, Reference, Variant

metric = Metric(
    key="esat",
    name="Employee satisfaction",
    version=1,
    owner="people",
    changes=(Change(1, date(2026, 11, 22), "first definition"),),
    pillar="team_performance",
    category="team_health",
    unit="share",
    direction="higher",
    fact="pulses",
    anchor="round_at",
    value=Share("is_favourable"),
    where="instrument_kind = 'esat'",
    where_words=(
        "anonymous answers of teams with at least five in the month, placed in the middle of the"
        " month"
    ),
    formula="favourable answers ÷ answers",
    evidence=("round_at", "instrument_id", "team", "group_size", "is_favourable"),
    rewards="asking on good days",
    exposes="tools, load and leadership that wear people out",
    supports=("tooling", "staffing", "scheduling"),
    needs=("employee_response",),
    read_with=("csat", "utilization"),
    variants=(
        Variant("mean_score", "mean of the numeric score", unit="points", value=Mean("score")),
    ),
    references=(
        Reference("it fell a quarter before customer satisfaction did", "seed 000, section 10"),
    ),
)
