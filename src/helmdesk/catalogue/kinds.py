"""The shapes a metric can have: frozen dataclasses that print, hash and read like a form.

Expressions are house SQL over the columns of the metric's fact. A kind says what is aggregated; how
a kind becomes SQL is the compiler's business, what its interval is, `statistics`'.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Literal, get_args

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
class Count:
    """Number of rows."""


@dataclass(frozen=True)
class Share:
    """Rows that meet `hits`, of all rows; a number from 0 to 1 with a Wilson interval."""

    hits: str


@dataclass(frozen=True)
class NetShare:
    """Share of `positive` rows less share of `negative` rows, from -1 to 1."""

    positive: str
    negative: str


@dataclass(frozen=True)
class Mean:
    """Arithmetic mean of `column`; rows where it is null do not take part."""

    column: str


@dataclass(frozen=True)
class Quantile:
    """Exact, interpolated quantile of `column`, with an order-statistic interval."""

    column: str
    q: float = 0.5


@dataclass(frozen=True)
class Distinct:
    """Number of different values of `column`."""

    column: str


@dataclass(frozen=True)
class Part:
    """One side of a ratio whose sides are dated differently."""

    role: str
    anchor: str
    where: str


@dataclass(frozen=True)
class Ratio:
    """Rows of one part ÷ rows of another, each placed in time by its own anchor."""

    numerator: Part
    denominator: Part


@dataclass(frozen=True)
class Sum:
    """Total of `column`; rows where it is null do not take part."""

    column: str


@dataclass(frozen=True)
class SumOnce:
    """Total of `column` with each `once_per` counted once: the contract value of an account, not of
    its tickets.
    """

    column: str
    once_per: str


@dataclass(frozen=True)
class SumRatio:
    """Total of `numerator` ÷ total of `denominator` over the same rows.

    `cluster` names what varies together (one agent's day): the interval is taken over clusters,
    because quarter-hours of one day are not independent observations.
    """

    numerator: str
    denominator: str
    cluster: str = ""


@dataclass(frozen=True)
class GroupMean:
    """Mean of `column` within each `group`, then the plain mean over groups: every account counts
    alike.
    """

    column: str
    group: str


@dataclass(frozen=True)
class Difference:
    """Rows of one part less rows of another, each placed in time by its own anchor."""

    numerator: Part
    denominator: Part


@dataclass(frozen=True)
class Level:
    """Rows alive at an instant: [opens, closes) contains it. Never summed over time.

    `of` measures the living rows instead of counting them; in it ``instant`` is the instant.
    `business` does the same on the business clock; in it ``instant_worked`` is the calendar's
    cumulative working time at the instant.
    """

    opens: str
    closes: str
    of: Count | Quantile | Share | Mean | SumOnce = Count()
    business: Quantile | Mean | None = None


@dataclass(frozen=True)
class Survival:
    """Kaplan-Meier quantile of `column` with `ended` false for rows still running (censored)."""

    column: str
    ended: str
    q: float = 0.5


Measured = (
    Count
    | Share
    | NetShare
    | Mean
    | Quantile
    | Distinct
    | Ratio
    | Difference
    | Survival
    | Sum
    | SumOnce
    | SumRatio
    | GroupMean
)
Value = Measured | Level


def measured(value: Value) -> Measured:
    """Return what is measured of rows: of a level, what is measured of those alive."""
    return value.of if isinstance(value, Level) else value


class Statistic(str):
    """What kind of number a value is, in words.

    Attributes:
        is_typical: whether one number stands for many, as a mean or a percentile does: titles and
        axes say which.
    """

    is_typical: bool

    def __new__(cls, words: str, *, is_typical: bool = False) -> Statistic:
        """Return the words."""
        found = super().__new__(cls, words)
        found.is_typical = is_typical
        return found

    def __getnewargs_ex__(self) -> tuple[tuple[str], dict[str, bool]]:
        """Copies keep both."""
        return (str(self),), {"is_typical": self.is_typical}


NO_STATISTIC = Statistic("")
STATISTICS: dict[type, Statistic] = {
    Count: Statistic("count"),
    Share: Statistic("share"),
    NetShare: Statistic("net share"),
    Mean: Statistic("mean", is_typical=True),
    Distinct: Statistic("count"),
    Ratio: Statistic("ratio"),
    Difference: Statistic("difference"),
    Sum: Statistic("sum"),
    SumOnce: Statistic("sum"),
    SumRatio: Statistic("ratio of sums"),
    GroupMean: Statistic("mean of groups", is_typical=True),
}


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
    value: Value | None = None
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
    value: Value
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
        value = measured(self.value)
        if isinstance(value, Quantile | Survival):
            return Statistic(
                "median" if value.q == 0.5 else f"{value.q * 100:g}th percentile", is_typical=True
            )
        return STATISTICS[type(value)]

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
        import dataclasses

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
