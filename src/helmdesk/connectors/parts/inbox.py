"""Messages that were received and are not stored yet: a small file beside the connection, so that
whoever sent one hears "taken" only when it will not be lost.
"""

from __future__ import annotations

import sqlite3
import time
import uuid
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

KNOWN_SECONDS = 90 * 86_400.0
"""For how long a message that comes again is known by its id."""
WAIT_SECONDS = 10.0


class Inbox:
    """The messages of one connection, numbered as they came."""

    def __init__(self, path: Path) -> None:
        self.path = path

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        is_new = not self.path.exists()
        with closing(sqlite3.connect(self.path, timeout=WAIT_SECONDS)) as connection, connection:
            if is_new:
                self.path.chmod(0o600)
            connection.execute("pragma synchronous = full")
            connection.execute(
                "create table if not exists message (number integer primary key autoincrement,"
                " id text not null unique, body text, at real not null)"
            )
            connection.execute("create table if not exists own (identity text not null)")
            connection.execute(
                "insert into own select ? where not exists (select 1 from own)", [uuid.uuid4().hex]
            )
            yield connection

    def identity(self) -> str:
        """Return what tells this file from one that took its place: numbers begin anew in it."""
        with self._open() as connection:
            return str(connection.execute("select identity from own").fetchone()[0])

    def take(self, id_: str, body: str) -> bool:
        """Keep a message; False where it came already."""
        with self._open() as connection:
            # Not by a conflict: that would use up a number, and numbers tell how many came.
            found = connection.execute(
                "insert into message (id, body, at) select ?1, ?2, ?3"
                " where not exists (select 1 from message where id = ?1)",
                [id_, body, time.time()],
            )
            return found.rowcount == 1

    def after(self, number: int, limit: int) -> list[tuple[int, str, str]]:
        """Return messages behind a number: their numbers, ids and bodies."""
        with self._open() as connection:
            return connection.execute(
                "select number, id, body from message where number > ? and body is not null"
                " order by number limit ?",
                [number, limit],
            ).fetchall()

    def settle(self, number: int) -> None:
        """Forget what messages said up to a number: it is in the lake. Their ids stay for a
        while.
        """
        with self._open() as connection:
            connection.execute(
                "update message set body = null where number <= ? and body is not null", [number]
            )
            connection.execute(
                "delete from message where body is null and at < ?", [time.time() - KNOWN_SECONDS]
            )

    def last(self) -> int:
        """Return the number of the last message; 0 where none came."""
        with self._open() as connection:
            found = connection.execute("select coalesce(max(number), 0) from message").fetchone()
            return int(found[0])
