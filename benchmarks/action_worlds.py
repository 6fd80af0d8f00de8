"""Weeks in which nothing was done, in five worlds, and actions begun in them all the same: what a
review of them says. Fixed seeds, numpy only.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np

from helmdesk.act.actions import Hypothesis, Judged, Towards, judge, plan_of
from helmdesk.statistics.course import course
from helmdesk.statistics.placebo import Spell, compare, last_spell, with_dates

WORLDS = ("no memory", "memory .3", "memory .6", "shared shocks", "drift")
FIRST = date(2024, 1, 1)
AFTER = 8
DRIFT = 0.1


def weeks_of(
    random: np.random.Generator, world: str, series: int, weeks: int
) -> tuple[np.ndarray, np.ndarray]:
    """Return the weeks of some work and of other work, (series, weeks) each, about zero.

    Noise has standard deviation 1. Shared shocks (as large again, memory .6) move both; drift is a
    random walk of a tenth a week, half of it shared.
    """
    memory = {"no memory": 0.0, "memory .6": 0.6}.get(world, 0.3)
    own, other = (_remembering(random, memory, series, weeks) for _ in range(2))
    if world == "shared shocks":
        shocks = _remembering(random, 0.6, series, weeks)
        return own + shocks, other + shocks
    if world == "drift":
        walks = np.cumsum(random.normal(scale=DRIFT, size=(2, series, weeks)), axis=2)
        return own + walks[0], other + (walks[0] + walks[1]) / 2
    return own, other


def _remembering(random: np.random.Generator, memory: float, series: int, weeks: int) -> np.ndarray:
    noise = random.normal(size=(series, weeks + 50))
    found = np.zeros_like(noise)
    found[:, 0] = noise[:, 0]
    for week in range(1, weeks + 50):
        found[:, week] = memory * found[:, week - 1] + np.sqrt(1 - memory**2) * noise[:, week]
    return found[:, 50:]


@dataclass(frozen=True)
class Reviewed:
    """One action begun at a week, and what its review said."""

    spell: Spell | None
    judged: Judged


def review(values: np.ndarray, start: int, towards: Towards = Towards.HIGHER) -> Reviewed:
    """Return what the review of an action says that was begun in week `start` of a series.

    As `helmdesk.insight.actions` does it, but that the level before is the last one of the course
    as it is, where the verdict joins neighbours that nobody would tell apart.
    """
    starts = tuple(FIRST + timedelta(weeks=week) for week in range(len(values)))
    said = Hypothesis("nothing", "csat", 1, towards, starts[start], weeks=AFTER)
    past = values[:start]
    level = course(past)[-1].start
    spell = last_spell(past, towards.sign, AFTER)
    plan = plan_of(said, starts, starts[level] if level else None, spell, 0)
    assert plan is not None
    plan = with_dates(len(values), plan)
    found = compare(values, np.ones(len(values)), plan)
    is_skipped = spell is not None and spell.is_unusual and plan.skip >= 4
    return Reviewed(
        spell,
        judge(said, found, 0.0, True, float(past[-4:].mean()) if is_skipped else None),
    )


def begun_after_the_worst(
    random: np.random.Generator, world: str, series: int, before: int = 104, later: int = 60
) -> Iterator[tuple[np.ndarray, int]]:
    """Yield series and weeks at which somebody begins after four weeks that are among the worst
    tenth of all of them, those that come later included.
    """
    for values in weeks_of(random, world, series, before + later)[0]:
        spells = np.convolve(values, np.ones(4) / 4, "valid")
        worst = np.quantile(spells, 0.1)
        fitting = [week for week in range(60, before) if spells[week - 4] <= worst]
        if fitting:
            start = int(random.choice(fitting))
            yield values[: start + AFTER], start
