"""The law that nothing is lost holds for what the converter does, and finds a converter that breaks it."""

from dataclasses import replace
from typing import Any

import pytest

from stancebank.annotate.decode.document import Conversion
from stancebank.annotate.sync.audit import find_lost_items
from stancebank.corpus.store import Store
from tests.annotate.tasks import read, task_of
from tests.conftest import OWN_SCHEMA, TOY

NAMES = ["norland-post-2031-02-11-envoy", "suvia-courier-2031-02-12-minister"]


def gold_task(article_id: str) -> dict[str, Any]:
    store = Store(TOY, OWN_SCHEMA.name)
    article, document = store.article(article_id), store.gold(article_id)
    text = store.text(article)
    assert document is not None
    assert text is not None
    return task_of(article, text, document)


@pytest.mark.parametrize("article_id", NAMES)
def test_gold_is_conserved_and_so_is_what_is_rejected(article_id: str) -> None:
    task = gold_task(article_id)
    assert find_lost_items(task, read(task)) == []
    result = task["annotations"][0]["result"]
    result.remove(next(item for item in result if item["from_name"] == "stance"))
    result.append({"x": 1})
    found = read(task)
    assert found.rejected
    assert find_lost_items(task, found) == []


def with_reading(conversion: Conversion, **changes: Any) -> Conversion:
    return replace(conversion, readings=(replace(conversion.readings[0], **changes),))


def test_an_item_that_went_nowhere_or_is_not_where_the_books_say_is_a_loss() -> None:
    task = gold_task(NAMES[0])
    found = read(task)
    placed = dict(found.readings[0].placed)
    item = next(number for number, pointers in placed.items() if pointers != ("",))
    (loss,) = find_lost_items(task, with_reading(found, placed={k: v for k, v in placed.items() if k != item}))
    assert f"item {item} is neither placed nor rejected" in loss
    (loss,) = find_lost_items(task, with_reading(found, placed=placed | {item: ("/statements/99/cue",)}))
    assert "is not at /statements/99/cue" in loss
    (loss,) = find_lost_items(task, with_reading(found, placed=placed | {999: ("",)}))
    assert "does not exist" in loss
    assert find_lost_items(task, replace(found, readings=())) == ["an annotation has no reading"]
    assert find_lost_items({**task, "annotations": ["x"]}, found) == ["its annotations are no list of annotations"]
