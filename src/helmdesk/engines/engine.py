"""What an engine must offer: translate house SQL, run it. One file of this package per engine."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    import pyarrow as pa
    from sqlglot import exp

# The functions every engine must translate. House SQL calls nothing else that engines disagree
# about.
HOUSE_FUNCTIONS = {
    "seconds": "seconds(from, to): whole seconds passed between two instants, rounded down",
    "quantile": "quantile(x, q): exact, interpolated (type 7)",
    "nth_smallest": (
        "nth_smallest(x, k): k-th smallest value that is not null, counted from 1; null where there"
        " is no k-th"
    ),
    "count_if": "count_if(condition)",
    "ratio": "ratio(a, b): a / b as a double; null when b is 0",
    "local_time": "local_time(instant, zone): what the local clock shows at a UTC instant",
    "period": "period(local, grain, week_shift): start of the period that holds a local time",
    "local_part": (
        "local_part(instant, part, zone): hour (0-23) or weekday (1 = Monday) on the local clock"
    ),
    "forever": "forever(): the end of what has not ended",
    "days": "days(n): an interval of n times 24 hours",
    "later": "later(instant, n): the instant n seconds after",
    "tenure": (
        "tenure(start, instant): how long ago `start` was, as one of four bands; null without a"
        " start"
    ),
    "similarity": "similarity(a, b): words that two texts share ÷ words in either, 0 to 1",
    "json_text": (
        "json_text(document, name): a top-level value of a JSON object as text; null when there is"
        " none"
    ),
}

FOREVER = "9999-12-31 00:00:00"


class Engine(Protocol):
    """A database that can hold facts and answer metric queries."""

    name: str

    def version(self) -> str:
        """Return the engine's own version."""
        ...

    def translate(self, house_sql: str | exp.Expr) -> str:
        """Return `house_sql` in the engine's dialect."""
        ...

    def runnable(self, house_sql: exp.Expr) -> str:
        """Return SQL to run on a mart at once, which may call what the mart defines; nobody reads
        it. The tree is used up.
        """
        ...

    def make(self, name: str, house_sql: str, scope: str = "table") -> None:
        """Create a relation from house SQL; `scope` is table, temp table, view or temp view."""
        ...

    def put(self, name: str, rows: pa.Table, scope: str = "table") -> None:
        """Create a relation of rows; its instants are naive UTC."""
        ...

    def ask(self, house_sql: str) -> list[tuple[Any, ...]]:
        """Run house SQL and return all rows."""
        ...

    def fetch(self, sql: str) -> tuple[list[str], list[tuple[Any, ...]]]:
        """Run translated SQL; return the names of its columns and all rows."""
        ...

    def arrow(self, sql: str) -> pa.Table:
        """Run translated SQL and return all rows as a table; instants are naive UTC."""
        ...

    def quoted(self, name: str) -> str:
        """Return a column's name as this engine quotes it."""
        ...

    def use_threads(self, data_bytes: int, small: int = 0) -> None:
        """Take the size of the data into account."""
        ...

    def define_functions(self) -> None:
        """Prepare for `make` and `ask`."""
        ...

    def close(self) -> None:
        """Let go."""
        ...

    def run(self, sql: str) -> list[tuple[Any, ...]]:
        """Run translated SQL and return all rows."""
        ...

    def columns(self, sql: str) -> list[str]:
        """Return the column names that translated SQL would give."""
        ...


class RecordReader(Protocol):
    """An engine that reads records by itself, such as a cluster; DuckDB's reading is tuned in the
    facts.
    """

    def read_records(
        self,
        view: str,
        files: Sequence[str],
        kinds: Mapping[str, str],
        type_order: Mapping[str, int],
        batches: Sequence[str] | None,
    ) -> None:
        """Create a relation of the records in Parquet files: each once, corrected ones left out,
        columns no file has are null.
        """
        ...
