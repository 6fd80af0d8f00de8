"""What a backup must not tell: keys, password hashes, second factors, tokens, sessions. Left out,
or encrypted with a passphrase.

Encrypted: scrypt makes a key of the passphrase, AES-256-GCM encrypts and vouches for the rest of
the archive; the salt and the cost travel with the text, so that later versions may raise the cost.
"""

from __future__ import annotations

import json
import os
import sqlite3
from base64 import b64decode, b64encode
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path, PurePosixPath
from typing import Any

from helmdesk.errors import HelmdeskError, InputError, UsageError

SITE_DATABASE = "site/site.sqlite3"
KEY_FILES = ("site/secret.key", "site/audit.key")
# Of live accounts, one each.
CONNECTION_KEYS = "connections/*.key"
# Left by a restore without secrets; the site's first start writes it into the audit log.
RESTORED_NOTE = "site/restored"
# Whole tables, by name; and columns, with what stands there instead. "!" is no password's hash.
SECRET_TABLES = (
    "django_session",
    "usersessions_usersession",
    "mfa_authenticator",
    "people_apitoken",
    "account_emailconfirmation",
    "socialaccount_socialtoken",
    "socialaccount_socialapp",
    "people_setupcode",
    "site_cache",
    # No secrets, but of this site alone: a copy of it sends nothing until somebody says so there.
    "jobs_heartbeat",
    "jobs_switch",
    # Of two backups during a pulse, who has answered in between would tell who said what.
    "surveys_participation",
)
SECRET_COLUMNS = (
    ("people_person", "id", "password", "!"),
    ("people_person", "id", "invitation", ""),
    # Whoever knows the address of a private calendar may read it.
    ("booking_calendar", "id", "url", ""),
)
# Earlier backups keep the tokens' rows and encrypt this column of theirs alone.
EARLIER_COLUMNS = (("people_apitoken", "id", "digest"),)
# Some of them would be of no use to anybody elsewhere, or would let a stolen session live on.
NEVER_KEPT = (
    "django_session",
    "usersessions_usersession",
    "people_setupcode",
    "site_cache",
    "account_emailconfirmation",
    "jobs_heartbeat",
    "jobs_switch",
    "surveys_participation",
)
COST = {"n": 1 << 17, "r": 8, "p": 1}
LEAST_LENGTH = 12


def take_secrets(root: Path, database: sqlite3.Connection | Path | None) -> dict[str, Any]:
    """Return every secret of a desk's site, and take those of the copied `database` out of it."""
    found: dict[str, Any] = {
        "files": {
            name: (root / name).read_text(encoding="ascii")
            for name in (*KEY_FILES, *_connection_keys(root))
            if (root / name).is_file()
        },
        "tables": {},
        "columns": [],
    }
    if isinstance(database, Path):
        with closing(sqlite3.connect(database)) as opened:
            _take(opened, found)
    elif database is not None:
        _take(database, found)
    return found


def _connection_keys(root: Path) -> list[str]:
    return sorted(path.relative_to(root).as_posix() for path in root.glob(CONNECTION_KEYS))


def _take(connection: sqlite3.Connection, found: dict[str, Any]) -> None:
    with connection:
        present = _tables(connection)
        for table in (table for table in SECRET_TABLES if table in present):
            if table not in NEVER_KEPT:
                found["tables"][table] = [
                    list(map(_plain, row)) for row in connection.execute(f'select * from "{table}"')
                ]
            connection.execute(f'delete from "{table}"')
        for table, key, column, instead in SECRET_COLUMNS:
            if table in present:
                rows = connection.execute(f'select "{key}", "{column}" from "{table}"').fetchall()
                found["columns"].append([table, key, column, rows])
                connection.execute(f'update "{table}" set "{column}" = ?', (instead,))
    connection.execute("vacuum")  # deleted text stays in free pages otherwise


def _tables(connection: sqlite3.Connection) -> set[str]:
    return {
        name
        for (name,) in connection.execute("select name from sqlite_master where type = 'table'")
    }


def forget_sessions(database: Path) -> None:
    """End every session in a restored database: backups of earlier versions carried them."""
    with closing(sqlite3.connect(database)) as connection:
        with connection:
            for table in _tables(connection) & set(NEVER_KEPT):
                connection.execute(f'delete from "{table}"')
        connection.execute("vacuum")


