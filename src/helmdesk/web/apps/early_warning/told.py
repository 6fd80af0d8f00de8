"""What the early warning says of itself, in words and as a picture."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.html import format_html
from django.utils.safestring import SafeString

from helmdesk.act.early_warning import LEAST_ENDED, LEFT_OUT, Ended, Judged, Worth
from helmdesk.predict.model import Model
from helmdesk.query.words import show_count, show_share, show_signed
from helmdesk.statistics.calibration import Bin
from helmdesk.statistics.proportion import wilson

HEIGHT = 26
ONE_IN = round(1 / LEFT_OUT)


@dataclass(frozen=True)
class Row:
    """Tickets of about the same chance.

    Attributes:
        said: mean chance, in words. seen: share that ended badly, with its 95% interval. strip:
        both on one scale. cases: tickets.
    """

    said: str
    seen: str
    strip: SafeString
    cases: str


def how_right(model: Model) -> str:
    """Return how right a model was on newer tickets, in a sentence."""
    report = model.report
    return (
        f"Tried on {show_count(report.tested, 'newer moment')}: of two tickets of which one ended"
        f" badly, that one had the higher chance {show_share(report.auc)} of the time; among the"
        f" twentieth with the highest chances {report.lift:.1f} times as many ended badly as among"
        f" all."
    )


def worth(named: Ended, left_out: Ended, judged: Judged) -> tuple[str, ...]:
    """Return what naming tickets was worth, in sentences."""
    said = [
        f"One likely ticket in {ONE_IN} is left out by chance and told to nobody: what becomes of"
        " those is the only fair comparison."
    ]
    if not named.known:
        return (*said, "No ticket that was named has ended yet.")
    said.append(
        f"{named.bad} of {show_count(named.known, 'named ticket')} ended badly; by their chances it"
        f" would have been {named.expected:.0f}."
    )
    if judged.worth is Worth.EARLY:
        said.append(
            f"Of those left out the end of {left_out.known} is known; from {LEAST_ENDED} on they"
            " are compared."
        )
    else:
        assert judged.change is not None and judged.interval is not None
        change, low, high = (show_signed(100 * each) for each in (judged.change, *judged.interval))
        points = f"{change} points, likely {low} to {high}"
        said.append(
            f"{left_out.bad} of {left_out.known} left out ended badly. {VERDICTS[judged.worth]}"
            f" ({points})."
        )
    if judged.days:
        said.append(f"Half as many bad ends would be seen in about {_time(judged.days)}.")
    return tuple(said)


VERDICTS = {
    Worth.HELPS: "Being named helps",
    Worth.NOTHING: "No difference can be seen yet",
    Worth.HARMS: "Named tickets end badly more often: look at what is done about them",
}


def _time(days: int) -> str:
    return show_count(round(days / 30), "month") if days >= 60 else show_count(days // 7, "week")


def reliability_chart(bins: Sequence[Bin]) -> tuple[Row, ...]:
    """Return the chances that were told beside what was seen, a row each for tickets of about the
    same chance, the highest first.
    """
    found = [(each, wilson(round(each.seen * each.n), each.n)) for each in bins if each.n]
    top = max([*(each.said for each, _ in found), *(ends[1] for _, ends in found if ends), 0.01])
    return tuple(
        Row(
            show_share(each.said),
            f"{show_share(each.seen)} ({show_share(ends[0])} – {show_share(ends[1])})",
            _strip(each, ends, top),
            f"{each.n:,}",
        )
        for each, ends in reversed(found)
        if ends
    )


def _strip(found: Bin, ends: tuple[float, float], top: float) -> SafeString:
    def x(share: float) -> str:
        return f"{share / top * 100:.2f}%"

    middle = HEIGHT // 2
    return format_html(
        '<svg class="strip calm" width="100%" height="{0}" role="img" aria-label="{1}">'
        '<line class="base" x1="0" x2="100%" y1="{2}" y2="{2}"/>'
        '<line class="ref" x1="{3}" x2="{3}" y1="0" y2="{0}"/>'
        '<line class="range" x1="{4}" x2="{5}" y1="{2}" y2="{2}"/>'
        '<circle cx="{6}" cy="{2}" r="5"/></svg>',
        HEIGHT,
        f"told {show_share(found.said)}, seen {show_share(found.seen)}",
        middle,
        x(found.said),
        x(ends[0]),
        x(ends[1]),
        x(found.seen),
    )
