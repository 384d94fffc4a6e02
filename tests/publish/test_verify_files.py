"""The files of a folder that is verified: hostile and broken ones, where they lie, and how they came there."""

import os
import shutil
import time
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from huggingface_hub._local_folder import get_local_download_paths
from huggingface_hub.file_download import _create_symlink, repo_folder_name

from stancebank.errors import InputError
from stancebank.publish.build import build
from stancebank.publish.layout import MANIFEST, SUMS
from stancebank.publish.verification import verify
from stancebank.publish.verification.files import LARGEST_TEXT
from stancebank.records import file_sha256
from stancebank.workspace import Workspace
from tests.frozen.forging import read_rows, seal, write_rows
from tests.publish.builds import lay_toy
from tests.publish.verifying import ALONE, codes


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    return lay_toy(tmp_path_factory.mktemp("verify") / "toy")


@pytest.fixture(scope="module")
def built(workspace: Workspace) -> Path:
    return build(workspace, workspace.root.parent / "built").out


@pytest.fixture
def folder(built: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(built, tmp_path / "folder"))


@pytest.mark.slow
def test_hostile_files_are_faults_and_never_exceptions(folder: Path, built: Path, tmp_path: Path) -> None:
    (folder / "link").symlink_to("/etc")
    os.mkfifo(folder / "pipe")
    (folder / "statements/loop").symlink_to(".")
    with (folder / "GUIDELINES.md").open("r+b") as file:
        file.truncate(LARGEST_TEXT + 1)
    found = verify(folder, ALONE)
    assert {each.file for each in found.errors if each.code == "file-link"} == {"link", "pipe", "statements/loop"}
    assert any(each.code == "file-unreadable" and each.file == "GUIDELINES.md" for each in found.errors)
    with pytest.raises(InputError, match="no folder"):
        verify(tmp_path / "nowhere")
    (tmp_path / "alias").symlink_to(tmp_path / "nowhere")
    with pytest.raises(InputError, match="no folder"):
        verify(tmp_path / "alias")


@pytest.mark.slow
def test_a_sound_folder_is_sound_wherever_it_lies_and_however_it_came_there(
    built: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    copied = Path(shutil.copytree(built, tmp_path / "with a space é", copy_function=shutil.copyfile))
    for place, path in enumerate(sorted(copied.rglob("*"))):
        os.utime(path, (place, place))
        path.chmod(0o755 if path.is_dir() else 0o444)
    (tmp_path / "alias").symlink_to(copied)
    monkeypatch.chdir(tmp_path)
    for way in (copied, Path("with a space é"), Path("alias"), tmp_path / "alias", Path("alias/../alias/.")):
        assert verify(way, ALONE).faults == []
    monkeypatch.chdir(copied)
    assert verify(Path(), ALONE).faults == []


def test_a_folder_that_cannot_be_read_is_a_fault(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def scandir(path: Any) -> Any:
        if Path(path).name == "schema" or Path(path).name == "chat":
            raise PermissionError(13, "Permission denied")
        return real(path)

    real = os.scandir
    monkeypatch.setattr(os, "scandir", scandir)
    found = verify(folder, ALONE)
    assert ("chat", "file-unreadable") in {(each.file, each.code) for each in found.errors}
    assert "check-failed" not in codes(found)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "content"),
    [
        (MANIFEST, b"[" * 100_000),
        (MANIFEST, b"\xff"),
        (MANIFEST, b"{}"),
        (MANIFEST, b"[]"),
        (SUMS, b"../../etc/passwd"),
        (SUMS, b"0" * 64 + b"  ../../etc/passwd\n"),
        (SUMS, b"\xff"),
        ("README.md", b"---\na: &a [x, x]\nb: &b [*a, *a]\n---\n"),
        ("README.md", b"---\npretty_name: [\n---\n"),
        ("README.md", b""),
        ("croissant.json", b"\xff"),
        ("statements/train-00000-of-00001.parquet", b""),
        ("statements/train-00000-of-00001.parquet", b"PAR1" + b"\x00" * 100 + b"PAR1"),
        ("articles/train-00000-of-00001.parquet", b"PAR1\xff\xff\xff\x7fPAR1"),
    ],
)
def test_broken_files_are_faults(folder: Path, name: str, content: bytes) -> None:
    (folder / name).write_bytes(content)
    found = verify(folder, ALONE)
    assert any(each.file in (name, "../../etc/passwd") for each in found.errors)
    assert "check-failed" not in codes(found)


