"""Expressions that several presets share: our own values, in minutes, as steps begin with them."""

from __future__ import annotations

from helmdesk.presets.parts.preset import Step

GONE_HELP = "the tool keeps tickets that were merged, marked as spam or deleted"


def minutes(seconds: str) -> str:
    """Return a duration in minutes."""
    return f"({seconds}) / 60.0"


def counted(value: str, where: str = "true") -> str:
    """Return `value` for tickets that count, by our rules."""
    return f"case when is_counted and {where} then {value} end"


SOLVED = "is_solved and outcome = 'solved'"
FIRST_REPLY = counted(minutes("first_reply_seconds"), "first_reply_at < forever()")
FIRST_REPLY_BUSINESS = counted(
    minutes("first_reply_business_seconds"), "first_reply_at < forever()"
)
FIRST_SOLVE = counted(
    minutes("first_solve_seconds"), "first_solved_at < forever() and first_outcome = 'solved'"
)
RESOLUTION = counted(minutes("resolution_seconds"), SOLVED)
ONE_TOUCH = counted(
    "case when human_replies = 1 then 1.0 else 0.0 end", f"{SOLVED} and human_rounds >= 1"
)

# A bot's time before the hand-off is not a person's; many tools do not know the difference.
BOT_TIME = counted(
    minutes(
        "case when bot_started_at is not null then first_reply_from_created_seconds else"
        " first_reply_seconds end"
    ),
    "first_reply_at < forever()",
)
FROM_CREATED = counted(minutes("first_reply_from_created_seconds"), "first_reply_at < forever()")


def with_gone(value: str) -> Step:
    """Return the step that takes merged, spam and deleted tickets in."""
    return Step("merged, spam, deleted", value, GONE_HELP)


def auto_closed(value: str) -> Step:
    """Return the step that takes tickets in which nobody solved."""
    return Step(
        "auto-close",
        value,
        "a ticket that a rule closed after silence, or that ended declined, cancelled, duplicate or"
        " invalid, counts as resolved",
    )


FIRST_SOLVE_OF_ALL = auto_closed(
    counted(minutes("first_solve_seconds"), "first_solved_at < forever()")
)
RESOLUTION_OF_ALL = auto_closed(counted(minutes("resolution_seconds"), "is_solved"))
ONE_TOUCH_OF_ALL = auto_closed(
    counted("case when human_replies = 1 then 1.0 else 0.0 end", "is_solved and human_rounds >= 1")
)
