"""Workspaces are migrated as a whole, twice with no more effect than once, and come back byte for byte."""

import json
import shutil
from pathlib import Path
from typing import Any

import msgspec
import pytest
from click.testing import CliRunner
from pyarrow.parquet import read_table

from stancebank.annotate.client import User
from stancebank.annotate.connection import LOCAL
from stancebank.annotate.sync.bases import fingerprint
from stancebank.annotate.sync.state import rename_user
from stancebank.annotate.users import UserTable
from stancebank.cli import stancebank
from stancebank.workspace import open_workspace, toolkit_version
from tests.migration.changing import (
    STANCES,
    answer_all,
    content,
    documents,
    draft,
    edit,
    lay,
    run,
    steps_of,
    write_steps,
)

NAMES = ("other_domain", "minimal", "first")
ARCHIVE = "corpus/migrations/v1-v2.json"


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
def test_a_workspace_goes_forth_and_back(name: str, tmp_path: Path) -> None:
    root = draft(name, lay(name, tmp_path / "w"))
    before = content(root)
    told = json.loads(run(root, "schema", "migrate", "--dry-run", "--json").stdout)
    assert content(root) == before
    done = json.loads(run(root, "schema", "migrate", "--json").stdout)
    assert {key: done[key] for key in ("steps", "asked", "records")} == {
        key: told[key] for key in ("steps", "asked", "records")
    }
    assert sorted(done["files"]) == sorted(told["files"])
    assert done["records"]["annotation"] == len(documents(root))
    assert done["asked"] > 0
    assert sum(step["rows"] for step in done["steps"]) > 2
    after = content(root)
    assert "nothing has to be done" in run(root, "schema", "migrate").output
    assert content(root) == after
    assert not (root / ".stancebank/migration").exists()
    run(root, "schema", "write", "--check")
    settings = after["annotate/interface.toml"].decode()
    assert "[questions.remark]" not in settings
    assert 'schema = "v2"' in after["stancebank.toml"].decode()
    findings = json.loads(run(root, "check", "--json").stdout)["findings"]
    assert {each["code"] for each in findings if each["severity"] == "error"} == set()
    said = [each["message"] for each in findings if each["code"] == "pending"]
    assert len(said) == sum(b'"pending"' in path.read_bytes() for path in documents(root))
    assert sum(int(each.partition(" ")[0]) for each in said) == done["asked"]
    assert all(": urgency " in each for each in said)
    run(root, "schema", "migrate", "--back")
    assert content(root) == before
    assert not (root / "corpus/migrations").exists()


@pytest.mark.slow
@pytest.mark.parametrize("name", ["other_domain", "minimal"])
def test_rows_are_null_where_something_waits_and_have_the_answers_then(name: str, tmp_path: Path) -> None:
    root = draft(name, lay(name, tmp_path / "w"))
    run(root, "schema", "migrate")
    run(root, "publish", "build", "--out", tmp_path / "waiting")
    run(root, "publish", "verify", tmp_path / "waiting", "--no-readers")
    assert None in _read(tmp_path / "waiting", "urgency")
    answer_all(root, tmp_path, {"urgency": "low"})
    run(root, "publish", "build", "--out", tmp_path / "answered")
    run(root, "publish", "verify", tmp_path / "answered", "--no-readers")
    assert set(_read(tmp_path / "answered", "urgency")) <= {"high", "low"}
    assert STANCES[name][0] not in _read(tmp_path / "answered", "stance")


def _read(folder: Path, name: str) -> list[Any]:
    (path,) = (folder / "statements").glob("*.parquet")
    return list(read_table(path)[name].to_pylist())


