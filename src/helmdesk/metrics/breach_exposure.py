"""Contract value of accounts that have a promise broken, or about to be, at an instant.

An account counts once, however many of its clocks run late. About to be broken means due within a day. Only
clocks measured by us count, because only they have a due time.
"""

from datetime import date

from helmdesk.kinds import Change, Count, Level, Metric, SumOnce, Variant

# Only a clock of ours that was not cancelled and has a calendar is ever due.
PROMISED = "is_counted and due_at < forever()"

metric = Metric(
    key="breach_exposure",
    name="Breach exposure",
    version=1,
    owner="support operations",
    changes=(Change(1, date(2026, 11, 22), "first definition"),),
    pillar="operational_efficiency",
    category="customer_experience",
    unit="money",
    direction="lower",
    fact="sla_clocks",
    value=Level("greatest(started_at, due_at - days(1))", "stopped_at", SumOnce("contract_value", "account_id")),
    where=f"{PROMISED} and contract_value is not null",
    where_words="accounts with a contract value and a clock past its due time or due within a day, not stopped at the instant",
    formula="contract value of those accounts, each once",
    evidence=("clock_id", "ticket_id", "clock", "state", "due_at", "stopped_at", "account", "tier", "contract_value", "team"),
    rewards="serving large accounts first",
    exposes="which relationships are at stake right now",
    supports=("routing", "staffing"),
    needs=("sla_policy|policy_applied", "account"),
    read_with=("sla_compliance", "backlog_age"),
    variants=(
        Variant("breached_only", "already past due", value=Level("due_at", "stopped_at", SumOnce("contract_value", "account_id"))),
        Variant("clocks", "number of clocks past due or due within a day, of any ticket", unit="clocks",
                value=Level("greatest(started_at, due_at - days(1))", "stopped_at", Count()), where=PROMISED,
                needs=("sla_policy|policy_applied",)),
    ),
)  # fmt: skip
