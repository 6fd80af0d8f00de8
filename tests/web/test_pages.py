"""Pages and the API over the sample, as their readers ask for them."""

from __future__ import annotations

import csv
import html
import io
import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from helmdesk.desk.live import LiveDesk
from helmdesk.query.receipt import read_receipt
from helmdesk.settings import write_settings
from web.conftest import PASSWORD, text

HOSTILE = (
    "'",
    "' or '1'='1",
    "1; drop table tickets",
    "<script>alert(1)</script>",
    "../../etc/passwd",
    "%00",
    "\x00",
    "９",
    "-1",
    "1e999",
    "NaN",
    "{{7*7}}",
    "a" * 3000,
    "9" * 6000,
    "select 1",
    "channel = (select 1)",
    "read_csv('/etc/passwd') = 1",
    "channel = 'x' -- ",
    "\u202e",
    "\ud800",
)
ADDRESSES = {
    "/": ("days", "where"),
    "/brief": ("end", "where"),
    "/metric/first_response_time": ("by", "grain", "variant", "clock", "where", "account"),
    "/tickets": ("metric", "page", "sort", "where", "priority", "days"),
    "/tickets/export.csv": ("metric", "where"),
    "/accounts": ("order", "where"),
    "/team": ("metric", "where"),
    "/now": ("where", "tier"),
    "/find": ("q",),
    "/catalogue/beside/zendesk": ("number", "where"),
    "/settings/audit": ("page",),
    "/api/v1/measure": ("metric", "by", "grain", "start", "end", "where", "variant", "clock"),
    "/api/v1/rows": ("metric", "sort", "limit", "cursor", "where"),
    "/api/v1/scorecard": ("start", "compare", "where"),
    "/api/v1/clocks": ("at", "where"),
    "/api/v1/distribution/resolution_time": ("start", "where", "variant"),
}


@pytest.mark.parametrize("address", ADDRESSES)
def test_hostile_values_are_refused_or_harmless(as_: Any, address: str) -> None:
    client = as_("ada")
    for name in ADDRESSES[address]:
        for value in HOSTILE:
            try:
                response = client.get(address, {name: value})
            except UnicodeEncodeError:
                continue  # no browser can send it
            assert response.status_code < 500, (name, value)
            if "html" in response["Content-Type"]:
                assert b"<script>alert" not in response.content


@pytest.mark.parametrize(
    "path",
    [
        "/metric/",
        "/ticket/",
        "/accounts/",
        "/catalogue/beside/",
        "/tickets/export.",
        "/api/v1/metrics/",
        "/api/v1/tickets/",
    ],
)
def test_hostile_paths_lead_nowhere(as_: Any, path: str) -> None:
    for value in (
        "'",
        "..%2f..%2fetc%2fpasswd",
        "%3Cscript%3E",
        "a" * 500,
        "%F0%9F%98%80",
        "no-such",
    ):
        assert as_("ada").get(path + value).status_code in (301, 400, 404, 422), value


def test_card_page_rows_export_and_api_are_one_number(as_: Any, site: Path) -> None:
    client, desk = as_("ada"), LiveDesk(site)
    question = {"start": "2026-01-01", "end": "2026-03-01", "channel": "phone"}
    where = {"start": "2026-01-01", "end": "2026-03-01", "where": "channel = 'phone'"}
    for key in ("csat", "first_response_time", "reopen_rate", "sla_compliance"):
        value = desk.measure(key, **where)[0]
        page = text(client.get(f"/metric/{key}", question))
        assert f"The {value.n:,} rows in this number" in page
        api = client.get("/api/v1/measure", {"metric": key, **where}).json()["measurements"][0]
        assert api["value"] == pytest.approx(value.value) and api["n"] == value.n
        listed = text(client.get("/tickets", {"metric": key, **question}))
        assert f"of <strong>{value.n}</strong>" in listed
        exported = client.get("/tickets/export.csv", {"metric": key, **question}).content.decode()
        assert len(list(csv.reader(io.StringIO(exported)))) == value.n + 1
        parquet = pq.read_table(
            io.BytesIO(client.get("/tickets/export.parquet", {"metric": key, **question}).content)
        )
        assert (
            parquet.num_rows
            == len(
                json.loads(client.get("/tickets/export.json", {"metric": key, **question}).content)
            )
            == value.n
        )
    card = {
        card.metric.key: card
        for card in desk.scorecard(
            start="2026-01-01", end="2026-03-01", where="channel = 'phone'"
        ).cards
    }
    shown = client.get("/scorecard", question).content.decode()
    for key in ("csat", "reopen_rate"):
        assert f"<strong>{card[key].now.value:.1%}</strong>" in shown


