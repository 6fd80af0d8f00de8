"""Actions on the site: written down, locked, measured, decided and remembered, within what each
person may see.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

VOLUME = "ticket_volume"


@pytest.fixture(autouse=True)
def _empty(site: Path) -> Iterator[None]:
    from helmdesk.web.apps.actions.models import Action
    from helmdesk.web.pages.annotations.models import Annotation

    def clear() -> None:
        Action.objects.all().delete()
        Annotation.objects.filter(source="action").delete()

    clear()
    yield
    clear()


def given(site: Path, weeks_ago: int = 20, **changes: Any) -> dict[str, Any]:
    """Return a form about the number of tickets, begun so many weeks before the end of the data."""
    start = day_of(site) - timedelta(weeks=weeks_ago)
    return {
        "title": "Answers on the status page",
        "belief": "Customers ask what they could read",
        "metric": VOLUME,
        "towards": "lower",
        "start": start.isoformat(),
        "weeks": "8",
        "guards": ["csat"],
        "do": "start",
        **changes,
    }


def day_of(site: Path) -> Any:
    from helmdesk.desk.desk import Desk
    from helmdesk.web.apps.actions.due import day_of

    return day_of(Desk(site))


def made() -> Any:
    from helmdesk.web.apps.actions.models import Action

    return Action.objects.get()


def text(response: Any) -> str:
    return " ".join(response.content.decode().split())


def test_an_action_is_foreseen_then_locked_and_measured(as_: Any, site: Path) -> None:
    ask = {**given(site), "try": "yes"}
    form = as_("lea").get("/actions/new", {**ask, "do": ""})
    assert form.status_code == 200
    assert "Smallest visible" in text(form) and "Start: lock what we expect" in text(form)
    kept = as_("lea").post("/actions/new", given(site))
    action = made()
    assert kept.status_code == 302 and kept["Location"] == f"/actions/{action.pk}"
    assert action.locked is not None and len(action.locked.digest) == 64
    assert action.locked.is_intact and action.author.username == "lea"
    page = text(as_("lea").get(f"/actions/{action.pk}"))
    assert "What we believed" in page and "and not changed since" in page
    assert "Customers ask what they could read" in page
    # Measured at once: its weeks are long over.
    assert action.outcome and action.why != "early"
    assert action.words.replace("'", "&#x27;") in page
    listed = text(as_("lea").get("/actions"))
    assert "To decide now" in listed and "Answers on the status page" in listed


def test_the_start_is_noted_where_charts_show_it(as_: Any, site: Path) -> None:
    from helmdesk.web.pages.annotations.models import Annotation

    as_("lea").post("/actions/new", given(site, do="propose"))
    assert not Annotation.objects.filter(source="action").exists()
    as_("lea").post(f"/actions/{made().pk}/change", {"do": "start"})
    note = Annotation.objects.get(source="action")
    assert note.text == "Answers on the status page (action)" and note.metric == VOLUME
    again = as_("lea").post(f"/actions/{made().pk}/change", {"do": "start"})
    assert again.status_code == 409
    assert Annotation.objects.filter(source="action").count() == 1


def test_a_change_after_the_start_is_a_new_version_and_told(as_: Any, site: Path) -> None:
    as_("lea").post("/actions/new", given(site))
    first = made().locked.digest
    form = text(as_("lea").get(f"/actions/{made().pk}/change"))
    assert "kept as a new version" in form
    changed = given(site, expected="5", do="change")
    as_("lea").post(f"/actions/{made().pk}/change", changed)
    action = made()
    assert [each.number for each in action.all_versions] == [1, 2]
    assert action.locked.digest == first and action.version.digest != first
    assert action.version.changed == ["expected"]
    page = text(as_("lea").get(f"/actions/{action.pk}"))
    assert "(expected): this is version 2" in page
    as_("lea").post(f"/actions/{action.pk}/change", changed)  # says nothing new
    assert len(made().all_versions) == 2


def test_before_the_start_a_change_is_no_version(as_: Any, site: Path) -> None:
    as_("lea").post("/actions/new", given(site, do="propose"))
    as_("lea").post(f"/actions/{made().pk}/change", given(site, title="Other", do="change"))
    assert [each.number for each in made().all_versions] == [1]
    assert made().hypothesis.title == "Other" and made().locked is None


def test_what_was_locked_and_says_something_else_is_told(as_: Any, site: Path) -> None:
    from helmdesk.web.apps.actions.models import Version

    as_("lea").post("/actions/new", given(site))
    said = {**made().version.said, "expected": 1.0}
    Version.objects.update(said=said)
    assert "does not say any more" in text(as_("lea").get(f"/actions/{made().pk}"))


def test_it_is_closed_with_what_was_measured_and_what_was_learned(as_: Any, site: Path) -> None:
    as_("lea").post("/actions/new", given(site))
    action, lea = made(), as_("lea")
    wrong = "worked" if action.outcome != "worked" else "worse"
    refused = lea.post(f"/actions/{action.pk}/change", {"do": "close", "as": wrong})
    assert refused.status_code == 409 and not made().closed_as
    lea.post(
        f"/actions/{action.pk}/change",
        {"do": "close", "as": action.outcome, "learned": "They do not read it."},
    )
    action = made()
    assert action.closed_as == action.outcome and action.learned == "They do not read it."
    assert "What we learned" in text(lea.get("/actions"))
    assert lea.post(f"/actions/{action.pk}/change", {"do": "drop"}).status_code == 409
    assert lea.post(f"/actions/{action.pk}/change", given(site, do="change")).status_code == 409
    page = text(lea.get(f"/actions/{action.pk}"))
    assert "They do not read it." in page and "Closed" in page
    assert "closed, as “" in page  # every step


def test_what_is_not_over_is_not_closed_but_dropped(as_: Any, site: Path) -> None:
    lea = as_("lea")
    lea.post("/actions/new", given(site, weeks_ago=3))
    action = made()
    assert action.why == "early"
    assert "Too early: " in text(lea.get(f"/actions/{action.pk}"))
    refused = lea.post(f"/actions/{action.pk}/change", {"do": "close", "as": "worked"})
    assert refused.status_code == 400
    lea.post(f"/actions/{action.pk}/change", {"do": "drop", "learned": "No time."})
    assert made().closed_as == "dropped"
    assert "Dropped" in text(lea.get(f"/actions/{action.pk}"))


def test_it_is_looked_at_later(as_: Any, site: Path) -> None:
    as_("lea").post("/actions/new", given(site))
    as_("lea").post(f"/actions/{made().pk}/change", {"do": "extend"})
    assert made().hypothesis.weeks == 16 and made().version.changed == ["weeks"]


def test_what_makes_no_sense_is_refused_in_words(as_: Any, site: Path) -> None:
    lea = as_("lea")
    for wrong, says in (
        ({"title": ""}, "in a few words"),
        ({"weeks": "3"}, "weeks"),
        ({"start": "soon"}, "write a day"),
        ({"expected": "much"}, "write a number"),
        ({"where": "team ="}, ""),
        ({"metric": "happiness"}, "happiness"),
        ({"guards": ["happiness"]}, "happiness"),
        ({"owner": "vic"}, "cannot own"),
    ):
        answer = lea.post("/actions/new", given(site, **wrong))
        assert 400 <= answer.status_code < 500, wrong
        assert says in text(answer)
        tried = lea.get("/actions/new", {**given(site, **wrong), "try": "yes"})
        assert tried.status_code == 200  # the mistake stays inside the page
    from helmdesk.web.apps.actions.models import Action

    assert not Action.objects.exists()


def test_a_lead_keeps_to_the_own_team_and_others_do_not_see_it(as_: Any, site: Path) -> None:
    tom = as_("tom")
    tom.post("/actions/new", given(site))
    action = made()
    assert "team" in action.hypothesis.where and action.policy
    assert tom.get(f"/actions/{action.pk}").status_code == 200
    assert as_("lea").get(f"/actions/{action.pk}").status_code == 200
    for stranger in ("hugo", "vic"):
        assert as_(stranger).get(f"/actions/{action.pk}").status_code == 403
    as_("lea").post("/actions/new", given(site, title="For all"))
    listed = text(tom.get("/actions"))
    assert "Answers on the status page" in listed and "For all" not in listed
    from helmdesk.web.apps.actions.models import Action

    whole = Action.objects.exclude(pk=action.pk).get()
    assert tom.get(f"/actions/{whole.pk}").status_code == 404
    assert tom.post(f"/actions/{whole.pk}/change", {"do": "drop"}).status_code == 404


def test_the_job_measures_and_the_brief_reminds(as_: Any, site: Path) -> None:
    from helmdesk.web.apps.actions import jobs as own
    from helmdesk.web.apps.actions.models import Action, Step
    from helmdesk.web.apps.jobs.kind import Nothing
    from helmdesk.web.apps.jobs.queue import enqueue
    from helmdesk.web.apps.jobs.worker import Worker

    as_("lea").post("/actions/new", given(site))
    measured = made().outcome
    Action.objects.update(outcome="", why="", words="", measured_at=None)
    Step.objects.filter(kind="measured").delete()
    enqueue(own.measure_actions, "measure:1", Nothing())
    Worker(is_thread=False, known={own.measure_actions.name: own.measure_actions}).work_off()
    assert made().outcome == measured and made().words
    assert Step.objects.filter(kind="measured").count() == 1
    brief = text(as_("lea").get("/brief"))
    assert "Actions to decide" in brief and "Answers on the status page" in brief
    assert "Actions to decide" not in text(as_("tom").get("/brief"))


def test_the_brief_by_mail_reminds(as_: Any, site: Path) -> None:
    from helmdesk.desk.desk import Desk
    from helmdesk.web.apps.actions.due import day_of, due_actions
    from helmdesk.web.apps.briefs.letter import letter_of

    as_("lea").post("/actions/new", given(site))
    desk = Desk(site)
    due = due_actions(desk.policy, day_of(desk), desk.settings)
    letter = letter_of(desk.brief(), "Desk", due)
    for body in (" ".join(letter.text.split()), letter.html):
        assert "Actions to decide" in body and "Answers on the status page" in body
    assert "Actions to decide" not in letter_of(desk.brief(), "Desk").text


def test_a_finding_of_the_brief_is_made_an_action(as_: Any) -> None:
    page = text(as_("lea").get("/brief?start=2025-09-29&end=2025-10-27"))
    assert "/actions/new?metric=" in page and "Make it an action" in page
    address = page.split('href="/actions/new?')[1].split('"')[0].replace("&amp;", "&")
    form = text(as_("lea").get(f"/actions/new?{address}"))
    assert "selected" in form and 'name="origin" value=""' not in form
