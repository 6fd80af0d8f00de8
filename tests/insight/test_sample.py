"""The sample desk's planted scenarios in the week's brief; and that every number is the one that
cards show.
"""

from __future__ import annotations

import json
import math
from datetime import date

import pytest

from effort import tries
from helmdesk.desk.desk import Desk
from helmdesk.errors import NotFoundError, UsageError
from helmdesk.insight.context import Annotation
from helmdesk.insight.finding import ByTest
from helmdesk.insight.pattern import Found, Pattern, Quiet, Verdict, load_patterns
from helmdesk.insight.study import Study
from helmdesk.query.filters import Compare, OneOf, to_text
from helmdesk.query.policy import Policy
from helmdesk.sample.company import FIRST

SCENARIOS = [
    ("2025-04-14", "missed_at_breaks", "Frontline Berlin", "scheduling"),
    ("2025-07-07", "slower_tool", "channel = 'chat'", "tooling"),
    ("2025-09-01", "esat_first", "", "tooling"),
    ("2025-09-01", "rebooked_calls", "booking = 'changed'", "scheduling"),
    ("2025-10-27", "peak_hours", "hour in (10, 11, 12, 13, 14, 15)", "staffing"),
    ("2025-10-27", "missing_permission", "issue_type = 'password_reset'", "tooling"),
    ("2025-12-29", "satisfied_but_hard", "channel = 'phone'", "product"),
    ("2025-12-29", "closed_days", "issue_type = 'order_status'", "tooling"),
    ("2026-03-09", "overload", "", "staffing"),
    ("2026-05-18", "surge", "", "routing"),
    ("2025-10-27", "channel_costs", "phone", "routing"),
]


@pytest.mark.parametrize("end", sorted({end for end, *_ in SCENARIOS}))
def test_the_planted_scenarios_are_in_the_brief(sample_desk: Desk, end: str) -> None:
    brief = sample_desk.brief(end=end)
    assert len(brief.findings) <= 5
    found = {finding.key: finding for finding in (*brief.findings, *brief.more)}
    for _, key, where, lever in [scenario for scenario in SCENARIOS if scenario[0] == end]:
        assert key in found, f"{key} is not in the brief of {end}: {list(found)}"
        assert where in to_text(found[key].where)
        assert found[key].lever == lever
        assert found[key].seen in found[key].text
        assert found[key].meaning[1:] in found[key].text
        assert found[key].review is not None
        assert found[key].evidence
    told = json.dumps(brief.as_dict(), ensure_ascii=False)
    assert not [name for name in FIRST if f"“{name}”" in told or f"'{name}'" in told], (
        "a brief names nobody"
    )
    # What was looked for is told either way.
    assert (
        len(brief.checked) + len(brief.missing) + len({key for key in found if ":" not in key})
        >= 28
    )


@pytest.mark.parametrize(("end", "is_there"), [
    ("2025-03-03", False), ("2025-07-07", True), ("2026-03-09", False), ("2026-06-29", False),
])  # fmt: skip
def test_moved_calls_are_found_where_they_were_planted(
    sample_desk: Desk, end: str, is_there: bool
) -> None:
    with sample_desk.insight.study(sample_desk.question(end=end)) as study:
        verdict = load_patterns()["rebooked_calls"].pattern.look(study)
    assert isinstance(verdict, Found if is_there else Quiet), verdict


def test_where_adds_up_exactly(sample_desk: Desk) -> None:
    explained = sample_desk.explain("csat", start="2025-10-01", end="2025-11-01")
    assert explained.location is not None
    now, before = (
        sample_desk.measure("csat", start=start, end=end)[0]
        for start, end in (("2025-10-01", "2025-11-01"), ("2025-08-31", "2025-10-01"))
    )
    for breakdown in explained.location.breakdowns:
        terms = math.fsum(part.rate for part in breakdown.parts) + math.fsum(
            part.mix for part in breakdown.parts
        )
        assert abs(terms - breakdown.change) < 1e-12
        assert breakdown.change == pytest.approx(now.value - before.value, abs=1e-12)
    assert explained.movement is not None
    assert explained.movement.value == pytest.approx(now.value)
    assert explained.lever == "staffing"


def test_counts_medians_and_means_are_explained_too(sample_desk: Desk) -> None:
    volume = sample_desk.explain("ticket_volume", start="2026-05-04", end="2026-05-18")
    assert volume.location is not None
    (channels,) = [each for each in volume.location.breakdowns if each.dimension == "channel"]
    weekly = sample_desk.measure("ticket_volume", start="2026-05-04", end="2026-05-18")[0].value / 2
    assert sum(part.now for part in channels.parts) == pytest.approx(weekly)
    assert volume.workload is not None
    assert volume.workload[0] > 0
    handle = sample_desk.explain("average_handle_time", start="2025-06-01", end="2025-07-01")
    assert handle.location is not None
    assert handle.location.places[0].where == Compare("channel", "=", "chat")
    assert handle.location.unexplained is not None
    assert handle.location.unexplained < 0.2
    waiting = sample_desk.explain("first_response_time", end="2026-03-02")
    assert waiting.movement is not None
    assert "opening hours" in waiting.movement.form.describe()
    assert waiting.movement.signal == "shift"


