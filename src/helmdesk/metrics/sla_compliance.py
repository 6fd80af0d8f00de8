"""Share of service-level promises that were kept.

A clock running past its target is broken now, not when somebody replies. Target, priority, calendar
and policy are those of the moment they were applied. Where a source gives no policy but its own
verdict, that verdict stands, asserted and never re-measured; the coverage of every result says how
many are.
"""

from datetime import date

from helmdesk.catalogue.kinds.share import Share
from helmdesk.catalogue.metric import Change, Metric, Reference, Variant

JUDGED = "is_counted and not is_doubled and state in ('met', 'breached', 'overdue')"

metric = Metric(
    key="sla_compliance",
    name="SLA compliance",
    version=3,
    owner="support operations",
    changes=(
        Change(1, date(2026, 11, 22), "first definition, from source verdicts"),
        Change(
            2,
            date(2026, 11, 22),
            "clocks of our own from policies; a source's verdict only where there is none; overdue"
            " clocks are breached",
        ),
        Change(
            3,
            date(2026, 11, 26),
            "promises follow the ticket: rules are tried again at every change they read; a clock"
            " late by then stays breached; due times of the source are clocks; schedules set within"
            " a minute of creation hold from it",
        ),
    ),
    pillar="operational_efficiency",
    category="operational_excellence",
    unit="share",
    direction="higher",
    fact="sla_clocks",
    anchor="judged_at",
    value=Share("state = 'met'"),
    where=JUDGED,
    where_words=(
        "clocks met, breached or running past their target, placed at the stop or, if breached,"
        " when they were due"
    ),
    formula="met ÷ (met + breached + overdue)",
    evidence=(
        "clock_id",
        "ticket_id",
        "clock",
        "policy_id",
        "state",
        "basis",
        "started_at",
        "due_at",
        "stopped_at",
        "elapsed_seconds",
        "target_seconds",
        "priority",
        "team",
        "agent",
        "account",
    ),
    rewards="watching the clock; also choosing easy targets and pausing",
    exposes="promises that staffing or prioritisation cannot keep",
    supports=("staffing", "scheduling", "routing"),
    needs=("source_verdict|policy_applied|sla_policy",),
    read_with=("first_response_time", "resolution_time", "csat"),
    variants=(
        Variant(
            "per_ticket",
            "share of tickets all of whose judged clocks were met, placed when the last verdict"
            " fell",
            "Intercom, Chatwoot",
            fact="sla_tickets",
            value=Share("is_met"),
            where="is_counted",
            evidence=(
                "ticket_id",
                "judged_at",
                "is_met",
                "clocks",
                "breaches",
                "priority",
                "team",
                "agent",
                "account",
            ),
        ),
        Variant(
            "resolved_only",
            "met of the clocks that have stopped: open breaches leave the denominator, which"
            " misleads",
            "Frappe Helpdesk",
            where="is_counted and not is_doubled and state in ('met', 'breached')",
        ),
        Variant(
            "as_reported",
            "the source's own verdicts, also where we measure the same clock",
            where="is_counted and basis = 'source'",
            needs=("source_verdict",),
        ),
    ),
    references=(
        Reference(
            "useful only when SLA rules match customer priority and staffing reality",
            "seed 001, KPI overview",
        ),
    ),
)
