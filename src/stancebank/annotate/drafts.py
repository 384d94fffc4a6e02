"""A reading that is begun by hand: its form, with what the article gives for a first statement."""

from typing import Any

from stancebank.annotate.guidelines import guideline_version
from stancebank.check.annotations import Signal, marks
from stancebank.corpus.language import load_language
from stancebank.model import Article
from stancebank.schema.fields import Field, Level, Scheme
from stancebank.text import line_bounds, line_number
from stancebank.workspace import Workspace

Json = dict[str, Any]

_CHOICE = " | "


def empty_reading(workspace: Workspace, article_id: str, annotator: str) -> Json:
    """Return a reading without a statement, in the quoted form."""
    return {
        "article_id": article_id,
        "annotator": annotator,
        "origin": "human",
        "guideline_version": guideline_version(workspace.root),
        "statements": [],
    }


def draft_reading(workspace: Workspace, article: Article, text: str, annotator: str) -> Json:
    """Return a reading to be filled in, with one statement: of the first quotation or cue of the article.

    Its words are those of the line; where a value has to be chosen, the values stand in its place, so that an import
    of the draft as it is says what is missing. An article without a quotation or cue gets none.
    """
    draft = empty_reading(workspace, article.id, annotator)
    language = load_language(article.language_tag, workspace.root)
    annotated = workspace.scheme.vocabularies.annotated_zones()
    found = min(marks(article, text, annotated, language), key=lambda mark: mark.begin, default=None)
    if found is not None:
        draft["statements"] = [_statement(workspace.scheme, article, text, found)]
    return draft


def _statement(scheme: Scheme, article: Article, text: str, mark: Signal) -> Json:
    number = line_number(text, mark.begin)
    begin, end = line_bounds(text)[number - 1]
    zone = next((each for each in article.zones if each.begin <= mark.begin < each.end), None)
    if zone is not None:  # a dateline stands on the same line, and is no part of what is said
        begin, end = max(begin, zone.begin), min(end, zone.end)
    words = text[mark.begin : mark.end]
    is_cue = mark.kind == "cue"
    statement: Json = {
        "id": "s1",
        "line": number,
        "content": [text[begin:end].strip() if is_cue else words],
        "speaker": {"entity": "an id of corpus/entities.json", "mention": "as the text names the speaker"},
    }
    if (cue := scheme.find("statement", "cue")) is not None and is_cue:
        statement[cue.name] = words
    statement |= _asked(scheme, "statement")
    statement["target"] = {"id": "an id of corpus/targets.json", **_asked(scheme, "target")}
    return statement


def _asked(scheme: Scheme, level: Level) -> Json:
    """Return the fields of a level that everybody fills in, with what they may be."""
    return {field.name: _offer(scheme, field) for field in scheme.of(level) if field.required or field.names_parties}


def _offer(scheme: Scheme, field: Field) -> Any:
    if field.vocabulary is not None and field.kind == "vocabulary":
        return _CHOICE.join(scheme.vocabularies.offered(field.vocabulary))
    return [] if field.kind in ("entities", "targets", "mentions", "spans") else field.description
