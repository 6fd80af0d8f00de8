"""Journeys in a real browser against a real server: what the site's readers do, without a mouse,
without scripts, in the dark.
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect

from helmdesk.desk.desk import Desk
from web.conftest import PASSWORD, Server, read

WIDE, NARROW = {"width": 1440, "height": 900}, {"width": 390, "height": 844}
PAGES = (
    "/",
    "/brief",
    "/metric/csat/explain?days=364",
    "/metric/first_response_time?days=91",
    "/metric/csat?days=364&by=team",
    "/tickets",
    "/tickets?metric=csat&days=91",
    "/accounts",
    "/accounts/Dalora?days=364",
    "/team?days=364",
    "/now",
    "/dashboards",
    "/catalogue",
    "/catalogue/beside/zendesk",
    "/data",
    "/data/load",
    "/data/connections",
    "/settings",
    "/settings/desk",
    "/settings/people",
    "/settings/people/new",
    "/settings/definitions",
    "/settings/audit",
    "/jobs",
    "/find?q=time",
    "/nowhere",
)

# What reaches beyond the window, where the page itself does.
TOO_WIDE = """
    document.documentElement.scrollWidth <= innerWidth ? [] :
    [...document.querySelectorAll("body *")]
        .filter(each => each.getBoundingClientRect().right > innerWidth + 1)
        .slice(0, 8).map(each => each.outerHTML.slice(0, 300))
        .concat(`${document.documentElement.scrollWidth} pixels`)
