"""What a scheme declares of its words and values beyond their form: where they are, what they exclude, what ties ask.

They are keys of the ``x-stancebank`` object beside a property of a statement, of its target or of a condition. Unlike
the kind of a field, they may be given for parts of the frame, too: `FRAME_KEYS` says which. The rules of
`check.statements` go by them, so that a scheme that declares nothing is held to nothing.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal, get_args

import msgspec

from stancebank.records import read_json
from stancebank.schema.fields import KEYWORD, Kind, Level, Scheme

META = Path(__file__).parent / "x-stancebank.schema.json"
"""The JSON Schema of the keyword."""


@dataclass(frozen=True, slots=True)
class Constraints:
    """What is declared of a field, or of a part of the frame.

    place: of its words: `inside` the content, `beside` it in a paragraph that has some of it, or `near`: also in the
    paragraph before one. excludes: fields of the same level, or `speaker` and `conditions`, that share no entity and no
    word with it. tied: what statements tied by `same_as` have `equal` in it; `part_of` for entities of which one may be
    part of the other. needs: the field that is filled in, too, where this one is. not_after: `published` for a date
    that is not after the article's. joined_by: the list of the language file whose words a span takes along.
    is_ground: whether its words give a ground, which says nothing of the position itself. points_to: `fullest` where
    ties lead to the fullest statement. no_statement: whether words of it are no content of another statement.
    """

    place: Literal["inside", "beside", "near"] | None = None
    excludes: tuple[str, ...] = ()
    tied: Literal["equal", "part_of"] | None = None
    needs: str | None = None
    not_after: Literal["published"] | None = None
    joined_by: Literal["connectives", "causes"] | None = None
    is_ground: bool = False
    points_to: Literal["fullest"] | None = None
    no_statement: bool = False


_NONE = Constraints()
KEYS = tuple(each.name for each in fields(Constraints))

FRAME_KEYS: Mapping[tuple[Level, str], tuple[str, ...]] = {
    ("statement", "speaker"): ("place",),
    ("statement", "same_as"): ("points_to",),
    ("statement", "conditions"): ("place", "tied", "joined_by", "no_statement"),
    ("target", "span"): ("place",),
}
"""What can be declared of parts of the frame."""

KIND_KEYS: Mapping[str, tuple[Kind, ...]] = {
    "place": ("span", "spans", "mentions"),
    "excludes": ("entity", "entities", "mentions", "span", "spans"),
    "tied": ("vocabulary", "text", "flag", "entity", "entities", "target"),
    "needs": get_args(Kind),
    "not_after": ("date",),
    "joined_by": ("span", "spans"),
    "is_ground": ("span", "spans"),
    "points_to": (),
    "no_statement": (),
}
"""What can be declared of fields, by their kind."""


@lru_cache(maxsize=32)
def constraints(scheme: Scheme) -> Mapping[tuple[Level, str], Constraints]:
    """Return what a scheme declares, by level and name; only of what has a declaration. It must be a sound scheme."""
    found = {}
    for level, properties in _properties(scheme.schema).items():
        for name, value in properties.items():
            about = value.get(KEYWORD) or {}
            said = {key: each for key, each in about.items() if key in KEYS}
            if said:
                found[level, name] = msgspec.convert(said, Constraints)
    return found


def constraint_of(scheme: Scheme, level: Level, name: str) -> Constraints:
    """Return what a scheme declares of a field or of a part of the frame."""
    return constraints(scheme).get((level, name), _NONE)


def _properties(schema: Mapping[str, Any]) -> Mapping[Level, Mapping[str, Any]]:
    def part(value: Mapping[str, Any]) -> Mapping[str, Any]:
        reference = value.get("$ref")
        found = schema["$defs"][reference.removeprefix("#/$defs/")] if reference else value
        return found if isinstance(found, dict) else {}

    statement = part(schema["$defs"]["statement"])["properties"]
    levels: dict[Level, Mapping[str, Any]] = {
        "statement": statement,
        "target": part(statement["target"]).get("properties", {}),
    }
    if "conditions" in statement:
        levels["condition"] = part(part(statement["conditions"])["items"]).get("properties", {})
    return levels


def frame_schema(level: Level, name: str) -> dict[str, Any]:
    """Return the JSON Schema of the keyword beside a part of the frame; it takes nothing where none is of use."""
    meta = read_json(META)
    keys = FRAME_KEYS.get((level, name), ())
    known = {**meta["properties"], **meta["$defs"]["frame"]["properties"]}
    return {"type": "object", "properties": {key: known[key] for key in keys}, "additionalProperties": False}


def find_misfits(schema: Mapping[str, Any], level: Level, name: str, kind: Kind) -> Iterator[str]:
    """Yield what is declared of a field and does not fit its kind, or names what the scheme does not have."""
    levels = _properties(schema)
    about = levels[level][name].get(KEYWORD) or {}
    for key in KEYS:
        if key in about and kind not in KIND_KEYS[key]:
            yield f"{key} cannot be declared of a field of the kind {kind}."
    if about.get("tied") == "part_of" and kind not in ("entity", "entities"):
        yield "only entities are part of one another: tied must be equal."
    frame = ("conditions",) if kind in ("span", "spans") else ("speaker",)
    for other in about.get("excludes", ()):
        known = levels[level].get(other, {})
        words = known.get(KEYWORD, {}).get("kind") in ("span", "spans")
        if other == name or not known or (level == "statement" and other in frame):
            fits = other != name and bool(known)
        else:
            fits = words == (kind in ("span", "spans")) and known.get(KEYWORD, {}).get("kind") in KIND_KEYS["excludes"]
        if not fits:
            what = "words" if kind in ("span", "spans") else "entities"
            yield f"it cannot exclude {other!r}, which is no other field of a {level} that has {what}."
    if "needs" in about and (about["needs"] == name or KEYWORD not in levels[level].get(about["needs"], {})):
        yield f"it cannot need {about['needs']!r}, which is no other field of a {level}."
