#!/usr/bin/env python
"""What `stancebank check` costs beside a bare parse of the same files, first and again, by one core and by all.

Usage: .venv/bin/python scripts/bench/check.py [ARTICLES]...

Articles are invented (`tests/invented.py`), each with its gold of 20 statements; of three in ten the words are at hand.
The peer reads every JSON file of the workspace and parses it with orjson, and keeps nothing. All are processes of their
own, the time of Python's start included; its time is that of the processor, of the process and all that it started, the
median of three runs in turn. `again` finds what a check before it kept; `--no-cache` keeps and finds nothing. The
findings of all of them have to be equal.

Where the time of a first check goes, at 1,000 articles: reading, the JSON Schema and making records 33 %; rules over
statements and their spans 28 %, of which most is Python going from field to field; rules over words, which only three
in ten have, 32 %; the start the rest. Of a second one: the start half, the rest reading and SHA-256.
"""

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from statistics import median

REPO = Path(__file__).parent.parent.parent
sys.path.insert(0, str(REPO))

from table import Row, markdown  # noqa: E402
from tests.invented import lay_invented  # noqa: E402

PARSE = """
import orjson
from pathlib import Path
for path in Path("corpus").rglob("*.json"):
    orjson.loads(path.read_bytes())
"""
CHECK = """
import json, sys
from pathlib import Path
from stancebank.check import check_workspace
from stancebank.workspace import open_workspace
report = check_workspace(open_workspace(Path()), uses_cache=sys.argv[1] == "cache", workers=int(sys.argv[2]))
print(json.dumps([len(report.findings), hash(tuple(map(repr, report.findings)))]))
"""
KINDS = {
    "first, one core": ("no", "1"),
    "first, all cores": ("no", "0"),
    "first, kept": ("cache", "0"),
    "again": ("cache", "0"),
}
RUNS = 3


def rows(size: int) -> Iterator[Row]:
    """Yield what a check costs at a number of articles. Raises ValueError where two of them find different things."""
    with tempfile.TemporaryDirectory() as folder:
        root = lay_invented(Path(folder, "workspace"), size).root
        runs: dict[str, list[tuple[float, float, float]]] = {name: [] for name in ("parse", *KINDS)}
        told = set()
        for _ in range(RUNS):
            runs["parse"].append(_run(root, PARSE)[0])
            for path in (root / ".stancebank").glob("checked.*"):
                path.unlink()
            for name, arguments in KINDS.items():
                cost, out = _run(root, CHECK, *arguments)
                runs[name].append(cost)
                told.add(out)
    if len(told) != 1:
        raise ValueError(f"checks find different things: {told}")
    bare = median(cpu for cpu, _, _ in runs["parse"])
    for name in KINDS:
        cpu, wall, peak = (median(values) for values in zip(*runs[name], strict=True))
        aim = 20 if name in ("first, one core", "again") else None
        yield Row(f"check, {name}", f"{size:,} articles", "orjson", cpu / bare, aim, peak=peak, wall=wall, runs=RUNS)


def _run(root: Path, code: str, *arguments: str) -> tuple[tuple[float, float, float], str]:
    """Return the seconds of the processor and of the clock of a process, its peak in MB, and what it prints."""
    began = time.perf_counter()
    environment = {**os.environ, "PYTHONHASHSEED": "0"}
    with tempfile.TemporaryFile() as out:
        process = subprocess.Popen([sys.executable, "-c", code, *arguments], cwd=root, stdout=out, env=environment)
        _, status, usage = os.wait4(process.pid, 0)
        wall = time.perf_counter() - began
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            raise subprocess.CalledProcessError(process.returncode, code)
        out.seek(0)
        return (usage.ru_utime + usage.ru_stime, wall, usage.ru_maxrss / 1000), out.read().decode()


if __name__ == "__main__":
    print(markdown(row for size in map(int, sys.argv[1:] or ["1000"]) for row in rows(size)), end="")
