"""The week's digest over a desk of its own, by workers that are killed; says how it stands when
nothing waits any more.
"""

from __future__ import annotations

import json
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

from helmdesk.web.prepare import migrate, start_django

MONDAY = datetime(2026, 6, 1, tzinfo=UTC)


def prepare(count: int) -> None:
    migrate()
    from helmdesk.web.apps.briefs.models import BriefWanted
    from helmdesk.web.apps.jobs.models import Switch
    from helmdesk.web.apps.people.models import Person

    for number in range(count):
        name = f"lead-{number}"
        lead, _ = Person.objects.get_or_create(
            username=name, defaults={"role": "leader", "email": f"{name}@example.org"}
        )
        BriefWanted.objects.get_or_create(
            person=lead, defaults={"asked_at": MONDAY - timedelta(weeks=9)}
        )
    Switch.turn(Switch.State.ON)


def work(week: int) -> None:
    """Tell a week until nothing waits; what the letter says is not what is tried."""
    from helmdesk.web.apps.briefs import jobs as own
    from helmdesk.web.apps.jobs.kind import Nothing
    from helmdesk.web.apps.jobs.queue import enqueue
    from helmdesk.web.apps.jobs.worker import Worker
    from helmdesk.web.apps.outbox.jobs import send_mail
    from helmdesk.web.apps.outbox.letter import Letter

    start = (MONDAY + timedelta(weeks=week)).replace(tzinfo=None)

    def write(*_: Any) -> Letter:
        time.sleep(0.02)
        return Letter(f"Week {week}", "text", "<p>text</p>")

    own._week = lambda desk: (start, start + timedelta(weeks=1))
    own.letter_to = write
    kinds = (own.briefs, own.tell_person, own.tell_again, send_mail)
    known: Any = {kind.name: kind for kind in kinds}
    while True:
        say("at work")
        enqueue(own.briefs, f"briefs:{uuid4()}", Nothing())
        Worker(is_thread=False, known=known).work_off()
        if not (found := count(start))["waiting"]:
            say(json.dumps(found))
        time.sleep(0.05)


def count(start: datetime) -> dict[str, Any]:
    from helmdesk.web.apps.briefs.models import BriefWanted, Digest
    from helmdesk.web.apps.jobs.models import Job
    from helmdesk.web.apps.outbox.models import Message

    told = Digest.objects.filter(week=start.date())
    mails = Job.objects.filter(kind="mail")
    keys = {each.message.key: each.person.email for each in told.select_related() if each.message}
    outcomes = {keys[each.key]: each.outcome for each in mails.filter(key__in=keys)}
    undone = Job.objects.filter(kind__in=("mail", "brief"), done_at=None).count()
    return {
        "waiting": undone + BriefWanted.objects.count() - told.count(),
        "digests": told.count(),
        "mails": Message.objects.filter(pk__in=told.values("message")).count(),
        "all_mails": Message.objects.count(),
        "outcomes": outcomes,
    }


def say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    start_django(Path(sys.argv[2]))
    if sys.argv[1] == "prepare":
        prepare(int(sys.argv[3]))
    else:
        work(int(sys.argv[3]))
