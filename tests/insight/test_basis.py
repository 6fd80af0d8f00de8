"""What a finding rests on: a test with a p-value of its own data, or a rule that says so; the two
are never mixed.
"""

from __future__ import annotations

import ast
import importlib
import inspect
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

import pytest

from helmdesk.insight.finding import ByCourse, ByRule, ByTest, Finding
from helmdesk.insight.pattern import Entry, Found, load_patterns
from helmdesk.insight.patterns import esat_first, missed_at_breaks
from helmdesk.insight.search import could_be_chance
from helmdesk.insight.study import Span
from helmdesk.statistics.discovery import adjusted

DAY = date(2026, 1, 5)
SPAN = Span(datetime(2026, 1, 5), datetime(2026, 1, 12))
RULE = ByRule("it meets a rule")


def finding(kind: str, basis: Any, affected: float) -> Finding:
    return Finding("x", kind, "x", "x", "none", ("csat",), DAY, DAY, basis, affected=affected)  # type: ignore[arg-type]


def found(basis: Any) -> Found:
    return Found("seen", SPAN, SPAN, basis)


@pytest.mark.parametrize("entry", load_patterns().values(), ids=list(load_patterns()))
def test_no_pattern_makes_up_a_p_value_or_how_many_are_affected(entry: Entry) -> None:
    """`ByTest` is never given a number that stands in the code, and neither is `affected`."""
    tree = ast.parse(
        inspect.getsource(importlib.import_module(f"helmdesk.insight.patterns.{entry.key}"))
    )
    for call in [node for node in ast.walk(tree) if isinstance(node, ast.Call)]:
        name = getattr(call.func, "id", "")
        given = [
            *(call.args if name == "ByTest" else ()),
            *(word.value for word in call.keywords if word.arg in ("p", "affected")),
        ]
        literal = [
            ast.unparse(each)
            for each in given
            if not any(isinstance(part, ast.Name) for part in ast.walk(each))
        ]
        assert not literal, f"{entry.key}: {name}({', '.join(literal)})"
        # A literal among those that are compared is no test either: max(p, 0.001), 0.001 if … else
        # p.
        if name == "ByTest":
            places = {
                id(part.slice)
                for each in given
                for part in ast.walk(each)
                if isinstance(part, ast.Subscript)
            }
            numbers = {
                part.value
                for each in given
                for part in ast.walk(each)
                if isinstance(part, ast.Constant) and id(part) not in places
            }
            assert numbers <= {1.0}, f"{entry.key}: {ast.unparse(call)}"


def test_which_patterns_go_by_a_rule_is_said_by_each() -> None:
    rules = {
        key: entry.pattern.rule.statement
        for key, entry in load_patterns().items()
        if entry.pattern.rule is not None
    }
    assert set(rules) == {"ageing_backlog", "channel_costs", "closed_days", "flow_does_not_add_up"}
    assert all(len(statement) > 40 for statement in rules.values())


def test_a_pattern_that_says_one_thing_and_finds_by_another_is_a_mistake() -> None:
    class Study:
        def lacks(self, *_keys: str) -> str:
            return ""

    pattern = next(iter(load_patterns().values())).pattern
    for rule, basis in ((None, RULE), (RULE, ByTest(0.001))):
        odd = replace(pattern, rule=rule, check=lambda _study, basis=basis: found(basis))
        with pytest.raises(TypeError, match="says that it goes by"):
            odd.look(Study())  # type: ignore[arg-type]


@pytest.mark.parametrize("p", [-0.1, 1.1, float("nan")])
def test_a_p_value_is_a_probability(p: float) -> None:
    with pytest.raises(ValueError, match="no probability"):
        ByTest(p)


def test_rules_take_no_part_in_false_discovery_control() -> None:
    weak, strong = found(ByTest(0.02)), found(ByTest(0.0001))
    # Alone among thirty, .02 could be chance. Five invented .0005 beside it would have carried it
    # over the bar.
    assert could_be_chance([weak], 29) == [True]
    assert could_be_chance([weak, *[found(RULE)] * 5], 24) == [True, *[False] * 5]
    assert could_be_chance([strong, weak], 28) == [False, True]
    assert could_be_chance([weak, *[strong] * 5], 24) == [False] * 6
    assert could_be_chance([found(RULE)], 500) == [False], "a rule is not tested"
    assert could_be_chance([], 0) == []


