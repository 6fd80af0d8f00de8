"""Alerts in waiting fire when the verdict turns and speak its words; targets are judged as their
card judges them.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from desks import weekly_desk
from helmdesk.catalogue.discovery import load_catalogue
from helmdesk.desk.desk import Desk
from helmdesk.insight.context import Annotation
from helmdesk.insight.verdict import State, Verdict
from helmdesk.insight.weeks import CompleteWeeks
from helmdesk.query.judgement import Judgement
from helmdesk.query.policy import Policy
from helmdesk.statistics.course import alarms_a_year, course, memory_of

KEY = "first_response_time"
FIRST = date(2025, 6, 2)


def end_of(weeks: int) -> str:
    return (FIRST + timedelta(days=7 * weeks)).isoformat()


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Desk:
    """Two bad weeks after the twentieth, then as before, and slower for good from the
    thirtieth on.
    """
    return weekly_desk(
        tmp_path_factory.mktemp("rules"), [30] * 20 + [120] * 2 + [30] * 8 + [90] * 6
    )


def test_an_alert_says_what_the_card_says(desk: Desk) -> None:
    rule = desk.rules(KEY, days=7 * 20)[0]
    assert rule.sentence == "Tell me when the verdict on “First response time” turns for the worse."
    assert [firing.week for firing in rule.fired] == [
        FIRST + timedelta(days=7 * 20),
        FIRST + timedelta(days=7 * 30),
    ]
    for firing, weeks in zip(rule.fired, (21, 31), strict=True):
        told = desk.verdicts([KEY], end=end_of(weeks))[KEY]
        assert (told.state, told.words) == (State.NEW, firing.says)
        assert desk.scorecard(end=end_of(weeks), keys=[KEY]).cards[0].story == firing.says
    assert "fired twice in 140 days" in rule.describe()
    assert (
        rule.false_alarms is not None
        and f"about {rule.false_alarms:.2g} times a year" in rule.describe()
    )


def test_an_alert_names_what_was_written_down_on_the_site(desk: Desk) -> None:
    day = FIRST + timedelta(days=7 * 30)
    rule = desk.rules(
        KEY, annotations=(Annotation(day, day, "New form went live", "person", KEY),)
    )[0]
    assert "after New form: " in rule.fired[0].says


def test_what_is_found_late_is_an_alert_too(tmp_path: Path) -> None:
    """A level that is sure only after five weeks was never new: it is told when it settles, and so
    is the alert.
    """
    desk = weekly_desk(tmp_path, [30] * 24 + [32] * 12)
    told = [desk.verdicts([KEY], end=end_of(weeks))[KEY] for weeks in range(25, 37)]
    assert State.NEW not in {verdict.state for verdict in told} and State.GOING_ON not in {
        verdict.state for verdict in told
    }
    first = next(place for place, verdict in enumerate(told) if verdict.state is State.SETTLED)
    (firing,) = desk.rules(KEY, days=7 * 12)[0].fired
    assert (firing.week, firing.says) == (
        FIRST + timedelta(days=7 * (24 + first)),
        told[first].words,
    )


def test_a_target_is_missed_when_its_card_says_so(desk: Desk) -> None:
    before = desk.settings
    try:
        desk.settings = replace(before, targets={KEY: 3600.0})
        rule = next(rule for rule in desk.rules(KEY, days=7 * 20) if "target" in rule.sentence)
        assert rule.sentence == (
            "Tell me when a week of “First response time” has missed its target of 1 h."
        )
        assert [firing.week for firing in rule.fired] == [
            FIRST + timedelta(days=7 * 20),
            FIRST + timedelta(days=7 * 30),
        ]
        for firing in rule.fired:
            start, end = firing.week, firing.week + timedelta(days=7)
            card = desk.scorecard(start=start.isoformat(), end=end.isoformat(), keys=[KEY]).cards[0]
            assert card.standing == "missed"
        # Where the interval of a week holds the target, its card says "too close to call", and
        # nothing fires.
        desk.settings = replace(before, targets={KEY: 1800.0})
        close = next(
            rule
            for rule in desk.rules(KEY, end=end_of(20), days=7 * 15)
            if "target" in rule.sentence
        )
        for place in range(5, 20):
            start = FIRST + timedelta(days=7 * place)
            card = desk.scorecard(
                start=start.isoformat(), end=(start + timedelta(days=7)).isoformat(), keys=[KEY]
            ).cards[0]
            assert start not in close.fired_on or card.standing == "missed"
    finally:
        desk.settings = before


def test_the_promised_alarms_are_those_of_weeks_that_never_change() -> None:
    """Weeks of a metric that resemble the week before are watched for half a year each, by the
    verdict itself.
    """
    random, watched, memory, years = np.random.default_rng(404), 26, 0.7, 24
    metric = replace(load_catalogue()["ticket_volume"].metric, direction="lower")
    study = SimpleNamespace(base=SimpleNamespace(policy=Policy("outsider", names=frozenset())))
    counted, stated = 0, []
    for _ in range(2 * years):
        z = random.normal(size=78)
        for place in range(1, 78):
            z[place] = memory * z[place - 1] + np.sqrt(1 - memory**2) * z[place]
        was_told = True
        for end in range(78 - watched, 79):
            starts = tuple(FIRST + timedelta(days=7 * place) for place in range(end))
            weeks = CompleteWeeks(
                study,
                metric,
                (),
                starts,
                10 + z[:end],
                np.ones(end),
                np.ones(end),
                starts[-1] + timedelta(days=7),
            )  # type: ignore[arg-type]
            unknown = Verdict(
                metric.key,
                State.UNKNOWN,
                Judgement.SAME,
                None,
                None,
                None,
                None,
                None,
                "",
                metric.unit,
                weeks.until,
            )
            verdict = weeks.judged(unknown)
            is_told = verdict.is_told and verdict.side is Judgement.WORSE
            counted += is_told and (not was_told or verdict.state is State.NEW)
            was_told = is_told
        stated.append(alarms_a_year(memory_of(z, course(z))))
    assert counted >= 5 and abs(counted - years * np.mean(stated)) <= 2 * np.sqrt(counted)


def test_without_weeks_nothing_is_promised(tmp_path: Path) -> None:
    rule = weekly_desk(tmp_path, [30] * 4).rules(KEY)[0]
    assert (rule.fired, rule.false_alarms) == ((), None)
    assert "a year" not in rule.describe()
