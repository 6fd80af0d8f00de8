"""Metrics of a desk's own: governed, sliced, drilled and verified like ours, and refused in words
when they are wrong.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from desks import load_events, make_desk, ticket
from helmdesk.desk.desk import Desk
from helmdesk.errors import NotFoundError, ReceiptMismatch, SettingError, UsageError

GOOD = """
name = "Slow first responses"
version = 1
owner = "team leads"
changes = [{ version = 1, date = 2026-11-22, why = "asked for by the leads" }]
pillar = "customer_quality"
category = "customer_experience"
unit = "share"
direction = "lower"
fact = "tickets"
anchor = "first_reply_at"
value = { kind = "share", hits = "first_reply_seconds > 3600 and channel in ('email', 'chat')" }
where = "is_counted and first_reply_at < forever()"
where_words = "tickets with a reply"
formula = "replies after an hour ÷ replies"
description = "Share of tickets whose first reply took more than an hour."
evidence = ["ticket_id", "first_reply_at", "first_reply_seconds"]
rewards = "answering"
exposes = "queues"
supports = ["staffing"]
needs = ["message"]
read_with = ["csat"]

[[variant]]
name = "mean"
description = "mean wait"
unit = "seconds"
value = { kind = "mean", column = "first_reply_seconds" }
"""


def reply(ticket_id: str, at: str) -> dict[str, str]:
    return {
        "type": "message",
        "ticket_id": ticket_id,
        "occurred_at": at,
        "direction": "outbound",
        "visibility": "public",
        "actor_kind": "human",
    }


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    desk = make_desk(tmp_path / "desk")
    load_events(
        desk,
        [
            *ticket("A", "2026-01-05T09:00"),
            reply("A", "2026-01-05T09:30"),
            *ticket("B", "2026-01-05T09:00", extra='{"plan": "pro"}'),
            reply("B", "2026-01-05T11:00"),
        ],
    )
    return desk


def define(desk: Desk, text: str = GOOD, name: str = "slow_replies") -> Desk:
    (desk.path / "metrics").mkdir(exist_ok=True)
    (desk.path / "metrics" / f"{name}.toml").write_text(text, encoding="utf-8")
    return Desk(desk.path)


def test_measured_sliced_drilled_and_verified(desk: Desk) -> None:
    desk = define(desk)
    found = desk.measure("slow_replies", by="custom.plan")
    assert {m.group[0][1]: m.value for m in found} == {"pro": 1, None: 0}
    assert found.drill().num_rows == 2
    assert desk.measure("slow_replies", variant="mean")[0].value == 4500
    assert desk.drill("slow_replies", where="custom.plan = 'pro'").column_names == [
        "period_start",
        "role",
        "ticket_id",
        "first_reply_at",
        "first_reply_seconds",
    ]
    desk.verify(found.receipt)
    desk = define(desk, GOOD.replace("> 3600", "> 60").replace("version = 1", "version = 2"))
    with pytest.raises(ReceiptMismatch, match="the definition of slow_replies has changed since"):
        desk.verify(found.receipt)


def test_on_the_scorecard_and_in_the_catalogue(desk: Desk) -> None:
    desk = define(desk)
    text = (desk.path / "helmdesk.toml").read_text()
    (desk.path / "helmdesk.toml").write_text(
        text.replace('scorecard = ["csat"', 'scorecard = ["slow_replies", "csat"')
    )
    cards = Desk(desk.path).scorecard(start="2026-01-05", end="2026-01-06").cards
    assert (cards[0].metric.key, cards[0].now.value) == ("slow_replies", 0.5)
    with pytest.raises(NotFoundError, match="did you mean 'slow_replies'"):
        desk.measure("slow_reply")


def test_meaning_is_locked_by_version(desk: Desk) -> None:
    define(desk).measure("slow_replies")
    with pytest.raises(SettingError, match="the meaning changed but the version is still 1"):
        define(desk, GOOD.replace("> 3600", "> 60")).measure("slow_replies")
    again = define(desk, GOOD.replace("> 3600", "> 60").replace("version = 1", "version = 2"))
    assert again.measure("slow_replies")[0].value == 1
    assert (
        define(desk, GOOD.replace("Share of tickets", "The share of tickets"))
        .measure("slow_replies")[0]
        .value
        == 0.5
    )  # prose is free


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('name = "Slow first responses"', "", "'name' is missing"),
        ('owner = "team leads"', "owner = 3", "owner must be a text, not 3"),
        (
            'fact = "tickets"',
            'fact = "ticket"',
            "fact: 'ticket' is not known; did you mean 'tickets'?",
        ),
        ('pillar = "customer_quality"', 'pillar = "joy"', "pillar: 'joy' is not known"),
        ('supports = ["staffing"]', 'supports = ["magic"]', "supports: 'magic' is not known"),
        (
            'needs = ["message"]',
            'needs = ["mesage"]',
            "needs: 'mesage' is not known; did you mean 'message'?",
        ),
        ('kind = "share", hits', 'kind = "part", hits', "value: kind: 'part' is not known"),
        ("hits =", "hit =", "a share has no 'hit'; did you mean 'hits'?"),
        ('anchor = "first_reply_at"', "", "'anchor' is missing"),
        ("> 3600 and", "> and", "cannot read"),
        (
            "first_reply_seconds > 3600 and channel in ('email', 'chat')",
            "channel in (select 1)",
            "not allowed in an expression",
        ),
        (
            "first_reply_seconds > 3600",
            "read_text('/etc/passwd') > 'a'",
            "not allowed in an expression",
        ),
        (
            "first_reply_seconds > 3600",
            "tickets.first_reply_seconds > 3600",
            "name a column of the fact",
        ),
        (
            "first_reply_seconds > 3600",
            "true; drop table tickets; select 1 > 3600",
            "not one expression",
        ),
        (
            "first_reply_seconds > 3600",
            "first_reply_second > 3600",
            "tickets has no column 'first_reply_second'; did you mean 'first_reply_seconds'?",
        ),
        (
            "changes = [{ version = 1",
            "changes = [{ version = 2",
            "a history that ends with version 1",
        ),
        ("version = 1\n", "version = 0\n", "version must be a whole number from 1"),
        ('unit = "share"', 'unit = "share"\ncolour = "red"', "unknown key 'colour'"),
        ('kind = "mean"', 'kind = "quantile", q = 2.0', "a number between 0 and 1"),
        ('column = "first_reply_seconds"', "column = 5", "value: column must be a text, not 5"),
        (
            'kind = "mean", column = "first_reply_seconds"',
            'kind = "ratio", column = "first_reply_seconds"',
            "kind: 'ratio' is not known",
        ),
        ('description = "mean wait"', "", "variant: description must be a text"),
        ("[[variant]]", "[[variant", "metrics/slow_replies.toml"),
    ],
)
def test_what_is_wrong_is_named(desk: Desk, old: str, new: str, message: str) -> None:
    assert old in GOOD
    with pytest.raises(SettingError) as error:
        define(desk, GOOD.replace(old, new, 1)).measure("slow_replies")
    assert message in str(error.value)
    assert "slow_replies" in str(error.value)


def test_a_kind_without_a_business_clock_says_so(desk: Desk) -> None:
    both = GOOD.replace("needs =", 'clocks = ["calendar", "business"]\nneeds =')
    with pytest.raises(UsageError, match="'slow_replies' has no business clock"):
        define(desk, both).measure("slow_replies", clock="business")


def test_our_names_stay_ours(desk: Desk) -> None:
    with pytest.raises(SettingError, match="'csat' is one of ours"):
        define(desk, name="csat").measure("csat")
    (desk.path / "metrics" / "csat.toml").unlink()
    with pytest.raises(SettingError, match="the key is the file's name"):
        define(desk, 'key = "other"\n' + GOOD).measure("ticket_volume")
