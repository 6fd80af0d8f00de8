"""Signing in: guesses are counted per account and per real client, and what a reset or another role
takes away is gone at once.
"""

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
    """Somebody who signs in by password and by second factor, with a token; failed tries of earlier
    tests are forgotten.
    """
    from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
    from django.core.cache import cache
    from django.utils import timezone

    from helmdesk.web.apps.people.models import ApiToken, Person

    cache.clear()
    person = Person.objects.create_user("eve", "eve@example.com", PASSWORD, role="administrator")
    TOTP.activate(person, generate_totp_secret())
    _, secret = ApiToken.issue(
        person, "all", ["numbers", "operate"], timezone.now() + timedelta(days=1)
    )
    person.key = {"HTTP_AUTHORIZATION": f"Bearer {secret}"}
    yield person
    person.delete()
    cache.clear()


def _guess(client: Any, login: str, **headers: str) -> str:
    return client.post(
        "/account/login/", {"login": login, "password": "a wrong guess"}, **headers
    ).content.decode()


def test_guesses_count_for_the_account_whatever_name_host_or_address_they_come_by(
    as_: Any, eve: Any
) -> None:
    names = ["eve", "eve@example.com", "EVE", "eve", "Eve@Example.com"]
    for number, name in enumerate(names):
        page = _guess(
            as_(),
            name,
            HTTP_HOST=["localhost", "127.0.0.1"][number % 2],
            REMOTE_ADDR=f"10.0.{number}.1",
        )
        assert "Too many" not in page
    assert "Too many" in _guess(as_(), "eve", REMOTE_ADDR="10.9.9.9")
    assert "Too many" not in _guess(as_(), "tom", REMOTE_ADDR="10.9.9.9")


def test_one_client_cannot_try_many_accounts_by_naming_other_addresses(as_: Any, eve: Any) -> None:
    pages = [
        _guess(as_(), f"guess{number}", HTTP_X_FORWARDED_FOR=f"192.0.2.{number}")
        for number in range(12)
    ]
    assert "Too many" not in pages[0] and "Too many" in pages[-1]


def test_behind_a_proxy_of_ones_own_the_address_it_saw_counts(
    as_: Any, eve: Any, settings_changed: Any
) -> None:
    settings_changed(ALLAUTH_TRUSTED_PROXY_COUNT=1)
    pages = [
        _guess(as_(), f"guess{number}", HTTP_X_FORWARDED_FOR=f"203.0.113.{number}, 192.0.2.7")
        for number in range(12)
    ]
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


def test_a_reset_ends_sessions_and_tokens_and_asks_for_the_second_factor(
    as_: Any, eve: Any
) -> None:
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


def test_a_session_that_no_list_knows_ends_too(as_: Any, eve: Any) -> None:
    """Sessions are listed with their first page; one that never opened any must not outlive a
    reset.
    """
    from allauth.usersessions.models import UserSession

    old = as_("eve")
    old.get("/settings")
    UserSession.objects.filter(user=eve).delete()
    eve.shut_out()
    assert old.get("/settings").status_code == 302


@pytest.mark.parametrize("way", ["page", "command line"])
def test_a_new_link_closes_what_is_open_at_once(as_: Any, eve: Any, way: str) -> None:
    """Somebody lost the machine that is signed in: nobody waits for the link to be used."""
    old = as_("eve")
    assert old.get("/settings").status_code == 200
    if way == "page":
        assert (
            as_("ada", is_fresh=True).post(f"/settings/people/{eve.pk}/invite").status_code == 200
        )
    else:
        from helmdesk.cli.commands.serve import _add_administrator

        _add_administrator("eve", "http://127.0.0.1:8321")
    assert old.get("/settings").status_code == 302
    assert as_().get("/api/v1/metrics", **eve.key).status_code == 401


