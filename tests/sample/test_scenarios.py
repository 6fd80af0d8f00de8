"""The sample desk holds what its ground truth says, near the figures of the seeds."""

from __future__ import annotations

import hashlib
from datetime import date, timedelta

import pytest
from figures import Figures

from helmdesk.desk.desk import Desk
from helmdesk.sample.company import END, START
from helmdesk.sample.generate import generate
from helmdesk.sample.situation import read_scenarios

TRUTH = read_scenarios()
MONTH = timedelta(days=31)


@pytest.fixture(scope="module")
def figures(sample_desk: Desk) -> Figures:
    return Figures(sample_desk)


def near(key: str, phase: str, value: float) -> None:
    expected, tolerance = TRUTH[key][phase], TRUTH[key]["tolerance"]
    assert abs(value - expected) <= tolerance, (
        f"{key} {phase}: {value:.3f}, planted {expected} within {tolerance}"
    )


def window(key: str) -> tuple[date, date]:
    return TRUTH[key]["start"], TRUTH[key]["end"]


def test_every_scenario_is_written_down() -> None:
    assert len(TRUTH) == 11
    for scenario in TRUTH.values():
        assert {"title", "start", "end", "segment", "cause", "lever", "metric", "seed"} <= set(
            scenario
        )
        assert START <= scenario["start"] < scenario["end"] <= END


def test_csat_falls_through_waits_at_peak(figures: Figures) -> None:
    start, end = window("peak_hour_waits")
    near("peak_hour_waits", "before", figures.csat(date(2025, 9, 1), start))
    near("peak_hour_waits", "during", figures.csat(start, end))
    near("peak_hour_waits", "after", figures.csat(end, date(2025, 12, 1)))


def test_chat_handle_time_rises_and_falls(figures: Figures) -> None:
    start, end = window("scattered_answers")
    near("scattered_answers", "before", figures.handle_seconds("chat", START, start))
    near("scattered_answers", "during", figures.handle_seconds("chat", start, end))
    near("scattered_answers", "after", figures.handle_seconds("chat", end, END))


def test_password_resets_hold_first_contact_resolution_down(figures: Figures) -> None:
    start, end = window("password_permissions")
    near("password_permissions", "during", figures.first_contact_resolution(start, end))
    near("password_permissions", "after", figures.first_contact_resolution(end, END))


def test_the_launch_multiplies_the_speed_of_answer(figures: Figures) -> None:
    start, end = window("launch")
    near("launch", "before", figures.answer_seconds(date(2026, 4, 1), start))
    near("launch", "during", figures.answer_seconds(start, end))
    near("launch", "after", figures.answer_seconds(end, END))


def test_the_holiday_backlog(figures: Figures) -> None:
    grown = figures.open_tickets("2025-12-29 07:00:00+00") - figures.open_tickets(
        "2025-12-23 17:00:00+00"
    )
    near("holiday_backlog", "during", grown)


def test_the_phone_menu_raises_effort_and_abandons(figures: Figures) -> None:
    start, end = window("ivr_change")
    near("ivr_change", "before", figures.ease("phone", START, start))
    near("ivr_change", "during", figures.ease("phone", start, end))
    near("ivr_change", "after", figures.ease("phone", end + timedelta(days=2), END))
    assert figures.abandoned("phone", start, end) > 1.8 * figures.abandoned("phone", START, start)


def test_phone_costs_three_times_chat(figures: Figures) -> None:
    near("phone_against_chat", "during", figures.cost_per_ticket("phone"))
    near("phone_against_chat", "against", figures.cost_per_ticket("chat"))


def test_two_months_of_overload(figures: Figures) -> None:
    start, end = window("overload")
    near("overload", "before", figures.utilization(START, start))
    near("overload", "during", figures.utilization(start, end))
    near("overload", "after", figures.utilization(end, END))


def test_chats_missed_at_lunch(figures: Figures) -> None:
    start, end = window("lunch_missed_chats")
    near("lunch_missed_chats", "before", figures.missed_at_lunch(START, start))
    near("lunch_missed_chats", "during", figures.missed_at_lunch(start, end))
    near("lunch_missed_chats", "after", figures.missed_at_lunch(end, END))


def test_employees_are_unhappy_before_customers_are(figures: Figures) -> None:
    start, end = window("esat_before_csat")
    near("esat_before_csat", "before", figures.favourable(START, start))
    near("esat_before_csat", "during", figures.favourable(start, end))
    near("esat_before_csat", "after", figures.favourable(end, END))
    assert end <= TRUTH["peak_hour_waits"]["start"]


