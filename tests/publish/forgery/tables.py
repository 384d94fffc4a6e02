"""Parquet files: their columns, types and metadata, and what they hold beside rows."""

import random
from pathlib import Path
from typing import Any

from stancebank.publish.parquet import read_table
from tests.publish.forgery.base import Base, Forged, copy_to, reseal

CHANGES = (
    *("column removed", "column renamed", "column added", "columns swapped", "type changed", "type changed"),
    *("metadata changed", "not null", "field given a number", "inner type changed"),
)


def change_columns(base: Base, out: Path, rng: random.Random) -> Forged | None:
    """Change the columns, types, nullability or metadata of a table."""
    import pyarrow as pa

    copy_to(base, out)
    view = base.draw(f"columns {base.root.name}", base.folder.views, rng)
    path = out / rng.choice(view.files)
    table = read_table(path)
    names = table.column_names
    chosen = rng.randrange(len(names))
    what = rng.choice(CHANGES)
    about = versions(base, view.view.name)
    place = names[chosen]
    field = table.schema.field(chosen)
    if what == "column removed":
        table = table.drop_columns([names[chosen]])
    elif what == "column renamed":
        other = rng.choice((f"{place}_", place.upper(), f"{place} ", place.replace("e", "е", 1)))
        if other == place:
            return None
        table = table.rename_columns([other if number == chosen else each for number, each in enumerate(names)])
    elif what == "column added":
        table = table.add_column(chosen, "more", pa.array([1] * table.num_rows, pa.int64()))
    elif what == "columns swapped":
        other = (chosen + 1) % len(names)
        names[chosen], names[other] = names[other], names[chosen]
        table = table.select(names)
    elif what in ("type changed", "inner type changed"):
        kind = other_type(field.type, rng)
        if kind is None or (what == "inner type changed") != pa.types.is_nested(field.type):
            return None
        table = table.set_column(chosen, place, table.column(chosen).cast(kind))
    elif what == "not null":
        if table.column(chosen).null_count:
            return None
        table = table.cast(table.schema.set(chosen, field.with_nullable(False)))
    elif what == "field given a number":
        pass
    elif rng.random() < 0.3:
        del about[rng.choice([*about])]
    else:
        key = rng.choice([*about, "more", "ARROW:schema", "pandas"])
        about[key] = about.get(key, "") + rng.choice(("1", " ", "\u200b"))
    if what == "field given a number":
        table = table.cast(table.schema.set(chosen, field.with_metadata({"PARQUET:field_id": "7"})))
    write(path, table, about)
    if what == "field given a number" and path.read_bytes() == (base.root / path.relative_to(out)).read_bytes():
        return None
    reseal(base, out)
    return Forged(what, f"{view.view.name}: {place}")


def other_type(kind: Any, rng: random.Random) -> Any:
    """Return a type that another reader would take for another; None where there is none at hand."""
    import pyarrow as pa

    others: dict[Any, tuple[Any, ...]] = {
        pa.string(): (pa.binary(), pa.large_string(), pa.dictionary(pa.int32(), pa.string())),
        pa.int64(): (pa.int32(), pa.float64(), pa.uint64(), pa.string(), pa.timestamp("ms")),
        pa.bool_(): (pa.int8(), pa.string()),
    }
    if pa.types.is_list(kind):
        inner = other_type(kind.value_type, rng)
        return pa.list_(pa.field("element", inner)) if inner is not None else None
    if pa.types.is_struct(kind):
        fields = [kind.field(number) for number in range(kind.num_fields)]
        place = rng.randrange(len(fields))
        inner = other_type(fields[place].type, rng)
        if inner is None:
            return None
        fields[place] = fields[place].with_type(inner)
        return pa.struct(fields)
    found = rng.choice(others[kind]) if kind in others else None
    return None if found in (pa.large_string(), pa.dictionary(pa.int32(), pa.string())) else found


def change_encoding(base: Base, out: Path, rng: random.Random) -> Forged | None:
    """Change what a file holds beside rows, and how; no reader sees other rows."""
    copy_to(base, out)
    view = base.draw(f"encoding {base.root.name}", base.folder.views, rng)
    what = rng.choice(
        ("compressed otherwise", "row groups cut", "no statistics", "bytes hidden", "files cut elsewhere")
    )
    path = out / rng.choice(view.files)
    about = versions(base, view.view.name)
    if what == "compressed otherwise":
        write(path, read_table(path), about, compression=rng.choice(("snappy", "none", "gzip")))
    elif what == "row groups cut":
        write(path, read_table(path), about, rows=rng.randrange(1, 4))
    elif what == "no statistics":
        write(path, read_table(path), about, write_statistics=False)
    elif what == "bytes hidden":
        data = path.read_bytes()
        length = int.from_bytes(data[-8:-4], "little") + 8
        path.write_bytes(data[:-length] + rng.randbytes(rng.randrange(1, 500)) + data[-length:])
    elif not _cut_elsewhere(base, out, view, about, rng):
        return None
    reseal(base, out)
    return Forged(what, path.relative_to(out).as_posix(), "record")


def _cut_elsewhere(base: Base, out: Path, view: Any, about: dict[str, str], rng: random.Random) -> bool:
    """Let the rows of a view lie in other files."""
    import pyarrow as pa

    table = pa.concat_tables(read_table(out / name) for name in view.files)
    if table.num_rows < 2:
        return False
    for name in view.files:
        (out / name).unlink()
    cut = rng.randrange(1, table.num_rows)
    for number, part in enumerate((table.slice(0, cut), table.slice(cut))):
        write(out / view.view.name / f"train-{number:05}-of-00002.parquet", part, about)
    return True


def versions(base: Base, view: str) -> dict[str, str]:
    return {**{key: base.folder.manifest[key] for key in ("dataset_version", "schema_version")}, "view": view}


def write(path: Path, table: Any, about: dict[str, str], rows: int | None = None, **options: Any) -> None:
    import pyarrow.parquet as pq

    with pq.ParquetWriter(path, table.schema, **{"compression": "zstd", "store_schema": False, **options}) as writer:
        writer.write_table(table, row_group_size=rows)
        writer.add_key_value_metadata(about)
