"""The vocabularies: one list, many renderings, all held equal."""

import json
import re
from typing import Any

import pytest
from tests.conftest import OWN_SCHEMA, REPO

from stancebank import model
from stancebank.model import Condition, Mention, Span, Statement, Target, TextPolicy
from stancebank.schema.fields import FRAME, Level, load_scheme

SCHEMA = OWN_SCHEMA
SCHEME = load_scheme(SCHEMA)
VOCABULARIES = SCHEME.vocabularies
FILES = ("article", "annotation", "entities", "targets", "prediction")
SCHEMAS = {name: json.loads((SCHEMA / f"{name}.schema.json").read_text()) for name in FILES}


def test_the_values_that_the_toolkit_itself_writes_are_those_of_the_vocabularies() -> None:
    own = {
        "metadata_basis": model.METADATA_BASES,
        "zone": model.ZONES,
        "gold_method": model.GOLD_METHODS,
        "target_use": model.TARGET_USES,
        "text_policy": tuple(TextPolicy),
    }
    assert {name: tuple(VOCABULARIES.values(name)) for name in own} == own


def test_every_enum_of_the_json_schemas_is_a_vocabulary() -> None:
    found: dict[str, Any] = {}
    for schema in SCHEMAS.values():
        for name, part in schema["$defs"].items():
            if "enum" in part:
                assert found.setdefault(name, part["enum"]) == part["enum"]
                assert part["description"] == VOCABULARIES.by_name[name]["description"]
    assert found == {name: list(VOCABULARIES.values(name)) for name in VOCABULARIES.by_name if name != "polarity"}


@pytest.mark.parametrize("name", FILES)
def test_every_property_of_a_schema_is_described(name: str) -> None:
    def undescribed(part: object, path: str) -> list[str]:
        if isinstance(part, list):
            return [each for item in part for each in undescribed(item, path)]
        if not isinstance(part, dict):
            return []
        found = []
        for key, below in part.get("properties", {}).items():
            if (
                not {"then", "if", "else"} & set(path.split("/"))
                and key not in ("value",)
                and "description" not in below
            ):
                found.append(f"{path}/{key}")
        for key, below in part.items():
            found += undescribed(below, f"{path}/{key}")
        return found

    assert SCHEMAS[name]["$id"] == f"urn:stancebank:schema:{SCHEMA.name}:{name}"
    assert SCHEMAS[name]["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert undescribed(SCHEMAS[name], "") == []


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("article", model.Article),
        ("annotation", model.Document),
        ("entities", model.EntityRegistry),
        ("targets", model.TargetRegistry),
    ],
)
def test_a_record_has_the_keys_of_its_schema(name: str, kind: type[model.Record]) -> None:
    later = {  # declared from the second edition on
        model.Document: {"pending"},
        model.Article: {"extraction", "reprint_of", "extra"},
    }
    keys = set(kind.__struct_encode_fields__) - {"edition"}  # which the scheme says, not the record
    assert keys == set(SCHEMAS[name]["properties"])
    first = json.loads((REPO / "schema/v1" / f"{name}.schema.json").read_text())
    keys = {model.non_statements_key(1) if key == "non_statements" else key for key in keys}
    assert keys - later.get(kind, set()) == set(first["properties"])


def test_span_and_mention_have_the_keys_of_their_schema_and_statements_those_of_their_frame() -> None:
    defs = SCHEMAS["annotation"]["$defs"]
    for name, kind in {"span": Span, "mention": Mention}.items():
        assert set(kind.__struct_encode_fields__) == set(defs[name]["properties"])
    frames: dict[Level, type[model.Record]] = {"statement": Statement, "condition": Condition, "target": Target}
    for level, kind in frames.items():
        assert {*kind.__struct_encode_fields__} - {"fields"} == set(FRAME[level])


def statement(*roles: str, stance: str = "reject") -> Statement:
    span = Span(begin=0, end=1, fingerprint="0" * 16)
    return Statement(
        id="a/s1",
        content=(span,),
        speaker=Mention(entity="x"),
        target=Target(id="talks"),
        conditions=tuple(Condition(id=f"a/s1/c{n}", spans=(span,), role=role) for n, role in enumerate(roles)),
        fields={"stance": stance, "attribution": "direct"},
    )


@pytest.mark.parametrize(
    ("roles", "label"),
    [
        ((), "reject"),
        (("if",), "reject_conditional"),
        (("only_if",), "reject_conditional"),
        (("while",), "reject_conditional"),
        (("unless",), "reject_conditional"),
        (("even_if",), "reject"),
        (("dropped",), "reject"),
        (("even_if", "while"), "reject_conditional"),
    ],
)
def test_the_label_says_whether_a_condition_makes_the_statement_conditional(roles: tuple[str, ...], label: str) -> None:
    assert SCHEME.label_of(statement(*roles)) == label


def test_polarity_follows_the_scheme() -> None:
    sides: dict[str | None, set[str]] = {}
    for value in VOCABULARIES.values("stance"):
        sides.setdefault(SCHEME.polarity(statement(stance=value)), set()).add(value)
    assert sides == {
        "against": {"reject", "disapprove"},
        "favor": {"open", "offer", "support", "demand"},
        "none": {"deny", "affirm", "doubt", "threaten"},
    }


def test_the_tables_of_the_guidelines_are_those_of_the_vocabularies() -> None:
    page = (REPO / "annotate" / "GUIDELINES.md").read_text(encoding="utf-8")
    blocks = dict(re.findall(r"<!-- stancebank:table (\w+) -->\n\n(.*?)\n<!-- /stancebank -->", page, re.DOTALL))
    names = {
        "stance",
        "force",
        "attribution",
        "condition_role",
        "entity_kind",
        "zone",
        "date_basis",
        "non_statement_reason",
        "scope_type",
    }
    assert set(blocks) == names
    for name, table in blocks.items():
        assert table == VOCABULARIES.table(name)
