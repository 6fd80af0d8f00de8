"""SLA policy definitions: durations, defaults, aliases, and everything that is refused."""

from __future__ import annotations

import json
from typing import Any

import pytest

from helmdesk.clocks.sla import ANY_PRIORITY, parse_duration, policy_from_definition
from helmdesk.errors import InputError
from helmdesk.toml_place import Document, Place

HERE = Place(Document("x", InputError))


def read(**content: Any) -> Any:
    return policy_from_definition("p", json.dumps(content))


CLOCK = {"clock": "resolution", "targets": {"default": "8h"}}


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("4h", 14_400),
        ("90m", 5400),
        ("1h30m", 5400),
        ("45s", 45),
        ("1s", 1),
        (60, 60),
        ("1h 5m 3s", 3903),
    ],
)
def test_durations(value: Any, seconds: int) -> None:
    assert parse_duration(value, HERE) == seconds


@pytest.mark.parametrize("value", ["2d", "", "0m", 0, -5, True, None, 1.5, "h", "soon"])
def test_what_is_no_duration(value: Any) -> None:
    with pytest.raises(InputError, match=r"x: .* is not a duration such as '4h'"):
        parse_duration(value, HERE)


def test_defaults() -> None:
    policy = read(clocks=[CLOCK])
    (target,) = policy.targets
    assert (policy.policy_id, policy.match, policy.order) == ("p", None, 100)
    assert (target.clock, target.kind, target.priority, target.target_seconds) == (
        "resolution",
        "resolution",
        ANY_PRIORITY,
        28_800,
    )
    assert (target.is_business, target.pausing, target.reopen) == (True, (), "resume")


def test_named_clocks_pause_as_their_names_say() -> None:
    policy = read(
        clocks=[
            {**CLOCK, "clock": name}
            for name in ("requester_wait", "agent_work", "pausable_update", "periodic_update")
        ]
    )
    assert [(target.kind, target.pausing) for target in policy.targets] == [
        ("resolution", ("waiting_customer",)),
        ("resolution", ("waiting_customer", "waiting_third_party")),
        ("periodic_update", ("waiting_customer",)),
        ("periodic_update", ()),
    ]
    (own,) = read(clocks=[{**CLOCK, "clock": "agent_work", "pausing": []}]).targets
    assert own.pausing == ()


def test_what_helpdesks_export() -> None:
    exported = [
        {
            "clock": "first_reply_time",
            "priority": "high",
            "target_seconds": 60,
            "is_business": False,
        },
        {"clock": "agent_work_time", "priority": None, "target_seconds": 120},
    ]
    policy = policy_from_definition("p", json.dumps(exported))
    assert [(t.clock, t.priority, t.target_seconds, t.is_business) for t in policy.targets] == [
        ("first_response", "high", 60, False),
        ("agent_work", "", 120, True),
    ]
    assert policy.match is None


def test_matching() -> None:
    policy = read(
        clocks=[CLOCK],
        match={"tier": "gold", "custom.plan": ["pro", "team"]},
        order=3,
        reopen="new_clock",
    )
    assert policy.match == {"tier": ("gold",), "custom.plan": ("pro", "team")}
    assert (policy.order, policy.targets[0].reopen) == (3, "new_clock")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ({}, "it needs 'clocks'"),
        ({"clocks": []}, "it needs 'clocks'"),
        ({"clocks": "all"}, "it needs 'clocks'"),
        ({"clocks": [3]}, "a clock must be a table"),
        (
            {"clocks": [{"clock": "first_respons", "targets": {"default": 1}}]},
            "unknown clock 'first_respons'; did you mean 'first_response'?",
        ),
        ({"clocks": [{"clock": "resolution"}]}, "resolution needs 'targets'"),
        ({"clocks": [{**CLOCK, "targets": {}}]}, "resolution needs 'targets'"),
        (
            {"clocks": [{**CLOCK, "hours": "office"}]},
            "hours of resolution must be 'business' or 'calendar'",
        ),
        ({"clocks": [{**CLOCK, "pausing": ["solved"]}]}, "resolution cannot pause in 'solved'"),
        ({"clocks": [{**CLOCK, "color": 1}]}, "unknown key 'color'"),
        ({"clocks": [CLOCK], "colour": 1}, "unknown key 'colour'"),
        ({"clocks": [CLOCK], "reopen": "again"}, "reopen 'again' is not one of"),
        ({"clocks": [CLOCK], "order": "first"}, "order must be a whole number"),
        ({"clocks": [CLOCK], "match": ["gold"]}, "match must be a table"),
        (
            {"clocks": [CLOCK], "match": {"teir": "x"}},
            "cannot match on 'teir'; did you mean 'tier'?",
        ),
        ({"clocks": [CLOCK], "match": {"tier": []}}, "needs a text or a list of texts"),
        ({"clocks": [CLOCK], "match": {"tier": [1]}}, "needs a text or a list of texts"),
    ],
)
def test_what_is_refused(content: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError) as error:
        policy_from_definition("p", json.dumps(content))
    assert "SLA policy p" in str(error.value) and message in str(error.value)


@pytest.mark.parametrize("text", ["nonsense", '"text"', "[3]", '[{"clock": "resolution"}]'])
def test_what_is_no_definition(text: str) -> None:
    with pytest.raises(InputError, match="SLA policy p"):
        policy_from_definition("p", text)
