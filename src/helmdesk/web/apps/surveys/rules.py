"""Rules as a leader works with them: tried on the past, kept, turned on, followed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.views.decorators.http import require_POST

from helmdesk.act.survey_words import LANGUAGES, PHRASES, known_language
from helmdesk.desk.desk import Desk
from helmdesk.errors import HelmdeskError, UsageError
from helmdesk.web.apps.outbox.post import put_mail
from helmdesk.web.apps.people.audit import audit
from helmdesk.web.apps.surveys.customer import (
    question_page,
    said,
)
from helmdesk.web.apps.surveys.forms import (
    RuleForm,
    initial_of,
    instrument_of,
)
from helmdesk.web.apps.surveys.jobs import look
from helmdesk.web.apps.surveys.letter import Links, letter_of
from helmdesk.web.apps.surveys.models import (
    ABOUT,
    Address,
    Rule,
    as_kept,
)
from helmdesk.web.apps.surveys.overview import (
    Tried,
    comments,
    funnel,
    rows_address,
    themes,
    tried,
    who_answers,
)
from helmdesk.web.apps.surveys.sending import obstacle
from helmdesk.web.rendering import show
from helmdesk.web.request import DeskRequest

SUBJECT = "Invoice shows the old billing address"


def surveys(request: DeskRequest) -> HttpResponse:
    """Show the rules, and how far the invitations of each came."""
    rules = Rule.objects.select_related("instrument")
    return show(
        request,
        "surveys.html",
        "Surveys",
        rows=[{"it": rule, "funnel": funnel(rule)} for rule in rules],
        obstacle=obstacle(),
        addresses=Address.objects.count(),
    )


def new_rule(request: DeskRequest) -> HttpResponse:
    """Show the form of a rule, with whom it would have asked; keep it."""
    form = RuleForm(request.POST or (request.GET if "name" in request.GET else None))
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        _try(request, given)  # what cannot be followed is not kept
        with transaction.atomic():
            made = Rule.objects.create(
                name=given["name"],
                instrument=instrument_of(given["instrument"]),
                where=given["where"],
                terms=as_kept(given["terms"]),
                language=given["language"],
            )
            audit("wrote a survey rule", str(made.pk), request=request)
        _look(made)
        messages.success(
            request,
            "Kept. It is in preview: it is followed, and nobody is asked until you turn it on.",
        )
        return redirect("survey_rule", made.pk)
    return _form(request, form, "A new rule")


def edit_rule(request: DeskRequest, pk: int) -> HttpResponse:
    """Change a rule; what was decided under the old terms stays."""
    rule = get_object_or_404(Rule, pk=pk)
    filled = request.POST or (request.GET if "name" in request.GET else None)
    known = initial_of(rule.name, rule.instrument.key, rule.where, rule.language, rule.says)
    form = RuleForm(filled) if filled else RuleForm(initial=known)
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        _try(request, given)
        with transaction.atomic():
            Rule.objects.filter(pk=rule.pk).update(
                name=given["name"],
                instrument=instrument_of(given["instrument"]),
                where=given["where"],
                terms=as_kept(given["terms"]),
                language=given["language"],
                problem="",
            )
            audit("changed a survey rule", str(rule.pk), request=request)
        messages.success(request, "Saved.")
        return redirect("survey_rule", rule.pk)
    return _form(request, form, f"Change {rule.name}", rule)


def _form(
    request: DeskRequest, form: RuleForm, title: str, rule: Rule | None = None
) -> HttpResponse:
    found: Tried | None = None
    problem = ""
    if form.is_bound and form.is_valid():
        try:
            found = _try(request, form.cleaned_data)
        except HelmdeskError as error:
            problem = str(error)
    is_wrong = request.method == "POST" and not form.is_valid()
    return show(
        request,
        "survey_rule_form.html",
        title,
        400 if is_wrong else 200,
        form=form,
        rule=rule,
        tried=found,
        problem=problem,
    )


def _try(request: DeskRequest, given: dict[str, Any]) -> Tried:
    desk = Desk(settings.DESK_FOLDER)
    return tried(request.desk, desk, given["where"], given["terms"], request.desk.as_of)


def _look(rule: Rule) -> None:
    """Let a new rule see what is solved already, so that none of that is asked about."""
    desk = Desk(settings.DESK_FOLDER)
    look(rule, desk, desk.marts.version())


def rule_page(request: DeskRequest, pk: int) -> HttpResponse:
    """Show one rule: how far it comes, who is not asked and why, who answers, what they write."""
    rule = get_object_or_404(Rule.objects.select_related("instrument"), pk=pk)
    whole, cuts = who_answers(request.desk, rule.instrument.record_id)
    return show(
        request,
        "survey_rule.html",
        rule.name,
        rule=rule,
        terms=rule.says,
        language=LANGUAGES[rule.language],
        question=rule.instrument.question(rule.language, request.desk.settings.name),
        funnel=funnel(rule),
        obstacle=obstacle(),
        whole=whole,
        cuts=cuts,
        rows=rows_address(rule.instrument),
        comments=comments(request.desk, rule.instrument),
        themes=themes(request.desk, rule.instrument),
        languages=LANGUAGES,
        address=getattr(request.user, "email", ""),
    )


@require_POST
def change_rule(request: DeskRequest, pk: int) -> HttpResponse:
    """Turn a rule on or off, send its mail to oneself, or remove it while nobody was asked."""
    rule, do = get_object_or_404(Rule, pk=pk), request.POST.get("do", "")
    acts: dict[str, Callable[[DeskRequest, Rule], HttpResponse]] = {
        "on": _turn_on,
        "off": _turn_off,
        "mail": _mail_to_me,
        "remove": _remove,
    }
    if do not in acts:
        raise UsageError("turn it on or off, send yourself its mail, or remove it")
    with transaction.atomic():
        audit("changed a survey rule", str(rule.pk), request=request, changed=[do])
        return acts[do](request, rule)


def _turn_on(request: DeskRequest, rule: Rule) -> HttpResponse:
    if why := obstacle():
        raise UsageError(why)
    Rule.objects.filter(pk=rule.pk).update(is_on=True)
    messages.success(request, "On. Customers whose tickets are solved from now on are asked.")
    return redirect("survey_rule", rule.pk)


def _turn_off(request: DeskRequest, rule: Rule) -> HttpResponse:
    Rule.objects.filter(pk=rule.pk).update(is_on=False)
    messages.success(
        request, "In preview. Nobody is asked; questions that are out can be answered."
    )
    return redirect("survey_rule", rule.pk)


def _remove(request: DeskRequest, rule: Rule) -> HttpResponse:
    if funnel(rule).asked:
        raise UsageError(
            "customers were asked by it, and their answers belong to it; turn it off instead"
        )
    rule.delete()
    messages.success(request, "Removed.")
    return redirect("surveys")


def _mail_to_me(request: DeskRequest, rule: Rule) -> HttpResponse:
    address = getattr(request.user, "email", "")
    if not address:
        raise UsageError("you have no mail address here; an administrator enters it under People")
    language = known_language(request.POST.get("language", ""), rule.language)
    page = f"{settings.PUBLIC_URL}{reverse('survey_trial', args=[rule.pk])}"
    letter = letter_of(
        rule.instrument,
        language,
        SUBJECT if ABOUT[rule.instrument.asks] == "transactional" else "",
        request.desk.settings.name,
        Links(page, page),
    )
    put_mail("survey_trial", address, letter.subject, letter.text, letter.html)
    messages.success(request, f"The mail is in the outbox, for {address}.")
    return redirect("survey_rule", rule.pk)


def trial(request: DeskRequest, pk: int) -> HttpResponse:
    """Show the page that customers get; what is sent here is not kept."""
    rule = get_object_or_404(Rule.objects.select_related("instrument"), pk=pk)
    language = known_language(request.GET.get("language", ""), rule.language)
    phrases = PHRASES[language]
    if request.method == "POST":
        return said(request, language, phrases.thanks, phrases.trial)
    is_of_ticket = ABOUT[rule.instrument.asks] == "transactional"
    return question_page(
        request,
        rule.instrument,
        language,
        about=phrases.about.replace("{subject}", SUBJECT) if is_of_ticket else "",
        chosen=request.GET.get("rating", ""),
        is_trial=True,
    )
