#!/usr/bin/env python
"""Measure `publish release`, `verify`, `hydrate` and `corpus withdraw` on three corpora: founding, sample, invented.

Usage: .venv/bin/python scripts/bench/release.py [--articles N] [--statements N] [--copies DIR] [--no-readers]
       [--only NAME ...]

A row is a command in a process of its own. Its time is that of the processor, in the process and all that it has
started, as a ratio to a bare write of the same tables with pyarrow, from memory, in the same run: the median of three.
So others on the machine hardly count. Its peak is that of the largest process that it was or has started, in MB,
and as a ratio to the process of the bare write, which has all tables in memory at once. `hydrate` gets its words from
copies of all articles, and is held against a bare write of what it has made. Those of the founding articles are not
ours to hand on: --copies names a folder that has them, and without it that row is left out.

Writes a Markdown table to stdout; works in a temporary folder and needs git. With 10,000 articles, the default,
readers take the most time by far: --no-readers leaves them out of release and verify.
"""

import argparse
import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

REPO = Path(__file__).parent.parent.parent
sys.path.insert(0, str(REPO))

from tests.invented import lay_invented  # noqa: E402

from stancebank.starter.laying import lay, sample_files  # noqa: E402
from stancebank.workspace import open_workspace  # noqa: E402

CORPORA = ("founding", "sample", "invented")
HEAD = ("corpus", "articles", "rows", "what", "bare writes", "peak, MB", "of the bare write's peak")
COMMAND = "from stancebank.cli import main; main()"
RELEASE = """
import sys
from pathlib import Path
from stancebank.publish.release.release import Wish, release
from stancebank.workspace import open_workspace
made = release(open_workspace(Path.cwd()), Wish(sys.argv[1], renew="--renew" in sys.argv, readers=()))
assert made.is_clean, made
"""
BARE = """
import sys, time
from pathlib import Path
import pyarrow as pa, pyarrow.parquet as pq
tables = []
for folder in sorted(path for path in Path(sys.argv[1]).iterdir() if any(path.glob("*.parquet"))):
    tables.append((folder.name, pa.concat_tables(pq.ParquetFile(path).read() for path in sorted(folder.iterdir()))))
times = []
for _ in range(3):
    begun = time.process_time()
    for name, table in tables:
        pq.write_table(table, Path(sys.argv[2]) / f"{name}.parquet", compression="zstd")
    times.append(time.process_time() - begun)
print(sorted(times)[1], sum(table.num_rows for _, table in tables))
"""


def git(root: Path, *arguments: str) -> None:
    who = ("-c", "user.name=Somebody", "-c", "user.email=somebody@example.org", "-c", "commit.gpgsign=false")
    subprocess.run(["git", "-C", str(root), *who, *arguments], check=True, capture_output=True)


def measure(arguments: Sequence[object], cwd: Path, may_find: bool = False) -> tuple[float, int, str]:
    """Run Python in a process of its own; return its processor seconds, the peak in MB and what it printed.

    may_find: whether findings, the exit code 1, are no failure.
    """
    with tempfile.TemporaryFile("w+") as said, tempfile.TemporaryFile("w+") as told:
        process = subprocess.Popen([sys.executable, *map(str, arguments)], cwd=cwd, stdout=said, stderr=told)
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        seconds = usage.ru_utime + usage.ru_stime
        said.seek(0)
        if process.returncode and not (may_find and process.returncode == 1):
            told.seek(0)
            sys.exit(f"{' '.join(map(str, arguments))} failed in {cwd}:\n{said.read()[-2000:]}\n{told.read()[-2000:]}")
        return seconds, usage.ru_maxrss // 1024, said.read()


def bare_write(folder: Path) -> tuple[float, int, int]:
    """Write the tables of a folder with pyarrow alone; return processor seconds, peak in MB, number of rows."""
    with tempfile.TemporaryDirectory() as place:
        _, peak, said = measure(["-c", BARE, folder, place], folder)
    seconds, rows = said.split()
    return float(seconds), peak, int(rows)


