"""A mart that stays open: asked from many threads, its answers remembered, followed by the next."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from threading import RLock, Thread
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from helmdesk.desk.folder import SETTINGS_FILE, Folder
from helmdesk.desk.marts import Marts
from helmdesk.engines.ration import current_ration
from helmdesk.errors import DamageError, HelmdeskError, SettingError
from helmdesk.lake.seal import LOG
from helmdesk.marts.kept_answers import sealed, unsealed
from helmdesk.marts.mart import answers_file, keep_beside, published_mart, spill_folder

if TYPE_CHECKING:
    from helmdesk.engines.duckdb import DuckDB
    from helmdesk.engines.engine import Engine
    from helmdesk.facts.build.made_of import MadeOf
    from helmdesk.query.bounds import Bounds
    from helmdesk.query.reader import Reader

log = logging.getLogger("helmdesk")
MOST_KEPT = 32 * 1024**2
"""About how much the answers may take that are kept for the next process."""


class OpenMart(NamedTuple):
    """A published mart, open and locked against everything outside it."""

    path: Path
    engine: DuckDB
    bounds: Bounds
    made_of: MadeOf


class Elsewhere(Protocol):
    """What makes marts anew outside this process."""

    def ask(self, wanted: str, reason: str) -> bool:
        """Let the wanted mart be made anew, once; False where that has to be asked again."""

    def problem(self, wanted: str) -> str:
        """Return why the wanted mart could not be made; empty when nothing is known."""


class LiveMarts(Marts):
    """Marts of which the published one is opened once and whose results are remembered.

    A new mart is picked up with the next question; whoever reads the old one keeps it until done.
    Results are kept by mart, question and policy.

    Args:
        elsewhere: makes marts anew; None lets a thread do it.
    """

    _keeps_open = False  # beyond the one that it opens itself

    def __init__(self, folder: Folder, elsewhere: Elsewhere | None = None) -> None:
        super().__init__(folder)
        if folder.settings.engine != "duckdb":
            raise SettingError(
                f"engine = '{folder.settings.engine}': the site answers from DuckDB marts only; use"
                " the command line or Python"
            )
        from helmdesk.query.reader import Memory

        self._memory, self._turn = Memory(), RLock()
        self._mart: OpenMart | None = None
        self._files = self._stamps()
        self.bringing_up: Thread | None = None
        self._elsewhere = elsewhere
        self._tried = ""
        self._confirmed: tuple[int, ...] = ()
        self._problem = ""

    def follow(self) -> None:
        """Read settings and metric definitions again if somebody changed them.

        Raises:
            SettingError: what is there now is not valid.
        """
        stamps = self._stamps()
        if stamps != self._files:
            with self._turn:
                self.folder.forget_metrics()
                self._memory.clear()  # what was answered by other definitions
                self._files = stamps
        settings = self.folder.for_facts()
        if self._mart is not None and (changes := self._mart.made_of.changes(settings)):
            self._bring_up_in_background("; ".join(changes), self._mart)

    def notice(self) -> str:
        """Return what a reader must know about the numbers of this moment; empty when there is
        nothing.
        """
        changes = "; ".join(self._changes(self.open_mart()))
        if not changes:
            return ""
        if problem := self._elsewhere.problem(self._tried) if self._elsewhere else self._problem:
            return (
                f"Settings have changed ({changes}), but the numbers could not be made anew with"
                f" them: {problem}. They are those of before."
            )
        return (
            f"Settings have changed ({changes}). The numbers are being made anew with them; until"
            " then they are those of before."
        )

    def identity(self) -> tuple[object, ...]:
        """Return what an answer depends on beside its question: the mart, settings, metrics of the
        desk's own, and what is dismissed.
        """
        return (
            self.open_mart().path.name,
            *sorted(vars(self.folder.settings).items(), key=str),
            self._files,
            self.folder.dismissals.stamp(),
        )

    def keep_answers(self, secret: bytes) -> int:
        """Write the answers that were used last beside their mart, for the next process that reads
        it; return how many.
        """
        with self._turn:
            mart, identity = self.open_mart(), self.identity()
            answers = self._memory.latest(MOST_KEPT)
        if not answers or not keep_beside(mart.path, sealed(answers, identity, secret)):
            return 0
        return len(answers)

    def take_answers(self, secret: bytes) -> int:
        """Remember what another process answered of the same mart, under the same settings and
        definitions and by the same code; return how many answers there were.
        """
        with self._turn:
            mart, identity = self.open_mart(), self.identity()
            answers = unsealed(answers_file(mart.path), identity, secret)
            self._memory.take(answers)
        return len(answers)

    def _changes(self, mart: OpenMart) -> list[str]:
        return mart.made_of.changes(self.folder.for_facts())

    def _bring_up_in_background(self, reason: str, mart: OpenMart) -> None:
        """Make the mart anew once; after a failure only when settings or mart have changed
        since.
        """
        with self._turn:
            wanted = repr((mart.path.name, *self.folder.for_facts().values()))
            if wanted == self._tried or (
                self._elsewhere and not self._elsewhere.ask(wanted, reason)
            ):
                return
            self._tried, self._problem = wanted, ""
            if self._elsewhere:
                return

            def run() -> None:
                try:
                    self.bring_up(reason)
                except Exception as error:  # The thread's outermost boundary: `notice` tells it.
                    log.error("the mart could not be made anew", exc_info=error)
                    self._problem = (
                        str(error)
                        if isinstance(error, HelmdeskError)
                        else "an unexpected error; it was logged by the server"
                    )

            self.bringing_up = Thread(target=run, name="bring up", daemon=True)
            self.bringing_up.start()

    def _stamps(self) -> tuple[tuple[str, int, int], ...]:
        files = [
            self.folder.path / SETTINGS_FILE,
            self.folder.taxonomies.file,
            *sorted((self.folder.path / "metrics").glob("*")),
        ]
        return tuple(
            (str(file), file.stat().st_mtime_ns, file.stat().st_size)
            for file in files
            if file.is_file()
        )

    @contextmanager
    def engine(
        self, as_of: int | None = None, settings: Mapping[str, Any] | None = None
    ) -> Iterator[Engine]:
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
    def reader(
        self, as_of: int | None = None, settings: Mapping[str, Any] | None = None
    ) -> Iterator[Reader]:
        """Open the facts for questions whose answers are remembered; all of one request share a
        connection.
        """
        if as_of is not None:
            with super().reader(as_of, settings) as reader:
                yield reader
            return
        mart, ration = self.open_mart(), current_ration()
        if ration is not None:
            yield ration.keep(("reader", mart.path), lambda: self._reading(mart))
            return
        with self._reading(mart) as reader:
            yield reader

    @contextmanager
    def _reading(self, mart: OpenMart) -> Iterator[Reader]:
        from helmdesk.query.reader import CachingReader

        twin = self._connect(mart)
        try:
            yield CachingReader(
                twin, mart.bounds, self._memory, mart.path.name, self.folder.settings.currency
            )
        finally:
            twin.close()

    def made_of(self) -> MadeOf | None:
        """Return what the open mart was made of."""
        return self.open_mart().made_of

    def open_mart(self) -> OpenMart:
        """Return the published mart, opened if it is not yet."""
        self.lake.settle()
        with self._turn:
            published = published_mart(self._path)
            if self._mart is not None and published == self._mart.path:
                try:
                    self._confirm_once(self._mart)
                    return self._mart
                except DamageError:
                    if published_mart(self._path) == published:
                        raise
                    # the lake was emptied meanwhile, and what was made of it is gone too
            while True:
                from helmdesk.engines.duckdb import bound_memory
                from helmdesk.facts.build.made_of import MadeOf
                from helmdesk.query.run import read_bounds

                path = published_mart(self._path)
                engine = self.open_published(is_other_settings_fine=self._mart is not None)
                if path is None or published_mart(self._path) != path:
                    # Published meanwhile: which file was opened is not certain, and answers are
                    # remembered by it.
                    engine.close()
                    continue
                made_of = MadeOf.read(engine)
                if not engine.is_locked():
                    bound_memory(
                        engine.connection, self.folder.settings.memory_gb, spill_folder(path)
                    )
                engine.lock()
                # nobody asks the old mart again, and an erased person must not stay
                self._memory.clear()
                self._mart = OpenMart(path, engine, read_bounds(engine), made_of)
                return self._mart

    def _confirm_once(self, mart: OpenMart) -> None:
        """Make sure that the lake still holds what the open mart was made of, where something has
        moved since it was looked at.
        """
        stamps = tuple(
            path.stat().st_mtime_ns if path.exists() else 0
            for path in (self.lake.path / LOG, self.lake.seal_path)
        )
        if stamps != self._confirmed:
            self.confirm_lake(mart.made_of)
            self._confirmed = stamps

    def _connect(self, mart: OpenMart) -> DuckDB:
        with self._turn:
            return mart.engine.another(current_ration())
