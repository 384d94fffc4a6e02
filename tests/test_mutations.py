"""A slice of `scripts/sweep`: spoilt files end in a message, never in a traceback."""

import json
import resource
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.mutations import World, sweep

pytestmark = pytest.mark.slow

Change = Callable[[Any], object]


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    return World(tmp_path_factory.mktemp("world"))


def test_spoilt_files_end_without_a_traceback(world: World) -> None:
    found = sweep(world, seed=20310211, numbers=range(60), builds=False)
    assert not found, "\n\n".join(f"{each.number}: {each.what}\n{each.proof}" for each in found)


def test_the_sweep_sees_a_traceback_and_an_escape(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise KeyError("no such thing")

    for name in ("check", "output"):  # the command first: once it is loaded, it keeps the function that it found
        monkeypatch.setattr(f"stancebank.cli.{name}.get_workspace", fail)
    answer, proof = world.run("check")
    assert answer == -1
    assert "KeyError" in proof


def float_offsets(document: Any) -> None:
    for statement in document["statements"]:
        for span in statement["content"]:
            span["begin"], span["end"] = float(span["begin"]), float(span["end"])


def test_offsets_that_are_written_as_floats_are_whole_numbers(world: World) -> None:
    path = world.root / "corpus/gold/norland-post-2031-02-11-envoy.json"
    kept = path.read_bytes()
    value = json.loads(kept)
    float_offsets(value)
    path.write_text(json.dumps(value))
    assert ".0" in path.read_text()
    try:
        assert world.run("check")[0] == 0
        assert world.run("publish", "build", "--out", world.folder / "floats")[0] == 0
    finally:
        path.write_bytes(kept)
    for name in ("statements", "articles"):
        tables = [sorted((folder / name).glob("*.parquet")) for folder in (world.folder / "floats", world.release)]
        assert tables[0]
        assert [each.read_bytes() for each in tables[0]] == [each.read_bytes() for each in tables[1]]


def test_a_group_beyond_64_bits_is_a_finding_and_nothing_is_built(world: World) -> None:
    path = world.root / "corpus/gold/norland-post-2031-02-11-envoy.json"
    kept = path.read_bytes()
    value = json.loads(kept)
    conditions = [each for statement in value["statements"] for each in statement.get("conditions", ())]
    next(each for each in conditions if "alternative" in each)["alternative"] = 2**63
    path.write_text(json.dumps(value))
    try:
        answer, said = world.run("check")
        assert (answer, "json-syntax" in said, "too large a whole number" in said) == (1, True, True)
        assert world.run("publish", "build", "--out", world.folder / "large")[0] == 1
    finally:
        path.write_bytes(kept)


@pytest.mark.parametrize("labels", [[[]], [{}], [7], [None], {}, "", 7, []])
def test_labels_of_an_odd_type_reject_their_region(world: World, labels: object) -> None:
    path = world.folder / "export.json"
    kept = path.read_bytes()
    tasks = json.loads(kept)
    for task in tasks:
        for item in task["annotations"][0]["result"]:
            if item.get("type") == "labels":
                item["value"]["labels"] = labels
    path.write_text(json.dumps(tasks))
    try:
        answer, said = world.run("annotate", "import", path, "--dry-run")
        assert answer == 1, said
        assert "label" in said
    finally:
        path.write_bytes(kept)


@pytest.mark.parametrize("start", [b"[" * 100_000, b"[" + b'{"a":' * 100_000])
def test_a_list_that_is_nested_without_end_takes_no_memory(world: World, tmp_path: Path, start: bytes) -> None:
    path = tmp_path / "deep.json"
    path.write_bytes(start)
    limit = resource.getrlimit(resource.RLIMIT_AS)
    resource.setrlimit(resource.RLIMIT_AS, (6_000_000_000, limit[1]))
    try:
        answer, said = world.run("annotate", "import", path, "--dry-run")
    finally:
        resource.setrlimit(resource.RLIMIT_AS, limit)
    assert answer == 1, said
    assert "nested deeper" in said


@pytest.mark.parametrize("key", ["role", "id"])
def test_a_condition_whose_names_are_no_text_is_refused_by_what_reads_it(world: World, key: str) -> None:
    path = world.root / "corpus/gold/norland-post-2031-02-11-envoy.json"
    kept = path.read_bytes()
    value = json.loads(kept)
    next(each for each in value["statements"] if each.get("conditions"))["conditions"][0][key] = {"a": 1}
    path.write_text(json.dumps(value))
    try:
        answer, said = world.run("corpus", "show", path.stem)
    finally:
        path.write_bytes(kept)
    assert answer != -1, said
    assert "cannot be read" in said


@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("force", lambda vocabulary: vocabulary["values"].update(plain=["a"])),
        ("force", lambda vocabulary: vocabulary.update(values=["a"])),
        ("stance", lambda vocabulary: vocabulary.clear()),
    ],
)
def test_a_vocabulary_of_another_form_is_a_finding(world: World, name: str, change: Change) -> None:
    path = world.root / "schema/v2/vocabularies.json"
    kept = path.read_bytes()
    value = json.loads(kept)
    change(value[name])
    path.write_text(json.dumps(value))
    try:
        for command in (("check",), ("schema", "check"), ("annotate", "interface"), ("publish", "card")):
            answer, said = world.run(*command)
            assert answer == 1, said
            assert "vocabular" in said
    finally:
        path.write_bytes(kept)


def test_a_hidden_character_in_the_interface_settings_is_a_finding(world: World) -> None:
    path = world.root / "annotate/interface.toml"
    kept = path.read_bytes()
    path.write_bytes(kept.replace(b'hint = "', b'hint = "\\u202e', 1))
    assert path.read_bytes() != kept
    try:
        for command in (("check",), ("annotate", "interface")):
            answer, said = world.run(*command)
            assert answer == 1, said
            assert "U+202E" in said
    finally:
        path.write_bytes(kept)