def test_a_changed_password_ends_other_sessions_and_tokens(as_: Any, eve: Any) -> None:
    from helmdesk.web.apps.people.models import AuditEvent

    mine, other = as_("eve"), as_("eve")
    other.get("/settings")
    given = {
        "oldpassword": PASSWORD,
        "password1": "another long secret",
        "password2": "another long secret",
    }
    assert mine.post("/account/password/change/", given).status_code == 302
    assert mine.get("/settings").status_code == 200 and other.get("/settings").status_code == 302
    assert as_().get("/api/v1/metrics", **eve.key).status_code == 401
    assert AuditEvent.objects.filter(action="changed the own password", person="eve").exists()


def test_a_demoted_persons_token_loses_what_the_role_gave(as_: Any, eve: Any) -> None:
    from helmdesk.web.apps.people.models import Person

    assert as_().get("/metrics", **eve.key).status_code == 200
    Person.objects.filter(pk=eve.pk).update(role="leader")
    assert as_().get("/metrics", **eve.key).status_code == 401
    assert as_().get("/api/v1/metrics", **eve.key).status_code == 200


def test_changing_somebodys_role_ends_sessions_and_tokens(as_: Any, eve: Any) -> None:
    old = as_("eve")
    old.get("/settings")
    changed = as_("ada", is_fresh=True).post(
        f"/settings/people/{eve.pk}", {"username": "eve", "role": "leader", "is_active": "on"}
    )
    assert changed.status_code == 302
    assert old.get("/settings").status_code == 302
    assert as_().get("/api/v1/metrics", **eve.key).status_code == 401


def test_an_administrator_without_a_password_is_let_in_from_the_command_line(
    site: Path, helmdesk: Any, eve: Any
) -> None:
    import os

    if os.environ.get("HELMDESK_TEST_DATABASE"):
        pytest.skip("the command opens the desk's own database")
    done = helmdesk("serve", "--add-administrator", "eve", "--desk", site)
    assert re.search(r"/invitation/\S+", done.stdout)
    refused = helmdesk("serve", "--add-administrator", "tom", "--desk", site, code=2)
    assert "who is no administrator" in refused.stderr


def test_nobody_is_locked_out_of_a_browser_that_is_known(as_: Any, eve: Any) -> None:
    """Whoever guesses from elsewhere, or beside her behind the same address, closes only what is
    not known.
    """
    from allauth.mfa.models import Authenticator

    Authenticator.objects.filter(user=eve).delete()
    known, here = as_(), {"REMOTE_ADDR": "198.51.100.4"}
    right = {"login": "eve", "password": PASSWORD}
    assert known.post("/account/login/", right, **here)["Location"] == "/"
    known.post("/account/logout/")
    for number in range(12):
        _guess(as_(), "eve", REMOTE_ADDR=f"10.0.{number}.1")
        _guess(as_(), f"guess{number}", **here)
    assert (
        "Too many" in as_().post("/account/login/", right, REMOTE_ADDR="10.9.9.9").content.decode()
    )
    assert known.post("/account/login/", right, **here)["Location"] == "/"
    # Another's account is not known there, and what fails there is counted there.
    known.post("/account/logout/")
    assert "Too many" in _guess(known, "tom", **here)
    assert "Too many" in [_guess(known, "eve", **here) for _ in range(6)][-1] or pytest.fail(
        "a known browser guesses for ever"
    )


def test_a_known_browser_is_not_made_up(as_: Any, eve: Any) -> None:
    from django.core import signing

    for number in range(5):
        _guess(as_(), "eve", REMOTE_ADDR=f"10.0.{number}.1")
    client = as_()
    for forged in (
        f'["{eve.pk}", "x"]',
        signing.dumps([eve.pk, "x"]),
        signing.dumps([0, "x"], salt="helmdesk.known-browser"),
    ):
        client.cookies["known"] = forged
        assert "Too many" in _guess(client, "eve", REMOTE_ADDR="10.9.9.9")


def test_a_one_time_link_lets_somebody_in_whose_account_is_under_attack(as_: Any, eve: Any) -> None:
    for number in range(6):
        _guess(as_(), "eve", REMOTE_ADDR=f"10.0.{number}.1")
    new = as_()
    new.post(
        f"/invitation/{eve.invite()}",
        {"password": "another long secret", "again": "another long secret"},
    )
    assert (
        "2fa"
        in new.post("/account/login/", {"login": "eve", "password": "another long secret"})[
            "Location"
        ]
    )


