"""Intake: files, folders and streams come into the corpus.

All of it is planned before anything is written, so that one bad source leaves the corpus as it was. It is written many
articles at a time, each its words first, so that whoever is killed leaves whole articles, and can run it again.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from tempfile import SpooledTemporaryFile
from typing import Any

import msgspec

from stancebank.corpus.cleaning import Source, broken_signs
from stancebank.corpus.planning import Addition, Refusal, plan_each
from stancebank.corpus.sources import ReadOptions, read_sources
from stancebank.corpus.store import PUBLIC_TEXTS, Store
from stancebank.errors import ConflictError, InputError, StancebankError
from stancebank.model import Line

_BATCH = 50  # articles that are written together; each has two files open
_IN_MEMORY = 8_000_000  # bytes of texts and lines
_PLACES = 5  # that are named where many sources have one fault


class Shelf:
    """Keeps texts and lines of what is planned: in memory while they are few, else in a file that has no name.

    Use it as a context manager.
    """

    def __init__(self) -> None:
        self._file = SpooledTemporaryFile(_IN_MEMORY)  # noqa: SIM115 (closed at the end of the context)

    def __enter__(self) -> "Shelf":
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def put(self, source: Source, addition: Addition) -> tuple[Source, Addition]:
        """Return a source and its addition without text and lines, with all that is to be said of them as notes."""
        data = msgspec.msgpack.encode((addition.text, addition.article.lines))
        begin = self._file.seek(0, 2)
        self._file.write(data)
        is_new = addition.action in ("added", "replaced")
        notes = [f"{each}." for each in addition.notes if is_new or addition.action == "updated"]
        notes += [f"{each}." for each in source.changes if is_new]
        notes += [f"{each}. The text is kept as it is." for each in (broken_signs(addition.text) if is_new else ())]
        article = msgspec.structs.replace(addition.article, lines=())
        return replace(source, text="", metadata={}, changes=(), page=None), replace(
            addition, article=article, text="", notes=tuple(notes), place=(begin, len(data))
        )

    def take(self, addition: Addition) -> Addition:
        """Return an addition with its text and lines again."""
        if addition.place is None:
            return addition
        begin, length = addition.place
        self._file.seek(begin)
        text, lines = msgspec.msgpack.decode(self._file.read(length), type=tuple[str, tuple[Line, ...]])
        article = msgspec.structs.replace(addition.article, lines=lines)
        return replace(addition, article=article, text=text, place=None)


@dataclass(frozen=True, slots=True)
class Intake:
    """What adding files means; nothing is written yet, and `add` writes the additions.

    additions: what becomes of each source that can be added. refusals: those that cannot. narrowed: ids of articles
    whose words leave corpus/texts/. shelf: has the texts of the additions, and the lines of their articles.
    """

    additions: tuple[tuple[Source, Addition], ...]
    refusals: tuple[Refusal, ...]
    narrowed: tuple[str, ...]
    shelf: Shelf

    def require_whole(self) -> None:
        """Raise an error with all that was refused: ConflictError where nothing is wrong but that a text is taken."""
        if not self.refusals:
            return
        told = told_refusals(self.refusals)
        if all(isinstance(each.error, ConflictError) for each in self.refusals):
            raise ConflictError(f"{told}\nNothing was changed.")
        raise InputError(f"{told}\nNothing was added.")


def plan_intake(
    store: Store,
    paths: Iterable[Path],
    metadata: Mapping[str, Any],
    shelf: Shelf,
    reading: ReadOptions | None = None,
    **options: Any,
) -> Intake:
    """Decide what adding files and folders means; nothing is written.

    metadata, options: as `planning.plan_each` takes them. shelf: keeps the texts. reading: how the files are read.
    """
    additions, refusals = plan_each(store, read_sources(paths, reading), metadata, keep=shelf.put, **options)
    narrowed = [
        addition.article.id
        for _, addition in additions
        if addition.action in ("updated", "replaced")
        and not addition.article.rights.text_policy.shows_all
        and store.has(f"{PUBLIC_TEXTS}/{addition.article.id}.txt")
    ]
    return Intake(tuple(additions), tuple(refusals), tuple(narrowed), shelf)


def add(store: Store, intake: Intake, watch: Callable[[Addition], None] = lambda addition: None) -> None:
    """Write what was planned. Interrupted, it can be run again. watch: told of each addition."""
    left = iter(intake.additions)
    while batch := [intake.shelf.take(each) for _, each in islice(left, _BATCH)]:
        store.write_articles(
            [(each.article, each.text) for each in batch if each.action in ("added", "updated", "replaced")]
        )
        for each in batch:
            if each.action == "unchanged":
                store.write_text(each.article, each.text)
            watch(each)


def told_refusals(refusals: Iterable[Refusal]) -> str:
    """Return what is wrong with sources, one fault that many of them have once, with their places."""
    places: defaultdict[str, list[str]] = defaultdict(list)
    messages: dict[str, str] = {}
    for each in refusals:
        message = message_of(each.error)
        kind = message.removeprefix(each.source) if each.source else message
        messages.setdefault(kind, message)
        places[kind].append(each.source)
    told = []
    for kind, message in messages.items():
        others = places[kind][1:]
        more = f", and {len(others) - _PLACES} more" if len(others) > _PLACES else ""
        told.append(f"{message}\nThe same: {', '.join(others[:_PLACES])}{more}." if others else message)
    return "\n".join(told)


def message_of(error: StancebankError) -> str:
    """Return what is wrong with one source, without what it says of the whole run."""
    return str(error).removesuffix("Nothing was changed.").rstrip()
