"""All patterns looked for in one week, and which of those found could be chance among so many.

The brief and explanations tell what `look_for_patterns` finds; neither looks for a pattern alone,
where what is chance in one of thirty looks would pass for a finding.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from helmdesk.errors import NotFoundError, NotPermittedError
from helmdesk.insight.context import Annotation, context
from helmdesk.insight.finding import ByTest, Finding
from helmdesk.insight.pattern import Entry, Found, Missing, Quiet, Verdict, load_patterns
from helmdesk.insight.study import Study
from helmdesk.statistics.discovery import discoveries

CHANCE = "it could be chance among all that was looked for"


@dataclass(frozen=True)
class Patterns:
    """What a search over all patterns found.

    Attributes:
        findings: those that are there and are told.
        quiet: (key, why) of those that are not there, or could be chance.
        lacking: (key, data) of those that could not be looked for.
    """

    findings: tuple[Finding, ...]
    quiet: tuple[tuple[str, str], ...]
    lacking: tuple[tuple[str, str], ...]

    @property
    def checked(self) -> tuple[tuple[str, str], ...]:
        """(title, why) of those that are not there, or could be chance."""
        return tuple((load_patterns()[key].pattern.title, why) for key, why in self.quiet)

    @property
    def missing(self) -> tuple[tuple[str, str], ...]:
        """(title, data) of those that could not be looked for."""
        return tuple((load_patterns()[key].pattern.title, what) for key, what in self.lacking)

    def of(self, key: str) -> Patterns:
        """Return those that speak of a metric, the weightiest first."""
        own = {name for name, entry in load_patterns().items() if entry.speaks_of(key)}
        return Patterns(
            tuple(sorted((each for each in self.findings if each.key in own), key=_order)),
            tuple(each for each in self.quiet if each[0] in own),
            tuple(each for each in self.lacking if each[0] in own),
        )


def _order(finding: Finding) -> tuple[int, bool, float]:
    return finding.order


def look_for_patterns(study: Study, others: Sequence[Annotation] = ()) -> Patterns:
    """Look for every pattern in the week that ends at the study's end.

    Args:
        others: annotations written on the site.
    """
    seen = {key: _look(entry, study) for key, entry in load_patterns().items()}
    found = {key: verdict for key, verdict in seen.items() if isinstance(verdict, Found)}
    tested = sum(
        isinstance(verdict, Quiet) and load_patterns()[key].pattern.rule is None
        for key, verdict in seen.items()
    )
    by_chance = dict(zip(found, could_be_chance(list(found.values()), tested), strict=True))
    return Patterns(
        tuple(
            _finding(study, load_patterns()[key], verdict, others)
            for key, verdict in found.items()
            if not by_chance[key]
        ),
        tuple(
            (key, verdict.why if isinstance(verdict, Quiet) else CHANCE)
            for key, verdict in seen.items()
            if isinstance(verdict, Quiet) or by_chance.get(key)
        ),
        tuple((key, verdict.what) for key, verdict in seen.items() if isinstance(verdict, Missing)),
    )


def _look(entry: Entry, study: Study) -> Verdict:
    try:
        return entry.pattern.look(study)
    except (NotFoundError, NotPermittedError) as error:
        return Missing(error.what)


def _finding(study: Study, entry: Entry, found: Found, others: Sequence[Annotation]) -> Finding:
    entries = [study.find(metric) for metric in entry.pattern.needs]
    is_change = entry.pattern.kind == "change"
    return entry.finding(
        study, found, context(study, found.now, entries, others) if is_change else ()
    )


def could_be_chance(found: Sequence[Found], quiet: int) -> list[bool]:
    """Return which of the found could be chance: one in ten of the tested that are told may be.
    Rules are not tested.

    Args:
        quiet: patterns that were tested for and are not there; they count too.
    """
    tested = [each.basis.p for each in found if isinstance(each.basis, ByTest)]
    kept = iter(discoveries([*tested, *[1.0] * quiet]))
    return [isinstance(each.basis, ByTest) and not next(kept) for each in found]
