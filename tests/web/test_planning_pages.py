"""Coverage on the site: the desk's teams, a file of totals alone, and what cannot be asked."""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Iterator
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from helmdesk.desk.desk import Desk
from helmdesk.plan.queues import ServiceLevel
from helmdesk.plan.staffing import Target

Client = Callable[..., Any]


@pytest.fixture(autouse=True)
def _empty(site: Path) -> Iterator[None]:
    from helmdesk.web.apps.planning.models import Draft, KnownDay, SavedScenario, Volumes

    yield
    for model in (Draft, KnownDay, SavedScenario, Volumes):
        model.objects.all().delete()


def totals(weeks: int = 9, handle: str = "300") -> io.BytesIO:
    """A spreadsheet of half-hours: 30 calls in each, 9:00 to 17:00 on working days."""
    monday = datetime(2026, 3, 2)
    lines = ["Interval start,Calls offered,AHT"] if handle else ["Interval start,Calls offered"]
    for day in range(7 * weeks):
        for half in range(18, 34):
            at = monday + timedelta(days=day, minutes=30 * half)
            if at.weekday() < 5:
                lines.append(f"{at:%Y-%m-%d %H:%M},30" + (f",{handle}" if handle else ""))
    made = io.BytesIO("\n".join(lines).encode())
    made.name = "march.csv"
    return made


def text(response: Any) -> str:
    return " ".join(response.content.decode().split())


def cells(response: Any) -> list[list[str]]:
    """The grid as it is read: a row for each time, a cell for each day."""
    rows = re.findall(r'<th scope="row" class="tm">.*?</tr>', response.content.decode(), re.S)
    return [re.findall(r'<span class="unseen">([^<]*)</span>', row) for row in rows]


def test_it_shows_what_the_desk_answers(site: Path, as_: Client) -> None:
    response = as_("pat").get("/plan/coverage?team=Frontline+Berlin&level=90&within=30")
    assert response.status_code == 200
    # The data end on 30 June 2026, a Tuesday: the next whole week begins on 6 July.
    start = date(2026, 7, 6)
    asked = Desk(site).plan.coverage(
        "Frontline Berlin", start=start, target=Target(0.9, 30, ServiceLevel.IGNORE_SHORT)
    )
    said, grid = text(response), cells(response)
    assert asked.service_level is not None and asked.spare is not None
    assert f"{asked.service_level[0]:.0%}" in said and "target 90%" in said
    assert "Contacts of Chat Berlin, Phone Berlin" in said and "6–12 July" in said
    assert all(len(row) == 7 for row in grid)
    short = sum(cell.split()[1] == "short" for row in grid for cell in row if " short " in cell)
    assert short == asked.short_intervals
    needed = int(asked.plan.agents.sum())
    assert (
        sum(int(n) for row in grid for c in row for n in re.findall(r"(\d+) needed", c)) == needed
    )


def test_a_team_lead_sees_the_own_team_alone(as_: Client) -> None:
    said = text(as_("tom").get("/plan/coverage"))
    assert "Frontline Berlin" in said and "Frontline Boston" not in said
    assert "Frontline Boston" in text(as_("pat").get("/plan/coverage"))
    assert "no team" in text(as_("tom").get("/plan/coverage?team=Frontline+Boston")).lower()


def test_agents_and_customers_do_not_plan(as_: Client) -> None:
    for name in ("hugo", "vic"):
        assert as_(name).get("/plan/coverage").status_code == 403


def test_totals_alone_make_a_plan(as_: Client) -> None:
    pat = as_("pat")
    response = pat.post("/plan/volumes", {"file": totals()}, follow=True)
    assert response.status_code == 200
    said = text(response)
    # 45 working days of 16 half-hours with 30 calls each.
    assert "march.csv: 21,600 contacts, 2 March 2026 to 1 May 2026" in said
    # Five Erlangs: C(7, 5) = .324 leaves 78.3% within 60 s, C(8, 5) = .167 leaves 90.8%.
    assert cells(response)[0][0] == "8 needed"
    assert "No shifts are planned yet." in said
    # It is nobody else's, and goes when told.
    link = response.redirect_chain[-1][0]
    assert "not there any more" in text(as_("lea").get(link))
    number = link.rsplit("=", 1)[1]
    assert as_("lea").post(f"/plan/volumes/{number}/remove").status_code == 404
    assert pat.post(f"/plan/volumes/{number}/remove").status_code == 302
    assert "not there any more" in text(pat.get(link))


