"""One contract for all that keeps records: files, a table in a folder, and a table in an object store."""

import os
import socket
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable, Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

import pytest

from stancebank.corpus.backend import Backend, FileBackend
from stancebank.corpus.delta import MANY_FILES, RecordTable
from stancebank.corpus.lock import LOCK, StoreLock, content_hash, parse_lock, read_lock, require_address
from stancebank.corpus.snapshot import Snapshot
from stancebank.corpus.table import TableBackend
from stancebank.errors import BusyError, ConflictError, StancebankError, WorkspaceError

ADDRESS = ".stancebank/shared"
SECRET = b"The envoy of Norland said what may not be printed."
RECORDS = {
    "corpus/articles/a-1.json": b'{"id": "a-1"}\n',
    "corpus/articles/a-10.json": b"",
    "corpus/articles/a-2.json": bytes(range(256)),
    "corpus/texts/a-1.txt": "Nordl\u00e4nder\r\n\u2028 \ufeff".encode(),
    "corpus/gold/a-1.json": b"\xff\xfe\x00",
    "corpus/annotations/ann-1/a-1.json": b"1",
    "corpus/annotations/ann/a-1.json": b"2",
    "corpus/annotations/o'neil/a;b \u00fc.json": b"3",
    "corpus/adjudications/a-1.json": b"4",
    "corpus/suggestions/a-1.json": b"5",
    ".stancebank/texts/a-2.txt": SECRET,
}
OTHERS = {"corpus/entities.json": b"{}\n", "corpus/splits.csv": b"article_id,split\n"}


