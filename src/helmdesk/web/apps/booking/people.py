"""Who takes calls: people of a team with their shifts, absences, private times and bookings."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from django.db import transaction

from helmdesk.act.booking.feeds import is_stale
from helmdesk.act.booking.times import (
    Cover,
    Host,
    Slot,
    Span,
    able_at,
    cover_of,
    inside,
    instant_of,
    local_day,
    piece_of,
    slots,
    touched,
)
from helmdesk.desk.contents import PlannedTime
from helmdesk.desk.desk import Desk
from helmdesk.errors import HelmdeskError
from helmdesk.plan.crews import find_crew
from helmdesk.plan.shifts.publish import instant
from helmdesk.query.policy import OWNER
from helmdesk.web.apps.booking.models import (
    Absence,
    Booking,
    Busy,
    Calendar,
    CallType,
    Member,
    Need,
    Piece,
    Shift,
    Team,
)
from helmdesk.web.apps.jobs import queue
from helmdesk.web.apps.planning.models import planners_know

DAY = timedelta(days=1)
AHEAD_DAYS = 63
NEED_DAYS = 21


@dataclass(frozen=True)
class Crew:
    """The people of a team in some days, as one kind of call asks for them.

    Attributes:
        hosts: all people of the team.
        due: calls that each is owed.
    """

    kind: CallType
    hosts: tuple[Host, ...]
    cover: Cover
    due: Mapping[str, float]

    @property
    def skills(self) -> frozenset[str]:
        """What whoever takes the call has."""
        return frozenset(self.kind.skills)

    def slots(self, now: datetime) -> list[Slot]:
        """Return the times that can be booked."""
        terms = self.kind.says
        return slots(terms, self.hosts, self.cover, self.kind.own_zone, now, self.skills)

    def able_at(self, start: datetime, now: datetime) -> tuple[str, ...]:
        """Return who could take a call from an instant on; nobody where it cannot be booked."""
        piece = piece_of(start)
        if start != instant_of(piece):
            return ()
        kind = self.kind
        return able_at(piece, kind.says, self.hosts, self.cover, kind.own_zone, now, self.skills)

    def there_at(self, start: datetime, end: datetime) -> frozenset[str]:
        """Return who is qualified and at work for all of a time, whatever else they have."""
        call = range(piece_of(start), piece_of(end))
        return frozenset(
            host.agent
            for host in self.hosts
            if self.skills <= host.skills and all(piece in host.there for piece in call)
        )


def crew_of(kind: CallType, start: datetime, end: datetime, without: Booking | None = None) -> Crew:
    """Return the people of a kind of call from one instant until another.

    Args:
        without: a booking that is looked at as if it were not there.
    """
    members = list(Member.objects.filter(team=kind.team, is_present=True))
    agents = [member.agent for member in members]
    work = _work(kind, agents, start, end)
    away = _absences(agents, start, end)
    busy, unknown = _private(agents, start, end)
    zone = kind.own_zone
    first = datetime.combine(start.astimezone(zone).date(), datetime.min.time(), zone)
    taken, calls = _bookings(agents, first, end + DAY, zone, without)
    hosts = tuple(
        Host(
            member.agent,
            frozenset(
                inside(work.get(member.agent, ()))
                - touched([*away.get(member.agent, ()), *busy.get(member.agent, ())])
            ),
            frozenset(taken.get(member.agent, ())),
            calls.get(member.agent, {}),
            frozenset(member.skills),
            member.agent not in unknown,
        )
        for member in members
    )
    need = _need(kind, start, end) if kind.asks_staffing else {}
    return Crew(
        kind,
        hosts,
        cover_of(hosts, kind.says.floor, need),
        {member.agent: member.due for member in members},
    )


def crew_to_book(kind: CallType, now: datetime, without: Booking | None = None) -> Crew:
    """Return the people of a kind of call in all the days that can be booked."""
    end = now + timedelta(days=kind.says.days_ahead + 1)
    return crew_of(kind, now - DAY, end, without)


def _work(
    kind: CallType, agents: Iterable[str], start: datetime, end: datetime
) -> dict[str, list[Span]]:
    found: dict[str, list[Span]] = defaultdict(list)
    team = Team.objects.filter(name=kind.team).first()
    if team is not None and team.shifts_until is not None:
        rows = Shift.objects.filter(team=kind.team, end_at__gt=start, start_at__lt=end)
        for agent, begins, ends in rows.values_list("agent", "start_at", "end_at"):
            found[agent].append(Span(begins, ends))
        return found
    usual = kind.usual
    if usual is None:
        return found
    weekdays, opens, closes = usual
    zone, chosen = kind.own_zone, set(kind.members)
    day = start.astimezone(zone).date()
    while day <= end.astimezone(zone).date():
        if day.weekday() in weekdays:
            span = Span(
                *(datetime.combine(day, at, zone).astimezone(UTC) for at in (opens, closes))
            )
            for agent in agents:
                if agent in chosen:
                    found[agent].append(span)
        day += DAY
    return found


def _absences(agents: Iterable[str], start: datetime, end: datetime) -> dict[str, list[Span]]:
    found: dict[str, list[Span]] = defaultdict(list)
    rows = Absence.objects.filter(agent__in=agents, end_at__gt=start, start_at__lt=end)
    for agent, begins, ends in rows.values_list("agent", "start_at", "end_at"):
        found[agent].append(Span(begins, ends))
    return found


def _private(
    agents: Iterable[str], start: datetime, end: datetime
) -> tuple[dict[str, list[Span]], set[str]]:
    """Return the busy times of private calendars, and whose calendar tells nothing."""
    now = queue.now()
    calendars = list(Calendar.objects.filter(agent__in=agents))
    unknown = {each.agent for each in calendars if is_stale(each.fetched_at, now)}
    found: dict[str, list[Span]] = defaultdict(list)
    rows = Busy.objects.filter(calendar__in=calendars, end_at__gt=start, start_at__lt=end)
    for agent, begins, ends in rows.values_list("calendar__agent", "start_at", "end_at"):
        found[agent].append(Span(begins, ends))
    return found, unknown


def _bookings(
    agents: Iterable[str],
    start: datetime,
    end: datetime,
    zone: ZoneInfo,
    without: Booking | None,
) -> tuple[dict[str, set[int]], dict[str, dict[date, int]]]:
    """Return the pieces of bookings, and how many there are by local day, by agent."""
    taken: dict[str, set[int]] = defaultdict(set)
    first: dict[tuple[str, object], int] = {}
    rows = Piece.objects.filter(agent__in=agents, at__gte=piece_of(start), at__lt=piece_of(end))
    if without is not None:
        rows = rows.exclude(booking=without)
    for agent, at, booking in rows.values_list("agent", "at", "booking"):
        taken[agent].add(at)
        first[agent, booking] = min(at, first.get((agent, booking), at))
    calls: dict[str, dict[date, int]] = defaultdict(lambda: defaultdict(int))
    for (agent, _), at in first.items():
        calls[agent][local_day(at, zone)] += 1
    return taken, calls


def _need(kind: CallType, start: datetime, end: datetime) -> dict[int, int]:
    found: dict[int, int] = {}
    rows = Need.objects.filter(team=kind.team, end_at__gt=start, start_at__lt=end)
    for begins, ends, people in rows.values_list("start_at", "end_at", "people"):
        for piece in range(piece_of(begins), piece_of(ends)):
            found[piece] = max(people, found.get(piece, 0))
    return found


def hold(name: str) -> Team:
    """Keep everybody else from deciding about a team's calls, with the transaction around."""
    Team.objects.get_or_create(name=name)
    return Team.objects.select_for_update().get(name=name)


