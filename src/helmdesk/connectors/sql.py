"""A table or view of a database, read by a column that grows with every change; what its columns
mean is said by a mapping.

Rows are read in the order of that column and of the key, each page from where the last one ended,
so that rows of one instant are neither lost nor read for ever. A row that was written earlier and
became visible later lies before the place where reading stopped: so each run begins five minutes
(or a thousand numbers) earlier, and knows by their content the rows it has seen.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from helmdesk.connectors.parts.access import (
    Access,
    ConnectError,
    GoneError,
    MissingRightError,
    RefusedError,
)
from helmdesk.connectors.parts.connector import (
    Ask,
    Connector,
    Cursor,
    Item,
    Outlook,
    Page,
    Right,
    Row,
    Tell,
)
from helmdesk.connectors.parts.window import OVERLAP, instant_of
from helmdesk.errors import HelmdeskError, UsageError, nearest

if TYPE_CHECKING:
    from sqlalchemy import URL, Connection, Engine, Table
    from sqlalchemy.sql.elements import ColumnElement

DRIVERS = {
    "postgresql": "postgresql+psycopg",
    "postgres": "postgresql+psycopg",
    "mysql": "mysql+pymysql",
    "mariadb": "mariadb+pymysql",
}
PER_PAGE = 5_000
EXAMPLES = 1_000
NUMBERS = 1_000
"""A number that was drawn earlier may be committed later."""
MOST_KNOWN = 20_000
"""Rows of the overlap that are known by their content; where it holds more, the next run begins
exactly where this one ended."""
CONNECT_SECONDS, ANSWER_SECONDS = 10, 120
WRONG_USER = ("28P01", "28000", 1045, 1044)
NOT_GRANTED = ("42501", 1142, 1143)
"""Codes of PostgreSQL and of MySQL."""
ROWS_LOST = "fill it in, or take a view that does; without it nobody knows when to read them"


class Database(Access):
    """One table of a database.

    Args:
        said: address, table, cursor, key, encrypted, token.
    """

    def __init__(self, said: Mapping[str, str], engine: Engine) -> None:
        super().__init__((said.get("token", ""),))
        self.said, self.engine = said, engine
        self._table: Table | None = None

    def be_brief(self, attempts: int, seconds: float) -> None:
        """A database is asked once, and not again."""

    def close(self) -> None:
        """Let go of the connection."""
        self.engine.dispose()

    @contextmanager
    def asking(self) -> Iterator[Connection]:
        """Ask within one transaction that changes nothing.

        Raises:
            RefusedError, MissingRightError, ConnectError: the database does not give it.
        """
        import sqlalchemy

        try:
            with self.engine.connect() as connection:
                if connection.dialect.name in ("mysql", "mariadb"):
                    connection.exec_driver_sql("set session transaction read only")
                    connection.rollback()
                elif connection.dialect.name == "postgresql":
                    connection.execution_options(postgresql_readonly=True)
                yield connection
        except sqlalchemy.exc.SQLAlchemyError as error:
            raise self._refusal(error) from None

    def _refusal(self, error: Exception) -> HelmdeskError:
        cause = getattr(error, "orig", None) or error
        said = self.without_secrets(" ".join(str(cause).split())[:300])
        where = self.said["address"]
        code = getattr(cause, "sqlstate", None) or next(iter(getattr(cause, "args", ())), None)
        # A refused sign-in comes from PostgreSQL's client without a code.
        if code in WRONG_USER or "password" in said.lower():
            return RefusedError(f"{where}: the user or the password is wrong ({said})")
        if code in NOT_GRANTED:
            return MissingRightError(
                f"{where}: the user may not read it ({said})", "grant it: GRANT SELECT"
            )
        return ConnectError(
            f"{where}: {said}",
            "is the address right, and can it be reached from here? What was fetched is kept, and"
            " the next run goes on from there",
        )

    @property
    def table(self) -> Table:
        """The table, with the columns that it has now.

        Raises:
            GoneError: there is no such table, or it lacks the named columns.
        """
        import sqlalchemy

        if self._table is not None:
            return self._table
        schema, _, name = self.said["table"].rpartition(".")
        with self.asking() as connection:
            look = sqlalchemy.inspect(connection)
            known = [*look.get_table_names(schema or None), *look.get_view_names(schema or None)]
            if name not in known:
                raise GoneError(
                    f"no table or view '{self.said['table']}'{nearest(name, known)}",
                    "name it as TABLE or SCHEMA.TABLE; the user must be allowed to read it",
                )
            found = sqlalchemy.Table(
                name, sqlalchemy.MetaData(), schema=schema or None, autoload_with=connection
            )
        columns = [column.name for column in found.columns]
        for wanted in (self.said["cursor"], *self.key):
            if wanted not in columns:
                raise GoneError(
                    f"'{self.said['table']}' has no column '{wanted}'{nearest(wanted, columns)}",
                    f"it has: {', '.join(columns)}",
                )
        self._table = found
        return found

    @property
    def key(self) -> list[str]:
        """The columns that tell rows apart."""
        return [each.strip() for each in self.said["key"].split(",") if each.strip()]

    @property
    def cursor(self) -> ColumnElement[Any]:
        """The column that grows with every change."""
        return self.table.columns[self.said["cursor"]]

    @property
    def keys(self) -> list[ColumnElement[Any]]:
        """The key's columns."""
        return [self.table.columns[each] for each in self.key]

    def since(self, day: str) -> ColumnElement[bool] | None:
        """Return what leaves out rows before a day; None where the column tells no time."""
        if not day or self.kind not in (datetime, date):
            return None
        found: ColumnElement[bool] = self.cursor >= _typed(day, self.kind)
        return found

    @property
    def kind(self) -> type:
        """What the cursor's column holds: datetime, date, int, str."""
        found = _kind_of(self.cursor)
        return int if found in (Decimal, float, bool) else found


