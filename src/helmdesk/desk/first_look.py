"""The first look at a live account: what its key may read, and what will be fetched; the command
line and the site take it, and tell it, in the same way.
"""

from __future__ import annotations

import json
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from helmdesk.connectors.parts.access import Access, ConnectError
from helmdesk.connectors.parts.connector import Connector, Outlook, Right
from helmdesk.connectors.parts.pace import Clock

LONGEST_SECONDS = 45.0
ATTEMPTS, TIMEOUT = 3, 10.0


@dataclass(frozen=True)
class FirstLook:
    """What was found before anything is fetched.

    Attributes:
        at: when, in UTC.
        rights: what the key may read, and what not.
        outlook: what the first run will fetch; None where it can fetch nothing.
        since: first day to fetch, as 2025-01-31; empty for all.
    """

    at: datetime
    rights: tuple[Right, ...]
    outlook: Outlook | None
    since: str = ""

    @property
    def missing(self) -> tuple[Right, ...]:
        """Rights without which nothing can be fetched."""
        return tuple(right for right in self.rights if right.is_needed and not right.is_granted)

    @property
    def words(self) -> str:
        """What will be fetched, and how long that takes."""
        return outlook_words(self.outlook, self.since) if self.outlook else ""

    def refuse(self) -> None:
        """Say so where nothing could be fetched.

        Raises:
            ConnectError: a right is missing that everything needs.
        """
        if self.missing:
            told = ", ".join(f"{right.what} ({right.mend})" for right in self.missing)
            raise ConnectError(
                f"the key works, but without these nothing can be fetched: {told}; nothing was"
                " stored"
            )


class _Brief(Clock):
    """Time of which there is little: somebody waits."""

    def __init__(self) -> None:
        super().__init__()
        self.end = self.now() + LONGEST_SECONDS

    def sleep(self, seconds: float) -> None:
        """Wait, but not for long."""
        if self.now() + seconds > self.end:
            raise ConnectError(
                f"the account asks to wait for {seconds:.0f} seconds; try again after that"
            )
        super().sleep(seconds)


def look(connector: Connector[Any], api: Access, since: str) -> FirstLook:
    """Try a key; whoever waits for it knows within a minute.

    Raises:
        HelmdeskError: the account does not answer, or does not know the key.
    """
    api.use(_Brief())
    api.be_brief(ATTEMPTS, TIMEOUT)
    rights = tuple(connector.rights(api))
    found = FirstLook(datetime.now(UTC), rights, None, since)
    if found.missing:
        return found
    return FirstLook(found.at, rights, connector.outlook(api, since), since)


def outlook_words(outlook: Outlook, since: str) -> str:
    """Return what will be fetched as a sentence without its first word's capital."""
    what = f"{outlook.of} changed since {since}" if since else f"all {outlook.of}"
    if outlook.of == "messages":
        return "will store what is sent"
    if outlook.tickets is None:
        return f"will fetch {what}; the account does not say how many"
    words = f"will fetch {what}: {outlook.tickets:,}"
    if outlook.minutes is None:
        return f"{words}; then only what changed"
    minutes = outlook.minutes
    if minutes >= 90:
        took = f"{minutes / 60:.1f} hours"
    elif minutes > 1:
        took = f"{minutes:.0f} minutes"
    else:
        took = "a minute"
    return f"{words}, in about {took} at four fifths of the account's limit; then only changes"


def as_text(found: FirstLook) -> str:
    """Return it as it is kept beside the connection."""
    return json.dumps(asdict(found), default=datetime.isoformat, indent=1)


def read_look(path: Path) -> FirstLook | None:
    """Return what was kept; None where there is nothing, or nobody can read it."""
    with suppress(OSError, ValueError, TypeError, KeyError):
        content = json.loads(path.read_text(encoding="utf-8"))
        outlook = content["outlook"]
        return FirstLook(
            datetime.fromisoformat(content["at"]),
            tuple(Right(**right) for right in content["rights"]),
            Outlook(**outlook) if outlook else None,
            content["since"],
        )
    return None
