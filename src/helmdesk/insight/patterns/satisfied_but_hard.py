"""Customers are content with the person and not with the way there: effort got worse where
satisfaction did not.

A menu, a form or a process stands between the customer and the help; agents cannot mend it.
"""

from helmdesk.insight.checks import has_past, per_week, place, segments_that_moved, show, windows
from helmdesk.insight.finding import ByTest, Test
from helmdesk.insight.location import filter_of
from helmdesk.insight.pattern import Found, Pattern, Quiet, Verdict
from helmdesk.insight.study import Study
from helmdesk.query.words import show_signed


def check(study: Study) -> Verdict:
    """In which channel did ease fall while satisfaction held?"""
    ces = study.form("ces")
    now, before = windows(study, ces)
    if not has_past(before):
        return Quiet("fewer than four weeks to compare with")
    for found in segments_that_moved(study, ces, before, now, ("channel",), -1):
        where, words = place(("channel",), found.group)
        condition = filter_of((("channel", found.group[0]),))
        satisfaction = [
            study.measure(study.form("csat"), span, condition).value for span in (before, now)
        ]
        fell = (satisfaction[0] or 0.0) - (satisfaction[1] or 0.0)
        held = Test(
            "satisfaction held",
            fell < (found.other - found.value) / 2,
            f"satisfaction there moved by {show_signed(-100 * fell, 1)} points",
        )
        eased = Test(
            "ease fell",
            True,
            f"answers that call it easy in {words} went from {show(ces, found.other)} to"
            f" {show(ces, found.value)}",
        )
        if held.is_passed:
            text = (
                f"{eased.words[0].upper()}{eased.words[1:]} ({found.cases:.0f} answers), while"
                f" {held.words}."
            )
            affected = per_week(found.cases, now) * (found.other - found.value)
            return Found(text, now, before, ByTest(found.p), where, affected, (eased, held))
    return Quiet("in no channel did ease fall while satisfaction held")


pattern = Pattern(
    title="Effort rose where satisfaction did not",
    needs=("ces", "csat"),
    lever="product",
    act="Walk the way a customer walks for this question, and take out the step that costs most.",
    alternatives=(
        "the direction of the effort scale changed",
        "other customers answered than before",
    ),
    if_wrong="work on a menu or form that was not the obstacle",
    review=("ces", 6, "ease stays down after the menu, form or process is changed back"),
    explains=("ces",),
    check=check,
)
