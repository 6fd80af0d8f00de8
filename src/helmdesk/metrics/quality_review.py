"""Points that reviewers gave, of the points they could have given.

Reviews by people only; scores given by a machine are another variant and are never mixed in.
"""

from datetime import date

from helmdesk.catalogue.kinds.sum_ratio import SumRatio
from helmdesk.catalogue.metric import Change, Metric, Variant

VALID = "is_counted and possible_points > 0 and points >= 0 and points <= possible_points"

metric = Metric(
    key="quality_review",
    name="Quality review score",
    version=3,
    owner="support quality",
    changes=(
        Change(1, date(2026, 11, 22), "first definition"),
        Change(
            2,
            date(2026, 11, 26),
            "intervals of means and ratios of amounts that cannot be negative stay above zero: log"
            " scale where the normal one would not",
        ),
        Change(
            3,
            date(2026, 11, 26),
            "points below zero or beyond the points possible are no review; they had been counted",
        ),
    ),
    pillar="customer_quality",
    category="resolution_quality",
    unit="share",
    direction="higher",
    fact="reviews",
    anchor="reviewed_at",
    value=SumRatio("points", "possible_points"),
    where=f"{VALID} and is_by_person",
    where_words=(
        "reviews by people with points from zero to the points possible, placed when reviewed"
    ),
    formula="points given ÷ points possible",
    evidence=(
        "review_id",
        "ticket_id",
        "reviewed_at",
        "points",
        "possible_points",
        "comment",
        "team",
        "agent",
    ),
    rewards="what the review form asks for",
    exposes="gaps in knowledge and process that customers may not name",
    supports=("coaching", "tooling"),
    needs=("reviewed",),
    read_with=("csat",),
    variants=(
        Variant("by_machine", "scores given by software", where=f"{VALID} and not is_by_person"),
    ),
)
