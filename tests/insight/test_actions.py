"""Actions on the sample: what cured something worked, and what cured nothing did not."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from helmdesk.act.actions import Hypothesis, Outcome, Towards, Why
from helmdesk.desk.desk import Desk
from helmdesk.errors import FilterError, NotFoundError
from helmdesk.query.policy import Policy
from helmdesk.sample.situation import read_scenarios

HIGHER, LOWER = Towards.HIGHER, Towards.LOWER
PLANTED = read_scenarios()
LUNCH = "team = 'Frontline Berlin' and channel = 'chat' and hour in (12, 13)"

CURES = [
    Hypothesis(
        "Staggered lunches",
        "missed_contact_rate",
        1,
        LOWER,
        PLANTED["lunch_missed_chats"]["end"],
        where=LUNCH,
        since=PLANTED["lunch_missed_chats"]["start"],
        expected=0.13,
    ),
    Hypothesis(
        "One knowledge base",
        "average_handle_time",
        1,
        LOWER,
        PLANTED["scattered_answers"]["end"],
        where="channel = 'chat'",
        control="channel = 'phone'",
        guards=("csat", "reopen_rate"),
    ),
    Hypothesis(
        "The front line may reset passwords",
        "fcr",
        1,
        HIGHER,
        PLANTED["password_permissions"]["end"],
        where="issue_type = 'password_reset'",
        control="issue_type != 'password_reset'",
    ),
    Hypothesis(
        "A part-time agent hired", "utilization", 1, LOWER, PLANTED["overload"]["end"], expected=0.1
    ),
]
# Begun on days on which nothing was planted, or where what was planted does not reach.
NO_CURES = [
    Hypothesis("New signature", "csat", 1, HIGHER, date(2025, 9, 15), where="channel = 'email'"),
    Hypothesis(
        "Headsets", "average_handle_time", 1, LOWER, date(2025, 9, 29), where="channel = 'phone'"
    ),
    Hypothesis("Closing checklist", "reopen_rate", 1, LOWER, date(2026, 1, 12)),
    Hypothesis(
        "Articles linked in replies",
        "fcr",
        1,
        HIGHER,
        date(2025, 8, 4),
        where="issue_type != 'password_reset'",
    ),
    Hypothesis(
        "Permission, seen where it was not needed",
        "fcr",
        1,
        HIGHER,
        PLANTED["password_permissions"]["end"],
        where="issue_type != 'password_reset'",
    ),
]


def now(said: Hypothesis, desk: Desk) -> Hypothesis:
    return replace(said, version=desk.find_metric(said.metric).metric.version)


@pytest.mark.parametrize("said", CURES, ids=lambda said: said.title)
def test_planted_cures_worked(sample_desk: Desk, said: Hypothesis) -> None:
    effect = sample_desk.measure_action(now(said, sample_desk))
    assert effect.judged.outcome is Outcome.WORKED, effect.words
    assert not effect.harmed
    told = effect.against or effect.own
    assert told.found is not None and told.found.larger == 0
    low, high = told.found.interval
    assert low * said.towards.sign > 0 and high * said.towards.sign > 0
    if effect.control is not None:
        assert effect.control.judged.outcome is Outcome.NOTHING


@pytest.mark.parametrize("said", NO_CURES, ids=lambda said: said.title)
def test_planted_non_cures_had_no_visible_effect(sample_desk: Desk, said: Hypothesis) -> None:
    effect = sample_desk.measure_action(now(said, sample_desk))
    assert effect.judged.outcome is Outcome.NOTHING, effect.words
    assert "would most likely not have shown" in effect.words


def test_values_are_those_of_cards(sample_desk: Desk) -> None:
    said = now(CURES[2], sample_desk)
    found = sample_desk.measure_action(said).own.found
    assert found is not None
    # Weighted by their cases, eight weeks are one window.
    (since,) = sample_desk.measure("fcr", start="2025-11-17", end="2026-01-12", where=said.where)
    assert since.value is not None
    assert found.now == pytest.approx(since.value, abs=0.01)
    assert found.before == pytest.approx(0.17, abs=0.03)


def test_what_is_too_early_to_tell_is_not_told(sample_desk: Desk) -> None:
    said = now(replace(CURES[3], start=date(2026, 5, 18), since=None), sample_desk)
    effect = sample_desk.measure_action(said)
    assert effect.judged.why is Why.EARLY and effect.own.found is None
    assert "6 of 8 weeks are over" in effect.words and "13 July 2026" in effect.words


def test_a_return_after_a_short_spell_is_not_credited(sample_desk: Desk) -> None:
    said = Hypothesis(
        "A shorter menu", "ces", 1, HIGHER, PLANTED["ivr_change"]["end"], where="channel = 'phone'"
    )
    effect = sample_desk.measure_action(now(said, sample_desk))
    assert effect.foresight.is_after_a_bad_spell
    assert effect.judged.why is Why.REBOUND
    assert "goes back there by itself" in effect.words


def test_what_would_not_show_is_told_before_the_start(sample_desk: Desk) -> None:
    said = now(
        Hypothesis("Kinder words", "csat", 1, HIGHER, date(2026, 6, 29), expected=0.001),
        sample_desk,
    )
    foresight = sample_desk.foresee_action(said)
    assert foresight.is_too_coarse and foresight.detectable is not None
    assert 0.005 < foresight.detectable < 0.1
    assert any("0.1 points would most likely not be seen" in each for each in foresight.warnings)
    early = sample_desk.foresee_action(replace(said, start=date(2025, 3, 3)))
    assert early.detectable is None and early.can_tell_on is not None
    assert "too few" in early.warnings[0]


def test_what_comes_later_is_not_known_before_the_start(sample_desk: Desk) -> None:
    """What is foreseen of a start in the past is what was foreseen then."""
    said = now(CURES[1], sample_desk)
    then = sample_desk.foresee_action(said)
    assert then.since is not None and date(2025, 6, 1) <= then.since <= date(2025, 6, 16)
    assert then.is_after_a_bad_spell


def test_other_things_in_those_weeks_are_named(sample_desk: Desk) -> None:
    effect = sample_desk.measure_action(now(CURES[2], sample_desk))
    told = [words for fine, words in effect.checks if not fine]
    assert any("New phone menu (1 December)" in each for each in told)


def test_what_is_not_known_is_refused(sample_desk: Desk) -> None:
    with pytest.raises(NotFoundError):
        sample_desk.foresee_action(replace(NO_CURES[2], metric="happiness"))
    with pytest.raises(NotFoundError):
        sample_desk.foresee_action(replace(NO_CURES[2], guards=("happiness",)))
    with pytest.raises(FilterError):
        sample_desk.foresee_action(replace(NO_CURES[2], where="team ="))


def test_a_reader_is_told_of_their_own_rows_only(sample_desk: Desk) -> None:
    from helmdesk.query.filters import parse_filter

    berlin = Policy("lead", parse_filter("team = 'Frontline Berlin'"), may_compare_people=False)
    said = now(NO_CURES[2], sample_desk)
    scoped = sample_desk.as_seen_by(berlin).measure_action(said).own.found
    asked = sample_desk.measure_action(replace(said, where="team = 'Frontline Berlin'")).own.found
    whole = sample_desk.measure_action(said).own.found
    assert scoped is not None and asked is not None and whole is not None
    assert scoped.now == pytest.approx(asked.now)
    assert scoped.now != pytest.approx(whole.now)
