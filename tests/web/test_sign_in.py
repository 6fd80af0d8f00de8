"""Signing in: guesses are counted per account and per real client, and what a reset or another role takes away is gone at once."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from web.conftest import PASSWORD


@pytest.fixture
def eve(site: Path) -> Iterator[Any]:
    """Somebody who signs in by password and by second factor, with a token; failed tries of earlier tests are forgotten."""
    from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
    from django.core.cache import cache
    from django.utils import timezone

    from helmdesk.web.people.models import ApiToken, Person

    cache.clear()
    person = Person.objects.create_user("eve", "eve@example.com", PASSWORD, role="administrator")
    TOTP.activate(person, generate_totp_secret())
    _, secret = ApiToken.issue(person, "all", ["numbers", "operate"], timezone.now() + timedelta(days=1))
    person.key = {"HTTP_AUTHORIZATION": f"Bearer {secret}"}
    yield person
    person.delete()
    cache.clear()


def _guess(client: Any, login: str, **headers: str) -> str:
    return client.post("/account/login/", {"login": login, "password": "a wrong guess"}, **headers).content.decode()


def test_guesses_count_for_the_account_whatever_name_host_or_address_they_come_by(as_: Any, eve: Any) -> None:
    names = ["eve", "eve@example.com", "EVE", "eve", "Eve@Example.com"]
    for number, name in enumerate(names):
        page = _guess(as_(), name, HTTP_HOST=["localhost", "127.0.0.1"][number % 2], REMOTE_ADDR=f"10.0.{number}.1")
        assert "Too many" not in page
    assert "Too many" in _guess(as_(), "eve", REMOTE_ADDR="10.9.9.9")
    assert "Too many" not in _guess(as_(), "tom", REMOTE_ADDR="10.9.9.9")


def test_one_client_cannot_try_many_accounts_by_naming_other_addresses(as_: Any, eve: Any) -> None:
    pages = [_guess(as_(), f"guess{number}", HTTP_X_FORWARDED_FOR=f"192.0.2.{number}") for number in range(12)]
    assert "Too many" not in pages[0] and "Too many" in pages[-1]


def test_behind_a_proxy_of_ones_own_the_address_it_saw_counts(as_: Any, eve: Any, settings_changed: Any) -> None:
    settings_changed(ALLAUTH_TRUSTED_PROXY_COUNT=1)
    pages = [_guess(as_(), f"guess{number}", HTTP_X_FORWARDED_FOR=f"203.0.113.{number}, 192.0.2.7") for number in range(12)]
    assert "Too many" in pages[-1]
    assert "Too many" not in _guess(as_(), "another", HTTP_X_FORWARDED_FOR="192.0.2.8")


@pytest.fixture
def settings_changed() -> Iterator[Any]:
    """Change Django's settings for one test."""
    from django.test.utils import override_settings

    open_ones = []

    def change(**given: Any) -> None:
        override = override_settings(**given)
        override.enable()
        open_ones.append(override)

    yield change
    for override in open_ones:
        override.disable()


def test_a_reset_ends_sessions_and_tokens_and_asks_for_the_second_factor(as_: Any, eve: Any) -> None:
    old = as_("eve")
    old.get("/settings")  # the session is known to the list of sessions
    assert as_().get("/api/v1/metrics", **eve.key).status_code == 200
    link = f"/invitation/{eve.invite()}"
    new = as_()
    done = new.post(link, {"password": "another long secret", "again": "another long secret"})
    assert done["Location"] == "/account/login/"
    assert old.get("/settings").status_code == 302
    assert as_().get("/api/v1/metrics", **eve.key).status_code == 401
    asked = new.post("/account/login/", {"login": "eve", "password": "another long secret"})
    assert "2fa" in asked["Location"] and new.get("/settings").status_code == 302


def test_a_demoted_persons_token_loses_what_the_role_gave(as_: Any, eve: Any) -> None:
    from helmdesk.web.people.models import Person

    assert as_().get("/metrics", **eve.key).status_code == 200
    Person.objects.filter(pk=eve.pk).update(role="leader")
    assert as_().get("/metrics", **eve.key).status_code == 401
    assert as_().get("/api/v1/metrics", **eve.key).status_code == 200


def test_changing_somebodys_role_ends_sessions_and_tokens(as_: Any, eve: Any) -> None:
    old = as_("eve")
    old.get("/settings")
    changed = as_("ada").post(f"/settings/people/{eve.pk}", {"username": "eve", "role": "leader", "is_active": "on"})
    assert changed.status_code == 302
    assert old.get("/settings").status_code == 302
    assert as_().get("/api/v1/metrics", **eve.key).status_code == 401


def test_an_administrator_without_a_password_is_let_in_from_the_command_line(site: Path, helmdesk: Any, eve: Any) -> None:
    import os

    if os.environ.get("HELMDESK_TEST_DATABASE"):
        pytest.skip("the command opens the desk's own database")
    done = helmdesk("serve", "--add-administrator", "eve", "--desk", site)
    assert re.search(r"/invitation/\S+", done.stdout)
    refused = helmdesk("serve", "--add-administrator", "tom", "--desk", site, code=2)
    assert "who is no administrator" in refused.stderr
