import json
import os
import shutil
import signal
import subprocess
import sys
from datetime import date
from pathlib import Path
from typing import Any

import msgspec
import pytest

from stancebank.check import check_workspace
from stancebank.corpus.withdraw import plan_removal, remove
from stancebank.errors import ConflictError, InputError, StancebankError, WorkspaceError
from stancebank.model import Sourced
from stancebank.publish.history import Step, read_record, recorded_versions
from stancebank.publish.parquet import read_table
from stancebank.publish.release import commands
from stancebank.publish.release.gate import ReleaseWaiver
from stancebank.workspace import open_workspace
from tests.conftest import Run
from tests.publish.builds import ENVOY, HARVEST, change_doubt, contents, withhold
from tests.publish.release.releases import (
    change_gold,
    commit,
    drop_statement,
    git,
    lay_committed,
    make,
    make_and_commit,
    run_commands,
    say_news,
)

pytestmark = pytest.mark.slow  # whole releases, several each

OUT = "releases/toy-1.2.0"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return lay_committed(tmp_path / "toy").root


def manifest_of(folder: Path) -> Any:
    return json.loads((folder / "manifest.json").read_bytes())


def rows_of(folder: Path, view: str) -> list[dict[str, Any]]:
    return read_table(folder / view / "train-00000-of-00001.parquet").to_pylist()


def tracked(root: Path) -> dict[str, bytes]:
    """The files of the workspace, without those of git and of releases."""
    return {name: data for name, data in contents(root).items() if not name.startswith((".git/", "releases/"))}


def clone(root: Path, place: Path, *options: str) -> Path:
    place.parent.mkdir(parents=True, exist_ok=True)
    git(root.parent, "clone", "--quiet", *options, f"file://{root}", str(place))
    return place


def test_a_release_is_a_folder_with_everything_that_a_stranger_needs(root: Path) -> None:
    made = make(root, "1.2.0")
    assert made.is_clean
    assert made.out == root / OUT
    names = set(contents(made.out))
    assert names >= {"README.md", "GUIDELINES.md", "CHANGELOG.md", "LICENSE", "splits.csv", "manifest.json"}
    assert names >= {f"{view}/train-00000-of-00001.parquet" for view in made.rows}
    copied = {path.name for path in open_workspace(root).schema_dir.glob("*.json")}
    assert {name.removeprefix("schema/") for name in names if name.startswith("schema/")} == copied
    lines = (made.out / "splits.csv").read_text(encoding="utf-8").splitlines()
    ids = sorted(
        row["article_id"] for row in read_table(made.out / "articles/train-00000-of-00001.parquet").to_pylist()
    )
    assert lines == ["article_id,split", *(f"{each},train" for each in ids)]
    checked = subprocess.run(
        ["sha256sum", "-c", "SHA256SUMS"], cwd=made.out, capture_output=True, text=True, check=True
    )
    assert {line.removesuffix(": OK") for line in checked.stdout.splitlines()} == names - {"SHA256SUMS"}


def test_the_manifest_names_trees_that_git_knows_and_no_commit(root: Path) -> None:
    make_and_commit(root, "1.2.0")
    told = manifest_of(root / OUT)
    for folder in ("schema", "annotate"):
        assert told["trees"][folder] == git(root, "rev-parse", f"HEAD:{folder}").strip()
    listed = git(root, "ls-tree", "HEAD:corpus").splitlines()
    assert any(line.endswith("\treleases") for line in listed)
    without = "".join(f"{line}\n" for line in listed if not line.endswith("\treleases"))
    made = subprocess.run(["git", "mktree"], cwd=root, input=without, capture_output=True, text=True, check=True)
    assert told["trees"]["corpus"] == made.stdout.strip()
    assert told["waived"] == []
    assert git(root, "rev-parse", "HEAD").strip() not in (root / OUT / "manifest.json").read_text(encoding="utf-8")


