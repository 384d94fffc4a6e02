"""What annotators choose from is the probable part of the registries: short, the most probable first, none outdated."""

import json
from typing import Any

import pytest
from msgspec.structs import replace

from stancebank.annotate.decode.document import from_task
from stancebank.annotate.decode.items import Answer
from stancebank.annotate.decode.sources import NameFinder, by_words
from stancebank.annotate.lists import MOST, Lists, find_names, make_lists, spell, stale_lists
from stancebank.corpus.store import Store
from stancebank.model import Document, Entity
from tests.annotate.effort import TEXT, article
from tests.annotate.tasks import INTERFACE, shown, submitted
from tests.annotate.test_linking import Sheet
from tests.conftest import OWN_SCHEMA, TOY

MANY = 1000


def lists_of(*people: Entity, documents: tuple[Document, ...] = ()) -> Lists:
    """The lists of the small workspace with more people in it."""
    store = Store(TOY, OWN_SCHEMA.name)
    entities = store.entities()
    return make_lists(replace(entities, entities=(*entities.entities, *people)), store.targets(), documents, INTERFACE)


def crowd(number: int = MANY) -> list[Entity]:
    return [Entity(id=f"deputy-{place:04}", name=f"Deputy Olm {place:04}", kind="person") for place in range(number)]


def aliases(data: dict[str, Any], key: str = "entities") -> list[str]:
    return [each["alias"] for each in data[key] if not each["alias"].startswith("new-")]


def test_a_task_does_not_grow_with_the_registries() -> None:
    small, large = (len(json.dumps(lists_of(*crowd(number)).of(TEXT))) for number in (MANY, 10 * MANY))
    assert small == large
    assert small < 12_000


def test_what_the_article_mentions_is_in_its_lists_and_comes_first() -> None:
    far = Entity(id="zed-orrin", name="Zed Orrin", aliases=("the Warden of Quay",), kind="person")
    text = f"{TEXT}\nThe Warden of Quay left."
    data = lists_of(*crowd(), far).of(text)
    assert len(aliases(data)) == MOST
    first = aliases(data)[: len(find_names(text, spell(data["names"])))]
    assert "zed-orrin" in first
    assert {"ilse-marrow", "norland", "suvia", "tor-aven"} <= set(first)
    assert not [each for each in first if each.startswith("deputy")]
    assert data["names"]["zed-orrin"] == ["Zed Orrin", "the Warden of Quay"]
    assert data["names"].keys() == {"zed-orrin", *lists_of().mentioned(TEXT)} & set(aliases(data))  # of no other one


def test_an_article_that_mentions_more_than_a_list_holds_has_them_all() -> None:
    people = crowd(3 * MOST)
    data = lists_of(*people).of(" and ".join(each.name for each in people))
    assert {each.id for each in people} <= set(aliases(data))


def test_what_is_used_most_fills_a_list_up() -> None:
    store = Store(TOY, OWN_SCHEMA.name)
    gold = store.gold("norland-post-2031-02-11-envoy")
    assert gold is not None
    used = {name for each in gold.statements for _, name in INTERFACE.controls.scheme.entities(each)}
    found = aliases(lists_of(*crowd(), documents=(gold,)).of("Nobody is named here."))
    assert set(found[: len(used)]) == used


def test_what_a_pre_annotation_names_is_in_the_list() -> None:
    people = crowd()
    data = lists_of(*people).of(TEXT, {"deputy-0999"})
    assert "deputy-0999" in aliases(data)[:20]


@pytest.mark.parametrize(
    ("name", "text", "count"),
    [
        ("Norland", "Norland and the Norlandic envoy; nonnorland.", 2),
        ("UN", "The UN said it is unlikely. UNO.", 1),
        ("U.S.", "In the U.S. senate", 1),
        ("İlkin", "said İlkin and ilkin", 1),
        ("Straße", "STRASSE", 1),
        ("Ilse Marrow", "Ilse\u00a0Marrow, Ilse\u00adMarrow", 1),
        ("北国", "昨日北国政府", 1),
        ("نورلند", "و نورلند، ونورلند", 2),
        ("...", "x", 0),
    ],
)
def test_a_name_is_found_where_a_word_begins_in_any_script(name: str, text: str, count: int) -> None:
    assert find_names(text, spell({"x": [name]}))["x"] == count


