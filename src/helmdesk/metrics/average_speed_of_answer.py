"""How long callers and chatters wait in the queue before a person answers.

It counts those who were answered, from entering the queue. Those who gave up are missing: read it
with the missed contacts.
"""

from datetime import date

from helmdesk.catalogue.kinds.mean import Mean
from helmdesk.catalogue.kinds.quantile import Quantile
from helmdesk.catalogue.metric import Change, Metric, Reference, Variant

INBOUND = "is_counted and direction is distinct from 'outbound'"

metric = Metric(
    key="average_speed_of_answer",
    name="Average speed of answer",
    version=2,
    owner="support operations",
    changes=(
        Change(1, date(2026, 11, 22), "first definition"),
        Change(
            2,
            date(2026, 11, 26),
            "intervals of means and ratios of amounts that cannot be negative stay above zero: log"
            " scale where the normal one would not",
        ),
    ),
    pillar="operational_efficiency",
    category="customer_experience",
    unit="seconds",
    direction="lower",
    fact="contacts",
    anchor="answered_at",
    value=Mean("wait_seconds"),
    where=f"{INBOUND} and outcome = 'answered'",
    where_words="answered calls and chats that came in, placed at the answer",
    formula="queue wait of answered contacts ÷ answered contacts",
    evidence=(
        "leg_id",
        "ticket_id",
        "offered_at",
        "answered_at",
        "wait_seconds",
        "channel",
        "queue",
        "team",
        "agent",
    ),
    rewards="answering the newest first, or losing those who wait long",
    exposes="staffing that does not follow demand through the day",
    supports=("staffing", "scheduling", "routing"),
    needs=("answered", "offered"),
    read_with=("missed_contact_rate", "service_level"),
    variants=(
        Variant(
            "p90", "what the slowest tenth at least waits", value=Quantile("wait_seconds", 0.9)
        ),
        Variant(
            "with_ivr",
            "from reaching the system, menus included",
            value=Mean("wait_with_ivr_seconds"),
            evidence=(
                "leg_id",
                "ticket_id",
                "ivr_at",
                "offered_at",
                "answered_at",
                "wait_with_ivr_seconds",
                "channel",
                "queue",
                "team",
                "agent",
            ),
        ),
        Variant(
            "with_abandons",
            "also those who gave up, with the time they waited, placed when offered",
            anchor="offered_at",
            where=f"{INBOUND} and outcome in ('answered', 'abandoned', 'missed')",
        ),
    ),
    references=(
        Reference(
            "a launch took it from 30 seconds to 3 minutes; triage brought it under one",
            "seed 000, section 4",
        ),
        Reference(
            "under 20-30 seconds is good, above 2 minutes bad", "seed 003, key metrics overview"
        ),
    ),
)
