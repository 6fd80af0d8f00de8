"""First replies come sooner but say less: the whole ticket takes longer and needs more replies.

A first reply that only says "we are looking into it" meets a target and helps nobody.
"""

from helmdesk.insight.checks import Side, together
from helmdesk.insight.pattern import Pattern

pattern = Pattern(
    title="First replies are quicker, resolution slower, with more replies per ticket",
    needs=("first_response_time", "resolution_time", "replies_per_ticket"),
    lever="coaching",
    act="Read ten first replies with their tickets, and agree what a first reply must hold.",
    alternatives=(
        "automatic replies are counted as people's",
        "harder topics arrived in the same weeks",
    ),
    if_wrong="slower first replies without quicker answers",
    review=(
        "replies_per_ticket",
        6,
        "replies per ticket do not fall when first replies are allowed to take longer",
    ),
    check=together(
        Side("first_response_time", -1), Side("resolution_time", 1), Side("replies_per_ticket", 1)
    ),
)
