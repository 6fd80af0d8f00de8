"""Is the number sound? Data problems come before conclusions.

A source that stopped, an import that came twice, a week that is far too empty, a definition that
changed: whatever moved then, moved for that reason until it is excluded.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

import numpy as np

from helmdesk.errors import NotFoundError, NotPermittedError
from helmdesk.insight.finding import ByRule, Evidence, Finding
from helmdesk.insight.form import Form
from helmdesk.insight.study import Span, Study
from helmdesk.query.filters import is_value
from helmdesk.query.measurement import SMALL
from helmdesk.statistics.clustered import clustered_share, design_effect
from helmdesk.statistics.post_stratification import Weighted, post_stratify, tipping_point
from helmdesk.statistics.signals import judge_weeks

# A source that used to deliver in nearly every week and gave nothing this week has stopped.
USUALLY = 0.9
LEAST_WEEKS = 8
DOUBLED = 1.8
USUAL_TICKETS = 20
CLUSTERS = ("account", "agent")
LEAST_CLUSTERS = 8
STRATA = ("channel", "tier")


@dataclass(frozen=True)
class Soundness:
    """What a value rests on.

    Attributes:
        n, pending: rows behind it, and rows whose outcome is not known yet.
        low, high: interval that knows that answers of one account or agent resemble each other;
        None where unknown. effect: design effect of those clusters; 1 where they make no
        difference. cluster: what the answers cluster by; empty where nothing was found.
        response_rate: of those asked, for surveys; None otherwise. weighted: the share weighted to
        all who were asked, for surveys. tipping: by how much the silent would have to differ for
        the target to be just reached; None without a target. asserted: share of the rows that a
        source only claims. notes: what to keep in mind, in words.
    """

    n: int
    pending: int
    low: float | None
    high: float | None
    effect: float
    cluster: str
    response_rate: float | None
    weighted: Weighted | None
    tipping: float | None
    asserted: float
    notes: tuple[str, ...]


def soundness(study: Study, key: str, span: Span) -> Soundness:
    """Return what a metric's value over a span rests on."""
    row = study.original(key, span)
    form = study.form(key)
    low, high, effect, cluster = row.low, row.high, 1.0, ""
    value = study.find(key).metric.value
    if form.kind == "ratio" and value.form == "ratio" and not value.is_level:
        low, high, effect, cluster = _clustered(study, form, span, low, high)
    rate, weighted, tipping = _who_answered(study, key, span)
    notes = []
    if row.n < SMALL:
        notes.append(f"only {row.n} cases: no conclusion")
    if row.pending:
        notes.append(f"{row.pending:,} more cases are not decided yet and may change it")
    if effect > 1.3:
        notes.append(
            f"answers of one {cluster} resemble each other: they count for {row.n / effect:,.0f},"
            f" not {row.n:,}"
        )
    if row.n and row.asserted / row.n > 0.2:
        notes.append(
            f"{row.asserted / row.n:.0%} of the cases are a source's claim, not measured from"
            " events"
        )
    if rate is not None:
        notes.append(f"{rate:.0%} of those asked answered")
    if (
        weighted is not None
        and weighted.raw is not None
        and weighted.share is not None
        and abs(weighted.share - weighted.raw) > 0.01
    ):
        notes.append(f"weighted to everybody who was asked it is {weighted.share:.1%}")
    return Soundness(
        row.n,
        row.pending,
        low,
        high,
        effect,
        cluster,
        rate,
        weighted,
        tipping,
        row.asserted / row.n if row.n else 0.0,
        tuple(notes),
    )


def _clustered(
    study: Study, form: Form, span: Span, low: float | None, high: float | None
) -> tuple[float | None, float | None, float, str]:
    """Return the wider of the plain interval and those over clusters."""
    best = (low, high, 1.0, "")
    for name in CLUSTERS:
        try:
            table = study.table(form, span, (name,))
        except (NotFoundError, NotPermittedError):
            continue
        known = np.array([group[0] is not None for group in table.groups], dtype=bool)
        if known.sum() < LEAST_CLUSTERS:
            continue
        # Those without an account are each their own.
        effect = design_effect(table.top[known], table.base[known])
        interval = clustered_share(table.top[known], table.base[known])
        if interval is not None and effect > best[2]:
            best = (*interval, effect, name)
    return best


def _who_answered(
    study: Study, key: str, span: Span
) -> tuple[float | None, Weighted | None, float | None]:
    """Return response rate, weighted share and tipping point of CSAT; nothing for other metrics."""
    if key != "csat" or study.lacks("csat_response_rate"):
        return None, None, None
    asked = study.table(study.form("csat_response_rate"), span, STRATA)
    answers = study.table(study.form("csat"), span, STRATA)
    if not asked.base.sum() or not answers.base.sum():
        return None, None, None
    rate = float(asked.top.sum() / asked.base.sum())
    place = {group: row for row, group in enumerate(asked.groups)}
    hits, cases = np.zeros(len(place)), np.zeros(len(place))
    for row, group in enumerate(answers.groups):
        if group in place:
            hits[place[group]], cases[place[group]] = answers.top[row], answers.base[row]
    weighted = post_stratify(hits, cases, asked.base)
    target = study.targets.get(key)
    tipping = (
        tipping_point(weighted.share, rate, target)
        if isinstance(target, float) and weighted.share is not None
        else None
    )
    return rate, weighted, tipping


