"""What a dataset folder consists of: one table of its files, with what each one is, when it is there, and its maker.

Writing a folder is running the makers in the order of the table; verifying one is running them on what was read, and
comparing. The tables are the exception: they are written row by row before anything else, since all else is made of
them.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, field, replace
from enum import Enum, auto
from hashlib import sha256
from pathlib import Path
from typing import Any

from stancebank.check.waivers import WAIVERS
from stancebank.publish.card.card import CARD, HISTORY, README, make_readme
from stancebank.publish.card.croissant import CROISSANT, make_croissant
from stancebank.publish.card.statistics import Built, Facts, card_columns
from stancebank.publish.folder import ATTRIBUTES, KEEPS_BYTES, MADE_BY, MANIFEST, SUMS, make_sums
from stancebank.publish.parquet import SPLIT, TableFacts, Written, written
from stancebank.publish.rights import RIGHTS, Audit, Terms, make_rights
from stancebank.publish.tables import NAMES
from stancebank.records import to_json
from stancebank.schema.fields import Scheme
from stancebank.workspace import SETTINGS_FILE

ANSWERS = "prediction.schema.json"
"""The form of the answers in the table `chat`; it lies beside them."""

LICENCE = "LICENSE"
GUIDELINES = "GUIDELINES.md"
CITATION = "CITATION.cff"
SPLITS = "splits.csv"
SCHEMAS = "schema/*.json"
IGNORE = ".gitignore"

ALWAYS_INPUTS = (SETTINGS_FILE, "corpus/entities.json", "corpus/targets.json")
"""Files of a workspace that every folder is made of, whatever it holds."""


class Kind(Enum):
    """What a file is: rows; computed from rows and terms; copied from the workspace; a list of the other files."""

    TABLE = auto()
    COMPUTED = auto()
    COPY = auto()
    LEDGER = auto()


class When(Enum):
    """When a file is there.

    ROWS: where its table has any. ORIGINAL: where the inputs name what it is made of. CHAT: beside that one. OPTIONAL:
    nothing else tells. UNPUBLISHABLE: where the folder shows more words than may be published.
    """

    ALWAYS = auto()
    ROWS = auto()
    ORIGINAL = auto()
    CHAT = auto()
    OPTIONAL = auto()
    UNPUBLISHABLE = auto()


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


def make_manifest(facts: FolderFacts) -> dict[str, Any]:
    """Return what manifest.json holds."""
    told, built = facts.facts, facts.built
    manifest: dict[str, Any] = {
        "made_by": MADE_BY,
        "dataset_name": told.name,
        "dataset_version": told.dataset_version,
        "schema_version": told.schema_version,
        "text": built.text or "as each article allows",
        "publishable": not built.beyond,
        "beyond_tier": list(built.beyond),
        "words_shown": list(built.showing),
        "words_not_at_hand": list(built.lacking),
        "views": {each.table.name: table_entry(each) for each in facts.tables},
        "files": {name: facts.digests[name] for name in sorted(facts.digests) if name not in (MANIFEST, SUMS)},
        **facts.stated,
    }
    if facts.terms:
        manifest["rights"] = facts.terms.to_builtins()
    if told.tokens:
        manifest["alignment"] = {label: asdict(each) for label, each in told.alignment.items()}
    return manifest


def _readme(facts: FolderFacts) -> str:
    return make_readme(facts.facts, facts.tables, facts.template)


def _croissant(facts: FolderFacts) -> str:
    return make_croissant(facts.facts, facts.tables)


def _rights(facts: FolderFacts) -> str | None:
    return make_rights(facts.shown, facts.terms) if facts.terms and facts.shown else None


def _splits(facts: FolderFacts) -> str | None:
    if not facts.is_release:
        return None
    lines = sorted(f"{row['article_id']},{SPLIT}\n" for row in facts.facts.articles)
    return "article_id,split\n" + "".join(lines)


def _ignore(facts: FolderFacts) -> str | None:
    """Let a folder that may not be handed on keep itself out of git, as the local store does."""
    return "*\n" if facts.built.beyond else None


def _manifest(facts: FolderFacts) -> str:
    return to_json(make_manifest(facts))


def _sums(facts: FolderFacts) -> str:
    return make_sums(facts.digests)


LAYOUT: tuple[Entry, ...] = (
    *(Entry(f"{name}/{SPLIT}-*.parquet", Kind.TABLE, When.ROWS, star="[0-9]{5}-of-[0-9]{5}") for name in NAMES),
    Entry(LICENCE, Kind.COPY, When.ORIGINAL, made_of="LICENSE-DATA"),
    Entry(GUIDELINES, Kind.COPY, When.ORIGINAL, made_of="annotate/GUIDELINES.md"),
    Entry(CITATION, Kind.COPY, When.ORIGINAL, in_builds=False, made_of="CITATION.cff"),
    Entry(HISTORY, Kind.COPY, When.OPTIONAL, in_builds=False),
    Entry(
        SCHEMAS, Kind.COPY, When.ALWAYS, in_builds=False, made_of="schema/{schema}/*.json", star=r"[a-z]+(?:\.schema)?"
    ),
    Entry(ANSWERS, Kind.COPY, When.CHAT, made_of="schema/{schema}/*.json"),
    Entry(SPLITS, Kind.COMPUTED, When.ALWAYS, in_builds=False, make=_splits),
    Entry(IGNORE, Kind.COMPUTED, When.UNPUBLISHABLE, make=_ignore),
    Entry(README, Kind.COMPUTED, When.ALWAYS, made_of=CARD, make=_readme),
    Entry(CROISSANT, Kind.COMPUTED, When.ALWAYS, make=_croissant),
    Entry(RIGHTS, Kind.COMPUTED, When.ALWAYS, make=_rights),
    Entry(MANIFEST, Kind.LEDGER, When.ALWAYS, make=_manifest),
    Entry(SUMS, Kind.LEDGER, When.ALWAYS, make=_sums),
)
"""All files of a folder, in the order in which they are written: each is made of those before it."""

FOLDERS = frozenset(entry.name.partition("/")[0] for entry in LAYOUT if "/" in entry.name)
"""The folders within a folder."""

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
