"""The layout of a folder: what each file is, and that nothing else is there."""

import json
from pathlib import Path

import pytest

from stancebank.publish.build import build
from stancebank.publish.layout import (
    ALWAYS,
    ATTRIBUTES,
    LAYOUT,
    Kind,
    adapted,
    entry_of,
    folder_files,
    original_of,
    replacing,
    tells_release,
)
from stancebank.publish.verification import Wanted, verify
from stancebank.workspace import Workspace
from tests.publish.builds import fill_release, lay_toy

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    return lay_toy(tmp_path_factory.mktemp("layout") / "toy")


@pytest.fixture(scope="module")
def release(workspace: Workspace) -> Path:
    return fill_release(workspace, workspace.root.parent / "release")


def test_each_file_is_described_once_and_a_build_has_none_that_only_releases_have(
    workspace: Workspace, release: Path, tmp_path: Path
) -> None:
    built = folder_files(build(workspace, tmp_path / "out").out)
    for name in (built | folder_files(release)) - {ATTRIBUTES}:  # which is git's
        assert sum(entry.matches(name) for entry in LAYOUT) == 1, name
    assert {*ALWAYS} < built
    only = {name for name in folder_files(release) if (entry := entry_of(name)) and not entry.in_builds}
    assert not only & built
    assert {"splits.csv", "CITATION.cff", "CHANGELOG.md", "schema/article.schema.json"} < only
    assert (tells_release(built, own_schema=False), tells_release(only, own_schema=False)) == (False, True)


@pytest.mark.parametrize(
    "name",
    [
        *("notes.txt", "README.md.bak", "schema/More.json", "schema/a/b.json", "schema/article.schema.json/x"),
        *(
            "statements/dev-00000-of-00001.parquet",
            "more/train-00000-of-00001.parquet",
            "train-00000-of-00001.parquet",
        ),
    ],
)
def test_a_file_that_no_folder_has_is_no_entry(name: str) -> None:
    assert entry_of(name) is None


def test_each_copy_has_the_bytes_of_its_original(workspace: Workspace, release: Path) -> None:
    schema = workspace.settings.schema
    originals = {name: original for name in folder_files(release) if (original := original_of(name, schema))}
    assert {"LICENSE", "GUIDELINES.md", "CITATION.cff", "prediction.schema.json"} < originals.keys()
    for name, original in originals.items():
        data = (workspace.root / original).read_bytes()
        assert (release / name).read_bytes() == adapted(name, data, "1.2.0", "2031-03-01", 2)
        assert (adapted(name, data, "1.2.0", "2031-03-01", 2) == data) is (name != "CITATION.cff")
    assert not any(original_of(name, schema) for name in ("README.md", "manifest.json", "CHANGELOG.md", "notes.txt"))


def test_what_is_computed_is_made_of_what_comes_before_it() -> None:
    kinds = [entry.kind for entry in LAYOUT]
    assert kinds == sorted(kinds, key=[Kind.TABLE, Kind.COPY, Kind.COMPUTED, Kind.LEDGER, Kind.SIGNATURE].index)
    assert [entry.name for entry in LAYOUT if entry.kind is Kind.LEDGER] == ["manifest.json", "SHA256SUMS"]


@pytest.mark.parametrize("name", ALWAYS)
def test_a_file_that_every_folder_has_is_missed(workspace: Workspace, tmp_path: Path, name: str) -> None:
    out = build(workspace, tmp_path / "out").out
    (out / name).unlink()
    found = verify(out, Wanted(readers=()))
    assert ("file-missing", name) in {(each.code, each.file) for each in found.errors}
    assert "check-failed" not in {each.code for each in found.faults}


GONE = {"date": "2031-02-11", "reason": "Asked for."}


@pytest.mark.parametrize("withdrawn", [5, [{"id": 5, **GONE}, {"id": "x", **GONE}]])
def test_terms_of_another_form_are_named(workspace: Workspace, tmp_path: Path, withdrawn: object) -> None:
    out = build(workspace, tmp_path / "out").out
    manifest = json.loads((out / "manifest.json").read_bytes())
    manifest["rights"]["withdrawn"] = withdrawn
    (out / "manifest.json").write_text(json.dumps(manifest, indent=2, sort_keys=True, ensure_ascii=False) + "\n")
    found = verify(out, Wanted(readers=()))
    assert ("manifest-form", "rights") in {(each.code, each.column) for each in found.errors}
    assert "check-failed" not in {each.code for each in found.faults}


def test_where_the_new_folder_cannot_take_the_place_the_old_one_is_put_back(
    workspace: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def rename(self: Path, target: Path) -> Path:
        if ".part-" in self.name:
            raise OSError(13, "Permission denied")
        return real(self, target)

    out = build(workspace, tmp_path / "out").out
    real = Path.rename
    monkeypatch.setattr(Path, "rename", rename)
    with pytest.raises(OSError, match="Permission denied"), replacing(out) as part:
        (part / "README.md").write_bytes(b"")
    assert verify(out, Wanted(readers=())).faults == []
    assert [path.name for path in tmp_path.iterdir()] == ["out"]
