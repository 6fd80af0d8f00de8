"""A desk's folder: settings, lake and marts; how records get in and facts come out."""

from __future__ import annotations

import hashlib
import json
import re
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from helmdesk.errors import ConflictError, DataQualityError, HelmdeskError, NotFoundError
from helmdesk.lake.lake import Additions, Lake, Snapshot
from helmdesk.lake.mart import publish_mart, published_mart, remove_marts, spill_folder, spilling
from helmdesk.records.limits import Limits
from helmdesk.settings import Settings, read_settings, write_settings

if TYPE_CHECKING:
    from helmdesk.engines.duckdb import DuckDB
    from helmdesk.engines.engine import Engine
    from helmdesk.engines.spark import Spark
    from helmdesk.records.staging import LoadReport, Staging

SETTINGS_FILE, LAKE_FOLDER, MARTS_FOLDER = "helmdesk.toml", "lake", "marts"
PUBLISH_RACES = 20
READY = "READY"
Step = Callable[[str], None]


def silent(_step: str) -> None:
    """Tell nobody what happens next."""


class DeskFolder:
    """What a desk keeps: settings, records in the lake, facts in marts.

    Args:
        path: its folder.

    Raises:
        NotFoundError: the folder is no desk.
    """

    def __init__(self, path: Path | str) -> None:
        self.path = Path(path)
        if not (self.path / SETTINGS_FILE).is_file():
            raise NotFoundError(f"{self.path} is not a desk (no {SETTINGS_FILE}); create one with: helmdesk init {self.path}")
        self.settings = read_settings(self.path / SETTINGS_FILE)
        self.lake = Lake(self.path / LAKE_FOLDER)
        self._spark: Spark | None = None

    @classmethod
    def create(cls, path: Path | str, settings: Settings | None = None) -> Self:
        """Create a desk with an empty lake.

        Raises:
            ConflictError: there is a desk already, or the folder holds other things.
        """
        folder = Path(path)
        if (folder / SETTINGS_FILE).exists():
            raise ConflictError(f"{folder} is already a desk")
        if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
            raise ConflictError(f"{folder} is not empty; choose a new folder")
        (folder / MARTS_FOLDER).mkdir(parents=True)
        Lake(folder / LAKE_FOLDER).create()
        write_settings(folder / SETTINGS_FILE, settings or Settings())
        return cls(folder)

    # -- records ----------------------------------------------------------------------------------

    def load(
        self,
        source: str,
        paths: Sequence[Path | str],
        *,
        mapping: Path | str | None = None,
        time_zone: str | None = None,
        is_dry_run: bool = False,
        refresh: bool = True,
        on_step: Step = silent,
    ) -> LoadReport:
        """Load files through a source: the whole batch or nothing, and never twice.

        Returns:
            The report; `lake_version` is None for a dry run.

        Raises:
            NotFoundError, InputError, MappingError: see the source.
            ConflictError: another writer got in the way; load again.
            DataQualityError: stored, but more rows are in quarantine than `quarantine_limit` allows.
        """
        from helmdesk.sources.archive import unpack_archives

        with tempfile.TemporaryDirectory(prefix="helmdesk-") as scratch:
            unpacked = unpack_archives([Path(path) for path in paths], Path(scratch), self.limits)
            try:
                return self._load_files(source, unpacked, mapping, time_zone, is_dry_run, refresh, on_step, scratch)
            except HelmdeskError as error:
                # Where an archive was unpacked says nothing to anybody.
                raise type(error)(_within_archive(str(error), scratch)) from error

    @property
    def limits(self) -> Limits:
        """How much one load may bring."""
        given = self.settings
        return Limits(given.limit_megabytes, given.limit_rows, given.limit_columns, given.limit_cell_megabytes, given.limit_ratio)

    def _load_files(
        self,
        source: str,
        paths: Sequence[Path],
        mapping: Path | str | None,
        time_zone: str | None,
        is_dry_run: bool,
        refresh: bool,
        on_step: Step,
        scratch: str,
    ) -> LoadReport:
        from helmdesk.records.staging import batch_identity
        from helmdesk.sources.reading import digest, expected_bytes
        from helmdesk.sources.source import Options, find_source

        found = find_source(source)
        options = Options(Path(mapping) if mapping else None, time_zone)
        files = found.files(paths)
        parts = {name: digest(path) for name, path in files.items()}
        if options.mapping:
            parts["mapping"] = digest(options.mapping)
        parts["options"] = repr(time_zone).encode()

        def fill(staging: Staging) -> None:
            found.read(staging, paths, options)
            for file in staging.report.files:
                file.path = _within_archive(file.path, scratch)

        return self.load_with(
            fill,
            source,
            batch_identity(source, parts),
            input_bytes=sum(expected_bytes(path) for path in files.values()),
            is_dry_run=is_dry_run,
            refresh=refresh,
            on_step=on_step,
        )

    def load_with(
        self,
        fill: Callable[[Any], None],
        source: str,
        batch_id: str,
        *,
        input_bytes: int = 0,
        recorded_at: datetime | None = None,
        is_dry_run: bool = False,
        refresh: bool = True,
        on_step: Step = silent,
    ) -> LoadReport:
        """Load what `fill` puts into a staging area; see `load`."""
        import duckdb

        from helmdesk.engines.duckdb import SMALL_BYTES, bound_memory
        from helmdesk.facts.definitions import reject_unusable_definitions
        from helmdesk.lake.erasure import leave_out_erased
        from helmdesk.records.staging import LoadReport, Staging

        if not is_dry_run and self.lake.version_of_batch(batch_id) is not None:
            report = LoadReport(source, batch_id, is_already_loaded=True, lake_version=self.lake.version())
            if refresh:
                self.refresh(on_step=on_step)
            return report
        with spilling(self.path / MARTS_FOLDER) as spill, duckdb.connect() as connection:
            connection.execute("set timezone = 'UTC'")
            bound_memory(connection, self.settings.memory_gb, spill)
            if input_bytes < SMALL_BYTES:
                connection.execute("set threads = 1")
            staging = Staging(connection, source, batch_id, recorded_at, on_step, self.limits)
            fill(staging)
            reject_unusable_definitions(staging)
            staging.check()
            left_out = leave_out_erased(connection, staging.families, self.path)
            if left_out:
                staging.note(f"{left_out:,} records of people who were erased from this desk were left out")
            report = staging.summarise()
            if is_dry_run:
                return report
            on_step("writing to the lake")
            body = json.dumps({key: value for key, value in asdict(report).items() if key != "lake_version"})
            summary = {"source": source, "batch": batch_id, "rows": str(report.rows)}
            report.lake_version = self.lake.append(batch_id, staging.records(body), summary)
        if report.lake_version is None:
            report.is_already_loaded, report.lake_version = True, self.lake.version()
        if self.lake.needs_compaction():
            on_step("compacting the lake")
            self.lake.compact()
        if refresh:
            self.refresh(on_step=on_step)
        return report

    def empty(self) -> None:
        """Throw all records and marts away; a desk without anything remains."""
        with self.lake.writing():
            shutil.rmtree(self.path / LAKE_FOLDER)
            self.lake.create()
        remove_marts(self.path / MARTS_FOLDER)

    def check_quality(self, report: LoadReport) -> None:
        """Raise when a load put too much into quarantine.

        Raises:
            DataQualityError: share above the setting `quarantine_limit`.
        """
        limit = self.settings.quarantine_limit
        if report.quarantine_share > limit:
            raise DataQualityError(
                f"{report.quarantined_rows:,} of {report.rows:,} rows are in quarantine"
                f" ({report.quarantine_share:.1%}, limit {limit:.1%}); the rest was loaded"
            )

    # -- mart -------------------------------------------------------------------------------------

    def refresh(self, *, is_forced: bool = False, on_step: Step = silent) -> int:
        """Build the mart of the newest lake version and publish it; return that version.

        A mart that is up to date is left alone unless `is_forced`.
        """
        if self.settings.engine == "spark":
            self._open_spark(None, self.settings.for_facts(), on_step)
            return self.lake.version()
        snapshot = self.lake.snapshot()
        made_from = self._published_version()
        if made_from is not None and made_from > snapshot.version:
            # The log ends before the version that the mart was made from: its last entries are lost.
            raise self.lake.damaged(made_from) or ConflictError(f"{self.path}: the mart is of a later version than the lake")
        if not is_forced and self._is_current(snapshot.version):
            return snapshot.version

        def build(path: Path) -> None:
            from helmdesk.engines.duckdb import DuckDB, bound_memory

            if not is_forced and self._renew(path, snapshot, on_step):
                return
            engine = DuckDB.create(path)
            bound_memory(engine.connection, self.settings.memory_gb, spill_folder(path))
            try:
                self._build(engine, snapshot, self.settings.for_facts(), on_step)
            finally:
                engine.close()

        publish_mart(self.path / MARTS_FOLDER, build, _mart_version, snapshot.version)
        return snapshot.version

    def _renew(self, path: Path, snapshot: Snapshot, on_step: Step) -> bool:
        """Make the mart at `path` from a copy of the published one and what came since; False when that cannot be done."""
        published, made_from = self.published_path(), self._published_version()
        if published is None or made_from is None or made_from >= snapshot.version:
            return False
        additions = self.lake.additions(made_from, snapshot.version)
        if additions is None:
            return False
        from helmdesk.engines.duckdb import DuckDB, bound_memory
        from helmdesk.facts.events import CannotRenew
        from helmdesk.facts.renew import renew_facts

        on_step("copying the mart")
        try:
            shutil.copyfile(published, path)
        except FileNotFoundError:
            return False  # somebody published a newer one
        engine = DuckDB.edit(path)
        try:
            bound_memory(engine.connection, self.settings.memory_gb, spill_folder(path))
            engine.use_threads(path.stat().st_size)
            engine.run("begin")
            renew_facts(engine, snapshot.files, additions.files, additions.batches, self.settings.for_facts(), snapshot.version, on_step)
            engine.run("commit")
        except CannotRenew as reason:
            on_step(f"building the mart anew: {reason}")
            engine.close()
            path.unlink()
            path.with_name(path.name + ".wal").unlink(missing_ok=True)
            return False
        finally:
            engine.close()
        return True

    def published_path(self) -> Path | None:
        """Return the published mart's file, or None when there is none."""
        return published_mart(self.path / MARTS_FOLDER)

    def _published_version(self) -> int | None:
        import duckdb

        path = self.published_path()
        try:
            return None if path is None else _mart_version(path)
        except (HelmdeskError, duckdb.Error):
            return None

    def _build(self, engine: Engine, snapshot: Snapshot, settings: Mapping[str, Any], on_step: Step) -> None:
        import duckdb

        from helmdesk.facts.build import build_facts

        try:
            build_facts(engine, snapshot.files, settings, snapshot.version, on_step, snapshot.batches)
        except (duckdb.IOException, duckdb.InvalidInputException, OSError) as error:
            raise self.lake.damaged() or HelmdeskError(
                f"{self.path}: the mart could not be built ({str(error).splitlines()[0]})"
            ) from error

    def _is_current(self, version: int) -> bool:
        from helmdesk.engines.duckdb import DuckDB
        from helmdesk.facts.build import facts_hash

        path = published_mart(self.path / MARTS_FOLDER)
        if path is None:
            return False
        try:
            engine = DuckDB.open(path)
        except HelmdeskError:
            return False  # damaged, or replaced this very moment
        try:
            rows = engine.run("select lake_version, facts_hash, settings from mart")
        finally:
            engine.close()
        if [row[1:] for row in rows] != [(facts_hash(), json.dumps(self.settings.for_facts(), sort_keys=True))]:
            return False
        made_from = int(rows[0][0])
        added = Additions({}, ()) if made_from == version else self.lake.additions(made_from, version)
        return added == Additions({}, ())  # joined files are no news

    def mart_version(self) -> int | None:
        """Return the lake version of the published mart, or None when there is none."""
        if published_mart(self.path / MARTS_FOLDER) is None:
            return None
        with self.engine() as engine:
            return int(engine.run("select lake_version from mart")[0][0])

    @contextmanager
    def engine(self, as_of: int | None = None, settings: Mapping[str, Any] | None = None) -> Iterator[Engine]:
        """Open the facts: the published mart, or those of lake version `as_of` built in memory.

        Raises:
            NotFoundError: no such version.
        """
        from helmdesk.engines.duckdb import DuckDB

        engine: Engine
        if self.settings.engine == "spark":
            engine = self._open_spark(as_of, settings or self.settings.for_facts())
        elif as_of is None:
            engine = self._open_published()
        else:
            snapshot = self.lake.snapshot(as_of)
            engine = DuckDB.create()
            self._build(engine, snapshot, settings or self.settings.for_facts(), silent)
        try:
            yield engine
        finally:
            engine.close()

    def _open_spark(self, as_of: int | None, settings: Mapping[str, Any], on_step: Step = silent) -> Engine:
        """Open the tables that Spark made of a lake version, or have them made; every executor must see the desk's folder."""
        from helmdesk.engines.spark import Spark
        from helmdesk.facts.build import create_views, facts_hash

        snapshot = self.lake.snapshot(as_of)
        made_with = hashlib.sha256((facts_hash() + json.dumps(dict(settings), sort_keys=True)).encode()).hexdigest()[:8]
        folder = (self.path / MARTS_FOLDER).absolute() / f"spark-{snapshot.version}-{made_with}"
        if self._spark is not None and self._spark.folder == folder:
            return self._spark  # naming fifty tables again costs seconds
        engine = Spark.start(self.settings.spark_master, folder)
        if (folder / READY).exists():
            engine.reopen()
            create_views(engine)
        else:
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir(parents=True)
            self._build(engine, snapshot, settings, on_step)
            (folder / READY).touch()
        self._spark = engine
        return engine

    def _open_published(self) -> DuckDB:
        """Open the published mart; another process may replace it between looking and opening."""
        import duckdb

        from helmdesk.engines.duckdb import DuckDB
        from helmdesk.facts.build import facts_hash

        for _ in range(PUBLISH_RACES):
            path = published_mart(self.path / MARTS_FOLDER)
            if path is None:
                self.refresh()
                continue
            try:
                engine = DuckDB.open(path)
                if engine.run("select facts_hash from mart") == [(facts_hash(),)]:
                    return engine
                # Made by another version of Helmdesk, whose facts mean something else: the lake makes it anew.
                engine.close()
            except (HelmdeskError, duckdb.Error):
                if path != published_mart(self.path / MARTS_FOLDER):
                    continue
                # Damaged: a mart is nothing but a copy.
                remove_marts(self.path / MARTS_FOLDER)
            self.refresh()
        raise ConflictError(f"{self.path}: marts are being replaced faster than they can be opened; try again")

    def count_records(self, snapshot: Snapshot) -> dict[str, int]:
        """Return how many records of each type the files of a snapshot hold, read from the files."""
        import duckdb

        found: dict[str, int] = {}
        with duckdb.connect() as connection:
            for files in snapshot.files.values():
                reader = f"read_parquet({list(files)!r}, union_by_name=true, hive_partitioning=false)"
                found.update(connection.execute(f"select type, count(*) from {reader} group by type order by type").fetchall())
        return found

    def record_types(self) -> dict[str, int]:
        """Return how many records of each type the published mart was made from."""
        with self.engine() as engine:
            return dict(engine.run("select type, sum(records)::bigint from record_types group by type"))


def _within_archive(text: str, scratch: str) -> str:
    """Return `text` with files of an unpacked archive named from the archive on: ``export/ticket.csv``."""
    return re.sub(re.escape(scratch) + r"[/\\]\d+[/\\]", "", text)


def _mart_version(path: Path) -> int:
    from helmdesk.engines.duckdb import DuckDB

    engine = DuckDB.open(path)
    try:
        return int(engine.run("select lake_version from mart")[0][0])
    finally:
        engine.close()