def test_open_work_is_the_backlog_and_leads_to_its_rows(as_: Any, site: Path) -> None:
    client, desk = as_("ada"), LiveDesk(site)
    page = client.get("/now").content.decode()
    total, unassigned = (
        desk.measure("backlog")[0].n,
        desk.measure("backlog", where="agent is null")[0].n,
    )
    assert desk.open_work().total == total and desk.open_work().unassigned == unassigned
    links = [
        html.unescape(link)
        for link in re.findall(r'href="(/tickets\?[^"]*metric=backlog[^"]*)"', page)
    ]
    assert [
        f"of <strong>{n}</strong>" in text(client.get(link))
        for link, n in zip(links, (total, unassigned), strict=True)
    ] == [True, True]


def test_rows_are_sorted_and_paged_without_loss(as_: Any) -> None:
    client = as_("ada")
    seen: list[str] = []
    cursor: str | None = ""
    while cursor is not None:
        got = client.get(
            "/api/v1/rows",
            {
                "metric": "csat",
                "start": "2026-01-01",
                "limit": 97,
                "sort": "-responded_at",
                "cursor": cursor,
            },
        ).json()
        seen += [row["response_id"] for row in got["rows"]]
        cursor = got["next"]
    assert len(seen) == len(set(seen)) == got["total"] > 97
    forged = client.get("/api/v1/rows", {"metric": "csat", "cursor": "eyJhdCI6MH0:1abc:xyz"})
    assert forged.status_code == 400 and "cursor" in forged.json()["detail"]
    first = client.get("/api/v1/rows", {"metric": "csat", "limit": 5}).json()["next"]
    assert (
        client.get("/api/v1/rows", {"metric": "nps", "limit": 5, "cursor": first}).status_code
        == 400
    )


def test_api_answers_in_other_forms_and_knows_what_has_not_changed(as_: Any) -> None:
    client = as_("ada")
    address = "/api/v1/measure?metric=csat&by=channel&grain=month&start=2026-01-01"
    plain = client.get(address)
    table = pa.ipc.open_stream(
        client.get(address, HTTP_ACCEPT="application/vnd.apache.arrow.stream").content
    ).read_all()
    rows = list(
        csv.DictReader(io.StringIO(client.get(address, HTTP_ACCEPT="text/csv").content.decode()))
    )
    assert len(plain.json()["measurements"]) == table.num_rows == len(rows)
    again = client.get(address, HTTP_IF_NONE_MATCH=plain["ETag"])
    assert again.status_code == 304 and not again.content
    assert (
        as_("tom").get(address, HTTP_IF_NONE_MATCH=plain["ETag"]).status_code == 200
    )  # another policy, another answer
    assert client.get(address.replace("csat", "fcr"))["ETag"] != plain["ETag"]


