"""Accounts: whose numbers the ids of a batch are, so that two helpdesks may both have a ticket 1.

An account is one customer of one system: a brand's Zendesk, the Jira of a department. Numbers live
inside it. The first account of a desk keeps them as they are; in the records of any other they
begin with its name: ``brand-b:1``. The column ``source`` of its records is its name.

Which account a batch is of is said by the user, or told by what it shares with the accounts there
are: a ticket's creation and a call's start never change, so the same numbers with other times are
of another account.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from helmdesk.errors import ConflictError, UsageError, nearest
from helmdesk.parquet import asking
from helmdesk.quoting import text
from helmdesk.records.identities import known_ids, qualify, resolve_references
from helmdesk.records.staging import Staging

if TYPE_CHECKING:
    import duckdb

# Systems that number everything themselves. A further one never shares numbers with what is there;
# files that people write by hand mean the agents and tickets that the desk knows.
HELPDESKS = ("zendesk", "intercom", "jira", "servicenow")
# Here a ticket's first event is taken for its creation: a later extract may begin later.
EVENT_LOGS = ("eventlog", "transcript")
NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,39}")
PEOPLE = "people and teams"
FAMILIES = ("ticket", "leg", "survey", "entity")


@dataclass(frozen=True)
class Account:
    """One account on a desk.

    Attributes:
        name: its name; the value of the dimension ``source``.
        system: the source that reads its files.
        prefix: what its ids begin with; empty where they are as the source gives them.
        has_tickets: whether any ticket is its.
    """

    name: str
    system: str
    prefix: str = ""
    has_tickets: bool = False


@dataclass(frozen=True)
class _Shared:
    """What a batch and one account have in common.

    Attributes:
        what: tickets, calls, answers or people.
        count: ids of both.
        same: those that stand for the same thing.
        example: one that does not, in words.
    """

    what: str
    count: int
    same: int
    example: str

    @property
    def is_same(self) -> bool:
        return self.same * 2 >= self.count

    @property
    def is_slight(self) -> bool:
        """Whether it says too little to tell another account: one person may get another name."""
        return self.what == PEOPLE and self.count < 2


def check_name(name: str | None) -> None:
    """Refuse what cannot be the name of an account.

    Raises:
        UsageError: it holds other signs than small letters, digits, - and _.
    """
    if name and not NAME.fullmatch(name):
        raise UsageError(
            f"account '{name}': a name has small letters, digits, - and _, begins with a letter or"
            " digit, and is at most 40 long"
        )


def settle_account(
    staging: Staging, files: Mapping[str, Sequence[str]], named: str | None, content: str
) -> None:
    """Find the account of a staged batch, and make its ids those of the account.

    Args:
        files: the lake's Parquet files by family.
        named: the account's name, where the user says it.
        content: digest of the files read, whatever the options.

    Raises:
        UsageError: `named` cannot be a name, or is not one that this desk knows where it must be.
        ConflictError: the files are of another account than the one named, or nothing tells of
        which.
    """
    check_name(named)
    system = staging.source
    accounts, contents = _known(staging.connection, files)
    owns_tickets = _owns(staging, "ticket", "created")
    account = _Search(staging, files, accounts, system, owns_tickets).find(
        named, contents.get(content, ())
    )
    staging.report.account, staging.report.system, staging.report.prefix = (
        account.name,
        system,
        account.prefix,
    )
    staging.report.content = content
    ids_of_all = {known.name: known.prefix for known in (*accounts.values(), account)}
    if not owns_tickets and any(ids_of_all.values()):
        known_ids(staging, files, ids_of_all)
        resolve_references(staging, account.prefix, is_named=named is not None)
    if account.prefix:
        was_loaded_elsewhere = not owns_tickets and any(
            name != account.name for name in contents.get(content, ())
        )
        qualify(staging, account.prefix, takes_place=was_loaded_elsewhere, owns_all=owns_tickets)
    if account.name != system:
        _rename(staging, account.name)


def _rename(staging: Staging, name: str) -> None:
    staging.source = name
    for family in staging.families:
        staging.connection.execute(f"update staged_{family} set source = {text(name)}")


def _owns(staging: Staging, family: str, type_name: str) -> bool:
    if family not in staging.families:
        return False
    return bool(
        staging.connection.execute(
            f"select 1 from staged_{family} where type = {text(type_name)} limit 1"
        ).fetchone()
    )


def read_accounts(files: Mapping[str, Sequence[str]]) -> dict[str, Account]:
    """Return the accounts on a desk by name, from its lake's Parquet files by family."""
    with asking() as connection:
        return _known(connection, files)[0]


