"""A dataset folder: one table of its files, with what each one is, when it is there, and its maker; and its place.

Writing a folder is running the makers in the order of the table; verifying one is running them on what was read, and
comparing. The tables are the exception: they are written row by row before anything else, since all else is made of
them.
"""

import os
import re
import shutil
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, field, replace
from enum import Enum, auto
from hashlib import sha256
from pathlib import Path
from typing import Any

from stancebank.check.waivers import WAIVERS
from stancebank.errors import InputError, list_some
from stancebank.model import EVERY_SPLIT
from stancebank.publish.card.brief import PREVIEW, bibtex
from stancebank.publish.card.card import CARD, CITATION, HISTORY, README, make_readme
from stancebank.publish.card.croissant import CROISSANT, make_croissant
from stancebank.publish.card.reference import COLUMNS, make_columns
from stancebank.publish.card.statistics import Built, Facts, card_columns
from stancebank.publish.parquet import SPLIT, TableFacts, Written, written
from stancebank.publish.rights import RIGHTS, Audit, Terms, make_rights
from stancebank.publish.tables import ENTITIES, NAMES, TARGETS
from stancebank.records import file_locks, holding, is_special, lock_file, read_json, sync_path, to_json
from stancebank.schema.fields import Scheme
from stancebank.workspace import SETTINGS_FILE

MANIFEST = "manifest.json"
SUMS = "SHA256SUMS"
SIGNATURE = f"{SUMS}.sig"
UNLISTED = frozenset((SUMS, SIGNATURE))
"""Files that SHA256SUMS cannot list: itself, and its signature."""

MADE_BY = "stancebank publish build"
"""What the manifest of each of our folders says under `made_by`."""

FORMER_KEYS = {
    "tables": "views",
    "exceeds_policy": "beyond_tier",
    "text_included": "words_shown",
    "text_missing": "words_not_at_hand",
}
"""Keys of manifest.json, with what the first edition of the frame calls them."""

ANSWERS = "prediction.schema.json"
"""The form of the answers in the table `chat`; it lies beside them."""

LISTS = frozenset((MANIFEST, "splits.csv", "splits.json"))
"""Files with a line, or a few, for each article: no limit for other files holds for them."""

LARGEST_LIST = 1_000_000_000
"""Bytes of one of these: a manifest has some 230 for an article, and 100 for each reading of it."""

LICENCE = "LICENSE"
GUIDELINES = "GUIDELINES.md"
SPLITS = "splits.csv"
SPLIT_REPORT = "splits.json"
OF_SPLITS = "splits"
"""The key of the manifest of a release that has what rows do not tell of splits; earlier ones have none."""

OF_SAMPLES = "samples"
"""The key of a manifest that says which articles were drawn by a plan; there is none where no plan has any."""

OF_SUGGESTIONS = "suggestions"
"""The key of a manifest that says what rows do not tell of suggestions; there is none where nobody worked with any."""

BASELINES = "baselines.json"
SCHEMAS = "schema/*.json"
ZENODO = ".zenodo.json"
DATACITE = "datacite.json"
BIBTEX = "CITATION.bib"
NOTE = "RELEASE_NOTE.md"
DATAPACKAGE = "datapackage.json"
IGNORE = ".gitignore"
ATTRIBUTES = ".gitattributes"
KEEPS_BYTES = (
    "# Git changes no byte, so that SHA256SUMS holds in every checkout. Tables go to Git LFS where that is set up, as "
    "on the Hub.\n* -text\n*.parquet filter=lfs diff=lfs merge=lfs -text\n"
)
"""What a release has in .gitattributes, for people who put it into a repository. No part of the release: git's, or
the Hub's, may take its place."""

SCHEMA = "schema"
"""The folder within a folder that holds the files of its schema version."""

ALWAYS_INPUTS = (SETTINGS_FILE, "corpus/entities.json", "corpus/targets.json")
"""Files of a workspace that every folder is made of, whatever it holds."""


class Kind(Enum):
    """What a file is: rows; computed from rows and terms; copied from the workspace; a list of the other files.

    SIGNATURE: of such a list; nobody but the holder of its key can make it again.
    """

    TABLE = auto()
    COMPUTED = auto()
    COPY = auto()
    LEDGER = auto()
    SIGNATURE = auto()


