"""What changed between two rulebooks: changed keys only, old and new."""

from collections.abc import Iterator
from typing import Any, NamedTuple

from models.rulebook.schema.book import Rulebook

_NAMES = ("code", "identifier", "key", "product_class", "stage", "tier", "role", "kind", "region_class", "criterion")
_NUMBERS = ("number", "min_years", "lower", "service", "family", "service_class", "level", "opens")

_ORDER = "[order]"
"""Pseudo-key of a table: its rows in order, for tables where the order decides (tie-break, steps)."""


class Change(NamedTuple):
    """One changed key; `old` None: added, `new` None: removed. Values are plain JSON."""

    key: str
    old: Any
    new: Any


def diff(old: Rulebook, new: Rulebook) -> list[Change]:
    """Changes in key order. Rows of a table are matched by their code, not by their place."""
    before = dict(_flatten("", old.model_dump(mode="json")))
    after = dict(_flatten("", new.model_dump(mode="json")))
    keys = [*before, *(key for key in after if key not in before)]
    changes = [Change(key, before.get(key), after.get(key)) for key in keys if before.get(key) != after.get(key)]
    return [change for change in changes if not change.key.endswith(_ORDER) or _reordered(change)]


def _reordered(change: Change) -> bool:
    """Same rows in another order; added and removed rows speak for themselves."""
    return sorted(change.old or []) == sorted(change.new or [])


def _flatten(prefix: str, value: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(value, dict):
        for key, child in value.items():
            yield from _flatten(f"{prefix}.{key}" if prefix else key, child)
    elif isinstance(value, list) and value and all(isinstance(child, dict) for child in value):
        labels = _labels(value)
        yield prefix + _ORDER, labels
        for label, child in zip(labels, value, strict=True):
            yield from _flatten(f"{prefix}[{label}]", child)
    else:
        yield prefix, value


def _labels(rows: list[dict[str, Any]]) -> list[str]:
    """The first naming key that tells all rows apart, else their places."""
    for name in (*_NAMES, *_NUMBERS):
        labels = [str(row[name]) for row in rows if name in row]
        if len(labels) == len(rows) == len(set(labels)):
            return labels
    return [str(place) for place in range(len(rows))]
