"""A published folder gets its words back from copies of the articles, with no workspace at hand.

Rows of all articles get the words of their spans; the tables of whole texts are made again. The outcome is, table by
table, what a build of the workspace with all words makes, as far as copies are proved to be the texts.

The folder is gone over article by article. In memory are the copies, the registries, and a row group of every table.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal

from stancebank.codes import RELEASE_CODES
from stancebank.corpus.cleaning import Source
from stancebank.corpus.hydrate import Copies, Hydration
from stancebank.errors import InputError
from stancebank.model import Article, Document, Placement, Span, TextPolicy, document_spans
from stancebank.publish.card.brief import PREVIEW
from stancebank.publish.card.card import (
    CITATION,
    HISTORY,
    README,
    own_tags,
    pretty_name,
    read_template,
    released_on,
)
from stancebank.publish.card.pairs import compares_pairs
from stancebank.publish.card.statistics import Agreement, Built, Facts
from stancebank.publish.gold import GAP, ArticleAnnotation, RowContext, make_context, prove_shown, split_groups
from stancebank.publish.layout import (
    ANSWERS,
    LICENCE,
    MANIFEST,
    OF_SPLITS,
    OF_SUGGESTIONS,
    FolderFacts,
    Kind,
    adapted,
    entry_of,
    folder_files,
    replacing,
    require_plain,
    require_replaceable,
    rows_by_table,
    rows_of_facts,
    tells_release,
    write_files,
)
from stancebank.publish.parquet import (
    Stream,
    TableFacts,
    TableWriter,
    Written,
    file_metadata,
    pyarrow_version,
    rows_in,
)
from stancebank.publish.published import find_schema, find_tables
from stancebank.publish.rights import Audit, audit, gather_words, prove_shown_rows, read_terms
from stancebank.publish.tables import (
    ANNOTATIONS,
    ARTICLES,
    CHAT,
    ENTITIES,
    STATEMENTS,
    TARGETS,
    Row,
    Rows,
    Table,
    find_table,
    tables,
    text_rows,
)
from stancebank.publish.tables.columns import TEXT, Cell, rebuild
from stancebank.publish.tables.fields import bounds, span_list
from stancebank.publish.tables.restore import (
    restore_annotations,
    restore_article,
    restore_document,
    restore_entities,
    restore_statement,
    restore_targets,
)
from stancebank.publish.tables.statements import StatementSource
from stancebank.records import find_files, read_json
from stancebank.schema.fields import load_scheme
from stancebank.text import is_of_place
from stancebank.workspace import toolkit_version

SpanValue = Mapping[str, Any]
WordsOf = Callable[[Sequence[SpanValue]], str | None]

Place = tuple[int, int, str]
"""A span as a key: begin, end and fingerprint."""


@dataclass(frozen=True, slots=True)
class Wording:
    """What is known of an article's words.

    text: the stored text; None where it is not at hand. found: words that were proved in a copy that differs, by span.
    """

    text: str | None = None
    found: Mapping[Place, str] = field(default_factory=dict)

    def words(self, spans: Sequence[SpanValue]) -> str | None:
        """Return the words of spans as rows join them; None where there are no spans, or one of them is not known."""
        parts = [self._part(each) for each in spans]
        return None if None in parts else GAP.join(part for part in parts if part) or None

    def _part(self, span: SpanValue) -> str | None:
        if self.text is not None:
            return self.text[slice(*bounds(span))]
        return self.found.get((*bounds(span), span["fingerprint"]))


def put_words(table: Table, row: Row, wording: Wording) -> Row:
    """Return a row with its words; those that it shows already stay. table: one that has rows of all articles."""

    def words(cell: Cell) -> Any:
        if not cell.column.words or cell.value is not None:
            return cell.value
        if cell.column.text_of == TEXT:
            return wording.text
        return wording.words(span_list(cell.beside[str(cell.column.text_of)]))

    return rebuild(table.columns, row, words)


State = Literal["verified", "partial", "mismatch", "missing"]


@dataclass(frozen=True, slots=True)
class Coverage:
    """What a folder and the copies say together of one article.

    state: `verified` where the folder itself shows the whole text (copy is None) or a copy is proved to be it;
    `partial` where a copy differs, and spans were looked for in it; `mismatch` where a proved text holds other words
    than a span says; `missing`. spans: of all readings in the folder, each place once; found: those whose words are
    proved. reason: why a copy that differs may do so, where web pages are concerned; else empty.
    """

    article_id: str
    state: State
    copy: str | None
    spans: int
    found: int
    reason: str = ""


def cover(
    article: Article, documents: Sequence[Document], text: str | None, copies: Copies
) -> tuple[Coverage, Wording | None]:
    """Return what is known of an article, and its wording; None where nothing is known.

    documents: all readings of it. text: what the folder shows of it, None where that is not the whole text.
    """
    spans = {_place(span) for document in documents for _, span in document_spans(document)}
    if text is not None:
        return Coverage(article.id, "verified", None, len(spans), len(spans)), Wording(text)
    found = copies.find(article, documents)
    state, wording, proved = _judge(found, spans, documents, copies)
    return Coverage(article.id, state, found.copy, len(spans), proved, found.reason), wording


def _judge(
    found: Hydration, spans: set[Place], documents: Sequence[Document], copies: Copies
) -> tuple[State, Wording | None, int]:
    if found.state == "missing" or found.copy is None:
        return "missing", None, 0
    if found.text is not None:
        text = found.text
        right = sum(is_of_place(hashed, text, begin, end) for begin, end, hashed in spans)
        return ("verified", Wording(text), right) if right == len(spans) else ("mismatch", None, right)
    words = _proved_words(found, documents)
    return "partial", Wording(None, words), len(words)


def _proved_words(found: Hydration, documents: Sequence[Document]) -> dict[Place, str]:
    """Return the words that were proved in a copy that differs, as far as rows can hold them: at their own length."""
    placed = {
        ("gold" if document.gold else document.annotator, pointer): span
        for document in documents
        for pointer, span in document_spans(document)
    }
    words: dict[Place, str] = {}
    for proof, known in zip(found.spans, found.words, strict=True):
        span = placed[proof.document, proof.pointer]
        if known is not None and len(known) == span.end - span.begin:
            words[_place(span)] = known
    return words


def _place(span: Span) -> Place:
    return span.begin, span.end, span.fingerprint


_REGISTRIES = (ENTITIES, TARGETS)


@dataclass(frozen=True, slots=True)
class Hydrated:
    """What was written.

    rows: by table. coverage: of every article, in their order. beyond: see `Readings`. edition: of the frame.
    """

    out: Path
    rows: dict[str, int]
    coverage: tuple[Coverage, ...]
    beyond: tuple[str, ...]
    edition: int = 1


@dataclass(frozen=True, slots=True)
class _Source:
    """A folder that is read: its manifest, the rows of its tables, and what rows are made with."""

    folder: Path
    manifest: Mapping[str, Any]
    rows: Mapping[str, Written]
    context: RowContext
    schema_dir: Path

    @property
    def has_registries(self) -> bool:
        """Whether it says what everybody is called, which the table `chat` needs."""
        return all(name in self.rows for name in _REGISTRIES)

    @property
    def of_articles(self) -> tuple[Table, ...]:
        """The tables that have rows of all articles."""
        every = tables(self.context.scheme)
        return tuple(table for table in every if not table.whole_text and table.name not in _REGISTRIES)


@dataclass(slots=True)
class _Told:
    """What is told of all articles while their rows are written.

    lacking: ids of those whose rows show no words. is_judged: whether statements say what annotators make of them.
    """

    agreement: Agreement
    coverage: list[Coverage] = field(default_factory=list)
    lacking: list[str] = field(default_factory=list)
    is_judged: bool = False


def hydrate_folder(folder: Path, sources: Sequence[Source], out: Path) -> Hydrated:
    """Write the dataset of a folder with the words that the folder and copies of the articles hold.

    folder: made by `publish build` or `publish release`. sources: copies, as `corpus.sources` reads them. Raises
    InputError where the folder is none, or out may not be replaced; nothing is changed then.
    """
    folder, out = folder.resolve(), out.resolve()
    if out == folder or folder in out.parents or out in folder.parents:
        raise InputError(
            f"{out} is inside the folder that is read, or contains it.\nHint: name another folder with --out."
        )
    require_replaceable(out)
    source = _read(folder)
    told = _Told(Agreement(source.context.scheme))
    with replacing(out) as part:
        tables = _write_tables(part, source, Copies(sources), told)
        beyond = _write_files(part, source, told, tables)
    return Hydrated(
        out,
        {each.table.name: each.rows for each in tables},
        tuple(told.coverage),
        beyond,
        source.context.scheme.edition,
    )


def _read(folder: Path) -> _Source:
    require_plain(folder)
    try:
        manifest = read_json(folder / MANIFEST)
        schema, version = manifest["schema_version"], manifest["dataset_version"]
        read_terms(manifest)
    except (OSError, InputError, KeyError, TypeError):
        raise InputError(
            f"{folder} is no dataset that this toolkit has made: {MANIFEST} is missing or of another form.\n"
            "Hint: name a folder that `stancebank publish build` or `publish release` has written."
        ) from None
    rows = {name: table for name in _table_names(folder) if (table := rows_in(find_tables(folder, name)))}
    if ARTICLES not in rows:
        raise InputError(f"{folder} holds no dataset: {ARTICLES}/ has no Parquet file.")
    schema_dir = find_schema(folder, str(schema))
    if schema_dir is None:
        raise InputError(
            f"{folder} follows the schema {schema!r}, which this toolkit lacks.\nHint: get a newer toolkit."
        )
    scheme = load_scheme(schema_dir, str(schema))
    entities = restore_entities(rows.get(ENTITIES, ()), scheme)
    targets = restore_targets(rows.get(TARGETS, ()), scheme)
    context = make_context(scheme, entities, targets, version)
    if scheme.edition > 1:
        told = ("article_id", "event", "reprint_of")
        articles = list(rows[ARTICLES].of((*told, "split", "fold")))
        context = replace(
            context,
            groups=split_groups((*(row[name] for name in told),) for row in articles),
            placements={
                row["article_id"]: Placement(row["split"], row["fold"]) for row in articles if row.get("split")
            },
        )
    return _Source(folder, manifest, rows, context, schema_dir)


def _table_names(folder: Path) -> list[str]:
    return sorted({path.parent.name for path in find_files(folder, "*/*.parquet")})


def _write_tables(part: Path, source: _Source, copies: Copies, told: _Told) -> tuple[TableFacts, ...]:
    """Write the tables that have rows, in their order."""
    scheme, version = source.context.scheme, source.manifest["dataset_version"]
    writers = {table.name: TableWriter(part, table, file_metadata(table, scheme, version)) for table in tables(scheme)}
    for name in _REGISTRIES:
        writers[name].add(source.rows.get(name, ()))
    if not source.has_registries:
        writers[CHAT].add(source.rows.get(CHAT, ()))
    for found in _article_rows(source, copies, told):
        for name, rows in found.items():
            writers[name].add(rows)
    return tuple(facts for writer in writers.values() if (facts := writer.close()))


def _article_rows(source: _Source, copies: Copies, told: _Told) -> Iterator[Rows]:
    """Yield the rows of every article by table, with the words that are known, in the order of the articles."""
    streams = {table.name: Stream(source.rows.get(table.name, ())) for table in source.of_articles}
    while (row := streams[ARTICLES].peek()) is not None:
        rows = {name: each.take(row["article_id"]) for name, each in streams.items()}
        reading = _restore(row, rows, source)
        covered, wording = cover(reading.article, (reading.document, *reading.others), row["text"], copies)
        told.coverage.append(covered)
        told.agreement.add(reading)
        told.is_judged |= any(each.get("n_annotators") is not None for each in rows[STATEMENTS])
        known = wording or Wording()
        rows = {each.name: [put_words(each, row, known) for row in rows[each.name]] for each in source.of_articles}
        shown = known.text if known.text is not None else _gather(rows, reading.article.length, source)
        if shown is None:
            told.lacking.append(reading.article.id)
        rows = _prove_shown(rows, shown, source)
        if (text := known.text) is not None:
            whole = prove_shown(replace(reading, text=text), source.context.scheme)
            statements = zip(whole.document.statements, rows[STATEMENTS], strict=True)
            known_rows = tuple(StatementSource(whole, source.context, each, row) for each, row in statements)
            rows |= text_rows(whole, text, known_rows, source.context, with_chat=source.has_registries)
        yield rows
    for name, stream in streams.items():
        if stream.peek() is not None:
            raise InputError(
                f"{source.folder}: rows of the table {name} are apart from those of their article.\n"
                "Hint: `stancebank publish verify` says what is wrong; take the folder as it was published."
            )


def _gather(rows: Rows, length: int, source: _Source) -> str | None:
    """Return what the rows of an article show of its text, as verification reads it; None where that is nothing."""
    held = [(each, rows[each.name]) for each in source.of_articles if each.name in (STATEMENTS, ANNOTATIONS)]
    return gather_words(length, held, [])


def _prove_shown(rows: Rows, shown: str | None, source: _Source) -> Rows:
    """Return the rows of an article with the fingerprints of what they show now. shown: of its text."""
    if source.context.scheme.edition == 1 or shown is None:
        return rows
    return {each.name: prove_shown_rows(each, rows[each.name], shown) for each in source.of_articles}


def _restore(row: Row, rows: Mapping[str, Sequence[Row]], source: _Source) -> ArticleAnnotation:
    """Return an article as it was annotated. row: of the table `articles`; rows: of the article, by table."""
    scheme = source.context.scheme
    articles = find_table(scheme, ARTICLES)
    try:
        return ArticleAnnotation(
            restore_article(articles, row),
            restore_document(articles, row, [restore_statement(each, scheme) for each in rows[STATEMENTS]], scheme),
            TextPolicy.FULL,
            row["text"],
            tuple(restore_annotations(row, rows[ANNOTATIONS], scheme)),
        )
    except KeyError as missing:
        raise InputError(
            f"{source.folder}: the table {ARTICLES} has no column {missing}, so it was made by an earlier toolkit.\n"
            "Hint: get a newer release."
        ) from None


def _refuse_links(folder: Path, names: Sequence[str]) -> None:
    """Raise InputError where a link leads out of the folder. The Hub's cache links to its own blobs."""
    places = [folder.resolve()]
    if folder.resolve().parent.name == "snapshots":
        places.append(folder.resolve().parent.parent / "blobs")
    for name in sorted(names):
        if not any((folder / name).resolve().is_relative_to(place) for place in places):
            raise InputError(
                f"{folder / name} is a link that leads out of the folder; it is not copied.\n"
                "Hint: take the release from its publisher again. Nothing was written."
            )


