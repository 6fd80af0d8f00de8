"""Writing beside people who click at the same time: never over what they did, whatever comes in
between and wherever it is killed.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import pytest

from effort import tries
from helmdesk.act.routing.helpdesk import State
from helmdesk.act.routing.modes import Mode, check_change, mode_of
from helmdesk.act.routing.writing import (
    Outcome,
    Wanted,
    Write,
    is_to_stop,
    left_to_spend,
    settled,
    write_one,
)
from helmdesk.errors import ConflictError, UsageError


class Killed(BaseException):
    """What a kill looks like from within."""


@dataclass
class Desk:
    """A helpdesk of one ticket whose stamps are whole seconds, as Zendesk's are.

    Attributes:
        seen: number of the change that we saw when we decided. last_human: of the last one a person
        made. over: whether a write of ours went over one.
        between: called at every step, so that people act and machines die.
    """

    between: Callable[[str], None] = lambda step: None
    now: float = 1000.0
    assignee: str = ""
    queue: str = "Billing"
    is_open: bool = True
    changed_at: float = 0.0
    changes: int = 0
    seen: int = 0
    last_human: int = 0
    over: bool = False
    writes: list[str] = field(default_factory=list)
    writes_per_minute: float = 100.0

    @property
    def stamp(self) -> str:
        return str(int(self.changed_at))

    def state(self) -> State:
        settled_at = self.now - self.changed_at
        return State("7", self.queue, self.assignee, self.is_open, self.stamp, settled_at >= 2)

    def open_tickets(self, queue: str) -> Sequence[State]:
        self.seen = self.changes
        return [self.state()]

    def read(self, ticket: str) -> State | None:
        self.between("read")
        found = self.state()
        self.between("was read")
        return found

    def write_if_unchanged(
        self, ticket: str, stamp: str, *, assignee: str = "", note: str = ""
    ) -> bool:
        self.between("write")
        if stamp != self.stamp:
            return False
        self.over |= self.last_human > self.seen
        self.touch()
        self.assignee = assignee or self.assignee
        self.writes.append(assignee or note)
        self.between("was written")
        return True

    def touch(self) -> None:
        self.changes += 1
        self.changed_at = self.now

    def human(self, draw: random.Random) -> None:
        """Do one of the things people do."""
        act = draw.randrange(5)
        if act == 0:
            self.assignee = draw.choice(["ann", "bob", "cid"])
        elif act == 1:
            self.assignee = ""
        elif act == 2:
            self.queue = draw.choice(["Billing", "Repairs"])
        elif act == 3:
            self.is_open = not self.is_open
        self.touch()  # or an answer, which changes nothing else
        self.last_human = self.changes


def wanted(state: State) -> Wanted:
    return Wanted(
        state.ticket, state.queue, state.assignee, state.stamp, "eve", "a note", state.is_settled
    )


def begun_at(desk: Desk, begun: list[str]) -> Callable[[], None]:
    def begin() -> None:
        desk.between("begin")
        begun.append("begun")
        desk.between("begun")

    return begin


def live(seed: int, mode: Mode = Mode.ASSIGN, *, checks: bool = True) -> tuple[Desk, str]:
    """Let one decision be made and written while people act and the worker may die at any step."""
    draw = random.Random(seed)
    desk = Desk()

    def between(step: str) -> None:
        for _ in range(draw.choice([0, 0, 0, 1, 2])):
            desk.now += draw.choice([0.0, 0.1, 0.5, 1.0, 3.0])
            if draw.random() < 0.5:
                desk.human(draw)
        if draw.random() < 0.03:
            raise Killed(step)

    for _ in range(draw.randrange(3)):
        desk.human(draw)
        desk.now += draw.choice([0.0, 0.3, 1.0, 5.0])
    state = desk.open_tickets("Billing")[0]
    begun: list[str] = []
    desk.between = between
    try:
        between("decided")
        if not checks:  # a writer that trusts the stamp alone
            desk.write_if_unchanged("7", state.stamp, assignee="eve")
            return desk, ""
        outcome = write_one(
            desk,
            wanted(state),
            mode,
            is_preview=False,
            may_go_on=lambda: True,
            begin=begun_at(desk, begun),
        ).value
    except Killed:
        # Another worker finds the trace, and only reads.
        desk.between = lambda step: None
        before = list(desk.writes)
        outcome = settled(desk, wanted(state), mode).value if begun else "nothing"
        assert desk.writes == before
    return desk, outcome


def test_no_write_goes_over_what_a_person_did():
    """Ten thousand interleavings; kills at every step are among them."""
    outcomes: dict[str, int] = {}
    for seed in range(tries(10_000, 100_000)):
        desk, outcome = live(seed, Mode.ASSIGN if seed % 3 else Mode.SUGGEST)
        assert not desk.over, f"seed {seed}: a person's change was written over"
        assert len(desk.writes) <= 1
        outcomes[outcome] = outcomes.get(outcome, 0) + 1
    # It was no peace in which nothing could go wrong.
    assert outcomes["written"] > 500 and outcomes["changed"] > 500
    assert outcomes["unsettled"] > 100 and outcomes["nothing"] > 50


def test_the_check_would_find_a_careless_writer():
    """The same people beside a writer that takes the stamp for all there is to know."""
    assert any(live(seed, checks=False)[0].over for seed in range(3_000))


def test_what_was_begun_is_found_out_and_not_done_again():
    desk = Desk(now=1000.0)
    state = desk.open_tickets("Billing")[0]

    def die(step: str) -> None:
        if step == "was written":
            raise Killed

    desk.between = die
    with pytest.raises(Killed):
        write_one(desk, wanted(state), Mode.ASSIGN, is_preview=False, may_go_on=lambda: True,
                  begin=lambda: None)  # fmt: skip
    desk.between = lambda step: None
    assert settled(desk, wanted(state), Mode.ASSIGN) is Outcome.WRITTEN
    untouched = Desk()
    assert settled(untouched, wanted(untouched.state()), Mode.ASSIGN) is Outcome.STOPPED
    other = Desk()
    before = wanted(other.state())
    other.now, other.assignee = 2000.0, "ann"
    other.touch()
    assert settled(other, before, Mode.ASSIGN) is Outcome.CHANGED
    assert len(desk.writes) == 1 and not untouched.writes and not other.writes


def outcome(desk: Desk, mode: Mode = Mode.ASSIGN, **said: object) -> Outcome:
    given = {"is_preview": False, "may_go_on": lambda: True, "begin": lambda: None, **said}
    return write_one(desk, wanted(desk.open_tickets("Billing")[0]), mode, **given)  # type: ignore[arg-type]


def test_preview_stop_and_suggest():
    desk = Desk()
    assert outcome(desk, is_preview=True) is Outcome.PREVIEW
    assert outcome(desk, may_go_on=lambda: False) is Outcome.STOPPED
    assert outcome(desk, Mode.SHADOW) is Outcome.STOPPED
    assert not desk.writes
    assert outcome(desk, Mode.SUGGEST) is Outcome.WRITTEN
    assert desk.writes == ["a note"] and desk.assignee == ""
    assert outcome(desk) is Outcome.UNSETTLED, "it was changed this very second"
    desk.now += 2
    assert outcome(desk) is Outcome.WRITTEN and desk.assignee == "eve"


def test_three_of_ten_writes_are_ours():
    now = 10_000.0
    assert left_to_spend([], 100, now) == 30
    writes = [Write(now - 59), Write(now - 1), Write(now - 61)]
    assert left_to_spend(writes, 100, now) == 28
    assert left_to_spend([Write(now)] * 40, 100, now) == 0
    assert left_to_spend([], 3, now) == 0


def test_it_stops_when_people_undo_more_than_a_fifth():
    now = 10_000.0
    undone, kept = Write(now - 900, now - 400), Write(now - 900)
    assert is_to_stop([undone, undone, kept, kept, kept], now)
    assert not is_to_stop([undone, kept, kept, kept, kept], now), "a fifth is not more"
    assert not is_to_stop([undone] * 4, now), "too few to say"
    late = Write(now - 900, now - 200)
    assert not is_to_stop([late] * 5, now), "after ten minutes it is work going on"
    assert not is_to_stop([Write(now - 5000, now - 4990)] * 9, now), "that was long ago"


def test_modes_are_earned():
    def change(now: Mode, then: Mode, decided: int = 0, has_account: bool = True, **said: bool):
        check_change(now, then, decided=decided, has_account=has_account,
                     has_read=said.get("has_read", False))  # fmt: skip

    change(Mode.OFF, Mode.SHADOW)
    change(Mode.SHADOW, Mode.SUGGEST)
    change(Mode.SUGGEST, Mode.ASSIGN, 200, has_read=True)
    for then in (Mode.OFF, Mode.SHADOW, Mode.SUGGEST):
        change(Mode.ASSIGN, then)
    for words, asked in (
        ("never in shadow", (Mode.OFF, Mode.ASSIGN, 500)),
        ("no live account", (Mode.SHADOW, Mode.SUGGEST, 500, False)),
        ("199 decisions", (Mode.SUGGEST, Mode.ASSIGN, 199)),
        ("have read the report", (Mode.SHADOW, Mode.ASSIGN, 200)),
    ):
        with pytest.raises(ConflictError, match=words):
            change(*asked)
    with pytest.raises(UsageError, match="off, shadow, suggest, assign"):
        mode_of("on")
