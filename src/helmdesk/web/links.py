"""Links that people have stored or that came with a request: they stay on this site."""

from __future__ import annotations

import unicodedata

from django.http import HttpRequest
from django.utils.http import url_has_allowed_host_and_scheme


def leads_here(request: HttpRequest | None, address: str) -> bool:
    """Whether a browser stays on this site when it follows an address; it drops tabs and line
    breaks before it reads one.
    """
    if any(unicodedata.category(character)[0] == "C" for character in address):
        return False
    hosts = {request.get_host()} if request else set()
    return url_has_allowed_host_and_scheme(
        address, allowed_hosts=hosts, require_https=bool(request and request.is_secure())
    )
