"""A desk's marts: facts made from the lake, published, renewed, opened."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from helmdesk.errors import ConflictError, HelmdeskError, NotFoundError
from helmdesk.lake.lake import Additions, Lake, Snapshot
from helmdesk.lake.mart import forget_older_tables, publish_mart, published_mart, remove_marts, spill_folder, spilling
from helmdesk.settings import Settings, read_settings, write_settings

if TYPE_CHECKING:
    from helmdesk.engines.duckdb import DuckDB
    from helmdesk.engines.engine import Engine
    from helmdesk.engines.spark import Spark

SETTINGS_FILE, LAKE_FOLDER, MARTS_FOLDER = "helmdesk.toml", "lake", "marts"
PUBLISH_RACES = 20
READY = "READY"
Step = Callable[[str], None]


def silent(_step: str) -> None:
    """Tell nobody what happens next."""


class DeskMarts:
    """A desk's settings, its lake, and the facts made from it.

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
            forget_older_tables(folder.parent)
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

    def record_types(self) -> dict[str, int]:
        """Return how many records of each type the published mart was made from."""
        with self.engine() as engine:
            return dict(engine.run("select type, sum(records)::bigint from record_types group by type"))


def _mart_version(path: Path) -> int:
    from helmdesk.engines.duckdb import DuckDB

    engine = DuckDB.open(path)
    try:
        return int(engine.run("select lake_version from mart")[0][0])
    finally:
        engine.close()
