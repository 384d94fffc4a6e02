"""`annotate feedback`: what one annotator can learn from gold, with nothing of anybody else."""

import json
import re
from collections.abc import Iterator
from dataclasses import replace as change
from html.parser import HTMLParser
from pathlib import Path

import pytest
from msgspec.structs import replace
from tests.conftest import REPO, Run

from stancebank.agreement.people import measure_people
from stancebank.annotate.feedback import MOST, AnnotatorFeedback, collect_feedback, to_page
from stancebank.annotate.interface_settings import load_interface
from stancebank.annotate.practice import Feedback, give_feedback, rule_titles
from stancebank.starter.laying import lay, sample_files
from stancebank.workspace import Workspace, open_workspace

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def river(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    root = tmp_path_factory.mktemp("sample")
    lay(sample_files(), root)
    return open_workspace(root)


def given(workspace: Workspace, annotator: str) -> Iterator[Feedback]:
    store = workspace.store
    for reading in store.documents(annotator):
        gold, text = store.gold(reading.article_id), store.text(store.article(reading.article_id))
        assert gold
        assert text
        yield give_feedback(reading, gold, text, load_interface(workspace))


def collected(workspace: Workspace, annotator: str, compared: list[Feedback]) -> AnnotatorFeedback:
    people = measure_people(
        workspace.store.readings(least=1), workspace.scheme, workspace.store.gold, only=annotator
    ).people
    return collect_feedback(people[0], compared, rule_titles(workspace.root), workspace.scheme)


@pytest.fixture(scope="module")
def third(river: Workspace) -> AnnotatorFeedback:
    return collected(river, "annotator-3", list(given(river, "annotator-3")))


def test_twenty_disagreements_are_chosen_over_all_rules(river: Workspace, third: AnnotatorFeedback) -> None:
    differing = [one for each in given(river, "annotator-3") for one in each.statements if one.remarks]
    assert third.disagreements == len(differing) > MOST
    assert third.lessons == MOST
    assert sum(each.count for each in third.rules) == third.disagreements  # there are fewer rules than places
    for group in third.rules:
        assert 1 <= len(group.shown) <= group.count
        assert {each.rules for each in group.shown} == {group.rules}
    sizes = [len(group.shown) for group in third.rules if group.count > 2]
    assert max(sizes) - min(sizes) <= 1
    articles = [each.article_id for group in third.rules for each in group.shown]
    assert len(set(articles)) >= 12
    explained = [bool(each.statement.note) for group in third.rules for each in group.shown]
    assert sum(explained) / MOST > sum(bool(each.note) for each in differing) / len(differing)
    assert all(each.statement.remarks for group in third.rules for each in group.shown)


def test_confusions_uses_and_what_is_done_well_are_counted(third: AnnotatorFeedback) -> None:
    counts = [each.count for each in third.confused]
    assert counts == sorted(counts, reverse=True)
    assert ("stance", "demand", "disapprove", 2) in [
        (each.field, each.yours, each.gold, each.count) for each in third.confused
    ]
    assert {(each.value, each.yours, each.gold, each.is_sure) for each in third.uses} == {
        ("demand", 23, 20, False),
        ("disapprove", 9, 11, False),
    }
    well = {each.what: (each.right, each.of) for each in third.well}
    assert well["attribution"] == (150, 150)
    assert well["stance open"] == (14, 14)
    assert "stance demand" not in well
    assert "stance threaten" not in well  # too few to say so
    assert third.scores["stance"] == pytest.approx(0.918, abs=0.001)


def test_the_page_is_the_annotators_own(river: Workspace, third: AnnotatorFeedback) -> None:
    page = to_page(third, river.scheme)
    text = re.sub(r"\s+", " ", page)
    assert "Only for you." in text
    assert "words of articles that may not be published" in text
    assert text.index("may not be published") < text.index("<h2>")
    for other in ("annotator-1", "annotator-2", "sample-editor"):
        assert other not in page
    assert 'content="default-src &#39;none&#39;' in page
    assert not re.search(r"src\s*=|url\(|style\s*=\s*[\"']|href=[\"'](?!#)", page)  # nothing is loaded from elsewhere
    assert page.count('class="card"') == MOST
    parser = HTMLParser()
    parser.feed(page)
    values = json.dumps([each.dawid_skene.value for each in third.person.abilities])
    assert f"{json.loads(values)[0]:.0%}" in page


def test_words_and_notes_are_escaped(river: Workspace, third: AnnotatorFeedback) -> None:
    group = third.rules[0]
    bad = "<script>alert(1)</script>"
    statement = change(group.shown[0].statement, words=bad, note=bad)
    lessons = (change(group.shown[0], statement=statement), *group.shown[1:])
    page = to_page(change(third, rules=(change(group, shown=lessons), *third.rules[1:])), river.scheme)
    assert bad not in page
    assert page.count("&lt;script&gt;") == 2


def test_an_empty_page_says_why(river: Workspace) -> None:
    empty = collected(river, "annotator-3", [])
    page = to_page(empty, river.scheme)
    assert (empty.lessons, empty.scores, empty.well) == (0, {}, ())
    assert "There is no gold yet of any article that you have read" in page
    assert 'class="card"' not in page
    gold = list(river.store.documents(None))[:2]
    interface = load_interface(river)
    same = [give_feedback(replace(each, gold=None), each, " " * 9999, interface) for each in gold]
    assert "say in everything what gold says" in re.sub(
        r"\s+", " ", to_page(collected(river, "annotator-3", same), river.scheme)
    )


def test_the_command_writes_the_page_alone(run: Run, river: Workspace, tmp_path: Path) -> None:
    file = tmp_path / "pages" / "three.html"
    told = run("annotate", "feedback", "annotator-3", "--html", file, cwd=river.root)
    assert (told.returncode, told.stdout) == (0, "")
    assert "for annotator-3 alone" in told.stderr
    assert file.read_text("utf-8").startswith("<!DOCTYPE html>")
    as_json = json.loads(run("annotate", "feedback", "annotator-3", "--json", cwd=river.root).stdout)
    assert (as_json["annotator"], as_json["articles"], as_json["disagreements"]) == ("annotator-3", 15, 60)
    assert as_json["competence"]["low"] < as_json["competence"]["value"] < as_json["competence"]["high"]
    assert "annotator-1" not in json.dumps(as_json)
    nobody = run("annotate", "feedback", "nobody", cwd=river.root)
    assert (nobody.returncode, "There is no document of nobody" in nobody.stderr) == (1, True)


@pytest.mark.parametrize("folder", ["other_domain", "minimal"])
def test_other_schemes_have_feedback_as_well(folder: str) -> None:
    workspace = open_workspace(REPO / "tests" / folder)
    gold = list(workspace.store.documents(None))
    reading = replace(gold[0], annotator="ann-1", gold=None, statements=gold[0].statements[1:])
    text = workspace.store.text(workspace.store.article(reading.article_id))
    assert text
    from stancebank.model import ArticleReadings

    people = measure_people([ArticleReadings(reading.article_id, (reading,))], workspace.scheme, workspace.store.gold)
    found = collect_feedback(
        people.people[0],
        [give_feedback(reading, gold[0], text, load_interface(workspace))],
        rule_titles(workspace.root),
        workspace.scheme,
    )
    assert (found.articles, found.disagreements) == (1, 1)
    page = to_page(found, workspace.scheme)
    assert "missed" in page
    assert "it takes" in page or "nobody" in page or "no two annotators" in page
