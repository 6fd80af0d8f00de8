"""Escalations rose in one queue or kind of request only: work arrives where it cannot be finished.

Everywhere else they stayed as they were, so the people did not change; the way in did.
"""

from helmdesk.insight.checks import has_past, per_week, place, segments_that_moved, show, windows
from helmdesk.insight.finding import ByTest, Test
from helmdesk.insight.location import filter_of
from helmdesk.insight.pattern import Found, Pattern, Quiet, Verdict
from helmdesk.insight.study import Study
from helmdesk.query.filters import Not
from helmdesk.query.words import show_share


def check(study: Study) -> Verdict:
    """Escalation rate by first queue and by issue type against their own past, and the rest against
    its own.
    """
    form = study.form("escalation_rate")
    now, before = windows(study, form)
    if not has_past(before):
        return Quiet("fewer than four weeks to compare with")
    names = study.dimensions(form, ("first_queue", "issue_type", "channel"), 3)
    for name in names:
        hits = segments_that_moved(study, form, before, now, (name,), 1, least_cases=40)
        if len(hits) != 1:
            continue
        where, words = place((name,), hits[0].group)
        rest = Not(filter_of(((name, hits[0].group[0]),)))
        others = [study.measure(form, span, rest).value or 0.0 for span in (before, now)]
        tests = (
            Test(
                "it rose in one place",
                True,
                f"escalations of {words} went from {show(form, hits[0].other)} to"
                f" {show(form, hits[0].value)}",
            ),
            Test(
                "and nowhere else",
                others[1] - others[0] < 0.02,
                f"everywhere else they went from {show_share(others[0])} to"
                f" {show_share(others[1])}",
            ),
        )
        if tests[1].is_passed:
            text = f"{tests[0].words[0].upper()}{tests[0].words[1:]}; {tests[1].words}."
            affected = per_week(hits[0].cases, now) * (hits[0].value - hits[0].other)
            return Found(
                text, now, before, ByTest(min(1.0, hits[0].p * len(names))), where, affected, tests
            )
    return Quiet("escalations did not rise in one place alone")


pattern = Pattern(
    title="Escalations rose in one place only",
    needs=("escalation_rate",),
    lever="routing",
    act="Change where this kind of request goes first.",
    alternatives=("new people work there", "a release broke something there"),
    if_wrong="a detour for requests that were in the right place",
    review=(
        "escalation_rate",
        4,
        "escalations there stay up after the requests go straight to who can finish them",
    ),
    check=check,
)
