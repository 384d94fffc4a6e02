"""The door to jsonschema: a schema whose references were replaced says the same of every example."""

from pathlib import Path
from typing import get_args

import pytest
from jsonschema import Draft202012Validator
from tests.conftest import REPO

from stancebank.errors import InputError
from stancebank.records import read_json
from stancebank.schema.validate import Kind, _inlined, validate

SCHEMA = REPO / "schema" / "v1"
FOLDERS = {"articles": "article", "gold": "annotation", "annotations": "annotation", "withdrawn": "withdrawal"}


def kind_of(path: Path) -> str | None:
    parts = path.relative_to(SCHEMA / "examples").parts
    name = parts[parts.index("corpus") + 1] if "corpus" in parts else ""
    return FOLDERS.get(name, name.removesuffix(".json")) if name else None


EXAMPLES = [
    path for path in sorted((SCHEMA / "examples").rglob("*.json")) if path.is_file() and kind_of(path) in get_args(Kind)
]


def said(schema: object, value: object) -> list[tuple[object, ...]]:
    errors = Draft202012Validator(schema).iter_errors(value)  # type: ignore[arg-type]
    return sorted((list(map(str, each.absolute_path)), str(each.validator), each.message) for each in errors)


def test_definitions_in_the_place_of_references_find_the_same() -> None:
    found = 0
    for path in EXAMPLES:
        try:
            value = read_json(path)
        except InputError:  # no JSON: an example of just that
            continue
        schema = read_json(SCHEMA / f"{kind_of(path)}.schema.json")
        whole = _inlined(schema, schema.get("$defs", {}))
        assert said(whole, value) == said(schema, value), path
        found += bool(said(schema, value))
    assert found >= 5


@pytest.mark.parametrize("value", [{"a": [{"a": []}]}, {"a": [{"a": [3]}]}, {"a": 3}])
def test_a_definition_that_refers_to_itself_stays_a_reference(value: object) -> None:
    node = {"type": "object", "properties": {"a": {"type": "array", "items": {"$ref": "#/$defs/node"}}}}
    schema = {"$ref": "#/$defs/node", "$defs": {"node": node}}
    nested = {"type": "object", "properties": {"of": {"$ref": "#/$defs/node"}}, "$defs": schema["$defs"]}
    whole = _inlined(nested, {"node": node})
    assert '"$ref"' in str(whole).replace("'", '"')
    assert said(whole, {"of": value}) == said(nested, {"of": value})


def test_a_finding_of_a_definition_says_where_and_what() -> None:
    gold = next(path for path in EXAMPLES if "valid/one-article" in path.as_posix() and kind_of(path) == "annotation")
    value = read_json(gold)
    value["statements"][0]["content"][0]["fingerprint"] = "no"
    (found,) = validate(value, "annotation", SCHEMA, "f.json")
    assert found.pointer == "/statements/0/content/0/fingerprint"
    assert found.code == "schema-value"