def test_what_coincides_is_told(sample_desk: Desk) -> None:
    explained = sample_desk.explain(
        "ces",
        end="2025-12-22",
        annotations=(Annotation(explained_day(), explained_day(), "new survey tool"),),
    )
    assert any("New phone menu" in line for line in explained.context)
    assert any("new survey tool" in line for line in explained.context)


def explained_day() -> date:

    return date(2025, 12, 9)


def test_survey_answers_are_weighed(sample_desk: Desk) -> None:
    sound = sample_desk.explain("csat", end="2025-10-27").sound
    assert sound.response_rate == pytest.approx(0.33, abs=0.03)
    assert sound.weighted is not None
    assert sound.weighted.share is not None
    assert sound.low is not None
    assert sound.high is not None
    assert sound.low < sound.weighted.share < sound.high


def test_rules_tell_their_past(sample_desk: Desk) -> None:
    turned, usual = sample_desk.rules("average_speed_of_answer", end="2025-11-03")
    assert [each.isoformat() for each in turned.fired_on] == ["2025-09-29"]
    assert "once in 90 days" in turned.describe()
    # What it would have told is what cards and the brief told that week.
    told = sample_desk.verdicts(["average_speed_of_answer"], end="2025-10-06")[
        "average_speed_of_answer"
    ]
    assert turned.fired[0].says == told.words
    assert "week before" in usual.sentence
    assert len(sample_desk.rules("csat", end="2026-04-13")[1].fired_on) >= 1


def test_a_brief_knows_no_more_than_its_reader(sample_desk: Desk) -> None:
    policy = Policy(
        "team lead of Frontline Boston",
        OneOf("team", ("Frontline Boston",)),
        may_compare_people=False,
    )
    brief = sample_desk.as_seen_by(policy).brief(end="2025-10-27")
    told = json.dumps(brief.as_dict(), ensure_ascii=False)
    assert "Boston" in told
    assert "Berlin" not in told


def test_questions_that_cannot_be_answered(sample_desk: Desk) -> None:
    with pytest.raises(NotFoundError, match="unknown metric"):
        sample_desk.explain("csaat")
    with pytest.raises(UsageError, match="nothing was recorded before"):
        sample_desk.brief(end="1999-01-01")
    early = sample_desk.explain("csat", end="2025-01-20")
    assert early.movement is None or early.movement.signal in ("too little history", "quiet")
    assert sample_desk.brief(end="2025-01-13").findings is not None


@pytest.mark.parametrize("end", ["2025-10-27", "2025-07-07", "2026-03-09"][: tries(1, 3)])
def test_brief_card_and_explanation_tell_the_same(sample_desk: Desk, end: str) -> None:
    brief = sample_desk.brief(end=end)
    told = {finding.key: finding for finding in (*brief.findings, *brief.more)}
    courses = {
        watched.key: watched.course
        for watched in (*brief.better, *brief.settled, *brief.standing, *brief.quiet)
    }
    cards = {
        card.metric.key: card.course
        for card in sample_desk.scorecard(end=end).cards
        if card.course is not None
    }
    for key in ("csat", "first_response_time", "ticket_volume", "backlog"):
        explained = sample_desk.explain(key, end=end)
        # Of what a pattern is made, or what it explains: told there by the brief, and only then.
        own = [name for name in told if name in load_patterns() and _speaks(name, key)]
        assert {finding.key for finding in explained.findings} == set(own)
        for finding in explained.findings:
            assert finding.as_dict() == told[finding.key].as_dict()
        assert explained.course == cards[key]
        assert courses.get(key, explained.course) == explained.course
        assert dict(explained.checked).items() <= dict(brief.checked).items()
        assert dict(explained.missing).items() <= dict(brief.missing).items()


def _speaks(pattern: str, metric: str) -> bool:
    known = load_patterns()[pattern].pattern
    return metric in known.needs or metric in known.explains


@pytest.mark.parametrize(("p", "is_told"), [(0.04, False), (0.0001, True)])
def test_what_could_be_chance_among_all_is_explained_by_nobody(
    sample_desk: Desk, monkeypatch: pytest.MonkeyPatch, p: float, is_told: bool
) -> None:
    name = "peak_hours"
    one = load_patterns()[name].pattern
    assert one.rule is None and "service_level" in one.needs

    def look(pattern: Pattern, study: Study) -> Verdict:
        if pattern is one:
            now = study.last(4)
            return Found("Seen.", now, study.before(now, 8), ByTest(p))
        return Quiet("not there")

    monkeypatch.setattr(Pattern, "look", look)
    # A filter that nobody else asks with: what is remembered of it is of this test.
    where = f"channel != 'none' and priority != 'p{p}'"
    explained = sample_desk.explain("service_level", end="2025-10-27", where=where)
    assert [finding.key for finding in explained.findings] == ([name] if is_told else [])
    assert ("could be chance" in dict(explained.checked).get(one.title, "")) is not is_told
    assert (one.title.lower() in explained.verdict) is is_told
