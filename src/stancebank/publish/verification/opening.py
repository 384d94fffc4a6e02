"""Open a folder with one reader and say what it sees: a script, run in a process of its own, without the toolkit."""

import hashlib
import json
import os
import sys
from collections.abc import Iterable, Iterator
from typing import Any

AT_ONCE = 1000  # rows that become Python values; a reader may hold all of them in its own form

sys.modules["stancebank"] = None  # type: ignore[assignment]  # whoever reads has no toolkit


def plain(value: Any) -> Any:
    """Return a value without what readers add: types of numpy, numbers that are null as floats, bytes, prefixes."""
    if value is None or isinstance(value, (str, bool, int)):
        return value
    if isinstance(value, bytes):
        return value.decode()
    if isinstance(value, dict):
        return {key.rpartition("/")[2]: plain(each) for key, each in value.items()}
    if isinstance(value, float):
        return None if value != value else int(value) if value.is_integer() else value
    if hasattr(value, "tolist"):
        return plain(value.tolist())
    if isinstance(value, (list, tuple)):
        return [plain(each) for each in value]
    return None if type(value).__name__ in ("NAType", "NaTType") else value


def cut(row: dict[str, Any], columns: dict[str, list[str]]) -> dict[str, Any]:
    """Return the columns of a row that croissant.json describes. columns: each with the fields within it, or none."""
    found = {}
    for name, fields in columns.items():
        value = row[name]
        if fields and isinstance(value, list):
            value = [{field: each[field] for field in fields} for each in value]
        elif fields:
            value = {field: value[field] if value else None for field in fields}
        found[name] = value
    return found


def digest(rows: Iterable[Any]) -> list[Any]:
    """Return how many rows there are, and a hash of them in their order."""
    found, count = hashlib.sha256(), 0
    for row in rows:
        found.update(json.dumps(plain(dict(row)), ensure_ascii=False, sort_keys=True).encode() + b"\n")
        count += 1
    return [count, found.hexdigest()]


def parquet(files: list[str]) -> Iterator[dict[str, Any]]:
    """Yield the rows of some files, with pyarrow."""
    import pyarrow.parquet as pq

    for file in files:
        for batch in pq.ParquetFile(file).iter_batches(AT_ONCE):
            yield from batch.to_pylist()


def by_split(files: list[str]) -> list[str]:
    """Return the splits of some files, in their order: each file is called after its split."""
    return list(dict.fromkeys(file.replace("\\", "/").rpartition("/")[2].partition("-")[0] for file in files))


def fetched(found: Any) -> Iterator[dict[str, Any]]:
    """Yield the rows that a query of duckdb has found."""
    names = [each[0] for each in found.description]
    while rows := found.fetchmany(AT_ONCE):
        yield from (dict(zip(names, row, strict=True)) for row in rows)


def main(reader: str, folder: str, tables: dict[str, Any]) -> dict[str, Any]:
    """Return what a reader sees of each table. tables: by name, with its files and what croissant.json describes."""
    seen: dict[str, Any] = {}
    rows: Any
    if reader == "mlcroissant":
        import mlcroissant

        dataset = mlcroissant.Dataset(f"{folder}/croissant.json")
    for name, (files, described) in tables.items():
        splits: Any = {}
        if reader == "mlcroissant":
            rows = dataset.records(name)
            by_name = parquet(sorted(files))  # the order in which it reads a set of files
            seen[name] = [digest(rows), digest(cut(row, described) for row in by_name)]
            continue
        if reader == "pandas":
            import pandas

            frame = pandas.read_parquet(files)
            cuts = (frame.iloc[place : place + AT_ONCE] for place in range(0, len(frame), AT_ONCE))
            rows = (row for each in cuts for row in each.to_dict("records"))
        elif reader == "polars":
            import polars

            rows = (row for each in polars.read_parquet(files).iter_slices(AT_ONCE) for row in each.to_dicts())
        elif reader == "duckdb":
            import duckdb

            rows = fetched(duckdb.execute("SELECT * FROM read_parquet($1)", [files]))
        else:
            from datasets import load_dataset

            splits = load_dataset(folder, name, streaming=reader == "datasets, streaming")
            rows = (row for split in by_split(files) for row in splits.pop(split))
        seen[name] = [digest(rows), digest(parquet(files))]
        if splits:
            seen[name][0].append(f"and the splits {', '.join(splits)}")
    return seen


if __name__ == "__main__":
    asked = json.loads(sys.argv[1])
    sys.stdout.write(json.dumps(main(asked["reader"], asked["folder"], asked["tables"])) + "\n")
    sys.stdout.flush()
    os._exit(0)  # no clean-up of Python: threads of a reader that still run abort the process in it, at times
