"""A migration: what migration.toml of a schema version says, and the proof that it leads from one scheme to the other.

The file lies in the folder of the newer version::

    from = "v1"

    [[steps]]
    do = "rename-value"
    vocabulary = "stance"
    value = "oppose"
    to = "against"
    note = "The word that other stance corpora use."

The proof needs no document: the fields and values of the older scheme, taken through the steps, must be those of the
newer one. docs/schemes.md explains the steps.
"""

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import get_args

from stancebank.errors import Finding, InputError
from stancebank.schema.field_steps import AddField, ChangeKind, MergeFields, RemoveField, RenameField, SplitField
from stancebank.schema.fields import MIGRATION, PENDING, Level, Scheme, load_scheme
from stancebank.schema.steps import VOCABULARY_PLACES, Json, Shape, Step, shape_of
from stancebank.schema.value_steps import MergeValues, RemoveValue, RenameValue, SplitValue
from stancebank.text import find_hidden

KINDS: Mapping[str, type[Step]] = {
    each.do: each
    for each in (
        *(RenameField, RemoveField, AddField, ChangeKind, MergeFields, SplitField),
        *(RenameValue, MergeValues, SplitValue, RemoveValue),
    )
}
"""The kinds of step, by what `do` calls them."""

_UNDECIDED = {"ask": "text", "archive": "flag"}
_STEPS: Mapping[str, tuple[dict[str, str], dict[str, str]]] = {
    "rename-field": ({"field": "text", "to": "text"}, {"level": "level"}),
    "remove-field": ({"field": "text"}, {"level": "level"}),
    "add-field": (
        {"field": "text"},
        {"level": "level", "value": "any", "derive": "text", "map": "table", "otherwise": "any", "ask": "text"},
    ),
    "change-kind": (
        {"field": "text", "to": "text"},
        {"level": "level", "vocabulary": "text", "map": "table", **_UNDECIDED},
    ),
    "merge-fields": (
        {"fields": "texts", "to": "text"},
        {"level": "level", "map": "fitting", "join": "text", **_UNDECIDED},
    ),
    "split-field": (
        {"field": "text", "to": "texts"},
        {"level": "level", "map": "tables", "pattern": "text", **_UNDECIDED},
    ),
    "rename-value": ({"vocabulary": "text", "value": "text", "to": "text"}, {}),
    "merge-values": ({"vocabulary": "text", "values": "texts", "to": "text"}, {}),
    "split-value": (
        {"vocabulary": "text", "value": "text", "to": "texts"},
        {"rules": "rules", "otherwise": "text", **_UNDECIDED},
    ),
    "remove-value": ({"vocabulary": "text", "value": "text"}, _UNDECIDED),
}
"""The keys of each kind of step: those that it must have, and those that it may have, with their form."""

_LEVELS = (*get_args(Level), "document")
_FORMS: Mapping[str, str] = {
    "text": "text in quotes",
    "flag": "true or false",
    "level": f"one of {', '.join(_LEVELS)}",
    "texts": "a list of texts",
    "table": "a table, like {low = true}",
    "tables": 'a table of tables, like {"at once" = {urgency = "high"}}',
    "fitting": 'a list of tables, like {when = {force = "hedged"}, value = "low"}',
    "rules": 'a list of tables, like {when = {force = "hedged"}, to = "open"}',
    "any": "a value",
}


def _is_text(value: object) -> bool:
    return isinstance(value, str) and bool(value.strip()) and find_hidden(value) is None


def _has_form(value: object, form: str) -> bool:
    match form:
        case "text":
            return _is_text(value)
        case "flag":
            return isinstance(value, bool)
        case "level":
            return value in _LEVELS
        case "texts":
            return isinstance(value, list) and bool(value) and all(map(_is_text, value))
        case "table":
            return isinstance(value, dict) and bool(value)
        case "tables":
            return isinstance(value, dict) and bool(value) and all(isinstance(each, dict) for each in value.values())
        case "fitting" | "rules":
            keys = {"when", "value" if form == "fitting" else "to"}
            return isinstance(value, list) and all(
                isinstance(each, dict) and each.keys() == keys and isinstance(each["when"], dict) and each["when"]
                for each in value
            )
    return True


