"""Surveys as a leader works with them: rules, wordings, addresses, pulses; and a pulse as everybody
answers it.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from datetime import UTC, date, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote

from django.conf import settings
from django.contrib import messages
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST

from helmdesk.act.pulses import MINIMUM
from helmdesk.act.survey_words import LANGUAGES, PHRASES, known_language
from helmdesk.act.surveys import Kind
from helmdesk.desk.desk import Desk
from helmdesk.errors import HelmdeskError, UsageError
from helmdesk.web.access import ANYBODY, STAFF, Role
from helmdesk.web.apps.outbox.post import put_mail
from helmdesk.web.apps.people.audit import audit
from helmdesk.web.apps.people.models import Person
from helmdesk.web.apps.surveys import pulse as pulses
from helmdesk.web.apps.surveys.asking import quiet_key
from helmdesk.web.apps.surveys.boxes import take_addresses, take_returned
from helmdesk.web.apps.surveys.customer import (
    choices_shown,
    question_page,
    said,
    survey_answer,
    survey_stop,
)
from helmdesk.web.apps.surveys.forms import (
    NAMES,
    PulseForm,
    RuleForm,
    WordingForm,
    initial_of,
    instrument_of,
)
from helmdesk.web.apps.surveys.jobs import look
from helmdesk.web.apps.surveys.letter import Links, letter_of
from helmdesk.web.apps.surveys.models import (
    ABOUT,
    Address,
    Instrument,
    QuietAccount,
    Refusal,
    Remark,
    Rule,
    Wave,
    as_kept,
)
from helmdesk.web.apps.surveys.overview import (
    Tried,
    funnel,
    instrument_filter,
    tried,
    who_answers,
)
from helmdesk.web.apps.surveys.sending import obstacle
from helmdesk.web.page import Page, Route
from helmdesk.web.rendering import show
from helmdesk.web.request import DeskRequest

ASKERS = frozenset({Role.ADMINISTRATOR, Role.LEADER, Role.ANALYST})
COMMENTS = 50
METRICS = {
    Kind.CSAT: "csat",
    Kind.CES: "ces",
    Kind.NPS: "nps",
    Kind.ESAT: "esat",
    Kind.ENPS: "enps",
}
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
        rows=_rows_address(rule.instrument),
        languages=LANGUAGES,
        address=getattr(request.user, "email", ""),
    )


def _rows_address(instrument: Instrument) -> str:
    """Return the address of the answers to an instrument; empty where no metric lists them."""
    key = METRICS.get(instrument.asks, "")
    return f"{reverse('rows')}?metric={key}&where={_quoted(instrument)}" if key else ""


def _quoted(instrument: Instrument) -> str:

    return quote(instrument_filter(instrument.record_id))


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


# -- wordings --------------------------------------------------------------------------------------


def wordings(request: DeskRequest) -> HttpResponse:
    """Show the questions with all their versions."""
    return show(
        request,
        "survey_wordings.html",
        "Questions of surveys",
        kinds=[(kind, name) for kind, name in NAMES.items()],
        versions=[
            {"it": each, "asked": each.question("en", request.desk.settings.name)}
            for each in Instrument.objects.all()
        ],
    )


def wording(request: DeskRequest, kind: str) -> HttpResponse:
    """Write a question in one's own words: a new version, which rules ask from then on."""
    try:
        asks = Kind(kind)
    except ValueError as error:
        raise UsageError(f"there is no kind of question called {kind[:20]!r}") from error
    known = Instrument.objects.filter(key=kind).first()
    form = WordingForm(
        request.POST or None, kind=asks, initial=dict(known.questions) if known else {}
    )
    if request.method == "POST" and form.is_valid():
        with transaction.atomic():
            made = Instrument.write(kind, asks, NAMES[asks], form.questions)
            Rule.objects.filter(instrument__key=kind).update(instrument=made)
            audit("worded a survey question", made.record_id, request=request)
        messages.success(request, f"Kept as version {made.version}.")
        return redirect("survey_wordings")
    return show(request, "survey_wording.html", NAMES[asks], form=form, known=known)


# -- addresses -------------------------------------------------------------------------------------


def addresses(request: DeskRequest) -> HttpResponse:
    """Show how many customers can be written to, and who is left alone."""
    return show(
        request,
        "survey_addresses.html",
        "Whom surveys can reach",
        addresses=Address.objects.count(),
        unsubscribed=Refusal.objects.filter(is_wish=True).count(),
        bounced=Refusal.objects.filter(is_bounced=True).count(),
        quiet=QuietAccount.objects.all(),
        accounts=request.desk.segments().get("account", []),
    )


@require_POST
def change_addresses(request: DeskRequest) -> HttpResponse:
    """Take a spreadsheet of addresses or returned mail, or leave an account alone for a while."""
    do = request.POST.get("do", "")
    acts = {"addresses": _take, "returned": _take, "quiet": _leave_alone, "ask": _ask_again}
    if do not in acts:
        raise UsageError("send a spreadsheet, mail that came back, or name an account")
    acts[do](request, do)
    return redirect("survey_addresses")


def _take(request: DeskRequest, do: str) -> None:
    file = request.FILES.get("file")
    if file is None or not file.name:
        raise UsageError("choose a file first")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / Path(file.name).name
        with path.open("wb") as target:
            for chunk in file.chunks():
                target.write(chunk)
        if do == "returned":
            back = take_returned(path)
            audit("gave returned mail of surveys", request=request, messages=back.ours)
            told = f"{back.ours:,} of our surveys came back; {back.others:,} other messages."
        else:
            taken = take_addresses(Desk(settings.DESK_FOLDER), path)
            audit("gave addresses for surveys", request=request, addresses=taken.stored)
            told = f"{taken.stored:,} addresses kept."
            if taken.erased:
                told += f" {taken.erased:,} customers were erased here and left out."
            if taken.wrong:
                first = "; ".join(taken.wrong[:3])
                told += f" {len(taken.wrong):,} rows were not usable: {first}."
    messages.success(request, told)


