"""A desk's marts: facts made from the lake, published, refreshed, opened."""

from __future__ import annotations

import hashlib
import logging
import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from helmdesk.errors import ConflictError, HelmdeskError, NotFoundError
from helmdesk.lake.lake import Additions, Lake, Snapshot
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
from helmdesk.settings import MEND as RESTORE_SETTINGS
from helmdesk.settings import Settings, read_settings, write_settings

if TYPE_CHECKING:
    from helmdesk.engines.duckdb import DuckDB
    from helmdesk.engines.engine import Engine
    from helmdesk.engines.spark import Spark
    from helmdesk.facts.build.made_of import MadeOf

log = logging.getLogger("helmdesk")
SETTINGS_FILE, LAKE_FOLDER, MARTS_FOLDER = "helmdesk.toml", "lake", "marts"
PUBLISH_RACES = 20
READY = "READY"
Step = Callable[[str], None]


def silent(_step: str) -> None:
    """Tell nobody what happens next."""


@contextmanager
def logged(reason: str) -> Iterator[Step]:
    """Write into the log why facts are made anew before an answer."""
    log.info(reason)
    yield silent


class DeskMarts:
    """A desk's settings, its lake, and the facts made from it.

    Args:
        path: its folder.

    Attributes:
        announce: called with the reason when facts must be made anew before an answer; gives whom
        to tell the steps.

    Raises:
        NotFoundError: the folder is no desk.
    """

    announce: Callable[[str], AbstractContextManager[Step]]

    def __init__(self, path: Path | str) -> None:
        self.path = Path(path)
        if not (self.path / SETTINGS_FILE).is_file():
            if (self.path / LAKE_FOLDER).is_dir():
                raise NotFoundError(f"{self.path / SETTINGS_FILE} is missing; {RESTORE_SETTINGS}")
            raise NotFoundError(
                f"{self.path} is not a desk (no {SETTINGS_FILE}); create one with: helmdesk init"
                f" {self.path}"
            )
        self._settings, self._settings_stamp = (
            read_settings(self.path / SETTINGS_FILE),
            self._stamp(),
        )
        self.announce = logged
        self.lake = Lake(self.path / LAKE_FOLDER)
        self._spark: Spark | None = None

    @property
    def settings(self) -> Settings:
        """The settings as their file says now.

        Raises:
            SettingError: the file was changed, and is not valid.
        """
        stamp = self._stamp()
        if stamp != self._settings_stamp:
            self._settings, self._settings_stamp = read_settings(self.path / SETTINGS_FILE), stamp
        return self._settings

    @settings.setter
    def settings(self, settings: Settings) -> None:
        """Use other settings until the file changes."""
        self._settings, self._settings_stamp = settings, self._stamp()

    def _stamp(self) -> tuple[int, int]:
        found = (self.path / SETTINGS_FILE).stat()
        return found.st_mtime_ns, found.st_size

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
        # What it will hold is about people: for its owner alone, until he opens it.
        folder.parent.mkdir(parents=True, exist_ok=True)
        folder.mkdir(mode=0o700, exist_ok=True)
        (folder / MARTS_FOLDER).mkdir()
        Lake(folder / LAKE_FOLDER).create()
        write_settings(folder / SETTINGS_FILE, settings or Settings())
        return cls(folder)

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
            remove_marts(self.path / MARTS_FOLDER)
        settings = self.settings.for_facts()
        if self.settings.engine == "spark":
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
            bound_memory(engine.connection, self.settings.memory_gb, spill_folder(path))
            try:
                self._build(engine, snapshot, settings, on_step)
            finally:
                engine.close()

        publish_mart(self.path / MARTS_FOLDER, build, _mart_version, snapshot.version)
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
            bound_memory(engine.connection, self.settings.memory_gb, spill_folder(path))
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
                f"{self.path}: the mart is of a later version than the lake"
            )

    def published_path(self) -> Path | None:
        """Return the published mart's file, or None when there is none."""
        return published_mart(self.path / MARTS_FOLDER)

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
            return None if path is None else _made_of(path)
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
                f"{self.path}: the mart could not be built ({str(error).splitlines()[0]})"
            ) from error

    def _holds_all(self, made_of: MadeOf, version: int) -> bool:
        added = (
            Additions({}, ())
            if made_of.lake_version == version
            else self.lake.additions(made_of.lake_version, version)
        )
        return added == Additions({}, ())  # joined files are no news

    def mart_version(self) -> int | None:
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
            if self.settings.engine == "spark":
                engine = self._open_spark(as_of, settings or self.settings.for_facts())
            elif as_of is None:
                engine = self._open_published()
            else:
                snapshot = self.lake.snapshot(as_of)
                spill = stack.enter_context(spilling(self.path / MARTS_FOLDER))
                engine = DuckDB.create()
                bound_memory(engine.connection, self.settings.memory_gb, spill)
                self._build(engine, snapshot, settings or self.settings.for_facts(), silent)
            stack.callback(engine.close)
            yield engine

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
            forget_older_tables(folder.parent)
        self._spark = engine
        return engine

    def _open_published(self, *, is_other_settings_fine: bool = False) -> DuckDB:
        """Open the published mart; another process may replace it between looking and opening.

        A mart made with other settings or by another version of Helmdesk is made anew first.
        """
        import duckdb

        from helmdesk.engines.duckdb import DuckDB
        from helmdesk.facts.build.made_of import MadeOf

        for _ in range(PUBLISH_RACES):
            path, reason = published_mart(self.path / MARTS_FOLDER), "no facts were made yet"
            if is_pointer_damaged(self.path / MARTS_FOLDER):
                reason = f"{self.path / MARTS_FOLDER / POINTER} was damaged"
            if path is not None:
                try:
                    engine = DuckDB.open(path)
                    made_of = MadeOf.read(engine)
                    changes = made_of.changes(self.settings.for_facts())
                except (HelmdeskError, duckdb.Error):
                    if path != published_mart(self.path / MARTS_FOLDER):
                        continue
                    # A mart is nothing but a copy.
                    remove_marts(self.path / MARTS_FOLDER)
                    reason = f"{path} was damaged"
                else:
                    if not changes or (is_other_settings_fine and made_of.is_of_this_version):
                        self.confirm_lake(made_of)
                        return engine
                    engine.close()
                    reason = "; ".join(changes)
            self.bring_up(reason)
        raise ConflictError(
            f"{self.path}: marts are being replaced faster than they can be opened; try again"
        )

    def bring_up(self, reason: str) -> None:
        """Make the facts anew where they are not those of this lake and these settings; who else
        wants to waits for it.
        """
        from filelock import FileLock

        (self.path / MARTS_FOLDER).mkdir(exist_ok=True)
        with (
            self.announce(reason) as on_step,
            FileLock(self.path / MARTS_FOLDER / ".bring-up.lock"),
        ):
            self.refresh(on_step=on_step)

    def record_types(self) -> dict[str, int]:
        """Return how many records of each type the published mart was made from."""
        with self.engine() as engine:
            return dict(
                engine.run("select type, sum(records)::bigint from record_types group by type")
            )


def _made_of(path: Path) -> MadeOf:
    from helmdesk.engines.duckdb import DuckDB
    from helmdesk.facts.build.made_of import MadeOf

    engine = DuckDB.open(path)
    try:
        return MadeOf.read(engine)
    finally:
        engine.close()


def _mart_version(path: Path) -> int:
    return _made_of(path).lake_version
