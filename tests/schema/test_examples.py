"""The examples: every folder is found by walking, and every code of a finding has one that triggers it."""

import json
import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner
from tests.conftest import OWN_SCHEMA, REPO, lay_workspace
from tests.publish.release.releases import git

from stancebank.cli import stancebank
from stancebank.codes import CODES

EXAMPLES = OWN_SCHEMA / "examples"
VALID = sorted(path.name for path in (EXAMPLES / "valid").iterdir())
INVALID = sorted(path.name for path in (EXAMPLES / "invalid").iterdir())


def findings_of(root: Path) -> list[dict[str, str]]:
    git(root, "init", "--quiet")
    result = CliRunner().invoke(stancebank, ["-w", str(root), "check", "--json"])
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    findings: list[dict[str, str]] = json.loads(result.stdout)["findings"]
    assert result.exit_code == (1 if any(each["severity"] == "error" for each in findings) else 0)
    return findings


@pytest.mark.parametrize("name", VALID)
def test_a_valid_example_has_no_finding(name: str, tmp_path: Path) -> None:
    assert findings_of(lay_workspace(EXAMPLES / "valid" / name, tmp_path / "w")) == []


@pytest.mark.parametrize("code", INVALID)
def test_an_invalid_example_has_the_finding_that_it_is_named_for_and_no_other(code: str, tmp_path: Path) -> None:
    root = lay_workspace(EXAMPLES / "valid" / "one-article", tmp_path / "w")
    shutil.copytree(EXAMPLES / "invalid" / code, root, dirs_exist_ok=True, symlinks=True)
    if (
        reserved := root / "corpus/reserved"
    ).exists():  # under its own name, Windows could not check out this repository
        reserved.rename(root / "corpus/aux")
    findings = findings_of(root)
    assert {each["code"] for each in findings} == {code}
    for each in findings:
        assert each["message"].endswith((".", "?"))
        assert each["hint"]
        assert each["severity"] == CODES[code].severity
        assert (root / each["file"]).exists() or (root / each["file"]).is_symlink()
        assert points_somewhere(root / each["file"], each["pointer"])


def points_somewhere(file: Path, pointer: str) -> bool:
    """Whether a JSON pointer leads to a place in the file (RFC 6901)."""
    if not pointer:
        return True
    value = json.loads(file.read_text())
    for part in pointer.split("/")[1:]:
        key = part.replace("~1", "/").replace("~0", "~")
        value = (
            value[int(key)]
            if isinstance(value, list)
            else value.get(key, {})
            if key == "nothing_to_annotate"
            else value[key]
        )
    return True


def test_every_code_has_an_example() -> None:
    assert sorted(CODES) == INVALID


def test_the_catalogue_in_the_docs_explains_every_code() -> None:
    page = (REPO / "docs" / "findings.md").read_text()
    assert [line.removeprefix("## ").strip("`") for line in page.splitlines() if line.startswith("## ")] == list(CODES)
