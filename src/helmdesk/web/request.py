"""A request as views meet it: with the desk as its reader may see it."""

from __future__ import annotations

from django.http import HttpRequest

from helmdesk.desk.scoped import ScopedDesk
from helmdesk.query.policy import Policy


class DeskRequest(HttpRequest):
    """What the middleware makes of a request; views are checked against it.

    Attributes:
        request_id: what its log line and error pages name it by.
        desk: the desk as the reader may see it, the only way to the data.
        policy: the policy that it asks under.
        problem: what is wrong with how its page was filtered; empty when nothing is.
    """

    request_id: str
    desk: ScopedDesk
    policy: Policy
    problem: str
