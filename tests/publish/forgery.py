"""A forger: takes a folder, changes something, and makes all sums, sizes, hashes and computed parts fit again.

He has the toolkit. After a change of rows he writes the tables anew, has card, header, croissant.json and manifest
made of them, and SHA256SUMS of all. A change of another file gets its place in manifest and SHA256SUMS.
"""

import copy
import json
import random
import re
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from stancebank.publish.build import view_entry
from stancebank.publish.card import make_readme
from stancebank.publish.croissant import make_croissant
from stancebank.publish.facts import for_card
from stancebank.publish.folder import MANIFEST, SUMS, file_sha256, folder_files, write_sums
from stancebank.publish.parquet import read_table
from stancebank.publish.rows import Row
from stancebank.publish.shards import ViewWriter
from stancebank.publish.verification.papers import Folder
from stancebank.publish.verification.records import is_source
from stancebank.publish.verification.verify import open_folder
from stancebank.publish.views import VIEWS, Column, ListOf, Struct
from stancebank.records import to_json

Path_ = tuple[Any, ...]
BY_VIEW = {view.name: view for view in VIEWS}
WORDS = ("content", "speaker_mention", "cue", "target_mention", "reason", "text")
FREE_ROWS = ("annotations", "entities", "targets")
"""Views whose rows nothing else in a folder demands, as long as no id refers to them."""


@dataclass
class Base:
    """A sound folder, opened: what the forger starts from."""

    root: Path
    folder: Folder
    rows: dict[str, list[Row]] = field(default_factory=dict)

    @property
    def manifest(self) -> dict[str, Any]:
        return copy.deepcopy(self.folder.manifest)


@dataclass
class Forged:
    """A change. kind: of it; what: in words. alone: whether a folder must show it by itself."""

    kind: str
    what: str
    alone: bool = True


def open_base(root: Path) -> Base:
    found, folder = open_folder(root)
    assert folder is not None
    assert not found.errors
    rows = {view.name: rows_in(root, view.name) for view in VIEWS}
    return Base(root, folder, {name: each for name, each in rows.items() if each})


def rows_in(root: Path, view: str) -> list[Row]:
    return [row for path in sorted((root / view).glob("*.parquet")) for row in read_table(path).to_pylist()]


def copy_to(base: Base, out: Path) -> None:
    shutil.rmtree(out, ignore_errors=True)
    shutil.copytree(base.root, out)


def reforge(base: Base, out: Path, rows: dict[str, list[Row]]) -> None:
    """Write a folder of changed rows, with all that is computed from them."""
    copy_to(base, out)
    about = {key: base.folder.manifest[key] for key in ("dataset_version", "schema_version")}
    facts = []
    for each in base.folder.views:
        name = each.view.name
        if rows.get(name) == base.rows[name]:
            facts.append(each)
            continue
        shutil.rmtree(out / name)
        writer = ViewWriter(out, each.view, about)
        writer.add(rows[name])
        if made := writer.close():
            facts.append(made)
    told = replace(base.folder.facts, rows={name: [for_card(name, row) for row in each] for name, each in rows.items()})
    try:
        readme = make_readme(told, facts, base.folder.body)
        croissant = make_croissant(told, facts)
    except (KeyError, TypeError, ValueError, AttributeError):
        readme = None  # rows that no card can be made of
    if readme:
        (out / "README.md").write_text(readme, encoding="utf-8")
        (out / "croissant.json").write_text(croissant, encoding="utf-8")
    manifest = base.manifest
    manifest["views"] = {each.view.name: view_entry(each) for each in facts}
    seal(out, manifest)


def seal(out: Path, manifest: dict[str, Any]) -> None:
    """Make manifest and sums fit the files."""
    names = sorted(folder_files(out) - {MANIFEST, SUMS})
    manifest["files"] = {name: file_sha256(out / name) for name in names if (out / name).is_file()}
    (out / MANIFEST).write_text(to_json(manifest), encoding="utf-8")
    write_sums(out)


