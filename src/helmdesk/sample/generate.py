"""The sample desk: eighteen months of a fictional company, the same for the same seed."""

from __future__ import annotations

import json
import random
import shutil
import zlib
from collections.abc import Callable
from datetime import UTC, datetime, time
from pathlib import Path
from typing import TYPE_CHECKING

from helmdesk.desk.desk import SETTINGS_FILE
from helmdesk.desk.desk import Desk as HelmdeskDesk
from helmdesk.errors import ConflictError
from helmdesk.sample.bookings import book_calls
from helmdesk.sample.company import END, START, Company, Site, found_company
from helmdesk.sample.demand import arrivals
from helmdesk.sample.life import TARGETS, Desk
from helmdesk.sample.situation import Situation, read_scenarios
from helmdesk.sample.workforce import ask_employees, ask_relationship, book_costs, plan_and_log_work
from helmdesk.sample.writer import Writer
from helmdesk.settings import Settings, read_settings, write_settings

if TYPE_CHECKING:
    from helmdesk.records.staging import LoadReport, Staging

SEED = 20250102
FORMAT = 3
# The sample is learnt at its own end, not when somebody happens to generate it: same seed, same
# lake.
RECORDED_AT = datetime(END.year, END.month, END.day, tzinfo=UTC)
STEPS_TOLD_EVERY = 4000
# What Larkspur's leaders look at: it records more than most desks do.
SCORECARD = (
    "csat",
    "csat_response_rate",
    "ces",
    "fcr",
    "account_health",
    "ticket_volume",
    "first_response_time",
    "resolution_time",
    "backlog",
    "backlog_age",
    "sla_compliance",
    "breach_exposure",
    "average_speed_of_answer",
    "service_level",
    "missed_contact_rate",
    "average_handle_time",
    "cost_per_ticket",
    "resolution_rate",
    "reopen_rate",
    "escalation_rate",
    "utilization",
    "occupancy",
    "schedule_adherence",
    "esat",
)

SETTINGS = Settings(
    name="Larkspur support",
    time_zone="Europe/Berlin",
    default_calendar="berlin",
    currency="USD",
    is_sample=True,
    scorecard=SCORECARD,
)
SETTINGS_ASIDE = "helmdesk.toml.before-sample"

INSTRUMENTS = (
    (
        "larkspur-csat",
        "csat",
        "transactional",
        ["4", "5"],
        ["1", "2"],
        [1, 5],
        "How satisfied are you with the help you received?",
    ),
    (
        "larkspur-ces",
        "ces",
        "transactional",
        ["5", "6", "7"],
        ["1", "2", "3"],
        [1, 7],
        "Larkspur made it easy to handle my issue.",
    ),
    (
        "larkspur-nps",
        "nps",
        "relationship",
        ["9", "10"],
        [str(n) for n in range(7)],
        [0, 10],
        "How likely are you to recommend Larkspur?",
    ),
    (
        "larkspur-esat",
        "esat",
        "employee",
        ["4", "5"],
        ["1", "2"],
        [1, 5],
        "How satisfied are you with your work here?",
    ),
    (
        "larkspur-enps",
        "enps",
        "employee",
        ["9", "10"],
        [str(n) for n in range(7)],
        [0, 10],
        "Would you recommend working here?",
    ),
)


def create_sample(
    path: Path | str,
    seed: int = SEED,
    scale: float = 1.0,
    on_step: Callable[[str], None] = lambda _step: None,
) -> tuple[HelmdeskDesk, LoadReport]:
    """Create a desk that holds the sample.

    Args:
        scale: share of the usual volume (1.0 gives about 40,000 tickets).

    Raises:
        ConflictError: `path` is a desk already, or not empty.
    """
    desk = HelmdeskDesk.create(path, SETTINGS)
    return desk, _load(desk, seed, scale, on_step)


def put_sample_into(
    desk: HelmdeskDesk,
    seed: int = SEED,
    scale: float = 1.0,
    on_step: Callable[[str], None] = lambda _step: None,
) -> LoadReport:
    """Let an empty desk hold the sample; its own settings wait beside it until `remove_sample`.

    Raises:
        ConflictError: the desk holds records already.
    """
    # Where this was stopped half way, it goes on: settings that are the sample's own are not put
    # aside.
    is_begun = desk.settings.is_sample
    if desk.lake.version() > 0 and not (
        is_begun and desk.lake.version_of_batch(_batch(seed, scale)) is not None
    ):
        raise ConflictError(
            "the desk already holds records; the sample goes into an empty desk only"
        )
    if not is_begun:
        file = desk.path / SETTINGS_FILE
        shutil.copyfile(file, desk.path / SETTINGS_ASIDE)
        write_settings(file, SETTINGS)
        desk.settings = SETTINGS
    return _load(desk, seed, scale, on_step)


def remove_sample(desk: HelmdeskDesk) -> None:
    """Leave an empty desk with the settings it had before the sample.

    Raises:
        ConflictError: the desk is no sample; own records are never thrown away here.
    """
    if not desk.settings.is_sample:
        raise ConflictError("this desk holds no sample; nothing was removed")
    # first: whatever is stopped after it, the desk says that it holds the sample, and this can be
    # done again
    desk.empty()
    file, aside = desk.path / SETTINGS_FILE, desk.path / SETTINGS_ASIDE
    if aside.is_file():
        aside.replace(file)
    else:
        write_settings(file, Settings())
    desk.settings = read_settings(file)


def _batch(seed: int, scale: float) -> str:
    return f"sample-{FORMAT}-{seed}-{scale}"


def _load(
    desk: HelmdeskDesk, seed: int, scale: float, on_step: Callable[[str], None]
) -> LoadReport:
    return desk.load_with(
        lambda staging: fill(staging, seed, scale),
        "sample",
        _batch(seed, scale),
        recorded_at=RECORDED_AT,
        on_step=on_step,
    )


