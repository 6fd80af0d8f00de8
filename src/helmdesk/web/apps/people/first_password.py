"""A first password for somebody who comes in by single sign-on."""

from __future__ import annotations

from allauth.account.decorators import reauthentication_required
from allauth.account.internal.flows.reauthentication import is_reauthentication_required
from allauth.account.views import password_set
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

_guarded = reauthentication_required(password_set, app="helmdesk")


def set_password(request: HttpRequest) -> HttpResponse:
    """Set it after a fresh sign-in: whoever finds a session open must not give the account a way in
    of his own.
    """
    if request.method == "POST" and is_reauthentication_required(request, app="helmdesk"):
        # What waits for a fresh sign-in is kept in the session, where no password belongs: ask for
        # it again.
        return redirect(request.path)
    response: HttpResponse = _guarded(request)
    return response
