#!/usr/bin/env python
"""Measure `corpus withdraw`, `publish hydrate` and the audit of quotations on an invented corpus of any size.

Usage: .venv/bin/python scripts/bench/rights.py [--articles N] [--statements N]

Times are ratios to `publish build` of the same corpus in the same run, which needs every row as well. Memory is the
peak of the command's own process. Writes a Markdown table to stdout; works in a temporary folder.
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

from stancebank.workspace import open_workspace  # noqa: E402

COMMAND = "from stancebank.cli import main; main()"
AUDIT = """
import sys
from pathlib import Path
from stancebank.publish.rights import make_rights, read_terms
from stancebank.publish.shards import Written
from stancebank.records import read_json
folder = Path(sys.argv[1])
manifest = read_json(folder / "manifest.json")
rows = {
    name: Written(tuple(folder / file for file in view.get("files") or [view["file"]]), view["rows"])
    for name, view in manifest["views"].items()
}
assert make_rights(rows, read_terms(manifest)).encode() == (folder / "RIGHTS.md").read_bytes()
"""


def measure(arguments: list[str], cwd: Path) -> tuple[float, int]:
    """Run Python in a process of its own; return its seconds and its peak in MB."""
    begun = time.perf_counter()
    with tempfile.TemporaryFile("w+") as told:
        process = subprocess.Popen(
            [sys.executable, *map(str, arguments)], cwd=cwd, stdout=subprocess.DEVNULL, stderr=told
        )
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        seconds = time.perf_counter() - begun
        if process.returncode:
            told.seek(0)
            sys.exit(f"{' '.join(arguments)} failed in {cwd}: {told.read()}")
        return seconds, usage.ru_maxrss // 1024


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--articles", type=int, default=1_000, help="of the invented corpus; default: 1000")
    parser.add_argument("--statements", type=int, default=20, help="in an invented article; default: 20")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        place = Path(name)
        root, bare, out = place / "invented", place / "bare", place / "out"
        lay_invented(root, options.articles, statements=options.statements)
        cli = ["-c", COMMAND]
        build = [*cli, "publish", "build", "--text"]
        full, peak = measure([*build, "full", "--out", str(place / "full")], root)
        without, _ = measure([*build, "withheld", "--out", str(bare)], root)
        rows: list[tuple[str, float, int]] = [("publish build --text full", full, peak)]
        rows.append(("RIGHTS.md of that folder, from its rows", *measure(["-c", AUDIT, str(place / "full")], root)))
        texts = next(each for each in (root / "corpus/texts", root / ".stancebank/texts") if each.is_dir())
        hydrate = [*cli, "publish", "hydrate", str(bare), str(texts), "--out", str(out)]
        rows.append(("publish hydrate of a folder without words", *measure(hydrate, place)))
        one, other = open_workspace(root).store.article_ids()[:2]
        for article in (one, other):
            withdraw = [*cli, "corpus", "withdraw", article, "--reason", "Measured."]
            rows.append((f"corpus withdraw, {'first' if article == one else 'second'}", *measure(withdraw, root)))
        rows.append(("check with two withdrawals", *measure([*cli, "check"], root)))
        print(f"{options.articles:,} articles, {options.articles * options.statements:,} statements")
        print(f"build --text full {full:.1f} s, --text withheld {without:.1f} s\n")
        print("| what | ratio to the build | peak, MB |\n| --- | ---: | ---: |")
        for what, seconds, memory in rows:
            print(f"| {what} | {seconds / full:.2f} x | {memory:,} |", flush=True)


if __name__ == "__main__":
    main()
