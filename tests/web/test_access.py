"""Who may see what: routes, policies compiled into queries, people's data."""

from __future__ import annotations

import itertools
import random
from dataclasses import replace
from typing import Any

import pyarrow.compute as pc
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from helmdesk.errors import NotFoundError, NotPermittedError
from helmdesk.query.policy import Policy


def routes(patterns: Any, prefix: str = "") -> Any:
    for pattern in patterns:
        if hasattr(pattern, "url_patterns"):
            yield from routes(pattern.url_patterns, prefix + str(pattern.pattern))
        else:
            yield prefix + str(pattern.pattern), pattern.callback


def test_every_route_states_its_roles(site: Any) -> None:
    from django.urls import get_resolver

    from helmdesk.web.access import ANYBODY

    found = dict(routes(get_resolver().url_patterns))
    open_routes = set()
    for route, view in found.items():
        if route.startswith(("account/", "api/v1/")):
            continue  # allauth's own gates, and the API's, each tested below
        assert hasattr(view, "roles"), f"{route} has no roles"
        if view.roles == ANYBODY:
            open_routes.add(route)
    links = {  # of customers, signed
        *("s/<str:token>", "s/<str:token>/stop"),
        *("hooks/records/<slug:name>", "hooks/wake/<slug:name>"),
        *("book/<str:token>", "book/call/<str:token>"),
        *("r/<str:token>", "r/<str:token>/zone", "r/<str:token>/call"),
    }
    links.add("brief/mail/stop/<str:token>")  # of readers who are not signed in, signed
    assert open_routes == {"setup", "invitation/<str:secret>", "healthz", "metrics", *links}
    assert len(found) > 60


def test_every_api_route_refuses_strangers_with_a_problem(as_: Any) -> None:
    document = as_("ada").get("/api/v1/openapi.json").json()
    assert document["openapi"].startswith("3.1")
    client = as_()
    for path, methods in document["paths"].items():
        for method in methods:
            response = getattr(client, method)(
                path.replace("{key}", "csat").replace("{ticket_id}", "L-1").replace("{pk}", "1"),
                content_type="application/json",
            )
            assert response.status_code == 401, path
            assert response["Content-Type"] == "application/problem+json"
            assert response.json()["code"] == "not_signed_in"


METRICS = (
    "ticket_volume",
    "csat",
    "first_response_time",
    "resolution_time",
    "backlog",
    "reopen_rate",
    "sla_compliance",
    "escalation_rate",
    "csat_response_rate",
)


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    metric=st.sampled_from(METRICS),
    name=st.sampled_from(["tom", "hugo", "vic"]),
    where=st.sampled_from([None, "channel = 'email'", "priority in ('high', 'urgent')"]),
    start=st.sampled_from(["2025-03-01", "2025-09-01"]),
    by=st.sampled_from([(), ("channel",), ("tier",)]),
)
def test_a_scoped_answer_is_the_answer_over_the_rows_one_may_see(
    site: Any, metric: str, name: str, where: str | None, start: str, by: tuple[str, ...]
) -> None:
    """The policy against the same predicate as a filter asked by somebody who sees everything, and
    against the rows themselves.
    """
    from helmdesk.desk.live import LiveDesk
    from helmdesk.web.access import policy_for
    from helmdesk.web.apps.people.models import Person

    desk, person = LiveDesk(site), Person.objects.get(username=name)
    policy = policy_for(person)
    condition, column, values = {
        "tom": ("team in ('Frontline Berlin')", "team", ["Frontline Berlin"]),
        "hugo": ("agent = 'Hugo'", "agent", ["Hugo"]),
        "vic": ("account = 'Dalora'", "account", ["Dalora"]),
    }[name]
    both = f"({condition}) and ({where})" if where else condition
    # Whose values would be withheld is another matter, tested elsewhere.
    policy = replace(policy, may_compare_people=True)
    scoped = desk.as_seen_by(policy).measure(metric, by=by, where=where, start=start)
    filtered = desk.measure(metric, by=by, where=both, start=start)
    # The same numbers; only why there is none differs: a filter leaves nothing, or what one may see
    # holds nothing.
    mine, theirs = scoped.as_rows(), filtered.as_rows()
    for ours, asked in zip(
        [row.pop("reason") for row in mine], [row.pop("reason") for row in theirs], strict=False
    ):
        assert ours == asked or (asked == "filtered_out" and ours == "not_permitted")
    assert mine == theirs
    table = (
        desk.as_seen_by(Policy("all columns", policy.predicate))
        .rows(metric, where=where, start=start)
        .table
    )
    if column in table.column_names and table.num_rows:
        assert set(pc.unique(table[column]).to_pylist()) <= set(values)
    assert (
        sum(m.n for m in scoped)
        == desk.as_seen_by(policy).rows(metric, where=where, start=start).total
    )


