"""Where somebody looks first after a load."""

from __future__ import annotations

from helmdesk.errors import OutOfRangeError
from helmdesk.web.request import DeskRequest

LOOKS, ENOUGH_TICKETS = ("28-days", "91-days", "364-days"), 30


def scorecard_address(request: DeskRequest) -> str:
    """Return the address of the scorecard over the shortest window that has tickets to show: the
    end of a file is often thin.
    """
    if not request.desk.record_types or request.desk.missing("ticket_volume"):
        return "/"
    try:
        for window in LOOKS:
            if request.desk.measure("ticket_volume", window=window)[0].n >= ENOUGH_TICKETS:
                break
    except OutOfRangeError:
        return "/data"  # all of it is of today, and a day counts when it is over
    return f"/?window={window}"
