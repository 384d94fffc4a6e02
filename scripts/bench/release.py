#!/usr/bin/env python
"""Measure `stancebank publish release` on the founding corpus, the sample, and an invented corpus of any size.

Usage: .venv/bin/python scripts/bench/release.py [--articles N] [--statements N]

Times are ratios to a bare write, those of `publish verify --no-readers` to a bare read, of the same tables with pyarrow
in the same run. Memory is the peak of the command's
own process. Writes a Markdown table to stdout; works in a temporary folder and needs git.
"""

import argparse
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

REPO = Path(__file__).parent.parent.parent
sys.path.insert(0, str(REPO))

from tests.invented import lay_invented  # noqa: E402

from stancebank.starter.laying import lay, sample_files  # noqa: E402
from stancebank.workspace import open_workspace  # noqa: E402

HEAD = (
    *("corpus", "articles", "rows", "MB", "bare write, s", "release", "the same again"),
    *("peak of the release, MB", "peak of the bare write, MB", "bare read, s", "verify", "peak of verify, MB"),
)
COMMAND = "from stancebank.cli import main; main()"
BARE = """
import sys, time
from pathlib import Path
import pyarrow as pa, pyarrow.parquet as pq
tables = []
for folder in sorted(path for path in Path(sys.argv[1]).iterdir() if any(path.glob("*.parquet"))):
    tables.append((folder.name, pa.concat_tables(pq.ParquetFile(path).read() for path in sorted(folder.iterdir()))))
times = []
for _ in range(3):
    begun = time.perf_counter()
    for name, table in tables:
        pq.write_table(table, Path(sys.argv[2]) / f"{name}.parquet", compression="zstd")
    times.append(time.perf_counter() - begun)
print(sorted(times)[1], sum(table.num_rows for _, table in tables))
"""

READ = """
import sys, time
from pathlib import Path
import pyarrow.parquet as pq
times = []
for _ in range(3):
    begun = time.perf_counter()
    for path in sorted(Path(sys.argv[1]).glob("*/*.parquet")):
        pq.ParquetFile(path).read()
    times.append(time.perf_counter() - begun)
print(sorted(times)[1])
"""


def git(root: Path, *arguments: str) -> None:
    who = ("-c", "user.name=Somebody", "-c", "user.email=somebody@example.org", "-c", "commit.gpgsign=false")
    subprocess.run(["git", "-C", str(root), *who, *arguments], check=True, capture_output=True)


def measure(arguments: list[str], cwd: Path) -> tuple[float, int, str]:
    """Run Python in a process of its own; return its seconds, its peak in MB and what it printed."""
    begun = time.perf_counter()
    with tempfile.TemporaryFile("w+") as said, tempfile.TemporaryFile("w+") as told:
        process = subprocess.Popen([sys.executable, *arguments], cwd=cwd, stdout=said, stderr=told)
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        seconds = time.perf_counter() - begun
        if process.returncode:
            told.seek(0)
            sys.exit(f"{' '.join(arguments)} failed in {cwd}: {told.read()}")
        said.seek(0)
        return seconds, usage.ru_maxrss // 1024, said.read()


def row(name: str, root: Path, *options: str) -> None:
    settings = open_workspace(root).settings
    command = ["-c", COMMAND, "publish", "release", settings.version]
    release, peak, _ = measure([*command, *options], root)
    git(root, "add", "--all")
    git(root, "commit", "--quiet", "--allow-empty", "--message", "Record")
    again, _, _ = measure(command, root)
    out = root / "releases" / f"{settings.name}-{settings.version}"
    with tempfile.TemporaryDirectory() as place:
        _, bare_peak, said = measure(["-c", BARE, str(out), place], root)
    bare, rows = float(said.split()[0]), int(said.split()[1])
    size = sum(path.stat().st_size for path in out.rglob("*") if path.is_file()) / 1e6
    articles = len(open_workspace(root).store.article_ids())
    cells: tuple[str, ...] = (name, f"{articles:,}", f"{rows:,}", f"{size:.1f}")
    cells += (f"{bare:.3f}", f"{release / bare:,.0f} x")
    read = float(measure(["-c", READ, str(out)], root)[2])
    verify, verify_peak, _ = measure(["-c", COMMAND, "publish", "verify", str(out), "--no-readers"], root)
    cells += (f"{again / bare:,.0f} x", f"{peak:,}", f"{bare_peak:,}")
    cells += (f"{read:.3f}", f"{verify / read:,.0f} x", f"{verify_peak:,}")
    print(f"| {' | '.join(cells)} |", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--articles", type=int, default=10_000, help="of the invented corpus; default: 10000")
    parser.add_argument("--statements", type=int, default=20, help="in an invented article; default: 20")
    options = parser.parse_args()
    print(f"| {' | '.join(HEAD)} |\n|---|{'---:|' * (len(HEAD) - 1)}")
    with tempfile.TemporaryDirectory() as name:
        place = Path(name)
        git(place, "clone", "--quiet", "--no-tags", f"file://{REPO}", str(place / "founding"))
        row("the founding corpus", place / "founding", "--renew")
        lay(sample_files(), place / "sample")
        lay_invented(place / "invented", options.articles, statements=options.statements)
        for title, folder in (("the sample", "sample"), ("invented", "invented")):
            git(place, "init", "--quiet", folder)
            git(place / folder, "add", "--all")
            git(place / folder, "commit", "--quiet", "--message", "Records")
            row(title, place / folder)


if __name__ == "__main__":
    main()
