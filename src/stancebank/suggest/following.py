"""What became of suggestions: which statement of an annotator began as one, and what was changed in it.

A region that was shown keeps its id, whatever is changed in it, and no other region has that id (`suggest.showing`).
What was shown is read as what was submitted is read, and both are compared part by part: so what is inferred, such as
the only group of a condition, is no change. A question that was open, and is answered, is one.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from msgspec.structs import replace

from stancebank.annotate.client import Server
from stancebank.annotate.controls import CONTENT, ENTITY, ROLE, SLASH, SPANS, TARGET_ID, Profile, make_controls
from stancebank.annotate.encode import names_item, to_result
from stancebank.annotate.sync.drawing import VERSION
from stancebank.annotate.usable import Taker
from stancebank.corpus.registry import current_ids, resolve_document
from stancebank.corpus.suggestions import BEGUN, BegunLine, ShownLine, read_begun, read_shown, write_lines
from stancebank.errors import InputError
from stancebank.model import Document, Statement, replace_spans
from stancebank.schema.fields import Scheme
from stancebank.suggest.showing import DraftReader, short_name
from stancebank.text import normalise
from stancebank.workspace import Workspace

Json = Mapping[str, Any]

UNKNOWN = "unknown"
"""What is said to be changed where what was shown is no longer known: neither here nor on the server."""


@dataclass
class Beginnings:
    """Follows pulls and imports, and keeps the ledger of what began as a suggestion.

    server: is asked for what it shows, where the file of a suggestion has changed since; None for an import.
    """

    workspace: Workspace
    server: Server | None = None
    _found: dict[tuple[str, str], tuple[BegunLine, ...]] = field(default_factory=dict)
    _readers: dict[Profile, DraftReader] = field(default_factory=dict)
    _held: dict[int, list[Any] | None] = field(default_factory=dict)

    def prepare(self, tasks: Iterable[Json], owner: str = "") -> None:
        """Ask the server what tasks showed of which the files here no longer say it. owner: whose project it is."""
        if self.server is None:
            return
        for task in tasks:
            number, project, article_id = task.get("id"), task.get("project"), str(task["data"].get("article_id"))
            theirs = [each for (about, _), each in self._lines.items() if about == article_id and each.suggestion]
            line = self._lines.get((article_id, owner), theirs[0] if theirs else None)
            if line is None or not line.suggestion or not isinstance(number, int) or not isinstance(project, int):
                continue
            if task.get("annotations") and self._filed(task, line) is None:
                held, version = self.server.predictions(project, number), VERSION + line.suggestion
                shown = (list(each["result"]) for each in held if each.get("model_version") == version)
                self._held[number] = next(shown, None)

    def take(self, task: Json, annotation: Json, said: Document, taken: Document, owner: str | None) -> None:
        """Note what became of the suggestions of a task in an annotation of it, in place of what was noted before.

        said: all that the annotation says; taken: what of it is now the document. owner: whose project the task is in,
        "" for one of all, None where that is not known. The annotator may have another pseudonym since.
        """
        key = said.article_id, said.annotator
        names = (said.annotator, "") if owner is None else (owner, said.annotator)
        line = next((found for each in names if (found := self._lines.get((said.article_id, each)))), None)
        if line is None or not line.suggestion:
            self._found[key] = ()
        else:
            self._found[key] = tuple(self._became(task, annotation, said, {each.id for each in taken.statements}, line))

    def forget(self, article_id: str, annotator: str) -> None:
        """Note that an annotator has no document of an article any more."""
        self._found[article_id, annotator] = ()

    def write(self) -> bool:
        """Write what was noted, and return whether it changed anything."""
        if not self._found:
            return False
        store = self.workspace.store
        others = [each for each in read_begun(store) if (each.article_id, each.annotator) not in self._found]
        lines = [*others, *(line for found in self._found.values() for line in found)]
        self._found = {}
        return write_lines(store, BEGUN, lines)

    @cached_property
    def _lines(self) -> dict[tuple[str, str], ShownLine]:
        """What tasks showed, by article and annotator."""
        return {(each.article_id, each.annotator): each for each in read_shown(self.workspace.store)}

    @cached_property
    def _taker(self) -> Taker:
        return Taker(self.workspace)

    def _became(
        self, task: Json, annotation: Json, said: Document, taken: set[str], line: ShownLine
    ) -> Iterator[BegunLine]:
        name, begun = line.suggestion, BegunLine(said.article_id, said.annotator, line.suggestion, "")
        regions = _contents(annotation.get("result"))
        result = self._filed(task, line) or self._held.get(int(task.get("id") or 0))
        if result is None:
            for each in said.statements:
                if (short := short_name(name, each.id)) and each.id in taken:
                    yield _line(begun, short, each.id, UNKNOWN)
            return
        shown = self._read(task, annotation, said, result)
        filled = dict[str, set[str]]()
        answered = self._read(task, annotation, said, list(_completed(result, annotation, filled, said, self._asked)))
        now = {each.id: each for each in self._known(said).statements}
        for region in _contents(result):
            own = region.replace(SLASH, "/")
            short = short_name(name, own)
            if short is None:
                continue
            if region not in regions:
                yield _line(begun, short)
            elif own in taken:
                before = shown.get(own) or answered.get(own)
                changes = list(differences(before, now[own], self.workspace.scheme)) if before else [UNKNOWN]
                if own not in shown:  # as a shared mention, whose speaker was open
                    changes += sorted(filled.get(own) or ({"speaker"} if before else set()))
                yield _line(begun, short, own, " ".join(dict.fromkeys(changes)))

    def _filed(self, task: Json, line: ShownLine) -> list[Any] | None:
        """Return the result that a task showed, as the file of the suggestion says it; None where that is another."""
        profile: Profile = "core" if task["data"].get("profile") == "core" else "full"
        if profile not in self._readers:
            self._readers[profile] = DraftReader(self.workspace, profile)
        reader, store = self._readers[profile], self.workspace.store
        if not store.has_article(line.article_id):
            return None
        article = store.article(line.article_id)
        text = normalise(str(task["data"].get("text") or ""))
        try:
            found = reader.read(line.suggestion, reader.surroundings.source(article, text))
        except InputError:
            found = None
        if found is None or found[0].sha256 != line.sha256:
            return None
        draft = found[0]
        items = to_result(article, text, draft.document, reader.interface)
        return [*items, *([names_item(draft.names)] if draft.names else [])]

    def _read(self, task: Json, annotation: Json, said: Document, result: list[Any]) -> dict[str, Statement]:
        """Return the statements of a result, by id, as they would be read if it had been submitted as it is."""
        sent = {"id": 1, "completed_by": 1, "created_at": annotation.get("created_at"), "result": result}
        (reading,) = self._taker.read({**task, "annotations": [sent]}, {1: said.annotator}).readings
        document = reading.document
        return {each.id: each for each in self._known(document).statements} if document is not None else {}

    def _known(self, document: Document) -> Document:
        """Return a document with the ids that entries have now, and spans that are places alone."""
        bare = replace_spans(document, lambda span: replace(span, fingerprint=""))
        return resolve_document(bare, self.workspace.scheme, *self._redirects)

    @cached_property
    def _redirects(self) -> tuple[Mapping[str, str], Mapping[str, str]]:
        store = self.workspace.store
        return current_ids(store.entities()), current_ids(store.targets())

    @cached_property
    def _asked(self) -> Mapping[str, str]:
        """What each question is about, by its name: a field of statements, or a part of the frame."""
        frame = {TARGET_ID: "target", ENTITY: "speaker", ROLE: "conditions"}
        levels = {"statement": "", "target": "target", "condition": "conditions"}
        for each in make_controls(self.workspace.scheme).questions:
            if each.field is not None:
                frame[each.name] = levels[each.field.level] or each.field.name
        return frame


def _line(begun: BegunLine, suggested: str, statement: str = "", changed: str = "") -> BegunLine:
    own = statement.partition("/")[2] or statement
    return BegunLine(begun.article_id, begun.annotator, begun.suggestion, suggested, own, changed)


def _contents(result: object) -> list[str]:
    """Return the ids of the regions of a result that start a statement."""
    return [
        str(item.get("id"))
        for item in (result if isinstance(result, list) else ())
        if isinstance(item, dict) and item.get("from_name") == SPANS and CONTENT in _labels(item)
    ]


def _labels(item: Json) -> Iterable[Any]:
    value = item.get("value")
    labels = value.get("labels") if isinstance(value, dict) else None
    return labels if isinstance(labels, list) else ()


def _completed(
    result: list[Any], annotation: Json, filled: dict[str, set[str]], said: Document, asked: Mapping[str, str]
) -> Iterator[Any]:
    """Yield what was shown, with the answers of an annotation to the questions that were open.

    filled: gets what these are about, by the statement.
    """
    yield from result
    regions = {item.get("id") for item in result if item.get("from_name") == SPANS}
    known = {(item.get("id"), item.get("from_name")) for item in result}
    statements = sorted((each.id for each in said.statements), key=len, reverse=True)
    for item in annotation.get("result") or ():
        if not isinstance(item, dict) or item.get("from_name") not in asked:
            continue
        if item.get("id") in regions and (item.get("id"), item.get("from_name")) not in known:
            yield item
            own = str(item.get("id")).replace(SLASH, "/")
            for each in [name for name in statements if own == name or own.startswith(f"{name}/")][:1]:
                filled.setdefault(each, set()).add(asked[str(item.get("from_name"))])


def differences(before: Statement, now: Statement, scheme: Scheme) -> Iterator[str]:
    """Yield what differs between two statements: parts of the frame, and fields of the scheme by name."""
    frame = {
        "content": before.content != now.content,
        "speaker": before.speaker != now.speaker,
        "target": before.target != now.target,
        "conditions": _conditions(before) != _conditions(now),
    }
    yield from (part for part, differs in frame.items() if differs)
    for each in scheme.of("statement"):
        if before.fields.get(each.name) != now.fields.get(each.name):
            yield each.name


def _conditions(statement: Statement) -> list[str]:
    """Return what conditions say, whatever their ids and their order."""
    return sorted(repr((each.spans, each.role, sorted(each.fields.items()))) for each in statement.conditions)
