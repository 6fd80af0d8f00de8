"""Coverage: whom the week needs, who is planned, and how sure that is."""

from __future__ import annotations

import functools
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_POST

from helmdesk.errors import HelmdeskError, UsageError
from helmdesk.plan.coverage import Coverage, coverage_of
from helmdesk.plan.crews import Crew, find_crew
from helmdesk.plan.forecast import Known
from helmdesk.plan.volumes import read_volumes
from helmdesk.query.periods import week_shift
from helmdesk.web.access import LEADS
from helmdesk.web.apps.people.audit import audit
from helmdesk.web.apps.planning.asked import NUMBERS, Asked, Week, asked_of, week_of, weeks
from helmdesk.web.apps.planning.charts import certainty
from helmdesk.web.apps.planning.models import Volumes, from_demand, planners_know
from helmdesk.web.apps.planning.words import (
    MOST_SPANS,
    days_of,
    rows_of,
    sentence,
    short_spans,
    show_day,
    show_days,
    show_hours,
    show_minute,
)
from helmdesk.web.page import Page, Route
from helmdesk.web.rendering import show
from helmdesk.web.request import DeskRequest

MOST_FILES, MOST_BYTES = 20, 20 * 1024**2
TITLE = "Coverage"
# Minutes of the day in which meals are taken.
LUNCH = (690, 870)
HARDLY = 0.005


def coverage(request: DeskRequest) -> HttpResponse:
    """Show needed and planned people of a team in a week to come."""
    try:
        asked = asked_of(request.GET)
    except UsageError as error:
        return _nothing(request, Asked(), str(error))
    try:
        crews = crews_of(request, asked)
        crew = find_crew(crews, asked.team)
        known = weeks(
            crew.demand.last_day + timedelta(days=1), week_shift(request.desk.settings.week_start)
        )
        place = week_of(asked, known)
        found = _coverage(request, asked, crew, known[place])
    except HelmdeskError as error:
        return _nothing(request, asked, str(error))
    week = known[place]
    return show(
        request,
        "coverage.html",
        TITLE,
        asked=asked,
        found=found,
        sentence=sentence(found),
        crew=crew,
        crews=[(each.name, asked.query(team=each.name)) for each in crews],
        week=week,
        dates=_dates(week),
        weeks=[(_dates(each), each.name, asked.query(start=each.start)) for each in known],
        before=asked.query(start=known[place - 1].start) if place else "",
        after=asked.query(start=known[place + 1].start) if place + 1 < len(known) else "",
        days=[show_day(day) for day in days_of(found)],
        rows=rows_of(found),
        spans=short_spans(found)[:MOST_SPANS],
        more_spans=max(0, len(short_spans(found)) - MOST_SPANS),
        figures=_figures(found),
        curve=certainty(found),
        try_link="" if asked.file else _try(crew, week, {}),
        ideas=[] if asked.file else _ideas(found, crew, week),
        model=_model(found),
        fields=_fields(asked, crew),
        **_files(request, asked),
    )


def crews_of(request: DeskRequest, asked: Asked) -> list[Crew]:
    """Return the teams of the desk, or the queues of the file that stands instead.

    Raises:
        UsageError: the file is not one of the reader's.
    """
    if not asked.file:
        return request.desk.plan.crews() if request.desk.record_types else []
    return _own(request, asked.file).crews


def _own(request: DeskRequest, pk: int) -> Volumes:
    found = Volumes.objects.filter(person=request.user, pk=pk).first()
    if found is None:
        raise UsageError("that file is not there any more; upload it again")
    return found


def _coverage(request: DeskRequest, asked: Asked, crew: Crew, week: Week) -> Coverage:
    factors = planners_know()
    if asked.file:
        return _of_file(asked.file, crew.name, week, asked.with_numbers, asked.holidays, factors)
    return request.desk.plan.coverage(
        crew.name,
        start=week.start,
        days=week.days,
        target=asked.target(crew),
        conditions=asked.conditions,
        factors=factors,
        holidays=asked.holidays or None,
    )


