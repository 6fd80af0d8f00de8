"""Share of contacts that reached a person of the team without going through its queue.

Round the queue: a call or chat that rang at a person directly, a scheduled call put straight into
somebody's calendar, a booking by a link that was spent. A system that names no queue on a channel,
or gives out no booking links, cannot tell who went round, so its contacts are not counted. Tries
with a spent link that led nowhere did not reach anybody; they can be counted too. Written tickets
always lie in a queue and are not in it.
"""

from datetime import date

from helmdesk.catalogue.kinds.share import Share
from helmdesk.catalogue.metric import Change, Metric, Reference, Variant

metric = Metric(
    key="queue_bypass_rate",
    name="Contacts round the queue",
    version=1,
    owner="support operations",
    changes=(Change(1, date(2026, 11, 28), "first definition"),),
    pillar="operational_efficiency",
    category="operational_excellence",
    unit="share",
    direction="lower",
    fact="entries",
    anchor="entered_at",
    value=Share("went_round is not null"),
    where="is_counted and is_reached",
    where_words=(
        "calls and chats that were answered and scheduled calls that were booked, placed when the"
        " customer came"
    ),
    formula=(
        "contacts that reached a person without a queue or a valid link ÷ contacts that reached a"
        " person"
    ),
    evidence=(
        "entry_id",
        "ticket_id",
        "entered_at",
        "entry",
        "went_round",
        "is_reached",
        "channel",
        "team",
        "agent",
    ),
    rewards="one door for everybody; also sending customers away who had a reason to call directly",
    exposes="direct numbers and calendars in use, bookmarked links, work piled on familiar people",
    supports=("routing", "scheduling", "tooling"),
    needs=("answered|booked",),
    read_with=("schedule_adherence", "average_speed_of_answer"),
    variants=(
        Variant(
            "with_tries",
            "also tries with a spent link that led nowhere: how many still look for another door",
            where="is_counted and (is_reached or entry = 'link')",
            needs=("answered|booked|link_reused",),
        ),
    ),
    references=(
        Reference(
            "customers or internal teams start booking around the queue; old access paths keep"
            " getting reused",
            "seed 001, the missing link",
        ),
    ),
)
