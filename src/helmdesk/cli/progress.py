"""A progress bar on stderr, shown only for work that takes longer than two seconds."""

from __future__ import annotations

import sys
import threading
import time
from types import TracebackType
from typing import Any

PATIENCE_SECONDS = 2.0
# Steps of a load with refresh, to give the bar a length; more or fewer steps only bend it.
USUAL_STEPS = 20


class Progress:
    """Context manager whose instance is called with the name of each step.

    Attributes:
        running: the one that is being shown; a screen has room for one.
    """

    running: Progress | None = None

    def __init__(self) -> None:
        self._started = time.monotonic()
        self._lock = threading.Lock()
        self._bar: Any = None
        self._task: Any = None
        self._step, self._done = "starting", 0
        self._logged = 0.0
        self._is_shown = False
        self._timer = threading.Timer(PATIENCE_SECONDS, self._show)
        self._timer.daemon = True

    def __enter__(self) -> Progress:
        """Start to wait."""
        Progress.running = self
        self._timer.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Remove the bar."""
        Progress.running = None
        self._timer.cancel()
        with self._lock:
            if self._bar is not None:
                self._bar.stop()

    def __call__(self, step: str) -> None:
        """Begin a step."""
        with self._lock:
            self._step, self._done = step, self._done + 1
            if self._bar is not None:
                self._bar.update(
                    self._task, description=step, completed=min(self._done, USUAL_STEPS - 1)
                )
            if self._is_shown:
                self._log()

    def _show(self) -> None:
        with self._lock:
            self._is_shown = True
            if sys.stderr.isatty():
                self._bar, self._task = _new_bar(self._step, self._done)
            self._log()

    def _log(self) -> None:
        """Without a terminal a bar would be noise: a line now and then instead."""
        now = time.monotonic()
        if not sys.stderr.isatty() and now - self._logged >= PATIENCE_SECONDS:
            self._logged = now
            print(f"... {self._step} ({now - self._started:.0f} s)", file=sys.stderr)  # noqa: T201


def _new_bar(step: str, done: int) -> tuple[Any, Any]:
    """Start a bar on a terminal; imported here because nobody else needs it."""
    from rich.console import Console
    from rich.progress import BarColumn, TextColumn, TimeElapsedColumn
    from rich.progress import Progress as RichProgress

    columns = (BarColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
    bar = RichProgress(*columns, console=Console(stderr=True), transient=True)
    task = bar.add_task(step, total=USUAL_STEPS, completed=done)
    bar.start()
    return bar, task
