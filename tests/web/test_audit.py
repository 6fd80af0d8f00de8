"""The audit log: a change, a gap and a missing end show; nothing makes a broken chain whole
again.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest


@pytest.fixture
def log(site: Path) -> Iterator[list[int]]:
    """Five events at the end of the log; whatever a test does to the log is undone."""
    from django.conf import settings

    from helmdesk.web.apps.people.audit import HEAD_FILE, AuditEvent, audit

    events = [audit("exported rows", f"tickets {number}") for number in range(5)]
    kept, head = list(AuditEvent.objects.order_by("id")), Path(settings.SITE.path) / HEAD_FILE
    noted = head.read_bytes()
    yield [event.pk for event in events]
    AuditEvent.objects.all().delete()
    AuditEvent.objects.bulk_create(kept)
    head.write_bytes(noted)


def test_cutting_off_the_end_shows(log: list[int]) -> None:
    from helmdesk.web.apps.people.audit import AuditEvent, audit_state

    assert not audit_state().problem
    AuditEvent.objects.filter(pk=log[-1]).delete()
    assert (
        audit_state().problem
        == f"the end is missing: event {log[-1]} was written, and the log ends with {log[-2]}"
    )
    AuditEvent.objects.all().delete()
    assert audit_state().problem.endswith("the log ends with nothing")


def test_a_note_that_is_gone_or_forged_shows(log: list[int]) -> None:
    from django.conf import settings

    from helmdesk.web.apps.people.audit import HEAD_FILE, AuditEvent, audit_state

    head = settings.SITE.path / HEAD_FILE
    assert head.stat().st_mode & 0o777 == 0o600
    number, _, signature = head.read_text().split()
    chain = AuditEvent.objects.get(pk=log[-2]).chain
    head.write_text(f"{log[-2]} {chain} {signature}")
    assert "was not written by this site" in audit_state().problem
    head.write_bytes(b"\xff\x00")
    assert "was not written by this site" in audit_state().problem
    head.unlink()
    assert "is gone" in audit_state().problem
    assert int(number) == log[-1]


def test_a_gap_beside_an_erased_event_shows(log: list[int]) -> None:
    """An erased event no longer reads as it was written, yet still tells which event came before
    it.
    """
    from helmdesk.web.apps.people.audit import AuditEvent, audit_state
    from helmdesk.web.apps.people.erasure import clean_database

    clean_database(["tickets 2"])
    assert AuditEvent.objects.get(pk=log[2]).subject == "[erased]"
    assert not audit_state().problem
    AuditEvent.objects.filter(pk=log[1]).delete()
    assert audit_state().event == AuditEvent.objects.get(pk=log[2])


def test_an_erasure_does_not_mend_a_broken_chain(log: list[int]) -> None:
    from helmdesk.web.apps.people.audit import AuditEvent, audit_state
    from helmdesk.web.apps.people.erasure import clean_database

    AuditEvent.objects.filter(pk=log[1]).update(subject="nothing to see")
    clean_database(["tickets 3"])
    assert audit_state().event == AuditEvent.objects.get(pk=log[1])


def test_events_written_at_once_follow_one_another(site: Path) -> None:
    from django.db import connection

    from helmdesk.web.apps.people.audit import AuditEvent, audit, audit_state

    def write(thread: int) -> None:
        try:
            for number in range(25):
                audit("at once", f"{thread}.{number}")
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(write, range(4)))
    assert AuditEvent.objects.filter(action="at once").count() == 100
    assert not audit_state().problem


def test_a_log_signed_before_events_had_digests_of_their_own_still_reads_as_whole(
    log: list[int],
) -> None:
    """Logs of earlier versions carry the chain over the event's own text."""
    from helmdesk.web.apps.people import audit as module

    AuditEvent = module.AuditEvent
    before = ""
    for event in AuditEvent.objects.order_by("id"):
        event.digest = ""
        detail = module.json.dumps(event.detail, sort_keys=True)
        body = (
            before,
            event.at.isoformat(),
            event.person,
            event.action,
            event.subject,
            detail,
            event.request_id,
        )
        before = event.chain = module._signature(repr(body))
        event.save()
    assert (
        "is not the one that was written" in module.audit_state().problem
    )  # the note knows the log as it was
    # Those versions noted nothing outside the database.
    module._head_file().unlink()
    module.AuditHead.objects.update(is_noted=False)
    module.audit("signed in", "after the upgrade")
    assert not module.audit_state().problem
    AuditEvent.objects.filter(pk=log[0]).update(subject="changed")
    assert module.audit_state().event == AuditEvent.objects.get(pk=log[0])


