"""A backup tells no secret of the site; with a passphrase it brings them back."""

from __future__ import annotations

import os
import shutil
import sqlite3
import stat
import tarfile
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from helmdesk.backup import back_up, restore
from helmdesk.backup_secrets import secret_texts, take_secrets
from helmdesk.desk import Desk
from helmdesk.errors import InputError, UsageError

PHRASE = "eleven blue herons over the weir"


@pytest.fixture
def secrets(site: Path, tmp_path: Path, as_: Any) -> Iterator[list[str]]:
    """Every secret that the site holds, read straight out of its folder."""
    if os.environ.get("HELMDESK_TEST_DATABASE"):
        pytest.skip("a backup holds the site's own SQLite database; PostgreSQL has backups of its own")
    from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
    from django.utils import timezone

    from helmdesk.web.people.models import ApiToken, Person

    ada = Person.objects.get(username="ada")
    authenticator = TOTP.activate(ada, generate_totp_secret()).instance
    token, secret = ApiToken.issue(ada, "backed up", ["numbers"], timezone.now() + timedelta(days=1))
    as_("ada").get("/settings")
    with closing(sqlite3.connect(site / "site" / "site.sqlite3")) as source, closing(sqlite3.connect(tmp_path / "copy")) as copy:
        source.backup(copy)
        sessions = [key for row in copy.execute("select session_key, session_data from django_session") for key in row]
    found = [*secret_texts(take_secrets(site, tmp_path / "copy")), *sessions, authenticator.data["secret"], secret]
    assert len(found) >= 15
    yield found
    authenticator.delete()
    token.delete()


def test_no_secret_is_in_an_archive_in_the_clear(site: Path, secrets: list[str], tmp_path: Path) -> None:
    old = os.umask(0o022)
    try:
        plain, locked = tmp_path / "plain.tar", tmp_path / "locked.tar"
        assert not back_up(Desk(site), plain).has_secrets
        assert back_up(Desk(site), locked, passphrase=PHRASE).has_secrets
    finally:
        os.umask(old)
    for archive in (plain, locked):
        assert stat.S_IMODE(archive.stat().st_mode) == 0o600
        body = archive.read_bytes()
        assert [secret[:8] for secret in secrets if secret.encode() in body] == []
        with tarfile.open(archive) as tar:
            names = tar.getnames()
        assert "site/secret.key" not in names and "site/audit.key" not in names and "site/site.sqlite3" in names


def _passwords(folder: Path) -> list[tuple[str, str]]:
    with closing(sqlite3.connect(folder / "site" / "site.sqlite3")) as connection:
        return connection.execute("select username, password from people_person order by username").fetchall()


def test_a_passphrase_brings_keys_passwords_and_second_factors_back(site: Path, secrets: list[str], tmp_path: Path) -> None:
    archive, again = tmp_path / "locked.tar", tmp_path / "again"
    back_up(Desk(site), archive, passphrase=PHRASE)
    with pytest.raises(InputError, match="not the passphrase"):
        restore(archive, tmp_path / "wrong", passphrase="some other long phrase")
    assert restore(archive, again, passphrase=PHRASE).has_secrets
    assert _passwords(again) == _passwords(site)
    for name in ("secret.key", "audit.key"):
        assert (again / "site" / name).read_text() == (site / "site" / name).read_text()
        assert stat.S_IMODE((again / "site" / name).stat().st_mode) == 0o600
    assert not (again / "secrets.json").exists()
    with closing(sqlite3.connect(again / "site" / "site.sqlite3")) as connection:
        assert connection.execute("select count(*) from mfa_authenticator").fetchone() == (1,)
        assert connection.execute("select count(*) from django_session").fetchone() == (0,)
    assert stat.S_IMODE((again / "site").stat().st_mode) == 0o700


def test_without_it_people_are_there_and_nobody_can_sign_in(site: Path, secrets: list[str], tmp_path: Path) -> None:
    archive, again = tmp_path / "plain.tar", tmp_path / "again"
    back_up(Desk(site), archive)
    with pytest.raises(UsageError, match="holds no secrets"):
        restore(archive, tmp_path / "locked", passphrase=PHRASE)
    restore(archive, again)
    assert {password for _, password in _passwords(again)} == {"!"}
    assert [name for name, _ in _passwords(again)] == [name for name, _ in _passwords(site)]
    assert stat.S_IMODE((again / "site").stat().st_mode) == 0o700
    assert stat.S_IMODE((again / "helmdesk.toml").stat().st_mode) == stat.S_IMODE((site / "helmdesk.toml").stat().st_mode)


def test_the_log_of_a_desk_restored_without_its_key_says_so(site: Path, secrets: list[str], helmdesk: Any, tmp_path: Path) -> None:
    archive, again = tmp_path / "plain.tar", tmp_path / "again"
    back_up(Desk(site), archive)
    restore(archive, again)
    done = helmdesk("serve", "--add-administrator", "ada", "--desk", again)
    assert "/invitation/" in done.stdout
    look = "import os,sys;from helmdesk.web.prepare import start_django;from pathlib import Path;start_django(Path(sys.argv[1]));"
    look += "from helmdesk.web.people.audit import audit_state as s;a=s();print(repr(a.problem), a.unchecked_until.action)"
    import subprocess
    import sys

    environment = {key: value for key, value in os.environ.items() if not key.startswith("HELMDESK_D")}
    shown = subprocess.run([sys.executable, "-c", look, str(again)], capture_output=True, text=True, env=environment, check=True)
    assert shown.stdout.strip() == "'' restored from a backup"
    shutil.rmtree(again)