@pytest.mark.slow
def test_what_waits_is_null_at_every_level_and_whatever_stands_for_nothing(tmp_path: Path) -> None:
    root = lay("other_domain", tmp_path / "w")
    run(root, "schema", "next")

    def change(schema: Any, vocabularies: Any) -> None:
        statement = schema["$defs"]["statement"]
        vocabularies["mood"] = {"description": "Mood.", "values": {"calm": {"description": "x."}}}
        schema["$defs"]["mood"] = {"description": "", "enum": []}
        text, mood = {"type": "string", "minLength": 1}, {"$ref": "#/$defs/mood"}
        for part, name, shape, about, required in (
            (statement["properties"]["target"], "aim", text, {"kind": "text"}, True),
            (schema["$defs"]["condition"], "odds", text, {"kind": "text"}, True),
            (statement, "loud", {"type": "boolean"}, {"kind": "flag"}, False),
            (statement, "mood", mood, {"kind": "vocabulary", "vocabulary": "mood", "default": "calm"}, False),
            (statement, "rivals", {"type": "array", "items": {"$ref": "#/$defs/id"}}, {"kind": "entities"}, False),
        ):
            part["properties"][name] = {**shape, "description": name, "x-stancebank": {**about, "profile": "core"}}
            part["required"] += [name] if required else []

    edit(root, change)
    ask = {"do": "add-field", "ask": "What is it?"}
    names = (("target", "aim"), ("condition", "odds"), ("statement", "loud"), ("statement", "mood"))
    steps = [{**ask, "level": level, "field": name} for level, name in (*names, ("statement", "rivals"))]
    write_steps(root, steps)
    before = content(root)
    run(root, "schema", "migrate")
    run(root, "check")
    run(root, "publish", "build", "--out", tmp_path / "waiting")
    run(root, "publish", "verify", tmp_path / "waiting", "--no-readers")
    for column in ("target_aim", "loud", "mood"):
        assert set(_read(tmp_path / "waiting", column)) == {None}
    assert {one["odds"] for each in _read(tmp_path / "waiting", "conditions") for one in each} == {None}
    assert all(each == [] for each in _read(tmp_path / "waiting", "rivals"))
    run(root, "schema", "migrate", "--back")
    assert content(root) == before
    run(root, "schema", "migrate")
    answer_all(root, tmp_path, {"aim": "x", "odds": "y", "loud": False, "mood": "calm", "rivals": []})
    run(root, "publish", "build", "--out", tmp_path / "answered")
    run(root, "publish", "verify", tmp_path / "answered", "--no-readers")
    assert set(_read(tmp_path / "answered", "loud")) == {False}
    assert set(_read(tmp_path / "answered", "mood")) == {"calm"}


@pytest.mark.slow
def test_a_label_may_wait_too(tmp_path: Path) -> None:
    root = lay("other_domain", tmp_path / "w")
    run(root, "schema", "next")
    edit(root, lambda _, vocabularies: vocabularies["stance"]["values"].pop("oppose"))
    step = {"do": "remove-value", "vocabulary": "stance", "value": "oppose", "ask": "Which stance is it?"}
    write_steps(root, [step])
    before = content(root)
    run(root, "schema", "migrate")
    run(root, "check")
    run(root, "publish", "build", "--out", tmp_path / "waiting")
    run(root, "publish", "verify", tmp_path / "waiting", "--no-readers")
    for column in ("stance", "stance_id", "stance_label", "polarity"):
        assert None in _read(tmp_path / "waiting", column)
    gold = next(path for path in documents(root) if b"pending" in path.read_bytes())
    run(root, "corpus", "show", gold.stem)
    run(root, "annotate", "export", "--tasks", gold.stem)
    run(root, "schema", "migrate", "--back")
    assert content(root) == before


@pytest.mark.slow
def test_files_of_the_older_version_are_told_and_brought_over(tmp_path: Path) -> None:
    root = draft("other_domain", lay("other_domain", tmp_path / "w"))
    path = documents(root)[0]
    old = path.read_bytes()
    run(root, "schema", "migrate")
    new, archive = path.read_bytes(), (root / ARCHIVE).read_bytes()
    path.write_bytes(old)  # as a merge of an older branch does
    said = run(root, "check", code=1).stdout
    assert f"{path.relative_to(root).as_posix()}  /schema_version  schema-version" in said
    assert "run `stancebank schema migrate`" in said
    told = CliRunner().invoke(stancebank, ["-w", str(root), "corpus", "show", path.stem]).exception
    assert "follows schema 'v1'; this workspace follows 'v2'.\nHint: run `stancebank schema migrate`" in str(told)
    run(root, "schema", "migrate")
    assert path.read_bytes() == new
    assert json.loads((root / ARCHIVE).read_bytes())["entries"] == json.loads(archive)["entries"]


