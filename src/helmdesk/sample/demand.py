"""When tickets arrive, from whom, through which channel and about what."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from helmdesk.sample.company import BERLIN, BOSTON, END, START, Account, Company
from helmdesk.sample.situation import Situation

WEEKDAY_MEAN, WEEKEND_MEAN = 97.0, 15.0
CHANNELS = (("email", 45), ("chat", 27), ("phone", 18), ("social", 10))
ISSUES = (
    ("password_reset", 20),
    ("how_to", 24),
    ("billing", 14),
    ("bug", 14),
    ("integration", 10),
    ("order_status", 12),
    ("feature_request", 6),
)
HOURS = {
    7: 2,
    8: 6,
    9: 10,
    10: 13,
    11: 13,
    12: 9,
    13: 9,
    14: 11,
    15: 10,
    16: 8,
    17: 5,
    18: 2,
    20: 1,
    22: 1,
}
SUBJECTS = {
    "password_reset": "Cannot sign in",
    "how_to": "How do I ...",
    "billing": "Question about an invoice",
    "bug": "Something is broken",
    "integration": "Integration stopped",
    "order_status": "Where is my order?",
    "feature_request": "Could it also ...",
}


@dataclass(frozen=True)
class Arrival:
    """One need of one customer. `at` is UTC."""

    number: int
    at: datetime
    local: datetime
    account: Account
    customer: str
    channel: str
    issue_type: str
    priority: str
    team: str

    @property
    def ticket_id(self) -> str:
        """Return the ticket's id."""
        return f"L-{self.number:05d}"


def _pick(rng: random.Random, options: tuple[tuple[str, int], ...]) -> str:
    return rng.choices([name for name, _ in options], [weight for _, weight in options])[0]


def arrivals(
    rng: random.Random, company: Company, situation: Situation, scale: float
) -> Iterator[Arrival]:
    """Yield all arrivals in order of days; `scale` shrinks the volume for quick looks."""
    number, day = 0, START
    weights = [account.weight for account in company.accounts]
    while day < END:
        for at, local, account, channel, issue_type in sorted(
            _day(rng, company, situation, day, scale, weights), key=lambda item: item[0]
        ):
            number += 1
            priority = _pick(rng, (("low", 20), ("normal", 55), ("high", 20), ("urgent", 5)))
            team = BERLIN if account.region == "EMEA" else BOSTON
            yield Arrival(
                number,
                at,
                local,
                account,
                rng.choice(account.customers),
                channel,
                issue_type,
                priority,
                team,
            )
        day += timedelta(days=1)


def _day(
    rng: random.Random,
    company: Company,
    situation: Situation,
    day: date,
    scale: float,
    weights: list[float],
) -> Iterator[tuple[datetime, datetime, Account, str, str]]:
    is_rush = situation.is_holiday_rush(day)
    mean = (43.0 if is_rush else WEEKDAY_MEAN if day.weekday() < 5 else WEEKEND_MEAN) * scale
    mean *= 1 + 0.08 * (day - START).days / (END - START).days
    if situation.is_during("launch", day) and day.weekday() < 5:
        mean *= 1.35
    count = max(0, round(rng.gauss(mean, mean**0.5)))
    for account in rng.choices(company.accounts, weights, k=count):
        site = company.sites["berlin" if account.region == "EMEA" else "boston"]
        hour = rng.choices(list(HOURS), list(HOURS.values()))[0]
        at = site.utc(day, hour * 60 + rng.random() * 60)
        channel, issue_type = _pick(rng, CHANNELS), _pick(rng, ISSUES)
        if is_rush and rng.random() < 0.6:
            issue_type = "order_status"
        if channel in ("chat", "phone") and not site.clock.is_open(at):
            channel = "email"  # nobody would pick up; people write instead
        yield at, site.local(at), account, channel, issue_type
