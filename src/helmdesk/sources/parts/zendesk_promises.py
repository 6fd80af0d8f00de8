"""What Zendesk promised: SLA policies, their targets, and due dates."""

from __future__ import annotations

from collections.abc import Mapping

from helmdesk.quoting import text
from helmdesk.records.staging import Staging
from helmdesk.sources.parts.zendesk_tables import (
    TIMES,
    at,
    entity,
    has_table,
    reject_time,
    tickets_told,
)
from helmdesk.sources.reading.flags import flag, flag_fault
from helmdesk.sources.reading.raw_tables import RawTable

DUE_DATE = "due_date"
SLA_METRICS = (
    "first_reply_time",
    "next_reply_time",
    "requester_wait_time",
    "agent_work_time",
    "total_resolution_time",
    "periodic_update_time",
    "pausable_update_time",
)

# Seconds of a target such as {"minutes": 60, "in_business_hours": true}.
TARGET = """case when json_valid({0})
    then cast(round(coalesce(try_cast(json_extract_string({0}, '$.minutes') as double) * 60,
    try_cast(json_extract_string({0}, '$.seconds') as double))) as bigint) end"""


def stage_promises(staging: Staging, base: Mapping[str, str]) -> None:
    """SLA targets and due dates that stand in the history, each from the moment it was set until it
    is changed or taken away.
    """
    staging.connection.execute(
        f"""create temp table z_promises as
        with p as (select ticket_id, {at("updated")} as named_at, value from z_ticket_field_history
            where field_name = 'sla_policy' and value is not null)
        select h.*, (select arg_max(p.value, p.named_at) from p where p.ticket_id = h.ticket_id
            and p.named_at <= {at("h.updated")}) as policy,
            case when h.field_name <> 'due_at' then {TARGET.format("h.value")}
                end as target_seconds,
            case when h.field_name <> 'due_at' and json_valid(h.value)
                then coalesce(lower(json_extract_string(h.value, '$.in_business_hours')) = 'true',
                false) end
                as is_business
        from z_ticket_field_history h where h.field_name in ('due_at',
            {", ".join(text(metric) for metric in SLA_METRICS)})"""
    )
    rows = "z_promises h where h.field_name"
    is_target = "coalesce(h.target_seconds > 0, false)"
    staging.reject(
        "value",
        "value",
        """'not an SLA target such as {"minutes": 60, "in_business_hours": true}'""",
        f"{rows} <> 'due_at' and h.value is not null and not {is_target}",
        is_whole_row=True,
    )
    staging.reject(
        "value",
        "value",
        TIMES.fault("h.value"),
        f"{rows} = 'due_at' and {TIMES.fault('h.value')} is not null",
        is_whole_row=True,
    )
    promise = {**base, "policy_id": "coalesce(h.policy, 'zendesk')", "clock": "h.field_name"}
    staging.add(
        "policy_applied",
        {**promise, "target_seconds": "h.target_seconds", "is_business": "h.is_business"},
        f"{rows} <> 'due_at' and {is_target}",
    )
    staging.add("policy_removed", promise, f"{rows} <> 'due_at' and h.value is null")
    due = {**base, "policy_id": text(DUE_DATE), "clock": text(DUE_DATE)}
    staging.add(
        "policy_applied",
        {**due, "due_at": at("h.value")},
        f"{rows} = 'due_at' and {at('h.value')} is not null",
    )
    staging.add("policy_removed", due, f"{rows} = 'due_at' and h.value is null")


def stage_policies(staging: Staging, _tables: Mapping[str, RawTable]) -> None:
    """All targets that one policy had from one instant on become one version of the policy."""
    reject_time(staging, "sla_policy_metric_history", "sla_policy_updated_at")
    is_target = "coalesce(try_cast(target as bigint) > 0, false)"
    is_told = f"{flag('business_hours')} is not null"
    is_known = f"metric in ({', '.join(text(metric) for metric in SLA_METRICS)})"
    rows = "z_sla_policy_metric_history"
    staging.reject(
        "target",
        "target",
        "'target is not a number of minutes'",
        f"{rows} where not {is_target}",
        is_whole_row=True,
    )
    staging.reject(
        "business_hours",
        "business_hours",
        f"coalesce({flag_fault('business_hours')}, 'empty: neither yes nor no')",
        f"{rows} where not ({is_told})",
        is_whole_row=True,
    )
    # One target nobody can measure must not take the policy's others with it.
    staging.reject(
        "metric",
        "metric",
        "'an SLA metric that cannot be measured here'",
        f"{rows} where not coalesce({is_known}, false)",
        is_whole_row=True,
    )
    staging.connection.execute(f"""create temp table z_policies as
        select sla_policy_id as id, sla_policy_updated_at, min(_file) as _file, min(_row) as _row,
            to_json(list(struct_pack(clock := metric, priority := priority,
                target_seconds := try_cast(target as bigint) * 60,
                is_business := {flag("business_hours")}) order by metric, priority)) as definition
        from {rows} where {is_target} and {is_known} and {is_told}
        group by sla_policy_id, sla_policy_updated_at""")
    staging.add(
        "sla_policy",
        entity("sla_policy", {"definition": "z.definition"}, "z.sla_policy_updated_at"),
        "z_policies z",
    )


def stage_ticket_policies(staging: Staging, tables: Mapping[str, RawTable]) -> None:
    """Policies of tickets whose history does not hold the targets themselves: those were in force,
    whatever the policy says.
    """
    reject_time(staging, "ticket_sla_policy", "policy_applied_at")
    told = (
        f"{tickets_told(tables, *SLA_METRICS)} and {TARGET.format('value')} > 0"
        if has_table(tables, "ticket_field_history")
        else "select null::varchar where false"
    )
    staging.add(
        "policy_applied",
        {
            "record_id": (
                "'zendesk:policy:' || z.ticket_id || ':' || z.sla_policy_id || ':' ||"
                " z.policy_applied_at"
            ),
            "source_id": "z.ticket_id",
            "occurred_at": at("z.policy_applied_at"),
            "ticket_id": "z.ticket_id",
            "policy_id": "z.sla_policy_id",
            "actor_kind": "'automation'",
            "_file": "z._file",
            "_row": "z._row",
        },
        f"z_ticket_sla_policy z where z.ticket_id not in ({told})",
    )
