"""Own shifts, days off, swaps: who sees what, who decides, which rules hold, what is noted."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from helmdesk.desk.desk import Desk
from helmdesk.plan.shifts.publish import events_of
from helmdesk.plan.simulation.people import Shift
from helmdesk.sources.helmdesk import source
from helmdesk.sources.parts.source import Options
from web.conftest import PASSWORD

Client = Callable[..., Any]
TEAM, MONDAY = "Frontline Berlin", date(2026, 7, 27)
WEEK = {"team": TEAM, "start": str(MONDAY)}


@pytest.fixture(scope="module")
def people(site: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """Hugo works Monday to Wednesday, another of the team from Wednesday to Friday, in a week that
    is published; by name, who they are in the data.
    """
    from helmdesk.web.apps.people.models import Person

    desk = Desk(site)
    week = desk.plan.week(TEAM, start=MONDAY)
    known = {name: person for person, name in week.names.items()}
    other = next(name for name in sorted(known) if name != "Hugo" and known[name])
    made = Person.objects.create_user("mate", password=PASSWORD, role="agent", agent=other)
    shifts = [Shift(known["Hugo"], day, 540, 1020, (), (0,), ((720, 750),)) for day in (0, 1, 2)]
    shifts += [Shift(known[other], day, 600, 1080, (), (0,), ((780, 810),)) for day in (2, 3, 4)]
    told = events_of([], shifts, {}, MONDAY, ZoneInfo(desk.settings.time_zone), "pat", "w31")
    file = tmp_path_factory.mktemp("week") / "events.jsonl"
    at = "2026-06-20T08:00:00+00:00"
    rows = [
        {"id": f"w31-{n}", "at": at, "type": kind, **said} for n, (kind, said) in enumerate(told)
    ]
    file.write_text("".join(f"{json.dumps(row)}\n" for row in rows))
    desk.load_with(lambda staging: source.read(staging, [file], Options()), source.name, "w31")
    yield {"Hugo": known["Hugo"], "mate": known[other], "mate's name": other}
    desk.unload(["w31"])
    made.delete()


@pytest.fixture(autouse=True)
def _empty(site: Path) -> Iterator[None]:
    from helmdesk.web.apps.events.models import Event
    from helmdesk.web.apps.planning.models import Draft, ShiftRequest

    Event.objects.all().delete()
    yield
    for model in (ShiftRequest, Draft, Event):
        model.objects.all().delete()


def text(response: Any) -> str:
    return " ".join(response.content.decode().split())


def ask(client: Any, do: str, **said: Any) -> Any:
    return client.post("/me/shifts/ask", {"do": do, **said})


def decide(client: Any, pk: int, do: str) -> Any:
    return client.post("/plan/schedule/decide", {**WEEK, "pk": pk, "do": do, "words": "fine"})


def events() -> list[Any]:
    from helmdesk.web.apps.events.models import Event

    return list(Event.objects.filter(kind__startswith="shift_"))


def test_one_sees_the_own_shifts_alone(as_: Client, people: dict[str, str]) -> None:
    said = text(as_("hugo").get("/me/shifts"))
    assert "Monday, 27 July" in said and "9:00 to 17:00" in said and "22.5 paid hours" in said
    assert "Thursday, 30 July" not in said and "10:00 to 18:00" not in said
    calendar = as_("hugo").get("/me/shifts.ics").content.decode()
    # 9:00 in Berlin in July is 7:00 UTC; three shifts of one's own.
    assert calendar.count("BEGIN:VEVENT") == 3 and "DTSTART:20260727T070000Z" in calendar
    assert as_("vic").get("/me/shifts").status_code == 403


def test_leave_is_asked_decided_and_recorded(as_: Client, people: dict[str, str]) -> None:
    from helmdesk.web.apps.people.audit import AuditEvent
    from helmdesk.web.apps.planning.models import ShiftRequest

    hugo, tom = as_("hugo"), as_("tom")
    assert ask(hugo, "leave", day="2026-07-28", until="2026-07-30").status_code == 302
    found = ShiftRequest.objects.get()
    # The same days twice, or by nobody of the team, are refused.
    assert ask(hugo, "leave", day="2026-07-30").status_code == 400
    assert decide(hugo, found.pk, "approve").status_code == 403
    assert decide(as_("ann"), found.pk, "approve").status_code == 403
    page = text(tom.get(f"/plan/schedule?team={TEAM}&start={MONDAY}"))
    assert "days off, 28–30 July" in page
    assert decide(tom, found.pk, "approve").status_code == 302
    found.refresh_from_db()
    assert (found.state, found.answer) == ("approved", "fine")
    # Two shifts become time off; Thursday, on which none was planned, is a whole day off.
    told = events()
    assert [each.said["activity"] for each in told if each.kind == "shift_planned"] == ["time_off"]
    changes = [each.said for each in told if each.kind == "shift_changed"]
    assert {said["agent_id"] for said in changes} == {people["Hugo"]}
    assert {said["activity"] for said in changes} == {"time_off"} and len(changes) == 2
    assert all(said["approved_by"] == "tom" for said in changes)
    # Whoever fills the week plans nobody on approved leave, before the records have it.
    filled = as_("pat").post("/plan/schedule/change", {**WEEK, "do": "fill"}, follow=True)
    assert filled.status_code == 200
    from helmdesk.web.apps.planning.models import Draft

    days = {shift.day for shift in Draft.objects.get().plan if shift.person == people["Hugo"]}
    assert not days & {1, 2, 3}
    assert AuditEvent.objects.filter(subject="Hugo", person="tom").exists()
    assert "approved: “fine”" in text(hugo.get("/me/shifts"))


def test_a_swap_takes_both_and_the_lead(as_: Client, people: dict[str, str]) -> None:
    from helmdesk.web.apps.people.models import Person
    from helmdesk.web.apps.planning.models import ShiftRequest

    hugo, mate, tom = as_("hugo"), as_("mate"), as_("tom")
    colleague = Person.objects.get(username="mate").pk
    # Nobody can give a shift that is not theirs, or to somebody of another team.
    assert ask(hugo, "swap", day="2026-07-31", colleague=colleague).status_code == 400
    stranger = Person.objects.get(username="pat").pk
    assert ask(hugo, "swap", day="2026-07-27", colleague=stranger).status_code == 400
    assert ask(hugo, "swap", day="2026-07-27", colleague=colleague).status_code == 302
    found = ShiftRequest.objects.get()
    assert decide(tom, found.pk, "approve").status_code == 400  # the colleague comes first
    assert ask(hugo, "take", pk=found.pk).status_code == 404
    assert "A colleague asks you" in text(mate.get("/me/shifts"))
    assert ask(mate, "take", pk=found.pk, other_day="2026-07-28").status_code == 400
    assert ask(mate, "take", pk=found.pk, other_day="2026-07-31").status_code == 302
    assert decide(tom, found.pk, "approve").status_code == 302
    who = {(each.said["agent_id"], each.said["start_at"][:10], each.said["activity"] == "time_off")
           for each in events() if each.said["activity"] in ("work", "time_off")}  # fmt: skip
    assert who == {
        (people["Hugo"], "2026-07-27", True),
        (people["mate"], "2026-07-27", False),
        (people["mate"], "2026-07-31", True),
        (people["Hugo"], "2026-07-31", False),
    }


def test_a_swap_that_breaks_a_rule_is_not_approved(as_: Client, people: dict[str, str]) -> None:
    from helmdesk.web.apps.people.models import Person
    from helmdesk.web.apps.planning.models import ShiftRequest

    hugo, mate, tom = as_("hugo"), as_("mate"), as_("tom")
    colleague = Person.objects.get(username="mate").pk
    # On Wednesday both work: the colleague would work two shifts on one day.
    assert ask(hugo, "swap", day="2026-07-29", colleague=colleague).status_code == 302
    found = ShiftRequest.objects.get()
    assert ask(mate, "take", pk=found.pk).status_code == 302
    page = text(tom.get(f"/plan/schedule?team={TEAM}&start={MONDAY}"))
    assert "two shifts at once" in page
    assert decide(tom, found.pk, "approve").status_code == 400
    found.refresh_from_db()
    assert found.state == "agreed" and not events()
    assert ask(hugo, "withdraw", pk=found.pk).status_code == 302
    assert decide(tom, found.pk, "decline").status_code == 404
    assert MONDAY + timedelta(days=2) == found.day