def open_account(said: Mapping[str, str]) -> Database:
    """Connect to a database.

    Raises:
        UsageError: no address of one that can be read.
    """
    url = address_of(said["address"])
    arguments = _arguments(url, said.get("encrypted", "yes"))
    with _installed():
        import sqlalchemy

        engine = sqlalchemy.create_engine(
            url.set(password=said.get("token") or None),
            connect_args=arguments,
            pool_size=1,
            max_overflow=0,
        )
    return Database(said, engine)


@contextmanager
def _installed() -> Iterator[None]:
    """Say what to install where a package is not there: SQLAlchemy, or a database's own driver."""
    try:
        yield
    except ImportError as error:
        raise HelmdeskError(
            f"the packages for databases are not installed ({error.name}); run: pip install"
            " 'helmdesk[databases]'"
        ) from error


def address_of(given: str) -> URL:
    """Return the address of a database.

    Raises:
        UsageError: not one, or one that holds more than where it is.
    """
    with _installed():
        import sqlalchemy
    shape = "postgresql://USER@HOST:5432/DATABASE or mysql://USER@HOST:3306/DATABASE"
    try:
        url = sqlalchemy.make_url(given.strip())
    except (sqlalchemy.exc.ArgumentError, ValueError):
        raise UsageError(f"not the address of a database; write {shape}") from None
    driver = DRIVERS.get(url.drivername.partition("+")[0])
    if driver is None or not url.host or not url.database:
        raise UsageError(f"'{url.drivername}': not a database that can be read; write {shape}")
    if url.password:
        raise UsageError("the password stands in the address; leave it out, it is asked for apart")
    if url.query:
        raise UsageError(f"the address has options; leave them out: {shape}")
    return url.set(drivername=driver)


def _arguments(url: URL, tls: str) -> dict[str, Any]:
    if tls not in ("yes", "no"):
        raise UsageError(f"encrypted '{tls}': say yes or no")
    if url.drivername.startswith("postgresql"):
        return {
            "connect_timeout": CONNECT_SECONDS,
            "sslmode": "require" if tls == "yes" else "disable",
            "options": f"-c statement_timeout={ANSWER_SECONDS * 1000} -c timezone=UTC",
        }
    import ssl

    arguments: dict[str, Any] = {
        "connect_timeout": CONNECT_SECONDS,
        "read_timeout": ANSWER_SECONDS,
        "charset": "utf8mb4",
        "init_command": "set time_zone = '+00:00'",
    }
    if tls == "yes":
        # Encrypted, as sslmode=require is: who the server is, its network says.
        context = ssl.create_default_context()
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        arguments["ssl"] = context
    return arguments


def rights(base: Database) -> Iterator[Right]:
    """Read one row, and look for rows that would never be read."""
    import sqlalchemy

    table = base.table
    with base.asking() as connection:
        connection.execute(sqlalchemy.select(table).limit(1)).fetchone()
    yield Right(f"the table {base.said['table']}", True, is_needed=True)
    for column in (base.cursor, *base.keys):
        empty = _number(base, column.is_(None))
        yield Right(
            f"{column.name} of every row",
            not empty,
            mend=f"{empty:,} rows have none; {ROWS_LOST}" if empty else "",
        )


