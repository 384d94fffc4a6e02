"""The founding corpus: five articles whose words are not here. What needs the words runs where they are at hand.

The words are looked for in the folder that STANCEBANK_ARTICLES names, or in shared/seeds beside the checkout.
"""

import hashlib
import os
import re
import shutil
from collections import Counter
from html import unescape
from pathlib import Path

import pytest

from stancebank.check import check_workspace
from stancebank.check.annotations import marks, uncovered
from stancebank.corpus.cleaning import Source
from stancebank.corpus.hydrate import hydrate
from stancebank.corpus.language import load_language
from stancebank.corpus.leaks import committable, make_guard, search_files
from stancebank.corpus.sources import read_sources
from stancebank.corpus.withdraw import shingles
from stancebank.model import Document, document_spans
from stancebank.pictures.svg import stand_alone
from stancebank.publish.build import build
from stancebank.publish.gold import read_gold
from stancebank.publish.release import gate
from stancebank.publish.tables import make_rows
from stancebank.schema.vocabularies import load_vocabularies
from stancebank.text import is_keyed, is_of_place
from stancebank.view.article import make_article
from stancebank.view.collection import Words, of_workspace
from stancebank.view.dossier import make_dossier, make_sections
from stancebank.workspace import Workspace, open_workspace
from tests.conftest import REPO, Run, lay_workspace
from tests.test_baselines import COLUMNS, build_sample, measured, told_in_card

ARTICLES = Path(os.environ.get("STANCEBANK_ARTICLES", REPO.parent / "shared" / "seeds"))
needs_words = pytest.mark.skipif(not ARTICLES.is_dir(), reason="the founding articles are not at hand")


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    """A copy of this repository's content, without any words."""
    shutil.copytree(REPO / "corpus", tmp_path / "founding" / "corpus")
    shutil.copy(REPO / "stancebank.toml", tmp_path / "founding")
    return open_workspace(lay_workspace(tmp_path / "founding", tmp_path / "copy"))


@pytest.fixture
def hydrated(workspace: Workspace) -> Workspace:
    """The same with all words."""
    store = workspace.store
    sources = [source for source in read_sources([ARTICLES]) if isinstance(source, Source)]
    for result in hydrate(store.articles(), store.all_documents(), sources):
        assert result.state == "verified"
        assert result.text is not None
        store.write_text(result.article, result.text)
    return workspace


def gold_of(workspace: Workspace) -> list[Document]:
    return list(workspace.store.documents(None))


@pytest.mark.slow
def test_the_check_is_clean_without_the_words(workspace: Workspace) -> None:
    report = check_workspace(workspace)
    assert report.findings == ()
    assert (report.articles, report.texts, report.documents) == (5, 0, 15)


def test_every_article_withholds_its_words_and_names_a_holder(workspace: Workspace) -> None:
    for article in workspace.store.articles():
        assert article.rights.text_policy == "withheld"
        assert article.rights.holder
    assert not (REPO / "corpus" / "texts").exists()


def test_articles_on_one_event_are_tied(workspace: Workspace) -> None:
    events = Counter(article.event.value for article in workspace.store.articles() if article.event)
    assert sorted(events.values()) == [1, 2, 2]


def test_the_reading_says_honestly_whose_it_is(workspace: Workspace) -> None:
    for document in gold_of(workspace):
        assert document.origin == "project"
        assert document.gold is not None
        assert document.gold.method == "double"
        assert document.annotator == "project"


def test_a_joined_statement_left_its_id_behind(workspace: Workspace) -> None:
    retired = [each.partition("/")[2] for document in gold_of(workspace) for each in document.retired]
    assert retired == ["s13", "s22", "s22/c1"]


def test_the_gold_is_as_large_as_five_full_articles_make_it(workspace: Workspace) -> None:
    statements = [statement for document in gold_of(workspace) for statement in document.statements]
    assert len(statements) >= 80
    assert sum(statement.same_as is None for statement in statements) >= 55
    assert sum(len(statement.conditions) for statement in statements) >= 15


def test_one_person_is_one_entity_whatever_the_spelling(workspace: Workspace) -> None:
    people = [entity for entity in workspace.store.entities().entities if entity.kind == "person"]
    speakers = {statement.speaker.entity for document in gold_of(workspace) for statement in document.statements}
    assert {"hossein-dehghan", "ali-khamenei"} <= speakers
    spellings = {entity.id: {entity.name, *entity.aliases} for entity in people}
    assert {"Dehghan", "Dehqan"} <= spellings["hossein-dehghan"]


@pytest.mark.slow
@needs_words
def test_the_check_is_clean_with_the_words(hydrated: Workspace) -> None:
    report = check_workspace(hydrated)
    assert report.findings == ()
    assert report.texts == 5


@needs_words
def test_every_span_is_the_words_that_were_annotated(hydrated: Workspace) -> None:
    count = 0
    for document in gold_of(hydrated):
        text = hydrated.store.text(hydrated.store.article(document.article_id))
        assert text is not None
        for _, span in document_spans(document):
            assert is_keyed(span.fingerprint)
            assert is_of_place(span.fingerprint, text, span.begin, span.end)
            count += 1
    assert count > 300


