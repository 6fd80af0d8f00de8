"""Promoters less detractors among the team's answers to "would you recommend working here".

The same protection as employee satisfaction: by team and month, and only where at least five
answered.
"""

from datetime import date

from helmdesk.catalogue.kinds.net_share import NetShare
from helmdesk.catalogue.metric import Change, Metric, Variant

metric = Metric(
    key="enps",
    name="Employee net promoter score",
    version=2,
    owner="people",
    changes=(
        Change(1, date(2026, 11, 22), "first definition"),
        Change(
            2,
            date(2026, 11, 26),
            "unit net_share: told as points from -100 to +100, not as a percentage; the value is"
            " the same",
        ),
    ),
    pillar="team_performance",
    category="team_health",
    unit="net_share",
    direction="higher",
    fact="pulses",
    anchor="round_at",
    value=NetShare("score >= 9", "score <= 6"),
    where="instrument_kind = 'enps' and score is not null and scale_high is distinct from 5",
    where_words=(
        "anonymous answers on 0 to 10 of teams with at least five in the month, placed in the"
        " middle of the month"
    ),
    formula="share answering 9 or 10 - share answering 0 to 6",
    evidence=("round_at", "instrument_id", "team", "group_size", "score"),
    rewards="asking on good days",
    exposes="whether people would bring others here",
    supports=("tooling", "staffing", "scheduling"),
    needs=("employee_response",),
    read_with=("esat",),
    variants=(
        Variant(
            "five_point",
            "from a five-point item: 5 less 1 to 3",
            "Culture Amp",
            value=NetShare("score = 5", "score <= 3"),
            where="instrument_kind = 'enps' and score is not null and scale_high = 5",
        ),
    ),
)
