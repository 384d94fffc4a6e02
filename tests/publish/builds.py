"""What the tests of building share."""

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from stancebank.corpus.ingest import text_lines
from stancebank.model import Sourced, Span, Statement, TextPolicy, Zone, replace_spans
from stancebank.publish.build import Recipe, WorkspaceFiles, fill_folder, read_to_publish
from stancebank.publish.layout import OF_SPLITS
from stancebank.publish.parquet import features_value
from stancebank.publish.splitting import state_splits
from stancebank.publish.tables import Table
from stancebank.text import fingerprint, sha256
from stancebank.workspace import Workspace, open_workspace
from tests.conftest import REPO, TOY, lay_workspace

if TYPE_CHECKING:
    from datasets import Features

ENVOY = "norland-post-2031-02-11-envoy"
MINISTER = "suvia-courier-2031-02-12-minister"
HARVEST = "keth-tribune-undated-harvest"
NOTICE = "keth-tribune-2031-02-15-notice"
LEDGER = {HARVEST: "train,0", MINISTER: "validation,1", ENVOY: "test,"}
"""A split and a fold for each article of `lay_split`, but for `NOTICE`, which the ledger lacks."""
CHANGELOG = b"# Changelog of toy\n\n## 1.2.0 (2031-03-01)\n\n- First.\n"
ROWS_PER_FILE = 5


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


def lay_split(root: Path, ledger: Mapping[str, str] = LEDGER) -> Workspace:
    """Lay the toy with splits, and with one more article, in which nothing is a statement. ledger: see `LEDGER`."""
    workspace = lay_toy(root)
    store = workspace.store
    text = "Library to close at noon\n\nThe town library of Keth closes at noon on Friday. Books are due on Monday.\n"
    article, gold = store.article(HARVEST), store.gold(HARVEST)
    assert gold
    whole = {"text_sha256": sha256(text), "raw_sha256": sha256(text), "length": len(text), "lines": text_lines(text, 2)}
    zones = (Zone(begin=0, end=24, zone="title"), Zone(begin=26, end=len(text) - 1, zone="body"))
    title = Sourced(value="Library to close at noon", basis="found")
    store.write_article(msgspec.structs.replace(article, id=NOTICE, title=title, zones=zones, **whole), text)
    none = {"statements": (), "non_statements": (), "nothing_to_annotate": True}
    store.write_document(msgspec.structs.replace(gold, article_id=NOTICE, text_sha256=sha256(text), **none))
    read_as(workspace, "ada", NOTICE)  # a reading in which nothing was found has a row, too
    write_ledger(workspace, ledger)
    return open_workspace(root)


def write_ledger(workspace: Workspace, ledger: Mapping[str, str]) -> None:
    """Write corpus/splits.csv. ledger: see `LEDGER`."""
    lines = [f"{name},{placed},hash\n" for name, placed in sorted(ledger.items())]
    (workspace.root / "corpus/splits.csv").write_text("article_id,split,fold,because\n" + "".join(lines))


_END = """
import os, sys
sys.stdout.flush()
os._exit(0)  # no clean-up of Python: threads of a reader that still run abort the process in it, at times
"""


def read_apart(script: str, place: Path, *arguments: object, **env: str) -> Any:
    """Run a script of a reader in a process of its own, with a cache in a folder; return the JSON of its last line.

    env: more variables of its environment.
    """
    done = subprocess.run(
        [sys.executable, "-c", script + _END, *map(str, arguments)],
        cwd=place,
        env={
            "PATH": os.environ["PATH"],
            "HOME": str(place),
            "HF_HOME": str(place / "hf"),
            "HF_HUB_OFFLINE": "1",
            "HF_DATASETS_DISABLE_PROGRESS_BARS": "1",
            **env,
        },
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


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


def change_flag(workspace: Workspace) -> None:
    """Flip one label of the known statement: a change that no size shows."""
    document = workspace.store.gold(ENVOY)
    assert document
    statements = tuple(
        msgspec.structs.replace(each, fields={**each.fields, "uncertain": True}) if each.id == f"{ENVOY}/s2" else each
        for each in document.statements
    )
    workspace.store.write_document(msgspec.structs.replace(document, statements=statements))


def as_published(statement: Statement, text: str) -> Statement:
    """Return a statement as a folder tells it that shows the whole text; notes are not published."""
    fields = {name: each for name, each in statement.fields.items() if name != "note"}
    return replace_spans(msgspec.structs.replace(statement, fields=fields), lambda span: shown_span(span, text))


def shown_span(span: Span, text: str) -> Span:
    """Return a span as a folder tells it that shows its words: with a fingerprint of them alone."""
    is_keyed = span.fingerprint.startswith("k")
    return msgspec.structs.replace(span, fingerprint=fingerprint(text[span.begin : span.end], 2)) if is_keyed else span


def withhold(workspace: Workspace, article_id: str, policy: str = TextPolicy.WITHHELD) -> None:
    """Give an article another text policy, and move its words to where they belong then."""
    store = workspace.store
    article = store.article(article_id)
    text = store.text(article)
    assert text is not None
    (store.root / store.text_name(article)).unlink()
    rights = msgspec.structs.replace(article.rights, text_policy=TextPolicy(policy))
    store.write_article(msgspec.structs.replace(article, rights=rights), text)


def contents(folder: Path) -> dict[str, bytes]:
    """Return the bytes of every file in a folder."""
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def fill_release(
    workspace: Workspace, out: Path, changelog: bytes | None = CHANGELOG, rows_per_file: int = ROWS_PER_FILE
) -> Path:
    """Fill a folder with all that a release has, in files of few rows, without a repository. changelog: None: none."""
    (workspace.root / "CITATION.cff").write_bytes((REPO / "CITATION.cff").read_bytes())
    trees = {name: str(place) * 40 for place, name in enumerate(("annotate", "corpus", "schema"))}
    about: dict[str, Any] = {
        "trees": trees,
        "waived": [{"code": each, "reason": "Known."} for each in ("release-split-leak", "gone")],
    }
    read = read_to_publish(workspace, None)
    if workspace.scheme.edition >= 2:
        stated = state_splits(workspace, {each.article.id for each in read.readings})
        about[OF_SPLITS] = msgspec.to_builtins(stated)
    content = WorkspaceFiles(workspace.root)
    recipe = Recipe(content, is_release=True, history=changelog, about=about, rows_per_file=rows_per_file)
    out.mkdir()
    fill_folder(out, workspace, read, recipe)
    return out.resolve()


def features(table: Table) -> "Features":
    """Return the features of a table, as `datasets` has them."""
    from datasets import Features

    return Features.from_dict(features_value(table))
