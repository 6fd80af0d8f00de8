"""Jobs of surveys: finding whom to ask, sending, following what became of it, ending pulses."""

from __future__ import annotations

from datetime import UTC

from django.conf import settings

from helmdesk.desk.desk import Desk
from helmdesk.errors import HelmdeskError
from helmdesk.web.apps.alerts.jobs import now_of
from helmdesk.web.apps.jobs import queue
from helmdesk.web.apps.jobs.kind import Held, Nothing, job
from helmdesk.web.apps.surveys import sending
from helmdesk.web.apps.surveys.asking import keep, rows_of, solved_for
from helmdesk.web.apps.surveys.mailbox import look_in, named_box
from helmdesk.web.apps.surveys.models import Rule, Wave
from helmdesk.web.apps.surveys.pulse import close


def _desk() -> Desk | None:
    desk = Desk(settings.DESK_FOLDER)
    return desk if desk.lake.snapshot().files else None


@job("surveys", "Find whom surveys ask", Nothing, schedule="every 10 minutes")
def find_due(held: Held[Nothing]) -> None:
    """Look for solved tickets that came with new loads; rows that are there stay as they are."""
    desk = _desk()
    version = desk.marts.version() if desk else None
    if desk is None or version is None:
        return
    tell_instruments(desk)
    for rule in Rule.objects.select_related("instrument").exclude(looked_version=version):
        held.tell(f"looking for “{rule.instrument.kind}”")
        look(rule, desk, version)


def tell_instruments(desk: Desk) -> None:
    """Tell the records of every question that rules ask and the records do not know: a desk may
    have been emptied since.
    """
    known = {row["entity_id"] for row in desk.definitions().get("instruments", ())}
    for rule in Rule.objects.select_related("instrument"):
        if rule.instrument.record_id not in known:
            rule.instrument.tell_again()


def look(rule: Rule, desk: Desk, version: int | None) -> int:
    """Let one rule look; return how many tickets were new to it. What is wrong with it is noted."""
    try:
        moment = now_of(desk)
        solved = solved_for(desk, rule.where, rule.says, moment)
    except HelmdeskError as error:
        Rule.objects.filter(pk=rule.pk).update(problem=str(error)[:300], looked_at=queue.now())
        return 0
    return keep(rule, rows_of(rule, solved, desk, moment.replace(tzinfo=UTC)), version)


@job("survey_mail", "Send surveys and follow them", Nothing, schedule="every 5 minutes")
def send_mail(held: Held[Nothing]) -> None:
    """Send what is due, note what arrived and came back, remind once, and end what is over."""
    desk = _desk()
    if desk is None:
        return
    sending.follow()
    held.tell("sending")
    sending.send_due(desk)
    held.tell("reminding")
    sending.remind_due(desk)
    sending.expire()


@job("mailbox", "Read mail that came back", Nothing, schedule="every 15 minutes")
def read_mailbox(held: Held[Nothing]) -> None:
    """Read the mailbox that the settings name; nothing where they name none."""
    box = named_box()
    if box is None:
        return
    held.tell(f"reading {box.words}")
    look_in(box)


@job("pulses", "End pulses that are over", Nothing, schedule="every 10 minutes")
def end_pulses(held: Held[Nothing]) -> None:
    """End every pulse whose time is over."""
    for wave in Wave.objects.select_related("instrument").filter(
        closed_at=None, closes_at__lte=queue.now()
    ):
        close(wave)
