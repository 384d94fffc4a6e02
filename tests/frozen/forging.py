"""A forger's tools, written by hand: none of them is the toolkit's, so that a fault of that is not repeated here.

Tables are edited with pyarrow; what names their rows, sizes and digests is made to fit with hashlib, json and msgspec.
"""

import hashlib
import json
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec
import pyarrow as pa
import pyarrow.parquet as pq

Row = dict[str, Any]


def table_path(folder: Path, table: str) -> Path:
    """Return the only file of a table."""
    (path,) = (folder / table).glob("*.parquet")
    return path


def read_rows(folder: Path, table: str) -> list[Row]:
    """Return the rows of a table."""
    rows: list[Row] = pq.read_table(table_path(folder, table)).to_pylist()
    return rows


def write_rows(folder: Path, table: str, rows: Sequence[Row]) -> None:
    """Write the rows of a table in the place of those there, and make its entry in all files fit."""
    path = table_path(folder, table)
    schema = pq.read_table(path).schema
    made = pa.Table.from_pylist(list(rows), schema=schema)
    about = {key.decode(): value.decode() for key, value in (schema.metadata or {}).items()}
    with pq.ParquetWriter(
        path,
        schema.remove_metadata(),
        compression="zstd",
        compression_level=3,
        write_page_index=True,
        store_schema=False,
    ) as writer:
        writer.write_table(made.replace_schema_metadata(None))
        writer.add_key_value_metadata(about)
    lines = [[[name, type_name(kind)] for name, kind in zip(schema.names, schema.types, strict=True)], *rows]
    digest = hashlib.sha256()
    for line in lines:
        text = json.dumps(line, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
        digest.update(text.encode() + b"\n")
    manifest = read_json(folder / "manifest.json")
    entry = manifest["tables" if "tables" in manifest else "views"][table]
    before = entry["content_hash"]
    entry |= {"bytes": path.stat().st_size, "content_hash": digest.hexdigest(), "rows": len(rows)}
    entry["sha256"] = sha256(path)
    write_json(folder / "manifest.json", manifest)
    _fit_croissant(folder, path)
    _fit_header(folder, table, path, len(rows))
    for name in ("README.md", "croissant.json"):
        text = (folder / name).read_text("utf-8")
        (folder / name).write_text(text.replace(before, digest.hexdigest()), "utf-8", newline="")
    seal(folder)


def seal(folder: Path) -> None:
    """Make manifest.json list the files as they are, and SHA256SUMS all of them."""
    manifest = read_json(folder / "manifest.json")
    names = sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())
    names = [name for name in names if name != ".gitattributes"]  # which is git's, and no part of a release
    others = [name for name in names if name not in ("manifest.json", "SHA256SUMS")]
    manifest["files"] = {name: sha256(folder / name) for name in others}
    write_json(folder / "manifest.json", manifest)
    listed = [name for name in names if name != "SHA256SUMS"]
    sums = "".join(f"{sha256(folder / name)}  {name}\n" for name in listed)
    (folder / "SHA256SUMS").write_text(sums, "utf-8", newline="")


def type_name(kind: pa.DataType) -> str:
    """Return a type as the card names it."""
    if pa.types.is_list(kind):
        return f"list<{type_name(kind.value_type)}>"
    if pa.types.is_struct(kind):
        return "struct<" + ", ".join(f"{field.name}: {type_name(field.type)}" for field in kind) + ">"
    return {"double": "float64"}.get(str(kind), str(kind))


def read_json(path: Path) -> Any:
    """Return what a JSON file holds."""
    return json.loads(path.read_bytes())


def write_json(path: Path, value: Any) -> None:
    """Write a JSON file in the form that all of them have."""
    try:
        text = msgspec.json.format(json.dumps(value, ensure_ascii=False, sort_keys=True), indent=2)
    except (UnicodeEncodeError, msgspec.DecodeError):  # what it cannot write, json indents, in four times as long
        text = json.dumps(value, ensure_ascii=False, indent=2, sort_keys=True)
    path.write_text(text + "\n", "utf-8", newline="")


def sha256(path: Path) -> str:
    """Return the SHA-256 of a file."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def fingerprint(words: str) -> str:
    """Return the fingerprint of words that are plain lower-case letters with single spaces between them."""
    assert re.fullmatch(r"[a-z]+( [a-z]+)*", words)
    return hashlib.sha256(words.encode()).hexdigest()[:16]


def _fit_croissant(folder: Path, path: Path) -> None:
    value = read_json(folder / "croissant.json")
    for entry in value["distribution"]:
        if entry.get("contentUrl") == path.relative_to(folder).as_posix():
            entry |= {"contentSize": f"{path.stat().st_size} B", "sha256": sha256(path)}
    write_json(folder / "croissant.json", value)


def _fit_header(folder: Path, table: str, path: Path, rows: int) -> None:
    """Correct the sizes of a table in the card's header, which lie below `dataset_info`."""
    in_memory = pq.read_table(path).nbytes
    sizes = {
        "num_bytes": in_memory,
        "num_examples": rows,
        "download_size": path.stat().st_size,
        "dataset_size": in_memory,
    }
    card = folder / "README.md"
    head, mark, rest = card.read_text("utf-8").partition("dataset_info:\n")
    parts = re.split(r"(?m)^(?=- config_name: )", rest)
    for number, part in enumerate(parts):
        if part.startswith(f"- config_name: {table}\n"):
            for name, size in sizes.items():
                part = re.sub(rf"(?m)^( +{name}: )\d+$", rf"\g<1>{size}", part, count=1)
            parts[number] = part
    card.write_text(head + mark + "".join(parts), "utf-8", newline="")