@pytest.mark.slow
def test_a_workspace_that_asks_for_a_newer_toolkit_is_told_in_one_line(tmp_path: Path) -> None:
    root = draft("minimal", lay("minimal", tmp_path / "w"))
    write_steps(root, steps_of("minimal"), toolkit=">=99")
    before = content(root)
    told = CliRunner().invoke(stancebank, ["-w", str(root), "schema", "migrate"]).exception
    assert str(told).startswith(f"v2 asks for stancebank >=99; installed is {toolkit_version()}.\nHint: ")
    assert content(root) == before
    write_steps(root, steps_of("minimal"), toolkit=">=0.0.7")
    run(root, "schema", "migrate")
    assert 'toolkit = ">=0.0.7"' in (root / "stancebank.toml").read_text()


@pytest.mark.slow
def test_all_that_stands_in_the_way_is_told_at_once_and_nothing_changes(tmp_path: Path) -> None:
    root = draft("other_domain", lay("other_domain", tmp_path / "w"))
    one, two = documents(root)
    broken = json.loads(one.read_bytes())
    broken["statements"][0]["stance"] = "loud"
    one.write_text(json.dumps(broken))
    two.write_text("{")
    before = content(root)
    told = str(CliRunner().invoke(stancebank, ["-w", str(root), "schema", "migrate"]).exception)
    assert one.name in told
    assert two.name in told
    assert '"loud" is not a stance' in told
    assert "Nothing was changed" in told
    assert content(root) == before
    assert not (root / ".stancebank/migration").exists()


@pytest.mark.slow
def test_what_is_no_sound_record_of_the_newer_version_is_refused(tmp_path: Path) -> None:
    root = lay("other_domain", tmp_path / "w")
    run(root, "schema", "next")

    def change(schema: Any, _: Any) -> None:
        schema["$defs"]["statement"]["properties"]["remark"]["maxLength"] = 5

    edit(root, change)
    before = content(root)
    told = str(CliRunner().invoke(stancebank, ["-w", str(root), "schema", "migrate"]).exception)
    assert "would not follow v2: /statements/1/remark: " in told
    assert content(root) == before


@pytest.mark.slow
def test_edits_since_go_back_where_they_can_and_the_others_are_kept(tmp_path: Path) -> None:
    root = draft("other_domain", lay("other_domain", tmp_path / "w"), required=False)
    run(root, "schema", "migrate")
    answer_all(root, tmp_path, {"urgency": "low"})
    path = next(each for each in documents(root) if b"against" in each.read_bytes())
    value = json.loads(path.read_bytes())
    for each in value["statements"]:
        each["stance"] = "against"
        each["certainty"] = "low"
    path.write_text(json.dumps(value))
    said = run(root, "schema", "migrate", "--back").stdout
    assert "values that v1 cannot hold are kept in corpus/migrations/v2-v1.json" in said
    back = json.loads(path.read_bytes())
    assert {each["stance"] for each in back["statements"]} == {"oppose"}
    assert {each["certainty"] for each in back["statements"]} == {"low"}
    assert any("remark" in each for each in back["statements"])
    kept = json.loads((root / "corpus/migrations/v2-v1.json").read_bytes())["entries"]
    assert {"urgency": "low"} in [each["new"] for each in kept]
    run(root, "check")


@pytest.mark.slow
def test_the_way_back_is_refused_where_the_older_version_has_no_such_value(tmp_path: Path) -> None:
    root = lay("other_domain", tmp_path / "w")
    run(root, "schema", "next")
    edit(root, lambda _, words: words["stance"]["values"].update(threaten={"description": "x.", "polarity": "none"}))
    write_steps(root, [])
    run(root, "schema", "migrate")
    path = documents(root)[0]
    path.write_bytes(path.read_bytes().replace(b'"support"', b'"threaten"'))
    before = content(root)
    assert b"threaten" in before[path.relative_to(root).as_posix()]
    told = str(CliRunner().invoke(stancebank, ["-w", str(root), "schema", "migrate", "--back"]).exception)
    assert '"threaten" is not a stance' in told
    assert content(root) == before


