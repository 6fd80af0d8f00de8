"""SLA clocks that we measure, apart from their sources' own verdicts: what presets compare."""

from helmdesk.facts.fact import TICKET_DIMENSIONS, Fact

fact = Fact(
    name="measured_sla_clocks",
    grain="one SLA clock of one ticket, measured by us",
    depends=("sla_clocks",),
    is_view=True,
    is_rare=True,
    dimensions=TICKET_DIMENSIONS,
    sql="select * from sla_clocks where basis = 'measured'",
)
