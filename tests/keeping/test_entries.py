"""What a maintainer corrects of the registries: entries are listed, edited, and removed where nothing names them."""

import json
from pathlib import Path
from typing import cast

import pytest

from stancebank.check import check_workspace
from stancebank.publish.history import Held, ReleaseRecord, write_record
from stancebank.workspace import Workspace
from tests.conftest import Run
from tests.publish.builds import ENVOY, contents, lay_toy


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return lay_toy(tmp_path / "toy")


@pytest.fixture
def spare(workspace: Workspace, run: Run) -> Workspace:
    """The toy with an entity and a target that nothing refers to."""
    entity = ("lena-orlo", "--name", "Lena Orlo", "--kind", "person", "--affiliation", "keth", "--role", "envoy")
    assert run("-w", workspace.root, "corpus", "entity", "add", *entity).returncode == 0
    target = ("recall", "--name", "recall an envoy", "--definition", "Call one home.", "--use", "both")
    assert run("-w", workspace.root, "corpus", "target", "add", *target, "--parent", "relations").returncode == 0
    return workspace


def listed(run: Run, workspace: Workspace, *options: str) -> dict[str, dict[str, object]]:
    done = run("-w", workspace.root, "corpus", *options, "--json")
    assert done.returncode == 0, done.stderr
    return {each["id"]: each for each in json.loads(done.stdout)}


def test_entries_are_listed_with_their_uses(spare: Workspace, run: Run) -> None:
    everyone = listed(run, spare, "entity", "list")
    assert everyone.keys() == {each.id for each in spare.store.entities().entities}
    uses = json.loads(run("-w", spare.root, "corpus", "entity", "show", "ilse-marrow", "--json").stdout)["uses"]
    assert everyone["ilse-marrow"]["uses"] == sum(sum(use["counts"].values()) for use in uses) > 0
    assert {"ilse-marrow", "suvia-government"} <= set(cast("list[str]", everyone["suvia"]["named_by"]))
    assert everyone["lena-orlo"]["named_by"] == []
    assert listed(run, spare, "entity", "list", "--unused").keys() == {"lena-orlo"}
    assert "lena-orlo" in listed(run, spare, "entity", "list", "--kind", "person")
    assert "suvia" not in listed(run, spare, "entity", "list", "--kind", "person")
    assert "recall" in listed(run, spare, "target", "list", "--unused", "--use", "both")
    assert run("-w", spare.root, "corpus", "entity", "list", "--kind", "persn").returncode == 2
    shown = run("-w", spare.root, "corpus", "target", "list").stdout.splitlines()
    assert shown[0].split() == ["id", "use", "name", "uses"]
    assert len(shown) == 1 + len(spare.store.targets().targets)


def test_a_former_id_counts_for_the_present_one(spare: Workspace, run: Run) -> None:
    before = listed(run, spare, "entity", "list")["suvia"]["uses"]
    path = spare.root / spare.store.document_name(ENVOY, None)
    old = path.read_bytes()
    assert run("-w", spare.root, "corpus", "entity", "rename", "suvia", "suviana").returncode == 0
    path.write_bytes(old)
    assert listed(run, spare, "entity", "list")["suviana"]["uses"] == before


def test_an_edit_says_old_and_new_and_can_clear(spare: Workspace, run: Run) -> None:
    values = ("name=Lena Orlow", "affiliation=", "roles=envoy", "roles=mayor", "wikidata=Q42")
    plan = run("-w", spare.root, "corpus", "entity", "edit", "lena-orlo", *values, "--dry-run")
    assert "dry run" in plan.stderr
    done = run("-w", spare.root, "corpus", "entity", "edit", "lena", *values)
    assert (done.returncode, done.stdout) == (0, plan.stdout)
    assert "    name: Lena Orlo -> Lena Orlow\n" in done.stdout
    assert "    affiliation: keth -> none\n" in done.stdout
    assert "    roles: envoy -> envoy, mayor\n" in done.stdout
    (entry,) = (each for each in spare.store.entities().entities if each.id == "lena-orlo")
    assert (entry.name, entry.affiliation, entry.wikidata) == ("Lena Orlow", None, "Q42")
    before = contents(spare.root)
    again = run("-w", spare.root, "corpus", "entity", "edit", "lena-orlo", *values, "--json")
    assert (json.loads(again.stdout)["changed"], json.loads(again.stdout)["values"]) == (False, {})
    assert contents(spare.root) == before
    assert run("-w", spare.root, "corpus", "target", "edit", "recall", "parent=", "use=target").returncode == 0
    assert check_workspace(spare).errors == ()


