"""Forms of booking: kinds of calls, links, absences, private calendars."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from zoneinfo import available_timezones

from django import forms

from helmdesk.act.booking.times import Terms
from helmdesk.errors import HelmdeskError
from helmdesk.web.apps.booking.calendars import plain_url
from helmdesk.web.apps.booking.doors import MOST_DAYS, MOST_USES
from helmdesk.web.apps.booking.models import CallType, Reach

USUAL = Terms()
NUMBERS = tuple(vars(USUAL))
WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


PARTS = {
    "What customers book": ("name", "team", "title", "words", "reach", "place"),
    "When": (
        *("minutes", "step_minutes", "buffer_minutes", "notice_minutes", "days_ahead"),
        *("change_minutes", "zone"),
    ),
    "What it may take from the team": ("floor", "asks_staffing", "daily_limit"),
    "Who calls": ("skills", "choose_minutes", "members", "weekdays", "start", "end"),
}


def _number(label: str, help_text: str, name: str, low: int, high: int) -> forms.IntegerField:
    return forms.IntegerField(
        label=label,
        help_text=help_text,
        initial=getattr(USUAL, name),
        min_value=low,
        max_value=high,
    )


def _time(label: str, initial: str) -> forms.TimeField:
    return forms.TimeField(
        label=label,
        initial=initial,
        required=False,
        widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M"),
    )


def listed(text: str) -> list[str]:
    """Return what is written one a line or behind commas, each once."""
    parts = (part.strip() for line in text.splitlines() for part in line.split(","))
    return list(dict.fromkeys(part for part in parts if part))


class CallTypeForm(forms.Form):
    """A kind of call: what it is, who takes it, and what it may take from the team."""

    name = forms.CharField(label="Name, for your people", max_length=100)
    team = forms.ChoiceField(label="Team")
    title = forms.CharField(
        label="Name, for customers", max_length=100, help_text="such as Help with your invoice"
    )
    words = forms.CharField(
        label="One sentence for customers",
        max_length=300,
        required=False,
        help_text="what happens in the call, and what to have at hand",
    )
    reach = forms.ChoiceField(label="How", choices=Reach.choices)
    place = forms.CharField(
        label="Where a video call is", max_length=500, required=False, help_text="its address"
    )
    minutes = _number("Minutes of the call", "", "minutes", 5, 240)
    step_minutes = _number("It begins every so many minutes", "", "step_minutes", 5, 240)
    buffer_minutes = _number("Minutes of rest after it", "", "buffer_minutes", 0, 120)
    notice_minutes = _number("Not sooner than in so many minutes", "", "notice_minutes", 0, 20_160)
    days_ahead = _number("Not later than in so many days", "", "days_ahead", 1, 60)
    daily_limit = _number("Calls of one person a day, at most", "", "daily_limit", 1, 50)
    choose_minutes = _number(
        "Say who calls so many minutes before",
        "until then it may be anybody who can; customers only ever see the team",
        "choose_minutes",
        0,
        2_880,
    )
    change_minutes = _number(
        "Customers may change it until so many minutes before", "", "change_minutes", 0, 20_160
    )
    floor = _number(
        "People who are never taken away",
        "so many of the team stay for what comes unplanned",
        "floor",
        0,
        1_000,
    )
    asks_staffing = forms.BooleanField(
        label="Leave as many as Staffing asks for",
        required=False,
        help_text="half-hour by half-hour, and never fewer than the number above",
    )
    skills = forms.CharField(
        label="Skills", required=False, max_length=500, help_text="all of them, behind commas"
    )
    zone = forms.ChoiceField(label="Time zone of the team")
    members = forms.CharField(
        label="Who takes these calls, where no shifts are planned",
        required=False,
        max_length=4000,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="names as in your data, one a line; where shifts are planned, these count",
    )
    weekdays = forms.MultipleChoiceField(
        label="On",
        required=False,
        choices=[(str(number), name) for number, name in enumerate(WEEKDAYS)],
        initial=["0", "1", "2", "3", "4"],
        widget=forms.CheckboxSelectMultiple,
    )
    start = _time("From", "09:00")
    end = _time("Until", "17:00")

    def __init__(self, *arguments: Any, teams: list[str], **named: Any) -> None:
        super().__init__(*arguments, **named)
        team: Any = self.fields["team"]
        team.choices = [(each, each) for each in teams]
        zone: Any = self.fields["zone"]
        zone.choices = [(each, each) for each in sorted(available_timezones())]

    def clean(self) -> dict[str, Any]:
        """Refuse terms and hours that make no sense together."""
        given: dict[str, Any] = super().clean() or {}
        if self.errors:
            return given
        try:
            given["terms"] = vars(Terms(**{name: given[name] for name in NUMBERS}))
        except ValueError as error:
            raise forms.ValidationError(str(error)) from error
        given["members"] = listed(given["members"])
        given["skills"] = listed(given["skills"])
        start, end = given["start"], given["end"]
        if given["members"] and (not given["weekdays"] or not start or not end or start >= end):
            raise forms.ValidationError(
                "say on which days, from an earlier to a later time, these people take calls"
            )
        if given["reach"] == Reach.VIDEO and not given["place"].strip():
            raise forms.ValidationError("say where a video call is")
        given["hours"] = (
            {
                "weekdays": [int(each) for each in given["weekdays"]],
                "start": f"{start:%H:%M}",
                "end": f"{end:%H:%M}",
            }
            if given["members"]
            else {}
        )
        return given

    @property
    def parts(self) -> list[tuple[str, list[forms.BoundField]]]:
        """The fields as the page shows them, by what they are about."""
        return [(name, [self[field] for field in fields]) for name, fields in PARTS.items()]

    @property
    def fields_kept(self) -> dict[str, Any]:
        """What a kind of call keeps of it."""
        names = (
            *("name", "team", "title", "words", "reach", "place", "terms", "asks_staffing"),
            *("skills", "zone", "members", "hours"),
        )
        return {name: self.cleaned_data[name] for name in names}


def initial_of(kind: CallType) -> dict[str, Any]:
    """Return how the form says a kind of call that is there."""
    return {
        **vars(kind.says),
        **{
            name: getattr(kind, name)
            for name in ("name", "team", "title", "words", "reach", "place", "asks_staffing")
        },
        "zone": kind.zone,
        "skills": ", ".join(kind.skills),
        "members": "\n".join(kind.members),
        "weekdays": [str(each) for each in kind.hours.get("weekdays", range(5))],
        "start": kind.hours.get("start", "09:00"),
        "end": kind.hours.get("end", "17:00"),
    }


class LinkForm(forms.Form):
    """A link for a customer."""

    kind = forms.ModelChoiceField(label="Kind of call", queryset=CallType.objects.none())
    ticket_id = forms.CharField(
        label="Ticket", max_length=300, required=False, help_text="what it is about, if any"
    )
    address = forms.EmailField(
        label="Customer's mail address",
        required=False,
        help_text="invitations go there; without it the customer writes one",
    )
    tell = forms.BooleanField(label="Mail the link to the customer", required=False)
    days = forms.IntegerField(
        label="Days until it ends", initial=7, min_value=1, max_value=MOST_DAYS
    )
    most = forms.IntegerField(
        label="Good for so many calls", initial=1, min_value=1, max_value=MOST_USES
    )

    def __init__(self, *arguments: Any, kinds: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        kind: Any = self.fields["kind"]
        kind.queryset = kinds

    def clean(self) -> dict[str, Any]:
        """Refuse to mail a link to nobody."""
        given: dict[str, Any] = super().clean() or {}
        if given.get("tell") and not given.get("address"):
            raise forms.ValidationError("write the customer's mail address, or do not mail it")
        return given


class AbsenceForm(forms.Form):
    """That somebody is not there."""

    agent = forms.ChoiceField(label="Who")
    start = forms.DateTimeField(
        label="From", widget=forms.DateTimeInput(attrs={"type": "datetime-local"})
    )
    end = forms.DateTimeField(
        label="Until", widget=forms.DateTimeInput(attrs={"type": "datetime-local"})
    )

    def __init__(self, *arguments: Any, names: dict[str, str], **named: Any) -> None:
        super().__init__(*arguments, **named)
        agent: Any = self.fields["agent"]
        agent.choices = sorted(names.items(), key=lambda each: each[1])

    def clean(self) -> dict[str, Any]:
        """Refuse an absence that ends before it begins."""
        given: dict[str, Any] = super().clean() or {}
        start, end = given.get("start"), given.get("end")
        if isinstance(start, datetime) and isinstance(end, datetime) and end <= start:
            raise forms.ValidationError("it ends after it begins")
        return given


class CalendarForm(forms.Form):
    """The secret address of a private calendar."""

    url = forms.CharField(
        label="Private address of your calendar",
        max_length=490,
        help_text="ends with .ics; only from when until when you are busy is kept, never what with",
    )

    def clean_url(self) -> str:
        """Refuse what is no address."""
        try:
            return plain_url(self.cleaned_data["url"])
        except HelmdeskError as error:
            raise forms.ValidationError(str(error)) from error


class DoorForm(forms.Form):
    """Where customers turn to whose link opens nothing."""

    words = forms.CharField(
        label="What it says",
        max_length=300,
        required=False,
        help_text="such as Write to help@example.org with your case number",
    )
    url = forms.URLField(
        label="Address of a page", max_length=300, required=False, assume_scheme="https"
    )
