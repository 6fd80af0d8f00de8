"""Open work as it stands: age and severity, clocks about to breach, what nobody has taken."""

from __future__ import annotations

from datetime import timedelta

from django.http import HttpResponse

from helmdesk.analysis.sla_at import ClockState
from helmdesk.query.measurement import REASONS
from helmdesk.query.periods import local_date
from helmdesk.web.access import EVERYONE
from helmdesk.web.page import Page, Route
from helmdesk.web.rendering import filters, show
from helmdesk.web.request import DeskRequest
from helmdesk.web.view_state import ViewState

SHOWN = 40
NOT_RECORDED, _ = REASONS["not_recorded"]


def now(request: DeskRequest) -> HttpResponse:
    """Show open work at the end of the data."""
    view = ViewState.of(request)
    work = request.desk.open_work(where=view.filter)
    clocks = request.desk.sla_at(where=view.filter)
    late = sum(clock["time_left_seconds"] < 0 for clock in clocks)
    soon = sum(
        0 <= clock["time_left_seconds"] < 3600 and clock["state"] == ClockState.RUNNING
        for clock in clocks
    )
    today = local_date(request.desk.as_of, request.desk.settings.time_zone)
    # Where nobody ever promised anything, no clock is late, and none is in time.
    is_promised = not request.desk.missing("breach_exposure", "clocks")
    # The rows as they stand at the end of the data, as the figure does: not at the last midnight.
    point = {"start": today.isoformat(), "end": (today + timedelta(days=1)).isoformat()}
    context = {
        "work": work,
        "point": point,
        "clocks": clocks[:SHOWN],
        "clock_count": len(clocks),
        "late": late if is_promised else NOT_RECORDED,
        "soon": soon if is_promised else NOT_RECORDED,
        "shown": SHOWN,
    }
    return show(
        request,
        "now.html",
        "Now",
        **context,
        **filters(request, view, without_comparison=True, without_window=True, shows_dates=False),
    )


page = Page(
    title="Queue now",
    roles=EVERYONE,
    routes=(Route("now", now, "now"),),
    place=20,
    key="n",
    help="open work by age, clocks about to breach, time left, unassigned",
    icon="inbox",
    tab="Queue",
)
