"""Live accounts: connecting one, watching it catch up, letting it go again."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.debug import sensitive_post_parameters, sensitive_variables
from django.views.decorators.http import require_POST

from helmdesk.connectors.parts.connector import Connector, connectors, find_connector
from helmdesk.connectors.parts.waking import HEADER, by_token
from helmdesk.desk.connections import Connection, Connections
from helmdesk.desk.described import describe
from helmdesk.desk.first_look import FirstLook, look
from helmdesk.desk.folder import limits_of
from helmdesk.errors import HelmdeskError, UsageError
from helmdesk.web.access import ADMINISTRATORS, ANYBODY
from helmdesk.web.apps.connections.forms import AccountForm
from helmdesk.web.apps.connections.health import account_of, accounts, progress_of
from helmdesk.web.apps.connections.jobs import ask_now, leave, under_way
from helmdesk.web.apps.connections.receiving import receive
from helmdesk.web.apps.connections.waking import wake
from helmdesk.web.apps.jobs.worker import living
from helmdesk.web.apps.people.audit import audit
from helmdesk.web.first_window import scorecard_address
from helmdesk.web.page import Page, Route
from helmdesk.web.rendering import show
from helmdesk.web.request import DeskRequest

LIST = "connections"
SHORTEST_SECRET = 16


def _connections() -> Connections:
    return Connections(Path(settings.DESK_FOLDER))


def connections(request: DeskRequest) -> HttpResponse:
    """Show the live accounts, and the systems of which one can be connected."""
    return show(
        request,
        "connections.html",
        "Live accounts",
        accounts=accounts(Path(settings.DESK_FOLDER)),
        systems=[(name, each) for name, each in connectors() if each.is_on_site],
        elsewhere=[(name, each) for name, each in connectors() if not each.is_on_site],
        may_load=True,
    )


def _is_sample(request: DeskRequest) -> bool:
    return request.desk.settings.is_sample


@sensitive_post_parameters()
def connect(request: DeskRequest, system: str) -> HttpResponse:
    """Ask for what a system needs, try the key, and remember it; nothing is fetched yet."""
    if _is_sample(request):
        raise UsageError(
            "this desk holds the sample; remove the sample before connecting an account of your own"
        )
    connector = find_connector(system)
    if not connector.is_on_site:
        raise UsageError(
            f"{connector.title}: connected where the site runs, by whoever may sign in there:"
            f" helmdesk connect {system}"
        )
    return _form(request, system, connector, None)


@sensitive_post_parameters()
def change(request: DeskRequest, name: str) -> HttpResponse:
    """Ask for an account's key anew: whoever says where it is sent to has to have it."""
    known = _connections().get(name)
    return _form(request, known.system, known.connector, known)


@sensitive_variables()
def _form(
    request: DeskRequest, system: str, connector: Connector[Any], known: Connection | None
) -> HttpResponse:
    own = _connections()
    form = AccountForm(
        request.POST or None, system=system, connector=connector, connections=own, known=known
    )
    found: FirstLook | None = None
    if request.method == "POST" and form.is_valid():
        found, answers = _look(request, form)
        if found and not found.missing:
            made = form.connection(answers)
            own.add(made, form.secrets)
            own.tell_look(made.name, found)
            audit(
                "changed a live account" if known else "connected a live account",
                made.name,
                request=request,
                system=system,
            )
            if known:
                messages.success(request, "The new key works, and is used from now on.")
            return redirect("connection", made.name)
    return show(
        request,
        "connect.html",
        f"Connect {connector.title}",
        form=form,
        connector=connector,
        known=known,
        look=found,
    )


@sensitive_variables()
def _look(request: DeskRequest, form: AccountForm) -> tuple[FirstLook | None, dict[str, str]]:
    """Try what was typed; what is wrong with it stands in the form."""
    answers = dict(form.answers)
    try:
        api = form.connector.open(answers)
        try:
            found = look(form.connector, api, form.first_day)
            if not found.missing:
                answers = describe(form.connector, api, answers, limits_of(request.desk.settings))
            return found, answers
        finally:
            api.close()
    except HelmdeskError as error:
        form.add_error(None, str(error))
        return None, answers


