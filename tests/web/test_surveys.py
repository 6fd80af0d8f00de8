"""Surveys on the site: whom a load brings, what leaves, what comes back, and what never happens."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from desks import load_events, make_desk
from effort import tries
from helmdesk.act.survey_words import PHRASES
from helmdesk.act.surveys import SCALES, Kind, Purpose, Reason, Terms, sign
from helmdesk.desk.desk import Desk
from web.conftest import text
from web.mail_server import Inbox, serving

# A Wednesday; every hour of the week is open in the terms of most tests.
NOW = datetime(2026, 3, 4, 12, tzinfo=UTC)
SOON = {"delay_hours": 0, "person_days": 90, "account_days": 0}


@pytest.fixture(autouse=True)
def _empty(site: Path) -> Iterator[None]:
    from helmdesk.web.apps.events.models import Event
    from helmdesk.web.apps.jobs.models import Heartbeat, Job, Schedule, Switch
    from helmdesk.web.apps.outbox.models import Message
    from helmdesk.web.apps.surveys import models

    def clear() -> None:
        kept = (models.Invitation, models.Rule, models.Wave, models.Instrument, models.LastAsked)
        others = (models.Address, models.Refusal, models.QuietAccount)
        for model in (*kept, *others, Message, Event, Heartbeat, Job, Schedule):
            model.objects.all().delete()
        Switch.turn(Switch.State.PREVIEW)

    clear()
    yield
    clear()


@pytest.fixture
def now(monkeypatch: pytest.MonkeyPatch) -> Callable[[datetime], None]:
    """Let the site's clock stand at a moment."""
    from helmdesk.web.apps.jobs import queue

    def stand(moment: datetime) -> None:
        monkeypatch.setattr(queue, "now", lambda: moment)

    stand(NOW)
    return stand


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Desk:
    """A small desk in place of the site's own, for jobs."""
    from django.conf import settings

    made = make_desk(tmp_path / "desk", name="Larkspur")
    monkeypatch.setattr(settings, "DESK_FOLDER", made.path)
    solve(made, ("T-0", "first@example.org", NOW - timedelta(days=2)))
    return made


@pytest.fixture
def mail(monkeypatch: pytest.MonkeyPatch) -> Iterator[Inbox]:
    """A mail server, and a site that may send."""
    from django.conf import settings

    from helmdesk.web.apps.jobs.models import Switch

    with serving(Inbox()) as inbox:
        monkeypatch.setattr(settings, "MAIL", f"smtp://127.0.0.1:{inbox.port}?tls=off")
        monkeypatch.setattr(settings, "MAIL_FROM", "Larkspur <support@larkspur.example>")
        monkeypatch.setattr(settings, "PUBLIC_URL", "https://desk.example.org")
        Switch.turn(Switch.State.ON)
        yield inbox


def solved(
    ticket: str,
    customer: str,
    at: datetime,
    *,
    subject: str = "",
    account: str = "",
    channel: str = "email",
) -> list[dict[str, Any]]:
    """Return the events of a ticket that is solved."""
    return [
        {
            "type": "created",
            "ticket_id": ticket,
            "occurred_at": at - timedelta(hours=3),
            "customer_id": customer,
            "channel": channel,
            **({"subject": subject} if subject else {}),
            **({"account_id": account} if account else {}),
        },
        {
            "type": "status_changed",
            "ticket_id": ticket,
            "occurred_at": at,
            "status": "solved",
            "actor_kind": "human",
            "actor_id": "a1",
        },
    ]


def solve(desk: Desk, *tickets: tuple[str, str, datetime], **more: str) -> None:
    """Load tickets that are solved, at once."""
    load_events(desk, [event for ticket in tickets for event in solved(*ticket, **more)])


def rule_of(desk: Desk, *, is_on: bool = True, kind: Kind = Kind.CSAT, **terms: Any) -> Any:
    """Write a rule that has seen what is there."""
    from helmdesk.web.apps.surveys.forms import instrument_of
    from helmdesk.web.apps.surveys.models import Rule, as_kept

    where = terms.pop("where", "")
    made = Rule.objects.create(
        name="After the solve",
        instrument=instrument_of(kind.value),
        terms=as_kept(Terms(**{**SOON, **terms})),
        where=where,
        is_on=is_on,
    )
    find(desk)
    return made