def test_a_filled_cache_throws_no_count_out(as_: Any, eve: Any) -> None:
    from django.core.cache import cache

    for number in range(5):
        _guess(as_(), "eve", REMOTE_ADDR=f"10.0.{number}.1")
    cache.set_many({f"{place}{number}": 1 for place in "0z" for number in range(250)}, 300)
    assert "Too many" in _guess(as_(), "eve", REMOTE_ADDR="10.9.9.9")


def test_guesses_count_in_every_process(as_: Any, eve: Any, server: Any) -> None:
    import http.cookiejar
    import urllib.parse
    import urllib.request

    for number in range(5):
        _guess(as_(), "eve", REMOTE_ADDR=f"10.0.{number}.1")
    browser = urllib.request.build_opener(
        urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar())
    )
    address = f"{server.url}/account/login/"
    token = re.search(
        r'name="csrfmiddlewaretoken" value="(\w+)"', browser.open(address).read().decode()
    )[1]  # type: ignore[index]
    sent = urllib.parse.urlencode(
        {"csrfmiddlewaretoken": token, "login": "eve", "password": PASSWORD}
    ).encode()
    assert (
        "Too many"
        in browser.open(urllib.request.Request(address, sent, {"Referer": address})).read().decode()
    )


@pytest.mark.parametrize(
    ("proxies", "forwarded", "remote", "address"),
    [
        (0, "192.0.2.1", "198.51.100.1", "198.51.100.1"),
        (1, "192.0.2.1", "198.51.100.1", "192.0.2.1"),
        (1, "203.0.113.9, 192.0.2.1", "198.51.100.1", "192.0.2.1"),
        (1, "203.0.113.9,192.0.2.1:50123", "198.51.100.1", "192.0.2.1"),
        (1, "192.0.2.1, [2001:db8::5]:443", "198.51.100.1", "2001:db8::5"),
        (1, "192.0.2.1, unknown", "198.51.100.1", "198.51.100.1"),
        (1, "", "198.51.100.1", "198.51.100.1"),
        (2, "203.0.113.9, 192.0.2.1, 10.0.0.1", "10.0.0.2", "192.0.2.1"),
        (2, "192.0.2.1", "10.0.0.2", "192.0.2.1"),
        (0, "", "::ffff:192.0.2.1", "192.0.2.1"),
        (0, "", "fe80::1%eth0", "fe80::1"),
        (0, "", "", "0.0.0.0"),
    ],
)
def test_the_clients_address(
    site: Path, settings_changed: Any, proxies: int, forwarded: str, remote: str, address: str
) -> None:
    """Addresses of IPv4 that come as IPv6 are not one client together, and no header stops a
    sign-in.
    """
    from allauth.account.adapter import get_adapter
    from django.test import RequestFactory

    settings_changed(ALLAUTH_TRUSTED_PROXY_COUNT=proxies)
    request = RequestFactory().get("/", HTTP_X_FORWARDED_FOR=forwarded, REMOTE_ADDR=remote)
    assert get_adapter().get_client_ip(request) == address