def put_secrets(folder: Path, found: dict[str, Any]) -> None:
    """Put a site's secrets back into a restored desk."""
    (folder / "site").mkdir(mode=0o700, exist_ok=True)
    for name, text in found["files"].items():
        if name in KEY_FILES or PurePosixPath(name).match(CONNECTION_KEYS):
            (folder / name).parent.mkdir(mode=0o700, exist_ok=True)
            with os.fdopen(
                os.open(folder / name, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w"
            ) as handle:
                handle.write(text)
    if not (folder / SITE_DATABASE).is_file():
        return
    with closing(sqlite3.connect(folder / SITE_DATABASE)) as connection, connection:
        for table, rows in found["tables"].items():
            if table in SECRET_TABLES and rows:
                marks = ", ".join("?" for _ in rows[0])
                connection.executemany(f'insert into "{table}" values ({marks})', rows)
        for table, key, column, rows in found["columns"]:
            if (table, key, column) in {*(known[:3] for known in SECRET_COLUMNS), *EARLIER_COLUMNS}:
                connection.executemany(
                    f'update "{table}" set "{column}" = ? where "{key}" = ?',
                    [(value, row) for row, value in rows],
                )


def _plain(value: Any) -> Any:
    return value.decode() if isinstance(value, bytes) else value


def read_passphrase(file: Path) -> str:
    """Return the passphrase in a file: its first line.

    Raises:
        UsageError: the file cannot be read, or the passphrase is short.
    """
    try:
        phrase = (file.read_text(encoding="utf-8").splitlines() or [""])[0].strip()
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{file}: the passphrase cannot be read ({error})") from error
    return check_passphrase(phrase, str(file))


def check_passphrase(phrase: str, where: str) -> str:
    """Return a passphrase that is long enough.

    Raises:
        UsageError: it is short.
    """
    if len(phrase) < LEAST_LENGTH:
        raise UsageError(
            f"{where}: a passphrase has at least {LEAST_LENGTH} characters; this one has"
            f" {len(phrase)}"
        )
    return phrase


def encrypt(found: dict[str, Any], passphrase: str, bound: bytes = b"") -> bytes:
    """Return secrets as text that only the passphrase opens, and only beside what it is
    `bound` to.
    """
    salt, nonce = os.urandom(16), os.urandom(12)
    body = _cipher(passphrase, salt, COST).encrypt(nonce, json.dumps(found).encode(), bound)
    parts = {"salt": salt, "nonce": nonce, "body": body}
    return json.dumps(
        {
            "scrypt": COST,
            "is_bound": True,
            **{name: b64encode(part).decode() for name, part in parts.items()},
        }
    ).encode()


def decrypt(text: bytes, passphrase: str, archive: Path, bound: bytes = b"") -> dict[str, Any]:
    """Return the secrets of a backup; those of earlier versions are bound to nothing.

    Raises:
        InputError: another passphrase, damage, or an archive that somebody changed.
    """
    from cryptography.exceptions import InvalidTag

    try:
        read = json.loads(text)
        salt, nonce, body = (b64decode(read[name]) for name in ("salt", "nonce", "body"))
        # A hostile archive must not choose how much memory this takes.
        cost = {
            name: min(int(read["scrypt"][name]), most)
            for name, most in (("n", 1 << 18), ("r", 16), ("p", 4))
        }
        vouched = bound if read.get("is_bound") else None
        opened: dict[str, Any] = json.loads(
            _cipher(passphrase, salt, cost).decrypt(nonce, body, vouched)
        )
    except InvalidTag as error:
        raise InputError(
            f"{archive}: this is not the passphrase its secrets were encrypted with, or the backup"
            " was changed since"
        ) from error
    except (ValueError, KeyError, TypeError, AttributeError, OverflowError) as error:
        raise InputError(f"{archive}: its secrets are damaged ({error})") from error
    return opened


def _cipher(passphrase: str, salt: bytes, cost: dict[str, int]) -> Any:
    try:
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM
        from cryptography.hazmat.primitives.kdf.scrypt import Scrypt
    except ImportError as error:
        raise HelmdeskError(
            "secrets are encrypted by a package of the site; run: pip install 'helmdesk[site]'"
        ) from error
    return AESGCM(Scrypt(salt=salt, length=32, **cost).derive(passphrase.encode()))


def secret_texts(found: dict[str, Any]) -> Iterator[str]:
    """Yield every secret as text; for tests that search an archive for them."""
    yield from found["files"].values()
    for rows in found["tables"].values():
        yield from (
            str(cell) for row in rows for cell in row if isinstance(cell, str) and len(cell) > 20
        )
    for *_, rows in found["columns"]:
        yield from (str(value) for _, value in rows if value)
