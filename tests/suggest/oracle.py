"""An engine that says what gold says: whatever it suggests is right."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path

from stancebank.corpus.quoted import QuotedStatement, quote_document
from stancebank.suggest.engine import EngineRecord, ReadArticle, look_around
from stancebank.suggest.run import keep, suggest
from stancebank.workspace import Workspace, open_workspace
from tests.conftest import TOY, lay_workspace


class Oracle:
    """Suggests gold. change: is done to what it says of each article."""

    def __init__(self, workspace: Workspace, version: str = "1") -> None:
        self.workspace, self.record = workspace, EngineRecord("oracle", version)

    def suggest(self, source: ReadArticle) -> Iterable[QuotedStatement]:
        gold = self.workspace.store.gold(source.article.id)
        assert gold is not None
        for each in quote_document(gold, source.text, self.workspace.scheme).statements:
            fields = {name: value for name, value in each.fields.items() if name != "note"}  # of no prediction
            yield replace(each, id=None, same_as=None, fields=fields, confidence=0.9, because=("gold",))


def lay_suggested(root: Path, articles: Sequence[str] = ()) -> Workspace:
    """Lay the toy workspace at a place, with kept suggestions of its articles, or of some."""
    workspace = open_workspace(lay_workspace(TOY, root))
    suggest_gold(workspace, articles)
    return workspace


def suggest_gold(workspace: Workspace, articles: Sequence[str] = (), version: str = "1") -> None:
    """Keep suggestions of articles, of all if none is named."""
    around = look_around(workspace)
    sources = [each.source for each in around.examples if not articles or each.source.article.id in articles]
    for each in suggest(Oracle(workspace, version), around, sources):
        keep(around, "oracle", each)
