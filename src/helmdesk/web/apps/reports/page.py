"""Reports: one's own, made or being made; a new one; those that come by mail."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.views.decorators.http import require_POST

from helmdesk.errors import ConflictError, NotFoundError, UsageError
from helmdesk.reports.make import FORMS, KINDS, TAKES
from helmdesk.web.access import LEADS
from helmdesk.web.apps.jobs.worker import living
from helmdesk.web.apps.people.audit import audit
from helmdesk.web.apps.reports import jobs
from helmdesk.web.apps.reports.models import Report, Rhythm, Wanted, asked_words
from helmdesk.web.page import Page, Route
from helmdesk.web.rendering import show
from helmdesk.web.request import DeskRequest

MOST_WANTED = 20
MOST_AT_ONCE = 5
SHOWN = 30
TITLES = {
    "scorecard": "Scorecard: the key numbers, what moved and what did not",
    "brief": "Brief: last week, what to know and what to do",
    "review": "Business review: what customers experienced, what is promised, what to talk about",
}
FORM_WORDS = {"pdf": "PDF, to read and send", "xlsx": "workbook, to calculate with"}
WINDOWS = {
    "": "the last 28 days",
    "last-week": "last week",
    "last-month": "last month",
    "last-quarter": "last quarter",
    "last-year": "last year",
}


def reports(request: DeskRequest) -> HttpResponse:
    """Show one's own reports and the form of a new one; make one."""
    if request.method == "POST":
        return _new(request)
    asked = {
        name: request.GET[name] for name in ("kind", "account", "window") if name in request.GET
    }
    return show(
        request,
        "reports.html",
        "Reports",
        made=[_row(each) for each in _mine(request).defer("content")[:SHOWN]],
        wanted=[_wish(each) for each in Wanted.objects.filter(person=request.user)],
        asked={"kind": "scorecard", "form": "pdf"} | asked,
        kinds=TITLES,
        forms=FORM_WORDS,
        windows=WINDOWS,
        rhythms=Rhythm.choices,
        accounts=request.desk.segments().get("account", []),
        address=getattr(request.user, "email", ""),
    )


def report(request: DeskRequest, pk: Any) -> HttpResponse:
    """Show one report: how it goes, or what it says in a sentence, and where to take it."""
    found = get_object_or_404(_mine(request), pk=pk)
    return show(
        request,
        "report.html",
        found.title or TITLES[found.kind].partition(":")[0],
        report=found,
        about=asked_words(found.asked),
        is_going=not (found.is_made or found.problem or found.made_at),
        has_worker=living().exists(),
    )


def report_file(request: DeskRequest, pk: Any) -> HttpResponse:
    """Give the file of a report."""
    found = get_object_or_404(_mine(request), pk=pk)
    if not found.is_made:
        raise NotFoundError("this report has no file; make it again")
    audit("took a report", str(found.pk), request=request, kind=found.kind)
    response = HttpResponse(bytes(found.content), content_type=found.content_type)
    response["Content-Disposition"] = f'attachment; filename="{_ascii(found.file_name)}"'
    return response


@require_POST
def change_report(request: DeskRequest, pk: Any) -> HttpResponse:
    """Make a report again with the data of now, or remove it."""
    found = get_object_or_404(_mine(request), pk=pk)
    if request.POST.get("do") == "again":
        made = Report(person=found.person, kind=found.kind, form=found.form, asked=found.asked)
        return _start(request, made)
    if request.POST.get("do") == "remove":
        found.delete()
        audit("removed a report", str(pk), request=request)
        messages.success(request, "Removed.")
        return redirect("reports")
    raise UsageError("make the report again, or remove it")


@require_POST
def stop_wanted(request: DeskRequest, pk: int) -> HttpResponse:
    """Send a report no more."""
    get_object_or_404(Wanted, pk=pk, person=request.user).delete()
    audit("wants a report no more", str(pk), request=request)
    messages.success(request, "It comes no more.")
    return redirect("reports")


def _new(request: DeskRequest) -> HttpResponse:
    kind, form = request.POST.get("kind", ""), request.POST.get("form", "pdf")
    if kind not in KINDS or form not in FORMS:
        raise UsageError(
            f"choose what to make ({', '.join(KINDS)}) and as what ({', '.join(FORMS)})"
        )
    # What the form has for other kinds is not meant for this one.
    given = {name: request.POST.get(name, "").strip() for name in TAKES[kind]}
    asked = {name: value for name, value in given.items() if value}
    if asked.get("window", "") not in WINDOWS:
        raise UsageError(f"there are no days called '{asked['window']}' here")
    if "account" in asked and asked["account"] not in request.desk.segments().get("account", []):
        raise NotFoundError(f"there is no account '{asked['account']}' that you may see")
    rhythm = request.POST.get("rhythm", "")
    if not rhythm:
        return _start(request, Report(person=request.user, kind=kind, form=form, asked=asked))
    return _want(request, kind, form, asked, rhythm)


def _start(request: DeskRequest, made: Report) -> HttpResponse:
    waiting = _mine(request).filter(made_at=None, problem="").count()
    if waiting >= MOST_AT_ONCE:
        raise ConflictError(f"{waiting} of your reports are being made; wait for one of them")
    jobs.start(made)
    audit("made a report", str(made.pk), request=request, kind=made.kind)
    return redirect("report", made.pk)


def _want(
    request: DeskRequest, kind: str, form: str, asked: dict[str, str], rhythm: str
) -> HttpResponse:
    me: Any = request.user
    if rhythm not in Rhythm.values:
        raise UsageError(f"choose how often: {', '.join(Rhythm.values)}")
    if kind == "brief" and rhythm != Rhythm.WEEK:
        raise UsageError("a brief is of one week; let it come every week")
    if not me.email:
        raise UsageError("you have no mail address here; an administrator enters it under People")
    if Wanted.objects.filter(person=me).count() >= MOST_WANTED:
        raise UsageError(f"{MOST_WANTED} reports come to you already; stop one first")
    about = {name: value for name, value in asked.items() if name in ("account", "where")}
    made = Wanted.objects.create(person=me, kind=kind, form=form, asked=about, rhythm=rhythm)
    audit("wants a report", str(made.pk), request=request, kind=kind, rhythm=rhythm)
    messages.success(
        request,
        f"It comes to {me.email} {Rhythm(rhythm).label}, as soon as the data reach its end.",
    )
    return redirect("reports")


def _mine(request: DeskRequest) -> Any:
    return Report.objects.filter(person=request.user)


def _row(each: Report) -> dict[str, Any]:
    return {
        "it": each,
        "title": each.title or TITLES[each.kind].partition(":")[0],
        "about": each.subtitle or asked_words(each.asked),
        "state": "failed" if each.problem else "made" if each.made_at else "being made",
    }


def _wish(each: Wanted) -> dict[str, Any]:
    title = TITLES[each.kind].partition(":")[0]
    return {"it": each, "title": title, "about": asked_words(each.asked)}


def _ascii(name: str) -> str:
    return name.encode("ascii", "replace").decode().replace("?", "-")


page = Page(
    title="Reports",
    roles=LEADS,
    place=45,
    group="Understand",
    icon="doc",
    help="scorecard, brief and business reviews as PDF or workbook, now or by mail",
    routes=(
        Route("reports", reports, "reports"),
        Route("reports/<uuid:pk>", report, "report"),
        Route("reports/<uuid:pk>/file", report_file, "report_file"),
        Route("reports/<uuid:pk>/change", change_report, "change_report"),
        Route("reports/wanted/<int:pk>/stop", stop_wanted, "stop_report"),
    ),
)
