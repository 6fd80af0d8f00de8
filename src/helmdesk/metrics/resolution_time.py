"""How long a customer lives with the issue: from creation to the last solve.

A ticket reopened and not solved again is not resolved; neither is one that a rule closed after
silence, or that ended declined, cancelled, as a duplicate, invalid or unsolved (see the dimension
`outcome`). Looking at solved tickets alone flatters a slow queue: the variant `median_km` also
counts how long open tickets have waited so far.
"""

from datetime import date

from helmdesk.catalogue.kind import Part
from helmdesk.catalogue.kinds.mean import Mean
from helmdesk.catalogue.kinds.quantile import Quantile
from helmdesk.catalogue.kinds.survival import Survival
from helmdesk.catalogue.metric import Change, Metric, Reference, Variant

metric = Metric(
    key="resolution_time",
    name="Resolution time",
    version=3,
    owner="support operations",
    changes=(
        Change(1, date(2026, 11, 22), "first definition"),
        Change(
            2,
            date(2026, 11, 26),
            "median_km leaves out tickets that are closed since nobody knows when",
        ),
        Change(
            3,
            date(2026, 11, 26),
            "tickets that ended declined, cancelled, duplicate, invalid or unsolved are not"
            " resolved; median_km watches them, and those a rule closed, until then",
        ),
    ),
    pillar="operational_efficiency",
    category="operational_excellence",
    unit="seconds",
    direction="lower",
    fact="tickets",
    anchor="last_solved_at",
    value=Quantile("resolution_seconds", 0.5),
    where="is_counted and last_solved_at < forever() and outcome = 'solved'",
    where_words=(
        "tickets that somebody solved, placed at their last solve; those a rule closed, declined,"
        " cancelled and duplicate ones apart"
    ),
    formula="median of (last solve - creation)",
    evidence=(
        "ticket_id",
        "created_at",
        "first_solved_at",
        "last_solved_at",
        "resolution_seconds",
        "outcome",
        "reopens",
        "team",
        "agent",
    ),
    rewards="closing, also prematurely",
    exposes="specialist bottlenecks, triage and hand-offs between tiers",
    supports=("routing", "staffing", "tooling", "product"),
    clocks=("calendar", "business", "business_at_anchor"),
    pending=Part("pending", "created_at", "is_counted and last_solved_at = forever()"),
    needs=("status_changed",),
    read_with=("reopen_rate", "csat"),
    variants=(
        Variant("p90", "90th percentile", value=Quantile("resolution_seconds", 0.9)),
        Variant(
            "mean",
            "arithmetic mean (MTTR)",
            "most helpdesk reports",
            value=Mean("resolution_seconds"),
        ),
        Variant(
            "first_solve",
            "creation to the first solve, placed at it; reopens do not lengthen it",
            "Zendesk",
            value=Quantile("first_solve_seconds", 0.5),
            anchor="first_solved_at",
            where="is_counted and first_solved_at < forever() and first_outcome = 'solved'",
            pending=Part("pending", "created_at", "is_counted and first_solved_at = forever()"),
            evidence=(
                "ticket_id",
                "created_at",
                "first_solved_at",
                "first_solve_seconds",
                "reopens",
                "team",
                "agent",
            ),
        ),
        Variant(
            "open_time",
            "summed time not solved; time between solve and reopen is not counted",
            value=Quantile("open_seconds", 0.5),
            clocks=("calendar", "business"),
            evidence=(
                "ticket_id",
                "created_at",
                "last_solved_at",
                "open_seconds",
                "reopens",
                "team",
                "agent",
            ),
        ),
        Variant(
            "agent_work_time",
            "summed time in new and open",
            "Zendesk",
            value=Quantile("agent_work_seconds", 0.5),
            clocks=("calendar", "business"),
            evidence=(
                "ticket_id",
                "created_at",
                "last_solved_at",
                "agent_work_seconds",
                "team",
                "agent",
            ),
        ),
        Variant(
            "requester_wait_time",
            "summed time in new, open and on hold",
            "Zendesk",
            value=Quantile("requester_wait_seconds", 0.5),
            clocks=("calendar", "business"),
            evidence=(
                "ticket_id",
                "created_at",
                "last_solved_at",
                "requester_wait_seconds",
                "team",
                "agent",
            ),
        ),
        Variant(
            "agent_wait_time",
            "summed time waiting for the customer",
            "Zendesk",
            value=Quantile("pending_seconds", 0.5),
            clocks=("calendar", "business"),
            evidence=(
                "ticket_id",
                "created_at",
                "last_solved_at",
                "pending_seconds",
                "team",
                "agent",
            ),
        ),
        Variant(
            "on_hold_time",
            "summed time waiting for a third party",
            "Zendesk",
            value=Quantile("on_hold_seconds", 0.5),
            clocks=("calendar", "business"),
            evidence=(
                "ticket_id",
                "created_at",
                "last_solved_at",
                "on_hold_seconds",
                "team",
                "agent",
            ),
        ),
        Variant(
            "with_auto_closed",
            "also tickets that a rule closed after silence: abandonment counted as resolution",
            "most helpdesk reports",
            where=(
                "is_counted and last_solved_at < forever() and outcome in ('solved', 'auto_closed')"
            ),
            clocks=("calendar",),
        ),
        Variant(
            "with_not_done",
            "every end counts: also declined, cancelled, duplicate, invalid and unsolved tickets,"
            " and those a rule closed",
            "most helpdesk reports",
            where="is_counted and last_solved_at < forever()",
            clocks=("calendar",),
        ),
        Variant(
            "median_km",
            "Kaplan-Meier median to the first solve over all tickets created in the period, open"
            " ones included",
            value=Survival("watched_seconds", "coalesce(first_outcome = 'solved', false)", 0.5),
            anchor="created_at",
            where="is_counted and first_solved_at is not null",
            clocks=("calendar",),
            is_without_pending=True,
            evidence=(
                "ticket_id",
                "created_at",
                "first_solved_at",
                "watched_seconds",
                "status",
                "team",
                "agent",
            ),
        ),
    ),
    references=(
        Reference(
            "days or weeks is bad, hours to few days good (contextual)",
            "seed 003, key metrics overview",
        ),
    ),
)
