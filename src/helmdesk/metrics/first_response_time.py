"""How long a customer waits for the first public reply by a person.

Automatic acknowledgements, bots and internal notes are not replies. The clock starts at creation;
at the hand-off when a bot took the ticket first, or at the first message that no bot answered where
bots answered and no hand-off is recorded; at the customer's first message when the team reached
out. A ticket still waiting is not in this number: it is reported as pending.
"""

from datetime import date

from helmdesk.catalogue.kind import Part
from helmdesk.catalogue.kinds.mean import Mean
from helmdesk.catalogue.kinds.quantile import Quantile
from helmdesk.catalogue.metric import Change, Metric, Reference, Variant

metric = Metric(
    key="first_response_time",
    name="First response time",
    version=3,
    owner="support operations",
    changes=(
        Change(1, date(2026, 11, 22), "first definition"),
        Change(
            2,
            date(2026, 11, 26),
            "what a bot answered is not charged to people, also without a recorded hand-off; what"
            " an agent writes down for a caller is no reply",
        ),
        Change(
            3,
            date(2026, 11, 26),
            "authors whose side nobody told reply to nobody; where we greet first, the clock starts"
            " with the customer's first words",
        ),
    ),
    pillar="operational_efficiency",
    category="operational_excellence",
    unit="seconds",
    direction="lower",
    fact="tickets",
    anchor="first_reply_at",
    value=Quantile("first_reply_seconds", 0.5),
    where="is_counted and first_reply_at < forever()",
    where_words="tickets with a public reply by a person, placed at that reply",
    formula="median of (first public human reply - start of the human clock)",
    evidence=(
        "ticket_id",
        "created_at",
        "clock_started_at",
        "first_reply_at",
        "first_reply_seconds",
        "channel",
        "team",
        "agent",
    ),
    rewards="answering quickly, whether or not the answer helps",
    exposes="waiting at the front door: intake capacity, triage, coverage",
    supports=("staffing", "scheduling", "routing"),
    clocks=("calendar", "business", "business_at_anchor"),
    pending=Part(
        "pending",
        "created_at",
        "is_counted and first_reply_at = forever() and clock_started_at < forever() and"
        " last_solved_at = forever()",
    ),
    needs=("message",),
    read_with=("csat", "resolution_time"),
    variants=(
        Variant(
            "p90",
            "90th percentile: what the slowest tenth at least waits",
            value=Quantile("first_reply_seconds", 0.9),
        ),
        Variant(
            "mean",
            "arithmetic mean; long waits pull it up",
            "most helpdesk reports",
            value=Mean("first_reply_seconds"),
        ),
        Variant(
            "from_created",
            "from creation, time with a bot included",
            "Zendesk",
            value=Quantile("first_reply_from_created_seconds", 0.5),
            clocks=("calendar", "business"),
        ),
        Variant(
            "from_assignment",
            "from the first assignment to a person",
            "Intercom",
            value=Quantile("first_reply_from_assignment_seconds", 0.5),
            clocks=("calendar", "business"),
        ),
        Variant(
            "any_responder",
            "any public reply from our side, bots and automatic messages included",
            value=Quantile("first_any_reply_seconds", 0.5),
            anchor="first_any_reply_at",
            where="is_counted and first_any_reply_at < forever()",
            clocks=("calendar",),
            is_without_pending=True,
            evidence=(
                "ticket_id",
                "created_at",
                "first_any_reply_at",
                "first_any_reply_seconds",
                "channel",
                "team",
                "agent",
            ),
        ),
        Variant(
            "per_episode",
            "every run of a ticket from creation or reopen to its own first reply, placed at that"
            " reply",
            fact="ticket_episodes",
            value=Quantile("episode_reply_seconds", 0.5),
            anchor="episode_replied_at",
            where="is_counted and episode_replied_at < forever()",
            clocks=("calendar",),
            pending=Part(
                "pending",
                "started_at",
                "is_counted and episode_replied_at = forever() and ended_at = forever()",
            ),
            evidence=(
                "ticket_id",
                "episode",
                "started_at",
                "episode_replied_at",
                "episode_reply_seconds",
                "channel",
                "team",
                "agent",
            ),
        ),
        Variant(
            "bot",
            "how fast a bot or assistant answers first: its own metric, never a person's",
            value=Quantile("first_bot_reply_seconds", 0.5),
            anchor="first_bot_reply_at",
            where="is_counted and first_bot_reply_at < forever()",
            clocks=("calendar",),
            is_without_pending=True,
            evidence=(
                "ticket_id",
                "created_at",
                "first_bot_reply_at",
                "first_bot_reply_seconds",
                "channel",
                "team",
            ),
        ),
    ),
    references=(
        Reference(
            "hours or days is bad, minutes to low hours good", "seed 003, key metrics overview"
        ),
    ),
)
