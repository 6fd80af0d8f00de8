"""Files of known systems, read without a word from anybody: recognised by their columns, described
by a mapping of our own.
"""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from helmdesk.errors import InputError
from helmdesk.records.staging import Staging
from helmdesk.sources import mapping
from helmdesk.sources.parts.profile import Recognised, likeliest, profiles, recognise
from helmdesk.sources.parts.source import Options
from helmdesk.sources.parts.suggestion import draft_mapping
from helmdesk.sources.reading.preview import first_rows


def recognised(path: Path, staging: Staging, options: Options) -> Recognised | None:
    """Return which system's table a file is, by its header."""
    return recognise(first_rows(path, 1, staging.limits, options.sheets)[0])


def read_recognised(
    staging: Staging, paths: Sequence[Path], options: Options, *, only: str = ""
) -> None:
    """Stage the records of tables of one known system.

    Args:
        only: name of the profile that it must be; empty takes any.

    Raises:
        InputError: a file that is no known table, or of another system than the first.
    """
    found = [recognised(path, staging, options) for path in paths]
    for path, known in zip(paths, found, strict=True):
        if known is None or (only and known.name != only):
            columns = first_rows(path, 1, staging.limits, options.sheets)[0]
            raise InputError(unknown_table(path, columns))
        if known.name != found[0].name:  # type: ignore[union-attr]
            raise InputError(
                f"{path}: {known.profile.title}, but {paths[0].name} is another system's; load them"
                " one after the other"
            )
    stated = found[0].profile.zone if found[0] else ""
    zone = options.time_zone or stated or options.desk_zone
    with tempfile.TemporaryDirectory(prefix="helmdesk-") as scratch:
        for path, known in zip(paths, found, strict=True):
            if known is None:
                continue
            rules = Path(scratch) / f"{known.name}.toml"
            draft = draft_mapping(path, staging.limits, options.sheets, zone, is_final=True)
            rules.write_text(draft.text, encoding="utf-8")
            staging.note(
                f"{path.name} is read as: {known.profile.title} (it has"
                f" {', '.join(known.because[:4])}); what its columns are taken for is shown by:"
                f" helmdesk load mapping --suggest {path.name}"
            )
            if draft.guessed:
                staging.note(
                    f"{path.name}: states that {known.profile.title} is not known to have were"
                    f" taken by their words: {draft.guessed}; a mapping can say otherwise"
                )
            for part in draft.left_out:
                staging.note(
                    f"{path.name}: left out {part}: write the mapping that this shows, say it"
                    " there, and load with --mapping"
                )
            mapping.read(staging, [path], replace(options, mapping=rules, time_zone=zone))
    if not options.time_zone:
        whose = "in which this system writes them" if stated else "the desk's zone"
        staging.note(
            f"times without an offset were read in {zone}, {whose}; --time-zone names another"
        )


def unknown_table(path: Path, columns: Sequence[str] = ()) -> str:
    """Return what to do with a file that is no known table; offers the system it looks like."""
    mend = (
        f"helmdesk load mapping --suggest {path.name} > {path.stem}.toml, then load it with"
        f" --mapping {path.stem}.toml"
    )
    if near := likeliest(columns):
        return (
            f"{path}: it looks like {near.profile.title} ({', '.join(near.because[:4])}), but no"
            f" column of it is that system's alone; look at what it would be read as: {mend}"
        )
    titles = ", ".join(sorted(profile.title for profile in profiles().values()))
    return (
        f"{path}: its columns are of no system known here ({titles}); say what it is (helmdesk load"
        f" --help lists the sources), or describe it: {mend}"
    )
