"""What models learn from, and what a model is. Pure."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from helmdesk.plan.queues.waiting import Array


@dataclass(frozen=True, eq=False)
class History:
    """Contacts of consecutive days.

    Attributes:
        contacts: (days × intervals).
        weekdays: (days,) 0 = Monday, or wherever the week is counted from.
        is_usual: (days,) whether a day may teach what others like it bring.
    """

    contacts: Array
    weekdays: NDArray[np.int64]
    is_usual: NDArray[np.bool_]

    @property
    def days(self) -> int:
        """Number of days."""
        return int(self.weekdays.size)

    def until(self, day: int) -> History:
        """Return the days before `day`: what was known when it began."""
        return replace(
            self,
            contacts=self.contacts[:day],
            weekdays=self.weekdays[:day],
            is_usual=self.is_usual[:day],
        )

    def since(self, day: int) -> History:
        """Return `day` and what follows."""
        return replace(
            self,
            contacts=self.contacts[day:],
            weekdays=self.weekdays[day:],
            is_usual=self.is_usual[day:],
        )

    def ahead(self, days: int) -> NDArray[np.int64]:
        """Return the weekdays of the next days."""
        return np.asarray((self.weekdays[-1] + 1 + np.arange(days)) % 7)

    def usual(self, weekday: int, most: int) -> NDArray[np.int64]:
        """Return the last usual days of a weekday, oldest first; any of it where none is usual."""
        same = self.weekdays == weekday
        found = np.flatnonzero(same & self.is_usual)
        return (found if found.size else np.flatnonzero(same))[-most:]


@dataclass(frozen=True)
class Model:
    """A way to say what comes.

    Attributes:
        title: for people, as in "median of six weeks".
        forecast: (history, days ahead) -> (days × intervals) contacts, 0 or more. It is pure, and
            a weekday that never was brings nothing.
        needs_all: whether it looks further back than to the last change of level.
    """

    title: str
    forecast: Callable[[History, int], Array]
    needs_all: bool = False
