#!/usr/bin/env python
"""Measure the alignment of several readings: time for an article and many, growth, and the worth of heuristics.

Usage: .venv/bin/python scripts/bench/alignment.py [ARTICLES]      10,000 articles in the last table if nothing is said

Writes Markdown tables to stdout. Times are those of the processor, for this thread; scipy is imported before. The
articles are invented: a reader misses a statement in ten, and errs in bounds and labels of two in ten. *Nested* is the
share of statements whose content lies in that of another one, or is the same. Worth is that of
`stancebank.agreement.units`, as a share of the best alignment's, of groups with more than one possible division:

- pairs: the pairs that fit best, one after another (greedy);
- turns: one reading after another, without a second turn (the recursive heuristic);
- units: what the toolkit does with groups that are too large (turns, then dimensionwise variation).
"""

import resource
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from random import Random
from typing import Any

import msgspec

REPO = Path(__file__).parent.parent.parent
sys.path.insert(0, str(REPO))

from tests.agreement.readers import read_articles  # noqa: E402
from tests.agreement.test_align import SCHEME, statement  # noqa: E402
from tests.strategies import article_of  # noqa: E402

from stancebank.agreement import units  # noqa: E402
from stancebank.agreement.align import may_be_one  # noqa: E402
from stancebank.agreement.partition import divide  # noqa: E402
from stancebank.agreement.units import align_readings  # noqa: E402
from stancebank.corpus.store import Store  # noqa: E402
from stancebank.model import Mention, Span, Statement, Target  # noqa: E402
from stancebank.records import to_json  # noqa: E402

SAMPLE = REPO / "src/stancebank/starter/sample"
Reading = Sequence[Statement]


def invented(readers: int, count: int, nested: float, seed: int) -> list[list[Statement]]:
    """Return readings of an article with so many statements, some of them nested."""
    chance = Random(f"{readers} {count} {nested} {seed}")
    truth: list[tuple[int, int, dict[str, Any]]] = []
    for place in range(count):
        if truth and chance.random() < nested:
            begin, end, _ = chance.choice(truth)
            if end - begin > 12 and chance.random() < 0.7:
                begin = chance.randrange(begin, end - 5)
                end = min(end, begin + chance.randrange(5, 80))
        else:
            begin = place * 160 + chance.randrange(0, 40)
            end = begin + chance.randrange(30, 120)
        truth.append((begin, end, labels(chance)))
    return [err(truth, chance) for _ in range(readers)]


def labels(chance: Random) -> dict[str, Any]:
    return {
        "stance": chance.choice(["reject", "open", "demand"]),
        "speaker": Mention(entity=chance.choice(["envoy", "minister"])),
        "target": Target(id=chance.choice(["talks", "meet", "leave"])),
    }


def err(truth: Sequence[tuple[int, int, dict[str, Any]]], chance: Random) -> list[Statement]:
    found = []
    for number, (begin, end, said) in enumerate(truth):
        if chance.random() < 0.1:
            continue
        if chance.random() < 0.2:
            begin = max(0, begin + chance.randrange(-10, 4))
        if chance.random() < 0.2:
            end = max(begin + 3, end + chance.randrange(-4, 11))
        found.append(statement(f"s{number}", (begin, end), **(labels(chance) if chance.random() < 0.2 else said)))
    return found


def at_one_place(count: int) -> list[list[Statement]]:
    """Return three readings in which all statements overlap, each with all of the others."""
    chance = Random(count)
    return [
        [
            statement(f"s{n}", (chance.randrange(100), 400 + chance.randrange(100)), **labels(chance))
            for n in range(count)
        ]
        for _ in range(3)
    ]


def timed(readings: Sequence[Reading]) -> tuple[float, int]:
    """Return the milliseconds that the alignment takes, and how many groups the heuristic divided."""
    begun = time.thread_time()
    approximate = align_readings(readings, SCHEME).approximate
    return 1000 * (time.thread_time() - begun), approximate


def show_articles() -> None:
    print(
        "| readers | statements | nested | median ms | slowest of 50 ms | by the heuristic |\n|---|---|---|---|---|---|"
    )
    for readers, count, nested in (
        (3, 12, 0.0), (3, 12, 0.2), (3, 40, 0.0), (3, 40, 0.2), (3, 40, 0.4), (3, 100, 0.2), (5, 40, 0.2), (8, 12, 0.2),
    ):  # fmt: skip
        found = [timed(invented(readers, count, nested, seed)) for seed in range(50)]
        times = sorted(each for each, _ in found)
        print(
            f"| {readers} | {count} | {nested:.0%} | {times[25]:.1f} | {times[-1]:.1f} | {sum(n for _, n in found)} |"
        )


def show_growth() -> None:
    print("\n| at one place, in each of three readings | ms | by the heuristic | memory MB |\n|---|---|---|---|")
    for count in (5, 10, 15, 20, 40, 100, 200, 400):
        spent, approximate = timed(at_one_place(count))
        print(f"| {count} | {spent:.0f} | {approximate} | {memory():.0f} |", flush=True)


def greedy(group: Sequence[int], fits: Sequence[dict[int, int]]) -> list[tuple[int, ...]]:
    unit: dict[int, tuple[int, ...]] = {item: (item,) for item in group}
    pairs = sorted((-weight, one, other) for one in group for other, weight in fits[one].items() if one < other)
    for _, one, other in pairs:
        ours, theirs = unit[one], unit[other]
        if ours is not theirs and all(each in fits[item] for item in ours for each in theirs):
            unit |= dict.fromkeys((*ours, *theirs), ours + theirs)
    return list(dict.fromkeys(unit.values()))


