"""Google Forms: the sheet of responses; nothing but its first column is the same in all of them."""

from __future__ import annotations

from helmdesk.sources.parts.profile import SURVEY, Profile

profile = Profile(
    title="Google Forms responses",
    kind=SURVEY,
    tells=(),
    first=(
        "Timestamp",
        "Zeitstempel",
        "Horodateur",
        "Marca temporal",
        "Carimbo de data/hora",
        "Informazioni cronologiche",
        "Tijdstempel",
    ),
    fields={
        "surveyed": (
            "Timestamp",
            "Zeitstempel",
            "Horodateur",
            "Marca temporal",
            "Carimbo de data/hora",
            "Informazioni cronologiche",
            "Tijdstempel",
        ),
        "customer_id": ("Email Address", "E-Mail-Adresse", "Adresse e-mail", "Email"),
    },
    checked="heads of sheets in published scripts that read them",
)
