"""Rooms: what their customer reads, what happens at their doors, what never stands in them."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from desks import load_events, make_desk
from helmdesk.desk.desk import Desk
from web.conftest import text

NOW = datetime(2026, 3, 4, 12, tzinfo=UTC)  # a Wednesday
AGENTS = {"agent-77": "Amira Voss", "agent-78": "Zoltan"}
POLICY = {
    "type": "sla_policy",
    "entity_id": "gold",
    "valid_from": "2020-01-01",
    "occurred_at": "2020-01-01",
    "definition": json.dumps(
        {
            "clocks": [
                {"clock": "first_response", "hours": "calendar", "targets": {"default": "4h"}},
                {"clock": "resolution", "hours": "calendar", "targets": {"default": "48h"},
                 "pausing": ["waiting_customer"]},
            ]
        }
    ),
}  # fmt: skip


def told(ticket: str, kind: str, at: datetime, **columns: Any) -> dict[str, Any]:
    return {"type": kind, "ticket_id": ticket, "occurred_at": at, **columns}


def case(
    ticket: str, created: datetime, customer: str, *steps: dict[str, Any], subject: str = ""
) -> list[dict[str, Any]]:
    """The events of one ticket of the team "Larks"."""
    return [
        told(
            ticket,
            "created",
            created,
            customer_id=customer,
            team_id="larks",
            agent_id="agent-77",
            channel="email",
            status="new",
            **({"subject": subject} if subject else {}),
        ),
        told(
            ticket,
            "message",
            created,
            direction="inbound",
            visibility="public",
            actor_kind="customer",
            actor_id=customer,
        ),
        told(ticket, "policy_applied", created, policy_id="gold"),
        *steps,
    ]


def answered(ticket: str, at: datetime, agent: str = "agent-77") -> list[dict[str, Any]]:
    return [
        told(
            ticket,
            "message",
            at,
            direction="outbound",
            visibility="public",
            actor_kind="human",
            actor_id=agent,
        ),
        told(ticket, "status_changed", at, status="open", actor_kind="human", actor_id=agent),
    ]


@pytest.fixture(autouse=True)
def _empty(site: Path) -> Iterator[None]:
    from django.core.cache import cache

    from helmdesk.web.apps.events.models import Event
    from helmdesk.web.apps.jobs.models import Job, Switch
    from helmdesk.web.apps.outbox.models import Message
    from helmdesk.web.apps.rooms.models import Room, RoomTeam, Visit
    from helmdesk.web.apps.surveys.models import Invitation, Rule

    def clear() -> None:
        for model in (Room, RoomTeam, Visit, Message, Event, Job, Invitation, Rule):
            model.objects.all().delete()
        cache.clear()
        Switch.turn(Switch.State.PREVIEW)

    clear()
    yield
    clear()


@pytest.fixture
def now(monkeypatch: pytest.MonkeyPatch) -> Callable[[datetime], None]:
    from helmdesk.web.apps.jobs import queue

    def stand(moment: datetime) -> None:
        monkeypatch.setattr(queue, "now", lambda: moment)

    stand(NOW)
    return stand


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, now: object) -> Desk:
    """A small desk in place of the site's own."""
    from django.conf import settings

    made = make_desk(tmp_path / "desk", name="Larkspur", time_zone="Europe/Berlin")
    monkeypatch.setattr(settings, "DESK_FOLDER", made.path)
    begin = {"occurred_at": "2020-01-01", "valid_from": "2020-01-01"}
    load_events(
        made,
        [
            POLICY,
            {"type": "team", "entity_id": "larks", "name": "Larks", **begin},
            *(
                {"type": "agent", "entity_id": key, "name": name, "team_id": "larks", **begin}
                for key, name in AGENTS.items()
            ),
            *case("T-100", NOW - timedelta(hours=1), "carla", subject="Cannot sign in"),
            *case(
                "T-200",
                NOW - timedelta(hours=30),
                "carla",
                *answered("T-200", NOW - timedelta(hours=28)),
                subject="About T-100, as Amira told me",
            ),
            *case(
                "T-300",
                NOW - timedelta(hours=20),
                "dora",
                *answered("T-300", NOW - timedelta(hours=10), "agent-78"),
                told(
                    "T-300",
                    "message",
                    NOW - timedelta(hours=9),
                    direction="outbound",
                    visibility="internal",
                    actor_kind="human",
                    actor_id="agent-78",
                    text="Zoltan says: difficult customer",
                ),
                told(
                    "T-300", "status_changed", NOW - timedelta(hours=8), status="waiting_customer"
                ),
            ),
            *case(
                "T-400",
                NOW - timedelta(hours=60),
                "emil",
                *answered("T-400", NOW - timedelta(hours=59)),
                told("T-400", "status_changed", NOW - timedelta(hours=20), status="solved"),
            ),
            *case("T-500", NOW - timedelta(hours=6), "finn"),
            told("T-999", "created", NOW, channel="email", customer_id="gus", team_id="owls"),
        ],
    )
    return made


