"""Work is finished just before its target far more often than just after: the threshold steers, not
the customer.

Natural times have no edge. An edge at the target means that clocks are stopped, or tickets
answered, for the clock.
"""

from helmdesk.catalogue.kinds.share import Share
from helmdesk.insight.finding import ByTest, Test
from helmdesk.insight.pattern import Found, Pattern, Quiet, Verdict
from helmdesk.insight.study import Study

JUDGED = "is_counted and not is_doubled and elapsed_seconds is not null and target_seconds > 0"
LEAST, TIMES = 30, 2.0


def check(study: Study) -> Verdict:
    """Clocks stopped at 95–100% of the target, against the neighbours on both sides, over twelve
    weeks.
    """
    from scipy.special import bdtrc

    span = study.last(12)
    counts = []
    for low, high in ((0.90, 0.95), (0.95, 1.0), (1.0, 1.05)):
        condition = (
            f"elapsed_seconds > {low} * target_seconds and elapsed_seconds <= {high} *"
            " target_seconds"
        )
        row = study.measure(
            study.cut("sla_compliance", 0, value=Share(condition), where=JUDGED), span
        )
        counts.append(row.numerator or 0.0)
    left, edge, right = counts
    expected = (left + right) / 2
    p = float(bdtrc(edge - 1, int(edge + expected), 0.5)) if edge + expected else 1.0
    words = (
        f"{edge:.0f} clocks stopped in the last twentieth before their target, {left:.0f} in the"
        f" twentieth before and {right:.0f} in the one after"
    )
    test = Test(
        "an edge at the target",
        edge >= LEAST and edge >= TIMES * max(expected, 1) and p < 0.001,
        words,
    )
    if not test.is_passed:
        return Quiet("times have no edge at the target", (test,))
    return Found(
        words[0].upper() + words[1:] + " (twelve weeks).",
        span,
        span,
        ByTest(p),
        affected=(edge - expected) / 12,
        tests=(test,),
    )


pattern = Pattern(
    title="Work is finished for the clock",
    needs=("sla_compliance",),
    lever="policy",
    act=(
        "Read ten tickets finished just before their target, and measure the time until the "
        "customer was helped."
    ),
    alternatives=("automation acts when a target is near", "reminders that help"),
    if_wrong="a bonus dropped that did no harm",
    review=(
        "sla_compliance",
        8,
        "the edge stays when nothing is paid or praised for the threshold",
    ),
    check=check,
    kind="standing",
)
