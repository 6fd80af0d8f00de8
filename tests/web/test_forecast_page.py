"""Forecast on the site: what is shown is what the desk says; what planners know is used at once by
every page, stays to be read, and is noted in the log.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from helmdesk.desk.desk import Desk
from helmdesk.plan.forecast import DayFactor, Event

Client = Callable[..., Any]
# The data end on 30 June 2026; the next whole week begins on Monday, 6 July.
QUEUE, MONDAY = "Phone Berlin", date(2026, 7, 6)


@pytest.fixture(autouse=True)
def _empty(site: Path) -> Iterator[None]:
    from helmdesk.web.apps.planning.models import KnownDay

    yield
    KnownDay.objects.all().delete()


def text(response: Any) -> str:
    return " ".join(response.content.decode().split())


def expected(response: Any) -> list[float]:
    """Contacts expected, day by day, as the table has them."""
    rows = re.findall(r'<th scope="row" class="nowrap">.*?</tr>', response.content.decode(), re.S)
    cells = [re.search(r'class="number">([\d.,]+)<', row) for row in rows]
    return [float(cell[1].replace(",", "")) for cell in cells if cell]


def test_it_shows_what_the_desk_says(site: Path, as_: Client) -> None:
    response = as_("pat").get(f"/plan/forecast?queue={QUEUE}&start={MONDAY}")
    assert response.status_code == 200
    _, made = Desk(site).plan.forecast(QUEUE, start=MONDAY, days=7)
    shown = expected(response)
    assert len(shown) == 7 and shown == pytest.approx(made.totals, abs=0.51)
    assert "6–12 July" in text(response) and QUEUE in text(response)


def test_what_is_known_of_a_day_counts_at_once_everywhere(site: Path, as_: Client) -> None:
    pat, here = as_("pat"), f"/plan/forecast?queue={QUEUE}&start={MONDAY}"
    usual = expected(pat.get(here))
    said = {"do": "day", "day": "2026-07-08", "reason": "Street festival", "share": "900"}
    assert pat.post("/plan/forecast/know", said).status_code == 302
    assert expected(pat.get(here))[2] == pytest.approx(9 * usual[2], abs=0.6)
    # Whom the team needs goes by it, too: coverage, schedule and what-if ask the same desk.
    factor = DayFactor(date(2026, 7, 8), 9.0, "pat", "Street festival")
    plan = Desk(site).plan
    asked = plan.coverage("Frontline Berlin", start=MONDAY, factors=(factor,))
    plain = plan.coverage("Frontline Berlin", start=MONDAY)
    assert asked.plan.agent_hours > plain.plan.agent_hours
    page = text(pat.get(f"/plan/coverage?team=Frontline+Berlin&start={MONDAY}"))
    total = f"{asked.plan.forecast.totals.sum():,.0f}"
    assert total in page and total != f"{plain.plan.forecast.totals.sum():,.0f}"


def test_changes_end_what_stood_and_stay_to_be_read(as_: Client) -> None:
    from helmdesk.web.apps.people.audit import AuditEvent
    from helmdesk.web.apps.planning.models import KnownDay, planners_know

    pat = as_("pat")
    event = {"do": "event", "reason": "New prices", "day": "2026-07-06", "uplift": "30"}
    assert pat.post("/plan/forecast/know", {**event, "half_life": "5"}).status_code == 302
    first = KnownDay.standing().get()
    (known,) = planners_know()
    assert isinstance(known, Event) and (known.start, known.half_life_days) == (MONDAY, 5)
    assert known.uplift == pytest.approx(0.3)
    changed = {**event, "uplift": "50", "half_life": "5", "changes": str(first.pk)}
    assert pat.post("/plan/forecast/know", changed).status_code == 302
    first.refresh_from_db()
    assert first.ended_at and first.ended_by and first.ended_by.username == "pat"
    now = KnownDay.standing().get()
    assert now.factor == 1.5
    assert "What counted before" in text(pat.get("/plan/forecast"))
    # What has ended cannot end twice, by nobody.
    gone = {"do": "end", "pk": str(first.pk)}
    assert pat.post("/plan/forecast/know", gone).status_code == 404
    assert pat.post("/plan/forecast/know", {"do": "end", "pk": str(now.pk)}).status_code == 302
    assert planners_know() == ()
    noted = AuditEvent.objects.filter(subject="New prices").values_list("action", flat=True)
    assert len(noted) == 3 and len(set(noted)) == 2


def test_several_days_and_public_holidays(as_: Client) -> None:
    from helmdesk.plan.forecast import Holidays, NamedDay
    from helmdesk.web.apps.planning.models import planners_know

    pat = as_("pat")
    days = {"do": "day", "day": "2026-12-24", "until": "2026-12-26", "reason": "Closed early"}
    assert pat.post("/plan/forecast/know", days).status_code == 302
    for _ in range(2):  # the same place twice counts once
        place = {"do": "holidays", "place": "de-be"}
        assert pat.post("/plan/forecast/know", place).status_code == 302
    known = planners_know()
    assert known.count(Holidays("DE-BE")) == 1 and len(known) == 4
    assert NamedDay(date(2026, 12, 25), "Closed early") in known


@pytest.mark.parametrize(
    ("said", "names"),
    [
        ({"do": "day", "day": "soon", "reason": "x"}, "Day"),
        ({"do": "day", "day": "2026-07-08", "until": "2026-07-01", "reason": "x"}, "Until"),
        ({"do": "day", "day": "2026-07-08", "until": "2027-07-01", "reason": "x"}, "Until"),
        ({"do": "day", "day": "2026-07-08", "reason": "x", "share": "-1"}, "Percent"),
        ({"do": "day", "day": "2026-07-08", "reason": "x", "queue": "Nowhere"}, "Nowhere"),
        ({"do": "event", "reason": "x", "day": "2026-07-08", "uplift": "-99"}, "More contacts"),
        ({"do": "holidays", "place": "XX"}, "XX"),
        ({"do": "nothing"}, "choose what is known"),
    ],
)
def test_what_cannot_be_known_says_which_field(
    as_: Client, said: dict[str, str], names: str
) -> None:
    from helmdesk.web.apps.planning.models import planners_know

    response = as_("pat").post("/plan/forecast/know", said)
    assert response.status_code == 400 and names in text(response)
    assert planners_know() == ()


def test_kept_forecasts_are_for_who_sees_the_whole_desk(site: Path, as_: Client) -> None:
    from helmdesk.web.apps.jobs.worker import Worker
    from helmdesk.web.apps.planning.jobs import keep_forecast

    desk = Desk(site)
    for _ in range(2):  # what is kept already is not kept again
        assert as_("pat").post("/plan/forecast/know", {"do": "keep"}).status_code == 302
        Worker(is_thread=False, known={keep_forecast.name: keep_forecast}).work_off()
    versions = desk.plan.versions(QUEUE)
    assert len(versions) == 1 and versions[0].contacts.shape[0] == 28
    assert "Kept forecasts" in text(as_("pat").get("/plan/forecast"))
    lead = text(as_("tom").get(f"/plan/forecast?queue={QUEUE}"))
    assert "Kept forecasts" not in lead and "Phone Boston" not in lead


def test_agents_and_customers_do_not_forecast(as_: Client) -> None:
    for name in ("hugo", "vic"):
        assert as_(name).get("/plan/forecast").status_code == 403
        assert as_(name).post("/plan/forecast/know", {"do": "keep"}).status_code == 403
