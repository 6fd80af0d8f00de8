"""What people write in the sample: openings, answers, questions, thanks, complaints, comments.

Chosen by the identity of the record and by nothing else, so that the same seed gives the same
texts and no draw of the lives of tickets is moved by them. Nobody asks the same thing twice on one
ticket. Calls have no text, as in most telephone systems.
"""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from functools import cache
from importlib.resources import files
from typing import Any, TypeVar
from zlib import crc32

from helmdesk.sample.situation import Situation

T = TypeVar("T")

WITHOUT_TEXT = frozenset({"phone"})
COMMENTING = {True: 0.22, False: 0.55}
"""Share of those who answer that write a comment, satisfied or not."""


@cache
def read_words() -> dict[str, Any]:
    """Return all lines by role."""
    file = files("helmdesk.sample").joinpath("words.toml")
    return tomllib.loads(file.read_text(encoding="utf-8"))


class Draw:
    """A row of choices that a name decides."""

    __slots__ = ("_left",)

    def __init__(self, name: str) -> None:
        self._left = crc32(name.encode())

    def of(self, options: Sequence[T]) -> T:
        """Return one of some things."""
        # The next number of a simple generator; its high bits choose.
        self._left = (self._left * 1_664_525 + 1_013_904_223) & 0xFFFF_FFFF
        return options[(self._left * len(options)) >> 32]

    def share(self) -> float:
        """Return a number from 0 to below 1."""
        return self.of(range(1000)) / 1000


def text_of(says: str, name: str, issue: str, channel: str, agent: str) -> str | None:
    """Return what a message says; None on channels that keep no text.

    Args:
        says: what it does, one of the functions' names below. name: identity of the message.
        agent: first name of who answers.
    """
    if channel in WITHOUT_TEXT:
        return None
    draw = Draw(name)
    slots = _Slots(draw, agent)
    return _joined(_PARTS[says](read_words(), draw, issue, channel), slots)


def _opening(words: dict[str, Any], draw: Draw, issue: str, channel: str) -> list[str]:
    about = words["opening"][issue]
    return [
        draw.of(words["greeting"][channel]),
        draw.of(about["problem"]),
        draw.of(about["more"]),
        draw.of(about["wish"]),
    ]


def _reply(words: dict[str, Any], draw: Draw, middle: Sequence[str]) -> list[str]:
    return [draw.of(words["reply"]["hello"]), *middle, draw.of(words["reply"]["end"])]


def _answer(words: dict[str, Any], draw: Draw, issue: str, _channel: str) -> list[str]:
    # One in ten is told that somebody looks at it, before it is done.
    told = words["reply"]["promises"] if draw.share() < 0.1 else words["answer"][issue]["what"]
    return _reply(words, draw, [draw.of(told)])


def _missed(words: dict[str, Any], draw: Draw, issue: str, _channel: str) -> list[str]:
    return _reply(
        words, draw, [draw.of(words["reply"]["missed"]), draw.of(words["answer"][issue]["what"])]
    )


def _hands_on(words: dict[str, Any], draw: Draw, _issue: str, _channel: str) -> list[str]:
    return _reply(words, draw, [draw.of(words["reply"]["hands_on"])])


def _asks(words: dict[str, Any], draw: Draw, issue: str, _channel: str) -> list[str]:
    return _reply(words, draw, [draw.of(words["asks"][issue])])


def _solves(words: dict[str, Any], draw: Draw, issue: str, _channel: str) -> list[str]:
    return _reply(words, draw, [draw.of(words["answer"][issue]["what"])])


def _solves_again(words: dict[str, Any], draw: Draw, issue: str, _channel: str) -> list[str]:
    return _reply(
        words, draw, [draw.of(words["reply"]["again"]), draw.of(words["answer"][issue]["what"])]
    )


def _told(words: dict[str, Any], draw: Draw, issue: str, _channel: str) -> list[str]:
    return [draw.of(words["told"][issue])]


def _thanks(words: dict[str, Any], draw: Draw, _issue: str, _channel: str) -> list[str]:
    return [draw.of(words["thanks"]["what"])]


def _back(words: dict[str, Any], draw: Draw, issue: str, _channel: str) -> list[str]:
    return [draw.of(words["back"][issue]), draw.of(words["back"]["more"])]


def _bot(words: dict[str, Any], draw: Draw, _issue: str, _channel: str) -> list[str]:
    return [draw.of(words["bot"]["what"])]


def _acknowledged(words: dict[str, Any], draw: Draw, _issue: str, _channel: str) -> list[str]:
    return [draw.of(words["bot"]["acknowledged"])]


_PARTS = {
    "opening": _opening,
    "answer": _answer,
    "missed": _missed,
    "hands_on": _hands_on,
    "asks": _asks,
    "solves": _solves,
    "solves_again": _solves_again,
    "told": _told,
    "thanks": _thanks,
    "back": _back,
    "bot": _bot,
    "acknowledged": _acknowledged,
}


class _Slots(dict[str, str]):
    """Fills a slot when it is asked for, with the same thing within one text."""

    def __init__(self, draw: Draw, agent: str) -> None:
        super().__init__(agent=agent)
        self._draw = draw

    def __missing__(self, name: str) -> str:
        found = str(self._draw.of(read_words()["slot"][name]))
        self[name] = found
        return found


def _joined(parts: Sequence[str], slots: _Slots) -> str:
    """Return parts with their slots filled; a greeting and a name stand on lines of their own."""
    told = []
    for part in parts:
        if part:
            said = part.format_map(slots) if "{" in part else part
            told.append(said[0].upper() + said[1:] if said[0].islower() else said)
    return " ".join(told).replace(", ", ",\n", 1) if told[0][-1] == "," else " ".join(told)


def comment_of(
    survey: str,
    issue: str,
    agent: str,
    *,
    is_happy: bool,
    strain: float,
    is_escalated: bool,
    is_reopened: bool,
    troubles: Sequence[str],
) -> str | None:
    """Return the comment of an answer to the satisfaction survey; None where nothing was written.

    Args:
        survey: its identity. strain: how long it was waited for, 0 to 1. troubles: what else made
        it worse that day, as named in the words.
    """
    draw = Draw(f"{survey}:comment")
    if draw.share() >= COMMENTING[is_happy]:
        return None
    words = read_words()["comment"]
    if is_happy:
        kind = "but" if strain > 0.5 else "fast" if strain == 0 and draw.share() < 0.4 else "plain"
        return _joined([draw.of(words["good"][kind])], _Slots(draw, agent))
    # What went wrong is what most of them write about; the others write about anything.
    wrong = [
        *(["wait"] * 3 if strain > 0.2 else []),
        *(["transfer"] * 3 if is_escalated else []),
        *(["unsolved"] * 3 if is_reopened else []),
        *troubles,
    ]
    kind = draw.of([*wrong, *wrong, issue, "answer", "tone", "unsolved"])
    return _joined([draw.of(words["bad"][kind])], _Slots(draw, agent))


def troubles_of(situation: Situation, channel: str, day: Any) -> list[str]:
    """Return what made contacts of a channel worse on a local day, as named in the words."""
    found = []
    if channel == "phone" and situation.is_during("ivr_change", day):
        found += ["menu"] * 3
    if channel == "chat" and situation.is_during("scattered_answers", day):
        found += ["tools"] * 2
    return found
