"""Data that somebody hostile wrote, seen in a real browser: it is shown as text everywhere, and
nothing runs.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect

from desks import load_events
from helmdesk.desk.desk import Desk
from web.conftest import PASSWORD, Server

PAYLOAD = '"><img src=x onerror=alert(1)><script>alert(2)</script>{{7*7}}'


def hostile_events() -> list[dict[str, str]]:
    common = {
        "subject": PAYLOAD,
        "channel": f"c{PAYLOAD}",
        "priority": f"p{PAYLOAD}",
        "issue_type": f"i{PAYLOAD}",
        "severity": f"s{PAYLOAD}",
        "customer_id": f"u{PAYLOAD}",
        "account_id": f"a{PAYLOAD}",
    }
    found: list[dict[str, str]] = []
    for n in range(8):
        ticket, day = f"T{n}{PAYLOAD if n == 0 else ''}", f"2026-03-{2 + n:02d}"
        found += [
            {"type": "created", "ticket_id": ticket, "occurred_at": f"{day}T09:00", **common},
            {
                "type": "assigned",
                "ticket_id": ticket,
                "occurred_at": f"{day}T09:05",
                "agent_id": f"g{PAYLOAD}",
                "team_id": f"t{PAYLOAD}",
            },
            {
                "type": "message",
                "ticket_id": ticket,
                "occurred_at": f"{day}T09:30",
                "direction": "outbound",
                "visibility": "public",
                "actor_kind": "human",
                "actor_id": f"g{PAYLOAD}",
            },
        ]
    return found


def test_hostile_data_are_text_on_every_page(
    chromium: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HELMDESK_DATABASE", "")
    folder = tmp_path / "desk"
    load_events(Desk.create(folder), hostile_events())
    server = Server(folder)
    problems: list[str] = []
    try:
        page = chromium.new_context().new_page()
        page.on(
            "dialog", lambda dialog: (problems.append(f"dialog {dialog.message}"), dialog.dismiss())
        )
        page.on(
            "console",
            lambda said: (
                problems.append(said.text)
                if "Content Security Policy" in said.text or "Refused" in said.text
                else None
            ),
        )
        page.on("pageerror", lambda error: problems.append(str(error)))
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
        window = "start=2026-03-01&end=2026-04-01"
        seen = 0
        for path in (
            f"/?{window}",
            f"/metric/ticket_volume?{window}&by=channel",
            f"/metric/first_response_time?{window}&by=team",
            f"/tickets?{window}&sort=ticket_id",
            f"/accounts?{window}",
            f"/team?{window}",
            "/now",
            "/data",
            f"/catalogue/beside/zendesk?{window}",
            "/settings/definitions",
            "/settings/people/new",
            "/find?q=img",
        ):
            response = page.goto(f"{server.url}{path}")
            assert response.status == 200, path
            page.wait_for_function(
                "() => [...document.querySelectorAll('figure[data-chart]')].every(f =>"
                " f.querySelector('.plot svg') || f.classList.contains('failed'))"
            )
            for planted in ("img[src=x]", "main script:not([type='application/json'])"):
                expect(page.locator(planted), path).to_have_count(0)
            seen += PAYLOAD in page.evaluate(
                "document.body.innerText"
            ) or PAYLOAD in page.content().replace("&quot;", '"').replace("&lt;", "<").replace(
                "&gt;", ">"
            ).replace("&amp;", "&")
        page.goto(f"{server.url}/tickets?{window}&sort=ticket_id")
        page.click("tbody a >> nth=0")
        page.wait_for_selector(".drawer:has-text('Ticket T0')")
        expect(page.locator("main")).to_contain_text(PAYLOAD)
        assert seen >= 5 and problems == []
    finally:
        server.stop()
