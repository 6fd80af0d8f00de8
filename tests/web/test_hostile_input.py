"""Addresses that nobody types by accident: whatever stands in them is answered, as wrong where it
is, and never with a 500.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

import pytest

VALUES = {
    "an overflowing number": "1e999",
    "a thousand digits": "9" * 1000,
    "a negative": "-1",
    "no number": "NaN",
    "endless": "inf",
    "the first year": "0001-01-01",
    "the last year": "9999-12-31",
    "the end of time": "9999-12-31T23:59:59+14:00",
    "no day": "2026-02-30",
    "quotes": "'\"`\\",
    "a format": "%s%n{0}{{x}}",
    "other alphabets": "оценка 评分 \u202e\U0001f600",
    "a control": "a\x01\x7f\r\nb",
    "brackets": "(" * 500,
    "a filter without end": "channel = 'phone' and " * 200,
    "a number as a filter": "priority > 1e999",
    "an injection": "x' or 1=1; drop table tickets; --",
    "many": "channel," * 200,
    "nothing": "",
    "a path": "../../../../etc/passwd",
}
# Of the pairs of a word and a value, so many are drawn for each address, always the same.
PAIRS = 60
BASE = {"metric": "csat"}
WORDS = (
    "metric",
    "variant",
    "clock",
    "by",
    "grain",
    "where",
    "start",
    "end",
    "window",
    "compare",
    "at",
    "as_of",
    "limit",
    "offset",
    "cursor",
    "page",
    "sort",
    "order",
    "q",
    "format",
    "days",
    "target",
)
ADDRESSES = (
    "/api/v1/measure",
    "/api/v1/receipt",
    "/api/v1/rows",
    "/api/v1/scorecard",
    "/api/v1/distribution/csat",
    "/api/v1/dispersion/csat",
    "/api/v1/segments",
    "/api/v1/clocks",
    "/api/v1/open-work",
    "/api/v1/accounts",
    "/api/v1/annotations",
    "/api/v1/metrics/csat/rules",
    "/scorecard",
    "/metric/csat",
    "/tickets",
    "/now",
    "/find",
    "/accounts",
    "/clocks",
    "/team",
    "/catalogue",
    "/audit",
)


@pytest.mark.parametrize("address", ADDRESSES)
def test_no_input_breaks_a_page(address: str, as_: Callable[..., Any]) -> None:
    client = as_("ada")
    broken = []
    pairs = [(word, name) for word in WORDS for name in VALUES]
    for word, name in random.Random(address).sample(pairs, PAIRS):
        status = client.get(
            address, {**(BASE if "/api/" in address else {}), word: VALUES[name]}
        ).status_code
        if status >= 500:
            broken.append(f"{word} = {name}: {status}")
    assert not broken


@pytest.mark.parametrize("name", VALUES)
def test_no_identifier_breaks_a_page(name: str, as_: Callable[..., Any]) -> None:
    from urllib.parse import quote

    client = as_("ada")
    for address in (
        "/metric/{}",
        "/ticket/{}",
        "/account/{}",
        "/agent/{}",
        "/api/v1/tickets/{}",
        "/api/v1/metrics/{}",
        "/dashboards/{}",
        "/catalogue/{}",
    ):
        status = client.get(address.format(quote(VALUES[name], safe=""))).status_code
        assert status < 500, (address, name)


@pytest.mark.parametrize("address", ["/scorecard", "/metric/csat", "/tickets", "/settings"])
def test_a_browser_keeps_no_private_page(address: str, as_: Callable[..., Any]) -> None:
    response = as_("ada").get(address)
    assert (response.status_code, response["Cache-Control"]) == (200, "private, no-store")
