"""Customers recommend less because of the product or its price, not because of service: their
comments say so.

Service comments stay as they were, so support can report it and cannot mend it.
"""

import math

from helmdesk.catalogue.kinds.share import Share
from helmdesk.facts.build.taxonomy import PRODUCT, SERVICE, names_about
from helmdesk.facts.responses import COMMENT_THEME
from helmdesk.insight.checks import has_past, per_week
from helmdesk.insight.finding import ByTest, Test
from helmdesk.insight.pattern import Found, Missing, Pattern, Quiet, Verdict
from helmdesk.insight.study import Span, Study
from helmdesk.query.filters import OneOf
from helmdesk.query.measurement import Measurement
from helmdesk.query.words import show_share, show_signed
from helmdesk.statistics.normal import normal_tail
from helmdesk.statistics.proportion import Z95, share_difference_p

# Waves are months apart: a quarter against the one before.
WEEKS, LEAST_COMMENTS, LEAST_RISE = 13, 30, 0.05


def check(study: Study) -> Verdict:
    """NPS down, product and billing a larger share of the comments, service not."""
    now = study.last(WEEKS)
    before = study.before(now, WEEKS)
    if not has_past(before):
        return Quiet("less than a quarter to compare with")
    commented = study.cut(
        "nps",
        0,
        value=Share("true"),
        where=f"({study.find('nps').metric.where}) and trim(coalesce(comment, '')) <> ''",
    )
    counts = [study.measure(commented, span).n for span in (before, now)]
    if not sum(counts):
        return Missing("answers about recommendation come without comments: nothing says why")
    if min(counts) < LEAST_COMMENTS:
        return Quiet(f"fewer than {LEAST_COMMENTS} comments in a quarter")
    scores = [study.original("nps", span) for span in (before, now)]
    p_fell = _p_below(*scores)
    fell = Test(
        "recommendation fell",
        p_fell < 0.025,
        f"recommendation went from {_points(scores[0])} to {_points(scores[1])}",
    )
    if not fell.is_passed:
        return Quiet("recommendation did not fall", (fell,))

    def of(themes: tuple[str, ...], span: Span) -> int:
        return study.measure(commented, span, OneOf(COMMENT_THEME.name, themes)).n

    product, service = (
        [of(themes, span) if themes else 0 for span in (before, now)]
        for themes in (names_about(study.reader.engine, each) for each in (PRODUCT, SERVICE))
    )
    p = share_difference_p(product[0], counts[0], product[1], counts[1])
    rises = [found[1] / counts[1] - found[0] / counts[0] for found in (product, service)]
    words = (
        "product, delivery, billing, access or policy are what"
        f" {show_share(product[1] / counts[1])} of {counts[1]} comments speak of, after"
        f" {show_share(product[0] / counts[0])} of {counts[0]}"
    )
    tests = (
        fell,
        Test("comments about the product rose", p < 0.01 and rises[0] >= LEAST_RISE, words),
        Test(
            "comments about service did not",
            rises[1] < rises[0] / 3,
            f"comments about service went by {show_signed(100 * rises[1])} points",
        ),
    )
    failed = next((test for test in tests if not test.is_passed), None)
    if failed is not None:
        return Quiet(failed.words, tests)
    text = f"{fell.words[0].upper()}{fell.words[1:]}; {words}, while {tests[2].words}."
    return Found(
        text,
        now,
        before,
        ByTest(max(p, p_fell)),
        affected=per_week(counts[1] * rises[0], now),
        tests=tests,
    )


def _p_below(before: Measurement, now: Measurement) -> float:
    """Return how often two scores that are alike would lie as far apart, by the widths of their
    intervals.
    """
    if (
        before.value is None
        or now.value is None
        or None in (before.low, before.high, now.low, now.high)
    ):
        return 1.0
    halves = (before.high - before.low) / 2, (now.high - now.low) / 2  # type: ignore[operator]
    error = math.hypot(*halves) / Z95
    return normal_tail((before.value - now.value) / error) if error > 0 else 1.0


def _points(score: Measurement) -> str:
    return f"{show_signed(100 * (score.value or 0))}"


pattern = Pattern(
    title="Recommendation falls for reasons outside support",
    needs=("nps",),
    lever="product",
    act="Take what customers say to those who make the product: it is not for support to mend.",
    alternatives=(
        "the wave was sent at another time",
        "the sorting of comments by words misread them",
    ),
    if_wrong="a complaint about the product that was about service",
    review=("nps", 13, "recommendation stays down after the product's fault is mended"),
    check=check,
)
