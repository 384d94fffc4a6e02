"""A schema folder: what of it is generated, and what it must fulfil before anything relies on it.

Values are written by hand in vocabularies.json and nowhere else. The JSON Schemas repeat them as enums, and say of a
condition what its role asks for. `stancebank schema write` makes these parts again after a vocabulary has changed.
"""

import json
from collections.abc import Iterator, Mapping
from copy import deepcopy
from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256
from pathlib import Path
from typing import Any, Literal, get_args

import msgspec

from stancebank.errors import Finding, InputError, line_ends
from stancebank.records import Content, from_json, indented, read_content, read_json
from stancebank.schema.fields import (
    EDITION,
    FRAME,
    KEYWORD,
    META,
    MIGRATION,
    Kind,
    Level,
    Scheme,
    edition_of,
    make_scheme,
)
from stancebank.schema.quoted import FILED, TITLES, quoted_schema
from stancebank.schema.validate import EARLIER, acceptor, explain, packed_schema, schema_fault
from stancebank.schema.vocabularies import Vocabularies, check_places, check_vocabularies

Json = dict[str, Any]

SCHEMAS = ("annotation", "article", "entities", "targets", "withdrawal")
"""The JSON Schemas of a schema folder that are written by hand, save for their generated parts."""


FRAME_KEYS: Mapping[tuple[Level, str], tuple[str, ...]] = {
    ("statement", "speaker"): ("place",),
    ("statement", "same_as"): ("points_to",),
    ("statement", "conditions"): ("place", "tied", "joined_by", "no_statement"),
    ("target", "span"): ("place",),
}
"""What can be declared of parts of the frame."""

KIND_KEYS: Mapping[str, tuple[Kind, ...]] = {
    "place": ("span", "spans", "mentions"),
    "excludes": ("entity", "entities", "mentions", "span", "spans"),
    "tied": ("vocabulary", "text", "flag", "entity", "entities", "target"),
    "needs": get_args(Kind),
    "not_after": ("date",),
    "joined_by": ("span", "spans"),
    "is_ground": ("span", "spans"),
    "points_to": (),
    "no_statement": (),
}
"""What can be declared of fields, by their kind."""

_SPAN = {"begin": 0, "end": 1, "fingerprint": "0" * 16}
_ID = "some-id"
_NEVER: tuple[object, ...] = (12.5, {"no": "such"}, ["no such", 1])

_LABEL_STUDIO = frozenset(("text", "span", "zone", "id", "value", "type", "to_name", "from_name", "origin", "data"))
_QUOTED: Mapping[Level, str] = {"statement": "line", "target": "mention"}
"""Names that the quoted form uses beside the fields."""

_SQL_WORDS = """
all and any as asc between by case cast check column constraint create cross current_date default delete desc distinct
drop else end except exists false fetch for foreign from full grant having in inner insert intersect into is join
lateral left like limit natural not null offset on only or order outer primary references right select set some
table then to true union unique update user using values when where window with
"""
_SQL = frozenset(_SQL_WORDS.split())
"""Words that SQL does not take as the name of a column without quotation marks.

`group` is one, too: edition 1 has it as a column of its own scheme.
"""


def check_scheme(root: Path, schema_dir: Path, *, proves_migration: bool = True) -> list[Finding]:
    """Return all that is wrong with the scheme of a workspace.

    root: of the workspace; schema_dir: the folder of its schema version. proves_migration: whether to prove, too, that
    its migration.toml, if it has one, leads to it from the version before. Errors of the codes `scheme-incomplete` and
    `scheme-name` mean that nothing else can be judged.
    """
    folder = schema_dir.relative_to(root).as_posix()
    is_sound = _is_packed(schema_dir)
    findings = [] if is_sound else list(_judge(folder, _contents(schema_dir)))
    if not findings:
        findings += [] if is_sound else _drift(folder, schema_dir)
        findings += check_places(root, folder, _read(schema_dir / "vocabularies.json"))
    if proves_migration and not findings and (schema_dir / MIGRATION).is_file():
        from stancebank.schema.migration import check_migration  # few folders have one, and its steps are many

        findings += check_migration(schema_dir, folder)
    return findings


def _is_packed(schema_dir: Path) -> bool:
    """Whether a folder holds what the toolkit brings, byte for byte, which its tests judge; that itself is judged."""
    packed = packed_schema(schema_dir.name)
    if packed is None or packed.resolve() == schema_dir.resolve():
        return False
    return _contents(schema_dir) == _contents(packed)


