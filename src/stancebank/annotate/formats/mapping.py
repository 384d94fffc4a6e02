"""The map: which label, attribute or note of another tool is which part of a statement.

It is TOML. Its tables are the parts of a statement, its keys where each of them comes from; which fields there are,
and which values they have, the scheme says. `stancebank help formats` explains it by example.
"""

import json
import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path
from typing import Any, Literal

from stancebank.annotate.formats.sheet import COUNTS
from stancebank.errors import InputError
from stancebank.schema.fields import Field, Level, Scheme
from stancebank.schema.validate import explain, shown_path

Json = dict[str, Any]
ValueKind = Literal["attribute", "note", "reference", "label", "words", "constant", "quotation_marks"]

_KINDS: tuple[ValueKind, ...] = ("attribute", "note", "reference", "label", "words", "constant", "quotation_marks")
_PLACES = ("nearest", "inside")
_IGNORED = ("labels", "relations", "attributes", "notes", "references")


@dataclass(frozen=True, slots=True)
class ValueSource:
    """Where a value comes from. name: of the attribute, note or registry, or the constant. values: theirs to ours.

    default: where there is none. of_statement: it is said of the statement's mark, not of the part's own.
    """

    kind: ValueKind
    name: str
    values: Mapping[str, str] = field(default_factory=dict)
    default: str | None = None
    of_statement: bool = False


@dataclass(frozen=True, slots=True)
class PartSource:
    """Where a part of a statement comes from.

    labels: of its marks. relations: which tie them to the mark of the statement, in either direction. place: how they
    belong to it without one. continues: relations between marks that are pieces of one. sources: by what they give,
    such as `entity`; "" is the value itself. order: the attribute that numbers several.
    """

    labels: tuple[str, ...] = ()
    relations: tuple[str, ...] = ()
    place: str | None = None
    continues: tuple[str, ...] = ()
    sources: Mapping[str, tuple[ValueSource, ...]] = field(default_factory=dict)
    order: str | None = None


@dataclass(frozen=True, slots=True)
class Map:
    """A map that was read. parts: by table, such as `statement`, `speaker` and `target.fields.scope`.

    articles: ids by names of files or records. article: the key by which JSON records name theirs. counts: what offsets
    count. origin, guideline_version: of the readings; None where the map does not say. empty: what a text without
    labels is. ignored: what is left out on purpose, by its kind.
    """

    parts: Mapping[str, PartSource]
    same_as: tuple[str, ...] = ()
    articles: Mapping[str, str] = field(default_factory=dict)
    article: str | None = None
    counts: str | None = None
    origin: str | None = None
    guideline_version: str | None = None
    empty: Literal["skip", "nothing"] = "skip"
    ignored: Mapping[str, frozenset[str]] = field(default_factory=dict)

    def field(self, each: Field) -> PartSource | None:
        """Return where a field comes from; None where the map does not say."""
        return self.parts.get(_table(each.level, each.name))


def _table(level: Level, name: str) -> str:
    return f"fields.{name}" if level == "statement" else f"{level}.fields.{name}"


# The form, as a JSON Schema

_STRING: Json = {"type": "string", "minLength": 1}
_NAMES: Json = {"anyOf": [_STRING, {"type": "array", "items": _STRING}]}
_VALUE: Json = {"type": ["string", "integer", "boolean"]}
_SOURCE: Json = {
    "type": "object",
    "properties": {
        **dict.fromkeys(("attribute", "note", "reference"), _STRING),
        **{key: {"const": True} for key in ("label", "words", "quotation_marks")},
        "constant": _VALUE,
        "values": {"type": "object", "additionalProperties": _VALUE},
        "default": _VALUE,
        "of": {"enum": ["statement"]},
    },
    "additionalProperties": False,
}
_SOURCES: Json = {"anyOf": [_SOURCE, {"type": "array", "items": _SOURCE, "minItems": 1}]}
_LABELS: Json = {"labels": _NAMES, "continues": _NAMES}
_TIED: Json = {**_LABELS, "relation": _NAMES, "place": {"enum": list(_PLACES)}}