@dataclass(frozen=True)
class Migration:
    """Steps from one version of a scheme to the next. toolkit: which the newer one needs, like ``>=0.2``, if said."""

    before: Scheme
    after: Scheme
    steps: tuple[Step, ...]
    toolkit: str | None = None

    @property
    def name(self) -> str:
        """The name of its archive: ``v1-v2``."""
        return f"{self.before.version}-{self.after.version}"

    def renamed(self, level: str, name: str) -> tuple[str, str] | None:
        """Return where the values of a field of the older scheme are in the newer one; None where it is gone."""
        for step in self.steps:
            for act in step.acts:
                if act.where == level and name in act.takes:
                    if not act.gives:
                        return None
                    name = name if name in act.gives else act.gives[0]
                    break
        return level, name

    def revalued(self, vocabulary: str, value: str) -> str | None:
        """Return what a value of the older scheme is called in the newer one; None where that is no single one."""
        for step in self.steps:
            if step.table.get("vocabulary") != vocabulary or step.do == "change-kind":
                continue
            if value in (step.table.get("value"), *step.table.get("values", ())):
                if step.do not in ("rename-value", "merge-values"):
                    return None
                value = step.table["to"]
        return value


@dataclass(frozen=True, slots=True)
class MigrationFault:
    """What is wrong with a migration. pointer: JSON pointer into the file, such as ``/steps/2``."""

    pointer: str
    message: str


