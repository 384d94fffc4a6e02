#!/usr/bin/env python
"""Measure what a dossier takes to write and to open, by the number of its articles.

Usage: .venv/bin/python scripts/bench/view.py [--articles 15 100 300 1000 10000] [--statements 20]

Lays invented workspaces in a temporary folder (tests/invented.py; all words free, so that all of them are shown), two
readings for each article beside gold. Each dossier is written in a process of its own: seconds of its processor time,
without its start, divided into reading (the workspace, the positions) and the rest; peak of its memory; bytes of what
it has written, and of the page that is opened. Then Chromium opens that page from its file, twice, of which the second
counts: until the load event, from a click on a mark until its statements are shown, and the search for a word that is
nowhere, which goes through all there is. These are times of the clock; the column before says how many times as long as
for the first row the load event takes. Writes a Markdown table to stdout. 10,000 articles take some minutes to lay.
"""

import argparse
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

REPO = Path(__file__).parent.parent.parent
sys.path.insert(0, str(REPO))

from tests.invented import lay_invented  # noqa: E402
from tests.pages import chromium, looking  # noqa: E402

from stancebank.view.collection import of_workspace  # noqa: E402
from stancebank.view.folder import write_dossier  # noqa: E402
from stancebank.workspace import open_workspace  # noqa: E402

if TYPE_CHECKING:
    from playwright.sync_api import Browser

HEAD = (
    "articles", "statements", "reading, s", "the rest, s", "peak, MB", "MB written", "MB of the page", "load, ms",
    "of the first row", "click, ms", "whole search, ms",
)  # fmt: skip
READERS = 2
NOWHERE = "xyxyxyxy"


def write(root: Path, out: Path) -> str:
    """Write a dossier; return what it took, the number of statements, and where the page lies."""
    begun = time.process_time()
    collection = of_workspace(open_workspace(root))
    count = len(collection.positions.items)
    read = time.process_time()
    page = write_dossier(collection, out)
    end = time.process_time()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    return f"{read - begun} {end - read} {peak} {count} {page}"


def look(browser: "Browser", page: Path) -> tuple[float, float | None, float]:
    """Open a page; return the milliseconds until it is loaded, until a mark shows its statements, and of a search."""
    with looking(browser, page):
        pass
    with looking(browser, page) as found:
        shown = found.page
        loaded = shown.evaluate("performance.getEntriesByType('navigation')[0].loadEventEnd")
        clicked = None
        if shown.locator(".pick").count():
            begun = time.perf_counter()
            shown.locator(".pick").first.dispatch_event("click")
            shown.locator("dialog[open] li").first.wait_for()
            clicked = (time.perf_counter() - begun) * 1000
            shown.keyboard.press("Escape")
        shown.fill("#search-words", NOWHERE)
        begun = time.perf_counter()
        shown.locator("#search-status", has_text="Nothing").wait_for(timeout=600_000)
        searched = (time.perf_counter() - begun) * 1000
    return loaded, clicked, searched


def size(path: Path) -> int:
    return (
        sum(each.stat().st_size for each in path.rglob("*") if each.is_file()) if path.is_dir() else path.stat().st_size
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--articles", type=int, nargs="+", default=[15, 100, 300, 1000, 10000])
    parser.add_argument("--statements", type=int, default=20)
    parser.add_argument("--write", type=Path, nargs=2, metavar=("ROOT", "OUT"), help=argparse.SUPPRESS)
    wish = parser.parse_args()
    if wish.write:
        print(write(*wish.write))
        return
    print(f"| {' | '.join(HEAD)} |\n|{'---:|' * len(HEAD)}")
    first = 0.0
    for articles in wish.articles:
        with tempfile.TemporaryDirectory() as name, chromium() as browser:
            root = Path(name, "invented")
            out = Path(name, "view" if articles > 300 else "view.html")
            lay_invented(root, articles, statements=wish.statements, full=1.0, readers=READERS)
            command = [sys.executable, __file__, "--write", str(root), str(out)]
            told = subprocess.run(command, check=True, capture_output=True, text=True).stdout.split()
            reading, rest, peak, statements, page = float(told[0]), float(told[1]), told[2], int(told[3]), Path(told[4])
            loaded, clicked, searched = look(browser, page)
            first = first or loaded
            cells = [
                f"{articles:,}",
                f"{statements:,}",
                f"{reading:.1f}",
                f"{rest:.1f}",
                peak,
                f"{size(out) / 1e6:.1f}",
                f"{size(page) / 1e6:.1f}",
                f"{loaded:.0f}",
                f"{loaded / first:.1f} x",
                "" if clicked is None else f"{clicked:.0f}",
                f"{searched:.0f}",
            ]
            print(f"| {' | '.join(cells)} |", flush=True)


if __name__ == "__main__":
    main()
