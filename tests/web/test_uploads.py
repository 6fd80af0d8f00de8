"""What may be said of uploaded files in the browser reaches the load."""

from __future__ import annotations

from pathlib import Path

from django.test import override_settings

from desks import make_desk
from helmdesk.desk.desk import Desk
from workbooks import workbook

ANSWERS = "response_id,csat_score,responded_at,ticket_id\nr1,7,05/06/2026 09:00,1\nr2,2,05/06/2026 10:00,1\n"
TICKETS = "id,created_at,status,updated_at\n1,2026-06-04 09:00:00,open,2026-06-04 09:00:00\n"


def upload(desk: Desk, source: str, name: str, content: str, **said: str) -> tuple[str, str]:
    from helmdesk.web.pages.data import jobs
    from helmdesk.web.pages.data.models import LoadJob
    from helmdesk.web.people.models import Person

    job = LoadJob(person=Person.objects.get(username="ada"), source=source, files=[name], **said)
    jobs.keep_files(job, [])
    (jobs.folder_of(job) / name).write_text(content, encoding="utf-8")
    with override_settings(DESK_FOLDER=desk.path):
        jobs.run(job, is_preview=False)
    job.refresh_from_db()
    return job.state, job.problem


def test_account_dates_and_scale_reach_the_load(site: Path, tmp_path: Path) -> None:
    desk = make_desk(tmp_path / "desk")
    assert upload(desk, "zendesk", "ticket.csv", TICKETS, account="brand-a") == ("done", "")
    state, problem = upload(desk, "survey", "answers.csv", ANSWERS, scale="1-7")
    assert state == "failed"
    assert "day-first" in problem
    assert upload(desk, "survey", "answers.csv", ANSWERS, account="brand-a", dates="day-first", scale="1-7") == ("done", "")
    with desk.engine() as engine:
        found = engine.run(
            "select strftime(responded_at, '%Y-%m-%d'), instrument_id, ticket_id, source, is_positive from responses order by score"
        )
    assert found == [("2026-06-05", "csat_7", "1", "brand-a", False), ("2026-06-05", "csat_7", "1", "brand-a", True)]


def test_a_workbook_is_shown_and_loaded(site: Path, tmp_path: Path) -> None:
    from helmdesk.records.limits import Limits
    from helmdesk.sources.parts.suggestion import suggest_mapping
    from helmdesk.sources.reading.preview import first_rows
    from helmdesk.web.pages.data import jobs
    from helmdesk.web.pages.data.models import LoadJob
    from helmdesk.web.people.models import Person

    desk = make_desk(tmp_path / "desk")
    rows = [["Ticket ID", "Created"], [1, "2026-06-04 09:00"], [2, "2026-06-05 09:00"]]
    job = LoadJob(person=Person.objects.get(username="ada"), source="mapping", files=["t.xlsx"], sheet="Old")
    jobs.keep_files(job, [])
    path = workbook(jobs.folder_of(job) / "t.xlsx", {"New": [*rows, *rows[1:]], "Old": rows})
    assert first_rows(path, 1, Limits(), jobs.sheets_of(job)) == [["Ticket ID", "Created"], ["1", "2026-06-04 09:00"]]
    job.mapping = suggest_mapping(path, sheets=jobs.sheets_of(job))
    with override_settings(DESK_FOLDER=desk.path):
        jobs.run(job, is_preview=False)
    assert (job.state, job.problem) == ("done", "")
    assert [file["path"] for file in job.report["files"]] == ["t.xlsx, sheet 'Old'"]
    assert desk.measure("ticket_volume")[0].value == 2


def test_the_form_refuses_what_cannot_be(site: Path) -> None:
    from helmdesk.web.pages.data.page import UploadForm

    assert UploadForm({"source": "survey", "account": "brand-b", "dates": "month-first", "scale": "1-7"}).is_valid()
    assert UploadForm({"source": "zendesk"}).is_valid()
    form = UploadForm({"source": "zendesk", "account": "Brand B", "dates": "any", "scale": "1-7"})
    assert sorted(form.errors) == ["account", "dates", "scale"]


def test_no_migration_is_missing(site: Path) -> None:
    from django.core.management import call_command

    call_command("makemigrations", "data", check=True, dry_run=True, verbosity=0)
