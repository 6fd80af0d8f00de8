"""Intercom reports: conversations from their start, teammates only, everything dated by the
conversation.
"""

from helmdesk.presets.parts.preset import Preset, Step, ToolMetric
from helmdesk.presets.parts.rules import (
    FIRST_REPLY,
    FIRST_SOLVE,
    FIRST_SOLVE_OF_ALL,
    ONE_TOUCH,
    ONE_TOUCH_OF_ALL,
    counted,
    minutes,
    with_gone,
)

_ASSIGNED = (
    "case when first_reply_at < forever() then case when bot_started_at is not null then"
    " first_reply_seconds else first_reply_from_created_seconds end end"
)

preset = Preset(
    name="intercom",
    tool="Intercom reports",
    system="intercom",
    sources=(
        (
            "Intercom help 3653556 (responsiveness), 7022438 (metrics), developers.intercom.com"
            " (conversation statistics)"
        ),
        "research/field.md, section 3",
    ),
    metrics=(
        ToolMetric(
            "time_to_first_reply_minutes",
            "first_response_time",
            FIRST_REPLY,
            (
                Step(
                    "opened by the team",
                    counted(minutes(_ASSIGNED)),
                    "an outbound conversation also counts from its start; bot time stays out",
                ),
                with_gone(minutes(_ASSIGNED)),
            ),
            variant="mean",
        ),
        ToolMetric(
            "time_to_close_minutes",
            "resolution_time",
            FIRST_SOLVE,
            (
                FIRST_SOLVE_OF_ALL,
                Step(
                    "last close",
                    counted(minutes("resolution_seconds"), "is_solved"),
                    "from the start to the last close",
                ),
                with_gone("case when is_solved then " + minutes("resolution_seconds") + " end"),
            ),
            variant="first_solve",
        ),
        ToolMetric(
            "closed_on_first_contact",
            "fcr",
            ONE_TOUCH,
            (
                ONE_TOUCH_OF_ALL,
                Step(
                    "several replies",
                    counted(
                        "case when people_replying = 1 and reopens + thank_you_reopens = 0 then 1.0"
                        " else 0.0 end",
                        "is_solved and human_rounds >= 1",
                    ),
                    "closed once with one teammate, however many replies it took",
                ),
                with_gone(
                    "case when is_solved and human_rounds >= 1 then case when people_replying = 1"
                    " and reopens + thank_you_reopens = 0 then 1.0 else 0.0 end end"
                ),
            ),
            variant="one_touch",
            unit="share",
            total="share",
        ),
        ToolMetric(
            "conversations",
            "ticket_volume",
            "case when is_counted and not is_outbound and not is_split then 1.0 end",
            (
                Step(
                    "opened by the team",
                    counted("1.0"),
                    "outbound conversations that got an answer count",
                ),
                with_gone("1.0"),
            ),
            unit="tickets",
            total="count",
        ),
    ),
    left_out=(
        "office hours are removed by the API and not by report templates: choose the clock"
        " yourself; the AI score has no counterpart"
    ),
)
