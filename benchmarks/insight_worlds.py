"""Simulated worlds whose truth is known: what the statistics of insight are measured on. Fixed
seeds, numpy only.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from helmdesk.statistics.pair import Cells

AGENTS, TICKETS = 30, 2400
SEGMENTS = 3
# Handle time and reopen share by segment; what mix there is.
HANDLE, REOPEN, MIX = (
    np.array([420.0, 600.0, 900.0]),
    np.array([0.04, 0.06, 0.10]),
    np.array([0.5, 0.3, 0.2]),
)


@dataclass(frozen=True)
class Window:
    """Tickets of one window: (tickets,) each."""

    agent: np.ndarray
    segment: np.ndarray
    handle: np.ndarray
    is_reopened: np.ndarray


def pair_of_windows(random: np.random.Generator, world: str) -> tuple[Window, Window]:
    """Return the windows before and now of one of the worlds: nothing, mix, tooling, tooling and
    bug, rushed.

    Tooling makes everybody faster by 12%; the bug reopens 3.5 points more of everybody's tickets;
    rushing makes agents faster by 0 to 30% and reopens their tickets in proportion.
    """
    skill = random.normal(0, 0.10, AGENTS)
    care = random.normal(0, 0.15, AGENTS)
    rush = (
        np.clip(random.gamma(1.2, 0.1, AGENTS), 0, 0.45) if world == "rushed" else np.zeros(AGENTS)
    )
    speed = 0.88 if world.startswith("tooling") else 1.0
    bug = 0.035 if world == "tooling and bug" else 0.0
    mix = np.array([0.6, 0.25, 0.15]) if world == "mix" else MIX
    return (
        _window(random, MIX, skill, care, np.zeros(AGENTS), 1.0, 0.0),
        _window(random, mix, skill + random.normal(0, 0.03, AGENTS), care, rush, speed, bug),
    )


def _window(
    random: np.random.Generator,
    mix: np.ndarray,
    skill: np.ndarray,
    care: np.ndarray,
    rush: np.ndarray,
    speed: float,
    bug: float,
) -> Window:
    agent = random.integers(0, AGENTS, TICKETS)
    segment = random.choice(SEGMENTS, TICKETS, p=mix)
    handle = (
        HANDLE[segment]
        * np.exp(skill[agent])
        * speed
        * (1 - rush[agent])
        * np.exp(random.normal(-0.125, 0.5, TICKETS))
    )
    chance = np.clip(REOPEN[segment] * np.exp(care[agent]) + bug + 0.30 * rush[agent], 0, 1)
    return Window(agent, segment, handle, random.random(TICKETS) < chance)


def cells(before: Window, now: Window, column: str) -> Cells:
    """Return one metric of both windows by segment and agent."""
    place = np.arange(AGENTS * SEGMENTS)
    sums = []
    for window in (before, now):
        key = window.agent * SEGMENTS + window.segment
        sums += [
            np.bincount(key, getattr(window, column).astype(float), len(place)),
            np.bincount(key, minlength=len(place)).astype(float),
        ]
    return Cells(place % SEGMENTS, place // SEGMENTS, *sums)


def clustered_answers(
    random: np.random.Generator,
    accounts: int = 40,
    answers: float = 10.0,
    share: float = 0.85,
    icc: float = 0.15,
) -> tuple[np.ndarray, np.ndarray]:
    """Return hits and answers by account; accounts differ as a beta with this intra-class
    correlation.
    """
    strength = 1 / icc - 1
    chance = random.beta(share * strength, (1 - share) * strength, accounts)
    cases = np.maximum(1, random.poisson(answers, accounts))
    return random.binomial(cases, chance).astype(float), cases.astype(float)


def open_work(
    random: np.random.Generator, tickets: int = 4000, hours: float = 336.0
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return age or duration in hours, whether it ended, and the true durations: tickets of the
    last 14 days, some open.
    """
    true = random.lognormal(np.log(30.0), 1.6, tickets)
    age = hours - random.uniform(0, hours, tickets)
    return np.minimum(true, age), true <= age, true
