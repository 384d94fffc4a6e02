"""The engines of one's own on docs/suggesting.md: each runs as it stands there, one of them from a package."""

import json
import re
import sys
import tomllib
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from stancebank.suggest.engine import Surroundings, look_around
from stancebank.suggest.engines import engine_names, make_engine
from stancebank.suggest.run import Suggested, suggest
from stancebank.workspace import open_workspace
from tests.conftest import REPO, Run

pytestmark = pytest.mark.slow

BLOCKS = re.compile(r"```python\n# (\w+)\.py\n(.*?)```", re.DOTALL)
PYPROJECT = re.compile(r"```toml\n# pyproject.toml of your package\n(.*?)```", re.DOTALL)
PAGE = (REPO / "docs/suggesting.md").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def modules(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The modules of the page, in a folder in which Python looks for them, and the package that one of them is in."""
    folder = tmp_path_factory.mktemp("own")
    written = dict(BLOCKS.findall(PAGE))
    for name, code in written.items():
        (folder / f"{name}.py").write_text(code, encoding="utf-8")
    (found,) = PYPROJECT.findall(PAGE)
    project = tomllib.loads(found)["project"]
    about = folder / f"{project['name'].replace('-', '_')}-{project['version']}.dist-info"
    about.mkdir()
    (about / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {project['name']}\nVersion: {project['version']}\n")
    lines = [
        line
        for group, entries in project["entry-points"].items()
        for line in (f"[{group}]", *(f"{name} = {where}" for name, where in entries.items()))
    ]
    (about / "entry_points.txt").write_text("\n".join(lines) + "\n")
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(folder)
        yield folder
        for name in written:
            sys.modules.pop(name, None)


@pytest.fixture(scope="module")
def around(modules: Path, tmp_path_factory: pytest.TempPathFactory) -> Surroundings:
    """What engines may know in a workspace with the sample."""
    from stancebank.starter.laying import sample_files

    root = tmp_path_factory.mktemp("sample")
    for name, text in sample_files().items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text, encoding="utf-8", newline="")
    return look_around(open_workspace(root))


def let_read(name: str, around: Surroundings, **settings: Any) -> list[Suggested]:
    """Let an engine read all articles with gold."""
    return list(suggest(make_engine(name, around, settings), around, [each.source for each in around.examples]))


def words(found: Suggested, around: Surroundings) -> list[tuple[str, str]]:
    """What an engine says of an article: stance and words."""
    (text,) = (each.source.text for each in around.examples if each.source.article.id == found.article_id)
    spans = [(around.scheme.label.text(each), each.content[0]) for each in found.statements]
    return [(str(label), text[span.begin : span.end]) for label, span in spans]


def test_a_function_runs_as_it_stands_there(around: Surroundings) -> None:
    found = [each for one in let_read("mine:suggest", around) for each in words(one, around)]
    assert found
    assert all(label == "reject" and "will not" in said for label, said in found)


def test_a_class_is_found_by_the_entry_point_of_its_package_and_takes_settings(around: Surroundings, run: Run) -> None:
    assert "cues" in engine_names()
    root = around.workspace.root
    done = run(
        "suggest", "--engine", "cues", "--set", "cue=would", "--set", "stance=deny", "--out", "own.jsonl", cwd=root
    )
    assert done.returncode == 0, done.stderr
    found = [json.loads(line) for line in (root / "own.jsonl").read_text("utf-8").splitlines()]
    statements = [each for one in found for each in one["statements"]]
    assert len(found) == len(around.examples)
    assert statements
    assert {each["stance"] for each in statements} == {"deny"}
    assert {each["speaker"]["entity"] for each in statements} <= {each.id for each in around.entities.entities}
    assert found[0]["engine"] == {
        "name": "cues",
        "version": "1.0",
        "settings": {"cue": "would", "stance": "deny", "target": "talks"},
    }
    done = run("suggest", "--engine", "cues", "--set", "colour=red", cwd=root)
    assert done.returncode == 1, done.stderr
    assert "colour" in done.stderr


def test_scikit_learn_learns_from_other_events_alone(around: Surroundings, monkeypatch: pytest.MonkeyPatch) -> None:
    engine = make_engine("learnt:Learnt", around, {"threshold": 0.5})
    taught: list[set[str]] = []
    learn = engine.learn  # type: ignore[attr-defined]

    def note(examples: Sequence[Any]) -> Any:
        taught.append({around.group(each.source.article.id) for each in examples})
        return learn(examples)

    monkeypatch.setattr(engine, "learn", note)
    events = {around.group(each.source.article.id) for each in around.examples}
    some = sorted(events)[:2]
    found = list(
        suggest(
            engine, around, [each.source for each in around.examples if around.group(each.source.article.id) in some]
        )
    )
    assert len(found) >= len(some)
    assert sorted(map(sorted, taught)) == sorted(sorted(events - {each}) for each in some)
    statements = [each for one in found for each in one.value["statements"]]
    assert {each["stance"] for each in statements} <= {*around.scheme.values(around.scheme.label)}
    assert statements
    assert all(0.5 <= each["confidence"] <= 1 for each in statements)


def test_spacy_matches_patterns_at_the_places_of_the_article(around: Surroundings) -> None:
    found = [each for one in let_read("matched:Matched", around) for each in words(one, around)]
    assert {label for label, _ in found} == {"reject", "offer"}
    forms = {"reject": r"(?i)\b(will|would|can) ?(not|never)\b", "offer": r"(?i)\b(ready|willing|prepared) to\b"}
    assert all(re.search(forms[label], said) for label, said in found)


def test_a_classifier_that_speaks_as_a_pipeline_does_is_an_engine(
    around: Surroundings, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[tuple[str, str, str]] = []

    def pipeline(task: str, *, model: str, revision: str) -> Any:
        asked.append((task, model, revision))

        def ask(sequences: list[str], candidate_labels: list[str], hypothesis_template: str) -> list[dict[str, Any]]:
            assert "{}" in hypothesis_template
            answers = []
            for sequence in sequences:
                first = "reject" if " not " in sequence else candidate_labels[-1]
                labels = sorted(candidate_labels, key=lambda each: each != first)
                answers.append({"sequence": sequence, "labels": labels, "scores": [0.8] + [0.01] * (len(labels) - 1)})
            return answers

        return ask

    stand_in = ModuleType("transformers")
    stand_in.pipeline = pipeline  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "transformers", stand_in)
    read = let_read("classified:Classified", around, model="some/model", revision="0123abc")
    assert asked == [("zero-shot-classification", "some/model", "0123abc")]
    found = [each for one in read for each in words(one, around)]
    assert found
    assert all(label == "reject" and " not " in said for label, said in found)
    assert {each["confidence"] for one in read for each in one.value["statements"]} == {0.8}
    assert read[0].value["engine"]["model_version"] == "0123abc"
