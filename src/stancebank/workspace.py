"""The workspace: the nearest folder with a stancebank.toml, its settings, and the way to its files."""

import os
import re
import secrets
import tomllib
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from difflib import get_close_matches
from pathlib import Path
from types import UnionType
from typing import Any

from stancebank import __version__
from stancebank.commits import MARKER, require_finished
from stancebank.corpus.backend import FILES
from stancebank.corpus.store import Store, open_backend
from stancebank.errors import WorkspaceError
from stancebank.model import GROUP_COLUMNS, SPLITS, Cap, Record, SplitRules, TextPolicy
from stancebank.records import is_special
from stancebank.schema.fields import Scheme, load_scheme

SETTINGS_FILE = "stancebank.toml"

# every key that the settings may hold, its type, and its value where it is left out (None: it must be given)
_KEYS: dict[str, dict[str, tuple[type | UnionType, object]]] = {
    "workspace": {"schema": (str, "v1"), "toolkit": (str, ">=0.1"), "id": (str, "")},
    "dataset": {"name": (str, None), "version": (str, None), "pretty_name": (str, None), "tags": (list, ())},
    "corpus": {
        "language": (str, ""),
        "licence": (str, ""),
        "holder": (str, ""),
        "text_policy": (str, "withheld"),
        "store": (str, FILES),
    },
    "label_studio": {"url": (str, ""), "title": (str, ""), "profile": (str, "full")},
    "rights": {"longest_quote": (int, Cap().longest), "quoted_share": (int, Cap().share), "contact": (str, "")},
    "splits": {
        **{split: (int, share) for split, share in zip(SPLITS, SplitRules().shares, strict=True)},
        "seed": (str | int, SplitRules().seed),
        "group_by": (list, SplitRules().group_by),
        "folds": (int, SplitRules().folds),
        "quotation_events": (int, SplitRules().quotation_events),
    },
}
_WANTED: dict[type | UnionType, str] = {
    str: "text in quotes",
    int: "whole number",
    str | int: "text in quotes or whole number",
    list: 'list, such as ["climate", "energy"]',
}
_MOST_FOLDS = 100
_FORMS = (
    ("workspace", "schema", r"v[1-9][0-9]*", 'like "v1"'),
    ("workspace", "id", r"([a-z0-9]{8,40})?", 'like "4f1c09a2b7d3e658": 8 to 40 lower-case letters and digits'),
    ("dataset", "version", r"(0|[1-9][0-9]*)(\.(0|[1-9][0-9]*)){2}", "like 1.2.0"),
    ("corpus", "text_policy", "|".join(TextPolicy), f"one of {', '.join(TextPolicy)}"),
    ("label_studio", "url", r"(https?://[^\s?#]+)?", 'like "https://labels.example.org"'),
    ("label_studio", "title", r"(.{3,50})?", "of 3 to 50 characters, as Label Studio requires"),
    ("label_studio", "profile", "full|core", "one of full, core"),
)

_LONGEST_TAG = 50


@dataclass(frozen=True, slots=True)
class Settings:
    """What stancebank.toml says. Three versions: of the schema (v1), of the dataset (semver), of the toolkit.

    label_studio: url of the server, title of its project, profile of the interface; "" where nothing is said.
    tags: what the dataset is about, for its card, beside what every dataset of the toolkit is about.
    cap: how much of an article its quotations show at most. contact: whom holders of rights write to, or "".
    id: random, tells workspaces of one name apart on a server; "" in those of earlier versions. splits: by what
    articles are assigned to splits; None where the settings say nothing of it. store: where records are kept, "files"
    or the address of a table.
    """

    schema: str
    toolkit: str
    name: str
    version: str
    pretty_name: str
    tags: tuple[str, ...]
    corpus: dict[str, str]
    label_studio: dict[str, str]
    cap: Cap
    contact: str
    id: str
    splits: SplitRules | None
    store: str = FILES


@dataclass(frozen=True, slots=True)
class Workspace:
    """A workspace: its root (resolved), its settings, and the store of its articles.

    records: those that its store need not read, by name.
    """

    root: Path
    settings: Settings
    records: Mapping[str, Record] = field(default_factory=dict, compare=False, repr=False)

    @property
    def store(self) -> Store:
        """The articles, texts, documents and registries."""
        return Store(self.root, self.settings.schema, self.records, open_backend(self.root, self.settings.store))

    @property
    def scheme(self) -> Scheme:
        """What the workspace means by a statement. Raises InputError where its schema does not say it."""
        return load_scheme(self.schema_dir)

    def with_records(self, records: Mapping[str, Record]) -> "Workspace":
        """Return the workspace with records that were just read and checked, so that its store reads them no more.

        records: by name. The store gives them back whatever happens to the files: only for reading on.
        """
        return replace(self, records=records)

    @property
    def schema_dir(self) -> Path:
        """The folder of the schema version that the workspace follows."""
        return self.root / "schema" / self.settings.schema


def find_workspace(start: Path) -> Workspace:
    """Return the workspace that holds the folder. Raises WorkspaceError where there is none, or it is unusable."""
    return open_workspace(find_root(start))


