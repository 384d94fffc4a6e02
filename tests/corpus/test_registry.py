"""Registries that live: entries are added, merged and renamed, and no id is lost."""

from collections.abc import Callable
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.conftest import OWN_SCHEMA

from stancebank.corpus.registry import current_ids, follow, resolve_document
from stancebank.corpus.registry_changes import (
    RegistryChange,
    add_entity,
    add_target,
    look_up,
    merge_entities,
    merge_targets,
    rename,
    rewrite,
)
from stancebank.errors import InputError
from stancebank.model import (
    Condition,
    Document,
    Entity,
    EntityRegistry,
    Fields,
    FieldValue,
    Mention,
    Role,
    Span,
    Statement,
    Target,
    TargetEntry,
    TargetRegistry,
)
from stancebank.schema.fields import Level, load_scheme
from stancebank.text import fold

SCHEME = load_scheme(OWN_SCHEMA)
SPAN = Span(begin=0, end=1, fingerprint="0" * 16)


def person(name: str, *aliases: str, **more: Any) -> Entity:
    return Entity(id=name.lower().replace(" ", "-"), name=name, aliases=aliases, kind="person", **more)


def state(name: str, **more: Any) -> Entity:
    return Entity(id=name.lower(), name=name, kind="state", **more)


def entities(*each: Entity, **redirects: str) -> EntityRegistry:
    redirected = {old.replace("_", "-"): new for old, new in redirects.items()}
    return EntityRegistry(schema_version=OWN_SCHEMA.name, entities=each, redirects=redirected)


def act(name: str, use: str = "both", parent: str | None = None) -> TargetEntry:
    return TargetEntry(id=name, name=name, definition=f"To {name}.", use=use, parent=parent)


def targets(*each: TargetEntry) -> TargetRegistry:
    return TargetRegistry(schema_version=OWN_SCHEMA.name, targets=each)


def fields(level: Level, **values: FieldValue | None) -> Fields:
    return SCHEME.without_defaults(level, values)


def document(speaker: str = "orla", *parties: str, target: str = "talk", kind: str | None = None) -> Document:
    statement = Statement(
        id="a/s1",
        content=(SPAN,),
        speaker=Mention(entity=speaker, span=SPAN),
        target=Target(id=target, fields=fields("target", parties=parties, mediators=parties, agents=parties)),
        conditions=(
            Condition(id="a/s1/c1", spans=(SPAN,), role="if", fields=fields("condition", kind=kind, obligors=parties)),
        ),
        fields=fields(
            "statement", via=(Mention(entity=speaker), Mention(entity="orla")), attribution="direct", stance="open"
        ),
    )
    return Document(
        schema_version=OWN_SCHEMA.name,
        guideline_version="1.0",
        article_id="a",
        text_sha256="0" * 64,
        annotator="reader-1",
        origin="human",
        created_at="2031-01-01T00:00:00Z",
        updated_at="2031-01-01T00:00:00Z",
        statements=(statement,),
    )


def entity_of(change: RegistryChange, name: str) -> Entity:
    assert isinstance(change.registry, EntityRegistry)
    return next(each for each in change.registry.entities if each.id == name)


def target_of(change: RegistryChange, name: str) -> TargetEntry:
    assert isinstance(change.registry, TargetRegistry)
    return next(each for each in change.registry.targets if each.id == name)


NORLAND, SUVIA = state("Norland"), state("Suvia")


def test_a_merge_unites_names_and_roles_and_keeps_the_name_of_the_survivor() -> None:
    envoy, minister = Role(title="envoy", begin="2030"), Role(title="minister")
    old = person("Ilse Marow", "Marow", "MARROW", roles=(envoy, minister), wikidata="Q7")
    new = person("Ilse Marrow", "Marrow", roles=(minister,))
    change = merge_entities(entities(old, new), old.id, new.id)
    assert entity_of(change, new.id) == person(
        "Ilse Marrow", "Marrow", "Ilse Marow", "Marow", roles=(minister, envoy), wikidata="Q7"
    )
    assert [each.id for each in change.registry.entities] == [new.id]  # type: ignore[union-attr]
    assert change.registry.redirects == {old.id: new.id}


