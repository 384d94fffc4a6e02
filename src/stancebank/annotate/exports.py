"""Files of labels: Label Studio's JSON exports, read one task after the other, and what other files seem to be.

The one door to ijson.
"""

import json
import re
import shlex
from collections.abc import Iterator
from contextlib import suppress
from itertools import islice
from pathlib import Path
from typing import Any, BinaryIO

from stancebank.annotate.json_list import NotPlainError, plain_items
from stancebank.errors import InputError
from stancebank.records import MAX_DEPTH, from_json

SMALL = 1 << 18  # bytes of a small file, which is read in no time
_START = 65536  # bytes that are enough to recognise a file
_WAY_IN = (
    "import a JSON export of Label Studio, or statements by their words, which can be written from any tool's labels: "
    "`stancebank help authoring` has their form; or labels of brat, doccano, Prodigy or CoNLL files with --from"
)
_AS_JSON = (
    "in Label Studio, export the project as JSON, not as JSON-MIN, CSV, TSV or CONLL, which lose regions or arrows"
)
_BY_TOOL = "from: "  # what a way in begins with that is a tool whose labels can be imported by a map

_OLD = "import it into Label Studio of today, and export it as JSON from there"

# By keys of a JSON object, the first one of a list or of JSON Lines: those that all have to be there.
_BY_KEYS: tuple[tuple[frozenset[str], str, str], ...] = (
    (frozenset(("data", "completions")), "an export of Label Studio before version 1.0", _OLD),
    (frozenset(("%FEATURE_STRUCTURES",)), "a UIMA CAS in JSON, as INCEpTION exports it", _WAY_IN),
    (frozenset(("_views",)), "a UIMA CAS in JSON, as INCEpTION and WebAnno export it", _WAY_IN),
    (frozenset(("_task_hash",)), "a file of Prodigy", f"{_BY_TOOL}prodigy"),
    (frozenset(("_input_hash",)), "a file of Prodigy", f"{_BY_TOOL}prodigy"),
    (frozenset(("span_annotations", "label_annotations")), "a file of Potato", _WAY_IN),
    (frozenset(("instance_id", "user_id")), "a file of Potato", _WAY_IN),
    (frozenset(("displayed_text",)), "a file of Potato", _WAY_IN),
    (frozenset(("instance_id_to_label_to_value",)), "a file of Potato", _WAY_IN),
    (frozenset(("text", "entities")), "a file of doccano", f"{_BY_TOOL}doccano"),
    (frozenset(("text", "label")), "a file of doccano", f"{_BY_TOOL}doccano"),
    (frozenset(("text", "labels")), "a file of doccano", f"{_BY_TOOL}doccano"),
    (frozenset(("fields", "responses")), "records of Argilla", _WAY_IN),
    (frozenset(("fields", "suggestions")), "records of Argilla", _WAY_IN),
    (frozenset(("text", "spans")), "a file of spans, as Prodigy and spaCy write it", f"{_BY_TOOL}prodigy"),
    (frozenset(("tokens", "tags")), "a file of tokens with tags", _WAY_IN),
    (frozenset(("tokens", "ner_tags")), "a file of tokens with tags", _WAY_IN),
    (frozenset(("denotations",)), "a file of PubAnnotation", _WAY_IN),
    (frozenset(("annotation_id", "annotator")), "a JSON-MIN export of Label Studio", _AS_JSON),
    (frozenset(("from_name", "to_name", "value")), "the result of one annotation of Label Studio", _AS_JSON),
    (frozenset(("result", "task")), "one annotation of Label Studio, as its cloud storage keeps it", _AS_JSON),
    (frozenset(("result", "completed_by")), "one annotation of Label Studio, as its cloud storage keeps it", _AS_JSON),
)

