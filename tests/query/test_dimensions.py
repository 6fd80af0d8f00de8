"""Every metric works by every dimension of its fact, at every grain, in any zone, and on each of
its clocks.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from desks import kept_open, load_events, make_desk, ticket
from helmdesk.catalogue.discovery import load_catalogue
from helmdesk.catalogue.kinds.count import Count
from helmdesk.catalogue.kinds.level import Level
from helmdesk.catalogue.kinds.sum import Sum
from helmdesk.desk.desk import Desk
from helmdesk.errors import FilterError, NotFoundError, UsageError
from helmdesk.query.compile import resolve
from helmdesk.query.dimensions import metric_dimensions
from helmdesk.query.periods import GRAINS
from helmdesk.query.policy import OWNER
from helmdesk.query.request import Request
from helmdesk.query.run import read_bounds

# Dimensions belong to facts: the metric itself, and every variant that is counted on another fact.
FORMS = [
    (key, variant)
    for key, entry in load_catalogue().items()
    for variant in (None, *(v.name for v in entry.metric.variants if v.fact))
]


@pytest.mark.parametrize(("key", "variant"), FORMS)
def test_every_dimension(small_desk: Desk, key: str, variant: str | None) -> None:
    request = Request(key, variant, policy=OWNER)
    metric = resolve(request)
    with small_desk.engine() as engine:
        names = list(metric_dimensions(metric, request, read_bounds(engine)))
    whole = small_desk.measure(key, variant=variant)[0]
    for name in names:
        groups = small_desk.measure(key, variant=variant, by=name)
        assert sum(m.n for m in groups) == whole.n, name
        if isinstance(metric.value, Count | Sum):
            assert sum(m.value for m in groups) == whole.value


@pytest.fixture(scope="module")
def in_nepal(small_desk: Desk, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """The same desk in another time zone."""
    folder = tmp_path_factory.mktemp("elsewhere")
    for name in ("lake", "lake.seal", "marts"):
        (folder / name).symlink_to(small_desk.path / name)
    text = (small_desk.path / "helmdesk.toml").read_text(encoding="utf-8")
    (folder / "helmdesk.toml").write_text(
        text.replace('time_zone = "Europe/Berlin"', 'time_zone = "Asia/Kathmandu"'),
        encoding="utf-8",
    )
    yield from kept_open(Desk(folder))


@pytest.mark.parametrize("key", load_catalogue())
def test_every_grain_in_any_zone(small_desk: Desk, in_nepal: Desk, key: str) -> None:
    entry = load_catalogue()[key]
    for desk in (small_desk, in_nepal):
        whole = desk.measure(key)[0]
        for grain in GRAINS:
            found = desk.measure(key, grain=grain)
            assert found[0].period_start is not None
            if not isinstance(entry.metric.value, Level):
                assert sum(m.n for m in found) == whole.n


def test_business_clocks_never_exceed_the_calendar(small_desk: Desk) -> None:
    for key, entry in load_catalogue().items():
        for clock in entry.metric.clocks:
            business, calendar = small_desk.measure(key, clock=clock)[0], small_desk.measure(key)[0]
            assert business.n == calendar.n
            if calendar.value is None:  # nothing foretold, nobody learned from
                assert business.value is None
                continue
            assert business.value <= calendar.value


def test_custom_fields_are_dimensions_everywhere(tmp_path: Path) -> None:
    desk = make_desk(tmp_path / "desk")
    load_events(
        desk,
        [
            *ticket(
                "A",
                "2026-01-05T09:00",
                "2026-01-05T10:00",
                extra='{"Product line": "pro", "seats": 5}',
            ),
            *ticket("B", "2026-01-05T09:00", extra='{"Product line": "free"}'),
            *ticket("C", "2026-01-05T09:00"),
        ],
    )
    for key in ("ticket_volume", "backlog", "resolution_time"):
        assert desk.measure(key, where="custom.\"Product line\" = 'pro'")[0].n == (
            0 if key == "backlog" else 1
        )
    assert {m.group[0][1]: m.value for m in desk.measure("ticket_volume", by="custom.seats")} == {
        "5": 1,
        None: 2,
    }
    with pytest.raises(NotFoundError, match=r"did you mean 'custom\.seats'"):
        desk.measure("ticket_volume", by="custom.seat")
    with pytest.raises(FilterError, match="expected the name of a dimension"):
        desk.measure("ticket_volume", where="tickets.channel = 'x'")


def test_backlog_by_age_bucket(small_desk: Desk) -> None:
    found = small_desk.measure("backlog", by="age", end="2026-03-01")
    assert {m.group[0][1] for m in found} <= {"0-24 h", "24-48 h", "2-7 d", "over 7 d"}
    assert sum(m.value for m in found) == small_desk.measure("backlog", end="2026-03-01")[0].value


def test_an_unknown_clock_is_refused(small_desk: Desk) -> None:
    with pytest.raises(UsageError, match="use one of calendar, business, business_at_anchor"):
        small_desk.measure("first_response_time", clock="lunar")
    with pytest.raises(UsageError, match="has no business_at_anchor clock"):
        small_desk.measure("next_response_time", clock="business_at_anchor")