def test_a_file_without_handle_times_asks_for_them(as_: Client) -> None:
    pat = as_("pat")
    response = pat.post("/plan/volumes", {"file": totals(handle="")}, follow=True)
    assert response.status_code == 400 and "nobody recorded how long" in text(response).lower()
    link = response.redirect_chain[-1][0]
    mended = pat.get(f"{link}&handle=240")
    assert mended.status_code == 200 and "240 s, as given" in text(mended)


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("start=2020-01-01", "cannot be planned here"),
        ("start=soon", "is no date"),
        ("level=100", "from 1 to 99.9"),
        ("level=many", "is no number"),
        ("within=-1", "from 0 to 86400"),
        ("file=999999", "not there any more"),
        ("file=x", "choose one of yours"),
        ("team=Nobody", "No team"),
        ("holidays=Atlantis", "Atlantis"),
    ],
)
def test_what_cannot_be_asked_is_said_on_the_page(as_: Client, query: str, said: str) -> None:
    response = as_("pat").get(f"/plan/coverage?{query}")
    assert response.status_code == 400
    page = text(response)
    assert said in page and "Traceback" not in page and "Targets and assumptions" in page


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "empty"),
        (b"a,b\n1,2\n", "no column of times"),
        (b"Interval start,calls\n2026-03-02 09:00,many\n", "is no number of contacts"),
    ],
)
def test_a_file_that_cannot_be_read_says_why(as_: Client, content: bytes, said: str) -> None:
    file = io.BytesIO(content)
    file.name = "odd.csv"
    response = as_("pat").post("/plan/volumes", {"file": file})
    assert response.status_code == 400
    page = text(response)
    assert said in page and "odd.csv" in page and "/tmp" not in page
    assert as_("pat").post("/plan/volumes", {}).status_code == 400


BERLIN = "/plan/what-if?team=Frontline+Berlin"


def test_a_change_is_tried_and_kept(as_: Client) -> None:
    lea = as_("lea")
    response = lea.get(f"{BERLIN}&later=1&begin=10:30")
    assert response.status_code == 200
    said = text(response)
    assert "What if 1 shift begins at 10:30 every day?" in said
    assert "Paid hours a week" in said and "20 simulated weeks" in said
    # The check stands before the first number.
    assert said.index("Do not rely on these numbers") < said.index("Paid hours a week")
    kept = {"team": "Frontline Berlin", "later": "1", "begin": "10:30", "name": "One later"}
    response = lea.post("/plan/what-if/keep", kept, follow=True)
    assert "One later" in text(response)
    # Who sees the whole desk sees what was tried on it; a team lead sees own trials.
    assert "One later" in text(as_("pat").get(BERLIN))
    assert "One later" not in text(as_("tom").get(BERLIN))
    from helmdesk.web.apps.planning.models import SavedScenario

    made = SavedScenario.objects.get(name="One later")
    assert made.levers == {"later": "1"} and len(made.numbers) >= 2
    assert as_("pat").post(f"/plan/what-if/kept/{made.pk}/remove").status_code == 404
    assert lea.post(f"/plan/what-if/kept/{made.pk}/remove").status_code == 302
    assert not SavedScenario.objects.exists()


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("later=two", "is no number"),
        ("meals=noon", "write two times"),
        ("begin=99:00&later=1", "is no time"),
        ("moved=10&moved_from=Fax&moved_to=Chat+Berlin", "no queue 'Fax'"),
        ("pool=Nobody", "no team 'Nobody'"),
        ("start=2019-01-01", "cannot be planned here"),
    ],
)
def test_a_change_that_is_none_is_said_beside_the_levers(
    as_: Client, query: str, said: str
) -> None:
    response = as_("lea").get(f"{BERLIN}&{query}")
    assert response.status_code == 400
    page = response.content.decode().replace("&#x27;", "'")
    assert said.lower() in page.lower() and "Work it out" in page and "Traceback" not in page


