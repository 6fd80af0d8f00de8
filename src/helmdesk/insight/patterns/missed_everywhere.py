"""Promises are missed alike at all hours, busy or not: more people would not help, the promise or
the order of work would.

The number of contacts did not rise, and quiet hours are as bad as busy ones.
"""

from helmdesk.insight.checks import has_past, move_at_constant_mix, moved, per_week, show, windows
from helmdesk.insight.finding import ByTest, Test
from helmdesk.insight.pattern import Found, Pattern, Quiet, Verdict
from helmdesk.insight.patterns import peak_hours
from helmdesk.insight.study import Study


def check(study: Study) -> Verdict:
    """SLA compliance down, volume flat, hours alike."""
    form = study.form("sla_compliance")
    now, before = windows(study, form)
    if not has_past(before):
        return Quiet("fewer than four weeks to compare with")
    move = move_at_constant_mix(study, form, before, now)
    if move is None or move.p_down > 0.001 or -move.change < 0.03:
        return Quiet("SLA compliance did not fall clearly")
    words = (
        f"SLA compliance went from {show(form, move.before)} to"
        f" {show(form, move.before + move.change)}"
    )
    volume, used = (
        moved(study, "ticket_volume"),
        (None if study.lacks("utilization") else moved(study, "utilization")),
    )
    is_flat = volume is None or not (volume.is_flagged and volume.direction > 0)
    has_slack = used is None or used.value < 0.85
    hours = (
        Quiet("contacts are not recorded")
        if study.lacks("service_level")
        else peak_hours.check(study)
    )
    tests = (
        Test("SLA compliance fell", True, words),
        Test("volume is flat", is_flat, f"volume {'did not rise' if is_flat else 'rose'}"),
        Test(
            "there is slack",
            has_slack,
            "people are not overloaded" if has_slack else "people are overloaded",
        ),
        Test(
            "hours are alike", not isinstance(hours, Found), "quiet hours are as bad as busy ones"
        ),
    )
    if not all(test.is_passed for test in tests):
        return Quiet(next(f"{test.name}: no" for test in tests if not test.is_passed), tests)
    cases = study.measure(form, now).n
    return Found(
        f"{words}, while volume did not rise and all hours are alike.",
        now,
        before,
        ByTest(move.p_down),
        affected=per_week(cases, now) * -move.change,
        tests=tests,
    )


pattern = Pattern(
    title="Promises are missed at all hours",
    needs=("sla_compliance", "ticket_volume"),
    lever="policy",
    act="Look at the promise itself and at what is worked on first: more people would not help.",
    alternatives=("the targets were changed", "an outage left a backlog that is being worked off"),
    if_wrong="an order of work changed where people were missing",
    review=("sla_compliance", 6, "compliance stays down after priorities are put in order"),
    check=check,
)
