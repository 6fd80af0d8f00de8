"""Jobs: taken once, ended with their effect, tried again, put aside; schedules; the switch towards
the outside world.
"""

from __future__ import annotations

import threading
import uuid
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from web.conftest import text


@pytest.fixture(autouse=True)
def jobs(site: Path) -> Iterator[None]:
    """An empty table before and after."""
    from helmdesk.web.apps.jobs.models import Heartbeat, Job, Schedule, Switch

    def clear() -> None:
        for model in (Heartbeat, Job, Schedule, Switch):
            model.objects.all().delete()

    clear()
    yield
    clear()


def make_kind(run: Callable[..., Any], **options: Any) -> Any:
    from helmdesk.web.apps.jobs.kind import JobKind, Payload

    class Number(Payload):
        """A number."""

        number: int = 0

    return JobKind("test", "A test", Number, run, **options)


def put(kind: Any, key: str = "", number: int = 0, **options: Any) -> Any:
    from helmdesk.web.apps.jobs.queue import enqueue

    return enqueue(kind, key or f"test:{uuid.uuid4()}", kind.payload(number=number), **options)


def make_worker(kind: Any, *, is_thread: bool = False) -> Any:
    from helmdesk.web.apps.jobs.worker import Worker

    return Worker(is_thread=is_thread, known={kind.name: kind})


def let_lease_run_out() -> None:
    from helmdesk.web.apps.jobs.models import Job

    Job.objects.exclude(leased_until=None).update(leased_until=datetime(2020, 1, 1, tzinfo=UTC))


def test_a_job_with_a_known_key_is_the_same_job() -> None:
    done = []
    kind = make_kind(lambda held: done.append(held.payload.number))
    assert put(kind, "same:1", 1).pk == put(kind, "same:1", 2).pk
    worker = make_worker(kind)
    assert worker.work() and not worker.work()
    assert done == [1]
    put(kind, "same:1", 3)
    assert not worker.work(), "what is done is done"


def test_what_has_a_name_in_its_key_is_refused() -> None:
    with pytest.raises(ValueError, match="a job's key is made of"):
        put(make_kind(lambda held: None), "mail:ada lovelace")


def test_a_job_put_in_by_what_was_rolled_back_was_never_there() -> None:
    from django.db import transaction

    kind = make_kind(lambda held: None)
    with pytest.raises(RuntimeError), transaction.atomic():
        put(kind)
        raise RuntimeError
    assert not make_worker(kind).work()


def test_not_before_its_time_and_the_oldest_first() -> None:
    from django.utils import timezone

    done: list[int] = []
    kind = make_kind(lambda held: done.append(held.payload.number))
    now = timezone.now()
    for number, minutes in ((1, 5), (2, -1), (3, -2)):
        put(kind, number=number, run_at=now + timedelta(minutes=minutes))
    assert make_worker(kind).work_off() == 2
    assert done == [3, 2]


def test_whoever_lost_the_lease_changes_nothing() -> None:
    """A worker that stood still while another took its job ends nothing and leaves no effect."""
    from helmdesk.web.apps.jobs import queue
    from helmdesk.web.apps.jobs.models import Job, Outcome

    effects: list[str] = []
    kind = make_kind(lambda held: None)
    put(kind)
    known = {"test": kind}
    slow = queue.take(known, "slow")
    assert queue.take(known, "quick") is None
    let_lease_run_out()
    quick = queue.take(known, "quick")
    assert slow and quick and slow.pk == quick.pk and quick.attempts == 2
    assert not queue.renew(slow) and queue.renew(quick)
    for late in (
        lambda: queue.finish(slow, Outcome.DONE, lambda: effects.append("slow")),
        lambda: queue.note_step(slow, "still here"),
        lambda: queue.fail(slow, kind, RuntimeError("late")),
        lambda: queue.begin_sending(slow),
    ):
        with pytest.raises(queue.LeaseLost):
            late()
    queue.release(slow)
    assert Job.objects.get().lease == quick.lease
    queue.finish(quick, Outcome.DONE, lambda: effects.append("quick"))
    assert effects == ["quick"]
    with pytest.raises(queue.LeaseLost):
        queue.finish(quick, Outcome.DONE, lambda: effects.append("again"))
    assert effects == ["quick"]


