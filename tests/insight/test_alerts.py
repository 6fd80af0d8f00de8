"""What an alert saw and would have told, on weeks that are known by hand."""

from __future__ import annotations

import json
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest

from desks import load_events, make_desk, weekly_desk
from helmdesk.act.alerts import Change, Sight
from helmdesk.desk.desk import Desk
from helmdesk.errors import NotFoundError, UsageError
from helmdesk.insight.alerts import Kind, Watch, follow, in_unit, read_watch
from helmdesk.query.policy import OWNER
from helmdesk.query.words import show_value

KEY = "first_response_time"
FIRST = date(2025, 6, 2)
HOUR = 3600.0


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Desk:
    """Twelve weeks whose median first response takes so many minutes."""
    minutes = [30, 30, 130, 100, 130, 30, 30, 130, 130, 30, 30, 30]
    return weekly_desk(tmp_path_factory.mktemp("alerts"), minutes)


def level(**said: object) -> Watch:
    return Watch(**{"kind": Kind.LEVEL, "metric": KEY, "enter": 2 * HOUR, "leave": HOUR} | said)  # type: ignore[arg-type]


def weeks_begun(desk: Desk, watch: Watch) -> list[int]:
    found = desk.try_alert(watch, days=7 * 11).begun
    return [(each.period - FIRST).days // 7 for each in found if each.period]


def test_a_level_speaks_once_for_each_time(desk: Desk) -> None:
    """The week of 100 minutes lies between the levels, and the alert goes on through it."""
    assert weeks_begun(desk, level()) == [2, 7]
    assert weeks_begun(desk, level(leave=2 * HOUR)) == [2, 4, 7]
    assert weeks_begun(desk, level(leave=2 * HOUR, hold=2)) == [7 + 1]
    assert weeks_begun(desk, level(enter=3 * HOUR, leave=3 * HOUR)) == []
    below = level(is_above=False, enter=HOUR, leave=2 * HOUR)
    assert weeks_begun(desk, below) == [5, 9]  # the first weeks are before the stretch


def test_its_past_is_told_in_words(desk: Desk) -> None:
    past = desk.try_alert(level(hold=2), days=77)
    assert past.sentence == (
        "Tell me when a week’s “First response time” is at or above 2 h, 2 weeks in a row."
        " It is over at 1 h."
    )
    assert past.describe() == "It would have spoken once in 77 days."
    (begun,) = past.begun
    (week,) = desk.measure(KEY, start="2025-07-28", end="2025-08-04")
    assert week.value is not None
    assert begun.words.startswith(f"{show_value(week.value, 'seconds')} (95% interval ")
    assert begun.words.endswith(f", {week.n} cases")


def test_a_target_is_judged_with_its_interval(desk: Desk) -> None:
    before = desk.settings
    from dataclasses import replace

    try:
        desk.settings = replace(before, targets={KEY: HOUR})
        assert weeks_begun(desk, Watch(Kind.TARGET, KEY)) == [2, 7]
    finally:
        desk.settings = before
    with pytest.raises(NotFoundError, match="has no target to miss"):
        desk.try_alert(Watch(Kind.TARGET, KEY))


def test_data_that_do_not_come_are_nothing_seen_and_end_nothing(desk: Desk) -> None:
    with desk.insight.study(desk.question()) as study:
        as_of = study.reader.bounds.as_of
    watch = level(is_above=False, enter=HOUR, leave=2 * HOUR)
    start = as_of - timedelta(days=20)
    seen = desk.look(watch, start, as_of + timedelta(days=30))
    assert [each.sight for each in seen][:2] == [Sight.BEYOND, Sight.BEYOND]
    late = [each for each in seen if each.sight is Sight.NOTHING]
    assert len(late) >= 3
    assert late[0].words.startswith("the data end on ")
    changes = [each.change for each in follow(seen, watch.patience) if each.change]
    assert changes == [Change.BEGAN, Change.BLIND]
    assert follow(seen, watch.patience)[-1].memory.is_open


def test_lateness_counts_from_the_end_of_the_data(desk: Desk) -> None:
    with desk.insight.study(desk.question()) as study:
        as_of = study.reader.bounds.as_of
    watch = Watch(Kind.LATENESS, enter=36, leave=36)
    for hours, sight in ((35.9, Sight.WITHIN), (36, Sight.BEYOND), (400, Sight.BEYOND)):
        (seen,) = desk.look(watch, as_of, as_of + timedelta(hours=hours))
        assert seen.sight is sight
    assert desk.alert_sentence(watch) == "Tell me when no data have come for 36 hours."
    assert not desk.try_alert(watch).can_be_tried


def test_promises_are_counted_by_hand(tmp_path: Path) -> None:
    """Three promises of four hours: at 13:00 A is an hour late, B due on the dot, C in 2:30."""
    desk = make_desk(tmp_path / "desk")
    clocks = [{"clock": "resolution", "targets": {"default": "4h"}, "hours": "calendar"}]
    opened = {"A": "08:00", "B": "09:00", "C": "11:30", "Z": "13:00"}
    load_events(
        desk,
        [
            {
                "type": "sla_policy",
                "entity_id": "p",
                "occurred_at": "2020-01-01",
                "valid_from": "2020-01-01",
                "definition": json.dumps({"clocks": clocks}),
            },
            *(
                {
                    "type": kind,
                    "ticket_id": name,
                    "occurred_at": f"2026-01-05T{at}",
                    **({} if kind == "created" else {"policy_id": "p"}),
                }
                for name, at in opened.items()
                for kind in (("created",) if name == "Z" else ("created", "policy_applied"))
            ),
        ],
    )
    moment = datetime(2026, 1, 5, 13)
    for hours, count in ((0, 1), (2, 1), (3, 2)):
        (seen,) = desk.look(Watch(Kind.PROMISES, enter=2, leave=1, hours=hours), moment, moment)
        assert seen.words.startswith(f"{count} promise{'s' if count > 1 else ''} ")
        assert seen.sight is (Sight.BEYOND if count == 2 else Sight.WITHIN)
    (late,) = desk.look(Watch(Kind.PROMISES, enter=1), moment, moment + timedelta(hours=30))
    assert (late.sight, late.words) == (Sight.NOTHING, "the data end 30 h ago")


def test_a_reader_is_told_of_what_they_may_see(desk: Desk) -> None:
    from helmdesk.query.filters import parse_filter
    from helmdesk.query.policy import Policy

    nobody = desk.as_seen_by(Policy("nobody", parse_filter("team = 'none of ours'")))
    seen = nobody.look(level(), datetime(2025, 6, 1), datetime(2025, 8, 18))
    assert {each.sight for each in seen} <= {Sight.NOTHING}
    assert desk.as_seen_by(OWNER).try_alert(level(), days=77) == desk.try_alert(level(), days=77)


@pytest.mark.parametrize(
    ("said", "why"),
    [
        ({"kind": "wish"}, "one of verdict, target, level"),
        ({"kind": "level"}, "name the metric"),
        ({"kind": "lateness", "metric": KEY, "enter": 1, "leave": 1}, "goes by no metric"),
        ({"kind": "level", "metric": KEY, "grain": "hour"}, "each day, week, month"),
        ({"kind": "level", "metric": KEY, "enter": 1.0, "leave": 2.0}, "begin and end at once"),
        ({"kind": "level", "metric": KEY, "hold": 0}, "1 to 30"),
        ({"kind": "promises"}, "above 0"),
        ({"kind": "level", "metric": KEY, "colour": "red"}, "no 'colour'"),
    ],
)
def test_what_is_no_rule_is_refused(said: dict[str, object], why: str) -> None:
    with pytest.raises(UsageError, match=why):
        read_watch(said)


def test_a_watch_survives_being_written_down() -> None:
    watch = level(hold=3, grain="day", where="team = 'Front'")
    assert read_watch(watch.as_dict()) == watch


def test_numbers_are_read_in_the_unit_people_write() -> None:
    assert (in_unit(80, "share"), in_unit(90, "seconds"), in_unit(12, "tickets")) == (0.8, 5400, 12)


def test_what_is_not_recorded_cannot_be_watched(desk: Desk) -> None:
    with pytest.raises(NotFoundError, match="cannot be watched here"):
        desk.try_alert(Watch(Kind.LEVEL, "csat", is_above=False, enter=0.8, leave=0.8))
    with pytest.raises(NotFoundError):
        desk.try_alert(Watch(Kind.LEVEL, "no_such", enter=1, leave=1))
