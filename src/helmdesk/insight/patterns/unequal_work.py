"""People differ in their numbers because their work differs: with the same mix, the gap between
them disappears.

No one is named. Comparing them would be unfair; dealing work out otherwise, or leaving it, is the
question.
"""

import numpy as np

from helmdesk.insight.checks import per_week
from helmdesk.insight.finding import ByTest, Test
from helmdesk.insight.pattern import Found, Pattern, Quiet, Verdict
from helmdesk.insight.study import Study

LEAST_PEOPLE, LEAST_CASES = 8, 15


def check(study: Study) -> Verdict:
    """Spread of satisfaction between agents, raw and against what their mix leads one to expect,
    over twelve weeks.
    """
    from scipy.special import chdtrc

    form, span = study.form("csat"), study.last(12)
    mix = [name for name in ("channel", "issue_type") if name in study.dimensions(form)]
    table = study.table(form, span, (*mix, "agent"))
    segments: dict[tuple[object, ...], int] = {}
    people: dict[object, int] = {}
    rows = [row for row, group in enumerate(table.groups) if group[-1] is not None]
    segment = np.array(
        [segments.setdefault(table.groups[row][:-1], len(segments)) for row in rows], dtype=int
    )
    person = np.array(
        [people.setdefault(table.groups[row][-1], len(people)) for row in rows], dtype=int
    )
    if len(people) < LEAST_PEOPLE:
        return Quiet(f"fewer than {LEAST_PEOPLE} people")
    top, base = table.top[rows], table.base[rows]
    pooled = np.bincount(segment, top) / np.maximum(np.bincount(segment, base), 1)
    mean = top.sum() / base.sum()
    cases = np.bincount(person, base)
    enough = cases >= LEAST_CASES
    p, apart = [], []
    for expected in (np.full(len(rows), mean), pooled[segment]):
        gap = np.bincount(person, top - expected * base)
        apart.append(float(np.abs(gap[enough]).sum()))
        variance = np.bincount(person, expected * (1 - expected) * base)
        p.append(
            float(
                chdtrc(
                    max(int(enough.sum()) - 1, 1),
                    (gap[enough] ** 2 / np.maximum(variance[enough], 1e-9)).sum(),
                )
            )
        )
    words = (
        f"between {int(enough.sum())} people satisfaction differs beyond chance (p {p[0]:.4f}); at"
        f" the same mix of work it does not (p {p[1]:.2f})"
    )
    test = Test("the gap is the mix", p[0] < 0.0001 and p[1] > 0.20, words)
    if not test.is_passed:
        return Quiet(
            (
                "people do not differ beyond chance"
                if p[0] >= 0.001
                else "the gap stays at the same mix of work"
            ),
            (test,),
        )
    return Found(
        words[0].upper() + words[1:] + ".",
        span,
        span,
        ByTest(p[0]),
        affected=per_week(apart[0], span),
        tests=(test,),
    )


pattern = Pattern(
    title="People differ because their work does",
    needs=("csat",),
    lever="none",
    act="Compare people on the same work only: the scorecard of a person says nothing here.",
    alternatives=("people chose the work that suits them",),
    if_wrong="nothing: no one is judged by it",
    review=("csat", 12, "the gap returns at the same mix of work"),
    check=check,
    kind="standing",
)
