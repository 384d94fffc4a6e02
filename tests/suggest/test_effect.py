"""What suggestions made of readings, from the ledgers to what is printed; and an engine held against annotators."""

import json
import shutil
from dataclasses import asdict, replace
from pathlib import Path

import msgspec
import pytest

import stancebank
from stancebank.corpus.suggestions import BEGUN, SHOWN, read_begun, read_shown, suggestion_name, write_lines
from stancebank.records import read_json, to_json, write_text
from stancebank.suggest.effect import study_suggestions, try_engine
from stancebank.workspace import Workspace, open_workspace
from tests.conftest import Run
from tests.suggest.began import OWNER, lay_begun, the_engine

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def laid(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """Not to be changed."""
    return lay_begun(tmp_path_factory.mktemp("begun") / "begun")


@pytest.fixture
def workspace(laid: Workspace, tmp_path: Path) -> Workspace:
    return open_workspace(Path(shutil.copytree(laid.root, tmp_path / "begun")))


def test_ledgers_become_figures_in_the_terminal_in_json_and_on_the_page(
    run: Run, laid: Workspace, tmp_path: Path
) -> None:
    page = tmp_path / "agreement.html"
    two = ("careful-1", "careful-2")
    told = run("-w", laid.root, "annotate", "agreement", *two, "--html", page)
    assert told.returncode == 0, told.stderr
    part = told.stdout.partition("\nSuggestions of marks\n")[2]
    assert part.startswith(
        f"16 readings of 8 articles began with suggestions of {the_engine().id}, 8 readings of 4 articles with none "
        "on purpose.\n"
    )
    begun = [each for each in read_begun(laid.store) if each.annotator in two]
    kept = sum(bool(each.statement) and not each.changed for each in begun)
    assert f"What became of {len(begun)} suggestions\n" in part
    assert f"accepted unchanged {kept} " in " ".join(part.split())
    assert "Not measured: agreement with the suggestions: 8 articles were read with suggestions and 4 without; " in part
    assert "drawn by chance" in part
    html = page.read_text("utf-8")
    assert '<h2 id="suggestions-marks">Suggestions of marks</h2>' in html
    assert "<li>Not measured: agreement with the suggestions. 8 articles were read with suggestions and 4 " in html
    value = json.loads(run("-w", laid.root, "annotate", "agreement", *two, "--suggestions", "--json").stdout)
    (study,) = value["suggestions"]
    (same,) = stancebank.open(laid.root).suggestions(two)
    assert study == json.loads(json.dumps(asdict(same)))


def test_what_cannot_be_told_counts_nowhere_and_is_said(run: Run, workspace: Workspace) -> None:
    store = workspace.store
    first, second = sorted({each.article_id for each in read_shown(store) if each.suggestion})[:2]
    path = store.root / suggestion_name("marks", first)
    value = read_json(path)
    write_text(path, to_json({**value, "statements": value["statements"][1:]}))
    untold = [each for each in read_begun(store) if (each.article_id, each.annotator) != (second, "careful-1")]
    write_lines(store, BEGUN, untold)
    (found,) = study_suggestions(workspace, samples=0)
    assert (found.remade, found.untold) == (3, 1)
    assert (found.influence.seen, found.influence.unseen) == (23, 12)
    assert found.influence.suggested == len(untold)
    said = run("-w", workspace.root, "annotate", "agreement", "--suggestions").stdout
    assert (
        " Of 3 readings the suggestions were made again since, and are not at hand. Of the suggestions of 1 more "
        "reading it is not known what became; a pull may tell.\n" in said
    )
    write_lines(store, BEGUN, [replace(each, changed="unknown" if each.statement else "") for each in untold])
    assert study_suggestions(workspace, samples=0)[0].influence.seen == 0


def test_one_annotator_alone_is_compared_with_themselves(workspace: Workspace) -> None:
    lines = read_shown(workspace.store)
    write_lines(workspace.store, SHOWN, [each for each in lines if each.annotator == "careful-1"])
    shared = [replace(each, annotator="") for each in lines if each.annotator == "careful-1"]
    (alone,) = study_suggestions(workspace, samples=0)
    write_lines(workspace.store, SHOWN, shared)  # as in a project that all share
    (together,) = study_suggestions(workspace, samples=0)
    assert (alone.influence.seen, alone.influence.unseen) == (8, 4)
    assert (together.influence.seen, together.influence.unseen) == (24, 12)


def test_an_engine_is_held_against_those_alone_who_did_not_see_what_it_suggests(run: Run, workspace: Workspace) -> None:
    found = try_engine(workspace, "marks")
    assert (found.articles, found.pulled, found.unread) == (4, 24, 0)
    assert found.replacement.may_replace
    told = run("-w", workspace.root, "annotate", "agreement", "--engine", "marks", "--epsilon", "0.2")
    assert told.stdout.startswith(
        "marks may replace one of these annotators: it wins against 3 of 3 (winning rate 1.00; "
    )
    assert told.stderr.endswith("24 readings that began with suggestions are left out.\n")
    few = run("-w", workspace.root, "annotate", "agreement", "careful-1", "careful-2", "--engine", "marks", "--json")
    value = json.loads(few.stdout)
    assert value["replacement"]["may_replace"] is None
    assert value["replacement"]["reason"].startswith(
        "3 annotators are needed who each answered 30 units beside another;"
    )


def test_a_model_that_is_an_annotator_is_an_engine_and_a_person_is_none(run: Run, workspace: Workspace) -> None:
    store = workspace.store
    for reading in list(store.readings(["careful-3"], 1)):
        (document,) = reading.documents
        store.write_document(msgspec.structs.replace(document, annotator="machine", origin="model:marks"))
    found = try_engine(workspace, "machine")
    assert [each.annotator for each in found.replacement.contests] == ["careful-1", "careful-2", "careful-3"]
    for name, said in (("careful-1", "there are marks."), (OWNER, "there are marks.")):
        told = run("-w", workspace.root, "annotate", "agreement", "--engine", name)
        assert told.returncode == 1
        assert told.stderr == f"stancebank: No engine {name!r} has read anything here.\nHint: {said}\n"


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (["--epsilon", "0.2"], "--epsilon goes with --engine."),
        (["--engine", "marks", "--suggestions"], "take one of them, without --field or --html."),
        (["--suggestions", "--field", "stance"], "take one of them, without --field or --html."),
        (["--engine", "marks", "--epsilon", "1"], "0<=x<1"),
    ],
)
def test_parts_that_do_not_go_together_are_refused(run: Run, laid: Workspace, given: list[str], said: str) -> None:
    told = run("-w", laid.root, "annotate", "agreement", *given)
    assert told.returncode == 2
    assert said in told.stderr


def test_where_nothing_was_shown_nothing_is_measured(run: Run, toy_root: Path) -> None:
    assert study_suggestions(open_workspace(toy_root)) == ()
    told = run("-w", toy_root, "annotate", "agreement", "--suggestions")
    assert told.returncode == 1
    assert told.stderr.startswith(
        "stancebank: No suggestions were shown to anybody, so nothing can be measured of them."
    )
    assert json.loads(run("-w", toy_root, "annotate", "agreement", "--suggestions", "--json").stdout) == {
        "suggestions": []
    }
