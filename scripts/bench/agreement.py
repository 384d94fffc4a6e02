#!/usr/bin/env python
"""Measure `measure_agreement` on invented readings, against the package krippendorff; and whether its intervals hold.

Usage: .venv/bin/python scripts/bench/agreement.py [--articles 1000 10000] [--statements 12] [--coverage]

A row is a number of articles, each read by three annotators, in a process of its own. Times are of the processor, one
thread, without making the readings: of the alignment, of reading answers, and of all figures with their intervals. The
package gets the same units, as ours aligned them, as one matrix of numbers for each question, and computes nominal
alpha and nothing else. Its memory grows with the units times the square of the number of values: the 300 speakers would
take 86 GB for 10,000 articles. So it is left out where a question has more than 30 values; ours always has all
questions. That alphas are the same is checked. Peaks are those of the processes; the last column has one that only
makes the readings and drops them.

--coverage: instead, how many of 400 invented corpora have the true share and alpha in their interval, by the number of
articles. Each article has an error rate of its own, so that statements of one article are alike.

Writes a Markdown table to stdout. 10,000 articles take two minutes.
"""

import argparse
import os
import resource
import subprocess
import sys
import time
from pathlib import Path

REPO = Path(__file__).parent.parent.parent
sys.path.insert(0, str(REPO))
if __name__ == "__main__":
    os.environ |= {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}

from tests.agreement.readers import LABELS, SCHEME, read_articles  # noqa: E402

from stancebank.agreement import report as measuring  # noqa: E402
from stancebank.agreement.answers import Answers, ReadArticles, Units, answer_table  # noqa: E402
from stancebank.agreement.figures import Figure  # noqa: E402
from stancebank.agreement.sums import drawn_sums  # noqa: E402

HEAD = (
    "articles", "statements", "alignment, s", "answers, s", "figures, s", "package, s", "ours without alignment",
    "peak, MB", "of readings alone",
)  # fmt: skip
MOST_VALUES = 30
CORPORA, ANNOTATORS, STATEMENTS = 400, 3, 12


class Clock:
    """Adds up what calls take of this thread's processor time."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def __enter__(self) -> None:
        self._begun = time.thread_time()

    def __exit__(self, *_: object) -> None:
        self.seconds += time.thread_time() - self._begun


def measure(articles: int, statements: int) -> str:
    """Measure ours, then the package; return the seconds and the peak of ours."""
    aligning, adding, figuring, theirs = Clock(), Clock(), Clock(), Clock()
    align = measuring.align_readings

    def aligned(*given: object) -> object:
        with aligning:
            return align(*given)  # type: ignore[arg-type]

    measuring.align_readings = aligned  # type: ignore[assignment]
    ours = measuring.Measuring(SCHEME)
    for each in read_articles(articles, statements=statements):
        with adding:
            ours.add(each)
    with figuring:
        report = ours.report(measuring.SAMPLES, 20)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    import krippendorff
    import numpy as np

    alphas = {each.name: each for each in report.fields}
    read = ReadArticles(report.annotators, [tuple(range(ANNOTATORS))] * articles)
    for question in ours.questions():
        found = alphas[question.name]
        if not isinstance(question, Answers) or question.units.weights or not 1 < len(question.numbers) <= MOST_VALUES:
            continue
        table, _, _ = answer_table(question, read)
        data = np.where(table < 0, np.nan, table)[(table >= 0).sum(1) > 1].T.copy()
        if len(np.unique(data[~np.isnan(data)])) < 2:
            continue  # the package refuses
        with theirs:
            alpha = krippendorff.alpha(reliability_data=data, level_of_measurement="nominal")
        if found.alpha.value is not None and found.scale == "nominal":
            assert abs(alpha - found.alpha.value) < 1e-9, question.name
    seconds = [each.seconds for each in (aligning, adding, figuring, theirs)]
    seconds[1] -= seconds[0]
    return " ".join(map(str, [*seconds, sum(report.statements.values()), peak]))


def make(articles: int, statements: int) -> str:
    """Make the readings and drop them; return the peak."""
    for _ in read_articles(articles, statements=statements):
        pass
    return str(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024)


def holds(figure: Figure, truth: float) -> bool:
    return figure.low is not None and figure.high is not None and figure.low <= truth <= figure.high


def cover(articles: int) -> tuple[float, float]:
    """Return how often the intervals of share and alpha hold what is true."""
    import numpy as np

    values = len(LABELS)
    chance = np.random.default_rng(articles)
    rates = np.random.default_rng(0).beta(1.5, 8, 1_000_000)
    share = float(((1 - rates) ** 2 + rates**2 / (values - 1)).mean())
    alpha = (share - 1 / values) / (1 - 1 / values)
    held = [0, 0]
    for _ in range(CORPORA):
        truth = chance.integers(0, values, (articles, STATEMENTS, 1))
        errs = chance.random((articles, STATEMENTS, ANNOTATORS)) < chance.beta(1.5, 8, (articles, 1, 1))
        said = (truth + errs * chance.integers(1, values, errs.shape)) % values
        question = Answers("label", 4, Units())
        question.numbers |= {name: number for number, name in enumerate(LABELS)}
        question.units.articles.extend(np.repeat(np.arange(articles), STATEMENTS).tolist())
        question.answers.extend(said.ravel().tolist())
        read = ReadArticles(tuple("abc"), [tuple(range(ANNOTATORS))] * articles)
        found = question.measured(read).agreement(drawn_sums(range(articles), articles, 1000, 20))
        held[0] += holds(found.share, share)
        held[1] += holds(found.alpha, alpha)
    return held[0] / CORPORA, held[1] / CORPORA


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--articles", type=int, nargs="+", default=[1000, 10000])
    parser.add_argument("--statements", type=int, default=STATEMENTS)
    parser.add_argument("--coverage", action="store_true")
    parser.add_argument("--part", choices=("measure", "make"), help=argparse.SUPPRESS)
    wish = parser.parse_args()
    if wish.part:
        print({"measure": measure, "make": make}[wish.part](wish.articles[0], wish.statements))
        return
    if wish.coverage:
        print("| articles | true share held | true alpha held |\n|---|---|---|")
        for articles in (6, 10, 20, 50, 200, 1000):
            print(f"| {articles} | {' | '.join(f'{each:.1%}' for each in cover(articles))} |", flush=True)
        return
    print(f"| {' | '.join(HEAD)} |\n|{'---|' * len(HEAD)}")
    for articles in wish.articles:
        parts = []
        for part in ("measure", "make"):
            command = [
                sys.executable,
                __file__,
                "--part",
                part,
                "--articles",
                articles,
                "--statements",
                wish.statements,
            ]
            parts.append(
                subprocess.run([*map(str, command)], check=True, capture_output=True, text=True).stdout.split()
            )
        (*times, statements, peak), (least,) = parts
        aligning, adding, figuring, theirs = map(float, times)
        cells = [
            f"{articles:,}",
            f"{int(statements):,}",
            *(f"{each:.1f}" for each in (aligning, adding, figuring, theirs)),
        ]
        cells += [f"{(adding + figuring) / theirs:.1f} x", peak, least]
        print(f"| {' | '.join(cells)} |", flush=True)


if __name__ == "__main__":
    main()
