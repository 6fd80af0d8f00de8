"""Share of delivered satisfaction surveys that were answered.

Both sides carry the same filters, and a survey belongs to the period in which it was sent. A low or
shifting rate means that CSAT describes the talkative, not the customers.
"""

from datetime import date

from helmdesk.catalogue.kinds.share import Share
from helmdesk.catalogue.metric import Change, Metric, Variant

metric = Metric(
    key="csat_response_rate",
    name="CSAT response rate",
    version=2,
    owner="support operations",
    changes=(
        Change(1, date(2026, 11, 22), "first definition"),
        Change(
            2,
            date(2026, 11, 28),
            "customers whom a survey rule held back are recorded beside those who were asked; they"
            " count in the variant `reach` alone",
        ),
    ),
    pillar="customer_quality",
    category="customer_experience",
    unit="share",
    direction="higher",
    fact="invites",
    anchor="sent_at",
    value=Share("is_answered"),
    where=(
        "instrument_kind = 'csat' and coalesce(about, 'transactional') = 'transactional'"
        " and is_counted and is_asked and is_delivered and not is_withdrawn"
    ),
    where_words=(
        "transactional CSAT surveys delivered, placed when sent; spam, merged and deleted tickets"
        " apart"
    ),
    formula="surveys answered ÷ surveys delivered",
    evidence=(
        "survey_id",
        "ticket_id",
        "sent_at",
        "responded_at",
        "is_answered",
        "channel",
        "team",
        "agent",
        "account",
    ),
    rewards="asking at the right moment; also asking only those who will answer",
    exposes="how far satisfaction can be trusted",
    supports=("tooling", "data"),
    needs=("sent",),
    read_with=("csat",),
    variants=(
        Variant(
            "reach",
            "customers asked, of all who came under a survey rule; placed when their ticket was"
            " solved where they were not asked; of every kind of survey",
            value=Share("is_asked"),
            where="is_counted and probability is not null",
        ),
        Variant(
            "every_survey",
            "surveys of every kind that were delivered and answered",
            where="is_counted and is_asked and is_delivered and not is_withdrawn",
        ),
    ),
)
