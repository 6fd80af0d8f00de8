"""What customers wrote, as one reader may see it: texts with who wrote them, for quotes and for
proposals of themes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlglot import exp

from helmdesk.engines.engine import Engine
from helmdesk.facts.build.fact import load_facts
from helmdesk.predict.quotes import LEAST_AUTHORS, choose_quotes, shortened
from helmdesk.query.bounds import Bounds
from helmdesk.query.dimensions import conditions, dimensions_of
from helmdesk.query.house import house
from helmdesk.query.request import Request
from helmdesk.quoting import text

MOST_TEXTS = 10_000


@dataclass(frozen=True)
class Matter:
    """One kind of texts.

    Attributes:
        key: what people choose it by.
        fact: whose rows carry the theme. dimension: by which they are sliced. dated: when a row
        happened. metric: counts the rows, or judges them where nothing counts them.
        satisfaction: what the gap is told of. only: house SQL of the rows that count. text: column
        of what was written. row: column of its identity. is_case: whether the first message of the
        customer goes before that text, and quotes lead to the row.
    """

    key: str
    title: str
    fact: str
    dimension: str
    dated: str
    metric: str
    satisfaction: str
    only: str
    text: str
    row: str
    is_case: bool


TICKETS = Matter(
    "tickets",
    "Tickets",
    "tickets",
    "theme",
    "created_at",
    "ticket_volume",
    "csat",
    "is_counted",
    "subject",
    "ticket_id",
    is_case=True,
)
COMMENTS = Matter(
    "comments",
    "Survey comments",
    "responses",
    "comment_theme",
    "responded_at",
    "csat",
    "csat",
    "is_counted and is_last and is_answer and instrument_kind = 'csat' and comment is not null",
    "comment",
    "response_id",
    is_case=False,
)
MATTERS = {each.key: each for each in (TICKETS, COMMENTS)}


@dataclass(frozen=True)
class Said:
    """One text.

    Attributes:
        id: the ticket's, or the answer's. author: the customer, else the account, else the text's
        own id. words: as written; not masked.
    """

    id: str
    author: str
    words: str


@dataclass(frozen=True)
class Quote:
    """A masked text of somebody among at least five.

    Attributes:
        id: of the ticket; empty for an answer.
    """

    id: str
    words: str


def texts_of(
    engine: Engine, matter: Matter, request: Request, bounds: Bounds, most: int = MOST_TEXTS
) -> tuple[Said, ...]:
    """Return the texts within a request's window and filter, the newest first; none for a reader
    who may not see what was written.
    """
    key = matter.row
    if not request.policy.may_see(matter.text) or request.policy.is_outsider:
        return ()
    fact = load_facts()[matter.fact]
    known = dimensions_of(fact, matter.dated, request, bounds)
    query = (
        exp.select(
            f"{key} as id",
            house(f"coalesce(customer_id, account_id, {key})").as_("author"),
            matter.text,
        )
        .from_(matter.fact)
        .where(house(matter.only))
    )
    for condition in conditions(request, known):
        query = query.where(condition)
    dated = exp.column(matter.dated)
    if request.start is not None:
        query = query.where(exp.GTE(this=dated.copy(), expression=_instant(request.start)))
    if request.end is not None:
        query = query.where(exp.LT(this=dated.copy(), expression=_instant(request.end)))
    query = query.order_by(f"{matter.dated} desc", key).limit(most)
    names, rows = engine.fetch(engine.translate(query))
    found = [dict(zip(names, row, strict=True)) for row in rows]
    spoken = _first_words(engine, [str(row["id"]) for row in found]) if matter.is_case else {}
    whole = (
        Said(
            str(row["id"]) if matter.is_case else "",
            str(row["author"]),
            spoken.get(str(row["id"]), "") or str(row[matter.text] or ""),
        )
        for row in found
    )
    return tuple(each for each in whole if each.words.strip())


def _instant(moment: object) -> exp.Expr:
    return house(f"timestamp '{moment:%Y-%m-%d %H:%M:%S.%f}'")


def _first_words(engine: Engine, tickets: Sequence[str]) -> dict[str, str]:
    """Return the first message of the customer on each ticket, where its text is known."""
    if not tickets:
        return {}
    listed = ", ".join(text(each) for each in tickets)
    rows = engine.ask(
        "select ticket_id, arg_min(words, (sent_at, seq, message_id)) as words from texts"
        f" where is_customer and ticket_id in ({listed}) group by ticket_id"
    )
    return {str(key): str(words) for key, words in rows}


def quotes_of(said: Sequence[Said], masked: Sequence[str], most: int = 3) -> tuple[Quote, ...]:
    """Return quotes of texts that at least five people wrote; none of fewer.

    Args:
        masked: the same texts without personal data.
    """
    if len({each.author for each in said}) < LEAST_AUTHORS:
        return ()
    told = [shortened(text) for text in masked]
    return tuple(Quote(said[place].id, told[place]) for place in choose_quotes(told, most))


def people_named(engine: Engine) -> tuple[str, ...]:
    """Return the names of customers and agents that the desk knows."""
    rows = engine.run(
        "select distinct name from customer_versions where name is not null union select distinct"
        " name from agent_versions where name is not null"
    )
    return tuple(str(name) for (name,) in rows)
