"""What is looked at: a workspace or a published folder, with as much of the words as is shown."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from functools import cached_property
from pathlib import Path
from typing import Any

from stancebank.corpus.registry import current_ids, resolve_document
from stancebank.errors import InputError, list_some
from stancebank.model import (
    Article,
    Bounds,
    Document,
    Entity,
    Placement,
    Span,
    TargetEntry,
    is_of_people,
    quoted_spans,
)
from stancebank.pictures.positions import Positions, make_positions
from stancebank.publish.diff import Diff
from stancebank.publish.gold import GAP
from stancebank.publish.layout import MANIFEST
from stancebank.publish.published import table_rows
from stancebank.publish.sides import Side, read_folder, read_workspace
from stancebank.publish.tables import ARTICLES, STATEMENTS, find_table
from stancebank.publish.tables.columns import TEXT, Column, Struct
from stancebank.publish.tables.fields import bounds
from stancebank.schema.fields import Scheme
from stancebank.workspace import SETTINGS_FILE, Workspace, open_workspace


class Words(StrEnum):
    """Which words a page shows: all that are at hand, those that may be published, or none."""

    LOCAL = "local"
    PUBLISHED = "published"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class ShownArticle:
    """An article as a page shows it.

    gold, readings: its documents, of its present text. text: the whole text; None where it is not shown. excerpts: the
    words of spans by their bounds, where only these are shown.
    """

    article: Article
    gold: Document | None
    readings: tuple[Document, ...] = ()
    text: str | None = None
    excerpts: Mapping[Bounds, str] = field(default_factory=dict)
    placement: Placement | None = None

    def words(self, spans: Iterable[Span]) -> str | None:
        """Return the words of spans, joined; None where there are no spans, or one of them is not shown."""
        found = [self.span_words(each) for each in spans]
        return GAP.join(each for each in found if each is not None) if found and None not in found else None

    def span_words(self, span: Span) -> str | None:
        """Return the words of a span; None where they are not shown."""
        return self.excerpts.get((span.begin, span.end)) if self.text is None else self.text[span.begin : span.end]


@dataclass(frozen=True)
class Collection:
    """A workspace or a published folder, opened to be looked at.

    name: what it is called. version: of the dataset. workspace, folder: where it lies; one of them is None.
    words: what is shown of the words. wanted: ids of the targets that pictures of a target are drawn for; empty where
    they choose for themselves. diff: from the version that it is compared with. Raises nothing by itself:
    `open_collection` does.
    """

    name: str
    version: str
    scheme: Scheme
    entities: Mapping[str, Entity]
    targets: Mapping[str, TargetEntry]
    words: Words
    side: Side
    workspace: Workspace | None = None
    folder: Path | None = None
    wanted: tuple[str, ...] = ()
    diff: Diff | None = None

    def about(self, targets: Iterable[str]) -> "Collection":
        """Return it with these targets wanted. Raises InputError where no registry has one."""
        wanted = tuple(dict.fromkeys(targets))
        if unknown := [each for each in wanted if each not in self.targets]:
            hint = (
                f"there is {list_some(sorted(self.targets))}." if self.targets else "its registry of targets is empty."
            )
            raise InputError(f"{self.name} has no target {list_some(unknown)}.\nHint: {hint}")
        return replace(self, wanted=wanted)

    @cached_property
    def article_ids(self) -> tuple[str, ...]:
        """The ids of all articles, also of those without gold, in order."""
        names = self.workspace.store.article_ids() if self.workspace else self.side.articles
        return tuple(sorted(names))

    def article(self, article_id: str) -> Article:
        """Return an article record. Raises InputError where there is none of that id."""
        if article_id in self.side.articles:
            return self.side.articles[article_id]
        if self.workspace:
            return self.workspace.store.article(article_id)
        raise InputError(f"{self.name} has no article {article_id}.\nHint: `stancebank view {self.name}` shows all.")

    @cached_property
    def is_private(self) -> bool:
        """Whether words may be shown that may not be published."""
        return any(self.shows_private(each) for each in map(self.article, self.article_ids))

    def shows_private(self, article: Article) -> bool:
        """Whether words of this article may be shown that may not be published."""
        return self.folder is None and self.words is Words.LOCAL and not article.rights.text_policy.shows_all

    def articles(self) -> Iterator[ShownArticle]:
        """All articles, in the order of `article_ids`; one at a time is in memory with its words."""
        return map(self.shown, self.article_ids)

    def shown(self, article_id: str) -> ShownArticle:
        """Return an article with its documents and words."""
        article = self.article(article_id)
        gold = self.side.documents.get(article_id)
        text, excerpts = self._words(article, gold)
        readings = self._readings(article)
        return ShownArticle(article, gold, readings, text, excerpts, self.side.placements.get(article_id))

    @cached_property
    def positions(self) -> Positions:
        """The statements of gold, or, where there is no gold, none."""
        held = []
        for article_id in self.article_ids:
            gold = self.side.documents.get(article_id)
            if gold is not None:
                article = self.article(article_id)
                text, excerpts = self._words(article, gold)
                shown = ShownArticle(article, gold, text=text, excerpts=excerpts)
                told = {each.id: words for each in gold.statements if (words := shown.words(each.content)) is not None}
                held.append((article, gold, told))
        return make_positions(self.scheme, self.entities, self.targets, held)

    @cached_property
    def _moved(self) -> tuple[Mapping[str, str], Mapping[str, str]]:
        return current_ids(self.side.entities), current_ids(self.side.targets)

    def _readings(self, article: Article) -> tuple[Document, ...]:
        if self.workspace is None:
            return ()
        store = self.workspace.store
        gold = store.document_name(article.id, None)
        found = (store.document(each) for each in store.names_of(article.id) if each != gold)
        return tuple(
            resolve_document(each, self.scheme, *self._moved)
            for each in sorted(found, key=lambda each: (not is_of_people(each.origin), each.annotator))
            if each.text_sha256 == article.text_sha256
        )

    def _words(self, article: Article, gold: Document | None) -> tuple[str | None, Mapping[Bounds, str]]:
        if self.words is Words.NONE:
            return None, {}
        if self.workspace is None:
            return self._published.get(article.id, (None, {}))
        policy = article.rights.text_policy
        if self.words is Words.PUBLISHED and not policy.shows_quotations:
            return None, {}
        text = self.workspace.store.text(article)
        if text is None or self.words is Words.LOCAL or policy.shows_all:
            return text, {}
        spans = quoted_spans(gold) if gold else ()
        return None, {(each.begin, each.end): text[each.begin : each.end] for each in spans}

    @cached_property
    def _published(self) -> dict[str, tuple[str | None, dict[Bounds, str]]]:
        """What the tables of a folder show of the words: whole texts, and those of spans."""
        assert self.folder is not None
        found: dict[str, tuple[str | None, dict[Bounds, str]]] = {
            row["article_id"]: (row["text"], {}) for row in table_rows(self.folder, ARTICLES)
        }
        columns = find_table(self.scheme, STATEMENTS).columns
        for row in table_rows(self.folder, STATEMENTS):
            if found[row["article_id"]][0] is None:
                found[row["article_id"]][1].update(_excerpts(columns, row))
        return found


def open_collection(name: str, words: Words = Words.LOCAL, workspace: Workspace | None = None) -> Collection:
    """Open the workspace or the published folder at a path or an address.

    workspace: that of the command; it is meant by ``.``. Raises InputError where the path is neither.
    """
    path = Path(name)
    if "://" in name:
        from stancebank.publish.remote.push import local_folder

        return _of_folder(name, local_folder(name), words)
    if (path / MANIFEST).is_file():
        return _of_folder(name, path, words)
    if workspace is None or name != ".":
        if not (path / SETTINGS_FILE).is_file():
            raise InputError(
                f"{name} is neither a workspace, which has a {SETTINGS_FILE}, nor a dataset, which has a {MANIFEST}.\n"
                "Hint: name one of these, or the id of an article of the workspace that you are in."
            )
        workspace = open_workspace(path)
    return of_workspace(workspace, words)


def of_workspace(workspace: Workspace, words: Words = Words.LOCAL) -> Collection:
    """Return a workspace to be looked at; ids that were redirected give way to the present ones."""
    side = read_workspace(workspace, "the workspace")
    moved = current_ids(side.entities), current_ids(side.targets)
    side.documents = {name: resolve_document(each, side.scheme, *moved) for name, each in side.documents.items()}
    return _of_side(workspace.root.resolve().name, side, words, workspace=workspace)


def _of_folder(name: str, folder: Path, words: Words) -> Collection:
    return _of_side(name, read_folder(folder), words, folder=folder)


def _of_side(name: str, side: Side, words: Words, **where: Any) -> Collection:
    entities = {each.id: each for each in side.entities.entities}
    targets = {each.id: each for each in side.targets.targets}
    return Collection(name, side.version, side.scheme, entities, targets, words, side, **where)


def _excerpts(columns: Iterable[Column], group: Mapping[str, Any]) -> Iterator[tuple[Bounds, str]]:
    """Yield the words that a row, or a group in it, shows of spans, with their bounds."""
    for column in columns:
        value = group.get(column.name)
        if value is None:
            continue
        if column.words and column.text_of not in (None, TEXT):
            places = group[column.text_of]
            held = [places] if isinstance(places, Mapping) else list(places or ())
            parts = [value] if len(held) == 1 else value.split(GAP)
            if len(parts) == len(held):
                yield from ((bounds(place), part) for place, part in zip(held, parts, strict=True))
        elif isinstance(column.item, Struct):
            for each in value if column.is_list else (value,):
                yield from _excerpts(column.item.fields, each)
