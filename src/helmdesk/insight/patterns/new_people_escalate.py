"""Escalations rose among people in their first months and nowhere else: they need training and
something to look things up in.

Others escalate as before, so neither the topics nor the tools became harder.
"""

from helmdesk.insight.checks import has_past, per_week, segments_that_moved, show, windows
from helmdesk.insight.finding import ByTest, Test
from helmdesk.insight.pattern import Found, Pattern, Quiet, Verdict
from helmdesk.insight.study import Study
from helmdesk.query.filters import Compare

NEW = "00-03 months"
LEAST_PEOPLE = 5


def check(study: Study) -> Verdict:
    """Escalation rate by tenure against its own past."""
    form = study.form("escalation_rate")
    now, before = windows(study, form)
    if not has_past(before):
        return Quiet("fewer than four weeks to compare with")
    people = {
        group[1] for group in study.table(form, now, ("tenure", "agent")).groups if group[0] == NEW
    }
    if len(people) < LEAST_PEOPLE:
        return Quiet(f"fewer than {LEAST_PEOPLE} people are in their first three months")
    hits = segments_that_moved(study, form, before, now, ("tenure",), 1)
    if [hit.group[0] for hit in hits] != [NEW]:
        return Quiet("escalations did not rise among new people alone")
    words = (
        f"escalations of people in their first three months went from {show(form, hits[0].other)}"
        f" to {show(form, hits[0].value)}, of nobody else"
    )
    test = Test("only new people escalate more", True, words)
    return Found(
        words[0].upper() + words[1:] + ".",
        now,
        before,
        ByTest(hits[0].p),
        Compare("tenure", "=", NEW),
        per_week(hits[0].cases, now) * (hits[0].value - hits[0].other),
        (test,),
    )


pattern = Pattern(
    title="New people escalate more",
    needs=("escalation_rate",),
    lever="coaching",
    act=(
        "Pair new people with experienced ones for this work, and give them something to look "
        "things up in."
    ),
    alternatives=("new people are given harder topics",),
    if_wrong="training for people who only got the wrong topics",
    review=("escalation_rate", 8, "new people escalate as much after training"),
    check=check,
)
