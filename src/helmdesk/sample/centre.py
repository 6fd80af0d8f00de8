"""A contact centre for planning: half a year of calls and chats that really queue, with shifts,
breaks, leave and sickness, and three planted situations that planning can find, try and cure.

Contacts wait for people here: what is measured follows from who was there. The queue is worked out
as it goes (whoever came first gets whoever is free first), apart from the engine that tries
changes, so that one can be held against the other.
"""

from __future__ import annotations

import json
import random
import tomllib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from helmdesk.desk.desk import Desk
from helmdesk.sample.callbacks import book_callbacks
from helmdesk.sample.writer import Writer
from helmdesk.settings import Settings

if TYPE_CHECKING:
    from helmdesk.records.staging import LoadReport

SEED = 20260105
FORMAT = 2
END, WEEKS = date(2026, 7, 6), 26
ZONE = ZoneInfo("Europe/Berlin")
SETTINGS = Settings(
    name="Larkspur contact centre",
    time_zone="Europe/Berlin",
    default_calendar="centre",
    currency="EUR",
    is_sample=True,
    scorecard=(
        "service_level",
        "average_speed_of_answer",
        "missed_contact_rate",
        "average_handle_time",
        "occupancy",
        "utilization",
        "schedule_adherence",
    ),
)
NAMES = (
    "Anton", "Bea", "Cem", "Dana", "Emil", "Fay", "Gero", "Hana", "Ivo", "Jule", "Kai", "Lena",
    "Milo", "Nele", "Ole", "Pia", "Rafi", "Sina", "Timo", "Ulla", "Vito", "Wanda", "Xenia", "Yusuf",
    "Zoe", "Arne", "Britt", "Carl", "Dorte", "Enno", "Frida", "Gus",
)  # fmt: skip
# Contacts by hour of the day, in parts of the day's.
SHAPE = {8: 6, 9: 10, 10: 12, 11: 12, 12: 12, 13: 12, 14: 11, 15: 10, 16: 9, 17: 6}
DAY_SPREAD = 0.06


@dataclass(frozen=True)
class Team:
    """One team with a queue of its own.

    Attributes:
        lunch: minutes at which people of each of the starts take lunch.
        starts: minutes at which shifts begin, people spread evenly over them.
        a_day: contacts of a usual day; by_weekday: times these, Monday first.
        work, patience: mean seconds.
        skills: of its people. days: worked a week.
        has_pauses: two paid ones a day. absence: share of days on leave or ill.
    """

    name: str
    channel: str
    people: int
    starts: tuple[int, ...]
    lunch: tuple[int, ...]
    a_day: float
    work: float
    patience: float
    threshold: int
    by_weekday: tuple[float, ...] = (1, 1, 1, 1, 1)
    skills: tuple[str, ...] = ()
    meal: int = 30
    days: int = 5
    has_pauses: bool = True
    absence: float = 0.06
    shape: Mapping[int, int] = field(default_factory=lambda: SHAPE)

    def works(self, number: int, weekday: int) -> bool:
        """Whether one of its people works on a weekday; days off go round."""
        off = {(number + i) % 5 for i in range(5 - self.days)}
        return weekday not in off

    @property
    def queue(self) -> str:
        """Identity of its queue."""
        return self.name.lower().replace(" ", "-")


TEAMS = (
    # Everybody goes to lunch at noon, for three quarters of an hour.
    Team("Chat desk", "chat", 8, (480, 540), (720,), 220, 420, 150, 60, skills=("chat",), meal=45),
    # Mondays bring almost twice the contacts of another day, and no more people are there:
    # everybody works four days, and who is off on Monday could come.
    Team(
        "Booking line", "phone", 12, (480, 510, 570), (690, 750, 810), 470, 330, 180, 30,
        by_weekday=(1.6, 0.85, 0.85, 0.85, 0.85), skills=("phone", "english"), absence=0.04, days=4,
    ),
    # Three people are hardly ever without a call: no pauses, no leave. Customers wait for hours.
    Team(
        "Refunds", "phone", 3, (540,), (690, 750, 810), 184, 520, 10_800, 60,
        skills=("phone", "refunds"), has_pauses=False, absence=0.0,
        shape={8: 8, 9: 10, 10: 10, 11: 10, 12: 10, 13: 10, 14: 10, 15: 10, 16: 7},
    ),
)  # fmt: skip
SHIFT, PAUSE = 510, 15


def read_plants() -> dict[str, dict[str, Any]]:
    """Return what is planted, and what cures it, by key."""
    content = tomllib.loads(
        files("helmdesk.sample").joinpath("plants.toml").read_text(encoding="utf-8")
    )
    return {plant["key"]: plant for plant in content["plant"]}


@dataclass
class Day:
    """One person's day: planned pieces, and when the person is there for contacts.

    Attributes:
        spans: local seconds of the day.
        free_at: when the contact in hand ends.
    """

    agent: str
    start: int
    pieces: list[tuple[str, int, int]]
    spans: list[tuple[float, float]] = field(default_factory=list)
    free_at: float = 0.0
    busy: list[tuple[float, float]] = field(default_factory=list)

    def next_free(self, at: float) -> float | None:
        """Return from when on the person can take a contact that came at a moment."""
        at = max(at, self.free_at)
        for start, end in self.spans:
            if at < end:
                return max(at, start)
        return None


