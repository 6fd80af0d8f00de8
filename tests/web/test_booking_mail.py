"""Mails about a booked call, part by part, and what an independent reader of calendars sees."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from email.message import Message
from pathlib import Path
from typing import Any

import pytest
from icalendar import Calendar

from web.booking_desk import (
    DAY,
    MINUTE,
    NOW,
    TUESDAY,
    booked,
    clear,
    link_for,
    make_kind,
    staff,
)
from web.mail_server import Inbox, serving


@pytest.fixture(autouse=True)
def _empty(site: Path) -> Iterator[None]:
    clear()
    yield
    clear()


@pytest.fixture
def now(monkeypatch: pytest.MonkeyPatch) -> Callable[[datetime], None]:
    """Let the site's clock stand at a moment."""
    from helmdesk.web.apps.jobs import queue

    def stand(moment: datetime) -> None:
        monkeypatch.setattr(queue, "now", lambda: moment)

    stand(NOW)
    return stand


@pytest.fixture
def mail(monkeypatch: pytest.MonkeyPatch) -> Iterator[Inbox]:
    """A mail server, and a site that may send."""
    from django.conf import settings

    from helmdesk.web.apps.jobs.models import Switch

    with serving(Inbox()) as inbox:
        monkeypatch.setattr(settings, "MAIL", f"smtp://127.0.0.1:{inbox.port}?tls=off")
        monkeypatch.setattr(settings, "MAIL_FROM", "Larkspur Support <support@larkspur.example>")
        monkeypatch.setattr(settings, "PUBLIC_URL", "https://desk.example.org")
        Switch.turn(Switch.State.ON)
        yield inbox


def send() -> None:
    from helmdesk.web.apps.jobs.worker import Worker
    from helmdesk.web.apps.outbox.jobs import send_mail

    Worker(is_thread=False, known={"mail": send_mail}).work_off()


def parts_of(message: Message) -> list[str]:
    return [part.get_content_type() for part in message.walk()]


def event_of(message: Message) -> tuple[Any, Any]:
    """Return the calendar of a mail and its one event, read by an independent library."""
    (part,) = [each for each in message.walk() if each.get_content_type() == "text/calendar"]
    payload = part.get_payload(decode=True)
    assert isinstance(payload, bytes)
    calendar = Calendar.from_ical(payload)
    (event,) = calendar.walk("VEVENT")
    assert part.get_param("method") == calendar["METHOD"]
    assert str(part.get_param("charset")).lower() == "utf-8"
    return calendar, event


def test_an_invitation_is_the_last_alternative_and_no_file(now: Any, mail: Inbox) -> None:
    staff()
    made = booked(make_kind())
    send()
    (message,) = mail.taken
    assert parts_of(message) == [
        "multipart/alternative",
        "text/plain",
        "text/html",
        "text/calendar",
    ]
    last = message.get_payload()[-1]
    assert last.get_content_disposition() is None and last.get_filename() is None
    calendar, event = event_of(message)
    assert calendar["METHOD"] == "REQUEST" and event["SEQUENCE"] == 0
    assert event["DTSTART"].dt == made.start_at == TUESDAY
    assert event["DTEND"].dt == made.end_at
    assert event["ORGANIZER"] == "mailto:support@larkspur.example"
    assert "support@larkspur.example" in str(message["From"])
    assert event["ATTENDEE"] == f"mailto:{message['To']}" == "mailto:kim@customer.example"
    assert "Tuesday 2 March at 10:00 (Berlin time)" in str(message["Subject"])
    text = message.get_payload()[0].get_content()
    assert "Your case T-7: “Password reset link has expired twice”" in text
    assert re.search(r"Move or cancel it: https://desk\.example\.org/book/call/[\w-]{75}\s", text)


def test_changes_keep_the_meeting_and_a_cancellation_takes_it_back(now: Any, mail: Inbox) -> None:
    from helmdesk.web.apps.booking.bookings import cancel, move

    staff()
    made = booked(make_kind())
    move(made.pk, TUESDAY + DAY)
    cancel(made.pk)
    send()
    seen = [event_of(message) for message in mail.taken]
    assert [calendar["METHOD"] for calendar, _ in seen] == ["REQUEST", "REQUEST", "CANCEL"]
    assert [event["SEQUENCE"] for _, event in seen] == [0, 1, 2]
    assert len({str(event["UID"]) for _, event in seen}) == 1
    assert [event["DTSTART"].dt for _, event in seen] == [TUESDAY, TUESDAY + DAY, TUESDAY + DAY]
    assert seen[2][1]["STATUS"] == "CANCELLED"
    assert "/book/" not in mail.taken[2].get_payload()[0].get_content()


def test_a_reminder_is_written_once_a_day_before_and_not_to_who_just_booked(
    now: Any, mail: Inbox
) -> None:
    from helmdesk.web.apps.booking.choosing import remind_due

    staff()
    kind = make_kind()
    early = booked(kind, TUESDAY + 2 * DAY)
    now(early.start_at - timedelta(hours=23))
    late = booked(kind, early.start_at - timedelta(hours=1))
    assert (remind_due(), remind_due()) == (1, 0)
    late.refresh_from_db()
    assert late.reminded_at is not None
    now(early.start_at - timedelta(hours=30))  # a clock that is set back reminds nobody twice
    assert remind_due() == 0
    now(early.start_at - timedelta(hours=22))
    send()
    subjects = [str(message["Subject"]) for message in mail.taken]
    assert sum("coming up" in subject for subject in subjects) == 1