def test_a_merge_rewrites_references_inside_the_registry() -> None:
    army = Entity(id="army", name="army", kind="organisation", part_of="nordland")
    general = person("Ada Bolt", affiliation="nordland")
    change = merge_entities(entities(general, army, NORLAND, state("Nordland")), "nordland", "norland")
    assert entity_of(change, "army").part_of == "norland"
    assert entity_of(change, "ada-bolt").affiliation == "norland"


@pytest.mark.parametrize(("old", "new"), [("cabinet", "government"), ("government", "cabinet")])
def test_a_part_and_its_whole_can_be_merged_either_way(old: str, new: str) -> None:
    whole = Entity(id="government", name="government", kind="government", part_of="norland")
    part = Entity(id="cabinet", name="cabinet", kind="government", part_of="government")
    change = merge_entities(entities(part, whole, NORLAND), old, new)
    assert entity_of(change, new).part_of == "norland"


def test_a_merge_that_would_make_an_entity_part_of_itself_is_refused_or_loses_the_tie() -> None:
    outer = Entity(id="outer", name="outer", kind="group")
    middle = Entity(id="middle", name="middle", kind="group", part_of="outer")
    inner = Entity(id="inner", name="inner", kind="group", part_of="middle")
    registry = entities(inner, middle, outer)
    with pytest.raises(InputError, match="merge 'inner' into 'outer' instead"):
        merge_entities(registry, "outer", "inner")
    assert entity_of(merge_entities(registry, "inner", "outer"), "outer").part_of is None


@pytest.mark.parametrize(
    "other", [Entity(id="two", name="Two", kind="group"), Entity(id="two", name="Two", kind="person", wikidata="Q2")]
)
def test_what_does_not_look_like_one_is_merged_only_by_force(other: Entity) -> None:
    registry = entities(Entity(id="one", name="One", kind="person", wikidata="Q1"), other)
    with pytest.raises(InputError, match="--force"):
        merge_entities(registry, "two", "one")
    merged = merge_entities(registry, "two", "one", force=True)
    assert entity_of(merged, "one").aliases == ("Two",)
    assert any("gives way" in note for note in merged.notes)


def test_what_a_merge_gives_up_is_said() -> None:
    registry = entities(
        person("Ada Bolt", affiliation="norland"), person("Ada Bolte", affiliation="suvia"), NORLAND, SUVIA
    )
    change = merge_entities(registry, "ada-bolte", "ada-bolt")
    assert entity_of(change, "ada-bolt").affiliation == "norland"
    assert "affiliation of 'ada-bolte', suvia, is given up" in change.notes


def test_merged_targets_may_stand_for_what_either_did() -> None:
    registry = targets(act("meet", "target", "talk"), act("sit-down", "condition", "meet"), act("talk"))
    change = merge_targets(registry, "meet", "sit-down")
    assert target_of(change, "sit-down").use == "both"
    assert target_of(change, "sit-down").parent is None
    assert target_of(merge_targets(registry, "sit-down", "meet"), "meet").parent == "talk"


def test_a_root_and_what_is_none_are_merged_only_by_force() -> None:
    registry = targets(act("force", "root"), act("war"))
    with pytest.raises(InputError, match="--force"):
        merge_targets(registry, "war", "force")
    assert target_of(merge_targets(registry, "war", "force", force=True), "force").use == "both"


def test_a_target_below_another_cannot_swallow_it_by_way_of_others() -> None:
    registry = targets(act("a"), act("b", parent="a"), act("c", parent="b"))
    with pytest.raises(InputError, match="be above itself"):
        merge_targets(registry, "a", "c")


