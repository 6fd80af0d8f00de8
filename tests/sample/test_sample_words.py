"""What people write in the sample speaks of what happened to them, and moves no number."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Callable
from typing import Any

import pytest

from helmdesk.desk.desk import Desk
from helmdesk.sample.demand import ISSUES
from helmdesk.sample.words import comment_of, read_words, text_of

ROLES = [
    "opening",
    "answer",
    "missed",
    "hands_on",
    "asks",
    "solves",
    "solves_again",
    "told",
    "thanks",
    "back",
    "bot",
    "acknowledged",
]


@pytest.mark.parametrize("says", ROLES)
def test_every_role_has_words_for_every_matter(says: str) -> None:
    for issue, _ in ISSUES:
        told = {text_of(says, f"L-{n}:1", issue, "email", "Ana") for n in range(40)}
        assert len(told) > 1 or says == "acknowledged"
        assert not any("{" in each or "  " in each for each in told if each)
        assert text_of(says, "L-1:1", issue, "phone", "Ana") is None


def test_every_line_is_written_by_somebody() -> None:
    lines = read_words()["comment"]
    for kind, wrong in (("wait", {"strain": 1.0}), ("transfer", {"is_escalated": True})):
        given = {"strain": 0.0, "is_escalated": False, "is_reopened": False, **wrong}
        told = [
            comment_of(f"s{n}", "bug", "Ana", is_happy=False, troubles=(), **given)  # type: ignore[arg-type]
            for n in range(600)
        ]
        said = [each for each in told if each is not None]
        assert 0.45 * 600 < len(said) < 0.65 * 600
        assert set(lines["bad"][kind]) <= set(said)
        # Six of ten write about what went wrong.
        assert 0.5 < sum(each in lines["bad"][kind] for each in said) / len(said) < 0.7


def test_messages_speak_of_what_became_of_the_ticket(small_desk: Desk) -> None:
    with small_desk.marts.reader() as reader:
        ask = reader.engine.ask
        ((again,),) = ask("select sum(questions_again) from efforts")
        rows = ask(
            "select t.ticket_id, x.is_customer, x.words, t.channel from texts x join tickets t on"
            " t.ticket_id = x.ticket_id order by x.sent_at, x.seq"
        )
        reopened = {
            key for (key,) in ask("select ticket_id from tickets where is_reopened_in_time")
        }
    assert again == 0, "nobody is asked the same thing twice"
    assert {channel for *_, channel in rows} == {"email", "chat", "social"}
    last = defaultdict(str)
    for ticket, is_customer, words, _ in rows:
        if is_customer:
            last[ticket] = words
    back = [words for lines in read_words()["back"].values() for words in lines]
    starts = tuple(each.split("{")[0] for each in back if each.split("{")[0])
    came = [words for ticket, words in last.items() if ticket in reopened]
    assert len(came) > 20
    assert sum(each.startswith(starts) for each in came) >= 0.8 * len(came)


def test_a_case_is_told_in_short_on_the_command_line(
    small_desk: Desk, helmdesk: Callable[..., Any]
) -> None:
    with small_desk.marts.reader() as reader:
        ((ticket, wrote),) = reader.engine.ask(
            "select t.ticket_id, x.words from tickets t join texts x on x.ticket_id = t.ticket_id"
            " where t.is_reopened_in_time and t.channel = 'email' and x.is_customer"
            " order by t.ticket_id, x.sent_at limit 1"
        )
        ((called,),) = reader.engine.ask(
            "select min(ticket_id) from tickets where channel = 'phone'"
        )
    found = json.loads(
        helmdesk("summary", ticket, "--format", "json", "--desk", small_desk.path).stdout
    )
    first, *others = found
    assert first["by"] == "customer" and others
    begun = first["words"].replace("[number]", "").split()[:3]
    assert " ".join(begun) in wrote and all(each["cites"] for each in found)
    assert first["words"] in helmdesk("summary", ticket, "--desk", small_desk.path).stdout
    without = helmdesk("summary", called, "--desk", small_desk.path)
    assert not without.stdout and "no message with a text" in without.stderr
    missing = helmdesk("summary", "L-0", "--desk", small_desk.path, code=3)
    assert "no ticket 'L-0'" in missing.stderr
