"""Predictions: statements that a model gives for an article, and their places in its text.

A prediction has the form of prediction.schema.json: that of an authored reading without ids, with spans given by words
or by offsets, and entities by id or name. Words are looked for in the passages of the article. Those that occur more
than once and do not say which are taken where they occur first; those of a mention, a condition or a field first inside
the statement's content or in its passages, then anywhere.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from stancebank.corpus.anchoring import place_statement, read_statements, require_valid
from stancebank.corpus.language import trim_statement
from stancebank.corpus.quoted import QuotedFields, QuotedStatement
from stancebank.corpus.selectors import Selector, TextIndex
from stancebank.errors import InputError
from stancebank.model import Bounds, Span, Statement
from stancebank.publish.published import PublishedArticle
from stancebank.records import from_json
from stancebank.schema.fields import Field, Level, Scheme
from stancebank.search import search_fold


@dataclass(frozen=True, slots=True)
class Prediction:
    """What a model gives for one article.

    engine: the record of the engine that made it; text_sha256: of the text that it read. Both where it says so.
    """

    article_id: str
    statements: tuple[QuotedStatement, ...]
    engine: Mapping[str, Any] | None = None
    text_sha256: str | None = None


@dataclass(frozen=True, slots=True)
class PlacedPrediction:
    """The statements of a prediction as records, and the words that do not occur in the text.

    A statement of which no content has a place keeps its labels and has no spans, so that nothing aligns with it.
    trimmed: how spans were brought to the form that those of the dataset have, a line each: *p3: content without ...*.
    """

    statements: tuple[Statement, ...]
    unplaced: tuple[str, ...]
    trimmed: tuple[str, ...] = ()


def read_predictions(path: Path, scheme: Scheme) -> dict[str, Prediction]:
    """Read predictions, one JSON object a line, by article id. scheme: of the dataset that they are about.

    Raises InputError that names the line for anything else, and for an article that is predicted twice.
    """
    found = _by_article(_lines(path), scheme)
    if not found:
        raise InputError(f"{path} holds no prediction.\nHint: write one JSON object a line.")
    return found


def parse_predictions(values: Iterable[Mapping[str, Any]], scheme: Scheme) -> dict[str, Prediction]:
    """Make predictions of what JSON holds, by article id. Raises InputError as `read_predictions` does."""
    return _by_article(((f"prediction {number}", value) for number, value in enumerate(values, 1)), scheme)


def _lines(path: Path) -> Iterator[tuple[str, Any]]:
    """Yield the JSON values of a file, each with what to call it in an error."""
    for number, line in enumerate(path.read_bytes().removeprefix(b"\xef\xbb\xbf").split(b"\n"), 1):
        if line.strip():
            name = f"{path}, line {number}"
            try:
                yield name, from_json(line, name, whole=True)
            except InputError as error:
                raise InputError(f"{error}\nHint: write one JSON object a line.") from None


def _by_article(values: Iterable[tuple[str, Any]], scheme: Scheme) -> dict[str, Prediction]:
    """Make predictions of values, each with what to call it in an error."""
    hint = "prediction.schema.json of the schema folder, or of the dataset, describes the form."
    found: dict[str, Prediction] = {}
    for name, value in values:
        require_valid(value, scheme, "suggestion", name, hint)
        article_id = value.get("article_id")
        if article_id is None:
            raise InputError(f'{name} has no "article_id".\nHint: add the id of the article that it is about.')
        if article_id in found:
            raise InputError(f"{name}: {article_id} was predicted before.\nHint: keep one of the two.")
        said = read_statements(value, scheme)
        found[article_id] = Prediction(article_id, said, value.get("engine"), value.get("text_sha256"))
    return found


def place(
    prediction: Prediction, article: PublishedArticle, entities: Mapping[str, str], scheme: Scheme
) -> PlacedPrediction:
    """Make records of a prediction for an article. Their ids are p1, p2, ... in its order.

    Words are looked for in the article's passages; where its text is not shown, only offsets have a place. entities:
    entity ids by folded name; a name that is not among them stays as it is. A required vocabulary field that is left
    out has the value that `presumed` says.
    """
    index = TextIndex.of_passages(article.text, article.passages, article.length)
    passages = [(each.begin, each.end) for each in article.passages]
    unplaced: list[str] = []

    def find(selector: Selector, where: str, statement: QuotedStatement, content: Sequence[Span]) -> Span | None:
        bounds = index.find_nearest(selector, _near(content, passages))
        if bounds is None:
            unplaced.append(str(selector))
        return index.span(*bounds, scheme.edition) if bounds else None

    statements = tuple(
        place_statement(
            _complete(each, f"p{number}", scheme),
            scheme,
            find,
            f"statements[{number - 1}]",
            entity=lambda name: entities.get(search_fold(name), name),
        )
        for number, each in enumerate(prediction.statements, 1)
    )
    if not article.text:
        return PlacedPrediction(statements, tuple(unplaced))
    trimmed = [trim_statement(each, article.text, scheme) for each in statements]
    said = tuple(f"{each.id}: {one.said}" for each, changes in trimmed for one in changes)
    return PlacedPrediction(tuple(each for each, _ in trimmed), tuple(unplaced), said)


def _near(content: Sequence[Span], passages: Sequence[Bounds]) -> list[Bounds]:
    """Return where the other words of a statement are looked for first: in its content, then in its passages."""
    near = [(span.begin, span.end) for span in content]
    return near + [bounds for bounds in passages if any(bounds[0] <= begin <= bounds[1] for begin, _ in near)]


def _complete(statement: QuotedStatement, name: str, scheme: Scheme) -> QuotedStatement:
    """Return a predicted statement with ids, and with the required values that it leaves out."""

    def fields(level: Level, values: QuotedFields) -> QuotedFields:
        presumptions = {
            field.name: presumed(field, scheme)
            for field in scheme.of(level)
            if field.kind == "vocabulary" and field.required and field.name not in values
        }
        return {**values, **presumptions}

    return replace(
        statement,
        id=name,
        fields=fields("statement", statement.fields),
        target=replace(statement.target, fields=fields("target", statement.target.fields)),
        conditions=tuple(
            replace(each, id=f"c{number}", fields=fields("condition", each.fields))
            for number, each in enumerate(statement.conditions, 1)
        ),
    )


def presumed(field: Field, scheme: Scheme) -> str:
    """Return the value of a required vocabulary field that a prediction leaves out.

    Its default; else the first value that asks for nothing particular in the words, neither quotation marks nor a cue
    in the content; else the first of all.
    """
    if field.default is not None:
        return field.default
    values = scheme.values(field)
    plain = [
        value
        for value, about in values.items()
        if about.get("needs_quotation", "none") == "none" and not about.get("cue_inside")
    ]
    return (plain or list(values))[0]
