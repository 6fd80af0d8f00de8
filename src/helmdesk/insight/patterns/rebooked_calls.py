"""Scheduled calls that were moved or given to somebody else leave customers dissatisfied.

Compared for the same agent between calls that kept their time and calls that did not.
"""

import numpy as np

from helmdesk.insight.checks import CERTAIN, per_week
from helmdesk.insight.finding import ByTest, Test
from helmdesk.insight.pattern import Found, Missing, Pattern, Quiet, Verdict
from helmdesk.insight.study import Study
from helmdesk.query.filters import Compare
from helmdesk.query.words import show_share
from helmdesk.statistics.pair import Cells, standardised_move

WEEKS, LEAST_ANSWERS, LEAST_AGENTS, LEAST_DROP = 26, 30, 5, 0.05


def check(study: Study) -> Verdict:
    """Satisfaction after changed bookings against kept ones, agent by agent."""
    if "booked" not in study.reader.bounds.record_types:
        return Missing(
            "scheduled calls need 'booked' and 'moved' records, which no source delivered"
        )
    form, span = study.form("csat"), study.last(WEEKS)
    kept, changed = (
        study.table(form, span, ("agent",), Compare("booking", "=", value))
        for value in ("kept", "changed")
    )
    earlier = {group: row for row, group in enumerate(kept.groups)}
    both = [
        (row, earlier[group])
        for row, group in enumerate(changed.groups)
        if group in earlier and group[0] is not None
    ]
    answers = sum(changed.base[row] for row, _ in both)
    if answers < LEAST_ANSWERS or len(both) < LEAST_AGENTS:
        return Quiet("too few answers about changed and kept bookings of the same agents")
    now, before = (np.array(rows) for rows in zip(*both, strict=True))
    places = np.arange(len(both))
    move = standardised_move(
        Cells(
            places, places, kept.top[before], kept.base[before], changed.top[now], changed.base[now]
        )
    )
    if move is None:
        return Quiet("no agent had both changed and kept bookings")
    words = (
        "after calls that were moved or given to somebody else"
        f" {show_share(move.before + move.change)} are satisfied, after those that kept their time"
        f" and agent {show_share(move.before)}, agent by agent ({answers:.0f} answers about changed"
        f" calls, {WEEKS} weeks)"
    )
    test = Test(
        "changed calls please less", move.p_down < CERTAIN and -move.change >= LEAST_DROP, words
    )
    if not test.is_passed:
        return Quiet("customers of changed bookings are as content as the others", (test,))
    affected = per_week(float(answers), span) * -move.change
    return Found(
        f"{words[0].upper()}{words[1:]}.",
        span,
        span,
        ByTest(move.p_down),
        Compare("booking", "=", "changed"),
        affected,
        (test,),
    )


pattern = Pattern(
    title="Rebooked calls cost satisfaction",
    needs=("csat",),
    lever="scheduling",
    act=(
        "Move fewer calls: keep a slot in reserve for what comes between, and the same person on "
        "a call."
    ),
    alternatives=("specialist topics are both rebooked and hard",),
    if_wrong="fewer changes of bookings that customers wanted",
    review=("csat", 8, "satisfaction of scheduled calls does not rise when fewer are moved"),
    check=check,
    kind="standing",
)
