"""Open work as it stands: age and severity, clocks about to breach, what nobody has taken."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from django.http import HttpResponse

from helmdesk.analysis.sla_at import ClockState
from helmdesk.query.measurement import REASONS
from helmdesk.query.periods import local_date
from helmdesk.web.access import EVERYONE, STAFF
from helmdesk.web.apps.early_warning.naming import named_chances
from helmdesk.web.page import Page, Route
from helmdesk.web.rendering import filters, show
from helmdesk.web.request import DeskRequest
from helmdesk.web.view_state import ViewState

SHOWN, HOUR = 15, 3600
NOT_RECORDED, _ = REASONS["not_recorded"]


@dataclass(frozen=True)
class RightNow:
    """Open work at the end of the data; late and soon are None where nobody promised anything."""

    total: int
    late: int | None
    soon: int | None
    unassigned: int


def right_now(request: DeskRequest, view: ViewState) -> RightNow:
    """Return how much open work there is, and how much of it is late."""
    work = request.desk.open_work(where=view.filter)
    # Where nobody ever promised anything, no clock is late, and none is in time.
    if request.desk.missing("breach_exposure", "clocks"):
        return RightNow(work.total, None, None, work.unassigned)
    left = [
        (clock["time_left_seconds"], clock["state"])
        for clock in request.desk.sla_at(where=view.filter)
    ]
    return RightNow(
        work.total,
        sum(seconds < 0 for seconds, _ in left),
        sum(0 <= seconds < HOUR and state == ClockState.RUNNING for seconds, state in left),
        work.unassigned,
    )


def now(request: DeskRequest) -> HttpResponse:
    """Show open work at the end of the data."""
    view = ViewState.of(request)
    work = request.desk.open_work(where=view.filter)
    clocks = request.desk.sla_at(where=view.filter)
    counts = right_now(request, view)
    today = local_date(request.desk.as_of, request.desk.settings.time_zone)
    # The rows as they stand at the end of the data, as the figure does: not at the last midnight.
    point = {"start": today.isoformat(), "end": (today + timedelta(days=1)).isoformat()}
    context = {
        "work": work,
        "point": point,
        "clocks": clocks[:SHOWN],
        "clock_count": len(clocks),
        "risk": named_chances("breach") if request.user.role in STAFF else {},
        "late": NOT_RECORDED if counts.late is None else counts.late,
        "soon": NOT_RECORDED if counts.soon is None else counts.soon,
        "shown": SHOWN,
    }
    return show(
        request,
        "now.html",
        "Now",
        **context,
        **filters(request, view, has_comparison=False, has_dates=False),
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