def turn_on(**terms: Any) -> None:
    from helmdesk.web.apps.rooms.models import RoomTeam

    RoomTeam.objects.create(name="Larks", **terms)


def room(desk: Desk, ticket: str, **given: Any) -> Any:
    """Issue a room as somebody who sees all."""
    from helmdesk.web.apps.rooms.doors import issue_room
    from helmdesk.web.apps.rooms.models import RoomTeam

    if not RoomTeam.objects.exists():
        turn_on()
    return issue_room(desk.ticket(ticket), **given)


def path_of(row: Any) -> str:
    from helmdesk.web.apps.rooms.doors import token_of

    return f"/r/{token_of(row)}"


def visits(row: Any = None) -> dict[str, int]:
    from helmdesk.web.apps.rooms.models import Visit

    return dict(Visit.objects.filter(room=row).values_list("what", "times"))


@pytest.fixture
def stranger(as_: Callable[..., Any]) -> Any:
    return as_()


# -- what the customer reads -----------------------------------------------------------------------


def test_a_new_case_says_by_when_it_is_answered(desk: Desk, stranger: Any) -> None:
    page = text(stranger.get(path_of(room(desk, "T-100"))))
    assert "We have your request" in page
    # Written at 11:00 UTC, noon in Berlin; four hours by the calendar; two days to settle it.
    assert "You hear from us by Wednesday 4 March, 16:00." in page
    assert "You have a first answer by Wednesday 4 March, 16:00." in page
    assert "3 hours left" in page
    assert "It is settled by Friday 6 March, 12:00." in page
    assert "Times are those of Berlin." in page
    assert "Cannot sign in" in page


@pytest.mark.parametrize(
    ("ticket", "heading", "lines"),
    [
        ("T-200", "We are working on it", ["first answer in time, on Tuesday 3 March, 09:00.",
                                           "It is settled by Thursday 5 March, 07:00."]),
        ("T-300", "We wait for your answer", ["Your first answer came later than promised",
                                              "The time to settle it stands still"]),
        ("T-400", "We believe this is settled",
         ["It was settled in time, on Tuesday 3 March, 17:00."]),
        ("T-500", "We have your request",
         ["A first answer was due by Wednesday 4 March, 11:00. We are late, and sorry."]),
    ],
)  # fmt: skip
def test_where_a_case_stands(
    desk: Desk, stranger: Any, ticket: str, heading: str, lines: list[str]
) -> None:
    page = text(stranger.get(path_of(room(desk, ticket))))
    assert f"<h1>{heading}</h1>" in page
    for line in lines:
        assert line in page


def test_what_ran_out_since_the_data_end_is_not_called_late(
    desk: Desk, stranger: Any, now: Callable[[datetime], None]
) -> None:
    row = room(desk, "T-100")
    now(NOW + timedelta(hours=9))
    page = text(stranger.get(path_of(row)))
    assert "A first answer was due by Wednesday 4 March, 16:00." in page
    assert "sorry" not in page and "You hear from us by" not in page
    assert "As things stood on Wednesday 4 March, 13:00." in page


def test_times_where_the_customer_is(desk: Desk, stranger: Any) -> None:
    row = room(desk, "T-100")
    assert "America/New York" in text(stranger.get(f"{path_of(row)}/zone"))
    assert stranger.post(f"{path_of(row)}/zone", {"zone": "Nowhere"}).status_code == 400
    assert stranger.post(f"{path_of(row)}/zone", {"zone": "America/New_York"}).status_code == 302
    page = text(stranger.get(path_of(row)))
    assert "by Wednesday 4 March, 16:00." in page
    assert "Wednesday 4 March, 10:00 in New York" in page


