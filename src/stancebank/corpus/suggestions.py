"""What engines suggested, to whom it was shown, and what became of it: files in git, without a word of an article.

`corpus/suggestions/NAME/ARTICLE.json` is a prediction with offsets in the place of words. Three ledgers stand beside:
`ENGINES`, which engines there were, in which version and with which model; `SHOWN`, whose tasks of which article began
with suggestions, and whose were left without any so that people can be compared with themselves; `BEGUN`, which
statement of an annotator began as a suggestion, and what was changed in it. Nothing of it is published by itself.
"""

import json
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import astuple, dataclass, replace
from typing import Any, TypeVar

from stancebank.corpus.store import SUGGESTIONS, Store, article_of, is_id, read_ledger, write_ledger
from stancebank.errors import InputError, WorkspaceError
from stancebank.records import encode_text, from_json, to_json
from stancebank.text import one_line, sha256

ENGINES = f"{SUGGESTIONS}/engines.csv"
SHOWN = f"{SUGGESTIONS}/shown.csv"
BEGUN = f"{SUGGESTIONS}/begun.csv"

Json = dict[str, Any]
L = TypeVar("L")


@dataclass(frozen=True, slots=True, order=True)
class EngineLine:
    """An engine in one version, with one model and one set of settings.

    id: the name and the first hexadecimal digits of the hash of all the rest. settings: as JSON with sorted keys.
    """

    id: str
    name: str
    version: str
    model: str = ""
    model_version: str = ""
    model_sha256: str = ""
    settings: str = "{}"


@dataclass(frozen=True, slots=True, order=True)
class ShownLine:
    """The first task of an article in a project. annotator: whose project it is; "" for one that all share.

    suggestion: the name of what was shown; "" where the task was left without any. engine: the id of its engine.
    sha256: of the file of the suggestion, as it was then.
    """

    article_id: str
    annotator: str = ""
    suggestion: str = ""
    engine: str = ""
    sha256: str = ""


@dataclass(frozen=True, slots=True, order=True)
class BegunLine:
    """A statement of an annotator that began as a suggestion, or a suggestion that they took away.

    statement: short id in their document; "" where the suggestion was taken away. suggested: the number of the
    suggested statement in its file, as ``s3``. changed: what was changed in it, the names of fields and parts of the
    frame (content, speaker, target, conditions) with a space between; "" where it was accepted as it was, or taken
    away; `unknown` where what was shown is no longer known.
    """

    article_id: str
    annotator: str
    suggestion: str
    suggested: str
    statement: str = ""
    changed: str = ""


_LEDGERS: dict[str, tuple[type[Any], tuple[str, ...], int]] = {
    ENGINES: (EngineLine, ("id", "name", "version", "model", "model_version", "model_sha256", "settings"), 1),
    SHOWN: (ShownLine, ("article_id", "annotator", "suggestion", "engine", "sha256"), 2),
    BEGUN: (BegunLine, ("article_id", "annotator", "suggestion", "suggested", "statement", "changed"), 4),
}
"""By path: what a line is, the columns, and how many of them tell lines apart."""


def read_engines(store: Store) -> tuple[EngineLine, ...]:
    """Return the ledger of engines. Raises WorkspaceError where a line cannot be read, as the other two do."""
    return tuple(_read(store, ENGINES, EngineLine))


def read_shown(store: Store) -> tuple[ShownLine, ...]:
    """Return the ledger of what was shown to whom."""
    return tuple(_read(store, SHOWN, ShownLine))


def read_begun(store: Store) -> tuple[BegunLine, ...]:
    """Return the ledger of what began as a suggestion."""
    return tuple(_read(store, BEGUN, BegunLine))


def write_lines(store: Store, ledger: str, lines: Iterable[Any]) -> bool:
    """Write one of the three ledgers, sorted; no file where there are no lines. Return whether anything changed."""
    rows = [tuple(one_line(cell) for cell in astuple(each)) for each in sorted(set(lines))]
    if not rows and not store.has(ledger):
        return False
    return write_ledger(store.root, ledger, _LEDGERS[ledger][1], rows)


