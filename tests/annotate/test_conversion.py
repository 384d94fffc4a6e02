"""The round trip from documents to tasks and back, and the conservation law: nothing is lost without a word."""

import json
from collections import Counter
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from stancebank.annotate.decode.document import AnnotationResult, Conversion
from stancebank.annotate.interface_settings import Interface
from stancebank.corpus.language import load_habits
from stancebank.corpus.store import Store
from stancebank.model import Article, Condition, Document, Span, Statement, Target, to_builtins
from stancebank.schema.fields import Scheme
from stancebank.text import normalise
from tests.annotate.tasks import INTERFACE, INTERFACES, SCHEME, count_raw, read, shown, submitted, task_of, value
from tests.conftest import OWN_SCHEMA, TOY
from tests.strategies import features, readings, wanted_features

PROVENANCE = ("annotator", "origin", "created_at", "updated_at", "label_studio", "gold", "retired")
SOME = settings(max_examples=120, deadline=None, suppress_health_check=list(HealthCheck))


def marked(document: Document) -> dict[str, Any]:
    """What annotators mark of a document."""
    return {key: value for key, value in to_builtins(document).items() if key not in PROVENANCE}


def resolve(found: Any, pointer: str, scheme: Scheme) -> Any:
    """What a JSON pointer leads to in a record; None where there is nothing."""
    for part in pointer.split("/")[1:]:
        if isinstance(found, tuple):
            found = found[int(part)] if int(part) < len(found) else None
        elif isinstance(found, Statement | Target | Condition) and not hasattr(found, part):
            found = value(found, part, scheme)
        else:
            is_key = isinstance(found, Document) and part == scheme.non_statements_key
            found = getattr(found, "non_statements" if is_key else part, None)
    return found


def require_conserved(task: dict[str, Any], found: Conversion, scheme: Scheme = SCHEME) -> None:
    """Hold the law: items in = placed + rejected, and what is placed is where the books say."""
    raw = count_raw(task)
    placed = sum(len(reading.placed) for reading in found.readings)
    rejected = [each for each in found.rejected if each.item is not None]
    assert placed + len(rejected) == raw["items"]
    regions = relations = 0
    for reading, annotation in zip(found.readings, task["annotations"], strict=True):
        for item in sorted({*reading.placed} | {each.item for each in reading.rejected if each.item is not None}):
            entry = annotation["result"][item]
            regions += isinstance(entry, dict) and entry.get("type") == "labels"
            relations += isinstance(entry, dict) and entry.get("type") == "relation"
        for item, pointers in reading.placed.items():
            entry = annotation["result"][item]
            for pointer in pointers:
                there = resolve(reading.document, pointer, scheme)
                assert there is not None or (pointer == "" and is_told(reading, entry)), (pointer, entry)
                if isinstance(there, Span) and entry["type"] == "labels":
                    words = entry["value"]["text"].replace("\r\n", "\n")
                    kept = normalise(task["data"]["text"])[there.begin : there.end]
                    assert kept in words or is_joined(kept, words)
    assert (regions, relations) == (raw["regions"], raw["relations"])
    for each in found.rejected:
        assert each.task == task["id"]
        assert each.reason.endswith(".")
        assert each.hint


def is_told(reading: AnnotationResult, entry: dict[str, Any]) -> bool:
    """Whether an item is no part of any document: a zone, or what went with a suggestion that was taken away."""
    gone = {name for name, why in reading.inferred if why.startswith("it goes with the suggestion")}
    names = {entry["from_id"], entry["to_id"]} if entry.get("type") == "relation" else {entry["id"]}
    return entry.get("from_name") == "zone" or names <= gone


def is_joined(kept: str, words: str) -> bool:
    """Whether words were kept with nothing but a connective before them."""
    habits = load_habits()
    joining = {word for each in (*habits.connectives, *habits.causes) for word in each.split()}
    place = next((place for place in range(len(kept)) if kept[place:] in words), len(kept))
    return place < len(kept) and set(kept[:place].lower().split()) <= joining


