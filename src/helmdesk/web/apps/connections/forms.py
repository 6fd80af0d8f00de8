"""The form of a live account: what its connector has to know, in the connector's own words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import forms

from helmdesk.connectors.parts.connector import Connector
from helmdesk.desk.connections import (
    Connection,
    Connections,
    secret_of_environment,
    variable_of,
)
from helmdesk.errors import UsageError
from helmdesk.records.accounts import check_name

SAID = "said-"
LONGEST = 2_000
LONGEST_FILE = 200_000


class AccountForm(forms.Form):
    """One live account; secrets are never put back into the page.

    Args:
        known: the account whose answers are changed; None makes a new one.
    """

    name = forms.CharField(
        max_length=40,
        label="Name on this desk",
        help_text="such as brand-b, where the desk holds several accounts; otherwise leave it",
    )
    since = forms.DateField(
        required=False,
        label="Only what changed since",
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        help_text="leave it empty to fetch all",
    )

    def __init__(
        self,
        *arguments: Any,
        system: str,
        connector: Connector[Any],
        connections: Connections,
        known: Connection | None = None,
        **named: Any,
    ) -> None:
        super().__init__(*arguments, **named)
        self.system, self.connector, self.connections = system, connector, connections
        self.known = known
        own = self.fields
        self.fields = {}
        for ask in connector.asks:
            shown: dict[str, Any] = {"attrs": {"autocomplete": "off", "spellcheck": "false"}}
            plain = forms.Textarea if ask.is_file else forms.TextInput
            self.fields[SAID + ask.name] = forms.CharField(
                label=ask.words,
                required=ask.default is None,
                help_text="paste what the file holds" if ask.is_file else "",
                max_length=LONGEST_FILE if ask.is_file else LONGEST,
                initial=(known.said.get(ask.name, "") if known else "") or ask.default or "",
                widget=forms.PasswordInput(**shown) if ask.is_secret else plain(**shown),
            )
        self.fields |= own
        self.fields["name"].initial = known.name if known else self._free_name()
        self.fields["since"].initial = known.since if known else ""
        if known:
            del self.fields["name"]

    def _free_name(self) -> str:
        return self.system if self.system not in self.connections.names() else ""

    def clean_name(self) -> str:
        """Refuse what cannot be a name, what is one already, and one whose key is not ours."""
        name = str(self.cleaned_data["name"]).strip()
        try:
            check_name(name)
        except UsageError as error:
            raise forms.ValidationError(str(error)) from error
        if name in self.connections.names():
            raise forms.ValidationError(
                f"there is a live account called {name}: open it to change its key, or choose"
                " another name"
            )
        return name

    def clean(self) -> dict[str, Any]:
        """Leave alone a key that belongs to whoever starts the server: it would be sent to the
        address that is typed here.
        """
        found = super().clean() or {}
        name = self.known.name if self.known else found.get("name", "")
        for ask in self.connector.asks:
            variable = variable_of(name, ask.name)
            if name and ask.is_secret and secret_of_environment(variable):
                raise forms.ValidationError(
                    f"the key of '{name}' is set where the server is started ({variable}); whoever"
                    f" set it there connects it: helmdesk connect {self.system} --as {name}"
                )
        return found

    @property
    def answers(self) -> Mapping[str, str]:
        """All that the connector asked for, secrets too."""
        return {
            ask.name: str(self.cleaned_data[SAID + ask.name]).strip() or ask.default or ""
            for ask in self.connector.asks
        }

    def connection(self, answers: Mapping[str, str]) -> Connection:
        """Return the account without its secrets.

        Args:
            answers: what was typed, with what was found out from it.
        """
        hidden = {ask.name for ask in self.connector.asks if ask.is_secret}
        return Connection(
            self.known.name if self.known else self.cleaned_data["name"],
            self.system,
            {key: value for key, value in answers.items() if key not in hidden},
            self.first_day,
            self.known.is_paused if self.known else True,
        )

    @property
    def first_day(self) -> str:
        """First day to fetch, as 2025-01-31; empty for all."""
        since = self.cleaned_data["since"]
        return since.isoformat() if since else ""

    @property
    def secrets(self) -> dict[str, str]:
        """The secrets alone."""
        return {ask.name: self.answers[ask.name] for ask in self.connector.asks if ask.is_secret}
