"""The table of conversations, for the tuning and testing of language models.

What a model is told and asked, and the gold statements as the answer, are both made of the scheme.
"""

import json
import textwrap
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

from stancebank.corpus.anchoring import read_statements
from stancebank.corpus.quoted import QuotedStatement, quote_statement, statement_json, statement_selectors
from stancebank.corpus.selectors import Passage, Selector, TextIndex
from stancebank.model import Article, Document, Entity, Statement, TargetEntry
from stancebank.publish.tables.columns import (
    AGENCIES,
    ARTICLE,
    READING,
    RIGHTS,
    TEXT,
    ArticleSource,
    Column,
    ListOf,
    Row,
    Struct,
    Table,
    derived,
    in_edition,
)
from stancebank.publish.tables.fields import split_columns
from stancebank.schema.fields import Field, Kind, Level, Scheme

_WIDTH = 116  # columns of a line

_FORM = (
    "The user gives the article. Each paragraph has the number of its line in front, in brackets. Answer with one JSON "
    'object and nothing else: {"statements": [...]}, in the order of the text, or {"statements": []}. Each statement '
    "has these keys; what is marked with * is left out where there is nothing to say."
)
_CONTENT = (
    "a list of spans, the words that carry the position: the whole clause, without outer quotation marks or final stop"
)
_SPEAKER = (
    'whose position it is: {"entity": the full name, "mention"*: a span, the mention nearest to the cue}. Speakers '
    "without a name are called after their kind and affiliation"
)
_CONDITIONS = (
    'what the position depends on, a list, empty where it depends on nothing: {"spans": a list of spans, with the '
    'connective, "role": how it depends'
)
_SPAN = """\
A span is exact words of the article inside one paragraph, without the number in front. Where the same words, whatever
their case, stand more than once in the article, it is {"quote": the words, "line": the number in front of the
paragraph}, and where they stand more than once in that paragraph's line, also "occurrence": 1 for the first."""
_HEADS: Mapping[Kind, str] = {
    "span": "a span, {}",
    "spans": "a list of spans, {}",
    "mentions": "a list like speaker, {}",
    "entity": "a name: {}",
    "entities": "a list of names: {}",
    "target": "{}, from the list of targets",
    "targets": "a list of ids from the list of targets: {}",
    "flag": "true or false: {}",
    "date": '{}: {{"date": in EDTF, "basis": what it rests on}}',
    "group": "a number from 1: {}",
}
"""What is said of a field by its kind; {} is its description."""


def system_message(scheme: Scheme, targets: Iterable[TargetEntry]) -> str:
    """Return the task, with the targets of the registry and the values of the vocabularies."""
    label = scheme.label.title
    goal = f"You read one news article and list its statements: who takes which {label} towards what"
    goal += ", on which conditions." if scheme.has_conditions else "."
    about = scheme.prompts.get("statement", f"Two targets or two {label}s in one breath are two statements.")
    statement = f"A statement is one speaker's position on one target, as the article reports it. {about}"
    parts = [
        _wrapped(goal),
        _wrapped(f"{statement} An article may hold none."),
        _wrapped(_FORM),
        "\n".join(_wrapped(f"- {line}.", "  ") for line in _keys(scheme)),
        _SPAN,
        *(
            f"{title}:\n\n{scheme.vocabularies.table(name, retired=False).rstrip()}"
            for name, title in _tables(scheme).items()
        ),
        _target_table(scheme, targets),
    ]
    return "\n\n".join(parts) + "\n"


_system_message = lru_cache(maxsize=4)(system_message)  # every article has the same


def _keys(scheme: Scheme) -> Iterator[str]:
    """Yield what is said of each key of a statement."""
    before, after = scheme.written_order
    yield f'"content": {scheme.prompts.get("content", _CONTENT)}'
    yield f'"speaker": {scheme.prompts.get("speaker", _SPEAKER)}'
    yield from _fields(before)
    about = ['{"id": from the list of targets', *_fields(scheme.of("target")), '"mention"*: a span that names it}']
    yield f'"target": what the position is about: {", ".join(about)}'
    if scheme.has_conditions:
        yield f'"conditions": {", ".join([_CONDITIONS, *_fields(scheme.of("condition"))])}}}'
    yield from _fields(after)


def _fields(fields: Iterable[Field]) -> Iterator[str]:
    """Yield what is said of each field that a prediction has; one with an empty prompt is told with the next one."""
    names: list[str] = []
    for field in fields:
        if not field.compared:
            continue
        is_given = field.kind == "vocabulary" and (field.required or field.default is not None)
        names.append(f'"{field.name}"' + ("" if is_given else "*"))
        if field.prompt != "":
            about = field.prompt or _HEADS.get(field.kind, "{}").format(_clause(field.description))
            yield f"{', '.join(names)}: {about}"
            names = []


def _clause(description: str) -> str:
    """Return the first clause of a description, to go on with in a sentence: ``how firmly it is put``."""
    first = description.split(";")[0].rstrip(". ")
    return first[:1].lower() + first[1:]


