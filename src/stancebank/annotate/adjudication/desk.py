"""What an adjudicator sees in Label Studio: the interface, and of each conflict a task with its candidates.

The interface is that of the labelling, with four questions beside it: which candidate is right, why annotators
differed, which rule decides, and a note. A task shows the whole article. Each candidate is a pre-annotation, named by
its letter, and a column of the table above the text. Nothing of a task says whose a candidate is: regions have ids of
their own, and letters come as they were dealt.

A task names its conflict by the key in its data (`CONFLICT`), and beside it holds a digest of what each letter stood
for (`LETTERS`), so that no letter is ever taken for another candidate than the one that the adjudicator saw.
"""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from html import escape
from textwrap import shorten
from typing import Any

from stancebank.agreement.compare import (
    FOUND,
    NOTHING,
    SAME_AS,
    ComparedField,
    condition_fields,
    in_words,
    statement_fields,
)
from stancebank.annotate.adjudication.types import NOTHING_HERE, OWN, Conflict
from stancebank.annotate.controls import NOTHING as NOTHING_TO_ANNOTATE
from stancebank.annotate.controls import OBJECT, ZONES
from stancebank.annotate.encode import to_result, to_task
from stancebank.annotate.interface import Supplement, interface_xml, quoted_attribute
from stancebank.annotate.interface_settings import NO_KEY, Interface
from stancebank.annotate.lists import Lists
from stancebank.errors import InputError
from stancebank.model import REASON_CODES, Article, Bounds, Document, Statement, to_builtins
from stancebank.schema.fields import Scheme
from stancebank.text import line_around, line_number, sha256

Json = dict[str, Any]

CONFLICT, LETTERS, TABLE = "conflict", "letters", "candidates"
"""Keys of a task's data: of its conflict, of digests by letter, of the table above the text."""
CHOICES, RULES = "choices", "rules"
CHOICE, REASON, RULE, NOTE = "verdict-choice", "verdict-reason", "verdict-rule", "verdict-note"
"""The names of the questions; a field of a scheme cannot have a hyphen in its name."""
QUESTIONS = frozenset((CHOICE, REASON, RULE, NOTE))
PASSAGE = "passage"
"""The label of the words that the conflict is about, and the name of the pre-annotation that holds them alone."""

_REASONS: Mapping[str, tuple[str, str]] = {
    "slip": ("slip", "Somebody made an error: the guidelines and the words are clear."),
    "guideline-gap": ("guideline gap", "No rule decides it, or rules contradict each other."),
    "ambiguous-text": ("ambiguous text", "The words mean both."),
    "perspective": ("perspective", "It depends on who reads it."),
}
_EMPHASIS = re.compile(r"[`*]")  # of Markdown
_WORDS = 80  # characters of a repeated statement that the table shows
_TITLES = (
    ("Which is right?", "Choose which candidate is right, nothing here, or as marked here."),
    ("Why did they differ?", "Choose why the annotators differed."),
)
_STYLE = (
    ".stancebank .verdict { border: 2px solid #0072b2; border-radius: 6px; padding: 2px 10px 8px; margin-bottom: 8px; "
    "display: grid; grid-template-columns: 1fr 1fr; gap: 0 16px; }",
    ".stancebank .verdict .whole { grid-column: 1 / -1; }",
    ".stancebank .verdict .lsf-hint { display: none; }",  # the keys, of which there are none
    ".stancebank .table { margin-bottom: 8px; }",
    ".stancebank .table .lsf-htx-richtext { line-height: 1.4; font-size: 14px; white-space: normal; padding: 0; }",
    ".stancebank .table table { border-collapse: collapse; width: 100%; table-layout: fixed; margin: 0; }",
    ".stancebank .table th, .stancebank .table td { border: 1px solid #bbb; padding: 3px 8px; text-align: start; "
    "vertical-align: top; unicode-bidi: plaintext; overflow-wrap: anywhere; }",
    ".stancebank .table th:first-child { width: 120px; }",
    ".stancebank .table mark { background: #fff1a8; color: #222; }",
    ".stancebank .table ul { margin: 0; padding-inline-start: 16px; list-style: disc; }",
)