@pytest.fixture(scope="module")
def bucket(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """An object store that speaks S3, in a process of its own: deltalake holds Python's lock while it waits."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "moto.server", "-p", str(port)]
    server = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{port}")
        for key in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
            patch.setenv(key, "testing")
        patch.setenv("AWS_REGION", "us-east-1")
        try:
            deadline = time.monotonic() + 30
            while True:
                try:
                    with socket.create_connection(("127.0.0.1", port), 1):
                        break
                except OSError:
                    assert time.monotonic() < deadline
                    time.sleep(0.1)
            urlopen(Request(f"http://127.0.0.1:{port}/corpora", method="PUT")).close()
            yield "s3://corpora/toy"
        finally:
            server.kill()
            server.wait()


@pytest.fixture
def root(tmp_path: Path) -> Path:
    folder = (tmp_path / "workspace").resolve()
    (folder / "corpus").mkdir(parents=True)
    return folder


@pytest.fixture(params=["files", "table", pytest.param("s3", marks=pytest.mark.slow)])
def store(request: pytest.FixtureRequest, root: Path) -> Backend:
    if request.param == "files":
        return FileBackend(root)
    return TableBackend(root, request.getfixturevalue("bucket") if request.param == "s3" else ADDRESS)


def held(store: Backend) -> dict[str, bytes]:
    names = [name for folder in ("corpus/articles", "corpus/texts", "corpus/gold") for name in store.names(folder)]
    return dict(store.read_all(names))


def test_what_is_written_is_read_back_whatever_keeps_it(store: Backend, root: Path) -> None:
    assert store.names("corpus/articles") == store.folders("corpus/annotations") == []
    assert store.read("corpus/gold/a-1.json") is None
    assert store.write({**RECORDS, **OTHERS}) == {*RECORDS, *OTHERS}
    assert store.write({**RECORDS, **OTHERS}, ["corpus/gold/no.json"]) == set()  # a second run changes nothing
    assert store.names("corpus/articles") == [f"corpus/articles/a-{number}.json" for number in ("1", "10", "2")]
    assert store.names("corpus/annotations") == sorted(name for name in RECORDS if "annotations" in name)
    assert store.names("corpus/annotations/ann") == ["corpus/annotations/ann/a-1.json"]
    assert store.folders("corpus/annotations") == ["ann", "ann-1", "o'neil"]
    asked = [*reversed(RECORDS), "corpus/gold/no.json", "corpus/entities.json", "corpus/gold/a-1.json"]
    known = {**RECORDS, **OTHERS}
    assert list(store.read_all(asked)) == [(name, known[name]) for name in asked if name in known]
    assert [store.read(name) for name in known] == list(known.values())
    assert (store.has("corpus/gold/a-1.json"), store.has("corpus/gold/no.json")) == (True, False)
    for folder in ("corpus/articles", ".stancebank/texts"):
        digests = {name: sha256(data).hexdigest() for name, data in RECORDS.items() if name.startswith(f"{folder}/")}
        assert store.fingerprints(folder) == digests
    states = {
        name: told for folder in ("corpus/articles", "corpus/gold") for name, told in store.states(folder).items()
    }
    assert sorted(states) == [name for name in sorted(known) if name.startswith(("corpus/articles/", "corpus/gold/"))]

    changed = {"corpus/texts/a-2.txt": SECRET, "corpus/gold/a-1.json": b"new", "corpus/entities.json": b"{ }\n"}
    gone = [".stancebank/texts/a-2.txt", "corpus/articles/a-10.json", "corpus/splits.csv", "corpus/gold/no.json"]
    assert store.write(changed, gone) == {*changed, *gone[:3]}
    assert [store.read(name) for name in changed] == list(changed.values())
    assert [store.read(name) for name in gone] == [None] * 4
    assert not store.names(".stancebank/texts")
    assert store.names("corpus/articles") == ["corpus/articles/a-1.json", "corpus/articles/a-2.json"]
    assert store.states("corpus/articles").items() <= states.items()
    assert store.states("corpus/gold")["corpus/gold/a-1.json"] != states["corpus/gold/a-1.json"]
    assert (root / "corpus/entities.json").read_bytes() == b"{ }\n"  # a file in every workspace


def test_words_that_may_not_be_published_never_reach_the_address(root: Path) -> None:
    store = TableBackend(root, "../shared")
    files = {f".stancebank/texts/a-{number}.txt": SECRET + str(number).encode() for number in range(3)}
    store.write({**files, "corpus/gold/a-1.json": b"{}"})
    for path in (root.parent / "shared").rglob("*"):
        assert ".stancebank" not in str(path.relative_to(root.parent))
        assert path.is_dir() or b"a-2.txt" not in path.read_bytes()
    assert "a-2.txt" not in (root / LOCK).read_text()
    assert (root / ".stancebank/table").stat().st_mode & 0o077 == 0
    before = set((root / ".stancebank/table").rglob("*.parquet"))
    store.write({}, list(files))
    assert not before & set((root / ".stancebank/table").rglob("*.parquet"))  # what is removed there is gone


KILLED = """
    import os, shutil, signal, sys
    from pathlib import Path
    from stancebank.corpus import delta, table
    from stancebank.corpus.backend import FileBackend
    place, address, stride = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])
    left = 0
    def dying(call):
        def wrapped(*given, **named):
            global left
            left -= 1
            if left < 0:
                os.kill(os.getpid(), signal.SIGKILL)
            return call(*given, **named)
        return wrapped
    for name in ("replace", "unlink", "fsync"):
        setattr(os, name, dying(getattr(os, name)))
    for kind, name in ((delta, "_merge"), (delta.RecordTable, "commit"), (delta.RecordTable, "restore"),
                       (table.TableBackend, "_settle"), (table.TableBackend, "_move_lock")):
        setattr(kind, name, dying(getattr(kind, name)))
    new = {f"corpus/gold/b-{n}.json": b"new" for n in range(20)} | {"corpus/gold/a-1.json": b"new",
        "corpus/entities.json": b"new", "corpus/texts/a-2.txt": b"new", ".stancebank/texts/b.txt": b"new"}
    for number in range(0, 400, stride):
        root = place / str(number)
        left = 10_000
        shutil.copytree(place / "workspace", root)
        child = os.fork()  # deltalake's threads begin in the child
        if child == 0:
            left = number
            store = FileBackend(root) if address == "files" else table.TableBackend(root, address)
            store.write(new, ["corpus/articles/a-1.json", ".stancebank/texts/a-2.txt"])
            os._exit(0)
        code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        if code != -signal.SIGKILL:
            sys.exit(code)
