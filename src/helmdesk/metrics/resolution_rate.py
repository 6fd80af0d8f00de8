"""Whether the team keeps up: tickets solved in a period against tickets created in it.

Below 100% the backlog grows. Solved and created tickets are different sets, each dated by its own
instant; the variant `cohort` follows the created ones instead. What ended without a solution
(closed by a rule, declined, cancelled, duplicate, invalid, unsolved) is not solved.
"""

from datetime import date

from helmdesk.catalogue.kind import Part
from helmdesk.catalogue.kinds.difference import Difference
from helmdesk.catalogue.kinds.ratio import Ratio
from helmdesk.catalogue.kinds.share import Share
from helmdesk.catalogue.metric import Change, Metric, Reference, Variant

metric = Metric(
    key="resolution_rate",
    name="Resolution rate",
    version=2,
    owner="support operations",
    changes=(
        Change(1, date(2026, 11, 22), "first definition"),
        Change(
            2,
            date(2026, 11, 26),
            "tickets that ended declined, cancelled, duplicate, invalid or unsolved are not solved",
        ),
    ),
    pillar="operational_efficiency",
    category="resolution_quality",
    unit="share",
    direction="higher",
    fact="tickets",
    value=Ratio(
        numerator=Part(
            "solved",
            "last_solved_at",
            "is_counted and last_solved_at < forever() and outcome = 'solved'",
        ),
        denominator=Part("created", "created_at", "is_counted"),
    ),
    where="is_counted",
    where_words=(
        "tickets that somebody solved placed at their last solve, created tickets at their"
        " creation; those a rule closed, declined, cancelled and duplicate ones are not solved"
    ),
    formula="tickets solved in the period ÷ tickets created in the period",
    evidence=(
        "ticket_id",
        "created_at",
        "last_solved_at",
        "status",
        "outcome",
        "team",
        "agent",
        "channel",
    ),
    rewards="closing as much as arrives, whatever the age",
    exposes="demand above capacity before the backlog shows it",
    supports=("staffing", "scheduling", "product"),
    needs=("status_changed",),
    read_with=("backlog", "reopen_rate"),
    variants=(
        Variant(
            "cohort",
            "share of the tickets created in the period that are solved by now",
            value=Share("last_solved_at < forever() and outcome = 'solved'"),
            anchor="created_at",
        ),
        Variant(
            "net_flow",
            "created less solved: by how much the period's work grew",
            unit="tickets",
            direction="lower",
            value=Difference(
                numerator=Part("created", "created_at", "is_counted"),
                denominator=Part(
                    "solved",
                    "last_solved_at",
                    "is_counted and last_solved_at < forever() and outcome = 'solved'",
                ),
            ),
        ),
        Variant(
            "with_auto_closed",
            "tickets that a rule closed count as solved",
            "most helpdesk reports",
            value=Ratio(
                numerator=Part(
                    "solved",
                    "last_solved_at",
                    "is_counted and last_solved_at < forever() and outcome in ('solved',"
                    " 'auto_closed')",
                ),
                denominator=Part("created", "created_at", "is_counted"),
            ),
        ),
        Variant(
            "with_not_done",
            "every end counts as solved: also declined, cancelled, duplicate, invalid and unsolved"
            " tickets, and those a rule closed",
            "most helpdesk reports",
            value=Ratio(
                numerator=Part(
                    "solved", "last_solved_at", "is_counted and last_solved_at < forever()"
                ),
                denominator=Part("created", "created_at", "is_counted"),
            ),
        ),
    ),
    references=(
        Reference("consistently under 100% means a growing backlog", "seed 003, section 9"),
    ),
)