def test_an_effect_that_fails_leaves_the_job_and_nothing_else() -> None:
    from helmdesk.web.apps.jobs.models import Job, Schedule

    def run(held: Any) -> Callable[[], None]:
        def effect() -> None:
            Schedule.objects.create(
                name=f"effect {held.attempt}", kind="test", rhythm="daily 07:00", is_on=False
            )
            if held.attempt == 1:
                raise RuntimeError("half way")

        return effect

    put(make_kind(run))
    worker = make_worker(make_kind(run))
    assert worker.work()
    job = Job.objects.get()
    assert (job.done_at, job.failures, job.lease) == (None, 1, "") and "half way" in job.error
    assert not Schedule.objects.exists()
    Job.objects.update(run_at=datetime(2020, 1, 1, tzinfo=UTC))
    assert worker.work()
    assert [each.name for each in Schedule.objects.all()] == ["effect 2"]


def test_errors_wait_longer_each_time_and_then_it_is_given_up() -> None:
    from helmdesk.web.apps.jobs.models import Job
    from helmdesk.web.apps.jobs.queue import try_again, wait_after

    told: list[tuple[int, str]] = []

    def run(held: Any) -> None:
        raise OSError(28, "No space left on device")

    kind = make_kind(run, tries=3, given_up=lambda payload, why: told.append((payload.number, why)))
    put(kind, number=7)
    worker = make_worker(kind)
    for failures in (1, 2, 3):
        Job.objects.update(run_at=datetime(2020, 1, 1, tzinfo=UTC))
        assert worker.work()
        assert Job.objects.get().failures == failures
        assert len(told) == (failures == 3)
    job = Job.objects.get()
    assert job.outcome == "dead" and told == [(7, job.error)] and "the disk is full" in job.error
    assert not worker.work()
    assert try_again(job.pk) and worker.work()
    assert Job.objects.get().failures == 1
    assert (
        [4 * 4**n for n in range(3)]
        <= [wait_after(n + 1) for n in range(3)]
        <= [6 * 4**n for n in range(3)]
    )
    assert wait_after(40) <= 4400


def test_what_no_repetition_mends_is_given_up_at_once() -> None:
    from helmdesk.web.apps.jobs.kind import Hopeless
    from helmdesk.web.apps.jobs.models import Job

    def run(held: Any) -> None:
        raise Hopeless("the file is gone; upload it again")

    kind = make_kind(run)
    put(kind)
    Job.objects.create(kind="test", key="odd:1", payload={"number": "many", "colour": "red"})
    make_worker(kind).work_off()
    assert {(job.outcome, job.error) for job in Job.objects.all()} == {
        ("dead", "the file is gone; upload it again"),
        (
            "dead",
            (
                "its payload is not that of its kind: number: Input should be a valid integer,"
                " unable to parse string as an integer; colour: Extra inputs are not permitted"
            ),
        ),
    }


def test_a_job_that_takes_its_worker_down_is_put_aside() -> None:
    from helmdesk.web.apps.jobs import queue
    from helmdesk.web.apps.jobs.models import Job

    kind = make_kind(lambda held: None)
    put(kind)
    for _ in range(queue.MOST_STOPS):
        assert queue.take({"test": kind}, "doomed")
        let_lease_run_out()
    assert queue.take({"test": kind}, "doomed") is None
    assert Job.objects.get().outcome == "dead" and "stopped 20 times" in Job.objects.get().error


def test_a_stopped_worker_gives_its_job_back_untried() -> None:
    from helmdesk.web.apps.jobs.models import Job

    def run(held: Any) -> None:
        worker.stop()
        held.tell("half way")

    worker = make_worker(make_kind(run))
    put(worker.known["test"])
    assert worker.work()
    job = Job.objects.get()
    assert (job.lease, job.attempts, job.failures, job.done_at) == ("", 0, 0, None)
    assert make_worker(make_kind(lambda held: None)).work()


def test_two_workers_with_connections_of_their_own_do_every_job_once() -> None:
    from django.db import connection

    from helmdesk.web.apps.jobs.models import Job, Schedule

    def run(held: Any) -> Callable[[], None]:
        return lambda: (
            Schedule.objects.create(name=held.key, kind="test", rhythm="daily 07:00", is_on=False)
            and None
        )

    kind = make_kind(run)
    for number in range(60):
        put(kind, number=number)
    counts, problems = [], []

    def work() -> None:
        try:
            counts.append(make_worker(kind).work_off())
        except Exception as error:
            problems.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not problems and sum(counts) == 60
    assert (
        Schedule.objects.filter(kind="test").count()
        == 60
        == Job.objects.filter(outcome="done", attempts=1).count()
    )


def test_a_lost_lease_ends_the_work_at_its_next_step() -> None:
    from helmdesk.web.apps.jobs import queue
    from helmdesk.web.apps.jobs.models import Job

    reached = []

    def run(held: Any) -> None:
        queue.withdraw("not wanted any more")
        held.tell("more")
        reached.append(held.key)

    put(make_kind(run))
    assert make_worker(make_kind(run)).work()
    assert not reached and Job.objects.get().outcome == "withdrawn"


