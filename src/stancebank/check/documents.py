"""Annotation documents: do their ids, references and ties hold?"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from stancebank.check.registries import check_id
from stancebank.corpus.registry import RESERVED, current_ids, resolve_document
from stancebank.errors import Finding
from stancebank.model import Article, Document, EntityRegistry, Statement, TargetEntry, TargetRegistry
from stancebank.schema.fields import Scheme


@dataclass(frozen=True, slots=True)
class Names:
    """What ids stand for: the entries by every id that stands for them, and the redirected ids with the present one.

    entities, targets: None where a registry could not be read.
    """

    entities: frozenset[str] | None
    targets: dict[str, TargetEntry] | None
    moved_entities: dict[str, str]
    moved_targets: dict[str, str]


def known_names(entities: EntityRegistry | None, targets: TargetRegistry | None) -> Names:
    """Put the registries by id, redirected ones included."""
    moved_entities = current_ids(entities) if entities else {}
    moved_targets = current_ids(targets) if targets else {}
    by_id = {target.id: target for target in targets.targets} if targets else None
    return Names(
        frozenset({entity.id for entity in entities.entities} | set(moved_entities)) if entities else None,
        by_id | {name: by_id[now] for name, now in moved_targets.items()} if by_id is not None else None,
        moved_entities,
        moved_targets,
    )


def check_document(
    file: str, document: Document, article: Article | None, names: Names, scheme: Scheme
) -> Iterator[Finding]:
    """Check one document without its text. article: the record of its article, if there is one."""
    yield from _place(file, document, article)
    if document.nothing_to_annotate == bool(document.statements):
        what = "nothing_to_annotate stands beside statements." if document.statements else "it says nothing."
        yield Finding(file, "/nothing_to_annotate", "document-empty", what)
    yield from _ids(file, document)
    yield from _same_as(file, resolve_document(document, scheme, names.moved_entities, names.moved_targets), scheme)
    for number, statement in enumerate(document.statements):
        pointer = f"/statements/{number}"
        if names.entities is not None:
            for below, entity in scheme.entities(statement):
                yield from check_id("entity", file, pointer + below, entity, names.entities, names.moved_entities)
        if names.targets is not None:
            yield from _target_uses(file, pointer, statement, names, scheme)


def _place(file: str, document: Document, article: Article | None) -> Iterator[Finding]:
    folder, stem = file.rpartition("/")[0], file.rpartition("/")[2].removesuffix(".json")
    if document.article_id != stem:
        yield Finding(file, "/article_id", "document-article", f"it names {document.article_id!r}.")
    elif article is None:
        yield Finding(file, "/article_id", "document-article", f"there is no article {document.article_id!r}.")
    elif article.text_sha256 != document.text_sha256:
        yield Finding(file, "/text_sha256", "document-stale", "the article's stored text has another SHA-256.")
    if folder == "corpus/gold" and document.gold is None:
        yield Finding(file, "", "document-place", "it lies with the gold and does not say how it became gold.")
    elif folder != "corpus/gold" and document.gold is not None:
        yield Finding(file, "/gold", "document-place", "it is gold and lies with an annotator's documents.")
    elif folder != "corpus/gold" and folder.rpartition("/")[2] != document.annotator:
        yield Finding(file, "/annotator", "document-place", f"the annotator is {document.annotator!r}.")


def _ids(file: str, document: Document) -> Iterator[Finding]:
    seen: set[str] = set(document.retired)
    form = re.compile(re.escape(document.article_id) + r"/s[1-9]\d*")
    for number, statement in enumerate(document.statements):
        pointer = f"/statements/{number}"
        if statement.id in seen:
            yield Finding(file, f"{pointer}/id", "statement-id", f"{statement.id!r} is taken or retired.")
        elif document.gold and not form.fullmatch(statement.id):
            yield Finding(file, f"{pointer}/id", "statement-id", f"{statement.id!r} is not {document.article_id}/s<n>.")
        seen.add(statement.id)
        for place, condition in enumerate(statement.conditions):
            below = f"{pointer}/conditions/{place}/id"
            if condition.id in seen:
                yield Finding(file, below, "statement-id", f"{condition.id!r} is taken or retired.")
            elif document.gold and not re.fullmatch(re.escape(statement.id) + r"/c[1-9]\d*", condition.id):
                yield Finding(file, below, "statement-id", f"{condition.id!r} is not {statement.id}/c<n>.")
            seen.add(condition.id)


def _same_as(file: str, document: Document, scheme: Scheme) -> Iterator[Finding]:
    by_id = {statement.id: statement for statement in document.statements}
    for number, statement in enumerate(document.statements):
        if statement.same_as is None:
            continue
        pointer = f"/statements/{number}/same_as"
        other = by_id.get(statement.same_as)
        if other is None:
            yield Finding(file, pointer, "same-as-unknown", f"there is no statement {statement.same_as!r} here.")
        elif _leads_back(statement, by_id):
            yield Finding(file, pointer, "same-as-circle", f"it leads back to {statement.id!r}.")
        elif other.same_as is not None:
            yield Finding(file, pointer, "same-as-chain", f"{other.id!r} is itself the same as {other.same_as!r}.")
        else:
            unlike = [
                what
                for what, one, two in (
                    ("speaker", statement.speaker.entity, other.speaker.entity),
                    ("target", statement.target.id, other.target.id),
                    (scheme.label.name, scheme.label.text(statement), scheme.label.text(other)),
                )
                if one != two
            ]
            if unlike:
                yield Finding(file, pointer, "same-as-differs", f"{other.id!r} has another {' and '.join(unlike)}.")


def _leads_back(start: Statement, by_id: dict[str, Statement]) -> bool:
    seen = {start.id}
    current = by_id.get(start.same_as or "")
    while current is not None:
        if current.id == start.id:
            return True
        if current.id in seen:
            return False
        seen.add(current.id)
        current = by_id.get(current.same_as or "")
    return False


def _target_uses(file: str, pointer: str, statement: Statement, names: Names, scheme: Scheme) -> Iterator[Finding]:
    """Check the targets of a statement. names: with the targets."""
    targets = names.targets or {}
    for below, name in scheme.targets(statement):
        is_kind = below.startswith("/conditions/")
        if is_kind and name == RESERVED:
            continue
        yield from check_id("target", file, pointer + below, name, targets, names.moved_targets)
        entry = targets.get(name)
        if entry is not None and entry.use not in ("condition" if is_kind else "target", "both"):
            what = "a condition's kind" if is_kind else "a target"
            yield Finding(file, pointer + below, "target-use", f"{name!r} is registered as {entry.use}, not as {what}.")