def test_every_reference_of_a_document_is_rewritten_and_nobody_is_named_twice() -> None:
    change = merge_entities(entities(person("Old"), person("Orla")), "old", "orla")
    before = {"one": document("old", "old", "orla"), "two": document("orla")}
    after = rewrite(before, change, SCHEME, "2032-01-01T00:00:00Z")
    assert set(after) == {"one"}
    assert {name for _, name in SCHEME.entities(after["one"].statements[0])} == {"orla"}
    assert after["one"].statements[0].target.fields["parties"] == ("orla",)
    assert after["one"].statements[0].conditions[0].fields["obligors"] == ("orla",)
    assert after["one"].statements[0].fields["via"] == (Mention(entity="orla"),)
    assert after["one"].statements[0].speaker == Mention(entity="orla", span=SPAN)
    assert after["one"].updated_at == "2032-01-01T00:00:00Z"
    assert after["one"].created_at == before["one"].created_at


def test_targets_and_kinds_are_rewritten_and_an_entity_of_the_same_id_is_left_alone() -> None:
    change = rename(targets(act("talk"), act("war")), "talk", "converse")
    after = rewrite({"one": document("talk", "talk", kind="talk")}, change, SCHEME, "2032-01-01T00:00:00Z")[
        "one"
    ].statements[0]
    assert (after.target.id, after.conditions[0].fields["kind"]) == ("converse", "converse")
    assert (after.speaker.entity, after.target.fields["parties"]) == ("talk", ("talk",))


def test_chains_of_redirects_are_flattened_when_written() -> None:
    registry = entities(person("A"), person("B"), person("C"), zed="yan", yan="a")
    first = merge_entities(registry, "a", "b")
    assert first.registry.redirects == {"zed": "b", "yan": "b", "a": "b"}
    second = rename(first.registry, "b", "d")
    assert second.registry.redirects == dict.fromkeys(("zed", "yan", "a", "b"), "d")
    assert set(rewrite({n: document(n) for n in ("zed", "a", "b", "c")}, second, SCHEME, "now")) == {"zed", "a", "b"}


@pytest.mark.parametrize("make", [merge_entities, rename])
def test_a_change_that_is_made_already_only_looks_for_references_that_are_left(
    make: Callable[..., RegistryChange],
) -> None:
    registry = entities(person("Orla", affiliation="old-land"), state("Land"), old="orla", old_land="land")
    change = make(registry, "old", "orla")
    assert change.registry == registry
    assert rewrite({"late": document("old")}, change, SCHEME, "now")["late"].statements[0].speaker.entity == "orla"
    assert entity_of(make(registry, "old-land", "land"), "orla").affiliation == "land"


@pytest.mark.parametrize("name", ["orla", "gone", "Orla", "o--a", "", "-o", "o" * 81, "o\n"])
def test_an_id_that_was_ever_given_out_or_is_none_is_refused(name: str) -> None:
    registry = entities(person("Orla"), person("Ada"), gone="orla")
    with pytest.raises(InputError):
        rename(registry, "ada", name)
    with pytest.raises(InputError):
        add_entity(registry, Entity(id=name, name="New", kind="person"))


def test_no_target_takes_the_word_for_what_is_not_named() -> None:
    with pytest.raises(InputError, match="unspecified"):
        add_target(targets(act("talk")), act("unspecified"))


def test_a_redirected_id_is_neither_merged_nor_renamed_again() -> None:
    registry = entities(person("Orla"), person("Ada"), gone="orla")
    for make in (merge_entities, rename):
        with pytest.raises(InputError, match="'gone' is now 'orla'"):
            make(registry, "gone", "ada")
    with pytest.raises(InputError, match="'gone' is now 'orla'"):
        merge_entities(registry, "ada", "gone")


def test_an_unknown_id_is_answered_with_a_likely_one() -> None:
    with pytest.raises(InputError, match="Did you mean 'orla'"):
        merge_entities(entities(person("Orla"), person("Ada")), "orlo", "ada")
    with pytest.raises(InputError, match="into itself"):
        merge_entities(entities(person("Orla")), "orla", "orla")


@pytest.mark.parametrize("redirects", [{"a": "nobody"}, {"a": "b", "b": "a"}, {"orla": "ada"}])
def test_nothing_is_built_on_faulty_redirects(redirects: dict[str, str]) -> None:
    registry = entities(person("Orla"), person("Ada"), **redirects)
    with pytest.raises(InputError, match="stancebank check"):
        rename(registry, "ada", "eda")
    with pytest.raises(InputError, match="stancebank check"):
        rename(entities(person("Ada"), person("Ada")), "ada", "eda")


