"""A workspace whose records move from files to a table and back, and all that is done with it in between."""

import json
import os
import shutil
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest
from tests.conftest import TOY, lay_workspace
from tests.frozen.command import require, run
from tests.frozen.workspaces import ENVOY, HARVEST, MINISTER

from stancebank.corpus.compaction import compact, pinned_versions
from stancebank.corpus.conversion import convert, with_store
from stancebank.corpus.lock import LOCK, read_lock
from stancebank.corpus.table import TableBackend
from stancebank.errors import ConflictError, InputError, WorkspaceError
from stancebank.workspace import open_workspace

ADDRESS = ".stancebank/shared"


def git(root: Path, *arguments: str) -> str:
    who = ("-c", "user.name=Somebody", "-c", "user.email=somebody@example.org", "-c", "commit.gpgsign=false")
    done = subprocess.run(["git", "-C", root, *who, *arguments], check=True, capture_output=True, text=True)
    return done.stdout


def commit(root: Path, message: str) -> None:
    git(root, "add", "--all")
    git(root, "commit", "--quiet", "--message", message)


def content(root: Path) -> dict[str, bytes]:
    """All files but those of git, and those that commands leave in .stancebank/ to be quick."""
    left_out = (".git/", ".stancebank/table", ".stancebank/cache", ".stancebank/check")
    files = {path.relative_to(root).as_posix(): path for path in root.rglob("*") if path.is_file()}
    return {name: path.read_bytes() for name, path in sorted(files.items()) if not name.startswith(left_out)}


def move(root: Path, address: str, **options: bool) -> object:
    workspace = open_workspace(root)
    return convert(workspace.store, workspace.settings.store, address, **options)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """The toy workspace; the words of one of its articles may not be published."""
    root = lay_workspace(TOY, tmp_path / "toy").resolve()
    for folder in ("sources", "readings"):  # which have these words, too
        shutil.rmtree(root / folder)
    require("corpus", "edit", HARVEST, "text_policy=withheld", cwd=root)
    assert (root / f".stancebank/texts/{HARVEST}.txt").is_file()
    return root


@pytest.mark.slow
def test_records_move_there_and_back_without_a_byte_changed(root: Path) -> None:
    git(root, "init", "--quiet")
    commit(root, "Files")
    before = content(root)
    planned = json.loads(require("corpus", "convert", "--to", "../table", "--dry-run", "--json", cwd=root).out)
    assert content(root) == before
    done = json.loads(require("corpus", "convert", "--to", "../table", "--json", cwd=root).out)
    assert done == planned | {"dry_run": False}
    assert (done["local"], done["records"], done["copied"]) == (1, done["copied"], done["records"])
    lock = read_lock(root)
    assert lock
    assert (lock.address, lock.sha256, lock.records) == ("../table", done["sha256"], done["records"] - 1)
    assert {name for name in before if name not in content(root)} == {
        name for name in before if name.startswith(("corpus/articles/", "corpus/texts/", "corpus/gold/",
                                                    "corpus/annotations/", ".stancebank/texts/"))
    }  # fmt: skip
    changed = {line[3:]: line[:2] for line in git(root, "status", "--porcelain").splitlines()}
    assert (changed[LOCK], changed["stancebank.toml"], changed[f"corpus/gold/{ENVOY}.json"]) == ("??", " M", " D")
    again = json.loads(require("corpus", "convert", "--to", "../table", "--json", cwd=root).out)
    assert (again["is_done"], again["sha256"]) == (True, done["sha256"])
    back = json.loads(require("corpus", "convert", "--to", "files", "--json", cwd=root).out)
    assert (back["sha256"], back["records"], back["left"]) == (done["sha256"], done["records"], "../table")
    assert content(root) == before
    assert not git(root, "status", "--porcelain")
    assert not (root / ".stancebank/table").exists()