class When(Enum):
    """When a file is there.

    ROWS: where its table has any. ORIGINAL: where the inputs name what it is made of. CHAT: beside that one. OPTIONAL:
    nothing else tells. UNPUBLISHABLE: where the folder may not be handed on. EDITION: where the
    edition of its scheme has it. STATED: where the manifest states what it is made of beside rows. SPLIT: where its
    articles have splits.
    PAPER: as EDITION, in a release; where one of these is, all are, but releases of earlier toolkits have none.
    """

    ALWAYS = auto()
    ROWS = auto()
    ORIGINAL = auto()
    CHAT = auto()
    OPTIONAL = auto()
    UNPUBLISHABLE = auto()
    EDITION = auto()
    STATED = auto()
    SPLIT = auto()
    PAPER = auto()


@dataclass(frozen=True, slots=True)
class FolderFacts:
    """All that the files of a folder are made of.

    facts: what card and croissant.json say. tables: as they were written. rows: of each table, read again whenever
    somebody goes over them. terms: None where a manifest that was read holds none. template: the card below its header
    and its warning, None for a plain one. stated: the keys of the manifest that nothing else tells. copies: bytes of
    what is copied, by names in the folder. shown: what the rows show of the articles' words, None where there are no
    terms. digests: SHA-256 of the files that are there, as 64 hex digits, by name.
    """

    facts: Facts
    tables: tuple[TableFacts, ...]
    rows: Mapping[str, Written]
    terms: Terms | None
    template: str | None
    stated: Mapping[str, Any]
    is_release: bool = False
    copies: Mapping[str, bytes] = field(default_factory=dict)
    shown: Audit | None = None
    digests: Mapping[str, str] = field(default_factory=dict)

    @property
    def built(self) -> Built:
        """What the folder shows of the articles' words."""
        assert self.facts.built is not None  # a folder has them, the card of a workspace has not
        return self.facts.built


Maker = Callable[[FolderFacts], str | None]
"""Makes a file's text; None where the folder has no such file."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A file of a folder, or files whose name has a ``*``.

    in_builds: whether a build has it too, or a release alone. made_of: the file of the workspace that it is a copy of,
    or that it is made of, with ``{schema}`` for the version; it is among the inputs.
    """

    name: str
    kind: Kind
    when: When
    in_builds: bool = True
    made_of: str | None = None
    make: Maker | None = None
    star: str = ""

    def matches(self, name: str) -> bool:
        """Whether a file is this one, or one of these."""
        head, star, tail = self.name.partition("*")
        if not star:
            return name == self.name
        return re.fullmatch(f"{re.escape(head)}{self.star}{re.escape(tail)}", name) is not None

    def original(self, name: str, schema_version: str) -> str | None:
        """Return the file of the workspace that one of these is made of; None where there is none."""
        if self.made_of is None:
            return None
        return self.made_of.format(schema=schema_version).replace("*.json", Path(name).name)

    def files(self, facts: FolderFacts) -> dict[str, bytes]:
        """Return the bytes of this file by its name, of several files by theirs; nothing where there is none."""
        if self.make is None:
            return {name: data for name, data in sorted(facts.copies.items()) if self.matches(name)}
        made = self.make(facts)
        return {} if made is None else {self.name: made.encode()}


def table_entry(facts: TableFacts) -> dict[str, Any]:
    """Return what the manifest says of a table: lists of files and digests where it has more than one file."""
    one = len(facts.files) == 1
    return {
        **({"file": facts.files[0]} if one else {"files": list(facts.files)}),
        "rows": facts.rows,
        "bytes": facts.file_bytes,
        "sha256": facts.sha256[0] if one else list(facts.sha256),
        "content_hash": facts.content_hash,
    }


def key_of(name: str, edition: int) -> str:
    """Return what a folder calls a key of `FORMER_KEYS`. edition: of its scheme."""
    return name if edition >= 2 else FORMER_KEYS[name]


def told_in(manifest: Mapping[str, Any], name: str) -> Any:
    """Return what a manifest of any edition says under a key of `FORMER_KEYS`. Raises KeyError where it lacks it."""
    return manifest[name] if name in manifest else manifest[FORMER_KEYS[name]]


