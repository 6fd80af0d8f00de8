"""dbt_zendesk: the documented decisions of the package, its quirks included; its faults are named,
never reproduced.

Statuses and resolutions are counted in minute boundaries, replies in seconds over sixty. Its faults
appear only in a comparison with its own output (``--against``: ``ticket_metrics`` or
``sla_policies``), and each only where it predicts that output.
"""

from helmdesk.presets.parts.dbt_faults import CLASSES, create_tool_faults
from helmdesk.presets.parts.preset import Export, Fault, Preset, Step, ToolMetric
from helmdesk.presets.parts.rules import (
    BOT_TIME,
    FIRST_REPLY,
    FIRST_REPLY_BUSINESS,
    FIRST_SOLVE,
    FIRST_SOLVE_OF_ALL,
    ONE_TOUCH,
    ONE_TOUCH_OF_ALL,
    RESOLUTION,
    RESOLUTION_OF_ALL,
    SOLVED,
    auto_closed,
    counted,
    minutes,
    with_gone,
)

# A source that knows nobody gave no user table to drop tickets by.
KNOWN = "is_requester_known or source not in (select source from tickets where is_requester_known)"
SOLVED_THERE = "is_dbt_solved"


def _week(column: str) -> Fault:
    return Fault(
        "whole weeks",
        f"week_{column} / 60.0",
        tolerance=1.0,
        help=(
            "changes of the clocks take effect on the Sunday of their week in UTC, and hours that"
            " touch a holiday are dropped for that week"
        ),
    )


def _after(column: str) -> Fault:
    return Fault(
        "clock runs into the future",
        f"value + after_{column} / 60.0",
        when="not is_solved",
        tolerance=1.0,
        help=(
            "an unfinished status of an unfinished schedule runs on until 1,000 hours after the run"
        ),
    )


def _outside(column: str) -> Fault:
    return Fault(
        "outside opening hours",
        f"outside_{column} / 60.0",
        "a status wholly outside opening hours counts in full",
        tolerance=1.0,
    )


NEVER_REPLIED = Fault(
    "reply that never came",
    "after_reply / 60.0",
    when="dbt_reply_seconds is null and agent_comments > 0",
    tolerance=1.0,
    help=(
        "the first comment was an agent's and no other followed: the wait runs until 1,000 hours"
        " after the run"
    ),
)


def _until_run(statuses: str) -> Fault:
    return Fault(
        "time of the run",
        "value + late_minutes",
        "the present status runs until the package was run, not until the end of our data",
        when=f"not is_solved and not is_deleted and status in {statuses}",
        tolerance=1.0,
    )


def _requester(value: str) -> Step:
    return Step(
        "requester unknown",
        f"case when {KNOWN} then {value} end",
        "a ticket whose requester is not in the user table is dropped",
    )


def _no_touch(replies: str) -> tuple[Step, ...]:
    value = f"case when {SOLVED_THERE} and agent_comments {replies} then 1.0 else 0.0 end"
    return Step("open ticket", value, "a ticket that is not solved counts too, as no"), _requester(
        value
    )


def _no_schedule(value: str) -> Step:
    return Step(
        "no schedule",
        value,
        "business time that nobody knows, for want of a schedule, is given as 0",
    )


def _status(
    name: str, ours: str, everyone: str, boundaries: str, variant: str, wait: str
) -> ToolMetric:
    return ToolMetric(
        name,
        "resolution_time",
        counted(minutes(ours), SOLVED),
        (
            auto_closed(counted(minutes(ours), "is_solved")),
            Step(
                "open ticket",
                counted(minutes(everyone)),
                "open tickets count, with their present status running until now",
            ),
            Step(
                "rounding",
                counted(f"{boundaries} * 1.0"),
                "minutes are counted as minute boundaries crossed",
            ),
            with_gone(f"{boundaries} * 1.0"),
            _requester(f"{boundaries} * 1.0"),
        ),
        variant=variant,
        faults=(_until_run(CLASSES[wait]),),
    )


def _status_business(name: str, seconds: str, variant: str, wait: str) -> ToolMetric:
    return ToolMetric(
        name,
        "resolution_time",
        counted(minutes(seconds), SOLVED),
        (
            auto_closed(counted(minutes(seconds), "is_solved")),
            Step(
                "open ticket",
                counted(minutes(seconds)),
                "open tickets count, with their present status running until now",
            ),
            with_gone(minutes(seconds)),
            _no_schedule(f"coalesce({minutes(seconds)}, 0.0)"),
            _requester(f"coalesce({minutes(seconds)}, 0.0)"),
        ),
        variant=variant,
        clock="business",
        faults=(_after(wait), _week(wait), _outside(wait)),
        tolerance=1.0,
    )


