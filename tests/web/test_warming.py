"""What most readers ask first is computed before they ask."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone

from web.conftest import text


def test_home_asks_nothing_that_was_asked_before(
    as_: Any, site: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from django.conf import settings

    from helmdesk.engines.duckdb import DuckDB
    from helmdesk.web.access import policy_for
    from helmdesk.web.apps.people.models import Person
    from helmdesk.web.middleware import live_desk
    from helmdesk.web.warming import warm

    desk, lea = live_desk(settings.DESK_FOLDER), Person.objects.get(username="lea")
    warm(desk, policy_for(lea))
    asked: list[Any] = []
    fetch = DuckDB.fetch
    monkeypatch.setattr(
        DuckDB, "fetch", lambda engine, *given: asked.append(given) or fetch(engine, *given)
    )
    # An analyst sees the same numbers: they were asked for both.
    for name in ("lea", "ann"):
        assert "<h1>" in text(as_(name).get("/"))
    assert asked == []


def test_leads_who_were_here_share_what_they_see(site: Path) -> None:
    from django.conf import settings

    from helmdesk.web.access import WHOLE_DESK
    from helmdesk.web.apps.people.models import Person
    from helmdesk.web.middleware import live_desk
    from helmdesk.web.warming import readers

    desk = live_desk(settings.DESK_FOLDER)
    people = Person.objects.filter(username__in=["lea", "ann", "pat", "tom", "hugo"])
    before = {person.pk: person.last_login for person in people}
    try:
        people.update(last_login=timezone.now())
        Person.objects.exclude(pk__in=before).update(last_login=None)
        found = readers(desk)
    finally:
        for pk, last_login in before.items():
            Person.objects.filter(pk=pk).update(last_login=last_login)
    assert [policy.name for policy in found] == [WHOLE_DESK, "team lead of Frontline Berlin"]
