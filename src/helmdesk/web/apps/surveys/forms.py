"""Forms of rules, wordings and pulses: numbers as people write them."""

from __future__ import annotations

from typing import Any

from django import forms

from helmdesk.act.survey_words import LANGUAGES, QUESTIONS
from helmdesk.act.surveys import Kind, Terms
from helmdesk.errors import HelmdeskError
from helmdesk.query.filters import parse_filter
from helmdesk.web.apps.surveys.models import Instrument

NAMES = {
    Kind.CSAT: "Customer satisfaction",
    Kind.CES: "Customer effort",
    Kind.NPS: "Recommendation",
    Kind.FCR: "Settled or not",
    Kind.ESAT: "Employee satisfaction",
    Kind.ENPS: "Employee recommendation",
}
USUAL = Terms()


def latest(*, is_pulse: bool) -> list[Instrument]:
    """Return the newest version of every wording that asks customers, or one's own people."""
    newest: dict[str, Instrument] = {}
    for each in Instrument.objects.all():
        if each.asks.is_pulse is is_pulse:
            newest.setdefault(each.key, each)
    return list(newest.values())


def offered(*, is_pulse: bool) -> list[tuple[str, str]]:
    """Return what can be asked: own wordings, and the usual one of every kind without."""
    own = {each.key: str(each) for each in latest(is_pulse=is_pulse)}
    usual = {
        kind.value: f"{name}, usual wording"
        for kind, name in NAMES.items()
        if kind.is_pulse is is_pulse
    }
    return list({**usual, **own}.items())


def instrument_of(key: str) -> Instrument:
    """Return the newest version of a wording; the usual one is written when it is first used."""
    known = Instrument.objects.filter(key=key).first()
    return known or Instrument.write(key, Kind(key), NAMES[Kind(key)], {})


def _number(label: str, help_text: str, initial: int, low: int, high: int) -> forms.IntegerField:
    return forms.IntegerField(
        label=label, help_text=help_text, initial=initial, min_value=low, max_value=high
    )


class RuleForm(forms.Form):
    """A rule: what is asked, about which tickets, when, and how often."""

    name = forms.CharField(label="Name", max_length=100, help_text="such as Phone support, monthly")
    instrument = forms.ChoiceField(label="Question")
    where = forms.CharField(
        label="Only tickets where",
        required=False,
        max_length=2000,
        help_text="such as channel = 'email' and tier = 'gold'; empty is every solved ticket",
    )
    share = forms.FloatField(
        label="Ask so many of 100",
        initial=100,
        min_value=0.1,
        max_value=100,
        help_text="chosen by chance, and kept with the answers",
    )
    delay_hours = _number("Hours after the solve", "", USUAL.delay_hours, 0, 240)
    person_days = _number(
        "Days until the same person is asked again",
        "by any rule; 0 is no limit",
        USUAL.person_days,
        0,
        730,
    )
    account_days = _number(
        "Days until somebody of the same account is asked again",
        "by any rule; 0 is no limit",
        USUAL.account_days,
        0,
        730,
    )
    oldest_days = _number(
        "Nothing about tickets solved more than so many days ago", "", USUAL.oldest_days, 1, 90
    )
    open_days = _number("Days in which it can be answered", "", USUAL.open_days, 1, 90)
    reminder_days = _number(
        "Working days until the one reminder", "0 is no reminder", USUAL.reminder_days, 0, 20
    )
    start = forms.TimeField(
        label="Mail from",
        initial=USUAL.start,
        widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M"),
        help_text="on working days, where the customer is",
    )
    end = forms.TimeField(
        label="Mail until",
        initial=USUAL.end,
        widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M"),
    )
    language = forms.ChoiceField(
        label="Language",
        choices=list(LANGUAGES.items()),
        help_text="for customers of whom no language is known",
    )

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        choice: Any = self.fields["instrument"]
        choice.choices = offered(is_pulse=False)

    def clean_where(self) -> str:
        """Refuse what is no filter."""
        where: str = self.cleaned_data["where"].strip()
        if where:
            try:
                parse_filter(where)
            except HelmdeskError as error:
                raise forms.ValidationError(str(error)) from error
        return where

    def clean(self) -> dict[str, Any]:
        """Refuse terms that make no sense together."""
        given: dict[str, Any] = super().clean() or {}
        if not self.errors:
            try:
                given["terms"] = terms_of(given)
            except ValueError as error:
                raise forms.ValidationError(str(error)) from error
        return given


def terms_of(given: dict[str, Any]) -> Terms:
    """Return the terms that a form says.

    Raises:
        ValueError: they make no sense.
    """
    names = (
        *("delay_hours", "person_days", "account_days", "oldest_days", "open_days"),
        *("reminder_days", "start", "end"),
    )
    said: dict[str, Any] = {name: given[name] for name in names}
    return Terms(share=given["share"] / 100, **said)


def initial_of(
    name: str, instrument: str, where: str, language: str, terms: Terms
) -> dict[str, Any]:
    """Return how the form says a rule that is there."""
    return {
        **vars(terms),
        "name": name,
        "instrument": instrument,
        "where": where,
        "language": language,
        "share": round(100 * terms.share, 4),
    }


class WordingForm(forms.Form):
    """The wording of a question in every language; an empty one is the usual."""

    def __init__(self, *arguments: Any, kind: Kind, **named: Any) -> None:
        super().__init__(*arguments, **named)
        for language, title in LANGUAGES.items():
            self.fields[language] = forms.CharField(
                label=title,
                required=False,
                max_length=300,
                help_text=f"usual: {QUESTIONS[language][kind]}",
                widget=forms.TextInput(attrs={"size": 60, "lang": language}),
            )

    @property
    def questions(self) -> dict[str, str]:
        """Own wordings by language."""
        return {name: text.strip() for name, text in self.cleaned_data.items() if text.strip()}


class PulseForm(forms.Form):
    """A question to the people of the desk."""

    instrument = forms.ChoiceField(label="Question")
    days = _number("Days in which it can be answered", "", 7, 1, 60)
    tell = forms.BooleanField(
        label="Tell everybody by mail",
        required=False,
        initial=True,
        help_text="those with a mail address here, through the outbox",
    )

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        choice: Any = self.fields["instrument"]
        choice.choices = offered(is_pulse=True)
