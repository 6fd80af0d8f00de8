"""A worker: takes one job after the other, and lives as long as its heart beats.

A worker that is killed leaves its job under a lease. The next one takes it when the lease has run
out, or at once where it sees that the process is no more. Threads in a site's process give way to
workers of their own.
"""

from __future__ import annotations

import itertools
import logging
import os
import socket
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import timedelta
from functools import cache, partial
from pathlib import Path
from typing import Any

from django.db import DatabaseError, close_old_connections, connection
from django.db.models import QuerySet

from helmdesk.web.apps.jobs import queue
from helmdesk.web.apps.jobs.kind import Effect, Held, JobKind, NotSent, kinds
from helmdesk.web.apps.jobs.models import Heartbeat, Job, Outcome, Switch
from helmdesk.web.apps.jobs.queue import LeaseLost, wake
from helmdesk.web.apps.jobs.schedules import make_missing, tick

log = logging.getLogger("helmdesk.web")
_numbers = itertools.count()
LOOK_SECONDS, SCHEDULE_SECONDS, TELL_SECONDS = 1.0, 5.0, 0.5
# A heart beats several times within the shorter of a lease and a worker's own span.
ALIVE_SECONDS, BEATS = 12.0, 4


class Stopped(Exception):
    """The worker is to end; the job goes back."""


