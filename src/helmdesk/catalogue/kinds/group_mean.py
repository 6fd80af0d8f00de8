"""The mean of the means of groups."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from helmdesk.catalogue.finished import Columns, Finished, mean_of
from helmdesk.catalogue.kind import NO_ROW, OF_CASE, Kind, Statistic


@dataclass(frozen=True)
class GroupMean(Kind):
    """Mean of `column` within each `group`, then the plain mean over groups: every account counts
    alike.
    """

    column: str
    group: str

    statistic = Statistic("mean of groups", is_typical=True)
    form = "mean"

    @property
    def row_value(self) -> str:
        """What is averaged."""
        return self.column

    @property
    def required(self) -> str:
        """What is averaged."""
        return self.column

    @property
    def row(self) -> Mapping[str, str]:
        """What is averaged."""
        return {**NO_ROW, "x": self.column}

    @property
    def cluster(self) -> str:
        """Which groups count alike."""
        return self.group

    @property
    def cluster_numbers(self) -> Mapping[str, str]:
        """Its own mean."""
        return {"xm": f"avg({OF_CASE.format('x')})"}

    @property
    def numbers(self) -> Mapping[str, str]:
        """Sums of means and of their squares, how many, and the least."""
        return {
            "total": "sum(xm)",
            "squares": "sum(xm * xm)",
            "groups": "count(xm)",
            "least": "min(xm)",
        }

    @property
    def nothing(self) -> Mapping[str, Any]:
        """Sums of nothing, of which none is the least."""
        return {**super().nothing, "least": None}

    def finish(self, columns: Columns) -> Finished:
        """Return means of groups with Student's intervals."""
        return mean_of(columns["total"], columns["squares"], columns["groups"], columns["least"])


kind = GroupMean
