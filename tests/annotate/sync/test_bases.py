"""What both sides had is remembered, by fingerprints of what annotators mark."""

from pathlib import Path

from msgspec.structs import replace

from stancebank.annotate.sync.state import Bases, labels
from stancebank.corpus.store import Store
from stancebank.model import Document, LabelStudio
from tests.conftest import TOY


def gold() -> Document:
    document = Store(TOY).gold("norland-post-2031-02-11-envoy")
    assert document is not None
    return document


def test_where_and_when_do_not_count_and_what_was_marked_does() -> None:
    document = gold()
    where = LabelStudio(project=1, task=2, annotation=3, edited_by="ann-1")
    assert labels(replace(document, label_studio=where, updated_at="2031-03-01T00:00:00Z")) == labels(document)
    assert labels(replace(document, statements=document.statements[1:])) != labels(document)
    assert labels(replace(document, passed_over=())) != labels(document) or not document.passed_over


def test_bases_are_kept_and_forgotten(tmp_path: Path) -> None:
    document, bases = gold(), Bases(tmp_path)
    bases.agree(document, 5, "2031-02-12T08:30:00.000001Z")
    assert Bases(tmp_path).all() == {}
    bases.write()
    kept = Bases(tmp_path)
    base = kept.of(document.article_id, document.annotator)
    assert base is not None
    assert (base.document, base.annotation) == (labels(document), 5)
    assert kept.all() == {(document.article_id, document.annotator): base}
    kept.forget(document.article_id, document.annotator)
    kept.write()
    assert Bases(tmp_path).all() == {}