def test_tokens_carry_their_persons_policy_and_no_more_than_their_scopes(as_: Any) -> None:
    client = as_("hugo")
    asked = client.post("/settings/tokens", {"name": "mine", "days": "7", "scopes": ["numbers"]})
    assert asked["Location"].startswith("/account/reauthenticate/")
    assert client.post(asked["Location"], {"password": "wrong"}).status_code == 200
    page = client.post(asked["Location"], {"password": PASSWORD}, follow=True).content.decode()
    secret = re.search(r"hd_[\w-]+", page)[0]  # type: ignore[index]
    assert secret not in client.get("/settings").content.decode()
    key = {"HTTP_AUTHORIZATION": f"Bearer {secret}"}
    own = (
        as_()
        .get("/api/v1/measure?metric=ticket_volume&start=2025-01-01", **key)
        .json()["measurements"][0]["n"]
    )
    assert (
        0
        < own
        < as_("ada")
        .get("/api/v1/measure?metric=ticket_volume&start=2025-01-01")
        .json()["measurements"][0]["n"]
    )
    assert as_().get("/api/v1/rows", **key).status_code == 403
    assert as_().get("/metrics", **key).status_code == 401
    assert as_("ada").get("/metrics").content.startswith(b"# HELP")
    from helmdesk.web.apps.people.models import ApiToken

    token = ApiToken.objects.filter(person__username="hugo").latest(
        "pk"
    )  # other tests give him others
    assert secret not in json.dumps(
        {field.name: str(getattr(token, field.name)) for field in token._meta.fields}
    )
    revoked = client.post(f"/settings/tokens/{token.pk}/revoke")
    assert (revoked.status_code, revoked["Location"]) == (302, "/settings")
    assert as_().get("/api/v1/metrics", **key).status_code == 401


def test_a_receipt_from_the_site_is_confirmed_by_the_command_line(
    as_: Any, site: Path, tmp_path: Path
) -> None:
    response = as_("ada").get("/metric/csat/receipt.json?days=91&channel=email")
    file = tmp_path / "receipt.json"
    file.write_bytes(response.content)
    LiveDesk(site).verify(read_receipt(file))
    assert as_("tom").get("/metric/csat/receipt.json").status_code == 403


def test_spreadsheets_run_nothing_and_numbers_stay_numbers() -> None:
    from helmdesk.web.exports import as_csv

    table = pa.table(
        {
            "=cmd": ["=1+1", "+49 30", "-x", "@sum", " =2", "\t=3", "fine", None],
            "n": [-1.5, 2, 3, 4, 5, 6, 7, None],
        }
    )
    rows = list(csv.reader(io.StringIO(as_csv(table).decode())))
    assert [row[0] for row in rows] == [
        "'=cmd",
        "'=1+1",
        "'+49 30",
        "'-x",
        "'@sum",
        "' =2",
        "'\t=3",
        "fine",
        "",
    ]
    assert [row[1] for row in rows] == ["n", "-1.5", "2.0", "3.0", "4.0", "5.0", "6.0", "7.0", ""]


def test_texts_of_people_never_become_markup(as_: Any) -> None:
    client, payload = as_("ada"), '"><img src=x onerror=alert(1)><script>alert(2)</script>'
    client.post(
        "/annotations", {"day": "2026-06-10", "text": payload, "scope": "all", "metric": "csat"}
    )
    made = client.post("/dashboards/new", {"title": payload[:100]})
    client.post("/views/save", {"title": payload[:100], "address": "/metric/csat"})
    as_("hugo").post("/me/comment", {"metric": "csat", "text": payload})
    for path in ("/metric/csat", made["Location"], "/dashboards", "/team", "/settings/audit"):
        body = client.get(path).content.decode()
        assert "<img src=x" not in body and "<script>alert" not in body, path
    for address in ("javascript:alert(1)", "//evil.example", "https://evil.example", "/\\evil"):
        assert client.post("/views/save", {"title": "x", "address": address}).status_code == 400


def test_forms_need_their_token(as_: Any) -> None:
    client = as_("ada", enforce_csrf_checks=True)
    for path in (
        "/annotations",
        "/dashboards/new",
        "/views/save",
        "/settings/tokens",
        "/settings/desk",
        "/settings/people/new",
        "/data/sample",
        "/me/comment",
        "/account/logout/",
        "/api/v1/annotations",
    ):
        response = client.post(
            path,
            {} if not path.startswith("/api") else "{}",
            content_type=(
                "application/json"
                if path.startswith("/api")
                else "application/x-www-form-urlencoded"
            ),
        )
        assert response.status_code == 403, path


