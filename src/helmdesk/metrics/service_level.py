"""Share of calls and chats answered within the time the queue promises.

The promise T belongs to the queue. Callers who gave up before T are left out: they were not failed
yet. At least five formulas are in use elsewhere and differ by points, so the variant is always
named.
"""

from datetime import date

from helmdesk.catalogue.kinds.share import Share
from helmdesk.catalogue.metric import Change, Metric, Reference, Variant

OFFERED = (
    "is_counted and direction is distinct from 'outbound' and outcome in ('answered', 'abandoned',"
    " 'missed')"
)
# Answered, but nobody knows after how long: neither within T nor beyond it.
TIMED = f"{OFFERED} and (outcome <> 'answered' or wait_seconds is not null)"
# A source that never tells a wait cannot show any contact answered in time.
KEPT = f"{TIMED} and source in (select source from contacts where wait_seconds is not null)"

metric = Metric(
    key="service_level",
    name="Service level",
    version=3,
    owner="support operations",
    changes=(
        Change(1, date(2026, 11, 22), "first definition"),
        Change(
            2,
            date(2026, 11, 26),
            "answered contacts whose wait nobody recorded are left out; they had been answered at"
            " once",
        ),
        Change(
            3,
            date(2026, 11, 26),
            "of_offered, short_abandons_excluded: lost contacts of sources that never tell a wait"
            " are left out too; 0% was told where nothing is known",
        ),
    ),
    pillar="operational_efficiency",
    category="customer_experience",
    unit="share",
    direction="higher",
    fact="contacts",
    anchor="offered_at",
    value=Share("outcome = 'answered' and wait_seconds <= threshold_seconds"),
    where=f"{TIMED} and (outcome = 'answered' or wait_seconds > threshold_seconds)",
    where_words=(
        "calls and chats answered, or lost after waiting longer than the queue's T, placed when"
        " offered"
    ),
    formula="answered within T ÷ (answered + lost after T)",
    evidence=(
        "leg_id",
        "ticket_id",
        "offered_at",
        "outcome",
        "wait_seconds",
        "threshold_seconds",
        "channel",
        "queue",
        "team",
    ),
    rewards="sacrificing those who already waited longer than T",
    exposes="intervals in which staff and demand do not fit",
    supports=("staffing", "scheduling"),
    needs=("answered", "offered"),
    read_with=("missed_contact_rate", "average_speed_of_answer", "occupancy"),
    variants=(
        Variant("of_offered", "of everything offered, short abandons included", where=KEPT),
        Variant("of_answered", "of those answered", where=f"{TIMED} and outcome = 'answered'"),
        Variant(
            "short_abandons_excluded",
            "of everything offered but those who hung up at once",
            where=f"{KEPT} and not is_short_abandon",
        ),
    ),
    references=(
        Reference(
            "80% in 20 seconds is common for calls; five formulas gave 81-86% on one data set",
            "callcentrehelper.com",
        ),
    ),
)
