"""What an insight says: a paragraph with its numbers, tests, alternatives, lever, and the day on
which to look again.
"""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any, Literal

from helmdesk.query.filters import Filter, to_text

# What moved with and without a known pattern stands together.
ORDER = {"data": 0, "change": 1, "unexplained": 1, "standing": 2}
Lever = Literal[
    "staffing", "scheduling", "routing", "tooling", "coaching", "product", "data", "policy", "none"
]


@dataclass(frozen=True)
class ByTest:
    """A finding rests on a test of chance.

    Attributes:
        p: how often no change would look like it: the largest of the tests that must all hold,
        corrected where the
            strongest of several was taken.
    """

    p: float

    def __post_init__(self) -> None:
        if not 0 <= self.p <= 1:
            raise ValueError(f"{self.p} is no probability")

    def as_dict(self) -> dict[str, Any]:
        """Return plain values for JSON."""
        return {"kind": "test", "p": self.p}


@dataclass(frozen=True)
class ByRule:
    """A finding meets a rule; nothing was tested for chance.

    Attributes:
        statement: the rule, in words.
    """

    statement: str

    def as_dict(self) -> dict[str, Any]:
        """Return plain values for JSON."""
        return {"kind": "rule", "rule": self.statement}


@dataclass(frozen=True)
class ByCourse:
    """A finding is a metric whose verdict turned; how often that is a false alarm is told by the
    verdict's rule.
    """

    def as_dict(self) -> dict[str, Any]:
        """Return plain values for JSON."""
        return {"kind": "course"}


Basis = ByTest | ByRule | ByCourse


@dataclass(frozen=True)
class Evidence:
    """Where the numbers of a finding can be seen.

    Attributes:
        key: metric.
        start, end: local dates, half-open.
        where: the segment; None for everything.
        by: dimension to slice by; empty for none.
    """

    key: str
    start: date
    end: date
    where: Filter | None = None
    by: str = ""

    @property
    def command(self) -> str:
        """The same question on the command line."""
        parts = [f"helmdesk measure {self.key} --start {self.start} --end {self.end}"]
        if self.where is not None:
            parts.append(f"--where {shell_word(to_text(self.where))}")
        if self.by:
            parts.append(f"--by {self.by}")
        return " ".join(parts)


def shell_word(text: str) -> str:
    """Return a text as one word of a command line, in double quotes where those suffice: filters
    are full of single ones.
    """
    return shlex.quote(text) if any(sign in text for sign in '"$`\\!') else f'"{text}"'


@dataclass(frozen=True)
class Test:
    """One thing that was checked on the way to a finding."""

    name: str
    is_passed: bool
    words: str


@dataclass(frozen=True)
class Review:
    """When to look again, and what would prove the lever wrong."""

    on: date
    metric: str
    words: str


@dataclass(frozen=True)
class Finding:
    """One thing worth a leader's time.

    Attributes:
        key: pattern, "data:…" or "moved:<metric>".
        kind: data, change, standing or unexplained; in this order they are told.
        seen: what was seen, in plain words with its numbers.
        lever: what it points to; "none" when it is noise, mix or not known.
        metrics: keys of the metrics it speaks of, the leading one first.
        basis: what it rests on: a test, a rule or a verdict.
        where: the segment; None for the whole desk.
        affected: cases a week that it concerns, an estimate: consequence is told in this order.
        alternatives: what it could be instead and was not excluded.
        context: annotations, changes of definition, staffing or mix in the same weeks.
        meaning: what it is consistent with, as a sentence; empty where nothing is known.
        act: what to do about it, as a sentence; empty where nothing is known.
        scenario: levers of a what-if that tries the act, as its address says them, with the team;
        empty where a what-if cannot.
    """

    key: str
    kind: Literal["data", "change", "standing", "unexplained"]
    title: str
    seen: str
    lever: Lever
    metrics: tuple[str, ...]
    start: date
    end: date
    basis: Basis
    where: Filter | None = None
    affected: float = 0.0
    tests: tuple[Test, ...] = ()
    alternatives: tuple[str, ...] = ()
    if_wrong: str = ""
    review: Review | None = None
    evidence: tuple[Evidence, ...] = ()
    context: tuple[str, ...] = ()
    meaning: str = ""
    act: str = ""
    scenario: Mapping[str, str] = field(default_factory=dict)

    @property
    def text(self) -> str:
        """What was seen and what it fits, as one paragraph."""
        if not self.meaning:
            return self.seen
        return f"{self.seen} It fits this: {self.meaning[0].lower()}{self.meaning[1:]}"

    @property
    def is_standing(self) -> bool:
        """Whether it lies there all along: told every week, unless somebody dismisses it."""
        return self.kind == "standing"

    @property
    def order(self) -> tuple[int, bool, float]:
        """Where it is told: data problems first, then changes, then what stands; tested before
        rules, then by consequence.
        """
        return ORDER[self.kind], isinstance(self.basis, ByRule), -self.affected

    @property
    def rule(self) -> str:
        """The rule that it meets; empty where it rests on a test or a verdict."""
        return self.basis.statement if isinstance(self.basis, ByRule) else ""

    @property
    def identity(self) -> str:
        """What a dismissal holds to: the same thing in the same segment."""
        return f"{self.key}:{self.kind}:{to_text(self.where)}"

    def as_dict(self) -> dict[str, Any]:
        """Return plain values for JSON."""
        return {
            "key": self.key,
            "kind": self.kind,
            "title": self.title,
            "text": self.text,
            "lever": self.lever,
            "act": self.act or None,
            "what_if": dict(self.scenario) or None,
            "metrics": list(self.metrics),
            "start": self.start.isoformat(),
            "end": self.end.isoformat(),
            "where": to_text(self.where) or None,
            "affected_a_week": round(self.affected, 1),
            "basis": self.basis.as_dict(),
            "tests": [
                {"name": test.name, "passed": bool(test.is_passed), "words": test.words}
                for test in self.tests
            ],
            "alternatives": list(self.alternatives),
            "if_wrong": self.if_wrong or None,
            "review": (
                {
                    "on": self.review.on.isoformat(),
                    "metric": self.review.metric,
                    "words": self.review.words,
                }
                if self.review
                else None
            ),
            "evidence": [evidence.command for evidence in self.evidence],
            "context": list(self.context),
        }


def review_in(weeks: int, end: date, metric: str, words: str) -> Review:
    """Return a review so many weeks after `end`."""
    return Review(end + timedelta(weeks=weeks), metric, words)
