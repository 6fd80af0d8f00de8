"""For operators: is it alive, and how does it do."""

from __future__ import annotations

from datetime import UTC

from django.db import connection
from django.http import HttpResponse, JsonResponse
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from helmdesk.errors import HelmdeskError
from helmdesk.web import telemetry
from helmdesk.web.access import ADMINISTRATORS, ANYBODY, restrict
from helmdesk.web.api.tokens import token_of
from helmdesk.web.apps.jobs import queue
from helmdesk.web.request import DeskRequest


def _health(request: DeskRequest) -> HttpResponse:
    """Answer 200 when database and mart can be read, 503 with the part that cannot otherwise."""
    parts = {"database": True, "mart": True}
    try:
        with connection.cursor() as cursor:
            cursor.execute("select 1")
    except Exception:  # Whatever the driver raises: the answer is that it cannot be reached.
        parts["database"] = False
    try:
        request.desk.check()
    except HelmdeskError:
        parts["mart"] = False
    is_well = all(parts.values())
    return JsonResponse(
        {"status": "ok" if is_well else "failing", **parts}, status=200 if is_well else 503
    )


def _measurements(request: DeskRequest) -> HttpResponse:
    """Answer in Prometheus' text form, to an administrator or to a token with the scope
    `operate`.
    """
    token = token_of(request)
    if (
        not (token and token.allows("operate"))
        and getattr(request.user, "role", "") not in ADMINISTRATORS
    ):
        return HttpResponse(
            "a token with the scope 'operate' is needed\n", status=401, content_type="text/plain"
        )
    telemetry.lake_version.set(request.desk.lake_version)
    telemetry.data_end.set(request.desk.as_of.replace(tzinfo=UTC).timestamp())
    telemetry.jobs_waiting.set(queue.due().count())
    telemetry.jobs_oldest.set(queue.oldest_seconds() or 0)
    telemetry.jobs_troubled.set(queue.troubled().count())
    return HttpResponse(generate_latest(telemetry.registry), content_type=CONTENT_TYPE_LATEST)


health = restrict(_health, ANYBODY)
measurements = restrict(_measurements, ANYBODY)
