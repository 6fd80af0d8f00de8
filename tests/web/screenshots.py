"""Pictures of every page, to be looked at: ``make screenshots``."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

PAGES = {
    "home": "/",
    "scorecard": "/scorecard",
    "brief": "/brief?end=2025-10-27&start=2025-09-29",
    "explained": "/metric/csat/explain?start=2025-10-01&end=2025-11-01",
    "metric": "/metric/first_response_time?days=91",
    "segment": "/metric/csat?days=364&by=tier&channel=phone",
    "tickets": "/tickets",
    "ticket": "/ticket/L-00060",
    "accounts": "/accounts",
    "account": "/accounts/Dalora?days=364",
    "team": "/team?days=91",
    "me": "/me?days=91",
    "now": "/now",
    "dashboards": "/dashboards",
    "reports": "/reports",
    "catalogue": "/catalogue",
    "differences": "/catalogue/beside/zendesk",
    "data": "/data",
    "load": "/data/load",
    "connections": "/data/connections",
    "settings": "/settings",
    "desk": "/settings/desk",
    "people": "/settings/people",
    "definitions": "/settings/definitions",
    "audit": "/settings/audit",
    "jobs": "/jobs",
    "rooms": "/rooms",
    "room-teams": "/rooms/teams",
    "find": "/find?q=time",
}


def main(desk: str, target: str) -> None:
    from playwright.sync_api import sync_playwright

    from web.conftest import PASSWORD, Server

    made = subprocess.run(
        [
            sys.executable,
            "-m",
            "helmdesk",
            "serve",
            "--desk",
            desk,
            "--add-administrator",
            "photographer",
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    if made.returncode:
        sys.exit(f"{made.stderr}remove {desk}/site and try again")
    server = Server(Path(desk))
    Path(target).mkdir(parents=True, exist_ok=True)
    link = server.url + "/invitation/" + made.stdout.strip().rsplit("/", 1)[1]
    try:
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(
                executable_path="/usr/bin/chromium", args=["--no-sandbox", "--disable-gpu"]
            )
            first = browser.new_context()
            page = first.new_page()
            page.goto(link)
            for name in ("password", "again"):
                page.fill(f"[name={name}]", PASSWORD)
            page.click("button")
            for name, text in (("login", "photographer"), ("password", PASSWORD)):
                page.fill(f"[name={name}]", text)
            page.click("button")
            page.wait_for_url(server.url + "/")
            state = first.storage_state()
            for scheme in ("light", "dark"):
                for width in (1440, 390):
                    page = browser.new_context(
                        viewport={"width": width, "height": 900},
                        color_scheme=scheme,
                        storage_state=state,
                    ).new_page()
                    for name, path in PAGES.items():
                        page.goto(server.url + path)
                        page.wait_for_load_state("networkidle")
                        page.wait_for_function(
                            "() => [...document.querySelectorAll('figure[data-chart]')].every(f =>"
                            " f.querySelector('.plot svg'))"
                        )
                        page.screenshot(
                            path=f"{target}/{name}-{scheme}-{width}.png", full_page=True
                        )
            browser.close()
    finally:
        server.stop()


if __name__ == "__main__":
    main(*sys.argv[1:])