@pytest.mark.parametrize(
    ("language", "says"),
    [("de", "Mittwoch, 4. März, 16:00"), ("fr", "mercredi 4 mars, 16:00"),
     ("es", "miércoles 4 de marzo, 16:00")],
)  # fmt: skip
def test_it_speaks_the_teams_language(desk: Desk, stranger: Any, language: str, says: str) -> None:
    turn_on(language=language)
    page = text(stranger.get(path_of(room(desk, "T-100"))))
    assert says in page and f'lang="{language}"' in page


# -- what never stands in it -----------------------------------------------------------------------


def test_no_public_byte_names_an_agent_or_another_case(desk: Desk, stranger: Any) -> None:
    """Every page that anybody without a sign-in reaches, of every case, in every state of its
    door: no name, no id of an agent, no number of another case, no word of an internal note.
    """
    from helmdesk.web.apps.rooms.doors import revoke

    secrets = {
        *AGENTS,
        *(part for name in AGENTS.values() for part in name.split()),
        *("difficult", "internal", "gold", "larks"),
    }
    tickets = ("T-100", "T-200", "T-300", "T-400", "T-500")
    rows = {ticket: room(desk, ticket) for ticket in tickets}
    pages: list[tuple[str, Any]] = []
    for ticket, row in rows.items():
        path = path_of(row)
        pages += [
            (ticket, stranger.get(path)),
            (ticket, stranger.get(f"{path}/zone")),
            (ticket, stranger.post(path, {"text": ""})),
            (ticket, stranger.post(path, {"text": "Hello"})),
            (ticket, stranger.get(path)),
        ]
    revoke(rows["T-100"], "by one of the team")
    pages += [("T-100", stranger.get(path_of(rows["T-100"]))), ("", stranger.get("/r/forged"))]
    for ticket, response in pages:
        said = response.content.decode() + repr(sorted(response.headers.items()))
        plain = re.sub(r"/r/[\w-]+", "", said)
        for secret in secrets:
            assert not re.search(rf"\b{secret}\b", plain, re.IGNORECASE), (ticket, secret)
        for other in {*tickets, "T-999"} - {ticket}:
            assert other not in plain, (ticket, other)
        assert "script" not in plain.replace("Content-Security-Policy", "").partition("(")[0]


def test_headers_keep_it_to_its_reader(desk: Desk, stranger: Any) -> None:
    for path in (path_of(room(desk, "T-100")), "/r/forged"):
        found = stranger.get(path)
        assert found["Referrer-Policy"] == "no-referrer"
        assert found["Cache-Control"] == "private, no-store"
        assert found["X-Robots-Tag"] == "noindex"
        assert not found.cookies


def test_the_policy_of_a_room_sees_its_customers_rows_alone(desk: Desk, site: Path) -> None:
    from helmdesk.errors import HelmdeskError
    from helmdesk.web.access import room_policy
    from helmdesk.web.middleware import live_desk

    seen = live_desk(desk.path).as_seen_by(room_policy("carla"))
    story = seen.ticket("T-200")
    assert "agent" not in story.ticket and "team" not in story.ticket
    assert not any("agent" in row or "team" in row for row in (*story.states, *story.messages))
    assert story.customer_id is None
    for other in ("T-300", "T-400", "T-999"):
        with pytest.raises(HelmdeskError):
            seen.ticket(other)
    with pytest.raises(HelmdeskError):
        seen.measure("ticket_volume")


# -- at the door -----------------------------------------------------------------------------------


def test_each_opening_and_each_misuse_is_noted(
    desk: Desk, stranger: Any, now: Callable[[datetime], None]
) -> None:
    from helmdesk.act.surveys import Purpose, sign
    from helmdesk.web.apps.rooms import doors
    from helmdesk.web.apps.rooms.models import RoomTeam, site_key

    row = room(desk, "T-100", days=2)
    path = path_of(row)
    for _ in range(3):
        assert stranger.get(path).status_code == 200
    assert visits(row) == {"opened": 3}
    # Forged, cut short, made for another purpose, lengthened.
    longer = sign(site_key(), Purpose.ROOM, row.id, row.expires_at)[:-2] + "AA"
    other = sign(site_key(), Purpose.ANSWER, row.id, row.expires_at)
    for token in ("x", path[3:-4], longer, other):
        assert stranger.get(f"/r/{token}").status_code == 404
    assert visits() == {"forged": 4}
    RoomTeam.objects.update(is_on=False)
    assert stranger.get(path).status_code == 410
    RoomTeam.objects.update(is_on=True)
    now(NOW + timedelta(days=2))
    assert stranger.get(path).status_code == 410
    now(NOW + timedelta(days=1))
    assert stranger.get(path).status_code == 200  # a clock that was set back opens what is open
    doors.revoke(row, "by one of the team")
    for _ in range(2):
        found = stranger.post(path, {"text": "Hello?"})
        assert found.status_code == 410 and "answer the last message" in found.content.decode()
    assert visits(row)["off"] == visits(row)["expired"] == 1
    assert visits(row)["revoked"] == 2


