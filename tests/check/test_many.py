"""Many articles: what is found does not depend on how it is found, nor on what an earlier check found."""

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.invented import lay_invented

from stancebank.check import Report, articles, check_workspace
from stancebank.check import workspace as checking
from stancebank.check.cache import CACHE
from stancebank.records import read_json, to_json
from stancebank.workspace import Workspace, open_workspace

FAULTY = ("statement-id", "article-id", "document-article", "json-syntax", "text-changed", "article-twice")


@pytest.fixture(scope="module")
def laid(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """A workspace of twelve articles, each of some with another fault."""
    made = lay_invented(tmp_path_factory.mktemp("many"), 12, statements=3, full=0.5, readers=1)
    root = made.root
    _change(root / "corpus/gold/invented-000001.json", article_id="invented-000002")
    _change(root / "corpus/articles/invented-000003.json", id="invented-000004")
    (root / "corpus/gold/invented-000005.json").write_text("{")
    (root / "corpus/gold/invented-000006.json").unlink()
    gold = read_json(root / "corpus/gold/invented-000007.json")
    gold["statements"][0]["id"] = gold["statements"][1]["id"]
    (root / "corpus/gold/invented-000007.json").write_text(to_json(gold))
    next((root / "corpus/texts").glob("*.txt")).write_text("Other words.\n")
    (root / "corpus/texts/stray.txt").write_text("Nobody's words.\n")
    first = read_json(root / "corpus/articles/invented-000008.json")
    _change(root / "corpus/articles/invented-000009.json", text_sha256=first["text_sha256"])
    return open_workspace(root)


@pytest.fixture(autouse=True)
def without_cache(laid: Workspace) -> Iterator[None]:
    yield
    for path in laid.root.glob(f"{CACHE}*"):
        path.unlink()


def _change(path: Path, **values: str) -> None:
    path.write_text(to_json(read_json(path) | values))


def told(report: Report) -> tuple[object, ...]:
    """Return what is the same however articles are looked at; records are kept of few alone."""
    return report.findings, report.articles, report.texts, report.documents, report.statements, report.search


@pytest.mark.slow
def test_batches_processes_and_a_cache_find_what_one_pass_finds(
    laid: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    plain = check_workspace(laid)
    assert {each.code for each in plain.findings} >= set(FAULTY) - {"document-article"}
    assert len(plain.records) > 20
    monkeypatch.setattr(checking, "MANY", 1)
    monkeypatch.setattr(checking, "_BATCH", 2)
    assert told(check_workspace(laid, uses_cache=False, workers=1)) == told(plain)
    assert not (laid.root / CACHE).exists()
    monkeypatch.setattr(checking, "_ALONE", 1)
    report = check_workspace(laid, workers=2)
    assert (told(report), dict(report.records)) == (told(plain), {})

    def refuse(*_: object) -> bytes:
        raise AssertionError("what has not changed is looked at again")

    monkeypatch.setattr(checking, "check_batch", refuse)
    assert told(check_workspace(laid)) == told(plain)


@pytest.mark.slow
def test_what_changed_is_looked_at_again_and_nothing_else(laid: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checking, "MANY", 1)
    looked: list[str] = []
    check = articles.check_holding

    def watch(holding: articles.Holding, basis: articles.Basis) -> object:
        looked.extend(holding.files)
        return check(holding, basis)

    monkeypatch.setattr(articles, "check_holding", watch)
    before = check_workspace(laid)
    assert len(looked) > 30
    looked.clear()
    path = laid.root / "corpus/gold/invented-000010.json"
    kept = path.read_bytes()
    _change(path, guideline_version="9.9")
    check_workspace(laid)
    assert {name.rpartition("/")[2].partition(".")[0] for name in looked} == {"invented-000010"}
    path.write_bytes(kept)
    entities = laid.root / "corpus/entities.json"
    kept = entities.read_bytes()
    entities.write_text(to_json(read_json(entities) | {"entities": []}))
    assert sum(each.code == "entity-unknown" for each in check_workspace(laid).findings) > 20
    entities.write_bytes(kept)
    assert told(check_workspace(laid)) == told(before)


@pytest.mark.slow
@pytest.mark.parametrize("harm", ["cut", "text", "values", "keys", "folder"])
def test_a_damaged_cache_is_as_if_there_were_none(laid: Workspace, monkeypatch: pytest.MonkeyPatch, harm: str) -> None:
    monkeypatch.setattr(checking, "MANY", 1)
    before = told(check_workspace(laid))
    path = laid.root / CACHE
    if harm == "cut":
        path.write_bytes(path.read_bytes()[:6000])
    elif harm == "text":
        path.write_text("No database at all, and longer than the head of one is. " * 20)
    elif harm == "folder":
        path.unlink()
        path.mkdir()
    else:
        with sqlite3.connect(path) as held:
            held.execute("UPDATE checked SET value = x'00'" if harm == "values" else "UPDATE checked SET key = 7")
    try:
        assert told(check_workspace(laid)) == before
        assert told(check_workspace(laid)) == before
    finally:
        if harm == "folder":
            path.rmdir()


def test_a_cache_that_somebody_else_writes_is_not_waited_for_long(
    laid: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(checking, "MANY", 1)
    monkeypatch.setattr("stancebank.check.cache._PATIENCE", 0.01)
    before = told(check_workspace(laid))
    held = sqlite3.connect(laid.root / CACHE, isolation_level=None)
    held.execute("BEGIN EXCLUSIVE")
    assert told(check_workspace(laid)) == before
    held.close()
