"""Options that several commands share, and how they find the desk."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

import click

from helmdesk.catalogue.metric import CLOCKS
from helmdesk.cli.output import talk
from helmdesk.cli.progress import Progress
from helmdesk.desk.desk import SETTINGS_FILE, Desk
from helmdesk.desk.marts import Step
from helmdesk.errors import NotFoundError
from helmdesk.query.window import CALENDAR, COMPARISONS

Function = TypeVar("Function", bound=Callable[..., Any])
FORMATS = ("table", "json", "csv", "parquet")

desk_option = click.option(
    "--desk",
    "desk_path",
    envvar="HELMDESK_DESK",
    help="The desk's folder (or set HELMDESK_DESK; default: here).",
)
format_option = click.option(
    "--format",
    "format_name",
    type=click.Choice(FORMATS),
    default="table",
    show_default=True,
    help="Form of the output.",
)


def open_desk(path: str | None) -> Desk:
    """Open the named desk, or the one in the present folder.

    Raises:
        NotFoundError: neither exists.
    """
    if path is None and not Path(SETTINGS_FILE).is_file():
        raise NotFoundError(
            "no desk named: use --desk DIR, set HELMDESK_DESK, or run this inside a desk's folder"
        )
    desk = Desk(path or ".")
    desk.marts.announce = _announced
    return desk


@contextmanager
def _announced(reason: str) -> Iterator[Step]:
    """Say on stderr why facts are made anew before an answer, and show how far it is."""
    talk(f"{reason}: making the facts anew before answering")
    if Progress.running:
        yield Progress.running
        return
    with Progress() as progress:
        yield progress


window_option = click.option(
    "--window",
    metavar="NAME",
    help=f"A named window instead of dates: {', '.join(CALENDAR)} or 28-days.",
)
compare_option = click.option(
    "--compare",
    type=click.Choice(tuple(COMPARISONS)),
    default="previous",
    show_default=True,
    help="; ".join(f"{name}: {words}" for name, words in COMPARISONS.items()) + ".",
)


def question_options(function: Function) -> Function:
    """Add the options of a question: slices, window, filter, variant, clock, lake version."""
    for option in reversed(
        (
            click.option(
                "--by",
                "by",
                multiple=True,
                metavar="DIM",
                help="Group by a dimension; repeat or separate by commas.",
            ),
            click.option(
                "--grain",
                type=click.Choice(["day", "week", "month", "quarter", "year"]),
                help="One value per period.",
            ),
            click.option("--start", metavar="DATE", help="First local day or time, included."),
            click.option("--end", metavar="DATE", help="Last local day or time, excluded."),
            window_option,
            click.option(
                "--where",
                metavar="FILTER",
                help="Condition over dimensions, such as \"channel = 'email'\".",
            ),
            click.option("--variant", metavar="NAME", help="A named variant of the definition."),
            click.option(
                "--clock", type=click.Choice(CLOCKS), default="calendar", show_default=True
            ),
            click.option(
                "--as-of",
                "as_of",
                type=int,
                metavar="VERSION",
                help="Answer from this version of the lake.",
            ),
        )
    ):
        function = option(function)
    return function


def split_names(names: tuple[str, ...]) -> list[str]:
    """Return names given by repetition, by commas, or both."""
    return [part.strip() for name in names for part in name.split(",") if part.strip()]


def ask_passphrase(file: Path | None, *, is_new: bool) -> str | None:
    """Return the passphrase in a file, or typed where nobody sees it for ``-``; None where no file
    is named.

    Raises:
        UsageError: it cannot be read, or is short.
    """
    from helmdesk.desk.backup_secrets import check_passphrase, read_passphrase

    if file is None:
        return None
    if str(file) != "-":
        return read_passphrase(file)
    return check_passphrase(
        click.prompt("Passphrase", hide_input=True, confirmation_prompt=is_new, err=True), "-"
    )
