"""More promises are kept, and those once broken are left lying: what is late stops counting and
gets later.

A percentage of kept promises rewards serving what can still be saved first.
"""

from helmdesk.catalogue.kinds.share import Share
from helmdesk.insight.checks import Side, move_at_constant_mix, together
from helmdesk.insight.finding import Test
from helmdesk.insight.pattern import Pattern
from helmdesk.insight.study import Span, Study
from helmdesk.query.words import show_share


def late_get_later(study: Study, before: Span, now: Span) -> Test | None:
    """Among broken promises, those that took more than twice their time."""
    late = study.cut(
        "sla_compliance",
        -1,
        value=Share("elapsed_seconds > 2 * target_seconds"),
        where=(
            "is_counted and not is_doubled and state = 'breached' and elapsed_seconds is not null"
            " and target_seconds > 0"
        ),
    )
    move = move_at_constant_mix(study, late, before, now)
    if move is None:
        return Test("late ones get later", False, "too few broken promises")
    words = (
        f"of broken promises, {show_share(move.before)} took more than twice their time before and"
        f" {show_share(move.before + move.change)} now"
    )
    return Test("late ones get later", move.p_up < 0.005 and move.change >= 0.08, words)


pattern = Pattern(
    title="More promises kept, broken ones much later",
    needs=("sla_compliance",),
    lever="policy",
    act=(
        "Have somebody go through what is past its promise every morning, oldest first, and count "
        "it until it is solved."
    ),
    alternatives=("an old backlog is being cleared",),
    if_wrong="late tickets first, and more fresh ones late",
    review=("sla_compliance", 6, "broken promises stay as late when they are given a turn"),
    check=together(Side("sla_compliance", 1), extra=late_get_later),
)
