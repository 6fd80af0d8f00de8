"""What a connector is, and how connectors are found: one module of `helmdesk.connectors` each."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Generic, TypeVar

from helmdesk.act.routing.helpdesk import Helpdesk
from helmdesk.connectors.parts.access import Access
from helmdesk.connectors.parts.waking import IsFrom
from helmdesk.errors import NotFoundError, nearest
from helmdesk.modules import module_names

Row = Mapping[str, Any]
Rows = Mapping[str, Sequence[Row]]
"""Rows by table."""
Cursor = Mapping[str, Any]
"""How far a connection is: JSON that its connector alone understands; empty at the beginning."""
Tell = Callable[[str], None]
A = TypeVar("A", bound=Access)


@dataclass(frozen=True)
class Ask:
    """Something a connector has to know of an account.

    Attributes:
        name: what it is called in files and on the command line.
        words: the question put to a person.
        is_secret: kept apart, never shown.
        default: taken where nobody says anything; None makes it needed.
        is_file: the answer is what a file holds; on the command line its path is said.
        make: makes a secret of our own where nobody gives one; it is shown once.
    """

    name: str
    words: str
    is_secret: bool = False
    default: str | None = None
    is_file: bool = False
    make: Callable[[], str] | None = None


@dataclass(frozen=True)
class Right:
    """One thing that a key may read, or may not.

    Attributes:
        what: in plain words.
        is_granted: whether it may.
        is_needed: whether nothing works without it.
        mend: what somebody must allow for it.
    """

    what: str
    is_granted: bool
    is_needed: bool = False
    mend: str = ""


@dataclass(frozen=True)
class Outlook:
    """What the first synchronisation will fetch.

    Attributes:
        tickets: how many there are by the system's own count; None where it does not count.
        minutes: how long that takes within the limits; None where there is no limit.
        of: what they are, in the plural.
    """

    tickets: int | None
    minutes: float | None
    of: str = "tickets"


@dataclass(frozen=True)
class Item:
    """One ticket with everything that is known of it: whatever part changed, it comes whole.

    Attributes:
        id: the system's own.
        version: of two with one id, the greater is the newer.
        rows: its rows by table.
        is_short: the system gave less of its history than it says there is.
        deleted_at: when it was deleted, where its rows do not say it.
    """

    id: str
    version: str
    rows: Rows
    is_short: bool = False
    deleted_at: str = ""


@dataclass(frozen=True)
class Page:
    """What one step brought.

    Attributes:
        items: tickets.
        others: people, teams, companies, schedules and the like, by table: all that the tickets
        speak of, every time.
        cursor: where the next step begins.
        is_last: nothing more has changed so far.
        at: what was changed until then has been seen, by the clock of the system.
    """

    items: Sequence[Item]
    cursor: Cursor
    is_last: bool
    others: Rows = field(default_factory=dict)
    at: datetime | None = None


@dataclass(frozen=True)
class StoredFile:
    """A file that lies somewhere.

    Attributes:
        name: within the folder, with the folders that it is in.
        size: in bytes.
        mark: another one when the file was written again.
        written_at: when it was written last.
        quiet_seconds: for how long nothing must have been written to it before it is whole.
        fetch: brings it into a folder of ours, and returns where it is then; None where it was
        written meanwhile, or is gone.
    """

    name: str
    size: int
    mark: str
    written_at: datetime
    fetch: Callable[[Path], Path | None]
    quiet_seconds: float = 0.0


@dataclass(frozen=True)
class Connector(Generic[A]):
    """A system whose accounts can be connected.

    Attributes:
        title: as people call it.
        source: the source that reads its tables; "mapping" where `said["mapping"]` describes them.
        asks: what has to be known of an account.
        key_words: where in the system a key is made.
        open: makes the connection from what was said.
        rights: finds out what the key may read.
        pages: gives what changed since a cursor, a ticket always whole; the second argument is the
        first day to fetch, as 2025-01-31, or empty for all.
        outlook: what the first run will fetch.
        count: how many tickets the system says it has; None where it does not count.
        zone: of times without an offset.
        example: for a system whose table is one of tickets: rows that have every column and every
        word there is. What columns mean is told by them once, not by whatever a batch happens to
        hold.
        write: makes what routing writes with; None: nothing is written to this system.
        files: for what holds files: gives those that are there. Each is loaded as one that somebody
        loads, and `pages` is not asked.
        tally: for what is counted by how far it was read: how many are stored, how many there are,
        and what they are.
        takes_all: whether what cannot be read goes to quarantine however much of a batch it is: one
        bad row must not keep those waiting that come after it.
        is_nested: whether rows hold objects and lists, which are read as those of a JSON file.
        is_general: whether it is no helpdesk of its own, but holds what any system wrote.
        is_on_site: whether it may be connected on the site; not what reads this machine's own
        files, which is for whoever may sign in to the machine.
        after: what is to be done once it is connected, from what was said.
        is_from: whether a notice that something changed was sent by who holds the secret for it;
        None for what sends none.
    """

    title: str
    source: str
    asks: tuple[Ask, ...]
    key_words: str
    open: Callable[[Mapping[str, str]], A]
    rights: Callable[[A], Iterator[Right]]
    pages: Callable[[A, str, Cursor, Tell], Iterator[Page]]
    outlook: Callable[[A, str], Outlook]
    count: Callable[[A, str], int | None]
    zone: str = "UTC"
    example: Callable[[A], Sequence[Row]] | None = None
    write: Callable[[A], Helpdesk] | None = None
    files: Callable[[A], Iterator[StoredFile]] | None = None
    tally: Callable[[A, Cursor], tuple[int, int, str]] | None = None
    is_nested: bool = False
    takes_all: bool = False
    is_general: bool = False
    is_on_site: bool = True
    after: Callable[[str, Mapping[str, str]], str] | None = None
    is_from: IsFrom | None = None


@dataclass
class Batch:
    """What several pages brought together: of each ticket its newest version."""

    items: dict[str, Item] = field(default_factory=dict)
    others: dict[str, dict[str, Row]] = field(default_factory=dict)
    cursor: Cursor = field(default_factory=dict)

    def take(self, page: Page) -> None:
        """Add a page."""
        for item in page.items:
            known = self.items.get(item.id)
            if known is None or item.version >= known.version:
                self.items[item.id] = item
        for table, rows in page.others.items():
            own = self.others.setdefault(table, {})
            own.update((repr(sorted(row.items())), row) for row in rows)
        self.cursor = page.cursor

    def tables(self) -> dict[str, list[Row]]:
        """Return all rows by table."""
        found: dict[str, list[Row]] = {
            table: list(rows.values()) for table, rows in self.others.items()
        }
        for item in self.items.values():
            for table, rows in item.rows.items():
                found.setdefault(table, []).extend(rows)
        return found


def connector_names() -> list[str]:
    """Return the names of the systems whose accounts can be connected."""
    return module_names("helmdesk.connectors")


def connectors() -> list[tuple[str, Connector[Any]]]:
    """Return what can be connected: accounts of systems first, then any table or file."""
    found = [(name, find_connector(name)) for name in connector_names()]
    return sorted(found, key=lambda each: (each[1].is_general, each[1].title.lower()))


def find_connector(name: str) -> Connector[Any]:
    """Return the connector of a system.

    Raises:
        NotFoundError: there is none; offers the nearest.
    """
    known = connector_names()
    if name not in known:
        raise NotFoundError(
            f"no connector for '{name}'{nearest(name, known)} (known: {', '.join(known)})"
        )
    found: Connector[Any] = importlib.import_module(f"helmdesk.connectors.{name}").connector
    return found
