"""What names an erased customer leaves the site's database too, and the audit log stays whole."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest


def test_texts_that_name_the_person_are_cleaned(site: Path) -> None:
    from django.db import connection

    from helmdesk.web.apps.people.audit import AuditEvent, audit, audit_state
    from helmdesk.web.apps.people.erasure import clean_database
    from helmdesk.web.pages.annotations.models import Annotation

    canary = "Zvxq7erased"
    audit("downloaded rows", f"tickets of {canary}", where=f"customer = '{canary}'")
    audit("something else", "untouched")
    Annotation.objects.create(
        day=date(2026, 1, 5), text=f"{canary} called", where=f"customer = '{canary}'"
    )
    assert clean_database([canary]) == 4
    assert not audit_state().problem
    for model in (AuditEvent, Annotation):
        assert canary not in repr(list(model.objects.values_list()))
    assert AuditEvent.objects.filter(action="erased a customer").exists()
    if connection.vendor == "sqlite":
        for file in (site / "site").glob("site.sqlite3*"):
            assert canary.encode() not in file.read_bytes(), file
    Annotation.objects.all().delete()


def test_every_model_says_which_of_its_texts_may_name_a_customer(site: Path) -> None:
    from helmdesk.web.apps.people.erasure import undeclared

    assert not list(undeclared())


def test_a_model_that_says_nothing_is_refused(site: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from helmdesk.web.apps.people import erasure
    from helmdesk.web.pages.team.models import Comment

    def found(personal: tuple[str, ...], impersonal: tuple[str, ...]) -> list[str]:
        monkeypatch.setattr(Comment, "PERSONAL", personal)
        monkeypatch.setattr(Comment, "IMPERSONAL", impersonal)
        return list(erasure.undeclared())

    (left,) = found((), ("metric", "window", "team"))
    assert left.startswith(
        "team.Comment.text holds text: name it in Comment.PERSONAL (it may speak of a customer"
    )
    assert (
        "declares title, which is no field"
        in found(("text", "title"), ("metric", "window", "team"))[0]
    )
    assert "declares text as both" in found(("text",), ("text", "metric", "window", "team"))[0]


def _fill(model: Any, made: dict[Any, list[Any]]) -> Any:
    """Return a new row of any model, with whatever its required fields take."""
    from django.db import models
    from django.utils import timezone

    given: dict[str, Any] = {}
    for field in model._meta.concrete_fields:
        if field.primary_key or field.has_default() or field.null:
            continue
        if isinstance(field, models.OneToOneField):
            given[field.name] = _fill(field.related_model, made)
        elif isinstance(field, models.ForeignKey):
            given[field.name] = field.related_model._default_manager.first() or _fill(
                field.related_model, made
            )
        elif isinstance(field, models.DateTimeField):
            given[field.name] = timezone.now()
        elif isinstance(field, models.DateField):
            given[field.name] = date(2026, 1, 5)
        elif isinstance(field, (models.IntegerField, models.FloatField)):
            given[field.name] = 1 + sum(map(len, made.values()))
        elif isinstance(field, models.BooleanField):
            given[field.name] = False
        elif isinstance(field, models.JSONField):
            given[field.name] = {}
        else:
            given[field.name] = (
                field.choices[0][0]
                if field.choices
                else f"x{sum(map(len, made.values()))}"[: field.max_length]
            )
    made.setdefault(model, []).append(model._default_manager.create(**given))
    return made[model][-1]


@pytest.mark.parametrize(
    "name", ["Zvxq7 O'Erased", "José Zvxq7érez", "zvxq7@example.com", 'Zvxq7 "E" & Sons']
)
def test_no_table_holds_a_customers_name_afterwards(site: Path, name: str) -> None:
    """Every text of every model that may speak of one, as sentences, filters, addresses and tables
    spell it; sessions too.
    """
    from django.apps import apps
    from django.contrib.sessions.backends.db import SessionStore
    from django.db import models

    from helmdesk.query.filters import Compare, to_text
    from helmdesk.web.apps.people.audit import AuditEvent, audit, audit_state
    from helmdesk.web.apps.people.erasure import clean_database, declared
    from helmdesk.web.apps.people.models import Person

    where = to_text(Compare("customer", "=", name))
    address = f"/metric/csat?{urlencode({'where': where, 'by': 'team'})}"
    spelled = [f"{name} called", where, address, urlencode({"where": where, "window": "28-days"})]
    made: dict[Any, list[Any]] = {}
    Person.objects.filter(username="ada").update(home=address)
    for text in spelled:
        audit("read rows", text, where=text, tickets=[text, {text: 1}])
    for model in apps.get_models():
        for personal in declared(model).personal if model not in (AuditEvent, Person) else ():
            field = model._meta.get_field(personal)
            for text in spelled:
                row = _fill(model, made)
                value: Any = text[: field.max_length]
                if isinstance(field, models.JSONField):
                    value = [text, {text: text}]
                elif isinstance(field, models.BinaryField):
                    value = text.encode()
                model._default_manager.filter(pk=row.pk).update(**{personal: value})
    assert len(made) >= 6
    store = SessionStore()
    store["_messages"], store["back"] = f"could not load tickets of {name}", address
    store.save()
    try:
        clean_database([name])
        told = repr(
            [
                (model._meta.label, bytes(value) if isinstance(value, memoryview) else value)
                for model in apps.get_models()
                for row in model._default_manager.values_list()
                for value in row
            ]
        )
        told += repr(SessionStore(store.session_key).load())
        assert "zvxq7" not in told.lower(), told[max(0, told.lower().index("zvxq7") - 300) :][:400]
        assert (
            SessionStore(store.session_key).load()["back"]
            == "/metric/csat?where=customer+%3D+%27%5Berased%5D%27&by=team"
        )
        assert (
            Person.objects.get(username="ada").home
            == "/metric/csat?where=customer+%3D+%27%5Berased%5D%27&by=team"
        )
        assert not audit_state().problem
    finally:
        Person.objects.filter(username="ada").update(home="")
        store.delete()
        for model, rows in reversed(made.items()):  # what stands on others goes first
            model._default_manager.filter(pk__in=[row.pk for row in rows]).delete()


def test_what_is_longer_without_the_name_still_fits(site: Path) -> None:
    """``[erased]`` is longer than an id: PostgreSQL refuses a text beyond its field's length."""
    from helmdesk.web.apps.people.erasure import clean_database
    from helmdesk.web.pages.annotations.models import Annotation

    note = Annotation.objects.create(
        day=date(2026, 1, 5), text="7 " * 99 + "7", where="customer = '7'"
    )
    clean_database(["7"])
    kept = Annotation.objects.get(pk=note.pk)
    assert len(kept.text) == 200 and "7" not in kept.text
    assert kept.where == "customer = '[erased]'"
    note.delete()


