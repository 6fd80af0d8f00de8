"""Dismissing a verdict on the site: the page, its button, the API, tokens, the audit log, and one
answer everywhere.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from helmdesk.cli.main import commands
from helmdesk.desk.desk import Desk
from helmdesk.desk.live import LiveDesk
from web.conftest import text

KEY = "average_speed_of_answer"
PAGE = f"/metric/{KEY}"
POST = "application/json"


@pytest.fixture(autouse=True)
def nothing_dismissed(site: Path) -> Iterator[None]:
    yield
    (site / "dismissals.json").unlink(missing_ok=True)


def told(site: Path) -> Any:
    return Desk(site).verdicts([KEY])[KEY]


def events(action: str) -> list[tuple[str, str, Any]]:
    from helmdesk.web.apps.people.audit import AuditEvent

    return list(
        AuditEvent.objects.filter(action=action)
        .order_by("-id")
        .values_list("person", "subject", "detail")
    )


def test_a_lead_dismisses_on_the_page_and_undoes_it(as_: Any, site: Path) -> None:
    lea, verdict = as_("lea"), told(site)
    said = verdict.words[0].upper() + verdict.words[1:]
    page = text(lea.get(PAGE))
    assert said in page and "Dismiss it" in page and f'value="{verdict.identity}"' in page
    before = lea.get("/api/v1/scorecard")

    given = {
        "identity": verdict.identity,
        "reason": "known <since> May",
        "back": PAGE,
        "where": "",
        "end": "",
    }
    assert lea.post(f"/dismissals/{KEY}", given)["Location"] == PAGE
    page = text(lea.get(PAGE))
    assert (
        "Dismissed by lea on " in page
        and ": known &lt;since&gt; May. " in page
        and "Tell it again" in page
    )
    assert said not in page and "Dismiss it" not in page
    assert (
        said not in text(lea.get("/"))
        and verdict.words not in text(lea.get("/brief")).split("Dismissed until they change")[0]
    )
    assert "Dismissed until they change: 1" in text(lea.get("/brief"))
    assert "Dismissed by lea" in text(lea.get(f"{PAGE}/explain"))
    assert events("dismissed a verdict")[0][:2] == ("lea", KEY)
    assert events("dismissed a verdict")[0][2]["identity"] == verdict.identity

    # A browser or client that has the answer of before is given the new one, and every surface says
    # the same.
    after = lea.get("/api/v1/scorecard", HTTP_IF_NONE_MATCH=before["ETag"])
    card = next(card for card in after.json()["cards"] if card["metric"] == KEY)
    assert (card["verdict"], card["story"], card["dismissed_by"], card["dismissed_reason"]) == (
        "Dismissed",
        "",
        "lea",
        "known <since> May",
    )
    assert (
        card["value"]
        == next(card for card in before.json()["cards"] if card["metric"] == KEY)["value"]
    )
    assert (
        lea.get(f"/api/v1/metrics/{KEY}/explanation").json()["course"]["dismissed"]["by"] == "lea"
    )
    assert lea.get("/api/v1/brief").json()["dismissed"][0]["metric"] == KEY
    listed = CliRunner().invoke(
        commands, ["dismiss", "--list", "--format", "json", "--desk", str(site)]
    )
    assert json.loads(listed.stdout) == lea.get("/api/v1/dismissals").json()

    lea.post(f"/dismissals/{KEY}/undo", {"back": PAGE})
    assert said in text(lea.get(PAGE))
    assert events("undid a dismissal")[0][:2] == ("lea", KEY)


def test_what_has_changed_since_it_was_read_is_not_dismissed(as_: Any) -> None:
    answer = as_("lea").post(
        f"/dismissals/{KEY}", {"identity": f"{KEY}:new:2026-01-05:worse", "back": PAGE}
    )
    assert answer.status_code == 409 and "changed meanwhile" in answer.content.decode()
    assert as_("lea").post(f"/dismissals/{KEY}/undo", {}).status_code == 404
    assert as_("lea").get(f"/dismissals/{KEY}").status_code == 405


@pytest.mark.parametrize("name", ["hugo", "vic"])
def test_agents_and_viewers_dismiss_nothing(as_: Any, name: str) -> None:
    client = as_(name)
    for path in (f"/dismissals/{KEY}", f"/dismissals/{KEY}/undo"):
        assert client.post(path, {}).status_code == 403
    assert "Dismiss it" not in text(client.get(PAGE))
    assert client.get("/api/v1/dismissals").status_code == 403
    assert (
        client.post(
            "/api/v1/dismissals", json.dumps({"subject": KEY}), content_type=POST
        ).status_code
        == 403
    )
    assert client.delete(f"/api/v1/dismissals/{KEY}").status_code == 403
    from helmdesk.web.apps.people.models import scopes_of

    assert "dismiss" not in scopes_of({"hugo": "agent", "vic": "account_viewer"}[name])


def test_a_team_lead_dismisses_for_the_own_team(as_: Any, site: Path) -> None:
    tom, lea = as_("tom"), as_("lea")
    made = tom.post(
        "/api/v1/dismissals", json.dumps({"subject": KEY, "reason": "ours"}), content_type=POST
    )
    assert made.status_code == 201, made.content
    assert made.json()["where"] == "team = 'Frontline Berlin'"
    assert "Dismissed by tom" in text(tom.get(PAGE))
    assert "Dismissed by" not in text(lea.get(PAGE))
    # Whoever asks for that team alone reads of it (on the site not of this small sample: few of
    # another team answer calls).
    (card,) = LiveDesk(site).scorecard(where="team = 'Frontline Berlin'", keys=[KEY]).cards
    assert card.as_row()["dismissed_by"] == "tom"
    # What a leader dismisses for all is neither hers to hide from a team, nor theirs to read.
    assert (
        lea.post("/api/v1/dismissals", json.dumps({"subject": KEY}), content_type=POST).status_code
        == 201
    )
    assert [each["by"] for each in tom.get("/api/v1/dismissals").json()] == ["tom"]
    assert [each["by"] for each in lea.get("/api/v1/dismissals").json()] == ["tom", "lea"]
    assert (
        lea.delete(f"/api/v1/dismissals/{KEY}?where=team+%3D+'Frontline+Berlin'").json()[0]["by"]
        == "tom"
    )
    assert "Dismissed by" not in text(tom.get(PAGE))


def test_a_token_needs_its_scope_and_a_session_its_page(as_: Any) -> None:
    from django.utils import timezone

    from helmdesk.web.apps.people.models import ApiToken, Person

    person, until = Person.objects.get(username="lea"), timezone.now() + timedelta(days=1)
    body = json.dumps({"subject": KEY})
    secrets = [
        ApiToken.issue(person, "test", scopes, until)[1]
        for scopes in (["numbers", "annotate"], ["dismiss"])
    ]
    answers = [
        as_().post(
            "/api/v1/dismissals", body, content_type=POST, HTTP_AUTHORIZATION=f"Bearer {secret}"
        )
        for secret in secrets
    ]
    assert [answer.status_code for answer in answers] == [403, 201]
    assert "lacks the scope 'dismiss'" in answers[0].json()["detail"]
    strict = as_("lea", enforce_csrf_checks=True)
    assert strict.post("/api/v1/dismissals", body, content_type=POST).status_code == 403
    assert strict.delete(f"/api/v1/dismissals/{KEY}").status_code == 403
    assert strict.post(f"/dismissals/{KEY}", {}).status_code == 403


def test_the_command_line_writes_into_the_sites_log(as_: Any, site: Path) -> None:
    done = CliRunner().invoke(
        commands, ["dismiss", KEY, "--reason", "from a script", "--desk", str(site)]
    )
    assert done.exit_code == 0, done.output
    person, subject, detail = events("dismissed a verdict")[0]
    assert (person, subject, detail["reason"], detail["through"]) == (
        "",
        KEY,
        "from a script",
        "command line",
    )
    assert ": from a script. " in text(as_("lea").get(PAGE))
    from helmdesk.web.apps.people.audit import audit_state

    assert not audit_state().problem


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_button_works_in_a_browser(chromium: Any, server: Any, as_: Any, scheme: str) -> None:
    from django.conf import settings

    cookie = as_("lea").cookies[settings.SESSION_COOKIE_NAME].value
    context = chromium.new_context(viewport={"width": 390, "height": 800}, color_scheme=scheme)
    context.add_cookies(
        [{"name": settings.SESSION_COOKIE_NAME, "value": cookie, "url": server.url}]
    )
    page = context.new_page()
    page.goto(server.url + PAGE)
    page.click("text=Dismiss it")
    page.fill("[name=reason]", f"seen in {scheme}")
    page.click("button:has-text('Dismiss until it changes')")
    page.wait_for_selector("text=Dismissed by lea")
    assert page.url == server.url + PAGE
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    page.click("text=Tell it again")
    page.wait_for_selector("text=Dismiss it")
    context.close()
