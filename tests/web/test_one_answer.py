"""Questions drawn at random, each asked of Python, the API, its exports, the command line and the
page.
"""

from __future__ import annotations

import csv
import io
import json
import random
from collections.abc import Callable
from datetime import UTC
from html import unescape
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner

from effort import tries
from helmdesk.catalogue.discovery import load_catalogue
from helmdesk.cli.main import commands
from helmdesk.desk.live import LiveDesk
from helmdesk.errors import HelmdeskError
from helmdesk.query.window import CALENDAR, COMPARISONS
from helmdesk.query.words import show_measurement

QUESTIONS, BATCHES = tries(80, 400), 10
# The slower surfaces answer every so many.
CLI_EVERY, PAGE_EVERY = 8, 10
WINDOWS = (
    *({"window": name} for name in (*CALENDAR, "7-days", "91-days")),
    {"start": "2026-02-10", "end": "2026-03-17"},
    {"start": "2025-10-20T08:00", "end": "2025-10-27T12:30"},
    {"start": "2026-06-20", "end": "2026-08-01"},
)
FILTERS = (
    None,
    "channel = 'phone'",
    "priority in ('high', 'urgent') or team is null",
    "weekday <= 5 and channel <> 'chat'",
)


def draw(number: int) -> tuple[str, dict[str, Any]]:
    """Return one question: a metric in one form, sliced, dated and narrowed."""
    chance = random.Random(f"question {number}")
    entry = chance.choice(list(load_catalogue().values()))
    variant = chance.choice([None, None, *(each.name for each in entry.metric.variants)])
    metric = entry.variant(variant) if variant else entry.metric
    asked = {
        **chance.choice(WINDOWS),
        "variant": variant,
        "clock": chance.choice(metric.clocks),
        "where": chance.choice(FILTERS),
        "by": chance.choice([None, None, "channel", "team", "priority"]),
        "grain": chance.choice([None, None, "week", "month", "quarter"]),
    }
    return entry.metric.key, {name: value for name, value in asked.items() if value}


def plain(rows: list[dict[str, Any]]) -> Any:
    return json.loads(json.dumps(rows, default=str))


def command(name: str, *words: str) -> str:
    done = CliRunner().invoke(commands, [name, *words])
    assert done.exit_code == 0, done.output
    return str(done.stdout)


def options(asked: dict[str, Any]) -> list[str]:
    return [part for name, value in asked.items() for part in (f"--{name}", value)]


def policy_of(name: str) -> Any:
    from helmdesk.web.access import policy_for
    from helmdesk.web.apps.people.models import Person

    return policy_for(Person.objects.get(username=name))