def test_a_short_id_harms_nothing_else(site: Path) -> None:
    """An id like 7 is found as a word, never inside a password, another number or a date."""
    from helmdesk.web.apps.people.audit import AuditEvent, audit, audit_state
    from helmdesk.web.apps.people.erasure import clean_database
    from helmdesk.web.apps.people.models import Person

    before = list(Person.objects.order_by("pk").values_list("username", "password"))
    event = audit("downloaded rows", "ticket 7 of 17, 2026-07-07", rows=7, where="customer = '7'")
    clean_database(["7"])
    assert list(Person.objects.order_by("pk").values_list("username", "password")) == before
    kept = AuditEvent.objects.get(pk=event.pk)
    assert (kept.subject, kept.detail) == (
        "ticket [erased] of 17, 2026-07-07",
        {"rows": 7, "where": "customer = '[erased]'"},
    )
    assert not audit_state().problem


def test_jobs_that_speak_of_the_person_are_cleaned_and_not_done(site: Path) -> None:
    from django.db import connection

    from helmdesk.web.apps.jobs.models import Job, Schedule
    from helmdesk.web.apps.people.erasure import clean_database

    canary = "Zvxq8erased"
    waits = Job.objects.create(
        kind="mail", key="mail:1", payload={"to": [f"{canary}@example.org"], "n": 3}, lease="held"
    )
    done = Job.objects.create(
        kind="mail",
        key="mail:2",
        outcome="dead",
        done_at="2026-01-01T00:00Z",
        error=f"{canary} bounced",
        step=canary,
    )
    other = Job.objects.create(kind="mail", key="mail:3", payload={"to": "somebody else"})
    Schedule.objects.create(
        name="digest",
        kind="mail",
        rhythm="daily 07:00",
        payload={"to": canary},
        problem=f"no {canary}",
    )
    clean_database([canary])
    for model in (Job, Schedule):
        assert canary not in repr(list(model.objects.values_list()))
    kept = {job.pk: job for job in Job.objects.all()}
    assert (kept[waits.pk].outcome, kept[waits.pk].lease, kept[waits.pk].payload["n"]) == (
        "withdrawn",
        "",
        3,
    )
    assert kept[done.pk].outcome == "dead" and not kept[other.pk].outcome
    if connection.vendor == "sqlite":
        for file in (site / "site").glob("site.sqlite3*"):
            assert canary.encode() not in file.read_bytes(), file
    Job.objects.all().delete()
    Schedule.objects.all().delete()


