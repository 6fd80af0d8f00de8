"""What a kind of job is, and where kinds are found: in the modules ``jobs`` of pages and apps."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from importlib.util import find_spec
from typing import Any, Generic, TypeVar

from pydantic import BaseModel, ConfigDict

from helmdesk.errors import HelmdeskError


class Effect(StrEnum):
    """What a job does to the world, and so how often it may happen when workers are killed."""

    DATABASE = "exactly once"
    """What `run` returns is done in the transaction that ends the job; what `run` does before must
    bear repetition.
    """
    AT_MOST_ONCE = "at most once"
    """Sent to people: rather not at all than twice. Killed in between, nobody knows, and a person
    decides.
    """
    AT_LEAST_ONCE = "at least once"
    """Sent to machines, which know a repetition by the job's key."""

    @property
    def is_outside(self) -> bool:
        """Whether the switch towards the outside world decides about it."""
        return self is not Effect.DATABASE


class Hopeless(HelmdeskError):
    """The job failed, and no repetition mends it."""


class NotSent(HelmdeskError):
    """The job failed before anything left for the outside world, or whoever it was for did not take
    it: it may be tried again.

    Args:
        wait: not before so many seconds, where the other side asks for that.
    """

    def __init__(self, what: str, *, wait: float = 0.0) -> None:
        super().__init__(what)
        self.wait = wait


class Refused(NotSent, Hopeless):
    """Nothing left, and no repetition mends it."""


class Payload(BaseModel):
    """What a job is about; kinds have a model of their own. No names and addresses where a number
    says it as well.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)


class Nothing(Payload):
    """The payload of a job that needs none."""


P = TypeVar("P", bound=Payload)
Finish = Callable[[], object]


@dataclass
class Held(Generic[P]):
    """A job in the hands of a worker.

    Attributes:
        key: stays the same however often it is tried.
        attempt: 1 at first.
        tell: says what is being done; ends the work where another worker has the job by now, or
        this one is to stop.
    """

    key: str
    payload: P
    attempt: int
    tell: Callable[[str], None]


@dataclass(frozen=True)
class JobKind(Generic[P]):
    """One kind of job.

    Attributes:
        title: on the page.
        run: does it; what it returns is done in the transaction that ends the job.
        tries: after so many errors it is given up.
        given_up: is told so, and why, in the transaction that gives up.
        schedule: rhythm of the schedule that every site has of it.
        is_local: it means local times of the desk, and not UTC.
    """

    name: str
    title: str
    payload: type[P]
    run: Callable[[Held[P]], Finish | None]
    effect: Effect = Effect.DATABASE
    tries: int = 5
    given_up: Callable[[P, str], None] | None = None
    schedule: str = ""
    is_local: bool = False


def job(
    name: str,
    title: str,
    payload: type[P],
    *,
    effect: Effect = Effect.DATABASE,
    tries: int = 5,
    given_up: Callable[[P, str], None] | None = None,
    schedule: str = "",
    is_local: bool = False,
) -> Callable[[Callable[[Held[P]], Finish | None]], JobKind[P]]:
    """Make a function a kind of job; in a module ``jobs`` it is found."""
    return lambda run: JobKind(
        name, title, payload, run, effect, tries, given_up, schedule, is_local
    )


@cache
def kinds() -> dict[str, JobKind[Any]]:
    """Return all kinds by name."""
    from helmdesk.web.apps import apps_with_models
    from helmdesk.web.pages import page_apps

    found: dict[str, JobKind[Any]] = {}
    for app in (*page_apps(), *apps_with_models()):
        if find_spec(f"{app}.jobs") is None:
            continue
        for kind in vars(importlib.import_module(f"{app}.jobs")).values():
            if isinstance(kind, JobKind) and found.setdefault(kind.name, kind) is not kind:
                raise ValueError(f"{app}: there is another kind of job called {kind.name!r}")
    return found
