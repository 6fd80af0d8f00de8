"""From a file or an account to its numbers, in a real browser: no column name is typed, what
overlaps is stored once, and everything can be undone.
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect

from connectors.fake import serve
from connectors.fake_zendesk import EMAIL, TOKEN, FakeZendesk
from effort import IS_LONG
from helmdesk.desk.connections import Connections
from helmdesk.desk.desk import Desk
from web.conftest import PASSWORD, Server
from web.test_journeys import WIDE
from workbooks import workbook

HEADER = (
    "Ticket ID",
    "Subject",
    "Status",
    "Priority",
    "Source",
    "Type",
    "Agent",
    "Group",
    "Created time",
    "Resolved time",
    "Last update time",
    "Initial response time",
    "Full name",
    "Survey results",
    "Due by Time",
    "Agent interactions",
    "Customer interactions",
    "Resolution status",
)


@contextmanager
def fresh_site(chromium: Any, folder: Path) -> Iterator[Any]:
    """An empty desk with a site, and its first administrator's page."""
    Desk.create(folder)
    server = Server(folder)
    try:
        page = chromium.new_context(viewport=WIDE).new_page()
        page.problems = []
        page.on("pageerror", lambda error: page.problems.append(str(error)))
        page.goto(f"{server.url}/setup")
        for name, text in (
            ("code", server.code),
            ("username", "olga"),
            ("password", PASSWORD),
            ("again", PASSWORD),
        ):
            page.fill(f"[name={name}]", text)
        page.click("button")
        page.wait_for_selector("h1:has-text('Nothing is loaded yet')")
        page.base = server.url
        yield page
        assert page.problems == []
    finally:
        server.stop()


