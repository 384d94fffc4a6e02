"""What changed in the rows between two versions of a dataset, told by ids and digests, without the older rows.

A row is known by its id, the first column of its view. Two digests stand for what it says: one of its labels, that is
of all that annotators and the registries say by ids, places and values of vocabularies; one of the whole row. Words of
articles have no part in either, and neither have figures that only count other rows. Where columns were added since,
the digests of the present rows are taken without them.
"""

import hashlib
import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from stancebank.publish.rows import Row
from stancebank.publish.versions import Step
from stancebank.publish.views import VIEWS, Column, ListOf, Struct, View

Names = Mapping[str, Any]
"""Names of columns, each with None or the names of the columns below it."""

Digests = dict[str, str]
"""By the id of a row: the digest of its labels, a blank, the digest of the row; 12 hex digits each."""

_COUNTED = frozenset(("dataset_version", "n_statements", "n_unique", "statements", "gold_statement_id"))
"""Columns that change although their row does not: they repeat or count other rows."""

_NO_LABELS = frozenset(
    (
        *("title", "outlet", "agencies", "author", "place", "published", "language", "url", "event", "metadata_basis"),
        *("rights_holder", "licence", "text_policy", "raw_sha256"),
        *("origin", "annotator", "gold_method", "guideline_version", "schema_version"),
        *("speaker_name", "target_name", "kind_name", "obligor_names", "name"),
        *("aliases", "roles", "definition", "wikidata", "former_ids"),
    )
)
"""Columns that say something of an article, a reading or an entry of a registry, and are no labels."""


@dataclass(frozen=True, slots=True)
class Held:
    """The rows of a version: the names of the columns of every view, and the digests of its rows."""

    columns: dict[str, Names]
    rows: dict[str, Digests]


@dataclass(frozen=True, slots=True)
class Changes:
    """Ids of rows by view. relabelled: other labels; amended: the same labels, other values. columns: view.column."""

    lost: dict[str, tuple[str, ...]] = field(default_factory=dict)
    gained: dict[str, tuple[str, ...]] = field(default_factory=dict)
    relabelled: dict[str, tuple[str, ...]] = field(default_factory=dict)
    amended: dict[str, tuple[str, ...]] = field(default_factory=dict)
    columns_lost: tuple[str, ...] = ()
    columns_gained: tuple[str, ...] = ()

    @property
    def step(self) -> Step:
        """The step of the version that the changes ask for."""
        if self.lost or self.relabelled or self.columns_lost:
            return Step.MAJOR
        if self.gained or self.columns_gained:
            return Step.MINOR
        return Step.PATCH


def take(rows: Mapping[str, Iterable[Row]], earlier: Held | None = None) -> tuple[Held, Held]:
    """Return the digests of the rows, and those of the same rows told by the columns that an earlier version had.

    Views of whole texts are left out: their rows are made from the others and from the words.
    """
    columns: dict[str, Names] = {}
    now: dict[str, Digests] = {}
    then: dict[str, Digests] = {}
    for view in VIEWS:
        if view.whole_text or view.name not in rows:
            continue
        columns[view.name] = _names(view.columns)
        old = earlier.columns.get(view.name) if earlier else None
        now[view.name], then[view.name] = {}, {}
        for row in rows[view.name]:
            name = _id(view, row, now[view.name])
            now[view.name][name] = told = _digests(row, columns[view.name])
            then[view.name][name] = told if old in (None, columns[view.name]) else _digests(row, old)
    return Held(columns, now), Held(earlier.columns if earlier else columns, then)


def compare(earlier: Held, now: Held, then: Held) -> Changes:
    """Return what changed. now, then: of the present rows, as `take` returns them with the earlier version."""
    found: dict[str, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    for view in sorted({*earlier.rows, *now.rows}):
        before, after = earlier.rows.get(view, {}), then.rows.get(view, {})
        found["lost"][view] = sorted(before.keys() - after.keys())
        found["gained"][view] = sorted(after.keys() - before.keys())
        for name in sorted(before.keys() & after.keys()):
            if before[name].split()[0] != after[name].split()[0]:
                found["relabelled"][view].append(name)
            elif before[name] != after[name]:
                found["amended"][view].append(name)
    both = earlier.columns.keys() & now.columns.keys()
    paths = [{f"{view}.{path}" for view in both for path in _paths(held.columns[view])} for held in (earlier, now)]
    return Changes(
        **{kind: {view: tuple(names) for view, names in views.items() if names} for kind, views in found.items()},
        columns_lost=tuple(sorted(paths[0] - paths[1])),
        columns_gained=tuple(sorted(paths[1] - paths[0])),
    )


def _id(view: View, row: Row, taken: Mapping[str, object]) -> str:
    name = str(row[view.columns[0].name])
    number = 1
    while (found := name if number == 1 else f"{name} #{number}") in taken:
        number += 1
    return found


def _names(columns: Sequence[Column]) -> dict[str, Any]:
    """Return the names of columns that hold no words, with those below them."""
    found: dict[str, Any] = {}
    for column in columns:
        kind = column.type.item if isinstance(column.type, ListOf) else column.type
        if not column.words and column.name not in _COUNTED:
            found[column.name] = _names(kind.fields) if isinstance(kind, Struct) else None
    return found


def _paths(names: Names) -> Iterable[str]:
    for name, below in names.items():
        yield name
        yield from (f"{name}.{path}" for path in _paths(below or {}))


def _digests(row: Row, names: Names) -> str:
    whole = {name: _only(row[name], below) for name, below in names.items() if name in row}
    return f"{_digest(_labels(whole))} {_digest(whole)}"


def _only(value: Any, names: Names | None) -> Any:
    """Return a value with the named parts only."""
    if isinstance(value, list):
        return [_only(each, names) for each in value]
    if isinstance(value, dict) and names is not None:
        return {name: _only(value[name], below) for name, below in names.items() if name in value}
    return value


def _labels(value: Any) -> Any:
    """Return a value without what is no label, however deep."""
    if isinstance(value, list):
        return [_labels(each) for each in value]
    if isinstance(value, dict):
        return {name: _labels(each) for name, each in value.items() if name not in _NO_LABELS}
    return value


def _digest(value: object) -> str:
    data = json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()
    return hashlib.sha256(data).hexdigest()[:12]