def _contents(schema_dir: Path) -> tuple[Content, ...]:
    """Return what the files of a schema folder hold that are written by hand or generated."""
    names = ("vocabularies", *(f"{each}.schema" for each in (*SCHEMAS, *(TITLES[each][0] for each in FILED))))
    return tuple(read_content(schema_dir / f"{name}.json") for name in names)


@lru_cache(maxsize=16)
def _judge(folder: str, contents: tuple[Content, ...]) -> tuple[Finding, ...]:
    """Return what makes a schema folder unusable. folder: its path in the workspace."""
    schema_dir = contents[0].path.parent
    read: dict[str, Any] = {}
    findings: list[Finding] = []
    for name in ("vocabularies.json", *(f"{each}.schema.json" for each in SCHEMAS)):
        file = f"{folder}/{name}"
        try:
            read[name] = from_json((schema_dir / name).read_bytes(), name)
            if not isinstance(read[name], dict):
                findings.append(Finding(file, "", "scheme-incomplete", "it is not a JSON object."))
            elif name != "vocabularies.json" and (fault := schema_fault(read[name])):
                findings.append(Finding(file, "", "scheme-incomplete", f"it cannot be used as a JSON Schema: {fault}"))
        except FileNotFoundError:
            findings.append(Finding(file, "", "scheme-incomplete", "the file is missing."))
        except InputError as error:
            findings.append(Finding(file, "", "scheme-incomplete", str(error)))
    if findings:
        return tuple(findings)
    if with_declarations(schema_dir):
        message = (
            "it is that of an earlier toolkit: it does not say what the fields are. `stancebank schema write` adds it."
        )
        return (Finding(f"{folder}/annotation.schema.json", "", "scheme-incomplete", message),)
    vocabularies, schema = read["vocabularies.json"], read["annotation.schema.json"]
    findings += check_vocabularies(f"{folder}/vocabularies.json", vocabularies)
    if findings:
        return tuple(findings)
    findings += _annotation(f"{folder}/annotation.schema.json", schema, vocabularies)
    said = schema.get("properties", {}).get("schema_version", {}).get("const")
    if said != schema_dir.name:
        message = f"documents say {said!r} as their version; the folder is that of {schema_dir.name!r}."
        findings.append(Finding(f"{folder}/annotation.schema.json", "", "scheme-incomplete", message))
    return tuple(findings)


def _annotation(file: str, schema: Any, vocabularies: Mapping[str, Any]) -> Iterator[Finding]:
    about = schema.get(KEYWORD, {})
    edition = about.get("edition", 1) if isinstance(about, dict) and about.keys() <= {"edition"} else None
    if type(edition) is not int or edition < 1:
        message = f'it is not like {{"edition": {EDITION}}}, the edition of the frame that documents follow.'
        yield Finding(file, f"/{KEYWORD}", "scheme-incomplete", message)
    elif edition > EDITION:
        message = f"it follows edition {edition} of the frame, and this toolkit knows {EDITION}: install a newer one."
        yield Finding(file, f"/{KEYWORD}", "scheme-incomplete", message)
    try:
        statement = schema["$defs"]["statement"]
        levels: dict[Level, tuple[str, Any]] = {
            "statement": ("/$defs/statement", statement),
            "target": _part(schema, "/$defs/statement/properties/target", statement["properties"]["target"]),
        }
        if "conditions" in statement["properties"]:
            items = statement["properties"]["conditions"]["items"]
            levels["condition"] = _part(schema, "/$defs/statement/properties/conditions/items", items)
    except (KeyError, TypeError) as error:
        yield Finding(
            file, "", "scheme-incomplete", f"it is not the schema of an annotation document: it lacks {error}."
        )
        return
    if "condition" in levels and "condition_role" not in vocabularies:
        message = "statements have conditions, and vocabularies.json has no 'condition_role'."
        yield Finding(file, levels["condition"][0], "scheme-incomplete", message)
    labels, parties = [], []
    for level, (pointer, part) in levels.items():
        properties = part.get("properties", {}) if isinstance(part, dict) else {}
        for name in FRAME[level]:
            if name not in properties and name not in ("same_as", "conditions", "span"):
                yield Finding(file, pointer, "scheme-incomplete", f"a {level} has no {name!r}.")
        for name, value in properties.items():
            below = f"{pointer}/properties/{name}"
            about = value.get(KEYWORD) if isinstance(value, dict) else None
            if name in FRAME[level]:
                for place, message in explain(about, frame_schema(level, name)) if about is not None else ():
                    yield Finding(file, below, "scheme-incomplete", f"{KEYWORD}{place}: {message}")
                continue
            if about is None:
                yield Finding(file, below, "scheme-incomplete", f'it has no "{KEYWORD}", which says what the field is.')
                continue
            wrong = [f"{KEYWORD}{place}: {message}" for place, message in explain(about, read_json(META))]
            wrong = wrong or list(_field(name, level, value, about, schema, vocabularies, part.get("required", ())))
            wrong = wrong or list(find_misfits(schema, level, name, about["kind"]))
            for message in wrong:
                yield Finding(file, below, "scheme-incomplete", message)
            yield from _names(file, below, name, level, about, edition_of(schema))
            if about.get("label") is True:
                labels.append(f"{level} {name}" if level != "statement" else name)
            if about.get("parties") is True:
                parties.append(f"{name} of a {level}")
    if labels != [name for name in labels if " " not in name] or len(labels) != 1:
        said = ", ".join(labels) or "none"
        message = f'one field of a statement must be the label ("label": true); now it is {said}.'
        yield Finding(file, "/$defs/statement", "scheme-incomplete", message)
    if len(parties) > 1:
        message = f'only one field can name the parties ("parties": true); now {" and ".join(parties)} do.'
        yield Finding(file, "/$defs/statement", "scheme-incomplete", message)