"""


def sign_in(
    browser: Any, server: Server, name: str = "ada", password: str = PASSWORD, **options: Any
) -> Any:
    context = browser.new_context(viewport=options.pop("viewport", WIDE), **options)
    page = context.new_page()
    page.problems = []
    page.on("pageerror", lambda error: page.problems.append(str(error)))
    page.on(
        "console",
        lambda said: (
            page.problems.append(said.text)
            if said.type == "error" and "status of 4" not in said.text
            else None
        ),
    )
    page.on("dialog", lambda dialog: page.problems.append(f"dialog {dialog.message}"))
    page.on(
        "request",
        lambda request: (
            page.problems.append(request.url)
            if not request.url.startswith((server.url, "data:", "blob:"))
            else None
        ),
    )
    page.goto(f"{server.url}/account/login/")
    page.fill("[name=login]", name)
    page.fill("[name=password]", password)
    page.click("button:has-text('Sign in')")
    page.wait_for_url(lambda url: "/account/login/" not in url)
    return page


def settled(page: Any, address: str) -> None:
    page.goto(address)
    page.wait_for_function(
        "() => [...document.querySelectorAll('figure[data-chart]')].every(f =>"
        " f.querySelector('.plot svg') || f.classList.contains('failed'))"
    )


def choose_dates(page: Any, preset: str) -> None:
    page.click("[data-chip=f] > summary")
    page.click(f"[data-chip=f] .pick a:has-text('{preset}')")


def test_from_the_scorecard_to_the_very_ticket(chromium: Any, server: Server) -> None:
    page = sign_in(chromium, server)
    page.click("main a:has-text('First contact resolution') >> nth=0")
    page.wait_for_selector("svg.xy")
    expect(page.locator("h1")).to_have_text("First contact resolution")
    choose_dates(page, "Last 13 weeks")
    page.wait_for_url(re.compile("window=91-days"))
    page.wait_for_selector("#main h2:has-text('By channel')")
    page.click("table.dots a:has-text('Email')")
    page.wait_for_url(re.compile("channel=email"))
    n = read(page, r"The ([\d,]+) rows in this number")[1]
    page.click("a:has-text('rows in this number')")
    expect(page.locator("main")).to_contain_text(f"of {n.replace(',', '')}")
    page.click("tbody a >> nth=0")
    expect(page.locator(".drawer")).to_contain_text("What happened")
    page.keyboard.press("Escape")
    expect(page.locator(".drawer")).to_have_count(0)
    expect(page.locator("h1")).to_contain_text("Rows of")
    assert page.problems == []


def test_comparison_by_key_keeps_its_place_in_the_address(chromium: Any, server: Server) -> None:
    page = sign_in(chromium, server)
    page.goto(f"{server.url}/scorecard")
    expect(page.locator(".score .v").nth(3)).to_be_attached()
    page.keyboard.press("c")
    page.click("[data-chip=c] .pick a:has-text('Nothing')")
    page.wait_for_url(re.compile("compare=none"))
    expect(page.locator("th:has-text('Change')")).to_have_count(0)
    page.keyboard.press("c")
    page.click("[data-chip=c] .pick a >> nth=0")
    expect(page.locator("th:has-text('Change')").first).to_be_attached()
    expect(page).not_to_have_url(re.compile("compare="))
    page.keyboard.press("?")
    expect(page.locator("dialog[open]")).to_have_count(1)
    page.keyboard.press("Escape")
    page.keyboard.press("/")
    page.keyboard.type("escalation")
    page.keyboard.press("Enter")
    page.wait_for_selector("h1:has-text('Find')")
    expect(page.locator(".found a:has-text('Escalation rate')")).to_have_count(1)
    assert page.problems == []


def test_with_the_keyboard_alone(chromium: Any, server: Server) -> None:
    page = sign_in(chromium, server)
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"
    page.keyboard.press("g")
    page.keyboard.press("n")
    page.wait_for_url(re.compile("/now"))
    page.goto(f"{server.url}/scorecard")
    for _ in range(60):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.textContent.trim()") == "Customer satisfaction":
            break
    outline = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile("/metric/csat"))
    assert outline == "solid" and page.problems == []


def test_without_scripts_values_tables_and_links_are_there(chromium: Any, server: Server) -> None:
    page = sign_in(chromium, server, java_script_enabled=False)
    expect(page.locator(".insight h2").first).to_be_attached()
    expect(page.locator(".mrow .val").nth(10)).to_be_attached()
    expect(page.locator("svg.spark").nth(5)).to_be_attached()
    page.goto(f"{server.url}/metric/csat")
    expect(page.locator(".numbers table").nth(0)).to_be_attached()
    choose_dates(page, "Last 52 weeks")
    page.wait_for_url(re.compile("window=364-days"))
    page.click("[data-chip=f] > summary")
    page.fill("[name=first]", "2026-05-01")
    page.fill("[name=last]", "2026-05-31")
    page.click(".dates button")
    page.wait_for_url(re.compile("first=2026-05-01"))
    expect(page.locator("[data-chip=f] > summary")).to_contain_text("1–31 May 2026")
    page.click("a:has-text('rows in this number')")
    expect(page.locator("tbody tr").nth(10)).to_be_attached()


def test_an_ended_session_leads_to_signing_in(chromium: Any, server: Server) -> None:
    page = sign_in(chromium, server)
    page.goto(f"{server.url}/metric/csat")
    page.context.clear_cookies()
    choose_dates(page, "Last 13 weeks")
    page.wait_for_url(re.compile("/account/login/"))
    expect(page.locator("[name=password]")).to_have_count(1)


def test_an_agent_meets_only_the_own_work(chromium: Any, server: Server) -> None:
    page = sign_in(chromium, server, "hugo")
    page.click("aside nav a:has-text('Team')")
    page.wait_for_selector("h1:has-text('My work')")
    page.goto(f"{server.url}/me?days=364")
    page.click(".card details summary >> nth=0")
    page.fill(".card details[open] textarea", "Two days of outage")
    page.click(".card details[open] button")
    page.goto(f"{server.url}/settings/people")
    expect(page.locator("main")).to_contain_text("Not for you to see")
    expect(page.locator("main")).to_contain_text("Request ")


def test_a_dashboard_is_made_shared_and_found_by_its_reader(chromium: Any, server: Server) -> None:
    page = sign_in(chromium, server, "ann")
    page.goto(f"{server.url}/dashboards")
    page.fill("form:has-text('Make a dashboard') [name=title]", "Morning round")
    page.click("button:has-text('Make a dashboard')")
    for kind, metric in (("card", "csat"), ("trend", "backlog"), ("heat", "ticket_volume")):
        page.select_option("select[name=kind]", kind)
        page.select_option("select[name=metric]", metric)
        with page.expect_navigation():
            page.click("button[value=add]")
    page.check("[name=shared_with][value=leader]")
    with page.expect_navigation():
        page.click("button[value=save]")
    address = page.url
    expect(page.locator(".plot svg")).to_have_count(2)
    reader = sign_in(chromium, server, "lea")
    reader.goto(f"{server.url}/dashboards")
    reader.click("a:has-text('Morning round')")
    reader.wait_for_url(re.compile(re.escape(address.split("?")[0])))
    expect(reader.locator(".card .value")).to_have_count(1)
    expect(reader.locator("button[value=save]")).to_have_count(0)
    assert page.problems == [] and reader.problems == []


@pytest.fixture
def long_words(site: Path) -> Iterator[None]:
    """Annotations of one word of two hundred letters, beside whatever moved."""
    from helmdesk.web.pages.annotations.models import Annotation

    days = ("2026-01-05", "2026-03-30", "2026-04-06", "2026-05-04", "2026-05-18", "2026-06-22")
    made = [Annotation.objects.create(day=date.fromisoformat(day), text="x" * 200) for day in days]
    yield
    for each in made:
        each.delete()


def test_no_page_is_wider_than_a_phone_and_all_are_accessible(
    chromium: Any, server: Server, long_words: None
) -> None:
    from axe_playwright_python.sync_playwright import Axe

    axe, wrong = Axe(), []
    for scheme, viewport in (("light", WIDE), ("dark", NARROW)):
        page = sign_in(chromium, server, viewport=viewport, color_scheme=scheme, bypass_csp=True)
        # Both themes share their pages: every one in the dark on a phone, every second one in the
        # light.
        for path in PAGES if viewport == NARROW else PAGES[::2]:
            settled(page, f"{server.url}{path}")
            if viewport == NARROW:
                too_wide = page.evaluate(TOO_WIDE)
                assert not too_wide, f"{path}: {too_wide}"
            expect(page.locator("figure.failed"), path).to_have_count(0)
            found = axe.run(page)
            if found.violations_count:
                wrong.append(f"{scheme} {path}\n{found.generate_report()}")
        assert page.problems == []
        page.context.close()
    assert not wrong, "\n".join(wrong)


def test_charts_move_nothing_when_they_arrive(chromium: Any, server: Server) -> None:
    page = sign_in(chromium, server)
    page.add_init_script(
        "new PerformanceObserver(l => l.getEntries().forEach(e => { window.moved = (window.moved ||"
        " 0) + e.value; })).observe({type: 'layout-shift', buffered: true})"
    )
    settled(page, f"{server.url}/metric/first_response_time?days=91")
    page.wait_for_timeout(300)
    assert page.evaluate("window.moved || 0") < 0.01


def test_print_shows_the_page_and_not_its_controls(chromium: Any, server: Server) -> None:
    page = sign_in(chromium, server)
    settled(page, f"{server.url}/metric/csat")
    page.emulate_media(media="print")
    expect(page.locator("h1")).to_be_visible()
    for control in (".filters", ".side"):
        expect(page.locator(f"{control}:visible")).to_have_count(0)
    assert len(page.pdf()) > 10_000


def test_first_run_upload_with_a_bad_row_and_the_sample(
    chromium: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HELMDESK_DATABASE", "")
    folder = tmp_path / "desk"
    Desk.create(folder)
    server = Server(folder)
    try:
        page = chromium.new_context(viewport=WIDE).new_page()
        page.goto(f"{server.url}/setup")
        for name, text in (
            ("code", "0000-0000-0000-0000"),
            ("username", "olga"),
            ("password", PASSWORD),
            ("again", PASSWORD),
        ):
            page.fill(f"[name={name}]", text)
        page.click("button")
        expect(page.locator("main")).to_contain_text("not the code")
        for name, text in (("code", server.code), ("password", PASSWORD), ("again", PASSWORD)):
            page.fill(f"[name={name}]", text)
        page.click("button")
        page.wait_for_selector("h1:has-text('Nothing is loaded yet')")
        expect(page.locator(".ways section")).to_have_count(3)
        expect(page.locator("aside nav a")).to_have_text(
            ["Coverage", "Booked calls", "Pulse", "Data health", "Settings"]
        )
        page.goto(f"{server.url}/setup")
        expect(page.locator("main")).to_contain_text("administrator already")
        table = tmp_path / "tickets.csv"
        rows = [
            f"T-{n},2026-03-{1 + n % 28:02d} 09:00,2026-03-{1 + n % 28:02d} 11:30,email,high"
            for n in range(40)
        ]
        table.write_text(
            "Ticket ID,Created,Solved,Channel,Priority\n"
            + "\n".join([*rows, "T-bad,not a date,2026-03-02 10:00,email,low"])
            + "\n",
            encoding="utf-8",
        )
        page.goto(f"{server.url}/data/load")
        page.set_input_files("[name=files]", str(table))
        page.click("button:has-text('Upload')")
        page.wait_for_selector("h2:has-text('What would be loaded')")
        expect(page.locator("[aria-label=Columns]")).to_contain_text("T-0")
        for said in ("1 rows", "line 42", "not a date"):
            expect(page.locator("main")).to_contain_text(said)
        page.click("button:has-text('Load it')")
        page.wait_for_selector("h2:has-text('Loaded as lake version')")
        page.goto(f"{server.url}/metric/ticket_volume?start=2026-03-01&end=2026-04-01")
        expect(page.locator("main")).to_contain_text("The 40 rows")
        page.goto(f"{server.url}/data")
        page.wait_for_selector("main:has-text('not a date')")
        # An export of a known system needs no word about its columns.
        known = tmp_path / "incidents.csv"
        known.write_text(
            "number,opened_at,short_description,caller_id,state,assignment_group,sys_updated_on\nINC1,2026-03-03"
            " 09:00,x,Ada,Closed,Desk,2026-03-03 11:00\nINC2,2026-03-04"
            " 09:00,x,Eve,New,Desk,2026-03-04 09:00\n",
            encoding="utf-8",
        )
        page.goto(f"{server.url}/data/load")
        page.set_input_files("[name=files]", str(known))
        page.click("button:has-text('Upload')")
        page.wait_for_selector("h2:has-text('What would be loaded')")
        for said in ("ServiceNow list", "2 created"):
            expect(page.locator("main")).to_contain_text(said)
        expect(page.locator("[aria-label=Columns]")).to_contain_text("when the ticket came in")
        page.click("button:has-text('Load it')")
        page.wait_for_selector("h2:has-text('Loaded as lake version')")
        expect(page.locator("main")).not_to_contain_text(" --")
        # And out again.
        page.click("a:has-text('Undo')")
        page.check("[name=sure]")
        page.click("button:has-text('Take it out')")
        page.wait_for_selector("h1:has-text('Data health')")
        expect(page.locator("main")).to_contain_text("It is being taken out")
        deadline = time.monotonic() + 60
        while len(Desk(folder).batches()) > 1 and time.monotonic() < deadline:
            page.wait_for_timeout(500)
        page.reload()
        expect(page.locator("td:has-text('servicenow')")).to_have_count(0)
        expect(page.locator("a:has-text('Take it out')")).to_have_count(1)
    finally:
        server.stop()


def test_the_sample_comes_and_goes_with_one_click(
    chromium: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HELMDESK_DATABASE", "")
    folder = tmp_path / "desk"
    Desk.create(folder)
    before = (folder / "helmdesk.toml").read_bytes()
    server = Server(folder)
    try:
        page = chromium.new_context(viewport=WIDE).new_page()
        page.goto(f"{server.url}/setup")
        for name, text in (
            ("code", server.code),
            ("username", "olga"),
            ("password", PASSWORD),
            ("again", PASSWORD),
        ):
            page.fill(f"[name={name}]", text)
        page.click("button")
        page.click("button:has-text('Make the sample')")
        page.wait_for_selector("h2:has-text('Loaded as lake version')")
        for path in ("/", "/tickets", "/settings"):
            page.goto(f"{server.url}{path}")
            expect(page.locator(".badge.sample")).to_have_text("Sample data")
        page.goto(f"{server.url}/data")
        page.click("button:has-text('Remove the sample data')")
        page.wait_for_selector("h1:has-text('Nothing is loaded yet')")
        expect(page.locator(".badge.sample")).to_have_count(0)
        assert (folder / "helmdesk.toml").read_bytes() == before and Desk(
            folder
        ).lake.version() == 0
    finally:
        server.stop()


def test_the_server_follows_what_is_loaded_meanwhile(
    chromium: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from desks import load_events, ticket

    monkeypatch.setenv("HELMDESK_DATABASE", "")
    folder = tmp_path / "desk"
    desk = Desk.create(folder)
    load_events(desk, ticket("A", "2026-03-02T09:00"))
    server = Server(folder)
    try:
        page = chromium.new_context().new_page()
        page.goto(f"{server.url}/setup")
        for name, text in (
            ("code", server.code),
            ("username", "olga"),
            ("password", PASSWORD),
            ("again", PASSWORD),
        ):
            page.fill(f"[name={name}]", text)
        with page.expect_navigation():
            page.click("button")
        address = f"{server.url}/metric/ticket_volume?start=2026-03-01&end=2026-04-01"
        page.goto(address)
        expect(page.locator("main")).to_contain_text("The 1 row in this number")
        load_events(desk, ticket("B", "2026-03-03T09:00"))
        time.sleep(0.1)
        page.goto(address)
        expect(page.locator("main")).to_contain_text("The 2 rows")
    finally:
        server.stop()