def _known(
    connection: duckdb.DuckDBPyConnection, files: Mapping[str, Sequence[str]]
) -> tuple[dict[str, Account], dict[str, list[str]]]:
    """Return the accounts on the desk by name, and the names of those that files of the same
    content were loaded into.
    """
    run = connection.execute
    told: dict[str, tuple[str, str]] = {}
    contents: dict[str, list[str]] = {}
    if files.get("batch"):
        cells = ", ".join(
            f"coalesce(json_extract_string(report, '$.{field}'), '')"
            for field in ("account", "system", "prefix", "content")
        )
        for name, its_system, prefix, content in run(
            f"select {cells} from {reader(files['batch'])} order by recorded_at, batch_id"
        ).fetchall():
            if name:
                told[name] = (its_system, prefix)
                contents.setdefault(content, []).append(name)
    found: dict[str, bool] = dict.fromkeys(told, False)
    for family in FAMILIES:
        if files.get(family):
            has = "bool_or(type = 'created')" if family == "ticket" else "false"
            for name, has_tickets in run(
                f"select source, {has} from {reader(files[family])} where source is not null group"
                " by source"
            ).fetchall():
                found[name] = found.get(name, False) or has_tickets
    accounts = {
        name: Account(name, *told.get(name, (name, "")), has_tickets)
        for name, has_tickets in sorted(found.items())
    }
    return accounts, contents


def reader(files: Sequence[str]) -> str:
    """Return SQL of all records in Parquet files of one family."""
    return (
        f"read_parquet([{', '.join(text(file) for file in files)}], union_by_name=true,"
        " hive_partitioning=false)"
    )


