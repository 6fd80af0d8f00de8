"""Data health: sources, lag, quarantine, drift, duplicates, late events; and loading files from the
browser.
"""

from __future__ import annotations

import io
import re
import zipfile
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import available_timezones

import tomlkit
from django import forms
from django.conf import settings
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_http_methods, require_POST
from tomlkit.exceptions import TOMLKitError

from helmdesk.desk.connections import Connections
from helmdesk.desk.folder import limits_of
from helmdesk.errors import HelmdeskError, InputError, UsageError
from helmdesk.records.accounts import check_name
from helmdesk.records.limits import Limits
from helmdesk.records.schema import STATUSES
from helmdesk.sources.file import knows
from helmdesk.sources.file import source as by_columns
from helmdesk.sources.parts.column_choices import FIELDS
from helmdesk.sources.parts.source import find_source, scale_of, source_names
from helmdesk.sources.parts.suggestion import suggest_mapping
from helmdesk.sources.reading.spelled_times import DAY_FIRST, MONTH_FIRST
from helmdesk.web.access import ADMINISTRATORS, DATA_KEEPERS, LEADS
from helmdesk.web.apps.connections.health import accounts
from helmdesk.web.apps.connections.jobs import ask_now
from helmdesk.web.apps.jobs.worker import living
from helmdesk.web.apps.people.audit import audit
from helmdesk.web.first_window import scorecard_address
from helmdesk.web.loading_words import on_site
from helmdesk.web.page import Page, Route
from helmdesk.web.pages.data import jobs
from helmdesk.web.pages.data.columns import MAPPING, as_said, change
from helmdesk.web.pages.data.models import LoadJob
from helmdesk.web.rendering import show
from helmdesk.web.request import DeskRequest

MOST_FILES = 60
ANSWER = "answer:"
FILE_NAME = re.compile(r"[^A-Za-z0-9._ -]+")


@dataclass(frozen=True)
class SourceHealth:
    """One source over all its batches."""

    name: str
    batches: int
    records: int
    loaded_at: datetime
    last_at: datetime | None
    lag_seconds: float | None
    quarantined: int
    duplicates: int
    late: int
    unknown_columns: tuple[str, ...]


def health(request: DeskRequest) -> HttpResponse:
    """Show how sound the data are."""
    batches = request.desk.batches()
    sources = []
    for name in sorted({batch.source for batch in batches}):
        own = [batch for batch in batches if batch.source == name]
        last = max((batch.last_at for batch in own if batch.last_at), default=None)
        drift = {
            column
            for batch in own
            for file in batch.report.get("files", [])
            for column in file.get("unknown_columns", [])
        }
        sources.append(
            SourceHealth(
                name,
                len(own),
                sum(batch.records for batch in own),
                own[0].recorded_at,
                last,
                (request.desk.as_of - last).total_seconds() if last else None,
                sum(batch.report.get("quarantined_rows", 0) for batch in own),
                sum(batch.report.get("duplicates", 0) for batch in own),
                sum(batch.late for batch in own),
                tuple(sorted(drift)),
            )
        )
    entries = request.desk.catalogue.values()
    touched = {
        name: sorted(
            {
                e.metric.name
                for e in entries
                if any(name in need.split("|") for need in e.metric.needs)
            }
        )
        for name in sorted(request.desk.record_types)
    }
    mart = request.desk.mart_version()
    return show(
        request,
        "health.html",
        "Data health",
        batches=batches[:50],
        sources=sources,
        accounts=accounts(Path(settings.DESK_FOLDER)),
        quarantined=request.desk.quarantine() if request.desk.sees_all_rows else [],
        touched=touched,
        mart=mart,
        going=set(jobs.going()),
        is_sample_going=_is_being_removed(),
        sees_all=request.desk.sees_all_rows,
        concerns=request.desk.concerns(),
        lake=request.desk.loaded_version(),
        may_load=getattr(request.user, "role", "") in DATA_KEEPERS,
    )


