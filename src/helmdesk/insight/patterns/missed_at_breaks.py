"""Customers are missed when everybody is at lunch at once: breaks of one team lie on the same
hours.

In the hours around, as many people serve as many customers and few are missed. Staggered breaks
cost nothing.
"""

from typing import Any

import numpy as np

from helmdesk.catalogue.kinds.sum_ratio import SumRatio
from helmdesk.insight.checks import per_week
from helmdesk.insight.finding import ByTest, Test
from helmdesk.insight.pattern import Found, Missing, Pattern, Quiet, Verdict
from helmdesk.insight.study import Span, Study
from helmdesk.query.filters import All, OneOf, is_value
from helmdesk.query.words import show_segment, show_share
from helmdesk.statistics.discovery import adjusted

LEAST_GAP, LEAST_CASES, CERTAIN = 0.05, 25, 0.001
# An hour belongs to a break when this share of the planned time in it is a meal.
BREAK = 0.15


def check(study: Study) -> Verdict:
    """Missed contacts in a team's break hours against its other hours, over eight weeks."""
    if "shift_planned" not in study.reader.bounds.record_types:
        return Missing(
            "breaks need planned shifts ('shift_planned' records), which no source delivered"
        )
    span = study.last(8)
    meals = study.cut(
        "utilization",
        value=SumRatio(
            "case when activity = 'meal' then seconds else 0 end", "seconds", "agent_day"
        ),
        where="activity is not null",
    )
    planned = study.table(meals, span, ("team", "hour"))
    # Half an hour of lunch spread over several hours is still the same lunch: look at the hours
    # with the most of it.
    breaks = {
        group for group, value in zip(planned.groups, planned.values, strict=True) if value >= BREAK
    }
    missed = study.form("missed_contact_rate")
    compared: list[tuple[float, float, float, float, Span, str, Any, tuple[int, ...]]] = []
    for recent in (study.last(4), span):
        table = study.table(missed, recent, ("channel", "team", "hour"))
        for channel, team in dict.fromkeys(group[:2] for group in table.groups):
            rows = [row for row, group in enumerate(table.groups) if group[:2] == (channel, team)]
            is_break = np.array([(team, table.groups[row][2]) in breaks for row in rows])
            found = _compare(table.top[rows], table.base[rows], is_break)
            if found is not None:
                hours = sorted(
                    int(table.groups[row][2])
                    for row, hit in zip(rows, is_break, strict=True)
                    if hit
                )
                compared.append((*found, recent, channel, team, tuple(hours)))
    # Every channel of every team is asked, over two stretches, and the clearest is told.
    clear = [
        (p, *rest)
        for p, (_, *rest) in zip(adjusted([p for p, *_ in compared]), compared, strict=True)
        if p <= CERTAIN and rest[0] - rest[1] >= LEAST_GAP
    ]
    if not clear:
        return Quiet("as many are missed at breaks as at other hours")
    p, inside, outside, cases, recent, channel, team, hours_ = min(clear, key=lambda each: each[0])
    words = (
        f"{show_share(inside)} of {show_segment(channel)} contacts of {show_segment(team)} are"
        f" missed in the hours of their breaks ({', '.join(f'{hour:02d}:00' for hour in hours_)}),"
        f" {show_share(outside)} in the others"
    )
    where = All((is_value("channel", channel), is_value("team", team), OneOf("hour", hours_)))
    return Found(
        f"{words} ({cases:.0f} contacts in break hours).",
        recent,
        recent,
        ByTest(p),
        where,
        per_week(cases, recent) * (inside - outside),
        (Test("more are missed at breaks", True, words),),
    )


def _compare(
    top: np.ndarray, base: np.ndarray, is_break: np.ndarray
) -> tuple[float, float, float, float] | None:
    from scipy.stats import fisher_exact

    cases, others = base[is_break].sum(), base[~is_break].sum()
    if cases < LEAST_CASES or others < LEAST_CASES:
        return None
    hits, rest = top[is_break].sum(), top[~is_break].sum()
    p = float(
        fisher_exact([[hits, cases - hits], [rest, others - rest]], alternative="greater").pvalue
    )
    return p, float(hits / cases), float(rest / others), float(cases)


pattern = Pattern(
    title="Customers are missed at breaks",
    needs=("missed_contact_rate", "utilization"),
    lever="scheduling",
    act="Stagger the breaks of that team: no more than a third of it at one time.",
    alternatives=("customers have their own break then and give up sooner", "a promotion at noon"),
    if_wrong="lunch at unpopular hours",
    review=("missed_contact_rate", 4, "as many are missed at noon after breaks are staggered"),
    explains=("missed_contact_rate",),
    check=check,
    kind="standing",
)
