"""One channel costs a multiple of another for the same questions, and its customers are no happier:
suitable questions could move.

Not all can: some need a voice. But asking which is cheaper than hiring for the dearer one.
"""

from helmdesk.insight.checks import per_week, show
from helmdesk.insight.finding import ByRule, Test
from helmdesk.insight.location import filter_of
from helmdesk.insight.pattern import Found, Pattern, Quiet, Verdict
from helmdesk.insight.study import Study
from helmdesk.query.filters import OneOf
from helmdesk.query.words import show_share

TIMES, LEAST_TICKETS = 2.0, 200
LEAST_HAPPIER = 0.05
RULE = ByRule(
    f"over twelve weeks a ticket of one channel costs at least {TIMES:.0f} times as much as one of"
    f" another ({LEAST_TICKETS} tickets each or more), and satisfaction there is not"
    f" {100 * LEAST_HAPPIER:.0f} points higher"
)
PERSONAL = ("phone", "chat", "messaging", "whatsapp", "email")


def check(study: Study) -> Verdict:
    """Cost per ticket by channel over twelve weeks, and satisfaction beside it."""
    form, span = study.form("cost_per_ticket"), study.last(12)
    table = study.table(form, span, ("channel",))
    known = {
        group[0]: row
        for row, group in enumerate(table.groups)
        if group[0] in PERSONAL and table.base[row] >= LEAST_TICKETS
    }
    if len(known) < 2:
        return Quiet("costs are not recorded for two channels with enough tickets")
    dear = max(known, key=lambda name: table.values[known[name]])
    cheap = min(known, key=lambda name: table.values[known[name]])
    costs = float(table.values[known[dear]]), float(table.values[known[cheap]])
    words = (
        f"a ticket by {dear} costs {show(form, costs[0])}, one by {cheap} {show(form, costs[1])}"
    )
    tests = [Test("one channel is far dearer", costs[0] >= TIMES * costs[1], words)]
    if not tests[0].is_passed:
        return Quiet("no channel costs twice another", tuple(tests))
    if not study.lacks("csat"):
        values = [
            study.measure(study.form("csat"), span, filter_of((("channel", name),))).value
            for name in (dear, cheap)
        ]
        if values[0] is not None and values[1] is not None:
            is_alike = values[0] - values[1] < LEAST_HAPPIER
            tests.append(
                Test(
                    "its customers are no happier",
                    is_alike,
                    f"satisfaction is {show_share(values[0])} and {show_share(values[1])}",
                )
            )
            if not is_alike:
                return Quiet("customers of the dearer channel are happier", tuple(tests))
    text = "; ".join(test.words for test in tests)
    tickets = per_week(float(table.base[known[dear]]), span)
    return Found(
        f"{text[0].upper()}{text[1:]} (about {tickets:,.0f} tickets a week by {dear}).",
        span,
        span,
        RULE,
        OneOf("channel", (dear, cheap)),
        tickets,
        tuple(tests),
    )


pattern = Pattern(
    title="One channel costs a multiple of another",
    needs=("cost_per_ticket",),
    lever="routing",
    act=(
        "Offer the cheaper channel first for the questions that do not need a voice, and watch "
        "satisfaction there."
    ),
    alternatives=("only what needs a voice comes by the dearer channel",),
    if_wrong="customers pushed to a channel that does not suit their question",
    review=(
        "cost_per_ticket",
        12,
        "cost per handled ticket does not fall when suitable questions move",
    ),
    check=check,
    rule=RULE,
    kind="standing",
)
