"""A model: what it was learned from, how right it was on the newest cases, and what it says."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

import numpy as np

from helmdesk.predict.cases import KINDS, NUMBERS, Cases
from helmdesk.predict.encoding import Table, joined, read_table, usual_rate
from helmdesk.statistics.boosting import Boosted, read_boosted
from helmdesk.statistics.calibration import Bin, Scale

MOST_ERROR = 0.08
LEAST_LABELS, LEAST_BAD = 200, 30
LEAST_LIFT = 1.5
"""Below this a list of the likeliest tickets is hardly better than any other list."""
SHAPE = 1


@dataclass(frozen=True)
class Report:
    """How right a model was on cases that were newer than all it had learned from.

    Attributes:
        labels, bad: tickets whose outcome is known, and how many went badly. tested: newer cases.
        auc: how often a case that went badly had the higher chance; of the table, of boosting, and
        of what was chosen. error: by how much chances and shares differ on average. lift: how many
        times as often it went badly among the twentieth with the highest chances. bins:
        reliability. seconds: CPU time of the training.
    """

    labels: int
    bad: int
    tested: int
    auc: float
    auc_table: float
    auc_boosted: float
    error: float
    lift: float
    bins: tuple[Bin, ...]
    seconds: float

    @property
    def problem(self) -> str:
        """Why the model is not used; empty where it is."""
        if self.labels < LEAST_LABELS or self.bad < LEAST_BAD:
            return (
                f"there are {self.labels:,} tickets whose outcome is known, {self.bad:,} of them"
                f" bad; it takes {LEAST_LABELS} and {LEAST_BAD}"
            )
        if not self.tested:
            return "there are no newer tickets to try it on"
        if self.error > MOST_ERROR:
            return (
                f"on the newest tickets its chances were off by {100 * self.error:.1f} points on"
                f" average; {100 * MOST_ERROR:.0f} are the most"
            )
        return ""

    @property
    def weakness(self) -> str:
        """Why the model may tell of many tickets, and name none; empty where it may."""
        if self.problem or self.lift >= LEAST_LIFT:
            return ""
        return (
            f"among the twentieth of tickets with the highest chances it happened {self.lift:.1f}"
            f" times as often as among all, and {LEAST_LIFT:.1f} is the least: too weak to name"
            " single tickets"
        )


@dataclass(frozen=True)
class Reason:
    """What raises a chance.

    Attributes:
        feature: its name. words: it with its value, as a person says it.
    """

    feature: str
    words: str


@dataclass(frozen=True)
class Model:
    """What foretells one target.

    Attributes:
        target: key. version: number. trained_at: naive UTC. data_until: end of the data it knows.
        lake_version: of these. kind: "table" or "boosted". tables: by which words become numbers;
        of a table model the first alone is used. boosted: None for a table model. scale: sets the
        chances right on the newest cases.
    """

    target: str
    version: int
    trained_at: datetime
    data_until: datetime
    lake_version: int
    kind: str
    tables: tuple[Table, ...]
    boosted: Boosted | None
    scale: Scale
    report: Report

    def log_odds(self, cases: Cases) -> np.ndarray:
        """Return the log-odds of cases, before they are set right."""
        if self.boosted is None:
            table = self.tables[0]
            rate = usual_rate(table.usual)
            return np.asarray(
                np.log(rate / (1 - rate)) + table.log_odds(joined(cases, table.kinds))
            )
        return self.boosted.log_odds(matrix(cases, self.tables))

    def chances(self, cases: Cases) -> np.ndarray:
        """Return the chance of each case."""
        return self.scale.chance(self.log_odds(cases))

    def reasons(self, cases: Cases, most: int = 3) -> list[tuple[Reason, ...]]:
        """Return what raises each chance most, the strongest first."""
        if self.boosted is None:
            table = self.tables[0]
            moved = table.log_odds(joined(cases, table.kinds))[:, None]
            names = [table.kinds]
        else:
            moved = self.boosted.contributions(matrix(cases, self.tables))
            names = [table.kinds for table in self.tables] + [(name,) for name in NUMBERS]
        found = []
        for row in range(len(cases)):
            strongest = [at for at in np.argsort(-moved[row])[:most] if moved[row, at] > 0.05]
            found.append(
                tuple(Reason(names[at][0], _words(names[at], cases, row)) for at in strongest)
            )
        return found

    def as_text(self) -> str:
        """Return it as JSON."""
        said = {
            "shape": SHAPE,
            "target": self.target,
            "version": self.version,
            "trained_at": self.trained_at.isoformat(),
            "data_until": self.data_until.isoformat(),
            "lake_version": self.lake_version,
            "kind": self.kind,
            "features": [*KINDS, *NUMBERS],
            "tables": [each.as_dict() for each in self.tables],
            "boosted": self.boosted.as_dict() if self.boosted else None,
            "scale": asdict(self.scale),
            "report": asdict(self.report),
        }
        return json.dumps(said, ensure_ascii=False, allow_nan=True)


def read_model(text: str) -> Model:
    """Return a model from JSON.

    Raises:
        ValueError, KeyError, TypeError: it is none, or one of another time.
    """
    said: Mapping[str, Any] = json.loads(text)
    if said["shape"] != SHAPE or said["features"] != [*KINDS, *NUMBERS]:
        raise ValueError("it was trained by another version of Helmdesk")
    report = said["report"]
    return Model(
        said["target"],
        int(said["version"]),
        datetime.fromisoformat(said["trained_at"]),
        datetime.fromisoformat(said["data_until"]),
        int(said["lake_version"]),
        said["kind"],
        tuple(read_table(each) for each in said["tables"]),
        read_boosted(said["boosted"]) if said["boosted"] else None,
        Scale(**said["scale"]),
        Report(**{**report, "bins": tuple(Bin(**each) for each in report["bins"])}),
    )


def matrix(cases: Cases, tables: Sequence[Table]) -> np.ndarray:
    """Return the features of cases as numbers, (cases, tables + numbers)."""
    words = [table.log_odds(joined(cases, table.kinds)) for table in tables]
    return np.column_stack([*words, cases.numbers])


def _words(names: tuple[str, ...], cases: Cases, row: int) -> str:
    """Return a feature with its value, as a person says it."""
    name = names[0]
    if name in KINDS:
        said = [cases.words[kind][row].replace("_", " ") for kind in names]
        return ", ".join(
            _KINDS[kind].format(word) if word else f"{kind} not known"
            for kind, word in zip(names, said, strict=True)
        )
    value = float(cases.numbers[row, NUMBERS.index(name)])
    return _SAID[name](value)


def _hours(hours: float) -> str:
    if hours < 1:
        return f"{60 * hours:.0f} min"
    return f"{hours:.0f} h" if hours < 48 else f"{hours / 24:.0f} days"


def _times(count: float, one: str, many: str) -> str:
    return f"{count:.0f} {one if count == 1 else many}"


NO_TEXT = "what was written is not known"


def _whether(value: float, yes: str, no: str) -> str:
    return NO_TEXT if math.isnan(value) else yes if value else no


_KINDS = {
    "channel": "came by {}",
    "topic": "about {}",
    "priority": "{} priority",
    "team": "with {}",
    "tier": "{} customer",
    "region": "customer in {}",
}
_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_SAID = {
    "hour": lambda value: f"it is {value:.0f} o'clock",
    "weekday": lambda value: f"it is {_DAYS[int(value)]}",
    "age_hours": lambda value: f"open for {_hours(value)}",
    "unanswered_hours": lambda value: (
        f"the customer has waited for {_hours(value)}" if not math.isnan(value) else "we wrote last"
    ),
    "first_reply_hours": lambda value: (
        f"the first reply took {_hours(value)}"
        if not math.isnan(value)
        else "nobody has replied yet"
    ),
    "replies": lambda value: _times(value, "reply so far", "replies so far"),
    "customer_messages": lambda value: _times(
        value, "message of the customer", "messages of the customer"
    ),
    "team_changes": lambda value: _times(value, "change of team", "changes of team"),
    "solves": lambda value: _times(value, "solve so far", "solves so far"),
    "earlier_tickets": lambda value: _times(
        value, "earlier ticket in 90 days", "earlier tickets in 90 days"
    ),
    "earlier_bad_answers": lambda value: _times(
        value, "bad answer of this customer in a year", "bad answers of this customer in a year"
    ),
    "load": lambda value: (
        f"{value:.1f} times as many new tickets as usual"
        if not math.isnan(value)
        else "load not known"
    ),
    "thanks": lambda value: _whether(value, "the customer thanks", "no thanks in the last message"),
    "trouble": lambda value: (
        _times(value, "message says it still goes wrong", "messages say it still goes wrong")
        if not math.isnan(value)
        else NO_TEXT
    ),
    "open_question": lambda value: _whether(
        value, "a question of the customer is open", "no question is open"
    ),
    "promise": lambda value: _whether(
        value, "something was promised in the last reply", "nothing was promised"
    ),
}