def find_root(start: Path) -> Path:
    """Return the root of the workspace that holds the folder, resolved. Raises WorkspaceError where there is none."""
    start = start.resolve()
    if (found := nearest_root(start, *start.parents)) is not None:
        return found
    raise WorkspaceError(
        f"There is no workspace here: neither {start} nor a folder above it holds a {SETTINGS_FILE}.\n"
        "Hint: change into a workspace, or name it with --workspace DIR."
    )


def nearest_root(*folders: Path) -> Path | None:
    """Return the first of some folders that is the root of a workspace; None where none is."""
    return next((folder for folder in folders if (folder / SETTINGS_FILE).is_file()), None)


def open_workspace(root: Path) -> Workspace:
    """Open the workspace at root.

    Raises WorkspaceError where its settings or versions cannot be used, or a migration was interrupted there.
    """
    root = root.resolve()
    path = root / SETTINGS_FILE
    _require_plain(root)
    if (root / MARKER).exists():
        require_finished(root)
    try:
        raw = tomllib.loads(path.read_bytes().decode("utf-8-sig"))
    except FileNotFoundError:
        raise WorkspaceError(f"{root} is no workspace: it has no {SETTINGS_FILE}.") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, RecursionError) as error:
        raise WorkspaceError(f"{SETTINGS_FILE} is not TOML: {error}") from None
    settings = _settings(raw)
    _require_toolkit(settings.toolkit)
    if not (root / "schema" / settings.schema / "annotation.schema.json").is_file():
        held = ", ".join(sorted(folder.name for folder in (root / "schema").glob("v*/"))) or "none"
        raise WorkspaceError(
            f'{SETTINGS_FILE} asks for schema "{settings.schema}", which schema/ does not hold (it holds {held}).\n'
            "Hint: correct [workspace] schema, or get a toolkit and workspace that know it."
        )
    return Workspace(root, settings)


_CONTENT = ("corpus", "schema", "annotate", ".stancebank")
_FILES = (".toml", ".md", ".cff", "LICENSE-DATA", ".gitattributes", ".gitignore")


def _require_plain(root: Path) -> None:
    """Raise WorkspaceError where a file of a workspace is one whose reading may never end, or leads out of schema/."""
    with suppress(OSError), os.scandir(root) as entries:
        for entry in entries:
            if entry.name in _CONTENT or entry.name.endswith(_FILES):
                _require_plain_entry(root, entry, entry.name)


def _require_plain_entry(root: Path, entry: os.DirEntry[str], name: str) -> None:
    """As `_require_plain`, of one file or folder. name: its path below the root."""
    if entry.is_symlink():
        if name.partition("/")[0] in ("schema", "annotate") and not Path(entry.path).resolve().is_relative_to(root):
            raise WorkspaceError(
                f"{name} is a symbolic link that leads out of the workspace.\n"
                "Hint: put the file or folder itself in its place."
            )
        with suppress(OSError):  # it leads nowhere, or in a circle
            if is_special(entry.stat().st_mode):
                raise WorkspaceError(_special(name))
    elif entry.is_dir():
        if name != ".stancebank/label-studio/studio" and not re.fullmatch("schema/[^/]+/examples", name):  # not ours
            with suppress(OSError), os.scandir(entry) as entries:
                for below in entries:
                    _require_plain_entry(root, below, f"{name}/{below.name}")
    elif not entry.is_file():
        raise WorkspaceError(_special(name))


def _special(name: str) -> str:
    return f"{name} is no plain file but a pipe, a device or a socket.\nHint: remove it, or put a file in its place."


def toolkit_version() -> str:
    """The version of the installed toolkit."""
    return __version__


def _settings(raw: dict[str, Any]) -> Settings:
    for table, keys in raw.items():
        if table not in _KEYS:
            raise WorkspaceError(_unknown(table, list(_KEYS), "table" if isinstance(keys, dict) else "key"))
        if not isinstance(keys, dict):
            raise WorkspaceError(f"{SETTINGS_FILE}: {table} is {keys!r}; it must be a table, headed [{table}].")
        for key, value in keys.items():
            if key not in _KEYS[table]:
                raise WorkspaceError(_unknown(f"{table}.{key}", [f"{table}.{name}" for name in _KEYS[table]], "key"))
            kind = _KEYS[table][key][0]
            if not isinstance(value, kind) or isinstance(value, bool):
                raise WorkspaceError(f"{SETTINGS_FILE}: {table}.{key} is {value!r}, which is no {_WANTED[kind]}.")
    flat: dict[str, dict[str, Any]] = {}
    for table, keys in _KEYS.items():
        flat[table] = {}
        for key, (_, default) in keys.items():
            value = raw.get(table, {}).get(key, default)
            if value is None or (default is None and not value.strip()):
                raise WorkspaceError(f"{SETTINGS_FILE} lacks {table}.{key}.\nHint: add it below [{table}].")
            flat[table][key] = value
    for table, key, form, like in _FORMS:
        if not re.fullmatch(form, flat[table][key]):
            raise WorkspaceError(f"{SETTINGS_FILE}: {table}.{key} is {flat[table][key]!r}, not {like}.")
    rights = flat["rights"]
    if rights["longest_quote"] < 0 or not 0 <= rights["quoted_share"] <= 100:
        raise WorkspaceError(
            f"{SETTINGS_FILE}: rights.longest_quote is a number of characters, rights.quoted_share one of percent."
        )
    for tag in flat["dataset"]["tags"]:
        if not is_tag(tag):
            raise WorkspaceError(
                f"{SETTINGS_FILE}: dataset.tags holds {tag!r}, which is no tag.\n"
                'Hint: write letters and digits in lower case, words joined by hyphens, such as "climate-policy".'
            )
    flat["dataset"]["tags"] = tuple(dict.fromkeys(flat["dataset"]["tags"]))
    return Settings(
        schema=flat["workspace"]["schema"],
        toolkit=flat["workspace"]["toolkit"],
        **flat["dataset"],
        corpus={key: value for key, value in flat["corpus"].items() if value and key != "store"},
        label_studio=flat["label_studio"],
        cap=Cap(rights["longest_quote"], rights["quoted_share"]),
        contact=rights["contact"].strip(),
        id=flat["workspace"]["id"],
        splits=_split_rules(flat["splits"]) if "splits" in raw else None,
        store=flat["corpus"]["store"] or FILES,
    )


