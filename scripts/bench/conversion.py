#!/usr/bin/env python
"""Measure the conversion of a Label Studio export to documents beside ijson's bare reading of the same file.

Usage: .venv/bin/python scripts/bench/conversion.py [--size TASKS ...]

The tasks are the gold of the sample as annotators would have submitted it, over and over, in two lengths: whole, about
80 KB and 250 items each, with the lists of names that a push sends along (of at most 300 tasks); and of one statement
each, about 11 KB and 30 items, with short lists. Each case is a process of its own.

- The conversion: `read_export`, and all documents of each task (`Taker.read`), with nothing written.
- The peer: `ijson.items` over the file, with nothing made of the items.
- The SDK's converter to JSON_MIN of the same file, which loses regions and relations; it is told against ijson, too.

Where the time goes: a sixth to a fifth is reading, nearly all of it the decoding of tasks; their ends are found in a
fraction of that, since msgspec steps over them. The rest are steps in Python for each item and each statement, and none
of them is a large part: of whole tasks a seventh takes items apart, a twentieth finds their places, a twentieth ties
them, an eighth are the fingerprints of spans, a twentieth is the trace that says where each item went; a third puts
statements together field by field. Scheme and registries take a fortieth of a second. Python's collector of cycles is
asked to look seldom, as in an import.
"""

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from statistics import median

import ijson
from msgspec.structs import replace
from table import Row, markdown

from stancebank.annotate.encode import to_task
from stancebank.annotate.exports import read_export
from stancebank.annotate.interface_settings import load_interface
from stancebank.annotate.lists import make_lists
from stancebank.annotate.usable import Taker
from stancebank.model import Document
from stancebank.records import seldom_collecting
from stancebank.workspace import Workspace, open_workspace

MB = 1024


SIZES = {"small": (20,), "normal": (300, 2000), "large": (10_000, 100_000)}
_MOST_WHOLE = 300  # tasks of the whole length that are measured
_LISTED = 3  # entries of each list of a short task


def lay(folder: Path, size: int, *, is_short: bool) -> int:
    """Write the sample and an export of so many tasks into a folder. Return how many statements the export has."""
    root = folder / "sample"
    subprocess.run([sys.executable, "-m", "stancebank", "init", root, "--sample"], check=True, capture_output=True)
    workspace = open_workspace(root)
    store, interface = workspace.store, load_interface(workspace)
    lists = make_lists(store.entities(), store.targets(), store.documents(None), interface)
    made = []
    for document in store.documents(None):
        article = store.article(document.article_id)
        for each in _short(document) if is_short else [document]:
            task = to_task(article, store.text(article) or "", [each], lists, interface, guideline_version="1.0")
            data = {
                key: value[:_LISTED] if is_short and isinstance(value, list) else value
                for key, value in task["data"].items()
            }
            made.append((data, task["predictions"][0]["result"], len(each.statements)))
    with (folder / "export.json").open("w", encoding="utf-8") as file:
        for number in range(size):
            data, result, _ = made[number % len(made)]
            times = {"created_at": "2031-02-12T08:00:00.123456Z", "updated_at": "2031-02-12T08:30:00.000001Z"}
            annotation = {"id": number + 1, "completed_by": 7, "was_cancelled": False, "result": result, **times}
            task = {"id": number + 1, "project": 2, "data": data, "annotations": [annotation]}
            file.write(("," if number else "[") + json.dumps(task, ensure_ascii=False))
        file.write("]")
    return sum(made[number % len(made)][2] for number in range(size))


def _short(document: Document) -> Iterator[Document]:
    """Yield a document for each statement of one, with what was passed over near its beginning."""
    for each in document.statements:
        yield replace(document, statements=(replace(each, same_as=None),), non_statements=document.non_statements[:1])


def conversion(folder: Path) -> int:
    """Make all documents; return how many statements they have."""
    workspace: Workspace = open_workspace(folder / "sample")
    taker = Taker(workspace)
    found = 0
    with seldom_collecting():  # as an import does
        for task in read_export(folder / "export.json"):
            read = taker.read(task, {})
            if read.rejected:
                raise AssertionError(f"An item was rejected: {read.rejected[0]}")
            found += sum(len(document.statements) for document in read.documents)
    return found


def bare(folder: Path) -> int:
    """Read the file with ijson."""
    with (folder / "export.json").open("rb") as file:
        return sum(1 for _ in ijson.items(file, "item", use_float=True))


def json_min(folder: Path) -> int:
    """Convert the file with the SDK."""
    from label_studio_sdk.converter import Converter

    config = (folder / "sample/annotate/labeling.xml").read_text(encoding="utf-8")
    converter = Converter(config=config, project_dir=str(folder), download_resources=False)
    converter.convert_to_json_min(str(folder / "export.json"), str(folder / "out"), is_dir=False)
    return 0


CASES: dict[str, Callable[[Path], int]] = {each.__name__: each for each in (conversion, bare, json_min)}


def measured(case: str, folder: Path) -> tuple[float, float, float, int]:
    """Return processor time and time of a case in seconds, its peak in MB, and what it counted."""
    command = [sys.executable, __file__, "--case", case, "--folder", str(folder)]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    cpu, wall, peak, found = json.loads(done.stdout.splitlines()[-1])
    return cpu, wall, peak, found


def rows(size: int, runs: int = 3) -> Iterator[Row]:
    """Yield the rows for so many tasks. Raises AssertionError where a statement is lost."""
    for is_short in (True, False) if size <= _MOST_WHOLE else (True,):
        yield from _rows(size, runs, is_short=is_short)


def _rows(size: int, runs: int, *, is_short: bool) -> Iterator[Row]:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        wanted = lay(folder, size, is_short=is_short)
        length = (folder / "export.json").stat().st_size / size / 1000
        told = f"{size:,} tasks of {length:.0f} KB"
        found: dict[str, list[tuple[float, float, float, int]]] = {case: [] for case in CASES}
        for case in [*CASES] * runs:  # in turns, since the machine may do other things, too
            found[case].append(measured(case, folder))
    if any(each[3] != wanted for each in found["conversion"]):
        raise AssertionError(f"{wanted} statements went in, {found['conversion'][0][3]} came out.")
    for case, title, aim in (("conversion", "export to documents", 2.5), ("json_min", "the SDK's JSON_MIN", None)):
        ratio = median(one[0] / other[0] for one, other in zip(found[case], found["bare"], strict=True))
        peak, wall = max(each[2] for each in found[case]), median(each[1] for each in found[case])
        yield Row(f"conversion: {title}", told, "ijson", ratio, aim, peak=peak, wall=wall, runs=runs)


def main() -> None:
    """Print the table, or measure a case."""
    options = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    options.add_argument("--size", type=int, nargs="+", default=[300])
    options.add_argument("--case", choices=CASES)
    options.add_argument("--folder", type=Path)
    said = options.parse_args()
    if said.case:
        cpu, wall = time.process_time(), time.perf_counter()
        found = CASES[said.case](said.folder)
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / MB
        print(json.dumps([time.process_time() - cpu, time.perf_counter() - wall, peak, found]))
        return
    for size in said.size:
        print(markdown(rows(size)), flush=True)


if __name__ == "__main__":
    main()
