"""A room as people meet it: issued by a lead, opened by a customer on a phone without script."""

from __future__ import annotations

import re
from typing import Any

from helmdesk.desk.live import LiveDesk
from web.test_rooms import _empty  # noqa: F401


def test_a_customer_reads_and_writes_on_a_phone_without_script(
    site: Any, server: Any, chromium: Any, as_: Any
) -> None:
    """A real server, a narrow screen, no script: where the case stands, the time where the customer
    is, a message sent; nothing that axe would object to, in both themes; then it is revoked.
    """
    from axe_playwright_python.sync_playwright import Axe
    from playwright.sync_api import expect

    from helmdesk.web.apps.rooms.models import Room, RoomTeam, Written

    with LiveDesk(site).engine() as engine:
        ((ticket, team),) = engine.run(
            "select t.ticket_id, t.team from tickets t join sla_measured m on"
            " m.ticket_id = t.ticket_id where t.is_counted order by t.created_at desc,"
            " t.ticket_id limit 1"
        )
    RoomTeam.objects.create(name=team)
    lead = as_("ada")
    made = lead.post("/rooms", {"ticket": ticket})["Location"]
    (path,) = set(re.findall(r"/r/[\w-]+", lead.get(made).content.decode()))
    for scheme in ("light", "dark"):
        narrow = chromium.new_context(
            viewport={"width": 390, "height": 844}, color_scheme=scheme, is_mobile=True
        )
        page = narrow.new_page()
        page.goto(server.url + path)
        found = Axe().run(page)
        assert found.violations_count == 0, found.generate_report()
        assert page.evaluate("document.documentElement.scrollWidth") <= 390
        narrow.close()
    phone = chromium.new_context(
        viewport={"width": 390, "height": 844}, java_script_enabled=False, has_touch=True
    )
    page = phone.new_page()
    page.goto(server.url + path)
    expect(page.locator("main")).to_contain_text("What we promised")
    page.get_by_text("Show times where I am").tap()
    page.select_option("[name=zone]", "America/New_York")
    page.get_by_role("button", name="Use this time").tap()
    expect(page.locator("main")).to_contain_text("in New York")
    page.get_by_label("Your message").fill("It works again, thank you.")
    page.get_by_role("button", name="Send").tap()
    expect(page.locator("main")).to_contain_text("The team has your message")
    assert Written.objects.get().text == "It works again, thank you."
    room = Room.objects.get()
    assert "It works again" in lead.get(f"/rooms/{room.id}").content.decode()
    lead.post(f"/rooms/{room.id}/revoke")
    page.goto(server.url + path)
    expect(page.locator("h1")).to_have_text("This page is no longer open")
    phone.close()
