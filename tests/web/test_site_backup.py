"""A backup tells no secret of the site; with a passphrase it brings them back."""

from __future__ import annotations

import hashlib
import io
import json
import os
import shutil
import sqlite3
import stat
import tarfile
from base64 import b64decode, b64encode
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from helmdesk.desk import backup
from helmdesk.desk.backup import _bound, back_up, restore
from helmdesk.desk.backup_secrets import (
    COST,
    SECRET_TABLES,
    _cipher,
    decrypt,
    encrypt,
    secret_texts,
    take_secrets,
)
from helmdesk.desk.desk import Desk
from helmdesk.errors import InputError, UsageError

PHRASE = "eleven blue herons over the weir"


@pytest.fixture
def secrets(site: Path, tmp_path: Path, as_: Any) -> Iterator[list[str]]:
    """Every secret that the site holds, read straight out of its folder."""
    if os.environ.get("HELMDESK_TEST_DATABASE"):
        pytest.skip(
            "a backup holds the site's own SQLite database; PostgreSQL has backups of its own"
        )
    from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
    from django.utils import timezone

    from helmdesk.web.apps.booking.models import Calendar
    from helmdesk.web.apps.people.models import ApiToken, Person

    ada = Person.objects.get(username="ada")
    calendar = Calendar.objects.create(
        agent="somebody", url="https://calendar.example/private-8c1f0e77/basic.ics"
    )
    authenticator = TOTP.activate(ada, generate_totp_secret()).instance
    token, secret = ApiToken.issue(
        ada, "backed up", ["numbers"], timezone.now() + timedelta(days=1)
    )
    as_("ada").get("/settings")
    with (
        closing(sqlite3.connect(site / "site" / "site.sqlite3")) as source,
        closing(sqlite3.connect(tmp_path / "copy")) as copy,
    ):
        source.backup(copy)
        sessions = [
            key
            for row in copy.execute("select session_key, session_data from django_session")
            for key in row
        ]
    found = [
        *secret_texts(take_secrets(site, tmp_path / "copy")),
        *sessions,
        authenticator.data["secret"],
        secret,
    ]
    kept = [*Person.objects.exclude(password="").values_list("password", flat=True), token.digest]
    kept.append(calendar.url)
    kept += [
        (site / "site" / name).read_text(encoding="ascii") for name in ("secret.key", "audit.key")
    ]
    assert set(kept) <= set(found) and len(found) >= 15
    yield found
    authenticator.delete()
    token.delete()
    calendar.delete()


def test_no_secret_is_in_an_archive_in_the_clear(
    site: Path, secrets: list[str], tmp_path: Path
) -> None:
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
            modes = {
                member.name: member.mode
                for member in tar
                # Another test of this site may have dismissed, or learned, something.
                if not member.name.startswith(("lake/", "metrics/", "dismissals.json", "models/"))
            }
        assert modes.pop("helmdesk.toml") == stat.S_IMODE((site / "helmdesk.toml").stat().st_mode)
        expected = {
            "site/audit.head",
            "site/site.sqlite3",
            "manifest.json",
            *(["secrets.json"] if archive == locked else []),
        }
        assert modes == dict.fromkeys(expected, 0o600)


