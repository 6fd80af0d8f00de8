"""What will most likely become of tickets: `desk.predict`."""

from __future__ import annotations

from collections.abc import Collection
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from helmdesk.desk.answers import Answers
from helmdesk.errors import NotFoundError, UsageError
from helmdesk.query.periods import local_date

if TYPE_CHECKING:
    from helmdesk.predict.model import Model
    from helmdesk.predict.targets import Target
    from helmdesk.predict.warning import Warned


class Foretelling:
    """Chances out of the desk's own past, for the tickets that one reader may see."""

    def __init__(self, answers: Answers) -> None:
        self._answers = answers

    def train(self, target: str) -> Model:
        """Train a model of the whole desk, keep it as a new version, and return it; whether it may
        be used is in its report.

        Raises:
            NotFoundError: no such target. UsageError: a reader of a part of the desk.
        """
        from helmdesk.predict.cases import past_cases
        from helmdesk.predict.store import Models
        from helmdesk.predict.training import train

        found = find_target(target)
        self._check_whole("a model is trained on the whole desk, by who may see all of it")
        models = Models(self._answers.folder.path)
        with self._answers.marts.reader() as reader:
            cases = past_cases(reader.engine, found, self._answers.folder.settings.time_zone)
            as_of = reader.bounds.as_of
        model = train(
            found,
            cases,
            models.next_version(target),
            datetime.now(UTC).replace(tzinfo=None, microsecond=0),
            as_of,
            self._answers.marts.version() or 0,
        )
        models.add(model)
        return model

    def model(self, target: str) -> Model | None:
        """Return the newest model; None where none was trained."""
        from helmdesk.predict.closing import CLOSINGS
        from helmdesk.predict.store import Models

        key = target if target in CLOSINGS else find_target(target).key
        return Models(self._answers.folder.path).newest(key)

    def ended(self, target: str, tickets: Collection[str]) -> dict[str, bool]:
        """Return which of some tickets ended badly, of those whose end is known.

        Raises:
            NotFoundError: no such target. UsageError: a reader of a part of the desk.
        """
        found = find_target(target)
        self._check_whole("what became of tickets is told to who may see the whole desk")
        if not tickets:
            return {}
        with self._answers.marts.reader() as reader:
            known = reader.engine.run(f"select ticket_id, is_bad from ({found.outcomes}) o")
        return {str(key): bool(is_bad) for key, is_bad in known if key in tickets}

    def _check_whole(self, otherwise: str) -> None:
        policy = self._answers.policy
        if policy.predicate is not None or policy.is_outsider:
            raise UsageError(otherwise)

    def warnings(self, target: str, *, where: str | None = None) -> tuple[Warned, ...]:
        """Return the open tickets that this reader may see, those most likely to end badly first.

        Raises:
            NotFoundError: no such target, or no model that may be used.
        """
        from helmdesk.predict.cases import present_cases
        from helmdesk.predict.warning import warned

        found, model = find_target(target), self.model(target)
        if model is None:
            raise NotFoundError(
                f"nothing was learned yet about “{found.title.lower()}”; run: helmdesk predict"
                f" train {target}"
            )
        if why := model.report.problem or model.report.weakness:
            raise NotFoundError(f"the model is not used: {why}")
        zone = self._answers.folder.settings.time_zone
        with self._answers.marts.reader() as reader:
            cases = reader.cache(
                ("present", target), lambda: present_cases(reader.engine, found, zone)
            )
            as_of = reader.bounds.as_of
        today = local_date(as_of, zone)
        question = self._answers.folder.question(
            "backlog",
            start=today.isoformat(),
            end=(today + timedelta(days=1)).isoformat(),
            where=where,
        )
        rows = self._answers.rows(question, None, False, 0, None).table
        is_whole = self._answers.policy.predicate is None
        return warned(model, cases, rows.to_pylist(), is_whole=is_whole)


def find_target(key: str) -> Target:
    """Return what is foretold by its key.

    Raises:
        NotFoundError: there is none.
    """
    from helmdesk.predict.targets import TARGETS

    if key not in TARGETS:
        raise NotFoundError(f"nothing foretells '{key}'; there are: {', '.join(TARGETS)}")
    return TARGETS[key]