def test_nothing_leaves_before_somebody_says_so() -> None:
    """A new site previews; a stopped one keeps; the same jobs go when the switch is on."""
    from helmdesk.web.apps.jobs.kind import Effect
    from helmdesk.web.apps.jobs.models import Job, Switch

    sent: list[int] = []
    kind = make_kind(lambda held: sent.append(held.payload.number), effect=Effect.AT_LEAST_ONCE)
    put(kind, number=1)
    worker = make_worker(kind)
    assert worker.work_off() == 1 and not sent and Job.objects.get().outcome == "preview"
    Switch.turn("stopped")
    put(kind, number=2)
    assert worker.work_off() == 0 and not sent
    Switch.turn("on")
    assert worker.work_off() == 1 and sent == [2]
    with pytest.raises(ValueError):
        Switch.turn("perhaps")


def test_at_most_once_is_uncertain_after_a_kill_and_never_repeated() -> None:
    from helmdesk.web.apps.jobs import queue
    from helmdesk.web.apps.jobs.kind import Effect, NotSent
    from helmdesk.web.apps.jobs.models import Job, Switch

    Switch.turn("on")
    tries: list[int] = []

    def run(held: Any) -> None:
        tries.append(held.payload.number)
        if held.payload.number == 2:
            raise ConnectionResetError("gone after the data")
        if held.payload.number == 3 and tries.count(3) == 1:
            raise NotSent("the server did not answer")

    kind = make_kind(run, effect=Effect.AT_MOST_ONCE)
    put(kind, "mail:1", 1)
    for killed in (False, True):  # before it begins to send, and after
        held = queue.take({"test": kind}, "killed")
        assert held is not None
        if killed:
            queue.begin_sending(held)
        let_lease_run_out()
    worker = make_worker(kind)
    assert worker.work_off() == 0 and not tries
    assert Job.objects.get(key="mail:1").outcome == "uncertain"
    put(kind, "mail:2", 2)
    put(kind, "mail:3", 3)
    worker.work_off()
    Job.objects.filter(key="mail:3").update(run_at=datetime(2020, 1, 1, tzinfo=UTC))
    worker.work_off()
    assert {job.key: job.outcome for job in Job.objects.all()} == {
        "mail:1": "uncertain",
        "mail:2": "uncertain",
        "mail:3": "done",
    }
    assert tries == [2, 3, 3]
    assert queue.try_again(Job.objects.get(key="mail:1").pk), "a person may send it again"
    worker.work_off()
    assert tries == [2, 3, 3, 1] and Job.objects.get(key="mail:1").outcome == "done"


def test_a_dead_process_leaves_its_job_at_once() -> None:
    """No lease has to run out where the next worker sees that the process is no more."""
    import subprocess
    import sys

    from django.utils import timezone

    from helmdesk.web.apps.jobs import queue
    from helmdesk.web.apps.jobs.models import Heartbeat
    from helmdesk.web.apps.jobs.worker import place

    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    kind, moment = make_kind(lambda held: None), timezone.now()
    put(kind)
    Heartbeat.objects.create(
        name="gone",
        place=place(),
        process=gone.pid,
        is_thread=True,
        started_at=moment,
        seen_at=moment,
    )
    Heartbeat.objects.create(
        name="elsewhere",
        place="another machine",
        process=1,
        is_thread=True,
        started_at=moment,
        seen_at=moment,
    )
    assert queue.take({"test": kind}, "gone")
    worker = make_worker(kind)
    assert worker.is_needed() and worker.work()
    assert set(Heartbeat.objects.values_list("name", flat=True)) == {"elsewhere", worker.name}


def test_a_thread_gives_way_to_a_process_and_to_an_older_thread() -> None:
    from django.utils import timezone

    from helmdesk.web.apps.jobs.models import Heartbeat

    worker, moment = make_worker(make_kind(lambda held: None), is_thread=True), timezone.now()

    def is_needed() -> bool:
        worker._looked = 0.0
        return bool(worker.is_needed())

    assert is_needed() and Heartbeat.objects.filter(name=worker.name).exists()
    row = {"place": "elsewhere", "process": 1, "seen_at": moment}
    other = Heartbeat.objects.create(
        name="process", is_thread=False, started_at=moment + timedelta(hours=1), **row
    )
    assert not is_needed() and not Heartbeat.objects.filter(name=worker.name).exists()
    other.delete()
    younger = Heartbeat.objects.create(
        name="younger", is_thread=True, started_at=moment + timedelta(hours=1), **row
    )
    assert is_needed()
    younger.delete()
    older = Heartbeat.objects.create(
        name="older", is_thread=True, started_at=moment - timedelta(hours=1), **row
    )
    assert not is_needed()
    Heartbeat.objects.filter(pk=older.pk).update(seen_at=moment - timedelta(minutes=1))
    assert is_needed(), "its heart stands still"


