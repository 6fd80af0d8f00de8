"""Who takes a call: shifts of the desk, private calendars, turns, and people who are not there."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from desks import load_events, make_desk
from effort import tries
from helmdesk.query.policy import OWNER
from web.booking_desk import (
    DAY,
    HOUR,
    MINUTE,
    NOW,
    PEOPLE,
    TEAM,
    TUESDAY,
    booked,
    clear,
    make_kind,
    staff,
    told,
)
from web.conftest import text


@pytest.fixture(autouse=True)
def _empty(site: Path) -> Iterator[None]:
    clear()
    yield
    clear()


@pytest.fixture(autouse=True)
def now(monkeypatch: pytest.MonkeyPatch) -> Callable[[datetime], None]:
    """Let the site's clock stand at a moment."""
    from helmdesk.web.apps.jobs import queue

    def stand(moment: datetime) -> None:
        monkeypatch.setattr(queue, "now", lambda: moment)

    stand(NOW)
    return stand


# -- who is chosen ---------------------------------------------------------------------------------


def test_calls_are_shared_fairly_and_who_gave_one_back_owes_nothing() -> None:
    from helmdesk.web.apps.booking.bookings import cancel
    from helmdesk.web.apps.booking.choosing import choose
    from helmdesk.web.apps.booking.models import Booking, Member

    staff()
    kind = make_kind(floor=0, daily_limit=50)
    made = [booked(kind, TUESDAY + number * HOUR) for number in (0, 1, 3, 4, 5)]
    made += [booked(kind, TUESDAY + DAY + number * HOUR) for number in (0, 1, 3, 4)]
    for row in made:
        assert choose(row.pk)
    taken = Counter(Booking.objects.values_list("agent", flat=True))
    assert sorted(taken.values()) == [3, 3, 3]
    assert sum(Member.objects.values_list("due", flat=True)) == pytest.approx(0)
    for row in made:
        cancel(row.pk)
    assert list(Member.objects.values_list("due", flat=True)) == pytest.approx([0, 0, 0])


def test_the_person_is_chosen_late_among_those_who_are_there_then(now: Any) -> None:
    from helmdesk.web.apps.booking.choosing import choose_due
    from helmdesk.web.apps.booking.models import Absence

    staff()
    made = booked(make_kind(choose_minutes=90))
    holder = made.agent
    Absence.objects.create(agent=holder, start_at=NOW, end_at=NOW + 3 * DAY)
    assert choose_due() == 0
    now(TUESDAY - 90 * MINUTE)
    assert choose_due() == 1
    made.refresh_from_db()
    assert made.agent != holder and made.chosen_at == TUESDAY - 90 * MINUTE
    assert set(made.shared) == set(PEOPLE) - {holder}
    assert told("moved", "cancelled") == []  # the customer notices nothing


