"""The door to jsonschema: the fast validator in front of it never changes the verdict."""

import copy
import json
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import Any, cast, get_args

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from tests.conftest import OWN_SCHEMA, REPO, examples

from stancebank.records import read_json
from stancebank.schema.rules import _NEVER
from stancebank.schema.validate import RecordKind, _validator, acceptor, validate

SCHEMA = OWN_SCHEMA
FOLDERS = {
    "articles": "article",
    "gold": "annotation",
    "annotations": "annotation",
    "withdrawn": "withdrawal",
    "adjudications": "adjudication",
}
LEDGER: dict[str, Any] = {
    "schema_version": SCHEMA.name,
    "guideline_version": "2.0",
    "article_id": "norland-post-2031-02-11-envoy",
    "text_sha256": "0" * 64,
    "decisions": [
        {
            "statement": "norland-post-2031-02-11-envoy/s1",
            "readings": {"ann-1": "ann-1-s1", "ann-2": None},
            "seen": {"ann-1": "0" * 16, "ann-2": None},
            "method": "adjudicated",
            "taken": "ann-1",
            "by": "ann-3",
            "reason": "guideline-gap",
            "rule": "G-01",
            "note": "Both read it so.",
            "decided_at": "2031-07-01T10:00:00Z",
        }
    ],
}
"""How the gold of an article was settled."""


def kind_of(path: Path) -> str | None:
    parts = path.relative_to(SCHEMA / "examples").parts
    name = parts[parts.index("corpus") + 1] if "corpus" in parts else ""
    return FOLDERS.get(name, name.removesuffix(".json")) if name else None


EXAMPLES = [
    path
    for path in sorted((SCHEMA / "examples").rglob("*.json"))
    if path.is_file() and kind_of(path) in get_args(RecordKind)
]


# what two validators are likely to read differently
TRAPS: tuple[Any, ...] = (
    *("", " ", "\n", "\x85", "\x1c", "\ufeff", "\u180e", "\u00a0", "٣", "é", "😀", "x" * 81, "😀" * 80, "\ud800"),
    *(0, -1, 1, 1.0, 1.5, -0.0, 10**30, 1e300, 2**53 + 1, float(2**53), float("nan"), True, False, None),
    *("v1", "waived", "unspecified", "2031-07", "XXXX-07-30", "https://example.org/\u2028", "0" * 16, "G-01"),
)
scalars = st.one_of(st.sampled_from(TRAPS), st.text(max_size=4), st.integers(-2, 3))
values = st.recursive(scalars, lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=3), inner))


def valid_values() -> list[tuple[RecordKind, Any]]:
    """A valid value of each kind, or several, with few items in each list."""
    forms: tuple[RecordKind, ...] = ("prediction", "quoted")
    found: list[tuple[RecordKind, Any]] = [(name, read_json(SCHEMA / "examples" / f"{name}.json")) for name in forms]
    found.append(("adjudication", copy.deepcopy(LEDGER)))
    for path in EXAMPLES:
        if "valid" in path.relative_to(SCHEMA / "examples").parts:
            found.append((cast("RecordKind", kind_of(path)), read_json(path)))
    for _, value in found:
        value.update({key: items[:2] for key, items in value.items() if isinstance(items, list)})
    return found


VALID = valid_values()


def places(value: Any, *path: str | int) -> Iterator[tuple[str | int, ...]]:
    """The paths of everything inside a value."""
    inside = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in inside:
        yield (*path, key)
        yield from places(item, *path, key)


def change(draw: st.DrawFn, value: Any) -> None:
    """Change one thing anywhere in a value, in place."""
    *above, key = draw(st.sampled_from(list(places(value))))
    holder: Any = value
    for step in above:
        holder = holder[step]
    how = draw(st.sampled_from(["replace", "append", "remove", "repeat", "add"]))
    if how == "append" and isinstance(holder[key], str):
        holder[key] += draw(st.sampled_from([each for each in TRAPS if isinstance(each, str)]))
    elif how == "remove":
        del holder[key]
    elif how == "repeat" and isinstance(holder, list):
        again = copy.deepcopy(holder[int(key)])
        holder.append(float(again) if type(again) is int else again)
    elif how == "add" and isinstance(holder, dict):
        keys = [step for path in places(value) for step in path if isinstance(step, str)]
        holder[draw(st.one_of(st.text(max_size=3), st.sampled_from(keys)))] = draw(values)
    else:
        holder[key] = draw(values)


