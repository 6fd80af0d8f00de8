"""A large account has become dissatisfied while the total looks steady: an average of many hides
one that matters.

Small accounts are drawn towards the whole, so that three bad answers of a handful make no alarm.
"""

import numpy as np

from helmdesk.insight.checks import has_past, per_week
from helmdesk.insight.finding import ByTest, Test
from helmdesk.insight.location import filter_of, joined
from helmdesk.insight.pattern import Found, Pattern, Quiet, Verdict
from helmdesk.insight.study import Study
from helmdesk.query.words import show_share
from helmdesk.statistics.discovery import adjusted, discoveries
from helmdesk.statistics.shrinkage import shrink

LEAST_ANSWERS, LEAST_DROP = 20, 0.10


def check(study: Study) -> Verdict:
    """Accounts of the last eight weeks against the half year before, drawn to the whole, with
    false-discovery control.
    """
    from scipy.special import bdtr

    form, now = study.form("csat"), study.last(8)
    before = study.before(now, 26)
    if not has_past(before) or not study.dimensions(form, ("tier", "region"), 2):
        return Quiet("accounts are not known, or too little history")
    tables = study.table(form, before, ("account",)), study.table(form, now, ("account",))
    _, (before_top, before_base, now_top, now_base) = joined(*tables)
    groups = list(dict.fromkeys((*tables[0].groups, *tables[1].groups)))
    earlier = shrink(before_top, before_base).shares
    rows = [
        row
        for row, group in enumerate(groups)
        if group[0] is not None
        and now_base[row] >= LEAST_ANSWERS
        and before_base[row] >= LEAST_ANSWERS
    ]
    if not rows:
        return Quiet(f"no account gave {LEAST_ANSWERS} answers in eight weeks")
    p = [float(bdtr(now_top[row], int(now_base[row]), earlier[row])) for row in rows]
    kept = [
        (corrected, row)
        for value, corrected, row, keep in zip(
            p, adjusted(p), rows, discoveries(p, 0.05), strict=True
        )
        if keep and value < 0.0005 and earlier[row] - now_top[row] / now_base[row] >= LEAST_DROP
    ]
    if not kept:
        return Quiet("no account fell beyond chance")
    corrected, row = min(kept)
    share = now_top[row] / now_base[row]
    whole = [
        float(np.sum(top) / np.sum(base))
        for top, base in ((before_top, before_base), (now_top, now_base))
    ]
    words = (
        f"account “{groups[row][0]}” went from {show_share(earlier[row])} to {show_share(share)}"
        f" ({now_base[row]:.0f} answers), all accounts from {show_share(whole[0])} to"
        f" {show_share(whole[1])}"
    )
    test = Test("one account fell", True, words)
    return Found(
        f"Satisfaction of {words}.",
        now,
        before,
        ByTest(corrected),
        filter_of((("account", groups[row][0]),)),
        per_week(float(now_base[row]), now) * float(earlier[row] - share),
        (test,),
    )


pattern = Pattern(
    title="A large account is losing patience",
    needs=("csat",),
    lever="routing",
    act="Call the account this week, and give its open tickets one owner.",
    alternatives=("one contact person who answers often", "a project of that account alone"),
    if_wrong="attention taken from accounts that say nothing",
    review=("csat", 6, "the account stays dissatisfied with a named owner"),
    check=check,
)