def connection(request: DeskRequest, name: str) -> HttpResponse:
    """Show one account: what its key may read, how far it is, and what it takes."""
    own = _connections()
    if name not in own.names():
        own.get(name)  # says what there is
    account = account_of(own, name)
    job = under_way(name)
    return show(
        request,
        "connection.html",
        f"Live account {name}",
        account=account,
        job=job,
        is_going=job is not None,
        look=own.looked(name),
        progress=progress_of(own, account),
        has_worker=living().exists(),
        scorecard="" if job else scorecard_address(request),
        **_notices(request, own, name),
    )


def _notices(request: DeskRequest, own: Connections, name: str) -> dict[str, Any]:
    """Return where an account may send notices, and whether it may; nothing where it sends none."""
    try:
        known = own.get(name)
        if known.connector.is_from is None:
            return {}
        has_secret = bool(own.waking_secret(known))
    except HelmdeskError:
        return {}  # the page says what is wrong with the connection
    address = request.build_absolute_uri(reverse("wake_account", args=[name]))
    by_header = HEADER if known.connector.is_from is by_token else ""
    return {"wake_address": address, "may_wake": has_secret, "wake_header": by_header}


@sensitive_post_parameters()
@require_POST
def change_connection(request: DeskRequest, name: str) -> HttpResponse:
    """Start or pause fetching, try the key again, or let the account go."""
    own, do = _connections(), request.POST.get("do", "")
    if do == "disconnect":
        if not request.POST.get("sure"):
            raise UsageError("say that you want it: tick the box")
        own.remove(name)
        leave(name, "the account was disconnected")
        audit("disconnected a live account", name, request=request)
        messages.success(request, f"{name} is forgotten, its key too. Its tickets stay.")
        return redirect(LIST)
    steps: dict[str, Any] = {
        "start": _start,
        "pause": _pause,
        "look": _look_again,
        "wake": _let_wake,
    }
    if do not in steps:
        raise UsageError("start it, pause it, try its key, let it send notices, or disconnect it")
    steps[do](request, own, own.get(name))
    return redirect("connection", name)


def _start(request: DeskRequest, own: Connections, found: Connection) -> None:
    own.pause(found.name, False)
    audit("asked for a live account", found.name, request=request)
    ask_now(found.name)


def _pause(request: DeskRequest, own: Connections, found: Connection) -> None:
    own.pause(found.name, True)
    leave(found.name, "the account was paused")
    audit("paused a live account", found.name, request=request)
    messages.success(request, "Paused. What was fetched stays, and it goes on from there.")


@sensitive_variables()
def _let_wake(request: DeskRequest, own: Connections, found: Connection) -> None:
    secret = request.POST.get("secret", "").strip()
    if found.connector.is_from is None:
        raise UsageError("nothing of this kind sends notices")
    if secret and len(secret) < SHORTEST_SECRET:
        raise UsageError(f"a secret has {SHORTEST_SECRET} characters or more")
    own.keep_waking_secret(found.name, secret)
    did = "let a live account send notices" if secret else "ended the notices of a live account"
    audit(did, found.name, request=request)
    done = "Notices are taken from now on." if secret else "Notices are taken no more."
    messages.success(request, done)


def _look_again(request: DeskRequest, own: Connections, found: Connection) -> None:
    try:
        api = own.open(found)
        try:
            own.tell_look(found.name, look(found.connector, api, found.since))
        finally:
            api.close()
    except HelmdeskError as error:
        messages.error(request, str(error))
    else:
        messages.success(request, "The key works; what it may read stands below.")


page = Page(
    title="Live accounts",
    roles=ADMINISTRATORS,
    routes=(
        Route("data/connections", connections, LIST),
        Route("data/connect/<slug:system>", connect, "connect"),
        Route("data/connections/<slug:name>", connection, "connection"),
        Route("data/connections/<slug:name>/change", change, "change_account"),
        Route("hooks/records/<slug:name>", receive, "receive_records", ANYBODY),
        Route("hooks/wake/<slug:name>", wake, "wake_account", ANYBODY),
        Route("data/connections/<slug:name>/go", change_connection, "change_connection"),
    ),
    help="connect a helpdesk account, watch it catch up, disconnect it",
    needs_data=False,
)
