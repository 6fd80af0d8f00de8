"""People look busier although there is no more work: time is recorded otherwise, or goes into
searching and waiting.

Volume, handle time and the customer's waits all stayed where they were.
"""

from helmdesk.insight.checks import Side, move_at_constant_mix, together
from helmdesk.insight.finding import Test
from helmdesk.insight.movement import level
from helmdesk.insight.pattern import Pattern
from helmdesk.insight.study import Span, Study
from helmdesk.query.words import show_value


def work_is_flat(study: Study, before: Span, now: Span) -> Test | None:
    """Neither volume nor first replies moved."""
    if now.days < 20:
        return Test(
            "it lasts",
            False,
            "it began less than three weeks ago: too early to tell from too few people",
        )
    volume = study.form("ticket_volume")
    values = [level(study, volume, span)[0] for span in (before, now)]
    waits = move_at_constant_mix(study, study.form("first_response_time"), before, now)
    is_flat = abs(values[1] - values[0]) < 0.05 * max(values[0], 1) and (
        waits is None or waits.p_up > 0.025 or waits.change < 0.02
    )
    return Test(
        "work and waits are flat",
        is_flat,
        f"tickets a week went from {show_value(values[0], 'tickets')} to"
        f" {show_value(values[1], 'tickets')}, first replies"
        f" {'as before' if is_flat else 'slower'}",
    )


pattern = Pattern(
    title="Utilization rose without more work",
    needs=("utilization", "ticket_volume", "average_handle_time", "first_response_time"),
    lever="scheduling",
    act=(
        "Compare one day of recorded time with one day watched: find what the added busy time "
        "goes into."
    ),
    alternatives=("shrinkage was re-coded", "people went on leave and the others filled the time"),
    if_wrong="schedules changed to mend a report",
    review=("utilization", 4, "utilization stays up after states are recorded as before"),
    check=together(Side("utilization", 1), flat=("average_handle_time",), extra=work_is_flat),
)
