"""Settings of the desk for administrators, and of oneself for everybody."""

from __future__ import annotations

import json
import math
from dataclasses import fields, replace
from datetime import timedelta
from typing import Any
from zoneinfo import available_timezones

from allauth.account.decorators import reauthentication_required
from allauth.mfa.models import Authenticator
from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST

from helmdesk.errors import UsageError
from helmdesk.settings import WEEKDAYS, Settings, Target
from helmdesk.web.access import ADMINISTRATORS, EVERYONE, STAFF, Role
from helmdesk.web.apps.events.models import note_event
from helmdesk.web.apps.people.audit import AuditEvent, audit, audit_state
from helmdesk.web.apps.people.models import SCOPES, ApiToken, Person, scopes_of
from helmdesk.web.page import Page, Route
from helmdesk.web.rendering import show
from helmdesk.web.request import DeskRequest
from helmdesk.web.view_state import whole_number

LOGGED, MOST_PAGES = 100, 1_000_000
LONGEST_TOKEN_DAYS = 366


class PersonForm(forms.ModelForm):
    """Somebody who may sign in, and who that is in the data."""

    teams = forms.MultipleChoiceField(
        required=False, widget=forms.CheckboxSelectMultiple, help_text="for team leads"
    )

    class Meta:
        model = Person
        fields = (
            "username",
            "first_name",
            "last_name",
            "email",
            "role",
            "agent",
            "teams",
            "account",
            "is_active",
        )

    def __init__(self, *arguments: Any, desk: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self.desk = desk
        self.agents = desk.agents()
        known = sorted(
            {
                *desk.segments().get("team", []),
                *filter(None, self.agents.values()),
                *(self.instance.teams or []),
            }
        )
        self.fields["teams"].choices = [(name, name) for name in known]  # type: ignore[attr-defined]
        self.fields["agent"].help_text = "for agents: the name in the data"
        self.fields["account"].help_text = "for viewers of one account: its name in the data"
        self.fields["email"].help_text = "single sign-on knows people by it"

    def clean(self) -> dict[str, Any]:
        """Refuse identities that the data do not have, and roles without the identity they need."""
        found = super().clean() or {}
        role, agent, account = found.get("role"), found.get("agent", ""), found.get("account", "")
        if agent and agent not in self.agents:
            self.add_error("agent", f"there is no agent called {agent!r} in the data")
        if account and account not in self.desk.segments().get("account", []):
            self.add_error("account", f"there is no account called {account!r} in the data")
        if role == Role.TEAM_LEAD and not found.get("teams"):
            self.add_error("teams", "a team lead needs at least one team")
        if role == Role.AGENT and not agent:
            self.add_error("agent", "an agent needs the name in the data")
        if role == Role.ACCOUNT_VIEWER and not account:
            self.add_error("account", "a viewer of one account needs its name")
        others = Person.objects.filter(role=Role.ADMINISTRATOR, is_active=True).exclude(
            pk=self.instance.pk
        )
        is_administrator = role == Role.ADMINISTRATOR and found.get("is_active")
        for field in ("username", "email"):
            namesake = Person.named(found.get(field) or "")
            if namesake is not None and namesake.pk != self.instance.pk:
                self.add_error(field, "somebody else signs in by this")
        if (
            self.instance.pk
            and self.initial.get("role") == Role.ADMINISTRATOR
            and not is_administrator
            and not others.exists()
        ):
            raise ValidationError("this is the last administrator; make another one first")
        return found


class DeskForm(forms.Form):
    """What the desk shows and how it counts."""

    name = forms.CharField(max_length=100, help_text="in headings")
    time_zone = forms.ChoiceField(help_text="where days, weeks and months begin")
    week_start = forms.ChoiceField(choices=[(day, day) for day in WEEKDAYS])
    scorecard = forms.MultipleChoiceField(
        widget=forms.CheckboxSelectMultiple, label="Metrics on the scorecard"
    )

    def __init__(self, *arguments: Any, desk: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        zones = [(zone, zone) for zone in sorted(available_timezones())]
        self.fields["time_zone"].choices = zones  # type: ignore[attr-defined]
        choices = [(key, entry.metric.name) for key, entry in desk.catalogue.items()]
        self.fields["scorecard"].choices = choices  # type: ignore[attr-defined]


def people(request: DeskRequest) -> HttpResponse:
    """List people and their roles."""
    return show(request, "people.html", "People", people=Person.objects.order_by("username"))


@reauthentication_required(app="helmdesk", allow_get=True)  # type: ignore[untyped-decorator]
def person(request: DeskRequest, pk: int | None = None) -> HttpResponse:
    """Add somebody, or change what somebody is here for."""
    found = Person.objects.filter(pk=pk).first() if pk else None
    if pk and found is None:
        raise Http404
    form = PersonForm(request.POST or None, instance=found, desk=request.desk)
    link = ""
    if request.method == "POST" and form.is_valid():
        saved = form.save(commit=False)
        saved.teams = form.cleaned_data["teams"]
        if not saved.pk:
            saved.set_unusable_password()
        # The epoch is another's business: an old one would bring ended sessions back.
        saved.save(update_fields=form.Meta.fields if saved.pk else None)
        audit(
            "changed a person" if pk else "added a person",
            saved.username,
            request=request,
            role=saved.role,
            changed=form.changed_data,
        )
        if not saved.is_active or "role" in form.changed_data:
            saved.shut_out()
        if pk:
            messages.success(request, f"{saved} is changed.")
            return redirect("people")
        link = request.build_absolute_uri(reverse("invitation", args=[saved.invite()]))
        found = saved
    return _show_person(request, form, found, link)


@require_POST
@reauthentication_required(app="helmdesk")  # type: ignore[untyped-decorator]
def invite(request: DeskRequest, pk: int) -> HttpResponse:
    """Make a new one-time link, for a first password or a forgotten one; what is open elsewhere is
    closed.
    """
    found = Person.objects.filter(pk=pk, is_active=True).first()
    if found is None:
        raise Http404
    link = request.build_absolute_uri(reverse("invitation", args=[found.invite()]))
    audit("invited", found.username, request=request)
    return _show_person(request, PersonForm(instance=found, desk=request.desk), found, link)


def _show_person(
    request: DeskRequest, form: PersonForm, found: Person | None, link: str
) -> HttpResponse:
    has_factor = found is not None and Authenticator.objects.filter(user=found).exists()
    title = str(found) if found else "Add somebody"
    return show(
        request,
        "person.html",
        title,
        form=form,
        person=found,
        link=link,
        has_factor=has_factor,
        agents=request.desk.agents(),
    )


@require_POST
@reauthentication_required(app="helmdesk")  # type: ignore[untyped-decorator]
def remove_second_factor(request: DeskRequest, pk: int) -> HttpResponse:
    """Take the second factor off somebody who lost it, and close what is open; the password stays,
    and a new factor can be added.
    """
    found = Person.objects.filter(pk=pk).first()
    if found is None:
        raise Http404
    Authenticator.objects.filter(user=found).delete()
    found.shut_out()
    audit("removed a second factor", found.username, request=request)
    messages.success(
        request, f"{found} signs in by password alone until a second factor is added again."
    )
    return redirect("people")


def desk(request: DeskRequest) -> HttpResponse:
    """Show and change what the desk shows: metrics, targets, time zone."""
    live = request.desk
    current = live.settings
    initial = {
        "name": current.name,
        "time_zone": current.time_zone,
        "week_start": current.week_start,
        "scorecard": list(current.scorecard),
    }
    form = DeskForm(request.POST or None, initial=initial, desk=live)
    problem = ""
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        try:
            targets = read_targets(request, live.catalogue)
        except UsageError as error:
            problem = str(error)
        else:
            # What stays keeps its order; what is new goes to the end.
            order = [key for key in current.scorecard if key in given["scorecard"]] + [
                key for key in given["scorecard"] if key not in current.scorecard
            ]
            changed = replace(
                current,
                name=given["name"],
                time_zone=given["time_zone"],
                week_start=given["week_start"],
                scorecard=tuple(order),
                targets=targets,
            )
            live.change_settings(changed)
            with transaction.atomic():
                note_changes(current, changed)
                audit(
                    "changed the desk",
                    request=request,
                    changed=[
                        *form.changed_data,
                        *(["targets"] if targets != dict(current.targets) else []),
                    ],
                )
            messages.success(request, "Saved.")
            return redirect("desk_settings")
    wanted = [
        (entry.metric, _target_text(current.targets.get(key)))
        for key, entry in live.catalogue.items()
        if key in current.scorecard
    ]
    return show(
        request,
        "desk_settings.html",
        "Settings",
        form=form,
        targets=wanted,
        problem=problem,
        is_suggested=not current.is_sample,
    )


def note_changes(before: Settings, after: Settings) -> None:
    """Note which settings changed: what they were belongs to what the numbers were."""
    for field in fields(Settings):
        old, new = getattr(before, field.name), getattr(after, field.name)
        if old != new:
            note_event(
                "config_changed",
                field=field.name,
                value=json.dumps(new, ensure_ascii=False, default=str),
                previous=json.dumps(old, ensure_ascii=False, default=str),
            )


def read_targets(request: DeskRequest, catalogue: Any) -> dict[str, Target]:
    """Return targets by metric from the fields ``target.KEY``; those of metrics not on the form
    stay as they are.

    Raises:
        UsageError: a text that is neither a number nor "low to high".
    """
    found = dict(request.desk.settings.targets)
    for name, text in request.POST.items():
        key = name.removeprefix("target.")
        if not name.startswith("target.") or key not in catalogue:
            continue
        unit = catalogue[key].metric.unit
        parts = [part.strip() for part in str(text).replace("–", " to ").split(" to ")]
        if parts == [""]:
            found.pop(key, None)
            continue
        try:
            numbers = [_number(part, unit) for part in parts]
        except ValueError as error:
            raise UsageError(
                f"the target of {catalogue[key].metric.name}: {text!r} is no number, such as 90%, 4"
                " h or 75% to 85%"
            ) from error
        if len(numbers) > 2 or numbers != sorted(numbers):
            raise UsageError(
                f"the target of {catalogue[key].metric.name}: give one number, or the lower to the"
                " higher"
            )
        found[key] = numbers[0] if len(numbers) == 1 else (numbers[0], numbers[1])
    return found


UNITS = {"s": 1, "min": 60, "h": 3600, "d": 86_400}


def _number(text: str, unit: str) -> float:
    """Read a number in a metric's unit: shares as percentages, durations with s, min, h or d."""
    if unit == "share" and text.endswith("%"):
        return round(float(text.removesuffix("%")) / 100, 6)
    if unit == "seconds":
        for word, size in sorted(UNITS.items(), key=lambda item: -len(item[0])):
            if text.endswith(word):
                return float(text.removesuffix(word)) * size
    number = float(text.replace(",", ""))
    if not math.isfinite(number):
        raise ValueError(text)
    return number


def _target_text(target: Target | None) -> str:
    if target is None:
        return ""
    return f"{target[0]:g} to {target[1]:g}" if isinstance(target, tuple) else f"{target:g}"


def definitions(request: DeskRequest) -> HttpResponse:
    """Show calendars, holidays, SLA policies, instruments, queues and teams as the desk knows them;
    an upload changes them.
    """
    return show(request, "definitions.html", "Definitions", **request.desk.definitions())


def mine(request: DeskRequest) -> HttpResponse:
    """Show one's own settings: theme, sessions, second factor, API tokens."""
    me: Any = request.user
    if request.method == "POST":
        theme = request.POST.get("theme", "")
        if theme not in ("", "light", "dark"):
            raise UsageError(f"unknown theme {theme!r}")
        me.theme, me.home = theme, "" if request.POST.get("reset_home") else me.home
        me.save(update_fields=["theme", "home"])
        messages.success(request, "Saved.")
        return redirect("my_settings")
    return _show_mine(request)


def _show_mine(request: DeskRequest, secret: str = "") -> HttpResponse:
    me: Any = request.user
    return show(
        request,
        "my_settings.html",
        "My settings",
        tokens=me.tokens.all(),
        scopes=scopes_of(me.role),
        secret=secret,
        now=timezone.now(),
    )


@require_POST
@reauthentication_required(app="helmdesk")  # type: ignore[untyped-decorator]
def make_token(request: DeskRequest) -> HttpResponse:
    """Make an API token; its secret is in this one answer, and kept nowhere."""
    me: Any = request.user
    name, days, scopes = (
        request.POST.get("name", "").strip(),
        request.POST.get("days", "90"),
        request.POST.getlist("scopes"),
    )
    if not 1 <= len(name) <= 100:
        raise UsageError("a token needs a name of 1 to 100 characters")
    lifetime = timedelta(days=whole_number("days", days, 1, LONGEST_TOKEN_DAYS))
    if not scopes or not set(scopes) <= set(SCOPES):
        raise UsageError(f"choose at least one scope of {', '.join(SCOPES)}")
    if not set(scopes) <= set(scopes_of(me.role)):
        raise PermissionDenied("the scope 'operate' is for administrators")
    token, secret = ApiToken.issue(me, name, sorted(set(scopes)), timezone.now() + lifetime)
    audit("made a token", token.name, request=request, scopes=token.scopes)
    return _show_mine(request, secret)


@require_POST
def revoke_token(request: DeskRequest, pk: int) -> HttpResponse:
    """Make one's own token stop working at once."""
    me: Any = request.user
    found = me.tokens.filter(pk=pk, revoked_at=None).first()
    if found is None:
        raise Http404
    found.revoked_at = timezone.now()
    found.save(update_fields=["revoked_at"])
    audit("revoked a token", found.name, request=request)
    return redirect("my_settings")


def log(request: DeskRequest) -> HttpResponse:
    """Show what was done: sign-ins, changes, exports."""
    number = whole_number("page", request.GET.get("page") or "1", 1, MOST_PAGES)
    events = AuditEvent.objects.all()[(number - 1) * LOGGED : number * LOGGED]
    return show(
        request,
        "audit.html",
        "Audit log",
        events=events,
        state=audit_state(),
        number=number,
        has_more=AuditEvent.objects.count() > number * LOGGED,
    )


page = Page(
    title="Settings",
    roles=EVERYONE,
    routes=(
        Route("settings", mine, "my_settings"),
        Route("settings/tokens", make_token, "make_token", STAFF),
        Route("settings/tokens/<int:pk>/revoke", revoke_token, "revoke_token", STAFF),
        Route("settings/desk", desk, "desk_settings", ADMINISTRATORS),
        Route("settings/definitions", definitions, "definitions", STAFF),
        Route("settings/people", people, "people", ADMINISTRATORS),
        Route("settings/people/new", person, "new_person", ADMINISTRATORS),
        Route("settings/people/<int:pk>", person, "person", ADMINISTRATORS),
        Route("settings/people/<int:pk>/invite", invite, "invite", ADMINISTRATORS),
        Route(
            "settings/people/<int:pk>/second-factor",
            remove_second_factor,
            "remove_second_factor",
            ADMINISTRATORS,
        ),
        Route("settings/audit", log, "audit_log", ADMINISTRATORS),
    ),
    place=90,
    key=",",
    help="your theme, sessions and tokens; people, metrics shown, targets, definitions, audit log",
    group="Keep",
    icon="gear",
    needs_data=False,
)
