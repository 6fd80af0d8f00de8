"""Learning a model from the past, and trying it on what came after.

A shrunken table of one or two words is the model, unless boosting is better by .02 AUC on a slice
that is newer than what both have learned from. The report is of a slice that is newer still, and
was looked at by nobody; what is used afterwards is learned from all of it in the same way.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import combinations
from math import nan
from typing import Protocol

import numpy as np

from helmdesk.predict.cases import KINDS, Cases
from helmdesk.predict.encoding import PRIOR, Table, encode, joined, usual_rate
from helmdesk.predict.model import LEAST_BAD, LEAST_LABELS, Model, Report, matrix
from helmdesk.statistics.boosting import Boosted, boost
from helmdesk.statistics.calibration import (
    Scale,
    auc,
    calibration_error,
    lift,
    reliability,
    scale_of,
)

NEWEST, CHECKED = 0.2, 0.15
"""Share of the cases that the report is of, and of the older ones on which kinds compete."""
BETTER = 0.02


class Keyed(Protocol):
    """What has a key: a target."""

    @property
    def key(self) -> str:
        """Its name."""


@dataclass(frozen=True)
class Learned:
    """What was learned from some cases.

    Attributes:
        auc: on the newest of them, which only set the chances right.
    """

    kind: str
    tables: tuple[Table, ...]
    boosted: Boosted | None
    scale: Scale
    auc: float

    def chances(self, cases: Cases) -> np.ndarray:
        """Return the chance of each case."""
        return self.scale.chance(_log_odds(self, cases))


def train(
    target: Keyed,
    cases: Cases,
    version: int,
    moment: datetime,
    data_until: datetime,
    lake_version: int,
) -> Model:
    """Return a model of all cases with its report; one that may not be used says why."""
    started = time.process_time()
    cases = cases.taken(np.flatnonzero(np.isfinite(cases.known_at) & np.isfinite(cases.is_bad)))
    labels, bad = _labels(cases)
    if labels < LEAST_LABELS or bad < LEAST_BAD:
        table = encode(cases, (KINDS[0],))[1]
        report = Report(labels, bad, 0, nan, nan, nan, nan, nan, (), _since(started))
        found = Learned("table", (table,), None, Scale(), nan)
        return _model(target, version, moment, data_until, lake_version, found, report)
    cut = cases.at[int((1 - NEWEST) * len(cases))]
    older = cases.taken(np.flatnonzero(cases.known_at < cut))
    newer = cases.taken(np.flatnonzero(cases.at >= cut))
    rivals = learn(older)
    tried = chosen(rivals)
    scores = tried.chances(newer)
    both = [auc(_log_odds(each, newer), newer.is_bad) for each in rivals]
    report = Report(
        labels,
        bad,
        len(newer),
        auc(scores, newer.is_bad),
        both[0],
        both[1],
        calibration_error(scores, newer.is_bad),
        lift(scores, newer.is_bad),
        reliability(scores, newer.is_bad),
        0.0,
    )
    found = next(each for each in learn(cases, tried.kind) if each.kind == tried.kind)
    timed = replace(report, seconds=_since(started))
    return _model(target, version, moment, data_until, lake_version, found, timed)


def learn(cases: Cases, kind: str = "") -> tuple[Learned, ...]:
    """Return what cases teach, as a table and by boosting, or as one of them alone; the newest
    cases take no part in that, and set the chances right.
    """
    cut = int((1 - CHECKED) * len(cases))
    old, new = cases.taken(np.arange(cut)), cases.taken(np.arange(cut, len(cases)))
    found = []
    if kind != "boosted":
        table = encode(old, _best_words(old))[1]
        found.append(_checked(Learned("table", (table,), None, Scale(), nan), new))
    if kind != "table":
        encoded = [encode(old, (name,)) for name in old.words]
        values = np.column_stack([*(odds for odds, _ in encoded), old.numbers])
        watched = min(max(200, len(old) // 8), len(old) // 2)
        boosted = boost(values, old.is_bad, watched)
        tables = tuple(each for _, each in encoded)
        found.append(_checked(Learned("boosted", tables, boosted, Scale(), nan), new))
    return tuple(found)


def chosen(rivals: Sequence[Learned]) -> Learned:
    """Return the table, unless boosting is better by enough on the newest cases."""
    table, boosted = rivals
    return boosted if boosted.auc - table.auc >= BETTER else table


def _checked(learned: Learned, new: Cases) -> Learned:
    odds = _log_odds(learned, new)
    return replace(learned, scale=scale_of(odds, new.is_bad), auc=auc(odds, new.is_bad))


def _best_words(cases: Cases) -> tuple[str, ...]:
    """Return the one or two words whose rates in the first two thirds foretell the rest best."""
    cut = 2 * len(cases) // 3
    names: Sequence[tuple[str, ...]] = [(name,) for name in cases.words]
    usual = float(np.clip(cases.is_bad[:cut].mean(), 1e-4, 1 - 1e-4))
    best, best_loss = names[0], float("inf")
    for kinds in (*names, *combinations(cases.words, 2)):
        _, codes = np.unique(joined(cases, kinds).astype(str), return_inverse=True)
        many = np.bincount(codes[:cut], minlength=codes.max() + 1)
        bad = np.bincount(codes[:cut], cases.is_bad[:cut], minlength=codes.max() + 1)
        rate = ((bad + PRIOR * usual) / (many + PRIOR))[codes[cut:]]
        y = cases.is_bad[cut:]
        loss = -float(np.mean(y * np.log(rate) + (1 - y) * np.log(1 - rate)))
        if loss < best_loss - 1e-6:
            best, best_loss = kinds, loss
    return best


def _log_odds(learned: Learned, cases: Cases) -> np.ndarray:
    if learned.boosted is not None:
        return learned.boosted.log_odds(matrix(cases, learned.tables))
    table = learned.tables[0]
    rate = usual_rate(table.usual)
    return np.asarray(np.log(rate / (1 - rate)) + table.log_odds(joined(cases, table.kinds)))


def _labels(cases: Cases) -> tuple[int, int]:
    _, places = np.unique(cases.tickets.astype(str), return_index=True)
    return len(places), int(cases.is_bad[places].sum())


def _model(
    target: Keyed,
    version: int,
    moment: datetime,
    data_until: datetime,
    lake_version: int,
    found: Learned,
    report: Report,
) -> Model:
    return Model(
        target.key,
        version,
        moment,
        data_until,
        lake_version,
        found.kind,
        found.tables,
        found.boosted,
        found.scale,
        report,
    )


def _since(started: float) -> float:
    return round(time.process_time() - started, 2)