def test_the_tagged_commit_gives_the_same_folder_to_whoever_clones_it(root: Path, tmp_path: Path, run: Run) -> None:
    made = make_and_commit(root, "1.2.0")
    first = contents(made.out)
    (tmp_path / "home").mkdir()
    elsewhere = clone(root, tmp_path / "some" / "where else" / "clone", "--depth", "1", "--no-tags")
    assert git(elsewhere, "tag") == ""
    done = run(
        "publish", "release", "1.2.0", cwd=elsewhere, HOME=str(tmp_path / "home"), TZ="Asia/Kathmandu", LC_ALL="C"
    )
    assert done.returncode == 0, done.stderr + done.stdout
    assert "byte for byte" in done.stderr
    assert contents(elsewhere / OUT) == first
    assert git(elsewhere, "status", "--porcelain") == ""


def test_a_release_changes_version_changelog_card_and_record_and_nothing_else(root: Path) -> None:
    before = tracked(root)
    made = make(root, "1.3.0")
    after = tracked(root)
    record = {f"corpus/releases/1.3.0/{name}" for name in ("SHA256SUMS", "manifest.json", "rows.json")}
    assert after.keys() - before.keys() == record
    assert {name for name in before if before[name] != after[name]} == {
        "stancebank.toml",
        "CHANGELOG.md",
        "DATASET_CARD.md",
    }
    assert set(made.written) == {"CHANGELOG.md", "DATASET_CARD.md", "corpus/releases/1.3.0", "stancebank.toml"}
    assert after["stancebank.toml"] == before["stancebank.toml"].replace(b'version = "1.2.0"', b'version = "1.3.0"')
    assert "dataset version 1.3.0" in after["DATASET_CARD.md"].decode()
    changelog = after["CHANGELOG.md"].decode()
    assert "## Dataset 1.3.0 (2031-02-11)\n\n- **Rows**: new.\n\n## 0.9.0" in changelog
    history = (root / "releases/toy-1.3.0/CHANGELOG.md").read_text(encoding="utf-8")
    assert history == "# Changelog of toy\n\n## 1.3.0 (2031-02-11)\n\n- **Rows**: new.\n"
    assert json.loads((made.out / "croissant.json").read_bytes())["datePublished"] == "2031-02-11"
    for name in ("SHA256SUMS", "manifest.json"):
        assert after[f"corpus/releases/1.3.0/{name}"] == (made.out / name).read_bytes()


def test_a_record_holds_ids_and_digests_and_no_words(root: Path) -> None:
    make(root, "1.2.0")
    rows = json.loads((root / "corpus/releases/1.2.0/rows.json").read_bytes())["rows"]
    ids = {
        row["statement_id"] for row in read_table(root / OUT / "statements/train-00000-of-00001.parquet").to_pylist()
    }
    assert set(rows["statements"]) == ids
    record = b"".join(path.read_bytes() for path in (root / "corpus/releases/1.2.0").iterdir()).decode()
    for article in open_workspace(root).store.articles():
        for line in (open_workspace(root).store.text(article) or "").split("\n"):
            assert len(line) < 20 or line not in record


def test_a_dry_run_judges_and_writes_nothing(root: Path) -> None:
    before = contents(root)
    made = make(root, "1.2.0", dry_run=True)
    assert made.is_clean
    assert made.rows["statements"] == 13
    assert contents(root) == before


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


def test_a_workspace_below_the_root_of_its_repository_is_released_by_itself(tmp_path: Path) -> None:
    root = lay_committed(tmp_path / "above" / "toy").root
    shutil.rmtree(root / ".git")
    (root.parent / "other.txt").write_text("other", encoding="utf-8")
    git(root.parent, "init", "--quiet")
    commit(root.parent)
    (root.parent / "other.txt").write_text("changed, and no part of the workspace", encoding="utf-8")
    made = make(root, "1.2.0")
    assert made.is_clean
    assert manifest_of(made.out)["trees"]["schema"] == git(root.parent, "rev-parse", "HEAD:toy/schema").strip()


