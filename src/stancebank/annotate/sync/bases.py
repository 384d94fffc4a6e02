"""What a workspace and a server last agreed on: of each document a fingerprint, and the annotation it came from."""

from pathlib import Path
from typing import Any

import msgspec
from msgspec.structs import replace

from stancebank.errors import InputError
from stancebank.model import Document, replace_spans, to_builtins
from stancebank.records import read_part, to_json, write_text
from stancebank.text import sha256

BASES = "bases.json"  # in the folder of a project


class Base(msgspec.Struct, frozen=True, gc=False):
    """What both sides had. document: fingerprint of its labels; updated_at: of the annotation, by the server.

    carried: whether a migration has changed the document since, and the annotation not.
    """

    document: str
    annotation: int
    updated_at: str
    carried: bool = False

    def is_as_carried(self, annotation: int, updated_at: str) -> bool:
        """Whether an annotation is still the one from before a migration.

        It lacks what the migration derived, and stands for what was agreed: the document was changed here alone.
        """
        return self.carried and (self.annotation, self.updated_at) == (annotation, updated_at)

    def row(self) -> dict[str, Any]:
        """Return what the file holds."""
        row = {"document": self.document, "annotation": self.annotation, "updated_at": self.updated_at}
        return row | ({"carried": True} if self.carried else {})


class Bases:
    """What both sides had when they last agreed: for each document, a fingerprint and the annotation it came from.

    These bases tell a pull or a push which side has changed since. folder: of the project.
    """

    def __init__(self, folder: Path) -> None:
        self._path = folder / BASES
        try:
            rows = read_part(self._path, dict[str, Base]) if self._path.is_file() else {}
        except InputError as error:
            hint = "remove the file; the next pull agrees where both sides are equal, and all others are conflicts"
            why = str(error).partition("\n")[0]
            raise InputError(f"{self._path.parent.name}/{why}\nHint: {hint}.") from None
        split = ((name.partition("/"), base) for name, base in rows.items())
        self._bases = {(article, annotator): base for (annotator, _, article), base in split}
        self._is_new = not self._path.is_file()
        self.changes = 0  # how often anything was recorded or forgotten

    def get(self, article_id: str, annotator: str) -> Base | None:
        """Return what both sides had of an annotator's document."""
        return self._bases.get((article_id, annotator))

    def all(self) -> dict[tuple[str, str], Base]:
        """Return all bases, by article id and annotator."""
        return dict(self._bases)

    def record(self, document: Document, annotation: int, updated_at: str, mark: str = "") -> None:
        """Record that both sides now have this document. It is kept once `write` is called.

        mark: its fingerprint, where that is known.
        """
        base = Base(mark or fingerprint(document), annotation, updated_at)
        key = document.article_id, document.annotator
        if self._bases.get(key) != base:
            self._bases[key] = base
            self.changes += 1

    def forget(self, article_id: str, annotator: str) -> None:
        """Record that neither side has the document any more."""
        if self._bases.pop((article_id, annotator), None) is not None:
            self.changes += 1

    def write(self) -> None:
        """Write the file, atomically, if anything was changed."""
        if self._is_new or self.changes:
            rows = {f"{annotator}/{article_id}": base.row() for (article_id, annotator), base in self._bases.items()}
            write_text(self._path, to_json(rows))


def fingerprint(document: Document) -> str:
    """Return a fingerprint of what an annotator marked: of a document without place, times and guideline version.

    From edition 2 on it leaves out the fingerprints of spans, which follow from the text and their places: a document
    whose text was missing at a migration keeps the older ones, and says the same.
    """
    if document.edition > 1:
        document = replace_spans(document, lambda span: replace(span, fingerprint=""))
    value = to_builtins(document)
    for key in ("created_at", "updated_at", "label_studio", "origin", "guideline_version", "gold", "retired"):
        value.pop(key, None)
    return sha256(to_json(value))
