"""The invitation that goes with a mail, as Outlook, Google and others take it (RFC 5546).

One meeting has one UID for good and a SEQUENCE that grows with every change; instants are UTC; the
organizer is the very address that sends the mail. It names nobody of the team.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parseaddr
from uuid import UUID

from helmdesk.errors import UsageError
from helmdesk.ics_text import escaped, folded


@dataclass(frozen=True)
class Invitation:
    """One version of a meeting.

    Attributes:
        booking: makes the UID.
        sequence: 0 at first, one more with every change.
        start, end, made_at: aware.
        title, note: for the customer.
        sender: of the mail, as mail programs write it; its bare address is the organizer.
        attendee: the customer's bare address.
        link: where it is moved or cancelled; empty where that is over.
    """

    booking: UUID
    sequence: int
    start: datetime
    end: datetime
    made_at: datetime
    title: str
    note: str
    sender: str
    attendee: str
    link: str = ""
    is_cancelled: bool = False

    @property
    def uid(self) -> str:
        """What calendars know the meeting by."""
        return f"{self.booking}@helmdesk"

    @property
    def method(self) -> str:
        """The method of the file, and of the part of the mail that holds it."""
        return "CANCEL" if self.is_cancelled else "REQUEST"


def ics_of(invitation: Invitation) -> str:
    """Return an invitation as a calendar file.

    Raises:
        UsageError: sender or attendee is no address.
    """
    it = invitation
    lines = [
        "BEGIN:VCALENDAR",
        "PRODID:-//Helmdesk//Booking//EN",
        "VERSION:2.0",
        "CALSCALE:GREGORIAN",
        f"METHOD:{it.method}",
        "BEGIN:VEVENT",
        f"UID:{it.uid}",
        f"SEQUENCE:{it.sequence}",
        f"DTSTAMP:{_utc(it.made_at)}",
        f"DTSTART:{_utc(it.start)}",
        f"DTEND:{_utc(it.end)}",
        f"SUMMARY:{escaped(it.title)}",
        f"DESCRIPTION:{escaped(it.note)}",
        *([f"URL:{it.link}"] if it.link else []),
        f"ORGANIZER:mailto:{_bare(it.sender)}",
        "ATTENDEE;CUTYPE=INDIVIDUAL;ROLE=REQ-PARTICIPANT;PARTSTAT=NEEDS-ACTION;RSVP=FALSE:"
        f"mailto:{_bare(it.attendee)}",
        f"STATUS:{'CANCELLED' if it.is_cancelled else 'CONFIRMED'}",
        "TRANSP:OPAQUE",
        "CLASS:PRIVATE",
        "END:VEVENT",
        "END:VCALENDAR",
    ]
    return "\r\n".join([*map(folded, lines), ""])


def _utc(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y%m%dT%H%M%SZ}"


def _bare(address: str) -> str:
    found = parseaddr(address)[1]
    if "@" not in found or any(each.isspace() or ord(each) < 33 for each in found):
        raise UsageError(f"{address!r} is no mail address; write one such as help@example.org")
    return found