def test_a_release_without_a_word_in_the_changelog_is_refused(root: Path) -> None:
    make_and_commit(root, "1.2.0")
    change_doubt(open_workspace(root))
    commit(root)
    with pytest.raises(InputError, match=r"says nothing of the dataset 2\.0\.0"):
        make(root, "2.0.0")


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


def test_a_release_without_the_texts_is_made_and_says_what_was_not_searched(root: Path, run: Run) -> None:
    workspace = open_workspace(root)
    for article_id in (ENVOY, HARVEST):
        withhold(workspace, article_id)
        workspace.store.text_path(workspace.store.article(article_id)).unlink()
    commit(root)
    made = make_and_commit(root, "1.2.0")
    (found,) = made.findings
    assert (found.code, found.severity) == ("release-unsearched", "warning")
    assert f"2 articles, whose texts are not at hand: {HARVEST}, {ENVOY}." in found.message
    done = run("-w", root, "publish", "release", "1.2.0", "--dry-run")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "release-unsearched  (warning)" in done.stdout
    assert "release-unsearched" not in (made.out / "manifest.json").read_text(encoding="utf-8")
    with pytest.raises(InputError, match="cannot be waived"):
        make(root, "1.3.0", ReleaseWaiver("release-unsearched", "There are no texts."))


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


def test_new_rows_ask_for_a_minor_step_and_other_labels_for_a_major_one(root: Path) -> None:
    document = open_workspace(root).store.gold(ENVOY)
    assert document
    whole = document.statements
    drop_statement(root, f"{ENVOY}/s6", retire=False)
    commit(root)
    make_and_commit(root, "1.2.0")
    change_gold(root, statements=whole)
    say_news(root)
    commit(root)
    made = make(root, "1.2.1")
    assert [each.code for each in made.findings] == ["release-step"]
    assert "a MINOR step: 1.3.0 or higher" in made.findings[0].message
    assert made.changes
    assert made.changes.gained["statements"] == (f"{ENVOY}/s6",)
    make_and_commit(root, "1.3.0")
    change_doubt(open_workspace(root))
    say_news(root)
    commit(root)
    made = make(root, "1.4.0")
    assert [each.code for each in made.findings] == ["release-step"]
    said = "a MAJOR step: 2.0.0 or higher. Rows relabelled: conditions 2, statements 1."
    assert said in made.findings[0].message
    waiver = ReleaseWaiver("release-step", "Two labels were typing errors.")
    made = make(root, "1.4.0", waiver)
    assert [each.code for each in made.waived] == ["release-step"]
    assert manifest_of(made.out)["waived"] == [{"code": "release-step", "reason": waiver.reason}]


def test_a_metadata_value_that_was_mended_asks_for_a_patch(root: Path) -> None:
    import msgspec

    make_and_commit(root, "1.2.0")
    store = open_workspace(root).store
    article = store.article(ENVOY)
    assert article.outlet
    outlet = msgspec.structs.replace(article.outlet, value="The Norland Post of Brenn")
    store.write_article(msgspec.structs.replace(article, outlet=outlet), store.text(article) or "")
    say_news(root)
    commit(root)
    made = make_and_commit(root, "1.2.1")
    assert made.changes
    assert made.changes.step is Step.PATCH
    assert made.changes.amended["articles"] == (ENVOY,)


def test_a_lost_row_needs_a_reason(root: Path) -> None:
    make_and_commit(root, "1.2.0")
    name = f"{ENVOY}/s6"
    drop_statement(root, name, retire=False)
    say_news(root)
    commit(root)
    made = make(root, "2.0.0")
    assert {each.code for each in made.findings} == {"release-lost"}
    assert {each.file: each.message for each in made.findings} == {
        "conditions": f"1 row of 1.2.0 is lost: {name}/c1.",
        "statements": f"1 row of 1.2.0 is lost: {name}.",
    }
    assert not (root / "corpus/releases/2.0.0").exists()
    waived = make(root, "2.0.0", ReleaseWaiver("release-lost", "The agency took its report back."))
    assert waived.is_clean
    assert {each.code for each in waived.waived} == {"release-lost"}
    told = manifest_of(waived.out)["waived"]
    assert told == [{"code": "release-lost", "reason": "The agency took its report back."}]


