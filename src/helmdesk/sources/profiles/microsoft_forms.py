"""Microsoft Forms: the workbook of responses."""

from __future__ import annotations

from helmdesk.sources.parts.profile import SURVEY, Profile

profile = Profile(
    title="Microsoft Forms responses",
    kind=SURVEY,
    tells=("Start time", "Completion time", "Last modified time", "Email", "Name"),
    fields={
        "response_id": ("ID", "Id"),
        "surveyed": ("Completion time",),
    },
    checked="the product's documentation of its workbook, in English",
)
