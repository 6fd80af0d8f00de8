"""The bot closes more conversations, and more of those customers come back to a person: they were
turned away, not helped.
"""

from helmdesk.catalogue.kinds.share import Share
from helmdesk.insight.checks import has_past, per_week, windows
from helmdesk.insight.finding import ByTest, Test
from helmdesk.insight.movement import level
from helmdesk.insight.pattern import Found, Missing, Pattern, Quiet, Verdict
from helmdesk.insight.study import Study
from helmdesk.query.words import show_share
from helmdesk.statistics.normal import normal_tail

BOT = "is_counted and bot_started_at is not null and last_solved_at < forever()"
ALONE = "coalesce(human_replies, 0) = 0"


def check(study: Study) -> Verdict:
    """Share of bot conversations it ends alone, and how many of those are followed by another
    ticket.
    """
    if "bot_started" not in study.reader.bounds.record_types:
        return Missing(
            "conversations with a bot need 'bot_started' records, which no source delivered"
        )
    contained = study.cut("fcr", 0, value=Share(ALONE), where=BOT, pending=None)
    returned = study.cut(
        "fcr",
        -1,
        value=Share("is_repeated"),
        where=f"{BOT} and {ALONE} and is_fcr_mature",
        pending=None,
    )
    now, before = windows(study, contained)
    if not has_past(before):
        return Quiet("fewer than four weeks to compare with")
    rows = [(level(study, contained, span), level(study, returned, span)) for span in (before, now)]
    if min(rows[1][0][2], rows[0][0][2]) < 50 or min(rows[1][1][2], rows[0][1][2]) < 20:
        return Quiet("too few conversations that the bot ended alone")
    z = [
        (rows[1][side][0] - rows[0][side][0])
        / max((rows[1][side][1] ** 2 + rows[0][side][1] ** 2) ** 0.5, 1e-9)
        for side in (0, 1)
    ]
    words = (
        f"the bot ends {show_share(rows[1][0][0])} of its conversations alone,"
        f" {show_share(rows[0][0][0])} before; {show_share(rows[1][1][0])} of those come back"
        f" within days, {show_share(rows[0][1][0])} before"
    )
    test = Test(
        "contained and returning both rose",
        min(z) > 1.96 and rows[1][1][0] - rows[0][1][0] >= 0.03,
        words,
    )
    if not test.is_passed:
        return Quiet("those whom the bot served do not come back more often", (test,))
    affected = per_week(rows[1][1][2], now) * (rows[1][1][0] - rows[0][1][0])
    return Found(
        words[0].upper() + words[1:] + ".",
        now,
        before,
        ByTest(normal_tail(min(z))),
        affected=affected,
        tests=(test,),
    )


pattern = Pattern(
    title="The bot closes more, and they come back",
    needs=("fcr",),
    lever="product",
    act=(
        "Let customers out of the bot sooner where they came back: read ten of those "
        "conversations and change what the bot closes."
    ),
    alternatives=("an outage on the same days",),
    if_wrong="a bot that hands over too early",
    review=("fcr", 6, "as many come back after the bot's answers are changed"),
    check=check,
)
