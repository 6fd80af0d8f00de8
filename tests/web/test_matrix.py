"""Every route and API operation, asked by every role for its own, for somebody else's and for
nobody's.

The questions are generated from the routes themselves, so a new route is missing from
``matrix.txt`` until somebody says what it answers; with HELMDESK_WRITE_MATRIX=1 this test writes
the table anew, to be read line by line.
"""

from __future__ import annotations

import os
import re
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from helmdesk.desk.live import LiveDesk
from helmdesk.errors import UsageError
from helmdesk.plan.planner import Planner

MATRIX = Path(__file__).with_name("matrix.txt")
WHO = ("stranger", "ada", "lea", "tom", "ann", "pat", "hugo", "vic")
SEE_ALL = {"ada", "lea", "ann", "pat"}
# Sign-in has tests of its own; so have the frames of the API, the links that customers get, and
# what makes a desk anew.
ELSEWHERE = (
    "account/",
    "setup",
    "invitation/",
    "api/v1/openapi.json",
    "data/sample",
    "s/",
    "book/",
    "r/",
    "hooks/",
    "brief/mail/stop/",
)
PARAMETER = re.compile(r"<(?:\w+:)?(\w+)>|\{(\w+)\}")
# What takes seconds is asked with a filter that nobody can read: 400 says that the gate was passed.
# Other tests open these pages.
SLOW = re.compile(
    r"^$|brief|expla|rules|^scorecard|^team|^accounts$|^dashboard/|^metric/|/scorecard$|/accounts$"
)
UNREADABLE = "?where=%28"
Owned = dict[str, str]


def routes() -> list[str]:
    """Return "method route" of all that can be asked."""
    from django.urls import get_resolver

    from helmdesk.web.api.site import api
    from web.test_access import routes as walk

    pages = {
        f"PAGE {route}"
        for route, _ in walk(get_resolver().url_patterns)
        if not route.startswith("api/")
    }
    paths: Any = api.get_openapi_schema()["paths"]
    operations = {
        f"{method.upper()} {path.lstrip('/')}"
        for path, methods in paths.items()
        for method in methods
    }
    return sorted(
        line for line in pages | operations if not line.split(" ")[1].startswith(ELSEWHERE)
    )


@pytest.fixture(scope="module")
def tickets(site: Path) -> Callable[[str], Owned]:
    with LiveDesk(site).engine() as engine:
        rows = engine.run(
            "select ticket_id, team, agent, account from tickets where is_counted order by"
            " created_at desc, ticket_id"
        )
    own = {
        "tom": lambda team, agent, account: team == "Frontline Berlin",
        "hugo": lambda team, agent, account: agent == "Hugo",
        "vic": lambda team, agent, account: account == "Dalora",
    }

    def of(who: str) -> Owned:
        found = {"nobody": "no-such-ticket"}
        for ticket_id, *whose in rows:
            found.setdefault("own" if who not in own or own[who](*whose) else "other", ticket_id)
        return found

    return of


def things(
    route: str,
    who: str,
    tickets: Callable[[str], Owned],
    known: list[str],
    batches: list[str],
) -> Owned:
    """Return what a route's parameter may be: the asker's own, somebody else's, and nobody's."""
    from helmdesk.web.apps.people.models import Person

    place = route.split(" ")[1]
    if not PARAMETER.search(place):
        return {"own": ""}
    if "ticket" in place and "export" not in place:
        return tickets(who)
    if place.startswith("accounts/"):
        return {"own": "Dalora", "nobody": "Nobody Ltd"} | (
            {"other": next(name for name in known if name != "Dalora")}
            if who not in SEE_ALL
            else {}
        )
    if "<str:batch>" in place:
        return {"own": batches[0], "nobody": "no-such-load"}
    named = next((owned for part, owned in NAMED.items() if part in place), None)
    if named:
        return named
    me = Person.objects.filter(username=who).first()
    other = Person.objects.get(username="lea" if who != "lea" else "ann")
    make = next((make for start, make in MAKERS.items() if place.startswith(start)), None)
    found = {
        "other": str((make(other) if make else other).pk),
        "nobody": str(uuid.uuid4()) if "uuid" in place else "999999",
    }
    return found | ({"own": str((make(me) if make else me).pk)} if me else {})


