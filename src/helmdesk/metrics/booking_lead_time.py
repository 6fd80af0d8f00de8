"""How far ahead customers have to book a call.

From the booking to the time first agreed, also for calls that were moved or cancelled later: it
tells which times were on offer. Working hours are not taken out, because the customer waits through
nights too. A booking noted after its call has no lead and is left out.
"""

from datetime import date

from helmdesk.catalogue.kinds.mean import Mean
from helmdesk.catalogue.kinds.quantile import Quantile
from helmdesk.catalogue.metric import Change, Metric, Variant

metric = Metric(
    key="booking_lead_time",
    name="Booking lead time",
    version=1,
    owner="workforce planning",
    changes=(Change(1, date(2026, 11, 28), "first definition"),),
    pillar="operational_efficiency",
    category="customer_experience",
    unit="seconds",
    direction="lower",
    fact="bookings",
    anchor="booked_at",
    value=Quantile("lead_seconds", 0.5),
    where="is_counted and lead_seconds is not null",
    where_words="booked calls, placed when they were booked",
    formula="median of (time first agreed - booking)",
    evidence=(
        "booking_id",
        "ticket_id",
        "booked_at",
        "first_start_at",
        "lead_seconds",
        "call_outcome",
        "team",
        "agent",
    ),
    rewards="offering times soon; also offering times that must be moved later",
    exposes="too few people with the skill, too few hours kept for calls",
    supports=("staffing", "scheduling"),
    needs=("booked",),
    read_with=("reschedule_rate", "booking_no_show_rate"),
    variants=(
        Variant("p90", "90th percentile", value=Quantile("lead_seconds", 0.9)),
        Variant("mean", "arithmetic mean", "most booking tools", value=Mean("lead_seconds")),
    ),
)
