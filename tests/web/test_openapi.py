"""The OpenAPI document against the API itself: whatever it allows is answered as it says, and never
with a 500.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest


@pytest.mark.filterwarnings("ignore")
def test_nothing_that_the_document_allows_breaks_the_api(as_: Any, site: Any) -> None:
    import schemathesis
    from django.core.wsgi import get_wsgi_application
    from django.utils import timezone
    from hypothesis import HealthCheck, Phase, given, settings

    from helmdesk.web.apps.people.models import SCOPES, ApiToken, Person

    _, secret = ApiToken.issue(
        Person.objects.get(username="ada"), "fuzz", list(SCOPES), timezone.now() + timedelta(days=1)
    )
    key = {"Authorization": f"Bearer {secret}", "Host": "testserver"}
    document = schemathesis.openapi.from_wsgi(
        "/api/v1/openapi.json", get_wsgi_application(), headers={"Host": "testserver"}
    )
    asked = []

    for operation in document.get_all_operations():

        @settings(
            max_examples=12,
            deadline=None,
            suppress_health_check=list(HealthCheck),
            phases=[Phase.generate],
            database=None,
        )
        @given(case=operation.ok().as_strategy())
        def one(case: Any) -> None:
            asked.append(case.operation.path)
            case.headers = {**(case.headers or {}), **key}
            response = case.call()
            assert response.status_code < 500, (
                case.method,
                case.path,
                case.query,
                response.text[:300],
            )

        one()
    assert len(set(asked)) == len(as_("ada").get("/api/v1/openapi.json").json()["paths"])
