"""The vocabularies of a scheme: the closed lists of values that its fields, articles and registries have.

They are written in schema/<version>/vocabularies.json and nowhere else. What a value means to the code are flags beside
it. Rows hold the place of a value in its list as a number, so that no value moves or goes once it is released.
"""

from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import msgspec

from stancebank.errors import Finding, InputError
from stancebank.model import GOLD_METHODS, METADATA_BASES, TARGET_USES, ZONES, TextPolicy
from stancebank.records import read_json, read_part

OWN: Mapping[str, tuple[str, ...]] = {
    "text_policy": tuple(TextPolicy),
    "zone": ZONES,
    "metadata_basis": METADATA_BASES,
    "gold_method": GOLD_METHODS,
    "target_use": TARGET_USES,
    "entity_kind": (),
}
"""Vocabularies that every scheme needs, with the values that the toolkit itself uses."""

_FLAGS: Mapping[str, tuple[str, ...]] = {"zone": ("annotated",), "condition_role": ("makes_conditional",)}
"""What each value of a vocabulary must say."""

_DEFINITIONS = frozenset(
    ("condition", "entity", "exact", "id", "mention", "offsets", "quote", "span", "statement", "target_id", "words")
)
"""Names of definitions in the JSON Schemas, where those of the vocabularies stand too."""

RELEASES = "corpus/releases"
"""The folder of a workspace with a record of each release."""

ROWS = "rows.json"
"""The file of a record that says what its rows were: ids and digests, columns and their types, the closed lists."""

_MOVED = "scheme-order"


@dataclass(frozen=True, slots=True)
class Vocabularies:
    """The vocabularies by name; each holds a description and its values, in their order."""

    by_name: dict[str, dict[str, Any]]

    def values(self, name: str) -> dict[str, dict[str, Any]]:
        """Return the values of a vocabulary with what is known of each. Raises InputError where there is none."""
        if name not in self.by_name:
            raise InputError(
                f"vocabularies.json lacks the vocabulary {name!r}.\n"
                "Hint: `stancebank schema check` lists all that is wrong with the schema folder."
            )
        return cast("dict[str, dict[str, Any]]", self.by_name[name]["values"])

    def flagged(self, name: str, flag: str) -> frozenset[str]:
        """Return the values of a vocabulary for which a flag, such as ``is_person``, holds."""
        return frozenset(value for value, about in self.values(name).items() if about.get(flag))

    def offered(self, name: str) -> dict[str, dict[str, Any]]:
        """Return the values of a vocabulary that can still be chosen: a retired one only keeps its place."""
        return {value: about for value, about in self.values(name).items() if not about.get("retired")}

    def annotated_zones(self) -> frozenset[str]:
        """Return the zones in which statements are annotated."""
        return self.flagged("zone", "annotated")

    def persons(self) -> frozenset[str]:
        """Return the kinds of entities that are persons."""
        return self.flagged("entity_kind", "is_person")

    def states(self) -> frozenset[str]:
        """Return the kinds of entities that are states."""
        return self.flagged("entity_kind", "is_state")

    def unnamed(self) -> frozenset[str]:
        """Return the kinds of entities that stand for people without a name, and so for no one actor."""
        return self.flagged("entity_kind", "is_unnamed")

    def table(self, name: str, *, retired: bool = True) -> str:
        """Return a vocabulary as a Markdown table. retired: with the values that are no longer offered."""
        head, *rows = self.rows(name, retired=retired)
        table = [head, ["---"] * len(head), *([f"`{row[0]}`", *row[1:]] for row in rows)]
        return "\n".join("| " + " | ".join(row) + " |" for row in table) + "\n"

    def rows(self, name: str, *, retired: bool = True) -> list[list[str]]:
        """Return the head of a table of a vocabulary, then a row a value. retired: as in `table`."""
        extra = [key for key in ("polarity", "words", "example") if any(key in f for f in self.values(name).values())]
        head = ["value", "meaning", *extra]
        values = self.values(name) if retired else self.offered(name)
        return [
            head,
            *(
                [value, about["description"], *(_cell(about.get(key)) for key in extra)]
                for value, about in values.items()
            ),
        ]


def load_vocabularies(schema_dir: Path) -> Vocabularies:
    """Read the vocabularies of a schema version. schema_dir: its folder, such as schema/v1.

    Raises InputError where one of them is no object with values that are described; the rules of a scheme say the rest.
    """
    found = read_json(schema_dir / "vocabularies.json")
    for name, each in found.items() if isinstance(found, dict) else [("it", found)]:
        values = each.get("values") if isinstance(each, dict) else None
        if not isinstance(values, dict) or not all(map(_is_described, (each, *values.values()))):
            raise InputError(
                f"schema/{schema_dir.name}/vocabularies.json: {name} is no vocabulary.\n"
                "Hint: `stancebank schema check` lists all that is wrong with it."
            )
    return Vocabularies(found)


def _is_described(about: object) -> bool:
    return isinstance(about, dict) and isinstance(about.get("description"), str)


