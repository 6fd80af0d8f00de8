"""The ``helmdesk`` command: finds commands by scanning its folder, turns errors into one line and a
code.
"""

from __future__ import annotations

import gc
import importlib
import os
import sys

import click

from helmdesk.errors import HelmdeskError, machine_problem, nearest
from helmdesk.modules import module_names
from helmdesk.version import __version__

EXIT_CODES = "Exit codes: 0 ok, 1 failure, 2 usage, 3 not found, 4 data quality, 5 conflict."


class Commands(click.Group):
    """Commands are modules of the folder `commands`; each is imported only when it is used."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return all command names."""
        return [name.replace("_", "-") for name in module_names("helmdesk.cli.commands")]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import one command."""
        known = self.list_commands(ctx)
        if cmd_name not in known:
            ctx.fail(f"no such command '{cmd_name}'{nearest(cmd_name, known)}")
        command: click.Command = importlib.import_module(
            f"helmdesk.cli.commands.{cmd_name.replace('-', '_')}"
        ).command
        return command


EPILOG = f"""\b
Examples:
  helmdesk sample demo-desk
  helmdesk scorecard --desk demo-desk

{EXIT_CODES}"""


@click.group(cls=Commands, epilog=EPILOG, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="helmdesk")
def commands() -> None:
    """See what is happening in a support operation: records in, governed numbers with
    receipts out.
    """


def run(arguments: list[str] | None = None) -> None:
    """Run the command line; end the process with the right exit code and never with a traceback."""
    # A short process full of syntax trees gains nothing from frequent collections.
    gc.set_threshold(100_000)
    sys.exit(_code(arguments))


def _code(arguments: list[str] | None) -> int:
    try:
        commands.main(args=arguments, standalone_mode=False)
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except click.exceptions.Abort:
        click.echo("helmdesk: stopped", err=True)
        return 1
    except HelmdeskError as error:
        return _say(str(error), error.exit_code, error)
    except BrokenPipeError:
        # The reader of our output has gone; point stdout elsewhere so that closing it stays quiet.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except Exception as error:  # The outermost boundary: a person reads this, not a developer.
        first = (str(error) or type(error).__name__).splitlines()[0]
        if meaning := machine_problem(error):
            return _say(f"{meaning}; what was stored before is whole ({first[:160]})", 1, error)
        return _say(f"unexpected: {first} (set HELMDESK_DEBUG=1 for the details)", 1, error)
    return 0


def _say(message: str, code: int, error: BaseException) -> int:
    if os.environ.get("HELMDESK_DEBUG"):
        raise error
    click.echo(f"helmdesk: {message}", err=True)
    return code
