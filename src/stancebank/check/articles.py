"""What a workspace holds of one article, checked by itself: the part of a check that splits by article.

`check_batch` is a stage of `batches.run`: the same articles give the same findings in one process or in several.
"""

import json
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

import msgspec

from stancebank.check.adjudications import check_adjudications
from stancebank.check.annotations import (
    KnownNames,
    check_document,
    check_form,
    check_labels,
    check_retired,
    check_spans,
    check_spans_blind,
    known_names,
    resolved,
    uncovered,
)
from stancebank.check.corpus import check_articles, check_quotes, check_text, local_copies, read_text, recognise
from stancebank.check.statements import check_date_bases, check_statements
from stancebank.corpus.language import Habits, load_habits, load_language
from stancebank.corpus.store import LOCAL_TEXTS, PUBLIC_TEXTS, WITHDRAWN, is_id
from stancebank.corpus.withdraw import Memory
from stancebank.errors import Finding, InputError
from stancebank.model import (
    Adjudication,
    Article,
    Cap,
    Document,
    EntityRegistry,
    Record,
    TargetRegistry,
    Withdrawal,
    from_builtins,
)
from stancebank.records import find_files, from_json
from stancebank.schema.fields import Scheme, load_scheme
from stancebank.schema.validate import RecordKind, validate
from stancebank.text import find_hidden, line_number

_KINDS: dict[str, type[Record]] = {
    "article": Article,
    "withdrawal": Withdrawal,
    "adjudication": Adjudication,
    "entities": EntityRegistry,
    "targets": TargetRegistry,
}


