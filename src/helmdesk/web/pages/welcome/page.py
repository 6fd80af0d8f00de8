"""Before there is anything: the first administrator by a one-time code, invited people's passwords,
three ways to begin.
"""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth import login
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import redirect, render

from helmdesk.connectors.parts.connector import connectors
from helmdesk.web.access import ANYBODY, DATA_KEEPERS, EVERYONE, Role, is_empty
from helmdesk.web.apps.people.adapters import remember_browser
from helmdesk.web.apps.people.audit import audit
from helmdesk.web.apps.people.models import Person, SetupCode
from helmdesk.web.page import Page, Route
from helmdesk.web.rendering import show
from helmdesk.web.request import DeskRequest

BACKEND = "django.contrib.auth.backends.ModelBackend"


def welcome(request: DeskRequest) -> HttpResponse:
    """Offer three ways to begin; somebody who may not load is told who can."""
    if not is_empty(request):
        return redirect("home")
    systems = [(name, each.title) for name, each in connectors() if each.is_on_site]
    may_load = getattr(request.user, "role", "") in DATA_KEEPERS
    return show(
        request,
        "welcome.html",
        "Welcome",
        systems=systems,
        may_load=may_load,
        is_administrator=getattr(request.user, "role", "") == Role.ADMINISTRATOR,
    )


class PasswordForm(forms.Form):
    """A first password, typed twice."""

    password = forms.CharField(
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        label="Password",
        help_text="at least twelve characters",
    )
    again = forms.CharField(
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}), label="Password again"
    )

    def __init__(self, *arguments: Any, person: Person | None = None, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self.person = person

    def clean(self) -> dict[str, Any]:
        """Refuse two different passwords, and weak ones."""
        found = super().clean() or {}
        if found.get("password") != found.get("again"):
            raise ValidationError("the two passwords differ")
        validate_password(found.get("password") or "", self.person)
        return found


class SetupForm(PasswordForm):
    """The first administrator."""

    code = forms.CharField(
        label="One-time code", help_text="printed in the terminal where the site was started"
    )
    username = forms.SlugField(max_length=100, label="User name")
    email = forms.EmailField(required=False, label="E-mail (for single sign-on)")
    field_order = ("code", "username", "email", "password", "again")

    def clean(self) -> dict[str, Any]:
        """Refuse a name that somebody has already: the desk may have had an administrator."""
        self.person = Person(
            username=self.cleaned_data.get("username", ""), email=self.cleaned_data.get("email", "")
        )
        found = super().clean()
        for field in ("username", "email"):
            if Person.named(found.get(field) or ""):
                self.add_error(field, "somebody else signs in by this")
        return found


def setup(request: DeskRequest) -> HttpResponse:
    """Make the first administrator; whoever can read the terminal may, nobody else, and only while
    there is none.
    """
    if Person.objects.filter(role=Role.ADMINISTRATOR, is_active=True).exists():
        raise PermissionDenied("there is an administrator already; ask to be invited")
    form = SetupForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        if not SetupCode.accepts(form.cleaned_data["code"]):
            audit("set-up code refused", request=request)
            form.add_error(
                "code", "not the code, or tried too often; start the site again for a new one"
            )
        else:
            given = form.cleaned_data
            with transaction.atomic():
                person = Person.objects.create_user(
                    given["username"], given["email"], given["password"], role=Role.ADMINISTRATOR
                )
                SetupCode.objects.all().delete()
            audit("made the first administrator", person.username, person=person, request=request)
            login(request, person, backend=BACKEND)
            return redirect("home")
    return render(
        request,
        "entrance.html",
        {"title": "First administrator", "form": form, "button": "Make the account"},
    )


def invitation(request: DeskRequest, secret: str) -> HttpResponse:
    """Let an invited person choose a password, once; whatever the old one opened is closed, and
    signing in asks for it all.
    """
    person = Person.invited_by(secret)
    if person is None:
        raise PermissionDenied(
            "this invitation was used, replaced or is too old; ask for a new one"
        )
    form = PasswordForm(request.POST or None, person=person)
    if request.method == "POST" and form.is_valid():
        person.set_password(form.cleaned_data["password"])
        person.invitation, person.invited_at = "", None
        person.save(update_fields=["password", "invitation", "invited_at"])
        person.shut_out()
        audit("accepted an invitation", person.username, person=person, request=request)
        messages.success(request, "The password is set. Sign in with it.")
        response = redirect("account_login")
        remember_browser(response, request, person)
        return response
    return render(
        request,
        "entrance.html",
        {"title": f"Welcome, {person}", "form": form, "button": "Choose this password"},
    )


page = Page(
    title="Welcome",
    roles=EVERYONE,
    routes=(
        Route("welcome", welcome, "welcome"),
        Route("setup", setup, "setup", ANYBODY),
        Route("invitation/<str:secret>", invitation, "invitation", ANYBODY),
    ),
    needs_data=False,
)
