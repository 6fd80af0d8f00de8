"""Writing a decision into a helpdesk where people work at the same time: never over what somebody
did, within a budget, and not at all once people undo it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from helmdesk.act.routing.helpdesk import Helpdesk
from helmdesk.act.routing.modes import Mode

BUDGET = 0.3
"""Share of the writes an account allows that are ours; the rest is people's."""
MINUTE, UNDONE_SECONDS, LOOKED_BACK = 60.0, 600.0, 3600.0
MOST_UNDONE, LEAST_WRITES = 0.2, 5


class Outcome(StrEnum):
    """What became of a decision in the helpdesk."""

    BEGUN = "begun"
    """It was about to be written; whether it was is not known yet."""
    WRITTEN = "written"
    PREVIEW = "preview"
    """It would have been written now."""
    CHANGED = "changed"
    """Somebody did something with the ticket meanwhile: it is theirs."""
    UNSETTLED = "unsettled"
    """It was changed in the very second it was looked at; later."""
    STOPPED = "stopped"


@dataclass(frozen=True)
class Wanted:
    """What is to be written about one ticket, and what it looked like when that was decided.

    Attributes:
        ticket, queue, assignee, stamp: as it was; assignee empty: nobody had it.
        agent: whom to give it to. note: what to write; where only suggested.
        is_settled: whether any change after it was looked at has another stamp. Where not, one of
        the same second would go unnoticed for ever, however long the write waits.
    """

    ticket: str
    queue: str
    assignee: str
    stamp: str
    agent: str
    note: str = ""
    is_settled: bool = True


@dataclass(frozen=True)
class Write:
    """One write of ours.

    Attributes:
        at: instant. undone_at: when somebody gave the ticket to another person; None: not.
    """

    at: float
    undone_at: float | None = None

    @property
    def is_undone(self) -> bool:
        """Whether somebody undid it soon."""
        return self.undone_at is not None and self.undone_at - self.at <= UNDONE_SECONDS


def left_to_spend(writes: Sequence[Write], per_minute: float, now: float) -> int:
    """Return how many writes are left in this minute: at most three of ten that are allowed."""
    spent = sum(now - MINUTE < each.at <= now for each in writes)
    return max(0, int(BUDGET * per_minute) - spent)


def is_to_stop(writes: Sequence[Write], now: float) -> bool:
    """Whether more than a fifth of the last hour's writes were undone within ten minutes.

    Fewer than five writes say nothing.
    """
    recent = [each for each in writes if now - LOOKED_BACK < each.at <= now]
    undone = sum(each.is_undone for each in recent)
    return len(recent) >= LEAST_WRITES and undone > MOST_UNDONE * len(recent)


def write_one(
    helpdesk: Helpdesk,
    wanted: Wanted,
    mode: Mode,
    *,
    is_preview: bool,
    may_go_on: Callable[[], bool],
    begin: Callable[[], None],
) -> Outcome:
    """Write one decision, if the ticket is still as it was when it was made.

    Args:
        is_preview: do all but the writing.
        may_go_on: asked right before; False where everything is stopped.
        begin: called right before the write, so that a kill leaves a trace of it.
    """
    if not wanted.is_settled:
        return Outcome.UNSETTLED
    state = helpdesk.read(wanted.ticket)
    if state is None or not state.is_open or state.stamp != wanted.stamp:
        return Outcome.CHANGED
    if (state.assignee, state.queue) != (wanted.assignee, wanted.queue):
        return Outcome.CHANGED
    if not may_go_on() or not mode.writes:
        return Outcome.STOPPED
    if is_preview:
        return Outcome.PREVIEW
    begin()
    given = (
        helpdesk.write_if_unchanged(wanted.ticket, wanted.stamp, assignee=wanted.agent)
        if mode is Mode.ASSIGN
        else helpdesk.write_if_unchanged(wanted.ticket, wanted.stamp, note=wanted.note)
    )
    return Outcome.WRITTEN if given else Outcome.CHANGED


def settled(helpdesk: Helpdesk, wanted: Wanted, mode: Mode) -> Outcome:
    """Return what became of a write that was begun when everything was killed. Nothing is written:
    the next look decides anew.
    """
    state = helpdesk.read(wanted.ticket)
    if state is None or state.stamp == wanted.stamp:
        return Outcome.STOPPED
    is_ours = mode is Mode.ASSIGN and state.assignee == wanted.agent
    return Outcome.WRITTEN if is_ours else Outcome.CHANGED
