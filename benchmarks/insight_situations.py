"""Twelve further situations planted into the sample's company with other seeds, and one desk in
which nothing happens.

Written before the brief was run on any of them; thresholds were chosen on the sample desk and on
simulations alone.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

from helmdesk.desk.desk import Desk
from helmdesk.sample.generate import RECORDED_AT, SETTINGS, generate
from helmdesk.sample.situation import Situation, read_scenarios

NEVER = date(2030, 1, 1)
FIRST, APART, WEEKS = date(2025, 4, 14), 10, 6


@dataclass(frozen=True)
class Planted:
    """One situation.

    Attributes:
        keys: findings that would be right.
        where: words that the finding's segment must hold.
        lever: that would be right; empty where no lever can be known.
    """

    name: str
    keys: tuple[str, ...]
    where: tuple[str, ...] = ()
    lever: tuple[str, ...] = ()
    weeks: int = WEEKS


DESKS: dict[int, tuple[Planted, ...]] = {
    101: (
        Planted("boston_lunch", ("missed_at_breaks",), ("chat", "Boston"), ("scheduling",)),
        Planted("phone_tool", ("slower_tool",), ("phone",), ("tooling",)),
        Planted("overwork", ("overload",), (), ("staffing",)),
        Planted(
            "billing_handed_up",
            ("wrong_first_queue", "missing_permission"),
            ("billing",),
            ("routing", "tooling"),
        ),
        Planted("chat_form", ("satisfied_but_hard",), ("chat",), ("product",)),
        Planted("campaign", ("surge",), (), ("routing",), 3),
    ),
    202: (
        Planted("late_morning", ("peak_hours",), ("hour",), ("staffing",)),
        Planted("unhappy_team", ("esat_first",), (), ("tooling",), 14),
        Planted(
            "slow_letters",
            ("moved:first_response_time", "moved:next_response_time", "moved:resolution_time"),
        ),
        Planted(
            "how_to_handed_up",
            ("wrong_first_queue", "missing_permission"),
            ("how_to",),
            ("routing", "tooling"),
        ),
        Planted("callers_hang_up", ("moved:missed_contact_rate",), ("phone",)),
        Planted("berlin_chats_missed", ("moved:missed_contact_rate",), ("chat",)),
    ),
}


def window(seed: int, name: str) -> tuple[date, date]:
    """Return the local days of a situation, half-open."""
    place = [planted.name for planted in DESKS[seed]].index(name)
    start = FIRST + timedelta(weeks=APART * place)
    return start, start + timedelta(weeks=DESKS[seed][place].weeks)


class OtherSituation(Situation):
    """The company of the sample in which only the situations of one seed happen; none for a seed
    without any.
    """

    def __init__(self, seed: int) -> None:
        quiet = {
            key: {**scenario, "start": NEVER, "end": NEVER}
            for key, scenario in read_scenarios().items()
        }
        super().__init__(quiet)
        object.__setattr__(self, "seed", seed)

    def now(self, name: str, day: date) -> bool:
        """Whether one of ours runs on a local day."""
        seed: int = self.seed  # type: ignore[attr-defined]
        if name not in [planted.name for planted in DESKS.get(seed, ())]:
            return False
        start, end = window(seed, name)
        return start <= day < end

    def is_during(self, key: str, day: date) -> bool:
        """A campaign multiplies contacts as the launch did."""
        return self.now("campaign", day) if key == "launch" else super().is_during(key, day)

    def wait_seconds(self, channel: str, local: datetime) -> float:
        """Return the mean wait of answered calls and chats."""
        if self.now("campaign", local.date()):
            return 170.0
        if self.now("late_morning", local.date()) and local.hour in (9, 10, 11):
            return 400.0
        return 30.0

    def missed_share(self, channel: str, team: str, local: datetime) -> float:
        """Return the share of contacts nobody takes."""
        day = local.date()
        if (
            channel == "chat"
            and team.endswith("Boston")
            and local.hour in (12, 13)
            and self.now("boston_lunch", day)
        ):
            return 0.30
        if channel == "chat" and team.endswith("Berlin") and self.now("berlin_chats_missed", day):
            return 0.22
        return 0.04

    def abandon_share(self, channel: str, day: date) -> float:
        """Return the share of callers who give up."""
        return 0.22 if channel == "phone" and self.now("callers_hang_up", day) else 0.04

    def handle_seconds(self, channel: str, day: date) -> float:
        """Return the mean handle time."""
        if channel == "phone" and self.now("phone_tool", day):
            return 800.0
        return 420.0 if channel == "chat" else 540.0

    def escalation_share(self, issue_type: str, day: date) -> float:
        """Return the share the front line cannot finish."""
        if (issue_type == "billing" and self.now("billing_handed_up", day)) or (
            issue_type == "how_to" and self.now("how_to_handed_up", day)
        ):
            return 0.35
        return {"integration": 0.14, "bug": 0.12}.get(issue_type, 0.04)

    def slow_down(self, day: date) -> float:
        """Return the factor on written replies."""
        return 1.8 if self.now("overwork", day) or self.now("slow_letters", day) else 1.0

    def utilization(self, day: date) -> float:
        """Return handling as a share of paid time."""
        return 0.94 if self.now("overwork", day) else 0.80

    def ease(self, channel: str, day: date) -> float:
        """Return the share that calls it easy."""
        return 0.55 if channel == "chat" and self.now("chat_form", day) else 0.80

    def esat(self, day: date) -> float:
        """Return the share of favourable employee answers."""
        return 0.68 if self.now("unhappy_team", day) else 0.88


def make_desk(path: Path, seed: int) -> Desk:
    """Return a desk of the company with the situations of a seed."""
    desk = Desk.create(path, dataclasses.replace(SETTINGS, name=f"Situations {seed}"))

    def fill(staging: Any) -> None:
        generate(seed, 1.0, situation=OtherSituation(seed)).stage(staging)

    desk.load_with(fill, "sample", f"situations-{seed}", recorded_at=RECORDED_AT)
    return desk
