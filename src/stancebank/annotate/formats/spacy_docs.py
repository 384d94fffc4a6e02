"""spaCy's DocBin: a Doc an article, marks as groups of spans, and the statements whole in its `user_data`.

spaCy comes with the extra `suggest`.
"""

from functools import lru_cache
from typing import TYPE_CHECKING, Any

from stancebank.annotate.formats.flatten import LabelNames, Loss, add_of_document
from stancebank.annotate.formats.jsonl import whole_statements
from stancebank.annotate.formats.sheet import Sheet
from stancebank.errors import import_extra
from stancebank.model import Article, Document, to_builtins

if TYPE_CHECKING:
    from spacy.language import Language
    from spacy.tokens import Doc

USER_DATA = "stancebank"
"""The key of `Doc.user_data` that holds what the spans are of."""


def require_spacy() -> None:
    """Raise InputError where spaCy is not installed, with the command that installs it."""
    import_extra("spacy")


class Docs:
    """Makes a DocBin, article by article. loss: takes what spans cannot hold."""

    def __init__(self, names: LabelNames, loss: Loss) -> None:
        require_spacy()
        from spacy.tokens import DocBin

        self._names, self._loss = names, loss
        self._bin = DocBin(store_user_data=True)

    def add(self, document: Document, article: Article, sheet: Sheet) -> None:
        """Add a document, and its sheet."""
        text = sheet.text or ""
        doc = _language(article.language_tag)(text)
        groups: dict[str, list[Any]] = {label: [] for label in self._names.labels}
        for mark in sheet.marks:
            telling = self._names.telling.get(mark.label, "")
            label = next(iter(mark.attributes.get(telling, ())), mark.label)
            entity = next(iter(mark.attributes.get(self._names.entity, ())), "")
            self._loss.add_all(mark.label, "discontinuous: each piece is a span, of one id", int(len(mark.pieces) > 1))
            for begin, end in mark.pieces:
                span = doc.char_span(begin, end, label, kb_id=entity, span_id=mark.id, alignment_mode="expand")
                if span is None:
                    self._loss.add(mark.label, "left out of the spans, since no token holds it")
                    continue
                if (span.start_char, span.end_char) != (begin, end):
                    self._loss.add(mark.label, "its span is widened to whole tokens; user_data has its place")
                groups[mark.label].append(span)
        for label, spans in groups.items():
            doc.spans[label] = spans
        self._describe(doc, document, text)
        self._bin.add(doc)

    def _describe(self, doc: "Doc", document: Document, text: str) -> None:
        add_of_document(document, self._loss, kept=("annotator", "times", "guideline version", "how it became gold"))
        key = self._names.scheme.non_statements_key
        value = to_builtins(document)
        about = (
            *("article_id", "text_sha256", "schema_version", "annotator", "origin", "created_at", "updated_at"),
            *("guideline_version", "gold", "nothing_to_annotate"),
        )
        doc.user_data[USER_DATA] = {
            **{name: value[name] for name in about if value.get(name) is not None},
            "statements": list(whole_statements(document, text, self._names.scheme)),
            key: value.get(key, []),
        }

    def to_bytes(self) -> bytes:
        """Return the file."""
        found: bytes = self._bin.to_bytes()
        return found


@lru_cache(maxsize=64)
def _language(tag: str) -> "Language":
    """Return what cuts texts of a language into tokens: spaCy's own rules, or those of no language."""
    import spacy

    try:
        return spacy.blank(tag.split("-")[0].lower() or "xx")
    except (ImportError, OSError, ValueError):  # a language that spaCy does not know, or needs more for
        return spacy.blank("xx")
