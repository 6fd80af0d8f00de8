"""Share of customers who found it easy to get their issue handled.

Scale and direction belong to the instrument: on the usual seven points of agreement with "made it
easy" the answers 5 to 7 are easy. Older forms ask for effort on five points and run the other way:
see `effort_1_5`.
"""

from datetime import date

from helmdesk.catalogue.kinds.count import Count
from helmdesk.catalogue.kinds.mean import Mean
from helmdesk.catalogue.kinds.net_share import NetShare
from helmdesk.catalogue.kinds.share import Share
from helmdesk.catalogue.metric import Change, Metric, Reference, Variant

CES = "instrument_kind = 'ces' and is_last and is_counted and is_answer"

metric = Metric(
    key="ces",
    name="Customer effort score",
    version=2,
    owner="support operations",
    changes=(
        Change(1, date(2026, 11, 22), "first definition"),
        Change(
            2,
            date(2026, 11, 26),
            "what lies outside the instrument's scale or lists is no answer and no longer counts as"
            " effort; 5.0 is 5",
        ),
    ),
    pillar="customer_quality",
    category="customer_experience",
    unit="share",
    direction="higher",
    fact="responses",
    anchor="responded_at",
    value=Share("is_positive"),
    where=CES,
    where_words=(
        "last revision of each answer to an effort survey; spam, merged and deleted tickets apart"
    ),
    formula="answers that say it was easy ÷ valid answers",
    evidence=(
        "response_id",
        "ticket_id",
        "responded_at",
        "answer",
        "is_positive",
        "comment",
        "channel",
        "team",
        "agent",
        "account",
    ),
    rewards="removing steps; also asking only after easy cases",
    exposes="menus, repeated explanations, missing self-service",
    supports=("product", "tooling", "routing"),
    needs=("responded",),
    read_with=("csat",),
    variants=(
        Variant(
            "mean_score",
            "mean of the numeric score",
            unit="points",
            value=Mean("score"),
            where=f"{CES} and score is not null",
        ),
        Variant(
            "no_answer",
            "asked and dismissed, no opinion, or outside the scale: how many",
            value=Count(),
            unit="answers",
            where=CES.replace("is_answer", "not is_answer"),
        ),
        Variant(
            "net_easy",
            "6 or 7 less 1 to 3 on the seven-point scale",
            value=NetShare("score >= 6", "score <= 3"),
            where=f"{CES} and scale_high = 7 and score is not null",
        ),
        Variant(
            "effort_1_5",
            "1 or 2 on the older five-point effort scale, which runs the other way",
            value=Share("score <= 2"),
            where=f"{CES} and scale_high = 5 and score is not null",
        ),
    ),
    references=(Reference("a new IVR menu took it from 80% to 60%", "seed 000, section 6"),),
)