def test_a_case_has_one_room(desk: Desk, stranger: Any) -> None:
    first, second = room(desk, "T-100"), room(desk, "T-100")
    assert stranger.get(path_of(first)).status_code == 410
    assert stranger.get(path_of(second)).status_code == 200


def test_racing_issues_leave_one_open_room(desk: Desk, site: Path) -> None:
    from helmdesk.web.apps.rooms.doors import issue_room
    from helmdesk.web.apps.rooms.models import Room
    from web.test_surveys import together

    turn_on()
    story = desk.ticket("T-100")

    def issue(_number: int) -> None:
        for _ in range(5):
            issue_room(story)

    with together(4, issue):
        pass
    assert Room.objects.count() == 20
    assert Room.objects.filter(revoked_at=None).count() == 1


def test_messages_at_the_same_moment_keep_to_ten_a_day(desk: Desk, site: Path) -> None:
    from helmdesk.web.apps.events.models import Event
    from helmdesk.web.apps.rooms.customer import write
    from helmdesk.web.apps.rooms.models import Written
    from web.test_surveys import together

    row = room(desk, "T-100")

    def send(number: int) -> None:
        for turn in range(4):
            write(row, f"{number} {turn}")

    with together(4, send):
        pass
    assert Written.objects.count() == 10 == Event.objects.filter(kind="message").count()


def test_only_cases_of_teams_that_have_rooms_get_one(desk: Desk) -> None:
    from helmdesk.errors import ConflictError, UsageError

    turn_on()
    with pytest.raises(ConflictError, match=r"owls.*no rooms yet"):
        room(desk, "T-999")
    with pytest.raises(UsageError, match="1 to 180"):
        room(desk, "T-100", days=1000)


@pytest.mark.parametrize("fate", ["spam_marked", "deleted"])
def test_a_case_that_is_none_any_more_closes_its_room(desk: Desk, stranger: Any, fate: str) -> None:
    row = room(desk, "T-100")
    load_events(desk, [told("T-100", fate, NOW)])
    assert stranger.get(path_of(row)).status_code == 410


def test_a_case_that_was_joined_names_no_other(desk: Desk, stranger: Any) -> None:
    row = room(desk, "T-100")
    load_events(desk, [told("T-100", "merged_into", NOW, target_ticket_id="T-200")])
    page = text(stranger.get(path_of(row)))
    assert "with another message of yours" in page and "T-200" not in page


def test_nobody_knocks_all_the_time(desk: Desk, stranger: Any) -> None:
    path = path_of(room(desk, "T-100"))
    codes = [stranger.get(path).status_code for _ in range(62)]
    assert codes[0] == 200 and codes[-1] == 429
    assert visits() == {"too_much": codes.count(429)}


# -- writing ---------------------------------------------------------------------------------------


def test_one_of_the_team_is_not_the_customer(desk: Desk, as_: Callable[..., Any]) -> None:
    from helmdesk.web.apps.events.models import Event

    row = room(desk, "T-100")
    ada = as_("ada")
    assert ada.get(path_of(row)).status_code == 200
    found = ada.post(path_of(row), {"text": "I am the customer"})
    assert found.status_code == 400 and "signed in as one of the team" in found.content.decode()
    assert visits(row) == {"seen": 1}
    assert not Event.objects.exists()


def test_what_is_written_becomes_a_record_once(
    desk: Desk, stranger: Any, now: Callable[[datetime], None]
) -> None:
    from helmdesk.web.apps.events.models import Event

    row = room(desk, "T-300")
    path = path_of(row)
    before = desk.measure("customers_waiting")[0].value
    for _ in range(2):  # the same form, sent twice
        assert stranger.post(path, {"text": " It works\r\nnow? "}).status_code == 302
    (event,) = Event.objects.all()
    assert (event.kind, event.said) == (
        "message",
        {
            "ticket_id": "T-300",
            "direction": "inbound",
            "visibility": "public",
            "text": "It works\nnow?",
        },
    )
    page = text(stranger.get(path))
    assert "The team has your message of Wednesday 4 March, 13:00." in page
    assert "It works" not in page  # whoever else has the address reads no words
    now(NOW + timedelta(minutes=5))
    assert "<h1>We are working on it</h1>" not in page
    record_events(desk)
    assert desk.measure("customers_waiting")[0].value == before + 1


