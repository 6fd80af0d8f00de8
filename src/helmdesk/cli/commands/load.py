"""``helmdesk load``: files into the lake, exactly once."""

from __future__ import annotations

import json
import sys
import textwrap
from dataclasses import asdict
from pathlib import Path

import click

from helmdesk.cli.options import desk_option, open_desk
from helmdesk.cli.output import talk
from helmdesk.cli.progress import Progress
from helmdesk.errors import DataQualityError, UsageError
from helmdesk.records.staging import LoadReport

MAX_SHOWN = 8
DRY_RUN, STOPPED = "dry run: nothing was stored", "stopped: nothing was stored"


def _sources_epilog() -> str:
    from helmdesk.sources.parts.source import find_source, source_names

    lines = "\n".join(f"  {name:<12} {find_source(name).summary}" for name in source_names())
    return (
        f"\b\nSources:\n{lines}\n\n\b\nExamples:\n  helmdesk load tickets.csv --desk my-desk\n "
        " helmdesk load zendesk export/ --desk my-desk --scorecard\n  helmdesk load mapping"
        " --suggest answers.csv > answers.toml\n  helmdesk load mapping answers.csv --mapping"
        " answers.toml --desk my-desk"
    )


class LoadCommand(click.Command):
    """Lists the sources in its help without importing them for every other command."""

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write sources and examples."""
        self.epilog = _sources_epilog()
        super().format_epilog(ctx, formatter)


@click.command("load", cls=LoadCommand)
@click.argument("source")
@click.argument("paths", nargs=-1)
@desk_option
@click.option(
    "--mapping",
    metavar="FILE",
    help="Mapping file (TOML), for the source 'mapping' and others that take one.",
)
@click.option("--time-zone", help="Zone of times written without one (IANA name).")
@click.option(
    "--scale",
    metavar="LOW-HIGH",
    help="Lowest and highest answer, for the source 'survey': 1-5, 1-7, 0-10.",
)
@click.option(
    "--dates",
    type=click.Choice(["day-first", "month-first"]),
    help="What 05/06/2026 begins with, where no date of the file tells.",
)
@click.option(
    "--sheet",
    "sheets",
    multiple=True,
    metavar="NAME",
    help="Sheet of a workbook to read; '*' is all. Without it: the fullest.",
)
@click.option(
    "--as",
    "account",
    metavar="NAME",
    help="Account whose tickets these are, where a desk holds several: brand-b.",
)
@click.option("--dry-run", is_flag=True, help="Read and check everything, store nothing.")
@click.option(
    "--accept-quarantine",
    is_flag=True,
    help="Load the rest, however many rows cannot be read.",
)
@click.option("--no-refresh", is_flag=True, help="Leave the mart as it is.")
@click.option(
    "--scorecard",
    "shows_scorecard",
    is_flag=True,
    help="Print the scorecard afterwards (tables only).",
)
@click.option("--start", metavar="DATE", help="With --scorecard: first local day of its window.")
@click.option(
    "--end", metavar="DATE", help="With --scorecard: last local day of its window, excluded."
)
@click.option(
    "--suggest", is_flag=True, help="Write a first mapping for the file to stdout and load nothing."
)
@click.option(
    "--format",
    "format_name",
    type=click.Choice(["table", "json"]),
    default="table",
    show_default=True,
)
def command(
    source: str,
    paths: tuple[str, ...],
    desk_path: str | None,
    mapping: str | None,
    time_zone: str | None,
    scale: str | None,
    dates: str | None,
    sheets: tuple[str, ...],
    account: str | None,
    dry_run: bool,
    accept_quarantine: bool,
    no_refresh: bool,
    shows_scorecard: bool,
    start: str | None,
    end: str | None,
    suggest: bool,
    format_name: str,
) -> None:
    """Load PATH... through SOURCE: the whole batch or nothing, and never twice.

    Without SOURCE the files are recognised: exports of Zendesk, Freshdesk, Jira, ServiceNow and
    others.
    """
    source, paths = _source_and_paths(source, paths)
    if suggest:
        from helmdesk.sources.parts.suggestion import suggest_mapping

        click.echo(suggest_mapping(Path(paths[0]), sheets=sheets))
        talk("check every line marked with '?', then load with --mapping FILE")
        return
    from helmdesk.sources.parts.source import scale_of

    desk = open_desk(desk_path)

    def load(*, accepts_quarantine: bool) -> LoadReport:
        with Progress() as progress:
            return desk.load(
                source,
                paths,
                mapping=mapping,
                time_zone=time_zone,
                scale=scale_of(source, scale),
                dates=dates,
                sheets=sheets,
                account=account,
                accepts_quarantine=accepts_quarantine,
                is_dry_run=dry_run,
                refresh=not no_refresh,
                on_step=progress,
            )

    try:
        report = load(accepts_quarantine=accept_quarantine)
    except DataQualityError as error:
        if isinstance(error.report, LoadReport):
            _show(error.report, format_name, STOPPED)
        if not (sys.stdin.isatty() and click.confirm(f"{error.what}. Load the rest?", err=True)):
            raise
        report = load(accepts_quarantine=True)
    if not dry_run and not no_refresh:
        # Known only after the refresh: what the new records mean for the numbers.
        report.notes += map(str, desk.concerns())
    if dry_run and desk.is_too_much(report):
        report.notes.append(
            f"{report.quarantine_share:.1%} of the rows would go to quarantine, more than"
            f" {desk.settings.quarantine_limit:.1%}: a load would stop and ask"
        )
    _show(report, format_name, DRY_RUN if dry_run else "")
    if shows_scorecard and not dry_run and format_name != "json":
        from helmdesk.cli.commands.scorecard import show_scorecard

        click.echo()
        show_scorecard(desk, format_name, start=start, end=end)
    if not dry_run and not no_refresh and not shows_scorecard:
        talk(f"next: helmdesk scorecard --desk {desk.path}")


def _show(report: LoadReport, format_name: str, ending: str) -> None:
    if format_name == "json":
        click.echo(json.dumps(asdict(report), indent=2, ensure_ascii=False))
    else:
        click.echo("\n".join(describe(report, ending)))


def _coverage(report: LoadReport) -> list[str]:
    """Return which metrics the desk can answer with this load, which are new, and what others
    lack.
    """
    if not report.coverage:
        return []
    now = [each for each in report.coverage if each["is_now"]]
    new = [each["name"] for each in now if not each["was"]]
    gone = [each["name"] for each in report.coverage if each["was"] and not each["is_now"]]
    before = sum(each["was"] for each in report.coverage)
    lines = [
        f"metrics: {len(now)} of {len(report.coverage)} can be answered, {before} before"
        + (f"; new: {', '.join(new)}" if new else "")
        + (f"; no more: {', '.join(gone)}" if gone else "")
    ]
    if not new:
        return lines
    by_lack: dict[str, list[str]] = {}
    for each in report.coverage:
        if not each["is_now"]:
            by_lack.setdefault(", ".join(each["lacks"]), []).append(each["name"])
    for lack, names in sorted(by_lack.items(), key=lambda item: -len(item[1]))[:MAX_SHOWN]:
        lines.append(f"  without {lack} records: no {', '.join(names)}")
    return lines


def _examples(report: LoadReport) -> list[str]:
    """Return a few tickets as they would stand, one a line."""
    if not report.examples:
        return []
    names = list(report.examples[0])
    cells = [
        [name.replace("_", " ") for name in names],
        *([str(each[name] or "–").replace("_", " ") for name in names] for each in report.examples),
    ]
    widths = [max(len(row[place]) for row in cells) for place in range(len(names))]
    return [
        "some tickets as they would stand; look whether they are right:",
        *("  " + "  ".join(map(str.ljust, row, widths)).rstrip() for row in cells),
    ]


def _source_and_paths(source: str, paths: tuple[str, ...]) -> tuple[str, tuple[str, ...]]:
    """Tell a source from a file that stands in its place."""
    if "" in (source, *paths):
        # Of the shell's, such as "$FILE" where FILE is not set; as a path it is this very folder.
        raise UsageError("load what? one of the names of files is empty")
    from helmdesk.sources.parts.source import source_names

    if source not in source_names() and Path(source).exists():
        return "file", (source, *paths)
    if not paths:
        raise UsageError(f"load what? helmdesk load {source} FILE...")
    return source, paths


def describe(report: LoadReport, ending: str = "") -> list[str]:
    """Return the load report as lines.

    Args:
        ending: how it ended, where nothing was stored.
    """
    if report.is_already_loaded:
        return [
            "already loaded: the lake holds exactly this input; nothing was added",
            *(f"note: {note}" for note in report.notes),
        ]
    lines = [f"{file.rows:>9,} rows  {file.path}" for file in report.files]
    for file in report.files:
        if file.unknown_columns:
            names = ", ".join(file.unknown_columns[:MAX_SHOWN])
            more = (
                f" and {len(file.unknown_columns) - MAX_SHOWN} more"
                if len(file.unknown_columns) > MAX_SHOWN
                else ""
            )
            lines.append(
                f"schema drift: {Path(file.path).name} has columns this source does not know:"
                f" {names}{more}"
            )
    listed = ", ".join(f"{count:,} {name}" for name, count in report.records.items())
    total = f"{sum(report.records.values()):>9,} records: {listed or 'none'}"
    lines += (
        textwrap.wrap(
            total,
            118,
            replace_whitespace=False,
            subsequent_indent=" " * 10,
            break_on_hyphens=False,
            drop_whitespace=True,
        )
        if listed
        else [total]
    )
    if sum(report.tickets.values()):
        lines.append(
            f"{sum(report.tickets.values()):>9,} tickets: "
            + ", ".join(f"{count:,} {word}" for word, count in report.tickets.items() if count)
        )
    lines += [f"note: {note}" for note in report.notes]
    lines += [f"question: {question}" for question in report.questions.values()]
    if report.duplicates:
        lines.append(f"duplicates: {report.duplicates:,} exact repeats were kept once")
    if report.older_versions:
        lines.append(
            f"older versions: {report.older_versions:,} records of rows that came again later in"
            " the same input were left out"
        )
    if report.quarantined_rows:
        lines.append(f"quarantine: {report.quarantined_rows:,} rows")
        lines += [
            f"  {count:,} x {reason}"
            for reason, count in list(report.quarantined.items())[:MAX_SHOWN]
        ]
        lines += [f"  e.g. {example}" for example in report.quarantine_examples[:3]]
        if report.lake_version is not None:
            lines.append(f"  mend and load again: helmdesk quarantine {report.batch_id} --to DIR")
    lines += _coverage(report)
    lines += _examples(report)
    lines.append(ending or f"stored as lake version {report.lake_version}")
    return lines