@pytest.fixture(autouse=True)
def own_database(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HELMDESK_DATABASE", "")


def ticket(number: int, status: str = "Open", updated: str = "") -> tuple[str, ...]:
    """A ticket of Freshdesk's export: two of three are solved within two hours."""
    day = f"2026-03-{1 + number % 25:02d}"
    solved = f"{day} 11:00:00" if status != "Open" else ""
    return (
        str(number),
        f"Printer {number}",
        status,
        ("Low", "High")[number % 2],
        ("Email", "Portal")[number % 2],
        "Incident",
        ("Kim", "Lee")[number % 2],
        ("Desk A", "Desk B")[number % 2],
        f"{day} 09:00:00",
        solved,
        updated or f"{day} 11:00:00",
        f"{day} 09:30:00",
        f"Customer {number % 7}",
        "Very happy" if number % 6 == 0 else "",
        f"{day} 17:00:00",
        "2",
        "1",
        "Within SLA",
    )


def upload(page: Any, path: Path) -> None:
    page.goto(f"{page.base}/data/load")
    page.set_input_files("[name=files]", str(path))
    page.click("button:has-text('Upload and check')")
    page.wait_for_selector("h2:has-text('What would be loaded')")


@pytest.mark.skipif(not IS_LONG, reason="in make reliability; the next journey loads too")
def test_a_workbook_of_freshdesk_and_its_scorecard(chromium: Any, tmp_path: Path) -> None:
    rows = [HEADER, *(ticket(n, "Open" if n % 3 == 0 else "Closed") for n in range(1, 61))]
    book = workbook(tmp_path / "march.xlsx", {"Tickets": rows})
    with fresh_site(chromium, tmp_path / "desk") as page:
        upload(page, book)
        main = page.locator("main")
        expect(main).to_contain_text("This is read as: Freshdesk ticket export")
        expect(main).to_contain_text(re.compile(r"60\s+new, 0\s+updated"))
        # One column is for something else, for this desk.
        page.select_option("[aria-label='Type is']", label="nothing else")
        page.click("button:has-text('Check')")
        page.wait_for_selector("td:has-text('you said so'), th:has-text('Type')")
        page.wait_for_selector("h2:has-text('What would be loaded')")
        page.click("button:has-text('Load it')")
        page.wait_for_selector("h2:has-text('Loaded as lake version')")
        page.click("a:has-text('Open the scorecard')")
        page.wait_for_selector("main a:has-text('Ticket volume')")
        page.goto(f"{page.base}/metric/ticket_volume?start=2026-03-01&end=2026-04-01")
        expect(main).to_contain_text("The 60 rows")
        page.goto(f"{page.base}/metric/resolution_time?start=2026-03-01&end=2026-04-01")
        expect(main).to_contain_text("2 h")
        assert Desk(tmp_path / "desk").measure("ticket_volume")[0].value == 60


def test_last_weeks_export_then_this_weeks_and_back(chromium: Any, tmp_path: Path) -> None:
    """Tickets 1 to 40, then 21 to 50: of 20 that overlap, five changed."""
    last = [ticket(n, "Open" if n > 20 else "Closed") for n in range(1, 41)]
    this = [
        ticket(n, "Closed", "2026-03-30 12:00:00") if n in range(21, 26) else ticket(n)
        for n in range(21, 51)
    ]
    with fresh_site(chromium, tmp_path / "desk") as page:
        main = page.locator("main")
        for name, rows, told in (
            ("last", last, r"40\s+new,\s+0\s+updated,\s+0\s+unchanged"),
            ("this", this, r"10\s+new,\s+5\s+updated,\s+15\s+unchanged"),
        ):
            upload(page, workbook(tmp_path / f"{name}.xlsx", {"Tickets": [HEADER, *rows]}))
            page.click("button:has-text('Load it')")
            page.wait_for_selector("h2:has-text('Loaded as lake version')")
            expect(main).to_contain_text(re.compile(told))
        page.goto(f"{page.base}/metric/ticket_volume?start=2026-03-01&end=2026-04-01")
        expect(main).to_contain_text("The 50 rows")
        page.go_back()
        page.click("a:has-text('Undo')")
        page.check("[name=sure]")
        page.click("button:has-text('Take it out')")
        page.wait_for_selector("h1:has-text('Data health')")
        deadline = time.monotonic() + 30
        while len(Desk(tmp_path / "desk").batches()) > 1 and time.monotonic() < deadline:
            page.wait_for_timeout(300)
        desk = Desk(tmp_path / "desk")
        desk.refresh()
        assert desk.measure("ticket_volume")[0].value == 40
        solved = desk.measure("resolution_time")
        assert solved[0].n == 20  # as last week's export says


def test_an_account_is_connected_and_catches_up(chromium: Any, tmp_path: Path) -> None:
    account = FakeZendesk(limit=900)
    for _ in range(40):
        account.now += 80_000
        account.create()
    account.now += 2 * 86_400
    account.denied = {"schedules"}
    folder = tmp_path / "desk"
    with serve(account.answer) as server, fresh_site(chromium, folder) as page:
        main = page.locator("main")
        page.click("a:has-text('Zendesk Support')")
        page.get_by_label("Your Zendesk's name").fill(server.url)
        page.get_by_label("Mail address").fill(EMAIL)
        page.fill("[name=said-token]", "wrong")
        page.click("button:has-text('Try the key')")
        expect(main).to_contain_text("the key is not known there")
        page.fill("[name=said-token]", TOKEN)
        page.click("button:has-text('Try the key')")
        page.wait_for_selector("h2:has-text('nothing is fetched yet')")
        expect(main).to_contain_text("will fetch all tickets: 40, in about a minute")
        expect(main).to_contain_text("business hours come with the plans")
        page.click("button:has-text('Start fetching')")
        page.wait_for_selector("h2:has-text('Fetching')")
        page.wait_for_selector("h2:has-text('In step')")
        expect(main).to_contain_text(re.compile(r"40\s+of 40 in the\s+account"))
        page.click("a:has-text('Open the scorecard')")
        page.wait_for_selector("main a:has-text('Ticket volume')")
        page.goto(f"{page.base}/data")
        expect(main).to_contain_text("Live accounts")
        assert TOKEN not in page.content()
        page.click("a:has-text('zendesk')")
        page.check("[name=sure]")
        page.click("button:has-text('Disconnect')")
        expect(main).to_contain_text("its key too")
    assert Connections(folder).names() == []
    assert Desk(folder).measure("ticket_volume")[0].value == 40
    kept = b"".join(p.read_bytes() for p in folder.rglob("*") if p.is_file())
    assert TOKEN.encode() not in kept
