"""A document as a sheet: marks, links and attributes, which is all that most tools know of.

How a part of a statement is called there follows from the scheme, by `LabelNames`; the same table writes the map by
which `stancebank annotate import` reads it again.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from stancebank.annotate.formats.sheet import Arrow, Json, Mark, Sheet
from stancebank.corpus.ingest import slugify
from stancebank.model import Article, Bounds, Condition, DateValue, Document, Span, Statement
from stancebank.schema.fields import Field, Holder, Level, Scheme

WORDS = ("span", "spans", "mentions")
"""Kinds of fields that are marks of their own."""

NOTES = ("text", "date", "entities", "targets")
"""Kinds of fields that are notes: attributes of brat have one value of a list, and no blanks."""

Values = dict[str, tuple[str, ...]]


@dataclass
class Loss:
    """What a format cannot hold, counted: by what it is of, and what becomes of it."""

    counted: Counter[tuple[str, str]] = field(default_factory=Counter)

    def add(self, what: str, why: str) -> None:
        """Count one thing."""
        self.counted[what, why] += 1

    def add_all(self, what: str, why: str, number: int) -> None:
        """Count several things, or none."""
        if number:
            self.counted[what, why] += number


def add_of_document(document: Document, loss: Loss, *, kept: Iterable[str] = ()) -> None:
    """Count what a format does not hold of a document beside its statements. kept: what it does hold."""
    known = frozenset(kept)
    about = {
        "times": 1,
        "how it became gold": document.gold is not None,
        "its task in Label Studio": document.label_studio is not None,
        "ids that are retired": len(document.retired),
        "questions that wait": len(document.pending),
        "guideline version": 1,
        "annotator": 1,
    }
    for what, number in about.items():
        if what not in known:
            loss.add_all("document", f"{what} left out", int(number))


class LabelNames:
    """What each part of a statement is called in other tools, made of the scheme.

    labels: of marks. relations: their names, each with the labels that it comes from and the one that it leads to.
    attributes: their names, each with the label of its marks and its values, () where it has none. notes: names of
    notes. telling: the attribute whose value tells marks of a label apart where a format has one name alone.
    """

    def __init__(self, scheme: Scheme, used: Mapping[str, Sequence[str]] | None = None) -> None:
        self.scheme = scheme
        self._used = used or {}
        self._taken: set[str] = set()
        self.content = self._name("Content")
        self.speaker = self._name("Speaker")
        self.target = self._name("Target")
        self.condition = self._name("Condition") if scheme.has_conditions else ""
        self.non_statement = self._name("Non_statement") if scheme.non_statements else ""
        self.words = {
            (field.level, field.name): self._name(_title(field.name, field.level)) for field in self._fields(*WORDS)
        }
        self.entity, self.order, self.id = self._name("Entity"), self._name("Order"), self._name("Id")
        self.target_id, self.speaker_id = self._name("Target_id"), self._name("Speaker_id")
        self.role = self._name("Role") if scheme.has_conditions else ""
        self.reason, self.note = self._name("Why_none"), self._name("Note_on_it")
        self.same_as = self._name("Same_as") if scheme.has_repetitions else ""
        self.fields = {
            (field.level, field.name): self._name(_title(field.name, field.level))
            for field in scheme.fields
            if field.kind not in WORDS
        }
        self.unmentioned = {
            (each.level, each.name): self._name(f"{_title(each.name, each.level)}_unmentioned")
            for each in self._fields("mentions")
        }
        self.ties = {label: self._name(f"{label}_of") for label in self.labels if label not in self._alone}

    def _fields(self, *kinds: str) -> Iterator[Field]:
        return (each for each in self.scheme.fields if each.kind in kinds)

    def _name(self, title: str) -> str:
        number, name = 1, title
        while name.lower() in self._taken:
            number += 1
            name = f"{title}_{number}"
        self._taken.add(name.lower())
        return name

    @property
    def _alone(self) -> tuple[str, ...]:
        return self.content, self.non_statement

    @property
    def labels(self) -> list[str]:
        """The labels of marks, in the order of the scheme."""
        frame = [self.content, self.speaker, self.target, self.condition, *self.words.values(), self.non_statement]
        return [label for label in frame if label]

    def label_of(self, level: Level) -> str:
        """Return the label of the mark that what is said on a level hangs on."""
        return self.condition if level == "condition" else self.content

    @cached_property
    def relations(self) -> dict[str, tuple[list[str], str]]:
        """The names of relations, with the labels at both ends."""
        levels = {label: level for (level, _), label in self.words.items()}
        found = {name: ([label], self.label_of(levels.get(label, "statement"))) for label, name in self.ties.items()}
        if self.same_as:
            found[self.same_as] = ([self.content], self.content)
        return found

    @cached_property
    def attributes(self) -> dict[str, tuple[str, tuple[str, ...]]]:
        """The names of attributes, with the label of their marks, and their values."""
        vocabularies = self.scheme.vocabularies
        ids, targets = (tuple(self._used.get(name, ())) or ("none",) for name in ("entities", "targets"))
        mentions = [label for (level, name), label in self.words.items() if self._kind(level, name) == "mentions"]
        found = {
            self.entity: ("|".join([self.speaker, *mentions]), ids),
            self.speaker_id: (self.content, ids),
            self.target_id: (self.content, targets),
        }
        if mentions:
            found[self.order] = ("|".join(mentions), tuple(map(str, range(1, 10))))
        if self.role:
            found[self.role] = (self.condition, tuple(vocabularies.values("condition_role")))
        if self.scheme.non_statements:
            found[self.reason] = (self.non_statement, tuple(vocabularies.values(self.scheme.non_statements)))
        for each in self.scheme.fields:
            name = self.fields.get((each.level, each.name))
            if name is None or each.kind in NOTES:
                continue
            values: tuple[str, ...] = ()
            match each.kind:
                case "vocabulary":
                    values = tuple(self.scheme.values(each))
                case "entity":
                    values = ids
                case "target":
                    values = (*targets, "unspecified")
                case "group":
                    values = tuple(map(str, range(1, 10)))
            found[name] = (self.label_of(each.level), values)
        return found

    def _kind(self, level: Level, name: str) -> str:
        found = self.scheme.find(level, name)
        return found.kind if found else ""

    @cached_property
    def telling(self) -> dict[str, str]:
        """The attribute by which marks of a label are told apart."""
        found = {self.content: self.fields["statement", self.scheme.label.name], self.condition: self.role}
        return {label: name for label, name in {**found, self.non_statement: self.reason}.items() if label and name}


def tables_of_map(names: LabelNames) -> dict[str, Json]:
    """Return the tables of the map by which a sheet of ours is read again, by their names."""
    scheme = names.scheme

    def tie(label: str) -> Json:
        return {"labels": [label], "relation": [names.ties[label]]}

    def about(each: Field) -> Json:
        name = names.fields.get((each.level, each.name), "")
        if each.kind in WORDS:
            found = tie(names.words[each.level, each.name])
            unmentioned = {"note": names.unmentioned.get((each.level, each.name), "")}
            return found | (
                {"entity": {"attribute": names.entity}, "order": names.order, "unmentioned": unmentioned}
                if each.kind == "mentions"
                else {}
            )
        return {"note" if each.kind in NOTES else "attribute": name}

    own: Json = {"labels": [names.content], "id": {"note": names.id}}
    named = [{"attribute": names.entity}, {"attribute": names.speaker_id, "of": "statement"}]
    found: dict[str, Json] = {
        "reading": {"empty": "nothing"},
        "statement": own | ({"same_as": [names.same_as]} if names.same_as else {}),
        "speaker": {**tie(names.speaker), "entity": named},
        "target": {**tie(names.target), "id": {"attribute": names.target_id, "of": "statement"}},
    }
    for each in scheme.of("target"):
        more = {} if each.kind in WORDS else {"of": "statement"}
        found[f"target.fields.{each.name}"] = about(each) | more
    for each in scheme.of("statement"):
        found[f"fields.{each.name}"] = about(each)
    if names.condition:
        found["condition"] = {
            **tie(names.condition),
            "id": {"note": names.id},
            "role": {"attribute": names.role},
        }
        for each in scheme.of("condition"):
            found[f"condition.fields.{each.name}"] = about(each)
    if names.non_statement:
        found["non_statement"] = {
            "labels": [names.non_statement],
            "reason": {"attribute": names.reason},
            "note": {"note": names.note},
        }
    return found


def _title(name: str, level: Level) -> str:
    plain = re.sub(r"\W", "_", slugify(name)) or "field"
    return plain.capitalize() if level == "statement" else f"{level.capitalize()}_{plain}"


def flatten(document: Document, article: Article, text: str, names: LabelNames, loss: Loss) -> Sheet:
    """Return a document as a sheet. loss: takes what marks, links and attributes cannot hold."""
    maker = _SheetMaker(names, loss, document.article_id)
    for statement in document.statements:
        maker.statement(statement)
    if names.same_as:
        maker.repetitions(document.statements)
    for number, passed in enumerate(document.non_statements):
        notes: Values = {names.note: (passed.note,)} if passed.note else {}
        maker.mark(f"non-{number}", names.non_statement, (passed.span,), {names.reason: (passed.reason,)}, notes)
    return Sheet(article.id, article.id, text, tuple(maker.marks), tuple(maker.links), article.id, document.annotator)


class _SheetMaker:
    def __init__(self, names: LabelNames, loss: Loss, article_id: str) -> None:
        self.names, self.loss = names, loss
        self.marks: list[Mark] = []
        self.links: list[Arrow] = []
        self._prefix = f"{article_id}/"
        self._shared: dict[object, str] = {}

    def mark(
        self,
        name: str,
        label: str,
        spans: Iterable[Span],
        attributes: Values | None = None,
        notes: Values | None = None,
    ) -> str:
        pieces: list[Bounds] = [(span.begin, span.end) for span in spans]
        self.marks.append(Mark(name, label, tuple(pieces), name, attributes=attributes or {}, notes=notes or {}))
        return name

    def tied(self, holder: str, label: str, spans: Iterable[Span], attributes: Values | None = None) -> None:
        """Add a mark that belongs to another one; once, however many it belongs to."""
        pieces = tuple(spans)
        key = (label, tuple((each.begin, each.end) for each in pieces), repr(attributes))
        if key not in self._shared:
            self._shared[key] = self.mark(f"{holder}#{len(self.marks)}", label, pieces, attributes)
        link = Arrow(self.names.ties[label], self._shared[key], holder, holder)
        if link not in self.links:
            self.links.append(link)
        else:
            self.loss.add(label, "the same words twice in one place")

    def statement(self, statement: Statement) -> None:
        names, speaker, target = self.names, statement.speaker, statement.target
        attributes: Values = {names.target_id: (target.id,)}
        notes: Values = {names.id: (statement.id.removeprefix(self._prefix),)}
        if speaker.span is None:
            attributes[names.speaker_id] = (speaker.entity,)
        self.values("statement", statement, attributes, notes)
        self.values("target", target, attributes, notes)
        self.mark(statement.id, names.content, statement.content, attributes, notes)
        if speaker.span:
            self.tied(statement.id, names.speaker, (speaker.span,), {names.entity: (speaker.entity,)})
        if target.span:
            self.tied(statement.id, names.target, (target.span,))
        self.words("statement", statement, statement.id)
        self.words("target", target, statement.id)
        for condition in statement.conditions:
            self.condition(statement, condition)

    def condition(self, statement: Statement, condition: Condition) -> None:
        names = self.names
        attributes: Values = {names.role: (condition.role,)}
        notes: Values = {names.id: (condition.id.removeprefix(f"{statement.id}/"),)}
        self.values("condition", condition, attributes, notes)
        name = self.mark(f"{condition.id}#{len(self.marks)}", names.condition, condition.spans, attributes, notes)
        self.links.append(Arrow(names.ties[names.condition], name, statement.id, name))
        self.words("condition", condition, name)

    def values(self, level: Level, holder: Holder, attributes: Values, notes: Values) -> None:
        """Add what a level says without words; of a chain, the places and ids of entities that have none."""
        for each in self.names.scheme.of(level):
            bare = [f"{n}:{one.entity}" for n, one in enumerate(each.mentions(holder), 1) if one.span is None]
            if bare:
                notes[self.names.unmentioned[level, each.name]] = (" ".join(bare),)
            if each.kind in WORDS:
                continue
            name = self.names.fields[level, each.name]
            if each.name in holder.fields and each.value(holder) is None:
                self.loss.add(each.name, "waits for an answer, and is left out")
                continue
            if said := _said(each, holder):
                (notes if each.kind in NOTES else attributes)[name] = said

    def words(self, level: Level, holder: Holder, name: str) -> None:
        """Add the fields of a level that have words."""
        for each in self.names.scheme.of(level):
            if each.kind not in WORDS:
                continue
            label = self.names.words[level, each.name]
            for span in each.spans(holder):
                self.tied(name, label, (span,))
            chain = each.mentions(holder)
            for number, mention in enumerate(chain, 1):
                if mention.span is not None:
                    self.mention(name, label, mention.entity, mention.span, number if len(chain) > 1 else 0)

    def mention(self, holder: str, label: str, entity: str, span: Span, number: int) -> None:
        order: Values = {self.names.order: (str(number),)} if number else {}
        self.tied(holder, label, (span,), {self.names.entity: (entity,), **order})

    def repetitions(self, statements: Iterable[Statement]) -> None:
        known = {each.id for each in statements}
        for each in statements:
            if each.same_as in known and each.same_as is not None:
                self.links.append(Arrow(self.names.same_as, each.id, each.same_as, each.id))
            elif each.same_as:
                self.loss.add("same_as", "leads to a statement that is not there")


def _said(field: Field, holder: Holder) -> tuple[str, ...]:
    value = field.value(holder)
    if value is None or value == field.empty or value == ():
        return ()
    if isinstance(value, bool):
        return ("",)
    if isinstance(value, DateValue):
        return (f"{value.date} {value.basis}",)
    if isinstance(value, tuple):
        return (" ".join(map(str, value)),)
    return (str(value),)