def test_a_role_that_stays_keeps_its_dates(workspace: Workspace, run: Run) -> None:
    path = workspace.root / "corpus/entities.json"
    value = json.loads(path.read_text())
    entry = next(each for each in value["entities"] if each["id"] == "ilse-marrow")
    entry["roles"] = [{"title": "special envoy", "from": "2030"}]
    path.write_text(json.dumps(value))
    done = run("-w", workspace.root, "corpus", "entity", "edit", "ilse-marrow", "roles=captain", "roles=special envoy")
    assert done.returncode == 0, done.stderr
    roles = next(each.roles for each in workspace.store.entities().entities if each.id == "ilse-marrow")
    assert [(role.title, role.begin) for role in roles] == [("captain", None), ("special envoy", "2030")]


@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        (("entity", "edit", "keth", "nam=x", "kind=stat"), 1, "Did you mean 'name'?"),
        (("entity", "edit", "keth", "nam=x", "kind=stat"), 1, "kind is 'stat', not one of person, state"),
        (("entity", "edit", "keth", "name="), 1, "name cannot be cleared"),
        (("entity", "edit", "keth", "name=Norland"), 1, "already a name of 'norland'"),
        (("entity", "edit", "keth", "wikidata=42"), 1, "wikidata"),
        (("entity", "edit", "keth", "aliases=x"), 1, "corpus entity alias"),
        (("entity", "edit", "keth", "id=x"), 1, "corpus entity rename"),
        (("entity", "edit", "suvia", "part_of=suvia-government"), 1, "part of itself"),
        (("entity", "edit", "suvia", "part_of=suvia"), 1, "part of itself"),
        (("entity", "edit", "suvia", "part_of=suvi-government"), 1, "Did you mean 'suvia-government'"),
        (("entity", "edit", "suvia", "kind"), 2, "KEY=VALUE"),
        (("entity", "alias", "keth", "norland"), 1, "already a name of 'norland'"),
        (("entity", "alias", "keth", " "), 1, "empty"),
        (("entity", "alias", "keth", "Kethia", "--remove"), 1, "no alias 'Kethia'"),
        (("target", "edit", "relations", "parent=apology"), 1, "above itself"),
        (("target", "edit", "talks", "use=condition"), 4, f"{ENVOY} (gold), as target"),
        (("target", "edit", "talks", "use=nothing"), 1, "use is 'nothing'"),
    ],
    ids=str,
)
def test_what_the_check_would_find_is_refused(
    arguments: tuple[str, ...], code: int, says: str, workspace: Workspace, run: Run
) -> None:
    before = contents(workspace.root)
    done = run("-w", workspace.root, "corpus", *arguments)
    assert (done.returncode, says in done.stderr) == (code, True), done.stderr
    assert contents(workspace.root) == before


def test_an_alias_is_added_once_and_removed(workspace: Workspace, run: Run) -> None:
    before = contents(workspace.root)
    alias = ("-w", workspace.root, "corpus", "entity", "alias", "keth")
    assert run(*alias, "The Kethians", "Lake Keth", "KETH").returncode == 0
    (entry,) = (each for each in workspace.store.entities().entities if each.id == "keth")
    assert entry.aliases[-2:] == ("The Kethians", "Lake Keth")
    assert "is done already" in run(*alias, "the kethians").stdout
    told = json.loads(run(*alias, "THE KETHIANS", "Lake Keth", "--remove", "--json").stdout)
    assert told["values"]["aliases"]["old"][-2:] == ["The Kethians", "Lake Keth"]
    assert contents(workspace.root) == before


