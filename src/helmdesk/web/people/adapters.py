"""How people come in: by invitation only, never by signing themselves up; guesses are counted per account."""

from __future__ import annotations

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from django.db.models import Q
from django.http import HttpRequest


class AccountAdapter(DefaultAccountAdapter):
    """Passwords for people whom an administrator invited."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Nobody signs up."""
        return False

    def _get_login_attempts_cache_key(self, request: HttpRequest, **credentials: Any) -> str:
        """Count guesses per account: one count for user name and address, whatever host the browser asked for."""
        from helmdesk.web.people.models import Person

        login = (credentials.get("email") or credentials.get("username") or "").strip().lower()
        person = Person.objects.filter(Q(username__iexact=login) | Q(email__iexact=login)).order_by("pk").first() if login else None
        return f"person {person.pk}" if person else f"nobody {login}"


class SocialAccountAdapter(DefaultSocialAccountAdapter):
    """Single sign-on for people whom an administrator invited: the provider's verified address must be theirs."""

    def is_open_for_signup(self, request: HttpRequest, sociallogin: Any) -> bool:
        """Nobody signs up."""
        return False
