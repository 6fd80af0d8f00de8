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
        """select any_value(channel), min(agent_id) filter (where type = 'answered'), min(occurred_at) filter (where type = 'answered'),
        max(occurred_at) filter (where type = 'wrap_ended') from leg group by leg_id having count(*) filter (where type = 'wrap_ended') > 0""",
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
        """select any_value(queue_id), min(occurred_at) filter (where type = 'offered'), min(occurred_at) filter (where type = 'answered'),
        min(occurred_at) filter (where type = 'abandoned'), min(occurred_at) filter (where type = 'missed') from leg group by leg_id""",
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
    clocks, absent = sites(), gone(figures)
    facts: dict[str, dict[str, Any]] = {}
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
    tiers = dict(rows(figures, "select entity_id, tier from entity where type = 'account'"))
    found = []
    for ticket, fact in facts.items():
        if ticket in absent:
            continue
        first, resolution = TARGETS[tiers[fact["account"]]]
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
        asked = last_word = solved_at = None
        keeper = "people"
        for place, (at, _, _, what) in enumerate(told):
            if what == "bot_started":
                asked, keeper = None, "bot"
            elif what == "bot_ended":
                keeper = "people"
            elif what == "bot_handoff":
                asked, keeper = asked or at, "handed over"
            elif what == "customer" and keeper != "bot":
                asked, last_word = asked or at, at
            elif what == "human":
                if asked:
                    answered.append((at - asked).total_seconds())
                asked, keeper, last_word = None, "people", None
            elif what in ("bot", "ai_agent") and keeper != "handed over":
                asked = None
            elif what in ("solved", "closed") and solved_at is None:
                solved_at = at
                follows = told[place + 1] if place + 1 < len(told) else None
                if not (
                    follows and follows[3] == "human" and follows[0] <= at + timedelta(minutes=1)
                ):
                    asked = None
            elif what in ("open", "waiting_customer") and solved_at is not None:
                if last_word and last_word > at - timedelta(minutes=1):
                    asked = max(last_word, solved_at)
                solved_at = None
        if asked and solved_at is None:
            waiting.append(asked)
    return answered, waiting


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
        """select agent_id, occurred_at, lead(occurred_at) over (partition by agent_id order by occurred_at), state
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


def health(figures: Figures, at: datetime) -> float:
    """Mean health of all accounts at one instant, from the words of the definition."""
    back, further = at - timedelta(days=90), at - timedelta(days=180)
    absent, clocked = gone(figures), promises(figures)
    scores = []
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
    lives: dict[str, list[tuple[str, datetime, datetime | None]]] = defaultdict(list)
    solved = dict(
        rows(
            figures,
            """with s as (select ticket_id, occurred_at, status = 'solved' as is_solved,
                lag(status = 'solved', 1, false) over (partition by ticket_id order by occurred_at, seq) as was from ticket where type = 'status_changed')
            select ticket_id, case when arg_max(is_solved, occurred_at) then max(occurred_at) filter (where is_solved and not was) end from s group by 1""",
        )
    )
    for ticket, created, account in rows(
        figures, "select ticket_id, occurred_at, account_id from ticket where type = 'created'"
    ):
        if ticket not in absent:
            lives[account].append(
                (ticket, aware(created), aware(solved[ticket]) if solved.get(ticket) else None)
            )
    by_account: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for promise in clocked:
        by_account[promise["account"]].append(promise)
    for account, tickets in lives.items():
        parts: list[tuple[float, float]] = []
        said = [
            (aware(when), answer, form, who)
            for owner, when, answer, form, ticket, who in answers
            if owner == account and ticket not in absent
        ]
        now = [
            answer in "45"
            for when, answer, form, _ in said
            if form == "larkspur-csat" and back < when <= at
        ]
        before = [
            answer in "45"
            for when, answer, form, _ in said
            if form == "larkspur-csat" and further < when <= back
        ]
        if len(now) >= 5:
            parts.append((25, 100 * sum(now) / len(now)))
            if len(before) >= 5:
                parts.append(
                    (
                        10,
                        min(
                            100,
                            max(0, 50 + 250 * (sum(now) / len(now) - sum(before) / len(before))),
                        ),
                    )
                )
        born = [t for t in tickets if back < t[1] <= at]
        unsolved = [t for t in tickets if t[1] <= at and (t[2] is None or t[2] > at)]
        if len(born) >= 5:
            parts.append((10, 100 * (1 - min(1, len(unsolved) / len(born)))))
        if unsolved:
            parts.append(
                (
                    15,
                    100
                    * (1 - sum(t[1] < at - timedelta(days=7) for t in unsolved) / len(unsolved)),
                )
            )
        elif len(born) >= 5:
            parts.append((15, 100))
        verdicts = []
        for promise in by_account[account]:
            clock = promise["site"].clock
            due = clock.after(promise["start"], promise["target"])
            is_met = (
                promise["stop"] is not None
                and clock.between(promise["start"], promise["stop"]) <= promise["target"]
            )
            judged = promise["stop"] if is_met else due
            if back < judged <= at:
                verdicts.append(is_met)
        if len(verdicts) >= 5:
            parts.append((20, 100 * sum(verdicts) / len(verdicts)))
        done = [t[0] in escalated for t in tickets if t[2] and back <= t[2] <= at]
        if len(done) >= 5:
            parts.append((10, 100 * (1 - min(1, sum(done) / len(done) / 0.3))))
        votes = [
            int(answer)
            for when, answer, form, who in said
            if form == "larkspur-nps"
            and further < when <= at
            and not any(when < other <= when + timedelta(days=90) for other in later[who])
        ]
        if len(votes) >= 5:
            parts.append(
                (
                    10,
                    50
                    + 50 * (sum(v >= 9 for v in votes) - sum(v <= 6 for v in votes)) / len(votes),
                )
            )
        if len(parts) >= 2:
            scores.append(
                sum(weight * score for weight, score in parts) / sum(weight for weight, _ in parts)
            )
    return sum(scores) / len(scores)
