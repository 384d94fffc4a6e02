#!/usr/bin/env python
"""Forge folders in every way that the tests know, and say which changes `publish verify` finds. Nothing may pass.

Usage: .venv/bin/python scripts/bench/mutations.py [--each N] [--jobs N] [--seed N] [--log DIR] [--only KIND]

At least N changes of every kind, 1000 by default. Each one is a line in DIR; a later run with the same DIR goes on from
there, and --each 0 prints the tables of what is there. Ctrl-C ends a run with the tables of what was tried.
"""

import argparse
import hashlib
import json
import multiprocessing
import random
import signal
import sys
import tempfile
import time
import traceback
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from functools import lru_cache, partial
from pathlib import Path
from typing import Any

from stancebank.publish import header, hub, shards
from stancebank.publish.verification import Wanted, rows, tables, verify

sys.path.insert(0, str(Path(__file__).parent.parent.parent))
from tests.publish.forgery import EVERY, FORGERS, Base, Forged
from tests.publish.forgery.bases import lay_bases

AGAINST = ("source-differs", "record-differs")
"""What only a workspace shows."""

WEIGHTS = {
    "toy, quotes": 200,
    "toy, withheld": 200,
    "toy, as each article allows": 60,
    "toy, a release in many files": 40,
}
"""How often a folder is forged, beside the sample, whose verification takes ten times as long."""

Tried = dict[str, Any]


def dump_fast(bases: list[Base]) -> None:
    """Let the headers of cards be written by libyaml, which takes a fifteenth of the time and writes the same."""
    import yaml

    plain, fast = yaml.safe_dump, partial(yaml.dump, Dumper=yaml.CSafeDumper)
    for base in bases:
        head = header.make_header(base.folder.facts, base.folder.views)
        form = {"sort_keys": False, "allow_unicode": True, "width": 110}
        assert plain(head, **form) == fast(head, **form)
    yaml.safe_dump = fast


def remember() -> None:
    """Keep what depends on nothing but its input: most records, tables and views are those of the sound folder."""
    validate, read_groups, read_head, dataset_info = (
        rows.validate,
        shards.read_groups,
        tables.read_head,
        hub.dataset_info,
    )

    @lru_cache(maxsize=4000)
    def held(data: bytes, kind: Any, schema_dir: Path) -> tuple[Any, ...]:
        return tuple(validate(json.loads(data), kind, schema_dir, ""))

    @lru_cache(maxsize=2000)
    def described(view: Any, stances: tuple[str, ...], version: str) -> Any:
        return dataset_info([view], stances, version)[0]

    kept: dict[Any, Any] = {}

    def once(read: Callable[..., Any], path: Path, *more: Any) -> Any:
        key = read, hashlib.sha256(path.read_bytes()).digest(), repr(more)
        if key not in kept:
            if len(kept) > 4000:
                kept.clear()
            found = read(path, *more)
            kept[key] = found if isinstance(found, tuple) else list(found)
        return kept[key]

    rows.validate = lambda value, kind, schema_dir, file: list(held(json.dumps(value).encode(), kind, schema_dir))
    header.dataset_info = lambda views, stances, version: [described(e, tuple(stances), version) for e in views]
    tables.read_groups = shards.read_groups = partial(once, read_groups)
    tables.read_head = partial(once, read_head)


def judge(out: Path, forged: Forged, workspace: Any) -> Tried:
    """Say what reveals a change: the folder, the gold, the record, or nothing. The last but one wins."""
    told = verify(out, Wanted(against=workspace, readers=())).errors
    alone = [each for each in told if each.code not in AGAINST]
    gold = [each for each in told if each.code == "source-differs"]
    by = "folder" if alone else "gold" if gold else "record" if told else "nothing"
    found = alone or gold or told
    order = ("folder", "gold", "record", "nothing")
    passed = order.index(by) > order.index(forged.by)
    passed |= any(each.code == "check-failed" for each in found) or any(not each.file for each in found)
    codes = sorted({each.code for each in found})
    return {"change": forged.kind, "what": forged.what, "column": forged.column, "by": by, "codes": codes} | (
        {"passed": [f"{each.place}: {each.code}: {each.message}" for each in found[:3]]} if passed else {}
    )