def _part(schema: Any, pointer: str, value: Any) -> tuple[str, Any]:
    reference = value.get("$ref")
    return (
        (reference.removeprefix("#"), schema["$defs"][reference.removeprefix("#/$defs/")])
        if reference
        else (pointer, value)
    )


def _field(
    name: str,
    level: Level,
    value: Any,
    about: Mapping[str, Any],
    schema: Any,
    vocabularies: Mapping[str, Any],
    required: tuple[str, ...],
) -> Iterator[str]:
    """Yield what is wrong with a field: its vocabulary, its default, and a JSON Schema that does not fit its kind."""
    kind: Kind = about["kind"]
    vocabulary = about.get("vocabulary", "date_basis" if kind == "date" else None)
    if vocabulary is not None and vocabulary not in vocabularies:
        yield f"its vocabulary {vocabulary!r} is not in vocabularies.json."
        return
    values = list(vocabularies[vocabulary]["values"]) if vocabulary else []
    if "default" in about and about["default"] not in values:
        yield f"its default {about['default']!r} is not a value of {vocabulary}."
    elif "default" in about and vocabularies[vocabulary]["values"][about["default"]].get("retired"):
        yield f"its default {about['default']!r} is retired: give another one."
    if kind == "group" and level != "condition":
        yield "only conditions have groups."
    if about.get("parties") and (kind not in ("entities", "mentions") or level == "condition"):
        yield "only a field of a statement or target that holds several entities can name the parties."
    probes: Mapping[Kind, object] = {
        "entity": _ID,
        "entities": [_ID],
        "mentions": [{"entity": _ID}, {"entity": _ID, "span": _SPAN}],
        "target": _ID,
        "targets": [_ID],
        "text": "words",
        "flag": True,
        "date": {"date": "2031-02-11", "basis": values[0] if values else ""},
        "span": _SPAN,
        "spans": [_SPAN],
        "group": 1,
    }
    takes = acceptor(value, schema)
    if not isinstance(value.get("description"), str):
        yield "it has no description."
    elif kind == "vocabulary":
        if not any(takes(each) for each in values):
            yield f"its JSON Schema takes no value of the vocabulary {vocabulary}."
    elif not takes(probes[kind]):
        yield f"its JSON Schema does not take what a field of the kind {kind} holds, such as {probes[kind]!r}."
    for wrong in _NEVER:
        if takes(wrong):
            yield f"its JSON Schema takes {wrong!r}, which no field of the kind {kind} holds."
            break
    inferred = "default" in about or any("needs_quotation" in facts for facts in _facts(vocabularies, vocabulary))
    if name in required and about.get("profile", "full") != "core" and not inferred and kind != "flag":
        yield "it is required, and the core profile does not ask for it: set its profile to core, or give a default."


