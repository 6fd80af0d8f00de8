"""Surveys: rules, questions, addresses, pulses, and the pages that customers open from a mail."""

from __future__ import annotations

from helmdesk.web.access import ANYBODY, Role
from helmdesk.web.apps.surveys.customer import survey_answer, survey_stop
from helmdesk.web.apps.surveys.reach import addresses, change_addresses
from helmdesk.web.apps.surveys.rules import (
    change_rule,
    edit_rule,
    new_rule,
    rule_page,
    surveys,
    trial,
)
from helmdesk.web.apps.surveys.waves import waves
from helmdesk.web.apps.surveys.wordings import wording, wordings
from helmdesk.web.page import Page, Route

ASKERS = frozenset({Role.ADMINISTRATOR, Role.LEADER, Role.ANALYST})

page = Page(
    title="Surveys",
    roles=ASKERS,
    place=54,
    group="Act",
    icon="smile",
    help="whom customers' surveys go to, what comes back, and pulses of your own people",
    routes=(
        Route("surveys", surveys, "surveys"),
        Route("surveys/new", new_rule, "new_survey_rule"),
        Route("surveys/<int:pk>", rule_page, "survey_rule"),
        Route("surveys/<int:pk>/edit", edit_rule, "edit_survey_rule"),
        Route("surveys/<int:pk>/change", change_rule, "change_survey_rule"),
        Route("surveys/<int:pk>/page", trial, "survey_trial"),
        Route("surveys/questions", wordings, "survey_wordings"),
        Route("surveys/questions/<slug:kind>", wording, "survey_wording"),
        Route("surveys/addresses", addresses, "survey_addresses"),
        Route("surveys/addresses/change", change_addresses, "change_survey_addresses"),
        Route("surveys/pulses", waves, "survey_pulses"),
        Route("s/<str:token>", survey_answer, "survey_answer", ANYBODY),
        Route("s/<str:token>/stop", survey_stop, "survey_stop", ANYBODY),
    ),
)