def run(log: Path, job: int, wanted: dict[str, int], seed: int, stop: Any) -> None:
    """Make so many changes of every kind, one kind after the other and over again, and write a line for each."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    rng = random.Random(f"{seed} {job} {sorted(wanted.items())}")
    left = dict(wanted)
    with tempfile.TemporaryDirectory(prefix="forger-") as place, (log / f"{seed}-{job}.jsonl").open("a") as lines:
        bases = lay_bases(Path(place).resolve())
        remember()
        dump_fast([base for base, _ in bases.values()])
        weights = [WEIGHTS.get(name, 1) for name in bases]
        out = Path(place).resolve() / "forged"
        while any(left.values()) and not stop.is_set():
            for kind in [each for each in left if left[each] > 0]:
                name = rng.choices([*bases], weights)[0]
                base, workspace = bases[name]
                begun = time.perf_counter()
                forged = forge(kind, base, out, rng)
                if forged is None:
                    continue
                line = {"kind": kind, "base": name} | judge(out, forged, workspace)
                lines.write(json.dumps(line | {"seconds": round(time.perf_counter() - begun, 3)}) + "\n")
                lines.flush()
                left[kind] -= 1


def forge(kind: str, base: Base, out: Path, rng: random.Random) -> Forged | None:
    """Make one change. What a forger cannot do is told and not counted."""
    try:
        return FORGERS[kind](base, out, rng)
    except Exception:
        print(f"{kind}, {base.root.name}: {traceback.format_exc(limit=-3)}", file=sys.stderr)
        return None


def read(log: Path) -> list[Tried]:
    return [json.loads(line) for path in sorted(log.glob("*.jsonl")) for line in path.open()]


def print_tables(tried: list[Tried]) -> None:
    print(table("kind", [each | {"row": each["kind"]} for each in tried], FORGERS))
    print(table("change", [each | {"row": each["change"]} for each in tried], None))
    print(table("folder", [each | {"row": each["base"]} for each in tried], None))
    columns = Counter(each["column"] for each in tried if "." in each["column"])
    every = [f"{view}.{'/'.join(names)}" for view, names, _ in EVERY]
    counts = [columns[each] for each in every]
    unmet = [each for each in every if not columns[each]]
    print(f"{len(every)} columns, nested ones too: each changed {min(counts)} to {max(counts)} times.")
    print(f"Never changed: {', '.join(unmet) or 'none'}.")


def table(head: str, tried: list[Tried], order: Iterable[str] | None) -> str:
    """Return a Markdown table: how many were tried, what revealed them, and by which codes."""
    groups: defaultdict[str, list[Tried]] = defaultdict(list)
    for each in tried:
        groups[each["row"]].append(each)
    lines = [f"| {head} | tried | found alone | by the gold | by the record | passed | named by |"]
    lines.append("| --- | --- | --- | --- | --- | --- | --- |")
    for name in [*(order or sorted(groups)), "all"]:
        held = tried if name == "all" else groups[name]
        by = Counter(each["by"] for each in held)
        named = Counter(code for each in held for code in each["codes"]).most_common(4)
        codes = ", ".join(f"`{code}`" for code, _ in named) if name != "all" else ""
        passed = sum("passed" in each for each in held)
        lines.append(f"| {name} | {len(held)} | {by['folder']} | {by['gold']} | {by['record']} | {passed} | {codes} |")
    return "\n".join(lines) + "\n"


def main() -> int:
    parser = argparse.ArgumentParser(description="Forge folders and verify them.")
    parser.add_argument("--each", type=int, default=1000)
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--log", type=Path)
    parser.add_argument("--only", action="append", choices=[*FORGERS])
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as place:
        log = asked.log or Path(place)
        log.mkdir(parents=True, exist_ok=True)
        begun = time.time()
        have = Counter(each["kind"] for each in read(log))
        lacking = {kind: max(0, asked.each - have[kind]) for kind in asked.only or FORGERS}
        stop = multiprocessing.Event()
        jobs = [
            multiprocessing.Process(
                target=run,
                args=(log, job, {kind: -(-each // asked.jobs) for kind, each in lacking.items()}, asked.seed, stop),
            )
            for job in range(asked.jobs if any(lacking.values()) else 0)
        ]
        signal.signal(signal.SIGINT, lambda *_: stop.set())
        signal.signal(signal.SIGTERM, lambda *_: stop.set())
        for each in jobs:
            each.start()
        for each in jobs:
            each.join()
        tried = read(log)
    print_tables(tried)
    passed = [each for each in tried if "passed" in each]
    print(f"{len(passed)} of {len(tried)} passed, in {time.time() - begun:.0f} s.", file=sys.stderr)
    for each in passed[:200]:
        told = (each["kind"], each["change"], each["base"], each["what"], each["by"], *each["passed"])
        print("PASSED", *told, sep="  ", file=sys.stderr)
    return bool(passed or any(each.exitcode for each in jobs))


if __name__ == "__main__":
    sys.exit(main())
