"""Jobs that remind both of an agreed step on its day."""

from __future__ import annotations

from datetime import UTC, timedelta

from django.conf import settings
from django.urls import reverse

from helmdesk.desk.desk import SETTINGS_FILE
from helmdesk.query.periods import local_date
from helmdesk.settings import read_settings
from helmdesk.web.apps.coaching.keeping import TOPIC
from helmdesk.web.apps.coaching.models import Pack, Version
from helmdesk.web.apps.coaching.words import name_of, step_words
from helmdesk.web.apps.jobs import queue
from helmdesk.web.apps.jobs.kind import Finish, Held, Nothing, Payload, job
from helmdesk.web.apps.outbox.post import is_address, put_mail

# A worker that slept for a while still reminds of yesterday's.
REACH = timedelta(days=3)


class ForVersion(Payload):
    """Whose step."""

    version: int


@job(
    "coaching",
    "Find agreed steps whose day has come",
    Nothing,
    schedule="daily 07:00",
    is_local=True,
)
def due_steps(held: Held[Nothing]) -> Finish | None:
    """Let both be reminded of every agreed step on its day, once."""
    zone = read_settings(settings.DESK_FOLDER / SETTINGS_FILE).time_zone
    today = local_date(queue.now().astimezone(UTC).replace(tzinfo=None), zone)
    near = Version.objects.filter(step_on__gt=today - REACH, step_on__lte=today)
    due = [each for each in near.select_related("pack") if _counts(each)]

    def ask() -> None:
        for each in due:
            queue.enqueue(tell_step, f"coaching:{each.pk}", ForVersion(version=each.pk))

    return ask


@job("coaching_step", "Remind of an agreed step", ForVersion)
def tell_step(held: Held[ForVersion]) -> Finish | None:
    """Put a mail to each of both into the outbox."""
    version = Version.objects.select_related("pack").filter(pk=held.payload.version).first()
    if version is None or not _counts(version):
        return None
    pack = version.pack
    name = read_settings(settings.DESK_FOLDER / SETTINGS_FILE).name
    link = f"{settings.PUBLIC_URL}{reverse('coaching_pack', args=[pack.pk])}"
    where = f"The pack: {link}" if settings.PUBLIC_URL else "The pack is under Coaching."
    text = f"Agreed for now: {step_words(version)}\n\n{where}\n"
    told = [
        person
        for person in (pack.person, pack.lead)
        if person is not None
        and is_address(person.email)
        and Pack.seen_by(person).filter(pk=pack.pk).exists()
    ]

    def put() -> None:
        for person in told:
            subject = f"{name}: what you agreed on, {name_of(pack)}"
            put_mail(TOPIC, person.email, " ".join(subject.split()), text)

    return put


def _counts(version: Version) -> bool:
    """Whether both agreed to it, and no later version took its place."""
    return version.agreed_at is not None and version.pack.newest.pk == version.pk
