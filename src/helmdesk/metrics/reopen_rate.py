"""How often a ticket comes back that was solved, or closed by a rule.

Only tickets whose waiting window has passed are judged; younger ones are pending. A customer's
thank-you that reopens a ticket, solved again without a reply, is flagged and not counted. Tickets
that first ended declined, cancelled, as a duplicate, invalid or unsolved were not solved; those
that a rule closed are in, for closing too early shows here.
"""

from datetime import date

from helmdesk.catalogue.kind import Part
from helmdesk.catalogue.kinds.mean import Mean
from helmdesk.catalogue.kinds.share import Share
from helmdesk.catalogue.metric import Change, Metric, Reference, Variant

SOLVED = "is_counted and first_solved_at < forever() and first_outcome in ('solved', 'auto_closed')"

metric = Metric(
    key="reopen_rate",
    name="Reopen rate",
    version=2,
    owner="support operations",
    changes=(
        Change(1, date(2026, 11, 22), "first definition"),
        Change(
            2,
            date(2026, 11, 26),
            "tickets that first ended declined, cancelled, duplicate, invalid or unsolved were not"
            " solved and leave the denominator",
        ),
    ),
    pillar="team_performance",
    category="resolution_quality",
    unit="share",
    direction="lower",
    fact="tickets",
    anchor="first_solved_at",
    value=Share("is_reopened_in_time"),
    where=f"{SOLVED} and is_reopen_mature",
    where_words=(
        "tickets first solved, or closed by a rule, at least reopen_days ago (7 unless the desk"
        " says otherwise), placed at that end"
    ),
    formula=(
        "tickets reopened within reopen_days of their first end ÷ tickets first solved or closed by"
        " a rule"
    ),
    evidence=(
        "ticket_id",
        "first_solved_at",
        "reopened_at",
        "is_reopened_in_time",
        "reopens",
        "thank_you_reopens",
        "team",
        "agent",
    ),
    rewards="solving for good; also leaving tickets open for longer",
    exposes="premature closing, thin answers, unfixed causes",
    supports=("coaching", "tooling", "product"),
    pending=Part("pending", "first_solved_at", f"{SOLVED} and not is_reopen_mature"),
    needs=("status_changed",),
    read_with=("resolution_time", "csat"),
    variants=(
        Variant(
            "any_time",
            "reopened ever, however late, thank-yous apart",
            value=Share("reopens > 0"),
            where=SOLVED,
            is_without_pending=True,
        ),
        Variant(
            "events_per_ticket",
            "mean number of reopens of a ticket that was solved, or closed by a rule",
            value=Mean("reopens"),
            unit="reopens",
            where=SOLVED,
            is_without_pending=True,
        ),
        Variant(
            "as_reported",
            "the source's own counter above zero, over all its tickets, placed at creation",
            value=Share("reported_reopens > 0"),
            needs=("asserted_value",),
            anchor="created_at",
            where="is_counted and reported_reopens is not null",
            is_without_pending=True,
            evidence=("ticket_id", "created_at", "reported_reopens", "reopens", "team", "agent"),
        ),
    ),
    references=(
        Reference("lower is generally better if closures are legitimate", "seed 001, KPI overview"),
    ),
)
