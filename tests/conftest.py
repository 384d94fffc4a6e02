"""Fixtures: a copy of the toy workspace, and the command line as a user runs it."""

import gc
import os
import re
import shutil
import ssl
import subprocess
import tracemalloc
from collections.abc import Callable, Sized
from dataclasses import dataclass
from functools import cache, lru_cache
from io import FileIO
from pathlib import Path
from typing import Any, cast

import pytest
from hypothesis import settings

from stancebank.annotate import client
from stancebank.annotate.interface import INTERFACES, compile_interface
from stancebank.corpus import leaks
from stancebank.records import read_json, to_json, write_text
from stancebank.schema.archive import in_edition
from stancebank.schema.fields import MIGRATION
from stancebank.schema.rules import generated_schemas
from stancebank.schema.scaffold import make_next_version
from stancebank.schema.validate import newest_packed, packed_file
from stancebank.workspace import Workspace, open_workspace
from tests.command import call_process, call_whole

settings.register_profile("ci", derandomize=True, deadline=None)  # CI judges a change, not the luck of a draw
if os.environ.get("CI"):
    settings.load_profile("ci")

if os.environ.get("STANCEBANK_FAST"):  # a fifth of those that a test draws that does not say how many
    settings.register_profile("fast", settings(), max_examples=20)
    settings.load_profile("fast")

gc.disable()  # until the tests are collected: of what is loaded by then, nothing is garbage
os.environ["STANCEBANK_DEBUG"] = "1"  # what no command expects is raised
os.environ["GIT_TEMPLATE_DIR"] = ""  # a repository of a test gets no example hooks, which take longer than all of it

REPO = Path(__file__).parent.parent
TOY = REPO / "tests" / "toy"
FIRST = REPO / "tests" / "first"
"""A workspace as the first toolkit left it: the content of the toy in schema v1, of edition 1. See `lay_first`."""
OWN_SCHEMA = REPO / "schema" / newest_packed()
"""The folder of the schema version that the toy, the sample and new workspaces follow."""
SWEEP = bool(os.environ.get("STANCEBANK_SWEEP"))
"""Whether all of what takes long is tried, and not a slice of it."""
FAST = bool(os.environ.get("STANCEBANK_FAST"))
"""Whether the tests should take a minute: of what is drawn by chance, a fifth is tried."""


# A lost reply is asked for again after 20 ms, not after seconds; a test of these pauses gives its own.
cast("dict[str, Any]", client.Server.__init__.__kwdefaults__)["pauses"] = (0.02,) * len(client.PAUSES)


# Certificates are read once, and not by each of the thousand clients that ask a server without any: the context holds
# nothing that depends on who asks.
ssl.create_default_context = cache(ssl.create_default_context)  # type: ignore[assignment]


SHORT, MUCH = 2_000, 400_000
"""Characters, bytes or words of what is read again each time, as texts of articles are, and of what is not kept."""


def read_words_once() -> None:
    """Let the search for leaks read each of a workspace's long files once.

    Guidelines, cards and schemas are in every workspace of the tests. To decode them, take their words apart and, where
    an article was withdrawn, hash all runs of them takes a quarter of the time of a release; what is found in the words
    is looked for each time.
    """
    search: Any = leaks
    words, texts = search.run_words, search.decode
    words_once = lru_cache(384)(words)
    texts_once = lru_cache(192)(lambda data: tuple(texts(data)))

    def is_kept(held: Sized) -> bool:
        return SHORT <= len(held) <= MUCH and not tracemalloc.is_tracing()  # else what is kept would be measured

    runs, shingles = search.run_hashes, search.shingles
    runs_once = lru_cache(48)(lambda words: tuple(runs(words)))
    shingles_once = lru_cache(48)(lambda text: tuple(shingles(text)))
    search.run_hashes = lambda words: runs_once(tuple(words)) if is_kept(words) else runs(words)
    search.shingles = lambda text: shingles_once(text) if is_kept(text) else shingles(text)
    search.run_words = lambda text: words_once(text) if is_kept(text) else words(text)
    search.decode = lambda data: iter(texts_once(data)) if is_kept(data) else texts(data)