def test_any_one_person_vanishing_keeps_every_call_or_a_lead_is_told_at_once() -> None:
    """Whoever it is, whenever: each call has somebody who is there, qualified and free, or it is
    one of those that leads are told of, and then nobody was.
    """
    from helmdesk.web.apps.booking.bookings import Caller, book
    from helmdesk.web.apps.booking.choosing import choose, note_absence
    from helmdesk.web.apps.booking.doors import issue_link
    from helmdesk.web.apps.booking.models import Absence, Booking, Member, Piece
    from helmdesk.web.apps.booking.people import crew_of

    kept = lost_ones = 0
    for seed in range(tries(6, 120)):
        clear()
        draw = random.Random(seed)
        staff({f"p{number}": f"Person {number}" for number in range(draw.randint(2, 4))})
        for member in Member.objects.all():
            member.skills = ["refunds"] if draw.random() < 0.6 else []
            member.save()
        kinds = [make_kind(floor=0), make_kind(floor=0, skills=["refunds"])]
        for _ in range(12):
            kind = draw.choice(kinds)
            start = TUESDAY + draw.choice([0, 1, 2, 3, 6, 7, 8]) * 30 * MINUTE
            book(issue_link(kind)[0], start, Caller(zone="UTC"))
        rows = list(Booking.objects.select_related("kind"))
        for row in draw.sample(rows, len(rows) // 3):
            choose(row.pk)
        gone = draw.choice(list(Member.objects.values_list("agent", flat=True)))
        before = dict(Booking.objects.values_list("pk", "agent"))
        lost = {row.pk for row in note_absence(gone, NOW, NOW + 3 * DAY)}
        for row in Booking.objects.select_related("kind"):
            crew = crew_of(row.kind, TUESDAY - DAY, TUESDAY + DAY)
            there = crew.there_at(row.start_at, row.end_at)
            assert gone not in there
            if row.pk in lost:
                lost_ones += 1
                # Nobody could: whoever is qualified has another call then.
                whole = range(
                    int(row.start_at.timestamp()) // 300, int(row.end_at.timestamp()) // 300 + 2
                )
                free = [
                    agent
                    for agent in there
                    if not Piece.objects.filter(agent=agent, at__in=whole).exists()
                ]
                assert not free and row.agent == ""
                assert row.warned_at == NOW <= row.start_at - 2 * HOUR
            else:
                kept += 1
                assert row.agent in there
                assert Piece.objects.filter(booking=row, agent=row.agent).count() == 8
            if before[row.pk] != gone and row.chosen_at is not None:
                assert row.agent == before[row.pk]  # who was told keeps theirs
        assert Absence.objects.count() == 1
    assert kept > 20 and lost_ones > 0


def test_a_lead_is_told_by_mail_once_and_again_only_of_new_calls(
    monkeypatch: pytest.MonkeyPatch, now: Any
) -> None:
    from helmdesk.web.apps.booking.choosing import note_absence, settle
    from helmdesk.web.apps.booking.models import Absence, Booking
    from helmdesk.web.apps.outbox.models import Message
    from helmdesk.web.apps.people.models import Person

    Person.objects.filter(username="tom").update(email="tom@larkspur.example")
    try:
        staff({"a1": "Aurelia Zwick"})
        made = booked(make_kind(floor=0))
        assert [row.pk for row in note_absence("a1", NOW, NOW + 2 * DAY)] == [made.pk]
        settle(TEAM)
        letters = Message.objects.filter(recipient="tom@larkspur.example")
        assert [each.subject for each in letters] == ["Nobody can take a booked call"]
        assert "Tuesday 2 March at 10:00 (Berlin time)" in letters[0].text
        Absence.objects.all().delete()
        assert settle(TEAM) == []
        row = Booking.objects.get()
        assert (row.agent, row.lost_at, row.warned_at) == ("a1", None, None)
        now(NOW + HOUR)
        assert len(note_absence("a1", NOW, NOW + 2 * DAY)) == 1
        assert letters.all().count() == 2
    finally:
        Person.objects.filter(username="tom").update(email="")


def test_a_call_of_another_team_is_in_the_way() -> None:
    from helmdesk.web.apps.booking.choosing import settle
    from helmdesk.web.apps.booking.models import Absence, Booking, Member, Piece

    staff({"a1": "Aurelia Zwick", "a2": "Bartholomew Quist"})
    kind = make_kind(floor=0)
    made = booked(kind)
    other = next(agent for agent in ("a1", "a2") if agent != made.agent)
    elsewhere = Booking.objects.create(
        kind=type(kind).objects.create(team="Other", name="Other", terms=kind.terms),
        start_at=TUESDAY,
        end_at=TUESDAY + 30 * MINUTE,
        agent=other,
    )
    for piece in Piece.objects.filter(booking=made).values_list("at", flat=True):
        Piece.objects.create(booking=elsewhere, agent=other, at=piece)
    Member.objects.create(team="Other", agent=other, name="x")
    Absence.objects.create(agent=made.agent, start_at=NOW, end_at=NOW + 3 * DAY)
    assert [row.pk for row in settle(TEAM)] == [made.pk]


# -- private calendars -----------------------------------------------------------------------------


@pytest.fixture
def feed(monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, Any]]:
    """A calendar on a web server of this machine, which the operator allows."""
    from django.conf import settings

    said: dict[str, Any] = {"status": 200, "body": b"", "headers": {}}

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(said["status"])
            for name, value in said["headers"].items():
                self.send_header(name, value)
            self.end_headers()
            try:
                self.wfile.write(said["body"])
            except OSError:
                said["was_cut"] = True

        def log_message(self, *_: Any) -> None:
            return

    server = HTTPServer(("127.0.0.1", 0), Handler)
    Thread(target=server.serve_forever, daemon=True).start()
    monkeypatch.setattr(settings, "OUTGOING_NETWORKS", "127.0.0.0/8")
    said["url"] = f"http://127.0.0.1:{server.server_port}/private-8c1f/basic.ics"
    yield said
    server.shutdown()
    server.server_close()


