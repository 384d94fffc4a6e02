"""Fingerprints across a migration to edition 2: keyed by lines where the text is at hand, and back."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stancebank.errors import InputError
from stancebank.migration.fingerprints import Fingerprints
from stancebank.model import Article, Document, to_builtins
from stancebank.schema.fields import KEYWORD, load_scheme
from stancebank.schema.migration import Migration
from stancebank.text import is_of_place
from stancebank.workspace import open_workspace
from tests.conftest import REPO, examples
from tests.migration.changing import content, documents, draft, edit, lay, run
from tests.strategies import readings

Json = dict[str, Any]


def second_draft(name: str, root: Path) -> Path:
    """A workspace whose next version is of edition 2, and else the same."""
    run(lay(name, root), "schema", "next")
    edit(root, lambda schema, _: schema.update({KEYWORD: {"edition": 2}}))
    run(root, "schema", "check")
    return root


def places(value: Any, key: str = "") -> list[tuple[str, Json]]:
    """The spans of a document and the lines of an article, each with the key that it is under."""
    if isinstance(value, dict):
        found = [(key, value)] if "fingerprint" in value else []
        return found + [each for name, below in value.items() for each in places(below, name)]
    return [each for below in value for each in places(below, key)] if isinstance(value, list) else []


def forms(path: Path) -> set[str]:
    """What the fingerprints of a record begin with: k, p, or nothing."""
    return {each["fingerprint"][:-16] for _, each in places(json.loads(path.read_bytes()))}


def texts(root: Path) -> dict[str, Path]:
    """The texts at hand, by article."""
    return {path.stem: path for folder in ("corpus/texts", ".stancebank/texts") for path in root.glob(f"{folder}/*")}


@pytest.mark.slow
@pytest.mark.parametrize("name", ["first", "other_domain", "minimal"])
def test_spans_are_keyed_and_lines_folded_again_and_all_comes_back(name: str, tmp_path: Path) -> None:
    root = second_draft(name, tmp_path / "w")
    before = content(root)
    spans = sum(len(places(json.loads(path.read_bytes()))) for path in documents(root))
    lines = sum(len(places(json.loads(path.read_bytes()))) for path in root.glob("corpus/articles/*.json"))
    (said,) = json.loads(run(root, "schema", "migrate", "--dry-run", "--json").stdout)["told"]
    assert said == f"Fingerprints: {spans} spans keyed by their line, {lines} lines folded again."
    assert content(root) == before
    assert said in run(root, "schema", "migrate").output
    after = content(root)
    assert {form for path in documents(root) for form in forms(path)} == {"k"}
    assert {form for path in root.glob("corpus/articles/*.json") for form in forms(path)} == {"p"}
    findings = json.loads(run(root, "check", "--json").stdout)["findings"]
    assert [each for each in findings if each["severity"] == "error"] == []
    assert "nothing has to be done" in run(root, "schema", "migrate").output
    assert content(root) == after
    run(root, "schema", "migrate", "--back")
    assert content(root) == before


@pytest.mark.slow
def test_what_a_step_removes_is_keyed_in_the_archive_and_comes_back(tmp_path: Path) -> None:
    root = lay("first", tmp_path / "w")
    run(root, "schema", "next")

    def change(schema: Json, _: Json) -> None:
        schema[KEYWORD] = {"edition": 2}
        schema["$defs"]["statement"]["properties"].pop("cue")

    edit(root, change)
    (root / "schema/v2/migration.toml").write_text(
        'from = "v1"\n\n[[steps]]\ndo = "remove-field"\nfield = "cue"\nnote = "Nobody reads it."\n', "utf-8"
    )
    before = content(root)
    run(root, "schema", "migrate")
    archive = json.loads((root / "corpus/migrations/v1-v2.json").read_bytes())
    assert {each["fingerprint"][0] for _, each in places(archive)} == {"k"}
    run(root, "schema", "migrate", "--back")
    assert content(root) == before


@pytest.mark.slow
def test_without_a_text_spans_keep_their_fingerprints_until_it_is_at_hand(tmp_path: Path) -> None:
    whole = second_draft("first", tmp_path / "whole")
    run(whole, "schema", "migrate")
    root = second_draft("first", tmp_path / "w")
    before = content(root)
    article = documents(root)[0].stem
    path = texts(root)[article]
    words = path.read_bytes()
    path.unlink()
    kept = sum(len(places(json.loads(each.read_bytes()))) for each in documents(root) if each.stem == article)
    told = run(root, "schema", "migrate").output
    assert f"{kept} spans keep the older fingerprint" in told
    assert f"the text of {article} is not at hand" in told
    assert {form for each in documents(root) for form in forms(each) if each.stem == article} == {""}
    assert {form for each in documents(root) for form in forms(each) if each.stem != article} == {"k"}
    findings = json.loads(run(root, "check", "--json").stdout)["findings"]
    assert [each for each in findings if each["severity"] == "error"] == []
    path.write_bytes(words)
    run(root, "check")  # the older fingerprints are valid with the text, too
    run(root, "schema", "migrate")
    assert content(root) == content(whole)
    run(root, "schema", "migrate", "--back")
    assert content(root) == before


@pytest.mark.slow
def test_the_way_back_asks_for_the_texts_and_changes_nothing_without(tmp_path: Path) -> None:
    root = second_draft("first", tmp_path / "w")
    run(root, "schema", "migrate")
    articles = sorted({path.stem for path in documents(root)})[:2]
    for article in articles:
        texts(root)[article].unlink()
    before = content(root)
    with pytest.raises(InputError) as refused:
        run(root, "schema", "migrate", "--back")
    assert f"the way back needs the text of {', '.join(articles)}, for its fingerprints" in str(refused.value)
    assert str(refused.value).count("\n- ") == 1
    assert content(root) == before


@pytest.mark.slow
def test_a_migration_without_any_text_comes_back_without_any(tmp_path: Path) -> None:
    root = second_draft("first", tmp_path / "w")
    for path in texts(root).values():
        path.unlink()
    before = content(root)
    run(root, "schema", "migrate")
    assert {form for path in documents(root) for form in forms(path)} == {""}
    run(root, "schema", "migrate", "--back")
    assert content(root) == before


@pytest.mark.slow
def test_a_span_that_held_other_words_stays_as_it_was_found(tmp_path: Path) -> None:
    root = second_draft("first", tmp_path / "w")
    path = next(each for each in documents(root) if json.loads(each.read_bytes())["statements"])
    value = json.loads(path.read_bytes())
    value["statements"][0]["content"][0]["fingerprint"] = "0" * 16
    path.write_text(json.dumps(value), "utf-8")
    run(root, "schema", "migrate")
    after = json.loads(path.read_bytes())
    assert after["statements"][0]["content"][0]["fingerprint"] == "0" * 16
    assert "span-fingerprint" in run(root, "check", code=1).output


class _Held:
    """A store of one article."""

    def __init__(self, article: Article, text: str | None) -> None:
        self._article, self._text = article, text

    def article(self, _: str) -> Article:
        return self._article

    def text(self, _: Article) -> str | None:
        return self._text


def _migration(folder: Path) -> Migration:
    before, after = (load_scheme(folder / "schema" / name) for name in ("v1", "v2"))
    return Migration(before, after, (), None)


@pytest.fixture(scope="module")
def migration(tmp_path_factory: pytest.TempPathFactory) -> Migration:
    """A migration from edition 1 to 2 without a step."""
    root = tmp_path_factory.mktemp("fingerprints") / "w"
    second_draft("first", root)
    return _migration(root)


@pytest.mark.slow
@settings(max_examples=examples(60), deadline=None)
@given(drawn=readings(load_scheme(REPO / "schema/v1")), at_hand=st.booleans())
def test_any_reading_goes_forth_and_back(
    migration: Migration, drawn: tuple[Article, str, Document], at_hand: bool
) -> None:
    article, text, document = drawn
    prints = Fingerprints(_Held(article, text if at_hand else None), migration)  # type: ignore[arg-type]
    value = to_builtins(document)
    made = prints.forth(value, "annotation")
    assert prints.forth(made, "annotation") == made
    assert prints.back(made, "annotation") == value
    found = [each for _, each in places(made)]
    assert all(is_of_place(each["fingerprint"], text, each["begin"], each["end"]) for each in found)
    assert {each["fingerprint"][:-16] for each in found} <= ({"k"} if at_hand else {""})
    assert [(each["begin"], each["end"]) for each in found] == [(e["begin"], e["end"]) for _, e in places(value)]
    assert prints.missing == (set() if at_hand or not found else {article.id})
    lines = prints.forth(to_builtins(article), "article")
    assert prints.back(lines, "article") == to_builtins(article)


@pytest.mark.slow
def test_a_workspace_that_stays_in_edition_1_keeps_its_fingerprints(tmp_path: Path) -> None:
    root = draft("minimal", lay("minimal", tmp_path / "w"), required=False)
    edit(root, lambda schema, _: schema.pop(KEYWORD))
    run(root, "schema", "migrate")
    assert open_workspace(root).scheme.edition == 1
    assert {form for path in documents(root) for form in forms(path)} == {""}
