"""One kind of simple request is nearly always handed up, from every queue: the first line lacks the
tool or the permission.

It is neither the people, who hand on little else, nor one queue. What specialists do with it could
be done at once.
"""

from helmdesk.insight.checks import against_the_rest, per_week, place, show
from helmdesk.insight.finding import ByTest, Test
from helmdesk.insight.location import filter_of
from helmdesk.insight.pattern import Found, Pattern, Quiet, Verdict
from helmdesk.insight.study import Study
from helmdesk.query.words import show_share

LEAST, TIMES, EVERYWHERE = 0.30, 3.0, 0.5


def check(study: Study) -> Verdict:
    """Escalation rate of one issue type against all others, alike in all first queues, over four
    weeks.
    """
    form, span = study.form("escalation_rate"), study.last(4)
    if not study.dimensions(form, ("issue_type",), 1):
        return Quiet("tickets carry no topics")
    for found in against_the_rest(study, form, span, ("issue_type",), 1):
        if found.value < LEAST or found.value < TIMES * max(found.other, 0.01):
            continue
        condition = filter_of((("issue_type", found.group[0]),))
        where, words = place(("issue_type",), found.group)
        queues = study.table(form, span, ("first_queue",), condition)
        large = queues.n >= 15
        is_everywhere = (
            bool((queues.values[large] >= EVERYWHERE * found.value).all()) if large.any() else True
        )
        tests = (
            Test(
                "one topic is handed up",
                True,
                f"{show(form, found.value)} of {words} is escalated, against"
                f" {show(form, found.other)} of all other topics",
            ),
            Test(
                "from every queue",
                is_everywhere,
                f"in each of {int(large.sum())} queues" if is_everywhere else "in some queues only",
            ),
        )
        if is_everywhere:
            fcr = (
                study.measure(study.form("fcr"), study.last(8), condition).value
                if not study.lacks("fcr")
                else None
            )
            told = (
                f" First contact resolution of it is {show_share(fcr)}." if fcr is not None else ""
            )
            text = (
                f"{tests[0].words}, {tests[1].words} ({found.cases:.0f} tickets in four"
                f" weeks).{told}"
            )
            return Found(
                text,
                span,
                span,
                ByTest(found.p),
                where,
                per_week(found.cases, span) * (found.value - found.other),
                tests,
            )
    return Quiet("no topic is handed up far more than the others")


pattern = Pattern(
    title="One kind of request is nearly always handed up",
    needs=("escalation_rate",),
    lever="tooling",
    act="Give the first line the permission or the tool for this kind of request.",
    alternatives=("the topic is hard, or must be handed up by law or contract",),
    if_wrong="a permission given that should stay with few",
    review=(
        "fcr",
        6,
        "first contact resolution of the topic does not rise when the first line may finish it",
    ),
    explains=(
        "escalation_rate",
        "fcr",
        "transfers",
        "touches",
        "replies_per_ticket",
        "resolution_time",
    ),
    check=check,
    kind="standing",
)
