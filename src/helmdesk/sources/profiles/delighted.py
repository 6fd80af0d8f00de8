"""Delighted: responses as its interface gives them."""

from __future__ import annotations

from helmdesk.sources.parts.profile import SURVEY, Profile

profile = Profile(
    title="Delighted responses",
    kind=SURVEY,
    tells=(
        "survey_type",
        "permalink",
        "person",
        "person.id",
        "person.email",
        "additional_answers",
        "notes",
    ),
    fields={
        "response_id": ("id",),
        "surveyed": ("created_at",),
        "score": ("score",),
        "survey_kind": ("survey_type",),
        "comment": ("comment",),
        "customer_id": ("person.id", "person"),
    },
    checked="the published reference of the interface's survey responses",
)
