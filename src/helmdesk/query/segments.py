"""What filters can offer: the values that dimensions take among the tickets a reader may see."""

from __future__ import annotations

from sqlglot import exp

from helmdesk.facts.build.fact import load_facts
from helmdesk.query.dimensions import conditions, dimensions_of
from helmdesk.query.reader import Reader
from helmdesk.query.request import Request

OFFERED = ("channel", "team", "priority", "issue_type", "tier", "region", "account")


def segments(reader: Reader, request: Request) -> dict[str, list[str]]:
    """Return the values of each offered dimension, sorted; dimensions without any are left out."""
    known = dimensions_of(load_facts()["tickets"], "created_at", request, reader.bounds)
    found = {}
    for name in OFFERED:
        if not request.policy.may_see(name):
            continue
        query = (
            exp.select(known[name][1].copy().as_("value"))
            .distinct()
            .from_("tickets")
            .where(exp.column("is_counted"))
        )
        for condition in conditions(request, known):
            query = query.where(condition)
        values = [
            str(value)
            for (value,) in reader.engine.run(reader.engine.runnable(query))
            if value is not None
        ]
        if values:
            found[name] = sorted(values)
    return found
