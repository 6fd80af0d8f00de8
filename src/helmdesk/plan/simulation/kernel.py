"""The engine: contacts meet people, one event after the other.

Who waits longest is served first, by whoever has been free longest. Somebody whose shift or turn
ends finishes the contact in hand. Plain lists and heaps: no library is needed, and about ten
thousand contacts take some hundredths of a second.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from heapq import heappop, heappush

import numpy as np
from numpy.typing import NDArray

from helmdesk.plan.queues.waiting import Array
from helmdesk.plan.simulation.people import Shift
from helmdesk.plan.simulation.tape import DAY_SECONDS, Tape

FREED, BEGINS = 0, 1


@dataclass(frozen=True, eq=False)
class Lived:
    """What became of a tape.

    Attributes:
        tape: what came.
        wait: seconds until answered, or until the customer left.
        is_answered: whether somebody answered.
        busy_seconds: of all people together, on contacts.
        there_seconds: of all people together, at work by plan.
        paid_seconds: the same with paid breaks.
    """

    tape: Tape
    wait: Array
    is_answered: NDArray[np.bool_]
    busy_seconds: float
    there_seconds: float
    paid_seconds: float


class _Floor:
    """Everybody at work and everybody waiting, at one moment."""

    def __init__(self, tape: Tape, shifts: Sequence[Shift], together: Sequence[int]) -> None:
        self.at: list[float] = tape.at.tolist()
        self.queue: list[int] = tape.queue.tolist()
        self.work: list[float] = tape.work.tolist()
        # Whoever still waits at midnight is gone.
        left = (np.floor(tape.at / DAY_SECONDS) + 1) * DAY_SECONDS - tape.at
        self.patience: list[float] = np.minimum(tape.patience, left).tolist()
        self.wait = list(self.patience)
        self.answered = [False] * len(self.at)
        self.together = list(together)
        self.lines: list[list[int]] = [[] for _ in together]
        self.heads = [0] * len(together)
        self.events: list[tuple[float, int, int, float]] = []
        names = sorted({shift.person for shift in shifts})
        number = {name: i for i, name in enumerate(names)}
        self.until = [-1.0] * len(names)
        self.load = [0] * len(names)
        self.holds = [-1] * len(names)
        self.serves: list[tuple[int, ...]] = [()] * len(names)
        self.there = self.busy = 0.0
        for shift in shifts:
            person = number[shift.person]
            self.serves[person] = shift.queues
            for start, end in shift.spans:
                begin, stop = (shift.day * DAY_SECONDS + 60.0 * m for m in (start, end))
                self.there += stop - begin
                heappush(self.events, (begin, BEGINS, person, stop))
        groups = sorted(set(self.serves))
        self.group = [groups.index(each) for each in self.serves]
        self.idle: list[list[tuple[float, int]]] = [[] for _ in groups]
        self.since = [-1.0] * len(names)
        self.by_queue = [
            [g for g, each in enumerate(groups) if q in each] for q in range(len(together))
        ]
        self.members = [
            [p for p in range(len(names)) if q in self.serves[p]] for q in range(len(together))
        ]

    def live(self) -> None:
        """Let everything happen in its order."""
        coming, size, events = 0, len(self.at), self.events
        while coming < size or events:
            if coming < size and (not events or self.at[coming] < events[0][0]):
                self._arrives(coming)
                coming += 1
                continue
            now, kind, person, stop = heappop(events)
            if kind == BEGINS:
                self.until[person] = max(stop, self.until[person])
            else:
                self.load[person] -= 1
            self._next(person, now)

    def _arrives(self, contact: int) -> None:
        now, queue = self.at[contact], self.queue[contact]
        person = self._idle_longest(queue, now)
        if person < 0 and self.together[queue] > 1:
            person = self._with_room(queue, now)
        if person < 0:
            self.lines[queue].append(contact)
        else:
            self._answers(person, contact, now)

    def _idle_longest(self, queue: int, now: float) -> int:
        """Return who has been free longest of those who serve a queue; -1 where nobody is."""
        best, since = -1, float("inf")
        for group in self.by_queue[queue]:
            idle = self.idle[group]
            while idle:
                stamp, person = idle[0]
                if self.load[person] or self.since[person] != stamp or self.until[person] <= now:
                    heappop(idle)
                    continue
                if stamp < since:
                    best, since = person, stamp
                break
        return best

    def _with_room(self, queue: int, now: float) -> int:
        """Return who holds the fewest contacts of a queue and has room for one more; -1: nobody."""
        best, fewest = -1, self.together[queue]
        for person in self.members[queue]:
            if (
                0 < self.load[person] < fewest
                and self.holds[person] == queue
                and self.until[person] > now
            ):
                best, fewest = person, self.load[person]
        return best

    def _answers(self, person: int, contact: int, now: float) -> None:
        self.wait[contact] = now - self.at[contact]
        self.answered[contact] = True
        self.load[person] += 1
        self.holds[person] = self.queue[contact]
        self.busy += self.work[contact] / self.together[self.queue[contact]]
        heappush(self.events, (now + self.work[contact], FREED, person, 0.0))

    def _next(self, person: int, now: float) -> None:
        """Let a person take who waits longest, as long as there is room."""
        while self.until[person] > now:
            contact = self._waits_longest(person, now)
            if contact < 0:
                break
            queue = self.queue[contact]
            self.heads[queue] += 1
            self._answers(person, contact, now)
        if not self.load[person] and self.until[person] > now:
            self.since[person] = now
            heappush(self.idle[self.group[person]], (now, person))

    def _waits_longest(self, person: int, now: float) -> int:
        best, longest = -1, float("inf")
        for queue in self.serves[person]:
            if self.load[person] and (
                self.holds[person] != queue or self.load[person] >= self.together[queue]
            ):
                continue
            line, head = self.lines[queue], self.heads[queue]
            while head < len(line) and self.at[line[head]] + self.patience[line[head]] <= now:
                head += 1
            self.heads[queue] = head
            if head < len(line) and self.at[line[head]] < longest:
                best, longest = line[head], self.at[line[head]]
        return best


def live_through(tape: Tape, shifts: Sequence[Shift], together: Sequence[int] = (1,)) -> Lived:
    """Return what becomes of a tape with these people.

    Args:
        together: for each queue, how many of its contacts one person has in hand at once.
    """
    floor = _Floor(tape, shifts, together)
    floor.live()
    return Lived(
        tape,
        np.array(floor.wait),
        np.array(floor.answered, bool),
        floor.busy,
        floor.there,
        60.0 * sum(shift.paid_minutes for shift in shifts),
    )
