"""Survey mail over a desk of its own: prepared, sent by workers that are killed, and counted."""

from __future__ import annotations

import json
import sys
import time
import uuid
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from helmdesk.web.prepare import migrate, start_django


def prepare(count: int, solved_at: datetime) -> None:
    migrate()
    from helmdesk.act.surveys import Terms
    from helmdesk.web.apps.jobs.models import Switch
    from helmdesk.web.apps.surveys.forms import instrument_of
    from helmdesk.web.apps.surveys.models import Invitation, Rule, as_kept, person_digest

    instrument, now = instrument_of("csat"), datetime.now(UTC)
    terms = as_kept(Terms(delay_hours=0, account_days=0))
    rule = Rule.objects.create(name="x", instrument=instrument, terms=terms, is_on=True)
    for number in range(count):
        address = f"customer-{number}@example.org"
        Invitation.objects.create(
            id=uuid.uuid4(),
            key=str(number),
            rule=rule,
            instrument=instrument,
            ticket_id=f"T-{number}",
            address=address,
            person=person_digest(address),
            solved_at=solved_at,
            due_at=now,
        )
    Switch.turn(Switch.State.ON)


def work() -> None:
    from helmdesk.web.apps.jobs.worker import Worker
    from helmdesk.web.apps.outbox.jobs import send_mail
    from helmdesk.web.apps.surveys import jobs, sending

    # Every hour is open here, and little is put into the outbox at once.
    sending.next_open = lambda moment, zone, terms: moment
    sending.MOST = 10
    held: Any = SimpleNamespace(tell=lambda step: None)
    while True:
        sys.stdout.write("at work\n")
        sys.stdout.flush()
        jobs.send_mail.run(held)
        Worker(is_thread=False, known={"mail": send_mail}).work_off()
        time.sleep(0.05)


def count() -> None:
    from helmdesk.web.apps.jobs.models import Job
    from helmdesk.web.apps.surveys import sending
    from helmdesk.web.apps.surveys.models import Invitation, Rule
    from helmdesk.web.apps.surveys.overview import funnel

    sending.follow()
    found = funnel(Rule.objects.get())
    told = {
        "states": dict(Invitation.objects.values_list("address", "state")),
        "waiting": Job.objects.filter(kind="mail", done_at=None).count()
        + Invitation.objects.filter(state__in=("due", "sending")).count(),
        "uncertain": Job.objects.filter(kind="mail", outcome="uncertain").count(),
        "eligible": found.eligible,
        "parts": found.waiting + found.held + found.asked,
    }
    sys.stdout.write(json.dumps(told))


if __name__ == "__main__":
    start_django(Path(sys.argv[2]))
    if sys.argv[1] == "prepare":
        prepare(int(sys.argv[3]), datetime.fromisoformat(sys.argv[4]))
    elif sys.argv[1] == "work":
        work()
    else:
        count()