def compare(articles: Sequence[Sequence[Reading]]) -> Counter[str]:
    """Return the worth of each way to divide the groups of many articles, and in how many it is the best one."""
    told: Counter[str] = Counter()
    for readings in articles:
        orders, edges = may_be_one(readings, SCHEME)
        reading_of = [reading for reading, order in enumerate(orders) for _ in order]
        fits: list[dict[int, int]] = [{} for _ in reading_of]
        for one, other, weight in edges:
            fits[one][other] = fits[other][one] = weight
        seen: set[int] = set()
        for first in range(len(reading_of)):
            group = [first]
            for item in group:
                group += [each for each in fits[item] if each not in group]
            if first in seen or all(len(fits[item]) == len({reading_of[each] for each in group}) - 1 for item in group):
                continue
            seen.update(group)
            possible = list(units._possible(sorted(group), reading_of, fits))
            best = divide(possible) if len(possible) <= units.POSSIBLE else None
            if best is None:
                continue
            worth = {"best": sum(block.worth for block in best)}
            found = {"pairs": greedy(group, fits), "units": units._by_turns(sorted(group), reading_of, fits)}
            rounds, units.ROUNDS = units.ROUNDS, 0
            found["turns"] = units._by_turns(sorted(group), reading_of, fits)
            units.ROUNDS = rounds
            worth |= {name: sum(units._worth(unit, fits) for unit in made) for name, made in found.items()}
            told += Counter(worth) + Counter({f"{name} best": value == worth["best"] for name, value in worth.items()})
    return told


def noisy(readings: Sequence[Reading], share: float, chance: Random) -> list[list[Statement]]:
    """Move bounds, and leave out, of a share of the statements."""

    def moved(span: Span) -> Span:
        begin = max(0, span.begin + chance.randrange(-30, 31))
        return msgspec.structs.replace(span, begin=begin, end=max(begin + 5, span.end + chance.randrange(-30, 31)))

    return [
        [
            msgspec.structs.replace(each, content=(moved(each.content[0]),)) if chance.random() < share else each
            for each in reading
            if chance.random() > share / 4
        ]
        for reading in readings
    ]


def show_heuristics() -> None:
    print("\n| articles | groups | pairs | turns | units | best division found by: pairs | turns | units |")
    print("|---|---|---|---|---|---|---|---|")
    sample = [[document.statements for document in each.documents] for each in Store(SAMPLE, SCHEME.version).readings()]
    chance = Random(1)
    kinds = {
        "sample, half of the bounds moved by up to 30": [noisy(each, 0.5, chance) for each in sample * 10],
        "3 × 40, 20 % nested": [invented(3, 40, 0.2, seed) for seed in range(40)],
        "3 × 40, 40 % nested": [invented(3, 40, 0.4, seed) for seed in range(40)],
        "5 × 12, 40 % nested": [invented(5, 12, 0.4, seed) for seed in range(40)],
    }
    for name, articles in kinds.items():
        told = compare(articles)
        count = told["best best"]
        shares = [f"{told[each] / told['best']:.2%}" for each in ("pairs", "turns", "units")]
        shares += [f"{told[f'{each} best'] / count:.0%}" for each in ("pairs", "turns", "units")]
        print(f"| {name} | {count} | {' | '.join(shares)} |", flush=True)


def show_stream(articles: int) -> None:
    """Align readings as they are read from the files of a workspace."""
    print("\n| articles × 3 × 12 | reading s | aligning s | units | memory MB |\n|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as folder:
        root, made = Path(folder), 0
        (root / "corpus/articles").mkdir(parents=True)
        plain = article_of("Norland and Suvia will talk.\n\nNot yet.")
        for count in (articles // 10, articles):
            for each in read_articles(count - made, first=made):
                article = msgspec.structs.replace(plain, id=each.article_id, text_sha256=each.documents[0].text_sha256)
                (root / f"corpus/articles/{article.id}.json").write_text(to_json(msgspec.to_builtins(article)), "utf-8")
                for document in each.documents:
                    path = root / f"corpus/annotations/{document.annotator}/{article.id}.json"
                    path.parent.mkdir(parents=True, exist_ok=True)
                    path.write_text(to_json(msgspec.to_builtins(document)), "utf-8")
            made = count
            begun, aligning, found = time.thread_time(), 0.0, 0
            for each in Store(root, SCHEME.version).readings():
                start = time.thread_time()
                found += len(align_readings([document.statements for document in each.documents], SCHEME).units)
                aligning += time.thread_time() - start
            reading = time.thread_time() - begun - aligning
            print(f"| {count} | {reading:.1f} | {aligning:.1f} | {found} | {memory():.0f} |", flush=True)


def memory() -> float:
    """Return the most that this process has held so far, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def main() -> None:
    import scipy.optimize
    import scipy.sparse  # noqa: F401

    articles = int(sys.argv[1]) if len(sys.argv) > 1 else 10_000
    show_stream(articles)  # first, while little memory was ever held
    print()
    show_articles()
    show_heuristics()
    show_growth()


if __name__ == "__main__":
    main()
