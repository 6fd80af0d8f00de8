"""What stands in a desk's folder: settings, the lake, metrics of its own, what was dismissed."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Unpack

from helmdesk.desk.taxonomies import Taxonomies
from helmdesk.errors import ConflictError, NotFoundError
from helmdesk.lake.lake import Lake
from helmdesk.records.limits import Limits
from helmdesk.settings import MEND as RESTORE_SETTINGS
from helmdesk.settings import Settings, read_settings, write_settings

if TYPE_CHECKING:
    from helmdesk.catalogue.discovery import Entry
    from helmdesk.insight.dismissals import Dismissals
    from helmdesk.query.question import Asked, Question

SETTINGS_FILE, LAKE_FOLDER, MARTS_FOLDER = "helmdesk.toml", "lake", "marts"


def limits_of(given: Settings) -> Limits:
    """Return how much one load may bring by a desk's settings."""
    return Limits(
        given.limit_megabytes,
        given.limit_rows,
        given.limit_columns,
        given.limit_cells,
        given.limit_cell_megabytes,
        given.limit_entries,
        given.limit_ratio,
    )


class Folder:
    """An existing desk's folder.

    Attributes:
        path: where it is.
        lake: the records. taxonomies: by which themes texts are sorted.

    Raises:
        NotFoundError: the folder is no desk.
    """

    def __init__(self, path: Path | str) -> None:
        self.path = Path(path)
        if not (self.path / SETTINGS_FILE).is_file():
            if (self.path / LAKE_FOLDER).is_dir():
                raise NotFoundError(f"{self.path / SETTINGS_FILE} is missing; {RESTORE_SETTINGS}")
            raise NotFoundError(
                f"{self.path} is not a desk (no {SETTINGS_FILE}); create one with: helmdesk init"
                f" {self.path}"
            )
        self._settings, self._settings_stamp = (
            read_settings(self.path / SETTINGS_FILE),
            self._stamp(),
        )
        self.lake = Lake(self.path / LAKE_FOLDER)
        self.taxonomies = Taxonomies(self.path)

    @classmethod
    def create(cls, path: Path | str, settings: Settings | None = None) -> Folder:
        """Create a desk with an empty lake.

        Raises:
            ConflictError: there is a desk already, or the folder holds other things.
        """
        folder = Path(path)
        if (folder / SETTINGS_FILE).exists():
            raise ConflictError(f"{folder} is already a desk")
        if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
            raise ConflictError(f"{folder} is not empty; choose a new folder")
        # What it will hold is about people: for its owner alone, until he opens it.
        folder.parent.mkdir(parents=True, exist_ok=True)
        folder.mkdir(mode=0o700, exist_ok=True)
        (folder / MARTS_FOLDER).mkdir()
        Lake(folder / LAKE_FOLDER).create()
        write_settings(folder / SETTINGS_FILE, settings or Settings())
        return cls(folder)

    @property
    def settings(self) -> Settings:
        """The settings as their file says now.

        Raises:
            SettingError: the file was changed, and is not valid.
        """
        stamp = self._stamp()
        if stamp != self._settings_stamp:
            self._settings, self._settings_stamp = read_settings(self.path / SETTINGS_FILE), stamp
        return self._settings

    @settings.setter
    def settings(self, settings: Settings) -> None:
        """Use other settings until the file changes."""
        self._settings, self._settings_stamp = settings, self._stamp()

    def write_settings(self, settings: Settings) -> None:
        """Write the settings into their file."""
        write_settings(self.path / SETTINGS_FILE, settings)

    def _stamp(self) -> tuple[int, int]:
        found = (self.path / SETTINGS_FILE).stat()
        return found.st_mtime_ns, found.st_size

    def for_facts(self) -> dict[str, Any]:
        """Return what changes facts beside the records: settings, and themes of the desk's own.

        Raises:
            SettingError: a file that is not valid.
        """
        from helmdesk.facts.build.taxonomy import as_setting

        own = self.taxonomies.own
        themes = {} if own is None else {"themes": as_setting(own)}
        return {**self.settings.for_facts(), **themes}

    @property
    def marts_path(self) -> Path:
        """Where facts are published."""
        return self.path / MARTS_FOLDER

    @property
    def limits(self) -> Limits:
        """How much one load may bring."""
        return limits_of(self.settings)

    @property
    def dismissals(self) -> Dismissals:
        """What people have dismissed, within whatever filter and policy."""
        from helmdesk.insight.dismissals import Dismissals

        return Dismissals(self.path)

    @functools.cached_property
    def custom_metrics(self) -> Mapping[str, Entry]:
        """Metrics that the desk's own folder defines, by key.

        Raises:
            SettingError: a definition that is not valid.
        """
        from helmdesk.catalogue.custom import load_custom_metrics

        return load_custom_metrics(self.path)

    @property
    def catalogue(self) -> Mapping[str, Entry]:
        """All metrics of this desk: ours and its own."""
        from helmdesk.catalogue.discovery import load_catalogue

        return {**load_catalogue(), **self.custom_metrics}

    def find_metric(self, key: str) -> Entry:
        """Return one metric of this desk, or raise `NotFoundError`."""
        from helmdesk.catalogue.discovery import find_metric

        return find_metric(key, self.catalogue)

    def forget_metrics(self) -> None:
        """Read the definitions of the desk's own again when they are next needed."""
        self.__dict__.pop("custom_metrics", None)

    def question(self, *keys: str, **asked: Unpack[Asked]) -> Question:
        """Return what is asked as a question, on this desk's clock."""
        from helmdesk.query.question import Question

        settings = self.settings
        return Question.of(keys, settings.time_zone, settings.week_start, asked)
