"""Messages that another system sends: signed, each taken once by its id, stored in batches.

A message is JSON: one row, a list of rows, or either under ``data``. What its names mean is said by
a mapping; what is nested is called by the way to it: ``customer.id``.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from helmdesk.connectors.parts.access import Access, ConnectError
from helmdesk.connectors.parts.connector import (
    Ask,
    Connector,
    Cursor,
    Item,
    Outlook,
    Page,
    Right,
    Row,
    Tell,
)
from helmdesk.connectors.parts.inbox import Inbox
from helmdesk.connectors.parts.signed import key_of, new_secret
from helmdesk.errors import UsageError

PER_PAGE = 1_000
ENDING = ".inbox"
MOST_ROWS = 10_000


class Receiver(Access):
    """Where messages of one connection lie."""

    def __init__(self, said: Mapping[str, str]) -> None:
        super().__init__((said["token"],))
        self.inbox = Inbox(Path(said["place"] + ENDING)) if said.get("place") else None

    def be_brief(self, attempts: int, seconds: float) -> None:
        """Nobody is asked."""

    def close(self) -> None:
        """Nothing is held open."""


def open_receiver(said: Mapping[str, str]) -> Receiver:
    """Take a receiver.

    Raises:
        UsageError: no secret, or no mapping.
    """
    key_of(said["token"])
    if not said.get("mapping"):
        raise UsageError(
            "what do the messages mean? say it: --set mapping=FILE; a first one is written from an"
            " example: helmdesk load mapping --suggest example.json"
        )
    return Receiver(said)


def rows_of(body: str) -> Sequence[Row]:
    """Return the rows of a message.

    Raises:
        ConnectError: it is not JSON, or holds something else.
    """
    try:
        content = json.loads(body)
    except ValueError:
        raise ConnectError("the body is not JSON") from None
    if isinstance(content, dict) and isinstance(content.get("data"), (dict, list)):
        content = content["data"]
    rows = content if isinstance(content, list) else [content]
    if not rows or not all(isinstance(row, dict) and row for row in rows):
        raise ConnectError("the body holds no rows: send an object, or a list of objects")
    if len(rows) > MOST_ROWS:
        raise ConnectError(f"more than {MOST_ROWS:,} rows in one message; send several")
    return rows


def rights(receiver: Receiver) -> Iterator[Right]:
    """Nothing has to be allowed."""
    yield Right("messages that are sent here", True, is_needed=True)


def outlook(receiver: Receiver, since: str) -> Outlook:
    """Nobody knows what will be sent."""
    return Outlook(None, None, "messages")


def pages(receiver: Receiver, since: str, cursor: Cursor, tell: Tell) -> Iterator[Page]:
    """Give what was received and is not stored yet."""
    inbox = receiver.inbox
    if inbox is None:
        return
    identity = inbox.identity()
    number = int(cursor.get("number", 0)) if cursor.get("inbox") == identity else 0
    inbox.settle(number)
    while True:
        at = datetime.now(UTC)
        found = inbox.after(number, PER_PAGE)
        items = [
            Item(f"{id_}:{place}", f"{each:016d}", {"rows": [row]})
            for each, id_, body in found
            for place, row in enumerate(rows_of(body))
        ]
        number = found[-1][0] if found else number
        tell(f"{len(found):,} messages")
        is_last = len(found) < PER_PAGE
        yield Page(items, {"inbox": identity, "number": number}, is_last, at=at)
        if is_last:
            return


def tally(receiver: Receiver, cursor: Cursor) -> tuple[int, int, str]:
    """Return how many messages are stored, and how many came."""
    if receiver.inbox is None or cursor.get("inbox") != receiver.inbox.identity():
        return 0, receiver.inbox.last() if receiver.inbox else 0, "messages"
    return int(cursor["number"]), receiver.inbox.last(), "messages"


def after(name: str, said: Mapping[str, Any]) -> str:
    """Return where messages are to be sent, and how they are signed."""
    return (
        f"send messages to: POST <the site's address>/hooks/records/{name}\n"
        "signed as Standard Webhooks (webhook-id, webhook-timestamp, webhook-signature) with the"
        f" secret, which is shown once:\n{said['token']}"
    )


connector = Connector(
    title="Messages sent here (signed webhook)",
    source="mapping",
    asks=(
        Ask("mapping", "What the messages mean: a mapping file", is_file=True),
        Ask("token", "The secret", is_secret=True, make=new_secret),
    ),
    key_words="a secret is made here and shown once; give it to the system that sends",
    open=open_receiver,
    rights=rights,
    pages=pages,
    outlook=outlook,
    count=lambda _receiver, _since: None,
    tally=tally,
    after=after,
    is_nested=True,
    is_general=True,
    is_on_site=False,
    takes_all=True,
)
