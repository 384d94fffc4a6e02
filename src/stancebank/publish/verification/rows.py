"""The rows of a folder: made into records, checked as records are, and made again from them, article by article."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from itertools import islice
from pathlib import Path
from typing import Any

import msgspec

from stancebank.check.annotations import check_document, check_spans, check_spans_blind, known_names
from stancebank.check.corpus import check_articles, check_entities, check_targets, check_text
from stancebank.codes import NEVER_WAIVED
from stancebank.errors import Finding, shorten
from stancebank.model import (
    AMBIGUITIES,
    EVERY_SPLIT,
    Document,
    EntityRegistry,
    Placement,
    Record,
    TargetRegistry,
    TextPolicy,
    document_spans,
    is_of_people,
    non_statements_key,
    to_builtins,
)
from stancebank.publish.card.statistics import Agreement, Counting
from stancebank.publish.gold import UNKNOWN, ArticleAnnotation, RowContext, make_context, split_groups
from stancebank.publish.rights import Misfit, Shown, audit_article, gather_words
from stancebank.publish.suggested import BegunAs
from stancebank.publish.tables import (
    ANNOTATIONS,
    ARTICLES,
    CONDITIONS,
    ENTITIES,
    STATEMENTS,
    TARGETS,
    Column,
    Row,
    Table,
    article_rows,
    find_table,
    tables,
)
from stancebank.publish.tables.articles import entity_rows, target_rows
from stancebank.publish.tables.columns import walk
from stancebank.publish.tables.fields import judgement_columns
from stancebank.publish.tables.restore import (
    restore_annotations,
    restore_article,
    restore_document,
    restore_entities,
    restore_statement,
    restore_targets,
)
from stancebank.publish.verification.faults import Fault
from stancebank.publish.verification.tables import TableRows
from stancebank.schema.fields import Scheme
from stancebank.schema.validate import RecordKind, validate
from stancebank.text import is_keyed, is_of_place, is_of_words, line_around, sha256

MOST_ITEMS = 2_000
"""Items of a list in a statement, such as the spans of its content; no reading has so many."""

STATING = (STATEMENTS, ANNOTATIONS)
"""The tables whose rows are statements, and whose lists have at most so many items."""

MOST_LEVELS = 100
"""Entries of a registry that stand above one another; no registry has so many, and each is gone up from."""

MOST_FAULTS = 200
"""Faults after which a walk stops: a folder with so many needs no more."""

_MACHINE = re.compile(r"model:[a-z0-9]+(?:-[a-z0-9]+)*")

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

    annotators: of each sound article, by its id. shown: what each of them shows, in their order. showing, beyond,
    lacking: ids of articles, as `Built` has them. ambiguous: ids of articles with a statement that may rightly be read
    in several ways. judged, unjudged: ids of articles that several annotators have read, whose statements say what they
    make of them together, or say nothing of it. engines: ids of those whose suggestions became statements. counting: of
    the rows of sound articles.
    """

    context: RowContext
    agreement: Agreement
    annotators: dict[str, tuple[str, ...]] = field(default_factory=dict)
    showing: list[str] = field(default_factory=list)
    beyond: list[str] = field(default_factory=list)
    lacking: list[str] = field(default_factory=list)
    shown: list[Shown] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    ambiguous: list[str] = field(default_factory=list)
    judged: list[str] = field(default_factory=list)
    unjudged: list[str] = field(default_factory=list)
    engines: set[str] = field(default_factory=set)
    counting: Counting = field(init=False)

    def __post_init__(self) -> None:
        self.counting = Counting(self.context)

    def note(self, reading: ArticleAnnotation, rows: Mapping[str, list[Row]]) -> None:
        """Take what is told of an article once its rows are gone."""
        name = reading.article.id
        self.shown.append(audit_article(rows, self.context.scheme))
        self.annotators[name] = tuple(each.annotator for each in reading.others)
        self.agreement.add(reading)
        if reading.shows_words and reading.has_words:
            self.showing.append(name)
        if reading.is_beyond:
            self.beyond.append(name)
        if reading.lacks_words:
            self.lacking.append(name)
        if reading.reasons:
            self.ambiguous.append(name)
        self.engines |= {each.by.removeprefix("model:") for each in reading.begun.values()}
        for row in rows[STATEMENTS]:
            self.counting.add_statement(row)
        for row in rows.get(CONDITIONS, ()):
            self.counting.add_condition(row)

    def judge(self, rows: Iterable[Row], named: Iterable[str]) -> bool:
        """Return whether the statements of an article say what annotators make of them, and take note of it.

        rows: of the table `statements`. named: the columns that say so.
        """
        rows, named = list(rows), list(named)
        says = any(row[name] is not None for row in rows for name in named)
        if rows and named:
            (self.judged if says else self.unjudged).append(str(rows[0]["article_id"]))
        return says

    def say_unjudged(self) -> Iterator[Fault]:
        """Yield a fault for each article that says nothing of it, though others do or no earlier toolkit made it."""
        message = "several annotators have read the article, and no statement says what they make of it."
        yield from (Fault(STATEMENTS, each, "n_annotators", "cell-differs", message) for each in self.unjudged)


