"""What a metric is: a frozen dataclass that prints, hashes and reads like a form.

Expressions are house SQL over the columns of the metric's fact.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from datetime import date
from typing import Literal, get_args

from helmdesk.catalogue.kind import Kind, Part, Statistic

Pillar = Literal["customer_quality", "operational_efficiency", "team_performance"]
Category = Literal[
    "customer_experience", "operational_excellence", "resolution_quality", "team_health"
]
Direction = Literal["higher", "lower", "band", "context"]
Lever = Literal["staffing", "scheduling", "routing", "tooling", "coaching", "product", "data"]
# Business time as scheduled at each moment, or by the one calendar in force where the clock starts.
Clock = Literal["calendar", "business", "business_at_anchor"]
CLOCKS: tuple[str, ...] = get_args(Clock)


@dataclass(frozen=True)
class Change:
    """One entry of a metric's version history."""

    version: int
    date: date
    why: str


@dataclass(frozen=True)
class Reference:
    """A figure somebody published, with its source; never a default target."""

    text: str
    source: str


@dataclass(frozen=True)
class Variant:
    """A named alternative definition; what it leaves None is the metric's own.

    Attributes:
        name: the word after ``--variant``.
        description: what differs, in words.
        used_by: tools that call this the metric.
    """

    name: str
    description: str
    used_by: str = ""
    fact: str | None = None
    value: Kind | None = None
    anchor: str | None = None
    where: str | None = None
    unit: str | None = None
    direction: Direction | None = None
    evidence: tuple[str, ...] | None = None
    clocks: tuple[Clock, ...] | None = None
    pending: Part | None = None
    is_without_pending: bool = False
    needs: tuple[str, ...] | None = None


@dataclass(frozen=True, kw_only=True)
class Metric:
    """A governed definition.

    Attributes:
        key: file name, Python name, URL slug and command-line argument.
        fact: table it is counted on.
        anchor: column that places a row in a period; None for levels and ratios, which name their
        own. where, where_words: which rows count, as expression and in words. pending: rows whose
        outcome is not known yet, reported beside the value. needs: record types without which the
        answer would be a false zero; then there is no data. "a|b" means
            that either will do.
        evidence: columns a drill-down shows.
        rewards, exposes, supports: the three governance questions.
        read_with: guard metrics that must stand beside it.
        healthy: inclusive band that most teams would call healthy, when the evidence gives one.
    """

    key: str
    name: str
    version: int
    owner: str
    changes: tuple[Change, ...]
    pillar: Pillar
    category: Category
    unit: str
    direction: Direction
    fact: str
    value: Kind
    where: str
    where_words: str
    formula: str
    evidence: tuple[str, ...]
    rewards: str
    exposes: str
    supports: tuple[Lever, ...]
    anchor: str | None = None
    clocks: tuple[Clock, ...] = ("calendar",)
    pending: Part | None = None
    needs: tuple[str, ...] = ()
    read_with: tuple[str, ...] = ()
    variants: tuple[Variant, ...] = ()
    references: tuple[Reference, ...] = ()

    @property
    def statistic(self) -> Statistic:
        """What kind of number it is, in words: a median is not a mean."""
        return self.value.statistic

    @property
    def title(self) -> str:
        """The name, with median or mean where it does not say which."""
        return (
            self.name
            if not self.statistic.is_typical or self.name.startswith("Average")
            else f"{self.name} ({self.statistic})"
        )

    def with_variant(self, variant: Variant) -> Metric:
        """Return this metric as `variant` defines it."""
        changed: dict[str, object] = {
            name: value
            for name in (
                "fact",
                "value",
                "anchor",
                "where",
                "unit",
                "direction",
                "evidence",
                "clocks",
                "pending",
                "needs",
            )
            if (value := getattr(variant, name)) is not None
        }
        if variant.is_without_pending:
            changed["pending"] = None
        return dataclasses.replace(self, **changed)  # type: ignore[arg-type]
