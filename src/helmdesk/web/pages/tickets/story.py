"""One ticket as people tell it: what was promised, and what happened in its order."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from helmdesk.analysis.ticket import Story
from helmdesk.query.words import show_duration
from helmdesk.web.labels import sentence, value_words

WRITERS = {"customer": "The customer", "automation": "An automatic message", "bot": "The bot"}
BROKEN, KEPT = ("breached", "overdue"), ("met",)


@dataclass(frozen=True)
class Promise:
    """One clock of a ticket.

    Attributes:
        name: what was promised.
        part: how much of the time was used, in percent of it; at most 100.
        state: kept, broken or running, as a class.
        words: how it stands.
    """

    name: str
    part: int
    state: str
    words: str


@dataclass(frozen=True)
class Happened:
    """One thing that happened to a ticket, with its sign; `said` is what somebody wrote."""

    at: datetime
    icon: str
    text: str
    said: str = ""


def promises_of(story: Story) -> tuple[Promise, ...]:
    """Return the clocks of a ticket."""
    return tuple(_promise(clock) for clock in story.clocks)


def _promise(clock: dict[str, Any]) -> Promise:
    target, left = clock.get("target_seconds") or 0, clock.get("time_left_seconds")
    state = str(clock.get("state", ""))
    used = clock.get("elapsed_seconds") or 0
    part = min(100, round(100 * used / target)) if target else 0
    name = sentence(str(clock["clock"]))
    of = f"{_working(used)} of {_working(target)}"
    if state in BROKEN or (left is not None and left < 0):
        return Promise(name, 100, "broken", f"late by {_working(abs(left or 0))}: {of}")
    if state in KEPT:
        return Promise(name, part, "kept", f"kept: {of}")
    return Promise(name, part, "running", f"{value_words('state', state)}: {of}")


def _working(seconds: float) -> str:
    return show_duration(float(seconds), is_business=True)


def history_of(story: Story) -> tuple[Happened, ...]:
    """Return what happened to a ticket, the oldest first."""
    found = [*_written(story), *_moved(story), *_contacts(story), *_answers(story)]
    return tuple(sorted(found, key=lambda each: each.at))


def _written(story: Story) -> Iterable[Happened]:
    for message in story.messages:
        who = message.get("actor_kind") or ""
        if message.get("is_automated"):
            who = "automation"
        name = WRITERS.get(who) or message.get("agent") or "Somebody of the team"
        what = "wrote" if message.get("is_public") else "noted, for the team only"
        icon = "mail" if message.get("is_public") else "note"
        yield Happened(message["sent_at"], icon, f"{name} {what}")


def _moved(story: Story) -> Iterable[Happened]:
    before: dict[str, Any] = {}
    for state in story.states:
        told = []
        if state["status"] != before.get("status"):
            told.append(value_words("status", state["status"]))
        if state.get("agent") and state.get("agent") != before.get("agent"):
            told.append(f"with {state['agent']}")
        if state.get("team") and state.get("team") != before.get("team"):
            told.append(f"in {state['team']}")
        if told:
            yield Happened(state["started_at"], "right", ", ".join(told))
        before = state


def _contacts(story: Story) -> Iterable[Happened]:
    for contact in story.contacts:
        waited = contact.get("wait_seconds")
        talked = contact.get("talk_seconds")
        parts = [value_words("channel", contact.get("channel")), str(contact.get("outcome") or "")]
        text = ", ".join(part for part in parts if part)
        text += f", waited {show_duration(waited)}" if waited is not None else ""
        text += f", talked {show_duration(talked)}" if talked else ""
        yield Happened(contact["offered_at"], "phone", text)


def _answers(story: Story) -> Iterable[Happened]:
    for answer in story.answers:
        kind = value_words("instrument", answer.get("instrument_kind"))
        yield Happened(
            answer["responded_at"],
            "smile",
            f"{kind}: {answer.get('answer')}",
            str(answer.get("comment") or ""),
        )
