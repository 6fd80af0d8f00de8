"""What names an erased customer leaves the site's database too, and the audit log stays whole."""

from __future__ import annotations

from datetime import date
from pathlib import Path


def test_texts_that_name_the_person_are_cleaned(site: Path) -> None:
    from django.db import connection

    from helmdesk.web.pages.annotations.models import Annotation
    from helmdesk.web.people.audit import AuditEvent, audit, audit_state
    from helmdesk.web.people.erasure import clean_database

    canary = "Zvxq7erased"
    audit("downloaded rows", f"tickets of {canary}", where=f"customer = '{canary}'")
    audit("something else", "untouched")
    Annotation.objects.create(day=date(2026, 1, 5), text=f"{canary} called", where=f"customer = '{canary}'")
    assert clean_database([canary]) == 4
    assert not audit_state().problem
    for model in (AuditEvent, Annotation):
        assert canary not in repr(list(model.objects.values_list()))
    assert AuditEvent.objects.filter(action="erased a customer").exists()
    if connection.vendor == "sqlite":
        for file in (site / "site").glob("site.sqlite3*"):
            assert canary.encode() not in file.read_bytes(), file
    Annotation.objects.all().delete()


def test_a_short_id_harms_nothing_else(site: Path) -> None:
    """An id like 7 is found as a word, never inside a password, another number or a date."""
    from helmdesk.web.people.audit import AuditEvent, audit, audit_state
    from helmdesk.web.people.erasure import clean_database
    from helmdesk.web.people.models import Person

    before = list(Person.objects.order_by("pk").values_list("username", "password"))
    event = audit("downloaded rows", "ticket 7 of 17, 2026-07-07", rows=7, where="customer = '7'")
    clean_database(["7"])
    assert list(Person.objects.order_by("pk").values_list("username", "password")) == before
    kept = AuditEvent.objects.get(pk=event.pk)
    assert (kept.subject, kept.detail) == ("ticket [erased] of 17, 2026-07-07", {"rows": 7, "where": "customer = '[erased]'"})
    assert not audit_state().problem
