"""The job that has a summary written: nobody waits for it, and it tries once."""

from __future__ import annotations

import json
import secrets
from urllib.parse import urlsplit

from django.conf import settings

from helmdesk.desk.connections import secret_of_environment
from helmdesk.desk.desk import Desk
from helmdesk.errors import NotFoundError
from helmdesk.predict.language_model import LanguageModel, Unanswered
from helmdesk.predict.summary import SCHEMA, Checked, prompt_of
from helmdesk.web.apps.jobs import queue
from helmdesk.web.apps.jobs.kind import Finish, Held, Payload, job
from helmdesk.web.apps.jobs.models import Switch
from helmdesk.web.apps.summaries.models import Summary, Writer

KEY = "HELMDESK_LANGUAGE_MODEL_KEY"
HERE = ("localhost", "127.0.0.1", "::1")
HELD_BACK = "nothing leaves this site now: an administrator can change that under Jobs"


class OfSummary(Payload):
    """Which summary is to be written."""

    summary: int


def is_here(address: str) -> bool:
    """Whether a server is on this machine, so that nothing leaves it."""
    return urlsplit(address).hostname in HERE


@job("summarise", "Have a summary written", OfSummary, tries=1)
def summarise(held: Held[OfSummary]) -> Finish | None:
    """Ask the language model for a summary, and keep what of it holds."""
    row, writer = Summary.objects.filter(pk=held.payload.summary).first(), Writer.read()
    if row is None or row.made_at is not None:
        return None
    found = _written(row, writer)

    def finish() -> None:
        Summary.objects.filter(pk=row.pk).update(
            told=json.dumps(
                [{"words": each.words, "cites": each.cites} for each in found.sentences],
                ensure_ascii=False,
            )
            if found.sentences
            else "",
            dropped=json.dumps(found.dropped, ensure_ascii=False) if found.dropped else "",
            problem=found.problem[:300],
            model=writer.name,
            made_at=queue.now(),
        )

    return finish


def _written(row: Summary, writer: Writer) -> Checked:
    if writer.state == Writer.State.OFF or not (writer.is_on or row.is_preview):
        return Checked(problem="summaries by a language model are switched off")
    if not is_here(writer.address) and Switch.read() != Switch.State.ON:
        return Checked(problem=HELD_BACK)
    try:
        case = Desk(settings.DESK_FOLDER).summaries.of(row.ticket_id)
    except NotFoundError as error:
        return Checked(problem=error.what)
    if case.digest != row.stamp:
        return Checked(problem="the case has gone on since this was asked for")
    asked = prompt_of(case.passages, f"messages-{secrets.token_hex(8)}")
    model = LanguageModel(writer.address, writer.name, secret_of_environment(KEY))
    try:
        return case.check(model.answer(asked, SCHEMA))
    except Unanswered as error:
        return Checked(problem=str(error))


def ask_for(row: Summary) -> None:
    """Have a summary written in the background."""
    queue.enqueue(summarise, f"summarise:{row.pk}", OfSummary(summary=row.pk))