def ics(*lines: str) -> bytes:
    return "\r\n".join(
        ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:t", *lines, "END:VCALENDAR", ""]
    ).encode()


DENTIST = ics(
    "BEGIN:VEVENT",
    "UID:1",
    "SUMMARY:Dentist in Moabit",
    "LOCATION:secret street",
    "DTSTART:20270302T090000Z",
    "DTEND:20270302T100000Z",
    "END:VEVENT",
)


def read(feed: dict[str, Any], agent: str = "a1") -> tuple[Any, str]:
    from zoneinfo import ZoneInfo

    from helmdesk.web.apps.booking.calendars import read_calendar
    from helmdesk.web.apps.booking.models import Calendar

    calendar, _ = Calendar.objects.get_or_create(agent=agent, defaults={"url": feed["url"]})
    problem = read_calendar(calendar, ZoneInfo("Europe/Berlin"))
    calendar.refresh_from_db()
    return calendar, problem


def free_on_tuesday() -> list[str]:
    from helmdesk.web.apps.booking.models import CallType
    from helmdesk.web.apps.booking.people import crew_to_book

    crew = crew_to_book(CallType.objects.get(), NOW)
    return [
        f"{slot.start:%H:%M}" for slot in crew.slots(NOW) if slot.start.date() == TUESDAY.date()
    ]


def test_nobody_is_booked_while_they_are_busy_and_no_title_is_kept(feed: dict[str, Any]) -> None:
    from django.core import serializers

    from helmdesk.web.apps.booking.models import Busy, Calendar

    staff({"a1": "Aurelia Zwick"})
    make_kind(floor=0)
    assert {"09:00", "09:30"} <= set(free_on_tuesday())
    feed["body"] = DENTIST
    assert read(feed)[1] == ""
    assert "08:30" in free_on_tuesday() and "10:00" in free_on_tuesday()
    assert not {"09:00", "09:30"} & set(free_on_tuesday())
    kept = serializers.serialize("json", [*Busy.objects.all(), *Calendar.objects.all()])
    assert "Dentist" not in kept and "street" not in kept


