"""Booking on the site: who books what, once; what is told to whom; what nobody ever learns."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from web.booking_desk import (
    DAY,
    HOUR,
    MINUTE,
    NOW,
    PEOPLE,
    TUESDAY,
    booked,
    clear,
    link_for,
    make_kind,
    staff,
    told,
)
from web.conftest import text


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


# -- one link, one call ----------------------------------------------------------------------------


def test_a_customer_books_by_a_link_once_and_only_the_team_is_named(now: Any, as_: Any) -> None:
    staff()
    link, token = link_for(make_kind())
    page = text(as_().get(f"/book/{token}"))
    assert "When may we call you?" in page and "Password reset link has expired twice" in page
    assert "your time (Berlin)" in page
    # Notice of two hours: the first time today is eleven, UTC ten; the day has a break at noon.
    assert re.findall(r'value="(2027-03-01T[^"]+)"', page) == [
        f"2027-03-01T{clock}Z"
        for clock in ("10:00", "10:30", *("12:00", "12:30", "13:00", "13:30", "14:00"))
    ] + [f"2027-03-01T{clock}Z" for clock in ("14:30", "15:00", "15:30")]
    answer = as_().post(
        f"/book/{token}",
        {"slot": "2027-03-01T12:00Z", "phone": "+49 30 5550 142", "zone": "Europe/Berlin"},
    )
    assert answer.status_code == 302
    shown = text(as_().get(answer["Location"]))
    assert "Your call is booked" in shown and "Monday 1 March at 13:00" in shown
    assert "We call you at +49 30 5550 142." in shown
    from helmdesk.web.apps.booking.models import Booking, Piece

    made = Booking.objects.get()
    assert (made.start_at, made.end_at) == (NOW + 4 * HOUR, NOW + 4 * HOUR + 30 * MINUTE)
    assert made.chosen_at is None and made.agent in PEOPLE
    assert Piece.objects.filter(agent=made.agent).count() == 8  # thirty minutes and ten of rest
    about = {
        "booking_id": f"helmdesk:{link.id}",
        "ticket_id": "T-7",
        "customer_id": "c1",
        "account_id": "acc1",
        "team_id": "t1",
    }
    times = {"start_at": "2027-03-01T12:00:00+00:00", "end_at": "2027-03-01T12:30:00+00:00"}
    assert told("link_issued") == [{"type": "link_issued", **about}]
    assert told("booked") == [{"type": "booked", **about, **times}]


def test_every_link_that_opens_nothing_looks_the_same_and_a_reuse_is_a_record(
    now: Any, as_: Any
) -> None:
    from helmdesk.act.booking.links import issue
    from helmdesk.web.apps.booking.doors import revoke
    from helmdesk.web.apps.booking.models import Door, site_key

    staff()
    Door.objects.create(words="Write to help@larkspur.example.", url="https://larkspur.example/")
    kind = make_kind()
    used, used_token = link_for(kind)
    answer = as_().post(
        f"/book/{used_token}", {"slot": "2027-03-01T12:00Z", "phone": "+49 30 5550 142"}
    )
    assert answer.status_code == 302
    expired, expired_token = link_for(kind, days=1)
    revoked, revoked_token = link_for(kind)
    revoke(revoked)
    foreign, _ = issue(b"the key of another site", uuid4(), NOW + DAY)
    unknown, _ = issue(site_key(), uuid4(), NOW + DAY)
    stolen, _ = issue(site_key(), used.id, NOW + DAY)  # our key, another secret
    now(NOW + DAY + MINUTE)
    tokens = (used_token, expired_token, revoked_token, foreign, unknown, stolen, "x", "é" * 40)
    pages = {as_().get(f"/book/{token}").content for token in tokens}
    assert len(pages) == 1
    (page,) = pages
    assert b"Write to help@larkspur.example." in page
    assert as_().get(f"/book/{used_token}").status_code == 410
    reused = [each["booking_id"] for each in told("link_reused")]
    assert sorted(reused) == sorted(f"helmdesk:{each.id}" for each in (used, expired, revoked))
    as_().post(f"/book/{used_token}", {"slot": "2027-03-02T12:00Z", "phone": "+49 30 5550 142"})
    assert len(told("booked")) == 1


def test_a_link_for_three_calls_books_three_and_no_more(now: Any) -> None:
    from helmdesk.web.apps.booking.bookings import Caller, Outcome, book

    staff()
    link, _ = link_for(make_kind(), most=3)
    found = [book(link, TUESDAY + number * HOUR, Caller(zone="UTC"))[0] for number in (0, 3, 4, 5)]
    assert found == [Outcome.DONE] * 3 + [Outcome.CLOSED]
    assert len({each["booking_id"] for each in told("booked")}) == 3


def test_a_time_that_is_taken_or_never_was_offered_costs_no_use(now: Any) -> None:
    from helmdesk.web.apps.booking.bookings import Caller, Outcome, book

    staff({"a1": "Aurelia Zwick"})
    kind = make_kind(floor=0)
    booked(kind, TUESDAY)
    link, _ = link_for(kind)
    for start in (
        *(TUESDAY, TUESDAY + 30 * MINUTE, TUESDAY + 7 * MINUTE, TUESDAY + MINUTE / 2),
        *(NOW + HOUR, TUESDAY + 2 * HOUR, TUESDAY + 40 * DAY, NOW - DAY),
    ):
        assert book(link, start, Caller(zone="UTC"))[0] is Outcome.GONE, start
    link.refresh_from_db()
    assert link.uses == 0
    assert book(link, TUESDAY + HOUR, Caller(zone="UTC"))[0] is Outcome.DONE


def test_a_clock_that_is_set_back_opens_no_link_again(now: Any, as_: Any) -> None:
    staff()
    _, token = link_for(make_kind(), days=1)
    now(NOW + 2 * DAY)
    assert as_().get(f"/book/{token}").status_code == 410
    now(NOW)
    assert as_().get(f"/book/{token}").status_code == 410
    _, other = link_for(make_kind(), days=1)
    now(NOW + 2 * DAY)
    from helmdesk.web.apps.booking.doors import end_links

    assert end_links() == 1  # the job saw it, nobody else
    now(NOW)
    assert as_().get(f"/book/{other}").status_code == 410


def test_in_preview_nobody_books_and_no_reuse_is_told(now: Any, as_: Any) -> None:
    staff()
    _, token = link_for(make_kind(is_on=False))
    assert as_().get(f"/book/{token}").status_code == 410
    assert told("link_reused") == []


# -- moving, cancelling, what became of it ---------------------------------------------------------


def test_a_call_is_moved_and_cancelled_by_its_own_link(now: Any, as_: Any) -> None:
    from helmdesk.web.apps.booking.doors import change_token
    from helmdesk.web.apps.booking.models import Booking, Piece

    staff()
    made = booked(make_kind())
    here = f"/book/call/{change_token(made)}"
    page = text(as_().get(f"{here}?move"))
    assert "Choose another time" in page and "Phone number" not in page
    assert (
        as_().post(here, {"slot": "2027-03-03T13:00Z", "zone": "America/New_York"}).status_code
        == 302
    )
    made.refresh_from_db()
    assert (made.start_at, made.moves, made.sequence) == (TUESDAY + DAY + 4 * HOUR, 1, 1)
    shown = text(as_().get(here))
    assert "Wednesday 3 March at 08:00" in shown and "New York time" in shown
    assert Piece.objects.filter(booking=made).count() == 8
    assert as_().post(here, {"do": "cancel"}).status_code == 302
    assert "This call is cancelled" in text(as_().get(here))
    assert Piece.objects.count() == 0 and Booking.objects.get().sequence == 2
    assert as_().post(here, {"slot": "2027-03-03T14:00Z"}).status_code == 409
    assert sorted(each["type"] for each in told("moved", "cancelled")) == ["cancelled", "moved"]


def test_close_to_the_call_nothing_can_be_changed_by_the_link(now: Any, as_: Any) -> None:
    from helmdesk.web.apps.booking.doors import change_token

    staff()
    made = booked(make_kind(change_minutes=60))
    here = f"/book/call/{change_token(made)}"
    now(TUESDAY - 59 * MINUTE)
    assert "too close to be changed" in text(as_().get(here))
    assert as_().post(here, {"do": "cancel"}).status_code == 409
    made.refresh_from_db()
    assert made.state == "booked"


def test_what_became_of_a_call_is_said_once_and_not_before_it(now: Any) -> None:
    from helmdesk.web.apps.booking.bookings import Outcome, conclude
    from helmdesk.web.apps.booking.choosing import choose
    from helmdesk.web.apps.booking.models import State

    staff()
    kind = make_kind()
    first, second = booked(kind), booked(kind, TUESDAY + HOUR)
    assert conclude(first.pk, State.NO_SHOW) is Outcome.CLOSED
    choose(second.pk)
    now(TUESDAY + 3 * HOUR)
    assert conclude(first.pk, State.NO_SHOW) is Outcome.DONE
    assert conclude(first.pk, State.HELD) is Outcome.CLOSED
    assert conclude(second.pk, State.HELD) is Outcome.DONE
    second.refresh_from_db()
    assert told("no_show", "held_booking") == [
        {
            "type": "held_booking",
            "booking_id": second.record_id,
            "ticket_id": "T-7",
            "agent_id": second.agent,
        },
        {"type": "no_show", "booking_id": first.record_id, "ticket_id": "T-7"},
    ]


# -- who looks ------------------------------------------------------------------------------------


def test_no_page_tells_others_where_it_was_or_stays_in_a_browser(now: Any, as_: Any) -> None:
    from helmdesk.web.apps.booking.doors import change_token

    staff()
    kind = make_kind()
    _, token = link_for(kind)
    made = booked(kind)
    for address in (f"/book/{token}", f"/book/call/{change_token(made)}", "/book/x"):
        page = as_().get(address)
        assert page["Referrer-Policy"] == "no-referrer"
        assert page["Cache-Control"] == "private, no-store"
        assert page["X-Robots-Tag"] == "noindex"
        assert "script" not in page["Content-Security-Policy"] or b"<script" not in page.content


def test_who_tries_all_the_time_is_asked_to_wait(now: Any, as_: Any) -> None:
    staff()
    _, token = link_for(make_kind())
    found = [as_().post(f"/book/{token}", {"slot": "x"}).status_code for _ in range(22)]
    assert found[:20] == [400] * 20 and found[20:] == [429, 429]
    assert as_().get(f"/book/{token}").status_code == 200  # reading is counted by itself


def test_an_erased_customer_is_called_no_more_and_books_no_more(now: Any, as_: Any) -> None:
    from helmdesk.web.apps.booking.doors import About, change_token, issue_link
    from helmdesk.web.apps.booking.models import Booking, Link, Piece
    from helmdesk.web.apps.outbox.models import Message
    from helmdesk.web.apps.people.erasure import clean_database

    staff()
    kind = make_kind()
    made = booked(kind)
    here = f"/book/call/{change_token(made)}"
    _, address = issue_link(kind, About(customer_id="c1", address="kim@customer.example"))
    assert Message.objects.count() == 1
    clean_database(["kim@customer.example"])
    row = Booking.objects.get()
    assert (row.state, row.phone, row.address, row.ticket_id) == ("cancelled", "", "", "")
    assert not Piece.objects.exists() and not Message.objects.exists()
    assert all(link.revoked_at and not link.address for link in Link.objects.all())
    assert as_().get(here).status_code == 410
    assert as_().get(f"/book/{address.rpartition('/')[2]}").status_code == 410


@pytest.mark.parametrize(
    "given",
    [
        {"slot": "2027-03-02T09:00Z", "phone": "0"},
        {"slot": "2027-03-02T09:00Z", "phone": "call me"},
        {"slot": "2027-02-30T09:00Z", "phone": "+49 30 5550 142"},
        {"slot": "tomorrow", "phone": "+49 30 5550 142"},
        {"phone": "+49 30 5550 142"},
        {"slot": "2027-03-02T03:00Z", "phone": "+49 30 5550 142"},
        {"slot": "2027-03-02T09:00Z", "phone": "+49 30 5550 142\nBcc: x", "zone": "../etc"},
    ],
)
def test_what_a_form_says_wrongly_is_told_beside_the_times(
    now: Any, as_: Any, given: dict[str, str]
) -> None:
    from helmdesk.web.apps.booking.models import Booking

    staff()
    _, token = link_for(make_kind())
    answer = as_().post(f"/book/{token}", given)
    assert answer.status_code == 400 and b'role="alert"' in answer.content
    assert b'name="slot"' in answer.content and not Booking.objects.exists()


def test_times_are_those_of_the_customer_on_the_day_that_clocks_change(now: Any, as_: Any) -> None:
    """New York goes forward on 14 March 2027, Berlin on the 28th: the same shift is shown at other
    times from one week to the next, and what is chosen is what is booked.
    """
    from helmdesk.web.apps.booking.models import Booking

    staff(days=35)
    _, token = link_for(make_kind(days_ahead=30))
    shown = {}
    for day in ("2027-03-12", "2027-03-15", "2027-03-29"):
        page = text(as_().get(f"/book/{token}?zone=America/New_York&day={day}"))
        shown[day] = re.search(r'value="(\S+)"[^>]*> <span>(\d\d:\d\d)</span>', page)
    first = {day: found.groups() for day, found in shown.items() if found}
    assert first == {
        "2027-03-12": ("2027-03-12T08:00Z", "03:00"),
        "2027-03-15": ("2027-03-15T08:00Z", "04:00"),
        "2027-03-29": ("2027-03-29T08:00Z", "04:00"),
    }
    as_().post(
        f"/book/{token}",
        {"slot": "2027-03-15T08:00Z", "phone": "+1 212 555 0142", "zone": "America/New_York"},
    )
    row = Booking.objects.get()
    assert (row.start_at.isoformat(), row.zone) == (
        "2027-03-15T08:00:00+00:00",
        "America/New_York",
    )


def test_what_happened_is_in_the_records_once_and_in_the_facts(
    now: Any, as_: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Issued, booked, moved, held or not, cancelled, tried again: given to the lake twice over."""
    from django.conf import settings

    from desks import load_events, make_desk
    from helmdesk.web.apps.booking.bookings import cancel, conclude, move
    from helmdesk.web.apps.booking.choosing import choose
    from helmdesk.web.apps.booking.models import State
    from helmdesk.web.apps.events import jobs
    from helmdesk.web.apps.jobs.kind import Nothing
    from helmdesk.web.apps.jobs.queue import enqueue
    from helmdesk.web.apps.jobs.worker import Worker

    desk = make_desk(tmp_path / "desk")
    monkeypatch.setattr(settings, "DESK_FOLDER", desk.path)
    load_events(desk, [{"type": "created", "ticket_id": "T-7", "occurred_at": NOW - 9 * DAY}])
    staff()
    kind = make_kind()
    first, second, third = (booked(kind, TUESDAY + n * HOUR) for n in (0, 1, 3))
    _, spare = link_for(kind, days=1)
    move(third.pk, TUESDAY + 4 * HOUR)
    cancel(third.pk)
    choose(first.pk)
    now(TUESDAY + 6 * HOUR)
    conclude(first.pk, State.HELD)
    conclude(second.pk, State.NO_SHOW)
    as_().get(f"/book/{spare}")
    for number in range(2):
        enqueue(jobs.gather, f"events:test{number}", Nothing())
        kinds = {each.name: each for each in (jobs.gather, jobs.record)}
        Worker(is_thread=False, known=kinds).work_off()
    with desk.engine() as engine:
        links = engine.run(
            "select link_use, count(*) from booking_links group by link_use order by link_use"
        )
        rows = engine.run(
            "select ticket_id, start_at, moves, is_cancelled, is_no_show, is_held from bookings"
            " order by start_at"
        )
    assert links == [("issued", 4), ("reused", 1)]
    plain = TUESDAY.replace(tzinfo=None)
    assert rows == [
        ("T-7", plain, 0, False, False, True),
        ("T-7", plain + HOUR, 0, False, True, False),
        ("T-7", plain + 4 * HOUR, 1, True, False, False),
    ]
