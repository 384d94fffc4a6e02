"""From sheets and a map to readings in the quoted form, each span as offsets into the stored text.

Nothing is guessed: what has two meanings, or none, is a fault with its place; what the map does not speak of is
counted.
"""

import re
from collections.abc import Iterable, Mapping

from stancebank.annotate.formats.making import Maker
from stancebank.annotate.formats.mapping import Found, Map
from stancebank.annotate.formats.places import Articles, Places
from stancebank.annotate.formats.readings import Context, Json, Reading, Registries
from stancebank.annotate.formats.sheet import Sheet
from stancebank.errors import InputError
from stancebank.model import Bounds
from stancebank.workspace import Workspace


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


class Builder:
    """Makes readings of sheets for a workspace.

    annotators: pseudonyms by what the tool calls its users; "" for all others. adds_missing: whether entities and
    targets that the registries lack get ids by their names, for `intake.Options.add_missing`.
    """

    def __init__(
        self, workspace: Workspace, told: Map, annotators: Mapping[str, str], *, adds_missing: bool = False
    ) -> None:
        self.map, self.scheme = told, workspace.scheme
        self.store = store = workspace.store
        registries = Registries(store.entities(), store.targets())
        self._context = Context(told, workspace.scheme, registries, adds_missing)
        self.report = self._context.report
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
        maker = Maker(self._context, sheet, reading)
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
        before = self.store.find_document(reading.article.id, reading.annotator)
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