def require_equal(reading: tuple[Article, str, Document], interface: Interface = INTERFACE) -> dict[str, Any]:
    """Demand that a reading comes back equal, with nothing rejected, inferred or repaired; return its task."""
    article, text, document = reading
    task = task_of(article, text, document, interface)
    found = read(task, scheme=interface.controls.scheme)
    assert found.rejected == ()
    assert [marked(each) for each in found.documents] == [marked(document)]
    assert found.readings[0].inferred == ()
    assert found.readings[0].repaired == ()
    require_conserved(task, found, interface.controls.scheme)
    return task


@pytest.mark.slow
def test_every_reading_comes_back_equal_and_the_run_has_seen_every_feature() -> None:
    seen: Counter[str] = Counter()

    @settings(SOME, max_examples=600)
    @given(readings())
    def comes_back(reading: tuple[Article, str, Document]) -> None:
        require_equal(reading)
        seen.update(set(features(*reading[1:])))

    comes_back()
    assert sorted(wanted_features() - set(seen)) == []


@pytest.mark.parametrize("article_id", ["norland-post-2031-02-11-envoy", "suvia-courier-2031-02-12-minister"])
def test_gold_comes_back_equal(article_id: str) -> None:
    store = Store(TOY, OWN_SCHEMA.name)
    article, document = store.article(article_id), store.gold(article_id)
    text = store.text(article)
    assert text is not None
    assert document is not None
    task = task_of(article, text, document)
    found = read(task)
    assert found.rejected == ()
    assert [marked(each) for each in found.documents] == [marked(document)]
    require_conserved(task, found)


def test_an_article_without_a_statement_comes_back_as_one() -> None:
    store = Store(TOY, OWN_SCHEMA.name)
    article, document = store.article("keth-tribune-undated-harvest"), store.gold("keth-tribune-undated-harvest")
    text = store.text(article)
    assert text is not None
    assert document is not None
    assert document.nothing_to_annotate
    assert [marked(each) for each in read(task_of(article, text, document)).documents] == [marked(document)]


junk = st.recursive(
    st.none() | st.booleans() | st.integers(-2, 90) | st.text(max_size=4),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)


@st.composite
def damaged(draw: st.DrawFn) -> dict[str, Any]:
    """A task whose result was cut, doubled, shuffled, relabelled, moved or filled with other things."""
    article, text, document = draw(readings())
    task = task_of(article, text, document)
    result: list[Any] = task["annotations"][0]["result"]
    for _ in range(draw(st.integers(1, 4))):
        if not result:
            break
        place = draw(st.integers(0, len(result) - 1))
        entry = result[place]
        match draw(st.sampled_from(("cut", "double", "junk", "label", "move", "answer", "turn", "id"))):
            case "cut":
                del result[place]
            case "double":
                result.append(json.loads(json.dumps(entry)))
            case "junk":
                result.insert(place, draw(junk))
            case "label" if isinstance(entry, dict) and entry.get("type") == "labels":
                entry["value"]["labels"] = [draw(st.sampled_from(("content", "cue", "via", "more", "elsewhere")))]
            case "move" if isinstance(entry, dict) and "value" in entry and "start" in entry["value"]:
                entry["value"]["start"] += draw(st.integers(-3, 3))
            case "answer" if isinstance(entry, dict) and entry.get("type") == "choices":
                entry["value"]["choices"] = draw(st.lists(st.sampled_from(("offer", "if", "nonsense")), max_size=2))
            case "turn" if isinstance(entry, dict) and entry.get("type") == "relation":
                entry["from_id"], entry["to_id"] = entry["to_id"], entry["from_id"]
            case "id" if isinstance(entry, dict) and "id" in entry:
                entry["id"] = draw(st.sampled_from(("r0", "r1", "r0/cue", "zone-2", "nowhere")))
            case _:
                pass
    return task


@pytest.mark.slow
@SOME
@given(damaged())
def test_whatever_is_broken_each_item_is_in_a_document_or_rejected_with_its_reason(task: dict[str, Any]) -> None:
    require_conserved(task, read(task))


def test_a_task_whose_words_were_changed_is_rejected_item_by_item() -> None:
    task = toy_task()
    task["data"]["text"] = task["data"]["text"].replace("blockade", "siege")
    found = read(task)
    assert found.documents == ()
    assert "somebody has changed them" in found.rejected[0].reason
    require_conserved(task, found)


