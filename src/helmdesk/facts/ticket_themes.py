"""What a ticket is mostly about, by the words of its subject and of the customer's first message.

By the desk's themes; a ticket without a text has none.
"""

from helmdesk.engines.engine import Engine
from helmdesk.facts.build.fact import ByTicket, Fact
from helmdesk.facts.build.taxonomy import theme_of


def sort_tickets(engine: Engine) -> None:
    """Create ``themed_tickets`` by the desk's themes."""
    sql = f"select ticket_id, {theme_of(engine, 'words')} as theme from ticket_texts"
    engine.make("themed_tickets", sql, "temp view")


fact = Fact(
    name="ticket_themes",
    grain="one ticket of which a source kept a subject or a text",
    refresh=ByTicket(),
    families=(),
    is_internal=True,
    key="ticket_id",
    depends=("ticket_texts",),
    prepare=sort_tickets,
    sql="select ticket_id, theme from themed_tickets",
)