read_words_once()


def examples(number: int) -> int:
    """How many examples hypothesis draws, of so many in a whole run."""
    return max(10, number // 5) if FAST else number


Run = Callable[..., subprocess.CompletedProcess[str]]


@dataclass(frozen=True, slots=True)
class Kept:
    """A folder of this checkout, kept in memory. files: path, what it holds, and both of its times."""

    folders: tuple[str, ...]
    files: tuple[tuple[str, bytes, tuple[int, int]], ...]

    def lay(self, target: Path) -> None:
        """Write it, over what is there: a workspace is laid a thousand times, and copying file by file takes thrice."""
        for name in self.folders:
            (target / name).mkdir(parents=True, exist_ok=True)
        for name, data, times in self.files:
            path = f"{target}/{name}"
            with FileIO(path, "w") as file:
                file.write(data)
            os.utime(path, ns=times)


@cache
def keep_folder(folder: Path, without: tuple[str, ...] = ()) -> Kept:
    """Read a folder of this checkout, where no test writes. without: names that are left out."""
    folders, files = [], []
    for place, below, names in os.walk(folder):
        below[:] = [name for name in below if name not in without]
        folders.append(os.path.relpath(place, folder))
        for path in (Path(place, name) for name in names if name not in without):
            told = path.stat()
            files.append((str(path.relative_to(folder)), path.read_bytes(), (told.st_atime_ns, told.st_mtime_ns)))
    return Kept(tuple(folders), tuple(files))


def lay_workspace(source: Path, target: Path) -> Path:
    """Copy a workspace's content, and the schema and interface of this checkout, which no copy keeps for itself."""
    if source.is_relative_to(REPO):
        keep_folder(source).lay(target)
    else:
        shutil.copytree(source, target, dirs_exist_ok=True)
    for folder in (OWN_SCHEMA, REPO / "annotate"):
        keep_folder(folder, ("examples", MIGRATION)).lay(target / folder.relative_to(REPO))
    return target


def lay_first(target: Path) -> Path:
    """Lay the workspace of schema v1 with all that the toolkit laid for it, as `stancebank init` left it there."""
    shutil.copytree(FIRST, target)
    shutil.copytree(REPO / "schema/v1", target / "schema/v1")
    (target / "annotate").mkdir()
    shutil.copy(packed_file("annotate/interface.toml", "v1"), target / "annotate")
    kept = read_json(REPO / "corpus/migrations/v1-v2.json")["files"]  # this repository was such a workspace
    (target / "annotate/GUIDELINES.md").write_text(kept["annotate/GUIDELINES.md"]["old"], "utf-8", newline="")
    for profile, name in INTERFACES.items():
        write_text(target / name, compile_interface(open_workspace(target), profile))
    return target


def second_edition(root: Path) -> Path:
    """Let a workspace follow the second edition of the frame, and nothing else about its scheme change."""
    (folder,) = (path.parent for path in root.glob("schema/v*/annotation.schema.json"))
    for name, text in make_next_version(folder, folder.name).items():
        if name != MIGRATION:
            (folder / name).write_text(text)
    for name, text in generated_schemas(folder).items():
        (folder / name).write_text(text)
    for path in (*root.glob("corpus/gold/*.json"), *root.glob("corpus/annotations/*/*.json")):
        path.write_text(to_json(in_edition(read_json(path), "annotation", 1, 2)))
    for path in (*root.glob("annotate/interface.toml"), *root.glob("annotate/GUIDELINES.md")):
        text = path.read_text().replace("passed_over_reason", "non_statement_reason")
        path.write_text(text.replace("labels.passed_over", "labels.non_statement"))
    return root


LONGEST = (
    *("annotate/test_browser.py", "publish/test_verify.py", "publish/remote/test_versions.py", "faults/test_push.py"),
    *("annotate/test_local_server.py", "annotate/test_two_annotators.py", "annotate/test_three_readings.py"),
    *("test_own_project.py", "publish/remote/test_kills.py", "publish/test_memory.py", "batches/test_engine.py"),
    *("annotate/sync/test_journey.py", "test_bench.py", "annotate/sync/test_pull.py", "annotate/test_local_install.py"),
    *("annotate/sync/test_assigned.py", "annotate/adjudication/test_in_label_studio.py", "annotate/sync/test_push.py"),
    *("test_install.py", "publish/release/test_split_report.py", "faults/test_people.py", "faults/test_pull.py"),
    *("annotate/sync/test_push_annotations.py", "annotate/sync/test_push_projects.py", "test_founding.py"),
    *("test_mutations.py", "test_api.py", "annotate/test_conversion.py", "cli/test_release_command.py"),
    *("publish/test_splits.py", "view/test_dossier.py", "annotate/test_suggesting.py", "corpus/test_backend.py"),
    *("test_baselines.py", "publish/release", "publish/test_verify_files.py", "publish/remote/test_hub.py"),
    *("cli/test_help.py", "corpus/test_leaks.py", "cli/test_withdraw.py", "frozen/test_json.py", "test_readme.py"),
    *("publish/test_baselines.py", "schema/test_migration.py"),
)
"""The files that take longest. They come first, so that none is left to one worker when the other has nothing to do.

Of the first three only one asks a server: in a new checkout, it waits for a minute until the server's data are made.
"""


def pytest_ignore_collect(collection_path: Path) -> bool | None:
    """Leave out of a fast run, unread, each file that is marked as a whole: to load it takes long."""
    if FAST and collection_path.name.startswith("test_"):
        marked = re.search(r"^pytestmark = .*\.(slow|server)\b", collection_path.read_text("utf-8"), re.MULTILINE)
        return True if marked else None
    return None


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the tests of the longest files first."""
    places = {REPO / "tests" / name: place for place, name in enumerate(LONGEST)}

    def place(item: pytest.Item) -> int:
        return min(places.get(each, len(places)) for each in (item.path, item.path.parent))

    items.sort(key=place)


def pytest_collection_finish() -> None:
    """Let no collection of garbage walk again through half a million objects of modules and tests, which all stay."""
    gc.freeze()
    gc.enable()
    count = gc.get_freeze_count()  # it counts them one by one, each time that it is asked for
    gc.get_freeze_count = lambda: count


def pytest_unconfigure() -> None:
    """Let what was frozen be freed at the end, as some libraries require."""
    gc.unfreeze()


@pytest.fixture
def toy_root(tmp_path: Path) -> Path:
    """The root of a copy of the toy workspace, with all its words."""
    return lay_workspace(TOY, tmp_path / "toy")


@pytest.fixture
def toy_workspace(toy_root: Path) -> Workspace:
    """A copy of the toy workspace, opened."""
    return open_workspace(toy_root)


@pytest.fixture
def empty_root(tmp_path: Path) -> Path:
    """The root of a workspace without articles."""
    root = lay_workspace(TOY, tmp_path / "empty")
    for folder in ("articles", "texts", "gold"):
        shutil.rmtree(root / "corpus" / folder)
    return root


@pytest.fixture
def run() -> Run:
    """Run the command line in this process. Returns what subprocess.run returns, never raises."""
    return call_whole


@pytest.fixture
def run_process() -> Run:
    """Run the command line in a process of its own, where that is what the test is about."""
    return call_process


@pytest.fixture
def no_readers(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let no reader open a folder, where a release is only the way to something else.

    Each of the six is a process that loads its libraries: together they take ten times as long as all other proofs.
    tests/publish/test_verify.py, tests/frozen and tests/cli/test_release_command.py let all of them read.
    """
    monkeypatch.setattr("stancebank.publish.verification.readers._try", lambda *_: [])
