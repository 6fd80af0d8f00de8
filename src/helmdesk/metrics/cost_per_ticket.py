"""What a ticket costs: recorded operating cost over the tickets handled in the same period.

Cost for one channel or team goes to its tickets; shared cost goes by handle time. The tickets
counted are those created in the cost's period, spam and merged ones apart.
"""

from datetime import date

from helmdesk.catalogue.kinds.sum_ratio import SumRatio
from helmdesk.catalogue.metric import Change, Metric, Reference, Variant

PER_TICKET = "coalesce(ticket_id, cost_id)"

metric = Metric(
    key="cost_per_ticket",
    name="Cost per ticket",
    version=3,
    owner="finance",
    changes=(
        Change(1, date(2026, 11, 22), "first definition"),
        Change(
            2,
            date(2026, 11, 26),
            "intervals of means and ratios of amounts that cannot be negative stay above zero: log"
            " scale where the normal one would not",
        ),
        Change(
            3,
            date(2026, 11, 26),
            "per_resolved: tickets that ended declined, cancelled, duplicate, invalid or unsolved,"
            " or that a rule closed, are not resolved",
        ),
    ),
    pillar="operational_efficiency",
    category="operational_excellence",
    unit="money",
    direction="lower",
    fact="ticket_costs",
    anchor="handled_at",
    value=SumRatio("amount", "handled", PER_TICKET),
    where="true",
    where_words=(
        "every share of every recorded cost, placed when its ticket was first handled in the cost's"
        " period"
    ),
    formula="allocated operating cost ÷ tickets handled",
    evidence=(
        "cost_id",
        "ticket_id",
        "handled_at",
        "category",
        "amount",
        "currency",
        "handled",
        "channel",
        "team",
        "account",
    ),
    rewards="cheap contacts, also useless ones",
    exposes="work in the wrong channel, avoidable contacts, overhead",
    supports=("routing", "tooling", "product", "staffing"),
    needs=("cost_recorded",),
    read_with=("csat", "fcr"),
    variants=(
        Variant(
            "per_resolved",
            "per ticket solved in the period",
            value=SumRatio("amount", "resolved", PER_TICKET),
        ),
        Variant(
            "per_contact",
            "per call or chat answered",
            value=SumRatio("amount", "contacts", PER_TICKET),
            needs=("cost_recorded", "answered"),
        ),
    ),
    references=(Reference("a phone ticket cost 9, a chat ticket 3", "seed 000, section 7"),),
)
