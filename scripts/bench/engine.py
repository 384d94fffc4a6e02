#!/usr/bin/env python
"""Measure the extraction of web pages by an engine, beside one process of the toolkit on the same pages.

Usage: .venv/bin/python scripts/bench/engine.py [PAGES] [--cluster]      1,000 pages if nothing is said

The pages are invented, of 2,000 to 12,000 characters; a batch has 20. The peer is `batches.run` in one process;
beside it are two processes, and Daft with 1, 4 and 16 parts. With --cluster, also a Ray cluster on this machine, of one
and of two machines with one core each. A ratio is the time of the processor, of this process and of all that it
started, times the peer's; the processes of a cluster are not among them, and have a ratio of 0. What matters here is
the wall clock, the last column, which includes the start of the engine: a second table tells until when the first batch
came back. Writes Markdown tables to stdout. Fails if one of the results is not that of the peer.
"""

import argparse
import os
import random
import resource
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from statistics import median

REPO = Path(__file__).parent.parent.parent
sys.path[:0] = [str(REPO), str(Path(__file__).parent)]

from table import Row, markdown  # noqa: E402
from tests.batches.cluster import ENVIRONMENT, TOKEN, cluster  # noqa: E402

from stancebank.batches.run import run  # noqa: E402
from stancebank.corpus.archives import Capture  # noqa: E402
from stancebank.corpus.extraction import STAGE, pack_captures  # noqa: E402
from stancebank.corpus.warc import ArchivePlace  # noqa: E402

BATCH = 20
RUNS = 3
_WORDS = (
    "harbour",
    "council",
    "the",
    "of",
    "ferry",
    "said",
    "that",
    "a",
    "toll",
    "on",
    "grain",
    "will",
    "fall",
    "Orlen",
)


def pages(count: int) -> Iterator[bytes]:
    """Yield batches of invented pages."""
    drawn = random.Random(20)
    captures = []
    for number in range(count):
        paragraphs = "".join(
            f"<p>{' '.join(drawn.choices(_WORDS, k=60)).capitalize()}.</p>" for _ in range(drawn.randint(6, 36))
        )
        links = "".join(f'<li><a href="/{each}">{drawn.choice(_WORDS)}</a></li>' for each in range(40))
        body = (
            f"<html><head><title>Toll {number}</title></head><body><nav><ul>{links}</ul></nav>"
            f"<article><h1>Toll {number}</h1>{paragraphs}</article></body></html>"
        ).encode()
        captures.append(
            Capture("a.warc", number, f"<urn:{number}>", f"http://orlen.example/{number}", "2031-01-01T00:00:00Z",
                    True, "utf-8", {}, body, ArchivePlace())
        )  # fmt: skip
        if len(captures) == BATCH:
            yield pack_captures(captures)
            captures = []
    if captures:
        yield pack_captures(captures)


def _processor() -> float:
    own, others = resource.getrusage(resource.RUSAGE_SELF), resource.getrusage(resource.RUSAGE_CHILDREN)
    return own.ru_utime + own.ru_stime + others.ru_utime + others.ru_stime


def measure(batches: list[bytes], engine: str, workers: int) -> tuple[list[bytes], float, float, float]:
    """Return the results, and seconds: of the processor, of the wall clock, and until the first result."""
    begun, used, first, found = time.perf_counter(), _processor(), 0.0, []
    for result in run(STAGE, batches, {}, engine=engine, workers=workers):
        first = first or time.perf_counter() - begun
        found.append(result)
    return found, _processor() - used, time.perf_counter() - begun, first


FIRST: list[tuple[str, float]] = []


def rows(size: int, clusters: tuple[int, ...] = (), runs: int = RUNS) -> Iterator[Row]:
    """Yield a row for each way to extract so many pages. clusters: numbers of machines to try Ray with."""
    os.environ["STANCEBANK_ENGINE"] = str(ENVIRONMENT)
    batches = list(pages(size))
    expected, peer, wall, _ = measure(batches, "", 1)  # loads what the peer needs
    peers, walls = [peer], [wall]

    def row(what: str, engine: str, workers: int = 1, *, is_elsewhere: bool = False) -> Row:
        ratios, times, firsts = [], [], []
        for _ in range(runs):
            _, peer, wall, _ = measure(batches, "", 1)
            found, used, elapsed, first = measure(batches, engine, workers)
            assert found == expected, f"{what}: other results"
            peers.append(peer)
            walls.append(wall)
            ratios.append(0.0 if is_elsewhere else used / peer)
            times.append(elapsed)
            firsts.append(first)
        FIRST.append((what, median(firsts)))
        return Row(what, f"{size:,} pages", "one process", median(ratios), wall=median(times), runs=runs)

    yield row("extraction, two processes", "", 2)
    for shards in (1, 4, 16):
        yield row(f"extraction, daft, {shards} parts at a time", f"daft?shards={shards}")
    for machines in clusters:
        os.environ |= {"RAY_AUTH_MODE": "token", "RAY_AUTH_TOKEN": TOKEN}
        with cluster(machines, paths=(REPO / "src", REPO)) as running:
            for shards in (1, 4, 16):
                what = f"extraction, Ray with {machines} machines of one core, {shards} parts"
                yield row(what, f"{running.address}?shards={shards}", is_elsewhere=True)
    yield Row("extraction, one process", f"{size:,} pages", "itself", 1.0, wall=median(walls), runs=len(walls))


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("pages", nargs="?", type=int, default=1000)
    parser.add_argument("--cluster", action="store_true")
    parser.add_argument("--runs", type=int, default=RUNS)
    given = parser.parse_args()
    print(markdown(rows(given.pages, (1, 2) if given.cluster else (), given.runs)))
    print("| what | first batch back, s |\n| --- | ---: |")
    for what, first in FIRST:
        print(f"| {what} | {first:.1f} |")


if __name__ == "__main__":
    main()
