"""JSON Schema validation: each fault becomes a finding with place and hint. The one door to jsonschema.

jsonschema is the judge, and the one that explains; it is also slow. So a value is first shown to jsonschema-rs, and
what that calls valid needs no more. It may be stricter than the judge, which then finds nothing; it must never be more
lenient. Where the two would read a schema differently, which is in regular expressions alone, Python's are used.
"""

import re
from collections.abc import Iterator
from difflib import get_close_matches
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from stancebank.errors import Finding
from stancebank.records import read_json

if TYPE_CHECKING:
    import jsonschema_rs
    from jsonschema import Draft202012Validator
    from jsonschema.exceptions import ValidationError

Kind = Literal["article", "annotation", "entities", "targets", "prediction", "withdrawal"]


def validate(value: object, kind: Kind, schema_dir: Path, file: str) -> list[Finding]:
    """Return what the schema finds wrong with a value.

    value: as JSON is parsed, so without tuples. schema_dir: the folder of the schema version. file: the value's path
    in the workspace, for the findings.
    """
    if isinstance(value, dict) and isinstance(value.get("schema_version"), str):
        wanted = schema_dir.name
        if value["schema_version"] != wanted:
            message = f"schema_version is {value['schema_version']!r}; this workspace follows {wanted!r}."
            return [Finding(file, "/schema_version", "schema-version", message)]
    if _is_surely_valid(value, kind, schema_dir):
        return []
    errors = sorted(_validator(schema_dir, kind).iter_errors(value), key=lambda error: list(map(str, error.path)))
    return [_finding(error, file) for whole in errors for error in _innermost(whole)]


def _is_surely_valid(value: object, kind: Kind, schema_dir: Path) -> bool:
    """Whether the fast validator finds no fault. Where it finds one, or cannot tell, jsonschema has to decide."""
    validator = _fast_validator(schema_dir, kind)
    try:
        return validator is not None and validator.is_valid(value)
    except ValueError:  # half a surrogate pair, or a key that is no string
        return False


@lru_cache(maxsize=16)
def _fast_validator(schema_dir: Path, kind: Kind) -> "jsonschema_rs.Draft202012Validator | None":
    """Return the fast validator, or None where it refuses the schema."""
    import jsonschema_rs

    schema = read_json(schema_dir / f"{kind}.schema.json")
    try:
        return jsonschema_rs.Draft202012Validator(
            schema, keywords={"pattern": _Pattern}, validate_formats=False, offline=True
        )
    except ValueError:
        return None


class _Pattern:
    """The keyword `pattern` as jsonschema has it, for jsonschema-rs.

    Rust's own expressions differ in what white space, digits and letters are, and in what `$` matches.
    """

    def __init__(self, schema: dict[str, Any], pattern: str, path: list[str | int]) -> None:
        self._search = re.compile(pattern).search

    def validate(self, value: object) -> None:
        """Raise ValueError where a text does not match."""
        if isinstance(value, str) and not self._search(value):
            raise ValueError("it does not match the pattern")


@lru_cache(maxsize=16)
def _validator(schema_dir: Path, kind: Kind) -> "Draft202012Validator":
    from jsonschema import Draft202012Validator

    schema = read_json(schema_dir / f"{kind}.schema.json")
    Draft202012Validator.check_schema(schema)
    return Draft202012Validator(schema)


def _innermost(error: "ValidationError") -> Iterator["ValidationError"]:
    """Where a value may be of several forms, say what is wrong with it in the form that it comes closest to."""
    if error.validator != "anyOf" or not error.context:
        yield error
        return
    forms: dict[object, list[ValidationError]] = {}
    for each in error.context:
        forms.setdefault(each.relative_schema_path[0], []).append(each)
    fits = [errors for errors in forms.values() if not any(_is_other_type(each) for each in errors)]
    if not fits:
        yield error
        return
    for each in min(fits, key=len):
        yield from _innermost(each)


def _is_other_type(error: "ValidationError") -> bool:
    return error.validator == "type" and not error.relative_path


def _finding(error: "ValidationError", file: str) -> Finding:
    pointer = "".join(f"/{_escape(part)}" for part in error.absolute_path)
    schema: Any = error.schema
    value: Any = error.instance
    if error.validator == "required":
        return Finding(file, pointer, "schema-missing", f"the key {error.message.split(' is a')[0]} is missing.")
    if error.validator == "additionalProperties":
        known = list(schema["properties"])
        unknown = sorted(key for key in value if key not in known)
        return Finding(file, f"{pointer}/{_escape(unknown[0])}", "schema-unknown-key", _unknown(unknown, known))
    if error.validator == "enum":
        likely = get_close_matches(str(value), list(map(str, schema["enum"])), 1)
        hint = f" Did you mean {likely[0]!r}?" if likely else ""
        values = ", ".join(map(str, schema["enum"]))
        return Finding(file, pointer, "schema-vocabulary", f"{value!r} is not one of {values}.{hint}")
    shown = error.message if len(error.message) <= 200 else error.message[:197] + "..."
    about = f" ({schema['description'].rstrip('.')})" if isinstance(schema, dict) and "description" in schema else ""
    return Finding(file, pointer, "schema-value", f"{shown}{about}.")


def _unknown(unknown: list[str], known: list[str]) -> str:
    parts = []
    for key in unknown:
        likely = get_close_matches(key, known, 1)
        parts.append(f"{key!r}" + (f" (did you mean {likely[0]!r}?)" if likely else ""))
    return f"unknown key {', '.join(parts)}."


def _escape(part: str | int) -> str:
    return str(part).replace("~", "~0").replace("/", "~1")


def accepts(part: object, schema: dict[str, Any], value: object) -> bool:
    """Whether a part of a JSON Schema takes a value. schema: the whole, with the definitions that it refers to."""
    from jsonschema import Draft202012Validator

    whole = {"$defs": schema.get("$defs", {}), "allOf": [part]}
    return bool(Draft202012Validator(whole).is_valid(value))


def explain(value: object, schema: dict[str, Any]) -> list[tuple[str, str]]:
    """Return what is wrong with a value under a JSON Schema: JSON pointers into the value, each with a sentence."""
    from jsonschema import Draft202012Validator

    errors = sorted(Draft202012Validator(schema).iter_errors(value), key=lambda error: list(map(str, error.path)))
    found = [_finding(each, "") for whole in errors for each in _innermost(whole)]
    return [(finding.pointer, finding.message) for finding in found]
