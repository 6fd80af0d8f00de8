"""A drill-down lists exactly the rows of its number: for every metric, variant and random
filters.
"""

from __future__ import annotations

import random
from collections import Counter
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from desks import load_events, make_desk, ticket
from helmdesk.catalogue.discovery import load_catalogue
from helmdesk.catalogue.kinds.level import Level
from helmdesk.catalogue.kinds.mean import Mean
from helmdesk.catalogue.kinds.quantile import Quantile
from helmdesk.desk.desk import Desk
from helmdesk.facts.build.fact import Dimension
from helmdesk.query.compile import MEASURED, judges, resolve
from helmdesk.query.dimensions import metric_dimensions
from helmdesk.query.policy import OWNER, Policy
from helmdesk.query.request import Request
from helmdesk.query.run import read_bounds

FORMS = [
    (key, variant)
    for key, entry in load_catalogue().items()
    for variant in (None, *(v.name for v in entry.metric.variants))
]
QUESTIONS_EACH = 2


def values_of(desk: Desk, request: Request, dimension: str) -> list[str]:
    found = desk.measure(request.key, variant=request.variant, by=dimension)
    return sorted({str(m.group[0][1]) for m in found if m.group[0][1] is not None})[:40]


def dimensions_of(desk: Desk, request: Request) -> list[Dimension]:
    with desk.engine() as engine:
        return [
            dimension
            for dimension, _ in metric_dimensions(
                resolve(request), request, read_bounds(engine)
            ).values()
        ]


def random_filter(rng: random.Random, desk: Desk, request: Request) -> str | None:
    dimensions = dimensions_of(desk, request)
    conditions = []
    for dimension in rng.sample(dimensions, k=min(len(dimensions), rng.randint(0, 3))):
        if dimension.kind == "number":
            conditions.append(
                f"{dimension.name} {rng.choice(('<', '>=', '<>'))} {rng.randint(0, 20)}"
            )
            continue
        known = values_of(desk, request, dimension.name)
        if not known:
            continue
        chosen = ", ".join(
            "'" + value.replace("'", "''") + "'"
            for value in rng.sample(known, k=min(len(known), rng.randint(1, 5)))
        )
        conditions.append(
            rng.choice(
                (
                    f"{dimension.name} in ({chosen})",
                    f"not {dimension.name} in ({chosen})",
                    f"{dimension.name} is not null",
                )
            )
        )
    return rng.choice((" and ", " or ")).join(conditions) or None


@pytest.mark.parametrize(("key", "variant"), FORMS)
def test_rows_reproduce_the_number(small_desk: Desk, key: str, variant: str | None) -> None:
    rng = random.Random(f"{key}{variant}")
    dimensions = [
        dimension.name
        for dimension in dimensions_of(small_desk, Request(key, variant, policy=OWNER))
    ]
    for _ in range(QUESTIONS_EACH):
        question = {
            "variant": variant,
            "where": random_filter(rng, small_desk, Request(key, variant, policy=OWNER)),
            "by": rng.sample(dimensions, k=rng.randint(0, 2)),
            "grain": rng.choice((None, None, "month", "quarter")),
            "start": rng.choice((None, "2025-04-01", "2025-11-15T10:30")),
            "end": rng.choice((None, "2026-03-01", "2026-01-31T22:00")),
        }
        found = small_desk.measure(key, **question)
        rows = found.drill()
        assert rows.num_rows == sum(m.n for m in found), question
        if question["grain"] is None:
            names = [name for name, _ in found[0].group] if len(found) else []
            listed = (
                Counter(zip(*(rows.column(name).to_pylist() for name in names), strict=True))
                if names
                else Counter({(): rows.num_rows})
            )
            for measurement in found:
                assert listed[tuple(value for _, value in measurement.group)] == measurement.n, (
                    question
                )


@pytest.mark.parametrize(
    "key", ["csat", "resolution_time", "backlog", "resolution_rate", "transfers"]
)
def test_a_number_can_be_rebuilt_from_its_rows(small_desk: Desk, key: str) -> None:
    import statistics

    found = small_desk.measure(key, end="2026-03-01")[0]
    rows = small_desk.drill(key, end="2026-03-01").to_pylist()
    rebuilt = {
        "csat": lambda: sum(row["is_positive"] for row in rows) / len(rows),
        "resolution_time": lambda: statistics.median(row["resolution_seconds"] for row in rows),
        "backlog": lambda: len({row["ticket_id"] for row in rows}),
        "resolution_rate": (
            lambda: (
                sum(row["role"] == "solved" for row in rows)
                / sum(row["role"] == "created" for row in rows)
            )
        ),
        "transfers": lambda: statistics.mean(row["transfers"] for row in rows),
    }[key]()
    assert found.value == pytest.approx(rebuilt)


