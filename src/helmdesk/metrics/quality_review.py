"""Points that reviewers gave, of the points they could have given.

Reviews by people only; scores given by a machine are another variant and are never mixed in.
"""

from datetime import date

from helmdesk.kinds import Change, Metric, SumRatio, Variant

metric = Metric(
    key="quality_review",
    name="Quality review score",
    version=2,
    owner="support quality",
    changes=(
        Change(1, date(2026, 11, 22), "first definition"),
        Change(2, date(2026, 11, 26), "intervals of means and ratios of amounts that cannot be negative stay above zero: log scale where the normal one would not"),
    ),
    pillar="customer_quality",
    category="resolution_quality",
    unit="share",
    direction="higher",
    fact="reviews",
    anchor="reviewed_at",
    value=SumRatio("points", "possible_points"),
    where="is_counted and is_by_person and possible_points > 0",
    where_words="reviews by people, placed when reviewed",
    formula="points given ÷ points possible",
    evidence=("review_id", "ticket_id", "reviewed_at", "points", "possible_points", "comment", "team", "agent"),
    rewards="what the review form asks for",
    exposes="gaps in knowledge and process that customers may not name",
    supports=("coaching", "tooling"),
    needs=("reviewed",),
    read_with=("csat",),
    variants=(Variant("by_machine", "scores given by software", where="is_counted and not is_by_person and possible_points > 0"),),
)  # fmt: skip
