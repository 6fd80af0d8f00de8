"""SurveyMonkey: the export of all responses, whose heading is two rows high."""

from __future__ import annotations

from helmdesk.sources.parts.profile import SURVEY, Profile

profile = Profile(
    title="SurveyMonkey responses",
    kind=SURVEY,
    tells=(
        "Respondent ID",
        "Collector ID",
        "IP Address",
        "Email Address",
        "Custom Data 1",
        "Start Date",
        "End Date",
    ),
    fields={
        "response_id": ("Respondent ID",),
        "surveyed": ("End Date", "Start Date"),
        "customer_id": ("Email Address",),
    },
    checked="heads of exports in published scripts that read them",
)
