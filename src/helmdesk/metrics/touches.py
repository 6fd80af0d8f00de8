"""How often people of the team wrote on a ticket until it ended, to the customer or to each other.

Internal notes count: they are work that replies per ticket does not see, and many of them point to
unclear ownership. What was declined, or closed by a rule, took work too, and is in it.
"""

from datetime import date

from helmdesk.catalogue.kinds.mean import Mean
from helmdesk.catalogue.metric import Change, Metric, Variant

metric = Metric(
    key="touches",
    name="Touches per ticket",
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
    unit="touches",
    direction="lower",
    fact="tickets",
    anchor="last_solved_at",
    value=Mean("touches"),
    where="is_counted and last_solved_at < forever()",
    where_words=(
        "tickets that ended, however they did (solved, closed by a rule, declined, a duplicate"
        " ...), placed at their last end"
    ),
    formula="messages and notes by people of the team ÷ tickets that ended",
    evidence=(
        "ticket_id",
        "created_at",
        "last_solved_at",
        "outcome",
        "touches",
        "human_replies",
        "people_replying",
        "issue_type",
        "team",
        "agent",
    ),
    rewards="not writing things down",
    exposes="work per ticket, internal questions, unclear ownership",
    supports=("tooling", "routing"),
    needs=("message", "status_changed"),
    read_with=("replies_per_ticket", "transfers"),
    variants=(
        Variant(
            "people", "different people who replied", unit="people", value=Mean("people_replying")
        ),
    ),
)
