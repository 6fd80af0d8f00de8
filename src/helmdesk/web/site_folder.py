"""What the site keeps beside a desk: its secret, its database, static files, uploads."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

from helmdesk.errors import HelmdeskError, SettingError

DESK, DATABASE = "HELMDESK_DESK", "HELMDESK_DATABASE"


class SiteFolder:
    """``<desk>/site``; made when first asked for.

    Attributes:
        path: the folder.
    """

    def __init__(self, desk: Path) -> None:
        self.path = desk / "site"

    def make(self) -> SiteFolder:
        """Create the folder, for its owner's eyes only."""
        self.path.mkdir(mode=0o700, parents=True, exist_ok=True)
        return self

    def secret(self) -> str:
        """Return the secret that sessions and cursors are signed with; made on first use, never shipped.

        Raises:
            HelmdeskError: others may read the file.
        """
        return self._secret_file("secret.key", secrets.token_urlsafe(48))

    def audit_key(self, first: str) -> str:
        """Return the key that the audit log is signed with; a desk whose log another secret signed keeps `first`.

        Raises:
            HelmdeskError: others may read the file.
        """
        is_new = not (self.path / "site.sqlite3").exists() and not secret_setting(DATABASE)
        return self._secret_file("audit.key", secrets.token_urlsafe(48) if is_new else first)

    def _secret_file(self, name: str, fresh: str) -> str:
        file = self.make().path / name
        try:
            descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except FileExistsError:
            if os.name == "posix" and file.stat().st_mode & 0o077:
                raise HelmdeskError(f"{file}: other users may read it; run: chmod 600 {file}") from None
        else:
            with os.fdopen(descriptor, "w", encoding="ascii") as handle:
                handle.write(fresh)
        return file.read_text(encoding="ascii")

    @property
    def static(self) -> Path:
        """Where collected static files lie."""
        return self.path / "static"

    @property
    def uploads(self) -> Path:
        """Where uploaded files wait until they are loaded or thrown away."""
        return self.path / "uploads"


def secret_setting(name: str) -> str:
    """Return a secret from the environment variable `name`, or from the file that ``<name>_FILE`` names; empty when neither.

    Raises:
        SettingError: the named file cannot be read.
    """
    file = os.environ.get(f"{name}_FILE")
    if file:
        try:
            return Path(file).read_text(encoding="utf-8").strip()
        except OSError as error:
            raise SettingError(f"{name}_FILE: {file}: {error.strerror}") from error
    return os.environ.get(name, "")
