"""How satisfied the customers of solved tickets likely are, those who answered no survey included.

What is told at a ticket's last solve is the chance of a good CSAT answer, by a model that had
learned from answers given before that week and saw of the ticket what was known then. It never
counts as an answer. Its interval says how sure the mean of the chances is, not how right they are:
that is the variant `gap`, on tickets that were answered. Who answers is not who stays silent.
"""

from datetime import date

from helmdesk.catalogue.kinds.mean import Mean
from helmdesk.catalogue.kinds.share import Share
from helmdesk.catalogue.metric import Change, Metric, Reference, Variant

SOLVED = "is_counted and outcome = 'solved'"
KNOWN = f"{SOLVED} and csat_chance is not null and csat_is_good is not null"

metric = Metric(
    key="predicted_csat",
    name="Predicted satisfaction",
    version=1,
    owner="support operations",
    changes=(Change(1, date(2026, 11, 28), "first definition"),),
    pillar="customer_quality",
    category="customer_experience",
    unit="share",
    direction="higher",
    fact="closings",
    anchor="last_solved_at",
    value=Mean("csat_chance"),
    where=SOLVED,
    where_words=(
        "tickets that somebody solved and of whose last solve it was foretold, whether or"
        " not their customer answered a survey"
    ),
    formula="sum of the chances told at the last solve ÷ tickets of which one was told",
    evidence=(
        "ticket_id",
        "last_solved_at",
        "csat_chance",
        "csat_model",
        "csat_is_good",
        "channel",
        "team",
        "agent",
    ),
    rewards="nothing by itself: it is an estimate for many tickets, and judges no person",
    exposes="what those who do not answer would likely have said",
    supports=("staffing", "routing", "product"),
    needs=("predicted",),
    read_with=("csat", "csat_response_rate"),
    variants=(
        Variant(
            "coverage",
            "share of solved tickets of which it was foretold",
            value=Share("csat_chance is not null"),
        ),
        Variant(
            "answered",
            "the prediction, of tickets whose customer answered after the solve alone",
            where=KNOWN,
        ),
        Variant(
            "answered_really",
            "what came, of the same tickets",
            value=Share("csat_is_good"),
            where=KNOWN,
        ),
        Variant(
            "gap",
            "prediction less what came, of the same tickets: above 0 it promised too much",
            direction="context",
            value=Mean("csat_chance - case when csat_is_good then 1 else 0 end"),
            where=KNOWN,
        ),
        Variant(
            "silent",
            "the prediction, of tickets whose customer has not answered alone",
            where=f"{SOLVED} and csat_is_good is null",
        ),
    ),
    references=(
        Reference(
            "predicted scores must reproduce the answers that came; few customers answer",
            "research: act 7",
        ),
    ),
)
