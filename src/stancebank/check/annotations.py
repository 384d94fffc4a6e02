"""Annotation documents: their ids, references and ties, the words of their spans, and what nothing covers."""

import re
from bisect import bisect_right
from collections import Counter
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal, get_args

from stancebank.check.corpus import check_id
from stancebank.check.statements import PartOf, find_unlike
from stancebank.corpus.language import Habits, Language, trim_statement
from stancebank.corpus.registry import RESERVED, current_ids, resolve_document
from stancebank.corpus.selectors import quotations, quoted_words
from stancebank.errors import Finding
from stancebank.model import (
    Article,
    Condition,
    Document,
    EntityRegistry,
    Fields,
    Line,
    Span,
    Statement,
    TargetEntry,
    TargetRegistry,
    document_spans,
    list_spans,
)
from stancebank.schema.fields import CUE, Field, Level, Scheme
from stancebank.schema.rules import constraint_of
from stancebank.text import cuts_grapheme, fold, is_of_place, one_line, trim

_STATEMENT, _CONDITION = re.compile(r"/s[1-9]\d*"), re.compile(r"/c[1-9]\d*")


@dataclass(frozen=True, slots=True)
class Signal:
    """A quotation or a cue word, by its place in the text."""

    kind: Literal["quotation", "cue"]
    begin: int
    end: int


def marks(article: Article, text: str, annotated: frozenset[str], language: Language) -> Iterator[Signal]:
    """Yield every quotation, and every cue outside quotations, in the annotated zones of a text."""
    quoted = quotations(text)
    begins = [begin for begin, _ in quoted]
    for begin, end in quoted:
        if article.zone_at(begin) in annotated:
            yield Signal("quotation", begin, end)
    for match in language.cues.finditer(text):
        begin, end = match.span()
        before = bisect_right(begins, begin)  # quotations come one after the other
        if article.zone_at(begin) in annotated and not (before and begin < quoted[before - 1][1]):
            yield Signal("cue", begin, end)


def uncovered(
    article: Article, text: str, document: Document, annotated: frozenset[str], language: Language
) -> Iterator[Signal]:
    """Yield the marks of which a word lies in no span of a statement and in nothing that was passed over."""
    covered = bytearray(len(text))
    for span in list_spans(document):
        covered[span.begin : span.end] = b"\1" * (span.end - span.begin)
    for mark in marks(article, text, annotated, language):
        if any(text[place].isalnum() and not covered[place] for place in range(mark.begin, mark.end)):
            yield mark


@dataclass(frozen=True, slots=True)
class KnownNames:
    """What ids stand for: the entries by every id that stands for them, and the redirected ids with the present one.

    entities, targets: None where a registry could not be read. part_of: what entities are part of, by present ids.
    fit: present ids of which nothing is to be said where they are an entity, a target, or the kind of a condition; None
    where a registry could not be read.
    """

    entities: frozenset[str] | None
    targets: dict[str, TargetEntry] | None
    moved_entities: dict[str, str]
    moved_targets: dict[str, str]
    part_of: PartOf
    fit: tuple[frozenset[str], frozenset[str], frozenset[str]] | None


def known_names(entities: EntityRegistry | None, targets: TargetRegistry | None) -> KnownNames:
    """Put the registries by id, redirected ones included."""
    moved_entities = current_ids(entities) if entities else {}
    moved_targets = current_ids(targets) if targets else {}
    by_id = {target.id: target for target in targets.targets} if targets else None
    return KnownNames(
        frozenset({entity.id for entity in entities.entities} | set(moved_entities)) if entities else None,
        by_id | {name: by_id[now] for name, now in moved_targets.items()} if by_id is not None else None,
        moved_entities,
        moved_targets,
        _parts(entities, moved_entities) if entities else {},
        _fit(entities, targets, moved_entities, moved_targets) if entities and targets else None,
    )