def _facts(vocabularies: Mapping[str, Any], name: str | None) -> list[Mapping[str, Any]]:
    return list(vocabularies[name]["values"].values()) if name else []


def _names(
    file: str, pointer: str, name: str, level: Level, about: Mapping[str, Any], edition: int
) -> Iterator[Finding]:
    column = about.get("column", name)
    if not name.isascii() or not name.isidentifier() or name != name.lower() or len(name) > 40:
        message = f"{name!r} cannot be the name of a field: choose lower-case letters, digits and underscores."
        yield Finding(file, pointer, "scheme-name", message)
    elif name in _LABEL_STUDIO:
        yield Finding(file, pointer, "scheme-name", f"Label Studio's own data use the name {name!r}.")
    elif name == _QUOTED.get(level):
        yield Finding(file, pointer, "scheme-name", f"the quoted form of a {level} uses the name {name!r} already.")
    elif name == "fields":
        yield Finding(file, pointer, "scheme-name", "'fields' is what the toolkit calls all of them.")
    if isinstance(column, str) and column.lower() in (_SQL if edition == 1 else _SQL | {"group"}):
        yield Finding(file, pointer, "scheme-name", f"{column!r} is a word of SQL: choose another column.")


def _drift(folder: str, schema_dir: Path) -> Iterator[Finding]:
    for name, text in generated_schemas(schema_dir).items():
        path = schema_dir / name
        there = path.read_bytes() if path.is_file() else None
        if there is not None and there != text.encode() == there.replace(b"\r\n", b"\n"):
            yield line_ends(f"{folder}/{name}")
        elif there != text.encode():
            message = "it is not what the scheme makes it." if there is not None else "it is missing."
            yield Finding(f"{folder}/{name}", "", "scheme-drift", message)


def schema_text(schema: object) -> str:
    """Return a JSON Schema as its file holds it: keys in their order, two spaces a level, a final newline."""
    return indented(schema) + "\n"


def generated_schemas(schema_dir: Path) -> dict[str, str]:
    """Return the files of a schema folder that are generated, or have generated parts, by name, as they should be.

    Raises InputError where a file is no JSON object, or does not say what the fields are.
    """
    return dict(_generated(schema_dir.name, _contents(schema_dir)))


@lru_cache(maxsize=16)
def _generated(version: str, contents: tuple[Content, ...]) -> Mapping[str, str]:
    schema_dir = contents[0].path.parent
    vocabularies = _read(schema_dir / "vocabularies.json")
    paths = (schema_dir / f"{name}.schema.json" for name in SCHEMAS)
    schemas = {path.name: _read(path) for path in paths if path.is_file()}
    edition = edition_of(schemas.get("annotation.schema.json", {}))
    found = {
        name: schema_text(with_fingerprints(with_vocabularies(schema, vocabularies), edition))
        for name, schema in schemas.items()
    }
    annotation = found.get("annotation.schema.json")
    if annotation is not None:
        scheme = make_scheme(version, json.loads(annotation), Vocabularies(vocabularies))
        for profile in FILED:
            found[f"{TITLES[profile][0]}.schema.json"] = schema_text(quoted_schema(scheme, profile))
    return found


def with_vocabularies(schema: Json, vocabularies: Mapping[str, Any]) -> Json:
    """Return a JSON Schema with its enums, and the rules of its conditions, made of the vocabularies."""
    schema = deepcopy(schema)
    definitions = schema.get("$defs", {})
    for name, definition in definitions.items():
        if name in vocabularies and "enum" in definition:
            definition["description"] = vocabularies[name]["description"]
            definition["enum"] = list(vocabularies[name]["values"])
    roles = vocabularies.get("condition_role", {}).get("values", {})
    condition = definitions.get("condition")
    if isinstance(condition, dict) and roles:
        rules = _rules(condition.get("properties", {}), roles)
        condition.pop("allOf", None)
        if rules:
            condition["allOf"] = rules
    return schema


def with_fingerprints(schema: Json, edition: int) -> Json:
    """Return a JSON Schema with the forms that a fingerprint has from edition 2 on; in edition 1 it stays as it is."""
    schema = deepcopy(schema)
    parts = (
        (schema.get("$defs", {}).get("span"), _SPAN_FINGERPRINT),
        (schema.get("properties", {}).get("lines", {}).get("items"), _LINE_FINGERPRINT),
    )
    for part, form in parts:
        if edition > 1 and isinstance(part, dict) and isinstance(part.get("properties", {}).get("fingerprint"), dict):
            part["properties"]["fingerprint"] |= form
    return schema


