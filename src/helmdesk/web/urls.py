"""Addresses: pages by scanning, the API, sign-in, and what operators watch."""

from __future__ import annotations

from django.urls import include, path

from helmdesk.web.api.site import api
from helmdesk.web.operations import health, measurements
from helmdesk.web.page import page_patterns

urlpatterns = [
    *page_patterns(),
    path("api/v1/", api.urls),
    path("account/", include("allauth.urls")),
    path("healthz", health, name="health"),
    path("metrics", measurements, name="measurements"),
]
handler400, handler403 = "helmdesk.web.errors.bad_request", "helmdesk.web.errors.forbidden"
handler404, handler500 = "helmdesk.web.errors.not_found", "helmdesk.web.errors.failed"
