"""Open work as it stands: how old, how severe, whose; counted from the very rows of the backlog."""

from __future__ import annotations

from dataclasses import dataclass, replace

from helmdesk.query.policy import Policy
from helmdesk.query.reader import Reader
from helmdesk.query.request import Request

AGE_BANDS = (
    ("under 4 h", 4),
    ("4 to 24 h", 24),
    ("1 to 3 days", 72),
    ("3 to 7 days", 168),
    ("7 to 30 days", 720),
)
OLDEST = "over 30 days"


@dataclass(frozen=True)
class OpenWork:
    """Open tickets at the end of the data.

    Attributes:
        total: all of them; the backlog.
        bands: ages, youngest first.
        cells: (priority, counts in the order of bands); rows without a priority are a visible
        segment. unassigned: tickets without an agent. aged: tickets open for more than seven days.
    """

    total: int
    bands: tuple[str, ...]
    cells: tuple[tuple[str | None, tuple[int, ...]], ...]
    unassigned: int
    aged: int


def open_work(reader: Reader, request: Request) -> OpenWork:
    """Count the rows of the backlog by age and priority.

    Args:
        request: filter and policy.
    """
    answer = reader.answer(replace(request, key="backlog"))
    names = (*(name for name, _ in AGE_BANDS), OLDEST)
    if not answer.measurements[0].n:
        return OpenWork(0, names, (), 0, 0)
    # What the policy does not show is in no list, but may be counted.
    rows = replace(answer.request, policy=Policy("counting", answer.request.policy.predicate))
    sql = reader.answer(rows).drill_sql
    at = f"timestamp '{reader.bounds.as_of}'"
    cases = " ".join(
        f"when created_at > {at} - interval {hours} hour then {place}"
        for place, (_, hours) in enumerate(AGE_BANDS)
    )
    band = f"case {cases} else {len(AGE_BANDS)} end"
    # The drill-down is in the engine's own SQL already.
    found = reader.engine.run(
        f"select priority, {band} as band, count(*), count_if(agent is null) from ({sql}) q group"
        " by priority, band"
    )
    cells: dict[str | None, list[int]] = {}
    for priority, place, count, _ in found:
        cells.setdefault(priority, [0] * len(names))[place] += count
    rank = {
        name: place
        for place, name in enumerate(("urgent", "critical", "high", "normal", "medium", "low"))
    }
    order = sorted(
        cells, key=lambda name: (name is None, rank.get(str(name).lower(), 9), str(name))
    )
    aged = sum(count for _, place, count, _ in found if place >= 4)
    return OpenWork(
        sum(row[2] for row in found),
        names,
        tuple((name, tuple(cells[name])) for name in order),
        sum(row[3] for row in found),
        aged,
    )
