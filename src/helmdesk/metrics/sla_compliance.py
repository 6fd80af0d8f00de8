"""Share of service-level clocks that were met.

At present it reads the verdicts that the source system itself stored: they are asserted, not re-measured,
and the coverage of every result says so.
"""

from datetime import date

from helmdesk.kinds import Change, Metric, Reference, Share

metric = Metric(
    key="sla_compliance",
    name="SLA compliance",
    version=1,
    owner="support operations",
    changes=(Change(1, date(2026, 11, 22), "first definition, from source verdicts"),),
    pillar="operational_efficiency",
    category="operational_excellence",
    unit="share",
    direction="higher",
    fact="sla_clocks",
    anchor="stopped_at",
    value=Share("state = 'met'"),
    where="is_counted and state in ('met', 'breached')",
    where_words="clocks met or breached by the source's verdict, placed at the solve or, if open, at the verdict",
    formula="met ÷ (met + breached)",
    evidence=("ticket_id", "clock", "state", "stopped_at", "judged_at", "priority", "team", "agent", "account"),
    rewards="watching the clock; also choosing easy targets and pausing",
    exposes="promises that staffing or prioritisation cannot keep",
    supports=("staffing", "scheduling", "routing"),
    needs=("source_verdict",),
    read_with=("first_response_time", "resolution_time", "csat"),
    references=(Reference("useful only when SLA rules match customer priority and staffing reality", "seed 001, KPI overview"),),
)
