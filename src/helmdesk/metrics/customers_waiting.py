"""How many customers wait for us at an instant: on their unsolved ticket, what they said last was
answered by nobody.

A person's public reply ends the wait, a bot's answer too (then nobody waits for a person), and so
does a solve. An automatic acknowledgement does not. A customer waits once on each ticket, however
many messages went unanswered.
"""

from datetime import date

from helmdesk.catalogue.kinds.level import Level
from helmdesk.catalogue.metric import Change, Metric

metric = Metric(
    key="customers_waiting",
    name="Customers waiting",
    version=1,
    owner="support operations",
    changes=(Change(1, date(2026, 11, 26), "first definition"),),
    pillar="operational_efficiency",
    category="operational_excellence",
    unit="tickets",
    direction="lower",
    fact="waits",
    value=Level("started_at", "ended_at"),
    where="is_counted",
    where_words=(
        "unsolved tickets whose customer's last words nobody has answered at the instant; not spam,"
        " merged or deleted"
    ),
    formula="number of tickets with an unanswered customer message at the end of the period",
    evidence=(
        "ticket_id",
        "waiting_since",
        "waited_seconds",
        "status",
        "team",
        "agent",
        "priority",
        "channel",
        "account",
        "message_id",
    ),
    rewards="answering everybody, also with little to say",
    exposes=(
        "customers in an open case whom nobody answers, which the backlog hides among those we"
        " wait for"
    ),
    supports=("staffing", "scheduling", "routing"),
    needs=("message",),
    read_with=("waiting_time", "next_response_time"),
)
