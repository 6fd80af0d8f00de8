"""A site that many people ask at once, some of them for too much: nobody stops it for the others.

``make reliability`` runs the long form, in which the promised times count; here only that nothing
fails or stands still.
"""

from __future__ import annotations

import statistics
import threading
import time
import urllib.error
import urllib.request
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from urllib.parse import quote

from reliability.test_reliability import IS_LONG, note
from web.conftest import Server

CLIENTS, SECONDS = (50, 60) if IS_LONG else (6, 3)
WARM = ("/scorecard", "/metric/csat", "/now", "/catalogue")
# 365 days of 12 reasons, 24 hours, 7 weekdays and 4 priorities: millions of numbers.
GREEDY = (
    "/api/v1/measure?metric=ticket_volume&grain=day&by=issue_type&by=hour&by=weekday&by=priority"
    "&start=2025-07-01&end=2026-06-2{}"
)
# The eight at once must not be worth noticing; what pages of the site take, they take before.
MOST_GROWTH = 1024**3


class Visitor:
    """Somebody signed in at a real server."""

    def __init__(self, server: Server, client: Any) -> None:
        self.url = server.url
        self.cookie = "; ".join(f"{name}={morsel.value}" for name, morsel in client.cookies.items())

    def get(self, path: str) -> tuple[int, float]:
        """Return status and seconds."""
        request = urllib.request.Request(
            self.url + quote(path, safe="/?=&"), headers={"Cookie": self.cookie}
        )
        began = time.perf_counter()
        try:
            with urllib.request.urlopen(request, timeout=120) as response:
                response.read()
                return response.status, time.perf_counter() - began
        except urllib.error.HTTPError as error:
            error.read()
            return error.code, time.perf_counter() - began


def memory_of(server: Server, field: str) -> int:
    """Return the bytes that the server's process holds (VmRSS) or ever held (VmHWM)."""
    lines = Path(f"/proc/{server.process.pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith(f"{field}:"))


class Pulse:
    """Asks for the site's health, again and again, as a watchdog does."""

    def __init__(self, visitor: Visitor) -> None:
        self.seconds: list[float] = []
        self._visitor, self._over = visitor, threading.Event()
        self._thread = threading.Thread(target=self._ask)

    def _ask(self) -> None:
        while not self._over.wait(0.1):
            status, seconds = self._visitor.get("/healthz")
            assert status == 200
            self.seconds.append(seconds)

    def __enter__(self) -> Pulse:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join(120)


def test_eight_questions_for_millions_of_numbers(server: Server, as_: Callable[..., Any]) -> None:
    viewer = Visitor(server, as_("vic"))
    # The first request of a process pays for what all later ones use.
    viewer.get("/api/v1/measure?metric=ticket_volume")
    before = memory_of(server, "VmRSS")
    began = time.perf_counter()
    with Pulse(viewer) as pulse, ThreadPoolExecutor(8) as pool:
        statuses = [
            status
            for status, _ in pool.map(viewer.get, [GREEDY.format(place) for place in range(8)])
        ]
    took = time.perf_counter() - began
    # What a small account gives may still be worth an answer; the same of everybody is not.
    assert set(statuses) <= {200, 400, 429}, statuses
    assert viewer.get(GREEDY.format(1))[0] in (200, 400)
    assert Visitor(server, as_("ann")).get(GREEDY.format(1))[0] == 400
    assert memory_of(server, "VmHWM") - before < MOST_GROWTH
    assert took < 30
    assert pulse.seconds
    note(
        eight_greedy_questions={
            "statuses": dict(Counter(statuses)),
            "seconds": round(took, 1),
            "slowest healthz": round(max(pulse.seconds), 3),
            "memory before": before,
            "at peak": memory_of(server, "VmHWM"),
            "after": memory_of(server, "VmRSS"),
        }
    )
    if IS_LONG:
        assert max(pulse.seconds) <= 0.2


def test_a_crowd_on_warm_pages(server: Server, as_: Callable[..., Any]) -> None:
    visitors = [Visitor(server, as_(name)) for name in ("ada", "lea", "ann", "tom")]
    for visitor in visitors:
        for path in WARM:
            assert visitor.get(path)[0] in (200, 403), path
    found: list[tuple[int, float]] = []
    until = time.monotonic() + SECONDS

    def browse(number: int) -> None:
        place = number
        while time.monotonic() < until:
            found.append(visitors[number % len(visitors)].get(WARM[place % len(WARM)]))
            place += 1
            time.sleep(2)  # people read

    before = memory_of(server, "VmRSS")
    with Pulse(visitors[0]) as pulse, ThreadPoolExecutor(CLIENTS) as pool:
        list(pool.map(browse, range(CLIENTS)))
    statuses = Counter(status for status, _ in found)
    assert set(statuses) <= {200, 403}, statuses
    p95 = statistics.quantiles([seconds for _, seconds in found], n=20)[-1]
    note(
        crowd_on_warm_pages={
            "clients": CLIENTS,
            "seconds": SECONDS,
            "answers": len(found),
            "p95": round(p95, 3),
            "slowest healthz": round(max(pulse.seconds), 3),
            "memory before": before,
            "at peak": memory_of(server, "VmHWM"),
            "after": memory_of(server, "VmRSS"),
        }
    )
    if IS_LONG:
        assert p95 <= 1
        assert max(pulse.seconds) <= 0.2
