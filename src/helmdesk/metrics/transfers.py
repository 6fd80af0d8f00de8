"""How often a ticket changes hands until it ends, however it ends.

One hand-over counts once, whether the team, the assignee or both changed; the first assignment is
none. Changes at one and the same instant are one step, so a source that keeps minutes shows fewer
than its own counter says: see the variant `as_reported`.
"""

from datetime import date

from helmdesk.catalogue.kinds.mean import Mean
from helmdesk.catalogue.kinds.share import Share
from helmdesk.catalogue.metric import Change, Metric, Variant

metric = Metric(
    key="transfers",
    name="Transfers per ticket",
    version=2,
    owner="support operations",
    changes=(
        Change(1, date(2026, 11, 22), "first definition"),
        Change(
            2,
            date(2026, 11, 26),
            "intervals of means and ratios of amounts that cannot be negative stay above zero: log"
            " scale where the normal one would not",
        ),
    ),
    pillar="team_performance",
    category="resolution_quality",
    unit="transfers",
    direction="lower",
    fact="tickets",
    anchor="last_solved_at",
    value=Mean("transfers"),
    where="is_counted and last_solved_at < forever()",
    where_words=(
        "tickets that ended, however they did (solved, closed by a rule, declined, a duplicate"
        " ...), placed at their last end"
    ),
    formula="hand-overs between people or teams ÷ tickets that ended",
    evidence=(
        "ticket_id",
        "created_at",
        "last_solved_at",
        "outcome",
        "transfers",
        "team_changes",
        "issue_type",
        "team",
        "agent",
    ),
    rewards="keeping tickets with one person, also the wrong one",
    exposes="triage that misses, shifts that end mid-case, customers who repeat themselves",
    supports=("routing", "scheduling", "coaching"),
    needs=("assigned",),
    read_with=("escalation_rate", "resolution_time"),
    variants=(
        Variant(
            "share",
            "share of the tickets that ended which were handed over at least once",
            value=Share("transfers > 0"),
            unit="share",
        ),
        Variant(
            "as_reported",
            "the source's own reassignment counter above zero, over all its tickets, placed at"
            " creation",
            value=Share("reported_transfers > 0"),
            unit="share",
            anchor="created_at",
            needs=("asserted_value",),
            where="is_counted and reported_transfers is not null",
            evidence=(
                "ticket_id",
                "created_at",
                "reported_transfers",
                "transfers",
                "team",
                "agent",
            ),
        ),
    ),
)
