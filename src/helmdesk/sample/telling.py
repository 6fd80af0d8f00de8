"""Writes what happens on one ticket, as records."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime

from helmdesk.sample.company import END, Agent
from helmdesk.sample.demand import Arrival
from helmdesk.sample.words import text_of
from helmdesk.sample.writer import Writer

# The export was taken at this instant: nothing later has happened yet.
HORIZON = datetime(END.year, END.month, END.day, tzinfo=UTC)


@dataclass
class Spoken:
    """One message, before its words are chosen.

    Attributes:
        says: what it does, as `words` names it. step: its place on the ticket. agent: name.
    """

    says: str
    step: int
    at: datetime
    actor: str
    kind: str
    agent: str


@dataclass
class Telling:
    """Writes the records of one ticket, in order, up to the horizon. Messages come last: what the
    first reply says depends on what becomes of the ticket.
    """

    writer: Writer
    arrival: Arrival
    step: int = 0
    spoken: list[Spoken] = field(default_factory=list)

    def say(self, type_name: str, at: datetime, **columns: object) -> bool:
        """Write one record; False when it lies beyond the horizon and so has not happened."""
        if at >= HORIZON:
            return False
        self.step += 1
        self.writer.add(
            type_name,
            f"{self.arrival.ticket_id}:{self.step}",
            at,
            ticket_id=self.arrival.ticket_id,
            **columns,
        )
        return True

    def message(self, at: datetime, actor: Agent | str, kind: str, says: str) -> bool:
        """Note one message; False beyond the horizon."""
        if at >= HORIZON:
            return False
        self.step += 1
        who, name = (actor, "") if isinstance(actor, str) else (actor.id, actor.name)
        self.spoken.append(Spoken(says, self.step, at, who, kind, name))
        return True

    def first_reply_says(self, says: str) -> None:
        """Let the first reply of a person do something else than answer."""
        for each in self.spoken:
            if each.kind == "human":
                each.says = says
                return

    def write_messages(self) -> None:
        """Write the messages with their words."""
        arrival = self.arrival
        for each in self.spoken:
            record = f"{arrival.ticket_id}:{each.step}"
            first_name = each.agent.partition(" ")[0]
            self.writer.add(
                "message",
                record,
                each.at,
                ticket_id=arrival.ticket_id,
                seq=each.step,
                actor_id=each.actor,
                actor_kind=each.kind,
                channel=arrival.channel,
                direction="inbound" if each.kind == "customer" else "outbound",
                visibility="public",
                is_automated=each.kind == "automation",
                text=text_of(each.says, record, arrival.issue_type, arrival.channel, first_name),
            )

    def status(self, at: datetime, status: str, actor: str | None, kind: str) -> bool:
        """Write one change of status."""
        return self.say(
            "status_changed",
            at,
            seq=self.step,
            actor_id=actor,
            actor_kind=kind,
            status=status,
            status_raw=status,
        )

    def assign(self, at: datetime, agent: str, team: str) -> bool:
        """Write one assignment; an empty agent is the team's queue."""
        return self.say(
            "assigned", at, seq=self.step, actor_kind="automation", agent_id=agent, team_id=team
        )
