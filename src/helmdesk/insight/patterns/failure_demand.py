"""Volume grows because the same people come back about the same thing: work that was not finished
returns as new work.

Hiring for it would pay for the same answer twice.
"""

from helmdesk.catalogue.kinds.share import Share
from helmdesk.insight.checks import has_past, move_at_constant_mix, moved, per_week, show
from helmdesk.insight.finding import ByTest, Test
from helmdesk.insight.pattern import Found, Pattern, Quiet, Verdict
from helmdesk.insight.study import Study
from helmdesk.query.words import show_share


def check(study: Study) -> Verdict:
    """Volume up, and the share of tickets that are followed by another about the same thing too."""
    whole = moved(study, "ticket_volume")
    if whole is None or not whole.is_flagged or whole.direction < 0 or not has_past(whole.before):
        return Quiet("volume did not rise")
    repeats = study.cut("fcr", -1, value=Share("is_repeated"))
    move = move_at_constant_mix(study, repeats, whole.before, whole.now)
    if move is None:
        return Quiet("too few tickets old enough to know whether they were followed by another")
    words = (
        f"tickets followed by another about the same thing went from {show_share(move.before)} to"
        f" {show_share(move.before + move.change)}"
    )
    test = Test("repeats rose", move.p_up < 0.025 and move.change >= 0.02, words)
    if not test.is_passed:
        return Quiet("the growth is new questions, not repeats", (test,))
    text = (
        f"Volume went from {show(whole.form, whole.earlier)} to {show(whole.form, whole.value)} a"
        f" week, and {words}."
    )
    return Found(
        text,
        whole.now,
        whole.before,
        ByTest(move.p_up),
        affected=per_week(study.measure(whole.form, whole.now).n, whole.now) * move.change,
        tests=(test,),
    )


pattern = Pattern(
    title="The same questions come back as new work",
    needs=("ticket_volume", "fcr"),
    lever="tooling",
    act=(
        "Take the question that comes back most and mend its answer, so that it is finished the "
        "first time."
    ),
    alternatives=("a campaign or a season brings customers with several questions",),
    if_wrong="first answers made longer while new questions grow",
    review=("ticket_volume", 8, "volume stays up after first answers settle more"),
    check=check,
)