def _leave_alone(request: DeskRequest, do: str) -> None:
    account = request.POST.get("account", "").strip()
    if not account:
        raise UsageError("name the account that is left alone")
    text = request.POST.get("until", "").strip()
    try:
        until = date.fromisoformat(text) if text else None
    except ValueError as error:
        raise UsageError("write the last day such as 2026-12-24, or leave it empty") from error
    with transaction.atomic():
        QuietAccount.objects.update_or_create(
            key=quiet_key(account),
            defaults={
                "account": account[:300],
                "until": until,
                "why": request.POST.get("why", "").strip()[:200],
            },
        )
        audit("left an account alone", account, request=request)
    messages.success(request, f"{account} is left alone.")


def _ask_again(request: DeskRequest, do: str) -> None:
    account = request.POST.get("account", "")
    with transaction.atomic():
        QuietAccount.objects.filter(key=quiet_key(account)).delete()
        audit("lets an account be asked again", account, request=request)
    messages.success(request, f"{account} can be asked again.")


# -- pulses ----------------------------------------------------------------------------------------


def waves(request: DeskRequest) -> HttpResponse:
    """Show the pulses: those that are over with what was said, the open one with nothing yet."""
    form = PulseForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        desk = Desk(settings.DESK_FOLDER)
        closes_at = timezone.now().astimezone(UTC) + timedelta(days=given["days"])
        with transaction.atomic():
            wave = pulses.open_wave(instrument_of(given["instrument"]), closes_at, desk.agents())
            audit("asked the people of the desk", str(wave.pk), request=request)
            if given["tell"]:
                _tell_everybody(wave, request.desk.settings.name)
        messages.success(request, "Asked. What people say is shown when it is over.")
        return redirect("survey_pulses")
    return show(
        request,
        "survey_pulses.html",
        "Pulses",
        form=form,
        waves=[_wave_row(wave) for wave in Wave.objects.select_related("instrument")],
        minimum=MINIMUM,
    )


def _wave_row(wave: Wave) -> dict[str, Any]:
    where = _quoted(wave.instrument)
    metric = reverse("metric", args=[METRICS[wave.instrument.asks]])
    return {
        "it": wave,
        "remarks": Remark.objects.filter(wave=wave),
        "numbers": f"{metric}?by=team&where={where}",
    }


def _tell_everybody(wave: Wave, desk_name: str) -> None:
    link = f"{settings.PUBLIC_URL}{reverse('pulse')}"
    until = f"{wave.closes_at:%-d %B}"
    text = (
        f"One question to everybody at {desk_name}, until {until}.\n\nYou answer it on the site,"
        " and nobody can see what you said: answers are kept without names, and shown for groups"
        f" of at least {MINIMUM} when the question is over.\n"
    )
    text += f"\n{link}\n" if settings.PUBLIC_URL else ""
    for person in Person.objects.filter(participation__wave=wave).exclude(email=""):
        put_mail("pulse", person.email, f"{desk_name}: one question to you", text)


def pulse(request: DeskRequest) -> HttpResponse:
    """Ask the one question; nothing is kept that tells who answered what."""
    waiting = pulses.waiting(request.user)
    if waiting is None:
        return show(request, "pulse.html", "Pulse", waiting=None)
    wave, problem = waiting.wave, ""
    if request.method == "POST":
        rating, comment = request.POST.get("rating", ""), request.POST.get("comment", "")
        try:
            pulses.answer(request.user, wave, rating, comment)
        except UsageError as error:
            problem = str(error)
        else:
            messages.success(request, "Thank you. Your answer is in, without your name.")
            return redirect("pulse")
    return show(
        request,
        "pulse.html",
        "Pulse",
        400 if problem else 200,
        waiting=waiting,
        problem=problem,
        question=wave.instrument.question("en", request.desk.settings.name),
        phrases=PHRASES["en"],
        chosen=request.POST.get("rating", ""),
        comment=request.POST.get("comment", ""),
        minimum=MINIMUM,
        **choices_shown(wave.instrument.asks, "en"),
    )


page = Page(
    title="Surveys",
    roles=ASKERS,
    place=54,
    group="Act",
    icon="smile",
    help="whom customers' surveys go to, what comes back, and pulses of your own people",
    routes=(
        Route("surveys", surveys, "surveys"),
        Route("surveys/new", new_rule, "new_survey_rule"),
        Route("surveys/<int:pk>", rule_page, "survey_rule"),
        Route("surveys/<int:pk>/edit", edit_rule, "edit_survey_rule"),
        Route("surveys/<int:pk>/change", change_rule, "change_survey_rule"),
        Route("surveys/<int:pk>/page", trial, "survey_trial"),
        Route("surveys/questions", wordings, "survey_wordings"),
        Route("surveys/questions/<slug:kind>", wording, "survey_wording"),
        Route("surveys/addresses", addresses, "survey_addresses"),
        Route("surveys/addresses/change", change_addresses, "change_survey_addresses"),
        Route("surveys/pulses", waves, "survey_pulses"),
        Route("pulse", pulse, "pulse", STAFF),
        Route("s/<str:token>", survey_answer, "survey_answer", ANYBODY),
        Route("s/<str:token>/stop", survey_stop, "survey_stop", ANYBODY),
    ),
)
