"""People have been fully used for weeks, and customers begin to feel it: there are too few for the
work.

Above 85% there is no slack for a bad hour; delays and errors follow within weeks, sick leave after
that.
"""

from helmdesk.insight.checks import has_past, move_at_constant_mix, show
from helmdesk.insight.finding import ByTest, Test
from helmdesk.insight.movement import least_change
from helmdesk.insight.pattern import Found, Pattern, Quiet, Verdict
from helmdesk.insight.study import Study
from helmdesk.query.words import show_share
from helmdesk.statistics.discovery import adjusted

LIMIT, WEEKS, FELT_P = 0.85, 3, 0.01
FELT = ("first_response_time", "next_response_time", "average_speed_of_answer", "reopen_rate")


def check(study: Study) -> Verdict:
    """Three weeks or more above 85%, and waits or reopens up against the weeks before."""
    utilization = study.form("utilization")
    weeks = study.history(utilization).weeks.values
    run = 0
    while run < len(weeks) and weeks[-1 - run] > LIMIT:
        run += 1
    words = (
        f"utilization has been above {show_share(LIMIT)} for {run} weeks,"
        f" {show(utilization, float(weeks[-1])) if len(weeks) else 'no data'} in the last"
    )
    high = Test("above 85% for weeks", run >= WEEKS, words)
    if not high.is_passed:
        return Quiet(
            f"utilization is not above {show_share(LIMIT)} for {WEEKS} weeks in a row", (high,)
        )
    now = study.last(min(run, 8))
    before = study.before(now, 8)
    if not has_past(before):
        return Quiet("it has been high as long as the data go back", (high,))
    moves = []
    for key in FELT:
        if study.lacks(key):
            continue
        form = study.form(key)
        move = move_at_constant_mix(study, form, before, now)
        if move is not None:
            moves.append((key, form, move))
    tests, told, felt = [high], [words[0].upper() + words[1:]], []
    # Any of them would be told: each counts as one of several that were asked.
    for (key, form, move), p in zip(
        moves, adjusted([move.p_up for *_, move in moves]), strict=True
    ):
        is_worse = p < FELT_P and move.change >= least_change(form, move.before)
        said = (
            f"{form.describe()} went from {show(form, move.before)} to"
            f" {show(form, move.before + move.change)}"
        )
        tests.append(Test(f"{key} up", is_worse, said))
        if is_worse:
            told.append(said)
            felt.append(p)
    if not felt:
        return Quiet("customers do not feel it yet", tuple(tests))
    volume = study.measure(study.form("ticket_volume"), now).n / max(now.days / 7, 1)
    return Found(
        "; ".join(told) + ".",
        now,
        before,
        ByTest(min(felt)),
        affected=volume,
        tests=tuple(tests),
        scenario={"more": "2", "hours": "9:00-17:00"},
    )


pattern = Pattern(
    title="Too few people for the work",
    needs=("utilization", "first_response_time", "ticket_volume"),
    lever="staffing",
    act="Add people, or take work away, in the weeks ahead: the plan says how many are short.",
    alternatives=("a season that passes by itself", "time is recorded otherwise than before"),
    if_wrong="a hire for a peak that was passing",
    review=("utilization", 8, "waits stay long although utilization is back under 85%"),
    explains=(
        "utilization",
        "occupancy",
        "first_response_time",
        "next_response_time",
        "average_speed_of_answer",
        "reopen_rate",
        "resolution_time",
        "sla_compliance",
        "backlog",
        "breach_exposure",
        "csat",
        "resolution_rate",
    ),
    check=check,
)