def test_nothing_is_kept_without_a_name_or_a_change(as_: Client) -> None:
    lea = as_("lea")
    assert lea.post("/plan/what-if/keep", {"later": "1"}).status_code == 400
    assert lea.post("/plan/what-if/keep", {"name": "Nothing"}).status_code == 400


SCHEDULE = "/plan/schedule?team=Frontline+Berlin&start=2026-07-06"
OWN = {"team": "Frontline Berlin", "start": "2026-07-06"}


def shifts_of(response: Any) -> int:
    return len(re.findall(r'class="shift (?:early|mid|late)', response.content.decode()))


def person_of(response: Any) -> str:
    found = re.search(r"person=([^&\"]+)&amp;day=0#edit", response.content.decode())
    assert found
    return found[1]


@pytest.fixture
def no_events() -> Iterator[None]:
    from helmdesk.web.apps.events.models import Event
    from helmdesk.web.apps.jobs.models import Job

    def clear() -> None:
        Event.objects.all().delete()
        Job.objects.filter(kind="events").delete()

    clear()  # of other tests of this process
    yield
    clear()


def test_a_week_is_planned_changed_and_published(as_: Client, no_events: None) -> None:
    from helmdesk.web.apps.events.models import Event
    from helmdesk.web.apps.jobs.models import Job
    from helmdesk.web.apps.planning.models import Draft

    pat = as_("pat")
    first = pat.get(SCHEDULE)
    assert first.status_code == 200
    assert "Not planned yet: as it was last planned" in text(first)
    planned, person = shifts_of(first), person_of(first)
    assert planned > 0
    assert "Begins" in text(pat.get(f"{SCHEDULE}&person={person}&day=0"))
    filled = pat.post("/plan/schedule/change", {**OWN, "do": "fill"}, follow=True)
    assert "Planned: short by" in text(filled) and "Draft:" in text(filled)
    assert shifts_of(filled) >= planned
    away = {**OWN, "do": "away", "person": person, "day": "0"}
    assert "is away on Monday" in text(pat.post("/plan/schedule/change", away, follow=True))
    # Others of the same eyes see the draft, a team lead has one of their own.
    assert "Draft:" in text(as_("lea").get(SCHEDULE))
    assert "Draft:" not in text(as_("tom").get(SCHEDULE))
    # Filled again, who is away stays away.
    again = pat.post("/plan/schedule/change", {**OWN, "do": "fill"}, follow=True)
    draft = Draft.objects.get(published_at=None)
    assert again.status_code == 200
    assert not [s for s in draft.plan if (s.person, s.day) == (person, 0)]
    done = pat.post("/plan/schedule/publish", OWN, follow=True)
    assert "Published to" in text(done)
    # Other tests change settings, which is an event too.
    events = list(Event.objects.exclude(kind="config_changed"))
    assert {event.kind for event in events} == {"shift_planned"}
    assert len({event.said["shift_id"] for event in events}) == len(draft.plan)
    assert Job.objects.filter(kind="events", done_at=None).exists()
    assert Draft.objects.filter(published_at=None).count() == 0


def test_a_broken_rule_is_named_and_not_published(as_: Client, no_events: None) -> None:
    from helmdesk.web.apps.events.models import Event

    lea = as_("lea")
    person = person_of(lea.get(SCHEDULE))
    for day, start in (("0", "15:00"), ("1", "6:00")):
        said = {**OWN, "do": "shift", "person": person, "day": day, "begins": start}
        shown = lea.post("/plan/schedule/change", said, follow=True)
    assert "11 are needed" in text(shown)
    refused = lea.post("/plan/schedule/publish", OWN)
    assert refused.status_code == 400 and "rules are broken" in text(refused)
    assert not Event.objects.exists()
    gone = lea.post("/plan/schedule/change", {**OWN, "do": "discard"}, follow=True)
    assert "The draft is gone" in text(gone) and "11 are needed" not in text(gone)