@pytest.mark.slow
def test_names_that_are_no_text_are_faults(folder: Path) -> None:
    Path(os.fsdecode(bytes(folder) + b"/\xff")).write_bytes(b"x")
    found = verify(folder, ALONE)
    assert any(each.code == "file-foreign" and each.file == "\\udcff" for each in found.errors)


def test_a_file_that_is_not_listed_or_was_changed_is_named(folder: Path) -> None:
    with (folder / "LICENSE").open("ab") as file:
        file.write(b"\n")
    found = verify(folder, ALONE)
    assert {(each.code, each.file) for each in found.errors} == {
        ("sums-differ", "LICENSE"),
        ("manifest-differs", MANIFEST),
    }


def lay_in_cache(folder: Path, cache: Path) -> Path:
    """Lay a folder as the Hub's client keeps it, with that client's own functions, and return the snapshot."""
    repo = cache / repo_folder_name(repo_id="org/name", repo_type="dataset")
    snapshot = repo / "snapshots" / ("0123456789" * 4)
    (repo / "blobs").mkdir(parents=True)
    (folder / ".gitattributes").write_text("*.parquet filter=lfs diff=lfs merge=lfs -text\n")
    for path in sorted(each for each in folder.rglob("*") if each.is_file()):
        blob = repo / "blobs" / file_sha256(path)
        shutil.copy(path, blob)
        place = snapshot / path.relative_to(folder)
        place.parent.mkdir(parents=True, exist_ok=True)
        _create_symlink(str(blob), str(place), new_blob=False)
    return snapshot


@pytest.mark.slow
def test_a_snapshot_in_the_cache_of_the_hub_is_sound(folder: Path, tmp_path: Path) -> None:
    snapshot = lay_in_cache(folder, tmp_path / "cache")
    assert (snapshot / MANIFEST).is_symlink()
    found = verify(snapshot, ALONE)
    assert (found.faults, found.beside) == ([], (".gitattributes",))
    (tmp_path / "elsewhere").write_bytes((folder / MANIFEST).read_bytes())
    for target in (tmp_path / "elsewhere", tmp_path / "nowhere", snapshot / MANIFEST, tmp_path / "cache", "/dev/zero"):
        (snapshot / MANIFEST).unlink()
        (snapshot / MANIFEST).symlink_to(target)
        assert "file-link" in codes(verify(snapshot, ALONE))


@pytest.mark.slow
def test_a_folder_that_was_downloaded_or_cloned_is_sound(folder: Path) -> None:
    notes = get_local_download_paths(folder, "README.md")
    notes.metadata_path.write_text("0\n")
    (folder / ".gitattributes").write_text("* -text\n")
    (folder / ".git/objects").mkdir(parents=True)
    (folder / ".git/objects/link").symlink_to("/etc")
    found = verify(folder, ALONE)
    assert found.faults == []
    assert found.beside == (".cache/huggingface", ".git", ".gitattributes")
    (folder / ".cache/other").write_text("x")
    (folder / "statements/.gitattributes").write_text("x")
    assert {each.file for each in verify(folder, ALONE).errors} >= {".cache/other", "statements/.gitattributes"}


def test_pointers_of_git_lfs_are_named_and_nothing_else_is_said(folder: Path) -> None:
    tables = sorted(folder.glob("*/*.parquet"))
    for path in tables:
        said = f"oid sha256:{file_sha256(path)}\nsize {path.stat().st_size}\n"
        path.write_text(f"version https://git-lfs.github.com/spec/v1\n{said}", encoding="utf-8")
    found = verify(folder, ALONE)
    assert codes(found) == {"file-pointer"}
    assert [each.file for each in found.errors] == [each.relative_to(folder).as_posix() for each in tables]
    assert "git lfs pull" in found.errors[0].hint


