"""A workspace of the first toolkit goes to the second version of the toolkit's own scheme, by the command alone."""

import hashlib
import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from stancebank.cli import stancebank
from stancebank.migration.plan import packed_after
from stancebank.schema.fields import MIGRATION
from stancebank.schema.validate import LAID
from stancebank.workspace import open_workspace
from tests.conftest import REPO, lay_first
from tests.migration.changing import answer_all, content, documents, edit, lay, run

GUIDELINES, INTERFACE = "annotate/GUIDELINES.md", "annotate/interface.toml"
RENAMED = (("doubt", "uncertain"), ("group", "alternative"), ("waived", "dropped"), ("passed_over", "non_statement"))


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return lay_first(tmp_path / "w")


def without(value: Any, key: str) -> Any:
    """JSON without a key, at any depth."""
    if isinstance(value, dict):
        return {name: without(each, key) for name, each in value.items() if name != key}
    return [without(each, key) for each in value] if isinstance(value, list) else value


def test_it_is_what_the_toolkit_laid(root: Path) -> None:
    """Else the tests below would prove nothing about workspaces that are out there."""
    for name, digests in LAID["v1"].items():
        assert hashlib.sha256((root / name).read_bytes()).hexdigest() in digests
    run(root, "schema", "write", "--check")
    found = json.loads(run(root, "check", "--json").stdout)["findings"]
    assert {each["code"] for each in found} <= {"history-unread"}
    assert open_workspace(root).scheme.edition == 1


@pytest.mark.slow
@pytest.mark.parametrize("is_old", [False, True])
def test_it_follows_the_second_version_and_comes_back_byte_for_byte(is_old: bool, root: Path, tmp_path: Path) -> None:
    schema = root / "schema/v1/annotation.schema.json"
    if is_old:  # as the very first toolkit laid it, which did not say yet what each field is
        schema.write_text(json.dumps(without(json.loads(schema.read_bytes()), "x-stancebank"), indent=2), "utf-8")
    before = content(root)
    told = json.loads(run(root, "schema", "migrate", "--dry-run", "--json").stdout)
    assert (told["from"], told["to"]) == ("v1", "v2")
    assert content(root) == before
    run(root, "schema", "migrate")
    packed = REPO / "schema/v2"
    assert {path.name: path.read_bytes() for path in (root / "schema/v2").iterdir()} == {
        path.name: path.read_bytes() for path in packed.iterdir() if path.is_file()
    }
    for name in (GUIDELINES, INTERFACE, "annotate/labeling.xml", "annotate/labeling-core.xml"):
        assert (root / name).read_bytes() == (REPO / name).read_bytes(), name
    assert open_workspace(root).scheme.edition == 2
    run(root, "schema", "write", "--check")
    after = content(root)
    assert "nothing has to be done" in run(root, "schema", "migrate").output
    assert content(root) == after
    found = json.loads(run(root, "check", "--json").stdout)["findings"]
    assert {each["code"] for each in found} <= {"history-unread", "pending"}
    run(root, "publish", "build", "--out", tmp_path / "built")
    run(root, "publish", "verify", tmp_path / "built", "--no-readers")
    run(root, "schema", "migrate", "--back")
    back = content(root)
    if is_old:  # what the folder lacked stays with it
        assert b"x-stancebank" in back.pop("schema/v1/annotation.schema.json")
        before = {name: before[name] for name in back}
        for name in [each for each in back if each.startswith("schema/v1/") and back[each] != before[each]]:
            del back[name], before[name]
    assert back == before


def test_gold_says_afterwards_what_the_toy_says(root: Path, tmp_path: Path) -> None:
    """The toy went the same way before it became what other tests rest on."""
    run(root, "schema", "migrate")
    queue = json.loads(run(root, "schema", "queue", "--json").stdout)
    assert {each["field"] for each in queue} <= {"scope_type"}
    if queue:
        answer_all(root, tmp_path, {"scope_type": "time"})
    for path in documents(root):
        made, toy = (json.loads(each.read_bytes()) for each in (path, REPO / "tests/toy/corpus/gold" / path.name))
        for each in (*made["statements"], *toy["statements"]):
            each["target"].pop("scope_type", None)
        assert made["statements"] == toy["statements"]
        assert made.get("non_statements") == toy.get("non_statements")


@pytest.mark.slow
def test_files_that_were_edited_get_other_names_and_keep_the_rest(root: Path) -> None:
    for name in (GUIDELINES, INTERFACE):
        path = root / name
        path.write_text(path.read_text("utf-8") + "\n# Our own remark on doubt, a group and what was waived\n", "utf-8")
    before = content(root)
    run(root, "schema", "migrate")
    old, new = (each[INTERFACE].decode().splitlines() for each in (before, content(root)))
    assert len(old) == len(new)
    changed = [(one, other) for one, other in zip(old, new, strict=True) if one != other]
    assert changed
    for one, other in changed:
        assert other in {one.replace(former, name) for former, name in RENAMED}, one
    assert new[-1] == "# Our own remark on doubt, a group and what was waived"
    old, new = ((root / GUIDELINES).read_text("utf-8").splitlines(), before[GUIDELINES].decode().splitlines())
    assert [line for line in old if not line.startswith(("|", "<!--"))] == [
        line for line in new if not line.startswith(("|", "<!--"))
    ]
    run(root, "schema", "write", "--check")
    found = json.loads(run(root, "check", "--json").stdout)["findings"]
    assert {each["code"] for each in found if each["severity"] == "error"} == set()
    run(root, "schema", "migrate", "--back")
    assert content(root) == before


@pytest.mark.slow
def test_a_scheme_of_others_is_not_offered_the_toolkits_next_version(root: Path, tmp_path: Path) -> None:
    assert packed_after(open_workspace(root)) == ["v2"]
    assert "The toolkit has a version v2 of this scheme" in run(root, "schema", "next").output
    shutil.rmtree(root / "schema/v2")
    edit(root, lambda _, words: words["stance"]["values"].update(wait={"description": "x.", "polarity": "none"}), "v1")
    for place in (root, lay("other_domain", tmp_path / "other"), lay("minimal", tmp_path / "minimal")):
        before = content(place)
        assert packed_after(open_workspace(place)) == []
        assert "nothing has to be done" in run(place, "schema", "migrate").output
        told = CliRunner().invoke(stancebank, ["-w", str(place), "schema", "migrate", "--to", "v2"]).exception
        assert "There is no schema version v2 after v1" in str(told)
        assert content(place) == before
        assert not (place / "schema/v2").exists()
        assert "The toolkit has" not in run(place, "schema", "next").output
        assert (place / "schema/v2" / MIGRATION).is_file()
