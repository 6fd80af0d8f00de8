"""Models: by what was known then, tried on what came after, and stopped where they are wrong."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from helmdesk.cli.main import commands
from helmdesk.desk.backup import back_up, restore
from helmdesk.desk.desk import Desk
from helmdesk.errors import InputError, NotFoundError, UsageError
from helmdesk.predict.cases import KINDS, NUMBERS, Cases
from helmdesk.predict.encoding import encode
from helmdesk.predict.model import read_model
from helmdesk.predict.store import KEPT, Models
from helmdesk.predict.targets import TARGETS
from helmdesk.predict.training import train
from helmdesk.query.filters import parse_filter
from helmdesk.query.policy import Policy
from helmdesk.statistics.calibration import scale_of

BREACH = TARGETS["breach"]
MOMENT = datetime(2026, 1, 1)


def drawn(count: int, seed: int = 1, shift: float = 0.0, effect: float = 1.5) -> Cases:
    """Return tickets of which those by chat go badly more often, and those that wait; `shift`
    changes the odds of the newest tenth.
    """
    random = np.random.default_rng(seed)
    numbers = np.full((count, len(NUMBERS)), np.nan)
    waits = random.exponential(5.0, count)
    numbers[:, NUMBERS.index("unanswered_hours")] = waits
    channel = random.choice(["email", "chat"], count)
    odds = -2.5 + effect * (channel == "chat") + effect * (waits > 6)
    odds[int(0.9 * count) :] += shift
    at = np.arange(count) * 3600.0
    words = {kind: np.full(count, "same", dtype=object) for kind in KINDS}
    words["channel"] = channel.astype(object)
    return Cases(
        np.array([f"T{each}" for each in range(count)], dtype=object),
        at,
        at + 1800.0,
        (random.random(count) < 1 / (1 + np.exp(-odds))).astype(float),
        words,
        numbers,
    )


def test_boosting_is_taken_where_a_table_is_not_enough() -> None:
    model = train(BREACH, drawn(8000), 1, MOMENT, MOMENT, 7)
    report = model.report
    assert model.kind == "boosted" and not report.problem
    assert report.auc_boosted >= report.auc_table + 0.02
    assert report.error <= 0.04 and report.lift > 1.5
    assert (report.labels, report.tested) == (8000, 1600)


def test_a_table_is_enough_where_words_say_all() -> None:
    cases = drawn(8000, effect=0.0)
    random = np.random.default_rng(2)
    chat = cases.words["channel"] == "chat"
    cases = replace(cases, is_bad=(random.random(8000) < np.where(chat, 0.4, 0.1)).astype(float))
    model = train(BREACH, cases, 1, MOMENT, MOMENT, 7)
    assert model.kind == "table" and model.tables[0].kinds[0] == "channel"
    chances = model.chances(cases)
    assert chances[chat].mean() == pytest.approx(0.4, abs=0.05)
    assert model.reasons(cases)[int(np.flatnonzero(chat)[0])][0].words.startswith("came by chat")


def test_a_model_that_has_drifted_stops_itself() -> None:
    report = train(BREACH, drawn(3000, shift=3.0), 1, MOMENT, MOMENT, 7).report
    assert report.error > 0.08 and "off by" in report.problem


def test_a_model_that_cannot_tell_tickets_apart_names_none() -> None:
    report = train(BREACH, drawn(4000, effect=0.0), 1, MOMENT, MOMENT, 7).report
    assert not report.problem and report.lift < 1.5 and "too weak to name" in report.weakness
    assert not train(BREACH, drawn(4000), 1, MOMENT, MOMENT, 7).report.weakness


def test_a_model_that_orders_cases_the_wrong_way_round_tells_the_usual_share() -> None:
    random = np.random.default_rng(5)
    odds = random.normal(loc=-3.0, size=400)
    # The lower the log-odds, the more often it happens: a quarter of all.
    happened = (odds < np.quantile(odds, 0.25)).astype(float)
    scale = scale_of(odds, happened)
    assert scale.slope == 0.0
    # (100 + 1) / (400 + 2), whatever the log-odds.
    np.testing.assert_allclose(scale.chance(odds), 101 / 402)


def test_too_few_cases_are_told() -> None:
    report = train(BREACH, drawn(150), 1, MOMENT, MOMENT, 7).report
    assert "150 tickets" in report.problem and report.tested == 0
    rare = replace(drawn(400), is_bad=np.r_[np.ones(29), np.zeros(371)])
    assert "29 of them bad" in train(BREACH, rare, 1, MOMENT, MOMENT, 7).report.problem


def test_a_word_knows_only_what_was_known_before() -> None:
    cases = drawn(50)
    # Nothing is known before the very end: no case is told anything.
    late = replace(cases, known_at=np.full(50, 1e9))
    assert not encode(late, ("channel",))[0].any()
    # Each case knows those before it: changing what comes later changes nothing.
    odds, _ = encode(cases, ("channel",))
    flipped = cases.is_bad.copy()
    flipped[30:] = 1 - flipped[30:]
    again, _ = encode(replace(cases, is_bad=flipped), ("channel",))
    np.testing.assert_array_equal(odds[:31], again[:31])
    assert (odds[40:] != again[40:]).any()


def test_a_model_is_the_same_after_writing_and_reading(tmp_path: Path) -> None:
    cases = drawn(2000)
    models, first = Models(tmp_path), train(BREACH, cases, 1, MOMENT, MOMENT, 7)
    for version in range(1, KEPT + 3):
        models.add(replace(first, version=version))
    assert len(models.versions("breach")) == KEPT and models.next_version("breach") == KEPT + 3
    model = models.newest("breach")
    assert model is not None and model.version == KEPT + 2
    np.testing.assert_allclose(
        model.chances(cases), read_model(model.as_text()).chances(cases), atol=1e-9
    )
    (tmp_path / "models" / "breach" / f"{KEPT + 2}.json").write_text("{")
    with pytest.raises(InputError, match="train anew"):
        models.newest("breach")


def test_on_the_sample_from_training_to_a_list(
    sample_at: object, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("predict") / "desk"
    desk: Desk = sample_at(folder, 0.2)  # type: ignore[operator]
    with pytest.raises(NotFoundError, match="nothing was learned yet"):
        desk.predict.warnings("breach")
    with pytest.raises(NotFoundError, match="there are: breach"):
        desk.predict.train("weather")
    berlin = Policy("lead", parse_filter("team = 'Frontline Berlin'"))
    with pytest.raises(UsageError, match="whole desk"):
        desk.as_seen_by(berlin).predict.train("breach")
    model = desk.predict.train("breach")
    assert not model.report.problem and model.report.auc > 0.75
    found = desk.predict.warnings("breach")
    assert found and list(found) == sorted(found, key=lambda each: (-each.chance, each.ticket_id))
    open_ones = {
        row["ticket_id"]
        for row in desk.rows("backlog", start="2026-07-01", end="2026-07-02").table.to_pylist()
    }
    assert {each.ticket_id for each in found} <= open_ones
    scoped = desk.as_seen_by(berlin).predict.warnings("breach")
    own = {each.ticket_id for each in found if each.row.get("team") == "Frontline Berlin"}
    assert {each.ticket_id for each in scoped} == own
    assert not any("of this customer" in reason for each in scoped for reason in each.reasons)
    run = CliRunner().invoke
    told = run(commands, ["predict", "report", "breach", "--desk", str(folder)])
    assert told.exit_code == 0 and "newer moments" in told.output
    listed = run(
        commands, ["predict", "score", "breach", "--format", "json", "--desk", str(folder)]
    )
    assert json.loads(listed.output)[0]["ticket_id"] == found[0].ticket_id
    # What was learned comes back with the desk, and says the same.
    kept = back_up(desk, folder.parent / "b.tar")
    assert not kept.left_out
    restore(folder.parent / "b.tar", folder.parent / "again")
    assert Desk(folder.parent / "again").predict.warnings("breach") == found
