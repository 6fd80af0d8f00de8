"""What the planted scenarios do to waits, handling, escalation and answers at a given local
time.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from datetime import date, datetime
from importlib.resources import files
from typing import Any

from helmdesk.sample.company import BERLIN


def read_scenarios() -> dict[str, dict[str, Any]]:
    """Return the ground truth by key."""
    content = tomllib.loads(
        files("helmdesk.sample").joinpath("scenarios.toml").read_text(encoding="utf-8")
    )
    return {scenario["key"]: scenario for scenario in content["scenario"]}


@dataclass(frozen=True)
class Situation:
    """The scenarios, asked by date."""

    scenarios: dict[str, dict[str, Any]]

    def phase(self, key: str, day: date) -> str:
        """Return before, during or after."""
        scenario = self.scenarios[key]
        return (
            "before" if day < scenario["start"] else "during" if day < scenario["end"] else "after"
        )

    def is_during(self, key: str, day: date) -> bool:
        """Whether the scenario runs on that local day."""
        return self.phase(key, day) == "during"

    def wait_seconds(self, channel: str, local: datetime) -> float:
        """Return the mean queue wait of answered calls and chats."""
        day = local.date()
        launch = self.phase("launch", day)
        if launch == "during":
            return float(self.scenarios["launch"]["during"])
        if launch == "after":
            return float(self.scenarios["launch"]["after"])
        peak = self.scenarios["peak_hour_waits"]
        if self.is_during("peak_hour_waits", day) and local.hour in peak["segment"]["hours"]:
            return 660.0 if channel == "phone" else 600.0
        return 30.0

    def missed_share(self, channel: str, team: str, local: datetime) -> float:
        """Return the share of offered calls or chats that nobody takes."""
        lunch = self.scenarios["lunch_missed_chats"]
        is_lunch = channel == "chat" and team == BERLIN and local.hour in lunch["segment"]["hours"]
        if is_lunch:
            return float(lunch[self.phase("lunch_missed_chats", local.date())])
        return 0.04

    def abandon_share(self, channel: str, day: date) -> float:
        """Return the share of callers who give up."""
        if channel == "phone" and self.is_during("ivr_change", day):
            return 0.12
        return 0.04

    def ivr_seconds(self, day: date) -> int:
        """Return the length of the phone menu."""
        return 75 if self.is_during("ivr_change", day) else 20

    def handle_seconds(self, channel: str, day: date) -> float:
        """Return the mean handle time (talk, hold, wrap)."""
        if channel == "chat":
            return float(self.scenarios["scattered_answers"][self.phase("scattered_answers", day)])
        return 540.0

    def escalation_share(self, issue_type: str, day: date) -> float:
        """Return the share of tickets that the front line cannot finish."""
        if issue_type == "password_reset":
            return 0.80 if self.is_during("password_permissions", day) else 0.05
        return {"integration": 0.14, "bug": 0.12}.get(issue_type, 0.03)

    def slow_down(self, day: date) -> float:
        """Return the factor on written reply times: overloaded people answer late."""
        return 1.7 if self.is_during("overload", day) else 1.0

    def utilization(self, day: date) -> float:
        """Return handling as a share of paid time."""
        return float(self.scenarios["overload"][self.phase("overload", day)])

    def ease(self, channel: str, day: date) -> float:
        """Return the share of CES answers from 5 to 7."""
        return (
            float(self.scenarios["ivr_change"][self.phase("ivr_change", day)])
            if channel == "phone"
            else 0.80
        )

    def esat(self, day: date) -> float:
        """Return the share of favourable employee answers."""
        return float(self.scenarios["esat_before_csat"][self.phase("esat_before_csat", day)])

    def is_holiday_rush(self, day: date) -> bool:
        """Whether customers write status questions while everybody is away."""
        return self.is_during("holiday_backlog", day)
