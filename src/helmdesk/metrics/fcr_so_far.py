"""First contact resolution with the newest tickets in it.

First contact resolution waits until nobody can come back in time, and so says nothing of the last
days. Here a ticket that is solved counts from its first hour, for as long as it has been watched:
the Kaplan-Meier share of solves that hold to the end of the window. Where all windows are over it
is first contact resolution itself.
"""

from datetime import date

from helmdesk.catalogue.kinds.lasting import Lasting
from helmdesk.catalogue.metric import Change, Metric, Reference

metric = Metric(
    key="fcr_so_far",
    name="First contact resolution so far",
    version=1,
    owner="support operations",
    changes=(Change(1, date(2026, 11, 28), "first definition"),),
    pillar="customer_quality",
    category="resolution_quality",
    unit="share",
    direction="higher",
    fact="closings",
    anchor="last_solved_at",
    value=Lasting("held_seconds", "is_over", "is_fcr_mature"),
    where="is_counted and outcome = 'solved' and human_rounds >= 1",
    where_words=(
        "tickets solved with at least one human reply, those whose window is still open for as long"
        " as they were watched, placed at their last solve"
    ),
    formula=(
        "product over the times at which customers came back of (1 - came back then ÷ still watched"
        " then)"
    ),
    evidence=(
        "ticket_id",
        "last_solved_at",
        "human_rounds",
        "is_in_one_go",
        "held_seconds",
        "is_over",
        "repeat_ticket_id",
        "issue_type",
        "team",
        "agent",
    ),
    rewards="finishing in one go; also closing early and not asking back",
    exposes="a fall in first contact resolution a week before it is certain",
    supports=("tooling", "routing", "coaching", "product"),
    needs=("message", "status_changed"),
    read_with=("fcr", "reopen_rate"),
    references=(
        Reference(
            "open windows enter by Kaplan and Meier, JASA 53 (1958)",
            "research: insight 5, detection of first contact resolution",
        ),
    ),
)
