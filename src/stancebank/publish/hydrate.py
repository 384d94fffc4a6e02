"""A published folder gets its words back from copies of the articles, with no workspace at hand.

Rows of all articles get the words of their spans; the views of whole texts are made anew. The outcome is, view by view,
what a build of the workspace with all words makes, as far as copies are proved to be the texts.

The folder is gone over article by article. In memory are the copies, the registries, and a row group of every view.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from stancebank.corpus.hydrate import Copies
from stancebank.corpus.passages import find_passages
from stancebank.corpus.sources import Source
from stancebank.errors import InputError
from stancebank.publish.agreement import Agreement
from stancebank.publish.card import README, pretty_name, read_template
from stancebank.publish.copies import Coverage, cover
from stancebank.publish.croissant import HISTORY, released_on
from stancebank.publish.facts import Built, Facts
from stancebank.publish.folder import MANIFEST, demand_replaceable, folder_files, replacing
from stancebank.publish.hub import ViewFacts
from stancebank.publish.layout import (
    ANSWERS,
    LICENCE,
    FolderFacts,
    Kind,
    entry_of,
    rows_of_facts,
    tells_release,
    view_rows,
    write_files,
)
from stancebank.publish.parquet import count_rows, pyarrow_version
from stancebank.publish.restored import (
    restore_article,
    restore_document,
    restore_entities,
    restore_others,
    restore_statement,
    restore_targets,
)
from stancebank.publish.rights import audit, read_terms
from stancebank.publish.rows import Context, Reading, Row, Rows, make_context
from stancebank.publish.rows.chat import chat_row
from stancebank.publish.rows.passages import passage_row
from stancebank.publish.rows.tokens import token_row
from stancebank.publish.shards import Stream, ViewWriter, Written
from stancebank.publish.views import ANNOTATIONS, ARTICLES, CHAT, ENTITIES, PASSAGES, STATEMENTS, TARGETS, TOKENS, VIEWS
from stancebank.publish.wording import Wording, put_words
from stancebank.records import read_json
from stancebank.schema.packed import packed_schema
from stancebank.schema.vocabulary import load_vocabularies
from stancebank.text_policy import TextPolicy
from stancebank.workspace import toolkit_version

_REGISTRIES = (ENTITIES.name, TARGETS.name)
_OF_ARTICLES = tuple(view for view in VIEWS if not view.whole_text and view.name not in _REGISTRIES)


@dataclass(frozen=True, slots=True)
class Hydrated:
    """What was written. rows: by view. coverage: of every article, in their order. beyond: see `Readings`."""

    out: Path
    rows: dict[str, int]
    coverage: tuple[Coverage, ...]
    beyond: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Source:
    """A folder that is read: its manifest, the rows of its views, and what rows are made with."""

    folder: Path
    manifest: Mapping[str, Any]
    rows: Mapping[str, Written]
    context: Context
    schema_dir: Path

    @property
    def has_registries(self) -> bool:
        """Whether it says what everybody is called, which the view `chat` needs."""
        return all(name in self.rows for name in _REGISTRIES)


@dataclass(slots=True)
class _Told:
    """What is told of all articles while their rows are written. lacking: ids of those with no words at hand."""

    coverage: list[Coverage] = field(default_factory=list)
    lacking: list[str] = field(default_factory=list)
    agreement: Agreement = field(default_factory=Agreement)


def hydrate_folder(folder: Path, sources: Sequence[Source], out: Path) -> Hydrated:
    """Write the dataset of a folder with the words that the folder and copies of the articles hold.

    folder: made by `publish build` or `publish release`. sources: copies, as `corpus.sources` reads them. Raises
    InputError where the folder is none, or out may not be replaced; nothing is changed then.
    """
    folder, out = folder.resolve(), out.resolve()
    if out == folder or folder in out.parents or out in folder.parents:
        raise InputError(f"{out} lies in the folder that is read, or around it.\nHint: name another folder with --out.")
    demand_replaceable(out)
    source, told = _read(folder), _Told()
    with replacing(out) as part:
        views = _write_views(part, source, Copies(sources), told)
        beyond = _write_files(part, source, told, views)
    return Hydrated(out, {each.view.name: each.rows for each in views}, tuple(told.coverage), beyond)


def _read(folder: Path) -> _Source:
    try:
        manifest = read_json(folder / MANIFEST)
        schema, version = manifest["schema_version"], manifest["dataset_version"]
        read_terms(manifest)
    except (OSError, InputError, KeyError, TypeError):
        raise InputError(
            f"{folder} is no dataset that this toolkit has made: {MANIFEST} is missing or of another form.\n"
            "Hint: name a folder that `stancebank publish build` or `publish release` has written."
        ) from None
    rows = {name: view for name in _view_names(folder) if (view := _rows(folder, name))}
    if ARTICLES.name not in rows:
        raise InputError(f"{folder} holds no dataset: {ARTICLES.name}/ has no Parquet file.")
    kept = folder / "schema"
    schema_dir = kept if (kept / "vocabularies.json").is_file() else packed_schema(str(schema))
    if schema_dir is None:
        raise InputError(
            f"{folder} follows the schema {schema!r}, which this toolkit lacks.\nHint: get a newer toolkit."
        )
    entities = restore_entities(rows.get(ENTITIES.name, ()), schema)
    targets = restore_targets(rows.get(TARGETS.name, ()), schema)
    context = make_context(load_vocabularies(schema_dir), entities, targets, version)
    return _Source(folder, manifest, rows, context, schema_dir)


def _view_names(folder: Path) -> list[str]:
    return sorted({path.parent.name for path in folder.glob("*/*.parquet")})


def _rows(folder: Path, view: str) -> Written:
    paths = tuple(sorted((folder / view).glob("*.parquet")))
    return Written(paths, sum(count_rows(path) for path in paths))


def _write_views(part: Path, source: _Source, copies: Copies, told: _Told) -> tuple[ViewFacts, ...]:
    """Write the views that have rows, in the order of `VIEWS`."""
    about = {key: source.manifest[key] for key in ("dataset_version", "schema_version")}
    writers = {view.name: ViewWriter(part, view, about) for view in VIEWS}
    for name in _REGISTRIES:
        writers[name].add(source.rows.get(name, ()))
    if not source.has_registries:
        writers[CHAT.name].add(source.rows.get(CHAT.name, ()))
    for found in _article_rows(source, copies, told):
        for name, rows in found.items():
            writers[name].add(rows)
    return tuple(facts for writer in writers.values() if (facts := writer.close()))


def _article_rows(source: _Source, copies: Copies, told: _Told) -> Iterator[Rows]:
    """Yield the rows of every article by view, with the words that are known, in the order of the articles."""
    streams = {view.name: Stream(source.rows.get(view.name, ())) for view in _OF_ARTICLES}
    annotated = source.context.vocabularies.annotated_zones()
    while (row := streams[ARTICLES.name].peek()) is not None:
        rows = {name: each.take(row["article_id"]) for name, each in streams.items()}
        reading = _restore(row, rows, source.folder)
        covered, wording = cover(reading.article, (reading.document, *reading.others), row["text"], copies)
        told.coverage.append(covered)
        told.agreement.add(reading)
        if wording is None:
            told.lacking.append(reading.article.id)
        known = wording or Wording()
        rows = {view.name: [put_words(view, each, known) for each in rows[view.name]] for view in _OF_ARTICLES}
        if (text := known.text) is not None:
            passages = find_passages(reading.article, text, annotated)
            statements = rows[STATEMENTS.name]
            rows[PASSAGES.name] = [passage_row(reading, text, each, statements, source.context) for each in passages]
            rows[TOKENS.name] = [token_row(reading, text, each, source.context) for each in passages]
            if source.has_registries:
                rows[CHAT.name] = [chat_row(reading, text, passages, source.context)]
        yield rows
    for name, stream in streams.items():
        if stream.peek() is not None:
            raise InputError(
                f"{source.folder}: rows of the view {name} stand apart from those of their article.\n"
                "Hint: `stancebank publish verify` says what is wrong; take the folder as it was published."
            )


def _restore(row: Row, rows: Mapping[str, Sequence[Row]], folder: Path) -> Reading:
    """Return an article as it was read. row: of the view `articles`; rows: of the article, by view."""
    try:
        return Reading(
            restore_article(row),
            restore_document(row, map(restore_statement, rows[STATEMENTS.name])),
            TextPolicy.FULL,
            row["text"],
            tuple(restore_others(row, rows[ANNOTATIONS.name])),
        )
    except KeyError as missing:
        raise InputError(
            f"{folder}: the view {ARTICLES.name} has no column {missing}, so it was made by an earlier toolkit.\n"
            "Hint: get a newer release."
        ) from None


def _write_files(part: Path, source: _Source, told: _Told, views: tuple[ViewFacts, ...]) -> tuple[str, ...]:
    """Write all files but the tables; return the ids of articles that show more than their text policy allows."""
    rows, terms = view_rows(part, views), read_terms(source.manifest)
    found = audit(rows, terms.cap)
    names = {name for name in folder_files(source.folder) if (source.folder / name).is_file()}
    copied = [name for name in names if (entry := entry_of(name)) and entry.kind is Kind.COPY]
    copies = {name: (source.folder / name).read_bytes() for name in copied}
    if CHAT.name in rows and (source.schema_dir / ANSWERS).is_file():
        copies[ANSWERS] = (source.schema_dir / ANSWERS).read_bytes()
    showing = tuple(each.article_id for each in found.articles if each.shows.shows_quotations)
    readme = (source.folder / README).read_bytes().decode()
    version = source.manifest["dataset_version"]
    facts = Facts(
        rows_of_facts(rows),
        source.context,
        source.manifest["dataset_name"],
        version,
        source.manifest["schema_version"],
        Built(TextPolicy.FULL, showing, found.beyond, tuple(told.lacking)),
        told.agreement.pairs(),
        pretty_name(readme) or "",
        copies[LICENCE].decode() if LICENCE in copies else None,
        released_on(copies.get(HISTORY, b"").decode(), version),
    )
    stated = {
        "toolkit_version": toolkit_version(),
        "pyarrow_version": pyarrow_version(),
        "inputs": source.manifest["inputs"],
    }
    template = read_template(readme) or None
    write_files(part, FolderFacts(facts, views, rows, terms, template, stated, tells_release(names), copies))
    return found.beyond
