"""What a machine says is nowhere taken for what a person says."""

from pathlib import Path

import pytest

from stancebank.annotate.adjudication.plan import make_plan
from stancebank.annotate.adjudication.types import Rules
from stancebank.corpus.suggestions import suggestion_name, write_suggestion
from stancebank.workspace import Workspace
from tests.conftest import Run
from tests.publish.builds import ENVOY
from tests.publish.judging import lay_judged
from tests.suggest.began import as_suggestion


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    """Gold of one article, three people who have read it, and the model `parrot`."""
    return lay_judged(tmp_path / "toy")


def test_a_reading_of_a_model_that_becomes_gold_keeps_its_origin(run: Run, workspace: Workspace) -> None:
    told = run(
        "-w", workspace.root, "annotate", "promote", ENVOY, "--annotator", "parrot", "--gold", "single", "--replace"
    )
    assert told.returncode == 0, told.stderr
    gold = workspace.store.gold(ENVOY)
    assert gold
    assert (gold.annotator, gold.origin) == ("parrot", "model:parrot")


def test_a_model_has_no_vote_in_an_adjudication_nor_in_a_majority(run: Run, workspace: Workspace) -> None:
    plan = make_plan(workspace, Rules())
    assert {name for _, unit in plan.units() for name in unit.readings} == {"ada", "bo", "cy"}
    (workspace.root / workspace.store.document_name(ENVOY, "cy")).unlink()
    told = run(
        "-w", workspace.root, "annotate", "promote", ENVOY, "--annotator", "ada", "--gold", "majority", "--replace"
    )
    assert told.returncode == 1
    assert "gold that is majority needs the readings of 3 annotators, and there is 2 here: ada, bo." in told.stderr


def test_a_file_of_suggestions_is_no_reading(run: Run, workspace: Workspace) -> None:
    store = workspace.store
    write_suggestion(store, "marks", as_suggestion(workspace, store.document(store.document_name(ENVOY, "parrot"))))
    before = sorted(store.document_names())
    told = run("-w", workspace.root, "annotate", "import", store.root / suggestion_name("marks", ENVOY))
    assert told.returncode == 1
    assert "the key 'origin' is missing." in told.stderr
    assert "Nothing was written." in told.stderr
    assert sorted(store.document_names()) == before
