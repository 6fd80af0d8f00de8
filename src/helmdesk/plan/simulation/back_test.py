"""How right the simulation was: weeks that have been, with what really came and who was really
there, beside what was measured. It can veto: a scenario of a model that is off is told as that.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np

# Weeks of which so large a share is predicted within so many points make a model to rely on.
TOLERANCE, SHARE_WITHIN = 0.03, 0.8
LEAST_WEEKS = 4
LEAST_CONTACTS = 30


@dataclass(frozen=True)
class Week:
    """One week that has been.

    Attributes:
        contacts: how many came.
        predicted, actual: service level, by the catalogue's definition.
        predicted_missed, actual_missed: share never answered.
        is_withheld: whether this reader may not be shown the week by itself, since fewer than five
            people stand behind it or could be worked out; it counts in the check all the same.
    """

    start: date
    contacts: int
    predicted: float
    actual: float
    predicted_missed: float = float("nan")
    actual_missed: float = float("nan")
    is_withheld: bool = False

    @property
    def off(self) -> float:
        """How far off, in parts of one."""
        return abs(self.predicted - self.actual)


@dataclass(frozen=True)
class BackTest:
    """How right the model was on weeks that have been, the earliest first."""

    weeks: tuple[Week, ...]

    @property
    def shown(self) -> tuple[Week, ...]:
        """The weeks that may be shown one by one."""
        return tuple(week for week in self.weeks if not week.is_withheld)

    @property
    def within(self) -> float:
        """Share of weeks predicted within three points."""
        return sum(week.off <= TOLERANCE for week in self.weeks) / max(1, len(self.weeks))

    @property
    def is_reliable(self) -> bool:
        """Whether a scenario's numbers may be believed."""
        return len(self.weeks) >= LEAST_WEEKS and self.within >= SHARE_WITHIN

    @property
    def mean_off(self) -> float:
        """Mean distance, in parts of one; not a number without weeks."""
        return float(np.mean([week.off for week in self.weeks])) if self.weeks else float("nan")

    @property
    def worst_off(self) -> float:
        """Largest distance, in parts of one; not a number without weeks."""
        return max((week.off for week in self.weeks), default=float("nan"))

    @property
    def bias(self) -> float:
        """Mean of predicted less actual: above 0 the model promises too much."""
        if not self.weeks:
            return float("nan")
        return float(np.mean([week.predicted - week.actual for week in self.weeks]))

    @property
    def sentence(self) -> str:
        """What a reader has to know before any number."""
        if len(self.weeks) < LEAST_WEEKS:
            return (
                f"Not checked: only {len(self.weeks)} past weeks have both contacts and people at"
                f" work; {LEAST_WEEKS} are needed. Do not rely on these numbers."
            )
        said = (
            f"the last {len(self.weeks)} weeks: the model was off by {_points(self.mean_off)} on"
            f" average, {_points(self.worst_off)} at most"
        )
        if self.is_reliable:
            return f"Checked against {said}."
        way = "better" if self.bias > 0 else "worse"
        return (
            f"Do not rely on these numbers. Checked against {said}; it sees service {way} than it"
            f" was. {_why(self.bias)}"
        )


def _why(bias: float) -> str:
    if bias > 0:
        return (
            "People who are there may also do other work, such as mail, or contacts may be lost for"
            " other reasons than waiting."
        )
    return "More people may take contacts than those planned, or handle times may hold idle time."


def _points(share: float) -> str:
    return f"{100 * share:.1f} points"


def of_weeks(found: Sequence[Week]) -> BackTest:
    """Return the back-test of weeks in which enough came to be measured."""
    usable = [
        week
        for week in found
        if week.contacts >= LEAST_CONTACTS and not np.isnan([week.predicted, week.actual]).any()
    ]
    return BackTest(tuple(sorted(usable, key=lambda week: week.start)))