def _object(**properties: Json) -> Json:
    return {"type": "object", "properties": properties, "additionalProperties": False}


def _field_schema(each: Field) -> Json:
    match each.kind:
        case "span" | "spans":
            return _object(**_TIED)
        case "mentions":
            return _object(**_TIED, entity=_SOURCES, order=_STRING, unmentioned=_SOURCES)
        case "entities":
            return _object(**_SOURCE["properties"], **_TIED, entity=_SOURCES)
        case "date":
            return _object(**_SOURCE["properties"], basis=_SOURCES)
    return _SOURCE


def _map_schema(scheme: Scheme) -> Json:
    def fields(level: Level) -> Json:
        return _object(**{each.name: _field_schema(each) for each in scheme.of(level)})

    found = {
        "reading": _object(
            origin={"type": "string", "pattern": r"^(?:human|project|model:\S+|import:\S+)$"},
            guideline_version={"type": "string", "pattern": "^[0-9]+\\.[0-9]+$"},
            empty={"enum": ["skip", "nothing"]},
        ),
        "articles": {"type": "object", "additionalProperties": _STRING},
        "text": _object(article=_STRING, offsets={"enum": list(COUNTS)}),
        "statement": _object(**_LABELS, id=_SOURCES, **({"same_as": _NAMES} if scheme.has_repetitions else {})),
        "content": _object(**_TIED),
        "speaker": _object(**_TIED, entity=_SOURCES),
        "target": _object(**_TIED, id=_SOURCES, fields=fields("target")),
        "fields": fields("statement"),
        "ignore": _object(**dict.fromkeys(_IGNORED, _NAMES)),
    }
    if scheme.has_conditions:
        found["condition"] = _object(**_TIED, id=_SOURCES, role=_SOURCES, fields=fields("condition"))
    if scheme.non_statements:
        found["non_statement"] = _object(**_LABELS, reason=_SOURCES, note=_SOURCES)
    return _object(**found)


# Reading


def read_map(path: Path, scheme: Scheme) -> Map:
    """Read a map. Raises InputError that lists everything that is wrong with it, each fault with its place."""
    try:
        value = _without_times(tomllib.loads(path.read_bytes().decode("utf-8-sig")))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, RecursionError) as error:
        raise InputError(f"{path} is not TOML: {error}\nHint: `stancebank help formats` shows a map.") from None
    faults = [f"{shown_path(pointer) or 'the map'}: {said}" for pointer, said in explain(value, _map_schema(scheme))]
    if not faults:
        faults = list(_Check(value, scheme).faults())
    if faults:
        listing = "\n".join(f"- {fault}" for fault in faults)
        many = "1 fault" if len(faults) == 1 else f"{len(faults)} faults"
        raise InputError(
            f"{path} has {many}:\n{listing}\nHint: `stancebank help formats` explains the map. Nothing was written."
        )
    return make_map(value, scheme)


def _without_times(value: Any) -> Any:
    """Return what TOML holds with its dates as text, as JSON has them."""
    if isinstance(value, dict):
        return {key: _without_times(each) for key, each in value.items()}
    if isinstance(value, list):
        return [_without_times(each) for each in value]
    return value if isinstance(value, str | int | float) else str(value)


def make_map(value: Json, scheme: Scheme) -> Map:
    """Make a map of what TOML holds, which has no fault."""
    parts = {name: _part(table) for name, table in _tables(value, scheme)}
    statement, text, reading = (value.get(name, {}) for name in ("statement", "text", "reading"))
    return Map(
        parts,
        same_as=_names(statement.get("same_as")),
        articles=value.get("articles", {}),
        article=text.get("article"),
        counts=text.get("offsets"),
        origin=reading.get("origin"),
        guideline_version=reading.get("guideline_version"),
        empty=reading.get("empty", "skip"),
        ignored={name: frozenset(_names(value.get("ignore", {}).get(name))) for name in _IGNORED},
    )