def record_events(desk: Desk) -> None:
    """Do what the jobs of the site do every few minutes."""
    import tempfile

    from helmdesk.sources.helmdesk import source
    from helmdesk.sources.parts.source import Options
    from helmdesk.web.apps.events.models import Event

    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "events.jsonl"
        file.write_text("".join(f"{json.dumps(each.row)}\n" for each in Event.objects.all()))
        desk.load_with(lambda staging: source.read(staging, [file], Options()), source.name, "b1")


def test_it_goes_to_the_helpdesk_by_the_outbox(desk: Desk, stranger: Any) -> None:
    from helmdesk.web.apps.jobs.models import Job
    from helmdesk.web.apps.outbox.models import Message

    turn_on(inbox="support@larkspur.example")
    assert stranger.post(path_of(room(desk, "T-100")), {"text": "Still open"}).status_code == 302
    (letter,) = Message.objects.all()
    assert letter.recipient == "support@larkspur.example"
    assert letter.subject == "[T-100] A customer wrote on the page of this case"
    assert letter.text == "Still open"
    (job,) = Job.objects.filter(key=letter.key)
    assert not job.outcome  # whether it leaves is for the switch of the outbox to say


@pytest.mark.parametrize(
    ("written", "says"), [("", "Write something first"), ("x" * 4001, "longer than 4,000")]
)
def test_what_cannot_be_taken_is_said_and_kept(
    desk: Desk, stranger: Any, written: str, says: str
) -> None:
    from helmdesk.web.apps.events.models import Event

    found = stranger.post(path_of(room(desk, "T-100")), {"text": written})
    assert found.status_code == 400
    assert says in found.content.decode() and written in found.content.decode()
    assert not Event.objects.exists()


def test_ten_messages_a_day(desk: Desk, stranger: Any) -> None:
    from helmdesk.web.apps.rooms.customer import write

    row = room(desk, "T-100")
    said = [write(row, f"Message {number}") for number in range(11)]
    assert said[:10] == [""] * 10
    assert "many messages" in said[10]


def test_a_hostile_text_stays_text(desk: Desk, as_: Callable[..., Any]) -> None:
    row = room(desk, "T-100")
    as_().post(path_of(row), {"text": "<script>alert(1)</script> & 'more'"})
    page = text(as_("ada").get(f"/rooms/{row.id}"))
    assert "&lt;script&gt;alert(1)" in page and "<script>alert" not in page


def test_a_survey_that_waits_can_be_answered_from_here(desk: Desk, stranger: Any) -> None:
    from helmdesk.act.surveys import Kind
    from helmdesk.web.apps.surveys.forms import instrument_of
    from helmdesk.web.apps.surveys.models import Invitation, Rule, State

    row = room(desk, "T-400")
    assert "How did we do?" not in text(stranger.get(path_of(row)))
    instrument = instrument_of(Kind.CSAT.value)
    rule = Rule.objects.create(name="r", instrument=instrument)
    Invitation.objects.create(
        key="k",
        rule=rule,
        instrument=instrument,
        ticket_id="T-400",
        solved_at=NOW,
        state=State.SENT,
        sent_at=NOW,
        expires_at=NOW + timedelta(days=5),
    )
    page = text(stranger.get(path_of(row)))
    (address,) = re.findall(r'href="(/s/[^"]+)"', page)
    assert "How satisfied are you" in text(stranger.get(address))


