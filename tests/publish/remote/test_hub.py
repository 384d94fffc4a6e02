"""Releases on the Hub: the real clients against a server that speaks its protocol."""

import json
import shutil
from pathlib import Path
from typing import Any

import huggingface_hub
import pytest

import stancebank
from stancebank.errors import ConflictError, InputError, ServerError
from stancebank.publish.remote.push import local_folder, plan_push, push, retract
from stancebank.publish.signing import sign
from stancebank.publish.verification import Wanted, verify
from tests.command import call
from tests.conftest import Run
from tests.publish.builds import ENVOY, contents, fill_release, lay_split, read_apart
from tests.publish.keys import make_key
from tests.publish.remote.conftest import Releases, name_of
from tests.publish.remote.hub import READER, Blob, Hub

pytestmark = pytest.mark.slow

READ = """
import json, os, sys
sys.modules["stancebank"] = None  # whoever reads has no toolkit
from datasets import load_dataset
seen = {}
for revision in ("v0.1.0", "v0.2.0", None):
    rows = load_dataset(sys.argv[1], split="train", revision=revision)
    seen[str(revision)] = [str(rows.info.version), [[row["statement_id"], row["uncertain"]] for row in rows]]
streamed = load_dataset(sys.argv[1], split="train", revision="v0.1.0", streaming=True)
assert [[row["statement_id"], row["uncertain"]] for row in streamed] == seen["v0.1.0"][1]
print(json.dumps(seen))
"""


def of_release(folder: Path) -> dict[str, bytes]:
    """The files of a release, without that of git, which the Hub has its own of."""
    return {name: data for name, data in contents(folder).items() if name != ".gitattributes"}


def held(hub: Hub, target: str, revision: str) -> dict[str, bytes] | None:
    found = hub.files(name_of(target), revision)
    return found and {name: data for name, data in found.items() if name != ".gitattributes"}


def test_two_versions_are_pushed_read_by_revision_verified_there_and_one_is_retracted(
    releases: Releases, target: str, hub: Hub, tmp_path: Path, run: Run, whole: None
) -> None:
    first = json.loads(call("publish", "push", releases.first, target, "--dry-run", "--json").stdout)
    assert (first["creates"], first["dry_run"], first["bytes"] > 100_000) == (True, True, True)
    assert sorted(first["new"]) == sorted(of_release(releases.first))
    assert name_of(target) not in hub.repositories

    done = call("publish", "push", releases.first, target)
    assert (done.returncode, done.stderr.splitlines()[-1]) == (0, f"Pushed {target}@v0.1.0.")
    repository = hub.repositories[name_of(target)]
    assert (repository.private, repository.gated) == (True, False)
    assert held(hub, target, "v0.1.0") == of_release(releases.first)
    assert any(blob.large for blob in repository.commits[repository.tags["v0.1.0"]].tree.values())

    assert call("publish", "push", releases.second, target).returncode == 0
    assert held(hub, target, "v0.1.0") == of_release(releases.first)
    assert held(hub, target, "v0.2.0") == held(hub, target, "main") == of_release(releases.second)
    assert len(repository.history(repository.branches["main"])) == 3, "one commit for each version, after the first"

    before = dict(repository.branches), dict(repository.tags)
    again = call("publish", "push", releases.second, target)
    assert (again.returncode, "is there already, with the same content" in again.stderr) == (0, True)
    assert (repository.branches, repository.tags) == before

    (tmp_path / "reader").mkdir()
    env = {"HF_ENDPOINT": hub.endpoint, "HF_TOKEN": READER, "HF_HUB_DISABLE_XET": "1", "HF_HUB_OFFLINE": "0"}
    seen = read_apart(READ, tmp_path / "reader", name_of(target), **env)
    assert [seen[each][0] for each in ("v0.1.0", "v0.2.0", "None")] == ["0.1.0", "0.2.0", "0.2.0"]
    assert seen["v0.2.0"][1] == seen["None"][1] != seen["v0.1.0"][1]
    assert len(seen["v0.1.0"][1]) == len(seen["v0.2.0"][1])

    for version in ("0.1.0", "0.2.0"):
        checked = call("publish", "verify", f"{target}@{version}", "--no-readers")
        assert (checked.returncode, "The folder is sound." in checked.stderr) == (0, True), checked.stdout
        table = stancebank.load(target, "statements", version=version, as_="pandas")
        assert table["uncertain"].tolist() == [row[1] for row in seen[f"v{version}"][1]]
    assert stancebank.load(f"{target}@v0.1.0").info.version == "0.1.0"

    done = call("publish", "retract", target, "0.1.0", "--reason", "A holder\nasked for it.")
    assert done.returncode == 0, done.stderr
    assert "clones, caches and mirrors" in done.stdout
    assert list(repository.tags) == ["v0.2.0"]
    assert held(hub, target, "v0.2.0") == of_release(releases.second)
    stone = json.loads((held(hub, target, "main") or {})["retracted/0.1.0.json"])
    assert stone["reason"] == "A holder asked for it."
    heads = {*repository.tags.values(), *repository.branches.values()}
    assert all(len(repository.history(each)) == 1 for each in heads)
    gone = {*of_release(releases.first).values()} - {*of_release(releases.second).values()}
    assert gone.isdisjoint(repository.large.values())

    refused = call_whole(run, "publish", "verify", f"{target}@0.1.0")
    assert refused == (1, f"stancebank: 0.1.0 was retracted from {target} on {stone['retracted_on']}: "
                       "A holder asked for it.\nHint: there are: 0.2.0.\n")  # fmt: skip
    refused = call_whole(run, "publish", "push", releases.first, target)
    assert (refused[0], "a version that was retracted does not come back" in refused[1]) == (4, True)


