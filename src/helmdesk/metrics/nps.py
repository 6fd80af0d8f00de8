"""Promoters less detractors among the answers to relationship surveys, from -100 to +100 points.

It asks about the company, not about a ticket. A contact counts once in a window (90 days unless the
desk says otherwise), with the last answer. One account with many contacts can drown the others: see
the variant by account.
"""

from datetime import date

from helmdesk.catalogue.kinds.count import Count
from helmdesk.catalogue.kinds.group_mean import GroupMean
from helmdesk.catalogue.kinds.net_share import NetShare
from helmdesk.catalogue.metric import Change, Metric, Reference, Variant

NPS = "instrument_kind = 'nps' and is_last and is_counted and is_answer and score is not null"

metric = Metric(
    key="nps",
    name="Net promoter score",
    version=3,
    owner="support operations",
    changes=(
        Change(1, date(2026, 11, 22), "first definition"),
        Change(
            2,
            date(2026, 11, 26),
            "unit net_share: told as points from -100 to +100, not as a percentage; the value is"
            " the same",
        ),
        Change(
            3,
            date(2026, 11, 26),
            "a number outside 0 to 10 (99, -1: no opinion) or no number is no answer, neither"
            " promoter nor detractor",
        ),
    ),
    pillar="customer_quality",
    category="customer_experience",
    unit="net_share",
    direction="higher",
    fact="responses",
    anchor="responded_at",
    value=NetShare("score >= 9", "score <= 6"),
    where=f"{NPS} and coalesce(about, 'relationship') = 'relationship' and is_last_of_contact",
    where_words="last answer of each contact to a relationship NPS survey within nps_days",
    formula="share answering 9 or 10 - share answering 0 to 6",
    evidence=("response_id", "responded_at", "score", "comment", "account", "tier"),
    rewards="asking promoters; begging for a nine",
    exposes="whether the relationship holds, beyond single tickets",
    supports=("product", "staffing"),
    needs=("responded",),
    read_with=("csat", "csat_response_rate"),
    variants=(
        Variant(
            "no_answer",
            "asked and dismissed, no opinion, or outside the scale: how many",
            value=Count(),
            unit="answers",
            where="instrument_kind = 'nps' and is_last and is_counted and not is_answer",
        ),
        Variant(
            "by_account",
            "mean over contacts of each account, then over accounts: every account counts alike",
            value=GroupMean(
                "case when score >= 9 then 1.0 when score <= 6 then -1.0 else 0.0 end", "account_id"
            ),
            where=(
                f"{NPS} and coalesce(about, 'relationship') = 'relationship' and is_last_of_contact"
                " and account_id is not null"
            ),
        ),
        Variant(
            "transactional",
            "asked after a ticket; never mixed with the relationship",
            where=f"{NPS} and about = 'transactional'",
        ),
    ),
    references=(
        Reference(
            "below 0 is bad, above 30 good, above 50 excellent", "seed 003, key metrics overview"
        ),
    ),
)
