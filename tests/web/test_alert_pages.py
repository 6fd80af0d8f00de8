"""Alerts on the site: written, tried, followed through the weeks, told once, and to their person
alone.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from typing import Any

import pytest

from helmdesk.act.alerts import Change
from helmdesk.insight.alerts import Kind, Watch

VOLUME = "ticket_volume"


@pytest.fixture(autouse=True)
def _empty(site: Path) -> Iterator[None]:
    from helmdesk.web.apps.alerts.models import QuietHours, Rule
    from helmdesk.web.apps.jobs.models import Heartbeat, Job, Schedule, Switch
    from helmdesk.web.apps.outbox.models import Endpoint, Message
    from helmdesk.web.apps.people.models import Person

    def clear() -> None:
        for model in (Rule, QuietHours, Message, Endpoint, Heartbeat, Job, Schedule, Switch):
            model.objects.all().delete()
        Person.objects.update(email="")

    clear()
    for name in ("lea", "tom", "ada"):
        Person.objects.filter(username=name).update(email=f"{name}@example.org")
    yield
    clear()


@pytest.fixture
def at(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Return what looks at everybody's alerts at a moment."""

    def look(moment: datetime) -> None:
        from helmdesk.web.apps.alerts import jobs as own
        from helmdesk.web.apps.jobs.kind import Nothing
        from helmdesk.web.apps.jobs.models import Job
        from helmdesk.web.apps.jobs.queue import enqueue
        from helmdesk.web.apps.jobs.worker import Worker

        monkeypatch.setattr(own, "now_of", lambda desk: moment)
        Job.objects.exclude(kind__startswith="send").filter(kind__startswith="alerts").delete()
        enqueue(own.alerts, f"alerts:{moment:%Y%m%dT%H%M%S}", Nothing())
        kinds = (own.alerts, own.look_for)
        Worker(is_thread=False, known={kind.name: kind for kind in kinds}).work_off()
        assert not Job.objects.filter(kind__startswith="alerts").exclude(outcome="done").exists()

    return look


def end_of_data(site: Path) -> datetime:
    from helmdesk.desk.desk import Desk

    with Desk(site).marts.reader() as reader:
        return reader.bounds.as_of


def rule_of(name: str, watch: Watch, *, is_on: bool = True) -> Any:
    from helmdesk.web.apps.alerts.models import Rule
    from helmdesk.web.apps.people.models import Person

    person = Person.objects.get(username=name)
    return Rule.objects.create(person=person, said=watch.as_dict(), is_on=is_on)


