"""The people who serve are less content than a quarter ago; customers usually notice a few months
later.

Few answers, so little power: it is told because it is early, not because it is certain.
"""

import math

from helmdesk.insight.checks import per_week
from helmdesk.insight.finding import ByTest, Test
from helmdesk.insight.pattern import Found, Pattern, Quiet, Verdict
from helmdesk.insight.study import Span, Study
from helmdesk.query.words import show_share, show_signed
from helmdesk.statistics.discovery import adjusted
from helmdesk.statistics.normal import normal_tail

ROUNDS, LEAST_DROP, CERTAIN = (2, 3), 0.06, 0.005


def check(study: Study) -> Verdict:
    """The last two or three months of employee answers against the six months before."""
    form = study.form("esat")
    p_values: list[float] = []
    rounds: list[tuple[Span, Span, float, int, str]] = []
    for months in ROUNDS:
        now = study.last(round(months * 4.4))
        before = study.before(now, 26)
        if before.days < 80:
            return Quiet("fewer than three months of answers to compare with")
        rows = [study.measure(form, span) for span in (before, now)]
        if rows[0].value is None or rows[1].value is None or min(rows[0].n, rows[1].n) < 20:
            continue
        pooled = (rows[0].value * rows[0].n + rows[1].value * rows[1].n) / (rows[0].n + rows[1].n)
        error = math.sqrt(max(pooled * (1 - pooled), 0.01) * (1 / rows[0].n + 1 / rows[1].n))
        fall = rows[0].value - rows[1].value
        words = (
            f"favourable answers went from {show_share(rows[0].value)} to"
            f" {show_share(rows[1].value)} ({rows[1].n} answers in {months} months)"
        )
        p_values.append(normal_tail(fall / error))
        rounds.append((now, before, fall, rows[1].n, words))
    # Two lengths are asked, and the clearer one is told.
    p_values = adjusted(p_values)
    clear = [
        place
        for place, (_, _, fall, *_) in enumerate(rounds)
        if p_values[place] < CERTAIN and fall >= LEAST_DROP
    ]
    if not clear:
        return Quiet("employee satisfaction did not fall clearly")
    best = min(clear, key=p_values.__getitem__)
    now, before, fall, answers, words = rounds[best]
    held = "Satisfaction of customers is not recorded."
    if not study.lacks("csat"):
        values = [study.measure(study.form("csat"), span).value for span in (before, now)]
        if values[0] is not None and values[1] is not None:
            moved = show_signed(100 * (values[1] - values[0]), 1)
            held = f"Customers' satisfaction moved by {moved} points so far."
    test = Test("employee satisfaction fell", True, words)
    return Found(
        f"Among employees, {words}. {held}",
        now,
        before,
        ByTest(p_values[best]),
        affected=per_week(answers, now) * fall,
        tests=(test,),
    )


pattern = Pattern(
    title="Employee satisfaction fell first",
    needs=("esat",),
    lever="tooling",
    act="Ask the people what gets in their way, and mend the one thing most of them name.",
    alternatives=(
        "a reorganisation",
        "other people answered than before",
        "workload: see utilization",
    ),
    if_wrong="better tools for people who lacked something else: ask them",
    review=("esat", 12, "employee answers stay down after what they name is mended"),
    explains=("esat", "enps"),
    check=check,
)
