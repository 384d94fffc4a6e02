"""Readings that name what the registries lack: it is added in the same write, whenever the process dies."""

import json
from pathlib import Path

import pytest

from stancebank.annotate.intake import Options, ReadingIntake
from stancebank.annotate.readings import read_file
from stancebank.commits import is_committed
from stancebank.schema.fields import load_scheme
from stancebank.workspace import Workspace, open_workspace
from tests.annotate.tasks import submitted
from tests.annotate.written import ENVOY, SIT, Json, errors, reading, state, statement, write
from tests.conftest import OWN_SCHEMA, REPO, Run

# Registries


def strangers() -> Json:
    orla = statement(
        "s1",
        "We will sit down with Norland",
        speaker={"entity": "orla-vane", "mention": "Ilse Marrow"},
        target={"id": "sit-down", "parties": ["lake-guard", "suvia"]},
        conditions=[{"id": "c1", "spans": ["with Norland"], "role": "if", "kind": "sit-down"}],
    )
    tor = statement("s2", "did not rule out a meeting", speaker={"entity": "tor-aven"}, target={"id": "rule-out"})
    return reading(orla, {**tor, "attribution": "indirect"})


def test_what_the_registries_lack_is_added_when_it_is_asked_for_in_one_write(run: Run, toy_root: Path) -> None:
    file = write(toy_root / "readings/envoy.json", strangers())
    command = ("annotate", "import", file)
    before = state(toy_root)
    refused = run(*command, cwd=toy_root)
    assert refused.returncode == 1
    assert refused.stderr.count("is not registered") == 5
    assert "or add it with --add-missing" in refused.stderr
    dry = run(*command, "--add-missing", "--dry-run", cwd=toy_root)
    assert (dry.returncode, dry.stderr.count("Would add ")) == (0, 4)
    assert state(toy_root) == before
    done = run(*command, "--add-missing", "--kind", "person", "--kind", "lake-guard=organisation", cwd=toy_root)
    assert done.returncode == 0, done.stderr
    for said in (
        "Added entity orla-vane: 'Orla Vane', person.",
        "Added entity lake-guard: 'Lake Guard', organisation.",
        "Added target sit-down: 'sit down', use both.",
        "Added target rule-out: 'rule out', use target.",
    ):
        assert said in done.stderr
    assert errors(toy_root) == []
    again = run(*command, "--add-missing", cwd=toy_root)
    assert (again.returncode, again.stdout.endswith("unchanged.\n"), "Added" in again.stderr) == (0, True, False)


def test_a_name_is_that_of_the_reading_or_of_its_mention_or_what_the_id_spells(run: Run, toy_root: Path) -> None:
    value = strangers()
    first, second = value["statements"]
    first["speaker"] = {"entity": "orla-vane", "name": "Dr Orla Vane"}
    first["target"]["name"] = "sit down together"
    second["speaker"] = {"entity": "norlands-foreign-minister", "mention": "Norland's foreign minister"}
    done = run("annotate", "import", write(toy_root / "a.json", value), "--add-missing", cwd=toy_root)
    assert done.returncode == 0, done.stderr
    store = open_workspace(toy_root).store
    names = {each.id: each.name for each in store.entities().entities}
    assert names["orla-vane"] == "Dr Orla Vane"
    assert names["norlands-foreign-minister"] == "Norland's foreign minister"
    assert names["lake-guard"] == "Lake Guard"
    assert {each.id: each.name for each in store.targets().targets}["sit-down"] == "sit down together"


def test_the_most_general_kind_is_that_of_the_scheme_and_a_name_that_is_taken_is_refused(
    run: Run, toy_root: Path
) -> None:
    assert load_scheme(OWN_SCHEMA).vocabularies.flagged("entity_kind", "is_general") == {"organisation"}
    value = strangers()
    value["statements"][0]["speaker"] = {"entity": "marrow", "name": "Ilse Marrow"}
    done = run("annotate", "import", write(toy_root / "a.json", value), "--add-missing", cwd=toy_root)
    assert done.returncode == 1
    assert "(s1): speaker.entity: 'Ilse Marrow' is already a name of 'ilse-marrow'." in done.stderr
    assert "not registered" not in done.stderr