# By how a text begins.
_BY_START: tuple[tuple[re.Pattern[str], str, str], ...] = (
    (re.compile(r"#FORMAT=WebAnno TSV"), "a WebAnno TSV file, as INCEpTION exports it", _WAY_IN),
    (re.compile(r"(?:[TREAMN]\d+\t|\*\t|#\d+\t)\S"), "a file of brat (standoff)", f"{_BY_TOOL}brat"),
    (re.compile(r"-DOCSTART-"), "a CONLL file", f"{_BY_TOOL}conll"),
    (re.compile(r"#\s*(?:sent_id|newdoc|text)\b.*=|1\t\S+\t\S+\t"), "a CoNLL-U file", f"{_BY_TOOL}conll"),
    (re.compile(r"<\?xml|<xmi:XMI|<[A-Za-z!]"), "XML, such as UIMA XMI, GATE or TEI", _WAY_IN),
    (re.compile(r"PK\x03\x04"), "a ZIP archive, perhaps an export that is still packed", f"unpack it; then {_WAY_IN}"),
)


_READING = frozenset(("article_id", "statements"))
"""Keys of a reading by quotes."""


def is_export(path: Path) -> bool:
    """Whether a file holds a JSON list of something else than readings by quotes, as an export does."""
    if not _start(path).startswith("["):
        return False
    first = _first_item(path)
    return not (isinstance(first, dict) and first.keys() >= _READING)


def _start(path: Path) -> str:
    with path.open("rb") as file:
        return file.read(_START).removeprefix(b"\xef\xbb\xbf").decode("utf-8", "replace").lstrip()


def foreign_form(path: Path) -> str | None:
    """Say what a file seems to be, with the way in, if it is neither an export nor a reading by quotes.

    None where it may be one of the two. Reads its beginning, and a whole file only where that is one JSON object.
    """
    start = _start(path)
    if not start:
        return f"{path.name} is empty.\nHint: {_WAY_IN}."
    if start[0] in "[{":
        return _foreign_json(path, start)
    for pattern, what, hint in _BY_START:
        if pattern.match(start):
            return _seems(path, what, hint)
    lines = [line for line in start.splitlines()[:5] if line.strip()]
    for mark, name, hint in (
        ("\t", "a table with tabs (TSV or CONLL)", f"{_BY_TOOL}conll"),
        (",", "a CSV table", f"{_WAY_IN}; {_AS_JSON}"),
        (" ", "a CONLL file or a text", f"{_BY_TOOL}conll"),
    ):
        if lines and all(mark in line for line in lines[:2]):
            return _seems(path, name, hint)
    return f"{path.name} is neither JSON nor a form of labels that is known.\nHint: {_WAY_IN}."


def _seems(path: Path, what: str, hint: str, more: str = "") -> str:
    """Say what a file seems to be, with the way in. more: a further hint."""
    if not hint.startswith(_BY_TOOL):
        return f"{path.name} seems to be {what}, which cannot be imported.\nHint: {hint}{more}."
    command = shlex.join(["stancebank", "annotate", "import", str(path), "--from", hint.removeprefix(_BY_TOOL)])
    return (
        f"{path.name} seems to be {what}, whose labels are imported by a map.\n"
        f"Hint: run `{command} --map-template > map.toml`, fill it in, and run `{command} --map map.toml`{more}."
    )


def _foreign_json(path: Path, start: str) -> str | None:
    is_lines, first = False, _first_line(path) if start.startswith("{") else _first_item(path)
    if start.startswith("{") and first is None:
        try:
            first = json.loads(path.read_bytes().decode("utf-8-sig"))
        except (ValueError, RecursionError):
            return None  # the reader of readings says where it is broken
    elif start.startswith("{"):
        is_lines = True
    if start.startswith("[") and first is _NOTHING:
        return f"{path.name} is an empty list: it holds nothing to import.\nHint: {_WAY_IN}."
    if not isinstance(first, dict):
        return None
    keys = frozenset(map(str, first))
    if "annotations" in keys and "data" in keys:
        if start.startswith("["):
            return None
        what = "tasks of Label Studio, one a line" if is_lines else "one task of Label Studio, not an export"
        return f"{path.name} is {what}.\nHint: put a list around it, [ ... ], or export the project as JSON."
    if keys >= _READING:
        return None
    found = next(((what, hint) for wanted, what, hint in _BY_KEYS if wanted <= keys), None)
    if found is not None:  # a list could also be one of Label Studio's other types, whose keys are free
        more = f"; {_AS_JSON}" if start.startswith("[") and found[1] in (_WAY_IN, f"{_BY_TOOL}doccano") else ""
        return _seems(path, found[0], found[1], more)
    if is_lines:
        return f"{path.name} is JSON Lines of no form that is known.\nHint: {_WAY_IN}."
    return None


