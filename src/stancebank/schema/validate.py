"""JSON Schema validation: each fault becomes a finding with place and hint. The one door to jsonschema.

jsonschema is the judge, and the one that explains; it is also slow. So a value is first shown to jsonschema-rs, and
what that calls valid needs no more. It may be stricter than the judge, which then finds nothing; it must never be more
lenient. Where the two would read a schema differently, which is in regular expressions alone, both use what `_searcher`
returns.
"""

import json
import os
import re
from collections.abc import Callable, Iterator, Set
from difflib import get_close_matches
from functools import cached_property, lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from stancebank.errors import Finding, InputError, shorten
from stancebank.records import Content, find_files, read_content, read_json
from stancebank.schema.fields import PENDING, Scheme, load_scheme
from stancebank.schema.quoted import Profile, quoted_schema

if TYPE_CHECKING:
    import jsonschema_rs
    from jsonschema import Draft202012Validator
    from jsonschema.exceptions import ValidationError


_LONGEST = 200  # characters of a message of the validator

RecordKind = Literal[
    "article", "annotation", "entities", "targets", "quoted", "prediction", "withdrawal", "adjudication"
]
_PROFILES: dict[str, Profile] = {"quoted": "document", "prediction": "prediction"}
"""Kinds whose schema is made of that of annotation documents, whatever file of it a workspace holds."""


def validate(value: object, kind: RecordKind, schema_dir: Path, file: str) -> list[Finding]:
    """Return what the schema finds wrong with a value.

    value: as JSON is parsed, so without tuples. schema_dir: the folder of the schema version. file: the value's path
    in the workspace, for the findings.
    """
    if isinstance(value, dict) and isinstance(value.get("schema_version"), str):
        wanted = _version(schema_dir)
        if value["schema_version"] != wanted:
            message = f"schema_version is {value['schema_version']!r}; this workspace follows {wanted!r}."
            return [Finding(file, "/schema_version", "schema-version", message)]
    return _validator(schema_dir, kind).find_faults(
        value, file, _excused(value) if kind == "annotation" else frozenset()
    )


def _excused(document: object) -> Set[tuple[str, str]]:
    """Return which keys of a document may be missing since they wait for an answer: each with its JSON pointer."""
    if not isinstance(document, dict) or not isinstance(document.get(PENDING), list):
        return frozenset()
    waiting = {
        tuple(map(str, (each.get("statement"), each.get("condition"), each.get("level"), each.get("field"))))
        for each in document[PENDING]
        if isinstance(each, dict)
    }
    found = set()
    for number, statement in enumerate(_list(document, "statements")):
        name, pointer = str(_get(statement, "id")), f"/statements/{number}"
        places = {("None", "statement"): pointer, ("None", "target"): f"{pointer}/target"}
        for place, condition in enumerate(_list(statement, "conditions")):
            places[str(_get(condition, "id")), "condition"] = f"{pointer}/conditions/{place}"
        found |= {(places[of, at], field) for key, of, at, field in waiting if key == name and (of, at) in places}
    return found


def _get(value: object, key: str) -> Any:
    return value.get(key) if isinstance(value, dict) else None


def _list(value: object, key: str) -> list[Any]:
    found = _get(value, key)
    return found if isinstance(found, list) else []


def validate_quoted(value: object, scheme: Scheme, profile: Profile, file: str) -> list[Finding]:
    """Return what is wrong with statements by their words: a quoted document, or a prediction.

    Their schema is made of the scheme, whatever file of it a workspace holds. value, file: as for `validate`.
    """
    return _quoted_validator(scheme, profile).find_faults(value, file)


@lru_cache(maxsize=16)
def _version(schema_dir: Path) -> str:
    """Return the version of a schema: the name of its folder; in a published folder, what the schema itself says."""
    if schema_dir.name != "schema":
        return schema_dir.name
    return str(read_json(schema_dir / "annotation.schema.json")["properties"]["schema_version"]["const"])


def _validator(schema_dir: Path, kind: RecordKind) -> "_Validator":
    if kind in _PROFILES:
        return _quoted_validator(load_scheme(schema_dir), _PROFILES[kind])
    path = f"{_HERE if kind == 'adjudication' else schema_dir}/{kind}.schema.json"
    state = os.stat(path)  # noqa: PTH116 (it is asked for each record, and a path takes longer to make)
    return _validator_at(path, (state.st_mtime_ns, state.st_size))


