"""What a desk's facts say of the work to come: `desk.plan`."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from helmdesk.desk.answers import Answers

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from helmdesk.plan.forecast import Forecast
    from helmdesk.plan.forecast.versions import Accuracy
    from helmdesk.plan.planner import Planner


class Planning:
    """Forecasts and staffing out of the facts that one reader may see."""

    def __init__(self, answers: Answers) -> None:
        self._answers = answers

    def planner(self, *, minutes: int = 30, where: str | None = None) -> Planner:
        """Return the demand of every queue, and what may be asked of it.

        Args:
            minutes: length of an interval: 15, 30 or 60.
            where: filter over dimensions, such as ``"channel = 'phone'"``.
        """
        from helmdesk.plan.planner import Planner

        return Planner(self._answers.demand(self._answers.folder.question(where=where), minutes))

    def keep(self, forecasts: Sequence[Forecast]) -> Path:
        """Keep forecasts as a version, and return its file in the desk's folder."""
        from helmdesk.plan.forecast.versions import keep

        made_of = self._answers.marts.made_of()
        version = made_of.lake_version if made_of else None
        return keep(self._answers.folder.path, forecasts, version, datetime.now(UTC))

    def accuracy(self, *, minutes: int = 30) -> list[Accuracy]:
        """Return how far the kept forecasts were from what came, by days ahead."""
        from helmdesk.plan.forecast.versions import accuracy, kept

        return accuracy(kept(self._answers.folder.path), self.planner(minutes=minutes).demands)