def _cell(value: Any) -> str:
    if isinstance(value, list):
        return ", ".join(value)
    return str(value) if value is not None else ""


def check_vocabularies(file: str, vocabularies: Mapping[str, Any]) -> Iterator[Finding]:
    """Check that vocabularies.json has all that a scheme needs, and nothing that cannot be told apart or stored.

    file: its path in the workspace. vocabularies: what it holds.
    """
    for name in OWN:
        if name not in vocabularies:
            yield Finding(file, "", "scheme-incomplete", f"the vocabulary {name!r} is missing.")
    for name, vocabulary in vocabularies.items():
        pointer = f"/{name}"
        if name in _DEFINITIONS:
            message = f"the JSON Schemas use the name {name!r} already: choose another name for the vocabulary."
            yield Finding(file, pointer, "scheme-name", message)
        values = vocabulary.get("values") if isinstance(vocabulary, dict) else None
        if not isinstance(values, dict) or not values or not isinstance(vocabulary.get("description"), str):
            yield Finding(file, pointer, "scheme-incomplete", "it has no description, or no object of values.")
            continue
        for value in OWN.get(name, ()):
            if value not in values:
                yield Finding(file, f"{pointer}/values", "scheme-incomplete", f"the value {value!r} is missing.")
        for value, about in values.items():
            below = f"{pointer}/values/{value.replace('~', '~0').replace('/', '~1')}"
            if not isinstance(about, dict) or not isinstance(about.get("description"), str):
                yield Finding(file, below, "scheme-incomplete", "the value has no description.")
                continue
            if not value or value != value.strip() or any(mark in value for mark in "\"'<>&,\n\t") or len(value) > 60:
                yield Finding(
                    file, below, "scheme-name", f"{value!r} cannot be a value: choose plain letters and digits."
                )
            for flag in _FLAGS.get(name, ()):
                if not isinstance(about.get(flag), bool):
                    yield Finding(file, below, "scheme-incomplete", f"the value does not say {flag}: true or false.")
        if all(isinstance(about, dict) and about.get("retired") for about in values.values()):
            yield Finding(file, f"{pointer}/values", "scheme-incomplete", "all values are retired: offer one of them.")
        sides = [value for value, about in values.items() if isinstance(about, dict) and "polarity" in about]
        if sides and len(sides) < len(values):
            message = "some values say their polarity and others do not: give it to all, or to none."
            yield Finding(file, f"{pointer}/values", "scheme-incomplete", message)
        strengths = [about["strength"] for about in values.values() if isinstance(about, dict) and "strength" in about]
        if strengths and (len(strengths) < len(values) or any(type(each) is not int for each in strengths)):
            message = "not all values say their strength as a whole number: give one to all, or to none."
            yield Finding(file, f"{pointer}/values", "scheme-incomplete", message)
    zones = vocabularies.get("zone", {}).get("values", {})
    if (
        isinstance(zones, dict)
        and zones
        and not any(isinstance(a, dict) and a.get("annotated") for a in zones.values())
    ):
        yield Finding(file, "/zone/values", "scheme-incomplete", "no zone is annotated.")


def check_places(root: Path, folder: str, vocabularies: Mapping[str, Any]) -> Iterator[Finding]:
    """Hold the places of values against the last release of the same schema version: rows hold them as numbers.

    root: of the workspace. folder: of the schema version, by its path in it. vocabularies: what its file holds.
    """
    version, told = _last_values(root, folder.rpartition("/")[2])
    for name, before in told.items():
        now = list(vocabularies[name]["values"]) if name in vocabularies else []
        for place, value in enumerate(before):
            if now[place : place + 1] != [value]:
                where = f"is number {now.index(value)} now" if value in now else "is gone"
                message = f"{value!r} was number {place} in release {version}, and {where}."
                yield Finding(
                    f"{folder}/vocabularies.json", f"/{name}/values" * (name in vocabularies), _MOVED, message
                )
                break  # all behind it have moved with it


class _Manifest(msgspec.Struct):
    """What is asked of the manifest of a release."""

    schema_version: str


class _Rows(msgspec.Struct):
    """What is asked of the rows of a release, of which there may be a million."""

    values: dict[str, list[str]] = {}


def _last_values(root: Path, schema: str) -> tuple[str, Mapping[str, Any]]:
    """Return the last release of a schema version, and the closed lists that its record tells; of older ones, none."""
    records: list[tuple[tuple[int, ...], Path]] = []
    for path in (root / RELEASES).glob(f"*/{ROWS}"):
        with suppress(ValueError):
            records.append((tuple(map(int, path.parent.name.split("."))), path))
    for version, path in sorted(records, reverse=True):
        try:
            if read_part(path.parent / "manifest.json", _Manifest).schema_version == schema:
                return ".".join(map(str, version)), read_part(path, _Rows).values
        except (OSError, InputError):
            continue  # a record that cannot be read is told when it is needed
    return "", {}