def _reply(name: str, ours: str, clock: str, bot_time: str, people: str, role: str) -> ToolMetric:
    given = (
        role
        if clock == "calendar"
        else f"case when dbt_reply_seconds is not null then coalesce({role}, 0.0) end"
    )
    return ToolMetric(
        name,
        "first_response_time",
        ours,
        (
            Step("bot time", bot_time, "the clock starts at creation, time with a bot included"),
            Step(
                "opened by the team",
                counted(people),
                "the first public comment is never the reply, unless a private note of an agent"
                " came before it",
            ),
            Step("bot reply", counted(role), "whoever has an agent's role replies, bots included"),
            with_gone(role),
            *(() if clock == "calendar" else (_no_schedule(given),)),
            _requester(given),
        ),
        variant="mean",
        clock=clock,
        tolerance=0.02 if clock == "calendar" else 1.0,
        faults=() if clock == "calendar" else (_week("reply"), NEVER_REPLIED),
    )


_BUSINESS_START = (
    "case when bot_started_at is not null then first_reply_from_created_business_seconds else"
    " first_reply_business_seconds end"
)
JUDGED = "state in ('met', 'breached', 'overdue')"
_BREACH = "case when state = 'met' then 0.0 else 1.0 end"
_REOPENS = "case when dbt_first_resolution_at is not null then dbt_reopens * 1.0 end"
_FIRST_SOLVED_AT = "date_diff('minute', created_at, dbt_first_resolution_at) * 1.0"
_LAST_SOLVED_AT = "date_diff('minute', created_at, dbt_last_resolution_at) * 1.0"