def make_schedule(name: str, rhythm: str, zone: str, since: datetime) -> Any:
    from helmdesk.web.apps.jobs.models import Schedule

    return Schedule.objects.create(
        name=name, kind="test", rhythm=rhythm, zone=zone, last_tick=since
    )


def test_two_schedulers_make_every_tick_of_a_year_once(site: Path) -> None:
    """In three zones, whose clocks go forward and back by an hour and by half of one."""
    from django.db import transaction

    from helmdesk.web.apps.jobs.models import Job, Schedule
    from helmdesk.web.apps.jobs.schedules import next_tick, tick

    known = {"test": make_kind(lambda held: None)}
    since = datetime(2026, 1, 1, tzinfo=UTC)
    zones = ("Europe/Berlin", "America/New_York", "Australia/Lord_Howe")
    with transaction.atomic():
        for zone in zones:
            make_schedule(f"weekly:{zone}", "sun 02:10", zone, since)
            make_schedule(f"monthly:{zone}", "monthly 31 07:00", zone, since)
        moment, end = since, since + timedelta(days=365)
        while (
            moment := min(next_tick(each, moment) or end for each in Schedule.objects.all())
        ) < end:
            tick(known, moment)
            tick(known, moment)
        for zone in zones:
            weekly = list(
                Job.objects.filter(key__startswith=f"weekly:{zone}").values_list("key", flat=True)
            )
            assert (len(weekly), Job.objects.filter(key__startswith=f"monthly:{zone}").count()) == (
                52,
                12,
            )
        told = set(Job.objects.values_list("key", flat=True))
    assert {
        "weekly:Europe/Berlin:2026-03-29T03:00:00+02:00",
        "weekly:Europe/Berlin:2026-10-25T02:10:00+02:00",
        "weekly:America/New_York:2026-03-08T03:00:00-04:00",
        "weekly:Australia/Lord_Howe:2026-10-04T02:30:00+11:00",
        "monthly:Europe/Berlin:2026-02-28T07:00:00+01:00",
    } <= told


def test_what_was_missed_runs_once() -> None:
    from helmdesk.web.apps.jobs.models import Job, Schedule
    from helmdesk.web.apps.jobs.schedules import tick

    known = {"test": make_kind(lambda held: None)}
    make_schedule("digest", "every 15 minutes", "UTC", datetime(2026, 1, 1, tzinfo=UTC))
    make_schedule("off", "every 15 minutes", "UTC", datetime(2026, 1, 1, tzinfo=UTC))
    Schedule.objects.filter(name="off").update(is_on=False)
    assert tick(known, datetime(2026, 1, 5, 12, 7, tzinfo=UTC)) == 1
    assert Job.objects.get().key == "digest:2026-01-05T12:00:00+00:00"
    assert tick(known, datetime(2026, 1, 5, 12, 8, tzinfo=UTC)) == 0
    assert tick(known, datetime(2026, 1, 5, 11, 0, tzinfo=UTC)) == 0, (
        "a clock set back repeats nothing"
    )
    assert tick(known, datetime(2026, 1, 5, 12, 15, tzinfo=UTC)) == 1


def test_a_schedule_that_nobody_can_read_says_so_and_stops_no_other() -> None:
    from helmdesk.web.apps.jobs.models import Job, Schedule
    from helmdesk.web.apps.jobs.schedules import last_tick, next_tick, tick

    since = datetime(2026, 1, 1, tzinfo=UTC)
    make_schedule("a", "now and then", "UTC", since)
    make_schedule("b", "daily 07:00", "Europe/Nowhere", since)
    make_schedule("c", "daily 07:00", "UTC", since)
    Schedule.objects.create(name="d", kind="unheard-of", rhythm="daily 07:00", last_tick=since)
    Schedule.objects.create(
        name="e", kind="test", rhythm="daily 07:00", last_tick=since, payload={"number": "x"}
    )
    moment = datetime(2026, 1, 5, 12, tzinfo=UTC)
    assert tick({"test": make_kind(lambda held: None)}, moment) == 1
    assert Job.objects.get().key.startswith("c:")
    problems = {each.name: each.problem for each in Schedule.objects.all()}
    assert (
        "is no rhythm" in problems["a"]
        and "Europe/Nowhere" in problems["b"]
        and problems["c"] == ""
    )
    assert "unheard-of" in problems["d"] and "number" in problems["e"]
    assert next_tick(Schedule.objects.get(name="a"), moment) is None
    assert [last_tick(each) and str(last_tick(each)) for each in Schedule.objects.all()] == [
        None,
        None,
        "2026-01-05 07:00:00+00:00",
        None,
        None,
    ]