_HERE = str(Path(__file__).parent)


@lru_cache(maxsize=16)
def _validator_at(path: str, _stamp: object) -> "_Validator":
    """Return the validator of a schema. stamp: what tells this state of its file from others."""
    return _validator_of(read_content(Path(path)))


@lru_cache(maxsize=32)
def _validator_of(content: Content) -> "_Validator":
    path = content.path
    schema = read_json(path)
    if fault := schema_fault(schema):
        raise InputError(
            f"schema/{path.parent.name}/{path.name} is not a JSON Schema that can be used: {fault}\n"
            "Hint: `stancebank schema check` lists all that is wrong with the schema folder."
        )
    return _Validator(schema)


@lru_cache(maxsize=16)
def _quoted_validator(scheme: Scheme, profile: Profile) -> "_Validator":
    return _Validator(quoted_schema(scheme, profile))


class _Validator:
    """A JSON Schema with its judge, and with the fast validator, where that takes the schema."""

    def __init__(self, schema: dict[str, Any]) -> None:
        self._schema = schema
        self._fast = _fast_validator(schema)

    @cached_property
    def _judge(self) -> "Draft202012Validator":
        from jsonschema import Draft202012Validator
        from jsonschema.validators import extend

        Draft202012Validator.check_schema(self._schema)
        made: Draft202012Validator = extend(Draft202012Validator, {"pattern": _judge_pattern})(self._schema)  # type: ignore[no-untyped-call]
        return made

    def find_faults(self, value: object, file: str, excused: Set[tuple[str, str]] = frozenset()) -> list[Finding]:
        """Return what is wrong with a value. file: its path in the workspace.

        excused: keys that may be missing, each with the JSON pointer of what it is missing in.
        """
        if self.is_surely_valid(value):
            return []
        errors = sorted(self._judge.iter_errors(value), key=lambda error: list(map(str, error.path)))
        found = [error for whole in errors for error in _innermost(whole)]
        return [_finding(error, file) for error in found if (_pointer(error), _missing_key(error)) not in excused]

    def is_surely_valid(self, value: object) -> bool:
        """Whether the fast validator finds no fault. Where it finds one, or cannot tell, jsonschema has to decide."""
        try:
            return self._fast is not None and self._fast.is_valid(value)
        except ValueError:  # half a surrogate pair, or a key that is no string
            return False


def _fast_validator(schema: dict[str, Any]) -> "jsonschema_rs.Draft202012Validator | None":
    """Return the fast validator, or None where it refuses the schema."""
    import jsonschema_rs

    try:
        return jsonschema_rs.Draft202012Validator(
            _for_rust(schema), keywords={_PYTHON_PATTERN: _Pattern}, validate_formats=False, offline=True
        )
    except ValueError:
        return None


_PYTHON_PATTERN = "x-stancebank-pattern"
_PLAIN = re.compile(r"\^(?:[A-Za-z0-9:_-]|\\\.|\[[A-Za-z0-9-]+\]|\(\?:|\)|\||[?*+]|\{[0-9]+(?:,[0-9]*)?\})*\$")
"""Patterns of whole texts, of letters, digits and a few signs of ASCII. Rust reads them as Python does, but for `$`, in
which it is stricter: it takes no line feed behind the text."""
_VALUES = frozenset(("const", "enum", "default", "examples"))


def _for_rust(part: Any, *, names: bool = False) -> Any:
    """Return a JSON Schema in which patterns that Rust would read differently are under a keyword that Python judges.

    names: whether the keys of this part are names of properties.
    """
    if isinstance(part, list):
        return [_for_rust(each) for each in part]
    if not isinstance(part, dict):
        return part
    found = {}
    for key, value in part.items():
        if key == "pattern" and isinstance(value, str) and not names:
            found[key if _PLAIN.fullmatch(value) else _PYTHON_PATTERN] = value
        elif key in _VALUES and not names:
            found[key] = value
        else:
            found[key] = _for_rust(value, names=key in ("properties", "$defs") and not names)
    return found


