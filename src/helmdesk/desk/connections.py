"""The live accounts of a desk: what was said of each, and its key in a file of its own.

``<desk>/connections/NAME.toml`` says which account it is, and may be read and copied. The secrets
are in ``NAME.key``, for its owner's eyes only, or in the environment: ``HELMDESK_NAME_TOKEN``, or
``HELMDESK_NAME_TOKEN_FILE`` with the file that holds it. ``NAME.json`` says how the last run went,
``NAME.look`` what was found when the key was tried last, ``NAME.files`` what became of files.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass, field, replace
from datetime import date, datetime
from pathlib import Path
from typing import Any

import tomlkit

from helmdesk.connectors.parts.access import Access
from helmdesk.connectors.parts.connector import Connector, connector_names, find_connector
from helmdesk.desk.first_look import FirstLook, as_text, read_look
from helmdesk.errors import ConflictError, HelmdeskError, NotFoundError, SettingError, nearest
from helmdesk.lake.durable import sync
from helmdesk.records.accounts import check_name
from helmdesk.toml_file import read_document

FOLDER = "connections"
WAKING = "waking"
"""Under which name the secret of notices stands beside the key."""
SETTINGS, KEY, STATUS, LOOK, FILES = ".toml", ".key", ".json", ".look", ".files"


@dataclass(frozen=True)
class Connection:
    """One live account.

    Attributes:
        name: of the account on the desk, too.
        system: whose account it is.
        said: what the connector had to know, without its secrets.
        since: first day to fetch, as 2025-01-31; empty for all.
        is_paused: whether nothing is fetched until somebody says so.
    """

    name: str
    system: str
    said: Mapping[str, str] = field(default_factory=dict)
    since: str = ""
    is_paused: bool = False

    @property
    def connector(self) -> Connector[Any]:
        """What talks to it."""
        return find_connector(self.system)


@dataclass(frozen=True)
class Completeness:
    """What a system says it has, beside what the desk has of it.

    Attributes:
        theirs: tickets by the system's own count; None where it does not count.
        ours: tickets on the desk.
        short: tickets of which the system gave less than it says there is, some of them; files that
        cannot be read.
        short_count: how many these are.
        of: what is counted, in the plural: tickets, rows of a table, messages, files.
    """

    theirs: int | None
    ours: int
    short: tuple[str, ...] = ()
    short_count: int = 0
    of: str = "tickets"


@dataclass(frozen=True)
class Status:
    """How the last run of a connection went.

    Attributes:
        began_at, ended_at: of the run, in UTC.
        seen_until: what was changed until then is on the desk, by the system's clock; None before
        the first run was through.
        problem: why it ended early; empty when it did not.
        missing: what goes without a right, and what to do.
        completeness: None until a run was through.
        requests: by limit of the system: how many, the most in one minute, and how many a minute it
        allows.
    """

    began_at: datetime
    ended_at: datetime
    seen_until: datetime | None = None
    problem: str = ""
    missing: Mapping[str, str] = field(default_factory=dict)
    completeness: Completeness | None = None
    requests: Mapping[str, tuple[int, int, float]] = field(default_factory=dict)


class Connections:
    """The live accounts of the desk in a folder."""

    def __init__(self, desk: Path) -> None:
        self.path = desk / FOLDER

    def names(self) -> list[str]:
        """Return the names of all connections."""
        return sorted(path.stem for path in self.path.glob(f"*{SETTINGS}"))

    def get(self, name: str) -> Connection:
        """Return one connection.

        Raises:
            NotFoundError: there is none of this name.
            SettingError: its file is not one of a connection.
        """
        known = self.names()
        if name not in known:
            listed = f"known: {', '.join(known)}" if known else "run helmdesk connect SYSTEM first"
            raise NotFoundError(f"no connection '{name}'{nearest(name, known)} ({listed})")
        path = self.path / f"{name}{SETTINGS}"
        content, place = read_document(path, SettingError)
        system, since, said = (content.get(key) for key in ("system", "since", "account"))
        if system not in connector_names() or not isinstance(said, dict):
            wrong = "account" if system in connector_names() else "system"
            raise place.of(wrong).wrong(
                "not the file of a connection", f"run helmdesk connect SYSTEM --as {name}"
            )
        return Connection(
            name,
            str(system),
            {key: str(each) for key, each in said.items()},
            str(since or ""),
            bool(content.get("paused")),
        )

    def add(self, connection: Connection, secrets: Mapping[str, str]) -> None:
        """Remember a connection; one of this name and system is replaced, its place is kept.

        Raises:
            UsageError: it cannot be called so. ConflictError: another system's is called so.
        """
        check_name(connection.name)
        if connection.name in self.names():
            known = self.get(connection.name).system
            if known != connection.system:
                raise ConflictError(
                    f"'{connection.name}' is a connection to {known} already",
                    "give the new one another name: --as NAME",
                )
        self.path.mkdir(mode=0o700, exist_ok=True)
        if secrets:
            # Another key of the account leaves the secret of its notices as it is.
            waking = {key: each for key, each in self._kept(connection).items() if key == WAKING}
            self._write(f"{connection.name}{KEY}", json.dumps({**secrets, **waking}))
        self._write_settings(connection)

    def _write_settings(self, connection: Connection) -> None:
        content = tomlkit.dumps(
            {
                "system": connection.system,
                "since": connection.since,
                "paused": connection.is_paused,
                "account": {
                    key: tomlkit.string(text, multiline="\n" in text)
                    for key, text in connection.said.items()
                },
            }
        )
        self._write(f"{connection.name}{SETTINGS}", content)

    def pause(self, name: str, is_paused: bool) -> None:
        """Fetch nothing through a connection for now, or go on."""
        self._write_settings(replace(self.get(name), is_paused=is_paused))

    def remove(self, name: str) -> None:
        """Forget a connection and its key, even one whose file nobody can read; what came through
        it stays on the desk.

        Raises:
            NotFoundError: there is none of this name.
        """
        if name not in self.names():
            self.get(name)
        for ending in (KEY, STATUS, LOOK, FILES, ".inbox", SETTINGS):
            (self.path / f"{name}{ending}").unlink(missing_ok=True)

    def open(self, connection: Connection) -> Access:
        """Connect to the account.

        Raises:
            SettingError: its key is not there, or others may read it.
        """
        opened: Access = connection.connector.open(
            {
                **connection.said,
                **self.secrets(connection),
                "place": str(self.path / connection.name),
            }
        )
        return opened

    def secrets(self, connection: Connection) -> dict[str, str]:
        """Return the secrets of a connection, from its file or the environment.

        Raises:
            SettingError: one is not there, or others may read the file.
        """
        kept = self._kept(connection)
        kept.pop(WAKING, None)
        for ask in connection.connector.asks:
            if not ask.is_secret:
                continue
            variable = variable_of(connection.name, ask.name)
            if said := secret_of_environment(variable):
                kept[ask.name] = said
            if not kept.get(ask.name) and ask.default is None:
                raise SettingError(
                    f"the connection '{connection.name}' has no {ask.name}",
                    f"set {variable}, or run helmdesk connect {connection.system} --as"
                    f" {connection.name}",
                )
        return kept

    def _kept(self, connection: Connection) -> dict[str, str]:
        """Return what the key file of a connection holds; nothing where there is none."""
        path = self.path / f"{connection.name}{KEY}"
        if not path.is_file():
            return {}
        if os.name == "posix" and path.stat().st_mode & 0o077:
            raise SettingError(f"{path}: other users may read it", f"run: chmod 600 {path}")
        try:
            return {key: str(each) for key, each in json.loads(path.read_text()).items()}
        except (ValueError, AttributeError):
            raise SettingError(
                f"{path}: not the key file of a connection",
                f"run helmdesk connect {connection.system} --as {connection.name}",
            ) from None

    def waking_secret(self, connection: Connection) -> str:
        """Return the secret of the notices that an account sends; empty where it may send none.

        Raises:
            SettingError: others may read the file.
        """
        said = secret_of_environment(variable_of(connection.name, WAKING))
        return said or self._kept(connection).get(WAKING, "")

    def keep_waking_secret(self, name: str, secret: str) -> None:
        """Let an account send notices by this secret; an empty one ends it."""
        kept = self._kept(self.get(name))
        kept.pop(WAKING, None)
        self._write(f"{name}{KEY}", json.dumps({**kept, **({WAKING: secret} if secret else {})}))

    def status(self, name: str) -> Status | None:
        """Return how the last run went; None before the first, or where nobody can read it."""
        with suppress(OSError, ValueError, TypeError, KeyError):
            content = json.loads((self.path / f"{name}{STATUS}").read_text(encoding="utf-8"))
            for key in ("began_at", "ended_at", "seen_until"):
                content[key] = content[key] and datetime.fromisoformat(content[key])
            if content["completeness"]:
                content["completeness"] = Completeness(**content["completeness"])
            return Status(**content)
        return None

    def looked(self, name: str) -> FirstLook | None:
        """Return what was found when the key was tried last; None before."""
        return read_look(self.path / f"{name}{LOOK}")

    def tell_look(self, name: str, found: FirstLook) -> None:
        """Remember what was found when the key was tried."""
        self._write(f"{name}{LOOK}", as_text(found))

    def fates(self, name: str) -> dict[str, dict[str, str]]:
        """Return what became of the files of a connection; nothing where nobody can read it."""
        with suppress(OSError, ValueError):
            kept = json.loads((self.path / f"{name}{FILES}").read_text(encoding="utf-8"))
            return {str(file): dict(each) for file, each in kept.items()}
        return {}

    def tell_fates(self, name: str, fates: Mapping[str, Mapping[str, str]]) -> None:
        """Remember what became of files; not of a connection that was forgotten meanwhile."""
        if name in self.names():
            self._write(f"{name}{FILES}", json.dumps(fates, indent=1, ensure_ascii=False))

    def tell(self, name: str, status: Status) -> None:
        """Remember how a run went; not of what was forgotten meanwhile."""
        if name not in self.names():
            return
        content = json.dumps(asdict(status), default=datetime.isoformat, indent=1)
        self._write(f"{name}{STATUS}", content)

    def _write(self, name: str, content: str) -> None:
        """Write a file for its owner alone, whole or not at all."""
        waiting = self.path / f"{name}.{os.getpid()}.new"
        waiting.unlink(missing_ok=True)
        with os.fdopen(
            os.open(waiting, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8"
        ) as handle:
            handle.write(content)
        sync(waiting)
        waiting.replace(self.path / name)


def variable_of(name: str, ask: str) -> str:
    """Return the environment variable of a secret: HELMDESK_BRAND_B_TOKEN."""
    return f"HELMDESK_{re.sub('[^A-Z0-9]', '_', f'{name}_{ask}'.upper())}"


def secret_of_environment(variable: str) -> str:
    """Return a secret from the environment, or from the file that it names; empty where neither is.

    Raises:
        SettingError: the named file cannot be read.
    """
    if file := os.environ.get(f"{variable}_FILE"):
        try:
            return Path(file).read_text(encoding="utf-8").strip()
        except OSError as error:
            raise SettingError(f"{variable}_FILE: {file}: {error.strerror}") from error
    return os.environ.get(variable, "")


def check_since(text: str) -> str:
    """Return a first day as it is kept.

    Raises:
        HelmdeskError: no day.
    """
    try:
        return date.fromisoformat(text).isoformat() if text else ""
    except ValueError as error:
        raise HelmdeskError(f"'{text}' is no day", "write one such as 2025-01-31") from error