def test_a_call_is_booked_by_a_link_of_its_own(desk: Desk, stranger: Any) -> None:
    from helmdesk.web.apps.booking.models import Booking, CallType, Link
    from helmdesk.web.apps.events.models import Event

    row = room(desk, "T-100")
    path = path_of(row)
    kind = CallType.objects.create(team="Larks", name="Inside", title="Fifteen minutes by phone")
    other = CallType.objects.create(team="Owls", name="Owls", title="Owls call", is_on=True)
    try:
        assert "Book a call" not in text(stranger.get(path))  # in preview
        CallType.objects.update(is_on=True)
        page = text(stranger.get(path))
        assert "Fifteen minutes by phone" in page and "Owls call" not in page
        for wrong in ("", "x", str(other.pk), "999999"):
            assert stranger.post(f"{path}/call", {"kind": wrong})["Location"] == path
        assert not Link.objects.filter(ticket_id="T-100").exists()
        found = stranger.post(f"{path}/call", {"kind": kind.pk})
        assert found["Location"].startswith("/book/")
        link = Link.objects.get(ticket_id="T-100")
        assert (link.ticket_id, link.customer_id, link.most) == ("T-100", "carla", 1)
        issued = Event.objects.filter(kind="link_issued")
        assert [each.said["ticket_id"] for each in issued].count("T-100") == 1
        # A page that anybody may hold gives out no heaps of links.
        gone = [stranger.post(f"{path}/call", {"kind": kind.pk})["Location"] for _ in range(6)]
        assert sum(each.startswith("/book/") for each in gone) == 4
        start = NOW + timedelta(hours=20)
        Booking.objects.create(
            kind=kind, ticket_id="T-100", start_at=start, end_at=start + timedelta(minutes=15)
        )
        page = text(stranger.get(path))
        assert "We speak on Thursday 5 March, 09:00." in page
        assert "Fifteen minutes by phone" not in page
    finally:
        Booking.objects.all().delete()
        Link.objects.all().delete()
        CallType.objects.all().delete()


# -- your people -----------------------------------------------------------------------------------


def test_a_lead_turns_rooms_on_issues_and_revokes(
    desk: Desk, as_: Callable[..., Any], stranger: Any
) -> None:
    from helmdesk.web.apps.people.audit import AuditEvent
    from helmdesk.web.apps.rooms.models import Room

    ada = as_("ada")
    assert "No team has rooms yet" in text(ada.get("/rooms"))
    given = {"team": "Larks", "days": "14", "language": "en", "inbox": ""}
    assert ada.post("/rooms/teams", given).status_code == 302
    wrong = ada.post("/rooms", {"ticket": "T-404"})
    assert wrong.status_code == 400 and "no ticket" in wrong.content.decode()
    made = ada.post("/rooms", {"ticket": "T-100"})
    row = Room.objects.get()
    assert made["Location"] == f"/rooms/{row.id}"
    assert row.expires_at == NOW + timedelta(days=14)
    page = text(ada.get(f"/rooms/{row.id}"))
    (path,) = set(re.findall(r"/r/[\w-]+", page))
    assert stranger.get(path).status_code == 200
    assert "Opened" in text(ada.get(f"/rooms/{row.id}"))
    assert ada.post(f"/rooms/{row.id}/revoke").status_code == 302
    assert stranger.get(path).status_code == 410
    listed = text(ada.get("/rooms"))
    assert "revoked" in listed
    acts = list(AuditEvent.objects.order_by("-id").values_list("action", flat=True)[:3])
    assert acts == ["revoked a room", "issued a room", "turned rooms on"]


def test_each_sees_the_rooms_of_their_own_work(
    desk: Desk, as_: Callable[..., Any], site: Path
) -> None:
    row = room(desk, "T-100")
    for who, code in (("lea", 200), ("tom", 404), ("hugo", 404), ("vic", 403)):
        assert as_(who).get(f"/rooms/{row.id}").status_code == code, who
        assert as_(who).post(f"/rooms/{row.id}/revoke").status_code in (302, code)
    assert as_("hugo").get("/rooms/teams").status_code == 403
    # Tickets that somebody may not see get no room from them.
    found = as_("hugo").post("/rooms", {"ticket": "T-300"})
    assert found.status_code == 400 and "no ticket" in found.content.decode()


def test_who_is_erased_has_no_room_and_no_words(desk: Desk, stranger: Any) -> None:
    from helmdesk.web.apps.events.models import Event
    from helmdesk.web.apps.outbox.models import Message
    from helmdesk.web.apps.people.erasure import clean_database
    from helmdesk.web.apps.rooms.models import Room, Written

    turn_on(inbox="support@larkspur.example")
    row = room(desk, "T-400")
    path = path_of(row)
    stranger.post(path, {"text": "My name is Emil"})
    clean_database(["emil"])
    assert not Message.objects.exists()
    assert not Written.objects.exists()
    assert "Emil" not in repr(list(Event.objects.values_list("said", flat=True)))
    kept = Room.objects.get()
    assert kept.revoked_why == "erased" and kept.customer_id == ""
    assert stranger.get(path).status_code == 410


def test_migrations_are_written(site: Path) -> None:
    from django.core.management import call_command

    call_command("makemigrations", "rooms", check=True, dry_run=True, verbosity=0)