def test_answers_carry_security_headers(as_: Any) -> None:
    response = as_("ada").get("/")
    policy = response["Content-Security-Policy"]
    assert (
        "default-src 'none'" in policy
        and "script-src 'self'" in policy
        and "unsafe-eval" not in policy
    )
    assert "unsafe-inline" not in policy.split("script-src")[1].split(";")[0]
    assert response["X-Frame-Options"] == "DENY" and response["X-Content-Type-Options"] == "nosniff"
    assert response["Referrer-Policy"] == "same-origin" and response["X-Request-Id"]
    body = response.content.decode()
    assert (
        not re.search(r"<script(?![^>]*\bsrc=)(?![^>]*application/json)", body)
        and " onclick=" not in body
    )
    assert not re.search(r'(src|href)="(https?:)?//', body)


def test_too_many_wrong_passwords_lock_the_account_out(as_: Any) -> None:
    from web.conftest import PASSWORD

    client = as_()
    for _ in range(6):
        client.post("/account/login/", {"login": "pat", "password": "wrong"})
    locked = client.post("/account/login/", {"login": "pat", "password": PASSWORD})
    assert (
        locked.status_code == 200
        and "sessionid" not in locked.cookies
        and b"Too many" in locked.content
    )


def test_sessions_end_on_the_server(as_: Any) -> None:
    from web.conftest import PASSWORD

    client = as_()
    client.post("/account/login/", {"login": "ann", "password": PASSWORD})
    assert client.get("/").status_code == 200
    from helmdesk.web.apps.people.models import Person

    Person.objects.get(username="ann").shut_out()
    assert client.get("/").status_code == 302


def test_the_audit_log_shows_what_was_changed_in_it(as_: Any) -> None:
    from helmdesk.web.access import Role
    from helmdesk.web.apps.people.audit import AuditEvent, audit, audit_state

    as_("ada").get("/tickets/export.csv?metric=csat&days=7")
    event = audit(
        "changed a definition",
        "csat",
        request=None,
        version=2,
        role=Role.LEADER,
        changed=("a", "b"),
    )
    audit("signed in", "later")
    assert AuditEvent.objects.filter(action="exported rows", person="ada").exists()
    assert not audit_state().problem
    AuditEvent.objects.filter(pk=event.pk).update(subject="fcr")
    assert (
        audit_state().event == event
        and b"tampered with" in as_("ada").get("/settings/audit").content
    )
    AuditEvent.objects.filter(pk=event.pk).update(subject="csat")
    assert not audit_state().problem


def test_settings_are_saved_checked_and_followed(as_: Any, site: Path) -> None:
    client, desk = as_("ada"), LiveDesk(site)
    form = {
        "name": "Larkspur support",
        "time_zone": "Europe/Berlin",
        "week_start": "monday",
        "scorecard": list(desk.settings.scorecard),
    }
    saved = client.post(
        "/settings/desk",
        {
            **form,
            "target.csat": "90%",
            "target.first_response_time": "4 h",
            "target.utilization": "75% to 85%",
        },
    )
    assert saved.status_code == 302
    desk.follow()
    assert desk.settings.targets == {
        "csat": 0.9,
        "first_response_time": 14_400.0,
        "utilization": (0.75, 0.85),
    }
    row = text(client.get("/scorecard")).split('href="/metric/csat?')[1].split("</tr>")[0]
    assert ">90%" in row
    bad = client.post("/settings/desk", {**form, "target.csat": "very good"})
    assert bad.status_code == 200 and b"is no number" in bad.content
    client.post(
        "/settings/desk",
        {**form, "target.csat": "", "target.first_response_time": "", "target.utilization": ""},
    )


def test_numbers_made_with_former_settings_say_so(as_: Any, site: Path) -> None:
    from django.conf import settings as django_settings

    from helmdesk.web.middleware import live_desk

    live, asked = (
        live_desk(django_settings.DESK_FOLDER),
        "/api/v1/receipt?metric=service_level&start=2026-05-04&end=2026-06-01",
    )
    client, before, bring_up = as_("ada"), live.settings, live.marts.bring_up
    first = client.get(asked)
    live.marts.bring_up = lambda _reason: None  # type: ignore[method-assign]
    try:
        write_settings(site / "helmdesk.toml", replace(before, service_level_seconds=90))
        said = "service_level_seconds was 20, is now 90"
        assert said in client.get("/").content.decode()
        again = client.get(asked, headers={"If-None-Match": first["ETag"]})
        assert again.status_code == 200 and said in again["X-Helmdesk-Notice"]
        assert again.json()["settings"]["service_level_seconds"] == 20
        assert again.json()["results"] == first.json()["results"]
    finally:
        write_settings(site / "helmdesk.toml", before)
        live.marts.bring_up = bring_up  # type: ignore[method-assign]
    assert "X-Helmdesk-Notice" not in client.get(asked)


