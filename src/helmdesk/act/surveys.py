"""Whom to ask, when, and why not: decisions of surveys, without a database.

Everybody who was helped and falls under a rule is either asked or has a reason why not, so that
those asked and those held back are always all of them.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from enum import StrEnum
from uuid import UUID
from zoneinfo import ZoneInfo

from helmdesk.act import links

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
WORKDAYS = 5
BURST, BURST_SECONDS, EARLY_SECONDS = 3, 10.0, 5.0
"""So many different ratings opened within so many seconds, or one so soon after sending: a program
that follows links."""
SOFT_BOUNCES = 3
MOST_COMMENT = 2000
THEIR_ADDRESS = re.compile(
    r"((requester|customer|contact|client|reporter|caller|sender|from|user)_)?e_?mail(_address)?"
)


class Kind(StrEnum):
    """What an instrument asks for."""

    CSAT = "csat"
    CES = "ces"
    NPS = "nps"
    FCR = "fcr"
    ESAT = "esat"
    ENPS = "enps"

    @property
    def is_pulse(self) -> bool:
        """Whether it asks the people of the desk, without a name."""
        return self in (Kind.ESAT, Kind.ENPS)


@dataclass(frozen=True)
class Scale:
    """The answers that a kind of instrument takes.

    Attributes:
        answers: in the order in which they are offered.
        positive, negative: those that are good and bad; the others are neither.
        ends: lowest and highest number; empty where answers are words.
    """

    answers: tuple[str, ...]
    positive: tuple[str, ...]
    negative: tuple[str, ...]
    ends: tuple[int, ...] = ()

    @property
    def neutral(self) -> tuple[str, ...]:
        """Answers that are neither good nor bad."""
        return tuple(each for each in self.answers if each not in self.positive + self.negative)


def _numbers(first: int, last: int) -> tuple[str, ...]:
    step = 1 if last >= first else -1
    return tuple(str(number) for number in range(first, last + step, step))


_FIVE = Scale(_numbers(5, 1), ("4", "5"), ("1", "2"), (1, 5))
_ELEVEN = Scale(_numbers(0, 10), ("9", "10"), _numbers(0, 6), (0, 10))
SCALES: Mapping[Kind, Scale] = {
    Kind.CSAT: _FIVE,
    Kind.CES: Scale(_numbers(7, 1), _numbers(5, 7), _numbers(1, 3), (1, 7)),
    Kind.NPS: _ELEVEN,
    Kind.FCR: Scale(("yes", "no"), ("yes",), ("no",)),
    Kind.ESAT: _FIVE,
    Kind.ENPS: _ELEVEN,
}


class Reason(StrEnum):
    """Why somebody who falls under a rule is not asked."""

    EARLIER = "solved before the rule was there"
    PREVIEW = "the rule was in preview"
    ERASED = "erased"
    NO_ADDRESS = "no address"
    UNSUBSCRIBED = "unsubscribed"
    BOUNCED = "mail came back"
    QUIET = "account left alone"
    STALE = "solved too long ago"
    SAMPLED_OUT = "not in the sample"
    COOL_DOWN = "asked not long ago"
    ACCOUNT_COOL_DOWN = "account asked not long ago"
    REOPENED = "came back before it was sent"
    NO_MAIL = "mail was not set up"
    STOPPED = "withdrawn by a person"


@dataclass(frozen=True)
class Terms:
    """What a rule says of when and how many are asked.

    Attributes:
        share: of those who could be asked, above 0 up to 1.
        delay_hours: after the solve.
        person_days, account_days: nobody, and nobody of the account, is asked again within so many
        days, by whichever rule; 0 is no limit.
        oldest_days: a ticket that was solved longer ago is not asked about.
        open_days: so long an invitation can be answered.
        reminder_days: working days until the one reminder; 0 is none.
        start, end: local times between which mail is sent, on working days.

    Raises:
        ValueError: one of them is out of range; the message says which and what it may be.
    """

    share: float = 1.0
    delay_hours: int = 24
    person_days: int = 90
    account_days: int = 7
    oldest_days: int = 14
    open_days: int = 28
    reminder_days: int = 3
    start: time = time(9)
    end: time = time(17)

    def __post_init__(self) -> None:
        if not 0 < self.share <= 1:
            raise ValueError("the share that is asked lies above 0% and up to 100%")
        for name, low, high, words in (
            ("delay_hours", 0, 240, "hours after the solve"),
            ("person_days", 0, 730, "days between two surveys to a person"),
            ("account_days", 0, 730, "days between two surveys to an account"),
            ("oldest_days", 1, 90, "days after which a solve is too long ago"),
            ("open_days", 1, 90, "days in which it can be answered"),
            ("reminder_days", 0, 20, "working days until the reminder"),
        ):
            if not low <= getattr(self, name) <= high:
                raise ValueError(f"{words}: a whole number from {low} to {high}")
        if self.start >= self.end:
            raise ValueError("mail is sent from an earlier to a later time of the day")


@dataclass(frozen=True)
class Known:
    """What is known of somebody who was helped.

    Attributes:
        solved_at: aware.
        last_asked_at, account_asked_at: by whichever rule; None is never.
    """

    solved_at: datetime
    has_address: bool = True
    is_erased: bool = False
    is_unsubscribed: bool = False
    is_bounced: bool = False
    is_quiet: bool = False
    is_reopened: bool = False
    last_asked_at: datetime | None = None
    account_asked_at: datetime | None = None


def unreachable(known: Known) -> Reason | None:
    """Return why somebody cannot be asked at all; None where nothing stands against it."""
    for holds, reason in (
        (known.is_erased, Reason.ERASED),
        (not known.has_address, Reason.NO_ADDRESS),
        (known.is_unsubscribed, Reason.UNSUBSCRIBED),
        (known.is_bounced, Reason.BOUNCED),
        (known.is_quiet, Reason.QUIET),
    ):
        if holds:
            return reason
    return None


def decide(known: Known, terms: Terms, drawn: float, moment: datetime) -> Reason | None:
    """Return why somebody will not be asked, as far as that is known when the solve is seen.

    Args:
        drawn: of `draw`.
        moment: aware.
    """
    if reason := unreachable(known):
        return reason
    if due_at(known.solved_at, terms) < moment - terms.oldest_days * DAY:
        return Reason.STALE
    return Reason.SAMPLED_OUT if drawn >= terms.share else None


def decide_now(known: Known, terms: Terms, moment: datetime) -> Reason | None:
    """Return why somebody is not asked in the very moment of sending; None lets the mail go."""
    if known.is_reopened:
        return Reason.REOPENED
    if reason := unreachable(known):
        return reason
    if known.solved_at < moment - (terms.oldest_days + 7) * DAY - terms.delay_hours * HOUR:
        return Reason.STALE  # it waited for longer than any week-end
    if _within(known.last_asked_at, terms.person_days, moment):
        return Reason.COOL_DOWN
    if _within(known.account_asked_at, terms.account_days, moment):
        return Reason.ACCOUNT_COOL_DOWN
    return None


def _within(then: datetime | None, days: int, moment: datetime) -> bool:
    return then is not None and moment < then + days * DAY


def draw(seed: str, *of: str) -> float:
    """Return a number from 0 up to 1 that is as good as random and the same at every try: a job
    that is done twice draws nobody twice.

    Args:
        seed: secret of the rule, so that nobody can tell beforehand who is asked.
    """
    digest = hmac.new(seed.encode(), "\x1f".join(of).encode(), hashlib.sha256).digest()
    return int.from_bytes(digest[:7]) / 2**56


# -- when ------------------------------------------------------------------------------------------


def due_at(solved_at: datetime, terms: Terms) -> datetime:
    """Return the earliest moment of an invitation."""
    return solved_at + terms.delay_hours * HOUR


def next_open(moment: datetime, zone: str, terms: Terms) -> datetime:
    """Return the first moment from `moment` on at which mail may be sent, aware UTC: within the
    hours of a working day where the customer is.
    """
    own = ZoneInfo(zone)
    day = moment.astimezone(own).date()
    for step in range(8):
        on = day + step * DAY
        if on.weekday() >= WORKDAYS:
            continue
        begins, ends = (
            datetime.combine(on, at, own).astimezone(UTC) for at in (terms.start, terms.end)
        )
        if moment < ends:
            return max(moment.astimezone(UTC), begins)
    raise AssertionError("a week has working days")


def remind_at(sent_at: datetime, zone: str, terms: Terms) -> datetime | None:
    """Return the moment of the one reminder, aware UTC; None where there is none, or where the
    invitation would be over by then.
    """
    if not terms.reminder_days:
        return None
    own = ZoneInfo(zone)
    local = sent_at.astimezone(own)
    day, left = local.date(), terms.reminder_days
    while left:
        day += DAY
        left -= day.weekday() < WORKDAYS
    moment = next_open(datetime.combine(day, local.time(), own), zone, terms)
    return moment if moment < sent_at + terms.open_days * DAY else None


# -- links -----------------------------------------------------------------------------------------


class Purpose(StrEnum):
    """What a link is good for."""

    ANSWER = "answer"
    STOP = "stop"
    ROOM = "room"


@dataclass(frozen=True)
class Link:
    """What a link that we signed says.

    Attributes:
        expires_at: aware UTC, to the second.
    """

    invitation: UUID
    expires_at: datetime


def sign(key: bytes, purpose: Purpose, invitation: UUID, expires_at: datetime) -> str:
    """Return the signed part of a link: letters, digits, ``-`` and ``_``."""
    return links.write(key, f"survey {purpose}", links.Said(invitation, b"", expires_at))


def read_link(key: bytes, purpose: Purpose, text: str) -> Link | None:
    """Return what a link says, whether or not it is over; None where we did not make it."""
    said = links.read(key, f"survey {purpose}", text)
    return Link(said.row, said.expires_at) if said else None


def digest_of(key: bytes, what: str) -> str:
    """Return what is kept of an address or an account: enough to know it again, not to tell it."""
    return hmac.new(key, what.encode(), hashlib.sha256).hexdigest()


def plain_address(address: str) -> str:
    """Return an address as people are told apart by it: letters small, and without what stands
    after a plus sign.
    """
    name, _, host = address.strip().casefold().rpartition("@")
    return f"{name.partition('+')[0] or name}@{host}"


def source_address(fields: Mapping[str, str]) -> str:
    """Return what a source kept as the customer's mail address; empty where it kept none.

    Args:
        fields: what it kept, by its own names.
    """
    found = [
        value
        for name, value in sorted(fields.items())
        if THEIR_ADDRESS.fullmatch(re.sub(r"[^a-z]+", "_", name.lower()).strip("_"))
        and "@" in value
    ]
    return found[0].strip() if found else ""


# -- who opened it ---------------------------------------------------------------------------------


def is_program(opened: Mapping[str, datetime], sent_at: datetime) -> bool:
    """Whether a program, and no person, seems to have followed the links of one mail.

    Args:
        opened: when the link of each rating was followed first.
    """
    at = sorted(opened.values())
    if at and (at[0] - sent_at).total_seconds() < EARLY_SECONDS:
        return True
    return any(
        (later - first).total_seconds() <= BURST_SECONDS
        for first, later in zip(at, at[BURST - 1 :], strict=False)
    )
