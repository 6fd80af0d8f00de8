"""Errors of the API, as its description tells them."""

from __future__ import annotations

from typing import Any

from ninja import Schema


class Problem(Schema):
    """An error, RFC 9457."""

    type: str
    title: str
    status: int
    code: str
    detail: str
    request_id: str


ERRORS: dict[int, Any] = {
    400: Problem,
    401: Problem,
    403: Problem,
    404: Problem,
    409: Problem,
    422: Problem,
}