def test_every_table_is_known_to_hold_secrets_or_none(site: Path) -> None:
    """A table that comes later must be looked at before it travels in a backup."""
    from django.db import connection

    harmless = {
        "account_emailaddress",
        "alerts_evaluation",
        "alerts_quiethours",
        "alerts_rule",
        "alerts_told",
        "annotations_annotation",
        "briefs_briefwanted",
        "briefs_digest",
        "briefs_digestaudience",
        "coaching_pack",
        "coaching_remark",
        "coaching_version",
        "auth_group",
        "auth_group_permissions",
        "auth_permission",
        "dashboards_dashboard",
        "dashboards_savedview",
        "data_loadjob",
        "django_content_type",
        "django_migrations",
        "events_event",
        "jobs_job",
        "jobs_schedule",
        "outbox_endpoint",
        "outbox_message",
        *(
            f"surveys_{name}"
            for name in (
                *("address", "answer", "instrument", "invitation", "lastasked", "opening"),
                *("quietaccount", "refusal", "remark", "rule", "slip", "wave"),
            )
        ),
        "people_auditevent",
        "people_audithead",
        "people_person",
        "people_person_groups",
        "people_person_user_permissions",
        *("actions_action", "actions_step", "actions_version"),
        *("planning_draft", "planning_knownday", "planning_savedscenario", "planning_volumes"),
        "planning_shiftrequest",
        *("booking_absence", "booking_booking", "booking_busy", "booking_calendar"),
        *("booking_calltype", "booking_door", "booking_link", "booking_member", "booking_need"),
        *("booking_piece", "booking_reuse", "booking_shift", "booking_team"),
        *("early_warning_foretold", "early_warning_warned", "early_warning_watch"),
        *("routing_decision", "routing_look", "routing_modechange", "routing_routedqueue"),
        "routing_stop",
        *("rooms_room", "rooms_roomteam", "rooms_visit", "rooms_written"),
        "reports_report",
        "reports_wanted",
        "socialaccount_socialaccount",
        *("summaries_summary", "summaries_writer"),
        *("surveys_address", "surveys_answer", "surveys_instrument", "surveys_invitation"),
        *("surveys_lastasked", "surveys_opening", "surveys_participation", "surveys_quietaccount"),
        *(
            "surveys_readuntil",
            "surveys_refusal",
            "surveys_remark",
            "surveys_rule",
            "surveys_slip",
            "surveys_wave",
        ),
        "team_comment",
    }
    assert set(connection.introspection.table_names()) == harmless | set(SECRET_TABLES)
    with connection.cursor() as cursor:
        columns = {
            column.name
            for table in harmless
            for column in connection.introspection.get_table_description(cursor, table)
        }
    assert {
        name
        for name in columns
        if any(
            word in name for word in ("password", "secret", "token", "digest", "invitation", "code")
        )
    } == {
        "password",
        *("invitation", "invitation_id"),
        "digest",
        "codename",
        "secret",
    }  # digests: an event's, and of what a booking link ends with; fmt: skip


def _rewritten(archive: Path, target: Path, change: Any) -> Path:
    """Copy an archive with other contents, and digests that fit them."""
    with tarfile.open(archive) as tar:
        bodies = {member.name: tar.extractfile(member).read() for member in tar}  # type: ignore[union-attr]
    manifest = json.loads(bodies.pop("manifest.json"))
    change(bodies, manifest)
    for name, body in bodies.items():
        manifest["files"][name].update(bytes=len(body), sha256=hashlib.sha256(body).hexdigest())
    bodies["manifest.json"] = json.dumps(manifest).encode()
    with tarfile.open(target, "w") as tar:
        for name, body in bodies.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(body)
            tar.addfile(entry, io.BytesIO(body))
    return target


def test_a_passphrase_vouches_for_the_whole_backup(
    site: Path, secrets: list[str], tmp_path: Path
) -> None:
    """Nobody makes himself an administrator in somebody else's archive."""

    def promote(bodies: dict[str, bytes], manifest: Any) -> None:
        database = tmp_path / "site.sqlite3"
        database.write_bytes(bodies["site/site.sqlite3"])
        with closing(sqlite3.connect(database)) as connection, connection:
            connection.execute(
                "update people_person set role = 'administrator' where username = 'vic'"
            )
        bodies["site/site.sqlite3"] = database.read_bytes()

    def of_an_earlier_version(bodies: dict[str, bytes], manifest: Any) -> None:
        found = decrypt(
            bodies["secrets.json"], PHRASE, archive, _bound(json.loads(json.dumps(manifest)))
        )
        text = json.loads(encrypt(found, PHRASE))
        cipher = _cipher(PHRASE, b"salt", COST)
        text.update(
            salt=b64encode(b"salt").decode(),
            body=b64encode(
                cipher.encrypt(b64decode(text["nonce"]), json.dumps(found).encode(), None)
            ).decode(),
        )
        del text["is_bound"]
        bodies["secrets.json"] = json.dumps(text).encode()

    archive = tmp_path / "locked.tar"
    back_up(Desk(site), archive, passphrase=PHRASE)
    with pytest.raises(InputError, match="changed since"):
        restore(
            _rewritten(archive, tmp_path / "evil.tar", promote),
            tmp_path / "again",
            passphrase=PHRASE,
        )
    assert not (tmp_path / "again").exists()
    restore(
        _rewritten(archive, tmp_path / "old.tar", of_an_earlier_version),
        tmp_path / "again",
        passphrase=PHRASE,
    )
    assert _passwords(tmp_path / "again") == _passwords(site)


