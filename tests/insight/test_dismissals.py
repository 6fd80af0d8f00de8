"""Dismissing what stands: it is told no more until it changes, everywhere and for its filter alone,
and no number changes.
"""

from __future__ import annotations

import json
import re
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from desks import load_events, ticket, weekly_desk
from helmdesk.catalogue.discovery import load_catalogue
from helmdesk.cli.main import commands
from helmdesk.desk.backup import back_up, restore
from helmdesk.desk.desk import Desk
from helmdesk.desk.erasure import erase
from helmdesk.desk.folder import Folder
from helmdesk.errors import ConflictError, InputError, NotFoundError, NotPermittedError, UsageError
from helmdesk.insight.dismissals import FILE, Dismissal, Dismissals, scope_of
from helmdesk.insight.pattern import load_patterns
from helmdesk.insight.verdict import State
from helmdesk.query.filters import (
    All,
    Compare,
    Filter,
    IsNull,
    Not,
    OneOf,
    parse_filter,
    simplified,
    to_text,
)
from helmdesk.query.filters import Any as AnyOf
from helmdesk.query.policy import Policy
from helmdesk.query.request import Request

KEY = "first_response_time"
FIRST = date(2025, 6, 2)


def end_of(weeks: int) -> str:
    """Return the local day after so many weeks."""
    return (FIRST + timedelta(days=7 * weeks)).isoformat()


@pytest.fixture(scope="module")
def slower(tmp_path_factory: pytest.TempPathFactory) -> Desk:
    """A desk whose replies became slower for good after twenty weeks, and slower again after
    twenty-nine.
    """
    return weekly_desk(tmp_path_factory.mktemp("slower"), [30] * 20 + [90] * 9 + [300])


@pytest.fixture
def desk(slower: Desk) -> Desk:
    """The same desk, on which nothing is dismissed."""
    (slower.path / FILE).unlink(missing_ok=True)
    return slower


def run(desk: Desk, *words: str) -> str:
    """Return all that a command said, its error included."""
    done = CliRunner().invoke(commands, [*words, "--desk", str(desk.path)])
    return re.sub(r"\s+", " ", f"{done.output}{done.exception or ''}")


def test_a_dismissed_verdict_is_told_nowhere_until_it_changes(desk: Desk) -> None:
    settled = end_of(26)
    before = desk.scorecard(end=settled, keys=[KEY]).cards[0]
    found = desk.dismiss(KEY, by="Lea", reason="  new   tool ", end=settled)
    assert (found.identity, found.reason, found.where) == (
        desk.verdicts([KEY], end=settled)[KEY].identity,
        "new tool",
        "",
    )

    brief = desk.brief(end=settled)
    assert KEY not in {
        each.key for each in (*brief.settled, *brief.standing, *brief.better, *brief.quiet)
    }
    assert [(each.metric, each.dismissal) for each in brief.dismissed] == [(KEY, found)]
    told = brief.as_dict()["dismissed"][0]
    assert (told["subject"], told["by"], told["reason"]) == (KEY, "Lea", "new tool")

    card = desk.scorecard(end=settled, keys=[KEY]).cards[0]
    row = card.as_row()
    assert (row["verdict"], row["story"], row["dismissed_by"], row["dismissed_reason"]) == (
        "Dismissed",
        "",
        "Lea",
        "new tool",
    )
    assert row["dismissed_at"] == found.at
    assert (card.now, card.before, card.change) == (
        before.now,
        before.before,
        before.change,
    )  # numbers stay
    explained = desk.explain(KEY, end=settled).as_dict()
    assert explained["course"]["dismissed"]["by"] == "Lea"

    # A later week of the same course is dismissed too, and the next level is told by itself.
    assert desk.verdicts([KEY], end=end_of(28))[KEY].dismissed == found
    news = desk.verdicts([KEY], end=end_of(30))[KEY]
    assert (news.state, news.dismissed, news.is_told) == (State.NEW, None, True)
    assert desk.scorecard(end=end_of(30), keys=[KEY]).cards[0].story == news.words
    assert any(KEY in finding.metrics for finding in desk.brief(end=end_of(30)).findings)


def test_news_can_be_dismissed_and_its_finding_goes_with_it(desk: Desk) -> None:
    assert any(KEY in finding.metrics for finding in desk.brief().findings)
    desk.dismiss(KEY, by="Lea")
    assert not any(KEY in finding.metrics for finding in desk.brief().findings)
    desk.tell_again(KEY)
    assert any(KEY in finding.metrics for finding in desk.brief().findings)