def check_rows(
    held: Mapping[str, TableRows], schema_dir: Path, scheme: Scheme, version: str, text: TextPolicy | None
) -> Walked:
    """Go over all rows. held: by table; schema_dir: with the files of the scheme; version: of the dataset.

    text: what manifest.json says of the words shown, else None.
    """
    schema = scheme.version
    entities, targets = list(held[ENTITIES].rest()), list(held[TARGETS].rest())
    deep = [*_too_deep(ENTITIES, entities, "entity_id", "part_of"), *_too_deep(TARGETS, targets, "target_id", "parent")]
    if deep:
        entities, targets = [], []
    registries = restore_entities(entities, scheme), restore_targets(targets, scheme)
    faults = deep or list(_registry_faults(registries, (entities, targets), schema_dir))
    if faults or held[ENTITIES].faults or held[TARGETS].faults:
        nobody = EntityRegistry(schema_version=schema, entities=()), TargetRegistry(schema_version=schema, targets=())
        faults += held[ENTITIES].faults + held[TARGETS].faults
        return Walked(make_context(scheme, *nobody, version), Agreement(scheme), faults=faults)
    groups: dict[str, str] = {}
    placements: dict[str, Placement] = {}
    context = replace(make_context(scheme, *registries, version), groups=groups, placements=placements)
    declared = judgement_columns(scheme)
    judged = [each.name for each in (*declared.values, *declared.lists)]
    walked = Walked(context, Agreement(scheme))
    walked.faults += compare(find_table(scheme, ENTITIES), entity_rows(walked.context), entities)
    walked.faults += compare(find_table(scheme, TARGETS), target_rows(walked.context), targets)
    of_articles = {name: each for name, each in held.items() if name not in (ENTITIES, TARGETS)}
    names = known_names(*registries)
    stating = [find_table(scheme, name) for name in STATING]
    before: tuple[int, str] = (0, "")
    unplaced: list[str] = []
    texts: dict[str, tuple[str, str]] = {}
    reprints: dict[str, str] = {}
    grouped: dict[str, tuple[str | None, str | None]] = {}
    while (row := held[ARTICLES].peek()) is not None and len(walked.faults) < MOST_FAULTS:
        name = row["article_id"] or ""
        rows = {table: each.take(row["article_id"]) for table, each in of_articles.items()}
        walked.faults += _take_placement(name, row, placements, unplaced)
        if (place := context.order(name)) <= before:
            walked.faults.append(Fault(ARTICLES, name, "article_id", "row-order", f"it comes after {before[1]}."))
        before = place
        if len(rows[ARTICLES]) > 1:
            continue  # the id is there twice, and said to be
        first = row.get("reprint_of") or name
        other, theirs = texts.setdefault(row["text_sha256"], (name, first))
        if other != name and theirs != first:
            message = f"{other} has the same text."
            walked.faults.append(Fault(ARTICLES, name, "text_sha256", "row-invalid", message))
        if first != name or row.get("reprint_of"):
            reprints[name] = first
        among = (each for each in stating if held[each.name].longest > MOST_ITEMS)
        if too_long := next(_too_long(rows, among), None):
            walked.faults.append(too_long)
            continue
        reading = read_article(rows, row, text, scheme, walked.faults)
        if reading is None:
            continue
        groups[name] = row.get("split_group") or name  # all rows of it say the same; which one, is looked at below
        grouped[name] = (row["event"], row.get("reprint_of"))
        broken = [*_check_reading(reading, walked.context, names, schema_dir, rows)]
        walked.faults += broken
        if not broken:
            walked.note(reading, rows)
            policy = text or reading.article.rights.text_policy
            if sum(is_of_people(each.origin) for each in reading.others) > 1:
                reading = replace(reading, is_judged=walked.judge(rows[STATEMENTS], judged))
            made = article_rows(reading, walked.context)
            for each in tables(scheme):
                if each.name in rows:
                    walked.faults += compare(each, made[each.name], rows[each.name], reading.policy != policy)
    if walked.judged:
        walked.faults += islice(walked.say_unjudged(), MOST_FAULTS)
    for name in unplaced if placements else ():
        message = "it has no split, and other articles have one."
        walked.faults.append(Fault(ARTICLES, name, "split", "splits-differ", message))
    for name, first in reprints.items():
        if first in reprints:
            message = f"{first} is a reprint itself."
            walked.faults.append(Fault(ARTICLES, name, "reprint_of", "row-invalid", message))
    for name, group in split_groups((name, *links) for name, links in grouped.items()).items():
        if scheme.edition > 1 and groups[name] != group:
            message = f"it is {_short(groups[name])}; {_short(group)} follows from the others."
            walked.faults.append(Fault(ARTICLES, name, "split_group", "cell-differs", message))
    if len(walked.faults) < MOST_FAULTS:
        for name, table in held.items():
            for row in table.rest():
                message = "it belongs to no article, or is apart from the other rows of its article."
                walked.faults.append(Fault(name, str(row[table.table.key]), "article_id", "row-foreign", message))
    for name in held:
        walked.faults += held[name].faults
    return walked


