"""Salesforce: a report or an export of cases, by label or by the name of the field."""

from __future__ import annotations

from helmdesk.sources.parts.profile import Profile

profile = Profile(
    title="Salesforce cases",
    tells=(
        "Case Number",
        "Case Owner",
        "Case Origin",
        "Date/Time Opened",
        "Date/Time Closed",
        "Case Reason",
        "Case Record Type",
        "CaseNumber",
        "OwnerId",
        "IsClosed",
        "SystemModstamp",
        "LastModifiedDate",
        "Opened Date",
        "Case ID",
    ),
    fields={
        "ticket_id": ("Case Number", "CaseNumber", "Case ID", "Id"),
        "created": ("Date/Time Opened", "CreatedDate", "Created Date", "Opened Date"),
        "closed": ("Date/Time Closed", "ClosedDate", "Closed Date"),
        "updated": ("LastModifiedDate", "Case Last Modified Date", "Last Modified Date"),
        "status": ("Status",),
        "priority": ("Priority",),
        "channel": ("Case Origin", "Origin"),
        "issue_type": ("Type", "Case Reason", "Reason"),
        "agent_id": ("Case Owner", "OwnerId", "Owner"),
        "customer_id": ("Contact Name", "ContactId", "Contact ID"),
        "account_id": ("Account Name", "AccountId", "Account ID"),
    },
    statuses={
        "New": "new",
        "Working": "open",
        "In Progress": "open",
        "Escalated": "open",
        "On Hold": "waiting_third_party",
        "Waiting on Customer": "waiting_customer",
        "Pending Customer": "waiting_customer",
        "Closed": "closed",
        "Merged": "closed",
    },
    checked="the product's documentation of the object Case and its standard report",
)
