"""Web Annotations of the W3C (https://www.w3.org/TR/annotation-model/), in JSON-LD: a page of annotations an article.

A statement is an annotation of its words. So is each mark around it (who speaks, what it is about, conditions), which
is linked to it. Their source is the stored text, not the page that it was taken from: positions are code points of it.
"""

import json
from collections.abc import Iterable
from typing import Any

from stancebank.annotate.formats.flatten import LabelNames, Loss, add_of_document
from stancebank.annotate.formats.jsonl import whole_statements
from stancebank.annotate.formats.sheet import Mark, Sheet
from stancebank.model import Article, Bounds, Document, is_of_people

Json = dict[str, Any]

CONTEXT = "http://www.w3.org/ns/anno.jsonld"
_AROUND = 32  # characters of prefix and suffix


def write_w3c(document: Document, article: Article, sheet: Sheet, names: LabelNames, loss: Loss) -> str:
    """Return an annotation page. sheet: of the document; loss: takes what annotations do not say of it."""
    add_of_document(document, loss, kept=("annotator", "times"))
    maker = _PageMaker(document, article, sheet, names)
    page: Json = {
        "@context": CONTEXT,
        "id": f"urn:stancebank:annotations:{document.article_id}:{document.annotator}",
        "type": "AnnotationPage",
        "items": maker.annotations(),
    }
    return json.dumps(page, ensure_ascii=False, indent=1) + "\n"


class _PageMaker:
    def __init__(self, document: Document, article: Article, sheet: Sheet, names: LabelNames) -> None:
        self.document, self.article, self.sheet, self.names = document, article, sheet, names
        self.text = sheet.text or ""
        self.told = {each["id"]: each for each in whole_statements(document, self.text, names.scheme)}

    def annotations(self) -> list[Json]:
        iris = {mark.id: self._iri(mark, number) for number, mark in enumerate(self.sheet.marks, 1)}
        return [self._annotation(mark, iris) for mark in self.sheet.marks]

    def _iri(self, mark: Mark, number: int) -> str:
        """Return what an annotation is called; that of a statement is its id."""
        local = mark.id if mark.label == self.names.content else f"{self.document.article_id}/mark-{number}"
        return f"urn:stancebank:annotation:{self.document.annotator}:{local}"

    def _annotation(self, mark: Mark, iris: dict[str, str]) -> Json:
        links = [link for link in self.sheet.links if link.begin == mark.id]
        bodies = [
            *self._bodies(mark),
            *({"type": "SpecificResource", "source": iris[link.end], "purpose": "linking"} for link in links),
        ]
        targets = [self._target(piece) for piece in mark.pieces]
        document = self.document
        return {
            "id": iris[mark.id],
            "type": "Annotation",
            "motivation": "classifying" if mark.label == self.names.content else "identifying",
            "creator": {"id": f"urn:stancebank:annotator:{document.annotator}", "type": self._creator()},
            "created": document.created_at,
            "modified": document.updated_at,
            "body": bodies,
            "target": targets if len(targets) > 1 else targets[0],
        }

    def _creator(self) -> str:
        return "Person" if is_of_people(self.document.origin) else "Software"

    def _bodies(self, mark: Mark) -> Iterable[Json]:
        yield {"type": "TextualBody", "purpose": "tagging", "value": mark.label}
        telling = self.names.telling.get(mark.label, "")
        for value in mark.attributes.get(telling, ()):
            yield {"type": "TextualBody", "purpose": "classifying", "value": value}
        for name in mark.attributes.get(self.names.entity, ()):
            yield {"type": "SpecificResource", "source": f"urn:stancebank:entity:{name}", "purpose": "identifying"}
        for name in mark.attributes.get(self.names.target_id, ()):
            yield {"type": "SpecificResource", "source": f"urn:stancebank:target:{name}", "purpose": "identifying"}
        for note in mark.notes.get(self.names.note, ()):
            yield {"type": "TextualBody", "purpose": "commenting", "value": note}
        if mark.label == self.names.content:
            value = json.dumps(self.told[mark.id], ensure_ascii=False)
            yield {"type": "TextualBody", "purpose": "describing", "format": "application/json", "value": value}

    def _target(self, piece: Bounds) -> Json:
        begin, end = piece
        article, text = self.article, self.text
        source: Json = {
            "id": f"urn:stancebank:text:{article.text_sha256}",
            "type": "Text",
            "format": "text/plain",
            **({"language": article.language.value} if article.language else {}),
            **({"via": article.url.value} if article.url else {}),
        }
        quote = {
            "type": "TextQuoteSelector",
            "exact": text[begin:end],
            "prefix": text[max(0, begin - _AROUND) : begin],
            "suffix": text[end : end + _AROUND],
        }
        return {
            "type": "SpecificResource",
            "source": source,
            "selector": [{"type": "TextPositionSelector", "start": begin, "end": end}, quote],
            "state": {"type": "TimeState", "sourceDate": self.document.created_at},
        }