def _take_placement(name: str, row: Row, placements: dict[str, Placement], unplaced: list[str]) -> Iterator[Fault]:
    """Note where an article says that it stands in the splits. All rows of it must say the same; see `article_rows`."""
    split, fold = row.get("split"), row.get("fold")
    if split is None:
        unplaced.append(name)
        if fold is not None:
            yield Fault(ARTICLES, name, "fold", "row-invalid", "it has a fold, and no split.")
        return
    placements[name] = Placement(split, fold)
    if split not in EVERY_SPLIT:
        yield Fault(ARTICLES, name, "split", "row-invalid", f"it is {_short(split)}, which is no split.")
    if fold is not None and fold < 0:
        yield Fault(ARTICLES, name, "fold", "row-invalid", f"it is {fold}; folds are counted from 0.")


def _too_deep(name: str, rows: list[Row], key: str, above: str) -> list[Fault]:
    """Return a fault where an entry stands too far below another one, or in too wide a circle. above: the column."""
    parents = {row[key]: row[above] for row in rows}
    depths: dict[Any, int] = {}
    for start in parents:
        passed: dict[Any, None] = {}
        current = start
        while current in parents and current not in depths and current not in passed:
            passed[current] = None
            current = parents[current]
        depth = depths.get(current, len(passed) if current in passed else 0)
        for each in reversed(passed):
            depth += 1
            depths[each] = depth
        if depth > MOST_LEVELS:
            return [Fault(name, str(start), above, "row-invalid", f"more than {MOST_LEVELS} entries are above it.")]
    return []


def _registry_faults(
    registries: tuple[EntityRegistry, TargetRegistry], rows: tuple[list[Row], list[Row]], schema_dir: Path
) -> Iterator[Fault]:
    """Check the registries. What is not of its schema cannot be checked any further."""
    places = _registry_place(ENTITIES, "entity_id", rows[0]), _registry_place(TARGETS, "target_id", rows[1])
    try:
        faults = [*_schema_faults(registries[0], "entities", schema_dir, places[0])]
        faults += _schema_faults(registries[1], "targets", schema_dir, places[1])
    except (TypeError, msgspec.MsgspecError) as error:
        faults = [Fault(ENTITIES, "", "former_ids", "row-invalid", f"{error}.")]
    yield from faults
    if not faults:
        found = check_entities(registries[0], set(), None), check_targets(registries[1])
        for findings, place in zip(found, places, strict=True):
            yield from (_fault(each, place) for each in findings if each.code in NEVER_WAIVED)


