"""A queue in suggest or assign: its tickets are read from the helpdesk, decided and written, each
only while nobody has touched it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from helmdesk.act.routing.assign import decide
from helmdesk.act.routing.decision import Decision as Made
from helmdesk.act.routing.helpdesk import Helpdesk
from helmdesk.act.routing.modes import Mode
from helmdesk.act.routing.record import kept
from helmdesk.act.routing.snapshot import Contact
from helmdesk.act.routing.words import why_first, why_person
from helmdesk.act.routing.writing import (
    LOOKED_BACK,
    UNDONE_SECONDS,
    Outcome,
    Wanted,
    Write,
    is_to_stop,
    left_to_spend,
    settled,
    write_one,
)
from helmdesk.desk.connections import Connections
from helmdesk.desk.desk import Desk
from helmdesk.desk.questions import Questions
from helmdesk.errors import HelmdeskError
from helmdesk.plan.routing.floor import UNITS
from helmdesk.plan.routing.habits import habits_of
from helmdesk.plan.routing.live import live_snapshot
from helmdesk.plan.routing.replay import LEARNED_WEEKS, History
from helmdesk.query.words import show_duration
from helmdesk.web.apps.jobs.queue import now
from helmdesk.web.apps.routing.looking import ROUTING, risks_of
from helmdesk.web.apps.routing.models import Decision, Look, ModeChange, RoutedQueue, is_stopped

UNDONE_TOO_OFTEN = (
    "people gave more than a fifth of these tickets to somebody else within ten minutes; it went"
    " back to shadow"
)


def write_queue(desk: Desk, queue: RoutedQueue, tell: Callable[[str], None]) -> None:
    """Look at a queue in its helpdesk, and write what is decided; what goes wrong is noted."""
    try:
        connections = Connections(desk.path)
        connection = connections.get(queue.connection)
        make = connection.connector.write
        if make is None:
            raise HelmdeskError(f"nothing is written to {connection.connector.title}")
        api = connections.open(connection)
        try:
            _Turn(desk.as_seen_by(ROUTING), queue, make(api), tell).go()
        finally:
            api.close()
    except HelmdeskError as error:
        RoutedQueue.objects.filter(pk=queue.pk).update(problem=str(error)[:300])


class _Turn:
    """One look with its writes."""

    def __init__(
        self, desk: Questions, queue: RoutedQueue, helpdesk: Helpdesk, tell: Callable[[str], None]
    ) -> None:
        self.desk, self.queue, self.helpdesk, self.tell = desk, queue, helpdesk, tell
        self.mode = Mode(queue.mode)
        self.prefix = f"{queue.connection}:"

    def go(self) -> None:
        """Settle what is open, stop where people undo it, else decide and write."""
        self._settle()
        self._see_undone()
        writes = self._writes()
        if is_to_stop(writes, now().timestamp()):
            self._go_back()
            return
        left = left_to_spend(writes, self.helpdesk.writes_per_minute, now().timestamp())
        self.tell("reading the helpdesk")
        moment = now()
        states = self.helpdesk.open_tickets(self.queue.name)
        begin = moment - timedelta(weeks=LEARNED_WEEKS)
        history = self.desk.plan.routing_past(_naive(begin), _naive(moment))
        habits = habits_of(history.stays, (), history.duty)
        rules = replace(self.queue.known_rules, units={}, other_units=UNITS)
        snapshot = live_snapshot(
            states, history, habits, self.queue.name, self.queue.owed, risks_of(self.desk),
            moment.timestamp(), self._theirs, self._standing(),
        )  # fmt: skip
        # Refuses what took so long to read that it says nothing of now.
        tick = decide(snapshot, rules, now().timestamp())
        chosen = [each for each in tick.decisions if each.agent]
        self._found(len(states), len(chosen))
        if not chosen:
            return
        row = kept(snapshot, rules, now().timestamp(), tick)
        look = Look.objects.create(
            queue=self.queue, at=moment, content=row.content, digest=row.digest
        )
        by_id = {each.id: each for each in snapshot.contacts}
        given = dict(self.queue.owed)
        for each in chosen:
            if left <= 0:
                break  # what waits is decided anew in the next minute
            made = self._row(look, each, by_id[each.contact], history, moment)
            outcome = self._write(made, each)
            left -= outcome is Outcome.WRITTEN
            Decision.objects.filter(pk=made.pk).update(written=outcome.value, written_at=now())
            if outcome is Outcome.WRITTEN:
                given[each.agent] = tick.owed[each.agent]
        RoutedQueue.objects.filter(pk=self.queue.pk).update(owed=given)

    def _found(self, tickets: int, named: int) -> None:
        RoutedQueue.objects.filter(pk=self.queue.pk).update(
            looked_at=now(),
            problem="",
            words=f"{tickets:,} open tickets; somebody was named for {named:,}",
        )

    def _theirs(self, own: str) -> str:
        return own.removeprefix(self.prefix)

    def _row(
        self, look: Look, made: Made, contact: Contact, history: History, moment: datetime
    ) -> Decision:
        names = {self._theirs(person): name for person, name in history.names.items()}
        return Decision.objects.create(
            queue=self.queue,
            look=look,
            contact=made.contact,
            ticket=made.contact,
            entered_at=datetime.fromtimestamp(contact.arrived_at, UTC),
            at=moment,
            agent=made.agent,
            agent_name=names.get(made.agent, made.agent),
            cause=made.cause.value,
            reasons=[
                *why_first(made, contact, moment.timestamp(), show_duration),
                *why_person(made),
            ],
            possible=made.possible,
            known_by=list(contact.known_by),
            knows=made.agent in contact.known_by,
        )

    def _write(self, row: Decision, made: Made) -> Outcome:
        note = f"Routing would give this to {row.agent_name}: {'; '.join(row.reasons)}."
        wanted = Wanted(
            made.contact, self.queue.name, made.assignee, made.version, made.agent, note
        )

        def begin() -> None:
            Decision.objects.filter(pk=row.pk).update(written=Outcome.BEGUN.value, written_at=now())

        return write_one(
            self.helpdesk,
            wanted,
            self.mode,
            is_preview=self.queue.is_preview,
            may_go_on=self._may_go_on,
            begin=begin,
        )

    def _may_go_on(self) -> bool:
        """Whether nobody stopped or switched it since."""
        same = RoutedQueue.objects.filter(pk=self.queue.pk, mode=self.queue.mode)
        return not is_stopped() and same.filter(is_preview=self.queue.is_preview).exists()

    def _standing(self) -> dict[str, str]:
        """Return whom somebody was named for in this mode, by ticket: each is written once."""
        done = (Outcome.WRITTEN.value, Outcome.PREVIEW.value)
        rows = Decision.objects.filter(queue=self.queue, written__in=done, at__gte=self.queue.since)
        return dict(rows.order_by("at", "pk").values_list("ticket", "agent"))

    def _settle(self) -> None:
        """Find out about writes that were begun when the worker was killed."""
        for row in Decision.objects.filter(queue=self.queue, written=Outcome.BEGUN.value):
            look = next(each for each in row.look.again().decisions if each.contact == row.contact)
            wanted = Wanted(row.contact, self.queue.name, look.assignee, look.version, row.agent)
            outcome = settled(self.helpdesk, wanted, self.mode)
            Decision.objects.filter(pk=row.pk).update(written=outcome.value)

    def _see_undone(self) -> None:
        """Note which of the latest writes people have undone."""
        since = now() - timedelta(seconds=UNDONE_SECONDS)
        written = Decision.objects.filter(
            queue=self.queue, written=Outcome.WRITTEN.value, written_at__gte=since, undone_at=None
        )
        for row in written if self.mode is Mode.ASSIGN else ():
            state = self.helpdesk.read(row.ticket)
            if state is not None and state.assignee != row.agent:
                Decision.objects.filter(pk=row.pk).update(undone_at=now())

    def _writes(self) -> list[Write]:
        since = now() - timedelta(seconds=LOOKED_BACK)
        rows = Decision.objects.filter(
            queue__connection=self.queue.connection,
            written=Outcome.WRITTEN.value,
            written_at__gte=since,
        )
        return [
            Write(row.written_at.timestamp(), row.undone_at.timestamp() if row.undone_at else None)
            for row in rows
            if row.written_at is not None
        ]

    def _go_back(self) -> None:
        RoutedQueue.objects.filter(pk=self.queue.pk).update(
            mode=Mode.SHADOW.value, since=now(), is_preview=True, problem=UNDONE_TOO_OFTEN
        )
        ModeChange.objects.create(queue=self.queue, mode=Mode.SHADOW.value, words=UNDONE_TOO_OFTEN)


def _naive(moment: datetime) -> datetime:
    return moment.astimezone(UTC).replace(tzinfo=None)