@require_POST
def sync(request: DeskRequest, name: str) -> HttpResponse:
    """Let a live account be brought into step now."""
    connection = Connections(Path(settings.DESK_FOLDER)).get(name)
    if connection.is_paused:
        raise UsageError("this account is paused; an administrator lets it go on")
    audit("asked for a live account", connection.name, request=request)
    ask_now(connection.name)
    messages.success(request, "It is being brought into step; this page shows when it is.")
    return redirect("data")


class ManyFiles(forms.ClearableFileInput):
    """Several files at once: an export is often a folder of tables."""

    allow_multiple_selected = True


class UploadForm(forms.Form):
    """What to load, and with which source."""

    source = forms.ChoiceField()
    time_zone = forms.CharField(
        required=False,
        max_length=60,
        help_text="of times written without one, such as Europe/Berlin",
    )
    account = forms.CharField(
        required=False,
        max_length=40,
        help_text="whose tickets these are, where the desk holds several accounts, such as brand-b",
    )
    dates = forms.ChoiceField(
        required=False,
        choices=[("", "as the file tells"), (DAY_FIRST, DAY_FIRST), (MONTH_FIRST, MONTH_FIRST)],
        help_text="what 05/06/2026 begins with, where no date of the file tells",
    )
    sheet = forms.CharField(
        required=False,
        max_length=100,
        help_text="of a workbook: its name, or * for all; without one the fullest is read",
    )
    scale = forms.CharField(
        required=False,
        max_length=12,
        help_text="lowest and highest answer of survey answers, such as 1-5",
    )

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        choices = [(name, f"{name}: {find_source(name).summary}") for name in source_names()]
        self.fields["source"].choices = choices  # type: ignore[attr-defined]

    def clean_account(self) -> str:
        """Refuse what cannot be the name of an account."""
        try:
            check_name(self.cleaned_data["account"])
        except UsageError as error:
            raise forms.ValidationError(str(error)) from error
        return str(self.cleaned_data["account"])

    def clean_scale(self) -> str:
        """Refuse what is no scale; the source comes first in the form."""
        try:
            scale_of(self.cleaned_data.get("source", ""), self.cleaned_data["scale"])
        except InputError as error:
            raise forms.ValidationError(str(error)) from error
        return str(self.cleaned_data["scale"])


def load(request: DeskRequest) -> HttpResponse:
    """Take files in; nothing reaches the lake before it was previewed and agreed to."""
    form = UploadForm(
        request.POST or None, initial={"source": request.GET.get("source", by_columns.name)}
    )
    if request.method == "POST" and form.is_valid():
        if request.desk.settings.is_sample:
            raise UsageError(
                "this desk holds the sample; remove the sample before loading data of your own"
            )
        files = request.FILES.getlist("files")
        _check_files(files)
        job = LoadJob(person=request.user, **form.cleaned_data)
        for file in files:
            file.name = FILE_NAME.sub("_", Path(file.name or "file").name).lstrip(".") or "file"
        job.files = [file.name for file in files]
        if len(set(job.files)) < len(files):
            raise UsageError("two of the files have the same name")
        jobs.keep_files(job, files)
        try:
            _describe(request, job)
        except HelmdeskError as error:
            jobs.forget_files(job)
            said = str(error).replace(f"{jobs.folder_of(job)}/", "")
            raise UsageError(on_site(said)) from error
        job.save()
        audit("uploaded files", job.source, request=request, files=job.files)
        jobs.start(job, is_preview=True)
        return redirect("job", job.pk)
    known = [(name, find_source(name).summary) for name in source_names()]
    return show(
        request,
        "load.html",
        "Load data",
        form=form,
        sources=known,
        recent=LoadJob.objects.filter(person=request.user)[:5],
    )


def _describe(request: DeskRequest, job: LoadJob) -> None:
    """Draft a mapping for files that nobody knows."""
    first, limits, sheets = jobs.paths_of(job)[0], _upload_limits(request), jobs.sheets_of(job)
    if job.source == by_columns.name and not knows(first, limits, sheets):
        job.source = MAPPING
        messages.info(
            request,
            "This is no export of a system known here: look through what its columns are taken"
            " for.",
        )
    if job.source == MAPPING:
        job.mapping = suggest_mapping(first, limits, sheets)


