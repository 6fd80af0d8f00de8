"""Share of solved tickets whose customer was helped in one go.

One round of replies by one person, no reopen, and no further ticket of the same customer about the
same thing within the repeat window. Tickets younger than the window are pending, not successes.
Tickets closed without any human reply are not in it, nor are those that ended without a solution
(closed by a rule, declined, cancelled, duplicate ...).
"""

from datetime import date

from helmdesk.catalogue.kind import Part
from helmdesk.catalogue.kinds.share import Share
from helmdesk.catalogue.metric import Change, Metric, Reference, Variant

SOLVED = "is_counted and last_solved_at < forever() and outcome = 'solved' and human_rounds >= 1"

metric = Metric(
    key="fcr",
    name="First contact resolution",
    version=3,
    owner="support operations",
    changes=(
        Change(1, date(2026, 11, 22), "first definition"),
        Change(
            2,
            date(2026, 11, 26),
            "survey: what lies outside the instrument's lists is no answer and no longer counts as"
            " unsolved",
        ),
        Change(
            3,
            date(2026, 11, 26),
            "tickets that ended declined, cancelled, duplicate, invalid or unsolved are not solved",
        ),
    ),
    pillar="customer_quality",
    category="resolution_quality",
    unit="share",
    direction="higher",
    fact="tickets",
    anchor="last_solved_at",
    value=Share(
        "human_rounds = 1 and not is_reopened_in_time and not is_repeated and not"
        " (fcr_escalation_fails and escalations > 0)"
    ),
    where=f"{SOLVED} and is_fcr_mature",
    where_words=(
        "tickets solved with at least one human reply, at least repeat_days (7) ago, placed at"
        " their last solve"
    ),
    formula=(
        "tickets with one human contact round, no reopen and no related repeat ÷ mature solved"
        " tickets"
    ),
    evidence=(
        "ticket_id",
        "created_at",
        "last_solved_at",
        "human_rounds",
        "is_reopened_in_time",
        "repeat_ticket_id",
        "escalations",
        "issue_type",
        "team",
        "agent",
    ),
    rewards="finishing in one go; also closing early and not asking back",
    exposes="missing permissions and knowledge, wrong routing, unfixed causes",
    supports=("tooling", "routing", "coaching", "product"),
    pending=Part("pending", "last_solved_at", f"{SOLVED} and not is_fcr_mature"),
    needs=("message", "status_changed"),
    read_with=("csat", "reopen_rate", "escalation_rate"),
    variants=(
        Variant(
            "one_touch",
            "exactly one public reply by a person",
            "Zendesk, dbt_zendesk",
            value=Share("human_replies = 1"),
            where=SOLVED,
            is_without_pending=True,
        ),
        Variant(
            "lt_two_replies",
            "fewer than two public replies by people, none included",
            "Zendesk (older page)",
            value=Share("human_replies < 2"),
            where="is_counted and last_solved_at < forever() and outcome = 'solved'",
            is_without_pending=True,
        ),
        Variant(
            "no_reopen", "not reopened within reopen_days", value=Share("not is_reopened_in_time")
        ),
        Variant(
            "within_15_min",
            "solved, or closed by a rule, within 15 minutes of creation",
            "Zammad",
            value=Share("first_solve_seconds <= 900"),
            where=(
                "is_counted and first_solved_at < forever() and first_outcome in ('solved',"
                " 'auto_closed')"
            ),
            anchor="first_solved_at",
            needs=("status_changed",),
            is_without_pending=True,
        ),
        Variant(
            "survey",
            "share who say so when asked",
            fact="responses",
            anchor="responded_at",
            value=Share("is_positive"),
            where="instrument_kind = 'fcr' and is_last and is_counted and is_answer",
            needs=("responded",),
            is_without_pending=True,
            evidence=(
                "response_id",
                "ticket_id",
                "responded_at",
                "answer",
                "channel",
                "team",
                "agent",
            ),
        ),
        Variant(
            "agent_declared",
            "calls and chats that their agent declared resolved ÷ answered ones with a declaration",
            fact="contacts",
            anchor="offered_at",
            value=Share("is_declared_resolved"),
            where="is_counted and outcome = 'answered' and is_declared_resolved is not null",
            needs=("answered",),
            is_without_pending=True,
            evidence=(
                "leg_id",
                "ticket_id",
                "offered_at",
                "answered_at",
                "is_declared_resolved",
                "queue",
                "team",
                "agent",
            ),
        ),
    ),
    references=(
        Reference("under 65-70% is bad, above 75-80% good", "seed 003, key metrics overview"),
        Reference(
            "password resets without permission held it at 65%; the right permission took it"
            " to 78%",
            "seed 000, section 3",
        ),
    ),
)
