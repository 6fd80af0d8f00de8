"""One verdict: what it says of courses whose truth is known, and that every surface prints the same
sentence.
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner

from desks import load_events, weekly_desk
from helmdesk.cli.main import commands
from helmdesk.desk.desk import Desk
from helmdesk.insight.verdict import State, Tone, Verdict
from helmdesk.query.judgement import Judgement

FIRST = date(2025, 6, 2)
STORY = re.compile(
    r"two bad weeks after Version 5 \(4–17 May\); steady since 18 May, about 1[56] s slower than"
    r" before"
)


def told(desk: Desk) -> Verdict:
    return desk.verdicts(["first_response_time"])["first_response_time"]


@pytest.mark.parametrize(
    ("minutes", "state", "side", "words"),
    [
        ([30] * 20, State.STEADY, Judgement.SAME, r"steady since 2 June: nothing beyond chance"),
        (
            [30] * 20 + [90],
            State.NEW,
            Judgement.WORSE,
            r"new in the week of 20 October: 1 h \d+ min instead of (29|30|31) min",
        ),
        (
            [30] * 20 + [90] * 3,
            State.GOING_ON,
            Judgement.WORSE,
            r"going on since 20 October, for three weeks: 1 h \d+ min instead of \d+ min",
        ),
        (
            [30] * 20 + [90] * 8,
            State.SETTLED,
            Judgement.WORSE,
            r"steady since 20 October, about (5\d min|1 h( \d min)?) slower than before",
        ),
        (
            [60] * 20 + [30] * 8,
            State.SETTLED,
            Judgement.BETTER,
            r"steady since 20 October, about \d\d min faster than before",
        ),
        (
            [30] * 20 + [120] * 2 + [30] * 6,
            State.SETTLED,
            Judgement.SAME,
            r"two bad weeks \(20 October – 2 November\); as before since 3 November",
        ),
        (
            [30] * 20 + [120] * 2 + [60] * 8,
            State.SETTLED,
            Judgement.WORSE,
            (
                r"two bad weeks \(20 October – 2 November\); steady since 3 November, about \d\d"
                r" min slower than before"
            ),
        ),
        (
            [30] * 20 + [120] * 2 + [60] * 2,
            State.GOING_ON,
            Judgement.WORSE,
            (
                r"two bad weeks \(20 October – 2 November\); since 3 November \d\d min, not"
                r" settled yet \(\d\d min before\)|.*1 h.*"
            ),
        ),
        (
            [30] * 10 + [120] * 2 + [30] * 20,
            State.STEADY,
            Judgement.SAME,
            r"steady since 25 August 2025: nothing beyond chance",
        ),
        (
            [30] * 5,
            State.UNKNOWN,
            Judgement.SAME,
            r"too few weeks to tell: it takes 10 complete ones with enough cases",
        ),
    ],
)
def test_courses_of_known_truth(
    tmp_path: Path, minutes: list[float], state: State, side: Judgement, words: str
) -> None:
    found = told(weekly_desk(tmp_path, minutes))
    assert (found.state, found.side) == (state, side), found.words
    assert re.fullmatch(words, found.words), found.words


@pytest.mark.parametrize(
    ("minutes", "word", "tone"),
    [
        ([30] * 20, "Steady", Tone.STEADY),
        ([30] * 20 + [90], "Worse last week", Tone.WORSE),
        ([60] * 20 + [20], "Better last week", Tone.BETTER),
        ([30] * 20 + [90] * 3, "Worse since 20 Oct", Tone.WORSE),
        ([30] * 20 + [90] * 8, "Worse since 20 Oct", Tone.WORSE),
        ([60] * 20 + [30] * 8, "Better since 20 Oct", Tone.BETTER),
        ([30] * 20 + [120] * 2 + [30] * 6, "Back to normal since 3 Nov", Tone.NORMAL),
        # Two thirds of the way back, and not settled; then settled, and still worse than before.
        ([30] * 20 + [120] * 2 + [60] * 2, "Recovering", Tone.RECOVERING),
        ([30] * 20 + [120] * 2 + [60] * 8, "Worse since 20 Oct", Tone.WORSE),
        ([30] * 5, "Too few to say", Tone.FEW),
    ],
)
def test_a_badge_says_the_same_in_a_few_words(
    tmp_path: Path, minutes: list[float], word: str, tone: Tone
) -> None:
    found = told(weekly_desk(tmp_path, minutes))
    assert (found.word, found.tone) == (word, tone), found.words


def test_what_was_written_down_is_named(tmp_path: Path) -> None:
    found = told(
        weekly_desk(tmp_path, [30] * 20 + [120] * 2 + [30] * 6, (20, "New routing went live"))
    )
    assert found.words.startswith("two bad weeks after New routing (20 October – 2 November)")


def test_a_verdict_settles_once_and_keeps_its_identity_until_it_changes(tmp_path: Path) -> None:
    desk = weekly_desk(tmp_path, [30] * 20 + [90] * 8)
    ends = [(FIRST + timedelta(days=7 * week)).isoformat() for week in range(21, 29)]
    found = [desk.verdicts(["first_response_time"], end=end)["first_response_time"] for end in ends]
    assert [verdict.state for verdict in found] == [
        State.NEW,
        *[State.GOING_ON] * 3,
        *[State.SETTLED] * 4,
    ]
    assert len({verdict.identity for verdict in found if verdict.state is State.SETTLED}) == 1
    told = [
        [each.key for each in desk.brief(end=end).settled].count("first_response_time")
        for end in ends
    ]
    assert told == [0, 0, 0, 0, 1, 0, 0, 0]
    stands = [
        [each.key for each in desk.brief(end=end).standing].count("first_response_time")
        for end in ends
    ]
    assert stands == [0, 0, 0, 0, 0, 1, 1, 1]


def test_the_story_of_the_sample_reads_the_same_everywhere(sample_desk: Desk) -> None:
    key = "average_speed_of_answer"
    words = sample_desk.verdicts([key])[key].words
    assert STORY.fullmatch(words), words
    card = next(card for card in sample_desk.scorecard().cards if card.metric.key == key)
    assert (card.story, card.verdict) == (words, "Worse since 4 May")
    explained = sample_desk.explain(key)
    assert explained.course is not None
    assert explained.course.words == words
    assert explained.verdict.startswith(words[0].upper() + words[1:])
    brief = sample_desk.brief()
    assert [each.course.words for each in (*brief.settled, *brief.standing) if each.key == key] == [
        words
    ]
    for arguments in (["scorecard"], ["explain", key], ["brief"]):
        said = CliRunner().invoke(commands, [*arguments, "--desk", str(sample_desk.path)])
        assert said.exit_code == 0, said.output
        assert words in re.sub(r"\s+", " ", said.stdout), arguments


def test_a_series_that_ended_is_not_new(tmp_path: Path) -> None:
    desk = weekly_desk(tmp_path, [30] * 20 + [90])
    later = datetime(2025, 6, 2, 8, tzinfo=UTC) + timedelta(days=7 * 40)
    load_events(
        desk,
        [
            {
                "type": "created",
                "ticket_id": "much later",
                "occurred_at": later.isoformat(),
                "actor_kind": "customer",
            }
        ],
    )
    assert told(desk).state is State.UNKNOWN