def make_manifest(facts: FolderFacts) -> dict[str, Any]:
    """Return what manifest.json holds."""
    told, built = facts.facts, facts.built
    edition = told.context.scheme.edition
    manifest: dict[str, Any] = {
        "made_by": MADE_BY,
        "dataset_name": told.name,
        "dataset_version": told.dataset_version,
        "schema_version": told.schema_version,
        "text": built.text or "as each article allows",
        "publishable": built.publishable,
        **({"blocked_by": list(built.blocked)} if edition >= 2 else {}),
        key_of("exceeds_policy", edition): list(built.beyond),
        key_of("text_included", edition): list(built.showing),
        key_of("text_missing", edition): list(built.lacking),
        key_of("tables", edition): {each.table.name: table_entry(each) for each in facts.tables},
        "files": {name: facts.digests[name] for name in sorted(facts.digests) if name not in (MANIFEST, *UNLISTED)},
        **facts.stated,
    }
    if facts.terms:
        manifest["rights"] = facts.terms.to_builtins()
    if told.tokens:
        manifest["alignment"] = {label: asdict(each) for label, each in told.alignment.items()}
    return manifest


def _readme(facts: FolderFacts) -> str:
    return make_readme(facts.facts, facts.tables, facts.template)


def _columns(facts: FolderFacts) -> str | None:
    return make_columns(facts.facts) if facts.facts.context.scheme.edition >= 2 else None


def _croissant(facts: FolderFacts) -> str:
    return make_croissant(facts.facts, facts.tables, facts.terms)


def _rights(facts: FolderFacts) -> str | None:
    return make_rights(facts.shown, facts.terms) if facts.terms and facts.shown else None


def _splits(facts: FolderFacts) -> str | None:
    if not facts.is_release:
        return None
    told = facts.facts
    head, *lines = "article_id,split\n", *sorted(f"{row['article_id']},{SPLIT}\n" for row in told.articles)
    if told.splits:
        head = "article_id,split,fold\n"
        lines = sorted(f"{row['article_id']},{row['split']},{_number(row['fold'])}\n" for row in told.articles)
    return head + "".join(lines)


def _baselines(facts: FolderFacts) -> str | None:
    """Score the baselines of a release: what got its words back from copies has other words than the release."""
    if "trees" not in facts.stated or not facts.facts.splits:
        return None
    from stancebank.publish.baselines import make_baselines  # which builds do without

    return make_baselines(facts.rows, facts.facts.context.scheme)


def _number(value: int | None) -> str:
    return "" if value is None else str(value)


def _split_report(facts: FolderFacts) -> str | None:
    if OF_SPLITS not in facts.stated:
        return None
    from stancebank.publish.splitting import make_report, read_stated

    stated = read_stated(facts.stated[OF_SPLITS])
    return to_json(make_report(facts.rows, facts.facts.context.scheme, stated))


def _has_papers(facts: FolderFacts) -> bool:
    return facts.is_release and facts.facts.context.scheme.edition >= 2


def _is_deposited(facts: FolderFacts) -> bool:
    """Whether a folder is one to be deposited and announced."""
    return _has_papers(facts) and facts.built.publishable


# The modules of papers are imported once there are any: builds have none, and a build runs through few modules.


def _zenodo(facts: FolderFacts) -> str | None:
    if not _is_deposited(facts):
        return None
    from stancebank.publish.card.deposit import make_zenodo

    return make_zenodo(facts.facts, facts.tables, facts.terms)


def _datacite(facts: FolderFacts) -> str | None:
    if not _is_deposited(facts):
        return None
    from stancebank.publish.card.deposit import make_datacite

    return make_datacite(facts.facts, facts.tables, facts.terms)


def _note(facts: FolderFacts) -> str | None:
    if not _is_deposited(facts):
        return None
    from stancebank.publish.card.deposit import make_note

    history = facts.copies.get(HISTORY)
    return make_note(facts.facts, facts.terms, facts.tables, None if history is None else history.decode())


def _bibtex(facts: FolderFacts) -> str | None:
    return bibtex(facts.facts) if _has_papers(facts) else None


