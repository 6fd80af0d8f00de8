"""Where nothing can be written, pages are read; links stay on the site; an ETag covers everything
shown.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from helmdesk.errors import machine_problem

STATES = {"full": "pragma max_page_count = 1", "readonly": "pragma query_only = on"}


@contextmanager
def nothing_written(how: str) -> Iterator[None]:
    """Let the site's database take nothing more."""
    from django.db import connection

    if connection.vendor != "sqlite":
        pytest.skip("PostgreSQL's own disk is PostgreSQL's business")
    with connection.cursor() as cursor:
        cursor.execute("pragma max_page_count")
        (most,) = cursor.fetchone()
        cursor.execute(STATES[how])  # the count is never below what the file has
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            cursor.execute(f"pragma max_page_count = {most}")
            cursor.execute("pragma query_only = off")


def _told(answer: Any) -> str:
    return re.sub(r"\s+", " ", re.sub("<[^>]*>", " ", answer.content.decode()))[:1000]


def _pages() -> list[str]:
    """Every address without a parameter, from the routes themselves."""
    from helmdesk.web.page import pages

    return [f"/{route.path}" for page in pages() for route in page.routes if "<" not in route.path]


@pytest.mark.parametrize("how", STATES)
def test_pages_are_read_where_nothing_can_be_written(as_: Callable[..., Any], how: str) -> None:
    from django.utils import timezone

    from helmdesk.web.apps.people.models import ApiToken, Person

    ada, _ = as_("ada"), as_()
    _, secret = ApiToken.issue(
        Person.objects.get(username="ada"), how, ["numbers"], timezone.now() + timedelta(days=1)
    )
    with nothing_written(how):
        for page in ["/metric/csat", "/?compare=year", *(_pages() if how == "readonly" else ())]:
            # Another browser each time: more to be noted, and more that cannot be.
            said = ada.get(page, HTTP_USER_AGENT=f"browser of {page}")
            assert said.status_code in (200, 302, 403, 405), (page, _told(said))
        said = ada.get("/api/v1/metrics", HTTP_AUTHORIZATION=f"Bearer {secret}")
        assert said.status_code == 200
        assert as_().get("/account/login/").status_code == 200
        assert as_().get("/healthz").status_code == 200
        said = ada.post("/annotations", {"day": "2026-01-05", "text": "x" * 200, "scope": "all"})
        if how == "readonly":
            assert said.status_code == 507
            assert "cannot be written to" in said.content.decode()
        said = as_().post("/account/login/", {"login": "ada", "password": "wrong"})
        assert said.status_code in (200, 507), said.content[:300]
    assert (
        ada.post(
            "/annotations", {"day": "2026-01-05", "text": "room again", "scope": "all"}
        ).status_code
        == 302
    )