def test_what_cannot_be_narrowed_is_not_answered(site: Any) -> None:
    from helmdesk.desk.live import LiveDesk
    from helmdesk.web.access import policy_for
    from helmdesk.web.apps.people.models import Person

    desk, policy = LiveDesk(site), policy_for(Person.objects.get(username="vic"))
    with pytest.raises(NotPermittedError, match="not among the numbers you may see"):
        desk.as_seen_by(policy).measure("utilization")
    with pytest.raises(NotPermittedError, match="cannot be narrowed"):
        desk.as_seen_by(replace(policy, metrics=None)).measure("utilization")
    with pytest.raises(NotPermittedError, match="may not ask by agent"):
        desk.as_seen_by(policy).measure("ticket_volume", by="agent")
    assert "agent" not in desk.as_seen_by(policy).rows("backlog").table.column_names
    with pytest.raises(NotPermittedError, match="speaks of money"):
        desk.as_seen_by(policy_for(Person.objects.get(username="tom"))).measure("breach_exposure")
    (own,) = desk.as_seen_by(policy).accounts()
    assert (own.name, own.contract_value, own.owner) == ("Dalora", None, None)
    nobody = policy_for(Person(role="agent", agent=""))
    with pytest.raises(NotPermittedError):
        desk.as_seen_by(nobody).measure("account_health")
    assert desk.as_seen_by(nobody).measure("ticket_volume")[0].n == 0


def test_nobody_compares_people_on_the_site(as_: Any) -> None:
    for name, query in itertools.product(
        ("ada", "lea", "tom", "ann", "pat"),
        ("by=agent", "where=agent%20%3D%20'Hugo'", "by=customer"),
    ):
        response = as_(name).get(f"/api/v1/measure?metric=csat&{query}")
        assert response.status_code == 403 and response.json()["code"] == "not_permitted", (
            name,
            query,
        )
    assert (
        as_("lea").get("/api/v1/measure?metric=ticket_volume&by=agent").status_code == 200
    )  # a count judges nobody
    refused = as_("lea").get("/metric/csat?by=agent")
    assert refused.status_code == 400 and "By agent" not in refused.content.decode()


def test_an_agent_sees_only_own_rows_and_tickets(as_: Any, site: Any) -> None:
    from helmdesk.desk.live import LiveDesk

    everything = LiveDesk(site).rows("resolution_time", start="2025-01-01")
    theirs = next(
        row["ticket_id"] for row in everything.table.to_pylist() if row["agent"] != "Hugo"
    )
    own = next(row["ticket_id"] for row in everything.table.to_pylist() if row["agent"] == "Hugo")
    hugo = as_("hugo")
    assert hugo.get(f"/ticket/{own}").status_code == 200
    assert hugo.get(f"/ticket/{theirs}").status_code == 404
    assert hugo.get(f"/api/v1/tickets/{theirs}").status_code == 404
    rows = hugo.get("/api/v1/rows?metric=resolution_time&limit=1000&start=2025-01-01").json()
    assert rows["total"] == len(rows["rows"]) and {row["agent"] for row in rows["rows"]} == {"Hugo"}
    page = hugo.get("/me?days=364").content.decode()
    assert "Your own numbers, Hugo" in page and "your mix predicts" in page
    names = set(LiveDesk(site).agents()) - {"Hugo"}
    assert not [name for name in names if f">{name}<" in page or f" {name} " in page]


