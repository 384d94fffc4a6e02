"""A workspace that three annotators have read, with known differences, and a ledger that gives reasons."""

from collections.abc import Callable
from pathlib import Path

import msgspec

from stancebank.agreement.compare import fingerprint
from stancebank.corpus.store import ADJUDICATIONS
from stancebank.model import Adjudication, Decision, Document, Span, Statement, to_builtins
from stancebank.records import to_json
from stancebank.text import span_fingerprint
from stancebank.workspace import Workspace, open_workspace
from tests.publish.builds import ENVOY, HARVEST, lay_toy, read_as

NOWHERE = "The generals may be harder to move."
"""Words of the article that are no statement in gold."""

REASONS = {"s2": "guideline-gap", "s3": "ambiguous-text", "s4": "perspective", "s5": "slip"}
"""Why annotators differed in statements of gold, by the ledger."""

JUDGED = ("n_annotators", "agreement", "stance_soft", "ambiguity", "contested")


def soft(**shares: float) -> list[dict[str, object]]:
    return [{"stance": stance, "share": share} for stance, share in shares.items()]


def expected(n_annotators: int, agreement: float, spread: object, ambiguity: str | None, *, contested: bool) -> object:
    return dict(zip(JUDGED, (n_annotators, agreement, spread, ambiguity, contested), strict=True))


EXPECTED = {
    "s1": expected(3, 1.0, soft(offer=1.0), None, contested=False),
    "s2": expected(3, 1.0, soft(offer=1.0), "guideline-gap", contested=False),
    "s3": expected(3, 1 / 3, soft(reject=1 / 3, open=1 / 3, deny=1 / 3), "ambiguous-text", contested=True),
    "s4": expected(3, 2 / 3, soft(offer=2 / 3), "perspective", contested=True),
    "s5": expected(3, 2 / 3, soft(reject=2 / 3), None, contested=False),
    "s6": expected(3, 1 / 3, soft(demand=1 / 3), None, contested=True),
}
"""What the rows of the statements of gold say of what annotators make of them."""


def lay_judged(root: Path) -> Workspace:
    """Lay the toy with readings of `ENVOY` by ada, who says what gold says, by bo and by cy; and by a model.

    bo reads s3 as `reject`, lacks s4 and s6. cy reads s3 as `deny`, lacks s5 and s6, and finds a statement that gold
    has not. The model contradicts all of them, and counts for nothing.
    """
    workspace = lay_toy(root)
    read_as(workspace, "bo", HARVEST)
    read_as(workspace, "cy")
    read_as(workspace, "parrot", origin="model:parrot")
    text = workspace.store.text(workspace.store.article(ENVOY)) or ""

    def place(words: str) -> Span:
        begin = text.index(words)
        end = begin + len(words)
        return Span(begin=begin, end=end, fingerprint=span_fingerprint(text, begin, end, 2))

    def of_bo(each: Statement) -> Statement | None:
        return None if each.id in ("s4", "s6") else labelled(each, "reject") if each.id == "s3" else each

    def of_cy(each: Statement) -> Statement | None:
        if each.id == "s6":
            target = msgspec.structs.replace(each.target, span=None)
            speaker = msgspec.structs.replace(each.speaker, span=None)
            fields = {"stance": "doubt", "attribution": "reported", "cue": place("harder")}
            changes = {"id": "s9", "content": (place(NOWHERE),), "speaker": speaker, "target": target, "fields": fields}
            return msgspec.structs.replace(each, conditions=(), **changes)
        return None if each.id == "s5" else labelled(each, "deny") if each.id == "s3" else each

    change(workspace, "bo", of_bo)
    change(workspace, "cy", of_cy)
    change(workspace, "parrot", lambda each: labelled(each, "threaten"))
    write_ledger_of(workspace, REASONS)
    return open_workspace(root)


def labelled(statement: Statement, stance: str) -> Statement:
    return msgspec.structs.replace(statement, fields={**statement.fields, "stance": stance})


def change(workspace: Workspace, annotator: str, changed: Callable[[Statement], Statement | None]) -> None:
    """Change each statement of a reading of `ENVOY`, or leave it out."""
    document = workspace.store.document(workspace.store.document_name(ENVOY, annotator))
    statements = tuple(new for each in document.statements if (new := changed(each)))
    workspace.store.write_document(msgspec.structs.replace(document, statements=statements))


def write_ledger_of(workspace: Workspace, reasons: dict[str, str], text_sha256: str | None = None) -> None:
    """Write how gold of `ENVOY` was settled. text_sha256: of the text that was settled, if it is another one."""
    gold = workspace.store.gold(ENVOY)
    assert gold
    read = {name: workspace.store.document(workspace.store.document_name(ENVOY, name)) for name in ("ada", "bo", "cy")}
    settled = Adjudication(
        schema_version=gold.schema_version,
        guideline_version=gold.guideline_version,
        article_id=ENVOY,
        text_sha256=text_sha256 or gold.text_sha256,
        decisions=tuple(_decision(workspace, read, each, reasons) for each in gold.statements),
    )
    path = workspace.root / ADJUDICATIONS / f"{ENVOY}.json"
    path.parent.mkdir(exist_ok=True)
    path.write_text(to_json(to_builtins(settled)), "utf-8")


def _decision(workspace: Workspace, read: dict[str, Document], gold: Statement, reasons: dict[str, str]) -> Decision:
    local = gold.id.rpartition("/")[2]
    by_id = {name: {each.id: each for each in document.statements} for name, document in read.items()}
    found = {name: statements.get(local) for name, statements in by_id.items()}
    reason = reasons.get(local)
    return Decision(
        statement=gold.id,
        readings={name: each.id if each else None for name, each in found.items()},
        seen={name: fingerprint(each, by_id[name], workspace.scheme) if each else None for name, each in found.items()},
        method="adjudicated" if reason else "unanimous",
        taken="ada",
        by="dee" if reason else None,
        reason=reason,
        decided_at="2031-03-01T10:00:00Z",
    )