def _fit(
    entities: EntityRegistry, targets: TargetRegistry, moved_entities: dict[str, str], moved_targets: dict[str, str]
) -> tuple[frozenset[str], frozenset[str], frozenset[str]]:
    live = [each for each in targets.targets if each.id not in moved_targets]
    return (
        frozenset(each.id for each in entities.entities) - moved_entities.keys(),
        frozenset(each.id for each in live if each.use in ("target", "both")),
        frozenset(each.id for each in live if each.use in ("condition", "both")) | {RESERVED},
    )


def _parts(entities: EntityRegistry, moved: dict[str, str]) -> PartOf:
    return {each.id: moved.get(each.part_of, each.part_of) for each in entities.entities if each.part_of}


def resolved(document: Document, names: KnownNames, scheme: Scheme) -> Document:
    """Return a document in which every id is a present one."""
    return resolve_document(document, scheme, names.moved_entities, names.moved_targets)


def check_document(
    file: str, document: Document, article: Article | None, names: KnownNames, scheme: Scheme
) -> Iterator[Finding]:
    """Check one document without its text. article: the record of its article, if there is one."""
    yield from _place(file, document, article)
    if document.nothing_to_annotate == bool(document.statements):
        what = "nothing_to_annotate is true, and there are statements." if document.statements else "it says nothing."
        yield Finding(file, "/nothing_to_annotate", "document-empty", what)
    yield from _ids(file, document)
    yield from _pending(file, document, scheme)
    yield from check_retired(file, _chosen(document, scheme), scheme) if scheme.retired else ()
    yield from _same_as(file, resolved(document, names, scheme), names.part_of, scheme)
    if names.fit is not None and all(
        named <= known for named, known in zip(scheme.names(document.statements), names.fit, strict=True)
    ):
        return  # as nearly always
    for number, statement in enumerate(document.statements):
        yield from check_names(file, f"/statements/{number}", statement, names, scheme)


def check_names(file: str, pointer: str, statement: Statement, names: KnownNames, scheme: Scheme) -> Iterator[Finding]:
    """Check that what a statement names is registered, and targets as what they are used for. pointer: of it."""
    if names.entities is not None:
        for below, entity in scheme.entities(statement):
            yield from check_id("entity", file, pointer + below, entity, names.entities, names.moved_entities)
    if names.targets is not None:
        yield from _target_uses(file, pointer, statement, names, scheme)


Chosen = tuple[str, str, str | None]
"""A JSON pointer, the vocabulary, and the value of it that is there."""


def check_retired(file: str, chosen: Iterable[Chosen], scheme: Scheme) -> Iterator[Finding]:
    """Find values that are no longer offered, each once. chosen: all that a file says of closed lists."""
    places: dict[tuple[str, str], list[str]] = {}
    for pointer, vocabulary, value in chosen:
        if value is not None and value in scheme.retired.get(vocabulary, ()):
            places.setdefault((vocabulary, value), []).append(pointer)
    for (vocabulary, value), pointers in places.items():
        often = f", here and in {len(pointers) - 1} more places" if len(pointers) > 1 else ""
        yield Finding(file, pointers[0], "value-retired", f"{value!r} of {vocabulary} is retired{often}.")


def _chosen(document: Document, scheme: Scheme) -> Iterator[Chosen]:
    if document.gold:
        yield "/gold/method", "gold_method", document.gold.method
    for number, statement in enumerate(document.statements):
        for below, level, holder in scheme.holders(statement):
            pointer = f"/statements/{number}{below}"
            if isinstance(holder, Condition):
                yield f"{pointer}/role", "condition_role", holder.role
            for field in scheme.of(level):
                if field.kind == "vocabulary":
                    yield f"{pointer}/{field.name}", str(field.vocabulary), field.text(holder)
                elif (date := field.date(holder)) is not None:
                    yield f"{pointer}/{field.name}/basis", str(field.vocabulary), date.basis
    for number, each in enumerate(document.non_statements):
        yield f"/{scheme.non_statements_key}/{number}/reason", str(scheme.non_statements), each.reason