def test_spreads_name_nobody_and_hide_small_groups(as_: Any, site: Any) -> None:
    from helmdesk.desk.live import LiveDesk

    desk = LiveDesk(site)
    whole = desk.dispersion("csat", start="2025-01-01")
    assert whole.people >= 5 and whole.low <= whole.middle <= whole.high
    few = desk.dispersion(
        "csat",
        start="2025-01-01",
        where="team = 'Specialists' and channel = 'chat' and tier = 'starter'",
    )
    assert few.people < 5 and few.middle is None
    page = as_("lea").get("/team?days=364").content.decode()
    assert not [name for name in desk.agents() if f">{name}<" in page]


def test_a_case_mix_benchmark_is_the_mix_times_what_others_reach(site: Any) -> None:
    from helmdesk.desk.live import LiveDesk

    desk = LiveDesk(site)
    found = desk.case_mix_benchmark(
        "reopen_rate", "Hugo", mix_by=("channel",), start="2025-01-01", end="2026-07-01"
    )
    rows = desk.drill(
        "reopen_rate", start="2025-01-01", end="2026-07-01", by=("agent", "channel")
    ).to_pylist()
    mine, others = (
        [row for row in rows if row["agent"] == "Hugo"],
        [row for row in rows if row["agent"] != "Hugo"],
    )
    is_hit = next(name for name in rows[0] if name.startswith("is_reopened"))
    expected = weight = 0.0
    for channel in {row["channel"] for row in mine}:
        rest = [row[is_hit] for row in others if row["channel"] == channel]
        own = sum(row["channel"] == channel for row in mine)
        if len(rest) >= 5:
            expected, weight = expected + own * sum(rest) / len(rest), weight + own
    assert found.expected == pytest.approx(expected / weight)
    assert found.own.n == len(mine)


def test_random_conditions_never_widen_what_is_seen(as_: Any, site: Any) -> None:
    tricks = [
        "1 = 1",
        "team is null or team is not null",
        "not (team = 'x')",
        "agent <> 'Hugo'",
        "team = 'Specialists' or channel = 'email'",
    ]
    random.Random(7).shuffle(tricks)
    hugo = as_("hugo")
    for trick in tricks:
        response = hugo.get(
            "/api/v1/rows",
            {"metric": "ticket_volume", "where": trick, "limit": 1000, "start": "2025-01-01"},
        )
        assert response.status_code in (200, 400, 403), (trick, response.content)
        if response.status_code == 200:
            all_own = hugo.get("/api/v1/rows?metric=ticket_volume&start=2025-01-01&limit=1").json()[
                "total"
            ]
            assert response.json()["total"] <= all_own


def test_missing_things_are_not_found_rather_than_told_apart(site: Any) -> None:
    from helmdesk.desk.live import LiveDesk
    from helmdesk.web.access import policy_for
    from helmdesk.web.apps.people.models import Person

    desk, policy = LiveDesk(site), policy_for(Person.objects.get(username="hugo"))
    messages = []
    for ticket in (
        "no such ticket",
        next(
            row["ticket_id"]
            for row in desk.rows("backlog").table.to_pylist()
            if row["agent"] != "Hugo"
        ),
    ):
        with pytest.raises(NotFoundError) as refused:
            desk.as_seen_by(policy).ticket(ticket)
        messages.append(str(refused.value).replace(ticket, "X"))
    assert messages[0] == messages[1]
