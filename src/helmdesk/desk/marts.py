"""A desk's marts: facts made from the lake, published, refreshed, opened."""

from __future__ import annotations

import hashlib
import logging
import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, contextmanager
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from helmdesk.desk.folder import Folder
from helmdesk.errors import ConflictError, DamageError, HelmdeskError
from helmdesk.lake.lake import Additions, Snapshot
from helmdesk.marts.mart import (
    POINTER,
    forget_older_tables,
    is_pointer_damaged,
    publish_mart,
    published_mart,
    remove_marts,
    spill_folder,
    spilling,
)

if TYPE_CHECKING:
    from helmdesk.engines.duckdb import DuckDB
    from helmdesk.engines.engine import Engine
    from helmdesk.engines.spark import Spark
    from helmdesk.facts.build.made_of import MadeOf
    from helmdesk.query.reader import Reader

log = logging.getLogger("helmdesk")
PUBLISH_RACES = 20
READY = "READY"
Step = Callable[[str], None]


def silent(_step: str) -> None:
    """Tell nobody what happens next."""


class KeptMart(NamedTuple):
    """A published mart that stays open until another takes its place.

    To start a database takes longer than most questions: who asks again finds it started.
    """

    file: tuple[object, ...]
    engine: DuckDB
    made_of: MadeOf


@contextmanager
def logged(reason: str) -> Iterator[Step]:
    """Write into the log why facts are made anew before an answer."""
    log.info(reason)
    yield silent