def adjudication_xml(interface: Interface, rules: Mapping[str, str]) -> str:
    """Return the interface of an adjudication as XML, with a final newline.

    rules: titles of those of the guidelines, by number; where there are none, no question asks for one.
    """
    questions = tuple(each for each in interface.questions if each.question.name != NOTHING_TO_ANNOTATE)
    zone = f'<Label value="{PASSAGE}" background="#ffbf00" hotkey="{NO_KEY}"/>'
    table = f'  <HyperText name="{TABLE}" value="${TABLE}" inline="true"/>'
    above = ('<View className="table">', table, "</View>", *_questions(bool(rules)))
    return interface_xml(replace(interface, questions=questions), Supplement(_STYLE, above, (zone,)))


def _questions(has_rules: bool) -> Iterator[str]:
    (which, choose), (why, say) = _TITLES
    yield '<View className="verdict">'
    must = f'showInline="true" required="true" requiredMessage={quoted_attribute(choose)}'
    choices = f'<Choices name="{CHOICE}" toName="{OBJECT}" value="${CHOICES}" choice="single-radio" {must}/>'
    yield from _part(f"{CHOICE} whole", which, choices)
    must = f'showInline="true" required="true" requiredMessage={quoted_attribute(say)}'
    codes = [f'<Choices name="{REASON}" toName="{OBJECT}" choice="single-radio" {must}>']
    for code in REASON_CODES:
        value, hint = _REASONS[code]
        shown = f"value={quoted_attribute(value)} hint={quoted_attribute(hint)}"
        codes.append(f'  <Choice {shown} alias="{code}" hotkey="{NO_KEY}"/>')
    yield from _part(f"{REASON} whole", why, *codes, "</Choices>")
    if has_rules:
        words = 'maxUsages="1" leafsOnly="true" dropdownWidth="420" placeholder="such as G-403"'
        rule = f'<Taxonomy name="{RULE}" toName="{OBJECT}" value="${RULES}" {words}/>'
        yield from _part(RULE, "The rule that decides, if there is one", rule)
    words = 'rows="1" editable="true" maxSubmissions="1" placeholder="it is published: quote nothing"'
    note = f'<TextArea name="{NOTE}" toName="{OBJECT}" {words}/>'
    yield from _part(NOTE, "Note", note)
    yield "</View>"


def _part(name: str, title: str, *lines: str) -> Iterator[str]:
    yield f'  <View className="question {name}">'
    yield f'    <Header size="6" value={quoted_attribute(title)}/>'
    yield from (f"    {line}" for line in lines)
    yield "  </View>"


