"""How many customers of solved tickets likely found it easy, those who were never asked included.

What is told at a ticket's last solve is the chance of an easy answer to the effort survey, by a
model that had learned from answers given before that week and saw of the ticket what was known
then. It never counts as an answer. Its interval says how sure the mean of the chances is, not how
right they are: that is the variant `gap`, on tickets that were answered.
"""

from datetime import date

from helmdesk.catalogue.kinds.mean import Mean
from helmdesk.catalogue.kinds.share import Share
from helmdesk.catalogue.metric import Change, Metric, Reference, Variant

SOLVED = "is_counted and outcome = 'solved'"
KNOWN = f"{SOLVED} and ces_chance is not null and ces_is_easy is not null"

metric = Metric(
    key="predicted_ces",
    name="Predicted ease",
    version=1,
    owner="support operations",
    changes=(Change(1, date(2026, 11, 28), "first definition"),),
    pillar="customer_quality",
    category="customer_experience",
    unit="share",
    direction="higher",
    fact="closings",
    anchor="last_solved_at",
    value=Mean("ces_chance"),
    where=SOLVED,
    where_words=(
        "tickets that somebody solved and of whose last solve it was foretold, whether or"
        " not their customer was asked"
    ),
    formula="sum of the chances told at the last solve ÷ tickets of which one was told",
    evidence=(
        "ticket_id",
        "last_solved_at",
        "ces_chance",
        "ces_model",
        "ces_is_easy",
        "channel",
        "team",
        "agent",
    ),
    rewards="nothing by itself: it is an estimate for many tickets, and judges no person",
    exposes="effort of customers whom nobody asked",
    supports=("staffing", "routing", "product"),
    needs=("predicted",),
    read_with=("ces", "effort_index"),
    variants=(
        Variant(
            "coverage",
            "share of solved tickets of which it was foretold",
            value=Share("ces_chance is not null"),
        ),
        Variant(
            "answered",
            "the prediction, of tickets whose customer answered after the solve alone",
            where=KNOWN,
        ),
        Variant(
            "answered_really",
            "what came, of the same tickets",
            value=Share("ces_is_easy"),
            where=KNOWN,
        ),
        Variant(
            "gap",
            "prediction less what came, of the same tickets: above 0 it promised too much",
            direction="context",
            value=Mean("ces_chance - case when ces_is_easy then 1 else 0 end"),
            where=KNOWN,
        ),
        Variant(
            "silent",
            "the prediction, of tickets whose customer has not answered alone",
            where=f"{SOLVED} and ces_is_easy is null",
        ),
    ),
    references=(
        Reference(
            "predicted scores must reproduce the answers that came; few customers answer",
            "research: act 7",
        ),
    ),
)
