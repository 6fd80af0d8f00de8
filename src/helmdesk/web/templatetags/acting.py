"""From a finding to an action: `{% make_action finding %}` beside whatever tells one."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django import template

from helmdesk.act.actions import LONGEST
from helmdesk.insight.finding import Finding
from helmdesk.insight.today import Story
from helmdesk.query.filters import to_text

register = template.Library()


@register.inclusion_tag("make_action.html")
def make_action(told: Finding | Story) -> dict[str, Any]:
    """Link to the form of an action with what a finding, or a story of Home, knows of it; and to
    the what-if that tries it, where there is one.
    """
    finding = told if isinstance(told, Finding) else told.rests_on
    given = {
        "metric": told.metrics[0] if isinstance(told, Finding) else told.metric,
        "origin": told.title if isinstance(told, Finding) else told.headline,
    }
    if finding is not None:
        given["belief"] = finding.title
        given["lever"] = "" if finding.lever == "none" else finding.lever
        given["where"] = to_text(finding.where) if finding.where is not None else ""
    course = None if isinstance(told, Finding) else told.course
    if course is not None and course.since is not None and course.is_moving:
        given["since"] = course.since.isoformat()
    scenario = finding.scenario if finding is not None else {}
    return {
        "try_out": urlencode(scenario),
        "query": urlencode({k: v[: LONGEST.get(k, 200)] for k, v in given.items() if v}),
    }
