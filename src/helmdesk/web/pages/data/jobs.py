"""Loads and refreshes in the background: an upload's record tells how it goes, a job does it,
whatever is killed meanwhile.

A load that was killed is done again. What the lake holds already it takes for what it is: a batch
is the digest of its files and of what was said of them, and is committed once.
"""

from __future__ import annotations

import hashlib
import logging
import os
import shutil
import time
from collections.abc import Callable
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

from django.conf import settings
from django.db import DatabaseError, transaction
from django.db.models import F

from helmdesk.desk.desk import Desk
from helmdesk.desk.folder import limits_of
from helmdesk.errors import ConflictError, HelmdeskError, UsageError
from helmdesk.records.staging import LoadReport
from helmdesk.sample.generate import put_sample_into, remove_sample
from helmdesk.settings import Settings
from helmdesk.sources.parts.source import scale_of
from helmdesk.web.apps.jobs.kind import Finish, Held, Hopeless, Nothing, Payload, job
from helmdesk.web.apps.jobs.models import Job, Outcome, unfinished
from helmdesk.web.apps.jobs.queue import enqueue
from helmdesk.web.pages.data.columns import First, described
from helmdesk.web.pages.data.models import RUNNING, LoadJob

log = logging.getLogger("helmdesk.web")
SAMPLE = "sample"
UNPACKED = 8
KEPT_SECONDS = 24 * 3600


def folder_of(load: LoadJob) -> Path:
    """Return where a job's files lie."""
    return Path(settings.SITE.uploads) / str(load.id)


