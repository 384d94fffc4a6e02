"""Engines read articles, and what they say is kept without words."""

import sys
from pathlib import Path

import pytest

from stancebank.corpus.suggestions import ENGINES, engine_line, read_engines, read_suggestion
from stancebank.errors import InputError
from stancebank.records import from_json, to_json
from stancebank.suggest.engine import EngineRecord, look_around
from stancebank.suggest.engines import make_engine
from stancebank.suggest.run import keep, kept, suggest
from stancebank.workspace import Workspace, open_workspace
from tests.conftest import Run

_MODULE = """
from stancebank.corpus.quoted import QuotedMention, QuotedStatement, QuotedTarget
from stancebank.corpus.selectors import Selector

from stancebank.errors import ServerError

__version__ = "2"

def say(source, surroundings):
    passage = source.passages[-1]
    words = source.text[passage.begin:passage.begin + 20]
    yield {"content": [words], "speaker": {"entity": "Somebody"}, "stance": "reject", "target": {"id": "talks"},
           "confidence": 0.25, "because": ["it comes last"]}
    yield {"content": ["words of no article"], "speaker": {"entity": "Somebody"}, "stance": "reject",
           "target": {"id": "talks"}}

def say_or_fail(source, surroundings):
    if source.article.id.endswith("envoy"):
        raise ServerError("nobody answers.", 503)
    return say(source, surroundings)

def say_no_stance(source, surroundings):
    passage = source.passages[0]
    place = (Selector(begin=passage.begin, end=passage.end),)
    yield QuotedStatement(place, QuotedMention("x"), QuotedTarget("talks"), fields={"stance": "perhaps"})

def say_wrong(source, surroundings):
    yield {"content": [], "speaker": {}}
"""


@pytest.fixture
def _module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "engine_of_mine.py").write_text(_MODULE)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "engine_of_mine", raising=False)


@pytest.mark.usefixtures("_module")
def test_a_function_is_an_engine_and_its_words_become_offsets(toy_workspace: Workspace) -> None:
    surroundings = look_around(toy_workspace)
    source = surroundings.examples[0].source
    (found,) = suggest(make_engine("engine_of_mine:say", surroundings, {}), surroundings, [source])
    last = source.passages[-1]
    assert found.value["statements"] == [
        {
            "content": [{"begin": last.begin, "end": found.statements[0].content[0].end}],
            "speaker": {"entity": "Somebody"},
            **{key: found.value["statements"][0][key] for key in ("stance", "target")},
            "confidence": 0.25,
            "because": ["it comes last"],
        }
    ]
    assert found.unplaced == ("words of no article",)
    assert keep(surroundings, "mine", found)
    assert not keep(surroundings, "mine", found)
    assert read_suggestion(toy_workspace.store, "mine", source.article.id) == found.value
    assert [(each.name, each.version) for each in read_engines(toy_workspace.store)] == [("say", "2")]
    again = kept(surroundings, "mine", source)
    assert again is not None
    assert again.statements[0] == found.statements[0]


@pytest.mark.usefixtures("_module")
def test_what_is_no_prediction_is_refused_with_its_place(toy_workspace: Workspace) -> None:
    surroundings = look_around(toy_workspace)
    engine = make_engine("engine_of_mine:say_wrong", surroundings, {})
    with pytest.raises(InputError, match="What the engine say-wrong says of"):
        list(suggest(engine, surroundings, [surroundings.examples[0].source]))
    engine = make_engine("engine_of_mine:say_no_stance", surroundings, {})
    with pytest.raises(InputError, match='"perhaps" is not a stance'):
        list(suggest(engine, surroundings, [surroundings.examples[0].source]))
    with pytest.raises(InputError, match="There is no engine 'nobody'"):
        make_engine("nobody", surroundings, {})


@pytest.mark.usefixtures("_module")
def test_the_command_writes_suggestions_or_a_file(toy_root: Path, run: Run) -> None:
    out = toy_root / "exports/found.jsonl"
    done = run("suggest", "--engine", "engine_of_mine:say", "--out", str(out), cwd=toy_root)
    assert done.returncode == 0, done.stderr
    assert not (toy_root / ENGINES).exists()
    lines = out.read_text().splitlines()
    done = run("suggest", "--engine", "engine_of_mine:say", "--name", "mine", cwd=toy_root)
    assert done.returncode == 0, done.stderr
    assert len(lines) == len(list((toy_root / "corpus/suggestions/mine").glob("*.json")))


@pytest.mark.usefixtures("_module")
def test_an_article_that_a_server_fails_for_does_not_stop_the_others(toy_root: Path, run: Run) -> None:
    done = run("suggest", "--engine", "engine_of_mine:say_or_fail", "--name", "mine", cwd=toy_root)
    assert done.returncode == 3
    assert "1 article could not be read" in done.stderr
    assert "- norland-post-2031-02-11-envoy: nobody answers." in done.stderr
    kept_of = {path.stem for path in (toy_root / "corpus/suggestions/mine").glob("*.json")}
    assert kept_of == set(open_workspace(toy_root).store.article_ids()) - {"norland-post-2031-02-11-envoy"}
    assert kept_of


def test_an_engine_has_one_id_in_memory_and_in_its_file() -> None:
    record = EngineRecord(
        "mine", "1", settings={"temperature": 0.0, "least": 0.25, "seed": 3, "is_quick": True}
    ).to_json()
    assert engine_line(from_json(to_json(record).encode(), "mine.json")) == engine_line(record)


def test_a_setting_that_an_engine_does_not_have_is_named_with_those_that_it_has(toy_workspace: Workspace) -> None:
    surroundings = look_around(toy_workspace)
    with pytest.raises(InputError, match=r"rules has no setting leest\.\nHint: its settings are model, least"):
        make_engine("rules", surroundings, {"leest": 0.5})
    with pytest.raises(InputError, match="The engine sentences has no setting any"):
        make_engine("sentences", surroundings, {"any": 1})


def test_no_example_is_of_the_group_of_what_is_read(toy_workspace: Workspace) -> None:
    surroundings = look_around(toy_workspace)
    for each in surroundings.examples:
        name = each.source.article.id
        group = surroundings.group(name)
        assert all(surroundings.group(one.source.article.id) != group for one in surroundings.without(name))
