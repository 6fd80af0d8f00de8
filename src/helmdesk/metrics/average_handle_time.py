"""What a call or chat takes of an agent's time: talking, holding and wrapping up.

Chats that one agent holds at once share that agent's time. Short is good only while customers are
helped, so it never stands without first contact resolution and satisfaction.
"""

from datetime import date

from helmdesk.catalogue.kinds.mean import Mean
from helmdesk.catalogue.kinds.quantile import Quantile
from helmdesk.catalogue.metric import Change, Metric, Reference, Variant

HANDLED = "is_counted and outcome = 'answered'"

metric = Metric(
    key="average_handle_time",
    name="Average handle time",
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
    category="operational_excellence",
    unit="seconds",
    direction="band",
    fact="contacts",
    anchor="handled_at",
    value=Mean("handle_seconds"),
    where=HANDLED,
    where_words="answered calls and chats that have ended, placed when their handling ended",
    formula="(talk or active chat + hold + wrap, chats divided by concurrency) ÷ handled contacts",
    evidence=(
        "leg_id",
        "ticket_id",
        "answered_at",
        "handled_at",
        "talk_seconds",
        "hold_seconds",
        "wrap_seconds",
        "handle_seconds",
        "channel",
        "queue",
        "team",
        "agent",
    ),
    rewards="hurrying, transferring, hanging up",
    exposes="scattered knowledge, slow tools, cases too hard for the queue",
    supports=("tooling", "coaching", "staffing"),
    needs=("answered", "ended|wrap_ended"),
    read_with=("fcr", "csat"),
    variants=(
        Variant(
            "median",
            "the middle contact: one endless call does not move it",
            value=Quantile("handle_seconds", 0.5),
        ),
        Variant(
            "elapsed_chat",
            "undivided: from answer to wrap-up, however many chats ran at once",
            "Intercom",
            value=Mean("elapsed_handle_seconds"),
        ),
        Variant(
            "per_ticket",
            "work logged on a ticket, else the handle time of its contacts, over the tickets that"
            " ended and have any",
            fact="tickets",
            anchor="last_solved_at",
            value=Mean("handle_seconds"),
            where="is_counted and last_solved_at < forever()",
            needs=("work_started|answered",),
            evidence=(
                "ticket_id",
                "created_at",
                "last_solved_at",
                "outcome",
                "handle_seconds",
                "channel",
                "team",
                "agent",
            ),
        ),
    ),
    references=(
        Reference(
            "scattered answers took chats from 7 to 11 minutes; one knowledge base took them to 8",
            "seed 000, section 2",
        ),
        Reference(
            "under 5-6 minutes is good, above 10 bad, by channel and product",
            "seed 003, key metrics overview",
        ),
    ),
)
