"""A desk that stays open: for a process that answers many questions, from many threads, over the newest mart."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from threading import RLock
from typing import TYPE_CHECKING, Any, NamedTuple

from helmdesk.desk import SETTINGS_FILE, Desk
from helmdesk.errors import SettingError
from helmdesk.lake.mart import published_mart
from helmdesk.settings import read_settings

if TYPE_CHECKING:
    from helmdesk.engines.duckdb import DuckDB
    from helmdesk.engines.engine import Engine
    from helmdesk.query.bounds import Bounds
    from helmdesk.query.reader import Reader


class OpenMart(NamedTuple):
    """A published mart, open and locked against everything outside it."""

    path: Path
    engine: DuckDB
    bounds: Bounds
    lake_version: int


class LiveDesk(Desk):
    """A desk whose mart is opened once and whose results are remembered.

    A new mart is picked up with the next question; whoever reads the old one keeps it until done. Results are kept by
    mart, question and policy. Settings and metrics of the desk's own are read again when their files change.
    """

    def __init__(self, path: Path | str) -> None:
        super().__init__(path)
        if self.settings.engine != "duckdb":
            raise SettingError(
                f"engine = '{self.settings.engine}': the site answers from DuckDB marts only; use the command line or Python"
            )
        from helmdesk.query.reader import Memory

        self._memory, self._turn = Memory(), RLock()
        self._mart: OpenMart | None = None
        self._files = self._stamps()

    def follow(self) -> None:
        """Read settings and metric definitions again if somebody changed them.

        Raises:
            SettingError: what is there now is not valid.
        """
        stamps = self._stamps()
        if stamps != self._files:
            with self._turn:
                self.settings = read_settings(self.path / SETTINGS_FILE)
                self.__dict__.pop("custom_metrics", None)
                self._files = stamps

    def _stamps(self) -> tuple[tuple[str, int], ...]:
        files = [self.path / SETTINGS_FILE, *sorted((self.path / "metrics").glob("*"))]
        return tuple((str(file), file.stat().st_mtime_ns) for file in files if file.is_file())

    @contextmanager
    def engine(self, as_of: int | None = None, settings: Mapping[str, Any] | None = None) -> Iterator[Engine]:
        """Give a connection of its own to the open mart; another lake version is built apart."""
        if as_of is not None:
            with super().engine(as_of, settings) as engine:
                yield engine
            return
        twin = self._connect(self.open_mart())
        try:
            yield twin
        finally:
            twin.close()

    @contextmanager
    def reader(self, as_of: int | None = None, settings: Mapping[str, Any] | None = None) -> Iterator[Reader]:
        """Open the facts for questions whose answers are remembered."""
        from helmdesk.query.reader import RememberingReader

        if as_of is not None:
            with super().reader(as_of, settings) as reader:
                yield reader
            return
        mart = self.open_mart()
        twin = self._connect(mart)
        try:
            yield RememberingReader(twin, mart.bounds, self._memory, mart.path.name)
        finally:
            twin.close()

    def mart_version(self) -> int | None:
        """Return the lake version of the published mart."""
        return self.open_mart().lake_version

    def open_mart(self) -> OpenMart:
        """Return the published mart, opened if it is not yet."""
        with self._turn:
            while self._mart is None or published_mart(self.path / "marts") != self._mart.path:
                from helmdesk.query.run import read_bounds

                path = published_mart(self.path / "marts")
                engine = self._open_published()
                if path is None or published_mart(self.path / "marts") != path:
                    # Published meanwhile: which file was opened is not certain, and answers are remembered by it.
                    engine.close()
                    continue
                ((version,),) = engine.run("select lake_version from mart")
                engine.lock()
                self._memory.clear()  # nobody asks the old mart again, and an erased person must not stay
                self._mart = OpenMart(path, engine, read_bounds(engine), int(version))
            return self._mart

    def _connect(self, mart: OpenMart) -> DuckDB:
        with self._turn:
            return mart.engine.another()
