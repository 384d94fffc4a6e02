"""The parts of the engine `llm`: the schema of answers, examples, estimates, words in their places."""

import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from msgspec.structs import replace

from stancebank.corpus.quoted import QuotedMention, QuotedStatement, QuotedTarget
from stancebank.corpus.selectors import Passage, Selector
from stancebank.errors import InputError
from stancebank.model import Statement
from stancebank.schema.fields import Level
from stancebank.suggest.engine import Surroundings, look_around
from stancebank.suggest.engines import make_engine
from stancebank.suggest.llm.answers import StatementReader, read_answer
from stancebank.suggest.llm.engine import LlmEngine
from stancebank.suggest.llm.mending import Mender
from stancebank.suggest.llm.prompt import PromptMaker, estimate_tokens
from stancebank.suggest.llm.schema import answer_schema
from stancebank.suggest.llm.settings import LlmSettings, read_settings
from stancebank.suggest.run import suggest
from stancebank.workspace import open_workspace
from tests.conftest import TOY, lay_workspace
from tests.suggest.endpoint import Reply, question, serving

WORKSPACES = {"toy": TOY, **{name: Path(__file__).parents[1] / name for name in ("other_domain", "minimal")}}
_KNOWN = {"type", "properties", "required", "additionalProperties", "items", "enum", "anyOf", "$ref", "$defs"}


