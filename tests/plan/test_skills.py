"""People with several skills, by search: known small cases, and what restricts it."""

from __future__ import annotations

import numpy as np
import pytest

from helmdesk.errors import UsageError
from helmdesk.plan.queues import erlang_a
from helmdesk.plan.skills import SkillQueue, staff_skills

A = SkillQueue("a", 60, 300, 120)
B = SkillQueue("b", 60, 300, 120)


def test_one_queue_is_erlang_a() -> None:
    found = staff_skills([A])
    # Five busy on average: seven answer 86% within 20 s, six answer 76%.
    by = [
        float(erlang_a(n, 60.0, 300 / 3600, 120 / 3600, 20 / 3600).service_level()) for n in (6, 7)
    ]
    assert by[0] < 0.8 < by[1] and found.groups == {("a",): 7}
    assert found.is_reached and found.levels["a"] == pytest.approx(by[1], abs=0.02)


def test_two_queues_share_and_need_the_pool_alone() -> None:
    found = staff_skills([A, B])
    # 7 and 7 apart; one pool of ten busy needs 12, and some second skills are enough for it.
    assert found.bound == 12 and found.people == 12 and found.is_reached
    both = found.groups.get(("a", "b"), 0)
    assert 0 < both < 12 and all(level >= 0.8 for level in found.levels.values())


def test_nobody_shares_what_may_not_be_shared() -> None:
    found = staff_skills([A, B], may_share=[])
    assert set(found.groups) == {("a",), ("b",)} and found.people == 14
    small = SkillQueue("c", 20, 200, 100)
    three = staff_skills([A, B, small], may_share=[("a", "b")])
    assert not [skills for skills in three.groups if "c" in skills and len(skills) > 1]
    assert three.is_reached and three.people <= 12 + three.groups[("c",)] + 1


def test_a_hard_promise_takes_more_people() -> None:
    strict = SkillQueue("b", 60, 300, 120, service_level=0.95, within_seconds=10)
    found = staff_skills([A, strict])
    assert found.is_reached and found.people > 12 and found.levels["b"] >= 0.95


def test_it_says_how_far_it_is_and_can_be_ended() -> None:
    said: list[str] = []

    def tell(words: str) -> None:
        said.append(words)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        staff_skills([A, SkillQueue("b", 90, 200, 60, 0.9)], tell=tell)
    assert said


@pytest.mark.parametrize(
    "wrong",
    [
        lambda: staff_skills([]),
        lambda: staff_skills([A, A]),
        lambda: staff_skills([A, B], may_share=[("a", "x")]),
        lambda: SkillQueue("a", 0, 300),
        lambda: SkillQueue("a", 60, np.nan),
        lambda: SkillQueue("a", 60, 300, service_level=1.0),
    ],
)
def test_what_cannot_be_asked(wrong: object) -> None:
    with pytest.raises(UsageError):
        wrong()  # type: ignore[operator]
