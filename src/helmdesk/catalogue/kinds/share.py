"""Which part of the rows meets a condition."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from helmdesk.catalogue.finished import Columns, Finished, divided, finished, floats
from helmdesk.catalogue.kind import CASE, NO_ROW, Kind, Statistic
from helmdesk.statistics.proportion import wilson


@dataclass(frozen=True)
class Share(Kind):
    """Rows that meet `hits`, of all rows; a number from 0 to 1 with a Wilson interval."""

    hits: str

    statistic = Statistic("share")
    form = "ratio"
    is_mixed_by_weight = True

    @property
    def row(self) -> Mapping[str, str]:
        """Whether it is a hit."""
        return {**NO_ROW, "hit": self.hits}

    @property
    def numbers(self) -> Mapping[str, str]:
        """Hits, of cases."""
        return {"numerator": "count_if(hit)", "denominator": f"count_if(role = '{CASE}')"}

    def finish(self, columns: Columns) -> Finished:
        """Return shares with Wilson's intervals."""
        hits, cases = columns["numerator"], columns["denominator"]
        return finished(divided(hits, cases), map(wilson, hits, cases), floats(hits), floats(cases))


kind = Share
