"""How long the customers who wait for us at an instant have waited: since the first message that
nobody answered.

Response times know a wait only once it is over; this one sees those that are not.
"""

from datetime import date

from helmdesk.catalogue.kinds.level import Level
from helmdesk.catalogue.kinds.quantile import Quantile
from helmdesk.catalogue.kinds.share import Share
from helmdesk.catalogue.metric import Change, Metric, Variant

WAITED = "seconds(waiting_since, instant)"
# Business time from creation to the instant, less that to the message.
WORKED = "calendar_offset + instant_worked - worked_seconds"


def _over(hours: int) -> Level:
    return Level("started_at", "ended_at", Share(f"{WAITED} > {hours * 3600}"))


metric = Metric(
    key="waiting_time",
    name="Waiting time",
    version=1,
    owner="support operations",
    changes=(Change(1, date(2026, 11, 26), "first definition"),),
    pillar="operational_efficiency",
    category="operational_excellence",
    unit="seconds",
    direction="lower",
    fact="waits",
    value=Level("started_at", "ended_at", Quantile(WAITED, 0.5), business=Quantile(WORKED, 0.5)),
    clocks=("calendar", "business"),
    where="is_counted",
    where_words=(
        "unsolved tickets whose customer's last words nobody has answered at the instant; not spam,"
        " merged or deleted"
    ),
    formula=(
        "median of (instant - first unanswered customer message) over the customers waiting at the"
        " end of the period"
    ),
    evidence=(
        "ticket_id",
        "waiting_since",
        "status",
        "team",
        "agent",
        "priority",
        "channel",
        "account",
        "message_id",
    ),
    rewards="answering those who have waited longest",
    exposes="waits that no response time shows, because nobody has answered yet",
    supports=("staffing", "scheduling", "routing"),
    needs=("message",),
    read_with=("customers_waiting", "next_response_time"),
    variants=(
        Variant(
            "p90",
            "90th percentile",
            value=Level(
                "started_at", "ended_at", Quantile(WAITED, 0.9), business=Quantile(WORKED, 0.9)
            ),
        ),
        Variant(
            "longest",
            "whoever has waited longest",
            value=Level(
                "started_at", "ended_at", Quantile(WAITED, 1.0), business=Quantile(WORKED, 1.0)
            ),
        ),
        Variant(
            "over_24h",
            "share waiting longer than 24 hours",
            unit="share",
            value=_over(24),
            clocks=("calendar",),
        ),
    ),
)