def test_kinds_are_found_by_scanning_and_tidying_is_one() -> None:
    from helmdesk.web.apps.jobs.kind import kinds
    from helmdesk.web.apps.jobs.models import Job, Schedule
    from helmdesk.web.apps.jobs.schedules import run_now
    from helmdesk.web.apps.jobs.worker import Worker

    assert "tidy" in kinds()
    for key, outcome, year in (
        ("old:1", "done", 2020),
        ("old:2", "dead", 2020),
        ("new:1", "done", 2999),
    ):
        Job.objects.create(
            kind="tidy", key=key, outcome=outcome, done_at=datetime(year, 1, 1, tzinfo=UTC)
        )
    worker = Worker(is_thread=False)
    worker.work_off()
    run_now(Schedule.objects.get(name="tidy"), kinds()["tidy"], datetime(2026, 1, 1, tzinfo=UTC))
    worker.work_off()
    assert set(Job.objects.filter(kind="tidy").values_list("key", flat=True)) >= {"old:2", "new:1"}
    assert not Job.objects.filter(key="old:1").exists()


def test_no_migration_of_jobs_is_missing() -> None:
    from django.core.management import call_command

    call_command("makemigrations", "jobs", check=True, dry_run=True, verbosity=0)


def test_the_page_shows_the_queue_and_lets_an_administrator_act(as_: Any) -> None:
    from django.utils import timezone

    from helmdesk.web.apps.jobs.models import Job, Schedule, Switch
    from helmdesk.web.apps.people.audit import AuditEvent

    ada, moment = as_("ada"), timezone.now()
    empty = ada.get("/jobs").content.decode()
    for words in (
        "Nothing waits.",
        "Nothing was given up",
        "Nothing recurs.",
        "none is alive",
        "none is sent",
    ):
        assert words in empty
    dead = Job.objects.create(
        kind="tidy",
        key="tidy:1",
        outcome="dead",
        done_at=moment,
        failures=5,
        error="the disk <full>",
    )
    Job.objects.create(
        kind="gone", key="gone:1", outcome="uncertain", done_at=moment, begun_at=moment
    )
    waits = Job.objects.create(kind="tidy", key="tidy:2", run_at=moment - timedelta(hours=3))
    schedule = Schedule.objects.create(
        name="tidy", kind="tidy", rhythm="daily 03:30", last_tick=moment
    )
    page = text(ada.get("/jobs"))
    for words in (
        "the disk &lt;full&gt;",
        "the oldest for 3 h",
        "may have been sent",
        "gone (no app here knows it)",
        "daily 03:30 (UTC)",
    ):
        assert words in page, words
    measured = ada.get("/metrics").content.decode()
    assert "helmdesk_jobs_waiting 1.0" in measured and "helmdesk_jobs_troubled 2.0" in measured
    assert ada.post(f"/jobs/{dead.pk}", {"do": "again"}).status_code == 302
    again = Job.objects.get(pk=dead.pk)
    assert (again.outcome, again.done_at, again.failures) == ("", None, 0)
    assert ada.post(f"/jobs/{waits.pk}", {"do": "forget"}).status_code == 302
    assert Job.objects.get(pk=waits.pk).outcome == "withdrawn"
    assert ada.post(f"/jobs/{waits.pk}", {"do": "again"}).status_code == 400
    assert ada.post(f"/jobs/schedules/{schedule.pk}", {"do": "pause"}).status_code == 302
    assert "paused" in ada.get("/jobs").content.decode()
    assert ada.post(f"/jobs/schedules/{schedule.pk}", {"do": "now"}).status_code == 302
    assert Job.objects.filter(key__startswith="tidy:now:").count() == 1
    for state in ("on", "stopped", "preview"):
        assert (
            ada.post("/jobs/switch", {"state": state}).status_code == 302 and Switch.read() == state
        )
    assert ada.post("/jobs/switch", {"state": "loud"}).status_code == 400
    said = set(AuditEvent.objects.values_list("action", flat=True))
    assert {
        "did a job again",
        "threw a job away",
        "changed a schedule",
        "turned the switch for messages",
    } <= said
    for name in ("lea", "ann", "vic"):
        assert as_(name).get("/jobs").status_code == 403
        assert as_(name).post("/jobs/switch", {"state": "on"}).status_code == 403
