"""The backlog grew while nobody worked, with one kind of question that an automatic message could
have answered.

It will be worked off; the next closed days will bring it again.
"""

from helmdesk.insight.checks import has_past, moved, show
from helmdesk.insight.context import delivered_annotations, worked_share
from helmdesk.insight.finding import ByRule, Test
from helmdesk.insight.location import filter_of, locate, plain
from helmdesk.insight.movement import level
from helmdesk.insight.pattern import Found, Pattern, Quiet, Verdict
from helmdesk.insight.study import Study
from helmdesk.query.words import show_share, show_signed, show_value

OPEN_SHARE, CARRIES, MORE = 0.7, 0.3, 1.3
RULE = ByRule(
    f"the backlog rose in a week with less than {OPEN_SHARE:.0%} of the usual time worked, or with"
    f" a holiday, and one topic carries {CARRIES:.0%} of the rise or more and makes {MORE} times"
    " its usual part of the open tickets"
)


def check(study: Study) -> Verdict:
    """Backlog up in a week with much less staff time, one topic carrying more of it than it used
    to.
    """
    whole = moved(study, "backlog")
    if whole is None or not whole.is_flagged or whole.direction < 0 or not has_past(whole.before):
        return Quiet("the backlog did not rise")
    last = study.last(1)
    closed = _is_closed(study)
    if closed is None:
        return Quiet("neither staff time nor holidays are recorded")
    test = Test("much of the week was closed", closed[0], closed[1])
    breakdown = locate(
        study, whole.form, whole.before, whole.now, ["issue_type"], redraws=0
    ).breakdown("issue_type")
    if not test.is_passed or breakdown is None:
        return Quiet("the week was open as usual", (test,))
    part = max(breakdown.parts, key=lambda each: each.rate)
    words = (
        f"{plain((('issue_type', part.group[0]),))} makes {show_share(part.share_now)} of the open"
        f" tickets, {show_share(part.share_before)} before"
    )
    tests = (
        test,
        Test(
            "one topic carries it",
            part.rate >= CARRIES * breakdown.change and part.share_now > MORE * part.share_before,
            words,
        ),
    )
    if not tests[1].is_passed:
        return Quiet("no topic stands out in it", tests)
    channels = locate(study, whole.form, whole.before, whole.now, ["channel"], redraws=0).breakdown(
        "channel"
    )
    grown = (
        ", ".join(
            f"{each.group[0]} {show_signed(each.rate)}"
            for each in sorted(channels.parts, key=lambda each: -each.rate)[:3]
        )
        if channels
        else ""
    )
    text = (
        f"The backlog went from {show(whole.form, whole.earlier)} to"
        f" {show(whole.form, whole.value)} ({grown}) in a week in which {closed[1]}; {words}"
        f" ({show_value(level(study, study.form('ticket_volume'), last)[0], 'tickets')} new tickets"
        " that week)."
    )
    return Found(
        text,
        whole.now,
        whole.before,
        RULE,
        filter_of((("issue_type", part.group[0]),)),
        abs(whole.change),
        tests,
    )


def _is_closed(study: Study) -> tuple[bool, str] | None:
    share = worked_share(study)
    if share is not None:
        return share < OPEN_SHARE, f"{show_share(share)} of the usual time was worked"
    last = study.last(1)
    near = [
        annotation
        for annotation in delivered_annotations(study)
        if annotation.kind == "holiday"
        and study.day(last.start) <= annotation.day < study.day(last.end)
    ]
    return (True, f"“{near[0].text}” was noted") if near else None


pattern = Pattern(
    title="The backlog grew on closed days",
    needs=("backlog", "ticket_volume"),
    lever="tooling",
    act="Send an automatic answer to that kind of question on closed days.",
    alternatives=("an incident on those days",),
    if_wrong="an automatic message nobody needed",
    review=(
        "backlog",
        2,
        "the backlog is still up two weeks after opening: then people are missing too",
    ),
    explains=(
        "backlog",
        "backlog_age",
        "ticket_volume",
        "first_response_time",
        "next_response_time",
        "resolution_time",
        "resolution_rate",
        "sla_compliance",
        "breach_exposure",
        "csat_response_rate",
    ),
    check=check,
    rule=RULE,
)
