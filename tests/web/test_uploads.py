"""What may be said of uploaded files in the browser reaches the load."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from helmdesk.desk.desk import Desk
from helmdesk.desk.marts import Marts
from helmdesk.errors import BusyError
from web.conftest import loading_into
from workbooks import workbook

ANSWERS = (
    "response_id,csat_score,responded_at,ticket_id\nr1,7,05/06/2026 09:00,1\nr2,2,05/06/2026"
    " 10:00,1\n"
)
TICKETS = "id,created_at,status,updated_at\n1,2026-06-04 09:00:00,open,2026-06-04 09:00:00\n"


@pytest.fixture
def desk(site: Path, tmp_path: Path) -> Iterator[Desk]:
    """An empty desk that the site loads into, and no job yet."""
    with loading_into(tmp_path / "desk") as desk:
        yield desk


def begin(
    name: str = "ticket.csv",
    content: str = TICKETS,
    source: str = "zendesk",
    *,
    is_preview: bool = False,
    **said: str,
) -> Any:
    """Upload a file, and let it be loaded by whoever works next."""
    from helmdesk.web.apps.people.models import Person
    from helmdesk.web.pages.data import jobs
    from helmdesk.web.pages.data.models import LoadJob

    load = LoadJob(person=Person.objects.get(username="ada"), source=source, files=[name], **said)
    jobs.keep_files(load, [])
    (jobs.folder_of(load) / name).write_text(content, encoding="utf-8")
    jobs.start(load, is_preview=is_preview)
    return load


def work() -> int:
    """Do what waits of loads; what recurs every minute is none of these tests'."""
    from helmdesk.web.apps.jobs.kind import JobKind
    from helmdesk.web.apps.jobs.worker import Worker
    from helmdesk.web.pages.data import jobs

    known = {each.name: each for each in vars(jobs).values() if isinstance(each, JobKind)}
    return Worker(is_thread=False, known=known).work_off()


def upload(source: str, name: str, content: str, **said: str) -> tuple[str, str]:
    load = begin(name, content, source, **said)
    work()
    load.refresh_from_db()
    return load.state, load.problem


def let_lease_run_out() -> None:
    from datetime import UTC, datetime

    from helmdesk.web.apps.jobs.models import Job

    Job.objects.exclude(leased_until=None).update(leased_until=datetime(2020, 1, 1, tzinfo=UTC))


def batches(desk: Desk) -> int:
    return len(Desk(desk.path).batches())


def test_account_dates_and_scale_reach_the_load(desk: Desk) -> None:
    assert upload("zendesk", "ticket.csv", TICKETS, account="brand-a") == ("done", "")
    state, problem = upload("survey", "answers.csv", ANSWERS, scale="1-7")
    assert state == "failed"
    assert "day-first" in problem
    assert upload(
        "survey", "answers.csv", ANSWERS, account="brand-a", dates="day-first", scale="1-7"
    ) == ("done", "")
    with desk.engine() as engine:
        found = engine.run(
            "select strftime(responded_at, '%Y-%m-%d'), instrument_id, ticket_id, source,"
            " is_positive from responses order by score"
        )
    assert found == [
        ("2026-06-05", "csat_7", "1", "brand-a", False),
        ("2026-06-05", "csat_7", "1", "brand-a", True),
    ]


def test_a_workbook_is_shown_and_loaded(desk: Desk) -> None:
    from helmdesk.records.limits import Limits
    from helmdesk.sources.parts.suggestion import suggest_mapping
    from helmdesk.sources.reading.preview import first_rows
    from helmdesk.web.apps.people.models import Person
    from helmdesk.web.pages.data import jobs
    from helmdesk.web.pages.data.models import LoadJob

    rows = [["Ticket ID", "Created"], [1, "2026-06-04 09:00"], [2, "2026-06-05 09:00"]]
    load = LoadJob(
        person=Person.objects.get(username="ada"), source="mapping", files=["t.xlsx"], sheet="Old"
    )
    jobs.keep_files(load, [])
    path = workbook(jobs.folder_of(load) / "t.xlsx", {"New": [*rows, *rows[1:]], "Old": rows})
    assert first_rows(path, 1, Limits(), jobs.sheets_of(load)) == [
        ["Ticket ID", "Created"],
        ["1", "2026-06-04 09:00"],
    ]
    load.mapping = suggest_mapping(path, sheets=jobs.sheets_of(load))
    jobs.start(load, is_preview=False)
    work()
    load.refresh_from_db()
    assert (load.state, load.problem) == ("done", "")
    assert [file["path"] for file in load.report["files"]] == ["t.xlsx, sheet 'Old'"]
    assert desk.measure("ticket_volume")[0].value == 2


