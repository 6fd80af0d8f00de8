"""Forecasts as they were made, kept, so that what came can be laid beside them for ever."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

from helmdesk.errors import InputError
from helmdesk.plan.demand import Demand
from helmdesk.plan.forecast.forecast import Forecast
from helmdesk.plan.queues.waiting import Array

FOLDER = "forecasts"
FORMAT = 1
T = TypeVar("T")
LEADS = ((1, 1), (2, 7), (8, 14), (15, 28), (29, 366))


@dataclass(frozen=True, eq=False)
class Kept:
    """One queue's forecast as it was made.

    Attributes:
        made_at: UTC.
        lake_version: of the records it was made from; None without a desk.
        contacts, low, high, naive: (days × intervals), as of `Forecast`.
    """

    made_at: datetime
    lake_version: int | None
    queue: str
    model: str
    interval_minutes: int
    first_day: date
    contacts: Array
    low: Array
    high: Array
    naive: Array


@dataclass(frozen=True, eq=False)
class Stood:
    """Whom one team needed and who was planned, as it stood when a forecast was kept.

    Attributes:
        made_at: UTC.
        first_day: the day after the last that was known.
        needed, planned: (days × intervals) people; planned is None where nobody was planned.
    """

    made_at: datetime
    team: str
    interval_minutes: int
    first_day: date
    needed: Array
    planned: Array | None

    def between(self, first: date, days: int) -> tuple[Array, Array | None] | None:
        """Return needed and planned of some days; None where it does not reach over them."""
        start = (first - self.first_day).days
        if start < 0 or start + days > self.needed.shape[0]:
            return None
        part = slice(start, start + days)
        return self.needed[part], None if self.planned is None else self.planned[part]


@dataclass(frozen=True)
class Accuracy:
    """How far one queue's kept forecasts were from what came, that many days ahead.

    Attributes:
        first_lead, last_lead: days between the last known day and the day forecast.
        days: days that have come, over all versions.
        wape, naive_wape: sum of absolute errors by interval ÷ contacts.
        inside: share of open intervals within the 80% bounds.
    """

    queue: str
    first_lead: int
    last_lead: int
    days: int
    wape: float
    naive_wape: float
    inside: float


def keep(
    folder: Path,
    forecasts: Sequence[Forecast],
    lake_version: int | None,
    made_at: datetime,
    teams: Sequence[Stood] = (),
) -> Path:
    """Write a version and return its file; nothing that was kept is ever written over.

    Args:
        folder: the desk's.
        made_at: aware.
        teams: whom each team needs, and who is planned.
    """
    at = made_at.astimezone(UTC)
    place = folder / FOLDER
    place.mkdir(exist_ok=True)
    number = sum(1 for _ in place.glob("*.json"))
    file = place / f"{at:%Y%m%dT%H%M%S}-{number + 1:04d}.json"
    content = {
        "format": FORMAT,
        "made_at": at.isoformat(),
        "lake_version": lake_version,
        "queues": [
            {
                "queue": made.queue,
                "model": made.model,
                "interval_minutes": made.interval_minutes,
                "first_day": made.first_day.isoformat(),
                "factors": [[str(f.day), f.factor, f.author, f.reason] for f in made.factors],
                **{
                    name: np.round(getattr(made, name), 3).tolist()
                    for name in ("contacts", "low", "high", "naive")
                },
            }
            for made in forecasts
        ],
        "teams": [
            {
                "team": each.team,
                "interval_minutes": each.interval_minutes,
                "first_day": each.first_day.isoformat(),
                "needed": each.needed.tolist(),
                "planned": None if each.planned is None else np.round(each.planned, 3).tolist(),
            }
            for each in teams
        ],
    }
    half = file.with_suffix(".new")
    half.write_text(json.dumps(content), encoding="utf-8")
    half.rename(file)
    return file


def kept(folder: Path) -> list[Kept]:
    """Return all that was kept, oldest first; InputError where a file is damaged."""
    return [each for file in _files(folder) for each in _read(file, _queues)]


def stood(folder: Path) -> list[Stood]:
    """Return whom teams needed and who was planned, as it stood at each time, oldest first;
    InputError where a file is damaged.
    """
    return [each for file in _files(folder) for each in _read(file, _teams)]


def _files(folder: Path) -> list[Path]:
    return sorted((folder / FOLDER).glob("*.json"))


def _read(file: Path, parts: Callable[[dict[str, Any], datetime], list[T]]) -> list[T]:
    try:
        content = json.loads(file.read_text(encoding="utf-8"))
        made_at = datetime.fromisoformat(content["made_at"]).astimezone(UTC)
        return parts(content, made_at.replace(tzinfo=None))
    except (ValueError, KeyError, TypeError) as error:
        raise InputError(
            f"{file}: not a forecast that can be read ({error})",
            "delete it, or restore a backup",
        ) from error


def _queues(content: dict[str, Any], made_at: datetime) -> list[Kept]:
    return [
        Kept(
            made_at,
            content["lake_version"],
            each["queue"],
            each["model"],
            each["interval_minutes"],
            date.fromisoformat(each["first_day"]),
            *(np.array(each[name], float) for name in ("contacts", "low", "high", "naive")),
        )
        for each in content["queues"]
    ]


def _teams(content: dict[str, Any], made_at: datetime) -> list[Stood]:
    return [
        Stood(
            made_at,
            each["team"],
            each["interval_minutes"],
            date.fromisoformat(each["first_day"]),
            np.array(each["needed"], float),
            None if each["planned"] is None else np.array(each["planned"], float),
        )
        for each in content.get("teams", ())
    ]


def same(versions: Sequence[Kept], forecasts: Sequence[Forecast], lake_version: int | None) -> bool:
    """Return whether the newest version says just what these forecasts say, of the same records."""
    newest = [each for each in versions if each.made_at == versions[-1].made_at]
    said = {each.queue: each for each in newest if each.lake_version == lake_version}
    return bool(newest) and all(
        (found := said.get(made.queue)) is not None
        and found.first_day == made.first_day
        and found.contacts.shape == made.contacts.shape
        and bool(np.allclose(found.contacts, made.contacts, atol=0.001))
        for made in forecasts
    )


def accuracy(versions: Sequence[Kept], demands: Sequence[Demand]) -> list[Accuracy]:
    """Return how far kept forecasts were off, by queue and by how many days ahead."""
    found = []
    for demand in demands:
        mine = [
            each
            for each in versions
            if each.queue == demand.queue and each.interval_minutes == demand.interval_minutes
        ]
        for first, last in LEADS:
            days = [day for version in mine for day in _days(version, demand, first, last)]
            if days:
                found.append(_accuracy(demand.queue, first, last, days))
    return found


def _days(
    version: Kept, demand: Demand, first: int, last: int
) -> list[tuple[Array, Array, Array, Array, Array]]:
    """Return (came, contacts, low, high, naive) of the days that far ahead that have come."""
    found = []
    for lead in range(first, min(last, version.contacts.shape[0]) + 1):
        day = version.first_day + timedelta(days=lead - 1)
        place = (day - demand.first_day).days
        if 0 <= place < demand.days:
            said = (getattr(version, n)[lead - 1] for n in ("contacts", "low", "high", "naive"))
            found.append((demand.contacts[place], *said))
    return found


def _accuracy(
    queue: str, first: int, last: int, days: list[tuple[Array, Array, Array, Array, Array]]
) -> Accuracy:
    came, said, low, high, naive = (np.array(part) for part in zip(*days, strict=True))
    whole = max(float(came.sum()), 1e-9)
    is_open = said > 0
    # Counts are whole: a bound of 3.4 holds a count of 4 no better than 3.
    inside = (came >= np.floor(low)) & (came <= np.ceil(high))
    return Accuracy(
        queue,
        first,
        last,
        len(days),
        float(np.abs(came - said).sum()) / whole,
        float(np.abs(came - naive).sum()) / whole,
        float(inside[is_open].mean()) if is_open.any() else 1.0,
    )
