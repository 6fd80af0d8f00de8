"""Text into instants: formats, zones, and the two hours a year that do not exist or exist twice."""

from __future__ import annotations

from dataclasses import dataclass
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from helmdesk.errors import MappingError
from helmdesk.records.staging import text
from helmdesk.sources.reading.wall_clock import first_passing, nominal, second_passing

ISO = "iso"
OFFSET = r"(Z|[+-][0-9]{2}:?[0-9]{2})$"


@dataclass(frozen=True)
class TimeReader:
    """How one source writes times.

    Attributes:
        time_zone: IANA zone of times written without an offset.
        date_format: strptime format, or "iso" for ISO 8601 with or without an offset.
    """

    time_zone: str = "UTC"
    date_format: str = ISO

    def __post_init__(self) -> None:
        """Refuse zones that do not exist.

        Raises:
            MappingError: unknown IANA zone.
        """
        try:
            ZoneInfo(self.time_zone)
        except (ZoneInfoNotFoundError, ValueError, OSError) as error:
            raise MappingError(f"time_zone = '{self.time_zone}' is not an IANA time zone such as 'Europe/Berlin'") from error

    def local(self, cell: str) -> str:
        """Return SQL of what text `cell` says, without any zone; null when unreadable."""
        if self.date_format == ISO:
            return f"try_cast(regexp_replace({cell}, {text(OFFSET)}, '') as timestamp)"
        return f"try_strptime({cell}, {text(self.date_format)})"

    def instant(self, cell: str) -> str:
        """Return SQL giving the UTC instant of text `cell`; null when unreadable or in a gap.

        A time that exists twice (clocks set back) is read as the first of the two.
        """
        local = self.local(cell)
        if self.time_zone == "UTC":
            utc = f"({local} at time zone 'UTC')"
        else:
            utc = first_passing(local, self.time_zone)
        if self.date_format == ISO:
            return f"case when regexp_matches({cell}, {text(OFFSET)}) then try_cast({cell} as timestamptz) else {utc} end"
        return utc

    def second(self, cell: str) -> str:
        """Return SQL of the second instant of a time that exists twice; null for any other, or one that says its offset."""
        again = second_passing(self.instant(cell), self.time_zone)
        return f"case when regexp_matches({cell}, {text(OFFSET)}) then null else {again} end" if self.date_format == ISO else again

    def nominal(self, cell: str) -> str:
        """Return SQL like `instant` that reads a time which the clocks skip as the moment after; for plans."""
        after = nominal(self.local(cell), self.time_zone)
        return f"coalesce({self.instant(cell)}, {after})"

    def fault(self, cell: str) -> str:
        """Return SQL giving the reason why `cell`, not null, is no instant; null when it is one."""
        shown = self.date_format if self.date_format != ISO else "ISO 8601"
        return (
            f"case when {cell} is null or {self.instant(cell)} is not null then null"
            f" when {self.local(cell)} is null then {text(f'not a time written as {shown}')}"
            f" else {text(f'a time that does not exist in {self.time_zone} (clocks go forward)')} end"
        )
