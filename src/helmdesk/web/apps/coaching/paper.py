"""A coaching pack as a PDF: the same as on its page, with the receipt inside."""

from __future__ import annotations

from datetime import UTC, datetime

from helmdesk.errors import NotFoundError
from helmdesk.query.receipt import receipt_from
from helmdesk.query.window import wall
from helmdesk.reports.document import Block, Document, Items, Paragraph, Section
from helmdesk.reports.pdf import as_pdf
from helmdesk.web.apps.coaching.models import Pack, Remark, Version
from helmdesk.web.apps.coaching.words import ABOUT, agreed_words, days_words, name_of, step_words
from helmdesk.web.request import DeskRequest


def pack_pdf(request: DeskRequest, pack: Pack, version: Version) -> bytes:
    """Return a version as a PDF.

    Raises:
        UsageError: the extra `reports` is not installed.
    """
    content, settings = version.content, request.desk.settings
    entries = []
    for each in content["numbers"]:
        try:
            entries.append(request.desk.find_metric(each["key"]))
        except NotFoundError:
            continue  # a metric of the desk's own that is no more
    receipt = receipt_from(content["receipt"], "the pack")
    report = Document(
        title=f"Coaching: {name_of(pack)}",
        subtitle=f"{days_words(version)}, version {version.number} ({version.seal})",
        desk=settings.name,
        is_sample=settings.is_sample,
        cover=ABOUT,
        sections=tuple(_sections(pack, version, settings.time_zone)),
        receipts=(("the own numbers", receipt),),
        definitions=tuple(entries),
        lake_version=version.lake_version,
        as_of=wall(datetime.fromisoformat(content["as_of"]), settings.time_zone).replace(
            tzinfo=None
        ),
        zone=settings.time_zone,
        made_for=f"{pack.person} and {pack.lead or 'nobody'}",
    )
    return as_pdf(report, version.made_at.astimezone(UTC))


def _sections(pack: Pack, version: Version, zone: str) -> list[Section]:
    content = version.content
    remarks = Remark.objects.filter(pack=pack).select_related("author")
    said: list[Block] = [Paragraph(each.text, f"{each.author}:") for each in remarks]
    parts: list[tuple[str, list[Block]]] = [
        ("Own numbers", [Paragraph(each["words"], each["name"]) for each in content["numbers"]]),
        (
            "Under which conditions",
            [Paragraph(each["words"], each["name"]) for each in content["conditions"]],
        ),
        (
            "Worth talking about",
            [Paragraph(each["words"], each["id"]) for each in content["tickets"]],
        ),
        ("What happened", [Items(tuple(content["happened"]))] if content["happened"] else []),
        ("What was said", said),
        (
            "Next step",
            [Paragraph(step_words(version)), Paragraph(agreed_words(version, zone))],
        ),
    ]
    return [Section(title, tuple(blocks)) for title, blocks in parts if blocks]
