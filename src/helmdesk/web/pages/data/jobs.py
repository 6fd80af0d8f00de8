"""Loading in the background, so that a page can tell what is being done."""

from __future__ import annotations

import logging
import os
import shutil
import threading
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import close_old_connections, connection

from helmdesk.desk.desk import Desk
from helmdesk.errors import HelmdeskError
from helmdesk.sample.generate import put_sample_into, remove_sample
from helmdesk.settings import Settings
from helmdesk.sources.parts.source import scale_of
from helmdesk.web.pages.data.models import LoadJob

log = logging.getLogger("helmdesk.web")
# One load at a time: a second one would only wait for the first one's lock and memory.
_turn = threading.Lock()
MAPPING = "mapping"
UNPACKED = 8


def folder_of(job: LoadJob) -> Path:
    """Return where a job's files lie."""
    return Path(settings.SITE.uploads) / str(job.id)


def keep_files(job: LoadJob, files: list[Any]) -> None:
    """Store uploaded files in the job's folder; their names, cut to what sources need, stay theirs."""
    folder = folder_of(job)
    for each in (folder.parent, folder):
        each.mkdir(mode=0o700, exist_ok=True)
    for file in files:
        with os.fdopen(os.open(folder / file.name, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as target:
            for chunk in file.chunks():
                target.write(chunk)


def paths_of(job: LoadJob) -> list[Path]:
    """Return a job's files."""
    return [folder_of(job) / name for name in job.files]


def sheets_of(job: LoadJob) -> tuple[str, ...]:
    """Return the sheets of workbooks that were asked for."""
    return (job.sheet,) if job.sheet else ()


def start(job: LoadJob, *, is_preview: bool) -> None:
    """Begin to preview or to load; the job tells how it goes."""
    job.state, job.step, job.problem = ("previewing" if is_preview else "loading"), "waiting for its turn", ""
    job.save()
    threading.Thread(target=_run, args=(job.pk, is_preview), name=f"load {job.pk}", daemon=True).start()


def _run(pk: Any, is_preview: bool) -> None:
    close_old_connections()
    try:
        with _turn:
            run(LoadJob.objects.get(pk=pk), is_preview=is_preview)
    except Exception as error:  # The thread's outermost boundary: the page must learn of it.
        log.error("load failed", exc_info=error)
        LoadJob.objects.filter(pk=pk).update(state="failed", problem="an unexpected error; it was logged by the server")
    finally:
        connection.close()


def run(job: LoadJob, *, is_preview: bool) -> None:
    """Preview or load a job here and now."""

    def tell(step: str) -> None:
        LoadJob.objects.filter(pk=job.pk).update(step=step[:200])

    desk = Desk(settings.DESK_FOLDER)
    desk.settings = within_upload(desk.settings)
    try:
        if job.source == "sample":
            report = put_sample_into(desk, on_step=tell)
        else:
            mapping = folder_of(job) / "mapping.toml" if job.mapping else None
            if mapping:
                mapping.write_text(job.mapping, encoding="utf-8")
            report = desk.load(
                job.source,
                paths_of(job),
                mapping=mapping,
                time_zone=job.time_zone or None,
                scale=scale_of(job.source, job.scale),
                dates=job.dates or None,
                sheets=sheets_of(job),
                account=job.account or None,
                is_dry_run=is_preview,
                on_step=tell,
            )
    except HelmdeskError as error:
        # Uploaded files are known by their names, not by where they wait.
        job.state, job.problem = "failed", str(error).replace(f"{folder_of(job)}/", "")
    else:
        content = asdict(report) | {"rows": report.rows, "quarantine_share": report.quarantine_share}
        for file in content["files"]:
            file["path"] = Path(file["path"]).name
        content["quarantine_examples"] = [text.replace(f"{folder_of(job)}/", "") for text in report.quarantine_examples]
        job.report, job.state = content, "previewed" if is_preview else "done"
        if not is_preview:
            forget_files(job)
    job.step = ""
    job.save()


def within_upload(given: Settings) -> Settings:
    """Return settings for files that come by browser.

    They may unpack to a few times what a browser may send, and have so many rows, whatever the desk allows elsewhere.
    """
    megabytes = max(UNPACKED * settings.UPLOAD_LIMIT_BYTES // 1024**2, 1)
    return replace(
        given, limit_megabytes=min(given.limit_megabytes, megabytes), limit_rows=min(given.limit_rows, settings.UPLOAD_LIMIT_ROWS)
    )


def forget_files(job: LoadJob) -> None:
    """Delete a job's files: what was loaded is in the lake."""
    shutil.rmtree(folder_of(job), ignore_errors=True)


def end_interrupted() -> None:
    """Say of every job that a stopped server left running that it did not finish."""
    LoadJob.objects.filter(state__in=("previewing", "loading")).update(
        state="failed", problem="the server stopped while this was running; whatever was stored is whole, so load again"
    )


def drop_sample() -> None:
    """Remove the sample from the desk."""
    with _turn:
        remove_sample(Desk(settings.DESK_FOLDER))