def call_whole(run: Run, *arguments: object) -> tuple[int, str]:
    done = run(*arguments)
    lines = done.stderr.splitlines(keepends=True)
    return done.returncode, "".join(line for line in lines if not line.startswith(("Verifying", "Retracting")))


def test_a_version_that_is_there_with_other_content_is_not_overwritten(
    releases: Releases, target: str, hub: Hub
) -> None:
    push(releases.first, target)
    repository = hub.repositories[name_of(target)]
    head = repository.tags["v0.1.0"]
    tree = {**repository.commits[head].tree, "README.md": Blob(b"another")}
    repository.tags["v0.1.0"] = repository.add(tree, "by hand", head)
    before = dict(repository.tags), dict(repository.branches)
    with pytest.raises(ConflictError, match=r"has a 0\.1\.0 with other content \(README\.md\)"):
        push(releases.first, target)
    assert (repository.tags, repository.branches) == before
    with pytest.raises(InputError, match=r"not a whole release: README\.md: its SHA-256"):
        stancebank.load(f"{target}@0.1.0")


def test_files_of_the_version_before_are_deleted_and_what_the_hub_laid_is_kept(
    releases: Releases, target: str, hub: Hub
) -> None:
    push(releases.first, target)
    repository = hub.repositories[name_of(target)]
    tree = repository.commits[repository.branches["main"]].tree
    repository.branches["main"] = repository.add({**tree, "old/train.parquet": Blob(b"x")}, "by hand", None)
    _, _, plan = plan_push(releases.second, target)
    assert plan.gone == ("old/train.parquet",)
    push(releases.second, target)
    found = hub.files(name_of(target), "v0.2.0") or {}
    assert "old/train.parquet" not in found
    assert found[".gitattributes"] == tree[".gitattributes"].data


def test_a_signature_goes_with_its_version_alone(releases: Releases, target: str, hub: Hub, tmp_path: Path) -> None:
    signed = Path(shutil.copytree(releases.first, tmp_path / "signed"))
    key = make_key(tmp_path / "ada")
    sign(signed, key, may_ask=False)
    push(signed, target)
    assert verify(local_folder(f"{target}@0.1.0"), Wanted(readers=())).signature is not None
    assert push(releases.first, target).is_there, "a copy without the signature is the same version"
    push(releases.second, target)
    assert held(hub, target, "main") == of_release(releases.second), "the next one is not signed by it"
    assert held(hub, target, "v0.1.0") == of_release(signed)
    later = Path(shutil.copytree(releases.second, tmp_path / "later"))
    sign(later, key, may_ask=False)
    with pytest.raises(ConflictError, match=r"another signature, or none; nothing was overwritten\.\nHint: .* sign"):
        push(later, target)


