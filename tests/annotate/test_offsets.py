"""Offsets in other units are told by the words that come with them, mended, and reported; nothing is guessed."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, assume, given, settings

from stancebank.corpus.language import tidy
from stancebank.model import Article, Document
from tests.annotate.tasks import read, submitted, task_of
from tests.annotate.test_conversion import marked, require_conserved
from tests.conftest import OWN_SCHEMA, SWEEP
from tests.strategies import article_of, readings, span_of

SOME = settings(max_examples=60 if SWEEP else 25, deadline=None, suppress_health_check=list(HealthCheck))

Unit = Callable[[str, int], int]


def utf16(text: str, offset: int) -> int:
    return len(text[:offset].encode("utf-16-le")) // 2


def with_returns(text: str, offset: int) -> int:
    return len(text[:offset].replace("\n", "\r\n"))


def utf16_with_returns(text: str, offset: int) -> int:
    return utf16(text[:offset].replace("\n", "\r\n"), with_returns(text, offset))


def in_unit(task: dict[str, Any], unit: Unit, line_end: str) -> dict[str, Any]:
    """The task as an export with other offsets and line ends has it."""
    text = task["data"]["text"]
    changed: dict[str, Any] = json.loads(json.dumps(task))
    changed["data"]["text"] = text.replace("\n", line_end)
    for item in changed["annotations"][0]["result"]:
        value = item.get("value", {})
        if "start" in value:
            value["start"], value["end"] = unit(text, value["start"]), unit(text, value["end"])
            if isinstance(value.get("text"), str):
                value["text"] = value["text"].replace("\n", line_end)
    return changed


@pytest.mark.slow
@pytest.mark.parametrize(
    ("unit", "line_end"), [(utf16, "\n"), (with_returns, "\r\n"), (utf16_with_returns, "\r\n"), (with_returns, "\n")]
)
def test_a_reading_in_another_unit_comes_back_equal_and_the_repair_is_reported(unit: Unit, line_end: str) -> None:
    @SOME
    @given(readings())
    def comes_back(reading: tuple[Article, str, Document]) -> None:
        article, text, document = reading
        assume(document.statements)
        task = task_of(article, text, document)
        changed = in_unit(task, unit, line_end)
        found = read(changed)
        assert found.rejected == ()
        assert [marked(each) for each in found.documents] == [marked(document)]
        moved = [
            item["id"]
            for item, other in zip(task["annotations"][0]["result"], changed["annotations"][0]["result"], strict=True)
            if item["type"] == "labels" and item["value"]["start"] != other["value"]["start"]
        ]
        assert set(moved) <= {region for region, _ in found.readings[0].repaired}
        require_conserved(changed, found)

    comes_back()


def one_region(text: str, begin: int, end: int, words: str, origin: str = "manual") -> dict[str, Any]:
    article = article_of(text)
    document = Document(
        schema_version=OWN_SCHEMA.name,
        guideline_version="1.0",
        article_id=article.id,
        annotator="a",
        text_sha256=article.text_sha256,
        origin="human",
        created_at="",
        updated_at="",
        nothing_to_annotate=True,
        statements=(),
    )
    task = task_of(article, text, document)
    base = {"id": "r", "to_name": "text", "origin": origin}
    value = {"start": begin, "end": end, "text": words}
    result = [
        {**base, "from_name": "span", "type": "labels", "value": {**value, "labels": ["content"]}},
        {**base, "from_name": "stance", "type": "choices", "value": {**value, "choices": ["offer"]}},
        {**base, "from_name": "target_id", "type": "taxonomy", "value": {**value, "taxonomy": [["talks"]]}},
        {**base, "from_name": "entity", "type": "taxonomy", "value": {**value, "taxonomy": [["suvia"]]}},
    ]
    return submitted(task, result)


def test_words_that_could_stand_in_two_places_are_rejected_and_not_guessed() -> None:
    text = "😀 no no no no no\nThe end"
    task = one_region(text, 3, 5, "no")
    (item, *_) = task["annotations"][0]["result"]
    item["value"]["start"], item["value"]["end"] = 3, 5  # UTF-16: the first no; code points: nothing of the kind
    assert read(task).documents[0].statements[0].content == (span_of(text, 2, 4),)
    more = json.loads(json.dumps(task))
    region = {**item, "id": "q", "value": {"start": 5, "end": 7, "text": "no", "labels": ["content"]}}
    more["annotations"][0]["result"] += [region]  # code points alone: so the two do not agree on a unit
    more["annotations"][0]["result"] += [
        {**region, "id": "p", "value": {"start": 0, "end": 3, "text": "nay", "labels": ["content"]}}
    ]
    found = read(more)
    assert "p" in [each.region for each in found.rejected]
    require_conserved(more, found)


def test_offsets_into_nowhere_are_rejected() -> None:
    found = read(one_region("Norland said no\nThe end", 400, 409, "elsewhere"))
    assert found.documents == ()
    assert "mark it again" in found.rejected[0].hint


@pytest.mark.parametrize(
    ("drawn", "meant"),
    [
        ("Lenk said [that Suvia would stay in the treaty.]", "Suvia would stay in the treaty"),
        ("[ “We will talk,” ]she said.", "We will talk"),
        ("“[We will talk,” ]she said.", "We will talk"),
        (
            "Lenk said [a visit would be “early” and “a gift to Aven.”]",
            "a visit would be “early” and “a gift to Aven.”",
        ),
        ("Lenk said [a visit would be “a gift to Aven”.]", "a visit would be “a gift to Aven”"),
        ("Keth asked [the U.S.] to wait", "the U.S."),
        ("They will meet[ «soon», ]he said", "soon"),
        ("Norland said [cafe\u0301] is closed", "cafe\u0301"),
        ("Norland said [, .] nothing", ""),
    ],
)
def test_a_drag_is_tidied_as_the_guidelines_ask(drawn: str, meant: str) -> None:
    begin, end = drawn.index("["), drawn.index("]") - 1
    text = drawn.replace("[", "").replace("]", "")
    begin, end = tidy(text, begin, end, content=True)
    assert text[begin:end] == meant


def test_a_drag_that_cuts_an_accent_or_an_emoji_takes_it_whole() -> None:
    text = "No x̱en, said 👨‍👩‍👧 Keth"
    begin = text.index("x") + 1
    assert text[slice(*tidy(text, begin, text.index(","), content=False))] == "x̱en"
    begin = text.index("\u200d") + 1
    assert text[slice(*tidy(text, begin, len(text), content=False))] == "👨‍👩‍👧 Keth"


def test_only_what_a_hand_drew_is_tidied() -> None:
    text = "“We will talk,” she said.\nThe end"
    words = "“We will talk,”"
    assert read(one_region(text, 0, 15, words)).documents[0].statements[0].content == (span_of(text, 1, 13),)
    kept = read(one_region(text, 0, 15, words, origin="prediction"))
    assert kept.documents[0].statements[0].content == (span_of(text, 0, 15),)
    assert kept.readings[0].repaired == ()


def test_a_content_over_two_paragraphs_becomes_two_spans() -> None:
    text = "We will talk\n\nif they leave\nThe end"
    found = read(one_region(text, 0, 27, "We will talk\n\nif they leave"))
    assert found.documents[0].statements[0].content == (span_of(text, 0, 12), span_of(text, 14, 27))
    assert "cut at 1 line ends" in found.readings[0].repaired[0][1]
