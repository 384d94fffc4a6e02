#!/usr/bin/env python
"""Compare our estimates of competence with those of crowd-kit, and both with what was planted.

Usage: .venv/bin/python scripts/bench/competence.py [--peer PYTHON]

PYTHON is an interpreter with crowd-kit (`python -m venv ck; ck/bin/pip install crowd-kit`; it brings pandas,
scikit-learn, nltk and transformers, so that it is no dependency). Prints a Markdown table: for 5 annotators with
planted accuracies, 20 seeds a row, the mean rank correlation and the mean error of each model, the greatest difference
to crowd-kit, how often both name the same truth, and seconds of processor time for a fit.
"""

import argparse
import json
import subprocess
import sys
import time
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[2]))

from tests.agreement.test_competence import ACCURACIES, plant, rank_correlation

from stancebank.agreement.competence import MODELS

PEER = """
import json, sys, time
import pandas as pd
from crowdkit.aggregation import MACE, DawidSkene
sets = json.load(sys.stdin)
found = []
for rows in sets:
    frame = pd.DataFrame(
        [(unit, name, value) for unit, row in enumerate(rows) for name, value in enumerate(row) if value >= 0],
        columns=["task", "worker", "label"],
    )
    began = time.thread_time()
    ds = DawidSkene(n_iter=300, tol=1e-8).fit(frame)
    prior, errors = ds.priors_, ds.errors_
    known = [[k for k in prior.index if (j, k) in errors.index] for j in range(5)]
    right = [sum(prior[k] * errors.loc[(j, k), k] for k in known[j]) for j in range(5)]
    ended = time.thread_time()
    mace = MACE(n_restarts=1, random_state=0).fit(frame)  # all restarts begin alike there
    found.append({
        "dawid-skene": [right, ds.labels_.sort_index().tolist(), ended - began],
        "mace": [[float(s[1] / s.sum()) for s in mace.spamming_], mace.labels_.sort_index().tolist(),
                 time.thread_time() - ended],
    })
json.dump(found, sys.stdout)
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--peer")
    arguments = parser.parse_args()
    head = [
        "values",
        "answers",
        "model",
        "rank correlation",
        "error",
        "s",
        "to crowd-kit",
        "same truth",
        "its error",
        "its s",
    ]
    print("| " + " | ".join(head) + " |\n|" + "---|" * len(head))
    for values, answered in ((4, 5), (5, 5), (6, 5), (5, 3), (5, 2)):
        sets = [plant(seed, values, 200, answered) for seed in range(20)]
        peers = None
        if arguments.peer:
            told = json.dumps([each.tolist() for each in sets])
            run = subprocess.run([arguments.peer, "-c", PEER], input=told, capture_output=True, text=True, check=True)
            peers = json.loads(run.stdout)
        for name, fit in MODELS.items():
            planted = np.array(ACCURACIES)
            if name == "mace":
                planted = (planted - 1 / values) / (1 - 1 / values)
            began = time.thread_time()
            found = [fit(each, values) for each in sets]
            seconds = (time.thread_time() - began) / len(sets)
            ranks = np.mean([rank_correlation(each.competence, planted) for each in found])
            error = np.mean([np.abs(each.competence - planted).mean() for each in found])
            cells = [str(values), f"{answered} of 5", name, f"{ranks:.3f}", f"{error:.3f}", f"{seconds:.3f}"]
            if peers:
                theirs = [each[name] for each in peers]
                apart = max(np.abs(a.competence - np.array(b[0])).max() for a, b in zip(found, theirs, strict=True))
                same = np.mean(
                    [(a.posterior.argmax(axis=1) == b[1]).mean() for a, b in zip(found, theirs, strict=True)]
                )
                wrong = np.mean([np.abs(np.array(b[0]) - planted).mean() for b in theirs])
                cells += [f"{apart:.4f}", f"{same:.3%}", f"{wrong:.3f}", f"{np.mean([b[2] for b in theirs]):.3f}"]
            print("| " + " | ".join(cells) + " |")
            sys.stdout.flush()


if __name__ == "__main__":
    main()
