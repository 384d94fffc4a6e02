"""What a scheme must fulfil: all that is wrong with a schema folder, as findings, before anything relies on it."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from stancebank.errors import Finding, InputError, line_ends
from stancebank.model import GOLD_METHODS, METADATA_BASES, TARGET_USES, ZONES
from stancebank.records import from_json, read_json
from stancebank.schema.fields import EDITION, FRAME, KEYWORD, Kind, Level
from stancebank.schema.generate import SCHEMAS, generated_schemas, with_declarations
from stancebank.schema.migration import check_migration
from stancebank.schema.validate import accepts, explain, schema_fault

_META = Path(__file__).parent / "x-stancebank.schema.json"

_OWN: Mapping[str, tuple[str, ...]] = {
    "text_policy": ("withheld", "quotes", "full"),
    "zone": ZONES,
    "metadata_basis": METADATA_BASES,
    "gold_method": GOLD_METHODS,
    "target_use": TARGET_USES,
    "entity_kind": (),
}
"""Vocabularies that every scheme needs, with the values that the toolkit itself uses."""

_FLAGS: Mapping[str, tuple[str, ...]] = {"zone": ("annotated",), "condition_role": ("makes_conditional",)}
"""What each value of a vocabulary must say."""

_SPAN = {"begin": 0, "end": 1, "fingerprint": "0" * 16}
_ID = "some-id"
_NEVER: tuple[object, ...] = (12.5, {"no": "such"}, ["no such", 1])

_LABEL_STUDIO = frozenset(("text", "span", "zone", "id", "value", "type", "to_name", "from_name", "origin", "data"))
_QUOTED: Mapping[Level, str] = {"statement": "line", "target": "mention"}
"""Names that the quoted form uses beside the fields."""

_DEFINITIONS = frozenset(
    ("condition", "entity", "exact", "id", "mention", "offsets", "quote", "span", "statement", "target_id", "words")
)
"""Names of definitions in the JSON Schemas, where those of the vocabularies stand too."""

_SQL_WORDS = """
all and any as asc between by case cast check column constraint create cross current_date default delete desc distinct
drop else end except exists false fetch for foreign from full grant having in inner insert intersect into is join
lateral left like limit natural not null offset on only or order outer primary references right select set some
table then to true union unique update user using values when where window with
"""
_SQL = frozenset(_SQL_WORDS.split())
"""Words that SQL does not take as the name of a column without quotation marks."""


def check_scheme(root: Path, schema_dir: Path) -> list[Finding]:
    """Return all that is wrong with the scheme of a workspace.

    root: of the workspace; schema_dir: the folder of its schema version. Errors of the codes `scheme-incomplete` and
    `scheme-name` mean that nothing else can be judged.
    """
    folder = schema_dir.relative_to(root).as_posix()
    read: dict[str, Any] = {}
    findings = []
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
        return findings
    if with_declarations(schema_dir):
        message = (
            "it is that of an earlier toolkit: it does not say what the fields are. `stancebank schema write` adds it."
        )
        return [Finding(f"{folder}/annotation.schema.json", "", "scheme-incomplete", message)]
    vocabularies, schema = read["vocabularies.json"], read["annotation.schema.json"]
    findings += _vocabularies(f"{folder}/vocabularies.json", vocabularies)
    if findings:
        return findings
    findings += _annotation(f"{folder}/annotation.schema.json", schema, vocabularies)
    said = schema.get("properties", {}).get("schema_version", {}).get("const")
    if said != schema_dir.name:
        message = f"documents say {said!r} as their version; the folder is that of {schema_dir.name!r}."
        findings.append(Finding(f"{folder}/annotation.schema.json", "", "scheme-incomplete", message))
    if not findings:
        findings += _drift(folder, schema_dir)
    if not findings:
        findings += check_migration(schema_dir, folder)
    return findings


def _vocabularies(file: str, vocabularies: Mapping[str, Any]) -> Iterator[Finding]:
    for name in _OWN:
        if name not in vocabularies:
            yield Finding(file, "", "scheme-incomplete", f"the vocabulary {name!r} is missing.")
    for name, vocabulary in vocabularies.items():
        pointer = f"/{name}"
        if name in _DEFINITIONS:
            message = f"the JSON Schemas use the name {name!r} already: choose another name for the vocabulary."
            yield Finding(file, pointer, "scheme-name", message)
        values = vocabulary.get("values") if isinstance(vocabulary, dict) else None
        if not isinstance(values, dict) or not values or not isinstance(vocabulary.get("description"), str):
            yield Finding(file, pointer, "scheme-incomplete", "it has no description, or no object of values.")
            continue
        for value in _OWN.get(name, ()):
            if value not in values:
                yield Finding(file, f"{pointer}/values", "scheme-incomplete", f"the value {value!r} is missing.")
        for value, about in values.items():
            below = f"{pointer}/values/{value.replace('~', '~0').replace('/', '~1')}"
            if not isinstance(about, dict) or not isinstance(about.get("description"), str):
                yield Finding(file, below, "scheme-incomplete", "the value has no description.")
                continue
            if not value or value != value.strip() or any(mark in value for mark in "\"'<>&,\n\t") or len(value) > 60:
                yield Finding(
                    file, below, "scheme-name", f"{value!r} cannot be a value: choose plain letters and digits."
                )
            for flag in _FLAGS.get(name, ()):
                if not isinstance(about.get(flag), bool):
                    yield Finding(file, below, "scheme-incomplete", f"the value does not say {flag}: true or false.")
        sides = [value for value, about in values.items() if isinstance(about, dict) and "polarity" in about]
        if sides and len(sides) < len(values):
            message = "some values say their polarity and others do not: give it to all, or to none."
            yield Finding(file, f"{pointer}/values", "scheme-incomplete", message)
    zones = vocabularies.get("zone", {}).get("values", {})
    if (
        isinstance(zones, dict)
        and zones
        and not any(isinstance(a, dict) and a.get("annotated") for a in zones.values())
    ):
        yield Finding(file, "/zone/values", "scheme-incomplete", "no zone is annotated.")


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
    labels = []
    for level, (pointer, part) in levels.items():
        properties = part.get("properties", {}) if isinstance(part, dict) else {}
        for name in FRAME[level]:
            if name not in properties and name not in ("same_as", "conditions", "span"):
                yield Finding(file, pointer, "scheme-incomplete", f"a {level} has no {name!r}.")
        for name, value in properties.items():
            if name in FRAME[level]:
                continue
            below = f"{pointer}/properties/{name}"
            about = value.get(KEYWORD) if isinstance(value, dict) else None
            if about is None:
                yield Finding(file, below, "scheme-incomplete", f'it has no "{KEYWORD}", which says what the field is.')
                continue
            wrong = [f"{KEYWORD}{place}: {message}" for place, message in explain(about, read_json(_META))]
            wrong = wrong or list(_field(name, level, value, about, schema, vocabularies, part.get("required", ())))
            for message in wrong:
                yield Finding(file, below, "scheme-incomplete", message)
            yield from _names(file, below, name, level, about)
            if about.get("label") is True:
                labels.append(f"{level} {name}" if level != "statement" else name)
    if labels != [name for name in labels if " " not in name] or len(labels) != 1:
        said = ", ".join(labels) or "none"
        message = f'one field of a statement must be the label ("label": true); now it is {said}.'
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
    if kind == "group" and level != "condition":
        yield "only conditions have groups."
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
    if not isinstance(value.get("description"), str):
        yield "it has no description."
    elif kind == "vocabulary":
        if not any(accepts(value, schema, each) for each in values):
            yield f"its JSON Schema takes no value of the vocabulary {vocabulary}."
    elif not accepts(value, schema, probes[kind]):
        yield f"its JSON Schema does not take what a field of the kind {kind} holds, such as {probes[kind]!r}."
    for wrong in _NEVER:
        if accepts(value, schema, wrong):
            yield f"its JSON Schema takes {wrong!r}, which no field of the kind {kind} holds."
            break
    inferred = "default" in about or any("needs_quotation" in facts for facts in _facts(vocabularies, vocabulary))
    if name in required and about.get("profile", "full") != "core" and not inferred and kind != "flag":
        yield "it is required, and the core profile does not ask for it: set its profile to core, or give a default."


def _facts(vocabularies: Mapping[str, Any], name: str | None) -> list[Mapping[str, Any]]:
    return list(vocabularies[name]["values"].values()) if name else []


def _names(file: str, pointer: str, name: str, level: Level, about: Mapping[str, Any]) -> Iterator[Finding]:
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
    if isinstance(column, str) and column.lower() in _SQL:
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
