"""The table of conversations: answers follow their schema and lead back to the gold."""

import json
import re

import pytest

from stancebank.corpus.selectors import Passage, TextIndex
from stancebank.model import (
    Condition,
    Mention,
    Target,
    statement_spans,
)
from stancebank.publish.gold import Readings
from stancebank.publish.tables import Row, in_order
from stancebank.publish.tables.chat import answer_spans, system_message
from stancebank.schema.quoted import quoted_schema
from stancebank.schema.validate import validate
from stancebank.workspace import open_workspace
from tests.conftest import REPO
from tests.publish.builds import ENVOY, HARVEST
from tests.publish.hard import HARD, SCHEMA, answer_of, hard_rows, row_of, span_at


def read_message(message: str) -> tuple[str, list[Passage]]:
    """Read a user's message as a reader would who has nothing else: its text, and its passages by their numbers."""
    passages, begin = [], 0
    for line in message.split("\n"):
        if match := re.match(r"\[(\d+)\] ", line):
            number = int(match[1])
            passages.append(Passage(f"x/p{number}", number, begin + match.end(), begin + len(line), "body"))
        begin += len(line) + 1
    return message, passages


def test_the_answers_follow_the_schema(rows: dict[str, list[Row]]) -> None:
    for row in rows["chat"]:
        assert [each["role"] for each in row["messages"]] == ["system", "user", "assistant"]
        assert validate(answer_of(row), "prediction", SCHEMA, "answer") == []
        assert len(answer_of(row)["statements"]) == row["n_statements"]


def test_the_spans_of_an_answer_lead_back_to_the_gold(
    rows: dict[str, list[Row]], read: Readings, texts: dict[str, str]
) -> None:
    for reading in read.readings:
        row = row_of(rows["chat"], reading.article.id)
        text = texts[reading.article.id]
        message, passages = read_message(row["messages"][1]["content"])
        index = TextIndex.of_passages(message, passages)
        mine = [each for each in rows["passages"] if each["article_id"] == reading.article.id]
        assert [message[each.begin : each.end] for each in passages] == [each["text"] for each in mine]
        found = []
        for pointer, wanted in answer_spans(answer_of(row), read.context.scheme):
            begin, end = index.find(wanted)
            number = next(n for n, each in enumerate(passages) if each.begin <= begin < each.end)
            shift = mine[number]["start"] - passages[number].begin
            found.append((pointer, begin + shift, end + shift))
            assert wanted.words == text[begin + shift : end + shift]
        gold = [
            (re.sub(r"(speaker|target|via/\d+)/span", r"\1/mention", f"/statements/{number}{pointer}"), s.begin, s.end)
            for number, statement in enumerate(in_order(reading).document.statements)
            for pointer, s in statement_spans(statement)
        ]
        assert sorted(found) == sorted(gold)


def test_the_known_answer_has_its_values(rows: dict[str, list[Row]]) -> None:
    assert answer_of(row_of(rows["chat"], ENVOY))["statements"][5] == {
        "content": ["called on both governments on Monday to meet without preconditions"],
        "speaker": {"entity": "Lake Council", "mention": "The Lake Council"},
        "cue": "called on",
        "attribution": "reported",
        "stance": "demand",
        "force": "plain",
        "target": {
            "id": "talks",
            "parties": ["government of Norland", "government of Suvia"],
            "agents": ["government of Norland", "government of Suvia"],
            "mention": {"quote": "meet", "line": 15},
        },
        "conditions": [{"spans": ["without preconditions"], "role": "dropped"}],
        "said_on": {"date": "2031-02-10", "basis": "computed"},
    }


def test_an_article_without_statements_has_an_empty_list(rows: dict[str, list[Row]]) -> None:
    assert answer_of(row_of(rows["chat"], HARVEST)) == {"statements": []}


def test_the_user_shows_the_annotated_text_and_nothing_else(rows: dict[str, list[Row]]) -> None:
    message = row_of(rows["chat"], ENVOY)["messages"][1]["content"]
    assert message.startswith(
        "Outlet: Norland Post\nPublished: 2031-02-11\n\n"
        "[1] Envoy: Suvia to meet Norland once it lifts blockade, only with Keth in chair\n[3] Suvia's special envoy"
    )
    assert "Winter boots" not in message
    assert "Related news" not in message
    assert message.count("Envoy: Suvia to meet Norland") == 1


def test_the_system_names_every_key_every_value_and_every_target(rows: dict[str, list[Row]], read: Readings) -> None:
    (system,) = {row["messages"][0]["content"] for row in rows["chat"]}
    form = json.loads((SCHEMA / "prediction.schema.json").read_text(encoding="utf-8"))["$defs"]
    for name in ("statement", "condition", "mention", "quote"):
        assert all(f'"{key}"' in system for key in form[name]["properties"]), name
    assert all(f'"{key}"' in system for key in form["statement"]["properties"]["target"]["properties"])
    for name in ("stance", "force", "attribution", "condition_role", "date_basis"):
        assert read.context.vocabularies.table(name) in system
    for target in read.context.targets.values():
        assert (f"| `{target.id}` |" in system) == (target.use != "root")
        assert (target.definition in system) == (target.use != "root")


@pytest.mark.parametrize("name", ["minimal", "other_domain"])
def test_the_system_of_another_scheme_names_its_keys_and_values_and_none_of_ours(name: str) -> None:
    workspace = open_workspace(REPO / "tests" / name)
    system = system_message(workspace.scheme, workspace.store.targets().targets)
    form = quoted_schema(workspace.scheme, "prediction")["$defs"]
    assert all(f'"{key}"' in system for key in form["statement"]["properties"])
    for field in workspace.scheme.fields:
        if field.kind == "vocabulary":
            assert workspace.scheme.vocabularies.table(str(field.vocabulary)) in system
    assert ("condition" in system) == workspace.scheme.has_conditions
    assert not any(word in system for word in ("attribution", "via", "parties", "obligors"))


def test_words_that_stand_more_than_once_say_which_is_meant() -> None:
    condition = Condition(
        id="hard/s1/c1",
        spans=(span_at(HARD, "if the talks help"),),
        role="if",
        fields={"kind": "talks", "alternative": 1},
    )
    rows = hard_rows(
        HARD,
        [(0, len(HARD), "body")],
        {
            "content": (span_at(HARD, "he will meet them"),),
            "cue": span_at(HARD, "said", 2),
            "speaker": Mention(entity="he", span=span_at(HARD, "he said")),
            "target": Target(id="talks", span=span_at(HARD, "talks", 2)),
            "conditions": (condition,),
        },
    )
    (statement,) = answer_of(rows["chat"][0])["statements"]
    assert statement["content"] == ["he will meet them"]
    assert statement["cue"] == {"quote": "said", "line": 2}
    assert statement["speaker"]["mention"] == {"quote": "he said", "line": 1}
    assert statement["target"]["mention"] == {"quote": "talks", "line": 1, "occurrence": 3}
    assert statement["conditions"][0]["spans"] == ["if the talks help"]
