"""Times of the wall clock that exist twice, or not at all: SQL over instants and local timestamps
of one zone.
"""

from __future__ import annotations

from helmdesk.quoting import text

# By how much clocks are set back or forward: an hour almost everywhere, half an hour on Lord Howe,
# two in Antarctica.
CHANGES_MINUTES = (120, 60, 30)


def first_passing(local: str, zone: str) -> str:
    """Return SQL of the first instant at which the wall shows `local`; null for a time that the
    clocks skip.

    DuckDB reads a repeated hour as its second passing; look whether an earlier instant shows the
    same time.
    """
    found = f"timezone({text(zone)}, {local})"
    earlier = " ".join(
        f"when timezone({text(zone)}, {found} - interval {minutes} minute) = {local} then {found} -"
        f" interval {minutes} minute"
        for minutes in CHANGES_MINUTES
    )
    return f"(case {earlier} when timezone({text(zone)}, {found}) = {local} then {found} end)"


def second_passing(instant: str, zone: str) -> str:
    """Return SQL of the later instant at which the wall shows the same time as at `instant`; null
    where there is none.
    """
    if zone == "UTC":
        return "null::timestamptz"
    later = " ".join(
        f"when timezone({text(zone)}, {instant} + interval {minutes} minute) ="
        f" timezone({text(zone)}, {instant}) then {instant} + interval {minutes} minute"
        for minutes in CHANGES_MINUTES
    )
    return f"(case {later} end)"


def nominal(local: str, zone: str) -> str:
    """Return SQL of the first instant at which the wall shows `local`, or something later because
    the clocks skip it.
    """
    # DuckDB moves a skipped time by the length of the gap: the change of the clocks lies at most so
    # far back.
    found = f"date_trunc('minute', timezone({text(zone)}, {local}))"
    moments = (
        f"generate_series({found} - interval {CHANGES_MINUTES[0]} minute, {found}, interval 1"
        " minute)"
    )
    after = f"list_filter({moments}, lambda moment: timezone({text(zone)}, moment) >= {local})[1]"
    first = first_passing(local, zone)
    return (
        f"case when {local} is null then null when {first} is not null then {first} else"
        f" {after} end"
    )