@dataclass(frozen=True)
class Contact:
    """One call or chat: local seconds of its day."""

    at: float
    answered: float | None
    left: float
    work: float
    agent: str


def plan_day(team: Team, agent: str, number: int) -> Day:
    """Return somebody's usual day: a shift with lunch and two breaks."""
    start, lunch = team.starts[number % len(team.starts)], team.lunch[number % len(team.lunch)]
    first, second = start + 105 + 15 * (number % 3), start + 390 + 15 * (number % 3)
    edges = [(start, "work"), (lunch, "meal"), (lunch + team.meal, "work")]
    if team.has_pauses:
        for pause in (first, second):
            edges += [(pause, "break"), (pause + PAUSE, "work")]
    edges.sort()
    ends = [minute for minute, _ in edges[1:]] + [start + SHIFT]
    pieces = [(what, begin, end) for (begin, what), end in zip(edges, ends, strict=True)]
    return Day(agent, start, [piece for piece in pieces if piece[2] > piece[1]])


def live_day(rng: random.Random, team: Team, days: Sequence[Day], weekday: int) -> list[Contact]:
    """Return what became of a day's contacts: whoever came first gets whoever is free first."""
    factor = max(0.5, rng.gauss(1, DAY_SPREAD))
    total = sum(team.shape.values())
    arrivals: list[float] = []
    for hour, parts in team.shape.items():
        rate = team.a_day * team.by_weekday[weekday] * factor * parts / total / 3600
        at = hour * 3600 + rng.expovariate(rate)
        while at < (hour + 1) * 3600:
            arrivals.append(at)
            at += rng.expovariate(rate)
    found = []
    for at in arrivals:
        work = rng.gammavariate(3, team.work / 3)
        left = at + rng.expovariate(1 / team.patience)
        free = [
            (when, day.free_at, i)
            for i, day in enumerate(days)
            if (when := day.next_free(at)) is not None
        ]
        when, _, best = min(free, default=(left + 1, 0.0, 0))
        if when > left:
            found.append(Contact(at, None, left, work, ""))
            continue
        chosen = days[best]
        chosen.free_at = when + work
        chosen.busy.append((when, when + work))
        found.append(Contact(at, when, left, work, chosen.agent))
    return found


def present(
    team: Team, agents: Sequence[str], weekday: int, fate: Callable[[Day], str]
) -> list[Day]:
    """Return a weekday's people; who is not "there" by their fate takes no contacts."""
    days = []
    for number, agent in enumerate(agents):
        if not team.works(number, weekday):
            continue
        day = plan_day(team, agent, number)
        if fate(day) == "there":
            day.spans = [(60.0 * s, 60.0 * e) for what, s, e in day.pieces if what == "work"]
        days.append(day)
    return days


