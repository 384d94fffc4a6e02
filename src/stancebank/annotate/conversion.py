"""Exports of Label Studio as documents, task by task: here, in several processes, or on an engine.

`convert_batch` is a stage of `batches.run`. It is given the bytes of each task, so that what takes long, their decoding
included, is done where it runs; what decides on documents and writes them stays here. What is not as plain as nearly
all tasks are is read here, too, so that faults are told as they are without it.
"""

import json
import tempfile
from collections import deque
from collections.abc import Generator, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import islice
from pathlib import Path
from typing import Any

import msgspec

from stancebank.annotate.decode.document import Conversion, from_task
from stancebank.annotate.decode.sources import Registries
from stancebank.annotate.exports import SMALL, is_task, read_export
from stancebank.annotate.json_list import NotPlainError, decode_item, plain_bytes
from stancebank.annotate.usable import Taker
from stancebank.batches.run import count_cores, run
from stancebank.corpus.language import Habits
from stancebank.errors import InputError
from stancebank.model import to_builtins
from stancebank.records import seldom_collecting
from stancebank.schema.fields import SCHEME_FILES, Scheme, load_scheme
from stancebank.text import normalise

STAGE = "stancebank.annotate.conversion:convert_batch"
"""The name of the stage, as `stancebank.batches.run` takes it."""

BATCH = 100  # tasks at most
_LARGE = 1 << 19  # bytes of tasks after which a batch ends


@dataclass(frozen=True, slots=True)
class Converted:
    """What became of a task. text: its words as the corpus stores them, "" where it has none."""

    conversion: Conversion
    text: str
    _task: bytes | Mapping[str, Any]

    @property
    def task(self) -> Mapping[str, Any]:
        """The task as the export has it."""
        return decode_item(self._task) if isinstance(self._task, bytes) else self._task


def convert(
    path: Path, taker: Taker, annotators: Mapping[int, str], *, engine: str = "", workers: int = 1
) -> Iterator[Converted]:
    """Yield what becomes of each task of an export, in its order, each when it is asked for.

    annotators: pseudonyms by the server's user id. engine, workers: as `batches.run` takes them; a small file is read
    here in any case. Raises InputError as `read_export` does, after the tasks before the fault, and what an engine
    raises.
    """
    done, is_whole = 0, False
    if path.stat().st_size > SMALL and (engine or (workers or count_cores()) > 1):
        done, is_whole = yield from _elsewhere(path, taker, annotators, engine, workers)
    if not is_whole:
        for task in islice(read_export(path), done, None):
            yield _here(task, taker, annotators)


def _here(task: Mapping[str, Any], taker: Taker, annotators: Mapping[int, str], raw: bytes = b"") -> Converted:
    return Converted(taker.read(task, annotators), _text_of(task), raw or task)


def _text_of(task: Mapping[str, Any]) -> str:
    data = task.get("data")
    return normalise(str((data.get("text") if isinstance(data, dict) else None) or ""))


def _elsewhere(
    path: Path, taker: Taker, annotators: Mapping[int, str], engine: str, workers: int
) -> Generator[Converted, None, tuple[int, bool]]:
    """Yield what a stage makes of the tasks. Return how many there were, and whether these are all of the export.

    The others begin with one that is broken, or that is no task.
    """
    waiting: deque[list[bytes]] = deque()
    is_whole = False

    def batches() -> Iterator[bytes]:
        nonlocal is_whole
        with path.open("rb") as file:
            for tasks in _batches(plain_bytes(file)):
                if tasks is None:
                    return
                waiting.append(tasks)
                yield _pack(tasks)
        is_whole = True

    done, settings = 0, settings_of(taker, annotators)
    for result in run(STAGE, batches(), settings, engine=engine, workers=workers):
        for raw, found in zip(waiting.popleft(), _unpack(result), strict=True):
            if found is not None:
                conversion, text = _read(found, taker.scheme)
                yield Converted(conversion, text, raw)
            else:
                try:
                    task = decode_item(raw)
                except NotPlainError:
                    task = None
                if not is_task(task):
                    return done, False
                yield _here(task, taker, annotators, raw)
            done += 1
    return done, is_whole


