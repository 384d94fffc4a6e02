"""Edition 2: whatever makes spans or lines makes them keyed and folded again, and recognises those of both editions."""

import json
import re
import shutil
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace
from tests.annotate.tasks import require_gold_back
from tests.conftest import TOY, lay_first, lay_workspace
from tests.migration.changing import run

from stancebank.corpus.cleaning import Source
from stancebank.corpus.ingest import make_article, text_lines
from stancebank.corpus.withdraw import Memory, make_withdrawal
from stancebank.model import document_spans
from stancebank.text import is_keyed, normalise, sha256
from stancebank.workspace import Workspace, open_workspace

ENVOY = "norland-post-2031-02-11-envoy"


@pytest.fixture(params=["toy", "first"])
def workspace(request: pytest.FixtureRequest, tmp_path: Path) -> Workspace:
    """A workspace of edition 2: one that was always so, and one whose records came from edition 1."""
    if request.param == "toy":
        return open_workspace(lay_workspace(TOY, tmp_path / "w"))
    run(lay_first(tmp_path / "w"), "schema", "migrate")
    return open_workspace(tmp_path / "w")


def prefixes(value: Any) -> set[str]:
    """What the fingerprints in a record begin with."""
    return {each[:-16] for each in re.findall(r'"fingerprint": ?"([kp]?[0-9a-f]{16})"', json.dumps(value))}


def test_a_reading_that_is_imported_has_keyed_spans(workspace: Workspace, tmp_path: Path) -> None:
    gold = {path.name: path.read_bytes() for path in workspace.root.glob("corpus/gold/*.json")}
    for path in workspace.root.glob("corpus/gold/*.json"):
        path.unlink()
    files = [tmp_path / path.name for path in (TOY / "readings").glob("*.json")]
    for path in files:
        path.write_bytes((TOY / "readings" / path.name).read_bytes())
    run(workspace.root, "annotate", "import", *files, "--gold", "single")
    made = {path.name: json.loads(path.read_bytes()) for path in workspace.root.glob("corpus/gold/*.json")}
    assert made.keys() == gold.keys()
    for name, value in made.items():
        assert prefixes(value) <= {"k"}
        assert value["statements"] == json.loads(gold[name])["statements"]


def test_a_document_comes_back_from_a_task_with_its_keyed_spans(workspace: Workspace) -> None:
    for found in require_gold_back(workspace):
        assert all(is_keyed(span.fingerprint) for _, span in document_spans(found))


def test_an_article_that_is_added_has_lines_of_the_second_folding(workspace: Workspace, tmp_path: Path) -> None:
    page = tmp_path / "page.txt"
    page.write_text("Ferry stops\n\nThe ferry on Lake Orm stops on Monday, the harbour master said.\n", "utf-8")
    before = set(workspace.store.article_ids())
    run(workspace.root, "corpus", "add", page, "--outlet", "Orm Gazette", "--text-policy", "full")
    (added,) = set(workspace.store.article_ids()) - before
    assert {line.fingerprint[:-16] for line in workspace.store.article(added).lines} == {"p"}
    run(workspace.root, "check")


def test_copies_give_a_workspace_its_withheld_words_back(workspace: Workspace) -> None:
    texts = workspace.root / "corpus/texts"
    shutil.rmtree(texts)
    run(workspace.root, "corpus", "hydrate", TOY / "sources")
    assert {path.stem for path in texts.iterdir()} == set(workspace.store.article_ids())
    run(workspace.root, "check")


@pytest.mark.parametrize(("withdrawn", "returning"), [(1, 1), (1, 2), (2, 1), (2, 2)])
def test_a_withdrawn_article_is_known_by_its_lines_across_editions(withdrawn: int, returning: int) -> None:
    text = normalise(
        "The envoy said that the ferry across Lake Orm would not sail before the talks end.\n\n"
        "“Die große Straße bleibt zu”, she said in the harbour, where nobody waits for her.\n\n"
        "Nothing else was heard from the delegation, which left for Suvia late on Monday.\n"
    )
    metadata = {"outlet": "Norland Post", "language": "en"}
    article = make_article(Source("page", text, sha256(text)), metadata, edition=withdrawn)
    record = make_withdrawal(article, None, date="2031-05-02", reason="Asked.")
    assert {line.fingerprint[:-16] for line in record.lines} == {"" if withdrawn == 1 else "p"}
    again = replace(article, text_sha256="0" * 64, raw_sha256="1" * 64, lines=text_lines(text, returning))
    known = Memory([record]).know_record(again)
    assert known is not None
    assert known.by == "lines"
    copy = text.replace("“", '"').replace("”", '"') + "An end.\n"
    known = Memory([record]).know_text(copy)
    assert known is not None
    assert known.by == "lines"
