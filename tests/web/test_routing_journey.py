"""A planner switches a queue to shadow in a browser, reads its report, and follows one decision to
its ticket; wide and on a phone, light and dark.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect

from web.conftest import Server
from web.test_journeys import NARROW, WIDE, sign_in


@pytest.fixture(autouse=True)
def _empty(site: Path) -> Iterator[None]:
    from helmdesk.web.apps.routing.models import RoutedQueue, Stop

    RoutedQueue.objects.all().delete()
    yield
    RoutedQueue.objects.all().delete()
    Stop.objects.all().delete()


def look() -> None:
    from helmdesk.web.apps.jobs.worker import Worker
    from helmdesk.web.apps.routing.jobs import look_at_queues

    Worker(is_thread=False, known={look_at_queues.name: look_at_queues}).work_off()


def test_a_planner_switches_a_queue_to_shadow_and_reads_its_report(chromium: Any, server: Server):
    from axe_playwright_python.sync_playwright import Axe

    page = sign_in(chromium, server, "pat", bypass_csp=True)
    page.goto(f"{server.url}/routing")
    expect(page.get_by_role("heading", name="Begin in shadow")).to_be_visible()
    row = page.get_by_role("row").filter(has_text="Frontline Berlin")
    row.get_by_role("button", name="Put in shadow").click()
    expect(page.get_by_text("The first look is under way")).to_be_visible()
    look()
    page.reload()
    expect(page.locator("p.lead")).to_contain_text("Routing named the person who took the case in")
    expect(page.locator(".kpis")).to_contain_text("The same person")
    expect(page.get_by_text("do not count for the switch to Assign")).to_be_visible()
    queue = page.url
    page.get_by_role("link", name="Somebody else").click()
    page.locator("#decisions tbody th a").first.click()
    expect(page.get_by_text("the same decision, bit by bit")).to_be_visible()
    decision = page.url
    page.get_by_role("link", name="Open the ticket").click()
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    assert "/ticket/" in page.url
    # More is not to be had yet, and it says what it takes.
    page.goto(queue)
    page.get_by_role("radio", name="Assign").check()
    page.get_by_role("button", name="Switch").click()
    expect(page.get_by_text("no live account can be written to")).to_be_visible()
    page.goto(f"{server.url}/routing")
    page.get_by_role("button", name="Stop all routing").click()
    expect(page.get_by_role("heading", name="Routing is stopped")).to_be_visible()
    assert page.problems == []
    page.context.close()
    wrong = []
    for scheme, viewport in (("light", WIDE), ("dark", NARROW)):
        page = sign_in(
            chromium, server, "pat", viewport=viewport, color_scheme=scheme, bypass_csp=True
        )
        for address in (f"{server.url}/routing", queue, decision):
            page.goto(address)
            assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0, address
            found = Axe().run(page)
            if found.violations_count:
                wrong.append(f"{scheme} {address}\n{found.generate_report()}")
        page.context.close()
    assert not wrong, "\n".join(wrong)
