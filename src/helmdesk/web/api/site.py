"""The routes of the HTTP API. Each asks the desk what the page of the same name asks, under the
same policy.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict
from datetime import date
from functools import partial
from typing import Annotated, Any, Literal

from django.core import signing
from django.http import HttpResponse
from ninja import NinjaAPI, Query, Schema, Status
from ninja.errors import AuthenticationError, ValidationError
from pydantic import Field

from helmdesk.errors import HelmdeskError, NotPermittedError, UsageError
from helmdesk.insight.dismissals import LONGEST_REASON
from helmdesk.query.window import plain
from helmdesk.version import __version__
from helmdesk.web.access import DATA_KEEPERS, LEADS, Role
from helmdesk.web.api.alerts import router as alerts
from helmdesk.web.api.problems import ERRORS
from helmdesk.web.api.tokens import Needs
from helmdesk.web.apps.people.audit import audit
from helmdesk.web.errors import problem, status_of
from helmdesk.web.exports import TYPES, WRITERS
from helmdesk.web.pages.annotations.models import Annotation
from helmdesk.web.pages.insight import dismissal
from helmdesk.web.pages.insight.page import annotations_of
from helmdesk.web.request import DeskRequest

DESCRIPTION = (
    "Numbers of a support desk with their uncertainty, the rows behind them, and receipts."
    " Everything a page shows, by the same functions."
)
MOST_ROWS = 5000
CURSOR_SALT = "helmdesk rows cursor"

api = NinjaAPI(
    title="Helmdesk",
    version=__version__,
    description=DESCRIPTION,
    docs_url=None,
    urls_namespace="api",
)
api.add_router("", alerts)
numbers, rows_scope, annotate_scope, dismiss_scope = (
    Needs("numbers"),
    Needs("rows"),
    Needs("annotate"),
    Needs("dismiss"),
)
Text = Annotated[str | None, Field(max_length=2000)]
Key = Annotated[str, Field(max_length=100)]
Compared = Literal["previous", "same-weekdays", "year", "year-dates"]


class Window(Schema):
    """Local days in the desk's time zone, half-open, or a named window such as last-month; and a
    filter over dimensions.
    """

    start: Text = None
    end: Text = None
    window: Annotated[str | None, Field(max_length=20)] = None
    where: Text = None


class Ending(Schema):
    """The local day after the last one, and a filter over dimensions."""

    end: Text = None
    where: Text = None


class Form(Window):
    """One form of a metric over a window."""

    variant: Text = None
    clock: Literal["calendar", "business", "business_at_anchor"] = "calendar"


class Asked(Form):
    """Metrics, sliced and dated."""

    metric: Annotated[list[Key], Field(min_length=1, max_length=50)]
    by: Annotated[list[Key], Field(default_factory=list, max_length=4)]
    grain: Literal["day", "week", "month", "quarter", "year"] | None = None


class RowsAsked(Form):
    """Rows behind one metric, some at a time."""

    metric: Key = "ticket_volume"
    sort: Annotated[str | None, Field(max_length=100)] = None
    limit: Annotated[int, Field(ge=1, le=MOST_ROWS)] = 100
    cursor: Annotated[str | None, Field(max_length=500)] = None


class Note(Schema):
    """An annotation on a local day."""

    day: date
    text: Annotated[str, Field(min_length=1, max_length=200)]
    metric: Annotated[str, Field(max_length=100)] = ""
    where: Annotated[str, Field(max_length=500)] = ""


class Dismissed(Ending):
    """A metric, or a standing finding of the brief, of which no more is to be told until it
    changes.

    `identity` is what was read, as answers give it; without one it is what is told now.
    """

    subject: Key
    identity: Annotated[str | None, Field(max_length=300)] = None
    reason: Annotated[str, Field(max_length=LONGEST_REASON)] = ""


@api.exception_handler(HelmdeskError)
def _ours(request: DeskRequest, error: Exception) -> HttpResponse:
    return problem(request, *status_of(error))


@api.exception_handler(ValidationError)
def _invalid(request: DeskRequest, error: Any) -> HttpResponse:
    first = error.errors[0] if error.errors else {"loc": (), "msg": "invalid"}
    where = ".".join(str(part) for part in first["loc"][1:])
    return problem(request, 422, "invalid", f"{where}: {first['msg']}")


@api.exception_handler(AuthenticationError)
def _unknown(request: DeskRequest, error: Exception) -> HttpResponse:
    response = problem(request, 401, "not_signed_in", "send a token: Authorization: Bearer hd_...")
    response["WWW-Authenticate"] = "Bearer"
    return response


def reply(request: Any, make: Any, *, as_table: Any = None) -> HttpResponse:
    """Answer with an ETag of mart, lake, settings, annotations, policy and query; unchanged answers
    are not made again.

    While numbers are made anew with changed settings, the header ``X-Helmdesk-Notice`` says so.

    Args:
        make: gives plain values for JSON.
        as_table: gives an Arrow table, for those who accept CSV, Parquet or Arrow.
    """
    notice = request.desk.notice()
    accept = request.headers.get("Accept", "")
    form = (
        next(
            (name for name in ("arrow", "csv", "parquet") if TYPES[name].split(";")[0] in accept),
            "json",
        )
        if as_table
        else "json"
    )
    parts = (
        request.desk.identity(),
        request.desk.loaded_version(),
        Annotation.state(request),
        notice,
        request.get_full_path(),
        form,
        __version__,
    )
    etag = f'"{hashlib.sha256(repr(parts).encode()).hexdigest()[:32]}"'
    headers = {
        "ETag": etag,
        "Vary": "Accept, Authorization, Cookie",
        "Cache-Control": "private, no-cache",
    }
    if notice:
        headers["X-Helmdesk-Notice"] = notice
    # Whoever packs an answer on its way marks its ETag as weak.
    if etag in (
        each.strip().removeprefix("W/")
        for each in request.headers.get("If-None-Match", "").split(",")
    ):
        return HttpResponse(status=304, headers=headers)
    if form == "json":
        body, kind = (
            json.dumps(
                make(),
                default=partial(plain, zone=request.desk.settings.time_zone),
                ensure_ascii=False,
            ).encode(),
            TYPES["json"],
        )
    else:
        body, kind = WRITERS[form](as_table()), TYPES[form]
    return HttpResponse(body, content_type=kind, headers=headers)


def within(given: Window) -> dict[str, Any]:
    """Return the window and filter of a question."""
    return {name: getattr(given, name) or None for name in ("start", "end", "window", "where")}


def asked_of(given: Form) -> dict[str, Any]:
    """Return the arguments of a question."""
    return {**within(given), "variant": given.variant or None, "clock": given.clock}


@api.get("/metrics", auth=numbers, response=ERRORS, summary="The catalogue")
def metrics(request: Any) -> HttpResponse:
    """List metrics with what is missing to compute them here."""

    def make() -> list[dict[str, Any]]:
        return [
            {**_described(entry), "missing": request.desk.missing(key)}
            for key, entry in request.desk.catalogue.items()
        ]

    return reply(request, make)


def _described(entry: Any) -> dict[str, Any]:
    metric = entry.metric
    names = (
        "key",
        "name",
        "version",
        "owner",
        "pillar",
        "unit",
        "direction",
        "formula",
        "where_words",
        "rewards",
        "exposes",
        "supports",
        "read_with",
        "needs",
        "clocks",
    )
    found = {name: getattr(metric, name) for name in names}
    return {
        **found,
        "description": entry.description,
        "variants": {each.name: each.description for each in metric.variants},
        "changes": [asdict(change) for change in metric.changes],
    }


@api.get("/metrics/{key}", auth=numbers, response=ERRORS, summary="One metric's definition")
def metric(request: Any, key: Key) -> HttpResponse:
    """Return a definition with its dimensions."""
    return reply(
        request,
        lambda: {
            **_described(request.desk.find_metric(key)),
            "dimensions": request.desk.dimensions(key),
        },
    )


@api.get(
    "/metrics/{key}/explanation", auth=numbers, response=ERRORS, summary="Why a metric changed"
)
def explanation(
    request: Any, key: Key, given: Query[Window], compare: Compared = "previous"
) -> HttpResponse:
    """Return whether it is sound, whether it moved, where, what moved with it, and which lever; as
    ``helmdesk explain``.
    """
    _for_leads(request)
    return reply(
        request,
        lambda: request.desk.explain(
            key, annotations=annotations_of(request, key), compare=compare, **within(given)
        ).as_dict(),
    )


@api.get("/metrics/{key}/rules", auth=numbers, response=ERRORS, summary="Alerts in waiting")
def alert_rules(request: Any, key: Key, given: Query[Ending]) -> HttpResponse:
    """Return rules in a sentence, each with when it would have fired in 90 days, and what it would
    have told.
    """
    _for_leads(request)

    def make() -> list[dict[str, Any]]:
        asked = {"end": given.end or None, "where": given.where or None}
        found = request.desk.rules(key, **asked, annotations=annotations_of(request, key))
        return [
            {
                "rule": rule.sentence,
                "back_test": rule.describe(),
                "fired_on": list(rule.fired_on),
                "fired": [asdict(each) for each in rule.fired],
            }
            for rule in found
        ]

    return reply(request, make)


@api.get("/brief", auth=numbers, response=ERRORS, summary="The week's brief")
def brief(request: Any, given: Query[Ending]) -> HttpResponse:
    """Return at most five findings of the last complete week before `end`, and what was quiet."""
    _for_leads(request)
    return reply(
        request,
        lambda: request.desk.brief(
            end=given.end or None, where=given.where or None, annotations=annotations_of(request)
        ).as_dict(),
    )


@api.get(
    "/dismissals", auth=numbers, response=ERRORS, summary="What is told no more until it changes"
)
def list_dismissals(request: Any) -> HttpResponse:
    """Return dismissed verdicts and findings: by whom, when, why, and for which filter."""
    _for_leads(request)
    return reply(request, lambda: [each.as_dict() for each in request.desk.dismissed()])


@api.post(
    "/dismissals",
    auth=dismiss_scope,
    response={201: dict[str, str], **ERRORS},
    summary="Dismiss a verdict until it changes",
)
def dismiss(request: Any, given: Dismissed) -> Any:
    """Stop telling the verdict on a metric, or a standing finding, for a filter; numbers stay."""
    _for_leads(request)
    return Status(
        201, dismissal.dismiss(request, given.subject, **given.dict(exclude={"subject"})).as_dict()
    )


@api.delete(
    "/dismissals/{subject}", auth=dismiss_scope, response=ERRORS, summary="Undo a dismissal"
)
def tell_again(request: Any, subject: Key, where: Text = None) -> HttpResponse:
    """Tell a verdict or finding again, for a filter; return what was dismissed."""
    _for_leads(request)
    gone = [each.as_dict() for each in dismissal.tell_again(request, subject, where)]
    return HttpResponse(json.dumps(gone), content_type=TYPES["json"])


def _for_leads(request: Any) -> None:
    if request.user.role not in LEADS:
        raise NotPermittedError("explanations are for leads and analysts")


@api.get("/measure", auth=numbers, response=ERRORS, summary="Numbers with their uncertainty")
def measure(request: Any, asked: Query[Asked]) -> HttpResponse:
    """Measure metrics; send ``Accept: text/csv``, or the type of Parquet or of an Arrow stream, for
    a table.
    """

    def found() -> Any:
        return request.desk.measure(
            *asked.metric, by=asked.by, grain=asked.grain, **asked_of(asked)
        )

    return reply(
        request, lambda: {"measurements": found().as_rows()}, as_table=lambda: found().to_arrow()
    )


@api.get(
    "/receipt",
    auth=numbers,
    response=ERRORS,
    summary="The receipt of the same question as /measure",
)
def receipt(request: Any, asked: Query[Asked]) -> HttpResponse:
    """Return what ``helmdesk verify`` takes."""
    if request.policy.predicate is not None:
        raise NotPermittedError(
            "a receipt is verified against the whole desk; ask somebody who may see all of it"
        )
    return reply(
        request,
        lambda: (
            request.desk.measure(
                *asked.metric, by=asked.by, grain=asked.grain, **asked_of(asked)
            ).receipt.content
        ),
    )


@api.get(
    "/distribution/{key}",
    auth=numbers,
    response=ERRORS,
    summary="How the values behind a number are spread",
)
def distribution(request: Any, key: Key, asked: Query[Form]) -> HttpResponse:
    """Return counts of rows between edges."""
    return reply(
        request,
        lambda: [asdict(each) for each in request.desk.distribution(key, **asked_of(asked))],
    )


@api.get("/scorecard", auth=numbers, response=ERRORS, summary="The scorecard")
def scorecard(request: Any, asked: Query[Window], compare: Compared = "previous") -> HttpResponse:
    """Return cards with change, verdict, target and guards."""

    def make() -> dict[str, Any]:
        found = request.desk.scorecard(
            **within(asked), compare=compare, annotations=annotations_of(request)
        )
        return {
            "window": found.window.as_dict(request.desk.settings.time_zone),
            "cards": [card.as_row() for card in found.cards],
            "notes": found.notes,
        }

    return reply(request, make)


@api.get("/rows", auth=rows_scope, response=ERRORS, summary="The rows behind a number")
def rows(request: Any, asked: Query[RowsAsked]) -> HttpResponse:
    """Return rows, with a signed cursor to the next ones."""
    question = {**asked_of(asked), "metric": asked.metric, "sort": asked.sort}
    mark = hashlib.sha256(
        repr((sorted(question.items(), key=str), request.policy.digest())).encode()
    ).hexdigest()[:16]
    offset = 0
    if asked.cursor:
        try:
            cursor = signing.loads(asked.cursor, salt=CURSOR_SALT)
        except signing.BadSignature as error:
            raise UsageError("the cursor is not one of ours") from error
        if cursor["of"] != mark:
            raise UsageError("the cursor belongs to another question; start again without one")
        offset = cursor["at"]
    sort = asked.sort or ""

    def page() -> Any:
        return request.desk.rows(
            asked.metric,
            **asked_of(asked),
            sort=sort.lstrip("-") or None,
            is_descending=sort.startswith("-"),
            offset=offset,
            limit=asked.limit,
        )

    def make() -> dict[str, Any]:
        found = page()
        end = offset + found.table.num_rows
        following = (
            signing.dumps({"of": mark, "at": end}, salt=CURSOR_SALT) if end < found.total else None
        )
        return {"total": found.total, "rows": found.table.to_pylist(), "next": following}

    audit("read rows", asked.metric, request=request, filter=asked.where or "")
    return reply(request, make, as_table=lambda: page().table)


@api.get(
    "/tickets/{path:ticket_id}", auth=rows_scope, response=ERRORS, summary="One ticket's story"
)
def ticket(request: Any, ticket_id: str) -> HttpResponse:
    """Return a ticket with its states, messages, clocks, contacts and answers."""
    return reply(request, lambda: asdict(request.desk.ticket(ticket_id)))


@api.get("/accounts", auth=numbers, response=ERRORS, summary="Accounts")
def accounts(request: Any, asked: Query[Window]) -> HttpResponse:
    """Return every account with its contract and measurements."""
    found = request.desk.accounts(**within(asked))
    return reply(request, lambda: [asdict(each) for each in found])


@api.get("/open-work", auth=numbers, response=ERRORS, summary="Open work by age and priority")
def open_work(request: Any, where: Text = None) -> HttpResponse:
    """Return open tickets at the end of the data."""
    return reply(request, lambda: asdict(request.desk.open_work(where=where or None)))


@api.get("/clocks", auth=rows_scope, response=ERRORS, summary="SLA clocks as they stand")
def clocks(request: Any, at: Text = None, where: Text = None) -> HttpResponse:
    """Return running, paused and late clocks, the least time left first."""
    return reply(request, lambda: request.desk.sla_at(at or None, where=where or None))


@api.get(
    "/dispersion/{key}",
    auth=numbers,
    response=ERRORS,
    summary="How a metric lies between members of a team",
)
def dispersion(request: Any, key: Key, asked: Query[Window]) -> HttpResponse:
    """Return quartiles between at least five people, for leads."""
    if request.user.role not in LEADS:
        raise NotPermittedError("dispersions are for leads")
    return reply(
        request,
        lambda: asdict(request.desk.dispersion(key, **within(asked))),
    )


@api.get(
    "/segments",
    auth=numbers,
    response=ERRORS,
    summary="Values of the dimensions that filters offer",
)
def segments(request: Any) -> HttpResponse:
    """Return values by dimension."""
    return reply(request, request.desk.segments)


@api.get("/data", auth=numbers, response=ERRORS, summary="What was loaded")
def data(request: Any) -> HttpResponse:
    """Return loads with quarantine counts and late records, for those who keep the data."""
    if request.user.role not in DATA_KEEPERS:
        raise NotPermittedError("for administrators and analysts")
    return reply(
        request,
        lambda: {
            "batches": [asdict(each) for each in request.desk.batches()],
            "quarantine": [asdict(each) for each in request.desk.quarantine()],
        },
    )


@api.get("/annotations", auth=numbers, response=ERRORS, summary="Annotations")
def list_annotations(request: Any, metric: Annotated[str, Field(max_length=100)] = "") -> Any:
    """Return annotations of one metric and those of all."""
    notes = [
        {
            "id": n.pk,
            "day": n.day.isoformat(),
            "text": n.text,
            "metric": n.metric,
            "where": n.where,
            "source": n.source,
        }
        for n in Annotation.seen(request, metric)
    ]
    return HttpResponse(json.dumps(notes), content_type=TYPES["json"])


@api.post(
    "/annotations",
    auth=annotate_scope,
    response={201: dict[str, int], **ERRORS},
    summary="Add an annotation",
)
def annotate(request: Any, note: Note) -> Any:
    """Write an annotation down, such as a deployment."""
    from helmdesk.query.filters import parse_filter

    if request.user.role == Role.ACCOUNT_VIEWER:
        raise NotPermittedError("annotations are for the support team")
    if note.metric:
        request.desk.find_metric(note.metric)
    if note.where:
        parse_filter(note.where)
    return Status(
        201, {"id": Annotation.note(request, note.day, note.text, note.metric, note.where).pk}
    )
