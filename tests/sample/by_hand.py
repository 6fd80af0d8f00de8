"""Metrics that plain SQL cannot say in a line, worked out from the raw records with loops and the
sample's own calendars.
"""

from __future__ import annotations

from collections import defaultdict
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

from figures import Figures

from helmdesk.sample.company import Site, make_site
from helmdesk.sample.life import TARGETS

Clocks = dict[str, Site]


def sites() -> Clocks:
    return {
        "berlin": make_site("berlin", "Europe/Berlin", 8, 18),
        "boston": make_site("boston", "America/New_York", 8, 18),
    }


def rows(figures: Figures, sql: str) -> list[tuple[Any, ...]]:
    # Through Arrow: fetching zoned times directly needs a package nothing else does.
    columns = figures.connection.sql(sql).to_arrow_table().columns
    return list(zip(*(column.to_pylist() for column in columns), strict=True))


def aware(instant: datetime) -> datetime:
    return instant.astimezone(UTC)


def gone(figures: Figures) -> set[str]:
    return {
        ticket
        for (ticket,) in rows(
            figures, "select ticket_id from ticket where type in ('spam_marked', 'merged_into')"
        )
    }


def handle_time(figures: Figures) -> float:
    """Seconds of agents: each second of a chat counts one over the chats its agent holds then."""
    legs = rows(
        figures,
        """select any_value(channel), min(agent_id) filter (where type = 'answered'),
            min(occurred_at) filter (where type = 'answered'),
            max(occurred_at) filter (where type = 'wrap_ended')
        from leg group by leg_id having count(*) filter (where type = 'wrap_ended') > 0""",
    )
    total, edges = 0.0, defaultdict(list)
    for channel, agent, answered, free in legs:
        if channel == "phone":
            total += (free - answered).total_seconds()
        else:
            edges[agent] += [(answered, 1), (free, -1)]
    for events in edges.values():
        # However many chats run, together they take the agent's time once.
        running = 0
        for (at, step), (until, _) in pairwise(sorted(events)):
            running += step
            total += (until - at).total_seconds() if running else 0
    return total / len(legs)


def missed(figures: Figures) -> float:
    """Lost while open, of those that waited at least ten seconds or were answered."""
    clocks, lost, offered = sites(), 0, 0
    for queue, at, answered, gave_up, unanswered in rows(
        figures,
        """select any_value(queue_id), min(occurred_at) filter (where type = 'offered'),
            min(occurred_at) filter (where type = 'answered'),
            min(occurred_at) filter (where type = 'abandoned'),
            min(occurred_at) filter (where type = 'missed')
        from leg group by leg_id""",
    ):
        if not clocks[queue.split("-")[1]].clock.is_open(aware(at)):
            continue
        if gave_up and (gave_up - at).total_seconds() < 10:
            continue
        if answered or gave_up or unanswered:
            offered += 1
            lost += answered is None
    return lost / offered


def promises(figures: Figures) -> list[dict[str, Any]]:
    """Every SLA clock of the sample: first response, and one resolution for each run of a
    ticket.
    """
    absent, tiers = (
        gone(figures),
        dict(rows(figures, "select entity_id, tier from entity where type = 'account'")),
    )
    return [
        promise
        for ticket, fact in histories(figures).items()
        if ticket not in absent
        for promise in promised(fact, *TARGETS[tiers[fact["account"]]])
    ]


def histories(figures: Figures) -> dict[str, dict[str, Any]]:
    """What each ticket's clocks depend on, in order."""
    clocks, facts = sites(), {}
    for ticket, at, calendar, account in rows(
        figures,
        "select ticket_id, occurred_at, calendar_id, account_id from ticket where type = 'created'",
    ):
        facts[ticket] = {
            "ticket": ticket,
            "created": aware(at),
            "site": clocks[calendar],
            "account": account,
            "states": [],
            "replies": [],
            "bot": False,
            "handoff": None,
        }
    for ticket, at, status in rows(
        figures,
        "select ticket_id, occurred_at, status from ticket where type = 'status_changed' order by"
        " occurred_at, seq",
    ):
        facts[ticket]["states"].append((aware(at), status == "solved"))
    for ticket, at in rows(
        figures,
        "select ticket_id, occurred_at from message where actor_kind = 'human' and visibility ="
        " 'public'",
    ):
        facts[ticket]["replies"].append(aware(at))
    for ticket, at, kind in rows(figures, "select ticket_id, occurred_at, type from handoff"):
        facts[ticket]["bot"] = True
        if kind == "bot_handoff":
            facts[ticket]["handoff"] = aware(at)
    return facts


