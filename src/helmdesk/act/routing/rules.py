"""What a planner sets of routing: what counts how much, how much is in hand, which timers run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from helmdesk.act.routing.snapshot import VOICE
from helmdesk.errors import UsageError

MOST_AGE_SECONDS = 60.0
"""A snapshot that is older says nothing of now."""


@dataclass(frozen=True)
class Weights:
    """How much each reason counts, 0 to 10; only their relations matter.

    The first three say which contact goes first; the others, to whom.
    """

    priority: float = 3.0
    age: float = 3.0
    risk: float = 2.0
    rank: float = 1.0
    continuity: float = 2.0
    fairness: float = 1.0
    room: float = 1.0


@dataclass(frozen=True)
class Rules:
    """How contacts are given out.

    Attributes:
        weights: what counts how much.
        units: by channel, how many units of a person's capacity one contact takes; a call takes all
            of them. other_units: of channels that are not named.
        voice_reserve: share of the people there who take calls that is kept free for calls.
        relax_seconds: after each so many seconds of waiting one more skill is not asked for any
            more, the last named first; 0: never.
        warm_up_seconds: from coming on shift until the whole capacity is used; 0: at once.
        return_seconds: after so long without a sign of the person who has it, a contact is given to
            somebody else; 0: never.
        last_seconds: nothing new is given so shortly before the end of a shift.
    """

    weights: Weights = field(default_factory=Weights)
    units: Mapping[str, float] = field(default_factory=lambda: {"chat": 3.0})
    other_units: float = 2.0
    voice_reserve: float = 0.0
    relax_seconds: float = 1200.0
    warm_up_seconds: float = 900.0
    return_seconds: float = 7200.0
    last_seconds: float = 600.0

    def __post_init__(self) -> None:
        for name, value in (*asdict(self.weights).items(), *self._plain()):
            if not 0 <= value < float("inf"):
                raise UsageError(f"{name.replace('_', ' ')} of {value:g}", "give 0 or more")
        if self.voice_reserve > 1:
            raise UsageError(
                f"{self.voice_reserve:.0%} of people kept for calls", "give at most 100%"
            )
        for channel, units in (*self.units.items(), ("other channels", self.other_units)):
            if not units > 0:
                raise UsageError(f"{units:g} units for {channel}", "give more than 0")

    def _plain(self) -> list[tuple[str, float]]:
        names = (
            "voice_reserve",
            "relax_seconds",
            "warm_up_seconds",
            "return_seconds",
            "last_seconds",
        )
        return [(name, float(getattr(self, name))) for name in names]

    def units_of(self, channel: str, capacity: float) -> float:
        """Return the units that one contact takes of a person's capacity."""
        return capacity if channel == VOICE else self.units.get(channel, self.other_units)

    def as_dict(self) -> dict[str, Any]:
        """Return plain values for JSON."""
        return {**asdict(self), "units": dict(self.units)}


def read_rules(said: Mapping[str, Any]) -> Rules:
    """Return rules from plain values; the inverse of `Rules.as_dict`."""
    return Rules(**{**said, "weights": Weights(**said["weights"])})