def _cut_the_end(log: list[int]) -> None:
    from helmdesk.web.apps.people.audit import AuditEvent

    AuditEvent.objects.filter(pk__gte=log[2]).delete()


def _cut_the_end_and_number_anew(log: list[int]) -> None:
    from django.db import connection

    _cut_the_end(log)
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute(
                "update sqlite_sequence set seq = ? where name = 'people_auditevent'", [log[1]]
            )


def _cut_everything(log: list[int]) -> None:
    from helmdesk.web.apps.people.audit import AuditEvent

    AuditEvent.objects.all().delete()


def _cut_the_end_and_the_note(log: list[int]) -> None:
    from helmdesk.web.apps.people.audit import AuditHead, _head_file

    _cut_the_end(log)
    _head_file().unlink()
    AuditHead.objects.all().delete()


def _cut_the_end_and_forge_the_note(log: list[int]) -> None:
    from helmdesk.web.apps.people.audit import AuditEvent, _head_file

    _cut_the_end(log)
    _head_file().write_text(f"{log[1]} {AuditEvent.objects.get(pk=log[1]).chain} {'0' * 64}")


def _replace_the_noted_event(log: list[int]) -> None:
    from helmdesk.web.apps.people.audit import AuditEvent

    AuditEvent.objects.filter(pk=log[-1]).update(chain="0" * 64)


BREAKS = (
    _cut_the_end,
    _cut_the_end_and_number_anew,
    _cut_everything,
    _cut_the_end_and_the_note,
    _cut_the_end_and_forge_the_note,
    _replace_the_noted_event,
)


@pytest.mark.parametrize("do_harm", BREAKS, ids=lambda harm: harm.__name__.strip("_"))
def test_a_break_stays_told_whatever_is_written_afterwards(
    log: list[int], do_harm: Callable[[list[int]], None]
) -> None:
    """The next sign-in must not sign a log anew from which the end was cut."""
    from helmdesk.web.apps.people.audit import audit, audit_state, note_latest

    do_harm(log)
    assert audit_state().problem
    for number in range(8):  # past the number of the event that was noted, too
        written = audit("signed in", f"later {number}")
        note_latest()
        state = audit_state()
        assert state.problem and state.event is not None and state.event.pk <= written.pk - number


