#!/usr/bin/env python
"""Measure how fast web pages are read, and in how much memory.

Usage: .venv/bin/python scripts/bench/pages.py [--pages N] [--kilobytes N]

Lays N invented pages, 300 by default, in a temporary folder: the head, menus, shelves and scripts of
tests/corpus/pages/news.html around articles of 10 to 40 paragraphs, filled up with a script to N kilobytes, 60 by
default. Reads them in a process of its own as `corpus add` and `hydrate` do, then with trafilatura alone, which is the
bare cost. Time is that of the processor, without the start; the peak is that of the process, in MB. A tenth of the
pages is read as well: memory must not grow with their number. Writes a Markdown table to stdout.
"""

import argparse
import random
import subprocess
import sys
import tempfile
from pathlib import Path

REPO = Path(__file__).parent.parent.parent
PAGE = REPO / "tests" / "corpus" / "pages" / "news.html"
START = """
import resource, sys, time
from pathlib import Path
from stancebank.corpus import pages
from stancebank.corpus.cleaning import Source
from stancebank.corpus.sources import read_sources
import trafilatura
pages.read_page(Path(sys.argv[1]).read_bytes(), "x", {})
trafilatura.bare_extraction(Path(sys.argv[1]).read_text(), with_metadata=True)
files = sorted(Path(sys.argv[2]).iterdir())[: int(sys.argv[3])]
begun = time.process_time()
"""
END = """
print(time.process_time() - begun, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024)
"""
OURS = "for each in read_sources(files): assert isinstance(each, Source), each"
BARE = "for each in files: assert trafilatura.bare_extraction(each.read_text(), with_metadata=True)"


def lay(folder: Path, pages: int, size: int) -> None:
    html = PAGE.read_text()
    begin, end = html.index("<p>“We will sit down"), html.index("<p>Neither side named")
    words = (
        "locks",
        "tolls",
        "barges",
        "garrisons",
        "towers",
        "envoys",
        "rivers",
        "skippers",
        "grain",
        "valley",
        "quay",
    )
    for number in range(pages):
        chance = random.Random(number)
        paragraphs = []
        for _ in range(chance.randint(10, 40)):
            said = [
                f"The minister of {chance.choice(words)} said that {' and '.join(chance.sample(words, 3))} would "
                f"stay as they are until {chance.randint(2, 99)} {chance.choice(words)} are counted."
                for _ in range(chance.randint(1, 4))
            ]
            paragraphs.append(f"<p>{' '.join(said)}</p>")
        page = html[:begin] + "\n".join(paragraphs) + html[end:].replace("a date", f"day {number}")
        filling = max(0, size - len(page.encode()))
        page = page.replace("window.dataLayer", f'window.filling = "{"x" * filling}"; window.dataLayer')
        (folder / f"{number:06}.html").write_text(page)


def measure(code: str, folder: Path, pages: int) -> tuple[float, int]:
    command = [sys.executable, "-c", START + code + END, str(PAGE), str(folder), str(pages)]
    seconds, peak = subprocess.run(command, check=True, capture_output=True, text=True).stdout.split()
    return float(seconds), int(peak)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pages", type=int, default=300)
    parser.add_argument("--kilobytes", type=int, default=60)
    options = parser.parse_args()
    print("| read by | pages | pages a second | peak, MB |\n|---|---:|---:|---:|")
    with tempfile.TemporaryDirectory() as name:
        lay(Path(name), options.pages, options.kilobytes * 1000)
        for title, code, pages in (
            ("trafilatura alone", BARE, options.pages),
            ("stancebank", OURS, options.pages),
            ("stancebank", OURS, options.pages // 10),
        ):
            seconds, peak = measure(code, Path(name), pages)
            print(f"| {title} | {pages:,} | {pages / seconds:.0f} | {peak} |")


if __name__ == "__main__":
    main()