# What a route names that belongs to nobody, by the part of its address.
NAMED: dict[str, Owned] = {
    "kind>": {"own": "csat", "other": "nps", "nobody": "no_such_kind"},
    "key": {"own": "csat", "other": "utilization", "nobody": "no_such_metric"},
    "subject": {"own": "csat", "other": "utilization", "nobody": "no_such_metric"},
    "<slug:form>": {"own": "csv", "nobody": "exe"},
    "<slug:preset>": {"own": "zendesk", "nobody": "no-such-tool"},
}


def make_token(owner: Any) -> Any:
    from django.utils import timezone

    from helmdesk.web.apps.people.models import ApiToken

    return ApiToken.objects.create(
        person=owner,
        name="Mine",
        digest=uuid.uuid4().hex,
        scopes=["numbers"],
        expires_at=timezone.now(),
    )


def make_rule(owner: Any) -> Any:
    from helmdesk.web.apps.surveys.forms import instrument_of
    from helmdesk.web.apps.surveys.models import Rule

    return Rule.objects.create(name="Mine", instrument=instrument_of("csat"))


def make_call_type(owner: Any) -> Any:
    from helmdesk.web.apps.booking.models import CallType

    return CallType.objects.create(team="Nobody", name="Mine")


def make_link(owner: Any) -> Any:
    from django.utils import timezone

    from helmdesk.web.apps.booking.models import Link

    return Link.objects.create(
        kind=make_call_type(owner), secret="0", expires_at=timezone.now(), person=owner
    )


def make_call(owner: Any) -> Any:
    from django.utils import timezone

    from helmdesk.web.apps.booking.models import Booking

    moment = timezone.now()
    return Booking.objects.create(kind=make_call_type(owner), start_at=moment, end_at=moment)


def make_absence(owner: Any) -> Any:
    from django.utils import timezone

    from helmdesk.web.apps.booking.models import Absence, Member

    make_call_type(owner)
    Member.objects.get_or_create(team="Nobody", agent="nobody", name="Nobody")
    moment = timezone.now()
    return Absence.objects.create(agent="nobody", start_at=moment, end_at=moment)


def maker(model: str, **values: Any) -> Callable[[Any], Any]:
    """Return what makes a row of a model for its owner: "?" is a name of its own, "@" the owner."""

    def make(owner: Any) -> Any:
        from django.apps import apps

        said = {"?": lambda: uuid.uuid4().hex, "@": lambda: owner}
        return apps.get_model(model).objects.create(
            **{name: said[value]() if value in said else value for name, value in values.items()}
        )

    return make


def make_room(owner: Any) -> Any:
    """The room of a case whose issuer is the owner."""
    from datetime import timedelta

    from django.utils import timezone

    from helmdesk.web.apps.rooms.models import Room

    return Room.objects.create(
        ticket_id=uuid.uuid4().hex,
        number="L-1",
        team="Nobody",
        person=owner,
        expires_at=timezone.now() + timedelta(days=9),
    )


# What a route shows, by how its address begins; the first that fits, else a person.
def make_alert(owner: Any) -> Any:
    from helmdesk.web.apps.alerts.models import Rule

    said = {"kind": "lateness", "enter": 36, "leave": 36}
    return Rule.objects.create(person=owner, said=said)


def make_pack(owner: Any) -> Any:
    """A pack that somebody made, or that is about them."""
    from datetime import date

    from helmdesk.web.apps.coaching.models import Pack, Version
    from helmdesk.web.apps.people.models import Person

    agent = owner if owner.role == "agent" else Person.objects.exclude(role="agent")[0]
    team = (owner.teams or [""])[0]
    pack = Pack.objects.create(person=agent, lead=owner, team=team)
    day = date(2026, 1, 5)
    names = ("request", "lake_version", "results", "settings", "digest")
    content = {name: [] for name in ("numbers", "conditions", "tickets", "happened")} | {
        "receipt": {"receipt": 1, "queries": [], **dict.fromkeys(names, "x")},
        "as_of": "2026-01-05T00:00:00",
    }
    Version.objects.create(pack=pack, number=1, start=day, end=day, lake_version=1, content=content)
    return pack


