"""People keep to their plans less because other work reaches them: meetings, projects and favours
nobody planned.

The time is not idle; it is just not there for customers.
"""

from helmdesk.catalogue.kinds.sum_ratio import SumRatio
from helmdesk.insight.checks import Side, move_at_constant_mix, together
from helmdesk.insight.finding import Test
from helmdesk.insight.pattern import Pattern
from helmdesk.insight.study import Span, Study
from helmdesk.query.words import show_share


def other_work(study: Study, before: Span, now: Span) -> Test | None:
    """Seconds worked without a plan, or while something else was planned."""
    form = study.cut(
        "schedule_adherence",
        -1,
        where="true",
        value=SumRatio(
            "case when activity is distinct from 'work' and worked_seconds > 0 then worked_seconds"
            " else 0 end",
            "seconds",
            "agent_day",
        ),
    )
    move = move_at_constant_mix(study, form, before, now)
    if move is None:
        return Test("unplanned work rose", False, "no unplanned work is recorded")
    return Test(
        "unplanned work rose",
        move.p_up < 0.025 and move.change >= 0.01,
        f"work outside the plan went from {show_share(move.before)} to"
        f" {show_share(move.before + move.change)} of the time",
    )


pattern = Pattern(
    title="Unplanned work breaks the schedule",
    needs=("schedule_adherence",),
    lever="scheduling",
    act="Put the other work into the plan, or stop it: find who asked for it.",
    alternatives=("leave and training are entered late",),
    if_wrong="meetings cancelled that people needed",
    review=("schedule_adherence", 4, "adherence stays down after side work is planned or stopped"),
    check=together(Side("schedule_adherence", -1), extra=other_work),
)
