"""What engines suggested, and the ledgers of it: files that can be read, and say nothing of what is not there."""

from collections.abc import Collection, Iterable, Iterator
from pathlib import Path
from typing import Any

from stancebank.corpus.store import SUGGESTIONS, Store
from stancebank.corpus.suggestions import (
    BEGUN,
    ENGINES,
    SHOWN,
    engine_line,
    read_begun,
    read_engines,
    read_shown,
)
from stancebank.errors import Finding, InputError, WorkspaceError
from stancebank.model import Article
from stancebank.records import find_files, from_json
from stancebank.schema.fields import Scheme
from stancebank.schema.validate import shown_path, validate_quoted
from stancebank.text import one_line

INVALID, UNKNOWN, STALE = "suggestion-invalid", "suggestion-unknown", "suggestion-stale"


def check_suggestions(
    store: Store, scheme: Scheme, articles: Iterable[Article], gone: Collection[str]
) -> Iterator[Finding]:
    """Check all suggestions and their ledgers. gone: articles that may be named though their record is not there."""
    if not (store.root / SUGGESTIONS).is_dir():
        return
    texts = {each.id: each.text_sha256 for each in articles}
    known = texts.keys() | set(gone)
    lines: dict[str, tuple[Any, ...]] = {}
    for ledger, read in ((ENGINES, read_engines), (SHOWN, read_shown), (BEGUN, read_begun)):
        try:
            lines[ledger] = read(store)
        except WorkspaceError as error:
            told = one_line(str(error).partition("\nHint:")[0])
            yield Finding(ledger, "", INVALID, f"{told.rstrip('.')}.")
    engines = {each.id for each in lines[ENGINES]} if ENGINES in lines else None
    for ledger in (SHOWN, BEGUN):
        for name in sorted({each.article_id for each in lines.get(ledger, ())} - known):
            yield Finding(ledger, "", UNKNOWN, f"there is no article {name!r}.")
    named = {each.engine for each in lines.get(SHOWN, ())} - {""}
    for name in sorted(named - engines if engines is not None else ()):
        yield Finding(SHOWN, "", UNKNOWN, f"{ENGINES} has no engine {name!r}.")
    if SHOWN in lines:
        shown = {(each.article_id, each.suggestion) for each in lines[SHOWN]}
        told_of = {(each.article_id, each.suggestion) for each in lines.get(BEGUN, ())}
        for name, suggestion in sorted(told_of - shown):
            yield Finding(
                BEGUN,
                "",
                INVALID,
                f"{name} has a statement that began as a suggestion of {suggestion!r}, which no "
                f"line of {SHOWN} shows to anybody.",
            )
    for path in find_files(store.root / SUGGESTIONS, "*/*.json"):
        yield from _check_file(path, store, scheme, texts, known, engines)


def _check_file(
    path: Path,
    store: Store,
    scheme: Scheme,
    texts: dict[str, str],
    known: Collection[str],
    engines: Collection[str] | None,
) -> Iterator[Finding]:
    file = path.relative_to(store.root).as_posix()
    try:
        value = from_json(path.read_bytes(), path.name, whole=True)
    except InputError as error:
        yield Finding(file, "", INVALID, one_line(str(error)))
        return
    if path.stem not in known:
        yield Finding(file, "", UNKNOWN, f"there is no article {path.stem!r}.")
        return
    faults = validate_quoted(value, scheme, "suggestion", file)
    if faults:
        more = f", and {len(faults) - 1} more" if len(faults) > 1 else ""
        place = shown_path(faults[0].pointer)
        yield Finding(file, faults[0].pointer, STALE, f"{place + ': ' if place else ''}{faults[0].message}{more}")
        return
    if value.get("article_id") != path.stem:
        yield Finding(file, "/article_id", INVALID, f"it says that it is of {value.get('article_id')!r}.")
    elif path.stem in texts and value.get("text_sha256") != texts[path.stem]:
        yield Finding(file, "/text_sha256", STALE, "it is of another text than the article has now.")
    if engines is not None and (record := value.get("engine")) and engine_line(record).id not in engines:
        yield Finding(file, "/engine", UNKNOWN, f"{ENGINES} has no engine {engine_line(record).id!r}.")