@pytest.mark.parametrize(("key", "reason"), [("schema_version", "made for schema None"), ("text", "has no text")])
def test_a_task_that_was_not_made_here_is_rejected(key: str, reason: str) -> None:
    task = toy_task()
    del task["data"][key]
    found = read(task)
    assert found.documents == ()
    assert reason in found.rejected[0].reason
    require_conserved(task | {"data": {"text": ""}}, found)


def test_a_skipped_annotation_makes_no_document_and_is_named() -> None:
    task = toy_task()
    task["annotations"][0]["was_cancelled"] = True
    found = read(task)
    assert (found.documents, found.rejected, found.cancelled) == ((), (), (5,))


def test_the_annotator_is_a_pseudonym_and_no_address_is_kept() -> None:
    task = toy_task()
    task["annotations"][0]["completed_by"] = {"id": 7, "email": "dora@example.com"}
    (document,) = read(task).documents
    assert document.annotator == "user-7"
    assert read(task, {7: "ann-3"}).documents[0].annotator == "ann-3"
    assert "example.com" not in json.dumps(to_builtins(document))
    assert to_builtins(document)["label_studio"] == {"project": 2, "task": 3, "annotation": 5}
    assert (document.created_at, document.updated_at) == ("2031-02-12T08:00:00Z", "2031-02-12T08:30:00Z")


def test_a_document_about_another_text_is_no_task() -> None:
    from stancebank.errors import InputError

    store = Store(TOY, OWN_SCHEMA.name)
    article, document = store.article("norland-post-2031-02-11-envoy"), store.gold("suvia-courier-2031-02-12-minister")
    text = store.text(article)
    assert text is not None
    assert document is not None
    with pytest.raises(InputError, match="about another text"):
        shown(article, text, document)


def test_the_core_profile_keeps_what_it_asks_for() -> None:
    store = Store(TOY, OWN_SCHEMA.name)
    article, document = store.article("norland-post-2031-02-11-envoy"), store.gold("norland-post-2031-02-11-envoy")
    text = store.text(article)
    assert text is not None
    assert document is not None
    task = task_of(article, text, document, INTERFACES["core"])
    (found,) = read(task).documents
    kept = [(value(each, "stance"), each.target.id, each.speaker, len(each.conditions)) for each in found.statements]
    assert kept == [
        (value(each, "stance"), each.target.id, each.speaker, len(each.conditions)) for each in document.statements
    ]
    assert found.non_statements == ()
    assert all(value(each, "cue") is None for each in found.statements)


def toy_task() -> dict[str, Any]:
    store = Store(TOY, OWN_SCHEMA.name)
    article, document = store.article("norland-post-2031-02-11-envoy"), store.gold("norland-post-2031-02-11-envoy")
    text = store.text(article)
    assert text is not None
    assert document is not None
    return submitted(*_with_result(task_of(article, text, document)))


def _with_result(task: dict[str, Any]) -> tuple[dict[str, Any], list[Any]]:
    return task, task["annotations"][0]["result"]


def test_a_condition_that_was_drawn_without_its_connective_takes_it_along_and_says_so() -> None:
    """What an annotator drew; what was shown and nobody touched stays as it is."""
    store = Store(TOY, OWN_SCHEMA.name)
    article, document = store.article("norland-post-2031-02-11-envoy"), store.gold("norland-post-2031-02-11-envoy")
    text = store.text(article)
    assert text is not None
    assert document is not None
    task = task_of(article, text, document)
    drawn = next(
        each
        for each in task["annotations"][0]["result"]
        if each["type"] == "labels" and each["value"]["text"] == "once it lifts the blockade of the river"
    )
    drawn["value"] |= {"start": drawn["value"]["start"] + len("once "), "text": drawn["value"]["text"][len("once ") :]}
    (shown_as_it_was,) = read(task).documents
    assert marked(shown_as_it_was) != marked(document)
    drawn["origin"] = "manual"
    found = read(task)
    assert [marked(each) for each in found.documents] == [marked(document)]
    assert [said for _, said in found.readings[0].inferred] == ["condition with “once” at its begin."]
    require_conserved(task, found)
