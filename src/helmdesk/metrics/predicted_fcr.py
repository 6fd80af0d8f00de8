"""How many of the tickets solved were likely solved in one go, on the day they are closed.

What is told at a ticket's last solve is the chance that nobody has to come back about it, by a
model that had learned from tickets whose window was over before that week and saw of the ticket
what was known then: its course, and where messages have a text, whether they thank, complain again,
ask or promise. Its interval says how sure the mean of the chances is, not how right they are: that
is the variant `gap`, on tickets whose window is over by now.
"""

from datetime import date

from helmdesk.catalogue.kinds.mean import Mean
from helmdesk.catalogue.kinds.share import Share
from helmdesk.catalogue.metric import Change, Metric, Reference, Variant

SOLVED = "is_counted and outcome = 'solved' and human_rounds >= 1"
KNOWN = f"{SOLVED} and fcr_chance is not null and fcr_is_good is not null"

metric = Metric(
    key="predicted_fcr",
    name="Predicted first contact resolution",
    version=1,
    owner="support operations",
    changes=(Change(1, date(2026, 11, 28), "first definition"),),
    pillar="customer_quality",
    category="resolution_quality",
    unit="share",
    direction="higher",
    fact="closings",
    anchor="last_solved_at",
    value=Mean("fcr_chance"),
    where=SOLVED,
    where_words=(
        "tickets that somebody solved with at least one human reply and of whose last solve it was"
        " foretold, whether or not it is certain yet"
    ),
    formula="sum of the chances told at the last solve ÷ tickets of which one was told",
    evidence=(
        "ticket_id",
        "last_solved_at",
        "fcr_chance",
        "fcr_model",
        "fcr_is_good",
        "channel",
        "team",
        "agent",
    ),
    rewards="nothing by itself: it is an estimate for many tickets, and judges no person",
    exposes="tickets that will come back, on the day they are closed",
    supports=("staffing", "routing", "product"),
    needs=("predicted",),
    read_with=("fcr", "fcr_so_far"),
    variants=(
        Variant(
            "coverage",
            "share of solved tickets of which it was foretold",
            value=Share("fcr_chance is not null"),
        ),
        Variant(
            "certain",
            "the prediction, of tickets whose window is over alone",
            where=KNOWN,
        ),
        Variant(
            "certain_really",
            "what came, of the same tickets",
            value=Share("fcr_is_good"),
            where=KNOWN,
        ),
        Variant(
            "gap",
            "prediction less what came, of the same tickets: above 0 it promised too much",
            direction="context",
            value=Mean("fcr_chance - case when fcr_is_good then 1 else 0 end"),
            where=KNOWN,
        ),
        Variant(
            "open",
            "the prediction, of tickets whose window is still open alone",
            where=f"{SOLVED} and fcr_is_good is null",
        ),
    ),
    references=(
        Reference(
            "predicted scores must reproduce the answers that came; few customers answer",
            "research: act 7",
        ),
    ),
)
