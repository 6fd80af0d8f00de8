"""Which model a queue's own past speaks for: each forecasts what has come since. Pure."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from helmdesk.modules import module_names
from helmdesk.plan.forecast.history import History, Model
from helmdesk.plan.queues.waiting import Array

MODELS = "helmdesk.plan.forecast.models"
NAIVE = "naive"
# What is taken where nothing can be tried yet.
UNTRIED = "median"
# A model learns from so many days before it is first tried.
LEARNING_DAYS = 28
WEEKLY_ORIGINS = 12
DAILY_ORIGINS = 28
# Below so many contacts an open interval, models are judged by days: nearly every interval is 0
# or 1, and who says 0 is right most often.
DENSE = 5.0
# Another model must do better than the naive one by so much.
LEAST_GAIN = 0.01


@cache
def load_models() -> Mapping[str, Model]:
    """Return all models by the name of their file."""
    return MappingProxyType(
        {name: importlib.import_module(f"{MODELS}.{name}").model for name in module_names(MODELS)}
    )


@dataclass(frozen=True)
class Score:
    """How far one model was from what came.

    Attributes:
        name, title: of the model.
        wape: sum of absolute errors ÷ contacts, by interval, or by day (`Competition.is_by_day`).
        mase: mean absolute error ÷ that of the same weekday a week before, within the history;
            None where that is never wrong.
    """

    name: str
    title: str
    wape: float
    mase: float | None


@dataclass(frozen=True, eq=False)
class Trial:
    """One model's forecasts of days that have come since.

    Attributes:
        expected, actual: (origins × days ahead × intervals); nan of days that do not count.
    """

    expected: Array
    actual: Array

    def by_day(self) -> Trial:
        """Return the same by totals of days."""
        return Trial(*(part.sum(axis=2, keepdims=True) for part in (self.expected, self.actual)))

    @property
    def wape(self) -> float:
        """Sum of absolute errors ÷ contacts; nan of nothing."""
        whole = np.nansum(np.where(np.isnan(self.expected), np.nan, self.actual))
        return float(np.nansum(np.abs(self.expected - self.actual)) / whole) if whole else np.nan


@dataclass(frozen=True, eq=False)
class Competition:
    """Who won.

    Attributes:
        scores: of every model, the best first; empty where the past is too short to try.
        chosen: name of the model to take: the best, unless the naive one is as good.
        trial: the chosen model's forecasts; None where nothing was tried.
        origins: how many times each was tried.
        is_by_day: whether they were judged by days, contacts being too few for intervals.
    """

    scores: tuple[Score, ...]
    chosen: str
    trial: Trial | None
    origins: int
    is_by_day: bool = False

    def score_of(self, name: str) -> Score | None:
        """Return one model's score."""
        return next((score for score in self.scores if score.name == name), None)


def compete(
    history: History, days: int, is_counted: NDArray[np.bool_] | None = None
) -> Competition:
    """Return how each model would have done, had it been asked again and again.

    Args:
        days: how far ahead is asked for: 1 tries every one of the last 28 days, more tries the last
            twelve weeks, each for up to so many days.
        is_counted: days by which models are judged; None: all that are usual.
    """
    starts = origins(history.days, days)
    if not starts:
        return Competition((), UNTRIED, None, 0)
    counted = history.is_usual if is_counted is None else is_counted
    trials = {
        name: trial(model, history, days, starts, counted) for name, model in load_models().items()
    }
    is_by_day = _is_thin(history)
    judged = {name: tried.by_day() if is_by_day else tried for name, tried in trials.items()}
    scale = _naive_error(history, is_by_day=is_by_day)
    scores = []
    for name, tried in judged.items():
        if not np.isnan(tried.wape):
            error = float(np.nanmean(np.abs(tried.expected - tried.actual)))
            mase = error / scale if scale else None
            scores.append(Score(name, load_models()[name].title, tried.wape, mase))
    if not scores:
        return Competition((), UNTRIED, None, 0)
    scores.sort(key=lambda score: score.wape)
    naive = next(score for score in scores if score.name == NAIVE)
    best = scores[0] if scores[0].wape < naive.wape * (1 - LEAST_GAIN) else naive
    return Competition(tuple(scores), best.name, trials[best.name], len(starts), is_by_day)


def _is_thin(history: History) -> bool:
    some = history.contacts[-7 * WEEKLY_ORIGINS :]
    open_intervals = (some > 0).any(axis=0).sum() * (some > 0).any(axis=1).sum()
    return bool(some.shape[1] > 1 and some.sum() < DENSE * open_intervals)


def origins(known: int, days: int) -> list[int]:
    """Return the days on whose morning models are tried, oldest first."""
    step, most = (1, DAILY_ORIGINS) if days == 1 else (7, WEEKLY_ORIGINS)
    whole = min(days, 7 if days > 1 else 1)
    found: list[int] = []
    start = known - whole
    while start >= LEARNING_DAYS and len(found) < most:
        found.append(start)
        start -= step
    return found[::-1]


def trial(
    model: Model,
    history: History,
    days: int,
    starts: list[int],
    is_counted: NDArray[np.bool_],
) -> Trial:
    """Return what a model said at each origin and what came."""
    shape = (len(starts), days, history.contacts.shape[1])
    expected, actual = np.full(shape, np.nan), np.full(shape, np.nan)
    for i, start in enumerate(starts):
        reach = min(days, history.days - start)
        made = model.forecast(history.until(start), reach)
        counts = is_counted[start : start + reach]
        expected[i, :reach][counts] = made[counts]
        actual[i, :reach][counts] = history.contacts[start : start + reach][counts]
    return Trial(expected, actual)


def _naive_error(history: History, *, is_by_day: bool) -> float:
    if history.days <= 7:
        return 0.0
    both = history.is_usual[7:] & history.is_usual[:-7]
    contacts = history.contacts.sum(axis=1, keepdims=True) if is_by_day else history.contacts
    errors = np.abs(contacts[7:] - contacts[:-7])[both]
    return float(errors.mean()) if errors.size else 0.0
