"""What is foretold of tickets when they are solved: will the customer be satisfied, have found it
easy, come back.

Every week has a model that knows only what was known when the week began, also where weeks are
caught up with later, or hold tickets that were loaded later: the past is foretold as it would have
been, and a prediction, once told, is never told otherwise. In the past four weeks share a model
while what came agrees with it. A model that is not right enough on the newest tickets tells nothing
for its week, which stays without predictions until more of its tickets are loaded.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np

from helmdesk.predict.cases import Cases
from helmdesk.predict.model import MOST_ERROR, Model
from helmdesk.predict.training import train
from helmdesk.statistics.calibration import LEAST_IN_BIN, calibration_error

WEEK = 7 * 86_400.0
MONDAY = 4 * 86_400.0
"""1970-01-05 00:00 UTC: weeks begin there."""
CAUGHT_UP = 4
"""So many weeks of the past share the model of the first of them."""
PAST = 53 * WEEK
"""So far back it is foretold when it is begun."""
MOST_LEARNED = 15_000
"""The newest known outcomes are enough."""

_ANSWERED = """
    select r.ticket_id, arg_max(r.responded_at, (r.responded_at, r.response_id)) as known_at,
        not arg_max(r.is_positive, (r.responded_at, r.response_id)) as is_bad
    from responses r
    join tickets t on t.ticket_id = r.ticket_id and r.responded_at > t.last_solved_at
    where r.instrument_kind = '{kind}' and r.is_counted and r.is_answer and r.is_last
        and coalesce(r.about, 'transactional') = 'transactional' and r.is_positive is not null
    group by r.ticket_id
