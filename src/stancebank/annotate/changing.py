"""A statement of a document changed in place: fields, entities and words, by what people type for them."""

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from difflib import get_close_matches
from typing import Any

from msgspec.structs import replace

from stancebank.annotate.gold import succeed
from stancebank.annotate.judging import UNREGISTERED, Judge
from stancebank.corpus.anchoring import find_next, stands_apart
from stancebank.corpus.language import load_habits, trim_statement
from stancebank.corpus.selectors import TextIndex, read_selector
from stancebank.errors import Finding, InputError
from stancebank.model import Article, Document, Statement, to_builtins
from stancebank.schema.fields import PENDING, Field, Level, Scheme
from stancebank.schema.validate import shown_path
from stancebank.text import line_number
from stancebank.workspace import Workspace

Json = dict[str, Any]

_TRUE, _FALSE = frozenset(("true", "yes", "1")), frozenset(("false", "no", "0"))


@dataclass(frozen=True, slots=True)
class Edit:
    """A value that was changed. name: as it was typed. old, new: as people read them; "" for none."""

    name: str
    old: str
    new: str


@dataclass(frozen=True, slots=True)
class Changed:
    """A document with a changed statement, not written yet. id: of the statement or condition, with its article."""

    id: str
    document: Document
    before: Document
    edits: tuple[Edit, ...]


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a value is. parts: the way to it from the statement or condition in JSON. kind: of a field, or of a part of
    the frame. name: as it was typed.
    """

    name: str
    parts: tuple[str, ...]
    kind: str
    field: Field | None = None


def change_statement(
    workspace: Workspace,
    address: str,
    assignments: Sequence[tuple[str, str]],
    annotator: str | None = None,
    now: datetime | None = None,
) -> Changed:
    """Return a document with fields of one statement, or of one condition, changed. Writes nothing.

    address: ``<article>/s3``, or ``<article>/s3/c1``. assignments: names with values; an empty value removes.
    annotator: whose document; None for gold.

    Raises InputError with everything that is wrong: names, values, words without a single place, and what a check would
    find in the document that it does not find now.
    """
    store, scheme = workspace.store, workspace.scheme
    article_id, _, own = address.partition("/")
    article = store.article(article_id)
    if not store.has_document(article.id, annotator):
        raise InputError(f"There is no document of {article_id} by {annotator or 'gold'}.")
    before = store.document(store.document_name(article.id, annotator))
    number, place = _find(before, own)
    level: Level = "statement" if place is None else "condition"
    editor = _Editor(workspace, article, before.statements[number], before.gold is not None)
    value = to_builtins(before)
    held = value["statements"][number]
    holder = held if place is None else held["conditions"][place]
    old = json.loads(json.dumps(holder))
    faults: list[str] = []
    given: dict[str, list[str]] = {}
    for name, words in assignments:
        given.setdefault(name, []).append(words)
    places = {}
    for name, values in given.items():
        try:
            places[name] = found = _place(name, level, scheme)
            editor.put(holder, found, values)
        except InputError as error:
            faults.append(f"{name}: {error}")
    if faults:
        raise InputError(_listed(address, faults))
    time = (now or datetime.now(UTC)).strftime("%Y-%m-%dT%H:%M:%SZ")
    judge = Judge(workspace)
    known = {(each.code, each.pointer, each.message) for each in judge.errors(before)}
    made, findings = _read(
        value | {"updated_at": time}, before, judge, editor.trim if editor.is_of_words else None, number
    )
    if new := [each for each in findings if (each.code, each.pointer, each.message) not in known]:
        raise InputError(_listed(address, [_said(each, value, judge, (number, place)) for each in new]))
    assert made is not None
    after = to_builtins(made)["statements"][number]
    after = after if place is None else after["conditions"][place]
    text = editor.text
    edits = [Edit(name, _shown_at(old, one, text), _shown_at(after, one, text)) for name, one in places.items()]
    name = before.statements[number].id if place is None else before.statements[number].conditions[place].id
    full = name if name.startswith(f"{article.id}/") else f"{article.id}/{name}"
    return Changed(full, made, before, tuple(each for each in edits if each.old != each.new))


def _read(
    value: Json, before: Document, judge: Judge, trim: Callable[[Statement], Statement] | None, number: int
) -> tuple[Document | None, list[Finding]]:
    """Return the document that JSON holds, as the successor of the one before, and the errors in it."""
    from stancebank.schema.validate import validate

    workspace = judge.workspace
    if faults := validate(value, "annotation", workspace.schema_dir, judge.file_of(before)):
        return None, faults
    document = workspace.scheme.read_document({key: each for key, each in value.items() if key != PENDING})
    if trim is not None:
        statements = list(document.statements)
        statements[number] = trim(statements[number])
        document = replace(document, statements=tuple(statements))
    document = succeed(document, before)
    return document, judge.errors(document)


def _find(document: Document, name: str) -> tuple[int, int | None]:
    """Return the number of a statement, and that of a condition of it where that is named."""
    prefix = f"{document.article_id}/"
    known: dict[str, tuple[int, int | None]] = {}
    for number, statement in enumerate(document.statements):
        known[statement.id.removeprefix(prefix)] = (number, None)
        for place, condition in enumerate(statement.conditions):
            known[condition.id.removeprefix(prefix)] = (number, place)
    if name not in known:
        likely = get_close_matches(name, known, 1)
        few = ", ".join(key for key, (_, place) in known.items() if place is None)
        said = f"Did you mean {likely[0]!r}?" if likely and name else f"There are: {few or 'none'}."
        what = "Name a statement: ID/s1." if not name else f"{document.article_id} has no statement {name!r}."
        raise InputError(f"{what} {said}")
    return known[name]


def _place(name: str, level: Level, scheme: Scheme) -> _Place:
    """Return where the value is that a name stands for. Raises InputError for a name that stands for none."""
    known: dict[str, _Place] = {}
    if level == "statement":
        for key, parts, kind in (
            ("content", ("content",), "spans"),
            ("speaker", ("speaker", "entity"), "entity"),
            ("speaker.mention", ("speaker", "span"), "span"),
            ("target", ("target", "id"), "target"),
            ("target.mention", ("target", "span"), "span"),
        ):
            known[key] = _Place(key, parts, kind)
        if scheme.has_repetitions:
            known["same_as"] = _Place("same_as", ("same_as",), "same_as")
    else:
        known["spans"] = _Place("spans", ("spans",), "spans")
        known["role"] = _Place("role", ("role",), "text")
    for each in scheme.of("target") if level == "statement" else ():
        known[each.name] = known[f"target.{each.name}"] = _Place(each.name, ("target", each.name), each.kind, each)
    for each in scheme.of(level):
        known[each.name] = _Place(each.name, (each.name,), each.kind, each)
    for key, found in list(known.items()):
        if found.kind == "date":
            known[f"{key}.basis"] = _Place(f"{key}.basis", (*found.parts, "basis"), "text", found.field)
    if name not in known:
        likely = get_close_matches(name, known, 1)
        said = f" Did you mean {likely[0]!r}?" if likely else ""
        raise InputError(f"a {level} has no such field.{said} There are: {', '.join(known)}.")
    return known[name]


@dataclass
class _Editor:
    """Puts what people type into a statement as JSON holds it. is_of_words: whether words were among it."""

    workspace: Workspace
    article: Article
    statement: Statement
    is_gold: bool
    is_of_words: bool = field(default=False)

    def __post_init__(self) -> None:
        self.text = self.workspace.store.text(self.article)

    def put(self, holder: Json, place: _Place, given: Sequence[str]) -> None:
        """Put a value in its place, or take away the one that is there. Raises InputError for what is none."""
        *above, last = place.parts
        for part in above:
            holder = holder.setdefault(part, {})
        words = [each for each in given if each.strip()]
        if not words:
            holder.pop(last, None)
            return
        if len(words) > 1 and place.kind not in ("spans", "entities", "targets", "mentions"):
            raise InputError("it is given twice.")
        holder[last] = self._value(place, words, holder.get(last))

    def _value(self, place: _Place, words: Sequence[str], old: Any) -> Any:
        first = words[0].strip()
        match place.kind:
            case "flag":
                if first.lower() not in _TRUE | _FALSE:
                    raise InputError(f"{first!r} is neither true nor false.")
                return first.lower() in _TRUE
            case "group":
                if not first.isdecimal():
                    raise InputError(f"{first!r} is no number.")
                return int(first)
            case "entities" | "targets":
                return [name.strip() for each in words for name in each.split(",") if name.strip()]
            case "mentions":
                spans = {each["entity"]: each for each in old or ()}
                names = [name.strip() for each in words for name in each.split(",") if name.strip()]
                return [spans.get(name, {"entity": name}) for name in names]
            case "date":
                return {**(old or {}), "date": first}
            case "same_as":
                return f"{self.article.id}/{first}" if self.is_gold and "/" not in first else first
            case "span":
                return self._span(place, first)
            case "spans":
                return [self._span(place, each) for each in words]
        return words[0]

    def _span(self, place: _Place, words: str) -> Json:
        """Return the span of words of the text, or of a selector in JSON."""
        if self.text is None:
            raise InputError(
                "the words of the article are not at hand. Hint: run `stancebank corpus hydrate DIR` first."
            )
        self.is_of_words = True
        index, scheme = TextIndex.of_lines(self.text), self.workspace.scheme
        content = self.statement.content if place.parts != ("content",) else ()
        line = line_number(self.text, content[0].begin) if content else None
        selector = read_selector(_json(words))
        found = index.find_places(selector, line)
        bounds = found[0] if len(found) == 1 else None
        if bounds is None and content:
            apart = stands_apart(place.parts[0], self.statement.fields, scheme)
            bounds = find_next(found, content, self.text, apart=apart)
        if bounds is None:
            raise InputError(index.say_ambiguous(selector, found, line))
        span: Json = to_builtins(index.span(*bounds, scheme.edition))
        return span

    def trim(self, statement: Statement) -> Statement:
        """Return the statement with its words in the form that an import gives them."""
        workspace = self.workspace
        return trim_statement(statement, self.text or "", workspace.scheme, load_habits(workspace.root))[0]


def _json(words: str) -> str | Mapping[str, Any]:
    """Return a selector that is typed as JSON, such as ``{"quote": "said", "line": 3}``, else the words as they are."""
    if not words.startswith("{"):
        return words
    try:
        value = json.loads(words)
    except ValueError:
        return words
    if not isinstance(value, dict) or not {"quote", "exact", "begin"} & value.keys():
        raise InputError('a selector is like {"quote": "said", "line": 3}.')
    return value


def _shown_at(holder: Json, place: _Place, text: str | None) -> str:
    """Return the value in a place as people read it; where it is left out, that which it then has."""
    value: Any = holder
    for part in place.parts:
        value = value.get(part) if isinstance(value, dict) else None
    return _shown(value, text) or (place.field.default if place.field else None) or ""


def _shown(value: Any, text: str | None) -> str:
    """Return a value of JSON as people read it."""
    if value is None:
        return ""
    if isinstance(value, list):
        return ", ".join(_shown(each, text) for each in value)
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, dict) and "begin" in value:
        begin, end = value["begin"], value["end"]
        return f"“{text[begin:end]}”" if text is not None else f"text[{begin}:{end}]"
    if isinstance(value, dict):
        return " ".join(_shown(each, text) for each in value.values())
    return str(value)


def _said(finding: Finding, value: Json, judge: Judge, own: tuple[int, int | None]) -> str:
    """Say a finding as who changed the statement reads it: with the statement, where it is about another one."""
    parts = finding.pointer.split("/")
    path = shown_path(finding.pointer)
    if len(parts) > 2 and parts[1] == "statements" and parts[2].isdecimal():
        number, below = int(parts[2]), parts[3:]
        path = shown_path("/" + "/".join(below)) if below else ""
        if own[1] is not None and below[:2] == ["conditions", str(own[1])]:
            path = shown_path("/" + "/".join(below[2:])) if below[2:] else ""
        if number != own[0]:
            path = f"{value['statements'][number]['id'].rpartition('/')[2]}: {path}"
    message = finding.message + (judge.likely(finding) if finding.code in UNREGISTERED else "")
    hint = "" if finding.code.startswith("schema-") else f" Hint: {finding.hint}."
    return ": ".join(part for part in (path, message + hint) if part)


def _listed(address: str, faults: Iterable[str]) -> str:
    found = list(faults)
    if len(found) == 1:
        return f"{address}: {found[0]}\nNothing was written."
    return "\n".join([f"{address}: {len(found)} faults:", *found, "Nothing was written."])
