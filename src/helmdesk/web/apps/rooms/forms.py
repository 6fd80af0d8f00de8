"""What people enter about rooms."""

from __future__ import annotations

from collections.abc import Sequence

from django import forms

from helmdesk.act.rooms import DAYS, MOST_DAYS
from helmdesk.act.survey_words import LANGUAGES


class RoomForm(forms.Form):
    """A case that gets a room."""

    ticket = forms.CharField(label="Ticket", max_length=300)
    days = forms.IntegerField(
        label="Open for so many days",
        min_value=1,
        max_value=MOST_DAYS,
        required=False,
        help_text="empty: as the team has it",
    )


class TeamForm(forms.Form):
    """A team whose cases may have rooms."""

    days = forms.IntegerField(
        label="A room is open for so many days", min_value=1, max_value=MOST_DAYS, initial=DAYS
    )
    language = forms.ChoiceField(label="Language", choices=tuple(LANGUAGES.items()))
    inbox = forms.EmailField(
        label="Mail address of the helpdesk",
        required=False,
        help_text="what customers write is sent there, with the ticket's number; may be empty",
    )

    def __init__(self, *given: object, teams: Sequence[str], **named: object) -> None:
        super().__init__(*given, **named)  # type: ignore[arg-type]
        self.fields["team"] = forms.ChoiceField(
            label="Team", choices=[(team, team) for team in teams]
        )
        self.order_fields(["team"])
