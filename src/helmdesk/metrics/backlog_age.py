"""How old the unsolved tickets are at an instant: the time since each was created.

A backlog can shrink while it ages badly: easy work leaves, hard work stays.
"""

from datetime import date

from helmdesk.catalogue.kinds.level import Level
from helmdesk.catalogue.kinds.quantile import Quantile
from helmdesk.catalogue.kinds.share import Share
from helmdesk.catalogue.metric import Change, Metric, Variant

AGE = "seconds(created_at, instant)"
# Business time from creation: what passed before the stretch plus the calendar's time within it.
WORKED = "calendar_offset + instant_worked"


def _over(hours: int) -> Level:
    return Level("started_at", "ended_at", Share(f"{AGE} > {hours * 3600}"))


metric = Metric(
    key="backlog_age",
    name="Backlog age",
    version=2,
    owner="support operations",
    changes=(
        Change(1, date(2026, 11, 22), "first definition"),
        Change(
            2,
            date(2026, 11, 26),
            "since_last_customer_message: only customers who wait, since the first message nobody"
            " answered; rows say since when",
        ),
    ),
    pillar="operational_efficiency",
    category="operational_excellence",
    unit="seconds",
    direction="lower",
    fact="intervals",
    value=Level("started_at", "ended_at", Quantile(AGE, 0.5), business=Quantile(WORKED, 0.5)),
    clocks=("calendar", "business"),
    where="is_unsolved and is_counted",
    where_words="tickets neither solved nor closed at the instant; not spam, merged or deleted",
    formula="median of (instant - creation) over the backlog at the end of the period",
    evidence=(
        "ticket_id",
        "created_at",
        "waiting_since",
        "status",
        "team",
        "agent",
        "priority",
        "channel",
        "account",
    ),
    rewards="working on the oldest tickets",
    exposes="work that is stuck: missing specialists, unclear ownership, waiting on others",
    supports=("routing", "staffing", "product"),
    needs=("status_changed",),
    read_with=("backlog",),
    variants=(
        Variant(
            "p90",
            "90th percentile of age",
            value=Level(
                "started_at", "ended_at", Quantile(AGE, 0.9), business=Quantile(WORKED, 0.9)
            ),
        ),
        Variant(
            "over_24h",
            "share older than 24 hours",
            unit="share",
            value=_over(24),
            clocks=("calendar",),
        ),
        Variant(
            "over_48h",
            "share older than 48 hours",
            unit="share",
            value=_over(48),
            clocks=("calendar",),
        ),
        Variant(
            "over_7d",
            "share older than 7 days",
            unit="share",
            value=_over(24 * 7),
            clocks=("calendar",),
        ),
        Variant(
            "since_last_customer_message",
            "median time since the first message that nobody has answered, of the tickets whose"
            " customer waits",
            fact="waits",
            clocks=("calendar",),
            where="is_counted",
            needs=("message",),
            value=Level("started_at", "ended_at", Quantile("seconds(waiting_since, instant)", 0.5)),
            evidence=(
                "ticket_id",
                "created_at",
                "waiting_since",
                "status",
                "team",
                "agent",
                "priority",
                "channel",
            ),
        ),
    ),
)