def _blocked(source: _Source, told: _Told, found: Audit) -> tuple[str, ...]:
    """Return what stands against handing on the folder: as before, and words that are still missing."""
    if source.context.scheme.edition < 2:
        return ()
    lacks = any(each.policy.shows_quotations and each.article_id in told.lacking for each in found.articles)
    before = {each for each in RELEASE_CODES if each in source.manifest.get("blocked_by", ())} - {"release-words"}
    return tuple(sorted(before | ({"release-words"} if lacks else set())))


def _write_files(part: Path, source: _Source, told: _Told, tables: Sequence[TableFacts]) -> tuple[str, ...]:
    """Write all files but the tables; return the ids of articles that show more than their text policy allows."""
    rows, terms = rows_by_table(part, tables), read_terms(source.manifest)
    scheme = source.context.scheme
    found = audit(rows, terms.cap, scheme)
    names = {name for name in folder_files(source.folder) if (source.folder / name).is_file()}
    copied = [name for name in names if (entry := entry_of(name)) and entry.kind is Kind.COPY]
    _refuse_links(source.folder, [*copied, README])
    version = source.manifest["dataset_version"]
    copies = {name: (source.folder / name).read_bytes() for name in copied}
    released = released_on(copies.get(HISTORY, b"").decode(), version)
    copies = {name: adapted(name, data, version, released, scheme.edition) for name, data in copies.items()}
    if CHAT in rows and (source.schema_dir / ANSWERS).is_file():
        copies[ANSWERS] = (source.schema_dir / ANSWERS).read_bytes()
    showing = tuple(each.article_id for each in found.articles if each.shows.shows_quotations)
    readme = (source.folder / README).read_bytes().decode()
    facts = Facts(
        rows_of_facts(rows, scheme),
        source.context,
        source.manifest["dataset_name"],
        version,
        source.manifest["schema_version"],
        Built(TextPolicy.FULL, showing, found.beyond, tuple(told.lacking), _blocked(source, told, found)),
        told.agreement.pairs() if compares_pairs(scheme, readme, is_judged=told.is_judged) else (),
        pretty_name(readme) or "",
        copies[LICENCE].decode() if LICENCE in copies else None,
        released,
        own_tags(readme),
        copies[CITATION].decode(errors="replace") if CITATION in copies else None,
        PREVIEW in names,
        source.manifest.get(OF_SUGGESTIONS),
    )
    stated = {
        "toolkit_version": toolkit_version(),
        "pyarrow_version": pyarrow_version(),
        "inputs": source.manifest["inputs"],
        **{key: source.manifest[key] for key in (OF_SPLITS, OF_SUGGESTIONS) if key in source.manifest},
    }
    template = read_template(readme) or None
    is_release = tells_release(names, own_schema=source.schema_dir.is_relative_to(source.folder))
    write_files(part, FolderFacts(facts, tuple(tables), rows, terms, template, stated, is_release, copies, found))
    return found.beyond