def compare(table: Table, wanted: list[Row], found: list[Row], sparse: bool = False) -> Iterator[Fault]:
    """Yield what differs between the rows that follow from the records and those that are there.

    sparse: words may stay away where they could not be told, as they do in a folder that was hydrated from copies that
    differ. Where they stand, they must be those of the text.
    """
    if wanted == found:
        return
    ours, theirs = [row[table.key] for row in wanted], [row[table.key] for row in found]
    here, there = set(ours), set(theirs)
    for name in ours:
        if name not in there:
            yield Fault(table.name, name, "", "row-missing", "other rows require it.")
    for name in theirs:
        if name not in here:
            yield Fault(table.name, str(name), "", "row-foreign", "no other row requires it.")
    if ours != theirs and sorted(ours) == sorted(map(str, theirs)):
        yield Fault(table.name, theirs[0], table.key, "row-order", "the rows of its article are in another order.")
    by_key = {row[table.key]: row for row in found}
    for row in wanted:
        other = by_key.get(row[table.key], row)
        if row == other:
            continue
        for column in table.columns:
            mine, here = row[column.name], other[column.name]
            if mine != here and not (sparse and _is_part_of(column, mine, here)):
                message = f"it is {_short(other[column.name])}; {_short(row[column.name])} follows from the others."
                yield Fault(table.name, row[table.key], column.name, "cell-differs", message)


def _too_long(rows: Mapping[str, list[Row]], among: Iterable[Table]) -> Iterator[Fault]:
    """Yield a fault for each row with a list that is too long to be gone through. among: tables that may have one."""
    for declared in among:
        deep = [column.name for column in declared.columns if not column.is_flat]
        for each in rows[declared.name]:
            if _longest([each[column] for column in deep]) > MOST_ITEMS:
                message = f"a list in it has more than {MOST_ITEMS} items."
                yield Fault(declared.name, str(each[declared.key]), "", "row-invalid", message)


def _longest(value: Any) -> int:
    """Return how many items the longest list in a value has."""
    longest, left = 0, [value]
    while left and longest <= MOST_ITEMS:
        each = left.pop()
        if type(each) is list:
            longest = max(longest, len(each))
            left += [below for below in each if type(below) in (dict, list)]
        elif type(each) is dict:
            left += [below for below in each.values() if type(below) in (dict, list)]
    return longest


def _is_part_of(column: Column, wanted: Any, found: Any) -> bool:
    """Whether what was found is what is wanted, with words that are null."""
    ours, theirs = (list(walk((column,), {column.name: each})) for each in (wanted, found))
    return len(ours) == len(theirs) and all(
        mine.path == other.path and (mine.value == other.value or (mine.column.words and other.value is None))
        for mine, other in zip(ours, theirs, strict=True)
    )


def read_article(
    rows: Mapping[str, list[Row]], row: Row, text: TextPolicy | None, scheme: Scheme, faults: list[Fault]
) -> ArticleAnnotation | None:
    """Return an article as it was annotated; None where its rows make no records, which is added to the faults.

    rows: its own, by table; row: that of the table `articles`; text: see `check_rows`.
    """
    articles = find_table(scheme, ARTICLES)
    try:
        article = restore_article(articles, row)
        gold = restore_document(articles, row, [restore_statement(each, scheme) for each in rows[STATEMENTS]], scheme)
        others = tuple(restore_annotations(row, rows[ANNOTATIONS], scheme))
    except (msgspec.ValidationError, TypeError, AttributeError, KeyError) as error:
        faults.append(Fault(ARTICLES, str(row["article_id"]), "", "row-invalid", f"{error}."))
        return None
    policy = text or article.rights.text_policy
    words = row["text"]
    if words is None:
        held = [(find_table(scheme, name), rows[name]) for name in (STATEMENTS, ANNOTATIONS)]
        misfits: list[Misfit] = []
        words = gather_words(article.length, held, misfits)
        for table, key, path in misfits:
            message = "words and spans differ in length."
            faults.append(Fault(table, key, path.partition(".")[0], "span-differs", message))
        if text is TextPolicy.FULL and words is not None:  # as much as copies that differ have told
            policy = TextPolicy.QUOTES
    reasons, begun = _reasons(rows[STATEMENTS], faults), _begun(rows, faults)
    return ArticleAnnotation(article, gold, policy, words, others, reasons, begun=begun)


def _begun(rows: Mapping[str, list[Row]], faults: list[Fault]) -> dict[str, BegunAs]:
    """Return what began as a suggestion, by the id of its row; what names no engine is a fault."""
    found: dict[str, BegunAs] = {}
    for table, key in ((STATEMENTS, "statement_id"), (ANNOTATIONS, "annotation_id")):
        for row in rows[table]:
            if (by := row.get("suggested_by")) is None:
                continue
            found[str(row[key])] = BegunAs(by)
            if not _MACHINE.fullmatch(by):
                message = f"it is {_short(by)}, which names no engine: `model:` and an id."
                faults.append(Fault(table, str(row[key]), "suggested_by", "row-invalid", message))
    return found


