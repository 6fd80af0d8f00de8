"""A guard pattern: what it is, what it points to, and how it is told from its look-alikes."""

from __future__ import annotations

import functools
import importlib
import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Literal

from helmdesk.errors import NotFoundError
from helmdesk.insight.finding import ByRule, ByTest, Evidence, Finding, Lever, Test, review_in
from helmdesk.insight.form import Form
from helmdesk.insight.study import Span, Study
from helmdesk.modules import module_names
from helmdesk.query.filters import Filter


@dataclass(frozen=True)
class Found:
    """The pattern is there.

    Attributes:
        text: what was seen, with numbers; the pattern's own words follow.
        now, before: the stretches compared.
        basis: what it rests on; a test's takes part in false-discovery control over all patterns.
        where: the segment; None for the whole desk.
        affected: cases a week, an estimate.
        tests: what was checked.
        act: what to do here, where the data say more than the pattern alone; empty takes its own.
        scenario: levers of a what-if that tries it, as its address says them; empty for none.
    """

    text: str
    now: Span
    before: Span
    basis: ByTest | ByRule
    where: Filter | None = None
    affected: float = 0.0
    tests: tuple[Test, ...] = ()
    act: str = ""
    scenario: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Quiet:
    """The pattern was looked for and is not there."""

    why: str
    tests: tuple[Test, ...] = ()


@dataclass(frozen=True)
class Missing:
    """The pattern cannot be looked for: says which data are missing."""

    what: str


Verdict = Found | Quiet | Missing


@dataclass(frozen=True, kw_only=True)
class Pattern:
    """One pattern; its module's docstring is what the leader reads.

    Attributes:
        title: one line that names it.
        needs: metrics without which it cannot be looked for.
        lever: what it points to.
        act: what to do, as one sentence to a head of support.
        alternatives: what looks the same and is not excluded.
        if_wrong: what acting on it costs when it is wrong.
        review: metric, weeks, and what would prove the lever wrong.
        kind: change: something moved; standing: something lies there.
        check: looks for it.
        rule: what it goes by where it tests nothing for chance; None for patterns that test.
        explains: further metrics whose movement needs no other explanation once the pattern is
        found.
    """

    title: str
    needs: tuple[str, ...]
    lever: Lever
    act: str
    alternatives: tuple[str, ...]
    if_wrong: str
    review: tuple[str, int, str]
    check: Callable[[Study], Verdict]
    kind: Literal["change", "standing"] = "change"
    explains: tuple[str, ...] = ()
    rule: ByRule | None = None

    def look(self, study: Study) -> Verdict:
        """Look for the pattern, or say what is missing."""
        missing = study.lacks(*self.needs)
        if missing:
            return Missing(missing)
        found = self.check(study)
        if isinstance(found, Found) and isinstance(found.basis, ByRule) != (self.rule is not None):
            raise TypeError(
                f"“{self.title}” says that it goes by {self.rule or 'a test'} and found by"
                f" {found.basis}"
            )
        if isinstance(found, Found) and found.where is not None:
            for form in (study.form(key) for key in self.needs):
                if not _may_tell(study, form, found, found.where):
                    return Quiet("it lies where fewer than five people work: nobody is told of it")
        return found


@dataclass(frozen=True)
class Entry:
    """A pattern with its name and what its docstring says."""

    key: str
    pattern: Pattern
    description: str

    def speaks_of(self, metric: str) -> bool:
        """Whether it is made of a metric, or explains its movement."""
        return metric in (*self.pattern.needs, *self.pattern.explains)

    def finding(self, study: Study, found: Found, context: tuple[str, ...] = ()) -> Finding:
        """Return what was found as a finding."""
        pattern, start, end = self.pattern, study.day(found.now.start), study.day(found.now.end)
        metric, weeks, words = pattern.review
        meaning = self.description.split("\n\n")[0].replace("\n", " ")
        return Finding(
            self.key,
            pattern.kind,
            pattern.title,
            found.text,
            pattern.lever,
            pattern.needs,
            start,
            end,
            found.basis,
            found.where,
            found.affected,
            found.tests,
            pattern.alternatives,
            pattern.if_wrong,
            review_in(weeks, end, metric, words),
            tuple(
                Evidence(key, study.day(found.before.start), end, found.where)
                for key in pattern.needs
            ),
            context,
            meaning=meaning,
            act=found.act or pattern.act,
            scenario=found.scenario,
        )


def _may_tell(study: Study, form: Form, found: Found, where: Filter) -> bool:
    """Whether a pattern's segment may be told of; where a metric does not know the segment, nothing
    of it is.
    """
    try:
        return study.may_tell(form, (found.before, found.now), where)
    except NotFoundError:
        return True


@functools.cache
def load_patterns() -> Mapping[str, Entry]:
    """Return all patterns by key, found by scanning one folder."""
    found = {}
    for name in module_names("helmdesk.insight.patterns"):
        loaded = importlib.import_module(f"helmdesk.insight.patterns.{name}")
        found[name] = Entry(name, loaded.pattern, inspect.cleandoc(loaded.__doc__ or ""))
    return found
