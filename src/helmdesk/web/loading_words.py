"""What reports of loads say of the command line, in the words of the site's own form."""

from __future__ import annotations

import re

# In this order: whole sentences first, then the option alone.
SAID = tuple(
    (re.compile(pattern.replace("--", "(?<![\\w-])--", 1)), instead)
    for pattern, instead in (
        (r"is shown by:\s*helmdesk load mapping --suggest \S+", "stands in its columns below"),
        (
            r"write the mapping that this shows, say it there, and load with --mapping",
            "say it there",
        ),
        (
            r"(or )?(?:describe it: )?helmdesk load mapping --suggest \S+ >\s*\S+, then load it"
            r" with --mapping \S+",
            r"\1choose 'mapping' under “What it is” and describe it",
        ),
        (
            r"a first one is written by: helmdesk load mapping --suggest \S+",
            "it is drafted for you",
        ),
        (r"say what it is \(helmdesk load --help lists the sources\)", "say “What it is”"),
        (
            r"describe the file with: helmdesk load mapping",
            "choose 'mapping' and describe the file",
        ),
        (r" \(helmdesk load mapping\)", ""),
        (r"It needs no mapping: helmdesk load \S+", "It needs no mapping: load it as it is"),
        (r"read as by helmdesk load (\w+)", r"read as '\1'"),
        (r"run: helmdesk load definitions \S+", "load it as 'definitions'"),
        (r"helmdesk load definitions \S+", "load it as 'definitions'"),
        (r"helmdesk batches lists them", "Data health lists them"),
        (r"with --dates (\S+) or --dates (\S+)", r"under “Dates”: \1 or \2"),
        (r"--dates (\S+) or --dates (\S+)", r"under “Dates” \1 or \2"),
        (r"--dates", "“Dates”"),
        (r"--sheet '\*', or with one --sheet each", "“Sheet” * for all, or one at a time"),
        (r"--sheet NAME reads another", "“Sheet” chooses another"),
        (r"--sheet", "“Sheet”"),
        (r"--accept-quarantine \(accepts_quarantine=True in Python\)", "tick the box below"),
        (r"--scale LOW-HIGH", "the “Scale”"),
        (r"--scale", "“Scale”"),
        (r"--time-zone", "“Time zone”"),
        (r"load them --as (\S+)", r"load them with the “Account” \1"),
        (r"--as NAME \(on the site: the field 'account'\)", "in the field “Account”"),
        (r"--as NAME", "a name under “Account”"),
        (r"--as (?!\W)(\S+)", r"the “Account” \1"),
        (r"--as", "“Account”"),
        (r"--mapping(?: FILE| \S+\.toml)?", "“Own words”"),
    )
)


def on_site(said: str) -> str:
    """Return what a report or an error of a load says, as somebody at the site can do it."""
    for pattern, instead in SAID:
        said = pattern.sub(instead, said)
    return said
