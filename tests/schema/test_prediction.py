"""The form of predictions: what it takes, what it refuses, and how a fault is said."""

import json
from copy import deepcopy
from typing import Any

import pytest
from tests.conftest import OWN_SCHEMA

from stancebank.schema.validate import validate

SCHEMA = OWN_SCHEMA
EXAMPLE = json.loads((SCHEMA / "examples" / "prediction.json").read_text(encoding="utf-8"))
LEAST = {"content": ["no"], "speaker": {"mention": "He"}, "stance": "reject", "target": {"id": "talks"}}


def faults(value: object) -> list[tuple[str, str]]:
    return [(each.pointer, each.code) for each in validate(value, "prediction", SCHEMA, "answer.json")]


def changed(**keys: Any) -> dict[str, Any]:
    return {"statements": [deepcopy(LEAST) | keys]}


@pytest.mark.parametrize(
    "value",
    [
        EXAMPLE,
        {"statements": []},
        {"statements": [LEAST]},
        changed(cue=None, via=[], conditions=[], reason=[], said_on=None),
        changed(speaker={"entity": "Ilse Marrow"}),
        changed(content=[{"quote": "no", "line": 3, "occurrence": 2}, {"begin": 0, "end": 2}]),
    ],
)
def test_a_prediction_may_leave_out_what_it_does_not_know(value: object) -> None:
    assert faults(value) == []


@pytest.mark.parametrize(
    ("value", "pointer", "code"),
    [
        ([], "", "schema-value"),
        ({}, "", "schema-missing"),
        ({"statements": [], "notes": 1}, "/notes", "schema-unknown-key"),
        (changed(content=[]), "/statements/0/content", "schema-value"),
        (changed(content=[" "]), "/statements/0/content/0", "schema-value"),
        (changed(content=[3]), "/statements/0/content/0", "schema-value"),
        (changed(content=[{"quote": "no", "lines": 3}]), "/statements/0/content/0/lines", "schema-unknown-key"),
        (changed(content=[{"begin": 3}]), "/statements/0/content/0", "schema-missing"),
        (changed(cue={"quote": "said", "line": 0}), "/statements/0/cue/line", "schema-value"),
        (changed(speaker={}), "/statements/0/speaker", "schema-value"),
        (changed(stance="against"), "/statements/0/stance", "schema-vocabulary"),
        (
            changed(conditions=[{"spans": ["if"], "role": "when"}]),
            "/statements/0/conditions/0/role",
            "schema-vocabulary",
        ),
    ],
)
def test_a_fault_is_said_once_at_its_place(value: object, pointer: str, code: str) -> None:
    assert faults(value) == [(pointer, code)]
