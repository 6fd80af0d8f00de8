"""What predictions of solved tickets reach, and what learning and telling cost."""

from __future__ import annotations

import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from helmdesk.desk.closing import foretell_solved
from helmdesk.desk.desk import Desk
from helmdesk.predict.cases import KINDS, NUMBERS, Cases
from helmdesk.predict.closing import CLOSINGS
from helmdesk.predict.targets import TARGETS
from helmdesk.predict.training import train
from helmdesk.sample.generate import create_sample
from helmdesk.statistics.calibration import auc, calibration_error, lift

TICKETS = 25_000
CLOSED = datetime(2026, 1, 1, tzinfo=UTC).replace(tzinfo=None)


def solved_tickets() -> tuple[list[list[str]], float]:
    """Return what was foretold of the solved tickets of a fifth of the sample, week by week by what
    was known then, beside what came; and the CPU seconds of it.
    """
    with tempfile.TemporaryDirectory() as folder:
        create_sample(Path(folder) / "desk", scale=0.2)
        desk = Desk(Path(folder) / "desk")
        started = time.process_time()
        foretell_solved(desk, tuple(CLOSINGS))
        spent = time.process_time() - started
        return [_row(desk, key) for key in CLOSINGS], spent


def _row(desk: Desk, key: str) -> list[str]:
    good = {"csat": "csat_is_good", "ces": "ces_is_easy", "fcr": "fcr_is_good"}[key]
    known = "certain" if key == "fcr" else "answered"
    coverage = desk.measure(f"predicted_{key}", variant="coverage", start="2025-06-30")[0]
    rows = desk.rows(f"predicted_{key}", variant=known).table.to_pydict()
    chances = 1 - np.array(rows[f"{key}_chance"], dtype=float)
    is_bad = 1 - np.array(rows[good], dtype=float)
    gap = desk.measure(f"predicted_{key}", variant="gap")[0]
    return [
        CLOSINGS[key].title.lower(),
        f"{100 * (coverage.value or 0):.0f}%",
        f"{len(chances):,}",
        f"{100 * (1 - chances.mean()):.1f}%",
        f"{100 * (1 - is_bad.mean()):.1f}%",
        f"{100 * (gap.low or 0):+.1f} to {100 * (gap.high or 0):+.1f}",
        f"{auc(chances, is_bad):.3f}",
        f"{calibration_error(chances, is_bad):.3f}",
        f"{lift(chances, is_bad):.1f}",
    ]


def cost() -> tuple[float, float, float]:
    """Return the CPU seconds of training on 25,000 tickets, and milliseconds a ticket of telling a
    chance, and of telling it with its reasons.
    """
    cases = drawn(TICKETS)
    model = train(TARGETS["dissatisfied"], cases, 1, CLOSED, CLOSED, 0)
    started = time.process_time()
    model.chances(cases)
    chances = time.process_time() - started
    some = cases.taken(np.arange(2000))
    started = time.process_time()
    model.reasons(some)
    reasons = time.process_time() - started
    return (
        model.report.seconds,
        1000 * chances / TICKETS,
        1000 * (chances / TICKETS + reasons / 2000),
    )


def drawn(count: int) -> Cases:
    """Return tickets with every feature known, words of many kinds, and chances between that depend
    on three of them.
    """
    random = np.random.default_rng(11)
    words = {
        kind: random.choice([f"{kind} {each}" for each in range(30)], count).astype(object)
        for kind in KINDS
    }
    numbers = random.exponential(4.0, (count, len(NUMBERS)))
    numbers[:, NUMBERS.index("weekday")] %= 7
    odds = -2 + 0.15 * numbers[:, 3] + 0.1 * numbers[:, 5] + (words["channel"] < "channel 2")
    at = np.arange(count) * 600.0
    return Cases(
        np.array([f"T{each}" for each in range(count)], dtype=object),
        at,
        at + 3600.0,
        (random.random(count) < 1 / (1 + np.exp(-odds))).astype(float),
        words,
        numbers,
    )
