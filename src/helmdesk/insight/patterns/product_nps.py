"""Customers recommend less because of the product or its price, not because of service: their comments say so.

Service comments stay as they were, so support can report it and cannot mend it.
"""

from helmdesk.insight.pattern import Missing, Pattern, Verdict
from helmdesk.insight.study import Study


def check(study: Study) -> Verdict:
    """Needs themes of comments, which this version does not read yet."""
    return Missing("themes of comments: answers are counted here, what they say is not read yet")


pattern = Pattern(
    title="Recommendation falls for reasons outside support",
    needs=("nps",),
    lever="product",
    alternatives=("the wave was sent at another time",),
    if_wrong="a complaint about the product that was about service",
    review=("nps", 13, "recommendation stays down after the product's fault is mended"),
    check=check,
)
