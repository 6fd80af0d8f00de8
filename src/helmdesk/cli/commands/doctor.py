"""``helmdesk doctor``: what is wrong with this machine or this desk, and the mend."""

from __future__ import annotations

import os
import platform
import shutil
import sqlite3
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import click

from helmdesk.cli.options import desk_option, format_option
from helmdesk.cli.output import as_arrow, emit, show_table, talk
from helmdesk.desk.desk import SETTINGS_FILE, Desk
from helmdesk.desk.folder import MARTS_FOLDER
from helmdesk.errors import HelmdeskError
from helmdesk.lake.damage import find_damage
from helmdesk.lake.erasure import read_erased
from helmdesk.marts.mart import POINTER, is_pointer_damaged, is_whole
from helmdesk.quoting import texts
from helmdesk.web.site_folder import SiteFolder

PACKAGES = (
    "helmdesk",
    "duckdb",
    "deltalake",
    "sqlglot",
    "pyarrow",
    "click",
    "rich",
    "filelock",
    "tzdata",
)
LEAST_FREE_BYTES, LOW_FREE_BYTES = 200 * 1024**2, 2 * 1024**3
LEAST_SQLITE = (3, 35, 0)
# One instant in each of two half-years, zones with changed rules among them.
TRIED_ZONES = (
    "Europe/Berlin",
    "America/New_York",
    "Australia/Lord_Howe",
    "Asia/Kathmandu",
    "America/Sao_Paulo",
)
OK, WARNING, FAILURE = "ok", "warning", "failure"


@dataclass(frozen=True)
class Finding:
    """One thing looked at; `mend` says what to do when it is not ok."""

    check: str
    state: str
    detail: str
    mend: str = ""


@click.command("doctor", epilog="Example: helmdesk doctor --desk my-desk")
@desk_option
@format_option
def command(desk_path: str | None, format_name: str) -> None:
    """Look at the machine and, when there is one, at the desk. Exits 1 when something is broken."""
    folder = Path(desk_path or ".")
    findings = [*_machine(folder), *_desk(folder, is_named=desk_path is not None)]
    rows = [vars(finding) for finding in findings]
    if format_name == "table":
        show_table(
            ("check", "state", "detail", "what to do"),
            ([row["check"], row["state"], row["detail"], row["mend"]] for row in rows),
        )
    else:
        emit(format_name, ("check", "state", "detail", "mend"), rows, lambda: as_arrow(rows))
    broken = sum(finding.state == FAILURE for finding in findings)
    warned = sum(finding.state == WARNING for finding in findings)
    talk("all well" if not broken and not warned else f"{broken} broken, {warned} worth a look")
    if broken:
        sys.exit(1)


def _machine(folder: Path) -> Iterator[Finding]:
    checks: tuple[Callable[[], Finding], ...] = (
        _python,
        _packages,
        _sqlite,
        _clock,
        _time_zones,
        lambda: _disk(folder),
        lambda: _file_system(folder),
    )
    for check in checks:
        yield check()


def _python() -> Finding:
    detail = f"{platform.python_version()} on {platform.system()} {platform.machine()}"
    is_fine = sys.version_info >= (3, 11)
    return Finding(
        "Python",
        OK if is_fine else FAILURE,
        detail,
        "" if is_fine else "install Python 3.11 or newer",
    )


def _packages() -> Finding:
    found, missing = [], []
    for package in PACKAGES:
        try:
            found.append(f"{package} {version(package)}")
        except PackageNotFoundError:
            missing.append(package)
    if missing:
        return Finding(
            "packages",
            FAILURE,
            f"missing: {', '.join(missing)}",
            "install Helmdesk again: pip install --force-reinstall helmdesk",
        )
    return Finding("packages", OK, ", ".join(found))


def _sqlite() -> Finding:
    is_fine = sqlite3.sqlite_version_info >= LEAST_SQLITE
    mend = (
        ""
        if is_fine
        else "the site will need 3.35 or newer: use a newer Python build, or PostgreSQL"
    )
    return Finding("SQLite", OK if is_fine else WARNING, sqlite3.sqlite_version, mend)


def _clock() -> Finding:
    now = datetime.now(UTC)
    is_fine = 2025 <= now.year < 2100
    return Finding(
        "clock",
        OK if is_fine else FAILURE,
        f"{now:%Y-%m-%d %H:%M:%S} UTC",
        "" if is_fine else "set the system clock; records would be dated wrongly",
    )