@functools.lru_cache(maxsize=32)
def _of_file(
    pk: int, name: str, week: Week, numbers: Asked, holidays: str, factors: tuple[Known, ...]
) -> Coverage:
    """Return the coverage of a file, which never changes once it is uploaded."""
    crew = find_crew(Volumes.objects.get(pk=pk).crews, name)
    return coverage_of(
        crew,
        week.start,
        week.days,
        numbers.target(crew),
        numbers.conditions,
        factors=factors,
        holidays=holidays or None,
    )


def _nothing(request: DeskRequest, asked: Asked, problem: str) -> HttpResponse:
    """Show why there is nothing to show, what can be done, and the numbers asked with."""
    return show(
        request,
        "coverage.html",
        TITLE,
        400,
        asked=asked,
        problem=problem[:1].upper() + problem[1:],
        fields=_fields(asked, None),
        **_files(request, asked),
    )


def _files(request: DeskRequest, asked: Asked) -> dict[str, Any]:
    mine = Volumes.objects.filter(person=request.user)[:MOST_FILES]
    return {
        "files": [(each, f"?file={each.pk}") for each in mine],
        "file": next((each for each in mine if each.pk == asked.file), None),
    }


def _dates(week: Week) -> str:
    return show_days(week.start, week.start + timedelta(days=week.days - 1))


def _fields(asked: Asked, crew: Crew | None) -> list[dict[str, Any]]:
    """Return the fields of what is promised and assumed, with what holds where they are empty."""
    demand = crew.demand if crew else None
    recorded = {
        "handle": demand.handle_seconds if demand else None,
        "patience": demand.patience_seconds if demand else None,
    }
    words = {
        "level": ("Answered in time", "%", "80"),
        "within": ("In time means within", "s", f"{crew.threshold_seconds:g}" if crew else "60"),
        "handle": ("Work on one contact", "s", "not recorded"),
        "patience": ("Time until somebody gives up", "s", "never"),
        "away": ("Planned time away from contacts", "%", "0"),
    }
    return [
        {
            "name": name,
            "label": label,
            "unit": unit,
            "value": asked.given.get(name, ""),
            "low": f"{NUMBERS[name][1]:g}",
            "high": f"{NUMBERS[name][2]:g}",
            "empty": f"{recorded[name]:,.0f} recorded" if recorded.get(name) else empty,
        }
        for name, (label, unit, empty) in words.items()
    ]


def _figures(found: Coverage) -> list[tuple[str, str, str]]:
    """Return the figures at the top: name, value, and what stands under it."""
    made, target = found.plan.forecast, found.target
    low, high = made.total_bounds()
    promise = f"within {target.within_seconds:g} s · target {target.service_level or 0:.0%}"
    figures = []
    if found.service_level is not None:
        level, least, most = found.service_level
        likely = f"{least:.0%}" if f"{least:.0%}" == f"{most:.0%}" else f"{least:.0%}–{most:.0%}"
        figures.append(("Service level, expected", f"{level:.0%}", f"{promise} · likely {likely}"))
    need = show_hours(found.plan.agent_hours)
    if found.planned is None:
        figures.append(("Needed", need, f"at most {int(found.plan.agents.max())} at once"))
    else:
        places = found.short_intervals
        where = f"in {places:,} intervals" if places else "nowhere"
        figures.append(("Short", show_hours(found.short_hours), f"{where} · {need} needed"))
        figures.append(("Spare", show_hours(found.spare_hours), "beyond what is needed"))
    total, before = made.totals.sum(), made.naive.sum()
    change = ""
    if before:
        more = "more" if total > before else "fewer"
        change = f" · {abs(total / before - 1):.0%} {more} than the week before"
        if abs(total / before - 1) < HARDLY:
            change = " · as many as the week before"
    figures.append(
        (
            "Contacts expected",
            f"{total:,.0f}",
            f"likely {low:,.0f}–{high:,.0f}{change}",
        )
    )
    return figures


def _try(crew: Crew, week: Week, levers: dict[str, str]) -> str:
    said = {"team": crew.name, "start": week.start.isoformat(), **levers}
    return f"{reverse('what_if')}?{urlencode(said)}"


