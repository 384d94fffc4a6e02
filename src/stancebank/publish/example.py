"""An invented row for the card: what a statement looks like, with no word of any article."""

from stancebank.model import (
    Article,
    Condition,
    Document,
    Entity,
    EntityRegistry,
    Gold,
    Line,
    Mention,
    Rights,
    Sourced,
    Span,
    Statement,
    Target,
    TargetEntry,
    TargetRegistry,
    Zone,
)
from stancebank.publish.rows import Reading, Row, make_context, statement_row
from stancebank.schema.vocabulary import Vocabularies
from stancebank.text import fingerprint, sha256
from stancebank.text_policy import TextPolicy

_TEXT = "“We will sign once the tolls are paid back,” the harbour master said."

_ENTITIES = (
    Entity(id="harbour-master", name="Harbour Master", kind="person", affiliation="example-harbour"),
    Entity(id="example-harbour", name="Example Harbour", kind="organisation"),
    Entity(id="example-town", name="Example Town", kind="state"),
)

_TARGETS = (
    TargetEntry(id="agreement", name="agreement", definition="An agreement.", use="root"),
    TargetEntry(id="sign", name="signing", definition="To sign it.", parent="agreement", use="target"),
    TargetEntry(id="pay-back", name="paying back", definition="To pay tolls back.", use="condition"),
)


def example_row(vocabularies: Vocabularies, schema_version: str, dataset_version: str) -> Row:
    """Return one row of the view `statements`, made of an invented article."""
    context = make_context(
        vocabularies,
        EntityRegistry(schema_version=schema_version, entities=_ENTITIES),
        TargetRegistry(schema_version=schema_version, targets=_TARGETS),
        dataset_version,
    )
    document = _document(schema_version)
    return statement_row(
        Reading(_article(schema_version), document, TextPolicy.FULL, _TEXT), document.statements[0], context
    )


def _span(words: str) -> Span:
    begin = _TEXT.index(words)
    return Span(begin=begin, end=begin + len(words), fingerprint=fingerprint(words))


def _article(schema_version: str) -> Article:
    return Article(
        schema_version=schema_version,
        id="invented-gazette-undated-tolls",
        title=Sourced(value="An invented headline", basis="given"),
        outlet=Sourced(value="Invented Gazette", basis="given"),
        language=Sourced(value="en", basis="given"),
        event=Sourced(value="invented-event", basis="given"),
        rights=Rights(holder="nobody: invented", licence="CC0-1.0", text_policy=TextPolicy.FULL),
        raw_sha256=sha256(_TEXT),
        text_sha256=sha256(_TEXT),
        length=len(_TEXT),
        lines=(Line(begin=0, end=len(_TEXT), fingerprint=fingerprint(_TEXT)),),
        zones=(Zone(begin=0, end=len(_TEXT), zone="body"),),
    )


def _document(schema_version: str) -> Document:
    condition = Condition(
        id="invented-gazette-undated-tolls/s1/c1",
        spans=(_span("once the tolls are paid back"),),
        role="if",
        kind="pay-back",
        obligors=("example-town",),
        group=1,
    )
    statement = Statement(
        id="invented-gazette-undated-tolls/s1",
        content=(_span("We will sign once the tolls are paid back"),),
        speaker=Mention(entity="harbour-master", span=_span("the harbour master")),
        cue=_span("said"),
        attribution="direct",
        stance="offer",
        target=Target(id="sign", parties=("example-harbour",), agents=("example-harbour",), span=_span("sign")),
        conditions=(condition,),
    )
    return Document(
        schema_version=schema_version,
        guideline_version="1.0",
        article_id="invented-gazette-undated-tolls",
        text_sha256=sha256(_TEXT),
        annotator="nobody",
        origin="project",
        created_at="2031-01-01T00:00:00Z",
        updated_at="2031-01-01T00:00:00Z",
        gold=Gold(method="single"),
        statements=(statement,),
    )
