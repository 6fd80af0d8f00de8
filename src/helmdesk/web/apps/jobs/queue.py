"""The table of jobs: putting in, taking out under a lease, ending.

Whoever takes a job writes a secret of his own into it. Everything later asks for that secret, in
the same transaction as the effect: a worker that was taken for dead, and is not, changes nothing
any more.
"""

from __future__ import annotations

import logging
import random
import re
import threading
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar
from uuid import uuid4

from django.conf import settings
from django.db import connection, transaction
from django.db.models import F, QuerySet
from django.utils import timezone
from pydantic import ValidationError

from helmdesk.errors import HelmdeskError, machine_problem
from helmdesk.web.apps.jobs.kind import Effect, Hopeless, JobKind, NotSent, Payload
from helmdesk.web.apps.jobs.models import Job, Outcome, Switch, free, unfinished

log = logging.getLogger("helmdesk.web")
TROUBLED = (Outcome.DEAD, Outcome.UNCERTAIN)
KEY = re.compile(r"[A-Za-z0-9:._+/-]{1,200}")
# A job that so often took its worker down is put aside.
MOST_STOPS = 20
FIRST_WAIT, LONGEST_WAIT, SPREAD = 5.0, 3600.0, 0.2
P = TypeVar("P", bound=Payload)

wake = threading.Event()
"""Set when there may be something to do: the worker of this process need not wait for its next
look.
"""


class LeaseLost(Exception):
    """Another worker has the job by now, or a person took it back."""


def now() -> datetime:
    """Return the time that leases are measured by: the database's own where several machines share
    one.
    """
    if connection.vendor != "postgresql":
        return timezone.now()
    with connection.cursor() as cursor:
        cursor.execute("select clock_timestamp()")
        instant: datetime = cursor.fetchone()[0]
    return instant.astimezone(UTC)


def enqueue(kind: JobKind[P], key: str, payload: P, run_at: datetime | None = None) -> Job:
    """Put a job in with the transaction around; where there is one with this key already, that is
    the one.

    Raises:
        ValueError: the key may hold more than numbers and instants.
    """
    if not KEY.fullmatch(key):
        raise ValueError(f"{key!r}: a job's key is made of letters, digits and : . _ + / -")
    fields = {
        "kind": kind.name,
        "payload": payload.model_dump(mode="json"),
        "run_at": run_at or now(),
    }
    found, _ = Job.objects.get_or_create(key=key, defaults=fields)
    transaction.on_commit(wake.set)
    return found


def take(known: Mapping[str, JobKind[Any]], holder: str) -> Job | None:
    """Return the job that is due the longest, now held by `holder`; None where there is nothing to
    do.
    """
    moment = now()
    names = set(known)
    if Switch.read() == Switch.State.STOPPED:
        names = {name for name in names if not known[name].effect.is_outside}
    due = (
        unfinished(run_at__lte=moment, kind__in=names).filter(free(moment)).order_by("run_at", "id")
    )
    while due.exists():  # a look that keeps nobody from writing
        with transaction.atomic():
            found = due.select_for_update(skip_locked=True).first()
            if found is None:
                return None
            if _put_aside(found, known[found.kind], moment):
                continue
            found.attempts += 1
            found.lease, found.leased_until, found.holder = (
                uuid4().hex,
                moment + lease_time(),
                holder[:100],
            )
            found.step = ""
            found.save(update_fields=["attempts", "lease", "leased_until", "holder", "step"])
            return found
    return None


def due() -> QuerySet[Job]:
    """Return jobs that are due and in nobody's hands, the oldest first."""
    moment = now()
    return unfinished(run_at__lte=moment).filter(free(moment)).order_by("run_at", "id")


def oldest_seconds() -> float | None:
    """Return for how long the oldest job in nobody's hands has been due; None where there is
    none.
    """
    oldest = due().values_list("run_at", flat=True).first()
    return (now() - oldest).total_seconds() if oldest else None


def troubled() -> QuerySet[Job]:
    """Return jobs that a person has to look at, latest first."""
    return Job.objects.filter(outcome__in=TROUBLED).order_by("-done_at", "-id")


def lease_time() -> timedelta:
    """Return for how long a job is held without a word of its worker."""
    return timedelta(seconds=settings.JOB_LEASE_SECONDS)


def _put_aside(found: Job, kind: JobKind[Any], moment: datetime) -> bool:
    """End a job that must not be taken again after its worker was killed."""
    if not found.lease:
        return False
    if kind.effect is Effect.AT_MOST_ONCE and found.begun_at is not None:
        problem, outcome = (
            "its worker was stopped while it was being sent: nobody knows whether it was",
            Outcome.UNCERTAIN,
        )
    elif found.attempts - found.failures >= MOST_STOPS:
        problem, outcome = (
            f"its worker was stopped {MOST_STOPS} times while doing this",
            Outcome.DEAD,
        )
    else:
        return False
    _end(found, outcome, moment, problem)
    _tell(kind, found, problem)
    return True


def renew(held: Job) -> bool:
    """Hold a job for longer; False where it is not ours any more."""
    return bool(unfinished(pk=held.pk, lease=held.lease).update(leased_until=now() + lease_time()))


