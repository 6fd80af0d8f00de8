"""Bringing live accounts into step, a few minutes at a time, so that other work is not kept
waiting.
"""

from __future__ import annotations

from pathlib import Path

from django.conf import settings

from helmdesk.desk.connections import Connections
from helmdesk.desk.desk import Desk
from helmdesk.desk.sync import read_place, sync
from helmdesk.errors import ConflictError, HelmdeskError, NotFoundError
from helmdesk.web.apps.jobs.kind import Finish, Held, Nothing, Payload, job
from helmdesk.web.apps.jobs.models import Job, Outcome, unfinished
from helmdesk.web.apps.jobs.queue import enqueue, now, try_again, withdraw

SLICE_SECONDS = 120.0
TRIES = 12
"""With waits that grow to an hour: an account may be away for half a day."""


class Account(Payload):
    """A live account, by its name."""

    name: str


@job("sync", "Bring a live account into step", Account, tries=TRIES)
def sync_account(held: Held[Account]) -> Finish | None:
    """Fetch what changed; where that takes longer, another job goes on."""
    name = held.payload.name
    desk = Desk(settings.DESK_FOLDER)
    try:
        if Connections(desk.path).get(name).is_paused:
            return None  # since this job was made
        report = sync(desk, name, for_seconds=SLICE_SECONDS, on_step=held.tell)
    except NotFoundError:
        return None  # forgotten meanwhile
    except ConflictError:
        return None  # somebody does it already
    number = read_place(desk, name).number or report.status.ended_at.timestamp()

    def finish() -> None:
        # Earlier ones that were given up need nobody's attention any more.
        Job.objects.filter(kind=sync_account.name, payload__name=name, outcome=Outcome.DEAD).update(
            outcome=Outcome.WITHDRAWN
        )
        if not report.is_caught_up:
            enqueue(sync_account, f"sync:{name}:after:{number}", held.payload)

    return finish


def is_under_way(name: str) -> bool:
    """Whether a job of this account waits or runs."""
    return unfinished(kind=sync_account.name, payload__name=name).exists()


def under_way(name: str) -> Job | None:
    """Return the job of this account that waits or runs."""
    return unfinished(kind=sync_account.name, payload__name=name).order_by("id").last()


def ask(name: str, occasion: str) -> None:
    """Let an account be brought into step, unless that is under way."""
    if not is_under_way(name):
        enqueue(sync_account, f"sync:{name}:{occasion}", Account(name=name))


def ask_now(name: str) -> None:
    """Let an account be brought into step now, even where a try that failed waits for its turn."""
    waiting = under_way(name)
    if waiting is None:
        ask(name, f"now:{now().isoformat()}")
    elif waiting.failures:
        try_again(waiting.pk)


def leave(name: str, why: str) -> None:
    """Stop fetching from an account; what is stored is whole batches, and stays."""
    withdraw(why, kind=sync_account.name, payload__name=name)


def _is_paused(connections: Connections, name: str) -> bool:
    try:
        return connections.get(name).is_paused
    except HelmdeskError:
        return False  # its own job says what is wrong with it


@job("sync_all", "See to the live accounts", Nothing, schedule="every 5 minutes")
def sync_all(held: Held[Nothing]) -> Finish:
    """Ask for every account of the desk."""
    connections = Connections(Path(settings.DESK_FOLDER))
    names = [name for name in connections.names() if not _is_paused(connections, name)]

    def finish() -> None:
        for name in names:
            ask(name, held.key)
        # It comes often and says nothing: the last one is enough to see that it does.
        Job.objects.filter(kind=sync_all.name, outcome=Outcome.DONE).delete()

    return finish
