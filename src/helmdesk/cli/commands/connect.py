"""``helmdesk connect``: a live account, from its key to the first look at what will come."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click

from helmdesk.cli.options import desk_option, open_desk
from helmdesk.cli.output import talk
from helmdesk.connectors.parts.access import Access
from helmdesk.connectors.parts.connector import (
    Ask,
    Connector,
    connectors,
    find_connector,
)
from helmdesk.desk.connections import (
    Connection,
    Connections,
    check_since,
    secret_of_environment,
    variable_of,
)
from helmdesk.desk.described import ASKED, describe, draft
from helmdesk.desk.desk import Desk
from helmdesk.desk.first_look import FirstLook, look
from helmdesk.errors import UsageError
from helmdesk.records.accounts import check_name


class ConnectCommand(click.Command):
    """Lists the systems in its help without importing them for every other command."""

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write systems and examples."""
        lines = "\n".join(f"  {name:<12} {found.title}" for name, found in connectors())
        self.epilog = (
            f"\b\nSystems:\n{lines}\n\n\b\nExamples:\n  helmdesk connect zendesk --desk my-desk\n"
            "  helmdesk connect zendesk --as brand-b --set account=brandb --desk my-desk\n"
            "  helmdesk connect zendesk --remove --desk my-desk"
        )
        super().format_epilog(ctx, formatter)


@click.command("connect", cls=ConnectCommand)
@click.argument("system")
@desk_option
@click.option(
    "--as",
    "name",
    metavar="NAME",
    help="Name of the account, where there are several of one system: brand-b.",
)
@click.option(
    "--set",
    "said",
    multiple=True,
    metavar="NAME=VALUE",
    help="An answer in advance, for scripts. Keys are never said so: see below.",
)
@click.option(
    "--since", metavar="DATE", help="Fetch tickets changed since that day; without it, all."
)
@click.option(
    "--suggest",
    is_flag=True,
    help="For a table: write a first mapping of its columns to stdout, and store nothing.",
)
@click.option("--remove", is_flag=True, help="Forget the account and its key; its tickets stay.")
def command(
    system: str,
    desk_path: str | None,
    name: str | None,
    said: tuple[str, ...],
    since: str | None,
    suggest: bool,
    remove: bool,
) -> None:
    """Connect a live account of SYSTEM: asks for what it needs, tests the key, says what it will
    fetch. A database, a folder or a bucket is connected in the same way.

    The key is asked for where nobody sees it, or taken from HELMDESK_NAME_TOKEN; nothing is
    changed in the account. It stays in a file that only you may read.
    """
    desk = open_desk(desk_path)
    connections = Connections(desk.path)
    if remove:
        connections.remove(name or system)
        talk(f"'{name or system}' is forgotten; its tickets stay on the desk")
        return
    connector = find_connector(system)
    check_name(name)
    connection_name = name or system
    given = dict(_pair(each, connector.asks) for each in said)
    if sys.stdin.isatty():
        talk(f"{connector.title}. Where to make a key: {connector.key_words}")
    answers = {ask.name: _answer(ask, given, connection_name) for ask in connector.asks}
    day = check_since(since or "")
    api = connector.open(answers)
    try:
        if suggest:
            _suggest(desk, connector, api, answers)
            return
        found = look(connector, api, day)
        is_recognised = answers.get(ASKED) == ""
        if not found.missing:
            answers = describe(connector, api, answers, desk.folder.limits)
    finally:
        api.close()
    hidden = {ask.name for ask in connector.asks if ask.is_secret}
    connection = Connection(
        connection_name,
        system,
        {key: value for key, value in answers.items() if key not in hidden},
        day,
    )
    _show_rights(found)
    found.refuse()
    connections.add(
        connection,
        {
            key: answers[key]
            for key in hidden
            if answers[key] and not secret_of_environment(variable_of(connection_name, key))
        },
    )
    connections.tell_look(connection_name, found)
    click.echo(found.words)
    if is_recognised and answers[ASKED]:
        talk(
            "the columns were recognised; what they are taken for stands in"
            f" {connections.path / connection_name}.toml, and --suggest shows it with its reasons"
        )
    if connector.after is not None:
        click.echo(connector.after(connection_name, answers))
    talk(f"next: helmdesk sync {connection_name} --desk {desk.path}")


def _suggest(desk: Desk, connector: Connector[Any], api: Access, said: Mapping[str, str]) -> None:
    if connector.example is None:
        raise UsageError(f"{connector.title}: nobody has to say what its columns mean")
    rows, table = connector.example(api), said.get("table", "")
    click.echo(draft(rows, desk.folder.limits, table, is_final=False))
    talk("check every line marked with '?', then connect with --set mapping=FILE")


def _pair(text: str, asks: tuple[Ask, ...]) -> tuple[str, str]:
    name, separator, value = text.partition("=")
    known = {ask.name: ask for ask in asks}
    if not separator or name not in known:
        open_names = ", ".join(ask.name for ask in asks if not ask.is_secret)
        raise UsageError(f"--set {name}: not one of {open_names}, as NAME=VALUE")
    if known[name].is_secret:
        raise UsageError(
            f"--set {name}: others on this machine can read a command; leave it out and type it, or"
            " set it in the environment"
        )
    return name, _content(value) if known[name].is_file else value


def _content(path: str) -> str:
    try:
        return Path(path).read_text(encoding="utf-8") if path else ""
    except OSError as error:
        raise UsageError(f"{path}: {error.strerror}") from None
    except UnicodeDecodeError:
        raise UsageError(f"{path}: not a file of text") from None


def _answer(ask: Ask, given: dict[str, str], name: str) -> str:
    if ask.name in given:
        return given[ask.name]
    variable = variable_of(name, ask.name)
    if ask.is_secret and (secret := secret_of_environment(variable)):
        return secret
    if ask.make is not None:
        return ask.make()
    if not sys.stdin.isatty():
        if ask.default is not None:
            return ask.default
        how = f"set {variable}" if ask.is_secret else f"say --set {ask.name}=..."
        raise UsageError(f"{ask.words}: nobody is there to ask; {how}")
    answer: str = click.prompt(
        ask.words, default=ask.default, hide_input=ask.is_secret, err=True, show_default=False
    )
    return _content(answer.strip()) if ask.is_file else answer.strip()


def _show_rights(found: FirstLook) -> None:
    for right in found.rights:
        if right.is_granted:
            click.echo(f"may read  {right.what}")
        else:
            click.echo(f"may NOT   {right.what}: {right.mend}")
