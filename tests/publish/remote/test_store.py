"""Releases in object stores and folders: the client of S3 against the server of moto, and the local file system."""

import importlib
import json
import shutil
import sys
from pathlib import Path
from typing import Any

import pytest
import s3fs

import stancebank
from stancebank.errors import ConflictError, InputError
from stancebank.publish.layout import SIGNATURE
from stancebank.publish.remote.push import local_folder, push, retract
from stancebank.publish.signing import sign
from stancebank.publish.verification import Wanted, verify
from tests.conftest import Run
from tests.publish.builds import contents
from tests.publish.keys import make_key, name_signers
from tests.publish.remote.conftest import Releases

pytestmark = pytest.mark.slow


def of_release(folder: Path) -> dict[str, bytes]:
    return {name: data for name, data in contents(folder).items() if name != ".gitattributes"}


def in_bucket(prefix: str) -> dict[str, bytes]:
    fs = s3fs.S3FileSystem(use_listings_cache=False)
    return {path.removeprefix(f"{prefix}/"): fs.cat_file(path) for path in fs.find(prefix)}


def kept_versions(bucket: str, prefix: str) -> list[str]:
    """All that a bucket keeps below a prefix, older versions and marks of deletion included."""
    page = s3fs.S3FileSystem().call_s3("list_object_versions", Bucket=bucket, Prefix=prefix)
    return [each["Key"] for each in (*page.get("Versions", ()), *page.get("DeleteMarkers", ()))]


def test_two_versions_are_pushed_to_s3_loaded_verified_and_one_is_retracted(
    releases: Releases, bucket: str, run: Run
) -> None:
    target = f"s3://{bucket}/sets/toy"
    planned = json.loads(run("publish", "push", releases.first, target, "--dry-run", "--json").stdout)
    assert planned["new"][-1] == "manifest.json"
    assert in_bucket(bucket) == {}

    done = run("publish", "push", releases.first, target)
    assert (done.returncode, done.stderr.splitlines()[-1]) == (0, f"Pushed {target}/0.1.0.")
    assert run("publish", "push", releases.second, target).returncode == 0
    found = in_bucket(f"{bucket}/sets/toy")
    assert json.loads(found.pop("latest.json")) == {"version": "0.2.0"}
    wanted = {f"0.1.0/{name}": data for name, data in of_release(releases.first).items()}
    assert found == wanted | {f"0.2.0/{name}": data for name, data in of_release(releases.second).items()}
    before = kept_versions(bucket, "sets/toy")
    again = run("publish", "push", releases.first, target)
    assert (again.returncode, "is there already, with the same content" in again.stderr) == (0, True)
    assert kept_versions(bucket, "sets/toy") == before

    rows: dict[str, Any] = {each: stancebank.load(target, version=each) for each in ("0.1.0", "0.2.0")}
    assert rows["0.1.0"]["uncertain"] != rows["0.2.0"]["uncertain"]
    assert stancebank.load(target).info.version == "0.2.0"
    for place in (f"{target}@0.1.0", f"{target}/0.1.0"):
        done = run("publish", "verify", place, "--no-readers")
        assert (done.returncode, "The folder is sound." in done.stderr) == (0, True)
    changes = json.loads(run("publish", "diff", f"{target}@0.1.0", target, "--json").stdout)
    assert "norland-post-2031-02-11-envoy/s2" in json.dumps(changes)

    done = run("publish", "retract", target, "0.2.0", "--reason", "A holder asked for it.")
    assert done.returncode == 0, done.stderr
    assert "copies that people have made" in done.stdout
    assert kept_versions(bucket, "sets/toy/0.2.0/") == []
    found = in_bucket(f"{bucket}/sets/toy")
    assert json.loads(found.pop("latest.json")) == {"version": "0.1.0"}
    assert json.loads(found.pop("retracted/0.2.0.json"))["reason"] == "A holder asked for it."
    assert found == wanted
    assert stancebank.load(target).info.version == "0.1.0"
    with pytest.raises(InputError, match=r"0\.2\.0 was retracted .*A holder asked for it\.\nHint: there are: 0\.1\.0"):
        stancebank.load(target, version="0.2.0")
    with pytest.raises(ConflictError, match="does not come back"):
        push(releases.second, target)


