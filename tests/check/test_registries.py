"""The registries: redirects are followed and lead somewhere; names that are likely one are pointed out."""

import json
from pathlib import Path
from typing import Any

import msgspec
import pytest
from tests.conftest import OWN_SCHEMA, REPO

from stancebank.check import check_workspace
from stancebank.check.corpus import alike, check_entities, check_targets
from stancebank.corpus.store import Store
from stancebank.model import Entity, EntityRegistry, TargetEntry, TargetRegistry
from stancebank.publish.gold import read_gold
from stancebank.publish.tables import make_rows
from stancebank.schema.vocabularies import load_vocabularies
from stancebank.workspace import Workspace

ENVOY = "norland-post-2031-02-11-envoy"


def actor(name: str, *names: str, kind: str = "person") -> Entity:
    return Entity(id=name, name=names[0], aliases=names[1:], kind=kind)


def edit(path: Path, **values: Any) -> None:
    path.write_text(json.dumps(json.loads(path.read_text()) | values))


def replace_words(path: Path, old: str, new: str) -> None:
    path.write_text(path.read_text().replace(f'"{old}"', f'"{new}"'))


PERSONS = load_vocabularies(OWN_SCHEMA).persons()

# names that are one: (of the first entity, of the second)
ONE = [
    (["Hosein Tarqavi"], ["Hossein Targhavi"]),
    (["Hosein Tarqavi", "Tarqavi"], ["Targhavi"]),
    (["Hosein Tarqavi", "Tarqavi"], ["Brigadier General Targhavi"]),
    (["Mohammad Zarrin"], ["Muhammed Zareen"]),
    (["Ruhan Husain"], ["Rouhan Hossein"]),
    (["Yevgeny Orlov"], ["Evgeni Orloff"]),
    (["Dmitri Zelenskij"], ["Dimitry Zelenskyy"]),
    (["Qadhaf"], ["Gaddaf"]),
    (["Jelena Bolt"], ["Yelena Bolt"]),
    (["Kon̈a Veltri"], ["Kona Veltri"]),
    (["Abdulla Nur"], ["Abdullah Noor"]),
]
TWO = [
    (["Hassan Tarqavi"], ["Hossein Tarqavi"]),
    (["Abas Musavi", "Musavi", "Mr Musavi"], ["Hosein Mousavi", "Mousavi", "Mr Mousavi"]),
    (["Mohammed Zarrin"], ["Mahmoud Zarrin"]),
    (["Kameni"], ["Komeni"]),
    (["Orlov"], ["Orlova"]),
    (["Julian Bolt"], ["Juliana Bolt"]),
    (["Ali"], ["Eli"]),
    (["Aven"], ["Ivan"]),
    (["Tarek Bolt"], ["Bolt Tarek"]),
]
TWO_STATES = [
    ("Iran", "Iraq"),
    ("Niger", "Nigeria"),
    ("Austria", "Australia"),
    ("Mali", "Malawi"),
    ("Guinea", "Guyana"),
]


@pytest.mark.parametrize(("one", "other"), ONE)
def test_transliterations_of_one_name_are_pointed_out(one: list[str], other: list[str]) -> None:
    for first, second in ((one, other), (other, one)):
        pairs = list(alike([actor("one", *first), actor("other", *second)], PERSONS))
        assert [(pair.place, pair.entity, pair.other) for pair in pairs] == [(1, "other", "one")]


@pytest.mark.parametrize(("one", "other"), TWO)
def test_names_of_two_persons_are_left_alone(one: list[str], other: list[str]) -> None:
    assert list(alike([actor("one", *one), actor("other", *other)], PERSONS)) == []


@pytest.mark.parametrize(("one", "other"), TWO_STATES)
def test_names_of_two_states_are_left_alone(one: str, other: str) -> None:
    assert list(alike([actor("one", one, kind="state"), actor("other", other, kind="state")], PERSONS)) == []


def test_actors_of_two_kinds_are_never_alike() -> None:
    assert list(alike([actor("one", "Tarqavi"), actor("other", "Targhavi", kind="group")], PERSONS)) == []


def test_a_title_counts_for_persons_only() -> None:
    organisations = [
        actor("one", "General Council", kind="organisation"),
        actor("other", "Council", kind="organisation"),
    ]
    assert list(alike(organisations, PERSONS)) == []


def test_which_kinds_are_persons_is_told_by_the_scheme() -> None:
    humans = [actor("one", "General Brill", kind="human"), actor("other", "Brill", kind="human")]
    assert [pair.other for pair in alike(humans, {"human"})] == ["one"]
    assert list(alike(humans, PERSONS)) == []


def test_words_written_together_are_alike() -> None:
    media = [actor("one", "Radio Essa", kind="media"), actor("other", "Radioessa", kind="media")]
    assert [(pair.entity, pair.other_name) for pair in alike(media, PERSONS)] == [("other", "Radio Essa")]


