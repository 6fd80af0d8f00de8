"""Larkspur: a fictional B2B software company, its accounts, people and calendars."""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from helmdesk.clocks.calendar import Calendar, OpenSpan, WorkClock, open_spans

START, END = date(2025, 1, 1), date(2026, 7, 1)
BERLIN, BOSTON, SPECIALISTS = "Frontline Berlin", "Frontline Boston", "Specialists"

HOLIDAYS = {
    "berlin": (
        "2025-01-01",
        "2025-04-18",
        "2025-04-21",
        "2025-05-01",
        "2025-05-29",
        "2025-06-09",
        "2025-10-03",
        "2025-12-24",
        "2025-12-25",
        "2025-12-26",
        "2026-01-01",
        "2026-04-03",
        "2026-04-06",
        "2026-05-01",
        "2026-05-14",
        "2026-05-25",
    ),
    "boston": (
        "2025-01-01",
        "2025-01-20",
        "2025-05-26",
        "2025-07-04",
        "2025-09-01",
        "2025-11-27",
        "2025-12-24",
        "2025-12-25",
        "2025-12-26",
        "2026-01-01",
        "2026-01-19",
        "2026-05-25",
        "2026-06-19",
    ),
}

FIRST = (
    "Amira",
    "Ben",
    "Chiara",
    "Dmitri",
    "Elif",
    "Femi",
    "Greta",
    "Hugo",
    "Ines",
    "Jonas",
    "Kaya",
    "Liam",
    "Mona",
    "Noor",
    "Oskar",
    "Priya",
    "Quinn",
    "Rosa",
    "Sven",
    "Tala",
    "Umar",
    "Vera",
    "Wim",
    "Yara",
)
SYLLABLES = (
    "Alt",
    "Bor",
    "Cer",
    "Dal",
    "Elm",
    "Fen",
    "Gal",
    "Hal",
    "Ister",
    "Jun",
    "Kel",
    "Lor",
    "Mar",
    "Nov",
    "Orb",
    "Pel",
    "Quar",
    "Riv",
    "Sol",
    "Tor",
    "Ulm",
    "Ves",
    "Wex",
    "Yor",
    "Zan",
)
ENDINGS = (
    "ix",
    "an Group",
    "ora",
    " Systems",
    "ea",
    " Labs",
    "ton",
    " Health",
    "ley",
    " Logistics",
)

TIERS = (
    ("enterprise", 10, 14.0, 180_000),
    ("business", 20, 5.0, 48_000),
    ("starter", 30, 2.0, 9_000),
)


@dataclass(frozen=True)
class Agent:
    """One person of the support team."""

    id: str
    name: str
    team: str
    tenure_start: date


@dataclass(frozen=True)
class Account:
    """One customer company; `weight` is its share of demand."""

    id: str
    name: str
    tier: str
    region: str
    contract_value: float
    weight: float
    customers: tuple[str, ...]


@dataclass(frozen=True)
class Site:
    """Where a team works: its calendar and clock."""

    key: str
    zone: ZoneInfo
    calendar: Calendar
    spans: tuple[OpenSpan, ...]
    clock: WorkClock

    def utc(self, day: date, minute: float) -> datetime:
        """Return the UTC instant of a local wall-clock minute."""
        wall = datetime.combine(day, datetime.min.time()) + timedelta(seconds=int(minute * 60))
        return wall.replace(tzinfo=self.zone).astimezone(UTC)

    def local(self, instant: datetime) -> datetime:
        """Return the local wall-clock time of an instant."""
        return instant.astimezone(self.zone)


def make_site(key: str, zone: str, opens: int, closes: int) -> Site:
    """Return a site open Monday to Friday between two local hours, closed on its holidays."""
    weekly = tuple((day * 1440 + opens * 60, day * 1440 + closes * 60) for day in range(5))
    calendar = Calendar(key, zone, weekly, {date.fromisoformat(day): () for day in HOLIDAYS[key]})
    spans = tuple(open_spans(calendar, START - timedelta(days=10), END + timedelta(days=120)))
    return Site(key, ZoneInfo(zone), calendar, spans, WorkClock(spans))


@dataclass(frozen=True)
class Company:
    """Everything that does not change from ticket to ticket."""

    sites: dict[str, Site]
    agents: dict[str, tuple[Agent, ...]]
    accounts: tuple[Account, ...]

    def site_of(self, team: str) -> Site:
        """Return where a team works; specialists sit in Berlin."""
        return self.sites["boston" if team == BOSTON else "berlin"]


def found_company(rng: random.Random) -> Company:
    """Return Larkspur as the seed of `rng` makes it."""
    sites = {
        "berlin": make_site("berlin", "Europe/Berlin", 8, 18),
        "boston": make_site("boston", "America/New_York", 8, 18),
    }
    names = list(FIRST)
    rng.shuffle(names)
    agents: dict[str, tuple[Agent, ...]] = {}
    for team, size in ((BERLIN, 10), (BOSTON, 9), (SPECIALISTS, 5)):
        chosen, names = names[:size], names[size:]
        agents[team] = tuple(
            Agent(
                f"agent-{name.lower()}",
                name,
                team,
                date(2025, 1, 1) - timedelta(days=rng.randint(20, 2400)),
            )
            for name in sorted(chosen)
        )
    return Company(sites, agents, tuple(_accounts(rng)))


def _accounts(rng: random.Random) -> list[Account]:
    found: list[Account] = []
    used: set[str] = set()
    for tier, count, weight, value in TIERS:
        for _ in range(count):
            name = rng.choice(SYLLABLES) + rng.choice(ENDINGS)
            while name in used:
                name = rng.choice(SYLLABLES) + rng.choice(ENDINGS)
            used.add(name)
            key = f"account-{len(found) + 1:02d}"
            size = max(20, int(rng.gauss(40 + 8 * weight, 10)))
            found.append(
                Account(
                    key,
                    name,
                    tier,
                    "EMEA" if len(found) % 5 < 3 else "AMER",
                    round(value * rng.uniform(0.7, 1.5), -2),
                    weight * rng.uniform(0.6, 1.6),
                    tuple(f"{key}-contact-{number:02d}" for number in range(1, size + 1)),
                )
            )
    return found