def _passwords(folder: Path) -> list[tuple[str, str]]:
    with closing(sqlite3.connect(folder / "site" / "site.sqlite3")) as connection:
        return connection.execute(
            "select username, password from people_person order by username"
        ).fetchall()


def test_a_passphrase_brings_keys_passwords_and_second_factors_back(
    site: Path, secrets: list[str], tmp_path: Path
) -> None:
    archive, again = tmp_path / "locked.tar", tmp_path / "again"
    back_up(Desk(site), archive, passphrase=PHRASE)
    with pytest.raises(InputError, match="not the passphrase"):
        restore(archive, tmp_path / "wrong", passphrase="some other long phrase")
    assert not (tmp_path / "wrong").exists()
    assert restore(archive, again, passphrase=PHRASE).has_secrets
    assert _passwords(again) == _passwords(site)
    for name in ("secret.key", "audit.key"):
        assert (again / "site" / name).read_text() == (site / "site" / name).read_text()
        assert stat.S_IMODE((again / "site" / name).stat().st_mode) == 0o600
    assert not (again / "secrets.json").exists()
    with closing(sqlite3.connect(again / "site" / "site.sqlite3")) as connection:
        assert connection.execute("select count(*) from mfa_authenticator").fetchone() == (1,)
        assert connection.execute("select count(*) from django_session").fetchone() == (0,)
        assert connection.execute(
            "select count(*) from people_apitoken where name = 'backed up'"
        ).fetchone() == (1,)
    assert stat.S_IMODE((again / "site").stat().st_mode) == 0o700


def test_without_it_people_are_there_and_nobody_can_sign_in(
    site: Path, secrets: list[str], tmp_path: Path
) -> None:
    archive, again = tmp_path / "plain.tar", tmp_path / "again"
    back_up(Desk(site), archive)
    with pytest.raises(UsageError, match="holds no secrets"):
        restore(archive, tmp_path / "locked", passphrase=PHRASE)
    restore(archive, again)
    assert {password for _, password in _passwords(again)} == {"!"}
    with closing(sqlite3.connect(again / "site" / "site.sqlite3")) as connection:
        assert connection.execute("select count(*) from people_apitoken").fetchone() == (0,)
    assert [name for name, _ in _passwords(again)] == [name for name, _ in _passwords(site)]
    assert stat.S_IMODE((again / "site").stat().st_mode) == 0o700
    assert stat.S_IMODE((again / "helmdesk.toml").stat().st_mode) == stat.S_IMODE(
        (site / "helmdesk.toml").stat().st_mode
    )


def test_the_log_of_a_desk_restored_without_its_key_says_so(
    site: Path, secrets: list[str], helmdesk: Any, tmp_path: Path
) -> None:
    archive, again = tmp_path / "plain.tar", tmp_path / "again"
    back_up(Desk(site), archive)
    restore(archive, again)
    assert "was not started yet" in helmdesk("audit", "--desk", again, code=1).stderr
    done = helmdesk("serve", "--add-administrator", "ada", "--desk", again)
    assert "/invitation/" in done.stdout
    look = (
        "import os,sys;from helmdesk.web.prepare import start_django;from pathlib import"
        " Path;start_django(Path(sys.argv[1]));"
    )
    look += (
        "from helmdesk.web.apps.people.audit import audit_state as s;a=s();print(repr(a.problem),"
        " a.unchecked_until.action)"
    )
    import subprocess
    import sys

    environment = {
        key: value for key, value in os.environ.items() if not key.startswith("HELMDESK_D")
    }
    shown = subprocess.run(
        [sys.executable, "-c", look, str(again)],
        capture_output=True,
        text=True,
        env=environment,
        check=True,
    )
    assert shown.stdout.strip() == "'' restored from a backup"
    shutil.rmtree(again)


