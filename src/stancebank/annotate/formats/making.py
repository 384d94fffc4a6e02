"""Statements made of the marks of one sheet, by a map."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from functools import cached_property
from typing import Any

from stancebank.annotate.formats.mapping import PartSource, ValueSource, not_a_value
from stancebank.annotate.formats.places import Places
from stancebank.annotate.formats.readings import Context, Json, Reading
from stancebank.annotate.formats.sheet import Mark, Sheet
from stancebank.annotate.formats.ties import MarkTies, MissingPartError
from stancebank.corpus.ingest import slugify
from stancebank.corpus.selectors import quotations, quoted_words
from stancebank.errors import InputError
from stancebank.model import Bounds, Span
from stancebank.schema.fields import Field

_LONGEST = 80  # characters of an id of a registry
_FALSE = frozenset(("false", "no", "0", "off"))


class Maker(MarkTies):
    """Makes the statements of one sheet."""

    def __init__(self, context: Context, sheet: Sheet, reading: Reading) -> None:
        super().__init__(sheet)
        self.context, self.reading = context, reading
        self.map, self.scheme, self.report = context.map, context.scheme, context.report
        self.places = Places(sheet.text, reading.text)

    @cached_property
    def quoted(self) -> Sequence[Bounds]:
        """The inside of every quotation of the stored text."""
        return quotations(self.reading.text)

    def make(self) -> None:
        """Add the statements of the sheet to the reading; faults has what stops one of them."""
        statement = self.map.parts["statement"]
        made: dict[str, Json] = {}
        for first, pieces in self.with_label(statement):
            try:
                made[first.id] = self._statement(first, pieces)
            except MissingPartError:
                self.reading.is_torn = True
                continue
            self.reading.statements.append(made[first.id])
            self.reading.places.append(first.where)
        for link in self.sheet.links:
            if link.label in self.map.same_as and link.begin in made:
                if link.end in made:
                    made[link.begin]["same_as"] = made[link.end]["mark"]
                else:
                    self.note(link.where, f"{link.label} leads to no statement that is taken.")
        self._non_statements()
        self._count(statement)

    # Words

    def _spans(self, marks: Iterable[Mark]) -> list[Json]:
        """Return the places of marks in the stored text, in order; notes a fault and raises where one has none."""
        found: set[Bounds] = set()
        for mark in marks:
            try:
                if self.sheet.text is None:
                    found.add(self.places.find_words(mark.words or ""))
                else:
                    found |= {self.places.find(*piece) for piece in mark.pieces}
            except InputError as error:
                self.note(mark.where, str(error))
                raise MissingPartError from None
        return [{"begin": begin, "end": end} for begin, end in sorted(found)]

    def _one_span(self, marks: list[Mark]) -> Json:
        spans = self._spans(marks)
        if len(spans) > 1:
            self.note(marks[0].where, f"{marks[0].label} has {len(spans)} pieces, and one is wanted.")
            raise MissingPartError
        return spans[0]

    # Values

    def _values(self, sources: Collection[ValueSource], own: list[Mark], statement: list[Mark]) -> list[str]:
        """Return what the first source that says something says; several values where it says several."""
        default = None
        for source in sources:
            default = source.default if default is None else default
            marks = statement if source.of_statement else own
            said = list(dict.fromkeys(each for mark in marks for each in self._told(source, mark)))
            said = [source.name] if source.kind == "constant" else said
            if said:
                return list(dict.fromkeys(source.values.get(each, each) for each in said))
        return [] if default is None else [default]

    def _told(self, source: ValueSource, mark: Mark) -> Iterable[str]:
        match source.kind:
            case "attribute":
                return mark.attributes.get(source.name, ())
            case "note":
                return (each for each in mark.notes.get(source.name, ()) if each)
            case "reference":
                return mark.references.get(source.name, ())
            case "label":
                return (mark.label,)
            case "words":
                text = self.sheet.text
                words = mark.words if text is None else " ".join(text[begin:end] for begin, end in mark.pieces)
                return (" ".join((words or "").split()),)
        return ()

    def _one(self, what: str, said: list[str], where: str) -> str | None:
        if len(said) > 1:
            self.note(where, f"{what} has {len(said)} values: {', '.join(map(repr, said[:4]))}.")
            raise MissingPartError
        return said[0] if said else None

    def _entry(self, kind: str, said: str, where: str) -> str:
        """Return the id of an entity or target; of one that the registries lack a new id, where that is wanted."""
        found = self.context.registries.meant(kind, said)
        if len(found) == 1:
            return min(found)
        name = slugify(said)[:_LONGEST].strip("-") if self.context.adds_missing and not found else ""
        if not name:
            may_be = f"{said!r} may be {' or '.join(sorted(found))}."
            self.note(where, may_be if found else f"no {kind} is called {said!r}.")
            raise MissingPartError
        if name != said:
            self.context.new_names.setdefault((kind, name), said)
        return name

    def _named(self, kind: str, name: str) -> Json:
        """Return what the quoted form says of an entry that is new: its name, from edition 2 on."""
        said = self.context.new_names.get((kind, name))
        return {"name": said} if said and self.scheme.edition >= 2 else {}

    # The parts of a statement

    def _statement(self, first: Mark, pieces: list[Mark]) -> Json:
        """Return a statement; notes all of its faults, and raises where there are any."""
        told = self.map.parts
        made: Json = {"mark": f"{self.sheet.where}/{first.id}", "id": None}
        is_whole = True

        def take(name: str, give: Any) -> None:
            nonlocal is_whole
            try:
                found = give()
            except MissingPartError:
                is_whole = False
            else:
                if found is not None and found != []:
                    made[name] = found

        take(
            "id",
            lambda: self._one(
                "the id", self._values(told["statement"].sources.get("id", ()), pieces, pieces), first.where
            ),
        )
        take("content", lambda: self._content(first, pieces))
        take("speaker", lambda: self._speaker(first, pieces))
        take("target", lambda: self._target(first, pieces))
        for each in self.scheme.of("statement"):
            take(each.name, lambda each=each: self._field(each, pieces, pieces, made.get("content", [])))
        if "condition" in told:
            take("conditions", lambda: self._conditions(pieces))
        if not is_whole:
            raise MissingPartError
        return made

    def _content(self, first: Mark, pieces: list[Mark]) -> list[Json]:
        part = self.map.parts.get("content")
        if part is None or not part.labels:
            return self._spans(pieces)
        found = self.belonging(part, pieces)
        if not found:
            self.note(first.where, f"no {' or '.join(part.labels)} belongs to it.")
            raise MissingPartError
        return self._spans(mark for group in found for mark in group)

    def _speaker(self, first: Mark, pieces: list[Mark]) -> Json:
        part = self.map.parts["speaker"]
        groups = self.belonging(part, pieces)
        if len(groups) > 1:
            where = ", ".join(group[0].where for group in groups)
            self.note(first.where, f"it has {len(groups)} speakers: {where}.")
            raise MissingPartError
        own = groups[0] if groups else []
        said = self._one("the speaker", self._values(part.sources["entity"], own, pieces), (own or pieces)[0].where)
        if said is None:
            labels = f"no {' or '.join(part.labels)} belongs to it, and " if part.labels and not own else ""
            self.note(first.where, f"{labels}nothing says who speaks.")
            raise MissingPartError
        name = self._entry("entity", said, (own or pieces)[0].where)
        found: Json = {"entity": name, **self._named("entity", name)}
        return found | ({"mention": self._one_span(own)} if own else {})

    def _target(self, first: Mark, pieces: list[Mark]) -> Json:
        part = self.map.parts["target"]
        groups = self.belonging(part, pieces)
        if len(groups) > 1:
            self.note(first.where, f"it has {len(groups)} marks of a target.")
            raise MissingPartError
        own = groups[0] if groups else pieces
        said = self._one("the target", self._values(part.sources["id"], own, pieces), first.where)
        if said is None:
            self.note(first.where, "nothing says what it is about.")
            raise MissingPartError
        name = self._entry("target", said, first.where)
        found: Json = {"id": name, **self._named("target", name)}
        for each in self.scheme.of("target"):
            value = self._field(each, own, pieces, [])
            found |= {} if value is None else {each.name: value}
        return found | ({"mention": self._one_span(groups[0])} if groups else {})

    def _conditions(self, pieces: list[Mark]) -> list[Json]:
        part = self.map.parts["condition"]
        found = []
        for group in self.belonging(part, pieces):
            where = group[0].where
            role = self._one("the role", self._values(part.sources["role"], group, pieces), where)
            allowed = list(self.scheme.vocabularies.values("condition_role"))
            if role not in allowed:
                self.note(where, "nothing says its role." if role is None else not_a_value(role, "role", allowed))
                raise MissingPartError
            made: Json = {
                "id": self._one("the id", self._values(part.sources.get("id", ()), group, pieces), where),
                "spans": self._spans(group),
                "role": role,
            }
            for each in self.scheme.of("condition"):
                value = self._field(each, group, pieces, [])
                made |= {} if value is None else {each.name: value}
            found.append(made)
        return sorted(found, key=lambda each: [(span["begin"], span["end"]) for span in each["spans"]])

    def _field(self, each: Field, own: list[Mark], pieces: list[Mark], content: list[Json]) -> Any:
        """Return the value of a field as the quoted form has it; None where nothing is said."""
        part = self.map.field(each)
        if part is None:
            return None
        where = own[0].where
        if each.kind in ("span", "spans", "mentions") or part.labels:
            holders = own if each.level != "target" or own is pieces else [*pieces, *own]
            return self._marked(each, part, holders, where)
        sources = part.sources[""]
        if any(source.kind == "quotation_marks" for source in sources):
            return self._rendering(each, content)
        said = self._values(sources, own, pieces)
        if each.kind in ("entities", "targets"):
            kind = "entity" if each.kind == "entities" else "target"
            parts = [name for value in said for name in self._listed(kind, value)]
            return list(dict.fromkeys(self._entry(kind, name, where) for name in parts)) or None
        value = self._one(each.title, said, where)
        if value is None:
            if each.required and each.default is None:
                self.note(where, f"nothing says its {each.title}.")
                raise MissingPartError
            return None
        return self._value(each, value, part, own, pieces)

    def _listed(self, kind: str, said: str) -> list[str]:
        """Return the entries of a list in one value: all of it is one, or they are divided by commas or blanks."""
        if self.context.registries.meant(kind, said):
            return [said]
        return [each.strip() for each in (said.split(",") if "," in said else said.split()) if each.strip()]

    def _value(self, each: Field, value: str, part: PartSource, own: list[Mark], pieces: list[Mark]) -> Any:
        where = own[0].where
        match each.kind:
            case "vocabulary":
                allowed = list(self.scheme.values(each))
                if value not in allowed:
                    self.note(where, not_a_value(value, each.title, allowed))
                    raise MissingPartError
            case "flag":
                return value.strip().lower() not in _FALSE
            case "group":
                if not value.isdecimal():
                    self.note(where, f"{value!r} is no number of a group.")
                    raise MissingPartError
                return int(value)
            case "entity" | "target":
                return self._entry(each.kind, value, where)
            case "date":
                date, _, basis = value.partition(" ")
                basis = (
                    basis
                    or self._one("the basis", self._values(part.sources.get("basis", ()), own, pieces), where)
                    or ""
                )
                allowed = list(self.scheme.values(each))
                if basis not in allowed:
                    self.note(where, f"{each.title}: {not_a_value(basis, 'basis', allowed)}")
                    raise MissingPartError
                return {"date": date, "basis": basis}
        return value

    def _marked(self, each: Field, part: PartSource, own: list[Mark], where: str) -> Any:
        """Return the value of a field that is marks of its own."""
        groups = sorted(self.belonging(part, own), key=lambda group: group[0].pieces)
        if each.kind == "mentions":
            return self._chain(each, part, groups, own, where) or None
        if not groups:
            return None
        if each.kind == "span":
            return self._one_span([mark for group in groups for mark in group])
        if each.kind == "spans":
            return self._spans(mark for group in groups for mark in group)
        meant = list(dict.fromkeys(self._meant(part, group) for group in groups))
        return meant if each.kind == "entities" else self._one(each.title, meant, where)

    def _chain(
        self, each: Field, part: PartSource, groups: list[list[Mark]], own: list[Mark], where: str
    ) -> list[Json]:
        """Return mentions, outermost first: those of marks, and those that are named as ``2:norland`` without one."""
        found: list[tuple[str, Json]] = []
        for group in groups:
            name = self._meant(part, group)
            number = min(group[0].attributes.get(part.order or "", ()), default="")
            found.append((number, {"entity": name, **self._named("entity", name), "mention": self._one_span(group)}))
        for said in self._values(part.sources.get("unmentioned", ()), own, own):
            for item in said.split():
                number, colon, words = item.rpartition(":")
                found.append((number if colon else "", {"entity": self._entry("entity", words, where)}))
        if len(found) > 1 and not all(number.isdecimal() for number, _ in found):
            self.note(where, f"it has {len(found)} {each.title}, and nothing says which comes first.")
            raise MissingPartError
        return [item for _, item in (sorted(found, key=lambda pair: int(pair[0])) if len(found) > 1 else found)]

    def _meant(self, part: PartSource, group: list[Mark]) -> str:
        where = group[0].where
        said = self._one("the entity", self._values(part.sources["entity"], group, group), where)
        if said is None:
            self.note(where, "nothing says who is meant.")
            raise MissingPartError
        return self._entry("entity", said, where)

    def _rendering(self, each: Field, content: list[Json]) -> str | None:
        """Return the value of a field that says how much of the content is in quotation marks."""
        spans = [Span(begin=span["begin"], end=span["end"], fingerprint="") for span in content]
        inside, outside = quoted_words(spans, self.quoted, self.reading.text)
        wanted = "all" if not outside else "some" if inside else "none"
        about = self.scheme.values(each)
        return next((name for name, facts in about.items() if facts.get("needs_quotation") == wanted), None)

    def _non_statements(self) -> None:
        part = self.map.parts.get("non_statement")
        if part is None:
            return
        vocabulary = self.scheme.non_statements or ""
        allowed = list(self.scheme.vocabularies.values(vocabulary))
        for first, marks in self.with_label(part):
            try:
                reason = self._one("the reason", self._values(part.sources["reason"], marks, marks), first.where)
                if reason not in allowed:
                    self.note(first.where, not_a_value(reason or "", "reason", allowed))
                    continue
                note = self._one("the note", self._values(part.sources.get("note", ()), marks, marks), first.where)
                passed = {**self._one_span(marks), "reason": reason, **({"note": note} if note else {})}
            except MissingPartError:
                continue
            self.reading.non_statements.append(passed)
            self.reading.passed_places.append(first.where)

    # What is left over

    def _count(self, statement: PartSource) -> None:
        """Count what the map does not speak of, and list the marks of parts that belong to no statement."""
        told, ignored = self.map.parts.values(), self.map.ignored
        labels = {label for part in told for label in part.labels}
        relations = {name for part in told for name in (*part.relations, *part.continues)} | {*self.map.same_as}
        said: dict[str, set[str]] = defaultdict(set)
        for part in told:
            said["attribute"] |= {part.order} if part.order else set()
            for sources in part.sources.values():
                for source in sources:
                    said[source.kind].add(source.name)

        def count(what: str, name: str, known: Collection[str], passed: str) -> None:
            if name not in known:
                counts = self.report.ignored if name in ignored.get(passed, ()) else self.report.left_out
                counts[f"{what} {name!r}"] += 1

        for mark in self.sheet.marks:
            count("label", mark.label, labels, "labels")
            for what, values in (("attribute", mark.attributes), ("note", mark.notes), ("reference", mark.references)):
                for name in values if mark.label in labels else ():
                    count(what, name, said[what], f"{what}s")
            if mark.label in labels and mark.id not in self.used:
                self.report.loose.append(f"{mark.where}: {mark.label} belongs to no statement.")
        for link in self.sheet.links:
            count("relation", link.label, relations, "relations")