_NOTHING = object()


def _first_line(path: Path) -> Any:
    """Return the object in the first line, if the file is JSON Lines; None where it is not."""
    with path.open("rb") as file:
        line = file.readline(_START * 16)
        rest = file.read(1)
    try:
        value = json.loads(line.decode("utf-8-sig"))
    except (ValueError, RecursionError):
        return None
    is_alone = not rest and not path.suffix.lower().endswith("l")
    return None if is_alone else value


def _items(file: BinaryIO) -> Iterator[Any]:
    """Yield the items of a JSON list, each when it is asked for.

    Raises InputError where it is nested deeper than records are: ijson keeps the way to each value, which takes
    gigabytes where a small file has a hundred thousand levels.
    """
    import ijson

    done = 0
    if Path(file.name).stat().st_size > SMALL:
        with suppress(NotPlainError):
            for done, item in enumerate(plain_items(file), 1):  # noqa: B007  # used where one is not plain
                yield item
            return
        file.seek(0)
    depth = 0
    with suppress(ijson.JSONError):  # the second reading says where it is broken, after the items before that place
        for event, _ in ijson.basic_parse(file, use_float=True):
            depth += _STEPS.get(event, 0)
            if depth > MAX_DEPTH:
                raise InputError(f"{Path(file.name).name} is nested deeper than {MAX_DEPTH} levels.")
    file.seek(0)
    yield from islice(ijson.items(file, "item", use_float=True), done, None)


_STEPS = {"start_map": 1, "start_array": 1, "end_map": -1, "end_array": -1}


def _first_item(path: Path) -> Any:
    """Return the first item of a JSON list; `_NOTHING` where it is empty, None where it cannot be read."""
    import ijson

    try:
        with path.open("rb") as file:
            return next(_items(file), _NOTHING)
    except (ijson.JSONError, UnicodeDecodeError, RecursionError, InputError):
        return None


def is_task(value: object) -> bool:
    """Whether an item of an export is a task with annotations."""
    return isinstance(value, dict) and isinstance(value.get("annotations"), list) and "data" in value


def read_export(path: Path) -> Iterator[dict[str, Any]]:
    """Yield the tasks of an export, each when it is asked for, so that memory holds one at a time.

    Raises InputError where the file is no JSON, or holds what is no task: an export of the type JSON_MIN or CSV has
    lost regions and relations, and cannot be read.
    """
    import ijson

    try:
        with path.open("rb") as file:
            for number, task in enumerate(_items(file)):
                if not is_task(task):
                    said = foreign_form(path) if number == 0 else None
                    raise InputError(
                        said or f"{path.name}: item {number} is no task with annotations.\nHint: {_AS_JSON}."
                    )
                yield task
    except ijson.JSONError as error:
        if "integer overflow" in str(error) and (found := _longest_number(path)):
            raise InputError(
                f"{path.name}: {found} is larger than any id of a server, which has 64 bits.\nHint: correct the file."
            ) from None
        from_json(path.read_bytes(), path.name)  # says where
        raise InputError(f"{path.name} is not JSON: {error}.") from None
    except UnicodeDecodeError as error:
        raise InputError(f"{path.name} is not UTF-8: byte {error.start}.") from None


def _longest_number(path: Path) -> str | None:
    """Return the first whole number of a JSON file that is outside 64 bits."""
    outside_texts = re.sub(r'"(?:[^"\\]|\\.)*"', '""', path.read_text("utf-8", errors="replace"))
    found = (match for match in re.findall(r"-?\d{19,}", outside_texts) if not -(2**63) <= int(match[:40]) < 2**63)
    return next((match[:40] for match in found), None)
