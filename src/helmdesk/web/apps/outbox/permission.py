"""Whether a message may still go: asked at the moment of sending, because one that waited (behind
the switch, behind a dead mail server) may be for somebody who may read it no more.
"""

from __future__ import annotations

from collections.abc import Callable

from helmdesk.web.apps.outbox.models import Message

Objection = Callable[[Message], str]
_asked: dict[str, Objection] = {}


def asks_before_sending(topic: str) -> Callable[[Objection], Objection]:
    """Make a function the one that is asked before a mail of a topic is sent; in a module ``jobs``
    it is found. It returns why the mail must not go, and an empty text where it may.
    """

    def register(objection: Objection) -> Objection:
        _asked[topic] = objection
        return objection

    return register


def objection_to(message: Message) -> str:
    """Return why a message must not be sent any more; empty where it may."""
    objection = _asked.get(message.topic)
    return objection(message) if objection else ""
