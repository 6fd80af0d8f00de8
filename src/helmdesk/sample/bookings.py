"""Calls that customers of escalated tickets book with the specialists, and the planted situation:
for half a year calls are given out by shifts that change, so many are moved and handed on.

Drawn by a generator of its own, so that nothing else in the sample depends on it. A call lies
between the escalation and the solve of its ticket, and its ticket's answer is the one that the
customer gave anyway: while the situation lasts, the calls of those who were not satisfied are the
ones that had been moved, more often than chance.
"""

from __future__ import annotations

import math
import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from helmdesk.sample.company import END, SPECIALISTS, Agent, Company, Site
from helmdesk.sample.situation import Situation
from helmdesk.sample.writer import Writer

SCENARIO = "rebooked_calls"
# Of escalated tickets; of booked calls. Elsewhere calls are moved as often whoever was satisfied.
BOOKED, CANCELLED, NO_SHOW, DIRECT, TRIED_AGAIN = 0.5, 0.05, 0.05, 0.07, 0.05
MOVED, MOVED_IF_SATISFIED, MOVED_IF_NOT = 0.10, 0.20, 0.75
QUARTER, LENGTH = timedelta(minutes=15), timedelta(minutes=30)
LEAST_NOTICE = timedelta(hours=2)
# A little before the export: the last word of the sample stays that of its tickets.
HORIZON = datetime(END.year, END.month, END.day, tzinfo=UTC) - timedelta(hours=3)


@dataclass(frozen=True)
class Case:
    """One escalated ticket that a specialist solved; `is_satisfied` is None where nobody
    answered.
    """

    ticket_id: str
    customer: str
    account: str
    escalated_at: datetime
    solved_at: datetime
    solver: str
    is_satisfied: bool | None


@dataclass
class Call:
    """Writes the records of one scheduled call."""

    writer: Writer
    case: Case
    step: int = 0

    @property
    def booking(self) -> str:
        """Identity of the booking."""
        return f"call-{self.case.ticket_id}"

    def say(self, kind: str, at: datetime, actor: str, **columns: object) -> None:
        """Write one record, unless it lies beyond the horizon and so has not happened."""
        if at >= HORIZON:
            return
        self.step += 1
        self.writer.add(
            kind,
            f"{self.booking}:{self.step}",
            at,
            booking_id=self.booking,
            ticket_id=self.case.ticket_id,
            actor_kind=actor,
            **columns,
        )


def book_calls(seed: int, company: Company, situation: Situation, writer: Writer) -> None:
    """Write the scheduled calls of all escalated tickets that `writer` holds."""
    rng = random.Random(f"{seed} bookings")
    book = _Book(rng, company, situation, writer)
    for case in sorted(_cases(company, writer), key=lambda each: (each.solved_at, each.ticket_id)):
        if rng.random() < BOOKED:
            book.book(case)


def _cases(company: Company, writer: Writer) -> Iterator[Case]:
    people = {agent.id for agent in company.agents[SPECIALISTS]}
    escalated = {row["ticket_id"]: row["occurred_at"] for row in writer.rows("escalated")}
    solved: dict[str, tuple[datetime, str]] = {}
    for row in writer.rows("status_changed"):
        if row["status"] == "solved" and row["ticket_id"] in escalated:
            solved.setdefault(row["ticket_id"], (row["occurred_at"], row["actor_id"]))
    answers = {
        row["ticket_id"]: row["answer"] in ("4", "5")
        for row in writer.rows("responded")
        if row["survey_id"].endswith(":csat")
    }
    for row in writer.rows("created"):
        ticket = row["ticket_id"]
        if ticket in solved and solved[ticket][1] in people:
            solved_at, solver = solved[ticket]
            yield Case(
                ticket,
                row["customer_id"],
                row["account_id"],
                escalated[ticket],
                solved_at,
                solver,
                answers.get(ticket),
            )