def test_an_older_version_that_is_pushed_later_leaves_main_alone(releases: Releases, target: str, hub: Hub) -> None:
    push(releases.second, target)
    push(releases.first, target)
    assert held(hub, target, "main") == held(hub, target, "v0.2.0") == of_release(releases.second)
    assert held(hub, target, "v0.1.0") == of_release(releases.first)
    assert list(hub.repositories[name_of(target)].branches) == ["main"]
    assert stancebank.load(target).info.version == "0.2.0"


def test_the_only_version_is_retracted_and_a_page_says_so(releases: Releases, target: str, hub: Hub) -> None:
    push(releases.first, target)
    retract(target, "0.1.0", "It was a mistake.")
    found = held(hub, target, "main") or {}
    assert sorted(found) == ["README.md", "retracted/0.1.0.json"]
    assert b"It was a mistake." in found["README.md"]
    assert not hub.repositories[name_of(target)].large
    with pytest.raises(InputError, match=r"It was a mistake\.\nHint: it has none at all"):
        stancebank.load(target, version="0.1.0")
    push(releases.second, target)
    assert stancebank.load(target, version="0.2.0").info.version == "0.2.0"
    assert verify(local_folder(target), Wanted(readers=())).is_sound


def test_the_newest_version_is_retracted_and_main_has_the_one_before(releases: Releases, target: str, hub: Hub) -> None:
    push(releases.first, target)
    push(releases.second, target)
    planned = retract(target, "0.2.0", "It was a mistake.", dry_run=True)
    assert held(hub, target, "main") == of_release(releases.second)
    assert retract(target, "0.2.0", "It was a mistake.") == planned
    found = held(hub, target, "main") or {}
    assert json.loads(found.pop("retracted/0.2.0.json"))["reason"] == "It was a mistake."
    assert found == of_release(releases.first) == held(hub, target, "v0.1.0")
    commits = hub.repositories[name_of(target)].commits
    retract(target, "0.2.0", "Again.")
    assert hub.repositories[name_of(target)].commits == commits, "there was nothing left to do"