def _reasons(statements: Iterable[Row], faults: list[Fault]) -> dict[str, str]:
    """Return why statements may rightly be read in several ways, by their ids; what is no such reason is a fault."""
    said = {str(row["statement_id"]): row["ambiguity"] for row in statements if row.get("ambiguity") is not None}
    for name, reason in said.items():
        if reason not in AMBIGUITIES:
            message = f"it is {_short(reason)}, which is none of {', '.join(AMBIGUITIES)}."
            faults.append(Fault(STATEMENTS, name, "ambiguity", "row-invalid", message))
    return said


def _check_reading(
    reading: ArticleAnnotation, context: RowContext, names: Any, schema_dir: Path, rows: Mapping[str, list[Row]]
) -> Iterator[Fault]:
    article, name = reading.article, reading.article.id
    file = f"corpus/articles/{name}.json"
    yield from _schema_faults(article, "article", schema_dir, lambda pointer: (ARTICLES, name, pointer))
    for each in check_articles({file: article}):
        yield _fault(each, lambda pointer: (ARTICLES, name, pointer))
    whole = reading.text if reading.text is not None and UNKNOWN not in reading.text else None
    if rows[ARTICLES][0]["text"] is not None and whole is not None:
        if sha256(whole) != article.text_sha256:
            yield Fault(ARTICLES, name, "text", "text-differs", "its SHA-256 is not the one of the row.")
            return
        for each in check_text(file, article, whole):
            if each.code in NEVER_WAIVED:
                yield _fault(each, lambda pointer: (ARTICLES, name, pointer))
    for document, path in [
        (reading.document, f"corpus/gold/{name}.json"),
        *((each, f"corpus/annotations/{each.annotator}/{name}.json") for each in reading.others),
    ]:
        where = _named(rows, document)
        broken = list(_schema_faults(document, "annotation", schema_dir, where))
        yield from broken
        if broken:
            continue
        findings = [*check_document(path, document, article, names, context.scheme)]
        findings += check_spans_blind(path, document, article, context.scheme)
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
        if is_keyed(span.fingerprint):
            is_wrong = UNKNOWN not in line_around(text, span.begin, span.end) and not is_of_place(
                span.fingerprint, text, span.begin, span.end
            )
        else:
            is_wrong = UNKNOWN not in words and not is_of_words(span.fingerprint, words)
        if words and is_wrong:
            table, row, column = where(pointer)
            yield Fault(table, row, column, "span-differs", "its words have another fingerprint.")


Place = Callable[[str], tuple[str, str, str]]
"""Turns a JSON pointer into a table, a row and a column."""


def _named(rows: Mapping[str, list[Row]], document: Document) -> Place:
    """Return how pointers into a document become places."""
    gold = document.gold is not None or not any(each["annotator"] == document.annotator for each in rows[ANNOTATIONS])
    table, key = (STATEMENTS, "statement_id") if gold else (ANNOTATIONS, "annotation_id")
    mine = rows[table]
    if not gold:
        mine = [each for each in mine if each["annotator"] == document.annotator]

    def where(pointer: str) -> tuple[str, str, str]:
        parts = pointer.split("/")
        if len(parts) > 2 and parts[1] == "statements" and parts[2].isdigit() and int(parts[2]) < len(mine):
            return table, mine[int(parts[2])][key], "/".join(parts[3:])
        if parts[1:2] == [non_statements_key(document.edition)]:
            return ARTICLES, document.article_id, pointer.lstrip("/")
        return (ARTICLES if gold else table), document.article_id, pointer.lstrip("/")

    return where


def _registry_place(name: str, key: str, rows: list[Row]) -> Place:
    """Return how pointers into a registry become places."""

    def where(pointer: str) -> tuple[str, str, str]:
        parts = pointer.split("/")
        if len(parts) > 2 and parts[2].isdigit() and int(parts[2]) < len(rows):
            return name, str(rows[int(parts[2])][key]), "/".join(parts[3:])
        return name, "", pointer.lstrip("/")

    return where


def _schema_faults(record: Record, kind: RecordKind, schema_dir: Path, where: Place) -> Iterator[Fault]:
    for each in validate(to_builtins(record), kind, schema_dir, ""):
        yield _fault(each, where)


def _fault(finding: Finding, where: Place) -> Fault:
    table, row, column = where(finding.pointer)
    return Fault(table, row, column.lstrip("/"), _CODES.get(finding.code, "row-invalid"), finding.message)


def _short(value: object) -> str:
    return shorten(repr(value), 80)
