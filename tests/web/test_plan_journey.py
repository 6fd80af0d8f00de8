"""Planning in one journey: the forecast, what is known of a day, whom it needs, a change tried, a
week published and taken into the records; and a plan from totals alone.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect

from helmdesk.desk.desk import Desk
from helmdesk.sample import centre
from web.conftest import PASSWORD, Server, read

CHATS = next(team for team in centre.TEAMS if team.name == "Chat desk")


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A desk with the chat desk alone, which all goes to lunch at noon."""
    monkeypatch.setattr(centre, "TEAMS", (CHATS,))
    centre.create_centre(tmp_path / "desk", weeks=10)
    yield tmp_path / "desk"


def meals(folder: Path, monday: date) -> set[int]:
    """Minutes of the day at which meals are planned in a week, as the records have them."""
    week = Desk(folder).plan.week("Chat desk", start=monday)
    return {start for shift in week.shifts for start, _ in shift.meals}


def totals(tmp_path: Path) -> Path:
    """Nine weeks of half-hours with 30 calls of 300 seconds each, nine to five on weekdays."""
    lines = ["Interval start,Calls offered,AHT"]
    for day in range(63):
        for half in range(18, 34):
            at = datetime(2026, 3, 2) + timedelta(days=day, minutes=30 * half)
            if at.weekday() < 5:
                lines.append(f"{at:%Y-%m-%d %H:%M},30,300")
    (tmp_path / "march.csv").write_text("\n".join(lines))
    return tmp_path / "march.csv"


def test_from_forecast_to_published_shifts(folder: Path, chromium: Any, tmp_path: Path) -> None:
    first = Desk(folder).plan.forecast()[0].last_day + timedelta(days=1)
    monday = first + timedelta(days=-first.weekday() % 7)
    wednesday = monday + timedelta(days=2)
    assert len(meals(folder, monday)) == 1
    server = Server(folder)
    try:
        page = chromium.new_context(viewport={"width": 1440, "height": 900}).new_page()
        page.goto(f"{server.url}/setup")
        for name, text in (
            ("code", server.code),
            ("username", "pat"),
            ("password", PASSWORD),
            ("again", PASSWORD),
        ):
            page.fill(f"[name={name}]", text)
        page.click("main button")

        # What comes, and what a planner knows of a day.
        page.goto(f"{server.url}/plan/forecast?start={monday}")
        row = page.locator("tr", has=page.locator("th.nowrap", has_text=f"Wed {wednesday.day}"))
        expect(row).to_contain_text("nothing")
        day = page.locator("#day form").first
        day.locator("[name=day]").fill(str(wednesday))
        day.locator("[name=reason]").fill("Half holiday")
        day.locator("[name=share]").fill("50")
        day.get_by_role("button", name="Add the day").click()
        expect(row).to_contain_text("× 0.50: Half holiday (pat)")

        # Whom it needs, where it is short, and what would close it.
        page.get_by_role("link", name="Whom it needs").click()
        expect(page.locator("h1")).to_have_text("Coverage")
        expect(page.locator("main")).to_contain_text("Where it is short")
        page.locator("li", has_text="Spread lunch").get_by_role("link", name="Try it").click()
        expect(page.locator("h1")).to_contain_text("What if meals are spread")
        before = read(page, r"Missed contacts (\d+(?:\.\d)?)% (\d+(?:\.\d)?)%")
        assert float(before[2]) < float(before[1])

        # The week planned by that, published, and in the records.
        page.locator(".steps").get_by_role("link", name="Schedule").click()
        page.get_by_role("button", name="Fill the week for me").click()
        expect(page.locator("h1 + p")).to_contain_text("Draft:")
        page.get_by_role("button", name="Publish").click()
        expect(page.locator("main")).to_contain_text("Published to")
        for _ in range(60):
            if len(meals(folder, monday)) > 1:
                break
            page.wait_for_timeout(500)
        assert len(meals(folder, monday)) > 1

        # Totals alone make a plan, too: five busy on average need eight.
        page.goto(f"{server.url}/plan/coverage")
        page.set_input_files("#volumes input[type=file]", totals(tmp_path))
        page.get_by_role("button", name="Upload and plan").click()
        expect(page.locator("table.cover td").first).to_have_attribute("title", "8 needed")
    finally:
        server.stop()
