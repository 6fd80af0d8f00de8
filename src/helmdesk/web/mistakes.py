"""A question that cannot be asked stays inside its page: the page shows what it showed before, and
one line says what is wrong, in words of whoever asked.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import date
from urllib.parse import urlsplit

from django.http import HttpResponse, QueryDict

from helmdesk.errors import FilterError, HelmdeskError, NotFoundError, OutOfRangeError, UsageError
from helmdesk.query.periods import local_date
from helmdesk.query.window import days_words
from helmdesk.web.labels import sentence
from helmdesk.web.request import DeskRequest
from helmdesk.web.view_state import KEPT

OWN_DATES = ("first", "last")
DATES = ("start", "end", *OWN_DATES, "window", "days")
FIRST_YEAR, LAST_YEAR = 1900, 2199
SHOWN = 60
EXAMPLE = "channel = 'email' and priority in ('high', 'urgent')"


def can_stay(request: DeskRequest, error: Exception) -> bool:
    """Whether an error is about how a page is filtered, and the page can be shown otherwise."""
    is_asked = any(request.GET.get(name) for name in (*KEPT, *OWN_DATES))
    return (
        request.method == "GET"
        and is_asked
        and isinstance(error, UsageError | NotFoundError)
        and not getattr(request, "problem", "")
    )


def stay(
    request: DeskRequest, error: HelmdeskError, show: Callable[[], HttpResponse]
) -> HttpResponse:
    """Show the page as it was, or with as much of what was asked as can be, and say what is wrong.

    Raises:
        HelmdeskError: the very error, where the page cannot be shown in any way.
    """
    asked = request.GET
    request.problem = f"{reader_words(request, error)} You see what was shown before."
    for given in _kept(asked):
        request.GET = given  # type: ignore[assignment]
        request.META["QUERY_STRING"] = given.urlencode()
        try:
            response = show()
        except (UsageError, NotFoundError):
            continue
        response.status_code = 400
        response["HX-Push-Url"] = "false"
        return response
    raise error


def _kept(asked: QueryDict) -> Iterable[QueryDict]:
    """Return what can be asked instead, the nearest first: what was shown before; then all but
    condition, dates, form, everything.
    """
    was = str(asked.get("was") or "")
    if was:
        before = QueryDict(urlsplit(was).query)
        if before.urlencode() != asked.urlencode():
            yield before
    for without in (
        ("where",),
        DATES,
        ("by", "grain", "variant", "clock", "compare"),
        (*KEPT, *OWN_DATES),
    ):
        if any(name in asked for name in without):
            left = asked.copy()
            for name in (*without, "was"):
                left.pop(name, None)
            yield left


def reader_words(request: DeskRequest, error: HelmdeskError) -> str:
    """Say what is wrong with a question in words of whoever asked it."""
    wrong = _wrong_dates(request.GET)
    if wrong:
        return wrong
    if isinstance(error, FilterError):
        return f"The condition cannot be read. Write it like this: {EXAMPLE}."
    if isinstance(error, OutOfRangeError):
        return f"There are no data on these dates; they cover {_covered(request)}."
    if isinstance(error, NotFoundError) and request.GET.get("where"):
        return f"The condition names something that is not known here. {_told(error)}"
    return _told(error)


def _wrong_dates(asked: QueryDict) -> str:
    """Say what is wrong with the dates; empty where nothing is."""
    known: dict[str, date] = {}
    for name in ("start", "end", *OWN_DATES):
        text = (asked.get(name) or "").strip()
        if not text:
            continue
        try:
            known[name] = date.fromisoformat(text[:10])
        except ValueError:
            return f"“{text[:SHOWN]}” is no day; write one like 2026-03-01."
        if not FIRST_YEAR <= known[name].year <= LAST_YEAR:
            return f"The year {known[name].year} is too far away."
    first = known.get("first") or known.get("start")
    last = known.get("last")
    if first and last and last < first:
        return f"The last day, {last:%-d %B %Y}, lies before the first, {first:%-d %B %Y}."
    if first and known.get("end") and known["end"] <= first:
        return f"These dates end before {first:%-d %B %Y}, where they begin."
    return ""


def _covered(request: DeskRequest) -> str:
    zone = request.desk.settings.time_zone
    first, last = request.desk.first_day, local_date(request.desk.as_of, zone)
    return days_words(first, last)


def _told(error: HelmdeskError) -> str:
    words = sentence(error.what.strip().rstrip(".").removeprefix("--"))
    return f"{words}." if words else "That cannot be asked here."