def names_of(team: str) -> dict[str, str]:
    """Return how the people of a team are called, by identity; for its leads and themselves."""
    return dict(Member.objects.filter(team=team).values_list("agent", "name"))


# -- reading the desk ------------------------------------------------------------------------------


def read_teams(desk: Desk, *, is_forced: bool = False) -> list[str]:
    """Read the people and shifts of all teams that take calls, where the marts are newer than what
    was read, or a day has passed; return the names of the teams that were.
    """
    version, now = desk.marts.version(), queue.now()
    kinds: dict[str, list[CallType]] = defaultdict(list)
    for kind in CallType.objects.all():
        kinds[kind.team].append(kind)
    due = [
        name
        for name in kinds
        if is_forced or _is_due(Team.objects.filter(name=name).first(), version, now)
    ]
    if due:
        planned = desk.planned_times((now - DAY).astimezone(UTC).replace(tzinfo=None))
        ids = {row["name"] or row["entity_id"]: row["entity_id"] for row in _teams(desk)}
        for name in due:
            mine = [each for each in planned if each.team == name]
            _keep(name, ids.get(name, ""), mine, kinds[name], version, now)
    return due


def _teams(desk: Desk) -> list[dict[str, str]]:
    return list(desk.definitions().get("teams", ())) if desk.marts.version() is not None else []