def test_a_scheme_without_a_general_kind_asks_for_one(run: Run, tmp_path: Path) -> None:
    import shutil

    root = Path(shutil.copytree(REPO / "tests/other_domain", tmp_path / "other"))
    name = min(path.stem for path in (root / "corpus/gold").iterdir())
    value = json.loads(run("-w", root, "annotate", "export", name).stdout) | {"annotator": "eve"}
    value["statements"][0]["speaker"]["entity"] = "somebody-new"
    file = write(tmp_path / "a.json", value)
    asked = run("-w", root, "annotate", "import", file, "--add-missing")
    assert asked.returncode == 1
    assert "'somebody-new' needs a kind to be added. Hint: pass --kind KIND" in asked.stderr
    done = run("-w", root, "annotate", "import", file, "--add-missing", "--kind", "ngo")
    assert done.returncode == 0, done.stderr
    assert errors(root) == []


@pytest.mark.slow
@pytest.mark.parametrize("steps", range(4))
def test_a_write_that_is_killed_is_completed_by_the_next_command_and_is_sound_meanwhile(
    steps: int, run: Run, toy_root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = write(toy_root / "readings/envoy.json", strangers(), reading(SIT, annotator="bo"), indent=None)
    before = state(toy_root)
    left, whole = [steps], Path.replace

    def die(path: Path, target: Path) -> Path:
        if is_committed(toy_root) and "migration/files" in path.as_posix():
            if not left[0]:
                raise KeyboardInterrupt
            left[0] -= 1
        return whole(path, target)

    with monkeypatch.context() as patch:
        patch.setattr(Path, "replace", die)
        intake = ReadingIntake(open_workspace(toy_root), Options(add_missing=True))
        with pytest.raises(KeyboardInterrupt):
            intake.write(intake.read(read_file(file, "envoy.jsonl")))
    assert is_committed(toy_root)
    assert len([name for name, data in state(toy_root).items() if before.get(name) != data]) == steps
    assert errors(toy_root) == []
    done = run("corpus", "entity", "add", "zoe", "--name", "Zoe", "--kind", "person", cwd=toy_root)
    assert done.returncode == 0, done.stderr
    assert not is_committed(toy_root)
    assert run("annotate", "import", file, cwd=toy_root).stdout.count("unchanged") == 2


# Exports of Label Studio


def exported(workspace: Workspace, run: Run, name: str) -> Json:
    (task,) = json.loads(run("annotate", "export", "--tasks", ENVOY, "--gold", cwd=workspace.root).stdout)
    whole = json.dumps(submitted(task, task["predictions"][0]["result"])).replace("ilse-marrow", name)
    value: Json = json.loads(whole)
    return value


def test_an_export_leaves_out_whom_the_registries_lack_or_adds_them(
    run: Run, toy_workspace: Workspace, tmp_path: Path
) -> None:
    root = toy_workspace.root
    file = tmp_path / "export.json"
    file.write_text(json.dumps([exported(toy_workspace, run, "orla-vane")]))
    done = run("annotate", "import", file, cwd=root)
    assert done.returncode == 1
    assert "'orla-vane' is not registered. It is left out (entity-unknown)." in done.stderr
    assert errors(root) == []
    added = run("annotate", "import", file, "--add-missing", "--kind", "person", "--json", cwd=root)
    assert added.returncode == 0, added.stderr
    told = json.loads(added.stdout)
    assert told["added"] == ["entity orla-vane: 'Orla Vane', person"]
    assert [(each["task"], each["state"], each["statements"]) for each in told["readings"]] == [(3, "written", 6)]
    assert errors(root) == []
