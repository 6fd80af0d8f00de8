"""How long customers wait for a scheduled call, from asking for it to the call.

A customer asked when a booking link was given out to them, or when they booked where no link was
told of. What was moved waits on: only calls that were held are counted, those still ahead are
pending. Nights and weekends are part of the wait.
"""

from datetime import date

from helmdesk.catalogue.kind import Part
from helmdesk.catalogue.kinds.mean import Mean
from helmdesk.catalogue.kinds.quantile import Quantile
from helmdesk.catalogue.metric import Change, Metric, Reference, Variant

EVIDENCE = (
    "booking_id",
    "ticket_id",
    "asked_at",
    "booked_at",
    "held_at",
    "wait_seconds",
    "moves",
    "team",
    "agent",
)

metric = Metric(
    key="customer_wait_for_call",
    name="Wait for a scheduled call",
    version=1,
    owner="workforce planning",
    changes=(Change(1, date(2026, 11, 28), "first definition"),),
    pillar="operational_efficiency",
    category="customer_experience",
    unit="seconds",
    direction="lower",
    fact="bookings",
    anchor="held_at",
    value=Quantile("wait_seconds", 0.5),
    where="is_counted and wait_seconds is not null",
    where_words="scheduled calls that were held, placed when they were held",
    formula="median of (call held - call asked for)",
    evidence=EVIDENCE,
    rewards="holding calls soon; also giving out links late",
    exposes="calls moved again and again, too little time kept for calls",
    supports=("staffing", "scheduling"),
    pending=Part("pending", "asked_at", "is_counted and call_outcome in ('ahead', 'untold')"),
    needs=("booked",),
    read_with=("booking_lead_time", "reschedule_rate", "csat"),
    variants=(
        Variant("p90", "90th percentile", value=Quantile("wait_seconds", 0.9)),
        Variant("mean", "arithmetic mean", value=Mean("wait_seconds")),
        Variant(
            "from_booking",
            "from the booking, not from asking",
            value=Quantile("booked_wait_seconds", 0.5),
            where="is_counted and booked_wait_seconds is not null",
            evidence=(
                *(name for name in EVIDENCE if name not in ("asked_at", "wait_seconds")),
                "booked_wait_seconds",
            ),
        ),
    ),
    references=(
        Reference(
            "scheduled calls usually attract different expectations than chat and email",
            "seed 001, customer quality",
        ),
    ),
)
