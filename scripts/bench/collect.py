"""Run all benchmarks of the table, and print it as Markdown. Run by scripts/bench/run.

Each script of this folder that has `rows` runs in a process of its own, one after another, for each of its sizes. A
script may say its sizes itself: ``SIZES = {"small": (100,), "normal": (1000, 10_000), "large": (100_000,)}``; large
ones come after the normal ones. A script that fails, or takes longer than its share of the time, is named below the
table, and the others go on.
"""

import argparse
import ast
import inspect
import json
import os
import platform
import re
import runpy
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

FOLDER = Path(__file__).resolve().parent
REPO = FOLDER.parent.parent
sys.path[:0] = [str(FOLDER), str(REPO)]

from scripts.bench.table import Row, markdown  # noqa: E402

PAGE = REPO / "docs/performance.md"
LEVELS = ("small", "normal", "large")
SIZES: Mapping[str, Mapping[str, tuple[int, ...]]] = {
    "archives": {"small": (20,), "normal": (100,), "large": (3000,)},
    "stores": {"small": (20,), "normal": (1000,), "large": (10_000,)},
    "duplicates": {"small": (200,), "normal": (2000, 10_000), "large": (100_000, 1_000_000)},
    "validation": {"small": (20,), "normal": (1000,), "large": (10_000,)},
    "check": {"small": (10,), "normal": (300, 1000), "large": (10_000,)},
    "publish": {"small": (10,), "normal": (300, 1000), "large": (10_000,)},
    "engine": {"small": (20,), "normal": (300,), "large": (3000,)},
}
"""Sizes of scripts that do not say them; what is not named here has those of `_OTHERS`."""

_OTHERS: Mapping[str, tuple[int, ...]] = {"small": (20,), "normal": (1000,), "large": (10_000,)}
LIMIT = {"small": 300, "normal": 180, "large": 3600}
"""Seconds that a script may take at one size."""

BUDGET = {"small": 600, "normal": 900, "large": 12 * 3600}
"""Seconds that all of it may take; the first sizes of all scripts come first, so that each has its rows."""

LIBRARIES = (
    *("datasets", "deltalake", "fastwarc", "ijson", "jsonschema", "jsonschema-rs", "msgspec", "orjson", "pyarrow"),
    *("rensa", "resiliparse", "trafilatura"),
)
MARKS = re.compile(r"(<!-- measured -->\n).*?(<!-- /measured -->\n)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Measured:
    """What a script gave at one size. fault: "" or why there are no rows, or not all."""

    name: str
    size: int
    rows: tuple[Row, ...]
    fault: str
    seconds: float


def scripts() -> list[str]:
    """Return the names of the scripts that have `rows`, without running them."""
    return sorted(path.stem for path in FOLDER.glob("*.py") if path.stem not in ("collect", "table") and _has(path))


def _has(path: Path, name: str = "rows") -> bool:
    body = ast.parse(path.read_bytes()).body
    return any(isinstance(node, ast.FunctionDef) and node.name == name for node in body)


def sizes_of(name: str, level: str) -> tuple[int, ...]:
    """Return the sizes of a script at a level; large ones come after the normal ones."""
    own: Mapping[str, tuple[int, ...] | int] = SIZES.get(name, _OTHERS)
    for node in ast.parse((FOLDER / f"{name}.py").read_bytes()).body:
        target = node.targets[0] if isinstance(node, ast.Assign) else getattr(node, "target", None)
        if isinstance(target, ast.Name) and target.id == "SIZES" and node.value is not None:
            own = ast.literal_eval(node.value)
    told = own[level] if level != "large" else (*_tuple(own["normal"]), *_tuple(own["large"]))
    return _tuple(told)


def _tuple(sizes: tuple[int, ...] | int) -> tuple[int, ...]:
    return (sizes,) if isinstance(sizes, int) else tuple(sizes)


def measure(name: str, size: int, limit: float, *, once: bool = False) -> Measured:
    """Run a script at one size in a process of its own, for so many seconds at most."""
    if limit <= 0:
        return Measured(name, size, (), "no time was left", 0.0)
    command = [sys.executable, __file__, "--one", name, str(size), *(["--once"] if once else [])]
    begun, fault, out = time.monotonic(), "", ""
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=REPO, start_new_session=True
    )
    try:
        out, err = process.communicate(timeout=limit)
        if process.returncode:
            fault = (err.strip().splitlines() or ["it said nothing"])[-1]
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, 9)  # with what it started
        out, _ = process.communicate()
        fault = f"not done after {limit:.0f} s"
    told = [json.loads(line) for line in out.splitlines() if line.startswith('{"what"')]
    return Measured(name, size, tuple(Row(**each) for each in told), fault, time.monotonic() - begun)


def measure_one(name: str, size: int, *, once: bool) -> None:
    """Print the rows of a script as lines of JSON. once: each figure is of one run, where the script lets that be."""
    rows = runpy.run_path(str(FOLDER / f"{name}.py"), run_name="bench")["rows"]
    options = {"runs": 1} if once and "runs" in inspect.signature(rows).parameters else {}
    for row in rows(size, **options):
        print(json.dumps(asdict(row)), flush=True)


