"""Qualtrics as connector tables: survey_response, question_response, question,
distribution_contact.

A question is read as recommendation (NPS), effort (CES) or satisfaction (CSAT) by its type or its
words; others are named by a mapping file (``--mapping``) with ``[[question]]`` tables of survey,
id, kind and positive answers. Answers to any other question are left alone and counted. Addresses
of people are not read. Times are UTC.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from helmdesk.errors import MappingError, NotFoundError
from helmdesk.quoting import text
from helmdesk.records.schema import CHOICES
from helmdesk.records.staging import Staging
from helmdesk.sources.parts.instruments import stage_instrument
from helmdesk.sources.parts.source import Options, Source
from helmdesk.sources.parts.tables import find_tables, open_tables, reject_times
from helmdesk.sources.reading.times import TimeReader
from helmdesk.toml_file import read_document

TIMES = TimeReader("UTC")
REQUIRED: dict[str, tuple[str, ...]] = {
    "survey_response": ("id", "survey_id", "recorded_date"),
    "question_response": ("question_id", "response_id", "value"),
    "question": ("id", "survey_id", "question_text"),
    "distribution_contact": ("contact_id", "distribution_id", "sent_at"),
    "distribution": ("id", "survey_link_survey_id"),
}
OPTIONAL: dict[str, tuple[str, ...]] = {
    "survey_response": ("distribution_channel", "end_date", "finished", "status"),
    "question_response": ("text", "question", "sub_question_key", "_fivetran_id"),
    "question": ("question_type", "selector"),
    "distribution_contact": ("response_id", "status"),
}
SCALES = {
    "nps": (["9", "10"], [str(score) for score in range(7)], [0, 10], "relationship"),
    "csat": (["4", "5"], ["1", "2"], [1, 5], "transactional"),
    "ces": (["5", "6", "7"], ["1", "2", "3"], [1, 7], "transactional"),
}


def find_qualtrics_tables(paths: Sequence[Path]) -> dict[str, Path]:
    """Return the files of known tables by name; there must be a survey_response table."""
    return find_tables(paths, REQUIRED, "survey_response")


def read(staging: Staging, paths: Sequence[Path], options: Options) -> None:
    """Stage invitations and answers to the questions we know how to read."""
    tables = open_tables(staging, paths, REQUIRED, OPTIONAL, "survey_response", "q", options)
    for needed in ("question_response", "question"):
        if needed not in tables:
            raise NotFoundError(
                f"{paths[0]}: no {needed} table; expected a file named {needed}.csv"
            )
    reject_times(staging, "q_survey_response", "recorded_date", TIMES)
    _choose_questions(staging, options.mapping)
    _answers(staging)
    if "distribution_contact" in tables and "distribution" in tables:
        _invitations(staging)


def _choose_questions(staging: Staging, mapping: Path | None) -> None:
    """Create ``q_chosen``: which question of which survey is which instrument."""
    run = staging.connection.execute
    run("create temp table q_chosen (survey_id varchar, question_id varchar, kind varchar)")
    run("""insert into q_chosen select survey_id, id, case
            when upper(selector) = 'NPS' or lower(question_text) like '%recommend%' then 'nps'
            when regexp_matches(lower(question_text), 'effort|easy|easier') then 'ces'
            when lower(question_text) like '%satisf%' then 'csat' end as kind
        from q_question where kind is not null""")
    forms = {
        (survey, question, kind): SCALES[kind]
        for survey, question, kind in run("select distinct * from q_chosen").fetchall()
    }
    for survey, question, kind, positive, about in _mapped(mapping):
        run("delete from q_chosen where survey_id = ? and question_id = ?", [survey, question])
        run("insert into q_chosen values (?, ?, ?)", [survey, question, kind])
        forms = {key: form for key, form in forms.items() if key[:2] != (survey, question)}
        forms[(survey, question, kind)] = (positive, [], [], about)
    for (survey, question, kind), (positive, negative, scale, about) in forms.items():
        stage_instrument(
            staging,
            f"{survey}:{question}",
            kind,
            positive=positive,
            negative=negative,
            scale=scale,
            about=about,
        )


def _mapped(mapping: Path | None) -> list[tuple[str, str, str, list[str], str]]:
    if mapping is None:
        return []
    content, place = read_document(mapping, MappingError)
    found = []
    for number, item in enumerate(content.get("question", []), 1):
        at = place.of("question", number - 1)
        for word in ("survey", "id", "kind", "positive"):
            if word not in item:
                raise at.wrong(f"question {number} needs '{word}'")
        if item["kind"] not in CHOICES["instrument_kind"]:
            raise at.of("kind").wrong(
                f"question {number}: kind '{item['kind']}' is not one of"
                f" {', '.join(CHOICES['instrument_kind'])}"
            )
        found.append(
            (
                item["survey"],
                item["id"],
                item["kind"],
                [str(value) for value in item["positive"]],
                item.get("about", "transactional"),
            )
        )
    return found


def _answers(staging: Staging) -> None:
    rows = "q_question_response a left join q_survey_response r on r.id = a.response_id"
    staging.reject(
        "response_id",
        "response_id",
        "'an answer of a response that is not in survey_response'",
        "(select a._file, a._row, a.response_id from q_question_response a where a.response_id not"
        " in (select id from q_survey_response))",
        is_whole_row=True,
    )
    staging.add(
        "responded",
        {
            "record_id": (
                "'qualtrics:' || a.response_id || ':' || a.question_id || ':' ||"
                " coalesce(a.sub_question_key, '')"
            ),
            "source_id": "a.response_id",
            "survey_id": "'qualtrics:' || a.response_id || ':' || a.question_id",
            "occurred_at": TIMES.instant("r.recorded_date"),
            "instrument_id": "r.survey_id || ':' || a.question_id",
            "answer": "a.value",
            "score": "try_cast(a.value as double)",
            "comment": "a.text",
            "channel": "r.distribution_channel",
            "actor_kind": "'customer'",
            "_file": "a._file",
            "_row": "a._row",
        },
        f"{rows} join q_chosen c on c.survey_id = r.survey_id and c.question_id = a.question_id"
        " where a.value is not null",
    )
    (left,) = staging.connection.execute(
        f"select count(*) from {rows} where r.id is not null and (r.survey_id, a.question_id) not"
        " in (select (survey_id, question_id) from q_chosen)"
    ).fetchone() or (0,)
    if left:
        staging.note(
            f"{left:,} answers belong to questions of no known kind and were left alone; name such"
            " questions with --mapping"
        )


def _invitations(staging: Staging) -> None:
    reject_times(staging, "q_distribution_contact", "sent_at", TIMES)
    staging.add(
        "sent",
        {
            "record_id": (
                "'qualtrics:sent:' || d.distribution_id || ':' || d.contact_id || ':' ||"
                " c.question_id"
            ),
            "source_id": "d.distribution_id",
            # An answered invitation is the answer's survey; one without an answer is its own.
            "survey_id": (
                "'qualtrics:' || coalesce(d.response_id, d.distribution_id || ':' || d.contact_id)"
                " || ':' || c.question_id"
            ),
            "occurred_at": TIMES.instant("d.sent_at"),
            "instrument_id": text("") + " || c.survey_id || ':' || c.question_id",
            "customer_id": "d.contact_id",
            "_file": "d._file",
            "_row": "d._row",
        },
        "q_distribution_contact d join q_distribution x on x.id = d.distribution_id join q_chosen c"
        " on c.survey_id = x.survey_link_survey_id",
    )


source = Source(
    "qualtrics",
    "Qualtrics connector tables: a folder of CSV or Parquet files",
    read,
    find_qualtrics_tables,
    reads_folders=True,
)
