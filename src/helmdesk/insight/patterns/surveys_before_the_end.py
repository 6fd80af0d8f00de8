"""Satisfaction moved because surveys are sent at another moment: before the work is done they
measure impatience.

What changed is when people are asked, so the two periods cannot be compared.
"""

from helmdesk.catalogue.kinds.share import Share
from helmdesk.insight.checks import has_past, move_at_constant_mix, per_week, windows
from helmdesk.insight.finding import ByTest, Test
from helmdesk.insight.pattern import Found, Pattern, Quiet, Verdict
from helmdesk.insight.study import Study
from helmdesk.query.words import show_share, show_signed


def check(study: Study) -> Verdict:
    """Did the share of surveys sent before the first solve move, and satisfaction with it?"""
    early = study.cut(
        "csat_response_rate",
        0,
        value=Share("coalesce(survey_timing = 'before the solve', false)"),
        pending=None,
    )
    csat = study.form("csat")
    now, before = windows(study, csat)
    if not has_past(before):
        return Quiet("fewer than four weeks to compare with")
    timing, satisfaction = (
        move_at_constant_mix(study, early, before, now),
        move_at_constant_mix(study, csat, before, now),
    )
    if timing is None or satisfaction is None:
        return Quiet("too few surveys to compare")
    words = (
        f"surveys sent before the first solve went from {show_share(timing.before)} to"
        f" {show_share(timing.before + timing.change)}"
    )
    # Either way would be told: both tails count.
    p_timing, p_felt = (2 * min(move.p_up, move.p_down) for move in (timing, satisfaction))
    is_moved = p_timing < 0.05 and abs(timing.change) >= 0.05
    other = f"satisfaction moved by {show_signed(100 * satisfaction.change, 1)} points"
    is_felt = p_felt < 0.05 and abs(satisfaction.change) >= 0.02
    tests = (
        Test("survey timing moved", is_moved, words),
        Test("satisfaction moved", is_felt, other),
    )
    if not is_moved or not is_felt:
        return Quiet(
            (
                "surveys are sent at the same moments as before"
                if not is_moved
                else "satisfaction did not move with it"
            ),
            tests,
        )
    affected = per_week(study.measure(csat, now).n, now) * abs(satisfaction.change)
    return Found(
        f"The share of {words}, and {other}.",
        now,
        before,
        ByTest(max(p_timing, p_felt)),
        affected=affected,
        tests=tests,
    )


pattern = Pattern(
    title="Surveys are sent at another moment than before",
    needs=("csat", "csat_response_rate", "resolution_time"),
    lever="data",
    act=(
        "Send the survey when the ticket is solved again, and leave the weeks between out of "
        "comparisons."
    ),
    alternatives=("a tool that was changed on the same day for another reason",),
    if_wrong="a survey moved for nothing",
    review=("csat", 4, "satisfaction stays where it is when the timing is set back"),
    check=check,
)
