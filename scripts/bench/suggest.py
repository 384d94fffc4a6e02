#!/usr/bin/env python
"""Measure what the engine `rules` takes of the processor, beside spaCy's own pipe on the same articles.

Usage: .venv/bin/python scripts/bench/suggest.py [--workspace DIR] [--articles 15 30 60]

A row is a number of articles: those of the workspace whose words are at hand (by default the sample), over and over.
Times are of the processor, all threads of this process, after all that is imported and the model were loaded. The pipe
is the model as it is packed, with all its steps, over the annotated passages of each article. Finding is what comes
before labels. The engine without gold is the whole of it, with nothing to learn from; with gold, it also reads all
examples once, and learns. What it reads a second time it may have kept, so the ratio of the first row counts: its
number should be that of the articles.

Writes a Markdown table to stdout.
"""

import argparse
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path

from stancebank.suggest.engine import ReadArticle, Surroundings, look_around
from stancebank.suggest.rules.engine import RulesEngine
from stancebank.suggest.rules.parser import PACKED, packed_folder
from stancebank.workspace import open_workspace

HEAD = (
    "articles",
    "words",
    "pipe, s",
    "finding, s",
    "without gold, s",
    "with gold, s",
    "without / pipe",
    "with / pipe",
)


def measured(call: Callable[[ReadArticle], Iterable[object]], sources: list[ReadArticle]) -> float:
    """Return the seconds of the processor that it takes to read articles."""
    begun = time.process_time()
    for source in sources:
        for _ in call(source):
            pass
    return time.process_time() - begun


def main() -> None:
    """Print the table."""
    options = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    options.add_argument("--workspace", type=Path)
    options.add_argument("--articles", type=int, nargs="+", default=[15, 30, 60])
    said = options.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        root = said.workspace or Path(folder) / "sample"
        if said.workspace is None:
            subprocess.run([sys.executable, "-m", "stancebank", "init", root, "--sample"], check=True, stdout=2)
        table(look_around(open_workspace(root)), said.articles)


def table(surroundings: Surroundings, numbers: list[int]) -> None:
    """Print a row for each number of articles."""
    import spacy

    folder = packed_folder(PACKED[0])
    if folder is None:
        sys.exit("The packed model is not installed.")
    nlp = spacy.load(folder)
    store = surroundings.workspace.store
    texts = [(article, store.text(article)) for article in store.articles()]
    at_hand = [surroundings.source(article, text) for article, text in texts if text is not None]
    bare = replace(surroundings, examples=())
    print(f"| {' | '.join(HEAD)} |\n|{'---|' * len(HEAD)}")
    for number in numbers:
        sources = [at_hand[place % len(at_hand)] for place in range(number)]
        words = sum(len(each.text.split()) for each in sources)

        def pipe(source: ReadArticle) -> Iterable[object]:
            return nlp.pipe(source.text[each.begin : each.end] for each in source.passages)

        engine = RulesEngine(bare)
        for call in (pipe, engine.suggest, RulesEngine(surroundings).suggest):
            measured(call, sources[:1])
        calls = pipe, engine.candidates, engine.suggest, RulesEngine(surroundings).suggest
        taken = [measured(call, sources) for call in calls]
        ratios = (f"{each / taken[0]:.2f}" for each in taken[2:])
        print(f"| {' | '.join([str(number), str(words), *(f'{each:.2f}' for each in taken), *ratios])} |", flush=True)


if __name__ == "__main__":
    main()