def _number(base: Database, *where: ColumnElement[bool]) -> int:
    import sqlalchemy

    question = sqlalchemy.select(sqlalchemy.func.count()).select_from(base.table).where(*where)
    with base.asking() as connection:
        return int(connection.execute(question).scalar_one())


def count(base: Database, since: str) -> int:
    """Return how many rows the table has; for ``since``, of those changed since that day."""
    first = base.since(since)
    return _number(base, *([] if first is None else [first]))


def outlook(base: Database, since: str) -> Outlook:
    """A database has no limit of requests."""
    return Outlook(count(base, since), None, "rows")


def example(base: Database) -> Sequence[Row]:
    """Return the rows that changed last, for a draft of what the columns mean."""
    import sqlalchemy

    question = sqlalchemy.select(base.table).order_by(base.cursor.desc()).limit(EXAMPLES)
    with base.asking() as connection:
        return [row_of(dict(each)) for each in connection.execute(question).mappings()]


def pages(base: Database, since: str, cursor: Cursor, tell: Tell) -> Iterator[Page]:
    """Give what changed, some thousand rows at a time."""
    place = _Place(base, cursor)
    for column in (base.cursor, *base.keys):
        if empty := _number(base, column.is_(None)):
            base.missing[f"{empty:,} rows without {column.name}"] = ROWS_LOST
    number = int(cursor.get("number", 0))
    while True:
        at = _now(base)
        rows = _page(base, since, place)
        is_last = len(rows) <= PER_PAGE
        rows = rows[:PER_PAGE]
        items = []
        for row in rows:
            told = row_of(row)
            id_ = ":".join(str(told[each]) for each in base.key)
            if place.take(id_, told, row[base.said["cursor"]]):
                number += 1
                items.append(Item(id_, f"{number:016d}", {"rows": [told]}))
        if rows:
            place.move(rows[-1])
        tell(f"{len(items):,} rows changed")
        yield Page(items, {**place.kept(), "number": number}, is_last, at=at)
        if is_last:
            return


class _Place:
    """How far reading is.

    Attributes:
        after: the cursor and the key of the last row read; empty at the beginning.
        known: of the overlap by key: a digest of the row, and its cursor.
    """

    def __init__(self, base: Database, cursor: Cursor) -> None:
        self.base = base
        self.kind = base.kind
        self.now = _now(base)
        seen_at = cursor.get("at")
        self.after: list[Any] = []
        self.is_exact = bool(cursor.get("exact"))
        self.known: dict[str, tuple[str, Any]] = {
            id_: (digest, self._of(at)) for id_, (digest, at) in cursor.get("known", {}).items()
        }
        if cursor.get("after"):
            first, *rest = cursor["after"]
            kinds = [_kind_of(column) for column in base.keys]
            keys = [_typed(each, kind) for each, kind in zip(rest, kinds, strict=True)]
            self.after = [self._of(first), *keys]
        # Only the first page of a run begins earlier.
        self.begins_at = (
            None
            if self.is_exact or not self.after
            else self._earlier(self.after[0], instant_of(seen_at) if seen_at else self.now)
        )

    def _of(self, text: Any) -> Any:
        return _typed(text, self.kind)

    def _earlier(self, value: Any, now: datetime) -> Any:
        """Return where the next run begins; a row of the future does not draw it there."""
        if self.kind is datetime:
            until = now if value.tzinfo else now.replace(tzinfo=None)
            return min(value, until) - OVERLAP
        if self.kind is date:
            return value - timedelta(days=1)
        return value - NUMBERS if self.kind is int else None

    def take(self, id_: str, told: Row, at: Any) -> bool:
        """Remember a row; False where it came already as it is."""
        content = json.dumps(told, sort_keys=True, ensure_ascii=False)
        digest = hashlib.sha256(content.encode()).hexdigest()[:16]
        if id_ in self.known and self.known[id_][0] == digest:
            return False
        self.known[id_] = (digest, at)
        return True

    def move(self, last: Mapping[str, Any]) -> None:
        """Go on behind a row."""
        self.begins_at = None
        self.after = [last[self.base.said["cursor"]], *(last[each] for each in self.base.key)]
        if (begin := self._earlier(self.after[0], self.now)) is not None:
            self.known = {id_: each for id_, each in self.known.items() if each[1] >= begin}
        else:
            self.known = {}

    def kept(self) -> dict[str, Any]:
        """Return it as a cursor."""
        is_exact = len(self.known) > MOST_KNOWN or not self.known
        return {
            "after": [_cell(each) for each in self.after],
            "exact": is_exact,
            "at": self.now.isoformat(),
            "known": {}
            if is_exact
            else {id_: [digest, _cell(at)] for id_, (digest, at) in self.known.items()},
        }