def note_step(held: Job, step: str) -> None:
    """Keep what is being done.

    Raises:
        LeaseLost: it is not ours any more.
    """
    if not unfinished(pk=held.pk, lease=held.lease).update(step=step[:200]):
        raise LeaseLost(held.key)


def begin_sending(held: Job) -> None:
    """Note that from now on the job may have reached the outside world.

    Raises:
        LeaseLost: it is not ours any more.
    """
    if not unfinished(pk=held.pk, lease=held.lease).update(begun_at=now()):
        raise LeaseLost(held.key)


def finish(
    held: Job, outcome: Outcome, effect: Callable[[], object] | None = None, error: str = ""
) -> None:
    """End a job together with its effect on the database: both, or neither.

    Raises:
        LeaseLost: it is not ours any more; nothing was done.
    """
    with transaction.atomic():
        # First, so that nobody takes it before the effect is in.
        _end(held, outcome, now(), error)
        if effect is not None:
            effect()


def _end(held: Job, outcome: Outcome, moment: datetime, error: str) -> None:
    ended = unfinished(pk=held.pk, lease=held.lease).update(
        outcome=outcome, done_at=moment, lease="", leased_until=None, step="", error=error
    )
    if not ended:
        raise LeaseLost(held.key)


def release(held: Job) -> None:
    """Give a job back undone: the next worker may take it at once."""
    unfinished(pk=held.pk, lease=held.lease).update(
        attempts=F("attempts") - 1, lease="", leased_until=None, step="", begun_at=None
    )


def release_all(holder: str) -> int:
    """Let others take what a worker that is no more held; return how many jobs those are."""
    return (
        unfinished(holder=holder)
        .exclude(lease="")
        .update(leased_until=now() - timedelta(seconds=1))
    )


def fail(held: Job, kind: JobKind[Any], error: Exception) -> None:
    """Note an error: the job is tried again later, or given up.

    Raises:
        LeaseLost: it is not ours any more.
    """
    problem = words_of(error)
    failures = held.failures + 1
    if not isinstance(error, HelmdeskError):
        log.error("a job failed", exc_info=error, extra={"job": held.pk, "kind": held.kind})
    if isinstance(error, (Hopeless, ValidationError)) or failures >= kind.tries:
        with transaction.atomic():
            unfinished(pk=held.pk, lease=held.lease).update(failures=failures)
            _end(held, Outcome.DEAD, now(), problem)
            _tell(kind, held, problem)
        return
    asked = error.wait if isinstance(error, NotSent) else 0.0
    later = now() + timedelta(seconds=max(wait_after(failures), asked))
    again = unfinished(pk=held.pk, lease=held.lease).update(
        failures=failures,
        run_at=later,
        lease="",
        leased_until=None,
        begun_at=None,
        step="",
        error=problem,
    )
    if not again:
        raise LeaseLost(held.key)


def _tell(kind: JobKind[Any], job: Job, problem: str) -> None:
    """Tell whoever waits for a job that it was given up; a payload that nobody can read is
    nobody's.
    """
    if kind.given_up is None:
        return
    try:
        payload = kind.payload.model_validate(job.payload)
    except ValidationError:
        return
    kind.given_up(payload, problem)


def words_of(error: Exception) -> str:
    """Return what an error says to an administrator, in one line."""
    if isinstance(error, ValidationError):
        told = "; ".join(
            f"{'.'.join(map(str, each['loc'])) or 'payload'}: {each['msg']}"
            for each in error.errors(include_input=False)
        )
        return f"its payload is not that of its kind: {told}"[:500]
    first = " ".join(str(error).split())[:400]
    if isinstance(error, HelmdeskError):
        return first
    if meaning := machine_problem(error):
        return meaning
    return f"an unexpected error, which the log tells in full: {type(error).__name__}: {first}"


def wait_after(failures: int) -> float:
    """Return the seconds to the next try: longer each time, and never all at once."""
    return float(
        min(FIRST_WAIT * 4 ** (failures - 1), LONGEST_WAIT) * random.uniform(1 - SPREAD, 1 + SPREAD)
    )


def try_again(pk: int) -> bool:
    """Let a person have a job done again, now, as if it had never been tried; False where it is
    done or being done.
    """
    moment = now()
    again = {
        "run_at": moment,
        "done_at": None,
        "outcome": "",
        "failures": 0,
        "attempts": 0,
        "begun_at": None,
        "error": "",
    }
    found = Job.objects.filter(
        pk=pk, outcome__in=(Outcome.DEAD, Outcome.UNCERTAIN, Outcome.PREVIEW)
    ) | Job.objects.filter(free(moment), pk=pk, done_at=None)
    changed = found.update(**again, lease="", leased_until=None)
    transaction.on_commit(wake.set)
    return bool(changed)


def withdraw(why: str, **which: Any) -> int:
    """End unfinished jobs without doing them, even those in a worker's hands; return how many."""
    return unfinished(**which).update(
        outcome=Outcome.WITHDRAWN, done_at=now(), lease="", leased_until=None, step="", error=why
    )


def forget_ended(before: datetime) -> int:
    """Delete jobs that ended before an instant, but those that a person has still to look at."""
    return Job.objects.filter(done_at__lt=before).exclude(outcome__in=TROUBLED).delete()[0]