def _tables(scheme: Scheme) -> dict[str, str]:
    """Return the vocabularies of the fields of a prediction, each with its title: first that of the label."""
    of_level: dict[Level, str] = {"statement": "", "target": " of targets", "condition": " of conditions"}
    found = {str(scheme.label.vocabulary): f"{scheme.label.title.capitalize()}s"}
    for field in scheme.fields:
        if field.kind == "vocabulary" and field.compared and field.level == "statement":
            found.setdefault(str(field.vocabulary), field.title.capitalize())
    if scheme.has_conditions:
        found["condition_role"] = "Roles of conditions"
    for field in scheme.fields:
        if field.kind == "vocabulary" and field.compared:
            found.setdefault(str(field.vocabulary), f"{field.title.capitalize()}{of_level[field.level]}")
    for field in scheme.fields:
        if field.kind == "date" and field.compared:
            found.setdefault(str(field.vocabulary), "Basis of a date")
    return found


def _target_table(scheme: Scheme, targets: Iterable[TargetEntry]) -> str:
    """Return the entries of the registry that a statement may name."""
    names_kinds = any(field.kind == "target" for field in scheme.of("condition"))
    uses = {"both": "target or condition" if names_kinds else "target"}
    rows = [
        f"| `{each.id}` | {uses.get(each.use, each.use)} | {each.definition} |"
        for each in targets
        if each.use != "root" and (names_kinds or each.use != "condition")
    ]
    title = "Targets, and kinds of conditions:\n" if names_kinds else "Targets:\n"
    return "\n".join((title, "| id | stands for | meaning |", "| --- | --- | --- |", *rows))


def _wrapped(paragraph: str, indent: str = "") -> str:
    return textwrap.fill(paragraph, _WIDTH, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False)


def user_message(article: Article, text: str, passages: Sequence[Passage]) -> str:
    """Return the annotated text of an article, a passage a line, each behind the number of its line.

    Above it stand outlet and date of publication, where they are known. text: the stored text.
    """
    known = {"Outlet": article.outlet, "Published": article.published}
    head = [f"{name}: {sourced.value}" for name, sourced in known.items() if sourced]
    body = [f"[{each.line}] {text[each.begin : each.end]}" for each in passages]
    return "\n".join([*head, *([""] if head else []), *body]) + "\n"


Answer = dict[str, Any]


def make_answer(document: Document, index: TextIndex, entities: Mapping[str, Entity], scheme: Scheme) -> Answer:
    """Return a document as a prediction, its statements in the order of the document.

    index: of the article's passages. entities: by id. Fields that only annotators know are left out; a vocabulary
    field always says its value, and a statement its conditions; what else is empty is left out.
    """
    return {
        "statements": [
            statement_json(_quoted(each, index, entities, scheme), scheme, says_conditions=scheme.has_conditions)
            for each in document.statements
        ]
    }


def answer_spans(answer: Answer, scheme: Scheme) -> Iterator[tuple[str, Selector]]:
    """Yield every selector of a valid prediction with its JSON pointer."""
    for number, statement in enumerate(read_statements(answer, scheme)):
        for pointer, selector in statement_selectors(statement):
            yield f"/statements/{number}{pointer}", selector


def _quoted(statement: Statement, index: TextIndex, entities: Mapping[str, Entity], scheme: Scheme) -> QuotedStatement:
    """Return a statement by its words, with the fields that a prediction has: those of vocabularies always."""
    return quote_statement(
        statement,
        scheme,
        lambda span: index.quote(span.begin, span.end),
        lambda name: entities[name].name,
        compared=True,
    )


@dataclass(frozen=True)
class ChatSource(ArticleSource):
    """What the row of a conversation is filled from. text: of the article; passages: those of its annotated zones."""

    text: str
    passages: Sequence[Passage]


def _messages(source: ChatSource) -> list[Row]:
    index = TextIndex.of_passages(source.text, source.passages)
    answer = make_answer(source.annotated.document, index, source.context.entities, source.context.scheme)
    said = {
        "system": _system_message(source.context.scheme, tuple(source.context.targets.values())),
        "user": user_message(source.annotated.article, source.text, source.passages),
        "assistant": json.dumps(answer, ensure_ascii=False),
    }
    return [{"role": role, "content": content} for role, content in said.items()]


_CHAT = Table(
    "chat",
    "One row an article, as a conversation: the task, the annotated text, and the gold statements as JSON that follows "
    "`prediction.schema.json`.",
    (
        *derived(ARTICLE),
        Column(
            "n_statements",
            "int64",
            "How many statements the answer holds.",
            lambda source: len(source.annotated.document.statements),
            repeats=True,
        ),
        *derived(RIGHTS),
        *derived(READING),
        *derived((AGENCIES,)),
        Column(
            "messages",
            ListOf(
                Struct(
                    (
                        Column("role", "string", "`system`, `user` or `assistant`."),
                        Column("content", "string", "What is said.", text_of=TEXT),
                    )
                )
            ),
            "The task with targets and values, the text with the numbers of its lines, and the answer.",
            _messages,
            text_of=TEXT,
        ),
    ),
    whole_text=True,
)

CHAT = _CHAT.name


@lru_cache(maxsize=32)
def chat_table(scheme: Scheme) -> Table:
    """Return the table `chat`."""
    first = len(ARTICLE)
    columns = (*_CHAT.columns[:first], *split_columns(scheme), *_CHAT.columns[first:])
    return in_edition(replace(_CHAT, columns=columns), scheme)