def test_a_damaged_lake_is_told_as_a_page(as_: Any, site: Path, tmp_path: Path) -> None:
    client = as_("lea")
    assert client.get("/").status_code == 200
    entry, aside = min((site / "lake" / "_delta_log").glob("*1.json")), tmp_path / "aside"
    entry.rename(aside)
    try:
        told = client.get("/")
        assert (
            told.status_code == 500
            and "restore a backup" in told.content.decode()
            and told["X-Request-Id"] in told.content.decode()
        )
    finally:
        aside.rename(entry)
    assert client.get("/").status_code == 200


def test_a_person_is_invited_changed_and_shut_out(as_: Any) -> None:
    client = as_("ada", is_fresh=True)
    wrong = client.post(
        "/settings/people/new",
        {"username": "ben", "role": "agent", "agent": "Nobody", "is_active": "on"},
    )
    assert b"there is no agent called" in wrong.content
    made = client.post(
        "/settings/people/new",
        {"username": "ben", "role": "agent", "agent": "Rosa", "is_active": "on"},
    ).content.decode()
    link = re.search(r"/invitation/[\w-]+", made)[0]  # type: ignore[index]
    new = as_()
    assert new.post(link, {"password": "short", "again": "short"}).status_code == 200
    assert (
        new.post(
            link, {"password": "a long enough secret", "again": "a long enough secret"}
        ).status_code
        == 302
    )
    assert (
        new.get("/me").status_code == 302
    )  # the link sets a password; signing in asks for it, and for a second factor
    assert (
        new.post(
            "/account/login/", {"login": "ben", "password": "a long enough secret"}
        ).status_code
        == 302
    )
    assert new.get("/me").status_code == 200
    assert as_().get(link).status_code == 403  # once
    from helmdesk.web.apps.people.models import Person

    ben = Person.objects.get(username="ben")
    client.post(f"/settings/people/{ben.pk}", {"username": "ben", "role": "agent", "agent": "Rosa"})
    assert new.get("/me").status_code == 302
    last = Person.objects.get(username="ada")
    refused = client.post(
        f"/settings/people/{last.pk}", {"username": "ada", "role": "leader", "is_active": "on"}
    )
    assert b"last administrator" in refused.content


def test_a_dashboard_is_made_shared_and_opened_first(as_: Any) -> None:
    ann, tom = as_("ann"), as_("tom")
    address = ann.post("/dashboards/new", {"title": "Phones"})["Location"]
    for tile in (
        {"kind": "card", "metric": "csat"},
        {"kind": "trend", "metric": "missed_contact_rate"},
        {"kind": "table", "metric": "ticket_volume", "by": "tier"},
        {"kind": "table", "metric": "csat", "by": "tier"},
        {"kind": "heat", "metric": "ticket_volume"},
    ):
        assert ann.post(f"{address}/change", {"do": "add", **tile}).status_code == 302
    assert (
        ann.post(
            f"{address}/change", {"do": "add", "kind": "table", "metric": "csat", "by": "agent"}
        ).status_code
        == 400
    )
    assert tom.get(address).status_code == 404
    ann.post(
        f"{address}/change",
        {
            "do": "save",
            "title": "Phones",
            "shared_with": ["team_lead"],
            "query": "?channel=phone&days=91",
        },
    )
    page = text(tom.get(address))
    assert "Phones" in page and page.count("data-chart") == 3 and "Channel: <b>Phone</b>" in page
    assert (
        "withheld (fewer than 5)" in page
        and "All of it is withheld: fewer than five people" in page
    )
    assert tom.post(f"{address}/change", {"do": "delete"}).status_code == 403
    tom.post(f"{address}/change", {"do": "home"})
    assert tom.get("/")["Location"] == address
    tom.post(f"{address}/change", {"do": "not_home"})
    assert as_("lea").get(address).status_code == 404