def schema_fault(schema: object) -> str | None:
    """Return why a value cannot be used as a JSON Schema, or None where it can.

    It has to fulfil the meta-schema, and to refer to its own parts alone: nothing is fetched from elsewhere.
    """
    if fault := next(_pattern_faults(schema), None):
        return fault
    if isinstance(schema, dict) and _fast_validator(schema) is not None:
        return None
    from jsonschema import Draft202012Validator
    from jsonschema.exceptions import SchemaError

    try:
        Draft202012Validator.check_schema(schema)  # type: ignore[arg-type]
    except SchemaError as error:
        where = shown_path("".join(f"/{_escape(part)}" for part in error.absolute_path))
        return f"{where + ': ' if where else ''}{shorten(error.message, _LONGEST)}."
    return next((f"it refers to {each!r}, which is no part of it." for each in _dangling(schema, schema)), None)


def _dangling(part: object, schema: object) -> Iterator[object]:
    """Yield every `$ref` that names no part of the schema itself."""
    if isinstance(part, dict):
        if (reference := part.get("$ref")) is not None and not _leads_somewhere(reference, schema):
            yield reference
        for each in part.values():
            yield from _dangling(each, schema)
    elif isinstance(part, list):
        for each in part:
            yield from _dangling(each, schema)


def _leads_somewhere(reference: object, schema: object) -> bool:
    if not isinstance(reference, str) or not (reference == "#" or reference.startswith("#/")):
        return False
    for name in reference.split("/")[1:]:
        name = name.replace("~1", "/").replace("~0", "~")
        if not isinstance(schema, dict) or name not in schema:
            return False
        schema = schema[name]
    return True


class _Pattern:
    """The keyword `pattern` as jsonschema has it, for jsonschema-rs.

    Rust's own expressions differ in what white space, digits and letters are, and in what `$` matches.
    """

    def __init__(self, schema: dict[str, Any], pattern: str, path: list[str | int]) -> None:
        self._search = _searcher(pattern)

    def validate(self, value: object) -> None:
        """Raise ValueError where a text does not match."""
        if isinstance(value, str) and not self._search(value):
            raise ValueError("it does not match the pattern")


@lru_cache(maxsize=256)
def _searcher(pattern: str) -> Callable[[str], object]:
    """Return what says whether a text holds a pattern.

    Those of the toolkit's own schemas are Python's, and so are those that repeat nothing, or one thing from the begin
    on. Others, which may come from anybody, are searched by an engine that takes time in proportion to the text, and
    reads them as JSON Schema does. Raises ValueError where a pattern is none, or has what that engine does not know.
    """
    if pattern in _own_patterns() or _is_quick(pattern):
        try:
            return re.compile(pattern).search
        except (re.error, OverflowError, RecursionError) as error:
            raise ValueError(str(error)) from None
    import jsonschema_rs

    linear = jsonschema_rs.Draft202012Validator({"pattern": pattern}, pattern_options=jsonschema_rs.RegexOptions())
    return linear.is_valid


def _is_quick(pattern: str) -> bool:
    """Whether Python surely searches a pattern without trying out ways to repeat it."""
    bare = re.sub(r"\\.", "", pattern, flags=re.DOTALL).replace("(?:", "(")
    repeats = sum(bare.count(each) for each in "*+?{")
    return repeats == 0 or (repeats == 1 and bare.startswith("^") and "|" not in bare)


@lru_cache(maxsize=1)
def _own_patterns() -> frozenset[str]:
    """Return the patterns in the schemas that the toolkit brings."""
    schemas = (read_json(path) for path in packed_files() if path.suffix == ".json")
    return frozenset(each for schema in schemas for each in _patterns(schema))


def _patterns(part: object, *, names: bool = False) -> Iterator[str]:
    """Yield the patterns of a JSON Schema. names: whether the keys of this part are names of properties."""
    if isinstance(part, dict):
        for key, value in part.items():
            if key == "pattern" and isinstance(value, str) and not names:
                yield value
            else:
                yield from _patterns(value, names=key in ("properties", "$defs") and not names)
    elif isinstance(part, list):
        for each in part:
            yield from _patterns(each)


def _pattern_faults(schema: object) -> Iterator[str]:
    for pattern in _patterns(schema):
        try:
            _searcher(pattern)
        except ValueError:
            why = "it is no regular expression, or has look-around or references back"
            yield f"the pattern {shorten(repr(pattern), _LONGEST)} cannot be used: {why}."