def _upload_limits(request: DeskRequest) -> Limits:
    return limits_of(jobs.within_upload(request.desk.settings))


def _check_files(files: list[Any]) -> None:
    if not files:
        raise UsageError("choose at least one file")
    if len(files) > MOST_FILES:
        raise UsageError(f"{len(files)} files; at most {MOST_FILES} at once")
    size = sum(file.size for file in files)
    if size > settings.UPLOAD_LIMIT_BYTES:
        limit = settings.UPLOAD_LIMIT_BYTES // 1024**2
        raise UsageError(
            f"{size / 1024**2:,.0f} MB; the browser takes up to {limit} MB, helmdesk load on the"
            " command line takes any size"
        )


def _job(request: DeskRequest, pk: Any) -> LoadJob:
    found = LoadJob.objects.filter(pk=pk).first()
    if found is None or (
        found.person_id != request.user.pk
        and getattr(request.user, "role", "") not in ADMINISTRATORS
    ):
        raise Http404
    return found


def job(request: DeskRequest, pk: Any) -> HttpResponse:
    """Show how a load goes: mapping, preview, quarantine, progress, result."""
    return _show_job(request, _job(request, pk))


def _show_job(request: DeskRequest, found: LoadJob, refused: str = "") -> HttpResponse:
    return show(
        request,
        "job.html",
        "Load data",
        400 if refused else 200,
        job=found,
        refused=refused,
        is_open=found.state in ("uploaded", "previewed", "failed") and bool(found.files),
        is_mapping=found.source == MAPPING,
        fields=FIELDS.items(),
        statuses=STATUSES,
        orders=(DAY_FIRST, MONTH_FIRST),
        zones=sorted(available_timezones()),
        asks=_asks(request, found),
        limit=request.desk.settings.quarantine_limit,
        has_worker=living().exists(),
        scorecard=scorecard_address(request) if found.state == "done" else "/",
    )


def _asks(request: DeskRequest, found: LoadJob) -> bool:
    """Whether so many rows cannot be read that whoever loads them must say so."""
    share = float((found.report or {}).get("quarantine_share", 0))
    return found.state == "previewed" and share > request.desk.settings.quarantine_limit


def to_mend(request: DeskRequest, batch: str) -> HttpResponse:
    """Give the rows that a load kept apart, as files to mend: a CSV, or a zip of several."""
    found = request.desk.rows_to_mend(batch)
    if not found:
        raise Http404
    audit("took rows to mend", batch, request=request)
    if len(found) == 1:
        response = HttpResponse(found[0].as_csv(), "text/csv; charset=utf-8")
        name = found[0].name
    else:
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
            for part in found:
                archive.writestr(part.name, part.as_csv())
        response, name = HttpResponse(packed.getvalue(), "application/zip"), "to-mend.zip"
    response.headers["Content-Disposition"] = content_disposition_header(True, name) or ""
    return response


def unload(request: DeskRequest, batch: str) -> HttpResponse:
    """Say what would go with a load; take it out when that is agreed to."""
    found = next((each for each in request.desk.batches() if each.batch_id == batch), None)
    if found is None:
        raise Http404
    if request.method == "POST":
        if not request.POST.get("sure"):
            raise UsageError("say that you want it: tick the box")
        jobs.unload(batch, request.desk.loaded_version())
        audit("took a load out", batch, request=request, records=found.records)
        messages.success(
            request,
            "It is being taken out; the numbers follow. The same files can be loaded again.",
        )
        return redirect("data")
    return show(request, "unload.html", "Take a load out", batch=found)


def _answered(request: DeskRequest, mapping: str) -> str:
    """Return a file of own words with the answers to what the preview asked."""
    answers = {
        name.removeprefix(ANSWER): said.strip()
        for name, said in request.POST.items()
        if name.startswith(ANSWER) and isinstance(said, str) and said.strip()
    }
    if not answers:
        return mapping
    try:
        document = tomlkit.parse(mapping)
    except TOMLKitError as error:
        raise UsageError(f"own words: {error}") from error
    shifts = document.setdefault("shifts", tomlkit.table())
    for about, said in answers.items():
        shifts[about] = said
    return tomlkit.dumps(document)