"""


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(os, "fork"), reason="a process that is forked and killed")
@pytest.mark.parametrize(("address", "stride"), [("files", 11), (ADDRESS, 3)])
def test_a_write_that_is_killed_happened_wholly_or_not_at_all(root: Path, address: str, stride: int) -> None:
    def opened(place: Path) -> Backend:
        return FileBackend(place) if address == "files" else TableBackend(place, address)

    def state(store: Backend) -> dict[str, bytes | None]:
        names = ["corpus/articles/a-1.json", "corpus/gold/a-1.json", "corpus/gold/b-0.json", "corpus/gold/b-19.json"]
        names += [
            "corpus/entities.json",
            "corpus/texts/a-2.txt",
            ".stancebank/texts/a-2.txt",
            ".stancebank/texts/b.txt",
        ]
        return {name: store.read(name) for name in names}

    opened(root).write({**RECORDS, **OTHERS})
    before, happened = state(opened(root)), []
    command = [sys.executable, "-c", textwrap.dedent(KILLED), str(root.parent), address, str(stride)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    for place in sorted(
        (each for each in root.parent.iterdir() if each.name.isdigit()), key=lambda each: int(each.name)
    ):
        store = opened(place)
        store.settle()
        found = state(store)
        happened.append(found != before)
        if happened[-1]:
            assert list(found.values()) == [None, b"new", b"new", b"new", b"new", b"new", None, b"new"]
        if isinstance(store, TableBackend):
            store.require_sound()
            assert not (place / ".stancebank/table-journal").exists()
        assert not [each for each in store.names("corpus/gold") if not happened[-1] and "/b-" in each]
    assert happened == sorted(happened)  # once it is decided, it stays so
    assert False in happened
    assert happened.count(True) > 1  # killed after the decision, too, and once not at all


WRITES = """
    import sys
    from pathlib import Path
    from stancebank.corpus.backend import FileBackend
    from stancebank.corpus.table import TableBackend
    root, address, who = Path(sys.argv[1]), sys.argv[2], sys.argv[3]
    for number in range(4):
        TableBackend(root, address).write({f"corpus/gold/{who}-{number}.json": who.encode()})
"""


@pytest.mark.slow
def test_two_writers_of_one_workspace_both_end_right(root: Path) -> None:
    command = [sys.executable, "-c", textwrap.dedent(WRITES), str(root), ADDRESS]
    running = [subprocess.Popen([*command, who]) for who in ("one", "two")]
    assert [each.wait(60) for each in running] == [0, 0]
    store = TableBackend(root, ADDRESS)
    assert store.names("corpus/gold") == [f"corpus/gold/{who}-{n}.json" for who in ("one", "two") for n in range(4)]
    store.require_sound()


@pytest.mark.parametrize("where", ["folder", pytest.param("s3", marks=pytest.mark.slow)])
def test_of_two_workspaces_at_one_table_the_second_writer_is_told(
    where: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    address = f"{request.getfixturevalue('bucket')}-two" if where == "s3" else "../shared"
    roots = [(tmp_path / name).resolve() for name in ("one", "two")]
    for root in roots:
        (root / "corpus").mkdir(parents=True)
    one, two = (TableBackend(root, address) for root in roots)
    one.write({"corpus/gold/a.json": b"first", "corpus/entities.json": b"{}"})
    (roots[1] / LOCK).write_bytes((roots[0] / LOCK).read_bytes())  # as git brings it
    assert two.read("corpus/gold/a.json") == b"first"
    one.write({"corpus/gold/a.json": b"second"})
    assert two.read("corpus/gold/a.json") == b"first"  # what the lock pins, whatever others do
    with pytest.raises(ConflictError, match="somebody else"):
        two.write({"corpus/gold/a.json": b"mine", "corpus/entities.json": b"mine"})
    assert not (roots[1] / "corpus/entities.json").exists()
    (roots[1] / LOCK).write_bytes((roots[0] / LOCK).read_bytes())
    two.write({"corpus/gold/b.json": b"mine"})
    assert two.names("corpus/gold") == ["corpus/gold/a.json", "corpus/gold/b.json"]
    # both have seen the same version, and write at the same moment
    taken = two.main.last_version()
    two.main.commit(taken, {"corpus/gold/c.json": b"c"}, (), "batch", ())
    with pytest.raises(BusyError, match="Somebody else is writing"):
        two.main.commit(taken, {"corpus/gold/d.json": b"d"}, (), "batch", ())
    one_lock = one.take_last()
    assert one_lock == read_lock(roots[0])
    assert one.names("corpus/gold") == [f"corpus/gold/{name}.json" for name in "abc"]


FULL = """
    import resource, sys
    from pathlib import Path
    from stancebank.corpus.backend import FileBackend
    from stancebank.corpus.table import TableBackend
    root, address = Path(sys.argv[1]), sys.argv[2]
    store = FileBackend(root) if address == "files" else TableBackend(root, address)
    store.names("corpus/gold")
    import random
    big = random.Random(1).randbytes(3_000_000)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1_000_000, 1_000_000))
    try:
        store.write({"corpus/entities.json": b"new", ".stancebank/texts/b.txt": b"new", "corpus/gold/a-1.json": big})
    except Exception as error:
        print(type(error).__name__, error)
