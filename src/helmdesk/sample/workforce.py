"""Shifts, states, pulses, relationship surveys and monthly costs: what surrounds the tickets."""

from __future__ import annotations

import random
from datetime import UTC, date, datetime, timedelta

from helmdesk.sample.company import END, START, Company
from helmdesk.sample.situation import Situation
from helmdesk.sample.writer import Writer

COST_PER_TICKET = {"phone": 9.0, "chat": 3.0, "email": 5.0, "social": 4.0}
STARTS = (8 * 60, 8 * 60 + 30, 9 * 60, 10 * 60)
SHIFT_MINUTES, LUNCH_MINUTES, BLOCKS = 480, 30, 4


def plan_and_log_work(
    rng: random.Random, company: Company, situation: Situation, writer: Writer, scale: float
) -> None:
    """Write planned shifts and the states the agents were really in; a smaller sample has fewer of
    them.
    """
    for team, agents in sorted(company.agents.items()):
        site = company.site_of(team)
        for agent in agents:
            begins = rng.choice(STARTS)
            day = START
            while day < END:
                if (
                    day.weekday() < 5
                    and day not in site.calendar.exceptions
                    and rng.random() > 0.08
                    and (scale >= 1 or rng.random() < scale)
                ):
                    _shift(rng, situation, writer, agent.id, day, site.utc(day, begins))
                day += timedelta(days=1)


def _shift(
    rng: random.Random, situation: Situation, writer: Writer, agent: str, day: date, start: datetime
) -> None:
    end = start + timedelta(minutes=SHIFT_MINUTES)
    shift = f"shift:{agent}:{day}"
    lunch_at = start + timedelta(minutes=240)
    lunch_end = lunch_at + timedelta(minutes=LUNCH_MINUTES)
    for activity, begins, ends in (
        ("work", start, lunch_at),
        ("meal", lunch_at, lunch_end),
        ("work", lunch_end, end),
    ):
        writer.add(
            "shift_planned",
            f"{shift}:{begins:%H%M}",
            start - timedelta(days=14),
            agent_id=agent,
            activity=activity,
            start_at=begins,
            end_at=ends,
            shift_id=shift,
        )

    def state(at: datetime, name: str) -> None:
        writer.add(
            "state_changed",
            f"{shift}:{int(at.timestamp())}:{name}",
            at,
            agent_id=agent,
            actor_id=agent,
            state=name,
        )

    late = timedelta(seconds=int(max(0.0, rng.gauss(60, 120))))
    # Utilization is handling over paid time; paid time is the shift without lunch.
    paid = (SHIFT_MINUTES - LUNCH_MINUTES) * 60
    handling = paid * min(0.995, max(0.3, rng.gauss(situation.utilization(day), 0.015)))
    for begin, stop in ((start + late, lunch_at), (lunch_end, end)):
        length = (stop - begin).total_seconds()
        busy = min(length, handling * length / (paid - late.total_seconds()))
        cuts = sorted(rng.uniform(0.6, 1.4) for _ in range(BLOCKS))
        total = sum(cuts)
        at = begin
        for cut in cuts:
            block = length * cut / total
            state(at.replace(microsecond=0), "available")
            idle = block * (1 - busy / length)
            state(
                (at + timedelta(seconds=idle)).replace(microsecond=0) + timedelta(seconds=1),
                "handling",
            )
            at += timedelta(seconds=block)
        state(stop, "meal" if stop == lunch_at else "offline")


def ask_employees(
    rng: random.Random, company: Company, situation: Situation, writer: Writer
) -> None:
    """Write monthly anonymous pulses: group, never a person."""
    owed: dict[str, float] = {}
    for month in months():
        at = datetime(month.year, month.month, 15, 12, tzinfo=UTC)
        for team, agents in sorted(company.agents.items()):
            answers = len(agents)
            # Carry the rounding from month to month, or small teams would drift off the planted
            # share.
            due = answers * situation.esat(month) + owed.get(team, 0.0)
            favourable = max(0, min(answers, round(due)))
            owed[team] = due - favourable
            for number in range(answers):
                score = rng.choice((4, 5)) if number < favourable else rng.choice((1, 2, 3))
                writer.add(
                    "employee_response",
                    f"pulse:{month}:{team}:{number}",
                    at,
                    instrument_id="larkspur-esat",
                    team_id=team,
                    answer=str(score),
                    score=float(score),
                )
                if month.month % 3 == 0:
                    would = (
                        rng.choice((9, 10, 8, 9)) if number < favourable else rng.choice((3, 6, 7))
                    )
                    writer.add(
                        "employee_response",
                        f"enps:{month}:{team}:{number}",
                        at,
                        instrument_id="larkspur-enps",
                        team_id=team,
                        answer=str(would),
                        score=float(would),
                    )


def ask_relationship(rng: random.Random, company: Company, writer: Writer) -> None:
    """Write quarterly NPS surveys of every contact, answered by about a quarter."""
    for month in months():
        if month.month % 3 != 2:
            continue
        at = datetime(month.year, month.month, 10, 9, tzinfo=UTC)
        for account in company.accounts:
            # Ten people of an account are asked, not every login.
            for customer in account.customers[:10]:
                survey = f"nps:{month}:{customer}"
                shared = {
                    "survey_id": survey,
                    "ticket_id": None,
                    "instrument_id": "larkspur-nps",
                    "customer_id": customer,
                    "account_id": account.id,
                }
                writer.add(
                    "sent",
                    survey,
                    at,
                    **{
                        key: shared[key]
                        for key in (
                            "ticket_id",
                            "survey_id",
                            "instrument_id",
                            "customer_id",
                            "account_id",
                        )
                    },
                )
                writer.add(
                    "delivered",
                    f"{survey}:delivered",
                    at + timedelta(minutes=1),
                    ticket_id=None,
                    survey_id=survey,
                )
                if rng.random() < 0.25:
                    score = rng.choices(range(11), (1, 1, 1, 1, 1, 2, 4, 10, 16, 18, 14))[0]
                    writer.add(
                        "responded",
                        f"{survey}:answer",
                        at + timedelta(hours=rng.randint(1, 200)),
                        ticket_id=None,
                        survey_id=survey,
                        actor_kind="customer",
                        answer=str(score),
                        score=float(score),
                        revision=1,
                        comment=None,
                        **{
                            key: shared[key]
                            for key in ("instrument_id", "customer_id", "account_id")
                        },
                    )


def book_costs(
    rng: random.Random, tickets_by_month: dict[tuple[int, int, str], int], writer: Writer
) -> None:
    """Write each month's cost by channel: salaries, tools and overhead."""
    for (year, month, channel), tickets in sorted(tickets_by_month.items()):
        start = datetime(year, month, 1, tzinfo=UTC)
        end = datetime(year + month // 12, month % 12 + 1, 1, tzinfo=UTC)
        total = tickets * COST_PER_TICKET[channel] * rng.uniform(0.98, 1.02)
        for category, share in (("salaries", 0.74), ("tools", 0.12), ("overhead", 0.14)):
            writer.add(
                "cost_recorded",
                f"cost:{year}-{month:02d}:{channel}:{category}",
                end - timedelta(seconds=1),
                category=category,
                scope=f"channel:{channel}",
                amount=round(total * share, 2),
                currency="USD",
                start_at=start,
                end_at=end,
            )


def months() -> list[date]:
    """Return the first day of every month of the sample."""
    found, day = [], START
    while day < END:
        found.append(day)
        day = date(day.year + day.month // 12, day.month % 12 + 1, 1)
    return found
