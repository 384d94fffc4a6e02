"""Releases that are refused: the version, the workspace, git, the words, the waivers."""

from pathlib import Path

import msgspec
import pytest

from stancebank.errors import ConflictError, InputError, StancebankError, WorkspaceError
from stancebank.model import Sourced
from stancebank.publish.history import recorded_versions
from stancebank.publish.release.gate import ReleaseWaiver
from stancebank.workspace import open_workspace
from tests.conftest import Run
from tests.publish.builds import ENVOY, change_flag, contents, withhold
from tests.publish.release.releases import (
    OUT,
    commit,
    git,
    make,
    make_and_commit,
    tracked,
)

pytestmark = pytest.mark.slow  # whole releases, several each


@pytest.mark.parametrize(
    ("version", "said"),
    [("1.2", "no version"), ("v1.2.0", "no version"), ("1.1.9", "lower than 1.2.0"), ("0.9.0", "lower than")],
)
def test_a_version_that_is_none_or_lower_is_refused(root: Path, version: str, said: str) -> None:
    before = contents(root)
    with pytest.raises(InputError, match=said):
        make(root, version)
    assert contents(root) == before


def test_a_version_not_higher_than_the_last_one_is_refused(root: Path) -> None:
    make_and_commit(root, "1.3.0")
    path = root / "stancebank.toml"
    path.write_text(path.read_text(encoding="utf-8").replace("1.3.0", "1.2.0"), encoding="utf-8")
    commit(root)
    with pytest.raises(InputError, match=r"not higher than the last version, 1\.3\.0"):
        make(root, "1.2.5")


@pytest.mark.parametrize("dirt", ["untracked", "changed", "staged", "removed", "overlooked", "card"])
def test_a_workspace_that_differs_from_its_commit_is_refused(root: Path, dirt: str) -> None:
    name = "DATASET_CARD.md" if dirt == "card" else "corpus/entities.json"
    if dirt == "untracked":
        name = "corpus/annotations/somebody/notes.json"
        (root / name).parent.mkdir(parents=True)
        (root / name).write_text("{}", encoding="utf-8")
    elif dirt == "removed":
        name = f"corpus/gold/{ENVOY}.json"
        (root / name).unlink()
    else:
        if dirt == "overlooked":
            git(root, "update-index", "--assume-unchanged", name)
        (root / name).write_text((root / name).read_text(encoding="utf-8") + "\n", encoding="utf-8")
        if dirt == "staged":
            git(root, "add", name)
    before = tracked(root)
    with pytest.raises(InputError, match="differs from its last commit") as caught:
        make(root, "1.2.0")
    assert name in str(caught.value)
    assert tracked(root) == before
    assert not list((root / "releases").glob("toy*")) if (root / "releases").exists() else True


def test_what_git_ignores_can_be_no_part_of_a_release(root: Path) -> None:
    (root / "waivers.toml").write_text("", encoding="utf-8")
    (root / ".gitignore").write_text(".stancebank/\n/releases/\nwaivers.toml\n", encoding="utf-8")
    commit(root)
    with pytest.raises(InputError, match=r"git does not hold waivers\.toml"):
        make(root, "1.2.0")


def test_without_a_repository_or_a_commit_or_git_the_message_says_so(tmp_path: Path, run: Run) -> None:
    from tests.publish.builds import lay_toy

    root = lay_toy(tmp_path / "toy").root
    with pytest.raises(WorkspaceError, match="is not in a git repository"):
        make(root, "1.2.0")
    git(root, "init", "--quiet")
    with pytest.raises(InputError, match="no commit yet"):
        make(root, "1.2.0")
    commit(root)
    done = run("publish", "release", "1.2.0", cwd=root, PATH="/nowhere")
    assert done.returncode == 3
    assert "git is not installed" in done.stderr


def test_a_release_without_a_word_in_the_changelog_is_refused(released: Path) -> None:
    change_flag(open_workspace(released))
    commit(released)
    with pytest.raises(InputError, match=r"says nothing of the dataset 2\.0\.0"):
        make(released, "2.0.0")


def test_errors_of_the_workspace_stop_a_release_as_findings(root: Path) -> None:
    path = root / f"corpus/gold/{ENVOY}.json"
    path.write_text(path.read_text(encoding="utf-8").replace('"ilse-marrow"', '"ilse-narrow"'), encoding="utf-8")
    commit(root)
    before = contents(root)
    made = make(root, "1.2.0")
    assert {each.code for each in made.findings} >= {"entity-unknown"}
    assert contents(root) == before


def test_words_that_should_be_shown_and_are_not_at_hand_stop_a_release(root: Path) -> None:
    with (root / "stancebank.toml").open("a", encoding="utf-8") as settings:
        settings.write("\n[rights]\nlongest_quote = 400\nquoted_share = 90\n")
    withhold(open_workspace(root), ENVOY, "quotes")
    (root / f".stancebank/texts/{ENVOY}.txt").unlink()
    commit(root)
    before = contents(root)
    made = make(root, "1.2.0")
    assert contents(root) == before
    assert [each.code for each in made.errors] == ["release-words"]
    assert ENVOY in made.errors[0].file
    with pytest.raises(InputError, match="cannot be waived"):
        make(root, "1.2.0", ReleaseWaiver("release-words", "They will not be missed."))


def test_words_of_a_withheld_article_in_a_record_stop_a_release(root: Path) -> None:
    store = open_workspace(root).store
    withhold(open_workspace(root), ENVOY)
    article = store.article(ENVOY)
    text = store.text(article) or ""
    line = max(text.splitlines(), key=len)
    stray = msgspec.structs.replace(article, place=Sourced(value=line, basis="given"))
    store.write_article(stray, text)
    commit(root)
    before = contents(root)
    made = make(root, "1.2.0")
    assert not made.is_clean
    leaked = {each.file: each.pointer for each in made.errors if each.code == "text-leaked"}
    assert leaked.pop(f"corpus/articles/{ENVOY}.json") == "/place/value"
    assert leaked.keys() == {"sources/envoy.txt", "readings/envoy.json"}  # the toy has its words there
    assert contents(root) == before


def test_a_waiver_that_lets_nothing_pass_is_not_recorded(root: Path) -> None:
    with pytest.raises(InputError, match="release-lost is not needed"):
        make(root, "1.2.0", ReleaseWaiver("release-lost", "In case."))
    assert recorded_versions(root) == []
    assert not (root / "releases").exists()


def test_a_tag_that_another_branch_has_given_is_not_given_again(root: Path) -> None:
    git(root, "tag", "data-v1.2.0")
    with pytest.raises(ConflictError, match="exists, and this commit has no record of it"):
        make(root, "1.2.0")
    assert recorded_versions(root) == []


def test_a_name_that_is_no_name_of_a_folder_is_refused(root: Path) -> None:
    path = root / "stancebank.toml"
    path.write_text(path.read_text(encoding="utf-8").replace('"toy"', '"../toy"'), encoding="utf-8")
    commit(root)
    with pytest.raises(InputError, match="cannot be the name of a folder"):
        make(root, "1.2.0")


def test_a_folder_in_the_way_is_left_alone(root: Path) -> None:
    (root / OUT).mkdir(parents=True)
    (root / OUT / "thesis.txt").write_text("mine", encoding="utf-8")
    with pytest.raises(StancebankError, match="was not made by"):
        make(root, "1.2.0")
    assert contents(root / OUT) == {"thesis.txt": b"mine"}
    assert recorded_versions(root) == []
