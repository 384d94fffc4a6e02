"""The command publish release, as people and programs see it."""

import json
import shlex
import subprocess
from pathlib import Path

import pytest
from tests.conftest import Run
from tests.publish.builds import ENVOY, contents
from tests.publish.release.releases import commit, drop_statement, git, lay_committed, say_news

pytestmark = pytest.mark.slow  # whole releases, several each


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return lay_committed(tmp_path / "toy").root


def test_the_commands_that_it_prints_commit_and_tag_the_release(root: Path, run: Run) -> None:
    (root / "CITATION.cff").unlink()
    commit(root)
    done = run("publish", "release", "1.2.0", cwd=root)
    assert done.returncode == 0, done.stderr
    assert "statements  13 rows" in done.stdout
    assert f"Released {root / 'releases/toy-1.2.0'}." in done.stderr
    assert "CITATION.cff    release-author  (warning)\n    there is no such file.\n" in done.stdout
    assert "CITATION.cff, so" not in done.stderr  # it is said once
    lines = [line for line in done.stdout.splitlines() if line.startswith("git ")]
    repeated = run("publish", "release", "1.2.0", cwd=root)
    assert [line for line in repeated.stdout.splitlines() if line.startswith("git ")] == lines
    for line in lines:
        git(root, *shlex.split(line)[1:])
    assert len(lines) == 3
    assert git(root, "status", "--porcelain") == ""
    assert git(root, "tag").split() == ["data-v1.2.0"]
    again = run("publish", "release", "1.2.0", cwd=root)
    assert again.returncode == 0
    assert "it is the recorded 1.2.0, byte for byte" in again.stderr
    assert "git " not in again.stdout


@pytest.mark.usefixtures("no_readers")
def test_programs_get_one_json_object(root: Path, run: Run) -> None:
    done = run("publish", "release", "1.3.0", "--json", "--dry-run", cwd=root)
    said = json.loads(done.stdout)
    assert (said["version"], said["new"], said["dry_run"], said["findings"]) == ("1.3.0", True, True, [])
    assert said["rows"]["conditions"] == 12
    assert said["tag"] == "data-v1.3.0"
    assert said["written"][-1] == "corpus/releases/1.3.0"
    assert not (root / "releases").exists()


@pytest.mark.usefixtures("no_readers")
def test_findings_are_printed_with_their_mend_and_nothing_is_written(root: Path, run: Run) -> None:
    assert run("publish", "release", "1.2.0", cwd=root).returncode == 0
    commit(root)
    drop_statement(root, f"{ENVOY}/s6", retire=False)
    say_news(root)
    commit(root)
    before = contents(root)
    done = run("publish", "release", "1.3.0", cwd=root)
    assert done.returncode == 1
    assert f"1 row of 1.2.0 is lost: {ENVOY}/s6." in done.stdout
    assert "release-step" in done.stdout
    assert "put its id into `retired` of the gold document" in done.stdout
    assert "Since 1.2.0: Rows lost: conditions 1, statements 1." in done.stderr
    assert "3 findings are open against it. Nothing was written." in done.stderr
    assert contents(root) == before
    waive = ("--waive", "release-lost", "--reason", "It was a jest.", "--waive", "release-step", "--reason", "Same.")
    done = run("publish", "release", "1.3.0", *waive, cwd=root)
    assert done.returncode == 0, done.stdout
    assert "(error, waived)" in done.stdout
    told = json.loads((root / "releases/toy-1.3.0/manifest.json").read_bytes())["waived"]
    assert told == [
        {"code": "release-lost", "reason": "It was a jest."},
        {"code": "release-step", "reason": "Same."},
    ]


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["1.2.0", "--waive", "release-lost"], 2, "needs its --reason"),
        (["1.2.0", "--waive", "release-lots", "--reason", "x"], 1, "no code of the gate"),
        (["1.2.0", "--waive", "release-secret", "--reason", "x"], 1, "cannot be waived"),
        (["one"], 1, "is no version"),
        ([], 2, "Missing argument"),
    ],
)
def test_wrong_use_has_its_message_and_code(root: Path, run: Run, arguments: list[str], code: int, said: str) -> None:
    done = run("publish", "release", *arguments, cwd=root)
    assert done.returncode == code
    assert said in done.stderr
    assert "Traceback" not in done.stderr


def test_a_workspace_in_no_repository_is_wrong_use(root: Path, run: Run) -> None:
    subprocess.run(["rm", "-rf", str(root / ".git")], check=True)
    done = run("publish", "release", "1.2.0", cwd=root)
    assert done.returncode == 2
    assert "is not in a git repository" in done.stderr
    assert "Hint: git init" in done.stderr
