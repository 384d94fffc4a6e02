"""What the tests of building share."""

from pathlib import Path
from typing import Any

import msgspec

from stancebank.workspace import Workspace, open_workspace
from tests.conftest import REPO, TOY, lay_workspace

ENVOY = "norland-post-2031-02-11-envoy"
MINISTER = "suvia-courier-2031-02-12-minister"
HARVEST = "keth-tribune-undated-harvest"


def lay_toy(root: Path) -> Workspace:
    """Lay a copy of the toy workspace with licence and card, and with what two annotators found."""
    lay_workspace(TOY, root)
    (root / "LICENSE-DATA").write_bytes((REPO / "LICENSE-DATA").read_bytes())
    (root / "DATASET_CARD.md").write_bytes((REPO / "DATASET_CARD.md").read_bytes())
    workspace = open_workspace(root)
    read_as(workspace, "ada")
    read_as(workspace, "ada", HARVEST)
    read_as(workspace, "bo")
    return workspace


def read_as(workspace: Workspace, annotator: str, article_id: str = ENVOY, **changes: object) -> None:
    """Let an annotator have read an article as the gold does, with changes to the document."""
    gold = workspace.store.gold(article_id)
    assert gold
    names = {each.id: each.id.rpartition("/")[2] for each in gold.statements}
    statements = tuple(
        msgspec.structs.replace(
            each,
            id=names[each.id],
            same_as=each.same_as and names[each.same_as],
            conditions=tuple(
                msgspec.structs.replace(c, id=c.id.removeprefix(f"{article_id}/")) for c in each.conditions
            ),
        )
        for each in gold.statements
    )
    document = msgspec.structs.replace(gold, gold=None, annotator=annotator, retired=(), statements=statements)
    workspace.store.write_document(msgspec.structs.replace(document, **changes))


def change_doubt(workspace: Workspace) -> None:
    """Flip one label of the known statement: a change that no size shows."""
    document = workspace.store.gold(ENVOY)
    assert document
    statements = tuple(
        msgspec.structs.replace(each, fields={**each.fields, "doubt": True}) if each.id == f"{ENVOY}/s2" else each
        for each in document.statements
    )
    workspace.store.write_document(msgspec.structs.replace(document, statements=statements))


def withhold(workspace: Workspace, article_id: str, policy: Any = "withheld") -> None:
    """Give an article another text policy, and move its words to where they belong then."""
    store = workspace.store
    article = store.article(article_id)
    text = store.text(article)
    assert text is not None
    store.text_path(article).unlink()
    rights = msgspec.structs.replace(article.rights, text_policy=policy)
    store.write_article(msgspec.structs.replace(article, rights=rights), text)


def contents(folder: Path) -> dict[str, bytes]:
    """Return the bytes of every file in a folder."""
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
