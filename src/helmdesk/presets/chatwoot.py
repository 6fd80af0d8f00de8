"""Chatwoot reports: averages of reporting events, one per resolution, durations fixed when they
happened.
"""

from helmdesk.presets.parts.preset import Preset, Step, ToolMetric
from helmdesk.presets.parts.rules import (
    FIRST_REPLY,
    FIRST_SOLVE,
    FIRST_SOLVE_OF_ALL,
    FROM_CREATED,
    SOLVED,
    auto_closed,
    counted,
    minutes,
    with_gone,
)

COUNTED_FROM = (
    "case when is_outbound then first_reply_from_created_seconds else first_reply_seconds end"
)
_ANY = "case when first_any_reply_at < forever() then first_any_reply_seconds end"

preset = Preset(
    name="chatwoot",
    tool="Chatwoot reports",
    sources=(
        "chatwoot: app/listeners/reporting_event_listener.rb, pull requests 6409, 12058",
        "research/field.md, sections 2 and 3; research/peers.md, section 3",
    ),
    metrics=(
        ToolMetric(
            "avg_first_response_time_minutes",
            "first_response_time",
            FIRST_REPLY,
            (
                Step(
                    "opened by the team",
                    counted(
                        minutes(
                            "case when is_outbound then first_reply_from_created_seconds else"
                            " first_reply_seconds end"
                        ),
                        "first_reply_at < forever()",
                    ),
                    "conversations that agents opened also count from creation; after a bot the"
                    " hand-off is the start",
                ),
                with_gone(f"case when first_reply_at < forever() then {minutes(COUNTED_FROM)} end"),
            ),
            variant="mean",
        ),
        ToolMetric(
            "avg_first_response_time_minutes_before_pr_6409",
            "first_response_time",
            FIRST_REPLY,
            (
                Step("bot time", FROM_CREATED, "the clock starts at creation"),
                Step(
                    "bot reply",
                    counted(minutes(_ANY)),
                    "the first message from our side counts, whoever sent it",
                ),
                with_gone(minutes(_ANY)),
            ),
            variant="mean",
        ),
        ToolMetric(
            "avg_resolution_time_minutes",
            "resolution_time",
            FIRST_SOLVE,
            (
                FIRST_SOLVE_OF_ALL,
                with_gone(
                    "case when first_solved_at < forever() then "
                    + minutes("first_solve_seconds")
                    + " end"
                ),
            ),
            variant="first_solve",
        ),
        ToolMetric(
            "resolutions_count",
            "resolution_rate",
            counted("1.0", SOLVED),
            (
                auto_closed(counted("1.0", "is_solved")),
                Step(
                    "reopen",
                    counted(
                        "(reopens + thank_you_reopens + case when is_solved then 1 else 0 end)"
                        " * 1.0",
                        "first_solved_at < forever()",
                    ),
                    "every resolution is an event: a conversation resolved three times counts three"
                    " times",
                ),
                with_gone(
                    "case when first_solved_at < forever() then (reopens + thank_you_reopens + case"
                    " when is_solved then 1 else 0 end) * 1.0 end"
                ),
            ),
            unit="tickets",
            total="sum",
        ),
        ToolMetric(
            "conversations_count",
            "ticket_volume",
            "case when is_counted and not is_outbound and not is_split then 1.0 end",
            (
                Step(
                    "opened by the team", counted("1.0"), "conversations that agents opened count"
                ),
                with_gone("1.0"),
            ),
            unit="tickets",
            total="count",
        ),
    ),
    left_out=(
        "business values were fixed with the inbox's hours of that moment, without holidays, and"
        " cannot be computed again"
    ),
)
