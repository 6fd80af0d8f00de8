"""Everybody became slower at one kind of work in the same week, and customers are as content as
before: a tool or its knowledge got in the way.

Agents differ in skill, not in the week in which they lose it; so this is not about people.
"""

import numpy as np

from helmdesk.insight.checks import has_past, mix_of, moved, not_worse, per_week, show
from helmdesk.insight.finding import ByTest, Test
from helmdesk.insight.location import filter_of, locate, plain
from helmdesk.insight.pattern import Found, Pattern, Quiet, Verdict
from helmdesk.insight.study import Study
from helmdesk.query.words import show_share
from helmdesk.statistics.pair import standardised_move, unit_changes

CARRIES, ALL = 0.75, 0.8


def check(study: Study) -> Verdict:
    """Handle time up, one channel or topic carries it, agents alike, satisfaction flat."""
    form = study.form("average_handle_time")
    whole = moved(study, "average_handle_time")
    if (
        whole is None
        or not whole.is_flagged
        or whole.direction < 0
        or not whole.is_worth_telling
        or not has_past(whole.before)
    ):
        return Quiet("handle time did not rise")
    now, before = whole.now, whole.before
    found, asked = None, 0
    for name in ("channel", "issue_type", "queue"):
        breakdown = locate(study, form, before, now, [name], redraws=0).breakdown(name)
        if breakdown is None or breakdown.change <= 0 or len(breakdown.parts) < 2:
            continue
        asked += len(breakdown.parts)
        largest = max(breakdown.parts, key=lambda part: part.rate)
        if largest.rate >= CARRIES * breakdown.change and largest.share_now < 0.9:
            found = (name, largest)
            break
    if found is None:
        return Quiet("no channel or topic carries the rise alone")
    name, part = found
    condition = filter_of(((name, part.group[0]),))
    cells = study.cells(
        form,
        before,
        now,
        [mix for mix in mix_of(study, form) if mix != name],
        ("agent",),
        condition,
    )
    move = standardised_move(cells)
    if move is None:
        return Quiet("too little of this work to compare people at it")
    # The part that grew most was chosen among all that were asked.
    p = min(1.0, move.p_up * asked)
    changes = np.array(list(unit_changes(cells).values()))
    slower = float((changes > 0).mean()) if len(changes) else 0.0
    held = not_worse(study, "csat", before, now)
    words = (
        f"handle time of {plain(((name, part.group[0]),))} went from {show(form, part.before)} to"
        f" {show(form, part.now)}"
    )
    tests = (
        Test(
            "one kind of work carries it",
            True,
            f"{words}, {show_share(part.rate / whole.change)} of the whole rise",
        ),
        Test(
            "everybody is slower",
            len(changes) >= 5 and slower >= ALL,
            f"{show_share(slower)} of {len(changes)} agents are slower at it",
        ),
        held,
    )
    if not all(test.is_passed for test in tests):
        return Quiet(next(test.words for test in tests if not test.is_passed), tests)
    cases = study.measure(form, now, condition).n
    text = (
        f"{words[0].upper()}{words[1:]}; {tests[1].words}, and"
        f" {held.words[0].lower()}{held.words[1:]}."
    )
    affected = per_week(cases, now) * (part.now - part.before) / max(part.before, 1e-9)
    return Found(text, now, before, ByTest(p), condition, affected, tests)


pattern = Pattern(
    title="Everybody is slower at one kind of work",
    needs=("average_handle_time", "csat"),
    lever="tooling",
    act=(
        "Ask five people what changed in that week in the tool they use for this work, and mend it."
    ),
    alternatives=(
        "this kind of work became harder, for example after a release",
        "a new rule asks for more steps",
    ),
    if_wrong="work on a tool while the questions became harder",
    review=(
        "average_handle_time",
        6,
        "handle time stays up after the tool or its knowledge is put right",
    ),
    explains=("average_handle_time", "cost_per_ticket"),
    check=check,
)
