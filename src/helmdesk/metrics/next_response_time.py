"""How long customers wait each time it is our turn: from their message to the next public reply by
a person.

A burst of messages counts from its first. A turn nobody has answered yet is pending, so ignoring a
customer does not improve the number. What a bot answered, or a solve ended, waits for nobody: a
later question is a turn of its own.
"""

from datetime import date

from helmdesk.catalogue.kind import Part
from helmdesk.catalogue.kinds.mean import Mean
from helmdesk.catalogue.kinds.quantile import Quantile
from helmdesk.catalogue.metric import Change, Metric, Variant

metric = Metric(
    key="next_response_time",
    name="Next response time",
    version=2,
    owner="support operations",
    changes=(
        Change(1, date(2026, 11, 22), "first definition"),
        Change(
            2,
            date(2026, 11, 26),
            "a bot's answer, a solve and a hand-over end a turn: two turns no longer melt into one",
        ),
    ),
    pillar="operational_efficiency",
    category="operational_excellence",
    unit="seconds",
    direction="lower",
    fact="replies",
    anchor="replied_at",
    value=Quantile("reply_seconds", 0.5),
    where="is_counted and replied_at < forever()",
    where_words="customer turns answered by a person, placed at the reply",
    formula="median of (next public human reply - first unanswered customer message)",
    evidence=(
        "ticket_id",
        "message_id",
        "asked_at",
        "replied_at",
        "reply_seconds",
        "channel",
        "team",
        "agent",
    ),
    rewards="answering again quickly, also with questions",
    exposes="waits in the middle of a case, which first response time never sees",
    supports=("staffing", "scheduling", "routing"),
    clocks=("calendar", "business"),
    pending=Part("pending", "asked_at", "is_counted and replied_at = forever() and is_waiting"),
    needs=("message",),
    read_with=("first_response_time", "csat"),
    variants=(
        Variant("p90", "90th percentile", value=Quantile("reply_seconds", 0.9)),
        Variant("mean", "arithmetic mean", "most helpdesk reports", value=Mean("reply_seconds")),
    ),
)