def read_steps(data: bytes) -> tuple[Json, list[Step], list[MigrationFault]]:
    """Read the content of migration.toml; return its top-level keys, its steps, and all that is wrong with it."""
    try:
        raw = tomllib.loads(data.decode("utf-8-sig"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, RecursionError) as error:
        return {}, [], [MigrationFault("", f"it is not TOML: {error}.")]
    faults = [
        MigrationFault("", _unknown("key", key, ("from", "toolkit", "steps")))
        for key in raw
        if key not in ("from", "toolkit", "steps")
    ]
    if not _is_text(raw.get("from")):
        faults.append(MigrationFault("/from", 'it does not say which version it leads from, like from = "v1".'))
    if "toolkit" in raw and not _is_specifier(raw["toolkit"]):
        faults.append(MigrationFault("/toolkit", f'toolkit is {raw["toolkit"]!r}, not like ">=0.2".'))
    tables = raw.get("steps", [])
    if not isinstance(tables, list) or not all(isinstance(table, dict) for table in tables):
        return raw, [], [*faults, MigrationFault("/steps", "steps is no list of tables; each is headed [[steps]].")]
    steps = []
    for number, table in enumerate(tables):
        wrong = [MigrationFault(f"/steps/{number}", f"step {number + 1}: {each}") for each in _wrong(table)]
        faults += wrong
        if not wrong:
            steps.append(KINDS[table["do"]](number + 1, table))
    return raw, steps, faults


def _is_specifier(value: object) -> bool:
    from packaging.specifiers import InvalidSpecifier, SpecifierSet

    try:
        return isinstance(value, str) and bool(SpecifierSet(value))
    except InvalidSpecifier:
        return False


def _wrong(table: Json) -> Iterator[str]:
    do = table.get("do")
    if not isinstance(do, str) or do not in KINDS:
        yield _unknown("`do`", str(do), tuple(KINDS)) if do is not None else "it does not say what to `do`."
        return
    must, may = _STEPS[do]
    for key in table:
        if key not in ("do", "note") and key not in must and key not in may:
            yield _unknown("key", key, (*must, *may, "note"))
    for key, form in {**must, "note": "text"}.items():
        if key not in table:
            yield f"{key} is missing: {_FORMS[form]}" + (", that says why." if key == "note" else ".")
    for key, form in {**must, **may, "note": "text"}.items():
        if key in table and not _has_form(table[key], form):
            yield f"{key} is {table[key]!r}; it has to be {_FORMS[form]}."
    if "ask" in table and table.get("archive"):
        yield "`ask` and `archive` exclude one another."


def _unknown(what: str, name: str, known: tuple[str, ...]) -> str:
    likely = get_close_matches(name, known, 1)
    return f"unknown {what} {name!r}; " + (f"did you mean {likely[0]!r}?" if likely else f"known: {', '.join(known)}.")


def prove(before: Scheme, after: Scheme, steps: list[Step]) -> list[MigrationFault]:
    """Take the fields and values of a scheme through the steps, and say each thing in which the other one differs.

    New optional fields and new values need no step.
    """
    shape, goal = shape_of(before, after.edition), shape_of(after)
    if after.edition < before.edition:
        message = f"{before.version} follows edition {before.edition} of the frame, {after.version} an earlier one."
        return [MigrationFault("", message)]
    faults: list[MigrationFault] = []
    for step in steps:
        pointer, start = f"/steps/{step.number - 1}", f"step {step.number}, {step.do}: "

        def note(words: str, pointer: str = pointer, start: str = start) -> None:
            faults.append(MigrationFault(pointer, start + words))

        step.reshape(shape, goal, note)
    if faults:
        return faults
    if shape.asked and PENDING not in after.schema["properties"]:
        message = f"a step asks, and annotation.schema.json has no property {PENDING!r}: `schema next` declares it."
        faults.append(MigrationFault("", message))
    faults += [MigrationFault("", each) for each in _differences(shape, goal, before.version, after.version)]
    return faults


def _differences(shape: Shape, goal: Shape, one: str, two: str) -> Iterator[str]:
    for level, fields in shape.fields.items():
        there = goal.fields[level]
        for name, old in fields.items():
            new = there.get(name)
            if new is None:
                yield f"{two} has no {level} field {name!r}, which {one} and the steps give: rename or remove it."
                continue
            if new.kind != old.kind:
                yield f"{level} field {name}: {old.kind} in {one}, {new.kind} in {two}: add a step change-kind."
                continue
            gone = (
                [
                    each
                    for each in shape.values.get(old.vocabulary or "", ())
                    if each not in goal.values.get(new.vocabulary or "", ())
                ]
                if old.vocabulary
                else []
            )
            if gone:
                said = ", ".join(map(repr, gone))
                yield f"{level} field {name}: {two} has no value {said}: rename, merge or remove it."
            if old.kind != "frame" and not old.required:
                if new.default != old.default:
                    yield (
                        f"{level} field {name}: where it is left out it means {_said(old.default)} in {one}, "
                        f"{_said(new.default)} in {two}: add a step add-field that fills it."
                    )
                elif new.required and new.default is None:
                    yield f"{level} field {name}: {two} requires it, {one} does not: add a step add-field."
        for name, new in there.items():
            if name not in fields and new.required and new.default is None:
                yield f"{level} field {name}: {two} requires it, and no step fills it: add a step add-field."
    for vocabulary, (where, key) in VOCABULARY_PLACES.items():
        used = where not in ("condition", "non_statement") or (
            "conditions" in goal.fields["statement"] if where == "condition" else bool(goal.fields["document"])
        )
        gone = [each for each in shape.values.get(vocabulary, ()) if each not in goal.values.get(vocabulary, ())]
        if used and gone:
            yield f"{vocabulary}: {two} has no value {', '.join(map(repr, gone))} ({key}): rename or merge it."


def _said(default: str | None) -> str:
    return "nothing" if default is None else repr(default)


def check_migration(schema_dir: Path, folder: str) -> list[Finding]:
    """Return all that is wrong with the migration.toml of a schema folder that has one.

    folder: its path in the workspace. The scheme of the folder has passed its own check. Where the older version is not
    at hand, only the file itself is checked.
    """
    raw, steps, faults = read_steps((schema_dir / MIGRATION).read_bytes())
    before = schema_dir.with_name(str(raw.get("from")))
    if not faults and _number(before.name) is None:
        faults = [MigrationFault("/from", f"from is {before.name!r}, which is no version like v1.")]
    elif not faults and (_number(before.name) or 0) >= (_number(schema_dir.name) or 0):
        faults = [MigrationFault("/from", f"it leads from {before.name}, which is not before {schema_dir.name}.")]
    if not faults and (before / "annotation.schema.json").is_file():
        try:
            faults = prove(load_scheme(before), load_scheme(schema_dir), steps)
        except InputError as error:
            faults = [MigrationFault("", str(error).partition("\nHint")[0])]
    return [Finding(f"{folder}/{MIGRATION}", "", "migration-invalid", each.message) for each in faults]


def _number(version: str) -> int | None:
    return int(version[1:]) if version[:1] == "v" and version[1:].isdecimal() else None


def load_migration(before: Path, after: Path) -> Migration:
    """Return the migration between two schema folders, proved. Raises InputError with all that is wrong with it."""
    path = after / MIGRATION
    if not path.is_file():
        raise InputError(
            f"schema/{after.name} has no {MIGRATION}, which says how {before.name} becomes {after.name}.\n"
            f"Hint: write one; `stancebank help schemes` explains it. Nothing was changed."
        )
    raw, steps, faults = read_steps(path.read_bytes())
    if not faults and raw["from"] != before.name:
        faults = [MigrationFault("/from", f"it leads from {raw['from']}, and this workspace follows {before.name}.")]
    old, new = load_scheme(before), load_scheme(after)
    faults = faults or prove(old, new, steps)
    if faults:
        listing = "\n".join(f"- {each.message}" for each in faults)
        raise InputError(
            f"schema/{after.name}/{MIGRATION} does not lead from {before.name} to {after.name}:\n{listing}\n"
            "Hint: correct it; `stancebank schema check` checks it. Nothing was changed."
        )
    return Migration(old, new, tuple(steps), raw.get("toolkit"))


def versions_after(root: Path, version: str) -> list[str]:
    """Return the schema versions of a workspace that come after one, in their order. root: of the workspace."""
    now = _number(version) or 0
    found = [
        (number, path.name) for path in (root / "schema").glob("v*/") if (number := _number(path.name)) is not None
    ]
    return [name for number, name in sorted(found) if number > now]