def test_nothing_is_overwritten(releases: Releases, bucket: str) -> None:
    target = f"s3://{bucket}/toy"
    fs = s3fs.S3FileSystem()
    fs.pipe_file(f"{bucket}/toy/0.1.0/README.md", b"of somebody else")
    with pytest.raises(ConflictError, match=r"has a 0\.1\.0 with other content \(README\.md\)"):
        push(releases.first, target)
    assert in_bucket(bucket) == {"toy/0.1.0/README.md": b"of somebody else"}


def test_a_file_that_comes_meanwhile_is_not_overwritten_either(
    releases: Releases, bucket: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    target, path = f"s3://{bucket}/toy", f"{bucket}/toy/0.1.0/manifest.json"
    put_file = s3fs.S3FileSystem.put_file

    def meanwhile(self: Any, source: str, target: str, **options: Any) -> None:
        if target == path:
            self.pipe_file(path, b"{}")
        put_file(self, source, target, **options)

    monkeypatch.setattr(s3fs.S3FileSystem, "put_file", meanwhile)
    with pytest.raises(ConflictError, match="has changed meanwhile"):
        push(releases.first, target)
    assert in_bucket(f"{bucket}/toy/0.1.0")["manifest.json"] == b"{}"
    monkeypatch.undo()


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return f"file://{tmp_path}/shared/toy"


def test_a_folder_takes_versions_too(releases: Releases, folder: str, tmp_path: Path, run: Run) -> None:
    place = tmp_path / "shared/toy"
    push(releases.second, folder)
    push(releases.first, folder)
    assert json.loads((place / "latest.json").read_text()) == {"version": "0.2.0"}
    assert contents(place / "0.1.0") == of_release(releases.first)
    assert stancebank.load(f"{folder}@0.1.0").to_list() == stancebank.load(releases.first).to_list()
    assert run("publish", "verify", folder, "--no-readers").returncode == 0
    planned = retract(folder, "0.2.0", "It was a mistake.", dry_run=True)
    assert (place / "0.2.0/manifest.json").is_file()
    assert retract(folder, "0.2.0", "It was a mistake.") == planned
    assert not (place / "0.2.0").exists()
    assert json.loads((place / "latest.json").read_text()) == {"version": "0.1.0"}
    retract(folder, "0.1.0", "It was a mistake.")
    assert sorted(contents(place)) == ["retracted/0.1.0.json", "retracted/0.2.0.json"]
    with pytest.raises(InputError, match="has no version of a dataset"):
        stancebank.load(folder)
    with pytest.raises(InputError, match="has no version 0"):
        retract(folder, "0.3.0", "It was a mistake.")


def test_a_signature_goes_with_the_version_and_is_not_overwritten(
    releases: Releases, folder: str, tmp_path: Path
) -> None:
    ada, bo = (make_key(tmp_path / whom) for whom in ("ada", "bo"))
    wanted = Wanted(readers=(), signers=name_signers(tmp_path / "signers", ada=ada))
    signed = Path(shutil.copytree(releases.first, tmp_path / "signed"))
    sign(signed, ada, may_ask=False)
    push(releases.first, folder)
    assert not (local_folder(folder) / SIGNATURE).exists()
    assert push(signed, folder).new == (SIGNATURE,)  # no file that SHA256SUMS lists
    assert verify(local_folder(folder), wanted).faults == []
    assert push(releases.first, folder).is_there, "a copy without the signature is the same version"
    assert (local_folder(folder) / SIGNATURE).exists()
    other = Path(shutil.copytree(releases.first, tmp_path / "other"))
    sign(other, bo, may_ask=False)
    with pytest.raises(ConflictError, match="the same files and another signature"):
        push(other, folder)


def test_what_was_fetched_is_used_again_and_held_against_its_digests(
    releases: Releases, folder: str, tmp_path: Path
) -> None:
    push(releases.first, folder)
    stancebank.load(folder)
    (cached,) = (tmp_path / "cache/stancebank/published").glob("*/0.1.0")
    shutil.rmtree(tmp_path / "shared/toy/0.1.0/statements")
    assert stancebank.load(folder).info.version == "0.1.0", "it is in the cache"
    (cached / "GUIDELINES.md").write_text("others")
    with pytest.raises(InputError, match=r"not a whole release: GUIDELINES\.md"):
        stancebank.load(folder)
    shutil.rmtree(cached)
    with pytest.raises(InputError, match="what was asked for is not there"):
        stancebank.load(folder)
    assert not list(cached.parent.iterdir()), "a folder that is not whole is not kept"


def test_a_version_under_another_number_is_refused(releases: Releases, folder: str, tmp_path: Path) -> None:
    push(releases.first, folder)
    (tmp_path / "shared/toy/0.1.0").rename(tmp_path / "shared/toy/0.3.0")
    with pytest.raises(InputError, match=r"holds version 0\.1\.0 in the place of 0\.3\.0"):
        stancebank.load(folder, version="0.3.0")


def test_names_that_lead_elsewhere_are_not_fetched(releases: Releases, folder: str, tmp_path: Path) -> None:
    push(releases.first, folder)
    sums = tmp_path / "shared/toy/0.1.0/SHA256SUMS"
    sums.write_text(f"{'0' * 64}  ../../../outside\n" + sums.read_text())
    with pytest.raises(InputError, match="which no release has"):
        stancebank.load(folder)


@pytest.mark.parametrize(
    ("target", "said"),
    [
        ("releases/toy", "is no address"),
        ("hf://spaces/org/toy", "is no address of a dataset"),
        ("hf://datasets/toy", "is no address of a dataset"),
        ("s3://", "names no place"),
        ("s3://somebody:secret@bucket/toy", "holds a password"),
        ("s3://bucket/toy@newest", "is no version"),
        ("nowhere://bucket/toy", "of a kind that is not known"),
        ("file:///tmp/toy@9.9.9", "names another version than the folder"),
    ],
)
def test_a_wrong_address_is_one_line_and_a_hint(releases: Releases, target: str, said: str, run: Run) -> None:
    done = run("publish", "push", releases.first, target)
    assert (done.returncode, said in done.stderr, done.stderr.count("Hint:")) == (1, True, 1), done.stderr
    assert "secret" not in done.stderr


def test_a_client_that_is_missing_is_named(releases: Releases, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "s3fs", None)
    monkeypatch.delitem(importlib.import_module("fsspec.registry")._registry, "s3", raising=False)
    done = run("publish", "push", releases.first, "s3://bucket/toy")
    assert (done.returncode, 'Hint: pip install "stancebank[s3]"' in done.stderr) == (1, True), done.stderr


def test_missing_rights_are_one_line_and_a_hint_without_the_key(
    releases: Releases, bucket: str, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    done = run("publish", "push", releases.first, "s3://a-bucket-that-is-not-there/toy")
    assert (done.returncode in (1, 3), done.stderr.count("Hint:"), "Traceback" in done.stderr) == (True, 1, False)
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    s3fs.S3FileSystem.clear_instance_cache()
    monkeypatch.setattr(s3fs.S3FileSystem, "retries", 1)
    done = run("publish", "push", releases.first, f"s3://{bucket}/toy")
    assert (done.returncode, done.stderr.count("Hint:"), "Traceback" in done.stderr) == (3, 1, False), done.stderr
    assert "secret-of-somebody" not in done.stderr
    assert "check the network" in done.stderr
