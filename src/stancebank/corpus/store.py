"""Where articles, their texts and their annotation documents lie.

Below the root of a workspace:

- ``corpus/articles/<id>.json``: the records.
- ``corpus/texts/<id>.txt``: the words of articles whose policy is `full`; these may be committed.
- ``.stancebank/texts/<id>.txt``: all other words. The folder ignores itself in git.
- ``corpus/gold/<id>.json`` and ``corpus/annotations/<annotator>/<id>.json``: the documents.
- ``corpus/entities.json`` and ``corpus/targets.json``: the registries.

Every store takes the root and a name, and refuses a name that would lead out of its folder.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import msgspec

from stancebank.errors import InputError, WorkspaceError
from stancebank.model import Article, Document, EntityRegistry, Record, TargetRegistry, from_builtins, to_builtins
from stancebank.records import read_json, to_json, write_text
from stancebank.text import sha256

R = TypeVar("R", bound=Record)

_ID = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")


@dataclass(frozen=True, slots=True)
class Store:
    """The files of one workspace. root: the folder that holds stancebank.toml, resolved."""

    root: Path

    def article_path(self, article_id: str) -> Path:
        """Where the record of an article lies."""
        return self._place("corpus/articles", f"{_id(article_id)}.json")

    def text_path(self, article: Article) -> Path:
        """Where the words of an article lie: with the corpus if they are free, else in the local store."""
        folder = "corpus/texts" if article.rights.text_policy == "full" else ".stancebank/texts"
        return self._place(folder, f"{_id(article.id)}.txt")

    def document_path(self, article_id: str, annotator: str | None) -> Path:
        """Where a document lies: an annotator's, or the gold one where annotator is None."""
        folder = "corpus/gold" if annotator is None else f"corpus/annotations/{_id(annotator)}"
        return self._place(folder, f"{_id(article_id)}.json")

    def article_ids(self) -> list[str]:
        """All article ids, sorted."""
        return sorted(path.stem for path in (self.root / "corpus/articles").glob("*.json"))

    def article(self, article_id: str) -> Article:
        """Read a record. Raises InputError where there is none."""
        path = self.article_path(article_id)
        if not path.is_file():
            known = self.article_ids()
            few = ", ".join(known[:5]) + (", ..." if len(known) > 5 else "")
            raise InputError(f"There is no article {article_id!r}. There are: {few or 'none yet'}.")
        return _record(path, Article)

    def articles(self) -> Iterator[Article]:
        """All records, by id."""
        return (self.article(article_id) for article_id in self.article_ids())

    def text(self, article: Article) -> str | None:
        """Return the words of an article, or None where they are not at hand.

        Raises WorkspaceError where the file holds other words than those the record was made of.
        """
        path = self.text_path(article)
        if not path.is_file():
            return None
        try:
            text = path.read_bytes().decode()
        except UnicodeDecodeError:
            text = ""
        if sha256(text) != article.text_sha256:
            raise WorkspaceError(
                f"{path.relative_to(self.root)} is not the text that the article's record describes.\n"
                "Mend: run `stancebank corpus hydrate DIR` with the copy that was annotated."
            )
        return text

    def documents(self, annotator: str | None) -> Iterator[Document]:
        """All documents of an annotator, or the gold ones where annotator is None, by article id."""
        folder = self.document_path("any", annotator).parent
        return (_record(path, Document) for path in sorted(folder.glob("*.json")))

    def gold(self, article_id: str) -> Document | None:
        """Return the gold document of an article, if there is one."""
        path = self.document_path(article_id, None)
        return _record(path, Document) if path.is_file() else None

    def document(self, path: Path) -> Document:
        """Read the document at a path that `document_path` gave."""
        return _record(path, Document)

    def all_documents(self) -> Iterator[Document]:
        """Gold and all annotators' documents."""
        yield from self.documents(None)
        for folder in sorted((self.root / "corpus/annotations").glob("*/")):
            yield from self.documents(folder.name)

    def entities(self) -> EntityRegistry:
        """Read the entity registry."""
        return _record(self._place("corpus", "entities.json"), EntityRegistry)

    def targets(self) -> TargetRegistry:
        """Read the target registry."""
        return _record(self._place("corpus", "targets.json"), TargetRegistry)

    def write_article(self, article: Article, text: str) -> None:
        """Write text, then record, so that a record never stands without the words it was made of."""
        self.write_text(article, text)
        write_text(self.article_path(article.id), to_json(to_builtins(article)))

    def write_text(self, article: Article, text: str) -> bool:
        """Write the words of an article where its rights allow. Return whether anything changed."""
        path = self.text_path(article)
        if ".stancebank" in path.parts:
            self.keep_local_store_out_of_git()
        return write_text(path, text)

    def write_document(self, document: Document) -> bool:
        """Write a document: with the gold if it is gold, else with its annotator. Return whether anything changed."""
        path = self.document_path(document.article_id, None if document.gold else document.annotator)
        return write_text(path, to_json(to_builtins(document)))

    def keep_local_store_out_of_git(self) -> None:
        """Lay .stancebank/ with a .gitignore that ignores all of it, itself included."""
        write_text(self._place(".stancebank", ".gitignore"), "*\n")

    def _place(self, folder: str, name: str) -> Path:
        path = self.root / folder / name
        if not path.resolve().is_relative_to(self.root):
            raise WorkspaceError(
                f"{folder}/{name} is, or lies behind, a symbolic link that leads out of the workspace.\n"
                "Mend: put the file or folder itself in its place."
            )
        return path


def _id(name: str) -> str:
    if not _ID.fullmatch(name):
        raise InputError(f"{name!r} is no id: ids are lower-case letters and digits, joined by single hyphens.")
    return name


def _record(path: Path, kind: type[R]) -> R:
    try:
        return from_builtins(read_json(path), kind)
    except FileNotFoundError:
        raise WorkspaceError(f"{path.name} is missing in {path.parent.name}/.") from None
    except (msgspec.ValidationError, InputError) as error:
        raise WorkspaceError(
            f"{path.parent.name}/{path.name} cannot be read: {error}\n"
            "Mend: run `stancebank check` and correct what it finds."
        ) from None