def test_a_retired_id_and_a_withdrawn_article_are_reasons(root: Path) -> None:
    make_and_commit(root, "1.2.0")
    drop_statement(root, f"{ENVOY}/s6", retire=True)
    store = open_workspace(root).store
    remove(store, plan_removal(store, HARVEST, reason="The holder asked for it.", date="2031-05-02"))
    say_news(root)
    commit(root)
    found = make(root, "1.9.0", dry_run=True).findings
    left = [root / "sources/harvest.txt", root / "readings/harvest.json"]  # which have its words still
    assert {(each.code, each.file) for each in found} == {("text-leaked", str(each.relative_to(root))) for each in left}
    for each in left:
        each.unlink()
    commit(root)
    assert [each.code for each in make(root, "1.9.0", dry_run=True).findings] == ["release-step"]
    made = make_and_commit(root, "2.0.0")
    assert made.changes
    assert made.changes.lost["statements"] == (f"{ENVOY}/s6",)
    assert made.changes.lost["articles"] == (HARVEST,)
    assert f"| `{HARVEST}` | 2031-05-02 | The holder asked for it. |" in (made.out / "RIGHTS.md").read_text()
    assert recorded_versions(root) == ["1.2.0", "2.0.0"]


def test_a_recorded_version_is_made_again_and_every_difference_is_said(root: Path, run: Run) -> None:
    make_and_commit(root, "1.2.0")
    change_doubt(open_workspace(root))
    (root / "LICENSE-DATA").write_text("Another licence\n", encoding="utf-8")
    commit(root)
    before = contents(root)
    made = make(root, "1.2.0")
    said = "\n".join(made.differences)
    assert said.startswith("rows: Rows relabelled: conditions 2, statements 1.")
    assert f"inputs corpus/gold/{ENVOY}.json: recorded" in said
    assert "inputs LICENSE-DATA: recorded" in said
    assert "files LICENSE: recorded" in said
    assert "trees corpus: recorded" in said
    assert "views statements content_hash: recorded" in said
    assert contents(root) == before
    done = run("publish", "release", "1.2.0", cwd=root)
    assert done.returncode == 1
    assert done.stdout.strip().endswith(said.splitlines()[-1])
    assert "git checkout data-v1.2.0" in done.stderr


def test_a_difference_of_bytes_alone_is_told_from_one_of_rows(root: Path) -> None:
    make_and_commit(root, "1.2.0")
    (root / "LICENSE-DATA").write_text("Another licence\n", encoding="utf-8")
    commit(root)
    assert "rows: the same, by the content hash of every view." in make(root, "1.2.0").differences


def test_a_record_that_somebody_changed_is_not_confirmed(root: Path) -> None:
    make_and_commit(root, "1.2.0")
    path = root / "corpus/releases/1.2.0/SHA256SUMS"
    path.write_text(path.read_text(encoding="utf-8").replace("0", "1", 1), encoding="utf-8")
    commit(root)
    assert any(each.startswith("SHA256SUMS") for each in make(root, "1.2.0").differences)


def test_an_older_version_is_made_again_from_its_tag_only(root: Path) -> None:
    first = contents(make_and_commit(root, "1.2.0").out)
    change_doubt(open_workspace(root))
    say_news(root)
    commit(root)
    make_and_commit(root, "2.0.0")
    with pytest.raises(InputError, match=r"git checkout data-v1\.2\.0"):
        make(root, "1.2.0")
    git(root, "checkout", "--quiet", "data-v1.2.0")
    shutil.rmtree(root / "releases")
    assert make(root, "1.2.0").is_clean
    assert contents(root / OUT) == first


