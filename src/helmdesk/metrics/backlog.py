"""How many tickets are unsolved at an instant, rebuilt from events, so also at any instant in the
past.

Team, assignee and priority are those of that instant. With a grain, the level stands at the end of
each period. A level is never added up over time.
"""

from datetime import date

from helmdesk.catalogue.kinds.level import Level
from helmdesk.catalogue.kinds.share import Share
from helmdesk.catalogue.metric import Change, Metric, Reference, Variant

metric = Metric(
    key="backlog",
    name="Backlog",
    version=2,
    owner="support operations",
    changes=(
        Change(1, date(2026, 11, 22), "first definition"),
        Change(
            2,
            date(2026, 11, 26),
            "same number; its rows say whose customer waits for us, and since when",
        ),
    ),
    pillar="operational_efficiency",
    category="operational_excellence",
    unit="tickets",
    direction="lower",
    fact="intervals",
    value=Level("started_at", "ended_at"),
    where="is_unsolved and is_counted",
    where_words="tickets neither solved nor closed at the instant; not spam, merged or deleted",
    formula="number of tickets unsolved at the end of the period",
    evidence=(
        "ticket_id",
        "status",
        "waiting_since",
        "waited_seconds",
        "created_at",
        "started_at",
        "ended_at",
        "team",
        "agent",
        "priority",
        "channel",
        "account",
    ),
    rewards="closing easy tickets first, or closing at all",
    exposes="demand above capacity, and work that waits in the wrong place",
    supports=("staffing", "scheduling", "routing"),
    needs=("status_changed",),
    read_with=("backlog_age", "resolution_rate", "customers_waiting"),
    variants=(
        Variant(
            "waiting_on_us",
            "only those in new or open: nobody else has to act first",
            where="status in ('new', 'open') and is_counted",
        ),
        Variant(
            "unassigned_share",
            "share of the backlog that nobody holds",
            unit="share",
            value=Level("started_at", "ended_at", Share("agent is null")),
        ),
    ),
    references=(
        Reference(
            "a stable or shrinking backlog is good; a large, growing one with many old tickets bad",
            "seed 003, key metrics overview",
        ),
    ),
)