def _ideas(found: Coverage, crew: Crew, week: Week) -> list[tuple[str, str]]:
    """Return changes that may close what is short, each with where to try it."""
    spans = short_spans(found)
    if not spans:
        return []
    noon = [span for span in spans if span.start < LUNCH[1] and span.end > LUNCH[0]]
    late = [span for span in spans if span.start >= LUNCH[1]]
    ideas = []
    if noon:
        ideas.append(("Spread lunch from 11:00 to 15:00", {"meals": "11:00-15:00"}))
    if late:
        most = str(max(span.people for span in late))
        ideas.append((f"Start {most} of the shifts at 10:30", {"later": most, "begin": "10:30"}))
    worst = spans[0]
    hours = f"{show_minute(worst.start)}-{show_minute(worst.end)}"
    ideas.append((f"{worst.people} more from {hours}", {"more": str(worst.people), "hours": hours}))
    return [(words, _try(crew, week, levers)) for words, levers in ideas]


def _model(found: Coverage) -> str:
    """Return how right such forecasts were, beside the simplest guess."""
    made = found.plan.forecast
    chosen, naive = made.competition.score_of(made.model), made.competition.score_of("naive")
    if chosen is None or naive is None:
        return "There is too little history to say how right this forecast is."
    by = "days" if made.competition.is_by_day else "half-hours"
    return (
        f"Tried {made.competition.origins} times on the past, the forecast was off by"
        f" {chosen.wape:.0%} of contacts by {by}; the same weekday of the week before was off by"
        f" {naive.wape:.0%}."
    )


@require_POST
def upload(request: DeskRequest) -> HttpResponse:
    """Read a file of interval totals, and plan with it."""
    file: Any = request.FILES.get("file")
    if file is None:
        raise UsageError("choose a spreadsheet or CSV with a row for each half-hour")
    if file.size > MOST_BYTES:
        raise UsageError(f"the file is larger than {MOST_BYTES // 1024**2} MB")
    name = Path(file.name or "file.csv").name[:200]
    with TemporaryDirectory() as folder:
        path = Path(folder) / f"volumes{Path(name).suffix.lower()[:8]}"
        path.write_bytes(file.read())
        try:
            demands = read_volumes(path)
        except HelmdeskError as error:
            raise UsageError(str(error).replace(str(path), name)) from error
    made = Volumes.objects.create(
        person=request.user, name=name, queues=[from_demand(each) for each in demands]
    )
    mine = Volumes.objects.filter(person=request.user)
    mine.exclude(pk__in=list(mine.values_list("pk", flat=True)[:MOST_FILES])).delete()
    audit("uploaded totals to plan with", str(made.pk), request=request)
    messages.success(request, f"{name}: {_told(made)}.")
    return redirect(f"{reverse('coverage')}?file={made.pk}")


def _told(made: Volumes) -> str:
    demands = [crew.demand for crew in made.crews]
    first, last = min(d.first_day for d in demands), max(d.last_day for d in demands)
    total = sum(float(d.contacts.sum()) for d in demands)
    queues = f" in {len(demands)} queues" if len(demands) > 1 else ""
    return f"{total:,.0f} contacts{queues}, {first:%-d %B %Y} to {last:%-d %B %Y}"


@require_POST
def remove(request: DeskRequest, pk: int) -> HttpResponse:
    """Forget an uploaded file."""
    done, _ = Volumes.objects.filter(person=request.user, pk=pk).delete()
    if not done:
        raise Http404
    messages.success(request, "Removed.")
    return redirect("coverage")


page = Page(
    title=TITLE,
    roles=LEADS,
    place=42,
    key="p",
    group="Plan",
    icon="grid",
    tab="Plan",
    needs_data=False,
    help="whom each half-hour needs, who is planned, where it is short",
    routes=(
        Route("plan/coverage", coverage, "coverage"),
        Route("plan/volumes", upload, "upload_volumes"),
        Route("plan/volumes/<int:pk>/remove", remove, "remove_volumes"),
    ),
)
