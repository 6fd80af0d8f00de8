"""What is counted of rows, and what a kind of value sums; `run` turns the sums into
measurements.
"""

from __future__ import annotations

from collections.abc import Sequence

from sqlglot import exp

from helmdesk.catalogue.kind import PENDING, Kind
from helmdesk.query.house import house

FIDELITIES = ("native", "derived", "asserted")
COUNTED = ("n", "pending", *FIDELITIES)


def clusters(rows: exp.Query, keys: Sequence[exp.Expr], value: Kind) -> exp.Query:
    """Fold rows into clusters, keeping the counts of the rows themselves."""
    selected = [
        *(key.copy() for key in keys),
        exp.column("cluster"),
        *(house(text).as_(name) for name, text in value.cluster_numbers.items()),
        *_counts(),
        *_coverage(),
    ]
    return (
        exp.select(*selected)
        .from_(rows.subquery("rows_", copy=False), copy=False)
        .group_by(*(k.copy() for k in keys), "cluster", copy=False)
    )


def aggregates(value: Kind) -> list[exp.Expr]:
    """Return the columns of one group: counts, and what the kind sums."""
    numbers = [house(text).as_(name) for name, text in value.numbers.items()]
    if value.cluster:
        sums = [house(f"coalesce(cast(sum({name}) as bigint), 0)").as_(name) for name in COUNTED]
        return [*sums, *numbers]
    return [*([] if value.is_folded else _counts()), *numbers, *_coverage()]


def _counts() -> list[exp.Expr]:
    return [
        house(f"count_if(role <> '{PENDING}')").as_("n"),
        house(f"count_if(role = '{PENDING}')").as_("pending"),
    ]


def _coverage() -> list[exp.Expr]:
    return [
        house(f"count_if(role <> '{PENDING}' and fidelity = '{fidelity}')").as_(fidelity)
        for fidelity in FIDELITIES
    ]
