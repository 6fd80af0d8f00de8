"""Jobs of the early warning: learning every week, looking when data, model or day change, and
foretelling every night what the customers of solved tickets would say.
"""

from __future__ import annotations

from django.conf import settings

from helmdesk.desk.closing import foretell_solved
from helmdesk.desk.desk import Desk
from helmdesk.predict.targets import TARGETS
from helmdesk.web.apps.early_warning.models import Foretold, Watch
from helmdesk.web.apps.early_warning.naming import is_due, look
from helmdesk.web.apps.jobs import queue
from helmdesk.web.apps.jobs.kind import Finish, Held, Nothing, Payload, job
from helmdesk.web.apps.jobs.models import Job, unfinished


class OfTarget(Payload):
    """What is foretold."""

    target: str


def _desk() -> Desk | None:
    desk = Desk(settings.DESK_FOLDER)
    return desk if desk.lake.snapshot().files else None


@job("learn", "Learn from the past", OfTarget, tries=2)
def learn(held: Held[OfTarget]) -> Finish | None:
    """Train the model of one target anew; the tickets are looked at after it."""
    desk, target = _desk(), held.payload.target
    if desk is None or target not in TARGETS:
        return None
    held.tell("learning from the past; this takes up to a minute")
    model = desk.predict.train(target)

    def finish() -> None:
        Watch.objects.filter(target=target).update(looked="")
        queue.enqueue(look_for, f"early-warning:{target}:model:{model.version}", held.payload)

    return finish


@job("learn_all", "Learn from the past, every week", Nothing, schedule="sun 04:20", is_local=True)
def learn_all(held: Held[Nothing]) -> Finish:
    """Let every model that is in use be trained anew."""
    targets = list(Watch.objects.filter(is_on=True).values_list("target", flat=True))

    def finish() -> None:
        for target in targets:
            ask_to_learn(target, held.key)

    return finish


@job("early_warning_of", "Look for tickets that will likely end badly", OfTarget, tries=3)
def look_for(held: Held[OfTarget]) -> None:
    """Look at the open tickets for one target."""
    desk = _desk()
    watch = Watch.objects.filter(target=held.payload.target, is_on=True).first()
    if desk is not None and watch is not None:
        look(watch, desk)


@job(
    "early_warning",
    "See whether open tickets have to be looked at",
    Nothing,
    schedule="every 10 minutes",
)
def see(held: Held[Nothing]) -> None:
    """Look at the open tickets where data, model or day are others than at the last look."""
    desk = _desk()
    if desk is None:
        return
    for watch in Watch.objects.filter(is_on=True):
        if is_due(watch, desk):
            held.tell(TARGETS[watch.target].title.lower())
            look(watch, desk)


@job("foretell", "Foretell what customers of solved tickets would say", Nothing, tries=2)
def foretell(held: Held[Nothing]) -> Finish | None:
    """Foretell of every solved ticket what was not foretold yet, and record it."""
    desk = _desk()
    keys = list(Foretold.objects.filter(is_on=True).values_list("key", flat=True))
    if desk is None or not keys:
        return None
    found = foretell_solved(desk, keys, held.tell)
    moment = queue.now()

    def finish() -> None:
        for each in found:
            Foretold.objects.filter(key=each.key).update(problem=each.problem[:300], done_at=moment)

    return finish


@job(
    "foretell_all",
    "See whether solved tickets have to be foretold",
    Nothing,
    schedule="daily 04:40",
    is_local=True,
)
def foretell_all(held: Held[Nothing]) -> Finish | None:
    """Let it be foretold where that is switched on."""
    if not Foretold.objects.filter(is_on=True).exists():
        return None
    return lambda: ask_to_foretell(held.key)


def ask_to_foretell(occasion: str) -> None:
    """Let it be foretold of solved tickets, unless that is under way."""
    if not unfinished(kind=foretell.name).exists():
        queue.enqueue(foretell, f"foretell:{occasion}", Nothing())


def ask_to_learn(target: str, occasion: str) -> None:
    """Let a model be trained anew, unless that is under way."""
    if not learning(target):
        queue.enqueue(learn, f"learn:{target}:{occasion}", OfTarget(target=target))


def learning(target: str) -> Job | None:
    """Return the job that trains a model, where one waits or runs."""
    return unfinished(kind=learn.name, payload__target=target).order_by("id").last()