class Worker:
    """One worker.

    Args:
        is_thread: it works within a site's process, and only while no better worker lives.
        known: the kinds it can do; None for all.
    """

    def __init__(self, *, is_thread: bool, known: Mapping[str, JobKind[Any]] | None = None) -> None:
        self.known = kinds() if known is None else known
        self.is_thread = is_thread
        number = next(_numbers)
        self.name = f"{place()} {os.getpid()}{f'.{number}' if number else ''}"[:100]
        self.started_at = queue.now()
        self.ending = threading.Event()
        self._held: Job | None = None
        self._lost = ""
        self._looked, self._is_needed, self._scheduled, self._told = 0.0, False, 0.0, 0.0

    def run(self) -> None:
        """Work until somebody calls `stop`; a database that is away for a while ends nothing."""
        with self._alive():
            is_new = True
            while not self.ending.is_set():
                try:
                    if is_new:
                        self._arrive()
                        is_new = False
                    wake.clear()
                    if self.is_needed() and self.work():
                        continue
                except DatabaseError as error:
                    log.error(
                        "the worker cannot reach the database; it tries again", exc_info=error
                    )
                    connection.close()
                wake.wait(LOOK_SECONDS)
        connection.close()

    def work_off(self) -> int:
        """Do everything that is due, and return how much that was."""
        done = 0
        with self._alive():
            self._arrive()
            self._show(queue.now())
            while self.work():
                done += 1
        return done

    @contextmanager
    def _alive(self) -> Iterator[None]:
        """Let the heart beat, beside whatever is done meanwhile."""
        over = threading.Event()
        heart = threading.Thread(target=self._beat, args=(over,), name="heartbeat", daemon=True)
        heart.start()
        try:
            yield
        finally:
            over.set()
            heart.join()
            with suppress(DatabaseError):
                self._leave()

    def stop(self) -> None:
        """End soon: what is being done goes back at its next step."""
        self.ending.set()
        wake.set()

    def is_needed(self) -> bool:
        """Whether to work, and not to leave it to another; who works can be seen by others."""
        if time.monotonic() - self._looked < LOOK_SECONDS:
            return self._is_needed
        self._looked, self._is_needed = time.monotonic(), self._look_around()
        return self._is_needed

    def _arrive(self) -> None:
        """Begin; what bears this worker's name already is of one that is no more."""
        make_missing(self.known)
        queue.release_all(self.name)
        self._leave()

    def _look_around(self) -> bool:
        close_old_connections()
        moment = queue.now()
        living = []
        for other in Heartbeat.objects.exclude(name=self.name):
            if other.seen_at < moment - timedelta(seconds=ALIVE_SECONDS) or has_gone(other):
                queue.release_all(other.name)
                other.delete()
            else:
                living.append(other)
        if self.is_thread and any(
            not each.is_thread or (each.started_at, each.name) < (self.started_at, self.name)
            for each in living
        ):
            self._leave()
            return False
        self._show(moment)
        return True

    def work(self) -> bool:
        """Make jobs of schedules, take a job and do it; False where there is none."""
        if time.monotonic() - self._scheduled >= SCHEDULE_SECONDS:
            self._scheduled = time.monotonic()
            tick(self.known, queue.now())
        held = queue.take(self.known, self.name)
        if held is None:
            return False
        self._held = held
        try:
            self._do(held, self.known[held.kind])
        except LeaseLost:
            log.warning(
                "a job was taken over by another worker", extra={"job": held.pk, "kind": held.kind}
            )
        except Stopped:
            queue.release(held)
        finally:
            self._held = None
        return True

    def _do(self, held: Job, kind: JobKind[Any]) -> None:
        may_have_left = False
        try:
            payload = kind.payload.model_validate(held.payload)
            if kind.effect.is_outside and Switch.read() != Switch.State.ON:
                queue.finish(held, Outcome.PREVIEW)
                return
            if kind.effect is Effect.AT_MOST_ONCE:
                queue.begin_sending(held)
                may_have_left = True
            effect = kind.run(
                Held(held.key, payload, held.attempts, partial(self._tell, held, kind))
            )
            queue.finish(held, Outcome.DONE, effect)
        except (LeaseLost, Stopped):
            raise
        except NotSent as error:
            queue.fail(held, kind, error)
        except (
            Exception
        ) as error:  # The outermost boundary of all kinds: the page must learn of it.
            if isinstance(error, DatabaseError):
                connection.close()
            if may_have_left:
                queue.finish(held, Outcome.UNCERTAIN, error=queue.words_of(error))
            else:
                queue.fail(held, kind, error)

    def _tell(self, held: Job, kind: JobKind[Any], step: str) -> None:
        if self.ending.is_set() and not kind.effect.is_outside:
            raise Stopped
        if self._lost == held.lease:
            raise LeaseLost(held.key)
        if time.monotonic() - self._told >= TELL_SECONDS:
            self._told = time.monotonic()
            queue.note_step(held, step)

    def _beat(self, over: threading.Event) -> None:
        """Hold the lease, and show that this worker lives, beside whatever it is doing."""
        pause = min(ALIVE_SECONDS, queue.lease_time().total_seconds()) / BEATS
        while not over.wait(pause):
            try:
                close_old_connections()
                held = self._held
                Heartbeat.objects.filter(name=self.name).update(seen_at=queue.now())
                if held is not None and not queue.renew(held):
                    self._lost = held.lease
            except DatabaseError as error:
                log.error("the worker cannot reach the database; it tries again", exc_info=error)
                connection.close()
        connection.close()

    def _show(self, moment: Any) -> None:
        fields = {
            "place": place(),
            "process": os.getpid(),
            "is_thread": self.is_thread,
            "started_at": self.started_at,
        }
        Heartbeat.objects.get_or_create(name=self.name, defaults={**fields, "seen_at": moment})

    def _leave(self) -> None:
        Heartbeat.objects.filter(name=self.name).delete()


@cache
def place() -> str:
    """Return the machine, and the space within it in which a process number means one process."""
    space = Path("/proc/self/ns/pid")
    return f"{socket.gethostname()[:60]}{f' {space.readlink().name}' if space.exists() else ''}"


def has_gone(other: Heartbeat) -> bool:
    """Whether a worker of this machine is no more."""
    if other.place != place() or os.name != "posix":
        return False
    try:
        os.kill(other.process, 0)
    except ProcessLookupError:
        return True
    except PermissionError:
        return False
    return False


def living() -> QuerySet[Heartbeat]:
    """Return the workers whose hearts beat, the oldest first."""
    return Heartbeat.objects.filter(
        seen_at__gte=queue.now() - timedelta(seconds=ALIVE_SECONDS)
    ).order_by("started_at")


def start_thread() -> Worker:
    """Start the worker of a site's process."""
    worker = Worker(is_thread=True)
    threading.Thread(target=worker.run, name="worker", daemon=True).start()
    return worker
