"""A contact became cheaper and a solved problem did not: more contacts are needed for each.

Cost per contact rewards short, many contacts; the customer pays with effort.
"""

from helmdesk.insight.checks import Side, together
from helmdesk.insight.finding import Test
from helmdesk.insight.form import form_of
from helmdesk.insight.movement import level
from helmdesk.insight.pattern import Pattern
from helmdesk.insight.study import Span, Study
from helmdesk.query.words import show_value


def solving_is_not_cheaper(study: Study, before: Span, now: Span) -> Test | None:
    """Cost per ticket solved did not fall with it, and contacts per ticket solved rose."""
    entry = study.find("cost_per_ticket")
    values = {}
    for name in ("per_resolved", "per_contact"):
        form = form_of(type(entry)(entry.variant(name), entry.description), None)
        values[name] = [level(study, form, span)[0] for span in (before, now)]
    contacts = [values["per_resolved"][place] / values["per_contact"][place] for place in (0, 1)]
    is_so = (
        contacts[1] > 1.05 * contacts[0]
        and values["per_resolved"][1] > 0.98 * values["per_resolved"][0]
    )
    return Test(
        "solving is not cheaper",
        bool(is_so),
        f"contacts per ticket solved went from {show_value(contacts[0], 'ratio')} to"
        f" {show_value(contacts[1], 'ratio')}",
    )


pattern = Pattern(
    title="Contacts are cheaper, solutions are not",
    needs=("cost_per_ticket", "average_handle_time"),
    lever="policy",
    act=(
        "Pay attention to solved problems instead of short contacts: look at the questions that "
        "need several."
    ),
    alternatives=("bot conversations are counted as contacts now",),
    if_wrong="a channel kept that customers would gladly leave",
    review=(
        "cost_per_ticket",
        8,
        (
            "cost per ticket solved (the variant per_resolved) does not fall when fewer contacts"
            " are needed"
        ),
    ),
    check=together(Side("cost_per_ticket", -1), extra=solving_is_not_cheaper),
)