def leaves(
    columns: tuple[Column, ...], row: Row, path: tuple[Any, ...] = ()
) -> Iterator[tuple[tuple[Any, ...], Column]]:
    """Yield the places of all values of a row, lists and groups themselves included."""
    for column in columns:
        value = row[column.name]
        place = (*path, column.name)
        yield place, column
        item = column.type.item if isinstance(column.type, ListOf) else column.type
        if isinstance(item, Struct):
            if isinstance(value, list):
                for number, each in enumerate(value):
                    yield from leaves(item.fields, each, (*place, number))
            elif value is not None:
                yield from leaves(item.fields, value, place)


def change_cell(base: Base, out: Path, rng: random.Random, only: str | None = None) -> Forged | None:
    """Change one value of one row."""
    rows = dict(base.rows)
    view = rng.choice([name for name in rows if only in (None, name)])
    rows[view] = copy.deepcopy(rows[view])
    row = rng.choice(rows[view])
    by_column: dict[tuple[str, ...], list[tuple[tuple[Any, ...], Column]]] = {}
    for path, column in leaves(BY_VIEW[view].columns, row):
        by_column.setdefault(tuple(part for part in path if isinstance(part, str)), []).append((path, column))
    names = rng.choice(sorted(by_column))
    path, column = rng.choice(by_column[names])
    holder: Any = row
    for part in path[:-1]:
        holder = holder[part]
    before = copy.deepcopy(holder[path[-1]])
    others = [each[column.name] for each in base.rows[view] if len(path) == 1]
    kind, holder[path[-1]] = altered(before, column, others, rng)
    if holder[path[-1]] == before:
        return None
    try:
        reforge(base, out, rows)
    except (TypeError, ValueError, OverflowError):
        return None
    name = "/".join(names)
    source = is_source(view, name) or (len(names) > 2 and is_source(view, "/".join(names[:2])))
    words = column.words or names[0] in WORDS
    whole = row.get("article_id") in {each["article_id"] for each in base.rows["articles"] if each["text"] is not None}
    return Forged(kind, f"{view}.{name}: {before!r:.60} to {holder[path[-1]]!r:.60}", not source or (words and whole))


def altered(value: Any, column: Column, others: list[Any], rng: random.Random) -> tuple[str, Any]:
    """Return another value of the same type, and what kind of change it is."""
    if value is not None and rng.random() < 0.1 and not isinstance(column.type, ListOf):
        return "value made null", None
    if isinstance(column.type, ListOf):
        found = list(value)
        if len(found) > 1 and rng.random() < 0.3:
            return "list reversed", found[::-1]
        if found and rng.random() < 0.5:
            del found[rng.randrange(len(found))]
            return "item of a list removed", found
        if found:
            return "item of a list doubled", [*found, copy.deepcopy(rng.choice(found))]
        pool = [each for each in others if each]
        return "list filled", copy.deepcopy(rng.choice(pool)) if pool else found
    if isinstance(column.type, Struct):
        pool = [each for each in others if each is not None and each != value]
        return "group exchanged", copy.deepcopy(rng.choice(pool)) if pool else value
    if column.type == "bool":
        return "flag turned", not value
    if column.type == "int64":
        return "number changed", (value or 0) + rng.choice((-1, 1, 7, -(value or 0), 10**12))
    pool = sorted({each for each in others if isinstance(each, str) and each != value})
    if pool and rng.random() < 0.6:
        return "text exchanged", rng.choice(pool)
    return "text edited", (value or "") + rng.choice(("x", " ", "é", ".")) if rng.random() < 0.7 else "x"