@pytest.mark.parametrize("batch", range(BATCHES))
def test_one_answer_to_one_question(batch: int, site: Path, as_: Callable[[str], Any]) -> None:
    desk, client = LiveDesk(site), as_("ada")
    seen = desk.as_seen_by(policy_of("ada"))
    answered = 0
    for number in range(batch, QUESTIONS, BATCHES):
        key, asked = draw(number)
        told = f"question {number}: {key} {asked}"
        response = client.get("/api/v1/measure", {"metric": key, **asked})
        try:
            found = seen.measure(key, **asked)
        except HelmdeskError as error:
            assert response.status_code in (400, 403, 404, 422), told
            assert response.json()["detail"] == str(error), told
            continue
        answered += 1
        rows = plain(found.as_rows())
        owner = desk.measure(key, **asked)
        # Whoever owns the machine sees the same, and what is withheld on the site from those who
        # may not compare people.
        for mine, theirs in zip(rows, plain(owner.as_rows()), strict=True):
            assert mine == theirs or (
                mine["reason"] == "withheld" and mine["value"] is None and mine["n"] == theirs["n"]
            ), told
        assert response.json()["measurements"] == rows, told
        exported = client.get(
            "/api/v1/measure",
            {"metric": key, **asked},
            headers={"Accept": "application/vnd.apache.arrow.stream"},
        )
        assert pa.ipc.open_stream(exported.content).read_all().equals(found.to_arrow()), told
        stored = client.get(
            "/api/v1/measure",
            {"metric": key, **asked},
            headers={"Accept": "application/vnd.apache.parquet"},
        )
        assert pq.read_table(io.BytesIO(stored.content)).equals(found.to_arrow()), told
        lines = list(
            csv.DictReader(
                io.StringIO(
                    client.get(
                        "/api/v1/measure", {"metric": key, **asked}, headers={"Accept": "text/csv"}
                    ).content.decode()
                )
            )
        )
        assert [
            (
                line["value"],
                line["low"],
                line["n"],
                line["unit"],
                line["statistic"],
                line["is_partial"],
            )
            for line in lines
        ] == [
            tuple(
                "" if row[name] is None else str(row[name])
                for name in ("value", "low", "n", "unit", "statistic", "is_partial")
            )
            for row in rows
        ], told
        if answered % CLI_EVERY == 1:
            said = json.loads(
                command("measure", key, *options(asked), "--format", "json", "--desk", str(site))
            )
            assert said == plain(owner.as_rows()), told
            stored = CliRunner().invoke(
                commands,
                ["measure", key, *options(asked), "--format", "parquet", "--desk", str(site)],
            )
            assert pq.read_table(io.BytesIO(stored.stdout_bytes)).equals(owner.to_arrow()), told
        if answered % PAGE_EVERY == 1:
            whole = {name: value for name, value in asked.items() if name not in ("by", "grain")}
            page = unescape(client.get(f"/metric/{key}", whole).content.decode())
            shown = seen.measure(key, **whole)[0]
            value, interval = show_measurement(shown)
            # A value that is missing says why, in the same words.
            assert value.lower() in page.lower() and interval in page, told
            # What the page says it looked at is what the numbers were asked over.
            dates = {name: asked[name] for name in ("window", "start", "end") if name in asked}
            window = desk.window(**dates)
            assert window.words(desk.settings.time_zone) in page, told
            # The rows behind the number, as Parquet: as many as it counts, inside its window, every
            # instant in the desk's zone.
            export = client.get("/tickets/export.parquet", {"metric": key, **whole})
            if shown.reason == "withheld":
                assert export.status_code == 403, told
                continue
            behind = pq.read_table(io.BytesIO(export.content))
            assert behind.num_rows == shown.n, told
            instants = [field for field in behind.schema if pa.types.is_timestamp(field.type)]
            assert instants and {field.type.tz for field in instants} == {
                desk.settings.time_zone
            }, told
            anchor = (
                load_catalogue()[key].variant(asked["variant"]).anchor
                if "variant" in asked
                else load_catalogue()[key].metric.anchor
            )
            if anchor in behind.column_names:
                happened = [
                    at.astimezone(UTC).replace(tzinfo=None) for at in behind[anchor].to_pylist()
                ]
                assert all(window.start <= at < window.end for at in happened), told
    assert answered > QUESTIONS // BATCHES // 2


@pytest.mark.parametrize("number", range(tries(3, 12)))
def test_one_verdict_on_every_scorecard(number: int, site: Path, as_: Callable[[str], Any]) -> None:
    chance = random.Random(f"scorecard {number}")
    asked, compare, where = (
        chance.choice(WINDOWS),
        chance.choice(list(COMPARISONS)),
        chance.choice(FILTERS[:2]),
    )
    desk = LiveDesk(site)
    zone = desk.settings.time_zone
    found = desk.as_seen_by(policy_of("ada")).scorecard(**asked, compare=compare, where=where)
    cards = plain([card.as_row() for card in found.cards])
    given = {**asked, "compare": compare, **({"where": where} if where else {})}
    response = as_("ada").get("/api/v1/scorecard", given).json()
    assert response["cards"] == cards
    assert response["window"] == found.window.as_dict(zone)
    if not where:
        said = json.loads(
            command(
                "scorecard",
                *options({**asked, "compare": compare}),
                "--format",
                "json",
                "--desk",
                str(site),
            )
        )
        assert said == plain(found.as_rows(zone))
    page = unescape(as_("ada").get("/scorecard", given).content.decode())
    assert found.window.words(zone) in page and found.window.previous_words(zone) in page
    for card in found.cards:
        if not card.reason:
            value, _ = show_measurement(card.now)
            assert card.metric.title in page and value in page and card.badge.word in page, (
                card.metric.key
            )