def test_findings_are_told_in_order_of_consequence_with_rules_after_what_was_tested() -> None:
    given = [
        finding("standing", RULE, 900.0),
        finding("standing", ByTest(0.001), 1.0),
        finding("change", RULE, 800.0),
        finding("change", ByTest(0.01), 2.0),
        finding("unexplained", ByCourse(), 3.0),
        finding("data", RULE, 0.5),
        finding("change", ByTest(0.02), 4.0),
    ]
    told = [(each.kind, each.affected) for each in sorted(given, key=lambda each: each.order)]
    assert told == [
        ("data", 0.5),
        ("change", 4.0),
        ("unexplained", 3.0),
        ("change", 2.0),
        ("change", 800.0),
        ("standing", 1.0),
        ("standing", 900.0),
    ]


def test_a_finding_says_what_it_rests_on() -> None:
    assert finding("change", ByTest(0.01), 1).as_dict()["basis"] == {"kind": "test", "p": 0.01}
    assert finding("change", RULE, 1).as_dict()["basis"] == {
        "kind": "rule",
        "rule": "it meets a rule",
    }
    assert finding("unexplained", ByCourse(), 1).as_dict()["basis"] == {"kind": "course"}
    assert (finding("change", RULE, 1).rule, finding("change", ByTest(0.01), 1).rule) == (
        "it meets a rule",
        "",
    )


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ([], []),
        ([0.04], [0.04]),
        ([0.01, 0.04], [0.02, 0.04]),
        ([0.04, 0.01], [0.04, 0.02]),
        ([0.01, 0.01, 0.01, 0.01], [0.04] * 4),
        ([0.6, 0.5, 0.9], [1.0, 1.0, 1.0]),
        ([0.001, 0.9], [0.002, 0.9]),
        ([0.03, 0.02], [0.04, 0.04]),
    ],
)
def test_several_tests_of_one_pattern_are_corrected(
    given: list[float], expected: list[float]
) -> None:
    assert adjusted(given) == pytest.approx(expected)


class Answers:
    """A study in which employees answered so many times, favourably by so much, over spans of two
    and of three months.
    """

    def __init__(self, shares: dict[float, tuple[float, float]], n: int) -> None:
        self.shares, self.n = shares, n

    def form(self, _key: str) -> str:
        return "esat"

    def lacks(self, *_keys: str) -> str:
        return "not recorded"

    def last(self, weeks: int) -> Span:
        end = datetime(2026, 1, 5)
        return Span(datetime.fromordinal(end.toordinal() - 7 * weeks), end)

    def before(self, span: Span, weeks: int) -> Span:
        return Span(datetime.fromordinal(span.start.toordinal() - 7 * weeks), span.start)

    def measure(self, _form: Any, span: Span, _where: Any = None) -> Any:
        is_now = span.end == datetime(2026, 1, 5)
        months = (
            2 if (datetime(2026, 1, 5) - (span.start if is_now else span.end)).days == 63 else 3
        )

        class Row:
            value, n = self.shares[months][is_now], self.n

        return Row


@pytest.mark.parametrize(
    ("fall", "is_found"), [(0.20, True), (0.19, False), (0.18, False), (0.10, False)]
)
def test_of_two_stretches_of_employee_answers_the_clearer_counts_as_one_of_two(
    fall: float, is_found: bool
) -> None:
    """A fall of 18 points is .0041 by itself, under the bar of .005; as one of two that were asked
    it is not.
    """
    study = Answers({2: (0.75, 0.75 - fall), 3: (0.75, 0.75)}, 97)
    verdict = esat_first.check(study)  # type: ignore[arg-type]
    assert isinstance(verdict, Found) is is_found
    if isinstance(verdict, Found):
        assert verdict.affected == pytest.approx(97 / 9 * fall), (
            "answers a week, and not a number that somebody liked"
        )