@pytest.fixture(scope="module", params=sorted(WORKSPACES))
def around(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Surroundings:
    """The surroundings of engines in each workspace of the tests."""
    name = request.param
    return look_around(open_workspace(lay_workspace(WORKSPACES[name], tmp_path_factory.mktemp("llm") / name)))


def maker(around: Surroundings, **settings: Any) -> PromptMaker:
    return PromptMaker(around, LlmSettings("http://127.0.0.1:1", "m", **settings), may_show=True)


def nodes(part: Any, *, names: bool = False) -> Iterator[dict[str, Any]]:
    """Yield the schemas in a schema. names: whether the keys are names of properties or definitions."""
    if isinstance(part, dict):
        if not names:
            yield part
        for key, each in part.items():
            yield from nodes(each, names=not names and key in ("properties", "$defs"))
    elif isinstance(part, list):
        for each in part:
            yield from nodes(each)


def test_the_schema_keeps_to_what_servers_take_in_strict_mode(around: Surroundings) -> None:
    schema = answer_schema(around.scheme, around.targets.targets)
    Draft202012Validator.check_schema(schema)
    for node in nodes(schema):
        assert node.keys() <= _KNOWN
        assert "$ref" not in node or node.keys() == {"$ref"}
        assert node.keys() & {"type", "anyOf", "$ref", "enum"}
        if node.get("type") == "object":
            assert node["required"] == list(node["properties"])
            assert node["additionalProperties"] is False
    referred = {node["$ref"].removeprefix("#/$defs/") for node in nodes(schema) if "$ref" in node}
    assert referred == set(schema["$defs"])
    assert "offsets" not in schema["$defs"]
    usable = {each.id for each in around.targets.targets if each.use in ("target", "both")}
    assert set(schema["$defs"]["target_id"]["enum"]) == usable


def test_gold_as_a_model_would_answer_it_follows_the_schema_and_is_read_back(around: Surroundings) -> None:
    schema = answer_schema(around.scheme, around.targets.targets)
    prompt, reader = maker(around), StatementReader(around.scheme, around.targets, schema)
    shown = list(prompt._known.values())
    assert sum(len(json.loads(each.answer)["statements"]) for each in shown) > 0
    for each in shown:
        answer = json.loads(each.answer)
        full = filled(answer, schema, schema)
        assert Draft202012Validator(schema).is_valid(full)
        said = read_answer(f"Here:\n```json\n{json.dumps(full)}\n```")
        assert said is not None
        assert said.whole
        read = [reader.read(one) for one in said.statements]
        assert [left_out for _, left_out in read] == [[]] * len(read)
        assert [emptied(one) for one, _ in read] == [emptied(one) for one in answer["statements"]]


def test_a_model_that_answers_gold_gets_gold(around: Surroundings) -> None:
    with serving() as stand_in:
        engine = make_engine("llm", around, {"url": stand_in.url, "model": "m", "examples": 0})
        assert isinstance(engine, LlmEngine)
        prompt = maker(around)
        by_question = {each.question: each.answer for each in prompt._known.values()}
        assert any(json.loads(answer)["statements"] for answer in by_question.values())
        stand_in.answer = lambda body: Reply(
            json.dumps(filled(json.loads(by_question[question(body)]), prompt.schema, prompt.schema))
        )
        found = list(suggest(engine, around, [each.source for each in around.examples]))
    for each, suggested in zip(around.examples, found, strict=True):
        gold = sorted(each.gold.statements, key=lambda one: [(span.begin, span.end) for span in one.content])
        assert [replace(one, id="", same_as=None) for one in known(suggested.statements, around)] == [
            replace(one, id="", same_as=None) for one in known(gold, around)
        ]
        assert suggested.unplaced == ()
    told = engine.account().value
    assert (told["left_out"], told["mended"]) == ([], 0)


def known(statements: Iterable[Statement], around: Surroundings) -> list[Statement]:
    """Return statements with what a model is asked for alone, and conditions without ids."""

    def only(holder: Any, level: Level) -> Any:
        names = {each.name for each in around.scheme.of(level) if each.compared}
        return replace(holder, fields={key: each for key, each in holder.fields.items() if key in names})

    return [
        replace(
            only(each, "statement"),
            target=only(each.target, "target"),
            conditions=tuple(replace(only(one, "condition"), id="") for one in each.conditions),
        )
        for each in statements
    ]


def emptied(statement: Any) -> Any:
    """Return a statement without an empty list of conditions, which says the same as none."""
    return {key: each for key, each in statement.items() if each != []}


def filled(value: Any, part: dict[str, Any], schema: dict[str, Any]) -> Any:
    """Return a value with null for all that its schema requires and it does not have."""
    if "$ref" in part:
        return filled(value, schema["$defs"][part["$ref"].removeprefix("#/$defs/")], schema)
    for form in part.get("anyOf", ()):
        made = filled(value, form, schema)
        if Draft202012Validator({**form, "$defs": schema["$defs"]}).is_valid(made):
            return made
    if isinstance(value, dict) and "properties" in part:
        return {key: filled(value.get(key), each, schema) for key, each in part["properties"].items()}
    if isinstance(value, list) and "items" in part:
        return [filled(each, part["items"], schema) for each in value]
    return value


def test_examples_are_of_other_events_the_same_each_time_and_within_the_budget(around: Surroundings) -> None:
    for each in around.examples:
        name = each.source.article.id
        shown = maker(around).examples(each.source)
        assert [one.article_id for one in shown] == [one.article_id for one in maker(around).examples(each.source)]
        allowed = {one.source.article.id for one in around.without(name)}
        assert {one.article_id for one in shown} <= allowed
        assert len(shown) == min(len(allowed), 3)
        assert maker(around, examples=0).examples(each.source) == []
        least = min((one.tokens for one in shown), default=0)
        assert [one.tokens for one in maker(around, example_tokens=least).examples(each.source)] == [least][
            : len(shown)
        ]
        roles = [one["role"] for one in maker(around).messages(each.source)]
        assert roles == ["system", *["user", "assistant"] * len(shown), "user"]


@pytest.mark.parametrize(
    ("text", "tokens"),
    [("", 0), ("four", 1), ("five.", 2), ("ééé", 2), ("和平", 2), ("Нет war", 2 + 1), ("a" * 4000, 1000)],
)
def test_tokens_are_estimated_by_kinds_of_characters(text: str, tokens: int) -> None:
    assert estimate_tokens(text) == tokens


_TEXT = (
    "Orvia wants its ferries back.\n"
    "“We shall never hand over the old harbour to strangers,” Minister Tal Oren said, and left the room.\n"
    "We shall talk. They shall listen."
)
_MENDED = [
    ("We shall never hand over the old harbour", None, "We shall never hand over the old harbour", ""),
    ("we SHALL talk", 2, "We shall talk", "not on the line"),
    ("[2] “We shall never hand over the old harbour", None, "We shall never hand over the old harbour", "marks"),
    ('"Orvia wants its ferries back!"', None, "Orvia wants its ferries back", "alike"),
    (
        "We should never hand over the old harbour to strangers",
        3,
        "We shall never hand over the old harbour to strangers",
        "alike",
    ),
    ("We shall never hand over our harbour to the strangers", 2, None, ""),
    ("We shall never ... to strangers", None, "We shall never|to strangers", "2 parts"),
    ("to strangers ... We shall never", None, None, ""),
    ("They shal", None, "They shal", ""),
    ("We shell", None, None, ""),
    ("A treaty was signed in the old town hall", None, None, ""),
]


@pytest.mark.parametrize(("words", "line", "expected", "note"), _MENDED)
def test_words_are_placed_where_they_are_meant(words: str, line: int | None, expected: str | None, note: str) -> None:
    passages, begin = [], 0
    for number, paragraph in enumerate(_TEXT.split("\n"), 1):
        passages.append(Passage(f"p{number}", number, begin, begin + len(paragraph), "body"))
        begin += len(paragraph) + 1
    said = QuotedStatement((Selector(words, line=line),), QuotedMention("Tal Oren"), QuotedTarget("ports"))
    mended, notes = Mender(_TEXT, tuple(passages)).mend(said)
    places = []
    for each in mended.content:
        if each.begin is not None:
            places.append(_TEXT[each.begin : each.end])
        elif each.words is not None and each.words.lower() in _TEXT.lower() and each.line is None:
            place = _TEXT.lower().index(each.words.lower())
            places.append(_TEXT[place : place + len(each.words)])
    assert ("|".join(places) or None) == expected
    assert note in "".join(notes)
    assert bool(note) == bool(notes)


@pytest.mark.parametrize(
    ("content", "count", "whole"),
    [
        ('{"statements": []}', 0, True),
        ('[{"a": 1}]', 1, True),
        ('{"statements": [{"a": 1}, {"b"', 1, False),
        ('{"statements": [{"a": 1}, 7]}', 1, False),
        ('Of {both} [2]: {"statements": [{"a": 1}]}', 1, True),
        ('{"statements": [{"content": [{"quote": "a"}], "x', None, None),
        ('{"answer": "none"}', None, None),
        ("", None, None),
        ("[" * 100_000, None, None),
    ],
)
def test_answers_are_read_as_far_as_they_go(content: str, count: int | None, whole: bool | None) -> None:
    said = read_answer(content)
    assert (said and len(said.statements), said and said.whole) == (count, whole)


def test_the_key_of_a_provider_goes_to_https_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-of-a-provider")
    monkeypatch.setenv("MINE", " mine\n")
    keys = {}
    for url in ("http://127.0.0.1:8080/v1", "https://api.example/v1", "http://models.example/v1/"):
        keys[url] = read_settings({"url": url, "model": "m"}).key()
    assert list(keys.values()) == ["", "sk-of-a-provider", ""]
    assert read_settings({"url": "http://models.example", "model": "m", "key_variable": "MINE"}).key() == "mine"
    monkeypatch.setenv("MINE", "two words")
    with pytest.raises(InputError, match="MINE holds what no key has"):
        read_settings({"url": "http://models.example", "model": "m", "key_variable": "MINE"}).key()
    for url in ("https://me:secret@api.example", "https://api.example?key=1", "api.example/v1", "http://[::1"):
        with pytest.raises(InputError, match="url "):
            read_settings({"url": url, "model": "m"})
