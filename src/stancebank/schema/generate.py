"""The generated parts of a schema folder. Values are written by hand in vocabularies.json and nowhere else.

The JSON Schemas repeat them as enums, and say of a condition what its role asks for. `stancebank schema write` makes
these parts again after a vocabulary has changed.
"""

import json
from collections.abc import Mapping
from copy import deepcopy
from hashlib import sha256
from pathlib import Path
from typing import Any

from stancebank.errors import InputError
from stancebank.records import read_json
from stancebank.schema.fields import KEYWORD, Vocabularies, make_scheme
from stancebank.schema.quoted import TITLES, quoted_schema
from stancebank.schema.validate import EARLIER, packed_schema

Json = dict[str, Any]

SCHEMAS = ("annotation", "article", "entities", "targets", "withdrawal")
"""The JSON Schemas of a schema folder that are written by hand, save for their generated parts."""


def schema_text(schema: object) -> str:
    """Return a JSON Schema as its file holds it: keys in their order, two spaces a level, a final newline."""
    return json.dumps(schema, ensure_ascii=False, indent=2) + "\n"


def generated_schemas(schema_dir: Path) -> dict[str, str]:
    """Return the files of a schema folder that are generated, or have generated parts, by name, as they should be.

    Raises InputError where a file is no JSON object, or does not say what the fields are.
    """
    vocabularies = _read(schema_dir / "vocabularies.json")
    found = {}
    for name in SCHEMAS:
        path = schema_dir / f"{name}.schema.json"
        if path.is_file():
            found[path.name] = schema_text(with_vocabularies(_read(path), vocabularies))
    annotation = found.get("annotation.schema.json")
    if annotation is not None:
        scheme = make_scheme(schema_dir.name, json.loads(annotation), Vocabularies(vocabularies))
        for profile, (name, *_) in TITLES.items():
            found[f"{name}.schema.json"] = schema_text(quoted_schema(scheme, profile))
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
