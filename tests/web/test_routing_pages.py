"""Routing on the site: put in shadow, looked at, read, stopped; who may see and change what."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

BERLIN, BOSTON = "Frontline Berlin", "Frontline Boston"


@pytest.fixture(autouse=True)
def _empty(site: Path) -> Iterator[None]:
    from helmdesk.web.apps.routing.models import RoutedQueue, Stop

    def clear() -> None:
        RoutedQueue.objects.all().delete()
        Stop.objects.all().delete()

    clear()
    yield
    clear()


def look() -> None:
    from helmdesk.web.apps.jobs.models import Job
    from helmdesk.web.apps.jobs.worker import Worker
    from helmdesk.web.apps.routing.jobs import look_at_queues

    Worker(is_thread=False, known={look_at_queues.name: look_at_queues}).work_off()
    assert not Job.objects.filter(kind=look_at_queues.name).exclude(error="").exists()


def queue(name: str = BERLIN) -> Any:
    from helmdesk.web.apps.routing.models import RoutedQueue

    return RoutedQueue.objects.get(name=name)


def switch(client: Any, mode: str, name: str = BERLIN, **more: str) -> Any:
    return client.post("/routing/mode", {"queue": name, "mode": mode, **more}, follow=True)


def text(response: Any) -> str:
    return " ".join(response.content.decode().split())


def test_a_planner_puts_a_queue_in_shadow_and_reads_its_report(as_: Any):
    from helmdesk.web.apps.routing.models import Decision

    pat = as_("pat")
    assert "Routing is off everywhere" in text(pat.get("/routing"))
    assert "The first look is under way" in text(switch(pat, "shadow"))
    look()
    it, found = queue(), Decision.objects.filter(queue=queue())
    assert it.looked_at and not it.problem
    # Beside a count by hand of what came without a person in the last four weeks.
    from django.conf import settings

    from helmdesk.desk.desk import Desk

    desk = Desk(settings.DESK_FOLDER)
    with desk.marts.reader() as reader:
        as_of = reader.bounds.as_of
        came = reader.engine.run(
            f"""
            select count(*) from intervals i
            where i.team = '{BERLIN}' and i.started_at = i.created_at and i.is_counted
                and coalesce(i.agent_id, '') = '' and i.is_unsolved
                and i.created_at >= timestamp '{as_of - timedelta(days=28)}'
                and i.ticket_id not in
                    (select ticket_id from contacts where ticket_id is not null)
            """
        )[0][0]
    assert 0.5 * came <= found.count() <= 1.2 * came
    shown = text(pat.get(f"/routing/{it.pk}"))
    assert "Routing named the person who took the case in" in shown
    assert "came before the queue was in shadow" in shown and "(0 of 200)" in shown
    row = text(pat.get("/routing"))
    assert f"{found.count()}" in row and "Shadow" in row
    # The decision, made again, and the ticket behind it.
    one = found.exclude(taken_by="").first()
    shown = text(pat.get(f"/routing/decision/{one.pk}"))
    assert "the same decision, bit by bit" in shown and f"/ticket/{one.ticket}" in shown
    assert one.taken_name in shown and one.agent_name in shown


def test_decisions_are_of_people_who_were_there_and_come_after_the_case(as_: Any):
    from helmdesk.web.apps.routing.models import Decision, Look

    switch(as_("pat"), "shadow")
    look()
    for each in Decision.objects.filter(queue=queue()):
        assert each.at > each.entered_at and each.agent
        assert each.taken_at is None or each.taken_at > each.at, "else nobody was to be named"
        assert each.was_late is None or each.due_at
    for each in Look.objects.all():
        assert {d.contact for d in each.again().decisions if d.agent} == set(
            each.decisions.values_list("contact", flat=True)
        )


def test_looking_twice_changes_nothing(as_: Any):
    from helmdesk.web.apps.routing.looking import look as look_at
    from helmdesk.web.apps.routing.models import Decision, RoutedQueue

    pat = as_("pat")
    switch(pat, "shadow")
    look()
    before = list(Decision.objects.values_list("contact", "agent", "at").order_by("id"))
    # The data did not grow; and a look that is done over leaves what stands.
    switch(pat, "shadow")
    look()
    assert before == list(Decision.objects.values_list("contact", "agent", "at").order_by("id"))
    from django.conf import settings

    from helmdesk.desk.desk import Desk
    from helmdesk.web.apps.routing.looking import keep

    RoutedQueue.objects.update(seen_until=None)
    it = queue()
    keep(it, look_at(Desk(settings.DESK_FOLDER), it))
    assert len(before) == len(set(Decision.objects.values_list("contact", flat=True)))


def test_more_than_shadow_has_to_be_earned(as_: Any):
    pat = as_("pat")
    never = text(switch(pat, "assign"))
    assert "was never in shadow" in never
    switch(pat, "shadow")
    assert "no live account can be written to" in text(switch(pat, "suggest"))
    assert queue().mode == "shadow" and queue().is_preview
    assert "mode &#x27;everything&#x27;" in text(switch(pat, "everything"))
    assert "no queue" in text(switch(pat, "shadow", "Nobody"))


def test_one_switch_stops_everything(as_: Any):
    from helmdesk.web.apps.routing.models import Decision

    pat = as_("pat")
    switch(pat, "shadow")
    shown = text(pat.post("/routing/stop", {"do": "stop"}, follow=True))
    assert "Routing is stopped" in shown and "by pat" in shown
    look()
    assert not Decision.objects.exists() and queue().looked_at is None
    assert "Routing is stopped" not in text(pat.post("/routing/stop", {"do": "go"}, follow=True))
    switch(pat, "shadow")
    look()
    assert Decision.objects.exists()
    shown = text(switch(pat, "off"))
    assert "Off" in shown and Decision.objects.exists(), "what was decided stays to be read"


def test_who_sees_and_changes_what(as_: Any):
    from helmdesk.web.apps.routing.models import Decision

    pat, tom, ann, hugo, vic = (as_(name) for name in ("pat", "tom", "ann", "hugo", "vic"))
    for name in (BERLIN, BOSTON):
        switch(pat, "shadow", name)
    look()
    berlin, boston = queue(BERLIN), queue(BOSTON)
    assert BOSTON not in text(tom.get("/routing")) and BERLIN in text(tom.get("/routing"))
    assert tom.get(f"/routing/{berlin.pk}").status_code == 200
    assert tom.get(f"/routing/{boston.pk}").status_code == 404
    for client in (tom, ann, hugo, vic):
        assert switch(client, "off").status_code == 403
        assert client.post("/routing/stop", {"do": "stop"}).status_code == 403
    assert hugo.get(f"/routing/{berlin.pk}").status_code == 403
    assert vic.get("/routing").status_code == 403
    other = Decision.objects.exclude(agent_name="Hugo").exclude(taken_name="Hugo").first()
    assert hugo.get(f"/routing/decision/{other.pk}").status_code == 404
    elsewhere = Decision.objects.filter(queue=boston).first()
    assert tom.get(f"/routing/decision/{elsewhere.pk}").status_code == 404
    # How people score for a case is for those who answer for routing; how somebody's work went is
    # told to nobody else.
    Decision.objects.filter(queue=berlin).exclude(taken_by="").update(was_late=True)
    one = Decision.objects.filter(queue=berlin).exclude(taken_by="").first()
    assert "Who could have it" not in text(tom.get(f"/routing/decision/{one.pk}"))
    assert "Who could have it" in text(pat.get(f"/routing/decision/{one.pk}"))
    for address in (f"/routing/decision/{one.pk}", f"/routing/{berlin.pk}"):
        assert "first reply late" not in text(pat.get(address))
    # An agent sees the own ones, and nobody beside them.
    own = Decision.objects.filter(queue=berlin, agent_name="Hugo").first()
    if own is None:
        own = Decision.objects.filter(queue=berlin).first()
        Decision.objects.filter(pk=own.pk).update(agent_name="Hugo")
    mine = text(hugo.get("/routing"))
    assert own.ticket in mine
    one = text(hugo.get(f"/routing/decision/{own.pk}"))
    assert "Who could have it" not in one
    others = set(Decision.objects.filter(queue=berlin).values_list("agent_name", flat=True))
    others |= set(Decision.objects.filter(queue=berlin).values_list("taken_name", flat=True))
    assert not [name for name in others - {"Hugo", ""} if name in one + mine]
    Decision.objects.filter(queue=berlin).exclude(taken_by="").update(taken_by="agent-hugo")
    assert "Fewer than five people" in text(pat.get(f"/routing/{berlin.pk}"))


def test_a_changed_row_is_told(as_: Any):
    from helmdesk.web.apps.routing.models import Decision, Look

    pat = as_("pat")
    switch(pat, "shadow")
    look()
    one = Decision.objects.filter(queue=queue()).first()
    Look.objects.filter(pk=one.look.pk).update(digest="0" * 64)
    assert "It cannot be made again" in text(pat.get(f"/routing/decision/{one.pk}"))


def test_a_queue_where_everything_comes_with_a_person(as_: Any):
    pat = as_("pat")
    switch(pat, "shadow", "Specialists")
    look()
    shown = text(pat.get(f"/routing/{queue('Specialists').pk}"))
    assert "cases come with a person" in shown
