"""Actions: what we believed, did and learned."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse, QueryDict
from django.shortcuts import redirect

from helmdesk.act.actions import OPEN, Outcome, Stage, review_day
from helmdesk.catalogue.metric import Metric
from helmdesk.errors import HelmdeskError, UsageError
from helmdesk.query.periods import week_shift
from helmdesk.web.access import LEADS
from helmdesk.web.apps.actions import keeping, shown
from helmdesk.web.apps.actions.form import (
    begun,
    fields_of,
    hypothesis_of,
    offered_guards,
    owner_of,
    owners,
)
from helmdesk.web.apps.actions.models import Action
from helmdesk.web.apps.alerts.form import unit_words
from helmdesk.web.apps.people.audit import audit
from helmdesk.web.charts.lines import Flag
from helmdesk.web.page import Page, Route
from helmdesk.web.pages.insight.page import annotations_of
from helmdesk.web.rendering import show
from helmdesk.web.request import DeskRequest
from helmdesk.web.view_state import whole_number

EXTENSION = 8


def actions(request: DeskRequest) -> HttpResponse:
    """List what is decided now, what runs, and what was learned."""
    today = shown.today_of(request)
    rows = [shown.row_of(request, each, today) for each in Action.seen(request.policy)]
    return show(
        request,
        "actions.html",
        "Actions",
        due=[row for row in rows if row.stage is Stage.DUE],
        running=[row for row in rows if row.stage in (Stage.RUNNING, Stage.PROPOSED)],
        past=[row for row in rows if row.stage not in OPEN],
        rows=rows,
    )


def new_action(request: DeskRequest) -> HttpResponse:
    """Write an action down: first what could show, then whether it is kept."""
    if request.method == "POST":
        said, owner = hypothesis_of(request, request.POST), owner_of(request, request.POST)
        request.desk.foresee_action(said)
        made = keeping.propose(request.user, request.policy, said, owner)
        audit("wrote an action", str(made.pk), request=request, metric=said.metric)
        if request.POST.get("do") == "start":
            keeping.start(made, request.user, shown.today_of(request))
            messages.success(request, "Started. What you expect is locked from now on.")
        else:
            messages.success(request, "Kept as proposed. Start it when it begins.")
        _measure(request, made.pk)
        return redirect("action", made.pk)
    given = begun(request.GET, shown.today_of(request))
    return _form(request, given, "A new action", None)


def action(request: DeskRequest, pk: int) -> HttpResponse:
    """Show one action: what we believed, did and learned."""
    it = _find(request, pk)
    said, zone = it.hypothesis, request.desk.settings.time_zone
    shift = week_shift(request.desk.settings.week_start)
    stage, review_on = it.stage(shown.today_of(request), shift), review_day(said, shift)
    looked = shown.look(request, it, annotations_of(request, said.metric))
    effect, foresight = looked.effect, looked.foresight
    flags = (
        [Flag(each.day, each.text.strip().rstrip(".")) for each in effect.others] if effect else []
    )
    outcome = Outcome(it.closed_as) if stage is Stage.CLOSED else None
    is_told = effect is not None and not effect.is_early
    return show(
        request,
        "action.html",
        said.title,
        it=it,
        said=said,
        stage=stage.value,
        is_open=it.is_open,
        steps=shown.steps_of(it, stage, review_on, zone),
        effect=effect,
        foresight=foresight,
        problem=looked.problem,
        expectation=shown.expectation(effect, foresight, it),
        smallest=shown.smallest(foresight, effect),
        written_down=shown.written_down(it, zone),
        compared_with=shown.compared_with(foresight),
        guards=_guards(request, effect, said.guards),
        badge=shown.OUTCOMES[effect.judged.outcome] if effect and is_told else None,
        closed_badge=shown.OUTCOMES[outcome] if outcome else None,
        outcome=effect.judged.outcome.value if effect and is_told else "",
        chart=shown.chart_of(effect, flags, shift) if effect else None,
        strips=shown.strips_of(effect) if effect and is_told else [],
        log=keeping.steps_of(it),
        extension=EXTENSION,
    )


def change_action(request: DeskRequest, pk: int) -> HttpResponse:
    """Change what is expected, or do the next thing with an action."""
    it = _find(request, pk)
    if request.method != "POST":
        metric = request.desk.find_metric(it.hypothesis.metric).metric
        given = fields_of(it.hypothesis, metric, it.owner)
        return _form(request, given, "Change the action", it)
    do, today = request.POST.get("do", ""), shown.today_of(request)
    audit("changed an action", str(it.pk), request=request, changed=[do])
    if do == "start":
        keeping.start(it, request.user, today)
        messages.success(request, "Started. What you expect is locked from now on.")
    elif do == "change":
        said, owner = hypothesis_of(request, request.POST), owner_of(request, request.POST)
        request.desk.foresee_action(said)
        changed = keeping.change(it, request.user, said, owner)
        is_version = changed and it.is_started
        messages.success(
            request,
            "Kept as a new version; the page tells what changed." if is_version else "Kept.",
        )
    elif do == "extend":
        weeks = whole_number("weeks", request.POST.get("weeks", str(EXTENSION)), 1, 44)
        keeping.extend(it, request.user, weeks, it.owner)
        messages.success(request, f"It is looked at {weeks} weeks later.")
    elif do == "learn":
        keeping.learn(it, request.user, _lesson(request))
        messages.success(request, "Kept.")
    elif do == "close":
        closed_as = request.POST.get("as", "")
        keeping.close(it, request.user, closed_as, _lesson(request), _outcome(request, it))
        messages.success(request, "Closed. It stays here for the next time.")
    elif do == "drop":
        keeping.close(it, request.user, Stage.DROPPED.value, _lesson(request), "")
        messages.success(request, "Dropped. It stays here for the next time.")
    else:
        raise UsageError("start, change, extend, close or drop it")
    _measure(request, it.pk)
    return redirect("action", it.pk)


def _measure(request: DeskRequest, pk: int) -> None:
    """Measure what was just started or changed, so that lists tell it at once."""
    it = _find(request, pk)
    if it.is_open and it.is_started:
        looked = shown.look(request, it, annotations_of(request, it.hypothesis.metric))
        if looked.effect is not None:
            keeping.keep_measurement(it, looked.effect)


def _outcome(request: DeskRequest, it: Action) -> str:
    looked = shown.look(request, it, ())
    if looked.effect is None or looked.effect.is_early:
        raise UsageError("its weeks are not over: extend it, or drop it")
    keeping.keep_measurement(it, looked.effect)
    return looked.effect.judged.outcome.value


def _lesson(request: DeskRequest) -> str:
    return " ".join(request.POST.get("learned", "").split())


def _find(request: DeskRequest, pk: int) -> Action:
    found = Action.seen(request.policy).filter(pk=pk).first()
    if found is None:
        raise Http404("no such action")
    return found


def _form(
    request: DeskRequest, given: dict[str, Any], title: str, it: Action | None
) -> HttpResponse:
    """Show the form; once it says enough, with what could show and what to beware of."""
    foresight, problem = None, ""
    checks = request.method == "GET" and ("try" in request.GET or it is not None)
    if checks:
        try:
            asked = request.GET if it is None else _as_query(given)
            foresight = request.desk.foresee_action(hypothesis_of(request, asked))
        except HelmdeskError as error:
            problem = str(error)
    metrics = _metrics(request)
    chosen = next((each for each in metrics if each.key == given.get("metric")), None)
    return show(
        request,
        "action_form.html",
        title,
        it=it,
        given=given,
        foresight=foresight,
        smallest=shown.smallest(foresight),
        compared_with=shown.compared_with(foresight),
        problem=problem,
        metrics=metrics,
        guards=offered_guards(metrics, given),
        people=[each.username for each in owners()],
        me=request.user.username,
        unit="points of percent" if unit_words(chosen) == "%" else unit_words(chosen),
        tried=request.GET.urlencode(),
    )


def _as_query(given: dict[str, Any]) -> Any:
    query = QueryDict(mutable=True)
    for name, value in given.items():
        if isinstance(value, list):
            query.setlist(name, value)
        else:
            query[name] = value
    return query


def _metrics(request: DeskRequest) -> list[Metric]:
    known = [
        entry.metric
        for key, entry in request.desk.catalogue.items()
        if not request.desk.missing(key)
    ]
    return sorted(known, key=lambda each: each.name)


def _guards(request: DeskRequest, effect: Any, keys: tuple[str, ...]) -> list[tuple[str, Any, str]]:
    """Return (name, verdict, words) of each metric that must not get worse."""
    if effect is not None and not effect.is_early:
        return [
            (each.metric.name, shown.GUARDS[each.judged.outcome], each.words)
            for each in effect.guards
        ]
    catalogue = request.desk.catalogue
    return [(catalogue[key].metric.name if key in catalogue else key, None, "") for key in keys]


page = Page(
    title="Actions",
    roles=LEADS,
    place=51,
    group="Act",
    icon="flag",
    help="what was done about a number, what was expected of it, and what it did",
    routes=(
        Route("actions", actions, "actions"),
        Route("actions/new", new_action, "new_action"),
        Route("actions/<int:pk>", action, "action"),
        Route("actions/<int:pk>/change", change_action, "change_action"),
    ),
)