def test_waiting_uploads_that_hold_the_person_are_deleted(
    site: Path, as_: Any, tmp_path: Path
) -> None:
    """As text in any spelling, packed, in a workbook; and what nobody can look into."""
    import gzip
    import io
    import zipfile

    import duckdb

    from helmdesk.web.apps.people.erasure import clean_database
    from helmdesk.web.apps.people.models import Person
    from helmdesk.web.pages.data import jobs
    from helmdesk.web.pages.data.models import LoadJob
    from workbooks import workbook

    as_("ada")
    canary = "Zvxq & Ödön"

    def packed(name: str, content: bytes) -> bytes:
        memory = io.BytesIO()
        with zipfile.ZipFile(memory, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr(name, content)
        return memory.getvalue()

    duckdb.sql("select 1 as id, 'by Zvxq & Ödön' as who").write_parquet(str(tmp_path / "t.parquet"))
    sheet = tmp_path / "book.xlsx"
    workbook(sheet, {"T": [["id", "who"], ["1", f"of {canary}"]]})
    text = f"id,who\n1,{canary}\n"
    held = {
        "utf8.csv": text.encode(),
        "latin.csv": text.encode("cp1252"),
        "wide.csv": text.encode("utf-16"),
        "a.json": b'[{"id": 1, "who": "Zvxq & \\u00d6d\\u00f6n"}]',
        "b.csv.gz": gzip.compress(text.encode()),
        "c.zip": packed("inner.zip", packed("t.csv", text.encode())),
        "d.xlsx": sheet.read_bytes(),
        "e.parquet": (tmp_path / "t.parquet").read_bytes(),
        f"{canary}.csv": b"id\n1\n",
        "damaged.zip": packed("t.csv", b"id\n1\n" * 100)[:60],
        # Across the places where it is read in pieces.
        "long.csv": b" " * ((1 << 20) - 5) + canary.encode(),
    }
    free = {
        "other.csv": f"id,who\n1,{canary}son\n".encode(),
        "fine.zip": packed("t.csv", b"id,who\n1,Eve\n"),
    }
    loads = {}
    for name, content in (held | free).items():
        load = LoadJob(
            person=Person.objects.get(username="ada"),
            source="file",
            files=[name],
            state="previewed",
        )
        jobs.keep_files(load, [])
        (jobs.folder_of(load) / name).write_bytes(content)
        load.save()
        loads[name] = load
    clean_database([canary])
    for name, load in loads.items():
        load.refresh_from_db()
        assert jobs.folder_of(load).exists() == (name in free), name
        assert load.state == ("previewed" if name in free else "failed"), name
        assert ("its files were deleted" in load.problem) == (name in held), name
        jobs.forget_files(load)
        load.delete()