def _datapackage(facts: FolderFacts) -> str | None:
    if not _has_papers(facts):
        return None
    from stancebank.publish.card.datapackage import make_datapackage

    return make_datapackage(facts.facts, facts.tables)


def adapted(name: str, data: bytes, version: str, released: str | None, edition: int) -> bytes:
    """Return the bytes of a copy in a release: of CITATION.cff, from the second edition on, those of this version.

    Adapted once more, it is the same. version: of the dataset; released: see `Facts`; edition: of the scheme.
    """
    if name != CITATION or edition < 2:
        return data
    from stancebank.publish.card.citing import cite_dataset

    return cite_dataset(data.decode(errors="replace"), version, released).encode()


def _ignore(facts: FolderFacts) -> str | None:
    """Let a folder that may not be handed on keep itself out of git, as the local store does."""
    return None if facts.built.publishable else "*\n"


def _preview(facts: FolderFacts) -> str | None:
    if not facts.facts.has_preview:
        return None
    from stancebank.publish.card.preview import make_preview

    return make_preview(facts.rows, facts.facts.context.scheme)


def _manifest(facts: FolderFacts) -> str:
    return to_json(make_manifest(facts))


def make_sums(digests: Mapping[str, str]) -> str:
    """Return SHA256SUMS: the digest of every other file, by path, in the form that `sha256sum -c SHA256SUMS` reads."""
    return "".join(f"{digests[name]}  {name}\n" for name in sorted(digests.keys() - UNLISTED))


def _sums(facts: FolderFacts) -> str:
    return make_sums(facts.digests)


LAYOUT: tuple[Entry, ...] = (
    *(
        Entry(f"{name}/{split}-*.parquet", Kind.TABLE, When.ROWS, star="[0-9]{5}-of-[0-9]{5}")
        for name in NAMES
        for split in ((SPLIT,) if name in (ENTITIES, TARGETS) else EVERY_SPLIT)
    ),
    Entry(LICENCE, Kind.COPY, When.ORIGINAL, made_of="LICENSE-DATA"),
    Entry(GUIDELINES, Kind.COPY, When.ORIGINAL, made_of="annotate/GUIDELINES.md"),
    Entry(CITATION, Kind.COPY, When.ORIGINAL, in_builds=False, made_of="CITATION.cff"),
    Entry(HISTORY, Kind.COPY, When.OPTIONAL, in_builds=False),
    Entry(
        SCHEMAS, Kind.COPY, When.ALWAYS, in_builds=False, made_of="schema/{schema}/*.json", star=r"[a-z]+(?:\.schema)?"
    ),
    Entry(ANSWERS, Kind.COPY, When.CHAT, made_of="schema/{schema}/*.json"),
    Entry(SPLITS, Kind.COMPUTED, When.ALWAYS, in_builds=False, make=_splits),
    Entry(SPLIT_REPORT, Kind.COMPUTED, When.STATED, in_builds=False, make=_split_report),
    Entry(BASELINES, Kind.COMPUTED, When.SPLIT, in_builds=False, make=_baselines),
    Entry(IGNORE, Kind.COMPUTED, When.UNPUBLISHABLE, make=_ignore),
    Entry(README, Kind.COMPUTED, When.ALWAYS, made_of=CARD, make=_readme),
    Entry(COLUMNS, Kind.COMPUTED, When.EDITION, make=_columns),
    Entry(CROISSANT, Kind.COMPUTED, When.ALWAYS, make=_croissant),
    Entry(RIGHTS, Kind.COMPUTED, When.ALWAYS, make=_rights),
    Entry(BIBTEX, Kind.COMPUTED, When.PAPER, in_builds=False, make=_bibtex),
    Entry(ZENODO, Kind.COMPUTED, When.PAPER, in_builds=False, make=_zenodo),
    Entry(DATACITE, Kind.COMPUTED, When.PAPER, in_builds=False, make=_datacite),
    Entry(DATAPACKAGE, Kind.COMPUTED, When.PAPER, in_builds=False, make=_datapackage),
    Entry(PREVIEW, Kind.COMPUTED, When.OPTIONAL, in_builds=False, make=_preview),
    Entry(NOTE, Kind.COMPUTED, When.PAPER, in_builds=False, make=_note),
    Entry(MANIFEST, Kind.LEDGER, When.ALWAYS, make=_manifest),
    Entry(SUMS, Kind.LEDGER, When.ALWAYS, make=_sums),
    Entry(SIGNATURE, Kind.SIGNATURE, When.OPTIONAL, in_builds=False),
)
"""All files of a folder, in the order in which they are written: each is made of those before it."""

