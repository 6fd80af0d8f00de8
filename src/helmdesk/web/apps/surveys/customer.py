"""The pages that a customer opens from a mail: one question, its thanks, and never again."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import Any

from django.db import DatabaseError, transaction
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.csrf import csrf_exempt

from helmdesk.act.survey_words import PHRASES, choices, ends, known_language
from helmdesk.act.surveys import Kind, Purpose, sign
from helmdesk.errors import machine_problem
from helmdesk.web.apps.surveys.answering import Door, Outcome, answer, note_opening, stop, visit
from helmdesk.web.apps.surveys.letter import about_words
from helmdesk.web.apps.surveys.models import ABOUT, Instrument, Invitation, site_key
from helmdesk.web.guests import languages_of, private
from helmdesk.web.request import DeskRequest

log = logging.getLogger("helmdesk.web")
# Mouths of the five faces, the happiest first.
FACES = (
    "M9.5 17c1.4 2.6 3.4 3.9 5.5 3.9s4.1-1.3 5.5-3.9",
    "M10 18c1.3 1.4 3 2.1 5 2.1s3.7-.7 5-2.1",
    "M10 19h10",
    "M10 20c1.3-1.4 3-2.1 5-2.1s3.7.7 5 2.1",
    "M9.5 20.5c1.4-2.3 3.4-3.5 5.5-3.5s4.1 1.2 5.5 3.5",
)
FACED = (Kind.CSAT, Kind.ESAT)


@dataclass(frozen=True)
class Offered:
    """One answer on the page.

    Attributes:
        face: path of its mouth, where it has a face.
        spoken: what it is called where only its name is heard.
    """

    value: str
    label: str
    face: str
    spoken: str


# A link is all that its holder needs; what else a browser brings along gives no right to anything
# here, so that there is nothing for another site to borrow.
@csrf_exempt
def survey_answer(request: DeskRequest, token: str) -> HttpResponse:
    """Show the question with the answer that was clicked; take it when the form is sent."""
    found = visit(token)
    if found.invitation is None:
        return _unknown(request)
    row, language = found.invitation, found.invitation.language
    phrases = PHRASES[language]
    if found.door is Door.ANSWERED:
        title = phrases.thanks if _is_done(request) else phrases.already
        return said(request, language, title, phrases.thanks_more)
    if found.door is not Door.OPEN:
        return said(request, language, phrases.over, phrases.over_more, status=410)
    if request.method == "POST":
        rating, comment = request.POST.get("rating", ""), request.POST.get("comment", "")
        try:
            outcome = answer(row, rating, comment)
        except (OSError, DatabaseError) as error:
            if machine_problem(error) is None:
                raise
            log.exception("an answer could not be kept")
            return _question(request, row, rating, comment, phrases.not_kept, status=503)
        if outcome in (Outcome.NO_CHOICE, Outcome.TOO_LONG):
            problem = phrases.choose if outcome is Outcome.NO_CHOICE else phrases.too_long
            return _question(request, row, rating, comment, problem)
        if outcome is Outcome.OVER:
            return said(request, language, phrases.over, phrases.over_more, status=410)
        done = "?done" if outcome is Outcome.TAKEN else ""
        return redirect(f"{reverse('survey_answer', args=[token])}{done}")
    rating = request.GET.get("rating", "")
    if request.method == "GET":
        _note_opening(row, rating)
    return _question(request, row, rating)


def _note_opening(row: Invitation, rating: str) -> None:
    """Note that a link was followed; a full disk must not keep the question from being read."""
    try:
        with transaction.atomic():
            note_opening(row, rating)
    except (OSError, DatabaseError) as error:
        if machine_problem(error) is None:
            raise


def _is_done(request: DeskRequest) -> bool:
    return "done" in request.GET


@csrf_exempt
def survey_stop(request: DeskRequest, token: str) -> HttpResponse:
    """Ask once, and then send somebody no surveys any more; mail programs post by themselves."""
    found = visit(token, Purpose.STOP)
    if found.invitation is None:
        return _unknown(request)
    language = found.invitation.language
    phrases = PHRASES[language]
    if request.method == "POST":
        stop(found.invitation)
        return said(request, language, phrases.never_done, phrases.thanks_more)
    return said(request, language, phrases.never, phrases.never_more, button=phrases.never_button)


def _question(
    request: DeskRequest,
    row: Invitation,
    rating: str,
    comment: str = "",
    problem: str = "",
    status: int = 400,
) -> HttpResponse:
    expires = row.expires_at
    assert expires is not None
    token = sign(site_key(), Purpose.STOP, row.id, expires)
    is_of_ticket = ABOUT[row.instrument.asks] == "transactional"
    page = question_page(
        request,
        row.instrument,
        row.language,
        about=about_words(row.language, row.subject) if is_of_ticket else "",
        chosen=rating,
        comment=comment,
        problem=problem,
        stop=reverse("survey_stop", args=[token]),
    )
    if problem:
        page.status_code = status
    return page


def question_page(
    request: DeskRequest, instrument: Instrument, language: str, **more: Any
) -> HttpResponse:
    """Show the page of a question."""
    desk_name, phrases = request.desk.settings.name, PHRASES[language]
    question = instrument.question(language, desk_name)
    context = {
        "title": question,
        "language": language,
        "desk_name": desk_name,
        "phrases": phrases,
        "question": question,
        "kept": phrases.kept.replace("{desk}", desk_name),
        **choices_shown(instrument.asks, language),
        **more,
    }
    status = 400 if more.get("problem") else 200
    return private(render(request, "survey_answer.html", context, status=status))


def choices_shown(kind: Kind, language: str) -> dict[str, Any]:
    """Return the answers as a page shows them."""
    listed, words = choices(kind, language), ends(kind, language)
    faces = FACES if kind in FACED else ("",) * len(listed)
    meant = dict(zip((listed[0].value, listed[-1].value), words, strict=False))
    offered = [
        Offered(
            each.value,
            each.label,
            face,
            f"{each.label}, {meant[each.value]}" if each.value in meant else each.label,
        )
        for each, face in zip(listed, faces, strict=True)
    ]
    return {"offered": offered, "ends": words}


def said(
    request: DeskRequest,
    language: str,
    title: str,
    more: str = "",
    *,
    button: str = "",
    status: int = 200,
) -> HttpResponse:
    """Show a page that says one thing."""
    context = {
        "title": title,
        "more": more,
        "button": button,
        "language": language,
        "desk_name": request.desk.settings.name,
    }
    return private(render(request, "survey_said.html", context, status=status))


def _unknown(request: DeskRequest) -> HttpResponse:
    language = known_language(*languages_of(request))
    return said(request, language, PHRASES[language].unknown, status=404)
