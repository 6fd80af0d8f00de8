"""An action: what somebody does about a number, what they expect of it, and what came of it.

What is expected is written down before anything can be known of it. Its digest is taken when the
action starts; whoever changes it then makes a new version, and the page tells that there is one.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields, replace
from datetime import date, timedelta
from enum import StrEnum
from typing import Any

from helmdesk.errors import UsageError
from helmdesk.statistics.placebo import BEFORE, LEAST_BEFORE, Comparison, Plan, Spell

LEAST_WEEKS, USUAL_WEEKS, MOST_WEEKS = 8, 8, 52
LONGEST = {"title": 120, "belief": 600, "cost": 200, "origin": 300, "where": 500, "control": 500}
MOST_GUARDS = 5
WEEK = timedelta(days=7)
NOTICE = timedelta(days=7)


class Towards(StrEnum):
    """Where the metric is expected to move."""

    HIGHER = "higher"
    LOWER = "lower"

    @property
    def sign(self) -> int:
        """1 or -1."""
        return 1 if self is Towards.HIGHER else -1


class Outcome(StrEnum):
    """What a review says."""

    WORKED = "worked"
    NOTHING = "no visible effect"
    WORSE = "worse"
    UNKNOWN = "cannot be told"


class Why(StrEnum):
    """Why it cannot be told."""

    EARLY = "early"
    """The weeks that are looked at are not over."""
    FEW_WEEKS = "few weeks"
    """There are too few weeks with cases before it, or since."""
    FEW_DATES = "few dates"
    """There are too few other weeks to compare with."""
    COARSE = "coarse"
    """An effect as large as the one expected would not be seen."""
    REBOUND = "rebound"
    """It is back where it usually is, as it would be after such a spell by itself."""


class Stage(StrEnum):
    """Where an action stands."""

    PROPOSED = "proposed"
    RUNNING = "running"
    DUE = "due"
    """Its weeks are over; somebody has to decide."""
    CLOSED = "closed"
    DROPPED = "dropped"
    """Stopped, or never started."""


OPEN = (Stage.PROPOSED, Stage.RUNNING, Stage.DUE)


@dataclass(frozen=True)
class Hypothesis:
    """What is done, and what is expected of it.

    Attributes:
        title: what is done, in a few words. belief: why that should help. metric: key; version: of
        its definition when this was written. where: filter of the work that it concerns; empty for
        all. towards: where the metric should go. expected: by how much, in the metric's unit and
        above 0; None when nobody says. start: local day. weeks: whole weeks after it that are
        looked at. since: local day on which what it is to end began, where somebody knows; it is
        compared with the weeks from then on. guards: keys of metrics that must not get worse.
        control: filter of work that it does not touch, for comparison; empty for none. lever, cost:
        in words. origin: what it came of, such as a finding's title; empty when by hand.
    """

    title: str
    metric: str
    version: int
    towards: Towards
    start: date
    belief: str = ""
    where: str = ""
    expected: float | None = None
    weeks: int = USUAL_WEEKS
    since: date | None = None
    guards: tuple[str, ...] = ()
    control: str = ""
    lever: str = ""
    cost: str = ""
    origin: str = ""

    def __post_init__(self) -> None:
        if not self.title.strip():
            raise UsageError("say in a few words what is done")
        for name, most in LONGEST.items():
            if len(getattr(self, name)) > most:
                raise UsageError(f"{name}: {most} characters are enough")
        if not LEAST_WEEKS <= self.weeks <= MOST_WEEKS:
            raise UsageError(
                f"an action is looked at after {LEAST_WEEKS} to {MOST_WEEKS} whole weeks, not"
                f" {self.weeks}: fewer do not show what chance does"
            )
        if self.since is not None and self.since >= self.start:
            raise UsageError("what it is to end began before the start")
        if self.expected is not None and not (math.isfinite(self.expected) and self.expected > 0):
            raise UsageError("the change that is expected is a number above 0")
        if len(self.guards) > MOST_GUARDS or self.metric in self.guards:
            raise UsageError(f"name at most {MOST_GUARDS} other metrics that must not get worse")
        if self.control and self.control == self.where:
            raise UsageError("what it is compared with must be other work than what it concerns")

    @property
    def digest(self) -> str:
        """SHA-256 of all that is said, in one spelling."""
        plain = json.dumps(self.as_dict(), sort_keys=True, ensure_ascii=False)
        return hashlib.sha256(plain.encode()).hexdigest()

    def as_dict(self) -> dict[str, Any]:
        """Return plain values; `read_hypothesis` takes them back."""
        return {
            **asdict(self),
            "towards": self.towards.value,
            "start": self.start.isoformat(),
            "since": self.since.isoformat() if self.since else None,
            "guards": list(self.guards),
        }


def read_hypothesis(said: Mapping[str, Any]) -> Hypothesis:
    """Return what plain values say.

    Raises:
        UsageError: they say no hypothesis.
    """
    known = {field.name for field in fields(Hypothesis)}
    if strange := sorted(set(said) - known):
        raise UsageError(f"an action has no {strange[0]!r}")
    try:
        return Hypothesis(
            **{
                **said,
                "towards": Towards(said["towards"]),
                "start": date.fromisoformat(said["start"]),
                "since": date.fromisoformat(said["since"]) if said.get("since") else None,
                "guards": tuple(said.get("guards", ())),
            }
        )
    except (KeyError, TypeError, ValueError) as error:
        raise UsageError(f"an action is not written down whole ({error})") from error


def differences(old: Hypothesis, new: Hypothesis) -> tuple[str, ...]:
    """Return the names of what a new version says otherwise."""
    before, after = old.as_dict(), new.as_dict()
    return tuple(name for name in before if before[name] != after[name])


def first_week(start: date, week_start: int) -> date:
    """Return the first day of the first whole week after a beginning (Monday 0)."""
    return start + timedelta(days=(week_start - start.weekday()) % 7)


def review_day(hypothesis: Hypothesis, week_start: int) -> date:
    """Return the local day on which the weeks of an action are over."""
    return first_week(hypothesis.start, week_start) + hypothesis.weeks * WEEK


def plan_of(
    hypothesis: Hypothesis,
    starts: Sequence[date],
    since: date | None,
    spell: Spell | None,
    week_start: int,
) -> Plan | None:
    """Return which weeks are compared; None where there are no weeks before, or none since.

    Args:
        starts: first days of consecutive weeks, oldest first. since: of the level before the start,
        where it is known to be another than the one before it. spell: how the last four weeks
        before the start lie; a bad one takes no part, unless it is a level that lasts.
        week_start: Monday 0.
    """
    if not starts:
        return None
    begin = first_week(hypothesis.start, week_start)
    place = (begin - starts[0]).days // 7
    if place <= 0:
        return None
    skip = 1 if begin != hypothesis.start else 0
    reach = place - skip
    level = (first_week(since, week_start) - starts[0]).days // 7 if since is not None else None
    if level is not None and 0 < level <= reach - LEAST_BEFORE:
        return Plan(place, hypothesis.weeks, min(BEFORE, reach - level), skip, level)
    if spell is not None and spell.is_unusual and reach - 4 >= LEAST_BEFORE:
        skip, reach = skip + 4, reach - 4
    return Plan(place, hypothesis.weeks, max(LEAST_BEFORE, min(BEFORE, reach)), skip)


@dataclass(frozen=True)
class Judged:
    """What a comparison says.

    Attributes:
        why: it cannot be told; None otherwise.
    """

    outcome: Outcome
    why: Why | None = None


def judge(
    hypothesis: Hypothesis,
    found: Comparison | None,
    least: float,
    is_over: bool,
    spell: float | None = None,
) -> Judged:
    """Return what came of an action.

    Args:
        found: the comparison with other weeks; None where weeks are missing.
        least: change below which nobody would act, in the metric's unit.
        is_over: whether the weeks that are looked at are over.
        spell: level of a bad spell right before the start that took no part; None without one.
    """
    if not is_over:
        return Judged(Outcome.UNKNOWN, Why.EARLY)
    if found is None:
        return Judged(Outcome.UNKNOWN, Why.FEW_WEEKS)
    if not found.is_enough:
        return Judged(Outcome.UNKNOWN, Why.FEW_DATES)
    if found.is_real and abs(found.effect) >= least:
        is_right = found.effect * hypothesis.towards.sign > 0
        return Judged(Outcome.WORKED if is_right else Outcome.WORSE)
    if spell is not None and (found.now - spell) * hypothesis.towards.sign > found.critical:
        return Judged(Outcome.UNKNOWN, Why.REBOUND)
    if hypothesis.expected is not None and found.detectable > hypothesis.expected:
        return Judged(Outcome.UNKNOWN, Why.COARSE)
    return Judged(Outcome.NOTHING)


def stage_of(
    hypothesis: Hypothesis,
    today: date,
    week_start: int,
    *,
    is_started: bool,
    closed_as: str,
) -> Stage:
    """Return where an action stands on a local day.

    Args:
        closed_as: an outcome, "dropped", or empty while it is open.
    """
    if closed_as:
        return Stage.DROPPED if closed_as == Stage.DROPPED.value else Stage.CLOSED
    if not is_started:
        return Stage.PROPOSED
    return Stage.DUE if today >= review_day(hypothesis, week_start) else Stage.RUNNING


def extended(hypothesis: Hypothesis, weeks: int) -> Hypothesis:
    """Return the same with a later review, as a new version."""
    return replace(hypothesis, weeks=hypothesis.weeks + weeks)