FOLDERS = frozenset(entry.name.partition("/")[0] for entry in LAYOUT if "/" in entry.name)
"""The folders within a folder."""

PAPERS = frozenset(entry.name for entry in LAYOUT if entry.when is When.PAPER)
"""Files that only a release of the second edition has."""

ALWAYS = tuple(entry.name for entry in LAYOUT if entry.when is When.ALWAYS and entry.in_builds)
"""Files that every folder has."""


def entry_of(name: str) -> Entry | None:
    """Return what a file of a folder is; None where no folder has such a file."""
    return next((entry for entry in LAYOUT if entry.matches(name)), None)


def original_of(name: str, schema_version: str) -> str | None:
    """Return the file of the workspace that a file of the folder is a copy of; None where it is none."""
    entry = entry_of(name)
    return entry.original(name, schema_version) if entry and entry.kind is Kind.COPY else None


def copied_names(schemas: Iterable[str], *, carries_schema: bool, is_release: bool, has_chat: bool) -> Iterator[str]:
    """Yield the files of a folder that are copies. schemas: the names of the JSON files of the schema."""
    for entry in LAYOUT:
        is_there = carries_schema if entry.name == SCHEMAS else entry.in_builds or is_release
        if entry.kind is Kind.COPY and is_there and (entry.when is not When.CHAT or has_chat):
            yield from (entry.name.replace("*.json", each) for each in (sorted(schemas) if entry.star else [""]))


def tells_release(names: Iterable[str], *, own_schema: bool) -> bool:
    """Whether files are among these that only a release has, or what was hydrated of one.

    own_schema: whether the schema is not the toolkit's; then every folder carries it.
    """
    entries = [entry for name in names if (entry := entry_of(name)) and not (own_schema and entry.name == SCHEMAS)]
    return any(not entry.in_builds and entry.when is not When.ORIGINAL for entry in entries)


def fixed_inputs(*, is_release: bool) -> tuple[str, ...]:
    """Return files of the workspace that a folder is made of, if they are there: all but records and schema."""
    made = (entry.made_of for entry in LAYOUT if entry.made_of and (entry.in_builds or is_release))
    return (*ALWAYS_INPUTS, WAIVERS, *(name for name in made if "*" not in name))


def rows_by_table(folder: Path, tables: Iterable[TableFacts]) -> dict[str, Written]:
    """Return the rows of each table of a folder, by its name."""
    return {each.table.name: written(folder, each) for each in tables}


def rows_of_facts(rows: Mapping[str, Written], scheme: Scheme) -> dict[str, Written]:
    """Return the same rows with the columns that `Facts` are made of."""
    return {name: each.of(card_columns(name, scheme)) for name, each in rows.items()}


def write_files(folder: Path, facts: FolderFacts) -> None:
    """Write all files but the tables, which are there already. A release gets what keeps git from changing it, too."""
    digests = {name: digest for table in facts.tables for name, digest in zip(table.files, table.sha256, strict=True)}
    facts = replace(facts, digests=digests)  # it grows while the files are made
    for entry in LAYOUT:
        for name, data in entry.files(facts).items():
            path = folder / name
            path.parent.mkdir(exist_ok=True)
            path.write_bytes(data)
            digests[name] = sha256(data).hexdigest()
    if facts.is_release:
        (folder / ATTRIBUTES).write_bytes(KEEPS_BYTES.encode())


_LONGEST = 600.0  # seconds that a run waits for another one