def test_waivers_that_have_run_out_do_not_keep_a_version_from_being_made_again(root: Path) -> None:
    (root / "waivers.toml").write_text(
        '[[waiver]]\ncode = "entity-unused"\nfile = "*"\nreason = "They come."\nuntil = 2031-02-12\n',
        encoding="utf-8",
    )
    entities = json.loads((root / "corpus/entities.json").read_bytes())
    entities["entities"].append({"id": "zebra-house", "kind": "organisation", "name": "Zebra House"})
    (root / "corpus/entities.json").write_text(json.dumps(entities, indent=2), encoding="utf-8")
    commit(root)
    make_and_commit(root, "1.2.0")
    told = manifest_of(root / OUT)
    assert "waivers.toml" in told["inputs"]
    late = check_workspace(open_workspace(root), today=date(2040, 1, 1))
    assert [each.code for each in late.errors] == ["waiver-expired"]
    assert make(root, "1.2.0").is_clean


def test_a_version_without_a_tag_can_be_renewed_and_one_with_a_tag_cannot(root: Path) -> None:
    made = make(root, "1.2.0")
    git(root, "add", *made.written)
    git(root, "commit", "--quiet", "--message", "Dataset 1.2.0")
    change_doubt(open_workspace(root))
    say_news(root, "- **Doubt**: said of one more row.")
    commit(root)
    assert not make(root, "1.2.0").is_clean
    renewed = make(root, "1.2.0", renew=True)
    assert renewed.is_clean
    assert "- **Rows**: new.\n- **Doubt**: said of one more row.\n" in (root / "CHANGELOG.md").read_text(
        encoding="utf-8"
    )
    assert make(root, "1.2.0", renew=True).is_clean
    git(root, "add", *renewed.written)
    git(root, "commit", "--quiet", "--message", "Dataset 1.2.0")
    assert make(root, "1.2.0").is_clean
    git(root, "tag", "data-v1.2.0")
    with pytest.raises(ConflictError, match="is out"):
        make(root, "1.2.0", renew=True)


KILLED = """
import os, signal, sys
from datetime import date
from pathlib import Path
from importlib import import_module
import stancebank.publish.history as c, stancebank.publish.folder as f
import stancebank.records as files
from stancebank.workspace import open_workspace
r = import_module("stancebank.publish.release.release")  # its name is also that of the function
def die(*_, **__): os.kill(os.getpid(), signal.SIGKILL)
def after(times, call):
    def counted(*arguments, **more):
        counted.times += 1
        if counted.times > times: die()
        return call(*arguments, **more)
    counted.times = 0
    return counted
{before}
r.release(open_workspace(Path(sys.argv[1])), r.Wish("1.3.0", today=date(2031, 2, 11), readers=()))
"""

POINTS = {
    "while the views are written": "r.fill_folder = die",
    "at the gate": "r.gate.check_folder = die",
    "before the folders change places": "f._swap = die",
    "before the workspace changes": "r.changing = after(1, r.changing)",
    "after the first file": "r.write_text = after(2, r.write_text)",
    "after the second file": "r.write_text = after(3, r.write_text)",
    "after the third file": "r.write_record = die",
    "in the midst of a file": "files.Path.replace = after(2, files.Path.replace)",
    "in the midst of the record": "c.write_text = after(1, c.write_text)",
    "before the record's manifest": "c.write_text = after(2, c.write_text)",
}


