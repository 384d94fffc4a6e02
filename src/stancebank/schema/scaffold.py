"""A new scheme: the files of a schema folder made of a short description, to be edited further by hand."""

import json
import re
from collections.abc import Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path
from typing import Any, get_args

from stancebank.errors import InputError
from stancebank.model import non_statements_key
from stancebank.records import read_json
from stancebank.schema.fields import EDITION, FRAME, KEYWORD, PENDING, Kind, Level, edition_of, reasons_of
from stancebank.schema.rules import schema_text, with_vocabularies
from stancebank.schema.validate import packed_schema

Json = dict[str, Any]

_SHAPES: Mapping[str, Json] = {
    "entity": {"$ref": "#/$defs/id"},
    "entities": {"type": "array", "items": {"$ref": "#/$defs/id"}, "uniqueItems": True},
    "mentions": {"type": "array", "items": {"$ref": "#/$defs/mention"}},
    "target": {"$ref": "#/$defs/id"},
    "targets": {"type": "array", "items": {"$ref": "#/$defs/id"}, "uniqueItems": True},
    "text": {"type": "string", "minLength": 1, "pattern": "\\S"},
    "flag": {"type": "boolean"},
    "span": {"$ref": "#/$defs/span"},
    "spans": {"type": "array", "items": {"$ref": "#/$defs/span"}, "minItems": 1},
}
"""The JSON Schema of a field by its kind; those of vocabularies and dates are made."""

_DATE = "^(?:[0-9]{4}|XXXX)(?:-(?:0[1-9]|1[0-2]|XX)(?:-(?:0[1-9]|[12][0-9]|3[01]|XX))?)?$"
_KEPT = ("text_policy", "zone", "metadata_basis", "gold_method", "target_use", "date_basis")
"""Vocabularies of the toolkit itself, which a new scheme takes over."""


@dataclass(frozen=True, slots=True)
class NewField:
    """A field of a new scheme. values: of its vocabulary, for a field of that kind."""

    name: str
    kind: Kind
    values: tuple[str, ...] = ()
    required: bool = False


@dataclass(frozen=True, slots=True)
class NewScheme:
    """What a new scheme consists of.

    label: the name of the position, such as ``stance``, with its values. roles: of conditions; none for a scheme
    without conditions. entity_kinds: none for those of the toolkit.
    """

    label: NewField
    fields: tuple[NewField, ...] = ()
    roles: tuple[str, ...] = ()
    entity_kinds: tuple[str, ...] = ()


def parse_field(text: str, required: Sequence[str] = ()) -> NewField:
    """Read a field as typed on a command line: ``certainty=low,high`` or ``comment:text``.

    required: names of fields that every statement has. Raises InputError where it is of another form.
    """
    name, equals, values = text.partition("=")
    if equals:
        found = tuple(value.strip() for value in values.split(",") if value.strip())
        if not found or len(set(found)) < len(found):
            raise InputError(f"{text!r}: give each value once, like {name}=low,high.")
        return NewField(name.strip(), "vocabulary", found, name.strip() in required)
    name, colon, kind = text.partition(":")
    kinds = [each for each in get_args(Kind) if each in _SHAPES or each == "date"]
    if not colon or kind not in kinds:
        raise InputError(
            f"{text!r} is not a field.\nHint: write NAME=VALUE,VALUE for a vocabulary, or NAME:KIND with one of the "
            f"kinds {', '.join(kinds)}."
        )
    return NewField(name.strip(), kind, (), name.strip() in required)  # type: ignore[arg-type]


def make_schema_files(scheme: NewScheme, version: str) -> dict[str, str]:
    """Return the files of the schema folder of a new scheme, by name.

    They are complete but for the descriptions, which repeat the names. version: of the toolkit's own schema to begin
    with. Raises InputError where a name is taken.
    """
    own = packed_schema(version)
    if own is None:
        raise InputError(f"The toolkit has no schema {version} to begin with.")
    vocabularies = _vocabularies(scheme, read_json(own / "vocabularies.json"))
    annotation = _annotation(scheme, read_json(own / "annotation.schema.json"), vocabularies)
    files: dict[str, str | Json] = {
        "vocabularies.json": _vocabulary_text(vocabularies),
        "annotation.schema.json": annotation,
    }
    for name in ("article", "entities", "targets", "withdrawal"):
        files[f"{name}.schema.json"] = read_json(own / f"{name}.schema.json")
    files["targets.schema.json"]["properties"]["targets"].pop("minItems", None)  # type: ignore[index, union-attr]
    return {
        name: value if isinstance(value, str) else schema_text(with_vocabularies(value, vocabularies))
        for name, value in files.items()
    }