def keep_files(load: LoadJob, files: list[Any]) -> None:
    """Store uploaded files in the job's folder; their names, cut to what sources need, stay
    theirs.
    """
    folder = folder_of(load)
    for each in (folder.parent, folder):
        each.mkdir(mode=0o700, exist_ok=True)
    for file in files:
        with os.fdopen(
            os.open(folder / file.name, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb"
        ) as target:
            for chunk in file.chunks():
                target.write(chunk)


def paths_of(load: LoadJob) -> list[Path]:
    """Return a job's files."""
    return [folder_of(load) / name for name in load.files]


def sheets_of(load: LoadJob) -> tuple[str, ...]:
    """Return the sheets of workbooks that were asked for."""
    return (load.sheet,) if load.sheet else ()


def first_of(load: LoadJob, given: Settings) -> First:
    """Return a job's first file, with the others, within what a browser may send."""
    limits = limits_of(within_upload(given))
    first, *others = paths_of(load)
    return First(first, limits, sheets_of(load), given.time_zone, others)


class Run(Payload):
    """One run of an upload: a preview, or the load."""

    load: UUID
    run: int
    is_preview: bool


class Refresh(Payload):
    """Why facts are made anew."""

    reason: str


def start(load: LoadJob, *, is_preview: bool) -> None:
    """Let an upload be previewed or loaded; its record tells how it goes.

    Raises:
        UsageError: that is being done already.
    """
    state = "previewing" if is_preview else "loading"
    with transaction.atomic():
        if load._state.adding:
            load.save()
        changed = (
            LoadJob.objects.filter(pk=load.pk)
            .exclude(state__in=RUNNING)
            .update(
                state=state,
                step="waiting for its turn",
                problem="",
                mapping=load.mapping,
                source=load.source,
                time_zone=load.time_zone,
                dates=load.dates,
                reading=load.reading,
                # What an earlier look found is not what this one will.
                report={} if is_preview else load.report,
                runs=F("runs") + 1,
            )
        )
        if not changed:
            raise UsageError("it is still running; wait for it to end")
        load.refresh_from_db()
        _enqueue(load)


def _enqueue(load: LoadJob) -> None:
    enqueue(
        load_files,
        f"load:{load.pk}:{load.runs}",
        Run(load=load.pk, run=load.runs, is_preview=load.state == "previewing"),
    )


def go_on_with_loads() -> None:
    """Let loads go on that an earlier version of the site, which had no jobs, left running."""
    for load in LoadJob.objects.filter(state__in=RUNNING):
        if not unfinished(key=f"load:{load.pk}:{load.runs}").exists():
            with transaction.atomic():
                LoadJob.objects.filter(pk=load.pk).update(runs=F("runs") + 1)
                load.refresh_from_db()
                _enqueue(load)


def _give_up(run: Run, problem: str) -> None:
    _present(run).update(state="failed", step="", problem=problem)


def _present(run: Run) -> Any:
    """Return the record of an upload, while this is its latest run."""
    return LoadJob.objects.filter(pk=run.load, runs=run.run)


@job("load", "Read and load an upload", Run, tries=3, given_up=_give_up)
def load_files(held: Held[Run]) -> Finish | None:
    """Preview or load an upload."""
    run = held.payload
    load = _present(run).first()
    if load is None:
        return None  # thrown away meanwhile, or something else is done with it
    # It may have been given up before, and a person wants it again.
    _present(run).update(state="previewing" if run.is_preview else "loading", problem="")

    def tell(step: str) -> None:
        held.tell(step)
        _present(run).update(step=step[:200])

    try:
        content = _run(load, run.is_preview, is_repeated=held.attempt > 1, tell=tell)
    except HelmdeskError as error:
        # Uploaded files are known by their names, not by where they wait.
        problem = str(error).replace(f"{folder_of(load)}/", "")
        return lambda: _give_up(run, problem)
    state = "previewed" if run.is_preview else "done"

    def finish() -> None:
        _present(run).update(report=content, state=state, step="", problem="")
        if not run.is_preview:
            transaction.on_commit(lambda: forget_files(load))

    return finish


def _run(
    load: LoadJob, is_preview: bool, *, is_repeated: bool, tell: Callable[[str], None]
) -> dict[str, Any]:
    """Preview or load; return what was found."""
    desk = Desk(settings.DESK_FOLDER)
    if load.source == SAMPLE:
        return _content(desk, load, put_sample_into(desk, on_step=tell), is_repeated=is_repeated)
    desk.settings = within_upload(desk.settings)
    missing = [path.name for path in paths_of(load) if not path.is_file()]
    if missing:
        raise UsageError(
            f"{', '.join(missing)}: the uploaded file is no longer here; upload it again"
        )
    if is_preview:
        tell("looking at the columns")
        load.reading = described(load, first_of(load, desk.settings))
        LoadJob.objects.filter(pk=load.pk, runs=load.runs).update(reading=load.reading)
    mapping = folder_of(load) / "mapping.toml" if load.mapping else None
    if mapping:
        mapping.write_text(load.mapping, encoding="utf-8")
    report = desk.load(
        load.source,
        paths_of(load),
        mapping=mapping,
        time_zone=load.time_zone or None,
        scale=scale_of(load.source, load.scale),
        dates=load.dates or None,
        sheets=sheets_of(load),
        account=load.account or None,
        accepts_quarantine=True,  # the preview told how much it is, and was agreed to
        is_dry_run=is_preview,
        on_step=tell,
    )
    return _content(desk, load, report, is_repeated=is_repeated)


def _content(desk: Desk, load: LoadJob, report: LoadReport, *, is_repeated: bool) -> dict[str, Any]:
    content = asdict(report) | {"rows": report.rows, "quarantine_share": report.quarantine_share}
    if report.is_already_loaded and is_repeated:
        # By this very upload, before its worker was stopped: what it found then is in the lake.
        kept = next(
            (batch.report for batch in desk.batches() if batch.batch_id == report.batch_id), {}
        )
        content |= {**kept, "is_already_loaded": False}
        content["rows"] = sum(file["rows"] for file in content["files"])
        content["quarantine_share"] = (
            content["quarantined_rows"] / total
            if (total := content["rows"] or sum(content["records"].values()))
            else 0.0
        )
    for file in content["files"]:
        file["path"] = Path(file["path"]).name
    content["quarantine_examples"] = [
        text.replace(f"{folder_of(load)}/", "") for text in content["quarantine_examples"]
    ]
    return content


def within_upload(given: Settings) -> Settings:
    """Return settings for files that come by browser.

    They may unpack to a few times what a browser may send, and have so many rows, whatever the desk
    allows elsewhere.
    """
    megabytes = max(UNPACKED * settings.UPLOAD_LIMIT_BYTES // 1024**2, 1)
    return replace(
        given,
        limit_megabytes=min(given.limit_megabytes, megabytes),
        limit_rows=min(given.limit_rows, settings.UPLOAD_LIMIT_ROWS),
    )


def forget_files(load: LoadJob) -> None:
    """Delete a job's files: what was loaded is in the lake."""
    shutil.rmtree(folder_of(load), ignore_errors=True)


class Refreshes:
    """Marts of an open desk that are made anew by jobs: one for each reason, however many processes
    notice it.
    """

    @staticmethod
    def ask(wanted: str, reason: str) -> bool:
        """Let a mart be made anew; False where that could not be stored, such as on a full disk."""
        try:
            enqueue(refresh, Refreshes._key(wanted), Refresh(reason=reason))
        except DatabaseError as error:
            log.error("the job that makes the mart anew could not be stored", exc_info=error)
            return False
        return True

    @staticmethod
    def problem(wanted: str) -> str:
        """Return why a mart could not be made anew; empty while it may still be."""
        return (
            Job.objects.filter(key=Refreshes._key(wanted)).values_list("error", flat=True).first()
            or ""
        )

    @staticmethod
    def _key(wanted: str) -> str:
        return f"refresh:{hashlib.sha256(wanted.encode()).hexdigest()}"


class Unload(Payload):
    """A load to take out."""

    batch: str


def unload(batch: str, version: int) -> None:
    """Let a load be taken out; it may come and go again, so the lake's version is part of the
    name.
    """
    with transaction.atomic():
        enqueue(take_out, f"unload:{batch}:{version}", Unload(batch=batch))


def going() -> list[str]:
    """Return the loads that are being taken out."""
    return [job.payload["batch"] for job in unfinished(kind="unload")]


@job("unload", "Take a load out again", Unload, tries=3)
def take_out(held: Held[Unload]) -> None:
    """Take a load out; done twice it is done once."""
    desk = Desk(settings.DESK_FOLDER)
    if desk.lake.version_of_batch(held.payload.batch) is None:
        desk.refresh(on_step=held.tell)  # stopped in between, perhaps
        return
    try:
        desk.unload([held.payload.batch], on_step=held.tell)
    except ConflictError:
        raise  # others were quicker: later
    except HelmdeskError as error:
        raise Hopeless(str(error)) from error


@job("refresh", "Make the numbers anew", Refresh, tries=3)
def refresh(held: Held[Refresh]) -> Finish:
    """Build the facts with the present settings, where they are others."""
    desk = Desk(settings.DESK_FOLDER)
    try:
        desk.marts.bring_up(held.payload.reason)
    except ConflictError:
        raise  # others were quicker: later
    except HelmdeskError as error:
        raise Hopeless(str(error)) from error
    # Earlier ones that were given up need nobody's attention any more.
    return lambda: Job.objects.filter(kind="refresh", outcome=Outcome.DEAD).update(
        outcome=Outcome.WITHDRAWN
    )


@job(
    "tidy_uploads", "Delete files of uploads that nobody waits for", Nothing, schedule="daily 03:40"
)
def tidy_uploads(held: Held[Nothing]) -> None:
    """Delete what a worker left that was stopped between a load and its files, and what belongs to
    no upload.
    """
    waiting = {str(pk) for pk in LoadJob.objects.exclude(state="done").values_list("pk", flat=True)}
    folder = Path(settings.SITE.uploads)
    for each in folder.iterdir() if folder.is_dir() else ():
        if each.name not in waiting and time.time() - each.stat().st_mtime > KEPT_SECONDS:
            shutil.rmtree(each, ignore_errors=True)


def drop_sample() -> None:
    """Let the sample be removed; one that is being removed already is left to it.

    Raises:
        UsageError: something is being loaded.
    """
    if LoadJob.objects.filter(state="loading").exists():
        raise UsageError("something is being loaded; wait for it to end, then remove the sample")
    if not unfinished(kind=take_sample_out.name).exists():
        with transaction.atomic():
            enqueue(take_sample_out, f"{take_sample_out.name}:{uuid4()}", Nothing())


def sample_removal() -> Job | None:
    """Return the job that removes the sample, while it waits or runs, or where it was given up; a
    later one stands for those before it.
    """
    last = Job.objects.filter(kind=take_sample_out.name).order_by("id").last()
    return last if last and last.outcome in ("", Outcome.DEAD) else None


@job("remove_sample", "Remove the sample", Nothing, tries=3)
def take_sample_out(held: Held[Nothing]) -> Finish:
    """Remove the sample; stopped half way it is done again, done twice it is done once."""
    desk = Desk(settings.DESK_FOLDER)
    if desk.settings.is_sample:
        held.tell("removing the sample")
        remove_sample(desk)
    # Earlier ones that were given up need nobody's attention any more.
    return lambda: Job.objects.filter(kind=take_sample_out.name, outcome=Outcome.DEAD).update(
        outcome=Outcome.WITHDRAWN
    )