def promised(fact: dict[str, Any], first: int, resolution: int) -> list[dict[str, Any]]:
    """The clocks of one ticket, with what they may take in seconds."""
    found = []
    started, ended, was_solved = [fact["created"]], [], False
    for at, is_solved in fact["states"]:
        if is_solved and not was_solved:
            ended.append(at)
        elif was_solved and not is_solved:
            started.append(at)
        was_solved = is_solved
    begin = fact["handoff"] if fact["bot"] else fact["created"]
    if begin is not None:
        stops = [at for at in fact["replies"] if at >= begin] + ended[:1]
        found.append(
            {
                **fact,
                "clock": "first_response",
                "start": begin,
                "stop": min(stops, default=None),
                "target": first,
            }
        )
    for number, start in enumerate(started):
        stop = ended[number] if number < len(ended) else None
        found.append(
            {**fact, "clock": "resolution", "start": start, "stop": stop, "target": resolution}
        )
    return found


Told = tuple[datetime, int, int, str]


def turns(figures: Figures) -> tuple[list[float], list[datetime]]:
    """Each ticket's life told in order: how long every answered turn took, and since when the
    others still wait.
    """
    absent, life = gone(figures), defaultdict(list)
    for ticket, at, seq, kind in rows(
        figures,
        "select ticket_id, occurred_at, coalesce(seq, 0), actor_kind from message where visibility"
        " = 'public' and not coalesce(is_automated, false)",
    ):
        life[ticket].append((aware(at), 1, seq, kind))
    for ticket, at, kind in rows(figures, "select ticket_id, occurred_at, type from handoff"):
        life[ticket].append((aware(at), 0, 0, kind))
    for ticket, at, seq, status in rows(
        figures,
        "select ticket_id, occurred_at, coalesce(seq, 0), status from ticket where type ="
        " 'status_changed'",
    ):
        life[ticket].append((aware(at), 2, seq, status))
    answered, waiting = [], []
    for ticket, told in life.items():
        if ticket in absent:
            continue
        told.sort()
        wait = Wait()
        for place, each in enumerate(told):
            wait.hear(each, told[place + 1] if place + 1 < len(told) else None)
        answered += wait.answered
        if wait.asked and wait.solved_at is None:
            waiting.append(wait.asked)
    return answered, waiting


class Wait:
    """Whether the customer of one ticket waits, told event by event."""

    def __init__(self) -> None:
        self.asked: datetime | None = None
        self.last_word: datetime | None = None
        self.solved_at: datetime | None = None
        self.keeper = "people"
        self.answered: list[float] = []

    def hear(self, told: Told, follows: Told | None) -> None:
        at, _, _, what = told
        if what in ("bot_started", "bot_ended", "bot_handoff"):
            self.hand_over(at, what)
        elif what in ("customer", "human", "bot", "ai_agent"):
            self.speak(at, what)
        elif what in ("solved", "closed") and self.solved_at is None:
            self.solved_at = at
            if not (follows and follows[3] == "human" and follows[0] <= at + timedelta(minutes=1)):
                self.asked = None
        elif what in ("open", "waiting_customer") and self.solved_at is not None:
            if self.last_word and self.last_word > at - timedelta(minutes=1):
                self.asked = max(self.last_word, self.solved_at)
            self.solved_at = None

    def hand_over(self, at: datetime, what: str) -> None:
        if what == "bot_started":
            self.asked, self.keeper = None, "bot"
        elif what == "bot_ended":
            self.keeper = "people"
        else:
            self.asked, self.keeper = self.asked or at, "handed over"

    def speak(self, at: datetime, who: str) -> None:
        if who == "customer":
            if self.keeper != "bot":
                self.asked, self.last_word = self.asked or at, at
        elif who == "human":
            if self.asked:
                self.answered.append((at - self.asked).total_seconds())
            self.asked, self.keeper, self.last_word = None, "people", None
        elif self.keeper != "handed over":
            self.asked = None