def _tables(value: Json, scheme: Scheme) -> Iterator[tuple[str, Json]]:
    """Yield the tables of parts, by their names."""
    for name in ("statement", "content", "speaker", "target", "condition", "non_statement"):
        if name in value:
            yield name, value[name]
    for each in scheme.fields:
        holder = value if each.level == "statement" else value.get(each.level, {})
        if each.name in holder.get("fields", {}):
            yield _table(each.level, each.name), holder["fields"][each.name]


def _part(table: Json) -> PartSource:
    own = _own_source(table)
    sources = {
        key: _sources(table[key])
        for key in ("entity", "id", "role", "reason", "note", "basis", "unmentioned")
        if _is_source(table.get(key))
    }
    if any(key in own for key in _KINDS):
        sources[""] = _sources(own)
    return PartSource(
        _names(table.get("labels")),
        _names(table.get("relation")),
        table.get("place"),
        _names(table.get("continues")),
        sources,
        table.get("order"),
    )


def _own_source(table: Json) -> Json:
    """Return what a table itself says of where its value comes from: not what a source of its own is for."""
    known = {key: table[key] for key in _SOURCE["properties"] if key in table}
    return {key: each for key, each in known.items() if key == "values" or not _is_source(each)}


def _is_source(value: object) -> bool:
    return isinstance(value, dict | list)


def _sources(value: Json | list[Json]) -> tuple[ValueSource, ...]:
    return tuple(map(_source, value if isinstance(value, list) else [value]))


def _source(value: Json) -> ValueSource:
    kind = next(kind for kind in _KINDS if kind in value)
    default = value.get("default")
    return ValueSource(
        kind,
        _plain(value[kind]),
        {theirs: _plain(ours) for theirs, ours in value.get("values", {}).items()},
        None if default is None else _plain(default),
        value.get("of") == "statement",
    )


