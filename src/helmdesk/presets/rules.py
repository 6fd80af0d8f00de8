"""Expressions that several presets share: our own values, in minutes, as steps begin with them."""

from __future__ import annotations

from helmdesk.presets.preset import Step

GONE_HELP = "the tool keeps tickets that were merged, marked as spam or deleted"


def minutes(seconds: str) -> str:
    """Return a duration in minutes."""
    return f"({seconds}) / 60.0"


def counted(value: str, where: str = "true") -> str:
    """Return `value` for tickets that count, by our rules."""
    return f"case when is_counted and {where} then {value} end"


FIRST_REPLY = counted(minutes("first_reply_seconds"), "first_reply_at < forever()")
FIRST_REPLY_BUSINESS = counted(minutes("first_reply_business_seconds"), "first_reply_at < forever()")
FIRST_SOLVE = counted(minutes("first_solve_seconds"), "first_solved_at < forever()")
RESOLUTION = counted(minutes("resolution_seconds"), "last_solved_at < forever()")

# A bot's time before the hand-off is not a person's; many tools do not know the difference.
BOT_TIME = counted(
    minutes("case when bot_started_at is not null then first_reply_from_created_seconds else first_reply_seconds end"),
    "first_reply_at < forever()",
)
FROM_CREATED = counted(minutes("first_reply_from_created_seconds"), "first_reply_at < forever()")


def with_gone(value: str) -> Step:
    """Return the step that takes merged, spam and deleted tickets in."""
    return Step("merged, spam, deleted", value, GONE_HELP)
