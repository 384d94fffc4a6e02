#!/usr/bin/env python
"""Print how many short withheld spans are guessed from their fingerprints, in each edition of the frame.

Usage: .venv/bin/python scripts/bench/guess.py DIR [--spans 200] [--longest 25]

DIR holds copies of the founding articles. The guesser has what is public: the record of an article, its spans, and a
dictionary of all runs of words of the other founding articles, of the sample and of the toy articles, and all names of
the registry. He does not have the article. A span is guessed if a run of the dictionary has its fingerprint.

In edition 2 he first guesses lines, whose fingerprints are of words alone: from the lines and the runs of the
dictionary. On the spans of a line that was guessed he tries all runs. The same is then done as if he also had the
longest line of the article, which somebody quoted elsewhere: with keys by line, as they are, and with one key for an
article that each long line would open. Words are never printed.
"""

import argparse
import random
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

REPO = Path(__file__).parent.parent.parent
sys.path.insert(0, str(REPO))

from tests.corpus.copies import Reading, in_edition, readings  # noqa: E402
from tests.corpus.test_edited_copies import founding_readings  # noqa: E402

from stancebank.corpus.store import Store  # noqa: E402
from stancebank.model import Span  # noqa: E402
from stancebank.text import fingerprint, fold, keyed_digest, line_key, tokenise  # noqa: E402

LONGEST_RUN = 8  # words of a run in the dictionary


@dataclass(frozen=True)
class Guess:
    """A reading and one of its spans."""

    reading: Reading
    span: Span

    @property
    def line(self) -> str:
        """The line that the span is in."""
        line = self.reading.article.lines[self.reading.line_of(self.span)]
        return self.reading.text[line.begin : line.end]


def runs_of(text: str) -> Iterable[str]:
    """Yield the runs of up to eight words of a text, folded; also with the mark after them."""
    for line in text.split("\n"):
        tokens = tokenise(line)
        for first, (begin, _) in enumerate(tokens):
            for _, end in tokens[first : first + LONGEST_RUN]:
                yield fold(line[begin:end], 2)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", metavar="DIR", type=Path, help="copies of the founding articles")
    parser.add_argument("--spans", type=int, default=200, help="how many spans are tried; default: 200")
    parser.add_argument("--longest", type=int, default=25, help="their greatest length in characters; default: 25")
    options = parser.parse_args()
    founding = founding_readings(options.folder)
    if not founding:
        sys.exit(f"{options.folder} holds none of the founding articles.")
    stores = [Store(REPO / "tests" / "toy"), Store(REPO / "src" / "stancebank" / "starter" / "sample")]
    common = {run for store in stores for each in readings(store) for run in runs_of(each.text)}
    registry = Store(REPO)
    for entity in registry.entities().entities:
        for name in (entity.name, *entity.aliases):
            common.update(runs_of(name))
    every = [
        Guess(reading, span)
        for reading in founding
        for span in dict.fromkeys(reading.spans)
        if span.end - span.begin <= options.longest
    ]
    chosen = random.Random(20310211).sample(every, min(options.spans, len(every)))
    counts = dict.fromkeys(("edition 1", "edition 2", "edition 2, a line known", "a key by article, a line known"), 0)
    lines = opened = 0
    for reading in founding:
        others = {run for each in founding if each is not reading for run in runs_of(each.text)}
        dictionary = common | others
        whole = {fold(line, 2) for each in founding if each is not reading for line in each.text.split("\n")}
        plain = {fingerprint(each) for each in dictionary}
        second = in_edition(reading, 2).article
        known = {fingerprint(each, 2) for each in dictionary | whole}
        guessed = {line.begin for line in second.lines if line.fingerprint in known}
        lines, opened = lines + len(second.lines), opened + len(guessed)
        longest = max(second.lines, key=lambda line: line.end - line.begin).begin
        for each in chosen:
            if each.reading is not reading:
                continue
            counts["edition 1"] += fingerprint(reading.text[each.span.begin : each.span.end]) in plain
            begin = second.lines[reading.line_of(each.span)].begin
            words = fold(reading.text[each.span.begin : each.span.end], 2)
            made = keyed_digest(words, line_key(each.line))
            # who knows the line tries all its own runs, too: they hold the span, whatever it is
            tries = {keyed_digest(run, line_key(each.line)) for run in {*dictionary, *runs_of(each.line)}}
            found = made in tries
            counts["edition 2"] += found and begin in guessed
            counts["edition 2, a line known"] += found and (begin in guessed or begin == longest)
            counts["a key by article, a line known"] += words in dictionary or (found and begin in guessed | {longest})
    print(f"{len(chosen)} spans of at most {options.longest} characters; {opened} of {lines} lines were guessed.\n")
    print("| fingerprints | guessed |\n|---|---:|")
    for name, count in counts.items():
        print(f"| {name} | {count} of {len(chosen)} |")


if __name__ == "__main__":
    main()
