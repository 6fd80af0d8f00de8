"""How many tickets customers opened.

Counts demand, not activity: spam, merged, deleted, split and outbound tickets are left out, so that
the number can be planned with.
"""

from datetime import date

from helmdesk.catalogue.kinds.count import Count
from helmdesk.catalogue.kinds.sum import Sum
from helmdesk.catalogue.metric import Change, Metric, Variant

metric = Metric(
    key="ticket_volume",
    name="Ticket volume",
    version=2,
    owner="support operations",
    changes=(
        Change(1, date(2026, 11, 22), "first definition"),
        Change(
            2,
            date(2026, 11, 26),
            "chats that begin with a greeting of ours count; tickets whose last status or"
            " resolution says spam, merged or deleted do not",
        ),
    ),
    pillar="operational_efficiency",
    category="operational_excellence",
    unit="tickets",
    direction="context",
    fact="tickets",
    anchor="created_at",
    value=Count(),
    where="is_counted and not is_outbound and not is_split",
    where_words="opened by customers; not spam, merged, deleted, split or outbound",
    formula="number of tickets created in the period",
    evidence=("ticket_id", "created_at", "channel", "issue_type", "status", "team", "account"),
    rewards="nothing by itself; as a target for agents it would reward splitting work",
    exposes="demand: what customers need help with and when",
    supports=("staffing", "scheduling", "product"),
    needs=("created",),
    read_with=("backlog", "resolution_rate"),
    variants=(
        Variant(
            "all",
            "every ticket ever created, spam and merged ones included",
            "raw helpdesk counters",
            where="true",
        ),
        Variant(
            "contacts",
            "calls and chats offered, totals counted by the source included",
            unit="contacts",
            fact="contacts",
            anchor="offered_at",
            value=Sum("contacts"),
            where="is_counted and direction is distinct from 'outbound'",
            needs=("offered|interval_total",),
            evidence=(
                "leg_id",
                "ticket_id",
                "offered_at",
                "outcome",
                "contacts",
                "channel",
                "queue",
                "team",
            ),
        ),
    ),
)
