"""A run of an engine over articles: what it says is put in its place, and kept without words."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from msgspec.structs import replace as changed

from stancebank.corpus.anchoring import read_statements, require_valid
from stancebank.corpus.quoted import QuotedFields, QuotedStatement, quote_statement, statement_json
from stancebank.corpus.selectors import Selector
from stancebank.corpus.suggestions import (
    ENGINES,
    engine_line,
    read_engines,
    read_suggestion,
    write_lines,
    write_suggestion,
)
from stancebank.errors import ServerError
from stancebank.model import Span, Statement
from stancebank.publish.predictions import PlacedPrediction, Prediction, place
from stancebank.publish.published import PublishedArticle
from stancebank.schema.fields import Scheme
from stancebank.suggest.engine import Engine, ReadArticle, Surroundings

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Suggested:
    """What an engine suggests for one article.

    statements: as records, ids s1, s2, ... in their order; value: the same as JSON, offsets in the place of words.
    unplaced: words that do not occur in the article; statements whose content has no place are left out.
    """

    article_id: str
    statements: tuple[Statement, ...]
    value: Json
    unplaced: tuple[str, ...] = ()


def suggest(
    engine: Engine,
    surroundings: Surroundings,
    sources: Iterable[ReadArticle],
    failed: list[tuple[str, ServerError]] | None = None,
) -> Iterator[Suggested]:
    """Let an engine read articles. Raises InputError where it says what is no prediction.

    failed: gets the ids of articles that a server did not answer, and why; without it the first one is raised.
    """
    names = surroundings.entity_names
    for source in sources:
        try:
            said = [_quoted(each, surroundings.scheme, engine, source) for each in engine.suggest(source)]
        except ServerError as error:
            if failed is None:
                raise
            failed.append((source.article.id, error))
            continue
        yield _place(said, source, engine, surroundings.scheme, names)


def keep(surroundings: Surroundings, name: str, suggested: Suggested) -> bool:
    """Keep a suggestion in the workspace, and its engine in the ledger. Return whether anything changed."""
    store = surroundings.workspace.store
    write_lines(store, ENGINES, {*read_engines(store), engine_line(suggested.value["engine"])})
    return write_suggestion(store, name, suggested.value)


def kept(surroundings: Surroundings, name: str, source: ReadArticle) -> Suggested | None:
    """Return what is kept of an article under a name; None where there is none, or it is of another text.

    Raises InputError where the file is no suggestion.
    """
    value = read_suggestion(surroundings.workspace.store, name, source.article.id)
    if value is None or value.get("text_sha256") != source.article.text_sha256:
        return None
    require_valid(value, surroundings.scheme, "suggestion", f"corpus/suggestions/{name}", "make it again.")
    said = read_statements(value, surroundings.scheme)
    placed = _placed(said, source, surroundings.scheme, surroundings.entity_names)
    statements = tuple(_numbered(each, f"s{number}") for number, each in enumerate(placed.statements, 1))
    return Suggested(source.article.id, statements, value, placed.unplaced)


def _quoted(
    said: QuotedStatement | Mapping[str, Any], scheme: Scheme, engine: Engine, source: ReadArticle
) -> QuotedStatement:
    if isinstance(said, QuotedStatement):
        return said
    value = {"statements": [dict(said)]}
    _require_form(value, scheme, engine, source)
    (found,) = read_statements(value, scheme)
    return found


def _require_form(value: Json, scheme: Scheme, engine: Engine, source: ReadArticle) -> None:
    name = f"What the engine {engine.record.name} says of {source.article.id}"
    require_valid(value, scheme, "suggestion", name, "prediction.schema.json of the schema folder has the form.")


def _placed(
    said: Sequence[QuotedStatement], source: ReadArticle, scheme: Scheme, names: Mapping[str, str]
) -> PlacedPrediction:
    article = PublishedArticle(source.text, source.article.length, passages=list(source.passages))
    return place(Prediction(source.article.id, tuple(said)), article, names, scheme)


def _place(
    said: Sequence[QuotedStatement], source: ReadArticle, engine: Engine, scheme: Scheme, names: Mapping[str, str]
) -> Suggested:
    placed = _placed(said, source, scheme, names)
    usable = [_with_places(one, own) for one, own in zip(placed.statements, said, strict=True) if one.content]
    usable.sort(key=lambda pair: [(span.begin, span.end) for span in pair[0].content])
    statements = tuple(_numbered(statement, f"s{n}") for n, (statement, _) in enumerate(usable, 1))
    written = [
        statement_json(_as_said(_offsets(one, scheme), own), scheme)
        for one, (_, own) in zip(statements, usable, strict=True)
    ]
    value = {
        "article_id": source.article.id,
        "text_sha256": source.article.text_sha256,
        "engine": engine.record.to_json(),
        "statements": written,
    }
    _require_form(value, scheme, engine, source)
    return Suggested(source.article.id, statements, value, placed.unplaced)


def _with_places(placed: Statement, said: QuotedStatement) -> tuple[Statement, QuotedStatement]:
    """Return a statement as it was placed and as it was said, without conditions whose words have no place."""
    pairs = [pair for pair in zip(placed.conditions, said.conditions, strict=True) if pair[0].spans]
    return (
        changed(placed, conditions=tuple(one for one, _ in pairs)),
        replace(said, conditions=tuple(own for _, own in pairs)),
    )


def _as_said(written: QuotedStatement, said: QuotedStatement) -> QuotedStatement:
    """Return a statement without what was presumed when it was placed: a question that is open stays open."""
    target = replace(written.target, fields=_only(written.target.fields, said.target.fields))
    conditions = tuple(
        replace(one, fields=_only(one.fields, own.fields))
        for one, own in zip(written.conditions, said.conditions, strict=True)
    )
    fields = _only(written.fields, said.fields)
    return replace(
        written, target=target, conditions=conditions, fields=fields, confidence=said.confidence, because=said.because
    )


def _only(values: QuotedFields, said: QuotedFields) -> QuotedFields:
    return {name: value for name, value in values.items() if name in said}


def _numbered(statement: Statement, name: str) -> Statement:
    conditions = tuple(changed(each, id=f"{name}/c{n}") for n, each in enumerate(statement.conditions, 1))
    return changed(statement, id=name, conditions=conditions)


def _offsets(statement: Statement, scheme: Scheme) -> QuotedStatement:
    def quote(span: Span) -> Selector:
        return Selector(begin=span.begin, end=span.end)

    return quote_statement(statement, scheme, quote)