def _texts(request: DeskRequest) -> dict[str, str]:
    return {name: str(said) for name, said in request.POST.items()}


@require_POST
def go_on(request: DeskRequest, pk: Any) -> HttpResponse:
    """Preview with a mapping, load what was previewed, or throw it away."""
    found = _job(request, pk)
    do = request.POST.get("do", "")
    if found.is_running:
        raise UsageError("it is still running; wait for it to end")
    if do == "forget":
        jobs.forget_files(found)
        found.delete()
        messages.success(request, "Thrown away; nothing was loaded.")
        return redirect("load")
    try:
        is_changed = bool(do in ("preview", "load") and found.reading) and change(
            found, _texts(request), jobs.first_of(found, request.desk.settings)
        )
    except UsageError as error:
        found.reading = as_said(found.reading, _texts(request))
        return _show_job(request, found, str(error))
    if do == "preview" or is_changed:
        if do == "load":
            messages.info(request, "You changed something: look at it once more, then load it.")
        if not found.reading:
            found.mapping = _answered(
                request, request.POST.get("mapping", found.mapping).replace("\r\n", "\n")
            )
        jobs.start(found, is_preview=True)
    elif do == "load" and found.state == "previewed":
        if _asks(request, found) and not request.POST.get("without"):
            raise UsageError("say first that the rows which cannot be read are left out")
        audit("loaded data", found.source, request=request, files=found.files)
        jobs.start(found, is_preview=False)
    else:
        raise UsageError("preview it first, then load it")
    return redirect("job", pk)


@require_http_methods(["GET", "POST"])
def sample(request: DeskRequest) -> HttpResponse:
    """Put the sample into an empty desk, or take it out again and show how that goes."""
    if request.method == "GET":
        return _removal(request)
    if request.POST.get("do") == "remove":
        if not request.desk.settings.is_sample:
            raise UsageError("this desk holds no sample; nothing was removed")
        jobs.drop_sample()
        audit("removed the sample", request=request)
        return redirect("sample")
    if _is_being_removed():
        raise UsageError("the sample is being removed; wait for it to end")
    if request.desk.loaded_version() > 0:
        raise PermissionDenied(
            "the desk already holds records; the sample goes into an empty desk only"
        )
    made = LoadJob(person=request.user, source=jobs.SAMPLE)
    audit("made the sample", request=request)
    jobs.start(made, is_preview=False)
    return redirect("job", made.pk)


def _is_being_removed() -> bool:
    found = jobs.sample_removal()
    return found is not None and found.done_at is None


def _removal(request: DeskRequest) -> HttpResponse:
    """Show how the removal of the sample goes; when it is over, what an empty desk begins with."""
    found = jobs.sample_removal()
    if found is not None and request.desk.settings.is_sample:
        return show(
            request,
            "sample.html",
            "Removing the sample",
            job=found,
            is_going=_is_being_removed(),
            has_worker=living().exists(),
        )
    # The whole page, not the part that looked again: its head told that there was a sample.
    over = redirect("welcome")
    return (
        HttpResponse(headers={"HX-Redirect": over["Location"]})
        if getattr(request, "htmx", None)
        else over
    )


page = Page(
    title="Data health",
    roles=LEADS,
    routes=(
        Route("data", health, "data"),
        Route("data/load", load, "load", DATA_KEEPERS),
        Route("data/load/<uuid:pk>", job, "job", DATA_KEEPERS),
        Route("data/load/<uuid:pk>/go", go_on, "go_on", DATA_KEEPERS),
        Route("data/quarantine/<str:batch>", to_mend, "to_mend", DATA_KEEPERS),
        Route("data/sync/<slug:name>", sync, "sync", DATA_KEEPERS),
        Route("data/unload/<str:batch>", unload, "unload", DATA_KEEPERS),
        Route("data/sample", sample, "sample", ADMINISTRATORS),
    ),
    place=80,
    key="h",
    help="sources, freshness, quarantine, late and double records; load files",
    group="Keep",
    icon="data",
    needs_data=False,
)
