"""Qualtrics: the export of responses, whose heading is three rows high."""

from __future__ import annotations

from helmdesk.sources.parts.profile import SURVEY, Profile

profile = Profile(
    title="Qualtrics responses",
    kind=SURVEY,
    tells=(
        "RecordedDate",
        "ResponseId",
        "IPAddress",
        "StartDate",
        "EndDate",
        "Progress",
        "Finished",
        "RecipientEmail",
        "ExternalReference",
        "DistributionChannel",
        "UserLanguage",
    ),
    fields={
        "response_id": ("ResponseId",),
        "surveyed": ("RecordedDate", "EndDate"),
        "customer_id": ("ExternalReference", "RecipientEmail"),
        "state": ("Status",),
    },
    # Answers of the people who made the survey.
    unless=("Status", ("Survey Preview", "Survey Test", "Spam", "1", "2", "8")),
    checked="the product's documentation of its data export, with labels or with numbers",
)