_SPAN_FINGERPRINT = {
    "pattern": "^[kp]?[0-9a-f]{16}$",
    "description": (
        "k and 16 hex digits of the HMAC-SHA256 of the folded words, whose key is their whole line, folded; or, of "
        "words that are shown beside it, p and 16 hex digits of their SHA-256. Without a letter it is of edition 1."
    ),
}

_LINE_FINGERPRINT = {
    "pattern": "^p?[0-9a-f]{16}$",
    "description": "p and 16 hex digits of the SHA-256 of the folded line. Without a letter it is of edition 1.",
}


def _rules(properties: Json, roles: Mapping[str, Any]) -> list[Json]:
    """Return what a role asks of the other fields of its condition.

    A waiver has no kind, all others have one; a grouped role has a group, others have none.
    """
    rules = []
    for name, value in properties.items():
        kind = value.get(KEYWORD, {}).get("kind")
        if kind == "target":
            waivers = [role for role, about in roles.items() if about.get("is_waiver")]
            has = {"required": [name], "properties": {name: {"type": "string"}}}
            rules.append(_rule(waivers, {"properties": {name: {"const": None}}}, has) if waivers else has)
        elif kind == "group":
            grouped = [role for role, about in roles.items() if about.get("grouped")]
            has = {"required": [name], "properties": {name: {"type": "integer"}}}
            rules.append(_rule(grouped, has, {"properties": {name: {"const": None}}}))
    return rules


def _rule(roles: list[str], then: Json, otherwise: Json) -> Json:
    which = {"const": roles[0]} if len(roles) == 1 else {"enum": roles}
    return {"if": {"properties": {"role": which}}, "then": then, "else": otherwise}


def with_declarations(schema_dir: Path) -> dict[str, str]:
    """Return what is missing in a folder that an earlier toolkit laid, by file name; empty where nothing is.

    Properties of statements and flags of values that the toolkit's own scheme of the same version declares, and the
    folder has without a declaration, get it. What the folder says itself is kept.
    """
    own = packed_schema(schema_dir.name)
    if own is None:
        return {}
    earlier = EARLIER.get(schema_dir.name, {})
    if all(_sha256(schema_dir / name) == digest for name, digest in earlier.items()):
        return {name: (own / name).read_bytes().decode() for name in earlier} if earlier else {}
    found = {}
    schema, theirs = _read(schema_dir / "annotation.schema.json"), _read(own / "annotation.schema.json")
    if KEYWORD not in json.dumps(schema):
        _declare(schema, theirs)
        found["annotation.schema.json"] = schema_text(schema)
        vocabularies, known = _read(schema_dir / "vocabularies.json"), _read(own / "vocabularies.json")
        _add_flags(vocabularies, known)
        found["vocabularies.json"] = (
            (own / "vocabularies.json").read_bytes().decode() if vocabularies == known else schema_text(vocabularies)
        )
    return found


def _sha256(path: Path) -> str | None:
    return sha256(path.read_bytes()).hexdigest() if path.is_file() else None


def _declare(schema: Any, known: Any) -> None:
    """Copy the declarations of properties that both schemas have."""
    if isinstance(schema, dict) and isinstance(known, dict):
        if KEYWORD in known:
            schema.setdefault(KEYWORD, known[KEYWORD])
        for key in schema.keys() & known.keys():
            _declare(schema[key], known[key])


def _add_flags(vocabularies: Json, known: Json) -> None:
    for name, vocabulary in vocabularies.items():
        for value, about in vocabulary["values"].items():
            for flag, said in known.get(name, {}).get("values", {}).get(value, {}).items():
                about.setdefault(flag, said)


def _read(path: Path) -> Json:
    try:
        value = read_json(path)
    except FileNotFoundError:
        raise InputError(f"schema/{path.parent.name}/{path.name} is missing.") from None
    if not isinstance(value, dict):
        raise InputError(f"schema/{path.parent.name}/{path.name} is not a JSON object.")
    return value