@needs_words
def test_every_quotation_and_cue_is_in_a_statement_or_passed_over_with_a_reason(hydrated: Workspace) -> None:
    annotated = load_vocabularies(hydrated.schema_dir).annotated_zones()
    kinds: Counter[str] = Counter()
    for document in gold_of(hydrated):
        article = hydrated.store.article(document.article_id)
        text = hydrated.store.text(article)
        assert text is not None
        kinds.update(mark.kind for mark in marks(article, text, annotated, load_language(None)))
        assert list(uncovered(article, text, document, annotated, load_language(None))) == []
    assert kinds["quotation"] >= 30
    assert kinds["cue"] >= 80


@pytest.mark.slow
@needs_words
def test_a_page_without_words_shares_no_eight_of_them_with_the_articles(hydrated: Workspace) -> None:
    """Only such a page of the founding corpus is photographed."""
    guard = make_guard(hydrated.store)
    wordless, local = (of_workspace(hydrated, each) for each in (Words.NONE, Words.LOCAL))
    pages = [make_dossier(wordless), *(make_article(wordless, each) for each in wordless.article_ids)]
    pictures = [each for section in make_sections(wordless) for each in section.pictures]
    assert len(pages) == 6
    assert pictures
    for page in (*pages, *(stand_alone(each.svg) for each in pictures)):
        assert guard.search(unescape(re.sub(r"<[^>]*>", " ", page))) == {}
        assert guard.search(page) == {}
    assert guard.search(make_article(local, local.article_ids[0])) != {}


@pytest.mark.slow
@needs_words
def test_no_file_that_git_would_commit_has_eight_words_of_a_founding_article(hydrated: Workspace) -> None:
    found = search_files(committable(REPO), make_guard(hydrated.store))
    assert found.leaks == ()
    assert found.missing == ()
    assert found.files > 100
    assert {Path(each).suffix for each in found.unread} <= {".png", ".parquet", ".gz", ".ttf"}


@needs_words
def test_the_rows_share_no_eight_words_with_their_articles(hydrated: Workspace, tmp_path: Path) -> None:
    read = read_gold(hydrated, None)
    rows = make_rows(read.readings, read.context)
    guard = make_guard(hydrated.store)
    assert list(gate.check_stray_words(tmp_path / "empty", rows, guard, hydrated.scheme)) == []
    rows["statements"][0]["target_scope"] = sentence_of(ARTICLES)
    (found,) = gate.check_stray_words(tmp_path / "empty", rows, guard, hydrated.scheme)
    assert (found.file, found.code) == ("statements", "release-text-policy")


@pytest.mark.slow
@needs_words
def test_the_card_tells_what_is_learnt_here_from_the_sample(hydrated: Workspace, tmp_path: Path) -> None:
    founding = build(hydrated, tmp_path / "built", "full").out
    f1 = measured(build_sample(tmp_path / "invented"), "--test", founding, "--out", tmp_path / "out")
    for name, told in told_in_card().items():
        assert told == pytest.approx([f1[column][name] for column in COLUMNS], abs=0.06), name


def test_no_file_holds_hashes_by_which_the_articles_could_be_read_back() -> None:
    hashed = re.compile(rb"(?:^[0-9a-f]{16}\n){20}", re.MULTILINE)
    files = [path for path in sorted((REPO / "corpus").rglob("*")) if path.is_file()]
    assert [path for path in files if hashed.search(path.read_bytes())] == []


@needs_words
def test_a_planted_sentence_is_found(hydrated: Workspace, run: Run, tmp_path: Path) -> None:
    guard = make_guard(hydrated.store)
    sentences = 0
    for file in sorted(ARTICLES.glob("*.txt")):
        for line in file.read_text(encoding="utf-8").splitlines():
            for sentence in re.split(r"(?<=[.!?])\s", line):
                if len(re.findall(r"\w+", sentence)) >= 17:
                    sentences += 1
                    planted = f"Some words of our own. {sentence.upper().replace(' ', chr(10))} And more."
                    assert guard.search(planted)
    assert sentences > 50
    page = tmp_path / "page.md"
    page.write_text(f"An example: {sentence_of(ARTICLES)}\n")
    result = run("-w", hydrated.root, "corpus", "leak-check", page)
    assert result.returncode == 1
    assert str(page) in result.stdout


def test_a_clean_clone_says_which_articles_it_was_not_searched_for(workspace: Workspace, run: Run) -> None:
    result = run("-w", workspace.root, "corpus", "leak-check", workspace.root / "corpus/README.md")
    assert result.returncode == 3
    assert all(article.id in result.stderr for article in workspace.store.articles())
    assert "Hint: run `stancebank corpus hydrate DIR`" in result.stderr


def sentence_of(folder: Path) -> str:
    text = sorted(folder.glob("*.txt"))[0].read_text(encoding="utf-8")
    return max(text.splitlines(), key=len)


def test_shingles_are_hashes_of_eight_words_whatever_the_typography() -> None:
    line = "One two, three FOUR five-six “seven” eight nine"
    expected = ["one two three four five six seven eight", "two three four five six seven eight nine"]
    assert list(shingles(line)) == [hashlib.sha256(words.encode()).hexdigest()[:16] for words in expected]
