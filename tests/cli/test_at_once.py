"""Several commands that write in one workspace at the same moment."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner
from tests.publish.release.releases import commit, git

from stancebank.check import check_workspace
from stancebank.cli import stancebank
from stancebank.errors import BusyError, ConflictError
from stancebank.git import changed_files
from stancebank.publish.layout import replacing
from stancebank.workspace import open_workspace


def start(root: Path, *arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "stancebank", "-w", str(root), "corpus", *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def end(started: list[subprocess.Popen[str]]) -> list[int]:
    said = [each.communicate(timeout=120) for each in started]
    assert not [err for _, err in said if "Traceback" in err]
    return [each.returncode for each in started]


def ids(root: Path, name: str) -> set[str]:
    return {each["id"] for each in json.loads((root / f"corpus/{name}.json").read_bytes())[name]}


@pytest.mark.slow
def test_no_entry_is_lost_where_many_are_added_at_once(toy_root: Path) -> None:
    names = [f"person-{number}" for number in range(6)]
    ended = end([start(toy_root, "entity", "add", each, "--name", each, "--kind", "person") for each in names])
    assert ended == [0] * len(names)
    assert set(names) <= ids(toy_root, "entities")
    assert not (toy_root / ".stancebank/lock").exists()


@pytest.mark.slow
def test_a_merge_and_a_rename_at_once_are_both_done(toy_root: Path) -> None:
    entities = sorted(ids(toy_root, "entities"))
    one, two, three = entities[:3]
    before = {each.code for each in check_workspace(open_workspace(toy_root)).errors}
    ended = end(
        [
            start(toy_root, "entity", "merge", one, two, "--force"),
            start(toy_root, "entity", "rename", three, "renamed-entry"),
        ]
    )
    assert ended == [0, 0]
    assert ids(toy_root, "entities") == {*entities, "renamed-entry"} - {one, three}
    assert {each.code for each in check_workspace(open_workspace(toy_root)).errors} <= before


def test_who_waits_in_vain_is_told_who_holds_the_lock(toy_root: Path) -> None:
    store = open_workspace(toy_root).store
    with store.alone("stancebank corpus add"):
        with (
            pytest.raises(ConflictError, match=r"^`stancebank corpus add` \(process \d+\) is writing") as raised,
            store.alone("stancebank corpus withdraw", seconds=0.1),
        ):
            raise AssertionError
        assert raised.value.exit_code == 4
        assert CliRunner().invoke(stancebank, ["-w", str(toy_root), "check"]).exit_code in (0, 1)
    with store.alone("stancebank corpus withdraw", seconds=0.1):
        assert (toy_root / ".stancebank/lock").is_file()
    assert not (toy_root / ".stancebank").exists()


KILLED = """
import os, sys
from pathlib import Path
real, seen, last = os.fsync, [], int(sys.argv[1])
def die(handle):
    real(handle)
    seen.append(handle)
    if len(seen) == last:
        os.kill(os.getpid(), 9)