class Holding(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """The files of a workspace that are named for an article: their bytes by name. unread: those that are not read."""

    files: dict[str, bytes]
    unread: tuple[str, ...] = ()


class ArticleFacts(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """What of an article rules over the whole corpus need. file: of its record.

    columns: its values of the columns by which splits are drawn. has_text: whether its words are at hand.
    """

    file: str
    id: str
    text_sha256: str
    reprint_of: str | None
    shows_all: bool
    has_text: bool
    columns: tuple[str | None, ...]

    @property
    def first_id(self) -> str:
        """The article that its text appeared as first: itself, if it is no reprint."""
        return self.reprint_of or self.id


class Checked(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """What was found of one `Holding`.

    entities: all that its documents name. gold: articles that have gold here. unread: files of which no record could be
    made. lacks_reading: whether an article has no document at all. astray: ids that its records have or name and that
    are not the name of their files, so that it has to be looked at together with others.
    """

    findings: tuple[tuple[str, str, str, str], ...]
    articles: tuple[ArticleFacts, ...]
    documents: int
    statements: int
    entities: tuple[str, ...]
    gold: tuple[str, ...]
    unread: tuple[str, ...]
    lacks_reading: bool
    astray: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Basis:
    """What all articles of a workspace are held against.

    memory: of withdrawn articles, if there are any. group_by: columns by which splits are drawn.
    """

    root: Path
    schema_dir: Path
    scheme: Scheme
    names: KnownNames
    habits: Habits
    memory: Memory | None
    cap: Cap
    group_by: tuple[str, ...]


@dataclass(slots=True)
class Loaded:
    """Records by their path in a workspace, and what was wrong with files that hold none."""

    records: dict[str, Record] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)

    def of(self, kind: type[msgspec.Struct]) -> dict[str, Any]:
        """Return the records of one kind."""
        return {name: each for name, each in self.records.items() if type(each) is kind}


def load_record(data: bytes, name: str, kind: RecordKind, schema_dir: Path, scheme: Scheme, loaded: Loaded) -> None:
    """Read a record, or note what is wrong with it. name: its path in the workspace."""
    try:
        value = from_json(data, name.rpartition("/")[2], whole=True)
    except InputError as error:
        loaded.findings.append(Finding(name, "", "json-syntax", str(error)))
        return
    faults = validate(value, kind, schema_dir, name)
    if kind != "annotation" and not _is_plain(data):
        faults += _hidden(value, name)
    if faults:
        loaded.findings.extend(faults)
    else:
        made = scheme.read_document(value) if kind == "annotation" else from_builtins(value, _KINDS[kind])
        loaded.records[name] = made


def _is_plain(data: bytes) -> bool:
    """Whether no text in JSON can hold a hidden character: all of it is printable ASCII, and nothing is escaped."""
    return data.isascii() and b"\\" not in data and b"\x7f" not in data


def _hidden(value: object, file: str, pointer: str = "") -> Iterator[Finding]:
    """Find characters in names, titles and reasons that nobody sees, or that forge a line where they are printed."""
    if isinstance(value, dict | list):
        for key, each in value.items() if isinstance(value, dict) else enumerate(value):
            if each.__class__ is not int:
                yield from _hidden(each, file, f"{pointer}/{key}")
    elif isinstance(value, str) and (value.isascii() and value.isprintable()):
        return  # as nearly all are
    elif isinstance(value, str) and (found := find_hidden(value) or ("\n" if "\n" in value else None)):
        message = f"it holds U+{ord(found):04X}, a control or hidden character: remove it."
        yield Finding(file, pointer, "schema-value", message)


def check_holding(holding: Holding, basis: Basis) -> tuple[Checked, dict[str, Record]]:
    """Check all that is held of an article, and return what was found, with the records by their path.

    holding: of several articles, too, where their records name one another; by all rules that need no others.
    """
    loaded = _load(holding, basis)
    articles: dict[str, Article] = loaded.of(Article)
    documents: dict[str, Document] = loaded.of(Document)
    ledgers: dict[str, Adjudication] = loaded.of(Adjudication)
    findings = [*loaded.findings, *check_articles(articles), *_check_text_places(holding, articles.values())]
    texts: dict[str, str] = {}
    for file, article in articles.items():
        text = None
        if article.id == _stem(file):
            text, fault = _read_text(holding, article)
            findings += [fault] if fault else []
        if text is not None:
            texts[article.id] = text
            findings += check_text(file, article, text)
        if basis.memory and (returned := recognise(file, article, text, basis.memory)):
            findings.append(returned)
    findings += _retired_zones(articles, basis.scheme) if basis.scheme.retired else ()
    by_id = {article.id: article for article in articles.values()}
    of_article: dict[str, list[Document]] = {}
    for file, document in documents.items():
        of_article.setdefault(document.article_id, []).append(document)
        about = by_id.get(document.article_id), texts.get(document.article_id)
        findings += check_reading(file, document, *about, basis.names, basis.scheme, basis.root, basis.habits)
    unread = (*holding.unread, *(each.file for each in loaded.findings))
    if ledgers:
        findings += check_adjudications(ledgers, by_id, documents, basis.scheme, unread)
    for article in by_id.values():
        if over := check_quotes(article, of_article.get(article.id, ()), basis.cap):
            findings.append(over)
    named = [
        *((file, each.id) for file, each in articles.items()),
        *((file, each.article_id) for file, each in documents.items()),
        *((file, each.article_id) for file, each in ledgers.items()),
    ]
    scheme = basis.scheme
    found = Checked(
        tuple((each.file, each.pointer, each.code, each.message) for each in findings),
        tuple(_facts(file, each, each.id in texts, basis.group_by) for file, each in articles.items()),
        len(documents),
        sum(len(document.statements) for document in documents.values()),
        tuple(set().union(*(scheme.names(each.statements)[0] for each in documents.values()))),
        tuple(each.article_id for each in documents.values() if each.gold),
        tuple(unread),
        not by_id.keys() <= of_article.keys(),
        tuple({name for file, name in named if name != _stem(file)}),
    )
    return found, loaded.records


def _load(holding: Holding, basis: Basis) -> Loaded:
    loaded = Loaded()
    for name, data in holding.files.items():
        if kind := kind_of(name):
            load_record(data, name, kind, basis.schema_dir, basis.scheme, loaded)
    return loaded


def kind_of(name: str) -> RecordKind | None:
    """Return what record a file holds that is named for an article; None for a text."""
    if name.endswith(".txt"):
        return None
    folder = name.split("/", 2)[1]
    return "article" if folder == "articles" else "adjudication" if folder == "adjudications" else "annotation"


def _stem(file: str) -> str:
    return file.rpartition("/")[2].rpartition(".")[0]


def _facts(file: str, article: Article, has_text: bool, group_by: Sequence[str]) -> ArticleFacts:
    return ArticleFacts(
        file,
        article.id,
        article.text_sha256,
        article.reprint_of,
        article.rights.text_policy.shows_all,
        has_text,
        _columns(article, group_by) if group_by else (),
    )


def _columns(article: Article, group_by: Sequence[str]) -> tuple[str | None, ...]:
    from stancebank.corpus.splits import column_values

    return column_values(article, group_by)


def _check_text_places(holding: Holding, articles: Iterable[Article]) -> Iterator[Finding]:
    """Check that only free texts lie in corpus/texts/, and that each text belongs to an article."""
    policies = {article.id: article.rights.text_policy for article in articles}
    for name in holding.files:
        if not name.endswith(".txt"):
            continue
        if (policy := policies.get(_stem(name))) is None:
            yield Finding(name, "", "text-unknown", "no article record has this id.")
        elif name.startswith(PUBLIC_TEXTS) and not policy.shows_all:
            yield Finding(name, "", "text-not-public", f"the article's text policy is {policy}.")


def _read_text(holding: Holding, article: Article) -> tuple[str | None, Finding | None]:
    folder = PUBLIC_TEXTS if article.rights.text_policy.shows_all else LOCAL_TEXTS
    name = f"{folder}/{article.id}.txt"
    data = holding.files.get(name)
    return (None, None) if data is None else read_text(name, data, article)


def _retired_zones(articles: Mapping[str, Article], scheme: Scheme) -> Iterator[Finding]:
    for file, article in articles.items():
        zones = ((f"/zones/{number}/zone", "zone", each.zone) for number, each in enumerate(article.zones))
        yield from check_retired(file, zones, scheme)


def check_batch(batch: bytes, settings: Mapping[str, Any]) -> bytes:
    """Check many holdings: a stage of `batches.run`.

    batch: from `pack_holdings`. settings: from `settings_of`. Returns what `unpack_checked` reads.
    """
    basis = _basis(json.dumps(settings, sort_keys=True))
    holdings = msgspec.msgpack.decode(batch, type=list[Holding])
    return msgspec.msgpack.encode([check_holding(each, basis)[0] for each in holdings])


STAGE = "stancebank.check.articles:check_batch"


def pack_holdings(holdings: Collection[Holding]) -> bytes:
    """Return holdings as a batch of `check_batch`."""
    return msgspec.msgpack.encode(holdings)


def unpack_checked(batch: bytes) -> list[Checked]:
    """Return what `check_batch` found of each holding, in their order."""
    return msgspec.msgpack.decode(batch, type=list[Checked])


def settings_of(basis: Basis, state: str) -> dict[str, Any]:
    """Return what `check_batch` needs to find a basis again. state: what tells it from others of the same folder."""
    cap = [basis.cap.longest, basis.cap.share]
    schema = basis.schema_dir.relative_to(basis.root).as_posix()
    return {"root": str(basis.root), "schema": schema, "cap": cap, "group_by": list(basis.group_by), "state": state}


@lru_cache(maxsize=2)
def _basis(settings: str) -> Basis:
    told = json.loads(settings)
    root, loaded = Path(told["root"]), Loaded()
    scheme = load_scheme(root / told["schema"])
    kinds: dict[RecordKind, list[Path]] = {
        "entities": [root / "corpus/entities.json"],
        "targets": [root / "corpus/targets.json"],
        "withdrawal": find_files(root / WITHDRAWN, "*.json"),
    }
    for kind, paths in kinds.items():
        for path in paths:
            if path.is_file() and path.resolve().is_relative_to(root) and is_id(path.stem):
                name = path.relative_to(root).as_posix()
                load_record(path.read_bytes(), name, kind, root / told["schema"], scheme, loaded)
    return make_basis(root, root / told["schema"], scheme, loaded, Cap(*told["cap"]), tuple(told["group_by"]))


def make_basis(
    root: Path, schema_dir: Path, scheme: Scheme, loaded: Loaded, cap: Cap, group_by: tuple[str, ...]
) -> Basis:
    """Return what articles are held against. loaded: with the registries and withdrawals that could be read."""
    withdrawals: dict[str, Withdrawal] = loaded.of(Withdrawal)
    gone = [*withdrawals.values(), *(each for _, each in local_copies(root, withdrawals))]
    return Basis(
        root,
        schema_dir,
        scheme,
        known_names(
            next(iter(loaded.of(EntityRegistry).values()), None), next(iter(loaded.of(TargetRegistry).values()), None)
        ),
        load_habits(root),
        Memory(gone) if gone else None,
        cap,
        group_by,
    )


def check_reading(
    file: str,
    document: Document,
    article: Article | None,
    text: str | None,
    names: KnownNames,
    scheme: Scheme,
    root: Path,
    habits: Habits,
) -> Iterator[Finding]:
    """Check one document, which has passed its schema, by all rules that need no other document.

    file: its path in the workspace. article: the record of its article, if there is one. text: of the article, where
    it is at hand. root: of the workspace.
    """
    yield from check_document(file, document, article, names, scheme)
    if article is None or article.text_sha256 != document.text_sha256:
        return
    annotated = scheme.vocabularies.annotated_zones()
    blind = list(check_spans_blind(file, document, article, scheme))
    yield from blind
    if not any(finding.code.startswith("span-") for finding in blind):
        yield from check_statements(file, resolved(document, names, scheme), article, names.part_of, scheme)
    if text is None:
        return
    sighted = list(check_spans(file, document, text))
    yield from sighted
    if any(finding.code.startswith("span-") for finding in (*blind, *sighted)):
        return
    yield from check_labels(file, document, text, scheme)
    yield from check_form(file, document, text, scheme, habits)
    language = load_language(article.language_tag, root)
    yield from check_date_bases(file, document, article, text, scheme, language)
    if document.gold and scheme.non_statements:  # else nothing could be passed over
        for mark in uncovered(article, text, document, annotated, language):
            where = f"line {line_number(text, mark.begin)}, text[{mark.begin}:{mark.end}]"
            yield Finding(file, "/statements", "not-covered", f"the {mark.kind} at {where} is in no statement.")
