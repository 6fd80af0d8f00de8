"""The share of good rows less the share of bad ones."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from helmdesk.catalogue.finished import Columns, Finished, divided, finished, floats
from helmdesk.catalogue.kind import NO_ROW, Kind, Statistic
from helmdesk.statistics.proportion import net_share


@dataclass(frozen=True)
class NetShare(Kind):
    """Share of `positive` rows less share of `negative` rows, from -1 to 1."""

    positive: str
    negative: str

    statistic = Statistic("net share")
    form = "mean"

    @property
    def row(self) -> Mapping[str, str]:
        """One, minus one, or nothing."""
        signed = f"case when {self.positive} then 1.0 when {self.negative} then -1.0 else 0.0 end"
        return {**NO_ROW, "x": signed}

    @property
    def numbers(self) -> Mapping[str, str]:
        """Rows of both sides."""
        return {"positive": "count_if(x > 0)", "negative": "count_if(x < 0)"}

    def finish(self, columns: Columns) -> Finished:
        """Return net shares of all rows."""
        positive, negative, cases = columns["positive"], columns["negative"], columns["n"]
        net = [float(more - less) for more, less in zip(positive, negative, strict=True)]
        return finished(
            divided(net, cases),
            map(net_share, positive, negative, cases),
            list(net),
            floats(cases),
        )


kind = NetShare