@pytest.mark.parametrize("point", POINTS)
def test_a_killed_release_is_completed_by_the_next_run(root: Path, tmp_path: Path, point: str) -> None:
    undisturbed = clone(root, tmp_path / "undisturbed")
    make(undisturbed, "1.3.0")
    want = tracked(undisturbed) | {"out": b"".join(v for _, v in sorted(contents(undisturbed / "releases").items()))}
    done = subprocess.run(
        [sys.executable, "-c", KILLED.format(before=POINTS[point]), str(root)],
        env={key: value for key, value in os.environ.items() if not key.startswith("GIT_")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == -signal.SIGKILL, done.stderr
    assert read_record(root, "1.3.0") is None
    if (root / "releases/toy-1.3.0").exists():
        assert contents(root / "releases/toy-1.3.0") == contents(undisturbed / "releases/toy-1.3.0")
    completed = make(root, "1.3.0")
    assert completed.is_clean
    for path in root.glob(".*.part"):  # young, and so perhaps of a process that is alive: left for an hour
        path.unlink()
    assert tracked(root) | {"out": b"".join(v for _, v in sorted(contents(root / "releases").items()))} == want
    run_commands(root, completed)
    assert git(root, "status", "--porcelain") == ""


def test_a_second_run_before_the_commit_confirms_the_first(root: Path) -> None:
    first = contents(make(root, "1.3.0").out)
    again = make(root, "1.3.0")
    assert again.is_clean
    assert not again.is_new
    assert contents(again.out) == first
    assert again.uncommitted == ("CHANGELOG.md", "DATASET_CARD.md", "stancebank.toml", "corpus/releases/1.3.0")


def test_a_renewal_that_changes_nothing_asks_for_the_tag_alone(root: Path) -> None:
    make(root, "1.2.0")
    commit(root)
    assert commands(make(root, "1.2.0", renew=True)) == ('git tag -a data-v1.2.0 -m "Dataset 1.2.0"',)


def test_a_waiver_that_lets_nothing_pass_is_not_recorded(root: Path) -> None:
    with pytest.raises(InputError, match="release-lost lets nothing pass"):
        make(root, "1.2.0", ReleaseWaiver("release-lost", "In case."))
    assert recorded_versions(root) == []
    assert not (root / "releases").exists()


def test_a_tag_that_another_branch_has_given_is_not_given_again(root: Path) -> None:
    git(root, "tag", "data-v1.2.0")
    with pytest.raises(ConflictError, match="exists, and this commit has no record of it"):
        make(root, "1.2.0")
    assert recorded_versions(root) == []


def test_the_sample_can_be_released_and_made_again(tmp_path: Path) -> None:
    from stancebank.starter.laying import lay, sample_files

    root = tmp_path / "sample"
    lay(sample_files(), root)
    git(root, "init", "--quiet")
    commit(root)
    made = make_and_commit(root, "0.1.0")
    elsewhere = clone(root, tmp_path / "clone")
    assert make(elsewhere, "0.1.0").is_clean
    assert contents(elsewhere / "releases") == contents(root / "releases")
    assert made.rows["articles"] == 15


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


def test_files_of_bounded_rows_open_as_one_view_and_are_the_same_rows(root: Path) -> None:
    from datasets import load_dataset

    whole = manifest_of(make(root, "1.2.0").out)
    shutil.rmtree(root / "corpus/releases")
    made = make(root, "1.2.0", rows_per_file=5)
    told = manifest_of(made.out)
    assert told["views"]["statements"]["files"] == [f"statements/train-{n:05}-of-00003.parquet" for n in range(3)]
    assert len(told["views"]["statements"]["sha256"]) == 3
    hashes = [{view: each["content_hash"] for view, each in m["views"].items()} for m in (whole, told)]
    assert hashes[0] == hashes[1]
    first = contents(made.out)
    loaded = load_dataset(str(made.out), split="train", cache_dir=str(root / "releases" / "cache"))
    assert loaded.num_rows == 13
    shutil.rmtree(root / "releases")
    shutil.rmtree(root / "corpus/releases")
    assert contents(make(root, "1.2.0", rows_per_file=5).out) == first


def test_a_workspace_without_card_changelog_or_citation_is_released_without_them(root: Path, tmp_path: Path) -> None:
    for name in ("DATASET_CARD.md", "CHANGELOG.md"):
        (root / name).unlink()
    commit(root)
    made = make_and_commit(root, "1.2.0")
    assert made.written == made.uncommitted == ("corpus/releases/1.2.0",)
    assert not {"CHANGELOG.md", "CITATION.cff"} & set(contents(made.out))
    assert not (root / "DATASET_CARD.md").exists()
    assert make(clone(root, tmp_path / "clone"), "1.2.0").is_clean
