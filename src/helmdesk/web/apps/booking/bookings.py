"""Booking, moving and cancelling a call, and what became of it: each in one transaction with its
records and mails.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID, uuid4

from django.db import IntegrityError, transaction
from django.db.models import F

from helmdesk.act.booking.times import piece_of
from helmdesk.act.booking.turns import take_back, turn
from helmdesk.errors import UsageError
from helmdesk.web.apps.booking.doors import can_change, tell
from helmdesk.web.apps.booking.letters import Occasion, write_to_agent, write_to_customer
from helmdesk.web.apps.booking.models import Booking, Link, Member, Piece, State
from helmdesk.web.apps.booking.people import Crew, crew_of, hold
from helmdesk.web.apps.jobs import queue

DAY = timedelta(days=1)


class Outcome(StrEnum):
    """What became of a wish."""

    DONE = "done"
    CLOSED = "closed"
    """The link is used, over or revoked, or the booking cannot be changed any more."""
    GONE = "gone"
    """The time is not free any more, or never was."""


@dataclass(frozen=True)
class Caller:
    """What a customer says of themselves.

    Attributes:
        address: for the invitation; that of the link goes first.
        zone: IANA name, in which they chose the time.
    """

    address: str = ""
    phone: str = ""
    name: str = ""
    note: str = ""
    zone: str = "UTC"


class _Undo(Exception):
    """Takes the transaction back."""


def book(link: Link, start: datetime, caller: Caller) -> tuple[Outcome, Booking | None]:
    """Use a link once and book a call, both or neither, with its invitation and record.

    Args:
        start: aware; one of the times that are offered.
    """
    kind = link.kind
    try:
        with transaction.atomic():
            hold(kind.team)
            moment = queue.now()
            used = Link.objects.filter(
                pk=link.pk,
                uses__lt=F("most"),
                revoked_at=None,
                over_at=None,
                expires_at__gt=moment,
            ).update(uses=F("uses") + 1)
            if not used:
                return Outcome.CLOSED, None
            made = Booking(
                id=link.pk if link.most == 1 else uuid4(),
                kind=kind,
                link=link,
                start_at=start,
                end_at=start + timedelta(minutes=kind.says.minutes),
                ticket_id=link.ticket_id,
                subject=link.subject,
                customer_id=link.customer_id,
                account_id=link.account_id,
                account=link.account,
                caller=caller.name,
                address=link.address or caller.address,
                phone=caller.phone,
                note=caller.note,
                zone=caller.zone,
                created_at=moment.replace(microsecond=0),
            )
            crew = crew_of(kind, start - DAY, start + DAY)
            if not _give_time(made, crew, crew.able_at(start, moment)):
                raise _Undo
            # A call of a link for several has a number of its own: it says whose link it was.
            linked = {} if made.id == link.pk else {"link_id": f"helmdesk:{link.pk}"}
            tell("booked", made.id, made.about, kind, moment, **_times(made), **linked)
            write_to_customer(made, Occasion.BOOKED)
            return Outcome.DONE, made
    except _Undo:
        return Outcome.GONE, None


def _times(booking: Booking) -> dict[str, str]:
    return {
        "start_at": booking.start_at.isoformat(),
        "end_at": booking.end_at.isoformat(),
    }


def _give_time(booking: Booking, crew: Crew, able: tuple[str, ...]) -> bool:
    """Save a booking with the time of somebody who is able; False where nobody has it free by
    now. Who that is may change until the person is chosen.
    """
    left = list(able)
    while left:
        agent = _first(crew, left, str(booking.id))
        booking.agent = agent
        try:
            with transaction.atomic():
                booking.save()
                take_time(booking, agent)
        except IntegrityError:
            left.remove(agent)  # the database knows better
            continue
        return True
    return False


def _first(crew: Crew, able: list[str], seed: str) -> str:
    """Return who holds a call until the person is chosen: those with the fewest skills first, so
    that the others stay free for what only they can do; among them whose turn it is, counting
    what they hold already.
    """
    hosts = {host.agent: host for host in crew.hosts}
    fewest = min(len(hosts[agent].skills) for agent in able)
    plain = [agent for agent in able if len(hosts[agent].skills) == fewest]
    due = {agent: crew.due[agent] - sum(hosts[agent].calls.values()) for agent in plain}
    return turn(due, plain, seed)


def take_time(booking: Booking, agent: str) -> None:
    """Take somebody's time for a booking, in place of whoever's it took before.

    Raises:
        IntegrityError: they have another booking then.
    """
    Piece.objects.filter(booking=booking).delete()
    first = piece_of(booking.start_at)
    rest = timedelta(minutes=booking.kind.says.buffer_minutes)
    Piece.objects.bulk_create(
        Piece(booking=booking, agent=agent, at=piece)
        for piece in range(first, piece_of(booking.end_at + rest))
    )


def free_time(booking: Booking) -> None:
    """Give back the time that a booking took, and the turn it counted for."""
    Piece.objects.filter(booking=booking).delete()
    give_back_turn(booking)


def give_back_turn(booking: Booking) -> None:
    """Let a booking count for nobody: what was split when it was given is taken back."""
    if not booking.shared:
        return
    members = Member.objects.filter(team=booking.kind.team)
    due = dict(members.values_list("agent", "due"))
    for agent, owed in take_back(due, booking.shared, booking.agent).items():
        members.filter(agent=agent).update(due=owed)
    booking.shared, booking.chosen_at = [], None


def move(pk: UUID, start: datetime, zone: str = "") -> tuple[Outcome, Booking | None]:
    """Move a booking to another time that is offered, with a new version of the invitation.

    Args:
        start: aware. zone: in which the customer chose it; empty keeps the one before.
    """
    try:
        with transaction.atomic():
            booking = _held(pk)
            moment = queue.now()
            if booking is None or not can_change(booking, moment):
                return Outcome.CLOSED, booking
            if start == booking.start_at:
                return Outcome.DONE, booking
            crew = crew_of(booking.kind, start - DAY, start + DAY, without=booking)
            able = crew.able_at(start, moment)
            before = booking.agent if booking.chosen_at else ""
            free_time(booking)
            booking.start_at = start
            booking.end_at = start + timedelta(minutes=booking.kind.says.minutes)
            booking.zone = zone or booking.zone
            booking.moves += 1
            booking.sequence += 1
            booking.reminded_at = booking.lost_at = booking.warned_at = None
            if not _give_time(booking, crew, able):
                raise _Undo
            tell("moved", booking.id, booking.about, booking.kind, moment, **_times(booking))
            write_to_customer(booking, Occasion.MOVED)
            if before:
                write_to_agent(booking, before, is_theirs=False)
            return Outcome.DONE, booking
    except _Undo:
        return Outcome.GONE, None


def cancel(pk: UUID, reason: str = "customer", *, by_desk: bool = False) -> Outcome:
    """Cancel a booking and take its invitation back.

    Args:
        reason: in a word, for the records.
        by_desk: also when it is too late for the customer.
    """
    with transaction.atomic():
        booking = _held(pk)
        moment = queue.now()
        if booking is None or booking.state != State.BOOKED:
            return Outcome.CLOSED
        if not by_desk and not can_change(booking, moment):
            return Outcome.CLOSED
        if by_desk and moment >= booking.end_at:
            return Outcome.CLOSED
        chosen = booking.agent if booking.chosen_at else ""
        free_time(booking)
        booking.state, booking.reason, booking.outcome_at = State.CANCELLED, reason, moment
        booking.sequence += 1
        booking.save()
        tell("cancelled", booking.id, booking.about, booking.kind, moment, reason=reason)
        write_to_customer(booking, Occasion.CANCELLED)
        if chosen:
            write_to_agent(booking, chosen, is_theirs=False)
        return Outcome.DONE


def conclude(pk: UUID, state: State) -> Outcome:
    """Say what became of a call once it was to begin: it took place, or the customer was not there.
    Once said it stays.

    Raises:
        UsageError: neither of the two.
    """
    if state not in (State.HELD, State.NO_SHOW):
        raise UsageError("say that the call took place, or that the customer was not there")
    with transaction.atomic():
        booking = _held(pk)
        moment = queue.now()
        if booking is None or booking.state != State.BOOKED or moment < booking.start_at:
            return Outcome.CLOSED
        booking.state, booking.outcome_at = state, moment
        booking.save()
        more = {"agent_id": booking.agent} if state == State.HELD and booking.agent else {}
        record = "held_booking" if state == State.HELD else "no_show"
        tell(record, booking.id, booking.about, booking.kind, moment, **more)
        return Outcome.DONE


def _held(pk: UUID) -> Booking | None:
    """Return a booking that nobody else changes meanwhile: its team's row is held first, as when
    calls are booked.
    """
    found = Booking.objects.select_related("kind").filter(pk=pk).first()
    if found is None:
        return None
    hold(found.kind.team)
    return Booking.objects.select_for_update(of=("self",)).select_related("kind").get(pk=pk)


def pieces_of(booking: Booking) -> frozenset[int]:
    """Return the pieces of time that a booking takes from whoever takes it."""
    rest = timedelta(minutes=booking.kind.says.buffer_minutes)
    return frozenset(range(piece_of(booking.start_at), piece_of(booking.end_at + rest)))