class Centre:
    """Writes half a year of the centre.

    Args:
        seed: the same seed gives the same centre.
        weeks: how many, up to `END`.
    """

    def __init__(self, seed: int, on_step: Callable[[str], None], weeks: int = WEEKS) -> None:
        self.start, self.seed = END - timedelta(weeks=weeks), seed
        self.rng, self.writer, self.on_step = random.Random(seed), Writer(), on_step
        names = iter(NAMES)
        self.agents = {team.name: [next(names) for _ in range(team.people)] for team in TEAMS}
        self.number = 0

    def write(self) -> Writer:
        """Return all records."""
        self._introduce()
        for day in (self.start + timedelta(days=i) for i in range((END - self.start).days)):
            if day.weekday() == 0:
                self.on_step(f"living through the week of {day}")
            if day.weekday() < 5:
                for team in TEAMS:
                    self._live(team, day)
        # Shifts of the four weeks after are planned already.
        for day in (END + timedelta(days=i) for i in range(28)):
            if day.weekday() < 5:
                self._plan_ahead(day)
        for team in (each for each in TEAMS if "english" in each.skills):
            self._book(team)
        return self.writer

    def _plan_ahead(self, day: date) -> None:
        for team in TEAMS:
            for number, agent in enumerate(self.agents[team.name]):
                if team.works(number, day.weekday()):
                    self._plan(plan_day(team, agent, number), day, "there")

    def _book(self, team: Team) -> None:
        """Write the calls that customers book with a team."""
        agents = self.agents[team.name]
        days = [self.start + timedelta(days=i) for i in range((END - self.start).days)]
        book_callbacks(
            self.seed,
            team.name,
            [day for day in days if day.weekday() < 5],
            lambda day: [
                identity(agent)
                for number, agent in enumerate(agents)
                if team.works(number, day.weekday())
            ],
            at,
            self.writer,
        )

    def _live(self, team: Team, day: date) -> None:
        fate: dict[str, str] = {}
        for agent in self.agents[team.name]:
            roll = self.rng.random()
            away = "leave" if roll < team.absence / 2 else "ill"
            fate[agent] = away if roll < team.absence else "there"
        days = present(team, self.agents[team.name], day.weekday(), lambda each: fate[each.agent])
        for contact in live_day(self.rng, team, days, day.weekday()):
            self._contact(team, day, contact)
        for each in days:
            self._plan(each, day, fate[each.agent])
            if fate[each.agent] == "there":
                self._work(each, day)

    def _contact(self, team: Team, day: date, contact: Contact) -> None:
        self.number += 1
        leg = {"leg_id": f"contact-{self.number}", "queue_id": team.queue, "channel": team.channel}

        def say(kind: str, seconds: float, **more: Any) -> None:
            key = f"{leg['leg_id']}:{kind}"
            self.writer.add(kind, key, at(day, seconds), **leg, **more)

        say("offered", contact.at, direction="inbound")
        if contact.answered is None:
            say("abandoned", contact.left)
            return
        agent = identity(contact.agent)
        say("answered", contact.answered, agent_id=agent)
        say("ended", contact.answered + 0.85 * contact.work)
        say("wrap_ended", contact.answered + contact.work, agent_id=agent)

    def _plan(self, each: Day, day: date, fate: str) -> None:
        shift = f"shift:{each.agent}:{day}"
        pieces = each.pieces
        if fate == "leave":
            pieces = [("time_off", each.start, each.start + SHIFT)]
        for what, start, end in pieces:
            self.writer.add(
                "shift_planned",
                f"{shift}:{start}",
                at(day, 0) - timedelta(days=14),
                agent_id=identity(each.agent),
                activity=what,
                start_at=at(day, 60 * start),
                end_at=at(day, 60 * end),
                shift_id=shift,
            )

    def _work(self, each: Day, day: date) -> None:
        """Write what a person did: on contacts, free for them, away in pauses."""
        marks = [(60.0 * start, STATES[what]) for what, start, _ in each.pieces]
        end = 60.0 * each.pieces[-1][2]
        for start, stop in each.busy:
            marks = [mark for mark in marks if not start <= mark[0] < stop]
            planned = [STATES[w] for w, s, e in each.pieces if 60 * s <= stop < 60 * e]
            marks += [(start, "handling"), (stop, planned[0] if planned else "offline")]
            end = max(end, stop)
        marks.append((end, "offline"))
        seen: dict[int, str] = {}
        for moment, state in sorted(marks, key=lambda mark: mark[0]):
            seen[round(moment)] = state
        for moment, state in sorted(seen.items()):
            self.writer.add(
                "state_changed",
                f"state:{each.agent}:{day}:{moment}",
                at(day, moment),
                agent_id=identity(each.agent),
                actor_id=identity(each.agent),
                state=state,
            )

    def _introduce(self) -> None:
        since = at(self.start, 0)
        weekly = [[day * 1440 + 480, day * 1440 + 1080] for day in range(5)]
        self._entity(
            "calendar", "centre", since, name="Centre", time_zone=str(ZONE),
            definition=json.dumps({"weekly": weekly, "exceptions": {}}),
        )  # fmt: skip
        for team in TEAMS:
            self._entity("team", team.name, since, name=team.name, calendar_id="centre")
            self._entity(
                "queue", team.queue, since, name=team.name, channel=team.channel,
                skills=json.dumps(team.skills), threshold_seconds=team.threshold,
                short_abandon_seconds=10, calendar_id="centre",
            )  # fmt: skip
            for agent in self.agents[team.name]:
                self._entity(
                    "agent", identity(agent), since, name=agent, team_id=team.name, role="agent",
                    skills=json.dumps(team.skills), cost_rate=28.0,
                    tenure_start=since - timedelta(days=400),
                )  # fmt: skip

    def _entity(self, kind: str, key: str, since: datetime, **columns: Any) -> None:
        self.writer.add(kind, f"{kind}:{key}", since, entity_id=key, valid_from=since, **columns)


STATES = {"work": "available", "break": "break", "meal": "meal"}


def identity(agent: str) -> str:
    """Return the identity of a person."""
    return f"agent-{agent.lower()}"


def at(day: date, seconds: float) -> datetime:
    """Return the instant of local seconds of a day."""
    wall = datetime.combine(day, time()) + timedelta(seconds=round(seconds))
    return wall.replace(tzinfo=ZONE).astimezone(UTC)


def create_centre(
    path: Path | str,
    seed: int = SEED,
    on_step: Callable[[str], None] = lambda _step: None,
    weeks: int = WEEKS,
) -> tuple[Desk, LoadReport]:
    """Create a desk that holds the contact centre.

    Raises:
        ConflictError: `path` is a desk already, or not empty.
    """
    desk = Desk.create(path, SETTINGS)
    report = desk.load_with(
        lambda staging: Centre(seed, staging.on_step, weeks).write().stage(staging),
        "sample",
        f"centre-{FORMAT}-{seed}-{weeks}",
        recorded_at=datetime.combine(END, time(), UTC),
        on_step=on_step,
    )
    return desk, report
