"""Share of calls and chats that nobody ever answered although the customer waited.

Those who hung up almost at once are left out on both sides, and contacts outside opening hours
stand apart: nobody was there to miss them.
"""

from datetime import date

from helmdesk.catalogue.kinds.share import Share
from helmdesk.catalogue.metric import Change, Metric, Reference, Variant

OFFERED = (
    "is_counted and direction is distinct from 'outbound' and outcome in ('answered', 'abandoned',"
    " 'missed')"
)

metric = Metric(
    key="missed_contact_rate",
    name="Missed contacts",
    version=1,
    owner="support operations",
    changes=(Change(1, date(2026, 11, 22), "first definition"),),
    pillar="operational_efficiency",
    category="customer_experience",
    unit="share",
    direction="lower",
    fact="contacts",
    anchor="offered_at",
    value=Share("outcome <> 'answered'"),
    where=f"{OFFERED} and is_open and not is_short_abandon",
    where_words=(
        "calls and chats offered while the queue was open, short abandons apart, placed when"
        " offered"
    ),
    formula="never answered ÷ (offered - short abandons)",
    evidence=(
        "leg_id",
        "ticket_id",
        "offered_at",
        "outcome",
        "wait_seconds",
        "is_open",
        "channel",
        "queue",
        "team",
        "agent",
    ),
    rewards="answering anything, however briefly",
    exposes="breaks taken at once, thin shifts, broken routing",
    supports=("scheduling", "staffing", "routing"),
    needs=("offered",),
    read_with=("average_speed_of_answer", "occupancy"),
    variants=(
        Variant(
            "abandon_rate",
            "the customer left",
            value=Share("outcome = 'abandoned'"),
            needs=("abandoned",),
        ),
        Variant(
            "agent_missed",
            "it rang and was not taken",
            value=Share("outcome = 'missed'"),
            needs=("missed",),
        ),
        Variant(
            "out_of_hours",
            "offered while the queue was closed",
            where=f"{OFFERED} and not is_open and not is_short_abandon",
        ),
        Variant(
            "of_offered",
            "of everything offered at any hour, short abandons included",
            where=OFFERED,
        ),
    ),
    references=(
        Reference(
            "a quarter of the chats at lunch were missed until breaks were staggered",
            "seed 000, section 9",
        ),
    ),
)
