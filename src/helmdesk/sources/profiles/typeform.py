"""Typeform: the table of responses."""

from __future__ import annotations

from helmdesk.sources.parts.profile import SURVEY, Profile

profile = Profile(
    title="Typeform responses",
    kind=SURVEY,
    tells=(
        "Start Date (UTC)",
        "Submit Date (UTC)",
        "Stage Date (UTC)",
        "Network ID",
        "Response Type",
    ),
    fields={
        "response_id": ("#", "Token", "Response ID"),
        "surveyed": ("Submit Date (UTC)",),
    },
    zone="UTC",
    checked="heads of exports in published scripts that read them",
)
