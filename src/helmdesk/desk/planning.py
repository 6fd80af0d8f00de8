"""What a desk's facts say of the work to come: `desk.plan`."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from helmdesk.desk.answers import Answers

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date
    from pathlib import Path

    from helmdesk.plan.coverage import Coverage
    from helmdesk.plan.crews import Crew
    from helmdesk.plan.forecast import DayFactor, Forecast
    from helmdesk.plan.forecast.versions import Accuracy
    from helmdesk.plan.planner import Conditions, Planner
    from helmdesk.plan.staffing import Target


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

    def crews(self, *, minutes: int = 30) -> list[Crew]:
        """Return the teams that answer calls and chats, each with what comes to it and who is
        planned, the busiest first.

        Args:
            minutes: length of an interval: 15, 30 or 60.
        """
        return self._answers.crews(self._answers.folder.question(), minutes)

    def coverage(
        self,
        team: str = "",
        *,
        start: date | None = None,
        days: int = 7,
        target: Target | None = None,
        conditions: Conditions | None = None,
        factors: Sequence[DayFactor] = (),
        holidays: str | None = None,
    ) -> Coverage:
        """Return who is needed and who is planned on some days to come.

        Args:
            team: its name; the busiest where left out.
            start: local day after the last complete one; the next day where left out.
            target: what was promised; 80% within 60 seconds where left out.

        Raises:
            NotFoundError, UsageError: no such team, or days that are past or too far ahead.
        """
        from helmdesk.plan.coverage import coverage_of
        from helmdesk.plan.crews import find_crew
        from helmdesk.plan.staffing import Target

        crew = find_crew(self.crews(), team)
        asked = (crew, start, days, target or Target(0.8, 60), conditions)
        known = tuple(factors)
        return self._answers.remembered(
            ("coverage", crew.name, *asked[1:], known, holidays),
            lambda: coverage_of(*asked, factors=known, holidays=holidays),
        )

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
