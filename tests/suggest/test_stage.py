"""What an engine finds as a stage, with a small workspace that travels, is what it finds in the workspace itself."""

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import pytest

from stancebank.errors import InputError, ServerError
from stancebank.suggest.engine import EngineRecord, ReadArticle, Surroundings, look_around
from stancebank.suggest.engines import make_engine
from stancebank.suggest.run import Suggested, suggest
from stancebank.suggest.stage import pack_workspace, suggest_elsewhere
from stancebank.workspace import Workspace, open_workspace
from tests.batches.cluster import ENVIRONMENT
from tests.command import call_whole
from tests.conftest import REPO, lay_workspace

Failed = list[tuple[str, ServerError]]


class Unreached:
    """An engine that a server does not answer for one article, and that finds nothing in others."""

    record = EngineRecord("unreached", "1")

    def __init__(self, surroundings: Surroundings, silent: str) -> None:
        self.silent = silent

    def suggest(self, source: ReadArticle) -> Iterable[Mapping[str, Any]]:
        if source.article.id == self.silent:
            raise ServerError("no answer", 503)
        return ()


def both(workspace: Workspace, name: str, options: Mapping[str, Any]) -> tuple[list[Suggested], list[Suggested]]:
    """What an engine finds in all articles that have words: here, and as a stage."""
    around = look_around(workspace)
    articles = [(each, workspace.store.text(each)) for each in workspace.store.articles()]
    sources = [around.source(each, text) for each, text in articles if text is not None]
    here, away = Failed(), Failed()
    made = make_engine(name, around, options)
    found = list(suggest(made, around, sources, here))
    elsewhere = list(suggest_elsewhere(made, name, options, around, sources, away, run_on=""))
    assert [(name, str(error), error.status) for name, error in here] == [
        (name, str(error), error.status) for name, error in away
    ]
    return found, elsewhere


@pytest.mark.slow
def test_engines_that_learn_of_gold_find_the_same_in_any_scheme(toy_workspace: Workspace, tmp_path: Path) -> None:
    other = open_workspace(lay_workspace(REPO / "tests/other_domain", tmp_path / "other"))
    for workspace in (toy_workspace, other):
        found, elsewhere = both(workspace, "sentences", {})
        assert sum(len(each.statements) for each in found) > 5
        assert elsewhere == found


def test_an_article_that_a_server_does_not_answer_is_told_with_its_status(toy_workspace: Workspace) -> None:
    silent = toy_workspace.store.article_ids()[0]
    name = f"{__name__}:Unreached"
    found, elsewhere = both(toy_workspace, name, {"silent": silent})
    assert elsewhere == found
    assert silent not in {each.article_id for each in found}
    around = look_around(toy_workspace)
    source = next(each.source for each in around.examples if each.source.article.id == silent)
    made = make_engine(name, around, {"silent": silent})
    with pytest.raises(ServerError, match="no answer"):
        list(suggest_elsewhere(made, name, {"silent": silent}, around, [source], run_on=""))


def test_the_workspace_that_travels_has_the_same_bytes_for_the_same_content(toy_workspace: Workspace) -> None:
    around = look_around(toy_workspace)
    assert pack_workspace(around) == pack_workspace(around)


def test_an_engine_that_costs_is_run_here_alone(toy_workspace: Workspace) -> None:
    around = look_around(toy_workspace)
    options = {"url": "http://127.0.0.1:9/v1", "model": "m"}
    made = make_engine("llm", around, options)
    with pytest.raises(InputError, match="asks a server, and runs here alone"):
        list(suggest_elsewhere(made, "llm", options, around, [], run_on="daft"))


@pytest.mark.server
def test_suggestions_by_daft_are_those_without_it(
    toy_workspace: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("STANCEBANK_ENGINE", str(ENVIRONMENT))
    files: list[Path] = []
    for more in ((), ("--run-on", "daft")):
        files.append(tmp_path / f"{len(files)}.jsonl")
        done = call_whole(
            "-w", toy_workspace.root, "suggest", "--engine", "sentences", "--out", files[-1], "--json", *more
        )
        assert done.returncode == 0, done.stderr
        assert json.loads(done.stdout)["articles"]
    assert files[0].read_bytes() == files[1].read_bytes()
    refused = call_whole("-w", toy_workspace.root, "suggest", "--engine", "sentences", "--run-on", "spark")
    assert refused.returncode == 1
    assert "There is no engine 'spark'" in refused.stderr
