"""Zendesk Explore, as its help pages define the numbers: minutes, one schedule for the whole of a
single-event metric.
"""

from helmdesk.presets.parts.preset import Preset, Step, ToolMetric
from helmdesk.presets.parts.rules import (
    BOT_TIME,
    FIRST_REPLY,
    FIRST_REPLY_BUSINESS,
    FROM_CREATED,
    ONE_TOUCH,
    ONE_TOUCH_OF_ALL,
    SOLVED,
    auto_closed,
    counted,
    minutes,
    with_gone,
)


def _floor(value: str) -> Step:
    return Step("rounding", f"floor({value})", "metric events keep whole minutes")


_REPLIED = "first_reply_at < forever()"
_SPAN = (
    "case when bot_started_at is not null or is_outbound then"
    " first_reply_from_created_business_seconds else first_reply_business_seconds end"
)
_ANCHORED = (
    "case when bot_started_at is not null or is_outbound then"
    " first_reply_from_created_business_seconds else first_reply_business_at_anchor_seconds end"
)


def _single(name: str, seconds: str, solved: str, done: str, variant: str) -> ToolMetric:
    everyone = f"case when {solved} then {minutes(seconds)} end"
    steps = (auto_closed(counted(minutes(seconds), solved)), with_gone(everyone), _floor(everyone))
    return ToolMetric(
        name,
        "resolution_time",
        counted(minutes(seconds), f"{solved} and {done}"),
        steps,
        variant=variant,
    )


preset = Preset(
    name="zendesk",
    tool="Zendesk Explore",
    system="zendesk",
    sources=(
        (
            "Zendesk help 4408821871642 (first reply), 4408820618266 (one-touch), 5654110765338"
            " (business hours)"
        ),
        "research/field.md, section 3",
    ),
    metrics=(
        ToolMetric(
            "first_reply_time_min",
            "first_response_time",
            FIRST_REPLY,
            (
                Step(
                    "bot time", BOT_TIME, "the clock starts at creation, time with a bot included"
                ),
                Step("opened by the team", FROM_CREATED, "also for tickets that an agent opened"),
                with_gone(
                    f"case when {_REPLIED} then {minutes('first_reply_from_created_seconds')} end"
                ),
                _floor(
                    f"case when {_REPLIED} then {minutes('first_reply_from_created_seconds')} end"
                ),
            ),
            variant="mean",
        ),
        ToolMetric(
            "first_reply_time_within_business_hours_min",
            "first_response_time",
            FIRST_REPLY_BUSINESS,
            (
                Step("bot time", counted(minutes(_SPAN), _REPLIED), "the clock starts at creation"),
                Step(
                    "calendar mode",
                    counted(minutes(_ANCHORED), _REPLIED),
                    "one schedule applies to the whole span",
                ),
                with_gone(f"case when {_REPLIED} then {minutes(_ANCHORED)} end"),
                _floor(f"case when {_REPLIED} then {minutes(_ANCHORED)} end"),
            ),
            variant="mean",
            clock="business",
        ),
        _single(
            "first_resolution_time_min",
            "first_solve_seconds",
            "first_solved_at < forever()",
            "first_outcome = 'solved'",
            "first_solve",
        ),
        _single(
            "full_resolution_time_min",
            "resolution_seconds",
            "is_solved",
            "outcome = 'solved'",
            "mean",
        ),
        ToolMetric(
            "full_resolution_time_within_business_hours_min",
            "resolution_time",
            counted(minutes("resolution_business_seconds"), SOLVED),
            (
                auto_closed(counted(minutes("resolution_business_seconds"), "is_solved")),
                Step(
                    "calendar mode",
                    counted(minutes("resolution_business_at_anchor_seconds"), "is_solved"),
                    "one schedule applies to the whole span",
                ),
                with_gone(
                    "case when is_solved then "
                    + minutes("resolution_business_at_anchor_seconds")
                    + " end"
                ),
                _floor(
                    "case when is_solved then "
                    + minutes("resolution_business_at_anchor_seconds")
                    + " end"
                ),
            ),
            variant="mean",
            clock="business",
        ),
        _single(
            "requester_wait_time_min",
            "requester_wait_seconds",
            "is_solved",
            "outcome = 'solved'",
            "requester_wait_time",
        ),
        _single(
            "agent_wait_time_min",
            "pending_seconds",
            "is_solved",
            "outcome = 'solved'",
            "agent_wait_time",
        ),
        _single(
            "on_hold_time_min", "on_hold_seconds", "is_solved", "outcome = 'solved'", "on_hold_time"
        ),
        ToolMetric(
            "one_touch_tickets",
            "fcr",
            ONE_TOUCH,
            (
                ONE_TOUCH_OF_ALL,
                Step(
                    "no reply at all",
                    counted("case when human_replies < 2 then 1.0 else 0.0 end", "is_solved"),
                    "fewer than two replies, none included",
                ),
                with_gone(
                    "case when is_solved then case when human_replies < 2 then 1.0 else 0.0 end end"
                ),
            ),
            variant="one_touch",
            unit="share",
            total="share",
        ),
        ToolMetric(
            "reopens",
            "reopen_rate",
            counted("reopens * 1.0", "first_solved_at < forever()"),
            (
                Step(
                    "thank-you",
                    counted("(reopens + thank_you_reopens) * 1.0", "first_solved_at < forever()"),
                    "a customer's thank-you that wakes a ticket is a reopen",
                ),
                with_gone(
                    "case when first_solved_at < forever() then (reopens + thank_you_reopens) *"
                    " 1.0 end"
                ),
            ),
            variant="events_per_ticket",
            unit="reopens",
        ),
        ToolMetric(
            "tickets",
            "ticket_volume",
            "case when is_counted and not is_outbound and not is_split then 1.0 end",
            (
                Step(
                    "opened by the team",
                    counted("1.0"),
                    "tickets that agents opened, and follow-ups, count",
                ),
                with_gone("1.0"),
            ),
            unit="tickets",
            total="count",
        ),
    ),
    left_out="metrics of updates (Ticket updates dataset) have no counterpart",
)
