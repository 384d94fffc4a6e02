"""What both sides had when they last agreed: of every document, a fingerprint and the annotation that it came from.

From these bases a pull or a push tells who has changed something since. The file is a memory, not a truth: where it
is lost, sides that are equal agree again, and sides that differ are a conflict.
"""

from dataclasses import asdict, dataclass
from pathlib import Path

from stancebank.model import Document, to_builtins
from stancebank.records import read_json, to_json, write_text
from stancebank.text import sha256

FILE = "bases.json"


@dataclass(frozen=True, slots=True)
class Base:
    """What both sides had. document: fingerprint of its labels; updated_at: of the annotation, by the server."""

    document: str
    annotation: int
    updated_at: str


class Bases:
    """The bases of one project. folder: of the project in the local store."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / FILE
        rows = read_json(self._path) if self._path.is_file() else {}
        self._bases = {name: Base(**row) for name, row in rows.items()}

    def of(self, article_id: str, annotator: str) -> Base | None:
        """Return what both sides had of an annotator's document."""
        return self._bases.get(f"{annotator}/{article_id}")

    def all(self) -> dict[tuple[str, str], Base]:
        """Return all bases, by article id and annotator."""
        split = ((name.partition("/"), base) for name, base in self._bases.items())
        return {(article, annotator): base for (annotator, _, article), base in split}

    def agree(self, document: Document, annotation: int, updated_at: str) -> None:
        """Note that both sides have this document now. It is kept once `write` is called."""
        self._bases[f"{document.annotator}/{document.article_id}"] = Base(labels(document), annotation, updated_at)

    def forget(self, article_id: str, annotator: str) -> None:
        """Note that neither side has the document any more."""
        self._bases.pop(f"{annotator}/{article_id}", None)

    def write(self) -> None:
        """Keep the bases, wholly or not at all."""
        write_text(self._path, to_json({name: asdict(base) for name, base in self._bases.items()}))


def labels(document: Document) -> str:
    """Return a fingerprint of what an annotator marked: of a document without where, when and under which rules."""
    value = to_builtins(document)
    for key in ("created_at", "updated_at", "label_studio", "origin", "guideline_version", "gold", "retired"):
        value.pop(key, None)
    return sha256(to_json(value))