def test_a_name_that_two_share_is_an_error_and_not_said_twice() -> None:
    registry = EntityRegistry(
        schema_version=OWN_SCHEMA.name, entities=(actor("one", "Ada Bolt"), actor("other", "Ada BOLT"))
    )
    assert [finding.code for finding in check_entities(registry, set(), PERSONS)] == ["alias-shared"]


@pytest.mark.parametrize("root", [REPO, REPO / "tests" / "toy"], ids=["founding", "toy"])
def test_no_two_entities_of_the_corpora_are_alike(root: Path) -> None:
    assert list(alike(Store(root, OWN_SCHEMA.name).entities().entities, PERSONS)) == []


@pytest.mark.parametrize(
    ("redirects", "codes"),
    [
        ({"x": "one"}, []),
        ({"x": "y", "y": "one"}, []),
        ({"x": "nobody"}, ["redirect-unknown"]),
        ({"x": "x"}, ["redirect-circle"]),
        ({"x": "y", "y": "x"}, ["redirect-circle", "redirect-circle"]),
        ({"w": "x", "x": "x"}, ["redirect-unknown", "redirect-circle"]),
        ({"two": "one"}, ["redirect-live"]),
        ({"two": "nobody"}, ["redirect-live"]),
    ],
)
def test_a_redirect_leads_to_an_entry(redirects: dict[str, str], codes: list[str]) -> None:
    entities = (actor("one", "One"), actor("two", "Two"))
    registry = EntityRegistry(schema_version=OWN_SCHEMA.name, entities=entities, redirects=redirects)
    findings = list(check_entities(registry, set(), PERSONS))
    assert [finding.code for finding in findings] == codes
    assert all(finding.pointer.startswith("/redirects/") for finding in findings)
    acts = tuple(TargetEntry(id=name, name=name, definition=name, use="both") for name in ("one", "two"))
    findings = list(check_targets(TargetRegistry(schema_version=OWN_SCHEMA.name, targets=acts, redirects=redirects)))
    assert [finding.code for finding in findings] == codes


def test_entries_are_held_to_follow_redirects() -> None:
    one, two = (actor(name, name.title(), kind="group") for name in ("one", "two"))
    entities = (msgspec.structs.replace(one, part_of="two"), msgspec.structs.replace(two, part_of="uno"))
    registry = EntityRegistry(schema_version=OWN_SCHEMA.name, entities=entities, redirects={"uno": "one"})
    codes = [finding.code for finding in check_entities(registry, set(), PERSONS)]
    assert sorted(codes) == ["entity-circle", "entity-circle", "entity-redirected"]


@pytest.mark.slow
def test_a_document_that_names_a_redirected_id_is_warned_of_and_resolved(toy_workspace: Workspace) -> None:
    store, root = toy_workspace.store, toy_workspace.root
    before = published(toy_workspace)
    for name in store.document_names():
        replace_words(root / name, "suvia", "land-of-suvia")
        replace_words(root / name, "talks", "negotiations")
    replace_words(root / "corpus/entities.json", "suvia", "suvia-state")  # as part_of, affiliation, and as id
    path = root / "corpus/entities.json"
    path.write_text(path.read_text().replace('"id": "suvia-state"', '"id": "suvia"'))
    edit(root / "corpus/entities.json", redirects={"land-of-suvia": "suvia-state", "suvia-state": "suvia"})
    edit(root / "corpus/targets.json", redirects={"negotiations": "talks"})
    report = check_workspace(toy_workspace)
    assert {finding.code for finding in report.findings} == {"entity-redirected", "target-redirected"}
    assert report.errors == ()
    message = next(each.message for each in report.findings if "land-of-suvia" in each.message)
    assert "`stancebank corpus entity merge land-of-suvia suvia` rewrites it" in message
    assert published(toy_workspace) == before


def published(workspace: Workspace) -> dict[str, list[dict[str, Any]]]:
    read = read_gold(workspace, None)
    rows = make_rows(read.readings, read.context)
    return {name: rows[name] for name in ("statements", "conditions", "articles", "passages", "tokens", "chat")}


def test_statements_tied_by_same_as_may_name_their_speaker_by_two_ids(toy_workspace: Workspace) -> None:
    store = toy_workspace.store
    document = store.gold(ENVOY)
    assert document
    tied = next(each for each in document.statements if each.same_as)
    edit(toy_workspace.root / "corpus/entities.json", redirects={"former": tied.speaker.entity})
    speaker = msgspec.structs.replace(tied.speaker, entity="former")
    statements = [
        msgspec.structs.replace(each, speaker=speaker) if each is tied else each for each in document.statements
    ]
    store.write_document(msgspec.structs.replace(document, statements=tuple(statements)))
    assert [finding.code for finding in check_workspace(toy_workspace).findings] == ["entity-redirected"]


@pytest.mark.parametrize("value", [[], "x", {"A": "suvia"}, {"x": 3}, {"x": "S"}])
def test_redirects_have_the_form_that_the_schema_asks_for(value: Any, toy_workspace: Workspace) -> None:
    edit(toy_workspace.root / "corpus/entities.json", redirects=value)
    assert {finding.code for finding in check_workspace(toy_workspace).findings} == {"schema-value"}