def _time_zones() -> Finding:
    """Python reads boundaries, DuckDB buckets rows: their zone rules must agree."""
    from zoneinfo import ZoneInfo

    import duckdb

    connection = duckdb.connect()
    connection.execute("set timezone = 'UTC'")
    differing = []
    for zone in TRIED_ZONES:
        for month in (1, 7):
            instant = datetime(datetime.now(UTC).year, month, 15, 12, tzinfo=UTC)
            found = connection.execute(
                "select timezone(?, ?::timestamp at time zone 'UTC')",
                [zone, instant.replace(tzinfo=None)],
            ).fetchone()
            if not found or found[0] != instant.astimezone(ZoneInfo(zone)).replace(tzinfo=None):
                differing.append(zone)
    if differing:
        return Finding(
            "time zones",
            FAILURE,
            f"Python and DuckDB disagree on {', '.join(dict.fromkeys(differing))}",
            "upgrade the packages tzdata and duckdb",
        )
    return Finding("time zones", OK, f"Python and DuckDB agree in {len(TRIED_ZONES)} zones")


def _disk(folder: Path) -> Finding:
    place = next(
        parent for parent in [folder.absolute(), *folder.absolute().parents] if parent.exists()
    )
    free = shutil.disk_usage(place).free
    state = FAILURE if free < LEAST_FREE_BYTES else WARNING if free < LOW_FREE_BYTES else OK
    return Finding(
        "disk",
        state,
        f"{free / 1024**3:.1f} GiB free at {place}",
        "" if state == OK else "free some space: a refresh builds a second mart beside the first",
    )


def _file_system(folder: Path) -> Finding:
    """Publishing needs an atomic rename over an existing file, and fsync."""
    place = folder if folder.is_dir() else Path(tempfile.gettempdir())
    try:
        with tempfile.TemporaryDirectory(dir=place) as name:
            first, second = Path(name) / "a", Path(name) / "b"
            first.write_text("new", encoding="utf-8")
            second.write_text("old", encoding="utf-8")
            descriptor = os.open(first, os.O_RDONLY)
            os.fsync(descriptor)
            os.close(descriptor)
            first.replace(second)
            is_fine = second.read_text(encoding="utf-8") == "new"
    except OSError as error:
        return Finding(
            "file system",
            FAILURE,
            f"{place}: {error}",
            "make the folder writable, or move the desk to a local disk",
        )
    return Finding(
        "file system",
        OK if is_fine else FAILURE,
        f"{place}: writable, renames atomically",
        "" if is_fine else "move the desk to a local disk",
    )


def _desk(folder: Path, *, is_named: bool) -> Iterator[Finding]:
    if not (folder / SETTINGS_FILE).is_file() and not is_named:
        yield Finding("desk", OK, "none here; name one with --desk DIR to look at it")
        return
    try:
        desk = Desk(folder)
        yield Finding("settings", OK, f"{desk.settings.name}, {desk.settings.time_zone}")
    except HelmdeskError as error:
        yield _failure("settings", error)
        return
    if not (folder / SETTINGS_FILE).read_bytes().endswith(b"\n"):
        mend = "look at its end: settings that are not there have their defaults"
        yield Finding(
            "settings",
            WARNING,
            f"{folder / SETTINGS_FILE} ends within a line: it may have been cut off",
            mend,
        )
    damage = [
        Finding("lake", FAILURE, sentence, sentence.mend) for sentence in find_damage(desk.lake)
    ]
    damage += _own_files(desk)
    site = [Finding("site", FAILURE, what, mend) for what, mend in SiteFolder(desk.path).damage()]
    yield from damage
    yield from site
    try:
        snapshot = desk.lake.snapshot()
    except HelmdeskError as error:
        if not damage:
            yield _failure("lake", error)
        return
    files = sum(len(paths) for paths in snapshot.files.values())
    crowded = desk.lake.needs_compaction()
    yield Finding(
        "lake",
        WARNING if crowded else OK,
        f"version {snapshot.version}, {files} files",
        "helmdesk compact" if crowded else "",
    )
    mart = _mart(desk, snapshot.version)
    yield mart
    if not damage:
        yield _records(desk)
    yield from _open_files(desk)
    if not site:
        yield from _audit_log(desk)
    if mart.state != FAILURE and not damage:
        yield from _concerns(desk)


def _failure(check: str, error: HelmdeskError) -> Finding:
    """Say an error as commands say it, what to do apart."""
    return Finding(check, FAILURE, error.what, error.mend or "mend this, then: helmdesk refresh")