def _quarter(instant: datetime) -> datetime:
    """Return the last full quarter of an hour."""
    return instant.replace(minute=instant.minute // 15 * 15, second=0, microsecond=0)


@dataclass
class _Book:
    """The specialists' calls; nobody has two at once."""

    rng: random.Random
    company: Company
    situation: Situation
    writer: Writer
    taken: set[tuple[str, datetime]] = field(default_factory=set)

    @property
    def site(self) -> Site:
        """Where the specialists work."""
        return self.company.site_of(SPECIALISTS)

    def book(self, case: Case) -> None:
        """Write the call of one ticket, if one fits between its escalation and its solve."""
        issued_at = case.escalated_at + timedelta(seconds=self.rng.randint(60, 900))
        delay = math.exp(self.rng.gauss(math.log(40), 1.0))
        booked_at = issued_at + timedelta(seconds=int(60 * min(delay, 240)))
        start = self._last_free(case, booked_at + LEAST_NOTICE)
        if start is None:
            return
        call = Call(self.writer, case)
        self._begin(call, issued_at, booked_at)
        is_moved = self.rng.random() < self._moved_share(case, start)
        before = self._earlier(booked_at, start) if is_moved else None
        first = before or start
        agent = case.solver
        if before is not None and self.rng.random() < 0.5:
            agent = self.rng.choice(self._colleagues(case.solver)).id
        call.say("booked", booked_at, "customer", **self._who(case), **_at(first), agent_id=agent)
        if before is not None:
            self._move(call, booked_at, before, start)
            self._hold(call, start)
        else:
            self._end(call, booked_at, start)

    def _who(self, case: Case) -> dict[str, str]:
        return {"customer_id": case.customer, "account_id": case.account, "team_id": SPECIALISTS}

    def _colleagues(self, agent: str) -> list[Agent]:
        return [each for each in self.company.agents[SPECIALISTS] if each.id != agent]

    def _last_free(self, case: Case, earliest: datetime) -> datetime | None:
        """Return the last time before the solve at which its solver is there and free."""
        start = _quarter(case.solved_at - LENGTH - timedelta(minutes=5))
        while start >= earliest:
            quarters = {(case.solver, start), (case.solver, start + QUARTER)}
            is_open = self.site.clock.is_open(start) and self.site.clock.is_open(start + QUARTER)
            if is_open and not quarters & self.taken:
                self.taken |= quarters
                return start
            start -= QUARTER
        return None

    def _earlier(self, booked_at: datetime, start: datetime) -> datetime | None:
        """Return a time before the one at which the call was held, or None where none fits."""
        soonest = _quarter(booked_at + LEAST_NOTICE) + QUARTER
        count = int((start - timedelta(hours=1) - soonest) / QUARTER)
        times = [soonest + QUARTER * place for place in range(count)]
        fitting = [at for at in times if self.site.clock.is_open(at)]
        return self.rng.choice(fitting) if fitting else None

    def _moved_share(self, case: Case, start: datetime) -> float:
        if not self._is_planted(start) or case.is_satisfied is None:
            return 0.27 if self._is_planted(start) else MOVED
        return MOVED_IF_SATISFIED if case.is_satisfied else MOVED_IF_NOT

    def _is_planted(self, start: datetime) -> bool:
        return self.situation.is_during(SCENARIO, self.site.local(start).date())

    def _begin(self, call: Call, issued_at: datetime, booked_at: datetime) -> None:
        """Write the link, except where the customer has somebody's calendar; some try again."""
        if self.rng.random() < DIRECT:
            return
        call.say("link_issued", issued_at, "human", **self._who(call.case))
        if self.rng.random() < TRIED_AGAIN:
            again = booked_at + timedelta(days=self.rng.randint(4, 40), minutes=7)
            call.say("link_reused", again, "customer")

    def _move(self, call: Call, booked_at: datetime, first: datetime, start: datetime) -> None:
        """Write one move: by the team while shifts change, else mostly by the customer."""
        by_team = self.rng.random() < (0.9 if self._is_planted(start) else 0.3)
        span = (first - booked_at).total_seconds()
        at = booked_at + timedelta(seconds=int(span * self.rng.uniform(0.3, 0.95)))
        actor = "automation" if by_team else "customer"
        call.say("moved", at, actor, **_at(start), agent_id=call.case.solver)

    def _hold(self, call: Call, start: datetime) -> None:
        at = start + timedelta(seconds=self.rng.randint(0, 240))
        call.say("held_booking", at, "human", agent_id=call.case.solver)

    def _end(self, call: Call, booked_at: datetime, start: datetime) -> None:
        """Write what became of a call that kept its time."""
        roll = self.rng.random()
        if roll < CANCELLED:
            at = booked_at + (start - booked_at) * self.rng.uniform(0.1, 0.9)
            call.say("cancelled", at.replace(microsecond=0), "customer", reason="solved meanwhile")
        elif roll < CANCELLED + NO_SHOW:
            call.say("no_show", start + timedelta(minutes=12), "human", reason="not reached")
        else:
            self._hold(call, start)


def _at(start: datetime) -> dict[str, datetime]:
    return {"start_at": start, "end_at": start + LENGTH}
