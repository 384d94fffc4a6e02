#!/usr/bin/env python
"""Hold our figures of agreement against gamma, which aligns and measures spans and labels at once.

Usage: .venv/bin/python scripts/bench/gamma.py --peer PYTHON

PYTHON is an interpreter with pygamma-agreement (`python -m venv pg; pg/bin/pip install pygamma-agreement`; it is under
the GPL in parts and brings numba and several solvers, so that it is no dependency). Two readings are made of each gold
reading of the sample: each misses a statement, moves its bounds and changes its label with the probability of the row.
Prints a Markdown table: gamma as the mean over articles (Mathet et al. 2015; combined dissimilarity of places and
labels, alpha = beta = 1; 30 random samples an article), and beside it F1 of finding, alpha over characters, alpha of
the label and the share of whole records; then Spearman's rank correlation of each with gamma over all articles and
rows. Gamma knows one stretch a statement, so that a discontinuous content counts from its first to its last character.
"""

import argparse
import json
import random
import subprocess
import tempfile
from pathlib import Path

from msgspec.structs import replace
from scipy.stats import spearmanr

from stancebank.agreement.report import measure_agreement
from stancebank.model import ArticleReadings, Document, Span
from stancebank.schema.fields import Scheme
from stancebank.starter.laying import lay, sample_files
from stancebank.workspace import open_workspace

NOISE = (0.0, 0.05, 0.1, 0.2, 0.3, 0.5)
PEER = """
import json, sys
import numpy as np
from pygamma_agreement import CombinedCategoricalDissimilarity, Continuum
from pyannote.core import Segment
found = []
for number, readings in enumerate(json.load(sys.stdin)):
    np.random.seed(number)
    continuum = Continuum()
    for name, units in readings.items():
        continuum.add_annotator(name)
        for begin, end, label in units:
            continuum.add(name, Segment(begin, end), label)
    dissimilarity = CombinedCategoricalDissimilarity(alpha=1, beta=1, delta_empty=1.0)
    found.append(float(continuum.compute_gamma(dissimilarity, n_samples=30).gamma))
json.dump(found, sys.stdout)
"""


def spoil(document: Document, name: str, noise: float, scheme: Scheme, drawn: random.Random) -> Document:
    """Return a reading that misses, moves and mistakes statements of gold, each with the same probability."""
    labels = list(scheme.values(scheme.label))
    kept = []
    for each in document.statements:
        if drawn.random() < noise:
            continue
        content = each.content
        if drawn.random() < noise:
            first = content[0]
            step = drawn.randint(1, max(1, (first.end - first.begin) // 3))
            content = (Span(begin=first.begin + step, end=first.end, fingerprint=first.fingerprint), *content[1:])
        fields = dict(each.fields)
        if drawn.random() < noise:
            fields[scheme.label.name] = drawn.choice([value for value in labels if value != fields[scheme.label.name]])
        kept.append(replace(each, content=content, fields=fields, same_as=None))
    return replace(document, annotator=name, gold=None, statements=tuple(kept))


def ours(readings: list[ArticleReadings], scheme: Scheme) -> list[float | None]:
    """Return the figures that are compared with gamma."""
    report = measure_agreement(readings, scheme, samples=0)
    fields = {each.name: each for each in report.fields}
    label, inside = fields[scheme.label.title], fields["inside a statement"]
    return [fields["statement"].share.value, inside.alpha.value, label.alpha.value, report.whole.value]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--peer", required=True, help="an interpreter that has pygamma-agreement")
    peer = parser.parse_args().peer
    with tempfile.TemporaryDirectory() as folder:
        lay(sample_files(), Path(folder))
        store = open_workspace(Path(folder)).store
        scheme = store.scheme
        golds = [(gold, store.article(gold.article_id).length) for gold in store.documents(None)]
    rows, asked = [], []
    for noise in NOISE:
        drawn = random.Random(f"gamma {noise}")
        articles = []
        for gold, length in golds:
            pair = tuple(spoil(gold, name, noise, scheme, drawn) for name in ("one", "other"))
            if all(each.statements for each in pair):
                articles.append(ArticleReadings(gold.article_id, pair, ((0, length),)))
        rows.append(articles)
        asked += [
            {
                each.annotator: [
                    (one.content[0].begin, one.content[-1].end, scheme.label.text(one)) for one in each.statements
                ]
                for each in article.documents
            }
            for article in articles
        ]
    done = subprocess.run([peer, "-c", PEER], input=json.dumps(asked), capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(done.stderr)
    gammas = json.loads(done.stdout)
    print("| noise | gamma | found (F1) | alpha, characters | alpha, label | whole records |")
    print("|---|---|---|---|---|---|")
    single: list[list[float | None]] = []
    start = 0
    for noise, articles in zip(NOISE, rows, strict=True):
        part = gammas[start : start + len(articles)]
        start += len(articles)
        figures = [sum(part) / len(part), *ours(articles, scheme)]
        cells = ["–" if each is None else f"{each:.2f}" for each in figures]
        print(f"| {noise:.2f} | {' | '.join(cells)} |")
        single += [ours([each], scheme) for each in articles]
    cells = []
    for column in zip(*single, strict=True):
        both = [(mine, theirs) for mine, theirs in zip(column, gammas, strict=True) if mine is not None]
        cells.append(f"{spearmanr(both).statistic:.2f} ({len(both)})")
    print(f"| rank correlation (articles) | | {' | '.join(cells)} |")


if __name__ == "__main__":
    main()