def test_annotations_stand_on_the_charts_they_concern(as_: Any) -> None:
    lea = as_("lea")
    lea.post(
        "/annotations",
        {
            "day": "2026-06-15",
            "text": "Knowledge base went live",
            "scope": "metric",
            "metric": "fcr",
        },
    )
    assert "Knowledge base went live" in lea.get("/metric/fcr").content.decode()
    assert "Knowledge base went live" not in lea.get("/metric/csat").content.decode()
    posted = lea.post(
        "/api/v1/annotations",
        json.dumps({"day": "2026-06-16", "text": "Deploy 42"}),
        content_type="application/json",
    )
    assert posted.status_code == 201 and "Deploy 42" in lea.get("/metric/csat").content.decode()
    assert (
        lea.post(
            "/api/v1/annotations",
            json.dumps({"day": "x", "text": ""}),
            content_type="application/json",
        ).status_code
        == 422
    )
    assert as_("tom").post(f"/annotations/{posted.json()['id']}/forget").status_code == 403


def test_a_new_metric_needs_no_change_of_the_site(as_: Any, site: Path) -> None:
    from test_custom_metrics import GOOD

    file = site / "metrics" / "slow_first.toml"
    file.parent.mkdir(exist_ok=True)
    file.write_text(GOOD, encoding="utf-8")
    try:
        client = as_("ada")
        page = client.get("/metric/slow_first?days=364").content.decode()
        assert (
            "<h1>Slow first responses</h1>" in page.replace("\n", "")
            or "Slow first responses" in page
        )
        assert client.get("/api/v1/measure?metric=slow_first").json()["measurements"][0]["n"] > 0
        assert "/metric/slow_first" in client.get("/catalogue").content.decode()
        assert "rows" in client.get("/tickets?metric=slow_first&days=364").content.decode()
        file.write_text("nonsense = [", encoding="utf-8")
        assert client.get("/metric/slow_first").status_code in (400, 404)
    finally:
        file.unlink()
    assert as_("ada").get("/metric/slow_first").status_code == 404


def test_health_tells_what_works(as_: Any) -> None:
    assert as_().get("/healthz").json() == {"status": "ok", "database": True, "mart": True}


def test_logs_hold_nothing_personal(as_: Any, caplog: Any) -> None:
    import logging

    from helmdesk.web.logs import JsonFormatter

    logging.getLogger("helmdesk").propagate = True
    with caplog.at_level(logging.INFO, logger="helmdesk"):
        as_("hugo").get("/ticket/canary-77?where=canary")
    logging.getLogger("helmdesk").propagate = False
    lines = [JsonFormatter().format(record) for record in caplog.records]
    assert lines and json.loads(lines[-1])["route"] == "ticket/<path:ticket_id>"
    assert not [line for line in lines if "canary" in line or "hugo" in line.lower()]


def test_a_page_is_light(as_: Any, site: Path) -> None:
    import gzip

    for path in ("/", "/metric/csat", "/tickets", "/accounts", "/team"):
        response = as_("ada").get(path)
        sheet = sum(
            len(gzip.compress(file.read_bytes()))
            for file in (Path(__file__).parents[2] / "src/helmdesk/web/static/helmdesk").iterdir()
        )
        assert len(gzip.compress(response.content)) + sheet < 60_000, path


def test_a_page_opens_the_mart_once(as_: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """One request, one connection: its parts cannot be of two marts, and connecting is not free."""
    from helmdesk.engines.duckdb import DuckDB

    client = as_("lea")
    opened: list[object] = []
    another = DuckDB.another

    def counted(engine: DuckDB, *given: Any) -> DuckDB:
        opened.append(another(engine, *given))
        return opened[-1]

    monkeypatch.setattr(DuckDB, "another", counted)
    for page in ("/metric/csat", "/", "/now", "/catalogue"):
        for condition in ("", "?where=channel+%3D+'phone'"):
            opened.clear()
            assert client.get(page + condition, follow=True).status_code == 200
            assert len(opened) <= 3, page
            for each in opened:
                with pytest.raises(duckdb.Error):
                    each.connection.execute("select 1")  # type: ignore[attr-defined]