def _split_rules(told: Mapping[str, Any]) -> SplitRules:
    """Return the table [splits]. told: its values, and defaults. Raises WorkspaceError with all that is wrong."""
    shares = tuple(told[split] for split in SPLITS)
    faults = []
    if min(shares) < 0 or not sum(shares):
        faults.append(f"splits.{', '.join(SPLITS)} are shares, such as 80, 10 and 10: none is below 0, and one above.")
    for column in told["group_by"]:
        if column not in GROUP_COLUMNS:
            likely = get_close_matches(str(column), GROUP_COLUMNS, 1)
            hint = f"Did you mean {likely[0]!r}?" if likely else f"There are: {', '.join(GROUP_COLUMNS)}."
            faults.append(f"splits.group_by holds {column!r}, which no article can be grouped by. {hint}")
    if told["folds"] != 0 and not 2 <= told["folds"] <= _MOST_FOLDS:
        faults.append(f"splits.folds is {told['folds']}; it is 0 for none, or from 2 to {_MOST_FOLDS}.")
    if told["quotation_events"] < 0:
        faults.append(f"splits.quotation_events is {told['quotation_events']}; it is 0 or more.")
    if faults:
        raise WorkspaceError("\n".join(f"{SETTINGS_FILE}: {each}" for each in faults))
    return SplitRules(
        (shares[0], shares[1], shares[2]),
        str(told["seed"]),
        tuple(dict.fromkeys(told["group_by"])),
        told["folds"],
        told["quotation_events"],
    )


def is_tag(value: object) -> bool:
    """Whether a value can be a tag of a dataset: words of lower-case letters and digits, joined by hyphens."""
    return (
        isinstance(value, str)
        and len(value) <= _LONGEST_TAG
        and value == value.lower()
        and all(word.isalnum() for word in value.split("-"))
    )


def new_id() -> str:
    """Return a random id for a workspace."""
    return secrets.token_hex(8)


def without_id(settings: bytes) -> bytes:
    """Return a settings file without what is no content: the workspace's id, and where its records are kept.

    Two workspaces of one content differ in both.
    """
    for line in (rb'id[ \t]*=[ \t]*"[a-z0-9]*"', rb'store[ \t]*=[ \t]*"[^"\n]*"'):
        settings = re.sub(rb"(?m)^[ \t]*" + line + rb"[^\n]*(\n|\Z)", b"", settings, count=1)
    return settings


def _unknown(name: str, known: list[str], what: str) -> str:
    likely = get_close_matches(name, known, 1)
    hint = f"Did you mean {likely[0]}?" if likely else f"Known: {', '.join(known)}."
    return f"{SETTINGS_FILE} has the unknown {what} {name}. {hint}"


_AT_LEAST = re.compile(r">= ?([0-9]+(?:\.[0-9]+)*)")


def _require_toolkit(wanted: str) -> None:
    if (least := _AT_LEAST.fullmatch(wanted)) and re.fullmatch(r"[0-9.]+", toolkit_version()):
        lowest, installed = ([*map(int, each.split("."))] for each in (least[1], toolkit_version()))
        if installed >= lowest:
            return  # as nearly always, and packaging takes long to import
    from packaging.specifiers import InvalidSpecifier, SpecifierSet

    try:
        suits = SpecifierSet(wanted).contains(toolkit_version(), prereleases=True)
    except InvalidSpecifier:
        raise WorkspaceError(f'{SETTINGS_FILE}: workspace.toolkit is {wanted!r}, not like ">=0.1".') from None
    if not suits:
        raise WorkspaceError(
            f"This workspace asks for stancebank {wanted}; installed is {toolkit_version()}.\n"
            "Hint: upgrade stancebank, or use the environment that belongs to the workspace."
        )