def find(desk: Desk) -> None:
    """Look for whom the rules ask."""
    from helmdesk.web.apps.surveys.jobs import look
    from helmdesk.web.apps.surveys.models import Rule

    for rule in Rule.objects.select_related("instrument"):
        look(rule, desk, desk.marts.version())


def post() -> None:
    """Send what is due, let the mail go, and note what became of it."""
    from helmdesk.web.apps.jobs.worker import Worker
    from helmdesk.web.apps.outbox.jobs import send_mail
    from helmdesk.web.apps.surveys import jobs

    held: Any = type("Held", (), {"tell": staticmethod(lambda _step: None)})()
    for _ in range(2):
        jobs.send_mail.run(held)
        Worker(is_thread=False, known={"mail": send_mail}).work_off()


def record(desk: Desk) -> None:
    """Give what was noted to the records, and make the numbers anew."""
    from helmdesk.web.apps.events import jobs
    from helmdesk.web.apps.jobs.kind import Nothing
    from helmdesk.web.apps.jobs.queue import enqueue
    from helmdesk.web.apps.jobs.worker import Worker

    enqueue(jobs.gather, f"events:{datetime.now(UTC).isoformat()}", Nothing())
    kinds = {kind.name: kind for kind in (jobs.gather, jobs.record)}
    Worker(is_thread=False, known=kinds).work_off()


def asked_of(customer: str = "") -> Any:
    from helmdesk.web.apps.surveys.models import Invitation

    rows = Invitation.objects.exclude(reason=Reason.EARLIER)
    return rows.get(customer_id=customer) if customer else rows


def links(message: Any) -> list[str]:
    """Return the addresses within a mail, as paths of this site."""
    body = message.get_body(("plain",)).get_content()
    return re.findall(r"https://desk\.example\.org(/s/\S+)", body)


def is_whole() -> bool:
    """Whether those who wait, who were held and who were asked are all of them."""
    from helmdesk.web.apps.surveys.models import Rule
    from helmdesk.web.apps.surveys.overview import funnel

    found = [funnel(rule) for rule in Rule.objects.all()]
    return all(
        each.eligible == each.waiting + each.held + each.asked
        and each.held == sum(count for _, count in each.reasons)
        for each in found
    )


# -- from a load to a number -----------------------------------------------------------------------