def test_the_command_line_dismisses_lists_and_undoes(desk: Desk) -> None:
    words = desk.verdicts([KEY])[KEY].words
    assert words in run(desk, "scorecard")
    assert re.search(
        r"dismissed by \S.* on \d+ \w+ 20\d\d: known",
        run(desk, "dismiss", KEY, "--reason", "known"),
    )
    said = run(desk, "scorecard")
    assert words not in said and "dismissed" in said and "First response time: dismissed by" in said
    assert "First response time: dismissed by" in run(desk, "brief")
    assert "dismissed by" in run(desk, "explain", KEY)
    listed = json.loads(
        CliRunner()
        .invoke(commands, ["dismiss", "--list", "--format", "json", "--desk", str(desk.path)])
        .stdout
    )
    assert [(each["subject"], each["where"], each["reason"]) for each in listed] == [
        (KEY, "", "known")
    ]
    assert "told again" in run(desk, "dismiss", KEY, "--undo")
    assert words in run(desk, "scorecard")
    assert "nothing is dismissed" in run(desk, "dismiss", "--list")
    assert "is not dismissed for everything" in run(desk, "dismiss", KEY, "--undo")
    for wrong in (["dismiss"], ["dismiss", KEY, "--list"]):
        assert "name what to dismiss" in run(desk, *wrong)


def test_a_dismissal_holds_for_its_filter_and_policy_alone(desk: Desk) -> None:
    narrow = "channel = 'email'"
    found = desk.dismiss(KEY, by="Lea", where=f"({narrow})")
    assert found.where == narrow
    assert desk.verdicts([KEY])[KEY].dismissed is None
    # Whoever sees the same rows looks at the same verdict: by a filter, however written, or by a
    # policy.
    assert desk.verdicts([KEY], where="channel in ('email', 'email')")[KEY].dismissed == found
    lead = Policy("lead of the mail team", OneOf("channel", ("email",)))
    assert desk.as_seen_by(lead).verdicts([KEY])[KEY].dismissed == found
    assert desk.as_seen_by(lead).dismissed() == (found,)
    # A lead of another team neither has it nor hears of it; and who sees a part of the columns only
    # is told everything.
    other = Policy("lead of the chat team", OneOf("channel", ("chat",)))
    assert desk.as_seen_by(other).dismissed() == ()
    outside = Policy("viewer", Compare("channel", "=", "email"), frozenset({"channel"}))
    assert desk.as_seen_by(outside).verdicts([KEY])[KEY].dismissed is None
    assert desk.as_seen_by(outside).dismissed() == ()
    with pytest.raises(NotPermittedError, match="support team"):
        desk.as_seen_by(outside).dismiss(KEY, by="vic")
    with pytest.raises(
        NotFoundError, match="not dismissed for everything; it is: channel = 'email'"
    ):
        desk.tell_again(KEY)
    assert desk.as_seen_by(lead).tell_again(KEY) == (found,)


def test_only_what_is_told_can_be_dismissed(desk: Desk) -> None:
    with pytest.raises(UsageError, match="nothing to dismiss: First response time: steady since"):
        desk.dismiss(KEY, by="Lea", end=end_of(18))
    with pytest.raises(UsageError, match="cannot be measured here"):
        desk.dismiss("csat", by="Lea")
    with pytest.raises(NotFoundError, match="unknown metric"):
        desk.dismiss("nothing", by="Lea")
    with pytest.raises(UsageError, match="“A surge of contacts” is not found"):
        desk.dismiss("surge", by="Lea")
    with pytest.raises(UsageError, match="200 are enough"):
        desk.dismiss(KEY, by="Lea", reason="x" * 201)
    read = desk.verdicts([KEY], end=end_of(26))[KEY].identity
    with pytest.raises(ConflictError, match="changed meanwhile"):
        desk.dismiss(KEY, by="Lea", identity=read)
    assert not (desk.path / FILE).exists()


