"""Live accounts on the site: brought into step by jobs, shown in "Data health"."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import stamina

from connectors.fake import serve
from connectors.fake_zendesk import EMAIL, TOKEN, FakeZendesk
from connectors.live import connect
from helmdesk import Desk
from helmdesk.desk.connections import Connections
from web.conftest import text


@pytest.fixture
def account() -> FakeZendesk:
    made = FakeZendesk(tickets=3)
    made.now += 120
    made.denied = {"schedules"}
    return made


@pytest.fixture
def desk(
    site: Path, tmp_path: Path, account: FakeZendesk, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Desk]:
    """A desk of its own for the jobs; the site's pages show its accounts."""
    from django.conf import settings

    from helmdesk.web.apps.jobs.models import Heartbeat, Job, Schedule

    def clear() -> None:
        for model in (Heartbeat, Job, Schedule):
            model.objects.all().delete()

    clear()
    made = Desk.create(tmp_path / "desk")
    monkeypatch.setattr(settings, "DESK_FOLDER", str(made.path))
    with serve(account.answer) as server, stamina.set_testing(True, attempts=3):
        connect(made, "zendesk", {"token": TOKEN}, account=server.url, email=EMAIL)
        yield made
    clear()


def work() -> None:
    from helmdesk.web.apps.connections.jobs import sync_account, sync_all
    from helmdesk.web.apps.jobs.worker import Worker

    Worker(is_thread=False, known={k.name: k for k in (sync_account, sync_all)}).work_off()


def test_a_tick_brings_accounts_into_step(
    desk: Desk, account: FakeZendesk, as_: Callable[[str], Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    from helmdesk.web.apps.connections import jobs
    from helmdesk.web.apps.jobs.kind import Nothing
    from helmdesk.web.apps.jobs.models import Job, Outcome, Schedule
    from helmdesk.web.apps.jobs.queue import enqueue

    page = text(as_("ada").get("/data"))
    assert "Live accounts" in page and "not through yet" in page
    # In slices: one job for a page at a time, each of which the next one follows.
    monkeypatch.setattr(jobs, "SLICE_SECONDS", 0.0)
    monkeypatch.setattr("helmdesk.connectors.zendesk.PER_PAGE", 2)
    enqueue(jobs.sync_all, "sync_all:first", Nothing())
    work()
    assert Schedule.objects.get(name="sync_all").rhythm == "every 5 minutes"
    done = Job.objects.filter(kind="sync", outcome=Outcome.DONE)
    assert done.count() == 2 and not Job.objects.exclude(outcome=Outcome.DONE).exists()
    status = Connections(desk.path).status("zendesk")
    assert status and status.completeness and status.completeness.ours == 3
    assert desk.marts.version() == desk.lake.version() == 2
    page = text(as_("ada").get("/data"))
    assert "without schedules" in page and "Fetch now" in page and TOKEN not in page


def test_what_fails_is_told_and_tried_again(
    desk: Desk, account: FakeZendesk, as_: Callable[[str], Any]
) -> None:
    from helmdesk.web.apps.jobs.models import Job

    account.denied = {"incremental"}
    ada = as_("ada")
    assert ada.post("/data/sync/zendesk").status_code == 302
    assert ada.post("/data/sync/zendesk").status_code == 302  # one is under way
    work()
    (waiting,) = Job.objects.filter(kind="sync")
    assert "403" in waiting.error and waiting.done_at is None and TOKEN not in waiting.error
    page = text(ada.get("/data"))
    assert "403" in page and "under way" in page
    assert ada.post("/data/sync/nobody").status_code == 404