def test_a_customer_is_asked_answers_and_is_a_number(
    desk: Desk, mail: Inbox, now: Any, as_: Any, tell: Any
) -> None:
    rule_of(desk)
    assert asked_of().count() == 0, "what was solved before the rule is not asked about"
    solve(desk, ("T-1", "ada@example.org", NOW - timedelta(hours=1)), subject="Old address")
    find(desk)
    post()
    sent = mail.only()
    assert (sent["To"], sent["From"]) == ("ada@example.org", "Larkspur <support@larkspur.example>")
    assert sent["Subject"] == "Larkspur: how did we do?"
    assert sent["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert "About your request “Old address”" in sent.get_body(("plain",)).get_content()
    assert len(bytes(sent)) < 20_000 and b"<img" not in bytes(sent)
    tell("a survey mail is at most 20 kB, without images", f"{len(bytes(sent)) / 1000:.1f} kB")
    offered = [each for each in links(sent) if "rating" in each]
    assert [each[-1] for each in offered] == ["5", "4", "3", "2", "1"]
    assert asked_of("ada@example.org").state == "sent"

    customer = as_()
    now(NOW + timedelta(hours=2))
    opened = customer.get(offered[1])
    # Nobody's browser keeps the page, nor tells other sites of the link.
    assert opened["Referrer-Policy"] == "no-referrer"
    assert opened["Cache-Control"] == "private, no-store"
    page = text(opened)
    assert re.search(r'value="4"\s+required\s+checked', page), "what was clicked is chosen"
    assert asked_of("ada@example.org").state == "sent", "opening is no answer"
    answered = customer.post(offered[1], {"rating": "4", "comment": "Thank you"}, follow=True)
    assert "Thank you. Your answer has arrived." in text(answered)
    assert "already" in text(customer.post(offered[0], {"rating": "1"}, follow=True))

    record(desk)
    assert desk.measure("csat")[0].value == 1.0
    (row,) = desk.drill("csat").to_pylist()
    assert (row["ticket_id"], row["answer"], row["comment"]) == ("T-1", "4", "Thank you")
    rate = desk.measure("csat_response_rate")[0]
    assert (rate.value, rate.n) == (1.0, 1)
    timing = desk.measure("csat", by="survey_timing")[0]
    assert timing.group[0][1] == "within a day of it"
    assert is_whole()


@pytest.mark.parametrize(
    ("kind", "answer", "metric", "value"),
    [
        (Kind.CES, "6", "ces", 1.0),
        (Kind.NPS, "3", "nps", -1.0),
        (Kind.FCR, "no", None, None),
    ],
)
def test_other_questions_reach_their_metrics(
    desk: Desk, mail: Inbox, now: Any, as_: Any, kind: Kind, answer: str, metric: str, value: float
) -> None:
    rule_of(desk, kind=kind)
    solve(desk, ("T-1", "ada@example.org", NOW - timedelta(hours=1)))
    find(desk)
    post()
    link = links(mail.only())[0]
    assert as_().post(link, {"rating": answer}).status_code == 302
    record(desk)
    if metric:
        assert desk.measure(metric)[0].value == value
    table = desk.measure("csat_response_rate", variant="every_survey", by="instrument")
    assert [(row.group[0][1], row.n) for row in table] == [(f"helmdesk-{kind}-1", 1)]


def test_who_is_not_asked_is_counted_with_the_reason(
    desk: Desk, mail: Inbox, now: Any, as_: Any, tell: Any
) -> None:
    from helmdesk.web.apps.surveys.asking import quiet_key
    from helmdesk.web.apps.surveys.models import QuietAccount, Refusal, person_digest

    rule_of(desk)
    QuietAccount.objects.create(key=quiet_key("Dalora"), account="Dalora")
    Refusal.objects.create(digest=person_digest("STOP@example.org"), is_wish=True)
    Refusal.objects.create(digest=person_digest("gone@example.org"), is_bounced=True)
    recent = NOW - timedelta(hours=2)
    solve(desk, ("T-6", "eve@example.org", recent), account="Dalora")
    solve(
        desk,
        ("T-1", "ada@example.org", recent),
        ("T-2", "Ada+work@Example.org", recent + timedelta(minutes=1)),
        ("T-3", "nobody-4711", recent),
        ("T-4", "stop@example.org", recent),
        ("T-5", "gone@example.org", recent),
        ("T-7", "old@example.org", NOW - timedelta(days=15)),
    )
    find(desk)
    post()
    assert [each["To"] for each in mail.taken] == ["ada@example.org"]
    reasons = {row.ticket_id: row.reason for row in asked_of()}
    assert reasons == {
        "T-1": "",
        "T-2": Reason.COOL_DOWN,
        "T-3": Reason.NO_ADDRESS,
        "T-4": Reason.UNSUBSCRIBED,
        "T-5": Reason.BOUNCED,
        "T-6": Reason.QUIET,
        "T-7": Reason.STALE,
    }
    assert is_whole()
    told_why = sum(bool(reason) for reason in reasons.values())
    tell("everybody who was not asked has a reason", f"{told_why} of {len(reasons) - 1}")
    record(desk)
    reach = desk.measure("csat_response_rate", variant="reach")[0]
    assert (reach.value, reach.n) == (pytest.approx(1 / 7), 7)
    told = desk.measure("csat_response_rate", variant="reach", by="not_asked")
    assert {row.group[0][1]: row.n for row in told} == {
        None: 1,
        **{reason.value: 1 for ticket, reason in reasons.items() if ticket != "T-1"
           for reason in [Reason(reason)]},
    }  # fmt: skip


def test_a_sample_is_recorded_with_its_probability(desk: Desk, mail: Inbox, now: Any) -> None:
    rule_of(desk, share=0.5)
    load = NOW - timedelta(hours=2)
    solve(desk, *[(f"S-{number}", f"c{number}@example.org", load) for number in range(12)])
    find(desk)
    states = {row.ticket_id: row.state for row in asked_of()}
    find(desk)
    assert {row.ticket_id: row.state for row in asked_of()} == states, "drawn once"
    post()
    record(desk)
    with desk.engine() as engine:
        kept = engine.run(
            "select ticket_id, is_asked, not_asked, probability from invites order by ticket_id"
        )
    assert len(kept) == 12 and {row[3] for row in kept} == {0.5}
    assert {row[0] for row in kept if row[1]} == {t for t, s in states.items() if s == "due"}
    assert {row[2] for row in kept if not row[1]} <= {Reason.SAMPLED_OUT.value}


# -- nothing leaves that must not ------------------------------------------------------------------


def test_nothing_is_sent_in_preview_without_mail_or_with_the_switch_off(
    desk: Desk, mail: Inbox, now: Any, as_: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from django.conf import settings

    from helmdesk.web.apps.jobs.models import Switch

    rule = rule_of(desk, is_on=False)
    solve(desk, ("T-1", "ada@example.org", NOW - timedelta(hours=1)))
    find(desk)
    post()
    assert mail.taken == [] and asked_of("ada@example.org").reason == Reason.PREVIEW
    lea = as_("lea")
    Switch.turn(Switch.State.PREVIEW)
    refused = lea.post(f"/surveys/{rule.pk}/change", {"do": "on"})
    assert refused.status_code == 400 and "off or in preview" in refused.content.decode()
    type(rule).objects.update(is_on=True)
    solve(desk, ("T-2", "bob@example.org", NOW - timedelta(hours=1)))
    find(desk)
    post()
    assert mail.taken == [] and asked_of("bob@example.org").state == "due", "it waits"
    Switch.turn(Switch.State.ON)
    monkeypatch.setattr(settings, "MAIL", "")
    post()
    assert asked_of("bob@example.org").state == "due"
    now(NOW + timedelta(days=30))
    post()
    assert asked_of("bob@example.org").reason == Reason.NO_MAIL
    assert mail.taken == [] and is_whole()


def test_mail_waits_for_the_working_hours_of_the_customer(
    desk: Desk, mail: Inbox, now: Any
) -> None:
    saturday = datetime(2026, 3, 7, 12, tzinfo=UTC)
    now(saturday)
    rule_of(desk)
    solve(desk, ("T-1", "ada@example.org", saturday - timedelta(hours=1)))
    find(desk)
    post()
    assert mail.taken == []
    monday = datetime(2026, 3, 9, 8, 59, tzinfo=UTC)
    now(monday)
    post()
    assert mail.taken == []
    now(monday + timedelta(minutes=1))
    post()
    assert len(mail.taken) == 1


def test_what_came_back_before_it_was_sent_is_not_asked_about(
    desk: Desk, mail: Inbox, now: Any
) -> None:
    rule_of(desk, delay_hours=24)
    solve(desk, ("T-1", "ada@example.org", NOW - timedelta(hours=1)))
    find(desk)
    again = {"type": "status_changed", "ticket_id": "T-1", "status": "open"}
    load_events(desk, [{**again, "occurred_at": NOW + timedelta(hours=1), "actor_kind": "human"}])
    now(NOW + timedelta(hours=24))
    post()
    assert mail.taken == [] and asked_of("ada@example.org").reason == Reason.REOPENED


def test_an_erased_customer_is_not_asked_and_leaves_nothing(
    desk: Desk, mail: Inbox, now: Any, as_: Any
) -> None:
    from helmdesk.desk.erasure import erase
    from helmdesk.web.apps.people.erasure import clean_database
    from helmdesk.web.apps.surveys.models import Address, Answer, Invitation, digest

    rule_of(desk, person_days=0)
    for name in ("ada", "bob", "eve"):
        key = digest(f"c-{name}")
        Address.objects.create(key=key, customer_id=f"c-{name}", email=f"{name}@example.org")
    solve(desk, ("T-1", "c-ada", NOW - timedelta(hours=1)))
    find(desk)
    post()
    link = links(mail.only())[0]
    comment = {"rating": "1", "comment": "call me at home"}
    assert as_().post(link, comment).status_code == 302
    recent = NOW - timedelta(hours=1)
    solve(desk, ("T-2", "c-bob", recent), ("T-3", "c-eve", recent))
    find(desk)
    erased = erase(desk, ["c-ada", "c-bob"])
    clean_database(erased.words)
    post()
    assert [each["To"] for each in mail.taken] == ["ada@example.org", "eve@example.org"]
    assert "@" not in "".join(repr(row) for row in Invitation.objects.filter(ticket_id="").values())
    assert Answer.objects.get().comment == ""
    assert [row.customer_id for row in Address.objects.all()] == ["c-eve"]
    held = Invitation.objects.filter(reason=Reason.ERASED)
    assert [row.state for row in held] == ["held"] and is_whole()
    record(desk)
    files = list(desk.lake.snapshot().files["survey"])
    assert b"call me at home" not in b"".join(Path(each).read_bytes() for each in files)


def test_a_dead_mail_server_is_told_and_nobody_is_asked_twice(
    desk: Desk, mail: Inbox, now: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from django.conf import settings

    from helmdesk.web.apps.jobs.models import Job

    rule_of(desk)
    solve(desk, ("T-1", "ada@example.org", NOW - timedelta(hours=1)))
    find(desk)
    alive = settings.MAIL
    monkeypatch.setattr(settings, "MAIL", "smtp://127.0.0.1:1?tls=off")
    post()
    assert asked_of("ada@example.org").state == "sending"
    (job,) = Job.objects.filter(kind="mail")
    assert "cannot be reached" in job.error and not job.outcome
    monkeypatch.setattr(settings, "MAIL", alive)
    now(NOW + timedelta(hours=2))
    post()
    assert asked_of("ada@example.org").state == "sent" and len(mail.taken) == 1


def test_an_address_that_is_refused_is_never_tried_again(desk: Desk, mail: Inbox, now: Any) -> None:
    rule_of(desk, person_days=0)
    mail.said["RCPT"] = "550 no such person"
    solve(desk, ("T-1", "ada@example.org", NOW - timedelta(hours=1)))
    find(desk)
    post()
    assert asked_of().get().state == "bounced"
    solve(desk, ("T-2", "ADA@example.org", NOW - timedelta(minutes=30)))
    find(desk)
    post()
    assert asked_of("ADA@example.org").reason == Reason.BOUNCED
    record(desk)
    with desk.engine() as engine:
        assert engine.run("select count_if(is_asked), count(*) from invites") == [(0, 2)]


RETURNED = """From: postmaster@example.org
To: support@larkspur.example
Subject: Undelivered
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="x"

--x
Content-Type: text/plain

It did not arrive.
--x
Content-Type: message/delivery-status

Reporting-MTA: dns; example.org

Final-Recipient: rfc822; ada@example.org
Status: {status}
--x
Content-Type: message/rfc822-headers

Message-ID: <{message}@helmdesk.invalid>
--x--
"""


def test_mail_that_comes_back_later_ends_it_at_once_or_the_third_time(
    desk: Desk, mail: Inbox, now: Any, as_: Any
) -> None:
    from django.core.files.uploadedfile import SimpleUploadedFile

    from helmdesk.web.apps.surveys.models import Refusal

    rule_of(desk)
    recent = NOW - timedelta(hours=1)
    solve(desk, ("T-1", "ada@example.org", recent), ("T-2", "bob@example.org", recent))
    find(desk)
    post()
    ada, lea = as_("lea"), as_("lea")

    def give(customer: str, status: str, times: int = 1) -> Any:
        one = RETURNED.format(status=status, message=asked_of(customer).message)
        box = "".join(f"From mailer Wed Mar  4 12:00:00 2026\n{one}\n" for _ in range(times))
        content = (one if times == 1 else box).encode()
        sent = {"do": "returned", "file": SimpleUploadedFile("back.eml", content)}
        return lea.post("/surveys/addresses/change", sent, follow=True)

    assert "1 of our surveys came back" in text(give("ada@example.org", "5.1.1"))
    assert asked_of().get(ticket_id="T-1").state == "bounced"
    give("bob@example.org", "4.2.2", times=2)
    assert asked_of("bob@example.org").state == "sent"
    assert not Refusal.objects.get(returns=2).is_bounced
    give("bob@example.org", "4.2.2")
    assert Refusal.objects.get(returns=3).is_bounced
    record(desk)
    rate = desk.measure("csat_response_rate")[0]
    assert rate.n == 1, "what came back for good was not delivered"
    other = SimpleUploadedFile("x.eml", b"Subject: hello\n\nhello")
    told = text(
        ada.post("/surveys/addresses/change", {"do": "returned", "file": other}, follow=True)
    )
    assert "0 of our surveys came back; 1 other messages." in told


def test_one_reminder_for_whoever_is_silent(desk: Desk, mail: Inbox, now: Any, as_: Any) -> None:
    rule_of(desk)
    recent = NOW - timedelta(hours=1)
    solve(desk, *[(f"T-{each}", f"{each}@example.org", recent) for each in ("ada", "bob", "eve")])
    find(desk)
    post()
    by_name = {each["To"].partition("@")[0]: links(each) for each in mail.taken}
    customer = as_()
    customer.post(by_name["ada"][0], {"rating": "5"})
    assert "We will not send you" in text(customer.get(by_name["bob"][-1]))
    one_click = customer.post(
        by_name["bob"][-1], "List-Unsubscribe=One-Click", "application/x-www-form-urlencoded"
    )
    assert "We will not ask you again." in text(one_click)
    now(NOW + timedelta(days=4))
    post()
    assert len(mail.taken) == 3, "not before the third working day"
    now(NOW + timedelta(days=5))
    post()
    post()
    reminded = [each for each in mail.taken if "if you have a moment" in each["Subject"]]
    assert [each["To"] for each in reminded] == ["eve@example.org"]
    assert links(reminded[0]) == by_name["eve"], "the same links"
    now(NOW + timedelta(days=29))
    post()
    over = customer.get(by_name["eve"][0])
    assert over.status_code == 410 and "no longer be answered" in over.content.decode()
    assert customer.post(by_name["eve"][0], {"rating": "5"}).status_code == 410
    assert asked_of().filter(state="expired").count() == 2
    assert asked_of().exclude(address="").count() == 0, "nobody is written to any more"


# -- what programs and many hands do ---------------------------------------------------------------


@pytest.fixture
def asked(desk: Desk, mail: Inbox, now: Any) -> list[str]:
    """Somebody has been asked; return the links of the mail."""
    rule_of(desk)
    solve(desk, ("T-1", "ada@example.org", NOW - timedelta(hours=1)))
    find(desk)
    post()
    return links(mail.only())


def test_a_program_that_follows_every_link_answers_nothing(
    asked: list[str], as_: Any, now: Any, tell: Any
) -> None:
    from helmdesk.web.apps.events.models import Event
    from helmdesk.web.apps.surveys.models import Answer, Opening

    scanner, opened = as_(), NOW + timedelta(seconds=30)
    times = tries(600, 10_000)
    for number in range(times):
        now(opened + timedelta(seconds=number % len(asked)))
        link = asked[number % len(asked)]
        found = scanner.head(link) if number % 7 == 0 else scanner.get(link)
        assert found.status_code == 200
    assert Answer.objects.count() == 0 and not Event.objects.filter(kind="responded").exists()
    tell("GETs of every link by a scanner: no answer", f"{times:,} GETs, {Answer.objects.count()}")
    row = asked_of().get()
    assert (row.state, row.is_program) == ("sent", True)
    assert Opening.objects.count() <= len(SCALES[Kind.CSAT].answers) + 1, "nor fills the disk"
    assert scanner.post(asked[0], {"rating": "2"}).status_code == 302
    assert Answer.objects.get().value == "2", "the person is heard all the same"


@contextmanager
def together(count: int, act: Callable[[int], None]) -> Iterator[None]:
    """Let several threads do something at once, each with a connection of its own."""
    from django.db import connection

    barrier, wrong = threading.Barrier(count), []

    def run(number: int) -> None:
        barrier.wait()
        try:
            act(number)
        except Exception as error:
            wrong.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(number,)) for number in range(count)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert not wrong, wrong[:3]
    yield


def test_racing_answers_are_one(asked: list[str], as_: Any, tell: Any) -> None:
    from helmdesk.web.apps.events.models import Event
    from helmdesk.web.apps.surveys.models import Answer

    each = tries(15, 125)
    statuses: list[int] = []

    def send(number: int) -> None:
        customer = as_()
        for turn in range(each):
            sent = {"rating": str(1 + (number + turn) % 5)}
            statuses.append(customer.post(asked[0], sent).status_code)

    with together(8, send):
        assert len(statuses) == 8 * each
    assert set(statuses) <= {200, 302}
    assert Answer.objects.count() == 1
    assert Event.objects.filter(kind="responded").count() == 1
    told = f"{len(statuses):,} POSTs by 8 hands, {Answer.objects.count()} answer"
    tell("racing POSTs of one link: one answer", told)


def test_two_rules_and_eight_workers_ask_a_person_once(
    desk: Desk, mail: Inbox, now: Any, tell: Any
) -> None:
    from helmdesk.web.apps.outbox.models import Message
    from helmdesk.web.apps.surveys.models import Invitation
    from helmdesk.web.apps.surveys.sending import send_one

    for _ in range(2):
        rule_of(desk)
    times = [NOW - timedelta(minutes=90 - number) for number in range(4)]
    solve(desk, *[(f"T-{number}", "ada@example.org", at) for number, at in enumerate(times, 1)])
    find(desk)
    due = list(Invitation.objects.filter(state="due").values_list("pk", flat=True))
    assert len(due) == 8, "four tickets under two rules"

    def work(number: int) -> None:
        for pk in due[number:] + due[:number]:
            send_one(pk, Desk(desk.path))

    with together(8, work):
        pass
    assert Message.objects.count() == 1
    told = f"{Message.objects.count()} mail, {len(due) - 1} held with a reason"
    tell("two rules, eight workers, one person: at most one invitation", told)
    assert asked_of().filter(state="sending").count() == 1
    assert asked_of().filter(reason=Reason.COOL_DOWN).count() == 7 and is_whole()


def test_links_that_are_not_ours_say_so(asked: list[str], as_: Any) -> None:
    from uuid import uuid4

    from helmdesk.web.apps.surveys.models import site_key

    customer = as_()
    whole = asked[0].partition("?")[0]
    strange = sign(site_key(), Purpose.ANSWER, uuid4(), NOW + timedelta(days=1))
    for link in (whole[:-3], f"{whole}x", f"/s/{strange}", whole.replace("/s/", "/s/A")):
        found = customer.get(link, headers={"accept-language": "fr-CH, de;q=0.5"})
        assert found.status_code == 404 and "Ce lien est incomplet" in found.content.decode()
    assert customer.post(f"{whole}/stop").status_code == 404, "a link is for one purpose"


def test_what_is_no_answer_is_said_and_the_comment_is_not_lost(asked: list[str], as_: Any) -> None:
    from helmdesk.web.apps.surveys.models import Answer

    customer = as_()
    for rating in ("", "6", "0", "x", "5 "):
        found = customer.post(asked[0], {"rating": rating, "comment": "keep <this>"})
        assert found.status_code == 400
        shown = found.content.decode()
        assert "Choose one of the answers first." in shown and "keep &lt;this&gt;" in shown
    long = customer.post(asked[0], {"rating": "3", "comment": "a" * 2001})
    assert long.status_code == 400 and "longer than 2,000 characters" in long.content.decode()
    huge = customer.post(asked[0], {"rating": "3", "comment": "a" * 10_000_000})
    assert huge.status_code == 413 and Answer.objects.count() == 0
    assert huge.content.decode() == PHRASES["en"].too_long
    assert customer.post(asked[0], {"rating": "3", "comment": "a" * 2000}).status_code == 302
    assert len(Answer.objects.get().comment) == 2000