def test_calls_are_moved_and_please_less(figures: Figures) -> None:
    start, end = window("rebooked_calls")
    near("rebooked_calls", "before", figures.moved_calls(START, start))
    near("rebooked_calls", "during", figures.moved_calls(start, end))
    near("rebooked_calls", "after", figures.moved_calls(end, END))
    kept, moved = (figures.csat_of_calls(is_moved, start, end) for is_moved in (False, True))
    assert kept - moved > 0.12
    # Before and after, moving a call costs nothing that chance would not.
    after = [figures.csat_of_calls(is_moved, end, END) for is_moved in (False, True)]
    assert abs(after[0] - after[1]) < 0.12


def test_nobody_has_two_scheduled_calls_at_once(figures: Figures) -> None:
    held = """select agent_id, occurred_at as held_at, count(*) over (partition by agent_id
        order by occurred_at range between interval 20 minute preceding and current row) as near
        from booking where type = 'held_booking'"""
    assert figures.one(f"select max(near) from ({held})") == 1
    outside = f"""select count(*) from ({held}) where
        hour(held_at at time zone 'Europe/Berlin') not between 8 and 17
        or isodow(held_at at time zone 'Europe/Berlin') > 5"""
    assert figures.one(outside) == 0


# -- and in the metrics that the seeds name
# ----------------------------------------------------------------------------


def test_scenarios_show_in_their_metrics(sample_desk: Desk) -> None:
    """Each planted figure, asked as a leader would; contacts carry what surveys, chance and shared
    chats add.
    """

    def ask(key: str, metric: str, start: date, end: date, **question: str) -> float:
        value = sample_desk.measure(metric, start=str(start), end=str(end), **question)[0].value
        assert TRUTH[key]["metric"] == metric
        return float(value)

    for key, phases, question in (
        (
            "lunch_missed_chats",
            (START, START),
            {"where": "queue = 'Chat Berlin' and hour in (12, 13)", "variant": "agent_missed"},
        ),
        (
            "scattered_answers",
            (START, START),
            {"where": "channel = 'chat'", "variant": "elapsed_chat"},
        ),
        ("esat_before_csat", (START, START), {}),
        ("rebooked_calls", (START, START), {"where": "team = 'Specialists'"}),
        ("peak_hour_waits", (date(2025, 9, 1), START), {}),
        ("password_permissions", (None, START), {}),
        ("ivr_change", (START, START), {"where": "channel = 'phone'"}),
        ("overload", (START, START), {}),
        ("launch", (date(2026, 4, 1), START), {}),
    ):
        start, end = window(key)
        metric = TRUTH[key]["metric"]
        if phases[0] is not None:
            near(key, "before", ask(key, metric, phases[0], start, **question))
        near(key, "during", ask(key, metric, start, end, **question))
        settled = end + timedelta(days=2) if key == "ivr_change" else end
        last = date(2025, 12, 1) if key == "peak_hour_waits" else END
        near(key, "after", ask(key, metric, settled, last, **question))
    costs = {m.group[0][1]: m.value for m in sample_desk.measure("cost_per_ticket", by="channel")}
    near("phone_against_chat", "during", costs["phone"])
    near("phone_against_chat", "against", costs["chat"])
    grown = (
        sample_desk.measure("backlog", end="2025-12-29T08:00")[0].value
        - sample_desk.measure("backlog", end="2025-12-23T18:00")[0].value
    )
    near("holiday_backlog", "during", grown)


def test_size_and_variety(sample_desk: Desk) -> None:
    volume = sample_desk.measure("ticket_volume", variant="all", by="channel")
    assert 38_000 <= sum(m.value for m in volume) <= 44_000
    assert {m.group[0][1] for m in volume} == {"chat", "email", "phone", "social"}
    assert len(sample_desk.measure("ticket_volume", by="account")) == 60
    assert {m.group[0][1] for m in sample_desk.measure("ticket_volume", by="tier")} == {
        "starter",
        "business",
        "enterprise",
    }
    assert (
        len(
            {m.group[0][1] for m in sample_desk.measure("resolution_time", by="agent")}
            - {None, "bot-lark"}
        )
        == 24
    )
    with sample_desk.engine() as engine:
        assert engine.run("select count(*) > 500 from tickets where is_spam")[0][0]
        assert engine.run("select count(*) > 500 from tickets where is_merged")[0][0]
        assert engine.run("select count(*) > 500 from tickets where thank_you_reopens > 0")[0][0]
        assert engine.run("select count(*) > 3000 from tickets where handoff_at is not null")[0][0]


def test_the_sample_says_so(sample_desk: Desk) -> None:
    assert sample_desk.settings.is_sample


def test_nothing_of_the_sample_is_quarantined(sample_desk: Desk) -> None:
    assert "quarantine" not in sample_desk.lake.snapshot().files


def test_the_same_seed_gives_the_same_desk() -> None:
    def digest(seed: int) -> str:
        writer = generate(seed, 0.02)
        return hashlib.sha256(repr(sorted(map(repr, writer._rows.items()))).encode()).hexdigest()

    assert digest(1) == digest(1)
    assert digest(1) != digest(2)