@dataclass(frozen=True)
class Desk:
    """What the tasks of a workspace's conflicts are made of.

    rules: as in `adjudication_xml`. units: where the words of every unit stand in its text, by its key.
    """

    interface: Interface
    lists: Lists
    guideline_version: str
    rules: Mapping[str, str]
    units: Mapping[str, Bounds]

    def task(self, conflict: Conflict, article: Article, text: str) -> Json:
        """Return the task of a conflict. text: of the article, as it is stored.

        Raises InputError where the text is not the article's.
        """
        scheme = self.interface.controls.scheme
        readings = [
            _reading(article, each.letter, each.statement, self.guideline_version, scheme)
            for each in conflict.candidates
            if each.statement is not None
        ]
        made = to_task(article, text, [], self.lists, self.interface, guideline_version=self.guideline_version)
        chosen = {
            name
            for reading in readings
            for each in reading.statements
            for name in (*(one for _, one in scheme.entities(each)), *(one for _, one in scheme.targets(each)))
        }
        zones = made["predictions"][0]["result"]
        passage = _passage(conflict, text)
        by_letter = {reading.annotator: reading for reading in readings}
        predictions = [
            {"model_version": each.letter, "result": [*self._shown(article, text, by_letter, each.letter, zones)]}
            for each in conflict.candidates
        ]
        # Label Studio opens a task with its newest pre-annotation filled in: that must not be a candidate
        predictions.append({"model_version": PASSAGE, "result": [*zones, passage]})
        fields = ", ".join(conflict.fields)
        where = f"line {line_number(text, conflict.begin)}: they differ in {fields}"
        data = {
            **made["data"],
            **self.lists.of(text, chosen),
            "title": " · ".join([made["data"]["title"], where]),
            CONFLICT: conflict.key,
            LETTERS: digests(conflict),
            TABLE: table_html(conflict, text, scheme, self.units),
            CHOICES: list(_choices(conflict)),
            RULES: [{"value": _plain(f"{number} {title}"), "alias": number} for number, title in self.rules.items()],
        }
        return {"data": data, "predictions": predictions}

    def _shown(
        self, article: Article, text: str, readings: Mapping[str, Document], letter: str, zones: list[Json]
    ) -> list[Json]:
        """Return the regions of a candidate; those of the zones alone where it has nothing that can be shown."""
        reading = readings.get(letter)
        if reading is None:
            return zones
        try:
            return to_result(article, text, reading, self.interface)
        except InputError:  # a chain that the interface cannot show: the table has it
            return zones


def _plain(title: str) -> str:
    """Return a heading of Markdown as an entry of a list, which Label Studio splits at slashes."""
    return _EMPHASIS.sub("", title).replace(" / ", "/")


def digests(conflict: Conflict) -> dict[str, str]:
    """Return what each letter stands for, as a digest."""
    found = {}
    for each in conflict.candidates:
        said = None if each.statement is None else to_builtins(each.statement)
        found[each.letter] = sha256(json.dumps(said, ensure_ascii=False, sort_keys=True))[:16]
    return found


def _reading(article: Article, letter: str, statement: Statement, version: str, scheme: Scheme) -> Document:
    """Return a candidate as a document of its own, whose annotator is its letter."""
    return Document(
        schema_version=scheme.version,
        guideline_version=version,
        article_id=article.id,
        text_sha256=article.text_sha256,
        annotator=letter,
        origin="human",
        created_at="",
        updated_at="",
        statements=(statement,),
        edition=scheme.edition,
    )


def _passage(conflict: Conflict, text: str) -> Json:
    """Return the words that a conflict is about, as a region that is shown and cannot be changed."""
    begin, end = conflict.begin, conflict.end
    return {
        "id": PASSAGE,
        "from_name": ZONES,
        "to_name": OBJECT,
        "type": "labels",
        "origin": "prediction",
        "readonly": True,
        "value": {"start": begin, "end": end, "text": text[begin:end], "labels": [PASSAGE]},
    }


def _choices(conflict: Conflict) -> Iterator[Json]:
    """Yield what can be chosen in a task."""
    for each in conflict.candidates:
        said = each.letter if each.statement is not None else f"{each.letter}: nothing here"
        yield {"value": said, "alias": each.letter, "hotkey": NO_KEY}
    if all(each.statement is not None for each in conflict.candidates):
        yield {"value": "Nothing here", "alias": NOTHING_HERE, "hotkey": NO_KEY}
    yield {"value": "As marked here", "alias": OWN, "hotkey": NO_KEY}


