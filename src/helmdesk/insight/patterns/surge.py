"""More contacts came than the staff of those days could answer, at all hours: for a short surge,
others must greet and triage.

The hours do not differ, so moving shifts would not help; when it lasts beyond a month it is a
question of staff.
"""

import math

from helmdesk.insight.checks import has_past, moved, per_week, show
from helmdesk.insight.finding import ByTest, Test
from helmdesk.insight.movement import level
from helmdesk.insight.pattern import Found, Pattern, Quiet, Verdict
from helmdesk.insight.patterns import peak_hours
from helmdesk.insight.study import Study
from helmdesk.query.words import show_relative, show_value
from helmdesk.statistics.normal import normal_tail

LEAST_RISE, WAIT_TIMES, SHORT = 0.08, 1.5, 35


def check(study: Study) -> Verdict:
    """Speed of answer much worse, contacts up, all hours alike."""
    waits = moved(study, "average_speed_of_answer")
    if waits is None or not waits.is_flagged or waits.direction < 0 or not has_past(waits.before):
        return Quiet("answers are not slower")
    if waits.value < WAIT_TIMES * waits.earlier:
        return Quiet("answers are only a little slower")
    form = study.form("ticket_volume")
    volumes = [level(study, form, span) for span in (waits.before, waits.now)]
    rise = volumes[1][0] / max(volumes[0][0], 1e-9) - 1
    error = math.hypot(volumes[0][1], volumes[1][1])
    z = (volumes[1][0] - volumes[0][0]) / max(error, 1e-9)
    hours = Quiet("") if study.lacks("service_level") else peak_hours.check(study)
    words = (
        f"tickets a week went from {show_value(volumes[0][0], 'tickets')} to"
        f" {show_value(volumes[1][0], 'tickets')}"
        f" ({show_relative(volumes[1][0], volumes[0][0], 'tickets')})"
    )
    tests = (
        Test("volume rose", rise >= LEAST_RISE and z > 3, words),
        Test("all hours alike", not isinstance(hours, Found), "waits grew at all hours"),
        Test(
            "it is short", waits.now.days <= SHORT, f"it has lasted {waits.now.days / 7:.0f} weeks"
        ),
    )
    if not all(test.is_passed for test in tests):
        return Quiet(
            next(f"{test.name}: no ({test.words})" for test in tests if not test.is_passed), tests
        )
    text = (
        f"Speed of answer went from {show(waits.form, waits.earlier)} to"
        f" {show(waits.form, waits.value)} while {words}; {tests[1].words}."
    )
    cases = per_week(study.measure(waits.form, waits.now).n, waits.now)
    return Found(text, waits.now, waits.before, ByTest(normal_tail(z)), affected=cases, tests=tests)


pattern = Pattern(
    title="A surge of contacts",
    needs=("average_speed_of_answer", "ticket_volume"),
    lever="routing",
    act=(
        "For the days of a surge, let others greet and sort, and leave the answers to those who "
        "know them."
    ),
    alternatives=("people were away in the same days", "contacts became longer"),
    if_wrong="back-office work left undone for waits that would have ended by themselves",
    review=(
        "average_speed_of_answer",
        2,
        "answers stay slow although others greet and triage: then people are missing",
    ),
    explains=(
        "average_speed_of_answer",
        "service_level",
        "ticket_volume",
        "missed_contact_rate",
        "csat",
        "ces",
        "backlog",
        "average_handle_time",
        "resolution_rate",
        "breach_exposure",
    ),
    check=check,
)