def test_missed_at_breaks_counts_every_team_and_channel_that_it_asks() -> None:
    import numpy as np

    class Table:
        def __init__(
            self, groups: list[tuple[Any, ...]], top: list[float], base: list[float]
        ) -> None:
            self.groups, self.top, self.base = tuple(groups), np.array(top), np.array(base)

        @property
        def values(self) -> np.ndarray:
            return np.asarray(self.top / self.base)

    class Study:
        def __init__(self, teams: list[str | None]) -> None:
            self.teams = teams
            self.reader = type(
                "R", (), {"bounds": type("B", (), {"record_types": {"shift_planned"}})}
            )

        def last(self, _weeks: int) -> Span:
            return SPAN

        def cut(self, *_given: Any, **_changes: Any) -> str:
            return "meals"

        def form(self, key: str) -> str:
            return key

        def table(self, form: Any, _span: Span, by: Any) -> Table:
            if "queue" in by:
                return Table([], [], [])
            if form == "meals":
                return Table(
                    [(team, hour) for team in self.teams for hour in (12, 13, 14)],
                    [1.0, 0.0, 0.0] * len(self.teams),
                    [1.0] * 3 * len(self.teams),
                )
            groups = [("chat", team, hour) for team in self.teams for hour in (12, 13)]
            # The first team misses 14 of 40 at noon and 6 of 60 after it; the others miss alike.
            return Table(
                groups,
                [14.0, 6.0, *[8.0, 12.0] * (len(self.teams) - 1)],
                [40.0, 60.0] * len(self.teams),
            )

    from scipy.stats import fisher_exact

    single = float(fisher_exact([[14, 26], [6, 54]], alternative="greater").pvalue)
    assert 0.001 < 2 * single < 0.01, "two stretches are asked"
    assert not isinstance(missed_at_breaks.check(Study(["O'Neil"])), Found)  # type: ignore[arg-type]
    missed_at_breaks_certain = missed_at_breaks.CERTAIN
    try:
        missed_at_breaks.CERTAIN = 0.01
        one = missed_at_breaks.check(Study([None]))  # type: ignore[arg-type]
        assert isinstance(one, Found)
        assert isinstance(one.basis, ByTest)
        assert one.basis.p == pytest.approx(2 * single)
        assert not isinstance(missed_at_breaks.check(Study([None, "a", "b", "c", "d", "e"])), Found)  # type: ignore[arg-type]
    finally:
        missed_at_breaks.CERTAIN = missed_at_breaks_certain


class OneLine:
    """A telephone line of one team whose lost calls were nobody's; from 17:00 on more are late."""

    def __init__(self, lost: float) -> None:
        self.lost = lost

    def form(self, key: str) -> str:
        return key

    def lacks(self, *_keys: str) -> str:
        return "answers"

    def table(self, _form: Any, span: Span, by: tuple[str, ...]) -> Any:
        import numpy as np

        from helmdesk.insight.study import Table

        if by == ("queue", "team"):
            groups: tuple[tuple[Any, ...], ...] = (("Calls", "A"), ("Calls", "B"))
            n = np.array([900.0, 50.0])
            if self.lost:
                groups, n = (*groups, ("Calls", None)), np.array([*n, self.lost])
            return Table(groups, n, n, n, n)
        assert by == (("queue" if self.lost else "team"), "hour")
        hours = range(9, 20)
        name = "Calls" if self.lost else "A"
        base = np.array([240.0 if hour >= 17 else 120.0 for hour in hours])
        late = [0.6 if hour >= 17 and span.start == SPAN.start else 0.9 for hour in hours]
        top = base * np.array(late)
        return Table(tuple((name, hour) for hour in hours), top, base, top, base)


@pytest.mark.parametrize("lost", [0.0, 100.0])
def test_busy_hours_are_told_by_queue_where_lost_calls_are_nobodys(
    lost: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And the what-if that tries the cure is about the team that answers most of the queue."""
    from helmdesk.insight.patterns import peak_hours
    from helmdesk.plan.simulation.scenario import scenario_of
    from helmdesk.query.filters import to_text

    before = replace(SPAN, start=SPAN.start - timedelta(days=56), end=SPAN.start)
    monkeypatch.setattr(peak_hours, "windows", lambda _study, _form: (SPAN, before))
    monkeypatch.setattr(peak_hours, "has_past", lambda _before: True)
    found = peak_hours.check(OneLine(lost))  # type: ignore[arg-type]
    assert isinstance(found, Found)
    who = "queue = 'Calls'" if lost else "team = 'A'"
    assert to_text(found.where) == f"{who} and hour in (17, 18, 19)"
    assert found.scenario == {"team": "A", "later": "2", "begin": "11:30"}
    assert not scenario_of(found.scenario).is_nothing