def change_rows(base: Base, out: Path, rng: random.Random) -> Forged | None:
    """Remove, double, swap, move or add rows."""
    rows = {name: list(each) for name, each in base.rows.items()}
    view = rng.choice(list(rows))
    here, key = rows[view], BY_VIEW[view].key
    what = rng.choice(("row removed", "row doubled", "rows swapped", "row added", "row moved", "view emptied"))
    place = rng.randrange(len(here))
    name = here[place][key]
    alone = True
    if what == "row removed":
        del here[place]
        alone = view not in FREE_ROWS
    elif what == "row doubled":
        here.insert(place, here[place])
    elif what == "rows swapped":
        other = rng.randrange(len(here))
        if here[place] == here[other]:
            return None
        here[place], here[other] = here[other], here[place]
    elif what == "row added":
        here.insert(place + 1, here[place] | {key: f"{name}0"})
        alone = view not in FREE_ROWS
    elif what == "row moved":
        ids = sorted({row["article_id"] for row in base.rows["articles"]} - {here[place].get("article_id")})
        if "article_id" not in here[place]:
            return None
        here[place] = here[place] | {"article_id": rng.choice(ids)}
    else:
        here.clear()
        alone = view not in FREE_ROWS[:1]
    reforge(base, out, rows)
    return Forged(what, f"{view}: {name}", alone)


TABLE_CHANGES = (
    *("column removed", "column renamed", "column added", "columns swapped", "type changed", "metadata changed"),
    *("file cut", "bytes flipped", "files swapped", "file renamed", "not null"),
)
FOREIGN = ("more.txt", "statements/more.parquet", ".hidden", "load.py", "statements/notes.txt", "schema/x.txt")


