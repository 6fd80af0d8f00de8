"""Customers who were handed on are less satisfied, whoever served them: the first place was the
wrong one.

Compared at the same channel and topic, so that hard topics are not mistaken for hand-overs.
"""

import math
from typing import Any

import numpy as np

from helmdesk.insight.checks import per_week
from helmdesk.insight.finding import ByTest, Test
from helmdesk.insight.pattern import Found, Pattern, Quiet, Verdict
from helmdesk.insight.study import Study
from helmdesk.query.filters import Compare
from helmdesk.query.words import show_size
from helmdesk.statistics.normal import normal_tail

LEAST_GAP = 0.06


def check(study: Study) -> Verdict:
    """Handed on against not, at the same mix, over twelve weeks."""
    form = study.form("csat")
    span = study.last(12)
    mix = [name for name in ("channel", "issue_type") if name in study.dimensions(form)]
    table = study.table(form, span, (*mix, "reassigned"))
    sums: dict[tuple[Any, ...], np.ndarray] = {}
    for row, group in enumerate(table.groups):
        start = 2 if group[-1] == "yes" else 0
        sums.setdefault(group[:-1], np.zeros(4))[start : start + 2] += (
            table.top[row],
            table.base[row],
        )
    values = np.array([each for each in sums.values() if each[1] > 0 and each[3] > 0]).reshape(
        -1, 4
    )
    if values[:, 3].sum() < 30:
        return Quiet("too few answers of customers who were handed on")
    # Mantel-Haenszel: a cell counts as far as it has both kinds.
    weight = values[:, 1] * values[:, 3] / (values[:, 1] + values[:, 3])
    weight = weight / weight.sum()
    shares = (values[:, 0] + 0.5) / (values[:, 1] + 1), (values[:, 2] + 0.5) / (values[:, 3] + 1)
    change = float((weight * (values[:, 2] / values[:, 3] - values[:, 0] / values[:, 1])).sum())
    variance = (
        weight**2
        * (shares[0] * (1 - shares[0]) / values[:, 1] + shares[1] * (1 - shares[1]) / values[:, 3])
    ).sum()
    p = normal_tail(-change / math.sqrt(float(variance)))
    words = (
        f"customers who were handed on are {show_size(change, 'share')}"
        f" {'less' if change < 0 else 'more'} satisfied at the same channel and topic"
        f" ({values[:, 3].sum():.0f} answers)"
    )
    test = Test("handed on is less satisfied", p < 0.0001 and -change >= LEAST_GAP, words)
    if not test.is_passed:
        return Quiet("customers who were handed on are about as satisfied as the others", (test,))
    return Found(
        words[0].upper() + words[1:] + ".",
        span,
        span,
        ByTest(p),
        Compare("reassigned", "=", "yes"),
        per_week(values[:, 3].sum(), span) * -change,
        (test,),
    )


pattern = Pattern(
    title="Handing on costs satisfaction",
    needs=("csat", "transfers"),
    lever="routing",
    act="Send this kind of work where it ends up: change its first queue.",
    alternatives=("hard cases within a topic are the ones handed on",),
    if_wrong="routing rules that send easy work to specialists",
    review=(
        "transfers",
        8,
        "satisfaction of the same topics does not rise when fewer are handed on",
    ),
    check=check,
    kind="standing",
)
