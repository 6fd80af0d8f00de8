"""Private calendars: what an independent reader makes of them, and what is refused."""

from __future__ import annotations

import random
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
import recurring_ical_events
from icalendar import Calendar

from effort import tries
from helmdesk.act.booking import feeds
from helmdesk.act.booking.feeds import busy_times, is_stale
from helmdesk.act.booking.times import Span, joined
from helmdesk.errors import InputError

BERLIN = ZoneInfo("Europe/Berlin")
FROM, UNTIL = datetime(2027, 3, 1, tzinfo=UTC), datetime(2027, 4, 15, tzinfo=UTC)
ZONES = ("Europe/Berlin", "America/New_York", "Australia/Sydney", "Asia/Kolkata")


def calendar(*events: str) -> bytes:
    body = "\r\n".join(
        f"BEGIN:VEVENT\r\nUID:{number}\r\nDTSTAMP:20270101T000000Z\r\n{event}\r\nEND:VEVENT"
        for number, event in enumerate(events)
    )
    return (
        f"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:test\r\n{body}\r\nEND:VCALENDAR\r\n"
    ).encode()


def spans(*events: str, zone: ZoneInfo = BERLIN) -> list[str]:
    found = busy_times(calendar(*events), FROM, UNTIL, zone)
    return [f"{span.start:%m-%d %H:%M}/{span.end:%m-%d %H:%M}" for span in found]


def test_a_weekly_meeting_keeps_its_local_time_over_the_change_of_clocks() -> None:
    assert spans(
        "DTSTART;TZID=Europe/Berlin:20270318T090000\r\nDTEND;TZID=Europe/Berlin:20270318T100000"
        "\r\nRRULE:FREQ=WEEKLY;COUNT=3\r\nSUMMARY:Dentist"
    ) == [
        "03-18 08:00/03-18 09:00",
        "03-25 08:00/03-25 09:00",
        "04-01 07:00/04-01 08:00",  # clocks went forward on 28 March
    ]


def test_exceptions_moved_turns_and_free_time_are_understood() -> None:
    text = (
        "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:t\r\n"
        "BEGIN:VEVENT\r\nUID:a\r\nDTSTART:20270302T090000Z\r\nDURATION:PT30M\r\n"
        "RRULE:FREQ=DAILY;UNTIL=20270306T090000Z\r\nEXDATE:20270303T090000Z\r\nEND:VEVENT\r\n"
        "BEGIN:VEVENT\r\nUID:a\r\nRECURRENCE-ID:20270304T090000Z\r\nDTSTART:20270304T150000Z\r\n"
        "DTEND:20270304T153000Z\r\nEND:VEVENT\r\n"
        "BEGIN:VEVENT\r\nUID:b\r\nDTSTART:20270305T120000Z\r\nDTEND:20270305T130000Z\r\n"
        "TRANSP:TRANSPARENT\r\nEND:VEVENT\r\n"
        "BEGIN:VEVENT\r\nUID:c\r\nDTSTART:20270305T120000Z\r\nDTEND:20270305T130000Z\r\n"
        "STATUS:CANCELLED\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
    )
    found = busy_times(text.encode(), FROM, UNTIL, BERLIN)
    assert [f"{span.start:%d %H:%M}" for span in found] == [
        *("02 09:00", "04 15:00", "05 09:00", "06 09:00"),
    ]


def test_whole_days_are_days_where_the_owner_is() -> None:
    assert spans("DTSTART;VALUE=DATE:20270305\r\nDTEND;VALUE=DATE:20270307") == [
        "03-04 23:00/03-06 23:00"
    ]
    assert spans("DTSTART;VALUE=DATE:20270305", zone=ZoneInfo("America/New_York")) == [
        "03-05 05:00/03-06 05:00"
    ]


def test_endless_recurrences_end_with_the_days_asked_for() -> None:
    found = busy_times(
        calendar("DTSTART:20200101T060000Z\r\nDTEND:20200101T070000Z\r\nRRULE:FREQ=DAILY"),
        FROM,
        UNTIL,
        BERLIN,
    )
    assert len(found) == 45
    assert all(span.start >= FROM and span.end <= UNTIL for span in found)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"<html>not a calendar</html>", "that is no calendar"),
        (b"\x00\xff\xfe", "that is no calendar"),
        (b"x" * (feeds.MOST_BYTES + 1), "more than 10 MB"),
        (calendar("DTSTART:20270101T000000Z\r\nRRULE:FREQ=SECONDLY"), "not followed"),
        (calendar("DTSTART:20270101T000000Z\r\nRRULE:FREQ=MINUTELY"), "not followed"),
        (calendar("DTSTART:19000101T000000Z\r\nRRULE:FREQ=HOURLY"), "recurs too often"),
        (
            calendar("DTSTART:20270101T000000Z\r\nRRULE:FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30"),
            "not followed",
        ),
    ],
)
def test_what_has_no_measure_is_refused_and_never_half_read(content: bytes, said: str) -> None:
    with pytest.raises(InputError, match=said):
        busy_times(content, FROM, UNTIL, BERLIN)


