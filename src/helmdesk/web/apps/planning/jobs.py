"""Jobs of planning: each night's forecast is kept, so that it can be held against what came."""

from __future__ import annotations

from django.conf import settings

from helmdesk.desk.desk import Desk
from helmdesk.web.apps.jobs.kind import Held, Nothing, job
from helmdesk.web.apps.planning.models import planners_know

DAYS = 28


@job("forecast", "Keep the forecast", Nothing, tries=2, schedule="daily 04:50", is_local=True)
def keep_forecast(held: Held[Nothing]) -> None:
    """Keep what is expected of the next four weeks, queue by queue; nothing where the newest one
    kept was made from the same day on and from the same records.
    """
    desk = Desk(settings.DESK_FOLDER)
    if not desk.lake.snapshot().files:
        return
    planner = desk.plan.planner()
    known, made = planners_know(), []
    for demand in planner.demands:
        held.tell(f"forecasting {demand.queue}")
        made += planner.forecast(DAYS, queues=[demand.queue], factors=known)
    if made and not desk.plan.is_kept(made):
        desk.plan.keep(made)
