"""Satisfaction rose because fewer of the unhappy are asked or answer, not because service is
better.

The share that answers fell, and most where satisfaction rose most.
"""

from helmdesk.insight.checks import Side, together
from helmdesk.insight.finding import Test
from helmdesk.insight.pattern import Pattern
from helmdesk.insight.soundness import soundness
from helmdesk.insight.study import Span, Study
from helmdesk.query.words import show_share


def weighted_is_flat(study: Study, before: Span, now: Span) -> Test | None:
    """Weighted to everybody who was asked, satisfaction did not rise."""
    values = [soundness(study, "csat", span).weighted for span in (before, now)]
    shares = [value.share for value in values if value is not None and value.share is not None]
    if len(shares) < 2:
        return None
    return Test(
        "weighted satisfaction is flat",
        shares[1] - shares[0] < 0.02,
        f"weighted to all who were asked it went from {show_share(shares[0])} to"
        f" {show_share(shares[1])}",
    )


pattern = Pattern(
    title="Satisfaction rose while fewer answered",
    needs=("csat", "csat_response_rate"),
    lever="data",
    act="Ask every customer again, and read satisfaction beside the share that answered.",
    alternatives=("the survey or its channel changed", "the mix of channels changed who answers"),
    if_wrong="a better survey policy, and no harm",
    review=("csat", 6, "satisfaction stays up when surveys are sent at random"),
    check=together(
        Side("csat", 1), Side("csat_response_rate", -1), dose="agent", extra=weighted_is_flat
    ),
)