def _read(store: Store, ledger: str, kind: type[L]) -> Iterator[L]:
    _, head, keys = _LEDGERS[ledger]
    seen: set[tuple[str, ...]] = set()
    found: list[tuple[str, ...]] = []
    for number, line in read_ledger(store.root, ledger, head):
        key = tuple(line[:keys])
        if len(line) != len(head) or key in seen:
            why = "is there a second time" if key in seen else f"has {len(line)} columns, not {len(head)}"
            raise WorkspaceError(
                f"Line {number} of {ledger} {why}: {one_line(','.join(line))}\n"
                f"Hint: `git diff {ledger}` shows what was edited."
            )
        seen.add(key)
        found.append(tuple(line))
    yield from (kind(*line) for line in sorted(found))


def rename_in_suggestions(store: Store, old: str, new: str) -> None:
    """Let the ledgers follow an annotator who has another pseudonym now. A line that is there by that name stays."""
    if old == new:
        return
    for ledger, read in ((SHOWN, read_shown), (BEGUN, read_begun)):
        lines: tuple[Any, ...] = read(store)
        if any(each.annotator == old for each in lines):
            known = {_key(each, ledger) for each in lines if each.annotator != old}
            renamed = [replace(each, annotator=new) if each.annotator == old else each for each in lines]
            moved = [each for each in renamed if each in lines or _key(each, ledger) not in known]
            write_lines(store, ledger, moved)


def drop_from_suggestions(store: Store, articles: Collection[str]) -> None:
    """Remove the lines of articles from the ledgers."""
    for ledger, read in ((SHOWN, read_shown), (BEGUN, read_begun)):
        lines: tuple[Any, ...] = read(store)
        if any(each.article_id in articles for each in lines):
            write_lines(store, ledger, (each for each in lines if each.article_id not in articles))


def _key(line: Any, ledger: str) -> tuple[str, ...]:
    """Return what tells a line of a ledger from the others."""
    return tuple(astuple(line)[: _LEDGERS[ledger][2]])


# The files of suggestions


def suggestion_name(name: str, article_id: str) -> str:
    """Return what the suggestion for an article is called in the workspace. name: under which it is kept.

    Raises InputError where the name cannot be that of a folder.
    """
    if not is_id(name):
        raise InputError(
            f"{name!r} cannot be the name of suggestions.\nHint: use small letters, digits and hyphens, such as rules."
        )
    return f"{SUGGESTIONS}/{name}/{article_id}.json"


def suggestion_names(store: Store) -> list[str]:
    """Return the names under which there are suggestions."""
    return sorted({name.split("/")[-2] for name in names_of_suggestions(store)})


def suggested_articles(store: Store, name: str) -> list[str]:
    """Return the ids of the articles that have a suggestion of a name."""
    return sorted(article_of(each) for each in store.names(f"{SUGGESTIONS}/{name}") if each.endswith(".json"))


def names_of_suggestions(store: Store) -> list[str]:
    """Return what all suggestions are called in the workspace, sorted."""
    deep = SUGGESTIONS.count("/") + 2
    return [each for each in store.names(SUGGESTIONS) if each.endswith(".json") and each.count("/") == deep]


def read_suggestion(store: Store, name: str, article_id: str) -> Json | None:
    """Return what a file of suggestions holds, unchecked; None where there is none."""
    data = store.read(suggestion_name(name, article_id))
    return None if data is None else from_json(data, f"{article_id}.json")


def write_suggestion(store: Store, name: str, value: Json) -> bool:
    """Write a suggestion of `value["article_id"]`. Return whether anything changed."""
    file = suggestion_name(name, value["article_id"])
    return bool(store.write({file: encode_text(file, to_json(value))}, whole=False))


def engine_line(record: Json) -> EngineLine:
    """Return the line of the ledger for the record of an engine, as a suggestion has it under ``engine``."""
    told = record.get("settings", {})
    whole = {key: int(each) for key, each in told.items() if isinstance(each, float) and each.is_integer()}
    settings = json.dumps({**told, **whole}, ensure_ascii=False, sort_keys=True)  # 0.0 comes back from a file as 0
    rest: Sequence[str] = (
        str(record["version"]),
        *(str(record.get(key, "")) for key in ("model", "model_version", "model_sha256")),
        settings,
    )
    return EngineLine(f"{record['name']}-{sha256(json.dumps(rest))[:8]}", str(record["name"]), *rest)