@st.composite
def changed_values(draw: st.DrawFn) -> tuple[RecordKind, Any]:
    """A valid value with few changes, which often make it invalid."""
    kind, value = draw(st.sampled_from(VALID))
    value = copy.deepcopy(value)
    for _ in range(draw(st.integers(1, 2))):
        if list(places(value)):
            change(draw, value)
    return kind, value


@lru_cache
def judge(kind: RecordKind) -> Draft202012Validator:
    folder = REPO / "src/stancebank/schema" if kind == "adjudication" else SCHEMA
    return Draft202012Validator(read_json(folder / f"{kind}.schema.json"))


def test_the_values_that_are_changed_are_of_each_kind_and_taken_without_the_judge() -> None:
    assert {kind for kind, _ in VALID} == set(get_args(RecordKind))
    assert all(_validator(SCHEMA, kind).is_surely_valid(value) and judge(kind).is_valid(value) for kind, value in VALID)


@pytest.mark.slow
@settings(max_examples=examples(400), deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(changed_values())
def test_the_verdict_is_that_of_jsonschema_alone(changed: tuple[RecordKind, Any]) -> None:
    kind, value = changed
    is_valid = judge(kind).is_valid(value)
    assert (validate(value, kind, SCHEMA, "f.json") == []) is is_valid
    assert is_valid or not _validator(SCHEMA, kind).is_surely_valid(value)


@pytest.mark.parametrize(
    ("pattern", "value"),
    [
        (r"\S", "\x85"),
        (r"\S", "\x1c"),
        (r"\S", "\ufeff"),
        ("^a$", "a\n"),
        (r"^\d$", "٣"),
        (r"^\w$", "é"),
        (r"\S", "\ud800"),
    ],
)
def test_a_pattern_means_what_it_means_in_python(tmp_path: Path, pattern: str, value: str) -> None:
    schema = {"type": "string", "pattern": pattern}
    (tmp_path / "article.schema.json").write_text(json.dumps(schema))
    assert (validate(value, "article", tmp_path, "f.json") == []) is Draft202012Validator(schema).is_valid(value)


def test_a_schema_that_only_the_judge_understands_is_left_to_it(tmp_path: Path) -> None:
    schema = {"type": "object", "patternProperties": {r"^(?a:\w)$": {"type": "integer"}}}
    (tmp_path / "article.schema.json").write_text(json.dumps(schema))
    assert not _validator(tmp_path, "article").is_surely_valid({"a": 1})
    assert validate({"a": 1, "é": ""}, "article", tmp_path, "f.json") == []
    assert len(validate({"a": ""}, "article", tmp_path, "f.json")) == 1


def test_a_finding_of_a_definition_says_where_and_what() -> None:
    gold = next(path for path in EXAMPLES if "valid/one-article" in path.as_posix() and kind_of(path) == "annotation")
    value = read_json(gold)
    value["statements"][0]["content"][0]["fingerprint"] = "no"
    (found,) = validate(value, "annotation", SCHEMA, "f.json")
    assert found.pointer == "/statements/0/content/0/fingerprint"
    assert found.code == "schema-value"


def test_a_schema_that_allows_no_key_at_all_names_the_key(tmp_path: Path) -> None:
    (tmp_path / "article.schema.json").write_text(json.dumps({"type": "object", "additionalProperties": False}))
    (found,) = validate({"a": 1}, "article", tmp_path, "f.json")
    assert (found.code, found.pointer) == ("schema-unknown-key", "/a")


@pytest.mark.parametrize("place", ["schema/v1", "tests/minimal/schema/v1", "tests/other_domain/schema/v1"])
def test_whether_a_property_takes_a_value_is_told_as_jsonschema_tells_it(place: str) -> None:
    span = {"begin": 0, "end": 1, "fingerprint": "0" * 16}
    date = {"date": "2031-02-11", "basis": "given"}
    values = (*_NEVER, "some-id", "Some words", "", ["some-id"], [{"entity": "some-id", "span": span}], [span])
    schema = read_json(REPO / place / "annotation.schema.json")
    for definition in schema["$defs"].values():
        for part in definition.get("properties", {}).values():
            whole = Draft202012Validator({"$defs": schema["$defs"], "allOf": [part]})
            takes = acceptor(part, schema)
            for value in (*values, *part.get("enum", ()), span, date, True, 1, 0, None):
                assert takes(value) == whole.is_valid(value), (part, value)
