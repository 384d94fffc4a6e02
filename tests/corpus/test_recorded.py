"""The index of articles gives the answers of reading all records, whatever became of it or of them."""

import os
import shutil
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from random import Random

import pytest
from tests.invented import lay_invented

from stancebank.corpus import recorded
from stancebank.corpus.backend import FileBackend
from stancebank.corpus.present import Present
from stancebank.corpus.recorded import INDEX, recorded_texts
from stancebank.corpus.store import Store
from stancebank.records import read_json, to_json

COUNT = 8


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Store:
    """A workspace that is large enough for an index, and whose files have long been what they are."""
    monkeypatch.setattr(recorded, "MANY", COUNT - 2)
    monkeypatch.setattr(recorded, "_SETTLED", 0)
    return lay_invented(tmp_path / "workspace", COUNT, statements=1).store


@pytest.fixture
def reads(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of records that are read, in their order."""
    found: list[str] = []
    read_all, read = FileBackend.read_all, FileBackend.read

    def noted_all(self: FileBackend, names: Iterable[str]) -> Iterator[tuple[str, bytes]]:
        return read_all(self, (found.append(name) or name for name in names))  # type: ignore[func-returns-value]

    def noted(self: FileBackend, name: str) -> bytes | None:
        found.append(name)
        return read(self, name)

    monkeypatch.setattr(FileBackend, "read_all", noted_all)
    monkeypatch.setattr(FileBackend, "read", noted)
    return found


def answers(store: Store) -> list[tuple[str, str, str | None]]:
    """What the index and the records say together."""
    return [(each.id, each.text_sha256, each.reprint_of) for each in recorded_texts(store)]


def by_records(store: Store) -> list[tuple[str, str, str | None]]:
    """What the records say alone."""
    return [(each.id, each.text_sha256, each.reprint_of) for each in store.articles()]


def edit(path: Path, **values: object) -> None:
    """Change a record in place, so that it keeps its number, and its size, too, where the values are as long."""
    path.write_bytes(to_json(read_json(path) | values).encode())


def test_whatever_became_of_records_or_index_the_answers_are_those_of_the_records(store: Store) -> None:
    chance, root = Random(3), store.root
    backup = root.parent / "backup"
    shutil.copytree(root / "corpus/articles", backup)

    def paths() -> list[Path]:
        return sorted((root / "corpus/articles").glob("*.json"))

    def restore(name: str) -> None:
        shutil.copy2(backup / name, root / "corpus/articles" / name)  # with the times of then

    def set_back(path: Path) -> None:
        told = path.stat()
        edit(path, text_sha256=read_json(chance.choice(paths()))["text_sha256"])
        os.utime(path, ns=(told.st_atime_ns, told.st_mtime_ns))

    def damage() -> None:
        held = bytearray((root / INDEX).read_bytes())
        held[chance.randrange(len(held))] ^= 1 << chance.randrange(8)
        (root / INDEX).write_bytes(held)

    deeds: list[Callable[[], object]] = [
        lambda: edit(chance.choice(paths()), text_sha256=read_json(chance.choice(paths()))["text_sha256"]),
        lambda: edit(chance.choice(paths()), reprint_of=chance.choice(paths()).stem),
        lambda: edit(chance.choice(paths()), reprint_of=None),
        lambda: set_back(chance.choice(paths())),
        lambda: chance.choice(paths()[1:]).unlink(),
        lambda: restore(chance.choice(sorted(each.name for each in backup.iterdir()))),
        damage,
        lambda: (root / INDEX).write_bytes((root / INDEX).read_bytes()[: chance.randrange(200)]),
        lambda: (root / INDEX).unlink(),
    ]
    assert answers(store) == by_records(store)
    for _ in range(30):
        time.sleep(0.011)  # a tick of the clock of the file system
        for name in sorted(each.name for each in backup.iterdir()):
            if len(paths()) < COUNT - 1:
                restore(name)
        for deed in chance.sample(deeds, 2):
            if (root / INDEX).exists():
                deed()
        assert answers(store) == by_records(store)
        assert answers(store) == by_records(store)


def test_what_comes_with_a_copy_of_a_workspace_is_not_believed(store: Store, reads: list[str]) -> None:
    answers(store)
    shutil.copytree(store.root, store.root.parent / "copy")
    reads.clear()
    answers(Store(store.root.parent / "copy", store.schema))
    assert len(reads) == COUNT
    held = (store.root / INDEX).read_bytes()
    (store.root / INDEX).write_bytes((store.root.parent / "copy" / INDEX).read_bytes())
    reads.clear()
    answers(store)
    assert len(reads) == COUNT
    assert (store.root / INDEX).read_bytes() == held


def test_records_are_read_where_the_index_has_not_their_state(store: Store, reads: list[str]) -> None:
    first, second, *_ = names = [f"corpus/articles/{each}.json" for each in store.article_ids()]
    Present(store)
    assert reads == names
    reads.clear()
    present = Present(store)
    assert (len(list(present)), reads) == (COUNT, [])
    sha256 = read_json(store.root / first)["text_sha256"]
    assert [each.id for each in present.with_text(sha256)] == [Path(first).stem]
    assert reads == [first]
    time.sleep(0.011)
    edit(store.root / second, text_sha256=sha256)
    reads.clear()
    present = Present(store)
    assert reads == [second]
    assert [each.id for each in present.with_text(sha256)] == [Path(first).stem, Path(second).stem]


def test_a_file_that_has_just_changed_is_read_again(
    store: Store, reads: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recorded, "_SETTLED", 10**12)
    answers(store)
    assert not (store.root / INDEX).exists()
    answers(store)
    assert len(reads) == 2 * COUNT


def test_a_record_that_is_not_named_for_its_id_says_what_it_says(store: Store) -> None:
    answers(store)
    first, second, *_ = sorted((store.root / "corpus/articles").iterdir())
    first.rename(first.with_name("another-name.json"))
    second.rename(first)
    for _ in range(2):
        assert answers(store) == by_records(store)