@pytest.mark.slow
@pytest.mark.parametrize(
    "name",
    [
        *(".DS_Store", "Thumbs.db", "thumbs.db", "desktop.ini", "._README.md", "README.md~", "#README.md#", "a.bak"),
        *(".README.md.swp", "statements/.DS_Store", "statements/._train-00000-of-00001.parquet", "__MACOSX/._x"),
    ],
)
def test_what_systems_and_editors_leave_is_a_warning(folder: Path, name: str) -> None:
    (folder / name).parent.mkdir(exist_ok=True)
    (folder / name).write_bytes(b"\0")
    found = verify(folder, ALONE)
    assert found.is_sound
    assert [each.code for each in found.faults] == ["file-litter"]


@pytest.mark.slow
@pytest.mark.parametrize("name", ["notes.txt", ".env", ".hidden", "more/x", "statements/x.parquet", ".github/x"])
def test_other_files_stay_errors(folder: Path, name: str) -> None:
    (folder / name).parent.mkdir(exist_ok=True)
    (folder / name).write_bytes(b"\0")
    assert "file-foreign" in {each.code for each in verify(folder, ALONE).errors}


@pytest.mark.slow
def test_line_ends_that_git_has_changed_are_named(folder: Path) -> None:
    text = (folder / "GUIDELINES.md").read_bytes()
    (folder / "GUIDELINES.md").write_bytes(text.replace(b"\n", b"\r\n"))
    found = {each.code: each.message for each in verify(folder, ALONE).errors if each.file == "GUIDELINES.md"}
    assert "CR LF" in found["sums-differ"]


def swell(folder: Path, table: str, change: Any) -> None:
    """Let a table have other rows, in one row group of its own columns and metadata, and make all digests fit."""
    path = folder / table / "train-00000-of-00001.parquet"
    held = pq.read_table(path)
    about = {key.decode(): value.decode() for key, value in held.schema.metadata.items()}
    made = change(held.replace_schema_metadata(None))
    with pq.ParquetWriter(path, made.schema, compression="zstd", store_schema=False) as writer:
        writer.write_table(made, row_group_size=made.num_rows)
        writer.add_key_value_metadata(about)
    seal(folder)


@pytest.mark.slow
@pytest.mark.parametrize("table", ["statements", "entities"])
def test_a_small_file_that_stands_for_gigabytes_is_not_read(folder: Path, table: str) -> None:
    def many(held: Any) -> Any:
        return held.take(pa.array([0] * 200_000))

    def long(held: Any) -> Any:
        words = pa.array(["x" * 3_000], pa.string())
        place = held.schema.get_field_index("dataset_version")
        rows = held.take(pa.array([0] * 40_000))
        return rows.set_column(place, held.schema.field(place), words.take(pa.array([0] * 40_000)))

    def wide(held: Any) -> Any:
        place = held.schema.get_field_index("dataset_version")
        rows = held.take(pa.array([0]))
        return rows.set_column(place, held.schema.field(place), pa.array(["x" * 300_000_000], pa.string()))

    for change in (many, long, wide):
        swell(folder, table, change)
        started = time.thread_time()
        found = verify(folder, ALONE)
        assert time.thread_time() - started < 20
        assert [each.file for each in found.errors if each.code == "file-unreadable"] == [
            f"{table}/train-00000-of-00001.parquet"
        ]


@pytest.mark.slow
def test_a_row_with_hundreds_of_thousands_of_spans_is_one_fault(folder: Path) -> None:
    rows = read_rows(folder, "statements")
    rows[0]["content_spans"] *= 400_000
    write_rows(folder, "statements", rows)
    started = time.thread_time()
    found = verify(folder, ALONE)
    assert time.thread_time() - started < 20  # it was 140 s
    assert ("statements", "row-invalid") in {(each.file, each.code) for each in found.errors}


@pytest.mark.slow
def test_foreign_registries_take_time_in_proportion_to_them(folder: Path) -> None:
    sound = read_rows(folder, "entities")
    for above in (False, True):
        many = [
            sound[0]
            | {"entity_id": f"x{number:05}", "name": f"Name {number:05}", "aliases": [], "former_ids": [], "roles": []}
            | {"part_of": f"x{number - 1:05}" if above and number else None, "affiliation": None}
            for number in range(8_000)
        ]
        write_rows(folder, "entities", sorted([*sound, *many], key=lambda row: str(row["entity_id"])))
        started = time.thread_time()
        found = verify(folder, ALONE)
        assert time.thread_time() - started < 8 + 12 * (not above)
        assert "check-failed" not in codes(found)
        assert any(each.column == "part_of" for each in found.errors) is above
