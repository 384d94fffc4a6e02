"""The store has one face: a workspace whose records are no files says and does what one with files does."""

import re
import shutil
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path

import pytest
from tests.conftest import Run

from stancebank.corpus.backend import STORED, FileBackend, is_stored

_TIME = re.compile(rb"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z")

ARTICLE, SECOND = "the-kettle-2031-02-14-eleven-for-four", "meridian-wire-2031-02-12-osk-terms"

COMMANDS = (
    "check",
    "status --json",
    "corpus list --json",
    "corpus show {article}",
    "corpus show {article} --annotator annotator-1 --json",
    "corpus duplicates",
    "corpus entity show odo-senn",
    "corpus zone {article}",
    "annotate export {article} --annotator annotator-1",
    "annotate agreement",
    "suggest --engine quotations",
    "publish why {article}/s1",
    "publish build --out {out}/built",
    "view {article} --out {out}/article.html",
    "corpus edit {article} title=Other",
    "corpus entity rename odo-senn another-name",
    "corpus withdraw {second} --reason asked",
)
"""What is done one after the other; the later ones write.

Excepted are ledgers (`*.csv`) and notes in the folders of records, which are files in every workspace; `schema
migrate`, which is of files alone; and what asks git for files: `publish release`, `corpus leak-check`. Push and pull
ask for documents by the same functions as these commands.
"""


@dataclass(frozen=True)
class MemoryBackend:
    """Records in memory. held: by name; all else is files below the root."""

    root: Path
    held: dict[str, bytes] = field(default_factory=dict)

    def names(self, folder: str) -> list[str]:
        return sorted(name for name in self.held if name.startswith(f"{folder}/"))

    def folders(self, folder: str) -> list[str]:
        below = (name.removeprefix(f"{folder}/").split("/") for name in self.names(folder))
        return sorted({parts[0] for parts in below if len(parts) > 1})

    def has(self, name: str) -> bool:
        return name in self.held

    def read(self, name: str) -> bytes | None:
        return self.held.get(name)

    def read_all(self, names: Iterable[str]) -> Iterator[tuple[str, bytes]]:
        return ((name, self.held[name]) for name in names if name in self.held)

    def write(self, files: Mapping[str, bytes], gone: Collection[str] = (), *, whole: bool = True) -> set[str]:
        kept = {name: data for name, data in files.items() if is_stored(name) and self.held.get(name) != data}
        others = {name: data for name, data in files.items() if not is_stored(name)}
        changed = FileBackend(self.root).write(others, whole=whole) | kept.keys() | (self.held.keys() & set(gone))
        self.held.update(kept)
        for name in gone:
            self.held.pop(name, None)
        return changed

    def fingerprints(self, folder: str) -> dict[str, str]:
        return {name: sha256(self.held[name]).hexdigest() for name in self.names(folder)}

    def states(self, folder: str) -> dict[str, tuple[str, int]]:
        return {name: (digest, 0) for name, digest in self.fingerprints(folder).items()}

    def require_sound(self) -> None:
        """Nothing can be wrong with what is in memory."""

    def settle(self) -> None:
        FileBackend(self.root).settle()


def stored_files(root: Path) -> dict[str, bytes]:
    """Return the files below a root that a backend keeps, by name."""
    paths = (path for folder in STORED for path in (root / folder).rglob("*") if path.is_file())
    return {name: path.read_bytes() for path in paths if is_stored(name := path.relative_to(root).as_posix())}


def move_away(root: Path) -> MemoryBackend:
    """Take all records of a workspace from the disk into memory."""
    backend = MemoryBackend(root, stored_files(root))
    for name in backend.held:
        (root / name).unlink()
    for folder in STORED:
        for path in sorted((root / folder).rglob("*/"), reverse=True):
            if path.is_dir() and not any(path.iterdir()):
                path.rmdir()
    return backend


@pytest.mark.slow
def test_a_workspace_says_and_does_the_same_whatever_keeps_its_records(
    tmp_path: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    ours, theirs = ((tmp_path / name / "work").resolve() for name in ("ours", "theirs"))
    assert run("init", ours, "--sample").returncode == 0
    shutil.copytree(ours, theirs)
    backend = move_away(theirs)
    assert len(backend.held) > 60
    monkeypatch.setattr(
        "stancebank.workspace.open_backend", lambda root, _: backend if root == theirs else FileBackend(root)
    )
    said: dict[Path, list[str]] = {ours: [], theirs: []}
    for command in COMMANDS:
        for root, told in said.items():
            names = {"article": ARTICLE, "second": SECOND, "root": root, "out": root.parent}
            done = run("-w", root, *(each.format(**names) for each in command.split(" ")))
            assert done.returncode == 0, done.stderr
            text = f"{command}: {done.returncode}\n{done.stdout}\n{done.stderr}".replace(str(root.parent), "")
            told.append(_TIME.sub(b"TIME", text.encode()).decode())
        assert said[theirs][-1] == said[ours][-1]
    assert not stored_files(theirs)
    kept = {name: _TIME.sub(b"TIME", data) for name, data in backend.held.items()}
    assert kept == {name: _TIME.sub(b"TIME", data) for name, data in stored_files(ours).items()}
    made = [{path.relative_to(each.parent): path for path in each.parent.rglob("*") if path.is_file()} for each in said]
    for name in made[0].keys() & made[1].keys():
        one, other = (_TIME.sub(b"TIME", each[name].read_bytes()) for each in made)
        assert one == other, name
    gone = {str(name) for name in made[0].keys() ^ made[1].keys()}
    assert all(is_stored(name.removeprefix("work/")) for name in gone), gone


def test_a_scheme_is_migrated_where_records_are_files(toy_root: Path, run: Run) -> None:
    settings = toy_root / "stancebank.toml"
    settings.write_text(settings.read_text().replace("[corpus]", '[corpus]\nstore = ".stancebank/shared"'))
    before = stored_files(toy_root)
    done = run("-w", toy_root, "schema", "migrate", "--dry-run")
    assert done.returncode == 1
    assert "kept in .stancebank/shared; a migration is of files alone" in done.stderr
    assert "corpus convert --to files" in done.stderr
    assert stored_files(toy_root) == before
