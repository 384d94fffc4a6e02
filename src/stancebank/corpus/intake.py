"""Intake: files, folders and streams come into the corpus.

All of it is planned before anything is written, so that one bad source leaves the corpus as it was. It is written many
articles at a time, each its words first, so that whoever is killed leaves whole articles, and can run it again.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

from stancebank.corpus.cleaning import Source
from stancebank.corpus.ingest import Addition, Refusal, plan_each
from stancebank.corpus.sources import Reading, read_sources
from stancebank.corpus.store import PUBLIC_TEXTS, Store
from stancebank.errors import ConflictError, InputError, StancebankError

_BATCH = 50  # articles that are written together; each has two files open
_PLACES = 5  # that are named where many sources have one fault


@dataclass(frozen=True, slots=True)
class Intake:
    """What adding files means; nothing is written yet, and `add` writes the additions.

    additions: what becomes of each source that can be added. refusals: those that cannot. narrowed: ids of articles
    whose words leave corpus/texts/.
    """

    additions: tuple[tuple[Source, Addition], ...]
    refusals: tuple[Refusal, ...]
    narrowed: tuple[str, ...]

    def require_whole(self) -> None:
        """Raise an error with all that was refused: ConflictError where nothing is wrong but that a text is taken."""
        if not self.refusals:
            return
        told = told_refusals(self.refusals)
        if all(isinstance(each.error, ConflictError) for each in self.refusals):
            raise ConflictError(f"{told}\nNothing was changed.")
        raise InputError(f"{told}\nNothing was added.")


def plan_intake(
    store: Store, paths: Iterable[Path], metadata: Mapping[str, Any], reading: Reading | None = None, **options: Any
) -> Intake:
    """Decide what adding files and folders means; nothing is written.

    metadata, options: as `ingest.plan_each` takes them. reading: how the files are read.
    """
    additions, refusals = plan_each(store, read_sources(paths, reading), metadata, **options)
    narrowed = [
        addition.article.id
        for _, addition in additions
        if addition.action in ("updated", "replaced")
        and not addition.article.rights.text_policy.shows_all
        and (store.root / PUBLIC_TEXTS / f"{addition.article.id}.txt").is_file()
    ]
    return Intake(tuple(additions), tuple(refusals), tuple(narrowed))


def add(store: Store, additions: Iterable[Addition]) -> None:
    """Write what was planned. Interrupted, it can be run again."""
    left = iter(additions)
    while batch := list(islice(left, _BATCH)):
        store.write_articles(
            [(each.article, each.text) for each in batch if each.action in ("added", "updated", "replaced")]
        )
        for each in batch:
            if each.action == "unchanged":
                store.write_text(each.article, each.text)


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
