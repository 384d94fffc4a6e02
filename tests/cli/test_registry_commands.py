"""The groups corpus entity and corpus target, as a user runs them."""

import json
import os
import subprocess
from pathlib import Path

import msgspec
import pytest
from tests.conftest import Run

from stancebank.errors import WorkspaceError
from stancebank.model import Document
from stancebank.workspace import Workspace

ENVOY = "norland-post-2031-02-11-envoy"


def files(root: Path) -> dict[str, bytes]:
    return {path.as_posix(): path.read_bytes() for path in sorted((root / "corpus").rglob("*")) if path.is_file()}


def check(root: Path, run: Run) -> str:
    """What a check of a workspace prints, where git can tell its history."""
    subprocess.run(["git", "init", "--quiet", root], check=True)
    return run("-w", root, "check").stdout


def with_annotator(workspace: Workspace) -> Document:
    """Lay the gold reading of an article as that of an annotator too."""
    gold = workspace.store.gold(ENVOY)
    assert gold
    document = msgspec.structs.replace(gold, gold=None, annotator="reader-1")
    workspace.store.write_document(document)
    return document


def test_a_merge_rewrites_gold_and_annotators_and_leaves_a_workspace_without_findings(
    toy_workspace: Workspace, run: Run
) -> None:
    root, store = toy_workspace.root, toy_workspace.store
    before = with_annotator(toy_workspace)
    assert '"tor-aven"' in (store.root / store.document_name(ENVOY, "reader-1")).read_text()
    untouched = (store.root / store.document_name("keth-tribune-undated-harvest", None)).read_bytes()
    result = run("-w", root, "corpus", "entity", "merge", "tor-aven", "samir-dahl")
    assert result.returncode == 0, result.stderr
    for name in store.document_names():
        assert '"tor-aven"' not in (root / name).read_text()
    after = store.document(store.document_name(ENVOY, "reader-1"))
    assert after.updated_at != before.updated_at
    assert (store.root / store.document_name("keth-tribune-undated-harvest", None)).read_bytes() == untouched
    assert store.entities().redirects == {"tor-aven": "samir-dahl"}
    assert check(root, run) == ""


def test_a_merge_can_be_made_again_and_then_changes_nothing(toy_root: Path, run: Run) -> None:
    merge = ("-w", toy_root, "corpus", "target", "merge", "lift-sanctions", "lift-blockade")
    assert run(*merge).returncode == 0
    before = files(toy_root)
    result = run(*merge)
    assert (result.returncode, result.stdout) == (0, "merged  lift-sanctions -> lift-blockade (is done already)\n")
    assert files(toy_root) == before


def test_a_document_of_an_older_branch_is_mended_by_the_merge_that_the_check_names(
    toy_workspace: Workspace, run: Run
) -> None:
    root = toy_workspace.root
    path = toy_workspace.root / toy_workspace.store.document_name(ENVOY, None)
    old = path.read_bytes()
    assert run("-w", root, "corpus", "entity", "rename", "suvia", "suviana").returncode == 0
    path.write_bytes(old)
    warned = run("-w", root, "check")
    assert warned.returncode == 0
    assert "entity-redirected" in warned.stdout
    command = warned.stdout.partition("`stancebank ")[2].partition("`")[0].split()
    assert run("-w", root, *command).returncode == 0
    assert check(root, run) == ""


