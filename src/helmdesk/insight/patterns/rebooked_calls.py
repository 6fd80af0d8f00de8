"""Scheduled calls that were moved or given to somebody else leave customers dissatisfied.

Compared for the same agent between calls that kept their time and calls that did not.
"""

from helmdesk.insight.pattern import Missing, Pattern, Verdict
from helmdesk.insight.study import Study


def check(study: Study) -> Verdict:
    """Bookings are records without a fact as yet: say so rather than guess."""
    if "booked" not in study.reader.bounds.record_types:
        return Missing("scheduled calls need 'booked' and 'moved' records, which no source delivered")
    return Missing("bookings are recorded, but this version has no facts about them yet")


pattern = Pattern(
    title="Rebooked calls cost satisfaction",
    needs=("csat",),
    lever="scheduling",
    alternatives=("specialist topics are both rebooked and hard",),
    if_wrong="fewer changes of bookings that customers wanted",
    review=("csat", 8, "satisfaction of scheduled calls does not rise when fewer are moved"),
    check=check,
    kind="standing",
)
