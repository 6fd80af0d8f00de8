"""What routing does with a queue, and what has to be true before it does more. Pure."""

from __future__ import annotations

from enum import StrEnum

from helmdesk.errors import ConflictError, UsageError

LEAST_DECISIONS = 200


class Mode(StrEnum):
    """What routing does with a queue; each does more than the one before."""

    OFF = "off"
    SHADOW = "shadow"
    """It decides, and nobody but the planner sees it."""
    SUGGEST = "suggest"
    """It writes whom it would name into an internal note."""
    ASSIGN = "assign"
    """It gives the ticket to that person."""

    @property
    def writes(self) -> bool:
        """Whether the helpdesk is written to."""
        return self in (Mode.SUGGEST, Mode.ASSIGN)


def mode_of(text: str) -> Mode:
    """Return a mode by its name.

    Raises:
        UsageError: there is none.
    """
    try:
        return Mode(text)
    except ValueError:
        raise UsageError(f"mode '{text}'", f"there are: {', '.join(Mode)}") from None


def check_change(now: Mode, then: Mode, *, decided: int, has_account: bool, has_read: bool) -> None:
    """Return if a queue may go from one mode to another; less is always possible.

    Args:
        decided: decisions in shadow about cases that came since.
        has_account: whether a live account is there that can be written to.
        has_read: whether the planner says to have read the report.

    Raises:
        ConflictError: something has to come before; says what.
    """
    order = list(Mode)
    if order.index(then) <= order.index(now) or then is Mode.SHADOW:
        return
    if now is Mode.OFF:
        raise ConflictError(
            "this queue was never in shadow", "switch it to shadow, and read what it shows first"
        )
    if not has_account:
        raise ConflictError(
            "no live account can be written to",
            "connect the helpdesk under Data, Live accounts, with a key that may write",
        )
    if then is not Mode.ASSIGN:
        return
    if decided < LEAST_DECISIONS:
        raise ConflictError(
            f"{decided} decisions were made in shadow since it began, {LEAST_DECISIONS} are needed",
            "leave it in shadow until then",
        )
    if not has_read:
        raise ConflictError(
            "nobody said to have read the report of this queue",
            "read it, and tick the box below it",
        )
