"""The life of one ticket: bot, queue, replies, escalation, solve, reopen, survey."""

from __future__ import annotations

import math
import random
from datetime import datetime, timedelta

from helmdesk.sample.company import SPECIALISTS, Agent, Company
from helmdesk.sample.demand import SUBJECTS, Arrival
from helmdesk.sample.situation import Situation
from helmdesk.sample.telling import HORIZON, Telling
from helmdesk.sample.words import comment_of, troubles_of
from helmdesk.sample.writer import Writer

# Targets by tier, working seconds: first response, resolution.
TARGETS = {
    "enterprise": (4 * 3600, 24 * 3600),
    "business": (8 * 3600, 40 * 3600),
    "starter": (16 * 3600, 80 * 3600),
}
REPLY_HOURS = {"email": 2.2, "social": 1.2}


def lognormal(rng: random.Random, mean: float, spread: float = 0.8) -> float:
    """Return a positive draw with the given arithmetic mean."""
    return math.exp(rng.gauss(math.log(mean) - spread * spread / 2, spread))


class Desk:
    """Lets arrivals live; keeps what later records need (contacts by month for costs)."""

    def __init__(
        self, rng: random.Random, company: Company, situation: Situation, writer: Writer
    ) -> None:
        self.rng, self.company, self.situation, self.writer = rng, company, situation, writer
        self.tickets_by_month: dict[tuple[int, int, str], int] = {}
        self.last_ticket_of: dict[str, tuple[str, datetime]] = {}

    def live(self, arrival: Arrival) -> None:
        """Write everything that happens to one arrival."""
        tell = Telling(self.writer, arrival)
        self._live(tell)
        tell.write_messages()

    def _live(self, tell: Telling) -> None:
        rng, arrival = self.rng, tell.arrival
        local_month = (arrival.local.year, arrival.local.month, arrival.channel)
        self.tickets_by_month[local_month] = self.tickets_by_month.get(local_month, 0) + 1
        tell.say(
            "created",
            arrival.at,
            actor_id=arrival.customer,
            actor_kind="customer",
            channel=arrival.channel,
            subject=SUBJECTS[arrival.issue_type],
            priority=arrival.priority,
            issue_type=arrival.issue_type,
            customer_id=arrival.customer,
            account_id=arrival.account.id,
            team_id=arrival.team,
            agent_id="",
            calendar_id=self.company.site_of(arrival.team).key,
            status="new",
        )
        tell.message(arrival.at, arrival.customer, "customer", "opening")
        if self._ends_early(tell):
            return
        tell.say(
            "policy_applied",
            arrival.at,
            actor_kind="automation",
            policy_id=f"sla-{arrival.account.tier}",
            calendar_id=self.company.site_of(arrival.team).key,
        )
        start = self._bot(tell) if arrival.channel == "chat" and rng.random() < 0.5 else arrival.at
        if start is None:
            return
        agent = rng.choice(self.company.agents[arrival.team])
        if arrival.channel in ("chat", "phone"):
            contact = self._contact(tell, start, agent)
            if contact is None:  # missed or abandoned: the team writes back
                wait, reply_at = 3600.0, self._reply_time(start, arrival)
                tell.assign(reply_at, agent.id, arrival.team)
                tell.message(reply_at + timedelta(seconds=1), agent, "human", "missed")
            else:
                wait, reply_at = contact
        else:
            if rng.random() < 0.7:
                acknowledged_at = arrival.at + timedelta(seconds=5)
                tell.message(acknowledged_at, "auto-reply", "automation", "acknowledged")
            reply_at = self._reply_time(start, arrival)
            wait = (reply_at - start).total_seconds()
            tell.assign(
                max(start, reply_at - timedelta(seconds=rng.randint(30, 1500))),
                agent.id,
                arrival.team,
            )
            tell.message(reply_at, agent, "human", "answer")
            tell.status(reply_at, "open", agent.id, "human")
        self._finish(tell, agent, start, reply_at, wait)

    def _ends_early(self, tell: Telling) -> bool:
        """Spam, and the same customer writing twice about one thing."""
        arrival, rng = tell.arrival, self.rng
        earlier = self.last_ticket_of.get(arrival.customer)
        self.last_ticket_of[arrival.customer] = (arrival.ticket_id, arrival.at)
        if arrival.channel not in ("email", "social"):
            return False
        if rng.random() < 0.025:
            at = arrival.at + timedelta(minutes=rng.randint(5, 600))
            tell.say("spam_marked", at, actor_kind="human")
            return True
        if earlier and arrival.at - earlier[1] < timedelta(days=2) and rng.random() < 0.6:
            at = self.company.site_of(arrival.team).clock.after(arrival.at, rng.randint(600, 9000))
            tell.say(
                "merged_into", at, actor_kind="human", cause="merge", target_ticket_id=earlier[0]
            )
            return True
        return False

    def _bot(self, tell: Telling) -> datetime | None:
        """Return when a person takes over, or None when the bot solved it."""
        rng, at = self.rng, tell.arrival.at
        tell.say("bot_started", at, actor_kind="bot", reason=None)
        tell.message(at + timedelta(seconds=2), "bot-lark", "bot", "bot")
        end = at + timedelta(seconds=rng.randint(20, 120))
        if rng.random() < 0.12 and tell.arrival.issue_type in (
            "how_to",
            "order_status",
            "password_reset",
        ):
            tell.say("bot_ended", end, actor_kind="bot", reason="solved")
            tell.status(end, "solved", "bot-lark", "bot")
            return None
        tell.say("bot_handoff", end, actor_kind="bot", reason="asked for a person")
        return end

    def _reply_time(self, start: datetime, arrival: Arrival) -> datetime:
        hours = REPLY_HOURS.get(arrival.channel, 1.0) * self.situation.slow_down(
            arrival.local.date()
        )
        factor = {"urgent": 0.35, "high": 0.7, "normal": 1.0, "low": 1.5}[arrival.priority]
        seconds = max(60, int(lognormal(self.rng, hours * factor * 3600, 0.9)))
        return self.company.site_of(arrival.team).clock.after(start, seconds)

    def _contact(
        self, tell: Telling, start: datetime, agent: Agent
    ) -> tuple[float, datetime] | None:
        """Write a call or chat as a leg; return wait and answer time, or None when nobody spoke."""
        rng, arrival, situation = self.rng, tell.arrival, self.situation
        local, day = arrival.local, arrival.local.date()
        is_phone = arrival.channel == "phone"
        offered = start + timedelta(seconds=situation.ivr_seconds(day) if is_phone else 0)
        leg = f"leg-{arrival.number:05d}"

        def leg_event(type_name: str, at: datetime, **columns: object) -> None:
            if at < HORIZON:
                self.writer.add(
                    type_name,
                    f"{leg}:{type_name}",
                    at,
                    leg_id=leg,
                    ticket_id=arrival.ticket_id,
                    channel=arrival.channel,
                    queue_id=f"{arrival.channel}-{arrival.team.split()[-1].lower()}",
                    **columns,
                )

        if is_phone:
            leg_event("ivr_entered", start, direction="inbound", customer_id=arrival.customer)
        leg_event("offered", offered, direction="inbound", customer_id=arrival.customer)
        roll, missed = rng.random(), situation.missed_share(arrival.channel, arrival.team, local)
        if roll < missed:
            leg_event(
                "missed",
                offered + timedelta(seconds=rng.randint(45, 240)),
                reason="nobody available",
            )
            return None
        if roll < missed + situation.abandon_share(arrival.channel, day):
            leg_event("abandoned", offered + timedelta(seconds=rng.randint(8, 150)))
            return None
        wait = rng.expovariate(1 / situation.wait_seconds(arrival.channel, local))
        answered = offered + timedelta(seconds=round(wait))
        handle = lognormal(rng, situation.handle_seconds(arrival.channel, day), 0.5)
        wrap = round(handle * 0.15)
        ended = answered + timedelta(seconds=round(handle) - wrap)
        leg_event("answered", answered, agent_id=agent.id)
        if rng.random() < 0.3:
            held = answered + (ended - answered) * 0.4
            held = held.replace(microsecond=0)
            leg_event("held", held, agent_id=agent.id)
            leg_event("resumed", held + (ended - held) / 3, agent_id=agent.id)
        leg_event("ended", ended, reason="done")
        leg_event("wrap_ended", ended + timedelta(seconds=wrap), agent_id=agent.id)
        tell.assign(answered, agent.id, arrival.team)
        tell.message(answered, agent, "human", "answer")
        tell.status(answered, "open", agent.id, "human")
        return wait, answered

    def _finish(
        self, tell: Telling, agent: Agent, start: datetime, reply_at: datetime, wait: float
    ) -> None:
        rng, arrival = self.rng, tell.arrival
        day, clock = arrival.local.date(), self.company.site_of(arrival.team).clock
        solver, at = agent, reply_at
        is_escalated = rng.random() < self.situation.escalation_share(arrival.issue_type, day)
        if is_escalated:
            solver = rng.choice(self.company.agents[SPECIALISTS])
            at = clock.after(at, rng.randint(300, 5400))
            tell.say(
                "escalated",
                at,
                actor_id=agent.id,
                actor_kind="human",
                escalation_kind="functional",
                team_id=SPECIALISTS,
                reason=(
                    "no permission"
                    if arrival.issue_type == "password_reset"
                    else "needs a specialist"
                ),
            )
            tell.assign(at, solver.id, SPECIALISTS)
            at = self.company.site_of(SPECIALISTS).clock.after(
                at, int(lognormal(rng, 7 * 3600, 0.8))
            )
            tell.message(at, solver, "human", "solves")
            tell.first_reply_says("hands_on")
        elif rng.random() < 0.115:
            at = self._another_round(tell, solver, at)
        quick = arrival.channel in ("chat", "phone") and not is_escalated
        # The solve stays in sight of its reply: minutes after a contact, up to a day after a
        # letter.
        at = clock.after(
            at, rng.randint(60, 900) if quick else int(lognormal(rng, 2.0 * 3600, 1.0)) + 60
        )
        if not tell.status(at, "solved", solver.id, "human"):
            return
        self._verdicts(tell, clock, start, reply_at, at)
        if rng.random() < 0.03:
            self._review(tell, solver, at)
        is_reopened = self._maybe_reopen(tell, solver, at)
        self._survey(tell, solver, at, wait, is_escalated, is_reopened)

    def _another_round(self, tell: Telling, agent: Agent, at: datetime) -> datetime:
        """The agent asks, the customer answers, the agent replies."""
        rng, arrival = self.rng, tell.arrival
        clock = self.company.site_of(arrival.team).clock
        tell.status(at + timedelta(seconds=1), "waiting_customer", agent.id, "human")
        back = at + timedelta(seconds=int(lognormal(rng, 10 * 3600, 1.0)) + 60)
        tell.first_reply_says("asks")
        tell.message(back, arrival.customer, "customer", "told")
        tell.status(back, "open", arrival.customer, "customer")
        at = clock.after(back, int(lognormal(rng, 2.5 * 3600, 0.8)) + 60)
        tell.message(at, agent, "human", "solves")
        return at

    def _verdicts(
        self, tell: Telling, clock: object, start: datetime, reply_at: datetime, solved_at: datetime
    ) -> None:
        first, resolution = TARGETS[tell.arrival.account.tier]
        between = clock.between  # type: ignore[attr-defined]
        met_first, met_resolution = (
            between(start, reply_at) <= first,
            between(tell.arrival.at, solved_at) <= resolution,
        )
        tell.say(
            "source_verdict",
            solved_at,
            seq=1,
            actor_kind="automation",
            clock="first_response",
            is_met=met_first,
        )
        tell.say(
            "source_verdict",
            solved_at,
            seq=2,
            actor_kind="automation",
            clock="resolution",
            is_met=met_resolution,
        )

    def _maybe_reopen(self, tell: Telling, solver: Agent, solved_at: datetime) -> bool:
        rng, arrival = self.rng, tell.arrival
        roll = rng.random()
        clock = self.company.site_of(solver.team).clock
        if roll < 0.02:  # a thank-you wakes the ticket; it is closed again without a word
            at = solved_at + timedelta(minutes=rng.randint(10, 1500))
            tell.message(at, arrival.customer, "customer", "thanks")
            if tell.status(at, "open", arrival.customer, "customer"):
                tell.status(clock.after(at, rng.randint(120, 3600)), "solved", solver.id, "human")
            return False
        if roll > 0.07:
            return False
        at = solved_at + timedelta(hours=rng.uniform(1, 120))
        at = at.replace(microsecond=0)
        tell.message(at, arrival.customer, "customer", "back")
        if not tell.status(at, "open", arrival.customer, "customer"):
            return False
        again = clock.after(at, int(lognormal(rng, 5 * 3600, 0.8)))
        tell.message(again, solver, "human", "solves_again")
        tell.status(clock.after(again, rng.randint(60, 1800)), "solved", solver.id, "human")
        return True

    def _review(self, tell: Telling, solver: Agent, solved_at: datetime) -> None:
        """A colleague reads the ticket and gives points out of twenty."""
        at = solved_at + timedelta(hours=self.rng.randint(20, 90))
        points = float(max(6, min(20, round(self.rng.gauss(17, 2)))))
        tell.say(
            "reviewed",
            at,
            actor_kind="human",
            agent_id=solver.id,
            points=points,
            possible_points=20.0,
        )

    def _survey(
        self,
        tell: Telling,
        solver: Agent,
        solved_at: datetime,
        wait: float,
        is_escalated: bool,
        is_reopened: bool,
    ) -> None:
        rng, arrival = self.rng, tell.arrival
        if rng.random() > 0.9:
            return
        sent_at = solved_at + timedelta(minutes=30)
        typical = 75.0 if arrival.channel in ("chat", "phone") else 20 * 3600.0
        strain = max(0.0, min(1.0, math.log2(max(wait, 1.0) / typical) / 2.5))
        p = 0.956 - 0.32 * strain - 0.03 * is_escalated - 0.12 * is_reopened
        is_happy = rng.random() < p
        csat, ces = f"{arrival.ticket_id}:csat", f"{arrival.ticket_id}:ces"
        self._ask(
            tell,
            csat,
            "csat",
            sent_at,
            0.34 if is_happy else 0.36,
            str(rng.choice((4, 5, 5, 5)) if is_happy else rng.choice((1, 1, 2, 3))),
            comment_of(
                csat,
                arrival.issue_type,
                solver.name.partition(" ")[0],
                is_happy=is_happy,
                strain=strain,
                is_escalated=is_escalated,
                is_reopened=is_reopened,
                troubles=troubles_of(self.situation, arrival.channel, arrival.local.date()),
            ),
        )
        if arrival.channel in ("phone", "chat") and rng.random() < 0.9:
            easy = rng.random() < self.situation.ease(arrival.channel, arrival.local.date())
            self._ask(
                tell,
                ces,
                "ces",
                sent_at + timedelta(minutes=1),
                0.35,
                str(rng.choice((5, 6, 6, 7, 7)) if easy else rng.choice((1, 2, 3, 4))),
            )

    def _ask(
        self,
        tell: Telling,
        survey: str,
        instrument: str,
        sent_at: datetime,
        response_share: float,
        answer: str,
        comment: str | None = None,
    ) -> None:
        rng, arrival = self.rng, tell.arrival
        shared = {
            "instrument_id": f"larkspur-{instrument}",
            "customer_id": arrival.customer,
            "account_id": arrival.account.id,
        }
        if not tell.say("sent", sent_at, survey_id=survey, **shared):
            return
        if rng.random() < 0.03:
            return  # bounced: sent, never delivered
        tell.say("delivered", sent_at + timedelta(seconds=20), survey_id=survey)
        if rng.random() < response_share:
            at = sent_at + timedelta(minutes=rng.randint(2, 2000))
            tell.say(
                "responded",
                at,
                survey_id=survey,
                actor_kind="customer",
                answer=answer,
                score=float(answer),
                revision=1,
                comment=comment,
                **shared,
            )