def test_a_full_disk_is_said_with_its_mend(
    as_: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    from django.db import OperationalError

    from helmdesk.web.pages.annotations.models import Annotation

    for error, said in (
        (OperationalError("database or disk is full"), "the disk is full: free some space"),
        (OSError(28, "No space left on device"), "the disk is full: free some space"),
        (
            OperationalError("database disk image is malformed"),
            "helmdesk doctor says more; restore a backup",
        ),
        (OperationalError("disk I/O error"), "the disk does not answer properly"),
    ):

        def fail(*_: Any, error: Exception = error, **__: Any) -> None:
            raise error

        monkeypatch.setattr(Annotation, "note", fail)
        answer = as_("lea").post("/annotations", {"day": "2026-01-05", "text": "x", "scope": "all"})
        assert (answer.status_code, said in answer.content.decode()) == (507, True), answer.content[
            :500
        ]
        answer = as_("lea").post(
            "/api/v1/annotations",
            {"day": "2026-01-05", "text": "x"},
            content_type="application/json",
            HTTP_X_CSRFTOKEN="x",
        )
        assert answer.json()["code"] == "cannot_store"
        assert said in (machine_problem(error) or "")
    assert machine_problem(ValueError("nothing of that")) is None


def test_a_database_that_cannot_be_read_is_said(
    as_: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    from django.contrib.sessions.backends.db import SessionStore
    from django.db import DatabaseError

    ada = as_("ada")

    def fail(*_: Any) -> None:
        raise DatabaseError("file is not a database")

    monkeypatch.setattr(SessionStore, "_get_session_from_db", fail)
    answer = ada.get("/")
    assert answer.status_code == 507
    assert "the site's database is damaged: helmdesk doctor says more" in answer.content.decode()


ELSEWHERE = (
    "//evil.example",
    "https://evil.example/",
    "javascript:alert(1)",
    "JaVaScRiPt:alert(1)",
    "data:text/html,x",
    "/\t/evil.example",
    "/\n/evil.example",
    "\\\\evil.example",
    "/\\evil.example",
    "\x01javascript:alert(1)",
    " //evil.example",
    "http:evil.example",
    "///evil.example",
    "/%09/ok\r\nX: y",
    "ftp://evil.example",
)


@pytest.mark.parametrize("address", ELSEWHERE)
def test_links_stay_on_the_site(as_: Callable[..., Any], address: str) -> None:
    from helmdesk.web.apps.people.models import Person
    from helmdesk.web.pages.dashboards.models import SavedView

    client = as_("lea")
    assert client.post("/views/save", {"title": "x", "address": address}).status_code == 400
    assert (
        client.post(
            "/annotations", {"day": "2026-01-05", "text": "x", "scope": "all", "back": address}
        ).headers["Location"]
        == "/"
    )
    assert (
        client.post(
            "/annotations", {"day": "2026-01-05", "text": "x", "scope": "all"}, HTTP_REFERER=address
        ).headers["Location"]
        == "/"
    )
    # Stored before the site looked at it.
    lea = Person.objects.get(username="lea")
    kept = SavedView.objects.create(title="kept", owner=lea, address=address)
    shown = client.get("/dashboards").content.decode()
    kept.delete()
    assert "evil" not in shown.lower()
    assert "javascript:" not in shown.lower()
    Person.objects.filter(pk=lea.pk).update(home=address)
    try:
        assert client.get("/").status_code == 200
    finally:
        Person.objects.filter(pk=lea.pk).update(home="")
    signed_in = as_().post(
        "/account/login/?next=/",
        {"login": "hugo", "password": "correct horse battery staple", "next": address},
    )
    assert signed_in.status_code == 302
    assert re.match(r"/(?!/)[^\\\s]*$", signed_in.headers["Location"]), signed_in.headers[
        "Location"
    ]


def test_an_address_of_ours_is_kept(as_: Callable[..., Any]) -> None:
    from helmdesk.web.pages.dashboards.models import SavedView

    address = "/metric/csat?window=28-days&where=channel+%3D+%27email%27"
    assert as_("lea").post("/views/save", {"title": "ours", "address": address}).status_code == 302
    (kept,) = SavedView.objects.filter(title="ours")
    assert kept.link == address
    kept.delete()


def test_an_etag_covers_everything_shown(as_: Callable[..., Any], site: Path) -> None:
    """What is asked again after anything shown may have changed is answered anew; after nothing
    has, it is not.
    """
    from helmdesk.web.apps.people.models import Person
    from helmdesk.web.pages.annotations.models import Annotation

    client = as_("lea")
    address = "/api/v1/accounts"

    def etag(who: Any = client, **headers: str) -> str:
        return str(who.get(address, **headers).headers["ETag"])

    before = etag()
    for given in (before, f"W/{before}", f'"other", {before}'):
        assert client.get(address, HTTP_IF_NONE_MATCH=given).status_code == 304
    # who asks
    assert len({etag(as_(who)) for who in ("lea", "tom", "vic")}) == 3
    # Who sees the same is told the same.
    assert etag(as_("ann")) == before
    # an annotation, its text, and its end
    note = Annotation.objects.create(
        day="2026-01-05", text="Version 5", author=Person.objects.get(username="lea")
    )
    seen = [before, etag()]
    Annotation.objects.filter(pk=note.pk).update(text="Version 6")
    seen.append(etag())
    note.delete()
    assert etag() == before
    # settings, and what is dismissed
    settings, dismissed = site / "helmdesk.toml", site / "dismissals.json"
    whole = settings.read_text()
    settings.write_text(whole.replace('name = "', 'name = "Other '))
    seen.append(etag())
    settings.write_text(whole)
    dismissed.write_text("[]")
    seen.append(etag())
    dismissed.unlink()
    assert len(set(seen)) == len(seen)


def test_an_etag_covers_the_lake(as_: Callable[..., Any], monkeypatch: pytest.MonkeyPatch) -> None:
    """What was loaded is shown before the mart is made anew."""
    from helmdesk.lake.lake import Lake

    client = as_("ada")
    before = client.get("/api/v1/data").headers["ETag"]
    assert client.get("/api/v1/data").headers["ETag"] == before
    monkeypatch.setattr(Lake, "version", lambda _lake: 99)
    assert client.get("/api/v1/data", HTTP_IF_NONE_MATCH=before).status_code == 200