def test_a_name_that_another_entity_bears_is_refused() -> None:
    with pytest.raises(InputError, match="already a name of 'orla'"):
        add_entity(entities(person("Orla", "Or-La")), person("New", "OR–LA"))


def test_a_new_entry_is_put_in_order_and_tied_to_present_ids() -> None:
    registry = add_entity(entities(NORLAND, SUVIA, nor="norland"), person("Orla", affiliation="nor"))
    assert [each.id for each in registry.entities] == ["norland", "orla", "suvia"]
    assert registry.entities[1].affiliation == "norland"
    with pytest.raises(InputError, match="Did you mean 'suvia'"):
        add_entity(registry, person("Ada", affiliation="suvi"))
    assert add_target(targets(act("talk")), act("meet", parent="talk")).targets[0].id == "meet"


def test_what_refers_to_an_entry_is_counted_by_its_place() -> None:
    registry = entities(person("Orla", affiliation="nor"), NORLAND, state("Isle", part_of="nor"), nor="norland")
    shown = look_up(registry, "nor", [document("orla", "nor", "isle"), document("isle")], SCHEME)
    assert (shown.entry.id, shown.former, shown.below, shown.members) == ("norland", ("nor",), ("isle",), ("orla",))
    assert [use.counts for use in shown.uses] == [{"agents": 1, "mediators": 1, "obligors": 1, "parties": 1}]
    assert look_up(registry, "isle", [], SCHEME).above == ("norland",)
    speaker = look_up(registry, "orla", [document("orla")], SCHEME).uses[0]
    assert (speaker.article_id, speaker.annotator, speaker.counts) == ("a", "reader-1", {"speaker": 1, "via": 2})
    kinds = look_up(targets(act("talk"), act("war")), "talk", [document(kind="talk"), document(target="war")], SCHEME)
    assert [use.counts for use in kinds.uses] == [{"kind": 1, "target": 1}]


def test_a_document_without_moved_ids_is_the_same_object() -> None:
    same = document("orla")
    assert resolve_document(same, SCHEME, {"gone": "orla"}, {}) is same


IDS = st.sampled_from("abcdef")


@pytest.mark.slow
@given(st.dictionaries(IDS, IDS), st.frozensets(IDS))
def test_following_redirects_always_ends_at_an_entry_or_nowhere(
    redirects: dict[str, str], live: frozenset[str]
) -> None:
    for name in "abcdef":
        found = follow(name, redirects, live)
        assert found is None or found in live
        assert (found == name) == (name in live)


@pytest.mark.slow
@given(st.lists(st.tuples(st.sampled_from(["merge", "rename"]), IDS, st.sampled_from("abcdefghi")), max_size=8))
def test_whatever_is_merged_and_renamed_every_old_id_leads_straight_to_an_entry(
    steps: list[tuple[str, str, str]],
) -> None:
    registry = entities(*(person(name.upper() * 2, affiliation=None) for name in "abc"))
    registry = msgspec.structs.replace(
        registry,
        entities=tuple(
            msgspec.structs.replace(each, id=name, part_of=above)
            for each, name, above in zip(registry.entities, "abc", (None, "a", "b"), strict=True)
        ),
    )
    ever, names = {"a", "b", "c"}, {fold(each.name) for each in registry.entities}
    for what, old, new in steps:
        try:
            change = (merge_entities if what == "merge" else rename)(registry, old, new)
        except InputError:
            continue
        assert isinstance(change.registry, EntityRegistry)
        registry = change.registry
        ever.add(new)
        live = {each.id for each in registry.entities}
        assert live | set(registry.redirects) == ever
        assert live.isdisjoint(registry.redirects)
        assert set(registry.redirects.values()) <= live
        assert current_ids(registry) == registry.redirects
        assert all(
            each.part_of is None or (each.part_of in live and each.part_of != each.id) for each in registry.entities
        )
        assert {fold(name) for each in registry.entities for name in (each.name, *each.aliases)} == names