KILLED = """
    import os, signal, sys
    from pathlib import Path
    from stancebank.corpus import conversion
    from stancebank.workspace import open_workspace
    conversion._AT_ONCE = 3
    place, address, stride = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])
    left = 10_000
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
    for number in range(0, 400, stride):
        child = os.fork()
        if child == 0:
            left = number
            workspace = open_workspace(place)
            with workspace.store.alone("convert"):
                if workspace.settings.store != address:
                    conversion.convert(workspace.store, workspace.settings.store, address)
            os._exit(0)
        code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        print(number, code, flush=True)
        if code != -signal.SIGKILL:
            sys.exit(code)
"""


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(os, "fork"), reason="a process that is forked and killed")
def test_a_move_that_is_killed_again_and_again_ends_with_every_byte(root: Path) -> None:
    before = content(root)
    for address in (ADDRESS, "files"):
        command = [sys.executable, "-c", textwrap.dedent(KILLED), str(root), address, "9"]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert (done.returncode, done.stderr) == (0, "")
        assert len(done.stdout.splitlines()) > 3
        if address == ADDRESS:
            assert not (root / f"corpus/gold/{ENVOY}.json").exists()
            assert open_workspace(root).store.gold(ENVOY)
    after = content(root)
    assert {name: after.get(name) for name in before} == before


def test_a_place_with_other_records_is_left_alone(root: Path, tmp_path: Path) -> None:
    other = lay_workspace(TOY, tmp_path / "other").resolve()
    move(other, "../table")
    with pytest.raises(WorkspaceError, match=r"There is a table at .* and no corpus/store\.lock"):
        move(root, "../table")
    (root / LOCK).write_bytes((other / LOCK).read_bytes())
    with pytest.raises(ConflictError, match=r"The table \.\./table has records that differ"):
        move(root, "../table")
    assert open_workspace(root).settings.store == "files"
    (root / LOCK).unlink()
    move(root, ADDRESS)
    stray = root / f"corpus/gold/{ENVOY}.json"
    stray.parent.mkdir(parents=True, exist_ok=True)
    stray.write_text("{}")
    for address in (ADDRESS, "files"):
        with pytest.raises((InputError, ConflictError), match=r"corpus/gold/"):
            move(root, address)
    assert stray.read_text() == "{}"
    stray.write_bytes(open_workspace(root).store.read(f"corpus/gold/{ENVOY}.json") or b"")
    move(root, ADDRESS)
    assert not stray.exists()


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ('[corpus]  # x\nlanguage = "en"\n', '[corpus]  # x\nstore = "../t"\nlanguage = "en"\n'),
        ('[corpus]\r\nstore = "a"\r\n\r\n[rights]\r\n', '[corpus]\r\nstore = "../t"\r\n\r\n[rights]\r\n'),
        ("[dataset]\n", '[dataset]\n\n[corpus]\nstore = "../t"\n'),
        ("[corpus]", '[corpus]\nstore = "../t"\n'),
    ],
)
def test_only_one_line_of_the_settings_changes(before: str, after: str) -> None:
    assert with_store(before.encode(), "../t").decode() == after
    assert b"store" not in with_store(after.encode(), "files")


@pytest.mark.slow
def test_compaction_keeps_what_any_commit_pins(root: Path) -> None:
    git(root, "init", "--quiet")
    move(root, ADDRESS)
    store = open_workspace(root).store.backend
    assert isinstance(store, TableBackend)
    name, versions = f"corpus/gold/{ENVOY}.json", {}
    for number in range(6):
        store.write({name: b"%d" % number, f"corpus/gold/b-{number}.json": b"b"})
        pinning = read_lock(root)
        assert pinning
        versions[number] = pinning.version
        if number in (1, 3):
            commit(root, str(number))
    git(root, "reset", "--quiet", "--soft", "HEAD~")  # a commit that no branch has, and only the reflog knows
    lock = read_lock(root)
    assert lock
    pinned = {versions[number] for number in (1, 3, 5)}
    assert pinned_versions(root) == pinned
    planned = compact(store, 0, dry_run=True)
    assert planned.removed
    assert read_lock(root) == lock
    assert not compact(store, 30).removed  # what went out of use just now
    done = compact(store, 0)
    assert done.removed == planned.removed
    now = read_lock(root)
    assert now
    assert (now.sha256, now.records) == (lock.sha256, lock.records)
    for number, version in versions.items():
        held = store.main.open(version)
        assert held
        if version in pinned:
            assert dict(held.read_all([name])) == {name: b"%d" % number}
        else:
            with pytest.raises(WorkspaceError, match=r"is damaged: its file .* cannot be read"):
                list(held.read_all(held.names))
    store.require_sound()
    shallow = root.parent / "shallow"
    commit(root, "Compacted")
    git(root.parent, "clone", "--quiet", "--depth", "1", f"file://{root}", str(shallow))
    with pytest.raises(InputError, match="The clone is shallow"):
        pinned_versions(shallow.resolve())


