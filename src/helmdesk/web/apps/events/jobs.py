"""Jobs that give events to the lake. A batch's events are chosen once, in the transaction that puts
its job in; the lake commits a batch of that name once.
"""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from uuid import UUID, uuid4

from django.conf import settings

from helmdesk.desk.desk import Desk
from helmdesk.sources.helmdesk import source
from helmdesk.sources.parts.source import Options
from helmdesk.web.apps.events.models import Event
from helmdesk.web.apps.jobs import queue
from helmdesk.web.apps.jobs.kind import Finish, Held, Nothing, Payload, job

MOST = 1000
KEPT = timedelta(days=30)


class Batch(Payload):
    """Which batch."""

    batch: UUID


def holds_records() -> bool:
    """Whether the desk holds any records."""
    return bool(Desk(settings.DESK_FOLDER).lake.snapshot().files)


@job("events", "Gather what the site did", Nothing, schedule="every 5 minutes")
def gather(held: Held[Nothing]) -> Finish | None:
    """Make a batch of new events. A desk without records gets none: it would seem to hold some."""
    if not holds_records():
        return None

    def put() -> None:
        new = list(Event.objects.filter(batch=None).values_list("pk", flat=True)[:MOST])
        if not new:
            return
        batch = uuid4()
        # Another worker may have taken some meanwhile.
        if Event.objects.filter(pk__in=new, batch=None).update(batch=batch):
            queue.enqueue(record, f"events:{batch}", Batch(batch=batch))

    return put


@job("record", "Record what the site did", Batch)
def record(held: Held[Batch]) -> Finish:
    """Give a batch to the lake, unless it is there."""
    batch = held.payload.batch
    if not holds_records():  # emptied meanwhile
        return lambda: Event.objects.filter(batch=batch).update(batch=None)
    rows = [each.row for each in Event.objects.filter(batch=batch)]
    with TemporaryDirectory() as folder:
        file = Path(folder) / "events.jsonl"
        file.write_text("".join(f"{json.dumps(row)}\n" for row in rows), encoding="utf-8")
        Desk(settings.DESK_FOLDER).load_with(
            lambda staging: source.read(staging, [file], Options()),
            source.name,
            held.key,
            accepts_quarantine=True,
            on_step=held.tell,
        )
    moment = queue.now()
    return lambda: Event.objects.filter(batch=batch).update(recorded_at=moment)


@job("tidy_events", "Forget events that are recorded", Nothing, schedule="daily 03:45")
def tidy_events(held: Held[Nothing]) -> Finish:
    """Delete what has been in the lake for a month."""
    return lambda: Event.objects.filter(recorded_at__lt=queue.now() - KEPT).delete()