def test_names_that_several_share_are_told_apart() -> None:
    twins = [Entity(id=f"pell-{place}", name="A. Pell", kind="person") for place in (1, 2)]
    shown_names = [each["value"] for each in lists_of(*twins).of("A. Pell")["entities"]]
    assert {"A. Pell (pell-1)", "A. Pell (pell-2)"} <= set(shown_names)
    assert len(shown_names) == len(set(shown_names))


def test_only_entries_that_are_outdated_or_missing_make_a_list_stale() -> None:
    people = crowd()
    before = lists_of(*people)
    data = {"text": TEXT, **before.of(TEXT)}
    store = Store(TOY, OWN_SCHEMA.name)
    gold = store.gold("norland-post-2031-02-11-envoy")
    assert gold is not None
    assert stale_lists(data, before) == []
    assert stale_lists(data, lists_of(*people, Entity(id="new-hand", name="New Hand", kind="person"))) == []
    used = replace(gold.statements[0], speaker=replace(gold.statements[0].speaker, entity="deputy-0999"))
    others = lists_of(*people, documents=(replace(gold, statements=(used,)),))
    assert aliases(others.of(TEXT)) != aliases(data)
    assert stale_lists(data, others) == []  # another one fills it up
    mentioned = Entity(id="new-hand", name="the envoy's aide", aliases=("Tor Aven said",), kind="person")
    assert stale_lists(data, lists_of(*people, mentioned)) == ["entities", "names", "speakers"]
    renamed = [replace(people[0], name="Deputy Olm, retired"), *people[1:]]
    assert stale_lists(data, lists_of(*renamed)) == ["entities"]
    assert stale_lists(data, lists_of(*people[1:])) == ["entities"]
    older = data | {"names": {name: before.names[name] for name in aliases(data)}}  # of all that are in the list
    assert stale_lists(older, before) == []
    assert stale_lists(older, lists_of(*renamed)) == ["entities", "names"]
    assert stale_lists(data | {"names": {}}, before) == ["names"]
    assert stale_lists(data | {"entities": "none"}, before) == ["entities"]
    less = data | {"entities": [each for each in data["entities"] if each["alias"] != "new-3"]}
    assert stale_lists(less, before) == ["entities"]


def test_a_new_name_that_the_registry_has_is_no_new_one() -> None:
    sheet = Sheet().content("c", "We   are patient", entity="new-1", target_id="new-1")
    for question, line in (("new_entities", "Orla  VANE"), ("new_targets", "Dredge the river")):
        item = {"id": question, "from_name": question, "to_name": "text", "type": "textarea", "value": {"text": [line]}}
        sheet.result.append(item)
    task = submitted(shown(article(), TEXT), sheet.result)
    scheme = INTERFACE.controls.scheme
    (without,) = from_task(task, scheme).readings
    assert {each.id for each in without.proposals} == {"orla-vane", "dredge-the-river"}
    registries = {
        "entities": by_words({"vane": ["Orla Vane"]}),
        "targets": by_words({"dredging": ["dredge the river"]}),
    }
    (reading,) = from_task(task, scheme, None, None, registries).readings
    assert reading.proposals == ()
    assert reading.document is not None
    (statement,) = reading.document.statements
    assert (statement.speaker.entity, statement.target.id) == ("vane", "dredging")


def test_a_new_name_is_that_of_an_entity_in_the_list_that_the_article_does_not_mention() -> None:
    far = Entity(id="zed-orrin", name="Zed Orrin", aliases=("the Warden of Quay",), kind="person")
    question = next(each.question for each in INTERFACE.questions if each.question.registry == "entities")
    data = lists_of(far).of(TEXT)
    assert "zed-orrin" in aliases(data)
    assert "zed-orrin" not in data["names"]
    for called in ("zed orrin", "The Warden of Quay"):
        answer = Answer(0, "new_entities", (called,))
        found = NameFinder(data, {"new_entities": answer}, {}).resolve(question, "new-1")
        assert found == ("zed-orrin", 0)
