"""Surveys as people meet them: a customer on a phone, an agent with a pulse."""
# Fixtures are taken from the other file by their names.
# ruff: noqa: F401

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from helmdesk.desk.desk import Desk
from web.conftest import PASSWORD, read
from web.test_surveys import _empty, rule_of


def test_a_customer_answers_on_a_phone_without_script(
    site: Path, server: Any, chromium: Any, as_: Any
) -> None:
    """A real server, a narrow screen, no script: the mail's link, one touch, sent, thanked; and
    nothing that axe would object to, in both themes.
    """
    from axe_playwright_python.sync_playwright import Axe
    from django.utils import timezone

    from helmdesk.act.surveys import Purpose, sign
    from helmdesk.web.apps.surveys.models import Answer, Invitation, Rule, State, site_key

    rule = rule_of(Desk(site), is_on=False)
    moment = timezone.now()
    row = Invitation.objects.create(
        key="a",
        rule=Rule.objects.get(pk=rule.pk),
        instrument=rule.instrument,
        ticket_id="L-1",
        subject="Invoice shows the old billing address",
        person="b",
        language="de",
        solved_at=moment,
        state=State.SENT,
        sent_at=moment - timedelta(hours=1),
        expires_at=moment + timedelta(days=3),
    )
    token = sign(site_key(), Purpose.ANSWER, row.id, row.expires_at)
    for scheme in ("light", "dark"):
        with_script = chromium.new_context(
            viewport={"width": 390, "height": 844}, color_scheme=scheme, is_mobile=True
        )
        page = with_script.new_page()
        page.goto(f"{server.url}/s/{token}?rating=2")
        found = Axe().run(page)
        assert found.violations_count == 0, found.generate_report()
        assert page.evaluate("document.documentElement.scrollWidth") <= 390
        assert page.locator("html").get_attribute("lang") == "de"
        with_script.close()
    assert not Answer.objects.exists()
    phone = chromium.new_context(
        viewport={"width": 390, "height": 844}, java_script_enabled=False, has_touch=True
    )
    page = phone.new_page()
    page.goto(f"{server.url}/s/{token}?rating=2")
    assert page.get_by_label("Unzufrieden", exact=True).is_checked()
    page.get_by_text("Sehr zufrieden", exact=True).tap()
    page.locator("textarea").fill("Schnell & gut")
    page.get_by_role("button", name="Senden").tap()
    read(page, "Danke. Ihre Antwort ist angekommen.")
    found = Answer.objects.get()
    assert (found.value, found.comment) == ("5", "Schnell & gut")
    page.go_back()
    read(page, "Ihre Antwort ist schon da")
    assert Answer.objects.get().value == "5"
    phone.close()


def test_an_agent_answers_a_pulse_and_no_table_tells_who(
    site: Path, server: Any, chromium: Any, as_: Any
) -> None:
    """Signed in, through the navigation: one question, answered by the keyboard; then every row of
    the site's database is looked at for what joins the person to the answer.
    """
    from axe_playwright_python.sync_playwright import Axe
    from django.apps import apps

    from helmdesk.web.apps.people.models import Person
    from helmdesk.web.apps.surveys.forms import instrument_of
    from helmdesk.web.apps.surveys.models import Participation, Slip
    from helmdesk.web.apps.surveys.pulse import open_wave

    until = datetime.now(UTC) + timedelta(days=7)
    wave = open_wave(instrument_of("esat"), until, Desk(site).agents())
    context = chromium.new_context(viewport={"width": 390, "height": 844}, color_scheme="dark")
    page = context.new_page()
    page.goto(f"{server.url}/account/login/")
    page.locator("[name=login]").fill("hugo")
    page.locator("[name=password]").fill(PASSWORD)
    page.locator("main button").first.click()
    read(page, "Queue|My work|Scorecard|tickets")
    page.goto(f"{server.url}/pulse")
    read(page, "Nobody can see what you answer")
    found = Axe().run(page)
    assert found.violations_count == 0, found.generate_report()
    page.get_by_label("Very satisfied", exact=True).focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")  # dissatisfied
    page.locator("textarea").fill("zvxq shifts")
    page.get_by_role("button", name="Send").click()
    read(page, "Your answer is in, without your name")
    context.close()
    hugo = Person.objects.get(username="hugo")
    slip = Slip.objects.get(wave=wave, value="2")
    assert slip.comment == "zvxq shifts"
    assert Participation.objects.get(wave=wave, person=hugo).has_answered
    told = {"zvxq", str(slip.pk)}
    for model in apps.get_models():
        if model is Slip:
            continue
        for row in model._default_manager.values():
            assert not any(each in repr(row) for each in told), model
    others = Slip.objects.filter(wave=wave, group=slip.group).exclude(pk=slip.pk)
    assert all(each.value == "" for each in others)
