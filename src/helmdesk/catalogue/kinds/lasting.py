"""Which part of what began has lasted, when some are still being watched."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from helmdesk.catalogue.finished import Columns, Finished, between
from helmdesk.catalogue.kind import CASE, NO_NUMBER, NO_TRUTH, Kind, Statistic
from helmdesk.statistics.survival import kaplan_meier_share


@dataclass(frozen=True)
class Lasting(Kind):
    """Kaplan-Meier share of rows that did not end while they were watched; 0 to 1.

    `column` says how long each was watched, `ended` whether it ended then, `is_whole` whether it
    was watched to the end of its window. Rows still being watched count for as long as they were.
    Where none was watched to the end, or until it ended, there is no value.
    """

    column: str
    ended: str
    is_whole: str

    statistic = Statistic("share")
    form = None
    is_watched = True
    is_folded = True

    @property
    def required(self) -> str:
        """How long it was watched."""
        return self.column

    @property
    def row(self) -> Mapping[str, str]:
        """How long it was watched, whether it ended, and whether that was all of its window."""
        whole = f"case when {self.is_whole} then 1.0 else 0.0 end"
        return {"x": self.column, "hit": self.ended, "y": whole}

    @property
    def row_of_others(self) -> Mapping[str, str]:
        """Nothing."""
        return {"x": NO_NUMBER, "hit": NO_TRUTH, "y": NO_NUMBER}

    @property
    def numbers(self) -> Mapping[str, str]:
        """Rows that ended, that were still watched, and that lasted, after each duration."""
        return {
            "n_ended": f"count_if(role = '{CASE}' and hit)",
            "n_censored": f"count_if(role = '{CASE}' and not hit)",
            "n_whole": f"count_if(role = '{CASE}' and not hit and y > 0)",
        }

    @property
    def nothing(self) -> Mapping[str, Any]:
        """No value."""
        return dict.fromkeys(("quantile", "low", "high"))

    def fold(self, columns: Columns) -> Mapping[str, Any]:
        """Return the Kaplan-Meier estimate at the end of the window of one group."""
        ended, censored = columns["n_ended"], columns["n_censored"]
        whole = sum(columns["n_whole"])
        durations = list(zip(map(float, columns["x"]), ended, censored, strict=True))
        is_known = whole > 0 or not sum(censored)
        told = kaplan_meier_share(durations) if is_known else None
        return {
            "n": sum(ended) + sum(censored),
            "pending": sum(censored) - whole,
            "quantile": told.value if told else None,
            "low": told.low if told else None,
            "high": told.high if told else None,
        }

    def finish(self, columns: Columns) -> Finished:
        """Return what was estimated."""
        return between(columns)


kind = Lasting
