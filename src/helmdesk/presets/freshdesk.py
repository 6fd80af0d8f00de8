"""Freshdesk Analytics: only tickets assigned to somebody, public notes are responses, merged and
spam apart.
"""

from helmdesk.presets.parts.preset import Preset, Step, ToolMetric
from helmdesk.presets.parts.rules import (
    BOT_TIME,
    FIRST_REPLY,
    FROM_CREATED,
    ONE_TOUCH,
    ONE_TOUCH_OF_ALL,
    RESOLUTION,
    RESOLUTION_OF_ALL,
    counted,
)

ASSIGNED = "(agent is not null or team is not null)"


def _assigned(value: str) -> Step:
    return Step(
        "unassigned",
        f"case when {ASSIGNED} then {value} end",
        "tickets that nobody and no group ever held are left out",
    )


preset = Preset(
    name="freshdesk",
    tool="Freshdesk Analytics",
    sources=("Freshdesk support 50000000041 (support metrics)", "research/field.md, section 3"),
    metrics=(
        ToolMetric(
            "first_response_time_minutes",
            "first_response_time",
            FIRST_REPLY,
            (
                Step("bot time", BOT_TIME, "the clock starts at creation"),
                Step("opened by the team", FROM_CREATED, "also for tickets that an agent opened"),
                _assigned(FROM_CREATED),
            ),
            variant="mean",
        ),
        ToolMetric(
            "resolution_time_minutes",
            "resolution_time",
            RESOLUTION,
            (RESOLUTION_OF_ALL, _assigned(RESOLUTION_OF_ALL.value)),
            variant="mean",
        ),
        ToolMetric(
            "first_contact_resolution",
            "fcr",
            ONE_TOUCH,
            (
                ONE_TOUCH_OF_ALL,
                Step(
                    "reopen",
                    counted(
                        "case when human_replies = 1 and reopens + thank_you_reopens = 0 then 1.0"
                        " else 0.0 end",
                        "is_solved and human_rounds >= 1",
                    ),
                    "solved in the first response and never reopened",
                ),
                _assigned(
                    counted(
                        "case when human_replies = 1 and reopens + thank_you_reopens = 0 then 1.0"
                        " else 0.0 end",
                        "is_solved and human_rounds >= 1",
                    )
                ),
            ),
            variant="one_touch",
            unit="share",
            total="share",
        ),
        ToolMetric(
            "created_tickets",
            "ticket_volume",
            "case when is_counted and not is_outbound and not is_split then 1.0 end",
            (
                Step("opened by the team", counted("1.0"), "tickets that agents opened count"),
                _assigned(counted("1.0")),
            ),
            unit="tickets",
            total="count",
        ),
    ),
    left_out=(
        "public notes cannot be told from replies in most exports; business time follows the"
        " group's hours: use --clock business"
    ),
)
