"""The schemas of statements by their words are made of the scheme, and stay those that the workspace holds."""

import json
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
from tests.conftest import OWN_SCHEMA, REPO

from stancebank.schema.fields import Scheme, load_scheme, make_scheme
from stancebank.schema.quoted import quoted_schema
from stancebank.schema.rules import generated_schemas
from stancebank.schema.validate import validate_quoted

OWN = OWN_SCHEMA
MINIMAL = REPO / "tests/minimal/schema/v1"
OTHER = REPO / "tests/other_domain/schema/v1"


def keys_of(scheme: Scheme, profile: Any, name: str) -> list[str]:
    return list(quoted_schema(scheme, profile)["$defs"][name]["properties"])


@pytest.mark.parametrize("folder", [OWN, MINIMAL, OTHER], ids=["own", "minimal", "other_domain"])
@pytest.mark.parametrize("name", ["quoted.schema.json", "prediction.schema.json"])
def test_the_files_of_a_scheme_are_those_that_are_made_of_it(folder: Path, name: str) -> None:
    assert (folder / name).read_text(encoding="utf-8") == generated_schemas(folder)[name]


def test_how_words_are_rendered_is_said_beside_the_cue() -> None:
    before, after = load_scheme(OWN).written_order
    assert [field.name for field in before] == ["cue", "attribution", "via", "stance", "force"]
    assert [field.name for field in after] == ["reason", "said_on", "uncertain", "note"]


def test_a_minimal_scheme_has_a_minimal_form() -> None:
    scheme = load_scheme(MINIMAL)
    assert keys_of(scheme, "prediction", "statement") == ["content", "speaker", "stance", "target"]
    assert "condition" not in quoted_schema(scheme, "prediction")["$defs"]
    assert not {"passed_over", "non_statements"} & quoted_schema(scheme, "document")["properties"].keys()


def test_a_prediction_may_leave_out_what_another_scheme_requires_and_a_document_may_not() -> None:
    scheme = load_scheme(OTHER)
    speaker = {"entity": "jorun-falk"}
    statement = {"content": ["nein"], "speaker": speaker, "stance": "oppose", "target": {"id": "kohleabgabe"}}
    assert validate_quoted({"statements": [statement]}, scheme, "prediction", "x") == []
    document = {"article_id": "a", "annotator": "b", "origin": "human", "guideline_version": "1.0"}
    (found,) = validate_quoted(document | {"statements": [statement | {"id": "s1"}]}, scheme, "document", "x")
    assert (found.pointer, found.message) == ("/statements/0", "the key 'certainty' is missing.")


def test_no_value_of_our_vocabularies_is_in_the_form_of_another_scheme() -> None:
    text = json.dumps(quoted_schema(load_scheme(OTHER), "document"))
    assert "sofern" in text
    assert not any(f'"{word}"' in text for word in ("only_if", "attribution", "obligors", "x-stancebank"))


def test_a_system_may_say_null_where_a_list_of_values_is_optional() -> None:
    schema, own = deepcopy(dict(load_scheme(OWN).schema)), load_scheme(OWN)
    statement = schema["$defs"]["statement"]
    about = {"kind": "vocabulary", "vocabulary": "attribution", "profile": "full"}
    statement["properties"]["tone"] = {
        "$ref": "#/$defs/attribution",
        "description": "How it sounds.",
        "x-stancebank": about,
    }
    scheme = make_scheme("v1", schema, own.vocabularies)
    nullable = [{"$ref": "#/$defs/attribution"}, {"type": "null"}]
    fields = quoted_schema(scheme, "prediction")["$defs"]["statement"]["properties"]
    assert fields["tone"]["anyOf"] == nullable
    assert quoted_schema(scheme, "document")["$defs"]["statement"]["properties"]["tone"]["$ref"] == nullable[0]["$ref"]
    assert "anyOf" not in fields["force"]  # what is left out has a meaning of its own
