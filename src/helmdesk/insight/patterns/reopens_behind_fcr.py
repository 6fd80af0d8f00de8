"""First contact resolution looks better because hard tickets are no longer escalated, and they come
back.

Fewer escalations raise first contact resolution by definition; when reopens rise with it, the work
was not done.
"""

from helmdesk.insight.checks import Side, together
from helmdesk.insight.pattern import Pattern

pattern = Pattern(
    title="First contact resolution rose, escalations fell, reopens rose",
    needs=("fcr", "escalation_rate", "reopen_rate"),
    lever="routing",
    act="Let hard tickets be handed to specialists again, and watch how many come back.",
    alternatives=(
        "training or new permissions whose first weeks go wrong",
        "a release that breaks fixes already made",
    ),
    if_wrong="escalating again what the front line had learnt to solve",
    review=("reopen_rate", 6, "reopens stay up after hard tickets are escalated again"),
    check=together(Side("fcr", 1), Side("escalation_rate", -1), Side("reopen_rate", 1)),
)
