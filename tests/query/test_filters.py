"""Filters: what is allowed means what it says; everything else is one clear error, and never
SQL.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from desks import load_events, make_desk, ticket
from helmdesk.desk.desk import Desk
from helmdesk.errors import FilterError, HelmdeskError, NotFoundError
from helmdesk.query.filters import (
    All,
    Any,
    Compare,
    IsNull,
    Not,
    OneOf,
    dimensions_used,
    parse_filter,
)
from helmdesk.query.policy import Policy

INJECTIONS = [
    "1=1",
    "true",
    "channel",
    "channel = 'a'; drop table tickets",
    "channel = 'a' -- comment",
    "channel = 'a' /* x */",
    "channel = channel",
    "channel = (select 1)",
    "channel in (select channel from tickets)",
    "exists (select 1)",
    "channel = 'a' union select 1",
    "channel like '%a%'",
    "lower(channel) = 'a'",
    "tickets.channel = 'a'",
    "main.tickets.channel = 'a'",
    "channel = $1",
    "channel = ?",
    "channel = :x",
    "channel = read_text('/etc/passwd')",
    "channel = 'a' or 1 = 1",
    "channel = 'a' limit 1",
    "select 1",
    "copy tickets to 'x'",
    "channel = x'41'",
    "channel = 'a' collate nocase",
    "channel ~ 'a'",
    "channel = 'a' and pragma_version()",
    "channel = cast('a' as text)",
    "channel is true",
    "(channel, team) = ('a', 'b')",
    "channel = ['a']",
    "channel = {'a': 1}",
    "case when true then true end",
    "channel = 'a' qualify true",
    "channel between (select 1) and 2",
    "not",
    "",
    "'",
    "channel = 'unclosed",
    "((((",
    "channel = 'a' " + "or channel = 'b' " * 300,
    "x" * 3000,
    "channel = 'a'\0",
    "install httpfs",
    "attach 'x'",
    "channel = 'a' and sleep(10)",
    "-channel = 1",
    "channel in ()",
    "@channel = 'a'",
    "channel := 'a'",
]


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Desk:
    desk = make_desk(tmp_path_factory.mktemp("filters") / "desk")
    events = [
        *ticket("A", "2026-01-05T09:00:00Z", issue_type="it's; drop"),
        *ticket("B", "2026-01-05T10:00:00Z", team_id="back"),
        {
            "type": "status_changed",
            "ticket_id": "B",
            "occurred_at": "2026-01-05T10:30:00Z",
            "status": "open",
        },
        *ticket("C", "2026-01-10T11:00:00Z", team_id="front", priority="high"),
    ]
    load_events(desk, events)
    return desk


@pytest.mark.parametrize("text", INJECTIONS, ids=lambda text: text[:30] or "empty")
def test_injections_are_refused(desk: Desk, text: str) -> None:
    if not text:
        with pytest.raises(FilterError):
            parse_filter(text)
        return
    with pytest.raises(HelmdeskError) as error:
        desk.measure("ticket_volume", where=text)
    assert "\n" not in str(error.value)
    assert desk.measure("ticket_volume")[0].value == 3


def test_text_stays_text(desk: Desk) -> None:
    assert desk.measure("ticket_volume", where="issue_type = 'it''s; drop'")[0].value == 1
    assert desk.measure("ticket_volume", where="issue_type = ''' or true --'")[0].value == 0


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("team = 'back'", 1),
        ("team <> 'back'", 1),
        ("team != 'back'", 1),
        ("team is null", 1),
        ("team is not null", 2),
        ("not team is null", 2),
        ("team in ('back', 'front')", 2),
        ("team not in ('back')", 1),
        ("hour between 10 and 11", 2),
        ("hour >= 10 and hour < 11", 1),
        ("weekday = 6", 1),
        ("priority = 'high' or team = 'back'", 2),
        ("(priority = 'high' or team = 'back') and hour > 10", 1),
        ("not (priority = 'high' or team = 'back')", 0),
        ("TEAM = 'back'", 0),
    ],
)
def test_meaning(desk: Desk, text: str, count: int) -> None:
    if text.startswith("TEAM"):
        with pytest.raises(NotFoundError, match="unknown dimension 'TEAM'"):
            desk.measure("ticket_volume", where=text)
        return
    assert desk.measure("ticket_volume", where=text)[0].value == count


def test_tree() -> None:
    parsed = parse_filter("a = 'x' and (b in (1, -2.5) or not c is null)")
    assert parsed == All((Compare("a", "=", "x"), Any((OneOf("b", (1, -2.5)), Not(IsNull("c"))))))
    assert dimensions_used(parsed) == {"a", "b", "c"}


def test_unknown_dimension_suggests(desk: Desk) -> None:
    with pytest.raises(NotFoundError, match="did you mean 'channel'"):
        desk.measure("ticket_volume", where="chanel = 'email'")
    with pytest.raises(FilterError, match="hour is a number"):
        desk.measure("ticket_volume", where="hour = 'nine'")


def test_a_policy_is_compiled_into_every_query(desk: Desk, tmp_path: Path) -> None:
    policy = Policy("back office", parse_filter("team = 'back'"))
    found = desk.as_seen_by(policy).measure("ticket_volume", by="team")
    assert [(m.group, m.value) for m in found] == [((("team", "back"),), 1)]
    assert desk.as_seen_by(policy).rows("ticket_volume").total == 1
    assert desk.as_seen_by(policy).measure("backlog")[0].value == 1
    cards = desk.as_seen_by(policy).scorecard(start="2026-01-01", end="2026-02-01").cards
    assert {card.metric.key: card.now.n for card in cards}["ticket_volume"] == 1
    assert (
        found.receipt.content["queries"][0]["policy"]
        != desk.measure("ticket_volume").receipt.content["queries"][0]["policy"]
    )
    assert desk.as_seen_by(policy).measure("ticket_volume", where="team = 'front'")[0].value == 0
