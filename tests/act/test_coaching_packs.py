"""Which tickets are worth talking about."""

from __future__ import annotations

import random
from datetime import datetime, timedelta

from helmdesk.act.coaching import Case, Why, part_of_day, unlike, when_words, worth_talking

DAY = datetime(2026, 3, 2)


def case(name: str, day: int = 0, **more: object) -> Case:
    given = {"seconds": 3600.0, **more}
    return Case(name, DAY + timedelta(days=day), **given)  # type: ignore[arg-type]


def told(*cases: Case) -> list[tuple[str, Why]]:
    return [(each.case.ticket_id, each.why) for each in worth_talking(cases)]


def test_one_went_well_and_two_did_not_each_for_another_reason() -> None:
    cases = (
        case("easy", replies=1, is_satisfied=True),
        case("hard", replies=6, is_satisfied=True),
        case("harder, and nobody said", replies=9),
        case("old and angry", 1, is_satisfied=False, reopens=2),
        case("angry", 2, is_satisfied=False),
        case("back", 3, reopens=1),
        case("up", 4, escalations=1, is_satisfied=True),
    )
    assert told(*cases) == [
        ("hard", Why.WENT_WELL),
        ("angry", Why.UNHAPPY),
        ("back", Why.CAME_BACK),
    ]


def test_one_kind_of_trouble_is_told_twice_and_none_by_what_took_longest() -> None:
    assert told(case("a", transfers=2), case("b", 1, transfers=3), case("c", 2, transfers=9)) == [
        ("c", Why.HANDED_ROUND),
        ("b", Why.HANDED_ROUND),
    ]
    assert told(case("a", replies=2), case("b", seconds=9e5), case("c", transfers=1)) == [
        ("a", Why.WENT_WELL),
        ("b", Why.LONG),
    ]


def test_there_may_be_little_to_talk_about() -> None:
    assert told() == []
    assert told(case("open", seconds=None)) == []
    assert told(case("one")) == [("one", Why.WENT_WELL)]
    assert told(case("open", seconds=None, escalations=1)) == [("open", Why.UPWARDS)]


def test_the_order_of_the_rows_changes_nothing() -> None:
    chance = random.Random(7)
    cases = [
        case(
            f"t{n}",
            n % 9,
            reopens=n % 3,
            transfers=n % 4,
            replies=n % 5,
            is_satisfied=(None, True, False)[n % 3],
        )
        for n in range(40)
    ]
    first = worth_talking(cases)
    assert len(first) == 3 and len({each.case.ticket_id for each in first}) == 3
    for _ in range(20):
        chance.shuffle(cases)
        assert worth_talking(cases) == first


def test_when_work_came_is_told_by_parts_of_the_day() -> None:
    by_hour = {5: 1, 6: 2, 11: 2, 12: 3, 17: 1, 18: 4, 21: 1, 22: 2, 0: 4}
    by_day = {"monday": 15, "Saturday": 3, "sunday": 2}
    assert when_words(by_hour, by_day) == (
        "35% at night, 25% in the evening, 20% in the afternoon, 20% in the morning, 25% on"
        " Saturdays and Sundays"
    )
    assert when_words({}, {}) == ""
    assert {part_of_day(hour) for hour in (22, 23, 0, 5)} == {"at night"}


def test_what_differs_from_the_teams_work_is_beyond_chance() -> None:
    """By the exact binomial: 60 or more of 200 at 15% come once in millions, 24 or fewer at 18% in
    1.4%; 10 or more of 20 at 20% in 0.26%, at 15% in 0.025%; 2 or more of 20 at 1.5% in 3.6%.
    """
    mix = [("phone", 0.30, 0.15), ("chat", 0.12, 0.18), ("email", 0.58, 0.67)]
    assert unlike(mix, 200) == (("phone", 0.30, 0.15),)
    assert unlike([("chat", 0.5, 0.20)], 20) == ()
    assert unlike([("chat", 0.5, 0.15)], 20) == (("chat", 0.5, 0.15),)
    assert unlike([("social", 0.10, 0.015)], 20) == (), "two of twenty prove nothing"
    assert unlike(mix, 0) == ()
    many = [(f"kind {n}", 0.2, 0.1 - n / 100) for n in range(5)]
    assert [name for name, *_ in unlike(many, 1000)] == ["kind 4", "kind 3", "kind 2"]