class Marts:
    """The facts made from a desk's lake.

    Attributes:
        announce: called with the reason when facts must be made anew before an answer; gives whom
        to tell the steps.
    """

    announce: Callable[[str], AbstractContextManager[Step]]
    _keeps_open = True

    def __init__(self, folder: Folder) -> None:
        self.folder, self.lake, self.announce = folder, folder.lake, logged
        self._path = folder.marts_path
        self._spark: Spark | None = None
        self._kept: KeptMart | None = None

    def refresh(
        self, *, is_forced: bool = False, accepts_loss: bool = False, on_step: Step = silent
    ) -> int:
        """Build the mart of the newest lake version and publish it; return that version.

        A mart that is up to date is left alone unless `is_forced`.

        Args:
            accepts_loss: take what is left of a damaged lake for all there is.

        Raises:
            DamageError: the lake is not as it was left, or not the one that the published mart was
            made from.
        """
        if accepts_loss:
            self.lake.seal_anew()
            self.remove()
        settings = self.folder.for_facts()
        if self.folder.settings.engine == "spark":
            self._open_spark(None, settings, on_step)
            return self.lake.version()
        snapshot = self.lake.snapshot()
        made_of = self.published_made_of()
        self.confirm_lake(made_of)
        if (
            not is_forced
            and made_of is not None
            and not made_of.changes(settings)
            and self._holds_all(made_of, snapshot.version)
        ):
            return snapshot.version

        def build(path: Path) -> None:
            from helmdesk.engines.duckdb import DuckDB, bound_memory

            if (
                not is_forced
                and made_of is not None
                and self._refresh_incrementally(path, made_of, snapshot, settings, on_step)
            ):
                return
            engine = DuckDB.create(path)
            bound_memory(engine.connection, self.folder.settings.memory_gb, spill_folder(path))
            try:
                self._build(engine, snapshot, settings, on_step)
            finally:
                engine.close()

        publish_mart(self._path, build, _mart_version, snapshot.version)
        self.let_go()
        return snapshot.version

    def _refresh_incrementally(
        self,
        path: Path,
        made_of: MadeOf,
        snapshot: Snapshot,
        settings: Mapping[str, Any],
        on_step: Step,
    ) -> bool:
        """Make the mart at `path` from a copy of the published one and what came since; False when
        that cannot be done.
        """
        published = self.published_path()
        if (
            published is None
            or made_of.lake_version >= snapshot.version
            or made_of.changes(settings)
        ):
            return False
        additions = self.lake.additions(made_of.lake_version, snapshot.version)
        if additions is None:
            return False
        from helmdesk.engines.duckdb import DuckDB, bound_memory
        from helmdesk.facts.build.events import FullRebuildRequired
        from helmdesk.facts.build.incremental import refresh_facts

        on_step("copying the mart")
        try:
            shutil.copyfile(published, path)
        except FileNotFoundError:
            return False  # somebody published a newer one
        engine = DuckDB.edit(path)
        try:
            bound_memory(engine.connection, self.folder.settings.memory_gb, spill_folder(path))
            engine.use_threads(path.stat().st_size)
            engine.run("begin")
            self.lake.check_files(snapshot.files)
            refresh_facts(
                engine,
                snapshot.files,
                additions.files,
                additions.batches,
                settings,
                snapshot.version,
                snapshot.log,
                on_step,
            )
            engine.run("commit")
        except FullRebuildRequired as reason:
            on_step(f"building the mart anew: {reason}")
            engine.close()
            path.unlink()
            path.with_name(path.name + ".wal").unlink(missing_ok=True)
            return False
        finally:
            engine.close()
        return True

    def _is_of_this_lake(self, path: Path, made_of: MadeOf) -> bool:
        """Whether the lake still holds what a mart was made of; not where both were thrown away
        since it was opened.

        Raises:
            DamageError: the mart stands, and what it was made of was lost or replaced.
        """
        try:
            self.confirm_lake(made_of)
        except DamageError:
            if path != published_mart(self._path):
                return False
            raise
        return True

    def confirm_lake(self, made_of: MadeOf | None) -> None:
        """Make sure that the lake still holds what a mart was made of.

        Raises:
            DamageError: log entries were lost or replaced since.
        """
        if made_of is not None and made_of.log:
            self.lake.confirm(made_of.log, made_of.lake_version)
        elif (
            made_of is not None and made_of.lake_version > self.lake.version()
        ):  # made by a version that knew the number alone
            raise self.lake.damaged(made_of.lake_version) or ConflictError(
                f"{self.folder.path}: the mart is of a later version than the lake"
            )

    def published_path(self) -> Path | None:
        """Return the published mart's file, or None when there is none."""
        return published_mart(self._path)

    def made_of(self) -> MadeOf | None:
        """Return what the answers of this moment are made of; None when there is no mart yet."""
        return self.published_made_of()

    def published_made_of(self) -> MadeOf | None:
        """Return what the published mart was made of, as it stands; None when there is none, or
        none that can be read.
        """
        import duckdb

        path = self.published_path()
        try:
            return None if path is None else self._read_made_of(path)
        except (HelmdeskError, duckdb.Error):
            return None  # damaged, or replaced this very moment

    def _build(
        self, engine: Engine, snapshot: Snapshot, settings: Mapping[str, Any], on_step: Step
    ) -> None:
        import duckdb

        from helmdesk.facts.build.build import build_facts

        try:
            with self.lake.reading():
                self.lake.check_files(snapshot.files)
                build_facts(
                    engine,
                    snapshot.files,
                    settings,
                    snapshot.version,
                    on_step,
                    snapshot.batches,
                    log=snapshot.log,
                )
        except (duckdb.IOException, duckdb.InvalidInputException, OSError) as error:
            raise HelmdeskError(
                f"{self.folder.path}: the mart could not be built ({str(error).splitlines()[0]})"
            ) from error

    def _holds_all(self, made_of: MadeOf, version: int) -> bool:
        added = (
            Additions({}, ())
            if made_of.lake_version == version
            else self.lake.additions(made_of.lake_version, version)
        )
        return added == Additions({}, ())  # joined files are no news

    def version(self) -> int | None:
        """Return the lake version of the published mart, or None when there is none."""
        made_of = self.published_made_of()
        return None if made_of is None else made_of.lake_version

    @contextmanager
    def engine(
        self, as_of: int | None = None, settings: Mapping[str, Any] | None = None
    ) -> Iterator[Engine]:
        """Open the facts: the published mart, or those of lake version `as_of` built in memory.

        Raises:
            NotFoundError: no such version.
        """
        from helmdesk.engines.duckdb import DuckDB, bound_memory

        engine: Engine
        with ExitStack() as stack:
            if self.folder.settings.engine == "spark":
                engine = self._open_spark(as_of, settings or self.folder.for_facts())
            elif as_of is None:
                engine = self.open_published()
            else:
                snapshot = self.lake.snapshot(as_of)
                spill = stack.enter_context(spilling(self._path))
                engine = DuckDB.create()
                bound_memory(engine.connection, self.folder.settings.memory_gb, spill)
                self._build(engine, snapshot, settings or self.folder.for_facts(), silent)
            stack.callback(engine.close)
            yield engine

    @contextmanager
    def reader(
        self, as_of: int | None = None, settings: Mapping[str, Any] | None = None
    ) -> Iterator[Reader]:
        """Open the facts for questions; see `engine`."""
        from helmdesk.query.reader import Reader

        with self.engine(as_of, settings) as engine:
            yield Reader(engine, currency=self.folder.settings.currency)

    def _open_spark(
        self, as_of: int | None, settings: Mapping[str, Any], on_step: Step = silent
    ) -> Engine:
        """Open the tables that Spark made of a lake version, or have them made; every executor must
        see the desk's folder.
        """
        from helmdesk.engines.spark import Spark
        from helmdesk.facts.build.build import create_views, facts_hash, settings_text

        snapshot = self.lake.snapshot(as_of)
        made_with = hashlib.sha256(
            (facts_hash() + settings_text(settings) + snapshot.log).encode()
        ).hexdigest()[:8]
        folder = (self._path).absolute() / f"spark-{snapshot.version}-{made_with}"
        if self._spark is not None and self._spark.folder == folder:
            return self._spark  # naming fifty tables again costs seconds
        engine = Spark.start(self.folder.settings.spark_master, folder)
        if (folder / READY).exists():
            engine.reopen()
            create_views(engine)
        else:
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir(parents=True)
            self._build(engine, snapshot, settings, on_step)
            (folder / READY).touch()
            forget_older_tables(folder.parent)
        self._spark = engine
        return engine

    def open_published(self, *, is_other_settings_fine: bool = False) -> DuckDB:
        """Open the published mart; another process may replace it between looking and opening.

        A mart made with other settings or by another version of Helmdesk is made anew first.
        """
        import duckdb

        for _ in range(PUBLISH_RACES):
            self.lake.settle()
            path, reason = published_mart(self._path), "no facts were made yet"
            if is_pointer_damaged(self._path):
                reason = f"{self._path / POINTER} was damaged"
            if path is not None:
                try:
                    engine, made_of = self._open(path)
                    changes = made_of.changes(self.folder.for_facts())
                except (HelmdeskError, duckdb.Error):
                    if path != published_mart(self._path):
                        continue
                    # A mart is nothing but a copy.
                    self.remove()
                    reason = f"{path} was damaged"
                else:
                    if not changes or (is_other_settings_fine and made_of.is_of_this_version):
                        if self._is_of_this_lake(path, made_of):
                            return engine
                        engine.close()
                        continue
                    engine.close()
                    reason = "; ".join(changes)
            self.bring_up(reason)
        raise ConflictError(
            f"{self.folder.path}: marts are being replaced faster than they can be opened;"
            " try again"
        )

    def _open(self, path: Path) -> tuple[DuckDB, MadeOf]:
        """Open a mart, and keep it open for the next question; say what it is made of."""
        from helmdesk.engines.duckdb import DuckDB
        from helmdesk.facts.build.made_of import MadeOf

        kept = self._still_kept(path)
        if kept is None:
            engine = DuckDB.open(path)
            kept = KeptMart(file_identity(path), engine, MadeOf.read(engine))
            if not self._keeps_open:
                return engine, kept.made_of
            self._kept = kept
        return DuckDB.open(path), kept.made_of

    def _still_kept(self, path: Path) -> KeptMart | None:
        """Return the mart that is kept open, if it is this file, as it is now; else it is let go:
        whoever opens the file would be given it instead.
        """
        if self._kept is not None and self._kept.file != file_identity(path):
            self.let_go()
        return self._kept

    def _read_made_of(self, path: Path) -> MadeOf:
        kept = self._still_kept(path)
        return kept.made_of if kept else _made_of(path)

    def let_go(self) -> None:
        """Close the mart that is kept open, if there is one."""
        kept, self._kept = self._kept, None
        if kept is not None:
            kept.engine.close()

    def remove(self) -> None:
        """Delete all marts: the next refresh makes one from the lake."""
        self.let_go()
        remove_marts(self._path)

    def bring_up(self, reason: str) -> None:
        """Make the facts anew where they are not those of this lake and these settings; who else
        wants to waits for it.
        """
        from filelock import FileLock

        (self._path).mkdir(exist_ok=True)
        with (
            self.announce(reason) as on_step,
            FileLock(self._path / ".bring-up.lock"),
        ):
            self.refresh(on_step=on_step)

    def record_types(self) -> dict[str, int]:
        """Return how many records of each type the published mart was made from."""
        with self.engine() as engine:
            return dict(
                engine.run("select type, sum(records)::bigint from record_types group by type")
            )


def file_identity(path: Path) -> tuple[object, ...]:
    """Return what is another as soon as a file is.

    Raises:
        HelmdeskError: it is not there any more.
    """
    try:
        state = path.stat()
    except OSError as error:
        raise HelmdeskError(f"{path}: not a readable mart; run: helmdesk refresh") from error
    return path, state.st_ino, state.st_size, state.st_mtime_ns


def _made_of(path: Path) -> MadeOf:
    return _made_of_file(*file_identity(path))


@lru_cache(maxsize=64)
def _made_of_file(path: Path, *_identity: object) -> MadeOf:
    from helmdesk.engines.duckdb import DuckDB
    from helmdesk.facts.build.made_of import MadeOf

    engine = DuckDB.open(path)
    try:
        return MadeOf.read(engine)
    finally:
        engine.close()


def _mart_version(path: Path) -> int:
    return _made_of(path).lake_version
