"""One number from 0 to 100 for each account at the end of each month, with every component beside
it.

It is a declared mixture, not a discovery: satisfaction and its trend, open and aged work, promises
kept, escalations and NPS over the last 90 days, weighted as the fact says. What an account has too
little of is left out and the rest re-weighted; the drill-down shows each part.
"""

from datetime import date

from helmdesk.catalogue.kinds.mean import Mean
from helmdesk.catalogue.kinds.quantile import Quantile
from helmdesk.catalogue.kinds.share import Share
from helmdesk.catalogue.metric import Change, Metric, Variant

metric = Metric(
    key="account_health",
    name="Account health",
    version=2,
    owner="customer success",
    changes=(
        Change(1, date(2026, 11, 22), "first definition"),
        Change(
            2,
            date(2026, 11, 26),
            "intervals of means and ratios of amounts that cannot be negative stay above zero: log"
            " scale where the normal one would not",
        ),
    ),
    pillar="customer_quality",
    category="customer_experience",
    unit="points",
    direction="higher",
    fact="account_health",
    anchor="placed_at",
    value=Mean("health"),
    where="health is not null",
    where_words=(
        "accounts with at least two known components, at each month's end and at the end of the"
        " data"
    ),
    formula="weighted mean of the known components, each from 0 to 100; mean over accounts",
    evidence=(
        "account",
        "tier",
        "assessed_at",
        "health",
        "satisfaction",
        "satisfaction_trend",
        "open_work",
        "aged_work",
        "promises",
        "escalations",
        "recommendation",
        "components",
    ),
    rewards="attention to accounts that complain",
    exposes="accounts that slide while averages stand still",
    supports=("routing", "product", "staffing"),
    needs=("account",),
    read_with=("nps", "csat", "breach_exposure"),
    variants=(
        Variant("median", "the middle account", value=Quantile("health", 0.5)),
        Variant(
            "at_risk",
            "share of accounts under 50",
            unit="share",
            direction="lower",
            value=Share("health < 50"),
        ),
    ),
)