def _place(file: str, document: Document, article: Article | None) -> Iterator[Finding]:
    folder, stem = file.rpartition("/")[0], file.rpartition("/")[2].removesuffix(".json")
    if document.article_id != stem:
        yield Finding(file, "/article_id", "document-article", f"it names {document.article_id!r}.")
    elif article is None:
        yield Finding(file, "/article_id", "document-article", f"there is no article {document.article_id!r}.")
    elif article.text_sha256 != document.text_sha256:
        yield Finding(file, "/text_sha256", "document-stale", "the article's stored text has another SHA-256.")
    if folder == "corpus/gold" and document.gold is None:
        yield Finding(file, "", "document-place", "it is with the gold and does not say how it became gold.")
    elif folder != "corpus/gold" and document.gold is not None:
        yield Finding(file, "/gold", "document-place", "it is gold, and is with an annotator's documents.")
    elif folder != "corpus/gold" and folder.rpartition("/")[2] != document.annotator:
        yield Finding(file, "/annotator", "document-place", f"the annotator is {document.annotator!r}.")


def _is_numbered(name: str, above: str, form: re.Pattern[str]) -> bool:
    return name.startswith(above) and form.fullmatch(name, len(above)) is not None


def _ids(file: str, document: Document) -> Iterator[Finding]:
    seen: set[str] = set(document.retired)
    for number, statement in enumerate(document.statements):
        pointer = f"/statements/{number}"
        if statement.id in seen:
            yield Finding(file, f"{pointer}/id", "statement-id", f"{statement.id!r} is taken or retired.")
        elif document.gold and not _is_numbered(statement.id, document.article_id, _STATEMENT):
            yield Finding(file, f"{pointer}/id", "statement-id", f"{statement.id!r} is not {document.article_id}/s<n>.")
        seen.add(statement.id)
        for place, condition in enumerate(statement.conditions):
            below = f"{pointer}/conditions/{place}/id"
            if condition.id in seen:
                yield Finding(file, below, "statement-id", f"{condition.id!r} is taken or retired.")
            elif document.gold and not _is_numbered(condition.id, statement.id, _CONDITION):
                yield Finding(file, below, "statement-id", f"{condition.id!r} is not {statement.id}/c<n>.")
            seen.add(condition.id)


def _same_as(file: str, document: Document, part_of: PartOf, scheme: Scheme) -> Iterator[Finding]:
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
            unlike = find_unlike(statement, other, part_of, scheme)
            if unlike:
                yield Finding(file, pointer, "same-as-differs", f"{other.id!r} has another {' and '.join(unlike)}.")


def _pending(file: str, document: Document, scheme: Scheme) -> Iterator[Finding]:
    """Yield the fields that wait for an answer, and markers of none."""
    if not document.pending:
        return
    waiting: Counter[str] = Counter()
    rows: dict[tuple[str, str | None, str], Fields] = {}
    for statement in document.statements:
        rows[statement.id, None, "statement"] = statement.fields
        rows[statement.id, None, "target"] = statement.target.fields
        rows |= {(statement.id, each.id, "condition"): each.fields for each in statement.conditions}
    for number, each in enumerate(document.pending):
        pointer, fields = f"/pending/{number}", rows.get((each.statement, each.condition, each.level))
        field = scheme.find(each.level, each.field) if each.level in get_args(Level) else None  # type: ignore[arg-type]
        if fields is None or field is None:
            what = f"field {each.field!r} of a {each.level}" if fields is not None else f"statement {each.statement!r}"
            yield Finding(file, pointer, "pending-unknown", f"there is no {what} here.")
        elif fields.get(each.field, field.empty) is not None:
            yield Finding(file, pointer, "pending-unknown", f"{each.field} of {each.statement} has a value.")
        else:
            waiting[each.field] += 1
    if waiting:
        many, named = waiting.total(), ", ".join(f"{one_line(name)} {count}" for name, count in sorted(waiting.items()))
        said = f"{many} fields wait" if many > 1 else "1 field waits"
        yield Finding(file, "/pending", "pending", f"{said} for an answer: {named}.")


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