def compliance(figures: Figures, as_of: datetime) -> float:
    met = judged = 0
    for promise in promises(figures):
        until = promise["stop"] or as_of.replace(tzinfo=UTC)
        elapsed = promise["site"].clock.between(promise["start"], until)
        if promise["stop"] is not None or elapsed > promise["target"]:
            judged += 1
            met += elapsed <= promise["target"]
    return met / judged


def exposure(figures: Figures, at: datetime) -> float:
    """Contract value of accounts with a promise at an instant that has a quarter of its time left,
    or less.
    """
    exposed = set()
    for promise in promises(figures):
        if promise["start"] <= at and (promise["stop"] is None or promise["stop"] > at):
            at_risk = promise["site"].clock.after(promise["start"], promise["target"] * 3 / 4)
            if at_risk <= at:
                exposed.add(promise["account"])
    values = dict(
        rows(figures, "select entity_id, contract_value from entity where type = 'account'")
    )
    return sum(values[account] for account in exposed)


def adherence(figures: Figures) -> float:
    """Overlaps of plans and states, one by one."""
    states: dict[str, list[tuple[datetime, datetime, str]]] = defaultdict(list)
    for agent, at, until, state in rows(
        figures,
        """select agent_id, occurred_at,
            lead(occurred_at) over (partition by agent_id order by occurred_at), state
        from workforce where type = 'state_changed' order by agent_id, occurred_at""",
    ):
        if until is not None:
            states[agent].append((at, until, state))
    kept = planned = 0.0
    for agent, activity, start, end in rows(
        figures,
        "select agent_id, activity, start_at, end_at from workforce where type = 'shift_planned'"
        " order by agent_id, start_at",
    ):
        planned += (end - start).total_seconds()
        fitting = ("handling", "available") if activity == "work" else ("meal",)
        log = states[agent]
        while len(log) > 1 and log[0][1] <= start:
            log.pop(0)
        for at, until, state in log:
            if at >= end:
                break
            if state in fitting:
                kept += max(0.0, (min(until, end) - max(at, start)).total_seconds())
    return kept / planned


Part = tuple[float, float]
Ticket = tuple[str, datetime, datetime | None]


def health(figures: Figures, at: datetime) -> float:
    """Mean health of all accounts at one instant, from the words of the definition."""
    absent = gone(figures)
    answers = rows(
        figures,
        "select account_id, occurred_at, answer, instrument_id, ticket_id, customer_id from survey"
        " where type = 'responded'",
    )
    later: dict[str, list[datetime]] = defaultdict(list)
    for _, when, _, form, _, who in answers:
        if form == "larkspur-nps":
            later[who].append(aware(when))
    escalated = {
        ticket
        for (ticket,) in rows(figures, "select ticket_id from ticket where type = 'escalated'")
    }
    by_account: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for promise in promises(figures):
        by_account[promise["account"]].append(promise)
    scores = []
    for account, tickets in owned_tickets(figures, absent).items():
        said = [
            (aware(when), answer, form, who)
            for owner, when, answer, form, ticket, who in answers
            if owner == account and ticket not in absent
        ]
        parts = [
            *satisfaction_parts(said, at),
            *ticket_parts(tickets, at),
            *promise_parts(by_account[account], at),
            *escalation_parts(tickets, escalated, at),
            *loyalty_parts(said, later, at),
        ]
        if len(parts) >= 2:
            scores.append(
                sum(weight * score for weight, score in parts) / sum(weight for weight, _ in parts)
            )
    return sum(scores) / len(scores)