def test_a_calendar_that_was_not_read_for_a_day_makes_nobody_free(
    feed: dict[str, Any], now: Any
) -> None:
    from helmdesk.web.apps.booking.models import CallType
    from helmdesk.web.apps.booking.people import crew_to_book

    staff({"a1": "Aurelia Zwick"})
    make_kind(floor=0)
    feed["body"] = DENTIST
    read(feed)
    feed["status"] = 503
    now(NOW + 23 * HOUR)
    _, problem = read(feed)
    assert problem == "the calendar answered with 503"
    assert crew_to_book(CallType.objects.get(), NOW + 23 * HOUR).slots(NOW + 23 * HOUR)
    now(NOW + 24 * HOUR)
    assert crew_to_book(CallType.objects.get(), NOW + DAY).slots(NOW + DAY) == []


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"body": b"x" * 10_000_001}, "larger than 10 MB"),
        ({"body": b"<html>sign in</html>"}, "that is no calendar"),
        ({"status": 302, "headers": {"Location": "http://127.0.0.1/"}}, "leads on to another one"),
        ({"status": 404}, "no calendar at that address any more"),
        (
            {
                "body": ics(
                    "BEGIN:VEVENT", "DTSTART:20270101T000000Z", "RRULE:FREQ=SECONDLY", "END:VEVENT"
                )
            },
            "not followed",
        ),
    ],
)
def test_what_is_no_sound_calendar_is_told_and_nobody_is_free_by_it(
    feed: dict[str, Any], changes: dict[str, Any], problem: str
) -> None:
    staff({"a1": "Aurelia Zwick"})
    make_kind(floor=0)
    feed.update(changes)
    calendar, said = read(feed)
    assert problem in said and problem in calendar.problem
    assert calendar.fetched_at is None and free_on_tuesday() == []


