"""Clusters of copies, and what their fullest row says of parties, states and force."""

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest

from stancebank.corpus.registry import find_above, find_clusters, find_states
from stancebank.model import Entity, Statement
from stancebank.publish.gold import read_gold
from stancebank.publish.tables import article_rows, find_table
from stancebank.publish.tables.fields import find_widest
from stancebank.workspace import Workspace, open_workspace
from tests.frozen.forging import read_json
from tests.publish.builds import ENVOY, lay_toy
from tests.publish.second_edition import names


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    return lay_toy(tmp_path_factory.mktemp("second") / "toy")


def statement(name: str, same_as: str | None = None) -> Statement:
    return msgspec.structs.replace(ONE, id=name, same_as=same_as)


ONE = msgspec.convert(
    {
        "id": "s1",
        "content": [{"begin": 0, "end": 3, "fingerprint": "0" * 16}],
        "speaker": {"entity": "keth"},
        "target": {"id": "talks"},
    },
    Statement,
)


def test_copies_are_closed_over_and_the_fullest_comes_first() -> None:
    found = find_clusters([statement("s1", "s2"), statement("s2", "s3"), statement("s3"), statement("s4")])
    assert {name: [each.id for each in cluster] for name, cluster in found.items()} == {
        **{name: ["s3", "s1", "s2"] for name in ("s1", "s2", "s3")},
        "s4": ["s4"],
    }


def test_a_circle_of_copies_ends() -> None:
    found = find_clusters([statement("s1", "s2"), statement("s2", "s1"), statement("s3", "s9")])
    assert {name: [each.id for each in cluster] for name, cluster in found.items()} == {
        name: [name] for name in ("s1", "s2", "s3")
    }


ENTITIES = {
    each.id: each
    for each in (
        Entity(id="veldia", name="Veldia", kind="state"),
        Entity(id="veldia-government", name="Government of Veldia", kind="government", part_of="veldia"),
        Entity(id="odo-senn", name="Odo Senn", kind="person", affiliation="veldia-government"),
        Entity(id="aven", name="Aven", kind="state"),
        Entity(id="aven-north", name="North of Aven", kind="state", part_of="aven"),
        Entity(id="gazette", name="Gazette", kind="media"),
        Entity(id="tik", name="Tik", kind="person", affiliation="tok"),
        Entity(id="tok", name="Tok", kind="person", affiliation="tik"),
        Entity(id="mira", name="Mira", kind="person", part_of="aven", affiliation="veldia"),
    )
}


@pytest.mark.parametrize(
    ("named", "widest"),
    [
        (["odo-senn", "aven", "veldia"], ["aven", "veldia"]),
        (["veldia-government", "odo-senn"], ["veldia-government"]),
        (["aven", "aven", "gazette"], ["aven", "gazette"]),
        (["tik", "tok"], ["tik", "tok"]),
        (["nobody"], ["nobody"]),
        ([], []),
    ],
)
def test_of_parties_the_wider_ones_are_kept(named: list[str], widest: list[str]) -> None:
    assert find_widest(named, ENTITIES) == widest


@pytest.mark.parametrize(
    ("named", "states"),
    [
        (["odo-senn", "aven"], ["aven", "veldia"]),
        (["veldia", "veldia-government", "odo-senn"], ["veldia"]),
        (["aven-north"], ["aven-north"]),
        (["gazette", "tik", "nobody"], []),
        (["mira"], ["aven"]),
    ],
)
def test_the_states_behind_parties_are_the_nearest_above_them(named: list[str], states: list[str]) -> None:
    assert find_states(named, ENTITIES, frozenset({"state"})) == states


@pytest.mark.slow
def test_a_registry_of_endless_ranks_takes_no_time() -> None:
    ranks = {
        f"r{n}": Entity(id=f"r{n}", name=f"Rank {n}", kind="person", affiliation=f"r{n + 1}") for n in range(50_000)
    }
    started = time.thread_time()
    for _ in range(1_000):
        assert find_states(["r0", "r1"], ranks, frozenset({"state"})) == []
    assert time.thread_time() - started < 5
    assert find_above("r0", ranks) == [f"r{n}" for n in range(1, 101)]


def change(workspace: Workspace, name: str, edit: Callable[[Any], None]) -> None:
    """Change a statement of the gold of the envoy."""
    path = workspace.root / f"corpus/gold/{ENVOY}.json"
    value = read_json(path)
    edit(next(each for each in value["statements"] if each["id"] == f"{ENVOY}/{name}"))
    path.write_text(json.dumps(value), encoding="utf-8")


def test_the_fullest_row_has_the_widest_parties_and_the_strongest_force_of_its_copies(tmp_path: Path) -> None:
    workspace = lay_toy(tmp_path / "toy")
    change(workspace, "s2", lambda each: each["target"].update(parties=["suvia-government", "norland"]))
    change(workspace, "s1", lambda each: each["target"].update(parties=["norland-government", "suvia"]))
    change(workspace, "s1", lambda each: each.update(force="categorical", same_as=f"{ENVOY}/s2"))
    read = read_gold(workspace, None)
    rows = [row for each in read.readings for row in article_rows(each, read.context)["statements"]]
    first, second, third = rows[:3]
    assert (first["cluster_id"], second["cluster_id"], third["cluster_id"]) == (
        *[f"{ENVOY}/s2"] * 2,
        f"{ENVOY}/s3",
    )
    own = (first["target_parties"], second["target_parties"], second["force"])
    assert own == (["norland-government", "suvia"], ["suvia-government", "norland"], "plain")
    assert (first["cluster_parties"], first["cluster_force"], first["cluster_force_id"]) == (None, None, None)
    assert (second["cluster_parties"], second["cluster_force"]) == (["norland", "suvia"], "categorical")
    assert (third["cluster_parties"], third["cluster_force"]) == (third["target_parties"], "hedged")
    unique = [row for row in rows if row["cluster_id"] == row["statement_id"]]
    assert len(unique) == len({row["cluster_id"] for row in rows}) == len(rows) - 1
    assert {row["dyad"] for row in rows[:3]} == {"norland--suvia"}


def test_without_a_declaration_nothing_follows_from_a_field(tmp_path: Path) -> None:
    following = {"party_states", "dyad", "cluster_parties", "cluster_force"}
    workspace = lay_toy(tmp_path / "toy")
    assert following <= set(names(find_table(workspace.scheme, "statements")))
    undeclare(workspace)
    columns = set(names(find_table(open_workspace(workspace.root).scheme, "statements")))
    assert {"cluster_id", "target_parties", "force"} <= columns
    assert not following & columns


def undeclare(workspace: Workspace) -> None:
    """Let a scheme no longer say which field names the parties, how strong a value is, and which actors are states."""
    paths = [workspace.schema_dir / name for name in ("annotation.schema.json", "vocabularies.json")]
    schema, values = map(read_json, paths)
    del schema["$defs"]["statement"]["properties"]["target"]["properties"]["parties"]["x-stancebank"]["parties"]
    for each in values["force"]["values"].values():
        del each["strength"]
    del values["entity_kind"]["values"]["state"]["is_state"]
    for path, value in zip(paths, (schema, values), strict=True):
        path.write_text(json.dumps(value), encoding="utf-8")
