"""Contract value of accounts that have a promise broken, or about to be, at an instant.

An account counts once, however many of its clocks run late. About to be broken means that three
quarters of the promised time have passed on the clock it was promised on: a weekend does not bring
a promise nearer. Only clocks measured by us count, because only they have a due time.
"""

from datetime import date

from helmdesk.catalogue.kinds.count import Count
from helmdesk.catalogue.kinds.level import Level
from helmdesk.catalogue.kinds.sum_once import SumOnce
from helmdesk.catalogue.metric import Change, Metric, Variant

# Only a clock of ours that was not cancelled and has a calendar is ever due.
PROMISED = "is_counted and at_risk_at < forever()"

metric = Metric(
    key="breach_exposure",
    name="Breach exposure",
    version=2,
    owner="support operations",
    changes=(
        Change(1, date(2026, 11, 22), "first definition"),
        Change(
            2,
            date(2026, 11, 26),
            "about to be broken by its own clock: due within a calendar day counted every Monday's"
            " promises on Sundays",
        ),
    ),
    pillar="operational_efficiency",
    category="customer_experience",
    unit="money",
    direction="lower",
    fact="sla_clocks",
    value=Level("at_risk_at", "stopped_at", SumOnce("contract_value", "account_id")),
    where=f"{PROMISED} and contract_value is not null",
    where_words=(
        "accounts with a contract value and a clock past its due time or in the last quarter of it,"
        " not stopped at the instant"
    ),
    formula="contract value of those accounts, each once",
    evidence=(
        "clock_id",
        "ticket_id",
        "clock",
        "state",
        "at_risk_at",
        "due_at",
        "stopped_at",
        "account",
        "tier",
        "contract_value",
        "team",
    ),
    rewards="serving large accounts first",
    exposes="which relationships are at stake right now",
    supports=("routing", "staffing"),
    needs=("sla_policy|policy_applied", "account"),
    read_with=("sla_compliance", "backlog_age"),
    variants=(
        Variant(
            "breached_only",
            "already past due",
            value=Level("due_at", "stopped_at", SumOnce("contract_value", "account_id")),
        ),
        Variant(
            "clocks",
            "number of clocks past due or in the last quarter of their time, of any ticket",
            unit="clocks",
            value=Level("at_risk_at", "stopped_at", Count()),
            where=PROMISED,
            needs=("sla_policy|policy_applied",),
        ),
    ),
)
