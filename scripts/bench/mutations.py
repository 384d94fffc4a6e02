"""Forge a folder in every way that the tests know, and say which changes `publish verify` finds. Nothing may pass.

Usage: .venv/bin/python scripts/bench/mutations.py [COUNT] [SEED]   COUNT: changes that take effect, 1000 by default.
Ctrl-C ends it earlier, with the table of what was tried.
"""

import random
import signal
import sys
import tempfile
import threading
import time
from collections import Counter, defaultdict
from pathlib import Path

from stancebank.publish.build import build
from stancebank.publish.verification import Wanted, verify

sys.path.insert(0, str(Path(__file__).parent.parent.parent))
from tests.publish.builds import lay_toy
from tests.publish.forgery import FORGERS, open_base


def main(count: int, seed: int) -> int:
    rng = random.Random(seed)
    tried: Counter[str] = Counter()
    caught: Counter[str] = Counter()
    held: Counter[str] = Counter()
    named: defaultdict[str, Counter[str]] = defaultdict(Counter)
    passed = []
    began = time.time()
    with tempfile.TemporaryDirectory() as place:
        root = Path(place)
        workspace = lay_toy(root / "toy")
        bases = []
        for text in (None, "quotes", "withheld"):
            build(workspace, root / str(text), text)  # type: ignore[arg-type]
            bases.append(open_base((root / str(text)).resolve()))
        out = root / "forged"
        turns = list(FORGERS.values()) + [FORGERS["cells"]] * 6
        stop = threading.Event()
        signal.signal(signal.SIGINT, lambda *_: stop.set())  # what was tried until then is printed
        while sum(tried.values()) < count and not stop.is_set():
            base, forge = rng.choice(bases), rng.choice(turns)
            forged = forge(base, out, rng)
            if forged is None:
                continue
            found = verify(out, Wanted(readers=())).errors
            tried[forged.kind] += 1
            if not found and not forged.alone:
                held[forged.kind] += 1
                found = verify(out, Wanted(against=workspace, readers=())).errors
            elif found:
                caught[forged.kind] += 1
            if not found or any(each.code == "check-failed" for each in found):
                passed.append((base.root.name, forged))
            named[forged.kind].update({each.code for each in found[:3]})
    print("| change | tried | found alone | found against the workspace | named by |\n| --- | --- | --- | --- | --- |")
    for kind in sorted(tried):
        codes = ", ".join(f"`{code}`" for code, _ in named[kind].most_common(4))
        print(f"| {kind} | {tried[kind]} | {caught[kind]} | {held[kind]} | {codes} |")
    print(f"| all | {sum(tried.values())} | {sum(caught.values())} | {sum(held.values())} | |")
    print(f"\n{len(passed)} passed, in {time.time() - began:.0f} s.", file=sys.stderr)
    for name, forged in passed[:40]:
        print(f"PASSED  {name}  {forged}", file=sys.stderr)
    return bool(passed)


if __name__ == "__main__":
    asked = [int(each) for each in sys.argv[1:]]
    sys.exit(main(*asked, *(1000, 1)[len(asked) :]))