def _is_due(team: Team | None, version: int | None, now: datetime) -> bool:
    return (
        team is None
        or team.read_version != version
        or team.read_at is None
        or not timedelta() <= now - team.read_at < DAY
    )


def _keep(
    name: str,
    key: str,
    planned: list[PlannedTime],
    kinds: list[CallType],
    version: int | None,
    now: datetime,
) -> None:
    work: dict[str, list[Span]] = defaultdict(list)
    other: dict[str, list[Span]] = defaultdict(list)
    known: dict[str, tuple[str, list[str]]] = {}
    for each in planned:
        span = Span(each.start_at.replace(tzinfo=UTC), each.end_at.replace(tzinfo=UTC))
        (work if each.activity == "work" else other)[each.agent].append(span)
        known[each.agent] = (each.name, sorted(each.skills))
    if not known:
        chosen = sorted({agent for kind in kinds for agent in kind.members})
        skills = sorted({skill for kind in kinds for skill in kind.skills})
        known = {agent: (agent, skills) for agent in chosen}
    end = now + AHEAD_DAYS * DAY
    with transaction.atomic():
        team = hold(name)
        Member.objects.filter(team=name).exclude(agent__in=known).update(is_present=False)
        for agent, (called, skills) in known.items():
            Member.objects.update_or_create(
                team=name,
                agent=agent,
                defaults={"name": called, "skills": skills, "is_present": True},
            )
        Shift.objects.filter(team=name).delete()
        Shift.objects.bulk_create(
            Shift(team=name, agent=agent, start_at=span.start, end_at=span.end)
            for agent, spans in work.items()
            for span in cut(spans, other.get(agent, ()))
            if span.start < end
        )
        team.key = key
        team.shifts_until = max((s.end for spans in work.values() for s in spans), default=None)
        team.read_version, team.read_at = version, now
        team.save()


def cut(spans: Iterable[Span], away: Iterable[Span]) -> list[Span]:
    """Return spans without the parts that lie in others, in order."""
    left = sorted(spans, key=lambda each: each.start)
    for gap in away:
        left = [
            part
            for span in left
            for part in (
                Span(span.start, min(span.end, gap.start)),
                Span(max(span.start, gap.end), span.end),
            )
            if part.start < part.end
        ]
    return left


def read_needs(desk: Desk) -> None:
    """Read from Staffing how many people each team needs, where a kind of call asks for that; why
    it cannot be told is noted at the team.
    """
    names = CallType.objects.filter(asks_staffing=True).values_list("team", flat=True)
    for name in sorted(set(names)):
        problem, rows = "", []
        try:
            rows = _needs(desk, name)
        except HelmdeskError as error:
            problem = f"Staffing does not tell how many people are needed: {error}"
        with transaction.atomic():
            hold(name)
            if rows:
                Need.objects.filter(team=name).delete()
                Need.objects.bulk_create(rows)
            Team.objects.filter(name=name).update(problem=problem[:300])


def _needs(desk: Desk, name: str) -> list[Need]:
    zone = ZoneInfo(desk.settings.time_zone)
    plan = desk.as_seen_by(OWNER).plan
    first = find_crew(plan.crews(), name).demand.last_day + DAY
    start = max(first, queue.now().astimezone(zone).date())
    found = plan.coverage(name, start=start, days=NEED_DAYS, factors=planners_know())
    made = found.plan.forecast
    minutes = made.interval_minutes
    rows = []
    for day, row in enumerate(found.plan.agents):
        for place, people in enumerate(row):
            if people >= 1:
                start, end = (
                    instant(made.first_day, day, (place + step) * minutes, zone) for step in (0, 1)
                )
                rows.append(Need(team=name, start_at=start, end_at=end, people=int(people)))
    return rows