def owned_tickets(figures: Figures, absent: set[str]) -> dict[str, list[Ticket]]:
    """Each account's tickets: when they were made, and since when they are solved."""
    lives: dict[str, list[Ticket]] = defaultdict(list)
    solved = dict(
        rows(
            figures,
            """with s as (
                select ticket_id, occurred_at, status = 'solved' as is_solved,
                    lag(status = 'solved', 1, false)
                        over (partition by ticket_id order by occurred_at, seq) as was
                from ticket where type = 'status_changed')
            select ticket_id, case when arg_max(is_solved, occurred_at)
                then max(occurred_at) filter (where is_solved and not was) end
            from s group by 1""",
        )
    )
    for ticket, created, account in rows(
        figures, "select ticket_id, occurred_at, account_id from ticket where type = 'created'"
    ):
        if ticket not in absent:
            lives[account].append(
                (ticket, aware(created), aware(solved[ticket]) if solved.get(ticket) else None)
            )
    return lives


def satisfaction_parts(said: list[tuple[Any, ...]], at: datetime) -> list[Part]:
    """Satisfaction of the last ninety days, and against the ninety before."""
    back, further = at - timedelta(days=90), at - timedelta(days=180)
    good = [(when, answer in "45") for when, answer, form, _ in said if form == "larkspur-csat"]
    now = [is_good for when, is_good in good if back < when <= at]
    before = [is_good for when, is_good in good if further < when <= back]
    if len(now) < 5:
        return []
    share = sum(now) / len(now)
    parts: list[Part] = [(25, 100 * share)]
    if len(before) >= 5:
        change = share - sum(before) / len(before)
        parts.append((10, min(100, max(0, 50 + 250 * change))))
    return parts


def ticket_parts(tickets: list[Ticket], at: datetime) -> list[Part]:
    """How many tickets are open beside those made, and how many of them for over a week."""
    parts: list[Part] = []
    born = [t for t in tickets if at - timedelta(days=90) < t[1] <= at]
    unsolved = [t for t in tickets if t[1] <= at and (t[2] is None or t[2] > at)]
    if len(born) >= 5:
        parts.append((10, 100 * (1 - min(1, len(unsolved) / len(born)))))
    if unsolved:
        old = sum(t[1] < at - timedelta(days=7) for t in unsolved)
        parts.append((15, 100 * (1 - old / len(unsolved))))
    elif len(born) >= 5:
        parts.append((15, 100))
    return parts


def promise_parts(promises_: list[dict[str, Any]], at: datetime) -> list[Part]:
    verdicts = []
    for promise in promises_:
        clock = promise["site"].clock
        due = clock.after(promise["start"], promise["target"])
        is_met = (
            promise["stop"] is not None
            and clock.between(promise["start"], promise["stop"]) <= promise["target"]
        )
        judged = promise["stop"] if is_met else due
        if at - timedelta(days=90) < judged <= at:
            verdicts.append(is_met)
    return [(20, 100 * sum(verdicts) / len(verdicts))] if len(verdicts) >= 5 else []


def escalation_parts(tickets: list[Ticket], escalated: set[str], at: datetime) -> list[Part]:
    back = at - timedelta(days=90)
    done = [t[0] in escalated for t in tickets if t[2] and back <= t[2] <= at]
    if len(done) < 5:
        return []
    return [(10, 100 * (1 - min(1, sum(done) / len(done) / 0.3)))]


def loyalty_parts(
    said: list[tuple[Any, ...]], later: dict[str, list[datetime]], at: datetime
) -> list[Part]:
    """Of several answers of one person within ninety days the last one counts."""
    votes = [
        int(answer)
        for when, answer, form, who in said
        if form == "larkspur-nps"
        and at - timedelta(days=180) < when <= at
        and not any(when < other <= when + timedelta(days=90) for other in later[who])
    ]
    if len(votes) < 5:
        return []
    balance = sum(v >= 9 for v in votes) - sum(v <= 6 for v in votes)
    return [(10, 50 + 50 * balance / len(votes))]
