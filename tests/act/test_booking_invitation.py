"""Invitations, read by an independent library, in every zone and over every change of clocks."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from uuid import UUID
from zoneinfo import ZoneInfo, available_timezones

import pytest
from icalendar import Calendar

from effort import tries
from helmdesk.act.booking.invitation import Invitation, ics_of
from helmdesk.act.booking.times import Host, Span, Terms, cover_of, inside, slots
from helmdesk.errors import UsageError
from helmdesk.zones import offset_change, utc_offset

START = datetime(2027, 3, 2, 13, tzinfo=UTC)
REACH = timedelta(hours=tries(1, 3))


def invitation(start: datetime = START, **more: object) -> Invitation:
    given: dict[str, object] = {
        "booking": UUID(int=5),
        "sequence": 0,
        "start": start,
        "end": start + timedelta(minutes=20),
        "made_at": START - timedelta(days=2),
        "title": "Call with Larkspur support",
        "note": "We call you; have your invoice at hand, please.\nCase L-42104: “Größe; falsch”",
        "sender": "Larkspur Support <help@larkspur.example>",
        "attendee": "kim@customer.example",
        "link": "https://desk.example/book/change/abc",
        **more,
    }
    return Invitation(**given)  # type: ignore[arg-type]


def test_an_independent_library_reads_what_was_meant() -> None:
    text = ics_of(invitation())
    (calendar,) = Calendar.from_ical(text, multiple=True)
    (event,) = calendar.walk("VEVENT")
    assert calendar["METHOD"] == "REQUEST" and not event.errors
    assert event["UID"] == "00000000-0000-0000-0000-000000000005@helmdesk"
    assert event["SEQUENCE"] == 0 and event["STATUS"] == "CONFIRMED"
    assert event["DTSTART"].dt == START and event["DTEND"].dt - event["DTSTART"].dt == timedelta(
        minutes=20
    )
    assert event["DTSTART"].dt.utcoffset() == timedelta(0)
    assert event["ORGANIZER"] == "mailto:help@larkspur.example"  # bare, and the sender of the mail
    assert not event["ORGANIZER"].params
    assert event["ATTENDEE"] == "mailto:kim@customer.example"
    assert event["DESCRIPTION"].endswith("Case L-42104: “Größe; falsch”")
    assert "\n" in event["DESCRIPTION"]
    assert all(len(line.encode()) <= 75 for line in text.split("\r\n"))
    assert "\n" not in text.replace("\r\n", "")


def test_a_change_keeps_the_meeting_and_raises_its_number_and_a_cancellation_says_so() -> None:
    moved = invitation(START + timedelta(days=1), sequence=1)
    gone = invitation(sequence=2, is_cancelled=True)
    first, second, third = (
        Calendar.from_ical(ics_of(each)).walk("VEVENT")[0] for each in (invitation(), moved, gone)
    )
    assert first["UID"] == second["UID"] == third["UID"]
    assert [each["SEQUENCE"] for each in (first, second, third)] == [0, 1, 2]
    assert third["STATUS"] == "CANCELLED"
    assert Calendar.from_ical(ics_of(gone))["METHOD"] == "CANCEL" == gone.method


def test_what_is_no_address_is_refused() -> None:
    with pytest.raises(UsageError, match="no mail address"):
        ics_of(invitation(attendee="nobody"))


def test_line_breaks_in_what_people_wrote_make_no_properties() -> None:
    text = ics_of(invitation(title="Hello\r\nATTENDEE:mailto:spy@example.org\x07"))
    (event,) = Calendar.from_ical(text).walk("VEVENT")
    assert event["ATTENDEE"] == "mailto:kim@customer.example"
    assert "\x07" not in text


def _changes(zone: ZoneInfo) -> list[datetime]:
    """Return the first two changes of clocks from 2026 on; other instants where there are none."""
    begin = datetime(2026, 1, 1)
    found = []
    for before, after in pairwise(begin + timedelta(days=30 * n) for n in range(30)):
        if len(found) < 2 and utc_offset(zone, before) != utc_offset(zone, after):
            found.append(offset_change(zone, before, after).replace(tzinfo=UTC))
    return found or [START, START + timedelta(days=180)]


def test_in_every_zone_around_both_changes_the_invitation_is_at_the_booked_instant() -> None:
    """What a customer chose as local time, what the team holds, and what the calendar shows."""
    counted = 0
    for name in sorted(available_timezones()):
        zone = ZoneInfo(name)
        for change in _changes(zone):
            day = Span(change - REACH, change + REACH)
            host = Host("a", frozenset(inside([day])))
            terms = Terms(minutes=30, buffer_minutes=0, notice_minutes=0, days_ahead=1)
            offered = slots(
                terms, [host], cover_of([host]), zone, change - REACH - timedelta(hours=1)
            )
            assert len(offered) >= 4 * REACH.seconds // 3600 - 1, name
            for slot in offered[:: tries(3, 1)]:
                local = slot.start.astimezone(zone)
                assert (local.hour * 60 + local.minute) % 30 == 0
                (event,) = Calendar.from_ical(ics_of(invitation(slot.start))).walk("VEVENT")
                assert event["DTSTART"].dt == slot.start
                assert event["DTSTART"].dt.astimezone(zone) == local
                counted += 1
    assert counted > tries(1000, 9600)