preset = Preset(
    name="dbt_zendesk",
    tool="dbt_zendesk 1.6",
    system="zendesk",
    sources=(
        "github.com/fivetran/dbt_zendesk, DECISIONLOG.md",
        "research/peers.md, sections 1.2 and 1.3",
    ),
    metrics=(
        _reply(
            "first_reply_time_calendar_minutes",
            FIRST_REPLY,
            "calendar",
            BOT_TIME,
            minutes("dbt_reply_by_people_seconds"),
            minutes("dbt_reply_seconds"),
        ),
        _reply(
            "first_reply_time_business_minutes",
            FIRST_REPLY_BUSINESS,
            "business",
            counted(minutes(_BUSINESS_START), "first_reply_at < forever()"),
            minutes("dbt_reply_by_people_business_seconds"),
            minutes("dbt_reply_business_seconds"),
        ),
        ToolMetric(
            "first_resolution_calendar_minutes",
            "resolution_time",
            FIRST_SOLVE,
            (
                FIRST_SOLVE_OF_ALL,
                Step(
                    "closed is no solve",
                    counted(minutes("seconds(created_at, dbt_first_resolution_at)")),
                    "the first time the status became solved; closed stands in only when it"
                    " never did",
                ),
                Step(
                    "rounding",
                    counted(_FIRST_SOLVED_AT),
                    "minutes are counted as minute boundaries crossed",
                ),
                with_gone(_FIRST_SOLVED_AT),
                _requester(_FIRST_SOLVED_AT),
            ),
            variant="first_solve",
        ),
        ToolMetric(
            "final_resolution_calendar_minutes",
            "resolution_time",
            RESOLUTION,
            (
                RESOLUTION_OF_ALL,
                Step(
                    "reopened and open",
                    counted(
                        minutes(
                            "case when is_solved then resolution_seconds else seconds(created_at,"
                            " dbt_last_resolution_at) end"
                        )
                    ),
                    "a ticket that is open again keeps the resolution it had",
                ),
                Step(
                    "closed is no solve",
                    counted(minutes("seconds(created_at, dbt_last_resolution_at)")),
                    "the last time the status became solved",
                ),
                Step(
                    "rounding",
                    counted(_LAST_SOLVED_AT),
                    "minutes are counted as minute boundaries crossed",
                ),
                with_gone(_LAST_SOLVED_AT),
                _requester(_LAST_SOLVED_AT),
            ),
        ),
        ToolMetric(
            "first_resolution_business_minutes",
            "resolution_time",
            counted(
                minutes("first_solve_business_seconds"),
                "first_solved_at < forever() and first_outcome = 'solved'",
            ),
            (
                auto_closed(
                    counted(minutes("first_solve_business_seconds"), "first_solved_at < forever()")
                ),
                Step(
                    "reopened and open",
                    counted(minutes("first_solve_business_seconds"), "is_solved"),
                    "a ticket that is open again loses its business values",
                ),
                with_gone(
                    f"case when {SOLVED_THERE} then {minutes('first_solve_business_seconds')} end"
                ),
                _no_schedule(
                    f"case when {SOLVED_THERE} then"
                    f" coalesce({minutes('first_solve_business_seconds')}, 0.0) end"
                ),
                _requester(
                    f"case when {SOLVED_THERE} then"
                    f" coalesce({minutes('first_solve_business_seconds')}, 0.0) end"
                ),
            ),
            variant="first_solve",
            clock="business",
            faults=(_week("first_solve"),),
            tolerance=1.0,
        ),
        ToolMetric(
            "full_resolution_business_minutes",
            "resolution_time",
            counted(minutes("resolution_business_seconds"), SOLVED),
            (
                auto_closed(counted(minutes("resolution_business_seconds"), "is_solved")),
                with_gone(
                    f"case when {SOLVED_THERE} then {minutes('resolution_business_seconds')} end"
                ),
                _no_schedule(
                    f"case when {SOLVED_THERE} then"
                    f" coalesce({minutes('resolution_business_seconds')}, 0.0) end"
                ),
                _requester(
                    f"case when {SOLVED_THERE} then"
                    f" coalesce({minutes('resolution_business_seconds')}, 0.0) end"
                ),
            ),
            clock="business",
            faults=(_week("resolution"),),
            tolerance=1.0,
        ),
        _status(
            "requester_wait_time_in_calendar_minutes",
            "requester_wait_seconds",
            "requester_wait_seconds",
            "requester_wait",
            "requester_wait_time",
            "requester_wait",
        ),
        _status(
            "agent_wait_time_in_calendar_minutes",
            "pending_seconds",
            "pending_seconds",
            "agent_wait",
            "agent_wait_time",
            "agent_wait",
        ),
        _status(
            "agent_work_time_in_calendar_minutes",
            "agent_work_seconds",
            "agent_work_seconds",
            "agent_work",
            "agent_work_time",
            "agent_work",
        ),
        _status(
            "on_hold_time_in_calendar_minutes",
            "on_hold_seconds",
            "on_hold_seconds",
            "case when has_old_hold then 0 else on_hold end",
            "on_hold_time",
            "on_hold",
        ),
        _status_business(
            "requester_wait_time_in_business_minutes",
            "requester_wait_business_seconds",
            "requester_wait_time",
            "requester_wait",
        ),
        _status_business(
            "agent_wait_time_in_business_minutes",
            "pending_business_seconds",
            "agent_wait_time",
            "agent_wait",
        ),
        _status_business(
            "agent_work_time_in_business_minutes",
            "agent_work_business_seconds",
            "agent_work_time",
            "agent_work",
        ),
        _status_business(
            "on_hold_time_in_business_minutes",
            "on_hold_business_seconds",
            "on_hold_time",
            "on_hold",
        ),
        ToolMetric(
            "is_one_touch_resolution",
            "fcr",
            ONE_TOUCH,
            (
                ONE_TOUCH_OF_ALL,
                Step(
                    "no reply at all",
                    counted("case when human_replies = 1 then 1.0 else 0.0 end", "is_solved"),
                    "tickets solved without a reply are in the denominator",
                ),
                Step(
                    "bot reply",
                    counted("case when agent_comments = 1 then 1.0 else 0.0 end", "is_solved"),
                    "bots with an agent's role count",
                ),
                with_gone(
                    "case when is_solved then case when agent_comments = 1 then 1.0 else 0.0"
                    " end end"
                ),
                *_no_touch("= 1"),
            ),
            variant="one_touch",
            unit="share",
            total="share",
        ),
        ToolMetric(
            "is_two_touch_resolution",
            "replies_per_ticket",
            counted("case when human_replies = 2 then 1.0 else 0.0 end", "is_solved"),
            (
                Step(
                    "bot reply",
                    counted("case when agent_comments = 2 then 1.0 else 0.0 end", "is_solved"),
                    "bots with an agent's role count",
                ),
                with_gone(
                    "case when is_solved then case when agent_comments = 2 then 1.0 else 0.0"
                    " end end"
                ),
                *_no_touch("= 2"),
            ),
            unit="share",
            total="share",
        ),
        ToolMetric(
            "is_multi_touch_resolution",
            "replies_per_ticket",
            counted("case when human_replies > 2 then 1.0 else 0.0 end", "is_solved"),
            (
                Step(
                    "no reply at all",
                    counted(
                        "case when human_replies not in (1, 2) then 1.0 else 0.0 end", "is_solved"
                    ),
                    "not one and not two: tickets solved without any reply are called multi-touch",
                ),
                Step(
                    "bot reply",
                    counted(
                        "case when agent_comments not in (1, 2) then 1.0 else 0.0 end", "is_solved"
                    ),
                    "bots with an agent's role count",
                ),
                with_gone(
                    "case when is_solved then case when agent_comments not in (1, 2) then 1.0 else"
                    " 0.0 end end"
                ),
                *_no_touch("not in (1, 2)"),
            ),
            unit="share",
            total="share",
        ),
        ToolMetric(
            "count_reopens",
            "reopen_rate",
            counted("reopens * 1.0", "first_solved_at < forever()"),
            (
                Step(
                    "thank-you",
                    counted("(reopens + thank_you_reopens) * 1.0", "first_solved_at < forever()"),
                    "a customer's thank-you that wakes a ticket is a reopen",
                ),
                Step(
                    "reopened and open",
                    counted("dbt_reopens * 1.0", "first_solved_at < forever()"),
                    "solves less one: a ticket still open again was never reopened",
                ),
                with_gone(_REOPENS),
                _requester(_REOPENS),
            ),
            variant="events_per_ticket",
            unit="reopens",
        ),
        ToolMetric(
            "assignee_stations_count",
            "transfers",
            counted("transfers * 1.0", "is_solved"),
            (
                Step(
                    "first assignment",
                    counted("assignee_stations * 1.0", "is_solved"),
                    "every assignment to a person counts, the first and repeated ones too; teams"
                    " do not",
                ),
                Step("open ticket", counted("assignee_stations * 1.0"), "open tickets count"),
                with_gone("assignee_stations * 1.0"),
                _requester("assignee_stations * 1.0"),
            ),
            unit="assignments",
        ),
        ToolMetric(
            "group_stations_count",
            "transfers",
            counted("team_changes * 1.0", "is_solved"),
            (
                Step(
                    "first assignment",
                    counted("group_stations * 1.0", "is_solved"),
                    "every assignment to a group counts, the first and repeated ones too",
                ),
                Step("open ticket", counted("group_stations * 1.0"), "open tickets count"),
                with_gone("group_stations * 1.0"),
                _requester("group_stations * 1.0"),
            ),
            unit="assignments",
        ),
        ToolMetric(
            "tickets_created",
            "ticket_volume",
            "case when is_counted and not is_outbound and not is_split then 1.0 end",
            (
                Step(
                    "opened by the team",
                    counted("1.0"),
                    "tickets that agents opened, and follow-ups, count",
                ),
                with_gone("1.0"),
                _requester("1.0"),
                Step(
                    "time zone",
                    f"case when {KNOWN} then 1.0 end",
                    "a day is a day in UTC, whatever the reader's zone",
                    is_utc=True,
                ),
            ),
            unit="tickets",
            total="count",
            is_presence=True,
        ),
        ToolMetric(
            "is_sla_breach",
            "sla_compliance",
            counted(_BREACH, JUDGED),
            (
                Step(
                    "other clocks",
                    counted(_BREACH, f"{JUDGED} and is_dbt_clock"),
                    "only first and next reply, agent work and requester wait; one row a promise",
                ),
                Step(
                    "not due yet",
                    counted(_BREACH, f"{JUDGED} and is_dbt_clock and not is_due_later"),
                    "what was answered before it was due is no answer until then",
                ),
                with_gone(
                    f"case when {JUDGED} and is_dbt_clock and not is_due_later then {_BREACH} end"
                ),
            ),
            unit="share",
            total="share",
            fact="tool_sla_clocks",
            row="event_id",
            anchor="started_at",
            export="sla_policies",
        ),
    ),
    exports=(
        Export("sla_policies", ("ticket_id", "metric", "sla_applied_at"), mark="sla_applied_at"),
        Export("ticket_metrics", ("ticket_id",)),
    ),
    run_at="unsolved_ticket_age_minutes",
    faults=create_tool_faults,
    left_out=(
        "reply time in total, tags and daily history have no counterpart among our metrics; its"
        " unreplied count and satisfaction flags are faults (always 0; swapped)"
    ),
)
