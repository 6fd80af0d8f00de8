"""One look: which contact should go to whom, by everything that is known at one moment.

The same snapshot and rules give the same decisions, bit by bit, on every machine: scores are whole
numbers, and everything is taken in the order of its id.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from helmdesk.act.routing.decision import Bar, Candidate, Decision, Tick
from helmdesk.act.routing.fairness import accrued
from helmdesk.act.routing.rules import MOST_AGE_SECONDS, Rules
from helmdesk.act.routing.snapshot import Snapshot
from helmdesk.act.routing.table import BARS, MICRO, OWED, PARTS, Array, Flags, Table, table_of
from helmdesk.errors import ConflictError

SHOWN = 3
MOST_AT_ONCE = 6
"""Contacts that one person gets in one look, at most."""
MOST_ROWS = 2000
TINY = 1e-9
Whole = NDArray[np.int64]


def decide(snapshot: Snapshot, rules: Rules, now: float) -> Tick:
    """Return who should take each contact that wants somebody.

    Args:
        now: seconds since 1970 UTC, by the clock of whoever asks.

    Raises:
        ConflictError: the snapshot is older than a minute, or from the future.
    """
    age = now - snapshot.taken_at
    if abs(age) > MOST_AGE_SECONDS:
        when = f"{age:,.0f} s old" if age > 0 else f"{-age:,.0f} s ahead of this clock"
        raise ConflictError(
            f"what is known of the queues is {when}; {MOST_AGE_SECONDS:.0f} s are the most",
            "nothing is given out until it is read again",
        )
    return _Look(table_of(snapshot, rules, now), rules).tick()


class _Look:
    """Giving out, in rounds: who took something has less room in the next."""

    def __init__(self, table: Table, rules: Rules) -> None:
        self.table, self.rules = table, rules
        self.room = table.room.copy()
        self.started = np.array([each.used for each in table.agents], float)
        self.owed = np.array([each.owed for each in table.agents], float)
        self.capacity = np.array([each.capacity for each in table.agents], float)
        self.weight = np.array([each.weight for each in table.agents], float)
        self.voice = table.is_voice
        self.own, self.pair = _micro(table.own), _micro(table.pair)
        self.fixed = self.own.sum(axis=1)[:, None] + self.pair.sum(axis=2)
        self.barred = np.stack([(table.bar == n).sum(axis=1) for n in range(len(BARS))], 1).tolist()
        self.given = np.full(len(table.contacts), -1)
        self.kept = np.zeros(len(table.agents), bool)
        # What held when each contact was given: candidates are told as they were then.
        self.then: dict[int, tuple[Flags, Whole]] = {}

    def tick(self) -> Tick:
        """Give out calls, then the rest beside those who are kept free for calls."""
        if self.table.contacts and self.table.agents:
            self._rounds(self.voice)
            self.kept = self._reserve(~self.voice)
            self._rounds(~self.voice)
        may = self.may()
        for row, (could, _) in self.then.items():
            may[row] = could
        rest = (self.table.bar < 0) & ~may
        kept = (rest & self.kept[None, :]).sum(axis=1) * ~self.voice
        counts = zip(
            may.sum(axis=1).tolist(), rest.sum(axis=1).tolist(), kept.tolist(), strict=True
        )
        decisions = tuple(
            self._decision(row, may[row], possible, self._barred(row, left, free))
            for row, (possible, left, free) in enumerate(counts)
        )
        owed = {a.id: float(due) for a, due in zip(self.table.agents, self.owed, strict=True)}
        return Tick(decisions, owed)

    def may(self) -> Flags:
        """Return who may have what now."""
        fits = self.table.units <= self.room[None, :] + TINY
        return np.asarray(
            (self.table.bar < 0) & fits & ~(self.kept[None, :] & ~self.voice[:, None])
        )

    def _may_row(self, row: int) -> Flags:
        fits = self.table.units[row] <= self.room + TINY
        kept = self.kept if not self.voice[row] else np.zeros(self.kept.size, bool)
        return np.asarray((self.table.bar[row] < 0) & fits & ~kept)

    def _fairness(self, slot: int = 0) -> Whole:
        due = np.clip((self.owed - slot) / OWED, -1.0, 1.0) * 0.5 + 0.5
        return _micro(due * self.rules.weights.fairness)

    def _left(self, units: Array, slot: int = 0) -> Whole:
        left = (self.room - units * (slot + 1)) / self.capacity
        return _micro(np.clip(left, 0.0, 1.0) * self.rules.weights.room)

    def points(self, slot: int = 0) -> Whole:
        """Return (contacts, people) points, for people who take so many more before."""
        return np.asarray(
            self.fixed + self._fairness(slot)[None, :] + self._left(self.table.units, slot)
        )

    def _parts(self, row: int) -> Whole:
        """Return (people, parts) points of one contact now."""
        people = len(self.table.agents)
        return np.column_stack(
            [
                np.broadcast_to(self.own[row], (people, 3)),
                self.pair[row],
                self._fairness(),
                self._left(self.table.units[row]),
            ]
        )

    def _reserve(self, others: Flags) -> Flags:
        """Return who is kept free for calls: of the free, those whom the rest needs least."""
        agents = self.table.agents
        calls = np.array([each.takes_calls and each.is_there for each in agents], bool)
        wanted = int(np.ceil(self.rules.voice_reserve * int(calls.sum()) - TINY))
        taken = np.isin(np.arange(len(agents)), self.given)
        free = np.flatnonzero(calls & (self.started <= TINY) & ~taken)
        kept = np.zeros(len(agents), bool)
        if not wanted or not free.size:
            return kept
        score = np.where(self.may(), self.points(), 0)
        best = score[others].max(axis=0, initial=0)[free]
        kept[free[np.argsort(best, kind="stable")[:wanted]]] = True
        return kept

    def _rounds(self, which: Flags) -> None:
        while True:
            may = self.may()
            rows = np.flatnonzero(which & (self.given < 0) & may.any(axis=1))
            if not rows.size or not self._round(rows, may):
                return

    def _round(self, rows: NDArray[np.int64], may: Flags) -> bool:
        """Solve what is left, and give out as far as there is room; whether anything was given."""
        from scipy.optimize import linear_sum_assignment

        if rows.size > MOST_ROWS:
            first = np.argsort(-self.own[rows].sum(axis=1), kind="stable")[:MOST_ROWS]
            rows = np.sort(rows[first])
        points, whose = self._slots(rows, may)
        line, column = linear_sum_assignment(points, maximize=True)
        pairs = [
            (int(points[i, j]), int(rows[i]), int(whose[j]))
            for i, j in zip(line, column, strict=True)
            if points[i, j] > 0
        ]
        given = False
        for _, row, agent in sorted(pairs, key=lambda each: (-each[0], each[1])):
            could = self._may_row(row)
            if not could[agent]:
                continue
            self.then[row] = (could, self._parts(row))
            self.owed = accrued(self.owed, could, self.weight, agent)
            self.room[agent] -= self.table.units[row, agent]
            self.given[row] = agent
            given = True
        return given

    def _slots(self, rows: NDArray[np.int64], may: Flags) -> tuple[Array, NDArray[np.int64]]:
        """Return points of contacts by places in people's hands, and whose places they are."""
        units = np.where(may[rows], self.table.units[rows], np.inf)
        smallest = units.min(axis=0)
        many = np.zeros(smallest.size, int)
        some = np.isfinite(smallest)
        many[some] = np.minimum((self.room[some] + TINY) // smallest[some], MOST_AT_ONCE)
        blocks, slots = [], []
        for slot in range(int(many.max(initial=0))):
            whose = np.flatnonzero(many > slot)
            score = self.points(slot)[np.ix_(rows, whose)] + int(MICRO)
            fits = units[:, whose] * (slot + 1) <= self.room[None, whose] + TINY
            blocks.append(np.where(fits, score, 0).astype(float))
            slots.append(whose)
        return np.concatenate(blocks, axis=1), np.concatenate(slots)

    def _decision(
        self, row: int, could: Flags, possible: int, barred: Mapping[str, int]
    ) -> Decision:
        contact = self.table.contacts[row]
        agent = int(self.given[row])
        parts = self.then[row][1] if row in self.then else None
        if parts is None and possible:
            parts = self._parts(row)
        return Decision(
            contact.id,
            contact.queue,
            self.table.causes[row],
            self.table.agents[agent].id if agent >= 0 else "",
            () if parts is None else self._candidates(could, parts, agent),
            possible,
            barred,
            self.table.relaxed[row],
            contact.assignee,
            contact.version,
        )

    def _candidates(self, could: Flags, parts: Whole, agent: int) -> tuple[Candidate, ...]:
        total = parts.sum(axis=1)
        order = np.argsort(np.where(could, -total, 1), kind="stable")[
            : min(SHOWN, int(could.sum()))
        ]
        shown = [int(each) for each in order]
        if agent >= 0 and agent not in shown:
            shown.append(agent)
        return tuple(
            Candidate(
                self.table.agents[each].id,
                int(total[each]),
                dict(zip(PARTS, map(int, parts[each]), strict=True)),
            )
            for each in shown
        )

    def _barred(self, row: int, left: int, kept: int) -> Mapping[str, int]:
        """Return how many could not have it, by why.

        Args:
            left: whom nothing of their own bars; kept: of them, who is kept free for calls.
        """
        found = {
            bar.value: count for bar, count in zip(BARS, self.barred[row], strict=True) if count
        }
        for bar, count in ((Bar.FOR_CALLS, kept), (Bar.FULL, left - kept)):
            if count:
                found[bar.value] = count
        return found


def _micro(points: Array) -> Whole:
    """Return points as whole numbers: their sums are the same in any order."""
    return np.asarray(np.rint(points * MICRO), np.int64)
