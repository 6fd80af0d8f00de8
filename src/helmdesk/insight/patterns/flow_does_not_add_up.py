"""More is resolved than arrives and yet the backlog grows: the records do not add up, so no rate
can be trusted.

Merged, reopened or imported tickets are counted on one side and not on the other.
"""

from helmdesk.catalogue.kinds.count import Count
from helmdesk.insight.checks import show
from helmdesk.insight.finding import ByRule, Test
from helmdesk.insight.pattern import Found, Pattern, Quiet, Verdict
from helmdesk.insight.study import Span, Study
from helmdesk.query.words import show_share

LEAST_RATE, LEAST_GROWTH = 1.02, 0.1
RULE = ByRule(
    f"over eight weeks {LEAST_RATE:.0%} or more of what arrived was resolved, and yet the backlog"
    f" grew by more than {LEAST_GROWTH:.0%} of it"
)


def check(study: Study) -> Verdict:
    """Over eight weeks: opened less solved against the growth of the backlog."""
    span = study.last(8)
    created = study.measure(study.cut("ticket_volume", value=Count(), where="is_counted"), span).n
    rate, form = study.original("resolution_rate", span), study.form("backlog")
    sizes = [
        study.measure(form, Span(span.start, instant)).value or 0.0
        for instant in (span.start.replace(microsecond=1), span.end)
    ]
    growth = sizes[1] - sizes[0]
    if rate.value is None or created < 100:
        return Quiet("too few tickets")
    words = (
        f"resolved ÷ received is {show_share(rate.value)} over eight weeks and the backlog went"
        f" from {show(form, sizes[0])} to {show(form, sizes[1])}"
    )
    test = Test(
        "the flow adds up",
        not (rate.value >= LEAST_RATE and growth > LEAST_GROWTH * created),
        words,
    )
    if test.is_passed:
        return Quiet("what is opened, solved and left adds up", (test,))
    return Found(
        words[0].upper() + words[1:] + ".", span, span, RULE, affected=growth / 8, tests=(test,)
    )


pattern = Pattern(
    title="Resolved, received and open do not add up",
    needs=("resolution_rate", "backlog", "ticket_volume"),
    lever="data",
    act=(
        "Check the load before anything else: open the data page and look for a source that was "
        "loaded in part."
    ),
    alternatives=(
        "many tickets were reopened after years",
        "a source delivers openings later than solves",
    ),
    if_wrong="an hour spent on sound data",
    review=(
        "backlog",
        2,
        (
            "the records add up after the import is mended and the backlog still grows: then people"
            " are missing"
        ),
    ),
    check=check,
    rule=RULE,
    kind="standing",
)
