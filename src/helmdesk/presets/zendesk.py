"""Zendesk Explore, as its help pages define the numbers: minutes, one schedule for the whole of a single-event metric."""

from helmdesk.presets.preset import Preset, Step, ToolMetric
from helmdesk.presets.rules import (
    BOT_TIME,
    FIRST_REPLY,
    FIRST_REPLY_BUSINESS,
    FIRST_SOLVE,
    FROM_CREATED,
    RESOLUTION,
    counted,
    minutes,
    with_gone,
)


def _floor(value: str) -> Step:
    return Step("rounding", f"floor({value})", "metric events keep whole minutes")


_REPLIED = "first_reply_at < forever()"
_SPAN = "case when bot_started_at is not null or is_outbound then first_reply_from_created_business_seconds else first_reply_business_seconds end"
_ANCHORED = "case when bot_started_at is not null or is_outbound then first_reply_from_created_business_seconds else first_reply_business_at_anchor_seconds end"


def _single(name: str, ours: str, calendar: str, key: str, variant: str | None) -> ToolMetric:
    return ToolMetric(name, key, ours, (with_gone(calendar), _floor(calendar)), variant=variant)


preset = Preset(
    name="zendesk",
    tool="Zendesk Explore",
    sources=("Zendesk help 4408821871642 (first reply), 4408820618266 (one-touch), 5654110765338 (business hours)", "research/field.md, section 3"),
    metrics=(
        ToolMetric(
            "first_reply_time_min", "first_response_time", FIRST_REPLY,
            (
                Step("bot time", BOT_TIME, "the clock starts at creation, time with a bot included"),
                Step("opened by the team", FROM_CREATED, "also for tickets that an agent opened"),
                with_gone(f"case when {_REPLIED} then {minutes('first_reply_from_created_seconds')} end"),
                _floor(f"case when {_REPLIED} then {minutes('first_reply_from_created_seconds')} end"),
            ),
            variant="mean",
        ),
        ToolMetric(
            "first_reply_time_within_business_hours_min", "first_response_time", FIRST_REPLY_BUSINESS,
            (
                Step("bot time", counted(minutes(_SPAN), _REPLIED), "the clock starts at creation"),
                Step("calendar mode", counted(minutes(_ANCHORED), _REPLIED), "one schedule applies to the whole span"),
                with_gone(f"case when {_REPLIED} then {minutes(_ANCHORED)} end"),
                _floor(f"case when {_REPLIED} then {minutes(_ANCHORED)} end"),
            ),
            variant="mean", clock="business",
        ),
        _single("first_resolution_time_min", FIRST_SOLVE, f"case when first_solved_at < forever() then {minutes('first_solve_seconds')} end",
                "resolution_time", "first_solve"),
        _single("full_resolution_time_min", RESOLUTION, f"case when is_solved then {minutes('resolution_seconds')} end", "resolution_time", "mean"),
        ToolMetric(
            "full_resolution_time_within_business_hours_min", "resolution_time", counted(minutes("resolution_business_seconds"), "is_solved"),
            (
                Step("calendar mode", counted(minutes("resolution_business_at_anchor_seconds"), "is_solved"), "one schedule applies to the whole span"),
                with_gone("case when is_solved then " + minutes("resolution_business_at_anchor_seconds") + " end"),
                _floor("case when is_solved then " + minutes("resolution_business_at_anchor_seconds") + " end"),
            ),
            variant="mean", clock="business",
        ),
        _single("requester_wait_time_min", counted(minutes("requester_wait_seconds"), "is_solved"),
                "case when is_solved then " + minutes("requester_wait_seconds") + " end", "resolution_time", "requester_wait_time"),
        _single("agent_wait_time_min", counted(minutes("pending_seconds"), "is_solved"),
                "case when is_solved then " + minutes("pending_seconds") + " end", "resolution_time", "agent_wait_time"),
        _single("on_hold_time_min", counted(minutes("on_hold_seconds"), "is_solved"),
                "case when is_solved then " + minutes("on_hold_seconds") + " end", "resolution_time", "on_hold_time"),
        ToolMetric(
            "one_touch_tickets", "fcr", counted("case when human_replies = 1 then 1.0 else 0.0 end", "is_solved and human_rounds >= 1"),
            (
                Step("no reply at all", counted("case when human_replies < 2 then 1.0 else 0.0 end", "is_solved"), "fewer than two replies, none included"),
                with_gone("case when is_solved then case when human_replies < 2 then 1.0 else 0.0 end end"),
            ),
            variant="one_touch", unit="share", total="share",
        ),
        ToolMetric(
            "reopens", "reopen_rate", counted("reopens * 1.0", "first_solved_at < forever()"),
            (
                Step("thank-you", counted("(reopens + thank_you_reopens) * 1.0", "first_solved_at < forever()"), "a customer's thank-you that wakes a ticket is a reopen"),
                with_gone("case when first_solved_at < forever() then (reopens + thank_you_reopens) * 1.0 end"),
            ),
            variant="events_per_ticket", unit="reopens",
        ),
        ToolMetric("tickets", "ticket_volume", "case when is_counted and not is_outbound and not is_split then 1.0 end",
                   (Step("opened by the team", counted("1.0"), "tickets that agents opened, and follow-ups, count"), with_gone("1.0")),
                   unit="tickets", total="count"),
    ),
    left_out="metrics of updates (Ticket updates dataset) have no counterpart",
)  # fmt: skip
