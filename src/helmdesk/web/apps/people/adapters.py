"""How people come in: by invitation only, never by signing themselves up; guesses are counted per
account and per client.

Five wrong passwords in five minutes close an account for whoever comes from anywhere. So that
nobody can keep its owner out that way, a browser in which the owner came in before is counted by
itself, whatever happens elsewhere.
"""

from __future__ import annotations

import ipaddress
import secrets
import time
from typing import Any

from allauth.account import app_settings
from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.auth_backends import AuthenticationBackend
from allauth.account.internal.flows.login import get_authentication_records
from allauth.account.internal.flows.reauthentication import get_reauthentication_flows
from allauth.core.exceptions import ImmediateHttpResponse
from allauth.core.internal import ratelimit
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import HASH_SESSION_KEY, logout
from django.contrib.auth.views import redirect_to_login
from django.core import signing
from django.http import HttpRequest, HttpResponse

from helmdesk.web.apps.people.models import Person

KNOWN_FOR_SECONDS = 90 * 24 * 3600
KNOWN_SALT = "helmdesk.known-browser"
NO_ADDRESS = "0.0.0.0"


class AccountAdapter(DefaultAccountAdapter):
    """Passwords for people whom an administrator invited."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Nobody signs up."""
        return False

    def get_client_ip(self, request: HttpRequest) -> str:
        """Return the address that the outermost proxy of ours saw, or the one that connects where
        there is none.

        What stands further left in X-Forwarded-For anybody may have written; what is no address is
        passed over to the right.
        """
        forwarded = (
            request.headers.get("X-Forwarded-For", "").split(",")
            if settings.ALLAUTH_TRUSTED_PROXY_COUNT
            else []
        )
        seen = [*forwarded, request.META.get("REMOTE_ADDR") or ""][
            -settings.ALLAUTH_TRUSTED_PROXY_COUNT - 1 :
        ]
        return next(filter(None, map(_address, seen)), NO_ADDRESS)

    def pre_authenticate(self, request: HttpRequest, **credentials: Any) -> None:
        """Count a try before its password is looked at; one that succeeds is taken back."""
        person = Person.named(credentials.get("email") or credentials.get("username") or "")
        browser = known_browser(request, person)
        key = (
            f"browser {browser}"
            if browser
            else self._get_login_attempts_cache_key(request, **credentials)
        )
        used = []
        for action in ("login_failed",) if browser else ("client_failed", "login_failed"):
            usage = ratelimit.consume(request, app="allauth.account", action=action, key=key)
            if not usage:
                raise self.validation_error("too_many_login_attempts")
            used += usage.usage
        self._login_failed_rl_usage = ratelimit.RateLimitUsage(used)

    def _get_login_attempts_cache_key(self, request: HttpRequest, **credentials: Any) -> str:
        """Count per account: one count for user name and address, whatever host the browser asked
        for.
        """
        login = (credentials.get("email") or credentials.get("username") or "").strip().lower()
        person = Person.named(login)
        return f"person {person.pk}" if person else f"nobody {login}"

    def post_login(self, request: HttpRequest, user: Any, **named: Any) -> HttpResponse:
        """Remember the browser somebody came in by, past the second factor."""
        response: HttpResponse = super().post_login(request, user, **named)
        remember_browser(response, request, user)
        return response

    def reauthenticate(self, user: Any, password: str) -> bool:
        """Whether this is the person's password. Where looking at it has made its hash anew (newer
        versions make them stronger), the session goes on: it is signed with the hash.
        """
        before = user.password
        is_right: bool = super().reauthenticate(user, password)
        user.refresh_from_db(fields=["password"])
        if is_right and user.password != before:
            self.request.session[HASH_SESSION_KEY] = user.get_session_auth_hash()
        return is_right

    def is_reauthentication_required(self, *, app: str, **named: Any) -> bool:
        """Whether `app` wants a fresh password; who has none, being signed in by somebody else,
        signs in anew.

        Raises:
            ImmediateHttpResponse: leads to signing in.
        """
        is_required: bool = super().is_reauthentication_required(app=app, **named)
        request = self.request
        if (
            is_required
            and request.user.is_authenticated
            and not get_reauthentication_flows(request.user)
        ):
            records = get_authentication_records(request, request.user)
            if (
                not records
                or time.time() - records[-1]["at"] > app_settings.REAUTHENTICATION_TIMEOUT
            ):
                logout(request)
                messages.info(
                    request, "This asks for a fresh sign-in. Come in again, then repeat it."
                )
                raise ImmediateHttpResponse(
                    redirect_to_login(
                        request.get_full_path() if request.method == "GET" else "/settings"
                    )
                )
        return is_required


class PasswordBackend(AuthenticationBackend):
    """Looks a name up once, be it a user name or an address: one that nobody has must take as long
    as one that somebody has.
    """

    def _authenticate(self, request: HttpRequest | None, **credentials: Any) -> Any:
        person = Person.named(credentials.get("email") or credentials.get("username") or "")
        return self._check_password(person, credentials.get("password") or "")


class SocialAccountAdapter(DefaultSocialAccountAdapter):
    """Single sign-on for people whom an administrator invited: the provider's verified address must
    be theirs.
    """

    def is_open_for_signup(self, request: HttpRequest, sociallogin: Any) -> bool:
        """Nobody signs up."""
        return False


def _address(text: str) -> str:
    """Return an address without port and brackets, one of IPv4 as such; empty for what is none."""
    text = text.strip()
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        found = ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        return ""
    return str(getattr(found, "ipv4_mapped", None) or found)


def remember_browser(response: HttpResponse, request: HttpRequest, person: Person) -> None:
    """Let a browser be counted by itself when `person` mistypes a password in it; it opens
    nothing.
    """
    if known_browser(request, person):
        return
    value = signing.dumps([person.pk, secrets.token_urlsafe(12)], salt=KNOWN_SALT)
    response.set_cookie(
        settings.KNOWN_COOKIE_NAME,
        value,
        max_age=KNOWN_FOR_SECONDS,
        httponly=True,
        samesite="Lax",
        secure=settings.SESSION_COOKIE_SECURE,
    )


def known_browser(request: HttpRequest, person: Person | None) -> str:
    """Return the name of the browser that a request comes from, if `person` came in by it before;
    else nothing.
    """
    try:
        number, browser = signing.loads(
            request.COOKIES.get(settings.KNOWN_COOKIE_NAME, ""),
            salt=KNOWN_SALT,
            max_age=KNOWN_FOR_SECONDS,
        )
    except (signing.BadSignature, ValueError, TypeError):
        return ""
    return str(browser) if person is not None and number == person.pk else ""
