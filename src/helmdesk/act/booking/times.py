"""Times that can be booked: on shift, not on a break, with the skill, not taken, within the limits,
and without taking people whom the team needs.

Time is counted in pieces of five minutes since 1970 (UTC). A call takes whole pieces, and so does
the rest after it; two bookings of one person never share one.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

PIECE_MINUTES = 5
_PIECE = PIECE_MINUTES * 60
DAY = timedelta(days=1)


@dataclass(frozen=True)
class Span:
    """From an instant until another one, which is not part of it; both aware."""

    start: datetime
    end: datetime


@dataclass(frozen=True)
class Terms:
    """What a kind of call takes.

    Attributes:
        minutes: of the call.
        step_minutes: calls begin at every so many minutes of the local day.
        buffer_minutes: after a call before the same person takes another one.
        notice_minutes: nobody books a call that begins sooner than in so many minutes.
        days_ahead: nor one later than in so many days.
        daily_limit: calls a person takes on one local day of the team; all kinds of call count.
        choose_minutes: so long before it begins it is said who calls.
        change_minutes: until so long before it begins the customer may move or cancel it.
        floor: so many people of the team are never taken away by calls.

    Raises:
        ValueError: one of them is out of range; the message says which and what it may be.
    """

    minutes: int = 30
    step_minutes: int = 30
    buffer_minutes: int = 10
    notice_minutes: int = 120
    days_ahead: int = 14
    daily_limit: int = 6
    choose_minutes: int = 60
    change_minutes: int = 60
    floor: int = 1

    def __post_init__(self) -> None:
        for name, low, high, words in (
            ("minutes", 5, 240, "minutes of the call"),
            ("step_minutes", 5, 240, "minutes from one start to the next"),
            ("buffer_minutes", 0, 120, "minutes of rest after the call"),
            ("notice_minutes", 0, 20_160, "minutes of notice"),
            ("days_ahead", 1, 60, "days ahead"),
            ("daily_limit", 1, 50, "calls of one person a day"),
            ("choose_minutes", 0, 2_880, "minutes before the call in which the person is chosen"),
            ("change_minutes", 0, 20_160, "minutes before the call until which it can be changed"),
            ("floor", 0, 1_000, "people who are never taken away"),
        ):
            if not low <= getattr(self, name) <= high:
                raise ValueError(f"{words}: a whole number from {low} to {high}")
        for name, words in (
            ("minutes", "minutes of the call"),
            ("step_minutes", "minutes from one start to the next"),
            ("buffer_minutes", "minutes of rest after the call"),
        ):
            if getattr(self, name) % PIECE_MINUTES:
                raise ValueError(f"{words}: a multiple of {PIECE_MINUTES}")

    @property
    def pieces(self) -> int:
        """How many pieces of time the call takes."""
        return self.minutes // PIECE_MINUTES

    @property
    def whole(self) -> int:
        """How many pieces the call and the rest after it take."""
        return (self.minutes + self.buffer_minutes) // PIECE_MINUTES


@dataclass(frozen=True)
class Host:
    """Somebody of a team who takes calls, in the days looked at.

    Attributes:
        there: pieces at work: on shift, no break, neither absent nor busy elsewhere.
        taken: pieces of bookings, with the rest after them.
        calls: bookings by local day of the team.
        is_known: whether the private calendar is known; who is not known is never free.
    """

    agent: str
    there: frozenset[int]
    taken: frozenset[int] = frozenset()
    calls: Mapping[date, int] = field(default_factory=dict)
    skills: frozenset[str] = frozenset()
    is_known: bool = True


@dataclass(frozen=True)
class Cover:
    """How many people of a team are left for what comes unplanned.

    Attributes:
        left: people at work and in no booked call, by piece.
        need: people who are to be left, by piece: those of Staffing, where the kind of call asks
            for that.
        floor: where `need` says nothing, and never less than this.
    """

    left: Mapping[int, int]
    need: Mapping[int, int] = field(default_factory=dict)
    floor: int = 0

    def spare(self, piece: int) -> int:
        """Return how many people a call may take away in a piece; below 0 the team is short."""
        return self.left.get(piece, 0) - max(self.floor, self.need.get(piece, 0))


@dataclass(frozen=True)
class Slot:
    """A time that can be booked.

    Attributes:
        start: aware UTC.
        agents: who could take it; never shown to a customer.
    """

    start: datetime
    agents: tuple[str, ...]


def piece_of(moment: datetime) -> int:
    """Return the piece that an instant lies in."""
    return int(moment.timestamp()) // _PIECE


def instant_of(piece: int) -> datetime:
    """Return when a piece begins, aware UTC."""
    return datetime.fromtimestamp(piece * _PIECE, UTC)


def inside(spans: Iterable[Span]) -> set[int]:
    """Return the pieces that lie in one of some spans wholly; spans that touch are one."""
    found: set[int] = set()
    for span in joined(spans):
        first = -(-int(span.start.timestamp()) // _PIECE)
        found.update(range(first, piece_of(span.end)))
    return found


def touched(spans: Iterable[Span]) -> set[int]:
    """Return the pieces that spans touch, however little."""
    found: set[int] = set()
    for span in spans:
        if span.end > span.start:
            last = -(-span.end.timestamp() // _PIECE)
            found.update(range(piece_of(span.start), int(last)))
    return found


def joined(spans: Iterable[Span]) -> list[Span]:
    """Return spans in order, those that touch or overlap made one."""
    found: list[Span] = []
    for span in sorted(spans, key=lambda each: (each.start, each.end)):
        if span.end <= span.start:
            continue
        if found and span.start <= found[-1].end:
            found[-1] = Span(found[-1].start, max(found[-1].end, span.end))
        else:
            found.append(span)
    return found


def cover_of(hosts: Sequence[Host], floor: int = 0, need: Mapping[int, int] | None = None) -> Cover:
    """Return how many people of a team are left: also those who take no calls of this kind, and
    those whose private calendar is not known.
    """
    left: Counter[int] = Counter()
    for host in hosts:
        left.update(host.there - host.taken)
    return Cover(left, need or {}, floor)


def local_day(piece: int, zone: ZoneInfo) -> date:
    """Return the day of a piece where the team is."""
    return instant_of(piece).astimezone(zone).date()


def may_take(host: Host, start: int, terms: Terms, skills: frozenset[str], zone: ZoneInfo) -> bool:
    """Whether somebody could take a call that begins with a piece: there for all of it, free for it
    and the rest after it, with every skill, below the daily limit.
    """
    return (
        host.is_known
        and skills <= host.skills
        and all(piece in host.there for piece in range(start, start + terms.pieces))
        and not any(piece in host.taken for piece in range(start, start + terms.whole))
        and host.calls.get(local_day(start, zone), 0) < terms.daily_limit
    )


def is_covered(cover: Cover, start: int, terms: Terms) -> bool:
    """Whether a call leaves the team enough people, in each piece of it and of the rest after it
    in which anybody is at work at all.
    """
    return all(
        cover.spare(piece) >= 1
        for piece in range(start, start + terms.whole)
        if piece < start + terms.pieces or cover.left.get(piece, 0) > 0
    )


def slots(
    terms: Terms,
    hosts: Sequence[Host],
    cover: Cover,
    zone: ZoneInfo,
    now: datetime,
    skills: frozenset[str] = frozenset(),
) -> list[Slot]:
    """Return the times that can be booked, in order.

    Args:
        hosts: people of the team.
        cover: of the whole team, as `cover_of` gives it.
        zone: where the team is: its days, and the minutes at which calls begin.
        now: aware.
    """
    starts = {piece for host in hosts for piece in host.there}
    found = []
    for piece in sorted(starts):
        free = able_at(piece, terms, hosts, cover, zone, now, skills)
        if free:
            found.append(Slot(instant_of(piece), free))
    return found


def able_at(
    piece: int,
    terms: Terms,
    hosts: Sequence[Host],
    cover: Cover,
    zone: ZoneInfo,
    now: datetime,
    skills: frozenset[str] = frozenset(),
) -> tuple[str, ...]:
    """Return who could take a call that begins with a piece; nobody where it cannot be booked."""
    first = -(-int((now + timedelta(minutes=terms.notice_minutes)).timestamp()) // _PIECE)
    if not first <= piece <= piece_of(now + terms.days_ahead * DAY):
        return ()
    if not begins(piece, terms, zone) or not is_covered(cover, piece, terms):
        return ()
    return tuple(host.agent for host in hosts if may_take(host, piece, terms, skills, zone))


def begins(piece: int, terms: Terms, zone: ZoneInfo) -> bool:
    """Whether a call may begin with a piece: at every so many minutes of the local day."""
    local = instant_of(piece).astimezone(zone)
    return (local.hour * 60 + local.minute) % terms.step_minutes == 0
