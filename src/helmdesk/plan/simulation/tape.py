"""What comes, drawn once: when, to which queue, how long the work takes, how long people wait.

Every scenario is lived through on the same tapes, so that differences are of the change and not of
chance. Pure. Times are seconds from the first local midnight of a week.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from helmdesk.errors import UsageError
from helmdesk.plan.queues.waiting import Array
from helmdesk.query.words import show_signed

DAY_SECONDS = 86_400.0
# Tapes hold this many times what is expected; each contact carries a mark that says from which
# volume on it comes. A volume is so the same contacts and some more.
MOST_VOLUME = 2.0


@dataclass(frozen=True, eq=False)
class Tape:
    """A week of contacts, by arrival.

    Attributes:
        at: when it is offered.
        queue: which of the queues, by number.
        work: seconds an agent is at it, wrap included.
        patience: seconds until the customer leaves unanswered.
        mark: between 0 and 1, even; which contacts a smaller volume leaves out.
        move: between 0 and 1, even; which contacts another channel takes over.
    """

    at: Array
    queue: NDArray[np.int64]
    work: Array
    patience: Array
    mark: Array
    move: Array

    def __len__(self) -> int:
        return int(self.at.size)

    def of(self, kept: NDArray[np.bool_]) -> Tape:
        """Return some of its contacts."""
        parts = ("at", "queue", "work", "patience", "mark", "move")
        return replace(self, **{name: getattr(self, name)[kept] for name in parts})


@dataclass(frozen=True, eq=False)
class Habits:
    """How contacts of one queue are: what tapes are drawn from.

    Attributes:
        name: of the queue.
        work: seconds of work on contacts that were answered; a tape draws from these.
        patience: mean seconds until somebody leaves; infinite where nobody did.
        threshold_seconds: answered in time means within these.
        short_seconds: who leaves earlier is not counted as lost.
        together: contacts that one person has in hand at once, as chats.
    """

    name: str
    work: Array
    patience: float
    threshold_seconds: float = 60.0
    short_seconds: float = 10.0
    together: int = 1

    def __post_init__(self) -> None:
        if not self.work.size:
            raise UsageError(
                f"nobody recorded how long work of {self.name} takes",
                "say how many seconds one contact takes",
            )


def draw_tapes(
    rates: Array, habits: Sequence[Habits], interval_minutes: int, seed: int = 0
) -> list[Tape]:
    """Return one tape for each future.

    Args:
        rates: (futures × queues × days × intervals) contacts expected.
        habits: of each queue.
    """
    return [
        _draw(rates[number], habits, interval_minutes * 60.0, np.random.default_rng([seed, number]))
        for number in range(rates.shape[0])
    ]


def _draw(
    rates: Array, habits: Sequence[Habits], interval: float, draw: np.random.Generator
) -> Tape:
    parts = []
    for queue, habit in enumerate(habits):
        counts = draw.poisson(rates[queue] * MOST_VOLUME)
        day, place = np.indices(counts.shape)
        start = np.repeat((day * DAY_SECONDS + place * interval).ravel(), counts.ravel())
        size = start.size
        patience = (
            draw.exponential(habit.patience, size)
            if np.isfinite(habit.patience)
            else np.full(size, np.inf)
        )
        parts.append(
            (
                start + draw.random(size) * interval,
                np.full(size, queue),
                draw.choice(habit.work, size),
                patience,
                draw.random(size),
                draw.random(size),
            )
        )
    at, queues, work, patience, mark, move = (
        np.concatenate(each) for each in zip(*parts, strict=True)
    )
    order = np.argsort(at, kind="stable")
    return Tape(
        at[order],
        queues[order].astype(np.int64),
        work[order].astype(float),
        patience[order],
        mark[order],
        move[order],
    )


def at_volume(tape: Tape, share: float) -> Tape:
    """Return the contacts of a volume: 1 as expected, 1.2 a fifth more; at most `MOST_VOLUME`."""
    if not 0 <= share <= MOST_VOLUME:
        raise UsageError(
            f"{show_signed(100 * (share - 1))}% contacts",
            f"give from −100% to {show_signed(100 * (MOST_VOLUME - 1))}%",
        )
    return tape.of(tape.mark <= share / MOST_VOLUME)
