"""Share of scheduled calls whose customer did not come.

A call counts at the time it was last agreed for. Cancelled calls are not in it: the time was given
back. Where a source says which calls were held, a call of which nobody said anything is pending;
where it says only who stayed away, every other call that is over counts as held. A customer who
stayed away and came to a second appointment stayed away once.
"""

from datetime import date

from helmdesk.catalogue.kind import Part
from helmdesk.catalogue.kinds.share import Share
from helmdesk.catalogue.metric import Change, Metric, Reference, Variant

metric = Metric(
    key="booking_no_show_rate",
    name="No-shows",
    version=1,
    owner="support operations",
    changes=(Change(1, date(2026, 11, 28), "first definition"),),
    pillar="operational_efficiency",
    category="operational_excellence",
    unit="share",
    direction="lower",
    fact="bookings",
    anchor="start_at",
    value=Share("is_no_show"),
    where="is_counted and (is_no_show or call_outcome = 'held')",
    where_words=(
        "scheduled calls that were held or to which the customer did not come, placed at the time"
        " last agreed"
    ),
    formula="calls to which the customer did not come ÷ (calls held + those)",
    evidence=(
        "booking_id",
        "ticket_id",
        "booked_at",
        "start_at",
        "moves",
        "call_outcome",
        "reason",
        "team",
        "agent",
    ),
    rewards="reminders and calls soon after they are asked for; also marking late customers absent",
    exposes="waits so long that the question is over, times that do not suit, no way to cancel",
    supports=("scheduling", "tooling"),
    pending=Part(
        "pending", "start_at", "is_counted and call_outcome = 'untold' and not is_no_show"
    ),
    needs=("booked", "no_show"),
    read_with=("booking_lead_time", "reschedule_rate"),
    variants=(
        Variant(
            "not_held",
            "also calls that were cancelled: every time that was kept free for nothing",
            value=Share("is_no_show or is_cancelled"),
            where="is_counted and (is_no_show or call_outcome in ('held', 'cancelled'))",
            needs=("booked", "no_show|cancelled"),
        ),
    ),
    references=(
        Reference(
            "low satisfaction with scheduled calls often begins before the call: the wrong"
            " specialist, an outdated link, a reassignment",
            "seed 001, from data to decisions",
        ),
    ),
)
