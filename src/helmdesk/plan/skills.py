"""How few people are enough where some of them serve several queues: by search on the simulator.

No formula gives it. One pool of people who can do everything is the bound: nobody does with fewer.
From there specialists are taken who share the load, people with a second skill join queues in a
ring, and what is still short is mended one person or one skill at a time, each tried on the same
contacts. Pure.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from helmdesk.errors import UsageError
from helmdesk.plan.queues import ServiceLevel
from helmdesk.plan.queues.waiting import Array
from helmdesk.plan.simulation.kernel import Lived, live_through
from helmdesk.plan.simulation.people import Shift
from helmdesk.plan.simulation.tape import DAY_SECONDS, Habits, Tape, at_volume, draw_tapes
from helmdesk.plan.staffing import LiveQueue, Target, required

# Contacts of each queue are simulated until the rarest has about so many.
CONTACTS, MOST_DAYS = 5000, 60
# A mix that was found is judged on so many times more.
LONGER = 4
# What a second skill costs beside a person, and how far above the bound the search goes.
SKILL, FURTHEST = 0.05, 2.0
QUANTILES = 400
STEPS, TRIES = 200, 3


@dataclass(frozen=True)
class SkillQueue:
    """One queue while its contacts come evenly.

    Attributes:
        contacts: an hour. handle_seconds: mean work. patience_seconds: mean until one gives up.
        service_level: share of contacts to be answered within `within_seconds`.
    """

    name: str
    contacts: float
    handle_seconds: float
    patience_seconds: float = float("inf")
    service_level: float = 0.8
    within_seconds: float = 20.0

    def __post_init__(self) -> None:
        for what, value in (("contacts", self.contacts), ("seconds of work", self.handle_seconds)):
            if not value > 0:
                raise UsageError(f"{self.name}: {value:g} {what}", "give more than 0")
        if not 0 < self.service_level < 1:
            raise UsageError(
                f"{self.name}: a service level of {self.service_level:g}",
                "give a share above 0 and below 1, as 0.8",
            )

    @property
    def load(self) -> float:
        """People busy on average, if nobody gave up."""
        return self.contacts * self.handle_seconds / 3600


Mix = Mapping[tuple[int, ...], int]


@dataclass(frozen=True)
class Skilled:
    """How many people with which skills.

    Attributes:
        groups: people by the queues they serve, by name. people: of all groups.
        bound: people that one pool who can do everything needs; nobody does with fewer.
        levels: share answered in time, by queue, on contacts that the search has not seen.
        is_reached: whether all promises are kept there.
        tried: how many mixes were lived through.
    """

    groups: Mapping[tuple[str, ...], int]
    people: int
    bound: int
    levels: Mapping[str, float]
    is_reached: bool
    tried: int


def staff_skills(
    queues: Sequence[SkillQueue],
    *,
    may_share: Sequence[tuple[str, str]] | None = None,
    tell: Callable[[str], None] = lambda _: None,
    seed: int = 1,
) -> Skilled:
    """Return how few people with how few second skills keep what is promised of every queue.

    Args:
        may_share: pairs of queues that one person may learn; None: any two.
        tell: told how far the search is; may end it by raising.

    Raises:
        UsageError: no queue, two of one name, or a pair that names none.
    """
    search = _Search(queues, may_share, seed)
    mix = search.start()
    for step in range(STEPS):
        found = search.shortfall(mix)
        if found.sum() <= 0:
            break
        tell(f"{sum(mix.values())} people, {search.tried} mixes tried")
        if sum(mix.values()) > FURTHEST * search.bound + step:
            break
        mix = search.mended(mix, found)
    mix = search.thinned(search.fewer(mix, tell))
    levels = search.levels(mix, search.fresh())
    # A promise missed by what chance explains on fresh contacts is mended once more, then said.
    while (short := search.short_of(levels)).sum() > 0 and sum(mix.values()) < 2 * search.bound + 5:
        mix = search.with_one_more(mix, int(short.argmax()))
        levels = search.levels(mix, search.fresh())
    names = [queue.name for queue in queues]
    return Skilled(
        {tuple(names[q] for q in skills): count for skills, count in sorted(mix.items())},
        sum(mix.values()),
        search.bound,
        dict(zip(names, (float(level) for level in levels), strict=True)),
        bool(search.short_of(levels).sum() <= 0),
        search.tried,
    )


class _Search:
    """Mixes of skills, lived through on the same contacts."""

    def __init__(
        self,
        queues: Sequence[SkillQueue],
        may_share: Sequence[tuple[str, str]] | None,
        seed: int,
    ) -> None:
        names = [queue.name for queue in queues]
        if not queues or len(set(names)) < len(names):
            raise UsageError("queues without a name of their own", "name at least one, each once")
        self.queues, self.seed = queues, seed
        self.pairs = _pairs(names, may_share)
        # Who may learn any two may learn all; of given pairs nothing more is known.
        self.everything = tuple(range(len(names))) if may_share is None and len(names) > 2 else ()
        rarest = min(queue.contacts for queue in queues)
        self.days = int(np.clip(np.ceil(CONTACTS / (24 * rarest)), 1, MOST_DAYS))
        self.targets = np.array([queue.service_level for queue in queues])
        self.seen = self._tape(seed, self.days)
        self.kept: dict[tuple[tuple[tuple[int, ...], int], ...], Array] = {}
        self.tried = 0
        self.bound = _pooled(queues)

    def _tape(self, seed: int, days: int) -> Tape:
        rates = np.array([[np.full((days, 24), queue.contacts) for queue in self.queues]])
        # Work of one contact is exponential: its quantiles, with the mean exactly as given.
        shape = -np.log1p(-(np.arange(QUANTILES) + 0.5) / QUANTILES)
        shape /= shape.mean()
        habits = [
            Habits(each.name, shape * each.handle_seconds, each.patience_seconds)
            for each in self.queues
        ]
        return at_volume(draw_tapes(rates, habits, 60, seed)[0], 1.0)

    def fresh(self) -> Tape:
        """Return contacts that the search has not seen, and more of them."""
        return self._tape(self.seed + 1000, LONGER * self.days)

    def start(self) -> dict[tuple[int, ...], int]:
        """Return the bound's people: specialists for most of each load, the rest with two skills
        round a ring.
        """
        size = len(self.queues)
        loads = np.array([queue.load for queue in self.queues])
        alone = np.floor(np.maximum(0, loads - np.sqrt(loads))).astype(int)
        mix: dict[tuple[int, ...], int] = {(q,): int(alone[q]) for q in range(size) if alone[q]}
        left = max(0, self.bound - int(alone.sum()))
        ring = self.pairs or [(q,) for q in range(size)]
        for number in range(left):
            skills = ring[number % len(ring)]
            mix[skills] = mix.get(skills, 0) + 1
        return mix

    def levels(self, mix: Mix, tape: Tape) -> Array:
        """Return the share answered in time, of each queue."""
        self.tried += 1
        shifts = [
            Shift(f"{skills}-{number}", day, 0, 1440, (), skills)
            for skills, count in sorted(mix.items())
            for number in range(count)
            for day in range(int(tape.at[-1] // DAY_SECONDS) + 1)
        ]
        lived = live_through(tape, shifts, [1] * len(self.queues))
        return np.array(
            [_level(lived, q, each.within_seconds) for q, each in enumerate(self.queues)]
        )

    def short_of(self, levels: Array) -> Array:
        """Return how far each promise is missed; 0 where it is kept."""
        return np.maximum(self.targets - levels, 0)

    def shortfall(self, mix: Mix) -> Array:
        """Return the same of a mix, on the contacts of the search."""
        key = tuple(sorted((skills, count) for skills, count in mix.items() if count))
        if key not in self.kept:
            self.kept[key] = self.short_of(self.levels(mix, self.seen))
        return self.kept[key]

    def mended(self, mix: Mix, short: Array) -> dict[tuple[int, ...], int]:
        """Return a mix with a second skill more where that helps enough, else one person more."""
        best = self._taught(mix, short)
        if best is not None and self.shortfall(best).sum() < 0.7 * short.sum():
            return best
        return self.with_one_more(mix, int(short.argmax()))

    def _taught(self, mix: Mix, short: Array) -> dict[tuple[int, ...], int] | None:
        """Return a mix in which somebody learns the queue that is worst off: a specialist that one,
        or one of two skills all of them; None: nobody can.
        """
        worst = int(short.argmax())
        ways = [
            self._moved(mix, skills, pair)
            for pair in self.pairs
            if worst in pair
            for skills in ((pair[0],), (pair[1],))
            if mix.get(skills, 0)
        ]
        ways += [
            self._moved(mix, pair, self.everything)
            for pair in self.pairs
            if self.everything and worst not in pair and mix.get(pair, 0)
        ]
        return min(ways, key=lambda way: float(self.shortfall(way).sum()), default=None)

    def fewer(self, mix: Mix, tell: Callable[[str], None]) -> dict[tuple[int, ...], int]:
        """Return a mix of fewer people, of whom more have a second skill, as long as there is one
        that keeps every promise.
        """
        found = dict(mix)
        while sum(found.values()) > self.bound:
            tell(f"{sum(found.values())} people are enough; trying with one fewer")
            ways = [{**found, skills: count - 1} for skills, count in found.items() if count]
            ways.sort(key=lambda way: float(self.shortfall(way).sum()))
            tried = next((done for way in ways[:TRIES] if (done := self._taught_until(way))), None)
            if tried is None:
                break
            found = tried
        return found

    def _taught_until(self, mix: Mix) -> dict[tuple[int, ...], int] | None:
        """Return a mix that keeps every promise by second skills alone; None where they do not."""
        now = dict(mix)
        while (short := self.shortfall(now)).sum() > 0:
            taught = self._taught(now, short)
            if taught is None or self.shortfall(taught).sum() >= short.sum():
                return None
            now = taught
        return now

    def with_one_more(self, mix: Mix, queue: int) -> dict[tuple[int, ...], int]:
        """Return a mix with one person more for a queue, with the second skill that helps most."""
        ways = [
            {**mix, skills: mix.get(skills, 0) + 1}
            for skills in [(queue,), *(pair for pair in self.pairs if queue in pair)]
        ]
        return min(ways, key=lambda way: (float(self.shortfall(way).sum()), self._price(way)))

    def thinned(self, mix: Mix) -> dict[tuple[int, ...], int]:
        """Return a mix without people and second skills that nobody misses."""
        found = {skills: count for skills, count in mix.items() if count}
        for skills in sorted(found, key=len):
            while found.get(skills, 0) and self.shortfall(found).sum() <= 0:
                tried = {**found, skills: found[skills] - 1}
                if self.shortfall(tried).sum() > 0:
                    break
                found = tried
        for skills in [each for each in found if len(each) == 2]:
            for alone in ((skills[0],), (skills[1],)):
                while found[skills]:
                    tried = self._moved(found, skills, alone)
                    if self.shortfall(tried).sum() > 0 or self.shortfall(found).sum() > 0:
                        break
                    found = tried
        return {skills: count for skills, count in found.items() if count}

    def _moved(
        self, mix: Mix, skills: tuple[int, ...], then: tuple[int, ...]
    ) -> dict[tuple[int, ...], int]:
        return {**mix, skills: mix[skills] - 1, then: mix.get(then, 0) + 1}

    def _price(self, mix: Mix) -> float:
        return sum(count * (1 + SKILL * (len(skills) - 1)) for skills, count in mix.items())


def _pairs(
    names: Sequence[str], may_share: Sequence[tuple[str, str]] | None
) -> list[tuple[int, ...]]:
    size = len(names)
    if may_share is None:
        # Neighbours of the ring first: with them alone two skills do nearly what all would.
        every = [(a, b) for a in range(size) for b in range(a + 1, size)]
        return sorted(
            every, key=lambda pair: (min(pair[1] - pair[0], size - pair[1] + pair[0]), pair)
        )
    found: list[tuple[int, ...]] = []
    for pair in may_share:
        for name in pair:
            if name not in names:
                raise UsageError(f"no queue '{name}' to share", f"there are: {', '.join(names)}")
        found.append(tuple(sorted(names.index(name) for name in pair)))
    return sorted(set(found))


def _pooled(queues: Sequence[SkillQueue]) -> int:
    """Return the people of one pool who can do everything, by Erlang A."""
    contacts = np.array([queue.contacts for queue in queues])
    share = contacts / contacts.sum()
    patience = np.array([queue.patience_seconds for queue in queues])
    pool = LiveQueue(
        np.array([contacts.sum()]),
        np.array([float((share * [queue.handle_seconds for queue in queues]).sum())]),
        float(1 / (share / patience).sum()) if np.isfinite(patience).any() else np.inf,
        3600.0,
    )
    target = Target(
        float((share * [queue.service_level for queue in queues]).sum()),
        float(max(queue.within_seconds for queue in queues)),
        ServiceLevel.OFFERED,
    )
    return int(required(pool, target).agents[0])


def _level(lived: Lived, queue: int, within: float) -> float:
    """Return the share of all contacts of a queue that were answered in time."""
    mine = lived.tape.queue == queue
    in_time = lived.is_answered & (lived.wait <= within) & mine
    return float(in_time.sum()) / max(1, int(mine.sum()))
