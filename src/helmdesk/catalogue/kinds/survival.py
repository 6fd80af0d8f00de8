"""How long it takes, when some are still running."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from helmdesk.catalogue.finished import Columns, Finished, between
from helmdesk.catalogue.kind import CASE, Kind, Statistic, check_quantile, quantile_words
from helmdesk.statistics.survival import kaplan_meier_quantile


@dataclass(frozen=True)
class Survival(Kind):
    """Kaplan-Meier quantile of `column` with `ended` false for rows still running (censored)."""

    column: str
    ended: str
    q: float = 0.5

    form = None
    is_watched = True
    is_folded = True

    def __post_init__(self) -> None:
        """Refuse what is no quantile."""
        check_quantile(self.q)

    @property
    def statistic(self) -> Statistic:
        """Median, or which percentile."""
        return quantile_words(self.q)

    @property
    def row_value(self) -> str:
        """How long it was watched."""
        return self.column

    @property
    def required(self) -> str:
        """How long it was watched."""
        return self.column

    @property
    def row(self) -> Mapping[str, str]:
        """How long it was watched, and whether it ended."""
        return {"x": self.column, "hit": self.ended}

    @property
    def numbers(self) -> Mapping[str, str]:
        """Rows that ended, and that were still running, after each duration."""
        return {
            "n_ended": f"count_if(role = '{CASE}' and hit)",
            "n_censored": f"count_if(role = '{CASE}' and not hit)",
        }

    @property
    def nothing(self) -> Mapping[str, Any]:
        """No value."""
        return dict.fromkeys(("quantile", "low", "high"))

    def fold(self, columns: Columns) -> Mapping[str, Any]:
        """Return the Kaplan-Meier estimate of the durations of one group."""
        ended, censored = columns["n_ended"], columns["n_censored"]
        durations = list(zip(map(float, columns["x"]), ended, censored, strict=True))
        estimate = kaplan_meier_quantile(durations, self.q)
        return {
            "n": sum(ended) + sum(censored),
            "pending": sum(censored),
            "quantile": estimate.value,
            "low": estimate.low,
            "high": estimate.high,
        }

    def finish(self, columns: Columns) -> Finished:
        """Return what was estimated."""
        return between(columns)


kind = Survival