def middle(site: Path, name: str = "lea") -> Watch:
    """Return a rule about weekly volume at its median, which many weeks pass."""
    from helmdesk.desk.desk import Desk

    desk = Desk(site)
    weeks = [m.value for m in desk.measure(VOLUME, grain="week") if not m.is_partial and m.value]
    level = sorted(weeks)[len(weeks) // 2]
    return Watch(Kind.LEVEL, VOLUME, enter=level, leave=level)


def test_a_rule_is_tried_kept_and_in_preview_at_first(as_: Any, at: Any, site: Path) -> None:
    from helmdesk.web.apps.alerts.models import Rule
    from helmdesk.web.apps.outbox.models import Message

    lea = as_("lea")
    page = lea.get("/alerts").content.decode()
    assert "Ready to be tried" in page and "You have no alerts yet" in page
    watch = middle(site)
    asked = {"kind": "level", "metric": VOLUME, "side": "above", "enter": f"{watch.enter:g}"}
    page = lea.get("/alerts/new", asked).content.decode()
    assert "It would have spoken" in page and "Keep this alert" in page
    assert lea.post("/alerts/new", asked).status_code == 302
    rule = Rule.objects.get()
    assert rule.watch == watch and not rule.is_on
    at(end_of_data(site))
    rule.refresh_from_db()
    assert rule.looked_at and rule.words and Message.objects.count() == 0
    page = lea.get(f"/alerts/{rule.pk}").content.decode()
    assert "It is in preview" in page and rule.words.split(",")[0] in page


def test_what_is_told_week_by_week_is_what_the_past_says(at: Any, site: Path) -> None:
    from helmdesk.desk.desk import Desk
    from helmdesk.web.apps.outbox.models import Message

    watch = middle(site)
    past = Desk(site).try_alert(watch, days=7 * 20)
    rule = rule_of("ada", watch)
    for step in past.steps:
        at(step.reading.until)
        at(step.reading.until + timedelta(hours=3))  # nothing new is nothing told
        rule.refresh_from_db()
        assert rule.state == step.memory.state.value, step.reading.period
    changes = [each.change for each in past.steps if each.change]
    first = past.steps[0]
    if first.memory.is_open and first.change is None:  # it was on when the rule was written
        changes = [Change.BEGAN, *changes]
    told = [each.subject for each in reversed(Message.objects.all())]
    assert len(changes) > 3
    assert ["began" in subject for subject in told] == [each is Change.BEGAN for each in changes]


def test_data_that_stay_away_are_told_once_and_end_nothing(at: Any, site: Path) -> None:
    from helmdesk.web.apps.outbox.models import Message

    end = end_of_data(site)
    rule = rule_of("lea", Watch(Kind.LEVEL, VOLUME, enter=1, leave=0))
    at(end)
    for days in (9, 16, 17, 24, 31):
        at(end + timedelta(days=days))
    subjects = [each.subject for each in reversed(Message.objects.all())]
    assert [" began" in each for each in subjects] == [True, False]
    assert "cannot be told any more" in subjects[1]
    rule.refresh_from_db()
    assert (rule.state, rule.told, rule.known.is_open) == ("unknown", "open", True)
    assert rule.words.startswith("the data end on ")


def test_one_mail_tells_all_that_changed_and_leads_on(
    at: Any, site: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from django.conf import settings
    from django.urls import reverse

    from helmdesk.web.apps.outbox.models import Message

    monkeypatch.setattr(settings, "PUBLIC_URL", "https://desk.example.org")
    rules = [
        rule_of("lea", Watch(Kind.LEVEL, VOLUME, enter=1, leave=0)),
        rule_of("lea", Watch(Kind.LATENESS, enter=1, leave=1)),
        rule_of("tom", Watch(Kind.LATENESS, enter=1, leave=1)),
        rule_of("lea", Watch(Kind.LATENESS, enter=1, leave=1), is_on=False),
    ]
    at(end_of_data(site) + timedelta(hours=2))
    mine, toms = (Message.objects.get(recipient=f"{name}@example.org") for name in ("lea", "tom"))
    assert mine.subject.endswith(": 2 alerts changed")
    for rule in rules[:2]:
        assert f"https://desk.example.org/alerts/{rule.pk}" in mine.text
        assert f"https://desk.example.org/alerts/{rule.pk}" in mine.html
    assert f"https://desk.example.org{reverse('metric', args=[VOLUME])}" in mine.text
    assert f"/alerts/{rules[3].pk}" not in mine.text
    assert "the data end 2 h ago" in toms.text
    assert len(mine.html.encode()) < 60_000


def test_quiet_hours_put_mail_off(at: Any, site: Path, as_: Any) -> None:
    from helmdesk.web.apps.alerts.models import quiet_until
    from helmdesk.web.apps.jobs.models import Job
    from helmdesk.web.apps.jobs.queue import now
    from helmdesk.web.apps.outbox.models import Message

    night = (time(19), time(7), datetime(2026, 3, 28, 23, tzinfo=UTC), "Europe/Berlin")
    assert quiet_until(*night) == datetime(2026, 3, 29, 5, tzinfo=UTC), "clocks went forward"
    assert quiet_until(time(19), time(7), datetime(2026, 3, 28, 12, tzinfo=UTC), "UTC") is None
    assert quiet_until(time(9), time(17), datetime(2026, 3, 28, 12, tzinfo=UTC), "UTC") == datetime(
        2026, 3, 28, 17, tzinfo=UTC
    )
    lea = as_("lea")
    zone_now = now().astimezone(UTC)
    from zoneinfo import ZoneInfo

    from helmdesk.desk.desk import Desk

    local = zone_now.astimezone(ZoneInfo(Desk(site).settings.time_zone))
    start, end = (local + timedelta(hours=step) for step in (-1, 2))
    sent = {"start": f"{start:%H:%M}", "end": f"{end:%H:%M}"}
    assert lea.post("/alerts/quiet-hours", sent).status_code == 302
    rule_of("lea", Watch(Kind.LATENESS, enter=1, leave=1))
    at(end_of_data(site) + timedelta(hours=2))
    job = Job.objects.get(key=Message.objects.get().key)
    assert timedelta(hours=1) < job.run_at - zone_now <= timedelta(hours=2, minutes=1)
    assert lea.post("/alerts/quiet-hours", {"start": "x", "end": "y"}).status_code == 400
    assert lea.post("/alerts/quiet-hours", {"start": "", "end": ""}).status_code == 302


def test_muted_is_silent_and_told_when_that_ends(at: Any, site: Path, as_: Any) -> None:
    from helmdesk.web.apps.outbox.models import Message

    rule, lea = rule_of("lea", Watch(Kind.LATENESS, enter=1, leave=1)), as_("lea")
    end = end_of_data(site)
    assert lea.post(f"/alerts/{rule.pk}/change", {"do": "week"}).status_code == 302
    at(end + timedelta(hours=2))
    assert Message.objects.count() == 0
    assert lea.post(f"/alerts/{rule.pk}/change", {"do": "unmute"}).status_code == 302
    at(end + timedelta(hours=3))
    assert Message.objects.count() == 1
    assert lea.post(f"/alerts/{rule.pk}/change", {"do": "off"}).status_code == 302
    at(end)
    assert Message.objects.count() == 1
    assert lea.post(f"/alerts/{rule.pk}/change", {"do": "remove"}).status_code == 302
    assert lea.get(f"/alerts/{rule.pk}").status_code == 404


def test_rules_are_their_persons_own(as_: Any) -> None:
    rule = rule_of("lea", Watch(Kind.LATENESS, enter=1, leave=1))
    assert as_("ada").get(f"/alerts/{rule.pk}").status_code == 404
    assert as_("tom").post(f"/alerts/{rule.pk}/change", {"do": "remove"}).status_code == 404
    assert as_("hugo").get("/alerts").status_code == 403
    lea = as_("lea")
    assert lea.post(f"/alerts/{rule.pk}/change", {"do": "programs"}).status_code == 400
    assert lea.post(f"/alerts/{rule.pk}/change", {"do": "dance"}).status_code == 400


def test_programs_are_told_where_an_administrator_says_so(at: Any, site: Path, as_: Any) -> None:
    from helmdesk.web.apps.outbox.models import Endpoint, Message

    Endpoint.objects.create(name="pager", url="https://pager.example.org/x", topics=["alert"])
    rule = rule_of("ada", Watch(Kind.LATENESS, enter=1, leave=1))
    assert as_("ada").post(f"/alerts/{rule.pk}/change", {"do": "programs"}).status_code == 302
    at(end_of_data(site) + timedelta(hours=2))
    hook = Message.objects.get(channel="webhook")
    assert '"change": "began"' in hook.text and '"state": "firing"' in hook.text


def test_a_rule_changed_while_it_is_looked_at_is_looked_at_anew(site: Path) -> None:
    from helmdesk.desk.desk import Desk
    from helmdesk.errors import ConflictError
    from helmdesk.query.policy import OWNER
    from helmdesk.web.apps.alerts.jobs import Looked, keep
    from helmdesk.web.apps.alerts.looking import look
    from helmdesk.web.apps.alerts.models import Evaluation, Rule
    from helmdesk.web.apps.outbox.models import Message

    desk = Desk(site)
    rule = rule_of("lea", Watch(Kind.LATENESS, enter=1, leave=1))
    found = look(rule, desk, end_of_data(site) + timedelta(hours=2), [])
    keep([Looked(rule, found)], desk, OWNER)
    assert (Message.objects.count(), Evaluation.objects.count()) == (1, 1)
    with pytest.raises(ConflictError):
        keep([Looked(rule, found)], desk, OWNER)  # by another worker, at the same time
    assert Message.objects.count() == 1
    fresh = Rule.objects.get()
    Rule.objects.update(is_on=False)
    with pytest.raises(ConflictError):
        keep([Looked(fresh, look(fresh, desk, end_of_data(site), []))], desk, OWNER)


def test_what_cannot_be_looked_at_says_why_and_changes_nothing(at: Any, site: Path) -> None:
    from helmdesk.web.apps.alerts.models import Evaluation
    from helmdesk.web.apps.outbox.models import Message

    rule = rule_of("lea", Watch(Kind.LEVEL, "no_longer_there", enter=1, leave=1))
    at(end_of_data(site))
    rule.refresh_from_db()
    assert "no_longer_there" in rule.problem and rule.state == "ok"
    assert Evaluation.objects.get().outcome == "failed" and Message.objects.count() == 0


@pytest.mark.parametrize(
    "asked",
    [
        {"kind": "wish"},
        {"kind": "level", "enter": "1"},
        {"kind": "level", "metric": VOLUME, "enter": ""},
        {"kind": "level", "metric": "nothing", "enter": "1"},
        {"kind": "level", "metric": VOLUME, "enter": "many"},
        {"kind": "level", "metric": VOLUME, "enter": "nan"},
        {"kind": "level", "metric": VOLUME, "enter": "5", "leave": "9"},
        {"kind": "level", "metric": VOLUME, "enter": "5", "hold": "99"},
        {"kind": "level", "metric": VOLUME, "enter": "5", "where": "team ="},
        {"kind": "level", "metric": VOLUME, "enter": "5", "where": "colour = 'red'"},
        {"kind": "target", "metric": VOLUME},
        {"kind": "promises", "enter": "-1"},
    ],
)
def test_what_is_no_rule_is_said_on_the_page(as_: Any, asked: dict[str, str]) -> None:
    from helmdesk.web.apps.alerts.models import Rule

    lea = as_("lea")
    shown = lea.get("/alerts/new", asked)
    assert shown.status_code == 200 and "This is no rule yet" in shown.content.decode()
    assert lea.post("/alerts/new", asked).status_code in (400, 404)
    assert Rule.objects.count() == 0


def test_who_has_alerts_hears_of_the_silence_on_every_page(as_: Any, at: Any, site: Path) -> None:
    from helmdesk.web.apps.alerts.models import Rule

    rule_of("lea", middle(site))
    at(end_of_data(site))
    told = "Your alerts were not looked at for more than half an hour"
    assert told not in as_("lea").get("/catalogue").content.decode()
    Rule.objects.update(looked_at=datetime.now(UTC) - timedelta(minutes=31))
    assert told in as_("lea").get("/catalogue").content.decode()
    for other in ("tom", "hugo"):
        assert told not in as_(other).get("/catalogue").content.decode()