def test_standing_findings_can_be_dismissed_too(
    sample_desk: Desk, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(
        Folder, "dismissals", Dismissals(tmp_path)
    )  # the sample desk is everybody's
    standing = next(finding for finding in sample_desk.brief().findings if finding.is_standing)
    assert f"helmdesk dismiss {standing.key}" in run(sample_desk, "brief")
    sample_desk.dismiss(standing.key, by="Lea", reason="planned")
    brief = sample_desk.brief()
    assert standing.key not in {finding.key for finding in (*brief.findings, *brief.more)}
    assert [(each.name, each.metric) for each in brief.dismissed] == [
        (standing.title, standing.metrics[0])
    ]
    # The same finding in another segment is another fact.
    elsewhere = next(iter(sample_desk.folder.dismissals.all())).identity + " and more"
    assert elsewhere != standing.identity
    sample_desk.tell_again(standing.key)
    assert standing.key in {finding.key for finding in sample_desk.brief().findings}


def test_findings_and_metrics_have_names_of_their_own() -> None:
    assert not set(load_patterns()) & set(load_catalogue())


def test_a_backup_holds_it_an_erasure_cleans_it_an_emptied_desk_forgets_it(tmp_path: Path) -> None:
    desk = weekly_desk(tmp_path, [30] * 20 + [90] * 6)
    load_events(desk, ticket("T", "2025-06-03T09:00:00Z", customer_id="canary77"))
    desk.dismiss(KEY, by="Lea", reason="canary77 wrote each day, canary778 did not")
    back_up(desk, tmp_path / "desk.tar")
    restore(tmp_path / "desk.tar", tmp_path / "again")
    assert Desk(tmp_path / "again").dismissed() == desk.dismissed()
    erase(desk, ["canary77"])
    assert [each.reason for each in desk.dismissed()] == [
        "[erased] wrote each day, canary778 did not"
    ]
    desk.empty()
    assert desk.dismissed() == ()


@pytest.mark.parametrize(
    "text", ["{", '[{"subject": "csat"}]', '["csat"]', '[{"at": "yesterday"}]', "7"]
)
def test_a_damaged_file_is_an_error_that_says_what_to_do(desk: Desk, text: str) -> None:
    (desk.path / FILE).write_text(text)
    with pytest.raises(
        InputError,
        match=(
            r"dismissals\.json: not a list of dismissals, each with subject, where.*; mend it, or"
            r" delete it"
        ),
    ):
        desk.verdicts([KEY])


names = st.sampled_from(["channel", "team", "custom.plan type", "custom.order"])
values = st.one_of(st.integers(-9, 9), st.sampled_from(["email", "it's", "a b", ""]))
leaves = st.one_of(
    st.builds(Compare, names, st.sampled_from(["=", "<>", "<", ">="]), values),
    st.builds(OneOf, names, st.lists(values, min_size=1, max_size=3).map(tuple)),
    st.builds(IsNull, names),
)
filters = st.recursive(
    leaves,
    lambda inner: st.one_of(
        st.builds(Not, inner),
        st.builds(All, st.lists(inner, min_size=1, max_size=3).map(tuple)),
        st.builds(AnyOf, st.lists(inner, min_size=1, max_size=3).map(tuple)),
    ),
    max_leaves=6,
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(condition=filters)
def test_a_simplified_filter_is_read_back_as_itself(condition: Filter) -> None:
    simple = simplified(condition)
    assert simplified(simple) == simple
    assert simplified(parse_filter(to_text(simple))) == simple
    assert simplified(All((condition, condition))) == simple
    assert simplified(parse_filter(to_text(condition))) == simple


@pytest.mark.parametrize(
    ("where", "predicate", "scope"),
    [
        (None, None, ""),
        ("b = 1 and a = 'x'", None, "a = 'x' and b = 1"),
        ("(a = 'x')", OneOf("b", (1,)), "a = 'x' and b = 1"),
        ("a = 'x' or b = 1", Compare("c", "=", 2), "(a = 'x' or b = 1) and c = 2"),
        ("a in ('y', 'x', 'y')", None, "a in ('x', 'y')"),
    ],
)
def test_one_scope_has_one_spelling(where: str | None, predicate: Any, scope: str) -> None:
    request = Request(
        "", where=parse_filter(where) if where else None, policy=Policy("who", predicate)
    )
    assert scope_of(request) == scope


def test_dismissals_written_at_once_are_all_kept(tmp_path: Path) -> None:
    def add(number: int) -> None:
        Dismissals(tmp_path).add(
            Dismissal(KEY, "", f"{KEY}:new:{number}", "Lea", datetime(2026, 1, 5, tzinfo=UTC))
        )

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(add, range(16)))
    assert {each.identity for each in Dismissals(tmp_path).all()} == {
        f"{KEY}:new:{number}" for number in range(16)
    }
    add(3)
    assert len(Dismissals(tmp_path).all()) == 16
