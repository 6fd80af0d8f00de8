"""Customers who were handed on are less satisfied, whoever served them: the first place was the wrong one.

Compared at the same channel and topic, so that hard topics are not mistaken for hand-overs.
"""

from helmdesk.insight.checks import per_week
from helmdesk.insight.finding import Test
from helmdesk.insight.pattern import Found, Pattern, Quiet, Verdict
from helmdesk.insight.study import Study
from helmdesk.statistics.pair import Cells, standardised_move

LEAST_GAP = 0.06


def check(study: Study) -> Verdict:
    """Handed on against not, at the same mix, over twelve weeks."""
    form = study.form("csat")
    span = study.last(12)
    mix = [name for name in ("channel", "issue_type") if name in study.dimensions(form)]
    table = study.table(form, span, (*mix, "reassigned"))
    segments: dict[tuple[object, ...], int] = {}
    rows: dict[int, list[float]] = {}
    for row, group in enumerate(table.groups):
        place = segments.setdefault(group[:-1], len(segments))
        start = 2 if group[-1] == "yes" else 0
        rows.setdefault(place, [0.0] * 4)[start : start + 2] = [table.top[row], table.base[row]]
    import numpy as np

    values = np.array([rows[place] for place in range(len(rows))]).reshape(-1, 4)
    if len(values) < 2 or values[:, 3].sum() < 30:
        return Quiet("too few answers of customers who were handed on")
    places = np.arange(len(values))
    move = standardised_move(Cells(places, places, values[:, 0], values[:, 1], values[:, 2], values[:, 3]))
    if move is None:
        return Quiet("handed-on tickets are all of other kinds than the rest")
    words = f"customers who were handed on are {-100 * move.change:.1f} points less satisfied at the same channel and topic ({values[:, 3].sum():.0f} answers)"
    test = Test("handed on is less satisfied", move.p_down < 0.001 and -move.change >= LEAST_GAP, words)
    if not test.is_passed:
        return Quiet("customers who were handed on are about as satisfied as the others", (test,))
    return Found(
        words[0].upper() + words[1:] + ".",
        span,
        span,
        move.p_down,
        "reassigned = 'yes'",
        per_week(values[:, 3].sum(), span) * -move.change,
        (test,),
    )


pattern = Pattern(
    title="Handing on costs satisfaction",
    needs=("csat", "transfers"),
    lever="routing",
    alternatives=("hard cases within a topic are the ones handed on",),
    if_wrong="routing rules that send easy work to specialists",
    review=("transfers", 8, "satisfaction of the same topics does not rise when fewer are handed on"),
    check=check,
    kind="standing",
)