"""


@dataclass(frozen=True)
class Closing:
    """One thing that is foretold of a solved ticket.

    Attributes:
        key: of the metric that it stands beside. title: in a few words. event: what goes badly, as
        a sentence goes on. outcomes: house SQL of (ticket_id, known_at, is_bad).
    """

    key: str
    title: str
    event: str
    outcomes: str


CLOSINGS = {
    closing.key: closing
    for closing in (
        Closing(
            "csat",
            "Satisfied after the solve",
            "the customer answers the survey badly",
            _ANSWERED.format(kind="csat"),
        ),
        Closing(
            "ces",
            "Easy for the customer",
            "the customer found it hard",
            _ANSWERED.format(kind="ces"),
        ),
        Closing(
            "fcr",
            "Solved in one go",
            "somebody has to come back about it",
            """
            select t.ticket_id, t.last_solved_at
                + days(greatest(z.repeat_days, z.reopen_days)) as known_at,
                not c.fcr_is_good as is_bad
            from closings c
            join tickets t on t.ticket_id = c.ticket_id
            cross join watermark z
            where c.fcr_is_good is not null and c.human_rounds >= 1
            """,
        ),
    )
}


@dataclass(frozen=True)
class Prediction:
    """What was foretold of one solve.

    Attributes:
        at: the solve, naive UTC. chance: that it goes well, 0 to 1. model: version that said so.
    """

    ticket_id: str
    at: datetime
    chance: float
    model: int


@dataclass(frozen=True)
class Foretold:
    """What was foretold, and why nothing was for some weeks.

    Attributes:
        predictions: new ones, oldest first. models: that were trained for them, oldest first.
        problem: why the newest weeks have none; empty where they have. without: how many solves of
        each week of the past year stay without one, by its Monday.
    """

    predictions: tuple[Prediction, ...]
    models: tuple[Model, ...]
    problem: str
    without: Mapping[str, int]


def week_of(at: np.ndarray) -> np.ndarray:
    """Return the beginnings of the weeks in which instants lie, in seconds since 1970 UTC."""
    return np.asarray(MONDAY + WEEK * np.floor((at - MONDAY) / WEEK))


def foretell(
    closing: Closing,
    cases: Cases,
    known: Collection[str],
    kept: Sequence[Model],
    first_version: int,
    lake_version: int,
    tried: Mapping[str, int] | None = None,
    on_step: Callable[[str], None] = lambda _step: None,
) -> Foretold:
    """Return what is foretold of solves of the past year of which nothing was said yet.

    Args:
        cases: the last solve of each ticket, oldest first. known: tickets of whose last solve it
        was foretold already. kept: the models there are, which speak of their own weeks again.
        first_version: number of the next one. tried: how many solves of a week stayed without a
        prediction when it was last tried; it is tried again when there are more.
    """
    weeks = week_of(cases.at)
    is_new = np.array([ticket not in known for ticket in cases.tickets], dtype=bool)
    last = float(weeks.max()) if len(cases) else 0.0
    is_new &= weeks >= last - PAST
    models: list[Model] = []
    without: dict[str, int] = {}
    problem, found = "", list[Prediction]()
    newest = max((_began(each) for each in kept), default=0.0)
    for week in np.unique(weeks[is_new]).tolist():
        here = cases.taken(np.flatnonzero(is_new & (weeks == week)))
        monday = _naive(week).date().isoformat()
        if week < last and len(here) <= (tried or {}).get(monday, 0):
            without[monday] = (tried or {})[monday]
            continue
        # One that was not right learns anew from what was loaded since, once the week is over.
        there = [each for each in kept if week == last or not each.report.problem]
        model = _latest([*there, *models], week)
        if model is None or not _serves(model, cases, week, last):
            on_step(f"{closing.title.lower()}: learning for {_day(week)}")
            model = _learned(closing, cases, week, first_version + len(models), lake_version)
            models.append(model)
        if week >= newest:
            problem = model.report.problem
        if model.report.problem:
            without[monday] = len(here)
            continue
        found += [
            Prediction(str(ticket), _naive(float(at)), 1 - float(chance), model.version)
            for ticket, at, chance in zip(here.tickets, here.at, model.chances(here), strict=True)
        ]
    return Foretold(tuple(found), tuple(models), problem, without)


def _latest(models: Sequence[Model], week: float) -> Model | None:
    """Return the model that was trained last of those that were there when a week began."""
    there = [each for each in models if _began(each) <= week]
    return max(there, key=lambda each: (_began(each), each.version), default=None)


def _serves(model: Model, cases: Cases, week: float, last: float) -> bool:
    """Whether a model is the one of a week: its own, or in the past one of the weeks before that
    was right so far.
    """
    began = _began(model)
    if model.report.problem or not began < week < min(last, began + CAUGHT_UP * WEEK):
        return began == week
    return is_still_right(model, cases, week)


def is_still_right(model: Model, cases: Cases, until: float) -> bool:
    """Whether the outcomes that came since a model was trained are about those it tells; yes while
    they are too few.

    Args:
        until: outcomes known by then count, seconds since 1970 UTC.
    """
    began = _began(model)
    came = cases.taken(
        np.flatnonzero((cases.at >= began) & (cases.known_at < until) & np.isfinite(cases.is_bad))
    )
    if len(came) < LEAST_IN_BIN:
        return True
    return calibration_error(model.chances(came), came.is_bad) <= MOST_ERROR


def _learned(closing: Closing, cases: Cases, week: float, version: int, lake_version: int) -> Model:
    """Return a model of what was known when a week began."""
    then = np.flatnonzero((cases.known_at < week) & (cases.at < week) & np.isfinite(cases.is_bad))
    moment = datetime.now(UTC).replace(tzinfo=None, microsecond=0)
    chosen = cases.taken(then[-MOST_LEARNED:])
    return train(closing, chosen, version, moment, _naive(week), lake_version)


def _began(model: Model) -> float:
    """Return the beginning of the week for which a model was trained."""
    return model.data_until.replace(tzinfo=UTC).timestamp()


def _naive(at: float) -> datetime:
    return datetime.fromtimestamp(at, UTC).replace(tzinfo=None)


def _day(at: float) -> str:
    return f"{_naive(at):%-d %B %Y}"
