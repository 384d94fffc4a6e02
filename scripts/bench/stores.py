#!/usr/bin/env python
"""Measure what a table of records costs against files: reading all, reading one, writing, and the size on disk.

Usage: python scripts/bench/stores.py [--articles 10000]

Lays an invented workspace in a temporary folder (tests/invented.py: a record, a text and a document of gold for each
article), and a table of the same records. Each work is done in a process of its own that has done nothing else: its
processor time and peak memory, the median of three. The peer is the same work with files (FileBackend), in the same
run; the size on disk is that of all files below the folders, in blocks of the disk. The bytes that were read are
compared.
"""

import argparse
import json
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

REPO = Path(__file__).parent.parent.parent
sys.path.insert(0, str(REPO))

from scripts.bench.table import Row, markdown  # noqa: E402

ADDRESS = "../table"
FOLDERS = ("corpus/articles", "corpus/texts", "corpus/gold")


def work(root: Path, address: str, what: str) -> dict[str, float | str]:
    """Do one thing; return its processor time, the clock's, the peak in MB, and a digest of what was read."""
    from stancebank.corpus.store import open_backend

    backend = open_backend(root, address)
    digest = sha256()
    begun, clock = time.process_time(), time.perf_counter()
    if what == "all":
        for folder in FOLDERS:
            for name, data in backend.read_all(backend.names(folder)):
                digest.update(name.encode() + data)
    elif what == "one":
        name = "corpus/gold/" + Path(sorted((root / "corpus/gold").iterdir())[7]).name
        digest.update(backend.read(name) or b"")
    elif what == "names":
        for folder in FOLDERS:
            digest.update(json.dumps(backend.fingerprints(folder)).encode())
    elif what == "write":
        backend.write({f"corpus/adjudications/a-{number}.json": b"x" * 2000 for number in range(100)})
    elif what == "change":
        for name in backend.names("corpus/gold")[:5]:
            backend.write({name: (backend.read(name) or b"") + b"\n"})
    else:  # to write all of it
        from stancebank.corpus.backend import FileBackend

        old = FileBackend(root)
        for folder in FOLDERS:
            names = old.names(folder)
            for begin in range(0, len(names), 5000):
                backend.write(dict(old.read_all(names[begin : begin + 5000])), whole=False)
    taken, shown = time.process_time() - begun, time.perf_counter() - clock
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return {"cpu": taken, "wall": shown, "peak": peak, "digest": digest.hexdigest()}


def measured(root: Path, address: str, what: str, runs: int = 3) -> dict[str, float | str]:
    """Return the medians of some runs, each in a process of its own."""
    command = [sys.executable, __file__, "--work", what, "--root", str(root), "--address", address]
    done = [json.loads(subprocess.run(command, check=True, capture_output=True).stdout) for _ in range(runs)]
    return {
        **{key: statistics.median(each[key] for each in done) for key in ("cpu", "wall", "peak")},
        "digest": done[0]["digest"],
    }


def on_disk(*folders: Path) -> float:
    """Return megabytes that the files below some folders take on the disk."""
    blocks = (path.stat().st_blocks for folder in folders for path in folder.rglob("*") if path.is_file())
    return 512 * sum(blocks) / 1e6


def rows(size: int, runs: int = 3) -> Iterator[Row]:
    """Yield the rows. size: articles. runs: how many a figure is the median of."""
    from tests.invented import lay_invented

    with tempfile.TemporaryDirectory() as place:
        root = Path(place).resolve() / "workspace"
        lay_invented(root, size)
        filled = measured(root, ADDRESS, "fill", runs=1)
        copy = root.parent / "copy"
        (copy / "corpus").mkdir(parents=True)
        told = f"{size:,} articles"
        for what, named in (
            ("all", "read all records, texts and gold"),
            ("one", "read one document"),
            ("names", "the SHA-256 of all"),
            ("write", "write 100 new records together"),
            ("change", "change 5 documents, one after the other"),
        ):
            files, table = (measured(root, each, what, runs) for each in ("files", ADDRESS))
            if what in ("all", "one") and files["digest"] != table["digest"]:
                raise SystemExit(f"{what}: the table gives other bytes than the files")
            yield Row(
                f"table store: {named}", told, "files", float(table["cpu"]) / max(float(files["cpu"]), 1e-4),
                peak=float(table["peak"]), wall=float(table["wall"]), runs=runs,
            )  # fmt: skip
        sizes = on_disk(*(root / folder for folder in FOLDERS)), on_disk(root.parent / "table")
        yield Row("table store: size on disk", told, "files", sizes[1] / sizes[0], runs=1)
        bare = float(measured(root, "files", "all", runs)["cpu"])
        yield Row(
            "table store: fill it", told, "reading the files", float(filled["cpu"]) / bare,
            peak=float(filled["peak"]), wall=float(filled["wall"]), runs=1,
        )  # fmt: skip


def main() -> None:
    """Print the table, or do the one work that a process of its own is for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--articles", type=int, default=10_000)
    parser.add_argument("--work", help=argparse.SUPPRESS)
    parser.add_argument("--root", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--address", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.work:
        print(json.dumps(work(given.root, given.address, given.work)))
    else:
        print(markdown(rows(given.articles)), end="")


if __name__ == "__main__":
    main()
