"""How the articles of a dataset came in: in its manifest and its card, and when a folder is verified."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from stancebank.annotate.frame import SampleRules, plan_sample
from stancebank.corpus.samples import write_sample
from stancebank.publish.build import build
from stancebank.publish.card.workspace_card import read_card
from stancebank.publish.verification import Wanted, verify
from stancebank.workspace import Workspace, open_workspace
from tests.conftest import TOY, lay_workspace
from tests.frozen.forging import read_json, seal, write_json
from tests.publish.builds import ENVOY, MINISTER

SPRING = "corpus/samples/spring.json"


@pytest.fixture(scope="module")
def laid(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """Two of the three articles were drawn by a plan before anybody had read them. Not to be changed."""
    workspace = open_workspace(lay_workspace(TOY, tmp_path_factory.mktemp("sampled") / "toy"))
    gold = {path: path.read_bytes() for path in workspace.root.glob("corpus/gold/*.json")}
    for path in gold:
        path.unlink()
    rules = SampleRules(2, ("outlet",), "equal", one_per="article", least=0, filters={"since": "2031"})
    plan = plan_sample(workspace, "spring", rules)
    assert {each.article_id for each in plan.drawn} == {ENVOY, MINISTER}
    write_sample(workspace.store, plan)
    for path, data in gold.items():
        path.write_bytes(data)
    return workspace


@pytest.fixture(scope="module")
def folder(laid: Workspace) -> Path:
    """A dataset of them. Tests leave it as it was."""
    return build(laid, laid.root.parent / "built").out


pytestmark = pytest.mark.slow


def test_the_card_says_how_articles_came_in(laid: Workspace, folder: Path) -> None:
    manifest = read_json(folder / "manifest.json")
    told = manifest["samples"]["spring"]
    assert (told["published"], told["drawn"], told["candidates"], told["corpus"]) == (2, 2, 2, 3)
    assert SPRING in manifest["inputs"]
    said = (
        "- **Drawn by plan.** 2 of 3 articles (67%) were drawn by lot: `spring`: 2 of the 2 that it drew from 2 "
        "candidates in 2 strata by outlet (equal allocation), of 3 articles of the "
        "corpus. The plans, in `corpus/samples/` of the source, have the probability of each; what is weighted by its "
        "inverse holds of all that could be drawn. The other 1 came in otherwise, and stand for none but themselves."
    )
    assert said in (folder / "README.md").read_text("utf-8").splitlines()
    assert said in read_card(laid).wanted
    assert verify(folder, Wanted(readers=(), against=laid)).errors == []


FORGERIES: list[tuple[Callable[[dict[str, Any]], object], str, str]] = [
    (lambda told: told["samples"]["spring"].update(published=9), "samples", "manifest-form"),
    (lambda told: told["samples"]["spring"].update(more=1), "samples", "manifest-form"),
    (lambda told: told["samples"].update(fall=told["samples"]["spring"]), "samples", "manifest-differs"),
    (lambda told: told["inputs"].pop(SPRING), f"inputs {SPRING}", "manifest-differs"),
]


def test_what_a_manifest_states_of_plans_is_held_against_the_rest(folder: Path) -> None:
    manifest = read_json(folder / "manifest.json")
    for forge, where, code in FORGERIES:
        told = read_json(folder / "manifest.json")
        forge(told)
        write_json(folder / "manifest.json", told)
        seal(folder)
        faults = {(each.place, each.code) for each in verify(folder, Wanted(readers=())).errors}
        assert (f"manifest.json {where}", code) in faults
        write_json(folder / "manifest.json", manifest)
    seal(folder)
    assert verify(folder, Wanted(readers=())).errors == []
