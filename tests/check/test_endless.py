"""Pipes, devices, links and patterns of a workspace from elsewhere: nothing hangs, and each is one line."""

import json
import os
import re
import shutil
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.conftest import Run

from stancebank.check import check_workspace
from stancebank.errors import InputError, WorkspaceError
from stancebank.publish.hydrate import hydrate_folder
from stancebank.publish.published import read_published, require_dataset
from stancebank.records import find_files, read_json
from stancebank.schema.rules import check_scheme
from stancebank.schema.validate import validate
from stancebank.workspace import Workspace, open_workspace


def lay_pipe(path: Path) -> None:
    os.mkfifo(path)


def lay_link(path: Path) -> None:
    path.symlink_to("/dev/zero")


FILES = (
    *("stancebank.toml", "waivers.toml", "annotate/interface.toml", "annotate/GUIDELINES.md", "DATASET_CARD.md"),
    *("schema/v2/vocabularies.json", "schema/v2/article.schema.json", "corpus/entities.json", "corpus/gold/x.json"),
    *("annotate/languages/en.toml", ".stancebank/withdrawn/a-b.json", "corpus/texts/norland-post-2031-02-11-envoy.txt"),
)


@pytest.mark.parametrize("lay", [lay_pipe, lay_link])
@pytest.mark.parametrize("file", FILES)
def test_a_file_of_a_workspace_that_never_ends_is_named(file: str, lay: Callable[[Path], None], toy_root: Path) -> None:
    path = toy_root / file
    path.parent.mkdir(parents=True, exist_ok=True)
    path.unlink(missing_ok=True)
    lay(path)
    with pytest.raises(WorkspaceError, match=rf"^{re.escape(file)} is (no plain file|a symbolic link)") as raised:
        open_workspace(toy_root)
    assert "\nHint: " in str(raised.value)


@pytest.mark.parametrize("place", ["schema", "schema/v2", "schema/v2/vocabularies.json", "annotate/labeling.xml"])
def test_a_link_that_leads_out_of_the_schema_is_not_followed(place: str, toy_root: Path, tmp_path: Path) -> None:
    shutil.move(toy_root / place, tmp_path / "elsewhere")
    (toy_root / place).symlink_to(tmp_path / "elsewhere")
    with pytest.raises(WorkspaceError, match=f"^{place} is a symbolic link that leads out of the workspace"):
        open_workspace(toy_root)


def test_a_link_within_the_workspace_is_followed(toy_root: Path) -> None:
    shutil.move(toy_root / "schema/v2", toy_root / "annotate/shared")
    (toy_root / "schema/v2").symlink_to("../annotate/shared")
    assert check_workspace(open_workspace(toy_root)).errors == ()


@pytest.mark.parametrize("given", ["pipe.json", "pipe.jsonl", "/dev/zero"])
def test_a_file_that_is_given_and_never_ends_is_refused(given: str, run: Run, toy_root: Path, tmp_path: Path) -> None:
    path = tmp_path / given
    if not given.startswith("/dev"):
        os.mkfifo(path)
    text = toy_root / "sources/envoy.txt"
    for command in (
        ("publish", "score", path, tmp_path),
        ("annotate", "import", path),
        ("annotate", "push", "--file", path),
        ("corpus", "add", text, "--outlet", "X", "--metadata", path),
        ("corpus", "add", path, "--outlet", "X"),
    ):
        done = run("-w", toy_root, *command)
        assert done.returncode in (1, 2), command
        assert "is no plain file" in done.stderr or "is no file" in done.stderr or "is not one of" in done.stderr


def test_a_published_folder_that_never_ends_is_refused(tmp_path: Path) -> None:
    (tmp_path / "folder/articles").mkdir(parents=True)
    os.mkfifo(tmp_path / "folder/articles/train-00000-of-00001.parquet")
    for read in (
        read_published,
        require_dataset,
        lambda folder: hydrate_folder(folder, [], tmp_path / "out"),
        lambda folder: read_json(folder / "articles/train-00000-of-00001.parquet"),
    ):
        with pytest.raises(InputError, match="is no plain file"):
            read(tmp_path / "folder")


def with_pattern(workspace: Workspace, pattern: str) -> Any:
    """Give titles a pattern of the workspace's own, and return an article's record as JSON."""
    path = workspace.schema_dir / "article.schema.json"
    schema = json.loads(path.read_bytes())
    schema["properties"]["id"] = {"type": "string", "pattern": pattern}
    path.write_text(json.dumps(schema), encoding="utf-8")
    return json.loads(next(workspace.root.glob("corpus/articles/*.json")).read_bytes())


@pytest.mark.parametrize("pattern", ["^(a+)+$", "^(a|a)*$", "^(a|aa)+$", "^(([a-z])+.)+[A-Z]([a-z])+$"])
def test_a_pattern_of_a_workspace_takes_time_in_proportion_to_the_text(pattern: str, toy_workspace: Workspace) -> None:
    record = with_pattern(toy_workspace, pattern)
    record["id"] = "a" * 50_000 + "!"
    start = time.thread_time()
    found = validate(record, "article", toy_workspace.schema_dir, "x.json")
    assert time.thread_time() - start < 5
    assert [(each.code, each.pointer) for each in found] == [("schema-value", "/id")]
    record["id"] = "a" * 12
    assert bool(validate(record, "article", toy_workspace.schema_dir, "x.json")) is ("A-Z" in pattern)


@pytest.mark.parametrize("pattern", [r"(?=a)b+", r"(a+)\1+", "(?<!a)b*"])
def test_a_pattern_that_cannot_be_searched_in_such_time_is_a_finding(pattern: str, toy_workspace: Workspace) -> None:
    with_pattern(toy_workspace, pattern)
    found = check_scheme(toy_workspace.root, toy_workspace.schema_dir)
    assert [each.code for each in found] == ["scheme-incomplete"]
    assert "has look-around or references back" in found[0].message


def test_what_systems_leave_in_folders_is_no_content(toy_root: Path) -> None:
    for place in ("corpus/withdrawn", "corpus/texts", "schema/v2", ".stancebank/withdrawn", "corpus/gold"):
        (toy_root / place).mkdir(parents=True, exist_ok=True)
        for name in ("._norland-post-2031-02-11-envoy.json", "._x.txt", ".DS_Store"):
            (toy_root / place / name).write_bytes(b"\x00\x05\x16\x07\xff")
    (toy_root / "schema/v2/__MACOSX").mkdir()
    assert not [each for each in find_files(toy_root, "**/*") if each.name.startswith("._")]
    workspace = open_workspace(toy_root)
    assert check_workspace(workspace).errors == ()
    assert len(list(workspace.store.documents(None))) == 3