"""


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="limits of a process")
@pytest.mark.parametrize("address", ["files", ADDRESS])
def test_a_full_disk_in_the_middle_of_a_batch_changes_nothing(root: Path, address: str) -> None:
    def opened() -> Backend:
        return FileBackend(root) if address == "files" else TableBackend(root, address)

    opened().write({**RECORDS, **OTHERS})
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(FULL), str(root), address], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert "File too large" in done.stdout
    store = opened()
    store.settle()
    assert dict(store.read_all({**RECORDS, **OTHERS})) == {**RECORDS, **OTHERS}
    assert store.read(".stancebank/texts/b.txt") is None
    assert not list(root.rglob("*.part"))


def damage_by_removing(path: Path) -> None:
    path.unlink()


def damage_by_cutting(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:200])


def damage_by_changing(path: Path) -> None:
    data = path.read_bytes()
    path.write_bytes(data[:300] + bytes(255 - each for each in data[300:320]) + data[320:])


@pytest.mark.parametrize("damage", [damage_by_removing, damage_by_cutting, damage_by_changing])
def test_a_damaged_table_is_told_with_its_file(root: Path, damage: Callable[[Path], None]) -> None:
    store = TableBackend(root, ADDRESS)
    store.write({f"corpus/gold/a-{number}.json": os.urandom(100) for number in range(50)})
    (file,) = (root / ADDRESS).rglob("*.parquet")
    damage(file)
    fresh = TableBackend(root, ADDRESS)
    with pytest.raises(WorkspaceError) as told:
        list(fresh.read_all(fresh.names("corpus/gold")))
    assert "is damaged" in str(told.value)
    assert file.name in str(told.value) or "corpus/gold/a-" in str(told.value)


def test_a_lock_that_does_not_fit_is_told(root: Path) -> None:
    store = TableBackend(root, ADDRESS)
    store.write(RECORDS)
    store.write({"corpus/gold/b.json": b"b"})
    lock = read_lock(root)
    assert lock
    listed = {name: sha256(data).hexdigest() for name, data in RECORDS.items() if name.startswith("corpus/")}
    listed["corpus/gold/b.json"] = sha256(b"b").hexdigest()
    lines = "".join(f"{digest}  {name}\n" for name, digest in sorted(listed.items()))
    assert lock == StoreLock(ADDRESS, 2, 11, sha256(lines.encode()).hexdigest())
    assert lock.sha256 == content_hash(sorted(listed.items()))
    assert parse_lock(lock.to_toml().encode()) == lock
    for version, why in ((7, "has no version 7: its last one is 2"), (1, "holds 10 records .* says 11 and")):
        StoreLock(lock.address, version, lock.records, lock.sha256).write(root)
        with pytest.raises(WorkspaceError, match=why):
            TableBackend(root, ADDRESS).require_sound()
    (root / LOCK).write_text("<<<<<<< HEAD\nversion = 2\n")
    with pytest.raises(WorkspaceError, match=r"cannot be read.*\nHint: `git checkout"):
        TableBackend(root, ADDRESS).names("corpus/gold")
    (root / LOCK).unlink()
    with pytest.raises(WorkspaceError, match=r"and no corpus/store\.lock"):
        TableBackend(root, ADDRESS).names("corpus/gold")
    lock.write(root)
    with pytest.raises(WorkspaceError, match="corpus convert --to"):
        TableBackend(root, "../elsewhere").names("corpus/gold")


@pytest.mark.parametrize(
    "address",
    ["", ".", "..", "corpus/table", ".stancebank/table", ".git/x", "stancebank.toml", ' x"', "s3://", "s3://bucket",
     "s3://user:key@bucket/x", "s3://bucket/x?key=1", "https://example.org/x", "gs://bucket/x"],
)  # fmt: skip
def test_no_table_lies_where_it_may_not(address: str, root: Path) -> None:
    (root / "stancebank.toml").write_text("")
    with pytest.raises(WorkspaceError, match=r"is no place for a table.*\nHint: "):
        require_address(address, root)


def test_a_store_that_cannot_be_reached_is_told(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "x")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "y")
    with pytest.raises(StancebankError, match=r"s3://corpora/x cannot be used.*\nHint: see to the network"):
        TableBackend(root, "s3://corpora/x").write({"corpus/gold/a.json": b"{}"})


@pytest.mark.slow
def test_many_small_writes_do_not_make_many_files(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("stancebank.corpus.delta.MANY_FILES", 5)
    store = TableBackend(root, ADDRESS)
    for number in range(8):
        store.write({f"corpus/gold/a-{number}.json": str(number).encode()})
    snapshot = store.main.open()
    assert snapshot
    assert snapshot.files() < 5 < MANY_FILES
    assert list(store.read_all(store.names("corpus/gold"))) == [
        (f"corpus/gold/a-{number}.json", str(number).encode()) for number in range(8)
    ]
    store.require_sound()


def known(store: Backend) -> dict[str, str]:
    folders = ("corpus/articles", "corpus/gold", ".stancebank/texts")
    return {name: digest for folder in folders for name, digest in store.fingerprints(folder).items()}


def batch(number: int) -> dict[str, bytes]:
    texts = {f".stancebank/texts/{n}-a{number}.txt": b"%d" % n for n in range(3)}
    return {f"corpus/articles/{n}-a{number}.json": b"%d %d" % (n, number) for n in range(3)} | texts


@pytest.mark.slow
def test_what_a_run_has_written_is_known_to_it_without_reading(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("stancebank.corpus.delta.MANY_FILES", 4)  # so that files are written together, too
    store = TableBackend(root, ADDRESS)
    read: list[str] = []
    store.write(batch(0))

    def count(kind: type, name: str) -> None:
        before = getattr(kind, name)

        def counting(*given: Any) -> Any:
            read.append(name)
            return before(*given)

        monkeypatch.setattr(kind, name, counting)

    count(RecordTable, "_open")
    count(Snapshot, "_scan")
    expected = batch(0)
    for number in range(1, 6):
        gone = [f"corpus/articles/0-a{number - 1}.json"] if number % 2 else []
        changed = {f"corpus/articles/1-a{number - 1}.json": b"changed"} if number > 3 else {}
        store.write(batch(number) | changed, gone)
        expected = {name: data for name, data in (expected | batch(number) | changed).items() if name not in gone}
        assert known(store) == {name: sha256(data).hexdigest() for name, data in expected.items()}
    assert not read
    assert dict(store.read_all(expected)) == expected
    fresh = TableBackend(root, ADDRESS)
    assert known(fresh) == known(store)
    fresh.require_sound()
    del read[:]
    store.require_sound()  # a check believes the table alone
    assert sorted(read) == ["_open", "_scan"]


@pytest.mark.slow
def test_what_a_run_knows_is_read_again_where_somebody_else_has_written(root: Path, tmp_path: Path) -> None:
    one, two = TableBackend(root, ADDRESS), TableBackend(root, ADDRESS)
    for number, store in enumerate((one, two, one, one, two)):
        store.write(batch(number))
        expected = {name: sha256(data).hexdigest() for each in range(number + 1) for name, data in batch(each).items()}
        assert known(store) == expected
    two.require_sound()

    # a table in the place of the one that this run knows, of as many versions
    place, other = root / ADDRESS, TableBackend((tmp_path / "other").resolve(), ADDRESS)
    (tmp_path / "other/corpus").mkdir(parents=True)
    for number in range(5):
        other.write({f"corpus/gold/{number}.json": b"other"})
    place.rename(tmp_path / "gone")
    (tmp_path / "other" / ADDRESS).rename(place)
    two.write({"corpus/gold/a.json": b"mine"})
    assert two.names("corpus/gold") == [*(f"corpus/gold/{number}.json" for number in range(5)), "corpus/gold/a.json"]
    assert not two.names("corpus/articles")
    TableBackend(root, ADDRESS).require_sound()


def test_a_write_that_another_one_follows_at_once_is_read(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = TableBackend(root, ADDRESS)
    store.write(batch(0))
    commit = RecordTable.commit

    def followed(table: RecordTable, base: int | None, *given: Any) -> int:
        version = commit(table, base, *given)
        if table is store.main:
            commit(RecordTable(table.address), version, {"corpus/gold/b.json": b"theirs"}, (), "theirs", ())
        return version

    monkeypatch.setattr(RecordTable, "commit", followed)
    store.write(batch(1))
    monkeypatch.undo()
    assert known(store) == {name: sha256(data).hexdigest() for name, data in (batch(0) | batch(1)).items()}
    store.require_sound()
    with pytest.raises(ConflictError, match="somebody else"):
        store.write(batch(2))