def test_an_unknown_name_costs_as_much_as_a_known_one(
    as_: Any, eve: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Hashing is what takes time: as many hashes, and the same words."""
    from django.contrib.auth.hashers import Argon2PasswordHasher
    from django.core.cache import cache

    from helmdesk.web.apps.people.models import Person

    gone = Person.objects.create_user(
        "gone", "gone@example.com", PASSWORD, role="agent", is_active=False
    )
    invited = Person.objects.create_user("invited", "invited@example.com", None, role="agent")
    worked: list[str] = []
    for name in ("encode", "verify"):
        done = getattr(Argon2PasswordHasher, name)
        monkeypatch.setattr(
            Argon2PasswordHasher,
            name,
            lambda self, *given, done=done: worked.append("hash") or done(self, *given),
        )
    answers = set()
    by_address = Person.objects.create_user(
        "ivo@example.com", "ivo@example.com", PASSWORD, role="agent"
    )
    names = ("eve", "EVE", "gone", "invited", "nobody")
    addresses = (
        "eve@example.com",
        "gone@example.com",
        "invited@example.com",
        "nobody@example.com",
        "ivo@example.com",
        "Ivo@example.com",
    )
    for login in (*names, *addresses):
        cache.clear()
        worked.clear()
        page = _guess(as_(), login)
        answers.add(
            (
                "@" in login,
                len(worked),
                re.sub(r'(value|name)="[^"]*"', "", page).replace(login, ""),
            )
        )
    for person in (gone, invited, by_address):
        person.delete()
    assert len(answers) == 2, [(kind, count) for kind, count, *_ in answers]


SENSITIVE = (
    "/settings/tokens",
    "/settings/people/new",
    "/settings/people/{pk}",
    "/settings/people/{pk}/invite",
    "/settings/people/{pk}/second-factor",
    "/account/2fa/totp/deactivate/",
    "/account/2fa/recovery-codes/generate/",
)


@pytest.mark.parametrize("address", SENSITIVE)
def test_what_opens_doors_asks_for_the_password_again(as_: Any, eve: Any, address: str) -> None:
    from helmdesk.web.apps.people.models import ApiToken, Person

    before = sorted(Person.objects.values_list("username", "role", "invitation", "epoch"))
    given = {
        "username": "mallory",
        "role": "administrator",
        "is_active": "on",
        "name": "x",
        "days": "1",
        "scopes": ["numbers"],
    }
    asked = as_("eve").post(address.format(pk=Person.objects.get(username="tom").pk), given)
    assert asked.status_code == 302 and "/reauthenticate/" in asked["Location"]
    assert sorted(Person.objects.values_list("username", "role", "invitation", "epoch")) == before
    assert ApiToken.objects.filter(person=eve).count() == 1 and eve.authenticator_set.exists()


def test_a_change_waits_for_the_password_and_then_is_made(as_: Any, eve: Any) -> None:
    from helmdesk.web.apps.people.models import Person

    ada = as_("ada")
    asked = ada.post(
        f"/settings/people/{eve.pk}", {"username": "eve", "role": "leader", "is_active": "on"}
    )
    assert Person.objects.get(pk=eve.pk).role == "administrator"
    assert ada.post(asked["Location"], {"password": PASSWORD}).status_code == 302
    assert Person.objects.get(pk=eve.pk).role == "leader"


def test_who_has_no_password_signs_in_anew(as_: Any, eve: Any) -> None:
    """By single sign-on: the session alone makes no token, and gives the account no password."""
    import time

    from allauth.mfa.models import Authenticator

    from helmdesk.web.apps.people.models import ApiToken, Person

    Authenticator.objects.filter(user=eve).delete()
    eve.set_unusable_password()
    eve.save()
    token = {"name": "mine", "days": "7", "scopes": ["numbers"]}
    password = {"password1": "another long secret", "password2": "another long secret"}

    def signed_in(seconds_ago: float) -> Any:
        client = as_("eve")
        session = client.session
        session["account_authentication_methods"] = [
            {"method": "socialaccount", "at": time.time() - seconds_ago, "provider": "oidc"}
        ]
        session["account_authentication_methods_user"] = str(eve.pk)
        session.save()
        return client

    for address, given in (("/settings/tokens", token), ("/account/password/set/", password)):
        old = signed_in(3600)
        assert old.post(address, given)["Location"].startswith("/account/login/")
        assert old.get("/settings").status_code == 302
    assert (
        ApiToken.objects.filter(person=eve).count() == 1
        and not Person.objects.get(pk=eve.pk).has_usable_password()
    )
    assert b"hd_" in signed_in(10).post("/settings/tokens", token).content
    assert signed_in(10).post("/account/password/set/", password).status_code == 302
    assert Person.objects.get(pk=eve.pk).has_usable_password()


def test_an_administrator_takes_off_a_second_factor_that_was_lost(as_: Any, eve: Any) -> None:
    from helmdesk.web.apps.people.models import AuditEvent

    old, ada = as_("eve"), as_("ada", is_fresh=True)
    old.get("/settings")
    assert b"Remove the second factor" in ada.get(f"/settings/people/{eve.pk}").content
    assert ada.post(f"/settings/people/{eve.pk}/second-factor").status_code == 302
    assert old.get("/settings").status_code == 302 and not eve.authenticator_set.exists()
    assert AuditEvent.objects.filter(
        action="removed a second factor", subject="eve", person="ada"
    ).exists()
    assert b"Remove the second factor" not in ada.get(f"/settings/people/{eve.pk}").content


def test_no_two_people_sign_in_by_one_name(as_: Any, eve: Any) -> None:
    ada = as_("ada", is_fresh=True)
    for given in (
        {"username": "EVE"},
        {"username": "eve2", "email": "Eve@Example.com"},
        {"username": "eve@example.com"},
    ):
        page = ada.post("/settings/people/new", {"role": "leader", "is_active": "on", **given})
        assert page.status_code == 200 and b"somebody else signs in by this" in page.content


def test_a_refused_sign_in_names_only_who_is_known(as_: Any, eve: Any) -> None:
    from helmdesk.web.apps.people.models import AuditEvent

    for login, subject in (
        ("eve", "eve"),
        ("eve@example.com", "eve"),
        ("correct horse battery", ""),
    ):
        _guess(as_(), login)
        assert AuditEvent.objects.filter(action="sign-in refused").latest("id").subject == subject


def test_who_looks_at_one_account_has_no_token_that_writes(as_: Any, eve: Any) -> None:
    from helmdesk.web.apps.people.models import ApiToken, scopes_of

    assert set(scopes_of("account_viewer")) == {"numbers", "rows"}
    token = ApiToken.objects.get(person=eve)
    token.scopes, eve.role = ["numbers", "annotate"], "account_viewer"
    token.person = eve
    assert token.allows("numbers") and not token.allows("annotate")


def test_second_factors_added_and_taken_off_are_in_the_audit_log(as_: Any, eve: Any) -> None:
    from helmdesk.web.apps.people.models import AuditEvent

    client = as_("eve", is_fresh=True)
    assert client.post("/account/2fa/recovery-codes/generate/").status_code == 302
    assert client.post("/account/2fa/totp/deactivate/").status_code == 302
    told = list(
        AuditEvent.objects.filter(person="eve").order_by("id").values_list("action", "subject")
    )[-3:]
    assert told[0] == ("made new recovery codes", "Recovery codes")
    assert set(told[1:]) == {
        ("removed a second factor", "TOTP Authenticator"),
        ("removed a second factor", "Recovery codes"),
    }


def test_the_secret_of_a_token_is_kept_nowhere(as_: Any, eve: Any) -> None:
    """Not in the session either, until somebody looks."""
    from django.contrib.sessions.models import Session

    client = as_("eve", is_fresh=True)
    page = client.post("/settings/tokens", {"name": "mine", "days": "7", "scopes": ["numbers"]})
    secret = re.search(r"hd_[\w-]+", page.content.decode())[0]  # type: ignore[index]
    assert page["Cache-Control"] == "private, no-store"
    assert not any(secret in repr(session.get_decoded()) for session in Session.objects.all())
    assert secret not in client.get("/settings").content.decode()


def test_confirming_a_password_of_an_older_hash_signs_nobody_out(
    site: Path, as_: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from django.contrib.auth.hashers import Argon2PasswordHasher

    from helmdesk.web.apps.people.models import Person

    person = Person.objects.create_user("rehashed", role="analyst")
    try:
        with monkeypatch.context() as older:
            older.setattr(Argon2PasswordHasher, "memory_cost", 16)
            person.set_password(PASSWORD)
            person.save()
        client = as_("rehashed")
        asked = client.post("/settings/tokens", {"name": "t", "days": "7", "scopes": ["numbers"]})
        page = client.post(asked["Location"], {"password": "wrong"})
        assert page.status_code == 200 and client.get("/settings").status_code == 200
        page = client.post(asked["Location"], {"password": PASSWORD}, follow=True)
        assert "hd_" in page.content.decode()
        before, person.password = person.password, Person.objects.get(pk=person.pk).password
        assert person.password != before, "its hash was made anew"
        assert client.get("/settings").status_code == 200
    finally:
        person.delete()