def _own_files(desk: Desk) -> Iterator[Finding]:
    """Look at what this desk alone knows: its own metrics, and whom it has erased."""
    for check, read in (
        ("metrics", lambda: desk.folder.custom_metrics),
        ("erased people", lambda: read_erased(desk.path)),
    ):
        try:
            read()
        except HelmdeskError as error:
            yield _failure(check, error)


def _mart(desk: Desk, lake_version: int) -> Finding:
    """Look at the mart as it stands: a question would make a stale one anew."""
    made_of, path = desk.marts.made_of(), desk.marts.published_path()
    if path is not None and (made_of is None or not is_whole(path)):
        return Finding(
            "mart",
            FAILURE,
            f"{path} is damaged: cannot be read",
            "it is a copy, make it anew: helmdesk refresh --force",
        )
    if is_pointer_damaged(desk.path / MARTS_FOLDER):
        mend = "it is made anew with the next question, or now: helmdesk refresh"
        return Finding(
            "mart",
            FAILURE,
            f"{desk.path / MARTS_FOLDER / POINTER} is damaged: it names no mart",
            mend,
        )
    if made_of is None:
        return Finding("mart", WARNING, "none yet", "load something, or: helmdesk refresh")
    changes = made_of.changes(desk.folder.for_facts())
    if changes:
        mend = "helmdesk refresh (the next question does it, too)"
        return Finding("mart", WARNING, f"stale: {'; '.join(changes)}", mend)
    try:
        desk.marts.confirm_lake(made_of)
    except HelmdeskError as error:
        return _failure("mart", error)
    is_fresh = made_of.lake_version == lake_version
    mend = "" if is_fresh else "helmdesk refresh"
    return Finding(
        "mart", OK if is_fresh else WARNING, f"built from lake version {made_of.lake_version}", mend
    )


def _open_files(desk: Desk) -> Iterator[Finding]:
    """Which of the files that hold keys, passwords and people others may read."""
    site = desk.path / "site"
    kept = [site, *site.glob("*.key"), *site.glob("site.sqlite3*"), *site.glob("audit.head")]
    for path in kept if os.name == "posix" and site.is_dir() else ():
        if path.stat().st_mode & 0o077:
            yield Finding(
                "secrets",
                FAILURE,
                f"{path}: other users of this machine may read it",
                f"chmod go= {path}",
            )


def _audit_log(desk: Desk) -> Iterator[Finding]:
    """Whether the site's audit log is whole, where there is a site."""
    try:
        from helmdesk.web.inspection import audit_log
    except ImportError:
        return
    try:
        state = audit_log(desk.path)
    except HelmdeskError as error:
        yield Finding("audit log", WARNING, str(error), "helmdesk serve")
        return
    if state is None:
        return
    if state.problem:
        shown = f"{state.problem} (event {state.event.pk})" if state.event else state.problem
        mend = (
            "nothing mends it, and it stays told: find out who could write to the site's database,"
            " and compare with a backup"
        )
        yield Finding("audit log", FAILURE, shown, mend)
    else:
        yield Finding("audit log", OK, f"{state.count} events, whole")


def _concerns(desk: Desk) -> Iterator[Finding]:
    """What the numbers lack, once there are numbers; of facts that another question would make anew
    first, nothing is said.
    """
    made_of = desk.marts.made_of()
    if made_of is None or made_of.changes(desk.folder.for_facts()):
        return
    try:
        concerns = desk.concerns()
    except HelmdeskError as error:
        yield Finding("numbers", FAILURE, str(error), "mend this, then: helmdesk refresh")
        return
    for concern in concerns:
        yield Finding(concern.about, WARNING, concern.detail, concern.mend)


def _records(desk: Desk) -> Finding:
    """Count batches and quarantined cells from the lake itself."""
    import duckdb

    files = desk.lake.snapshot().files
    counts = {}
    for family in ("batch", "quarantine"):
        listed = texts(files.get(family, ()))
        counts[family] = (
            duckdb.connect()
            .execute(f"select count(*) from read_parquet({listed})")
            .fetchall()[0][0]
            if files.get(family)
            else 0
        )
    if not counts["batch"]:
        return Finding(
            "records",
            WARNING,
            "nothing loaded yet",
            "helmdesk load SOURCE PATH...   (or: helmdesk sample DIR)",
        )
    return Finding(
        "records", OK, f"{counts['batch']} batches, {counts['quarantine']} quarantined cells"
    )
