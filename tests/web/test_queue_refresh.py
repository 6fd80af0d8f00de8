"""Queue now looks again every minute, says nothing of it, and keeps its numbers when it cannot."""

from __future__ import annotations

from typing import Any

import pytest

from web.conftest import Server
from web.test_journeys import sign_in

pytest.importorskip("playwright")


def test_queue_now_looks_again_by_itself(server: Server, chromium: Any) -> None:
    from playwright.sync_api import expect

    page = sign_in(chromium, server)
    page.clock.install()
    page.goto(f"{server.url}/now")
    cards = page.locator("#live .cards")
    expect(cards).to_contain_text("Open tickets")
    answers = iter(
        [
            {"status": 500, "body": "<main id='main'><div id='live'>broken</div></main>"},
            {
                "status": 200,
                "body": "<main id='main'><div id='live'>of a minute later</div></main>",
            },
        ]
    )
    page.route("**/now", lambda route: route.fulfill(content_type="text/html", **next(answers)))
    with page.expect_response("**/now") as failed:
        page.clock.fast_forward(61_000)
    assert failed.value.status == 500
    expect(cards).to_contain_text("Open tickets")
    with page.expect_response("**/now") as came:
        page.clock.fast_forward(61_000)
    assert came.value.request.headers["hx-request"] == "true"
    expect(page.locator("#live")).to_have_text("of a minute later")
    expect(page.locator("#said")).not_to_have_text("Updated")
    page.context.close()
