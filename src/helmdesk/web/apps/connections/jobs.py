"""Bringing live accounts into step, a few minutes at a time, so that other work is not kept
waiting.
"""

from __future__ import annotations

from pathlib import Path

from django.conf import settings

from helmdesk.desk.connections import Connections
from helmdesk.desk.desk import Desk
from helmdesk.desk.sync import read_place, sync
from helmdesk.errors import ConflictError, NotFoundError
from helmdesk.web.apps.jobs.kind import Finish, Held, Nothing, Payload, job
from helmdesk.web.apps.jobs.models import Job, Outcome, unfinished
from helmdesk.web.apps.jobs.queue import enqueue

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
        report = sync(desk, name, for_seconds=SLICE_SECONDS, on_step=held.tell)
    except NotFoundError:
        return None  # forgotten meanwhile
    except ConflictError:
        return None  # somebody does it already
    number = read_place(desk, name).number

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


def ask(name: str, occasion: str) -> None:
    """Let an account be brought into step, unless that is under way."""
    if not is_under_way(name):
        enqueue(sync_account, f"sync:{name}:{occasion}", Account(name=name))


@job("sync_all", "See to the live accounts", Nothing, schedule="every 5 minutes")
def sync_all(held: Held[Nothing]) -> Finish:
    """Ask for every account of the desk."""
    names = Connections(Path(settings.DESK_FOLDER)).names()

    def finish() -> None:
        for name in names:
            ask(name, held.key)
        # It comes often and says nothing: the last one is enough to see that it does.
        Job.objects.filter(kind=sync_all.name, outcome=Outcome.DONE).delete()

    return finish