@pytest.mark.slow
def test_predictions_of_the_workspace_are_taken_along(tmp_path: Path) -> None:
    root = draft("other_domain", lay("other_domain", tmp_path / "w"))
    statement = {"content": ["Ein Griff"], "speaker": {"entity": "x"}, "stance": "oppose", "target": {"id": "y"}}
    line = json.dumps({"article_id": "some", "statements": [statement | {"remark": "Gut."}]})
    (root / "model.jsonl").write_text(f"{line}\n\n{line}\n")
    run(root, "schema", "migrate", "--predictions", root / "model.jsonl")
    lines = [json.loads(each) for each in (root / "model.jsonl").read_text().splitlines()]
    (found,) = lines[0]["statements"]
    assert (len(lines), found["stance"], found["urgency"]) == (2, "against", "high")
    assert "remark" not in found


@pytest.mark.slow
def test_what_was_agreed_with_the_server_is_known_afterwards(tmp_path: Path) -> None:
    root = draft("first", lay("first", tmp_path / "w"))
    workspace = open_workspace(root)
    one, two = list(workspace.store.documents(None))[:2]
    folder = root / ".stancebank/label-studio/projects/7-1"
    base = {"annotation": 3, "updated_at": "2031-02-12T08:30:00Z"}
    bases = {}
    for number, gold in enumerate((one, two)):
        document = msgspec.structs.replace(gold, gold=None, annotator="ann-1", label_studio=None)
        workspace.store.write_document(document)
        bases[f"ann-1/{gold.article_id}"] = base | {"document": fingerprint(document) if not number else "other"}
    folder.mkdir(parents=True)
    (folder / "bases.json").write_text(json.dumps(bases))
    said = run(root, "schema", "migrate").stdout
    after = json.loads((folder / "bases.json").read_bytes())
    store = open_workspace(root).store
    document = store.document(store.document_name(one.article_id, "ann-1"))
    assert after == {f"ann-1/{one.article_id}": base | {"document": fingerprint(document), "carried": True}}
    assert "For 1 document, the state that was last agreed with the server is unknown" in said


@pytest.mark.slow
def test_a_withdrawn_article_leaves_the_archive(tmp_path: Path) -> None:
    root = draft("other_domain", lay("other_domain", tmp_path / "w"))
    run(root, "schema", "migrate")
    path = documents(root)[0]
    held = {each["file"] for each in json.loads((root / ARCHIVE).read_bytes())["entries"]}
    assert len(held) == 2
    run(root, "corpus", "withdraw", path.stem, "--reason", "The outlet asked.")
    left = {each["file"] for each in json.loads((root / ARCHIVE).read_bytes())["entries"]}
    assert left == held - {path.relative_to(root).as_posix()}
    assert path.stem not in (root / ARCHIVE).read_text()


@pytest.mark.slow
def test_the_archive_follows_a_reading_whose_annotator_is_renamed(tmp_path: Path) -> None:
    root = draft("first", lay("first", tmp_path / "w"))
    workspace = open_workspace(root)
    user = User(1, "ann@example.org", "2031-02-01T08:00:00Z")
    UserTable(root / LOCAL).register([user], dry_run=False)
    gold = next(each for each in workspace.store.documents(None) if "note" in str(each))
    workspace.store.write_document(msgspec.structs.replace(gold, gold=None, annotator="user-1"))
    before = content(root)
    run(root, "schema", "migrate")
    rename_user(open_workspace(root), user, "ann-1")
    run(root, "schema", "migrate", "--back")
    rename_user(open_workspace(root), user, "user-1")
    assert {name: data for name, data in content(root).items() if name.startswith("corpus")} == {
        name: data for name, data in before.items() if name.startswith("corpus")
    }