def test_a_process_stopped_before_its_note_is_no_tampering(
    log: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    from helmdesk.web.apps.people import audit as module

    def full(event: object) -> None:
        raise OSError("No space left on device")

    with monkeypatch.context() as broken:
        broken.setattr(module, "_write_head", full)
        unnoted = [module.audit("signed in", f"unnoted {number}").pk for number in range(2)]
    state = module.audit_state()
    assert (state.problem, state.behind) == ("", 2)
    module.AuditEvent.objects.filter(
        pk__in=[log[-1], *unnoted]
    ).delete()  # what was noted cannot be cut even then
    assert "the end is missing" in module.audit_state().problem


@pytest.mark.parametrize("restored", [False, True])
def test_a_process_stopped_at_the_first_event_is_no_tampering(
    log: list[int], monkeypatch: pytest.MonkeyPatch, restored: bool
) -> None:
    """Of a new site, and of a log that another desk's key signed: the note is there before the
    event.
    """
    from helmdesk.web.apps.people import audit as module

    module._head_file().unlink()
    module.AuditHead.objects.update(is_noted=False)
    if restored:
        module.AuditEvent.objects.update(digest="1" * 64, chain="2" * 64)
        module._head_file().with_name(module.RESTORED_NOTE).write_text("of yesterday")
    else:
        module.AuditEvent.objects.all().delete()
    with monkeypatch.context() as stopped:
        stopped.setattr(module, "_note_head", lambda event: None)
        module.audit("signed in", "first")
    assert module.audit_state().problem == ""
    module.audit("signed in", "second")
    state = module.audit_state()
    assert (state.problem, state.behind) == ("", 0)
    assert (state.unchecked_until is not None) == restored


def test_the_note_catches_up(log: list[int], monkeypatch: pytest.MonkeyPatch) -> None:
    from helmdesk.web.apps.people import audit as module

    with monkeypatch.context() as stopped:
        stopped.setattr(module, "_write_head", lambda event: None)
        last = module.audit("signed in", "unnoted")
    assert module.audit_state().behind == 1
    module.note_latest()
    assert module.audit_state().behind == 0
    module.AuditEvent.objects.filter(pk=last.pk).delete()
    assert "the end is missing" in module.audit_state().problem


def test_what_is_written_while_the_log_is_checked_is_no_tampering(
    log: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    from helmdesk.web.apps.people import audit as module

    read = module.AuditEvent.follows
    written = []

    def meanwhile(event: object, before: str) -> bool:
        if event.pk == log[-1] and not written:  # type: ignore[attr-defined]
            written.append(module.audit("signed in", "meanwhile"))
        return read(event, before)  # type: ignore[arg-type]

    monkeypatch.setattr(module.AuditEvent, "follows", meanwhile)
    assert not module.audit_state().problem and written


def test_an_erasure_excuses_only_what_it_did(log: list[int]) -> None:
    """Neither may its own list be changed, nor what its events say afterwards, nor the events
    before them go.
    """
    from helmdesk.web.apps.people.audit import ERASURE, AuditEvent, audit, audit_state
    from helmdesk.web.apps.people.erasure import clean_database

    named = audit("exported rows", "of Zoltan").pk
    clean_database(["Zoltan"])
    assert not audit_state().problem
    event, erasure = (
        AuditEvent.objects.get(pk=named),
        AuditEvent.objects.filter(action=ERASURE).latest("id"),
    )
    AuditEvent.objects.filter(pk=named).update(subject="of somebody else")
    assert audit_state().event == event
    AuditEvent.objects.filter(pk=named).update(subject=event.subject)
    assert not audit_state().problem
    AuditEvent.objects.filter(pk=log[-1]).update(subject="nothing to see")
    for events in ({str(log[-1]): "", str(erasure.pk): ""}, [log[-1], erasure.pk]):
        AuditEvent.objects.filter(pk=erasure.pk).update(detail={"texts": 1, "events": events})
        assert audit_state().event == AuditEvent.objects.get(pk=log[-1])
    AuditEvent.objects.filter(pk=erasure.pk).update(detail=erasure.detail)
    AuditEvent.objects.filter(pk=log[-1]).delete()
    AuditEvent.objects.filter(pk=named).update(digest="")  # as if an earlier version had written it
    assert audit_state().event == event


def test_a_person_erased_twice_over_leaves_the_log_whole(log: list[int]) -> None:
    from helmdesk.web.apps.people.audit import ERASURE, AuditEvent, audit, audit_state
    from helmdesk.web.apps.people.erasure import clean_database

    clean_database(["tickets 2"])
    both = audit("exported rows", "of Kim and of Lou", where="customer = 'Kim'")
    clean_database(["Kim"])
    clean_database(["Lou", "erased", "customer"])  # words of ours, too
    assert AuditEvent.objects.get(pk=both.pk).subject.endswith("[erased]")
    assert AuditEvent.objects.filter(action=ERASURE).count() >= 3
    assert not audit_state().problem


def test_claiming_a_backup_excuses_nothing_on_the_desk_that_wrote_the_log(log: list[int]) -> None:
    from helmdesk.web.apps.people.audit import (
        RESTORED_NOTE,
        AuditEvent,
        _head_file,
        audit_state,
        note_restored,
    )

    note = _head_file().with_name(RESTORED_NOTE)
    AuditEvent.objects.filter(pk=log[1]).update(subject="nothing to see")
    note.write_text("a backup")
    note_restored()
    assert audit_state().event == AuditEvent.objects.get(pk=log[1])
    _cut_the_end_and_the_note(log)
    note.write_text("a backup")
    note_restored()
    assert audit_state().problem and not note.exists()


def test_an_end_that_was_kept_elsewhere_shows_what_was_put_back(log: list[int]) -> None:
    """An older copy of database and note together is whole in itself."""
    from django.conf import settings

    from helmdesk.web.apps.people.audit import (
        HEAD_FILE,
        AuditEvent,
        audit,
        audit_state,
        problem_since,
        signed_end,
    )
    from helmdesk.web.apps.people.erasure import clean_database

    head = settings.SITE.path / HEAD_FILE
    older = head.read_bytes()
    audit("exported rows", "of Kim")
    kept = signed_end()
    clean_database(["Kim"])
    assert not problem_since(kept), "what is written after it, and an erasure, change nothing"
    AuditEvent.objects.filter(pk__gt=log[-1]).delete()
    head.write_bytes(older)
    assert not audit_state().problem
    number = kept.split()[0]
    assert (
        problem_since(kept) == f"the end is missing: event {number} was there when the end was kept"
    )
    # Another event under that number is another event.
    AuditEvent(pk=int(number), action="signed in", chain="0" * 64).save()
    assert "is missing" in problem_since(kept)
    for forged in (kept.replace(number, log and str(log[0]), 1), kept[:-5] + "0000\n"):
        assert "was not written by this site" in problem_since(forged)
    for nonsense in ("", "x", "1 2", "one two three", "1 2 3 4"):
        with pytest.raises(ValueError):
            problem_since(nonsense)


def test_the_command_and_doctor_tell_of_a_break(
    site: Path, tmp_path: Path, log: list[int], helmdesk: Callable[..., object]
) -> None:
    import os

    from helmdesk.web.apps.people.audit import AuditEvent

    if os.environ.get("HELMDESK_TEST_DATABASE"):
        pytest.skip("the commands open the desk's own database")
    whole = helmdesk("audit", "--desk", site)
    assert "every one follows from the one before" in whole.stdout  # type: ignore[attr-defined]
    end = tmp_path / "end-of-log"
    helmdesk("audit", "--desk", site, "--keep", end)
    helmdesk("audit", "--desk", site, "--since", end)
    end.write_text(end.read_text().replace(" ", " 0", 1))
    assert (
        "was not written by this site, or was changed"
        in helmdesk("audit", "--desk", site, "--since", end, code=1).stdout
    )  # type: ignore[attr-defined]
    end.write_text("nothing of ours")
    assert (
        "not the kept end of an audit log; keep one"
        in helmdesk("audit", "--desk", site, "--since", end, code=4).stderr
    )  # type: ignore[attr-defined]
    AuditEvent.objects.filter(pk=log[-1]).delete()
    cut = helmdesk("audit", "--desk", site, code=1)
    assert f"the end is missing: event {log[-1]} was written" in cut.stdout  # type: ignore[attr-defined]
    with sqlite3.connect(site / "site" / "site.sqlite3") as database:
        assert database.execute("select max(id) from people_auditevent").fetchone() == (
            log[-2],
        )  # looking writes nothing
    told = helmdesk("doctor", "--desk", site, "--format", "json", code=1)
    assert f"the end is missing: event {log[-1]}" in told.stdout  # type: ignore[attr-defined]
