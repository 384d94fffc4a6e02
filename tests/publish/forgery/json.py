"""manifest.json and croissant.json: values, keys, types, form."""

import json
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from stancebank.publish.folder import MANIFEST
from stancebank.records import to_json
from tests.publish.forgery.base import Base, By, Forged, copy_to, seal, write_sums

CROISSANT = "croissant.json"
RECORDED = ("toolkit_version", "pyarrow_version", "trees", "waived")
"""Keys of the manifest that nothing else in a folder says, nor the workspace's content."""

ODD = (
    None,
    True,
    -1,
    0,
    10**30,
    1.5,
    "",
    "x",
    "\0",
    "é" * 300,
    [],
    {},
    [[]],
    {"": {}},
    ["x"],
    {"x": 1},
    "../../x",
    "/etc/passwd",
)


def json_places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Yield the places of all values, objects and lists included."""
    if path:
        yield path
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, each in items:
        yield from json_places(each, (*path, key))


def change_manifest(base: Base, out: Path, rng: random.Random) -> Forged | None:
    return _change(base, out, rng, MANIFEST)


def change_croissant(base: Base, out: Path, rng: random.Random) -> Forged | None:
    return _change(base, out, rng, CROISSANT)


def _change(base: Base, out: Path, rng: random.Random, name: str) -> Forged | None:
    copy_to(base, out)
    text = (out / name).read_text(encoding="utf-8")
    told = json.loads(text)
    what = rng.choice(
        ("value changed", "value changed", "value of another type", "key added", "key removed", "key renamed",
         "item doubled", "items swapped", "form changed")
    )  # fmt: skip
    if what == "form changed":
        new = rng.choice((*(json.dumps(told, indent=each) for each in (1, 4, None)), *_forms(text)))
        return _sealed(base, out, name, new, text, Forged(f"{what} in {name}", ""))
    first = base.draw(f"{name} {sorted(told)}", sorted(told), rng)
    path = rng.choice([each for each in json_places(told) if each[0] == first])
    holder = told
    for part in path[:-1]:
        holder = holder[part]
    value = holder[path[-1]]
    if what == "value changed":
        holder[path[-1]] = _other(value, rng)
    elif what == "value of another type":
        holder[path[-1]] = rng.choice(ODD)
    elif what == "key removed":
        holder.pop(path[-1])
    elif what == "items swapped":
        if not isinstance(value, list) or len(value) < 2:
            return None
        value.reverse()
    elif what == "item doubled":
        if not isinstance(value, list) or not value:
            return None
        value.append(value[0])
    elif not isinstance(holder, dict):
        return None
    elif what == "key renamed":
        holder[rng.choice(("more", f"{path[-1]} ", str(path[-1]).upper(), ""))] = holder.pop(path[-1])
    else:
        holder[rng.choice(("more", "\u200b", "", "a/../b", "corpus/more.json", "x" * 5000))] = rng.choice(
            (*ODD, "0" * 64)
        )
    by: By = "folder"
    if name == MANIFEST and first in RECORDED:
        by = "record"
    elif name == MANIFEST and first in ("inputs", "dataset_name"):
        by = "gold"
    return _sealed(base, out, name, to_json(told), text, Forged(f"{what} in {name}", "/".join(map(str, path)), by))


def _forms(text: str) -> Iterator[str]:
    yield text.replace("\n", "\r\n")
    yield "\ufeff" + text
    yield text[:-1]
    yield text.replace("{", '{"made_by": "x", ', 1)
    yield text.replace(": 1", ": 1.0", 1)
    yield text.replace('"', '"\\u200b', 1)
    yield text.replace("e", "\\u0065", 1)
    yield "[" * 3000 + text
    yield text.replace('": "', '": "\\ud800', 1)
    yield text.replace(": 1", ": NaN", 1)
    yield text.replace(": 1", ": 1e999", 1)
    yield text + text


def _other(value: Any, rng: random.Random) -> Any:
    if isinstance(value, bool):
        return not value
    if isinstance(value, int):
        return value + rng.choice((-1, 1, 10**12))
    if isinstance(value, str):
        swapped = value[:-1] + ("0" if value[-1:] != "0" else "1")
        return rng.choice((f"{value}x", swapped, value.upper(), f"{value}\u200b", value.replace("a", "а")))
    if isinstance(value, list):
        return value[1:]
    return dict(list(value.items())[1:]) if isinstance(value, dict) else "x"


def _sealed(base: Base, out: Path, name: str, text: str, before: str, forged: Forged) -> Forged | None:
    if text == before:
        return None
    (out / name).write_bytes(text.encode())
    if name == MANIFEST:
        write_sums(out)
    else:
        seal(out, base.manifest)
    return forged
