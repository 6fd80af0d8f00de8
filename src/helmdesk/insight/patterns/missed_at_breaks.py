"""Customers are missed when everybody is at lunch at once: breaks of one team lie on the same
hours.

In the hours around, as many people serve as many customers and few are missed. Staggered breaks
cost nothing.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from helmdesk.catalogue.kinds.sum_ratio import SumRatio
from helmdesk.insight.checks import per_week, takers_of
from helmdesk.insight.finding import ByTest, Test
from helmdesk.insight.form import Form
from helmdesk.insight.pattern import Found, Missing, Pattern, Quiet, Verdict
from helmdesk.insight.study import Span, Study, Table
from helmdesk.query.filters import All, OneOf, is_value
from helmdesk.query.words import show_segment, show_share
from helmdesk.statistics.discovery import adjusted

LEAST_GAP, LEAST_CASES, CERTAIN = 0.05, 25, 0.001
# An hour belongs to a break when this share of the planned time in it is a meal.
BREAK = 0.15


def check(study: Study) -> Verdict:
    """Missed contacts in a team's break hours against its other hours, over eight weeks."""
    if "shift_planned" not in study.reader.bounds.record_types:
        return Missing(
            "breaks need planned shifts ('shift_planned' records), which no source delivered"
        )
    span = study.last(8)
    meals = study.cut(
        "utilization",
        value=SumRatio(
            "case when activity = 'meal' then seconds else 0 end", "seconds", "agent_day"
        ),
        where="activity is not null",
    )
    planned = study.table(meals, span, ("team", "hour"))
    # Half an hour of lunch spread over several hours is still the same lunch: look at the hours
    # with the most of it.
    breaks = {
        group for group, value in zip(planned.groups, planned.values, strict=True) if value >= BREAK
    }
    missed = study.form("missed_contact_rate")
    compared: list[tuple[float, _Side, Span]] = []
    for recent in (study.last(4), span):
        for side in _sides(study, missed, recent, breaks):
            p = side.p
            if p is not None:
                compared.append((p, side, recent))
    # Every channel of every team and queue is asked, over two stretches, and the clearest is told.
    clear = [
        (p, side, recent)
        for p, (_, side, recent) in zip(adjusted([p for p, *_ in compared]), compared, strict=True)
        if p <= CERTAIN and side.inside - side.outside >= LEAST_GAP
    ]
    if not clear:
        return Quiet("as many are missed at breaks as at other hours")
    p, side, recent = min(clear, key=lambda each: each[0])
    words = (
        f"{show_share(side.inside)} of {show_segment(side.channel)} contacts of"
        f" {show_segment(side.who)} are missed in the hours of their breaks"
        f" ({', '.join(f'{hour:02d}:00' for hour in side.hours)}), {show_share(side.outside)} in"
        " the others"
    )
    where = All(
        (
            is_value("channel", side.channel),
            is_value(side.kind, side.who),
            OneOf("hour", side.hours),
        )
    )
    return Found(
        f"{words} ({side.cases:.0f} contacts in break hours).",
        recent,
        recent,
        ByTest(p),
        where,
        per_week(side.cases, recent) * (side.inside - side.outside),
        (Test("more are missed at breaks", True, words),),
        scenario=_spread(str(side.team), side.hours) if side.team else {},
    )


@dataclass(frozen=True)
class _Side:
    """Contacts of one channel that one team takes, in the hours of its breaks and in the others.

    Attributes:
        kind, who: how they are told apart: by team, or by queue.
        missed, cases: in break hours. missed_else, cases_else: in the others.
    """

    channel: Any
    kind: str
    who: Any
    team: Any
    hours: tuple[int, ...]
    missed: float
    cases: float
    missed_else: float
    cases_else: float

    @property
    def inside(self) -> float:
        return self.missed / self.cases

    @property
    def outside(self) -> float:
        return self.missed_else / self.cases_else

    @property
    def p(self) -> float | None:
        """How often chance alone looks like it; None with too few contacts."""
        from scipy.stats import fisher_exact

        if self.cases < LEAST_CASES or self.cases_else < LEAST_CASES:
            return None
        counts = [
            [self.missed, self.cases - self.missed],
            [self.missed_else, self.cases_else - self.missed_else],
        ]
        return float(fisher_exact(counts, alternative="greater").pvalue)


def _sides(study: Study, missed: Form, recent: Span, breaks: set[tuple[Any, ...]]) -> list[_Side]:
    """Return what can be compared: by team; and where nobody's contacts are lost, by queue, beside
    the breaks of the team that answers most of it.
    """
    teams = study.table(missed, recent, ("channel", "team", "hour"))
    found = _compared(teams, "team", breaks, lambda team: team)
    takers = takers_of(study, missed, recent)
    if takers.kind == "queue":
        queues = study.table(missed, recent, ("channel", "queue", "hour"))
        sides = _compared(queues, "queue", breaks, takers.team_of)
        found += [side for side in sides if side.team is not None]
    return found


def _compared(
    table: Table, kind: str, breaks: set[tuple[Any, ...]], team_of: Callable[[Any], Any]
) -> list[_Side]:
    sides = []
    for channel, who in dict.fromkeys(group[:2] for group in table.groups):
        rows = [row for row, group in enumerate(table.groups) if group[:2] == (channel, who)]
        team = team_of(who)
        is_break = np.array([(team, table.groups[row][2]) in breaks for row in rows])
        top, base = table.top[rows], table.base[rows]
        hours = sorted(
            int(table.groups[row][2]) for row, hit in zip(rows, is_break, strict=True) if hit
        )
        sides.append(
            _Side(
                channel,
                kind,
                who,
                team,
                tuple(hours),
                float(top[is_break].sum()),
                float(base[is_break].sum()),
                float(top[~is_break].sum()),
                float(base[~is_break].sum()),
            )
        )
    return sides


def _spread(team: str, hours: tuple[int, ...]) -> dict[str, str]:
    """Return the what-if that spreads the meals from an hour before to an hour after."""
    first, last = max(0, hours[0] - 1), min(24, hours[-1] + 2)
    return {"team": team, "meals": f"{first}:00-{last}:00"}


pattern = Pattern(
    title="Customers are missed at breaks",
    needs=("missed_contact_rate", "utilization"),
    lever="scheduling",
    act="Stagger the breaks of that team: no more than a third of it at one time.",
    alternatives=("customers have their own break then and give up sooner", "a promotion at noon"),
    if_wrong="lunch at unpopular hours",
    review=("missed_contact_rate", 4, "as many are missed at noon after breaks are staggered"),
    explains=("missed_contact_rate",),
    check=check,
    kind="standing",
)
