"""What a mart says of itself: lake version, end of the data, definitions and settings."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from helmdesk.engines.engine import Engine
from helmdesk.facts.build.build import facts_hash


@dataclass(frozen=True)
class MadeOf:
    """What facts were made of; the one row of their table ``mart``.

    Attributes:
        latest: end of the data (naive UTC); None when there are none.
        facts: identity of the fact definitions.
        settings_text: the settings they were made with, see `settings`.
        log: digest of the lake's log up to that version; empty in marts of earlier versions of
        Helmdesk, which were bound to a number alone.
    """

    lake_version: int
    latest: datetime | None
    facts: str
    settings_text: str
    log: str

    @classmethod
    def read(cls, engine: Engine) -> MadeOf:
        """Read what the open facts say of themselves."""
        log = "lake_log" if "lake_log" in engine.columns("select * from mart") else "''"
        ((lake_version, latest, facts, settings, log),) = engine.run(
            f"select lake_version, as_of, facts_hash, settings, {log} from mart"
        )
        return cls(int(lake_version), latest, str(facts), str(settings), str(log))

    @property
    def settings(self) -> dict[str, Any]:
        """The settings the facts were made with, by name."""
        return dict(json.loads(self.settings_text))

    @property
    def is_of_this_version(self) -> bool:
        """Whether the facts mean what this version of Helmdesk means by them."""
        return self.facts == facts_hash() and bool(self.log)

    def changes(self, settings: Mapping[str, Any]) -> list[str]:
        """Return in words why facts made now, with these settings, could be others; empty when they
        could not.
        """
        if not self.is_of_this_version:
            return ["the facts were made by another version of Helmdesk"]
        made_with = self.settings
        names = dict.fromkeys([*made_with, *settings])
        return [
            "the themes are others"
            if name == "themes"
            else f"{name} was {_shown(made_with.get(name))}, is now {_shown(settings.get(name))}"
            for name in names
            if made_with.get(name) != settings.get(name)
        ]


def _shown(value: Any) -> str:
    """Return a value as the settings file writes it."""
    return json.dumps(value, ensure_ascii=False)
