"""Share of scheduled calls that were moved to another time at least once.

A call counts at the time first agreed, once that time has come: until then it may still be moved.
Moves are counted whoever asked for them. Those that the team made can be counted alone: then calls
of which nobody said who moved them are left out.
"""

from datetime import date

from helmdesk.catalogue.kind import Part
from helmdesk.catalogue.kinds.mean import Mean
from helmdesk.catalogue.kinds.share import Share
from helmdesk.catalogue.metric import Change, Metric, Reference, Variant

DUE = "is_counted and is_due"
EVIDENCE = (
    "booking_id",
    "ticket_id",
    "booked_at",
    "first_start_at",
    "start_at",
    "moves",
    "customer_moves",
    "is_reassigned",
    "call_outcome",
    "team",
    "agent",
)

metric = Metric(
    key="reschedule_rate",
    name="Rescheduled calls",
    version=2,
    owner="workforce planning",
    changes=(
        Change(1, date(2026, 11, 28), "first definition"),
        Change(2, date(2026, 11, 28), "by_team: a move that nobody signed is nobody's"),
    ),
    pillar="operational_efficiency",
    category="operational_excellence",
    unit="share",
    direction="lower",
    fact="bookings",
    anchor="first_start_at",
    value=Share("moves > 0"),
    where=DUE,
    where_words="booked calls whose first agreed time has come, placed at that time",
    formula="calls moved at least once ÷ calls whose first agreed time has come",
    evidence=EVIDENCE,
    rewards="keeping to what was agreed; also cancelling instead of moving",
    exposes="absences, shifts changed after times were given away, calls bound to one person",
    supports=("scheduling", "staffing", "routing"),
    pending=Part("pending", "first_start_at", "is_counted and not is_due"),
    needs=("booked",),
    read_with=("csat", "booking_lead_time", "booking_no_show_rate"),
    variants=(
        Variant(
            "by_team",
            "moved at least once by somebody other than the customer",
            value=Share("moves > customer_moves"),
            where=f"{DUE} and unknown_moves = 0",
        ),
        Variant("moves_per_call", "how often a call is moved", value=Mean("moves"), unit="moves"),
        Variant("reassigned", "given to somebody else", value=Share("is_reassigned")),
        Variant("cancelled", "called off", value=Share("is_cancelled")),
    ),
    references=(
        Reference(
            "one absence creates reschedules, transfers and rushed coverage patches",
            "seed 001, the missing link",
        ),
    ),
)
