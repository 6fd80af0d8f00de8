"""Every row of the reference tables, the limits, and the same numbers by another road."""

from __future__ import annotations

import math
import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.integrate import simpson

from helmdesk.errors import UsageError
from helmdesk.plan.queues import ServiceLevel, Waiting, erlang_a, erlang_b, erlang_c, erlang_x
from helmdesk.plan.queues.patience import _rule

FIELDS = [name for name in Waiting.__dataclass_fields__ if name != "is_stable"]

# agents, load: probability of waiting, to 12 digits, by 50-digit arithmetic.
ERLANG_C = [
    (10, 8, 0.409180150796),
    (14, 10, 0.174131933595),
    (55, 48, 0.238700936378),
    (132, 123, 0.321116179262),
    (200, 180, 0.0944712181776),
    (500, 480, 0.266512519962),
    (1000, 970, 0.24282333618),
    (2000, 1960, 0.267545016506),
    (2000, 1000, 3.06124115524e-170),
    (20000, 19800, 0.100588987493),
    (2, 1, 1 / 3),
    (3, 2, 4 / 9),
]

# agents, arrivals, handle time, patience, threshold; then waits, leaves, mean wait, answer wait,
# and four service levels: of offered, ignoring short abandons, counting them, of answered.
ERLANG_A = [
    (
        *(14, 10 / 3, 3, 5, 1 / 3, 0.145260114, 0.0139837441, 0.0699187206, 0.0646413341),
        *(0.916792092, 0.923407322, 0.923956027, 0.929794095),
    ),
    (
        *(50, 48, 1, 2, 1 / 3, 0.467774069, 0.0309122492, 0.0618244983, 0.060265004),
        *(0.943018955, 0.972029603, 0.972864392, 0.973099654),
    ),
    (
        *(50, 48, 1, 2, 0.1, 0.467774069, 0.0309122492, 0.0618244983, 0.060265004),
        *(0.738621718, 0.751726414, 0.756054518, 0.762182493),
    ),
    (
        *(10, 10, 1, 1, 0.1, 0.542070286, 0.125110036, 0.125110036, 0.114943123),
        *(0.575126904, 0.602718034, 0.620904745, 0.657370558),
    ),
    (
        *(8, 9, 1, 3, 1 / 3, 0.81601393, 0.157194727, 0.471584181, 0.475375007),
        *(0.395332815, 0.427204308, 0.469937617, 0.4690678),
    ),
    (
        *(100, 110, 1, 0.5, 0.2, 0.730849048, 0.104993336, 0.0524966679, 0.0522734091),
        *(0.881375062, 0.983877257, 0.985556955, 0.984769273),
    ),
    (
        *(200, 260, 1, 1, 0.3, 0.9999525, 0.230769945, 0.230769945, 0.25986753),
        *(0.552182052, 0.708492898, 0.772806488, 0.717837334),
    ),
    (
        *(500, 480, 1, 0.5, 0.1, 0.159247325, 0.00609333255, 0.00304666627, 0.00296590658),
        *(0.993841193, 0.99993302, 0.999933428, 0.999934125),
    ),
]


@pytest.mark.parametrize(("agents", "load", "waits"), ERLANG_C)
def test_erlang_c_of_the_reference(agents: int, load: float, waits: float) -> None:
    made = float(erlang_c(agents, load, 1, 0).wait_probability)
    assert made == pytest.approx(waits, rel=1e-9)


@pytest.mark.parametrize("row", ERLANG_A)
def test_erlang_a_of_the_reference(row: tuple[float, ...]) -> None:
    made = erlang_a(*row[:5])
    told = [
        made.wait_probability,
        made.abandon_probability,
        made.mean_wait,
        made.answer_wait,
        *(made.service_level(variant) for variant in ServiceLevel),
    ]
    # The table has nine digits.
    assert np.allclose(np.array(told), row[5:], rtol=0, atol=6e-10)