def change_table(base: Base, out: Path, rng: random.Random) -> Forged | None:
    """Change the columns, types or metadata of a table, its name, or its bytes."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    copy_to(base, out)
    view = rng.choice(base.folder.views)
    path = out / view.files[0]
    table = read_table(path)
    names = table.column_names
    chosen = rng.randrange(len(names))
    what = rng.choice(TABLE_CHANGES)
    about = {
        **{key: base.folder.manifest[key] for key in ("dataset_version", "schema_version")},
        "view": view.view.name,
    }
    if what == "column removed":
        table = table.drop_columns([names[chosen]])
    elif what == "column renamed":
        table = table.rename_columns([f"{each}_" if place == chosen else each for place, each in enumerate(names)])
    elif what == "column added":
        table = table.append_column("more", pa.array([1] * table.num_rows, pa.int64()))
    elif what == "columns swapped":
        other = (chosen + 1) % len(names)
        names[chosen], names[other] = names[other], names[chosen]
        table = table.select(names)
    elif what == "type changed":
        kinds = {pa.string(): pa.binary(), pa.int64(): pa.int32(), pa.bool_(): pa.int8()}
        kind = kinds.get(table.schema.field(chosen).type)
        if kind is None:
            return None
        table = table.set_column(chosen, names[chosen], table.column(chosen).cast(kind))
    elif what == "not null":
        if table.column(chosen).null_count:
            return None
        schema = table.schema.set(chosen, table.schema.field(chosen).with_nullable(False))
        table = table.cast(schema)
    elif what == "metadata changed":
        key = rng.choice([*about, "more"])
        about[key] = about.get(key, "") + "1"
    else:
        return change_bytes(base, out, rng, what, path)
    with pq.ParquetWriter(path, table.schema, compression="zstd", store_schema=False) as writer:
        writer.write_table(table)
        writer.add_key_value_metadata(about)
    reseal_tables(base, out)
    return Forged(what, f"{view.view.name}: {names[chosen]}")


def change_bytes(base: Base, out: Path, rng: random.Random, what: str, path: Path) -> Forged | None:
    data = bytearray(path.read_bytes())
    name = path.relative_to(out).as_posix()
    if what == "file cut":
        path.write_bytes(data[: rng.randrange(len(data))])
    elif what == "file renamed":
        path.rename(
            path.with_name(path.name.replace("00000-of-00001", rng.choice(("00001-of-00002", "00000-of-00002"))))
        )
    elif what == "files swapped":
        other = out / rng.choice([each.files[0] for each in base.folder.views if each.files[0] != name])
        path.write_bytes(other.read_bytes())
        other.write_bytes(data)
    else:
        for _ in range(rng.choice((1, 3, 10))):
            data[rng.randrange(len(data))] ^= 1 << rng.randrange(8)
        path.write_bytes(data)
        if reads_alike(base.root / name, path):
            return None
    reseal_tables(base, out)
    return Forged(what, name)


def reads_alike(one: Path, other: Path) -> bool:
    """Whether a flip changed nothing that anyone can read."""
    from stancebank.publish.parquet import read_head

    try:
        return read_head(one)[:2] == read_head(other)[:2] and read_table(one).equals(read_table(other))
    except Exception:
        return False


def reseal_tables(base: Base, out: Path) -> None:
    manifest = base.manifest
    readme = (out / "README.md").read_text(encoding="utf-8")
    croissant = (out / "croissant.json").read_text(encoding="utf-8")
    for each in base.folder.views:
        path = out / each.files[0]
        if path.is_file():
            entry = manifest["views"][each.view.name]
            readme = readme.replace(f"download_size: {entry['bytes']}", f"download_size: {path.stat().st_size}")
            croissant = croissant.replace(entry["sha256"], file_sha256(path))
            entry |= {"bytes": path.stat().st_size, "sha256": file_sha256(path)}
    (out / "README.md").write_text(readme, encoding="utf-8")
    (out / "croissant.json").write_text(croissant, encoding="utf-8")
    seal(out, manifest)


def change_card(base: Base, out: Path, rng: random.Random) -> Forged | None:
    """Change a number, a word or a marker of the card."""
    copy_to(base, out)
    text = (out / "README.md").read_text(encoding="utf-8")
    head, body = text.split("---\n", 2)[1:]
    blocks = list(re.finditer(r"<!-- computed:\S+ -->\n(.*?)<!-- /computed -->", body, re.DOTALL))
    inside = rng.choice(blocks)
    what = rng.choice(("number of a block", "word of a block", "number of the header", "line of the header"))
    what = rng.choice((what, "marker removed", "number in the prose", "line of a block removed"))
    if what in ("number of a block", "word of a block"):
        form = r"\d+" if "number" in what else r"[a-z]{4,}"
        found = list(re.finditer(form, inside[1]))
        if not found:
            return None
        match = rng.choice(found)
        new = str(int(match[0]) + 1) if "number" in what else match[0][::-1]
        if new == match[0]:
            return None
        body = body[: inside.start(1) + match.start()] + new + body[inside.start(1) + match.end() :]
    elif what == "line of a block removed":
        lines = inside[1].splitlines(keepends=True)
        del lines[rng.randrange(len(lines))]
        body = body[: inside.start(1)] + "".join(lines) + body[inside.end(1) :]
    elif what == "number of the header":
        match = rng.choice(list(re.finditer(r"\d+", head)))
        head = head[: match.start()] + str(int(match[0]) + 1) + head[match.end() :]
    elif what == "line of the header":
        lines = head.splitlines(keepends=True)
        gone = rng.randrange(len(lines))
        if lines[gone].startswith("pretty_name"):
            return None
        del lines[gone]
        head = "".join(lines)
    elif what == "marker removed":
        if not re.search(r"\d", inside[1]):
            return None
        body = body.replace(inside[0], inside[1])
    else:
        body = body.replace("\n\n", f"\n\nThere are {rng.randrange(2, 9999)} of them.\n\n", 1)
    (out / "README.md").write_text(f"---\n{head}---\n{body}", encoding="utf-8")
    seal(out, base.manifest)
    return Forged(what, inside[0][:40])


def json_places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    if isinstance(value, dict):
        for key, each in value.items():
            yield from json_places(each, (*path, key))
    elif isinstance(value, list):
        for number, each in enumerate(value):
            yield from json_places(each, (*path, number))
    else:
        yield path


STATED = ("toolkit_version", "pyarrow_version", "inputs", "trees", "waived")
"""Keys of the manifest that nothing else in a folder says."""


def change_json(base: Base, out: Path, rng: random.Random) -> Forged | None:
    """Change a value, a key or the form of manifest.json or croissant.json."""
    copy_to(base, out)
    name = rng.choice((MANIFEST, "croissant.json"))
    told = json.loads((out / name).read_bytes())
    what = rng.choice(("value of JSON", "value of JSON", "key of JSON added", "key of JSON removed", "form of JSON"))
    if what == "form of JSON":
        text = json.dumps(told, indent=rng.choice((1, 4, None)))
        return sealed_json(base, out, name, text, Forged(what, name))
    path = rng.choice([each for each in json_places(told) if each[0] not in STATED and each[0] != "files"])
    holder = told
    for part in path[:-1]:
        holder = holder[part]
    if what == "key of JSON added":
        told["more" if rng.random() < 0.5 else "description2"] = 1
    elif what == "key of JSON removed":
        holder.pop(path[-1])
    else:
        value = holder[path[-1]]
        if isinstance(value, bool):
            holder[path[-1]] = not value
        elif isinstance(value, int):
            holder[path[-1]] = value + 1
        else:
            holder[path[-1]] = f"{value}x"
    return sealed_json(base, out, name, to_json(told), Forged(what, f"{name}: {'/'.join(map(str, path))}"))


def sealed_json(base: Base, out: Path, name: str, text: str, forged: Forged) -> Forged:
    if name == MANIFEST:
        (out / MANIFEST).write_text(text, encoding="utf-8")
        write_sums(out)
    else:
        (out / name).write_text(text, encoding="utf-8")
        seal(out, base.manifest)
    return forged


def change_files(base: Base, out: Path, rng: random.Random) -> Forged | None:
    """Add, remove, link or change files."""
    copy_to(base, out)
    every = sorted(folder_files(out))
    name = rng.choice(every)
    what = rng.choice(
        ("file added", "file removed", "link added", "folder added", "file of text changed", "sums changed")
    )
    if what == "file added":
        new = rng.choice(FOREIGN)
        (out / new).parent.mkdir(exist_ok=True)
        (out / new).write_bytes(b"more\n")
        seal(out, base.manifest)
    elif what == "file removed":
        if name in ("LICENSE", "GUIDELINES.md", "CHANGELOG.md", "CITATION.cff", "splits.csv", "RIGHTS.md"):
            return None
        (out / name).unlink()
        if "/" in name:
            (out / name).parent.rmdir()
        if name not in (MANIFEST, SUMS):
            seal(out, base.manifest)
        elif name == MANIFEST:
            write_sums(out)
    elif what == "link added":
        (out / name).unlink()
        (out / name).symlink_to(base.root / name)
        if name not in (MANIFEST, SUMS):
            seal(out, base.manifest)
    elif what == "folder added":
        (out / rng.choice(("more", "statements/more"))).mkdir()
    elif what == "file of text changed":
        name = rng.choice([each for each in every if not each.endswith(".parquet") and each not in (SUMS, MANIFEST)])
        if name == "README.md":
            return None
        (out / name).write_bytes((out / name).read_bytes() + b"\n")
        seal(out, base.manifest)
    else:
        data = bytearray((out / SUMS).read_bytes())
        place = rng.randrange(len(data))
        data[place] = (data[place] + 1) % 128
        (out / SUMS).write_bytes(data)
        name = SUMS
    return Forged(what, name)


FORGERS: dict[str, Callable[[Base, Path, random.Random], Forged | None]] = {
    "cells": change_cell,
    "rows": change_rows,
    "tables": change_table,
    "card": change_card,
    "json": change_json,
    "files": change_files,
}