def make_guidelines(scheme: NewScheme) -> str:
    """Return guidelines to begin with: the line that names their version, and a table of values for each vocabulary."""
    names = [field.name for field in (scheme.label, *scheme.fields) if field.kind == "vocabulary"]
    tables = "".join(
        f"\n## {name.replace('_', ' ').capitalize()}\n\n<!-- stancebank:table {name} -->\n\n<!-- /stancebank -->\n"
        for name in (*names, *(["condition_role"] if scheme.roles else []))
    )
    return (
        "# Annotation guidelines\n\nGuideline version 1.0\n\n"
        f"How to decide, with an example and a counterexample for each rule.\n{tables}"
    )


def _vocabularies(scheme: NewScheme, known: Json) -> Json:
    found = {name: known[name] for name in _KEPT}
    kinds = scheme.entity_kinds
    found["entity_kind"] = _kinds(kinds, known["entity_kind"]) if kinds else known["entity_kind"]
    for field in (scheme.label, *scheme.fields):
        if field.kind != "vocabulary":
            continue
        if field.name in found:
            raise InputError(f"{field.name} is a vocabulary of the toolkit.\nHint: choose another name.")
        found[field.name] = _vocabulary(f"{field.name.capitalize()} of a statement.", field.values)
    if scheme.roles:
        roles = _vocabulary("How a statement depends on a condition.", scheme.roles)
        for about in roles["values"].values():
            about |= {"grouped": False, "makes_conditional": True}
        found["condition_role"] = roles
    return dict(sorted(found.items()))


def _kinds(kinds: Sequence[str], known: Json) -> Json:
    """Return a vocabulary of kinds of entities; those that the toolkit knows keep their meaning and flags."""
    found = _vocabulary(known["description"], kinds)
    found["values"] |= {kind: known["values"][kind] for kind in kinds if kind in known["values"]}
    return found


def _vocabulary(description: str, values: Sequence[str]) -> Json:
    return {"description": description, "values": {value: {"description": f"{value}."} for value in values}}


def _annotation(scheme: NewScheme, schema: Json, vocabularies: Json) -> Json:
    schema = deepcopy(schema)
    definitions = schema["$defs"]
    statement = definitions["statement"]
    _keep(statement, FRAME["statement"] if scheme.roles else [n for n in FRAME["statement"] if n != "conditions"])
    _keep(statement["properties"]["target"], FRAME["target"])
    _keep(definitions["condition"], FRAME["condition"])
    del schema["properties"][non_statements_key(edition_of(schema))]
    for field in (scheme.label, *scheme.fields):
        if field.name in FRAME["statement"]:
            raise InputError(f"Every statement has {field.name!r} already.\nHint: choose another name for the field.")
        if field.name in statement["properties"]:
            raise InputError(f"The field {field.name} is there twice.\nHint: give each field once.")
        statement["properties"][field.name] = _property(field, is_label=field is scheme.label)
        if field.required or field is scheme.label:
            statement["required"].append(field.name)
        if field.kind == "vocabulary":
            definitions[field.name] = {"description": "", "enum": []}
    definitions.pop("condition" if not scheme.roles else "", None)
    used = set(re.findall(r'"#/\$defs/([a-z_]+)"', json.dumps(schema))) | {"statement"}
    schema["$defs"] = {name: value for name, value in definitions.items() if name in used}
    return schema


def _keep(part: Json, names: Sequence[str]) -> None:
    part["properties"] = {name: part["properties"][name] for name in names}
    part["required"] = [name for name in part["required"] if name in names]


def _property(field: NewField, *, is_label: bool) -> Json:
    description = f"{field.name.replace('_', ' ').capitalize()}."
    about: Json = {"kind": field.kind, "profile": "core"}
    if field.kind == "vocabulary":
        about["vocabulary"] = field.name
        shape: Json = {"$ref": f"#/$defs/{field.name}"}
        if is_label:
            about |= {"label": True, "weight": 0.2}
    elif field.kind == "date":
        shape = {
            "type": "object",
            "properties": {
                "date": {"type": "string", "pattern": _DATE, "description": "An EDTF date, X for digits not given."},
                "basis": {"$ref": "#/$defs/date_basis", "description": "What the date rests on."},
            },
            "required": ["date", "basis"],
            "additionalProperties": False,
        }
    else:
        shape = deepcopy(_SHAPES[field.kind])
    return {**shape, "description": description, KEYWORD: about}


def _vocabulary_text(vocabularies: Json) -> str:
    """Return vocabularies as their file holds them: a value a line."""
    parts = []
    for name, vocabulary in vocabularies.items():
        values = ",\n".join(
            f"      {json.dumps(value, ensure_ascii=False)}: {json.dumps(about, ensure_ascii=False)}"
            for value, about in vocabulary["values"].items()
        )
        description = json.dumps(vocabulary["description"], ensure_ascii=False)
        parts.append(f'  "{name}": {{\n    "description": {description},\n    "values": {{\n{values}\n    }}\n  }}')
    return "{\n" + ",\n".join(parts) + "\n}\n"