class Rows:
    """Measures commands in a workspace that is a git repository, and prints a row for each as soon as it is done."""

    def __init__(self, title: str, root: Path) -> None:
        self.title, self.root = title, root
        self.articles = open_workspace(root).store.article_ids()
        self._bare: dict[Path, tuple[float, int, int]] = {}

    def add(self, what: str, folder: Path, *command: object, may_find: bool = False) -> None:
        """Run a command, and hold it against a bare write of a folder's tables. may_find: see `measure`."""
        seconds, peak, _ = measure(command, self.root, may_find)
        if folder not in self._bare:
            self._bare[folder] = bare_write(folder)
        bare, bare_peak, count = self._bare[folder]
        cells = (self.title, f"{len(self.articles):,}", f"{count:,}", what, f"{seconds / bare:,.0f} x", f"{peak:,}")
        print(f"| {' | '.join((*cells, f'{peak / bare_peak:.2f} x'))} |", flush=True)


def measure_all(title: str, root: Path, copies: Path | None, readers: bool, renew: bool = False) -> None:
    """Measure all commands in a workspace that is a git repository."""
    rows, settings = Rows(title, root), open_workspace(root).settings
    out = root / "releases" / f"{settings.name}-{settings.version}"
    cli, options = ["-c", COMMAND], ["--renew"] if renew else []
    if readers:
        rows.add("release", out, *cli, "publish", "release", settings.version, *options)
    else:
        rows.add("release, no reader", out, "-c", RELEASE, settings.version, *options)
    git(root, "add", "--all")
    git(root, "commit", "--quiet", "--allow-empty", "--message", "Record")
    rows.add("the same again", out, *cli, "publish", "release", settings.version)
    verify = [*cli, "publish", "verify"]
    rows.add("verify --no-readers", out, *verify, out, "--no-readers")
    rows.add("verify --no-readers --workspace", out, *verify, out, "--no-readers", "--workspace", root)
    if readers:
        rows.add("verify", out, *verify, out)
    with tempfile.TemporaryDirectory() as name:
        without, whole = Path(name) / "without", Path(name) / "whole"
        if copies:
            measure([*cli, "publish", "build", "--text", "withheld", "--out", without], root)
            hydrate = [*cli, "publish", "hydrate", without, copies, "--out", whole]
            rows.add("hydrate, every article", whole, *hydrate, may_find=True)
            rows.add("verify --no-readers, of what was hydrated", whole, *verify, whole, "--no-readers")
    withdraw = [*cli, "corpus", "withdraw", rows.articles[0], "--reason", "Measured."]
    rows.add("corpus withdraw, an article", out, *withdraw)
    rows.add("check after it", out, *cli, "check")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--articles", type=int, default=10_000, help="of the invented corpus; default: 10000")
    parser.add_argument("--statements", type=int, default=20, help="in an invented article; default: 20")
    parser.add_argument("--copies", type=Path, help="a folder with copies of the founding articles")
    parser.add_argument("--no-readers", action="store_true", help="leave the readers out of release and verify")
    parser.add_argument("--only", choices=CORPORA, nargs="+", default=CORPORA, help="these corpora; default: all")
    options = parser.parse_args()
    copies = options.copies.resolve() if options.copies else None
    print(f"| {' | '.join(HEAD)} |\n|---|---:|---:|---|---:|---:|---:|", flush=True)
    with tempfile.TemporaryDirectory() as name:
        place = Path(name)
        if "founding" in options.only:
            git(place, "clone", "--quiet", "--no-tags", f"file://{REPO}", str(place / "founding"))
            measure_all("founding", place / "founding", copies, not options.no_readers, renew=True)
        if "sample" in options.only:
            lay(sample_files(), place / "sample")
            store = open_workspace(place / "sample").store
            (place / "sample copies").mkdir()
            for article in store.articles():
                (place / "sample copies" / f"{article.id}.txt").write_text(store.text(article) or "", encoding="utf-8")
            start(place / "sample")
            measure_all("sample", place / "sample", place / "sample copies", not options.no_readers)
        if "invented" in options.only:
            held = place / "invented copies"
            lay_invented(place / "invented", options.articles, statements=options.statements, copies=held)
            start(place / "invented")
            measure_all("invented", place / "invented", held, not options.no_readers)


def start(root: Path) -> None:
    """Make a workspace a git repository with one commit."""
    git(root, "init", "--quiet")
    git(root, "add", "--all")
    git(root, "commit", "--quiet", "--message", "Records")


if __name__ == "__main__":
    main()