def measure_all(level: str, names: Iterable[str], *, workers: int = 1) -> Iterator[Measured]:
    """Yield what scripts give. workers: how many run at once; times mean something only where it is 1."""
    sizes = {name: sizes_of(name, level) for name in names}
    turns = range(max(map(len, sizes.values()), default=0))
    wanted = [(name, own[turn]) for turn in turns for name, own in sizes.items() if own[turn:]]
    end, limit, once = time.monotonic() + BUDGET[level], LIMIT[level], level == "small"
    with ThreadPoolExecutor(workers) as pool:
        yield from pool.map(lambda each: measure(*each, min(limit, end - time.monotonic()), once=once), wanted)


def machine() -> str:
    """Return a line on the machine, and on what was measured."""
    info = Path("/proc/cpuinfo")
    names = re.findall(r"model name\s*: (.+)", info.read_text()) if info.is_file() else []
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    libraries = []
    for name in LIBRARIES:
        try:
            libraries.append(f"{name} {version(name)}")
        except PackageNotFoundError:
            continue
    return (
        f"{names[0] if names else platform.processor() or platform.machine()}, {cores} cores, {memory:.0f} GB, "
        f"{platform.system()}, Python {platform.python_version()}; {', '.join(libraries)}."
    )


def growth(rows: Iterable[Row]) -> str:
    """Return a table of what was measured at several sizes: how the ratio, the peak and the wall clock grow."""
    found: dict[tuple[str, str], list[Row]] = {}
    for row in rows:
        found.setdefault((row.what, row.peer), []).append(row)
    lines = []
    for (what, _), several in found.items():
        if len({each.size for each in several}) > 1:
            cells = (
                " → ".join(each.size for each in several),
                " → ".join(f"{each.ratio:.2f}" for each in several),
                " → ".join("–" if each.wall is None else f"{each.wall:.2f}" for each in several),
                " → ".join("–" if each.peak is None else f"{each.peak:.0f}" for each in several),
            )
            lines.append(f"| {what} | {' | '.join(cells)} |\n")
    if not lines:
        return "Nothing was measured at several sizes in this run.\n"
    return "| what | size | ratio | wall, s | peak, MB |\n| --- | --- | --- | --- | --- |\n" + "".join(lines)


def missed(done: Iterable[Measured]) -> str:
    """Return a list of the aims that are not met, and of what could not be measured."""
    lines = []
    for each in done:
        for row in each.rows:
            if not row.is_met:
                aim = f"at {'least' if row.is_least else 'most'} {row.aim:g}"
                lines.append(f"- {row.what}, {row.size}: {row.ratio:.2f} × {row.peer}; the aim is {aim}.\n")
        if each.fault:
            lines.append(f"- `{each.name}.py` at {each.size:,}: not measured, or not all of it: {each.fault}.\n")
    return "".join(lines) or "Each aim of the table is met.\n"


def methods(names: Iterable[str]) -> str:
    """Return what each script says of how it measures, and of where the time goes."""
    parts = []
    for name in names:
        told = ast.get_docstring(ast.parse((FOLDER / f"{name}.py").read_bytes())) or ""
        kept = [each for each in told.split("\n\n") if not each.startswith("Usage:")]
        parts.append(f"### `scripts/bench/{name}.py`\n\n" + "\n\n".join(kept) + "\n")
    return "\n".join(parts)


def page(done: list[Measured], level: str, day: str) -> str:
    """Return what the page says of a run. day: "" for none."""
    rows = [row for each in done for row in each.rows]
    when = f"Measured on {day}, at" if day else "Measured at"
    return (
        f"{when} the size `{level}`, on: {machine()}\n\n{markdown(rows)}\n"
        f"## Growth with size\n\n{growth(rows)}\n## What is not met\n\n{missed(done)}\n"
        f"## How each is measured, and where the time goes\n\n{methods(dict.fromkeys(each.name for each in done))}"
    )


def main() -> int:
    """Measure and print; see --help."""
    parser = argparse.ArgumentParser(prog="scripts/bench/run", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--size", choices=LEVELS, default="normal", help="how much: normal takes a quarter of an hour")
    parser.add_argument("--write", action="store_true", help="put the table into docs/performance.md, too")
    parser.add_argument("--date", default="", metavar="DATE", help="the day that the page names; default: none")
    parser.add_argument(
        "--only", action="append", default=[], metavar="NAME", help="this script alone; repeat for more"
    )
    parser.add_argument("--one", nargs=2, metavar=("NAME", "SIZE"), help=argparse.SUPPRESS)
    parser.add_argument("--once", action="store_true", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.one:
        measure_one(given.one[0], int(given.one[1]), once=given.once)
        return 0
    if unknown := sorted({*given.only} - {*scripts()}):
        parser.error(f"there is no benchmark {unknown[0]!r}; there are {', '.join(scripts())}")
    if given.write and given.only:
        parser.error("--write takes all benchmarks")
    done = []
    for each in measure_all(given.size, given.only or scripts()):
        done.append(each)
        told = f": {each.fault}" if each.fault else ""
        print(f"{each.name} {each.size:,}: {each.seconds:.0f} s{told}", file=sys.stderr, flush=True)
    done.sort(key=lambda each: (each.name, each.size))
    print(markdown(row for each in done for row in each.rows), end="")
    print(f"\n{missed(done)}", end="", file=sys.stderr)
    if given.write:
        text = PAGE.read_text("utf-8")
        told = page(done, given.size, given.date)
        PAGE.write_text(MARKS.sub(lambda found: f"{found[1]}{told}{found[2]}", text), "utf-8")
    return int(any(each.fault for each in done))


if __name__ == "__main__":
    raise SystemExit(main())