def require_replaceable(out: Path, contents: str = MANIFEST, made_by: str = MADE_BY) -> None:
    """Raise InputError where out is something that a command may not replace.

    It replaces nothing, an empty folder, or a folder that it has made and to which nothing was added. contents: the
    file of such a folder that lists the others, under `files`, and says under `made_by` which command made it.
    """
    if not out.exists():
        return
    if not out.is_dir():
        raise InputError(f"{out} is a file.\nHint: name a folder. Nothing was changed.")
    held = folder_files(out)
    if not held and not any(out.iterdir()):
        return
    try:
        manifest = read_json(out / contents)
        ours = manifest["files"].keys() | {contents, *UNLISTED, ATTRIBUTES} if manifest["made_by"] == made_by else None
    except (OSError, InputError, KeyError, TypeError, AttributeError):
        ours = None
    if ours is None:
        raise InputError(
            f"{out} holds files and was not made by `{made_by}`.\n"
            "Hint: name a new or empty folder with --out. Nothing was changed."
        )
    if foreign := sorted(held - ours):
        raise InputError(
            f"{out} holds what `{made_by}` has not put there: {list_some(foreign)}.\n"
            "Hint: move it away, or name another folder with --out. Nothing was changed."
        )


def folder_files(folder: Path) -> set[str]:
    """Return the relative paths of all that lies in a folder, except the folders in it that hold something."""
    return {
        path.relative_to(folder).as_posix()
        for path in folder.rglob("*")
        if path.is_symlink() or not path.is_dir() or not any(path.iterdir())
    }


def require_plain(folder: Path) -> None:
    """Raise InputError where a folder holds a pipe, a device or a socket, or a link to one: it may never end."""
    for path in folder.rglob("*"):
        with suppress(OSError):  # a link that leads nowhere
            if is_special(path.stat().st_mode):
                raise InputError(
                    f"{path.relative_to(folder).as_posix()} of {folder} is no plain file.\n"
                    "Hint: take the folder from its publisher again."
                )


@contextmanager
def replacing(out: Path, like: str | None = None, contents: str = MANIFEST, made_by: str = MADE_BY) -> Iterator[Path]:
    """Yield an empty folder beside out; it takes the place of out when the block ends without an exception.

    like: how the names of all folders begin that are made beside out; None for its name alone. What killed runs left of
    them is removed. One run at a time works beside out; another one waits. Raises InputError as `require_replaceable`
    does.
    """
    out.parent.mkdir(parents=True, exist_ok=True)
    with _alone(out.parent):
        _clear_leftovers(out, like or out.name)
        require_replaceable(out, contents, made_by)
        part = out.parent / f".{out.name}.part-{os.getpid()}"
        part.mkdir()
        try:
            yield part
            _sync(part)
            _swap(part, out)
        finally:
            shutil.rmtree(part, ignore_errors=True)


def _clear_leftovers(out: Path, like: str) -> None:
    """Remove what killed runs left, and put back the old folder where one was killed between the two renames."""
    old = _old(out)
    if old.is_dir() and not out.exists():
        old.rename(out)
    part = re.compile(rf"\.{re.escape(like)}{'' if like == out.name else '.*'}\.part-[0-9]+")
    for path in out.parent.iterdir():
        if path == old or (part.fullmatch(path.name) and path.is_dir() and not path.is_symlink()):
            shutil.rmtree(path)


def _swap(part: Path, out: Path) -> None:
    """Put the new folder in its place, in two renames where an old one is there.

    A run that is killed between the two leaves both beside the place; the next one puts the old one back.
    """
    old = _old(out)
    if out.exists():
        out.rename(old)
    try:
        part.rename(out)
    except BaseException:
        if old.exists():
            old.rename(out)
        raise
    sync_path(out.parent)
    if old.exists():
        shutil.rmtree(old)


def _old(out: Path) -> Path:
    return out.parent / f".{out.name}.old"


def _sync(folder: Path) -> None:
    """Bring all that lies in the folder to the disk."""
    for path in (*folder.rglob("*"), folder):
        if path.is_dir():
            sync_path(path)
        else:
            with path.open("rb") as file:
                os.fsync(file.fileno())


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Hold a lock on the folder; a killed process gives it back. Where folders have no locks, a file has it."""
    if not file_locks().has_fcntl:
        with holding(folder / ".stancebank.lock", "stancebank publish", _LONGEST):
            yield
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        while not lock_file(handle, unknown=True):
            time.sleep(0.05)
        yield
    finally:
        os.close(handle)