def test_a_link_by_mail_opens_the_page_and_the_switch_holds(
    now: Any, mail: Inbox, as_: Any
) -> None:
    from helmdesk.web.apps.booking.letters import write_link
    from helmdesk.web.apps.jobs.models import Switch

    staff()
    link, token = link_for(make_kind())
    write_link(link, f"https://desk.example.org/book/{token}")
    Switch.turn(Switch.State.STOPPED)
    send()
    assert mail.taken == []
    Switch.turn(Switch.State.ON)
    send()
    (message,) = mail.taken
    found = re.search(
        r"https://desk\.example\.org(/book/[\w-]+)", message.get_payload()[0].get_content()
    )
    assert found and as_().get(found[1]).status_code == 200


def test_in_preview_nothing_leaves(now: Any, mail: Inbox) -> None:
    from helmdesk.web.apps.jobs.models import Job, Switch

    staff()
    Switch.turn(Switch.State.PREVIEW)
    booked(make_kind())
    send()
    assert mail.taken == []
    assert {job.outcome for job in Job.objects.filter(kind="mail")} == {"preview"}


def test_the_person_who_calls_is_told_when_they_are_chosen(
    now: Any, mail: Inbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    from helmdesk.web.apps.booking.choosing import choose_due
    from helmdesk.web.apps.people.models import Person

    staff({"hugo-id": "Hugo"})
    Person.objects.filter(username="hugo").update(email="hugo@larkspur.example")
    try:
        made = booked(make_kind(floor=0, choose_minutes=60))
        assert choose_due() == 0
        now(TUESDAY - 59 * MINUTE)
        assert (choose_due(), choose_due()) == (1, 0)
        send()
        (mine,) = [message for message in mail.taken if message["To"] == "hugo@larkspur.example"]
        assert f"/booking/calls/{made.pk}" in mine.get_payload()[0].get_content()
    finally:
        Person.objects.filter(username="hugo").update(email="")


def test_what_customers_read_names_nobody_of_the_team(now: Any, mail: Inbox, as_: Any) -> None:
    """Pages, mails and invitations of a whole course, for people of all kinds of names."""
    import random
    from html import escape

    from helmdesk.web.apps.booking.bookings import cancel
    from helmdesk.web.apps.booking.choosing import choose, settle
    from helmdesk.web.apps.booking.doors import change_token
    from helmdesk.web.apps.booking.models import Absence, Booking, Member

    draw = random.Random(5)
    letters = "abcdefghijklmnopqrstuvwxyzäöüßéøñ'’- &"
    for turn in range(4):
        clear_calls()
        names = {
            f"ag{draw.getrandbits(60):x}": "".join(draw.choices(letters, k=12)).strip() + "zqx"
            for _ in range(4)
        }
        staff(names)
        kind = make_kind(skills=[])
        _, token = link_for(kind)
        seen = [as_().get(f"/book/{token}").content]
        start = f"{TUESDAY:%Y-%m-%dT%H:%MZ}"
        wrong = as_().post(f"/book/{token}", {"slot": start, "phone": "x"})
        answer = as_().post(f"/book/{token}", {"slot": start, "phone": "+49 30 5550 142"})
        made = Booking.objects.get()
        here = f"/book/call/{change_token(made)}"
        seen += [wrong.content, str(answer.headers).encode(), as_().get(here).content]
        assert choose(made.pk)
        seen += [as_().get(here).content, as_().get(f"{here}?move").content]
        made.refresh_from_db()
        Absence.objects.create(agent=made.agent, start_at=TUESDAY - DAY, end_at=TUESDAY + DAY)
        settle(kind.team)
        seen += [as_().get(here).content]
        as_().post(here, {"slot": f"{TUESDAY + 2 * DAY:%Y-%m-%dT%H:%MZ}"})
        cancel(made.pk, "desk", by_desk=True)
        seen += [as_().get(here).content, as_().get(f"/book/{token}").content]
        send()
        told = [message for message in mail.taken if message["To"] == "kim@customer.example"]
        assert len(told) >= 3 * (turn + 1)
        for message in told:
            seen.append(str(message["Subject"]).encode())
            for part in message.walk():
                payload = part.get_payload(decode=True)
                if isinstance(payload, bytes):
                    seen.append(payload.replace(b"\r\n ", b""))
        for agent, name in names.items():
            assert Member.objects.filter(name=name).exists()
            for secret in (agent, name, escape(name), name.partition(" ")[0] + "zqx"):
                assert not any(secret.encode() in page for page in seen), secret
        assert not any(b"zqx" in page for page in seen)


def clear_calls() -> None:
    from helmdesk.web.apps.booking import models

    for model in (models.Booking, models.Link, models.CallType, models.Member, models.Shift):
        model.objects.all().delete()
    models.Absence.objects.all().delete()
