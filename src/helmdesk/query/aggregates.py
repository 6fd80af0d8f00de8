"""What each kind of value sums over its rows; `run` turns the sums into measurements."""

from __future__ import annotations

from collections.abc import Sequence

from sqlglot import exp

from helmdesk.catalogue.kinds import (
    Difference,
    Distinct,
    GroupMean,
    Level,
    Mean,
    NetShare,
    Quantile,
    Ratio,
    Share,
    Sum,
    SumOnce,
    SumRatio,
    Survival,
    Value,
    measured,
)
from helmdesk.query.house import house
from helmdesk.statistics.order_statistic import rank_expressions

CASE, PENDING = "case", "pending"


def clustered(value: Value) -> str:
    """Return the expression of the group that a kind aggregates in first; empty for most kinds."""
    inner = measured(value)
    if isinstance(inner, GroupMean):
        return inner.group
    if isinstance(inner, SumOnce):
        return inner.once_per
    return inner.cluster if isinstance(inner, SumRatio) else ""


# What one cluster contributes, and how clusters are put together.
_CLUSTER = {
    "xs": f"sum(case when role = '{CASE}' then x end)",
    "ys": f"sum(case when role = '{CASE}' then y end)",
    "xm": f"avg(case when role = '{CASE}' then x end)",
    "xo": f"max(case when role = '{CASE}' then x end)",
}
_COUNTED = ("n", "pending", "native", "derived", "asserted")


def clusters(rows: exp.Query, keys: Sequence[exp.Expr], has_y: bool) -> exp.Query:
    """Fold rows into clusters, keeping the counts of the rows themselves."""
    sums = {name: text for name, text in _CLUSTER.items() if has_y or name != "ys"}
    selected = [
        *(key.copy() for key in keys),
        exp.column("cluster"),
        *(house(text).as_(name) for name, text in sums.items()),
        house(f"count_if(role <> '{PENDING}')").as_("n"),
        house(f"count_if(role = '{PENDING}')").as_("pending"),
        *_coverage(),
    ]
    return (
        exp.select(*selected)
        .from_(rows.subquery("rows_", copy=False), copy=False)
        .group_by(*(k.copy() for k in keys), "cluster", copy=False)
    )


def aggregates(value: Value) -> list[exp.Expr]:
    """Return the columns of one group: counts, and what the kind sums."""
    if isinstance(value, Survival):
        return [
            house(f"count_if(role = '{CASE}' and hit)").as_("n_ended"),
            house(f"count_if(role = '{CASE}' and not hit)").as_("n_censored"),
            *_coverage(),
        ]
    if clustered(value):
        sums = [house(f"coalesce(cast(sum({name}) as bigint), 0)").as_(name) for name in _COUNTED]
        return [*sums, *(house(text).as_(name) for name, text in _numbers(value).items())]
    return [
        house(f"count_if(role <> '{PENDING}')").as_("n"),
        house(f"count_if(role = '{PENDING}')").as_("pending"),
        *(house(text).as_(name) for name, text in _numbers(value).items()),
        *_coverage(),
    ]


def _coverage() -> list[exp.Expr]:
    return [
        house(f"count_if(role <> '{PENDING}' and fidelity = '{fidelity}')").as_(fidelity)
        for fidelity in ("native", "derived", "asserted")
    ]


def _numbers(value: Value) -> dict[str, str]:
    """Return the SQL of numerator, denominator, quantile, bounds and squares a kind needs."""
    if isinstance(value, Level):
        return _numbers(value.of)
    if isinstance(value, Share):
        return {"numerator": "count_if(hit)", "denominator": f"count_if(role = '{CASE}')"}
    if isinstance(value, NetShare):
        return {"positive": "count_if(x > 0)", "negative": "count_if(x < 0)"}
    if isinstance(value, Ratio | Difference):
        return {
            "numerator": f"count_if(role = '{value.numerator.role}')",
            "denominator": f"count_if(role = '{value.denominator.role}')",
        }
    if isinstance(value, Mean):
        return {
            "total": "sum(cast(x as double))",
            "squares": "sum(cast(x as double) * cast(x as double))",
            "least": "min(cast(x as double))",
        }
    if isinstance(value, Quantile):
        lower, upper = rank_expressions("x", value.q)
        return {
            "quantile": f"quantile(x, {value.q!r})",
            # Null where there is no such rank; without a condition both bounds share one sorted
            # list.
            "low": f"nth_smallest(x, cast({lower} as bigint))",
            "high": f"nth_smallest(x, cast({upper} as bigint))",
        }
    if isinstance(value, Distinct):
        return {"quantile": "count(distinct x)"}
    if isinstance(value, Sum):
        return {"total": "sum(cast(x as double))"}
    if isinstance(value, SumOnce):
        return {"total": "sum(cast(xo as double))"}
    if isinstance(value, GroupMean):
        return {
            "total": "sum(xm)",
            "squares": "sum(xm * xm)",
            "groups": "count(xm)",
            "least": "min(xm)",
        }
    if isinstance(value, SumRatio):
        x, y = ("xs", "ys") if value.cluster else ("cast(x as double)", "cast(y as double)")
        return {
            "numerator": f"sum({x})",
            "denominator": f"sum({y})",
            "xx": f"sum({x} * {x})",
            "xy": f"sum({x} * {y})",
            "yy": f"sum({y} * {y})",
            "groups": f"count({x})",
            "least": f"min({x})",
        }
    return {}
