"""Waits grew only in the busy hours: there are enough people over the day, and not where the day
needs them.

Outside those hours nothing changed, so neither the people nor the tools are slower. Shifts moved to
the peak, or more people in it, would close the gap.
"""

import numpy as np

from helmdesk.insight.checks import has_past, per_week, takers_of, windows
from helmdesk.insight.finding import ByTest, Test
from helmdesk.insight.location import plain
from helmdesk.insight.pattern import Found, Pattern, Quiet, Verdict
from helmdesk.insight.study import Study
from helmdesk.query.filters import All, Any, Filter, OneOf, is_value
from helmdesk.query.words import show_change, show_share, show_size

LEAST_DROP, LEAST_CASES = 0.10, 8
# A usual shift with its meal; busy hours that end before this hour cannot be met by later shifts.
SHIFT_MINUTES, LATE = 510, 18


def check(study: Study) -> Verdict:
    """Service level by team and local hour, now against before: does it fall in some hours and hold
    in others?
    """
    from scipy.special import chdtrc

    form = study.form("service_level")
    now, before = windows(study, form)
    if not has_past(before):
        return Quiet("fewer than four weeks to compare with")
    takers = takers_of(study, form, now)
    by = (takers.kind, "hour")
    tables = study.table(form, before, by), study.table(form, now, by)
    earlier = {group: row for row, group in enumerate(tables[0].groups)}
    cells = [
        (group, row, earlier[group])
        for row, group in enumerate(tables[1].groups)
        if group in earlier
        and min(tables[1].base[row], tables[0].base[earlier[group]]) >= LEAST_CASES
    ]
    if len(cells) < 6:
        return Quiet("too few contacts an hour to compare hours")
    rows, old = [row for _, row, _ in cells], [row for _, _, row in cells]
    shares = [
        (table.top[place] + 1) / (table.base[place] + 2)
        for table, place in ((tables[0], old), (tables[1], rows))
    ]
    drop = shares[0] - shares[1]
    variance = (
        shares[0] * (1 - shares[0]) / tables[0].base[old]
        + shares[1] * (1 - shares[1]) / tables[1].base[rows]
    )
    mean = float((drop / variance).sum() / (1 / variance).sum())
    if mean < 0.02:
        return Quiet("service level did not fall")
    p = float(chdtrc(len(cells) - 1, ((drop - mean) ** 2 / variance).sum()))
    # Hours are told apart at the middle between the steadiest and the worst fifth.
    middle = (np.quantile(drop, 0.1) + np.quantile(drop, 0.9)) / 2
    is_hit = drop > max(middle, LEAST_DROP / 2)
    contacts = tables[1].base[rows]
    if is_hit.all() or not is_hit.any():
        return Quiet(
            "all hours moved alike",
            (Test("hours differ", False, f"all hours moved alike (p {p:.3f})"),),
        )
    hit, rest = (
        float((drop * contacts)[part].sum() / contacts[part].sum()) for part in (is_hit, ~is_hit)
    )
    tests = (
        Test(
            "hours differ",
            p < 0.001,
            f"service level fell by {show_size(hit, 'share')} in some hours and moved by"
            f" {show_change(-rest, 'share')} in the others",
        ),
        Test(
            "the others hold",
            hit >= LEAST_DROP and abs(rest) < hit / 3,
            f"outside them it moved by {show_change(-rest, 'share')}",
        ),
        Test(
            "they are the busy hours",
            contacts[is_hit].mean() > contacts[~is_hit].mean(),
            f"{contacts[is_hit].mean() / max(now.days / 7, 1):.0f} contacts a week and hour against"
            f" {contacts[~is_hit].mean() / max(now.days / 7, 1):.0f}",
        ),
    )
    if not all(test.is_passed for test in tests):
        return Quiet(next(test.words for test in tests if not test.is_passed), tests)
    spoken: list[str] = []
    filters: list[Filter] = []
    scenario: dict[str, str] = {}
    most = 0.0
    for who in dict.fromkeys(group[0] for (group, _, _) in cells):
        hours = sorted(
            int(group[1])
            for (group, _, _), hit_ in zip(cells, is_hit, strict=True)
            if hit_ and group[0] == who
        )
        if hours:
            spoken.append(f"{plain(((takers.kind, who),))} {_ranges(hours)}")
            filters.append(All((is_value(takers.kind, who), OneOf("hour", tuple(hours)))))
            late = sum(
                float(number)
                for ((name, _), _, _), hit_, number in zip(cells, is_hit, contacts, strict=True)
                if hit_ and name == who
            )
            team = takers.team_of(who)
            if late > most and team is not None:
                scenario, most = _moved_shifts(str(team), hours), late
    csat = (
        [study.measure(study.form("csat"), span).value for span in (before, now)]
        if not study.lacks("csat")
        else [None, None]
    )
    felt = (
        f" Satisfaction went from {show_share(csat[0])} to {show_share(csat[1])} in the same weeks."
        if csat[0] is not None and csat[1] is not None
        else ""
    )
    text = (
        f"Service level fell by {show_size(hit, 'share')} in busy hours ({'; '.join(spoken)}) and"
        f" moved by {show_change(-rest, 'share')} in the others.{felt}"
    )
    return Found(
        text,
        now,
        before,
        ByTest(p),
        filters[0] if len(filters) == 1 else Any(tuple(filters)),
        per_week(float(contacts[is_hit].sum()), now) * hit,
        tests,
        scenario=scenario,
    )


def _moved_shifts(team: str, hours: list[int]) -> dict[str, str]:
    """Return the what-if that lets two shifts a day end with the busy hours; where those are over
    too early for that, one person more in them.
    """
    first, end = hours[0], hours[-1] + 1
    if end < LATE:
        return {"team": team, "more": "1", "hours": f"{first}:00-{end}:00"}
    begin = end * 60 - SHIFT_MINUTES
    return {"team": team, "later": "2", "begin": f"{begin // 60}:{begin % 60:02d}"}


def _ranges(hours: list[int]) -> str:
    parts, start = [], hours[0]
    for place, hour in enumerate(hours):
        if place + 1 == len(hours) or hours[place + 1] != hour + 1:
            parts.append(f"{start:02d}:00–{hour + 1:02d}:00")
            start = hours[place + 1] if place + 1 < len(hours) else hour
    return ", ".join(parts)


pattern = Pattern(
    title="Waits only in the busy hours",
    needs=("service_level", "average_speed_of_answer"),
    lever="staffing",
    act="Move shifts to the busy hours: there are enough people over the day.",
    alternatives=("more urgent work arrives in those hours", "a tool is slow when many use it"),
    if_wrong="shifts moved for nothing, and thinner mornings and evenings",
    review=(
        "service_level",
        4,
        "service level in those hours stays down after shifts are moved to them",
    ),
    explains=("service_level", "average_speed_of_answer", "missed_contact_rate", "csat", "nps"),
    check=check,
)
