"""Today: how the day goes beside its forecast, the next four hours, and what closes their gaps."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.http import HttpResponse

from helmdesk.errors import HelmdeskError
from helmdesk.plan.today import Today, sentence, words_of
from helmdesk.web.access import LEADS
from helmdesk.web.apps.planning.models import planners_know
from helmdesk.web.apps.planning.words import show_day, show_minute
from helmdesk.web.page import Page, Route
from helmdesk.web.rendering import show
from helmdesk.web.request import DeskRequest

TITLE = "Today"


def today(request: DeskRequest) -> HttpResponse:
    """Show a team's day at the end of the data."""
    team = request.GET.get("team", "").strip()
    try:
        day, names = request.desk.plan.today(team, factors=planners_know())
        crews = request.desk.plan.crews()
    except HelmdeskError as error:
        problem = f"{str(error)[:1].upper()}{str(error)[1:]}"
        return show(request, "today.html", TITLE, 400, problem=problem)
    name = day.coverage.crew.name
    return show(
        request,
        "today.html",
        TITLE,
        day=day,
        team=name,
        crews=[(each.name, f"?{urlencode({'team': each.name})}") for each in crews],
        date=show_day(day.coverage.plan.forecast.first_day),
        at=show_minute(day.over * day.interval_minutes),
        sentence=sentence(day),
        rows=_rows(day),
        offers=[
            (f"{show_minute(each.minute)} to {show_minute(each.end)}", words_of(each, names))
            for each in day.offers
        ],
        is_short=bool((day.spare[list(day.ahead)] < 0).any()) if len(day.ahead) else False,
    )


def _rows(day: Today) -> list[dict[str, Any]]:
    """Return the day by interval: what was forecast, what came or is expected, people."""
    used = ((day.forecast > 0) | (day.expected > 0) | (day.people > 0)).nonzero()[0]
    if not used.size:
        return []
    spare = day.spare
    rows = []
    for i in range(int(used[0]), int(used[-1]) + 1):
        missing = int(spare[i])
        rows.append(
            {
                "time": show_minute(i * day.interval_minutes),
                "forecast": f"{day.forecast[i]:.0f}",
                "came": f"{day.came[i]:.0f}" if i < day.over else "",
                "expected": "" if i < day.over else f"{day.expected[i]:.0f}",
                "need": f"{day.need[i]:.0f}",
                "people": f"{day.people[i]:.1f}".removesuffix(".0"),
                "tone": f"s{min(3, -missing)}"
                if missing < 0
                else f"p{min(3, missing)}"
                if missing
                else "",
                "spare": f"−{-missing}" if missing < 0 else f"+{missing}" if missing else "·",
                "is_next": i in day.ahead,
            }
        )
    return rows


page = Page(
    title=TITLE,
    roles=LEADS,
    place=40,
    group="Plan",
    icon="clock",
    help="how the day goes beside its forecast, and what can be done about it",
    routes=(Route("plan/today", today, "plan_today"),),
)
