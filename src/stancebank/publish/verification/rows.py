"""The rows of a folder: made into records, checked as records are, and made again from them, article by article."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec

from stancebank.check.articles import check_articles, check_text
from stancebank.check.documents import check_document, known_names
from stancebank.check.registries import check_entities, check_targets
from stancebank.check.spans import check_spans, check_spans_blind
from stancebank.errors import NEVER_WAIVED, Finding
from stancebank.model import (
    Document,
    EntityRegistry,
    Record,
    TargetRegistry,
    document_spans,
    from_builtins,
    to_builtins,
)
from stancebank.publish.agreement import Agreement
from stancebank.publish.restored import (
    restore_article,
    restore_document,
    restore_entities,
    restore_others,
    restore_statement,
    restore_targets,
)
from stancebank.publish.rows import Context, Reading, article_rows, make_context
from stancebank.publish.rows.registries import entity_rows, target_rows
from stancebank.publish.verification.faults import Fault
from stancebank.publish.verification.records import UNKNOWN, gather_words
from stancebank.publish.verification.tables import Row, Rows
from stancebank.publish.views import (
    ANNOTATIONS,
    ARTICLES,
    ENTITIES,
    STATEMENTS,
    TARGETS,
    VIEWS,
    Column,
    ListOf,
    Struct,
    View,
)
from stancebank.schema.validate import Kind, validate
from stancebank.schema.vocabulary import Vocabularies
from stancebank.text import fingerprint, sha256
from stancebank.text_policy import TextPolicy

MOST_FAULTS = 200
"""Faults after which a walk stops: a folder with so many needs no more."""

_CODES = {
    "entity-unknown": "reference-unknown",
    "target-unknown": "reference-unknown",
    "same-as-unknown": "reference-unknown",
    "entity-twice": "row-twice",
    "target-twice": "row-twice",
    "span-bounds": "span-differs",
    "span-fingerprint": "span-differs",
    "lines-differ": "text-differs",
}
"""What the faults of records are called here; all others are `row-invalid`."""


@dataclass(slots=True)
class Walked:
    """What a walk over all rows has found, and no row.

    annotators: of each sound article, by its id. showing, beyond, lacking: ids of articles, as `Built` has them.
    """

    context: Context
    annotators: dict[str, tuple[str, ...]] = field(default_factory=dict)
    showing: list[str] = field(default_factory=list)
    beyond: list[str] = field(default_factory=list)
    lacking: list[str] = field(default_factory=list)
    agreement: Agreement = field(default_factory=Agreement)
    faults: list[Fault] = field(default_factory=list)

    def note(self, reading: Reading) -> None:
        """Take what is told of an article once its rows are gone."""
        name = reading.article.id
        self.annotators[name] = tuple(each.annotator for each in reading.others)
        self.agreement.add(reading)
        if reading.shows_words and reading.has_words:
            self.showing.append(name)
        if reading.is_beyond:
            self.beyond.append(name)
        if reading.lacks_words:
            self.lacking.append(name)


def walk(
    tables: Mapping[str, Rows], schema_dir: Path, vocabularies: Vocabularies, version: str, text: TextPolicy | None
) -> Walked:
    """Go over all rows. version: of the dataset; text: what manifest.json says of the words shown, else None."""
    schema = schema_dir.name
    entities, targets = list(tables[ENTITIES.name].rest()), list(tables[TARGETS.name].rest())
    registries = restore_entities(entities, schema), restore_targets(targets, schema)
    faults = list(_registry_faults(registries, (entities, targets), schema_dir))
    if faults or tables[ENTITIES.name].faults or tables[TARGETS.name].faults:
        nobody = EntityRegistry(schema_version=schema, entities=()), TargetRegistry(schema_version=schema, targets=())
        faults += tables[ENTITIES.name].faults + tables[TARGETS.name].faults
        return Walked(make_context(vocabularies, *nobody, version), faults=faults)
    walked = Walked(make_context(vocabularies, *registries, version))
    walked.faults += compare(ENTITIES, entity_rows(walked.context), entities)
    walked.faults += compare(TARGETS, target_rows(walked.context), targets)
    of_articles = {view: each for view, each in tables.items() if view not in (ENTITIES.name, TARGETS.name)}
    names = known_names(*registries)
    before = ""
    texts: dict[str, str] = {}
    while (row := tables[ARTICLES.name].peek()) is not None and len(walked.faults) < MOST_FAULTS:
        name = row["article_id"] or ""
        rows = {view: each.take(row["article_id"]) for view, each in of_articles.items()}
        if name <= before:
            walked.faults.append(Fault(ARTICLES.name, name, "article_id", "row-order", f"it stands behind {before}."))
        before = name
        if len(rows[ARTICLES.name]) > 1:
            continue  # the id is there twice, and said to be
        if (other := texts.setdefault(row["text_sha256"], name)) != name:
            message = f"{other} has the same text."
            walked.faults.append(Fault(ARTICLES.name, name, "text_sha256", "row-invalid", message))
        reading = read_article(rows, row, text, walked.faults)
        if reading is None:
            continue
        broken = [*_check_reading(reading, walked.context, names, schema_dir, rows)]
        walked.faults += broken
        if not broken:
            walked.note(reading)
            policy = text or reading.article.rights.text_policy
            made = article_rows(reading, walked.context)
            for view in VIEWS:
                if view.name in rows:
                    walked.faults += compare(view, made[view.name], rows[view.name], reading.policy != policy)
    if len(walked.faults) < MOST_FAULTS:
        for name, table in tables.items():
            for row in table.rest():
                message = "it belongs to no article, or stands apart from the other rows of its article."
                walked.faults.append(Fault(name, str(row[table.view.key]), "article_id", "row-foreign", message))
    for each in tables.values():
        walked.faults += each.faults
    return walked


def _registry_faults(
    registries: tuple[EntityRegistry, TargetRegistry], rows: tuple[list[Row], list[Row]], schema_dir: Path
) -> Iterator[Fault]:
    """Check the registries. What is not of its schema cannot be checked any further."""
    places = _registry_place(ENTITIES, rows[0]), _registry_place(TARGETS, rows[1])
    try:
        faults = [*_schema_faults(registries[0], "entities", schema_dir, places[0])]
        faults += _schema_faults(registries[1], "targets", schema_dir, places[1])
    except (TypeError, msgspec.MsgspecError) as error:
        faults = [Fault(ENTITIES.name, "", "former_ids", "row-invalid", f"{error}.")]
    yield from faults
    if not faults:
        found = check_entities(registries[0], set()), check_targets(registries[1])
        for findings, place in zip(found, places, strict=True):
            yield from (_fault(each, place) for each in findings if each.code in NEVER_WAIVED)


def compare(view: View, wanted: list[Row], found: list[Row], sparse: bool = False) -> Iterator[Fault]:
    """Yield what differs between the rows that follow from the records and those that are there.

    sparse: words may stay away where they could not be told, as they do in a folder that was hydrated from copies that
    differ. Where they stand, they must be those of the text.
    """
    if wanted == found:
        return
    ours, theirs = [row[view.key] for row in wanted], [row[view.key] for row in found]
    for name in ours:
        if name not in theirs:
            yield Fault(view.name, name, "", "row-missing", "other rows demand it.")
    for name in theirs:
        if name not in ours:
            yield Fault(view.name, str(name), "", "row-foreign", "nothing in the other rows demands it.")
    if ours != theirs and sorted(ours) == sorted(map(str, theirs)):
        yield Fault(view.name, theirs[0], view.key, "row-order", "the rows of its article are in another order.")
    by_key = {row[view.key]: row for row in found}
    for row in wanted:
        other = by_key.get(row[view.key], row)
        if row == other:
            continue
        for column in view.columns:
            mine, here = row[column.name], other[column.name]
            if mine != here and not (sparse and _without(column, mine, here) == here):
                message = f"it is {_short(other[column.name])}; {_short(row[column.name])} follows from the others."
                yield Fault(view.name, row[view.key], column.name, "cell-differs", message)


def _without(column: Column, wanted: Any, found: Any) -> Any:
    """Return a wanted value without the words that are null in what was found."""
    if column.words and found is None:
        return None
    item = column.type.item if isinstance(column.type, ListOf) else column.type
    if not isinstance(item, Struct) or wanted is None or found is None:
        return wanted
    if isinstance(column.type, ListOf):
        if len(wanted) != len(found):
            return wanted
        return [_without_words(item, mine, other) for mine, other in zip(wanted, found, strict=True)]
    return _without_words(item, wanted, found)


def _without_words(kind: Struct, wanted: Row, found: Row) -> Row:
    return {field.name: _without(field, wanted[field.name], found[field.name]) for field in kind.fields}


def read_article(
    rows: Mapping[str, list[Row]], row: Row, text: TextPolicy | None, faults: list[Fault]
) -> Reading | None:
    """Return an article as it was read; None where its rows make no records, which is added to the faults.

    rows: its own, by view; row: that of the view `articles`; text: see `walk`.
    """
    try:
        article = _valid(restore_article(row))
        gold = _valid(restore_document(row, map(restore_statement, rows[STATEMENTS.name])))
        others = tuple(_valid(each) for each in restore_others(row, rows[ANNOTATIONS.name]))
    except (msgspec.ValidationError, TypeError, AttributeError, KeyError) as error:
        faults.append(Fault(ARTICLES.name, str(row["article_id"]), "", "row-invalid", f"{error}."))
        return None
    policy = text or article.rights.text_policy
    words = row["text"]
    if words is None:
        held = [(each["statement_id"], each) for each in rows[STATEMENTS.name]]
        held += [(each["annotation_id"], each) for each in rows[ANNOTATIONS.name]]
        words = gather_words(article.length, held, faults)
        if text is TextPolicy.FULL and words is not None:  # as much as copies that differ have told
            policy = TextPolicy.QUOTES
    return Reading(article, gold, policy, words, others)


def _valid(record: Any) -> Any:
    """Return a record whose values have the types that its class declares."""
    return from_builtins(to_builtins(record), type(record))


def _check_reading(
    reading: Reading, context: Context, names: Any, schema_dir: Path, rows: Mapping[str, list[Row]]
) -> Iterator[Fault]:
    article, name = reading.article, reading.article.id
    file = f"corpus/articles/{name}.json"
    yield from _schema_faults(article, "article", schema_dir, lambda pointer: (ARTICLES.name, name, pointer))
    for each in check_articles({file: article}):
        yield _fault(each, lambda pointer: (ARTICLES.name, name, pointer))
    whole = reading.text if reading.text is not None and UNKNOWN not in reading.text else None
    if rows[ARTICLES.name][0]["text"] is not None and whole is not None:
        if sha256(whole) != article.text_sha256:
            yield Fault(ARTICLES.name, name, "text", "text-differs", "its SHA-256 is not the one of the row.")
            return
        for each in check_text(file, article, whole):
            if each.code in NEVER_WAIVED:
                yield _fault(each, lambda pointer: (ARTICLES.name, name, pointer))
    annotated = context.vocabularies.annotated_zones()
    for document, path in [
        (reading.document, f"corpus/gold/{name}.json"),
        *((each, f"corpus/annotations/{each.annotator}/{name}.json") for each in reading.others),
    ]:
        where = _named(rows, document)
        broken = list(_schema_faults(document, "annotation", schema_dir, where))
        yield from broken
        if broken:
            continue
        findings = [*check_document(path, document, article, names)]
        findings += check_spans_blind(path, document, article, annotated)
        if whole is not None:
            findings += check_spans(path, document, whole)
        for each in findings:
            if each.code in NEVER_WAIVED | {"document-empty", "document-place", "span-edge", "span-grapheme"}:
                yield _fault(each, where)
        if whole is None and reading.text is not None:
            yield from _shown_spans(document, reading.text, where)


def _shown_spans(document: Document, text: str, where: "Place") -> Iterator[Fault]:
    """Hold the spans whose words are shown against their fingerprints."""
    for pointer, span in document_spans(document):
        words = text[span.begin : span.end]
        if words and UNKNOWN not in words and fingerprint(words) != span.fingerprint:
            view, row, column = where(pointer)
            yield Fault(view, row, column, "span-differs", "its words have another fingerprint.")


Place = Callable[[str], tuple[str, str, str]]
"""Turns a JSON pointer into a view, a row and a column."""


def _named(rows: Mapping[str, list[Row]], document: Document) -> Place:
    """Return how pointers into a document become places."""
    gold = document.gold is not None or not any(
        each["annotator"] == document.annotator for each in rows[ANNOTATIONS.name]
    )
    view = STATEMENTS if gold else ANNOTATIONS
    mine = rows[view.name]
    if not gold:
        mine = [each for each in mine if each["annotator"] == document.annotator]

    def where(pointer: str) -> tuple[str, str, str]:
        parts = pointer.split("/")
        if len(parts) > 2 and parts[1] == "statements" and parts[2].isdigit() and int(parts[2]) < len(mine):
            return view.name, mine[int(parts[2])][view.key], "/".join(parts[3:])
        if parts[1:2] == ["passed_over"]:
            return ARTICLES.name, document.article_id, pointer.lstrip("/")
        return (ARTICLES.name if gold else view.name), document.article_id, pointer.lstrip("/")

    return where


def _registry_place(view: View, rows: list[Row]) -> Place:
    """Return how pointers into a registry become places."""

    def where(pointer: str) -> tuple[str, str, str]:
        parts = pointer.split("/")
        if len(parts) > 2 and parts[2].isdigit() and int(parts[2]) < len(rows):
            return view.name, str(rows[int(parts[2])][view.key]), "/".join(parts[3:])
        return view.name, "", pointer.lstrip("/")

    return where


def _schema_faults(record: Record, kind: Kind, schema_dir: Path, where: Place) -> Iterator[Fault]:
    for each in validate(to_builtins(record), kind, schema_dir, ""):
        yield _fault(each, where)


def _fault(finding: Finding, where: Place) -> Fault:
    view, row, column = where(finding.pointer)
    return Fault(view, row, column.lstrip("/"), _CODES.get(finding.code, "row-invalid"), finding.message)


def _short(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 80 else text[:77] + "..."