def test_the_form_refuses_what_cannot_be(site: Path) -> None:
    from helmdesk.web.pages.data.page import UploadForm

    assert UploadForm(
        {"source": "survey", "account": "brand-b", "dates": "month-first", "scale": "1-7"}
    ).is_valid()
    assert UploadForm({"source": "zendesk"}).is_valid()
    form = UploadForm({"source": "zendesk", "account": "Brand B", "dates": "any", "scale": "1-7"})
    assert sorted(form.errors) == ["account", "dates", "scale"]


def test_no_migration_is_missing(site: Path) -> None:
    from django.core.management import call_command

    call_command("makemigrations", "data", check=True, dry_run=True, verbosity=0)


class Killed(BaseException):
    """What nothing catches, as nothing catches a kill."""


@pytest.mark.parametrize("moment", ["before the lake", "after the lake", "before it is noted"])
def test_a_killed_load_goes_on_where_it_was(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, moment: str
) -> None:
    from helmdesk.lake.lake import Lake
    from helmdesk.web.apps.jobs import queue
    from helmdesk.web.apps.jobs.models import Job
    from helmdesk.web.pages.data import jobs

    def die(*_: Any, **__: Any) -> None:
        raise Killed

    load = begin()
    with monkeypatch.context() as patched, pytest.raises(Killed):
        if moment == "before it is noted":
            patched.setattr(queue, "finish", die)
        else:
            patched.setattr(
                Lake if moment == "before the lake" else Marts,
                "append" if moment == "before the lake" else "refresh",
                die,
            )
        work()
    load.refresh_from_db()
    assert (load.state, load.problem) == ("loading", "")
    jobs.go_on_with_loads()
    assert work() == 0, "its lease has not run out"
    let_lease_run_out()
    assert work() == 1
    load.refresh_from_db()
    assert (load.state, load.problem, load.step) == ("done", "", "")
    assert (
        load.report["is_already_loaded"],
        load.report["rows"],
        sum(load.report["records"].values()) > 0,
    ) == (False, 1, True)
    assert batches(desk) == 1 and Job.objects.filter(kind="load").count() == 1
    assert not jobs.folder_of(load).exists()


def test_what_somebody_else_loaded_is_said_to_be_there(desk: Desk) -> None:
    first, second = begin(), begin()
    assert work() == 2
    for load in (first, second):
        load.refresh_from_db()
    assert [load.report["is_already_loaded"] for load in (first, second)] == [
        False,
        True,
    ] and batches(desk) == 1


def test_two_processes_fail_no_load_of_each_other(desk: Desk) -> None:
    """A second site starts, and works, while the first is at a load; each has connections of its
    own.
    """
    from django.db import connection

    from helmdesk.web.apps.jobs.models import Job
    from helmdesk.web.pages.data import jobs
    from helmdesk.web.pages.data.models import LoadJob

    loads = [begin(content=TICKETS.replace("1,2026", f"{number},2026")) for number in range(1, 5)]
    reached, go, problems = threading.Event(), threading.Event(), []
    real = jobs._run

    def slow(load: Any, *arguments: Any, **named: Any) -> Any:
        if load.pk == loads[0].pk:
            reached.set()
            go.wait(60)
        return real(load, *arguments, **named)

    def process() -> None:
        try:
            jobs.go_on_with_loads()
            work()
        except Exception as error:
            problems.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=process) for _ in range(2)]
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(jobs, "_run", slow)
        threads[0].start()
        assert reached.wait(60)
        threads[1].start()
        threads[1].join()
        assert LoadJob.objects.get(pk=loads[0].pk).state == "loading"
        assert LoadJob.objects.filter(state="done").count() == 3
        go.set()
        threads[0].join()
    assert not problems
    assert (
        set(LoadJob.objects.values_list("state", "problem")) == {("done", "")}
        and batches(desk) == 4
    )
    assert set(Job.objects.filter(kind="load").values_list("attempts", "outcome")) == {(1, "done")}


