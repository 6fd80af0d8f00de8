"""The backlog is as large as ever, but its old part grows older: new work is served, hard work is
stepped over.

The number of open tickets hides it; their age shows it.
"""

import numpy as np

from helmdesk.insight.checks import has_past, moved, show
from helmdesk.insight.finding import ByRule, Test
from helmdesk.insight.form import beyond
from helmdesk.insight.pattern import Found, Pattern, Quiet, Verdict
from helmdesk.insight.study import Study
from helmdesk.query.words import show_share

OLD = 7 * 86_400.0
GREW, SPREADS = 0.08, 3
RULE = ByRule(
    f"the part older than a week grew by {100 * GREW:.0f} points or more, and by {SPREADS} times"
    " what it varies between weeks, while the backlog stayed as it was"
)


def check(study: Study) -> Verdict:
    """Backlog flat over eight weeks, share older than a week up."""
    size, old = study.form("backlog"), beyond(study.find("backlog_age"), OLD)
    history = study.history(old).weeks
    if len(history) < 12:
        return Quiet("fewer than twelve weeks")
    before, now = history.values[-12:-4], history.values[-4:]
    if np.isfinite(before).sum() < 2 or not np.isfinite(now).any():
        return Quiet("too few of these weeks have open work to look at")
    change = float(np.nanmean(now) - np.nanmean(before))
    spread = float(np.nanstd(before, ddof=1)) or 0.02
    whole = moved(study, "backlog")
    is_flat = whole is not None and not whole.is_flagged
    tests = (
        Test(
            "the old part grew",
            change >= GREW and change > SPREADS * spread,
            f"open tickets older than a week went from {show_share(np.nanmean(before))} to"
            f" {show_share(np.nanmean(now))}",
        ),
        Test(
            "the backlog is flat",
            is_flat,
            f"the backlog is {show(size, whole.value) if whole else 'unknown'},"
            f" {'as before' if is_flat else 'not as before'}",
        ),
    )
    span = study.last(4)
    earlier = study.before(span, 8)
    if not has_past(earlier) or not all(test.is_passed for test in tests):
        return Quiet(
            next(
                (f"{test.name}: no" for test in tests if not test.is_passed), "too little history"
            ),
            tests,
        )
    text = f"{tests[0].words[0].upper()}{tests[0].words[1:]}, while {tests[1].words}."
    return Found(text, span, earlier, RULE, affected=float(history.hits[-1]), tests=tests)


pattern = Pattern(
    title="The backlog is steady and grows old",
    needs=("backlog", "backlog_age"),
    lever="routing",
    act="Give each person the oldest ticket of their queue first, until none is older than a week.",
    alternatives=("old tickets wait for customers or vendors, not for us",),
    if_wrong="owners named for tickets that nobody can move",
    review=("backlog_age", 6, "old tickets stay when each has an owner"),
    check=check,
    rule=RULE,
)
