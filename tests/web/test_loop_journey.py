"""The loop in one journey: a finding, the lever tried, the action that does it, and what it did."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect

from helmdesk.desk.desk import Desk
from helmdesk.sample import centre
from web.conftest import PASSWORD, Server, read

CHATS = next(team for team in centre.TEAMS if team.name == "Chat desk")
BEFORE, AFTER = 50, 10


class Cured(centre.Centre):
    """The weeks after the data end, with lunch in turns; what is planned is there already."""

    def write(self) -> Any:
        self.number = 1_000_000
        in_turns = replace(CHATS, lunch=(660, 705, 750, 795))
        for day in (centre.END + timedelta(days=i) for i in range(7 * AFTER)):
            if day.weekday() < 5:
                self._live(in_turns, day)
        return self.writer

    def _plan(self, *_plan: Any) -> None:
        """Say nothing: the weeks are planned."""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A desk with the chat desk alone, which all goes to lunch at noon."""
    monkeypatch.setattr(centre, "TEAMS", (CHATS,))
    centre.create_centre(tmp_path / "desk", weeks=BEFORE)
    yield tmp_path / "desk"


def time_passes(folder: Path) -> None:
    """Let the weeks after come, as a load."""
    moment = datetime.combine(centre.END + timedelta(weeks=AFTER), time(), UTC)
    Desk(folder).load_with(
        lambda staging: Cured(7, staging.on_step).write().stage(staging),
        "sample",
        "after",
        recorded_at=moment,
        on_step=lambda _step: None,
    )


def test_from_a_finding_to_what_its_cure_did(folder: Path, chromium: Any) -> None:
    server = Server(folder, "--no-worker")
    try:
        page = chromium.new_context(viewport={"width": 1440, "height": 900}).new_page()
        page.goto(f"{server.url}/setup")
        for name, text in (
            ("code", server.code),
            ("username", "lea"),
            ("password", PASSWORD),
            ("again", PASSWORD),
        ):
            page.fill(f"[name={name}]", text)
        page.click("main button")

        # What is wrong, and what would mend it.
        page.goto(f"{server.url}/brief")
        finding = page.locator("article.finding", has_text="Customers are missed at breaks")
        expect(finding).to_contain_text("Chat desk")
        finding.get_by_role("link", name="Try it in What-if").click()

        # What it would do, after how right such answers were.
        expect(page.locator("h1")).to_have_text("What if meals are spread over 11:00 to 14:00?")
        row = read(page, r"Missed contacts (\d+(?:\.\d)?)% (\d+(?:\.\d)?)%")
        now, then = float(row[1]), float(row[2])
        assert 10 < now < 15 and 3 < then < 8
        page.get_by_role("link", name="Make it an action").click()

        # What is expected is written down before it begins.
        expect(page.get_by_label("What is done")).to_have_value(
            "Meals are spread over 11:00 to 14:00"
        )
        page.get_by_role("button", name="Start: lock").click()
        expect(page.locator("main")).to_contain_text("What you expect is locked from now on")
        action = page.url
        expect(page.locator("main")).not_to_contain_text("Worked")

        # And ten weeks later it says what came of it.
        time_passes(folder)
        page.goto(action)
        expect(page.locator("main")).to_contain_text("Worked")
        page.get_by_role("link", name="Close as “worked”").click()
        page.fill("[name=learned]", "Lunch in turns costs nothing")
        page.locator("#decide button").first.click()
        page.goto(f"{server.url}/actions")
        expect(page.locator("main")).to_contain_text("What we learned")
        expect(page.locator("main")).to_contain_text("Meals are spread over 11:00 to 14:00")
    finally:
        server.stop()
