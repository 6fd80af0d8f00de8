"""Share of satisfied answers among valid answers to transactional satisfaction surveys.

What counts as satisfied is the instrument's business: top two of 1-5, good of good/bad. A
customer's last revision counts. Relationship surveys are another metric. The score says what those
who answered felt: read it with the response rate.
"""

from datetime import date

from helmdesk.catalogue.kinds.count import Count
from helmdesk.catalogue.kinds.mean import Mean
from helmdesk.catalogue.kinds.net_share import NetShare
from helmdesk.catalogue.kinds.share import Share
from helmdesk.catalogue.kinds.sum_ratio import SumRatio
from helmdesk.catalogue.metric import Change, Metric, Reference, Variant

TRANSACTIONAL = (
    "instrument_kind = 'csat' and coalesce(about, 'transactional') = 'transactional' and is_counted"
    " and is_answer"
)
UNANSWERED = TRANSACTIONAL.replace("is_answer", "not is_answer")

metric = Metric(
    key="csat",
    name="Customer satisfaction",
    version=3,
    owner="support operations",
    changes=(
        Change(1, date(2026, 11, 22), "first definition"),
        Change(
            2,
            date(2026, 11, 26),
            "what lies outside the instrument's scale or lists is no answer and no longer counts as"
            " unhappy; 5.0 and '5 - Very satisfied' are 5",
        ),
        Change(3, date(2026, 11, 28), "the variant `weighted`; the value itself as before"),
    ),
    pillar="customer_quality",
    category="customer_experience",
    unit="share",
    direction="higher",
    fact="responses",
    anchor="responded_at",
    value=Share("is_positive"),
    where=f"{TRANSACTIONAL} and is_last",
    where_words=(
        "last revision of each answer to a transactional CSAT survey; spam, merged and deleted"
        " tickets apart"
    ),
    formula="satisfied answers ÷ valid answers",
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
    rewards="courtesy and choosing whom to ask",
    exposes="where support loses trust: waits, hand-offs, unsolved problems",
    supports=("staffing", "routing", "coaching", "product"),
    needs=("responded",),
    read_with=("csat_response_rate", "first_response_time"),
    variants=(
        Variant(
            "mean_score",
            "mean of the numeric score",
            "Intercom, Freshdesk",
            value=Mean("score"),
            unit="points",
        ),
        Variant(
            "net",
            "satisfied less dissatisfied answers",
            value=NetShare("is_positive", "is_negative"),
        ),
        Variant(
            "no_answer",
            "asked and dismissed, no opinion, or outside the scale: how many",
            value=Count(),
            unit="answers",
            where=f"{UNANSWERED} and is_last",
        ),
        Variant(
            "weighted",
            "each answer counts for all whom the survey rule could have asked in its place: by one"
            " over the recorded probability of being asked; answers to no rule count once",
            value=SumRatio("case when is_positive then asked_weight else 0 end", "asked_weight"),
        ),
        Variant(
            "first_answer",
            "the first answer instead of the last revision",
            where=f"{TRANSACTIONAL} and is_first",
        ),
    ),
    references=(
        Reference("under 70-80% is bad, above 90% good", "seed 003, key metrics overview"),
        Reference(
            "a fall from 92% to 85% in a month was traced to waits at peak hours",
            "seed 000, section 1",
        ),
    ),
)
