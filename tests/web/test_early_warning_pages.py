"""The early warning on the site: switched on, learned, named, decided, ended and measured, within
what each person may see.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

As = Callable[[str], Any]


@pytest.fixture(autouse=True)
def _empty(site: Path) -> Iterator[None]:
    from helmdesk.web.apps.early_warning.models import Warned, Watch
    from helmdesk.web.apps.jobs.models import Job

    def clear() -> None:
        Warned.objects.all().delete()
        Watch.objects.all().delete()
        Job.objects.filter(kind__in=("learn", "early_warning_of")).delete()

    clear()
    yield
    clear()


@pytest.fixture(scope="module")
def learned(site: Path) -> Any:
    """A model of the site's own past."""
    from helmdesk.desk.desk import Desk

    return Desk(site).predict.train("breach")


def desk_of(site: Path) -> Any:
    from helmdesk.desk.desk import Desk

    return Desk(site)


def run_jobs(*names: str) -> None:
    """Do what waits of some kinds, as a worker would."""
    from helmdesk.web.apps.jobs.kind import Held, kinds
    from helmdesk.web.apps.jobs.models import unfinished

    for name in names:
        kind = kinds()[name]
        for job in unfinished(kind=name):
            payload = kind.payload.model_validate(job.payload)
            finish = kind.run(Held(job.key, payload, 1, lambda _step: None))
            if finish is not None:
                finish()
            job.delete()


def watch(**fields: Any) -> Any:
    from helmdesk.web.apps.early_warning.models import Watch

    return Watch.objects.create(target="breach", **fields)


def name_all(site: Path, monkeypatch: pytest.MonkeyPatch, **fields: Any) -> list[str]:
    """Let every open ticket with a running promise be named, and return which they are."""
    from helmdesk.act import early_warning
    from helmdesk.web.apps.early_warning.naming import look

    monkeypatch.setattr(early_warning, "LEAST_RAISED", 0.0)
    monkeypatch.setattr(early_warning, "LEFT_OUT", 1e-12)  # nobody, yet a share
    look(watch(**fields), desk_of(site))
    return [each.ticket_id for each in desk_of(site).predict.warnings("breach")]


def test_it_is_off_and_says_who_can_switch_it_on(as_: As) -> None:
    assert "Switch on" in as_("lea").get("/early-warning").content.decode()
    page = as_("hugo").get("/early-warning").content.decode()
    assert "Switch on" not in page and "A lead who" in " ".join(page.split())