def test_an_interrupted_run_leaves_what_the_check_resolves_and_the_next_run_completes(
    toy_workspace: Workspace, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    from stancebank import commits
    from stancebank.corpus.registry_changes import rename, rewrite

    root, store = toy_workspace.root, toy_workspace.store
    change = rename(store.entities(), "suvia", "suviana")
    documents = rewrite(
        {name: store.document(name) for name in store.document_names()}, change, store.scheme, "2032-01-01T00:00:00Z"
    )
    assert len(documents) == 2
    written: list[Path] = []

    move = commits._move

    def failing(staged: Path, place: Path) -> None:
        if len(written) == 2:
            raise OSError(28, "No space left on device")
        written.append(place)
        move(staged, place)

    with monkeypatch.context() as patch:
        patch.setattr(commits, "_move", failing)
        with pytest.raises(OSError, match="No space"):
            store.write_registry(change.registry, documents)
    assert written[0].name == "entities.json"
    assert run("-w", root, "check").returncode == 0
    assert run("-w", root, "corpus", "entity", "rename", "suvia", "suviana").returncode == 0
    assert check(root, run) == ""


def test_nothing_is_written_where_one_file_may_not_be(
    toy_workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    from stancebank.corpus.registry_changes import rename, rewrite

    store = toy_workspace.store
    change = rename(store.entities(), "suvia", "suviana")
    documents = rewrite(
        {name: store.document(name) for name in store.document_names()}, change, store.scheme, "2032-01-01T00:00:00Z"
    )
    before, last = files(toy_workspace.root), list(documents)[-1]
    monkeypatch.setattr(os, "access", lambda path, _: path != store.root / last)
    with pytest.raises(WorkspaceError, match="may not be written"):
        store.write_registry(change.registry, documents)
    assert files(toy_workspace.root) == before


def test_nothing_is_written_where_one_document_cannot_be_read(toy_root: Path, run: Run) -> None:
    (toy_root / "corpus/gold/keth-tribune-undated-harvest.json").write_text("{")
    before = files(toy_root)
    result = run("-w", toy_root, "corpus", "entity", "merge", "tor-aven", "samir-dahl")
    assert result.returncode == 2
    assert "stancebank check" in result.stderr
    assert files(toy_root) == before


@pytest.mark.parametrize(
    "arguments",
    [
        ("entity", "add", "lena-orlo", "--name", "Lena Orlo", "--kind", "person"),
        ("entity", "merge", "tor-aven", "samir-dahl"),
        ("entity", "rename", "suvia", "suviana"),
        ("target", "add", "recall", "--name", "recall", "--definition", "Call home.", "--use", "both"),
        ("target", "merge", "lift-sanctions", "lift-blockade"),
        ("target", "rename", "talks", "negotiations"),
    ],
    ids=" ".join,
)
def test_a_dry_run_prints_the_plan_that_the_run_carries_out(
    arguments: tuple[str, ...], toy_root: Path, run: Run
) -> None:
    before = files(toy_root)
    plan = run("-w", toy_root, "corpus", *arguments, "--dry-run")
    assert plan.returncode == 0, plan.stderr
    assert "dry run" in plan.stderr
    assert files(toy_root) == before
    done = run("-w", toy_root, "corpus", *arguments)
    assert done.stdout == plan.stdout
    assert files(toy_root) != before
    assert run("-w", toy_root, "check").returncode == 0


def test_an_added_entity_holds_what_was_given(toy_workspace: Workspace, run: Run) -> None:
    result = run(
        *(
            "-w",
            toy_workspace.root,
            "corpus",
            "entity",
            "add",
            "ilse-marow",
            "--name",
            "Ilse Marow",
            "--kind",
            "person",
        ),
        *("--alias", "Marow", "--alias", "I. Marow", "--affiliation", "suvia", "--role", "envoy", "--wikidata", "Q42"),
    )
    assert result.returncode == 0, result.stderr
    assert "'Ilse Marrow' of 'ilse-marrow' reads like 'Ilse Marow' of 'ilse-marow'" in result.stdout
    added = next(each for each in toy_workspace.store.entities().entities if each.id == "ilse-marow")
    assert (added.name, added.aliases, added.affiliation) == ("Ilse Marow", ("Marow", "I. Marow"), "suvia")
    assert ([role.title for role in added.roles], added.wikidata) == (["envoy"], "Q42")


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("entity", "add", "x", "--name", "X", "--kind", "person", "--wikidata", "42"), "wikidata"),
        (("entity", "add", "x", "--name", "", "--kind", "person"), "name"),
        (("entity", "add", "x", "--name", "Radio  ESSA", "--kind", "media"), "already a name of 'radio-essa'"),
        (("entity", "add", "keth", "--name", "X", "--kind", "state"), "'keth' is taken"),
        (("entity", "merge", "keth", "lake-council"), "--force"),
        (("entity", "merge", "norlnd", "keth"), "Did you mean 'norland'"),
        (("target", "add", "unspecified", "--name", "x", "--definition", "x", "--use", "both"), "unspecified"),
        (("target", "rename", "talks", "agreement"), "choose another"),
        (("target", "show", "tolks"), "Did you mean 'talks'"),
    ],
)
def test_what_cannot_be_done_is_refused_with_a_reason(
    arguments: tuple[str, ...], says: str, toy_root: Path, run: Run
) -> None:
    before = files(toy_root)
    result = run("-w", toy_root, "corpus", *arguments)
    assert result.returncode == 1
    assert says in result.stderr
    assert files(toy_root) == before


def test_force_merges_two_kinds(toy_workspace: Workspace, run: Run) -> None:
    result = run("-w", toy_workspace.root, "corpus", "entity", "merge", "lake-council", "lantern", "--force")
    assert result.returncode == 0, result.stderr
    assert "gives way to media" in result.stdout
    assert toy_workspace.store.entities().redirects == {"lake-council": "lantern"}


def test_show_tells_the_entry_and_what_refers_to_it(toy_workspace: Workspace, run: Run) -> None:
    with_annotator(toy_workspace)
    assert run("-w", toy_workspace.root, "corpus", "entity", "rename", "ilse-marrow", "marrow").returncode == 0
    result = run("-w", toy_workspace.root, "corpus", "entity", "show", "ilse-marrow")
    assert result.returncode == 0
    assert "'ilse-marrow' is now 'marrow'" in result.stderr
    for words in ("Ilse Marrow", "special envoy", "former ids", ENVOY, "reader-1", "speaker"):
        assert words in result.stdout
    shown = json.loads(run("-w", toy_workspace.root, "corpus", "entity", "show", "ilse-marrow", "--json").stdout)
    assert (shown["entry"]["id"], shown["former_ids"]) == ("marrow", ["ilse-marrow"])
    assert {(use["article_id"], use["annotator"]) for use in shown["uses"]} >= {(ENVOY, None), (ENVOY, "reader-1")}


def test_show_tells_what_stands_above_and_below(toy_root: Path, run: Run) -> None:
    shown = json.loads(run("-w", toy_root, "corpus", "entity", "show", "suvia-government", "--json").stdout)
    assert shown["ties"] == {"part_of": ["suvia"], "parts": ["suvia-foreign-ministry"], "members": []}
    shown = json.loads(run("-w", toy_root, "corpus", "target", "show", "relations", "--json").stdout)
    assert shown["ties"] == {"parents": [], "children": ["apology", "pay-compensation"]}
    assert "No document refers to it." in run("-w", toy_root, "corpus", "target", "show", "relations").stderr