@pytest.mark.slow
def test_several_versions_are_passed_one_by_one_and_back_again(tmp_path: Path) -> None:
    root = lay("other_domain", tmp_path / "w")
    for now, names in (("v2", ("oppose", "against")), ("v3", ("against", "contra"))):
        if now == "v3":  # the second one is drafted while the workspace still follows the first
            shutil.copytree(root / "schema/v2", root / "schema/v3")
            for path in (root / "schema/v3").glob("*.json"):
                path.write_text(path.read_text().replace('"v2"', '"v3"').replace(":v2:", ":v3:"))
        else:
            run(root, "schema", "next")
        old, new = names

        def change(_: Any, vocabularies: Any, old: str = old, new: str = new) -> None:
            values = vocabularies["stance"]["values"]
            vocabularies["stance"]["values"] = {(new if key == old else key): each for key, each in values.items()}

        edit(root, change, now)
        step = {"do": "rename-value", "vocabulary": "stance", "value": old, "to": new}
        write_steps(root, [step], f"v{int(now[1:]) - 1}", now)
    run(root, "schema", "check")
    before = content(root)
    run(root, "schema", "migrate", "--to", "v2")
    (root / "schema/v3/vocabularies.json").rename(tmp_path / "kept")  # a draft that is broken does not stand in the way
    run(root, "schema", "migrate", "--back")
    run(root, "schema", "migrate", "--to", "v2")
    run(root, "schema", "migrate", "--back")
    (tmp_path / "kept").rename(root / "schema/v3/vocabularies.json")
    assert content(root) == before
    told = json.loads(run(root, "schema", "migrate", "--to", "v3", "--json").stdout)
    assert [(each["from"], each["to"]) for each in told] == [("v1", "v2"), ("v2", "v3")]
    assert "contra" in {
        each["stance"] for path in documents(root) for each in json.loads(path.read_bytes())["statements"]
    }
    run(root, "check")
    run(root, "schema", "migrate", "--back")
    assert open_workspace(root).settings.schema == "v2"
    run(root, "check")
    run(root, "schema", "migrate", "--back")
    assert content(root) == before
    told = CliRunner().invoke(stancebank, ["-w", str(root), "schema", "migrate", "--back"]).exception
    assert "There is no way back from v1" in str(told)
    told = CliRunner().invoke(stancebank, ["-w", str(root), "schema", "migrate", "--to", "v7"]).exception
    assert "There is no schema version v7 after v1" in str(told)
    run(root, "schema", "migrate", "--to", "v2")
    (root / "corpus/migrations/v1-v2.json").write_text('{"entries": []}\n')
    told = CliRunner().invoke(stancebank, ["-w", str(root), "schema", "migrate", "--back"]).exception
    assert "v1-v2.json is no archive of a migration" in str(told)


@pytest.mark.slow
def test_new_records_follow_the_version_of_the_workspace(tmp_path: Path) -> None:
    root = draft("other_domain", lay("other_domain", tmp_path / "w"))
    run(root, "schema", "migrate")
    (tmp_path / "a.txt").write_text("Ein Titel\n\nEine neue Meldung aus Talmark.\n")
    run(root, "corpus", "add", tmp_path / "a.txt", "--outlet", "Talmarker Bote")
    assert all(each.schema_version == "v2" for each in open_workspace(root).store.articles())
    run(root, "check")


@pytest.mark.slow
def test_rulings_of_the_interface_follow_values_and_go_with_what_goes(tmp_path: Path) -> None:
    root = lay("minimal", tmp_path / "w")
    path = root / "annotate/interface.toml"
    mine = path.read_text("utf-8") + (
        '\n# mine\n[[rulings]]\nfield = "stance"\nvalues = ["for", "against"]  # both\nrules = "G-1"\n'
        '\n[[rulings]]\nfield = "statement"\nrules = "G-2"\n'
    )
    path.write_text(mine, "utf-8")
    draft("minimal", root, required=False)
    run(root, "schema", "migrate")
    said = path.read_text("utf-8")
    assert said == mine.replace('["for", "against"]', '["for", "opposed"]')
    path.write_text(said + "# edited\n", "utf-8")
    run(root, "schema", "migrate", "--back")
    assert path.read_text("utf-8") == mine + "# edited\n"