def _target_uses(file: str, pointer: str, statement: Statement, names: KnownNames, scheme: Scheme) -> Iterator[Finding]:
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


def check_spans_blind(file: str, document: Document, article: Article, scheme: Scheme) -> Iterator[Finding]:
    """Check what needs no words: bounds, paragraphs, zones and the place of the cue."""
    annotated = scheme.vocabularies.annotated_zones()
    begins = [line.begin for line in article.lines]
    for pointer, span in () if _lie_right(document, article, annotated) else document_spans(document):
        if not 0 <= span.begin < span.end <= article.length:
            yield Finding(
                file,
                pointer,
                "span-bounds",
                f"[{span.begin}, {span.end}) is no stretch of {article.length} characters.",
            )
            continue
        line = max(0, bisect_right(begins, span.begin) - 1)
        if not _is_within(span, article.lines[line : line + 1]) and not _is_within(span, article.lines):
            yield Finding(file, pointer, "span-paragraph", f"no line holds [{span.begin}, {span.end}).")
            continue
        zone = article.zone_at(span.begin)
        if zone not in annotated and not pointer.startswith(f"/{scheme.non_statements_key}/"):
            yield Finding(file, pointer, "span-zone", f"it is in {zone or 'no zone'}.")
    cues = scheme.find("statement", CUE)
    if cues is None:
        return
    for field in scheme.of("statement"):
        values = scheme.values(field) if field.kind == "vocabulary" else {}
        wanting = frozenset(name for name, about in values.items() if about.get("cue_inside"))
        for number, statement in enumerate(document.statements if wanting else ()):
            yield from _cue(file, f"/statements/{number}", statement, field, wanting, cues)


def _lie_right(document: Document, article: Article, annotated: Collection[str]) -> bool:
    """Whether every span lies in one line of an annotated zone, as nearly all do, without a look at which one.

    It may say no of a document in which all are right.
    """
    lines = [(line.begin, line.end) for line in article.lines]
    begins = [begin for begin, _ in lines]
    zones = [(zone.begin, zone.end) for zone in article.zones if zone.zone in annotated]
    length = article.length
    if any(one[1] > two[0] for one, two in pairwise((zone.begin, zone.end) for zone in article.zones)):
        return False  # which of two zones counts is told by their order
    opened = [begin for begin, _ in zones]
    for span in list_spans(document):
        begin, end = span.begin, span.end
        place = bisect_right(begins, begin) - 1
        zone = bisect_right(opened, begin) - 1
        if not 0 <= begin < end <= length or place < 0 or end > lines[place][1]:
            return False
        if zone < 0 or begin >= zones[zone][1]:
            return False
    return True


def _is_within(span: Span, lines: Iterable[Line]) -> bool:
    return any(line.begin <= span.begin and span.end <= line.end for line in lines)


def _cue(
    file: str, pointer: str, statement: Statement, field: Field, wanting: Collection[str], cues: Field
) -> Iterator[Finding]:
    """Check that the cue is where the rendering has it: inside of the content, or apart from it.

    field: of the rendering; wanting: its values that say `cue_inside`; cues: the field of the cue.
    """
    rendering = field.text(statement)
    is_inside = rendering in wanting
    cue = next(iter(cues.spans(statement)), None)
    if cue is None:
        if is_inside:
            message = f"a {rendering} statement has its cue inside the content; it has none."
            yield Finding(file, pointer, "cue-place", message)
        return
    inside = touches = False
    for span in statement.content:
        inside |= span.begin <= cue.begin and cue.end <= span.end
        touches |= span.begin < cue.end and cue.begin < span.end
    if is_inside and not inside:
        message = f"a {rendering} statement has its cue inside the content."
        yield Finding(file, f"{pointer}/{CUE}", "cue-place", message)
    elif not is_inside and touches:
        message = f"the cue of a statement that is {rendering} must be apart from the content."
        yield Finding(file, f"{pointer}/{CUE}", "cue-place", message)


