"""The files of a workspace: where each belongs, and whether it can be read and holds what its schema asks for."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from stancebank.errors import Finding, InputError
from stancebank.model import Article, Document, EntityRegistry, Record, TargetRegistry, Withdrawal, from_builtins
from stancebank.records import from_json
from stancebank.schema.fields import Scheme
from stancebank.schema.validate import Kind, validate

R = TypeVar("R", bound=Record)

_ID = r"[a-z0-9]+(?:-[a-z0-9]+)*"
_PLACES: tuple[tuple[re.Pattern[str], Kind | None], ...] = (
    (re.compile(rf"corpus/articles/{_ID}\.json"), "article"),
    (re.compile(rf"corpus/(?:gold|annotations/{_ID})/{_ID}\.json"), "annotation"),
    (re.compile(rf"corpus/withdrawn/{_ID}\.json"), "withdrawal"),
    (re.compile(r"corpus/entities\.json"), "entities"),
    (re.compile(r"corpus/targets\.json"), "targets"),
    (re.compile(rf"corpus/texts/{_ID}\.txt"), None),
    (re.compile(r"corpus/(?:.+/)?(?:README\.md|\.gitkeep|\.gitattributes)"), None),
    (re.compile(r"corpus/releases/[0-9.]+/(?:manifest\.json|rows\.json|SHA256SUMS)"), None),
)


@dataclass(slots=True)
class Loaded:
    """The records of a workspace that could be read, by their path in it, and what was wrong with the others."""

    articles: dict[str, Article] = field(default_factory=dict)
    documents: dict[str, Document] = field(default_factory=dict)
    entities: EntityRegistry | None = None
    targets: TargetRegistry | None = None
    withdrawals: dict[str, Withdrawal] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)

    def records(self) -> Iterator[tuple[str, Record]]:
        """Yield every record with its path in the workspace."""
        yield from self.articles.items()
        yield from self.documents.items()
        yield from self.withdrawals.items()
        if self.entities:
            yield "corpus/entities.json", self.entities
        if self.targets:
            yield "corpus/targets.json", self.targets


def load(root: Path, schema_dir: Path, scheme: Scheme) -> Loaded:
    """Read every file below corpus/. root: of the workspace, resolved. schema_dir: the folder of its schema version."""
    loaded = Loaded()
    for path in _files(root / "corpus"):
        name = path.relative_to(root).as_posix()
        if not path.resolve().is_relative_to(root):
            loaded.findings.append(Finding(name, "", "link-outside", f"it leads to {path.resolve().name} elsewhere."))
            continue
        if path.is_dir():
            continue
        place = next((kind for pattern, kind in _PLACES if pattern.fullmatch(name)), "unexpected")
        if place == "unexpected":
            loaded.findings.append(Finding(name, "", "file-unexpected", "the workspace expects no such file."))
        elif place is not None:
            _load_one(path, name, place, schema_dir, scheme, loaded)
    for registry in ("entities", "targets"):
        name = f"corpus/{registry}.json"
        if not (root / name).exists():
            loaded.findings.append(Finding(name, "", "json-syntax", "the file is missing."))
    return loaded


def _files(folder: Path) -> Iterator[Path]:
    for path in sorted(folder.iterdir()) if folder.is_dir() else ():
        yield path
        if path.is_dir() and not path.is_symlink():
            yield from _files(path)


def _load_one(path: Path, name: str, kind: str, schema_dir: Path, scheme: Scheme, loaded: Loaded) -> None:
    try:
        value = from_json(path.read_bytes(), path.name)
    except InputError as error:
        loaded.findings.append(Finding(name, "", "json-syntax", str(error)))
        return
    faults = validate(value, kind, schema_dir, name)  # type: ignore[arg-type]
    if faults:
        loaded.findings.extend(faults)
    elif kind == "article":
        loaded.articles[name] = from_builtins(value, Article)
    elif kind == "annotation":
        loaded.documents[name] = scheme.read_document(value)
    elif kind == "withdrawal":
        loaded.withdrawals[name] = from_builtins(value, Withdrawal)
    elif kind == "entities":
        loaded.entities = from_builtins(value, EntityRegistry)
    else:
        loaded.targets = from_builtins(value, TargetRegistry)
