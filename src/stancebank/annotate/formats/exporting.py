"""Documents of a workspace as files of another form: article by article, with an account of what is lost."""

import json
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field

from stancebank.annotate.formats.brat import brat_settings, write_brat
from stancebank.annotate.formats.conll import write_conll
from stancebank.annotate.formats.flatten import LabelNames, Loss, add_of_document, flatten, tables_of_map
from stancebank.annotate.formats.jsonl import write_jsonl
from stancebank.annotate.formats.mapping import write_map
from stancebank.annotate.formats.w3c import write_w3c
from stancebank.corpus.quoted import quote_document, to_json
from stancebank.errors import InputError
from stancebank.model import Article, Document, TextPolicy
from stancebank.records import indented
from stancebank.workspace import Workspace

GOLD = "gold"


@dataclass(frozen=True, slots=True)
class Item:
    """A document with its article and the words of that."""

    article: Article
    text: str
    document: Document


@dataclass
class Export:
    """An export in the making. loss: what the form cannot hold. refused: articles that it cannot hold at all, and why.

    statements: how many were written. withheld: articles whose words may not be shown.
    """

    workspace: Workspace
    reader: str
    loss: Loss = field(default_factory=Loss)
    refused: list[str] = field(default_factory=list)
    articles: int = 0
    statements: int = 0
    withheld: int = 0

    def find(self, article_ids: Collection[str]) -> list[str]:
        """Return the ids of the articles that have a document by the reader, of those named, or of all if none is.

        Raises InputError that lists all articles that were named and have none, or whose words are not at hand.
        """
        store = self.workspace.store
        annotator = None if self.reader == GOLD else self.reader
        faults: list[str] = []
        found = []
        for name in article_ids or store.article_ids():
            article = store.article(name)
            if not store.has_document(article.id, annotator):
                if article_ids:
                    faults.append(f"There is no document of {article.id} by {self.reader}.")
            elif not store.has_text(article):
                faults.append(f"The words of {article.id} are not at hand. Hint: run `stancebank corpus hydrate DIR`.")
            else:
                found.append(article.id)
        if faults:
            raise InputError("\n".join([*faults, "Nothing was written."]))
        if not found:
            raise InputError(f"There is no document by {self.reader}.\nHint: name a reader with --annotator NAME.")
        return found

    def items(self, article_ids: Collection[str]) -> Iterator[Item]:
        """Yield documents with their articles, one at a time."""
        store = self.workspace.store
        for name in article_ids:
            article = store.article(name)
            text = store.text(article)
            assert text is not None
            document = store.document(store.document_name(name, None if self.reader == GOLD else self.reader))
            if document.text_sha256 != article.text_sha256:
                self.refused.append(f"{name}: the document of {self.reader} is about another text.")
                continue
            self.articles += 1
            self.statements += len(document.statements)
            self.withheld += article.rights.text_policy is not TextPolicy.FULL
            yield Item(article, text, document)


Files = Iterator[tuple[str, bytes]]
"""Names of files, each with what it holds."""


def _quoted(export: Export, items: Iterator[Item]) -> Files:
    scheme = export.workspace.scheme
    for each in items:
        add_of_document(each.document, export.loss, kept=("annotator", "guideline version"))
        quoted = to_json(quote_document(each.document, each.text, scheme), scheme)
        yield f"{each.article.id}.json", (indented(quoted) + "\n").encode()


def _names(export: Export) -> LabelNames:
    store = export.workspace.store
    used = {
        "entities": [each.id for each in store.entities().entities],
        "targets": [each.id for each in store.targets().targets],
    }
    return LabelNames(export.workspace.scheme, used)


def _brat(export: Export, items: Iterator[Item]) -> Files:
    names = _names(export)
    for each in items:
        add_of_document(each.document, export.loss)
        sheet = flatten(each.document, each.article, each.text, names, export.loss)
        yield f"{each.article.id}.txt", each.text.encode()
        yield f"{each.article.id}.ann", write_brat(sheet, export.loss).encode()
    for name, content in brat_settings(names).items():
        yield name, content.encode()
    comment = (
        "The map of these files: `stancebank annotate import DIR --from brat --map DIR/map.toml --annotator NAME`\n"
        "reads them again."
    )
    yield "map.toml", write_map(tables_of_map(names), comment).encode()


def _conll(export: Export, items: Iterator[Item]) -> Files:
    names = _names(export)
    for each in items:
        add_of_document(each.document, export.loss)
        sheet = flatten(each.document, each.article, each.text, names, export.loss)
        _add_unsaid(each.document, names, export.loss)
        yield f"{each.article.id}.conll", write_conll(sheet, names, export.loss).encode()


def _add_unsaid(document: Document, names: LabelNames, loss: Loss) -> None:
    """Count the values that no column of tags says."""
    scheme = names.scheme
    for statement in document.statements:
        loss.add("speaker and target", "only their words are tagged, not who or what they are")
        for _, level, holder in scheme.holders(statement):
            for each in scheme.of(level):
                has_words = each.kind in ("span", "spans", "mentions")
                if not has_words and not each.is_label and each.value(holder) not in (each.empty, None):
                    loss.add(each.name, "no column says it")


def _jsonl(export: Export, items: Iterator[Item]) -> Files:
    scheme = export.workspace.scheme
    lines = [write_jsonl(each.document, each.text, scheme, export.loss) for each in items]
    yield f"{export.reader}.jsonl", "".join(lines).encode()


def _w3c(export: Export, items: Iterator[Item]) -> Files:
    names = _names(export)
    for each in items:
        sheet = flatten(each.document, each.article, each.text, names, Loss())  # a statement is whole in its body
        content = write_w3c(each.document, each.article, sheet, names, export.loss)
        yield f"{each.article.id}.jsonld", content.encode()


def _spacy(export: Export, items: Iterator[Item]) -> Files:
    from stancebank.annotate.formats.spacy_docs import Docs

    names = _names(export)
    docs = Docs(names, export.loss)
    for each in items:
        docs.add(each.document, each.article, flatten(each.document, each.article, each.text, names, Loss()))
    yield f"{export.reader}.spacy", docs.to_bytes()


def _label_studio(export: Export, items: Iterator[Item]) -> Files:
    from stancebank.annotate.formats.label_studio import Tasks

    tasks = Tasks(export.workspace, export.loss)
    made = []
    for each in items:
        try:
            made.append(tasks.make(each.article, each.text, each.document))
        except InputError as error:
            export.refused.append(f"{each.article.id}: {error}")
            export.articles -= 1
            export.statements -= len(each.document.statements)
    yield f"{export.reader}.json", (json.dumps(made, ensure_ascii=False, indent=1) + "\n").encode()


@dataclass(frozen=True, slots=True)
class ExportFormat:
    """A form that documents are exported in. makes: its files. is_text: whether they can be printed."""

    makes: Callable[[Export, Iterator[Item]], Files]
    is_text: bool = True


FORMATS: Mapping[str, ExportFormat] = {
    "quoted": ExportFormat(_quoted),
    "brat": ExportFormat(_brat, is_text=False),
    "conll": ExportFormat(_conll),
    "jsonl": ExportFormat(_jsonl),
    "w3c": ExportFormat(_w3c),
    "spacy": ExportFormat(_spacy, is_text=False),
    "label-studio": ExportFormat(_label_studio),
}
"""The forms that documents are exported in, by name."""


def make_files(export: Export, name: str, article_ids: Collection[str]) -> Files:
    """Yield the files of an export, each when it is asked for. name: of the format, one of `FORMATS`."""
    return FORMATS[name].makes(export, export.items(article_ids))
