#!/usr/bin/env python
"""Measure `publish build`, `verify` and `release` of invented articles, a first time and again.

Usage: .venv/bin/python scripts/bench/publish.py [--articles N]

The peer is a bare write of the same tables with pyarrow, from memory, in the same run: the median of three. Each
command is a process of its own; its time is that of the processor, in it and in all that it starts, its peak that of
the largest of these processes. No reader opens the folders. "again" is the same command once more, when nothing has
changed, and "--no-cache" one that believes nothing of the run before. `release.py` measures other commands and corpora.

Where the time goes, at 500 articles of 20 statements, three in ten with their words. Of a build: rows a third, of which
those of whole texts are half, though few articles have them; the check before it a fifth; records, which are read a
second time for rows, a tenth; rows as JSON and of that as Arrow a tenth; the start a tenth, the card a twentieth. Of a
verification: rows made again a third, rows read and hashed a sixth, records made of them a tenth, rules and JSON Schema
a tenth, the start a tenth, the comparison of rows a fifteenth. A release is a build and a verification; digests of rows
and the search for secrets add a tenth. Words are looked for only where texts are at hand that may not be published in
full, as none of these is. The preview in its card reads only the columns that it shows.
"""

import argparse
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

sys.path[:0] = [str(Path(__file__).parent), str(Path(__file__).parent.parent.parent)]

from release import COMMAND, RELEASE, bare_write, measure, start  # noqa: E402
from table import Row, markdown  # noqa: E402
from tests.invented import lay_invented  # noqa: E402

PEER = "bare write with pyarrow"


def rows(size: int) -> Iterator[Row]:
    """Yield the rows of so many articles."""
    with tempfile.TemporaryDirectory() as name:
        root, out = Path(name) / "invented", Path(name) / "out"
        lay_invented(root, size)
        start(root)
        build = ["-c", COMMAND, "publish", "build", "--out", out]
        verify = ["-c", COMMAND, "publish", "verify", out, "--no-readers"]
        commands: list[tuple[str, float, list[object]]] = [
            ("publish build", 40, [*build]),
            ("publish build, again", 40, [*build]),
            ("publish build --no-cache", 40, [*build, "--no-cache"]),
            ("publish verify", 30, [*verify]),
            ("publish release", 70, ["-c", RELEASE, "0.1.0"]),
        ]
        bare = 0.0
        for what, aim, command in commands:
            begun = time.monotonic()
            seconds, peak, _ = measure(command, root)
            wall = time.monotonic() - begun
            bare = bare or bare_write(out)[0]
            yield Row(what, f"{size:,}", PEER, seconds / bare, aim, peak=peak, wall=wall, runs=1)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--articles", type=int, default=1000, help="default: 1000")
    print(markdown(rows(parser.parse_args().articles)), end="")


if __name__ == "__main__":
    main()
