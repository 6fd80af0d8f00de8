"""Who takes a call: chosen shortly before it, and given to somebody else when they are not there.

Until then a call lies in the time of one of those who could take it, and may change hands without
anybody noticing.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from helmdesk.act.booking.turns import Board, Call, accrue, give
from helmdesk.web.apps.booking.bookings import give_back_turn, pieces_of, take_time
from helmdesk.web.apps.booking.letters import (
    Occasion,
    write_to_agent,
    write_to_customer,
    write_to_leads,
)
from helmdesk.web.apps.booking.models import Booking, CallType, Member, Piece, State
from helmdesk.web.apps.booking.people import Crew, crew_of, hold
from helmdesk.web.apps.jobs import queue

WARNING = timedelta(hours=2)
"""Nobody who can take a call is told so long before it at the latest, where it is known by then."""
DAY = timedelta(days=1)
LONGEST_CHOICE = timedelta(minutes=2880)


def choose_due() -> int:
    """Choose who takes the calls whose time for that has come; return how many were given."""
    moment = queue.now()
    rows = Booking.objects.filter(
        state=State.BOOKED,
        chosen_at=None,
        start_at__gt=moment,
        start_at__lte=moment + LONGEST_CHOICE,
    ).select_related("kind")
    return sum(
        choose(row.pk)
        for row in rows
        if row.start_at - timedelta(minutes=row.kind.says.choose_minutes) <= moment
    )


def choose(pk: UUID) -> bool:
    """Give a call for good to whoever of those free is owed the most; False where nobody is, or it
    was given already.
    """
    found = Booking.objects.select_related("kind").filter(pk=pk).first()
    if found is None:
        return False
    with transaction.atomic():
        hold(found.kind.team)
        booking = Booking.objects.select_for_update(of=("self",)).select_related("kind").get(pk=pk)
        if booking.state != State.BOOKED or booking.chosen_at is not None:
            return False
        crew = _crew(booking.kind, [booking], without=booking)
        whole = pieces_of(booking)
        hosts = {host.agent: host for host in crew.hosts}
        able = sorted(
            agent
            for agent in crew.there_at(booking.start_at, booking.end_at)
            if not whole & hosts[agent].taken and (hosts[agent].is_known or agent == booking.agent)
        )
        if not able:
            return False
        agent, owed = accrue(crew.due, able, str(booking.id))
        _keep_due(booking.kind.team, owed)
        if agent != booking.agent:
            take_time(booking, agent)
        booking.agent, booking.shared, booking.chosen_at = agent, able, queue.now()
        booking.lost_at = booking.warned_at = None
        booking.save()
        write_to_agent(booking, agent, is_theirs=True)
        return True


def _keep_due(team: str, owed: dict[str, float]) -> None:
    for agent, due in owed.items():
        Member.objects.filter(team=team, agent=agent).update(due=due)


def _crew(kind: CallType, bookings: list[Booking], without: Booking | None = None) -> Crew:
    first = min(row.start_at for row in bookings)
    last = max(row.end_at for row in bookings)
    return crew_of(kind, first - DAY, last + DAY, without)


def settle(team: str) -> list[Booking]:
    """Look whether whoever holds the calls to come of a team can take them still, and give to
    others what they cannot, changing as little as can be; return the calls that nobody can take.

    Those stay booked, without anybody: a lead is told at once, and they are tried again every time.
    """
    with transaction.atomic():
        hold(team)
        moment = queue.now()
        rows = list(
            Booking.objects.select_for_update(of=("self",))
            .select_related("kind")
            .filter(kind__team=team, state=State.BOOKED, start_at__gt=moment)
        )
        if not rows:
            return []
        crews = {
            kind.pk: _crew(kind, rows) for kind in {row.kind.pk: row.kind for row in rows}.values()
        }
        others = _others(rows)
        board: Board[UUID] = Board.of(
            (_call(row, crews[row.kind.pk], others) for row in rows),
            {row.pk: row.agent for row in rows if row.agent},
        )
        orders = {
            row.pk: sorted(
                board.calls[row.pk].able, key=lambda agent, c=crews[row.kind.pk]: -c.due[agent]
            )
            for row in rows
        }
        lost = set(board.settle(orders))
        _apply(rows, board)
        left = [row for row in rows if row.pk in lost]
        _warn(left, moment)
        return left


def _others(rows: list[Booking]) -> dict[str, set[int]]:
    """Return the time that other bookings take, by agent: of other teams, and those that began."""
    found: dict[str, set[int]] = {}
    first = min(min(pieces_of(row)) for row in rows)
    pieces = Piece.objects.filter(at__gte=first).exclude(booking__in=rows)
    for agent, at in pieces.values_list("agent", "at"):
        found.setdefault(agent, set()).add(at)
    return found


def _call(row: Booking, crew: Crew, others: Mapping[str, set[int]]) -> Call[UUID]:
    """Return a booking as it matters to who takes it: who is qualified, there, and in no booking
    that is not on the board, and whose private calendar is known, or who holds it already.
    """
    pieces = pieces_of(row)
    known = {host.agent for host in crew.hosts if host.is_known} | {row.agent}
    there = crew.there_at(row.start_at, row.end_at) & known
    able = frozenset(agent for agent in there if not others.get(agent, set()) & pieces)
    return Call(row.pk, able, pieces, is_movable=row.chosen_at is None)


def _apply(rows: list[Booking], board: Board[UUID]) -> None:
    changed = [row for row in rows if board.held.get(row.pk, "") != row.agent]
    # First all that is given away, so that nobody has two calls at a time for a moment.
    Piece.objects.filter(booking__in=changed).delete()
    for row in changed:
        before, chosen = row.agent, row.chosen_at
        agent = board.held.get(row.pk, "")
        give_back_turn(row)
        row.agent = agent
        if agent:
            take_time(row, agent)
            row.lost_at = row.warned_at = None
            if chosen is not None:
                _choose_again(row, board)
        if chosen is not None and before:
            write_to_agent(row, before, is_theirs=False)
        row.save()


def _choose_again(row: Booking, board: Board[UUID]) -> None:
    able = sorted(board.calls[row.pk].able)
    due = dict(Member.objects.filter(team=row.kind.team).values_list("agent", "due"))
    _keep_due(row.kind.team, give(due, able, row.agent))
    row.shared, row.chosen_at = able, queue.now()
    write_to_agent(row, row.agent, is_theirs=True)


def _warn(lost: list[Booking], moment: datetime) -> None:
    new = [row for row in lost if row.warned_at is None]
    for row in new:
        row.lost_at = row.lost_at or moment
        row.warned_at = moment
        row.save(update_fields=["lost_at", "warned_at"])
    if new:
        write_to_leads(new)


def teams_with_calls() -> list[str]:
    """Return the teams that have calls to come."""
    to_come = Booking.objects.filter(state=State.BOOKED, start_at__gt=queue.now())
    return sorted(set(to_come.values_list("kind__team", flat=True)))


def remind_due() -> int:
    """Remind customers of calls a day before; return how many. Who booked later than that is not
    reminded.
    """
    moment = queue.now()
    rows = Booking.objects.filter(
        state=State.BOOKED,
        reminded_at=None,
        start_at__gt=moment,
        start_at__lte=moment + DAY,
    )
    reminded = 0
    for pk in list(rows.values_list("pk", flat=True)[:500]):
        with transaction.atomic():
            row = (
                Booking.objects.select_for_update(of=("self",))
                .select_related("kind")
                .filter(pk=pk, state=State.BOOKED, reminded_at=None, agent__gt="")
                .first()
            )
            if row is None:
                continue
            row.reminded_at = moment
            row.save(update_fields=["reminded_at"])
            if row.start_at - row.created_at > DAY:
                write_to_customer(row, Occasion.REMINDER)
                reminded += 1
    return reminded


def ask_to_move(pk: UUID) -> bool:
    """Ask a customer to choose another time, where nobody can take the call; whether that could be
    written.
    """
    with transaction.atomic():
        row = Booking.objects.select_for_update(of=("self",)).select_related("kind").get(pk=pk)
        if row.state != State.BOOKED or row.start_at <= queue.now():
            return False
        return write_to_customer(row, Occasion.ASKED_TO_MOVE) is not None


def note_absence(
    agent: str, start: datetime, end: datetime, person: object = None
) -> list[Booking]:
    """Note that somebody is not there, and give their calls to others at once; return those that
    nobody can take.

    Args:
        agent: identity in the data. start, end: aware.
    """
    from helmdesk.web.apps.booking.models import Absence

    Absence.objects.create(
        agent=agent, start_at=start, end_at=end, person=person, created_at=timezone.now()
    )
    lost: list[Booking] = []
    teams = Member.objects.filter(agent=agent).values_list("team", flat=True)
    for team in sorted(set(teams)):
        lost += settle(team)
    return lost