def test_too_many_appointments_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(feeds, "MOST_EVENTS", 2)
    event = "DTSTART:20270302T090000Z\r\nDTEND:20270302T093000Z"
    with pytest.raises(InputError, match="more than 2 appointments"):
        busy_times(calendar(event, event, event), FROM, UNTIL, BERLIN)


def test_an_old_reading_tells_nothing_and_neither_does_one_from_a_clock_far_ahead() -> None:
    now = datetime(2027, 3, 1, 12, tzinfo=UTC)
    assert is_stale(None, now)
    assert not is_stale(now - timedelta(hours=23), now)
    assert is_stale(now - timedelta(hours=24), now)
    assert not is_stale(now + timedelta(hours=2), now)
    assert is_stale(now + timedelta(days=2), now)


def _random_event(draw: random.Random, number: int) -> str:
    zone = draw.choice(ZONES)
    start = datetime(2026, draw.randint(9, 12), draw.randint(1, 28), draw.randint(6, 20))
    start += timedelta(days=draw.randint(0, 120), minutes=draw.choice([0, 15, 30]))
    lines = [f"BEGIN:VEVENT\r\nUID:r{number}\r\nDTSTAMP:20270101T000000Z"]
    form = f"TZID={zone}:%Y%m%dT%H%M%S"
    lines.append(f"DTSTART;{start.strftime(form)}")
    lines.append(f"DTEND;{(start + timedelta(minutes=draw.choice([30, 60, 90]))).strftime(form)}")
    frequency = draw.choice(["DAILY", "WEEKLY", "MONTHLY", ""])
    if frequency:
        rule = f"FREQ={frequency};INTERVAL={draw.randint(1, 3)}"
        if frequency == "WEEKLY" and draw.random() < 0.6:
            rule += f";BYDAY={','.join(draw.sample(['MO', 'TU', 'WE', 'TH', 'FR'], 2))}"
        kind = draw.random()
        if kind < 0.35:
            rule += f";COUNT={draw.randint(1, 60)}"
        elif kind < 0.6:
            rule += f";UNTIL={start + timedelta(days=draw.randint(1, 150)):%Y%m%dT120000Z}"
        lines.append(f"RRULE:{rule}")
        if draw.random() < 0.4 and frequency == "DAILY":
            gone = start + timedelta(days=int(rule.split("INTERVAL=")[1][0]) * draw.randint(1, 90))
            lines.append(f"EXDATE;{gone.strftime(form)}")
    return "\r\n".join([*lines, "END:VEVENT"])


def test_random_calendars_are_read_as_an_independent_library_reads_them() -> None:
    """`recurring-ical-events` shares the parser, not the recurrences' expansion with us."""
    draw, seen = random.Random(11), 0
    for _ in range(tries(60, 400)):
        events = "\r\n".join(_random_event(draw, n) for n in range(draw.randint(1, 4)))
        text = f"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:t\r\n{events}\r\nEND:VCALENDAR\r\n"
        theirs = []
        for event in recurring_ical_events.of(Calendar.from_ical(text)).between(FROM, UNTIL):
            start, end = (event[name].dt.astimezone(UTC) for name in ("DTSTART", "DTEND"))
            theirs.append(Span(max(start, FROM), min(end, UNTIL)))
            seen += 1
        assert busy_times(text.encode(), FROM, UNTIL, BERLIN) == joined(theirs), text
    assert seen > 300


def test_days_recur_as_the_independent_library_has_them() -> None:
    text = calendar(
        "DTSTART;VALUE=DATE:20270101\r\nDTEND;VALUE=DATE:20270102\r\nRRULE:FREQ=WEEKLY;BYDAY=FR"
    )
    theirs = recurring_ical_events.of(Calendar.from_ical(text)).between(
        date(2027, 3, 2), date(2027, 4, 15)
    )
    ours = busy_times(text, FROM, UNTIL, BERLIN)
    assert [event["DTSTART"].dt for event in theirs] == [
        span.start.astimezone(BERLIN).date() for span in ours
    ]
