"""One evaluation of a rule: what it saw, what it knows now, and what is to be told of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any

from helmdesk.act.alerts import Change, Memory, Sight, State
from helmdesk.desk.questions import Questions
from helmdesk.errors import HelmdeskError
from helmdesk.insight.alerts import Reading, follow
from helmdesk.insight.context import Annotation
from helmdesk.web.apps.alerts.models import Rule
from helmdesk.web.apps.planning.models import planners_know

# What a change is called where it is told.
NEWS = {
    Change.BEGAN: "began",
    Change.ENDED: "is over",
    Change.BLIND: "cannot be told any more",
    Change.SIGHTED: "can be told again",
}
QUIET = {State.OK: "quiet", State.PENDING: "quiet", State.UNKNOWN: "skipped"}


@dataclass(frozen=True)
class Look:
    """What came of looking.

    Attributes:
        memory, seen_until: what is known for good, and up to when; what did not come yet is not in
        it. state: with it. words: the last thing seen. change: the last thing that changed, if it
        is not told yet. problem: why nothing could be looked at; empty otherwise.
    """

    sentence: str
    memory: Memory
    seen_until: datetime | None
    state: State
    words: str
    change: Change | None
    problem: str = ""

    @property
    def outcome(self) -> str:
        """What the evaluation is called in its row."""
        if self.problem:
            return "failed"
        return self.change.value if self.change else QUIET.get(self.state, "still")

    @property
    def kept(self) -> dict[str, Any]:
        """The memory as it is stored."""
        return {**asdict(self.memory), "state": self.memory.state.value}


def look(rule: Rule, desk: Questions, now: datetime, annotations: Sequence[Annotation]) -> Look:
    """Evaluate a rule at a moment, naive UTC; whatever goes wrong is part of what came of it."""
    known = rule.known
    try:
        watch = rule.watch
        sentence = desk.alert_sentence(watch)
        seen_until = rule.seen_until
        first = seen_until.astimezone(UTC).replace(tzinfo=None) if seen_until else None
        found = desk.look(
            watch,
            first or now - watch.run_up,
            now,
            annotations=annotations,
            factors=planners_know() if watch.team else (),
        )
    except HelmdeskError as error:
        return Look(
            "", known, rule.seen_until, State(rule.state), rule.words, None, str(error)[:300]
        )
    steps = follow(found, watch.patience, known)
    settled = [each for each in steps if not each.reading.is_late]
    memory = settled[-1].memory if settled else known
    if settled:
        seen_until = settled[-1].reading.until.replace(tzinfo=UTC)
    state = steps[-1].memory.state if steps else _shown(rule, known)
    last = found[-1] if found else None
    change = _untold(rule, [(each.reading, each.change) for each in steps if each.change], state)
    words = _words(found, change) or (last.words if last else rule.words)
    return Look(sentence, memory, seen_until, state, words[:300], change)


def _shown(rule: Rule, known: Memory) -> State:
    return known.state if rule.looked_at else State.OK


def _untold(
    rule: Rule, changes: list[tuple[Reading, Change | None]], state: State
) -> Change | None:
    """Return what is to be told: where several things happened since, the last of them that the
    reader does not know.
    """
    is_open = rule.told == "open"
    if state is State.UNKNOWN:
        return None if rule.is_blind_told else Change.BLIND
    happened = [change for _, change in changes]
    if state in (State.FIRING, State.RECOVERING):
        if not is_open or Change.BEGAN in happened:
            return Change.BEGAN
    elif is_open:
        return Change.ENDED
    return Change.SIGHTED if rule.is_blind_told else None


def _words(found: tuple[Reading, ...], change: Change | None) -> str:
    """Return what was seen when it changed: the beginning is told with what was beyond."""
    if change is not Change.BEGAN:
        return ""
    return next((each.words for each in reversed(found) if each.sight is Sight.BEYOND), "")