def _page(base: Database, since: str, place: _Place) -> list[Mapping[str, Any]]:
    """Return the next rows, one more than a page."""
    import sqlalchemy

    order = [base.cursor, *base.keys]
    question = sqlalchemy.select(base.table).order_by(*order).limit(PER_PAGE + 1)
    question = question.where(*(column.is_not(None) for column in order))
    if place.begins_at is not None:
        question = question.where(base.cursor >= place.begins_at)
    elif place.after:
        behind = sqlalchemy.tuple_(*order) > sqlalchemy.tuple_(
            *(sqlalchemy.bindparam(None, each, column.type)
              for each, column in zip(place.after, order, strict=True))
        )  # fmt: skip
        # The first half is what an index is found by.
        question = question.where(base.cursor >= place.after[0], behind)
    elif (first := base.since(since)) is not None:
        question = question.where(first)
    with base.asking() as connection:
        rows: list[Mapping[str, Any]] = [
            dict(each) for each in connection.execute(question).mappings()
        ]
    names = [base.said["cursor"], *base.key]
    places = [tuple(row[name] for name in names) for row in rows]
    twice = next((a for a, b in pairwise(places) if a == b), None)
    if twice:
        told = ", ".join(f"{name} {value}" for name, value in zip(names, twice, strict=True))
        raise ConnectError(
            f"two rows of '{base.said['table']}' have {told}",
            "name the columns that tell rows apart as the key, several with commas between them",
        )
    return rows


def _now(base: Database) -> datetime:
    """Return the database's own time."""
    import sqlalchemy

    with base.asking() as connection:
        found = connection.execute(sqlalchemy.select(sqlalchemy.func.current_timestamp())).scalar()
    if isinstance(found, datetime):
        base._time = found.replace(tzinfo=found.tzinfo or UTC).astimezone(UTC)
    return base.time


def row_of(row: Mapping[str, Any]) -> Row:
    """Return a row as texts, as an export would have them."""
    return {name: _cell(value) for name, value in row.items()}


def _cell(value: Any) -> str | None:
    """Return a value as a text that is read as the same value again."""
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat() if value.tzinfo else value.isoformat(sep=" ")
    if isinstance(value, (date, time)):
        return value.isoformat()
    if isinstance(value, timedelta):
        return format(Decimal(str(value.total_seconds())).normalize(), "f")
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, (bytes, memoryview)):
        content = bytes(value)
        try:
            return content.decode()
        except UnicodeDecodeError:
            return content.hex()
    if isinstance(value, (dict, list)):
        return json.dumps(value, ensure_ascii=False, default=str)
    return str(value)


def _kind_of(column: ColumnElement[Any]) -> type:
    try:
        found: type = column.type.python_type
    except NotImplementedError:
        return str
    return found


def _typed(text: Any, kind: type) -> Any:
    """Return what `_cell` wrote as a value of the column's kind."""
    if not isinstance(text, str):
        return text
    if kind is datetime:
        found = datetime.fromisoformat(text)
        return found if found.tzinfo is None else instant_of(text)
    if kind is date:
        return date.fromisoformat(text)
    if kind is int:
        return int(Decimal(text))
    if kind is Decimal:
        return Decimal(text)
    if kind.__name__ == "UUID":
        return kind(text)
    return text


connector = Connector(
    title="Database (PostgreSQL, MySQL)",
    source="mapping",
    asks=(
        Ask(
            "address",
            "The database's address, without the password: postgresql://USER@HOST:5432/DATABASE"
            " or mysql://...",
        ),
        Ask("token", "The user's password (empty: none is needed)", is_secret=True, default=""),
        Ask("table", "The table or view, as TABLE or SCHEMA.TABLE"),
        Ask("cursor", "The column that grows with every change of a row, such as updated_at"),
        Ask("key", "The column that tells rows apart, such as id (several: with commas)"),
        Ask("mapping", "What the columns mean: a mapping file (empty: recognised)", default="",
            is_file=True),
        Ask("encrypted", "Is the connection encrypted? yes, or no within a network of your own",
            default="yes"),
    ),
    key_words="CREATE USER helmdesk ...; GRANT SELECT ON the table TO helmdesk, and nothing else",
    open=open_account,
    rights=rights,
    pages=pages,
    outlook=outlook,
    count=count,
    example=example,
    is_general=True,
)  # fmt: skip
