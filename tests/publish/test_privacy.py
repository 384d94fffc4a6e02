"""What the card says of people is counted, not claimed."""

from dataclasses import replace
from pathlib import Path

import msgspec
import pytest

from stancebank.model import Role
from stancebank.publish.card.reference import privacy
from stancebank.publish.card.statistics import Facts
from stancebank.publish.gold import read_gold
from stancebank.publish.tables import make_rows
from stancebank.workspace import Workspace
from tests.conftest import OWN_SCHEMA
from tests.publish.builds import lay_toy


@pytest.fixture
def facts(tmp_path: Path) -> Facts:
    return facts_of(lay_toy(tmp_path / "toy"))


def facts_of(workspace: Workspace) -> Facts:
    read = read_gold(workspace, None)
    return Facts(make_rows(read.readings, read.context), read.context, "toy", "1.2.0", OWN_SCHEMA.name, None)


def told(facts: Facts) -> dict[str, str]:
    found = {}
    for line in privacy(facts).splitlines()[2:]:
        what, many = line.strip("| ").split(" | ")
        found[what] = many
    return found


def test_speakers_are_counted_once_by_kind(facts: Facts) -> None:
    kinds = {row["speaker_id"]: row["speaker_kind"] for row in facts.statements}
    for kind in set(kinds.values()) - {"unnamed"}:
        assert told(facts)[f"speakers named, of the kind `{kind}`"] == str(list(kinds.values()).count(kind))
    assert not any("unnamed" in what for what in told(facts))


def test_a_person_without_role_and_affiliation_is_counted(facts: Facts) -> None:
    persons = [each for each in facts.context.entities.values() if each.kind == "person"]
    before = told(facts)
    assert before["persons in the registry of actors"] == str(len(persons))
    one = msgspec.structs.replace(persons[0], roles=(), affiliation=None, wikidata="Q1")
    changed = replace(facts, context=replace(facts.context, entities=facts.context.entities | {one.id: one}))
    after = told(changed)
    assert after["of these with neither"] == str(sum(not (each.roles or each.affiliation) for each in persons[1:]) + 1)
    assert int(after["of these without a Wikidata id"]) == sum(each.wikidata is None for each in persons[1:])
    public = msgspec.structs.replace(one, roles=(Role(title="ferry captain"),))
    again = replace(facts, context=replace(facts.context, entities=facts.context.entities | {one.id: public}))
    assert int(told(again)["of these with neither"]) == int(after["of these with neither"]) - 1


@pytest.mark.parametrize("place", ["words", "metadata", "more metadata", "names"])
def test_an_address_is_counted_wherever_it_stands(place: str, facts: Facts) -> None:
    what = "e-mail addresses in names, metadata and the words shown"
    assert told(replace(facts))[what] == "0"  # what is counted once is kept
    if place == "words":
        facts.rows["conditions"][0]["text"] = "write to ilse.marrow@suvia.example"
    elif place == "metadata":
        facts.rows["articles"][0]["author"] = "A. Reporter, desk@norland-post.example"
    elif place == "more metadata":
        facts.rows["articles"][0]["extra"] = '{"desk":"desk@norland-post.example"}'
    else:
        one = next(iter(facts.context.entities.values()))
        facts.context.entities[one.id] = msgspec.structs.replace(one, aliases=("o.brill@keth.example",))
    assert told(facts)[what] == "1"


def test_annotators_are_counted_and_not_named(facts: Facts) -> None:
    names = {row["annotator"] for row in (*facts.articles, *facts.rows["annotations"])}
    assert told(facts)["pseudonyms of annotators, that of the gold included"] == str(len(names)) == "3"
    assert not any(f"`{name}`" in privacy(facts) for name in names)
