"""What the site keeps beside a desk: its secret, its database, static files, uploads."""

from __future__ import annotations

import contextlib
import os
import re
import secrets
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

from helmdesk.errors import DamageError, HelmdeskError, SettingError

DESK, DATABASE = "HELMDESK_DESK", "HELMDESK_DATABASE"
COLLECTED = "collected"
# The key of the audit log may be one that an operator chose for sessions.
KEYS = {"secret.key": re.compile(rb"[A-Za-z0-9_-]{64}"), "audit.key": re.compile(rb"[ -~]{8,}")}


class SiteFolder:
    """``<desk>/site``; made when first asked for.

    Attributes:
        path: the folder.
    """

    def __init__(self, desk: Path) -> None:
        self.path = desk / "site"

    def make(self) -> SiteFolder:
        """Create the folder, for its owner's eyes only; one that others could read, and the
        database in it, is closed.
        """
        self.path.mkdir(mode=0o700, parents=True, exist_ok=True)
        for path in (self.path, *self.path.glob("site.sqlite3*")):
            if os.name == "posix" and (mode := path.stat().st_mode) & 0o077:
                # Another's folder stays as it is; `helmdesk doctor` says so.
                with contextlib.suppress(PermissionError):
                    path.chmod(mode & 0o700)
        return self

    def make_database(self) -> None:
        """Create the file of the database, for its owner alone; what SQLite puts beside it is as
        closed.
        """
        with contextlib.suppress(FileExistsError):
            os.close(os.open(self.database, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
            with contextlib.closing(sqlite3.connect(self.database)) as connection:
                connection.execute(
                    "pragma journal_mode = wal"
                )  # an empty file would be a damaged one

    def secret(self) -> str:
        """Return the secret that sessions and cursors are signed with; made on first use, never
        shipped.

        Raises:
            HelmdeskError: others may read the file.
        """
        return self._secret_file("secret.key", secrets.token_urlsafe(48))

    def audit_key(self, first: str) -> str:
        """Return the key that the audit log is signed with; a desk whose log another secret signed
        keeps `first`.

        Raises:
            HelmdeskError: others may read the file.
        """
        return self._secret_file(
            "audit.key", first if self.has_database else secrets.token_urlsafe(48)
        )

    def _secret_file(self, name: str, fresh: str) -> str:
        file = self.make().path / name
        try:
            descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except FileExistsError:
            if os.name == "posix" and file.stat().st_mode & 0o077:
                raise HelmdeskError(
                    f"{file}: other users may read it; run: chmod 600 {file}"
                ) from None
        else:
            with os.fdopen(descriptor, "w", encoding="ascii") as handle:
                handle.write(fresh)
        found = file.read_bytes()
        if not KEYS[name].fullmatch(found):
            raise DamageError("; ".join(_key_damage(file)))
        return found.decode("ascii")

    def damage(self) -> Iterator[tuple[str, str]]:
        """Say what is damaged and what to do, file by file; nothing when all is well or there is no
        site yet.
        """
        for name, form in KEYS.items():
            file = self.path / name
            if file.is_file() and not form.fullmatch(file.read_bytes()):
                yield _key_damage(file)
        if not secret_setting(DATABASE) and (problem := self._database_problem()):
            mend = (
                "restore a backup, or begin a new site without people, annotations and dashboards:"
                f" move the folder {self.path} away"
            )
            yield f"{self.database} {problem}", mend

    @property
    def has_database(self) -> bool:
        """Whether there is a site: a database here, or one that the environment names."""
        return self.database.is_file() or bool(secret_setting(DATABASE))

    @property
    def database(self) -> Path:
        """The site's own database, unless the environment names another."""
        return self.path / "site.sqlite3"

    def _database_problem(self) -> str:
        if not self.database.is_file():
            # Where static files were collected a site has run.
            return (
                "is missing, though there was a site" if (self.static / COLLECTED).is_file() else ""
            )
        if not self.database.stat().st_size:
            return "is empty"
        try:
            connection = sqlite3.connect(f"file:{quote(str(self.database))}?mode=ro", uri=True)
            try:
                found = connection.execute("pragma quick_check(1)").fetchone()
            finally:
                connection.close()
        except sqlite3.OperationalError:
            return ""  # locked, or in a folder that cannot be written to: nothing is known
        except sqlite3.DatabaseError as error:
            return f"is damaged: {error}"
        return "" if found == ("ok",) else f"is damaged: {' '.join(str(found[0]).split())}"

    @property
    def static(self) -> Path:
        """Where collected static files lie."""
        return self.path / "static"

    @property
    def uploads(self) -> Path:
        """Where uploaded files wait until they are loaded or thrown away."""
        return self.path / "uploads"


def _key_damage(file: Path) -> tuple[str, str]:
    if file.name == "secret.key":
        return (
            f"{file} is damaged: it is no key",
            "delete it: a new one is made, and everybody signs in again",
        )
    return (
        f"{file} is damaged: it is no key",
        (
            "restore it from a backup with a passphrase, or delete it: earlier events of the audit"
            " log cannot be checked then"
        ),
    )


def secret_setting(name: str, *, is_private: bool = False) -> str:
    """Return a secret from the environment variable `name`, or from the file that ``<name>_FILE``
    names; empty when neither.

    Args:
        is_private: the file must be its owner's alone.

    Raises:
        SettingError: the named file cannot be read, or others may read it.
    """
    file = os.environ.get(f"{name}_FILE")
    if file:
        try:
            if is_private and os.name == "posix" and Path(file).stat().st_mode & 0o077:
                raise SettingError(
                    f"{name}_FILE: other users may read {file}; run: chmod 600 {file}"
                )
            return Path(file).read_text(encoding="utf-8").strip()
        except OSError as error:
            raise SettingError(f"{name}_FILE: {file}: {error.strerror}") from error
    return os.environ.get(name, "")
