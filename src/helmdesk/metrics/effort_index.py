"""What it took a customer until their ticket was solved, in points: by what happened, not by
asking.

One point for every further contact of the customer, every time they were passed on, every change of
channel, every question that was asked again, and every day they waited for us (five at most). The
parts are variants of their own. What customers themselves say is another metric, customer effort
score; `easy` is that answer on the same tickets, to be read by the dimension `effort`.
"""

from datetime import date

from helmdesk.catalogue.kinds.mean import Mean
from helmdesk.catalogue.kinds.share import Share
from helmdesk.catalogue.metric import Change, Metric, Reference, Variant

SOLVED = "is_counted and outcome = 'solved'"

metric = Metric(
    key="effort_index",
    name="Customer effort index",
    version=1,
    owner="support operations",
    changes=(Change(1, date(2026, 11, 28), "first definition"),),
    pillar="customer_quality",
    category="customer_experience",
    unit="points",
    direction="lower",
    fact="closings",
    anchor="last_solved_at",
    value=Mean("effort_points"),
    where=SOLVED,
    where_words="tickets that somebody solved, placed at their last solve",
    formula=(
        "(further contacts + hand-overs + changes of channel + questions asked again + days of"
        " waiting, five at most) ÷ solved tickets"
    ),
    evidence=(
        "ticket_id",
        "last_solved_at",
        "effort_points",
        "further_contacts",
        "handovers",
        "channel_switches",
        "questions_again",
        "waiting_days",
        "ces_is_easy",
        "channel",
        "team",
        "agent",
    ),
    rewards="solving in one go by who took it; also closing before the customer can write again",
    exposes="hand-overs, questions asked twice, waiting, and channels that lead nowhere",
    supports=("routing", "tooling", "product", "staffing"),
    needs=("status_changed", "message|offered"),
    read_with=("ces", "fcr"),
    variants=(
        Variant(
            "contacts",
            "further messages and calls of the customer, more than an hour after the one before",
            value=Mean("further_contacts"),
        ),
        Variant("handovers", "times the ticket was passed on", value=Mean("handovers")),
        Variant(
            "channel_switches", "changes of channel by the customer", value=Mean("channel_switches")
        ),
        Variant(
            "questions_again",
            "replies that ask what an earlier one asked; needs the text of messages",
            value=Mean("questions_again"),
        ),
        Variant(
            "waiting", "days the customer waited for us, five at most", value=Mean("waiting_days")
        ),
        Variant(
            "high",
            "share of tickets with four points and more",
            value=Share("effort_points >= 4"),
            unit="share",
        ),
        Variant(
            "easy",
            "share of customers asked for their effort after the solve who found it easy",
            value=Share("ces_is_easy"),
            unit="share",
            direction="higher",
            where=f"{SOLVED} and ces_is_easy is not null",
            needs=("status_changed", "responded"),
        ),
    ),
    references=(
        Reference(
            "customer effort by contacts, transfers, channel switches, questions asked again and"
            " waiting, before asking for it",
            "research: insight 5",
        ),
    ),
)
