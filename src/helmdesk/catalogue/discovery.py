"""The catalogue: every metric found by scanning one folder, checked, hashed, and put into words."""

from __future__ import annotations

import dataclasses
import functools
import hashlib
import importlib
import inspect
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from helmdesk.catalogue.metric import Metric, Variant
from helmdesk.errors import NotFoundError, nearest
from helmdesk.modules import module_names

MEANING = ("unit", "direction", "fact", "anchor", "value", "where", "clocks", "pending", "needs")


@dataclass(frozen=True)
class Entry:
    """One metric with what the folder says about it.

    Attributes:
        metric: the definition.
        description: the module's docstring: what a leader reads.
    """

    metric: Metric
    description: str

    def variant(self, name: str) -> Metric:
        """Return the metric as the variant `name` defines it.

        Raises:
            NotFoundError: the metric has no such variant.
        """
        return self.metric.with_variant(self.find_variant(name))

    def listing(self, also: Sequence[str]) -> Entry:
        """Return the same definition, whose rows are listed with further columns of its fact."""

        def wider(evidence: tuple[str, ...]) -> tuple[str, ...]:
            return tuple(dict.fromkeys((*evidence, *also)))

        variants = tuple(
            replace(each, evidence=wider(each.evidence)) if each.evidence else each
            for each in self.metric.variants
        )
        metric = replace(self.metric, evidence=wider(self.metric.evidence), variants=variants)
        return replace(self, metric=metric)

    def find_variant(self, name: str) -> Variant:
        """Return the variant called `name`, or raise `NotFoundError`."""
        known = {variant.name: variant for variant in self.metric.variants}
        if name not in known:
            listed = ", ".join(known) or "none"
            raise NotFoundError(
                f"metric '{self.metric.key}' has no variant '{name}'{nearest(name, known)}"
                f" (variants: {listed})"
            )
        return known[name]


@functools.cache
def load_catalogue() -> Mapping[str, Entry]:
    """Return all metrics by key, in the order of keys."""
    found: dict[str, Entry] = {}
    for name in module_names("helmdesk.metrics"):
        module = importlib.import_module(f"helmdesk.metrics.{name}")
        metric: Metric = module.metric
        if metric.key != name:
            raise AssertionError(f"metrics/{name}.py defines '{metric.key}'")
        found[metric.key] = Entry(metric, inspect.cleandoc(module.__doc__ or ""))
    return found


def find_metric(key: str, catalogue: Mapping[str, Entry] | None = None) -> Entry:
    """Return one metric of a catalogue, ours by default.

    Raises:
        NotFoundError: unknown key; offers the nearest.
    """
    catalogue = load_catalogue() if catalogue is None else catalogue
    if key not in catalogue:
        raise NotFoundError(
            f"unknown metric '{key}'{nearest(key, catalogue)}", "list them with: helmdesk metrics"
        )
    return catalogue[key]


def definition_hash(metric: Metric) -> str:
    """Return a digest of what the metric *means*: prose may change freely, meaning only with a
    version.

    What is left at its default takes no part, so that a new field of a kind changes no existing
    metric.
    """
    parts: list[Any] = [(name, _meaning(getattr(metric, name))) for name in MEANING]
    parts += [
        (
            variant.name,
            [
                (name, _meaning(value))
                for name in MEANING
                if (value := getattr(variant, name, None)) is not None
            ],
        )
        for variant in metric.variants
    ]
    return hashlib.sha256(repr(parts).encode()).hexdigest()[:16]


def _meaning(value: Any) -> Any:
    if not dataclasses.is_dataclass(value):
        return value
    given = [
        (field.name, _meaning(getattr(value, field.name)))
        for field in dataclasses.fields(value)
        if getattr(value, field.name) != field.default
    ]
    return (type(value).__name__, given)