# -- the whole desk -------------------------------------------------------------------------------


def data_problems(study: Study) -> list[Finding]:
    """Return what is wrong with the data of the last week, the most telling first."""
    return [*_stopped_sources(study), *_doubled(study)]


def _stopped_sources(study: Study) -> list[Finding]:
    """A source or a channel that delivered nearly every week and nothing in the last one."""
    found: list[Finding] = []
    last = study.last(1)
    for dimension in ("source", "channel"):
        form = study.form("ticket_volume")
        span = study.before(last, LEAST_WEEKS)
        if span.days < 7 * LEAST_WEEKS or study.lacks("ticket_volume"):
            return found
        earlier, now = study.table(form, span, (dimension,)), study.table(form, last, (dimension,))
        present = {group for group, top in zip(now.groups, now.top, strict=True) if top > 0}
        for group, top in zip(earlier.groups, earlier.top, strict=True):
            weekly = top / LEAST_WEEKS
            # Twenty a week and then none is no chance: under one in a hundred million.
            if group in present or weekly < USUAL_TICKETS or group[0] is None:
                continue
            found.append(
                Finding(
                    f"data:stopped:{dimension}",
                    "data",
                    f"Nothing came from {dimension} “{group[0]}” last week",
                    f"The {dimension} “{group[0]}” brought about {weekly:,.0f} tickets a week and"
                    f" none in the week from {study.day(last.start):%-d %B}. Until that is"
                    " explained, every change of that week may be missing data.",
                    "data",
                    ("ticket_volume",),
                    study.day(last.start),
                    study.day(last.end),
                    ByRule(
                        f"{USUAL_TICKETS} tickets a week or more in the eight weeks before, and"
                        " none in the last"
                    ),
                    is_value(dimension, group[0]),
                    weekly,
                    alternatives=(f"the {dimension} was closed on purpose",),
                    evidence=(
                        Evidence(
                            "ticket_volume",
                            study.day(span.start),
                            study.day(last.end),
                            by=dimension,
                        ),
                    ),
                )
            )
    return found


def _doubled(study: Study) -> list[Finding]:
    """A week with far too many tickets of one source whose twins arrived at the same second."""
    if study.lacks("ticket_volume"):
        return []
    form = study.form("ticket_volume")
    history = study.history(form)
    signals = judge_weeks(history.weeks)
    if (
        signals is None
        or not bool(signals.is_spike)
        or float(history.weeks.values[-1]) < DOUBLED * float(signals.baseline)
    ):
        return []
    last = study.last(1)
    twins, total = _twins(study, last)
    if total == 0 or twins / total < 0.25:
        return []
    return [
        Finding(
            "data:doubled",
            "data",
            "An import may have come twice",
            f"{twins:,} of the {total:,} tickets created in the week from"
            f" {study.day(last.start):%-d %B} have a twin: same customer, same subject, same"
            f" second. A usual week has {float(signals.baseline):,.0f} tickets. Volume, backlog and"
            " every rate of that week are suspect.",
            "data",
            ("ticket_volume",),
            study.day(last.start),
            study.day(last.end),
            ByRule(
                f"{DOUBLED} times a usual week, and a quarter of the tickets or more have a twin of"
                " the same second"
            ),
            affected=float(twins),
            alternatives=("a form that was sent twice",),
            evidence=(
                Evidence("ticket_volume", study.day(last.start), study.day(last.end), by="source"),
            ),
        )
    ]


def _twins(study: Study, span: Span) -> tuple[int, int]:
    """Count the tickets of a span, and those of them that repeat customer, subject and second of
    another.
    """
    if study.base.policy.predicate is not None or study.base.where is not None:
        return 0, 0
    ((twins, total),) = study.reader.engine.run(
        "select cast(coalesce(sum(case when copies > 1 then copies - 1 else 0 end), 0) as bigint),"
        " cast(coalesce(sum(copies), 0) as bigint) from (select count(*) as copies from tickets"
        f" where is_counted and customer_id is not null and created_at >= timestamp '{span.start}'"
        f" and created_at < timestamp '{span.end}' group by customer_id, subject, created_at) as"
        " same_"
    )
    return int(twins), int(total)


def changed_definitions(study: Study, span: Span, keys: tuple[str, ...]) -> list[Finding]:
    """Metrics whose definition took a new version in a span."""
    found = []
    for key in keys:
        metric = study.find(key).metric
        for change in metric.changes:
            if change.version > 1 and study.day(span.start) <= change.date < study.day(
                span.end
            ) + timedelta(days=1):
                found.append(
                    Finding(
                        f"data:definition:{key}",
                        "data",
                        f"{metric.name} is defined otherwise",
                        f"{metric.name} has version {change.version} since {change.date:%-d %B}:"
                        f" {change.why}. Numbers before and after are not the same thing.",
                        "data",
                        (key,),
                        change.date,
                        study.day(span.end),
                        ByRule("the definition says so"),
                        evidence=(Evidence(key, study.day(span.start), study.day(span.end)),),
                    )
                )
    return found
