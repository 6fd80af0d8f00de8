"""How many public replies by people a ticket took until it ended.

More replies mean more turns for the customer and more work for the team, whoever wrote them;
automatic messages and bots are not replies. Tickets that were declined, or closed by a rule, took
replies too, and are in it.
"""

from datetime import date

from helmdesk.catalogue.kinds.mean import Mean
from helmdesk.catalogue.kinds.quantile import Quantile
from helmdesk.catalogue.metric import Change, Metric, Variant

metric = Metric(
    key="replies_per_ticket",
    name="Replies per ticket",
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
    unit="replies",
    direction="lower",
    fact="tickets",
    anchor="last_solved_at",
    value=Mean("human_replies"),
    where="is_counted and last_solved_at < forever()",
    where_words=(
        "tickets that ended, however they did (solved, closed by a rule, declined, a duplicate"
        " ...), placed at their last end"
    ),
    formula="public human replies ÷ tickets that ended",
    evidence=(
        "ticket_id",
        "created_at",
        "last_solved_at",
        "outcome",
        "human_replies",
        "human_rounds",
        "issue_type",
        "team",
        "agent",
    ),
    rewards="long replies, and closing without one",
    exposes="questions that intake should have asked, unclear answers",
    supports=("tooling", "coaching"),
    needs=("message", "status_changed"),
    read_with=("fcr", "csat"),
    variants=(
        Variant("median", "the middle ticket", value=Quantile("human_replies", 0.5)),
        Variant(
            "rounds",
            "runs of replies by one person that the customer did not interrupt",
            value=Mean("human_rounds"),
        ),
    ),
)