def check_spans(file: str, document: Document, text: str) -> Iterator[Finding]:
    """Check every span against the words of the text."""
    spans = {(each.begin, each.end, each.fingerprint) for each in list_spans(document)}
    if all(_is_right(*each, text) for each in spans):
        return
    for pointer, span in document_spans(document):
        if span.begin >= span.end or span.end > len(text):
            continue
        if not is_of_place(span.fingerprint, text, span.begin, span.end):
            yield Finding(
                file,
                pointer,
                "span-fingerprint",
                f"the fingerprint of text[{span.begin}:{span.end}] is not the recorded one.",
            )
        elif trim(text, span.begin, span.end) != (span.begin, span.end):
            yield Finding(file, pointer, "span-edge", f"text[{span.begin}:{span.end}] has white space at an end.")
        elif cuts_grapheme(text, span.begin, span.end):
            yield Finding(file, pointer, "span-grapheme", f"text[{span.begin}:{span.end}] cuts a character.")


def _is_right(begin: int, end: int, fingerprint: str, text: str) -> bool:
    return (
        0 <= begin < end <= len(text)
        and not text[begin].isspace()
        and not text[end - 1].isspace()
        and is_of_place(fingerprint, text, begin, end)
        and not cuts_grapheme(text, begin, end)
    )


def check_form(file: str, document: Document, text: str, scheme: Scheme, habits: Habits) -> Iterator[Finding]:
    """Check that spans have the form that an import gives them (`corpus.language`)."""
    for number, statement in enumerate(document.statements):
        for change in trim_statement(statement, text, scheme, habits)[1]:
            pointer = f"/statements/{number}{change.pointer}"
            if not change.is_group:  # which needs no text, and has a finding of its own
                yield Finding(file, pointer, "words-untrimmed", f"an import would make it the {change.said}.")


def check_labels(file: str, document: Document, text: str, scheme: Scheme) -> Iterator[Finding]:
    """Check values of vocabularies against the words, where the vocabulary says what these must be.

    `needs_quotation`: whether all, some or none of the content is in quotation marks. `words`: a closed list, of which
    one must be in content or cue.
    """
    quoted = quotations(text)
    for number, statement in enumerate(document.statements):
        inside, outside = quoted_words(statement.content, quoted, text)
        for field in scheme.of("statement"):
            value = field.text(statement) if field.kind == "vocabulary" else None
            if value is None:
                continue
            about = scheme.values(field)[value]
            pointer = f"/statements/{number}/{field.name}"
            fits = {"all": outside == 0, "some": inside > 0 and outside > 0, "none": inside == 0}
            if not fits.get(about.get("needs_quotation", ""), True):
                message = f"{inside} of {inside + outside} words are in quotation marks, and it is {value}."
                yield Finding(file, pointer, "quotation-marks", message)
            if "words" in about and not _has_word(statement, text, about["words"], scheme):
                yield Finding(file, pointer, "force-word", "no word of the closed list is in content or cue.")


def _outside(span: Span, others: Iterable[Span], text: str) -> Iterator[str]:
    """Yield the words of a span before, between and after other spans."""
    begin = span.begin
    for other in sorted(others, key=lambda each: each.begin):
        if other.end > begin and other.begin < span.end:
            yield text[begin : max(begin, other.begin)]
            begin = other.end
    yield text[begin : max(begin, span.end)]


def _has_word(statement: Statement, text: str, words: Iterable[str], scheme: Scheme) -> bool:
    """Whether content or cue have one of the words outside the grounds, which say nothing of the position itself."""
    cue = scheme.find("statement", CUE)
    spans = [*statement.content, *(cue.spans(statement) if cue else ())]
    grounds = [
        span
        for field in scheme.of("statement")
        if constraint_of(scheme, "statement", field.name).is_ground
        for span in field.spans(statement)
    ]
    spoken = " ".join(fold(words) for span in spans for words in _outside(span, grounds, text))
    return any(re.search(rf"\b{re.escape(fold(word))}\b", spoken) for word in words)
