"""The audit log: a change, a gap and a missing end show; nothing makes a broken chain whole again."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest


@pytest.fixture
def log(site: Path) -> Iterator[list[int]]:
    """Five events at the end of the log; whatever a test does to the log is undone."""
    from django.conf import settings

    from helmdesk.web.people.audit import HEAD_FILE, AuditEvent, audit

    events = [audit("exported rows", f"tickets {number}") for number in range(5)]
    kept, head = list(AuditEvent.objects.order_by("id")), settings.SITE.path / HEAD_FILE
    noted = head.read_bytes()
    yield [event.pk for event in events]
    AuditEvent.objects.all().delete()
    AuditEvent.objects.bulk_create(kept)
    head.write_bytes(noted)


def test_cutting_off_the_end_shows(log: list[int]) -> None:
    from helmdesk.web.people.audit import AuditEvent, audit_state

    assert not audit_state().problem
    AuditEvent.objects.filter(pk=log[-1]).delete()
    assert audit_state().problem == f"the end is missing: event {log[-1]} was written, and the log ends with {log[-2]}"
    AuditEvent.objects.all().delete()
    assert audit_state().problem.endswith("the log ends with nothing")


def test_a_note_that_is_gone_or_forged_shows(log: list[int]) -> None:
    from django.conf import settings

    from helmdesk.web.people.audit import HEAD_FILE, AuditEvent, audit_state

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
    """An erased event no longer reads as it was written, yet still tells which event came before it."""
    from helmdesk.web.people.audit import AuditEvent, audit_state
    from helmdesk.web.people.erasure import clean_database

    AuditEvent.objects.filter(pk=log[2])
    clean_database(["tickets 2"])
    assert AuditEvent.objects.get(pk=log[2]).subject == "[erased]"
    assert not audit_state().problem
    AuditEvent.objects.filter(pk=log[1]).delete()
    assert audit_state().event == AuditEvent.objects.get(pk=log[2])


def test_an_erasure_does_not_mend_a_broken_chain(log: list[int]) -> None:
    from helmdesk.web.people.audit import AuditEvent, audit_state
    from helmdesk.web.people.erasure import clean_database

    AuditEvent.objects.filter(pk=log[1]).update(subject="nothing to see")
    clean_database(["tickets 3"])
    assert audit_state().event == AuditEvent.objects.get(pk=log[1])


def test_events_written_at_once_follow_one_another(site: Path) -> None:
    from django.db import connection

    from helmdesk.web.people.audit import AuditEvent, audit, audit_state

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


def test_a_log_signed_before_events_had_digests_of_their_own_still_reads_as_whole(log: list[int]) -> None:
    """Logs of earlier versions carry the chain over the event's own text."""
    from helmdesk.web.people import audit as module

    AuditEvent = module.AuditEvent
    before = ""
    for event in AuditEvent.objects.order_by("id"):
        event.digest = ""
        detail = module.json.dumps(event.detail, sort_keys=True)
        body = (before, event.at.isoformat(), event.person, event.action, event.subject, detail, event.request_id)
        before = event.chain = module._signature(repr(body))
        event.save()
    module._note_head(event)
    assert "is not the one that was written" in module.audit_state().problem  # the note knows the log as it was
    module.audit("signed in", "after the upgrade")
    assert not module.audit_state().problem
    AuditEvent.objects.filter(pk=log[0]).update(subject="changed")
    assert module.audit_state().event == AuditEvent.objects.get(pk=log[0])