def test_the_log_of_a_desk_restored_with_its_key_goes_on(
    site: Path, secrets: list[str], helmdesk: Any, tmp_path: Path
) -> None:
    """Also where it was written to while the backup was made: the note must not be ahead of the
    database.
    """
    from helmdesk.web.apps.people import audit as module

    archive, again = tmp_path / "locked.tar", tmp_path / "again"
    take = backup.take_secrets

    def meanwhile(root: Path, database: Any) -> Any:
        module.audit("signed in", "meanwhile")
        return take(root, database)

    with pytest.MonkeyPatch.context() as busy:
        busy.setattr(backup, "take_secrets", meanwhile)
        back_up(Desk(site), archive, passphrase=PHRASE)
    restore(archive, again, passphrase=PHRASE)
    helmdesk("serve", "--add-administrator", "ada", "--desk", again)
    assert "every one follows from the one before" in helmdesk("audit", "--desk", again).stdout
    with closing(sqlite3.connect(again / "site" / "site.sqlite3")) as connection:
        assert connection.execute(
            "select count(*) from people_auditevent where action = 'restored from a backup'"
        ).fetchone() == (1,)
    shutil.rmtree(again)


def test_a_passphrase_is_typed_or_read_and_long_enough(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from helmdesk.cli.options import ask_passphrase

    file = tmp_path / "phrase.txt"
    for text, given in ((f"{PHRASE}\nmore", file), (PHRASE, Path("-"))):
        file.write_text(text, encoding="utf-8")
        monkeypatch.setattr("click.prompt", lambda *_, text=text, **__: text)
        assert ask_passphrase(given, is_new=True) == PHRASE
    for given in (file, Path("-")):
        file.write_text("short", encoding="utf-8")
        monkeypatch.setattr("click.prompt", lambda *_, **__: "short")
        with pytest.raises(UsageError, match="at least 12 characters"):
            ask_passphrase(given, is_new=True)
    assert ask_passphrase(None, is_new=True) is None


def test_what_the_site_writes_is_for_its_owner_alone(site: Path, tmp_path: Path) -> None:
    from django.core.files.base import ContentFile

    from helmdesk.web.pages.data import jobs
    from helmdesk.web.pages.data.models import LoadJob
    from helmdesk.web.site_folder import SiteFolder

    job = LoadJob(source="survey")
    jobs.keep_files(job, [ContentFile(b"secret answers", name="answers.csv")])
    waiting = jobs.folder_of(job)
    for path, mode in ((waiting.parent, 0o700), (waiting, 0o700), (waiting / "answers.csv", 0o600)):
        assert stat.S_IMODE(path.stat().st_mode) == mode, path
    shutil.rmtree(waiting)
    for name in ("", "secret.key", "audit.key", "site.sqlite3", "site.sqlite3-wal", "audit.head"):
        path = site / "site" / name
        if path.exists():  # on PostgreSQL there is no database here
            assert stat.S_IMODE(path.stat().st_mode) & 0o077 == 0, name
    assert stat.S_IMODE(site.stat().st_mode) == 0o700
    # One that an earlier version, or a copy, left open is closed.
    (tmp_path / "site").mkdir(mode=0o755)
    (tmp_path / "site" / "site.sqlite3").write_bytes(b"")
    (tmp_path / "site" / "site.sqlite3").chmod(0o644)
    SiteFolder(tmp_path).make()
    assert stat.S_IMODE((tmp_path / "site").stat().st_mode) == 0o700
    assert stat.S_IMODE((tmp_path / "site" / "site.sqlite3").stat().st_mode) == 0o600


def test_doctor_names_what_others_may_read(site: Path, helmdesk: Any) -> None:
    key = site / "site" / "audit.key"
    assert "chmod" not in helmdesk("doctor", "--desk", site, "--format", "json", code=None).stdout
    before = key.stat().st_mode
    key.chmod(0o644)
    try:
        told = helmdesk("doctor", "--desk", site, "--format", "json", code=None).stdout
    finally:
        key.chmod(before)
    assert f"chmod go= {key}" in told