@pytest.mark.slow
@pytest.mark.usefixtures("no_readers")
def test_everything_is_done_with_a_table_as_with_files(root: Path, tmp_path: Path) -> None:
    (root / "CHANGELOG.md").write_text("# Changelog\n\n## Unreleased\n\n### Dataset\n\n- **Rows**: new.\n", "utf-8")
    (root / ".gitignore").write_text(".stancebank/\n/releases/\n", "utf-8")
    git(root, "init", "--quiet")
    commit(root, "Files")
    table = tmp_path / "as-table"
    git(tmp_path, "clone", "--quiet", str(root), str(table))
    require("corpus", "hydrate", root / ".stancebank/texts", cwd=table)
    require("corpus", "convert", "--to", "../shared", cwd=table)
    commit(table, "Table")

    def both(*arguments: str) -> None:
        """Run a command in both workspaces; it ends and prints the same."""
        ended = [run(*arguments, cwd=place) for place in (root, table)]
        assert [each.code for each in ended] == [0, 0], (arguments, ended[1].out, ended[1].err)
        assert ended[0].out == ended[1].out, arguments

    both("check")
    both("corpus", "list")
    both("corpus", "show", HARVEST)
    both("annotate", "export", ENVOY)
    reading = json.loads(require("annotate", "export", MINISTER, cwd=root).out)
    reading["statements"][0]["force"], reading["annotator"] = "hedged", "ann-7"
    (tmp_path / "reading.json").write_text(json.dumps(reading), "utf-8")
    both("annotate", "import", str(tmp_path / "reading.json"))
    name = f"corpus/annotations/ann-7/{MINISTER}.json"  # whose time of the day may be another second in each
    open_workspace(table).store.write({name: (root / name).read_bytes()})
    (tmp_path / "new.txt").write_text("Ferry sails again\n\nThe ferry of Suvia sails again, the envoy said.\n", "utf-8")
    both("corpus", "add", str(tmp_path / "new.txt"), "--outlet", "Suvia Post")
    both("corpus", "edit", HARVEST, "rights_note=by letter")
    told = [json.loads(require("status", "--json", cwd=place).out) for place in (root, table)]
    for key in ("articles", "readings", "gold", "waiting", "next"):
        assert told[0][key] == told[1][key]
    assert told[1]["uncommitted"] == ["corpus/store.lock"]
    for place, out in ((root, "files"), (table, "rows")):
        require("publish", "build", "--out", tmp_path / out, cwd=place)
    assert content(tmp_path / "rows") == content(tmp_path / "files")
    for place in (root, table):
        commit(place, "More")
        require("publish", "card", "--write", cwd=place)
        commit(place, "Card")
        require("publish", "release", "1.2.0", cwd=place)
        commit(place, "Dataset 1.2.0")
    released = [next((place / "releases").glob("*-1.2.0")) for place in (root, table)]
    one, two = (content(folder) for folder in released)
    differing = {name for name in one if one[name] != two.get(name)}
    assert differing <= {"manifest.json", "SHA256SUMS"}
    assert one.keys() == two.keys()
    told = [json.loads(each["manifest.json"]) for each in (one, two)]
    assert {key for key in told[0] if told[0][key] != told[1][key]} == {"trees"}
    require("publish", "verify", released[1], "--workspace", ".", cwd=table)
    # the table goes on; the release is still what its commit pins
    both("corpus", "edit", ENVOY, "rights_note=by telephone")
    commit(table, "Later")
    git(table, "checkout", "--quiet", "HEAD~")
    require("publish", "verify", released[1], "--workspace", ".", cwd=table)
    git(table, "checkout", "--quiet", "-")
    require("corpus", "convert", "--to", "files", cwd=table)
    both("check")
    assert {name: data for name, data in content(table / "corpus").items() if not name.startswith("releases/")} == {
        name: data for name, data in content(root / "corpus").items() if not name.startswith("releases/")
    }
