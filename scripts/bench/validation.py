#!/usr/bin/env python
"""How long it takes to say that records are valid, beside jsonschema on the same records.

Usage: .venv/bin/python scripts/bench/validation.py [RECORDS]...

Records are articles and gold of 20 statements, invented (`tests/invented.py`). The peer is a Draft202012Validator that
was made before, asked `is_valid`; all records are parsed before, or in the time that is measured, by `json.loads` for
the peer and by the reader of the toolkit for it. Times are those of the thread, the median of three in turn. The
verdicts have to be equal: of the records, and of as many that lack a key, have one too many or hold a wrong value.
(`tests/schema/test_validate.py` compares them on values of all kinds.)

Where the time goes: into turning Python's objects into Rust's, and into regular expressions that Rust hands back to
Python since the two engines differ in what white space, digits and letters are.
"""

import json
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from itertools import cycle
from pathlib import Path
from statistics import median
from typing import Any

REPO = Path(__file__).parent.parent.parent
sys.path.insert(0, str(REPO))

from jsonschema import Draft202012Validator  # noqa: E402
from table import Row, markdown  # noqa: E402
from tests.invented import lay_invented  # noqa: E402

from stancebank.records import from_json  # noqa: E402
from stancebank.schema.validate import validate  # noqa: E402

RUNS = 3


def rows(size: int) -> Iterator[Row]:
    """Yield what validation costs for a number of records. Raises ValueError where two verdicts differ."""
    with tempfile.TemporaryDirectory() as folder:
        workspace = lay_invented(Path(folder, "workspace"), max(1, size // 2))
        paths = sorted(workspace.root.glob("corpus/articles/*.json")) + sorted(
            workspace.root.glob("corpus/gold/*.json")
        )
        kinds = ["article" if path.parent.name == "articles" else "annotation" for path in paths]
        files = [path.read_bytes() for path in paths]
        schemas = {kind: workspace.schema_dir / f"{kind}.schema.json" for kind in set(kinds)}
        judges = {kind: Draft202012Validator(json.loads(path.read_bytes())) for kind, path in schemas.items()}
        values = [json.loads(each) for each in files]

        def ours(kind: str, value: Any) -> bool:
            return not validate(value, kind, workspace.schema_dir, "")  # type: ignore[arg-type]

        def theirs(kind: str, value: Any) -> bool:
            return judges[kind].is_valid(value)

        for kind, value in [*zip(kinds, values, strict=True), *zip(kinds, _spoilt(files), strict=True)]:
            if ours(kind, value) != theirs(kind, value):
                raise ValueError(f"two verdicts of {json.dumps(value)[:200]}")
        for name, read, parse, aim in (("parsed before", None, None, 60), ("with parsing", _read, json.loads, None)):
            mine, peer = [], []
            for _ in range(RUNS):
                mine.append(_time(ours, kinds, files if read else values, read))
                peer.append(_time(theirs, kinds, files if parse else values, parse))
            ratio = median(peer) / median(mine)
            yield Row(
                f"validation, {name}: times as fast", f"{len(files):,} records", "jsonschema", ratio, aim, is_least=True
            )


def _read(data: bytes) -> Any:
    return from_json(data, "", whole=True)


def _spoilt(files: list[bytes]) -> Iterator[Any]:
    """Yield records with a fault each."""
    ways: list[Callable[[dict[str, Any]], object]] = [
        lambda value: value.pop("text_sha256"),
        lambda value: value.update(unknown=1),
        lambda value: value.update(text_sha256="ABC"),
        lambda value: value.update(id=7) if "id" in value else value.update(statements=[{"id": "s1"}]),
    ]
    for data, spoil in zip(files, cycle(ways), strict=False):
        value = json.loads(data)
        spoil(value)
        yield value


def _time(
    judge: Callable[[str, Any], bool], kinds: list[str], values: list[Any], parse: Callable[[bytes], Any] | None
) -> float:
    began = time.thread_time()
    for kind, value in zip(kinds, values, strict=True):
        judge(kind, parse(value) if parse else value)
    return time.thread_time() - began


if __name__ == "__main__":
    print(markdown(row for size in map(int, sys.argv[1:] or ["1000"]) for row in rows(size)), end="")
