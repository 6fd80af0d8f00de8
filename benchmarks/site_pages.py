"""Warm server time of the site's pages on the sample desk, beside the CPU time of asking the same
questions bare.

Run: python benchmarks/site_pages.py [DESK]    (makes a sample desk in a temporary folder when none
is named)
"""

from __future__ import annotations

import os
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

ROUNDS = 40
PAGES = (
    "/",
    "/metric/csat?days=91",
    "/metric/first_response_time",
    "/metric/backlog",
    "/tickets",
    "/accounts",
    "/accounts/Dalora?days=364",
    "/team",
    "/now",
    "/catalogue",
    "/catalogue/beside/zendesk",
    "/data",
    "/settings/desk",
)


def main() -> None:
    from helmdesk.sample.generate import create_sample

    with tempfile.TemporaryDirectory() as folder:
        desk = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(folder) / "desk"
        if len(sys.argv) == 1:
            create_sample(desk)
        os.environ["HELMDESK_LOG_LEVEL"] = "CRITICAL"
        from helmdesk.web.prepare import prepare, start_django

        start_django(desk)
        prepare()
        measure(desk)


def measure(desk: Path) -> None:
    from django.conf import settings
    from django.test import Client

    from helmdesk.desk.desk import Desk
    from helmdesk.web.apps.people.models import Person

    settings.ALLOWED_HOSTS.append("testserver")
    person, _ = Person.objects.get_or_create(username="bench", defaults={"role": "administrator"})
    client = Client()
    client.force_login(person, backend="django.contrib.auth.backends.ModelBackend")
    print(f"{'page':<32} {'first ms':>9} {'p50 ms':>8} {'p95 ms':>8} {'kB':>6}")
    for path in PAGES:
        took: list[float] = []
        for _ in range(ROUNDS + 1):
            began = time.perf_counter()
            response: Any = client.get(path)
            took.append((time.perf_counter() - began) * 1000)
        assert response.status_code == 200, path
        warm = sorted(took[1:])
        print(
            f"{path:<32} {took[0]:>9.0f} {statistics.median(warm):>8.1f}"
            f" {warm[int(len(warm) * 0.95)]:>8.1f} {len(response.content) / 1000:>6.0f}"
        )
    bare = Desk(desk)
    began = time.process_time()
    bare.scorecard(trend="week")
    print(f"bare queries of the scorecard: {(time.process_time() - began) * 1000:.0f} ms CPU")


if __name__ == "__main__":
    main()