@pytest.mark.parametrize(
    ("said", "problem"),
    [
        ({"do": "shift", "day": "0", "begins": "noon"}, "is no time"),
        ({"do": "shift", "day": "0", "begins": "9:00", "end": "8:00"}, "ends before it begins"),
        ({"do": "shift", "day": "9", "begins": "9:00"}, "choose one of these days"),
        ({"do": "shift", "day": "0", "person": "nobody", "begins": "9:00"}, "somebody of the team"),
        ({"do": "rules", "rest_hours": "many"}, "is no number"),
        ({"do": "rules", "rest_hours": "30"}, "hours of rest"),
        ({"do": "rules", "earliest": "9:00", "latest": "12:00"}, "shifts of 8 hours in a day of 3"),
        ({"do": "rules", "hours_a_week": "2"}, "paid hours fits into 2"),
    ],
)
def test_a_change_that_cannot_be(as_: Client, said: dict[str, str], problem: str) -> None:
    pat = as_("pat")
    person = person_of(pat.get(SCHEDULE))
    response = pat.post("/plan/schedule/change", {**OWN, "person": person, **said})
    assert response.status_code == 400 and problem in text(response)


def test_the_plan_goes_out_and_comes_in(as_: Client) -> None:
    pat = as_("pat")
    person = person_of(pat.get(SCHEDULE))
    sheet = pat.get(f"/plan/schedule/save/csv?{SCHEDULE.split('?')[1]}")
    assert sheet["Content-Type"].startswith("text/csv") and b"start_at" in sheet.content
    calendar = pat.get(f"/plan/schedule/save/ics?{SCHEDULE.split('?')[1]}&person={person}")
    assert calendar.content.startswith(b"BEGIN:VCALENDAR") and b"BEGIN:VEVENT" in calendar.content
    assert pat.get(f"/plan/schedule/save/exe?{SCHEDULE.split('?')[1]}").status_code == 404
    file = io.BytesIO(sheet.content)
    file.name = "plan.csv"
    read = pat.post("/plan/schedule/import", {**OWN, "file": file}, follow=True)
    assert "shifts read" in text(read) and "Draft: 0 changes" in text(read)
    odd = io.BytesIO(b"agent_id,start_at,end_at\nNobody,2026-07-06 09:00,2026-07-06 17:00\n")
    odd.name = "odd.csv"
    refused = pat.post("/plan/schedule/import", {**OWN, "file": odd})
    assert refused.status_code == 400 and "not one of this team" in text(refused)


def test_today_says_how_the_day_goes(as_: Client) -> None:
    response = as_("pat").get("/plan/today?team=Frontline+Berlin")
    said = text(response)
    assert response.status_code == 200 and "Wed 1" in said
    # The data end an hour after midnight: all of the day is ahead.
    assert "contacts are expected today." in said or "Nothing was forecast" in said
    assert as_("hugo").get("/plan/today").status_code == 403
    assert "Frontline Boston" not in text(as_("tom").get("/plan/today"))
    missing = as_("pat").get("/plan/today?team=Nobody")
    assert missing.status_code == 400 and "No team" in text(missing)


def test_a_number_that_people_move_leads_to_a_change(as_: Client) -> None:
    shown = as_("lea").get("/metric/missed_contact_rate?team=Frontline+Berlin&days=91")
    assert 'href="/plan/what-if?team=Frontline%20Berlin"' in shown.content.decode()
    assert "/plan/what-if" not in re.sub(
        r"<aside.*?</aside>",
        "",
        as_("lea").get("/metric/csat?days=91").content.decode(),
        flags=re.S,
    )
