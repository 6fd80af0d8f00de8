"""What the site does becomes records: noted with the act, recorded once."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb
import pytest

from desks import load_events, make_desk
from helmdesk.desk.desk import Desk


@pytest.fixture(autouse=True)
def _empty(site: Path) -> Iterator[None]:
    from helmdesk.web.apps.events.models import Event
    from helmdesk.web.apps.jobs.models import Heartbeat, Job, Schedule

    def clear() -> None:
        for model in (Event, Heartbeat, Job, Schedule):
            model.objects.all().delete()

    clear()
    yield
    clear()


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Desk:
    """A small desk in place of the site's own, for jobs."""
    from django.conf import settings

    made = make_desk(tmp_path / "desk")
    monkeypatch.setattr(settings, "DESK_FOLDER", made.path)
    return made


def fill(desk: Desk) -> None:
    opened = {"type": "created", "ticket_id": "1", "occurred_at": "2026-01-05T09:00"}
    load_events(desk, [opened], refresh=False)


def recorded(desk: Desk) -> list[tuple[str, str, str, str]]:
    """Return what the lake holds of the site, with repetitions."""
    files = list(desk.lake.snapshot().files.get("context", ()))
    if not files:
        return []
    return duckdb.sql(
        "select record_id, field, value, previous from read_parquet($files, union_by_name = true)"
        " where type = 'config_changed' order by occurred_at, record_id",
        params={"files": files},
    ).fetchall()


def work(instant: str, known: dict[str, Any] | None = None) -> None:
    from helmdesk.web.apps.events import jobs
    from helmdesk.web.apps.jobs.kind import Nothing
    from helmdesk.web.apps.jobs.queue import enqueue
    from helmdesk.web.apps.jobs.worker import Worker

    enqueue(jobs.gather, f"events:{instant}", Nothing())
    kinds = {kind.name: kind for kind in (jobs.gather, jobs.record)}
    Worker(is_thread=False, known=kinds).work_off()


def test_changed_settings_are_noted_as_they_were_and_are(as_: Any, site: Path) -> None:
    from helmdesk.web.apps.events.models import Event

    ada, now = as_("ada"), Desk(site).settings
    page = {
        "name": now.name,
        "time_zone": now.time_zone,
        "week_start": now.week_start,
        "scorecard": list(now.scorecard),
    }
    for name in ('Wärme "West"', 'Wärme "West"', now.name):
        assert ada.post("/settings/desk", {**page, "name": name}).status_code == 302
    names = (now.name, 'Wärme "West"', now.name)
    quoted = [json.dumps(name, ensure_ascii=False) for name in names]
    assert [each.said for each in Event.objects.all()] == [
        {"field": "name", "value": new, "previous": old} for old, new in itertools.pairwise(quoted)
    ], "what stayed is no event"


def test_what_was_noted_is_recorded_once_there_are_records(desk: Desk) -> None:
    from helmdesk.web.apps.events.models import Event, note_event

    first = note_event("config_changed", field="name", value='"Wärme ✓"', previous='"A"')
    work("1")
    assert recorded(desk) == [] and Event.objects.get().batch is None, (
        "a desk without records does not seem to hold some"
    )
    fill(desk)
    work("2")
    assert recorded(desk) == [(f"helmdesk:{first.pk}", "name", '"Wärme ✓"', '"A"')]
    note_event("config_changed", field="week_start", value='"sunday"', previous='"monday"')
    for instant in ("3", "4"):
        work(instant)
        assert [field for _, field, _, _ in recorded(desk)] == ["name", "week_start"]
    assert not Event.objects.filter(recorded_at=None).exists()


def test_an_event_is_of_a_known_kind() -> None:
    from helmdesk.web.apps.events.models import note_event

    with pytest.raises(ValueError, match="see EVENTS"):
        note_event("gossip", field="x")
    with pytest.raises(ValueError, match="see EVENTS"):
        note_event("config_changed", colour="x")


@pytest.mark.parametrize("stage", ["before the lake", "after the lake", "at the end"])
def test_a_batch_is_recorded_once_wherever_its_worker_stops(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, stage: str
) -> None:
    from helmdesk.lake.lake import Lake
    from helmdesk.web.apps.events.models import Event, note_event
    from helmdesk.web.apps.jobs import queue
    from helmdesk.web.apps.jobs.models import Job

    class Killed(BaseException):
        pass

    fill(desk)
    for number in range(3):
        note_event("config_changed", field="name", value=str(number), previous="")
    real_append, real_finish = Lake.append, queue.finish

    def append(*arguments: Any) -> Any:
        if stage == "before the lake":
            raise Killed
        real_append(*arguments)
        raise Killed

    def finish(held: Any, *arguments: Any, **named: Any) -> Any:
        if held.kind == "record":
            raise Killed
        return real_finish(held, *arguments, **named)

    with monkeypatch.context() as patched:
        if stage == "at the end":
            patched.setattr(queue, "finish", finish)
        else:
            patched.setattr(Lake, "append", append)
        with pytest.raises(Killed):
            work("1")
    note_event("config_changed", field="name", value="3", previous="")
    Job.objects.exclude(leased_until=None).update(leased_until=datetime(2020, 1, 1, tzinfo=UTC))
    work("2")
    assert [value for _, _, value, _ in recorded(desk)] == ["0", "1", "2", "3"]
    assert not Event.objects.filter(recorded_at=None).exists()
    assert len(desk.batches()) == 3, "what was chosen once stays one batch"


def test_events_of_another_site_are_loaded_from_a_file(tmp_path: Path) -> None:
    made = make_desk(tmp_path / "desk")
    lines = [
        {"id": "1", "at": "2026-01-05T09:00:00+01:00", "type": "config_changed",
         "field": "name", "value": '"B"', "previous": '"A"'},
        {"id": "2", "at": "2026-01-05T10:00:00+01:00", "type": "gossip"},
        {"id": "", "at": "2026-01-05T10:00:00+01:00", "type": "config_changed", "field": "x"},
        {"id": "4", "at": "2026-01-05T11:00:00+01:00", "type": "config_changed", "value": "x"},
    ]  # fmt: skip
    file = tmp_path / "events.jsonl"
    file.write_text("\n".join(map(json.dumps, lines)))
    report = made.load("helmdesk", [file])
    assert report.records["config_changed"] == 1 and report.quarantined_rows == 3
    reasons = {(each.line, each.column, each.reason) for each in made.quarantine()}
    assert {(line, column) for line, column, _ in reasons} == {(2, "type"), (3, "id"), (4, "field")}
    assert made.load("helmdesk", [file]).is_already_loaded
    assert recorded(made) == [("helmdesk:1", "name", '"B"', '"A"')]


def test_old_events_are_forgotten_once_they_are_recorded() -> None:
    from helmdesk.web.apps.events.jobs import tidy_events
    from helmdesk.web.apps.events.models import Event
    from helmdesk.web.apps.jobs.kind import Nothing
    from helmdesk.web.apps.jobs.queue import enqueue
    from helmdesk.web.apps.jobs.worker import Worker

    old = datetime(2020, 1, 1, tzinfo=UTC)
    Event.objects.create(kind="config_changed", at=old, recorded_at=old)
    waiting = Event.objects.create(kind="config_changed", at=old)
    enqueue(tidy_events, "tidy_events:1", Nothing())
    Worker(is_thread=False, known={"tidy_events": tidy_events}).work_off()
    assert [each.pk for each in Event.objects.all()] == [waiting.pk]


def test_no_migration_of_events_is_missing() -> None:
    from django.core.management import call_command

    call_command("makemigrations", "events", check=True, dry_run=True, verbosity=0)