def table_html(conflict: Conflict, text: str, scheme: Scheme, units: Mapping[str, Bounds]) -> str:
    """Return the candidates as a table in HTML. All words are escaped. units: as in `Desk`.

    Its rows are the line that the conflict is in, each field that the candidates differ in, and what all of them say.
    """
    letters = [each.letter for each in conflict.candidates]
    has = [each.statement is not None for each in conflict.candidates]
    alone = letters[has.index(True)] if sum(has) == 1 else None
    lines = [_row("words", _line(conflict, text), len(letters)), _cells("", "th", map(escape, letters))]
    if not all(has):
        found = [f"<mark>{'a statement' if each else 'nothing here'}</mark>" for each in has]
        lines.append(_cells(FOUND, "td", found))
    alike = []
    for name, said in _rows(conflict, text, scheme, units):
        theirs = [each for each, is_there in zip(said, has, strict=True) if is_there]
        shared = set(theirs[0]).intersection(*theirs)
        if any(set(each) != shared for each in theirs):
            lines.append(_cells(name, "td", (_cell(each, shared) for each in said)))
        elif theirs[0]:
            alike.append(f"<b>{escape(name)}</b> {escape('; '.join(theirs[0]))}")
    if alike:
        lines.append(_row(f"{alone} says" if alone else "all say", " · ".join(alike), len(letters)))
    return f"<table><tbody>{''.join(lines)}</tbody></table>"


def _line(conflict: Conflict, text: str) -> str:
    """Return the line, or lines, of a conflict, as HTML with its words in bold."""
    around = line_around(text, conflict.begin, conflict.end)
    start = text.rfind("\n", 0, conflict.begin) + 1
    begin, end = conflict.begin - start, conflict.end - start
    return f"{escape(around[:begin])}<b>{escape(around[begin:end])}</b>{escape(around[end:])}"


def _row(name: str, cell: str, width: int) -> str:
    return f'<tr><th>{escape(name)}</th><td colspan="{width}">{cell}</td></tr>'


def _cells(name: str, tag: str, cells: Iterable[str]) -> str:
    return f"<tr><th>{escape(name)}</th>{''.join(f'<{tag}>{cell}</{tag}>' for cell in cells)}</tr>"


def _cell(said: tuple[str, ...], shared: set[str]) -> str:
    """Return what a candidate says in a field, as HTML: several things as a list. shared: what all of them say."""
    shown = [escape(each) if each in shared else f"<mark>{escape(each)}</mark>" for each in said]
    return f"<ul>{''.join(f'<li>{each}</li>' for each in shown)}</ul>" if len(said) > 1 else "".join(shown) or NOTHING


def _rows(
    conflict: Conflict, text: str, scheme: Scheme, units: Mapping[str, Bounds]
) -> Iterator[tuple[str, list[tuple[str, ...]]]]:
    """Yield the name of each field, and what each candidate says in it: nothing, one thing, or several."""
    article = conflict.article_id
    statements = [each.statement for each in conflict.candidates]

    def shown(name: str, field: ComparedField[Any], holder: Any) -> tuple[str, ...]:
        said = field.read(holder)
        return (in_words(said, name, article, text, scheme),) if said != NOTHING else ()

    for name, field in statement_fields(scheme).items():
        yield name, [() if each is None else shown(name, field, each) for each in statements]
    if scheme.has_repetitions:
        ties = [each.same_as if each else None for each in statements]
        yield SAME_AS, [() if tie is None else (_repeated(units.get(tie), text),) for tie in ties]
    fields = condition_fields(scheme)
    groups = [field for field in scheme.of("condition") if field.kind == "group"]

    def conditions(statement: Statement | None) -> Iterator[str]:
        for each in statement.conditions if statement else ():
            told = []
            for name, field in fields.items():
                if name not in ("role", "condition span"):
                    told += [f"{name} {value}" for value in shown(name, field, each)]
            told += [f"{group.title} {number}" for group in groups if (number := group.group(each)) is not None]
            words = shown("condition span", fields["condition span"], each)
            yield f"{each.role.replace('_', ' ')}: {', '.join([*words, *told])}"

    if fields:
        yield "conditions", [tuple(conditions(each)) for each in statements]


def _repeated(bounds: Bounds | None, text: str) -> str:
    """Return how a person knows a statement that another one repeats. bounds: of its words."""
    if bounds is None:
        return "another statement"
    return f"line {line_number(text, bounds[0])}: “{shorten(text[bounds[0] : bounds[1]], _WORDS, placeholder=' ...')}”"
