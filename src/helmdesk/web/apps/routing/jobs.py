"""Jobs of routing: look at the queues that are routed, and forget what is old."""

from __future__ import annotations

from datetime import timedelta

from django.conf import settings

from helmdesk.act.routing.modes import Mode
from helmdesk.desk.desk import Desk
from helmdesk.web.apps.jobs import queue as jobs
from helmdesk.web.apps.jobs.kind import Effect, Finish, Held, Nothing, job
from helmdesk.web.apps.routing.looking import Pasts, Seen, keep, look
from helmdesk.web.apps.routing.models import Look, RoutedQueue, is_stopped
from helmdesk.web.apps.routing.writing import write_queue

KEPT = timedelta(days=180)


@job("routing", "Look at the queues that are routed", Nothing, schedule="every 5 minutes")
def look_at_queues(held: Held[Nothing]) -> Finish | None:
    """Say whom routing would name for what came, and note what people did; nothing while it is
    stopped.
    """
    queues = list(RoutedQueue.objects.filter(mode=Mode.SHADOW.value))
    if not queues or is_stopped():
        return None
    desk = Desk(settings.DESK_FOLDER)
    if not desk.lake.snapshot().files:
        return None
    found: list[tuple[RoutedQueue, Seen]] = []
    pasts: Pasts = {}
    for place, queue in enumerate(queues, 1):
        held.tell(f"looking at {place} of {len(queues)}")
        found.append((queue, look(desk, queue, pasts)))

    def finish() -> None:
        for queue, seen in found:
            keep(queue, seen)

    return finish


@job(
    "routing_writes",
    "Give out what waits in the helpdesk",
    Nothing,
    effect=Effect.AT_LEAST_ONCE,
    schedule="every 1 minutes",
    tries=2,
)
def give_out(held: Held[Nothing]) -> Finish | None:
    """Look at the queues that are in suggest or assign, in their helpdesk, and write; nothing while
    routing is stopped.

    Done twice it does no harm: every write is only made while the ticket is as it was read.
    """
    queues = RoutedQueue.objects.filter(mode__in=(Mode.SUGGEST.value, Mode.ASSIGN.value))
    if is_stopped():
        return None
    for queue in queues:
        write_queue(Desk(settings.DESK_FOLDER), queue, held.tell)
    return None


@job("tidy_routing", "Forget old decisions of routing", Nothing, schedule="daily 03:55")
def tidy_routing(held: Held[Nothing]) -> Finish:
    """Delete looks, and the decisions made in them, of more than half a year ago."""
    return lambda: Look.objects.filter(at__lt=jobs.now() - KEPT).delete()