def test_switched_on_it_learns_and_names_what_stands_out(
    as_: As, site: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from helmdesk.act import early_warning
    from helmdesk.web.apps.early_warning.models import Warned, Watch

    # The small sample has one open ticket with a promise that runs, and no large chance.
    monkeypatch.setattr(early_warning, "LEAST_RAISED", 0.01)
    leader = as_("lea")
    assert leader.post("/early-warning/breach/watch", {"do": "on"}).status_code == 302
    assert "Learning from the past" in leader.get("/early-warning").content.decode()
    run_jobs("learn", "early_warning_of")
    found = Watch.objects.get()
    assert found.looked and not found.problem
    desk = desk_of(site)
    report = desk.predict.model("breach").report
    expected = {
        each.ticket_id
        for each in desk.predict.warnings("breach")
        if each.chance >= 0.01 * report.bad / report.labels
    }
    assert expected, "something stands out in the sample"
    assert set(Warned.objects.values_list("ticket_id", flat=True)) == expected
    assert "Tried on" in leader.get("/early-warning").content.decode()


def test_a_named_ticket_is_told_with_reason_and_act_until_somebody_decides(
    as_: As, site: Path, learned: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from helmdesk.web.apps.early_warning.models import Warned

    open_now = name_all(site, monkeypatch)
    assert open_now, "the sample has open tickets with a promise that runs"
    leader, ticket = as_("lea"), open_now[0]
    page = leader.get("/early-warning").content.decode()
    assert ticket in page and "What was done about" in page
    assert ticket in leader.get("/now").content.decode()
    assert "Chance to miss" in leader.get("/now").content.decode()
    likely = re.compile(r"Likely to end\s+badly</span><b>(\d+)</b>")
    home = likely.search(leader.get("/").content.decode())
    assert home and int(home[1]) == len(open_now)
    # Who sees a part of the tickets is told of no number that counts others.
    assert not likely.search(as_("tom").get("/").content.decode())
    said = {"ticket": ticket, "did": "other"}
    assert leader.post("/early-warning/breach/decide", said).status_code == 302
    kept = Warned.objects.get(ticket_id=ticket)
    assert (kept.did, kept.by.role) == ("other", "leader")
    assert f"What was done about {ticket}" not in leader.get("/early-warning").content.decode()
    # Whoever decided makes room, and is not asked again at the next look.
    from helmdesk.web.apps.early_warning.models import Watch
    from helmdesk.web.apps.early_warning.naming import look

    look(Watch.objects.get(), desk_of(site))
    assert Warned.objects.get(ticket_id=ticket).did == "other"


def test_home_counts_no_more_than_the_page_lists(as_: As, site: Path) -> None:
    """Who is named stays named when others become likelier; no more than the budget is told."""
    from django.utils import timezone

    from helmdesk.web.apps.early_warning.models import Warned

    watch(budget=2)
    for number in range(5):
        Warned.objects.create(
            target="breach",
            ticket_id=f"T-{number}",
            named_at=timezone.now(),
            chance=0.5,
            model=1,
            is_left_out=number == 0,
            did="done" if number == 1 else "",
        )
    assert re.search(r"badly</span><b>2</b>", as_("lea").get("/").content.decode())


def test_nobody_is_told_of_those_left_out(
    as_: As, site: Path, learned: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from helmdesk.act import early_warning
    from helmdesk.web.apps.early_warning.models import Warned
    from helmdesk.web.apps.early_warning.naming import look

    monkeypatch.setattr(early_warning, "LEAST_RAISED", 0.0)
    monkeypatch.setattr(early_warning, "LEFT_OUT", 1.0)
    look(watch(), desk_of(site))
    left_out = Warned.objects.all()
    assert left_out and all(each.is_left_out for each in left_out)
    page = as_("lea").get("/early-warning").content.decode()
    queue = as_("lea").get("/now").content.decode()
    assert not any(each.ticket_id in page for each in left_out)
    assert "Chance to miss" not in queue
    said = {"ticket": left_out[0].ticket_id, "did": "done"}
    assert as_("lea").post("/early-warning/breach/decide", said).status_code == 404


def test_agents_see_their_own_tickets_and_nothing_of_the_whole(
    as_: As, site: Path, learned: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    name_all(site, monkeypatch, budget=100)
    agent = as_("hugo")
    page = agent.get("/early-warning").content.decode()
    listed = set(re.findall(r"What was done about ([^\"]+)\"", page))
    rows = desk_of(site)
    from helmdesk.web.access import policy_for
    from helmdesk.web.apps.people.models import Person

    policy = policy_for(Person.objects.get(username="hugo"), frozenset())
    own = {each.ticket_id for each in rows.as_seen_by(policy).predict.warnings("breach")}
    assert listed == own
    assert "What it is worth" not in page and "Switch off" not in page
    others = {each.ticket_id for each in rows.predict.warnings("breach")} - own
    assert others, "somebody else has open tickets too"
    said = {"ticket": min(others), "did": "done"}
    assert agent.post("/early-warning/breach/decide", said).status_code == 404
    assert agent.post("/early-warning/breach/watch", {"do": "off"}).status_code == 403
    assert agent.get("/early-warning/breach").status_code == 403


def test_own_work_names_own_tickets_until_somebody_said_what_was_done(
    as_: As, monkeypatch: pytest.MonkeyPatch
) -> None:
    from helmdesk.predict.warning import Warned as Chance
    from helmdesk.web.apps.early_warning import named

    watch(budget=2)

    def one(ticket: str, agent: str, did: str = "") -> named.Named:
        row = {"ticket_id": ticket, "agent": agent}
        return named.Named(Chance(ticket, 0.4, ("about billing",), "Answer now", row), did)

    # As of somebody who may see the tickets of others too.
    seen = [
        *(one("T1", "Rosa"), one("T2", "Hugo"), one("T3", "Hugo", "done")),
        *(one("T4", "Hugo"), one("T5", "Hugo")),
    ]
    monkeypatch.setattr(named, "named_for", lambda _request, _watch: (seen, ""))
    page = as_("hugo").get("/me").content.decode()
    # Not Rosa's, not what is decided, no more than the budget.
    assert re.findall(r"/ticket/(T\d)", page) == ["T2", "T4"]
    assert "Answer now" in page and "about billing" in page
    monkeypatch.setattr(named, "named_for", lambda _request, _watch: (seen[:1], ""))
    assert "end badly" not in as_("hugo").get("/me").content.decode()


def test_what_became_of_tickets_is_noted_and_compared(as_: As, site: Path, learned: Any) -> None:
    from django.utils import timezone

    from helmdesk.web.apps.early_warning.models import Warned
    from helmdesk.web.apps.early_warning.naming import judged, look

    desk, it = desk_of(site), watch()
    ended = desk.predict.ended(
        "breach", {row["ticket_id"] for row in desk.drill("ticket_volume").to_pylist()}
    )
    assert set(ended.values()) == {True, False}
    for place, ticket in enumerate(sorted(ended)[:200]):
        Warned.objects.create(
            target="breach",
            ticket_id=ticket,
            named_at=timezone.now(),
            chance=0.1,
            model=1,
            is_left_out=place < 30,
        )
    look(it, desk)
    named, left_out, _ = judged(it)
    tickets = sorted(ended)[:200]
    assert (named.known, left_out.known) == (170, 30)
    assert named.bad == sum(ended[ticket] for ticket in tickets[30:])
    assert left_out.bad == sum(ended[ticket] for ticket in tickets[:30])
    assert named.expected == pytest.approx(17.0)
    page = " ".join(as_("lea").get("/early-warning").content.decode().split())
    assert f"{left_out.bad} of 30 left out ended badly." in page


def test_a_model_that_stopped_itself_names_nothing_and_says_why(
    as_: As, site: Path, learned: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from helmdesk.predict import model
    from helmdesk.web.apps.early_warning.models import Warned, Watch
    from helmdesk.web.apps.early_warning.naming import look

    monkeypatch.setattr(model, "MOST_ERROR", 0.0)
    look(watch(), desk_of(site))
    assert not Warned.objects.exists()
    assert "its chances were off by" in Watch.objects.get().problem
    page = " ".join(as_("lea").get("/early-warning").content.decode().split())
    assert "No ticket is named: the model is not used" in page


def test_how_right_it_is_shows_what_was_told_and_what_came(as_: As, learned: Any) -> None:
    page = as_("lea").get("/early-warning/breach").content.decode()
    assert page.count('class="strip') == len([b for b in learned.report.bins if b.n])
    assert "too weak" not in page
    assert as_("lea").get("/early-warning/nothing").status_code == 404


def test_a_model_too_weak_to_name_tickets_says_so(
    as_: As, learned: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from dataclasses import replace

    from helmdesk.desk.foretelling import Foretelling

    weak = replace(learned, report=replace(learned.report, lift=1.1))
    monkeypatch.setattr(Foretelling, "model", lambda _self, _target: weak)
    watch()
    page = as_("lea").get("/early-warning").content.decode()
    assert "No ticket is named: the model is not used" in page and "1.1 times" in page
    assert "too weak to name" in as_("lea").get("/early-warning/breach").content.decode()


@pytest.mark.parametrize(
    "said", [{}, {"do": "x"}, {"do": "budget", "budget": "0"}, {"do": "budget", "budget": "ten"}]
)
def test_what_is_no_change_is_refused_in_words(as_: As, said: dict[str, str]) -> None:
    watch()
    answer = as_("lea").post("/early-warning/breach/watch", said)
    assert answer.status_code == 400 and "Traceback" not in answer.content.decode()


def test_every_week_each_model_in_use_is_learned_anew(site: Path) -> None:
    from helmdesk.web.apps.early_warning.jobs import learn_all, learning
    from helmdesk.web.apps.jobs.kind import Held, Nothing

    watch()
    for week in ("a", "b"):
        finish = learn_all.run(Held(f"learn_all:{week}", Nothing(), 1, lambda _step: None))
        assert finish is not None
        finish()
    found = learning("breach")
    assert found is not None and found.key == "learn:breach:learn_all:a"