def test_public_and_gated_are_said_to_the_hub(
    releases: Releases, target: str, hub: Hub, whole: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    from stancebank.publish.remote import places

    monkeypatch.setattr(places, "is_gated", lambda _: True)
    assert call("publish", "push", releases.first, target, "--public").returncode == 0
    repository = hub.repositories[name_of(target)]
    assert (repository.private, repository.gated) == (False, "auto")
    first_write = next(each for each in hub.requests if "/commit/" in each)
    assert hub.requests.index(f"PUT /api/datasets/{name_of(target)}/settings") < hub.requests.index(first_write)


def test_what_the_hub_refuses_is_one_line_and_a_hint_without_the_token(
    releases: Releases, target: str, hub: Hub, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    push(releases.first, target)
    for token, said in ((READER, "does not allow this"), ("", "is not there")):
        monkeypatch.setenv("HF_TOKEN", token)
        done = run("publish", "push", releases.second, target)
        assert (done.returncode, done.stderr.count("Hint:"), "Traceback" in done.stderr) == (3, 1, False)
        assert said in done.stderr
        assert "run `hf auth login`" in done.stderr
        assert not token or token not in done.stderr
    monkeypatch.setenv("HF_TOKEN", READER)
    assert stancebank.load(target).info.version == "0.1.0"
    with pytest.raises(InputError, match=r"has no version 0\.9\.0\.\nHint: there are: 0\.1\.0"):
        stancebank.load(target, version="0.9.0")
    monkeypatch.setattr(huggingface_hub.constants, "ENDPOINT", "http://127.0.0.1:9")
    with pytest.raises(ServerError, match="check the network"):
        stancebank.load(target, version="0.1.0")


def test_a_large_file_that_is_refused_leaves_no_version(
    releases: Releases, target: str, hub: Hub, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hub, "refused", "PUT /large/")
    done = run("publish", "push", releases.first, target)
    assert (done.returncode, done.stderr.count("Hint:"), "Traceback" in done.stderr) == (3, 1, False), done.stderr
    assert "does not allow this" in done.stderr
    assert (held(hub, target, "v0.1.0"), held(hub, target, "main")) == (None, {})
    monkeypatch.setattr(hub, "refused", None)
    assert run("publish", "push", releases.first, target).returncode == 0
    assert held(hub, target, "v0.1.0") == of_release(releases.first)


def test_without_a_network_a_version_in_the_cache_will_do(
    releases: Releases, target: str, hub: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    push(releases.first, target)
    stancebank.load(target, version="0.1.0")
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_OFFLINE", True)
    assert stancebank.load(target, version="0.1.0").info.version == "0.1.0"
    with pytest.raises(InputError, match="not in the cache"):
        stancebank.load(target, version="0.3.0")


def test_only_a_sound_release_that_may_be_published_is_pushed(
    releases: Releases, target: str, hub: Hub, tmp_path: Path, whole: None
) -> None:
    folder = Path(shutil.copytree(releases.first, tmp_path / "copy"))

    def refusal(**changes: Any) -> str:
        from stancebank.publish.build import build
        from tests.publish.builds import lay_toy

        if changes:
            with pytest.raises(InputError) as error:
                push(build(lay_toy(tmp_path / "toy"), tmp_path / "out", **changes).out, target)
        else:
            with pytest.raises(InputError) as error:
                push(folder, target)
        return str(error.value)

    (folder / "GUIDELINES.md").write_text("others")
    assert "is not sound: GUIDELINES.md" in refusal()
    assert "is a build, and no release" in refusal(text=None)
    assert not hub.repositories.get(name_of(target))


def test_large_files_go_by_xet_both_ways(
    releases: Releases, target: str, hub: Hub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "xet").mkdir()
    monkeypatch.setattr(hub, "xet", tmp_path / "xet")
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_DISABLE_XET", False)
    push(releases.first, target)
    push(releases.second, target)
    repository = hub.repositories[name_of(target)]
    assert not repository.large, "none was sent as LFS"
    assert all(blob.xet for blob in repository.commits[repository.tags["v0.2.0"]].tree.values() if blob.large)
    for version, folder in (("0.1.0", releases.first), ("0.2.0", releases.second)):
        assert of_release(local_folder(target, version)) == of_release(folder)
    assert not any("/large/" in each for each in hub.requests)


BY_SPLIT = """
import json, os, sys
sys.modules["stancebank"] = None  # whoever reads has no toolkit
from datasets import get_dataset_split_names, load_dataset
names = get_dataset_split_names(sys.argv[1], "articles", revision="v1.2.0")
rows = load_dataset(sys.argv[1], split="test", revision="v1.2.0")
print(json.dumps([names, sorted(set(rows["article_id"])), rows.num_rows]))
"""


def test_a_release_with_splits_is_opened_there_and_read_split_by_split(
    target: str, hub: Hub, tmp_path: Path, whole: None
) -> None:
    folder = fill_release(lay_split(tmp_path / "toy"), tmp_path / "release")
    done = call("publish", "push", folder, target)
    assert (done.returncode, done.stderr.splitlines()[-1]) == (0, f"Pushed {target}@v1.2.0.")
    (tmp_path / "reader").mkdir()
    env = {"HF_ENDPOINT": hub.endpoint, "HF_TOKEN": READER, "HF_HUB_DISABLE_XET": "1", "HF_HUB_OFFLINE": "0"}
    seen = read_apart(BY_SPLIT, tmp_path / "reader", name_of(target), **env)
    assert seen == [["train", "validation", "test", "none"], [ENVOY], 6]
    assert len(stancebank.load(f"{target}@v1.2.0", "articles", split="none")) == 1
