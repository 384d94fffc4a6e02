"""A workspace in which people have worked with suggestions: articles in invented words, readings, and all ledgers."""

import shutil
from pathlib import Path

from stancebank.agreement.align import align
from stancebank.agreement.compare import differing_fields
from stancebank.corpus.quoted import quote_statement, statement_json
from stancebank.corpus.selectors import Selector
from stancebank.corpus.suggestions import (
    BEGUN,
    ENGINES,
    SHOWN,
    BegunLine,
    EngineLine,
    ShownLine,
    engine_line,
    write_lines,
    write_suggestion,
)
from stancebank.model import Document, Span
from stancebank.records import to_json
from stancebank.text import sha256
from stancebank.workspace import Workspace, open_workspace
from tests.agreement.planted import Planted, lay_planted
from tests.conftest import TOY, lay_workspace

ENGINE = {"name": "marks", "version": "1.0.0"}
OWNER = "careful-4"
"""Whose readings became the suggestions of the engine; as good as those of the others."""


def lay_begun(root: Path, articles: int = 12, blind: int = 3) -> Workspace:
    """Lay a workspace with three annotators, and an engine that errs as they do.

    blind: every such article is blind for all. Of each suggestion, the next statement of the annotator began as it.
    """
    lay_workspace(TOY, root)
    for folder in ("articles", "texts", "gold"):
        shutil.rmtree(root / "corpus" / folder)
    lay_planted(root, Planted(careful=4, slips=0.08), seed=3, articles=articles)
    workspace = open_workspace(root)
    shown: list[ShownLine] = []
    begun: list[BegunLine] = []
    for number, readings in enumerate(list(workspace.store.readings())):
        *people, engine = readings.documents
        (workspace.root / workspace.store.document_name(engine.article_id, OWNER)).unlink()
        value = as_suggestion(workspace, engine)
        write_suggestion(workspace.store, "marks", value)
        for each in people:
            if number % blind == 0:
                shown.append(ShownLine(each.article_id, each.annotator))
                continue
            line = ShownLine(each.article_id, each.annotator, "marks", the_engine().id, sha256(to_json(value)))
            shown.append(line)
            begun += began(workspace, each, engine)
    write_lines(workspace.store, ENGINES, [the_engine()])
    write_lines(workspace.store, SHOWN, shown)
    write_lines(workspace.store, BEGUN, begun)
    return workspace


def the_engine() -> EngineLine:
    return engine_line(ENGINE)


def as_suggestion(workspace: Workspace, document: Document) -> dict[str, object]:
    """A document in the form in which a suggestion is kept."""

    def offsets(span: Span) -> Selector:
        return Selector(begin=span.begin, end=span.end)

    scheme = workspace.scheme
    statements = [statement_json(quote_statement(each, scheme, offsets), scheme) for each in document.statements]
    told = {"article_id": document.article_id, "text_sha256": document.text_sha256, "engine": ENGINE}
    return {**told, "statements": statements}


def began(workspace: Workspace, reading: Document, engine: Document) -> list[BegunLine]:
    """What became of the statements of an engine, if an annotator's began as those that they are one with."""
    found = []
    for pair in align(engine.statements, reading.statements, workspace.scheme):
        if pair.one is None:
            continue
        line = BegunLine(reading.article_id, reading.annotator, "marks", f"s{pair.one + 1}")
        if pair.other is not None:
            mine = reading.statements[pair.other]
            fields = differing_fields(engine.statements[pair.one], mine, workspace.scheme)
            changed = " ".join(each.replace(" ", "_") for each in fields)
            line = BegunLine(*line_key(line), mine.id.split("/")[-1], changed)
        found.append(line)
    return found


def line_key(line: BegunLine) -> tuple[str, str, str, str]:
    return line.article_id, line.annotator, line.suggestion, line.suggested