def _batches(tasks: Iterator[bytes]) -> Iterator[list[bytes] | None]:
    """Yield tasks in batches, and None where the list is no longer plain."""
    some: list[bytes] = []
    size, is_plain = 0, True
    try:
        for each in tasks:
            some.append(each)
            size += len(each)
            if len(some) == BATCH or size >= _LARGE:
                yield some
                some, size = [], 0
    except NotPlainError:
        is_plain = False
    if some:
        yield some
    if not is_plain:
        yield None


_pack = msgspec.msgpack.encode  # as `check` does: pyarrow takes more memory than all the rest of a process
_unpack = msgspec.msgpack.Decoder(list[bytes | None]).decode


# The stage


@dataclass(frozen=True, slots=True)
class _Basis:
    """What tasks are read by."""

    scheme: Scheme
    registries: Registries
    habits: Habits
    annotators: Mapping[int, str]


def settings_of(taker: Taker, annotators: Mapping[int, str]) -> dict[str, Any]:
    """Return what `convert_batch` needs: another machine has no workspace."""
    folder = taker.workspace.schema_dir
    return {
        "schema": {name: (folder / name).read_text(encoding="utf-8") for name in SCHEME_FILES},
        "version": folder.name,
        "registries": {
            name: {words: sorted(ids) for words, ids in known.items()} for name, known in taker.registries.items()
        },
        "habits": msgspec.to_builtins(taker.habits, order="deterministic"),
        "annotators": {str(user): name for user, name in annotators.items()},
    }


def convert_batch(batch: bytes, settings: Mapping[str, Any]) -> bytes:
    """Convert tasks: a stage of `batches.run`.

    batch: the bytes of each, a list in MessagePack. settings: from `settings_of`. Returns such a list: JSON of what
    became of each, or nil where it has to be read where the export is.
    """
    basis = _basis(json.dumps(dict(settings), sort_keys=True))
    with seldom_collecting():
        return _pack([_convert(each, basis) for each in _unpack(batch) if each is not None])


@lru_cache(maxsize=2)
def _basis(settings: str) -> _Basis:
    told = json.loads(settings)
    with tempfile.TemporaryDirectory(prefix="stancebank-") as folder:
        for name, content in told["schema"].items():
            (Path(folder) / name).write_text(content, encoding="utf-8")
        scheme = load_scheme(Path(folder), told["version"])
    annotators = {int(user): name for user, name in told["annotators"].items()}
    return _Basis(scheme, told["registries"], msgspec.convert(told["habits"], Habits), annotators)


class _Carried(msgspec.Struct, array_like=True):
    """What became of a task, as JSON: its documents, which only a scheme can read, stand beside it."""

    conversion: Conversion
    documents: list[dict[str, Any] | None]
    text: str


def _convert(raw: bytes, basis: _Basis) -> bytes | None:
    try:
        task = decode_item(raw)
        if not is_task(task):
            return None
        made = from_task(task, basis.scheme, basis.annotators, None, basis.registries, basis.habits)
        documents = [to_builtins(each.document) if each.document is not None else None for each in made.readings]
        bare = replace(made, readings=tuple(replace(each, document=None) for each in made.readings))
        found = msgspec.json.encode(_Carried(bare, documents, _text_of(task)))
        return found if _read(found, basis.scheme)[0] == made else None
    except (NotPlainError, InputError, UnicodeError, msgspec.MsgspecError, LookupError, TypeError, ValueError):
        return None  # read where the export is, it fails as it would, or is right


def _read(found: bytes, scheme: Scheme) -> tuple[Conversion, str]:
    told = msgspec.json.decode(found, type=_Carried)
    documents = (None if each is None else scheme.read_document(each) for each in told.documents)
    pairs = zip(told.conversion.readings, documents, strict=True)
    return replace(told.conversion, readings=tuple(replace(each, document=held) for each, held in pairs)), told.text