def test_groups_and_periods_add_up_to_the_whole(small_desk: Desk) -> None:
    whole = small_desk.measure("ticket_volume")[0].value
    for question in (
        {"by": "channel"},
        {"by": ["team", "priority"]},
        {"grain": "day"},
        {"grain": "week", "by": "tier"},
    ):
        assert sum(m.value for m in small_desk.measure("ticket_volume", **question)) == whole


def test_open_ends_are_null_in_rows(small_desk: Desk) -> None:
    rows = small_desk.drill("backlog").to_pylist()
    assert rows and all(row["ended_at"] is None for row in rows)


def test_flow_explains_the_level(small_desk: Desk) -> None:
    """Backlog at the end of a month = backlog at its start + created and reopened - solved."""
    for start, end in (("2025-05-01", "2025-06-01"), ("2025-12-01", "2026-01-01")):
        before, after = (
            small_desk.measure("backlog", end=start)[0].value,
            small_desk.measure("backlog", end=end)[0].value,
        )
        with small_desk.engine() as engine:
            sql = """select count(*) filter (where {0} >= timestamptz '{1} Europe/Berlin' at
                time zone 'UTC' and {0} < timestamptz '{2} Europe/Berlin' at time zone 'UTC')
                from episodes join tickets using (ticket_id) where is_counted"""
            ((opened,),) = engine.run(
                sql.format("episodes.started_at", f"{start} 00:00:00", f"{end} 00:00:00")
            )
            ((closed,),) = engine.run(
                sql.format("episodes.ended_at", f"{start} 00:00:00", f"{end} 00:00:00")
            )
        assert after == before + opened - closed


def durations() -> list[tuple[str, str | None, str]]:
    """Every form that is a quantile or a mean of seconds, by each clock it has."""
    forms = [
        (
            key,
            variant,
            load_catalogue()[key].variant(variant) if variant else load_catalogue()[key].metric,
        )
        for key, variant in FORMS
    ]
    return [
        (key, variant, clock)
        for key, variant, metric in forms
        for clock in metric.clocks
        if metric.unit.startswith("seconds") and isinstance(inner(metric.value), Quantile | Mean)
    ]


def inner(value: Any) -> Any:
    return value.of if isinstance(value, Level) else value


@pytest.mark.parametrize(("key", "variant", "clock"), durations())
def test_a_duration_can_be_computed_from_its_rows(
    small_desk: Desk, key: str, variant: str | None, clock: str
) -> None:
    question: dict[str, Any] = {
        "variant": variant,
        "clock": clock,
        "start": "2026-03-02",
        "end": "2026-06-01",
    }
    found = small_desk.measure(key, **question)[0]
    value = inner(resolve(Request(key, variant, clock=clock, policy=OWNER)).value)
    cells = small_desk.drill(key, **question)[
        value.column if value.column.isidentifier() else MEASURED
    ].to_pylist()
    assert len(cells) == found.n
    if found.n:
        computed = np.quantile(cells, value.q) if isinstance(value, Quantile) else np.mean(cells)
        assert found.value == pytest.approx(float(computed), rel=1e-9, abs=1e-6)


def test_instants_of_rows_are_on_the_clock_of_the_desk(tmp_path: Path) -> None:
    """Nine in the morning in Kathmandu is a quarter past three in UTC."""
    desk = make_desk(tmp_path / "desk", time_zone="Asia/Kathmandu")
    load_events(
        desk,
        [
            *ticket("A", "2026-01-05T03:15:00Z", "2026-01-05T04:15:00Z"),
            *ticket("B", "2026-01-05T03:15:00Z"),
        ],
    )
    for table in (desk.drill("ticket_volume"), desk.rows("ticket_volume", sort="ticket_id").table):
        assert str(table.schema.field("created_at").type) == "timestamp[us, tz=Asia/Kathmandu]"
        assert table["created_at"].to_pylist()[0].isoformat() == "2026-01-05T09:00:00+05:45"
    by_day = desk.drill("resolution_time", grain="day")
    assert by_day["period_start"].to_pylist() == [date(2026, 1, 5)]
    assert (
        desk.measure("ticket_volume").receipt.content["data_as_of"] == "2026-01-05T10:00:00+05:45"
    )
    assert "last_solved_at" in by_day.column_names


@pytest.mark.parametrize("key", sorted(load_catalogue()))
def test_rows_without_the_names_of_people_are_listed_too(small_desk: Desk, key: str) -> None:
    """What names a row may name a person: then the rest is listed, in an order as certain."""
    asked = {"start": "2026-05-01", "end": "2026-05-08"}
    reader = small_desk.as_seen_by(Policy("leader", may_compare_people=False))
    found, whole = reader.rows(key, **asked), small_desk.rows(key, **asked)
    assert found.total == whole.total
    assert not {"agent", "agent_id", "stretch_id"} & set(found.table.column_names) or not (
        judges(resolve(Request(key, policy=OWNER)))
    )
    again = reader.rows(key, **asked, limit=3)
    assert again.table.to_pylist() == found.table.to_pylist()[:3]