def test_published_examples() -> None:
    # TETRA channels; Bronson 24.6; the loss of 132 lines; 100 lines before 5,000 Erlangs.
    assert erlang_c(8, 3.87, 1, 0).wait_probability == pytest.approx(0.050085, abs=5e-7)
    assert erlang_c(10, 4.08, 1, 0).wait_probability == pytest.approx(0.010052, abs=5e-7)
    assert erlang_c(3, 300, 1 / 182.5, 0).queue_length == pytest.approx(0.352426, abs=5e-7)
    assert erlang_b(132, 123) == pytest.approx(0.0312428210, abs=5e-11)
    assert erlang_b(100, 5000) == pytest.approx(0.980004079933756, abs=1e-14)
    # 360 calls a half-hour of 240 s, 55 people, 15 s; 1,000 an hour of 120 s, 40 people, 20 s.
    first = erlang_c(55, 360 / 1800, 240, 15)
    assert first.service_level() == pytest.approx(0.84588, abs=5e-6)
    assert first.answer_wait == pytest.approx(8.184, abs=5e-4)
    second = erlang_c(40, 1000 / 3600, 120, 20)
    assert second.wait_probability == pytest.approx(0.190737, abs=5e-7)
    assert second.service_level() == pytest.approx(0.937211, abs=5e-7)
    assert second.answer_wait == pytest.approx(3.4333, abs=5e-5)
    # Mandelbaum and Zeltyn: the same centre with and without patience (seconds).
    without = erlang_c(50, 48 / 60, 60, 58.139)
    assert without.mean_wait == pytest.approx(20.834, abs=5e-4)
    assert without.service_level() == pytest.approx(0.9, abs=5e-6)
    patient = erlang_a(50, 48 / 60, 60, 120, 12.44)
    assert patient.abandon_probability == pytest.approx(0.030912, abs=5e-7)
    assert patient.mean_wait == pytest.approx(3.709, abs=5e-4)
    assert patient.occupancy == pytest.approx(0.9303, abs=5e-5)
    assert patient.queue_length == pytest.approx(2.97, abs=5e-3)


@pytest.mark.parametrize("load", [0.3, 5.0, 80.0, 1900.0, 2500.0])
def test_erlang_b_is_its_recursion(load: float) -> None:
    loss, expected = 1.0, [1.0]
    for lines in range(1, 2001):
        loss = load * loss / (lines + load * loss)
        expected.append(loss)
    assert np.allclose(erlang_b(np.arange(2001), load), expected, rtol=1e-9, atol=0)


@given(
    agents=st.integers(1, 60),
    ratio=st.floats(0.1, 2.5),
    patience=st.floats(0.02, 50),
    threshold=st.floats(0, 5),
)
@settings(max_examples=40, deadline=None)
def test_erlang_a_by_counting_states(
    agents: int, ratio: float, patience: float, threshold: float
) -> None:
    """Birth and death, state by state; the wait by plain integration of its density."""
    rate = agents * ratio
    k = np.arange(1, agents + int(4 * rate * patience) + 2000)
    steps = np.log(rate / (np.minimum(k, agents) + np.maximum(k - agents, 0) / patience))
    logs = np.append(0.0, np.cumsum(steps))
    chance = np.exp(logs - logs.max())
    chance /= chance.sum()
    queue = np.maximum(np.arange(len(chance)) - agents, 0)
    waits, length = chance[agents:].sum(), (chance * queue).sum()
    made = erlang_a(agents, rate, 1, patience, threshold)
    assert made.wait_probability == pytest.approx(waits, abs=1e-11)
    assert made.queue_length == pytest.approx(length, rel=1e-9)
    assert made.abandon_probability == pytest.approx(length / patience / rate, abs=1e-11)

    peak = max(0.0, patience * math.log(ratio))

    def power(wait: np.ndarray) -> np.ndarray:
        return -agents * wait - rate * patience * np.expm1(-wait / patience)

    def integral(end: float, *, stays: bool) -> float:
        grid = np.linspace(0, end, 200_001)
        density = np.exp(power(grid) - power(np.array(peak)))
        return float(simpson(density * np.exp(-grid / patience) if stays else density, x=grid))

    end = peak + 12 * math.sqrt(patience / agents) + 60 / agents
    share = integral(min(threshold, end), stays=True) / integral(end, stays=False)
    assert made.answered_within == pytest.approx(1 - waits + waits * share, abs=1e-9)


def test_nothing_raises_or_is_not_a_number() -> None:
    draw = np.random.default_rng(1)
    cells = 20_000
    agents = np.floor(np.exp(draw.uniform(0, math.log(20_001), cells))) - draw.integers(0, 2, cells)
    load = agents * draw.uniform(0, 3, cells) * (draw.random(cells) > 0.02)
    load[agents == 0] = draw.choice([0.0, 0.5, 30.0], (agents == 0).sum())
    patience = 10 ** draw.uniform(-15, 15, cells)
    patience[:300], patience[300:600] = 0, np.inf
    threshold = 10 ** draw.uniform(-6, 6, cells)
    threshold[::50] = 0
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for made in (
            erlang_a(agents, load, 1, patience, threshold),
            erlang_c(agents, load, 1, threshold),
        ):
            for name in FIELDS:
                assert not np.isnan(getattr(made, name)).any(), name
            for variant in ServiceLevel:
                assert (
                    (made.service_level(variant) >= 0) & (made.service_level(variant) <= 1)
                ).all()
            assert (made.answered_within + made.abandon_probability <= 1 + 1e-12).all()
            assert (made.occupancy <= 1).all() and (made.mean_wait >= 0).all()


