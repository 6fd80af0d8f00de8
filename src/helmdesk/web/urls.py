"""Addresses: pages by scanning, the API, sign-in, and what operators watch."""

from __future__ import annotations

from django.urls import include, path
from django.views.generic import RedirectView

from helmdesk.web.api.site import api
from helmdesk.web.apps.people.first_password import set_password
from helmdesk.web.operations import health, measurements
from helmdesk.web.page import page_patterns

urlpatterns = [
    *page_patterns(),
    path("api/v1/", api.urls),
    # Addresses and forgotten passwords are an administrator's business: no mail is sent, and nobody
    # takes another's address.
    *(
        path(f"account/{part}/", RedirectView.as_view(url="/settings"))
        for part in ("password/reset", "email", "signup")
    ),
    path("account/password/set/", set_password),
    path("account/", include("allauth.urls")),
    path("healthz", health, name="health"),
    path("metrics", measurements, name="measurements"),
]
handler400, handler403 = "helmdesk.web.errors.bad_request", "helmdesk.web.errors.forbidden"
handler404, handler500 = "helmdesk.web.errors.not_found", "helmdesk.web.errors.failed"