MAKERS: dict[str, Callable[[Any], Any]] = {
    "dashboard": maker("dashboards.Dashboard", title="Mine", owner="@"),
    "views": maker("dashboards.SavedView", title="Mine", owner="@", address="/scorecard"),
    "annotations": maker("annotations.Annotation", day="2026-01-05", text="Mine", author="@"),
    "data/load": maker("data.LoadJob", person="@", source="mapping", state="done"),
    "jobs/schedules": maker("jobs.Schedule", name="?", kind="tidy", rhythm="daily 03:30"),
    "jobs": maker("jobs.Job", kind="tidy", key="?"),
    "outbox/endpoints": maker("outbox.Endpoint", name="?", url="https://example.org/"),
    "outbox": maker("outbox.Message", channel="mail", topic="test", text="Mine"),
    "settings/tokens": make_token,
    "plan/what-if": maker("planning.SavedScenario", person="@", name="Mine", team="Nobody"),
    "plan/volumes": maker("planning.Volumes", person="@", name="Mine", queues=()),
    "reports/wanted": maker(
        "reports.Wanted", person="@", kind="scorecard", form="pdf", rhythm="week"
    ),
    "reports": maker("reports.Report", person="@", kind="scorecard", form="pdf"),
    "surveys": make_rule,
    "rooms/teams": maker("rooms.RoomTeam", name="?"),
    "rooms": make_room,
    "booking/links": make_link,
    "coaching": make_pack,
    "alerts": make_alert,
    "api/v1/alerts": make_alert,
    "booking/calls": make_call,
    "booking/absences": make_absence,
    "booking": make_call_type,
}


def ask(client: Any, route: str, thing: str) -> int:
    """Return the status of an answer; a page that takes forms only is sent an empty one."""
    method, place = route.split(" ", 1)
    address = "/" + PARAMETER.sub(lambda _: thing, place)
    if method in ("GET", "PAGE"):
        query = (
            "?metric=csat"
            if place in ("api/v1/measure", "api/v1/receipt")
            else UNREADABLE
            if SLOW.search(place)
            else ""
        )
        status = int(client.get(address + query).status_code)
        if method == "GET" or status != 405:
            return status
        return int(client.post(address).status_code)
    return int(
        getattr(client, method.lower())(address, content_type="application/json").status_code
    )


def refuse(*_arguments: Any, **_named: Any) -> Any:
    raise UsageError("asked elsewhere")


def test_every_route_for_every_role(
    site: Path, as_: Any, tickets: Callable[[str], Owned], monkeypatch: pytest.MonkeyPatch
) -> None:
    # A gate that was passed is enough: no page is shown again without what was wrong, no forecast
    # made.
    from helmdesk.web import mistakes

    monkeypatch.setattr(mistakes, "can_stay", lambda _request, _error: False)
    monkeypatch.setattr(Planner, "forecast", refuse)
    found, known = {}, LiveDesk(site).segments()["account"]
    batches = [batch.batch_id for batch in LiveDesk(site).batches()]
    for route in routes():
        cells = []
        for who in WHO:
            owned = things(route, who, tickets, known, batches)
            if who == "stranger":
                owned = {"own": owned["own"] if "own" in owned else owned["other"]}
            # A new session for each route: what one of them does signs nobody out of the next.
            client = as_("" if who == "stranger" else who)
            status = {kind: ask(client, route, thing) for kind, thing in owned.items()}
            cells.append(
                "/".join(str(status.get(kind, "-")) for kind in ("own", "other", "nobody"))
            )
            told = f"{route} for {who}: {status}"
            assert not any(each >= 500 for each in status.values()), told
            if who == "stranger":
                assert route == "PAGE healthz" or status["own"] in (302, 401), told
            elif (
                "other" in status
                and not route.endswith(("{key}", "<slug:key>"))
                and "key" not in route
                and "subject" not in route
            ):
                # What is not one's own is not there, or not one's business; it is never given.
                assert (
                    status["other"] in (403, 404)
                    or who in SEE_ALL
                    or route.startswith("PAGE data/load")
                ), told
                # Notes of colleagues are read by colleagues: that there is such a one is no secret.
                assert (
                    status["other"] == status["nobody"]
                    or who in SEE_ALL
                    or route.startswith("PAGE annotations")
                ), told
        found[route] = " ".join(f"{cell:12}" for cell in cells).rstrip()
    width = max(map(len, found))
    lines = [
        f"{'':{width}} {' '.join(f'{who:12}' for who in WHO)}".rstrip(),
        *(f"{route:{width}} {cells}" for route, cells in found.items()),
    ]
    if os.environ.get("HELMDESK_WRITE_MATRIX"):
        MATRIX.write_text("\n".join(lines) + "\n")
    assert MATRIX.read_text().splitlines() == lines
