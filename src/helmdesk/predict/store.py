"""Models as files in the desk's folder, each version for itself; the newest holds."""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from filelock import FileLock

from helmdesk.errors import InputError
from helmdesk.predict.model import Model, read_model
from helmdesk.replacement import replace_text

FOLDER = "models"
KEPT = 12


class Models:
    """The models of a desk.

    Args:
        desk: its folder.
    """

    def __init__(self, desk: Path) -> None:
        self._folder = desk / FOLDER

    def versions(self, target: str) -> tuple[int, ...]:
        """Return the versions that are kept, oldest first."""
        found = (self._folder / target).glob("*.json")
        return tuple(sorted(int(file.stem) for file in found if file.stem.isdecimal()))

    def newest(self, target: str) -> Model | None:
        """Return the newest model of a target; None where none was trained.

        Raises:
            InputError: its file is no model, or one of another version of Helmdesk.
        """
        known = self.versions(target)
        return self._read(target, known[-1]) if known else None

    def kept(self, target: str) -> tuple[Model, ...]:
        """Return all models of a target that can be read, oldest first."""
        found = []
        for version in self.versions(target):
            with suppress(InputError):
                found.append(self._read(target, version))
        return tuple(found)

    def _read(self, target: str, version: int) -> Model:
        file = self._folder / target / f"{version}.json"
        try:
            return read_model(file.read_text(encoding="utf-8"))
        except (ValueError, KeyError, TypeError) as error:
            raise InputError(
                f"{file}: this model cannot be read ({error}); train anew with: helmdesk predict"
                f" train {target}"
            ) from error

    def next_version(self, target: str) -> int:
        """Return the number of the next model."""
        return max(self.versions(target), default=0) + 1

    def add(self, model: Model) -> Path:
        """Keep a model, and the eleven before it."""
        place = self._folder / model.target
        place.mkdir(parents=True, exist_ok=True)
        with FileLock(place / ".lock"):
            file = place / f"{model.version}.json"
            replace_text(file, model.as_text())
            for old in self.versions(model.target)[:-KEPT]:
                (place / f"{old}.json").unlink(missing_ok=True)
        return file

    def stamp(self, target: str) -> tuple[int, ...]:
        """Return what changes with the newest model."""
        return self.versions(target)[-1:]

    def tried(self, target: str) -> dict[str, int]:
        """Return how many solves of each week stayed without a prediction, as last noted; nothing
        where the note cannot be read: those weeks are tried again.
        """
        try:
            said = json.loads(self._note(target).read_text(encoding="utf-8"))
            return {str(week): int(count) for week, count in said.items()}
        except (OSError, ValueError, TypeError, AttributeError):
            return {}

    def note_tried(self, target: str, without: Mapping[str, int]) -> None:
        """Note how many solves of each week stay without a prediction."""
        file = self._note(target)
        file.parent.mkdir(parents=True, exist_ok=True)
        replace_text(file, json.dumps(without, sort_keys=True))

    def _note(self, target: str) -> Path:
        return self._folder / target / "without.json"