_PENDING: Json = {
    "type": "array",
    "description": "Fields that wait for an answer, since no rule of a migration could give it.",
    "items": {
        "type": "object",
        "description": "A field that waits.",
        "properties": {
            "statement": {"type": "string", "minLength": 1, "description": "The id of the statement."},
            "condition": {"type": "string", "minLength": 1, "description": "The id of the condition, if it is of one."},
            "level": {"enum": list(get_args(Level)), "description": "What the field belongs to."},
            "field": {"type": "string", "minLength": 1, "description": "The name of the field."},
            "question": {"type": "string", "minLength": 1, "description": "What is asked."},
            "step": {"type": "integer", "minimum": 1, "description": "The step of the migration that asks, from 1."},
        },
        "required": ["statement", "level", "field", "question", "step"],
        "additionalProperties": False,
    },
}

_ARTICLE: Json = {
    "extraction": {
        "type": "object",
        "description": "How a program took the text out of a page; another version of it may take out another text.",
        "properties": {
            "extractor": {"type": "string", "minLength": 1, "maxLength": 60, "description": "Name of the program."},
            "version": {"type": "string", "minLength": 1, "maxLength": 60, "description": "Its version."},
            "page_sha256": {
                "type": "string",
                "pattern": "^[0-9a-f]{64}$",
                "description": "SHA-256 of the page's bytes.",
            },
            "page_url": {"type": "string", "pattern": "^https?://[^\\s]+$", "description": "Where the page was read."},
        },
        "required": ["extractor", "version", "page_sha256"],
        "additionalProperties": False,
    },
    "reprint_of": {
        "type": "string",
        "pattern": "^[a-z0-9]+(?:-[a-z0-9]+)*$",
        "maxLength": 150,
        "description": "Id of the article whose text this one reprints, with or without small edits: of the first one.",
    },
    "extra": {
        "type": "object",
        "description": "More metadata of the source, by its own keys.",
        "additionalProperties": {
            "description": "A text, a number, true or false, or a list of texts.",
            "anyOf": [
                {"type": "string", "minLength": 1, "maxLength": 500},
                {"type": "number"},
                {"type": "boolean"},
                {"type": "array", "maxItems": 100, "items": {"type": "string", "minLength": 1, "maxLength": 500}},
            ],
        },
        "maxProperties": 100,
        "propertyNames": {"type": "string", "pattern": "^\\S(?:.*\\S)?$", "maxLength": 60},
    },
}
"""What article records may say since edition 2."""

_MIGRATION = """# How {before} becomes {after}: the steps, in their order. `stancebank help schemes` explains the kinds.
# `stancebank schema check` proves that they lead there; `stancebank schema migrate --dry-run` shows what they would do.
from = "{before}"

# [[steps]]
# do = "rename-value"
# vocabulary = "stance"
# value = "oppose"
# to = "against"
# note = "The word that other stance corpora use."
"""


def _in_newest_edition(schema: Json) -> Json:
    """Return the JSON Schema of documents in the newest edition of the frame."""
    one = edition_of(schema)
    words = {non_statements_key(one): non_statements_key(EDITION), reasons_of(one): reasons_of(EDITION)}
    schema["properties"] = {words.get(name, name): about for name, about in schema["properties"].items()}
    schema["$defs"] = {words.get(name, name): about for name, about in schema["$defs"].items()}
    schema = json.loads(json.dumps(schema).replace(f'"#/$defs/{reasons_of(one)}"', f'"#/$defs/{reasons_of(EDITION)}"'))
    about = schema.pop(KEYWORD, {}) | {"edition": EDITION}
    head = {name: schema[name] for name in ("$schema", "$id", "title", "description") if name in schema}
    return {**head, KEYWORD: about, **{name: held for name, held in schema.items() if name not in head}}


def make_next_version(schema_dir: Path, version: str) -> dict[str, str]:
    """Return the files of the next version of a scheme, by name: those of a schema folder, and an empty migration.

    It follows the newest edition of the frame; documents may hold `pending`. Raises InputError where a file is no JSON
    object.
    """
    before = schema_dir.name
    files = {}
    for path in sorted(schema_dir.glob("*.json")):
        text = path.read_bytes().decode("utf-8-sig")
        if path.name.endswith(".schema.json"):
            text = text.replace(f"urn:stancebank:schema:{before}:", f"urn:stancebank:schema:{version}:")
            value = json.loads(text)
            said = value.get("properties", {}).get("schema_version")
            if isinstance(said, dict) and said.get("const") == before:
                said["const"] = version
            if path.name == "annotation.schema.json":
                value["properties"].setdefault(PENDING, deepcopy(_PENDING))
                value = _in_newest_edition(value)
            if path.name == "article.schema.json":
                value["properties"] |= {
                    name: deepcopy(about) for name, about in _ARTICLE.items() if name not in value["properties"]
                }
            text = schema_text(value)
        elif path.name == "vocabularies.json":
            for edition in range(1, EDITION):
                text = re.sub(rf'"{reasons_of(edition)}"(?=\s*:)', f'"{reasons_of(EDITION)}"', text)
        files[path.name] = text
    files["migration.toml"] = _MIGRATION.format(before=before, after=version)
    return files
