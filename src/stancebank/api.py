"""What a notebook calls: the public functions of the package, each behind a command of the same name."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from stancebank.errors import InputError, import_extra
from stancebank.model import Article, Document, EntityRegistry, Statement, TargetRegistry
from stancebank.schema.fields import Scheme
from stancebank.workspace import Settings, Workspace, find_workspace

if TYPE_CHECKING:
    from stancebank.agreement.compare import Comparison
    from stancebank.agreement.figures import AgreementReport
    from stancebank.agreement.influence import SuggestionStudy
    from stancebank.check import Report
    from stancebank.pictures.picture import Picture
    from stancebank.publish.score import Score
    from stancebank.view.collection import Collection
    from stancebank.view.shown import ShownPage

PathLike = str | Path

Form = Literal["dataset", "pandas", "polars", "statements"]
Words = Literal["local", "published", "none"]


@dataclass(frozen=True, slots=True)
class OpenWorkspace:
    """A workspace, to be read: its articles, documents and registries. Nothing is written."""

    workspace: Workspace

    @property
    def path(self) -> Path:
        """The folder that holds stancebank.toml."""
        return self.workspace.root

    @property
    def settings(self) -> Settings:
        """What stancebank.toml says."""
        return self.workspace.settings

    @property
    def scheme(self) -> Scheme:
        """The fields of a statement and the vocabularies."""
        return self.workspace.scheme

    def articles(self) -> Iterator[Article]:
        """All article records, by id."""
        return self.workspace.store.articles()

    def article(self, article_id: str) -> Article:
        """Return one article record. Raises InputError where there is none of that id."""
        return self.workspace.store.article(article_id)

    def text(self, article_id: str) -> str | None:
        """Return the stored text of an article; None where its words are not at hand."""
        return self.workspace.store.text(self.article(article_id))

    def documents(self, annotator: str) -> Iterator[Document]:
        """All documents of an annotator, by article id."""
        return self.workspace.store.documents(annotator)

    def gold(self) -> Iterator[Document]:
        """All gold documents, by article id."""
        return self.workspace.store.documents(None)

    def entities(self) -> EntityRegistry:
        """The registry of actors."""
        return self.workspace.store.entities()

    def targets(self) -> TargetRegistry:
        """The registry of what positions are about."""
        return self.workspace.store.targets()

    def check(self) -> "Report":
        """Check everything, as `stancebank check` does; the findings are in the report."""
        from stancebank.check import check_workspace

        return check_workspace(self.workspace)

    def agreement(self, annotators: Iterable[str] = (), samples: int = 1000) -> "AgreementReport":
        """Measure how far annotators agree, as `stancebank annotate agreement` does.

        annotators: their names; without any, all people who annotated. samples: how many the 95 % intervals rest on; 0
        leaves these out. Articles that fewer than two of them have read are left out. Raises InputError where nobody
        has such a name, and where no article is left.
        """
        from stancebank.annotate.agreement import study_agreement

        return study_agreement(self.workspace, tuple(annotators), samples=samples).report

    def suggestions(self, annotators: Iterable[str] = (), samples: int = 1000) -> "tuple[SuggestionStudy, ...]":
        """Measure how far suggestions pull people, as `stancebank annotate agreement --suggestions` does.

        By the name of the suggestions; nothing where none was ever shown. annotators, samples: as for `agreement`. A
        figure for which too few articles were read is None, and says what is missing.
        """
        from stancebank.suggest.effect import study_suggestions

        return study_suggestions(self.workspace, tuple(annotators), samples=samples)

    def view(self, article_id: str | None = None, words: Words = "local") -> "ShownPage":
        """Return the page of an article, or that of the whole workspace, as `stancebank view` writes it.

        A notebook shows it, and `write` makes a file of it. words: which words of articles it shows: ``local``, all
        that are at hand; ``published``, those that may be published; ``none``. Raises InputError where there is no such
        article, or the workspace has too many of them for one page.
        """
        from stancebank.view.shown import show_article, show_dossier

        collection = self._collection(words)
        return show_dossier(collection) if article_id is None else show_article(collection, article_id)

    def picture(self, name: str, words: Words = "local") -> "Picture":
        """Return one picture of the workspace, with its caption and its table, such as ``time``.

        words: as in `view`. Raises InputError, with all names, where there is none of that name.
        """
        from stancebank.view.dossier import find_picture

        return find_picture(self._collection(words), name)

    def _collection(self, words: Words) -> "Collection":
        from stancebank.view import collection

        if words not in tuple(collection.Words):
            raise InputError(f"words is {words!r}.\nHint: choose {', '.join(collection.Words)}.")
        return collection.of_workspace(self.workspace, collection.Words(words))

    def _repr_html_(self) -> str:
        """Return what it holds, as a notebook shows it."""
        from stancebank.notebook import show_facts

        store = self.workspace.store
        articles = store.article_ids()
        gold = sum(store.has_document(each, None) for each in articles)
        told = (("folder", self.path), ("version", self.settings.version), ("articles", len(articles)))
        return show_facts(self.settings.name, (*told, ("with gold", gold)))


def open(path: PathLike = ".") -> OpenWorkspace:
    """Open the workspace at a path, or the one that holds it. Raises WorkspaceError where there is none."""
    return OpenWorkspace(find_workspace(Path(path)))


def load(
    address: PathLike,
    table: str = "statements",
    version: str | None = None,
    as_: Form = "dataset",
    split: str | None = None,
) -> Any:
    """Load a table of a release, or of a folder that `publish build` has written.

    address: the folder, or where it is published: ``hf://datasets/ORG/NAME``, ``s3://BUCKET/PREFIX``, each with
    ``@VERSION`` or not. What is published is fetched into a cache and verified by its SHA256SUMS. table: its name, such
    as ``statements`` or ``conditions``. version: the version that it must have, if any; without one, the newest that is
    published. as_: ``dataset`` for a `datasets.Dataset`, ``pandas`` and ``polars`` for a DataFrame, ``statements`` for
    typed `Statement` objects, a list by article id. split: ``train``, ``validation``, ``test`` or ``none``; by default
    the rows of all splits, in this order. The registries lie under ``train``.

    Raises InputError where there is no dataset, it is of another version, or has no such table or no such split of it;
    and where the library for the form is not installed. Raises ServerError where an address does not answer.
    """
    from stancebank.publish.published import read_published, require_dataset, table_files

    root = _folder(address, version)
    held = require_dataset(root)
    if version is not None and held["dataset_version"] != version:
        raise InputError(f"{root} is version {held['dataset_version']}, not {version}.\nHint: name another folder.")
    if as_ == "statements":
        published = read_published(root)
        if split is not None:
            published = published.of_split(split)
        return {name: list(article.statements) for name, article in published.articles.items()}
    paths = table_files(root, table, split)
    files = [str(path) for path in paths]
    if as_ == "dataset":
        from stancebank.publish.card.card import load_table
        from stancebank.publish.parquet import split_of_file

        return load_table(root, table, dict.fromkeys(split_of_file(path.name) for path in paths))
    if as_ == "pandas":
        import pandas

        return pandas.concat([pandas.read_parquet(file) for file in files], ignore_index=True)
    if as_ == "polars":
        return import_extra("polars").read_parquet(files)
    raise InputError(f"as_ is {as_!r}.\nHint: choose dataset, pandas, polars or statements.")


def _folder(address: PathLike, version: str | None = None) -> Path:
    """Return the folder of a release; one that is published is fetched."""
    if isinstance(address, Path) or "://" not in address:
        return Path(address)
    from stancebank.publish.remote.push import local_folder

    return local_folder(address, version)


def score(predictions: PathLike | Iterable[Mapping[str, Any]], folder: PathLike, split: str | None = None) -> "Score":
    """Score predicted statements against a published folder or address, as `stancebank publish score` does.

    predictions: a file with one JSON object a line, or such objects, each with an ``article_id``. split: against the
    articles of this split alone; predictions of others are left out. Raises InputError where one is no prediction, or
    is of an article that the folder does not hold, and where there is no such split.
    """
    from stancebank.publish.predictions import parse_predictions, read_predictions
    from stancebank.publish.published import read_published
    from stancebank.publish.score import score_predictions

    published = read_published(_folder(folder))
    found = (
        read_predictions(Path(predictions), published.scheme)
        if isinstance(predictions, str | Path)
        else parse_predictions(predictions, published.scheme)
    )
    return score_predictions(found, published, split).score


def compare(one: Document | Iterable[Document], other: Document | Iterable[Document], scheme: Scheme) -> "Comparison":
    """Compare two readings field by field, as `stancebank annotate compare` does.

    one, other: documents of the same articles; those that only one side has are left out. scheme: of their workspace.
    Raises InputError where two documents of an article are of different texts.
    """
    from stancebank.agreement.compare import compare as compare_documents

    first, second = (
        {each.article_id: each for each in ([side] if isinstance(side, Document) else side)} for side in (one, other)
    )
    both = sorted(first.keys() & second.keys())
    for name in both:
        if first[name].text_sha256 != second[name].text_sha256:
            raise InputError(f"The two documents of {name} are of different texts.\nHint: run `stancebank check`.")
    return compare_documents([(first[name], second[name]) for name in both], scheme)


__all__ = ["OpenWorkspace", "Statement", "compare", "load", "open", "score"]