def test_an_unused_entry_is_removed(spare: Workspace, run: Run) -> None:
    before = contents(spare.root)
    assert run("-w", spare.root, "corpus", "entity", "remove", "lena-orlo", "--dry-run").returncode == 0
    assert contents(spare.root) == before
    for group, name in (("entity", "lena-orlo"), ("target", "recall")):
        done = run("-w", spare.root, "corpus", group, "remove", name)
        assert (done.returncode, done.stdout.splitlines()[0]) == (0, f"removed  {name}"), done.stderr
    changed = {name for name, data in contents(spare.root).items() if data != before[name]}
    assert changed == {"corpus/entities.json", "corpus/targets.json"}
    assert check_workspace(spare).errors == ()


def test_all_that_names_an_entry_keeps_it(spare: Workspace, run: Run) -> None:
    rows = {"entities": {"lena-orlo": "a b"}, "targets": {"recall": "a b"}}
    write_record(spare.root, ReleaseRecord("1.0.0", b'{"dataset_version": "1.0.0"}', b"", Held({}, rows)))
    assert run("-w", spare.root, "corpus", "target", "rename", "recall", "calling-home").returncode == 0
    before = contents(spare.root)
    done = run("-w", spare.root, "corpus", "entity", "remove", "lena-orlo", "suvia")
    assert done.returncode == 4
    for said in (
        "lena-orlo cannot be removed:\n  release 1.0.0 has it\n",
        "suvia cannot be removed:\n  documents name it ",
        "  ilse-marrow names it\n",
        "corpus entity merge ID OTHER",
    ):
        assert said in done.stderr
    done = run("-w", spare.root, "corpus", "target", "remove", "calling-home")
    assert (done.returncode, "the former id recall leads to it" in done.stderr) == (4, True)
    assert contents(spare.root) == before


def test_entries_that_only_name_one_another_go_together(spare: Workspace, run: Run) -> None:
    office = ("orlo-office", "--name", "Orlo's office", "--kind", "organisation", "--affiliation", "lena-orlo")
    assert run("-w", spare.root, "corpus", "entity", "add", *office).returncode == 0
    alone = run("-w", spare.root, "corpus", "entity", "remove", "lena-orlo")
    assert (alone.returncode, "orlo-office names it" in alone.stderr) == (4, True)
    assert run("-w", spare.root, "corpus", "entity", "remove", "lena-orlo", "orlo-office").returncode == 0


def test_a_registry_is_no_vocabulary_and_the_message_says_where_it_is(workspace: Workspace, run: Run) -> None:
    for name, command in (("target", "corpus target list"), ("entities", "corpus entity list")):
        told = run("-w", workspace.root, "schema", "vocabulary", name)
        assert (told.returncode, command in told.stderr) == (2, True)


@pytest.mark.parametrize(
    ("arguments", "action"),
    [
        (("entity", "add", "x", "--name", "Xander Quist", "--kind", "person"), "added"),
        (("entity", "merge", "tor-aven", "samir-dahl"), "merged"),
        (("entity", "rename", "suvia", "suviana"), "renamed"),
        (("entity", "edit", "keth", "wikidata=Q42"), "edited"),
        (("target", "add", "x", "--name", "x", "--definition", "x", "--use", "both"), "added"),
        (("target", "rename", "talks", "negotiations"), "renamed"),
    ],
    ids=str,
)
def test_every_change_is_told_as_json(arguments: tuple[str, ...], action: str, workspace: Workspace, run: Run) -> None:
    plan = json.loads(run("-w", workspace.root, "corpus", *arguments, "--json", "--dry-run").stdout)
    before = contents(workspace.root)
    done = run("-w", workspace.root, "corpus", *arguments, "--json")
    assert done.stderr == ""
    told = json.loads(done.stdout)
    assert plan == {**told, "dry_run": True}
    assert (told["action"], told["changed"], told["dry_run"]) == (action, True, False)
    changed = {name for name, data in contents(workspace.root).items() if data != before[name]}
    assert changed == set(told["files"])
    assert sorted(told["references"]) == sorted(changed - {"corpus/entities.json", "corpus/targets.json"})
