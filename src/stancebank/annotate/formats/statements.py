"""From sheets and a map to readings in the quoted form, each span as offsets into the stored text.

Nothing is guessed: what has two meanings, or none, is a fault with its place; what the map does not speak of is
counted.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from stancebank.annotate.formats.mapping import Found, Map, Part, Source, not_a_value
from stancebank.annotate.formats.places import Articles, Places
from stancebank.annotate.formats.sheet import Mark, Sheet
from stancebank.corpus.ingest import slugify
from stancebank.corpus.registry import spellings
from stancebank.corpus.selectors import Bounds, quotations, quoted_words
from stancebank.errors import InputError
from stancebank.model import Article, EntityRegistry, Span, TargetRegistry
from stancebank.schema.fields import Field
from stancebank.search import search_fold
from stancebank.text import line_number
from stancebank.workspace import Workspace

Json = dict[str, Any]

_LONGEST = 80  # characters of an id of a registry
_FALSE = frozenset(("false", "no", "0", "off"))


@dataclass
class Reading:
    """One annotator's reading of an article. statements, non_statements: of the quoted form. places, passed_places:
    of each of them in the tool's file, ``file:line``. is_nothing: nobody labelled anything in it. is_torn: a
    statement of it cannot be taken. extents: which parts of the text its sheets are of, and where these are.
    """

    article: Article
    text: str
    annotator: str
    statements: list[Json] = field(default_factory=list)
    non_statements: list[Json] = field(default_factory=list)
    places: list[str] = field(default_factory=list)
    passed_places: list[str] = field(default_factory=list)
    is_nothing: bool = True
    is_torn: bool = False
    extents: list[tuple[Bounds, str]] = field(default_factory=list)


@dataclass
class Report:
    """What became of sheets. faults: what cannot be taken, each with its place. loose: marks of parts of a statement
    that belong to none. left_out: what the map does not speak of, and what the tool holds back, counted. ignored: what
    the map leaves out on purpose, counted.
    """

    faults: list[str] = field(default_factory=list)
    loose: list[str] = field(default_factory=list)
    left_out: Counter[str] = field(default_factory=Counter)
    ignored: Counter[str] = field(default_factory=Counter)


def count_labels(sheets: Iterable[Sheet]) -> Found:
    """Return what labels sheets have."""
    found = Found()

    def add(counts: dict[str, int], name: str, number: int = 1) -> None:
        counts[name] = counts.get(name, 0) + number

    for sheet in sheets:
        for mark in sheet.marks:
            add(found.labels, mark.label)
            for name, values in mark.attributes.items():
                for value in values:
                    add(found.attributes.setdefault(name, {}), value)
            for name, notes in mark.notes.items():
                add(found.notes, name, len(notes))
            for name, ids in mark.references.items():
                add(found.references, name, len(ids))
        for link in sheet.links:
            add(found.relations, link.label)
        for name in sheet.others:
            add(found.others, name)
        for name, number in sheet.left_out.items():
            add(found.others, name, number)
    return found


class Registries:
    """Entries of the registries by what they are called."""

    def __init__(self, entities: EntityRegistry, targets: TargetRegistry) -> None:
        self._ids = {
            "entity": {*entities.redirects, *(each.id for each in entities.entities)},
            "target": {*targets.redirects, *(each.id for each in targets.targets), "unspecified"},
        }
        self._names = {"entity": self._by_name(entities), "target": self._by_name(targets)}
        self._wikidata = {each.wikidata: each.id for each in entities.entities if each.wikidata}

    def _by_name(self, registry: EntityRegistry | TargetRegistry) -> Mapping[str, set[str]]:
        found: dict[str, set[str]] = defaultdict(set)
        for name, spelled in spellings(registry).items():
            for words in spelled:
                found[search_fold(words)].add(name)
        return found

    def meant(self, kind: str, said: str) -> set[str]:
        """Return the ids that somebody may mean by an id, a name or alias, or an id of Wikidata."""
        if said in self._ids[kind]:
            return {said}
        if kind == "entity" and said in self._wikidata:
            return {self._wikidata[said]}
        return self._names[kind].get(search_fold(said), set())


class Builder:
    """Makes readings of sheets for a workspace.

    annotators: pseudonyms by what the tool calls its users; "" for all others. adds_missing: whether entities and
    targets that the registries lack get ids by their names, for `intake.Options.add_missing`.
    """

    def __init__(
        self, workspace: Workspace, told: Map, annotators: Mapping[str, str], *, adds_missing: bool = False
    ) -> None:
        self.map, self.scheme = told, workspace.scheme
        self.report = Report()
        store = workspace.store
        self.store = store
        self.registries = Registries(store.entities(), store.targets())
        self.adds_missing = adds_missing
        self.new_names: dict[tuple[str, str], str] = {}
        self._articles = Articles(store)
        self._annotators = annotators
        self._readings: dict[tuple[str, str], Reading] = {}

    def add(self, sheet: Sheet) -> None:
        """Add the labels of a sheet to the reading that it belongs to."""
        report = self.report
        report.left_out.update(sheet.left_out)
        for name in sheet.others:
            report.left_out[f"label of the whole text {name!r}"] += 1
        if sheet.left_out and not sheet.marks and not sheet.faults:
            return
        if sheet.faults:
            report.faults += sheet.faults
        if not sheet.marks and (sheet.faults or self.map.empty == "skip"):
            if not sheet.faults:
                report.left_out["text without labels"] += 1
            return
        try:
            reading = self._reading(sheet)
        except InputError as error:
            report.faults.append(f"{sheet.where}: {error}")
            return
        extent = Places(sheet.text, reading.text).extent
        for other, where in reading.extents:
            if other[0] < extent[1] and extent[0] < other[1]:
                same = f"{where} has labels of the same words of {reading.article.id} by {reading.annotator}, too."
                hint = "Hint: import the labels of each annotator with an --annotator of their own."
                report.faults.append(f"{sheet.where}: {same} {hint}")
                return
        reading.extents.append((extent, sheet.where))
        reading.is_nothing = reading.is_nothing and not sheet.marks
        maker = _Maker(self, sheet, reading)
        try:
            maker.make()
        finally:
            report.faults += maker.faults

    def _reading(self, sheet: Sheet) -> Reading:
        named = self.map.articles
        names = [named[name] for name in (sheet.name, sheet.where.partition(":")[0]) if name in named]
        if sheet.article_id:
            names.append(named.get(sheet.article_id, sheet.article_id))
        article = self._articles.find([*names, sheet.name] if sheet.name else names, sheet.text)
        text = self.store.text(article)
        if text is None:
            raise InputError(
                f"the words of {article.id} are not at hand. Hint: run `stancebank corpus hydrate DIR` first."
            )
        annotator = self._annotator(sheet.annotator)
        return self._readings.setdefault((article.id, annotator), Reading(article, text, annotator))

    def _annotator(self, name: str | None) -> str:
        if name is not None and name in self._annotators:
            return self._annotators[name]
        if "" in self._annotators:
            return self._annotators[""]
        if name is None:
            raise InputError("it does not say whose labels these are. Hint: pass --annotator NAME.")
        if not re.fullmatch(r"[a-z0-9]+(?:-[a-z0-9]+)*", name):
            raise InputError(f"{name!r} is no pseudonym. Hint: give one with --annotator '{name}=NAME'.")
        return name

    def readings(self) -> list[Reading]:
        """Return the readings, each in the order of its text, with ids for statements that have none.

        One whose labels are none of a statement is left out, and counted.
        """
        found = []
        for each in self._readings.values():
            if each.statements or each.is_nothing or (each.non_statements and not each.is_torn):
                found.append(self._ordered(each))
            else:
                self.report.left_out["text whose labels make no statement"] += 1
        return found

    def _ordered(self, reading: Reading) -> Reading:
        """Return a reading in the order of its text.

        A statement that the document in its place has with the same content keeps its id; others get free ones.
        """
        path = self.store.document_path(reading.article.id, reading.annotator)
        before = self.store.document(path) if path.is_file() else None
        former: dict[object, str] = {}
        taken = {each["id"] for each in reading.statements if each["id"]}
        if before is not None:
            taken |= {*before.retired, *(each.id for each in before.statements)}
            former = {tuple((span.begin, span.end) for span in each.content): each.id for each in before.statements}
        order = sorted(range(len(reading.statements)), key=lambda n: _places_of(reading.statements[n]))
        names: dict[str, str] = {}
        numbers = (f"s{number}" for number in range(1, len(taken) + len(order) + 1) if f"s{number}" not in taken)
        for number in order:
            statement = reading.statements[number]
            name = statement["id"] or former.pop(_places_of(statement), None) or next(numbers)
            names[statement.pop("mark")] = statement["id"] = name
        statements = []
        for number in order:
            statement = reading.statements[number]
            if "same_as" in statement:
                statement["same_as"] = names[statement["same_as"]]
            conditions = statement.get("conditions", [])
            used = {each["id"] for each in conditions if each["id"]}
            free = (f"c{n}" for n in range(1, len(conditions) + len(used) + 1) if f"c{n}" not in used)
            for each in conditions:
                each["id"] = each["id"] or next(free)
            statements.append(statement)
        spans = [(each["begin"], each["end"]) for each in reading.non_statements]
        passed = sorted(range(len(spans)), key=spans.__getitem__)
        return Reading(
            reading.article,
            reading.text,
            reading.annotator,
            statements,
            [reading.non_statements[number] for number in passed],
            [reading.places[number] for number in order],
            [reading.passed_places[number] for number in passed],
            reading.is_nothing,
            reading.is_torn,
        )

    def to_quoted(self, reading: Reading, origin: str, guideline_version: str) -> Json:
        """Return a reading in the quoted form. origin, guideline_version: where the map says none."""
        value: Json = {
            "article_id": reading.article.id,
            "annotator": reading.annotator,
            "origin": self.map.origin or origin,
            "guideline_version": self.map.guideline_version or guideline_version,
        }
        if not reading.statements:
            value["nothing_to_annotate"] = True
        value["statements"] = reading.statements
        if reading.non_statements:
            value[self.scheme.non_statements_key] = reading.non_statements
        return value


def _places_of(statement: Json) -> tuple[Bounds, ...]:
    return tuple((each["begin"], each["end"]) for each in statement["content"])


class _Missing(Exception):  # noqa: N818 - it never leaves this module
    """A part of a statement has no value; a fault was noted where it is one."""


class _Maker:
    """Makes the statements of one sheet."""

    def __init__(self, builder: Builder, sheet: Sheet, reading: Reading) -> None:
        self.builder, self.sheet, self.reading = builder, sheet, reading
        self.map, self.scheme, self.report = builder.map, builder.scheme, builder.report
        self.faults: list[str] = []
        self.places = Places(sheet.text, reading.text)
        self.by_id = {mark.id: mark for mark in sheet.marks}
        self.used: set[str] = set()
        self.links: dict[str, list[tuple[str, str]]] = defaultdict(list)
        for link in sheet.links:
            self.links[link.begin].append((link.label, link.end))
            self.links[link.end].append((link.label, link.begin))

    @cached_property
    def quoted(self) -> list[Bounds]:
        """The inside of every quotation of the stored text."""
        return quotations(self.reading.text)

    def make(self) -> None:
        """Add the statements of the sheet to the reading; faults has what stops one of them."""
        statement = self.map.parts["statement"]
        made: dict[str, Json] = {}
        for first, pieces in self._with_label(statement):
            try:
                made[first.id] = self._statement(first, pieces)
            except _Missing:
                self.reading.is_torn = True
                continue
            self.reading.statements.append(made[first.id])
            self.reading.places.append(first.where)
        for link in self.sheet.links:
            if link.label in self.map.same_as and link.begin in made:
                if link.end in made:
                    made[link.begin]["same_as"] = made[link.end]["mark"]
                else:
                    self._fault(link.where, f"{link.label} leads to no statement that is taken.")
        self._non_statements()
        self._count(statement)

    def _fault(self, where: str, said: str) -> None:
        self.faults.append(f"{where}: {said}")

    def _with_label(self, part: Part) -> Iterator[tuple[Mark, list[Mark]]]:
        """Yield the marks of a part, each with those that continue it."""
        marks = [mark for mark in self.sheet.marks if mark.label in part.labels]
        above = {mark.id: mark.id for mark in marks}
        for link in self.sheet.links:
            if link.label in part.continues and link.begin in above and link.end in above:
                one, other = self._top(above, link.begin), self._top(above, link.end)
                above[other] = one
        groups: dict[str, list[Mark]] = defaultdict(list)
        for mark in marks:
            groups[self._top(above, mark.id)].append(mark)
        for several in groups.values():
            several.sort(key=lambda mark: mark.pieces)
            self.used |= {mark.id for mark in several}
            yield several[0], several

    @staticmethod
    def _top(above: Mapping[str, str], name: str) -> str:
        while above[name] != name:
            name = above[name]
        return name

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
                self._fault(mark.where, str(error))
                raise _Missing from None
        return [{"begin": begin, "end": end} for begin, end in sorted(found)]

    def _one_span(self, marks: list[Mark]) -> Json:
        spans = self._spans(marks)
        if len(spans) > 1:
            self._fault(marks[0].where, f"{marks[0].label} has {len(spans)} pieces, and one is wanted.")
            raise _Missing
        return spans[0]

    # What belongs to a mark

    def _of(self, part: Part | None, holders: list[Mark]) -> list[list[Mark]]:
        """Return the marks of a part that belong to a mark and those that continue it; each with what continues it."""
        if part is None or not part.labels:
            return []
        candidates = list(self._groups(part))
        own = {mark.id for mark in holders}
        if part.relations:
            tied = {end for name in own for label, end in self.links[name] if label in part.relations}
            found = [group for group in candidates if any(mark.id in tied for mark in group)]
        elif part.place == "inside":
            found = [group for group in candidates if all(_is_inside(mark, holders) for mark in group)]
        else:
            found = self._nearest(candidates, holders)
        self.used |= {mark.id for group in found for mark in group}
        return found

    def _groups(self, part: Part) -> list[list[Mark]]:
        known, self.used = set(self.used), set(self.used)
        groups = [group for _, group in self._with_label(part)]
        self.used = known
        return groups

    def _nearest(self, candidates: list[list[Mark]], holders: list[Mark]) -> list[list[Mark]]:
        """Return the mark of the same line that is nearest, if there is one; raises where two are as near."""
        text = self.sheet.text or ""
        first, last = holders[0].pieces[0][0], max(piece[1] for mark in holders for piece in mark.pieces)
        lines = {line_number(text, mark.pieces[0][0]) for mark in holders}
        near = [group for group in candidates if line_number(text, group[0].pieces[0][0]) in lines]

        def distance(group: list[Mark]) -> int:
            begin, end = group[0].pieces[0][0], group[-1].pieces[-1][1]
            return max(begin - last, first - end, 0)

        if not near:
            return []
        least = min(map(distance, near))
        found = [group for group in near if distance(group) == least]
        if len(found) > 1:
            where = " and ".join(group[0].where for group in found)
            self._fault(holders[0].where, f"{where} are as near to it as one another.")
            raise _Missing
        return found

    # Values

    def _values(self, sources: Collection[Source], own: list[Mark], statement: list[Mark]) -> list[str]:
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

    def _told(self, source: Source, mark: Mark) -> Iterable[str]:
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
            self._fault(where, f"{what} has {len(said)} values: {', '.join(map(repr, said[:4]))}.")
            raise _Missing
        return said[0] if said else None

    def _entry(self, kind: str, said: str, where: str) -> str:
        """Return the id of an entity or target; of one that the registries lack a new id, where that is wanted."""
        found = self.builder.registries.meant(kind, said)
        if len(found) == 1:
            return min(found)
        name = slugify(said)[:_LONGEST].strip("-") if self.builder.adds_missing and not found else ""
        if not name:
            may_be = f"{said!r} may be {' or '.join(sorted(found))}."
            self._fault(where, may_be if found else f"no {kind} is called {said!r}.")
            raise _Missing
        if name != said:
            self.builder.new_names.setdefault((kind, name), said)
        return name

    def _named(self, kind: str, name: str) -> Json:
        """Return what the quoted form says of an entry that is new: its name, from edition 2 on."""
        said = self.builder.new_names.get((kind, name))
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
            except _Missing:
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
            raise _Missing
        return made

    def _content(self, first: Mark, pieces: list[Mark]) -> list[Json]:
        part = self.map.parts.get("content")
        if part is None or not part.labels:
            return self._spans(pieces)
        found = self._of(part, pieces)
        if not found:
            self._fault(first.where, f"no {' or '.join(part.labels)} belongs to it.")
            raise _Missing
        return self._spans(mark for group in found for mark in group)

    def _speaker(self, first: Mark, pieces: list[Mark]) -> Json:
        part = self.map.parts["speaker"]
        groups = self._of(part, pieces)
        if len(groups) > 1:
            where = ", ".join(group[0].where for group in groups)
            self._fault(first.where, f"it has {len(groups)} speakers: {where}.")
            raise _Missing
        own = groups[0] if groups else []
        said = self._one("the speaker", self._values(part.sources["entity"], own, pieces), (own or pieces)[0].where)
        if said is None:
            labels = f"no {' or '.join(part.labels)} belongs to it, and " if part.labels and not own else ""
            self._fault(first.where, f"{labels}nothing says who speaks.")
            raise _Missing
        name = self._entry("entity", said, (own or pieces)[0].where)
        found: Json = {"entity": name, **self._named("entity", name)}
        return found | ({"mention": self._one_span(own)} if own else {})

    def _target(self, first: Mark, pieces: list[Mark]) -> Json:
        part = self.map.parts["target"]
        groups = self._of(part, pieces)
        if len(groups) > 1:
            self._fault(first.where, f"it has {len(groups)} marks of a target.")
            raise _Missing
        own = groups[0] if groups else pieces
        said = self._one("the target", self._values(part.sources["id"], own, pieces), first.where)
        if said is None:
            self._fault(first.where, "nothing says what it is about.")
            raise _Missing
        name = self._entry("target", said, first.where)
        found: Json = {"id": name, **self._named("target", name)}
        for each in self.scheme.of("target"):
            value = self._field(each, own, pieces, [])
            found |= {} if value is None else {each.name: value}
        return found | ({"mention": self._one_span(groups[0])} if groups else {})

    def _conditions(self, pieces: list[Mark]) -> list[Json]:
        part = self.map.parts["condition"]
        found = []
        for group in self._of(part, pieces):
            where = group[0].where
            role = self._one("the role", self._values(part.sources["role"], group, pieces), where)
            allowed = list(self.scheme.vocabularies.values("condition_role"))
            if role not in allowed:
                self._fault(where, "nothing says its role." if role is None else not_a_value(role, "role", allowed))
                raise _Missing
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
                self._fault(where, f"nothing says its {each.title}.")
                raise _Missing
            return None
        return self._value(each, value, part, own, pieces)

    def _listed(self, kind: str, said: str) -> list[str]:
        """Return the entries of a list in one value: all of it is one, or they are divided by commas or blanks."""
        if self.builder.registries.meant(kind, said):
            return [said]
        return [each.strip() for each in (said.split(",") if "," in said else said.split()) if each.strip()]

    def _value(self, each: Field, value: str, part: Part, own: list[Mark], pieces: list[Mark]) -> Any:
        where = own[0].where
        match each.kind:
            case "vocabulary":
                allowed = list(self.scheme.values(each))
                if value not in allowed:
                    self._fault(where, not_a_value(value, each.title, allowed))
                    raise _Missing
            case "flag":
                return value.strip().lower() not in _FALSE
            case "group":
                if not value.isdecimal():
                    self._fault(where, f"{value!r} is no number of a group.")
                    raise _Missing
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
                    self._fault(where, f"{each.title}: {not_a_value(basis, 'basis', allowed)}")
                    raise _Missing
                return {"date": date, "basis": basis}
        return value

    def _marked(self, each: Field, part: Part, own: list[Mark], where: str) -> Any:
        """Return the value of a field that is marks of its own."""
        groups = sorted(self._of(part, own), key=lambda group: group[0].pieces)
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

    def _chain(self, each: Field, part: Part, groups: list[list[Mark]], own: list[Mark], where: str) -> list[Json]:
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
            self._fault(where, f"it has {len(found)} {each.title}, and nothing says which comes first.")
            raise _Missing
        return [item for _, item in (sorted(found, key=lambda pair: int(pair[0])) if len(found) > 1 else found)]

    def _meant(self, part: Part, group: list[Mark]) -> str:
        where = group[0].where
        said = self._one("the entity", self._values(part.sources["entity"], group, group), where)
        if said is None:
            self._fault(where, "nothing says who is meant.")
            raise _Missing
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
        for first, marks in self._with_label(part):
            try:
                reason = self._one("the reason", self._values(part.sources["reason"], marks, marks), first.where)
                if reason not in allowed:
                    self._fault(first.where, not_a_value(reason or "", "reason", allowed))
                    continue
                note = self._one("the note", self._values(part.sources.get("note", ()), marks, marks), first.where)
                passed = {**self._one_span(marks), "reason": reason, **({"note": note} if note else {})}
            except _Missing:
                continue
            self.reading.non_statements.append(passed)
            self.reading.passed_places.append(first.where)

    # What is left over

    def _count(self, statement: Part) -> None:
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


def _is_inside(mark: Mark, holders: list[Mark]) -> bool:
    pieces = [piece for holder in holders for piece in holder.pieces]
    return all(any(first <= begin and end <= last for first, last in pieces) for begin, end in mark.pieces)