def test_more_nodes_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    draw = np.random.default_rng(2)
    agents = np.floor(np.exp(draw.uniform(0, math.log(20_001), 3000)))
    load, patience = agents * draw.uniform(0, 3, 3000), 10 ** draw.uniform(-6, 6, 3000)
    asked = agents, load, 1, patience, 10 ** draw.uniform(-3, 3, 3000)
    few = erlang_a(*asked)
    monkeypatch.setattr("helmdesk.plan.queues.patience.NODES", 160)
    _rule.cache_clear()
    many = erlang_a(*asked)
    _rule.cache_clear()
    for name in ("wait_probability", "abandon_probability", "answered_within", "abandoned_within"):
        assert np.allclose(getattr(few, name), getattr(many, name), rtol=0, atol=1e-12), name


def test_the_ends_of_patience() -> None:
    agents, load = np.array([1, 20, 400, 20_000]), np.array([5, 18, 390, 19_900])
    none = erlang_a(agents, load, 1, 0, 0.3)
    assert none.abandon_probability[0] == pytest.approx(0.8333333333, abs=1e-10)
    hardly = erlang_a(agents, load, 1, 1e-13, 0.3)
    endless, nearly = erlang_c(agents, load, 1, 0.3), erlang_a(agents, load, 1, 1e13, 0.3)
    ever = erlang_a(agents, load, 1, np.inf, 0.3)
    for name in ("wait_probability", "abandon_probability", "answered_within", "occupancy"):
        assert np.allclose(getattr(none, name), getattr(hardly, name), atol=2e-8), name
        assert np.array_equal(getattr(endless, name), getattr(ever, name)), name
        assert np.allclose(getattr(endless, name)[1:], getattr(nearly, name)[1:], atol=1e-7), name
    assert np.allclose(none.abandon_probability, erlang_b(agents, load))
    # Twice a tenth too much work for 2,000 people: what is above their number leaves.
    assert erlang_a(2000, 2400, 1, 2, 1).abandon_probability == pytest.approx(1 / 6, abs=1e-12)


def test_queues_without_people_or_without_work() -> None:
    idle = erlang_a([0, 5], 0, 3, 4, 1)
    assert idle.service_level().tolist() == [1, 1] and idle.mean_wait.tolist() == [0, 0]
    alone = erlang_a(0, 2, 3, 4, 1)
    assert alone.abandon_probability == 1 and alone.mean_wait == 4 and alone.queue_length == 8
    assert alone.abandoned_within == pytest.approx(1 - math.exp(-1 / 4))
    assert alone.service_level(ServiceLevel.ANSWERED) == 0
    swamped = erlang_c(5, 2, 3, 1)
    assert not swamped.is_stable and swamped.service_level() == 0
    assert np.isinf(swamped.mean_wait) and swamped.occupancy == 1


@pytest.mark.parametrize(
    ("given_", "told"),
    [
        ((-1, 1, 1, 1, 1), "agents is -1"),
        ((2.5, 1, 1, 1, 1), "2.5 agents"),
        ((2, math.nan, 1, 1, 1), "arrivals is nan"),
        ((2, 1, 1, -3, 1), "patience is -3"),
    ],
)
def test_what_makes_no_queue_is_refused(given_: tuple[float, ...], told: str) -> None:
    with pytest.raises(UsageError, match=told):
        erlang_a(*given_)


def test_redials_come_back() -> None:
    made = erlang_x(50, 50, 1, 2, 1 / 3, redial=0.5)
    assert made.total == pytest.approx(51.607, abs=5e-4)
    assert made.waiting.abandon_probability == pytest.approx(0.0623, abs=5e-5)
    assert erlang_a(50, 50, 1, 2, 1 / 3).abandon_probability == pytest.approx(0.0467, abs=5e-5)
    # Without patience the lost come back, or half of the answered: λ = L(1 − .5(1 − B)).
    back = erlang_x(3, 2, 1, 0, 0, reconnect=0.5)
    loss = float(erlang_b(3, back.total))
    assert back.total * (1 - 0.5 * (1 - loss)) == pytest.approx(2, abs=1e-12)
    assert erlang_x(3, 0, 1, 1, 1, redial=0.9).total == 0
    with pytest.raises(UsageError, match="redial is 1"):
        erlang_x(3, 2, 1, 1, 1, redial=1)
