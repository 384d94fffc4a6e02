#!/usr/bin/env python
"""Print how many spans are found again in edited copies of articles, and how.

Usage: .venv/bin/python scripts/bench/reanchor.py [--rounds N] [DIR]

Takes the toy articles, the sample and, where DIR holds their words, the founding articles, with the fingerprints of
both editions of the frame; writes Markdown tables to stdout.
Exits with 1 if a span was put on other words.
"""

import argparse
import sys
from collections import Counter
from pathlib import Path

REPO = Path(__file__).parent.parent.parent
sys.path.insert(0, str(REPO))

from tests.corpus.copies import Reading, in_edition, readings  # noqa: E402
from tests.corpus.test_edited_copies import EDITS, founding_readings, tally  # noqa: E402

from stancebank.corpus.store import Store  # noqa: E402

HEAD = ("edit", "copies", "spans", "by line", "by block", "reported", "wrong")


def print_table(title: str, articles: list[Reading], rounds: int) -> int:
    """Print the table of some articles; return how many spans were put on other words."""
    print(f"\n{title}\n\n| {' | '.join(HEAD)} |\n|---|{'---:|' * (len(HEAD) - 1)}")
    every: Counter[str] = Counter()
    for name in EDITS:
        counts = tally(articles, name, rounds)
        every += counts
        print_row(name, len(articles) * rounds, counts)
    print_row("**together**", len(articles) * rounds * len(EDITS), every)
    return every["wrong"]


def print_row(name: str, copies: int, counts: Counter[str]) -> None:
    reported = counts["changed"] + counts["ambiguous"] + counts["missing"]
    spans = counts["line"] + counts["block"] + reported
    cells = [name, copies, spans, counts["line"], counts["block"], reported, counts["wrong"]]
    print(f"| {' | '.join(f'{cell:,}' if isinstance(cell, int) else cell for cell in cells)} |")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", metavar="DIR", nargs="?", type=Path, help="copies of the founding articles")
    parser.add_argument("--rounds", type=int, default=20, help="copies per article and edit; default: 20")
    options = parser.parse_args()
    sample = readings(Store(REPO / "src" / "stancebank" / "starter" / "sample"))
    measured = {
        "The toy articles": readings(Store(REPO / "tests" / "toy")),
        f"The sample ({len(sample)} articles)": sample,
    }
    if options.folder:
        found = founding_readings(options.folder)
        if not found:
            sys.exit(f"{options.folder} holds none of the founding articles.")
        measured[f"The founding articles ({len(found)})"] = found
    wrong = 0
    for title, articles in measured.items():
        wrong += print_table(f"{title}, edition 1", articles, options.rounds)
        wrong += print_table(f"{title}, edition 2", [in_edition(each, 2) for each in articles], options.rounds)
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