def test_a_load_is_given_up_with_its_reason_and_can_be_done_again(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    from datetime import UTC, datetime

    from helmdesk.web.apps.jobs import queue
    from helmdesk.web.apps.jobs.models import Job

    def fail(*_: Any, **__: Any) -> None:
        raise OSError(28, "No space left on device")

    load = begin()
    with monkeypatch.context() as patched:
        patched.setattr(Desk, "load", fail)
        for _ in range(3):
            Job.objects.filter(kind="load").update(run_at=datetime(2020, 1, 1, tzinfo=UTC))
            work()
    load.refresh_from_db()
    assert load.state == "failed" and "the disk is full" in load.problem
    assert queue.try_again(Job.objects.get(kind="load").pk)
    work()
    load.refresh_from_db()
    assert (load.state, load.problem) == ("done", "")


def test_what_is_being_done_is_not_begun_again(desk: Desk, as_: Any) -> None:
    from helmdesk.errors import UsageError
    from helmdesk.web.pages.data import jobs
    from helmdesk.web.pages.data.models import LoadJob

    load = begin(is_preview=True)
    with pytest.raises(UsageError, match="still running"):
        jobs.start(LoadJob.objects.get(pk=load.pk), is_preview=False)
    page = as_("ada").get(f"/data/load/{load.pk}").content.decode()
    assert "No worker is alive" in page and "waiting for its turn" in page.lower()
    work()
    load.refresh_from_db()
    assert load.state == "previewed" and batches(desk) == 0


def test_a_thrown_away_upload_and_an_older_run_do_nothing(desk: Desk) -> None:
    from helmdesk.web.pages.data.models import LoadJob

    thrown, older = begin(), begin()
    LoadJob.objects.filter(pk=thrown.pk).delete()
    LoadJob.objects.filter(pk=older.pk).update(runs=7, state="uploaded")
    assert work() == 2
    assert LoadJob.objects.get(pk=older.pk).state == "uploaded" and batches(desk) == 0


def test_a_file_that_is_gone_is_said(desk: Desk) -> None:
    from helmdesk.web.pages.data import jobs

    load = begin()
    jobs.forget_files(load)
    work()
    load.refresh_from_db()
    assert (load.state, load.problem) == (
        "failed",
        "ticket.csv: the uploaded file is no longer here; upload it again",
    )


def test_loads_of_an_earlier_version_go_on(desk: Desk) -> None:
    from helmdesk.web.apps.jobs.models import Job
    from helmdesk.web.pages.data import jobs

    load = begin()
    Job.objects.all().delete()
    jobs.go_on_with_loads()
    jobs.go_on_with_loads()
    assert Job.objects.filter(kind="load").count() == 1
    work()
    load.refresh_from_db()
    assert load.state == "done"


def test_files_that_nobody_waits_for_are_deleted(desk: Desk) -> None:
    import os

    from django.conf import settings

    from helmdesk.web.pages.data import jobs

    waiting, young, old = (
        begin(is_preview=True),
        Path(settings.SITE.uploads) / "young",
        Path(settings.SITE.uploads) / "old",
    )
    for folder in (young, old):
        folder.mkdir()
    for folder in (jobs.folder_of(waiting), old):
        os.utime(folder, (0, 0))
    jobs.tidy_uploads.run(None)  # type: ignore[arg-type]
    assert jobs.folder_of(waiting).is_dir() and young.is_dir() and not old.exists()
    jobs.forget_files(waiting)
    young.rmdir()


def test_a_changed_setting_is_one_job_for_all_processes(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    from dataclasses import replace

    from desks import load_events, ticket
    from helmdesk.desk.live import LiveDesk
    from helmdesk.errors import SettingError
    from helmdesk.settings import read_settings, write_settings
    from helmdesk.web.apps.jobs.models import Job
    from helmdesk.web.pages.data.jobs import Refreshes

    load_events(desk, ticket("A", "2026-01-05T09:00:00Z"))
    file = desk.path / "helmdesk.toml"
    processes = [LiveDesk(desk.path, Refreshes()), LiveDesk(desk.path, Refreshes())]
    for live in processes:
        live.open_mart()
    write_settings(file, replace(read_settings(file), default_calendar="nowhere"))
    for live in processes * 2:
        live.follow()
        assert "being made anew" in live.notice()
    assert Job.objects.filter(kind="refresh").count() == 1

    def fail(*_: Any) -> None:
        raise SettingError("default_calendar = 'nowhere' is not in the lake")

    with monkeypatch.context() as patched:
        patched.setattr(Marts, "bring_up", fail)
        assert work() == 1
    assert [
        "could not be made anew with them: default_calendar = 'nowhere' is not" in live.notice()
        for live in processes
    ] == [True, True]
    write_settings(file, replace(read_settings(file), default_calendar="", reopen_days=9))
    for live in processes:
        live.follow()
    assert work() == 1
    assert [live.notice() for live in processes] == ["", ""]
    assert set(Job.objects.filter(kind="refresh").values_list("outcome", flat=True)) == {
        "withdrawn",
        "done",
    }


def test_a_stopped_sample_goes_on_and_gives_the_settings_back(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    from helmdesk.sample import generate

    def die(*_: Any, **__: Any) -> None:
        raise Killed

    before = (desk.path / "helmdesk.toml").read_bytes()
    with monkeypatch.context() as patched, pytest.raises(Killed):
        patched.setattr(generate, "_load", die)
        generate.put_sample_into(Desk(desk.path), scale=0.01)
    assert not generate.put_sample_into(Desk(desk.path), scale=0.01).is_already_loaded
    assert generate.put_sample_into(Desk(desk.path), scale=0.01).is_already_loaded, (
        "stopped after the lake had it"
    )
    with monkeypatch.context() as patched, pytest.raises(Killed):
        patched.setattr(generate, "read_settings", die)
        patched.setattr(Path, "replace", die)
        generate.remove_sample(Desk(desk.path))
    generate.remove_sample(Desk(desk.path))
    assert (desk.path / "helmdesk.toml").read_bytes() == before and Desk(
        desk.path
    ).lake.version() == 0


@pytest.mark.parametrize("dies_amid_the_records", [False, True])
def test_the_sample_is_removed_by_a_job_that_may_be_killed(
    desk: Desk, as_: Any, monkeypatch: pytest.MonkeyPatch, *, dies_amid_the_records: bool
) -> None:
    from helmdesk.lake import folder
    from helmdesk.sample import generate
    from helmdesk.web.apps.jobs.models import Job

    before = (desk.path / "helmdesk.toml").read_bytes()
    generate.put_sample_into(Desk(desk.path), scale=0.01)
    # The site's own desk is a sample too; what the job removes is the one of this test.
    ada = as_("ada")
    for _ in range(2):
        asked = ada.post("/data/sample", {"do": "remove"})
        assert (asked.status_code, asked["Location"]) == (302, "/data/sample")
    assert Job.objects.count() == 1, "a second click is the same wish"
    assert b"Waiting for its turn" in ada.get("/data/sample").content
    assert b"The sample is being removed" in ada.get("/data").content
    assert b"Remove the sample" in ada.get("/jobs").content
    assert ada.post("/data/sample").status_code == 400, "none is made meanwhile"
    assert as_("lea").get("/data/sample").status_code == 403

    replace = Path.replace

    def die(path: Path, target: Path) -> Path:
        if dies_amid_the_records or path.name == generate.SETTINGS_ASIDE:
            raise Killed
        return replace(path, target)

    with monkeypatch.context() as patched:
        patched.setattr(Path, "replace", die)
        with pytest.raises(Killed):
            work()
        patched.setattr(folder, "SETTLES_WITHIN", 0.0)
        assert Desk(desk.path).settings.is_sample
        if dies_amid_the_records:
            with pytest.raises(BusyError, match="being emptied"):
                Desk(desk.path).lake.version()
        else:  # the records are gone, and the settings are still the sample's
            assert Desk(desk.path).lake.version() == 0
    let_lease_run_out()
    assert work() == 1
    assert (desk.path / "helmdesk.toml").read_bytes() == before
    assert Desk(desk.path).lake.version() == 0
    assert list(Job.objects.values_list("kind", "outcome")) == [("remove_sample", "done")]
    assert ada.get("/data/sample").status_code == 302
    assert ada.get("/data/sample", headers={"HX-Request": "true"})["HX-Redirect"]


def test_a_removal_that_failed_says_why_and_is_asked_for_again(
    desk: Desk, as_: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from helmdesk.errors import InputError
    from helmdesk.sample import generate
    from helmdesk.web.apps.jobs.models import Job
    from helmdesk.web.pages.data import jobs

    def fail(_: Desk) -> None:
        raise InputError("the disk is full")

    generate.put_sample_into(Desk(desk.path), scale=0.01)
    ada = as_("ada")
    ada.post("/data/sample", {"do": "remove"})
    with monkeypatch.context() as patched:
        patched.setattr(jobs, "remove_sample", fail)
        for _ in range(3):
            Job.objects.filter(done_at=None).update(run_at=Job.objects.get().created_at)
            work()
    page = ada.get("/data/sample").content
    assert b"It did not work" in page and b"the disk is full" in page and b"Try again" in page
    ada.post("/data/sample", {"do": "remove"})
    assert work() == 1
    assert not Desk(desk.path).settings.is_sample
    assert set(Job.objects.values_list("outcome", flat=True)) == {"withdrawn", "done"}


def test_a_load_is_taken_out_by_a_job_once_somebody_is_sure(desk: Desk, as_: Any) -> None:
    from helmdesk.web.apps.people.audit import AuditEvent

    upload("zendesk", "ticket.csv", TICKETS)
    (batch,) = desk.batches()
    ada = as_("ada")
    assert ada.get(f"/data/unload/{batch.batch_id}").status_code == 200
    assert ada.post(f"/data/unload/{batch.batch_id}").status_code == 400
    assert ada.post(f"/data/unload/{batch.batch_id}", {"sure": "1"}).status_code == 302
    assert b"being taken out" in ada.get("/data").content
    assert work() == 1
    assert desk.batches() == []
    assert AuditEvent.objects.filter(action="took a load out", subject=batch.batch_id).exists()
    assert as_("lea").get(f"/data/unload/{batch.batch_id}").status_code == 403
    # The same files, once more, and out again: another job.
    upload("zendesk", "ticket.csv", TICKETS)
    assert ada.post(f"/data/unload/{batch.batch_id}", {"sure": "1"}).status_code == 302
    assert work() == 1
    assert desk.batches() == []


def test_so_many_rows_that_cannot_be_read_are_agreed_to(desk: Desk, as_: Any) -> None:
    from dataclasses import replace

    from helmdesk.settings import write_settings

    write_settings(desk.path / "helmdesk.toml", replace(desk.settings, quarantine_limit=0.2))
    broken = TICKETS + "2,soon,open,2026-06-04 09:00:00\n"
    load = begin(content=broken, is_preview=True)
    work()
    page = as_("ada").get(f"/data/load/{load.pk}")
    assert b"of the rows cannot be read" in page.content
    assert as_("ada").post(f"/data/load/{load.pk}/go", {"do": "load"}).status_code == 400
    as_("ada").post(f"/data/load/{load.pk}/go", {"do": "load", "without": "1"})
    work()
    (batch,) = desk.batches()
    apart = as_("ada").get(f"/data/quarantine/{batch.batch_id}")
    assert apart.content.startswith(
        b"id,created_at,status,updated_at,why it was kept apart\n2,soon"
    )
