"""The documents of this side: read, written, put away; and the server's version of those in conflict."""

from dataclasses import dataclass
from pathlib import Path

from msgspec.structs import replace

from stancebank.annotate.sync.bases import labels
from stancebank.errors import WorkspaceError
from stancebank.model import Document, to_builtins
from stancebank.records import to_json, write_text
from stancebank.text import sha256
from stancebank.workspace import Workspace


@dataclass(frozen=True, slots=True)
class Here:
    """A document of this side. document: None where there is none, or it is unreadable, as reason then says."""

    path: Path
    document: Document | None
    reason: str = ""

    @property
    def labels(self) -> str | None:
        """The fingerprint of its labels; of no document's where it is unreadable; None where there is none."""
        return self.reason or (labels(self.document) if self.document is not None else None)


@dataclass(frozen=True, slots=True)
class Keeping:
    """The documents that one project stands for. folder: of the project in the local store."""

    workspace: Workspace
    folder: Path
    dry_run: bool

    def read(self, article_id: str, annotator: str) -> Here:
        """Return what stands here."""
        store = self.workspace.store
        path = store.document_path(article_id, annotator)
        if not path.is_file():
            return Here(path, None)
        try:
            return Here(path, store.document(path))
        except WorkspaceError as error:
            return Here(path, None, str(error))

    def take(self, here: Here, there: Document) -> None:
        """Write the server's document in the place of the one here."""
        self.clear(there.article_id, there.annotator)
        if not self.dry_run:
            self.workspace.store.write_document(there)

    def refresh(self, here: Document, there: Document) -> None:
        """Take over when and by whom an equal document was saved, if it is of the same annotation."""
        self.clear(there.article_id, there.annotator)
        ids = (here.label_studio, there.label_studio)
        if self.dry_run or None in ids or here.label_studio.annotation != there.label_studio.annotation:  # type: ignore[union-attr]
            return
        self.workspace.store.write_document(replace(here, updated_at=there.updated_at, label_studio=there.label_studio))

    def put_away(self, here: Here, article_id: str, annotator: str) -> None:
        """Keep what stands here among the removed, as it stands."""
        if self.dry_run or not here.path.is_file():
            return
        data = here.path.read_bytes().decode("utf-8", "replace")
        name = f"{annotator}-{sha256(data)[:12]}.json"
        write_text(self.folder / "removed" / article_id / name, data)

    def remove(self, here: Here, article_id: str, annotator: str) -> None:
        """Put away what stands here, then remove it."""
        self.put_away(here, article_id, annotator)
        self.clear(article_id, annotator)
        if not self.dry_run:
            here.path.unlink(missing_ok=True)

    def dispute(self, there: Document) -> None:
        """Keep the server's version of a document in conflict."""
        if not self.dry_run:
            write_text(self._dispute(there.article_id, there.annotator), to_json(to_builtins(there)))

    def clear(self, article_id: str, annotator: str) -> None:
        """Drop the server's version of a document that is no longer in conflict."""
        if not self.dry_run:
            self._dispute(article_id, annotator).unlink(missing_ok=True)

    def _dispute(self, article_id: str, annotator: str) -> Path:
        return self.folder / "conflicts" / annotator / f"{article_id}.json"