def properties_of(schema: Mapping[str, Any]) -> Mapping[Level, Mapping[str, Any]]:
    """Return the properties of a JSON Schema of documents by what they belong to, those of the frame included."""

    def part(value: Mapping[str, Any]) -> Mapping[str, Any]:
        reference = value.get("$ref")
        found = schema["$defs"][reference.removeprefix("#/$defs/")] if reference else value
        return found if isinstance(found, dict) else {}

    statement = part(schema["$defs"]["statement"])["properties"]
    levels: dict[Level, Mapping[str, Any]] = {
        "statement": statement,
        "target": part(statement["target"]).get("properties", {}),
    }
    if "conditions" in statement:
        levels["condition"] = part(part(statement["conditions"])["items"]).get("properties", {})
    return levels


def frame_schema(level: Level, name: str) -> dict[str, Any]:
    """Return the JSON Schema of the keyword beside a part of the frame; it takes nothing where none is of use."""
    meta = read_json(META)
    keys = FRAME_KEYS.get((level, name), ())
    known = {**meta["properties"], **meta["$defs"]["frame"]["properties"]}
    return {"type": "object", "properties": {key: known[key] for key in keys}, "additionalProperties": False}


def find_misfits(schema: Mapping[str, Any], level: Level, name: str, kind: Kind) -> Iterator[str]:
    """Yield what is declared of a field and does not fit its kind, or names what the scheme does not have."""
    levels = properties_of(schema)
    about = levels[level][name].get(KEYWORD) or {}
    for key, kinds in KIND_KEYS.items():
        if key in about and kind not in kinds:
            yield f"{key} cannot be declared of a field of the kind {kind}."
    if about.get("tied") == "part_of" and kind not in ("entity", "entities"):
        yield "only entities are part of one another: tied must be equal."
    frame = ("conditions",) if kind in ("span", "spans") else ("speaker",)
    for other in about.get("excludes", ()):
        known = levels[level].get(other, {})
        words = known.get(KEYWORD, {}).get("kind") in ("span", "spans")
        if other == name or not known or (level == "statement" and other in frame):
            fits = other != name and bool(known)
        else:
            fits = words == (kind in ("span", "spans")) and known.get(KEYWORD, {}).get("kind") in KIND_KEYS["excludes"]
        if not fits:
            what = "words" if kind in ("span", "spans") else "entities"
            yield f"it cannot exclude {other!r}, which is no other field of a {level} that has {what}."
    if "needs" in about and (about["needs"] == name or KEYWORD not in levels[level].get(about["needs"], {})):
        yield f"it cannot need {about['needs']!r}, which is no other field of a {level}."


@dataclass(frozen=True, slots=True)
class Constraints:
    """What a scheme declares of the words and values of a field, or of a part of the frame, beyond their form.

    place: of its words: `inside` the content, `beside` it in a paragraph that has some of it, or `near`: also in the
    paragraph before one. excludes: fields of the same level, or `speaker` and `conditions`, that share no entity and no
    word with it. tied: what statements tied by `same_as` have `equal` in it; `part_of` for entities of which one may be
    part of the other. needs: the field that is filled in, too, where this one is. not_after: `published` for a date
    that is not after the article's. joined_by: the list of the language file whose words a span takes along.
    is_ground: whether its words give a ground, which says nothing of the position itself. points_to: `fullest` where
    ties lead to the fullest statement. no_statement: whether words of it are no content of another statement.
    """

    place: Literal["inside", "beside", "near"] | None = None
    excludes: tuple[str, ...] = ()
    tied: Literal["equal", "part_of"] | None = None
    needs: str | None = None
    not_after: Literal["published"] | None = None
    joined_by: Literal["connectives", "causes"] | None = None
    is_ground: bool = False
    points_to: Literal["fullest"] | None = None
    no_statement: bool = False


_NONE = Constraints()


@lru_cache(maxsize=32)
def constraints(scheme: Scheme) -> Mapping[tuple[Level, str], Constraints]:
    """Return what a scheme declares, by level and name; only of what has a declaration. It must be a sound scheme."""
    found = {}
    for level, properties in properties_of(scheme.schema).items():
        for name, value in properties.items():
            about = value.get(KEYWORD) or {}
            said = {key: each for key, each in about.items() if key in KIND_KEYS}
            if said:
                found[level, name] = msgspec.convert(said, Constraints)
    return found


def constraint_of(scheme: Scheme, level: Level, name: str) -> Constraints:
    """Return what a scheme declares of a field or of a part of the frame."""
    return constraints(scheme).get((level, name), _NONE)