def test_addresses_inside_the_house_are_not_asked(
    feed: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    from django.conf import settings

    monkeypatch.setattr(settings, "OUTGOING_NETWORKS", "")
    feed["body"] = DENTIST
    assert "not an address of the open internet" in read(feed)[1]


# -- what the desk knows ---------------------------------------------------------------------------


def planned(agent: str, start: datetime, end: datetime, activity: str = "work") -> dict[str, Any]:
    return {
        "type": "shift_planned",
        "agent_id": agent,
        "activity": activity,
        "start_at": start,
        "end_at": end,
        "occurred_at": NOW - DAY,
        "shift_id": f"{agent}-{start:%d%H%M}-{activity}",
    }


def test_shifts_and_people_come_from_the_desk_and_breaks_are_cut_out(tmp_path: Path) -> None:
    from helmdesk.web.apps.booking.models import Member, Shift, Team
    from helmdesk.web.apps.booking.people import read_teams

    desk = make_desk(tmp_path / "desk")
    entity = {"valid_from": NOW - 9 * DAY, "occurred_at": NOW - 9 * DAY}
    load_events(
        desk,
        [
            {"type": "created", "ticket_id": "T-1", "occurred_at": NOW - 5 * DAY},
            {"type": "team", "entity_id": "t9", "name": TEAM, **entity},
            {
                "type": "agent",
                "entity_id": "a1",
                "name": "Aurelia Zwick",
                "team_id": "t9",
                "skills": '["refunds"]',
                **entity,
            },
            {"type": "agent", "entity_id": "a2", "name": "Other", "team_id": "t8", **entity},
            planned("a1", TUESDAY, TUESDAY + 4 * HOUR),
            planned("a1", TUESDAY + HOUR, TUESDAY + 2 * HOUR, "meal"),
            planned("a2", TUESDAY, TUESDAY + 4 * HOUR),
        ],
    )
    make_kind(floor=0, skills=["refunds"])
    assert read_teams(desk) == [TEAM] and read_teams(desk) == []
    assert list(Shift.objects.order_by("start_at").values_list("agent", "start_at", "end_at")) == [
        ("a1", TUESDAY, TUESDAY + HOUR),
        ("a1", TUESDAY + 2 * HOUR, TUESDAY + 4 * HOUR),
    ]
    member = Member.objects.get()
    assert (member.name, member.skills) == ("Aurelia Zwick", ["refunds"])
    assert Team.objects.get().key == "t9"
    assert free_on_tuesday() == ["09:00", "09:30", "11:00", "11:30", "12:00", "12:30"]


def test_without_shifts_usual_hours_count_where_somebody_named_who_takes_calls(
    tmp_path: Path,
) -> None:
    from helmdesk.web.apps.booking.people import read_teams

    desk = make_desk(tmp_path / "desk")
    make_kind(
        floor=0,
        members=["Aurelia Zwick"],
        hours={"weekdays": [1], "start": "09:00", "end": "11:00"},
    )
    read_teams(desk)
    assert free_on_tuesday() == ["08:00", "08:30", "09:00", "09:30"]


# -- pages of the team -----------------------------------------------------------------------------


def test_a_lead_notes_who_is_ill_and_sees_the_calls_and_who_is_left(as_: Any) -> None:
    staff()
    kind = make_kind(floor=1)
    made = [booked(kind) for _ in range(2)]
    page = text(as_("tom").get("/booking?start=2027-03-01"))
    assert page.count("Invoices") >= 2 and "chosen Tue 09:00" in page
    assert "no more can be booked" in page  # three people, two in calls, one always left
    holder = made[0].agent
    answer = as_("tom").post(
        "/booking/absences",
        {
            "team": TEAM,
            "agent": holder,
            "start": "2027-03-02T08:00",
            "end": "2027-03-02T18:00",
        },
        follow=True,
    )
    assert "Every call has somebody who takes it" in text(answer)
    page = text(as_("tom").get("/booking?start=2027-03-01"))
    assert "too few: no call can be booked" in page
    assert free_on_tuesday()[:1] != ["09:00"]
    other = next(agent for agent in PEOPLE if agent not in (holder, made[1].agent))
    answer = as_("tom").post(
        "/booking/absences",
        {"team": TEAM, "agent": other, "start": "2027-03-02T08:00", "end": "2027-03-02T18:00"},
        follow=True,
    )
    page = text(answer)
    assert "1 call has nobody who can take it" in page and "Nobody can take 1 call" in page


def test_an_agent_sees_their_own_calls_once_they_are_chosen_and_says_what_became_of_them(
    as_: Any, now: Any
) -> None:
    from helmdesk.web.apps.booking.choosing import choose

    staff({"hugo-id": "Hugo"})
    made = booked(make_kind(floor=0))
    assert "No call is yours at present" in text(as_("hugo").get("/booking"))
    assert as_("hugo").get(f"/booking/calls/{made.pk}").status_code == 404
    choose(made.pk)
    assert "Invoices" in text(as_("hugo").get("/booking"))
    page = text(as_("hugo").get(f"/booking/calls/{made.pk}"))
    assert "+49 30 5550 142" in page and "Dalora" in page and "Cancel it" not in page
    assert as_("hugo").post(f"/booking/calls/{made.pk}/change", {"do": "cancel"}).status_code == 403
    now(TUESDAY + MINUTE)
    answer = as_("hugo").post(f"/booking/calls/{made.pk}/change", {"do": "no_show"})
    assert answer.status_code == 302
    assert [each["type"] for each in told("no_show")] == ["no_show"]


def test_a_link_is_shown_once_listed_and_revoked(as_: Any) -> None:
    import re

    staff()
    kind = make_kind()
    page = as_("hugo").post(
        "/booking/links", {"kind": kind.pk, "ticket_id": "", "days": "3", "most": "1"}
    )
    found = re.search(r"/book/([\w-]{75})", page.content.decode())
    assert found
    assert as_().get(f"/book/{found[1]}").status_code == 200
    listed = as_("hugo").get("/booking/links").content.decode()
    assert found[1] not in listed and "0 of 1" in listed
    from helmdesk.web.apps.booking.models import Link

    link = Link.objects.get()
    assert found[1] not in str(vars(link))
    assert as_("hugo").post(f"/booking/links/{link.pk}/revoke").status_code == 302
    assert as_().get(f"/book/{found[1]}").status_code == 410
    assert "revoked" in text(as_("hugo").get("/booking/links"))


def test_a_kind_of_call_is_written_in_preview_and_not_kept_where_it_makes_no_sense(
    as_: Any,
) -> None:
    from helmdesk.web.apps.booking.forms import USUAL
    from helmdesk.web.apps.booking.models import CallType

    given = {
        **{name: str(value) for name, value in vars(USUAL).items()},
        "name": "Invoices",
        "team": TEAM,
        "title": "Help with your invoice",
        "reach": "phone",
        "zone": "Europe/Berlin",
        "weekdays": ["0", "1"],
        "start": "09:00",
        "end": "17:00",
    }
    wrong = as_("lea").post("/booking/kinds/new", {**given, "minutes": "33"})
    assert wrong.status_code == 400 and "a multiple of 5" in wrong.content.decode()
    assert as_("lea").post("/booking/kinds/new", given).status_code == 302
    made = CallType.objects.get()
    assert not made.is_on and made.says == USUAL
    assert as_("lea").get(f"/booking/kinds/{made.pk}/page").status_code == 200
    assert "Invoices" in text(as_("lea").get("/booking/kinds"))
    assert as_("lea").post(f"/booking/kinds/{made.pk}/change", {"do": "on"}).status_code == 400
    assert as_("lea").post(f"/booking/kinds/{made.pk}/change", {"do": "remove"}).status_code == 302
    assert not CallType.objects.exists()


def test_links_are_made_listed_and_revoked_on_the_command_line(site: Path, as_: Any) -> None:
    import json

    from click.testing import CliRunner

    from helmdesk.cli.commands.booking import command
    from helmdesk.errors import HelmdeskError

    def run(*words: str) -> str:
        done = CliRunner().invoke(command, [*words, "--desk", str(site)], catch_exceptions=False)
        return str(done.stdout)

    staff()
    make_kind()
    assert "Invoices (Frontline Berlin, 30 minutes): on" in run("list")
    address = run("link", "invoices", "--ticket", "L-00060", "--address", "kim@customer.example")
    token = address.strip().rpartition("/")[2]
    assert "Your case L-00060" in text(as_().get(f"/book/{token}"))
    (row,) = json.loads(run("links", "--format", "json"))
    assert (row["state"], row["uses"], row["most"], row["ticket"]) == ("open", 0, 1, "L-00060")
    assert run("revoke", row["id"]) == "revoked\n"
    assert as_().get(f"/book/{token}").status_code == 410
    assert "revoked, used 0 of 1" in run("links") and "tried 1 times" in run("links")
    for words, said in (
        (("link", "Invoice"), "no kind of call 'Invoice'"),
        (("link", "Invoices", "--days", "99"), "a link lasts from 1 to 90 days"),
        (("link", "Invoices", "--zone", "Mars"), "no time zone 'Mars'"),
        (("link", "Invoices", "--address", "x"), "no mail address"),
        (("link", "Invoices", "--send"), "say where to mail"),
        (("revoke", "x"), "no link 'x'"),
    ):
        with pytest.raises(HelmdeskError, match=said):
            run(*words)


def test_staffing_says_whom_calls_may_not_take_away(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, now: Any
) -> None:
    """A centre of one team: what Staffing asks for is read, and no call is offered where it would
    leave fewer.
    """
    from helmdesk.desk.desk import Desk
    from helmdesk.sample import centre
    from helmdesk.web.apps.booking.models import Absence, CallType, Member, Need
    from helmdesk.web.apps.booking.people import crew_to_book, read_needs, read_teams

    chats = next(team for team in centre.TEAMS if team.name == "Chat desk")
    monkeypatch.setattr(centre, "TEAMS", (chats,))
    centre.create_centre(tmp_path / "desk", weeks=5)
    desk = Desk(tmp_path / "desk")
    with desk.marts.reader() as reader:
        moment = reader.bounds.as_of.replace(tzinfo=UTC)
    now(moment)
    kind = CallType.objects.create(
        team=chats.name,
        name="Chats",
        title="A call",
        zone=desk.settings.time_zone,
        terms={"floor": 0, "notice_minutes": 0, "daily_limit": 50, "buffer_minutes": 0},
        asks_staffing=True,
    )
    read_teams(desk)
    read_needs(desk)
    found = desk.answers.crews(desk.question(), 30)[0]
    planned = desk.as_seen_by(OWNER).plan.coverage(
        chats.name, start=max(found.demand.last_day + DAY, moment.date()), days=21
    )
    assert Need.objects.count() == int((planned.plan.agents >= 1).sum()) > 50
    for agent in Member.objects.order_by("agent").values_list("agent", flat=True)[:3]:
        Absence.objects.create(agent=agent, start_at=moment - DAY, end_at=moment + 30 * DAY)
    crew = crew_to_book(kind, moment)
    with_need = {slot.start for slot in crew.slots(moment)}
    CallType.objects.update(asks_staffing=False)
    without = {slot.start for slot in crew_to_book(CallType.objects.get(), moment).slots(moment)}
    assert with_need < without, (len(with_need), len(without))
    needs = {row.start_at: row.people for row in Need.objects.all()}
    for start in without:
        half_hour = start.replace(minute=start.minute // 30 * 30)
        there = sum(int(start.timestamp()) // 300 in host.there for host in crew.hosts)
        if start in with_need:
            assert there - 1 >= needs.get(half_hour, 0)


def test_every_part_of_a_kind_of_call_is_on_its_form() -> None:
    from helmdesk.web.apps.booking.forms import PARTS, CallTypeForm

    shown = [field for fields in PARTS.values() for field in fields]
    assert sorted(shown) == sorted(CallTypeForm(teams=[TEAM]).fields)


def test_the_job_reads_shifts_chooses_reminds_and_ends_links(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, now: Any
) -> None:
    from django.conf import settings

    from helmdesk.web.apps.booking import jobs
    from helmdesk.web.apps.booking.doors import issue_link
    from helmdesk.web.apps.booking.models import Booking, Link

    desk = make_desk(tmp_path / "desk")
    monkeypatch.setattr(settings, "DESK_FOLDER", desk.path)
    entity = {"valid_from": NOW - 9 * DAY, "occurred_at": NOW - 9 * DAY}
    people = [
        {"type": "agent", "entity_id": agent, "name": name, "team_id": "t9", **entity}
        for agent, name in PEOPLE.items()
    ]
    shifts = [
        planned(agent, TUESDAY + number * DAY - HOUR, TUESDAY + number * DAY + 4 * HOUR)
        for agent in PEOPLE
        for number in range(3)
    ]
    load_events(
        desk,
        [
            {"type": "created", "ticket_id": "T-7", "occurred_at": NOW - 5 * DAY},
            {"type": "team", "entity_id": "t9", "name": TEAM, **entity},
            *people,
            *shifts,
        ],
    )
    held: Any = type("Held", (), {"tell": staticmethod(lambda _step: None)})()
    kind = make_kind(choose_minutes=60)
    jobs.look_after.run(held)
    made = booked(kind, TUESDAY + 2 * DAY)
    issue_link(kind, days=1)
    now(made.start_at - 20 * HOUR)
    jobs.look_after.run(held)
    made.refresh_from_db()
    assert made.reminded_at == made.start_at - 20 * HOUR and made.chosen_at is None
    assert Link.objects.filter(over_at=made.reminded_at).count() == 1
    # The shift of whoever holds it is taken out of the plan: somebody else calls.
    holder = made.agent
    load_events(
        desk,
        [
            {
                **planned(holder, made.start_at - HOUR, made.start_at + 4 * HOUR, "time_off"),
                "type": "shift_changed",
                "shift_id": f"{holder}-{made.start_at - HOUR:%d%H%M}-work",
                "approved_by": "lea",
                "occurred_at": NOW + HOUR,
            }
        ],
    )
    now(made.start_at - 60 * MINUTE)
    jobs.look_after.run(held)
    made.refresh_from_db()
    assert made.chosen_at == made.start_at - 60 * MINUTE
    assert made.agent in set(PEOPLE) - {holder}
    assert Booking.objects.filter(lost_at__isnull=False).count() == 0
