"""Booking as people meet it: a customer on a phone without script, a lead when somebody falls ill.

HELMDESK_PICTURES names a folder for pictures of what they see.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from web.booking_desk import DAY, PEOPLE, clear, link_for, make_kind, staff_always
from web.conftest import PASSWORD, read

PHONE = {"width": 390, "height": 844}


@pytest.fixture(autouse=True)
def _empty(site: Path) -> Iterator[None]:
    clear()
    yield
    clear()


def picture(page: Any, name: str) -> None:
    folder = os.environ.get("HELMDESK_PICTURES", "")
    if folder:
        Path(folder).mkdir(parents=True, exist_ok=True)
        page.screenshot(path=f"{folder}/{name}.png", full_page=True)


def sound(page: Any, width: int) -> None:
    """Nothing that axe objects to, and nothing that must be pushed aside to be read."""
    from axe_playwright_python.sync_playwright import Axe

    found = Axe().run(page)
    assert found.violations_count == 0, found.generate_report()
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_a_customer_books_moves_and_cancels_on_a_phone_without_script(
    site: Path, server: Any, chromium: Any
) -> None:
    from helmdesk.web.apps.booking.models import Booking

    staff_always(datetime.now(UTC))
    _, token = link_for(make_kind(notice_minutes=60, change_minutes=0, days_ahead=8))
    for scheme in ("light", "dark"):
        looking = chromium.new_context(viewport=PHONE, color_scheme=scheme, is_mobile=True)
        page = looking.new_page()
        page.goto(f"{server.url}/book/{token}")
        sound(page, 390)
        picture(page, f"choose-390-{scheme}")
        looking.close()
    phone = chromium.new_context(viewport=PHONE, java_script_enabled=False, has_touch=True)
    page = phone.new_page()
    page.goto(f"{server.url}/book/{token}")
    read(page, "When may we call you?")
    page.locator(".days a").nth(2).tap()
    page.locator(".choice.slots label").nth(3).tap()
    page.get_by_label("Phone number").fill("+49 30 5550 142")
    page.get_by_role("button", name="Book this time").tap()
    read(page, "Your call is booked")
    read(page, "The invitation for your calendar is on its way")
    picture(page, "booked-390-light")
    first = Booking.objects.get()
    here = page.url
    page.get_by_role("link", name="Choose another time").tap()
    read(page, "stays until you choose")
    picture(page, "move-390-light")
    page.locator(".days a").nth(3).tap()
    page.locator(".choice.slots label").nth(1).tap()
    page.get_by_role("button", name="Move the call").tap()
    read(page, "Your call is booked")
    moved = Booking.objects.get()
    assert moved.start_at != first.start_at and moved.sequence == 1
    # The link itself has done its work, whoever opens it again.
    page.goto(f"{server.url}/book/{token}")
    read(page, "This link does not open anything any more")
    picture(page, "dead-end-390-light")
    page.goto(here)
    page.get_by_role("button", name="Cancel the call").tap()
    read(page, "This call is cancelled")
    assert Booking.objects.get().state == "cancelled"
    phone.close()


def test_an_agent_falls_ill_and_the_lead_sees_calls_kept_and_coverage_protected(
    site: Path, server: Any, chromium: Any
) -> None:
    from helmdesk.web.apps.booking.bookings import Caller, Outcome, book
    from helmdesk.web.apps.booking.doors import issue_link
    from helmdesk.web.apps.booking.models import Absence, Booking
    from helmdesk.web.apps.booking.people import crew_to_book

    moment = datetime.now(UTC)
    staff_always(moment)
    kind = make_kind(notice_minutes=60, floor=1)
    tomorrow = (moment + DAY).replace(hour=12, minute=0, second=0, microsecond=0)
    for start in (tomorrow, tomorrow, tomorrow + timedelta(hours=1)):
        outcome, _ = book(issue_link(kind)[0], start, Caller(phone="+49 30 5550 142"))
        assert outcome is Outcome.DONE
    ill = Booking.objects.filter(start_at=tomorrow).first()
    assert ill is not None
    context = chromium.new_context(viewport={"width": 1440, "height": 900})
    page = context.new_page()
    page.goto(f"{server.url}/account/login/")
    page.locator("[name=login]").fill("tom")
    page.locator("[name=password]").fill(PASSWORD)
    page.locator("main button").first.click()
    read(page, "Frontline Berlin|Scorecard|tickets")
    week = tomorrow.date() - timedelta(days=tomorrow.weekday())
    page.goto(f"{server.url}/booking?start={week}")
    read(page, "Booked calls")
    sound(page, 1440)
    picture(page, "calls-1440-light")
    page.get_by_label("Who").select_option(PEOPLE[ill.agent])
    for name, at in (("From", tomorrow - 8 * timedelta(hours=1)), ("Until", tomorrow + DAY)):
        page.get_by_label(name, exact=True).fill(f"{at:%Y-%m-%dT%H:%M}")
    page.get_by_role("button", name="Note it").click()
    read(page, "Every call has somebody who takes it")
    assert [row.agent for row in Absence.objects.all()] == [ill.agent]
    rows = Booking.objects.filter(start_at=tomorrow)
    assert {row.agent for row in rows} == set(PEOPLE) - {ill.agent}
    page.goto(f"{server.url}/booking?start={week}")
    for summary in page.locator("details summary").all():
        summary.click()
    read(page, "too few: no call can be booked")
    picture(page, "ill-1440-light")
    # Two are in calls then and the third is ill: nobody is left, and nobody can book more.
    offered = {slot.start for slot in crew_to_book(kind, moment).slots(moment)}
    assert tomorrow not in offered and tomorrow + timedelta(hours=3) in offered
    for name, address in (
        ("kinds", "/booking/kinds"),
        ("links", "/booking/links"),
        ("kind-form", f"/booking/kinds/{kind.pk}"),
        ("call", f"/booking/calls/{rows[0].pk}"),
    ):
        page.goto(f"{server.url}{address}")
        sound(page, 1440)
        picture(page, f"{name}-1440-light")
    context.close()
    small = chromium.new_context(
        viewport=PHONE, color_scheme="dark", is_mobile=True, storage_state=None
    )
    page = small.new_page()
    page.goto(f"{server.url}/account/login/")
    page.locator("[name=login]").fill("tom")
    page.locator("[name=password]").fill(PASSWORD)
    page.locator("main button").first.click()
    read(page, "Frontline Berlin|Scorecard|tickets")
    for name, address in (("calls", f"/booking?start={week}"), ("links", "/booking/links")):
        page.goto(f"{server.url}{address}")
        sound(page, 390)
        picture(page, f"{name}-390-dark")
    small.close()