def _judge_pattern(
    validator: "Draft202012Validator", pattern: str, value: object, _schema: object
) -> Iterator["ValidationError"]:
    from jsonschema.exceptions import ValidationError

    if isinstance(value, str) and not _searcher(pattern)(value):
        yield ValidationError(f"{value!r} does not match {pattern!r}")


def _innermost(error: "ValidationError") -> Iterator["ValidationError"]:
    """Where a value may be of several forms, say what is wrong with it in the form that it comes closest to."""
    if error.validator != "anyOf" or not error.context:
        yield error
        return
    forms: dict[object, list[ValidationError]] = {}
    for each in error.context:
        forms.setdefault(each.relative_schema_path[0], []).append(each)
    fits = [errors for errors in forms.values() if not any(_is_other_type(each) for each in errors)]
    if not fits:
        yield error
        return
    for each in min(fits, key=len):
        yield from _innermost(each)


def _is_other_type(error: "ValidationError") -> bool:
    return error.validator == "type" and not error.relative_path


def _pointer(error: "ValidationError") -> str:
    return "".join(f"/{_escape(part)}" for part in error.absolute_path)


def _missing_key(error: "ValidationError") -> str:
    """Return the key whose lack is a fault; "" where it is another fault."""
    return error.message.split(" is a")[0].strip("'") if error.validator == "required" else ""


def _finding(error: "ValidationError", file: str) -> Finding:
    pointer = _pointer(error)
    schema: Any = error.schema
    value: Any = error.instance
    if error.validator == "required":
        return Finding(file, pointer, "schema-missing", f"the key {_missing_key(error)!r} is missing.")
    if error.validator == "additionalProperties":
        known = list(schema.get("properties", ()))
        unknown = sorted(key for key in value if key not in known)
        return Finding(file, f"{pointer}/{_escape(unknown[0])}", "schema-unknown-key", _unknown(unknown, known))
    if error.validator == "enum":
        return Finding(file, pointer, "schema-vocabulary", _no_value(value, list(error.absolute_path), schema["enum"]))
    shown = shorten(error.message, _LONGEST)
    about = f" ({schema['description'].rstrip('.')})" if isinstance(schema, dict) and "description" in schema else ""
    return Finding(file, pointer, "schema-value", f"{shown}{about}.")


def _no_value(value: Any, path: list[str | int], allowed: list[Any]) -> str:
    """Say that a value is not of its vocabulary, as in ``"until" is not a role. Allowed: if, only_if``."""
    name = next((str(part) for part in reversed(path) if isinstance(part, str)), "value")
    article = "an" if name[:1] in "aeiou" else "a"
    likely = get_close_matches(str(value), list(map(str, allowed)), 1)
    hint = f' Did you mean "{likely[0]}"?' if likely else ""
    shown = json.dumps(value, ensure_ascii=False)
    return f"{shown} is not {article} {name}. Allowed: {', '.join(map(str, allowed))}.{hint}"


def shown_path(pointer: str) -> str:
    """Return a JSON pointer as people write it: ``/statements/0/role`` is ``statements[0].role``."""
    parts = [part.replace("~1", "/").replace("~0", "~") for part in pointer.split("/")[1:]]
    return "".join(f"[{part}]" if part.isdecimal() else f".{part}" for part in parts).removeprefix(".")


def _unknown(unknown: list[str], known: list[str]) -> str:
    parts = []
    for key in unknown:
        likely = get_close_matches(key, known, 1)
        parts.append(f"{key!r}" + (f" (did you mean {likely[0]!r}?)" if likely else ""))
    return f"unknown key {', '.join(parts)}."


def _escape(part: str | int) -> str:
    return str(part).replace("~", "~0").replace("/", "~1")


def acceptor(part: object, schema: dict[str, Any]) -> Callable[[object], bool]:
    """Return what says whether a part of a JSON Schema takes a value.

    schema: the whole, with the definitions that the part refers to. It is for plain values, of which the fast validator
    says the same as jsonschema.
    """
    whole = {"$defs": schema.get("$defs", {}), "allOf": [part]}
    if (fast := _fast_validator(whole)) is not None:
        return fast.is_valid
    from jsonschema import Draft202012Validator

    judge = Draft202012Validator(whole)
    return lambda value: bool(judge.is_valid(value))