os.fsync = die
sys.argv = ["stancebank", *sys.argv[2:]]
from stancebank.cli import main
main()
"""


def leftovers(root: Path) -> list[str]:
    return sorted(each.name for each in root.rglob(".*.part*"))


@pytest.mark.slow
def test_what_a_killed_command_left_goes_with_the_next_one_that_writes(toy_root: Path, tmp_path: Path) -> None:
    source = tmp_path / "ferry.txt"
    source.write_text("The ferry of Suvia sails again.\n\nThe minister said it would stay.\n")
    add = ["corpus", "add", str(source), "--outlet", "Norland Post"]
    for number in (2, 2):  # within the words, after .gitignore, which is there then; within the record
        done = subprocess.run([sys.executable, "-c", KILLED, str(number), "-w", str(toy_root), *add], check=False)
        assert done.returncode == -signal.SIGKILL
        assert len(leftovers(toy_root)) == 2  # words and record reach the disk before one of them takes its place
    own = toy_root / "corpus/.plan.download.part"
    own.write_text("mine")
    assert end([start(toy_root, "entity", "add", "new-one", "--name", "New One", "--kind", "person")]) == [0]
    assert leftovers(toy_root) == [own.name]


def test_a_release_that_was_killed_leaves_nothing_beside_the_next_version(tmp_path: Path) -> None:
    folder = tmp_path / "releases"
    for name in (".x-1.0.0.part-77", ".x-1.1.0.part-78", ".y.part-79", ".x-1.0.0.part-new"):
        (folder / name / "statements").mkdir(parents=True)
    with replacing(folder / "x-1.2.0", like="x-") as part:
        (part / "a").write_text("a")
    assert sorted(each.name for each in folder.iterdir()) == [".x-1.0.0.part-new", ".y.part-79", "x-1.2.0"]


COMMANDS = {
    "release": ("publish", "release", "0.2.0"),
    "schema write": ("schema", "write"),
    "schema new": ("schema", "new", "--label", "stance=for,against"),
    "interface": ("annotate", "interface", "--write"),
    "card": ("publish", "card", "--write"),
    "withdraw": ("corpus", "withdraw", "keth-tribune-undated-harvest", "--reason", "Asked."),
    "users": ("annotate", "users", "--name", "7=anna"),
}
READING = {
    "release": ("publish", "release", "0.2.0", "--dry-run"),
    "schema write": ("schema", "write", "--check"),
    "interface": ("annotate", "interface"),
    "card": ("publish", "card"),
    "check": ("check",),
}


@pytest.mark.parametrize("command", COMMANDS)
def test_whatever_writes_waits_for_the_lock_and_names_who_holds_it(
    command: str, toy_root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("stancebank.corpus.store.PATIENCE", 0.1)
    if command == "users":
        table = toy_root / ".stancebank/label-studio/annotators.json"
        table.parent.mkdir(parents=True)
        table.write_text('[{"name": "user-7", "id": 7, "email": "a@example.org", "joined": "2031-01-01T00:00:00Z"}]')
    with open_workspace(toy_root).store.alone("stancebank corpus withdraw"):
        before = {path: path.read_bytes() for path in toy_root.rglob("*") if path.is_file()}
        done = CliRunner().invoke(stancebank, ["-w", str(toy_root), *COMMANDS[command]])
        assert isinstance(done.exception, BusyError), done.output
        assert str(done.exception).startswith(
            f"`stancebank corpus withdraw` (process {os.getpid()}) is writing in this"
        )
        assert {path: path.read_bytes() for path in toy_root.rglob("*") if path.is_file()} == before


@pytest.mark.parametrize("command", READING)
def test_what_only_reads_waits_for_nobody(command: str, toy_root: Path) -> None:
    with open_workspace(toy_root).store.alone("stancebank corpus withdraw"):
        done = CliRunner().invoke(stancebank, ["-w", str(toy_root), *READING[command]])
    assert not isinstance(done.exception, BusyError)


def test_git_sees_nothing_of_the_lock(toy_root: Path) -> None:
    (toy_root / ".gitignore").unlink(missing_ok=True)
    git(toy_root, "init", "--quiet")
    commit(toy_root)
    with open_workspace(toy_root).store.alone("stancebank publish release"):
        assert changed_files(toy_root) == []
    assert not (toy_root / ".stancebank").exists()


WITHOUT = """
import sys
sys.modules["fcntl"] = None
sys.argv = ["stancebank", *sys.argv[1:]]
from stancebank.cli import main
main()
"""


@pytest.mark.slow
@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        ("corpus entity add new-one --name New --kind person", 0),
        ("publish build --out OUT", 0),
        ("annotate status", 2),
        ("annotate pull", 2),
        ("annotate push", 2),
        ("annotate watch", 2),
        ("annotate doctor", 1),
        ("annotate users", 0),
        ("annotate studio start", 3),
        ("annotate studio stop", 3),
        ("annotate studio status", 3),
        ("annotate studio login", 3),
    ],
)
def test_a_system_with_other_locks_is_served_or_told_in_one_line(
    arguments: str, code: int, toy_root: Path, tmp_path: Path
) -> None:
    given = arguments.replace("OUT", str(tmp_path / "out")).split()
    env = {name: value for name, value in os.environ.items() if not name.startswith("LABEL_STUDIO_")}
    done = subprocess.run(
        [sys.executable, "-c", WITHOUT, "-w", str(toy_root), *given],
        env=env | {"XDG_CACHE_HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == code, done.stderr
    assert "Warning" not in done.stderr
    assert "Traceback" not in done.stderr
    assert list(tmp_path.rglob("*lock")) == []
    if code == 3:
        assert done.stderr.startswith("stancebank: A server on this machine needs Linux, macOS or WSL.\nHint: ")
        assert done.stderr.count("\n") == 2