class _Search:
    """Which account a batch is of."""

    def __init__(
        self,
        staging: Staging,
        files: Mapping[str, Sequence[str]],
        accounts: Mapping[str, Account],
        system: str,
        owns_tickets: bool,
    ) -> None:
        self.staging, self.files, self.accounts, self.system, self.owns_tickets = (
            staging,
            files,
            accounts,
            system,
            owns_tickets,
        )
        self.own = [account for account in accounts.values() if account.system == system]

    def find(self, named: str | None, loaded_into: Sequence[str]) -> Account:
        """Return the account, known or new; say in the load report what was found out about it.

        Args:
            loaded_into: accounts that have records of these very files.
        """
        shared = self._shared() if self.accounts else {}
        same = [name for name in shared if shared[name].is_same]
        same.sort(
            key=lambda name: (-shared[name].same, self.accounts[name].system != self.system, name)
        )
        if loaded_into:
            same = [
                *dict.fromkeys([*reversed(loaded_into), *same])
            ]  # read once more in another way, they stay what they are
        other = {
            name: found
            for name, found in shared.items()
            if name not in same and not found.is_slight
        }
        if named is not None:
            return self._named(named, same, other)
        if same:
            account = self.accounts[same[0]]
            if account.prefix or account.system == self.system:
                found = shared.get(account.name)
                why = (
                    f"{found.same:,} of {found.count:,} {found.what} that both have are the same"
                    if found
                    else "these files were loaded into it before"
                )
                self._tell(account, why)
                return account
            return self.accounts.get(self.system) or Account(
                self.system, self.system
            )  # these tell more of tickets that are there
        possible = [account for account in self.own if account.name not in other]
        if len(possible) > 1:
            self._is_told(possible)
        if possible:
            self._tell(possible[0], "no other account of this system is possible" if other else "")
            slight = shared.get(possible[0].name)
            if slight and not slight.is_same:
                self.staging.note(
                    f"{slight.example}: taken for a new name; if these are of another account, load"
                    " them into a copy of the desk with --as NAME"
                )
            return possible[0]
        return self._new(other)

    def _is_told(self, possible: Sequence[Account]) -> None:
        """Refuse a batch of a system with several accounts, when it says things of tickets and
        nothing tells whose.
        """
        if self.system not in HELPDESKS and not self.owns_tickets:
            possible = possible[:1]
        if len(possible) > 1:
            names = ", ".join(account.name for account in possible)
            raise ConflictError(
                f"this desk has several accounts of {self.system} ({names}), and these files share"
                " nothing with any of them that tells whose they are; nothing was loaded; say it:"
                " --as NAME (on the site: the field 'account')"
            )

    def _named(self, named: str, same: Sequence[str], other: Mapping[str, _Shared]) -> Account:
        known = self.accounts.get(named)
        if known is None and not self.owns_tickets:
            names = [account.name for account in self.accounts.values()]
            raise UsageError(
                f"this desk has no account '{named}'{nearest(named, names)} (known:"
                f" {', '.join(names) or 'none'}); load its tickets first"
            )
        if (
            known
            and self.owns_tickets
            and known.system != self.system
            and {known.system, self.system} <= set(HELPDESKS)
        ):
            raise ConflictError(
                f"the account '{named}' is one of {known.system}; nothing was loaded; give the one"
                f" of {self.system} a name of its own"
            )
        # Where a log begins is not where its tickets did: who says whose they are knows better.
        if self.owns_tickets and named in other and self.system not in EVENT_LOGS:
            raise ConflictError(
                f"{other[named].example}: these are not the tickets of the account '{named}';"
                " nothing was loaded; give them another name with --as"
            )
        elsewhere = [name for name in same if name != named and self.accounts[name].has_tickets]
        if self.owns_tickets and elsewhere and named not in same:
            raise ConflictError(
                f"these tickets are on the desk already, in the account '{elsewhere[0]}'; nothing"
                f" was loaded; load them --as {elsewhere[0]}"
            )
        return known or self._new(other, named)

    def _new(self, other: Mapping[str, _Shared], named: str | None = None) -> Account:
        name = named or self.system
        number = 2
        while name in self.accounts or (named is None and self.own and name == self.system):
            name, number = f"{self.system}-{number}", number + 1
        is_apart = named is not None or self.system in HELPDESKS
        others = [account.name for account in self.accounts.values() if account.has_tickets]
        prefix = f"{name}:" if other or (is_apart and others) else ""
        account = Account(name, self.system, prefix)
        if prefix:
            why = f" ({next(iter(other.values())).example})" if other else ""
            self.staging.note(
                f"a new account, '{name}', beside {', '.join(others) or 'what is there'}{why}: its"
                f" numbers are its own, and begin with '{prefix}' where the desk has several"
                f" accounts; later exports of it are recognised, or said with --as {name}"
            )
        return account

    def _tell(self, account: Account, why: str) -> None:
        if account.prefix or (why and len(self.own) > 1):
            self.staging.note(f"of the account '{account.name}'{f': {why}' if why else ''}")

    # -- what is shared ---------------------------------------------------------------------------

    def _shared(self) -> dict[str, _Shared]:
        """Return what the batch shares with each account, by what tells most of all that is shared
        with any.
        """
        self.staging.connection.execute(
            "create or replace temp table accounts (name varchar, system varchar, prefix varchar)"
        )
        for account in self.accounts.values():
            self.staging.connection.execute(
                "insert into accounts values (?, ?, ?)",
                [account.name, account.system, account.prefix],
            )
        for what, evidence in self._evidence():
            found = {
                name: _Shared(what, int(count), int(same), example or "")
                for name, count, same, example in self.staging.connection.execute(
                    evidence
                ).fetchall()
            }
            if found:
                return found
        return {}

    def _evidence(self) -> Iterator[tuple[str, str]]:
        """What is shared, and SQL of account, shared ids, those that are the same, and an example
        of one that is not.
        """
        given, files = self.staging.families, self.files
        if self.owns_tickets and files.get("ticket"):
            yield (
                "tickets",
                self._moments("ticket", "ticket_id", "ticket", "was created", "type = 'created'"),
            )
        if "leg_id" in given.get("leg", ()) and files.get("leg"):
            yield "calls", self._moments("leg", "leg_id", "call", "began", "true")
        if not self.owns_tickets and "survey_id" in given.get("survey", ()) and files.get("survey"):
            yield "answers", self._answers(given["survey"])
        if (
            self.system in HELPDESKS
            and {"entity_id", "name"} <= given.get("entity", set())
            and files.get("entity")
        ):
            yield PEOPLE, self._names()

    def _known(self, family: str, column: str, cells: str, where: str) -> str:
        number = (
            f"case when a.prefix <> '' and starts_with(r.{column}, a.prefix) then"
            f" substr(r.{column}, length(a.prefix) + 1) else r.{column} end"
        )
        return (
            f"(select a.name as account, a.system, {number} as id, {cells} from"
            f" {reader(self.files[family])} r join accounts a on a.name = r.source where {where}"
            f" and ({number}) in (select {column} from staged_{family}) group by all)"
        )

    def _moments(self, family: str, column: str, what: str, happened: str, where: str) -> str:
        """Things whose first moment never changes. A log may begin after what is known: that tells
        nothing of its own account.
        """
        is_log = self.system in EVENT_LOGS and family == "ticket"
        known = self._known(
            family,
            column,
            "r.occurred_at as known_at",
            "true" if is_log else where.replace("type", "r.type"),
        )
        moment = "strftime({}, '%Y-%m-%d %H:%M UTC')"
        undecided = (
            f"system = {text(self.system)} and given_at > max(known_at)" if is_log else "false"
        )
        example = (
            f"'{what} ' || id || ' {happened} ' || {moment.format('given_at')} || ' in these files"
            f" and ' || {moment.format('first_at')} || ' in ' || account"
        )
        return f"""with given as (select {column} as id, min(occurred_at) as given_at
            from staged_{family} where {where} group by id),
            met as (select account, id, given_at, min(known_at) as first_at,
                bool_or(abs(epoch(known_at) - epoch(given_at)) < 60) as is_same
                from given join {known} using (id) group by account, system, id,
                    given_at having not ({undecided}))
            select account, count(*), count_if(is_same),
                arg_min({example}, id) filter (where not is_same) from met group by account"""

    def _answers(self, given: set[str]) -> str:
        """An answer may change, but not what it is about."""
        about = [column for column in ("ticket_id", "customer_id") if column in given]
        bare = "regexp_replace(coalesce(r.{0}, ''), '^' || a.prefix, '')"
        present = {
            row[0]
            for row in self.staging.connection.execute(
                f"describe select * from {reader(self.files['survey'])}"
            ).fetchall()
        }
        subject = " || '|' || ".join(f"coalesce({column}, '')" for column in about) or "''"
        known_subject = (
            " || '|' || ".join(
                bare.format(column) if column in present else "''" for column in about
            )
            or "''"
        )
        empty = "|" * (len(about) - 1) if about else ""
        known = self._known(
            "survey", "survey_id", f"list(distinct {known_subject}) as subjects", "true"
        )
        return f"""with given as (select survey_id as id, max({subject}) as subject
            from staged_survey group by 1)
            select k.account, count(*), count_if(list_contains(k.subjects, g.subject)),
                arg_min('survey ' || id ||
                    ' is about other tickets or people in these files than in ' || k.account,
                    id) filter (where not list_contains(k.subjects, g.subject))
            from given g join {known} k using (id) where g.subject <> {text(empty)}
                group by k.account"""

    def _names(self) -> str:
        """People marry and teams are renamed, but mostly a word stays."""
        kinds = "('agent', 'customer', 'account', 'team')"
        words = "list_distinct(string_split(lower({}), ' '))"
        known = self._known(
            "entity",
            "entity_id",
            f"r.type, list_distinct(flatten(list({words.format('r.name')}))) as words",
            f"r.type in {kinds} and r.name is not null and a.system = {text(self.system)}",
        )
        return f"""with given as (select type, entity_id as id, any_value(name) as name
            from staged_entity where type in {kinds} and name is not null group by all)
            select k.account, count(*), count_if(list_has_any(k.words, {words.format("g.name")})),
                arg_min(g.type || ' ' || id || ' is ' || g.name
                    || ' in these files and somebody else in ' || k.account,
                    id) filter (where not list_has_any(k.words, {words.format("g.name")}))
            from given g join {known} k using (type, id) group by k.account"""
