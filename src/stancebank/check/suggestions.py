"""What engines suggested, and the ledgers of it: files that can be read, and say nothing of what is not there."""

from collections.abc import Collection, Iterator, Mapping
from contextlib import suppress
from typing import Any

from stancebank.corpus.store import Store, article_of
from stancebank.corpus.suggestions import (
    BEGUN,
    ENGINES,
    SHOWN,
    engine_line,
    names_of_suggestions,
    read_begun,
    read_engines,
    read_shown,
)
from stancebank.errors import Finding, InputError, WorkspaceError
from stancebank.records import from_json
from stancebank.schema.fields import Scheme
from stancebank.schema.validate import shown_path, validate_quoted
from stancebank.text import one_line

INVALID, UNKNOWN, STALE = "suggestion-invalid", "suggestion-unknown", "suggestion-stale"


def check_suggestions(
    store: Store, scheme: Scheme, texts: Mapping[str, str], gone: Collection[str]
) -> Iterator[Finding]:
    """Check all suggestions and their ledgers.

    texts: SHA-256 of the texts of all articles, by id. gone: articles that may be named though their record is not
    there.
    """
    if not store.has_suggestions():
        return
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
    for file in names_of_suggestions(store):
        with suppress(WorkspaceError):  # it is a link that leads out of the workspace, and has a finding of its own
            if (data := store.read(file)) is not None:
                yield from _check_file(file, data, scheme, texts, known, engines)


def _check_file(
    file: str,
    data: bytes,
    scheme: Scheme,
    texts: Mapping[str, str],
    known: Collection[str],
    engines: Collection[str] | None,
) -> Iterator[Finding]:
    article_id = article_of(file)
    try:
        value = from_json(data, f"{article_id}.json", whole=True)
    except InputError as error:
        yield Finding(file, "", INVALID, one_line(str(error)))
        return
    if article_id not in known:
        yield Finding(file, "", UNKNOWN, f"there is no article {article_id!r}.")
        return
    faults = validate_quoted(value, scheme, "suggestion", file)
    if faults:
        more = f", and {len(faults) - 1} more" if len(faults) > 1 else ""
        place = shown_path(faults[0].pointer)
        yield Finding(file, faults[0].pointer, STALE, f"{place + ': ' if place else ''}{faults[0].message}{more}")
        return
    if value.get("article_id") != article_id:
        yield Finding(file, "/article_id", INVALID, f"it says that it is of {value.get('article_id')!r}.")
    elif article_id in texts and value.get("text_sha256") != texts[article_id]:
        yield Finding(file, "/text_sha256", STALE, "it is of another text than the article has now.")
    if engines is not None and (record := value.get("engine")) and engine_line(record).id not in engines:
        yield Finding(file, "/engine", UNKNOWN, f"{ENGINES} has no engine {engine_line(record).id!r}.")