def explain(value: object, schema: dict[str, Any]) -> list[tuple[str, str]]:
    """Return what is wrong with a value under a JSON Schema: JSON pointers into the value, each with a sentence."""
    return [(finding.pointer, finding.message) for finding in _Validator(schema).find_faults(value, "")]


_PACKAGE = Path(__file__).parent.parent


def schema_folder(root: Path, version: str) -> Path:
    """Return the folder of a schema version: the workspace's own, or else the one that the toolkit brings.

    root: of the workspace.
    """
    own = root / "schema" / version
    return own if own.is_dir() else packed_schema(version) or own


def packed_schema(version: str) -> Path | None:
    """Return the folder of a schema version, such as ``v1``, that the toolkit brings; None where it knows none.

    In a wheel it is packed with what `stancebank init` lays; in a checkout it lies at the root.
    """
    folders = {path.name: path for path in (packed_root() / "schema").glob("v*/")}
    return folders.get(version)


def newest_packed() -> str:
    """Return the newest schema version that the toolkit brings: that of new workspaces."""
    return max((path.name for path in (packed_root() / "schema").glob("v*/")), key=lambda name: int(name[1:]))


def is_own(schema_dir: Path) -> bool:
    """Whether the files of a schema version are not, byte for byte, those that the toolkit brings."""
    packed = packed_schema(schema_dir.name)
    return packed is None or any(
        not (packed / path.name).is_file() or (packed / path.name).read_bytes() != path.read_bytes()
        for path in find_files(schema_dir, "*.json")
    )


def packed_file(path: str, version: str) -> Path:
    """Return a file that the toolkit brings beside a schema version. path: of it in a workspace."""
    return packed_root() / path if version == newest_packed() else _PACKAGE / "starter/earlier" / version / path


def packed_files() -> list[Path]:
    """Return the schemas, the guidelines and what else of `annotate/` the toolkit brings for new workspaces."""
    root = packed_root()
    return sorted((*root.glob("schema/v*/*.json"), *root.glob("schema/v*/*.toml"), *root.glob("annotate/*.*")))


def packed_root() -> Path:
    """Return the folder of what the toolkit brings: packed in a wheel, the root of a checkout."""
    packed = _PACKAGE / "starter" / "packed"
    return packed if packed.is_dir() else _PACKAGE.parent.parent


LAID: dict[str, dict[str, tuple[str, ...]]] = {
    "v1": {
        "annotate/GUIDELINES.md": ("155e797a2a74dca0830c6052afe45caf1495771acbc1ccf6e31b748b258bfdaa",),
        "annotate/interface.toml": ("b3f7fcb2e1a0987d1004634e62fba0238e7573dcd9f14ab357a3b88e463e6a17",),
    }
}
"""SHA-256 of what `stancebank init` laid in annotate/ for earlier schema versions, by path, as 64 hex digits."""

EARLIER: dict[str, dict[str, str]] = {
    "v1": {
        "annotation.schema.json": "4ff81629d473792d31c868bcce2c550fa1ae3a447bdf88aa3a6ac6e89ffb8356",
        "article.schema.json": "449cf76605f203a9bbe87e9a6944c2bf41f37832466d125b4c5a8c5ac6b9ad1a",
        "entities.schema.json": "2c3efc5eac560492a74b9093c8ffc4430e0215d70b23a591b586cfc1fad4767c",
        "prediction.schema.json": "f4a47a92867dd64a926af30ca42a8d7530c3ff28e4bac23210559beca3826128",
        "targets.schema.json": "63bd5cc38af3f236973d034652684c9111bd3a72ec9a4ae358b8ebac2e6c3158",
        "vocabularies.json": "d8ffa1bd5a47d3c148f714bb590bf3cd87a314a91bb5b64df376f7155adea617",
        "withdrawal.schema.json": "fb98c6fddec1b7b5b91c5956d91ae9851cf756c21ba4f7fcc1dbf8e363129e37",
    }
}
"""SHA-256 of the files of earlier editions of a schema version, by file name, as 64 hex digits.

The edition of 0.1.0 means the same by a document as today's; it did not yet say what each field is.
"""