def _plain(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _names(value: str | list[str] | None) -> tuple[str, ...]:
    return () if value is None else (value,) if isinstance(value, str) else tuple(value)


@dataclass
class _Check:
    """What the JSON Schema of the form cannot say."""

    value: Json
    scheme: Scheme

    def faults(self) -> Iterator[str]:
        value, scheme = self.value, self.scheme
        if not _names(value.get("statement", {}).get("labels")):
            yield "statement.labels: no label is that of a statement."
        for above, key, what in (("speaker", "entity", "who speaks"), ("target", "id", "what it is about")):
            if key not in value.get(above, {}):
                yield f"{above}.{key}: nothing says {what}."
        parts = dict(_tables(value, scheme))
        for each in scheme.fields:
            table = _table(each.level, each.name)
            needed = each.required and each.default is None and (each.level != "condition" or "condition" in value)
            if needed and table not in parts:
                yield f"{table}: the field {each.name} is required, and nothing says it."
        if "condition" in value and "role" not in value["condition"]:
            yield "condition.role: nothing says the role of conditions."
        if "non_statement" in value and "reason" not in value["non_statement"]:
            yield "non_statement.reason: nothing says why these words are no statement."
        for name, content in parts.items():
            yield from self._table(name, content)

    def _table(self, name: str, table: Json) -> Iterator[str]:
        has_marks = bool(_names(table.get("labels")))
        field = self._field(name)
        if field is not None and field.kind in ("span", "spans", "mentions") and not has_marks:
            yield f"{name}.labels: no label is that of {field.name}."
        if field is not None and field.kind in ("mentions", "entities") and has_marks and "entity" not in table:
            yield f"{name}.entity: nothing says who is meant by its words."
        if has_marks and name not in ("statement", "non_statement") and ("relation" in table) == ("place" in table):
            yield (
                f"{name}: its marks need one of `relation` and `place`, which say what statement they belong to"
                f"{', and have both' if 'place' in table else ''}."
            )
        if name == "condition" and not has_marks:
            yield f"{name}.labels: no label is that of a condition."
        own = _own_source(table)
        is_value = field is not None and field.kind not in ("span", "spans", "mentions")
        if is_value and not (has_marks and field is not None and field.kind == "entities"):
            yield from self._source(name, own, field)
        for key in (
            "entity",
            "id",
            "role",
            "reason",
            "basis",
            "unmentioned",
            *(("note",) if name == "non_statement" else ()),
        ):
            found = table.get(key)
            several = found if isinstance(found, list) else [found] if found is not None else []
            for number, each in enumerate(several):
                place = f"{name}.{key}" + (f"[{number}]" if isinstance(found, list) else "")
                yield from self._source(place, each, field if key == "basis" else None, key)

    def _field(self, name: str) -> Field | None:
        *above, last = name.split(".", 2 if name.startswith(("target.", "condition.")) else 1)
        level: Level = (
            "target" if above[:1] == ["target"] else "condition" if above[:1] == ["condition"] else "statement"
        )
        return self.scheme.find(level, last) if above else None

    def _source(self, place: str, value: Json, field: Field | None, key: str = "") -> Iterator[str]:
        kinds = [kind for kind in _KINDS if kind in value]
        if len(kinds) != 1:
            said = f"it has {', '.join(kinds)}" if kinds else "it has none"
            yield f"{place}: a value has one of {', '.join(_KINDS)}, and {said}."
        vocabulary = field.vocabulary if field is not None and (field.kind == "vocabulary" or key == "basis") else None
        vocabulary = {"role": "condition_role", "reason": self.scheme.non_statements}.get(key, vocabulary)
        if "quotation_marks" in value and not (field is not None and is_shown_by_marks(field, self.scheme)):
            yield f"{place}: quotation marks do not tell it."
        if vocabulary is None:
            return
        allowed = list(self.scheme.vocabularies.values(vocabulary))
        told = [(f"{place}.{name}", value[name]) for name in ("constant", "default") if name in value]
        told += [(f"{place}.values.{theirs}", ours) for theirs, ours in value.get("values", {}).items()]
        for where, ours in told:
            if ours not in allowed:
                what = field.title if field is not None else key
                yield f"{where}: {not_a_value(str(ours), what, allowed)}"


def is_shown_by_marks(field: Field, scheme: Scheme) -> bool:
    """Whether the values of a field say how much of the content is in quotation marks."""
    return field.kind == "vocabulary" and any("needs_quotation" in about for about in scheme.values(field).values())


def not_a_value(value: str, what: str, allowed: Sequence[str]) -> str:
    """Say that a value is not one of those that are allowed, with the likely one."""
    likely = get_close_matches(value, allowed, 1)
    hint = f" Did you mean {likely[0]!r}?" if likely else ""
    return f"{value!r} is no {what}. Allowed: {', '.join(allowed)}.{hint}"


# Writing


@dataclass
class Found:
    """What labels a file has, counted: marks, relations, attributes with values, notes, references and others."""

    labels: dict[str, int] = field(default_factory=dict)
    relations: dict[str, int] = field(default_factory=dict)
    attributes: dict[str, dict[str, int]] = field(default_factory=dict)
    notes: dict[str, int] = field(default_factory=dict)
    references: dict[str, int] = field(default_factory=dict)
    others: dict[str, int] = field(default_factory=dict)


def map_template(found: Found, tool: str, scheme: Scheme) -> str:
    """Return a map to be filled in, with what a file has as comments. It is no map until its blanks are filled."""
    lines = [
        f"# Which labels of {tool} are which part of a statement. `stancebank help formats` explains it.",
        "# Fill in what stands as ..., and remove the tables that you do not need.",
        "#",
        *_listing("Labels", found.labels),
        *_listing("Relations", found.relations),
    ]
    for name, values in sorted(found.attributes.items()):
        few = sorted(values, key=lambda each: (-values[each], each))[:12]
        lines.append(f"# Attribute {name}: {_counted({each or '(no value)': values[each] for each in few})}")
    lines += [*_listing("Notes", found.notes), *_listing("References", found.references)]
    lines += _listing("Of whole texts, which no table takes", found.others)
    tie = 'relation = "..."          # or: place = "nearest", place = "inside"'
    lines += ["", "[statement]", 'labels = ["..."]', "", "[speaker]", 'labels = ["..."]', tie]
    lines += ["entity = {words = true}   # found by name or alias; or {attribute = ...}, {reference = ...}"]
    lines += ["", "[target]", 'id = {attribute = "..."}  # or {constant = ...}, {label = true, values = {...}}']
    for each in scheme.of("target"):
        lines += _blank(each, scheme)
    for each in scheme.of("statement"):
        lines += _blank(each, scheme)
    if scheme.has_conditions:
        roles = ", ".join(scheme.vocabularies.offered("condition_role"))
        lines += ["", "# [condition]", '# labels = ["..."]', f"# {tie}", f"# role = {{label = true}}  # {roles}"]
        for each in scheme.of("condition"):
            lines += _blank(each, scheme)
    if scheme.non_statements:
        lines += ["", "# [non_statement]", '# labels = ["..."]', '# reason = {constant = "..."}']
    lines += ["", "# [ignore]                 # what is left out on purpose", '# labels = ["..."]']
    return "\n".join(lines) + "\n"


def _blank(each: Field, scheme: Scheme) -> list[str]:
    """Return the lines of a field that is to be filled in; as comments where it may be left out."""
    mark = "" if each.required and each.default is None and each.level != "condition" else "# "
    table = _table(each.level, each.name)
    name = re.sub(
        r"[^.]+\Z", lambda part: part[0] if re.fullmatch(r"[\w-]+", part[0], re.ASCII) else _quote(part[0]), table
    )
    found = ["", f"{mark}[{name}]"]
    if each.kind in ("span", "spans", "mentions"):
        found += [f'{mark}labels = ["..."]', f'{mark}relation = "..."']
        return [*found, *([f"{mark}entity = {{words = true}}"] if each.kind == "mentions" else [])]
    values = f"  # {', '.join(scheme.vocabularies.offered(each.vocabulary))}" if each.vocabulary else ""
    return [*found, f'{mark}attribute = "..."{values}']


def _listing(title: str, counts: Mapping[str, int]) -> list[str]:
    return [f"# {title}: {_counted(counts)}"] if counts else []


def _counted(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{_quote(name)} {number}" for name, number in sorted(counts.items()))


def _quote(text: str) -> str:
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


def write_map(tables: Mapping[str, Json], comment: str) -> str:
    """Return tables of a map as TOML. comment: what stands before them."""
    lines = [f"# {line}" for line in comment.split("\n")]
    for name, table in tables.items():
        lines += ["", f"[{'.'.join(_key(part) for part in name.split('.'))}]"]
        lines += [f"{_key(key)} = {_toml(value)}" for key, value in table.items()]
    return "\n".join(lines) + "\n"


def _key(name: str) -> str:
    return name if re.fullmatch(r"[\w-]+", name, re.ASCII) else _quote(name)


def _toml(value: Any) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f"{_key(key)} = {_toml(each)}" for key, each in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(map(_toml, value)) + "]"
    return _quote(value) if isinstance(value, str) else str(value).lower()


def unknown_names(told: Map, found: Iterable[str]) -> Iterator[str]:
    """Yield what a map names as labels and the files do not have, each with the likely one. found: their labels."""
    known = set(found)
    for table, part in told.parts.items():
        for name in part.labels:
            if name not in known:
                likely = get_close_matches(name, known, 1)
                hint = f" Did you mean {likely[0]!r}?" if likely else ""
                yield f"{table}.labels: no mark is called {name!r}.{hint}"
