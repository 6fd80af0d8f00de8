"""Freshdesk: the export of a ticket view, CSV or workbook."""

from __future__ import annotations

from helmdesk.sources.parts.profile import Profile

profile = Profile(
    title="Freshdesk ticket export",
    tells=(
        "Due by Time",
        "Initial response time",
        "First response time (in hrs)",
        "Resolution time (in hrs)",
        "Agent interactions",
        "Customer interactions",
        "Resolution status",
        "First response status",
        "Every response status",
        "Survey results",
        "Association type",
        "Time tracked",
    ),
    fields={
        "ticket_id": ("Ticket ID", "Ticket Id", "Display Id"),
        "created": ("Created time", "Created", "Created at"),
        "solved": ("Resolved time", "Resolved at"),
        "closed": ("Closed time", "Closed at"),
        "updated": ("Last update time", "Last updated time", "Updated at"),
        "replied": ("Initial response time", "First responded at"),
        "status": ("Status",),
        "priority": ("Priority",),
        "channel": ("Source",),
        "issue_type": ("Type",),
        "agent_id": ("Agent",),
        "team_id": ("Group",),
        "customer_id": ("Contact ID", "Email", "Full name", "Requester Name"),
        "account_id": ("Company Name", "Company"),
        "answer": ("Survey results",),
    },
    statuses={
        "Open": "open",
        "Pending": "waiting_customer",
        "Resolved": "solved",
        "Closed": "closed",
        "Waiting on Customer": "waiting_customer",
        "Waiting on Third Party": "waiting_third_party",
    },
    answers={
        "positive": (
            "Extremely satisfied",
            "Very satisfied",
            "Mostly satisfied",
            "Satisfied",
            "Extremely happy",
            "Very happy",
            "Happy",
            "Awesome",
        ),
        "neutral": ("Neutral", "Neither satisfied nor dissatisfied", "Just okay"),
        "negative": (
            "Extremely dissatisfied",
            "Very dissatisfied",
            "Mostly dissatisfied",
            "Dissatisfied",
            "Extremely unhappy",
            "Very unhappy",
            "Unhappy",
            "Not good",
        ),
    },
    checked="exports of views, CSV and workbook",
)