def fill(staging: Staging, seed: int, scale: float) -> None:
    """Put the whole sample into a staging area."""
    generate(seed, scale, staging.on_step).stage(staging)


def generate(
    seed: int = SEED,
    scale: float = 1.0,
    on_step: Callable[[str], None] = lambda _step: None,
    situation: Situation | None = None,
) -> Writer:
    """Return all records of the sample, or of the same company in another situation."""
    rng, writer, situation = random.Random(seed), Writer(), situation or Situation(read_scenarios())
    on_step("founding the company")
    company = found_company(rng)
    _introduce(company, writer)
    desk = Desk(rng, company, situation, writer)
    for arrival in arrivals(rng, company, situation, scale):
        if arrival.number % STEPS_TOLD_EVERY == 1:
            on_step(f"living through {arrival.local:%B %Y}")
        desk.live(arrival)
    on_step("planning shifts and logging work")
    plan_and_log_work(rng, company, situation, writer, scale)
    ask_employees(rng, company, situation, writer)
    ask_relationship(rng, company, writer)
    book_costs(rng, desk.tickets_by_month, writer)
    book_calls(seed, company, situation, writer)
    _announce(writer)
    return writer


def _renewal(account_id: str) -> datetime:
    """Return when an account's contract ends: the first of some month of the year after the data,
    drawn from its id so that nothing else of the sample changes.
    """
    months = END.month + zlib.crc32(account_id.encode()) % 12
    return datetime(END.year + months // 12, months % 12 + 1, 1, tzinfo=UTC)


def _introduce(company: Company, writer: Writer) -> None:
    since = datetime.combine(START, time(), UTC)
    for account in company.accounts:
        writer.add(
            "account",
            f"account:{account.id}",
            since,
            entity_id=account.id,
            valid_from=since,
            name=account.name,
            tier=account.tier,
            region=account.region,
            contract_value=account.contract_value,
            owner="customer success",
        )
        writer.add(
            "contract",
            f"contract:{account.id}",
            since,
            entity_id=f"contract-{account.id}",
            valid_from=since,
            valid_to=_renewal(account.id),
            account_id=account.id,
            policy_id=f"sla-{account.tier}",
        )
        for customer in account.customers:
            writer.add(
                "customer",
                f"customer:{customer}",
                since,
                entity_id=customer,
                valid_from=since,
                account_id=account.id,
            )
    for team, agents in company.agents.items():
        writer.add(
            "team",
            f"team:{team}",
            since,
            entity_id=team,
            valid_from=since,
            name=team,
            calendar_id=company.site_of(team).key,
        )
        for agent in agents:
            writer.add(
                "agent",
                f"agent:{agent.id}",
                since,
                entity_id=agent.id,
                valid_from=since,
                name=agent.name,
                team_id=team,
                role="agent",
                tenure_start=datetime.combine(agent.tenure_start, time(), UTC),
            )
    for site in company.sites.values():
        writer.add(
            "calendar",
            f"calendar:{site.key}",
            since,
            entity_id=site.key,
            valid_from=since,
            name=site.key.title(),
            time_zone=site.calendar.time_zone,
            definition=_definition(site),
        )
    for tier, (first, resolution) in TARGETS.items():
        clocks = [
            {"clock": "first_response", "targets": {"default": first}},
            {"clock": "resolution", "targets": {"default": resolution}},
        ]
        # A reopen is new work under a clock of its own; the first verdict stands.
        definition = json.dumps({"clocks": clocks, "reopen": "new_clock"})
        writer.add(
            "sla_policy",
            f"policy:{tier}",
            since,
            entity_id=f"sla-{tier}",
            valid_from=since,
            name=f"SLA {tier}",
            definition=definition,
        )
    for key, kind, about, positive, negative, scale, question in INSTRUMENTS:
        definition = json.dumps(
            {"positive": positive, "negative": negative, "scale": scale, "question": question}
        )
        writer.add(
            "instrument",
            f"instrument:{key}",
            since,
            entity_id=key,
            valid_from=since,
            name=key,
            instrument_kind=kind,
            about=about,
            definition=definition,
        )
    for channel, threshold in (("phone", 30), ("chat", 60)):
        for team in ("berlin", "boston"):
            writer.add(
                "queue",
                f"queue:{channel}-{team}",
                since,
                entity_id=f"{channel}-{team}",
                valid_from=since,
                name=f"{channel.title()} {team.title()}",
                channel=channel,
                threshold_seconds=threshold,
                short_abandon_seconds=10,
                calendar_id=team,
            )


def _definition(site: Site) -> str:
    exceptions = {
        day.isoformat(): [list(span) for span in spans]
        for day, spans in site.calendar.exceptions.items()
    }
    return json.dumps(
        {"weekly": [list(span) for span in site.calendar.weekly], "exceptions": exceptions},
        sort_keys=True,
    )


def _announce(writer: Writer) -> None:
    """Annotations that a team would have written down; causes stay for the insight engine to
    find.
    """
    for key, kind, title, day in (
        ("launch", "launch", "Version 5 released", datetime(2026, 5, 4, 8, tzinfo=UTC)),
        ("ivr", "config", "New phone menu", datetime(2025, 12, 1, 8, tzinfo=UTC)),
        ("kb", "tool", "Knowledge base introduced", datetime(2025, 8, 15, 8, tzinfo=UTC)),
        ("holiday", "holiday", "Closed for the holidays", datetime(2025, 12, 24, 0, tzinfo=UTC)),
    ):
        writer.add(
            "annotation", f"annotation:{key}", day, annotation_kind=kind, title=title, start_at=day
        )
