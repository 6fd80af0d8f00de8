"""Public holidays of a country, past and to come."""

from __future__ import annotations

from datetime import date

from helmdesk.errors import NotFoundError, nearest


def public_holidays(place: str, first: date, last: date) -> dict[date, str]:
    """Return day -> name of the public holidays between two days, both included.

    Args:
        place: country, or country and region: "DE", "DE-BE", "US-CA".

    Raises:
        NotFoundError: no such country or region.
    """
    import holidays

    country, _, region = place.upper().partition("-")
    known = holidays.list_supported_countries()
    if country not in known:
        raise NotFoundError(
            f"no country '{country}'{nearest(country, known)}",
            "use its two letters, as DE, US or GB; a region after a hyphen, as DE-BE",
        )
    if region and region not in known[country]:
        raise NotFoundError(
            f"no region '{region}' in {country}{nearest(region, known[country])}",
            f"it has: {', '.join(sorted(known[country])) or 'none'}",
        )
    found = holidays.country_holidays(
        country, subdiv=region or None, years=range(first.year, last.year + 1)
    )
    return {day: str(name) for day, name in sorted(found.items()) if first <= day <= last}
