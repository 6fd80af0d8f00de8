"""Text into instants: formats, zones, and the two hours a year that do not exist or exist twice."""

from __future__ import annotations

from dataclasses import dataclass
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from helmdesk.errors import MappingError
from helmdesk.records.staging import text

ISO = "iso"
# By how much clocks are set back: an hour almost everywhere, half an hour on Lord Howe, two in Antarctica.
REPEATS_MINUTES = (120, 60, 30)
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

    def _local(self, cell: str) -> str:
        if self.date_format == ISO:
            return f"try_cast(regexp_replace({cell}, {text(OFFSET)}, '') as timestamp)"
        return f"try_strptime({cell}, {text(self.date_format)})"

    def instant(self, cell: str) -> str:
        """Return SQL giving the UTC instant of text `cell`; null when unreadable or in a gap.

        A time that exists twice (clocks set back) is read as the first of the two.
        """
        local = self._local(cell)
        if self.time_zone == "UTC":
            utc = f"({local} at time zone 'UTC')"
        else:
            utc = self._first_instant(local, text(self.time_zone))
        if self.date_format == ISO:
            return f"case when regexp_matches({cell}, {text(OFFSET)}) then try_cast({cell} as timestamptz) else {utc} end"
        return utc

    @staticmethod
    def _first_instant(local: str, zone: str) -> str:
        """DuckDB reads a repeated hour as its second passing; look whether an earlier instant shows the same time."""
        found = f"timezone({zone}, {local})"
        earlier = " ".join(
            f"when timezone({zone}, {found} - interval {minutes} minute) = {local} then {found} - interval {minutes} minute"
            for minutes in REPEATS_MINUTES
        )
        return f"(case {earlier} when timezone({zone}, {found}) = {local} then {found} end)"

    def fault(self, cell: str) -> str:
        """Return SQL giving the reason why `cell`, not null, is no instant; null when it is one."""
        shown = self.date_format if self.date_format != ISO else "ISO 8601"
        return (
            f"case when {cell} is null or {self.instant(cell)} is not null then null"
            f" when {self._local(cell)} is null then {text(f'not a time written as {shown}')}"
            f" else {text(f'a time that does not exist in {self.time_zone} (clocks go forward)')} end"
        )
